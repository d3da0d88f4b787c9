/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A row at a time, with a few rows of sums in between that stay in the cache.
 */
#include "convert.h"

#include <math.h>
#include <string.h>

#include "convert-kernels.h"

static gint portable;           /* atomic */

void
cup_convert_set_portable (gboolean value)
{
  g_atomic_int_set (&portable, value);
}

static const CupConvertKernels *
get_kernels (void)
{
#ifdef CUP_HAVE_CONVERT_AVX2
  if (!g_atomic_int_get (&portable) && __builtin_cpu_supports ("avx2"))
    return &cup_convert_kernels_avx2;
#endif
  return &cup_convert_kernels_portable;
}

/* Factors */

/* @bits: of the rest, 0 for none. */
static CupConvertFactor
split_factor (gint64 factor, guint bits)
{
  const CupConvertFactor split = {
    .whole = (gint32) (factor >> bits),
    .rest = (gint32) (factor & ((1 << bits) - 1))
  };

  return split;
}

static gint64
in_units (gdouble value, guint shift)
{
  return llrint (ldexp (value, (gint) shift));
}

/* With a half: the sum is then rounded down. */
static CupConvertFactor
make_offset (gdouble offset, guint shift, guint bits)
{
  return split_factor (in_units (offset, shift + bits)
      + (G_GINT64_CONSTANT (1) << (shift + bits - 1)), bits);
}

/* Whatever the samples are, sums stay within three times the range of the result:
 * that in units of 2^-shift is below 2^31. */
static void
make_to_rgb (CupConvertToRgb * to, const CupColourCoding * coding, guint depth)
{
  const gdouble kr = coding->red_weight, kb = coding->blue_weight;
  const gdouble kg = 1 - kr - kb;
  const gdouble full = depth > 8 ? 65535 : 255;
  const gdouble chroma = full / coding->chroma_range / CUP_CONVERT_CHROMA_SUM;
  const guint bits = depth > 8 ? CUP_CONVERT_REST_BITS : 0;
  guint shift;

  to->shift = depth > 8 ? 13 : 21;
  shift = to->shift + bits;
  to->luma = split_factor (in_units (full / coding->luma_range, shift), bits);
  to->v_to_red = split_factor (in_units (2 * (1 - kr) * chroma, shift), bits);
  to->u_to_green =
      split_factor (in_units (-2 * kb * (1 - kb) / kg * chroma, shift), bits);
  to->v_to_green =
      split_factor (in_units (-2 * kr * (1 - kr) / kg * chroma, shift), bits);
  to->u_to_blue = split_factor (in_units (2 * (1 - kb) * chroma, shift), bits);
  to->offset =
      make_offset (-full * coding->black / coding->luma_range, to->shift, bits);
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
  const gint64 red = in_units (weights[0], shift + bits);
  const gint64 blue = in_units (weights[2], shift + bits);

  from->shift = shift;
  from->max = (1 << depth) - 1;
  from->red = split_factor (red, bits);
  from->green = split_factor (in_units (sum, shift + bits) - red - blue, bits);
  from->blue = split_factor (blue, bits);
  from->offset = make_offset (offset, shift, bits);
}

/* Rows */

static guint
get_chroma_width (const CupPlanes * planes)
{
  return planes->half_width ? planes->width / 2 + planes->width % 2 :
      planes->width;
}

static guint
get_chroma_height (const CupPlanes * planes)
{
  return planes->half_height ? planes->height / 2 + planes->height % 2 :
      planes->height;
}

static guint8 *
get_plane_row (const CupPlanes * planes, guint component, guint y)
{
  return planes->data[component] + (gssize) y *planes->stride[component];
}

static guint16
get_mask (const CupPlanes * planes)
{
  return (guint16) ((1u << planes->depth) - 1);
}

/* From planes */

typedef struct
{
  const CupPlanes *planes;
  const CupConvertKernels *kernels;
  CupConvertToRgb factors;
  gint16 *between_lines[2];     /* with one sample more before and after */
  gint16 *chroma[2];
  guint32 *pixels;
} Reader;

static void
reader_init (Reader * reader, const CupPlanes * planes,
    const CupColourCoding * coding)
{
  const guint chroma_width = get_chroma_width (planes);
  guint i;

  reader->planes = planes;
  reader->kernels = get_kernels ();
  make_to_rgb (&reader->factors, coding, planes->depth);
  for (i = 0; i < 2; i++) {
    reader->between_lines[i] = g_new0 (gint16, chroma_width + 2) + 1;
    reader->chroma[i] = g_new0 (gint16, 2 * chroma_width);
  }
  reader->pixels = g_new (guint32, 2 * planes->width);
}

