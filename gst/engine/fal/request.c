/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The way of one job through fal's queue, everything on the HTTP thread:
 *
 *   upload → wait for a place → submit → follow → result → download
 *
 * Each step is a machine of its own (upload.c, limiter.c, follow.c, call.c)
 * that tries again by itself what may be repeated. The submission is not among
 * these: it is repeated here, where it certainly was not accepted, or where the
 * service reports the job as failed for a cause of its own.
 *
 * A job is completed as soon as its outcome is clear. What has to happen after
 * that, so that no paid work stays behind, happens without it: a request that
 * was submitted is cancelled at the service, and where the submission itself
 * is under way its answer is awaited first, for two seconds.
 */
#include "request.h"

#include <string.h>

#include "answer.h"
#include "base/error.h"
#include "base/log.h"
#include "call.h"
#include "clock.h"
#include "follow.h"
#include "net/redact.h"
#include "protocol.h"
#include "upload.h"

/* Results and pictures that make no sense. */
#define MAX_UNREADABLE 6
/* Answers with a failure, and the time between them (in retry-delays: ten
 * seconds), before it is believed to be the job's and not the answer's. */
#define CONFIRMATIONS 3
#define CONFIRM_DELAYS 20
/* The whole picture is in the JSON where the application was asked for that. */
#define MAX_INLINE_RESULT (64 << 20)

struct _CupFalRequest
{
  gint ref_count;               /* HTTP thread only, once it is started */
  CupFalApi *api;
  GList link;                   /* in api->requests, until completed */
  CupJob *job;                  /* NULL once it is completed */
  const gchar *stage;
  gint64 started;
  CupFalClock clock;
  CupHttpWatch *cancel_watch;
  guint64 max_pixels;

  /* What is under way; one of them at a time. */
  CupFalUploader *uploader;
  CupFalTicket *ticket;
  CupFalFollow *follow;
  CupFalLogs *logs;
  CupFalCall *call;
  GSource *timer;               /* before another submission */

  gchar *image_url;
  GBytes *body;                 /* of the submission */
  guint submissions;
  guint resubmissions;          /* after the service reported a failure */
  CupBackoff submit_backoff;
  CupBackoff job_backoff;
  CupBackoff number_backoff;    /* there were too many */
  CupFalAccepted accepted;
  gint64 submitted;             /* when the answer came, 0 before */
  gint64 service_time;          /* from then until it was completed */
  gint64 queued_before;         /* on the queue's clock at that moment */
  gint64 queued;                /* of it, in the service's queue */
  gboolean completed;           /* the service is done with it */
  gboolean failure_is_told;     /* and it has failed */
  CupProgressState state;
  gchar *state_word;
  gint64 queue_position;
  gdouble inference_time;
  gchar *trouble;               /* (nullable): why it is tried again */
  CupFalOutput output;
  GBytes *picture;
  CupImageInfo picture_info;
  guint64 bytes_up;
};

static void enter_limiter (CupFalRequest * request);
static void submit (CupFalRequest * request);
static void fetch_result (CupFalRequest * request);

static void
request_unref (CupFalRequest * request)
{
  if (--request->ref_count > 0)
    return;
  g_clear_pointer (&request->job, cup_job_unref);
  cup_fal_accepted_clear (&request->accepted);
  cup_fal_output_clear (&request->output);
  g_clear_pointer (&request->picture, g_bytes_unref);
  g_clear_pointer (&request->body, g_bytes_unref);
  g_clear_pointer (&request->logs, cup_fal_logs_free);
  g_free (request->image_url);
  g_free (request->state_word);
  g_free (request->trouble);
  cup_fal_api_unref (request->api);
  g_free (request);
}

static void
clear_timer (CupFalRequest * request)
{
  if (request->timer)
    g_source_destroy (request->timer);
  g_clear_pointer (&request->timer, g_source_unref);
}

static void
wait_then (CupFalRequest * request, gint64 delay, void (*func) (gpointer data))
{
  clear_timer (request);
  request->timer = cup_http_add_timer (request->api->http, delay, func,
      request);
}

/* Progress */

