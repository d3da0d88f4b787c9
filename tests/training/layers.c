/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See layers.h. This file is compiled twice for x86, with and without AVX2,
 * which the machine is asked for at run time; never with fused
 * multiplication and addition.
 */
#include "layers.h"

#define TAPS 9
#define LANES 8
/* Vectors that are summed up at once: half of the registers of AVX2. */
#define SUMS 8

typedef gfloat Vector __attribute__((vector_size (4 * LANES), aligned (4),
        may_alias));

#define INLINE static inline __attribute__ ((always_inline))

/* @pixels pixels with @groups × 8 outputs each. @taps point to the first one's
 * inputs. */
INLINE void
convolve_pixels (const gfloat * const *taps, gsize offset,
    const gfloat * weights, const gfloat * biases, gfloat * output,
    const guint inputs, const guint groups, const guint pixels)
{
  const Vector zero = { 0 };
  Vector sums[SUMS];
  guint t, i, g, p;

  for (p = 0; p < pixels; p++) {
    for (g = 0; g < groups; g++)
      sums[p * groups + g] = biases ? ((const Vector *) biases)[g]
          : zero;
  }
  for (t = 0; t < TAPS; t++) {
    const gfloat *values = taps[t] + offset;

    for (i = 0; i < inputs; i++, values++, weights += groups * LANES) {
      for (g = 0; g < groups; g++) {
        const Vector weight = ((const Vector *) weights)[g];

        for (p = 0; p < pixels; p++)
          sums[p * groups + g] += weight * values[p * inputs];
      }
    }
  }
  for (p = 0; p < pixels * groups; p++)
    ((Vector *) output)[p] = sums[p];
}

INLINE void
convolve_size (const CupLayerSize * size, const gfloat * input,
    const gfloat * weights, const gfloat * biases, gfloat * output,
    const guint inputs, const guint groups)
{
  const gsize stride = (gsize) (size->width + 2) * inputs;
  const guint block = SUMS / groups;
  const gfloat *taps[TAPS];
  guint x, y, t;

  for (y = 0; y < size->height; y++) {
    for (t = 0; t < TAPS; t++)
      taps[t] = input + (y + t / 3) * stride + t % 3 * inputs;
    for (x = 0; x + block <= size->width; x += block) {
      convolve_pixels (taps, (gsize) x * inputs, weights, biases, output,
          inputs, groups, block);
      output += block * groups * LANES;
    }
    for (; x < size->width; x++) {
      convolve_pixels (taps, (gsize) x * inputs, weights, biases, output,
          inputs, groups, 1);
      output += groups * LANES;
    }
  }
}

static void
convolve (const CupLayerSize * size, const gfloat * input,
    const gfloat * weights, const gfloat * biases, gfloat * output)
{
  const guint groups = size->outputs / LANES;

  if (size->inputs == 1 && groups == 1)
    convolve_size (size, input, weights, biases, output, 1, 1);
  else if (size->inputs == 1 && groups == 2)
    convolve_size (size, input, weights, biases, output, 1, 2);
  else if (size->inputs == 8 && groups == 1)
    convolve_size (size, input, weights, biases, output, 8, 1);
  else if (size->inputs == 8 && groups == 2)
    convolve_size (size, input, weights, biases, output, 8, 2);
  else if (size->inputs == 16 && groups == 1)
    convolve_size (size, input, weights, biases, output, 16, 1);
  else if (size->inputs == 16 && groups == 2)
    convolve_size (size, input, weights, biases, output, 16, 2);
  else
    g_assert_not_reached ();
}

/* One tap, one group of outputs, @count inputs. */
INLINE void
add_tap (const CupLayerSize * size, const gfloat * input,
    gsize input_stride, const gfloat * errors, gsize errors_stride,
    gfloat * gradient, const guint inputs, const guint outputs,
    const guint count)
{
  const Vector zero = { 0 };
  Vector sums[SUMS];
  guint x, y, i;

  for (i = 0; i < count; i++)
    sums[i] = zero;
  for (y = 0; y < size->height; y++) {
    const gfloat *values = input + y * input_stride;
    const gfloat *row = errors + y * errors_stride;

    for (x = 0; x < size->width; x++, values += inputs, row += outputs) {
      const Vector error = *(const Vector *) row;

      for (i = 0; i < count; i++)
        sums[i] += error * values[i];
    }
  }
  for (i = 0; i < count; i++)
    *(Vector *) (gradient + i * outputs) += sums[i];
}

INLINE void
add_gradient_size (const CupLayerSize * size, const gfloat * input,
    const gfloat * errors, guint margin, gfloat * gradient,
    const guint inputs, const guint groups)
{
  const guint outputs = groups * LANES;
  const guint count = inputs < SUMS ? inputs : SUMS;
  const gsize input_stride = (gsize) (size->width + 2) * inputs;
  const gsize errors_stride = (gsize) (size->width + 2 * margin) * outputs;
  guint t, g, i;

  errors += margin * errors_stride + margin * outputs;
  for (t = 0; t < TAPS; t++) {
    const gfloat *values = input + t / 3 * input_stride + t % 3 * inputs;

    for (g = 0; g < groups; g++) {
      for (i = 0; i < inputs; i += count)
        add_tap (size, values + i, input_stride, errors + g * LANES,
            errors_stride, gradient + (t * inputs + i) * outputs + g * LANES,
            inputs, outputs, count);
    }
  }
}

static void
add_gradient (const CupLayerSize * size, const gfloat * input,
    const gfloat * errors, guint margin, gfloat * gradient)
{
  const guint groups = size->outputs / LANES;

  if (size->inputs == 1 && groups == 1)
    add_gradient_size (size, input, errors, margin, gradient, 1, 1);
  else if (size->inputs == 1 && groups == 2)
    add_gradient_size (size, input, errors, margin, gradient, 1, 2);
  else if (size->inputs == 8 && groups == 1)
    add_gradient_size (size, input, errors, margin, gradient, 8, 1);
  else if (size->inputs == 16 && groups == 1)
    add_gradient_size (size, input, errors, margin, gradient, 16, 1);
  else if (size->inputs == 16 && groups == 2)
    add_gradient_size (size, input, errors, margin, gradient, 16, 2);
  else
    g_assert_not_reached ();
}

#ifdef CUP_LAYERS_AVX2
const CupLayers cup_layers_avx2 = { "avx2", convolve, add_gradient };
#else
const CupLayers cup_layers_portable = { "portable", convolve, add_gradient };
#endif