static void
reader_clear (Reader * reader)
{
  guint i;

  for (i = 0; i < 2; i++) {
    g_free (reader->between_lines[i] - 1);
    g_free (reader->chroma[i]);
  }
  g_free (reader->pixels);
}

/* The two lines of chroma that row @y lies between, and how much it has of
 * each. */
static void
choose_lines (const CupPlanes * planes, guint y, guint lines[2],
    gint32 weights[2])
{
  const guint last = get_chroma_height (planes) - 1;
  const gboolean odd = y % 2 != 0;

  lines[0] = lines[1] = planes->half_height ? y / 2 : y;
  weights[0] = CUP_CONVERT_LINE_SUM;
  weights[1] = 0;
  if (!planes->half_height)
    return;
  if (odd)
    lines[1] = MIN (lines[0] + 1, last);
  else if (!planes->cosited_y && lines[0] > 0)
    lines[1] = lines[0] - 1;
  if (planes->cosited_y && !odd)
    return;
  weights[0] = planes->cosited_y ? 2 : 3;
  weights[1] = CUP_CONVERT_LINE_SUM - weights[0];
}

static void
read_chroma (Reader * reader, guint component, guint y)
{
  const CupPlanes *planes = reader->planes;
  const CupConvertKernels *kernels = reader->kernels;
  const guint width = get_chroma_width (planes);
  gint16 *chroma = reader->chroma[component - 1];
  gint16 *row = planes->half_width ? reader->between_lines[component - 1] :
      chroma;
  const guint8 *a, *b;
  gint32 weights[2], neutral;
  guint lines[2], i;

  choose_lines (planes, y, lines, weights);
  for (i = 0; i < 2 && !planes->half_width; i++)
    weights[i] *= CUP_CONVERT_CHROMA_SUM / CUP_CONVERT_LINE_SUM;
  neutral = (weights[0] + weights[1]) << (planes->depth - 1);
  a = get_plane_row (planes, component, lines[0]);
  b = get_plane_row (planes, component, lines[1]);
  if (planes->depth == 8)
    kernels->blend_8 (a, b, planes->step, weights, neutral, row, width);
  else
    kernels->blend_16 ((const guint16 *) a, (const guint16 *) b, planes->step,
        planes->shift, get_mask (planes), weights, neutral, row, width);

  if (planes->half_width) {
    row[-1] = row[0];
    row[width] = row[width - 1];
    kernels->double_row (row, planes->cosited_x, chroma, width);
  }
}

void
cup_convert_from_planes (const CupPlanes * planes,
    const CupColourCoding * coding, CupPixels * pixels)
{
  static const guint8 map[] = { 0, 1, 2, 3, 4, 5 };
  const guint width = planes->width;
  const gsize sample = pixels->depth / 8;
  Reader reader;
  guint y, c;

  g_return_if_fail (planes->width == pixels->width);
  g_return_if_fail (planes->height == pixels->height);
  g_return_if_fail (pixels->depth == (planes->depth > 8 ? 16 : 8));
  g_return_if_fail (pixels->channels <= 3);

  reader_init (&reader, planes, coding);
  for (y = 0; y < planes->height; y++) {
    const guint8 *luma = get_plane_row (planes, 0, y);

    for (c = 1; c < planes->n_components; c++)
      read_chroma (&reader, c, y);
    if (planes->depth == 8)
      reader.kernels->to_rgb_8 (&reader.factors, luma, reader.chroma[0],
          reader.chroma[1], reader.pixels, width);
    else
      reader.kernels->to_rgb_16 (&reader.factors, (const guint16 *) luma,
          planes->shift, get_mask (planes), reader.chroma[0],
          reader.chroma[1], reader.pixels, width);
    reader.kernels->permute ((const guint8 *) reader.pixels, 4 * sample,
        cup_pixels_row (pixels, y), pixels->channels * sample, map, width);
  }
  reader_clear (&reader);
}

/* To planes */

/* As many as those that chroma is made of. */
#define N_ROWS 3

/**
 * Writer:
 * @pixels: of one row, as kernels want them
 * @rows: red, green and blue of the last rows that were read, row y at y %
 *   N_ROWS
 * @sums: of rows. These and @rows have one more before and after
 * @means: of columns of @sums
 * @samples: of one row, before they are stored
 */
typedef struct
{
  const CupPixels *from;
  const CupPlanes *planes;
  const CupConvertKernels *kernels;
  CupConvertFromRgb factors[3];
  gboolean exactly;
  guint8 map[CUP_CONVERT_MAX_SIZE];
  guint32 *pixels;
  gint32 *rows[N_ROWS][3];
  gint32 *sums[3];
  gint32 *means[3];
  guint16 *samples;
} Writer;

