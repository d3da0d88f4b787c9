/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fal engine going on with a request that an earlier run has left: wherever
 * it is by then, also where it is not there any more, and with a record that
 * somebody has tampered with. Against the loopback service, which stays while
 * the engines of the two runs come and go.
 */
#include "fal-journal.h"

/* A run that ends when the service has accepted its job, and leaves it; the job
 * is held. The next run has the fixture's engine, and nothing of what was told.
 */
static void
leave_request (Fixture * f)
{
  Outcome *outcome;

  g_atomic_int_set (&f->book.keeps, TRUE);
  cup_fal_service_hold (f->service, TRUE);
  open_engine (f);
  outcome = start_job (f->engine, &f->book, NULL, 0);
  wait_told (&f->book, "add may accepted ");
  close_engine (f);
  finish_cancelled (outcome);
  outcome_free (outcome);
  g_assert_cmpuint (count (f, CUP_FAL_COUNT_CANCEL), ==, 0);
  open_engine (f);
}

static void
leave_completed (Fixture * f)
{
  leave_request (f);
  cup_fal_service_hold (f->service, FALSE);
  wait_count (f, CUP_FAL_COUNT_COMPLETED, 1);
}

static Outcome *
resume (Fixture * f)
{
  return start_job (f->engine, &f->book, f->book.last, 0);
}

/* It came of the old request, and nothing was submitted or uploaded. */
static void
check_resumed (Fixture * f, Outcome * outcome)
{
  finish_well (outcome);
  assert_told (&f->book, "");
  g_assert_cmpstr (outcome->result->request_id, ==, f->book.last->request_id);
  g_assert_cmpstr (outcome->queued, ==, f->book.last->request_id);
  g_assert_cmpuint (outcome->result->submissions, ==, 0);
  g_assert_cmpuint (outcome->result->bytes_up, ==, 0);
  g_assert_cmpfloat (outcome->result->service_time, <, 0);
  g_assert_cmpfloat (outcome->result->queue_time, <, 0);
  g_assert_cmpuint (count (f, CUP_FAL_COUNT_SUBMIT), ==, 1);
  g_assert_cmpuint (count (f, CUP_FAL_COUNT_INITIATE), ==, 1);
  g_assert_cmpuint (count (f, CUP_FAL_COUNT_CANCEL), ==, 0);
}

/* It came of a new request. */
static void
check_anew (Fixture * f, Outcome * outcome, const gchar * told)
{
  finish_well (outcome);
  assert_told (&f->book, told);
  g_assert_cmpstr (outcome->result->request_id, ==, f->book.last->request_id);
  g_assert_cmpfloat (outcome->result->service_time, >=, 0);
}

static void
test_queued (void)
{
  CupFalServiceOptions options;
  Fixture f;
  Outcome *first, *outcome;

  cup_fal_service_options_init (&options);
  options.runners = 1;
  fixture_init (&f, &options);
  cup_fal_service_hold (f.service, TRUE);
  f.settings.upload = CUP_FAL_UPLOAD_DATA_URI;
  open_engine (&f);
  g_atomic_int_set (&f.book.keeps, TRUE);
  first = start_job (f.engine, &f.book, NULL, 0);
  wait_count (&f, CUP_FAL_COUNT_RUNNING, 1);
  close_engine (&f);
  finish_cancelled (first);
  outcome_free (first);
  assert_told (&f.book, "may accepted ");

  f.settings.upload = CUP_FAL_UPLOAD_STORAGE;
  leave_request (&f);
  outcome = resume (&f);
  wait_state (outcome, CUP_PROGRESS_QUEUED);
  wait_count (&f, CUP_FAL_COUNT_STATUS, 1);
  cup_fal_service_hold (f.service, FALSE);
  finish_well (outcome);
  assert_told (&f.book, "");
  g_assert_cmpstr (outcome->result->request_id, ==, f.book.last->request_id);
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_SUBMIT), ==, 2);
  outcome_free (outcome);
  fixture_clear (&f);
}

