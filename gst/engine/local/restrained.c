/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "restrained.h"

/* Rounded to nearest. Shifting negative numbers is arithmetic with all compilers
 * that GLib supports. */
static gint32
take_part (gint32 number, guint part)
{
  return ((gint64) number * part + 128) >> 8;
}

void
cup_restrained_init (CupRestrained * restrained, const CupNetwork * network,
    guint part)
{
  CupNetworkLayer *last;
  gint32 half;
  guint i;

  restrained->network = *network;
  last = &restrained->network.layers[network->n_layers - 1];
  g_assert (part <= 256 && last->fraction >= 2);
  g_assert (last->outputs == CUP_NETWORK_PHASES
      && last->inputs <= CUP_NETWORK_MAX_CHANNELS);

  for (i = 0; i < CUP_NETWORK_TAPS * last->inputs * last->outputs; i++)
    restrained->weights[i] = take_part (last->weights[i], part);
  /* The half that rounds the sum stays a half. */
  half = 1 << (last->fraction - 2);
  for (i = 0; i < last->outputs; i++)
    restrained->biases[i] = take_part (last->biases[i] - half, part) + half;
  last->weights = restrained->weights;
  last->biases = restrained->biases;
}
