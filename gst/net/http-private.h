/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the two halves of CupHttp share: the thread (http.c) and the exchange
 * of one request and its answer (exchange.c).
 */
#pragma once

#include "connections.h"
#include "http.h"
#include "soup.h"
#include "url.h"

G_BEGIN_DECLS

typedef struct _CupExchange CupExchange;

struct _CupHttp
{
  gint ref_count;
  const CupSoup *soup;
  GMainContext *context;

  /* HTTP thread only. */
  SoupSession *session;
  SoupSession *local_session;
  CupConnections *connections;
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
/* The session for requests to @uri. Requests to this machine have one of
 * their own that uses no proxy: a proxy would be another machine, to which
 * plain http would carry the key. */
SoupSession *cup_http_get_session (CupHttp * http, GUri * uri);
/* Ends the thread where it has been closed and nothing is left to do. */
void cup_http_check_end (CupHttp * http);

/* Tells the caller that it is cancelled. */
void cup_exchange_abort (CupExchange * exchange);

G_END_DECLS
