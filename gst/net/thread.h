/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The HTTP thread that several CupHttp share, and their connections.
 *
 * A CupHttpShared has a thread as long as somebody uses it: the first user
 * starts it, the last one to end ends it, and whoever comes after that gets
 * another one. Users with the same options share their sessions, and so their
 * connections; the sessions of others are apart, on the same thread.
 */
#pragma once

#include "connections.h"
#include "http.h"
#include "soup.h"

G_BEGIN_DECLS

/**
 * CupHttpPool:
 * @session: made when it is first needed
 * @connections: those of @session, whose ids are its own
 *
 * Requests that must not share connections have sessions of their own.
 */
typedef struct
{
  SoupSession *session;
  CupConnections *connections;
} CupHttpPool;

/* To this machine, without any proxy: that would be another machine, to which
 * plain http would carry the key. */
#define CUP_HTTP_POOL_LOCAL 0
/* Of requests that are public_only: no connection in it leads elsewhere,
 * because each was looked at by the request that made it. */
#define CUP_HTTP_POOL_PUBLIC 1
#define CUP_HTTP_POOL_ANY 2
#define CUP_HTTP_N_POOLS 3

typedef struct
{
  gint ref_count;
  CupHttpShared *shared;
  const CupSoup *soup;
  GMainContext *context;

  /* HTTP thread only. */
  guint n_operations;           /* libsoup's, also of those told already */
  guint n_in_gap;               /* of them: see exchange.h */
  gboolean quit;
  CupHttp *last;                /* the user with which it ends */

  /* Under the lock of @shared. */
  GThread *thread;
  GQueue sessions;              /* CupHttpSessions */
  guint n_users;
} CupHttpThread;

/**
 * CupHttpSessions:
 *
 * The connections of all users with the same options.
 */
typedef struct
{
  gint ref_count;

  /* Never change. */
  GTlsDatabase *tls_database;   /* NULL for this machine's */
  gchar *authorities;           /* (nullable): the file, and its digest */
  gchar *proxy_url;             /* (nullable): as it was given */
  GProxyResolver *proxy;        /* NULL for this machine's settings */
  gint64 connect_timeout;
  gint64 inactivity_timeout;

  /* HTTP thread only. */
  CupHttpPool pools[CUP_HTTP_N_POOLS];
  GQueue exchanges;             /* of all users, by their peer links */
  guint n_operations;

  /* Under the lock of the CupHttpShared. */
  guint n_users;                /* without any it takes no more */
} CupHttpSessions;

/* Finds or makes the thread and the sessions for @http, which becomes their
 * user. Any thread. */
gboolean cup_http_thread_enter (CupHttpShared * shared, CupHttp * http,
    const CupHttpOptions * options, GError ** error);
/* HTTP thread. @http, which has nothing under way, uses them no more. TRUE
 * where that was the last user: the thread ends, and @http is told then by
 * cup_http_finish(). */
gboolean cup_http_thread_leave (CupHttp * http);
/* Any other thread. Waits for the end, which has been told. */
void cup_http_thread_join (CupHttpThread * thread);
void cup_http_thread_unref (CupHttpThread * thread);
void cup_http_sessions_unref (CupHttpSessions * sessions);

/* HTTP thread, from here on. */

/* The pool for requests to @uri, with a session in it. */
CupHttpPool *cup_http_get_pool (CupHttp * http, GUri * uri,
    gboolean public_only);
/* Around everything asynchronous of libsoup's: keeps @http, and the sessions
 * until libsoup has let go of it. */
void cup_http_begin_operation (CupHttp * http);
void cup_http_end_operation (CupHttp * http);

G_END_DECLS
