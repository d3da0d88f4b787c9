/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether a picture is there to its end, by a walk over its chunks or segments, and
 * what is odd in it. A picture that is cut off would be sent to a service,
 * refused there, and perhaps paid for.
 */
#include "codecs.h"

#include <string.h>

#include "base/error.h"

/* Chunks of length, type, data and CRC, up to IEND. */
static gboolean
png_is_complete (const guint8 * data, gsize size)
{
  gsize position = 8;

  while (size - position >= 12) {
    guint32 length = cup_image_read_be32 (data + position);
    gboolean last = memcmp (data + position + 4, "IEND", 4) == 0;

    if (length > size - position - 12)
      return FALSE;
    if (last)
      return TRUE;
    position += 12 + (gsize) length;
  }
  return FALSE;
}

/* Segments, and behind each SOS its data, up to EOI. */
typedef struct
{
  const guint8 *data;
  gsize size;
  gboolean has_pixels;          /* a scan has begun */
  gboolean is_progressive;
  gsize n_stray;                /* bytes before a marker, that mean nothing */
  guint stray_marker;
  gboolean has_odd_scan;        /* of a sequential file, with other parameters */
} JpegWalk;

/* Behind a scan's header: to the next marker which is no restart. */
static gsize
find_scan_end (const guint8 * data, gsize size, gsize offset)
{
  do {
    offset = cup_jpeg_find_marker (data, size, offset);
    if (offset < size && data[offset + 1] >= 0xd0 && data[offset + 1] <= 0xd7)
      offset += 2;
    else
      return offset;
  } while (offset < size);
  return size;
}

/* @segment: from its length on. A sequential scan has all 64 coefficients. */
static gboolean
is_odd_scan (const guint8 * segment, gsize length)
{
  const guint8 *end = segment + length;

  return length >= 6 && (end[-3] != 0 || end[-2] != 63 || end[-1] != 0);
}

static void
note_stray (JpegWalk * walk, gsize from, gsize marker)
{
  const guint8 code = walk->data[marker + 1];

  /* Fill bytes may precede a marker. */
  while (marker > from && walk->data[marker - 1] == 0xff)
    marker--;
  if (marker > from && walk->n_stray == 0) {
    walk->n_stray = marker - from;
    walk->stray_marker = code;
  }
}

/* Returns whether there is an end. */
static gboolean
walk_jpeg (JpegWalk * walk)
{
  const guint8 *data = walk->data;
  const gsize size = walk->size;
  gsize from = 2;

  for (;;) {
    gsize offset = cup_jpeg_find_marker (data, size, from), length;
    guint marker;

    if (offset == size)
      return FALSE;
    note_stray (walk, from, offset);
    marker = data[offset + 1];
    from = offset + 2;
    if (marker == 0xd9)
      return walk->has_pixels;
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8))
      continue;
    if (size - from < 2)
      return FALSE;
    length = cup_image_read_be16 (data + from);
    if (length < 2 || length > size - from)
      return FALSE;
    if (marker == 0xc2 || marker == 0xca)
      walk->is_progressive = TRUE;
    if (marker == 0xda) {
      walk->has_pixels = TRUE;
      if (!walk->is_progressive && is_odd_scan (data + from, length))
        walk->has_odd_scan = TRUE;
      from = find_scan_end (data, size, from + length);
    } else {
      from += length;
    }
  }
}

static gboolean
jpeg_is_complete (const guint8 * data, gsize size, GError ** error)
{
  JpegWalk walk = { data, size };

  return walk_jpeg (&walk) || (walk.has_pixels
      && cup_jpeg_check_pixels (data, size, error));
}

gchar *
cup_image_find_flaw (GBytes * bytes, CupImageType type)
{
  JpegWalk walk = { NULL };

  walk.data = g_bytes_get_data (bytes, &walk.size);
  if (type != CUP_IMAGE_JPEG || walk.size < 4)
    return NULL;
  if (!walk_jpeg (&walk))
    return g_strdup ("Premature end of JPEG file");
  if (walk.has_odd_scan)
    return g_strdup ("Invalid SOS parameters for sequential JPEG");
  if (walk.n_stray > 0)
    return g_strdup_printf ("Corrupt JPEG data: %" G_GSIZE_FORMAT
        " extraneous bytes before marker 0x%02x", walk.n_stray,
        walk.stray_marker);
  return NULL;
}

/* RIFF says how long it is. */
static gboolean
webp_is_complete (const guint8 * data, gsize size)
{
  guint32 length;

  if (size < 12)
    return FALSE;
  /* Little endian, unlike the rest. */
  length = GUINT32_SWAP_LE_BE (cup_image_read_be32 (data + 4));
  return length <= size - 8;
}

gboolean
cup_image_check_complete (GBytes * bytes, CupImageType type, GError ** error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  gboolean complete = FALSE;
  GError *reason = NULL;

  if (size >= 12) {
    switch (type) {
      case CUP_IMAGE_PNG:
        complete = png_is_complete (data, size);
        break;
      case CUP_IMAGE_JPEG:
        complete = jpeg_is_complete (data, size, &reason);
        break;
      case CUP_IMAGE_WEBP:
        complete = webp_is_complete (data, size);
        break;
      case CUP_IMAGE_UNKNOWN:
        break;
    }
  }
  if (!complete)
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the end of the %s data is missing after %" G_GSIZE_FORMAT " bytes%s%s",
        type == CUP_IMAGE_UNKNOWN ? "image" :
        cup_image_type_get_extension (type), size, reason ? ": " : "",
        reason ? reason->message : "");
  g_clear_error (&reason);
  return complete;
}
