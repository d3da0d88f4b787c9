/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The course of an exchange, and its limits.
 *
 * The caller is told as soon as the outcome is clear. libsoup may need a
 * little longer to take its operation back (a name being resolved, for
 * instance); the exchange lives on for that, unseen.
 *
 * All of it runs on the HTTP thread. libsoup's signals only note what they
 * saw: ending an exchange from inside of libsoup's own work is not safe, so
 * the watchdog source does that.
 */
#include "exchange.h"

#include <string.h>

#include "address.h"
#include "base/error.h"
#include "response.h"
#include "url.h"

#define MAX_REDIRECTS 5
#define MAX_REFUSAL (1 << 20)
/* Answers of 1xx before the answer. */
#define MAX_INFORMATIONAL 100

static void exchange_start (CupExchange * exchange);

static void
clear_source (GSource ** source)
{
  if (*source)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
set_in_gap (CupExchange * exchange, gboolean in_gap)
{
  exchange->http->thread->n_in_gap += in_gap - exchange->in_gap;
  exchange->in_gap = in_gap;
}

static gboolean
cancel_late (gpointer data)
{
  CupExchange *exchange = data;

  clear_source (&exchange->late_cancel);
  g_cancellable_cancel (exchange->cancellable);
  return G_SOURCE_REMOVE;
}

/* libsoup 3.3.1 to 3.6.5 ends a request twice, and uses freed memory, where
 * the request is cancelled in the gap between "got-headers" and the callback
 * of session_send_async() (CVE-2025-12105). The version does not tell whether
 * a libsoup has that fault: distributions mend old ones. So in the gap every
 * libsoup is left alone until it has nothing ready to do. GLib does not
 * dispatch a source of idle priority before that. on_sent(), which ends the
 * gap, destroys the source; until then the operation keeps the exchange. */
static void
cancel_operation (CupExchange * exchange)
{
  if (!exchange->in_gap) {
    g_cancellable_cancel (exchange->cancellable);
  } else if (!exchange->late_cancel) {
    exchange->late_cancel = g_idle_source_new ();
    g_source_set_callback (exchange->late_cancel, cancel_late, exchange, NULL);
    g_source_attach (exchange->late_cancel, exchange->http->thread->context);
  }
}

static gboolean
is_post (CupExchange * exchange)
{
  return strcmp (exchange->method, "POST") == 0;
}

static void
leave_connection (CupExchange * exchange)
{
  if (exchange->connection > 0)
    cup_connections_leave (exchange->pool->connections, exchange->connection,
        is_post (exchange));
  exchange->connection = 0;
}

/* Forgets the operation, so that another may begin. */
static void
clear_operation (CupExchange * exchange)
{
  set_in_gap (exchange, FALSE);
  clear_source (&exchange->late_cancel);
  if (exchange->message)
    g_signal_handlers_disconnect_by_data (exchange->message, exchange);
  if (exchange->stream)
    cup_exchange_close_stream (exchange->http,
        g_steal_pointer (&exchange->stream));
  g_clear_object (&exchange->message);
  g_clear_object (&exchange->socket);
  g_clear_object (&exchange->cancellable);
  g_clear_pointer (&exchange->data, g_free);
  exchange->received = exchange->allocated = 0;
  exchange->informational = 0;
  leave_connection (exchange);
  exchange->connecting_since = exchange->active_since = 0;
}

void
cup_exchange_unref (CupExchange * exchange)
{
  if (--exchange->ref_count > 0)
    return;
  clear_operation (exchange);
  g_clear_pointer (&exchange->uri, g_uri_unref);
  g_clear_pointer (&exchange->body, g_bytes_unref);
  g_clear_error (&exchange->fault);
  g_strfreev (exchange->headers);
  g_free (exchange->content_type);
  g_free (exchange->url);
  cup_http_unref (exchange->http);
  g_free (exchange);
}

void
cup_exchange_begin_operation (CupExchange * exchange)
{
  exchange->ref_count++;
  exchange->busy = TRUE;
  cup_http_begin_operation (exchange->http);
}

void
cup_exchange_end_operation (CupExchange * exchange)
{
  exchange->busy = FALSE;
  cup_http_end_operation (exchange->http);
}

void
cup_exchange_finish (CupExchange * exchange, CupHttpResponse * response,
    GError * error)
{
  CupHttp *http = cup_http_ref (exchange->http);
  CupHttpDone done = g_steal_pointer (&exchange->done);

  exchange->sending = NULL;
  if (done) {
    clear_source (&exchange->start_source);
    g_clear_pointer (&exchange->cancel_watch, cup_http_unwatch);
    clear_source (&exchange->watchdog);
    g_queue_unlink (&http->exchanges, &exchange->link);
    g_queue_unlink (&http->sessions->exchanges, &exchange->peer);
    if (exchange->busy)
      cancel_operation (exchange);
    if (error && error->domain == CUP_ERROR && exchange->active_since == 0
        && exchange->redirects == 0)
      cup_error_edit_details (error)->stage = CUP_HTTP_STAGE_CONNECT;
    done (response, error, exchange->user_data);
    cup_exchange_unref (exchange);
    cup_http_check_end (http);
  }
  g_clear_pointer (&response, cup_http_response_free);
  g_clear_error (&error);
  cup_http_unref (http);
}

void
cup_exchange_abort (CupExchange * exchange)
{
  cup_exchange_finish (exchange, NULL, g_error_new_literal (G_IO_ERROR,
          G_IO_ERROR_CANCELLED, "the request was cancelled"));
}

guint
cup_exchange_get_status (CupExchange * exchange)
{
  return exchange->http->soup->message_get_status (exchange->message);
}

static gint64
next_limit (CupExchange * exchange)
{
  gint64 limit = exchange->deadline > 0 ? exchange->deadline : G_MAXINT64;

  if (exchange->fault)
    return 0;
  if (exchange->connecting_since > 0 && exchange->connect_timeout > 0)
    limit = MIN (limit, exchange->connecting_since + exchange->connect_timeout);
  if (exchange->active_since > 0 && exchange->inactivity_timeout > 0)
    limit = MIN (limit, exchange->active_since + exchange->inactivity_timeout);
  return limit;
}

static void
arm_watchdog (CupExchange * exchange)
{
  gint64 limit = next_limit (exchange);

  if (exchange->watchdog)
    g_source_set_ready_time (exchange->watchdog,
        limit == G_MAXINT64 ? -1 : limit);
}

/* For the watchdog to finish with. Takes @error; the first one counts. */
static void
note_fault (CupExchange * exchange, GError * error)
{
  if (exchange->fault)
    g_error_free (error);
  else
    exchange->fault = error;
  arm_watchdog (exchange);
}

/* libsoup lets all requests to a host wait for one that is connecting. Where
 * that took too long, those that have waited for all of it fail with it: one
 * after the other they would take a multiple of the timeout. */
static void
fail_waiting (CupExchange * failed, const GError * error)
{
  GList *item, *next;

  for (item = failed->http->sessions->exchanges.head; item; item = next) {
    CupExchange *other = item->data;

    next = item->next;
    if (other == failed || !other->message || other->active_since > 0
        || other->connecting_since > 0 || other->pool != failed->pool
        || other->started > failed->connecting_since
        || !cup_url_same_origin (other->uri, failed->uri))
      continue;
    note_fault (other, g_error_copy (error));
  }
}

/* Whether the answer to a POST is awaited on the same connection. It may still
 * come, and to lose it is worse than to wait: what was posted cannot be posted
 * again. */
static gboolean
carries_post (CupExchange * exchange)
{
  GList *item;

  for (item = exchange->http->sessions->exchanges.head; item; item = item->next) {
    CupExchange *other = item->data;

    if (other != exchange && other->pool == exchange->pool
        && other->connection == exchange->connection && other->active_since > 0
        && is_post (other))
      return TRUE;
  }
  return FALSE;
}

static gboolean
watchdog_dispatch (gpointer data)
{
  CupExchange *exchange = data;
  gint64 now = g_get_monotonic_time ();
  GError *error = NULL;

  if (exchange->fault)
    error = g_steal_pointer (&exchange->fault);
  else if (exchange->deadline > 0 && now >= exchange->deadline)
    error = g_error_new_literal (CUP_ERROR, CUP_ERROR_TIMEOUT,
        "the time for the request is over");
  else if (next_limit (exchange) > now)
    arm_watchdog (exchange);
  else if (exchange->connecting_since > 0) {
    error = cup_exchange_new_timeout (exchange, "no connection",
        exchange->connect_timeout);
    fail_waiting (exchange, error);
  } else {
    error = cup_exchange_new_timeout (exchange, "not a byte came or went",
        exchange->inactivity_timeout);
    if (!carries_post (exchange))
      cup_connections_break_if_silent (exchange->pool->connections,
          exchange->connection, exchange->active_since);
  }

  if (error)
    cup_exchange_finish (exchange, NULL, error);
  return G_SOURCE_CONTINUE;
}

void
cup_exchange_note_activity (CupExchange * exchange)
{
  gboolean first = exchange->active_since == 0;

  if (exchange->sending)
    *exchange->sending = TRUE;
  exchange->connecting_since = 0;
  exchange->active_since = g_get_monotonic_time ();
  cup_connections_note_activity (exchange->pool->connections,
      exchange->connection, exchange->active_since);
  /* Later it finds out by itself when it fires. */
  if (first)
    arm_watchdog (exchange);
}

/* Before the first packet goes to an address of the host, or of the proxy that
 * is to find it. The name is not looked up beforehand: the next time it could
 * stand for something else. */
static void
check_address (CupExchange * exchange, GSocketConnection * connection)
{
  GSocketAddress *address = g_socket_connection_get_remote_address (connection,
      NULL);
  gchar *fault = NULL;

  if (G_IS_PROXY_ADDRESS (address))
    fault = NULL;
  else if (G_IS_INET_SOCKET_ADDRESS (address))
    fault = cup_address_find_fault (g_inet_socket_address_get_address
        (G_INET_SOCKET_ADDRESS (address)));
  else
    fault = g_strdup ("it is not known what address it stands for");

  if (fault) {
    /* With a closed socket nothing can be sent, whatever libsoup does. */
    g_socket_close (g_socket_connection_get_socket (connection), NULL);
    note_fault (exchange, cup_exchange_new_not_public (exchange, fault));
  }
  g_free (fault);
  g_clear_object (&address);
}

static void
on_network_event (SoupMessage * message, GSocketClientEvent event,
    GIOStream * connection, CupExchange * exchange)
{
  if (event == G_SOCKET_CLIENT_CONNECTING && exchange->public_only)
    check_address (exchange, G_SOCKET_CONNECTION (connection));
  if (event == G_SOCKET_CLIENT_CONNECTED && G_IS_SOCKET_CONNECTION (connection))
    g_set_object (&exchange->socket,
        g_socket_connection_get_socket (G_SOCKET_CONNECTION (connection)));

  if (event == G_SOCKET_CLIENT_COMPLETE) {
    cup_exchange_note_activity (exchange);
  } else if (exchange->connecting_since == 0) {
    exchange->connecting_since = g_get_monotonic_time ();
    arm_watchdog (exchange);
  }
}

/* It has got its connection, a new one or one that stands already. */
static void
on_starting (SoupMessage * message, CupExchange * exchange)
{
  CupConnections *connections = exchange->pool->connections;

  leave_connection (exchange);
  exchange->connection =
      exchange->http->soup->message_get_connection_id (message);
  if (exchange->socket)
    cup_connections_add (connections, exchange->connection, exchange->socket,
        exchange->uri);
  cup_connections_enter (connections, exchange->connection, is_post (exchange));
  g_clear_object (&exchange->socket);
  cup_exchange_note_activity (exchange);
}

static void
on_activity (SoupMessage * message, CupExchange * exchange)
{
  cup_exchange_note_activity (exchange);
}

static void
on_wrote_body_data (SoupMessage * message, guint size, CupExchange * exchange)
{
  cup_exchange_note_activity (exchange);
}

/* Not activity: such answers keep a request alive no longer than silence does.
 * libsoup reads them in a loop as long as there are more to read, and the
 * watchdog does not run meanwhile. Without its connection that loop ends. */
static void
on_got_informational (SoupMessage * message, CupExchange * exchange)
{
  if (++exchange->informational <= MAX_INFORMATIONAL)
    return;
  note_fault (exchange, cup_exchange_new_informational (exchange,
          MAX_INFORMATIONAL));
  cup_connections_break (exchange->pool->connections, exchange->connection);
}

static void
on_got_headers (SoupMessage * message, CupExchange * exchange)
{
  goffset length = cup_exchange_get_content_length (exchange);
  guint status = cup_exchange_get_status (exchange);

  /* libsoup (3.2) takes the second one on HTTP/2 for the answer's headers. */
  if (status / 100 == 1) {
    on_got_informational (message, exchange);
    return;
  }
  set_in_gap (exchange, TRUE);
  cup_exchange_note_activity (exchange);
  /* A stream may be long; what is answered in its place is not. */
  if (exchange->on_data && status / 100 != 2)
    exchange->max_size = MIN (exchange->max_size, MAX_REFUSAL);
  if (length >= 0 && (guint64) length > exchange->max_size)
    note_fault (exchange, cup_exchange_new_too_large (exchange, length));
  else if (status == SOUP_STATUS_MISDIRECTED_REQUEST && length < 0)
    /* libsoup reads this one itself, all of it, to try again. */
    note_fault (exchange, g_error_new_literal (CUP_ERROR, CUP_ERROR_NETWORK,
            "the server says that the request was misdirected (HTTP 421)"));
}

static gboolean
is_redirect (guint status)
{
  return status == 301 || status == 302 || status == 303 || status == 307
      || status == 308;
}

/* Why the target, NULL where it could not be parsed, may not be followed. */
static gchar *
find_redirect_fault (CupExchange * exchange, GUri * target,
    const GError * reason)
{
  if (!exchange->follow_redirects)
    return g_strdup ("it is not followed, because keys and pictures go to the "
        "address that was asked for and to no other");
  if (!target)
    return g_strdup (reason->message);
  if (exchange->redirects >= MAX_REDIRECTS)
    return g_strdup_printf ("it is the %dth in a row", MAX_REDIRECTS + 1);
  if (cup_url_is_loopback (target) && !cup_url_is_loopback (exchange->uri))
    return g_strdup ("a server may not send us to this machine");
  if (exchange->public_only || (exchange->public_redirects
          && !cup_url_same_origin (target, exchange->uri)))
    return cup_address_find_host_fault (g_uri_get_host (target));
  return NULL;
}

static void
handle_redirect (CupExchange * exchange, const gchar * location)
{
  GError *reason = NULL;
  GUri *target = cup_url_parse_relative (exchange->uri, location, &reason);
  gchar *fault = find_redirect_fault (exchange, target, reason);

  if (fault) {
    cup_exchange_finish (exchange, NULL,
        cup_exchange_new_bad_redirect (exchange, location, fault));
  } else {
    if (exchange->public_redirects
        && !cup_url_same_origin (target, exchange->uri))
      exchange->public_only = TRUE;
    g_uri_unref (exchange->uri);
    exchange->uri = g_steal_pointer (&target);
    exchange->redirects++;
    g_clear_pointer (&exchange->headers, g_strfreev);
    clear_operation (exchange);
    exchange_start (exchange);
  }
  g_clear_pointer (&target, g_uri_unref);
  g_clear_error (&reason);
  g_free (fault);
}

static void
on_sent (GObject * source, GAsyncResult * result, gpointer data)
{
  CupExchange *exchange = data;
  const CupSoup *soup = exchange->http->soup;
  GError *reason = NULL;
  GInputStream *stream;
  const gchar *location;

  set_in_gap (exchange, FALSE);
  clear_source (&exchange->late_cancel);
  cup_exchange_end_operation (exchange);
  stream = soup->session_send_finish ((SoupSession *) source, result, &reason);
  if (!exchange->done || exchange->fault) {
    /* Told already, or about to be told by the watchdog. */
    if (stream)
      cup_exchange_close_stream (exchange->http, stream);
  } else if (!stream) {
    cup_exchange_finish (exchange, NULL, cup_exchange_translate (exchange,
            reason));
  } else if (exchange->active_since == 0) {
    /* It has never been sent: libsoup passes a proxy's answer off as its. */
    cup_exchange_close_stream (exchange->http, stream);
    cup_exchange_finish (exchange, NULL, cup_exchange_new_no_tunnel (exchange));
  } else {
    exchange->stream = stream;
    exchange->expected = cup_exchange_get_content_length (exchange);
    location = soup->message_headers_get_one
        (soup->message_get_response_headers (exchange->message), "Location");
    if (is_redirect (cup_exchange_get_status (exchange)) && location)
      handle_redirect (exchange, location);
    else
      cup_exchange_read_body (exchange);
  }
  g_clear_error (&reason);
  cup_exchange_unref (exchange);
}

/* libsoup repeats by itself what is idempotent where a connection that stood
 * already breaks before the answer. If the next one stands already, too, it may
 * take the late news of the first attempt for those of the second, and crashes
 * (3.2.3 and others). A new connection comes later than the news, and is the
 * last one that is tried.
 *
 * Nor does libsoup rewind the body: what the first attempt has read of it would
 * be missing in the second one, which promises its full length, or on HTTP/2
 * simply is shorter. */
static void
on_restarted (SoupMessage * message, CupExchange * exchange)
{
  const CupSoup *soup = exchange->http->soup;

  set_in_gap (exchange, FALSE);
  soup->message_add_flags (message, SOUP_MESSAGE_NEW_CONNECTION);
  if (exchange->body)
    soup->message_set_request_body_from_bytes (message,
        exchange->content_type, exchange->body);
}

static SoupMessage *
new_message (CupExchange * exchange)
{
  const CupSoup *soup = exchange->http->soup;
  SoupMessageHeaders *headers;
  SoupMessage *message;
  guint i;

  message = soup->message_new_from_uri (exchange->method, exchange->uri);
  soup->message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT |
      SOUP_MESSAGE_DO_NOT_USE_AUTH_CACHE);
  /* On a POST this means that it may use a connection that stands already; it
   * does not make libsoup send one twice, which it does for the methods that
   * are idempotent by themselves only, or where HTTP/2 guarantees that the
   * first one was not looked at. */
  soup->message_add_flags (message, SOUP_MESSAGE_IDEMPOTENT);
  /* With it libsoup would read the body of a 401 itself, without limit. */
  soup->message_disable_feature (message, soup->auth_manager_get_type ());

  headers = soup->message_get_request_headers (message);
  /* Without it a server may choose any encoding. */
  soup->message_headers_append (headers, "Accept-Encoding", "identity");
  for (i = 0; exchange->headers && exchange->headers[i]; i += 2)
    soup->message_headers_append (headers, exchange->headers[i],
        exchange->headers[i + 1]);
  if (exchange->body)
    soup->message_set_request_body_from_bytes (message,
        exchange->content_type, exchange->body);

  g_signal_connect (message, "network-event", G_CALLBACK (on_network_event),
      exchange);
  g_signal_connect (message, "starting", G_CALLBACK (on_starting), exchange);
  g_signal_connect (message, "wrote-headers", G_CALLBACK (on_activity),
      exchange);
  g_signal_connect (message, "wrote-body-data",
      G_CALLBACK (on_wrote_body_data), exchange);
  g_signal_connect (message, "got-informational",
      G_CALLBACK (on_got_informational), exchange);
  g_signal_connect (message, "got-headers", G_CALLBACK (on_got_headers),
      exchange);
  g_signal_connect (message, "restarted", G_CALLBACK (on_restarted), exchange);
  return message;
}

