/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Requests that end between the headers of the answer and libsoup's callback.
 *
 * Some versions of libsoup use freed memory where a request is cancelled in
 * that gap. The gap is there where the headers have come by the time at which
 * the request has been written. So the HTTP thread waits in "wrote-body" for
 * the server to have answered. GObject's emission hooks let the test into the
 * signals of libsoup's messages.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "http-fetch.h"

#define N_REQUESTS 200
/* Each takes CUP_HTTP_CLOSE_TIMEOUT. */
#define N_ENDS 2

/* HTTP thread only, while a request is under way. */
typedef struct
{
  Fixture *fixture;
  gint answers;                 /* the server's, with the one to come */
  GCancellable *cancellable;    /* (nullable): to cancel at the headers */
  gint64 due;                   /* not to connect before, 0 for none */
  guint headers;
} Scene;

static gboolean
on_network_event (GSignalInvocationHint * hint, guint n_values,
    const GValue * values, gpointer data)
{
  Scene *scene = data;
  gint64 left = scene->due - g_get_monotonic_time ();

  if (g_value_get_enum (&values[1]) == G_SOCKET_CLIENT_CONNECTING && left > 0)
    g_usleep (left);
  return TRUE;
}

static gboolean
on_wrote_body (GSignalInvocationHint * hint, guint n_values,
    const GValue * values, gpointer data)
{
  Scene *scene = data;

  while (g_atomic_int_get (&scene->fixture->server->raw_answers) <
      scene->answers)
    g_thread_yield ();
  return TRUE;
}

static gboolean
on_got_headers (GSignalInvocationHint * hint, guint n_values,
    const GValue * values, gpointer data)
{
  Scene *scene = data;

  scene->headers++;
  if (scene->cancellable)
    g_cancellable_cancel (scene->cancellable);
  return TRUE;
}

/* Lets @scene into all requests while @func runs. */
static void
with_hooks (Scene * scene, void (*func) (Scene * scene))
{
  const struct
  {
    const gchar *signal;
    GSignalEmissionHook hook;
  } hooks[] = {
    {"network-event", on_network_event},
    {"wrote-body", on_wrote_body},
    {"got-headers", on_got_headers},
  };
  gulong ids[G_N_ELEMENTS (hooks)];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (hooks); i++)
    ids[i] = g_signal_add_emission_hook (g_signal_lookup (hooks[i].signal,
            SOUP_TYPE_MESSAGE), 0, hooks[i].hook, scene, NULL);
  func (scene);
  for (i = 0; i < G_N_ELEMENTS (hooks); i++)
    g_signal_remove_emission_hook (g_signal_lookup (hooks[i].signal,
            SOUP_TYPE_MESSAGE), ids[i]);
}

static void
run (Fixture * fixture, void (*func) (Scene * scene))
{
  Scene scene = { fixture };
  gpointer messages = g_type_class_ref (SOUP_TYPE_MESSAGE);

  g_atomic_pointer_set (&fixture->server->raw_answer,
      "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nxy");
  with_hooks (&scene, func);
  g_type_class_unref (messages);
}

static Fetch *
fetch_answer (Scene * scene)
{
  Fetch *fetch = fetch_new (scene->fixture->http,
      scene->fixture->server->raw_base, "/answer");

  fetch->request.on_data = fetch_take_piece;
  scene->answers++;
  scene->headers = 0;
  return fetch;
}

static void
finish (Scene * scene, Fetch * fetch, GQuark domain, gint code,
    const gchar * word)
{
  fetch_wait (fetch);
  assert_error (fetch, domain, code, word);
  g_assert_cmpuint (scene->headers, ==, 1);
  g_assert_cmpuint (fetch->pieces->len, ==, 0);
  fetch_free (fetch);
}

static void
exceed_limit (Scene * scene)
{
  guint i;

  for (i = 0; i < N_REQUESTS; i++) {
    Fetch *fetch = fetch_answer (scene);

    fetch->request.max_size = 0;
    fetch_start (fetch);
    finish (scene, fetch, CUP_ERROR, CUP_ERROR_TOO_LARGE, "1000000");
  }
}

static void
test_limit (Fixture * fixture, gconstpointer data)
{
  run (fixture, exceed_limit);
}

static void
cancel (Scene * scene)
{
  guint i;

  for (i = 0; i < N_REQUESTS; i++) {
    Fetch *fetch = fetch_answer (scene);

    scene->cancellable = fetch->request.cancellable = g_cancellable_new ();
    fetch_start (fetch);
    finish (scene, fetch, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
    g_clear_object (&scene->cancellable);
  }
}

static void
test_cancel (Fixture * fixture, gconstpointer data)
{
  run (fixture, cancel);
}

/* On the HTTP thread: what closing does there comes before the request, and so
 * before all sources of libsoup's. */
static void
send_and_close (gpointer data)
{
  Fetch *fetch = data;

  fetch_send (fetch);
  cup_http_close (fetch->http);
}

/* The time for closing is over when the connection is made: the end comes in
 * the iteration after the one that reads the headers. */
static void
end (Scene * scene)
{
  guint i;

  for (i = 0; i < N_ENDS; i++) {
    Fetch *fetch = fetch_answer (scene);

    scene->due = g_get_monotonic_time () + CUP_HTTP_CLOSE_TIMEOUT + 100 * MS;
    g_assert_true (cup_http_invoke (fetch->http, send_and_close, fetch, NULL));
    finish (scene, fetch, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
    fixture_replace_http (scene->fixture, NULL);
  }
}

static void
test_end (Fixture * fixture, gconstpointer data)
{
  run (fixture, end);
}

#define TEST(path, func) \
  g_test_add ("/early-cancel/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cup_log_set_writer (enabled, quiet);
  TEST ("limit", test_limit);
  TEST ("cancel", test_cancel);
  TEST ("end", test_end);
  return g_test_run ();
}
