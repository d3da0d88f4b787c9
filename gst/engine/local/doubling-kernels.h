/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The loops of doubling.c over the pixels of a row, once for each kind of
 * processor. Nothing here needs GLib: these files also compile alone, for a
 * processor that a machine does not have but an emulator does.
 *
 * What lies in memory are pairs: of each pixel two numbers of 16 bits, which one
 * instruction multiplies with two weights and adds up. In the layers they are two
 * channels. Of what has one channel they are a sample and its neighbour to the
 * right, and of the last layer the pixels of a row of the 2×2 block: a row of
 * pairs is a row of the result.
 *
 * Pointers to pairs have no alignment. Kernels read and write whole vectors:
 * CUP_DOUBLING_SLACK pixels more than they are told, which may hold anything.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CUP_DOUBLING_SLACK 32

/* Limits of plane.h. */
#define CUP_DOUBLING_BLACK (-16384)
#define CUP_DOUBLING_WHITE 16256

/**
 * CupDoublingLayer:
 * @n_taps: pairs that go into each pixel
 * @n_outputs: channels, a multiple of 4
 * @shift: of the sums
 * @weights: pairs in the order of taps, outputs
 * @biases: one an output
 * @slopes: one an output, Q15; NULL for none
 */
typedef struct
{
  unsigned n_taps;
  unsigned n_outputs;
  unsigned shift;
  const int16_t *weights;
  const int32_t *biases;
  const int16_t *slopes;
} CupDoublingLayer;

/**
 * CupDoublingKernels:
 * @split: pairs of @n samples and their neighbours, as they are and in Q11.
 *   @samples has one more
 * @convolve: @n pixels of a layer. @taps has the first pixel's pair of each tap,
 *   @outputs that of each two channels
 * @finish: two rows of 2 × @n samples. @samples has five rows of pairs of the
 *   input, from two above, each from two before the first pixel's place.
 *   @max_margin limits the clamp's
 */
typedef struct
{
  void (*split) (const int16_t * samples, size_t n, int16_t * sample_pairs,
      int16_t * value_pairs);
  void (*convolve) (const CupDoublingLayer * layer,
      const int16_t * const *taps, int16_t * const *outputs, size_t n);
  void (*finish) (const int16_t * const *samples,
      const int16_t * const *residuals, int16_t max_margin,
      int16_t * const *results, size_t n);
} CupDoublingKernels;

extern const CupDoublingKernels cup_doubling_kernels_portable;
extern const CupDoublingKernels cup_doubling_kernels_avx2;
extern const CupDoublingKernels cup_doubling_kernels_avx512_vnni;
extern const CupDoublingKernels cup_doubling_kernels_neon;
