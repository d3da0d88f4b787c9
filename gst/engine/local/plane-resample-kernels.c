/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loops that compilers make vectors of. Weights times samples are at most
 * 1.3 × 2^14 × 2^15 in sum: no order of adding overflows 32 bits.
 */
#include "plane-resample-kernels.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "plane.h"

#define ALWAYS_INLINE inline __attribute__ ((always_inline))
#define HALF (1 << (CUP_PLANE_WEIGHT_BITS - 1))
/* Columns whose sums are made at once where there are many taps. */
#define COLUMNS 64
/* Rows that need not be gone through by lines of the cache. */
#define FEW_TAPS 32

static ALWAYS_INLINE gint16
limit16 (gint32 value)
{
  value = value > G_MAXINT16 ? G_MAXINT16 : value;
  return value < G_MININT16 ? G_MININT16 : value;
}

static ALWAYS_INLINE gint16
rounded (gint32 sum)
{
  return limit16 ((sum + HALF) >> CUP_PLANE_WEIGHT_BITS);
}

#ifdef __AVX2__
/* Compilers widen samples and multiply them by 32 bits: two by two takes a
 * quarter of that. */
static ALWAYS_INLINE __m256i
load (const gint16 * samples)
{
  return _mm256_loadu_si256 ((const __m256i *) samples);
}

static ALWAYS_INLINE __m256i
make_pair (gint16 first, gint16 second)
{
  return _mm256_set1_epi32 ((guint16) first | (guint32) (guint16) second << 16);
}

/* Sums of two neighbours each, times @weights. */
static ALWAYS_INLINE __m256i
sum_pairs (const gint16 * samples, __m256i weights)
{
  return _mm256_madd_epi16 (load (samples), weights);
}

static ALWAYS_INLINE void
vertical_sixteen (const gint16 * rows, gsize stride, const gint16 * weights,
    guint taps, gint16 * out)
{
  __m256i low = _mm256_set1_epi32 (HALF), high = low;
  guint k;

  for (k = 0; k < taps; k += 2) {
    const gboolean is_last = k + 1 == taps;
    const __m256i pair = make_pair (weights[k], is_last ? 0 : weights[k + 1]);
    const __m256i a = load (rows + k * stride);
    const __m256i b = is_last ? a : load (rows + (k + 1) * stride);

    low = _mm256_add_epi32 (low,
        _mm256_madd_epi16 (_mm256_unpacklo_epi16 (a, b), pair));
    high = _mm256_add_epi32 (high,
        _mm256_madd_epi16 (_mm256_unpackhi_epi16 (a, b), pair));
  }
  _mm256_storeu_si256 ((__m256i *) out,
      _mm256_packs_epi32 (_mm256_srai_epi32 (low, CUP_PLANE_WEIGHT_BITS),
          _mm256_srai_epi32 (high, CUP_PLANE_WEIGHT_BITS)));
}
#endif

static ALWAYS_INLINE void
vertical_few (const gint16 * restrict rows, gsize stride,
    const gint16 * restrict weights, guint taps, gint16 * restrict out, guint n)
{
  guint i = 0, k;

#ifdef __AVX2__
  for (; i + 16 <= n; i += 16)
    vertical_sixteen (rows + i, stride, weights, taps, out + i);
#endif
  for (; i < n; i++) {
    gint32 sum = 0;

    for (k = 0; k < taps; k++)
      sum += (gint32) weights[k] * rows[k * stride + i];
    out[i] = rounded (sum);
  }
}

static void
vertical_many (const gint16 * restrict rows, gsize stride,
    const gint16 * restrict weights, guint taps, gint16 * restrict out, guint n)
{
  gint32 sums[COLUMNS];
  guint start, i, k;

  for (start = 0; start < n; start += COLUMNS) {
    guint columns = MIN (n - start, COLUMNS);

    for (i = 0; i < columns; i++)
      sums[i] = 0;
    for (k = 0; k < taps; k++) {
      const gint16 *row = rows + k * stride + start;
      gint32 weight = weights[k];

      for (i = 0; i < columns; i++)
        sums[i] += weight * row[i];
    }
    for (i = 0; i < columns; i++)
      out[start + i] = rounded (sums[i]);
  }
}

