/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The HTTP thread against servers on the loopback: limits in size and time,
 * cancelling, redirects, and the ways it can end.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <sys/socket.h>

#include "http-fetch.h"
#include "net/connections.h"

static void
test_get (Fixture * fixture, gconstpointer data)
{
  Fetch *fetch = get (fixture, fixture->server->base, "/echo");

  g_assert_no_error (fetch->error);
  g_assert_cmpuint (fetch->status, ==, 200);
  g_assert_cmpstr (fetch->body, ==, "GET|creativeupscaler/" PACKAGE_VERSION
      "|identity|(null)|(null)|0");
  fetch_free (fetch);
}

static void
test_methods (Fixture * fixture, gconstpointer data)
{
  const gchar *headers[] = { "Authorization", "Key a:b", NULL };
  const gchar *methods[] = { "POST", "PUT" };
  gchar *big = g_strnfill (3 << 20, 'u');
  GBytes *body = g_bytes_new_take (big, 3 << 20);
  gchar *expected;
  guint i;

  for (i = 0; i < 2; i++) {
    Fetch *fetch = fetch_new (fixture->http, fixture->server->base, "/echo");

    fetch->request.method = methods[i];
    fetch->request.headers = headers;
    fetch->request.body = body;
    fetch->request.content_type = "image/png";
    fetch_start (fetch);
    fetch_wait (fetch);
    g_assert_no_error (fetch->error);
    expected = g_strdup_printf ("%s|creativeupscaler/" PACKAGE_VERSION
        "|identity|Key a:b|image/png|%d", methods[i], 3 << 20);
    g_assert_cmpstr (fetch->body, ==, expected);
    g_free (expected);
    fetch_free (fetch);
  }
  g_bytes_unref (body);
}

static void
test_statuses (Fixture * fixture, gconstpointer data)
{
  Fetch *fetch = get (fixture, fixture->server->base, "/denied");

  g_assert_no_error (fetch->error);
  g_assert_cmpuint (fetch->status, ==, 401);
  g_assert_cmpstr (fetch->body, ==, "denied");
  fetch_free (fetch);
}

static void
test_not_decoded (Fixture * fixture, gconstpointer data)
{
  Fetch *fetch = get (fixture, fixture->server->base, "/gzip");

  g_assert_no_error (fetch->error);
  g_assert_cmpstr (fetch->header, ==, "gzip");
  g_assert_cmpuint (fetch->size, ==, 18);
  fetch_free (fetch);
}

static void
test_sizes (Fixture * fixture, gconstpointer data)
{
  const struct
  {
    const gchar *path;
    gsize max_size;
    gboolean fits;
  } cases[] = {
    {"/big?size=0", 0, TRUE},
    {"/big?size=1", 0, FALSE},
    {"/big?size=100000", 100000, TRUE},
    {"/big?size=100000", 99999, FALSE},
    {"/big?size=100000&chunked=1", 100000, TRUE},
    {"/big?size=100000&chunked=1", 99999, FALSE},
    {"/big?size=5000000&chunked=1", 5000000, TRUE},
    {"/big?size=5000000", G_MAXSIZE, TRUE},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fetch *fetch = fetch_new (fixture->http, fixture->server->base,
        cases[i].path);

    fetch->request.max_size = cases[i].max_size;
    fetch_start (fetch);
    fetch_wait (fetch);
    if (cases[i].fits) {
      g_assert_no_error (fetch->error);
      g_assert_cmpuint (fetch->size, ==, g_ascii_strtoull (cases[i].path + 10,
              NULL, 10));
      g_assert_cmpuint (strspn (fetch->body, "b"), ==, fetch->size);
    } else {
      assert_error (fetch, CUP_ERROR, CUP_ERROR_TOO_LARGE, "127.0.0.1");
    }
    fetch_free (fetch);
  }
}

