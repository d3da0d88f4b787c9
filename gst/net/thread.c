/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The thread behind one or more CupHttp: see thread.h.
 *
 * Who enters and leaves is decided under one lock, so that a thread that has
 * nobody left is never entered again. Sessions are made and put away on the
 * HTTP thread alone: libsoup ties them to its main context.
 */
#include "thread.h"

#include <glib/gstdio.h>
#include <sys/stat.h>

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "base/error.h"
#include "base/log.h"
#include "http-private.h"
#include "proxy.h"
#include "url.h"

/* HTTP/2 puts all requests to a host on one connection; these are for
 * HTTP/1.1, where libsoup's own 10 and 2 would be the pace of everything. */
#define MAX_CONNECTIONS 256
#define MAX_CONNECTIONS_PER_HOST 64
/* Seconds. Shorter than what servers usually grant, because a request that
 * meets a connection just being closed fails. */
#define IDLE_TIMEOUT 30
/* Of the file of authorities; those of a whole system take half a MiB. */
#define MAX_AUTHORITIES (16 << 20)
/* For libsoup to put its operations away once they are all cancelled. */
#define DRAIN_TIMEOUT (G_USEC_PER_SEC / 2)

struct _CupHttpShared
{
  gint ref_count;
  GMutex lock;                  /* a leaf, but for that of a main context */
  CupHttpThread *thread;        /* NULL while there are no users */
};

CupHttpShared *
cup_http_shared_new (void)
{
  CupHttpShared *shared = g_new0 (CupHttpShared, 1);

  shared->ref_count = 1;
  g_mutex_init (&shared->lock);
  return shared;
}

CupHttpShared *
cup_http_shared_ref (CupHttpShared * shared)
{
  g_atomic_int_inc (&shared->ref_count);
  return shared;
}

void
cup_http_shared_unref (CupHttpShared * shared)
{
  if (!g_atomic_int_dec_and_test (&shared->ref_count))
    return;
  g_mutex_clear (&shared->lock);
  g_free (shared);
}

/* Sessions */

static SoupSession *
session_new (CupHttp * http, gboolean local)
{
  CupHttpSessions *sessions = http->sessions;
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
  if (local || sessions->proxy)
    soup->session_set_proxy_resolver (session, local ? NULL : sessions->proxy);
  if (sessions->tls_database)
    soup->session_set_tls_database (session, sessions->tls_database);
  return session;
}

CupHttpPool *
cup_http_get_pool (CupHttp * http, GUri * uri, gboolean public_only)
{
  CupHttpPool *pools = http->sessions->pools;
  gboolean local = cup_url_is_loopback (uri);
  CupHttpPool *pool;

  if (local)
    pool = &pools[CUP_HTTP_POOL_LOCAL];
  else if (public_only)
    pool = &pools[CUP_HTTP_POOL_PUBLIC];
  else
    pool = &pools[CUP_HTTP_POOL_ANY];
  if (!pool->session)
    pool->session = session_new (http, local);
  return pool;
}

/* Returns NULL, or why nobody has to read all of @path to know that no authorities
 * are in it. Reading a device or a pipe may never end. */
static const gchar *
find_file_fault (const gchar * path)
{
  GStatBuf info;

  /* Opening the file says what is wrong. */
  if (g_stat (path, &info) != 0)
    return NULL;
  if (!S_ISREG (info.st_mode))
    return "it is not a regular file";
  if (info.st_size > MAX_AUTHORITIES)
    return "it is larger than 16 MiB, and certificates of authorities are not";
  return NULL;
}

/* The file's authorities, and by what the same ones are known: GIO may read the
 * file again later. */
static gboolean
load_authorities (CupHttpSessions * sessions, const gchar * file,
    GError ** error)
{
  GError *reason = NULL;
  gchar *path, *data, *digest;
  const gchar *fault;
  gsize size;

  /* GIO takes a relative one for an empty file. */
  path = g_canonicalize_filename (file, NULL);
  fault = find_file_fault (path);
  if (fault) {
    g_set_error_literal (&reason, CUP_ERROR, CUP_ERROR_SETTINGS, fault);
  } else if (g_file_get_contents (path, &data, &size, &reason)) {
    digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256,
        (const guchar *) data, size);
    sessions->authorities = g_strconcat (digest, " ", path, NULL);
    g_free (digest);
    g_free (data);
    sessions->tls_database = g_tls_file_database_new (path, &reason);
  }
  g_free (path);
  if (sessions->tls_database)
    return TRUE;
  g_set_error (error, CUP_ERROR, CUP_ERROR_SETTINGS,
      "tls-ca-file=%s cannot be used: %s", file, reason->message);
  g_error_free (reason);
  return FALSE;
}

