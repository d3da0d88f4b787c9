/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The networks: luma at half the size → what bicubic interpolation (×2) lacks.
 *
 * A row of 3×3 convolutions: one input to @channels, then @middle from
 * @channels to @channels, then to four, which are the pixels of a 2×2 block.
 * After all but the last comes a PReLU with a slope for each channel. Inputs are
 * (Y - 128) / 128; outputs times 32 are levels.
 */
#pragma once

#include "layers.h"

G_BEGIN_DECLS

#define CUP_MODEL_MAX_LAYERS 6
/* Pixels of the result for each of the input. */
#define CUP_MODEL_PHASES 4
/* Levels for an output of 1. */
#define CUP_MODEL_RANGE 32.0f

typedef struct
{
  guint channels;
  guint middle;
} CupModelShape;

/**
 * CupModel:
 * @n_layers: @shape.middle + 2; as many pixels are lost at each border
 * @inputs, @outputs: channels; the last layer's outputs are padded to eight
 * @weights, @biases, @slopes: where a layer's begin among the values
 * @size: number of values
 * @values: in training these are made of others (expansion.h) at each step
 */
typedef struct
{
  CupModelShape shape;
  guint n_layers;
  guint inputs[CUP_MODEL_MAX_LAYERS];
  guint outputs[CUP_MODEL_MAX_LAYERS];
  gsize weights[CUP_MODEL_MAX_LAYERS];
  gsize biases[CUP_MODEL_MAX_LAYERS];
  gsize slopes[CUP_MODEL_MAX_LAYERS];
  gsize size;
  gfloat *values;
} CupModel;

/* All values are 0. */
void cup_model_init (CupModel * model, CupModelShape shape);
void cup_model_clear (CupModel * model);

/* Memory for one patch on its way through a network and back. */
typedef struct _CupPass CupPass;

/* Patches have @patch × @patch pixels at the end, and n_layers more to each side
 * at the beginning. */
CupPass *cup_pass_new (const CupModel * model, const CupLayers * layers,
    guint patch);
void cup_pass_free (CupPass * pass);

/* To be filled before cup_pass_run(): the input. */
gfloat *cup_pass_get_input (CupPass * pass);
/* Likewise: what should come out, the phases of a pixel side by side. */
gfloat *cup_pass_get_target (CupPass * pass);

/* Through the network and back. Adds the gradient of the loss (Charbonnier's:
 * 0.3 √(e² + 10⁻⁴), summed) to @gradient, which is like the model's values;
 * returns the sum of all e². */
gdouble cup_pass_run (CupPass * pass, const CupModel * model,
    gfloat * gradient);

/* Only the way there: the last layer's outputs, padded to eight for each pixel,
 * until the next run. */
const gfloat *cup_pass_forward (CupPass * pass, const CupModel * model);

/* The loss of cup_pass_run(), for tests of the gradient. */
gdouble cup_pass_get_loss (CupPass * pass, const CupModel * model);

G_END_DECLS
