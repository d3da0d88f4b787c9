/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue.h"

#include "error.h"
#include "log.h"

/* A thread beyond the first ends after so long without work. */
#define MAX_IDLE (15 * G_TIME_SPAN_SECOND)

struct _CupQueue
{
  const gchar *name;            /* static */
  guint max_threads;

  GMutex lock;                  /* a leaf; guards what follows */
  GCond cond;                   /* work has come, or the queue is closed */
  GQueue work;                  /* of Work */
  guint n_threads;
  guint n_idle;                 /* of them, waiting for work */
  gboolean is_closed;
};

typedef struct
{
  CupQueueFunc func;
  gpointer data;
} Work;

static void
destroy (CupQueue * queue)
{
  g_mutex_clear (&queue->lock);
  g_cond_clear (&queue->cond);
  g_free (queue);
}

/* Called with the lock. Returns NULL when the thread is to end. */
static Work *
wait_for_work (CupQueue * queue)
{
  const gint64 end = g_get_monotonic_time () + MAX_IDLE;
  gboolean in_time = TRUE;
  Work *work;

  queue->n_idle++;
  while (!(work = g_queue_pop_head (&queue->work)) && !queue->is_closed
      && (in_time || queue->n_threads == 1)) {
    if (queue->n_threads == 1)
      g_cond_wait (&queue->cond, &queue->lock);
    else
      in_time = g_cond_wait_until (&queue->cond, &queue->lock, end);
  }
  queue->n_idle--;
  return work;
}

static gpointer
run (gpointer data)
{
  CupQueue *queue = data;
  gboolean is_last;
  Work *work;

  g_mutex_lock (&queue->lock);
  while ((work = wait_for_work (queue))) {
    g_mutex_unlock (&queue->lock);
    work->func (work->data);
    g_free (work);
    g_mutex_lock (&queue->lock);
  }
  is_last = --queue->n_threads == 0;
  g_mutex_unlock (&queue->lock);
  if (is_last)
    destroy (queue);
  return NULL;
}

/* Called with the lock, so that n_threads never counts a thread that does not
 * come. */
static gboolean
start_thread (CupQueue * queue, GError ** error)
{
  GError *reason = NULL;
  GThread *thread = g_thread_try_new (queue->name, run, queue, &reason);

  if (thread) {
    queue->n_threads++;
    g_thread_unref (thread);
    return TRUE;
  }
  g_set_error (error, CUP_ERROR, CUP_ERROR_NO_THREAD,
      "the system gives no thread (\"%s\": %s): look at its limits of processes "
      "and of memory (ulimit -u -v, or those of the container)", queue->name,
      reason->message);
  g_error_free (reason);
  return FALSE;
}

CupQueue *
cup_queue_new (const gchar * name, guint max_threads, GError ** error)
{
  CupQueue *queue = g_new0 (CupQueue, 1);
  gboolean started;

  queue->name = name;
  queue->max_threads = max_threads;
  g_mutex_init (&queue->lock);
  g_cond_init (&queue->cond);
  g_queue_init (&queue->work);
  g_mutex_lock (&queue->lock);
  started = start_thread (queue, error);
  g_mutex_unlock (&queue->lock);
  if (started)
    return queue;
  destroy (queue);
  return NULL;
}

void
cup_queue_free (CupQueue * queue)
{
  g_mutex_lock (&queue->lock);
  queue->is_closed = TRUE;
  g_cond_broadcast (&queue->cond);
  g_mutex_unlock (&queue->lock);
}

void
cup_queue_push (CupQueue * queue, CupQueueFunc func, gpointer data)
{
  Work *work = g_new (Work, 1);
  GError *error = NULL;

  work->func = func;
  work->data = data;
  g_mutex_lock (&queue->lock);
  g_queue_push_tail (&queue->work, work);
  /* Without another thread the ones that are there do the work. */
  if (queue->work.length > queue->n_idle
      && queue->n_threads < queue->max_threads)
    start_thread (queue, &error);
  g_cond_signal (&queue->cond);
  g_mutex_unlock (&queue->lock);
  if (error)
    cup_info ("%s", error->message);
  g_clear_error (&error);
}
