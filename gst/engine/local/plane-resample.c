/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A row of the result is a weighted sum of rows of the input (the vertical pass)
 * that is resampled horizontally. What is between the passes has the precision
 * of planes.
 *
 * Weights are rounded so that their running sums are right to half a unit: they
 * sum up exactly, and very many of them, each less than a unit, still are the
 * kernel.
 */
#include "plane-resample.h"

#include <string.h>

#include "base/memory.h"
#include "plane-resample-kernels.h"
#include "vectors.h"

#define UNIT (1 << CUP_PLANE_WEIGHT_BITS)
/* Fraction bits of the kernel. */
#define KERNEL_BITS 20
/* Samples that are summed up between two looks at the interrupt. */
#define WORK_AT_ONCE (1 << 22)
/* Rows of one part of the work. */
#define ROWS_AT_ONCE 32

/* Sample i of the result is the sum of weights[i * taps + k] ×
 * input[first[i] + k], where k is less than counts[i]. What is left of the taps
 * weighs 0. */
typedef struct
{
  guint in;
  guint out;
  guint taps;
  guint *first;
  guint *counts;
  gint16 *weights;
} Axis;

struct _CupPlaneResampler
{
  const CupPlaneResampleKernels *kernels;
  Axis horizontal;
  Axis vertical;
};

static gint64
divide_down (gint64 a, gint64 b)
{
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

/* The taps of sample @i of @out, some of which may be beyond the borders. */
static void
get_taps (guint i, guint in, guint out, gint64 * first, gint64 * last)
{
  const gint64 center = ((gint64) 2 * i + 1) * in;
  const gint64 reach = (gint64) 4 * MAX (in, out);

  *first = divide_down (center - reach - out, (gint64) 2 * out) + 1;
  *last = -divide_down (-(center + reach - out), (gint64) 2 * out) - 1;
}

/* Of a distance of @numerator / @denominator samples, less than 2. */
static gint64
kernel (gint64 numerator, gint64 denominator)
{
  const gint64 one = (gint64) 1 << KERNEL_BITS;
  gint64 t = ABS (numerator) * one / denominator;
  gint64 t2 = t * t / one;
  gint64 t3 = t2 * t / one;

  if (t <= one)
    return (3 * t3 - 5 * t2) / 2 + one;
  return (5 * t2 - t3) / 2 - 4 * t + 2 * one;
}

static void
axis_fill (Axis * axis, guint i, gboolean all_taps)
{
  const gint64 center = ((gint64) 2 * i + 1) * axis->in;
  const gint64 stretched = (gint64) 2 * MAX (axis->in, axis->out);
  gint16 *weights = axis->weights + (gsize) i * axis->taps;
  gint64 first, last, start, k, sum = 0, running = 0;
  gint given = 0;

  get_taps (i, axis->in, axis->out, &first, &last);
  for (k = first; k <= last; k++)
    sum += kernel ((2 * k + 1) * axis->out - center, stretched);

  start = CLAMP (first, 0, (gint64) axis->in - 1);
  axis->counts[i] = CLAMP (last, 0, (gint64) axis->in - 1) - start + 1;
  if (all_taps)
    start = MIN (start, MAX ((gint64) axis->in - axis->taps, 0));
  axis->first[i] = start;
  memset (weights, 0, axis->taps * sizeof *weights);
  for (k = first; k <= last; k++) {
    gint64 inside = CLAMP (k, 0, (gint64) axis->in - 1);
    gint until;

    running += kernel ((2 * k + 1) * axis->out - center, stretched);
    until = divide_down (2 * running * UNIT + sum, 2 * sum);
    weights[inside - start] += until - given;
    given = until;
  }
}

static void
axis_clear (Axis * axis)
{
  cup_memory_free (axis->first);
  cup_memory_free (axis->counts);
  cup_memory_free (axis->weights);
}

/* With @all_taps all are computed with, whatever they weigh: they are a multiple
 * of what vectors hold, and fewer than that are beyond the input. */
static gboolean
axis_init (Axis * axis, guint in, guint out, gboolean all_taps)
{
  const guint64 multiple = all_taps ? CUP_PLANE_RESAMPLE_TAPS : 1;
  guint64 taps = ((guint64) 4 * MAX (in, out) + out - 1) / out;
  guint i;

  taps = MIN (taps, in);
  taps = (taps + multiple - 1) / multiple * multiple;
  axis->in = in;
  axis->out = out;
  axis->taps = taps;
  if (in == out)
    return TRUE;
  axis->first = cup_memory_new (guint, out);
  axis->counts = cup_memory_new (guint, out);
  axis->weights = cup_memory_alloc (out, taps * sizeof (gint16));
  if (!axis->first || !axis->counts || !axis->weights)
    return FALSE;
  for (i = 0; i < out; i++)
    axis_fill (axis, i, all_taps);
  return TRUE;
}

CupPlaneResampler *
cup_plane_resampler_new (guint in_width, guint in_height, guint out_width,
    guint out_height)
{
  CupPlaneResampler *resampler = g_new0 (CupPlaneResampler, 1);

  resampler->kernels = &cup_plane_resample_kernels_portable;
#ifdef CUP_HAVE_PLANE_AVX2
  if (cup_vectors_have_avx2 ())
    resampler->kernels = &cup_plane_resample_kernels_avx2;
#endif
  if (!axis_init (&resampler->horizontal, in_width, out_width, TRUE)
      || !axis_init (&resampler->vertical, in_height, out_height, FALSE)) {
    cup_plane_resampler_free (resampler);
    return NULL;
  }
  return resampler;
}

void
cup_plane_resampler_free (CupPlaneResampler * resampler)
{
  axis_clear (&resampler->horizontal);
  axis_clear (&resampler->vertical);
  g_free (resampler);
}

gsize
cup_plane_resampler_get_scratch (const CupPlaneResampler * resampler)
{
  return (gsize) resampler->horizontal.in + 2 * CUP_PLANE_RESAMPLE_PADDING;
}

static gboolean
run_vertical (const CupPlaneResampler * resampler, const CupPlane * input,
    guint y, gint16 * out, const CupInterrupt * interrupt, GError ** error)
{
  const Axis *axis = &resampler->vertical;
  const guint width = input->width;
  guint columns, x;

  if (axis->in == axis->out) {
    memcpy (out, cup_plane_row (input, y), width * sizeof *out);
    return TRUE;
  }
  columns = MAX (WORK_AT_ONCE / axis->taps, CUP_PLANE_RESAMPLE_PADDING);
  for (x = 0; x < width; x += columns) {
    if (x > 0 && !cup_interrupt_check (interrupt, error))
      return FALSE;
    resampler->kernels->vertical (cup_plane_row (input, axis->first[y]) + x,
        input->stride, axis->weights + (gsize) y * axis->taps, axis->counts[y],
        out + x, MIN (width - x, columns));
  }
  return TRUE;
}

static void
run_horizontal (const CupPlaneResampler * resampler, gint16 * row, gint16 * out)
{
  const Axis *axis = &resampler->horizontal;
  guint i;

  for (i = 1; i <= CUP_PLANE_RESAMPLE_PADDING; i++) {
    *(row - i) = row[0];
    row[axis->in + i - 1] = row[axis->in - 1];
  }
  if (axis->in == axis->out)
    memcpy (out, row, axis->out * sizeof *out);
  else if (axis->out == 2 * axis->in)
    resampler->kernels->double_row (row, out, axis->in);
  else if (axis->in == 2 * axis->out)
    resampler->kernels->halve_row (row, out, axis->out);
  else
    resampler->kernels->horizontal (row, axis->first, axis->weights,
        axis->taps, out, axis->out);
}

gboolean
cup_plane_resampler_run (const CupPlaneResampler * resampler,
    const CupPlane * input, guint y, gint16 * scratch, gint16 * row,
    const CupInterrupt * interrupt, GError ** error)
{
  gint16 *between = scratch + CUP_PLANE_RESAMPLE_PADDING;

  if (!cup_interrupt_check (interrupt, error)
      || !run_vertical (resampler, input, y, between, interrupt, error))
    return FALSE;
  run_horizontal (resampler, between, row);
  return TRUE;
}

CupRows
cup_plane_resample_get_input_rows (CupRows rows, guint in_height,
    guint out_height)
{
  CupRows wanted;
  gint64 first, last, unused;

  if (in_height == out_height)
    return rows;
  get_taps (rows.first, in_height, out_height, &first, &unused);
  get_taps (rows.first + rows.n - 1, in_height, out_height, &unused, &last);
  wanted.first = CLAMP (first, 0, (gint64) in_height - 1);
  wanted.n = CLAMP (last, 0, (gint64) in_height - 1) - wanted.first + 1;
  return wanted;
}

typedef struct
{
  const CupPlaneResampler *resampler;
  const CupPlane *input;
  CupPlane *output;
  gboolean is_difference;
  const CupInterrupt *interrupt;
} Work;

static gboolean
run_rows (CupRows rows, gpointer data, GError ** error)
{
  const Work *work = data;
  gboolean done = TRUE;
  gint16 *scratch;
  guint y;

  scratch = cup_memory_new (gint16,
      cup_plane_resampler_get_scratch (work->resampler));
  if (!scratch) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "no memory to change the size of the picture; ask for a smaller one");
    return FALSE;
  }
  for (y = rows.first; done && y < rows.first + rows.n; y++) {
    gint16 *row = cup_plane_row (work->output, y);

    done = cup_plane_resampler_run (work->resampler, work->input, y, scratch,
        row, work->interrupt, error);
    if (done && !work->is_difference)
      work->resampler->kernels->limit (row, work->output->width);
  }
  cup_memory_free (scratch);
  return done;
}

