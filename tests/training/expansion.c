/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See expansion.h. Sums run in one order, and loops are such that compilers can
 * use vectors without changing it: the innermost index is never summed over.
 */
#include "expansion.h"

#include <string.h>

#define TAPS 9
#define MAX_OUTPUTS 16
#define MAX_SLOPE 0.999f

void
cup_expansion_init (CupExpansion * expansion, const CupModel * model,
    guint channels)
{
  gsize offset = 0;
  guint i;

  memset (expansion, 0, sizeof *expansion);
  expansion->channels = channels;
  for (i = 0; i < model->n_layers; i++) {
    expansion->first[i] = offset;
    offset += (gsize) model->inputs[i] * TAPS * channels;
    expansion->second[i] = offset;
    offset += model->outputs[i] * (gsize) channels;
    expansion->biases[i] = offset;
    offset += model->outputs[i];
    expansion->slopes[i] = offset;
    if (i < model->n_layers - 1)
      offset += model->outputs[i];
  }
  expansion->size = offset;
}

static gboolean
has_identity (const CupModel * model, guint layer)
{
  return layer > 0 && layer < model->n_layers - 1;
}

void
cup_expansion_fill (const CupExpansion * expansion, const CupModel * model,
    CupRandom * random, gfloat * values)
{
  guint i, k;

  memset (values, 0, expansion->size * sizeof *values);
  for (i = 0; i < model->n_layers; i++) {
    const guint rows = TAPS * model->inputs[i];
    gdouble deviation = sqrt (2.0 / rows);

    if (has_identity (model, i))
      deviation *= 0.5;
    else if (i > 0)
      deviation *= 0.1;
    for (k = 0; k < rows * expansion->channels; k++)
      values[expansion->first[i] + k] = deviation * cup_random_normal (random);
    deviation = 1.0 / sqrt (expansion->channels);
    for (k = 0; k < expansion->channels * model->outputs[i]; k++)
      values[expansion->second[i] + k] = deviation * cup_random_normal (random);
    for (k = 0; i < model->n_layers - 1 && k < model->outputs[i]; k++)
      values[expansion->slopes[i] + k] = 0.2f;
  }
}

static void
collapse_layer (const CupExpansion * expansion, const gfloat * values,
    CupModel * model, guint layer)
{
  const guint outputs = model->outputs[layer];
  const gfloat *first = values + expansion->first[layer];
  guint row, e, c;

  for (row = 0; row < TAPS * model->inputs[layer]; row++) {
    const gfloat *second = values + expansion->second[layer];
    gfloat sums[MAX_OUTPUTS] = { 0 };

    for (e = 0; e < expansion->channels; e++, first++, second += outputs) {
      for (c = 0; c < outputs; c++)
        sums[c] += *first * second[c];
    }
    memcpy (model->values + model->weights[layer] + row * outputs, sums,
        outputs * sizeof *sums);
  }
}

void
cup_expansion_collapse (const CupExpansion * expansion,
    const gfloat * values, CupModel * model)
{
  guint i, c;

  for (i = 0; i < model->n_layers; i++) {
    const guint inputs = model->inputs[i], outputs = model->outputs[i];
    gfloat *middle = model->values + model->weights[i]
        + TAPS / 2 * inputs * outputs;

    collapse_layer (expansion, values, model, i);
    for (c = 0; has_identity (model, i) && c < inputs; c++)
      middle[c * outputs + c] += 1.0f;
    memcpy (model->values + model->biases[i], values + expansion->biases[i],
        outputs * sizeof *values);
    if (i < model->n_layers - 1)
      memcpy (model->values + model->slopes[i], values + expansion->slopes[i],
          outputs * sizeof *values);
  }
}

static void
get_layer_gradient (const CupExpansion * expansion, const CupModel * model,
    const gfloat * values, const gfloat * of_weights, gfloat * gradient,
    guint layer)
{
  const guint outputs = model->outputs[layer];
  const guint channels = expansion->channels;
  const gfloat *first = values + expansion->first[layer];
  const gfloat *second = values + expansion->second[layer];
  gfloat *of_first = gradient + expansion->first[layer];
  gfloat *turned = g_new (gfloat, (gsize) channels * outputs);
  guint row, e, c;

  for (e = 0; e < channels; e++) {
    for (c = 0; c < outputs; c++)
      turned[c * channels + e] = second[e * outputs + c];
  }
  for (row = 0; row < TAPS * model->inputs[layer]; row++) {
    gfloat *of_second = gradient + expansion->second[layer];

    for (c = 0; c < outputs; c++) {
      for (e = 0; e < channels; e++)
        of_first[e] += of_weights[c] * turned[c * channels + e];
    }
    for (e = 0; e < channels; e++, of_second += outputs) {
      for (c = 0; c < outputs; c++)
        of_second[c] += first[e] * of_weights[c];
    }
    first += channels;
    of_first += channels;
    of_weights += outputs;
  }
  g_free (turned);
}

void
cup_expansion_get_gradient (const CupExpansion * expansion,
    const CupModel * model, const gfloat * values, const gfloat * of_model,
    gfloat * gradient)
{
  guint i;

  memset (gradient, 0, expansion->size * sizeof *gradient);
  for (i = 0; i < model->n_layers; i++) {
    const gsize size = model->outputs[i] * sizeof *gradient;

    get_layer_gradient (expansion, model, values,
        of_model + model->weights[i], gradient, i);
    memcpy (gradient + expansion->biases[i], of_model + model->biases[i], size);
    if (i < model->n_layers - 1)
      memcpy (gradient + expansion->slopes[i], of_model + model->slopes[i],
          size);
  }
}

void
cup_expansion_limit (const CupExpansion * expansion, const CupModel * model,
    gfloat * values)
{
  guint i, c;

  for (i = 0; i < model->n_layers - 1; i++) {
    gfloat *slopes = values + expansion->slopes[i];

    for (c = 0; c < model->outputs[i]; c++)
      slopes[c] = CLAMP (slopes[c], -MAX_SLOPE, MAX_SLOPE);
  }
}
