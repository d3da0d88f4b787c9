/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Stages, each of which makes a row from the rows around it of the stage before.
 * A stage lags behind the base's newest row by as many rows as it needs below,
 * or more, where what it is made of is kept anyway:
 *
 *   fine       base, blurred
 *   coarse     fine, blurred with holes
 *   band       base - fine (or coarse), without noise; and its magnitude
 *   energy     magnitude, blurred; and normal, band / energy
 *   texture    products of normal
 *   slopes     of normal; products of theirs
 *   extremes   of the base
 *   strength   energy, eroded, where the extremes are not as far from each other
 *              as at an edge and slopes have several directions
 *   amount     strength, blurred
 *   result     detail from base, fine and coarse; texture without what is coarse,
 *              × amount
 *
 * Rings keep the rows that are still needed. Beyond the borders of the picture
 * the outermost rows and samples of each stage go on.
 *
 * Texture. What is lost above the input's highest frequency is made again out of
 * what is just below: a product of the band with itself, shifted, has twice its
 * frequencies, and moves as the band does. Which shifts is what the seed
 * chooses. It is as strong as the band is all around (energy, eroded): nothing
 * appears beside an edge, or where there is no texture.
 */
#include "enhance-sweep.h"

#include <string.h>

#include "base/memory.h"

#define BLUR_REACH (CUP_ENHANCE_BLUR_ROWS / 2)
#define EROSION_STEP 2
#define EROSION_REACH (CUP_ENHANCE_EROSION_ROWS / 2 * EROSION_STEP)

#define FINE_STEP 1
#define COARSE_STEP 2
#define FINE_LAG (BLUR_REACH * FINE_STEP)
#define COARSE_LAG (FINE_LAG + BLUR_REACH * COARSE_STEP)
#define DETAIL_LAG COARSE_LAG
/* The strength has half of the rows: it hardly differs from one to the next. Of
 * what it is made of, and of itself, in rows: */
#define STRENGTH_REACH 2
/* Of the result behind the strength, which may be between two rows of it. */
#define STRENGTH_LAG (STRENGTH_REACH + 1)

typedef enum
{
  STAGE_FINE,
  STAGE_COARSE,
  STAGE_BAND,
  STAGE_MAGNITUDE,
  STAGE_ENERGY,
  STAGE_NORMAL,
  STAGE_TEXTURE,
  STAGE_ACROSS,
  STAGE_DOWN,
  STAGE_BOTH,
  STAGE_LOWEST,
  STAGE_HIGHEST,
  STAGE_STRENGTH,
  STAGE_AMOUNT,
  N_STAGES
} Stage;

/* Rows in between that are not kept. The first two are padded once filled. */
typedef enum
{
  ROW_LOW,
  ROW_HIGH,
  ROW_BLURRED,
  ROW_STRENGTH,
  ROW_DELTA,
  N_ROWS
} Row;

/* @depth rows of a stage: row y is in the place y % @depth. */
typedef struct
{
  gint lag;
  guint depth;
  gint16 *rows;
} Ring;

typedef struct
{
  const CupEnhanceSweep *sweep;
  const CupEnhanceKernels *kernels;
  const CupPlane *base;
  gint lag;                     /* of the result */
  gboolean has_coarse;

  gsize stride;
  gint16 *memory;
  Ring rings[N_STAGES];
  gint16 *rows[N_ROWS];
} State;

static gint
inside (const CupPlane * base, gint y)
{
  return CLAMP (y, 0, (gint) base->height - 1);
}

static void
get_base_rows (const CupPlane * base, gint y,
    const gint16 * rows[CUP_ENHANCE_BLUR_ROWS])
{
  gint k;

  for (k = 0; k < CUP_ENHANCE_BLUR_ROWS; k++)
    rows[k] = cup_plane_row (base, inside (base, y + k - BLUR_REACH));
}

/* @row goes on with its first and its last sample. */
static void
pad (gint16 * row, gsize n)
{
  gint16 *end = row + n;
  gint i;

  for (i = 0; i < CUP_ENHANCE_PADDING; i++) {
    row[i - CUP_ENHANCE_PADDING] = row[0];
    end[i] = end[-1];
  }
}

void
cup_enhance_find_extremes (const CupEnhanceKernels * kernels,
    const CupPlane * base, guint y, gint16 * low, gint16 * high,
    gint16 * lowest, gint16 * highest)
{
  const gint16 *rows[CUP_ENHANCE_BLUR_ROWS];
  const gsize n = base->width;

  get_base_rows (base, y, rows);
  kernels->extremes_rows (rows, low, high, n);
  pad (low, n);
  pad (high, n);
  kernels->extremes_row (low, high, lowest, highest, n);
}

