/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The trained networks (tables/): small, usual and large ones, for pictures as
 * they are ("clean") or for those that a lossy codec has been at ("mix": half of
 * what it learned from).
 */
#pragma once

#include "network.h"

G_BEGIN_DECLS

extern const CupNetwork cup_network_fast_clean;
extern const CupNetwork cup_network_fast_mix;
extern const CupNetwork cup_network_balanced_clean;
extern const CupNetwork cup_network_balanced_mix;
extern const CupNetwork cup_network_quality_clean;
extern const CupNetwork cup_network_quality_mix;

G_END_DECLS
