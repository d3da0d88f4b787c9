/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Area averages. Lengths are counted so that a pixel is as wide as there are
 * columns, and a cell as wide as there are pixels: both are integers then, and
 * so are the shares of a pixel that lies in two cells.
 *
 * The bounds: weights of one cell sum up to width × height, at most 2^28, a
 * sample times alpha has 32 bits.
 */
#include <string.h>

#include "area.h"

/* Sums of one row of cells, a column of pixels each. Those without alpha are
 * weights of a side (2^16) by 16 bits, which 32 bits hold, and is what makes
 * the difference in time. */
typedef struct
{
  guint32 *opaque;
  guint64 *weighted;
} Sums;

/* In blocks, so that compilers use vectors at every level of optimisation. */
#define BLOCK 16

static void
add_row_8 (guint32 * restrict sums, const guint8 * restrict row, gsize n,
    guint16 weight)
{
  gsize i;
  guint j;

  for (i = 0; i + BLOCK <= n; i += BLOCK) {
    for (j = 0; j < BLOCK; j++)
      sums[i + j] += (guint16) (row[i + j] * weight);
  }
  for (; i < n; i++)
    sums[i] += (guint16) (row[i] * weight);
}

static void
add_row_16 (guint32 * restrict sums, const guint16 * restrict row, gsize n,
    guint16 weight)
{
  gsize i;
  guint j;

  for (i = 0; i + BLOCK <= n; i += BLOCK) {
    for (j = 0; j < BLOCK; j++)
      sums[i + j] += (guint32) row[i + j] * weight;
  }
  for (; i < n; i++)
    sums[i] += (guint32) row[i] * weight;
}

static void
add_row_rgba_8 (guint64 * restrict sums, const guint8 * restrict row, gsize n,
    guint weight)
{
  gsize i;

  for (i = 0; i < n; i += 4) {
    guint alpha = row[i + 3] * weight;

    sums[i] += row[i] * alpha;
    sums[i + 1] += row[i + 1] * alpha;
    sums[i + 2] += row[i + 2] * alpha;
    sums[i + 3] += alpha;
  }
}

static void
add_row_rgba_16 (guint64 * restrict sums, const guint16 * restrict row,
    gsize n, guint weight)
{
  gsize i;

  for (i = 0; i < n; i += 4) {
    guint64 alpha = (guint64) row[i + 3] * weight;

    sums[i] += row[i] * alpha;
    sums[i + 1] += row[i + 1] * alpha;
    sums[i + 2] += row[i + 2] * alpha;
    sums[i + 3] += alpha;
  }
}

static void
add_row (const Sums * sums, const CupPixels * pixels, guint y, guint weight)
{
  const guint8 *row = cup_pixels_row (pixels, y);
  gsize n = (gsize) pixels->width * pixels->channels;

  if (pixels->channels == 4 && pixels->depth == 8)
    add_row_rgba_8 (sums->weighted, row, n, weight);
  else if (pixels->channels == 4)
    add_row_rgba_16 (sums->weighted, (const guint16 *) row, n, weight);
  else if (pixels->depth == 8)
    add_row_8 (sums->opaque, row, n, weight);
  else
    add_row_16 (sums->opaque, (const guint16 *) row, n, weight);
}

/* How much of pixel @i lies in @cell, where @n pixels make @cells cells. */
static guint
get_share (guint i, guint n, guint cell, guint cells)
{
  guint start = MAX (i * cells, cell * n);
  guint end = MIN ((i + 1) * cells, (cell + 1) * n);

  return end - start;
}

static guint
get_first (guint n, guint cell, guint cells)
{
  return cell * n / cells;
}

static guint
get_end (guint n, guint cell, guint cells)
{
  return ((cell + 1) * n + cells - 1) / cells;
}

static guint64
divide (guint64 sum, guint64 by)
{
  return (sum + by / 2) / by;
}

/* One cell from the sums of its row. @total has a sum for each channel. */
static void
finish_cell (const CupPixels * pixels, const guint64 * total,
    guint16 * colour, guint16 * alpha)
{
  guint64 area = (guint64) pixels->width * pixels->height;
  guint to_16 = pixels->depth == 8 ? 257 : 1;
  guint channels = MIN (pixels->channels, 3);
  guint c;

  if (pixels->channels == 4)
    area = total[3];
  /* 8 bits have more precision to give than their own. */
  for (c = 0; c < channels; c++)
    colour[c] = area == 0 ? 0 : divide (total[c] * to_16, area);
  *alpha = 65535;
  if (pixels->channels == 4)
    *alpha = divide (total[3] * to_16,
        (guint64) pixels->width * pixels->height);
}

static void
finish_row (const CupPixels * pixels, const Sums * sums, guint columns,
    guint16 * colours, guint16 * alphas)
{
  guint channels = pixels->channels;
  guint cell, x, c;

  for (cell = 0; cell < columns; cell++) {
    guint end = get_end (pixels->width, cell, columns);
    guint64 total[4] = { 0, };

    for (x = get_first (pixels->width, cell, columns); x < end; x++) {
      guint64 share = get_share (x, pixels->width, cell, columns);
      gsize i = (gsize) x * channels;

      for (c = 0; c < channels; c++)
        total[c] += share * (sums->opaque ? sums->opaque[i + c]
            : sums->weighted[i + c]);
    }
    finish_cell (pixels, total, colours + cell * MIN (channels, 3),
        alphas + cell);
  }
}

void
cup_area_average (const CupPixels * pixels, guint columns, guint rows,
    guint16 * colours, guint16 * alphas)
{
  gsize n = (gsize) pixels->width * pixels->channels;
  gsize size = n * (pixels->channels == 4 ? sizeof (guint64)
      : sizeof (guint32));
  /* At most 2 MB, as no side is longer than CUP_PIXELS_MAX_SIDE. */
  gpointer memory = g_malloc (size);
  Sums sums = { NULL, };
  guint cell, y;

  g_assert (columns >= 1 && columns <= CUP_AREA_MAX_SIDE);
  g_assert (rows >= 1 && rows <= CUP_AREA_MAX_SIDE);

  if (pixels->channels == 4)
    sums.weighted = memory;
  else
    sums.opaque = memory;
  for (cell = 0; cell < rows; cell++) {
    guint end = get_end (pixels->height, cell, rows);

    memset (memory, 0, size);
    for (y = get_first (pixels->height, cell, rows); y < end; y++)
      add_row (&sums, pixels, y, get_share (y, pixels->height, cell, rows));
    finish_row (pixels, &sums, columns,
        colours + (gsize) cell * columns * MIN (pixels->channels, 3),
        alphas + (gsize) cell * columns);
  }
  g_free (memory);
}
