/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A plain HTTP client for tests of the service.
 */
#include "client.h"

#include <string.h>

#define APPLICATION "/fal-ai/creative-upscaler"

/* The parser is recursive: the JSON of the fault "deep" ends the process. */
#define MAX_JSON 100000

void
client_init (Client * client, const CupFalServiceOptions * options,
    guint timeout)
{
  GError *error = NULL;

  client->service = cup_fal_service_new (options, &error);
  g_assert_no_error (error);
  client->session = soup_session_new_with_options ("timeout", timeout,
      "proxy-resolver", NULL, NULL);
  client->authorization = "Key test:key";
  client->header_name = client->header_value = NULL;
}

void
client_clear (Client * client)
{
  soup_session_abort (client->session);
  g_clear_object (&client->session);
  g_clear_pointer (&client->service, cup_fal_service_free);
}

static JsonNode *
parse (GBytes * bytes)
{
  JsonParser *parser = json_parser_new ();
  JsonNode *node = NULL;
  gsize size;
  const gchar *text = g_bytes_get_data (bytes, &size);

  if (size > 0 && size < MAX_JSON && (*text == '{' || *text == '[')
      && json_parser_load_from_data (parser, text, size, NULL))
    node = json_parser_steal_root (parser);
  g_object_unref (parser);
  return node;
}

Answer *
client_send (Client * client, const gchar * method, const gchar * url,
    const gchar * type, GBytes * body)
{
  Answer *answer = g_new0 (Answer, 1);
  SoupMessage *message;
  gchar *whole;

  whole = *url == '/' ? g_strconcat (cup_fal_service_get_location
      (client->service), url, NULL) : g_strdup (url);
  message = soup_message_new (method, whole);
  g_assert_nonnull (message);
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  if (client->authorization)
    soup_message_headers_replace (soup_message_get_request_headers (message),
        "Authorization", client->authorization);
  if (client->header_name)
    soup_message_headers_replace (soup_message_get_request_headers (message),
        client->header_name, client->header_value);
  if (body)
    soup_message_set_request_body_from_bytes (message, type, body);

  answer->bytes = soup_session_send_and_read (client->session, message, NULL,
      &answer->error);
  answer->headers =
      soup_message_headers_ref (soup_message_get_response_headers (message));
  if (answer->bytes) {
    answer->status = soup_message_get_status (message);
    answer->json = parse (answer->bytes);
  }
  g_object_unref (message);
  g_free (whole);
  return answer;
}

Answer *
client_send_text (Client * client, const gchar * method, const gchar * url,
    const gchar * json)
{
  GBytes *body = json ? g_bytes_new (json, strlen (json)) : NULL;
  Answer *answer;

  answer = client_send (client, method, url, "application/json", body);
  g_clear_pointer (&body, g_bytes_unref);
  return answer;
}

Answer *
client_get (Client * client, const gchar * url)
{
  return client_send (client, "GET", url, NULL, NULL);
}

GSocketConnection *
client_open_raw (Client * client, const gchar * method, const gchar * url,
    const gchar * json)
{
  GSocketClient *connector = g_socket_client_new ();
  gchar *whole = *url == '/' ? g_strconcat (cup_fal_service_get_location
      (client->service), url, NULL) : g_strdup (url);
  GString *request = g_string_new (NULL);
  GSocketConnection *connection;
  GError *error = NULL;

  g_socket_client_set_enable_proxy (connector, FALSE);
  connection = g_socket_client_connect_to_uri (connector, whole, 80, NULL,
      &error);
  g_assert_no_error (error);
  g_string_append_printf (request, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
      "Connection: close\r\nAuthorization: %s\r\n"
      "Content-Type: application/json\r\nContent-Length: %" G_GSIZE_FORMAT
      "\r\n\r\n%s", method, strchr (whole + strlen ("http://"), '/'),
      client->authorization, strlen (json), json);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream
          (G_IO_STREAM (connection)), request->str, request->len, NULL, NULL,
          &error));
  g_string_free (request, TRUE);
  g_object_unref (connector);
  g_free (whole);
  return connection;
}

GByteArray *
read_raw (GSocketConnection * connection, guint silence, gint * code)
{
  GSocket *socket = g_socket_connection_get_socket (connection);
  GByteArray *bytes = g_byte_array_new ();
  GError *error = NULL;
  gchar buffer[16384];
  gssize n = -1;

  while (g_socket_condition_timed_wait (socket, G_IO_IN,
          (gint64) silence * 1000, NULL, &error)
      && (n = g_socket_receive (socket, buffer, sizeof (buffer), NULL,
              &error)) > 0)
    g_byte_array_append (bytes, (const guint8 *) buffer, n);
  *code = error ? error->code : 0;
  g_clear_error (&error);
  return bytes;
}

