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

/**
 * CupLocalModel:
 * @CUP_LOCAL_MODEL_AUTO: one of the others, by the steps that a job asks for
 * @CUP_LOCAL_MODEL_FAST: the smallest network
 * @CUP_LOCAL_MODEL_BALANCED: the usual one
 * @CUP_LOCAL_MODEL_QUALITY: the largest one
 *
 * Which network restores the pictures.
 */
typedef enum
{
  CUP_LOCAL_MODEL_AUTO,
  CUP_LOCAL_MODEL_FAST,
  CUP_LOCAL_MODEL_BALANCED,
  CUP_LOCAL_MODEL_QUALITY,
} CupLocalModel;

/* Jobs that have no seed get one that is drawn here, the same for all: frames
 * of one stream agree with each other. */
CupEngine *cup_local_engine_new (CupLocalModel model);

G_END_DECLS
