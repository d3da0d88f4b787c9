/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the fal engine asks and tells a job's journal: in which order, also where
 * a submission goes wrong; what becomes of an accepted request at the end; and
 * uploads that are used again. Against the loopback service.
 */
#include "fal-journal.h"

static void
test_success (void)
{
  Fixture f;
  Outcome *outcome;
  gchar *base;

  fixture_init (&f, NULL);
  open_engine (&f);
  outcome = start_job (f.engine, &f.book, NULL, 0);
  finish_well (outcome);
  assert_told (&f.book, "add may accepted ");
  g_assert_cmpuint (outcome->result->submissions, ==, 1);
  g_assert_cmpstr (outcome->result->request_id, ==, f.book.last->request_id);
  base = g_strconcat (f.settings.location,
      "/fal-ai/creative-upscaler/requests/", f.book.last->request_id, NULL);
  g_assert_cmpstr (f.book.last->response_url, ==, base);
  g_assert_true (g_str_has_prefix (f.book.last->status_url, base));
  g_assert_true (g_str_has_suffix (f.book.last->status_url, "/status"));
  g_assert_true (g_str_has_suffix (f.book.last->cancel_url, "/cancel"));
  g_assert_cmpstr (f.book.last->upload_url, ==, f.book.upload);
  g_assert_cmpint (f.book.lifetime, ==, 6 * G_TIME_SPAN_DAY);
  g_free (base);
  outcome_free (outcome);
  fixture_clear (&f);
}

/* A picture within the submission is not uploaded, and never in a journal. */
static void
test_inline (void)
{
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  f.settings.upload = CUP_FAL_UPLOAD_DATA_URI;
  open_engine (&f);
  outcome = start_job (f.engine, &f.book, NULL, 0);
  finish_well (outcome);
  assert_told (&f.book, "may accepted ");
  g_assert_null (f.book.last->upload_url);
  g_assert_cmpuint (outcome->result->bytes_up, >, 50);
  outcome_free (outcome);
  fixture_clear (&f);
}

/* The lifetime that was asked for is the one that is told. */
static void
test_lifetime (void)
{
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  f.settings.upload_expiration = 3600;
  open_engine (&f);
  outcome = start_job (f.engine, &f.book, NULL, 0);
  finish_well (outcome);
  g_assert_cmpint (f.book.lifetime, ==, G_TIME_SPAN_HOUR);
  outcome_free (outcome);
  fixture_clear (&f);
}

typedef struct
{
  const gchar *name;
  const gchar *fault;
  gboolean allow_double_cost;
  gint code;                    /* -1 for success */
  const gchar *word;
  const gchar *told;
  guint accepted;
} Case;

