/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Adding and reading results. The order in which a result is added:
 *
 *   1. owners/ID.N.new is written and fsync()ed
 *   2. the transaction begins: nobody else adds or removes
 *   3. owners/ID.KEY-GENERATION.TYPE.adding is made, empty
 *   4. 1. is renamed to results/ab/KEY.TYPE, and the folder fsync()ed
 *   5. the row is written, and the transaction committed (with its fsync())
 *   6. 3. is removed
 *
 * Who is killed before 4 leaves a file in owners/, which says whose it is; who
 * is killed before 5 leaves a file that no row refers to, and 3., which says
 * which one that is. Whoever opens the store next removes both, and has only
 * owners/ to look at. The temporary file is not in the folder that it goes to,
 * so that one look is enough; the file system is the same.
 *
 * A file is never written over: an entry that is replaced gets a file of the
 * next generation, so that the old one is good until the very commit.
 */
#include "store-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "digest.h"
#include "files.h"

/* How exact "used" is: who reads does not write each time. */
#define TOUCH_AGE G_TIME_SPAN_HOUR
#define MAX_TOUCHED 256
/* Files whose rows are gone, with each that is added. */
#define GARBAGE_AT_ADD 64
/* A lookup whose file was replaced meanwhile, each time. */
#define MAX_TRIES 8

#define COLUMNS \
  "type, generation, size, digest, engine, application, seed, request_id, " \
  "url, inference_time, queue_time, service_time, total_time, bytes_up, " \
  "bytes_down, submissions, lost_alpha, created, used"

CupStoreRecord *
cup_store_record_new (GBytes * bytes, const CupImageInfo * info)
{
  CupStoreRecord *record = g_new0 (CupStoreRecord, 1);

  record->bytes = bytes;
  record->info = *info;
  record->inference_time = record->queue_time = -1;
  record->service_time = record->total_time = -1;
  return record;
}

void
cup_store_record_free (CupStoreRecord * record)
{
  g_clear_pointer (&record->bytes, g_bytes_unref);
  g_clear_error (&record->flaw);
  g_free (record->engine);
  g_free (record->application);
  g_free (record->request_id);
  g_free (record->url);
  g_free (record);
}

static gdouble
read_seconds (sqlite3_stmt * row, gint column)
{
  return sqlite3_column_type (row, column) == SQLITE_NULL ? -1 :
      sqlite3_column_double (row, column);
}

static guint64
read_count (sqlite3_stmt * row, gint column)
{
  return (guint64) MAX (sqlite3_column_int64 (row, column), 0);
}

static CupStoreRecord *
read_row (sqlite3_stmt * row, CupStoreEntry * entry)
{
  CupImageInfo info = { 0 };
  CupStoreRecord *record = cup_store_record_new (NULL, &info);

  entry->type = cup_column_dup_text (row, 0);
  entry->generation = sqlite3_column_int64 (row, 1);
  entry->size = sqlite3_column_int64 (row, 2);
  entry->has_digest = cup_column_get_blob (row, 3, entry->digest,
      sizeof (entry->digest));
  record->engine = cup_column_dup_text (row, 4);
  record->application = cup_column_dup_text (row, 5);
  record->has_seed = sqlite3_column_type (row, 6) != SQLITE_NULL;
  record->seed = (guint64) sqlite3_column_int64 (row, 6);
  record->request_id = cup_column_dup_text (row, 7);
  record->url = cup_column_dup_text (row, 8);
  record->inference_time = read_seconds (row, 9);
  record->queue_time = read_seconds (row, 10);
  record->service_time = read_seconds (row, 11);
  record->total_time = read_seconds (row, 12);
  record->bytes_up = read_count (row, 13);
  record->bytes_down = read_count (row, 14);
  record->submissions = (guint) MIN (read_count (row, 15), G_MAXUINT);
  record->lost_alpha = sqlite3_column_int64 (row, 16) != 0;
  record->created = entry->created = sqlite3_column_int64 (row, 17);
  entry->used = sqlite3_column_int64 (row, 18);
  return record;
}

