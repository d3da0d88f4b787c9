/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The servers of the tests of the HTTP thread, on the loopback and on a thread
 * of their own: one that behaves, as far as its paths do not ask for something
 * else, and one below HTTP for what SoupServer would not do.
 */
#pragma once

#include <libsoup/soup.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND G_USEC_PER_SEC
#define MS (G_USEC_PER_SEC / 1000)

/* Requests of "/together", which wait for one another. */
#define N_TOGETHER 40

/* A server on a thread of its own. */
typedef struct
{
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
  SoupServer *server;
  GSocketService *raw;
  gchar *base;                  /* http://127.0.0.1:port */
  gchar *raw_base;
  gchar *tls_base;              /* atomic, from listen_tls() on */
  GTlsCertificate *certificate;
  gint held;                    /* atomic: requests that wait for ever */
  gint header_leaks;
  gint requests;
  gint raw_connections;
  gint raw_closed;              /* by the client, of "/stall" */
  gint raw_answers;             /* to "/answer" */
  const gchar *raw_answer;      /* atomic: to "/answer" */
  GPtrArray *paused;            /* of the server's thread */
  GPtrArray *together;          /* the same: "/together" */
  SoupServerMessage *live;      /* the same: the last "/live" */
} Server;

static gboolean
unpause (gpointer data)
{
  soup_server_message_unpause (data);
  return G_SOURCE_REMOVE;
}

static void
answer_later (Server * server, SoupServerMessage * message, guint delay)
{
  GSource *timer = g_timeout_source_new (delay);

  soup_server_message_pause (message);
  g_source_set_callback (timer, unpause, g_object_ref (message),
      g_object_unref);
  g_source_attach (timer, server->context);
  g_source_unref (timer);
}

static void
handle_redirect (SoupServerMessage * message, GHashTable * query)
{
  const gchar *to = g_hash_table_lookup (query, "to");
  gint count = atoi (g_hash_table_lookup (query, "count"));
  gchar *next;

  if (count > 0)
    next = g_strdup_printf ("/redirect?count=%d&to=%s", count - 1, to);
  else
    next = g_strdup (to);
  soup_server_message_set_status (message, 302, NULL);
  soup_message_headers_append (soup_server_message_get_response_headers
      (message), "Location", next);
  g_free (next);
}

static void
handle_big (SoupServerMessage * message, GHashTable * query)
{
  gsize size = g_ascii_strtoull (g_hash_table_lookup (query, "size"), NULL, 10);
  gchar *data = g_strnfill (size, 'b');

  if (g_hash_table_contains (query, "chunked")) {
    soup_message_headers_set_encoding (soup_server_message_get_response_headers
        (message), SOUP_ENCODING_CHUNKED);
    soup_message_body_append (soup_server_message_get_response_body (message),
        SOUP_MEMORY_COPY, data, size);
    soup_message_body_complete (soup_server_message_get_response_body
        (message));
    g_free (data);
  } else {
    soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_TAKE,
        data, size);
  }
}

static void
handle_echo (SoupServerMessage * message)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (message);
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  gchar *text;

  text = g_strdup_printf ("%s|%s|%s|%s|%s|%" G_GOFFSET_FORMAT,
      soup_server_message_get_method (message),
      soup_message_headers_get_one (headers, "User-Agent"),
      soup_message_headers_get_one (headers, "Accept-Encoding"),
      soup_message_headers_get_one (headers, "Authorization"),
      soup_message_headers_get_one (headers, "Content-Type"), body->length);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_TAKE,
      text, strlen (text));
}

