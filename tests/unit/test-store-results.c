/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Results that are added, found, replaced and removed; what is used least goes
 * first, and what is in use does not.
 */
#include "store-testing.h"

#include <sqlite3.h>

#include "store/journal.h"

static void
run_sql (const gchar * folder, const gchar * sql)
{
  gchar *path = g_build_filename (folder, "index.db", NULL);
  sqlite3 *database;

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (database, sql, NULL, NULL, NULL), ==,
      SQLITE_OK);
  sqlite3_close (database);
  g_free (path);
}

static void
check_usage (CupStore * store, guint count)
{
  guint64 found, size;

  g_assert_true (cup_store_get_usage (store, &found, &size, NULL));
  g_assert_cmpuint (found, ==, count);
  g_assert_true ((count > 0) == (size > 0));
}

static void
test_record (void)
{
  gchar *folder = make_folder ();
  CupStore *store = open_store (folder);
  CupStoreRecord *record = make_record (1, 0), *found;
  CupStoreKey key = make_key (1), other = make_key (2);

  record->has_seed = TRUE;
  record->seed = G_MAXINT64;
  record->url = g_strdup ("https://example.com/ä.png");
  record->inference_time = 1.5;
  record->service_time = 0;
  record->bytes_up = 12345678901;
  record->submissions = 2;
  record->lost_alpha = TRUE;
  g_assert_true (cup_store_add (store, &key, record, NULL));
  cup_store_unref (store);

  store = open_store (folder);
  g_assert_true (cup_store_lookup (store, &other, &found, NULL));
  g_assert_null (found);
  g_assert_true (cup_store_lookup (store, &key, &found, NULL));
  g_assert_true (g_bytes_equal (found->bytes, record->bytes));
  g_assert_cmpint (found->info.type, ==, CUP_IMAGE_PNG);
  g_assert_cmpuint (found->info.width, ==, 8);
  g_assert_cmpuint (found->info.depth, ==, 8);
  g_assert_cmpstr (found->engine, ==, "fal");
  g_assert_cmpstr (found->application, ==, "fal-ai/creative-upscaler");
  g_assert_cmpstr (found->request_id, ==, "request-1");
  g_assert_cmpstr (found->url, ==, record->url);
  g_assert_true (found->has_seed);
  g_assert_cmpint (found->seed, ==, G_MAXINT64);
  g_assert_cmpfloat (found->inference_time, ==, 1.5);
  g_assert_cmpfloat (found->service_time, ==, 0);
  g_assert_cmpfloat (found->queue_time, <, 0);
  g_assert_cmpuint (found->bytes_up, ==, record->bytes_up);
  g_assert_cmpuint (found->submissions, ==, 2);
  g_assert_true (found->lost_alpha);
  g_assert_cmpint (found->created, >, 0);
  check_usage (store, 1);
  g_assert_cmpuint (count_files_in (folder, "results"), ==, 1);
  cup_store_record_free (found);
  cup_store_record_free (record);
  cup_store_unref (store);
  g_assert_cmpuint (count_files_in (folder, "owners"), ==, 0);
  remove_all (folder);
  g_free (folder);
}

static void
test_replace_and_remove (void)
{
  gchar *folder = make_folder ();
  CupStore *store = open_store (folder);
  CupStoreKey key = make_key (1);
  guint64 before, after;
  guint i;

  for (i = 0; i < 5; i++) {
    add (store, 1, i & 1);
    g_assert_true (check_stored (store, 1));
    g_assert_cmpuint (count_files_in (folder, "results"), ==, 1);
  }
  check_usage (store, 1);
  add (store, 2, 0);
  g_assert_true (cup_store_get_usage (store, NULL, &before, NULL));
  g_assert_true (cup_store_remove (store, &key, NULL));
  g_assert_true (cup_store_remove (store, &key, NULL));
  g_assert_false (check_stored (store, 1));
  g_assert_true (cup_store_get_usage (store, NULL, &after, NULL));
  g_assert_cmpuint (after, <, before);
  check_usage (store, 1);
  g_assert_cmpuint (count_files_in (folder, "results"), ==, 1);
  cup_store_unref (store);

  /* By hand; the files go when it is opened. */
  run_sql (folder, "DELETE FROM results");
  store = open_store (folder);
  check_usage (store, 0);
  g_assert_cmpuint (count_files_in (folder, "results"), ==, 0);
  cup_store_unref (store);
  remove_all (folder);
  g_free (folder);
}

