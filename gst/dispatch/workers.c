/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "workers.h"

#include "base/pool.h"

struct _CupWorkers
{
  gint ref_count;
  guint n_threads;
  CupPool *pools[2];            /* by CupWorkKind */
};

static gint default_n_threads;

typedef struct
{
  CupWorkFunc func;
  gpointer data;
} CupWork;

static void
run_work (gpointer item, gpointer user_data)
{
  CupWork *work = item;

  work->func (work->data);
  g_free (work);
}

void
cup_workers_set_default_n_threads (guint n_threads)
{
  g_atomic_int_set (&default_n_threads, (gint) n_threads);
}

CupWorkers *
cup_workers_new (guint n_threads)
{
  CupWorkers *workers = g_new0 (CupWorkers, 1);
  guint i;

  if (n_threads == 0)
    n_threads = (guint) g_atomic_int_get (&default_n_threads);
  workers->ref_count = 1;
  workers->n_threads = n_threads ? n_threads : g_get_num_processors ();
  for (i = 0; i < G_N_ELEMENTS (workers->pools); i++)
    workers->pools[i] = cup_pool_new (run_work, NULL, workers->n_threads);
  return workers;
}

CupWorkers *
cup_workers_ref (CupWorkers * workers)
{
  g_atomic_int_inc (&workers->ref_count);
  return workers;
}

void
cup_workers_unref (CupWorkers * workers)
{
  guint i;

  if (!g_atomic_int_dec_and_test (&workers->ref_count))
    return;
  for (i = 0; i < G_N_ELEMENTS (workers->pools); i++)
    cup_pool_free (workers->pools[i]);
  g_free (workers);
}

guint
cup_workers_get_n_threads (CupWorkers * workers)
{
  return workers->n_threads;
}

void
cup_workers_push (CupWorkers * workers, CupWorkKind kind, CupWorkFunc func,
    gpointer data)
{
  CupWork *work = g_new (CupWork, 1);

  work->func = func;
  work->data = data;
  cup_pool_push (workers->pools[kind], work);
}
