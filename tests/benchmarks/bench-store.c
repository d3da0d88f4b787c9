/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The store with few and with very many entries: how long it takes to open it,
 * to look up, to claim and to add, and how much memory that needs. And one
 * connection with a lock, with several threads.
 *
 * The entries are made in one transaction by SQL, all but a few without a file:
 * looking those up would say that they are damaged. So lookups are of keys that
 * have a file, between all the others, and of keys that are not there.
 *
 *   bench-store [ENTRIES...]
 */
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/journal.h"
#include "store/results.h"

#define N_REAL 500
#define N_MISSES 20000
#define N_THREADS 4

static CupStoreKey
make_key (guint number)
{
  CupStoreKeyBuilder *builder = cup_store_key_builder_new ();
  CupStoreKey key;

  cup_store_key_builder_add_number (builder, "bench", number);
  cup_store_key_builder_get_key (builder, &key);
  cup_store_key_builder_free (builder);
  return key;
}

static CupStoreRecord *
make_record (void)
{
  CupPixels *pixels = cup_pixels_new (64, 64, 3, 8, NULL);
  CupStoreRecord *record;
  CupImageInfo info;
  GBytes *bytes;

  memset (pixels->data, 99, cup_pixels_get_size (pixels));
  bytes = cup_image_encode (pixels, CUP_IMAGE_PNG, 90, NULL);
  cup_image_read_info (bytes, &info, NULL);
  record = cup_store_record_new (bytes, &info);
  record->engine = g_strdup ("fal");
  record->application = g_strdup ("fal-ai/creative-upscaler");
  record->url = g_strdup ("https://v3.fal.media/files/elephant/"
      "0123456789abcdef0123456789abcdef_output.png");
  cup_pixels_unref (pixels);
  return record;
}

