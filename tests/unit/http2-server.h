/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A server that speaks just enough HTTP/2 to hold an answer and to say it piece
 * by piece, which SoupServer (3.2) does on HTTP/1.1 only. It does not read what
 * is asked for: the test says what the answer is.
 */
#pragma once

#include "http-server.h"

typedef struct
{
  GSocketListener *listener;
  GCancellable *stop;
  GThread *thread;
  GTlsCertificate *certificate;
  gchar *base;                  /* https://127.0.0.1:port */
  gint connections;             /* atomic, as all of these */
  gint requests;
  gint resets;                  /* RST_STREAM of the client's */
  gint answer_at_once;
  gint flood;                   /* of informational answers, without end */

  GMutex lock;                  /* for all of the rest, and for writing */
  GOutputStream *out;
  guint32 stream;               /* the last one that was opened */
} Http2Server;

enum
{
  HTTP2_DATA = 0,
  HTTP2_HEADERS = 1,
  HTTP2_RST_STREAM = 3,
  HTTP2_SETTINGS = 4,
  HTTP2_PING = 6,
};

#define HTTP2_END_STREAM 0x1
#define HTTP2_ACK 0x1
#define HTTP2_END_HEADERS 0x4
#define HTTP2_PREFACE_SIZE 24
/* ":status: 200", which has a number of its own in HPACK. */
#define HTTP2_STATUS_200 "\x88"
/* ":status: 100", which has none. */
#define HTTP2_STATUS_100 "\x08\x03" "100"

static inline gboolean
http2_write_frame (Http2Server * server, guint8 type, guint8 flags,
    guint32 stream, gconstpointer data, gsize size)
{
  GByteArray *frame = g_byte_array_new ();
  gboolean written;
  guint32 words[2] = { g_htonl (size << 8 | type), g_htonl (stream) };

  g_byte_array_append (frame, (guint8 *) & words[0], 4);
  g_byte_array_append (frame, &flags, 1);
  g_byte_array_append (frame, (guint8 *) & words[1], 4);
  if (size > 0)
    g_byte_array_append (frame, data, size);
  /* A client that has gone is not of interest. */
  written = g_output_stream_write_all (server->out, frame->data, frame->len,
      NULL, NULL, NULL);
  g_byte_array_unref (frame);
  return written;
}

/* A piece of the last request's answer, NULL for its end. */
static inline void
http2_server_say (Http2Server * server, const gchar * text)
{
  g_mutex_lock (&server->lock);
  http2_write_frame (server, HTTP2_DATA, text ? 0 : HTTP2_END_STREAM,
      server->stream, text, text ? strlen (text) : 0);
  g_mutex_unlock (&server->lock);
}

static inline void
http2_handle_request (Http2Server * server, guint32 stream)
{
  server->stream = stream;
  while (g_atomic_int_get (&server->flood)
      && http2_write_frame (server, HTTP2_HEADERS, HTTP2_END_HEADERS, stream,
          HTTP2_STATUS_100, 5));
  http2_write_frame (server, HTTP2_HEADERS, HTTP2_END_HEADERS, stream,
      HTTP2_STATUS_200, 1);
  if (g_atomic_int_get (&server->answer_at_once))
    http2_write_frame (server, HTTP2_DATA, HTTP2_END_STREAM, stream, "done", 4);
  g_atomic_int_inc (&server->requests);
}

static inline void
http2_handle_frame (Http2Server * server, guint8 type, guint8 flags,
    guint32 stream, const guint8 * data, gsize size)
{
  g_mutex_lock (&server->lock);
  if (type == HTTP2_HEADERS)
    http2_handle_request (server, stream);
  else if (type == HTTP2_RST_STREAM)
    g_atomic_int_inc (&server->resets);
  else if (type == HTTP2_SETTINGS && !(flags & HTTP2_ACK))
    http2_write_frame (server, HTTP2_SETTINGS, HTTP2_ACK, 0, NULL, 0);
  else if (type == HTTP2_PING && !(flags & HTTP2_ACK))
    http2_write_frame (server, HTTP2_PING, HTTP2_ACK, 0, data, size);
  g_mutex_unlock (&server->lock);
}

static inline void
http2_serve (Http2Server * server, GSocketConnection * connection)
{
  static const gchar *const protocols[] = { "h2", NULL };
  GIOStream *tls;
  GInputStream *in;
  guint8 head[9], *payload;
  gsize size, count;

  g_atomic_int_inc (&server->connections);
  tls = g_tls_server_connection_new (G_IO_STREAM (connection),
      server->certificate, NULL);
  g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (tls), protocols);
  in = g_io_stream_get_input_stream (tls);
  payload = g_malloc (1 << 24);
  if (g_input_stream_read_all (in, payload, HTTP2_PREFACE_SIZE, &count, NULL,
          NULL) && count == HTTP2_PREFACE_SIZE) {
    g_mutex_lock (&server->lock);
    g_set_object (&server->out, g_io_stream_get_output_stream (tls));
    http2_write_frame (server, HTTP2_SETTINGS, 0, 0, NULL, 0);
    g_mutex_unlock (&server->lock);
    while (g_input_stream_read_all (in, head, 9, &count, NULL, NULL)
        && count == 9) {
      size = head[0] << 16 | head[1] << 8 | head[2];
      if (!g_input_stream_read_all (in, payload, size, &count, NULL, NULL)
          || count < size)
        break;
      http2_handle_frame (server, head[3], head[4],
          (guint32) (head[5] & 0x7f) << 24 | head[6] << 16 | head[7] << 8
          | head[8], payload, size);
    }
  }
  g_free (payload);
  g_io_stream_close (tls, NULL, NULL);
  g_object_unref (tls);
}

/* One connection after the other. */
static inline gpointer
http2_run (gpointer data)
{
  Http2Server *server = data;
  GSocketConnection *connection;

  while ((connection = g_socket_listener_accept (server->listener, NULL,
              server->stop, NULL))) {
    http2_serve (server, connection);
    g_object_unref (connection);
  }
  return NULL;
}

static inline Http2Server *
http2_server_new (Authority * authority)
{
  Http2Server *server = g_new0 (Http2Server, 1);
  GError *error = NULL;
  guint16 port;

  g_mutex_init (&server->lock);
  server->certificate = g_tls_certificate_new_from_pem (authority->pem, -1,
      &error);
  g_assert_no_error (error);
  server->stop = g_cancellable_new ();
  server->listener = g_socket_listener_new ();
  port = g_socket_listener_add_any_inet_port (server->listener, NULL, &error);
  g_assert_no_error (error);
  server->base = g_strdup_printf ("https://127.0.0.1:%u", port);
  server->thread = g_thread_new ("http2-server", http2_run, server);
  return server;
}

/* After the client has closed its connections. */
static inline void
http2_server_free (Http2Server * server)
{
  g_cancellable_cancel (server->stop);
  g_thread_join (server->thread);
  g_object_unref (server->listener);
  g_object_unref (server->stop);
  g_clear_object (&server->out);
  g_object_unref (server->certificate);
  g_mutex_clear (&server->lock);
  g_free (server->base);
  g_free (server);
}
