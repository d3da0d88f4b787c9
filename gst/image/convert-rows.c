/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From pixels to video, a row at a time: of the rows before, only what chroma is
 * made of is kept, so that rows may come from a decoder as well as from a picture.
 */
#include "convert-private.h"

#include <math.h>
#include <string.h>

/* As many as those that chroma is made of. */
#define N_ROWS 3

/**
 * PlanesWriter:
 * @exactly: whether the rests of factors count; not from 8 bits to 8
 * @pixels: of one row, as kernels want them
 * @n_colours: 3 rows of each: red, green and blue; or 2, where red and blue share one
 * @rows: the last rows that were taken, row y at y % N_ROWS
 * @sums: of rows. These and @rows have one more before and after
 * @means: of columns of @sums
 * @samples: of one row, before they are stored
 */
typedef struct
{
  CupPlanes planes;
  CupConvertFromRgb factors[3];
  gboolean exactly;
  guint32 *pixels;
  guint n_colours;
  gint32 *rows[N_ROWS][3];
  gint32 *sums[3];
  gint32 *means[3];
  guint16 *samples;
} PlanesWriter;

/**
 * PackedWriter:
 * @samples: of one row in the depth that they leave with; NULL where they have it
 */
typedef struct
{
  CupPacked packed;
  guint8 *samples;
} PackedWriter;

/**
 * CupConvertRows:
 * @map: which byte of a pixel goes where, on the way to kernels or to its place
 */
struct _CupConvertRows
{
  guint width;
  guint height;
  guint channels;
  guint depth;
  const CupConvertKernels *kernels;
  guint8 map[CUP_CONVERT_MAX_SIZE];
  gboolean is_packed;
  PlanesWriter planes;
  PackedWriter packed;
};

static CupConvertRows *
rows_new (guint width, guint height, guint channels, guint depth)
{
  CupConvertRows *rows = g_new0 (CupConvertRows, 1);

  rows->width = width;
  rows->height = height;
  rows->channels = channels;
  rows->depth = depth;
  rows->kernels = cup_convert_get_kernels ();
  return rows;
}

/* Planes */

/* What the weights of all pixels that chroma is made of add up to. */
static guint
get_chroma_sum (const CupPlanes * planes)
{
  return (planes->half_width ? CUP_CONVERT_COLUMN_SUM : 1)
      * (planes->half_height ? CUP_CONVERT_LINE_SUM : 1);
}

/* @weights of red, green and blue in a sample, for each of their levels. Green's
 * is what makes the sum of all three right: grey has no tint, nor a drift. */
static void
make_from_rgb (CupConvertFromRgb * from, const gdouble weights[3],
    gdouble offset, guint depth, gboolean exactly)
{
  const gdouble sum = weights[0] + weights[1] + weights[2];
  const guint bits = exactly ? CUP_CONVERT_REST_BITS : 0;
  const guint shift = 30 - depth;
  const gint64 red = cup_convert_in_units (weights[0], shift + bits);
  const gint64 blue = cup_convert_in_units (weights[2], shift + bits);

  from->shift = shift;
  from->max = (1 << depth) - 1;
  from->red = cup_convert_split_factor (red, bits);
  from->green =
      cup_convert_split_factor (cup_convert_in_units (sum,
          shift + bits) - red - blue, bits);
  from->blue = cup_convert_split_factor (blue, bits);
  from->offset = cup_convert_make_offset (offset, shift, bits);
}

static void
make_factors (CupConvertRows * rows, const CupColourCoding * coding)
{
  PlanesWriter *writer = &rows->planes;
  const gdouble kr = coding->red_weight, kb = coding->blue_weight;
  const gdouble kg = 1 - kr - kb;
  const gdouble full = rows->depth == 8 ? 255 : 65535;
  const gdouble luma = coding->luma_range / full;
  const gdouble chroma =
      coding->chroma_range / full / get_chroma_sum (&writer->planes);
  const gdouble u = chroma / (2 * (1 - kb)), v = chroma / (2 * (1 - kr));
  const gdouble weights[3][3] = {
    {kr * luma, kg * luma, kb * luma},
    {-kr * u, -kg * u, (1 - kb) * u},
    {(1 - kr) * v, -kg * v, -kb * v}
  };
  const guint depth = writer->planes.depth;
  guint c;

  for (c = 0; c < 3; c++)
    make_from_rgb (&writer->factors[c], weights[c],
        c == 0 ? coding->black : 1 << (depth - 1), depth, writer->exactly);
}

