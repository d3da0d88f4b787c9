/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Memory of pictures. Sizes come from outside, and memory for the largest may
 * well not be there: that is an error to report, never an abort.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "pixels.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"

CupPixels *
cup_pixels_new (guint width, guint height, guint channels, guint depth,
    GError ** error)
{
  CupPixels *pixels = NULL;
  guint8 *data;
  gsize stride;

  if (channels < 1 || channels > 4 || (depth != 8 && depth != 16)) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "pictures of %u channels of %u bits are not supported", channels,
        depth);
    return NULL;
  }
  if (!cup_pixels_check_size (width, height, 0, "picture", error))
    return NULL;

  /* A row is small within the limits just checked. All rows together are up
   * to 2 GB, which 32 bits do not hold in every case. */
  stride = ((gsize) width * channels * (depth / 8) + 3) & ~(gsize) 3;
  data = cup_memory_alloc (stride, height);
  if (data)
    pixels = g_try_new0 (CupPixels, 1);
  if (!pixels) {
    cup_memory_free (data);
    g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "no memory for a picture of %u×%u: it takes %.0f MB", width, height,
        ceil ((gdouble) stride * height / (1024 * 1024)));
    return NULL;
  }
  pixels->width = width;
  pixels->height = height;
  pixels->channels = channels;
  pixels->depth = depth;
  pixels->stride = stride;
  pixels->data = data;
  pixels->ref_count = 1;
  return pixels;
}

CupPixels *
cup_pixels_ref (CupPixels * pixels)
{
  g_atomic_int_inc (&pixels->ref_count);
  return pixels;
}

void
cup_pixels_unref (CupPixels * pixels)
{
  if (!g_atomic_int_dec_and_test (&pixels->ref_count))
    return;
  cup_memory_free (pixels->data);
  g_free (pixels);
}

gsize
cup_pixels_get_size (const CupPixels * pixels)
{
  return pixels->stride * pixels->height;
}

gboolean
cup_pixels_check_size (guint64 width, guint64 height, guint64 max_count,
    const gchar * what, GError ** error)
{
  if (max_count == 0 || max_count > CUP_PIXELS_MAX_COUNT)
    max_count = CUP_PIXELS_MAX_COUNT;

  if (width == 0 || height == 0) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "%s is %" G_GUINT64_FORMAT "×%" G_GUINT64_FORMAT " pixels: empty",
        what, width, height);
    return FALSE;
  }
  /* Sides first: their product cannot overflow afterwards. */
  if (width > CUP_PIXELS_MAX_SIDE || height > CUP_PIXELS_MAX_SIDE
      || width * height > max_count) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "%s is %" G_GUINT64_FORMAT "×%" G_GUINT64_FORMAT " pixels, over the "
        "limit of %" G_GUINT64_FORMAT " (and %d a side)", what, width, height,
        max_count, CUP_PIXELS_MAX_SIDE);
    return FALSE;
  }
  return TRUE;
}

/* How much is looked at at once: a multiple of four samples, small enough to
 * leave early, and a fixed number, so that compilers make vectors of it. */
#define BLOCK 64

#define BLACK_8 2
#define BLACK_16 (2 * 257)

/* What counts of a row: all samples, or all but every fourth. */
static const guint8 all_samples[] = { 1, 1, 1, 1 };
static const guint8 not_alpha[] = { 1, 1, 1, 0 };

static gboolean
row_is_black_8 (const guint8 * row, gsize n, const guint8 * counts)
{
  guint8 bright = 0;
  gsize i, k;

  for (i = 0; i + BLOCK <= n; i += BLOCK) {
    for (k = 0; k < BLOCK; k++)
      bright |= (row[i + k] > BLACK_8) & counts[k % 4];
    if (bright)
      return FALSE;
  }
  for (; i < n; i++)
    bright |= (row[i] > BLACK_8) & counts[i % 4];
  return !bright;
}

static gboolean
row_is_black_16 (const guint16 * row, gsize n, const guint8 * counts)
{
  guint8 bright = 0;
  gsize i, k;

  for (i = 0; i + BLOCK <= n; i += BLOCK) {
    for (k = 0; k < BLOCK; k++)
      bright |= (row[i + k] > BLACK_16) & counts[k % 4];
    if (bright)
      return FALSE;
  }
  for (; i < n; i++)
    bright |= (row[i] > BLACK_16) & counts[i % 4];
  return !bright;
}

gboolean
cup_pixels_is_black (const CupPixels * pixels)
{
  const guint8 *counts = pixels->channels == 4 ? not_alpha : all_samples;
  gsize n = (gsize) pixels->width * pixels->channels;
  gboolean is_black = TRUE;
  guint y;

  for (y = 0; y < pixels->height && is_black; y++) {
    const guint8 *row = cup_pixels_row (pixels, y);

    is_black = pixels->depth == 8 ? row_is_black_8 (row, n, counts) :
        row_is_black_16 ((const guint16 *) row, n, counts);
  }
  return is_black;
}

static gboolean
row_is_opaque (const guint8 * row, guint width, guint depth)
{
  const guint16 *row16 = (const guint16 *) row;
  gsize n = (gsize) width * 4;
  gsize i;

  for (i = 3; i < n; i += 4) {
    if (depth == 8 ? row[i] < 255 : row16[i] < 65535 - 128)
      return FALSE;
  }
  return TRUE;
}

gboolean
cup_pixels_is_opaque (const CupPixels * pixels)
{
  gboolean is_opaque = TRUE;
  guint y;

  for (y = 0; y < pixels->height && pixels->channels == 4 && is_opaque; y++)
    is_opaque = row_is_opaque (cup_pixels_row (pixels, y), pixels->width,
        pixels->depth);
  return is_opaque;
}

gboolean
cup_pixels_is_gray (const CupPixels * pixels)
{
  const gsize sample = pixels->depth / 8, step = pixels->channels * sample;
  guint x, y;

  for (y = 0; y < pixels->height && pixels->channels >= 3; y++) {
    const guint8 *at = cup_pixels_row (pixels, y);

    for (x = 0; x < pixels->width; x++, at += step) {
      if (memcmp (at, at + sample, sample) != 0
          || memcmp (at, at + 2 * sample, sample) != 0)
        return FALSE;
    }
  }
  return TRUE;
}