static void
report (CupFalRequest * request, const CupFalLogLine * line,
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

static void
enter_state (CupFalRequest * request, CupProgressState state)
{
  request->state = state;
  if (state != CUP_PROGRESS_QUEUED)
    request->queue_position = -1;
  report (request, NULL, NULL);
}

/* @reason: (nullable): that it goes well again. */
static void
note_trouble (CupFalRequest * request, const gchar * reason)
{
  gchar *clean = reason ? cup_fal_clean (reason, request->api->key) : NULL;

  g_free (request->trouble);
  request->trouble = clean;
  if (clean)
    report (request, NULL, clean);
}

static void
on_retry (const gchar * reason, gpointer user_data)
{
  note_trouble (user_data, reason);
}

/* Completing. */

static void
cancel_at_service (CupFalRequest * request)
{
  cup_fal_api_cancel_request (request->api,
      request->accepted.cancel_url, request->accepted.request_id);
}

static void
give_submission_up (gpointer data)
{
  CupFalRequest *request = data;

  clear_timer (request);
  cup_info ("a submission was given up without an answer: the service may have "
      "accepted it");
  cup_fal_call_cancel (&request->call);
  request_unref (request);
}

/* Whether the submission is on its way, and nobody knows how far it has come. */
static gboolean
is_being_submitted (CupFalRequest * request)
{
  return request->call && strcmp (request->stage, CUP_STAGE_SUBMIT) == 0
      && cup_fal_call_may_be_sent (request->call);
}

/* Ends everything that was for the job, and takes back what was submitted. */
static void
wind_up (CupFalRequest * request)
{
  gboolean submitting = is_being_submitted (request);

  clear_timer (request);
  g_clear_pointer (&request->cancel_watch, cup_http_unwatch);
  cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_STOPPED);
  g_queue_unlink (&request->api->requests, &request->link);
  cup_fal_uploader_cancel (&request->uploader);
  cup_fal_follow_cancel (&request->follow);
  if (submitting) {
    /* Its answer says what there is to cancel. */
    request->ref_count++;
    wait_then (request, CUP_HTTP_CLOSE_TIMEOUT, give_submission_up);
  } else {
    cup_fal_call_cancel (&request->call);
    if (request->submitted > 0 && !request->completed)
      cancel_at_service (request);
  }
  g_clear_pointer (&request->ticket, cup_fal_ticket_free);
}

/* Takes @result or @error. Gives up the reference that is for the job. */
static void
complete (CupFalRequest * request, CupResult * result, GError * error)
{
  CupJob *job = g_steal_pointer (&request->job);

  if (error)
    cup_job_return_error (job, error);
  else
    cup_job_return_result (job, result);
  cup_job_unref (job);
  wind_up (request);
  request_unref (request);
}

static GError *
new_cancelled (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
      "the job was cancelled");
}

void
cup_fal_request_abandon (CupFalRequest * request)
{
  complete (request, NULL, new_cancelled ());
}

void
cup_fal_request_discard (CupFalRequest * request)
{
  cup_job_return_error (request->job, new_cancelled ());
  request_unref (request);
}

static void
on_job_cancelled (gpointer data)
{
  cup_fal_request_abandon (data);
}

/* Those that have not been submitted will not be: it would be refused. */
static void
fail_unsubmitted (CupFalApi * api)
{
  gboolean found;

  do {
    GList *item;

    found = FALSE;
    for (item = api->requests.head; item && !found; item = item->next) {
      CupFalRequest *request = item->data;

      if (request->submitted > 0 || is_being_submitted (request))
        continue;
      found = TRUE;
      complete (request, NULL, g_error_copy (api->refusal));
    }
  } while (found);
}

/* Takes @error, which has all its words. */
static void
fail (CupFalRequest * request, GError * error)
{
  CupFalApi *api = cup_fal_api_ref (request->api);
  gboolean refused = g_error_matches (error, CUP_ERROR,
      CUP_ERROR_NOT_AUTHORIZED) && !api->refusal;

  if (refused)
    cup_fal_api_refuse (api, error);
  complete (request, NULL, error);
  if (refused)
    fail_unsubmitted (api);
  cup_fal_api_unref (api);
}

static void
fail_with (CupFalRequest * request, const CupFalFailure * failure,
    const GError * error)
{
  fail (request, cup_fal_call_make_error (request->api, failure, error,
          request->stage, request->accepted.request_id));
}

