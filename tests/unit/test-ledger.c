/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an engine tells, as the budget and the cache know of it afterwards: each
 * way that a job can end, and what the next one with the same key is told.
 */
#include "store-testing.h"

#include "dispatch/ledger.h"

#define TIMEOUT (60 * G_TIME_SPAN_SECOND)

#define TEST_TYPE_ENGINE (test_engine_get_type ())
G_DECLARE_FINAL_TYPE (TestEngine, test_engine, TEST, ENGINE, CupEngine)
     struct _TestEngine
     {
       CupEngine parent;
     };

G_DEFINE_FINAL_TYPE (TestEngine, test_engine, CUP_TYPE_ENGINE);

     static void test_engine_class_init (TestEngineClass * klass)
{
  CUP_ENGINE_CLASS (klass)->name = "test";
}

static void
test_engine_init (TestEngine * engine)
{
}

typedef struct
{
  gchar *folder;
  CupEngine *engine;
  CupCache *cache;
  CupBudget *budget;
  CupStoreKey key;
  guint n_warnings;
  gboolean refresh;

  GCancellable *cancellable;
  CupLedger *ledger;
  CupJournal *journal;
  CupCacheFinding finding;

  GMutex lock;
  GCond cond;
  guint n_answers;
  GError *answer;
} Place;

static void
on_warning (const GError * error, gpointer data)
{
  ((Place *) data)->n_warnings++;
}

static void
open_cache (Place * place)
{
  CupCacheSettings settings = { place->folder, place->refresh };
  GError *error = NULL;

  place->cache = cup_cache_open (&settings, on_warning, place, NULL, &error);
  g_assert_no_error (error);
}

static Place *
new_place (guint64 max_requests)
{
  CupBudgetLimits limits = {.max_requests = max_requests };
  Place *place = g_new0 (Place, 1);

  place->folder = make_folder ();
  place->engine = g_object_new (TEST_TYPE_ENGINE, NULL);
  place->budget = cup_budget_new ();
  cup_budget_set_limits (place->budget, &limits);
  place->key = make_key (1);
  g_mutex_init (&place->lock);
  g_cond_init (&place->cond);
  open_cache (place);
  return place;
}

static void
free_place (Place * place)
{
  g_assert_null (place->journal);
  cup_cache_join (place->cache, TIMEOUT);
  cup_cache_unref (place->cache);
  cup_budget_unref (place->budget);
  g_object_unref (place->engine);
  g_clear_error (&place->answer);
  g_mutex_clear (&place->lock);
  g_cond_clear (&place->cond);
  remove_all (place->folder);
  g_free (place->folder);
  g_free (place);
}

static gboolean
open_ledger (Place * place, GError ** error)
{
  CupLedgerSettings settings = { place->engine, place->cache, &place->key };
  gboolean opened;

  cup_cache_join (place->cache, TIMEOUT);
  cup_cache_find (place->cache, &place->key, TRUE, &place->finding);
  place->cancellable = g_cancellable_new ();
  settings.finding = &place->finding;
  settings.budget = place->budget;
  settings.megapixels = 1;
  settings.cancellable = place->cancellable;
  opened = cup_ledger_open (&settings, &place->ledger, &place->journal, error);
  cup_cache_finding_clear (&place->finding);
  g_object_unref (place->cancellable);
  return opened;
}

static void
open_as (Place * place, CupCacheFind find)
{
  GError *error = NULL;

  g_assert_true (open_ledger (place, &error));
  g_assert_no_error (error);
  g_assert_cmpint (place->finding.find, ==, find);
}

/* The job ends. */
static void
close_ledger (Place * place)
{
  g_clear_pointer (&place->journal, cup_journal_unref);
  place->ledger = NULL;
}

/* The process ends: all claims are left, and another one has the folder. */
static void
renew (Place * place)
{
  cup_cache_join (place->cache, TIMEOUT);
  cup_cache_unref (place->cache);
  open_cache (place);
}

static void
on_answer (GError * error, gpointer data)
{
  Place *place = data;

  g_mutex_lock (&place->lock);
  place->n_answers++;
  g_clear_error (&place->answer);
  place->answer = error;
  g_cond_signal (&place->cond);
  g_mutex_unlock (&place->lock);
}

static const GError *
ask (Place * place)
{
  guint n = place->n_answers;

  cup_journal_may_submit (place->journal, on_answer, place);
  g_mutex_lock (&place->lock);
  while (place->n_answers == n)
    g_cond_wait (&place->cond, &place->lock);
  g_mutex_unlock (&place->lock);
  return place->answer;
}

