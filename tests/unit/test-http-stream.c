/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bodies that are handed on piece by piece: at once, with the limits of any
 * other, and given up in the middle. Over HTTP/1.1, and over TLS with whatever
 * it brings (SOUP_SERVER_HTTP2).
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "http-fetch.h"
#include "http2-server.h"

/* Runs @func with both of the server's addresses. */
static void
with_each_base (Fixture * fixture, void (*func) (Fixture * fixture,
        const gchar * base))
{
  Authority *authority = authority_new ();
  CupHttpOptions options = { NULL };

  func (fixture, fixture->server->base);
  if (authority) {
    options.tls_database = authority->database;
    fixture_replace_http (fixture, &options);
    func (fixture, server_listen_tls (fixture->server, authority));
    authority_free (authority);
  }
}

static Fetch *
stream_new (Fixture * fixture, const gchar * base, const gchar * path)
{
  Fetch *fetch = fetch_new (fixture->http, base, path);

  fetch->request.on_data = fetch_take_piece;
  return fetch;
}

static void
wait_for_request (Fixture * fixture, gint count)
{
  while (g_atomic_int_get (&fixture->server->held) < count)
    g_thread_yield ();
}

/* SoupServer cannot hold an answer on HTTP/2. */
static void
with_each_live_base (Fixture * fixture, void (*func) (Fixture * fixture,
        const gchar * base))
{
  if (g_getenv ("SOUP_SERVER_HTTP2"))
    func (fixture, fixture->server->base);
  else
    with_each_base (fixture, func);
}

/* Starts "/live" and lets it say something. */
static Fetch *
start_live (Fixture * fixture, const gchar * base, const gchar * text)
{
  Fetch *fetch = stream_new (fixture, base, "/live");
  gint before = g_atomic_int_get (&fixture->server->held);

  fetch_start (fetch);
  wait_for_request (fixture, before + 1);
  server_say (fixture->server, text);
  fetch_wait_for_pieces (fetch, strlen (text));
  return fetch;
}

/* What is said has to arrive before the next is said. */
static void
check_at_once (Fixture * fixture, const gchar * base)
{
  Fetch *fetch = start_live (fixture, base, "piece");
  GString *said = g_string_new ("piece");
  gchar *text;
  guint i;

  for (i = 0; i < 20; i++) {
    text = g_strdup_printf (" %u", i);
    server_say (fixture->server, text);
    g_string_append (said, text);
    fetch_wait_for_pieces (fetch, said->len);
    g_assert_cmpstr (fetch->pieces->str, ==, said->str);
    g_assert_cmpuint (fetch->calls, ==, 0);
    g_free (text);
  }
  server_say (fixture->server, NULL);
  fetch_wait (fetch);
  g_assert_no_error (fetch->error);
  g_assert_cmpuint (fetch->status, ==, 200);
  g_assert_cmpuint (fetch->size, ==, 0);
  g_assert_cmpstr (fetch->pieces->str, ==, said->str);
  g_string_free (said, TRUE);
  fetch_free (fetch);
}

static void
test_at_once (Fixture * fixture, gconstpointer data)
{
  with_each_live_base (fixture, check_at_once);
}

/* The caller is told at once, the server too, and the next request does not
 * wait for anything. */
