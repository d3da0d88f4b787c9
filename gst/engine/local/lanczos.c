/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lanczos.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

#define LOBES CUP_LANCZOS_LOBES

/* sin (πx) for x of 0 to 3, by its series around the nearest whole number: the C
 * library's is not the same everywhere, and what is made of it would not be. */
static gdouble
sine_of_pi (gdouble x)
{
  const gdouble whole = floor (x + 0.5);
  const gdouble angle = (x - whole) * G_PI;
  const gdouble square = angle * angle;
  gdouble sum = 1;
  gint i;

  /* The next term would be below 1e-17. */
  for (i = 20; i > 0; i -= 2)
    sum = 1 - sum * square / (i * (i + 1));
  sum *= angle;
  return (gint) whole % 2 == 0 ? sum : -sum;
}

static gdouble
lanczos (gdouble x)
{
  x = fabs (x);
  if (x < 1e-9)
    return 1.0;
  if (x >= LOBES)
    return 0.0;
  return LOBES * sine_of_pi (x) * sine_of_pi (x / LOBES)
      / (G_PI * G_PI * x * x);
}

void
cup_lanczos_clear (CupLanczos * axis)
{
  g_clear_pointer (&axis->first, cup_memory_free);
  g_clear_pointer (&axis->weights, cup_memory_free);
}

/* Weights of sample @i of the result, at @weights (zeroed). */
static guint
fill_weights (gdouble * weights, guint taps, guint i, guint in, gdouble ratio,
    gdouble offset)
{
  gdouble stretch = MAX (ratio, 1.0);
  gdouble center = (i + 0.5) * ratio - 0.5 + offset;
  gdouble sum = 0;
  gint64 first = (gint64) floor (center - LOBES * stretch) + 1;
  gint64 last = (gint64) ceil (center + LOBES * stretch) - 1;
  gint64 base, k;

  first = MAX (first, 0);
  last = MIN (last, (gint64) in - 1);
  base = MIN (first, (gint64) in - taps);
  /* Rounding of the centre can make the range one longer than its length. */
  last = MIN (last, base + taps - 1);
  for (k = first; k <= last; k++) {
    weights[k - base] = lanczos ((k - center) / stretch);
    sum += weights[k - base];
  }
  for (k = first; k <= last; k++)
    weights[k - base] /= sum;
  return (guint) base;
}

gboolean
cup_lanczos_init (CupLanczos * axis, guint in, guint out, gdouble ratio,
    gdouble offset)
{
  const gboolean is_copy = in == out && ratio == 1 && offset == 0;
  gdouble *weights;
  guint i, k;

  if (is_copy)
    axis->taps = 1;
  else
    axis->taps = MIN ((guint) ceil (2 * LOBES * MAX (ratio, 1.0)), in);

  /* At most 6 * in + 6 * out weights, as out * ratio is in. */
  axis->first = cup_memory_new (guint, out);
  axis->weights = cup_memory_alloc (out, axis->taps * sizeof (gfloat));
  weights = cup_memory_new (gdouble, axis->taps);
  if (!axis->first || !axis->weights || !weights) {
    cup_memory_free (weights);
    return FALSE;
  }

  for (i = 0; i < out; i++) {
    gfloat *row = axis->weights + (gsize) i * axis->taps;

    if (is_copy) {
      axis->first[i] = i;
      row[0] = 1;
      continue;
    }
    memset (weights, 0, axis->taps * sizeof (gdouble));
    axis->first[i] = fill_weights (weights, axis->taps, i, in, ratio, offset);
    for (k = 0; k < axis->taps; k++)
      row[k] = weights[k];
  }
  cup_memory_free (weights);
  return TRUE;
}