static const Case cases[] = {
  {"429", "submit:429now:2", FALSE, -1, NULL,
      "may refused may refused may accepted ", 1},
  {"503", "submit:503:1", FALSE, -1, NULL, "may refused may accepted ", 1},
  {"422", "submit:422", FALSE, CUP_ERROR_BAD_INPUT, "Failed to load",
      "may refused ", 0},
  {"404", "submit:404", FALSE, CUP_ERROR_NOT_FOUND, "application",
      "may refused ", 0},
  {"401", "submit:401", FALSE, CUP_ERROR_NOT_AUTHORIZED, "check the key",
      "may refused ", 0},
  /* With the id of a request: it was taken on. */
  {"500", "submit:500", FALSE, CUP_ERROR_SERVICE, "may have accepted",
      "may ", 0},
  {"504", "submit:504", FALSE, CUP_ERROR_SERVICE, "may have accepted",
      "may ", 0},
  {"reset", "submit:reset", FALSE, CUP_ERROR_NETWORK, "may have accepted",
      "may ", 0},
  {"reset-after", "submit:reset-after", FALSE, CUP_ERROR_NETWORK,
      "may have accepted", "may ", 1},
  {"truncated", "submit:truncate", FALSE, CUP_ERROR_NETWORK,
      "may have accepted", "may ", 1},
  {"garbage", "submit:garbage", FALSE, CUP_ERROR_BAD_DATA,
      "may have accepted", "may ", 0},
  /* It is asked again, as it may be paid again. */
  {"double/reset", "submit:reset:1", TRUE, -1, NULL, "may may accepted ", 1},
  {"double/reset-after", "submit:reset-after:2", TRUE, -1, NULL,
      "may may may accepted ", 3},
  {"double/504", "submit:504:1", TRUE, -1, NULL, "may may accepted ", 1},
  {"job/transient", "result:runner-503:2", FALSE, -1, NULL,
      "may accepted lost may accepted lost may accepted ", 3},
  {"job/given-up", "result:runner-503", FALSE, CUP_ERROR_SERVICE,
        "runner_disconnected",
      "may accepted lost may accepted lost may accepted "
        "lost may accepted lost ", 4},
  {"job/final", "result:model-422", FALSE, CUP_ERROR_BAD_INPUT,
      "Image is too large", "may accepted lost ", 1},
  {"job/text", "result:model-text", FALSE, CUP_ERROR_SERVICE,
      "CUDA out of memory", "may accepted lost ", 1},
  /* What it is like is not known: it may still be had. */
  {"job/hidden", "result:502", FALSE, CUP_ERROR_TIMEOUT, "HTTP 502",
      "may accepted ", 1},
  {"job/forgotten", "result:404", FALSE, CUP_ERROR_NOT_FOUND,
      "does not know the request", "may accepted lost ", 1},
};

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  f.settings.upload = CUP_FAL_UPLOAD_DATA_URI;
  f.settings.allow_double_cost = c->allow_double_cost;
  open_engine (&f);
  add_fault (&f, c->fault);
  outcome = start_job (f.engine, &f.book, NULL,
      c->code == CUP_ERROR_TIMEOUT ? G_USEC_PER_SEC : 0);
  if (c->code < 0)
    finish_well (outcome);
  else
    finish_badly (outcome, c->code, c->word);
  close_engine (&f);
  assert_told (&f.book, c->told);
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_ACCEPTED), ==, c->accepted);
  outcome_free (outcome);
  fixture_clear (&f);
}

/* Nobody listens: nothing was sent. */
static void
test_no_connection (void)
{
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  f.settings.upload = CUP_FAL_UPLOAD_DATA_URI;
  f.settings.retries = 2;
  open_engine (&f);
  cup_fal_service_set_refusing (f.service, TRUE);
  outcome = start_job (f.engine, &f.book, NULL, 0);
  finish_badly (outcome, CUP_ERROR_NETWORK, "127.0.0.1");
  assert_told (&f.book, "may refused may refused may refused ");
  outcome_free (outcome);
  cup_fal_service_set_refusing (f.service, FALSE);
  fixture_clear (&f);
}

/* The job fails by the journal's word, and none but this one. */
static void
test_forbidden (gconstpointer data)
{
  gboolean later = GPOINTER_TO_INT (data);
  Fixture f;
  Outcome *outcome, *other;

  fixture_init (&f, NULL);
  f.book.policy = later ? ANSWERS_LATER : FORBIDS;
  open_engine (&f);
  outcome = start_job (f.engine, &f.book, NULL, 0);
  wait_told (&f.book, "add may ");
  if (later)
    book_answer (&f.book, new_forbidden ());
  finish (outcome);
  g_assert_error (outcome->error, CUP_ERROR, CUP_ERROR_NOT_AUTHORIZED);
  g_assert_cmpstr (outcome->error->message, ==, "the budget is used up");
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_SUBMIT), ==, 0);
  other = start_job (f.engine, NULL, NULL, 0);
  finish_well (other);
  assert_told (&f.book, "");
  outcome_free (outcome);
  outcome_free (other);
  fixture_clear (&f);
}

/* Nothing is sent before the answer; others need not wait for it. */
static void
test_later (void)
{
  Fixture f;
  Outcome *outcome, *other;

  fixture_init (&f, NULL);
  f.book.policy = ANSWERS_LATER;
  open_engine (&f);
  outcome = start_job (f.engine, &f.book, NULL, 0);
  wait_told (&f.book, "add may ");
  other = start_job (f.engine, NULL, NULL, 0);
  finish_well (other);
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_SUBMIT), ==, 1);
  book_answer (&f.book, NULL);
  finish_well (outcome);
  assert_told (&f.book, "accepted ");
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_SUBMIT), ==, 2);
  outcome_free (outcome);
  outcome_free (other);
  fixture_clear (&f);
}

