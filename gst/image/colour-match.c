/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The picture and its result are averaged over the same cells. The difference
 * of the two small pictures is the drift; enlarged by quadratic B-splines, which
 * neither ring nor show the cells, it is added to the result. That is one
 * level of a wavelet decomposition with its low band exchanged, without ever
 * computing the high one.
 *
 * A cell is never less than 12 of the picture's pixels wide: below that, the
 * averages tell of the upscaler's edges rather than of its colours.
 */
#include <string.h>

#include "colour-match.h"

#include "area.h"

#define MIN_CELL 12
/* The least alpha (of 65535) of a cell whose colour means anything, where both
 * have alpha, and where one has. */
#define MIN_ALPHA 4096
#define MIN_OPAQUE_ALPHA 64500

/* The grid of differences has a cell more on each side, beyond the border. */
#define GRID_SIDE (CUP_AREA_MAX_SIDE + 2)

/* Weights of the splines. */
#define WEIGHT_BITS 12
#define WEIGHT_ONE (1 << WEIGHT_BITS)

/* For samples of 8 bits, drift has 6 bits behind the point: the difference of two
 * such fits into 16 bits then, of which processors multiply twice as many at
 * once. For samples of 16 bits it has none, and a product has 30 bits. */
#define FRACTION_BITS 6

struct _CupColourReference
{
  gint ref_count;
  guint columns;
  guint rows;
  guint colours;                /* 1 or 3 */
  gboolean has_alpha;
  guint16 *samples;
  guint16 *alphas;
};

/* Drift of each cell, in units of 1/65535 of the range: what is to be added. */
typedef struct
{
  guint columns;
  guint rows;
  guint colours;
  /* 0 where a cell tells nothing */
  guint32 weight[GRID_SIDE][GRID_SIDE];
  gint32 drift[GRID_SIDE][GRID_SIDE][3];
} Grid;

static void
choose_cells (const CupPixels * pixels, guint * columns, guint * rows)
{
  guint side = MAX (pixels->width, pixels->height);
  guint cells = CLAMP (side / MIN_CELL, 1, CUP_AREA_MAX_SIDE);

  *columns = MAX ((pixels->width * cells + side / 2) / side, 1);
  *rows = MAX ((pixels->height * cells + side / 2) / side, 1);
}

static CupColourReference *
reference_new (const CupPixels * pixels, guint columns, guint rows)
{
  CupColourReference *reference = g_new0 (CupColourReference, 1);
  gsize n = (gsize) columns * rows;

  reference->ref_count = 1;
  reference->columns = columns;
  reference->rows = rows;
  reference->colours = MIN (pixels->channels, 3);
  reference->has_alpha = pixels->channels == 4;
  reference->samples = g_new (guint16, n * reference->colours);
  reference->alphas = g_new (guint16, n);
  cup_area_average (pixels, columns, rows, reference->samples,
      reference->alphas);
  return reference;
}

CupColourReference *
cup_colour_reference_new (const CupPixels * pixels)
{
  guint columns, rows;

  choose_cells (pixels, &columns, &rows);
  return reference_new (pixels, columns, rows);
}

CupColourReference *
cup_colour_reference_ref (CupColourReference * reference)
{
  g_atomic_int_inc (&reference->ref_count);
  return reference;
}

void
cup_colour_reference_unref (CupColourReference * reference)
{
  if (!g_atomic_int_dec_and_test (&reference->ref_count))
    return;
  g_free (reference->samples);
  g_free (reference->alphas);
  g_free (reference);
}

/* Cell @i in the colours of a picture that has @colours. */
static void
get_cell (const CupColourReference * reference, gsize i, guint colours,
    gint32 * cell)
{
  const guint16 *sample = reference->samples + i * reference->colours;

  if (reference->colours == colours)
    cell[0] = sample[0];
  else if (colours == 1)
    cell[0] = cup_area_get_luma (sample);
  else
    cell[0] = cell[1] = cell[2] = sample[0];
  if (reference->colours == 3 && colours == 3) {
    cell[1] = sample[1];
    cell[2] = sample[2];
  }
}

