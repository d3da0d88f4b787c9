/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Making a damaged index anew. It is moved aside, as index.db.damaged. What can be read
 * of it is copied, and files that have no row then get one. Nothing is read more than
 * once, and no picture but those without a row.
 *
 * Two empty files say how far it has come, for who is killed on the way: "rebuild"
 * while it is wanted, "rebuilding" from when the index has been moved until the new
 * one is committed.
 */
#include <errno.h>
#include <glib/gstdio.h>

#include "base/error.h"
#include "base/log.h"
#include "files.h"
#include "store-private.h"

#define WANTED "rebuild"
#define BEGUN "rebuilding"

#define RESULT_COLUMNS \
  "key, type, generation, size, digest, width, height, channels, depth, engine, " \
  "application, seed, request_id, url, inference_time, queue_time, service_time, " \
  "total_time, bytes_up, bytes_down, submissions, lost_alpha, created, used"
#define N_RESULT_COLUMNS 24
#define JOURNAL_COLUMNS \
  "key, owner, state, changed, request_id, status_url, response_url, cancel_url, " \
  "upload_url"
#define N_JOURNAL_COLUMNS 9

static gchar *
get_path (CupStore * store, const gchar * name)
{
  return g_build_filename (store->directory, name, NULL);
}

static gboolean
has_file (CupStore * store, const gchar * name)
{
  gchar *path = get_path (store, name);
  gboolean has = g_file_test (path, G_FILE_TEST_EXISTS);

  g_free (path);
  return has;
}

static void
remove_file (CupStore * store, const gchar * name)
{
  gchar *path = get_path (store, name);

  g_unlink (path);
  g_free (path);
}

gboolean
cup_store_wants_rebuild (CupStore * store)
{
  return has_file (store, WANTED) || has_file (store, BEGUN);
}

void
cup_store_ask_for_rebuild (CupStore * store)
{
  gchar *path = get_path (store, WANTED);
  GBytes *nothing = g_bytes_new_static ("", 0);
  GError *error = NULL;

  if (!has_file (store, WANTED) && !cup_file_write (path, nothing, &error))
    cup_info ("%s: %s", store->directory, error->message);
  g_clear_error (&error);
  g_bytes_unref (nothing);
  g_free (path);
}

/* ENOENT is what was done before. */
static gboolean
move (const gchar * from, const gchar * to, GError ** error)
{
  if (g_rename (from, to) == 0 || errno == ENOENT)
    return TRUE;
  cup_file_set_error (error, errno, "cannot move", from);
  return FALSE;
}

/* The index with what SQLite has beside it. */
static gboolean
move_index (const gchar * index, const gchar * damaged, GError ** error)
{
  gchar *wal = g_strconcat (index, "-wal", NULL);
  gchar *shm = g_strconcat (index, "-shm", NULL);
  gchar *damaged_wal = g_strconcat (damaged, "-wal", NULL);
  gchar *damaged_shm = g_strconcat (damaged, "-shm", NULL);
  gboolean done;

  if (g_file_test (index, G_FILE_TEST_EXISTS)) {
    g_unlink (damaged_wal);
    g_unlink (damaged_shm);
  }
  g_unlink (shm);
  done = move (wal, damaged_wal, error) && move (index, damaged, error);
  g_free (wal);
  g_free (shm);
  g_free (damaged_wal);
  g_free (damaged_shm);
  return done;
}

static void
remove_index (const gchar * index)
{
  static const gchar *const suffixes[] = { "-wal", "-shm", "" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    gchar *path = g_strconcat (index, suffixes[i], NULL);

    g_unlink (path);
    g_free (path);
  }
}

static gboolean
move_aside (CupStore * store, const gchar * index, const gchar * damaged,
    GError ** error)
{
  gchar *wanted, *begun;
  gboolean done;

  if (has_file (store, BEGUN)) {
    remove_index (index);
    return TRUE;
  }
  cup_store_ask_for_rebuild (store);
  wanted = get_path (store, WANTED);
  begun = get_path (store, BEGUN);
  done = move_index (index, damaged, error) && move (wanted, begun, error)
      && cup_file_sync_folder (store->directory, error);
  g_free (wanted);
  g_free (begun);
  return done;
}

/* Forwards and backwards, up to what cannot be read from either side. Rows that no
 * result could have are left out: their files get new ones. Returns whether all that
 * was under way at the service is known. */