static void
test_running (gconstpointer data)
{
  gboolean stream = GPOINTER_TO_INT (data);
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  f.settings.follow_stream = stream;
  leave_request (&f);
  outcome = resume (&f);
  wait_state (outcome, CUP_PROGRESS_RUNNING);
  cup_fal_service_hold (f.service, FALSE);
  check_resumed (&f, outcome);
  outcome_free (outcome);
  fixture_clear (&f);
}

static void
test_completed (void)
{
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  leave_completed (&f);
  outcome = resume (&f);
  check_resumed (&f, outcome);
  /* The first status says all there is to know. */
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_STATUS), ==, 1);
  outcome_free (outcome);
  fixture_clear (&f);
}

/* Left again, by a second run that comes to its end: nothing is cancelled. */
static void
test_left_again (gconstpointer data)
{
  gboolean keeps = GPOINTER_TO_INT (data);
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  leave_request (&f);
  outcome = resume (&f);
  wait_state (outcome, CUP_PROGRESS_RUNNING);
  g_atomic_int_set (&f.book.keeps, keeps);
  close_engine (&f);
  finish_cancelled (outcome);
  outcome_free (outcome);
  assert_told (&f.book, "");
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_CANCEL), ==, !keeps);
  if (keeps) {
    open_engine (&f);
    outcome = resume (&f);
    cup_fal_service_hold (f.service, FALSE);
    check_resumed (&f, outcome);
    outcome_free (outcome);
  }
  fixture_clear (&f);
}

/* The picture is at the service yet, and is not uploaded again. */
static void
test_unknown (void)
{
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  leave_completed (&f);
  cup_fal_service_forget_jobs (f.service);
  outcome = resume (&f);
  check_anew (&f, outcome, "lost may accepted ");
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_INITIATE), ==, 1);
  g_assert_cmpuint (outcome->result->submissions, ==, 1);
  outcome_free (outcome);
  fixture_clear (&f);
}

/* Nobody has written the upload down: the input is there all the same. */
static void
test_unknown_upload (void)
{
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  leave_completed (&f);
  cup_fal_service_forget_jobs (f.service);
  g_clear_pointer (&f.book.upload, g_free);
  outcome = resume (&f);
  check_anew (&f, outcome, "lost add may accepted ");
  g_assert_cmpuint (outcome->result->bytes_up, >, 50);
  outcome_free (outcome);
  fixture_clear (&f);
}

static void
test_unknown_inline (void)
{
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  leave_completed (&f);
  cup_fal_service_forget_jobs (f.service);
  close_engine (&f);
  f.settings.upload = CUP_FAL_UPLOAD_DATA_URI;
  open_engine (&f);
  outcome = resume (&f);
  check_anew (&f, outcome, "lost may accepted ");
  g_assert_cmpuint (outcome->result->bytes_up, >, 50);
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_INITIATE), ==, 1);
  outcome_free (outcome);
  fixture_clear (&f);
}

/* All files are gone, the upload's too. */
static void
test_file_gone (void)
{
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  leave_completed (&f);
  cup_fal_service_forget_files (f.service);
  outcome = resume (&f);
  check_anew (&f, outcome, "lost may accepted remove lost add may accepted ");
  g_assert_cmpuint (outcome->result->submissions, ==, 2);
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_INITIATE), ==, 2);
  outcome_free (outcome);
  fixture_clear (&f);
}

typedef struct
{
  const gchar *name;
  const gchar *fault;           /* until the request is given up */
  const gchar *told;            /* before it goes well */
  gint64 age;                   /* of the request */
} GoneCase;