/* Deadlines */

static GError *
new_timeout (CupFalRequest * request)
{
  gboolean queue = cup_fal_clock_get_elapsed (&request->clock,
      CUP_FAL_CLOCK_QUEUE) >= request->clock.limit[CUP_FAL_CLOCK_QUEUE]
      && request->clock.limit[CUP_FAL_CLOCK_QUEUE] > 0;
  CupFalClockKind kind = queue ? CUP_FAL_CLOCK_QUEUE : CUP_FAL_CLOCK_WORK;
  GString *text = g_string_new (NULL);
  GError *error;

  g_string_append_printf (text, "%s %g s (stage: %s", queue ?
      "still waiting for the service to begin, after" : "no result within",
      (gdouble) request->clock.limit[kind] / G_USEC_PER_SEC, request->stage);
  if (request->state_word) {
    gchar *word = cup_fal_clean (request->state_word, request->api->key);

    g_string_append_printf (text, "; the service says %s", word);
    g_free (word);
  }
  if (request->queue_position >= 0)
    g_string_append_printf (text, ", %" G_GINT64_FORMAT " ahead in the queue",
        request->queue_position);
  if (request->trouble)
    g_string_append_printf (text, "; what went wrong last: %s",
        request->trouble);
  g_string_append_printf (text, "); raise the property %s to wait longer",
      queue ? "queue-timeout" : "timeout");
  if (request->accepted.request_id)
    g_string_append_printf (text, " (request %s)",
        request->accepted.request_id);

  error = g_error_new_literal (CUP_ERROR, CUP_ERROR_TIMEOUT, text->str);
  cup_error_edit_details (error)->stage = request->stage;
  cup_error_edit_details (error)->request_id =
      g_strdup (request->accepted.request_id);
  if (is_being_submitted (request))
    error = cup_fal_error_maybe_accepted (error, FALSE);
  g_string_free (text, TRUE);
  return error;
}

static void
on_deadline (gpointer data)
{
  CupFalRequest *request = data;

  complete (request, NULL, new_timeout (request));
}

/* Download. */

static gboolean
check_picture (CupFalRequest * request, GBytes * bytes, GError ** error)
{
  CupImageInfo *info = &request->picture_info;
  CupImageType declared;

  if (!cup_image_read_info (bytes, info, error)
      || !cup_pixels_check_size (info->width, info->height,
          request->max_pixels, "the result", error)
      || !cup_image_check_complete (bytes, info->type, error))
    return FALSE;

  declared = request->output.content_type ?
      cup_image_type_from_mime (request->output.content_type) : info->type;
  if (declared != info->type)
    cup_info ("request %s: the picture is %s, and not what was declared",
        request->accepted.request_id, cup_image_type_get_mime (info->type));
  g_clear_pointer (&request->picture, g_bytes_unref);
  request->picture = g_bytes_ref (bytes);
  return TRUE;
}

static gdouble
to_seconds (gint64 microseconds)
{
  return (gdouble) microseconds / G_USEC_PER_SEC;
}

static void
return_picture (CupFalRequest * request)
{
  CupResult *result = cup_result_new_bytes (g_bytes_ref (request->picture),
      &request->picture_info);

  result->has_seed = request->output.has_seed;
  result->seed = request->output.seed;
  result->request_id = g_strdup (request->accepted.request_id);
  result->url = g_strdup (request->output.url);
  result->inference_time = request->inference_time;
  result->queue_time = to_seconds (request->queued);
  result->service_time = to_seconds (request->service_time);
  result->total_time = to_seconds (g_get_monotonic_time () - request->started);
  result->bytes_up = request->bytes_up;
  result->bytes_down = g_bytes_get_size (request->picture);
  result->submissions = request->submissions;
  complete (request, result, NULL);
}

static gboolean
accept_picture (CupHttpResponse * response, gpointer user_data, GError ** error)
{
  return check_picture (user_data, cup_http_response_get_body (response),
      error);
}

static void
on_picture (CupHttpResponse * response, const CupFalFailure * failure,
    const GError * error, gpointer user_data)
{
  CupFalRequest *request = user_data;

  if (failure || error)
    fail_with (request, failure, error);
  else
    return_picture (request);
}

static const CupFalCallFuncs picture_funcs = {
  accept_picture, on_retry, on_picture
};

