/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the loopback service does with more than it takes: the limit on jobs,
 * priorities, deadlines for the start; and refusing connections altogether.
 */
#include <string.h>

#include "client.h"

static guint64
count (Client * client, CupFalCounter counter)
{
  return cup_fal_service_get_count (client->service, counter);
}

static void
wait_for (Client * client, CupFalCounter counter, guint64 n)
{
  g_assert_true (cup_fal_service_wait_count (client->service, counter, n,
          30000));
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
assert_limited (Client * client)
{
  guint64 limited = count (client, CUP_FAL_COUNT_LIMITED);
  guint64 accepted = count (client, CUP_FAL_COUNT_ACCEPTED);
  Answer *answer = client_send_text (client, "POST",
      "/fal-ai/creative-upscaler", "{\"image_url\":\"data:,\"}");

  g_assert_cmpuint (answer->status, ==, 429);
  g_assert_cmpstr (answer_get_string (answer, "error_type"), ==,
      "concurrent_requests_limit");
  g_assert_cmpstr (answer_get_header (answer, "X-Fal-Error-Type"), ==,
      "concurrent_requests_limit");
  g_assert_cmpstr (answer_get_header (answer, "X-Fal-Needs-Retry"), ==, "1");
  g_assert_cmpstr (answer_get_header (answer, "Retry-After"), ==, "1");
  answer_free (answer);
  g_assert_cmpuint (count (client, CUP_FAL_COUNT_LIMITED), ==, limited + 1);
  g_assert_cmpuint (count (client, CUP_FAL_COUNT_ACCEPTED), ==, accepted);
  g_assert_cmpuint (count (client, CUP_FAL_COUNT_FAULTS), ==, 0);
}

static void
test_max_jobs (void)
{
  CupFalServiceOptions options;
  Client client;
  gchar *ids[5];
  guint i;

  cup_fal_service_options_init (&options);
  options.runners = 1;
  options.max_jobs = 2;
  client_init (&client, &options, 30);
  cup_fal_service_hold (client.service, TRUE);
  /* One that runs and one that waits. */
  ids[0] = client_submit (&client, NULL);
  ids[1] = client_submit (&client, NULL);
  assert_limited (&client);
  cancel (&client, ids[1]);
  ids[2] = client_submit (&client, NULL);
  assert_limited (&client);

  cup_fal_service_set_max_jobs (client.service, 3);
  ids[3] = client_submit (&client, NULL);
  assert_limited (&client);
  /* Below what there is already. */
  cup_fal_service_set_max_jobs (client.service, 1);
  assert_limited (&client);
  cup_fal_service_hold (client.service, FALSE);
  wait_for (&client, CUP_FAL_COUNT_COMPLETED, 3);
  cup_fal_service_hold (client.service, TRUE);
  ids[4] = client_submit (&client, NULL);
  assert_limited (&client);
  cup_fal_service_set_max_jobs (client.service, 0);
  for (i = 0; i < 20; i++)
    g_free (client_submit (&client, NULL));
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_LIMITED), ==, 5);
  for (i = 0; i < G_N_ELEMENTS (ids); i++)
    g_free (ids[i]);
  client_clear (&client);
}

static gchar *
submit_with (Client * client, const gchar * name, const gchar * value)
{
  gchar *id;

  client->header_name = name;
  client->header_value = value;
  id = client_submit (client, NULL);
  client->header_name = client->header_value = NULL;
  return id;
}

static void
assert_position (Client * client, const gchar * id, gint64 position)
{
  Answer *answer = client_get (client, request_path (id, "/status"));

  g_assert_cmpint (answer_get_int (answer, "queue_position"), ==, position);
  answer_free (answer);
}

static void
test_priority (void)
{
  static const gchar *const priorities[] = {
    "normal", "low", "normal", "low", NULL
  };
  /* Of the last four; the first one runs. */
  static const gint64 positions[] = { 2, 0, 3, 1 };
  CupFalServiceOptions options;
  gchar *ids[G_N_ELEMENTS (priorities)];
  Client client;
  guint i;

  cup_fal_service_options_init (&options);
  options.runners = 1;
  client_init (&client, &options, 30);
  cup_fal_service_hold (client.service, TRUE);
  for (i = 0; i < G_N_ELEMENTS (priorities); i++)
    ids[i] = submit_with (&client, priorities[i]
        ? "X-Fal-Queue-Priority" : NULL, priorities[i]);
  for (i = 0; i < G_N_ELEMENTS (positions); i++)
    assert_position (&client, ids[i + 1], positions[i]);
  /* A runner takes them in that order. */
  cancel (&client, ids[0]);
  assert_position (&client, ids[4], 0);
  assert_position (&client, ids[1], 1);
  for (i = 0; i < G_N_ELEMENTS (ids); i++)
    g_free (ids[i]);
  client_clear (&client);
}

static void
test_start_deadline (void)
{
  CupFalServiceOptions options;
  gchar *running, *late, *patient;
  Client client;
  Answer *answer;

  cup_fal_service_options_init (&options);
  options.runners = 1;
  client_init (&client, &options, 30);
  cup_fal_service_hold (client.service, TRUE);
  running = submit_with (&client, "X-Fal-Request-Timeout", "0.05");
  late = submit_with (&client, "X-Fal-Request-Timeout", "0.05");
  patient = submit_with (&client, "X-Fal-Request-Timeout", "3600.0");
  wait_for (&client, CUP_FAL_COUNT_FAILED, 1);

  answer = client_get (&client, request_path (late, ""));
  g_assert_cmpuint (answer->status, ==, 504);
  g_assert_cmpstr (answer_get_header (answer, "X-Fal-Request-Timeout-Type"),
      ==, "user");
  g_assert_cmpstr (answer_get_string (answer, "error_type"), ==,
      "request_timeout");
  answer_free (answer);
  answer = client_get (&client, request_path (late, "/status"));
  g_assert_cmpstr (answer_get_string (answer, "error_type"), ==,
      "request_timeout");
  answer_free (answer);

  /* It is for the start, not for the end. */
  cup_fal_service_hold (client.service, FALSE);
  wait_for (&client, CUP_FAL_COUNT_COMPLETED, 2);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_FAILED), ==, 1);
  g_free (patient);
  g_free (late);
  g_free (running);
  client_clear (&client);
}