static void
accept (Place * place)
{
  CupJournalRequest *request = cup_journal_request_new ("request-1",
      "https://example.com/status", NULL, NULL, NULL);

  g_assert_no_error (ask (place));
  cup_journal_accepted (place->journal, request);
  cup_journal_request_free (request);
}

static CupResult *
make_result (void)
{
  GBytes *bytes = make_picture (1, 1);
  CupImageInfo info;
  CupResult *result;

  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  result = cup_result_new_bytes (bytes, &info);
  result->request_id = g_strdup ("request-1");
  result->has_seed = TRUE;
  result->seed = -7;
  result->inference_time = 1.5;
  result->bytes_up = 100;
  result->bytes_down = 200;
  result->submissions = 1;
  return result;
}

static void
assert_figures (Place * place, guint64 requests, guint64 reserved,
    guint64 saved)
{
  CupBudgetFigures figures;

  cup_budget_get_figures (place->budget, &figures);
  g_assert_cmpuint (figures.requests, ==, requests);
  g_assert_cmpuint (figures.reserved, ==, reserved);
  g_assert_cmpuint (figures.saved_requests, ==, saved);
}

static CupCacheFind
find (Place * place, gboolean claim)
{
  CupCacheFinding finding;

  cup_cache_join (place->cache, TIMEOUT);
  cup_cache_find (place->cache, &place->key, claim, &finding);
  if (finding.claimed)
    cup_cache_release (place->cache, &place->key);
  cup_cache_finding_clear (&finding);
  return finding.find;
}

static void
test_result (void)
{
  Place *place = new_place (0);
  CupResult *result = make_result ();
  CupCacheFinding finding;

  open_as (place, CUP_CACHE_NONE);
  assert_figures (place, 0, 1, 0);
  accept (place);
  g_assert_cmpint (find (place, TRUE), ==, CUP_CACHE_BUSY);
  cup_ledger_note_result (place->ledger, result);
  close_ledger (place);
  assert_figures (place, 1, 0, 0);

  cup_cache_join (place->cache, TIMEOUT);
  cup_cache_find (place->cache, &place->key, FALSE, &finding);
  g_assert_cmpint (finding.find, ==, CUP_CACHE_STORED);
  g_assert_false (finding.claimed);
  g_assert_true (g_bytes_equal (finding.result->bytes, result->bytes));
  g_assert_cmpint (finding.result->origin, ==, CUP_RESULT_STORED);
  g_assert_cmpstr (finding.result->request_id, ==, "request-1");
  g_assert_cmpint (finding.result->seed, ==, -7);
  g_assert_cmpfloat (finding.result->inference_time, ==, 1.5);
  g_assert_cmpuint (finding.result->submissions, ==, 0);
  g_assert_cmpuint (finding.result->bytes_up, ==, 0);
  cup_cache_finding_clear (&finding);
  cup_result_free (result);
  g_assert_cmpuint (place->n_warnings, ==, 0);
  free_place (place);
}

static void
test_not_sent (void)
{
  Place *place = new_place (1);

  open_as (place, CUP_CACHE_NONE);
  close_ledger (place);
  assert_figures (place, 0, 0, 0);
  g_assert_cmpint (find (place, TRUE), ==, CUP_CACHE_NONE);

  /* Before the job's end is told: whoever hears of it may send the next. */
  open_as (place, CUP_CACHE_NONE);
  cup_ledger_note_failure (place->ledger);
  assert_figures (place, 0, 0, 0);
  close_ledger (place);
  assert_figures (place, 0, 0, 0);
  free_place (place);
}

static void
test_refused (void)
{
  Place *place = new_place (1);

  open_as (place, CUP_CACHE_NONE);
  g_assert_no_error (ask (place));
  cup_journal_refused (place->journal);
  /* The reservation is still there for another try. */
  assert_figures (place, 0, 1, 0);
  g_assert_no_error (ask (place));
  cup_journal_refused (place->journal);
  close_ledger (place);
  assert_figures (place, 0, 0, 0);
  g_assert_cmpint (find (place, TRUE), ==, CUP_CACHE_NONE);
  free_place (place);
}

