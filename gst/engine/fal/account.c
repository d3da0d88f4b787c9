/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a request asks the journal, and tells it: see journal.h.
 *
 * The journal may answer from any thread, and long after the job has ended: the
 * reference that its answer has goes where the answer comes, on the HTTP thread,
 * or, when that is over for this engine, in the thread of the answer. By then
 * nothing else has one: closing the engine has ended all requests.
 */
#include "request-private.h"

#include "base/log.h"
#include "protocol.h"

/* The answer is here. */
static void
take_verdict (gpointer data)
{
  CupFalRequest *request = data;
  GError *verdict = g_steal_pointer (&request->verdict);

  if (request->job && verdict) {
    cup_fal_request_complete (request, NULL, g_steal_pointer (&verdict));
  } else if (request->job) {
    cup_fal_request_submit (request);
  } else if (!verdict) {
    cup_debug ("the job has ended before it could be submitted");
    cup_fal_request_tell_refused (request);
  }
  g_clear_error (&verdict);
  cup_fal_request_unref (request);
}

/* Any thread. */
static void
on_answer (GError * error, gpointer data)
{
  CupFalRequest *request = data;
  CupHttp *http = request->api->http;

  request->verdict = error;
  if ((cup_http_is_current_thread (http) && request->is_asking)
      || !cup_http_invoke (http, take_verdict, request, NULL))
    take_verdict (request);
}

void
cup_fal_request_ask (CupFalRequest * request)
{
  cup_fal_request_ref (request);
  request->is_asking = TRUE;
  cup_journal_may_submit (request->journal, on_answer,
      cup_fal_request_ref (request));
  request->is_asking = FALSE;
  cup_fal_request_unref (request);
}

void
cup_fal_request_tell_refused (CupFalRequest * request)
{
  cup_journal_refused (request->journal);
}

void
cup_fal_request_tell_accepted (CupFalRequest * request)
{
  CupJournalRequest told = { request->accepted.request_id };

  told.status_url = request->accepted.status_url;
  told.response_url = request->accepted.response_url;
  told.cancel_url = request->accepted.cancel_url;
  told.upload_url = request->input_url;
  request->in_journal = TRUE;
  cup_journal_accepted (request->journal, &told);
}

void
cup_fal_request_tell_lost (CupFalRequest * request)
{
  if (request->in_journal)
    cup_journal_lost (request->journal);
  request->in_journal = FALSE;
}

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

void
cup_fal_request_settle_urls (CupFalRequest * request)
{
  settle_url (request, &request->accepted.status_url, "/status");
  settle_url (request, &request->accepted.response_url, "");
  settle_url (request, &request->accepted.cancel_url, "/cancel");
}

void
cup_fal_request_take_up (CupFalRequest * request)
{
  const CupJournalRequest *resumed = cup_journal_get_resumed (request->journal);
  CupFalAccepted *accepted = &request->accepted;

  if (!resumed)
    return;
  if (!resumed->request_id
      || !cup_fal_request_id_is_valid (resumed->request_id)) {
    cup_info ("a request of an earlier run has no id that could be one");
    cup_journal_lost (request->journal);
    return;
  }
  accepted->request_id = g_strdup (resumed->request_id);
  accepted->status_url = g_strdup (resumed->status_url);
  accepted->response_url = g_strdup (resumed->response_url);
  accepted->cancel_url = g_strdup (resumed->cancel_url);
  cup_fal_request_settle_urls (request);
  request->submitted = request->started;
  request->in_journal = request->resumed = TRUE;
}
