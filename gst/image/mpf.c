/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mpf.h"

#include <string.h>

#include "metadata-private.h"

#define PREFIX "MPF"
#define PREFIX_SIZE 4

#define TIFF_HEADER_SIZE 8
#define TIFF_ENTRY_SIZE 12
#define TAG_ENTRIES 0xb002
#define ENTRY_SIZE 16

/* The list of pictures, in a segment. @offset: that of @tiff in the file, which the
 * places of pictures count from. */
typedef struct
{
  const guint8 *tiff;
  gsize size;
  gsize offset;
  gboolean big_endian;
} Index;

/* The segment, behind its prefix. */
static gboolean
find_index (const guint8 * data, gsize size, Index * index)
{
  gsize at = cup_jpeg_find_marker (data, size, 2), length;

  while (size - at >= 4) {
    const guint marker = data[at + 1];
    const guint8 *segment = data + at + 4;

    length = cup_image_read_be16 (data + at + 2);
    if (marker == 0xda || marker == 0xd9 || length < 2
        || length > size - at - 2)
      return FALSE;
    if (marker == 0xe2 && length >= 2 + PREFIX_SIZE + TIFF_HEADER_SIZE
        && memcmp (segment, PREFIX, PREFIX_SIZE) == 0) {
      index->tiff = segment + PREFIX_SIZE;
      index->size = length - 2 - PREFIX_SIZE;
      index->offset = (gsize) (index->tiff - data);
      index->big_endian = index->tiff[0] == 'M';
      return TRUE;
    }
    at = cup_jpeg_find_marker (data, size, at + 2 + length);
  }
  return FALSE;
}

/* Returns the entries of pictures, @n of them; NULL where there are none. */
static const guint8 *
find_entries (const Index * index, guint * n)
{
  guint32 at = cup_tiff_read_32 (index->tiff + 4, index->big_endian), length;
  guint count;

  if (at > index->size || index->size - at < 2)
    return NULL;
  count = cup_tiff_read_16 (index->tiff + at, index->big_endian);
  for (at += 2; count > 0 && index->size - at >= TIFF_ENTRY_SIZE;
      count--, at += TIFF_ENTRY_SIZE) {
    const guint8 *entry = index->tiff + at;

    if (cup_tiff_read_16 (entry, index->big_endian) != TAG_ENTRIES)
      continue;
    length = cup_tiff_read_32 (entry + 4, index->big_endian);
    at = cup_tiff_read_32 (entry + 8, index->big_endian);
    if (at > index->size || length > index->size - at)
      return NULL;
    *n = length / ENTRY_SIZE;
    return index->tiff + at;
  }
  return NULL;
}

guint
cup_mpf_read (GBytes * bytes, guint32 * sizes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size), *entries;
  guint i, n_entries, n = 0;
  Index index;

  if (size < 4 || !find_index (data, size, &index))
    return 0;
  entries = find_entries (&index, &n_entries);
  /* The first is the picture itself. */
  for (i = 1; entries && i < n_entries && n < CUP_MPF_MAX; i++) {
    const guint8 *entry = entries + i * ENTRY_SIZE;
    const guint32 length = cup_tiff_read_32 (entry + 4, index.big_endian);
    const guint32 offset = cup_tiff_read_32 (entry + 8, index.big_endian);

    if (length > 0 && offset > 0
        && index.offset + (guint64) offset + length > size)
      sizes[n++] = length;
  }
  return n;
}
