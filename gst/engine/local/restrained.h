/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A trained network that does less of what it has learned: of what it adds to the
 * bicubic interpolation a part is left out.
 *
 * What is sharpened flickers where a picture moves by fractions of a pixel, for
 * what had aliased when it was made small comes out differently each time. The
 * squared error has its minimum where all is added, and is flat there, whereas
 * the flicker is in proportion: three tenths less cost a tenth of the gain.
 * docs/guide.md has what that is worth on photographs.
 */
#pragma once

#include "network.h"

G_BEGIN_DECLS

/* What remains, of 256. */
#define CUP_RESTRAINED_PART 179

/**
 * CupRestrained:
 * @network: as any other one; its last layer points into this structure
 *
 * Must neither be moved nor copied. The tables have to outlive it.
 */
typedef struct
{
  CupNetwork network;

  /*< private > */
  gint16 weights[CUP_NETWORK_TAPS * CUP_NETWORK_MAX_CHANNELS *
      CUP_NETWORK_PHASES];
  gint32 biases[CUP_NETWORK_PHASES];
} CupRestrained;

/* @part: of 256, at most that. */
void cup_restrained_init (CupRestrained * restrained,
    const CupNetwork * network, guint part);

G_END_DECLS
