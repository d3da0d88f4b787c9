/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The store as the dispatcher uses it: what is written first, and what becomes
 * of keys whose state cannot be written.
 */
#include "store-testing.h"

#include <sqlite3.h>
#include <sys/resource.h>

#include "dispatch/cache.h"
#include "store/journal.h"

#define TIMEOUT (60 * G_TIME_SPAN_SECOND)
/* Together more than what may wait. */
#define LARGE (16 << 20)
#define N_LARGE 5

static void
on_warning (const GError * error, gpointer n)
{
  g_test_message ("%s", error->message);
  g_atomic_int_inc ((gint *) n);
}

static CupCache *
open_cache (const gchar * folder, gboolean refresh, gint * n_warnings)
{
  CupCacheSettings settings = { folder, refresh, 0 };
  GError *error = NULL;
  CupCache *cache;

  cache = cup_cache_open (&settings, on_warning, n_warnings, NULL, &error);
  g_assert_no_error (error);
  return cache;
}

static void
close_cache (CupCache * cache)
{
  cup_cache_join (cache, TIMEOUT);
  cup_cache_unref (cache);
}

/* What cup_cache_find() says, and whether it has been claimed. */
static CupCacheFind
find (CupCache * cache, guint number, gboolean * claimed)
{
  CupStoreKey key = make_key (number);
  CupCacheFinding finding;

  cup_cache_find (cache, &key, TRUE, &finding);
  cup_cache_finding_clear (&finding);
  *claimed = finding.claimed;
  return finding.find;
}

static void
claim (CupCache * cache, guint number)
{
  gboolean claimed;

  g_assert_cmpint (find (cache, number, &claimed), ==, CUP_CACHE_NONE);
  g_assert_true (claimed);
}

static void
add_result (CupCache * cache, guint number)
{
  CupStoreKey key = make_key (number);
  GBytes *bytes = make_picture (number, 0);
  CupImageInfo info;
  CupResult *result;

  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  result = cup_result_new_bytes (bytes, &info);
  cup_cache_add (cache, &key, result, "test", "test");
  cup_result_free (result);
}

/* The thread that writes, where a test wants to look at what it has written. */
typedef struct
{
  GMutex lock;
  GCond cond;
  gboolean is_there;
  gboolean may_go;
} Stop;

static void
on_stop (gpointer data)
{
  Stop *stop = data;

  g_mutex_lock (&stop->lock);
  stop->is_there = TRUE;
  g_cond_broadcast (&stop->cond);
  while (!stop->may_go)
    g_cond_wait (&stop->cond, &stop->lock);
  g_mutex_unlock (&stop->lock);
}

static void
stop_init (Stop * stop, CupCache * cache, guint number)
{
  CupStoreKey key = make_key (number);

  memset (stop, 0, sizeof (*stop));
  g_mutex_init (&stop->lock);
  g_cond_init (&stop->cond);
  claim (cache, number);
  cup_cache_note_submitting (cache, &key, on_stop, stop);
}

static void
stop_wait (Stop * stop)
{
  gint64 end = g_get_monotonic_time () + TIMEOUT;

  g_mutex_lock (&stop->lock);
  while (!stop->is_there)
    g_assert_true (g_cond_wait_until (&stop->cond, &stop->lock, end));
  g_mutex_unlock (&stop->lock);
}

static void
stop_let_go (Stop * stop)
{
  g_mutex_lock (&stop->lock);
  stop->may_go = TRUE;
  g_cond_broadcast (&stop->cond);
  g_mutex_unlock (&stop->lock);
}

static void
stop_clear (Stop * stop)
{
  g_cond_clear (&stop->cond);
  g_mutex_clear (&stop->lock);
}

static gint
count_accepted (const gchar * folder)
{
  gchar *path = g_build_filename (folder, "index.db", NULL);
  sqlite3_stmt *statement;
  sqlite3 *database;
  gint n;

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (database, "SELECT count(*) "
          "FROM journal WHERE state = 'accepted'", -1, &statement, NULL), ==,
      SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  n = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (database);
  g_free (path);
  return n;
}

/* What is begun waits where the disk is far behind, with what is in memory. */

