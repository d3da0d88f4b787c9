/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Training: that gradients are right, that vectors change nothing, that a table
 * comes out the same byte for byte, and that it does what the network does.
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "expansion.h"
#include "export.h"
#include "picture.h"
#include "reference.h"
#include "scaling.h"

#define SHORT_STEPS 6

/* Two pictures, a few steps: a second, and every part of the way. */
static const CupRecipe short_recipe = {
  "short", {8, 1}, {5, 2, 128, 96, TRUE}, 3, 16, SHORT_STEPS
};

static void
fill (gfloat * values, gsize count, guint64 seed)
{
  CupRandom random;
  gsize i;

  cup_random_init (&random, seed, 0);
  for (i = 0; i < count; i++)
    values[i] = cup_random_between (&random, -1, 1);
}

/* One output of a convolution, by the definition. */
static gdouble
convolve_slowly (const CupLayerSize * size, const gfloat * input,
    const gfloat * weights, guint x, guint y, guint output)
{
  gdouble sum = 0;
  guint t, i;

  for (t = 0; t < 9; t++) {
    for (i = 0; i < size->inputs; i++)
      sum += (gdouble) weights[(t * size->inputs + i) * size->outputs + output]
          * input[((y + t / 3) * (size->width + 2) + x + t % 3) * size->inputs
          + i];
  }
  return sum;
}

static void
check_convolve (const CupLayerSize * size)
{
  const guint inputs = (size->width + 2) * (size->height + 2) * size->inputs;
  const guint outputs = size->width * size->height * size->outputs;
  const guint count = 9 * size->inputs * size->outputs;
  const CupLayers *layers = cup_layers_get ();
  gfloat *input = g_new (gfloat, inputs), *weights = g_new (gfloat, count);
  gfloat *biases = g_new (gfloat, size->outputs);
  gfloat *output = g_new (gfloat, outputs), *other = g_new (gfloat, outputs);
  guint x, y, o;

  fill (input, inputs, 1);
  fill (weights, count, 2);
  fill (biases, size->outputs, 3);
  cup_layers_portable.convolve (size, input, weights, biases, output);
  layers->convolve (size, input, weights, biases, other);
  g_assert_cmpmem (output, outputs * sizeof *output, other,
      outputs * sizeof *other);
  layers->convolve (size, input, weights, NULL, output);
  for (y = 0; y < size->height; y++) {
    for (x = 0; x < size->width; x++) {
      for (o = 0; o < size->outputs; o++) {
        const guint i = (y * size->width + x) * size->outputs + o;
        const gdouble sum = convolve_slowly (size, input, weights, x, y, o);

        g_assert_cmpfloat_with_epsilon (output[i], sum, 1e-4);
        g_assert_cmpfloat_with_epsilon (other[i], sum + biases[o], 1e-4);
      }
    }
  }
  g_free (input);
  g_free (weights);
  g_free (biases);
  g_free (output);
  g_free (other);
}

static void
check_gradient (const CupLayerSize * size)
{
  const guint inputs = (size->width + 2) * (size->height + 2) * size->inputs;
  const guint errors_size =
      (size->width + 4) * (size->height + 4) * size->outputs;
  const guint count = 9 * size->inputs * size->outputs;
  gfloat *input = g_new (gfloat, inputs);
  gfloat *errors = g_new (gfloat, errors_size);
  gfloat *gradient = g_new0 (gfloat, count), *other = g_new0 (gfloat, count);
  const guint t = 5, i = size->inputs - 1, o = 3;
  gdouble sum = 0;
  guint x, y;

  fill (input, inputs, 1);
  fill (errors, errors_size, 2);
  cup_layers_portable.add_gradient (size, input, errors, 2, gradient);
  cup_layers_get ()->add_gradient (size, input, errors, 2, other);
  g_assert_cmpmem (gradient, count * sizeof *gradient, other,
      count * sizeof *other);
  for (y = 0; y < size->height; y++) {
    for (x = 0; x < size->width; x++)
      sum += (gdouble) input[((y + t / 3) * (size->width + 2) + x + t % 3)
          * size->inputs + i] * errors[((y + 2) * (size->width + 4) + x + 2)
          * size->outputs + o];
  }
  g_assert_cmpfloat_with_epsilon (gradient[(t * size->inputs + i)
          * size->outputs + o], sum, 1e-3);
  g_free (input);
  g_free (errors);
  g_free (gradient);
  g_free (other);
}

