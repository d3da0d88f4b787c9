/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is trained in place of a network's weights: each layer as two, 3×3 to
 * many channels and 1×1 from there to its outputs, with nothing in between, so
 * that they collapse into the one layer again. The result can do no more than
 * that layer, but descent finds a good one in far fewer steps. Middle layers
 * begin as, and keep, the identity beside it.
 */
#pragma once

#include "exact.h"
#include "model.h"

G_BEGIN_DECLS

/**
 * CupExpansion:
 * @channels: between the two
 * @first, @second, @biases, @slopes: where a layer's begin among the values, the
 *   first two in the order of taps and inputs, channels; channels, outputs
 * @size: number of values
 */
typedef struct
{
  guint channels;
  gsize first[CUP_MODEL_MAX_LAYERS];
  gsize second[CUP_MODEL_MAX_LAYERS];
  gsize biases[CUP_MODEL_MAX_LAYERS];
  gsize slopes[CUP_MODEL_MAX_LAYERS];
  gsize size;
} CupExpansion;

void cup_expansion_init (CupExpansion * expansion, const CupModel * model,
    guint channels);

/* Where training starts. */
void cup_expansion_fill (const CupExpansion * expansion,
    const CupModel * model, CupRandom * random, gfloat * values);

/* Sets the values of @model to what @values make. */
void cup_expansion_collapse (const CupExpansion * expansion,
    const gfloat * values, CupModel * model);

/* From the gradient of the model's values that of @values. */
void cup_expansion_get_gradient (const CupExpansion * expansion,
    const CupModel * model, const gfloat * values, const gfloat * of_model,
    gfloat * gradient);

/* Slopes stay within -1…1, which whole numbers need, and clipping too. */
void cup_expansion_limit (const CupExpansion * expansion,
    const CupModel * model, gfloat * values);

G_END_DECLS