static void
measure_drift (Grid * grid, const CupColourReference * reference,
    const CupColourReference * result)
{
  gboolean both = reference->has_alpha == result->has_alpha;
  guint least = both ? MIN_ALPHA : MIN_OPAQUE_ALPHA;
  guint x, y, c;

  grid->columns = reference->columns;
  grid->rows = reference->rows;
  grid->colours = result->colours;
  for (y = 0; y < grid->rows; y++) {
    for (x = 0; x < grid->columns; x++) {
      gsize i = (gsize) y * grid->columns + x;
      guint alpha = MIN (reference->alphas[i], result->alphas[i]);
      gint32 *drift = grid->drift[y + 1][x + 1];
      gint32 target[3], present[3];

      grid->weight[y + 1][x + 1] = alpha < least ? 0 : alpha;
      if (alpha < least)
        continue;
      get_cell (reference, i, grid->colours, target);
      get_cell (result, i, grid->colours, present);
      for (c = 0; c < grid->colours; c++)
        drift[c] = target[c] - present[c];
    }
  }
}

/* Halves away from zero. */
static gint64
divide (gint64 sum, gint64 by)
{
  return (sum + (sum < 0 ? -by : by) / 2) / by;
}

/* One mean for all cells; none where no cell tells anything. */
static void
level_drift (Grid * grid)
{
  gint64 sum[3] = { 0, };
  gint64 weight = 0;
  guint x, y, c;

  for (y = 1; y <= grid->rows; y++) {
    for (x = 1; x <= grid->columns; x++) {
      weight += grid->weight[y][x];
      for (c = 0; c < grid->colours; c++)
        sum[c] += (gint64) grid->weight[y][x] * grid->drift[y][x][c];
    }
  }
  for (y = 1; y <= grid->rows; y++) {
    for (x = 1; x <= grid->columns; x++) {
      for (c = 0; c < grid->colours; c++)
        grid->drift[y][x][c] = weight == 0 ? 0 : divide (sum[c], weight);
    }
  }
}

/* The weighted mean of those of the eight cells around that told something
 * before this round. */
static gboolean
fill_cell (Grid * grid, guint x, guint y, const guint32 before[][GRID_SIDE])
{
  gint64 sum[3] = { 0, };
  gint64 weight = 0;
  guint i, j, c;

  for (j = y - 1; j <= y + 1; j++) {
    for (i = x - 1; i <= x + 1; i++) {
      weight += before[j][i];
      for (c = 0; c < grid->colours; c++)
        sum[c] += (gint64) before[j][i] * grid->drift[j][i][c];
    }
  }
  if (weight == 0)
    return FALSE;
  for (c = 0; c < grid->colours; c++)
    grid->drift[y][x][c] = divide (sum[c], weight);
  grid->weight[y][x] = 1;
  return TRUE;
}

/* Cells that tell nothing take after their neighbours, ring by ring. The border
 * has no weight, and so never counts. */
static void
fill_drift (Grid * grid)
{
  guint32 before[GRID_SIDE][GRID_SIDE];
  gboolean changed = TRUE;
  guint x, y;

  while (changed) {
    changed = FALSE;
    memcpy (before, grid->weight, sizeof before);
    for (y = 1; y <= grid->rows; y++) {
      for (x = 1; x <= grid->columns; x++) {
        if (before[y][x] == 0)
          changed |= fill_cell (grid, x, y, before);
      }
    }
  }
}

/* What lies beyond a border goes on as what is before it: a gradient is one up
 * to the last pixel. No sample can be further off than the whole range. */
static void
extend (const gint32 * border, const gint32 * inner, gint32 * beyond)
{
  guint c;

  for (c = 0; c < 3; c++)
    beyond[c] = CLAMP (2 * border[c] - inner[c], -65535, 65535);
}

