/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The faults of the loopback service: that each does what its row says, so
 * that a test of the plugin that orders one really has it.
 */
#include <string.h>

#include "client.h"
#include "fault-kinds.h"

static void
order (Client * client, const gchar * spec)
{
  GError *error = NULL;

  cup_fal_service_add_fault (client->service, spec, &error);
  g_assert_no_error (error);
}

static void
order_only (Client * client, const gchar * spec)
{
  cup_fal_service_clear_faults (client->service);
  order (client, spec);
}

static guint64
count (Client * client, CupFalCounter counter)
{
  return cup_fal_service_get_count (client->service, counter);
}

static guint
get_status (Client * client, const gchar * id)
{
  Answer *answer = client_get (client, request_path (id, "/status"));
  guint status = answer->status;

  answer_free (answer);
  return status;
}

static void
test_specs (void)
{
  static const gchar *const good[] = {
    "submit:503", "result:502:2", "status:429:EVERY=3", "put:500:AFTER=2:1",
    "download:slow:FOR=100", "stream:cut", "cancel:404", "initiate:403"
  };
  static const gchar *const bad[] = {
    "", "submit", "submit:", "nowhere:503", "submit:cut", "put:model-422",
    "submit:503:", "submit:503:0", "submit:503:-1", "submit:503:EVERY=0",
    "submit:503:x", "submit:late:FOR=99999999"
  };
  GError *error = NULL;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (good); i++) {
    g_assert_true (cup_fal_service_check_fault (good[i], &error));
    g_assert_no_error (error);
  }
  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_test_message ("%s", bad[i]);
    g_assert_false (cup_fal_service_check_fault (bad[i], &error));
    g_assert_nonnull (error);
    g_clear_error (&error);
  }
}

static void
assert_pattern (Client * client, const gchar * id, const gchar * spec,
    const gchar * pattern)
{
  guint i;

  order_only (client, spec);
  for (i = 0; pattern[i]; i++)
    g_assert_cmpuint (get_status (client, id), ==,
        pattern[i] == 'x' ? 500 : 202);
}

static void
test_counts (void)
{
  Client client;
  gchar *id;

  client_init (&client, NULL, 30);
  cup_fal_service_hold (client.service, TRUE);
  id = client_submit (&client, NULL);
  assert_pattern (&client, id, "status:500", "xxxx");
  assert_pattern (&client, id, "status:500:2", "xx..");
  assert_pattern (&client, id, "status:500:EVERY=3", "..x..x.");
  assert_pattern (&client, id, "status:500:AFTER=2", "..xxx");
  assert_pattern (&client, id, "status:500:AFTER=2:1", "..x..");
  assert_pattern (&client, id, "status:500:AFTER=1:EVERY=2:2", "..x.x..");
  assert_pattern (&client, id, "submit:500", "..");
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_FAULTS), ==, 14);
  g_free (id);
  client_clear (&client);
}

/* Every row that is an answer, at every stage of it. */
typedef struct
{
  const gchar *method;
  const gchar *path;
} Target;

static const Target targets[CUP_FAL_N_STAGES] = {
  {"POST", "/storage/upload/initiate"},
  {"PUT", "/upload/none"},
  {"POST", "/fal-ai/creative-upscaler"},
  {"GET", "/fal-ai/creative-upscaler/requests/x/status"},
  {"GET", "/fal-ai/creative-upscaler/requests/x/status/stream"},
  {"GET", "/fal-ai/creative-upscaler/requests/x"},
  {"GET", "/files/none"},
  {"PUT", "/fal-ai/creative-upscaler/requests/x/cancel"},
};

static void
check_answer_row (Client * client, const CupServiceFaultKind * kind,
    CupFalStage stage)
{
  gchar *spec = g_strdup_printf ("%s:%s",
      cup_service_stage_get_name (stage), kind->name);
  Answer *answer;

  g_test_message ("%s", spec);
  order_only (client, spec);
  answer = client_send_text (client, targets[stage].method,
      targets[stage].path, NULL);
  g_assert_no_error (answer->error);
  g_assert_cmpuint (answer->status, ==, kind->status);
  g_assert_cmpstr (answer_get_header (answer, "Content-Type"), ==, kind->type);
  g_assert_cmpmem (g_bytes_get_data (answer->bytes, NULL),
      g_bytes_get_size (answer->bytes), kind->body, strlen (kind->body));
  g_assert_cmpstr (answer_get_header (answer, "X-Fal-Error-Type"), ==,
      kind->error_type);
  if (stage == CUP_FAL_STAGE_PUT || stage == CUP_FAL_STAGE_DOWNLOAD
      || kind->no_id)
    g_assert_null (answer_get_header (answer, "x-fal-request-id"));
  else
    g_assert_nonnull (answer_get_header (answer, "x-fal-request-id"));
  answer_free (answer);
  g_free (spec);
}