void
answer_free (Answer * answer)
{
  g_clear_pointer (&answer->bytes, g_bytes_unref);
  g_clear_pointer (&answer->json, json_node_unref);
  g_clear_error (&answer->error);
  soup_message_headers_unref (answer->headers);
  g_free (answer);
}

JsonNode *
answer_find (Answer * answer, const gchar * path)
{
  gchar **words = g_strsplit (path, ".", -1);
  JsonNode *node = answer->json;
  guint i;

  for (i = 0; node && words[i]; i++) {
    if (JSON_NODE_HOLDS_OBJECT (node)) {
      node = json_object_get_member (json_node_get_object (node), words[i]);
    } else if (JSON_NODE_HOLDS_ARRAY (node)) {
      JsonArray *array = json_node_get_array (node);
      guint64 index = g_ascii_strtoull (words[i], NULL, 10);

      node = index < json_array_get_length (array)
          ? json_array_get_element (array, index) : NULL;
    } else {
      node = NULL;
    }
  }
  g_strfreev (words);
  return node;
}

const gchar *
answer_get_string (Answer * answer, const gchar * path)
{
  JsonNode *node = answer_find (answer, path);

  if (!node || !JSON_NODE_HOLDS_VALUE (node)
      || json_node_get_value_type (node) != G_TYPE_STRING)
    g_error ("no string \"%s\" in an answer of %u: %.*s", path, answer->status,
        (int) g_bytes_get_size (answer->bytes),
        (const gchar *) g_bytes_get_data (answer->bytes, NULL));
  return json_node_get_string (node);
}

gint64
answer_get_int (Answer * answer, const gchar * path)
{
  JsonNode *node = answer_find (answer, path);

  g_assert_nonnull (node);
  g_assert_true (json_node_get_value_type (node) == G_TYPE_INT64);
  return json_node_get_int (node);
}

const gchar *
answer_get_header (Answer * answer, const gchar * name)
{
  return soup_message_headers_get_one (answer->headers, name);
}

GBytes *
make_picture (guint width, guint height)
{
  CupPixels *pixels = cup_pixels_new (width, height, 3, 8, NULL);
  GError *error = NULL;
  GBytes *bytes;
  guint x, y;

  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++) {
      guint8 *pixel = cup_pixels_row (pixels, y) + 3 * x;

      pixel[0] = 40 + 160 * x / width;
      pixel[1] = 40 + 160 * y / height;
      pixel[2] = 128;
    }
  }
  bytes = cup_image_encode (pixels, CUP_IMAGE_PNG, 0, &error);
  g_assert_no_error (error);
  cup_pixels_unref (pixels);
  return bytes;
}

gchar *
client_upload (Client * client, GBytes * bytes, const gchar * type)
{
  const gchar *authorization = client->authorization;
  gchar *request = g_strdup_printf ("{\"content_type\":\"%s\","
      "\"file_name\":\"frame\"}", type);
  Answer *initiated, *put;
  gchar *url;

  initiated = client_send_text (client, "POST",
      "/storage/upload/initiate?storage_type=fal-cdn-v3", request);
  g_assert_cmpuint (initiated->status, ==, 200);
  client->authorization = NULL;
  put = client_send (client, "PUT", answer_get_string (initiated,
          "upload_url"), type, bytes);
  client->authorization = authorization;
  g_assert_cmpuint (put->status, ==, 200);
  url = g_strdup (answer_get_string (initiated, "file_url"));
  answer_free (put);
  answer_free (initiated);
  g_free (request);
  return url;
}

gchar *
client_submit (Client * client, const gchar * more)
{
  GBytes *picture = make_picture (24, 16);
  gchar *url = client_upload (client, picture, "image/png");
  gchar *input = g_strdup_printf ("{\"image_url\":\"%s\"%s%s}", url,
      more ? "," : "", more ? more : "");
  Answer *answer = client_send_text (client, "POST", APPLICATION, input);
  gchar *id;

  g_assert_cmpuint (answer->status, ==, 200);
  id = g_strdup (answer_get_string (answer, "request_id"));
  answer_free (answer);
  g_free (input);
  g_free (url);
  g_bytes_unref (picture);
  return id;
}

const gchar *
request_path (const gchar * id, const gchar * end)
{
  static gchar path[200];

  g_snprintf (path, sizeof (path), APPLICATION "/requests/%s%s", id, end);
  return path;
}

Answer *
client_wait_result (Client * client, const gchar * id)
{
  gint64 end = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;
  gboolean completed;
  Answer *answer;

  do {
    answer = client_get (client, request_path (id, "/status"));
    completed = strcmp (answer_get_string (answer, "status"), "COMPLETED") == 0;
    g_assert_cmpuint (answer->status, ==, completed ? 200 : 202);
    answer_free (answer);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    if (!completed)
      g_usleep (2000);
  } while (!completed);
  return client_get (client, request_path (id, ""));
}