static gboolean
salvage (CupDatabase * from, CupDatabase * to)
{
  static const gchar insert[] = "INSERT OR IGNORE INTO results ("
      RESULT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
      "?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)";
  static const gchar uploads[] =
      "INSERT OR IGNORE INTO uploads VALUES (?1, ?2, ?3, ?4)";
  static const gchar journal[] = "INSERT OR IGNORE INTO journal ("
      JOURNAL_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

#define SOUND " FROM results WHERE typeof(key) = 'blob' AND length(key) = 32 " \
  "AND type IN ('png', 'jpg', 'webp') AND typeof(generation) = 'integer' " \
  "AND typeof(size) = 'integer' AND size > 0 AND typeof(digest) = 'blob' " \
  "AND length(digest) = 32 AND typeof(created) = 'integer' " \
  "AND typeof(used) = 'integer' ORDER BY id "
  if (!cup_database_copy (from, "SELECT " RESULT_COLUMNS SOUND "ASC", to,
          insert, N_RESULT_COLUMNS))
    cup_database_copy (from, "SELECT " RESULT_COLUMNS SOUND "DESC", to, insert,
        N_RESULT_COLUMNS);
#undef SOUND
  cup_database_copy (from, "SELECT digest, place, url, expires FROM uploads "
      "WHERE typeof(expires) = 'integer'", to, uploads, 4);
  return cup_database_copy (from, "SELECT " JOURNAL_COLUMNS " FROM journal", to,
      journal, N_JOURNAL_COLUMNS);
}

/* Rows whose files are not there would be told of as damage, one by one. */
static gboolean
drop_without_file (CupStore * store, GError ** error)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  sqlite3_stmt *row = cup_database_prepare (store->writer,
      "SELECT id, key, type, generation FROM results", error);
  gboolean done = row != NULL, found;
  guint i;

  while (done && (done = cup_database_step (store->writer, row, &found, error))
      && found) {
    gint64 id = sqlite3_column_int64 (row, 0);
    gchar *type = cup_column_dup_text (row, 2), *path = NULL;
    CupStoreKey key;

    if (cup_column_get_blob (row, 1, key.bytes, sizeof key.bytes))
      path = cup_file_get_result_path (store->directory, &key, type,
          sqlite3_column_int64 (row, 3));
    if (!path || !g_file_test (path, G_FILE_TEST_EXISTS))
      g_array_append_val (ids, id);
    g_free (path);
    g_free (type);
  }
  cup_database_done (row);
  for (i = 0; done && i < ids->len; i++) {
    row = cup_database_prepare (store->writer,
        "DELETE FROM results WHERE id = ?1", error);
    if (row)
      sqlite3_bind_int64 (row, 1, g_array_index (ids, gint64, i));
    done = row && cup_database_run (store->writer, row, error);
  }
  g_array_unref (ids);
  return done;
}

static gboolean
fill (CupStore * store, const gchar * damaged, gboolean * knows_journal,
    guint * n_adopted, GError ** error)
{
  CupDatabase *old = cup_database_open (damaged, CUP_DATABASE_READ, NULL);
  gboolean done;

  *knows_journal = FALSE;
  if (!cup_store_begin (store, error)) {
    g_clear_pointer (&old, cup_database_close);
    return FALSE;
  }
  if (old)
    *knows_journal = salvage (old, store->writer);
  g_clear_pointer (&old, cup_database_close);
  done = drop_without_file (store, error)
      && cup_database_execute (store->writer, "DELETE FROM garbage", error)
      && cup_store_adopt_all (store, n_adopted, error);
  if (done)
    return cup_store_commit (store, error);
  cup_store_rollback (store);
  return FALSE;
}

gboolean
cup_store_rebuild (CupStore * store, const gchar * index,
    gboolean (*open) (CupStore * store, const gchar * index, GError ** error),
    GError ** error)
{
  gchar *damaged = g_strconcat (index, ".damaged", NULL);
  gboolean knows_journal, done;
  guint n_adopted = 0;

  done = move_aside (store, index, damaged, error)
      && open (store, index, error)
      && fill (store, damaged, &knows_journal, &n_adopted, error);
  if (done) {
    remove_file (store, BEGUN);
    remove_file (store, WANTED);
    store->notice = g_error_new (CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the store's index %s was damaged and has been made anew (the old one is "
        "%s); %u pictures were found by their files alone%s", index, damaged,
        n_adopted, knows_journal ? "" : "; what was under way at the service "
        "could not be read: whether it was accepted is uncertain, so that its "
        "frames are submitted again and may be charged for twice");
  }
  g_free (damaged);
  return done;
}
