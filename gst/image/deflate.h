/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What PNG needs of compression, by libraries that are faster than zlib:
 * libdeflate, which works on all of the data at once, and ISA-L, which works on
 * a stream, and is the faster one. Only in builds that found one of them.
 *
 * Nothing here reports why: the caller has libpng for what does not work out.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* As libraries and formats continue them: 0 for no data, and 1. */
guint32 cup_deflate_crc32 (guint32 crc, gconstpointer data, gsize size);
guint32 cup_deflate_adler32 (guint32 adler, gconstpointer data, gsize size);
/* Of data with the sum @first, followed by @size bytes with the sum @second. */
guint32 cup_deflate_combine_adler32 (guint32 first, guint32 second,
    gsize size);

/* One thread at a time has each of these. */
typedef struct _CupDeflater CupDeflater;
typedef struct _CupInflater CupInflater;

/* A piece of memory that is not owned. */
typedef struct
{
  const guint8 *data;
  gsize size;
} CupDeflatePiece;

typedef enum
{
  CUP_DEFLATE_CONTINUE,         /* there is more to come */
  CUP_DEFLATE_FLUSH,            /* ends at a byte, and another stream follows */
  CUP_DEFLATE_FINISH,           /* the end of the last stream */
} CupDeflateEnd;

/* Whether this build can compress as a stream at @level (0…9), so that streams
 * of parts can be put together; and if not, whether it can at once. */
gboolean cup_deflate_can_stream (guint level);
gboolean cup_deflate_can_at_once (guint level);

/* The most that @size bytes become, as a stream or with zlib's header and sum. */
gsize cup_deflate_get_bound (gsize size);

/* Deflate without header and sum, into the @size bytes at @out. The same data in
 * the same portions becomes the same bytes on one kind of processor, provided that
 * the first portion is all there is or has more than 8 bytes. */
CupDeflater *cup_deflater_new (guint8 * out, gsize size);
void cup_deflater_free (CupDeflater * deflater);
/* FALSE where there is no room. */
gboolean cup_deflater_add (CupDeflater * deflater, const guint8 * data,
    gsize size, CupDeflateEnd end);
gsize cup_deflater_get_size (CupDeflater * deflater);

/* All at once, as zlib has it. Returns the size, 0 where it cannot be done. */
gsize cup_deflate_at_once (guint level, const guint8 * data, gsize size,
    guint8 * out, gsize out_size);

/* Inflates zlib's format from the bytes of @pieces in their order, which have to
 * remain until it is freed. NULL where that cannot be done, which may be because
 * the header is not one that every library takes in the same way. @size: how
 * much there is to be. */
CupInflater *cup_inflater_new (const CupDeflatePiece * pieces, guint n_pieces,
    gsize size);
void cup_inflater_free (CupInflater * inflater);
/* How much to read at once: all there is, or what stays in a processor's cache. */
gsize cup_inflater_get_portion (CupInflater * inflater);
/* Fills @out, or FALSE. */
gboolean cup_inflater_read (CupInflater * inflater, guint8 * out, gsize size);
/* Whether nothing is left, neither of the data nor of the pieces, and the sum is
 * right. */
gboolean cup_inflater_finish (CupInflater * inflater);

G_END_DECLS