static void
download (CupFalRequest * request)
{
  CupFalCallSpec spec = {.method = "GET",.is_transfer = TRUE };
  GError *error = NULL;

  request->stage = CUP_STAGE_DOWNLOAD;
  if (request->output.data) {
    if (check_picture (request, request->output.data, &error))
      return_picture (request);
    else
      fail_with (request, NULL, error);
    g_clear_error (&error);
    return;
  }
  if (!cup_fal_api_check_url (request->output.url, request->api->location,
          "the result", &error)) {
    fail_with (request, NULL, error);
    g_error_free (error);
    return;
  }
  spec.url = request->output.url;
  spec.max_size = cup_fal_max_result_bytes (request->max_pixels);
  spec.follow_redirects = TRUE;
  spec.max_unreadable = MAX_UNREADABLE;
  cup_fal_call_start (&request->call, request->api, &spec, &picture_funcs,
      request);
}

/* Result. */

static void
forget_submission (CupFalRequest * request)
{
  cup_fal_accepted_clear (&request->accepted);
  request->submitted = 0;
  request->completed = FALSE;
  request->failure_is_told = FALSE;
  cup_fal_logs_free (request->logs);
  request->logs = cup_fal_logs_new ();
  g_clear_pointer (&request->state_word, g_free);
}

static void
on_resubmit (gpointer data)
{
  CupFalRequest *request = data;

  clear_timer (request);
  enter_limiter (request);
}

/* The job has failed at the service, for a cause that may pass: nothing came of
 * it, and nothing is charged for it. FALSE where it is not tried again. */
static gboolean
resubmit (CupFalRequest * request, CupHttpResponse * response,
    const CupFalFailure * failure)
{
  CupFalApi *api = request->api;
  gboolean number = cup_fal_failure_is_about_number (failure);
  gint64 now = g_get_monotonic_time (), delay = 0;
  GError *reason;

  if (!cup_fal_failure_is_worth_resubmitting (failure)
      || (!number && request->resubmissions >= api->retries))
    return FALSE;
  if (!number)
    request->resubmissions++;
  cup_backoff_next (number ? &request->number_backoff : &request->job_backoff,
      &delay);
  delay += MAX (cup_http_response_get_retry_after (response), 0);

  reason = cup_fal_call_make_error (api, failure, NULL, request->stage,
      request->accepted.request_id);
  cup_info ("%s; it is submitted again", reason->message);
  note_trouble (request, reason->message);
  g_error_free (reason);
  forget_submission (request);
  if (number)
    cup_fal_ticket_refused (request->ticket, now);
  else
    cup_fal_ticket_done (request->ticket, now);
  cup_fal_clock_switch (&request->clock, number ? CUP_FAL_CLOCK_QUEUE :
      CUP_FAL_CLOCK_WORK);
  request->stage = CUP_STAGE_SUBMIT;
  if (number)
    enter_state (request, CUP_PROGRESS_HELD_BACK);
  wait_then (request, delay, on_resubmit);
  return TRUE;
}

static gboolean
accept_result (CupHttpResponse * response, gpointer user_data, GError ** error)
{
  CupFalRequest *request = user_data;

  cup_fal_output_clear (&request->output);
  return cup_fal_parse_output (cup_http_response_get_body (response),
      cup_fal_max_result_bytes (request->max_pixels), &request->output, error);
}

static void start_following (CupFalRequest * request);

static void
on_result (CupHttpResponse * response, const CupFalFailure * failure,
    const GError * error, gpointer user_data)
{
  CupFalRequest *request = user_data;

  if (failure && failure->is_in_progress) {
    request->completed = FALSE;
    start_following (request);
  } else if (failure && failure->is_from_service
      && resubmit (request, response, failure)) {
    /* Goes on from there. */
  } else if (failure || error) {
    fail_with (request, failure, error);
  } else {
    cup_fal_ticket_done (request->ticket, g_get_monotonic_time ());
    download (request);
  }
}

static const CupFalCallFuncs result_funcs = {
  accept_result, on_retry, on_result
};

