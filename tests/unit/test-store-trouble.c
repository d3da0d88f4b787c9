/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A store that is damaged, read-only, full, too new, or not one at all.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE             /* unshare() */
#endif
#include "store-testing.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/journal.h"
#include "store/owner.h"
#include "store/tables.h"

/* Damaged files */

static void
check_damaged (CupStore * store, guint number)
{
  CupStoreKey key = make_key (number);
  CupStoreRecord *record;
  GError *error = NULL;

  g_assert_false (cup_store_lookup (store, &key, &record, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA);
  g_assert_null (record);
  g_clear_error (&error);
  /* It is gone, and can be made anew. */
  g_assert_false (check_stored (store, number));
  add (store, number, 0);
  g_assert_true (check_stored (store, number));
}

static void
test_random_bytes (void)
{
  gchar *folder = make_folder (), *path = get_file (folder, 1);
  CupStore *store = open_store (folder);
  guint i;

  add (store, 1, 0);
  for (i = 0; i < 100; i++) {
    gchar *contents;
    gsize length, at;

    g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
    at = (gsize) g_test_rand_int_range (0, (gint) length);
    contents[at] ^= (gchar) (1 << g_test_rand_int_range (0, 8));
    g_assert_true (g_file_set_contents (path, contents, (gssize) length, NULL));
    g_free (contents);
    g_test_message ("byte %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT, at, length);
    check_damaged (store, 1);
  }
  g_assert_cmpuint (count_files_in (folder, "results"), ==, 1);
  cup_store_unref (store);
  remove_all (folder);
  g_free (path);
  g_free (folder);
}

static void
test_other_damage (void)
{
  gchar *folder = make_folder (), *path = get_file (folder, 1);
  CupStore *store = open_store (folder);

  add (store, 1, 0);
  g_assert_cmpint (truncate (path, 20), ==, 0);
  check_damaged (store, 1);
  g_assert_cmpint (truncate (path, 0), ==, 0);
  check_damaged (store, 1);
  g_assert_cmpint (g_unlink (path), ==, 0);
  check_damaged (store, 1);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (symlink ("/dev/zero", path), ==, 0);
  check_damaged (store, 1);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  check_damaged (store, 1);
  cup_store_unref (store);
  remove_all (folder);
  g_free (path);
  g_free (folder);
}

/* Too many open files say nothing of the file. */
static void
test_not_damage (void)
{
  gchar *folder = make_folder ();
  CupStore *store = open_store (folder);
  struct rlimit before, none;
  CupStoreKey key = make_key (1);
  CupStoreRecord *record;
  GError *error = NULL;

  add (store, 1, 0);
  g_assert_true (check_stored (store, 1));
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  none = before;
  none.rlim_cur = 3;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  g_assert_false (cup_store_lookup (store, &key, &record, &error));
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  g_assert_error (error, CUP_ERROR, CUP_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_true (check_stored (store, 1));
  cup_store_unref (store);
  remove_all (folder);
  g_free (folder);
}

/* By another connection than the store's. */
static void
execute (const gchar * path, const gchar * sql)
{
  sqlite3 *handle;
  gchar *fault = NULL;

  g_assert_cmpint (sqlite3_open (path, &handle), ==, SQLITE_OK);
  sqlite3_exec (handle, sql, NULL, NULL, &fault);
  g_assert_cmpstr (fault, ==, NULL);
  sqlite3_close (handle);
}

/* What is cited of the index goes into a message. */
static void
test_damaged_schema (void)
{
  gchar *folder = make_folder ();
  gchar *path = g_build_filename (folder, "index.db", NULL), *contents;
  GError *error = NULL;
  CupOwner *owner;
  CupStore *store;
  gchar *word;
  gsize size;

  store = open_store (folder);
  add (store, 1, 0);
  cup_store_unref (store);
  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  word = memmem (contents, size, "INDEX", 5);
  g_assert_nonnull (word);
  word[1] = (gchar) 0xc6;
  g_assert_true (g_file_set_contents (path, contents, (gssize) size, NULL));

  /* Nobody takes the index from under somebody else. */
  owner = cup_owner_new (folder, &error);
  g_assert_no_error (error);
  g_assert_null (cup_store_open (folder, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_nonnull (strstr (error->message, "is made anew from the pictures"));
  g_clear_error (&error);
  cup_owner_free (owner);

  store = open_store (folder);
  g_assert_error (cup_store_get_notice (store), CUP_ERROR, CUP_ERROR_BAD_DATA);
  g_assert_nonnull (strstr (cup_store_get_notice (store)->message,
          "index.db.damaged"));
  g_assert_true (check_stored (store, 1));
  cup_store_unref (store);
  store = open_store (folder);
  g_assert_null (cup_store_get_notice (store));
  g_assert_true (check_stored (store, 1));
  cup_store_unref (store);
  g_free (contents);
  g_free (path);
  remove_all (folder);
  g_free (folder);
}

/* Whether something would be submitted for @number, which is stored. */
static gboolean
would_be_paid (CupStore * store, guint number)
{
  CupStoreKey key = make_key (number);
  CupStoreClaim claim;

  return cup_store_claim (store, &key, FALSE, &claim, NULL, NULL)
      && (claim == CUP_STORE_CLAIM_OURS || claim == CUP_STORE_CLAIM_UNCERTAIN)
      && cup_store_check_index (store, NULL);
}

/* A row that is gone, though nobody has removed it. */
static void
test_lost_rows (void)
{
  gchar *folder = make_folder ();
  gchar *path = g_build_filename (folder, "index.db", NULL);
  CupStore *store = open_store (folder);
  CupStoreKey key = make_key (1);
  guint64 count = 0;
  GError *error = NULL;

  add (store, 0, 0);
  add (store, 1, 0);
  /* Removed on purpose. */
  g_assert_true (cup_store_remove (store, &key, NULL));
  add (store, 2, 0);
  cup_store_unref (store);
  execute (path, "DROP TRIGGER results_removed; DELETE FROM results");

  store = open_store (folder);
  g_assert_false (would_be_paid (store, 0));
  g_assert_true (check_stored (store, 0));
  g_assert_true (would_be_paid (store, 1));
  g_assert_true (check_stored (store, 2));
  cup_store_unref (store);

  /* Made anew, with its triggers, and right. */
  store = open_store (folder);
  g_assert_nonnull (cup_store_get_notice (store));
  g_assert_true (cup_store_get_usage (store, &count, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (count, ==, 2);
  cup_store_unref (store);
  remove_all (folder);
  g_free (path);
  g_free (folder);
}

/* What was accepted is followed also after the index was made anew. */
static void
test_lost_results (void)
{
  const CupStoreRequest request = {.request_id = (gchar *) "accepted-1" };
  gchar *folder = make_folder ();
  gchar *path = g_build_filename (folder, "index.db", NULL);
  CupStore *store = open_store (folder);
  CupStoreKey key = make_key (7);
  CupStoreRequest *found;
  CupStoreClaim claim;

  add (store, 0, 0);
  g_assert_true (cup_store_claim (store, &key, FALSE, &claim, NULL, NULL));
  g_assert_true (cup_store_note_submitting (store, &key, NULL));
  g_assert_true (cup_store_note_accepted (store, &key, &request, NULL));
  cup_store_unref (store);
  execute (path, "DROP VIEW files; DROP TABLE results");

  store = open_store (folder);
  g_assert_false (would_be_paid (store, 0));
  g_assert_false (cup_store_check_index (store, NULL));
  cup_store_unref (store);

  store = open_store (folder);
  g_assert_null (strstr (cup_store_get_notice (store)->message, "uncertain"));
  g_assert_true (check_stored (store, 0));
  g_assert_true (cup_store_claim (store, &key, FALSE, &claim, &found, NULL));
  g_assert_cmpint (claim, ==, CUP_STORE_CLAIM_RESUMABLE);
  g_assert_cmpstr (found->request_id, ==, "accepted-1");
  cup_store_request_free (found);
  cup_store_unref (store);

  /* Of a file that is none nothing can be known. */
  g_assert_true (g_file_set_contents (path, "no index at all, but long enough",
          -1, NULL));
  store = open_store (folder);
  g_assert_nonnull (strstr (cup_store_get_notice (store)->message,
          "uncertain"));
  g_assert_true (check_stored (store, 0));
  cup_store_unref (store);
  remove_all (folder);
  g_free (path);
  g_free (folder);
}

/* Times that are none: trimming comes to its end, past rows that are in use. */
static void
test_trim_without_times (void)
{
  static const gchar *const times[] = { "'never'", "x'00'", "1.5", "-1e300" };
  gchar *folder = make_folder ();
  gchar *path = g_build_filename (folder, "index.db", NULL);
  CupStore *store = open_store (folder);
  GError *error = NULL;
  guint i, removed;

  for (i = 0; i < 2 * G_N_ELEMENTS (times); i++)
    add (store, i, 0);
  for (i = 0; i < 2 * G_N_ELEMENTS (times); i++) {
    gchar *sql = g_strdup_printf ("UPDATE results SET used = %s WHERE id = %u",
        times[i % G_N_ELEMENTS (times)], i + 1);

    execute (path, sql);
    g_free (sql);
  }
  for (i = 0; i < G_N_ELEMENTS (times); i++) {
    CupStoreKey key = make_key (i);
    CupStoreClaim claim;

    g_assert_true (cup_store_claim (store, &key, TRUE, &claim, NULL, NULL));
    g_assert_cmpint (claim, ==, CUP_STORE_CLAIM_OURS);
  }
  g_assert_true (cup_store_trim (store, 0, &removed, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (removed, ==, G_N_ELEMENTS (times));
  cup_store_unref (store);
  remove_all (folder);
  g_free (path);
  g_free (folder);
}

/* Damage at random: what is stored is never paid for again. */
static void
test_damaged_index (void)
{
  gchar *folder = make_folder ();
  gchar *path = g_build_filename (folder, "index.db", NULL), *contents;
  CupStore *store = open_store (folder);
  guint i, number, refused = 0;
  gsize length;

  for (number = 0; number < 10; number++)
    add (store, number, 0);
  cup_store_unref (store);
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  for (i = 0; i < 60; i++) {
    gchar *damaged = g_memdup2 (contents, length);
    guint j;

    for (j = 0; j < 20; j++)
      damaged[g_test_rand_int_range (0, (gint) length)] =
          (gchar) g_test_rand_int_range (0, 256);
    g_assert_true (g_file_set_contents (path, damaged, (gssize) length, NULL));
    g_free (damaged);
    store = cup_store_open (folder, NULL);
    refused += !store;
    for (number = 0; store && number < 10; number++) {
      CupStoreKey key = make_key (number);
      CupStoreRecord *record = NULL;
      GError *error = NULL;
      GBytes *wanted = make_picture (number, 0);

      if (!cup_store_lookup (store, &key, &record, &error))
        g_assert_nonnull (error);
      if (record)
        g_assert_true (g_bytes_equal (record->bytes, wanted));
      if (would_be_paid (store, number))
        g_error ("%u would be paid for again: %s", number,
            error ? error->message : "silently");
      g_clear_pointer (&record, cup_store_record_free);
      g_clear_error (&error);
      g_bytes_unref (wanted);
    }
    g_clear_pointer (&store, cup_store_unref);
  }
  g_test_message ("%u of 60 could not be opened", refused);
  g_free (contents);
  g_free (path);
  remove_all (folder);
  g_free (folder);
}

/* Read-only */

static void
check_refused (CupStore * store, gint code)
{
  CupStoreKey key = make_key (9);
  CupStoreClaim claim;
  GError *error = NULL;

  g_assert_false (cup_store_check_writable (store, &error));
  g_assert_error (error, CUP_ERROR, code);
  g_clear_error (&error);
  g_assert_false (try_add (store, 9, 0, &error));
  g_assert_error (error, CUP_ERROR, code);
  g_clear_error (&error);
  g_assert_false (cup_store_claim (store, &key, FALSE, &claim, NULL, &error));
  g_assert_error (error, CUP_ERROR, code);
  g_clear_error (&error);
  g_assert_false (cup_store_trim (store, 0, NULL, &error));
  g_assert_error (error, CUP_ERROR, code);
  g_clear_error (&error);
}

/* Nobody is allowed to write; root would be all the same. */
static gint
run_reader (const gchar * folder)
{
  CupStoreKey key = make_key (1);
  CupStoreClaim claim;
  CupStore *store;
  GError *error = NULL;

  if (getuid () == 0) {
    g_assert_cmpint (setgid (65534), ==, 0);
    g_assert_cmpint (setuid (65534), ==, 0);
  }
  store = open_store (folder);
  check_refused (store, CUP_ERROR_READ_ONLY);
  g_assert_true (check_stored (store, 1));
  g_assert_false (check_stored (store, 2));
  g_assert_true (cup_store_claim (store, &key, FALSE, &claim, NULL, &error));
  g_assert_cmpint (claim, ==, CUP_STORE_CLAIM_STORED);
  cup_store_unref (store);
  return 0;
}

static void
change_mode (const gchar * path, gboolean writable)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  if (dir && writable)
    g_chmod (path, 0755);
  while (dir && (name = g_dir_read_name (dir))) {
    gchar *inner = g_build_filename (path, name, NULL);

    change_mode (inner, writable);
    g_free (inner);
  }
  if (dir)
    g_dir_close (dir);
  g_chmod (path, dir ? (writable ? 0755 : 0555) : (writable ? 0644 : 0444));
}

static void
test_read_only (void)
{
  gchar *folder = make_folder ();
  CupStore *store = open_store (folder);

  add (store, 1, 0);
  /* While somebody has it open, and when nobody has. */
  change_mode (folder, FALSE);
  g_assert_cmpint (wait_for_child (start_child ("--reader", folder, NULL,
              NULL)), ==, 0);
  change_mode (folder, TRUE);
  cup_store_unref (store);
  change_mode (folder, FALSE);
  g_assert_cmpint (wait_for_child (start_child ("--reader", folder, NULL,
              NULL)), ==, 0);
  change_mode (folder, TRUE);
  remove_all (folder);
  g_free (folder);
}

/* Full */

static void
fill (CupStore * store, guint * number, GError ** error)
{
  CupStoreRecord *record = make_record (0, 0);
  gsize size = 20000;
  guint8 *data;

  /* What follows the picture's end does not matter. */
  data = g_malloc0 (size);
  memcpy (data, g_bytes_get_data (record->bytes, NULL),
      g_bytes_get_size (record->bytes));
  g_bytes_unref (record->bytes);
  record->bytes = g_bytes_new_take (data, size);
  for (*number = 100; *number < 1000; (*number)++) {
    CupStoreKey key = make_key (*number);

    if (!cup_store_add (store, &key, record, error))
      break;
  }
  cup_store_record_free (record);
}

/* A file system of this process alone, of one megabyte. */
static gboolean
mount_small (const gchar * folder)
{
  return unshare (getuid () == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER)
      == 0 && mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
      && mount ("none", folder, "tmpfs", 0, "size=1m") == 0;
}

static gint
run_filler (const gchar * folder)
{
  CupStore *store;
  GError *error = NULL;
  guint64 count;
  guint number, removed;

  if (!mount_small (folder))
    return 77;
  store = open_store (folder);
  add (store, 1, 0);
  fill (store, &number, &error);
  g_assert_error (error, CUP_ERROR, CUP_ERROR_NO_SPACE);
  g_clear_error (&error);
  g_assert_cmpuint (number, >, 110);

  /* What was there is, and nothing else; and it goes on when there is room. */
  g_assert_true (check_stored (store, 1));
  g_assert_true (cup_store_get_usage (store, &count, NULL, NULL));
  g_assert_cmpuint (count, ==, number - 100 + 1);
  g_assert_cmpuint (count_files_in (folder, "results"), ==, count);
  g_assert_cmpuint (count_files_in (folder, "owners"), ==, 1);
  g_assert_true (cup_store_trim (store, 100000, &removed, &error));
  g_assert_no_error (error);
  add (store, 2, 0);
  g_assert_true (check_stored (store, 2));
  cup_store_unref (store);
  return 0;
}

/* Opened when it is full to the last byte. */
static gint
run_full (const gchar * folder)
{
  gchar *path = g_build_filename (folder, "filler", NULL);
  gchar *block = g_malloc0 (1 << 20);
  CupStore *store;
  GError *error = NULL;
  gint fd;

  if (!mount_small (folder))
    return 77;
  store = open_store (folder);
  add (store, 1, 0);
  cup_store_unref (store);
  fd = g_open (path, O_WRONLY | O_CREAT, 0600);
  while (write (fd, block, 1 << 20) > 0);
  g_assert_cmpint (errno, ==, ENOSPC);
  close (fd);

  store = open_store (folder);
  g_assert_false (cup_store_check_writable (store, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_NO_SPACE);
  g_clear_error (&error);
  g_assert_true (check_stored (store, 1));
  cup_store_unref (store);

  g_remove (path);
  store = open_store (folder);
  g_assert_true (check_stored (store, 1));
  add (store, 2, 0);
  cup_store_unref (store);
  g_free (block);
  g_free (path);
  return 0;
}

/* @data: the child. */
static void
test_full_disk (gconstpointer data)
{
  gchar *folder = make_folder ();
  gint status = wait_for_child (start_child (data, folder, NULL, NULL));

  if (WIFEXITED (status) && WEXITSTATUS (status) == 77)
    g_test_skip ("no file system can be mounted here");
  else
    g_assert_cmpint (status, ==, 0);
  remove_all (folder);
  g_free (folder);
}

/* A limit for each file: the pictures are too large first, then the index is. */
static gint
run_limited (const gchar * folder, const gchar * size)
{
  CupStore *store = open_store (folder);
  struct rlimit limit;
  guint i, number;

  add (store, 1, 0);
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = (rlim_t) atoi (size);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  for (i = 0; i < 5; i++) {
    GError *error = NULL;

    fill (store, &number, &error);
    g_assert_error (error, CUP_ERROR, CUP_ERROR_NO_SPACE);
    g_clear_error (&error);
  }
  g_assert_true (check_stored (store, 1));
  limit.rlim_cur = limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  add (store, 2, 0);
  g_assert_true (check_stored (store, 1) && check_stored (store, 2));
  cup_store_unref (store);
  return 0;
}

static void
test_full_files (void)
{
  const gchar *const sizes[] = { "1000", "19000", "120000", "200000" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    gchar *folder = make_folder ();
    CupStore *store;
    guint64 count;

    g_assert_cmpint (wait_for_child (start_child ("--limited", folder,
                sizes[i], NULL)), ==, 0);
    store = open_store (folder);
    g_assert_true (cup_store_get_usage (store, &count, NULL, NULL));
    g_assert_cmpuint (count_files_in (folder, "results"), ==, count);
    cup_store_unref (store);
    remove_all (folder);
    g_free (folder);
  }
}

/* Waiting for another's result writes, too, but does not depend on that: who is
 * told that the wait is over asks again, and would do nothing else. */
static gint
run_waiter (const gchar * folder)
{
  CupStore *store = open_store (folder), *other = open_store (folder);
  struct rlimit limit;
  CupStoreKey key = make_key (1);
  CupStoreClaim claim;
  GError *error = NULL;

  g_assert_true (cup_store_claim (other, &key, FALSE, &claim, NULL, NULL));
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = 1;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_assert_false (try_add (store, 2, 0, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_NO_SPACE);
  g_clear_error (&error);
  g_assert_false (cup_store_wait (store, &key, 1, 50000, NULL, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_TIMEOUT);
  g_clear_error (&error);
  limit.rlim_cur = limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  cup_store_unref (other);
  g_assert_true (cup_store_wait (store, &key, 1, -1, NULL, &error));
  g_assert_no_error (error);
  cup_store_unref (store);
  return 0;
}

static void
test_full_waiting (void)
{
  gchar *folder = make_folder ();

  g_assert_cmpint (wait_for_child (start_child ("--waiter", folder, NULL,
              NULL)), ==, 0);
  remove_all (folder);
  g_free (folder);
}

/* Not ours, not of today */

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
check_cannot_open (const gchar * folder, gint code, const gchar * word)
{
  GError *error = NULL;

  g_assert_null (cup_store_open (folder, &error));
  g_assert_error (error, CUP_ERROR, code);
  g_assert_nonnull (strstr (error->message, word));
  g_error_free (error);
}

static void
test_versions (void)
{
  gchar *folder = make_folder ();
  CupStore *store = open_store (folder);

  add (store, 1, 0);
  cup_store_unref (store);
  run_sql (folder, "PRAGMA user_version = 1000");
  check_cannot_open (folder, CUP_ERROR_UNSUPPORTED, "version 1000");
  run_sql (folder, "PRAGMA user_version = 1");
  store = open_store (folder);
  g_assert_true (check_stored (store, 1));
  cup_store_unref (store);

  remove_all (folder);
  g_mkdir (folder, 0700);
  run_sql (folder, "CREATE TABLE photos (x)");
  check_cannot_open (folder, CUP_ERROR_UNSUPPORTED, "another program");
  remove_all (folder);
  g_mkdir (folder, 0700);
  {
    gchar *path = g_build_filename (folder, "index.db", NULL);

    g_assert_true (g_file_set_contents (path, "this is no database, and "
            "long enough to be looked at", -1, NULL));
    g_free (path);
  }
  /* What is none any more is made anew: test_lost_results(). */
  store = open_store (folder);
  g_assert_nonnull (cup_store_get_notice (store));
  cup_store_unref (store);
  remove_all (folder);
  g_assert_true (g_file_set_contents (folder, "a file", -1, NULL));
  check_cannot_open (folder, CUP_ERROR_FAILED, "folder");
  g_unlink (folder);
  g_free (folder);
}

static void
check_count (CupDatabase * database, const gchar * sql, gint64 wanted)
{
  gint64 value;

  g_assert_true (cup_database_get_integer (database, sql, &value, NULL));
  g_assert_cmpint (value, ==, wanted);
}

static void
test_migrations (void)
{
  const gchar *const steps[] = {
    "CREATE TABLE a (x); INSERT INTO a VALUES (1)",
    "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1",
    "UPDATE a SET y = y * 10",
  };
  const gchar *const broken[] = {
    steps[0], steps[1], "UPDATE a SET y = 99; UPDATE nothing SET x = 1",
  };
  gchar *folder = make_folder ();
  gchar *path = g_build_filename (folder, "index.db", NULL);
  CupDatabase *database = cup_database_open (path, CUP_DATABASE_WRITE, NULL);
  GError *error = NULL;

  g_assert_true (cup_tables_migrate_steps (database, steps, 1, NULL));
  check_count (database, "PRAGMA user_version", 1);
  /* A step that fails leaves what was before it. */
  g_assert_false (cup_tables_migrate_steps (database, broken, 3, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_FAILED);
  g_clear_error (&error);
  check_count (database, "PRAGMA user_version ", 2);
  check_count (database, "SELECT y FROM a", 2);
  g_assert_true (cup_tables_migrate_steps (database, steps, 3, NULL));
  g_assert_true (cup_tables_migrate_steps (database, steps, 3, NULL));
  check_count (database, "SELECT y FROM a ", 20);
  g_assert_false (cup_tables_migrate_steps (database, steps, 2, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED);
  g_clear_error (&error);
  cup_database_close (database);
  g_free (path);
  remove_all (folder);
  g_free (folder);
}

static void
test_folders (void)
{
  gchar *folder = make_folder ();
  gchar *deep = g_build_filename (folder, "a", "b", "c", NULL);
  CupStore *store = open_store (deep);
  struct stat info;

  g_assert_cmpint (stat (deep, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0700);
  cup_store_unref (store);
  g_free (deep);
  remove_all (folder);
  g_free (folder);
}

/* A group that nobody is in, and two users of it. */
#define SHARING_GROUP 64123
#define SHARING_USER 64124

/* As the @number-th user: adds to what the users before have stored. */
static gint
run_sharer (const gchar * folder, guint number)
{
  CupStore *store;
  guint i;

  umask (0002);
  if (getuid () == 0) {
    g_assert_cmpint (setgroups (0, NULL), ==, 0);
    g_assert_cmpint (setgid (SHARING_GROUP), ==, 0);
    g_assert_cmpint (setuid (SHARING_USER + number), ==, 0);
  }
  store = open_store (folder);
  for (i = 1; i < number; i++)
    g_assert_true (check_stored (store, i));
  add (store, number, 0);
  cup_store_unref (store);
  return 0;
}

static void
assert_modes (const gchar * path, guint file, guint folder)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const gchar *name;
  struct stat info;

  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==,
      S_ISDIR (info.st_mode) ? folder : file);
  while (dir && (name = g_dir_read_name (dir))) {
    gchar *inner = g_build_filename (path, name, NULL);

    assert_modes (inner, file, folder);
    g_free (inner);
  }
  g_clear_pointer (&dir, g_dir_close);
}

/* A folder that is setgid, and that its group may write. */
static void
test_shared (void)
{
  gchar *folder = make_folder ();
  guint i;

  if (getuid () == 0)
    g_assert_cmpint (chown (folder, -1, SHARING_GROUP), ==, 0);
  g_assert_cmpint (chmod (folder, 02770), ==, 0);
  for (i = 1; i <= 3; i++) {
    gchar *number = g_strdup_printf ("%u", i);

    g_assert_cmpint (wait_for_child (start_child ("--sharer", folder, number,
                NULL)), ==, 0);
    g_free (number);
  }
  assert_modes (folder, 0660, 0770);
  remove_all (folder);
  g_free (folder);
}

/* The umask has the last word, and without a group there is none. */
static void
test_not_shared (void)
{
  static const struct
  {
    guint mode, umask, file, folder;
  } cases[] = {
    {02770, 0077, 0600, 0700}, {02700, 0002, 0600, 0700},
    {0770, 0002, 0600, 0700},
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *outer = make_folder ();
    gchar *folder = g_build_filename (outer, "store", NULL);
    const mode_t before = umask (cases[i].umask);
    CupStore *store;

    g_assert_cmpint (chmod (outer, cases[i].mode), ==, 0);
    store = open_store (folder);
    add (store, 1, 0);
    assert_modes (folder, cases[i].file, cases[i].folder);
    cup_store_unref (store);
    umask (before);
    remove_all (outer);
    g_free (folder);
    g_free (outer);
  }
}

/* The locks that this process has on a file, as the system lists them, without their
 * numbers in that list. */
static gchar *
read_locks (const gchar * path)
{
  GString *found = g_string_new (NULL);
  gchar *contents, *place, *process, **lines, **line;
  GStatBuf about;

  g_assert_cmpint (g_stat (path, &about), ==, 0);
  place = g_strdup_printf (":%" G_GUINT64_FORMAT " ", (guint64) about.st_ino);
  process = g_strdup_printf (" %d ", (gint) getpid ());
  g_assert_true (g_file_get_contents ("/proc/locks", &contents, NULL, NULL));
  lines = g_strsplit (contents, "\n", -1);
  for (line = lines; *line; line++) {
    if (strstr (*line, place) && strstr (*line, process))
      g_string_append_printf (found, "%s\n", strchr (*line, ':'));
  }
  g_strfreev (lines);
  g_free (contents);
  g_free (process);
  g_free (place);
  return g_string_free (found, FALSE);
}

/* Locks that a process has on a file end with any descriptor of it that is closed:
 * another store in the same process leaves those of the first one. */
static void
test_locks (void)
{
  gchar *folder = make_folder ();
  gchar *index = g_build_filename (folder, "index.db", NULL);
  CupStore *first = open_store (folder), *second;
  gchar *before, *after;

  if (!g_file_test ("/proc/locks", G_FILE_TEST_EXISTS)) {
    g_test_skip ("the system does not list locks");
    goto out;
  }
  before = read_locks (index);
  g_assert_cmpstr (before, !=, "");
  second = open_store (folder);
  cup_store_unref (second);
  after = read_locks (index);
  g_assert_cmpstr (after, ==, before);
  g_free (after);
  g_free (before);
out:
  cup_store_unref (first);
  remove_all (folder);
  g_free (index);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  if (argc > 2 && strcmp (argv[1], "--reader") == 0)
    return run_reader (argv[2]);
  if (argc > 2 && strcmp (argv[1], "--filler") == 0)
    return run_filler (argv[2]);
  if (argc > 2 && strcmp (argv[1], "--full") == 0)
    return run_full (argv[2]);
  if (argc > 3 && strcmp (argv[1], "--limited") == 0)
    return run_limited (argv[2], argv[3]);
  if (argc > 2 && strcmp (argv[1], "--waiter") == 0)
    return run_waiter (argv[2]);
  if (argc > 3 && strcmp (argv[1], "--sharer") == 0)
    return run_sharer (argv[2], (guint) atoi (argv[3]));
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/trouble/random-bytes", test_random_bytes);
  g_test_add_func ("/store/trouble/other-damage", test_other_damage);
  g_test_add_func ("/store/trouble/not-damage", test_not_damage);
  g_test_add_func ("/store/trouble/damaged-schema", test_damaged_schema);
  g_test_add_func ("/store/trouble/damaged-index", test_damaged_index);
  g_test_add_func ("/store/trouble/lost-rows", test_lost_rows);
  g_test_add_func ("/store/trouble/lost-results", test_lost_results);
  g_test_add_func ("/store/trouble/trim-without-times",
      test_trim_without_times);
  g_test_add_func ("/store/trouble/read-only", test_read_only);
  g_test_add_data_func ("/store/trouble/full-disk/filled", "--filler",
      test_full_disk);
  g_test_add_data_func ("/store/trouble/full-disk/opened", "--full",
      test_full_disk);
  g_test_add_func ("/store/trouble/full-files", test_full_files);
  g_test_add_func ("/store/trouble/full-waiting", test_full_waiting);
  g_test_add_func ("/store/trouble/versions", test_versions);
  g_test_add_func ("/store/trouble/migrations", test_migrations);
  g_test_add_func ("/store/trouble/locks", test_locks);
  g_test_add_func ("/store/trouble/folders", test_folders);
  g_test_add_func ("/store/trouble/shared", test_shared);
  g_test_add_func ("/store/trouble/not-shared", test_not_shared);
  return g_test_run ();
}
