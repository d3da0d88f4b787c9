/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What reading and writing of metadata share. Private to this folder.
 */
#pragma once

#include "codecs.h"
#include "metadata.h"

G_BEGIN_DECLS

/* What stands in front of EXIF and of a part of a profile in JPEG's segments. */
#define CUP_EXIF_PREFIX "Exif\0"
#define CUP_EXIF_PREFIX_SIZE 6
#define CUP_ICC_PREFIX "ICC_PROFILE"
#define CUP_ICC_PREFIX_SIZE 12

/* Of an EXIF with nothing but the orientation, without prefix. */
#define CUP_EXIF_SIZE 26

/* Bits of the first byte of VP8X. */
#define CUP_WEBP_HAS_PROFILE 0x20
#define CUP_WEBP_HAS_ALPHA 0x10
#define CUP_WEBP_HAS_EXIF 0x08

/* 1…8, 0 where it says nothing. With or without prefix. */
guint cup_exif_read_orientation (const guint8 * data, gsize size);
/* CUP_EXIF_SIZE bytes. */
void cup_exif_write_orientation (guint8 * data, guint orientation);

/* Checksum of PNG's chunks, from the type to the end of the data. */
guint32 cup_png_checksum (const guint8 * data, gsize size);
/* Whether that of the whole chunk at @chunk, with @length bytes of data, is right. */
gboolean cup_png_is_sound (const guint8 * chunk, gsize length);

static inline guint32
cup_image_read_le32 (const guint8 * data)
{
  return (guint32) data[3] << 24 | (guint32) data[2] << 16
      | (guint32) data[1] << 8 | data[0];
}

/* Numbers of TIFF, which EXIF is, and MPF. */
static inline guint
cup_tiff_read_16 (const guint8 * data, gboolean big_endian)
{
  return big_endian ? cup_image_read_be16 (data) :
      (guint) data[1] << 8 | data[0];
}

static inline guint32
cup_tiff_read_32 (const guint8 * data, gboolean big_endian)
{
  return big_endian ? cup_image_read_be32 (data) : cup_image_read_le32 (data);
}

G_END_DECLS
