/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One user of an HTTP thread: how it gets onto the thread, and how it ends.
 */
#include "http-private.h"

#include "base/log.h"

/* What cup_http_join() grants beyond the end for that. */
#define JOIN_GRACE (G_USEC_PER_SEC / 10)

typedef struct
{
  void (*func) (gpointer data);
  gpointer data;
  GDestroyNotify destroy;
} Invocation;

struct _CupHttpWatch
{
  GSource *source;
  GCancellable *cancellable;
  gulong handler;
};

static void
invocation_free (gpointer data)
{
  Invocation *invocation = data;

  if (invocation->destroy)
    invocation->destroy (invocation->data);
  g_free (invocation);
}

static gboolean
invocation_dispatch (gpointer data)
{
  Invocation *invocation = data;

  invocation->func (invocation->data);
  return G_SOURCE_REMOVE;
}

static void
attach_invocation (CupHttp * http, GSource * source, gint priority,
    void (*func) (gpointer data), gpointer data, GDestroyNotify destroy)
{
  Invocation *invocation = g_new0 (Invocation, 1);

  invocation->func = func;
  invocation->data = data;
  invocation->destroy = destroy;
  g_source_set_priority (source, priority);
  g_source_set_callback (source, invocation_dispatch, invocation,
      invocation_free);
  g_source_attach (source, http->thread->context);
}

gboolean
cup_http_invoke (CupHttp * http, void (*func) (gpointer data), gpointer data,
    GDestroyNotify destroy)
{
  gboolean accepted;
  GSource *source;

  /* Not g_main_context_invoke(), which may run it in the caller. The lock
   * makes sure that what is accepted is also run: see end_soon(). */
  g_mutex_lock (&http->lock);
  accepted = http->accepting;
  if (accepted) {
    source = g_idle_source_new ();
    attach_invocation (http, source, G_PRIORITY_DEFAULT, func, data, destroy);
    g_source_unref (source);
  }
  g_mutex_unlock (&http->lock);
  return accepted;
}

gboolean
cup_http_is_current_thread (CupHttp * http)
{
  return g_main_context_is_owner (http->thread->context);
}

GSource *
cup_http_add_timer (CupHttp * http, gint64 delay, void (*func) (gpointer data),
    gpointer data)
{
  /* Rounded up: a timer that comes early finds nothing to do. */
  gint64 milliseconds = CLAMP ((delay + 999) / 1000, 0, G_MAXINT);
  GSource *source = g_timeout_source_new ((guint) milliseconds);

  attach_invocation (http, source, G_PRIORITY_DEFAULT, func, data, NULL);
  return source;
}

static gboolean
dispatch_source (GSource * source, GSourceFunc callback, gpointer data)
{
  return callback (data);
}

GSource *
cup_http_add_source (CupHttp * http, GSourceFunc func, gpointer data,
    GDestroyNotify destroy)
{
  static GSourceFuncs funcs = { NULL, NULL, dispatch_source, NULL };
  GSource *source = g_source_new (&funcs, sizeof (GSource));

  g_source_set_callback (source, func, data, destroy);
  g_source_attach (source, http->thread->context);
  return source;
}

/* In the thread that cancels. */
static void
on_cancelled (GCancellable * cancellable, gpointer source)
{
  g_source_set_ready_time (source, 0);
}

/* Not g_cancellable_source_new(): GLib 2.74 leaks it where it is freed just
 * while another thread cancels. */
CupHttpWatch *
cup_http_watch_cancellable (CupHttp * http, GCancellable * cancellable,
    void (*func) (gpointer data), gpointer data)
{
  CupHttpWatch *watch = g_new0 (CupHttpWatch, 1);
  Invocation *invocation = g_new0 (Invocation, 1);

  invocation->func = func;
  invocation->data = data;
  watch->source = cup_http_add_source (http, invocation_dispatch, invocation,
      invocation_free);
  watch->cancellable = g_object_ref (cancellable);
  watch->handler = g_cancellable_connect (cancellable,
      G_CALLBACK (on_cancelled), g_source_ref (watch->source),
      (GDestroyNotify) g_source_unref);
  return watch;
}

void
cup_http_unwatch (CupHttpWatch * watch)
{
  /* Waits for on_cancelled() where that is running, which takes no time. */
  g_cancellable_disconnect (watch->cancellable, watch->handler);
  g_source_destroy (watch->source);
  g_source_unref (watch->source);
  g_object_unref (watch->cancellable);
  g_free (watch);
}

/* The end */