static void
test_answers (void)
{
  const CupServiceFaultKind *kinds;
  Client client;
  guint i, stage, n, checked = 0;

  client_init (&client, NULL, 30);
  kinds = cup_service_fault_kinds (&n);
  for (i = 0; i < n; i++) {
    if (kinds[i].when != CUP_SERVICE_FAULT_ANSWER)
      continue;
    for (stage = 0; stage < CUP_FAL_N_STAGES; stage++) {
      if (kinds[i].stages & CUP_FAL_STAGE_BIT (stage)) {
        check_answer_row (&client, &kinds[i], stage);
        checked++;
      }
    }
  }
  g_assert_cmpuint (checked, >, 80);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_FAULTS), ==, checked);
  client_clear (&client);
}

static void
test_more_answers (void)
{
  Client client;
  Answer *answer;
  gchar *url;

  client_init (&client, NULL, 30);
  order (&client, "result:504user:1");
  answer = client_get (&client, request_path ("x", ""));
  g_assert_cmpstr (answer_get_header (answer, "X-Fal-Request-Timeout-Type"),
      ==, "user");
  answer_free (answer);

  order (&client, "status:deep:1");
  answer = client_get (&client, request_path ("x", "/status"));
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpuint (g_bytes_get_size (answer->bytes), ==, 200000);
  answer_free (answer);

  /* The same path of the other origin, which is not to see the key. */
  order (&client, "status:redirect:1");
  answer = client_get (&client, request_path ("x", "/status?logs=1"));
  g_assert_cmpuint (answer->status, ==, 307);
  url = g_strconcat (cup_fal_service_get_files_location (client.service),
      request_path ("x", "/status?logs=1"), NULL);
  g_assert_cmpstr (answer_get_header (answer, "Location"), ==, url);
  answer_free (answer);
  g_free (url);
  client_clear (&client);
}

static void
test_redirected_download (void)
{
  GBytes *bytes = g_bytes_new_static ("abc", 3);
  Client client;
  Answer *answer, *file;
  gchar *url;

  client_init (&client, NULL, 30);
  url = client_upload (&client, bytes, "image/png");
  client.authorization = NULL;
  order (&client, "download:redirect:1");
  answer = client_get (&client, url);
  g_assert_cmpuint (answer->status, ==, 307);
  file = client_get (&client, answer_get_header (answer, "Location"));
  g_assert_cmpuint (file->status, ==, 200);
  g_assert_true (g_bytes_equal (file->bytes, bytes));
  answer_free (file);
  answer_free (answer);

  order (&client, "download:wrong-type:1");
  answer = client_get (&client, url);
  g_assert_cmpstr (answer_get_header (answer, "Content-Type"), ==,
      "image/jpeg");
  answer_free (answer);
  g_free (url);
  g_bytes_unref (bytes);
  client_clear (&client);
}

/* --- connections --- */

static void
assert_no_answer (Client * client, const gchar * path, gint code)
{
  Answer *answer = client_send_text (client, "POST", path,
      "{\"image_url\":\"data:,\"}");

  g_assert_cmpuint (answer->status, ==, 0);
  g_assert_error (answer->error, G_IO_ERROR, code);
  answer_free (answer);
}

static void
test_no_answer (void)
{
  const gchar *path = "/fal-ai/creative-upscaler";
  Client client;

  client_init (&client, NULL, 1);
  order_only (&client, "submit:stall");
  assert_no_answer (&client, path, G_IO_ERROR_TIMED_OUT);
  order_only (&client, "submit:reset");
  assert_no_answer (&client, path, G_IO_ERROR_CONNECTION_CLOSED);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_ACCEPTED), ==, 0);

  order_only (&client, "submit:stall-after");
  assert_no_answer (&client, path, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_ACCEPTED), ==, 1);
  order_only (&client, "submit:reset-after");
  assert_no_answer (&client, path, G_IO_ERROR_CONNECTION_CLOSED);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_ACCEPTED), >, 1);
  client_clear (&client);
}

