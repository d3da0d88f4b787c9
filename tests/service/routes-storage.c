/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The storage's requests: initiate, PUT, parts, and the files themselves.
 */
#include "routes.h"

#include <string.h>

#include "answer.h"
#include "input.h"
#include "upscale.h"

#define FORBIDDEN "<?xml version='1.0' encoding='UTF-8'?><Error><Code>" \
    "SignatureDoesNotMatch</Code><Message>Access denied.</Message></Error>"

static const gchar *
get_string (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node)
      : NULL;
}

static gint64
get_int (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_int (node) : 0;
}

static void
count_upload (CupFalService * service, CupServiceFile * file)
{
  cup_service_record_count (service->record, CUP_FAL_COUNT_UPLOADED, 1);
  cup_service_record_count (service->record, CUP_FAL_COUNT_UPLOADED_BYTES,
      g_bytes_get_size (file->bytes));
}

static void
handle_initiate (CupServiceRequest * request)
{
  CupFalService *service = request->service;
  const gchar *base = cup_fal_service_get_files_location (service);
  JsonObject *input = cup_service_request_get_object (request);
  const gchar *type = input ? get_string (input, "content_type") : NULL;
  const gchar *name = input ? get_string (input, "file_name") : NULL;
  CupServiceFile *file;
  JsonObject *answer;
  gchar *upload_url, *file_url;

  if (!type || !name) {
    cup_service_answer_json (request->message, 422, cup_service_detail ("body",
            type ? "file_name" : "content_type", "missing", "Field required",
            NULL));
    g_clear_pointer (&input, json_object_unref);
    return;
  }
  file = cup_service_storage_initiate (service->storage, name, type);
  if (cup_service_fault_is (&request->fault, CUP_SERVICE_FAULT_BAD_URL)) {
    upload_url = g_strdup ("file:///tmp/upload");
    file_url = g_strdup ("file:///tmp/upload");
  } else {
    upload_url = g_strdup_printf ("%s/upload/%s?expires=120&signature=%s",
        base, file->token, file->signature);
    file_url = g_strconcat (base, file->path, NULL);
  }
  answer = json_object_new ();
  json_object_set_string_member (answer, "upload_url", upload_url);
  json_object_set_string_member (answer, "file_url", file_url);
  cup_service_answer_object (request->message, 200, answer);
  g_free (file_url);
  g_free (upload_url);
  json_object_unref (input);
}

static void
handle_token (CupServiceRequest * request)
{
  CupFalService *service = request->service;
  GDateTime *now = g_date_time_new_now_utc ();
  GDateTime *later = g_date_time_add_hours (now, 1);
  gchar *expires = g_date_time_format_iso8601 (later);
  gchar *token = cup_service_random_hex (16);
  JsonObject *answer = json_object_new ();

  json_object_set_string_member (answer, "token", token);
  json_object_set_string_member (answer, "token_type", "Bearer");
  json_object_set_string_member (answer, "base_url",
      cup_fal_service_get_files_location (service));
  json_object_set_string_member (answer, "expires_at", expires);
  cup_service_answer_object (request->message, 200, answer);
  g_free (token);
  g_free (expires);
  g_date_time_unref (later);
  g_date_time_unref (now);
}

static const gchar *
get_content_type (CupServiceRequest * request)
{
  return soup_message_headers_get_content_type
      (soup_server_message_get_request_headers (request->message), NULL);
}

static void
handle_put (CupServiceRequest * request, CupServiceFile * file)
{
  GBytes *body = cup_service_request_get_body (request);

  cup_service_storage_put (request->service->storage, file,
      get_content_type (request), body);
  count_upload (request->service, file);
  cup_service_answer_text (request->message, 200, "text/plain", "");
  g_bytes_unref (body);
}

static void
handle_put_part (CupServiceRequest * request, CupServiceFile * file)
{
  GBytes *body = cup_service_request_get_body (request);
  guint64 number = g_ascii_strtoull (request->segments[2], NULL, 10);
  gchar *etag = cup_service_storage_put_part (request->service->storage, file,
      number, body);
  JsonObject *answer;

  if (etag) {
    answer = json_object_new ();
    json_object_set_int_member (answer, "partNumber", number);
    json_object_set_string_member (answer, "etag", etag);
    cup_service_answer_set_header (request->message, "ETag", etag);
    cup_service_answer_object (request->message, 200, answer);
  } else {
    cup_service_answer_word (request->message, 400, "detail",
        "Invalid part number");
  }
  g_free (etag);
  g_bytes_unref (body);
}

/* The ETags of {"parts":[{"partNumber":1,"etag":"…"}]}, in order; NULL where
 * it is anything else. */
static GPtrArray *
read_etags (JsonObject * input)
{
  JsonNode *node = json_object_get_member (input, "parts");
  GPtrArray *etags;
  JsonArray *parts;
  guint i;

  if (!node || !JSON_NODE_HOLDS_ARRAY (node))
    return NULL;
  parts = json_node_get_array (node);
  etags = g_ptr_array_new ();
  for (i = 0; i < json_array_get_length (parts); i++) {
    JsonNode *part = json_array_get_element (parts, i);
    JsonObject *object = JSON_NODE_HOLDS_OBJECT (part)
        ? json_node_get_object (part) : NULL;

    if (!object || !get_string (object, "etag")
        || get_int (object, "partNumber") != i + 1) {
      g_ptr_array_unref (etags);
      return NULL;
    }
    g_ptr_array_add (etags, (gpointer) get_string (object, "etag"));
  }
  return etags;
}