static void
extend_drift (Grid * grid)
{
  guint columns = grid->columns, rows = grid->rows;
  guint x, y;

  for (y = 1; y <= rows; y++) {
    gint32 (*row)[3] = grid->drift[y];

    extend (row[1], row[MIN (2, columns)], row[0]);
    extend (row[columns], row[columns > 1 ? columns - 1 : 1], row[columns + 1]);
  }
  for (x = 0; x <= columns + 1; x++) {
    extend (grid->drift[1][x], grid->drift[MIN (2, rows)][x],
        grid->drift[0][x]);
    extend (grid->drift[rows][x], grid->drift[rows > 1 ? rows - 1 : 1][x],
        grid->drift[rows + 1][x]);
  }
}

/* For the middle of pixel @i of @n: the first of three cells (counted with the
 * one beyond the border) and their weights, which sum up to one. */
static guint
get_weights (guint i, guint n, guint cells, gint32 weights[3])
{
  guint position = (2 * i + 1) * cells;
  guint cell = position / (2 * n);
  gint32 f = (guint64) (position % (2 * n)) * WEIGHT_ONE / (2 * n);

  weights[0] = ((WEIGHT_ONE - f) * (WEIGHT_ONE - f) + WEIGHT_ONE)
      >> (WEIGHT_BITS + 1);
  weights[2] = (f * f + WEIGHT_ONE) >> (WEIGHT_BITS + 1);
  weights[1] = WEIGHT_ONE - weights[0] - weights[2];
  return cell;
}

/* From 1/65535 of the range to the units of 8-bit samples. */
static void
scale_drift (Grid * grid)
{
  guint x, y, c;

  for (y = 0; y <= grid->rows + 1; y++) {
    for (x = 0; x <= grid->columns + 1; x++) {
      for (c = 0; c < grid->colours; c++)
        grid->drift[y][x][c] =
            divide (grid->drift[y][x][c] * (1 << FRACTION_BITS), 257);
    }
  }
}

/* A row of the grid, as wide as the result: gint16 for samples of 8 bits, gint32
 * for those of 16. */
static void
enlarge_row (const Grid * grid, guint row, const CupPixels * pixels,
    gpointer drift)
{
  gsize i = 0;
  guint x, c;

  for (x = 0; x < pixels->width; x++) {
    gint32 weights[3];
    guint cell = get_weights (x, pixels->width, grid->columns, weights);
    const gint32 (*cells)[3] = &grid->drift[row][cell];

    for (c = 0; c < pixels->channels; c++, i++) {
      gint32 value = 0;

      if (c < grid->colours)
        value = (weights[0] * cells[0][c] + weights[1] * cells[1][c]
            + weights[2] * cells[2][c] + WEIGHT_ONE / 2) >> WEIGHT_BITS;
      if (pixels->depth == 8)
        ((gint16 *) drift)[i] = value;
      else
        ((gint32 *) drift)[i] = value;
    }
  }
}

static inline guint8
correct_8 (guint8 sample, gint16 above, gint16 middle, gint16 below,
    gint16 weight_above, gint16 weight_below)
{
  gint16 from_above = ((gint16) (above - middle) * weight_above) >> 16;
  gint16 from_below = ((gint16) (below - middle) * weight_below) >> 16;
  gint16 drift = middle + from_above + from_below;
  gint16 sum = sample + (gint16) ((gint16) (drift + (1 << FRACTION_BITS) / 2)
      >> FRACTION_BITS);

  return CLAMP (sum, 0, 255);
}

static inline guint16
correct_16 (guint16 sample, gint32 above, gint32 middle, gint32 below,
    gint32 weight_above, gint32 weight_below)
{
  gint32 drift = (above - middle) * weight_above
      + (below - middle) * weight_below;
  gint32 sum = sample + middle + ((drift + WEIGHT_ONE / 2) >> WEIGHT_BITS);

  return CLAMP (sum, 0, 65535);
}

/* In blocks, so that compilers use vectors at every level of optimisation. */
#define BLOCK 16

/* @weight_above and @weight_below of 16 bits. A half, which is the most, is one
 * too many. */