/* The job ends while the answer is awaited: @data: by a cancellation, by the
 * engine's end, or by that and a word that it may not be. */
static void
test_answer_too_late (gconstpointer data)
{
  guint way = GPOINTER_TO_UINT (data);
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  f.book.policy = ANSWERS_LATER;
  open_engine (&f);
  outcome = start_job (f.engine, &f.book, NULL, 0);
  wait_told (&f.book, "add may ");
  if (way == 0)
    cancel (outcome);
  else
    close_engine (&f);
  finish_cancelled (outcome);
  outcome_free (outcome);
  book_answer (&f.book, way == 2 ? new_forbidden () : NULL);
  wait_told (&f.book, way == 2 ? "" : "refused ");
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_SUBMIT), ==, 0);
  fixture_clear (&f);
}

/* The service says no to one, and the other one's answer comes after that. */
static void
test_refused_meanwhile (void)
{
  Fixture f;
  Outcome *outcome, *other;

  fixture_init (&f, NULL);
  f.book.policy = ANSWERS_LATER;
  open_engine (&f);
  outcome = start_job (f.engine, &f.book, NULL, 0);
  wait_told (&f.book, "add may ");
  add_fault (&f, "submit:403");
  other = start_job (f.engine, NULL, NULL, 0);
  finish_badly (other, CUP_ERROR_NOT_AUTHORIZED, "balance");
  finish_badly (outcome, CUP_ERROR_NOT_AUTHORIZED, "balance");
  book_answer (&f.book, NULL);
  wait_told (&f.book, "refused ");
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_SUBMIT), ==, 1);
  outcome_free (outcome);
  outcome_free (other);
  fixture_clear (&f);
}

/* Cancelled while the connection is being made: nobody there says a word of
 * TLS. */
static void
test_cancel_connecting (gconstpointer data)
{
  gboolean close = GPOINTER_TO_INT (data);
  GSocketListener *listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  gchar *location = g_strdup_printf ("https://127.0.0.1:%u", port);
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  f.settings.location = location;
  f.settings.upload = CUP_FAL_UPLOAD_DATA_URI;
  g_atomic_int_set (&f.book.keeps, TRUE);
  open_engine (&f);
  outcome = start_job (f.engine, &f.book, NULL, 0);
  wait_state (outcome, CUP_PROGRESS_SUBMITTING);
  if (close)
    close_engine (&f);
  else
    cancel (outcome);
  finish_cancelled (outcome);
  wait_told (&f.book, "may refused ");
  outcome_free (outcome);
  fixture_clear (&f);
  g_object_unref (listener);
  g_free (location);
}

typedef enum
{
  BY_CANCELLING, BY_CLOSING, BY_TIME
} End;

typedef struct
{
  const gchar *name;
  End end;
  gboolean keeps;
  gboolean submitting;          /* rather than that it runs */
} EndCase;

static const EndCase end_cases[] = {
  {"cancel/running", BY_CANCELLING, FALSE, FALSE},
  {"cancel/running/kept", BY_CANCELLING, TRUE, FALSE},
  {"cancel/submitting", BY_CANCELLING, FALSE, TRUE},
  {"cancel/submitting/kept", BY_CANCELLING, TRUE, TRUE},
  {"close/running", BY_CLOSING, FALSE, FALSE},
  {"close/running/kept", BY_CLOSING, TRUE, FALSE},
  {"close/submitting", BY_CLOSING, FALSE, TRUE},
  {"close/submitting/kept", BY_CLOSING, TRUE, TRUE},
  {"deadline/running", BY_TIME, FALSE, FALSE},
  {"deadline/running/kept", BY_TIME, TRUE, FALSE},
  {"deadline/submitting", BY_TIME, FALSE, TRUE},
  {"deadline/submitting/kept", BY_TIME, TRUE, TRUE},
};

