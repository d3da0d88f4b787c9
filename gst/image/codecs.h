/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What image.c asks of each file format, and what the formats share. Private
 * to this folder.
 *
 * Everything here is free of global state and may run on any thread.
 */
#pragma once

#include "convert.h"
#include "image.h"

G_BEGIN_DECLS

/* Header parsers: @data begins with the format's whole magic and may be cut
 * off anywhere. They fill in everything of @info, check nothing against a
 * limit, and promise that a decode that succeeds gives exactly what they say.
 */
gboolean cup_png_read_info (const guint8 * data, gsize size,
    CupImageInfo * info, GError ** error);
gboolean cup_jpeg_read_info (const guint8 * data, gsize size,
    CupImageInfo * info, GError ** error);
gboolean cup_webp_read_info (const guint8 * data, gsize size,
    CupImageInfo * info, GError ** error);

/* Also where the header cannot be read, or not far enough. */
gboolean cup_webp_is_lossy (const guint8 * data, gsize size);

/* Decoders: fill all samples of @pixels, which was made from what the header
 * parser said about the same bytes, or fail. The bytes after the samples of
 * each row are left as they are. @flaw (nullable) is set as by cup_image_decode_noting(),
 * where it is not set yet. */
gboolean cup_png_decode (const guint8 * data, gsize size, CupPixels * pixels,
    gchar ** flaw, GError ** error);
gboolean cup_jpeg_decode (const guint8 * data, gsize size, CupPixels * pixels,
    gchar ** flaw, GError ** error);
gboolean cup_webp_decode (const guint8 * data, gsize size, CupPixels * pixels,
    gchar ** flaw, GError ** error);

/* Decoders of the same picture that give it to @rows without a picture in between.
 * FALSE, when some of it may be there, where they cannot, or where there is
 * anything wrong: the others can do it then, or tell what it is. */
gboolean cup_png_decode_rows (const guint8 * data, gsize size,
    const CupImageInfo * info, CupConvertRows * rows, gchar ** flaw);
gboolean cup_jpeg_decode_rows (const guint8 * data, gsize size,
    const CupImageInfo * info, CupConvertRows * rows, gchar ** flaw);
gboolean cup_webp_decode_rows (const guint8 * data, gsize size,
    const CupImageInfo * info, CupConvertRows * rows, gchar ** flaw);

/* JPEG */

/**
 * CupJpegPlace:
 * @width: of the picture
 * @height: of the picture
 * @format: J_COLOR_SPACE, the order of samples; of CMYK it is JCS_EXT_RGB
 * @data: the first pixel
 * @stride: bytes from one row to the next
 */
typedef struct
{
  guint width;
  guint height;
  gint format;
  guint8 *data;
  gsize stride;
} CupJpegPlace;

/* Decodes all rows, or fails: also where pixels are missing that libjpeg would make
 * up. What libjpeg only warns of is a @flaw. */
gboolean cup_jpeg_read (const guint8 * data, gsize size,
    const CupJpegPlace * place, gchar ** flaw, GError ** error);
/* Whether all pixels are there, of a file without an end: decodes them, up to a limit
 * of work. */
gboolean cup_jpeg_check_pixels (const guint8 * data, gsize size,
    GError ** error);
/* Also FALSE where the header cannot be read. */
gboolean cup_jpeg_is_cmyk (const guint8 * data, gsize size);
/* Returns where the next marker is from @offset on (its 0xff, which the code follows),
 * past fill bytes and whatever is no marker; @size where there is none. */
gsize cup_jpeg_find_marker (const guint8 * data, gsize size, gsize offset);

/* Encoders. image.c has checked the side limit and @quality, and has reduced
 * @pixels to what the format holds: anything for PNG; 8 bits, and no alpha
 * that matters, for JPEG; 8 bits of RGB or RGBA for WebP. */
GBytes *cup_png_encode (const CupPixels * pixels, guint quality,
    GError ** error);
GBytes *cup_jpeg_encode (const CupPixels * pixels, guint quality,
    GError ** error);
GBytes *cup_webp_encode (const CupPixels * pixels, guint quality,
    GError ** error);

/* Where an encoder's output goes piece by piece. Not a GByteArray: that one
 * aborts the process where memory runs out or 4 GB are reached. */
typedef struct
{
  guint8 *data;
  gsize size;
  gsize allocated;
} CupImageBuffer;

/* Makes room for @size bytes in all; FALSE where memory cannot be had. */
gboolean cup_image_buffer_reserve (CupImageBuffer * buffer, gsize size);
gboolean cup_image_buffer_append (CupImageBuffer * buffer, gconstpointer data,
    gsize size);
/* Gives the memory over without copying it and empties @buffer. */
GBytes *cup_image_buffer_steal (CupImageBuffer * buffer);
void cup_image_buffer_clear (CupImageBuffer * buffer);

/* Says in an error what @data, which has no magic of ours, looks like. */
void cup_image_set_unknown_error (const guint8 * data, gsize size,
    GError ** error);

static inline guint
cup_image_read_be16 (const guint8 * data)
{
  return (guint) data[0] << 8 | data[1];
}

static inline guint32
cup_image_read_be32 (const guint8 * data)
{
  return (guint32) cup_image_read_be16 (data) << 16
      | cup_image_read_be16 (data + 2);
}

G_END_DECLS