/* @record is NULL where there is no row. */
static gboolean
find_row (CupStore * store, const CupStoreKey * key, CupStoreRecord ** record,
    CupStoreEntry * entry, GError ** error)
{
  gboolean done = FALSE, row = FALSE;
  sqlite3_stmt *statement;

  *record = NULL;
  memset (entry, 0, sizeof (*entry));
  cup_database_lock (store->reader);
  statement = cup_database_prepare (store->reader,
      "SELECT " COLUMNS " FROM results WHERE key = ?1", error);
  if (statement) {
    cup_bind_blob (statement, 1, key->bytes, sizeof (key->bytes));
    done = cup_database_step (store->reader, statement, &row, error);
    if (row)
      *record = read_row (statement, entry);
  }
  cup_database_done (statement);
  cup_database_unlock (store->reader);
  return done;
}

void
cup_store_read_picture (CupStoreRecord * record, const gchar * path)
{
  GError *reason = NULL;

  if (cup_image_read_info (record->bytes, &record->info, &reason)
      && cup_image_check_complete (record->bytes, record->info.type, &reason))
    return;
  record->flaw = g_error_new (CUP_ERROR, CUP_ERROR_BAD_DATA,
      "the result that is stored as %s cannot be used: %s", path,
      reason->message);
  g_error_free (reason);
}

/* The file is what was stored, or there is an error. What the picture is is
 * read from itself: the row's columns are for people. */
static gboolean
load_file (CupStore * store, const CupStoreKey * key,
    const CupStoreEntry * entry, CupStoreRecord * record, gboolean * damaged,
    GError ** error)
{
  gchar *path = cup_file_get_result_path (store->directory, key, entry->type,
      entry->generation);
  guint8 digest[CUP_DIGEST_SIZE];

  *damaged = TRUE;
  if (!path || !entry->has_digest || entry->size <= 0) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "its row in the index makes no sense");
    g_free (path);
    return FALSE;
  }
  record->bytes = cup_file_read (path, (guint64) entry->size, damaged, error);
  if (record->bytes) {
    cup_digest_bytes (record->bytes, digest);
    if (memcmp (digest, entry->digest, sizeof (digest)) != 0) {
      *damaged = TRUE;
      g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
          "%s is not what was stored: its SHA-256 is another one", path);
      g_clear_pointer (&record->bytes, g_bytes_unref);
    } else {
      cup_store_read_picture (record, path);
    }
  }
  g_free (path);
  return record->bytes != NULL;
}

/* Only the very entry that was found damaged. */
static gboolean
drop (CupStore * store, const CupStoreKey * key, const CupStoreEntry * entry,
    GError ** error)
{
  gboolean done = FALSE;
  sqlite3_stmt *statement;

  if (!cup_store_begin (store, error))
    return FALSE;
  statement = cup_database_prepare (store->writer,
      "DELETE FROM results WHERE key = ?1 AND generation = ?2 AND created = ?3",
      error);
  if (statement) {
    cup_bind_blob (statement, 1, key->bytes, sizeof (key->bytes));
    sqlite3_bind_int64 (statement, 2, entry->generation);
    sqlite3_bind_int64 (statement, 3, entry->created);
    done = cup_database_run (store->writer, statement, error);
  }
  if (!done) {
    cup_store_rollback (store);
    return FALSE;
  }
  return cup_store_commit (store, error)
      && cup_store_collect_garbage (store, GARBAGE_AT_ADD, error);
}

static void
report_damage (CupStore * store, const CupStoreKey * key,
    const CupStoreEntry * entry, GError * reason, GError ** error)
{
  gchar *name = cup_store_key_to_string (key);
  GError *trouble = NULL;

  if (!drop (store, key, entry, &trouble))
    cup_info ("the damaged entry %s stays: %s", name, trouble->message);
  g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
      "the stored result %s is damaged or gone, and has to be made again: %s",
      name, reason->message);
  g_clear_error (&trouble);
  g_error_free (reason);
  g_free (name);
}

/* The time comes from the index, and may be any number. */
static gboolean
was_used_lately (const CupStoreEntry * entry)
{
  gint64 now = cup_store_get_time ();

  return entry->used >= now - TOUCH_AGE && entry->used <= now + TOUCH_AGE;
}

