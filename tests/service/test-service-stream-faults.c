/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The loopback service's status streams as they should not be, and as they may
 * be: seen through a bare socket, chunk by chunk.
 */
#include <string.h>

#include "client.h"

/* First letters of a job's log: Started, four steps, Upscaled, Finished. */
#define WHOLE_LOG "SSSSSUF"

/**
 * Seen:
 * @head: status line and headers
 * @body: without the chunks' own bytes
 * @n_chunks: that it came in
 * @terminated: with the last chunk, which is empty
 * @code: how the connection ended: 0, or that of a GIOError
 * @events: data of each event, as JSON; NULL for what is none
 * @duration: microseconds
 */
typedef struct
{
  gchar *head;
  GString *body;
  guint n_chunks;
  gboolean terminated;
  gint code;
  GPtrArray *events;
  gint64 duration;
} Seen;

static void
free_event (gpointer event)
{
  if (event)
    json_node_unref (event);
}

static void
take_chunks (Seen * seen, const gchar * text, gsize size)
{
  const gchar *end = text + size;
  guint64 length;
  gchar *data;

  while (text < end && !seen->terminated) {
    length = g_ascii_strtoull (text, &data, 16);
    if (data + 2 > end || data[0] != '\r' || data[1] != '\n')
      return;
    data += 2;
    if (length == 0)
      seen->terminated = TRUE;
    else
      seen->n_chunks++;
    g_string_append_len (seen->body, data, MIN (length, (gsize) (end - data)));
    text = data + length + 2;
  }
}

/* As the format has it, apart from line ends that are CR only. */
static void
take_events (Seen * seen)
{
  gchar **lines = g_strsplit (seen->body->str, "\n", -1);
  GString *data = g_string_new (NULL);
  guint i;

  for (i = 0; lines[i]; i++) {
    g_strchomp (lines[i]);
    if (g_str_has_prefix (lines[i], "data:")) {
      g_string_append (data, lines[i] + (lines[i][5] == ' ' ? 6 : 5));
    } else if (*lines[i] == '\0' && data->len > 0) {
      g_ptr_array_add (seen->events, json_from_string (data->str, NULL));
      g_string_truncate (data, 0);
    }
  }
  g_string_free (data, TRUE);
  g_strfreev (lines);
}

static Seen *
see (GSocketConnection * connection, guint silence)
{
  Seen *seen = g_new0 (Seen, 1);
  gint64 start = g_get_monotonic_time ();
  GByteArray *bytes = read_raw (connection, silence, &seen->code);
  const gchar *text, *end;

  seen->duration = g_get_monotonic_time () - start;
  seen->body = g_string_new (NULL);
  seen->events = g_ptr_array_new_with_free_func (free_event);
  g_byte_array_append (bytes, (const guint8 *) "", 1);
  text = (const gchar *) bytes->data;
  end = strstr (text, "\r\n\r\n");
  if (end) {
    seen->head = g_strndup (text, end + 2 - text);
    take_chunks (seen, end + 4, bytes->len - 1 - (end + 4 - text));
    take_events (seen);
  }
  g_byte_array_unref (bytes);
  return seen;
}

static void
seen_free (Seen * seen)
{
  g_ptr_array_unref (seen->events);
  g_string_free (seen->body, TRUE);
  g_free (seen->head);
  g_free (seen);
}

static const gchar *
get_status (Seen * seen, guint i)
{
  g_assert_cmpuint (i, <, seen->events->len);
  g_assert_nonnull (seen->events->pdata[i]);
  return json_object_get_string_member_with_default (json_node_get_object
      (seen->events->pdata[i]), "status", "none");
}

static guint
count_status (Seen * seen, const gchar * status)
{
  guint i, n = 0;

  for (i = 0; i < seen->events->len; i++)
    n += strcmp (get_status (seen, i), status) == 0;
  return n;
}

/* The first letters of the log lines of event @i. */
static gchar *
get_letters (Seen * seen, guint i)
{
  GString *letters = g_string_new (NULL);
  JsonObject *object = json_node_get_object (seen->events->pdata[i]);
  JsonArray *logs = json_object_has_member (object, "logs")
      ? json_object_get_array_member (object, "logs") : NULL;
  guint j;

  for (j = 0; logs && j < json_array_get_length (logs); j++)
    g_string_append_c (letters, *json_object_get_string_member
        (json_array_get_object_element (logs, j), "message"));
  return g_string_free (letters, FALSE);
}

static gchar *
get_all_letters (Seen * seen)
{
  GString *all = g_string_new (NULL);
  guint i;

  for (i = 0; i < seen->events->len; i++) {
    gchar *letters = get_letters (seen, i);

    g_string_append (all, letters);
    g_free (letters);
  }
  return g_string_free (all, FALSE);
}

/* A stream of a job that goes on once the stream is there, so that there are
 * at least two events, unless the fault wants otherwise. */
