/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dispatcher.h"

#include "base/log.h"

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

/* A frame that is black itself may well come back black: then that says nothing
 * of a safety checker. */
static void
note_black_input (CupJob * job, const CupPixels * pixels)
{
  if (cup_job_get_check_unsafe (job) && cup_pixels_is_black (pixels))
    cup_job_set_check_unsafe (job, FALSE);
}

static void
note_colours (CupJob * job, const CupPixels * pixels)
{
  if (cup_job_get_colour_match (job) != CUP_COLOUR_MATCH_NONE)
    cup_job_set_colour_reference (job, cup_colour_reference_new (pixels));
}

/* The pixels of a picture that the engine gets as it came, where they have to be
 * looked at; NULL where they need not be, or cannot be decoded: that is for the
 * engine to judge. */
static CupPixels *
decode_to_look (CupJob * job)
{
  GBytes *bytes = cup_job_get_bytes (job);
  gboolean match = cup_job_get_colour_match (job) != CUP_COLOUR_MATCH_NONE;
  GError *error = NULL;
  CupPixels *pixels;

  if (!match && !(cup_job_get_check_unsafe (job)
          && cup_image_may_be_black (bytes, cup_job_get_bytes_info (job))))
    return NULL;
  pixels = cup_image_decode (bytes, 0, &error);
  if (!pixels && match)
    cup_warning ("color-match: the result keeps its colours, since the frame "
        "cannot be decoded here: %s", error->message);
  g_clear_error (&error);
  return pixels;
}

/* What has to be known of the input when the result is there, and the input is
 * not any more. Of a picture that the service fetches nothing is known. */
static void
look_at_input (CupJob * job)
{
  CupPixels *pixels = cup_job_get_pixels (job);

  pixels = pixels ? cup_pixels_ref (pixels) : decode_to_look (job);
  if (!pixels)
    return;
  note_black_input (job, pixels);
  note_colours (job, pixels);
  cup_job_set_transparent (job, !cup_pixels_is_opaque (pixels));
  cup_pixels_unref (pixels);
}

static gboolean
prepare_bytes (CupJob * job, GError ** error)
{
  guint width, height;

  /* The size of a file is not known before it is read, and it is sent as it is.
   * A raw frame is looked at before it is encoded. */
  cup_job_get_size (job, &width, &height);
  if (width == 0) {
    if (!cup_job_need_bytes (job, error))
      return FALSE;
    look_at_input (job);
    return TRUE;
  }
  if (!cup_job_need_pixels (job, error))
    return FALSE;
  look_at_input (job);
  return cup_job_need_bytes (job, error);
}

static gboolean
prepare_input (CupEngine * engine, CupJob * job, GError ** error)
{
  CupEngineAccepts accepts = cup_engine_get_accepts (engine);

  if (cup_job_get_remote_uri (job) && (accepts & CUP_ENGINE_ACCEPTS_URI))
    return TRUE;
  if (cup_job_get_bytes (job) && (accepts & CUP_ENGINE_ACCEPTS_ENCODED)) {
    look_at_input (job);
    return TRUE;
  }
  if (!(accepts & CUP_ENGINE_ACCEPTS_PIXELS))
    return prepare_bytes (job, error);
  if (!cup_job_need_pixels (job, error))
    return FALSE;
  look_at_input (job);
  return TRUE;
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
