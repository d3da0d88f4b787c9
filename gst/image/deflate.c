/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Measured with photographs (bench-png), ISA-L takes as long as libdeflate to
 * inflate, but has no need of memory for all that comes out: what has just been
 * inflated is still in the cache when it is unfiltered. To compress at its level 1
 * it takes half of libdeflate's time. So it goes first wherever both are there,
 * except for higher levels of compression, of which it has none.
 *
 * Streams of parts are only put together where ISA-L makes them. What libdeflate
 * makes ends with a block that says it is the last, at any bit; to find where
 * that block began, all before it would have to be decoded.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "deflate.h"

#include <string.h>

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif
#ifdef HAVE_ISAL
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#endif

#define ZLIB_HEADER_SIZE 2
#define ZLIB_TRAILER_SIZE 4
#define MAX_WINDOW 32768
#define ADLER_MODULUS 65521

/* What is inflated at once, as a stream. */
#define PORTION (64 * 1024)

/* With how much a stream begins (see begin()): 4…16. */
#define FIRST_SIZE 8

/* Sums */

guint32
cup_deflate_crc32 (guint32 crc, gconstpointer data, gsize size)
{
#ifdef HAVE_ISAL
  return crc32_gzip_refl (crc, data, size);
#else
  return libdeflate_crc32 (crc, data, size);
#endif
}

guint32
cup_deflate_adler32 (guint32 adler, gconstpointer data, gsize size)
{
#ifdef HAVE_LIBDEFLATE
  return libdeflate_adler32 (adler, data, size);
#else
  return isal_adler32 (adler, data, size);
#endif
}

/* The sum is 1 and all bytes, and beside it the sum of what that is after each
 * byte. Behind the first data, the former begins with its sum instead of 1, which
 * is in the latter as often as there are bytes. */
guint32
cup_deflate_combine_adler32 (guint32 first, guint32 second, gsize size)
{
  guint64 low = (guint64) (first & 0xffff) + (second & 0xffff)
      + ADLER_MODULUS - 1;
  guint64 high = (guint64) (first >> 16) + (second >> 16)
      + (size % ADLER_MODULUS) * ((first & 0xffff) + ADLER_MODULUS - 1);

  return (guint32) (high % ADLER_MODULUS) << 16
      | (guint32) (low % ADLER_MODULUS);
}

/* Compressing */

gboolean
cup_deflate_can_stream (guint level)
{
#ifdef HAVE_ISAL
  return level == 1;
#else
  return FALSE;
#endif
}

gboolean
cup_deflate_can_at_once (guint level)
{
#ifdef HAVE_LIBDEFLATE
  return level <= 9;
#else
  return FALSE;
#endif
}

/* Both store what cannot be compressed. The bound is far from tight, but memory
 * that is not used costs nothing. */
gsize
cup_deflate_get_bound (gsize size)
{
  gsize bound = size + size / 64 + 4096;

#ifdef HAVE_LIBDEFLATE
  bound = MAX (bound, libdeflate_zlib_compress_bound (NULL, size));
#endif
  return bound;
}

#ifdef HAVE_ISAL
struct _CupDeflater
{
  struct isal_zstream stream;
  guint8 tables[ISAL_DEF_LVL1_LARGE];
  gboolean has_begun;
};

CupDeflater *
cup_deflater_new (guint8 * out, gsize size)
{
  CupDeflater *deflater = g_try_new0 (CupDeflater, 1);

  if (!deflater)
    return NULL;
  isal_deflate_init (&deflater->stream);
  deflater->stream.level = 1;
  deflater->stream.level_buf = deflater->tables;
  deflater->stream.level_buf_size = sizeof (deflater->tables);
  deflater->stream.next_out = out;
  deflater->stream.avail_out = (guint32) MIN (size, G_MAXUINT32);
  return deflater;
}

void
cup_deflater_free (CupDeflater * deflater)
{
  g_free (deflater);
}

static gboolean
deflate (struct isal_zstream *stream, const guint8 * data, gsize size,
    guint16 flush, guint16 is_end)
{
  stream->next_in = (guint8 *) data;
  stream->avail_in = (guint32) size;
  stream->flush = flush;
  stream->end_of_stream = is_end;
  /* Where there was room to spare, nothing is left inside. */
  return isal_deflate (stream) == COMP_OK && stream->avail_in == 0
      && stream->avail_out > 0;
}