static void
test_resumed (void)
{
  Place *place = new_place (1);
  CupResult *result = make_result ();

  open_as (place, CUP_CACHE_NONE);
  accept (place);
  /* The deadline is over. */
  g_assert_true (cup_journal_keeps (place->journal));
  close_ledger (place);
  assert_figures (place, 1, 0, 0);

  renew (place);
  open_as (place, CUP_CACHE_RESUMABLE);
  g_assert_cmpstr (cup_journal_get_resumed (place->journal)->request_id, ==,
      "request-1");
  g_assert_cmpstr (cup_journal_get_resumed (place->journal)->status_url, ==,
      "https://example.com/status");
  assert_figures (place, 1, 0, 0);
  cup_ledger_note_result (place->ledger, result);
  close_ledger (place);
  /* It was paid for before. */
  assert_figures (place, 1, 0, 1);
  g_assert_cmpint (find (place, TRUE), ==, CUP_CACHE_STORED);
  cup_result_free (result);
  free_place (place);
}

/* What the user takes back is not gone on with; but what ends because all does
 * is. */
static void
test_cancelled (void)
{
  Place *place = new_place (0);

  open_as (place, CUP_CACHE_NONE);
  accept (place);
  g_cancellable_cancel (place->cancellable);
  g_assert_false (cup_journal_keeps (place->journal));
  close_ledger (place);
  /* It may be charged for all the same. */
  assert_figures (place, 1, 0, 0);
  g_assert_cmpint (find (place, TRUE), ==, CUP_CACHE_NONE);

  /* It was not asked: there was nothing to be cancelled. */
  open_as (place, CUP_CACHE_NONE);
  accept (place);
  g_cancellable_cancel (place->cancellable);
  close_ledger (place);
  open_as (place, CUP_CACHE_RESUMABLE);
  cup_journal_lost (place->journal);
  close_ledger (place);

  open_as (place, CUP_CACHE_NONE);
  accept (place);
  cup_job_leave (place->cancellable);
  g_assert_true (cup_journal_keeps (place->journal));
  close_ledger (place);
  g_assert_cmpint (find (place, TRUE), ==, CUP_CACHE_RESUMABLE);
  free_place (place);
}

static void
test_uncertain (void)
{
  Place *place = new_place (0);

  open_as (place, CUP_CACHE_NONE);
  g_assert_no_error (ask (place));
  close_ledger (place);
  assert_figures (place, 1, 0, 0);
  g_assert_cmpuint (cup_cache_get_uncertain (place->cache), ==, 0);
  open_as (place, CUP_CACHE_UNCERTAIN);
  g_assert_cmpuint (cup_cache_get_uncertain (place->cache), ==, 1);
  g_assert_cmpuint (place->n_warnings, ==, 1);
  accept (place);
  close_ledger (place);
  assert_figures (place, 2, 0, 0);
  g_assert_cmpint (find (place, TRUE), ==, CUP_CACHE_RESUMABLE);
  free_place (place);
}

static void
test_lost (void)
{
  Place *place = new_place (1);

  open_as (place, CUP_CACHE_NONE);
  accept (place);
  cup_journal_lost (place->journal);
  assert_figures (place, 0, 0, 0);
  /* Nothing was charged: there is one left. */
  accept (place);
  cup_journal_lost (place->journal);
  close_ledger (place);
  assert_figures (place, 0, 0, 0);
  g_assert_cmpint (find (place, TRUE), ==, CUP_CACHE_NONE);
  free_place (place);
}

/* A submission that is repeated though the first may have been accepted counts
 * twice, and needs to be allowed twice. */
static void
test_double (void)
{
  Place *place = new_place (1);

  open_as (place, CUP_CACHE_NONE);
  g_assert_no_error (ask (place));
  g_assert_error (ask (place), CUP_ERROR, CUP_ERROR_BUDGET);
  close_ledger (place);
  assert_figures (place, 1, 0, 0);
  free_place (place);

  place = new_place (2);
  open_as (place, CUP_CACHE_NONE);
  g_assert_no_error (ask (place));
  accept (place);
  close_ledger (place);
  assert_figures (place, 2, 0, 0);
  free_place (place);
}

/* What may not be sent leaves no claim behind; what was sent before needs no
 * budget. */