static const GoneCase gone_cases[] = {
  {"result-expired", "result:404", "lost may accepted "},
  /* Some storages say so of what is not there any more. */
  {"file-denied", "download:403", "lost may accepted ",
      2 * G_TIME_SPAN_DAY},
  /* What comes only once is not believed. */
  {"status-404-once", "status:404:1", ""},
  {"result-404-once", "result:404:1", ""},
  {"file-404-once", "download:404:1", ""},
  {"file-denied-once", "download:403:1", "", 2 * G_TIME_SPAN_DAY},
  /* What these say is not about the request. */
  {"page-for-status", "status:html:1", ""},
  {"gateway-for-result", "result:502:1", ""},
  {"file-late", "download:503:1", ""},
};

static void
test_gone (gconstpointer data)
{
  const GoneCase *c = data;
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  f.settings.retry_delay = 100 * MS;
  leave_completed (&f);
  add_fault (&f, c->fault);
  if (c->age > 0)
    f.book.last->accepted = g_get_real_time () - c->age;
  outcome = resume (&f);
  if (*c->told) {
    wait_told (&f.book, c->told);
    cup_fal_service_clear_faults (f.service);
    check_anew (&f, outcome, "");
  } else {
    check_resumed (&f, outcome);
  }
  outcome_free (outcome);
  fixture_clear (&f);
}

/* Something on the way lets no files through: it would not let the next one
 * through either, which would be paid for again. */
static void
test_denied (void)
{
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  leave_completed (&f);
  add_fault (&f, "download:403");
  f.book.last->accepted = g_get_real_time () - G_TIME_SPAN_HOUR;
  outcome = resume (&f);
  finish_badly (outcome, CUP_ERROR_SERVICE, "403");
  assert_told (&f.book, "");
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_SUBMIT), ==, 1);
  outcome_free (outcome);
  fixture_clear (&f);
}

typedef struct
{
  const gchar *name;
  const gchar *fault;           /* of the old job */
  gint code;                    /* -1 for success */
  const gchar *word;
  const gchar *told;
} FailedCase;

static const FailedCase failed_cases[] = {
  {"transient", "result:runner-503:1", -1, NULL, "lost may accepted "},
  {"final", "result:model-422:1", CUP_ERROR_BAD_INPUT, "Image is too large",
      "lost "},
};

static void
test_failed (gconstpointer data)
{
  const FailedCase *c = data;
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  add_fault (&f, c->fault);
  leave_request (&f);
  cup_fal_service_hold (f.service, FALSE);
  wait_count (&f, CUP_FAL_COUNT_FAILED, 1);
  outcome = resume (&f);
  if (c->code < 0)
    finish_well (outcome);
  else
    finish_badly (outcome, c->code, c->word);
  assert_told (&f.book, c->told);
  outcome_free (outcome);
  fixture_clear (&f);
}

/* An earlier run has cancelled it, and has not lived to say so. */
static void
test_cancelled (void)
{
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  leave_request (&f);
  outcome = resume (&f);
  wait_state (outcome, CUP_PROGRESS_RUNNING);
  g_atomic_int_set (&f.book.keeps, FALSE);
  cancel (outcome);
  finish_cancelled (outcome);
  wait_count (&f, CUP_FAL_COUNT_CANCELLED, 1);
  outcome_free (outcome);
  assert_told (&f.book, "");

  cup_fal_service_hold (f.service, FALSE);
  outcome = resume (&f);
  check_anew (&f, outcome, "lost may accepted ");
  outcome_free (outcome);
  fixture_clear (&f);
}

static void
test_bad_id (void)
{
  gchar *long_id = g_strnfill (300, 'a');
  const gchar *const ids[] = { NULL, "", ".", "..", "a\nb", "a\xff", long_id };
  Fixture f;
  Outcome *outcome;
  guint i;

  fixture_init (&f, NULL);
  open_engine (&f);
  for (i = 0; i < G_N_ELEMENTS (ids); i++) {
    CupJournalRequest *record = cup_journal_request_new (ids[i], NULL, NULL,
        NULL, NULL);

    outcome = start_job (f.engine, &f.book, record, 0);
    check_anew (&f, outcome, i == 0 ? "lost add may accepted " :
        "lost may accepted ");
    outcome_free (outcome);
    cup_journal_request_free (record);
  }
  g_free (long_id);
  fixture_clear (&f);
}