/* What has no effect here shows in the log. */
static void
test_other_headers (void)
{
  static const gchar *const names[] = {
    "x-fal-store-io", "x-fal-object-lifecycle-preference",
    "x-fal-object-lifecycle", "x-fal-runner-hint", "x-fal-no-retry"
  };
  Client client;
  guint i;

  client_init (&client, NULL, 30);
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    gchar *value = g_strdup_printf ("{\"value\":%u}", i);
    JsonObject *entry;
    JsonNode *log;
    guint last;

    g_free (submit_with (&client, names[i], value));
    log = cup_fal_service_get_log (client.service);
    last = json_array_get_length (json_node_get_array (log)) - 1;
    entry = json_array_get_object_element (json_node_get_array (log), last);
    g_assert_cmpstr (json_object_get_string_member (entry, "stage"), ==,
        "submit");
    g_assert_cmpstr (json_object_get_string_member
        (json_object_get_object_member (entry, "headers"), names[i]), ==,
        value);
    json_node_unref (log);
    g_free (value);
  }
  client_clear (&client);
}

/* --- refusing --- */

static void
assert_refused (Client * client, const gchar * url)
{
  Answer *answer = client_get (client, url);

  g_assert_cmpuint (answer->status, ==, 0);
  g_assert_error (answer->error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  answer_free (answer);
}

static void
test_refusing (void)
{
  Client client;
  Answer *answer;
  gchar *id, *path, *file;
  guint i;

  client_init (&client, NULL, 30);
  cup_fal_service_hold (client.service, TRUE);
  id = client_submit (&client, NULL);
  path = g_strdup (request_path (id, "/status"));
  file = g_strconcat (cup_fal_service_get_files_location (client.service),
      "/files/none", NULL);
  for (i = 0; i < 3; i++) {
    cup_fal_service_set_refusing (client.service, TRUE);
    cup_fal_service_set_refusing (client.service, TRUE);
    assert_refused (&client, path);
    assert_refused (&client, file);
    cup_fal_service_set_refusing (client.service, FALSE);
    cup_fal_service_set_refusing (client.service, FALSE);
    answer = client_get (&client, path);
    g_assert_no_error (answer->error);
    g_assert_cmpuint (answer->status, ==, 202);
    answer_free (answer);
    answer = client_get (&client, file);
    g_assert_cmpuint (answer->status, ==, 404);
    answer_free (answer);
  }

  /* Jobs go on. */
  cup_fal_service_set_refusing (client.service, TRUE);
  cup_fal_service_hold (client.service, FALSE);
  wait_for (&client, CUP_FAL_COUNT_COMPLETED, 1);
  cup_fal_service_set_refusing (client.service, FALSE);
  answer = client_wait_result (&client, id);
  g_assert_cmpuint (answer->status, ==, 200);
  answer_free (answer);
  g_free (file);
  g_free (path);
  g_free (id);
  client_clear (&client);
}

/* Whatever a connection is used for. */
static void
test_refusing_closes (void)
{
  static const struct
  {
    const gchar *fault;
    const gchar *end;
  } cases[] = {
    {NULL, "/status/stream?logs=1"},
    {"stream:silent", "/status/stream"},
    {"stream:slow", "/status/stream"},
    {"stream:stall-after", "/status/stream"},
    {"status:stall", "/status"},
    {"status:stall-after", "/status"},
    {"status:slow:FOR=100000", "/status"},
    {"status:late:FOR=100000", "/status"},
    {"status:oversize", "/status"},
  };
  Client client;
  gchar *id;
  guint i;

  client_init (&client, NULL, 30);
  cup_fal_service_hold (client.service, TRUE);
  id = client_submit (&client, NULL);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint64 requests = count (&client, CUP_FAL_COUNT_REQUESTS);
    GSocketConnection *connection;
    GByteArray *bytes;
    gint code;

    g_test_message ("%s", cases[i].fault ? cases[i].fault : "none");
    cup_fal_service_clear_faults (client.service);
    if (cases[i].fault)
      g_assert_true (cup_fal_service_add_fault (client.service,
              cases[i].fault, NULL));
    connection = client_open_raw (&client, "GET", request_path (id,
            cases[i].end), "");
    wait_for (&client, CUP_FAL_COUNT_REQUESTS, requests + 1);
    cup_fal_service_set_refusing (client.service, TRUE);
    bytes = read_raw (connection, 30000, &code);
    g_assert_cmpint (code, !=, G_IO_ERROR_TIMED_OUT);
    cup_fal_service_set_refusing (client.service, FALSE);
    g_byte_array_unref (bytes);
    g_object_unref (connection);
  }
  /* And it can end in that state. */
  cup_fal_service_set_refusing (client.service, TRUE);
  g_free (id);
  client_clear (&client);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/limits/max-jobs", test_max_jobs);
  g_test_add_func ("/service/limits/priority", test_priority);
  g_test_add_func ("/service/limits/start-deadline", test_start_deadline);
  g_test_add_func ("/service/limits/other-headers", test_other_headers);
  g_test_add_func ("/service/limits/refusing", test_refusing);
  g_test_add_func ("/service/limits/refusing-closes", test_refusing_closes);
  return g_test_run ();
}
