/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the tests of the HTTP thread share: a request that is waited for, and a
 * fixture of a server and a thread.
 */
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "net/http.h"

#include "http-server.h"

/* gcc's LeakSanitizer crashes over the thread-local storage of libraries that
 * are loaded later, such as GnuTLS, unless it is told to keep away. */
const char *__asan_default_options (void);

const char *
__asan_default_options (void)
{
  return "intercept_tls_get_addr=0";
}

/* What became of one request. */
typedef struct
{
  CupHttp *http;
  CupHttpRequest request;
  gchar *url;
  GMutex lock;
  GCond cond;
  guint calls;
  gboolean on_thread;
  guint status;
  gchar *body;
  gsize size;
  gchar *header;
  GError *error;
  gint64 retry_after;
  const gchar *stage;           /* of the error */
  GString *pieces;              /* what on_data got */
  gint64 started;
  gint64 took;
} Fetch;

static inline Fetch *
fetch_new (CupHttp * http, const gchar * base, const gchar * path)
{
  Fetch *fetch = g_new0 (Fetch, 1);

  fetch->http = http;
  fetch->url = g_strconcat (base, path, NULL);
  fetch->request.method = "GET";
  fetch->request.url = fetch->url;
  fetch->request.max_size = 1 << 20;
  fetch->request.connect_timeout = 60 * SECOND;
  fetch->request.inactivity_timeout = 60 * SECOND;
  fetch->pieces = g_string_new (NULL);
  g_mutex_init (&fetch->lock);
  g_cond_init (&fetch->cond);
  return fetch;
}

static inline void
fetch_done (CupHttpResponse * response, const GError * error, gpointer data)
{
  Fetch *fetch = data;
  gconstpointer bytes;

  g_mutex_lock (&fetch->lock);
  fetch->calls++;
  fetch->on_thread = cup_http_is_current_thread (fetch->http);
  fetch->took = g_get_monotonic_time () - fetch->started;
  g_assert_true ((response == NULL) == (error != NULL));
  if (response) {
    fetch->status = cup_http_response_get_status (response);
    bytes = g_bytes_get_data (cup_http_response_get_body (response),
        &fetch->size);
    fetch->body = g_strndup (bytes ? bytes : "", fetch->size);
    fetch->header = g_strdup (cup_http_response_get_header (response,
            "content-encoding"));
    fetch->retry_after = cup_http_response_get_retry_after (response);
  } else {
    fetch->error = g_error_copy (error);
    if (error->domain == CUP_ERROR)
      fetch->stage = cup_error_get_details (error)->stage;
  }
  g_cond_signal (&fetch->cond);
  g_mutex_unlock (&fetch->lock);
}

static inline void
fetch_send (gpointer data)
{
  Fetch *fetch = data;

  cup_http_send (fetch->http, &fetch->request, fetch_done, fetch);
  g_assert_cmpuint (fetch->calls, ==, 0);
}

static inline void
fetch_start (Fetch * fetch)
{
  fetch->started = g_get_monotonic_time ();
  g_assert_true (cup_http_invoke (fetch->http, fetch_send, fetch, NULL));
}

static inline void
fetch_wait (Fetch * fetch)
{
  g_mutex_lock (&fetch->lock);
  while (fetch->calls == 0)
    g_cond_wait (&fetch->cond, &fetch->lock);
  g_assert_true (fetch->on_thread);
  g_mutex_unlock (&fetch->lock);
}

/* Waits for the end of @http, however long a busy machine takes over it:
 * cup_http_join() itself gives up shortly after the requests must have ended. */
static inline void
fetch_join (CupHttp * http)
{
  while (!cup_http_join (http))
    g_usleep (MS);
}

/* For fetch->request.on_data. */
static inline void
fetch_take_piece (const guint8 * data, gsize size, gpointer user_data)
{
  Fetch *fetch = user_data;

  g_mutex_lock (&fetch->lock);
  g_assert_cmpuint (size, >, 0);
  g_assert_cmpuint (fetch->calls, ==, 0);
  g_assert_true (cup_http_is_current_thread (fetch->http));
  g_string_append_len (fetch->pieces, (const gchar *) data, size);
  g_cond_signal (&fetch->cond);
  g_mutex_unlock (&fetch->lock);
}

/* Waits until that many bytes have come, or it is over. */
static inline void
fetch_wait_for_pieces (Fetch * fetch, gsize size)
{
  g_mutex_lock (&fetch->lock);
  while (fetch->calls == 0 && fetch->pieces->len < size)
    g_cond_wait (&fetch->cond, &fetch->lock);
  g_mutex_unlock (&fetch->lock);
}

static inline void
fetch_free (Fetch * fetch)
{
  g_assert_cmpuint (fetch->calls, ==, 1);
  g_mutex_clear (&fetch->lock);
  g_cond_clear (&fetch->cond);
  g_clear_error (&fetch->error);
  g_string_free (fetch->pieces, TRUE);
  g_free (fetch->body);
  g_free (fetch->header);
  g_free (fetch->url);
  g_free (fetch);
}

typedef struct
{
  Server *server;
  CupHttp *http;
} Fixture;

static inline void
set_up (Fixture * fixture, gconstpointer data)
{
  GError *error = NULL;

  fixture->server = server_new ();
  fixture->http = cup_http_new (NULL, &error);
  g_assert_no_error (error);
}

static inline void
tear_down (Fixture * fixture, gconstpointer data)
{
  cup_http_close (fixture->http);
  fetch_join (fixture->http);
  cup_http_unref (fixture->http);
  server_free (fixture->server);
}

/* Another HTTP thread, with options. */
static inline void
fixture_replace_http (Fixture * fixture, const CupHttpOptions * options)
{
  GError *error = NULL;

  cup_http_close (fixture->http);
  fetch_join (fixture->http);
  cup_http_unref (fixture->http);
  fixture->http = cup_http_new (options, &error);
  g_assert_no_error (error);
}

/* Sends and waits. */
static inline Fetch *
get (Fixture * fixture, const gchar * base, const gchar * path)
{
  Fetch *fetch = fetch_new (fixture->http, base, path);

  fetch_start (fetch);
  fetch_wait (fetch);
  return fetch;
}

static inline void
assert_error (Fetch * fetch, GQuark domain, gint code, const gchar * word)
{
  g_assert_error (fetch->error, domain, code);
  if (!strstr (fetch->error->message, word))
    g_error ("\"%s\" does not say \"%s\"", fetch->error->message, word);
  g_assert_null (strstr (fetch->error->message, "hunter2"));
}

static inline void
quiet (CupLogLevel level, const gchar * file, const gchar * function,
    gint line, const gchar * text)
{
  g_test_message ("%s: %s", function, text);
}

static inline gboolean
enabled (CupLogLevel level)
{
  return TRUE;
}
