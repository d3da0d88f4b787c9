/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kernels behind CupInstructions.
 */
#pragma once

#include "doubling-kernels.h"
#include "doubling.h"

G_BEGIN_DECLS

/* NULL where the build or the processor does not have them. */
const CupDoublingKernels *cup_doubling_choose (CupInstructions instructions);

G_END_DECLS
