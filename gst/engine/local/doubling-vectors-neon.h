/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See doubling-vectors.h. Loads of NEON take pairs apart, and stores put them
 * together: first and second numbers are vectors of their own.
 */
#pragma once

#include <arm_neon.h>

#define LANES 8
#define VECTORS 1
#define MAX_OUTPUTS 8

typedef int16x8x2_t Pairs;
typedef int32x4x2_t Sums;
typedef int16x4x2_t Weights;

static inline Pairs
load (const int16_t * from)
{
  return vld2q_s16 (from);
}

static inline void
store (int16_t * to, Pairs a)
{
  vst2q_s16 (to, a);
}

static inline Pairs
join (int16x8_t first, int16x8_t second)
{
  Pairs a;

  a.val[0] = first;
  a.val[1] = second;
  return a;
}

static inline Pairs
load_pair (const int16_t * from)
{
  return vld2q_dup_s16 (from);
}

static inline Weights
load_weights (const int16_t * from)
{
  return vld2_dup_s16 (from);
}

static inline Pairs
pairs_of (int16_t value)
{
  return join (vdupq_n_s16 (value), vdupq_n_s16 (value));
}

static inline Sums
sums_of (int32_t value)
{
  Sums a;

  a.val[0] = a.val[1] = vdupq_n_s32 (value);
  return a;
}

/* With vmlal_high_s16() gcc 12 keeps the sums in memory. */
static inline Sums
multiply_add (Sums sums, Pairs a, Weights weights)
{
  unsigned i;

  for (i = 0; i < 2; i++) {
    sums.val[0] = vmlal_s16 (sums.val[0], vget_low_s16 (a.val[i]),
        weights.val[i]);
    sums.val[1] = vmlal_s16 (sums.val[1], vget_high_s16 (a.val[i]),
        weights.val[i]);
  }
  return sums;
}

static inline int16x8_t
narrow_one (Sums a, unsigned shift)
{
  const int32x4_t by = vdupq_n_s32 (-(int32_t) shift);

  return vcombine_s16 (vqmovn_s32 (vshlq_s32 (a.val[0], by)),
      vqmovn_s32 (vshlq_s32 (a.val[1], by)));
}

static inline Pairs
narrow (Sums a, Sums b, unsigned shift)
{
  return join (narrow_one (a, shift), narrow_one (b, shift));
}

static inline Pairs
min16 (Pairs a, Pairs b)
{
  return join (vminq_s16 (a.val[0], b.val[0]), vminq_s16 (a.val[1], b.val[1]));
}

static inline Pairs
max16 (Pairs a, Pairs b)
{
  return join (vmaxq_s16 (a.val[0], b.val[0]), vmaxq_s16 (a.val[1], b.val[1]));
}

static inline Pairs
add16 (Pairs a, Pairs b)
{
  return join (vqaddq_s16 (a.val[0], b.val[0]),
      vqaddq_s16 (a.val[1], b.val[1]));
}

static inline Pairs
subtract16 (Pairs a, Pairs b)
{
  return join (vsubq_s16 (a.val[0], b.val[0]), vsubq_s16 (a.val[1], b.val[1]));
}

/* Doubles its products, and takes the upper half. */
static inline Pairs
scale16 (Pairs a, int16_t factor)
{
  return join (vqdmulhq_n_s16 (a.val[0], factor * 128),
      vqdmulhq_n_s16 (a.val[1], factor * 128));
}

static inline int16x8_t
bend_one (int16x8_t a, int16x8_t slopes)
{
  const int16x8_t zero = vdupq_n_s16 (0);

  return vaddq_s16 (vmaxq_s16 (a, zero),
      vqrdmulhq_s16 (vminq_s16 (a, zero), slopes));
}

static inline Pairs
bend (Pairs a, Pairs slopes)
{
  return join (bend_one (a.val[0], slopes.val[0]),
      bend_one (a.val[1], slopes.val[1]));
}

static inline Pairs
swap (Pairs a)
{
  return join (a.val[1], a.val[0]);
}
