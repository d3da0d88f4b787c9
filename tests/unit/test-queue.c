/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/queue.h"

#define N_WORK 200

typedef struct
{
  CupQueue *queue;
  GMutex lock;
  GCond cond;
  guint n_done;
  guint n_inside;
  guint most_inside;
  gboolean is_open;             /* work goes on */
  GHashTable *threads;          /* those that worked */
} Site;

static void
site_init (Site * site, guint max_threads)
{
  GError *error = NULL;

  g_mutex_init (&site->lock);
  g_cond_init (&site->cond);
  site->n_done = site->n_inside = site->most_inside = 0;
  site->is_open = TRUE;
  site->threads = g_hash_table_new (NULL, NULL);
  site->queue = cup_queue_new ("test-queue", max_threads, &error);
  g_assert_no_error (error);
}

static void
wait_for (Site * site, guint n_done)
{
  g_mutex_lock (&site->lock);
  while (site->n_done < n_done)
    g_cond_wait (&site->cond, &site->lock);
  g_mutex_unlock (&site->lock);
}

static void
site_clear (Site * site)
{
  g_hash_table_unref (site->threads);
  g_mutex_clear (&site->lock);
  g_cond_clear (&site->cond);
}

static void
work (gpointer data)
{
  Site *site = data;

  g_mutex_lock (&site->lock);
  g_hash_table_add (site->threads, g_thread_self ());
  site->n_inside++;
  site->most_inside = MAX (site->most_inside, site->n_inside);
  g_cond_broadcast (&site->cond);
  while (!site->is_open)
    g_cond_wait (&site->cond, &site->lock);
  site->n_inside--;
  site->n_done++;
  g_cond_broadcast (&site->cond);
  g_mutex_unlock (&site->lock);
}

/* As many threads as may be work at once, and no more. */
static void
test_threads (void)
{
  Site site;
  guint i;

  site_init (&site, 3);
  site.is_open = FALSE;
  for (i = 0; i < N_WORK; i++)
    cup_queue_push (site.queue, work, &site);
  g_mutex_lock (&site.lock);
  while (site.n_inside < 3)
    g_cond_wait (&site.cond, &site.lock);
  site.is_open = TRUE;
  g_cond_broadcast (&site.cond);
  g_mutex_unlock (&site.lock);
  wait_for (&site, N_WORK);
  g_assert_cmpuint (site.most_inside, ==, 3);
  g_assert_cmpuint (g_hash_table_size (site.threads), ==, 3);
  cup_queue_free (site.queue);
  site_clear (&site);
}

/* What was pushed is done after the queue was freed. */
static void
test_freed (void)
{
  Site site;
  guint i;

  site_init (&site, 2);
  for (i = 0; i < N_WORK; i++)
    cup_queue_push (site.queue, work, &site);
  cup_queue_free (site.queue);
  wait_for (&site, N_WORK);
  site_clear (&site);
}

static void
work_and_free (gpointer data)
{
  Site *site = data;

  cup_queue_free (site->queue);
  work (data);
}

static void
test_freed_from_within (void)
{
  Site site;

  site_init (&site, 1);
  cup_queue_push (site.queue, work_and_free, &site);
  wait_for (&site, 1);
  site_clear (&site);
}

static void
test_one_thread (void)
{
  Site site;
  guint i;

  site_init (&site, 1);
  for (i = 1; i <= 3; i++) {
    cup_queue_push (site.queue, work, &site);
    wait_for (&site, i);
  }
  g_assert_cmpuint (g_hash_table_size (site.threads), ==, 1);
  cup_queue_free (site.queue);
  site_clear (&site);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/queue/threads", test_threads);
  g_test_add_func ("/queue/freed", test_freed);
  g_test_add_func ("/queue/freed-from-within", test_freed_from_within);
  g_test_add_func ("/queue/one-thread", test_one_thread);
  return g_test_run ();
}
