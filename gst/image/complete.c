/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether a picture is there to its end, without decoding it: a walk over its
 * chunks or segments. A picture that is cut off would be sent to a service,
 * refused there, and perhaps paid for.
 */
#include <string.h>

#include "base/error.h"
#include "image.h"

static guint32
read_be32 (const guint8 * data)
{
  guint32 value;

  memcpy (&value, data, sizeof value);
  return GUINT32_FROM_BE (value);
}

/* Chunks of length, type, data and CRC, up to IEND. */
static gboolean
png_is_complete (const guint8 * data, gsize size)
{
  gsize position = 8;

  while (size - position >= 12) {
    guint32 length = read_be32 (data + position);
    gboolean last = memcmp (data + position + 4, "IEND", 4) == 0;

    if (length > size - position - 12)
      return FALSE;
    if (last)
      return TRUE;
    position += 12 + (gsize) length;
  }
  return FALSE;
}

/* The next marker in entropy-coded data: 0xff and neither a stuffed zero nor a
 * restart. */
static gsize
find_marker (const guint8 * data, gsize size, gsize position)
{
  while (position < size - 1) {
    const guint8 *found = memchr (data + position, 0xff, size - 1 - position);

    if (!found)
      break;
    position = (gsize) (found - data);
    if (found[1] != 0 && found[1] != 0xff
        && !(found[1] >= 0xd0 && found[1] <= 0xd7))
      return position;
    position++;
  }
  return size;
}

/* Segments, and behind each SOS its data, up to EOI. */
static gboolean
jpeg_is_complete (const guint8 * data, gsize size)
{
  gsize position = 2;

  while (size - position >= 2) {
    guint marker;
    gsize length;

    if (data[position] != 0xff)
      return FALSE;
    marker = data[position + 1];
    if (marker == 0xd9)
      return TRUE;
    if (marker == 0xff) {
      /* Fill bytes may precede a marker. */
      position++;
      continue;
    }
    if (size - position < 4)
      return FALSE;
    length = (gsize) data[position + 2] << 8 | data[position + 3];
    if (length < 2 || length > size - position - 2)
      return FALSE;
    position += 2 + length;
    if (marker == 0xda)
      position = find_marker (data, size, position);
  }
  return FALSE;
}

/* RIFF says how long it is. */
static gboolean
webp_is_complete (const guint8 * data, gsize size)
{
  guint32 length;

  if (size < 12)
    return FALSE;
  /* Little endian, unlike the rest. */
  length = GUINT32_SWAP_LE_BE (read_be32 (data + 4));
  return length <= size - 8;
}

gboolean
cup_image_check_complete (GBytes * bytes, CupImageType type, GError ** error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  gboolean complete = FALSE;

  if (size >= 12) {
    switch (type) {
      case CUP_IMAGE_PNG:
        complete = png_is_complete (data, size);
        break;
      case CUP_IMAGE_JPEG:
        complete = jpeg_is_complete (data, size);
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
        "the end of the %s data is missing after %" G_GSIZE_FORMAT " bytes",
        type == CUP_IMAGE_UNKNOWN ? "image" :
        cup_image_type_get_extension (type), size);
  return complete;
}