/* The first bytes go in a block of their own, which costs some ten more, since
 * else the same data would not always become the same bytes. ISA-L (2.30, for
 * x86) takes the first byte of a stream by itself, and looks the third one up in
 * its table at a place that it makes of the address of the stream instead of the
 * data: whether a match is found there is chance. Data of up to 16 bytes that is
 * flushed is compressed by another function, which has no such flaw, and after it
 * the stream has begun. */
static gboolean
begin (CupDeflater * deflater, const guint8 * data)
{
  deflater->has_begun = TRUE;
  return deflate (&deflater->stream, data, FIRST_SIZE, SYNC_FLUSH, 0);
}

gboolean
cup_deflater_add (CupDeflater * deflater, const guint8 * data, gsize size,
    CupDeflateEnd end)
{
  g_return_val_if_fail (size <= G_MAXUINT32, FALSE);
  if (!deflater->has_begun && size > FIRST_SIZE) {
    if (!begin (deflater, data))
      return FALSE;
    data += FIRST_SIZE;
    size -= FIRST_SIZE;
  }
  return deflate (&deflater->stream, data, size,
      end == CUP_DEFLATE_FLUSH ? FULL_FLUSH : NO_FLUSH,
      end == CUP_DEFLATE_FINISH);
}

gsize
cup_deflater_get_size (CupDeflater * deflater)
{
  return deflater->stream.total_out;
}
#else
CupDeflater *
cup_deflater_new (guint8 * out, gsize size)
{
  return NULL;
}

void
cup_deflater_free (CupDeflater * deflater)
{
}

gboolean
cup_deflater_add (CupDeflater * deflater, const guint8 * data, gsize size,
    CupDeflateEnd end)
{
  return FALSE;
}

gsize
cup_deflater_get_size (CupDeflater * deflater)
{
  return 0;
}
#endif

gsize
cup_deflate_at_once (guint level, const guint8 * data, gsize size,
    guint8 * out, gsize out_size)
{
  gsize written = 0;
#ifdef HAVE_LIBDEFLATE
  struct libdeflate_compressor *compressor =
      libdeflate_alloc_compressor (level);

  if (compressor)
    written = libdeflate_zlib_compress (compressor, data, size, out, out_size);
  libdeflate_free_compressor (compressor);
#endif
  return written;
}

/* Inflating */

struct _CupInflater
{
  const CupDeflatePiece *pieces;
  guint n_pieces;
  gsize size;
#ifdef HAVE_ISAL
  guint next;                   /* of the pieces */
  struct inflate_state state;
#else
  guint8 *joined;               /* where there are several */
#endif
};

/* The byte @at of all pieces; there are as many. */
static guint8
get_byte (const CupDeflatePiece * pieces, gsize at)
{
  while (at >= pieces->size) {
    at -= pieces->size;
    pieces++;
  }
  return pieces->data[at];
}

/* A window that is smaller than it might have to be is refused: whether zlib
 * minds distances beyond it depends on how much it was asked for at once. */
static gboolean
check_header (const CupDeflatePiece * pieces, gsize size)
{
  guint method = get_byte (pieces, 0);
  guint flags = get_byte (pieces, 1);
  gsize window = (gsize) 256 << (method >> 4);

  return (method & 15) == 8 && window <= MAX_WINDOW
      && (window == MAX_WINDOW || window >= size)
      && (flags & 32) == 0 && (method << 8 | flags) % 31 == 0;
}

static gsize
add_up (const CupDeflatePiece * pieces, guint n_pieces)
{
  gsize sum = 0;
  guint i;

  for (i = 0; i < n_pieces; i++)
    sum += pieces[i].size;
  return sum;
}

#ifdef HAVE_ISAL
CupInflater *
cup_inflater_new (const CupDeflatePiece * pieces, guint n_pieces, gsize size)
{
  CupInflater *inflater;

  if (add_up (pieces, n_pieces) < ZLIB_HEADER_SIZE + ZLIB_TRAILER_SIZE
      || !check_header (pieces, size))
    return NULL;
  inflater = g_try_new (CupInflater, 1);
  if (!inflater)
    return NULL;
  inflater->pieces = pieces;
  inflater->n_pieces = n_pieces;
  inflater->size = size;
  inflater->next = 0;
  isal_inflate_init (&inflater->state);
  inflater->state.crc_flag = ISAL_ZLIB;
  return inflater;
}

void
cup_inflater_free (CupInflater * inflater)
{
  g_free (inflater);
}

gsize
cup_inflater_get_portion (CupInflater * inflater)
{
  return MIN (inflater->size, PORTION);
}

