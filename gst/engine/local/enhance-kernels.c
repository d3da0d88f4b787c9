/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loops that compilers make vectors of 16-bit samples of: intermediate results
 * are cast to 16 bits where they fit, or sums would be made with 32.
 *
 * Divisions are of floats, made of whole numbers, which IEEE 754 leaves no choice
 * for, as long as nothing is contracted.
 */
#include "enhance-kernels.h"

#include <float.h>

#include "plane.h"

G_STATIC_ASSERT (FLT_EVAL_METHOD == 0);

#define ALWAYS_INLINE inline __attribute__ ((always_inline))

#define LEVEL (1 << CUP_PLANE_BITS)
/* Of detail: what is more is contrast enough. Most of it is at edges, which look
 * as sharp without; and of texture it is what flickers where it moves. */
#define FINE_MOST (8 * LEVEL)
#define COARSE_MOST (16 * LEVEL)
/* So that these times gains, Q12, are Q15. */
#define DETAIL_UNIT 8
/* The same of texture. */
#define TEXTURE_CORING (LEVEL / 2)
#define TEXTURE_MOST (32 * LEVEL)
/* What energy is never less than where it is divided by. */
#define LEAST_ENERGY (LEVEL / 2)
/* Bands in units of their energy: 1, and the most. Products of them, in the
 * upper 16 bits, are Q8, and four fit into 16 bits. */
#define NORMAL_ONE 4096
#define NORMAL_MOST 16383
/* The part of the local range, Q16, that energy has to exceed: less of it is that
 * of an edge. */
#define EDGE_PART 2400
/* What directions that are alike, 256, have to exceed: lines have less. */
#define ONE_DIRECTION 26
#define LARGEST_AMPLITUDE (16 * LEVEL)
/* Of texture before it has an amplitude. */
#define TEXTURE_LIMIT 4095
/* What is taken back never is so much. */
#define LARGEST_TAKEN (64 * LEVEL - 1)

static ALWAYS_INLINE gint16
least (gint16 a, gint16 b)
{
  return a < b ? a : b;
}

static ALWAYS_INLINE gint16
greatest (gint16 a, gint16 b)
{
  return a > b ? a : b;
}

static ALWAYS_INLINE gint32
limit (gint32 value, gint32 low, gint32 high)
{
  value = value < low ? low : value;
  return value > high ? high : value;
}

/* Values of luma's range, and somewhat symmetric ones, do not overflow. */
static ALWAYS_INLINE gint16
blur (gint16 a, gint16 b, gint16 c, gint16 d, gint16 e)
{
  gint16 outer = (gint16) (a + e) >> 1;
  gint16 inner = (gint16) (b + d) >> 1;
  gint16 middle = ((gint16) (outer - c) >> 2) + c;

  return (gint16) (middle + inner + 1) >> 1;
}

static void
blur_rows (const gint16 * const *rows, gint16 * restrict out, gsize n)
{
  const gint16 *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
  const gint16 *e = rows[4];
  gsize i;

  for (i = 0; i < n; i++)
    out[i] = blur (a[i], b[i], c[i], d[i], e[i]);
}

static void
blur_row (const gint16 * row, gint step, gint16 * restrict out, gsize n)
{
  const gint16 *a = row - 2 * step, *b = row - step, *d = row + step;
  const gint16 *e = row + 2 * step;
  gsize i;

  for (i = 0; i < n; i++)
    out[i] = blur (a[i], b[i], row[i], d[i], e[i]);
}

static void
extremes_rows (const gint16 * const *rows, gint16 * restrict low,
    gint16 * restrict high, gsize n)
{
  const gint16 *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
  const gint16 *e = rows[4];
  gsize i;

  for (i = 0; i < n; i++) {
    low[i] = least (least (least (a[i], b[i]), least (d[i], e[i])), c[i]);
    high[i] = greatest (greatest (greatest (a[i], b[i]),
            greatest (d[i], e[i])), c[i]);
  }
}

static void
extremes_row (const gint16 * low_in, const gint16 * high_in,
    gint16 * restrict low, gint16 * restrict high, gsize n)
{
  gsize i;

  for (i = 0; i < n; i++) {
    const gint16 *l = low_in + i, *h = high_in + i;

    low[i] = least (least (least (l[-2], l[-1]), least (l[1], l[2])), l[0]);
    high[i] = greatest (greatest (greatest (h[-2], h[-1]),
            greatest (h[1], h[2])), h[0]);
  }
}