/* Addresses that lead elsewhere, to a server that would tell (a leak), or
 * nowhere: the request is found where the protocol says. */
static void
test_bad_urls (gconstpointer data)
{
  const gchar *format = data;
  Fixture f;
  CupJournalRequest *record;
  Outcome *outcome;
  gchar *url = NULL;

  fixture_init (&f, NULL);
  leave_request (&f);
  if (format)
    url = g_strconcat (cup_fal_service_get_files_location (f.service), format,
        NULL);
  if (format && !g_str_has_prefix (format, "/")) {
    g_free (url);
    url = g_strdup (format);
  }
  record = cup_journal_request_new (f.book.last->request_id, url, url, url,
      url);
  outcome = start_job (f.engine, &f.book, record, 0);
  wait_state (outcome, CUP_PROGRESS_RUNNING);
  cup_fal_service_hold (f.service, FALSE);
  check_resumed (&f, outcome);
  outcome_free (outcome);
  cup_journal_request_free (record);
  g_free (url);
  fixture_clear (&f);
}

/* Gone for a moment: the request is not. */
static void
test_service_down (void)
{
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  f.settings.retry_delay = 100 * MS;
  leave_completed (&f);
  outcome = start_job (f.engine, NULL, NULL, 0);
  finish_well (outcome);
  outcome_free (outcome);

  cup_fal_service_set_refusing (f.service, TRUE);
  outcome = resume (&f);
  wait_retry (outcome);
  cup_fal_service_set_refusing (f.service, FALSE);
  finish_well (outcome);
  assert_told (&f.book, "");
  g_assert_cmpstr (outcome->result->request_id, ==, f.book.last->request_id);
  g_assert_cmpuint (outcome->result->submissions, ==, 0);
  outcome_free (outcome);
  fixture_clear (&f);
}

/* And gone for longer than the job's time: the run ends, and the request is for the next one. */
static void
test_service_away (void)
{
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  leave_completed (&f);
  cup_fal_service_set_refusing (f.service, TRUE);
  outcome = start_job (f.engine, &f.book, f.book.last, G_USEC_PER_SEC);
  finish_badly (outcome, CUP_ERROR_TIMEOUT, "the next run goes on with it");
  assert_told (&f.book, "");
  outcome_free (outcome);
  close_engine (&f);
  cup_fal_service_set_refusing (f.service, FALSE);
  open_engine (&f);
  outcome = resume (&f);
  check_resumed (&f, outcome);
  outcome_free (outcome);
  fixture_clear (&f);
}

/* The key is refused: what is at the service stays there. */
static void
test_refused (void)
{
  Fixture f;
  Outcome *outcome;

  fixture_init (&f, NULL);
  leave_completed (&f);
  add_fault (&f, "status:401");
  outcome = resume (&f);
  finish_badly (outcome, CUP_ERROR_NOT_AUTHORIZED, "check the key");
  assert_told (&f.book, "");
  outcome_free (outcome);
  close_engine (&f);
  cup_fal_service_clear_faults (f.service);
  open_engine (&f);
  outcome = resume (&f);
  check_resumed (&f, outcome);
  outcome_free (outcome);
  fixture_clear (&f);
}

/* Others have to wait for their turn, and it does not: it has had it. */
static void
test_not_held_back (void)
{
  Fixture f;
  Outcome *outcome, *running, *waiting;

  fixture_init (&f, NULL);
  leave_request (&f);
  cup_fal_service_set_max_jobs (f.service, 2);
  running = start_job (f.engine, NULL, NULL, 0);
  wait_state (running, CUP_PROGRESS_RUNNING);
  waiting = start_job (f.engine, NULL, NULL, 0);
  wait_state (waiting, CUP_PROGRESS_HELD_BACK);
  outcome = resume (&f);
  wait_state (outcome, CUP_PROGRESS_RUNNING);
  cup_fal_service_hold (f.service, FALSE);
  finish_well (outcome);
  finish_well (running);
  finish_well (waiting);
  assert_told (&f.book, "");
  outcome_free (outcome);
  outcome_free (running);
  outcome_free (waiting);
  fixture_clear (&f);
}

