/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Takes requests apart: what a path is for, whatever the form that it is
 * written in.
 */
#include "routes.h"

#include <string.h>

/* The parser is recursive, and would run out of stack. */
#define MAX_DEPTH 100

typedef struct
{
  CupServiceRoute route;
  const gchar *method;
  CupFalStage stage;
} Row;

/* In the order of CupServiceRoute. */
static const Row rows[] = {
  {CUP_SERVICE_ROUTE_NONE, NULL, CUP_FAL_STAGE_NONE},
  {CUP_SERVICE_ROUTE_INITIATE, "POST", CUP_FAL_STAGE_INITIATE},
  {CUP_SERVICE_ROUTE_INITIATE_MULTIPART, "POST", CUP_FAL_STAGE_INITIATE},
  {CUP_SERVICE_ROUTE_TOKEN, "POST", CUP_FAL_STAGE_INITIATE},
  {CUP_SERVICE_ROUTE_PUT, "PUT", CUP_FAL_STAGE_PUT},
  {CUP_SERVICE_ROUTE_PUT_PART, "PUT", CUP_FAL_STAGE_PART},
  {CUP_SERVICE_ROUTE_COMPLETE, "POST", CUP_FAL_STAGE_COMPLETE},
  {CUP_SERVICE_ROUTE_POST_FILE, "POST", CUP_FAL_STAGE_PUT},
  {CUP_SERVICE_ROUTE_DOWNLOAD, "GET", CUP_FAL_STAGE_DOWNLOAD},
  {CUP_SERVICE_ROUTE_SUBMIT, "POST", CUP_FAL_STAGE_SUBMIT},
  {CUP_SERVICE_ROUTE_STATUS, "GET", CUP_FAL_STAGE_STATUS},
  {CUP_SERVICE_ROUTE_STREAM, "GET", CUP_FAL_STAGE_STREAM},
  {CUP_SERVICE_ROUTE_RESULT, "GET", CUP_FAL_STAGE_RESULT},
  {CUP_SERVICE_ROUTE_CANCEL, "PUT", CUP_FAL_STAGE_CANCEL},
};

static gboolean
segments_are (gchar ** segments, const gchar * const *words)
{
  return g_strv_equal ((const gchar * const *) segments, words);
}

static CupServiceRoute
parse_storage (gchar ** rest)
{
  const gchar *initiate[] = { "upload", "initiate", NULL };
  const gchar *multipart[] = { "upload", "initiate-multipart", NULL };
  const gchar *token[] = { "auth", "token", NULL };

  if (segments_are (rest, initiate))
    return CUP_SERVICE_ROUTE_INITIATE;
  if (segments_are (rest, multipart))
    return CUP_SERVICE_ROUTE_INITIATE_MULTIPART;
  if (segments_are (rest, token))
    return CUP_SERVICE_ROUTE_TOKEN;
  return CUP_SERVICE_ROUTE_NONE;
}

/* /upload/TOKEN, /upload/TOKEN/NUMBER, /upload/TOKEN/complete */
static CupServiceRoute
parse_upload (CupServiceRequest * request, gchar ** rest, guint n)
{
  if (n == 0 || n > 2)
    return CUP_SERVICE_ROUTE_NONE;
  request->id = rest[0];
  if (n == 1)
    return CUP_SERVICE_ROUTE_PUT;
  return strcmp (rest[1], "complete") == 0
      ? CUP_SERVICE_ROUTE_COMPLETE : CUP_SERVICE_ROUTE_PUT_PART;
}

/* "owner/alias" of an endpoint id, whose path is not part of the
 * application's name; with the namespace, where it is one. */
static gchar *
parse_application (gchar ** segments, guint n)
{
  gboolean namespaced = n > 0 && (strcmp (segments[0], "workflows") == 0
      || strcmp (segments[0], "comfy") == 0);

  if (n < (namespaced ? 3 : 2))
    return NULL;
  return namespaced
      ? g_strjoin ("/", segments[0], segments[1], segments[2], NULL)
      : g_strjoin ("/", segments[0], segments[1], NULL);
}

