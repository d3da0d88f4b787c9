/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See doubling-vectors.h. The vectors of GNU C, which gcc and clang translate to
 * whatever there is. They leave out one thing that every x86-64 has: the
 * multiplication of pairs.
 */
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define LANES 4
#define VECTORS 2
#define MAX_OUTPUTS 4

typedef int32_t Pairs __attribute__((vector_size (16)));
typedef Pairs Sums, Weights;
typedef uint32_t Bits __attribute__((vector_size (16)));
typedef int16_t Numbers __attribute__((vector_size (16)));
typedef uint16_t Halves __attribute__((vector_size (16)));

static inline Pairs
load (const int16_t * from)
{
  Pairs a;

  memcpy (&a, from, sizeof a);
  return a;
}

static inline void
store (int16_t * to, Pairs a)
{
  memcpy (to, &a, sizeof a);
}

static inline Sums
sums_of (int32_t value)
{
  return (Sums) { value, value, value, value };
}

static inline Pairs
load_pair (const int16_t * from)
{
  int32_t pair;

  memcpy (&pair, from, sizeof pair);
  return sums_of (pair);
}

static inline Weights
load_weights (const int16_t * from)
{
  return load_pair (from);
}

static inline Pairs
pairs_of (int16_t value)
{
  const int16_t pair[2] = { value, value };

  return load_pair (pair);
}

/* The number of each pair that is in the upper half of 32 bits, and the other. */
static inline Sums
upper_of (Pairs a)
{
  return a >> 16;
}

static inline Sums
lower_of (Pairs a)
{
  return (Sums) ((Bits) a << 16) >> 16;
}

static inline Sums
multiply_add (Sums sums, Pairs a, Weights weights)
{
#ifdef __SSE2__
  return sums + (Sums) _mm_madd_epi16 ((__m128i) a, (__m128i) weights);
#else
  return sums + upper_of (a) * upper_of (weights)
      + lower_of (a) * lower_of (weights);
#endif
}

/* @a where @mask is all ones, @b where it is 0. */
static inline Pairs
choose (Pairs mask, Pairs a, Pairs b)
{
  return (mask & a) | (~mask & b);
}

static inline Sums
limit (Sums a)
{
  const Sums low = sums_of (INT16_MIN), high = sums_of (INT16_MAX);

  a = choose (a < low, low, a);
  return choose (a > high, high, a);
}

/* Of what fits into 16 bits. */
static inline Pairs
join (Sums first, Sums second)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  return (Pairs) ((Bits) first << 16) | (second & 0xffff);
#else
  return (Pairs) ((Bits) second << 16) | (first & 0xffff);
#endif
}

static inline Pairs
narrow (Sums a, Sums b, unsigned shift)
{
  return join (limit (a >> (int) shift), limit (b >> (int) shift));
}

static inline Pairs
min16 (Pairs a, Pairs b)
{
  return choose ((Pairs) ((Numbers) a < (Numbers) b), a, b);
}

static inline Pairs
max16 (Pairs a, Pairs b)
{
  return choose ((Pairs) ((Numbers) a > (Numbers) b), a, b);
}

static inline Pairs
subtract16 (Pairs a, Pairs b)
{
  return (Pairs) ((Halves) a - (Halves) b);
}

/* Where both have one sign and the sum another, it is out of range. */
static inline Pairs
add16 (Pairs a, Pairs b)
{
  const Pairs sum = (Pairs) ((Halves) a + (Halves) b);
  const Pairs wrong = (Pairs) ((Numbers) ((a ^ sum) & (b ^ sum)) >> 15);
  const Pairs limits = (Pairs) ((Numbers) a >> 15) ^ pairs_of (INT16_MAX);

  return choose (wrong, limits, sum);
}

static inline Pairs
scale16 (Pairs a, int16_t factor)
{
  const Pairs upper = upper_of (a) * factor >> 8;
  const Pairs lower = lower_of (a) * factor >> 8;

  return (Pairs) ((Bits) upper << 16) | (lower & 0xffff);
}

static inline Pairs
bend (Pairs a, Pairs slopes)
{
  const Pairs zero = sums_of (0), negative = min16 (a, zero);
  const Pairs mask[2] = { sums_of (0xffff), sums_of (0xffff0000) };
  const Sums half = sums_of (1 << 14);
  const Sums lower = multiply_add (half, negative & mask[0], slopes) >> 15;
  const Sums upper = multiply_add (half, negative & mask[1], slopes) >> 15;

  return max16 (a, zero) | (Pairs) ((Bits) upper << 16) | (lower & 0xffff);
}

static inline Pairs
swap (Pairs a)
{
  return (Pairs) ((Bits) a << 16 | (Bits) a >> 16);
}
