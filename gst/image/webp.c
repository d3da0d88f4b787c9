/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * WebP by libwebp. Built only where libwebp is there (HAVE_WEBP).
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codecs.h"

#include <string.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include "base/error.h"

static const gchar no_memory[] = "out of memory";

static const gchar *
get_decoder_message (VP8StatusCode status)
{
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      return no_memory;
    case VP8_STATUS_BITSTREAM_ERROR:
      return "damaged bitstream";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "a feature that libwebp does not support";
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return "incomplete, the data ends too early";
    default:
      return "damaged header";
  }
}

static const gchar *
get_encoder_message (WebPEncodingError code)
{
  switch (code) {
    case VP8_ENC_ERROR_OUT_OF_MEMORY:
    case VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY:
    case VP8_ENC_ERROR_BAD_WRITE:
      return no_memory;
    case VP8_ENC_ERROR_PARTITION0_OVERFLOW:
    case VP8_ENC_ERROR_PARTITION_OVERFLOW:
    case VP8_ENC_ERROR_FILE_TOO_BIG:
      return "the result is larger than the format allows";
    default:
      return "libwebp refused the picture";
  }
}

gboolean
cup_webp_read_info (const guint8 * data, gsize size, CupImageInfo * info,
    GError ** error)
{
  WebPBitstreamFeatures features;
  VP8StatusCode status;

  status = WebPGetFeatures (data, size, &features);
  if (status != VP8_STATUS_OK) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "WebP image: the header cannot be read: %s",
        get_decoder_message (status));
    return FALSE;
  }
  if (features.has_animation) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "WebP image: animations are not supported; extract the frames first");
    return FALSE;
  }
  info->width = features.width;
  info->height = features.height;
  info->channels = features.has_alpha ? 4 : 3;
  info->depth = 8;
  return TRUE;
}

gboolean
cup_webp_is_lossy (const guint8 * data, gsize size)
{
  WebPBitstreamFeatures features;

  /* 1 is lossy, 2 is lossless, 0 is not known. */
  return WebPGetFeatures (data, size, &features) != VP8_STATUS_OK
      || features.format != 2;
}

/* Into @width × @height pixels at @out. */
static VP8StatusCode
decode (const guint8 * data, gsize size, guint width, guint height,
    WEBP_CSP_MODE mode, guint8 * out, gsize stride)
{
  const gsize pixel_size = mode == MODE_RGB || mode == MODE_BGR ? 3 : 4;
  WebPDecoderConfig config;
  VP8StatusCode status;

  if (!WebPInitDecoderConfig (&config))
    return VP8_STATUS_INVALID_PARAM;
  config.output.colorspace = mode;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = out;
  config.output.u.RGBA.stride = (gint) stride;
  /* Of memory of others the last row may end with its pixels. */
  config.output.u.RGBA.size = stride * (height - 1) + width * pixel_size;
  status = WebPDecode (data, size, &config);
  /* A smaller picture would leave the rest as it was. */
  if (status == VP8_STATUS_OK && ((guint) config.output.width != width
          || (guint) config.output.height != height))
    status = VP8_STATUS_BITSTREAM_ERROR;
  WebPFreeDecBuffer (&config.output);
  return status;
}

static gboolean
find_mode (const CupPacked * packed, WEBP_CSP_MODE * mode)
{
  static const struct
  {
    WEBP_CSP_MODE mode;
    guint size;
    gint red;
    gint green;
    gint blue;
  } modes[] = {
    {MODE_RGB, 3, 0, 1, 2},
    {MODE_BGR, 3, 2, 1, 0},
    {MODE_RGBA, 4, 0, 1, 2},
    {MODE_BGRA, 4, 2, 1, 0},
    {MODE_ARGB, 4, 1, 2, 3},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (modes); i++) {
    *mode = modes[i].mode;
    if (packed->depth == 8 && packed->size == modes[i].size
        && packed->places[0] == modes[i].red
        && packed->places[1] == modes[i].green
        && packed->places[2] == modes[i].blue)
      return TRUE;
  }
  return FALSE;
}

