/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One exchange: a request, its answer, and the limits that hold for both.
 *
 * The caller is told as soon as the outcome is clear. libsoup may need a
 * little longer to take its operation back (a name being resolved, for
 * instance); the exchange lives on for that, unseen.
 *
 * All of it runs on the HTTP thread. libsoup's signals only note what they
 * saw: ending an exchange from inside of libsoup's own work is not safe, so
 * the watchdog source does that.
 */
#include "http-private.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "redact.h"

#define MAX_REDIRECTS 5
/* First size of the buffer of an answer that does not tell its own. */
#define FIRST_CHUNK 16384
#define MIN_ROOM 1024

struct _CupHttpResponse
{
  CupHttp *http;
  SoupMessage *message;
  guint status;
  GBytes *body;
};

struct _CupExchange
{
  gint ref_count;
  CupHttp *http;
  GList link;                   /* in http->exchanges, until it is told */

  const gchar *method;
  GUri *uri;
  gchar *url;                   /* as it came, until it has been parsed */
  gchar **headers;
  GBytes *body;
  gchar *content_type;
  gsize max_size;
  gint64 connect_timeout;
  gint64 inactivity_timeout;
  gint64 deadline;
  gboolean follow_redirects;
  guint redirects;
  CupHttpDone done;
  gpointer user_data;

  GSource *start_source;
  CupHttpWatch *cancel_watch;
  GSource *watchdog;
  GError *fault;                /* noted by a signal, for the watchdog */

  /* Of the operation that is under way. */
  GCancellable *cancellable;
  gboolean busy;                /* libsoup has something of it in hand */
  SoupMessage *message;
  GInputStream *stream;
  GSocket *socket;              /* that it has opened itself */
  guint64 connection;           /* libsoup's id, 0 before it has one */
  gint64 started;
  gint64 connecting_since;      /* 0 where it is not connecting */
  gint64 active_since;          /* 0 before it has a connection */
  goffset expected;             /* -1 where the answer does not say */
  guint8 *data;
  gsize size;
  gsize allocated;
};

static void exchange_start (CupExchange * exchange);

static void
clear_source (GSource ** source)
{
  if (*source)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* Forgets the operation, so that another may begin. */
static void
clear_operation (CupExchange * exchange)
{
  if (exchange->message)
    g_signal_handlers_disconnect_by_data (exchange->message, exchange);
  g_clear_object (&exchange->stream);
  g_clear_object (&exchange->message);
  g_clear_object (&exchange->socket);
  g_clear_object (&exchange->cancellable);
  g_clear_pointer (&exchange->data, g_free);
  exchange->size = exchange->allocated = 0;
  exchange->connection = 0;
  exchange->connecting_since = exchange->active_since = 0;
}

static void
exchange_unref (CupExchange * exchange)
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
  g_free (exchange);
}

/* Around everything asynchronous of libsoup's; its callback has a reference
 * that the caller of end_operation() gives up. */
static void
begin_operation (CupExchange * exchange)
{
  exchange->ref_count++;
  exchange->busy = TRUE;
  exchange->http->n_operations++;
}

static void
end_operation (CupExchange * exchange)
{
  exchange->busy = FALSE;
  exchange->http->n_operations--;
}

static void
response_free (CupHttpResponse * response)
{
  g_object_unref (response->message);
  g_bytes_unref (response->body);
  g_free (response);
}

/* Tells the caller, once. Takes @response or @error. */
static void
finish (CupExchange * exchange, CupHttpResponse * response, GError * error)
{
  CupHttp *http = exchange->http;
  CupHttpDone done = g_steal_pointer (&exchange->done);

  if (done) {
    clear_source (&exchange->start_source);
    g_clear_pointer (&exchange->cancel_watch, cup_http_unwatch);
    clear_source (&exchange->watchdog);
    g_queue_unlink (&http->exchanges, &exchange->link);
    if (exchange->busy)
      g_cancellable_cancel (exchange->cancellable);
    if (error && error->domain == CUP_ERROR && exchange->active_since == 0
        && exchange->redirects == 0)
      cup_error_edit_details (error)->stage = CUP_HTTP_STAGE_CONNECT;
    done (response, error, exchange->user_data);
    exchange_unref (exchange);
    cup_http_check_end (http);
  }
  g_clear_pointer (&response, response_free);
  g_clear_error (&error);
}

