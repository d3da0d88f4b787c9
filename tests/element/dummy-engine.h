/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An engine for tests: timers and scripted failures in place of work, no
 * network. A frame is known by the value of its first sample, which the result
 * is filled with: a test sees which input an output came from. A picture that is
 * elsewhere is known by the number behind the last slash of its URI.
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
 * @fails: complete with an error: CUP_ERROR_SERVICE, with request_id
 *   "request-KEY" where it is @hosted
 * @code: of that error, another CupErrorCode than 0
 * @gives_up: complete as if it had been cancelled, which it was not
 * @multiple: round the sides of the result to multiples of this, as services do
 * @damaged: with @image_type: a result that breaks off behind its header
 * @width: of the result, 0 for round (input × scale)
 * @height: of the result
 * @channels: of the result, 0 for 3
 * @depth: of the result, 0 for 8
 * @image_type: encode the result, as services do
 * @metadata: (nullable): with @image_type: what the result's file says of how it
 *   is to be shown
 * @file: (nullable): the result is this file, as if a service had made it
 * @black: fill the result with 0, as a safety checker does
 * @hosted: say of the result what services say: request_id "request-KEY", url
 *   "https://files.example/KEY.png", seed KEY, 1.5 s of inference, 2 s in the
 *   queue, 4 s in all, 1000 bytes up, 2000 down, 1 submission
 * @units: billable ones of a @hosted result, 0 for not known
 * @origin: of the result
 * @drift: the result is the input, enlarged, with its channels and depth, and
 *   with colours that are off by this many 255ths: red is more, blue is less,
 *   and green, and gray, are from half as much less on the left to half as much
 *   again more on the right
 * @stubborn: does not end when it is cancelled, but when it is released
 */
typedef struct
{
  gint delay;
  gboolean fails;
  gint code;
  gboolean gives_up;
  guint multiple;
  gboolean damaged;
  guint width;
  guint height;
  guint channels;
  guint depth;
  CupImageType image_type;
  const CupImageMetadata *metadata;
  GBytes *file;
  gboolean black;
  gboolean hosted;
  gdouble units;
  CupResultOrigin origin;
  gint drift;
  gboolean stubborn;
} CupDummyPlan;

/* Accepts pixels, does not censor, and has no service, as all of them do then. */
CupDummyEngine *cup_dummy_engine_new (void);
/* Of the class, before a job comes. */
void cup_dummy_engine_set_accepts (CupDummyEngine * engine,
    CupEngineAccepts accepts);
void cup_dummy_engine_set_censors (CupDummyEngine * engine, gboolean censors);
/* Whether it says that it has one, so that its results have a price. */
void cup_dummy_engine_set_service (CupDummyEngine * engine, gboolean service);

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

/* Reports for the job of the frame @key, which has come, from the engine's
 * thread; returns when that is done. FALSE where the job has ended. */
gboolean cup_dummy_engine_report (CupDummyEngine * engine, guint8 key,
    const CupProgress * progress);
/* Waits until the engine's thread has done what it was asked for so far. */
void cup_dummy_engine_sync (CupDummyEngine * engine);

guint cup_dummy_engine_get_n_started (CupDummyEngine * engine);
/* Waits until @n jobs in all have been cancelled. */
void cup_dummy_engine_wait_cancelled (CupDummyEngine * engine, guint n);
guint cup_dummy_engine_get_max_parallel (CupDummyEngine * engine);
/* The fields of the frame @key, as they were frozen; NULL before it came.
 * Valid until the engine is freed. */
const CupValues *cup_dummy_engine_get_values (CupDummyEngine * engine,
    guint8 key);
/* The job's own of the frame @key, in microseconds. */
gint64 cup_dummy_engine_get_queue_timeout (CupDummyEngine * engine, guint8 key);
/* cup_job_get_lossy_source() of the job that came last. */
gboolean cup_dummy_engine_get_last_is_lossy (CupDummyEngine * engine);

G_END_DECLS
