/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run.h"

/* By what runs are found. */
typedef struct
{
  CupStoreKey key;
  guint variant;
} Identity;

struct _CupRuns
{
  gint ref_count;
  void (*unwanted) (gpointer user_data);
  gpointer user_data;
  GDestroyNotify destroy;

  GMutex lock;                  /* guards all below, in runs and waiters, too */
  GHashTable *table;            /* Identity → CupRun, neither is owned */
};

/* A job that wants the result of a run. */
typedef struct
{
  gint ref_count;
  CupRuns *runs;
  CupJob *job;
  gulong handler;               /* of the job's cancellable */
  CupRun *run;                  /* not owned; NULL once the job is completed */
} Waiter;

struct _CupRun
{
  gint ref_count;
  CupRuns *runs;
  CupJob *job;                  /* until it is completed */
  CupRunEnd end;
  gpointer user_data;
  GDestroyNotify destroy;

  GQueue waiters;
  Identity identity;
  gboolean is_listed;           /* by its identity */
  gboolean is_left;             /* a waiter ended because everything does */
};

static guint
identity_hash (gconstpointer data)
{
  const Identity *identity = data;

  return cup_store_key_hash (&identity->key) ^ identity->variant;
}

static gboolean
identity_equal (gconstpointer a, gconstpointer b)
{
  const Identity *one = a, *other = b;

  return one->variant == other->variant
      && cup_store_key_equal (&one->key, &other->key);
}

CupRuns *
cup_runs_new (void (*unwanted) (gpointer user_data), gpointer user_data,
    GDestroyNotify destroy)
{
  CupRuns *runs = g_new0 (CupRuns, 1);

  runs->ref_count = 1;
  runs->unwanted = unwanted;
  runs->user_data = user_data;
  runs->destroy = destroy;
  g_mutex_init (&runs->lock);
  runs->table = g_hash_table_new (identity_hash, identity_equal);
  return runs;
}

CupRuns *
cup_runs_ref (CupRuns * runs)
{
  g_atomic_int_inc (&runs->ref_count);
  return runs;
}

void
cup_runs_unref (CupRuns * runs)
{
  if (!g_atomic_int_dec_and_test (&runs->ref_count))
    return;
  if (runs->destroy)
    runs->destroy (runs->user_data);
  g_hash_table_unref (runs->table);
  g_mutex_clear (&runs->lock);
  g_free (runs);
}

/* Waiters */

static void
waiter_unref (Waiter * waiter)
{
  if (!g_atomic_int_dec_and_test (&waiter->ref_count))
    return;
  cup_job_unref (waiter->job);
  cup_runs_unref (waiter->runs);
  g_free (waiter);
}

static void
drop_waiter (gpointer data, GClosure * closure)
{
  waiter_unref (data);
}

/* In the thread that cancels the job. */
static void
on_cancelled (GCancellable * cancellable, gpointer user_data)
{
  Waiter *waiter = user_data;
  CupRuns *runs = waiter->runs;
  CupJob *unwanted = NULL;
  gboolean is_left = cup_job_was_left (cancellable);
  CupRun *run;

  g_mutex_lock (&runs->lock);
  run = g_steal_pointer (&waiter->run);
  if (run) {
    is_left = run->is_left = run->is_left || is_left;
    g_queue_remove (&run->waiters, waiter);
    if (g_queue_is_empty (&run->waiters) && run->job)
      unwanted = cup_job_ref (run->job);
  }
  g_mutex_unlock (&runs->lock);
  if (!run)
    return;

  g_signal_handler_disconnect (cancellable, waiter->handler);
  cup_job_return_if_cancelled (waiter->job);
  if (unwanted) {
    if (is_left)
      cup_job_leave (cup_job_get_cancellable (unwanted));
    else
      g_cancellable_cancel (cup_job_get_cancellable (unwanted));
    cup_job_unref (unwanted);
    if (runs->unwanted)
      runs->unwanted (runs->user_data);
  }
  /* The queue's. */
  waiter_unref (waiter);
}

/* Takes @job. */
static void
add_waiter (CupRun * run, CupJob * job)
{
  GCancellable *cancellable = cup_job_get_cancellable (job);
  Waiter *waiter = g_new0 (Waiter, 1);

  waiter->ref_count = 3;        /* the queue's, the handler's, and this one */
  waiter->runs = cup_runs_ref (run->runs);
  waiter->job = job;
  waiter->run = run;
  g_mutex_lock (&run->runs->lock);
  g_queue_push_tail (&run->waiters, waiter);
  /* Not g_cancellable_connect(): what it connects can only be disconnected by
   * waiting for a handler that runs, and that may be this very thread. */
  waiter->handler = g_signal_connect_data (cancellable, "cancelled",
      G_CALLBACK (on_cancelled), waiter, drop_waiter, 0);
  g_mutex_unlock (&run->runs->lock);
  if (g_cancellable_is_cancelled (cancellable))
    on_cancelled (cancellable, waiter);
  waiter_unref (waiter);
}

/* Takes the queue's reference of @waiter, and @result or @error. */
static void
complete_waiter (Waiter * waiter, CupResult * result, GError * error)
{
  g_signal_handler_disconnect (cup_job_get_cancellable (waiter->job),
      waiter->handler);
  if (result)
    cup_job_pass_result (waiter->job, result);
  else
    cup_job_return_error (waiter->job, error);
  waiter_unref (waiter);
}