void
cup_exchange_abort (CupExchange * exchange)
{
  finish (exchange, NULL, g_error_new_literal (G_IO_ERROR,
          G_IO_ERROR_CANCELLED, "the request was cancelled"));
}

static gchar *
get_host (CupExchange * exchange)
{
  return cup_url_get_authority (exchange->uri);
}

static GError *
new_timeout (CupExchange * exchange, const gchar * what, gint64 limit)
{
  gchar *host = get_host (exchange);
  GError *error = g_error_new (CUP_ERROR, CUP_ERROR_TIMEOUT,
      "%s: %s for %g s; check the network and the service, or allow more time",
      host, what, (gdouble) limit / G_USEC_PER_SEC);

  g_free (host);
  return error;
}

/* @size: what the answer says itself, -1 where that many bytes have come. */
static GError *
new_too_large (CupExchange * exchange, goffset size)
{
  gchar *host = get_host (exchange);
  GString *text = g_string_new (NULL);
  GError *error;

  g_string_append_printf (text, "%s sends an answer of ", host);
  if (size >= 0)
    g_string_append_printf (text, "%" G_GOFFSET_FORMAT " bytes, over the limit "
        "of %" G_GSIZE_FORMAT, size, exchange->max_size);
  else
    g_string_append_printf (text, "more than the %" G_GSIZE_FORMAT " bytes "
        "that are the limit", exchange->max_size);
  error = g_error_new_literal (CUP_ERROR, CUP_ERROR_TOO_LARGE, text->str);
  g_string_free (text, TRUE);
  g_free (host);
  return error;
}

static const gchar *
describe_certificate (GTlsCertificateFlags flags)
{
  if (flags & G_TLS_CERTIFICATE_UNKNOWN_CA)
    return ": it is not signed by an authority that this machine trusts";
  if (flags & G_TLS_CERTIFICATE_BAD_IDENTITY)
    return ": it is for another host";
  if (flags & G_TLS_CERTIFICATE_EXPIRED)
    return ": it has expired";
  if (flags & G_TLS_CERTIFICATE_NOT_ACTIVATED)
    return ": it is not valid yet; check this machine's clock";
  if (flags & G_TLS_CERTIFICATE_REVOKED)
    return ": it has been revoked";
  return "";
}

