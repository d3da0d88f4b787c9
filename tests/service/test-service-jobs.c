/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How the jobs of the loopback service can come out: failures in all of their
 * forms, and results that are not what they should be.
 */
#include <string.h>

#include "client.h"
#include "fault-kinds.h"

static void
order_only (Client * client, const gchar * spec)
{
  GError *error = NULL;

  cup_fal_service_clear_faults (client->service);
  cup_fal_service_add_fault (client->service, spec, &error);
  g_assert_no_error (error);
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

/* The word, the status, and what a client can tell the failures apart by. */
typedef struct
{
  const gchar *spec;
  guint status;
  const gchar *path;
  const gchar *value;
  const gchar *needs_retry;
} Failure;

static const Failure failures[] = {
  {"result:model-422", 422, "detail.0.type", "image_too_large", "0"},
  {"result:model-policy", 422, "detail.0.type", "content_policy_violation",
      "0"},
  {"result:model-500", 500, "detail.0.type", "internal_server_error", NULL},
  {"result:model-500-final", 500, "detail.0.type", "internal_server_error",
      "0"},
  {"result:model-text", 500, "detail", "CUDA out of memory", NULL},
  {"result:generation_timeout", 504, "detail.0.type", "generation_timeout",
      NULL},
  {"result:downstream_service_error", 400, "detail.0.type",
      "downstream_service_error", NULL},
  {"result:downstream_service_unavailable", 500, "detail.0.type",
      "downstream_service_unavailable", NULL},
  {"result:runner-503", 503, "error_type", "runner_disconnected", "1"},
  {"result:runner_connection_error", 503, "error_type",
      "runner_connection_error", NULL},
  {"result:runner_connection_refused", 503, "error_type",
      "runner_connection_refused", NULL},
  {"result:runner_connection_timeout", 503, "error_type",
      "runner_connection_timeout", NULL},
  {"result:runner_scheduling_failure", 503, "error_type",
      "runner_scheduling_failure", "1"},
  {"result:runner_incomplete_response", 502, "error_type",
      "runner_incomplete_response", NULL},
  {"result:runner_server_error", 500, "error_type", "runner_server_error",
      NULL},
  {"result:request_timeout", 504, "error_type", "request_timeout", NULL},
  {"result:startup_timeout", 504, "error_type", "startup_timeout", NULL},
  {"result:internal_error", 500, "error_type", "internal_error", NULL},
  {"result:concurrent_requests_limit", 429, "error_type",
      "concurrent_requests_limit", "1"},
  {"result:bad_request", 400, "error_type", "bad_request", "0"},
  {"result:client_cancelled", 499, "error_type", "client_cancelled", NULL},
  {"result:client_disconnected", 499, "error_type", "client_disconnected",
      NULL},
  {"result:job-504user", 504, "error_type", "request_timeout", NULL},
};

/* The service's own errors show in the status as well, the model's do not. */
static void
assert_failed_status (Client * client, const gchar * id,
    const Failure * failure)
{
  gboolean flat = strcmp (failure->path, "error_type") == 0;
  Answer *status = client_get (client, request_path (id, "/status"));

  g_assert_cmpuint (status->status, ==, 200);
  g_assert_cmpstr (answer_get_string (status, "status"), ==, "COMPLETED");
  if (flat) {
    g_assert_cmpstr (answer_get_string (status, "error_type"), ==,
        failure->value);
    g_assert_cmpuint (strlen (answer_get_string (status, "error")), >, 0);
  } else {
    g_assert_null (answer_find (status, "error_type"));
  }
  answer_free (status);
}

static void
assert_failed_result (Client * client, const gchar * id,
    const Failure * failure)
{
  gboolean flat = strcmp (failure->path, "error_type") == 0;
  gboolean user = strcmp (failure->spec, "result:job-504user") == 0;
  Answer *answer = client_get (client, request_path (id, ""));

  g_assert_cmpuint (answer->status, ==, failure->status);
  g_assert_cmpstr (answer_get_string (answer, failure->path), ==,
      failure->value);
  g_assert_cmpstr (answer_get_header (answer, "X-Fal-Needs-Retry"), ==,
      failure->needs_retry);
  g_assert_cmpstr (answer_get_header (answer, "X-Fal-Error-Type"), ==,
      flat ? failure->value : NULL);
  g_assert_cmpstr (answer_get_header (answer, "X-Fal-Request-Timeout-Type"),
      ==, user ? "user" : NULL);
  answer_free (answer);
}

static void
test_failed_jobs (void)
{
  const CupServiceFaultKind *kinds;
  Client client;
  guint i, j, n, rows = 0;
  gchar *id;

  client_init (&client, NULL, 30);
  for (i = 0; i < G_N_ELEMENTS (failures); i++) {
    g_test_message ("%s", failures[i].spec);
    order_only (&client, failures[i].spec);
    id = client_submit (&client, NULL);
    cup_fal_service_clear_faults (client.service);
    answer_free (client_wait_result (&client, id));
    assert_failed_status (&client, id, &failures[i]);
    /* It is the job that failed: asking again does not help. */
    for (j = 0; j < 2; j++)
      assert_failed_result (&client, id, &failures[i]);
    g_free (id);
  }
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_FAILED), ==, i);
  client_clear (&client);

  /* None was left out. */
  kinds = cup_service_fault_kinds (&n);
  for (i = 0; i < n; i++)
    rows += kinds[i].when == CUP_SERVICE_FAULT_JOB && kinds[i].status != 0;
  g_assert_cmpuint (rows, ==, G_N_ELEMENTS (failures));
}

static void
test_first_attempts (void)
{
  static const guint statuses[] = { 500, 500, 200 };
  Client client;
  guint i;

  client_init (&client, NULL, 30);
  order_only (&client, "result:internal_error:2");
  for (i = 0; i < G_N_ELEMENTS (statuses); i++) {
    gchar *id = client_submit (&client, NULL);
    Answer *answer = client_wait_result (&client, id);

    g_assert_cmpuint (answer->status, ==, statuses[i]);
    answer_free (answer);
    g_free (id);
  }
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_FAILED), ==, 2);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_COMPLETED), ==, 1);
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
  order_only (&client, "result:stuck:1");
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

  g_test_add_func ("/service/jobs/failed", test_failed_jobs);
  g_test_add_func ("/service/jobs/first-attempts", test_first_attempts);
  g_test_add_func ("/service/jobs/odd-results", test_odd_results);
  g_test_add_func ("/service/jobs/bad-files", test_bad_files);
  g_test_add_func ("/service/jobs/stuck", test_stuck);
  return g_test_run ();
}