static void
test_truncate (void)
{
  GBytes *bytes = g_bytes_new_take (g_malloc0 (1000), 1000);
  SoupMessage *message;
  GInputStream *body;
  GError *error = NULL;
  Client client;
  gchar buffer[2000];
  gsize read = 0;
  gchar *url;

  client_init (&client, NULL, 30);
  url = client_upload (&client, bytes, "image/png");
  order (&client, "download:truncate");
  message = soup_message_new ("GET", url);
  body = soup_session_send (client.session, message, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (soup_message_headers_get_content_length
      (soup_message_get_response_headers (message)), ==, 1000);
  /* Not every libsoup calls this an error. */
  g_input_stream_read_all (body, buffer, sizeof (buffer), &read, NULL, NULL);
  g_assert_cmpuint (read, ==, 500);
  g_object_unref (body);
  g_object_unref (message);
  g_free (url);
  g_bytes_unref (bytes);
  client_clear (&client);
}

static void
test_oversize (void)
{
  static gchar buffer[1 << 20];
  SoupMessage *message;
  GInputStream *body;
  GError *error = NULL;
  Client client;
  gsize read;
  gchar *url;
  guint i;

  client_init (&client, NULL, 30);
  order (&client, "download:oversize");
  url = g_strconcat (cup_fal_service_get_files_location (client.service),
      "/files/x", NULL);
  message = soup_message_new ("GET", url);
  body = soup_session_send (client.session, message, NULL, &error);
  g_assert_no_error (error);
  for (i = 0; i < 20; i++) {
    g_assert_true (g_input_stream_read_all (body, buffer, sizeof (buffer),
            &read, NULL, NULL));
    g_assert_cmpuint (read, ==, sizeof (buffer));
    if (i == 0)
      g_assert_cmpmem (buffer, 8, "\x89PNG\r\n\x1a\n", 8);
  }
  g_input_stream_close (body, NULL, NULL);
  g_object_unref (body);
  g_object_unref (message);
  g_free (url);
  client_clear (&client);
}

static void
assert_takes (Client * client, const gchar * url, const gchar * spec,
    guint milliseconds)
{
  gint64 start = g_get_monotonic_time ();
  Answer *answer;

  order_only (client, spec);
  answer = client_get (client, url);
  g_assert_no_error (answer->error);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpuint (g_bytes_get_size (answer->bytes), ==, 1000);
  answer_free (answer);
  g_assert_cmpint (g_get_monotonic_time () - start, >=,
      (gint64) milliseconds * 900);
}

static void
test_slow (void)
{
  GBytes *bytes = g_bytes_new_take (g_malloc0 (1000), 1000);
  Client client;
  gchar *url;

  client_init (&client, NULL, 30);
  url = client_upload (&client, bytes, "image/png");
  assert_takes (&client, url, "download:slow:FOR=300", 250);
  assert_takes (&client, url, "download:late:FOR=200", 200);
  g_free (url);
  g_bytes_unref (bytes);
  client_clear (&client);
}

/* --- odd answers --- */

static void
test_submit_content (void)
{
  Client client;
  Answer *answer;
  const gchar *url;

  client_init (&client, NULL, 30);
  order (&client, "submit:foreign-urls:1");
  answer = client_send_text (&client, "POST", "/fal-ai/creative-upscaler",
      "{\"image_url\":\"x\"}");
  url = answer_get_string (answer, "status_url");
  g_assert_true (g_str_has_prefix (url,
          cup_fal_service_get_files_location (client.service)));
  answer_free (answer);

  order (&client, "submit:no-urls:1");
  answer = client_send_text (&client, "POST", "/fal-ai/creative-upscaler",
      "{\"image_url\":\"x\"}");
  g_assert_null (answer_find (answer, "status_url"));
  g_assert_nonnull (answer_find (answer, "queue_position"));
  answer_free (answer);

  order (&client, "submit:in-progress:1");
  answer = client_send_text (&client, "POST", "/fal-ai/creative-upscaler",
      "{\"image_url\":\"x\"}");
  g_assert_cmpstr (answer_get_string (answer, "status"), ==, "IN_PROGRESS");
  g_assert_null (answer_find (answer, "queue_position"));
  answer_free (answer);

  order (&client, "submit:minimal:1");
  answer = client_send_text (&client, "POST", "/fal-ai/creative-upscaler",
      "{\"image_url\":\"x\"}");
  g_assert_cmpuint (json_object_get_size (json_node_get_object
          (answer->json)), ==, 2);
  answer_free (answer);

  order (&client, "initiate:bad-url:1");
  answer = client_send_text (&client, "POST", "/storage/upload/initiate",
      "{\"content_type\":\"image/png\",\"file_name\":\"x\"}");
  g_assert_true (g_str_has_prefix (answer_get_string (answer, "upload_url"),
          "file:"));
  answer_free (answer);
  client_clear (&client);
}

static void
test_status_content (void)
{
  Client client;
  Answer *answer;
  gchar *id;

  client_init (&client, NULL, 30);
  cup_fal_service_hold (client.service, TRUE);
  id = client_submit (&client, NULL);
  order (&client, "status:unknown-state");
  answer = client_get (&client, request_path (id, "/status"));
  g_assert_cmpuint (answer->status, ==, 202);
  g_assert_cmpstr (answer_get_string (answer, "status"), ==, "WARMING_UP");
  answer_free (answer);

  order_only (&client, "status:minimal:1");
  answer = client_get (&client, request_path (id, "/status"));
  g_assert_cmpuint (json_object_get_size (json_node_get_object
          (answer->json)), ==, 2);
  answer_free (answer);
  g_free (id);
  client_clear (&client);
}

/* --- jobs --- */

static Answer *
run_job (Client * client, const gchar * spec)
{
  Answer *answer;
  gchar *id;

  order_only (client, spec);
  id = client_submit (client, NULL);
  answer = client_wait_result (client, id);
  g_free (id);
  return answer;
}

static GBytes *
run_job_to_file (Client * client, const gchar * spec)
{
  Answer *answer = run_job (client, spec);
  Answer *file;
  GBytes *bytes;

  g_assert_cmpuint (answer->status, ==, 200);
  file = client_get (client, answer_get_string (answer, "image.url"));
  g_assert_cmpuint (file->status, ==, 200);
  bytes = g_bytes_ref (file->bytes);
  answer_free (file);
  answer_free (answer);
  return bytes;
}

static void
test_failed_jobs (void)
{
  static const struct
  {
    const gchar *spec;
    guint status;
    const gchar *path;
    const gchar *value;
  } cases[] = {
    {"result:model-422", 422, "detail.0.type", "image_too_large"},
    {"result:model-policy", 422, "detail.0.type", "content_policy_violation"},
    {"result:model-500", 500, "detail.0.type", "internal_server_error"},
    {"result:model-text", 500, "detail", "CUDA out of memory"},
    {"result:runner-503", 503, "error_type", "runner_disconnected"},
  };
  Client client;
  Answer *answer;
  gchar *id;
  guint i, j;

  client_init (&client, NULL, 30);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    order_only (&client, cases[i].spec);
    id = client_submit (&client, NULL);
    cup_fal_service_clear_faults (client.service);
    answer_free (client_wait_result (&client, id));
    /* It is the job that failed: asking again does not help. */
    for (j = 0; j < 2; j++) {
      answer = client_get (&client, request_path (id, ""));
      g_assert_cmpuint (answer->status, ==, cases[i].status);
      g_assert_cmpstr (answer_get_string (answer, cases[i].path), ==,
          cases[i].value);
      answer_free (answer);
    }
    g_free (id);
  }
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_FAILED), ==, i);

  order_only (&client, "result:runner-503");
  id = client_submit (&client, NULL);
  answer_free (client_wait_result (&client, id));
  answer = client_get (&client, request_path (id, "/status"));
  g_assert_cmpstr (answer_get_string (answer, "error_type"), ==,
      "runner_disconnected");
  g_assert_cmpstr (answer_get_string (answer, "error"), ==,
      "Runner disconnected");
  answer_free (answer);
  g_free (id);
  client_clear (&client);
}