/* To four samples a pixel. */
static void
make_planes_map (CupConvertRows * rows)
{
  const guint sample = rows->depth / 8;
  guint i;

  for (i = 0; i < 4 * sample; i++) {
    if (i / sample == 3)
      rows->map[i] = CUP_CONVERT_ONES;
    else
      rows->map[i] = (guint8) (rows->channels == 1 ? i % sample : i);
  }
}

CupConvertRows *
cup_convert_rows_to_planes (guint channels, guint depth,
    const CupColourCoding * coding, const CupPlanes * planes)
{
  CupConvertRows *rows = rows_new (planes->width, planes->height, channels,
      depth);
  PlanesWriter *writer = &rows->planes;
  const gsize row_size = (gsize) planes->width + 2;
  guint c, i;

  writer->planes = *planes;
  writer->exactly = depth > 8 || planes->depth > 8;
  writer->n_colours = writer->exactly ? 3 : 2;
  make_factors (rows, coding);
  make_planes_map (rows);
  writer->pixels = g_new (guint32, 2 * planes->width);
  for (c = 0; c < 3; c++) {
    for (i = 0; i < N_ROWS; i++)
      writer->rows[i][c] = g_new0 (gint32, row_size) + 1;
    writer->sums[c] = g_new0 (gint32, row_size) + 1;
    writer->means[c] = g_new0 (gint32, planes->width);
  }
  writer->samples = g_new0 (guint16, planes->width);
  return rows;
}

static void
clear_planes (PlanesWriter * writer)
{
  guint c, i;

  g_free (writer->pixels);
  for (c = 0; c < 3; c++) {
    for (i = 0; i < N_ROWS; i++)
      g_free (writer->rows[i][c] - 1);
    g_free (writer->sums[c] - 1);
    g_free (writer->means[c]);
  }
  g_free (writer->samples);
}

static void
load_row (CupConvertRows * rows, guint y, const guint8 * row)
{
  PlanesWriter *writer = &rows->planes;
  const gsize sample = rows->depth / 8;
  gint32 **colours = writer->rows[y % N_ROWS];
  guint c;

  rows->kernels->permute (row, rows->channels * sample,
      (guint8 *) writer->pixels, 4 * sample, rows->map, rows->width);
  if (!writer->exactly)
    rows->kernels->pair_8 (writer->pixels, colours[0], colours[1], rows->width);
  else if (rows->depth == 8)
    rows->kernels->split_8 (writer->pixels, colours[0], colours[1], colours[2],
        rows->width);
  else
    rows->kernels->split_16 (writer->pixels, colours[0], colours[1],
        colours[2], rows->width);
  for (c = 0; c < writer->n_colours; c++) {
    colours[c][-1] = colours[c][0];
    colours[c][rows->width] = colours[c][rows->width - 1];
  }
}

/* A row of @n samples of a component. */
static void
write_row (CupConvertRows * rows, guint component, gint32 * const colours[3],
    guint y, guint n)
{
  PlanesWriter *writer = &rows->planes;
  const CupPlanes *planes = &writer->planes;
  const CupConvertFromRgb *factors = &writer->factors[component];
  const gsize step = component == 0 ? 1 : planes->step;
  guint8 *to = cup_planes_get_row (planes, component, y);

  if (!writer->exactly) {
    rows->kernels->multiply_8 (factors, colours[0], colours[1], to, step, n);
    return;
  }
  rows->kernels->multiply_exactly (factors, colours[0], colours[1], colours[2],
      writer->samples, n);
  if (planes->depth == 8)
    rows->kernels->store_8 (writer->samples, to, step, n);
  else
    rows->kernels->store_16 (writer->samples, planes->shift, (guint16 *) to,
        step, n);
}

/* Between rows for line @y of chroma, with its weights. */
static void
blend_rows (CupConvertRows * rows, guint y)
{
  PlanesWriter *writer = &rows->planes;
  const gboolean cosited = writer->planes.cosited_y;
  const guint row = 2 * y, next = MIN (row + 1, rows->height - 1);
  const guint before = cosited && row > 0 ? row - 1 : row;
  guint c;

  for (c = 0; c < writer->n_colours; c++) {
    const gint32 *around[3];

    around[0] = writer->rows[before % N_ROWS][c] - 1;
    around[1] = writer->rows[row % N_ROWS][c] - 1;
    around[2] = writer->rows[next % N_ROWS][c] - 1;
    rows->kernels->blend_rows (around, cosited, writer->sums[c] - 1,
        (gsize) rows->width + 2);
  }
}

