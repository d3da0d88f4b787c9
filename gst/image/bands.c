/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A piece of work is a counter of bands that are taken. Helpers are asked for
 * through a pool's queue; one that comes late finds no band left, and only lets
 * go of the work, which lives until then.
 *
 * The pool is not exclusive: its threads come from those that GLib keeps for all
 * such pools of the process, and end when they have been idle for a while. It is
 * made once and never freed, like the plugin itself.
 */
#include "bands.h"

typedef struct
{
  gint ref_count;               /* atomic */
  guint n_bands;
  CupBandFunc func;
  gpointer data;                /* the caller's: valid while bands are left */

  GMutex lock;                  /* guards what follows; a leaf */
  GCond idle;
  guint next;                   /* the band to be taken */
  guint n_running;
} Work;

static gint max_threads;        /* atomic; 0: one a core */

static void
work_unref (Work * work)
{
  if (!g_atomic_int_dec_and_test (&work->ref_count))
    return;
  g_mutex_clear (&work->lock);
  g_cond_clear (&work->idle);
  g_free (work);
}

/* Takes bands until there are none. */
static void
take_bands (Work * work)
{
  g_mutex_lock (&work->lock);
  while (work->next < work->n_bands) {
    guint band = work->next++;

    work->n_running++;
    g_mutex_unlock (&work->lock);
    work->func (band, work->data);
    g_mutex_lock (&work->lock);
    if (--work->n_running == 0)
      g_cond_signal (&work->idle);
  }
  g_mutex_unlock (&work->lock);
}

static void
help (gpointer data, gpointer user_data)
{
  Work *work = data;

  take_bands (work);
  work_unref (work);
}

/* NULL where there is one core, or the system has no threads to give. */
static GThreadPool *
get_pool (void)
{
  static gsize once;
  static GThreadPool *pool;

  if (g_once_init_enter (&once)) {
    if (g_get_num_processors () > 1)
      pool = g_thread_pool_new (help, NULL, g_get_num_processors () - 1, FALSE,
          NULL);
    g_once_init_leave (&once, 1);
  }
  return pool;
}

static void
ask_for_help (Work * work, guint n_helpers)
{
  GThreadPool *pool = n_helpers > 0 ? get_pool () : NULL;
  guint i;

  for (i = 0; pool && i < n_helpers; i++) {
    g_atomic_int_inc (&work->ref_count);
    /* TRUE also where it could start no thread: then it is done by the next
     * that is free. */
    g_thread_pool_push (pool, work, NULL);
  }
}

void
cup_bands_run (guint n_bands, CupBandFunc func, gpointer data)
{
  guint n_threads = g_atomic_int_get (&max_threads);
  Work *work = g_new0 (Work, 1);

  if (n_threads == 0)
    n_threads = g_get_num_processors ();
  work->ref_count = 1;
  work->n_bands = n_bands;
  work->func = func;
  work->data = data;
  g_mutex_init (&work->lock);
  g_cond_init (&work->idle);

  ask_for_help (work, MIN (n_bands, n_threads) - 1);
  take_bands (work);

  g_mutex_lock (&work->lock);
  while (work->n_running > 0)
    g_cond_wait (&work->idle, &work->lock);
  g_mutex_unlock (&work->lock);
  work_unref (work);
}

void
cup_bands_set_n_threads (guint n_threads)
{
  g_atomic_int_set (&max_threads, n_threads);
}
