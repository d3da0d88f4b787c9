/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Submitting a job, once or again: see request.c.
 *
 * The submission is not among what is tried again by itself: it is repeated
 * here, where it certainly was not accepted, or where the service reports the
 * job as failed for a cause of its own.
 */
#include "request-private.h"

#include "base/error.h"
#include "base/log.h"
#include "protocol.h"

/* Nothing has come of it. */
static void
forget_submission (CupFalRequest * request)
{
  cup_fal_request_tell_lost (request);
  cup_fal_accepted_clear (&request->accepted);
  request->submitted = 0;
  request->completed = FALSE;
  request->failure_is_told = FALSE;
  request->is_over = FALSE;
  g_clear_pointer (&request->told_error, g_free);
  request->billable_units = -1;
  request->out_of_reach = FALSE;
  request->resumed = FALSE;
  cup_fal_logs_free (request->logs);
  request->logs = cup_fal_logs_new ();
  g_clear_pointer (&request->state_word, g_free);
  request->inference_time = -1;
  cup_fal_output_clear (&request->output);
  g_clear_pointer (&request->unusable, g_bytes_unref);
}

static void
on_resubmit (gpointer data)
{
  CupFalRequest *request = data;

  cup_fal_request_clear_timer (request);
  cup_fal_request_begin (request);
}

gboolean
cup_fal_request_resubmit (CupFalRequest * request, CupHttpResponse * response,
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
  cup_fal_request_note_trouble (request, reason->message);
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
    cup_fal_request_enter_state (request, CUP_PROGRESS_HELD_BACK);
  cup_fal_request_wait (request, delay, on_resubmit);
  return TRUE;
}

void
cup_fal_request_start_over (CupFalRequest * request,
    const CupFalFailure * failure)
{
  GError *reason = cup_fal_call_make_error (request->api, failure, NULL,
      request->stage, request->accepted.request_id);

  cup_info ("%s; it is begun anew", reason->message);
  cup_fal_request_note_trouble (request, reason->message);
  g_error_free (reason);
  forget_submission (request);
  if (cup_fal_ticket_is_inside (request->ticket))
    cup_fal_ticket_done (request->ticket, g_get_monotonic_time ());
  cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_WORK);
  cup_fal_request_begin (request);
}

static gboolean
read_acceptance (CupFalRequest * request, CupHttpResponse * response,
    GError ** error)
{
  if (!cup_fal_parse_accepted (cup_http_response_get_body (response),
          cup_http_response_get_header (response, "x-fal-request-id"),
          &request->accepted, error))
    return FALSE;
  cup_info ("accepted as request %s", request->accepted.request_id);
  cup_fal_request_settle_urls (request);
  cup_fal_request_tell_accepted (request);
  return TRUE;
}

/* Whether nothing of the submission has been sent. What is not known must be
 * said: it is about money. */
static gboolean
was_not_sent (const GError * error)
{
  const CupErrorDetails *details = cup_error_get_details (error);

  return details && g_strcmp0 (details->stage, CUP_HTTP_STAGE_CONNECT) == 0
      && (cup_fal_error_is_transient (error)
      || g_error_matches (error, CUP_ERROR, CUP_ERROR_CERTIFICATE));
}

/* Whether it certainly was not accepted. */
static gboolean
is_refused (const CupFalFailure * failure, const GError * error)
{
  if (failure)
    return !cup_fal_failure_is_uncertain (failure);
  return error && (was_not_sent (error)
      || g_error_matches (error, CUP_ERROR, CUP_ERROR_SETTINGS));
}

