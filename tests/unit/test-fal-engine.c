/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fal engine against a scripted service on the loopback: the way of a job,
 * every stage failing, what is tried again and what is not, cancelling, the
 * timeout, and the end.
 */
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "engine/fal/fal.h"

#include "fal-script.h"

/* What became of one job. */
typedef struct
{
  CupJob *job;
  GMutex lock;
  GCond cond;
  guint calls;
  CupResult *result;
  GError *error;
} Outcome;

static void
on_done (CupJob * job, CupResult * result, GError * error, gpointer data)
{
  Outcome *outcome = data;

  g_mutex_lock (&outcome->lock);
  outcome->calls++;
  outcome->result = result;
  outcome->error = error;
  g_cond_signal (&outcome->cond);
  g_mutex_unlock (&outcome->lock);
}

/* Polling, and the storage for all pictures: what the script knows. */
static void
settings_init (CupFalSettings * settings, const gchar * location)
{
  cup_fal_settings_init (settings);
  settings->key = KEY;
  settings->application = "owner/alias/sub";
  settings->location = location;
  settings->storage_location = location;
  settings->upload = CUP_FAL_UPLOAD_STORAGE;
  settings->follow_stream = FALSE;
  settings->retry_delay = 10 * MS;
}

static CupEngine *
engine_new_with_delay (Service * service, gint64 retry_delay)
{
  CupFalSettings settings;
  GError *error = NULL;
  CupEngine *engine;

  settings_init (&settings, service->base);
  settings.inactivity_timeout = 5 * G_USEC_PER_SEC;
  settings.retry_delay = retry_delay;
  engine = cup_fal_engine_new (&settings, &error);
  g_assert_no_error (error);
  return engine;
}

static CupEngine *
engine_new (Service * service)
{
  return engine_new_with_delay (service, 10 * MS);
}

/* Takes @journal (nullable). */
static Outcome *
start_with_journal (CupEngine * engine, gint64 timeout, CupJournal * journal)
{
  Outcome *outcome = g_new0 (Outcome, 1);
  CupValues *values = cup_values_new ();
  GValue value = G_VALUE_INIT;
  GBytes *bytes = make_picture (16, 8);
  CupImageInfo info;

  g_mutex_init (&outcome->lock);
  g_cond_init (&outcome->cond);
  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  outcome->job = cup_job_new_encoded (bytes, &info);
  g_bytes_unref (bytes);
  g_value_init (&value, G_TYPE_UINT64);
  g_value_set_uint64 (&value, G_GUINT64_CONSTANT (9007199254740993));
  cup_values_set (values, CUP_FIELD_SEED, &value);
  g_value_unset (&value);
  g_value_init (&value, G_TYPE_DOUBLE);
  g_value_set_double (&value, 2);
  cup_values_set (values, CUP_FIELD_SCALE, &value);
  cup_job_set_values (outcome->job, values);
  cup_job_set_timeout (outcome->job, timeout);
  cup_job_set_queue_timeout (outcome->job, timeout);
  cup_job_set_callback (outcome->job, on_done, outcome, NULL);
  cup_job_set_journal (outcome->job, journal);
  cup_engine_upscale_async (engine, outcome->job);
  return outcome;
}

static Outcome *
start (CupEngine * engine, gint64 timeout)
{
  return start_with_journal (engine, timeout, NULL);
}

static void
finish (Outcome * outcome)
{
  g_mutex_lock (&outcome->lock);
  while (outcome->calls == 0)
    g_cond_wait (&outcome->cond, &outcome->lock);
  g_assert_true ((outcome->result == NULL) == (outcome->error != NULL));
  g_mutex_unlock (&outcome->lock);
}

static void
outcome_free (Outcome * outcome)
{
  g_assert_cmpuint (outcome->calls, ==, 1);
  cup_job_unref (outcome->job);
  g_clear_pointer (&outcome->result, cup_result_free);
  g_clear_error (&outcome->error);
  g_mutex_clear (&outcome->lock);
  g_cond_clear (&outcome->cond);
  g_free (outcome);
}

static void
assert_words (const GError * error, gint code, const gchar * word)
{
  g_assert_error (error, CUP_ERROR, code);
  if (!strstr (error->message, word))
    g_error ("\"%s\" does not say \"%s\"", error->message, word);
  g_assert_null (strstr (error->message, "s3cret"));
  g_assert_null (strstr (error->message, "signature"));
}