static void
test_odd_results (void)
{
  Client client;
  Answer *answer;

  client_init (&client, NULL, 30);
  answer = run_job (&client, "result:no-image");
  g_assert_null (answer_find (answer, "image"));
  answer_free (answer);
  answer = run_job (&client, "result:images");
  g_assert_nonnull (answer_get_string (answer, "images.0.url"));
  g_assert_null (answer_find (answer, "seed"));
  answer_free (answer);
  answer = run_job (&client, "result:data-uri");
  g_assert_true (g_str_has_prefix (answer_get_string (answer, "image.url"),
          "data:image/png;base64,iVBOR"));
  answer_free (answer);
  answer = run_job (&client, "result:bad-url");
  g_assert_true (g_str_has_prefix (answer_get_string (answer, "image.url"),
          "file:"));
  answer_free (answer);
  answer = run_job (&client, "result:wrong-size");
  g_assert_cmpint (answer_get_int (answer, "image.width"), ==, 48 + 7);
  answer_free (answer);
  client_clear (&client);
}

static void
test_bad_files (void)
{
  CupImageInfo info;
  CupPixels *pixels;
  GError *error = NULL;
  Client client;
  GBytes *bytes;
  guint i;

  client_init (&client, NULL, 30);
  bytes = run_job_to_file (&client, "result:black");
  pixels = cup_image_decode (bytes, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (pixels->width, ==, 48);
  for (i = 0; i < 48 * 3; i++)
    g_assert_cmpuint (cup_pixels_row (pixels, 16)[i], ==, 0);
  cup_pixels_unref (pixels);
  g_bytes_unref (bytes);

  bytes = run_job_to_file (&client, "result:not-image");
  g_assert_false (cup_image_read_info (bytes, &info, NULL));
  g_bytes_unref (bytes);

  bytes = run_job_to_file (&client, "result:damaged");
  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  g_assert_null (cup_image_decode (bytes, 0, NULL));
  g_bytes_unref (bytes);

  bytes = run_job_to_file (&client, "result:empty");
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 0);
  g_bytes_unref (bytes);

  /* Its header is right in every respect but the size. */
  bytes = run_job_to_file (&client, "result:bomb");
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), 4, "\x89PNG", 4);
  g_assert_false (cup_image_read_info (bytes, &info, &error));
  g_assert_nonnull (strstr (error->message, "60000"));
  g_error_free (error);
  g_bytes_unref (bytes);
  client_clear (&client);
}

