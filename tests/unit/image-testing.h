/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pictures by a seed, and what the tests of images assert about them.
 */
#pragma once

#include <math.h>
#include <string.h>
#include <turbojpeg.h>

#include "base/error.h"
#include "image/image.h"

static const CupImageType image_types[] = {
  CUP_IMAGE_PNG, CUP_IMAGE_JPEG, CUP_IMAGE_WEBP
};

/* Smooth shades with some noise; alpha takes all values, 0 among them. */
static inline CupPixels *
sample_pixels (guint width, guint height, guint channels, guint depth)
{
  GRand *rand = g_rand_new_with_seed (width * 31 + height * 7 + channels);
  CupPixels *pixels;
  guint x, y, c;

  pixels = cup_pixels_new (width, height, channels, depth, NULL);
  g_assert_nonnull (pixels);
  for (y = 0; y < height; y++) {
    guint8 *row = cup_pixels_row (pixels, y);

    for (x = 0; x < width; x++) {
      for (c = 0; c < channels; c++) {
        guint value = (x * 35000 / width + y * 15000 / height + c * 5000
            + g_rand_int_range (rand, 0, 500));

        if (c == 3)
          value = (x + y) % 3 == 0 ? 0 : g_rand_int_range (rand, 0, 65536);
        if (depth == 16)
          ((guint16 *) row)[x * channels + c] = value;
        else
          row[x * channels + c] = value >> 8;
      }
    }
  }
  g_rand_free (rand);
  return pixels;
}

static inline guint
sample_get (const CupPixels * pixels, guint x, guint y, guint c)
{
  const guint8 *row = cup_pixels_row (pixels, y);

  return pixels->depth == 16 ? ((const guint16 *) row)[x * pixels->channels + c]
      : row[x * pixels->channels + c];
}

static inline void
sample_set (CupPixels * pixels, guint x, guint y, guint c, guint value)
{
  guint8 *row = cup_pixels_row (pixels, y);

  if (pixels->depth == 16)
    ((guint16 *) row)[x * pixels->channels + c] = value;
  else
    row[x * pixels->channels + c] = value;
}

static inline void
sample_set_alpha (CupPixels * pixels, guint alpha)
{
  guint x, y;

  for (y = 0; y < pixels->height; y++) {
    for (x = 0; x < pixels->width; x++)
      sample_set (pixels, x, y, 3, alpha);
  }
}

static inline GBytes *
encode (const CupPixels * pixels, CupImageType type, guint quality)
{
  GError *error = NULL;
  GBytes *bytes = cup_image_encode (pixels, type, quality, &error);

  g_assert_no_error (error);
  g_assert_nonnull (bytes);
  return bytes;
}

/* Every decode of the tests goes through here: header and picture must agree,
 * and nothing of old memory may stand between the rows. */
static inline CupPixels *
decode (GBytes * bytes)
{
  GError *error = NULL;
  CupImageInfo info;
  CupPixels *pixels;
  gsize i, used;
  guint y;

  g_assert_true (cup_image_read_info (bytes, &info, &error));
  g_assert_no_error (error);
  pixels = cup_image_decode (bytes, 0, &error);
  g_assert_no_error (error);
  g_assert_nonnull (pixels);
  g_assert_cmpuint (info.width, ==, pixels->width);
  g_assert_cmpuint (info.height, ==, pixels->height);
  g_assert_cmpuint (info.channels, ==, pixels->channels);
  g_assert_cmpuint (info.depth, ==, pixels->depth);
  used = (gsize) pixels->width * pixels->channels * pixels->depth / 8;
  for (y = 0; y < pixels->height; y++) {
    for (i = used; i < pixels->stride; i++)
      g_assert_cmpuint (cup_pixels_row (pixels, y)[i], ==, 0);
  }
  return pixels;
}

static inline void
assert_equal (const CupPixels * a, const CupPixels * b)
{
  gsize used = (gsize) a->width * a->channels * a->depth / 8;
  guint y;

  g_assert_cmpuint (a->width, ==, b->width);
  g_assert_cmpuint (a->height, ==, b->height);
  g_assert_cmpuint (a->channels, ==, b->channels);
  g_assert_cmpuint (a->depth, ==, b->depth);
  for (y = 0; y < a->height; y++)
    g_assert_cmpmem (cup_pixels_row (a, y), used, cup_pixels_row (b, y), used);
}

static inline gdouble
psnr (const CupPixels * a, const CupPixels * b)
{
  guint x, y, c, n = MIN (a->channels, b->channels);
  gdouble sum = 0, difference;

  g_assert_cmpuint (a->width, ==, b->width);
  g_assert_cmpuint (a->height, ==, b->height);
  for (y = 0; y < a->height; y++) {
    for (x = 0; x < a->width; x++) {
      for (c = 0; c < n; c++) {
        difference = (gdouble) sample_get (a, x, y, c)
            - (gdouble) sample_get (b, x, y, c);
        sum += difference * difference;
      }
    }
  }
  sum /= (gdouble) a->width * a->height * n;
  return sum > 0 ? 10 * log10 (255. * 255. / sum) : 99;
}

/* Both must refuse where @header, else the decoder alone. */
static inline void
assert_refused (GBytes * bytes, gboolean header, gint code, const gchar * text)
{
  GError *error = NULL;
  CupImageInfo info;
  CupPixels *pixels;

  g_assert_true (cup_image_read_info (bytes, &info, &error) == !header);
  if (header) {
    g_assert_error (error, CUP_ERROR, code);
    g_assert_nonnull (strstr (error->message, text));
  }
  g_clear_error (&error);
  pixels = cup_image_decode (bytes, 0, &error);
  g_assert_null (pixels);
  g_assert_error (error, CUP_ERROR, code);
  if (!strstr (error->message, text))
    g_error ("\"%s\" does not say \"%s\"", error->message, text);
  g_clear_error (&error);
}

static inline void
assert_data_refused (const guint8 * data, gsize size, gboolean header,
    gint code, const gchar * text)
{
  GBytes *bytes = g_bytes_new (data, size);

  assert_refused (bytes, header, code, text);
  g_bytes_unref (bytes);
}

/* A copy of @bytes to do damage to. */
static inline guint8 *
copy (GBytes * bytes, gsize * size)
{
  gconstpointer data = g_bytes_get_data (bytes, size);

  return g_memdup2 (data, *size);
}

static inline GBytes *
encode_sample (guint width, guint height, guint channels, guint depth,
    CupImageType type, guint quality)
{
  CupPixels *pixels = sample_pixels (width, height, channels, depth);
  GBytes *bytes = encode (pixels, type, quality);

  cup_pixels_unref (pixels);
  return bytes;
}

static inline gboolean
skip_without_webp (void)
{
  if (cup_image_type_is_supported (CUP_IMAGE_WEBP))
    return FALSE;
  g_test_skip ("built without libwebp");
  return TRUE;
}

static inline GBytes *
make_jpeg (const CupPixels * pixels, gint format, gint subsampling, gint flags)
{
  tjhandle handle = tjInitCompress ();
  guchar *data = NULL;
  gulong size = 0;
  GBytes *bytes;

  g_assert_cmpint (tjCompress2 (handle, pixels->data, pixels->width,
          pixels->stride, pixels->height, format, &data, &size, subsampling,
          95, flags), ==, 0);
  bytes = g_bytes_new (data, size);
  tjFree (data);
  tjDestroy (handle);
  return bytes;
}