static gboolean
is_same_entry (const CupStoreEntry * a, const CupStoreEntry * b)
{
  return a->generation == b->generation && g_strcmp0 (a->type, b->type) == 0
      && a->size == b->size
      && memcmp (a->digest, b->digest, sizeof (a->digest)) == 0;
}

/* Whether the row is what it was: else its file may rightly be gone. */
static gboolean
is_unchanged (CupStore * store, const CupStoreKey * key,
    const CupStoreEntry * entry)
{
  CupStoreRecord *record;
  gboolean same;
  CupStoreEntry now;

  if (!find_row (store, key, &record, &now, NULL))
    return TRUE;
  same = record && is_same_entry (entry, &now);
  g_clear_pointer (&record, cup_store_record_free);
  g_free (now.type);
  return same;
}

gboolean
cup_store_lookup (CupStore * store, const CupStoreKey * key,
    CupStoreRecord ** record, GError ** error)
{
  gboolean done = FALSE, damaged, again;
  guint tries = 0;

  do {
    GError *reason = NULL;
    CupStoreEntry entry;

    again = FALSE;
    if (!find_row (store, key, record, &entry, error))
      return FALSE;
    if (!*record)
      return cup_store_adopt (store, key, record, error);
    done = load_file (store, key, &entry, *record, &damaged, &reason);
    if (done) {
      if (!was_used_lately (&entry))
        cup_store_touch (store, key);
    } else {
      again = damaged && ++tries < MAX_TRIES
          && !is_unchanged (store, key, &entry);
      if (again)
        g_error_free (reason);
      else if (damaged && cup_store_readopt (store, key, record))
        done = TRUE;
      else if (damaged)
        report_damage (store, key, &entry, reason, error);
      else
        g_propagate_error (error, reason);
      if (!done)
        g_clear_pointer (record, cup_store_record_free);
      else
        g_error_free (reason);
    }
    g_free (entry.type);
  } while (again);
  return done;
}

gboolean
cup_store_contains (CupStore * store, const CupStoreKey * key,
    gboolean * found, GError ** error)
{
  gboolean done;

  cup_database_lock (store->reader);
  done = cup_store_has_row (store->reader,
      "SELECT 1 FROM results WHERE key = ?1", key, found, error);
  cup_database_unlock (store->reader);
  return done;
}

/* Adding */

static void
bind_seconds (sqlite3_stmt * statement, gint index, gdouble seconds)
{
  if (seconds >= 0)
    sqlite3_bind_double (statement, index, seconds);
  else
    sqlite3_bind_null (statement, index);
}

gboolean
cup_store_write_row (CupStore * store, const CupStoreKey * key,
    const CupStoreRecord * record, const CupStoreEntry * entry, GError ** error)
{
  sqlite3_stmt *row = cup_database_prepare (store->writer,
      "INSERT INTO results (" COLUMNS ", key, width, height, channels, depth) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
      "?15, ?16, ?17, ?18, ?18, ?19, ?20, ?21, ?22, ?23) "
      "ON CONFLICT (key) DO UPDATE SET (" COLUMNS ", width, height, channels, "
      "depth) = (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
      "?15, ?16, ?17, ?18, ?18, ?20, ?21, ?22, ?23)", error);

  if (!row)
    return FALSE;
  cup_bind_text (row, 1, entry->type);
  sqlite3_bind_int64 (row, 2, entry->generation);
  sqlite3_bind_int64 (row, 3, entry->size);
  cup_bind_blob (row, 4, entry->digest, sizeof (entry->digest));
  cup_bind_text (row, 5, record->engine);
  cup_bind_text (row, 6, record->application);
  if (record->has_seed)
    sqlite3_bind_int64 (row, 7, (gint64) record->seed);
  cup_bind_text (row, 8, record->request_id);
  cup_bind_text (row, 9, record->url);
  bind_seconds (row, 10, record->inference_time);
  bind_seconds (row, 11, record->queue_time);
  bind_seconds (row, 12, record->service_time);
  bind_seconds (row, 13, record->total_time);
  sqlite3_bind_int64 (row, 14, (gint64) record->bytes_up);
  sqlite3_bind_int64 (row, 15, (gint64) record->bytes_down);
  sqlite3_bind_int64 (row, 16, record->submissions);
  sqlite3_bind_int64 (row, 17, record->lost_alpha ? 1 : 0);
  sqlite3_bind_int64 (row, 18, cup_store_get_time ());
  cup_bind_blob (row, 19, key->bytes, sizeof (key->bytes));
  sqlite3_bind_int64 (row, 20, record->info.width);
  sqlite3_bind_int64 (row, 21, record->info.height);
  sqlite3_bind_int64 (row, 22, record->info.channels);
  sqlite3_bind_int64 (row, 23, record->info.depth);
  return cup_database_run (store->writer, row, error);
}