static void
test_cancel (Fixture * fixture, gconstpointer data)
{
  guint i;

  for (i = 1; i <= 3; i++) {
    Fetch *fetch = stream_new (fixture, fixture->server->raw_base, "/stall");
    Fetch *next;

    fetch->request.cancellable = g_cancellable_new ();
    fetch->request.inactivity_timeout = 0;
    fetch_start (fetch);
    fetch_wait_for_pieces (fetch, 3);
    g_cancellable_cancel (fetch->request.cancellable);
    fetch_wait (fetch);
    assert_error (fetch, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
    g_assert_cmpstr (fetch->pieces->str, ==, "abc");
    while (g_atomic_int_get (&fixture->server->raw_closed) < (gint) i)
      g_thread_yield ();

    next = get (fixture, fixture->server->raw_base, "/drip");
    g_assert_no_error (next->error);
    g_object_unref (fetch->request.cancellable);
    fetch_free (fetch);
    fetch_free (next);
  }
}

/* Cancelled from within the callback: the cancelled request gets no more. */
static void
cancel_at_piece (const guint8 * data, gsize size, gpointer user_data)
{
  Fetch *fetch = user_data;

  fetch_take_piece (data, size, user_data);
  g_cancellable_cancel (fetch->request.cancellable);
}

static void
check_cancel_within (Fixture * fixture, const gchar * base)
{
  Fetch *fetch = fetch_new (fixture->http, base, "/big?size=900000&chunked=1");

  fetch->request.on_data = cancel_at_piece;
  fetch->request.cancellable = g_cancellable_new ();
  fetch_start (fetch);
  fetch_wait (fetch);
  assert_error (fetch, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  g_assert_cmpuint (fetch->pieces->len, <, 900000);
  g_object_unref (fetch->request.cancellable);
  fetch_free (fetch);
}

static void
test_cancel_within (Fixture * fixture, gconstpointer data)
{
  with_each_base (fixture, check_cancel_within);
}

/* Cancelled at any moment, many times, beside others on the connection. */
static void
check_cancel_race (Fixture * fixture, const gchar * base)
{
  guint i;

  for (i = 0; i < 50; i++) {
    Fetch *fetch = stream_new (fixture, base, "/big?size=300000&chunked=1");
    Fetch *other = fetch_new (fixture->http, base, "/echo");

    fetch->request.cancellable = g_cancellable_new ();
    fetch_start (fetch);
    fetch_start (other);
    g_usleep (g_random_int_range (0, 3000));
    g_cancellable_cancel (fetch->request.cancellable);
    fetch_wait (fetch);
    if (fetch->error)
      assert_error (fetch, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
    fetch_wait (other);
    g_assert_no_error (other->error);
    g_object_unref (fetch->request.cancellable);
    fetch_free (fetch);
    fetch_free (other);
  }
}

static void
test_cancel_race (Fixture * fixture, gconstpointer data)
{
  with_each_base (fixture, check_cancel_race);
}

/* Counted from the last piece. */
static void
check_silence (Fixture * fixture, const gchar * base)
{
  Fetch *fetch = stream_new (fixture, base, "/live");
  gint before = g_atomic_int_get (&fixture->server->held);
  gint64 last = 0;
  guint i;

  fetch->request.inactivity_timeout = 3 * SECOND;
  fetch_start (fetch);
  wait_for_request (fixture, before + 1);
  for (i = 1; i <= 8; i++) {
    last = g_get_monotonic_time ();
    server_say (fixture->server, "x");
    fetch_wait_for_pieces (fetch, i);
    g_usleep (400 * MS);
  }
  fetch_wait (fetch);
  g_assert_cmpuint (fetch->pieces->len, ==, 8);
  assert_error (fetch, CUP_ERROR, CUP_ERROR_TIMEOUT, "3 s");
  g_assert_cmpint (g_get_monotonic_time () - last, >=, 2990 * MS);
  fetch_free (fetch);
}

static void
test_silence (Fixture * fixture, gconstpointer data)
{
  with_each_live_base (fixture, check_silence);
}

/* What a cut answer is. */
typedef enum
{
  BROKEN,
  COMPLETE,
  /* libsoup 3.2 takes it for complete, 3.6 for broken. */
  EITHER,
} Cut;

static void
check_cut (Fixture * fixture, const gchar * answer, const gchar * pieces,
    Cut cut)
{
  Fetch *fetch = stream_new (fixture, fixture->server->raw_base, "/answer");

  g_test_message ("%s", answer);
  g_atomic_pointer_set (&fixture->server->raw_answer, answer);
  fetch_start (fetch);
  fetch_wait (fetch);
  g_assert_cmpstr (fetch->pieces->str, ==, pieces);
  if (cut == COMPLETE || (cut == EITHER && !fetch->error)) {
    g_assert_no_error (fetch->error);
    g_assert_cmpuint (fetch->size, ==, 0);
  } else {
    assert_error (fetch, CUP_ERROR, CUP_ERROR_NETWORK, "127.0.0.1");
    g_assert_cmpstr (fetch->stage, !=, CUP_HTTP_STAGE_CONNECT);
  }
  fetch_free (fetch);
}

static void
test_cut (Fixture * fixture, gconstpointer data)
{
  const struct
  {
    const gchar *answer;
    const gchar *pieces;
    Cut cut;
  } cases[] = {
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", "abc",
        BROKEN},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "abc", BROKEN},
    {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nabc",
        "abc", BROKEN},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
          "0\r\n\r\n", "abc", COMPLETE},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", COMPLETE},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", COMPLETE},
    {"HTTP/1.1 204 No Content\r\n\r\n", "", COMPLETE},
    /* Without any length its end is the connection's. */
    {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc", "abc", COMPLETE},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "abc", EITHER},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++)
    check_cut (fixture, cases[i].answer, cases[i].pieces, cases[i].cut);
}

static void
check_sizes (Fixture * fixture, const gchar * base)
{
  const struct
  {
    const gchar *path;
    gsize max_size;
    gboolean fits;
  } cases[] = {
    {"/big?size=0", 0, TRUE},
    {"/big?size=100000", 100000, TRUE},
    {"/big?size=100000", 99999, FALSE},
    {"/big?size=100000&chunked=1", 100000, TRUE},
    {"/big?size=100000&chunked=1", 99999, FALSE},
    {"/big?size=3000000&chunked=1", G_MAXSIZE, TRUE},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fetch *fetch = stream_new (fixture, base, cases[i].path);

    fetch->request.max_size = cases[i].max_size;
    fetch_start (fetch);
    fetch_wait (fetch);
    g_assert_cmpuint (fetch->pieces->len, <=, cases[i].max_size);
    g_assert_cmpuint (strspn (fetch->pieces->str, "b"), ==, fetch->pieces->len);
    if (cases[i].fits) {
      g_assert_no_error (fetch->error);
      g_assert_cmpuint (fetch->pieces->len, ==, g_ascii_strtoull (cases[i].path
              + 10, NULL, 10));
    } else {
      assert_error (fetch, CUP_ERROR, CUP_ERROR_TOO_LARGE, "127.0.0.1");
    }
    fetch_free (fetch);
  }
}

static void
test_sizes (Fixture * fixture, gconstpointer data)
{
  with_each_base (fixture, check_sizes);
}

/* Small pieces, each within the limit, that are too much together. */
static void
check_sum (Fixture * fixture, const gchar * base)
{
  Fetch *fetch = stream_new (fixture, base, "/live");
  gint before = g_atomic_int_get (&fixture->server->held);

  fetch->request.max_size = 12;
  fetch_start (fetch);
  wait_for_request (fixture, before + 1);
  server_say (fixture->server, "12345");
  fetch_wait_for_pieces (fetch, 5);
  server_say (fixture->server, "6789a");
  fetch_wait_for_pieces (fetch, 10);
  server_say (fixture->server, "bcdef");
  fetch_wait (fetch);
  assert_error (fetch, CUP_ERROR, CUP_ERROR_TOO_LARGE, "12 bytes");
  g_assert_cmpstr (fetch->pieces->str, ==, "123456789a");
  fetch_free (fetch);
}

static void
test_sum (Fixture * fixture, gconstpointer data)
{
  with_each_live_base (fixture, check_sum);
}

static void
check_other_statuses (Fixture * fixture, const gchar * base)
{
  Fetch *fetch = stream_new (fixture, base, "/denied");

  fetch_start (fetch);
  fetch_wait (fetch);
  g_assert_no_error (fetch->error);
  g_assert_cmpuint (fetch->status, ==, 401);
  g_assert_cmpstr (fetch->body, ==, "denied");
  g_assert_cmpuint (fetch->pieces->len, ==, 0);
  fetch_free (fetch);

  fetch = stream_new (fixture, base, "/redirect?count=2&to=/landed");
  fetch->request.follow_redirects = TRUE;
  fetch_start (fetch);
  fetch_wait (fetch);
  g_assert_no_error (fetch->error);
  g_assert_cmpstr (fetch->pieces->str, ==, "landed");
  g_assert_cmpuint (fetch->size, ==, 0);
  fetch_free (fetch);
}

static void
test_other_statuses (Fixture * fixture, gconstpointer data)
{
  with_each_base (fixture, check_other_statuses);
}

/* The end of the thread does not wait for a stream that has none. */
static void
check_close (Fixture * fixture, const gchar * base)
{
  Fetch *fetch = start_live (fixture, base, "piece");

  cup_http_close (fixture->http);
  fetch_join (fixture->http);
  fetch_wait (fetch);
  assert_error (fetch, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  fetch_free (fetch);
}

static void
test_close (Fixture * fixture, gconstpointer data)
{
  with_each_live_base (fixture, check_close);
}

/* Two streams of one connection: each piece comes at once, and the one that is
 * cancelled is taken back at once while the other goes on. */
static void
test_http2 (Fixture * fixture, gconstpointer data)
{
  Authority *authority = authority_new ();
  CupHttpOptions options = { NULL };
  Http2Server *server;
  Fetch *fetch, *other;
  gsize i;

  if (!authority) {
    g_test_skip ("there is no openssl");
    return;
  }
  server = http2_server_new (authority);
  options.tls_database = authority->database;
  fixture_replace_http (fixture, &options);

  fetch = stream_new (fixture, server->base, "/");
  fetch->request.cancellable = g_cancellable_new ();
  fetch_start (fetch);
  while (g_atomic_int_get (&server->requests) < 1)
    g_thread_yield ();
  for (i = 1; i <= 20; i++) {
    http2_server_say (server, "x");
    fetch_wait_for_pieces (fetch, i);
    g_assert_cmpuint (fetch->pieces->len, ==, i);
    g_assert_cmpuint (fetch->calls, ==, 0);
  }

  /* Nothing is read in between that could bring it on the way. */
  g_cancellable_cancel (fetch->request.cancellable);
  fetch_wait (fetch);
  assert_error (fetch, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  while (g_atomic_int_get (&server->resets) < 1)
    g_thread_yield ();
  g_object_unref (fetch->request.cancellable);
  fetch_free (fetch);

  other = stream_new (fixture, server->base, "/");
  fetch_start (other);
  while (g_atomic_int_get (&server->requests) < 2)
    g_thread_yield ();
  http2_server_say (server, "hello");
  fetch_wait_for_pieces (other, 5);
  g_atomic_int_set (&server->answer_at_once, TRUE);
  fetch = get (fixture, server->base, "/");
  g_assert_no_error (fetch->error);
  g_assert_cmpstr (fetch->body, ==, "done");
  fetch_free (fetch);
  g_assert_cmpuint (other->calls, ==, 0);
  g_assert_cmpint (g_atomic_int_get (&server->connections), ==, 1);

  fixture_replace_http (fixture, NULL);
  fetch_wait (other);
  assert_error (other, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  fetch_free (other);
  http2_server_free (server);
  authority_free (authority);
}

/* Informational answers without end do not keep the thread. */
static void
test_http2_informational (Fixture * fixture, gconstpointer data)
{
  Authority *authority = authority_new ();
  CupHttpOptions options = { NULL };
  Http2Server *server;
  Fetch *fetch;

  if (!authority) {
    g_test_skip ("there is no openssl");
    return;
  }
  server = http2_server_new (authority);
  g_atomic_int_set (&server->flood, TRUE);
  options.tls_database = authority->database;
  fixture_replace_http (fixture, &options);

  fetch = get (fixture, server->base, "/");
  assert_error (fetch, CUP_ERROR, CUP_ERROR_BAD_DATA, "HTTP 100");
  fetch_free (fetch);
  fetch = get (fixture, fixture->server->base, "/echo");
  g_assert_no_error (fetch->error);
  fetch_free (fetch);

  fixture_replace_http (fixture, NULL);
  http2_server_free (server);
  authority_free (authority);
}

#define TEST(path, func) \
  g_test_add ("/http-stream/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cup_log_set_writer (enabled, quiet);
  TEST ("at-once", test_at_once);
  TEST ("cancel", test_cancel);
  TEST ("cancel-within", test_cancel_within);
  TEST ("cancel-race", test_cancel_race);
  TEST ("silence", test_silence);
  TEST ("cut", test_cut);
  TEST ("sizes", test_sizes);
  TEST ("sum", test_sum);
  TEST ("other-statuses", test_other_statuses);
  TEST ("close", test_close);
  TEST ("http2", test_http2);
  TEST ("http2-informational", test_http2_informational);
  return g_test_run ();
}
