/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kernels of a processor that is emulated against the portable ones. Needs
 * nothing but the C library, so that a compiler for another processor can build
 * it where there are no other libraries for that one.
 *
 * What the kernels are to compute, test-doubling.c says.
 */
#include "engine/local/doubling-kernels.h"

#include <stdio.h>
#include <string.h>

#define MAX_COLUMNS 100
#define MAX_TAPS 72
#define MAX_OUTPUTS 16
#define ROW (2 * (MAX_COLUMNS + CUP_DOUBLING_SLACK))
#define ROUNDS 200

static const CupDoublingKernels *const kernels[2] = {
  &cup_doubling_kernels_portable, &CUP_DOUBLING_KERNELS
};

static int16_t input[MAX_TAPS][ROW];
static int16_t output[2][MAX_OUTPUTS / 2][ROW];
static uint32_t state = 1;

/* In @low…@high. */
static int
get_random (int low, int high)
{
  state = state * 1664525 + 1013904223;
  return low + (int) ((state >> 8) % (uint32_t) (high - low + 1));
}

static void
fill (int low, int high)
{
  int16_t *to = input[0];
  size_t i;

  for (i = 0; i < MAX_TAPS * ROW; i++)
    to[i] = get_random (low, high);
  memset (output, 0, sizeof output);
}

/* Columns beyond the first @n may hold anything. */
static int
is_same (size_t n, unsigned n_rows)
{
  unsigned i;

  for (i = 0; i < n_rows; i++) {
    if (memcmp (output[0][i], output[1][i], n * 2 * sizeof (int16_t)) != 0)
      return 0;
  }
  return 1;
}

static int
test_split (size_t n)
{
  unsigned k;

  fill (-16384, 16383);
  for (k = 0; k < 2; k++)
    kernels[k]->split (input[0], n, output[k][0], output[k][1]);
  return is_same (n, 2);
}

static int
test_convolve (size_t n)
{
  static int16_t weights[MAX_TAPS * MAX_OUTPUTS * 2], slopes[MAX_OUTPUTS];
  static int32_t biases[MAX_OUTPUTS];
  CupDoublingLayer layer = { 0 };
  const int16_t *taps[MAX_TAPS];
  int16_t *outputs[MAX_OUTPUTS / 2];
  unsigned i, k;
  int most;

  fill (INT16_MIN, INT16_MAX);
  layer.n_taps = get_random (1, MAX_TAPS);
  layer.n_outputs = 4 * get_random (1, MAX_OUTPUTS / 4);
  layer.shift = get_random (7, 14);
  layer.weights = weights;
  layer.biases = biases;
  layer.slopes = get_random (0, 3) > 0 ? slopes : NULL;
  most = 60000 / (2 * (int) layer.n_taps);
  for (i = 0; i < MAX_TAPS * MAX_OUTPUTS * 2; i++)
    weights[i] = get_random (-most, most);
  for (i = 0; i < MAX_OUTPUTS; i++) {
    slopes[i] = get_random (-32767, 32767);
    biases[i] = get_random (-4000000, 4000000);
  }
  for (i = 0; i < layer.n_taps; i++)
    taps[i] = input[i];
  for (k = 0; k < 2; k++) {
    for (i = 0; i < MAX_OUTPUTS / 2; i++)
      outputs[i] = output[k][i];
    kernels[k]->convolve (&layer, taps, outputs, n);
  }
  return is_same (n, layer.n_outputs / 2);
}

static int
test_finish (size_t n)
{
  const int16_t *samples[5], *residuals[2];
  int16_t *results[2];
  unsigned i, k;

  fill (-16384, 16383);
  for (i = 0; i < ROW; i++) {
    input[5][i] = get_random (INT16_MIN, INT16_MAX);
    input[6][i] = get_random (INT16_MIN, INT16_MAX);
  }
  for (i = 0; i < 5; i++)
    samples[i] = input[i];
  for (k = 0; k < 2; k++) {
    for (i = 0; i < 2; i++) {
      residuals[i] = input[5 + i];
      results[i] = output[k][i];
    }
    kernels[k]->finish (samples, residuals, n % 2 ? 0 : INT16_MAX, results, n);
  }
  return is_same (n, 2);
}

static int
run (const char *name, unsigned number, int (*test) (size_t n))
{
  int same = 1;
  unsigned i;

  for (i = 0; i < ROUNDS && same; i++)
    same = test (get_random (1, MAX_COLUMNS));
  printf ("%s %u %s\n", same ? "ok" : "not ok", number, name);
  return same;
}

int
main (void)
{
  int same;

  printf ("1..3\n");
  same = run ("split", 1, test_split);
  same &= run ("convolve", 2, test_convolve);
  same &= run ("finish", 3, test_finish);
  return same ? 0 : 1;
}
