/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Opening and closing the store, and what killed processes left in it.
 *
 * Two connections: one for those who read, one for those who write, each with
 * a mutex. A connection a thread would let lookups run beside each other, but
 * what they do in the index takes microseconds, and reading and verifying the
 * file, which is milliseconds, happens outside of the lock.
 */
#include "store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "files.h"
#include "tables.h"

/* Of a request that was never asked for again; services forget sooner. */
#define JOURNAL_AGE (30 * G_TIME_SPAN_DAY)
/* At opening, so that it does not depend on how much there is. */
#define GARBAGE_AT_OPEN 256
#define ADDING ".adding"

gint64
cup_store_get_time (void)
{
  return g_get_real_time ();
}

gboolean
cup_store_begin (CupStore * store, GError ** error)
{
  if (!cup_store_check_writable (store, error))
    return FALSE;
  cup_database_lock (store->writer);
  if (cup_database_begin (store->writer, error))
    return TRUE;
  cup_database_unlock (store->writer);
  return FALSE;
}

gboolean
cup_store_commit (CupStore * store, GError ** error)
{
  gboolean done = cup_database_commit (store->writer, error);

  cup_database_unlock (store->writer);
  return done;
}

void
cup_store_rollback (CupStore * store)
{
  cup_database_rollback (store->writer);
  cup_database_unlock (store->writer);
}

void
cup_store_notify (CupStore * store)
{
  g_mutex_lock (&store->lock);
  store->serial++;
  g_cond_broadcast (&store->changed);
  g_mutex_unlock (&store->lock);
}

gboolean
cup_store_has_row (CupDatabase * database, const gchar * sql,
    const CupStoreKey * key, gboolean * found, GError ** error)
{
  sqlite3_stmt *statement = cup_database_prepare (database, sql, error);
  gboolean done;

  *found = FALSE;
  if (!statement)
    return FALSE;
  cup_bind_blob (statement, 1, key->bytes, sizeof (key->bytes));
  done = cup_database_step (database, statement, found, error);
  cup_database_done (statement);
  return done;
}

/* Opening */

static gint
lock_folder (const gchar * directory, GError ** error)
{
  gchar *path = g_build_filename (directory, "lock", NULL);
  gint fd =
      g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, cup_file_get_mode (path));
  gint result = -1;

  if (fd >= 0) {
    do
      result = flock (fd, LOCK_EX);
    while (result != 0 && errno == EINTR);
  }
  if (result != 0) {
    cup_file_set_error (error, errno, "cannot lock", path);
    if (fd >= 0)
      close (fd);
    fd = -1;
  }
  g_free (path);
  return fd;
}

/* Request ids and addresses are nobody else's business, but for a group's that
 * shares the folder; SQLite gives the files beside it the same mode. An index that
 * is there is not opened: closing it would end the locks that SQLite has on it for
 * another store of this process. */
static gboolean
make_index (const gchar * path, GError ** error)
{
  gint fd = g_open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
      cup_file_get_mode (path));

  if (fd >= 0) {
    close (fd);
    return TRUE;
  }
  if (errno == EEXIST && g_access (path, R_OK | W_OK) == 0)
    return TRUE;
  cup_file_set_error (error, errno, "cannot write", path);
  return FALSE;
}

static gboolean
make_folders (const gchar * directory, GError ** error)
{
  const gchar *const names[] = { "results", "owners" };
  gboolean done = cup_file_make_folder (directory, error);
  guint i;

  for (i = 0; done && i < G_N_ELEMENTS (names); i++) {
    gchar *path = g_build_filename (directory, names[i], NULL);

    done = cup_file_make_folder (path, error);
    g_free (path);
  }
  return done;
}

static gboolean
open_locked (CupStore * store, const gchar * index, GError ** error)
{
  store->owner = cup_owner_new (store->directory, error);
  if (!store->owner || !make_index (index, error))
    return FALSE;
  store->writer = cup_database_open (index, CUP_DATABASE_WRITE, error);
  if (!store->writer || !cup_tables_migrate (store->writer, error))
    return FALSE;
  store->reader = cup_database_open (index, CUP_DATABASE_READ, error);
  return store->reader != NULL;
}

