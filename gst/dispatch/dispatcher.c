/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dispatcher.h"

struct _CupDispatcher
{
  CupEngine *engine;
  CupWorkers *workers;
};

/* What a worker needs of the dispatcher, which may be gone by then. */
typedef struct
{
  CupEngine *engine;
  CupJob *job;
} CupDispatch;

static gboolean
prepare_input (CupEngine * engine, CupJob * job, GError ** error)
{
  CupEngineAccepts accepts = cup_engine_get_accepts (engine);

  if (cup_job_get_bytes (job) && (accepts & CUP_ENGINE_ACCEPTS_ENCODED))
    return TRUE;
  if (accepts & CUP_ENGINE_ACCEPTS_PIXELS)
    return cup_job_need_pixels (job, error);
  return cup_job_need_bytes (job, error);
}

/* On a worker. */
static void
start_job (gpointer data)
{
  CupDispatch *dispatch = data;
  CupJob *job = dispatch->job;
  GError *error = NULL;

  if (!cup_job_return_if_cancelled (job)) {
    if (prepare_input (dispatch->engine, job, &error))
      cup_engine_upscale_async (dispatch->engine, job);
    else
      cup_job_return_error (job, error);
  }
  cup_job_unref (job);
  g_object_unref (dispatch->engine);
  g_free (dispatch);
}

CupDispatcher *
cup_dispatcher_new (CupEngine * engine, CupWorkers * workers)
{
  CupDispatcher *dispatcher = g_new0 (CupDispatcher, 1);

  dispatcher->engine = g_object_ref (engine);
  dispatcher->workers = cup_workers_ref (workers);
  return dispatcher;
}

void
cup_dispatcher_free (CupDispatcher * dispatcher)
{
  g_object_unref (dispatcher->engine);
  cup_workers_unref (dispatcher->workers);
  g_free (dispatcher);
}

void
cup_dispatcher_submit (CupDispatcher * dispatcher, CupJob * job)
{
  CupDispatch *dispatch = g_new (CupDispatch, 1);

  dispatch->engine = g_object_ref (dispatcher->engine);
  dispatch->job = job;
  cup_workers_push (dispatcher->workers, CUP_WORK_START, start_job, dispatch);
}
