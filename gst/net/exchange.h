/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One exchange: a request, its answer, and the limits that hold for both.
 *
 * Its course is in exchange.c, reading the answer's body in body.c, and the
 * words for what can go wrong in fault.c. HTTP thread only.
 */
#pragma once

#include "http-private.h"

G_BEGIN_DECLS

struct _CupExchange
{
  gint ref_count;
  CupHttp *http;
  GList link;                   /* in http->exchanges, until it is told */
  GList peer;                   /* the same in http->sessions */

  const gchar *method;
  GUri *uri;
  gchar *url;                   /* as it came, until it has been parsed */
  gchar **headers;
  GBytes *body;
  gchar *content_type;
  gsize max_size;
  gint64 connect_timeout;
  gint64 inactivity_timeout;
  gint64 max_idle;
  gint64 deadline;
  gboolean follow_redirects;
  gboolean public_only;
  gboolean public_redirects;
  gboolean *sending;            /* the caller's, until it is told */
  guint redirects;
  CupHttpData on_data;
  CupHttpDone done;
  gpointer user_data;

  GSource *start_source;
  CupHttpWatch *cancel_watch;
  GSource *watchdog;
  GError *fault;                /* noted by a signal, for the watchdog */

  /* Of the operation that is under way. */
  GCancellable *cancellable;
  gboolean busy;                /* libsoup has something of it in hand */
  gboolean in_gap;              /* headers have come, on_sent() has not */
  GSource *late_cancel;         /* of an operation that is in the gap */
  CupHttpPool *pool;
  SoupMessage *message;
  GInputStream *stream;
  GSocket *socket;              /* that it has opened itself */
  guint64 connection;           /* libsoup's id, 0 before it has one */
  gint64 started;
  gint64 connecting_since;      /* 0 where it is not connecting */
  gint64 active_since;          /* 0 before it has a connection */
  guint informational;          /* answers of 1xx */

  /* Of the answer's body. */
  goffset expected;             /* -1 where the answer does not say */
  gsize received;
  guint8 *data;                 /* what has been received, or the last piece */
  gsize allocated;
};

/* Tells the caller, once. Takes @response or @error. */
void cup_exchange_finish (CupExchange * exchange, CupHttpResponse * response,
    GError * error);
void cup_exchange_note_activity (CupExchange * exchange);
guint cup_exchange_get_status (CupExchange * exchange);

/* Around everything asynchronous of libsoup's. The callback has a reference
 * that cup_exchange_end_operation() leaves to be given up. */
void cup_exchange_begin_operation (CupExchange * exchange);
void cup_exchange_end_operation (CupExchange * exchange);
void cup_exchange_unref (CupExchange * exchange);

/* body.c */

/* What the answer says its body has, -1 where it does not. */
goffset cup_exchange_get_content_length (CupExchange * exchange);
/* Reads exchange->stream to its end and finishes. */
void cup_exchange_read_body (CupExchange * exchange);
/* Closes a stream of libsoup's that may not be at its end. Takes @stream. */
void cup_exchange_close_stream (CupHttp * http, GInputStream * stream);

/* fault.c: errors that name the host. */

GError *cup_exchange_new_timeout (CupExchange * exchange, const gchar * what,
    gint64 limit);
/* @size: what the answer says itself, -1 where that many bytes have come. */
GError *cup_exchange_new_too_large (CupExchange * exchange, goffset size);
/* More than @limit answers of 1xx have come. */
GError *cup_exchange_new_informational (CupExchange * exchange, guint limit);
GError *cup_exchange_new_truncated (CupExchange * exchange);
/* @fault: why the host is not public, see address.h. */
GError *cup_exchange_new_not_public (CupExchange * exchange,
    const gchar * fault);
/* A proxy has answered for the host. */
GError *cup_exchange_new_no_tunnel (CupExchange * exchange);
GError *cup_exchange_new_bad_redirect (CupExchange * exchange,
    const gchar * location, const gchar * why);
/* What libsoup or GIO says, with the host and what to do. */
GError *cup_exchange_translate (CupExchange * exchange, const GError * reason);

G_END_DECLS
