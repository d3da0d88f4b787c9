/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See export.h. What must hold of each output of each layer: the sum of its
 * weights' magnitudes times the largest input, and its bias, stay below 2^31.
 */
#include "export.h"

#include "base/error.h"

#define MIN_FRACTION 8
#define MAX_FRACTION 14
#define SLOPE_BITS 15

/* |x| of the first layer's inputs is at most 2^11, of others' 2^15. */
#define FIRST_INPUT 2048
#define ANY_INPUT 32768

static gint64
to_fixed (gdouble value, guint bits)
{
  return floor (ldexp (value, bits) + 0.5);
}

/* Whether layer @i fits with this fraction. */
static gboolean
fits (const CupModel * model, guint i, guint n_outputs, guint fraction)
{
  const gint64 largest = i == 0 ? FIRST_INPUT : ANY_INPUT;
  const guint rows = CUP_NETWORK_TAPS * model->inputs[i];
  guint row, c;

  for (c = 0; c < n_outputs; c++) {
    gint64 sum = ABS (to_fixed (model->values[model->biases[i] + c],
            CUP_NETWORK_VALUE_BITS + fraction)) + (1 << fraction);

    for (row = 0; row < rows; row++) {
      const gint64 weight = to_fixed (model->values[model->weights[i]
              + row * model->outputs[i] + c], fraction);

      if (weight < G_MININT16 || weight > G_MAXINT16)
        return FALSE;
      sum += ABS (weight) * largest;
    }
    if (sum > G_MAXINT32)
      return FALSE;
  }
  return TRUE;
}

static void
quantise_layer (const CupModel * model, guint i, CupNetworkLayer * layer)
{
  const gboolean last = i == model->n_layers - 1;
  const guint rows = CUP_NETWORK_TAPS * layer->inputs;
  /* The last layer is shifted by one less. */
  const gint64 half = 1 << (layer->fraction - (last ? 2 : 1));
  gint16 *weights = g_new (gint16, rows * layer->outputs);
  gint32 *biases = g_new (gint32, layer->outputs);
  gint16 *slopes = last ? NULL : g_new (gint16, layer->outputs);
  guint row, c;

  for (c = 0; c < layer->outputs; c++) {
    for (row = 0; row < rows; row++)
      weights[row * layer->outputs + c] =
          to_fixed (model->values[model->weights[i]
              + row * model->outputs[i] + c], layer->fraction);
    biases[c] = half + to_fixed (model->values[model->biases[i] + c],
        CUP_NETWORK_VALUE_BITS + layer->fraction);
    if (slopes)
      slopes[c] = to_fixed (model->values[model->slopes[i] + c], SLOPE_BITS);
  }
  layer->weights = weights;
  layer->biases = biases;
  layer->slopes = slopes;
}

CupNetwork *
cup_export_quantise (const CupModel * model, const gchar * name,
    GError ** error)
{
  CupNetwork *network = g_new0 (CupNetwork, 1);
  guint i;

  network->name = g_strdup (name);
  for (i = 0; i < model->n_layers; i++) {
    CupNetworkLayer *layer = &network->layers[i];

    layer->inputs = model->inputs[i];
    layer->outputs = i == model->n_layers - 1 ? CUP_NETWORK_PHASES
        : model->outputs[i];
    layer->fraction = MAX_FRACTION;
    while (layer->fraction >= MIN_FRACTION
        && !fits (model, i, layer->outputs, layer->fraction))
      layer->fraction--;
    if (layer->fraction < MIN_FRACTION) {
      g_set_error (error, CUP_ERROR, CUP_ERROR_FAILED,
          "the weights of layer %u of \"%s\" are too large for 16 bits with "
          "sums of 32: train with another seed", i, name);
      cup_export_free (network);
      return NULL;
    }
    quantise_layer (model, i, layer);
    network->n_layers++;
  }
  return network;
}

