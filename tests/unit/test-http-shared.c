/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Several users of one HTTP thread: what they share, and that the end of one
 * is no other's.
 */
#include "http-fetch.h"

static CupHttp *
open_http (CupHttpShared * shared, const CupHttpOptions * options)
{
  GError *error = NULL;
  CupHttp *http = cup_http_new_shared (shared, options, &error);

  g_assert_no_error (error);
  return http;
}

static void
end_http (CupHttp * http)
{
  cup_http_close (http);
  fetch_join (http);
  cup_http_unref (http);
}

typedef struct
{
  CupHttp *other;
  gboolean same;
  GMutex lock;
  GCond cond;
  gboolean done;
} Question;

static void
look_at_thread (gpointer data)
{
  Question *question = data;

  g_mutex_lock (&question->lock);
  question->same = cup_http_is_current_thread (question->other);
  question->done = TRUE;
  g_cond_signal (&question->cond);
  g_mutex_unlock (&question->lock);
}

static gboolean
have_same_thread (CupHttp * a, CupHttp * b)
{
  Question question = {.other = b };

  g_mutex_init (&question.lock);
  g_cond_init (&question.cond);
  g_assert_true (cup_http_invoke (a, look_at_thread, &question, NULL));
  g_mutex_lock (&question.lock);
  while (!question.done)
    g_cond_wait (&question.cond, &question.lock);
  g_mutex_unlock (&question.lock);
  g_mutex_clear (&question.lock);
  g_cond_clear (&question.cond);
  return question.same;
}

/* The thread is there as long as somebody uses it, and another one after. */
static void
test_thread (void)
{
  CupHttpShared *shared = cup_http_shared_new ();
  CupHttp *first = open_http (shared, NULL);
  CupHttp *second = open_http (shared, NULL);
  CupHttp *apart = cup_http_new (NULL, NULL);
  CupHttp *third;

  g_assert_true (have_same_thread (first, second));
  g_assert_false (have_same_thread (first, apart));
  end_http (apart);
  cup_http_close (first);
  fetch_join (first);
  g_assert_false (cup_http_invoke (first, look_at_thread, NULL, NULL));
  third = open_http (shared, NULL);
  g_assert_true (have_same_thread (second, third));
  end_http (second);
  end_http (third);
  cup_http_unref (first);

  /* What was shared outlives none of its users, nor needs to. */
  third = open_http (shared, NULL);
  cup_http_shared_unref (shared);
  g_assert_true (have_same_thread (third, third));
  end_http (third);
}

/* The end of one that has requests under way leaves those of the other. */
static void
test_end (Fixture * fixture, gconstpointer data)
{
  CupHttpShared *shared = cup_http_shared_new ();
  CupHttp *first = open_http (shared, NULL);
  CupHttp *second = open_http (shared, NULL);
  Fetch *hangs[4], *stays, *after;
  gint64 start;
  guint i;

  stays = fetch_new (second, fixture->server->base, "/hang");
  stays->request.cancellable = g_cancellable_new ();
  fetch_start (stays);
  for (i = 0; i < G_N_ELEMENTS (hangs); i++) {
    hangs[i] = fetch_new (first, fixture->server->base, "/hang");
    fetch_start (hangs[i]);
  }
  while (g_atomic_int_get (&fixture->server->held) < 5)
    g_thread_yield ();

  start = g_get_monotonic_time ();
  cup_http_close (first);
  fetch_join (first);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 1900 * MS);
  for (i = 0; i < G_N_ELEMENTS (hangs); i++) {
    fetch_wait (hangs[i]);
    assert_error (hangs[i], G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
    fetch_free (hangs[i]);
  }
  cup_http_unref (first);

  g_mutex_lock (&stays->lock);
  g_assert_cmpuint (stays->calls, ==, 0);
  g_mutex_unlock (&stays->lock);
  after = fetch_new (second, fixture->server->base, "/echo");
  fetch_start (after);
  fetch_wait (after);
  g_assert_no_error (after->error);
  fetch_free (after);

  g_cancellable_cancel (stays->request.cancellable);
  fetch_wait (stays);
  assert_error (stays, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  g_object_unref (stays->request.cancellable);
  fetch_free (stays);
  end_http (second);
  cup_http_shared_unref (shared);
}

/* One with nothing under way does not wait for the others. */
static void
test_end_idle (Fixture * fixture, gconstpointer data)
{
  CupHttpShared *shared = cup_http_shared_new ();
  CupHttp *idle = open_http (shared, NULL);
  CupHttp *busy = open_http (shared, NULL);
  Fetch *slow = fetch_new (busy, fixture->server->base, "/slow");
  Fetch *hang = fetch_new (busy, fixture->server->base, "/hang");
  gint64 start;

  hang->request.cancellable = g_cancellable_new ();
  fetch_start (hang);
  fetch_start (slow);
  start = g_get_monotonic_time ();
  end_http (idle);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 1900 * MS);
  fetch_wait (slow);
  g_assert_no_error (slow->error);
  fetch_free (slow);
  g_cancellable_cancel (hang->request.cancellable);
  fetch_wait (hang);
  g_object_unref (hang->request.cancellable);
  fetch_free (hang);
  end_http (busy);
  cup_http_shared_unref (shared);
}