static gint
band_lag (const CupEnhanceSweep * sweep)
{
  return sweep->step == 1 ? FINE_LAG : COARSE_LAG;
}

/* Of the result, with texture only. The way by the slopes is shorter. */
static gint
texture_lag (const CupEnhanceSweep * sweep)
{
  const gint energy = band_lag (sweep) + BLUR_REACH;
  const gint step = sweep->step;
  const gint texture = energy + (CUP_ENHANCE_REACH + BLUR_REACH) * step;
  const gint strength = energy + EROSION_REACH * step + STRENGTH_LAG;

  return MAX (texture, strength);
}

guint
cup_enhance_sweep_get_reach (const CupEnhanceSweep * sweep)
{
  return MAX (sweep->has_texture ? texture_lag (sweep) : 0,
      sweep->has_detail ? DETAIL_LAG : 0);
}

/* Stages whose rows are @lag behind and needed until they are @until behind. */
static void
set_ring (State * state, Stage stage, gint lag, gint until)
{
  state->rings[stage].lag = lag;
  state->rings[stage].depth = until - lag + 1;
}

static void
set_rings (State * state)
{
  const CupEnhanceSweep *sweep = state->sweep;
  const gint step = sweep->step;
  const gint lag = state->lag;
  /* As late as can be, so that little is kept. */
  const gint band = band_lag (sweep) + lag - texture_lag (sweep);
  const gint energy = band + BLUR_REACH;
  const gint texture = lag - BLUR_REACH * step;
  const gint amount = lag - 1;
  const gint strength = lag - STRENGTH_LAG;
  const gint slopes = strength - STRENGTH_REACH;

  set_ring (state, STAGE_FINE, FINE_LAG,
      MAX (lag, COARSE_LAG + BLUR_REACH * COARSE_STEP));
  if (state->has_coarse)
    set_ring (state, STAGE_COARSE, COARSE_LAG, lag);
  set_ring (state, STAGE_LOWEST, sweep->has_texture ? strength : lag, lag);
  set_ring (state, STAGE_HIGHEST, sweep->has_texture ? strength : lag, lag);
  if (!sweep->has_texture)
    return;
  set_ring (state, STAGE_BAND, band, energy);
  set_ring (state, STAGE_MAGNITUDE, band, energy + BLUR_REACH);
  set_ring (state, STAGE_ENERGY, energy, strength + EROSION_REACH * step);
  set_ring (state, STAGE_NORMAL, energy,
      MAX (texture + CUP_ENHANCE_REACH * step, slopes + step));
  set_ring (state, STAGE_TEXTURE, texture, lag + BLUR_REACH * step);
  set_ring (state, STAGE_ACROSS, slopes, strength + STRENGTH_REACH);
  set_ring (state, STAGE_DOWN, slopes, strength + STRENGTH_REACH);
  set_ring (state, STAGE_BOTH, slopes, strength + STRENGTH_REACH);
  set_ring (state, STAGE_STRENGTH, strength, amount + STRENGTH_REACH);
  set_ring (state, STAGE_AMOUNT, amount, lag + 1);
}

static gboolean
state_init (State * state, const CupEnhanceSweep * sweep, const CupPlane * base)
{
  gsize n_rows = N_ROWS;
  gint16 *next;
  guint i;

  memset (state, 0, sizeof *state);
  state->sweep = sweep;
  state->kernels = sweep->kernels;
  state->base = base;
  state->lag = cup_enhance_sweep_get_reach (sweep);
  state->has_coarse = sweep->has_detail || sweep->step > 1;
  set_rings (state);
  for (i = 0; i < N_STAGES; i++)
    n_rows += state->rings[i].depth;

  state->stride = base->stride + 2 * CUP_ENHANCE_PADDING;
  state->memory = cup_memory_alloc (n_rows, state->stride * sizeof (gint16));
  if (!state->memory)
    return FALSE;
  next = state->memory + CUP_ENHANCE_PADDING;
  for (i = 0; i < N_STAGES; i++) {
    state->rings[i].rows = next;
    next += state->rings[i].depth * state->stride;
  }
  for (i = 0; i < N_ROWS; i++) {
    state->rows[i] = next;
    next += state->stride;
  }
  return TRUE;
}

static gint16 *
ring_row (const State * state, Stage stage, gint y)
{
  const Ring *ring = &state->rings[stage];

  return ring->rows + (guint) inside (state->base,
      y) % ring->depth * state->stride;
}