static void
test_layers (void)
{
  static const CupLayerSize sizes[] = {
    {1, 8, 11, 3}, {1, 16, 7, 4}, {8, 8, 21, 5}, {16, 16, 13, 3},
    {16, 8, 9, 6},
  };
  static const CupLayerSize turned = { 8, 16, 10, 4 };
  guint i;

  g_test_message ("%s", cup_layers_get ()->name);
  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    check_convolve (&sizes[i]);
    check_gradient (&sizes[i]);
  }
  check_convolve (&turned);
}

/* The loss as a function of what is trained, at @values + @step × @direction. */
static gdouble
get_loss (CupPass * pass, CupModel * model, const CupExpansion * expansion,
    const gfloat * values, const gfloat * direction, gdouble step)
{
  gfloat *moved = g_new (gfloat, expansion->size);
  gdouble loss;
  gsize i;

  for (i = 0; i < expansion->size; i++)
    moved[i] = values[i] + step * direction[i];
  cup_expansion_collapse (expansion, moved, model);
  loss = cup_pass_get_loss (pass, model);
  g_free (moved);
  return loss;
}

/* By what training says of it, and by trying. */
static void
test_gradient (void)
{
  static const CupModelShape shapes[] = { {8, 1}, {8, 3}, {16, 4} };
  const guint patch = 6;
  guint i, k;

  for (i = 0; i < G_N_ELEMENTS (shapes); i++) {
    gfloat *values, *direction, *gradient, *of_model;
    gdouble expected = 0, found;
    CupExpansion expansion;
    CupRandom random;
    CupModel model;
    CupPass *pass;
    guint side;

    cup_model_init (&model, shapes[i]);
    cup_expansion_init (&expansion, &model, 12);
    values = g_new (gfloat, expansion.size);
    direction = g_new (gfloat, expansion.size);
    gradient = g_new (gfloat, expansion.size);
    of_model = g_new0 (gfloat, model.size);
    cup_random_init (&random, 1, 0);
    cup_expansion_fill (&expansion, &model, &random, values);
    fill (direction, expansion.size, 2);
    pass = cup_pass_new (&model, cup_layers_get (), patch);
    side = patch + 2 * model.n_layers;
    fill (cup_pass_get_input (pass), side * side, 3);
    fill (cup_pass_get_target (pass), patch * patch * CUP_MODEL_PHASES, 4);

    cup_expansion_collapse (&expansion, values, &model);
    cup_pass_run (pass, &model, of_model);
    cup_expansion_get_gradient (&expansion, &model, values, of_model, gradient);
    for (k = 0; k < expansion.size; k++)
      expected += (gdouble) gradient[k] * direction[k];
    found = get_loss (pass, &model, &expansion, values, direction, 1e-3)
        - get_loss (pass, &model, &expansion, values, direction, -1e-3);
    found /= 2e-3;
    g_test_message ("%u channels, %u middle layers: %g, by trying %g",
        shapes[i].channels, shapes[i].middle, expected, found);
    g_assert_cmpfloat (fabs (expected), >, 0.5);
    g_assert_cmpfloat (fabs (expected - found), <, 0.02 * fabs (expected));

    cup_pass_free (pass);
    cup_model_clear (&model);
    g_free (values);
    g_free (direction);
    g_free (gradient);
    g_free (of_model);
  }
}

static gchar *
make_table (const CupLayers * layers, guint n_threads)
{
  GError *error = NULL;
  CupNetwork *network;
  CupModel model;
  gchar *text;

  cup_trainer_run (&short_recipe, layers, n_threads, &model, NULL, NULL);
  network = cup_export_quantise (&model, short_recipe.name, &error);
  g_assert_no_error (error);
  text = cup_export_write (network, &short_recipe);
  cup_export_free (network);
  cup_model_clear (&model);
  return text;
}

static void
test_same_bytes (void)
{
  gchar *one = make_table (cup_layers_get (), 1);
  gchar *three = make_table (&cup_layers_portable, 3);
  gchar *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, one, -1);

  g_assert_cmpstr (one, ==, three);
  g_assert_cmpstr (digest, ==,
      "7ac273e8b7378c68de10f5ad5189322df0b81c2ad195264311d0dc5a58b32566");
  g_free (one);
  g_free (three);
  g_free (digest);
}

