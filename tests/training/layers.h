/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The two operations that training spends its time in: 3×3 convolution, and the
 * gradient of its weights. Values of a pixel's channels are side by side;
 * outputs come in groups of eight, which are computed with vectors, each
 * output with the same operations in the same order whatever the machine.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CupLayerSize:
 * @inputs: channels, 1, 8 or 16
 * @outputs: channels, 8 or 16
 * @width, @height: of the output; the input has two rows and columns more
 */
typedef struct
{
  guint inputs;
  guint outputs;
  guint width;
  guint height;
} CupLayerSize;

/**
 * CupLayers:
 * @convolve: weights are in the order of taps (row by row), inputs, outputs.
 *   @biases is NULL for none
 * @add_gradient: adds to @gradient, in the order of weights. @errors are of the
 *   output, and have @margin columns and rows around it
 */
typedef struct
{
  const gchar *name;
  void (*convolve) (const CupLayerSize * size, const gfloat * input,
      const gfloat * weights, const gfloat * biases, gfloat * output);
  void (*add_gradient) (const CupLayerSize * size, const gfloat * input,
      const gfloat * errors, guint margin, gfloat * gradient);
} CupLayers;

extern const CupLayers cup_layers_portable;
/* x86 only (CUP_HAVE_LAYERS_AVX2). */
extern const CupLayers cup_layers_avx2;

/* What this machine does fastest. All give the same results. */
const CupLayers *cup_layers_get (void);

G_END_DECLS
