/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether the bytes of a picture are those that were written, by the checksums in
 * it. Nothing is decoded. Of the three types PNG alone has any.
 */
#include <string.h>

#include "base/error.h"
#include "image.h"
#ifdef HAVE_FAST_PNG
#include "deflate.h"
#endif

#define PNG_SIGNATURE_SIZE 8
/* Length, type and CRC of a chunk. */
#define PNG_CHUNK_OVERHEAD 12

static guint32
read_be32 (const guint8 * data)
{
  guint32 value;

  memcpy (&value, data, sizeof value);
  return GUINT32_FROM_BE (value);
}

#ifdef HAVE_FAST_PNG
static guint32
get_crc32 (const guint8 * data, gsize size)
{
  return cup_deflate_crc32 (0, data, size);
}
#else
static guint32
get_crc32 (const guint8 * data, gsize size)
{
  static gsize made;
  static guint32 table[256];
  guint32 crc = 0xffffffff;
  gsize i;

  if (g_once_init_enter (&made)) {
    guint n, bit;

    for (n = 0; n < 256; n++) {
      table[n] = n;
      for (bit = 0; bit < 8; bit++)
        table[n] = (table[n] >> 1) ^ (table[n] & 1 ? 0xedb88320 : 0);
    }
    g_once_init_leave (&made, 1);
  }
  for (i = 0; i < size; i++)
    crc = table[(crc ^ data[i]) & 0xff] ^ (crc >> 8);
  return ~crc;
}
#endif

/* Chunks whose type begins with a capital letter are those that make the picture:
 * what is wrong with the others does not matter for it. */
static gboolean
png_is_intact (const guint8 * data, gsize size)
{
  gsize position = PNG_SIGNATURE_SIZE;

  while (size - position >= PNG_CHUNK_OVERHEAD) {
    const guint8 *type = data + position + 4;
    gsize length = read_be32 (data + position);

    if (length > size - position - PNG_CHUNK_OVERHEAD)
      return FALSE;
    if (g_ascii_isupper (type[0])
        && get_crc32 (type, length + 4) != read_be32 (type + 4 + length))
      return FALSE;
    if (memcmp (type, "IEND", 4) == 0)
      return TRUE;
    position += PNG_CHUNK_OVERHEAD + length;
  }
  return FALSE;
}

gboolean
cup_image_check_sums (GBytes * bytes, CupImageType type, GError ** error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (type != CUP_IMAGE_PNG || (size >= PNG_SIGNATURE_SIZE
          && png_is_intact (data, size)))
    return TRUE;
  g_set_error_literal (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
      "PNG image: a checksum does not match what has arrived");
  return FALSE;
}