static Seen *
follow (Client * client, const gchar * fault, guint silence)
{
  guint64 streams = cup_fal_service_get_count (client->service,
      CUP_FAL_COUNT_STREAM);
  GSocketConnection *connection;
  GError *error = NULL;
  Seen *seen;
  gchar *id;

  g_test_message ("%s", fault);
  cup_fal_service_hold (client->service, TRUE);
  cup_fal_service_clear_faults (client->service);
  cup_fal_service_add_fault (client->service, fault, &error);
  g_assert_no_error (error);
  id = client_submit (client, NULL);
  connection = client_open_raw (client, "GET", request_path (id,
          "/status/stream?logs=1"), "");
  g_assert_true (cup_fal_service_wait_count (client->service,
          CUP_FAL_COUNT_STREAM, streams + 1, 30000));
  cup_fal_service_hold (client->service, FALSE);
  seen = see (connection, silence);
  g_assert_nonnull (seen->head);
  g_object_unref (connection);
  g_free (id);
  return seen;
}

/* Ends as it should, with COMPLETED last and each line of the log once. */
static void
assert_whole (Seen * seen)
{
  gchar *letters = get_all_letters (seen);

  g_assert_cmpint (seen->code, ==, 0);
  g_assert_true (seen->terminated);
  g_assert_cmpuint (count_status (seen, "COMPLETED"), ==, 1);
  g_assert_cmpuint (count_status (seen, "IN_PROGRESS"), >, 0);
  g_assert_cmpstr (letters, ==, WHOLE_LOG);
  g_free (letters);
}

static void
test_crlf (void)
{
  Client client;
  const gchar *at;
  Seen *seen;

  client_init (&client, NULL, 30);
  seen = follow (&client, "stream:crlf", 30000);
  assert_whole (seen);
  for (at = strchr (seen->body->str, '\n'); at; at = strchr (at + 1, '\n'))
    g_assert_cmpint (at[-1], ==, '\r');
  seen_free (seen);
  client_clear (&client);
}

static void
test_comments (void)
{
  Client client;
  Seen *seen;

  client_init (&client, NULL, 30);
  seen = follow (&client, "stream:comments", 30000);
  assert_whole (seen);
  g_assert_nonnull (strstr (seen->body->str, "\n:\n: a comment\n"));
  /* Within the event, before and after its data. */
  g_assert_nonnull (strstr (seen->body->str,
          "\n:data: {\"status\":\"COMPLETED\"}\ndata: "));
  g_assert_nonnull (strstr (seen->body->str, "}\n: another\n\n"));
  g_assert_nonnull (strstr (seen->body->str, ": -------"));
  seen_free (seen);
  client_clear (&client);
}

static void
test_split (void)
{
  Client client;
  Seen *seen;

  client_init (&client, NULL, 30);
  seen = follow (&client, "stream:split", 30000);
  assert_whole (seen);
  g_assert_cmpuint (seen->n_chunks, ==, seen->body->len);
  seen_free (seen);
  client_clear (&client);
}

static void
test_multiline (void)
{
  Client client;
  guint n = 0;
  const gchar *at;
  Seen *seen;

  client_init (&client, NULL, 30);
  seen = follow (&client, "stream:multiline", 30000);
  assert_whole (seen);
  for (at = seen->body->str; (at = strstr (at, "\ndata:")); at++)
    n++;
  g_assert_cmpuint (n, >, 5 * seen->events->len);
  seen_free (seen);
  client_clear (&client);
}

static void
test_named (void)
{
  Client client;
  Seen *seen;

  client_init (&client, NULL, 30);
  seen = follow (&client, "stream:named", 30000);
  g_assert_true (seen->terminated);
  g_assert_cmpuint (count_status (seen, "COMPLETED"), ==, 1);
  g_assert_cmpuint (count_status (seen, "none"), ==, seen->events->len / 2);
  g_assert_nonnull (strstr (seen->body->str, "\nevent: heartbeat\n"));
  g_assert_nonnull (strstr (seen->body->str,
          "event: status\nid: 0\nretry: 3000\ndata: {"));
  g_assert_nonnull (strstr (seen->body->str, "event: status\nid: 1\n"));
  seen_free (seen);
  client_clear (&client);
}

static void
test_whole_logs (void)
{
  Client client;
  guint i, length = 0;
  gchar *letters;
  Seen *seen;

  client_init (&client, NULL, 30);
  seen = follow (&client, "stream:whole-logs", 30000);
  g_assert_true (seen->terminated);
  for (i = 0; i < seen->events->len; i++) {
    letters = get_letters (seen, i);
    g_assert_true (g_str_has_prefix (WHOLE_LOG, letters));
    g_assert_cmpuint (strlen (letters), >, length);
    length = strlen (letters);
    g_free (letters);
  }
  g_assert_cmpuint (length, ==, strlen (WHOLE_LOG));
  g_assert_cmpuint (i, >, 1);
  seen_free (seen);
  client_clear (&client);
}