/* What libsoup or GIO says, with the host and what to do. */
static GError *
translate (CupExchange * exchange, const GError * reason)
{
  const CupSoup *soup = exchange->http->soup;
  gchar *host = get_host (exchange);
  GError *error;

  if (reason->domain == soup->session_error_quark ()
      && (reason->code == SOUP_SESSION_ERROR_PARSING
          || reason->code == SOUP_SESSION_ERROR_ENCODING))
    error = g_error_new (CUP_ERROR, CUP_ERROR_BAD_DATA,
        "%s does not answer in HTTP: %s; check that this is the service's "
        "address", host, reason->message);
  else if (g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    error = g_error_new (CUP_ERROR, CUP_ERROR_TIMEOUT,
        "%s: %s; check the network and the service", host, reason->message);
  else if (reason->domain == G_TLS_ERROR)
    error = g_error_new (CUP_ERROR, CUP_ERROR_NETWORK,
        "no secure connection to %s: %s%s", host, reason->message,
        describe_certificate (soup->message_get_tls_peer_certificate_errors
            (exchange->message)));
  else if (exchange->active_since == 0)
    error = g_error_new (CUP_ERROR, CUP_ERROR_NETWORK,
        "%s cannot be reached: %s; check the address and the network", host,
        reason->message);
  else
    error = g_error_new (CUP_ERROR, CUP_ERROR_NETWORK,
        "the connection to %s broke: %s", host, reason->message);
  g_free (host);
  return error;
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

/* libsoup lets all requests to a host wait for one that is connecting. Where
 * that took too long, those that have waited for all of it fail with it: one
 * after the other they would take a multiple of the timeout. */
static void
fail_waiting (CupExchange * failed, const GError * error)
{
  GList *item, *next;

  for (item = failed->http->exchanges.head; item; item = next) {
    CupExchange *other = item->data;

    next = item->next;
    if (other == failed || !other->message || other->active_since > 0
        || other->connecting_since > 0 || other->fault
        || other->started > failed->connecting_since
        || !cup_url_same_origin (other->uri, failed->uri))
      continue;
    other->fault = g_error_copy (error);
    arm_watchdog (other);
  }
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
    error = new_timeout (exchange, "no connection", exchange->connect_timeout);
    fail_waiting (exchange, error);
  } else {
    error = new_timeout (exchange, "not a byte came or went",
        exchange->inactivity_timeout);
    cup_connections_break_if_silent (exchange->http->connections,
        exchange->connection, exchange->active_since);
  }

  if (error)
    finish (exchange, NULL, error);
  return G_SOURCE_CONTINUE;
}

static void
note_activity (CupExchange * exchange)
{
  gboolean first = exchange->active_since == 0;

  exchange->connecting_since = 0;
  exchange->active_since = g_get_monotonic_time ();
  cup_connections_note_activity (exchange->http->connections,
      exchange->connection, exchange->active_since);
  /* Later it finds out by itself when it fires. */
  if (first)
    arm_watchdog (exchange);
}

static void
on_network_event (SoupMessage * message, GSocketClientEvent event,
    GIOStream * connection, CupExchange * exchange)
{
  if (event == G_SOCKET_CLIENT_CONNECTED && G_IS_SOCKET_CONNECTION (connection))
    g_set_object (&exchange->socket,
        g_socket_connection_get_socket (G_SOCKET_CONNECTION (connection)));

  if (event == G_SOCKET_CLIENT_COMPLETE) {
    note_activity (exchange);
  } else if (exchange->connecting_since == 0) {
    exchange->connecting_since = g_get_monotonic_time ();
    arm_watchdog (exchange);
  }
}

/* It has got its connection, a new one or one that stands already. */
static void
on_starting (SoupMessage * message, CupExchange * exchange)
{
  CupConnections *connections = exchange->http->connections;

  exchange->connection =
      exchange->http->soup->message_get_connection_id (message);
  if (exchange->socket)
    cup_connections_add (connections, exchange->connection, exchange->socket);
  g_clear_object (&exchange->socket);
  note_activity (exchange);
}

static void
on_activity (SoupMessage * message, CupExchange * exchange)
{
  note_activity (exchange);
}

static void
on_wrote_body_data (SoupMessage * message, guint size, CupExchange * exchange)
{
  note_activity (exchange);
}

static goffset
get_content_length (CupExchange * exchange)
{
  const CupSoup *soup = exchange->http->soup;
  SoupMessageHeaders *headers =
      soup->message_get_response_headers (exchange->message);
  const gchar *text = soup->message_headers_get_one (headers, "Content-Length");

  /* With any other framing libsoup ignores the header, and so do we. */
  if (!text || (soup->message_headers_get_encoding (headers) !=
          SOUP_ENCODING_CONTENT_LENGTH))
    return -1;
  return soup->message_headers_get_content_length (headers);
}

static void
on_got_headers (SoupMessage * message, CupExchange * exchange)
{
  goffset length = get_content_length (exchange);
  guint status = exchange->http->soup->message_get_status (message);

  note_activity (exchange);
  if (length >= 0 && (guint64) length > exchange->max_size)
    exchange->fault = new_too_large (exchange, length);
  else if (status == SOUP_STATUS_MISDIRECTED_REQUEST && length < 0)
    /* libsoup reads this one itself, all of it, to try again. */
    exchange->fault = g_error_new_literal (CUP_ERROR, CUP_ERROR_NETWORK,
        "the server says that the request was misdirected (HTTP 421)");
  if (exchange->fault)
    arm_watchdog (exchange);
}

static gboolean
is_redirect (guint status)
{
  return status == 301 || status == 302 || status == 303 || status == 307
      || status == 308;
}

/* The target where it may be followed, or why it may not. */
static GUri *
check_redirect (CupExchange * exchange, const gchar * location, GError ** error)
{
  GError *reason = NULL;
  gchar *shown, *host;
  GUri *target;

  target = cup_url_parse_relative (exchange->uri, location, &reason);
  if (!exchange->follow_redirects)
    g_set_error_literal (&reason, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "it is not followed, because keys and pictures go to the address that "
        "was asked for and to no other");
  else if (exchange->redirects >= MAX_REDIRECTS)
    g_set_error (&reason, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "it is the %dth in a row", MAX_REDIRECTS + 1);
  else if (target && cup_url_is_loopback (target)
      && !cup_url_is_loopback (exchange->uri))
    g_set_error_literal (&reason, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "a server may not send us to this machine");
  if (!reason)
    return target;

  host = get_host (exchange);
  shown = cup_redact_url (location);
  g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
      "%s redirects (HTTP %u) to %s: %s", host,
      exchange->http->soup->message_get_status (exchange->message), shown,
      reason->message);
  g_clear_pointer (&target, g_uri_unref);
  g_error_free (reason);
  g_free (shown);
  g_free (host);
  return NULL;
}