static ALWAYS_INLINE gint16
core (gint16 value, gint16 threshold, gint16 most)
{
  value -= greatest (least (value, threshold), -threshold);
  return greatest (least (value, most), -most);
}

/* Q15, rounded. */
static ALWAYS_INLINE gint16
scale (gint16 a, gint16 b)
{
  return (((a * b) >> 14) + 1) >> 1;
}

static void
detail (const gint16 * restrict base, const gint16 * restrict fine_blur,
    const gint16 * restrict coarse_blur, const gint16 * restrict low,
    const gint16 * restrict high, const CupEnhanceGains * gains,
    gint16 * restrict delta, gsize n)
{
  const gint16 fine = gains->bands[0], coarse = gains->bands[1];
  const gint16 margin_part = gains->margin, coring = gains->coring;
  gsize i;

  for (i = 0; i < n; i++) {
    gint16 d1 = core (base[i] - fine_blur[i], coring, FINE_MOST);
    gint16 d2 = core (fine_blur[i] - coarse_blur[i], coring, COARSE_MOST);
    gint16 added = scale (d1 * DETAIL_UNIT, fine)
        + scale (d2 * DETAIL_UNIT, coarse);
    gint16 range = high[i] - low[i];
    gint16 margin = least ((gint16) ((range * margin_part) >> 16) + LEVEL / 2,
        range);
    gint16 value = base[i] + added;

    value = greatest (value, low[i] - margin);
    value = least (value, high[i] + margin);
    delta[i] = value - base[i];
  }
}

static void
band (const gint16 * restrict base, const gint16 * restrict blurred,
    gint16 * restrict out, gint16 * restrict magnitude, gsize n)
{
  gsize i;

  for (i = 0; i < n; i++) {
    gint16 value = core (base[i] - blurred[i], TEXTURE_CORING, TEXTURE_MOST);

    out[i] = value;
    magnitude[i] = greatest (value, -value);
  }
}

static void
normalise (const gint16 * restrict in, const gint16 * restrict energy,
    gint16 * restrict out, gsize n)
{
  gsize i;

  for (i = 0; i < n; i++) {
    gfloat above = in[i] * NORMAL_ONE;
    gfloat below = energy[i] + LEAST_ENERGY;

    out[i] = limit ((gint32) (above / below), -NORMAL_MOST, NORMAL_MOST);
  }
}

static ALWAYS_INLINE gint16
product (gint16 a, gint16 b)
{
  return (a * b) >> 16;
}

static void
multiply (const gint16 * const (*pairs)[2], gint16 * restrict out, gsize n)
{
  const gint16 *a0 = pairs[0][0], *b0 = pairs[0][1];
  const gint16 *a1 = pairs[1][0], *b1 = pairs[1][1];
  const gint16 *a2 = pairs[2][0], *b2 = pairs[2][1];
  const gint16 *a3 = pairs[3][0], *b3 = pairs[3][1];
  gsize i;

  for (i = 0; i < n; i++)
    out[i] = product (a0[i], b0[i]) + product (a1[i], b1[i])
        - product (a2[i], b2[i]) - product (a3[i], b3[i]);
}

static void
erode_rows (const gint16 * const *rows, gint16 * restrict out, gsize n)
{
  const gint16 *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
  const gint16 *e = rows[4];
  gsize i;

  for (i = 0; i < n; i++)
    out[i] = least (least (least (a[i], b[i]), least (d[i], e[i])), c[i]);
}

static void
strength (const gint16 * eroded, gint step, const gint16 * restrict low,
    const gint16 * restrict high, gint16 * restrict out, gsize n)
{
  const gint16 *a = eroded - 2 * step, *b = eroded - step;
  const gint16 *d = eroded + step, *e = eroded + 2 * step;
  gsize i;

  for (i = 0; i < n; i++) {
    gint16 energy = least (least (least (a[i], b[i]), least (d[i], e[i])),
        eroded[i]);
    gint16 range = high[i] - low[i];

    out[i] = greatest (energy - (gint16) ((range * EDGE_PART) >> 16), 0);
  }
}

static void
tensor (const gint16 * above, const gint16 * row, const gint16 * below,
    gint step, gint16 * restrict across, gint16 * restrict down,
    gint16 * restrict both, gsize n)
{
  const gint16 *before = row - step, *after = row + step;
  gsize i;

  for (i = 0; i < n; i++) {
    gint16 x = after[i] - before[i];
    gint16 y = below[i] - above[i];

    across[i] = product (x, x);
    down[i] = product (y, y);
    both[i] = product (x, y);
  }
}