static void
test_success (void)
{
  Service *service = service_new (NULL);
  CupEngine *engine = engine_new (service);
  Outcome *outcome = start (engine, 0);

  finish (outcome);
  g_assert_no_error (outcome->error);
  g_assert_true (g_bytes_equal (outcome->result->bytes, service->picture));
  g_assert_cmpuint (outcome->result->info.width, ==, 32);
  g_assert_cmpint (outcome->result->info.type, ==, CUP_IMAGE_PNG);
  g_assert_true (outcome->result->has_seed);
  g_assert_cmpint (outcome->result->seed, ==,
      G_GINT64_CONSTANT (9007199254740993));
  g_assert_cmpstr (outcome->result->request_id, ==, ID);
  g_assert_true (g_str_has_suffix (outcome->result->url, "/picture.png"));
  g_assert_cmpfloat (outcome->result->inference_time, ==, 1.5);
  g_assert_null (cup_job_get_bytes (outcome->job));

  g_mutex_lock (&service->lock);
  g_assert_nonnull (strstr (service->submitted, "/file\""));
  g_assert_nonnull (strstr (service->submitted, "\"seed\":9007199254740993"));
  g_assert_cmpstr (service->uploaded_type, ==, "image/png");
  g_assert_cmpuint (service->uploaded_size, >, 50);
  g_assert_cmpstr (service->status_query, ==, "logs=1");
  g_mutex_unlock (&service->lock);
  g_assert_cmpint (count (service, SUBMIT), ==, 1);
  g_assert_cmpint (count (service, CANCEL), ==, 0);
  outcome_free (outcome);
  cup_engine_close (engine);
  cup_engine_join (engine);
  g_object_unref (engine);
  service_free (service);
}

#define NGINX "<html><body>502 Bad Gateway nginx</body></html>"

typedef struct
{
  const gchar *name;
  Rule rules[4];
  gint code;                    /* -1 for success */
  const gchar *word;
  gint counts[N_STAGES];        /* -1 for any; of INITIATE to CANCEL */
  gint64 retry_delay;           /* 0 for a short one */
  gint64 timeout;               /* 0 for a long one */
} Case;

