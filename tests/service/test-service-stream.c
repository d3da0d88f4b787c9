/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The loopback service's status streams.
 */
#include <string.h>

#include "client.h"

typedef struct
{
  GInputStream *body;
  GDataInputStream *lines;
  SoupMessage *message;
  guint comments;
} Events;

static void
events_open (Events * events, Client * client, const gchar * id,
    const gchar * query)
{
  gchar *end = g_strconcat ("/status/stream", query, NULL);
  gchar *url = g_strconcat (cup_fal_service_get_location (client->service),
      request_path (id, end), NULL);
  SoupMessageHeaders *headers;
  GError *error = NULL;

  memset (events, 0, sizeof (*events));
  events->message = soup_message_new ("GET", url);
  soup_message_headers_append (soup_message_get_request_headers
      (events->message), "Authorization", client->authorization);
  events->body = soup_session_send (client->session, events->message, NULL,
      &error);
  g_assert_no_error (error);
  headers = soup_message_get_response_headers (events->message);
  g_assert_cmpuint (soup_message_get_status (events->message), ==, 200);
  g_assert_cmpstr (soup_message_headers_get_content_type (headers, NULL), ==,
      "text/event-stream");
  g_assert_cmpstr (soup_message_headers_get_one (headers, "x-fal-request-id"),
      ==, id);
  events->lines = g_data_input_stream_new (events->body);
  g_free (url);
  g_free (end);
}

/* NULL at the end. */
static JsonNode *
events_next (Events * events)
{
  GError *error = NULL;
  JsonNode *node;
  gchar *line;

  for (;;) {
    line = g_data_input_stream_read_line (events->lines, NULL, NULL, &error);
    g_assert_no_error (error);
    if (!line)
      return NULL;
    if (g_str_has_prefix (line, "data: ")) {
      node = json_from_string (line + 6, &error);
      g_assert_no_error (error);
      g_free (line);
      return node;
    }
    if (*line == ':')
      events->comments++;
    else
      g_assert_cmpstr (line, ==, "");
    g_free (line);
  }
}

static void
events_close (Events * events)
{
  g_object_unref (events->lines);
  g_object_unref (events->body);
  g_object_unref (events->message);
}

static void
assert_event (Events * events, const gchar * status, gint64 position,
    gint n_logs)
{
  JsonNode *node = events_next (events);
  JsonObject *object;

  g_assert_nonnull (node);
  object = json_node_get_object (node);
  g_assert_cmpstr (json_object_get_string_member (object, "status"), ==,
      status);
  if (position >= 0)
    g_assert_cmpint (json_object_get_int_member (object, "queue_position"), ==,
        position);
  else
    g_assert_false (json_object_has_member (object, "queue_position"));
  if (n_logs < 0)
    g_assert_true (json_object_get_null_member (object, "logs"));
  else
    g_assert_cmpint (json_array_get_length (json_object_get_array_member
            (object, "logs")), ==, n_logs);
  json_node_unref (node);
}

static void
cancel (Client * client, const gchar * id)
{
  Answer *answer = client_send_text (client, "PUT", request_path (id,
          "/cancel"), NULL);

  g_assert_cmpuint (answer->status, ==, 202);
  answer_free (answer);
}

static void
test_positions (void)
{
  CupFalServiceOptions options;
  Client client;
  Events events;
  gchar *ids[3];
  guint i;

  cup_fal_service_options_init (&options);
  options.runners = 1;
  client_init (&client, &options, 30);
  cup_fal_service_hold (client.service, TRUE);
  for (i = 0; i < 3; i++)
    ids[i] = client_submit (&client, NULL);
  events_open (&events, &client, ids[2], "");
  assert_event (&events, "IN_QUEUE", 1, -1);
  cancel (&client, ids[1]);
  assert_event (&events, "IN_QUEUE", 0, -1);
  cancel (&client, ids[0]);
  assert_event (&events, "IN_PROGRESS", -1, -1);
  cup_fal_service_hold (client.service, FALSE);
  assert_event (&events, "COMPLETED", -1, -1);
  g_assert_null (events_next (&events));
  g_assert_cmpuint (events.comments, >, 0);
  events_close (&events);
  for (i = 0; i < 3; i++)
    g_free (ids[i]);
  client_clear (&client);
}