gboolean
cup_webp_decode_rows (const guint8 * data, gsize size,
    const CupImageInfo * info, CupConvertRows * rows, gchar ** flaw)
{
  const CupPacked *packed = cup_convert_rows_get_packed (rows);
  WEBP_CSP_MODE mode;

  if (!packed || !find_mode (packed, &mode) || packed->stride < 0
      || packed->stride > G_MAXINT)
    return FALSE;
  /* What no sample is for would get the alpha that is not wanted; and without loss
   * there may be some that the header, which @info is of, denies. */
  if (packed->size == 4 && (info->channels == 4 ? packed->places[3] < 0 :
          !cup_webp_is_lossy (data, size)))
    return FALSE;
  return decode (data, size, info->width, info->height, mode, packed->data,
      (gsize) packed->stride) == VP8_STATUS_OK;
}

gboolean
cup_webp_decode (const guint8 * data, gsize size, CupPixels * pixels,
    gchar ** flaw, GError ** error)
{
  const VP8StatusCode status = decode (data, size, pixels->width,
      pixels->height, pixels->channels == 4 ? MODE_RGBA : MODE_RGB,
      pixels->data, pixels->stride);

  if (status == VP8_STATUS_OK)
    return TRUE;
  g_set_error (error, CUP_ERROR, status == VP8_STATUS_OUT_OF_MEMORY ?
      CUP_ERROR_TOO_LARGE : CUP_ERROR_BAD_DATA,
      "WebP image: %u×%u pixels cannot be decoded: %s", pixels->width,
      pixels->height, get_decoder_message (status));
  return FALSE;
}

static int
on_write (const guint8 * data, size_t size, const WebPPicture * picture)
{
  return cup_image_buffer_append (picture->custom_ptr, data, size);
}

static gboolean
init_config (WebPConfig * config, guint quality)
{
  if (!WebPConfigPreset (config, WEBP_PRESET_DEFAULT, quality))
    return FALSE;
  /* Keeps the color under transparent alpha. */
  config->exact = 1;
  /* Half the time of the default (4) for the same size on photographs. */
  config->method = 2;
  /* Of the lossless levels only the fastest keeps up with a stream; the others
   * gain some percent in size. */
  return quality < CUP_IMAGE_QUALITY_LOSSLESS
      || WebPConfigLosslessPreset (config, 0);
}

static gboolean
import_pixels (WebPPicture * picture, const CupPixels * pixels)
{
  picture->width = pixels->width;
  picture->height = pixels->height;
  if (pixels->channels == 4)
    return WebPPictureImportRGBA (picture, pixels->data, pixels->stride);
  return WebPPictureImportRGB (picture, pixels->data, pixels->stride);
}

GBytes *
cup_webp_encode (const CupPixels * pixels, guint quality, GError ** error)
{
  CupImageBuffer buffer = { NULL };
  WebPConfig config;
  WebPPicture picture;
  const gchar *message = "libwebp is of another version";
  gboolean done = FALSE;

  if (init_config (&config, quality) && WebPPictureInit (&picture)) {
    picture.use_argb = config.lossless;
    picture.writer = on_write;
    picture.custom_ptr = &buffer;
    done = import_pixels (&picture, pixels) && WebPEncode (&config, &picture);
    message = get_encoder_message (picture.error_code);
    WebPPictureFree (&picture);
  }
  if (!done) {
    cup_image_buffer_clear (&buffer);
    g_set_error (error, CUP_ERROR, strcmp (message, no_memory) == 0 ?
        CUP_ERROR_TOO_LARGE : CUP_ERROR_FAILED,
        "WebP image: %u×%u pixels, %.0f MB, cannot be encoded: %s",
        pixels->width, pixels->height,
        cup_pixels_get_size (pixels) / (1024 * 1024.0), message);
    return NULL;
  }
  return cup_image_buffer_steal (&buffer);
}