static const Case cases[] = {
  {"upload/retried", {{INITIATE, 1, ANSWER, 503, "busy"},
          {PUT, 1, ANSWER, 500, "no"}}, -1, NULL,
      {3, 2, 1, 1, 1, 1, 0}},
  /* On a connection that was used before, libsoup repeats a PUT by itself. */
  {"upload/broken", {{PUT, 1, BREAK, 0, NULL}}, -1, NULL,
      {-1, 2, 1, 1, 1, 1, 0}},
  /* Nobody listens where the picture is to be put, or is. */
  {"upload/nobody-there", {{INITIATE, 1, ANSWER, 200, "{\"upload_url\":"
                    "\"http://127.0.0.1:1/x\",\"file_url\":\"$/f\"}"}}, -1,
      NULL, {2, 1, 1, 1, 1, 1, 0}},
  {"download/nobody-there", {{RESULT, ALWAYS, ANSWER, 200,
              "{\"image\":{\"url\":\"http://127.0.0.1:1/x\"}}"}},
      CUP_ERROR_TIMEOUT, "127.0.0.1:1", {1, 1, 1, 1, 1, 0, 0}, 0, 500 * MS},
  {"upload/expired", {{PUT, 1, ANSWER, 403, "<Error>expired</Error>"}}, -1,
      NULL, {2, 2, 1, 1, 1, 1, 0}},
  {"upload/given-up", {{INITIATE, ALWAYS, ANSWER, 500, "{\"detail\":\"no\"}"}},
      CUP_ERROR_SERVICE, "uploading the picture failed: HTTP 500: no",
      {14, 0, 0, 0, 0, 0, 0}},
  {"upload/refused", {{INITIATE, ALWAYS, ANSWER, 401,
              "{\"detail\":\"No user found for " KEY "\"}"}},
      CUP_ERROR_NOT_AUTHORIZED, "No user found for ***", {1, 0, 0, 0, 0, 0,
          0}},
  {"upload/nowhere", {{INITIATE, ALWAYS, ANSWER, 200,
              "{\"upload_url\":\"http://10.0.0.1/x?signature\","
                    "\"file_url\":\"$/f\"}"}}, CUP_ERROR_BAD_DATA,
      "address for the upload", {4, 0, 0, 0, 0, 0, 0}},
  {"upload/redirected", {{INITIATE, ALWAYS, ANSWER, 307, "", "Location",
              "https://example.org/x?signature=1"}}, CUP_ERROR_BAD_DATA,
      "https://example.org/x?…", {1, 0, 0, 0, 0, 0, 0}},
  {"submit/broken", {{SUBMIT, ALWAYS, BREAK, 0, NULL}}, CUP_ERROR_NETWORK,
      "may have accepted", {1, 1, 1, 0, 0, 0, 0}},
  {"submit/500", {{SUBMIT, ALWAYS, ANSWER, 500, "{\"detail\":\"oops\"}"}},
      CUP_ERROR_SERVICE, "HTTP 500: oops; try again later", {1, 1, 1, 0, 0,
          0, 0}},
  {"submit/no-json", {{SUBMIT, ALWAYS, ANSWER, 200, "<html>"}},
      CUP_ERROR_BAD_DATA, "may have accepted", {1, 1, 1, 0, 0, 0, 0}},
  {"submit/502", {{SUBMIT, ALWAYS, ANSWER, 502, NGINX}}, CUP_ERROR_SERVICE,
      "502 Bad Gateway nginx; try again later; the service may", {1, 1, 1, 0, 0,
          0, 0}},
  {"submit/502-json", {{SUBMIT, ALWAYS, ANSWER, 502,
              "{\"message\":\"Endpoint request timed out\"}"}},
      CUP_ERROR_SERVICE, "may have accepted", {1, 1, 1, 0, 0, 0, 0}},
  {"submit/503", {{SUBMIT, ALWAYS, ANSWER, 503, NGINX}}, CUP_ERROR_SERVICE,
      "502 Bad Gateway nginx; try again later", {1, 1, 14, 0, 0, 0, 0}},
  {"submit/503-passes", {{SUBMIT, 3, ANSWER, 503, NGINX}}, -1, NULL,
      {1, 1, 4, 1, 1, 1, 0}},
  {"submit/503-of-a-request", {{SUBMIT, ALWAYS, ANSWER, 503, "{}",
              "x-fal-request-id", ID}}, CUP_ERROR_SERVICE,
      "the service may have accepted", {1, 1, 1, 0, 0, 0, 0}},
  {"submit/429", {{SUBMIT, 9, ANSWER, 429, "{\"detail\":\"too many\"}"}}, -1,
      NULL, {1, 1, 10, 1, 1, 1, 0}},
  {"submit/unknown", {{SUBMIT, ALWAYS, ANSWER, 404, "{\"detail\":\"no app\"}"}},
      CUP_ERROR_NOT_FOUND, "application (\"owner/alias/sub\")", {1, 1, 1, 0,
          0, 0, 0}},
  {"submit/bad-id", {{SUBMIT, ALWAYS, ANSWER, 200,
              "{\"request_id\":\"..\"}"}}, CUP_ERROR_BAD_DATA,
      "request_id", {1, 1, 1, 0, 0, 0, 0}},
  {"submit/odd-id", {{SUBMIT, ALWAYS, ANSWER, 200,
              "{\"request_id\":\"job: 7/8?\",\"status_url\":"
                    "\"$/owner/alias/requests/" ID "/status\","
                    "\"response_url\":\"$/owner/alias/requests/" ID "\"}"}},
      -1, NULL, {1, 1, 1, 1, 1, 1, 0}},
  {"submit/id-in-header", {{SUBMIT, ALWAYS, ANSWER, 200,
              "{\"status\":\"IN_QUEUE\"}", "x-fal-request-id", ID}}, -1, NULL,
      {1, 1, 1, 1, 1, 1, 0}},
  {"submit/foreign-urls", {{SUBMIT, ALWAYS, ANSWER, 200, "{\"request_id\":\"" ID
                    "\",\"status_url\":\"https://evil.example/status\","
                    "\"response_url\":\"http://127.0.0.1:1/response\","
                    "\"cancel_url\":12}"}}, -1, NULL,
      {1, 1, 1, 1, 1, 1, 0}},
  {"status/slow", {{STATUS, 1, ANSWER, 202, "{\"status\":\"IN_QUEUE\","
                    "\"queue_position\":3}"},
          {STATUS, 2, ANSWER, 202, "{\"status\":\"IN_PROGRESS\"}"},
          {STATUS, 1, ANSWER, 200, "{\"status\":\"PONDERING\"}"}}, -1,
      NULL, {1, 1, 1, 5, 1, 1, 0}},
  {"status/troubled", {{STATUS, 1, ANSWER, 502, NGINX},
          {STATUS, 1, BREAK, 0, NULL},
          {STATUS, 1, ANSWER, 429, "{\"detail\":\"x\"}"}}, -1, NULL,
      {1, 1, 1, -1, 1, 1, 0}},
  {"status/no-json", {{STATUS, 1, ANSWER, 200, "[]"}}, -1, NULL,
      {1, 1, 1, 2, 1, 1, 0}},
  {"status/forgotten", {{STATUS, ALWAYS, ANSWER, 404,
              "{\"status\":\"NOT_FOUND\"}"}}, CUP_ERROR_NOT_FOUND,
      "request " ID, {1, 1, 1, -1, 0, 0, 0}},
  /* What comes only once says nothing of a request that is paid for. */
  {"status/once", {{STATUS, 1, ANSWER, 404, "{\"status\":\"NOT_FOUND\"}"},
          {STATUS, 1, ANSWER, 401, "{\"detail\":\"no\"}"},
          {STATUS, 1, ANSWER, 405, "<html>"}}, -1, NULL,
      {1, 1, 1, 4, 1, 1, 0}, 300 * MS},
  {"status/redirected", {{STATUS, 2, ANSWER, 307, "", "Location",
              "https://example.org/"}}, -1, NULL, {1, 1, 1, 3, 1, 1, 0},
      300 * MS},
  {"result/once", {{RESULT, 1, ANSWER, 404, "{\"detail\":\"no request\"}"},
          {RESULT, 1, ANSWER, 403, "{\"detail\":\"no\"}"},
          {RESULT, 1, ANSWER, 302, "", "Location", "https://example.org/"}},
      -1, NULL, {1, 1, 1, 1, 4, 1, 0}, 300 * MS},
  {"download/once", {{PICTURE, 1, ANSWER, 404, "<html>not there yet</html>"},
          {PICTURE, 1, ANSWER, 403, "no"}, {PICTURE, 1, ANSWER, 405, "no"}},
      -1, NULL, {1, 1, 1, 1, 1, 4, 0}, 300 * MS},
  /* Words for the end that are not documented. */
  {"status/failed", {{STATUS, ALWAYS, ANSWER, 200,
              "{\"status\":\"FAILED\",\"error\":\"boom\"}"},
          {RESULT, ALWAYS, ANSWER, 400,
              "{\"detail\":\"Request is still in progress\"}"}},
      CUP_ERROR_BAD_INPUT, "the service says FAILED: boom",
      {1, 1, 1, 1, 1, 0, 0}, 1000 * MS},
  {"status/cancelled", {{STATUS, ALWAYS, ANSWER, 200,
              "{\"status\":\"CANCELLED\"}"},
          {RESULT, ALWAYS, ANSWER, 404, "{\"detail\":\"no request\"}"}},
      CUP_ERROR_NOT_FOUND, "the service says CANCELLED; ",
      {1, 1, 1, 1, 1, 0, 0}, 1000 * MS},
  {"status/succeeded", {{STATUS, ALWAYS, ANSWER, 200,
              "{\"status\":\"succeeded\"}"}}, -1, NULL,
      {1, 1, 1, 1, 1, 1, 0}},
  {"result/words", {{RESULT, ALWAYS, ANSWER, 200,
              "{\"detail\":\"The model is asleep\"}"}}, CUP_ERROR_BAD_DATA,
      "the service says: The model is asleep", {1, 1, 1, 1, -1, 0, 0}},
  {"result/error", {{RESULT, ALWAYS, ANSWER, 200,
              "{\"error\":{\"message\":\"Out of luck\"}}"}},
      CUP_ERROR_BAD_DATA, "the service says: Out of luck",
      {1, 1, 1, 1, -1, 0, 0}},
  /* An outage that is longer than any number of attempts. */
  {"status/long-outage", {{STATUS, 30, ANSWER, 502, NGINX}}, -1, NULL,
      {1, 1, 1, -1, 1, 1, 0}, 2 * MS},
  {"result/long-outage", {{RESULT, 30, ANSWER, 502, NGINX}}, -1, NULL,
      {1, 1, 1, 1, 31, 1, 0}, 2 * MS},
  {"download/long-outage", {{PICTURE, 30, BREAK, 0, NULL}}, -1, NULL,
      {1, 1, 1, 1, 1, -1, 0}, 2 * MS},
  /* The service says that another attempt makes no sense. */
  {"result/final", {{RESULT, ALWAYS, ANSWER, 500, "{\"detail\":\"exploded\"}",
              "X-Fal-Needs-Retry", "0"}}, CUP_ERROR_SERVICE, "exploded",
      {1, 1, 1, 1, -1, 0, 0}, 100 * MS},
  {"result/final-told", {{STATUS, 1, ANSWER, 200,
              "{\"status\":\"COMPLETED\",\"error\":\"exploded\"}"},
          {RESULT, ALWAYS, ANSWER, 500, "{\"detail\":\"exploded\"}",
              "X-Fal-Needs-Retry", "0"}}, CUP_ERROR_SERVICE, "exploded",
      {1, 1, 1, 1, 1, 0, 0}, 10000 * MS},
  /* Not in JSON, as servers of Python have it. */
  {"result/final-plain", {{STATUS, 1, ANSWER, 200,
              "{\"status\":\"completed\",\"error\":\"exploded\"}"},
          {RESULT, ALWAYS, ANSWER, 500, "Internal Server Error",
              "X-Fal-Needs-Retry", "0"}}, CUP_ERROR_SERVICE, "500",
      {1, 1, 1, 1, 1, 0, 0}, 10000 * MS},
  {"result/failed", {{RESULT, ALWAYS, ANSWER, 422,
              "{\"detail\":[{\"loc\":[\"body\",\"scale\"],\"msg\":"
                    "\"too large\",\"type\":\"less_than_equal\"}]}"}},
      CUP_ERROR_BAD_INPUT, "change the property scale",
      {1, 1, 1, 1, 1, 0, 0}},
  {"result/failed-500", {{RESULT, ALWAYS, ANSWER, 500,
              "{\"detail\":\"exploded\"}"}}, CUP_ERROR_SERVICE,
      "exploded", {1, 1, 1, 1, -1, 0, 0}, 2 * MS},
  {"result/failed-type", {{RESULT, ALWAYS, ANSWER, 503, "gone",
              "X-Fal-Error-Type", "runner_disconnected"}},
      CUP_ERROR_SERVICE, "runner_disconnected", {1, 1, 4, 4, -1, 0, 0}},
  /* The status has told already that the job failed. */
  {"result/failed-once", {{STATUS, 1, ANSWER, 200,
              "{\"status\":\"COMPLETED\",\"error_type\":\"runner_x\"}"},
          {RESULT, 1, ANSWER, 503, "gone", "X-Fal-Error-Type", "runner_x"}},
      -1, NULL, {1, 1, 2, 2, 2, 1, 0}},
  /* It is the request for the result that failed, and not the job. */
  {"result/limited", {{RESULT, 6, ANSWER, 429,
              "{\"detail\":\"slow down\"}", "X-Fal-Needs-Retry", "1"}}, -1,
      NULL, {1, 1, 1, 1, 7, 1, 0}},
  /* More than often enough, but not for long enough: 20 delays. */
  {"result/asked-again", {{RESULT, 3, ANSWER, 503, "gone",
              "X-Fal-Error-Type", "runner_disconnected"}}, -1, NULL,
      {1, 1, 1, 1, 4, 1, 0}, 300 * MS},
  {"result/not-started", {{RESULT, ALWAYS, ANSWER, 504, "",
              "X-Fal-Request-Timeout-Type", "user"}}, CUP_ERROR_TIMEOUT,
      "did not start", {1, 1, 1, 1, 1, 0, 0}},
  {"result/gateway", {{RESULT, 2, ANSWER, 502, NGINX}}, -1, NULL,
      {1, 1, 1, 1, 3, 1, 0}},
  {"result/gateway-stays", {{RESULT, ALWAYS, ANSWER, 502, NGINX}},
      CUP_ERROR_TIMEOUT, "HTTP 502", {1, 1, 1, 1, -1, 0, 0}, 0, 500 * MS},
  {"result/early", {{RESULT, 3, ANSWER, 400,
              "{\"detail\":\"Request is still in progress\"}"}}, -1,
      NULL, {1, 1, 1, 1, 4, 1, 0}},
  {"result/no-image", {{RESULT, ALWAYS, ANSWER, 200, "{\"seed\":1}"}},
      CUP_ERROR_BAD_DATA, "image", {1, 1, 1, 1, -1, 0, 0}},
  {"result/http", {{RESULT, ALWAYS, ANSWER, 200,
              "{\"image\":{\"url\":\"http://10.1.2.3/x\"}}"}},
      CUP_ERROR_BAD_DATA, "10.1.2.3", {1, 1, 1, 1, 1, 0, 0}},
  {"download/retried", {{PICTURE, 1, BREAK, 0, NULL},
          {PICTURE, 1, ANSWER, 503, "busy"}}, -1, NULL,
      {1, 1, 1, 1, 1, -1, 0}},
  {"download/gone", {{PICTURE, ALWAYS, ANSWER, 404, "<html>gone</html>"}},
      CUP_ERROR_NOT_FOUND, "gone", {1, 1, 1, 1, 1, -1, 0}},
  {"download/denied", {{PICTURE, ALWAYS, ANSWER, 403, "no"}},
      CUP_ERROR_SERVICE, "HTTP 403: no; the address", {1, 1, 1, 1, 1, -1, 0}},
  {"download/html", {{PICTURE, ALWAYS, ANSWER, 200,
              "<!DOCTYPE html><html></html>"}}, CUP_ERROR_UNSUPPORTED,
      "HTML", {1, 1, 1, 1, 1, -1, 0}},
  {"download/redirected", {{PICTURE, 1, ANSWER, 302, "", "Location",
              "/picture/elsewhere"}}, -1, NULL, {1, 1, 1, 1, 1, 2, 0}},
};

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  Service *service = service_new (c->rules);
  CupEngine *engine = engine_new_with_delay (service,
      c->retry_delay ? c->retry_delay : 10 * MS);
  Outcome *outcome = start (engine, c->timeout ? c->timeout :
      60 * G_USEC_PER_SEC);
  Stage stage;

  finish (outcome);
  if (c->code < 0)
    g_assert_no_error (outcome->error);
  else
    assert_words (outcome->error, c->code, c->word);
  cup_engine_close (engine);
  cup_engine_join (engine);
  g_object_unref (engine);
  for (stage = INITIATE; stage <= CANCEL; stage++)
    if (c->counts[stage] >= 0 && count (service, stage) != c->counts[stage])
      g_error ("stage %d: %d requests, not %d", stage, count (service, stage),
          c->counts[stage]);
  outcome_free (outcome);
  service_free (service);
}

