/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is said about requests: the log's entries, and /_service/… for scripts.
 */
#include "routes.h"

#include <string.h>

#include "answer.h"
#include "queue.h"

/* Longer strings are cut in the log: a data URI may be megabytes. */
#define MAX_STRING 300

static JsonObject *
describe_headers (SoupServerMessage * message)
{
  JsonObject *object = json_object_new ();
  SoupMessageHeadersIter iter;
  const char *name, *value;

  soup_message_headers_iter_init (&iter,
      soup_server_message_get_request_headers (message));
  while (soup_message_headers_iter_next (&iter, &name, &value)) {
    gchar *lower = g_ascii_strdown (name, -1);
    gchar *valid = g_utf8_make_valid (value, -1);

    json_object_set_string_member (object, lower, valid);
    g_free (valid);
    g_free (lower);
  }
  return object;
}

static void
shorten (JsonObject * object, const gchar * name, JsonNode * node,
    gpointer data)
{
  const gchar *text;
  gchar *start, *cut;

  if (!JSON_NODE_HOLDS_VALUE (node)
      || json_node_get_value_type (node) != G_TYPE_STRING)
    return;
  text = json_node_get_string (node);
  if (g_utf8_strlen (text, -1) <= MAX_STRING)
    return;
  start = g_utf8_substring (text, 0, MAX_STRING);
  cut = g_strdup_printf ("%s… (%" G_GSIZE_FORMAT " bytes)", start,
      strlen (text));
  json_node_set_string (node, cut);
  g_free (cut);
  g_free (start);
}

static void
add_body (CupServiceRequest * request, JsonObject * entry)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (request->message);
  const char *type = soup_message_headers_get_content_type (headers, NULL);
  goffset size =
      soup_server_message_get_request_body (request->message)->length;
  JsonObject *body = NULL;

  if (g_strcmp0 (type, "application/json") == 0)
    body = cup_service_request_get_object (request);
  if (body) {
    json_object_foreach_member (body, shorten, NULL);
  } else if (size > 0) {
    body = json_object_new ();
    json_object_set_int_member (body, "size", size);
    json_object_set_string_member (body, "content_type", type ? type : "");
  }
  if (body)
    json_object_set_object_member (entry, "body", body);
  else
    json_object_set_null_member (entry, "body");
}

void
cup_service_request_log (CupServiceRequest * request, gboolean leak)
{
  SoupServerMessage *message = request->message;
  const gchar *query = g_uri_get_query (soup_server_message_get_uri (message));
  const CupServiceFaultKind *kind = request->fault.kind;
  GDateTime *now = g_date_time_new_now_utc ();
  gchar *time = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S.%fZ");
  JsonObject *entry = json_object_new ();
  gboolean on_connection = kind && (kind->when == CUP_SERVICE_FAULT_CONNECTION
      || kind->when == CUP_SERVICE_FAULT_CONNECTION_AFTER);
  gboolean answered = !on_connection
      || (kind->id != CUP_SERVICE_FAULT_STALL
      && kind->id != CUP_SERVICE_FAULT_RESET);

  json_object_set_string_member (entry, "time", time);
  json_object_set_double_member (entry, "clock",
      g_get_monotonic_time () / (gdouble) G_USEC_PER_SEC);
  json_object_set_string_member (entry, "port",
      request->on_files ? "files" : "api");
  json_object_set_string_member (entry, "stage",
      cup_service_stage_get_name (request->stage));
  json_object_set_string_member (entry, "method",
      soup_server_message_get_method (message));
  json_object_set_string_member (entry, "path", request->path);
  json_object_set_string_member (entry, "query", query ? query : "");
  json_object_set_object_member (entry, "headers", describe_headers (message));
  add_body (request, entry);
  json_object_set_int_member (entry, "status",
      answered ? soup_server_message_get_status (message) : 0);
  if (kind)
    json_object_set_string_member (entry, "fault", kind->name);
  else
    json_object_set_null_member (entry, "fault");
  json_object_set_boolean_member (entry, "leak", leak);
  cup_service_record_log (request->service->record, entry);
  g_free (time);
  g_date_time_unref (now);
}

static void
handle_faults (CupServiceRequest * request)
{
  const gchar *method = soup_server_message_get_method (request->message);
  CupFalService *service = request->service;
  GError *error = NULL;
  GBytes *body;
  gchar *text, *spec;

  if (strcmp (method, "DELETE") == 0) {
    cup_service_faults_clear (service->faults);
    cup_service_answer_word (request->message, 200, "faults", "cleared");
    return;
  }
  if (strcmp (method, "POST") != 0) {
    text = cup_fal_service_describe_faults ();
    cup_service_answer_text (request->message, 200, "text/plain", text);
    g_free (text);
    return;
  }
  body = cup_service_request_get_body (request);
  spec = g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  text = g_utf8_make_valid (g_strstrip (spec), -1);
  if (cup_service_faults_add (service->faults, text, &error)) {
    cup_service_answer_word (request->message, 200, "added", text);
  } else {
    cup_service_answer_word (request->message, 400, "detail", error->message);
    g_error_free (error);
  }
  g_free (text);
  g_free (spec);
  g_bytes_unref (body);
}

/* DELETE of what the service is to forget. FALSE where it is something else. */
static gboolean
handle_forgetting (CupServiceRequest * request)
{
  CupFalService *service = request->service;

  if (strcmp (soup_server_message_get_method (request->message), "DELETE") != 0)
    return FALSE;
  if (strcmp (request->path, "/_service/jobs") == 0)
    cup_service_queue_forget (service->queue);
  else if (strcmp (request->path, "/_service/files") == 0)
    cup_service_storage_forget (service->storage);
  else
    return FALSE;
  cup_service_answer_word (request->message, 200, request->path +
      strlen ("/_service/"), "forgotten");
  return TRUE;
}

void
cup_service_handle_service (CupServiceRequest * request)
{
  CupServiceRecord *record = request->service->record;

  if (strcmp (request->path, "/_service/log") == 0)
    cup_service_answer_json (request->message, 200,
        cup_service_record_get_log (record));
  else if (strcmp (request->path, "/_service/stats") == 0)
    cup_service_answer_json (request->message, 200,
        cup_service_record_get_stats (record));
  else if (strcmp (request->path, "/_service/faults") == 0)
    handle_faults (request);
  else if (!handle_forgetting (request))
    cup_service_answer_word (request->message, 404, "detail", "There are "
        "/_service/log, /_service/stats and /_service/faults, and DELETE of "
        "/_service/jobs and /_service/files");
}
