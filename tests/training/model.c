/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See model.h. The way back is ordinary: the errors of a layer's outputs give
 * the gradients of its weights and biases, and, convolved with the weights
 * turned around, the errors of its inputs. So that all of the input gets its
 * share they have a margin of zeros, MARGIN wide.
 */
#include "model.h"

#include <string.h>

#include "exact.h"

#define TAPS 9
#define MARGIN 2
#define MAX_CHANNELS 16

/* So that the number of channels is known where loops over them are compiled,
 * and they become vectors. */
#define INLINE static inline __attribute__ ((always_inline))

struct _CupPass
{
  const CupLayers *layers;
  guint n_layers;
  guint patch;
  gfloat *target;
  /* Of each layer: what goes in, what comes out before the PReLU, and the
   * errors of that. */
  gfloat *inputs[CUP_MODEL_MAX_LAYERS];
  gfloat *sums[CUP_MODEL_MAX_LAYERS];
  gfloat *errors[CUP_MODEL_MAX_LAYERS];
  /* Errors of a layer's inputs. */
  gfloat *back;
};

void
cup_model_init (CupModel * model, CupModelShape shape)
{
  gsize offset = 0;
  guint i;

  g_assert (shape.channels == 8 || shape.channels == 16);
  g_assert (shape.middle + 2 <= CUP_MODEL_MAX_LAYERS);
  memset (model, 0, sizeof *model);
  model->shape = shape;
  model->n_layers = shape.middle + 2;
  for (i = 0; i < model->n_layers; i++) {
    const gboolean last = i == model->n_layers - 1;

    model->inputs[i] = i == 0 ? 1 : shape.channels;
    model->outputs[i] = last ? 8 : shape.channels;
    model->weights[i] = offset;
    offset += TAPS * model->inputs[i] * model->outputs[i];
    model->biases[i] = offset;
    offset += model->outputs[i];
    model->slopes[i] = offset;
    if (!last)
      offset += model->outputs[i];
  }
  model->size = offset;
  model->values = g_new0 (gfloat, offset);
}

void
cup_model_clear (CupModel * model)
{
  g_clear_pointer (&model->values, g_free);
}

/* Side of what layer @i gives. */
static guint
get_side (const CupPass * self, guint i)
{
  return self->patch + 2 * (self->n_layers - 1 - i);
}

CupPass *
cup_pass_new (const CupModel * model, const CupLayers * layers, guint patch)
{
  CupPass *self = g_new0 (CupPass, 1);
  guint i, side;

  self->layers = layers;
  self->n_layers = model->n_layers;
  self->patch = patch;
  self->target = g_new0 (gfloat, (gsize) patch * patch * CUP_MODEL_PHASES);
  for (i = 0; i < model->n_layers; i++) {
    side = get_side (self, i);
    self->inputs[i] =
        g_new0 (gfloat, (gsize) (side + 2) * (side + 2) * model->inputs[i]);
    self->sums[i] = g_new0 (gfloat, (gsize) side * side * model->outputs[i]);
    side += 2 * MARGIN;
    self->errors[i] = g_new0 (gfloat, (gsize) side * side * model->outputs[i]);
  }
  side = get_side (self, 0);
  self->back = g_new0 (gfloat, (gsize) side * side * MAX_CHANNELS);
  return self;
}

void
cup_pass_free (CupPass * self)
{
  guint i;

  for (i = 0; i < self->n_layers; i++) {
    g_free (self->inputs[i]);
    g_free (self->sums[i]);
    g_free (self->errors[i]);
  }
  g_free (self->target);
  g_free (self->back);
  g_free (self);
}

gfloat *
cup_pass_get_input (CupPass * self)
{
  return self->inputs[0];
}

gfloat *
cup_pass_get_target (CupPass * self)
{
  return self->target;
}

static void
get_layer_size (const CupPass * self, const CupModel * model, guint i,
    CupLayerSize * size)
{
  size->inputs = model->inputs[i];
  size->outputs = model->outputs[i];
  size->width = size->height = get_side (self, i);
}

INLINE void
apply_prelu (const gfloat * restrict sums, const gfloat * slopes,
    gfloat * restrict values, gsize count, const guint channels)
{
  gfloat slope[MAX_CHANNELS];
  gsize i;
  guint c;

  memcpy (slope, slopes, channels * sizeof *slope);
  for (i = 0; i < count; i++, sums += channels, values += channels) {
    for (c = 0; c < channels; c++)
      values[c] = sums[c] * (sums[c] < 0.0f ? slope[c] : 1.0f);
  }
}

const gfloat *
cup_pass_forward (CupPass * self, const CupModel * model)
{
  const guint last = model->n_layers - 1;
  CupLayerSize size;
  gsize count;
  guint i;

  for (i = 0; i <= last; i++) {
    const gfloat *slopes = model->values + model->slopes[i];
    const gfloat *sums = self->sums[i];

    get_layer_size (self, model, i, &size);
    self->layers->convolve (&size, self->inputs[i],
        model->values + model->weights[i], model->values + model->biases[i],
        self->sums[i]);
    if (i == last)
      break;
    count = (gsize) size.width * size.height;
    if (size.outputs == 8)
      apply_prelu (sums, slopes, self->inputs[i + 1], count, 8);
    else
      apply_prelu (sums, slopes, self->inputs[i + 1], count, 16);
  }
  return self->sums[last];
}

