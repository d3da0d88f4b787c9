/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dispatcher.h"

#include "base/memory.h"
#include "ledger.h"
#include "prepare.h"
#include "run.h"

/* Reference counted by g_atomic_rc_box_…(): runs hold on to it. */
struct _CupDispatcher
{
  CupEngine *engine;
  CupWorkers *workers;
  CupCache *cache;              /* (nullable) */
  CupBudget *budget;            /* (nullable) */
  CupRuns *runs;
  CupUploadFormat upload_format;        /* has a lock of its own */

  GMutex lock;                  /* a leaf; guards below */
  GHashTable *dry;              /* of a dry run: CupStoreKey → GError: what
                                 * would be sent is counted once */
};

/* A run on its way through here: its data. Of the worker that has it, and then
 * of the thread that completes it. */
typedef struct
{
  CupDispatcher *dispatcher;
  CupStoreKey key;
  gboolean has_key;
  CupLedger *ledger;            /* with @journal */
  CupJournal *journal;
} Task;

static void
dispatcher_clear (gpointer data)
{
  CupDispatcher *dispatcher = data;

  g_object_unref (dispatcher->engine);
  cup_workers_unref (dispatcher->workers);
  g_clear_pointer (&dispatcher->cache, cup_cache_unref);
  g_clear_pointer (&dispatcher->budget, cup_budget_unref);
  cup_runs_unref (dispatcher->runs);
  g_hash_table_unref (dispatcher->dry);
  cup_upload_format_clear (&dispatcher->upload_format);
  g_mutex_clear (&dispatcher->lock);
}

static void
dispatcher_unref (gpointer dispatcher)
{
  g_atomic_rc_box_release_full (dispatcher, dispatcher_clear);
}

static void
task_free (gpointer data)
{
  Task *task = data;

  g_clear_pointer (&task->journal, cup_journal_unref);
  dispatcher_unref (task->dispatcher);
  g_free (task);
}

static gboolean
is_dry_run (CupDispatcher * dispatcher)
{
  CupBudgetLimits limits = { 0 };

  if (dispatcher->budget)
    cup_budget_get_limits (dispatcher->budget, &limits);
  return limits.dry_run;
}

/* Only what a service makes is paid for; in a dry run nothing is made. */
static gboolean
is_accounted (CupDispatcher * dispatcher)
{
  return dispatcher->budget && (is_dry_run (dispatcher)
      || cup_engine_get_service (dispatcher->engine));
}

/* Somebody who waits for another process may not want to any more. */
static void
on_unwanted (gpointer cache)
{
  if (cache)
    cup_cache_wake (cache);
}

static void
unref_cache (gpointer cache)
{
  if (cache)
    cup_cache_unref (cache);
}

/* In the thread that completes the run's job. */
static void
on_run_end (CupRun * run, const CupResult * result, const GError * error,
    gpointer user_data)
{
  Task *task = user_data;

  if (!result && task->ledger)
    cup_ledger_note_failure (task->ledger);
  /* What was stored has none, and cost nothing; nor do copies for others. */
  if (result && task->ledger)
    cup_ledger_note_result (task->ledger, result);
  else if (result && is_accounted (task->dispatcher))
    cup_budget_save (task->dispatcher->budget, result);
  /* The engine may have more to say by the job's. */
  task->ledger = NULL;
  g_clear_pointer (&task->journal, cup_journal_unref);
}

/* Only what comes back as it can be kept. */
static gboolean
is_kept (CupDispatcher * dispatcher)
{
  return dispatcher->cache && !(cup_engine_get_accepts (dispatcher->engine)
      & CUP_ENGINE_ACCEPTS_PIXELS);
}

static void go_on (gpointer data);

/* In a dry run: whether the same was counted before. */
static gboolean
was_counted (Task * task, GError ** error)
{
  CupDispatcher *dispatcher = task->dispatcher;
  const GError *known;

  g_mutex_lock (&dispatcher->lock);
  known = task->has_key ? g_hash_table_lookup (dispatcher->dry, &task->key) :
      NULL;
  if (known)
    g_propagate_error (error, g_error_copy (known));
  g_mutex_unlock (&dispatcher->lock);
  return known != NULL;
}

static void
note_counted (Task * task, const GError * error)
{
  CupDispatcher *dispatcher = task->dispatcher;

  if (!task->has_key)
    return;
  g_mutex_lock (&dispatcher->lock);
  g_hash_table_replace (dispatcher->dry,
      g_memdup2 (&task->key, sizeof (task->key)), g_error_copy (error));
  g_mutex_unlock (&dispatcher->lock);
}

/* The claim in @finding is taken over, or ended. */
static gboolean
open_ledger (Task * task, CupJob * job, const CupCacheFinding * finding,
    GError ** error)
{
  CupDispatcher *dispatcher = task->dispatcher;
  gboolean kept = is_kept (dispatcher) && task->has_key;
  gboolean accounted = is_accounted (dispatcher);
  CupLedgerSettings settings = { dispatcher->engine };
  GError *reason = NULL;

  if (!kept && !accounted)
    return TRUE;
  if (is_dry_run (dispatcher) && was_counted (task, error))
    return FALSE;
  settings.cache = kept ? dispatcher->cache : NULL;
  settings.key = &task->key;
  settings.finding = finding;
  settings.budget = accounted ? dispatcher->budget : NULL;
  settings.megapixels = cup_budget_expect (job);
  settings.cancellable = cup_job_get_cancellable (job);
  if (!cup_ledger_open (&settings, &task->ledger, &task->journal, &reason)) {
    if (is_dry_run (dispatcher))
      note_counted (task, reason);
    g_propagate_error (error, reason);
    return FALSE;
  }
  cup_job_set_journal (job, cup_journal_ref (task->journal));
  return TRUE;
}