/* Its body comes by server_say(), until it is over. */
static void
handle_live (Server * server, SoupServerMessage * message)
{
  soup_message_headers_set_encoding (soup_server_message_get_response_headers
      (message), SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (soup_server_message_get_response_body
      (message), FALSE);
  soup_server_message_pause (message);
  g_set_object (&server->live, message);
  g_atomic_int_inc (&server->held);
}

typedef struct
{
  Server *server;
  gchar *text;
} Saying;

static inline gboolean
say_live (gpointer data)
{
  Saying *saying = data;
  SoupMessageBody *body =
      soup_server_message_get_response_body (saying->server->live);

  if (saying->text)
    soup_message_body_append (body, SOUP_MEMORY_TAKE, saying->text,
        strlen (saying->text));
  else
    soup_message_body_complete (body);
  soup_server_message_unpause (saying->server->live);
  g_free (saying);
  return G_SOURCE_REMOVE;
}

/* A piece of the body of the last "/live", NULL for its end. The one before
 * must have arrived. */
static inline void
server_say (Server * server, const gchar * text)
{
  Saying *saying = g_new0 (Saying, 1);

  saying->server = server;
  saying->text = g_strdup (text);
  g_main_context_invoke (server->context, say_live, saying);
}

/* Answered when all are there. */
static void
handle_together (Server * server, SoupServerMessage * message)
{
  guint i;

  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC,
      "together", 8);
  soup_server_message_pause (message);
  g_ptr_array_add (server->together, g_object_ref (message));
  if (server->together->len < N_TOGETHER)
    return;
  for (i = 0; i < server->together->len; i++)
    soup_server_message_unpause (g_ptr_array_index (server->together, i));
  g_ptr_array_set_size (server->together, 0);
}

/* The client's port: which connection it came on. */
static void
handle_peer (SoupServerMessage * message)
{
  GSocketAddress *address = soup_server_message_get_remote_address (message);
  gchar *text = g_strdup_printf ("%u",
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));

  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_TAKE,
      text, strlen (text));
}

static void
handler (SoupServer * soup, SoupServerMessage * message, const char *path,
    GHashTable * query, gpointer data)
{
  Server *server = data;
  SoupMessageHeaders *in = soup_server_message_get_request_headers (message);

  g_atomic_int_inc (&server->requests);
  soup_server_message_set_status (message, 200, NULL);

  if (strcmp (path, "/echo") == 0) {
    handle_echo (message);
  } else if (strcmp (path, "/big") == 0) {
    handle_big (message, query);
  } else if (strcmp (path, "/peer") == 0) {
    handle_peer (message);
  } else if (strcmp (path, "/redirect") == 0) {
    handle_redirect (message, query);
  } else if (strcmp (path, "/landed") == 0) {
    if (soup_message_headers_get_one (in, "Authorization")
        || soup_message_headers_get_one (in, "X-Custom"))
      g_atomic_int_inc (&server->header_leaks);
    soup_server_message_set_response (message, "text/plain",
        SOUP_MEMORY_STATIC, "landed", 6);
  } else if (strcmp (path, "/live") == 0) {
    handle_live (server, message);
  } else if (strcmp (path, "/slow") == 0) {
    soup_server_message_set_response (message, "text/plain",
        SOUP_MEMORY_STATIC, "slow", 4);
    answer_later (server, message, 100);
  } else if (strcmp (path, "/together") == 0) {
    handle_together (server, message);
  } else if (strcmp (path, "/gzip") == 0) {
    soup_message_headers_append (soup_server_message_get_response_headers
        (message), "Content-Encoding", "gzip");
    soup_server_message_set_response (message, "text/plain",
        SOUP_MEMORY_STATIC, "\x1f\x8b not really gzip", 18);
  } else if (strcmp (path, "/denied") == 0) {
    soup_server_message_set_status (message, 401, NULL);
    soup_message_headers_append (soup_server_message_get_response_headers
        (message), "WWW-Authenticate", "Basic realm=\"x\"");
    soup_server_message_set_response (message, "text/plain",
        SOUP_MEMORY_STATIC, "denied", 6);
  } else {                      /* /hang */
    soup_server_message_pause (message);
    g_ptr_array_add (server->paused, g_object_ref (message));
    g_atomic_int_inc (&server->held);
  }
}

static void
read_request (GSocketConnection * connection)
{
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  GString *request = g_string_new (NULL);
  gchar byte;

  while (!strstr (request->str, "\r\n\r\n")
      && g_input_stream_read (in, &byte, 1, NULL, NULL) == 1)
    g_string_append_c (request, byte);
  g_string_free (request, TRUE);
}

static void
say (GSocketConnection * connection, const gchar * text)
{
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM
          (connection)), text, strlen (text), NULL, NULL, NULL);
}

/* "/i…": informational answers. "/if" has no end, "/is" has one each
 * second, "/ie" and "/im" have as many as are accepted, and one more, before
 * the answer. */