static void
add_large (CupCache * cache, guint number)
{
  CupStoreKey key = make_key (number);
  GBytes *head = make_picture (number, 0);
  gsize size = g_bytes_get_size (head);
  guint8 *data = g_malloc0 (LARGE);
  CupImageInfo info;
  CupResult *result;

  g_assert_true (cup_image_read_info (head, &info, NULL));
  memcpy (data, g_bytes_get_data (head, NULL), size);
  g_bytes_unref (head);
  result = cup_result_new_bytes (g_bytes_new_take (data, LARGE), &info);
  cup_cache_add (cache, &key, result, "test", "test");
  cup_result_free (result);
}

typedef struct
{
  CupCache *cache;
  gint is_done;                 /* atomic */
} Finder;

static gpointer
find_another (gpointer data)
{
  Finder *finder = data;
  gboolean claimed;

  g_assert_cmpint (find (finder->cache, 99, &claimed), ==, CUP_CACHE_NONE);
  g_atomic_int_set (&finder->is_done, TRUE);
  return NULL;
}

static void
test_room (void)
{
  gchar *folder = make_folder ();
  gint n_warnings = 0;
  CupCache *cache = open_cache (folder, FALSE, &n_warnings);
  Finder finder = { cache, FALSE };
  GThread *thread;
  Stop stop;
  guint i;

  stop_init (&stop, cache, 1);
  stop_wait (&stop);
  for (i = 0; i < N_LARGE; i++)
    add_large (cache, 2 + i);
  thread = g_thread_new ("find", find_another, &finder);
  /* What is not to happen is given time to. */
  g_usleep (100 * G_TIME_SPAN_MILLISECOND);
  g_assert_false (g_atomic_int_get (&finder.is_done));
  stop_let_go (&stop);
  g_thread_join (thread);
  close_cache (cache);
  g_assert_cmpint (n_warnings, ==, 0);
  g_assert_cmpuint (count_files_in (folder, "results"), ==, N_LARGE);
  stop_clear (&stop);
  remove_all (folder);
  g_free (folder);
}

/* That a service has accepted something does not wait behind results: until it
 * is written, a crash means to pay twice. */
static void
test_accepted_first (void)
{
  gchar *folder = make_folder ();
  gint n_warnings = 0;
  CupCache *cache = open_cache (folder, FALSE, &n_warnings);
  CupJournalRequest request = { (gchar *) "id" };
  CupStoreKey key = make_key (1);
  Stop first, second;
  gboolean claimed;

  claim (cache, 2);
  stop_init (&first, cache, 1);
  stop_wait (&first);
  add_result (cache, 2);
  stop_init (&second, cache, 3);
  cup_cache_note_accepted (cache, &key, &request);
  stop_let_go (&first);
  stop_wait (&second);
  g_assert_cmpint (count_accepted (folder), ==, 1);
  g_assert_cmpint (find (cache, 2, &claimed), ==, CUP_CACHE_STORED);
  stop_let_go (&second);
  close_cache (cache);
  g_assert_cmpint (n_warnings, ==, 0);
  stop_clear (&second);
  stop_clear (&first);
  remove_all (folder);
  g_free (folder);
}

static void
set_file_limit (rlim_t size)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = size;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

static void
on_free (gpointer n)
{
  g_atomic_int_inc ((gint *) n);
}

/* The result could not be stored, nor its key let go of: whoever wants it gets
 * the key as soon as that can be written, and until then does without. */
static void
test_full (void)
{
  gchar *folder = make_folder ();
  gint n_warnings = 0, n_free = 0;
  CupCache *cache = open_cache (folder, FALSE, &n_warnings);
  CupStoreKey key = make_key (1);
  gboolean claimed;

  claim (cache, 1);
  g_assert_cmpint (find (cache, 1, &claimed), ==, CUP_CACHE_BUSY);
  cup_cache_wait (cache, &key, on_free, &n_free);
  set_file_limit (1);
  add_result (cache, 1);
  cup_cache_join (cache, TIMEOUT);
  g_assert_cmpint (g_atomic_int_get (&n_free), ==, 1);
  g_assert_cmpint (g_atomic_int_get (&n_warnings), ==, 1);
  g_assert_cmpint (find (cache, 1, &claimed), ==, CUP_CACHE_NONE);
  g_assert_false (claimed);
  set_file_limit (RLIM_INFINITY);
  claim (cache, 1);
  g_assert_cmpint (find (cache, 1, &claimed), ==, CUP_CACHE_BUSY);
  add_result (cache, 1);
  cup_cache_join (cache, TIMEOUT);
  g_assert_cmpint (find (cache, 1, &claimed), ==, CUP_CACHE_STORED);
  close_cache (cache);
  remove_all (folder);
  g_free (folder);
}

