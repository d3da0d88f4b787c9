/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The threads' own queue has a token for each item, and the items are in another one,
 * from which a thread that pushes can take them back. Tokens that no thread ever takes
 * keep the pool: that is a few bytes, in a process that cannot start threads.
 */
#include "pool.h"

struct _CupPool
{
  gint ref_count;               /* atomic: the owner's, one for each token, and
                                 * one for each thread that pushes */
  GFunc func;
  gpointer user_data;
  GAsyncQueue *items;
  GThreadPool *threads;
  gint helping;                 /* atomic: a thread that pushes does the work */
};

static void
pool_unref (CupPool * pool)
{
  if (!g_atomic_int_dec_and_test (&pool->ref_count))
    return;
  /* Perhaps from a thread of its own; no token is left. */
  g_thread_pool_free (pool->threads, FALSE, FALSE);
  g_async_queue_unref (pool->items);
  g_free (pool);
}

static gboolean
do_next (CupPool * pool)
{
  gpointer item = g_async_queue_try_pop (pool->items);

  if (!item)
    return FALSE;
  pool->func (item, pool->user_data);
  return TRUE;
}

/* On a thread of the pool. The item may be done already. */
static void
take_token (gpointer token, gpointer user_data)
{
  CupPool *pool = token;

  do_next (pool);
  pool_unref (pool);
}

/* A token that was pushed before keeps a thread that there is: it looks into its
 * queue before it ends. */
static gboolean
has_nobody (CupPool * pool)
{
  return g_thread_pool_get_num_threads (pool->threads) == 0
      && g_async_queue_length (pool->items) > 0;
}

/* One thread at a time; who comes upon another one leaves the item to it. That one
 * looks again once it has told that it is not helping any more. */
static void
help (CupPool * pool)
{
  while (has_nobody (pool)
      && g_atomic_int_compare_and_exchange (&pool->helping, FALSE, TRUE)) {
    while (do_next (pool));
    g_atomic_int_set (&pool->helping, FALSE);
  }
}

CupPool *
cup_pool_new (GFunc func, gpointer user_data, guint n_threads)
{
  CupPool *pool = g_new0 (CupPool, 1);

  pool->ref_count = 1;
  pool->func = func;
  pool->user_data = user_data;
  pool->items = g_async_queue_new ();
  /* Not exclusive: the threads are GLib's shared ones, started on demand, and
   * creating such a pool cannot fail. */
  pool->threads = g_thread_pool_new (take_token, NULL, (gint) n_threads, FALSE,
      NULL);
  return pool;
}

void
cup_pool_free (CupPool * pool)
{
  pool_unref (pool);
}

void
cup_pool_push (CupPool * pool, gpointer item)
{
  /* The owner may free the pool while its last item is done. */
  g_atomic_int_add (&pool->ref_count, 2);
  g_async_queue_push (pool->items, item);
  g_thread_pool_push (pool->threads, pool, NULL);
  help (pool);
  pool_unref (pool);
}