/* libsoup takes the first connection to the host that it finds, however long that
 * has been idle. */
static void
break_idle_connections (CupExchange * exchange)
{
  if (exchange->max_idle > 0)
    cup_connections_break_idle (exchange->pool->connections, exchange->uri,
        g_get_monotonic_time () - exchange->max_idle);
}

/* Begins the operation, the first one or after a redirect. */
static void
exchange_start (CupExchange * exchange)
{
  CupHttp *http = exchange->http;

  exchange->pool = cup_http_get_pool (http, exchange->uri,
      exchange->public_only);
  exchange->message = new_message (exchange);
  break_idle_connections (exchange);
  exchange->cancellable = g_cancellable_new ();
  exchange->expected = -1;
  exchange->started = g_get_monotonic_time ();
  arm_watchdog (exchange);
  cup_exchange_begin_operation (exchange);
  http->soup->session_send_async (exchange->pool->session, exchange->message,
      G_PRIORITY_DEFAULT, exchange->cancellable, on_sent, exchange);
}

static void
first_start (gpointer data)
{
  CupExchange *exchange = data;
  gchar *fault = NULL;
  GError *error = NULL;

  exchange->uri = cup_url_parse (exchange->url, &error);
  if (exchange->uri && exchange->public_only)
    fault = cup_address_find_host_fault (g_uri_get_host (exchange->uri));

  if (!exchange->uri)
    cup_exchange_finish (exchange, NULL, error);
  else if (fault)
    cup_exchange_finish (exchange, NULL, cup_exchange_new_not_public (exchange,
            fault));
  else if (exchange->http->ended)
    cup_exchange_abort (exchange);
  else
    exchange_start (exchange);
  g_free (fault);
}