/* A journal that knows of an upload, for a service that says at the submission
 * already that it does not: see test-fal-journal.c for all else. */
typedef struct
{
  gchar *upload;
  GString *told;
} Notes;

static void
notes_may_submit (gpointer data, CupJournalAnswer func, gpointer user_data)
{
  g_string_append (((Notes *) data)->told, "may ");
  func (NULL, user_data);
}

static void
notes_refused (gpointer data)
{
  g_string_append (((Notes *) data)->told, "refused ");
}

static void
notes_accepted (gpointer data, const CupJournalRequest * request)
{
  g_string_append (((Notes *) data)->told, "accepted ");
}

static gchar *
notes_lookup_upload (gpointer data, GBytes * bytes, const gchar * place)
{
  return g_strdup (((Notes *) data)->upload);
}

static void
notes_add_upload (gpointer data, GBytes * bytes, const gchar * place,
    const gchar * url, gint64 lifetime)
{
  g_string_append (((Notes *) data)->told, "add ");
}

static void
notes_remove_upload (gpointer data, GBytes * bytes, const gchar * place)
{
  g_string_append (((Notes *) data)->told, "remove ");
}

static void
notes_free (gpointer data)
{
}

static void
test_upload_unknown (void)
{
  static const CupJournalFuncs funcs = {
    .may_submit = notes_may_submit,
    .refused = notes_refused,
    .accepted = notes_accepted,
    .lookup_upload = notes_lookup_upload,
    .add_upload = notes_add_upload,
    .remove_upload = notes_remove_upload,
    .free = notes_free,
  };
  const Rule rules[] = { {SUBMIT, 1, ANSWER, 422, "{\"detail\":[{\"loc\":"
          "[\"body\",\"image_url\"],\"msg\":\"Failed to download\","
          "\"type\":\"file_download_error\"}]}"}, {0}
  };
  Service *service = service_new (rules);
  CupEngine *engine = engine_new (service);
  Notes notes = { g_strconcat (service->base, "/old", NULL) };
  Outcome *outcome;

  notes.told = g_string_new (NULL);
  outcome = start_with_journal (engine, 0, cup_journal_new (&funcs, &notes,
          NULL));
  finish (outcome);
  g_assert_no_error (outcome->error);
  g_assert_cmpint (count (service, INITIATE), ==, 1);
  g_assert_cmpint (count (service, SUBMIT), ==, 2);
  g_mutex_lock (&service->lock);
  g_assert_nonnull (strstr (service->submitted, "/file\""));
  g_mutex_unlock (&service->lock);
  outcome_free (outcome);
  cup_engine_close (engine);
  cup_engine_join (engine);
  g_object_unref (engine);
  g_assert_cmpstr (notes.told->str, ==, "may refused remove add may accepted ");
  g_string_free (notes.told, TRUE);
  g_free (notes.upload);
  service_free (service);
}

