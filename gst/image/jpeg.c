/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * JPEG by libjpeg-turbo's own API, which catches libjpeg's jumps itself.
 *
 * A handle is made for each picture: it costs microseconds where a picture
 * costs milliseconds, and no state of a damaged picture can reach the next.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codecs.h"

#include <turbojpeg.h>

#include "base/error.h"

/* Damaged data is a warning to libjpeg, which then fills in gray. */
#define DECODE_FLAGS \
  (TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS)

#define MARKER_SOI 0xd8
#define MARKER_EOI 0xd9
#define MARKER_SOS 0xda

/* Up to and with the number of components. */
#define FRAME_HEADER_SIZE 8

/* Header */

static gboolean
set_truncated (gsize size, GError ** error)
{
  g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
      "JPEG image: incomplete, it ends inside the header after %"
      G_GSIZE_FORMAT " bytes", size);
  return FALSE;
}

/* SOF0 … SOF15, less the three numbers that mean something else. */
static gboolean
is_frame (guint marker)
{
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8
      && marker != 0xcc;
}

/* NULL where libjpeg-turbo decodes it. */
static const gchar *
find_unsupported_process (guint marker)
{
  switch (marker) {
    case 0xc3:
    case 0xcb:
      return "lossless JPEG";
    case 0xc5:
    case 0xc6:
    case 0xc7:
    case 0xcd:
    case 0xce:
    case 0xcf:
      return "hierarchical JPEG";
    case 0xf7:
      return "JPEG-LS";
    default:
      return NULL;
  }
}

/* @segment is a frame header from its length on; @length is that length and
 * all there. */
static gboolean
parse_frame (const guint8 * segment, guint length, CupImageInfo * info,
    GError ** error)
{
  guint precision, n_components;

  if (length < FRAME_HEADER_SIZE
      || length != FRAME_HEADER_SIZE + 3 * (guint) segment[7]) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "JPEG image: damaged, the frame header is %u bytes long", length);
    return FALSE;
  }
  precision = segment[2];
  n_components = segment[7];
  if (precision != 8) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "JPEG image: %u-bit samples are not supported, only 8-bit ones are",
        precision);
    return FALSE;
  }
  if (n_components == 4) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "JPEG image: CMYK is not supported; convert it to RGB");
    return FALSE;
  }
  if (n_components != 1 && n_components != 3) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "JPEG image: %u components are not supported, only gray and color "
        "(1 or 3) are", n_components);
    return FALSE;
  }
  info->height = cup_image_read_be16 (segment + 3);
  info->width = cup_image_read_be16 (segment + 5);
  info->channels = n_components;
  info->depth = 8;
  return TRUE;
}

gboolean
cup_jpeg_read_info (const guint8 * data, gsize size, CupImageInfo * info,
    GError ** error)
{
  const gchar *process;
  gsize offset = 2;
  guint marker, length;

  for (;;) {
    /* A marker may have any number of 0xff before it. */
    while (offset + 1 < size && data[offset] == 0xff
        && data[offset + 1] == 0xff)
      offset++;
    if (size - offset < 2)
      return set_truncated (size, error);
    marker = data[offset + 1];
    if (data[offset] != 0xff || marker == 0 || marker == MARKER_SOI
        || marker == MARKER_EOI || marker == MARKER_SOS) {
      g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
          "JPEG image: damaged, no header segment at byte %" G_GSIZE_FORMAT,
          offset);
      return FALSE;
    }
    offset += 2;
    /* TEM and RSTn stand alone. */
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7))
      continue;
    process = find_unsupported_process (marker);
    if (process) {
      g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
          "JPEG image: %s is not supported, only baseline and progressive "
          "are", process);
      return FALSE;
    }
    if (size - offset < 2)
      return set_truncated (size, error);
    length = cup_image_read_be16 (data + offset);
    if (length < 2) {
      g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
          "JPEG image: damaged, a header segment at byte %" G_GSIZE_FORMAT
          " is %u bytes long", offset, length);
      return FALSE;
    }
    if (size - offset < length)
      return set_truncated (size, error);
    if (is_frame (marker))
      return parse_frame (data + offset, length, info, error);
    offset += length;
  }
}

/* Decoding */

/* Where pixels go, in the order of @format. */
typedef struct
{
  guint width;
  guint height;
  gint format;                  /* TJPF_… */
  guint8 *data;
  gint stride;
} Place;