static void
handle_complete (CupServiceRequest * request, CupServiceFile * file)
{
  JsonObject *input = cup_service_request_get_object (request);
  GPtrArray *etags = input ? read_etags (input) : NULL;

  if (etags && cup_service_storage_complete (request->service->storage, file,
          (const gchar * const *) etags->pdata, etags->len)) {
    count_upload (request->service, file);
    cup_service_answer_json (request->message, 200, json_from_string ("{}",
            NULL));
  } else {
    cup_service_answer_word (request->message, 400, "detail",
        "The parts are not those that were uploaded");
  }
  g_clear_pointer (&etags, g_ptr_array_unref);
  g_clear_pointer (&input, json_object_unref);
}

static void
handle_post_file (CupServiceRequest * request)
{
  CupFalService *service = request->service;
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (request->message);
  const char *authorization =
      soup_message_headers_get_one (headers, "Authorization");
  CupServiceFile *file;
  GBytes *body;
  gchar *url;

  if (!authorization || !g_str_has_prefix (authorization, "Bearer ")) {
    cup_service_answer_word (request->message, 401, "detail",
        "Authorization header is required");
    return;
  }
  body = cup_service_request_get_body (request);
  file = cup_service_storage_add (service->storage,
      soup_message_headers_get_one (headers, "X-Fal-File-Name"),
      get_content_type (request), body, FALSE);
  count_upload (service, file);
  url = g_strconcat (cup_fal_service_get_files_location (service), file->path,
      NULL);
  cup_service_answer_word (request->message, 200, "access_url", url);
  g_free (url);
  g_bytes_unref (body);
}

typedef struct
{
  CupFalService *service;
  gchar *path;
  gsize size;
} Download;

static void
download_free (gpointer data, GClosure * closure)
{
  Download *download = data;

  g_free (download->path);
  g_free (download);
}

static void
on_served (SoupServerMessage * message, gpointer data)
{
  Download *download = data;
  CupFalService *service = download->service;
  CupServiceFile *file;

  cup_service_record_count (service->record, CUP_FAL_COUNT_SERVED, 1);
  cup_service_record_count (service->record, CUP_FAL_COUNT_SERVED_BYTES,
      download->size);
  file = cup_service_storage_find (service->storage, download->path);
  if (file && file->is_result && service->options.delete_downloaded)
    cup_service_storage_remove (service->storage, file);
}

static void
handle_download (CupServiceRequest * request)
{
  CupServiceFile *file =
      cup_service_storage_find (request->service->storage, request->path);
  SoupMessageBody *body =
      soup_server_message_get_response_body (request->message);
  Download *download;
  GBytes *bytes;

  if (!file || !file->bytes) {
    cup_service_answer_text (request->message, 404, "text/plain", "Not Found");
    return;
  }
  soup_server_message_set_status (request->message, 200, NULL);
  cup_service_answer_set_header (request->message, "Content-Type", file->type);
  cup_service_answer_set_header (request->message, "Cache-Control",
      "max-age=5184000");
  bytes = cup_service_fault_is (&request->fault, CUP_SERVICE_FAULT_DAMAGED) ?
      cup_service_damage (file->bytes) : g_bytes_ref (file->bytes);
  if (g_bytes_get_size (bytes) > 0)
    soup_message_body_append_bytes (body, bytes);
  soup_message_body_complete (body);
  g_bytes_unref (bytes);

  download = g_new (Download, 1);
  download->service = request->service;
  download->path = g_strdup (file->path);
  download->size = g_bytes_get_size (file->bytes);
  g_signal_connect_data (request->message, "wrote-body",
      G_CALLBACK (on_served), download, download_free, 0);
}

/* The upload that the path and the query's signature are of, or NULL where
 * the request has been answered. */
static CupServiceFile *
find_upload (CupServiceRequest * request)
{
  CupServiceFile *file =
      cup_service_storage_find_upload (request->service->storage, request->id);
  const gchar *signature = cup_service_request_get_query (request, "signature");

  if (file && g_strcmp0 (file->signature, signature) == 0)
    return file;
  cup_service_answer_text (request->message, 403, "application/xml", FORBIDDEN);
  return NULL;
}

void
cup_service_handle_storage (CupServiceRequest * request)
{
  CupServiceFile *file;

  switch (request->route) {
    case CUP_SERVICE_ROUTE_INITIATE:
    case CUP_SERVICE_ROUTE_INITIATE_MULTIPART:
      handle_initiate (request);
      break;
    case CUP_SERVICE_ROUTE_TOKEN:
      handle_token (request);
      break;
    case CUP_SERVICE_ROUTE_POST_FILE:
      handle_post_file (request);
      break;
    case CUP_SERVICE_ROUTE_DOWNLOAD:
      handle_download (request);
      break;
    default:
      if (!(file = find_upload (request)))
        break;
      if (request->route == CUP_SERVICE_ROUTE_PUT)
        handle_put (request, file);
      else if (request->route == CUP_SERVICE_ROUTE_PUT_PART)
        handle_put_part (request, file);
      else
        handle_complete (request, file);
      break;
  }
}