static void
test_duplicate (void)
{
  Client client;
  gchar *letters;
  Seen *seen;
  guint i;

  client_init (&client, NULL, 30);
  seen = follow (&client, "stream:duplicate", 30000);
  g_assert_true (seen->terminated);
  g_assert_cmpuint (seen->events->len % 2, ==, 0);
  for (i = 0; i < seen->events->len; i += 2)
    g_assert_true (json_node_equal (seen->events->pdata[i],
            seen->events->pdata[i + 1]));
  g_assert_cmpuint (count_status (seen, "COMPLETED"), ==, 2);
  letters = get_all_letters (seen);
  g_assert_cmpuint (strlen (letters), ==, 2 * strlen (WHOLE_LOG));
  g_free (letters);
  seen_free (seen);
  client_clear (&client);
}

static void
test_ends (void)
{
  Client client;
  Seen *seen;

  client_init (&client, NULL, 30);
  seen = follow (&client, "stream:no-completed", 30000);
  g_assert_true (seen->terminated);
  g_assert_cmpuint (count_status (seen, "COMPLETED"), ==, 0);
  g_assert_cmpuint (count_status (seen, "IN_PROGRESS"), >, 0);
  seen_free (seen);

  seen = follow (&client, "stream:never-closes", 1000);
  g_assert_false (seen->terminated);
  g_assert_cmpint (seen->code, ==, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpuint (count_status (seen, "COMPLETED"), ==, 1);
  seen_free (seen);

  seen = follow (&client, "stream:cut", 30000);
  g_assert_true (seen->terminated);
  g_assert_cmpuint (seen->events->len, ==, 1);
  g_assert_cmpuint (count_status (seen, "COMPLETED"), ==, 0);
  seen_free (seen);
  client_clear (&client);
}

static void
test_breaks (void)
{
  CupFalServiceOptions options;
  const gchar *data;
  Client client;
  Seen *seen;

  cup_fal_service_options_init (&options);
  client_init (&client, &options, 30);
  /* Without the last chunk, or anything after the half of an event. */
  seen = follow (&client, "stream:truncate", 30000);
  g_assert_cmpint (seen->code, ==, 0);
  g_assert_false (seen->terminated);
  g_assert_cmpuint (seen->events->len, ==, 0);
  data = strstr (seen->body->str, "data: {");
  g_assert_nonnull (data);
  g_assert_null (strchr (data, '\n'));
  seen_free (seen);

  seen = follow (&client, "stream:reset-after", 30000);
  g_assert_cmpint (seen->code, ==, G_IO_ERROR_CONNECTION_CLOSED);
  g_assert_false (seen->terminated);
  g_assert_cmpuint (seen->events->len, ==, 1);
  seen_free (seen);
  client_clear (&client);

  /* Not even comments. */
  options.ping_interval = 5;
  client_init (&client, &options, 30);
  seen = follow (&client, "stream:stall-after", 1000);
  g_assert_cmpint (seen->code, ==, G_IO_ERROR_TIMED_OUT);
  g_assert_false (seen->terminated);
  g_assert_cmpuint (seen->events->len, ==, 1);
  seen_free (seen);

  seen = follow (&client, "stream:silent", 1000);
  g_assert_cmpint (seen->code, ==, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpuint (seen->body->len, ==, 0);
  seen_free (seen);
  client_clear (&client);
}

static void
test_slow (void)
{
  Client client;
  Seen *seen;

  client_init (&client, NULL, 30);
  /* Two events at least. */
  seen = follow (&client, "stream:slow:FOR=200", 30000);
  assert_whole (seen);
  g_assert_cmpint (seen->duration, >, 300 * 1000);
  g_assert_cmpuint (seen->n_chunks, >, 200);
  seen_free (seen);
  client_clear (&client);
}

static void
test_content (void)
{
  Client client;
  Seen *seen;

  client_init (&client, NULL, 30);
  seen = follow (&client, "stream:wrong-type", 30000);
  assert_whole (seen);
  g_assert_nonnull (strstr (seen->head, "Content-Type: text/html\r\n"));
  seen_free (seen);

  seen = follow (&client, "stream:unknown-state", 30000);
  g_assert_cmpstr (get_status (seen, 0), ==, "WARMING_UP");
  g_assert_cmpuint (count_status (seen, "COMPLETED"), ==, 1);
  seen_free (seen);

  seen = follow (&client, "stream:minimal", 30000);
  g_assert_true (seen->terminated);
  g_assert_cmpuint (json_object_get_size (json_node_get_object
          (seen->events->pdata[0])), ==, 2);
  seen_free (seen);
  client_clear (&client);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/stream-faults/crlf", test_crlf);
  g_test_add_func ("/service/stream-faults/comments", test_comments);
  g_test_add_func ("/service/stream-faults/split", test_split);
  g_test_add_func ("/service/stream-faults/multiline", test_multiline);
  g_test_add_func ("/service/stream-faults/named", test_named);
  g_test_add_func ("/service/stream-faults/whole-logs", test_whole_logs);
  g_test_add_func ("/service/stream-faults/duplicate", test_duplicate);
  g_test_add_func ("/service/stream-faults/ends", test_ends);
  g_test_add_func ("/service/stream-faults/breaks", test_breaks);
  g_test_add_func ("/service/stream-faults/slow", test_slow);
  g_test_add_func ("/service/stream-faults/content", test_content);
  return g_test_run ();
}
