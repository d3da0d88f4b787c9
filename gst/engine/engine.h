/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What does the upscaling: the interface that every engine implements.
 *
 * cup_engine_upscale_async() is called on a worker thread with a job whose
 * input is in a form that the engine accepts. The engine owns the job's input
 * until it completes the job by cup_job_return_result() or
 * cup_job_return_error(), once, from any thread, from within the call or
 * later. It watches the job's cancellable and completes promptly with
 * G_IO_ERROR_CANCELLED when that is triggered.
 *
 * This is GIO's _async/_finish in shape, with the job as the GAsyncResult. It
 * is not GTask because a GTask completes in a GMainContext, and a GStreamer
 * application need not run any.
 */
#pragma once

#include "job.h"

G_BEGIN_DECLS

#define CUP_TYPE_ENGINE (cup_engine_get_type ())
G_DECLARE_DERIVABLE_TYPE (CupEngine, cup_engine, CUP, ENGINE, GObject)

typedef enum
{
  CUP_ENGINE_ACCEPTS_PIXELS = 1 << 0,
  CUP_ENGINE_ACCEPTS_ENCODED = 1 << 1,
  CUP_ENGINE_ACCEPTS_URI = 1 << 2,      /* http(s), for the service to fetch */
  CUP_ENGINE_ACCEPTS_YUV = 1 << 3,      /* rather than pixels, where there is */
} CupEngineAccepts;

/**
 * CupEngineClass:
 * @name: the value of the element's `engine` property that selects it
 * @accepts: input forms. Where it accepts both, it gets the form that is there
 * @honours: CUP_FIELD_BIT of every field that it can honour, where that is the
 *   same for all instances
 * @get_honours: the same where it is not; may be NULL
 * @censors: whether its service may return a black picture in place of one that
 *   a safety checker refuses, where that is the same for all instances
 * @get_censors: the same where it is not; may be NULL
 * @get_service: what the results depend on beside the job: where its service is
 *   and which application of it is asked. Never with a secret. May be NULL
 * @get_upload_speed: bytes a second that have got to its service of late, 0 where
 *   nothing was measured; any thread. May be NULL
 * @upscale_async: see above
 * @close: starts to shut down, without blocking: no job comes any more, and
 *   those that are pending have been cancelled already. May be NULL
 * @join: waits, two seconds at most, until a closed engine has nothing more to
 *   say to its service: what is submitted and not wanted any more is cancelled
 *   there. Not for a state change. May be NULL
 */
struct _CupEngineClass
{
  GObjectClass parent_class;

  const gchar *name;
  CupEngineAccepts accepts;
  guint64 honours;
  gboolean censors;

  guint64 (*get_honours) (CupEngine * engine);
  gboolean (*get_censors) (CupEngine * engine);
  const gchar *(*get_service) (CupEngine * engine);
  gdouble (*get_upload_speed) (CupEngine * engine);
  void (*upscale_async) (CupEngine * engine, CupJob * job);
  void (*close) (CupEngine * engine);
  void (*join) (CupEngine * engine);
};

const gchar *cup_engine_get_name (CupEngine * engine);
CupEngineAccepts cup_engine_get_accepts (CupEngine * engine);
guint64 cup_engine_get_honoured_fields (CupEngine * engine);
gboolean cup_engine_censors (CupEngine * engine);
/* (nullable): the engine's */
const gchar *cup_engine_get_service (CupEngine * engine);
gdouble cup_engine_get_upload_speed (CupEngine * engine);
void cup_engine_upscale_async (CupEngine * engine, CupJob * job);
void cup_engine_close (CupEngine * engine);
void cup_engine_join (CupEngine * engine);

G_END_DECLS