static void
close_all (CupStore * store)
{
  g_clear_pointer (&store->reader, cup_database_close);
  g_clear_pointer (&store->writer, cup_database_close);
  g_clear_pointer (&store->owner, cup_owner_free);
}

/* The folder is locked. Who else has it open goes on with the index as it is. */
static gboolean
open_or_rebuild (CupStore * store, const gchar * index, GError ** error)
{
  const gboolean is_wanted = cup_store_wants_rebuild (store);
  GError *reason = NULL;

  if (is_wanted && !cup_owner_is_any_alive (store->directory))
    return cup_store_rebuild (store, index, open_locked, error);
  if (open_locked (store, index, &reason))
    return TRUE;
  close_all (store);
  if (!g_error_matches (reason, CUP_ERROR, CUP_ERROR_BAD_DATA)
      || cup_owner_is_any_alive (store->directory)) {
    g_propagate_error (error, reason);
    return FALSE;
  }
  g_error_free (reason);
  return cup_store_rebuild (store, index, open_locked, error);
}

static gboolean
open_writable (CupStore * store, const gchar * index, GError ** error)
{
  gboolean done;
  gint fd;

  if (!make_folders (store->directory, error))
    return FALSE;
  /* One at a time: SQLite does not wait where the journal mode changes. */
  fd = lock_folder (store->directory, error);
  if (fd < 0)
    return FALSE;
  done = open_or_rebuild (store, index, error);
  if (!done)
    close_all (store);
  close (fd);
  return done;
}

/* Whether there was a store before it could not be made. */
static gboolean
has_tables (CupDatabase * database)
{
  gint64 version = 0;

  return !cup_database_get_integer (database, "PRAGMA user_version", &version,
      NULL) || version != 0;
}

static gboolean
open_for_lookups (CupStore * store, const gchar * index, GError ** error)
{
  if (!g_file_test (index, G_FILE_TEST_EXISTS)) {
    g_propagate_error (error, g_error_copy (store->refusal));
    return FALSE;
  }
  store->reader = cup_database_open (index, CUP_DATABASE_READ_ONLY, error);
  if (store->reader && !has_tables (store->reader)) {
    g_propagate_error (error, g_error_copy (store->refusal));
  } else if (store->reader && cup_tables_check (store->reader, error)) {
    cup_info ("%s: for lookups only: %s", store->directory,
        store->refusal->message);
    return TRUE;
  }
  close_all (store);
  return FALSE;
}

static gboolean
open_any (CupStore * store, GError ** error)
{
  gchar *index = g_build_filename (store->directory, "index.db", NULL);
  GError *reason = NULL;
  gboolean done = open_writable (store, index, &reason);

  if (!done && (g_error_matches (reason, CUP_ERROR, CUP_ERROR_READ_ONLY)
          || g_error_matches (reason, CUP_ERROR, CUP_ERROR_NO_SPACE))) {
    store->refusal = g_steal_pointer (&reason);
    done = open_for_lookups (store, index, &reason);
  }
  if (!done)
    g_propagate_error (error, reason);
  g_free (index);
  return done;
}

/* What is left */

/* @suffix is "KEY-GENERATION.TYPE.adding", as results.c makes it. */
static gboolean
parse_adding (const gchar * suffix, CupStoreKey * key, gint64 * generation,
    gchar ** type)
{
  gsize length = 2 * CUP_STORE_KEY_SIZE, i;
  gchar *end;

  if (!g_str_has_suffix (suffix, ADDING) || strlen (suffix) <= length
      || suffix[length] != '-')
    return FALSE;
  for (i = 0; i < length; i++) {
    gint digit = g_ascii_xdigit_value (suffix[i]);

    if (digit < 0)
      return FALSE;
    key->bytes[i / 2] = (guint8) ((i & 1) ? key->bytes[i / 2] | digit :
        digit << 4);
  }
  *generation = g_ascii_strtoll (suffix + length + 1, &end, 10);
  if (*end != '.')
    return FALSE;
  *type = g_strndup (end + 1, strlen (end + 1) - strlen (ADDING));
  return TRUE;
}

