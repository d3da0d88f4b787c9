/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An engine for tests: timers and scripted failures in place of work, no
 * network. A frame is known by the value of its first sample, which the result
 * is filled with: a test sees which input an output came from.
 */
#pragma once

#include "engine/engine.h"

G_BEGIN_DECLS

#define CUP_TYPE_DUMMY_ENGINE (cup_dummy_engine_get_type ())
G_DECLARE_FINAL_TYPE (CupDummyEngine, cup_dummy_engine, CUP, DUMMY_ENGINE,
    CupEngine)

#define CUP_DUMMY_HOLD (-1)

/**
 * CupDummyPlan:
 * @delay: milliseconds until the job completes; CUP_DUMMY_HOLD: not before
 *   cup_dummy_engine_release()
 * @fails: complete with an error
 * @width: of the result, 0 for round (input × scale)
 * @height: of the result
 * @channels: of the result, 0 for 3
 * @depth: of the result, 0 for 8
 * @image_type: encode the result, as services do
 */
typedef struct
{
  gint delay;
  gboolean fails;
  guint width;
  guint height;
  guint channels;
  guint depth;
  CupImageType image_type;
} CupDummyPlan;

CupDummyEngine *cup_dummy_engine_new (void);

/* For all frames without a plan of their own. */
void cup_dummy_engine_set_plan (CupDummyEngine * engine,
    const CupDummyPlan * plan);
/* For the frame whose first sample is @key. */
void cup_dummy_engine_set_plan_for (CupDummyEngine * engine, guint8 key,
    const CupDummyPlan * plan);

/* Waits until @n jobs in all have come. */
void cup_dummy_engine_wait_started (CupDummyEngine * engine, guint n);
/* Completes a held job, now or when it comes. */
void cup_dummy_engine_release (CupDummyEngine * engine, guint8 key);
void cup_dummy_engine_release_all (CupDummyEngine * engine);

guint cup_dummy_engine_get_n_started (CupDummyEngine * engine);
/* Waits until @n jobs in all have been cancelled. */
void cup_dummy_engine_wait_cancelled (CupDummyEngine * engine, guint n);
guint cup_dummy_engine_get_max_parallel (CupDummyEngine * engine);
/* The fields of the frame @key, as they were frozen; NULL before it came.
 * Valid until the engine is freed. */
const CupValues *cup_dummy_engine_get_values (CupDummyEngine * engine,
    guint8 key);

G_END_DECLS