/* The size is what cup_jpeg_read_info() found. The library finds the same one, as it
 * walks over the same segments, and refuses all of them that this file does not
 * know: so it is not asked for it. Asked, libjpeg-turbo 3.1 keeps a file's ICC
 * profile in memory, twice. */
static gboolean
decode_with (tjhandle handle, const guint8 * data, gsize size,
    const Place * place, GError ** error)
{
  if (tjDecompress2 (handle, data, size, place->data, (gint) place->width,
          place->stride, (gint) place->height, place->format,
          DECODE_FLAGS) != 0) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "JPEG image: %u×%u pixels cannot be decoded: %s", place->width,
        place->height, tjGetErrorStr2 (handle));
    return FALSE;
  }
  return TRUE;
}

static gboolean
decode (const guint8 * data, gsize size, const Place * place, GError ** error)
{
  tjhandle handle = tjInitDecompress ();
  gboolean done;

  if (!handle) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_FAILED,
        "JPEG image: the decoder cannot be set up: %s", tjGetErrorStr2 (NULL));
    return FALSE;
  }
  done = decode_with (handle, data, size, place, error);
  tjDestroy (handle);
  return done;
}

gboolean
cup_jpeg_decode (const guint8 * data, gsize size, CupPixels * pixels,
    GError ** error)
{
  const Place place = {
    .width = pixels->width,
    .height = pixels->height,
    .format = pixels->channels == 1 ? TJPF_GRAY : TJPF_RGB,
    .data = pixels->data,
    .stride = (gint) pixels->stride
  };

  return decode (data, size, &place, error);
}

/* With alpha the library sets what no sample is for, which it leaves open
 * without. */
static gint
find_pixel_format (const CupPacked * packed)
{
  static const gint formats[] = { TJPF_RGB, TJPF_BGR, TJPF_RGBA, TJPF_BGRA,
    TJPF_ABGR, TJPF_ARGB
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    const gint format = formats[i];

    if (packed->depth == 8 && packed->size == (guint) tjPixelSize[format]
        && packed->places[0] == tjRedOffset[format]
        && packed->places[1] == tjGreenOffset[format]
        && packed->places[2] == tjBlueOffset[format])
      return format;
  }
  return TJPF_UNKNOWN;
}

gboolean
cup_jpeg_decode_rows (const guint8 * data, gsize size,
    const CupImageInfo * info, CupConvertRows * rows)
{
  const CupPacked *packed = cup_convert_rows_get_packed (rows);
  Place place = { info->width, info->height, TJPF_UNKNOWN };

  if (packed)
    place.format = find_pixel_format (packed);
  if (place.format == TJPF_UNKNOWN || packed->stride < 0
      || packed->stride > G_MAXINT)
    return FALSE;
  place.data = packed->data;
  place.stride = (gint) packed->stride;
  return decode (data, size, &place, NULL);
}

/* Encoding */

static gint
get_pixel_format (const CupPixels * pixels)
{
  switch (pixels->channels) {
    case 1:
      return TJPF_GRAY;
    case 3:
      return TJPF_RGB;
    default:
      return TJPF_RGBX;
  }
}

GBytes *
cup_jpeg_encode (const CupPixels * pixels, guint quality, GError ** error)
{
  tjhandle handle = tjInitCompress ();
  gint subsampling = pixels->channels == 1 ? TJSAMP_GRAY : TJSAMP_444;
  CupImageBuffer buffer = { NULL };
  gulong size;
  gint result = -1;

  /* The worst case is made room for at once, instead of growing from 4 kB as
   * the library does: what is not used of it is never touched. */
  size = tjBufSize (pixels->width, pixels->height, subsampling);
  if (handle && size != (gulong) - 1
      && cup_image_buffer_reserve (&buffer, size))
    result = tjCompress2 (handle, pixels->data, pixels->width, pixels->stride,
        pixels->height, get_pixel_format (pixels), &buffer.data, &size,
        subsampling, quality, TJFLAG_ACCURATEDCT | TJFLAG_NOREALLOC);
  if (result != 0) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_FAILED,
        "JPEG image: %u×%u pixels cannot be encoded: %s", pixels->width,
        pixels->height, buffer.data || !handle ? tjGetErrorStr2 (handle) :
        "out of memory");
    cup_image_buffer_clear (&buffer);
  }
  if (handle)
    tjDestroy (handle);
  if (result != 0)
    return NULL;
  buffer.size = size;
  return cup_image_buffer_steal (&buffer);
}