/* Of a stage that has half of the rows, the one at @y, or next to the border. */
static gint16 *
even_row (const State * state, Stage stage, gint y)
{
  return ring_row (state, stage, MAX (MIN (y,
              (gint) state->base->height - 1), 0) & ~1);
}

/* Of such a stage the rows around @y, for a blur that is about as wide as that
 * along rows: 5, 6, 5. */
static void
get_even_rows (const State * state, Stage stage, gint y,
    const gint16 * rows[CUP_ENHANCE_BLUR_ROWS])
{
  rows[0] = rows[1] = even_row (state, stage, y - STRENGTH_REACH);
  rows[2] = even_row (state, stage, y);
  rows[3] = rows[4] = even_row (state, stage, y + STRENGTH_REACH);
}

/* @n rows of a stage, around @y and @step apart. */
static void
get_rows (const State * state, Stage stage, gint y, gint step,
    const gint16 ** rows, gint n)
{
  gint k;

  for (k = 0; k < n; k++)
    rows[k] = ring_row (state, stage, y + (k - n / 2) * step);
}

static void
blur (const State * state, const gint16 * const *rows, gint step, gint16 * out)
{
  const gsize n = state->base->width;
  gint16 *between = state->rows[ROW_LOW];

  state->kernels->blur_rows (rows, between, n);
  pad (between, n);
  state->kernels->blur_row (between, step, out, n);
}

static void
run_energy (const State * state, gint y)
{
  const gint16 *rows[CUP_ENHANCE_BLUR_ROWS];
  gint16 *energy = ring_row (state, STAGE_ENERGY, y);
  gint16 *normal = ring_row (state, STAGE_NORMAL, y);

  get_rows (state, STAGE_MAGNITUDE, y, 1, rows, CUP_ENHANCE_BLUR_ROWS);
  blur (state, rows, 1, energy);
  state->kernels->normalise (ring_row (state, STAGE_BAND, y), energy, normal,
      state->base->width);
  pad (normal, state->base->width);
}

static void
run_texture (const State * state, gint y)
{
  const CupEnhanceSweep *sweep = state->sweep;
  const gint16 *pairs[CUP_ENHANCE_PRODUCTS][2];
  guint i, k;

  for (i = 0; i < CUP_ENHANCE_PRODUCTS; i++) {
    for (k = 0; k < 2; k++) {
      const CupEnhanceOffset *offset = &sweep->products[i][k];

      pairs[i][k] = ring_row (state, STAGE_NORMAL, y + offset->y) + offset->x;
    }
  }
  state->kernels->multiply ((const gint16 * const (*)[2]) pairs,
      ring_row (state, STAGE_TEXTURE, y), state->base->width);
}

static void
run_strength (const State * state, gint y)
{
  const gint16 *rows[CUP_ENHANCE_EROSION_ROWS];
  const gint step = EROSION_STEP * state->sweep->step;
  gint16 *between = state->rows[ROW_LOW];
  gint16 *strength = ring_row (state, STAGE_STRENGTH, y);
  gint16 *const products[] = {
    state->rows[ROW_HIGH], state->rows[ROW_BLURRED], state->rows[ROW_STRENGTH]
  };
  const gsize n = state->base->width;
  guint i;

  get_rows (state, STAGE_ENERGY, y, step, rows, CUP_ENHANCE_EROSION_ROWS);
  state->kernels->erode_rows (rows, between, n);
  pad (between, n);
  state->kernels->strength (between, step, ring_row (state, STAGE_LOWEST, y),
      ring_row (state, STAGE_HIGHEST, y), strength, n);

  for (i = 0; i < 3; i++) {
    get_even_rows (state, STAGE_ACROSS + i, y, rows);
    blur (state, rows, 1, products[i]);
  }
  state->kernels->weaken (products[0], products[1], products[2], strength, n);
}

static void
run_tensor (const State * state, gint y)
{
  const gint step = state->sweep->step;
  const gint16 *rows[3];

  get_rows (state, STAGE_NORMAL, y, step, rows, 3);
  state->kernels->tensor (rows[0], rows[1], rows[2], step,
      ring_row (state, STAGE_ACROSS, y), ring_row (state, STAGE_DOWN, y),
      ring_row (state, STAGE_BOTH, y), state->base->width);
}