/* What the weights of all pixels that chroma is made of add up to. */
static guint
get_chroma_sum (const CupPlanes * planes)
{
  return (planes->half_width ? CUP_CONVERT_COLUMN_SUM : 1)
      * (planes->half_height ? CUP_CONVERT_LINE_SUM : 1);
}

static void
writer_init_factors (Writer * writer, const CupColourCoding * coding)
{
  const gdouble kr = coding->red_weight, kb = coding->blue_weight;
  const gdouble kg = 1 - kr - kb;
  const gdouble full = writer->from->depth == 8 ? 255 : 65535;
  const gdouble luma = coding->luma_range / full;
  const gdouble chroma =
      coding->chroma_range / full / get_chroma_sum (writer->planes);
  const gdouble u = chroma / (2 * (1 - kb)), v = chroma / (2 * (1 - kr));
  const gdouble weights[3][3] = {
    {kr * luma, kg * luma, kb * luma},
    {-kr * u, -kg * u, (1 - kb) * u},
    {(1 - kr) * v, -kg * v, -kb * v}
  };
  const guint depth = writer->planes->depth;
  guint c;

  for (c = 0; c < 3; c++)
    make_from_rgb (&writer->factors[c], weights[c],
        c == 0 ? coding->black : 1 << (depth - 1), depth, writer->exactly);
}

static void
writer_init (Writer * writer, const CupPixels * from,
    const CupColourCoding * coding, const CupPlanes * planes)
{
  const gsize sample = from->depth / 8;
  const gsize row_size = (gsize) planes->width + 2;
  guint c, i;

  writer->from = from;
  writer->planes = planes;
  writer->kernels = get_kernels ();
  writer->exactly = from->depth > 8 || planes->depth > 8;
  writer_init_factors (writer, coding);

  for (i = 0; i < 4 * sample; i++) {
    if (i / sample == 3)
      writer->map[i] = CUP_CONVERT_ONES;
    else
      writer->map[i] = from->channels == 1 ? i % sample : i;
  }
  writer->pixels = g_new (guint32, 2 * planes->width);
  for (c = 0; c < 3; c++) {
    for (i = 0; i < N_ROWS; i++)
      writer->rows[i][c] = g_new0 (gint32, row_size) + 1;
    writer->sums[c] = g_new0 (gint32, row_size) + 1;
    writer->means[c] = g_new0 (gint32, planes->width);
  }
  writer->samples = g_new0 (guint16, planes->width);
}

static void
writer_clear (Writer * writer)
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
load_row (Writer * writer, guint y)
{
  const CupPixels *from = writer->from;
  const gsize sample = from->depth / 8;
  gint32 **rows = writer->rows[y % N_ROWS];
  guint c;

  writer->kernels->permute (cup_pixels_row (from, y),
      from->channels * sample, (guint8 *) writer->pixels, 4 * sample,
      writer->map, from->width);
  if (from->depth == 8)
    writer->kernels->split_8 (writer->pixels, rows[0], rows[1], rows[2],
        from->width);
  else
    writer->kernels->split_16 (writer->pixels, rows[0], rows[1], rows[2],
        from->width);
  for (c = 0; c < 3; c++) {
    rows[c][-1] = rows[c][0];
    rows[c][from->width] = rows[c][from->width - 1];
  }
}

/* A row of @n samples of a component. */
static void
write_row (Writer * writer, guint component, gint32 * const rows[3], guint y,
    guint n)
{
  const CupPlanes *planes = writer->planes;
  const CupConvertFromRgb *factors = &writer->factors[component];
  const gsize step = component == 0 ? 1 : planes->step;
  guint8 *to = get_plane_row (planes, component, y);

  if (writer->exactly)
    writer->kernels->multiply_exactly (factors, rows[0], rows[1], rows[2],
        writer->samples, n);
  else
    writer->kernels->multiply (factors, rows[0], rows[1], rows[2],
        writer->samples, n);
  if (planes->depth == 8)
    writer->kernels->store_8 (writer->samples, to, step, n);
  else
    writer->kernels->store_16 (writer->samples, planes->shift, (guint16 *) to,
        step, n);
}