/* The service stops answering for good: only the job's time ends that. */
static void
test_status_given_up (void)
{
  const Rule rules[] = { {STATUS, ALWAYS, ANSWER, 503, NGINX}, {0} };
  Service *service = service_new (rules);
  CupEngine *engine = engine_new (service);
  Outcome *outcome = start (engine, 500 * MS);

  finish (outcome);
  assert_words (outcome->error, CUP_ERROR_TIMEOUT, "HTTP 503");
  cup_engine_close (engine);
  cup_engine_join (engine);
  g_object_unref (engine);
  g_assert_cmpint (count (service, CANCEL), ==, 1);
  outcome_free (outcome);
  service_free (service);
}

/* A log that makes the status longer than it may be: it is done without. */
static void
test_long_log (void)
{
  Rule rules[] = { {STATUS, 1, ANSWER, 200, NULL}, {0} };
  gchar *log = g_strnfill (3 << 19, 'x');
  gchar *body = g_strdup_printf ("{\"status\":\"COMPLETED\",\"logs\":"
      "[{\"message\":\"%s\"}]}", log);
  Service *service;
  CupEngine *engine;
  Outcome *outcome;

  rules[0].body = body;
  service = service_new (rules);
  engine = engine_new (service);
  outcome = start (engine, 0);
  finish (outcome);
  g_assert_no_error (outcome->error);
  g_mutex_lock (&service->lock);
  g_assert_cmpstr (service->status_query, ==, "logs=0");
  g_mutex_unlock (&service->lock);
  outcome_free (outcome);
  cup_engine_close (engine);
  cup_engine_join (engine);
  g_object_unref (engine);
  service_free (service);
  g_free (body);
  g_free (log);
}