static void
handle_redirect (CupExchange * exchange, const gchar * location)
{
  GError *error = NULL;
  GUri *target = check_redirect (exchange, location, &error);

  if (!target) {
    finish (exchange, NULL, error);
    return;
  }
  g_uri_unref (exchange->uri);
  exchange->uri = target;
  exchange->redirects++;
  g_clear_pointer (&exchange->headers, g_strfreev);
  clear_operation (exchange);
  exchange_start (exchange);
}

static void
return_response (CupExchange * exchange)
{
  CupHttpResponse *response = g_new0 (CupHttpResponse, 1);

  response->http = exchange->http;
  response->message = g_object_ref (exchange->message);
  response->status =
      exchange->http->soup->message_get_status (exchange->message);
  if (exchange->size < exchange->allocated && exchange->expected < 0)
    exchange->data = g_realloc (exchange->data, MAX (exchange->size, 1));
  response->body = g_bytes_new_take (g_steal_pointer (&exchange->data),
      exchange->size);
  finish (exchange, response, NULL);
}

static void
handle_end (CupExchange * exchange)
{
  gboolean complete = exchange->expected < 0
      || (guint64) exchange->expected == exchange->size;
  gchar *host;

  /* At its end this only gives the connection back; nothing can block. */
  g_input_stream_close (exchange->stream, NULL, NULL);
  if (complete) {
    return_response (exchange);
    return;
  }
  host = get_host (exchange);
  finish (exchange, NULL, g_error_new (CUP_ERROR, CUP_ERROR_NETWORK,
          "the connection to %s broke: %" G_GSIZE_FORMAT " bytes came of an "
          "answer of %" G_GOFFSET_FORMAT, host, exchange->size,
          exchange->expected));
  g_free (host);
}

/* There is always room for MIN_ROOM more, also where all has come or the limit
 * is reached: what comes then shows that there is more, and libsoup fails on
 * an assertion where it has to read a trailer into less than a line. */
static gboolean
make_room (CupExchange * exchange)
{
  gsize wanted;
  guint8 *data;

  if (exchange->allocated - exchange->size >= MIN_ROOM)
    return TRUE;
  if (exchange->expected > (goffset) exchange->size)
    wanted = exchange->expected;
  else
    wanted = MIN (MAX (FIRST_CHUNK, exchange->size * 2), exchange->max_size);
  wanted = MAX (wanted, exchange->size) + MIN_ROOM;
  data = g_try_realloc (exchange->data, wanted);
  if (!data)
    return FALSE;
  exchange->data = data;
  exchange->allocated = wanted;
  return TRUE;
}

static void on_read (GObject * source, GAsyncResult * result, gpointer data);

static void
read_more (CupExchange * exchange)
{
  if (!make_room (exchange)) {
    finish (exchange, NULL, g_error_new (CUP_ERROR, CUP_ERROR_TOO_LARGE,
            "no memory for an answer of %" G_GSIZE_FORMAT " bytes",
            MAX (exchange->size, (gsize) MAX (exchange->expected, 0))));
    return;
  }
  begin_operation (exchange);
  g_input_stream_read_async (exchange->stream, exchange->data + exchange->size,
      exchange->allocated - exchange->size, G_PRIORITY_DEFAULT,
      exchange->cancellable, on_read, exchange);
}

static void
on_read (GObject * source, GAsyncResult * result, gpointer data)
{
  CupExchange *exchange = data;
  GError *reason = NULL;
  gssize count;

  end_operation (exchange);
  count = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &reason);
  if (!exchange->done) {
    /* It has been told already. */
  } else if (count < 0) {
    finish (exchange, NULL, translate (exchange, reason));
  } else if (count == 0) {
    handle_end (exchange);
  } else {
    note_activity (exchange);
    exchange->size += count;
    if (exchange->size > exchange->max_size)
      finish (exchange, NULL, new_too_large (exchange, -1));
    else
      read_more (exchange);
  }
  g_clear_error (&reason);
  exchange_unref (exchange);
}