static void
write_chroma (CupConvertRows * rows, guint y)
{
  PlanesWriter *writer = &rows->planes;
  const CupPlanes *planes = &writer->planes;
  const guint width = cup_planes_get_chroma_width (planes);
  gint32 **colours = writer->rows[y % N_ROWS];
  guint c;

  if (planes->half_height) {
    blend_rows (rows, y);
    colours = writer->sums;
  }
  if (planes->half_width) {
    for (c = 0; c < writer->n_colours; c++)
      rows->kernels->halve_row (colours[c], planes->cosited_x,
          writer->means[c], width);
    colours = writer->means;
  }
  for (c = 1; c < 3; c++)
    write_row (rows, c, colours, y, width);
}

static void
take_for_planes (CupConvertRows * rows, guint y, const guint8 * row)
{
  const CupPlanes *planes = &rows->planes.planes;

  load_row (rows, y, row);
  write_row (rows, 0, rows->planes.rows[y % N_ROWS], y, rows->width);
  if (planes->n_components == 1)
    return;
  if (!planes->half_height)
    write_chroma (rows, y);
  else if (y % 2 != 0 || y == rows->height - 1)
    write_chroma (rows, y / 2);
}

/* Packed pixels */

/* To the places of samples. */
static void
make_packed_map (CupConvertRows * rows)
{
  const CupPacked *packed = &rows->packed.packed;
  const guint sample = packed->depth / 8;
  guint c, i;

  memset (rows->map, CUP_CONVERT_ONES, sizeof rows->map);
  for (c = 0; c < 4; c++) {
    if (packed->places[c] < 0 || (c == 3 && rows->channels != 4))
      continue;
    for (i = 0; i < sample; i++)
      rows->map[packed->places[c] + i] =
          (guint8) ((rows->channels == 1 ? 0 : c) * sample + i);
  }
}

CupConvertRows *
cup_convert_rows_to_packed (guint width, guint height, guint channels,
    guint depth, const CupPacked * packed)
{
  CupConvertRows *rows;

  g_return_val_if_fail (packed->size <= CUP_CONVERT_MAX_SIZE, NULL);

  rows = rows_new (width, height, channels, depth);
  rows->is_packed = TRUE;
  rows->packed.packed = *packed;
  make_packed_map (rows);
  if (depth != packed->depth)
    rows->packed.samples = g_malloc ((gsize) width * channels
        * (packed->depth / 8));
  return rows;
}

static void
take_for_packed (CupConvertRows * rows, guint y, const guint8 * row)
{
  const CupPacked *packed = &rows->packed.packed;
  const gsize n_samples = (gsize) rows->width * rows->channels;
  guint8 *samples = rows->packed.samples;

  if (rows->depth > packed->depth)
    rows->kernels->narrow ((const guint16 *) row, samples, n_samples);
  else if (rows->depth < packed->depth)
    rows->kernels->widen (row, (guint16 *) samples, n_samples);
  rows->kernels->permute (samples ? samples : row,
      (gsize) rows->channels * (packed->depth / 8),
      packed->data + (gssize) y * packed->stride, packed->size, rows->map,
      rows->width);
}

/* Both */

void
cup_convert_rows_free (CupConvertRows * rows)
{
  if (!rows)
    return;
  if (rows->is_packed)
    g_free (rows->packed.samples);
  else
    clear_planes (&rows->planes);
  g_free (rows);
}

void
cup_convert_rows_take (CupConvertRows * rows, guint y, gconstpointer row)
{
  g_return_if_fail (y < rows->height);

  if (rows->is_packed)
    take_for_packed (rows, y, row);
  else
    take_for_planes (rows, y, row);
}

void
cup_convert_rows_take_all (CupConvertRows * rows, const CupPixels * pixels)
{
  guint y;

  g_return_if_fail (pixels->width == rows->width);
  g_return_if_fail (pixels->height == rows->height);
  g_return_if_fail (pixels->channels == rows->channels);
  g_return_if_fail (pixels->depth == rows->depth);

  for (y = 0; y < rows->height; y++)
    cup_convert_rows_take (rows, y, cup_pixels_row (pixels, y));
}

const CupPacked *
cup_convert_rows_get_packed (const CupConvertRows * rows)
{
  return rows->is_packed ? &rows->packed.packed : NULL;
}