static void
test_truncated (Fixture * fixture, gconstpointer data)
{
  Fetch *fetch = get (fixture, fixture->server->raw_base, "/truncated");

  assert_error (fetch, CUP_ERROR, CUP_ERROR_NETWORK, "127.0.0.1");
  fetch_free (fetch);
  /* libsoup itself takes this one for complete. */
  fetch = get (fixture, fixture->server->raw_base, "/closed");
  assert_error (fetch, CUP_ERROR, CUP_ERROR_NETWORK, "5 bytes");
  fetch_free (fetch);
}

static void
test_no_http (Fixture * fixture, gconstpointer data)
{
  Fetch *fetch = get (fixture, fixture->server->raw_base, "/garbage");

  assert_error (fetch, CUP_ERROR, CUP_ERROR_BAD_DATA, "HTTP");
  fetch_free (fetch);
}

static void
test_refused (Fixture * fixture, gconstpointer data)
{
  Fetch *fetch = get (fixture, "http://127.0.0.1:1", "/secret?hunter2");

  assert_error (fetch, CUP_ERROR, CUP_ERROR_NETWORK, "127.0.0.1:1 cannot be");
  fetch_free (fetch);
}

static void
test_rule (Fixture * fixture, gconstpointer data)
{
  Fetch *fetch = get (fixture, "http://example.invalid", "/?hunter2");

  assert_error (fetch, CUP_ERROR, CUP_ERROR_SETTINGS, "https");
  fetch_free (fetch);
}

static void
test_inactive (Fixture * fixture, gconstpointer data)
{
  Fetch *fetch = fetch_new (fixture->http, fixture->server->raw_base,
      "/stall?hunter2");

  fetch->request.inactivity_timeout = 200 * MS;
  fetch_start (fetch);
  fetch_wait (fetch);
  assert_error (fetch, CUP_ERROR, CUP_ERROR_TIMEOUT, "0.2 s");
  g_assert_cmpint (fetch->took, >=, 200 * MS);
  fetch_free (fetch);

  fetch = fetch_new (fixture->http, fixture->server->base, "/hang?hunter2");
  fetch->request.inactivity_timeout = 200 * MS;
  fetch_start (fetch);
  fetch_wait (fetch);
  assert_error (fetch, CUP_ERROR, CUP_ERROR_TIMEOUT, "0.2 s");
  fetch_free (fetch);

  /* 10 bytes in 4 s: longer in all, but never silent for so long, even where
   * the machine stands still for a while. */
  fetch = fetch_new (fixture->http, fixture->server->raw_base, "/pace");
  fetch->request.inactivity_timeout = 3 * SECOND;
  fetch_start (fetch);
  fetch_wait (fetch);
  g_assert_no_error (fetch->error);
  g_assert_cmpstr (fetch->body, ==, "dddddddddd");
  fetch_free (fetch);
}

static void
test_deadline (Fixture * fixture, gconstpointer data)
{
  Fetch *fetch = fetch_new (fixture->http, fixture->server->raw_base, "/drip");

  fetch->request.deadline = g_get_monotonic_time () + 200 * MS;
  fetch_start (fetch);
  fetch_wait (fetch);
  assert_error (fetch, CUP_ERROR, CUP_ERROR_TIMEOUT, "time");
  g_assert_cmpint (fetch->took, >=, 190 * MS);
  fetch_free (fetch);
}

static gchar *
get_peer (Fixture * fixture, const gchar * base, const gchar * method,
    gint64 max_idle)
{
  Fetch *fetch = fetch_new (fixture->http, base, "/peer");
  gchar *peer;

  fetch->request.method = method;
  fetch->request.max_idle = max_idle;
  fetch_start (fetch);
  fetch_wait (fetch);
  g_assert_no_error (fetch->error);
  peer = g_strdup (fetch->body);
  fetch_free (fetch);
  return peer;
}

/* Idle for too long, not idle for too long, and under way with another
 * request. */
