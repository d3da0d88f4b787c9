/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * JPEG's header, and JPEG files by TurboJPEG, libjpeg-turbo's own API, which catches
 * libjpeg's jumps itself. Pixels are read in jpeg-read.c.
 *
 * A handle is made for each picture: it costs microseconds where a picture
 * costs milliseconds.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codecs.h"

#include <string.h>
#include <turbojpeg.h>

#include "base/error.h"

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
  if (n_components != 1 && n_components != 3 && n_components != 4) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "JPEG image: %u components are not supported, only gray, color and "
        "CMYK (1, 3 or 4) are", n_components);
    return FALSE;
  }
  info->height = cup_image_read_be16 (segment + 3);
  info->width = cup_image_read_be16 (segment + 5);
  /* CMYK becomes RGB. */
  info->channels = MIN (n_components, 3);
  info->depth = 8;
  return TRUE;
}

gsize
cup_jpeg_find_marker (const guint8 * data, gsize size, gsize offset)
{
  while (offset < size && size - offset >= 2) {
    const guint8 *found = memchr (data + offset, 0xff, size - 1 - offset);

    if (!found)
      break;
    offset = (gsize) (found - data);
    if (found[1] != 0 && found[1] != 0xff)
      return offset;
    offset++;
  }
  return size;
}

/* Returns the frame header, from its length on, all of which is there. Between segments
 * there may be anything, as libjpeg has it; the end of the header may not. */
static const guint8 *
find_frame (const guint8 * data, gsize size, GError ** error)
{
  const gchar *process;
  gsize offset = 2;
  guint marker, length;

  for (;;) {
    offset = cup_jpeg_find_marker (data, size, offset);
    if (offset == size)
      break;
    marker = data[offset + 1];
    if (marker == MARKER_SOI || marker == MARKER_EOI || marker == MARKER_SOS) {
      g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
          "JPEG image: damaged, no header segment at byte %" G_GSIZE_FORMAT,
          offset);
      return NULL;
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
      return NULL;
    }
    if (size - offset < 2)
      break;
    length = cup_image_read_be16 (data + offset);
    if (length < 2) {
      g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
          "JPEG image: damaged, a header segment at byte %" G_GSIZE_FORMAT
          " is %u bytes long", offset, length);
      return NULL;
    }
    if (size - offset < length)
      break;
    if (is_frame (marker))
      return data + offset;
    offset += length;
  }
  set_truncated (size, error);
  return NULL;
}

gboolean
cup_jpeg_read_info (const guint8 * data, gsize size, CupImageInfo * info,
    GError ** error)
{
  const guint8 *frame = find_frame (data, size, error);

  return frame && parse_frame (frame, cup_image_read_be16 (frame), info, error);
}

gboolean
cup_jpeg_is_cmyk (const guint8 * data, gsize size)
{
  const guint8 *frame = find_frame (data, size, NULL);

  return frame && cup_image_read_be16 (frame) >= FRAME_HEADER_SIZE
      && frame[7] == 4;
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
    const gboolean no_memory = handle && !buffer.data;

    g_set_error (error, CUP_ERROR,
        no_memory ? CUP_ERROR_TOO_LARGE : CUP_ERROR_FAILED,
        "JPEG image: %u×%u pixels, %.0f MB, cannot be encoded: %s",
        pixels->width, pixels->height,
        cup_pixels_get_size (pixels) / (1024 * 1024.0),
        no_memory ? "out of memory" : tjGetErrorStr2 (handle));
    cup_image_buffer_clear (&buffer);
  }
  if (handle)
    tjDestroy (handle);
  if (result != 0)
    return NULL;
  buffer.size = size;
  return cup_image_buffer_steal (&buffer);
}