/* Hands the next piece over that has anything in it. */
static gboolean
take_piece (CupInflater * inflater)
{
  while (inflater->next < inflater->n_pieces) {
    const CupDeflatePiece *piece = &inflater->pieces[inflater->next++];

    if (piece->size > 0) {
      inflater->state.next_in = (guint8 *) piece->data;
      inflater->state.avail_in = (guint32) piece->size;
      return TRUE;
    }
  }
  return FALSE;
}

/* Until @n bytes are there, the stream ends, or the pieces do. Returns how many
 * were missing, G_MAXSIZE for damage. */
static gsize
inflate (CupInflater * inflater, guint8 * out, gsize n)
{
  struct inflate_state *state = &inflater->state;

  state->next_out = out;
  state->avail_out = (guint32) n;
  while (state->avail_out > 0 && state->block_state != ISAL_BLOCK_FINISH) {
    guint32 avail_in = state->avail_in, avail_out = state->avail_out;

    if (isal_inflate (state) < ISAL_DECOMP_OK)
      return G_MAXSIZE;
    if (state->avail_in == avail_in && state->avail_out == avail_out
        && state->block_state != ISAL_BLOCK_FINISH
        && (avail_in > 0 || !take_piece (inflater)))
      break;
  }
  return state->avail_out;
}

gboolean
cup_inflater_read (CupInflater * inflater, guint8 * out, gsize size)
{
  g_return_val_if_fail (size <= G_MAXUINT32, FALSE);
  return inflate (inflater, out, size) == 0;
}

gboolean
cup_inflater_finish (CupInflater * inflater)
{
  struct inflate_state *state = &inflater->state;
  guint8 more;

  if (inflate (inflater, &more, 1) != 1
      || state->block_state != ISAL_BLOCK_FINISH)
    return FALSE;
  return state->avail_in == 0 && state->read_in_length < 8
      && !take_piece (inflater);
}
#else
/* The most that deflate makes of a byte. */
#define MAX_RATIO 1032
/* What comes out is in memory as a whole: libpng needs a row of it. */
#define MAX_AT_ONCE ((gsize) 256 * 1024 * 1024)

static gboolean
join (CupInflater * inflater, gsize size)
{
  gsize at = 0;
  guint i;

  inflater->joined = g_try_malloc (size);
  if (!inflater->joined)
    return FALSE;
  for (i = 0; i < inflater->n_pieces; i++) {
    if (inflater->pieces[i].size > 0)
      memcpy (inflater->joined + at, inflater->pieces[i].data,
          inflater->pieces[i].size);
    at += inflater->pieces[i].size;
  }
  return TRUE;
}

CupInflater *
cup_inflater_new (const CupDeflatePiece * pieces, guint n_pieces, gsize size)
{
  gsize compressed = add_up (pieces, n_pieces);
  CupInflater *inflater;

  if (compressed < ZLIB_HEADER_SIZE + ZLIB_TRAILER_SIZE
      || !check_header (pieces, size) || size > MAX_AT_ONCE
      || size / MAX_RATIO > compressed)
    return NULL;
  inflater = g_try_new0 (CupInflater, 1);
  if (!inflater)
    return NULL;
  inflater->pieces = pieces;
  inflater->n_pieces = n_pieces;
  inflater->size = size;
  if (n_pieces > 1 && !join (inflater, compressed))
    g_clear_pointer (&inflater, cup_inflater_free);
  return inflater;
}

void
cup_inflater_free (CupInflater * inflater)
{
  g_free (inflater->joined);
  g_free (inflater);
}

gsize
cup_inflater_get_portion (CupInflater * inflater)
{
  return inflater->size;
}

gboolean
cup_inflater_read (CupInflater * inflater, guint8 * out, gsize size)
{
  const guint8 *data = inflater->joined ? inflater->joined :
      inflater->pieces[0].data;
  gsize compressed = add_up (inflater->pieces, inflater->n_pieces);
  struct libdeflate_decompressor *decompressor;
  enum libdeflate_result result;
  gsize used = 0;

  g_return_val_if_fail (size == inflater->size, FALSE);
  decompressor = libdeflate_alloc_decompressor ();
  if (!decompressor)
    return FALSE;
  /* Without a place for the size, it has to be exactly this one. */
  result = libdeflate_zlib_decompress_ex (decompressor, data, compressed, out,
      size, &used, NULL);
  libdeflate_free_decompressor (decompressor);
  return result == LIBDEFLATE_SUCCESS && used == compressed;
}

gboolean
cup_inflater_finish (CupInflater * inflater)
{
  return TRUE;
}
#endif