static void
say_informational (GSocketConnection * connection, gchar which)
{
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  GString *text = g_string_new (NULL);
  guint i, n = which == 's' ? 1 : which == 'm' ? 101 : 100;

  for (i = 0; i < n; i++)
    g_string_append (text, "HTTP/1.1 100 Continue\r\n\r\n");
  if (which == 'f' || which == 's')
    while (g_output_stream_write_all (out, text->str, text->len, NULL, NULL,
            NULL))
      g_usleep (which == 's' ? SECOND : 0);
  g_string_append (text, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
  say (connection, text->str);
  g_string_free (text, TRUE);
}

/* Answers one request, and closes the connection when the next one comes, as a
 * server does that has just found the connection to be idle for too long. */
static void
close_idle (GSocketConnection * connection)
{
  gchar byte;

  read_request (connection);
  say (connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)),
      &byte, 1, NULL, NULL);
}

/* What SoupServer would not do. The mode is the port's listening data. */
static gboolean
raw_run (GThreadedSocketService * service, GSocketConnection * connection,
    GObject * source, gpointer data)
{
  gchar head[16] = "";
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  Server *server = data;
  guint i;

  g_atomic_int_inc (&server->raw_connections);
  /* "GET /x…": the letter says what to do. A TLS handshake is none. */
  g_input_stream_read_all (in, head, 6, NULL, NULL, NULL);
  if (strncmp (head, "POST /", 6) == 0) {
    close_idle (connection);
    return TRUE;
  }
  if (strncmp (head, "GET /", 5) != 0) {
    g_input_stream_read (in, head, 1, NULL, NULL);
    while (g_input_stream_read (in, head, sizeof (head), NULL, NULL) > 0);
    return TRUE;
  }
  if (head[5] == 't') {
    read_request (connection);
    say (connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
  } else if (head[5] == 'c') {
    read_request (connection);
    say (connection, "HTTP/1.1 200 OK\r\nConnection: close\r\n"
        "Content-Length: 100\r\n\r\nshort");
  } else if (head[5] == 'g') {
    read_request (connection);
    say (connection, "+OK this is a mail server\r\n\r\n");
  } else if (head[5] == 'd' || head[5] == 'p') {
    read_request (connection);
    say (connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
    for (i = 0; i < 10; i++) {
      g_usleep ((head[5] == 'd' ? 50 : 400) * MS);
      say (connection, "d");
    }
  } else if (head[5] == 'a') {
    read_request (connection);
    say (connection, g_atomic_pointer_get (&server->raw_answer));
    g_atomic_int_inc (&server->raw_answers);
  } else if (head[5] == 'i') {
    g_input_stream_read_all (in, head, 1, NULL, NULL, NULL);
    read_request (connection);
    say_informational (connection, head[0]);
  } else if (head[5] == 's') {
    read_request (connection);
    say (connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    while (g_input_stream_read (in, head, sizeof (head), NULL, NULL) > 0);
    g_atomic_int_inc (&server->raw_closed);
  }
  return TRUE;
}

static gpointer
server_run (gpointer data)
{
  Server *server = data;

  g_main_context_push_thread_default (server->context);
  g_main_loop_run (server->loop);
  g_main_context_pop_thread_default (server->context);
  return NULL;
}

static Server *
server_new (void)
{
  Server *server = g_new0 (Server, 1);
  GError *error = NULL;
  GSList *uris;
  guint16 port;

  server->context = g_main_context_new ();
  server->loop = g_main_loop_new (server->context, FALSE);
  server->paused = g_ptr_array_new_with_free_func (g_object_unref);
  server->together = g_ptr_array_new_with_free_func (g_object_unref);
  g_main_context_push_thread_default (server->context);
  server->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (server->server, NULL, handler, server, NULL);
  soup_server_listen_local (server->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY,
      &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (server->server);
  server->base = g_strdup_printf ("http://127.0.0.1:%d",
      g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);

  server->raw = g_threaded_socket_service_new (64);
  port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (server->raw),
      NULL, &error);
  g_assert_no_error (error);
  server->raw_base = g_strdup_printf ("http://127.0.0.1:%u", port);
  g_signal_connect (server->raw, "run", G_CALLBACK (raw_run), server);
  g_socket_service_start (server->raw);
  g_main_context_pop_thread_default (server->context);

  server->thread = g_thread_new ("server", server_run, server);
  return server;
}

static gboolean
server_stop (gpointer data)
{
  Server *server = data;

  soup_server_disconnect (server->server);
  g_ptr_array_set_size (server->paused, 0);
  g_clear_object (&server->live);
  g_socket_service_stop (server->raw);
  g_socket_listener_close (G_SOCKET_LISTENER (server->raw));
  g_main_loop_quit (server->loop);
  return G_SOURCE_REMOVE;
}

static void
server_free (Server * server)
{
  GSource *source = g_idle_source_new ();

  g_source_set_callback (source, server_stop, server, NULL);
  g_source_attach (source, server->context);
  g_source_unref (source);
  g_thread_join (server->thread);
  while (g_main_context_iteration (server->context, FALSE));
  g_object_unref (server->server);
  g_object_unref (server->raw);
  g_ptr_array_unref (server->paused);
  g_ptr_array_unref (server->together);
  g_main_loop_unref (server->loop);
  g_main_context_unref (server->context);
  g_free (server->base);
  g_free (server->raw_base);
  g_free (server->tls_base);
  g_clear_object (&server->certificate);
  g_free (server);
}

/* A certificate for 127.0.0.1 and two names that nobody else has signed, and
 * the database that trusts it and nothing else. */
typedef struct
{
  gchar *directory;
  gchar *file;
  gchar *key_file;
  gchar *pem;                   /* with the key */
  GTlsDatabase *database;       /* reads the file again when it is used */
} Authority;

static inline void
authority_free (Authority * authority)
{
  g_clear_object (&authority->database);
  g_remove (authority->file);
  g_remove (authority->key_file);
  g_rmdir (authority->directory);
  g_free (authority->pem);
  g_free (authority->key_file);
  g_free (authority->file);
  g_free (authority->directory);
  g_free (authority);
}

/* NULL where there is no openssl. */
static inline Authority *
authority_new (void)
{
  Authority *authority = g_new0 (Authority, 1);
  const gchar *argv[] = { "openssl", "req", "-x509", "-newkey", "rsa:2048",
    "-nodes", "-keyout", NULL, "-out", NULL, "-days", "2", "-subj",
    "/CN=localhost", "-addext",
    "subjectAltName=IP:127.0.0.1,DNS:one.example,DNS:two.example", NULL
  };
  gchar *certificate, *key;
  GError *error = NULL;
  gint status = 1;

  authority->directory = g_dir_make_tmp ("cup-XXXXXX", &error);
  g_assert_no_error (error);
  authority->file = g_build_filename (authority->directory, "cert.pem", NULL);
  authority->key_file = g_build_filename (authority->directory, "key.pem",
      NULL);
  /* Two files, because openssl would write the one over the other. */
  argv[7] = authority->key_file;
  argv[9] = authority->file;

  if (!g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH |
          G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
          NULL, NULL, &status, NULL) || status != 0) {
    authority_free (authority);
    return NULL;
  }
  g_assert_true (g_file_get_contents (authority->file, &certificate, NULL,
          NULL));
  g_assert_true (g_file_get_contents (authority->key_file, &key, NULL, NULL));
  authority->pem = g_strconcat (certificate, key, NULL);
  authority->database = g_tls_file_database_new (authority->file, &error);
  g_assert_no_error (error);
  g_free (certificate);
  g_free (key);
  return authority;
}

/* On the server's thread: there its sockets are watched. */
static inline gboolean
listen_tls (gpointer data)
{
  Server *server = data;
  GError *error = NULL;
  GSList *uris, *item;
  gchar *base = NULL;

  soup_server_set_tls_certificate (server->server, server->certificate);
  soup_server_listen_local (server->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY |
      SOUP_SERVER_LISTEN_HTTPS, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (server->server);
  for (item = uris; item; item = item->next)
    if (strcmp (g_uri_get_scheme (item->data), "https") == 0)
      base = g_strdup_printf ("https://127.0.0.1:%d",
          g_uri_get_port (item->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  g_atomic_pointer_set (&server->tls_base, base);
  return G_SOURCE_REMOVE;
}

/* Lets the server speak TLS, too; returns its base URL. */
static inline const gchar *
server_listen_tls (Server * server, Authority * authority)
{
  GError *error = NULL;

  server->certificate = g_tls_certificate_new_from_pem (authority->pem,
      -1, &error);
  g_assert_no_error (error);
  g_main_context_invoke (server->context, listen_tls, server);
  while (!g_atomic_pointer_get (&server->tls_base))
    g_thread_yield ();
  return server->tls_base;
}