/* A picture that is a PNG and is far too large for what went in. */
static void
test_too_large (void)
{
  Service *service = service_new (NULL);
  CupEngine *engine = engine_new (service);
  Outcome *outcome;

  g_bytes_unref (service->picture);
  service->picture = make_picture (2100, 2100);
  outcome = start (engine, 0);
  finish (outcome);
  assert_words (outcome->error, CUP_ERROR_TOO_LARGE, "2100");
  outcome_free (outcome);
  cup_engine_close (engine);
  cup_engine_join (engine);
  g_object_unref (engine);
  service_free (service);
}

/* The service's own file is cut off: nothing was lost on the way, and the bytes
 * must not leave as if they were a picture. */
static void
test_cut_off (void)
{
  Service *service = service_new (NULL);
  CupEngine *engine = engine_new (service);
  GBytes *whole = g_steal_pointer (&service->picture);
  Outcome *outcome;

  service->picture = g_bytes_new_from_bytes (whole, 0,
      g_bytes_get_size (whole) - 8);
  g_bytes_unref (whole);
  outcome = start (engine, 0);
  finish (outcome);
  assert_words (outcome->error, CUP_ERROR_BAD_DATA, "missing");
  outcome_free (outcome);
  cup_engine_close (engine);
  cup_engine_join (engine);
  g_object_unref (engine);
  service_free (service);
}

