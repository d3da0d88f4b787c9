/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of faults.
 */
#pragma once

#include "faults.h"

G_BEGIN_DECLS

/* All rows. A word may be in several, for different stages. */
const CupServiceFaultKind *cup_service_fault_kinds (guint * n);

G_END_DECLS