/* Of a matrix of such products the determinant, by the square of half its trace,
 * is 1 where all directions are alike and 0 where there is only one. */
static void
weaken (const gint16 * restrict across, const gint16 * restrict down,
    const gint16 * restrict both, gint16 * restrict amount, gsize n)
{
  gsize i;

  for (i = 0; i < n; i++) {
    gint32 trace = across[i] + down[i];
    gfloat above = 4 * (across[i] * down[i] - both[i] * both[i]);
    gfloat below = trace * trace + 1;
    gint32 alike = above * 256 / below;
    gint16 part = limit ((alike - ONE_DIRECTION) * 2, 0, 256);

    amount[i] = (amount[i] * part) >> 8;
  }
}

static void
add_texture (const gint16 * restrict texture, const gint16 * restrict blurred,
    const gint16 * above, const gint16 * below, const CupEnhanceGains * gains,
    gint16 * restrict delta, gsize n)
{
  const gint16 gain = gains->texture * 8;
  gsize i;

  for (i = 0; i < n; i++) {
    /* Nothing where one of them is nothing: it would reach farther. */
    gint16 mean = (gint16) (above[i] + below[i] + 1) >> 1;
    gint16 amount = least (least (mean, 2 * least (above[i], below[i])), 2047);
    /* Half of it: all of it would not fit. */
    gint16 amplitude = least (product (amount * 16, gain),
        LARGEST_AMPLITUDE / 2 - 1);
    gint16 fine = texture[i] - blurred[i];
    gint16 added;

    fine = greatest (least (fine, TEXTURE_LIMIT), -TEXTURE_LIMIT);
    added = scale (fine * 8, amplitude * 32);
    delta[i] += greatest (least (added, LARGEST_AMPLITUDE), -LARGEST_AMPLITUDE);
  }
}

static ALWAYS_INLINE gint16
limit_luma (gint16 value)
{
  return greatest (least (value, CUP_PLANE_WHITE), CUP_PLANE_BLACK);
}

static void
apply (const gint16 * restrict base, const gint16 * restrict delta,
    gint16 * restrict out, gsize n)
{
  gsize i;

  for (i = 0; i < n; i++)
    out[i] = limit_luma (base[i] + delta[i]);
}

static void
apply_less (const gint16 * restrict base, const gint16 * restrict delta,
    const gint16 * restrict taken, gint share, const gint16 * restrict low,
    const gint16 * restrict high, gint16 * restrict out, gsize n)
{
  const gint16 part = share;
  gsize i;

  for (i = 0; i < n; i++) {
    gint16 most = least (high[i] - low[i], LARGEST_TAKEN);
    gint16 all = greatest (least (taken[i], LARGEST_TAKEN), -LARGEST_TAKEN);
    gint16 less = scale (all * 2, part);

    less = greatest (least (less, most), -most);
    out[i] = limit_luma (base[i] + delta[i] - less);
  }
}

/* Nearly the inverse of what is left of a difference that was enlarged and
 * reduced, whatever the factor: 0.81, 0.13, -0.04. It never amplifies by more
 * than what was lost, so that taking back more never changes more. */
static ALWAYS_INLINE gint16
sharpen (gint16 a, gint16 b, gint16 c, gint16 d, gint16 e)
{
  gint32 sum = 304 * c - 33 * (b + d) + 9 * (a + e);

  return limit ((sum + 128) >> 8, G_MININT16, G_MAXINT16);
}

static void
sharpen_rows (const gint16 * const *rows, gint16 * restrict out, gsize n)
{
  gsize i;

  for (i = 0; i < n; i++)
    out[i] = sharpen (rows[0][i], rows[1][i], rows[2][i], rows[3][i],
        rows[4][i]);
}

static void
sharpen_row (const gint16 * row, gint16 * restrict out, gsize n)
{
  gsize i;

  for (i = 0; i < n; i++) {
    const gint16 *in = row + i;

    out[i] = sharpen (in[-2], in[-1], in[0], in[1], in[2]);
  }
}

#ifdef CUP_PLANE_AVX2
#define KERNELS cup_enhance_kernels_avx2
#else
#define KERNELS cup_enhance_kernels_portable
#endif

const CupEnhanceKernels KERNELS = {
  blur_rows,
  blur_row,
  extremes_rows,
  extremes_row,
  detail,
  band,
  normalise,
  multiply,
  erode_rows,
  strength,
  tensor,
  weaken,
  add_texture,
  apply,
  apply_less,
  sharpen_row,
  sharpen_rows,
};
