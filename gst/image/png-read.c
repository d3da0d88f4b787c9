/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * PNG files in a hurry: one walk over the chunks, one stream of rows, no
 * transformations that are not needed.
 *
 * There is one answer to everything that is odd, rare or damaged: no. libpng then
 * starts from the beginning, and its verdict counts. So this must not accept what
 * libpng refuses. There is one known exception: zlib refuses some tables of
 * Huffman codes (incomplete ones, or for symbols that do not exist) that other
 * libraries take when no such code occurs. All checksums are right then, and so
 * are the pixels; only somebody who makes the file for that comes to it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "png-private.h"

#include <string.h>

#include "deflate.h"
#include "png-filter.h"

/* How much longer than the rows their compressed form may be: stored blocks have
 * headers. More is nothing but a way to keep a core busy. */
#define COMPRESSED_SLACK (64 * 1024)

/* How many pieces that form may be in, so that a list of them stays small beside
 * the picture: encoders make pieces of 8 kB and more. */
#define MAX_PIECES(size) (4096 + (size) / 512)

#define N_COLOURS 256

typedef enum
{
  BEFORE_IDAT,
  IN_IDAT,
  AFTER_IDAT,
} Place;

/**
 * Reader:
 * @info: what the picture is to be
 * @pixels: where it goes; NULL where @rows take it
 * @row: a row of it on its way to @rows
 */
typedef struct
{
  const CupImageInfo *info;
  CupPixels *pixels;
  CupConvertRows *rows;
  guint8 *row;

  guint width;
  guint height;
  guint color_type;
  guint bpp;                    /* bytes of a pixel, as filters count */
  gsize row_size;               /* without the filter's byte */
  gsize size;                   /* of all rows with it */

  Place place;
  GArray *idat;                 /* CupDeflatePiece */
  gsize idat_size;
  guint n_colours;
  guint n_alphas;
  guint8 palette[N_COLOURS][4];
} Reader;

/* Chunks */

static gboolean
read_header (Reader * reader, const guint8 * ihdr)
{
  static const guint8 channels[] = { 1, 0, 3, 1, 2, 0, 4 };
  guint depth = ihdr[8];

  reader->width = cup_image_read_be32 (ihdr);
  reader->height = cup_image_read_be32 (ihdr + 4);
  reader->color_type = ihdr[9];
  if (reader->width != reader->info->width
      || reader->height != reader->info->height
      || reader->color_type >= G_N_ELEMENTS (channels)
      || channels[reader->color_type] == 0 || (depth != 8 && depth != 16)
      || (depth == 16 && reader->color_type == CUP_PNG_PALETTE)
      || ihdr[10] != 0 || ihdr[11] != 0 || ihdr[12] != 0)
    return FALSE;
  reader->bpp = channels[reader->color_type] * (depth / 8);
  reader->row_size = (gsize) reader->width * reader->bpp;
  return g_size_checked_mul (&reader->size, reader->row_size + 1,
      reader->height);
}

static gboolean
take_palette (Reader * reader, const guint8 * data, gsize length)
{
  guint i;

  if (reader->color_type != CUP_PNG_PALETTE || reader->place != BEFORE_IDAT
      || reader->n_colours > 0 || length == 0 || length % 3 != 0
      || length > N_COLOURS * 3)
    return FALSE;
  reader->n_colours = length / 3;
  for (i = 0; i < reader->n_colours; i++) {
    memcpy (reader->palette[i], data + 3 * i, 3);
    reader->palette[i][3] = 255;
  }
  return TRUE;
}

static gboolean
take_alphas (Reader * reader, const guint8 * data, gsize length)
{
  guint i;

  if (reader->place != BEFORE_IDAT || reader->n_alphas > 0 || length == 0
      || length > reader->n_colours)
    return FALSE;
  reader->n_alphas = length;
  for (i = 0; i < reader->n_alphas; i++)
    reader->palette[i][3] = data[i];
  return TRUE;
}

static gboolean
take_idat (Reader * reader, const guint8 * data, gsize length)
{
  CupDeflatePiece piece = { data, length };

  if (reader->place == AFTER_IDAT
      || length > MAX (CUP_PNG_CHUNK_MALLOC_MAX, reader->size))
    return FALSE;
  reader->place = IN_IDAT;
  reader->idat_size += length;
  if (length > 0)
    g_array_append_val (reader->idat, piece);
  return reader->idat->len <= MAX_PIECES (reader->size);
}

