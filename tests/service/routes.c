/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every request goes through: taken apart, counted, authorized, struck
 * by a fault or handled, and logged.
 */
#include "routes.h"

#include <string.h>
#include <gio/gnetworking.h>

#include "answer.h"

static const char *
get_header (CupServiceRequest * request, const gchar * name)
{
  return soup_message_headers_get_one (soup_server_message_get_request_headers
      (request->message), name);
}

/* A key is "Key id:secret"; the bearer tokens of the CDN are none. */
static gboolean
has_key (CupServiceRequest * request)
{
  const char *value = get_header (request, "Authorization");

  return value && g_ascii_strncasecmp (value, "Bearer ", 7) != 0;
}

static gboolean
is_file_route (CupServiceRequest * request)
{
  switch (request->route) {
    case CUP_SERVICE_ROUTE_PUT:
    case CUP_SERVICE_ROUTE_PUT_PART:
    case CUP_SERVICE_ROUTE_COMPLETE:
    case CUP_SERVICE_ROUTE_POST_FILE:
    case CUP_SERVICE_ROUTE_DOWNLOAD:
      return TRUE;
    default:
      return FALSE;
  }
}

/* (nullable): why the request is refused. */
static const gchar *
check_key (CupServiceRequest * request)
{
  const char *value = get_header (request, "Authorization");
  const char *key, *colon;

  if (!value)
    return "Authorization header is required";
  if (g_ascii_strncasecmp (value, "Key ", 4) != 0)
    return "Cannot authorize: the scheme is not Key";
  key = value + 4;
  colon = strchr (key, ':');
  if (!colon || colon == key || colon[1] == '\0' || strchr (key, ' '))
    return "Invalid Key Authorization header format. Expected "
        "'<key_id>:<key_secret>'.";
  if (request->service->key && strcmp (request->service->key, key) != 0)
    return "No user found for Key ID and Secret";
  return NULL;
}

static gboolean
authorize (CupServiceRequest * request)
{
  const gchar *reason = check_key (request);

  if (!reason)
    return TRUE;
  cup_service_record_count (request->service->record, CUP_FAL_COUNT_REFUSED, 1);
  cup_service_answer_word (request->message, 401, "detail", reason);
  return FALSE;
}

static gboolean
check_method (CupServiceRequest * request)
{
  const gchar *method = soup_server_message_get_method (request->message);

  if (strcmp (method, request->method) == 0
      || (request->route == CUP_SERVICE_ROUTE_DOWNLOAD
          && strcmp (method, "HEAD") == 0))
    return TRUE;
  cup_service_answer_set_header (request->message, "Allow", request->method);
  cup_service_answer_word (request->message, 405, "detail",
      "Method Not Allowed");
  return FALSE;
}

void
cup_service_request_handle (CupServiceRequest * request)
{
  if (is_file_route (request)
      || request->stage == CUP_FAL_STAGE_INITIATE)
    cup_service_handle_storage (request);
  else
    cup_service_handle_queue (request);
}

/* Most answers have an id, the job's where there is one. */
static void
set_random_id (CupServiceRequest * request)
{
  gchar *id = g_uuid_string_random ();

  cup_service_answer_set_header (request->message, "x-fal-request-id",
      request->application && request->id ? request->id : id);
  g_free (id);
}

static void
process (CupServiceRequest * request)
{
  CupFalService *service = request->service;
  gboolean on_api = !is_file_route (request);

  if (request->route == CUP_SERVICE_ROUTE_NONE) {
    cup_service_answer_word (request->message, 404, "detail", "Not Found");
    return;
  }
  if (on_api)
    set_random_id (request);
  if (!check_method (request))
    return;
  request->counts = TRUE;
  if (soup_message_body_get_accumulate (soup_server_message_get_request_body
          (request->message)) == FALSE) {
    cup_service_answer_word (request->message, 413, "detail",
        "Request Entity Too Large");
    return;
  }
  if (on_api && !authorize (request))
    return;

  request->fault = cup_service_faults_take (service->faults, request->stage,
      FALSE);
  if (request->fault.kind)
    cup_service_request_handle_fault (request);
  else
    cup_service_request_handle (request);
}

