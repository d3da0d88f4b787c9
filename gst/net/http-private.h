/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the parts of CupHttp share: its life (http.c), the thread (thread.h),
 * and the exchange of one request and its answer (exchange.h).
 */
#pragma once

#include "http.h"
#include "soup.h"
#include "thread.h"

G_BEGIN_DECLS

typedef struct _CupExchange CupExchange;

struct _CupHttp
{
  gint ref_count;
  const CupSoup *soup;
  CupHttpThread *thread;
  CupHttpSessions *sessions;

  /* HTTP thread only. */
  GQueue exchanges;             /* those whose caller has not been told yet */
  gboolean closing;             /* ends as soon as there are none */
  gboolean ending;              /* is about to, whatever there is */
  gboolean ended;
  GSource *end_timer;

  /* Under the lock, which is a leaf but for the main context's. */
  GMutex lock;
  GCond cond;
  gint64 end_time;              /* 0 as long as it is not closed */
  gboolean accepting;
  gboolean finished;
  gboolean thread_has_ended;    /* with it */
};

/* A source that calls @func whenever its ready time comes, which is for others
 * to set; never at first. */
GSource *cup_http_add_source (CupHttp * http, GSourceFunc func, gpointer data,
    GDestroyNotify destroy);
/* Ends it where it has been closed and nothing is left to do. */
void cup_http_check_end (CupHttp * http);
/* It has left its thread. Gives up the reference that it had of itself. */
void cup_http_finish (CupHttp * http, gboolean thread_has_ended);

/* Tells the caller that it is cancelled. */
void cup_exchange_abort (CupExchange * exchange);

G_END_DECLS