static gboolean
take_chunk (Reader * reader, const guint8 * type, const guint8 * data,
    gsize length)
{
  if (memcmp (type, "IDAT", 4) == 0)
    return take_idat (reader, data, length);
  if (reader->place == IN_IDAT)
    reader->place = AFTER_IDAT;
  if (memcmp (type, "PLTE", 4) == 0)
    return take_palette (reader, data, length);
  if (memcmp (type, "tRNS", 4) == 0)
    return take_alphas (reader, data, length);
  if (memcmp (type, "IEND", 4) == 0)
    return length == 0 && reader->place == AFTER_IDAT;
  return FALSE;
}

static gboolean
check_sum (const guint8 * type, gsize length)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  return TRUE;
#else
  return cup_deflate_crc32 (0, type, length + 4)
      == cup_image_read_be32 (type + 4 + length);
#endif
}

/* From IHDR, which is known to be there and to have its length, to IEND. */
static gboolean
walk (Reader * reader, const guint8 * data, gsize size)
{
  gsize offset = CUP_PNG_SIGNATURE_SIZE;
  gboolean is_first = TRUE;

  while (size - offset >= CUP_PNG_CHUNK_OVERHEAD) {
    guint32 length = cup_image_read_be32 (data + offset);
    const guint8 *type = data + offset + 4;

    if (length > CUP_PNG_CHUNK_LENGTH_MAX
        || length > size - offset - CUP_PNG_CHUNK_OVERHEAD)
      return FALSE;
    if (!cup_png_is_skipped (type)) {
      if (!check_sum (type, length) || (is_first ?
              !read_header (reader, type + 4) :
              !take_chunk (reader, type, type + 4, length)))
        return FALSE;
      if (memcmp (type, "IEND", 4) == 0)
        return TRUE;
    }
    is_first = FALSE;
    offset += CUP_PNG_CHUNK_OVERHEAD + (gsize) length;
  }
  return FALSE;
}

/* Rows */

static gboolean
expand_palette (const Reader * reader, const guint8 * in, guint8 * out)
{
  const guint channels = reader->info->channels;
  guint greatest = 0;
  guint x;

  for (x = 0; x < reader->width; x++) {
    greatest = MAX (greatest, in[x]);
    memcpy (out, reader->palette[in[x]], 3);
    if (channels == 4)
      out[3] = reader->palette[in[x]][3];
    out += channels;
  }
  return greatest < reader->n_colours;
}

static void
expand_gray (const guint8 * in, guint8 * out, guint width)
{
  guint x;

  for (x = 0; x < width; x++) {
    memset (out + 4 * x, in[2 * x], 3);
    out[4 * x + 3] = in[2 * x + 1];
  }
}

static void
expand_gray_16 (const guint8 * in, guint16 * out, guint width)
{
  guint x;

  for (x = 0; x < width; x++) {
    out[4 * x] = cup_image_read_be16 (in + 4 * x);
    out[4 * x + 1] = out[4 * x + 2] = out[4 * x];
    out[4 * x + 3] = cup_image_read_be16 (in + 4 * x + 2);
  }
}

static void
copy_row_16 (const guint8 * in, guint16 * out, gsize n_samples)
{
  memcpy (out, in, n_samples * 2);
  cup_png_swap_row (out, out, n_samples);
}

/* Whether the samples are what the picture has. */
static gboolean
is_plain (const Reader * reader)
{
  return reader->info->depth == 8 && reader->info->channels == reader->bpp
      && reader->color_type != CUP_PNG_PALETTE;
}

/* Of samples that are not. @in is a row without filter. */
static gboolean
expand_row (const Reader * reader, const guint8 * in, guint8 * out)
{
  if (reader->color_type == CUP_PNG_PALETTE)
    return expand_palette (reader, in, out);
  if (reader->color_type != CUP_PNG_GRAY_ALPHA)
    copy_row_16 (in, (guint16 *) out, reader->row_size / 2);
  else if (reader->info->depth == 8)
    expand_gray (in, out, reader->width);
  else
    expand_gray_16 (in, (guint16 *) out, reader->width);
  return TRUE;
}