static void
correct_row_8 (guint8 * restrict row, gsize n, const gint16 * restrict above,
    const gint16 * restrict middle, const gint16 * restrict below,
    gint16 weight_above, gint16 weight_below)
{
  gsize i;
  guint j;

  for (i = 0; i + BLOCK <= n; i += BLOCK) {
    for (j = 0; j < BLOCK; j++)
      row[i + j] = correct_8 (row[i + j], above[i + j], middle[i + j],
          below[i + j], weight_above, weight_below);
  }
  for (; i < n; i++)
    row[i] = correct_8 (row[i], above[i], middle[i], below[i], weight_above,
        weight_below);
}

static void
correct_row_16 (guint16 * restrict row, gsize n, const gint32 * restrict above,
    const gint32 * restrict middle, const gint32 * restrict below,
    gint32 weight_above, gint32 weight_below)
{
  gsize i;
  guint j;

  for (i = 0; i + BLOCK <= n; i += BLOCK) {
    for (j = 0; j < BLOCK; j++)
      row[i + j] = correct_16 (row[i + j], above[i + j], middle[i + j],
          below[i + j], weight_above, weight_below);
  }
  for (; i < n; i++)
    row[i] = correct_16 (row[i], above[i], middle[i], below[i], weight_above,
        weight_below);
}

static void
correct (const Grid * grid, CupPixels * pixels)
{
  gsize n = (gsize) pixels->width * pixels->channels;
  gsize size = n * (pixels->depth == 8 ? sizeof (gint16) : sizeof (gint32));
  /* Row r of the grid is at r % 3; 3 MB at most. */
  guint8 *memory = g_malloc (3 * size);
  guint next = 0, y;

  for (y = 0; y < pixels->height; y++) {
    guint8 *row = cup_pixels_row (pixels, y);
    gint32 weights[3];
    guint first = get_weights (y, pixels->height, grid->rows, weights);
    gconstpointer above = memory + first % 3 * size;
    gconstpointer middle = memory + (first + 1) % 3 * size;
    gconstpointer below = memory + (first + 2) % 3 * size;

    for (next = MAX (next, first); next <= first + 2; next++)
      enlarge_row (grid, next, pixels, memory + next % 3 * size);
    if (pixels->depth == 8)
      correct_row_8 (row, n, above, middle, below,
          MIN (weights[0] << (16 - WEIGHT_BITS), G_MAXINT16),
          MIN (weights[2] << (16 - WEIGHT_BITS), G_MAXINT16));
    else
      correct_row_16 ((guint16 *) row, n, above, middle, below, weights[0],
          weights[2]);
  }
  g_free (memory);
}

/* As pixels-to-be-changed: themselves, or a copy where others have them, too. */
static CupPixels *
make_writable (CupPixels * pixels, GError ** error)
{
  CupPixels *copy;
  guint y;

  if (g_atomic_int_get (&pixels->ref_count) == 1)
    return pixels;
  copy = cup_pixels_new (pixels->width, pixels->height, pixels->channels,
      pixels->depth, error);
  for (y = 0; copy && y < copy->height; y++)
    memcpy (cup_pixels_row (copy, y), cup_pixels_row (pixels, y),
        (gsize) copy->width * copy->channels * (copy->depth / 8));
  cup_pixels_unref (pixels);
  return copy;
}

CupPixels *
cup_colour_match_apply (CupColourMatch mode,
    const CupColourReference * reference, CupPixels * pixels, GError ** error)
{
  CupColourReference *result;
  Grid *grid;

  if (mode == CUP_COLOUR_MATCH_NONE)
    return pixels;
  pixels = make_writable (pixels, error);
  if (!pixels)
    return NULL;

  result = reference_new (pixels, reference->columns, reference->rows);
  grid = g_new0 (Grid, 1);
  measure_drift (grid, reference, result);
  cup_colour_reference_unref (result);
  if (mode == CUP_COLOUR_MATCH_MEAN)
    level_drift (grid);
  else
    fill_drift (grid);
  extend_drift (grid);
  if (pixels->depth == 8)
    scale_drift (grid);
  correct (grid, pixels);
  g_free (grid);
  return pixels;
}
