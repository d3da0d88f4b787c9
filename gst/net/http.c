/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The HTTP thread: its main context, its sessions, and how it ends.
 */
#include "http-private.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "base/error.h"
#include "base/log.h"
#include "proxy.h"
#include "url.h"

/* HTTP/2 puts all requests to a host on one connection; these are for
 * HTTP/1.1, where libsoup's own 10 and 2 would be the pace of everything. */
#define MAX_CONNECTIONS 256
#define MAX_CONNECTIONS_PER_HOST 64
/* Seconds. Shorter than what servers usually grant, because a request that
 * meets a connection just being closed fails. */
#define IDLE_TIMEOUT 30
/* For libsoup to put its operations away once they are all cancelled. */
#define DRAIN_TIMEOUT (G_USEC_PER_SEC / 2)
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
  g_source_attach (source, http->context);
}

gboolean
cup_http_invoke (CupHttp * http, void (*func) (gpointer data), gpointer data,
    GDestroyNotify destroy)
{
  gboolean accepted;
  GSource *source;

  /* Not g_main_context_invoke(), which may run it in the caller. The lock
   * makes sure that what is accepted is also run: see run(). */
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
  return g_main_context_is_owner (http->context);
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
  g_source_attach (source, http->context);
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

static SoupSession *
session_new (CupHttp * http, gboolean local)
{
  const CupSoup *soup = http->soup;
  SoupSession *session;

  session = soup->session_new_with_options ("max-conns", MAX_CONNECTIONS,
      "max-conns-per-host", MAX_CONNECTIONS_PER_HOST,
      "idle-timeout", IDLE_TIMEOUT,
      /* Its own timeout is for silence of any kind and cannot tell waiting
       * for a connection from waiting for an answer: exchange.c has better. */
      "timeout", 0, "user-agent", "creativeupscaler/" PACKAGE_VERSION, NULL);
  /* A small answer that unpacks to gigabytes. */
  soup->session_remove_feature_by_type (session,
      soup->content_decoder_get_type ());
  /* Neither is set otherwise: to libsoup NULL means none at all. */
  if (local || http->proxy)
    soup->session_set_proxy_resolver (session, local ? NULL : http->proxy);
  if (http->tls_database)
    soup->session_set_tls_database (session, http->tls_database);
  return session;
}

CupHttpPool *
cup_http_get_pool (CupHttp * http, GUri * uri, gboolean public_only)
{
  gboolean local = cup_url_is_loopback (uri);
  CupHttpPool *pool;

  if (local)
    pool = &http->pools[CUP_HTTP_POOL_LOCAL];
  else if (public_only)
    pool = &http->pools[CUP_HTTP_POOL_PUBLIC];
  else
    pool = &http->pools[CUP_HTTP_POOL_ANY];
  if (!pool->session)
    pool->session = session_new (http, local);
  return pool;
}

void
cup_http_check_end (CupHttp * http)
{
  if (http->closing && http->exchanges.length == 0)
    http->quit = TRUE;
}

static void
give_up (gpointer data)
{
  CupHttp *http = data;

  http->quit = TRUE;
}

static void
begin_end (gpointer data)
{
  CupHttp *http = data;
  GSource *timer;
  gint64 left;

  g_mutex_lock (&http->lock);
  left = http->end_time - g_get_monotonic_time ();
  g_mutex_unlock (&http->lock);

  http->closing = TRUE;
  timer = cup_http_add_timer (http, left, give_up, http);
  g_source_unref (timer);
  cup_http_check_end (http);
}

/* Breaks what stands, for libsoup may wait for ever to be told that something
 * was cancelled. */
static void
break_connections (CupHttp * http)
{
  guint i;

  for (i = 0; i < CUP_HTTP_N_POOLS; i++)
    cup_connections_break_all (http->pools[i].connections);
}

static void
free_sessions (CupHttp * http)
{
  guint i;

  for (i = 0; i < CUP_HTTP_N_POOLS; i++) {
    if (http->pools[i].session)
      http->soup->session_abort (http->pools[i].session);
    g_clear_object (&http->pools[i].session);
  }
}

/* Completes what is left, lets libsoup take notice, and puts it away. */
static void
drain (CupHttp * http)
{
  gint64 end = g_get_monotonic_time () + DRAIN_TIMEOUT;
  GSource *timer;
  guint left;

  if (http->exchanges.length > 0)
    cup_info ("gives up on %u requests to close", http->exchanges.length);

  /* Callbacks may send again, and invocations that were accepted still run:
   * until nothing comes any more. */
  do {
    while (http->exchanges.length > 0)
      cup_exchange_abort (g_queue_peek_head (&http->exchanges));
  } while (g_main_context_iteration (http->context, FALSE)
      || http->exchanges.length > 0);

  break_connections (http);
  /* The timer is there to wake the iteration up. */
  timer = cup_http_add_timer (http, DRAIN_TIMEOUT, give_up, http);
  while (http->n_operations > 0 && g_get_monotonic_time () < end)
    g_main_context_iteration (http->context, TRUE);
  left = http->n_operations;
  g_source_destroy (timer);
  g_source_unref (timer);
  if (left > 0)
    cup_info ("%u network operations did not end in time", left);

  free_sessions (http);
  while (g_main_context_iteration (http->context, FALSE)
      && g_get_monotonic_time () < end);
}

static gpointer
run (gpointer data)
{
  CupHttp *http = data;

  g_main_context_push_thread_default (http->context);
  while (!http->quit)
    g_main_context_iteration (http->context, TRUE);

  /* What was accepted before this is in the context, and drain() runs it. */
  g_mutex_lock (&http->lock);
  http->accepting = FALSE;
  g_mutex_unlock (&http->lock);

  drain (http);
  g_main_context_pop_thread_default (http->context);

  g_mutex_lock (&http->lock);
  http->finished = TRUE;
  g_cond_broadcast (&http->cond);
  g_mutex_unlock (&http->lock);
  cup_http_unref (http);
  return NULL;
}

CupHttp *
cup_http_new (const CupHttpOptions * options, GError ** error)
{
  const CupSoup *soup = cup_soup_get (error);
  GProxyResolver *proxy = NULL;
  GError *reason = NULL;
  GThread *thread;
  CupHttp *http;
  guint i;

  if (!soup)
    return NULL;
  if (options && options->proxy) {
    proxy = cup_proxy_resolver_new (options->proxy, error);
    if (!proxy)
      return NULL;
  }

  http = g_new0 (CupHttp, 1);
  http->ref_count = 2;          /* the caller's and the thread's */
  http->soup = soup;
  http->context = g_main_context_new ();
  for (i = 0; i < CUP_HTTP_N_POOLS; i++)
    http->pools[i].connections = cup_connections_new ();
  http->proxy = proxy;
  if (options && options->tls_database)
    http->tls_database = g_object_ref (options->tls_database);
  g_queue_init (&http->exchanges);
  g_mutex_init (&http->lock);
  g_cond_init (&http->cond);
  http->accepting = TRUE;

  thread = g_thread_try_new ("cup-http", run, http, &reason);
  if (!thread) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_FAILED,
        "cannot start the HTTP thread: %s", reason->message);
    g_error_free (reason);
    cup_http_unref (http);
    cup_http_unref (http);
    return NULL;
  }
  g_mutex_lock (&http->lock);
  http->thread = thread;
  g_mutex_unlock (&http->lock);
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
  guint i;

  if (!g_atomic_int_dec_and_test (&http->ref_count))
    return;
  /* Nobody has joined it: it goes by itself. */
  g_clear_pointer (&http->thread, g_thread_unref);
  for (i = 0; i < CUP_HTTP_N_POOLS; i++)
    cup_connections_free (http->pools[i].connections);
  g_clear_object (&http->proxy);
  g_clear_object (&http->tls_database);
  g_main_context_unref (http->context);
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
  GThread *thread = NULL;
  gboolean finished;

  if (cup_http_is_current_thread (http))
    return FALSE;

  g_mutex_lock (&http->lock);
  while (!http->finished && http->end_time > 0)
    if (!g_cond_wait_until (&http->cond, &http->lock, http->end_time +
            JOIN_GRACE))
      break;
  finished = http->finished;
  if (finished)
    thread = g_steal_pointer (&http->thread);
  g_mutex_unlock (&http->lock);

  if (thread)
    g_thread_join (thread);
  return finished;
}
