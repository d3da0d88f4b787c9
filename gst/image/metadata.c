/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What formats have in common: the object, and EXIF, of which one number is
 * read and written.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "metadata-private.h"

#include <string.h>

/* EXIF is a TIFF file without pictures: a header, then the first directory. */
#define TIFF_HEADER_SIZE 8
#define TIFF_ENTRY_SIZE 12
#define TIFF_TYPE_SHORT 3
#define TIFF_TYPE_LONG 4
#define TIFF_ORIENTATION 0x0112

CupImageMetadata *
cup_image_metadata_copy (const CupImageMetadata * what)
{
  CupImageMetadata *metadata;

  g_return_val_if_fail (what->orientation >= 1 && what->orientation <= 8, NULL);
  if (what->orientation == 1 && !what->profile && !what->light.kinds
      && !what->density.x && !what->is_gray_alpha)
    return NULL;
  metadata = g_new (CupImageMetadata, 1);
  *metadata = *what;
  metadata->ref_count = 1;
  if (metadata->profile)
    g_bytes_ref (metadata->profile);
  return metadata;
}

CupImageMetadata *
cup_image_metadata_new (guint orientation, GBytes * profile)
{
  const CupImageMetadata what = {.orientation = orientation,.profile = profile
  };

  return cup_image_metadata_copy (&what);
}

CupImageMetadata *
cup_image_metadata_ref (CupImageMetadata * metadata)
{
  g_atomic_int_inc (&metadata->ref_count);
  return metadata;
}

void
cup_image_metadata_unref (CupImageMetadata * metadata)
{
  if (!g_atomic_int_dec_and_test (&metadata->ref_count))
    return;
  g_clear_pointer (&metadata->profile, g_bytes_unref);
  g_free (metadata);
}

guint
cup_image_metadata_get_orientation (const CupImageMetadata * metadata)
{
  return metadata ? metadata->orientation : 1;
}

gboolean
cup_image_metadata_fits (const CupImageMetadata * metadata, CupImageType type,
    guint channels)
{
  if (!metadata || !metadata->profile)
    return TRUE;
  /* WebP has no gray. */
  if (channels <= 2 && type != CUP_IMAGE_WEBP)
    return cup_icc_is_gray (metadata->profile);
  return cup_icc_is_rgb (metadata->profile);
}

gboolean
cup_image_metadata_keeps_light (CupImageType type)
{
  return type == CUP_IMAGE_PNG;
}

gboolean
cup_image_metadata_keeps_density (CupImageType type)
{
  return type == CUP_IMAGE_PNG || type == CUP_IMAGE_JPEG;
}

static gboolean
is_screen (guint per_metre)
{
  return (per_metre >= 2833 && per_metre <= 2836)
      || (per_metre >= 3778 && per_metre <= 3781);
}

gboolean
cup_image_metadata_has_density (const CupImageMetadata * metadata)
{
  return metadata && metadata->density.x > 0
      && !(metadata->density.is_metric
      && metadata->density.x == metadata->density.y
      && is_screen (metadata->density.x));
}

/* EXIF */

/* @entry: of a directory. */
static guint
read_orientation (const guint8 * entry, gboolean big_endian)
{
  guint type = cup_tiff_read_16 (entry + 2, big_endian);
  guint32 value = 0;

  if (cup_tiff_read_32 (entry + 4, big_endian) == 1 && type == TIFF_TYPE_SHORT)
    value = cup_tiff_read_16 (entry + 8, big_endian);
  else if (cup_tiff_read_32 (entry + 4, big_endian) == 1
      && type == TIFF_TYPE_LONG)
    value = cup_tiff_read_32 (entry + 8, big_endian);
  return value >= 1 && value <= 8 ? value : 0;
}

guint
cup_exif_read_orientation (const guint8 * data, gsize size)
{
  gboolean big_endian;
  guint32 offset;
  guint i, n;

  /* Some writers leave it there where only JPEG has it. */
  if (size >= CUP_EXIF_PREFIX_SIZE
      && memcmp (data, CUP_EXIF_PREFIX, CUP_EXIF_PREFIX_SIZE) == 0) {
    data += CUP_EXIF_PREFIX_SIZE;
    size -= CUP_EXIF_PREFIX_SIZE;
  }
  if (size < TIFF_HEADER_SIZE + 2)
    return 0;
  big_endian = data[0] == 'M';
  if (memcmp (data, big_endian ? "MM" : "II", 2) != 0
      || cup_tiff_read_16 (data + 2, big_endian) != 42)
    return 0;
  offset = cup_tiff_read_32 (data + 4, big_endian);
  if (offset < TIFF_HEADER_SIZE || offset > size - 2)
    return 0;
  n = cup_tiff_read_16 (data + offset, big_endian);
  data += offset + 2;
  n = MIN (n, (size - offset - 2) / TIFF_ENTRY_SIZE);
  for (i = 0; i < n; i++, data += TIFF_ENTRY_SIZE) {
    if (cup_tiff_read_16 (data, big_endian) == TIFF_ORIENTATION)
      return read_orientation (data, big_endian);
  }
  return 0;
}

void
cup_exif_write_orientation (guint8 * data, guint orientation)
{
  static const guint8 exif[CUP_EXIF_SIZE] = {
    'M', 'M', 0, 42, 0, 0, 0, 8,        /* the directory follows */
    0, 1,                       /* with one entry: */
    0x01, 0x12, 0, TIFF_TYPE_SHORT, 0, 0, 0, 1, 0, 0, 0, 0,
    0, 0, 0, 0,                 /* and no other directory */
  };

  memcpy (data, exif, sizeof exif);
  data[19] = (guint8) orientation;
}