static void
test_budget (void)
{
  Place *place = new_place (1);
  GError *error = NULL;

  open_as (place, CUP_CACHE_NONE);
  accept (place);
  close_ledger (place);

  place->key = make_key (2);
  g_assert_false (open_ledger (place, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_BUDGET);
  g_clear_error (&error);
  g_assert_cmpint (find (place, TRUE), ==, CUP_CACHE_NONE);

  place->key = make_key (1);
  open_as (place, CUP_CACHE_RESUMABLE);
  cup_journal_lost (place->journal);
  /* That one was of the budget of the run that had sent it: this run's is used
   * up. */
  g_assert_error (ask (place), CUP_ERROR, CUP_ERROR_BUDGET);
  close_ledger (place);
  free_place (place);
}

/* Once: what this run has made is not made again. */
static void
test_refresh (void)
{
  Place *place = new_place (0);
  CupResult *result = make_result ();

  open_as (place, CUP_CACHE_NONE);
  accept (place);
  close_ledger (place);
  place->refresh = TRUE;
  renew (place);
  /* What was paid for is gone on with all the same. */
  open_as (place, CUP_CACHE_RESUMABLE);
  cup_ledger_note_result (place->ledger, result);
  close_ledger (place);
  assert_figures (place, 1, 0, 1);
  g_assert_cmpint (find (place, TRUE), ==, CUP_CACHE_STORED);
  renew (place);
  open_as (place, CUP_CACHE_NONE);
  close_ledger (place);
  g_assert_cmpint (find (place, FALSE), ==, CUP_CACHE_NONE);
  place->refresh = FALSE;
  renew (place);
  g_assert_cmpint (find (place, FALSE), ==, CUP_CACHE_STORED);
  cup_result_free (result);
  free_place (place);
}

static void
test_uploads (void)
{
  Place *place = new_place (0);
  GBytes *bytes = make_picture (1, 0);
  gchar *url;

  open_as (place, CUP_CACHE_NONE);
  g_assert_null (cup_journal_lookup_upload (place->journal, bytes, "here"));
  cup_journal_add_upload (place->journal, bytes, "here",
      "https://example.com/1.png", G_TIME_SPAN_DAY);
  cup_cache_join (place->cache, TIMEOUT);
  url = cup_journal_lookup_upload (place->journal, bytes, "here");
  g_assert_cmpstr (url, ==, "https://example.com/1.png");
  g_free (url);
  g_assert_null (cup_journal_lookup_upload (place->journal, bytes, "there"));
  cup_journal_remove_upload (place->journal, bytes, "here");
  cup_cache_join (place->cache, TIMEOUT);
  g_assert_null (cup_journal_lookup_upload (place->journal, bytes, "here"));
  close_ledger (place);
  g_bytes_unref (bytes);
  free_place (place);
}

/* Waiting */

static void
on_free (gpointer data)
{
  Place *place = data;

  g_mutex_lock (&place->lock);
  place->n_answers++;
  g_cond_signal (&place->cond);
  g_mutex_unlock (&place->lock);
}

static void
wait_free (Place * place, guint n)
{
  g_mutex_lock (&place->lock);
  while (place->n_answers < n)
    g_cond_wait (&place->cond, &place->lock);
  g_mutex_unlock (&place->lock);
}

static void
test_wait (void)
{
  Place *place = new_place (0);
  CupCache *ours = place->cache;
  CupStoreKey second = make_key (2);
  CupCacheFinding finding;

  /* Of another element, or process. */
  open_cache (place);
  cup_cache_find (place->cache, &place->key, TRUE, &finding);
  g_assert_true (finding.claimed);
  cup_cache_find (place->cache, &second, TRUE, &finding);
  g_assert_true (finding.claimed);
  cup_cache_find (ours, &place->key, TRUE, &finding);
  g_assert_cmpint (finding.find, ==, CUP_CACHE_BUSY);
  g_assert_false (finding.claimed);

  cup_cache_wait (ours, &second, on_free, place);
  cup_cache_wait (ours, &place->key, on_free, place);
  cup_cache_forget (place->cache, &place->key);
  wait_free (place, 2);
  cup_cache_find (ours, &place->key, TRUE, &finding);
  g_assert_cmpint (finding.find, ==, CUP_CACHE_NONE);

  cup_cache_wait (ours, &second, on_free, place);
  cup_cache_wake (ours);
  wait_free (place, 3);
  cup_cache_join (ours, TIMEOUT);
  cup_cache_unref (ours);
  free_place (place);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ledger/result", test_result);
  g_test_add_func ("/ledger/not-sent", test_not_sent);
  g_test_add_func ("/ledger/refused", test_refused);
  g_test_add_func ("/ledger/resumed", test_resumed);
  g_test_add_func ("/ledger/cancelled", test_cancelled);
  g_test_add_func ("/ledger/uncertain", test_uncertain);
  g_test_add_func ("/ledger/lost", test_lost);
  g_test_add_func ("/ledger/double", test_double);
  g_test_add_func ("/ledger/budget", test_budget);
  g_test_add_func ("/ledger/refresh", test_refresh);
  g_test_add_func ("/ledger/uploads", test_uploads);
  g_test_add_func ("/ledger/wait", test_wait);
  return g_test_run ();
}