static CupServiceRoute
parse_request_action (gchar ** rest, guint n)
{
  if (n == 0)
    return CUP_SERVICE_ROUTE_RESULT;
  if (n == 1 && strcmp (rest[0], "response") == 0)
    return CUP_SERVICE_ROUTE_RESULT;
  if (n == 1 && strcmp (rest[0], "status") == 0)
    return CUP_SERVICE_ROUTE_STATUS;
  if (n == 1 && strcmp (rest[0], "cancel") == 0)
    return CUP_SERVICE_ROUTE_CANCEL;
  if (n == 2 && strcmp (rest[0], "status") == 0
      && strcmp (rest[1], "stream") == 0)
    return CUP_SERVICE_ROUTE_STREAM;
  return CUP_SERVICE_ROUTE_NONE;
}

static CupServiceRoute
parse_queue (CupServiceRequest * request, gchar ** segments, guint n)
{
  guint i;

  for (i = 2; i < n && strcmp (segments[i], "requests") != 0; i++);
  request->application = parse_application (segments, MIN (i, n));
  if (!request->application)
    return CUP_SERVICE_ROUTE_NONE;
  if (i >= n)
    return CUP_SERVICE_ROUTE_SUBMIT;
  if (i + 1 >= n)
    return CUP_SERVICE_ROUTE_NONE;
  request->id = segments[i + 1];
  return parse_request_action (segments + i + 2, n - i - 2);
}

static gchar **
split_path (const gchar * path)
{
  gchar **all = g_strsplit (path, "/", -1);
  GPtrArray *segments = g_ptr_array_new ();
  guint i;

  for (i = 0; all[i]; i++)
    if (*all[i])
      g_ptr_array_add (segments, g_strdup (all[i]));
  g_ptr_array_add (segments, NULL);
  g_strfreev (all);
  return (gchar **) g_ptr_array_free (segments, FALSE);
}

void
cup_service_request_parse (CupServiceRequest * request, const gchar * path)
{
  const gchar *post_file[] = { "files", "upload", NULL };
  const gchar *method = soup_server_message_get_method (request->message);
  const gchar *first;
  guint n;

  request->path = path;
  request->segments = split_path (path);
  n = g_strv_length (request->segments);
  first = n > 0 ? request->segments[0] : "";

  if (strcmp (first, "upload") == 0)
    request->route = parse_upload (request, request->segments + 1, n - 1);
  else if (segments_are (request->segments, post_file)
      && strcmp (method, "POST") == 0)
    request->route = CUP_SERVICE_ROUTE_POST_FILE;
  else if (strcmp (first, "files") == 0)
    request->route = CUP_SERVICE_ROUTE_DOWNLOAD;
  else if (request->on_files)
    request->route = CUP_SERVICE_ROUTE_NONE;
  else if (strcmp (first, "storage") == 0)
    request->route = parse_storage (request->segments + 1);
  else
    request->route = parse_queue (request, request->segments, n);

  request->method = rows[request->route].method;
  request->stage = rows[request->route].stage;
}

void
cup_service_request_clear (CupServiceRequest * request)
{
  g_strfreev (request->segments);
  g_free (request->application);
}

const gchar *
cup_service_request_get_query (CupServiceRequest * request, const gchar * name)
{
  return request->query ? g_hash_table_lookup (request->query, name) : NULL;
}

GBytes *
cup_service_request_get_body (CupServiceRequest * request)
{
  return soup_message_body_flatten (soup_server_message_get_request_body
      (request->message));
}

static gboolean
is_deep (const gchar * text, gsize size)
{
  gboolean quoted = FALSE;
  guint depth = 0;
  gsize i;

  for (i = 0; i < size && depth <= MAX_DEPTH; i++) {
    if (quoted && text[i] == '\\')
      i++;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (!quoted && (text[i] == '[' || text[i] == '{'))
      depth++;
    else if (!quoted && (text[i] == ']' || text[i] == '}') && depth > 0)
      depth--;
  }
  return depth > MAX_DEPTH;
}

JsonObject *
cup_service_request_get_object (CupServiceRequest * request)
{
  GBytes *bytes = cup_service_request_get_body (request);
  JsonParser *parser = json_parser_new ();
  JsonObject *object = NULL;
  gsize size;
  const gchar *text = g_bytes_get_data (bytes, &size);

  if (size > 0 && !is_deep (text, size)
      && json_parser_load_from_data (parser, text, size, NULL)) {
    JsonNode *root = json_parser_get_root (parser);

    if (root && JSON_NODE_HOLDS_OBJECT (root))
      object = json_object_ref (json_node_get_object (root));
  }
  g_object_unref (parser);
  g_bytes_unref (bytes);
  return object;
}