static gboolean
resample (const CupPlane * input, CupPlane * output, gboolean is_difference,
    CupTeam * team, const CupInterrupt * interrupt, GError ** error)
{
  const CupRows rows = { output->top, output->n_rows };
  Work work = { NULL, input, output, is_difference, interrupt };
  CupPlaneResampler *resampler;
  CupRows needed;
  gboolean done;

  needed = cup_plane_resample_get_input_rows (rows, input->height,
      output->height);
  g_assert (needed.first >= input->top
      && needed.first + needed.n <= input->top + input->n_rows);

  resampler = cup_plane_resampler_new (input->width, input->height,
      output->width, output->height);
  if (!resampler) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "no memory to change the size of the picture; ask for a smaller one");
    return FALSE;
  }
  work.resampler = resampler;
  done = cup_team_run_rows (team, rows, ROWS_AT_ONCE, run_rows, &work,
      interrupt, error);
  cup_plane_resampler_free (resampler);
  return done;
}

gboolean
cup_plane_resample (const CupPlane * input, CupPlane * output, CupTeam * team,
    const CupInterrupt * interrupt, GError ** error)
{
  return resample (input, output, FALSE, team, interrupt, error);
}

gboolean
cup_plane_resample_difference (const CupPlane * input, CupPlane * output,
    CupTeam * team, const CupInterrupt * interrupt, GError ** error)
{
  return resample (input, output, TRUE, team, interrupt, error);
}