/* Whether the result was asked to have the picture in itself. */
static gboolean
wants_inline_result (CupFalRequest * request)
{
  const CupValues *values = cup_job_get_values (request->job);
  JsonObject *extra = values ? cup_values_get_extra (values) : NULL;

  return extra && json_object_get_boolean_member_with_default (extra,
      "sync_mode", FALSE);
}

/* This is also how a failed job is reported. What is a failure of the job, and
 * not of this request for its result, comes again when it is asked for again;
 * a job that went well must not be submitted once more, and paid once more, for
 * an answer that was lost. */
static void
fetch_result (CupFalRequest * request)
{
  CupFalCallSpec spec = {.method = "GET" };

  request->stage = CUP_STAGE_RESULT;
  spec.max_unreadable = MAX_UNREADABLE;
  spec.confirmations = request->failure_is_told ? 1 : CONFIRMATIONS;
  spec.confirm_time = request->failure_is_told ? 0 :
      CONFIRM_DELAYS * request->api->retry_delay;
  spec.url = request->accepted.response_url;
  if (wants_inline_result (request))
    spec.max_size = MAX_INLINE_RESULT;
  cup_fal_call_start (&request->call, request->api, &spec, &result_funcs,
      request);
}

/* Status. */

static void
take_state (CupFalRequest * request, CupFalState state, gint64 position)
{
  gboolean queued = state == CUP_FAL_IN_QUEUE;
  gboolean running = state == CUP_FAL_IN_PROGRESS;

  if (queued)
    cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_QUEUE);
  else if (running || state == CUP_FAL_COMPLETED)
    cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_WORK);

  if (queued && (request->state != CUP_PROGRESS_QUEUED
          || position != request->queue_position)) {
    request->queue_position = position;
    enter_state (request, CUP_PROGRESS_QUEUED);
  } else if (running && request->state != CUP_PROGRESS_RUNNING) {
    enter_state (request, CUP_PROGRESS_RUNNING);
  }
}

static void
on_status (const CupFalStatus * status, gpointer user_data)
{
  CupFalRequest *request = user_data;

  g_free (request->state_word);
  request->state_word = g_strdup (status->state_word);
  if (status->inference_time >= 0)
    request->inference_time = status->inference_time;
  request->failure_is_told = status->state == CUP_FAL_COMPLETED
      && (status->error || status->error_type);
  take_state (request, status->state, status->queue_position);
}

static void
on_log (const CupFalLogLine * line, gpointer user_data)
{
  report (user_data, line, NULL);
}

static void
on_completed (gpointer user_data)
{
  CupFalRequest *request = user_data;

  request->completed = TRUE;
  request->service_time = g_get_monotonic_time () - request->submitted;
  request->queued = cup_fal_clock_get_elapsed (&request->clock,
      CUP_FAL_CLOCK_QUEUE) - request->queued_before;
  cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_WORK);
  enter_state (request, CUP_PROGRESS_FETCHING);
  fetch_result (request);
}

static void
on_follow_failed (const CupFalFailure * failure, const GError * error,
    gpointer user_data)
{
  fail_with (user_data, failure, error);
}

static const CupFalFollowFuncs follow_funcs = {
  on_status, on_log, on_retry, on_completed, on_follow_failed
};

static void
start_following (CupFalRequest * request)
{
  request->stage = CUP_STAGE_STATUS;
  cup_fal_follow_start (&request->follow, request->api,
      request->accepted.status_url, request->logs, &follow_funcs, request);
}

/* Submission. */

/* The URLs of the answer where they are at the service's own address, so that
 * the key may be sent there; otherwise as the protocol builds them. */
static void
settle_url (CupFalRequest * request, gchar ** url, const gchar * suffix)
{
  CupFalApi *api = request->api;

  if (cup_fal_check_origin (*url, api->location))
    return;
  if (*url)
    cup_info ("request %s: an address at another host is not used",
        request->accepted.request_id);
  g_free (*url);
  *url = cup_fal_build_request_url (api->location, api->application,
      request->accepted.request_id, suffix);
}

static gboolean
read_acceptance (CupFalRequest * request, CupHttpResponse * response,
    GError ** error)
{
  if (!cup_fal_parse_accepted (cup_http_response_get_body (response),
          &request->accepted, error))
    return FALSE;
  cup_info ("accepted as request %s", request->accepted.request_id);
  settle_url (request, &request->accepted.status_url, "/status");
  settle_url (request, &request->accepted.response_url, "");
  settle_url (request, &request->accepted.cancel_url, "/cancel");
  return TRUE;
}

