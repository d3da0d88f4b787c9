/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A request and its repetitions: see call.h.
 */
#include "call.h"

#include "answer.h"
#include "base/error.h"
#include "base/log.h"

/* How long an answer has to stay before it is believed of a request that is paid
 * for, in retry-delays: ten seconds. A failure of which the service names no
 * cause may be the answer's, in an outage: two minutes. */
#define PATIENCE_DELAYS 20
#define UNNAMED_DELAYS 240

struct _CupFalCall
{
  gint ref_count;
  CupFalApi *api;
  CupFalCall **slot;            /* NULL once it is told or taken back */
  const CupFalCallFuncs *funcs;
  gpointer user_data;

  CupFalCallSpec spec;          /* with copies of its own */
  gchar *url;
  gchar *content_type;
  gchar **headers;
  CupBackoff backoff;
  guint unreadable;             /* answers in a row */
  guint confirmed;
  gint64 first_confirmed;
  gint64 first_final;           /* when an answer came that would end it */
  gboolean sending;

  GCancellable *cancellable;    /* of the exchange that is under way */
  GSource *timer;               /* of the wait before the next one */
};

static void
clear_timer (CupFalCall * call)
{
  if (call->timer)
    g_source_destroy (call->timer);
  g_clear_pointer (&call->timer, g_source_unref);
}

static void
call_unref (CupFalCall * call)
{
  if (--call->ref_count > 0)
    return;
  clear_timer (call);
  g_clear_pointer (&call->spec.body, g_bytes_unref);
  g_strfreev (call->headers);
  g_free (call->content_type);
  g_free (call->url);
  cup_fal_api_unref (call->api);
  g_free (call);
}

static void
finish (CupFalCall * call, CupHttpResponse * response,
    const CupFalFailure * failure, const GError * error)
{
  *call->slot = NULL;
  call->slot = NULL;
  call->funcs->done (response, failure, error, call->user_data);
  call_unref (call);
}

static void send (CupFalCall * call);

static void
on_timer (gpointer data)
{
  CupFalCall *call = data;

  clear_timer (call);
  send (call);
}

/* Waits for another attempt; FALSE where there is none left. */
static gboolean
try_again (CupFalCall * call, const GError * error, gint64 retry_after,
    const gchar * reason)
{
  gint64 delay;

  /* What is paid for is worth waiting for the very first answer, too. */
  if (!cup_fal_api_try_again (call->api, &call->backoff,
          call->spec.is_paid ? NULL : error, retry_after, &delay))
    return FALSE;
  cup_debug ("%s: tries again in %g s: %s", call->spec.method,
      (gdouble) delay / G_USEC_PER_SEC, reason);
  call->timer = cup_http_add_timer (call->api->http, delay, on_timer, call);
  if (call->funcs->retry)
    call->funcs->retry (reason, call->user_data);
  return TRUE;
}

/* Whether so many retry-delays have passed since @first, which is set where it
 * is not. */
static gboolean
has_stayed (CupFalCall * call, gint64 * first, gint64 delays)
{
  gint64 now = g_get_monotonic_time ();

  if (*first == 0)
    *first = now;
  return now - *first >= delays * call->api->retry_delay;
}

/* A failure of what is asked for, as opposed to one of asking. It comes again
 * when it is asked for again. */
static gboolean
is_confirmed (CupFalCall * call, const CupFalFailure * failure)
{
  gboolean stayed = has_stayed (call, &call->first_confirmed,
      cup_fal_failure_has_cause (failure) ? PATIENCE_DELAYS : UNNAMED_DELAYS);

  call->confirmed++;
  return call->spec.confirmations == 1
      || (stayed && call->confirmed >= call->spec.confirmations);
}

/* Whether @failure is the answer to what is asked for. */
static gboolean
is_believed (CupFalCall * call, const CupFalFailure * failure)
{
  gboolean transient = cup_fal_failure_is_transient (failure);

  if (call->spec.is_last && failure->is_from_service
      && (!transient || failure->is_in_progress))
    return TRUE;
  if (call->spec.confirmations > 0 && (transient
          || cup_fal_failure_is_worth_resubmitting (failure))
      && cup_fal_failure_is_of_job (failure))
    return is_confirmed (call, failure);
  /* The status has told already that the job has failed. */
  if (call->spec.confirmations == 1 && failure->status >= 500
      && has_stayed (call, &call->first_final, PATIENCE_DELAYS))
    return TRUE;
  /* What is not done after all has to be followed again. */
  if (transient)
    return call->spec.is_paid && failure->is_in_progress
        && has_stayed (call, &call->first_final, PATIENCE_DELAYS);
  return !call->spec.is_paid || !cup_fal_failure_may_pass (failure)
      || has_stayed (call, &call->first_final, PATIENCE_DELAYS);
}

/* The same of an error instead of an answer. */
static gboolean
is_final (CupFalCall * call, const GError * error)
{
  if (cup_fal_error_is_transient (error))
    return FALSE;
  if (!call->spec.is_paid)
    return TRUE;
  /* What is on the way for a moment (a portal, one bad server of many) shows
   * another certificate. */
  if (g_error_matches (error, CUP_ERROR, CUP_ERROR_CERTIFICATE))
    return FALSE;
  /* A redirection. */
  return !g_error_matches (error, CUP_ERROR, CUP_ERROR_BAD_DATA)
      || has_stayed (call, &call->first_final, PATIENCE_DELAYS);
}