/* Inside the transaction: a name that no file has, and the row's neither. */
static gboolean
choose_generation (CupStore * store, const CupStoreKey * key,
    CupStoreEntry * entry, gchar ** path, GError ** error)
{
  sqlite3_stmt *statement = cup_database_prepare (store->writer,
      "SELECT generation FROM results WHERE key = ?1", error);
  gboolean done, row;

  if (!statement)
    return FALSE;
  cup_bind_blob (statement, 1, key->bytes, sizeof (key->bytes));
  done = cup_database_step (store->writer, statement, &row, error);
  entry->generation = done && row ?
      MAX (sqlite3_column_int64 (statement, 0), 0) % G_MAXINT + 1 : 0;
  cup_database_done (statement);
  if (!done)
    return FALSE;
  *path = cup_file_get_result_path (store->directory, key, entry->type,
      entry->generation);
  while (g_file_test (*path, G_FILE_TEST_EXISTS | G_FILE_TEST_IS_SYMLINK)) {
    g_free (*path);
    *path = cup_file_get_result_path (store->directory, key, entry->type,
        ++entry->generation);
  }
  return TRUE;
}

static gboolean
make_marker (const gchar * path, GError ** error)
{
  GBytes *nothing = g_bytes_new_static ("", 0);
  gboolean done = cup_file_write (path, nothing, error);

  g_bytes_unref (nothing);
  return done;
}

/* Inside the transaction. The folder that it goes to is made where it is the
 * first there. */
static gboolean
move_into_place (const gchar * from, const gchar * to, GError ** error)
{
  gchar *folder = g_path_get_dirname (to);
  gboolean done = cup_file_make_folder (folder, error);

  if (done && g_rename (from, to) != 0) {
    cup_file_set_error (error, errno, "cannot make", to);
    done = FALSE;
  }
  done = done && cup_file_sync_folder (folder, error);
  g_free (folder);
  return done;
}

static gboolean
end_claim (CupStore * store, const CupStoreKey * key, GError ** error)
{
  sqlite3_stmt *statement = cup_database_prepare (store->writer,
      "DELETE FROM journal WHERE key = ?1 AND owner = ?2", error);

  if (!statement)
    return FALSE;
  cup_bind_blob (statement, 1, key->bytes, sizeof (key->bytes));
  cup_bind_text (statement, 2, cup_owner_get_id (store->owner));
  return cup_database_run (store->writer, statement, error);
}

static gchar *
get_marker_path (CupStore * store, const CupStoreKey * key,
    const CupStoreEntry * entry)
{
  gchar *name = cup_store_key_to_string (key);
  gchar *suffix = g_strdup_printf ("%s-%" G_GINT64_FORMAT ".%s.adding", name,
      entry->generation, entry->type);
  gchar *path = cup_owner_get_path (store->owner, suffix);

  g_free (suffix);
  g_free (name);
  return path;
}

/* After a commit that failed: the marker stays where the file does. */
static void
take_back (CupStore * store, const CupStoreKey * key,
    const CupStoreEntry * entry, const gchar * marker)
{
  if (!cup_store_begin (store, NULL))
    return;
  if (cup_store_remove_file (store, key, entry->type, entry->generation, NULL))
    g_unlink (marker);
  cup_store_rollback (store);
}

