/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is around the loopback service's protocol: its log, what scripts can
 * ask, standing in as a proxy, ending, and the program.
 */
#include <string.h>
#include <glib/gstdio.h>
#ifdef G_OS_UNIX
#include <signal.h>
#endif

#include "client.h"

static void
test_log (void)
{
  gchar *directory = g_dir_make_tmp ("fal-service-XXXXXX", NULL);
  gchar *path = g_build_filename (directory, "log", NULL);
  CupFalServiceOptions options;
  GStatBuf status;
  Client client;
  JsonObject *entry;
  JsonNode *log;
  gchar *id, *text;
  gchar **lines;

  cup_fal_service_options_init (&options);
  options.log_path = path;
  client_init (&client, &options, 30);
  id = client_submit (&client, "\"prompt\":\"x\"");
  answer_free (client_get (&client, request_path (id, "/status?logs=0")));
  log = cup_fal_service_get_log (client.service);
  g_assert_cmpuint (json_array_get_length (json_node_get_array (log)), ==, 4);

  entry = json_array_get_object_element (json_node_get_array (log), 1);
  g_assert_cmpstr (json_object_get_string_member (entry, "stage"), ==, "put");
  g_assert_cmpstr (json_object_get_string_member (entry, "port"), ==, "files");
  entry = json_object_get_object_member (entry, "body");
  g_assert_cmpstr (json_object_get_string_member (entry, "content_type"), ==,
      "image/png");
  g_assert_cmpint (json_object_get_int_member (entry, "size"), >, 0);

  entry = json_array_get_object_element (json_node_get_array (log), 2);
  g_assert_cmpstr (json_object_get_string_member (entry, "method"), ==, "POST");
  g_assert_cmpint (json_object_get_int_member (entry, "status"), ==, 200);
  g_assert_cmpstr (json_object_get_string_member
      (json_object_get_object_member (entry, "headers"), "authorization"), ==,
      "Key test:key");
  g_assert_cmpstr (json_object_get_string_member
      (json_object_get_object_member (entry, "body"), "prompt"), ==, "x");

  entry = json_array_get_object_element (json_node_get_array (log), 3);
  g_assert_cmpstr (json_object_get_string_member (entry, "path"), ==,
      request_path (id, "/status"));
  g_assert_cmpstr (json_object_get_string_member (entry, "query"), ==,
      "logs=0");
  json_node_unref (log);
  g_free (id);
  client_clear (&client);

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 5);
  g_assert_cmpstr (lines[4], ==, "");
#ifdef G_OS_UNIX
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
#endif
  g_strfreev (lines);
  g_free (text);
  g_unlink (path);
  g_rmdir (directory);
  g_free (path);
  g_free (directory);
}

static void
test_scripts (void)
{
  Client client;
  Answer *answer;

  client_init (&client, NULL, 30);
  client.authorization = NULL;
  answer = client_send_text (&client, "POST", "/_service/faults",
      "status:503:1\n");
  g_assert_cmpuint (answer->status, ==, 200);
  answer_free (answer);
  answer = client_send_text (&client, "POST", "/_service/faults", "x:y");
  g_assert_cmpuint (answer->status, ==, 400);
  g_assert_nonnull (strstr (answer_get_string (answer, "detail"), "stage"));
  answer_free (answer);
  answer = client_get (&client, "/_service/faults");
  g_assert_nonnull (g_strstr_len (g_bytes_get_data (answer->bytes, NULL),
          g_bytes_get_size (answer->bytes), "truncate"));
  answer_free (answer);

  client.authorization = "Key a:b";
  answer = client_get (&client, request_path ("x", "/status"));
  g_assert_cmpuint (answer->status, ==, 503);
  answer_free (answer);
  answer = client_send_text (&client, "DELETE", "/_service/faults", NULL);
  g_assert_cmpuint (answer->status, ==, 200);
  answer_free (answer);

  answer = client_get (&client, "/_service/stats");
  g_assert_cmpint (answer_get_int (answer, "faults"), ==, 1);
  g_assert_cmpint (answer_get_int (answer, "status"), ==, 1);
  g_assert_cmpint (answer_get_int (answer, "part"), ==, 0);
  g_assert_cmpint (answer_get_int (answer, "complete"), ==, 0);
  g_assert_cmpint (answer_get_int (answer, "limited"), ==, 0);
  g_assert_cmpint (answer_get_int (answer, "requests"), ==, 1);
  answer_free (answer);
  answer = client_get (&client, "/_service/log");
  g_assert_cmpstr (answer_get_string (answer, "0.fault"), ==, "503");
  g_assert_null (answer_find (answer, "1"));
  answer_free (answer);
  answer = client_get (&client, "/_service/other");
  g_assert_cmpuint (answer->status, ==, 404);
  answer_free (answer);
  client_clear (&client);
}

