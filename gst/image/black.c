/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which pictures cannot be black, by the number of their bytes: a service that
 * takes a result away leaves a black picture, and not every result is to be
 * decoded for that. What counts is the compressed data alone; profiles,
 * previews and texts may be of any size.
 *
 * The bounds say how many bytes an encoder makes of a black picture at most,
 * one that works badly included. They need not be tight: a picture with
 * anything on it has a multiple of that, and where it has not, it is decoded
 * once.
 */
#include <string.h>

#include "image.h"

/* For tables and headers within the compressed data. */
#define ALLOWANCE 1024

static guint32
read_be32 (const guint8 * data)
{
  guint32 value;

  memcpy (&value, data, sizeof value);
  return GUINT32_FROM_BE (value);
}

static guint32
read_le32 (const guint8 * data)
{
  guint32 value;

  memcpy (&value, data, sizeof value);
  return GUINT32_FROM_LE (value);
}

/* The sum of the IDAT chunks; FALSE where they cannot be followed. */
static gboolean
measure_png (const guint8 * data, gsize size, guint64 * measure)
{
  gsize position = 8;

  *measure = 0;
  while (size - position >= 12) {
    guint32 length = read_be32 (data + position);

    if (length > size - position - 12)
      return FALSE;
    if (memcmp (data + position + 4, "IDAT", 4) == 0)
      *measure += length;
    if (memcmp (data + position + 4, "IEND", 4) == 0)
      return TRUE;
    position += 12 + (gsize) length;
  }
  return FALSE;
}

/* Filtered rows, deflated.
 *
 * Samples of up to 2/255, all five differences of which occur, need 2.3 of 8
 * bits by Huffman codes alone, without any repetition found: 3 is the bound.
 * Of 16 bits the lower 8 may be anything, with a filter's carry above: 13.
 *
 * Deflate may also store the rows as they are, or use its fixed code, which has
 * 8 bits for a zero: then the data is about as long as the rows. Pictures are
 * between the two; they compress, but not to that.
 *
 * Indices of a palette may be anything, and fewer than 8 bits make a small
 * picture: those are decoded. */
static gboolean
png_may_be_black (const guint8 * data, gsize size, const CupImageInfo * info)
{
  static const guint8 channels[] = { 1, 0, 3, 0, 2, 0, 4 };
  guint64 measure, rows;
  guint depth, type;

  if (size < 26 || !measure_png (data, size, &measure))
    return TRUE;
  depth = data[24];
  type = data[25];
  if (type >= G_N_ELEMENTS (channels) || channels[type] == 0 || depth < 8)
    return TRUE;
  rows = ((guint64) info->width * channels[type] * (depth / 8) + 1)
      * info->height;
  return measure <= rows / depth * (depth == 8 ? 3 : 13) + ALLOWANCE
      || measure >= rows - rows / 32;
}

/* All from the first scan on; FALSE where it cannot be found. */
static gboolean
measure_jpeg (const guint8 * data, gsize size, guint64 * measure)
{
  gsize position = 2;

  while (size - position >= 4) {
    gsize length = (gsize) data[position + 2] << 8 | data[position + 3];

    if (data[position] != 0xff)
      return FALSE;
    if (data[position + 1] == 0xff) {
      position++;
      continue;
    }
    if (data[position + 1] == 0xda) {
      *measure = size - position;
      return TRUE;
    }
    if (length > size - position - 2)
      return FALSE;
    position += 2 + length;
  }
  return FALSE;
}

/* A black block of 8 × 8 samples is two symbols, "as before" and "end of block",
 * of at most 16 bits each with the worst of tables; 3 bytes more where a restart
 * marker follows each block. Subsampled chroma has fewer blocks. */
static gboolean
jpeg_may_be_black (const guint8 * data, gsize size, const CupImageInfo * info)
{
  guint64 blocks = ((guint64) info->width + 15) / 16 * 2
      * (((guint64) info->height + 15) / 16 * 2);
  guint64 measure;

  if (!measure_jpeg (data, size, &measure))
    return TRUE;
  return measure <= blocks * (4 * info->channels + 3) + ALLOWANCE;
}

/* The chunk of the picture itself. */
static gboolean
measure_webp (const guint8 * data, gsize size, gboolean * lossless,
    guint64 * measure)
{
  gsize position = 12;

  while (size - position >= 8) {
    guint32 length = read_le32 (data + position + 4);

    if (memcmp (data + position, "VP8", 3) == 0
        && (data[position + 3] == ' ' || data[position + 3] == 'L')) {
      *lossless = data[position + 3] == 'L';
      *measure = length;
      return TRUE;
    }
    if (length > size - position - 8 || length == G_MAXUINT32)
      return FALSE;
    length += length & 1;
    if (length > size - position - 8)
      return FALSE;
    position += 8 + (gsize) length;
  }
  return FALSE;
}

/* Lossless: three samples of up to 2/255 need 1.6 bits each without any
 * repetition found; 5 bits a pixel. Lossy: a black macroblock of 16 × 16 is its
 * modes and 25 times "end of block", all of them adapted probabilities of far
 * less than a bit; 16 bytes are the bound. */
static gboolean
webp_may_be_black (const guint8 * data, gsize size, const CupImageInfo * info)
{
  guint64 measure, bound;
  gboolean lossless;

  if (!measure_webp (data, size, &lossless, &measure))
    return TRUE;
  if (lossless)
    bound = (guint64) info->width * info->height * 5 / 8;
  else
    bound = ((guint64) info->width + 15) / 16
        * (((guint64) info->height + 15) / 16) * 16;
  return measure <= bound + ALLOWANCE;
}

gboolean
cup_image_may_be_black (GBytes * bytes, const CupImageInfo * info)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (size < 12)
    return TRUE;
  switch (info->type) {
    case CUP_IMAGE_PNG:
      return png_may_be_black (data, size, info);
    case CUP_IMAGE_JPEG:
      return jpeg_may_be_black (data, size, info);
    case CUP_IMAGE_WEBP:
      return webp_may_be_black (data, size, info);
    case CUP_IMAGE_UNKNOWN:
      break;
  }
  return TRUE;
}