/* From the file that is written to the entry. */
static gboolean
enter (CupStore * store, const CupStoreKey * key,
    const CupStoreRecord * record, CupStoreEntry * entry,
    const gchar * temporary, GError ** error)
{
  gchar *path = NULL, *marker = NULL;
  gboolean done;

  if (!cup_store_begin (store, error))
    return FALSE;
  done = choose_generation (store, key, entry, &path, error);
  if (done) {
    marker = get_marker_path (store, key, entry);
    done = make_marker (marker, error)
        && move_into_place (temporary, path, error)
        && cup_store_write_row (store, key, record, entry, error)
        && end_claim (store, key, error)
        && cup_store_write_touched (store, error);
  }
  if (done)
    done = cup_store_commit (store, error);
  else
    cup_store_rollback (store);
  if (done)
    g_unlink (marker);
  else if (marker)
    take_back (store, key, entry, marker);
  g_free (marker);
  g_free (path);
  return done;
}

gboolean
cup_store_add (CupStore * store, const CupStoreKey * key,
    const CupStoreRecord * record, GError ** error)
{
  const gchar *type = cup_image_type_get_extension (record->info.type);
  CupStoreEntry entry = { 0 };
  gchar *temporary;
  gboolean done;

  if (!cup_store_check_writable (store, error))
    return FALSE;
  if (!type || !record->bytes || g_bytes_get_size (record->bytes) == 0) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "the store keeps encoded pictures only");
    return FALSE;
  }
  entry.type = (gchar *) type;
  entry.size = (gint64) g_bytes_get_size (record->bytes);
  cup_digest_bytes (record->bytes, entry.digest);
  temporary = cup_owner_get_new_path (store->owner);
  done = cup_file_write (temporary, record->bytes, error);
  if (done) {
    done = enter (store, key, record, &entry, temporary, error);
    if (!done)
      g_unlink (temporary);
  }
  g_free (temporary);
  if (!done)
    return FALSE;
  cup_store_notify (store);
  if (!cup_store_collect_garbage (store, GARBAGE_AT_ADD, NULL))
    cup_info ("%s: files that were replaced stay for now", store->directory);
  return TRUE;
}

gboolean
cup_store_remove (CupStore * store, const CupStoreKey * key, GError ** error)
{
  gboolean done = FALSE;
  sqlite3_stmt *statement;

  if (!cup_store_begin (store, error))
    return FALSE;
  statement = cup_database_prepare (store->writer,
      "DELETE FROM results WHERE key = ?1", error);
  if (statement) {
    cup_bind_blob (statement, 1, key->bytes, sizeof (key->bytes));
    done = cup_database_run (store->writer, statement, error);
  }
  if (!done) {
    cup_store_rollback (store);
    return FALSE;
  }
  return cup_store_commit (store, error)
      && cup_store_collect_garbage (store, GARBAGE_AT_ADD, error);
}

/* What was used */

void
cup_store_touch (CupStore * store, const CupStoreKey * key)
{
  GError *error = NULL;
  gboolean many;

  if (store->refusal)
    return;
  g_mutex_lock (&store->lock);
  g_hash_table_add (store->touched, g_memdup2 (key, sizeof (*key)));
  many = g_hash_table_size (store->touched) >= MAX_TOUCHED;
  g_mutex_unlock (&store->lock);
  if (!many || !cup_store_begin (store, &error))
    goto out;
  if (cup_store_write_touched (store, &error))
    cup_store_commit (store, &error);
  else
    cup_store_rollback (store);
out:
  if (error)
    cup_info ("%s: what was used is not known: %s", store->directory,
        error->message);
  g_clear_error (&error);
}

gboolean
cup_store_write_touched (CupStore * store, GError ** error)
{
  sqlite3_stmt *statement = cup_database_prepare (store->writer,
      "UPDATE results SET used = ?2 WHERE key = ?1", error);
  GHashTable *touched;
  GHashTableIter iter;
  gpointer key;
  gboolean done = statement != NULL;

  g_mutex_lock (&store->lock);
  touched = store->touched;
  store->touched = g_hash_table_new_full (cup_store_key_hash,
      cup_store_key_equal, g_free, NULL);
  g_mutex_unlock (&store->lock);
  g_hash_table_iter_init (&iter, touched);
  while (done && g_hash_table_iter_next (&iter, &key, NULL)) {
    cup_bind_blob (statement, 1, ((CupStoreKey *) key)->bytes,
        CUP_STORE_KEY_SIZE);
    sqlite3_bind_int64 (statement, 2, cup_store_get_time ());
    done = cup_database_run (store->writer, statement, error);
  }
  g_hash_table_unref (touched);
  return done;
}