static void
check_max_idle (Fixture * fixture, const gchar * base, gboolean http2)
{
  Fetch *held = fetch_new (fixture->http, base, "/hang");
  gchar *peers[5];
  guint i;

  peers[0] = get_peer (fixture, base, "GET", 0);
  peers[1] = get_peer (fixture, base, "POST", G_TIME_SPAN_HOUR);
  peers[2] = get_peer (fixture, base, "POST", 1);
  held->request.cancellable = g_cancellable_new ();
  fetch_start (held);
  while (g_atomic_int_get (&fixture->server->held) == 0)
    g_thread_yield ();
  peers[3] = get_peer (fixture, base, "GET", 0);
  peers[4] = get_peer (fixture, base, "POST", 1);
  g_assert_cmpstr (peers[0], ==, peers[1]);
  g_assert_cmpstr (peers[1], !=, peers[2]);
  /* HTTP/2 has one connection for all of them. */
  g_assert_true ((strcmp (peers[3], peers[4]) == 0) == http2);
  g_assert_cmpuint (held->calls, ==, 0);
  g_cancellable_cancel (held->request.cancellable);
  fetch_wait (held);
  assert_error (held, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  g_object_unref (held->request.cancellable);
  fetch_free (held);
  g_atomic_int_set (&fixture->server->held, 0);
  for (i = 0; i < G_N_ELEMENTS (peers); i++)
    g_free (peers[i]);
}

static void
test_max_idle (Fixture * fixture, gconstpointer data)
{
  Authority *authority = authority_new ();
  CupHttpOptions options = { NULL };

  check_max_idle (fixture, fixture->server->base, FALSE);
  if (!authority) {
    g_test_skip ("there is no openssl");
    return;
  }
  options.tls_database = authority->database;
  fixture_replace_http (fixture, &options);
  check_max_idle (fixture, server_listen_tls (fixture->server, authority),
      g_getenv ("SOUP_SERVER_HTTP2") != NULL);
  authority_free (authority);
}

/* Each connection is good for one request. */
static void
test_closing (Fixture * fixture, gconstpointer data)
{
  guint i;

  for (i = 0; i < 5; i++) {
    Fetch *fetch = fetch_new (fixture->http, fixture->server->raw_base, "/");

    fetch->request.method = "POST";
    fetch->request.max_idle = 1;
    fetch_start (fetch);
    fetch_wait (fetch);
    g_assert_no_error (fetch->error);
    g_assert_cmpstr (fetch->body, ==, "ok");
    fetch_free (fetch);
  }
}

static gboolean
is_probed (GSocket * socket)
{
  gint value = -1;

  g_assert_true (g_socket_get_option (socket, SOL_SOCKET, SO_KEEPALIVE, &value,
          NULL));
  return value != 0;
}

/* The kernel looks whether the other side is there, but while the answer to a
 * POST may still come. */
static void
test_probing (Fixture * fixture, gconstpointer data)
{
  CupConnections *connections = cup_connections_new ();
  GSocketClient *client = g_socket_client_new ();
  GUri *uri = g_uri_parse (fixture->server->raw_base, G_URI_FLAGS_NONE, NULL);
  GSocketConnection *connection;
  GError *error = NULL;
  GSocket *socket;

  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect_to_host (client, "127.0.0.1",
      g_uri_get_port (uri), NULL, &error);
  g_assert_no_error (error);
  socket = g_socket_connection_get_socket (connection);
  g_assert_false (is_probed (socket));
  cup_connections_add (connections, 7, socket, uri);
  g_assert_true (is_probed (socket));
  cup_connections_enter (connections, 7, FALSE);
  g_assert_true (is_probed (socket));
  cup_connections_enter (connections, 7, TRUE);
  g_assert_false (is_probed (socket));
  cup_connections_leave (connections, 7, FALSE);
  g_assert_false (is_probed (socket));
  cup_connections_leave (connections, 7, TRUE);
  g_assert_true (is_probed (socket));

  cup_connections_free (connections);
  g_uri_unref (uri);
  g_object_unref (connection);
  g_object_unref (client);
}

/* Each of them at once, so that libsoup always has something to read. */
static void
test_informational_flood (Fixture * fixture, gconstpointer data)
{
  Fetch *other;
  Fetch *fetch = get (fixture, fixture->server->raw_base, "/if?hunter2");

  assert_error (fetch, CUP_ERROR, CUP_ERROR_BAD_DATA, "HTTP 100");
  fetch_free (fetch);
  /* The thread is there for others. */
  other = get (fixture, fixture->server->base, "/echo");
  g_assert_no_error (other->error);
  fetch_free (other);
}

static void
test_informational_bound (Fixture * fixture, gconstpointer data)
{
  Fetch *fetch = get (fixture, fixture->server->raw_base, "/ie");

  g_assert_no_error (fetch->error);
  g_assert_cmpstr (fetch->body, ==, "done");
  fetch_free (fetch);
  fetch = get (fixture, fixture->server->raw_base, "/im");
  assert_error (fetch, CUP_ERROR, CUP_ERROR_BAD_DATA, "HTTP 100");
  fetch_free (fetch);
}

/* They keep a request alive neither beyond its deadline nor against silence. */
static void
test_informational_slow (Fixture * fixture, gconstpointer data)
{
  Fetch *fetch = fetch_new (fixture->http, fixture->server->raw_base, "/is");

  fetch->request.deadline = g_get_monotonic_time () + 1500 * MS;
  fetch_start (fetch);
  fetch_wait (fetch);
  assert_error (fetch, CUP_ERROR, CUP_ERROR_TIMEOUT, "time");
  g_assert_cmpint (fetch->took, >=, 1490 * MS);
  fetch_free (fetch);

  fetch = fetch_new (fixture->http, fixture->server->raw_base, "/is");
  fetch->request.inactivity_timeout = 1500 * MS;
  fetch_start (fetch);
  fetch_wait (fetch);
  assert_error (fetch, CUP_ERROR, CUP_ERROR_TIMEOUT, "1.5 s");
  fetch_free (fetch);
}

/* On the HTTP thread: does nothing else until the mutex is free. */
static void
wait_for_mutex (gpointer mutex)
{
  g_mutex_lock (mutex);
  g_mutex_unlock (mutex);
}

/* The port accepts, but no TLS handshake comes about. */
static void
test_connect_timeout (Fixture * fixture, gconstpointer data)
{
  gchar *base = g_strconcat ("https", fixture->server->raw_base + 4, NULL);
  Fetch *fetch[4];
  GMutex mutex;
  guint i;

  /* So that all of them wait from the first one's start on. */
  g_mutex_init (&mutex);
  g_mutex_lock (&mutex);
  g_assert_true (cup_http_invoke (fixture->http, wait_for_mutex, &mutex, NULL));
  for (i = 0; i < G_N_ELEMENTS (fetch); i++) {
    fetch[i] = fetch_new (fixture->http, base, "/?hunter2");
    fetch[i]->request.connect_timeout = 1500 * MS;
    fetch_start (fetch[i]);
  }
  g_mutex_unlock (&mutex);
  for (i = 0; i < G_N_ELEMENTS (fetch); i++) {
    fetch_wait (fetch[i]);
    assert_error (fetch[i], CUP_ERROR, CUP_ERROR_TIMEOUT, "no connection");
    g_assert_cmpint (fetch[i]->took, >=, 1490 * MS);
  }
  /* Those that wait for the first fail with it, not one after the other. */
  g_assert_cmpint (fetch[3]->took, <, fetch[0]->took + 3 * 1490 * MS);
  for (i = 0; i < G_N_ELEMENTS (fetch); i++)
    fetch_free (fetch[i]);
  g_mutex_clear (&mutex);
  g_free (base);
}

static void
test_cancel (Fixture * fixture, gconstpointer data)
{
  Fetch *fetch = fetch_new (fixture->http, fixture->server->base, "/hang");

  fetch->request.cancellable = g_cancellable_new ();
  fetch_start (fetch);
  while (g_atomic_int_get (&fixture->server->held) == 0)
    g_thread_yield ();
  g_cancellable_cancel (fetch->request.cancellable);
  fetch_wait (fetch);
  assert_error (fetch, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  g_object_unref (fetch->request.cancellable);
  fetch_free (fetch);

  /* In the middle of a body, and before it was sent at all. */
  fetch = fetch_new (fixture->http, fixture->server->raw_base, "/stall");
  fetch->request.cancellable = g_cancellable_new ();
  fetch_start (fetch);
  g_usleep (100 * MS);
  g_cancellable_cancel (fetch->request.cancellable);
  fetch_wait (fetch);
  assert_error (fetch, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  g_object_unref (fetch->request.cancellable);
  fetch_free (fetch);

  fetch = fetch_new (fixture->http, fixture->server->base, "/echo");
  fetch->request.cancellable = g_cancellable_new ();
  g_cancellable_cancel (fetch->request.cancellable);
  fetch_start (fetch);
  fetch_wait (fetch);
  assert_error (fetch, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  g_object_unref (fetch->request.cancellable);
  fetch_free (fetch);
}

/* Cancelled just when it would have ended by itself, many times. */
static gpointer
cancel_later (gpointer data)
{
  g_usleep (g_random_int_range (0, 2000));
  g_cancellable_cancel (data);
  g_object_unref (data);
  return NULL;
}

static void
test_cancel_race (Fixture * fixture, gconstpointer data)
{
  GThread *thread;
  guint i;

  for (i = 0; i < 300; i++) {
    Fetch *fetch = fetch_new (fixture->http, fixture->server->base, "/echo");

    fetch->request.cancellable = g_cancellable_new ();
    thread = g_thread_new ("cancel", cancel_later,
        g_object_ref (fetch->request.cancellable));
    fetch_start (fetch);
    fetch_wait (fetch);
    if (fetch->error)
      g_assert_error (fetch->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_thread_join (thread);
    g_object_unref (fetch->request.cancellable);
    fetch_free (fetch);
  }
}

static void
test_redirect (Fixture * fixture, gconstpointer data)
{
  const gchar *base = data ? data : fixture->server->base;
  const gchar *headers[] = { "Authorization", "Key hunter2", "X-Custom", "1",
    NULL
  };
  const struct
  {
    const gchar *path;
    gboolean follow;
    const gchar *word;          /* of the error, NULL for none */
  } cases[] = {
    {"/redirect?count=0&to=/landed", TRUE, NULL},
    {"/redirect?count=4&to=/landed", TRUE, NULL},
    {"/redirect?count=5&to=/landed", TRUE, "6th in a row"},
    {"/redirect?count=0&to=http://example.invalid/x%3fhunter2", TRUE,
        "http://example.invalid/x?…"},
    {"/redirect?count=0&to=file:///etc/passwd", TRUE, "file:///etc/passwd"},
    {"/redirect?count=0&to=http://u:hunter2@127.0.0.1/", TRUE, "user name"},
    {"/redirect?count=0&to=/landed%3fhunter2", FALSE, "not followed"},
    {"/redirect?count=0&to=file:///etc/passwd", FALSE, "not followed"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fetch *fetch = fetch_new (fixture->http, base, cases[i].path);

    fetch->request.follow_redirects = cases[i].follow;
    fetch->request.headers = headers;
    fetch_start (fetch);
    fetch_wait (fetch);
    if (cases[i].word) {
      assert_error (fetch, CUP_ERROR, CUP_ERROR_BAD_DATA, cases[i].word);
    } else {
      g_assert_no_error (fetch->error);
      g_assert_cmpstr (fetch->body, ==, "landed");
    }
    fetch_free (fetch);
  }
  g_assert_cmpint (g_atomic_int_get (&fixture->server->header_leaks), ==, 0);
}

/* None is answered before all are there: libsoup's own limit would be two. */
static void
test_parallel (Fixture * fixture, gconstpointer data)
{
  Fetch *fetch[N_TOGETHER];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (fetch); i++) {
    fetch[i] = fetch_new (fixture->http, fixture->server->base, "/together");
    fetch[i]->request.method = i % 2 ? "POST" : "GET";
    fetch_start (fetch[i]);
  }
  for (i = 0; i < G_N_ELEMENTS (fetch); i++) {
    fetch_wait (fetch[i]);
    g_assert_no_error (fetch[i]->error);
    g_assert_cmpstr (fetch[i]->body, ==, "together");
    fetch_free (fetch[i]);
  }
}

/* Over TLS, and with SOUP_SERVER_HTTP2 set over HTTP/2: refused as long as the
 * certificate is not trusted, then the same limits as everywhere. */
static void
test_tls (Fixture * fixture, gconstpointer data)
{
  Authority *authority = authority_new ();
  CupHttpOptions options = { NULL };
  const gchar *base;
  Fetch *fetch;
  guint i;

  if (!authority) {
    g_test_skip ("there is no openssl");
    return;
  }
  base = server_listen_tls (fixture->server, authority);
  fetch = get (fixture, base, "/echo");
  assert_error (fetch, CUP_ERROR, CUP_ERROR_CERTIFICATE, "ca-certificates");
  g_assert_cmpstr (fetch->stage, ==, CUP_HTTP_STAGE_CONNECT);
  fetch_free (fetch);

  options.tls_database = authority->database;
  fixture_replace_http (fixture, &options);
  fetch = get (fixture, base, "/echo");
  g_assert_no_error (fetch->error);
  fetch_free (fetch);
  test_redirect (fixture, base);
  for (i = 0; i < 3; i++) {
    fetch = fetch_new (fixture->http, base, "/big?size=3000000&chunked=1");
    fetch->request.max_size = 3000000 - (i == 1);
    fetch_start (fetch);
    fetch_wait (fetch);
    if (i == 1)
      assert_error (fetch, CUP_ERROR, CUP_ERROR_TOO_LARGE, "127.0.0.1");
    else
      g_assert_no_error (fetch->error);
    fetch_free (fetch);
  }
  fetch = fetch_new (fixture->http, base, "/hang");
  fetch->request.inactivity_timeout = 200 * MS;
  fetch_start (fetch);
  fetch_wait (fetch);
  assert_error (fetch, CUP_ERROR, CUP_ERROR_TIMEOUT, "0.2 s");
  fetch_free (fetch);

  authority_free (authority);
}

/* On HTTP/2 both are on one connection: the one that gives up must not take
 * the other with it, which may have been accepted. */
static void
test_impatient_neighbour (Fixture * fixture, gconstpointer data)
{
  Authority *authority = authority_new ();
  CupHttpOptions options = { NULL };
  Fetch *post, *hang;
  const gchar *base;
  guint i;

  if (!authority) {
    g_test_skip ("there is no openssl");
    return;
  }
  base = server_listen_tls (fixture->server, authority);
  options.tls_database = authority->database;
  fixture_replace_http (fixture, &options);

  for (i = 0; i < 3; i++) {
    post = fetch_new (fixture->http, base, "/slow");
    post->request.method = "POST";
    hang = fetch_new (fixture->http, base, "/hang");
    hang->request.inactivity_timeout = 30 * MS;
    fetch_start (post);
    fetch_start (hang);
    fetch_wait (hang);
    assert_error (hang, CUP_ERROR, CUP_ERROR_TIMEOUT, "0.03 s");
    fetch_wait (post);
    g_assert_no_error (post->error);
    g_assert_cmpstr (post->body, ==, "slow");
    fetch_free (post);
    fetch_free (hang);
  }
  authority_free (authority);
}

#define ANSWER "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n"
#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

static void
test_retry_after (Fixture * fixture, gconstpointer data)
{
  const gint64 none = -1, day = 24 * 60 * 60;
  const struct
  {
    const gchar *answer;
    gint64 seconds;
  } cases[] = {
    {ANSWER "\r\n", none},
    {ANSWER "Retry-After: 0\r\n\r\n", 0},
    {ANSWER "Retry-After: 120\r\n\r\n", 120},
    {ANSWER "retry-after:  7 \r\n\r\n", 7},
    {ANSWER "Retry-After: 86400\r\n\r\n", day},
    {ANSWER "Retry-After: 86401\r\n\r\n", day},
    {ANSWER "Retry-After: 99999999999999999999999999\r\n\r\n", day},
    {ANSWER "Retry-After: -5\r\n\r\n", 0},
    {ANSWER "Retry-After: -99999999999999999999999999\r\n\r\n", 0},
    {ANSWER "Retry-After:\r\n\r\n", none},
    {ANSWER "Retry-After: -\r\n\r\n", none},
    {ANSWER "Retry-After: 1.5\r\n\r\n", none},
    {ANSWER "Retry-After: 5s\r\n\r\n", none},
    {ANSWER "Retry-After: soon\r\n\r\n", none},
    {ANSWER "Retry-After: 1994-11-06T08:50:00Z\r\n\r\n", none},
    {ANSWER "Retry-After: Sun, 99 Nov 1994 08:49:37 GMT\r\n\r\n", none},
    /* The three forms of a date, against the answer's own time. */
    {ANSWER DATE "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n\r\n", 30},
    {ANSWER DATE "Retry-After: Sunday, 06-Nov-94 08:50:07 GMT\r\n\r\n", 30},
    {ANSWER DATE "Retry-After: Sun Nov  6 08:50:07 1994\r\n\r\n", 30},
    {ANSWER DATE "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n", 0},
    {ANSWER DATE "Retry-After: Sun, 06 Nov 1994 08:49:36 GMT\r\n\r\n", 0},
    {ANSWER DATE "Retry-After: Sun, 06 Nov 1983 08:49:37 GMT\r\n\r\n", 0},
    {ANSWER DATE "Retry-After: Sat, 06 Nov 2094 08:49:37 GMT\r\n\r\n", day},
    /* Without one, against this machine's. */
    {ANSWER "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n\r\n", 0},
    {ANSWER "Retry-After: Sat, 06 Nov 2094 08:49:37 GMT\r\n\r\n", day},
    {ANSWER "Date: x\r\nRetry-After: Sat, 06 Nov 2094 08:49:37 GMT\r\n\r\n",
        day},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fetch *fetch;

    g_test_message ("%s", cases[i].answer);
    g_atomic_pointer_set (&fixture->server->raw_answer, cases[i].answer);
    fetch = get (fixture, fixture->server->raw_base, "/answer");
    g_assert_no_error (fetch->error);
    g_assert_cmpuint (fetch->status, ==, 503);
    g_assert_cmpint (fetch->retry_after, ==, cases[i].seconds == none ? -1 :
        cases[i].seconds * G_USEC_PER_SEC);
    fetch_free (fetch);
  }
}

static void
test_close_idle (void)
{
  CupHttp *http = cup_http_new (NULL, NULL);
  gint64 start = g_get_monotonic_time ();

  cup_http_close (http);
  cup_http_close (http);
  fetch_join (http);
  fetch_join (http);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 1900 * MS);
  g_assert_false (cup_http_invoke (http, NULL, NULL, NULL));
  cup_http_unref (http);
}

/* Without joining: the thread goes by itself. */
static void
test_close_unjoined (void)
{
  guint i;

  for (i = 0; i < 20; i++) {
    CupHttp *http = cup_http_new (NULL, NULL);

    cup_http_close (http);
    cup_http_unref (http);
  }
}

/* A request that is under way at closing may finish, and one that follows
 * from it too; one that does not end is given up after two seconds. */
static void
send_follower (CupHttpResponse * response, const GError * error, gpointer data)
{
  Fetch *fetch = data;

  g_assert_no_error (error);
  cup_http_send (fetch->http, &fetch->request, fetch_done, fetch);
}

static void
send_with_follower (gpointer data)
{
  Fetch *fetch = data;

  cup_http_send (fetch->http, &fetch->request, send_follower, fetch);
}

static void
test_close_pending (Fixture * fixture, gconstpointer data)
{
  CupHttp *http = cup_http_new (NULL, NULL);
  Fetch *slow = fetch_new (http, fixture->server->base, "/slow");
  Fetch *hang = fetch_new (http, fixture->server->base, "/hang");
  gint64 start = g_get_monotonic_time ();

  g_assert_true (cup_http_invoke (http, send_with_follower, slow, NULL));
  cup_http_close (http);
  fetch_join (http);
  fetch_wait (slow);
  g_assert_no_error (slow->error);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 190 * MS);
  fetch_free (slow);
  cup_http_unref (http);

  http = cup_http_new (NULL, NULL);
  hang->http = http;
  fetch_start (hang);
  while (g_atomic_int_get (&fixture->server->held) == 0)
    g_thread_yield ();
  start = g_get_monotonic_time ();
  cup_http_close (http);
  fetch_join (http);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 1900 * MS);
  fetch_wait (hang);
  assert_error (hang, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  fetch_free (hang);
  cup_http_unref (http);
}

/* The last reference of a user goes on the HTTP thread itself. */
static void
unref_there (gpointer data)
{
  CupHttp *http = data;

  cup_http_close (http);
  g_assert_false (cup_http_join (http));
  cup_http_unref (http);
}

static void
test_unref_on_thread (void)
{
  CupHttp *http = cup_http_new (NULL, NULL);
  CupHttp *watched = cup_http_ref (http);

  g_assert_true (cup_http_invoke (http, unref_there, http, NULL));
  cup_http_close (watched);
  fetch_join (watched);
  cup_http_unref (watched);
}

/* What is accepted is run, however the end falls; what is not, is not. */
static void
count (gpointer data)
{
  g_atomic_int_inc ((gint *) data);
}

static void
test_invoke_race (void)
{
  guint round, accepted;
  gint ran;

  for (round = 0; round < 50; round++) {
    CupHttp *http = cup_http_new (NULL, NULL);

    g_atomic_int_set (&ran, 0);
    cup_http_close (http);
    for (accepted = 0; accepted < 10000; accepted++)
      if (!cup_http_invoke (http, count, &ran, NULL))
        break;
    fetch_join (http);
    g_assert_cmpint (g_atomic_int_get (&ran), ==, accepted);
    cup_http_unref (http);
  }
}

#define TEST(path, func) \
  g_test_add ("/http/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  /* A proxy would see what is meant for this machine only. */
  g_setenv ("http_proxy", "http://127.0.0.1:1/", TRUE);
  g_test_init (&argc, &argv, NULL);
  cup_log_set_writer (enabled, quiet);
  TEST ("get", test_get);
  TEST ("methods", test_methods);
  TEST ("statuses", test_statuses);
  TEST ("not-decoded", test_not_decoded);
  TEST ("sizes", test_sizes);
  TEST ("truncated", test_truncated);
  TEST ("no-http", test_no_http);
  TEST ("refused", test_refused);
  TEST ("rule", test_rule);
  TEST ("inactive", test_inactive);
  TEST ("deadline", test_deadline);
  TEST ("max-idle", test_max_idle);
  TEST ("closing", test_closing);
  TEST ("probing", test_probing);
  TEST ("informational-flood", test_informational_flood);
  TEST ("informational-bound", test_informational_bound);
  TEST ("informational-slow", test_informational_slow);
  TEST ("connect-timeout", test_connect_timeout);
  TEST ("cancel", test_cancel);
  TEST ("cancel-race", test_cancel_race);
  TEST ("redirect", test_redirect);
  TEST ("parallel", test_parallel);
  TEST ("tls", test_tls);
  TEST ("impatient-neighbour", test_impatient_neighbour);
  TEST ("retry-after", test_retry_after);
  TEST ("close-pending", test_close_pending);
  g_test_add_func ("/http/close-idle", test_close_idle);
  g_test_add_func ("/http/close-unjoined", test_close_unjoined);
  g_test_add_func ("/http/unref-on-thread", test_unref_on_thread);
  g_test_add_func ("/http/invoke-race", test_invoke_race);
  return g_test_run ();
}
