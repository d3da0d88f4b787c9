/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "doubling-weights.h"

static guint
count_taps (const CupNetworkLayer * layer)
{
  return layer->inputs == 1 ? CUP_DOUBLING_PICTURE_TAPS
      : CUP_NETWORK_TAPS * layer->inputs / 2;
}

/* Of each row the first tap and the second, then the third and nothing. */
static void
pair_neighbours (const CupNetworkLayer * layer, gint16 * to)
{
  const guint n = layer->outputs;
  guint row, column, o;

  for (row = 0; row < 3; row++) {
    for (column = 0; column < 3; column += 2) {
      const gint16 *from = layer->weights + (3 * row + column) * n;

      for (o = 0; o < n; o++) {
        *to++ = from[o];
        *to++ = column == 0 ? from[n + o] : 0;
      }
    }
  }
}

/* In the order of rows, pairs of channels, columns. */
static void
pair_channels (const CupNetworkLayer * layer, gint16 * to)
{
  const guint n = layer->outputs;
  guint row, pair, column, o;

  for (row = 0; row < 3; row++) {
    for (pair = 0; pair < layer->inputs / 2; pair++) {
      for (column = 0; column < 3; column++) {
        const gint16 *from = layer->weights
            + ((3 * row + column) * layer->inputs + 2 * pair) * n;

        for (o = 0; o < n; o++) {
          *to++ = from[o];
          *to++ = from[n + o];
        }
      }
    }
  }
}

void
cup_doubling_weights_init (CupDoublingWeights * weights,
    const CupNetwork * network)
{
  const CupNetworkLayer *last = &network->layers[network->n_layers - 1];
  gint16 *memory;
  gsize size = 0;
  guint i;

  g_assert (network->n_layers >= 2
      && network->n_layers <= CUP_NETWORK_MAX_LAYERS);
  g_assert (network->layers[0].inputs == 1);
  g_assert (last->outputs == CUP_NETWORK_PHASES);

  for (i = 0; i < network->n_layers; i++) {
    const CupNetworkLayer *layer = &network->layers[i];

    g_assert (layer->outputs % 4 == 0
        && layer->outputs <= CUP_NETWORK_MAX_CHANNELS);
    g_assert (i == 0 || layer->inputs == network->layers[i - 1].outputs);
    size += 2 * (gsize) count_taps (layer) * layer->outputs;
  }
  weights->n_layers = network->n_layers;
  weights->memory = memory = g_new (gint16, size);

  for (i = 0; i < network->n_layers; i++) {
    const CupNetworkLayer *from = &network->layers[i];
    CupDoublingLayer *to = &weights->layers[i];

    to->n_taps = count_taps (from);
    to->n_outputs = from->outputs;
    /* The last one's result has one bit more of fraction. */
    to->shift = from == last ? from->fraction - 1 : from->fraction;
    to->weights = memory;
    to->biases = from->biases;
    to->slopes = from->slopes;
    if (from->inputs == 1)
      pair_neighbours (from, memory);
    else
      pair_channels (from, memory);
    memory += 2 * (gsize) to->n_taps * to->n_outputs;
  }
}

void
cup_doubling_weights_clear (CupDoublingWeights * weights)
{
  g_clear_pointer (&weights->memory, g_free);
}