/* The picture comes inside of the answer. */
static void
test_data_uri (void)
{
  Rule rules[] = { {RESULT, ALWAYS, ANSWER, 200, NULL}, {0} };
  GBytes *picture = make_picture (32, 16);
  gchar *base64 = g_base64_encode (g_bytes_get_data (picture, NULL),
      g_bytes_get_size (picture));
  gchar *body = g_strdup_printf ("{\"images\":[{\"url\":\"data:image/png;"
      "base64,%s\"}]}", base64);
  Service *service;
  CupEngine *engine;
  Outcome *outcome;

  rules[0].body = body;
  service = service_new (rules);
  engine = engine_new (service);
  outcome = start (engine, 0);
  finish (outcome);
  g_assert_no_error (outcome->error);
  g_assert_true (g_bytes_equal (outcome->result->bytes, picture));
  g_assert_false (outcome->result->has_seed);
  g_assert_null (outcome->result->url);
  g_assert_cmpint (count (service, PICTURE), ==, 0);
  outcome_free (outcome);
  cup_engine_close (engine);
  cup_engine_join (engine);
  g_object_unref (engine);
  service_free (service);
  g_bytes_unref (picture);
  g_free (base64);
  g_free (body);
}

static void
test_timeout (gconstpointer data)
{
  gboolean queue = GPOINTER_TO_INT (data);
  const Rule rules[] = { {STATUS, ALWAYS, ANSWER, 202, queue ?
          "{\"status\":\"IN_QUEUE\",\"queue_position\":12}" :
          "{\"status\":\"IN_PROGRESS\"}"}, {0}
  };
  Service *service = service_new (rules);
  CupEngine *engine = engine_new (service);
  gint64 begin = g_get_monotonic_time ();
  Outcome *outcome = start (engine, 2 * G_USEC_PER_SEC);

  finish (outcome);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 1990 * MS);
  assert_words (outcome->error, CUP_ERROR_TIMEOUT, queue ?
      "property queue-timeout" : "property timeout");
  assert_words (outcome->error, CUP_ERROR_TIMEOUT, queue ?
      "IN_QUEUE, 12 ahead" : "IN_PROGRESS");
  assert_words (outcome->error, CUP_ERROR_TIMEOUT, "request " ID);
  g_assert_cmpstr (cup_error_get_details (outcome->error)->stage, ==, "status");
  g_assert_cmpstr (cup_error_get_details (outcome->error)->request_id, ==, ID);
  wait_for (service, CANCEL, 1);
  outcome_free (outcome);
  cup_engine_close (engine);
  cup_engine_join (engine);
  g_object_unref (engine);
  g_assert_cmpint (count (service, CANCEL), ==, 1);
  service_free (service);
}

/* Cancelled from another thread at every stage: it completes at once, and the
 * service is told where it has accepted the job. */
