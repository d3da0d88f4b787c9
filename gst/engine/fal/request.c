/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The way of one job through fal's queue, everything on the HTTP thread:
 *
 *   upload → wait for a place → submit → follow → result → download
 *   input.c   submission.c, account.c     result.c
 *      ↑                                    ↑   │
 *      └────────────────────────────────────┼───┘ the request is lost
 *                         an earlier run's ─┘
 *
 * Each step is a machine of its own (upload.c, limiter.c, follow.c, call.c)
 * that tries again by itself what may be repeated. How a job ends is in
 * ending.c: it is completed as soon as its outcome is clear.
 *
 * Who keeps account of submissions (the job's journal) is asked before each, and
 * told what became of it. Where it knows of a request that an earlier run has
 * submitted for the same job, that one is gone on with.
 */
#include "request-private.h"

#include "base/log.h"
#include "protocol.h"

CupFalRequest *
cup_fal_request_ref (CupFalRequest * request)
{
  g_atomic_int_inc (&request->ref_count);
  return request;
}

void
cup_fal_request_unref (CupFalRequest * request)
{
  if (!g_atomic_int_dec_and_test (&request->ref_count))
    return;
  g_clear_pointer (&request->job, cup_job_unref);
  g_clear_pointer (&request->journal, cup_journal_unref);
  cup_fal_accepted_clear (&request->accepted);
  cup_fal_output_clear (&request->output);
  g_clear_pointer (&request->picture, g_bytes_unref);
  g_clear_pointer (&request->unusable, g_bytes_unref);
  g_clear_pointer (&request->body, g_bytes_unref);
  g_clear_pointer (&request->logs, cup_fal_logs_free);
  g_free (request->input_url);
  g_free (request->state_word);
  g_free (request->told_error);
  g_free (request->trouble);
  cup_fal_api_unref (request->api);
  g_free (request);
}

void
cup_fal_request_clear_timer (CupFalRequest * request)
{
  if (request->timer)
    g_source_destroy (request->timer);
  g_clear_pointer (&request->timer, g_source_unref);
}

void
cup_fal_request_wait (CupFalRequest * request, gint64 delay,
    void (*func) (gpointer data))
{
  cup_fal_request_clear_timer (request);
  request->timer = cup_http_add_timer (request->api->http, delay, func,
      request);
}

/* Progress */

void
cup_fal_request_report (CupFalRequest * request, const CupFalLogLine * line,
    const gchar * retry)
{
  const gchar *key = request->api->key;
  CupProgress progress = {.state = request->state };
  gchar *log, *level, *time;

  if (!request->job)
    return;
  log = line ? cup_fal_clean (line->message, key) : NULL;
  level = line && line->level ? cup_fal_clean (line->level, key) : NULL;
  time = line && line->timestamp ? cup_fal_clean (line->timestamp, key) : NULL;
  progress.request_id = request->accepted.request_id;
  progress.queue_position = request->queue_position;
  progress.log = log;
  progress.log_level = level;
  progress.log_time = time;
  progress.retry = retry;
  cup_job_report_progress (request->job, &progress);
  g_free (log);
  g_free (level);
  g_free (time);
}

void
cup_fal_request_enter_state (CupFalRequest * request, CupProgressState state)
{
  request->state = state;
  if (state != CUP_PROGRESS_QUEUED)
    request->queue_position = -1;
  cup_fal_request_report (request, NULL, NULL);
}

/* @reason: (nullable): that it goes well again. */
void
cup_fal_request_note_trouble (CupFalRequest * request, const gchar * reason)
{
  gchar *clean = reason ? cup_fal_clean (reason, request->api->key) : NULL;

  g_free (request->trouble);
  request->trouble = clean;
  if (clean)
    cup_fal_request_report (request, NULL, clean);
}

void
cup_fal_request_on_retry (const gchar * reason, gpointer user_data)
{
  cup_fal_request_note_trouble (user_data, reason);
}

/* What else is sent, and what applications that are not known do, may make a
 * picture of any size of it. */
static gboolean
size_is_known (CupFalApi * api, const CupValues * values, guint width)
{
  gboolean asked = values && cup_values_is_set (values, CUP_FIELD_SCALE);

  return width > 0 && (!values || !cup_values_get_extra (values))
      && (asked || cup_fal_application_is_known (api->model));
}

/* The factor that was asked for, or the application's own. */
static gdouble
get_scale (const CupFalApplication * model, const CupValues * values)
{
  const gchar *wire = cup_fal_application_get_wire (model, CUP_FIELD_SCALE);

  if (wire && values && cup_values_is_set (values, CUP_FIELD_SCALE))
    return cup_values_get_number (values, CUP_FIELD_SCALE);
  return cup_fal_application_get_scale (model);
}

CupFalRequest *
cup_fal_request_new (CupFalApi * api, CupJob * job)
{
  const CupValues *values = cup_job_get_values (job);
  CupFalRequest *request = g_new0 (CupFalRequest, 1);
  guint width, height;

  request->ref_count = 1;
  request->api = cup_fal_api_ref (api);
  request->link.data = request;
  request->logs = cup_fal_logs_new ();
  request->job = cup_job_ref (job);
  if (cup_job_get_journal (job))
    request->journal = cup_journal_ref (cup_job_get_journal (job));
  request->stage = CUP_STAGE_UPLOAD;
  request->started = g_get_monotonic_time ();
  request->queue_position = -1;
  request->inference_time = -1;
  request->billable_units = -1;
  request->submit_backoff =
      cup_fal_api_make_backoff (api, CUP_FAL_MAX_ATTEMPTS);
  request->job_backoff = cup_fal_api_make_backoff (api, G_MAXUINT);
  request->number_backoff = cup_fal_api_make_backoff (api, G_MAXUINT);
  request->clock.limit[CUP_FAL_CLOCK_WORK] = cup_job_get_timeout (job);
  request->clock.limit[CUP_FAL_CLOCK_QUEUE] = cup_job_get_queue_timeout (job);
  cup_job_get_size (job, &width, &height);
  request->max_pixels = !size_is_known (api, values, width) ?
      CUP_PIXELS_MAX_COUNT :
      cup_fal_max_result_pixels (width, height, get_scale (api->model, values));
  cup_fal_request_take_up (request);
  cup_fal_request_prepare_input (request);
  return request;
}

static void
on_job_cancelled (gpointer data)
{
  cup_fal_request_abandon (data);
}

/* It is at the service already, and is not held back by others. */
static void
resume (CupFalRequest * request)
{
  cup_info ("goes on with request %s", request->accepted.request_id);
  request->is_counted = TRUE;
  request->api->n_resumed++;
  cup_fal_ticket_join (request->ticket);
  cup_fal_request_enter_state (request, CUP_PROGRESS_QUEUED);
  cup_fal_request_follow (request);
}

void
cup_fal_request_start (CupFalRequest * request)
{
  CupFalApi *api = request->api;

  g_queue_push_tail_link (&api->requests, &request->link);
  cup_fal_clock_init (&request->clock, api->http, cup_fal_request_on_deadline,
      cup_fal_request_on_resumed, request);
  if (api->closed) {
    cup_fal_request_abandon (request);
    return;
  }
  request->cancel_watch = cup_http_watch_cancellable (api->http,
      cup_job_get_cancellable (request->job), on_job_cancelled, request);
  request->ticket =
      cup_fal_ticket_new (api->share, cup_fal_request_on_turn, request);
  request->clock.elapsed[CUP_FAL_CLOCK_WORK] =
      g_get_monotonic_time () - request->started;
  cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_WORK);
  if (request->resumed)
    resume (request);
  else
    cup_fal_request_begin (request);
}
