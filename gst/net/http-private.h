/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the parts of CupHttp share: the thread (http.c) and the exchange of one
 * request and its answer (exchange.h).
 */
#pragma once

#include "connections.h"
#include "http.h"
#include "soup.h"

G_BEGIN_DECLS

typedef struct _CupExchange CupExchange;

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

struct _CupHttp
{
  gint ref_count;
  const CupSoup *soup;
  GMainContext *context;
  GTlsDatabase *tls_database;   /* NULL for this machine's */
  GProxyResolver *proxy;        /* NULL for this machine's settings */

  /* HTTP thread only. */
  CupHttpPool pools[CUP_HTTP_N_POOLS];
  GQueue exchanges;             /* those whose caller has not been told yet */
  guint n_operations;           /* libsoup's, also of those told already */
  gboolean closing;
  gboolean quit;

  /* Under the lock, which is a leaf. */
  GMutex lock;
  GCond cond;
  GThread *thread;
  gint64 end_time;              /* 0 as long as it is not closed */
  gboolean accepting;
  gboolean finished;
};

/* A source that calls @func whenever its ready time comes, which is for others
 * to set; never at first. */
GSource *cup_http_add_source (CupHttp * http, GSourceFunc func, gpointer data,
    GDestroyNotify destroy);
/* The pool for requests to @uri, with a session in it. */
CupHttpPool *cup_http_get_pool (CupHttp * http, GUri * uri,
    gboolean public_only);
/* Ends the thread where it has been closed and nothing is left to do. */
void cup_http_check_end (CupHttp * http);

/* Tells the caller that it is cancelled. */
void cup_exchange_abort (CupExchange * exchange);

G_END_DECLS