static void
test_cancel (gconstpointer data)
{
  Stage stage = GPOINTER_TO_INT (data);
  const Rule rules[] = { {stage, ALWAYS, HANG, 0, NULL}, {0} };
  Service *service = service_new (rules);
  CupEngine *engine = engine_new (service);
  Outcome *outcome = start (engine, 0);

  wait_for (service, stage, 1);
  g_cancellable_cancel (cup_job_get_cancellable (outcome->job));
  finish (outcome);
  g_assert_error (outcome->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  outcome_free (outcome);
  cup_engine_close (engine);
  cup_engine_join (engine);
  g_object_unref (engine);
  g_assert_cmpint (count (service, CANCEL), ==, stage == STATUS);
  service_free (service);
}

/* Cancelled while the submission is under way: what it returns is cancelled,
 * also where the engine is closed and freed at once. */
static void
test_cancel_submitting (gconstpointer data)
{
  const Rule rules[] = { {SUBMIT, 1, LATE, 0, NULL}, {0} };
  gboolean close = GPOINTER_TO_INT (data);
  Service *service = service_new (rules);
  CupEngine *engine = engine_new (service);
  Outcome *outcome = start (engine, 0);

  wait_for (service, SUBMIT, 1);
  if (close)
    cup_engine_close (engine);
  else
    g_cancellable_cancel (cup_job_get_cancellable (outcome->job));
  finish (outcome);
  g_assert_error (outcome->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (count (service, CANCEL), ==, 0);
  service_answer_late (service);
  outcome_free (outcome);
  cup_engine_close (engine);
  cup_engine_join (engine);
  g_object_unref (engine);
  g_assert_cmpint (count (service, CANCEL), ==, 1);
  g_assert_cmpint (count (service, STATUS), ==, 0);
  service_free (service);
}

static void
test_cancelled_before (void)
{
  Service *service = service_new (NULL);
  CupEngine *engine = engine_new (service);
  Outcome *outcome;

  cup_engine_close (engine);
  outcome = start (engine, 0);
  finish (outcome);
  g_assert_error (outcome->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  outcome_free (outcome);
  g_object_unref (engine);
  g_assert_cmpint (count (service, INITIATE), ==, 0);
  service_free (service);
}

/* Many at a time; then closed in the middle of it: each is completed once, and
 * what was accepted is taken back. */
static void
test_many (gconstpointer data)
{
  const Rule rules[] = { {STATUS, ALWAYS, ANSWER, 202,
      "{\"status\":\"IN_PROGRESS\"}"}, {0}
  };
  gboolean close = GPOINTER_TO_INT (data);
  Service *service = service_new (close ? rules : NULL);
  CupEngine *engine = engine_new (service);
  Outcome *outcomes[50];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (outcomes); i++)
    outcomes[i] = start (engine, 0);
  if (close) {
    wait_for (service, STATUS, 50);
    cup_engine_close (engine);
  }
  for (i = 0; i < G_N_ELEMENTS (outcomes); i++) {
    finish (outcomes[i]);
    if (close)
      g_assert_error (outcomes[i]->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    else
      g_assert_no_error (outcomes[i]->error);
  }
  cup_engine_close (engine);
  cup_engine_join (engine);
  g_object_unref (engine);
  if (close)
    g_assert_cmpint (count (service, CANCEL), ==, count (service, SUBMIT));
  for (i = 0; i < G_N_ELEMENTS (outcomes); i++)
    outcome_free (outcomes[i]);
  service_free (service);
}

/* Nobody has closed it, and the last reference goes: nothing waits then, and
 * what has to be said to the service is said all the same. */
static void
test_unref (void)
{
  const Rule rules[] = { {STATUS, ALWAYS, HANG, 0, NULL}, {0} };
  Service *service = service_new (rules);
  CupEngine *engine = engine_new (service);
  Outcome *outcome = start (engine, 0);

  wait_for (service, STATUS, 1);
  g_object_unref (engine);
  finish (outcome);
  g_assert_error (outcome->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  wait_for (service, CANCEL, 1);
  outcome_free (outcome);
  service_free (service);
}

static void
test_unreachable (void)
{
  CupFalSettings settings;
  CupEngine *engine;
  Outcome *outcome;

  settings_init (&settings, "http://127.0.0.1:1");
  engine = cup_fal_engine_new (&settings, NULL);
  outcome = start (engine, 0);
  finish (outcome);
  assert_words (outcome->error, CUP_ERROR_NETWORK, "127.0.0.1:1");
  g_assert_cmpstr (cup_error_get_details (outcome->error)->stage, ==, "upload");
  outcome_free (outcome);
  cup_engine_close (engine);
  cup_engine_join (engine);
  g_object_unref (engine);
}

static gboolean
enabled (CupLogLevel level)
{
  return TRUE;
}

/* Everything is logged here, and nothing of it may hold the key or a signed
 * URL's query. */
static void
check_log (CupLogLevel level, const gchar * file, const gchar * function,
    gint line, const gchar * text)
{
  if (strstr (text, "s3cret") || strstr (text, "signature"))
    g_error ("the log shows a secret: %s", text);
  g_test_message ("%s: %s", function, text);
}

int
main (int argc, char **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);
  cup_log_set_writer (enabled, check_log);
  g_test_add_func ("/fal/success", test_success);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *path = g_strconcat ("/fal/", cases[i].name, NULL);

    g_test_add_data_func (path, &cases[i], test_case);
    g_free (path);
  }
  g_test_add_func ("/fal/upload/unknown", test_upload_unknown);
  g_test_add_func ("/fal/status/given-up", test_status_given_up);
  g_test_add_func ("/fal/status/long-log", test_long_log);
  g_test_add_func ("/fal/download/too-large", test_too_large);
  g_test_add_func ("/fal/download/cut-off", test_cut_off);
  g_test_add_func ("/fal/result/data-uri", test_data_uri);
  g_test_add_data_func ("/fal/timeout/work", GINT_TO_POINTER (FALSE),
      test_timeout);
  g_test_add_data_func ("/fal/timeout/queue", GINT_TO_POINTER (TRUE),
      test_timeout);
  g_test_add_data_func ("/fal/cancel/initiate", GINT_TO_POINTER (INITIATE),
      test_cancel);
  g_test_add_data_func ("/fal/cancel/put", GINT_TO_POINTER (PUT), test_cancel);
  g_test_add_data_func ("/fal/cancel/status", GINT_TO_POINTER (STATUS),
      test_cancel);
  g_test_add_data_func ("/fal/cancel/result", GINT_TO_POINTER (RESULT),
      test_cancel);
  g_test_add_data_func ("/fal/cancel/download", GINT_TO_POINTER (PICTURE),
      test_cancel);
  g_test_add_data_func ("/fal/cancel/submitting", GINT_TO_POINTER (FALSE),
      test_cancel_submitting);
  g_test_add_data_func ("/fal/close/submitting", GINT_TO_POINTER (TRUE),
      test_cancel_submitting);
  g_test_add_func ("/fal/close/before", test_cancelled_before);
  g_test_add_data_func ("/fal/many", GINT_TO_POINTER (FALSE), test_many);
  g_test_add_data_func ("/fal/close/many", GINT_TO_POINTER (TRUE), test_many);
  g_test_add_func ("/fal/close/unref", test_unref);
  g_test_add_func ("/fal/unreachable", test_unreachable);
  return g_test_run ();
}