/* A model of random weights, as large as @scale. */
static void
init_random_model (CupModel * model, gfloat scale)
{
  const CupModelShape shape = { 8, 3 };
  gsize i;

  cup_model_init (model, shape);
  fill (model->values, model->size, 9);
  for (i = 0; i < model->size; i++)
    model->values[i] *= scale;
}

/* The largest that any sum of @network can become. */
static gint64
get_largest_sum (const CupNetwork * network)
{
  gint64 largest = 0;
  guint i, o, k;

  for (i = 0; i < network->n_layers; i++) {
    const CupNetworkLayer *layer = &network->layers[i];

    for (o = 0; o < layer->outputs; o++) {
      gint64 sum = ABS ((gint64) layer->biases[o]);

      for (k = 0; k < CUP_NETWORK_TAPS * layer->inputs; k++)
        sum += (gint64) (i == 0 ? 2048 : 32768)
            * ABS ((gint64) layer->weights[k * layer->outputs + o]);
      largest = MAX (largest, sum);
    }
  }
  return largest;
}

/* Weights of any size either fit, or are refused: never an overflow. */
static void
test_overflow (void)
{
  static const gfloat scales[] = { 0.05f, 0.5f, 1, 2, 3, 4, 8, 100 };
  guint fitting = 0, i;

  for (i = 0; i < G_N_ELEMENTS (scales); i++) {
    GError *error = NULL;
    CupNetwork *network;
    CupModel model;

    init_random_model (&model, scales[i]);
    network = cup_export_quantise (&model, "random", &error);
    if (network) {
      g_assert_cmpint (get_largest_sum (network), <=, G_MAXINT32);
      cup_export_free (network);
      fitting++;
    } else {
      g_assert_error (error, CUP_ERROR, CUP_ERROR_FAILED);
      g_clear_error (&error);
    }
    cup_model_clear (&model);
  }
  g_assert_cmpuint (fitting, >=, 3);
  g_assert_cmpuint (fitting, <, G_N_ELEMENTS (scales));
}

/* Pixels of the middle of a picture, by the network as it was trained. */
static void
check_against_model (const CupModel * model, const CupPixels * luma,
    const CupPixels * result)
{
  const guint margin = model->n_layers, side = luma->width;
  const guint patch = side - 2 * margin;
  CupPass *pass = cup_pass_new (model, cup_layers_get (), patch);
  gfloat *input = cup_pass_get_input (pass);
  CupPixels *base = cup_scaling_expand (luma, 2);
  const gfloat *output;
  guint x, y, o;

  for (y = 0; y < side; y++) {
    for (x = 0; x < side; x++)
      *input++ = (cup_pixels_row (luma, y)[x] - 128) / 128.0f;
  }
  output = cup_pass_forward (pass, model);
  for (y = 0; y < patch; y++) {
    for (x = 0; x < patch; x++, output += 8) {
      for (o = 0; o < CUP_MODEL_PHASES; o++) {
        const guint to_x = 2 * (x + margin) + o % 2;
        const guint to_y = 2 * (y + margin) + o / 2;
        gdouble level = cup_pixels_row (base, to_y)[to_x]
            + (gdouble) output[o] * CUP_MODEL_RANGE;

        /* The base was rounded, and so is the result. */
        level = CLAMP (level, 0, 255);
        g_assert_cmpfloat_with_epsilon (cup_pixels_row (result, to_y)[to_x],
            level, 1.2);
      }
    }
  }
  cup_pixels_unref (base);
  cup_pass_free (pass);
}

static void
test_reference (void)
{
  CupPixels *luma = cup_picture_new (7, 1, 40, 40, 1), *result;
  GError *error = NULL;
  CupNetwork *network;
  CupModel model;

  init_random_model (&model, 0.12f);
  network = cup_export_quantise (&model, "random", &error);
  g_assert_no_error (error);
  result = cup_reference_upscale (network, luma, 2, FALSE);
  g_assert_cmpuint (result->width, ==, 80);
  g_assert_cmpuint (result->height, ==, 80);
  check_against_model (&model, luma, result);
  cup_export_free (network);
  cup_model_clear (&model);
  cup_pixels_unref (luma);
  cup_pixels_unref (result);
}

gint
main (gint argc, gchar ** argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/training/layers", test_layers);
  g_test_add_func ("/training/gradient", test_gradient);
  g_test_add_func ("/training/same-bytes", test_same_bytes);
  g_test_add_func ("/training/overflow", test_overflow);
  g_test_add_func ("/training/reference", test_reference);
  return g_test_run ();
}