/* The run's own job */

/* The first one's, who has seen what came before. */
static void
job_progress (CupJob * job, const CupProgress * progress, gpointer user_data)
{
  CupRun *run = user_data;
  Waiter *first;
  CupJob *outer;

  g_mutex_lock (&run->runs->lock);
  first = g_queue_peek_head (&run->waiters);
  outer = first ? cup_job_ref (first->job) : NULL;
  g_mutex_unlock (&run->runs->lock);
  if (!outer)
    return;
  cup_job_report_progress (outer, progress);
  cup_job_unref (outer);
}

static CupResult *
share_result (CupRun * run, const CupResult * result)
{
  CupResult *copy = cup_result_copy (result);

  if (copy->origin == CUP_RESULT_MADE)
    copy->origin = CUP_RESULT_SHARED;
  if (run->end)
    run->end (run, copy, NULL, run->user_data);
  return copy;
}

static GList *
take_waiters (CupRun * run)
{
  GList *waiters, *walk;

  g_mutex_lock (&run->runs->lock);
  if (run->is_listed)
    g_hash_table_remove (run->runs->table, &run->identity);
  run->is_listed = FALSE;
  waiters = run->waiters.head;
  g_queue_init (&run->waiters);
  for (walk = waiters; walk; walk = walk->next)
    ((Waiter *) walk->data)->run = NULL;
  g_mutex_unlock (&run->runs->lock);
  return waiters;
}

/* In the thread that completes it. */
static void
job_done (CupJob * job, CupResult * result, GError * error, gpointer user_data)
{
  CupRun *run = cup_run_ref (user_data);
  GList *waiters, *walk;
  guint width, height;

  cup_job_get_size (job, &width, &height);
  if (run->end)
    run->end (run, result, error, run->user_data);
  waiters = take_waiters (run);
  for (walk = waiters; walk; walk = walk->next) {
    Waiter *waiter = walk->data;

    cup_job_set_size (waiter->job, width, height);
    /* The first one gets it, the others copies. */
    if (result && walk != waiters)
      complete_waiter (waiter, share_result (run, result), NULL);
    else if (!result)
      complete_waiter (waiter, NULL, g_error_copy (error));
  }
  if (result && waiters)
    complete_waiter (waiters->data, g_steal_pointer (&result), NULL);
  g_list_free (waiters);
  g_clear_pointer (&result, cup_result_free);
  g_clear_error (&error);

  g_mutex_lock (&run->runs->lock);
  run->job = NULL;
  g_mutex_unlock (&run->runs->lock);
  cup_job_unref (job);
  cup_run_unref (run);
}

CupRun *
cup_run_new (CupRuns * runs, CupJob * job, CupRunEnd end, gpointer user_data,
    GDestroyNotify destroy)
{
  CupRun *run = g_new0 (CupRun, 1);

  run->ref_count = 1;
  run->runs = cup_runs_ref (runs);
  run->end = end;
  run->user_data = user_data;
  run->destroy = destroy;
  g_queue_init (&run->waiters);
  run->job = cup_job_new_from (job);
  cup_job_set_progress (run->job, job_progress, cup_run_ref (run),
      (GDestroyNotify) cup_run_unref);
  cup_job_set_callback (run->job, job_done, cup_run_ref (run),
      (GDestroyNotify) cup_run_unref);
  add_waiter (run, job);
  return run;
}

CupRun *
cup_run_ref (CupRun * run)
{
  g_atomic_int_inc (&run->ref_count);
  return run;
}

void
cup_run_unref (CupRun * run)
{
  if (!g_atomic_int_dec_and_test (&run->ref_count))
    return;
  if (run->destroy)
    run->destroy (run->user_data);
  cup_runs_unref (run->runs);
  g_free (run);
}

gpointer
cup_run_get_data (CupRun * run)
{
  return run->user_data;
}

CupJob *
cup_run_get_job (CupRun * run)
{
  return run->job;
}

gboolean
cup_run_is_wanted (CupRun * run)
{
  gboolean wanted;

  g_mutex_lock (&run->runs->lock);
  wanted = !g_queue_is_empty (&run->waiters);
  g_mutex_unlock (&run->runs->lock);
  return wanted;
}

gboolean
cup_run_merge (CupRun * run, const CupStoreKey * key, guint variant)
{
  CupRuns *runs = run->runs;
  CupRun *other;
  Waiter *waiter;

  run->identity.key = *key;
  run->identity.variant = variant;
  g_mutex_lock (&runs->lock);
  other = g_hash_table_lookup (runs->table, &run->identity);
  /* One that nobody wants is being cancelled. */
  if (other && g_queue_is_empty (&other->waiters))
    other->is_listed = FALSE;
  if (!other || !other->is_listed) {
    g_hash_table_replace (runs->table, &run->identity, run);
    run->is_listed = TRUE;
    g_mutex_unlock (&runs->lock);
    return FALSE;
  }
  while ((waiter = g_queue_pop_head (&run->waiters))) {
    waiter->run = other;
    g_queue_push_tail (&other->waiters, waiter);
  }
  g_mutex_unlock (&runs->lock);
  return TRUE;
}
