/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Requests that a fault strikes: the answers that are odd as a whole. Those
 * that only differ in a member or an event are up to the handlers.
 */
#include "routes.h"

#include "answer.h"
#include "filler.h"
#include "misbehave.h"

/* Depth of the JSON that is deep. */
#define DEEP 100000

static void
answer_redirect (CupServiceRequest * request, const gchar * origin,
    const gchar * more)
{
  const gchar *query =
      g_uri_get_query (soup_server_message_get_uri (request->message));
  GString *url = g_string_new (origin);

  g_string_append (url, request->path);
  if (query || more)
    g_string_append_printf (url, "?%s%s%s", query ? query : "",
        query && more ? "&" : "", more ? more : "");
  cup_service_answer_set_header (request->message, "Location", url->str);
  cup_service_answer_text (request->message, 307, "text/plain", "");
  g_string_free (url, TRUE);
}

static void
answer_deep (CupServiceRequest * request)
{
  gboolean event = request->stage == CUP_FAL_STAGE_STREAM;
  GString *text = g_string_sized_new (2 * DEEP + 10);
  guint i;

  if (event)
    g_string_append (text, "data: ");
  for (i = 0; i < DEEP; i++)
    g_string_append_c (text, '[');
  for (i = 0; i < DEEP; i++)
    g_string_append_c (text, ']');
  if (event)
    g_string_append (text, "\n\n");
  cup_service_answer_text (request->message, 200,
      event ? "text/event-stream" : "application/json", text->str);
  g_string_free (text, TRUE);
}

static void
answer_gzip_bomb (CupServiceRequest * request)
{
  const CupServiceFiller *filler =
      cup_service_filler_for_stage (request->stage);
  SoupMessageBody *body =
      soup_server_message_get_response_body (request->message);

  soup_server_message_set_status (request->message, 200, NULL);
  cup_service_answer_set_header (request->message, "Content-Type",
      filler->type);
  cup_service_answer_set_header (request->message, "Content-Encoding", "gzip");
  soup_message_body_append_bytes (body, cup_service_filler_get_bomb (filler));
  soup_message_body_complete (body);
}

/* A date has no fractions: rounded up, so that it is not over at once. */
static void
add_retry_date (CupServiceRequest * request)
{
  GDateTime *now = g_date_time_new_now_utc ();
  GDateTime *later = g_date_time_add_seconds (now, 2);
  gchar *text = soup_date_time_to_string (later, SOUP_DATE_HTTP);

  cup_service_answer_set_header (request->message, "Retry-After", text);
  g_free (text);
  g_date_time_unref (later);
  g_date_time_unref (now);
}

void
cup_service_request_answer_row (CupServiceRequest * request,
    const CupServiceFaultKind * kind)
{
  cup_service_answer_text (request->message, kind->status, kind->type,
      kind->body);
  cup_service_answer_add_headers (request->message, kind->headers);
  if (kind->id == CUP_SERVICE_FAULT_RETRY_DATE)
    add_retry_date (request);
  if (kind->error_type)
    cup_service_answer_set_header (request->message, "X-Fal-Error-Type",
        kind->error_type);
  if (kind->no_id)
    soup_message_headers_remove (soup_server_message_get_response_headers
        (request->message), "x-fal-request-id");
}

static void
spoil_type (CupServiceRequest * request)
{
  const char *type =
      soup_message_headers_get_one (soup_server_message_get_response_headers
      (request->message), "Content-Type");

  if (g_strcmp0 (type, "image/png") == 0)
    type = "image/jpeg";
  else if (type && g_str_has_prefix (type, "image/"))
    type = "image/png";
  else
    type = "text/html";
  cup_service_answer_set_header (request->message, "Content-Type", type);
}

/* FALSE where the fault is up to the request's handler. */
static gboolean
answer_content (CupServiceRequest * request)
{
  CupFalService *service = request->service;
  const gchar *own = request->on_files
      ? service->files_origin : service->location;

  switch (request->fault.kind->id) {
    case CUP_SERVICE_FAULT_REDIRECT:
      answer_redirect (request, request->on_files
          ? service->location : service->files_origin, NULL);
      return TRUE;
    case CUP_SERVICE_FAULT_REDIRECT_CIRCLE:
      answer_redirect (request, own, NULL);
      return TRUE;
    case CUP_SERVICE_FAULT_REDIRECT_GROWING:
      answer_redirect (request, own, "again=1");
      return TRUE;
    case CUP_SERVICE_FAULT_REDIRECT_PRIVATE:
      answer_redirect (request, "http://10.0.0.1", NULL);
      return TRUE;
    case CUP_SERVICE_FAULT_GZIP_BOMB:
      answer_gzip_bomb (request);
      return TRUE;
    case CUP_SERVICE_FAULT_DEEP:
      answer_deep (request);
      return TRUE;
    default:
      return FALSE;
  }
}

void
cup_service_request_handle_fault (CupServiceRequest * request)
{
  const CupServiceFault *fault = &request->fault;
  gboolean misbehaves = FALSE;

  switch (fault->kind->when) {
    case CUP_SERVICE_FAULT_ANSWER:
      cup_service_request_answer_row (request, fault->kind);
      break;
    case CUP_SERVICE_FAULT_CONNECTION:
      misbehaves = TRUE;
      break;
    case CUP_SERVICE_FAULT_CONNECTION_AFTER:
      cup_service_request_handle (request);
      if (fault->kind->id == CUP_SERVICE_FAULT_WRONG_TYPE)
        spoil_type (request);
      else
        misbehaves = TRUE;
      break;
    case CUP_SERVICE_FAULT_CONTENT:
    case CUP_SERVICE_FAULT_JOB:
      if (!answer_content (request))
        cup_service_request_handle (request);
      break;
  }
  if (misbehaves)
    cup_service_misbehave (request->service, request->server,
        request->message, fault, request->stage);
}
