/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a job ends: see request.c. What has to happen after that, so that no paid
 * work stays behind, happens without it: a request that was submitted is
 * cancelled at the service, or left there for who asks for its result later.
 * Where the submission itself is under way its answer is awaited first, for two
 * seconds.
 */
#include "request-private.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"

void
cup_fal_request_cancel_at_service (CupFalRequest * request)
{
  cup_fal_api_cancel_request (request->api,
      request->accepted.cancel_url, request->accepted.request_id);
}

static void
give_submission_up (gpointer data)
{
  CupFalRequest *request = data;

  cup_fal_request_clear_timer (request);
  cup_info ("a submission was given up without an answer: the service may have "
      "accepted it");
  cup_fal_call_cancel (&request->call);
  cup_fal_request_unref (request);
}

/* Whether the journal has allowed what has no answer yet. */
static gboolean
is_submitting (CupFalRequest * request)
{
  return request->call && strcmp (request->stage, CUP_STAGE_SUBMIT) == 0;
}

/* Whether the submission is on its way, and nobody knows how far it has come. */
static gboolean
is_being_submitted (CupFalRequest * request)
{
  return is_submitting (request) && cup_fal_call_may_be_sent (request->call);
}

/* Ends everything that was for the job, and takes back what was submitted. */
static void
wind_up (CupFalRequest * request)
{
  cup_fal_request_clear_timer (request);
  g_clear_pointer (&request->cancel_watch, cup_http_unwatch);
  cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_STOPPED);
  g_queue_unlink (&request->api->requests, &request->link);
  cup_fal_uploader_cancel (&request->uploader);
  cup_fal_follow_cancel (&request->follow);
  if (is_submitting (request)) {
    /* Its answer says what there is to cancel. That it has not been sent is
     * certain only when it has ended: until then it may be any moment. */
    cup_fal_request_ref (request);
    cup_fal_request_wait (request, CUP_HTTP_CLOSE_TIMEOUT, give_submission_up);
    if (!cup_fal_call_may_be_sent (request->call))
      cup_fal_call_abort (request->call);
  } else {
    cup_fal_call_cancel (&request->call);
    if (request->submitted > 0 && !request->completed && !request->kept
        && !request->out_of_reach)
      cup_fal_request_cancel_at_service (request);
  }
  g_clear_pointer (&request->ticket, cup_fal_ticket_free);
}

/* Takes @error. */
static GError *
add_that_it_is_kept (GError * error)
{
  gchar *message;

  if (error->domain != CUP_ERROR)
    return error;
  message = g_strconcat (error->message, "; the request is kept, and the next "
      "run goes on with it", NULL);
  g_free (error->message);
  error->message = message;
  return error;
}

/* There is nothing left to be cancelled at the service: its result was made, and
 * is charged for. So nobody is asked whether it is to be kept, and it stays in
 * the journal; who takes a frame back may come back to it (a seek). */
static gboolean
is_too_late (CupFalRequest * request, const GError * error)
{
  return request->completed && !request->failure_is_told
      && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

void
cup_fal_request_complete (CupFalRequest * request, CupResult * result,
    GError * error)
{
  CupJob *job = g_steal_pointer (&request->job);

  request->api->n_resumed -= request->is_counted;
  request->is_counted = FALSE;
  /* Once: what the journal thinks of it may change with the job's end. */
  request->kept = error && (request->in_journal || is_submitting (request))
      && !is_too_late (request, error)
      && cup_journal_keeps (request->journal);
  if (request->kept && request->in_journal)
    error = add_that_it_is_kept (error);
  if (error && cup_error_edit_details (error)
      && !cup_error_get_details (error)->url)
    cup_error_edit_details (error)->url = g_strdup (request->output.url);
  if (error)
    cup_job_return_error (job, error);
  else
    cup_job_return_result (job, result);
  cup_job_unref (job);
  wind_up (request);
  cup_fal_request_unref (request);
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
  cup_fal_request_complete (request, NULL, new_cancelled ());
}

void
cup_fal_request_discard (CupFalRequest * request)
{
  cup_job_return_error (request->job, new_cancelled ());
  cup_fal_request_unref (request);
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
      cup_fal_request_complete (request, NULL, g_error_copy (api->refusal));
    }
  } while (found);
}

void
cup_fal_request_fail (CupFalRequest * request, GError * error)
{
  CupFalApi *api = cup_fal_api_ref (request->api);
  gboolean refused = g_error_matches (error, CUP_ERROR,
      CUP_ERROR_NOT_AUTHORIZED) && !api->refusal;

  if (refused)
    cup_fal_api_refuse (api, error);
  cup_fal_request_complete (request, NULL, error);
  if (refused)
    fail_unsubmitted (api);
  cup_fal_api_unref (api);
}

void
cup_fal_request_fail_with (CupFalRequest * request,
    const CupFalFailure * failure, const GError * error)
{
  cup_fal_request_fail (request, cup_fal_call_make_error (request->api, failure,
          error, request->stage, request->accepted.request_id));
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

void
cup_fal_request_on_resumed (gpointer data)
{
  CupFalRequest *request = data;

  cup_info ("the process did not run while the time passed: the service is "
      "asked once more");
  cup_fal_follow_look (request->follow);
}

void
cup_fal_request_on_deadline (gpointer data)
{
  CupFalRequest *request = data;

  cup_fal_request_complete (request, NULL, new_timeout (request));
}