static void
test_stuck (void)
{
  Client client;
  Answer *answer;
  gchar *stuck, *id;

  client_init (&client, NULL, 30);
  order (&client, "result:stuck:1");
  stuck = client_submit (&client, NULL);
  id = client_submit (&client, NULL);
  answer_free (client_wait_result (&client, id));
  g_assert_cmpuint (get_status (&client, stuck), ==, 202);
  answer = client_send_text (&client, "PUT", request_path (stuck, "/cancel"),
      NULL);
  g_assert_cmpuint (answer->status, ==, 202);
  answer_free (answer);
  g_assert_cmpuint (get_status (&client, stuck), ==, 200);
  g_free (id);
  g_free (stuck);
  client_clear (&client);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/faults/specs", test_specs);
  g_test_add_func ("/service/faults/counts", test_counts);
  g_test_add_func ("/service/faults/answers", test_answers);
  g_test_add_func ("/service/faults/more-answers", test_more_answers);
  g_test_add_func ("/service/faults/redirected-download",
      test_redirected_download);
  g_test_add_func ("/service/faults/no-answer", test_no_answer);
  g_test_add_func ("/service/faults/truncate", test_truncate);
  g_test_add_func ("/service/faults/oversize", test_oversize);
  g_test_add_func ("/service/faults/slow", test_slow);
  g_test_add_func ("/service/faults/submit-content", test_submit_content);
  g_test_add_func ("/service/faults/status-content", test_status_content);
  g_test_add_func ("/service/faults/failed-jobs", test_failed_jobs);
  g_test_add_func ("/service/faults/odd-results", test_odd_results);
  g_test_add_func ("/service/faults/bad-files", test_bad_files);
  g_test_add_func ("/service/faults/stuck", test_stuck);
  return g_test_run ();
}
