/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Restoration, the local engine's first stage: luma in its final size, with what
 * a trained network makes of it.
 *
 * Networks double. A factor of up to 2.25 is one doubling, a larger one two, and
 * the rest of the way, mostly down, is antialiased bicubic resampling.
 */
#pragma once

#include "doubling.h"

G_BEGIN_DECLS

/* How often a network doubles on the way to a size. A factor of 1 is 0: there
 * is nothing to be restored. */
guint cup_restore_get_doublings (guint in_width, guint in_height,
    guint out_width, guint out_height);

/* Fills @output, in the final size, of which it may be a band, from @luma, a
 * whole picture. @network: (nullable): NULL for exact resampling, without
 * restoration. Errors as those of cup_doubling_run(). */
gboolean cup_restore_run (const CupNetwork * network,
    CupInstructions instructions, const CupPlane * luma, CupPlane * output,
    CupTeam * team, const CupInterrupt * interrupt, GError ** error);

G_END_DECLS
