/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Work that is pushed is done, in its order, also where the system has no thread to
 * give: pthread_create() is this program's own, and fails where it is told to.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

#include "base/pool.h"

#define N_ITEMS 1000

typedef int (*Create) (pthread_t * thread, const pthread_attr_t * attributes,
    void *(*start) (void *), void *data);

static gint no_threads;         /* atomic */
static gint n_refused;          /* atomic */

int
pthread_create (pthread_t * thread, const pthread_attr_t * attributes,
    void *(*start) (void *), void *data)
{
  Create create = (Create) dlsym (RTLD_NEXT, "pthread_create");

  if (g_atomic_int_get (&no_threads)) {
    g_atomic_int_inc (&n_refused);
    return EAGAIN;
  }
  return create (thread, attributes, start, data);
}

typedef struct
{
  CupPool *pool;
  GMutex lock;
  GCond cond;
  guint n_done;
  gboolean in_order;            /* with one thread that pushes */
  guint n_again;                /* items that are pushed from within */
} Fixture;

static void
do_item (gpointer item, gpointer user_data)
{
  Fixture *f = user_data;
  gboolean again;

  g_mutex_lock (&f->lock);
  if (GPOINTER_TO_UINT (item) != f->n_done + 1)
    f->in_order = FALSE;
  f->n_done++;
  again = f->n_again > 0;
  if (again)
    f->n_again--;
  g_cond_broadcast (&f->cond);
  g_mutex_unlock (&f->lock);
  if (again)
    cup_pool_push (f->pool, item);
}

static void
fixture_init (Fixture * f, guint n_threads)
{
  f->n_done = f->n_again = 0;
  f->in_order = TRUE;
  g_mutex_init (&f->lock);
  g_cond_init (&f->cond);
  f->pool = cup_pool_new (do_item, f, n_threads);
}

static void
fixture_clear (Fixture * f, guint n_expected)
{
  cup_pool_free (f->pool);
  g_mutex_lock (&f->lock);
  while (f->n_done < n_expected)
    g_cond_wait (&f->cond, &f->lock);
  g_assert_cmpuint (f->n_done, ==, n_expected);
  g_mutex_unlock (&f->lock);
  g_mutex_clear (&f->lock);
  g_cond_clear (&f->cond);
}

static gpointer
push_items (gpointer data)
{
  Fixture *f = data;
  guint i;

  for (i = 1; i <= N_ITEMS; i++)
    cup_pool_push (f->pool, GUINT_TO_POINTER (i));
  return NULL;
}

/* Before any other test, as threads that GLib has would serve. */
static void
test_no_threads (void)
{
  Fixture f;

  fixture_init (&f, 1);
  g_atomic_int_set (&no_threads, TRUE);
  push_items (&f);
  g_assert_cmpint (g_atomic_int_get (&n_refused), >, 0);
  /* Done before pushing returned. */
  g_assert_cmpuint (f.n_done, ==, N_ITEMS);
  g_assert_true (f.in_order);
  g_atomic_int_set (&no_threads, FALSE);
  fixture_clear (&f, N_ITEMS);
}

/* What is done without a thread pushes more. */
static void
test_from_within (void)
{
  Fixture f;

  fixture_init (&f, 1);
  f.n_again = 10;
  g_atomic_int_set (&no_threads, TRUE);
  cup_pool_push (f.pool, GUINT_TO_POINTER (1));
  g_atomic_int_set (&no_threads, FALSE);
  fixture_clear (&f, 11);
}

/* Several threads push while none can be started, and can again. */
static void
test_many (void)
{
  GThread *threads[4];
  Fixture f;
  guint i;

  fixture_init (&f, 2);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("pusher", push_items, &f);
  for (i = 0; i < 100; i++) {
    g_atomic_int_set (&no_threads, i % 2 == 0);
    g_thread_yield ();
  }
  g_atomic_int_set (&no_threads, FALSE);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  fixture_clear (&f, G_N_ELEMENTS (threads) * N_ITEMS);
}

static void
test_order (void)
{
  Fixture f;

  fixture_init (&f, 1);
  push_items (&f);
  fixture_clear (&f, N_ITEMS);
  g_assert_true (f.in_order);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pool/no-threads", test_no_threads);
  g_test_add_func ("/pool/from-within", test_from_within);
  g_test_add_func ("/pool/many", test_many);
  g_test_add_func ("/pool/order", test_order);

  return g_test_run ();
}