static guint
send_proxied (Client * client, const gchar * target)
{
  gchar *url = g_strconcat (cup_fal_service_get_location (client->service),
      "/any/proxy", NULL);
  SoupMessage *message = soup_message_new ("GET", url);
  GBytes *bytes;
  guint status;

  soup_message_headers_append (soup_message_get_request_headers (message),
      "x-fal-target-url", target);
  soup_message_headers_append (soup_message_get_request_headers (message),
      "Authorization", "Key a:b");
  bytes = soup_session_send_and_read (client->session, message, NULL, NULL);
  status = soup_message_get_status (message);
  g_bytes_unref (bytes);
  g_object_unref (message);
  g_free (url);
  return status;
}

static void
test_proxy (void)
{
  Client client;
  gchar *id, *url;

  client_init (&client, NULL, 30);
  cup_fal_service_hold (client.service, TRUE);
  id = client_submit (&client, NULL);
  url = g_strconcat ("https://queue.fal.run", request_path (id,
          "/status?logs=1"), NULL);
  g_assert_cmpuint (send_proxied (&client, url), ==, 202);
  g_assert_cmpuint (send_proxied (&client, "https://fal.run/a/b"), ==, 404);
  g_assert_cmpuint (send_proxied (&client, "nonsense"), ==, 404);
  g_free (url);
  g_free (id);
  client_clear (&client);
}

/* With jobs that never end, and connections that nobody will close. */
static void
test_end (void)
{
  CupFalServiceOptions options;
  SoupMessage *messages[3];
  Client client;
  gchar *id, *url;
  gint64 start;
  guint i;

  cup_fal_service_options_init (&options);
  options.delay = 3600 * 1000;
  options.ping_interval = 3600 * 1000;
  client_init (&client, &options, 30);
  g_object_unref (client.session);
  client.session = soup_session_new_with_options ("proxy-resolver", NULL,
      "max-conns-per-host", 10, NULL);
  for (i = 0; i < 5; i++) {
    id = client_submit (&client, NULL);
    if (i < 4)
      g_free (id);
  }
  cup_fal_service_add_fault (client.service, "status:stall", NULL);
  cup_fal_service_add_fault (client.service, "result:slow", NULL);
  for (i = 0; i < G_N_ELEMENTS (messages); i++) {
    static const gchar *const ends[] = { "/status", "", "/status/stream" };

    url = g_strconcat (cup_fal_service_get_location (client.service),
        request_path (id, ends[i]), NULL);
    messages[i] = soup_message_new ("GET", url);
    soup_message_headers_append (soup_message_get_request_headers
        (messages[i]), "Authorization", "Key a:b");
    soup_session_send_async (client.session, messages[i], G_PRIORITY_DEFAULT,
        NULL, NULL, NULL);
    g_free (url);
  }
  while (cup_fal_service_get_count (client.service, CUP_FAL_COUNT_STREAM)
      + cup_fal_service_get_count (client.service, CUP_FAL_COUNT_STATUS)
      + cup_fal_service_get_count (client.service, CUP_FAL_COUNT_RESULT) < 3)
    g_main_context_iteration (NULL, TRUE);

  start = g_get_monotonic_time ();
  g_clear_pointer (&client.service, cup_fal_service_free);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_USEC_PER_SEC);
  for (i = 0; i < G_N_ELEMENTS (messages); i++)
    g_object_unref (messages[i]);
  g_free (id);
  client_clear (&client);
}

