/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The embedded engine: upscales in process, without network or key.
 */
#pragma once

#include "engine/engine.h"

G_BEGIN_DECLS

#define CUP_TYPE_LOCAL_ENGINE (cup_local_engine_get_type ())
G_DECLARE_FINAL_TYPE (CupLocalEngine, cup_local_engine, CUP, LOCAL_ENGINE,
    CupEngine)

CupEngine *cup_local_engine_new (void);

G_END_DECLS