static void
vertical (const gint16 * rows, gsize stride, const gint16 * weights,
    guint taps, gint16 * out, guint n)
{
  switch (taps) {
    case 4:
      vertical_few (rows, stride, weights, 4, out, n);
      break;
    case 5:
      vertical_few (rows, stride, weights, 5, out, n);
      break;
    case 6:
      vertical_few (rows, stride, weights, 6, out, n);
      break;
    case 7:
      vertical_few (rows, stride, weights, 7, out, n);
      break;
    case 8:
      vertical_few (rows, stride, weights, 8, out, n);
      break;
    default:
      if (taps <= FEW_TAPS)
        vertical_few (rows, stride, weights, taps, out, n);
      else
        vertical_many (rows, stride, weights, taps, out, n);
      break;
  }
}

static ALWAYS_INLINE gint16
horizontal_one (const gint16 * restrict row, const gint16 * restrict weights,
    guint taps)
{
  gint32 sum = 0;
  guint k;

  for (k = 0; k < taps; k++)
    sum += (gint32) weights[k] * row[k];
  return rounded (sum);
}

#ifdef __AVX2__
/* @a in the lower half, @b in the upper. */
static ALWAYS_INLINE __m256i
load_halves (const gint16 * a, const gint16 * b)
{
  return _mm256_inserti128_si256 (_mm256_castsi128_si256 (_mm_loadu_si128 (
              (const __m128i *) a)), _mm_loadu_si128 ((const __m128i *) b), 1);
}

/* Compilers do not see that sums of several samples can be added up together:
 * sample j is in the lower halves, sample j + 4 in the upper. */
static ALWAYS_INLINE void
horizontal_eight (const gint16 * row, const guint * first,
    const gint16 * weights, guint taps, gint16 * out)
{
  __m256i sums[4], all;
  guint j, k;

  for (j = 0; j < 4; j++) {
    sums[j] = _mm256_setzero_si256 ();
    for (k = 0; k < taps; k += CUP_PLANE_RESAMPLE_TAPS) {
      const gint16 *w = weights + j * taps + k;
      __m256i products = _mm256_madd_epi16 (load_halves (row + first[j] + k,
              row + first[j + 4] + k), load_halves (w, w + 4 * taps));

      sums[j] = _mm256_add_epi32 (sums[j], products);
    }
  }
  all = _mm256_hadd_epi32 (_mm256_hadd_epi32 (sums[0], sums[1]),
      _mm256_hadd_epi32 (sums[2], sums[3]));
  all = _mm256_srai_epi32 (_mm256_add_epi32 (all, _mm256_set1_epi32 (HALF)),
      CUP_PLANE_WEIGHT_BITS);
  _mm_storeu_si128 ((__m128i *) out,
      _mm_packs_epi32 (_mm256_castsi256_si128 (all),
          _mm256_extracti128_si256 (all, 1)));
}
#endif

static ALWAYS_INLINE void
horizontal_taps (const gint16 * row, const guint * first,
    const gint16 * weights, guint taps, gint16 * out, gsize n)
{
  gsize i = 0;

#ifdef __AVX2__
  for (; i + 8 <= n; i += 8)
    horizontal_eight (row, first + i, weights + i * taps, taps, out + i);
#endif
  for (; i < n; i++)
    out[i] = horizontal_one (row + first[i], weights + i * taps, taps);
}

static void
horizontal (const gint16 * row, const guint * first, const gint16 * weights,
    guint taps, gint16 * out, guint n)
{
  if (taps == CUP_PLANE_RESAMPLE_TAPS)
    horizontal_taps (row, first, weights, CUP_PLANE_RESAMPLE_TAPS, out, n);
  else
    horizontal_taps (row, first, weights, taps, out, n);
}

#ifdef __AVX2__
/* Of sixteen samples those before, two by two, and those after: the even ones and
 * the odd ones apart, and put together again. */