/* Fills the last layer's errors. */
static gdouble
compare (CupPass * self)
{
  const guint last = self->n_layers - 1, patch = self->patch;
  const gfloat *output = self->sums[last], *target = self->target;
  gdouble sum = 0.0;
  guint x, y, c;

  for (y = 0; y < patch; y++) {
    gfloat *errors = self->errors[last]
        + ((gsize) (y + MARGIN) * (patch + 2 * MARGIN) + MARGIN) * 8;

    for (x = 0; x < patch; x++, output += 8, errors += 8) {
      gfloat squares = 0.0f;

      for (c = 0; c < CUP_MODEL_PHASES; c++, target++) {
        const gfloat error = output[c] - *target;
        const gfloat square = error * error;

        squares += square;
        errors[c] = 0.3f * error / sqrtf (square + 1e-4f);
      }
      sum += squares;
    }
  }
  return sum;
}

gdouble
cup_pass_get_loss (CupPass * self, const CupModel * model)
{
  const gfloat *output = cup_pass_forward (self, model);
  gdouble sum = 0.0;
  gsize i;
  guint c;

  for (i = 0; i < (gsize) self->patch * self->patch; i++) {
    for (c = 0; c < CUP_MODEL_PHASES; c++) {
      const gdouble error =
          output[i * 8 + c] - self->target[i * CUP_MODEL_PHASES + c];

      sum += 0.3 * sqrt (error * error + 1e-4);
    }
  }
  return sum;
}

INLINE void
add_errors (const gfloat * restrict errors, guint side, gfloat * gradient,
    const guint outputs)
{
  gfloat sums[MAX_CHANNELS] = { 0 };
  guint x, y, c;

  errors += (MARGIN * (side + 2 * MARGIN) + MARGIN) * outputs;
  for (y = 0; y < side; y++, errors += 2 * MARGIN * outputs) {
    for (x = 0; x < side; x++, errors += outputs) {
      for (c = 0; c < outputs; c++)
        sums[c] += errors[c];
    }
  }
  for (c = 0; c < outputs; c++)
    gradient[c] += sums[c];
}

static void
add_bias_gradient (const CupPass * self, const CupModel * model, guint i,
    gfloat * gradient)
{
  const guint side = get_side (self, i);

  gradient += model->biases[i];
  if (model->outputs[i] == 8)
    add_errors (self->errors[i], side, gradient, 8);
  else
    add_errors (self->errors[i], side, gradient, 16);
}

/* Errors of layer @i's inputs, into self->back. */
static void
propagate (CupPass * self, const CupModel * model, guint i)
{
  const guint inputs = model->inputs[i], outputs = model->outputs[i];
  const gfloat *weights = model->values + model->weights[i];
  gfloat turned[TAPS * MAX_CHANNELS * MAX_CHANNELS];
  CupLayerSize size;
  guint t, a, b;

  for (t = 0; t < TAPS; t++) {
    for (a = 0; a < inputs; a++) {
      for (b = 0; b < outputs; b++)
        turned[((TAPS - 1 - t) * outputs + b) * inputs + a] =
            weights[(t * inputs + a) * outputs + b];
    }
  }
  size.inputs = outputs;
  size.outputs = inputs;
  size.width = size.height = get_side (self, i) + 2;
  self->layers->convolve (&size, self->errors[i], turned, NULL, self->back);
}

INLINE void
apply_slopes (const gfloat * restrict sums, const gfloat * restrict back,
    const gfloat * slopes, gfloat * restrict errors, guint side,
    gfloat * gradient, const guint channels)
{
  gfloat slope[MAX_CHANNELS], of_slopes[MAX_CHANNELS] = { 0 };
  guint x, y, c;

  memcpy (slope, slopes, channels * sizeof *slope);
  errors += (MARGIN * (side + 2 * MARGIN) + MARGIN) * channels;
  for (y = 0; y < side; y++, errors += 2 * MARGIN * channels) {
    for (x = 0; x < side; x++) {
      for (c = 0; c < channels; c++) {
        errors[c] = back[c] * (sums[c] < 0.0f ? slope[c] : 1.0f);
        of_slopes[c] += (sums[c] < 0.0f ? sums[c] : 0.0f) * back[c];
      }
      sums += channels;
      back += channels;
      errors += channels;
    }
  }
  for (c = 0; c < channels; c++)
    gradient[c] += of_slopes[c];
}

/* Back through the PReLU behind layer @i. */
static void
propagate_prelu (CupPass * self, const CupModel * model, guint i,
    gfloat * gradient)
{
  const gfloat *slopes = model->values + model->slopes[i];
  const guint side = get_side (self, i);

  gradient += model->slopes[i];
  if (model->outputs[i] == 8)
    apply_slopes (self->sums[i], self->back, slopes, self->errors[i], side,
        gradient, 8);
  else
    apply_slopes (self->sums[i], self->back, slopes, self->errors[i], side,
        gradient, 16);
}

gdouble
cup_pass_run (CupPass * self, const CupModel * model, gfloat * gradient)
{
  CupLayerSize size;
  gdouble squares;
  guint i;

  cup_pass_forward (self, model);
  squares = compare (self);
  for (i = model->n_layers; i-- > 0;) {
    get_layer_size (self, model, i, &size);
    add_bias_gradient (self, model, i, gradient);
    self->layers->add_gradient (&size, self->inputs[i], self->errors[i],
        MARGIN, gradient + model->weights[i]);
    if (i > 0) {
      propagate (self, model, i);
      propagate_prelu (self, model, i - 1, gradient);
    }
  }
  return squares;
}