/* @row is the filter's byte and the row, with the one before it @above. Those that
 * are plain go straight to where they are to be, and @above is not looked at where
 * that has the one before, too. */
static gboolean
take_row (const Reader * reader, guint8 * row, const guint8 * above, guint y)
{
  CupPixels *pixels = reader->pixels;
  guint8 *out = pixels ? cup_pixels_row (pixels, y) : reader->row;
  const gboolean plain = is_plain (reader);
  guint8 *samples = plain && pixels ? out : row + 1;

  if (plain && pixels && y > 0)
    above = cup_pixels_row (pixels, y - 1);
  if (!cup_png_unfilter_row (row[0], samples, row + 1, above,
          reader->row_size, reader->bpp))
    return FALSE;
  if (!plain && !expand_row (reader, samples, out))
    return FALSE;
  if (reader->rows)
    cup_convert_rows_take (reader->rows, y, plain ? samples : out);
  return TRUE;
}

/* @rows has room for @n_at_once rows, and before them for the last one of those
 * before. */
static gboolean
take_rows (const Reader * reader, CupInflater * inflater, guint8 * rows,
    guint n_at_once)
{
  gsize stride = reader->row_size + 1;
  guint y, i, n;

  memset (rows, 0, stride);
  for (y = 0; y < reader->height; y += n) {
    n = MIN (n_at_once, reader->height - y);
    if (!cup_inflater_read (inflater, rows + stride, n * stride))
      return FALSE;
    for (i = 0; i < n; i++) {
      guint8 *row = rows + (i + 1) * stride;

      if (!take_row (reader, row, row - reader->row_size, y + i))
        return FALSE;
    }
    if (y + n < reader->height)
      memcpy (rows, rows + n * stride, stride);
  }
  return cup_inflater_finish (inflater);
}

static gboolean
read_rows (const Reader * reader)
{
  gsize stride = reader->row_size + 1, rows_size;
  CupInflater *inflater;
  gboolean done = FALSE;
  guint8 *rows = NULL;
  guint n_at_once;

  inflater = cup_inflater_new ((const CupDeflatePiece *) reader->idat->data,
      reader->idat->len, reader->size);
  if (!inflater)
    return FALSE;
  n_at_once = (guint) MAX (cup_inflater_get_portion (inflater) / stride, 1);
  if (g_size_checked_mul (&rows_size, stride, (gsize) n_at_once + 1))
    rows = g_try_malloc (rows_size);
  if (rows)
    done = take_rows (reader, inflater, rows, n_at_once);
  g_free (rows);
  cup_inflater_free (inflater);
  return done;
}

/* Whether it is what image.c made of the same header, but for chunks in odd
 * places. */
static gboolean
is_expected (const Reader * reader)
{
  const CupImageInfo *info = reader->info;

  if (reader->color_type == CUP_PNG_PALETTE)
    return reader->n_colours > 0
        && info->channels == (reader->n_alphas > 0 ? 4 : 3);
  if (reader->color_type == CUP_PNG_GRAY_ALPHA)
    return info->channels == 4;
  return reader->n_alphas == 0
      && info->channels * (info->depth / 8) == reader->bpp;
}

static gboolean
read_all (Reader * reader, const guint8 * data, gsize size)
{
  gboolean done;

  reader->idat = g_array_new (FALSE, FALSE, sizeof (CupDeflatePiece));
  done = walk (reader, data, size) && is_expected (reader)
      && reader->idat_size <= reader->size + reader->size / 8
      + COMPRESSED_SLACK && read_rows (reader);
  g_array_unref (reader->idat);
  return done;
}

gboolean
cup_png_read (const guint8 * data, gsize size, CupPixels * pixels)
{
  const CupImageInfo info = { CUP_IMAGE_PNG, pixels->width, pixels->height,
    pixels->channels, pixels->depth
  };
  Reader reader = {.info = &info,.pixels = pixels };

  return read_all (&reader, data, size);
}

gboolean
cup_png_read_rows (const guint8 * data, gsize size, const CupImageInfo * info,
    CupConvertRows * rows)
{
  Reader reader = {.info = info,.rows = rows };
  gboolean done;

  reader.row = g_try_malloc ((gsize) info->width * info->channels
      * (info->depth / 8));
  done = reader.row && read_all (&reader, data, size);
  g_free (reader.row);
  return done;
}
