/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See measure.h.
 */
#include "measure.h"

#include <math.h>

#include "scaling.h"

/* Taps of luma_cut() to each side. */
#define REACH 10
#define MAX_TAPS (4 * CUP_SCALING_MAX_FACTOR)

static Luma
new_luma (guint width, guint height)
{
  Luma luma = { width, height, NULL };

  luma.samples = g_new (gfloat, (gsize) width * height);
  return luma;
}

void
luma_clear (Luma * luma)
{
  g_clear_pointer (&luma->samples, g_free);
}

static const gfloat *
get_row (const Luma * luma, guint y)
{
  return luma->samples + (gsize) y *luma->width;
}

Luma
luma_new (const CupPixels * picture)
{
  Luma luma = new_luma (picture->width, picture->height);
  gfloat *to = luma.samples;
  guint x, y;

  g_assert (picture->depth == 8);
  for (y = 0; y < picture->height; y++) {
    const guint8 *from = cup_pixels_row (picture, y);

    for (x = 0; x < picture->width; x++, from += picture->channels)
      *to++ = picture->channels == 1 ? from[0]
          : 0.299f * from[0] + 0.587f * from[1] + 0.114f * from[2];
  }
  return luma;
}

CupPixels *
luma_to_picture (const Luma * luma)
{
  GError *error = NULL;
  CupPixels *picture = cup_pixels_new (luma->width, luma->height, 1, 8, &error);
  guint x, y;

  if (!picture)
    g_error ("%s", error->message);
  for (y = 0; y < luma->height; y++) {
    const gfloat *from = get_row (luma, y);
    guint8 *to = cup_pixels_row (picture, y);

    for (x = 0; x < luma->width; x++)
      to[x] = CLAMP (floorf (from[x] + 0.5f), 0, 255);
  }
  return picture;
}

/* Samples at @start, @start + @step, … of one row (@stride 1) or column of
 * @length; each is a sum of @n_taps with the same weights, the first of which is
 * for the sample itself plus @first. */
typedef struct
{
  gint length;
  gsize stride;
  gint start;
  gint step;
  gint first;
  guint n_taps;
  gdouble weights[MAX_TAPS];
} Filter;

static void
normalise (Filter * filter)
{
  gdouble sum = 0;
  guint i;

  for (i = 0; i < filter->n_taps; i++)
    sum += filter->weights[i];
  for (i = 0; i < filter->n_taps; i++)
    filter->weights[i] /= sum;
}

static void
apply (const Filter * filter, const gfloat * from, gfloat * to,
    gsize to_stride, guint count)
{
  guint i, k;

  for (k = 0; k < count; k++) {
    const gint at = filter->start + (gint) k * filter->step + filter->first;
    gdouble sum = 0;

    for (i = 0; i < filter->n_taps; i++)
      sum += filter->weights[i]
          * from[cup_scaling_mirror (at + (gint) i, filter->length)
          * filter->stride];
    to[k * to_stride] = sum;
  }
}

/* One filter for rows, one for columns. */
static Luma
apply_both (const Luma * luma, Filter * across, Filter * down, guint width,
    guint height)
{
  Luma half = new_luma (width, luma->height), result;
  guint x, y;

  across->length = luma->width;
  across->stride = 1;
  for (y = 0; y < luma->height; y++)
    apply (across, get_row (luma, y), half.samples + (gsize) y * width, 1,
        width);
  result = new_luma (width, height);
  down->length = luma->height;
  down->stride = width;
  for (x = 0; x < width; x++)
    apply (down, half.samples + x, result.samples + x, width, height);
  luma_clear (&half);
  return result;
}