static void
handle_failure (CupFalCall * call, CupHttpResponse * response)
{
  CupFalFailure failure;
  gchar *reason;

  cup_fal_failure_read_response (&failure, response);
  failure.is_transfer = call->spec.is_transfer;
  /* Gateways have no word on the job. */
  if (call->spec.confirmations > 0 && failure.retry_is_known)
    failure.is_from_service = TRUE;
  reason = g_strdup_printf ("HTTP %u", failure.status);
  if (is_believed (call, &failure)
      || !try_again (call, NULL, cup_http_response_get_retry_after (response),
          reason))
    finish (call, response, &failure, NULL);
  g_free (reason);
  cup_fal_failure_clear (&failure);
}

/* Whether an answer that is not accepted will never be. */
static gboolean
is_unreadable (CupFalCall * call)
{
  gboolean stayed = !call->spec.is_paid
      || has_stayed (call, &call->first_final, PATIENCE_DELAYS);

  call->unreadable++;
  if (call->spec.is_last)
    return TRUE;
  return call->spec.max_unreadable > 0 && stayed
      && call->unreadable >= call->spec.max_unreadable;
}

static void
handle_success (CupFalCall * call, CupHttpResponse * response)
{
  GError *reason = NULL;

  if (!call->funcs->accept
      || call->funcs->accept (response, call->user_data, &reason))
    finish (call, response, NULL, NULL);
  else if (g_error_matches (reason, CUP_ERROR, CUP_ERROR_TOO_LARGE)
      || is_unreadable (call)
      || !try_again (call, NULL, -1, reason->message))
    finish (call, response, NULL, reason);
  g_clear_error (&reason);
}

/* It was aborted, or everything is. That nothing has gone out is as certain as
 * with a connection that did not come about. */
static void
handle_cancelled (CupFalCall * call, const GError * error)
{
  GError *reason = call->sending ? g_error_copy (error) :
      g_error_new_literal (CUP_ERROR, CUP_ERROR_NETWORK,
      "it was given up before it was sent");

  if (!call->sending)
    cup_error_edit_details (reason)->stage = CUP_HTTP_STAGE_CONNECT;
  finish (call, NULL, NULL, reason);
  g_error_free (reason);
}

static void
on_answer (CupHttpResponse * response, const GError * error, gpointer data)
{
  CupFalCall *call = data;

  g_clear_object (&call->cancellable);
  if (response)
    call->api->reached = TRUE;
  if (!call->slot) {
    /* Taken back. */
  } else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    handle_cancelled (call, error);
  } else if (error) {
    if (is_final (call, error)
        || !try_again (call, error, -1, error->message))
      finish (call, NULL, NULL, error);
  } else if (cup_http_response_get_status (response) / 100 == 2) {
    handle_success (call, response);
  } else {
    handle_failure (call, response);
  }
  call_unref (call);
}

/* on_answer() gives the reference up. */
static void
send (CupFalCall * call)
{
  CupHttpRequest exchange = {.method = call->spec.method };

  call->ref_count++;
  call->sending = FALSE;
  call->cancellable = g_cancellable_new ();
  exchange.url = call->url;
  exchange.body = call->spec.body;
  exchange.content_type = call->content_type;
  exchange.headers = (const gchar * const *) call->headers;
  exchange.max_idle = call->spec.max_idle;
  exchange.max_size = call->spec.max_size;
  exchange.follow_redirects = call->spec.follow_redirects;
  exchange.cancellable = call->cancellable;
  exchange.sending = &call->sending;
  if (call->spec.is_transfer)
    cup_fal_api_transfer (call->api, &exchange, on_answer, call);
  else
    cup_fal_api_call (call->api, &exchange, on_answer, call);
}

void
cup_fal_call_start (CupFalCall ** slot, CupFalApi * api,
    const CupFalCallSpec * spec, const CupFalCallFuncs * funcs,
    gpointer user_data)
{
  CupFalCall *call = g_new0 (CupFalCall, 1);

  g_return_if_fail (*slot == NULL);

  call->ref_count = 1;          /* given up by finish() or by cancelling */
  call->api = cup_fal_api_ref (api);
  call->slot = slot;
  call->funcs = funcs;
  call->user_data = user_data;
  call->spec = *spec;
  call->spec.method = g_intern_string (spec->method);
  if (spec->max_size == 0)
    call->spec.max_size = CUP_FAL_MAX_JSON;
  if (spec->body)
    g_bytes_ref (spec->body);
  call->url = g_strdup (spec->url);
  call->content_type = g_strdup (spec->content_type);
  call->headers = g_strdupv ((gchar **) spec->headers);
  call->backoff = cup_fal_api_make_backoff (api,
      spec->is_paid ? G_MAXUINT : spec->max_attempts ? spec->max_attempts :
      CUP_FAL_MAX_ATTEMPTS);
  *slot = call;
  send (call);
}

gboolean
cup_fal_call_may_be_sent (const CupFalCall * call)
{
  return call->sending;
}

void
cup_fal_call_abort (CupFalCall * call)
{
  g_return_if_fail (call->cancellable != NULL);
  g_cancellable_cancel (call->cancellable);
}

void
cup_fal_call_cancel (CupFalCall ** slot)
{
  CupFalCall *call = g_steal_pointer (slot);

  if (!call)
    return;
  call->slot = NULL;
  clear_timer (call);
  if (call->cancellable)
    g_cancellable_cancel (call->cancellable);
  call_unref (call);
}

GError *
cup_fal_call_make_error (CupFalApi * api, const CupFalFailure * failure,
    const GError * error, const gchar * stage, const gchar * request_id)
{
  if (failure)
    return cup_fal_failure_to_error (failure, stage, api->endpoint, request_id,
        api->key);
  return cup_fal_error_at (g_error_copy (error), stage, request_id, api->key);
}
