/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The trained networks as tables of whole numbers, and what exactly they mean:
 * every implementation gives the same bytes. Trained, and written, by
 * tests/training.
 *
 * A network doubles a plane of luma. Notation: Qn is a whole number of which
 * 2^n are 1; a >> n rounds down; sat16() limits to -32768…32767.
 *
 * Input. Samples v, Q7 of levels around the middle (plane.h), -16384…16383; of
 * 8 bits v = (Y - 128) × 128. Beyond its borders the plane goes on mirrored with
 * the border's samples twice (… 1 0 | 0 1 …), as far as it is needed: n_layers
 * samples, and no layer pads its own input. A plane that is smaller than that is
 * mirrored again and again.
 *
 *   x = min ((v + 4) >> 3, 2047)                               Q11 of 128 levels
 *
 * Layers. 3×3 convolutions (correlations: taps are in the order of rows, then
 * columns, and the middle one is at the pixel's place); sums in 32 bits, which
 * cannot overflow: the weights have been checked for that.
 *
 *   sum[o]   = bias[o] + Σ weight[tap][i][o] × x[tap][i]      Q(11 + fraction)
 *   value[o] = sat16 (sum[o] >> fraction)                      Q11
 *   x[o]     = value[o] ≥ 0 ? value[o]
 *              : (value[o] × slope[o] + 2^14) >> 15             Q11
 *
 * The biases include the half that rounds to nearest.
 *
 * Last layer. No slopes; its four outputs are the pixels of a 2×2 block in rows:
 *
 *   residual[o] = sat16 (sum[o] >> (fraction - 1))             Q7 of levels
 *
 * where an output of 1 is 32 levels: Q12 of outputs is Q7 of levels.
 *
 * Result. To the residual comes the bicubic interpolation (a = -1/2) of v: per
 * axis the kernel (-3, 29, 111, -9) / 128 from two samples before the pixel's for
 * the first of a pair, and (-9, 111, 29, -3) / 128 from one sample before it for
 * the second; exact in 32 bits with both axes, Q14 of v. Beyond the borders the
 * same mirrored samples.
 *
 *   v' = ((base + 2^13) >> 14) + residual
 *
 * Clamp, which keeps hard edges from ringing. With low and high the extremes of
 * the 3×3 samples around the pixel's place in the input (mirrored as well), and
 * range = high - low:
 *
 *   margin = min (range, 128 + ((25 × range) >> 8))
 *   margin = 0 where the input is what a network has doubled already: what it
 *            added is not to be added to
 *   v''    = limit (v') to low - margin … high + margin, and -16384…16256
 *
 * What is flat stays so exactly. 8 bits are limit (128 + ((v'' + 64) >> 7)) to
 * 0…255.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CUP_NETWORK_TAPS 9
#define CUP_NETWORK_PHASES 4
#define CUP_NETWORK_MAX_CHANNELS 16
#define CUP_NETWORK_MAX_LAYERS 6

/* Fraction bits of values. */
#define CUP_NETWORK_VALUE_BITS 11

/**
 * CupNetworkLayer:
 * @inputs: channels
 * @outputs: channels
 * @fraction: bits of the weights' fraction, 8…14
 * @weights: in the order of taps, inputs, outputs
 * @biases: one an output
 * @slopes: (nullable): one an output, Q15; NULL for the last layer
 */
typedef struct
{
  guint inputs;
  guint outputs;
  guint fraction;
  const gint16 *weights;
  const gint32 *biases;
  const gint16 *slopes;
} CupNetworkLayer;

/**
 * CupNetwork:
 * @name: of the table
 * @n_layers: at most CUP_NETWORK_MAX_LAYERS
 */
typedef struct
{
  const gchar *name;
  guint n_layers;
  CupNetworkLayer layers[CUP_NETWORK_MAX_LAYERS];
} CupNetwork;

G_END_DECLS
