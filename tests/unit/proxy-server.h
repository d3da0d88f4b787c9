/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A proxy for CONNECT and SOCKS 5 on the loopback. Whatever it is asked for, it
 * leads to one port of this machine, so that names that stand for nothing can
 * be used.
 */
#pragma once

#include <gio/gio.h>
#include <string.h>

typedef struct
{
  GSocketListener *listener;
  GCancellable *stop;
  GThread *thread;
  guint16 port;
  guint16 target;
  gint status;                  /* atomic: answers CONNECT with it, if not 0 */
  gint tunnels;                 /* atomic: how many have come about */

  GMutex lock;
  gchar *asked;                 /* "host:port" of the last request */
  gchar *credentials;           /* that it had: "user:password", or NULL */
  const gchar *wanted;          /* the only ones that are accepted, or NULL */
} Proxy;

typedef struct
{
  GIOStream *from, *to;
  GCancellable *stop;
} Pump;

/* One direction, until its end, or the proxy's: a server may leave a connection
 * open where a handshake has failed. */
static inline gpointer
proxy_pump (gpointer data)
{
  Pump *pump = data;

  g_output_stream_splice (g_io_stream_get_output_stream (pump->to),
      g_io_stream_get_input_stream (pump->from), G_OUTPUT_STREAM_SPLICE_NONE,
      pump->stop, NULL);
  g_socket_shutdown (g_socket_connection_get_socket (G_SOCKET_CONNECTION
          (pump->to)), FALSE, TRUE, NULL);
  return NULL;
}

static inline void
proxy_tunnel (Proxy * proxy, GIOStream * client)
{
  GSocketClient *connector = g_socket_client_new ();
  GSocketConnection *server;
  Pump there, back;
  GThread *thread;

  g_socket_client_set_enable_proxy (connector, FALSE);
  server = g_socket_client_connect_to_host (connector, "127.0.0.1",
      proxy->target, NULL, NULL);
  g_object_unref (connector);
  if (!server)
    return;
  g_atomic_int_inc (&proxy->tunnels);
  there.stop = back.stop = proxy->stop;
  there.from = back.to = client;
  there.to = back.from = G_IO_STREAM (server);
  thread = g_thread_new ("tunnel", proxy_pump, &there);
  proxy_pump (&back);
  g_thread_join (thread);
  g_object_unref (server);
}

static inline void
proxy_say (GIOStream * client, gconstpointer data, gsize size)
{
  g_output_stream_write_all (g_io_stream_get_output_stream (client), data, size,
      NULL, NULL, NULL);
}

static inline gboolean
proxy_hear (GIOStream * client, guint8 * data, gsize size)
{
  gsize count;

  return g_input_stream_read_all (g_io_stream_get_input_stream (client), data,
      size, &count, NULL, NULL) && count == size;
}

/* Takes both. FALSE where other credentials are wanted. */
static inline gboolean
proxy_note (Proxy * proxy, gchar * asked, gchar * credentials)
{
  gboolean accepted;

  g_mutex_lock (&proxy->lock);
  g_free (proxy->asked);
  g_free (proxy->credentials);
  proxy->asked = asked;
  proxy->credentials = credentials;
  accepted = !proxy->wanted || g_strcmp0 (credentials, proxy->wanted) == 0;
  g_mutex_unlock (&proxy->lock);
  return accepted;
}

/* FALSE where the client has gone. */
static inline gboolean
proxy_read_head (GIOStream * client, GString * head)
{
  guint8 byte;

  while (!g_str_has_suffix (head->str, "\r\n\r\n")) {
    if (!proxy_hear (client, &byte, 1))
      return FALSE;
    g_string_append_c (head, byte);
  }
  return TRUE;
}

static inline gboolean
proxy_connect (Proxy * proxy, GIOStream * client, gchar first)
{
  static const gchar field[] = "Proxy-Authorization: Basic ";
  GString *head = g_string_new (NULL);
  gchar *credentials = NULL, *answer;
  const gchar *found;
  gint status;
  gsize size;

  g_string_append_c (head, first);
  if (!proxy_read_head (client, head)) {
    g_string_free (head, TRUE);
    return FALSE;
  }
  found = strstr (head->str, field);
  if (found) {
    gchar *text = g_strndup (found + strlen (field), strcspn (found
            + strlen (field), "\r"));
    guchar *bytes = g_base64_decode (text, &size);

    credentials = g_strndup ((gchar *) bytes, size);
    g_free (bytes);
    g_free (text);
  }
  status = g_atomic_int_get (&proxy->status);
  if (!proxy_note (proxy, g_strndup (head->str + strlen ("CONNECT "),
              strcspn (head->str + strlen ("CONNECT "), " ")), credentials))
    status = 407;
  answer = g_strdup_printf ("HTTP/1.1 %d Proxy\r\n%s%s\r\n",
      status ? status : 200, status ? "Content-Length: 0\r\n" : "",
      status == 407 ? "Proxy-Authenticate: Basic realm=\"test\"\r\n" : "");
  proxy_say (client, answer, strlen (answer));
  g_free (answer);
  g_string_free (head, TRUE);
  return status == 0;
}