static void
on_sent (GObject * source, GAsyncResult * result, gpointer data)
{
  CupExchange *exchange = data;
  const CupSoup *soup = exchange->http->soup;
  GError *reason = NULL;
  GInputStream *stream;
  const gchar *location;

  end_operation (exchange);
  stream = soup->session_send_finish ((SoupSession *) source, result, &reason);
  if (!exchange->done || exchange->fault) {
    /* Told already, or about to be told by the watchdog. */
    g_clear_object (&stream);
  } else if (!stream) {
    finish (exchange, NULL, translate (exchange, reason));
  } else {
    exchange->stream = stream;
    exchange->expected = get_content_length (exchange);
    location = soup->message_headers_get_one
        (soup->message_get_response_headers (exchange->message), "Location");
    if (is_redirect (soup->message_get_status (exchange->message)) && location)
      handle_redirect (exchange, location);
    else
      read_more (exchange);
  }
  g_clear_error (&reason);
  exchange_unref (exchange);
}

/* libsoup repeats by itself what is idempotent where a connection that stood
 * already breaks before the answer. If the next one stands already, too, it may
 * take the late news of the first attempt for those of the second, and crashes
 * (3.2.3 and others). A new connection comes later than the news, and is the
 * last one that is tried. */
static void
on_restarted (SoupMessage * message, CupExchange * exchange)
{
  exchange->http->soup->message_add_flags (message,
      SOUP_MESSAGE_NEW_CONNECTION);
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
  g_signal_connect (message, "got-headers", G_CALLBACK (on_got_headers),
      exchange);
  g_signal_connect (message, "restarted", G_CALLBACK (on_restarted), exchange);
  return message;
}

/* Begins the operation, the first one or after a redirect. */
static void
exchange_start (CupExchange * exchange)
{
  CupHttp *http = exchange->http;

  exchange->message = new_message (exchange);
  exchange->cancellable = g_cancellable_new ();
  exchange->expected = -1;
  exchange->started = g_get_monotonic_time ();
  arm_watchdog (exchange);
  begin_operation (exchange);
  http->soup->session_send_async (cup_http_get_session (http, exchange->uri),
      exchange->message, G_PRIORITY_DEFAULT, exchange->cancellable, on_sent,
      exchange);
}

static void
first_start (gpointer data)
{
  CupExchange *exchange = data;
  GError *error = NULL;

  exchange->uri = cup_url_parse (exchange->url, &error);
  if (!exchange->uri)
    finish (exchange, NULL, error);
  else if (exchange->http->quit)
    cup_exchange_abort (exchange);
  else
    exchange_start (exchange);
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
  exchange->ref_count = 1;      /* given up by finish() */
  exchange->http = http;
  exchange->link.data = exchange;
  exchange->method = g_intern_string (request->method);
  exchange->url = g_strdup (request->url);
  exchange->headers = g_strdupv ((gchar **) request->headers);
  exchange->body = request->body ? g_bytes_ref (request->body) : NULL;
  exchange->content_type = g_strdup (request->content_type);
  exchange->max_size = MIN (request->max_size, G_MAXSSIZE / 4);
  exchange->connect_timeout = request->connect_timeout;
  exchange->inactivity_timeout = request->inactivity_timeout;
  exchange->deadline = request->deadline;
  exchange->follow_redirects = request->follow_redirects;
  exchange->done = done;
  exchange->user_data = user_data;
  g_queue_push_tail_link (&http->exchanges, &exchange->link);

  exchange->watchdog = cup_http_add_source (http, watchdog_dispatch, exchange,
      NULL);
  arm_watchdog (exchange);
  if (request->cancellable)
    exchange->cancel_watch = cup_http_watch_cancellable (http,
        request->cancellable, on_cancelled, exchange);
  exchange->start_source = cup_http_add_timer (http, 0, first_start, exchange);
}

guint
cup_http_response_get_status (CupHttpResponse * response)
{
  return response->status;
}

GBytes *
cup_http_response_get_body (CupHttpResponse * response)
{
  return response->body;
}

const gchar *
cup_http_response_get_header (CupHttpResponse * response, const gchar * name)
{
  const CupSoup *soup = response->http->soup;

  return soup->message_headers_get_one
      (soup->message_get_response_headers (response->message), name);
}