/* Peak of resident memory is of no use in one process: what it is now. */
static gdouble
get_memory (void)
{
  gchar *text = NULL;
  gdouble pages = 0;

  if (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
    pages = (gdouble) g_ascii_strtoull (strchr (text, ' '), NULL, 10);
  g_free (text);
  return pages * (gdouble) sysconf (_SC_PAGESIZE) / (1 << 20);
}

static void
fill (const gchar * folder, guint entries)
{
  gchar *path = g_build_filename (folder, "index.db", NULL);
  gchar *sql = g_strdup_printf ("PRAGMA synchronous = OFF; WITH RECURSIVE "
      "n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u) "
      "INSERT INTO results (key, type, generation, size, digest, width, height,"
      " engine, application, request_id, url, created, used) SELECT "
      "randomblob(32), 'png', 0, 1, randomblob(32), 1920, 1080, 'fal', "
      "'fal-ai/creative-upscaler', hex(randomblob(16)), "
      "'https://v3.fal.media/files/elephant/' || hex(randomblob(16)), i, i "
      "FROM n; PRAGMA wal_checkpoint(TRUNCATE)", entries);
  sqlite3 *database;

  if (sqlite3_open (path, &database) != SQLITE_OK
      || sqlite3_exec (database, sql, NULL, NULL, NULL) != SQLITE_OK)
    g_error ("%s", sqlite3_errmsg (database));
  sqlite3_close (database);
  g_free (sql);
  g_free (path);
}

static gdouble
get_milliseconds (gint64 since)
{
  return (gdouble) (g_get_monotonic_time () - since) / 1000;
}

static void
check (gboolean done, GError * error)
{
  if (!done || error)
    g_error ("%s", error ? error->message : "?");
}

static void
look_up (CupStore * store, guint from, guint n, gboolean wanted)
{
  GError *error = NULL;
  guint i;

  for (i = 0; i < n; i++) {
    CupStoreKey key = make_key (from + i);
    CupStoreRecord *record;

    check (cup_store_lookup (store, &key, &record, &error), error);
    check ((record != NULL) == wanted, NULL);
    g_clear_pointer (&record, cup_store_record_free);
  }
}

static gpointer
look_up_all (gpointer store)
{
  look_up (store, 0, N_REAL, TRUE);
  look_up (store, 1000000, N_MISSES, FALSE);
  return NULL;
}

static void
add_all (CupStore * store, guint from)
{
  CupStoreRecord *record = make_record ();
  GError *error = NULL;
  guint i;

  for (i = 0; i < N_REAL; i++) {
    CupStoreKey key = make_key (from + i);

    check (cup_store_add (store, &key, record, &error), error);
  }
  cup_store_record_free (record);
}

static void
claim_all (CupStore * store)
{
  GError *error = NULL;
  guint i;

  for (i = 0; i < N_REAL; i++) {
    CupStoreKey key = make_key (2000000 + i);
    CupStoreClaim claim;

    check (cup_store_claim (store, &key, FALSE, &claim, NULL, &error), error);
    check (cup_store_forget (store, &key, &error), error);
  }
}

static gdouble
measure_threads (CupStore * store)
{
  GThread *threads[N_THREADS];
  gint64 start = g_get_monotonic_time ();
  guint i;

  for (i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("lookups", look_up_all, store);
  for (i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  return get_milliseconds (start);
}

static void
measure (const gchar * folder, guint entries)
{
  gdouble before = get_memory (), opening, adding, claiming, hits, misses, one,
      trimming;
  GError *error = NULL;
  guint64 size;
  gint64 start = g_get_monotonic_time ();
  CupStore *store = cup_store_open (folder, &error);

  check (store != NULL, error);
  opening = get_milliseconds (start);
  start = g_get_monotonic_time ();
  add_all (store, 0);
  adding = get_milliseconds (start) / N_REAL;
  start = g_get_monotonic_time ();
  claim_all (store);
  claiming = get_milliseconds (start) / N_REAL;
  start = g_get_monotonic_time ();
  look_up (store, 0, N_REAL, TRUE);
  hits = get_milliseconds (start) * 1000 / N_REAL;
  start = g_get_monotonic_time ();
  look_up (store, 1000000, N_MISSES, FALSE);
  misses = get_milliseconds (start) * 1000 / N_MISSES;
  start = g_get_monotonic_time ();
  look_up_all (store);
  one = get_milliseconds (start);
  g_print ("%8u entries: open %.1f ms, add %.2f ms, claim and forget %.2f ms, "
      "lookup %.0f us (hit), %.0f us (miss)\n", entries, opening, adding,
      claiming, hits, misses);
  g_print ("                  lookups of one thread %.0f ms, of %d threads as "
      "many each %.0f ms\n", one, N_THREADS, measure_threads (store));
  check (cup_store_get_usage (store, NULL, &size, &error), error);
  start = g_get_monotonic_time ();
  check (cup_store_trim (store, size - MIN (size, 100), NULL, &error), error);
  trimming = get_milliseconds (start);
  g_print ("                  trim by 100 %.1f ms, memory %.1f MiB more than "
      "before\n", trimming, get_memory () - before);
  cup_store_unref (store);
}

static void
run (guint entries)
{
  GError *error = NULL;
  gchar *folder = g_dir_make_tmp ("bench-store-XXXXXX", &error);
  gchar *command = g_strdup_printf ("rm -rf '%s'", folder);
  CupStore *store = cup_store_open (folder, &error);

  check (store != NULL, error);
  cup_store_unref (store);
  fill (folder, entries);
  measure (folder, entries);
  if (system (command) != 0)
    g_printerr ("%s stays\n", folder);
  g_free (command);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  const guint sizes[] = { 1000, 1000000 };
  gint i;

  if (argc < 2) {
    for (i = 0; i < (gint) G_N_ELEMENTS (sizes); i++)
      run (sizes[i]);
  }
  for (i = 1; i < argc; i++)
    run ((guint) strtoul (argv[i], NULL, 10));
  return 0;
}