static void
run_stage (const State * state, Stage stage, gint y)
{
  const gint16 *rows[CUP_ENHANCE_BLUR_ROWS];

  switch (stage) {
    case STAGE_FINE:
      get_base_rows (state->base, y, rows);
      blur (state, rows, FINE_STEP, ring_row (state, STAGE_FINE, y));
      break;
    case STAGE_COARSE:
      get_rows (state, STAGE_FINE, y, COARSE_STEP, rows, CUP_ENHANCE_BLUR_ROWS);
      blur (state, rows, COARSE_STEP, ring_row (state, STAGE_COARSE, y));
      break;
    case STAGE_BAND:
      state->kernels->band (cup_plane_row (state->base, y), ring_row (state,
              state->sweep->step == 1 ? STAGE_FINE : STAGE_COARSE, y),
          ring_row (state, STAGE_BAND, y), ring_row (state, STAGE_MAGNITUDE,
              y), state->base->width);
      break;
    case STAGE_ENERGY:
      run_energy (state, y);
      break;
    case STAGE_TEXTURE:
      run_texture (state, y);
      break;
    case STAGE_ACROSS:
      run_tensor (state, y);
      break;
    case STAGE_LOWEST:
      cup_enhance_find_extremes (state->kernels, state->base, y,
          state->rows[ROW_LOW], state->rows[ROW_HIGH],
          ring_row (state, STAGE_LOWEST, y), ring_row (state, STAGE_HIGHEST,
              y));
      break;
    case STAGE_STRENGTH:
      run_strength (state, y);
      break;
    case STAGE_AMOUNT:
      get_even_rows (state, STAGE_STRENGTH, y, rows);
      blur (state, rows, 1, ring_row (state, STAGE_AMOUNT, y));
      break;
    default:
      /* Made with another. */
      break;
  }
}

static gboolean
has_half_the_rows (Stage stage)
{
  return stage == STAGE_ACROSS || stage == STAGE_STRENGTH
      || stage == STAGE_AMOUNT;
}

static void
add_detail (const State * state, gint y, gint16 * delta)
{
  state->kernels->detail (cup_plane_row (state->base, y), ring_row (state,
          STAGE_FINE, y), ring_row (state, STAGE_COARSE, y), ring_row (state,
          STAGE_LOWEST, y), ring_row (state, STAGE_HIGHEST, y),
      &state->sweep->gains, delta, state->base->width);
}

static void
add_texture (const State * state, gint y, gint16 * delta)
{
  const gint step = state->sweep->step;
  const gint16 *rows[CUP_ENHANCE_BLUR_ROWS];

  get_rows (state, STAGE_TEXTURE, y, step, rows, CUP_ENHANCE_BLUR_ROWS);
  blur (state, rows, step, state->rows[ROW_BLURRED]);
  state->kernels->add_texture (ring_row (state, STAGE_TEXTURE, y),
      state->rows[ROW_BLURRED], even_row (state, STAGE_AMOUNT, y),
      even_row (state, STAGE_AMOUNT, y + 1), &state->sweep->gains, delta,
      state->base->width);
}

static void
run_result (const State * state, gint y, CupPlane * delta_plane,
    CupPlane * output)
{
  const gsize n = state->base->width;
  gint16 *delta = delta_plane ? cup_plane_row (delta_plane, y)
      : state->rows[ROW_DELTA];

  if (state->sweep->has_detail)
    add_detail (state, y, delta);
  else
    memset (delta, 0, n * sizeof *delta);
  if (state->sweep->has_texture)
    add_texture (state, y, delta);
  if (output)
    state->kernels->apply (cup_plane_row (state->base, y), delta,
        cup_plane_row (output, y), n);
}

gboolean
cup_enhance_sweep_run (const CupEnhanceSweep * sweep, const CupPlane * base,
    CupRows rows, CupPlane * delta, CupPlane * output,
    const CupInterrupt * interrupt, GError ** error)
{
  gint newest, first = rows.first, last = rows.first + rows.n - 1;
  gboolean going = TRUE;
  State state;

  if (!state_init (&state, sweep, base)) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "no memory to enhance the picture; ask for a smaller one");
    return FALSE;
  }
  for (newest = first - state.lag; newest <= last + state.lag; newest++) {
    Stage stage;

    going = cup_interrupt_check (interrupt, error);
    if (!going)
      break;
    for (stage = 0; stage < N_STAGES; stage++) {
      const gint lag = state.rings[stage].lag;
      const gint y = newest - lag;

      if (state.rings[stage].depth > 0 && y == inside (base, y)
          && (y % 2 == 0 || !has_half_the_rows (stage))
          && y >= first - state.lag + lag && y <= last + state.lag - lag)
        run_stage (&state, stage, y);
    }
    if (newest - state.lag >= first)
      run_result (&state, newest - state.lag, delta, output);
  }
  cup_memory_free (state.memory);
  return going;
}