void
cup_http_finish (CupHttp * http, gboolean thread_has_ended)
{
  g_mutex_lock (&http->lock);
  http->finished = TRUE;
  http->thread_has_ended = thread_has_ended;
  g_cond_broadcast (&http->cond);
  g_mutex_unlock (&http->lock);
  cup_http_unref (http);
}

static void
clear_end_timer (CupHttp * http)
{
  if (http->end_timer)
    g_source_destroy (http->end_timer);
  g_clear_pointer (&http->end_timer, g_source_unref);
}

/* What has not ended by itself is completed, and what is sent from now on is
 * too, as soon as it would start. Others are not concerned. */
static gboolean
end (gpointer data)
{
  CupHttp *http = data;

  clear_end_timer (http);
  http->ended = TRUE;
  if (http->exchanges.length > 0)
    cup_info ("gives up on %u requests to close", http->exchanges.length);
  /* Callbacks may send again. */
  while (http->exchanges.length > 0)
    cup_exchange_abort (g_queue_peek_head (&http->exchanges));
  if (!cup_http_thread_leave (http))
    cup_http_finish (http, FALSE);
  return G_SOURCE_REMOVE;
}

/* Behind all invocations that were accepted: sources of one priority are
 * dispatched in the order in which they were attached. */
static void
end_soon (CupHttp * http)
{
  GSource *source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, end, http, NULL);
  http->ending = TRUE;
  g_mutex_lock (&http->lock);
  http->accepting = FALSE;
  g_source_attach (source, http->thread->context);
  g_mutex_unlock (&http->lock);
  g_source_unref (source);
}

void
cup_http_check_end (CupHttp * http)
{
  if (http->closing && !http->ending && http->exchanges.length == 0)
    end_soon (http);
}

static void
give_up (gpointer data)
{
  CupHttp *http = data;

  if (!http->ending)
    end_soon (http);
}

static void
begin_end (gpointer data)
{
  CupHttp *http = data;
  gint64 left;

  g_mutex_lock (&http->lock);
  left = http->end_time - g_get_monotonic_time ();
  g_mutex_unlock (&http->lock);

  http->closing = TRUE;
  http->end_timer = cup_http_add_timer (http, left, give_up, http);
  cup_http_check_end (http);
}

CupHttp *
cup_http_new_shared (CupHttpShared * shared, const CupHttpOptions * options,
    GError ** error)
{
  const CupSoup *soup = cup_soup_get (error);
  CupHttp *http;

  if (!soup)
    return NULL;
  http = g_new0 (CupHttp, 1);
  http->ref_count = 1;
  http->soup = soup;
  g_queue_init (&http->exchanges);
  g_mutex_init (&http->lock);
  g_cond_init (&http->cond);
  http->accepting = TRUE;
  if (!cup_http_thread_enter (shared, http, options, error)) {
    cup_http_unref (http);
    return NULL;
  }
  /* Given up by cup_http_finish(). */
  return cup_http_ref (http);
}

CupHttp *
cup_http_new (const CupHttpOptions * options, GError ** error)
{
  CupHttpShared *shared = cup_http_shared_new ();
  CupHttp *http = cup_http_new_shared (shared, options, error);

  cup_http_shared_unref (shared);
  return http;
}

CupHttp *
cup_http_ref (CupHttp * http)
{
  g_atomic_int_inc (&http->ref_count);
  return http;
}

void
cup_http_unref (CupHttp * http)
{
  if (!g_atomic_int_dec_and_test (&http->ref_count))
    return;
  g_clear_pointer (&http->sessions, cup_http_sessions_unref);
  g_clear_pointer (&http->thread, cup_http_thread_unref);
  g_mutex_clear (&http->lock);
  g_cond_clear (&http->cond);
  g_free (http);
}

void
cup_http_close (CupHttp * http)
{
  gboolean first;

  g_mutex_lock (&http->lock);
  first = http->end_time == 0;
  if (first)
    http->end_time = g_get_monotonic_time () + CUP_HTTP_CLOSE_TIMEOUT;
  g_mutex_unlock (&http->lock);

  if (first)
    cup_http_invoke (http, begin_end, http, NULL);
}

gboolean
cup_http_join (CupHttp * http)
{
  gboolean finished, thread_has_ended;

  if (cup_http_is_current_thread (http))
    return FALSE;

  g_mutex_lock (&http->lock);
  while (!http->finished && http->end_time > 0)
    if (!g_cond_wait_until (&http->cond, &http->lock, http->end_time +
            JOIN_GRACE))
      break;
  finished = http->finished;
  thread_has_ended = http->thread_has_ended;
  g_mutex_unlock (&http->lock);

  if (thread_has_ended)
    cup_http_thread_join (http->thread);
  return finished;
}
