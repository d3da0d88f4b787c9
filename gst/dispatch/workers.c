/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "workers.h"

#include "base/queue.h"

struct _CupWorkers
{
  gint ref_count;
  guint n_threads;
  CupQueue *queues[2];          /* by CupWorkKind */
};

static gint default_n_threads;

void
cup_workers_set_default_n_threads (guint n_threads)
{
  g_atomic_int_set (&default_n_threads, (gint) n_threads);
}

CupWorkers *
cup_workers_new (guint n_threads, GError ** error)
{
  static const gchar *const names[] = { "cup-start", "cup-finish" };
  CupWorkers *workers = g_new0 (CupWorkers, 1);
  guint i;

  if (n_threads == 0)
    n_threads = (guint) g_atomic_int_get (&default_n_threads);
  workers->ref_count = 1;
  workers->n_threads = n_threads ? n_threads : g_get_num_processors ();
  for (i = 0; i < G_N_ELEMENTS (workers->queues); i++) {
    workers->queues[i] = cup_queue_new (names[i], workers->n_threads, error);
    if (!workers->queues[i]) {
      cup_workers_unref (workers);
      return NULL;
    }
  }
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
  for (i = 0; i < G_N_ELEMENTS (workers->queues); i++)
    g_clear_pointer (&workers->queues[i], cup_queue_free);
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
  cup_queue_push (workers->queues[kind], func, data);
}
