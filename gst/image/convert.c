/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From video to pixels: a row at a time, with a few rows of sums in between that
 * stay in the cache. convert-rows.c has the other direction.
 */
#include "convert-private.h"

#include <math.h>

static gint portable;           /* atomic */

void
cup_convert_set_portable (gboolean value)
{
  g_atomic_int_set (&portable, value);
}

const CupConvertKernels *
cup_convert_get_kernels (void)
{
#ifdef CUP_HAVE_CONVERT_AVX2
  if (!g_atomic_int_get (&portable) && __builtin_cpu_supports ("avx2"))
    return &cup_convert_kernels_avx2;
#endif
  return &cup_convert_kernels_portable;
}

/* Factors */

CupConvertFactor
cup_convert_split_factor (gint64 factor, guint bits)
{
  const CupConvertFactor split = {
    .whole = (gint32) (factor >> bits),
    .rest = (gint32) (factor & ((1 << bits) - 1))
  };

  return split;
}

gint64
cup_convert_in_units (gdouble value, guint shift)
{
  return llrint (ldexp (value, (gint) shift));
}

CupConvertFactor
cup_convert_make_offset (gdouble offset, guint shift, guint bits)
{
  return cup_convert_split_factor (cup_convert_in_units (offset, shift + bits)
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
  to->luma =
      cup_convert_split_factor (cup_convert_in_units (full / coding->luma_range,
          shift), bits);
  to->v_to_red =
      cup_convert_split_factor (cup_convert_in_units (2 * (1 - kr) * chroma,
          shift), bits);
  to->u_to_green =
      cup_convert_split_factor (cup_convert_in_units (-2 * kb * (1 -
              kb) / kg * chroma, shift), bits);
  to->v_to_green =
      cup_convert_split_factor (cup_convert_in_units (-2 * kr * (1 -
              kr) / kg * chroma, shift), bits);
  to->u_to_blue =
      cup_convert_split_factor (cup_convert_in_units (2 * (1 - kb) * chroma,
          shift), bits);
  to->offset =
      cup_convert_make_offset (-full * coding->black / coding->luma_range,
      to->shift, bits);
}

/* Rows */

static guint
get_chroma_height (const CupPlanes * planes)
{
  return planes->half_height ? planes->height / 2 + planes->height % 2 :
      planes->height;
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
  const guint chroma_width = cup_planes_get_chroma_width (planes);
  guint i;

  reader->planes = planes;
  reader->kernels = cup_convert_get_kernels ();
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
  const guint width = cup_planes_get_chroma_width (planes);
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
  a = cup_planes_get_row (planes, component, lines[0]);
  b = cup_planes_get_row (planes, component, lines[1]);
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
    const guint8 *luma = cup_planes_get_row (planes, 0, y);

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

/* From packed pixels */

void
cup_convert_from_packed (const CupPacked * packed, CupPixels * pixels)
{
  const CupConvertKernels *kernels = cup_convert_get_kernels ();
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
