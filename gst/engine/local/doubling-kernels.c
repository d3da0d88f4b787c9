/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See doubling-kernels.h. Compiled once for each kind of processor, with the
 * vectors that doubling-vectors.h has for it.
 */
#include "doubling-kernels.h"
#include "doubling-vectors.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

static void
split (const int16_t * samples, size_t n, int16_t * sample_pairs,
    int16_t * value_pairs)
{
  size_t i;

  for (i = 0; i < n; i++) {
    const int a = samples[i], b = samples[i + 1];
    const int x = (a + 4) >> 3, y = (b + 4) >> 3;

    sample_pairs[2 * i] = a;
    sample_pairs[2 * i + 1] = b;
    value_pairs[2 * i] = x < 2047 ? x : 2047;
    value_pairs[2 * i + 1] = y < 2047 ? y : 2047;
  }
}

/* Some outputs of some pixels. The loops over them are unrolled, and all sums
 * stay in registers; the loop over the taps is not, or compilers would keep
 * weights in registers that they do not have. */
ALWAYS_INLINE void
convolve_block (const CupDoublingLayer * layer,
    const int16_t * const *taps, int16_t * const *outputs, size_t x,
    unsigned first, unsigned n_outputs)
{
  const int16_t *weights = layer->weights + 2 * first;
  Sums sums[VECTORS][MAX_OUTPUTS];
  unsigned t, v, o;

  for (v = 0; v < VECTORS; v++) {
    for (o = 0; o < n_outputs; o++)
      sums[v][o] = sums_of (layer->biases[first + o]);
  }

  for (t = 0; t < layer->n_taps; t++, weights += 2 * layer->n_outputs) {
    const int16_t *tap = taps[t] + 2 * x;
    Pairs pairs[VECTORS];

    for (v = 0; v < VECTORS; v++)
      pairs[v] = load (tap + 2 * LANES * v);
    for (o = 0; o < n_outputs; o++) {
      Weights weight = load_weights (weights + 2 * o);

      for (v = 0; v < VECTORS; v++)
        sums[v][o] = multiply_add (sums[v][o], pairs[v], weight);
    }
  }

  for (o = 0; o < n_outputs; o += 2) {
    int16_t *output = outputs[(first + o) / 2] + 2 * x;

    for (v = 0; v < VECTORS; v++) {
      Pairs pairs = narrow (sums[v][o], sums[v][o + 1], layer->shift);

      if (layer->slopes)
        pairs = bend (pairs, load_pair (layer->slopes + first + o));
      store (output + 2 * LANES * v, pairs);
    }
  }
}

static void
convolve (const CupDoublingLayer * layer, const int16_t * const *taps,
    int16_t * const *outputs, size_t n)
{
  size_t x;
  unsigned o;

  for (x = 0; x < n; x += VECTORS * LANES) {
    for (o = 0; o + MAX_OUTPUTS <= layer->n_outputs; o += MAX_OUTPUTS)
      convolve_block (layer, taps, outputs, x, o, MAX_OUTPUTS);
    for (; o < layer->n_outputs; o += 4)
      convolve_block (layer, taps, outputs, x, o, 4);
  }
}

/* One row of the bicubic interpolation's result. @rows are from the first tap's;
 * @weights has the taps of each row: those of the first of two pixels, which begin
 * two samples before, and those of the second, which begin one before. */
ALWAYS_INLINE Pairs
interpolate (const int16_t * const *rows, size_t x, const int16_t weights[4][8])
{
  Sums first = sums_of (1 << 13), second = first;
  unsigned j;

  for (j = 0; j < 4; j++) {
    const int16_t *row = rows[j] + 2 * x;
    const int16_t *weight = weights[j];

    first = multiply_add (first, load (row), load_weights (weight));
    second = multiply_add (second, load (row + 2), load_weights (weight + 4));
    first = multiply_add (first, load (row + 4), load_weights (weight + 2));
    second = multiply_add (second, load (row + 6), load_weights (weight + 6));
  }
  return narrow (first, second, 14);
}

#define ROW(k) \
  {k * -3, k * 29, k * 111, k * -9, k * -9, k * 111, k * 29, k * -3}
static const int16_t upper[4][8] = { ROW (-3), ROW (29), ROW (111), ROW (-9) };
static const int16_t lower[4][8] = { ROW (-9), ROW (111), ROW (29), ROW (-3) };

static void
finish (const int16_t * const *samples, const int16_t * const *residuals,
    int16_t max_margin, int16_t * const *results, size_t n)
{
  const Pairs black = pairs_of (CUP_DOUBLING_BLACK);
  const Pairs white = pairs_of (CUP_DOUBLING_WHITE);
  const Pairs most = pairs_of (max_margin);
  size_t x;
  unsigned i;

  for (x = 0; x < n; x += LANES) {
    Pairs low, high, range, margin;

    low = high = load (samples[1] + 2 * x + 2);
    for (i = 1; i < 6; i++) {
      Pairs pairs = load (samples[1 + i / 2] + 2 * x + 2 + 2 * (i % 2));

      low = min16 (low, pairs);
      high = max16 (high, pairs);
    }
    low = min16 (low, swap (low));
    high = max16 (high, swap (high));
    range = subtract16 (high, low);
    margin = min16 (range, add16 (pairs_of (128), scale16 (range, 25)));
    margin = min16 (margin, most);
    low = subtract16 (low, margin);
    high = add16 (high, margin);

    for (i = 0; i < 2; i++) {
      Pairs level = interpolate (samples + i, x, i == 0 ? upper : lower);

      level = add16 (level, load (residuals[i] + 2 * x));
      level = max16 (min16 (level, high), low);
      level = max16 (min16 (level, white), black);
      store (results[i] + 2 * x, level);
    }
  }
}

const CupDoublingKernels CUP_DOUBLING_KERNELS = {
  split, convolve, finish
};