static CupHttpSessions *
sessions_new (const CupHttpOptions * options, GError ** error)
{
  CupHttpSessions *sessions = g_new0 (CupHttpSessions, 1);
  guint i;

  sessions->ref_count = 1;
  for (i = 0; i < CUP_HTTP_N_POOLS; i++)
    sessions->pools[i].connections = cup_connections_new ();
  g_queue_init (&sessions->exchanges);
  if (!options)
    return sessions;

  sessions->connect_timeout = options->connect_timeout;
  sessions->inactivity_timeout = options->inactivity_timeout;
  sessions->proxy_url = g_strdup (options->proxy);
  if (options->tls_database)
    sessions->tls_database = g_object_ref (options->tls_database);
  if ((options->tls_ca_file && !options->tls_database
          && !load_authorities (sessions, options->tls_ca_file, error))
      || (options->proxy && !(sessions->proxy =
              cup_proxy_resolver_new (options->proxy, error)))) {
    cup_http_sessions_unref (sessions);
    return NULL;
  }
  return sessions;
}

void
cup_http_sessions_unref (CupHttpSessions * sessions)
{
  guint i;

  if (!g_atomic_int_dec_and_test (&sessions->ref_count))
    return;
  for (i = 0; i < CUP_HTTP_N_POOLS; i++)
    cup_connections_free (sessions->pools[i].connections);
  g_clear_object (&sessions->proxy);
  g_clear_object (&sessions->tls_database);
  g_free (sessions->authorities);
  g_free (sessions->proxy_url);
  g_free (sessions);
}

static gboolean
is_same_trust (const CupHttpSessions * a, const CupHttpSessions * b)
{
  if (a->authorities || b->authorities)
    return g_strcmp0 (a->authorities, b->authorities) == 0;
  return a->tls_database == b->tls_database;
}

static gboolean
is_same (const CupHttpSessions * a, const CupHttpSessions * b)
{
  return is_same_trust (a, b) && g_strcmp0 (a->proxy_url, b->proxy_url) == 0
      && a->connect_timeout == b->connect_timeout
      && a->inactivity_timeout == b->inactivity_timeout;
}

/* Breaks what stands, for libsoup may wait for ever to be told that something
 * was cancelled. */
static void
break_connections (CupHttpSessions * sessions)
{
  guint i;

  for (i = 0; i < CUP_HTTP_N_POOLS; i++)
    cup_connections_break_all (sessions->pools[i].connections);
}

/* Not from within something of libsoup's. Takes the thread's reference. */
static void
close_sessions (CupHttpThread * thread, CupHttpSessions * sessions)
{
  guint i;

  for (i = 0; i < CUP_HTTP_N_POOLS; i++) {
    if (sessions->pools[i].session)
      thread->soup->session_abort (sessions->pools[i].session);
    g_clear_object (&sessions->pools[i].session);
  }
  g_mutex_lock (&thread->shared->lock);
  g_queue_remove (&thread->sessions, sessions);
  g_mutex_unlock (&thread->shared->lock);
  cup_http_sessions_unref (sessions);
}

/* Those without users whose operations are over. */
static gboolean
close_unused (gpointer data)
{
  CupHttpThread *thread = data;
  CupHttpSessions *unused;
  GList *item;

  do {
    unused = NULL;
    g_mutex_lock (&thread->shared->lock);
    for (item = thread->sessions.head; item && !unused; item = item->next) {
      CupHttpSessions *sessions = item->data;

      if (sessions->n_users == 0 && sessions->n_operations == 0)
        unused = sessions;
    }
    g_mutex_unlock (&thread->shared->lock);
    if (unused)
      close_sessions (thread, unused);
  } while (unused);
  return G_SOURCE_REMOVE;
}

static void
add_idle (CupHttpThread * thread, GSourceFunc func)
{
  GSource *source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, thread, NULL);
  g_source_attach (source, thread->context);
  g_source_unref (source);
}

void
cup_http_begin_operation (CupHttp * http)
{
  cup_http_ref (http);
  http->thread->n_operations++;
  http->sessions->n_operations++;
}

void
cup_http_end_operation (CupHttp * http)
{
  http->thread->n_operations--;
  if (--http->sessions->n_operations == 0 && http->ended)
    add_idle (http->thread, close_unused);
  cup_http_unref (http);
}

/* The thread */

/* Being dispatched is all that is wanted. */
static void
wake_up (gpointer data)
{
}

