/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What engine/local/network.h defines, as plainly as it can be written: what
 * faster implementations are compared with.
 */
#pragma once

#include "engine/local/network.h"
#include "image/pixels.h"

G_BEGIN_DECLS

/* The gray picture @luma at twice its size, with or without the clamp. */
CupPixels *cup_reference_upscale (const CupNetwork * network,
    const CupPixels * luma, gboolean clamp);

G_END_DECLS