/* Between rows for line @y of chroma, with its weights. */
static void
blend_rows (Writer * writer, guint y)
{
  const CupPlanes *planes = writer->planes;
  const gboolean cosited = planes->cosited_y;
  const guint row = 2 * y, next = MIN (row + 1, planes->height - 1);
  const guint before = cosited && row > 0 ? row - 1 : row;
  const gint32 weights[3] = { cosited ? 1 : 0, 2, cosited ? 1 : 2 };
  guint c;

  for (c = 0; c < 3; c++) {
    const gint32 *around[3];

    around[0] = writer->rows[before % N_ROWS][c] - 1;
    around[1] = writer->rows[row % N_ROWS][c] - 1;
    around[2] = writer->rows[next % N_ROWS][c] - 1;
    writer->kernels->blend_rows (around, weights, writer->sums[c] - 1,
        (gsize) planes->width + 2);
  }
}

static void
write_chroma (Writer * writer, guint y)
{
  const CupPlanes *planes = writer->planes;
  const guint width = get_chroma_width (planes);
  gint32 **rows = writer->rows[y % N_ROWS];
  guint c;

  if (planes->half_height) {
    blend_rows (writer, y);
    rows = writer->sums;
  }
  if (planes->half_width) {
    for (c = 0; c < 3; c++)
      writer->kernels->halve_row (rows[c], planes->cosited_x, writer->means[c],
          width);
    rows = writer->means;
  }
  for (c = 1; c < 3; c++)
    write_row (writer, c, rows, y, width);
}

void
cup_convert_to_planes (const CupPixels * pixels,
    const CupColourCoding * coding, const CupPlanes * planes)
{
  Writer writer;
  guint y;

  g_return_if_fail (planes->width == pixels->width);
  g_return_if_fail (planes->height == pixels->height);

  writer_init (&writer, pixels, coding, planes);
  for (y = 0; y < pixels->height; y++) {
    load_row (&writer, y);
    write_row (&writer, 0, writer.rows[y % N_ROWS], y, pixels->width);
    if (planes->n_components == 1)
      continue;
    if (!planes->half_height)
      write_chroma (&writer, y);
    else if (y % 2 != 0 || y == pixels->height - 1)
      write_chroma (&writer, y / 2);
  }
  writer_clear (&writer);
}

/* Packed pixels */

void
cup_convert_from_packed (const CupPacked * packed, CupPixels * pixels)
{
  const CupConvertKernels *kernels = get_kernels ();
  const guint sample = packed->depth / 8;
  guint8 map[CUP_CONVERT_MAX_SIZE];
  guint y, i;

  g_return_if_fail (packed->depth == pixels->depth);
  g_return_if_fail (packed->size <= CUP_CONVERT_MAX_SIZE);
  g_return_if_fail (pixels->channels == 3
      || (pixels->channels == 4 && packed->places[3] >= 0));

  for (i = 0; i < pixels->channels * sample; i++)
    map[i] = (guint8) (packed->places[i / sample] + i % sample);
  for (y = 0; y < pixels->height; y++)
    kernels->permute (packed->data + (gssize) y * packed->stride,
        packed->size, cup_pixels_row (pixels, y), pixels->channels * sample,
        map, pixels->width);
}

/* Which byte of a pixel of @channels goes where. */
static void
make_packed_map (const CupPacked * packed, guint channels, guint8 * map)
{
  const guint sample = packed->depth / 8;
  guint c, i;

  memset (map, CUP_CONVERT_ONES, CUP_CONVERT_MAX_SIZE);
  for (c = 0; c < 4; c++) {
    if (packed->places[c] < 0 || (c == 3 && channels != 4))
      continue;
    for (i = 0; i < sample; i++)
      map[packed->places[c] + i] = (channels == 1 ? 0 : c) * sample + i;
  }
}

void
cup_convert_to_packed (const CupPixels * pixels, const CupPacked * packed)
{
  const CupConvertKernels *kernels = get_kernels ();
  const gsize n_samples = (gsize) pixels->width * pixels->channels;
  guint8 map[CUP_CONVERT_MAX_SIZE], *row = NULL;
  guint y;

  g_return_if_fail (packed->size <= CUP_CONVERT_MAX_SIZE);

  make_packed_map (packed, pixels->channels, map);
  if (pixels->depth != packed->depth)
    row = g_malloc (n_samples * packed->depth / 8);
  for (y = 0; y < pixels->height; y++) {
    const guint8 *from = cup_pixels_row (pixels, y);

    if (pixels->depth > packed->depth)
      kernels->narrow ((const guint16 *) from, row, n_samples);
    else if (pixels->depth < packed->depth)
      kernels->widen (from, (guint16 *) row, n_samples);
    kernels->permute (row ? row : from,
        (gsize) pixels->channels * packed->depth / 8,
        packed->data + (gssize) y * packed->stride, packed->size, map,
        pixels->width);
  }
  g_free (row);
}