static void
test_logs (void)
{
  CupFalServiceOptions options;
  GString *all = g_string_new (NULL);
  Client client;
  Events events;
  JsonNode *node;
  guint pings, n_events = 0;
  gchar *id;

  cup_fal_service_options_init (&options);
  options.ping_interval = 5;
  options.delay = 200;
  client_init (&client, &options, 30);
  id = client_submit (&client, NULL);
  events_open (&events, &client, id, "?logs=1");
  while ((node = events_next (&events))) {
    JsonArray *logs =
        json_object_get_array_member (json_node_get_object (node), "logs");
    guint i;

    for (i = 0; i < json_array_get_length (logs); i++)
      g_string_append_c (all, *json_object_get_string_member
          (json_array_get_object_element (logs, i), "message"));
    json_node_unref (node);
    n_events++;
  }
  pings = events.comments;
  /* Started, four steps, Upscaled, Finished: each once, over several events. */
  g_assert_cmpstr (all->str, ==, "SSSSSUF");
  g_assert_cmpuint (n_events, >, 3);
  g_assert_cmpuint (pings, >, 3);
  events_close (&events);

  /* Of a job that is over there is one event, with everything. */
  events_open (&events, &client, id, "?logs=true");
  assert_event (&events, "COMPLETED", -1, 7);
  g_assert_null (events_next (&events));
  events_close (&events);
  g_string_free (all, TRUE);
  g_free (id);
  client_clear (&client);
}

static void
test_client_leaves (void)
{
  CupFalServiceOptions options;
  Client client;
  Events events;
  Answer *answer;
  gchar *id;

  cup_fal_service_options_init (&options);
  options.ping_interval = 1;
  client_init (&client, &options, 30);
  cup_fal_service_hold (client.service, TRUE);
  id = client_submit (&client, NULL);
  events_open (&events, &client, id, "");
  assert_event (&events, "IN_PROGRESS", -1, -1);
  g_assert_true (g_input_stream_close (events.body, NULL, NULL));
  events_close (&events);
  cup_fal_service_hold (client.service, FALSE);
  answer = client_wait_result (&client, id);
  g_assert_cmpuint (answer->status, ==, 200);
  answer_free (answer);
  g_free (id);
  client_clear (&client);
}

/* What a stream that was cut off has not said any more is in the next one, and
 * in the status: the whole log so far. */
static void
test_logs_after_cut (void)
{
  CupFalServiceOptions options;
  gchar *id, *last = NULL;
  Client client;
  Events events;
  Answer *answer;
  JsonArray *logs;
  guint i;

  cup_fal_service_options_init (&options);
  options.delay = 100;
  client_init (&client, &options, 30);
  g_assert_true (cup_fal_service_add_fault (client.service, "stream:cut:1",
          NULL));
  cup_fal_service_hold (client.service, TRUE);
  id = client_submit (&client, NULL);
  events_open (&events, &client, id, "?logs=1");
  json_node_unref (events_next (&events));
  g_assert_null (events_next (&events));
  events_close (&events);

  cup_fal_service_hold (client.service, FALSE);
  g_assert_true (cup_fal_service_wait_count (client.service,
          CUP_FAL_COUNT_COMPLETED, 1, 30000));
  events_open (&events, &client, id, "?logs=1");
  assert_event (&events, "COMPLETED", -1, 7);
  events_close (&events);
  answer = client_get (&client, request_path (id, "/status?logs=1"));
  logs = json_node_get_array (answer_find (answer, "logs"));
  g_assert_cmpuint (json_array_get_length (logs), ==, 7);
  for (i = 0; i < 7; i++) {
    const gchar *time = json_object_get_string_member
        (json_array_get_object_element (logs, i), "timestamp");

    g_assert_cmpuint (strlen (time), ==, strlen ("2024-12-20T15:37:17.120314"));
    g_assert_true (!last || strcmp (time, last) >= 0);
    g_free (last);
    last = g_strdup (time);
  }
  g_free (last);
  answer_free (answer);
  g_free (id);
  client_clear (&client);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/stream/positions", test_positions);
  g_test_add_func ("/service/stream/logs", test_logs);
  g_test_add_func ("/service/stream/client-leaves", test_client_leaves);
  g_test_add_func ("/service/stream/logs-after-cut", test_logs_after_cut);
  return g_test_run ();
}
