/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A network's tables in the order in which the kernels read them.
 */
#pragma once

#include "doubling-kernels.h"
#include "network.h"

G_BEGIN_DECLS

/* Of a layer. A picture with one channel is read as pairs of neighbours: three
 * rows of two taps. */
#define CUP_DOUBLING_MAX_TAPS (CUP_NETWORK_TAPS * CUP_NETWORK_MAX_CHANNELS / 2)
#define CUP_DOUBLING_PICTURE_TAPS 6

/**
 * CupDoublingWeights:
 * @n_layers: of @layers
 * @layers: those of the network
 * @memory: (element-type gint16): what they point to
 */
typedef struct
{
  guint n_layers;
  CupDoublingLayer layers[CUP_NETWORK_MAX_LAYERS];
  gint16 *memory;
} CupDoublingWeights;

/* The tables have to outlive it. */
void cup_doubling_weights_init (CupDoublingWeights * weights,
    const CupNetwork * network);
void cup_doubling_weights_clear (CupDoublingWeights * weights);

G_END_DECLS