void
cup_export_free (CupNetwork * network)
{
  guint i;

  for (i = 0; i < network->n_layers; i++) {
    g_free ((gpointer) network->layers[i].weights);
    g_free ((gpointer) network->layers[i].biases);
    g_free ((gpointer) network->layers[i].slopes);
  }
  g_free ((gpointer) network->name);
  g_free (network);
}

static void
write_numbers (GString * text, guint count, gint64 (*get) (gconstpointer,
        guint), gconstpointer numbers)
{
  gsize line = text->len;
  guint i;

  g_string_append (text, "  ");
  for (i = 0; i < count; i++) {
    gchar *number = g_strdup_printf ("%" G_GINT64_FORMAT ",", get (numbers,
            i));

    if (text->len - line + strlen (number) > 78) {
      g_string_append (text, "\n  ");
      line = text->len - 2;
    } else if (i > 0) {
      g_string_append_c (text, ' ');
    }
    g_string_append (text, number);
    g_free (number);
  }
  g_string_append_c (text, '\n');
}

static gint64
get_16 (gconstpointer numbers, guint i)
{
  return ((const gint16 *) numbers)[i];
}

static gint64
get_32 (gconstpointer numbers, guint i)
{
  return ((const gint32 *) numbers)[i];
}

static void
write_layer (GString * text, const CupNetworkLayer * layer, guint i)
{
  g_string_append_printf (text, "\nstatic const gint16 weights_%u[] = {\n", i);
  write_numbers (text, CUP_NETWORK_TAPS * layer->inputs * layer->outputs,
      get_16, layer->weights);
  g_string_append_printf (text,
      "};\n\nstatic const gint32 biases_%u[] = {\n", i);
  write_numbers (text, layer->outputs, get_32, layer->biases);
  g_string_append (text, "};\n");
  if (!layer->slopes)
    return;
  g_string_append_printf (text, "\nstatic const gint16 slopes_%u[] = {\n", i);
  write_numbers (text, layer->outputs, get_16, layer->slopes);
  g_string_append (text, "};\n");
}

static void
write_head (GString * text, const CupRecipe * recipe)
{
  const CupExamplesRecipe *examples = &recipe->examples;

  g_string_append_printf (text,
      "/* SPDX-License-Identifier: LGPL-2.1-or-later\n"
      " *\n"
      " * Written by make-tables, not to be edited: see tests/training/README.md.\n"
      " *\n"
      " * %s: %u channels, %u middle layers; seed %" G_GUINT64_FORMAT
      ", %u steps, expanded to %u\n"
      " * channels; learned from %u procedural pictures of %ux%u, seed %"
      G_GUINT64_FORMAT ", %s.\n"
      " */\n"
      "#include \"engine/local/tables.h\"\n", recipe->name,
      recipe->shape.channels, recipe->shape.middle, recipe->seed,
      recipe->iterations, recipe->expansion, examples->count, examples->width,
      examples->height, examples->seed,
      examples->damaged ? "half of them damaged" : "clean");
}

gchar *
cup_export_write (const CupNetwork * network, const CupRecipe * recipe)
{
  GString *text = g_string_new (NULL);
  gchar *symbol = g_strdelimit (g_strdup (network->name), "-", '_');
  guint i;

  write_head (text, recipe);
  for (i = 0; i < network->n_layers; i++)
    write_layer (text, &network->layers[i], i);
  g_string_append_printf (text, "\nconst CupNetwork cup_network_%s = {\n"
      "  \"%s\",\n  %u,\n  {\n", symbol, network->name, network->n_layers);
  for (i = 0; i < network->n_layers; i++) {
    const CupNetworkLayer *layer = &network->layers[i];

    g_string_append_printf (text,
        "        {%u, %u, %u, weights_%u, biases_%u, ", layer->inputs,
        layer->outputs, layer->fraction, i, i);
    if (layer->slopes)
      g_string_append_printf (text, "slopes_%u},\n", i);
    else
      g_string_append (text, "NULL},\n");
  }
  g_string_append (text, "      },\n};\n");
  g_free (symbol);
  return g_string_free (text, FALSE);
}
