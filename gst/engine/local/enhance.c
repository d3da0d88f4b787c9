/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A sweep adds texture and detail (enhance-sweep.h). Where the shape is to be
 * preserved, the difference that it makes is kept, reduced to the input's size,
 * sharpened, so that what follows gives it back as it was, enlarged, and as much
 * of that as is wanted taken away again:
 *
 *   output = limit (base + Δ - f U F D Δ)
 */
#include "enhance.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "enhance-sweep.h"
#include "plane-resample.h"
#include "vectors.h"

/* Rows of a part of a sweep. The rows around it are computed twice. */
#define MIN_ROWS_AT_ONCE 32
#define MAX_ROWS_AT_ONCE 192
#define SIMPLE_ROWS_AT_ONCE 64
/* Rows above and below, and samples, that F needs. */
#define SHARPEN_REACH 2
#define SHARPEN_ROWS 5
#define PADDING CUP_ENHANCE_PADDING

/* f: of Q14. */
#define SHARE_ONE 16384
#define SHARE_AT_ONE 0.97

/* What is smaller than that is noise and no detail: a level of a clean picture,
 * some of what a lossy codec leaves behind. */
#define CORING (1 << CUP_PLANE_BITS)
#define LOSSY_CORING (4 << CUP_PLANE_BITS)

/* What creativity 1 is, in amplitudes of the band that it is made of. */
#define TEXTURE_GAIN 14.0

typedef struct
{
  CupEnhanceSweep sweep;
  gint share;
  guint low_width;
  guint low_height;
} Settings;

