/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See doubling-vectors.h. AVX2, or what AVX-512 has of the same in 512 bits,
 * where one instruction multiplies and adds up.
 */
#pragma once

#include <immintrin.h>

#ifdef CUP_VECTORS_AVX512_VNNI

#define LANES 16
#define VECTORS 2
#define MAX_OUTPUTS 8

typedef __m512i Vector;
#define VECTOR(name) _mm512_##name
#define LOAD(from) _mm512_loadu_si512 (from)
#define STORE(to, a) _mm512_storeu_si512 (to, a)
#define ZERO() _mm512_setzero_si512 ()
#define SHUFFLE_OF(bytes) _mm512_broadcast_i32x4 (bytes)

#else

#define LANES 8
#define VECTORS 2
#define MAX_OUTPUTS 4

typedef __m256i Vector;
#define VECTOR(name) _mm256_##name
#define LOAD(from) _mm256_loadu_si256 ((const __m256i *) (from))
#define STORE(to, a) _mm256_storeu_si256 ((__m256i *) (to), a)
#define ZERO() _mm256_setzero_si256 ()
#define SHUFFLE_OF(bytes) _mm256_broadcastsi128_si256 (bytes)

#endif

typedef Vector Pairs, Sums, Weights;

static inline Pairs
load (const int16_t * from)
{
  return LOAD (from);
}

static inline void
store (int16_t * to, Pairs a)
{
  STORE (to, a);
}

static inline Pairs
load_pair (const int16_t * from)
{
  int32_t pair;

  memcpy (&pair, from, sizeof pair);
  return VECTOR (set1_epi32) (pair);
}

static inline Weights
load_weights (const int16_t * from)
{
  return load_pair (from);
}

static inline Pairs
pairs_of (int16_t value)
{
  return VECTOR (set1_epi16) (value);
}

static inline Sums
sums_of (int32_t value)
{
  return VECTOR (set1_epi32) (value);
}

static inline Sums
multiply_add (Sums sums, Pairs a, Weights weights)
{
#ifdef CUP_VECTORS_AVX512_VNNI
  sums = _mm512_dpwssd_epi32 (sums, a, weights);
#else
  sums = _mm256_add_epi32 (sums, _mm256_madd_epi16 (a, weights));
#endif
  /* Otherwise gcc puts all the products of a tap into registers first, and then
   * has too few of them for the sums. */
  __asm__ ("" : "+v" (sums));
  return sums;
}

static inline Pairs
narrow (Sums a, Sums b, unsigned shift)
{
  const __m128i count = _mm_cvtsi32_si128 (shift);
  const __m128i order = _mm_setr_epi8 (0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13,
      6, 7, 14, 15);
  const Vector both = VECTOR (packs_epi32) (VECTOR (sra_epi32) (a, count),
      VECTOR (sra_epi32) (b, count));

  return VECTOR (shuffle_epi8) (both, SHUFFLE_OF (order));
}

static inline Pairs
min16 (Pairs a, Pairs b)
{
  return VECTOR (min_epi16) (a, b);
}

static inline Pairs
max16 (Pairs a, Pairs b)
{
  return VECTOR (max_epi16) (a, b);
}

static inline Pairs
add16 (Pairs a, Pairs b)
{
  return VECTOR (adds_epi16) (a, b);
}

static inline Pairs
subtract16 (Pairs a, Pairs b)
{
  return VECTOR (sub_epi16) (a, b);
}

static inline Pairs
scale16 (Pairs a, int16_t factor)
{
  return VECTOR (mulhi_epi16) (a, VECTOR (set1_epi16) (factor * 256));
}

static inline Pairs
bend (Pairs a, Pairs slopes)
{
  const Vector negative = VECTOR (min_epi16) (a, ZERO ());

  return VECTOR (add_epi16) (VECTOR (max_epi16) (a, ZERO ()),
      VECTOR (mulhrs_epi16) (negative, slopes));
}

static inline Pairs
swap (Pairs a)
{
  return VECTOR (add_epi32) (VECTOR (slli_epi32) (a, 16),
      VECTOR (srli_epi32) (a, 16));
}