/* A stream that is refused for one that is not there is not one that the service
 * does not have: the next job is followed by it. */
static void
test_streams_stay (void)
{
  Fixture f;
  Outcome *outcome;
  guint64 n;

  fixture_init (&f, NULL);
  leave_completed (&f);
  cup_fal_service_forget_jobs (f.service);
  cup_fal_service_hold (f.service, TRUE);
  outcome = resume (&f);
  wait_told (&f.book, "lost may accepted ");
  n = count (&f, CUP_FAL_COUNT_STATUS);
  wait_state (outcome, CUP_PROGRESS_RUNNING);
  cup_fal_service_hold (f.service, FALSE);
  finish_well (outcome);
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_STATUS), ==, n);
  g_assert_cmpuint (count (&f, CUP_FAL_COUNT_STREAM), >=, 1);
  outcome_free (outcome);
  fixture_clear (&f);
}

int
main (int argc, char **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);
  cup_log_set_writer (log_everything, check_log);
  g_test_add_func ("/fal/resume/queued", test_queued);
  g_test_add_data_func ("/fal/resume/running/stream", GINT_TO_POINTER (TRUE),
      test_running);
  g_test_add_data_func ("/fal/resume/running/polling",
      GINT_TO_POINTER (FALSE), test_running);
  g_test_add_func ("/fal/resume/completed", test_completed);
  g_test_add_data_func ("/fal/resume/left-again/kept", GINT_TO_POINTER (TRUE),
      test_left_again);
  g_test_add_data_func ("/fal/resume/left-again/cancelled",
      GINT_TO_POINTER (FALSE), test_left_again);
  g_test_add_func ("/fal/resume/unknown", test_unknown);
  g_test_add_func ("/fal/resume/unknown/upload", test_unknown_upload);
  g_test_add_func ("/fal/resume/unknown/inline", test_unknown_inline);
  g_test_add_func ("/fal/resume/file-gone", test_file_gone);
  g_test_add_func ("/fal/resume/denied", test_denied);
  for (i = 0; i < G_N_ELEMENTS (gone_cases); i++) {
    gchar *path = g_strconcat ("/fal/resume/", gone_cases[i].name, NULL);

    g_test_add_data_func (path, &gone_cases[i], test_gone);
    g_free (path);
  }
  for (i = 0; i < G_N_ELEMENTS (failed_cases); i++) {
    gchar *path = g_strconcat ("/fal/resume/failed/", failed_cases[i].name,
        NULL);

    g_test_add_data_func (path, &failed_cases[i], test_failed);
    g_free (path);
  }
  g_test_add_func ("/fal/resume/cancelled", test_cancelled);
  g_test_add_func ("/fal/resume/bad-id", test_bad_id);
  g_test_add_data_func ("/fal/resume/bad-urls/none", NULL, test_bad_urls);
  g_test_add_data_func ("/fal/resume/bad-urls/elsewhere", "/steal",
      test_bad_urls);
  g_test_add_data_func ("/fal/resume/bad-urls/file", "file:///etc/passwd",
      test_bad_urls);
  g_test_add_data_func ("/fal/resume/bad-urls/private", "http://10.0.0.1/",
      test_bad_urls);
  g_test_add_data_func ("/fal/resume/bad-urls/nonsense", "%00 nonsense",
      test_bad_urls);
  g_test_add_func ("/fal/resume/service-down", test_service_down);
  g_test_add_func ("/fal/resume/service-away", test_service_away);
  g_test_add_func ("/fal/resume/refused", test_refused);
  g_test_add_func ("/fal/resume/not-held-back", test_not_held_back);
  g_test_add_func ("/fal/resume/streams-stay", test_streams_stay);
  return g_test_run ();
}