static gdouble
cubic (gdouble x)
{
  x = fabs (x);
  if (x <= 1)
    return 1.5 * x * x * x - 2.5 * x * x + 1;
  return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

Luma
luma_reduce (const Luma * luma, guint factor)
{
  Filter across = {.step = factor,.n_taps = 4 * factor }, down;
  guint i;

  g_assert (factor >= 1 && factor <= CUP_SCALING_MAX_FACTOR);
  across.first = -(gint) (across.n_taps - factor) / 2;
  for (i = 0; i < across.n_taps; i++)
    across.weights[i] = cubic ((across.first + (gint) i + 0.5) / factor - 0.5);
  normalise (&across);
  down = across;
  return apply_both (luma, &across, &down, luma->width / factor,
      luma->height / factor);
}

static gdouble
windowed_sine (gdouble x)
{
  if (fabs (x) < 1e-9)
    return 1;
  if (fabs (x) >= REACH)
    return 0;
  return sin (G_PI * x) / (G_PI * x) * sin (G_PI * x / REACH)
      / (G_PI * x / REACH);
}

static void
init_shift (Filter * filter, gdouble at)
{
  const gdouble whole = floor (at);
  guint i;

  filter->start = whole;
  filter->step = 1;
  filter->first = -REACH + 1;
  filter->n_taps = 2 * REACH;
  for (i = 0; i < filter->n_taps; i++)
    filter->weights[i] = windowed_sine (filter->first + (gint) i
        - (at - whole));
  normalise (filter);
}

Luma
luma_cut (const Luma * luma, gdouble x, gdouble y, guint width, guint height)
{
  Filter across, down;

  init_shift (&across, x);
  init_shift (&down, y);
  return apply_both (luma, &across, &down, width, height);
}

gdouble
luma_mean_difference (const Luma * a, const Luma * b, guint border)
{
  gdouble sum = 0;
  guint64 count = 0;
  guint x, y;

  g_assert (a->width == b->width && a->height == b->height);
  for (y = border; y + border < a->height; y++) {
    for (x = border; x + border < a->width; x++, count++)
      sum += fabs (get_row (a, y)[x] - get_row (b, y)[x]);
  }
  return sum / count;
}

gdouble
luma_psnr (const Luma * a, const Luma * b, guint border)
{
  gdouble sum = 0;
  guint64 count = 0;
  guint x, y;

  g_assert (a->width == b->width && a->height == b->height);
  for (y = border; y + border < a->height; y++) {
    for (x = border; x + border < a->width; x++, count++) {
      const gdouble difference = get_row (a, y)[x] - get_row (b, y)[x];

      sum += difference * difference;
    }
  }
  return sum > 0 ? 10 * log10 (255.0 * 255.0 * count / sum) : INFINITY;
}

gdouble
luma_gradient (const Luma * luma, guint border)
{
  gdouble sum = 0;
  guint64 count = 0;
  guint x, y;

  for (y = border; y + border + 1 < luma->height; y++) {
    const gfloat *row = get_row (luma, y), *next = get_row (luma, y + 1);

    for (x = border; x + border + 1 < luma->width; x++, count++)
      sum += hypot (row[x + 1] - row[x], next[x] - row[x]);
  }
  return sum / count;
}

gdouble
measure_psnr (const CupPixels * a, const CupPixels * b, guint border)
{
  CupPixels *luma_a = cup_scaling_luma (a), *luma_b = cup_scaling_luma (b);
  const gdouble psnr = cup_scaling_psnr (luma_a, luma_b, border);

  cup_pixels_unref (luma_a);
  cup_pixels_unref (luma_b);
  return psnr;
}

static gdouble
get_mean (const CupPixels * picture, guint channel)
{
  guint64 sum = 0;
  guint x, y;

  for (y = 0; y < picture->height; y++) {
    const guint8 *row = cup_pixels_row (picture, y) + channel;

    for (x = 0; x < picture->width; x++)
      sum += row[x * picture->channels];
  }
  return (gdouble) sum / picture->width / picture->height;
}

gdouble
measure_shift (const CupPixels * a, const CupPixels * b)
{
  gdouble largest = 0;
  guint c;

  g_assert (a->channels == b->channels);
  for (c = 0; c < a->channels; c++)
    largest = MAX (largest, fabs (get_mean (a, c) - get_mean (b, c)));
  return largest;
}