/* Nobody waits for it any more. */
static void
handle_late_submission (CupFalRequest * request, CupHttpResponse * response,
    const CupFalFailure * failure, const GError * error)
{
  cup_fal_request_clear_timer (request);
  if (is_refused (failure, error)) {
    cup_fal_request_tell_refused (request);
  } else if (failure || error || !read_acceptance (request, response, NULL)) {
    cup_info ("a submission was given up without an answer: the service may "
        "have accepted it");
  } else if (!request->kept) {
    cup_fal_request_cancel_at_service (request);
  }
  cup_fal_request_unref (request);
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
  cup_fal_request_note_trouble (request, reason->message);
  if (number)
    cup_fal_ticket_refused (request->ticket, now);
  else
    cup_fal_ticket_done (request->ticket, now);
  cup_fal_clock_switch (&request->clock, number ? CUP_FAL_CLOCK_QUEUE :
      CUP_FAL_CLOCK_WORK);
  if (number)
    cup_fal_request_enter_state (request, CUP_PROGRESS_HELD_BACK);
  cup_fal_request_wait (request, delay, on_resubmit);
  return TRUE;
}

static void
handle_unaccepted (CupFalRequest * request, CupHttpResponse * response,
    const CupFalFailure * failure, const GError * error)
{
  gboolean safe = failure ? cup_fal_failure_was_not_accepted (failure) :
      was_not_sent (error);
  gboolean refused = is_refused (failure, error);
  gboolean uncertain = !refused && (failure || error->domain == CUP_ERROR);
  GError *reason = cup_fal_call_make_error (request->api, failure, error,
      request->stage, NULL);

  /* Of what is uncertain nothing is told: it may have been accepted. */
  if (refused)
    cup_fal_request_tell_refused (request);
  if (failure && cup_fal_request_forget_upload (request, failure))
    cup_fal_request_start_over (request, failure);
  else if ((!safe && !(uncertain && request->api->allow_double_cost))
      || !submit_again (request, response, failure, error, reason)) {
    if (uncertain)
      reason = cup_fal_error_maybe_accepted (reason,
          !request->api->allow_double_cost);
    cup_fal_request_fail (request, g_steal_pointer (&reason));
  }
  g_clear_error (&reason);
}

static void
on_submitted (CupHttpResponse * response, const CupFalFailure * failure,
    const GError * error, gpointer user_data)
{
  CupFalRequest *request = user_data;
  GError *reason = NULL;

  if (!request->job) {
    handle_late_submission (request, response, failure, error);
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
  cup_fal_request_note_trouble (request, NULL);
  cup_fal_request_take_state (request, request->accepted.state,
      request->accepted.queue_position);
  cup_fal_request_follow (request);
}

static const CupFalCallFuncs submit_funcs = { NULL, NULL, on_submitted };

void
cup_fal_request_submit (CupFalRequest * request)
{
  CupFalApi *api = request->api;
  CupFalCallSpec spec = {.method = "POST",.max_attempts = 1 };
  gchar *url = g_strconcat (api->location, "/", api->endpoint, NULL);

  if (cup_log_is_enabled (CUP_LOG_DEBUG)) {
    gchar *text = cup_fal_describe_body (request->body, api->key);

    cup_debug ("submits to %s: %s", api->endpoint, text);
    g_free (text);
  }
  request->submissions++;
  if (request->inline_bytes > 0)
    request->bytes_up = request->inline_bytes;
  cup_fal_request_enter_state (request, CUP_PROGRESS_SUBMITTING);
  spec.url = url;
  spec.body = request->body;
  spec.headers = (const gchar * const *) api->submit_headers;
  spec.max_idle = api->submission_idle;
  cup_fal_call_start (&request->call, api, &spec, &submit_funcs, request);
  g_free (url);
}

void
cup_fal_request_on_turn (CupFalTicket * ticket, gpointer user_data)
{
  CupFalRequest *request = user_data;

  cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_WORK);
  if (request->api->refusal)
    cup_fal_request_complete (request, NULL,
        g_error_copy (request->api->refusal));
  else
    cup_fal_request_ask (request);
}

void
cup_fal_request_enter_limiter (CupFalRequest * request)
{
  request->stage = CUP_STAGE_SUBMIT;
  cup_fal_request_ref (request);
  cup_fal_ticket_enter (request->ticket, g_get_monotonic_time ());
  if (request->ticket && cup_fal_ticket_is_waiting (request->ticket)) {
    cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_QUEUE);
    cup_fal_request_enter_state (request, CUP_PROGRESS_HELD_BACK);
  }
  cup_fal_request_unref (request);
}