static void
on_cancelled (gpointer data)
{
  cup_exchange_abort (data);
}

void
cup_http_send (CupHttp * http, const CupHttpRequest * request,
    CupHttpDone done, gpointer user_data)
{
  CupExchange *exchange;

  g_return_if_fail (cup_http_is_current_thread (http));

  exchange = g_new0 (CupExchange, 1);
  exchange->ref_count = 1;      /* given up when it is finished */
  exchange->http = cup_http_ref (http);
  exchange->link.data = exchange->peer.data = exchange;
  exchange->method = g_intern_string (request->method);
  exchange->url = g_strdup (request->url);
  exchange->headers = g_strdupv ((gchar **) request->headers);
  exchange->body = request->body ? g_bytes_ref (request->body) : NULL;
  exchange->content_type = g_strdup (request->content_type);
  exchange->max_size = MIN (request->max_size, G_MAXSSIZE / 4);
  exchange->connect_timeout = request->connect_timeout;
  exchange->inactivity_timeout = request->inactivity_timeout;
  exchange->max_idle = request->max_idle;
  exchange->deadline = request->deadline;
  exchange->follow_redirects = request->follow_redirects;
  exchange->public_only = request->public_only;
  exchange->public_redirects = request->public_redirects;
  exchange->sending = request->sending;
  exchange->on_data = request->on_data;
  exchange->done = done;
  exchange->user_data = user_data;
  g_queue_push_tail_link (&http->exchanges, &exchange->link);
  g_queue_push_tail_link (&http->sessions->exchanges, &exchange->peer);

  exchange->watchdog = cup_http_add_source (http, watchdog_dispatch, exchange,
      NULL);
  arm_watchdog (exchange);
  if (request->cancellable)
    exchange->cancel_watch = cup_http_watch_cancellable (http,
        request->cancellable, on_cancelled, exchange);
  exchange->start_source = cup_http_add_timer (http, 0, first_start, exchange);
}