static void
drain (CupHttpThread * thread)
{
  gint64 end = g_get_monotonic_time () + DRAIN_TIMEOUT;
  GSource *timer;
  GList *item;
  guint left;

  while (g_main_context_iteration (thread->context, FALSE)
      && g_get_monotonic_time () < end);

  /* Nobody enters any more: the list is this thread's. */
  for (item = thread->sessions.head; item; item = item->next)
    break_connections (item->data);
  /* The timer is there to wake the iteration up. */
  timer = cup_http_add_timer (thread->last, DRAIN_TIMEOUT, wake_up, NULL);
  while (thread->n_operations > 0 && g_get_monotonic_time () < end)
    g_main_context_iteration (thread->context, TRUE);
  left = thread->n_operations;
  g_source_destroy (timer);
  g_source_unref (timer);
  if (left > 0)
    cup_info ("%u network operations did not end in time", left);

  /* Aborting a session cancels what is left. Each of these iterations has
   * something of libsoup's to dispatch; none of them waits. */
  while (thread->n_in_gap > 0
      && g_main_context_iteration (thread->context, FALSE)
      && g_get_monotonic_time () < end + DRAIN_TIMEOUT);
  while (thread->sessions.length > 0)
    close_sessions (thread, g_queue_peek_head (&thread->sessions));
  while (g_main_context_iteration (thread->context, FALSE)
      && g_get_monotonic_time () < end);
}

static gpointer
run (gpointer data)
{
  CupHttpThread *thread = data;

  g_main_context_push_thread_default (thread->context);
  while (!thread->quit)
    g_main_context_iteration (thread->context, TRUE);
  drain (thread);
  g_main_context_pop_thread_default (thread->context);

  cup_http_finish (g_steal_pointer (&thread->last), TRUE);
  cup_http_thread_unref (thread);
  return NULL;
}

/* With the lock. */
static CupHttpThread *
thread_new (CupHttpShared * shared, const CupSoup * soup, GError ** error)
{
  CupHttpThread *thread = g_new0 (CupHttpThread, 1);
  GError *reason = NULL;

  thread->ref_count = 2;        /* the caller's and its own */
  thread->shared = cup_http_shared_ref (shared);
  thread->soup = soup;
  thread->context = g_main_context_new ();
  g_queue_init (&thread->sessions);
  thread->thread = g_thread_try_new ("cup-http", run, thread, &reason);
  if (thread->thread)
    return thread;
  g_set_error (error, CUP_ERROR, CUP_ERROR_NO_THREAD,
      "cannot start the HTTP thread: %s", reason->message);
  g_error_free (reason);
  cup_http_thread_unref (thread);
  cup_http_thread_unref (thread);
  return NULL;
}

void
cup_http_thread_unref (CupHttpThread * thread)
{
  if (!g_atomic_int_dec_and_test (&thread->ref_count))
    return;
  /* Nobody has joined it: it goes by itself. */
  g_clear_pointer (&thread->thread, g_thread_unref);
  g_main_context_unref (thread->context);
  cup_http_shared_unref (thread->shared);
  g_free (thread);
}

/* With the lock. Takes @wanted. */
static CupHttpSessions *
find_sessions (CupHttpThread * thread, CupHttpSessions * wanted)
{
  GList *item;

  for (item = thread->sessions.head; item; item = item->next) {
    CupHttpSessions *sessions = item->data;

    if (sessions->n_users > 0 && is_same (sessions, wanted)) {
      cup_http_sessions_unref (wanted);
      return sessions;
    }
  }
  g_queue_push_tail (&thread->sessions, wanted);
  return wanted;
}

gboolean
cup_http_thread_enter (CupHttpShared * shared, CupHttp * http,
    const CupHttpOptions * options, GError ** error)
{
  CupHttpSessions *sessions = sessions_new (options, error);
  CupHttpThread *thread;

  if (!sessions)
    return FALSE;
  g_mutex_lock (&shared->lock);
  if (!shared->thread)
    shared->thread = thread_new (shared, http->soup, error);
  thread = shared->thread;
  if (thread) {
    g_atomic_int_inc (&thread->ref_count);
    thread->n_users++;
    http->thread = thread;
    sessions = find_sessions (thread, sessions);
    g_atomic_int_inc (&sessions->ref_count);
    sessions->n_users++;
    http->sessions = sessions;
  }
  g_mutex_unlock (&shared->lock);
  if (!thread)
    cup_http_sessions_unref (sessions);
  return thread != NULL;
}

gboolean
cup_http_thread_leave (CupHttp * http)
{
  CupHttpThread *thread = http->thread;
  CupHttpShared *shared = thread->shared;
  CupHttpSessions *sessions = http->sessions;
  gboolean last, unused;

  g_mutex_lock (&shared->lock);
  unused = --sessions->n_users == 0;
  last = --thread->n_users == 0;
  if (last)
    shared->thread = NULL;
  g_mutex_unlock (&shared->lock);

  if (last) {
    thread->quit = TRUE;
    thread->last = http;
    cup_http_thread_unref (thread);     /* that of shared->thread */
  } else if (unused) {
    break_connections (sessions);
    close_unused (thread);
  }
  return last;
}

void
cup_http_thread_join (CupHttpThread * thread)
{
  GThread *ended;

  g_mutex_lock (&thread->shared->lock);
  ended = g_steal_pointer (&thread->thread);
  g_mutex_unlock (&thread->shared->lock);
  if (ended)
    g_thread_join (ended);
}
