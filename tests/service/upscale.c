/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decode, resample, encode; and the ways in which a result can be spoiled.
 */
#include "upscale.h"

#include <math.h>
#include <string.h>

#include "engine/local/resample.h"
#include "input.h"

/* Largest result, in pixels: what a test may want, and no more than the
 * machine that it runs on can take several of. */
#define MAX_RESULT (G_GUINT64_CONSTANT (1) << 26)
#define MAX_SIDE 16384

static void
fail (CupServiceWork * work, guint status, JsonNode * error)
{
  work->status = status;
  work->error = error;
}

static void
fail_image (CupServiceWork * work, const gchar * reason)
{
  gchar *message = g_strdup_printf ("Failed to load the image. Please ensure "
      "the image file is not corrupted and is in a supported format. (%s)",
      reason);

  fail (work, 422, cup_service_detail ("body", "image_url",
          "image_load_error", message, NULL));
  g_free (message);
}

static void
fail_size (CupServiceWork * work)
{
  JsonObject *context = json_object_new ();

  json_object_set_int_member (context, "max_height", MAX_SIDE);
  json_object_set_int_member (context, "max_width", MAX_SIDE);
  fail (work, 422, cup_service_detail ("body", "image_url", "image_too_large",
          "Image dimensions are too large", context));
}

static void
fail_internally (CupServiceWork * work, const gchar * message)
{
  fail (work, 500, cup_service_detail ("body", NULL, "internal_server_error",
          message, NULL));
}

static guint
scale_side (guint side, const CupServiceWork * work)
{
  gdouble scaled = side * work->scale;

  if (work->round > 1)
    scaled = MAX (round (scaled / work->round), 1) * work->round;
  return MAX (1, (guint) round (scaled));
}

/* JPEG has no alpha, and the hosted service does not keep any. */
static CupPixels *
drop_alpha (const CupPixels * pixels, GError ** error)
{
  CupPixels *opaque;
  gsize sample = pixels->depth / 8;
  guint x, y;

  opaque = cup_pixels_new (pixels->width, pixels->height, 3, pixels->depth,
      error);
  if (!opaque)
    return NULL;
  for (y = 0; y < pixels->height; y++) {
    const guint8 *in = cup_pixels_row (pixels, y);
    guint8 *out = cup_pixels_row (opaque, y);

    for (x = 0; x < pixels->width; x++)
      memcpy (out + x * 3 * sample, in + x * 4 * sample, 3 * sample);
  }
  return opaque;
}

static void
make_black (CupPixels * pixels)
{
  guint x, y;

  for (y = 0; y < pixels->height; y++) {
    guint8 *row = cup_pixels_row (pixels, y);
    gsize pixel = (gsize) pixels->channels * (pixels->depth / 8);

    if (pixels->channels < 4) {
      memset (row, 0, pixel * pixels->width);
    } else {
      for (x = 0; x < pixels->width; x++)
        memset (row + x * pixel, 0, 3 * (pixels->depth / 8));
    }
  }
}

/* As diffusion does: what is seen stays, and its colours shift. */
static void
tint (CupPixels * pixels)
{
  static const gint shift[] = { 24, 0, -24 };
  guint x, y, c;

  for (y = 0; y < pixels->height && pixels->channels >= 3; y++) {
    guint8 *row = cup_pixels_row (pixels, y);
    guint16 *row16 = (guint16 *) row;

    for (x = 0; x < pixels->width; x++) {
      for (c = 0; c < 3; c++) {
        gsize i = (gsize) x * pixels->channels + c;

        if (pixels->depth == 8)
          row[i] = (guint8) CLAMP (row[i] + shift[c], 0, 255);
        else
          row16[i] = (guint16) CLAMP (row16[i] + 257 * shift[c], 0, 65535);
      }
    }
  }
}

static guint32
crc32_of (const guint8 * data, gsize size)
{
  guint32 crc = 0xffffffff;
  gsize i;
  guint bit;

  for (i = 0; i < size; i++) {
    crc ^= data[i];
    for (bit = 0; bit < 8; bit++)
      crc = (crc >> 1) ^ ((crc & 1) ? 0xedb88320 : 0);
  }
  return ~crc;
}