/* A file that was being added is there, with its row or without. */
static gboolean
clean_left (const gchar * id, const gchar * suffix, gpointer user_data)
{
  CupStore *store = user_data;
  CupStoreKey key;
  gint64 generation;
  gchar *type;
  GError *error = NULL;
  gboolean done = FALSE;

  if (!parse_adding (suffix, &key, &generation, &type))
    return TRUE;
  if (cup_store_begin (store, &error)) {
    done = cup_store_remove_file (store, &key, type, generation, &error);
    cup_store_rollback (store);
  }
  if (!done)
    cup_info ("%s: what %s left stays: %s", store->directory, id,
        error->message);
  g_clear_error (&error);
  g_free (type);
  return done;
}

static gboolean
remove_older (CupStore * store, const gchar * sql, gint64 time, GError ** error)
{
  sqlite3_stmt *statement = cup_database_prepare (store->writer, sql, error);

  if (!statement)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, time);
  return cup_database_run (store->writer, statement, error);
}

static void
clean_up (CupStore * store)
{
  gint64 now = cup_store_get_time ();
  GError *error = NULL;

  cup_owner_clean_up (store->directory, clean_left, store);
  cup_database_lock (store->writer);
  if (remove_older (store, "DELETE FROM journal WHERE changed < ?1",
          now - JOURNAL_AGE, &error))
    remove_older (store, "DELETE FROM waiting WHERE until < ?1", now, &error);
  cup_database_unlock (store->writer);
  if (!error)
    cup_store_collect_garbage (store, GARBAGE_AT_OPEN, &error);
  if (error)
    cup_info ("%s: cannot tidy up: %s", store->directory, error->message);
  g_clear_error (&error);
}

CupStore *
cup_store_open (const gchar * directory, GError ** error)
{
  CupStore *store = g_new0 (CupStore, 1);

  store->ref_count = 1;
  store->directory = g_canonicalize_filename (directory, NULL);
  g_mutex_init (&store->lock);
  g_cond_init (&store->changed);
  store->touched = g_hash_table_new_full (cup_store_key_hash,
      cup_store_key_equal, g_free, NULL);
  if (!open_any (store, error)) {
    cup_store_unref (store);
    return NULL;
  }
  if (store->writer)
    clean_up (store);
  return store;
}

CupStore *
cup_store_ref (CupStore * store)
{
  g_atomic_int_inc (&store->ref_count);
  return store;
}

static void
save_touched (CupStore * store)
{
  GError *error = NULL;

  if (g_hash_table_size (store->touched) > 0 && cup_store_begin (store, &error)) {
    if (cup_store_write_touched (store, &error))
      cup_store_commit (store, &error);
    else
      cup_store_rollback (store);
  }
  if (error)
    cup_info ("%s: what was used is not known: %s", store->directory,
        error->message);
  g_clear_error (&error);
}

void
cup_store_unref (CupStore * store)
{
  if (!g_atomic_int_dec_and_test (&store->ref_count))
    return;
  if (store->writer)
    save_touched (store);
  if (store->writer && (!cup_store_check_index (store, NULL)
          || g_atomic_int_get (&store->has_lost)))
    cup_store_ask_for_rebuild (store);
  close_all (store);
  g_hash_table_unref (store->touched);
  g_clear_error (&store->refusal);
  g_clear_error (&store->notice);
  g_mutex_clear (&store->lock);
  g_cond_clear (&store->changed);
  g_free (store->directory);
  g_free (store);
}

const gchar *
cup_store_get_directory (CupStore * store)
{
  return store->directory;
}

gboolean
cup_store_check_writable (CupStore * store, GError ** error)
{
  if (!store->refusal)
    return TRUE;
  g_propagate_error (error, g_error_copy (store->refusal));
  return FALSE;
}

gboolean
cup_store_check_index (CupStore * store, GError ** error)
{
  if (!(store->reader && cup_database_is_damaged (store->reader))
      && !(store->writer && cup_database_is_damaged (store->writer)))
    return TRUE;
  g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
      "the index of the store %s is damaged, and nothing is submitted by it: what "
      "is stored would be paid for again; start again while nobody else has the "
      "store open, and the index is made anew from the pictures",
      store->directory);
  return FALSE;
}

const GError *
cup_store_get_notice (CupStore * store)
{
  return store->notice;
}