static ALWAYS_INLINE void
double_sixteen (const gint16 * in, gint16 * out)
{
  const __m256i half = _mm256_set1_epi32 (64);
  const __m256i before_1 = make_pair (-3, 29), before_2 = make_pair (111, -9);
  const __m256i after_1 = make_pair (-9, 111), after_2 = make_pair (29, -3);
  __m256i sums[4], before, after, even, odd, low, high;
  guint k;

  sums[0] = _mm256_add_epi32 (sum_pairs (in - 2, before_1),
      sum_pairs (in, before_2));
  sums[1] = _mm256_add_epi32 (sum_pairs (in - 1, before_1),
      sum_pairs (in + 1, before_2));
  sums[2] = _mm256_add_epi32 (sum_pairs (in - 1, after_1),
      sum_pairs (in + 1, after_2));
  sums[3] = _mm256_add_epi32 (sum_pairs (in, after_1),
      sum_pairs (in + 2, after_2));
  for (k = 0; k < 4; k++)
    sums[k] = _mm256_srai_epi32 (_mm256_add_epi32 (sums[k], half), 7);

  before = _mm256_packs_epi32 (sums[0], sums[1]);
  after = _mm256_packs_epi32 (sums[2], sums[3]);
  even = _mm256_unpacklo_epi16 (before, after);
  odd = _mm256_unpackhi_epi16 (before, after);
  low = _mm256_unpacklo_epi32 (even, odd);
  high = _mm256_unpackhi_epi32 (even, odd);
  _mm256_storeu_si256 ((__m256i *) out,
      _mm256_permute2x128_si256 (low, high, 0x20));
  _mm256_storeu_si256 ((__m256i *) (out + 16),
      _mm256_permute2x128_si256 (low, high, 0x31));
}

static ALWAYS_INLINE __m256i
halve_eight (const gint16 * in)
{
  const __m256i near = _mm256_add_epi32 (sum_pairs (in - 1, make_pair (29,
              111)), sum_pairs (in + 1, make_pair (111, 29)));
  const __m256i far = _mm256_add_epi32 (sum_pairs (in - 3, make_pair (-3, -9)),
      sum_pairs (in + 3, make_pair (-9, -3)));
  const __m256i sum = _mm256_add_epi32 (_mm256_add_epi32 (near, far),
      _mm256_set1_epi32 (128));

  return _mm256_srai_epi32 (sum, 8);
}

static ALWAYS_INLINE void
halve_sixteen (const gint16 * in, gint16 * out)
{
  const __m256i both = _mm256_packs_epi32 (halve_eight (in),
      halve_eight (in + 16));

  _mm256_storeu_si256 ((__m256i *) out, _mm256_permute4x64_epi64 (both, 0xd8));
}
#endif

/* The weights of both special cases are exact in 7 and 8 bits. */
static void
double_row (const gint16 * restrict row, gint16 * restrict out, guint n)
{
  gsize i = 0;

#ifdef __AVX2__
  for (; i + 16 <= n; i += 16)
    double_sixteen (row + i, out + 2 * i);
#endif
  for (; i < n; i++) {
    const gint16 *in = row + i;
    gint32 before = -3 * in[-2] + 29 * in[-1] + 111 * in[0] - 9 * in[1];
    gint32 after = -9 * in[-1] + 111 * in[0] + 29 * in[1] - 3 * in[2];

    out[2 * i] = limit16 ((before + 64) >> 7);
    out[2 * i + 1] = limit16 ((after + 64) >> 7);
  }
}

static void
halve_row (const gint16 * restrict row, gint16 * restrict out, guint n)
{
  gsize i = 0;

#ifdef __AVX2__
  for (; i + 16 <= n; i += 16)
    halve_sixteen (row + 2 * i, out + i);
#endif
  for (; i < n; i++) {
    const gint16 *in = row + 2 * i;
    gint32 sum = 111 * (in[0] + in[1]) + 29 * (in[-1] + in[2])
        - 9 * (in[-2] + in[3]) - 3 * (in[-3] + in[4]);

    out[i] = limit16 ((sum + 128) >> 8);
  }
}

static void
limit (gint16 * row, guint n)
{
  gsize i;

  for (i = 0; i < n; i++) {
    gint16 value = row[i];

    value = value < CUP_PLANE_BLACK ? CUP_PLANE_BLACK : value;
    row[i] = value > CUP_PLANE_WHITE ? CUP_PLANE_WHITE : value;
  }
}

#ifdef CUP_PLANE_AVX2
#define KERNELS cup_plane_resample_kernels_avx2
#else
#define KERNELS cup_plane_resample_kernels_portable
#endif

const CupPlaneResampleKernels KERNELS = {
  vertical,
  horizontal,
  double_row,
  halve_row,
  limit,
};