/* A valid header that promises far more than any reader should allocate. */
static GBytes *
make_bomb (void)
{
  static const guint8 png[] = {
    0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13,
    'I', 'H', 'D', 'R', 0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60, 8, 2, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 10, 'I', 'D', 'A', 'T',
    0x78, 0x9c, 0xed, 0xc1, 0x01, 0x0d, 0x00, 0x00, 0x00, 0xc2
  };
  guint8 *data = g_malloc (sizeof (png));
  guint32 crc;

  memcpy (data, png, sizeof (png));
  crc = GUINT32_TO_BE (crc32_of (data + 12, 17));
  memcpy (data + 29, &crc, 4);
  return g_bytes_new_take (data, sizeof (png));
}

/* In the middle only, so that the file's structure stays as it is. */
GBytes *
cup_service_damage (GBytes * bytes)
{
  gsize size, i;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  guint8 *copy = g_malloc (size);

  memcpy (copy, data, size);
  for (i = size / 2; i < size / 2 + MIN (size / 8, 64); i++)
    copy[i] ^= 0x5a;
  return g_bytes_new_take (copy, size);
}

/* The color type is the tenth byte of IHDR. */
static GBytes *
make_bad_header (GBytes * bytes)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  guint8 *copy = g_malloc (size);
  guint32 crc;

  memcpy (copy, data, size);
  copy[25] = 5;
  crc = GUINT32_TO_BE (crc32_of (copy + 12, 17));
  memcpy (copy + 29, &crc, 4);
  return g_bytes_new_take (copy, size);
}

static void
spoil (CupServiceWork * work)
{
  static const gchar page[] = "<html><body>Not Found</body></html>";
  GBytes *spoilt = NULL;

  switch (work->spoil) {
    case CUP_SERVICE_FAULT_NOT_IMAGE:
      spoilt = g_bytes_new_static (page, strlen (page));
      break;
    case CUP_SERVICE_FAULT_DAMAGED:
      spoilt = cup_service_damage (work->bytes);
      break;
    case CUP_SERVICE_FAULT_BAD_HEADER:
      spoilt = make_bad_header (work->bytes);
      break;
    case CUP_SERVICE_FAULT_EMPTY:
      spoilt = g_bytes_new_static ("", 0);
      break;
    case CUP_SERVICE_FAULT_BOMB:
      spoilt = make_bomb ();
      break;
    default:
      return;
  }
  g_bytes_unref (work->bytes);
  work->bytes = spoilt;
}

static gboolean
encode (CupServiceWork * work, CupPixels * pixels, GError ** error)
{
  CupPixels *opaque = NULL;

  if (work->type == CUP_IMAGE_JPEG && pixels->channels == 4
      && !(opaque = drop_alpha (pixels, error)))
    return FALSE;
  work->bytes = cup_image_encode (opaque ? opaque : pixels, work->type,
      work->quality, error);
  g_clear_pointer (&opaque, cup_pixels_unref);
  return work->bytes != NULL;
}

void
cup_service_work_run (CupServiceWork * work, GCancellable * cancellable)
{
  CupPixels *input, *output = NULL;
  GError *error = NULL;

  input = cup_image_decode (work->input, 0, &error);
  if (!input) {
    fail_image (work, error->message);
    g_error_free (error);
    return;
  }
  work->width = scale_side (input->width, work);
  work->height = scale_side (input->height, work);
  if (work->width > MAX_SIDE || work->height > MAX_SIDE
      || (guint64) work->width * work->height > MAX_RESULT) {
    fail_size (work);
  } else if (!(output = cup_resample (input, work->width, work->height,
              cancellable, &error))) {
    fail_internally (work, error->message);
  } else {
    if (work->spoil == CUP_SERVICE_FAULT_BLACK)
      make_black (output);
    if (work->spoil == CUP_SERVICE_FAULT_TINTED)
      tint (output);
    if (encode (work, output, &error))
      spoil (work);
    else
      fail_internally (work, error->message);
  }
  g_clear_error (&error);
  g_clear_pointer (&output, cup_pixels_unref);
  cup_pixels_unref (input);
}

void
cup_service_work_clear (CupServiceWork * work)
{
  g_clear_pointer (&work->input, g_bytes_unref);
  g_clear_pointer (&work->bytes, g_bytes_unref);
  g_clear_pointer (&work->error, json_node_unref);
}
