/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "upload-format.h"

/* What WebP takes of PNG's, before it was tried: photographs are smaller by a
 * third, and take three times as long. */
#define WEBP_BYTES 0.67
#define WEBP_SECONDS 3.0

/* WebP's longest side. */
#define WEBP_SIDE_MAX 16383

/* So often the other one is used, in order to know what it costs now. */
#define PROBE_INTERVAL 50

/* How much the last frame counts beside those before it. */
#define WEIGHT 0.25

void
cup_upload_format_init (CupUploadFormat * format)
{
  g_mutex_init (&format->lock);
}

void
cup_upload_format_clear (CupUploadFormat * format)
{
  g_mutex_clear (&format->lock);
}

static gboolean
fits_webp (const CupPixels * pixels)
{
  return cup_image_type_is_supported (CUP_IMAGE_WEBP) && pixels->depth == 8
      && pixels->channels != 1 && pixels->width <= WEBP_SIDE_MAX
      && pixels->height <= WEBP_SIDE_MAX;
}

/* Lock held: whether what WebP saves on the way is more than it takes here. */
static gboolean
is_webp_sooner (const CupUploadFormat * format, gdouble speed)
{
  CupUploadCost webp = format->webp;

  if (webp.bytes <= 0) {
    webp.bytes = format->png.bytes * WEBP_BYTES;
    webp.seconds = format->png.seconds * WEBP_SECONDS;
  }
  return (format->png.bytes - webp.bytes) / speed >
      webp.seconds - format->png.seconds;
}

CupImageType
cup_upload_format_choose (CupUploadFormat * format, const CupPixels * pixels,
    gdouble speed)
{
  gboolean use_webp;

  if (speed <= 0 || !fits_webp (pixels))
    return CUP_IMAGE_PNG;
  g_mutex_lock (&format->lock);
  use_webp = format->png.bytes > 0 && is_webp_sooner (format, speed);
  if (format->png.bytes > 0 && ++format->n % PROBE_INTERVAL == 0)
    use_webp = !use_webp;
  g_mutex_unlock (&format->lock);
  return use_webp ? CUP_IMAGE_WEBP : CUP_IMAGE_PNG;
}

static void
mix (gdouble * value, gdouble last)
{
  *value = *value > 0 ? (1 - WEIGHT) * *value + WEIGHT * last : last;
}

void
cup_upload_format_note (CupUploadFormat * format, CupImageType type,
    guint64 n_pixels, gsize bytes, gdouble seconds)
{
  CupUploadCost *cost = type == CUP_IMAGE_WEBP ? &format->webp : &format->png;

  g_return_if_fail (n_pixels > 0);
  g_mutex_lock (&format->lock);
  mix (&cost->bytes, bytes / (gdouble) n_pixels);
  mix (&cost->seconds, seconds / n_pixels);
  g_mutex_unlock (&format->lock);
}