/* In this order: who has waited for the count finds the entry. */
static void
process_and_log (CupServiceRequest * request, gboolean leak)
{
  CupServiceRecord *record = request->service->record;

  process (request);
  cup_service_request_log (request, leak);
  if (leak)
    cup_service_record_count (record, CUP_FAL_COUNT_LEAKS, 1);
  if (request->fault.kind)
    cup_service_record_count (record, CUP_FAL_COUNT_FAULTS, 1);
  if (request->counts)
    cup_service_record_count (record, (CupFalCounter) request->stage, 1);
  cup_service_record_count (record, CUP_FAL_COUNT_REQUESTS, 1);
}

/* The JavaScript client can be given a proxy, to which it says in a header
 * what the request is for. This service is that proxy for fal's hosts.
 * (nullable): where it is for another host. */
static GUri *
get_proxied_uri (CupServiceRequest * request, const char *target)
{
  static const gchar *const hosts[] = {
    "queue.fal.run", "rest.fal.ai", "rest.alpha.fal.ai"
  };
  GUri *uri = g_uri_parse (target, G_URI_FLAGS_NONE, NULL);
  guint i;

  for (i = 0; uri && i < G_N_ELEMENTS (hosts); i++)
    if (g_strcmp0 (g_uri_get_host (uri), hosts[i]) == 0)
      return uri;
  g_clear_pointer (&uri, g_uri_unref);
  cup_service_answer_word (request->message, 404, "detail",
      "This service stands in for queue.fal.run and rest.fal.ai only");
  return NULL;
}

static void
process_proxied (CupServiceRequest * request, const char *target)
{
  GUri *uri = get_proxied_uri (request, target);

  if (!uri)
    return;
  request->query = g_uri_get_query (uri)
      ? soup_form_decode (g_uri_get_query (uri)) : NULL;
  cup_service_request_parse (request, g_uri_get_path (uri));
  process_and_log (request, FALSE);
  g_clear_pointer (&request->query, g_hash_table_unref);
  g_uri_unref (uri);
}

void
cup_service_handle (SoupServer * server, SoupServerMessage * message,
    const char *path, GHashTable * query, gpointer user_data)
{
  CupFalService *service = user_data;
  CupServiceRequest request = { service, server, message };
  const char *target;

  request.on_files = server == service->files;
  request.query = query;
  target = get_header (&request, "x-fal-target-url");
  if (!request.on_files && g_str_has_prefix (path, "/_service/")) {
    request.path = path;
    cup_service_handle_service (&request);
    return;
  }

  if (!request.on_files && target) {
    process_proxied (&request, target);
  } else {
    cup_service_request_parse (&request, path);
    process_and_log (&request, has_key (&request)
        && (request.on_files || is_file_route (&request)));
  }
  cup_service_request_clear (&request);
}

static void
on_got_chunk (SoupServerMessage * message, GBytes * chunk, gpointer data)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);

  /* Read on without keeping it, and answer 413 at its end. */
  if (body->length > CUP_SERVICE_MAX_BODY) {
    soup_message_body_set_accumulate (body, FALSE);
    soup_message_body_truncate (body);
  }
}

void
cup_service_handle_early (SoupServer * server, SoupServerMessage * message,
    const char *path, GHashTable * query, gpointer user_data)
{
  CupFalService *service = user_data;
  GSocket *socket = soup_server_message_get_socket (message);

  if (socket && !g_object_get_data (G_OBJECT (socket), "counted")) {
    g_object_set_data (G_OBJECT (socket), "counted", service);
    cup_service_record_count (service->record, CUP_FAL_COUNT_CONNECTIONS, 1);
  }
  /* Or small pieces of a stream wait for the client's acknowledgement, which
   * it delays by 40 ms. */
  if (socket)
    g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_got_chunk), NULL);
}