/* The job is identified, and this is the only run for it. */
static void
ask_engine (Task * task, CupJob * job, const CupCacheFinding * finding)
{
  CupEngine *engine = task->dispatcher->engine;
  GError *error = NULL;

  if (open_ledger (task, job, finding, &error)
      && cup_prepare_encode (engine, job, &task->dispatcher->upload_format,
          &error))
    cup_engine_upscale_async (engine, job);
  else
    cup_job_return_error (job, error);
}

static void
queue (CupRun * run, CupWorkFunc func)
{
  Task *task = cup_run_get_data (run);

  cup_workers_push (task->dispatcher->workers, CUP_WORK_START, func, run);
}

static void
try_again (gpointer run)
{
  queue (run, go_on);
}

/* On a worker. Takes @data, a run. */
static void
go_on (gpointer data)
{
  CupRun *run = data;
  Task *task = cup_run_get_data (run);
  CupDispatcher *dispatcher = task->dispatcher;
  CupJob *job = cup_job_ref (cup_run_get_job (run));
  CupCacheFinding finding = { CUP_CACHE_NONE };

  if (cup_job_return_if_cancelled (job)) {
    cup_job_unref (job);
    cup_run_unref (run);
    return;
  }
  if (task->has_key && is_kept (dispatcher))
    cup_cache_find (dispatcher->cache, &task->key, !is_dry_run (dispatcher),
        &finding);
  if (finding.find == CUP_CACHE_BUSY) {
    cup_cache_wait (dispatcher->cache, &task->key, try_again,
        g_steal_pointer (&run));
    /* Nobody else tells when it was cancelled just before. */
    if (g_cancellable_is_cancelled (cup_job_get_cancellable (job)))
      cup_cache_wake (dispatcher->cache);
  } else if (finding.find == CUP_CACHE_STORED) {
    cup_job_return_result (job, g_steal_pointer (&finding.result));
  } else if (finding.find == CUP_CACHE_UNUSABLE) {
    cup_job_return_error (job, g_steal_pointer (&finding.error));
  } else if (finding.find == CUP_CACHE_RESUMABLE && !finding.claimed) {
    cup_job_return_error (job, cup_budget_new_dry_error ("dry-run=true: a "
            "request that an earlier run has submitted would be gone on with"));
  } else {
    ask_engine (task, job, &finding);
  }
  cup_cache_finding_clear (&finding);
  cup_job_unref (job);
  g_clear_pointer (&run, cup_run_unref);
}

/* On a worker. Takes @data, a run. */
static void
start (gpointer data)
{
  CupRun *run = data;
  Task *task = cup_run_get_data (run);
  CupDispatcher *dispatcher = task->dispatcher;
  CupJob *job = cup_job_ref (cup_run_get_job (run));
  GError *error = NULL;
  gboolean merged = FALSE;

  if (cup_job_return_if_cancelled (job)) {
    /* Nothing was begun. */
  } else if (!cup_prepare_load (dispatcher->engine, job, &error)) {
    cup_job_return_error (job, error);
  } else {
    task->has_key = cup_prepare_identify (dispatcher->engine, job,
        is_kept (dispatcher), &task->key);
    merged = task->has_key
        && cup_run_merge (run, &task->key, cup_job_get_colour_match (job));
    if (!merged)
      go_on (cup_run_ref (run));
  }
  if (merged)
    cup_job_return_error (job, g_error_new_literal (G_IO_ERROR,
            G_IO_ERROR_CANCELLED, "another run is for the same"));
  cup_job_unref (job);
  cup_run_unref (run);
}

CupDispatcher *
cup_dispatcher_new (CupEngine * engine, CupWorkers * workers,
    CupCache * cache, CupBudget * budget)
{
  CupDispatcher *dispatcher = g_atomic_rc_box_new0 (CupDispatcher);

  dispatcher->engine = g_object_ref (engine);
  dispatcher->workers = cup_workers_ref (workers);
  dispatcher->cache = cache ? cup_cache_ref (cache) : NULL;
  dispatcher->budget = budget ? cup_budget_ref (budget) : NULL;
  dispatcher->runs = cup_runs_new (on_unwanted,
      cache ? cup_cache_ref (cache) : NULL, unref_cache);
  cup_upload_format_init (&dispatcher->upload_format);
  cup_memory_keep ();
  g_mutex_init (&dispatcher->lock);
  dispatcher->dry = g_hash_table_new_full (cup_store_key_hash,
      cup_store_key_equal, g_free, (GDestroyNotify) g_error_free);
  return dispatcher;
}

void
cup_dispatcher_free (CupDispatcher * dispatcher)
{
  /* Not with the last reference: jobs that were given up may take long. */
  cup_memory_let_go ();
  dispatcher_unref (dispatcher);
}

void
cup_dispatcher_submit (CupDispatcher * dispatcher, CupJob * job)
{
  Task *task = g_new0 (Task, 1);

  task->dispatcher = g_atomic_rc_box_acquire (dispatcher);
  queue (cup_run_new (dispatcher->runs, job, on_run_end, task, task_free),
      start);
}