static void
test_ports (void)
{
  CupFalServiceOptions options;
  GError *error = NULL;
  Client client;

  client_init (&client, NULL, 30);
  cup_fal_service_options_init (&options);
  options.port = cup_fal_service_get_port (client.service);
  g_assert_null (cup_fal_service_new (&options, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_clear_error (&error);

  options.port = 0;
  options.log_path = "/nonexistent/log";
  g_assert_null (cup_fal_service_new (&options, &error));
  g_assert_nonnull (strstr (error->message, "/nonexistent/log"));
  g_error_free (error);
  client_clear (&client);
}

#ifdef G_OS_UNIX

static GSubprocess *
run_program (const gchar * option, const gchar * value)
{
  GSubprocess *process;
  GError *error = NULL;

  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE
      | G_SUBPROCESS_FLAGS_STDERR_MERGE, &error,
      g_getenv ("CUP_TEST_FAL_SERVICE"), "--port=0", option, value, NULL);
  g_assert_no_error (error);
  return process;
}

static gchar *
wait_program (GSubprocess * process, gint status)
{
  gchar *output;

  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, &output,
          NULL, NULL));
  g_assert_true (g_subprocess_get_if_exited (process));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, status);
  g_object_unref (process);
  return output;
}

static void
test_program (void)
{
  const gchar *program = g_getenv ("CUP_TEST_FAL_SERVICE");
  gchar *directory, *path, *output, *line, *url;
  GSubprocess *process;
  GDataInputStream *lines;
  SoupSession *session;
  SoupMessage *message;
  GBytes *bytes;

  if (!program || !g_file_test (program, G_FILE_TEST_IS_EXECUTABLE)) {
    g_test_skip ("fal-service has not been built");
    return;
  }
  directory = g_dir_make_tmp ("fal-service-XXXXXX", NULL);
  path = g_build_filename (directory, "ready", NULL);
  process = run_program ("--ready-file", path);
  /* The file is there before the greeting is. */
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (lines),
      FALSE);
  line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);
  g_assert_nonnull (line);
  g_free (line);
  g_object_unref (lines);

  g_assert_true (g_file_get_contents (path, &url, NULL, NULL));
  g_assert_true (g_str_has_prefix (url, "http://127.0.0.1:"));
  line = g_strconcat (g_strstrip (url), "/_service/stats", NULL);
  session = soup_session_new_with_options ("proxy-resolver", NULL, NULL);
  message = soup_message_new ("GET", line);
  bytes = soup_session_send_and_read (session, message, NULL, NULL);
  g_assert_nonnull (bytes);
  g_assert_cmpuint (soup_message_get_status (message), ==, 200);
  g_bytes_unref (bytes);
  g_object_unref (message);
  g_object_unref (session);
  g_free (line);
  g_free (url);

  g_subprocess_send_signal (process, SIGTERM);
  g_free (wait_program (process, 0));
  g_unlink (path);
  g_rmdir (directory);
  g_free (path);
  g_free (directory);

  output = wait_program (run_program ("--help", NULL), 0);
  g_assert_nonnull (strstr (output, "--ready-file"));
  g_free (output);
  output = wait_program (run_program ("--list-faults", NULL), 0);
  g_assert_nonnull (strstr (output, "truncate"));
  g_assert_nonnull (strstr (output, "(initiate put part complete submit"));
  g_free (output);
  output = wait_program (run_program ("--fault", "result:nonsense"), 1);
  g_assert_nonnull (strstr (output, "nonsense"));
  g_free (output);
  output = wait_program (run_program ("--runners", "0"), 1);
  g_assert_nonnull (strstr (output, "--runners"));
  g_free (output);
  output = wait_program (run_program ("--max-jobs", "-1"), 1);
  g_assert_nonnull (strstr (output, "--max-jobs"));
  g_free (output);
  output = wait_program (run_program ("--seed", "-1"), 1);
  g_assert_nonnull (strstr (output, "--seed"));
  g_free (output);
  output = wait_program (run_program ("--result-format", "gif"), 1);
  g_assert_nonnull (strstr (output, "gif"));
  g_free (output);
}

#endif

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/log", test_log);
  g_test_add_func ("/service/scripts", test_scripts);
  g_test_add_func ("/service/proxy", test_proxy);
  g_test_add_func ("/service/end", test_end);
  g_test_add_func ("/service/ports", test_ports);
#ifdef G_OS_UNIX
  g_test_add_func ("/service/program", test_program);
#endif
  return g_test_run ();
}