/* Nobody waits for it any more. */
static void
handle_late_submission (CupFalRequest * request, CupHttpResponse * response,
    const CupFalFailure * failure)
{
  clear_timer (request);
  if (response && !failure && read_acceptance (request, response, NULL))
    cancel_at_service (request);
  else if (!failure)
    cup_info ("a submission was given up without an answer: the service may "
        "have accepted it");
  request_unref (request);
}

/* Whether nothing of the submission has been sent. What is not known must be
 * said: it is about money. */
static gboolean
was_not_sent (const GError * error)
{
  const CupErrorDetails *details = cup_error_get_details (error);

  return details && g_strcmp0 (details->stage, CUP_HTTP_STAGE_CONNECT) == 0
      && cup_fal_error_is_transient (error);
}

/* A connection, or a submission that came in before others were done: FALSE
 * where it is not repeated. */
static gboolean
submit_again (CupFalRequest * request, CupHttpResponse * response,
    const CupFalFailure * failure, const GError * error, const GError * reason)
{
  gboolean number = failure && cup_fal_failure_is_about_number (failure);
  gint64 now = g_get_monotonic_time (), delay;

  /* Waiting for one's turn is no failure: only the time is limited. */
  if (!cup_fal_api_try_again (request->api, number ? &request->number_backoff :
          &request->submit_backoff, error, response ?
          cup_http_response_get_retry_after (response) : -1, &delay))
    return FALSE;
  note_trouble (request, reason->message);
  if (number)
    cup_fal_ticket_refused (request->ticket, now);
  else
    cup_fal_ticket_done (request->ticket, now);
  cup_fal_clock_switch (&request->clock, number ? CUP_FAL_CLOCK_QUEUE :
      CUP_FAL_CLOCK_WORK);
  if (number)
    enter_state (request, CUP_PROGRESS_HELD_BACK);
  wait_then (request, delay, on_resubmit);
  return TRUE;
}

static void
handle_unaccepted (CupFalRequest * request, CupHttpResponse * response,
    const CupFalFailure * failure, const GError * error)
{
  gboolean safe = failure ? cup_fal_failure_was_not_accepted (failure) :
      was_not_sent (error);
  gboolean uncertain = failure ? cup_fal_failure_is_uncertain (failure) :
      !safe && error->domain == CUP_ERROR && error->code != CUP_ERROR_SETTINGS;
  GError *reason = cup_fal_call_make_error (request->api, failure, error,
      request->stage, NULL);

  if ((safe || (uncertain && request->api->allow_double_cost))
      && submit_again (request, response, failure, error, reason))
    g_error_free (reason);
  else
    fail (request, uncertain ? cup_fal_error_maybe_accepted (reason,
            !request->api->allow_double_cost) : reason);
}

static void
on_submitted (CupHttpResponse * response, const CupFalFailure * failure,
    const GError * error, gpointer user_data)
{
  CupFalRequest *request = user_data;
  GError *reason = NULL;

  if (!request->job) {
    handle_late_submission (request, response, failure);
    return;
  }
  if (failure || error) {
    handle_unaccepted (request, response, failure, error);
    return;
  }
  if (!read_acceptance (request, response, &reason)) {
    handle_unaccepted (request, response, NULL, reason);
    g_error_free (reason);
    return;
  }
  request->submitted = g_get_monotonic_time ();
  request->queued_before = cup_fal_clock_get_elapsed (&request->clock,
      CUP_FAL_CLOCK_QUEUE);
  cup_backoff_reset (&request->submit_backoff);
  cup_backoff_reset (&request->number_backoff);
  note_trouble (request, NULL);
  take_state (request, request->accepted.state,
      request->accepted.queue_position);
  start_following (request);
}

static const CupFalCallFuncs submit_funcs = { NULL, NULL, on_submitted };