static void
on_turn (gpointer queue)
{
  g_async_queue_push (queue, queue);
}

/* The same for who has another cache, and waits: it is let go of as soon as
 * anything can be written. */
static void
test_full_for_others (void)
{
  gchar *folder = make_folder ();
  gint n_warnings = 0;
  CupCache *cache = open_cache (folder, FALSE, &n_warnings);
  CupCache *other = open_cache (folder, FALSE, &n_warnings);
  GAsyncQueue *queue = g_async_queue_new ();
  CupStoreKey key = make_key (1);
  gboolean claimed;

  claim (cache, 1);
  claim (cache, 2);
  set_file_limit (1);
  add_result (cache, 1);
  cup_cache_join (cache, TIMEOUT);
  set_file_limit (RLIM_INFINITY);
  g_assert_cmpint (find (other, 1, &claimed), ==, CUP_CACHE_BUSY);
  cup_cache_wait (other, &key, on_turn, queue);
  add_result (cache, 2);
  g_assert_nonnull (g_async_queue_timeout_pop (queue, TIMEOUT));
  g_assert_cmpint (find (other, 1, &claimed), ==, CUP_CACHE_NONE);
  g_assert_true (claimed);
  g_async_queue_unref (queue);
  close_cache (other);
  close_cache (cache);
  remove_all (folder);
  g_free (folder);
}

/* Who finds out too late that it is nobody's. */
static void
test_full_before (void)
{
  gchar *folder = make_folder ();
  gint n_warnings = 0;
  CupCache *cache = open_cache (folder, FALSE, &n_warnings);
  GAsyncQueue *queue = g_async_queue_new ();
  CupStoreKey key = make_key (1);
  gboolean claimed;

  claim (cache, 1);
  g_assert_cmpint (find (cache, 1, &claimed), ==, CUP_CACHE_BUSY);
  set_file_limit (1);
  add_result (cache, 1);
  cup_cache_join (cache, TIMEOUT);
  cup_cache_wait (cache, &key, on_turn, queue);
  g_assert_nonnull (g_async_queue_timeout_pop (queue, TIMEOUT));
  set_file_limit (RLIM_INFINITY);
  g_async_queue_unref (queue);
  close_cache (cache);
  remove_all (folder);
  g_free (folder);
}

/* What has been made with a refresh is not made again. */
static void
test_refresh (void)
{
  gchar *folder = make_folder ();
  gint n_warnings = 0;
  CupCache *cache = open_cache (folder, FALSE, &n_warnings);
  gboolean claimed;

  claim (cache, 1);
  add_result (cache, 1);
  close_cache (cache);
  cache = open_cache (folder, TRUE, &n_warnings);
  claim (cache, 1);
  add_result (cache, 1);
  cup_cache_join (cache, TIMEOUT);
  g_assert_cmpint (find (cache, 1, &claimed), ==, CUP_CACHE_STORED);
  g_assert_false (claimed);
  close_cache (cache);
  g_assert_cmpint (n_warnings, ==, 0);
  remove_all (folder);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  signal (SIGXFSZ, SIG_IGN);
  g_test_add_func ("/cache/accepted-first", test_accepted_first);
  g_test_add_func ("/cache/room", test_room);
  g_test_add_func ("/cache/full", test_full);
  g_test_add_func ("/cache/full/others", test_full_for_others);
  g_test_add_func ("/cache/full/before", test_full_before);
  g_test_add_func ("/cache/refresh", test_refresh);
  return g_test_run ();
}