/* What is sent for one that has ended, on a thread that goes on for others. */
static void
test_send_late (Fixture * fixture, gconstpointer data)
{
  CupHttpShared *shared = cup_http_shared_new ();
  CupHttp *ended = open_http (shared, NULL);
  CupHttp *other = open_http (shared, NULL);
  Fetch *fetch = fetch_new (ended, fixture->server->base, "/echo");

  cup_http_close (ended);
  fetch_join (ended);
  g_assert_true (cup_http_invoke (other, fetch_send, fetch, NULL));
  fetch_wait (fetch);
  assert_error (fetch, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  fetch_free (fetch);
  cup_http_unref (ended);
  end_http (other);
  cup_http_shared_unref (shared);
}

/* Whether the second one goes on with the first one's connection. */
static gboolean
share (Fixture * fixture, const CupHttpOptions * first,
    const CupHttpOptions * second)
{
  const CupHttpOptions *options[] = { first, second };
  CupHttpShared *shared = cup_http_shared_new ();
  CupHttp *http[2];
  Fetch *fetch[2];
  gboolean same;
  guint i;

  for (i = 0; i < 2; i++) {
    http[i] = open_http (shared, options[i]);
    fetch[i] = fetch_new (http[i], fixture->server->base, "/peer");
    fetch_start (fetch[i]);
    fetch_wait (fetch[i]);
    g_assert_no_error (fetch[i]->error);
  }
  same = strcmp (fetch[0]->body, fetch[1]->body) == 0;
  for (i = 0; i < 2; i++) {
    fetch_free (fetch[i]);
    end_http (http[i]);
  }
  cup_http_shared_unref (shared);
  return same;
}

static void
test_connections (Fixture * fixture, gconstpointer data)
{
  const CupHttpOptions plain = { NULL };
  const CupHttpOptions proxy = {.proxy = "http://127.0.0.1:1" };
  const CupHttpOptions proxy2 = {.proxy = "http://127.0.0.1:2" };
  const CupHttpOptions hasty = {.connect_timeout = 5 * SECOND };
  const CupHttpOptions busy = {.inactivity_timeout = 5 * SECOND };
  Authority *authority = authority_new ();
  CupHttpOptions trust = { NULL }, file = { NULL };

  g_assert_true (share (fixture, NULL, NULL));
  g_assert_true (share (fixture, NULL, &plain));
  g_assert_true (share (fixture, &proxy, &proxy));
  g_assert_true (share (fixture, &hasty, &hasty));
  g_assert_false (share (fixture, &plain, &proxy));
  g_assert_false (share (fixture, &proxy, &proxy2));
  g_assert_false (share (fixture, &plain, &hasty));
  g_assert_false (share (fixture, &plain, &busy));
  if (!authority) {
    g_test_skip ("there is no openssl to make a certificate with");
    return;
  }
  trust.tls_database = authority->database;
  file.tls_ca_file = authority->file;
  g_assert_true (share (fixture, &trust, &trust));
  g_assert_true (share (fixture, &file, &file));
  g_assert_false (share (fixture, &plain, &trust));
  g_assert_false (share (fixture, &plain, &file));
  g_assert_false (share (fixture, &trust, &file));
  authority_free (authority);
}

/* Under the same name, but with something else in it. */
static void
test_changed_file (Fixture * fixture, gconstpointer data)
{
  CupHttpShared *shared = cup_http_shared_new ();
  Authority *authority = authority_new ();
  CupHttpOptions options = { NULL };
  CupHttp *http[2];
  Fetch *fetch[2];
  guint i;

  if (!authority) {
    g_test_skip ("there is no openssl to make a certificate with");
    cup_http_shared_unref (shared);
    return;
  }
  options.tls_ca_file = authority->file;
  for (i = 0; i < 2; i++) {
    http[i] = open_http (shared, &options);
    g_assert_true (g_file_set_contents (authority->file, authority->pem, -1,
            NULL));
    fetch[i] = fetch_new (http[i], fixture->server->base, "/peer");
    fetch_start (fetch[i]);
    fetch_wait (fetch[i]);
    g_assert_no_error (fetch[i]->error);
  }
  g_assert_cmpstr (fetch[0]->body, !=, fetch[1]->body);
  for (i = 0; i < 2; i++) {
    fetch_free (fetch[i]);
    end_http (http[i]);
  }
  authority_free (authority);
  cup_http_shared_unref (shared);
}

static void
test_refused_options (void)
{
  CupHttpShared *shared = cup_http_shared_new ();
  CupHttpOptions options = {.tls_ca_file = "/nowhere/at/all.pem" };
  GError *error = NULL;

  g_assert_null (cup_http_new_shared (shared, &options, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_SETTINGS);
  g_assert_nonnull (strstr (error->message, "tls-ca-file=/nowhere/at/all.pem"));
  g_clear_error (&error);
  options.tls_ca_file = NULL;
  options.proxy = "gopher://x:1";
  g_assert_null (cup_http_new_shared (shared, &options, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_SETTINGS);
  g_clear_error (&error);
  cup_http_shared_unref (shared);
}

static void
assert_refused_file (CupHttpShared * shared, const gchar * path,
    const gchar * reason)
{
  CupHttpOptions options = {.tls_ca_file = path };
  GError *error = NULL;

  g_assert_null (cup_http_new_shared (shared, &options, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_SETTINGS);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, reason));
  g_clear_error (&error);
}

/* Files that would take all memory, or never end: nothing of them is read. */
static void
test_endless_files (void)
{
  CupHttpShared *shared = cup_http_shared_new ();
  gchar *folder = g_dir_make_tmp ("authorities-XXXXXX", NULL);
  gchar *large = g_build_filename (folder, "large.pem", NULL);
  gchar *pipe = g_build_filename (folder, "pipe.pem", NULL);

  assert_refused_file (shared, "/dev/zero", "not a regular file");
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  assert_refused_file (shared, pipe, "not a regular file");
  g_assert_true (g_file_set_contents (large, "", 0, NULL));
  g_assert_cmpint (truncate (large, (16 << 20) + 1), ==, 0);
  assert_refused_file (shared, large, "larger than 16 MiB");
  g_remove (large);
  g_remove (pipe);
  g_rmdir (folder);
  g_free (large);
  g_free (pipe);
  g_free (folder);
  cup_http_shared_unref (shared);
}

/* The last reference of a user, and of all, goes on the HTTP thread. */
static void
unref_there (gpointer data)
{
  CupHttp *http = data;

  cup_http_close (http);
  g_assert_false (cup_http_join (http));
  cup_http_unref (http);
}

static void
test_unref_there (void)
{
  CupHttpShared *shared = cup_http_shared_new ();
  CupHttp *first = open_http (shared, NULL);
  CupHttp *second = open_http (shared, NULL);
  CupHttp *watched = cup_http_ref (second);

  cup_http_shared_unref (shared);
  g_assert_true (cup_http_invoke (second, unref_there, first, NULL));
  g_assert_true (cup_http_invoke (second, unref_there, second, NULL));
  cup_http_close (watched);
  fetch_join (watched);
  cup_http_unref (watched);
}

/* Users come and go from several threads at once. */
typedef struct
{
  CupHttpShared *shared;
  const gchar *base;
} Crowd;

static gpointer
come_and_go (gpointer data)
{
  Crowd *crowd = data;
  guint i;

  for (i = 0; i < 30; i++) {
    CupHttp *http = open_http (crowd->shared, NULL);
    Fetch *fetch = fetch_new (http, crowd->base, i % 3 ? "/echo" : "/hang");

    fetch->request.cancellable = g_cancellable_new ();
    fetch_start (fetch);
    if (i % 3)
      fetch_wait (fetch);
    else
      g_cancellable_cancel (fetch->request.cancellable);
    cup_http_close (http);
    if (i % 2)
      fetch_join (http);
    fetch_wait (fetch);
    if (i % 3)
      g_assert_no_error (fetch->error);
    g_object_unref (fetch->request.cancellable);
    fetch_free (fetch);
    cup_http_unref (http);
  }
  return NULL;
}

static void
test_crowd (Fixture * fixture, gconstpointer data)
{
  Crowd crowd = { cup_http_shared_new (), fixture->server->base };
  GThread *thread[4];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (thread); i++)
    thread[i] = g_thread_new ("user", come_and_go, &crowd);
  for (i = 0; i < G_N_ELEMENTS (thread); i++)
    g_thread_join (thread[i]);
  /* Whoever was last may not have been waited for. */
  end_http (open_http (crowd.shared, NULL));
  cup_http_shared_unref (crowd.shared);
}

#define TEST(path, func) \
  g_test_add ("/http-shared/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cup_log_set_writer (enabled, quiet);
  g_test_add_func ("/http-shared/thread", test_thread);
  TEST ("end", test_end);
  TEST ("end-idle", test_end_idle);
  TEST ("send-late", test_send_late);
  TEST ("connections", test_connections);
  TEST ("changed-file", test_changed_file);
  g_test_add_func ("/http-shared/refused-options", test_refused_options);
  g_test_add_func ("/http-shared/endless-files", test_endless_files);
  g_test_add_func ("/http-shared/unref-there", test_unref_there);
  TEST ("crowd", test_crowd);
  return g_test_run ();
}