static void
submit (CupFalRequest * request)
{
  CupFalApi *api = request->api;
  CupFalCallSpec spec = {.method = "POST",.max_attempts = 1 };
  gchar *url = g_strconcat (api->location, "/", api->endpoint, NULL);

  if (!request->body)
    request->body = cup_fal_build_submit_body (api->model,
        cup_job_get_values (request->job), request->image_url);
  g_clear_pointer (&request->image_url, g_free);
  if (cup_log_is_enabled (CUP_LOG_DEBUG)) {
    gchar *text = cup_fal_describe_body (request->body, api->key);

    cup_debug ("submits to %s: %s", api->endpoint, text);
    g_free (text);
  }
  request->submissions++;
  enter_state (request, CUP_PROGRESS_SUBMITTING);
  spec.url = url;
  spec.body = request->body;
  spec.headers = (const gchar * const *) api->submit_headers;
  cup_fal_call_start (&request->call, api, &spec, &submit_funcs, request);
  g_free (url);
}

static void
on_turn (CupFalTicket * ticket, gpointer user_data)
{
  CupFalRequest *request = user_data;

  cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_WORK);
  if (request->api->refusal)
    complete (request, NULL, g_error_copy (request->api->refusal));
  else
    submit (request);
}

/* Waits until one more may be at the service. */
static void
enter_limiter (CupFalRequest * request)
{
  request->stage = CUP_STAGE_SUBMIT;
  request->ref_count++;
  cup_fal_ticket_enter (request->ticket, g_get_monotonic_time ());
  if (request->ticket && cup_fal_ticket_is_waiting (request->ticket)) {
    cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_QUEUE);
    enter_state (request, CUP_PROGRESS_HELD_BACK);
  }
  request_unref (request);
}

/* Upload. */

static void
on_uploaded (gchar * url, guint64 bytes, GError * error, gpointer user_data)
{
  CupFalRequest *request = user_data;

  request->bytes_up = bytes;
  if (error) {
    fail (request, error);
    return;
  }
  request->image_url = url;
  cup_job_drop_input (request->job);
  note_trouble (request, NULL);
  enter_limiter (request);
}

static const CupFalUploaderFuncs upload_funcs = { on_retry, on_uploaded };

static void
begin (CupFalRequest * request)
{
  if (request->api->refusal) {
    complete (request, NULL, g_error_copy (request->api->refusal));
  } else if (request->body) {
    enter_limiter (request);
  } else {
    enter_state (request, CUP_PROGRESS_UPLOADING);
    cup_fal_uploader_start (&request->uploader, request->api,
        cup_job_get_bytes (request->job),
        cup_job_get_bytes_info (request->job)->type, &upload_funcs, request);
  }
}

/* On a worker: encoding what goes inline takes time. (What falls back to that
 * later, 4 MiB at most, is encoded on the HTTP thread.) */
static void
prepare_image_url (CupFalRequest * request)
{
  CupJob *job = request->job;
  GBytes *bytes = cup_job_get_bytes (job);

  if (cup_job_get_remote_uri (job)) {
    request->image_url = g_strdup (cup_job_get_remote_uri (job));
  } else if (cup_fal_goes_inline (request->api, g_bytes_get_size (bytes))) {
    request->image_url = cup_fal_make_data_uri (bytes,
        cup_job_get_bytes_info (job)->type);
    request->bytes_up = g_bytes_get_size (bytes);
    cup_job_drop_input (job);
  } else {
    return;
  }
  request->body = cup_fal_build_submit_body (request->api->model,
      cup_job_get_values (job), request->image_url);
  g_clear_pointer (&request->image_url, g_free);
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
  request->stage = CUP_STAGE_UPLOAD;
  request->started = g_get_monotonic_time ();
  request->queue_position = -1;
  request->inference_time = -1;
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
  prepare_image_url (request);
  return request;
}

void
cup_fal_request_start (CupFalRequest * request)
{
  CupFalApi *api = request->api;

  g_queue_push_tail_link (&api->requests, &request->link);
  cup_fal_clock_init (&request->clock, api->http, on_deadline, request);
  if (api->closed) {
    cup_fal_request_abandon (request);
    return;
  }
  request->cancel_watch = cup_http_watch_cancellable (api->http,
      cup_job_get_cancellable (request->job), on_job_cancelled, request);
  request->ticket = cup_fal_ticket_new (api->share, on_turn, request);
  request->clock.elapsed[CUP_FAL_CLOCK_WORK] =
      g_get_monotonic_time () - request->started;
  cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_WORK);
  begin (request);
}