static void
check_timeout (const EndCase * c, Outcome * outcome)
{
  gboolean says = c->keeps && !c->submitting;

  finish_badly (outcome, CUP_ERROR_TIMEOUT, "raise the property");
  g_assert_true (says == (strstr (outcome->error->message, "; the request is "
              "kept, and the next run goes on with it") != NULL));
}

static void
test_end (gconstpointer data)
{
  const EndCase *c = data;
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  f.settings.upload = CUP_FAL_UPLOAD_DATA_URI;
  g_atomic_int_set (&f.book.keeps, c->keeps);
  open_engine (&f);
  cup_fal_service_hold (f.service, TRUE);
  /* Late enough to be overtaken by the end, early enough to be waited for. */
  if (c->submitting)
    add_fault (&f, c->end == BY_TIME ? "submit:late:FOR=2300" :
        "submit:late:FOR=700");
  outcome = start_job (f.engine, &f.book, NULL,
      c->end == BY_TIME ? 1500 * MS : 0);
  wait_count (&f, CUP_FAL_COUNT_ACCEPTED, 1);
  if (!c->submitting)
    wait_told (&f.book, "may accepted ");
  if (c->end == BY_CANCELLING)
    cancel (outcome);
  else if (c->end == BY_CLOSING)
    cup_engine_close (f.engine);
  if (c->end == BY_TIME)
    check_timeout (c, outcome);
  else
    finish_cancelled (outcome);
  outcome_free (outcome);
  close_engine (&f);
  wait_told (&f.book, c->submitting ? "may accepted " : "");
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_CANCEL), ==, !c->keeps);
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_SUBMIT), ==, 1);
  fixture_clear (&f);
}

/* What the service is done with is charged for, and not given away. */
static void
test_cancel_completed (void)
{
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  f.settings.upload = CUP_FAL_UPLOAD_DATA_URI;
  open_engine (&f);
  add_fault (&f, "download:late:FOR=60000");
  outcome = start_job (f.engine, &f.book, NULL, 0);
  wait_state (outcome, CUP_PROGRESS_FETCHING);
  cancel (outcome);
  finish_cancelled (outcome);
  outcome_free (outcome);
  close_engine (&f);
  assert_told (&f.book, "may accepted ");
  g_assert_cmpint (g_atomic_int_get (&f.book.n_asked), ==, 0);
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_CANCEL), ==, 0);
  fixture_clear (&f);
}

/* What is uploaded once is there for the next one. */
static void
test_upload_reused (void)
{
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  open_engine (&f);
  outcome = start_job (f.engine, &f.book, NULL, 0);
  finish_well (outcome);
  g_assert_cmpuint (outcome->result->bytes_up, >, 50);
  outcome_free (outcome);
  assert_told (&f.book, "add may accepted ");

  outcome = start_job (f.engine, &f.book, NULL, 0);
  finish_well (outcome);
  g_assert_cmpuint (outcome->result->bytes_up, ==, 0);
  g_assert_null (cup_job_get_bytes (outcome->job));
  outcome_free (outcome);
  assert_told (&f.book, "may accepted ");
  g_assert_cmpstr (f.book.last->upload_url, ==, f.book.upload);
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_INITIATE), ==, 1);
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_PUT), ==, 1);
  fixture_clear (&f);
}

/* The service does not have it any more: it is uploaded once more, and the job
 * is submitted once more. */
static void
test_upload_gone (void)
{
  Fixture f;
  Outcome *outcome;
  gchar *before;

  fixture_init (&f, NULL);
  open_engine (&f);
  outcome = start_job (f.engine, &f.book, NULL, 0);
  finish_well (outcome);
  outcome_free (outcome);
  assert_told (&f.book, "add may accepted ");
  before = g_strdup (f.book.upload);

  cup_fal_service_forget_files (f.service);
  outcome = start_job (f.engine, &f.book, NULL, 0);
  finish_well (outcome);
  g_assert_cmpuint (outcome->result->bytes_up, >, 50);
  g_assert_cmpuint (outcome->result->submissions, ==, 2);
  outcome_free (outcome);
  assert_told (&f.book, "may accepted remove lost add may accepted ");
  g_assert_cmpstr (f.book.upload, !=, before);
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_INITIATE), ==, 2);
  g_free (before);
  fixture_clear (&f);
}