/* A string with its length before it. */
static inline gchar *
proxy_hear_string (GIOStream * client)
{
  guint8 length = 0, text[256] = { 0 };

  if (proxy_hear (client, &length, 1))
    proxy_hear (client, text, length);
  return g_strdup ((gchar *) text);
}

/* Names only. Asks for credentials where some are wanted. */
static inline gboolean
proxy_socks (Proxy * proxy, GIOStream * client)
{
  guint8 data[256] = { 0 };
  gchar *user, *password, *host, *credentials = NULL, *asked;
  gboolean accepted;

  if (!proxy_hear (client, data, 1) || !proxy_hear (client, data + 1, data[0]))
    return FALSE;
  if (proxy->wanted) {
    proxy_say (client, "\x05\x02", 2);
    if (!proxy_hear (client, data, 1))
      return FALSE;
    user = proxy_hear_string (client);
    password = proxy_hear_string (client);
    credentials = g_strconcat (user, ":", password, NULL);
    g_free (user);
    g_free (password);
    proxy_say (client, "\x01\x00", 2);
  } else {
    proxy_say (client, "\x05\x00", 2);
  }
  if (!proxy_hear (client, data, 4) || data[3] != 3) {
    g_free (credentials);
    return FALSE;
  }
  host = proxy_hear_string (client);
  proxy_hear (client, data, 2);
  asked = g_strdup_printf ("%s:%d", host, data[0] << 8 | data[1]);
  g_free (host);
  accepted = proxy_note (proxy, asked, credentials);
  proxy_say (client, accepted ? "\x05\x00\x00\x01\0\0\0\0\0\0" :
      "\x05\x02\x00\x01\0\0\0\0\0\0", 10);
  return accepted;
}

typedef struct
{
  Proxy *proxy;
  GIOStream *client;
} ProxyClient;

static inline gpointer
proxy_serve (gpointer data)
{
  ProxyClient *served = data;
  GIOStream *client = served->client;
  guint8 first;

  while (proxy_hear (client, &first, 1)) {
    if (first == 5 ? proxy_socks (served->proxy, client) :
        proxy_connect (served->proxy, client, first)) {
      proxy_tunnel (served->proxy, client);
      break;
    }
  }
  g_io_stream_close (client, NULL, NULL);
  g_object_unref (client);
  g_free (served);
  return NULL;
}

static inline void
proxy_join (gpointer thread)
{
  g_thread_join (thread);
}

static inline gpointer
proxy_run (gpointer data)
{
  GPtrArray *threads = g_ptr_array_new_with_free_func (proxy_join);
  Proxy *proxy = data;
  GSocketConnection *connection;

  while ((connection = g_socket_listener_accept (proxy->listener, NULL,
              proxy->stop, NULL))) {
    ProxyClient *client = g_new0 (ProxyClient, 1);

    client->proxy = proxy;
    client->client = G_IO_STREAM (connection);
    g_ptr_array_add (threads, g_thread_new ("proxy", proxy_serve, client));
  }
  g_ptr_array_unref (threads);
  return NULL;
}

static inline Proxy *
proxy_new (guint16 target)
{
  Proxy *proxy = g_new0 (Proxy, 1);
  GError *error = NULL;

  g_mutex_init (&proxy->lock);
  proxy->target = target;
  proxy->stop = g_cancellable_new ();
  proxy->listener = g_socket_listener_new ();
  proxy->port = g_socket_listener_add_any_inet_port (proxy->listener, NULL,
      &error);
  g_assert_no_error (error);
  proxy->thread = g_thread_new ("proxy", proxy_run, proxy);
  return proxy;
}

/* "scheme://[credentials@]127.0.0.1:port" */
static inline gchar *
proxy_get_url (Proxy * proxy, const gchar * scheme, const gchar * credentials)
{
  return g_strdup_printf ("%s://%s%s127.0.0.1:%u", scheme,
      credentials ? credentials : "", credentials ? "@" : "", proxy->port);
}

static inline void
proxy_assert_asked (Proxy * proxy, const gchar * asked,
    const gchar * credentials)
{
  g_mutex_lock (&proxy->lock);
  g_assert_cmpstr (proxy->asked, ==, asked);
  g_assert_cmpstr (proxy->credentials, ==, credentials);
  g_mutex_unlock (&proxy->lock);
}

static inline void
proxy_free (Proxy * proxy)
{
  g_cancellable_cancel (proxy->stop);
  g_thread_join (proxy->thread);
  g_object_unref (proxy->listener);
  g_object_unref (proxy->stop);
  g_mutex_clear (&proxy->lock);
  g_free (proxy->asked);
  g_free (proxy->credentials);
  g_free (proxy);
}