static guint64
mix_bits (guint64 value)
{
  value = (value ^ (value >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  value = (value ^ (value >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return value ^ (value >> 31);
}

/* 0 … @end - 1, another number with every call. */
static guint
draw (guint64 * state, guint end)
{
  *state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  return (mix_bits (*state) >> 33) % end;
}

/* One product for each direction that neighbours are in, in any order and
 * anywhere around the pixel: textures of all seeds are as strong, and have no
 * direction of their own. */
static void
choose_products (CupEnhanceSweep * sweep, guint64 seed)
{
  CupEnhanceOffset directions[CUP_ENHANCE_PRODUCTS] = {
    {1, 0}, {0, 1}, {1, 1}, {1, -1}
  };
  guint64 random = mix_bits (seed);
  const gint step = sweep->step;
  guint i;

  for (i = 0; i < CUP_ENHANCE_PRODUCTS; i++) {
    const guint other = i + draw (&random, CUP_ENHANCE_PRODUCTS - i);
    const CupEnhanceOffset direction = directions[other];
    CupEnhanceOffset *product = sweep->products[i];
    const gint sign = draw (&random, 2) ? 1 : -1;

    directions[other] = directions[i];
    product[0].x = (gint) draw (&random, 2 * CUP_ENHANCE_REACH - 1)
        - (CUP_ENHANCE_REACH - 1);
    product[0].y = (gint) draw (&random, 2 * CUP_ENHANCE_REACH - 1)
        - (CUP_ENHANCE_REACH - 1);
    product[1].x = (product[0].x + sign * direction.x) * step;
    product[1].y = (product[0].y + sign * direction.y) * step;
    product[0].x *= step;
    product[0].y *= step;
  }
}

static gint
to_fixed (gdouble value, gint one)
{
  return floor (value * one + 0.5);
}

/* More than 2 is less and less: bands are amplified by at most 2.5 times what 1
 * does. */
static void
set_detail (CupEnhanceSweep * sweep, gdouble detail, gboolean is_lossy)
{
  static const gdouble gains[] = { 0.55, 0.20 };
  const gdouble strength = 4 * detail / (3 + detail);
  guint i;

  sweep->has_detail = detail > 0;
  for (i = 0; i < G_N_ELEMENTS (gains); i++)
    sweep->gains.bands[i] = to_fixed (gains[i] * strength, 4096);
  sweep->gains.margin = to_fixed (3.0 / 64 * strength, 65536);
  sweep->gains.coring = is_lossy ? LOSSY_CORING : CORING;
}

static void
set_texture (CupEnhanceSweep * sweep, const CupEnhancement * enhancement,
    guint width, guint height)
{
  const gdouble scale = MAX ((gdouble) width / enhancement->input_width,
      (gdouble) height / enhancement->input_height);
  const gboolean is_large = scale > 2.5;
  /* There is nothing to be added where all frequencies are there; and where far
   * more is missing, what is added is coarse enough to be seen for itself. */
  const gdouble room = is_large ? 0.6 : CLAMP (scale - 1, 0.25, 1);

  sweep->has_texture = enhancement->creativity > 0;
  sweep->step = is_large ? 2 : 1;
  sweep->gains.texture = to_fixed (MIN (enhancement->creativity, 1) * room
      * TEXTURE_GAIN, 256);
  choose_products (sweep, enhancement->seed);
}

static gint
get_share (gdouble preservation)
{
  if (preservation <= 1)
    return to_fixed (preservation * SHARE_AT_ONE, SHARE_ONE);
  return to_fixed (SHARE_AT_ONE + (MIN (preservation, 3) - 1) / 2
      * (1 - SHARE_AT_ONE), SHARE_ONE);
}

static void
settings_init (Settings * settings, const CupEnhancement * enhancement,
    guint width, guint height)
{
  memset (settings, 0, sizeof *settings);
  settings->sweep.kernels = &cup_enhance_kernels_portable;
#ifdef CUP_HAVE_PLANE_AVX2
  if (cup_vectors_have_avx2 ())
    settings->sweep.kernels = &cup_enhance_kernels_avx2;
#endif
  set_detail (&settings->sweep, CLAMP (enhancement->detail, 0, 5),
      enhancement->is_lossy);
  set_texture (&settings->sweep, enhancement, width, height);
  settings->share = get_share (MAX (enhancement->shape_preservation, 0));
  settings->low_width = MIN (enhancement->input_width, width);
  settings->low_height = MIN (enhancement->input_height, height);
}

static gboolean
is_neutral (const Settings * settings)
{
  return !settings->sweep.has_detail && !settings->sweep.has_texture;
}

/* Rows of each stage that rows of the result need. */
typedef struct
{
  CupRows sharpened;
  CupRows reduced;
  CupRows delta;
} Needs;

static void
get_needs (const Settings * settings, CupRows rows, guint height, Needs * needs)
{
  needs->delta = rows;
  if (settings->share == 0)
    return;
  needs->sharpened = cup_plane_resample_get_input_rows (rows,
      settings->low_height, height);
  needs->reduced = cup_rows_widen (needs->sharpened, SHARPEN_REACH,
      SHARPEN_REACH, settings->low_height);
  needs->delta = cup_plane_resample_get_input_rows (needs->reduced, height,
      settings->low_height);
}

CupRows
cup_enhance_get_base_rows (const CupEnhancement * enhancement, CupRows rows,
    guint height)
{
  Settings settings;
  Needs needs;
  CupRows delta, all;
  guint reach;

  /* The width has no influence on the rows but through the step, of which the
   * larger is assumed. */
  settings_init (&settings, enhancement, enhancement->input_width, height);
  if (is_neutral (&settings))
    return rows;
  settings.sweep.step = 2;
  reach = cup_enhance_sweep_get_reach (&settings.sweep);
  get_needs (&settings, rows, height, &needs);
  delta = needs.delta;
  /* The rows themselves, too, should they be outside. */
  all.first = MIN (delta.first, rows.first);
  all.n = MAX (delta.first + delta.n, rows.first + rows.n) - all.first;
  return cup_rows_widen (all, reach, reach, height);
}

/* What all parts of the work share. */
typedef struct
{
  const Settings *settings;
  const CupPlane *base;
  CupPlane *output;
  CupPlane delta;
  CupPlane reduced;
  CupPlane sharpened;
  CupPlaneResampler *enlarger;
  const CupInterrupt *interrupt;
} Work;

static gboolean
fail_without_memory (GError ** error)
{
  g_set_error_literal (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
      "no memory to enhance the picture; ask for a smaller one");
  return FALSE;
}

static gboolean
run_sweep (CupRows rows, gpointer data, GError ** error)
{
  Work *work = data;
  const gboolean is_last = work->settings->share == 0;

  return cup_enhance_sweep_run (&work->settings->sweep, work->base, rows,
      is_last ? NULL : &work->delta, is_last ? work->output : NULL,
      work->interrupt, error);
}

static void
sharpen_row (const Work * work, guint y, gint16 * between)
{
  const CupEnhanceKernels *kernels = work->settings->sweep.kernels;
  const CupPlane *in = &work->reduced;
  gint16 *out = cup_plane_row (&work->sharpened, y);
  const gint16 *rows[SHARPEN_ROWS];
  gint i;

  /* An axis that is not resampled loses nothing. */
  if (in->height == work->base->height) {
    memcpy (between, cup_plane_row (in, y), in->width * sizeof *between);
  } else {
    for (i = 0; i < SHARPEN_ROWS; i++)
      rows[i] = cup_plane_row (in, CLAMP ((gint64) y + i - SHARPEN_REACH, 0,
              (gint64) in->height - 1));
    kernels->sharpen_rows (rows, between, in->width);
  }
  if (in->width == work->base->width) {
    memcpy (out, between, in->width * sizeof *out);
    return;
  }
  for (i = 1; i <= SHARPEN_REACH; i++) {
    *(between - i) = between[0];
    between[in->width + i - 1] = between[in->width - 1];
  }
  kernels->sharpen_row (between, out, in->width);
}

static gboolean
run_sharpen (CupRows rows, gpointer data, GError ** error)
{
  Work *work = data;
  gboolean going = TRUE;
  gint16 *between;
  guint y;

  between = cup_memory_new (gint16, work->reduced.stride + 2 * PADDING);
  if (!between)
    return fail_without_memory (error);
  for (y = rows.first; going && y < rows.first + rows.n; y++) {
    going = cup_interrupt_check (work->interrupt, error);
    if (going)
      sharpen_row (work, y, between + PADDING);
  }
  cup_memory_free (between);
  return going;
}

/* Rows in between of one part of applying. */
typedef enum
{
  APPLY_LOW,
  APPLY_HIGH,
  APPLY_LOWEST,
  APPLY_HIGHEST,
  APPLY_TAKEN,
  N_APPLY_ROWS
} ApplyRow;

static void
apply_row (const Work * work, guint y, gint16 * const *rows)
{
  const CupEnhanceKernels *kernels = work->settings->sweep.kernels;
  const CupPlane *base = work->base;

  cup_enhance_find_extremes (kernels, base, y, rows[APPLY_LOW],
      rows[APPLY_HIGH], rows[APPLY_LOWEST], rows[APPLY_HIGHEST]);
  kernels->apply_less (cup_plane_row (base, y),
      cup_plane_row (&work->delta, y), rows[APPLY_TAKEN],
      work->settings->share, rows[APPLY_LOWEST], rows[APPLY_HIGHEST],
      cup_plane_row (work->output, y), base->width);
}

/* What is taken back spreads to where nothing was added: it stops at what is
 * flat, so that the bars of a letterbox stay black. */
static gboolean
run_apply (CupRows rows, gpointer data, GError ** error)
{
  Work *work = data;
  const gsize stride = work->base->stride + 2 * PADDING;
  gint16 *memory, *scratch, *row[N_APPLY_ROWS];
  gboolean going = TRUE;
  guint i, y;

  memory = cup_memory_new (gint16, N_APPLY_ROWS * stride
      + cup_plane_resampler_get_scratch (work->enlarger));
  if (!memory)
    return fail_without_memory (error);
  for (i = 0; i < N_APPLY_ROWS; i++)
    row[i] = memory + i * stride + PADDING;
  scratch = memory + N_APPLY_ROWS * stride;
  for (y = rows.first; going && y < rows.first + rows.n; y++) {
    going = cup_plane_resampler_run (work->enlarger, &work->sharpened, y,
        scratch, row[APPLY_TAKEN], work->interrupt, error);
    if (going)
      apply_row (work, y, row);
  }
  cup_memory_free (memory);
  return going;
}

static gboolean
init_preserving (Work * work, const Needs * needs)
{
  const Settings *settings = work->settings;
  const CupPlane *base = work->base;

  if (!cup_plane_init (&work->delta, base->width, base->height,
          needs->delta.first, needs->delta.n)
      || !cup_plane_init (&work->reduced, settings->low_width,
          settings->low_height, needs->reduced.first, needs->reduced.n)
      || !cup_plane_init (&work->sharpened, settings->low_width,
          settings->low_height, needs->sharpened.first, needs->sharpened.n))
    return FALSE;
  work->enlarger = cup_plane_resampler_new (settings->low_width,
      settings->low_height, base->width, base->height);
  return work->enlarger != NULL;
}

static void
clear_preserving (Work * work)
{
  cup_plane_clear (&work->delta);
  cup_plane_clear (&work->reduced);
  cup_plane_clear (&work->sharpened);
  g_clear_pointer (&work->enlarger, cup_plane_resampler_free);
}

static gboolean
run_preserving (Work * work, CupRows rows, CupTeam * team, guint at_once,
    GError ** error)
{
  Needs needs;

  get_needs (work->settings, rows, work->base->height, &needs);
  if (!init_preserving (work, &needs))
    return fail_without_memory (error);
  return cup_team_run_rows (team, needs.delta, at_once, run_sweep, work,
      work->interrupt, error)
      && cup_plane_resample_difference (&work->delta, &work->reduced, team,
      work->interrupt, error)
      && cup_team_run_rows (team, needs.sharpened, SIMPLE_ROWS_AT_ONCE,
      run_sharpen, work, work->interrupt, error)
      && cup_team_run_rows (team, rows, SIMPLE_ROWS_AT_ONCE, run_apply, work,
      work->interrupt, error);
}

static gboolean
copy (const CupPlane * base, CupPlane * output,
    const CupInterrupt * interrupt, GError ** error)
{
  guint y;

  for (y = output->top; y < output->top + output->n_rows; y++) {
    if (!cup_interrupt_check (interrupt, error))
      return FALSE;
    memcpy (cup_plane_row (output, y), cup_plane_row (base, y),
        base->width * sizeof (gint16));
  }
  return TRUE;
}

gboolean
cup_enhance_run (const CupEnhancement * enhancement, const CupPlane * base,
    CupPlane * output, CupTeam * team, const CupInterrupt * interrupt,
    GError ** error)
{
  const CupRows rows = { output->top, output->n_rows };
  Settings settings;
  Work work = { &settings, base, output };
  gboolean done;
  guint at_once;

  g_assert (base->width == output->width && base->height == output->height);

  settings_init (&settings, enhancement, base->width, base->height);
  if (is_neutral (&settings))
    return copy (base, output, interrupt, error);
  work.interrupt = interrupt;
  at_once = CLAMP (rows.n / cup_team_get_n_threads (team), MIN_ROWS_AT_ONCE,
      MAX_ROWS_AT_ONCE);
  if (settings.share == 0)
    done = cup_team_run_rows (team, rows, at_once, run_sweep, &work, interrupt,
        error);
  else
    done = run_preserving (&work, rows, team, at_once, error);
  clear_preserving (&work);
  return done;
}
