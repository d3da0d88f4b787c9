/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dispatcher.h"

#include "base/error.h"
#include "base/log.h"

struct _CupDispatcher
{
  CupEngine *engine;
  CupWorkers *workers;
  CupBudget *budget;            /* or NULL */
};

/* What a worker needs of the dispatcher, which may be gone by then. */
typedef struct
{
  CupEngine *engine;
  CupBudget *budget;
  CupJob *job;
} CupDispatch;

/* What is reserved for a job, and whom its callback was for. */
typedef struct
{
  CupBudget *budget;
  gdouble megapixels;
  CupJobDone done;
  gpointer done_data;
  GDestroyNotify done_destroy;
} CupReservation;

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

/* The budget */

static void
free_reservation (gpointer data)
{
  CupReservation *reservation = data;

  if (reservation->done_destroy)
    reservation->done_destroy (reservation->done_data);
  cup_budget_unref (reservation->budget);
  g_free (reservation);
}

static void
account_for (const CupReservation * reservation, const CupResult * result,
    const GError * error)
{
  const CupErrorDetails *details = error ? cup_error_get_details (error) : NULL;
  gboolean is_new = result && result->origin == CUP_RESULT_MADE
      && result->submissions > 0;

  if (!is_new && !(details && details->maybe_accepted)) {
    cup_budget_give_back (reservation->budget, reservation->megapixels);
    if (result)
      cup_budget_save (reservation->budget, result);
    return;
  }
  cup_budget_spend (reservation->budget, reservation->megapixels);
  if (is_new)
    cup_budget_settle (reservation->budget, reservation->megapixels, result);
}

static void
settle_job (CupJob * job, CupResult * result, GError * error,
    gpointer user_data)
{
  CupReservation *reservation = user_data;

  account_for (reservation, result, error);
  reservation->done (job, result, error, reservation->done_data);
}

/* Whether the job may be submitted; what became of it is settled when it is
 * done. */
static gboolean
reserve (CupBudget * budget, CupEngine * engine, CupJob * job, GError ** error)
{
  CupReservation *reservation;
  CupBudgetLimits limits;
  gdouble megapixels;

  if (!budget)
    return TRUE;
  cup_budget_get_limits (budget, &limits);
  if (!cup_engine_get_service (engine) && !limits.dry_run)
    return TRUE;
  megapixels = cup_budget_expect (job);
  if (!cup_budget_reserve (budget, megapixels, error))
    return FALSE;
  reservation = g_new (CupReservation, 1);
  reservation->budget = cup_budget_ref (budget);
  reservation->megapixels = megapixels;
  reservation->done = cup_job_take_callback (job, &reservation->done_data,
      &reservation->done_destroy);
  cup_job_set_callback (job, settle_job, reservation, free_reservation);
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
    if (prepare_input (dispatch->engine, job, &error)
        && reserve (dispatch->budget, dispatch->engine, job, &error))
      cup_engine_upscale_async (dispatch->engine, job);
    else
      cup_job_return_error (job, error);
  }
  cup_job_unref (job);
  g_object_unref (dispatch->engine);
  g_clear_pointer (&dispatch->budget, cup_budget_unref);
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
cup_dispatcher_set_budget (CupDispatcher * dispatcher, CupBudget * budget)
{
  dispatcher->budget = cup_budget_ref (budget);
}

void
cup_dispatcher_free (CupDispatcher * dispatcher)
{
  g_object_unref (dispatcher->engine);
  cup_workers_unref (dispatcher->workers);
  g_clear_pointer (&dispatcher->budget, cup_budget_unref);
  g_free (dispatcher);
}

void
cup_dispatcher_submit (CupDispatcher * dispatcher, CupJob * job)
{
  CupDispatch *dispatch = g_new (CupDispatch, 1);

  dispatch->engine = g_object_ref (dispatcher->engine);
  dispatch->budget = dispatcher->budget ?
      cup_budget_ref (dispatcher->budget) : NULL;
  dispatch->job = job;
  cup_workers_push (dispatcher->workers, CUP_WORK_START, start_job, dispatch);
}