/* Uploaded by this very job: once more would not help. */
static void
test_upload_lost (void)
{
  CupFalServiceOptions options;
  Fixture f;
  Outcome *first, *outcome;

  cup_fal_service_options_init (&options);
  options.runners = 1;
  fixture_init (&f, &options);
  open_engine (&f);
  cup_fal_service_hold (f.service, TRUE);
  first = start_job (f.engine, NULL, NULL, 0);
  wait_count (&f, CUP_FAL_COUNT_ACCEPTED, 1);
  outcome = start_job (f.engine, &f.book, NULL, 0);
  wait_told (&f.book, "add may accepted ");
  cup_fal_service_forget_files (f.service);
  cup_fal_service_hold (f.service, FALSE);
  finish_badly (outcome, CUP_ERROR_BAD_INPUT, "file_download_error");
  assert_told (&f.book, "lost ");
  finish (first);
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_INITIATE), ==, 2);
  outcome_free (first);
  outcome_free (outcome);
  fixture_clear (&f);
}

static const gchar *const bad_uploads[] = {
  "", "file:///etc/passwd", "http://10.0.0.1/picture.png",
  "https://user:password@example.org/", "data:image/png;base64,AAAA",
  "nonsense", NULL
};

/* An address that was written down is not trusted. */
static void
test_upload_hostile (void)
{
  Fixture f;
  Outcome *outcome;
  guint i;

  fixture_init (&f, NULL);
  open_engine (&f);
  for (i = 0; bad_uploads[i]; i++) {
    g_free (f.book.upload);
    f.book.upload = g_strdup (bad_uploads[i]);
    outcome = start_job (f.engine, &f.book, NULL, 0);
    finish_well (outcome);
    assert_told (&f.book, "add may accepted ");
    outcome_free (outcome);
  }
  fixture_clear (&f);
}

int
main (int argc, char **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);
  cup_log_set_writer (log_everything, check_log);
  g_test_add_func ("/fal/journal/success", test_success);
  g_test_add_func ("/fal/journal/inline", test_inline);
  g_test_add_func ("/fal/journal/lifetime", test_lifetime);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *path = g_strconcat ("/fal/journal/", cases[i].name, NULL);

    g_test_add_data_func (path, &cases[i], test_case);
    g_free (path);
  }
  g_test_add_func ("/fal/journal/no-connection", test_no_connection);
  g_test_add_data_func ("/fal/journal/forbidden", GINT_TO_POINTER (FALSE),
      test_forbidden);
  g_test_add_data_func ("/fal/journal/forbidden/later", GINT_TO_POINTER (TRUE),
      test_forbidden);
  g_test_add_func ("/fal/journal/later", test_later);
  g_test_add_data_func ("/fal/journal/too-late/cancelled",
      GUINT_TO_POINTER (0), test_answer_too_late);
  g_test_add_data_func ("/fal/journal/too-late/closed", GUINT_TO_POINTER (1),
      test_answer_too_late);
  g_test_add_data_func ("/fal/journal/too-late/closed-forbidden",
      GUINT_TO_POINTER (2), test_answer_too_late);
  g_test_add_func ("/fal/journal/refused-meanwhile", test_refused_meanwhile);
  g_test_add_data_func ("/fal/journal/connecting/cancel",
      GINT_TO_POINTER (FALSE), test_cancel_connecting);
  g_test_add_data_func ("/fal/journal/connecting/close",
      GINT_TO_POINTER (TRUE), test_cancel_connecting);
  for (i = 0; i < G_N_ELEMENTS (end_cases); i++) {
    gchar *path = g_strconcat ("/fal/journal/", end_cases[i].name, NULL);

    g_test_add_data_func (path, &end_cases[i], test_end);
    g_free (path);
  }
  g_test_add_func ("/fal/journal/cancel/completed", test_cancel_completed);
  g_test_add_func ("/fal/journal/upload/reused", test_upload_reused);
  g_test_add_func ("/fal/journal/upload/gone", test_upload_gone);
  g_test_add_func ("/fal/journal/upload/lost", test_upload_lost);
  g_test_add_func ("/fal/journal/upload/hostile", test_upload_hostile);
  return g_test_run ();
}