static void
test_trim (void)
{
  gchar *folder = make_folder ();
  CupStore *store = open_store (folder);
  guint64 all, one;
  guint removed, i;

  for (i = 0; i < 200; i++)
    add (store, i, 0);
  g_assert_true (cup_store_get_usage (store, NULL, &all, NULL));
  one = all / 200;
  run_sql (folder, "UPDATE results SET used = id");
  /* A lookup makes it young. */
  g_assert_true (check_stored (store, 3));
  g_assert_true (cup_store_trim (store, all, &removed, NULL));
  g_assert_cmpuint (removed, ==, 0);
  g_assert_true (cup_store_trim (store, all - 10 * one, &removed, NULL));
  g_assert_cmpuint (removed, >=, 9);
  g_assert_cmpuint (removed, <=, 12);
  g_assert_false (check_stored (store, 0));
  g_assert_true (check_stored (store, 3));
  g_assert_false (check_stored (store, 4));
  g_assert_true (check_stored (store, 20));
  g_assert_cmpuint (count_files_in (folder, "results"), ==, 200 - removed);
  g_assert_true (cup_store_trim (store, 0, &removed, NULL));
  check_usage (store, 0);
  g_assert_cmpuint (count_files_in (folder, "results"), ==, 0);
  cup_store_unref (store);
  remove_all (folder);
  g_free (folder);
}

static void
test_in_use (void)
{
  gchar *folder = make_folder ();
  CupStore *store = open_store (folder), *other = open_store (folder);
  CupStoreKey claimed = make_key (1), waited = make_key (2);
  CupStoreClaim claim;
  GError *error = NULL;
  guint removed, i;

  for (i = 0; i < 4; i++)
    add (store, i, 0);
  /* Replaced by another owner, and waited for. */
  g_assert_true (cup_store_claim (other, &claimed, TRUE, &claim, NULL, NULL));
  g_assert_cmpint (claim, ==, CUP_STORE_CLAIM_OURS);
  g_assert_true (cup_store_claim (other, &waited, TRUE, &claim, NULL, NULL));
  g_assert_false (cup_store_wait (store, &waited, 1, 0, NULL, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_TIMEOUT);
  g_clear_error (&error);
  g_assert_true (cup_store_forget (other, &waited, NULL));

  g_assert_true (cup_store_trim (store, 0, &removed, NULL));
  g_assert_cmpuint (removed, ==, 2);
  g_assert_true (check_stored (store, 1));
  g_assert_true (check_stored (store, 2));

  /* Its owner is gone, and nobody waits any more. */
  cup_store_unref (other);
  run_sql (folder, "UPDATE waiting SET until = 0");
  g_assert_true (cup_store_trim (store, 0, &removed, NULL));
  g_assert_cmpuint (removed, ==, 2);
  cup_store_unref (store);
  remove_all (folder);
  g_free (folder);
}

static void
test_not_encoded (void)
{
  gchar *folder = make_folder ();
  CupStore *store = open_store (folder);
  CupStoreRecord *record = make_record (1, 0);
  CupStoreKey key = make_key (1);
  GError *error = NULL;

  record->info.type = CUP_IMAGE_UNKNOWN;
  g_assert_false (cup_store_add (store, &key, record, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED);
  g_error_free (error);
  g_assert_false (check_stored (store, 1));
  cup_store_record_free (record);
  cup_store_unref (store);
  remove_all (folder);
  g_free (folder);
}

#define N_THREADS 4
#define N_KEYS 12

/* Two stores on one folder, each with two threads. */
typedef struct
{
  CupStore *store;
  guint seed;
} Worker;

static gpointer
use_store (gpointer data)
{
  Worker *worker = data;
  GRand *random = g_rand_new_with_seed (worker->seed);
  guint i;

  for (i = 0; i < 60; i++) {
    guint number = (guint) g_rand_int_range (random, 0, N_KEYS);
    CupStoreKey key = make_key (number);
    GError *error = NULL;

    switch (g_rand_int_range (random, 0, 6)) {
      case 0:
      case 1:
        add (worker->store, number, (guint) g_rand_int_range (random, 0, 2));
        break;
      case 2:
        cup_store_remove (worker->store, &key, &error);
        break;
      case 3:
        cup_store_trim (worker->store, 400, NULL, &error);
        break;
      default:
        check_stored (worker->store, number);
        break;
    }
    g_assert_no_error (error);
  }
  g_rand_free (random);
  return NULL;
}

static void
test_threads (void)
{
  gchar *folder = make_folder ();
  CupStore *stores[2];
  GThread *threads[N_THREADS];
  Worker workers[N_THREADS];
  guint64 count;
  guint i;

  stores[0] = open_store (folder);
  stores[1] = open_store (folder);
  for (i = 0; i < N_THREADS; i++) {
    workers[i].store = stores[i % 2];
    workers[i].seed = g_test_rand_int_range (0, G_MAXINT);
    threads[i] = g_thread_new ("use", use_store, &workers[i]);
  }
  for (i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  g_assert_true (cup_store_get_usage (stores[0], &count, NULL, NULL));
  g_assert_cmpuint (count_files_in (folder, "results"), ==, count);
  cup_store_unref (stores[0]);
  cup_store_unref (stores[1]);
  remove_all (folder);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/results/record", test_record);
  g_test_add_func ("/store/results/replace-and-remove",
      test_replace_and_remove);
  g_test_add_func ("/store/results/trim", test_trim);
  g_test_add_func ("/store/results/in-use", test_in_use);
  g_test_add_func ("/store/results/not-encoded", test_not_encoded);
  g_test_add_func ("/store/results/threads", test_threads);
  return g_test_run ();
}
