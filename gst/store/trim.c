/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Removing results: what was not used for longest, and the files of rows that
 * are gone.
 */
#include "store-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "files.h"

/* Rows in one transaction: others get their turn in between. */
#define BATCH 64

typedef struct
{
  gint64 row;
  CupStoreKey key;
  gchar *type;
  gint64 generation;
} Garbage;

gboolean
cup_store_remove_file (CupStore * store, const CupStoreKey * key,
    const gchar * type, gint64 generation, GError ** error)
{
  gchar *path = cup_file_get_result_path (store->directory, key, type,
      generation);
  sqlite3_stmt *statement;
  gboolean done, row = TRUE;

  /* Not a file of ours, then. */
  if (!path)
    return TRUE;
  statement = cup_database_prepare (store->writer,
      "SELECT 1 FROM results WHERE key = ?1 AND type = ?2 AND generation = ?3",
      error);
  done = statement != NULL;
  if (done) {
    cup_bind_blob (statement, 1, key->bytes, sizeof (key->bytes));
    cup_bind_text (statement, 2, type);
    sqlite3_bind_int64 (statement, 3, generation);
    done = cup_database_step (store->writer, statement, &row, error);
    cup_database_done (statement);
  }
  if (done && !row && g_unlink (path) != 0 && errno != ENOENT
      && errno != ENOTDIR) {
    cup_file_set_error (error, errno, "cannot remove", path);
    done = FALSE;
  }
  g_free (path);
  return done;
}

static void
clear_garbage (gpointer data)
{
  Garbage *garbage = data;

  g_free (garbage->type);
}

static gboolean
list_garbage (CupStore * store, GArray * list, guint max, GError ** error)
{
  sqlite3_stmt *statement = cup_database_prepare (store->writer,
      "SELECT rowid, key, type, generation FROM garbage LIMIT ?1", error);
  gboolean done, row;

  if (!statement)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, max);
  while ((done = cup_database_step (store->writer, statement, &row, error))
      && row) {
    Garbage garbage = { 0 };

    garbage.row = sqlite3_column_int64 (statement, 0);
    /* A key that is none has no file. */
    if (cup_column_get_blob (statement, 1, garbage.key.bytes,
            sizeof (garbage.key.bytes)))
      garbage.type = cup_column_dup_text (statement, 2);
    garbage.generation = sqlite3_column_int64 (statement, 3);
    g_array_append_val (list, garbage);
  }
  cup_database_done (statement);
  return done;
}

static gboolean
remove_garbage (CupStore * store, const Garbage * garbage, GError ** error)
{
  sqlite3_stmt *statement;

  if (!cup_store_remove_file (store, &garbage->key, garbage->type,
          garbage->generation, error))
    return FALSE;
  statement = cup_database_prepare (store->writer,
      "DELETE FROM garbage WHERE rowid = ?1", error);
  if (!statement)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, garbage->row);
  return cup_database_run (store->writer, statement, error);
}

gboolean
cup_store_collect_garbage (CupStore * store, guint max, GError ** error)
{
  gint64 any;
  GArray *list;
  gboolean done;
  guint i;

  cup_database_lock (store->reader);
  done = cup_database_get_integer (store->reader,
      "SELECT 1 FROM garbage LIMIT 1", &any, error);
  cup_database_unlock (store->reader);
  if (!done || !any)
    return done;

  if (!cup_store_begin (store, error))
    return FALSE;
  list = g_array_new (FALSE, FALSE, sizeof (Garbage));
  g_array_set_clear_func (list, clear_garbage);
  done = list_garbage (store, list, max, error);
  for (i = 0; done && i < list->len; i++)
    done = remove_garbage (store, &g_array_index (list, Garbage, i), error);
  g_array_unref (list);
  if (done)
    return cup_store_commit (store, error);
  cup_store_rollback (store);
  return FALSE;
}

gboolean
cup_store_get_usage (CupStore * store, guint64 * count, guint64 * size,
    GError ** error)
{
  gint64 n, bytes = 0;
  gboolean done;

  cup_database_lock (store->reader);
  done = cup_database_get_integer (store->reader,
      "SELECT count FROM totals", &n, error)
      && cup_database_get_integer (store->reader, "SELECT size FROM totals",
      &bytes, error);
  cup_database_unlock (store->reader);
  if (!done)
    return FALSE;
  if (count)
    *count = (guint64) MAX (n, 0);
  if (size)
    *size = (guint64) MAX (bytes, 0);
  return TRUE;
}

/* Trimming */

/* @used is what stands in the row, which need not be a number. As such it has its
 * place in the order of the rows, and the next rows are found behind it. */
typedef struct
{
  gint64 id;
  sqlite3_value *used;
  gint64 size;
  gboolean in_use;
} Candidate;

static void
clear_candidate (gpointer data)
{
  Candidate *candidate = data;

  sqlite3_value_free (candidate->used);
}

/* Where trimming goes on: behind a row. Nothing is before all of them. */
typedef struct
{
  gint64 id;
  sqlite3_value *used;
} Place;

static void
take_place (Place * place, const Candidate * candidate)
{
  sqlite3_value_free (place->used);
  place->used = sqlite3_value_dup (candidate->used);
  place->id = candidate->id;
}

static void
bind_place (sqlite3_stmt * row, const Place * place)
{
  if (place->used)
    sqlite3_bind_value (row, 1, place->used);
  else
    sqlite3_bind_double (row, 1, -HUGE_VAL);
  sqlite3_bind_int64 (row, 2, place->id);
}

/* The next ones after @last, the least recently used first. */
static gboolean
list_candidates (CupStore * store, const Place * last, GArray * list,
    GError ** error)
{
  sqlite3_stmt *row = cup_database_prepare (store->writer,
      "SELECT results.id, used, size, owner, until >= ?3 FROM results "
      "LEFT JOIN journal USING (key) LEFT JOIN waiting USING (key) "
      "WHERE (used, results.id) > (?1, ?2) ORDER BY used, results.id LIMIT ?4",
      error);
  gboolean done, found;

  if (!row)
    return FALSE;
  bind_place (row, last);
  sqlite3_bind_int64 (row, 3, cup_store_get_time ());
  sqlite3_bind_int64 (row, 4, BATCH);
  while ((done = cup_database_step (store->writer, row, &found, error))
      && found) {
    const gchar *owner = (const gchar *) sqlite3_column_text (row, 3);
    Candidate candidate;

    candidate.id = sqlite3_column_int64 (row, 0);
    candidate.used = sqlite3_value_dup (sqlite3_column_value (row, 1));
    candidate.size = sqlite3_column_int64 (row, 2);
    candidate.in_use = sqlite3_column_int64 (row, 4) != 0
        || (owner && cup_owner_is_alive (store->directory, owner));
    g_array_append_val (list, candidate);
  }
  cup_database_done (row);
  return done;
}

static gboolean
remove_candidate (CupStore * store, gint64 id, GError ** error)
{
  sqlite3_stmt *statement = cup_database_prepare (store->writer,
      "DELETE FROM results WHERE id = ?1", error);

  if (!statement)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, id);
  return cup_database_run (store->writer, statement, error);
}

/* One transaction. @last is where it goes on; @ended is set where all fits, or
 * nothing is left to look at. */
static gboolean
trim_batch (CupStore * store, guint64 max_size, Place * last,
    guint * removed, gboolean * ended, GError ** error)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (Candidate));
  gint64 size = 0;
  gboolean done;
  guint i;

  g_array_set_clear_func (list, clear_candidate);
  done = cup_database_get_integer (store->writer, "SELECT size FROM totals",
      &size, error) && list_candidates (store, last, list, error);
  for (i = 0; done && i < list->len && (guint64) MAX (size, 0) > max_size; i++) {
    Candidate *candidate = &g_array_index (list, Candidate, i);

    take_place (last, candidate);
    if (candidate->in_use)
      continue;
    done = remove_candidate (store, candidate->id, error);
    /* Neither has to make sense in an index that somebody has changed. */
    size -= CLAMP (candidate->size, 0, MAX (size, 0));
    (*removed)++;
  }
  *ended = list->len == 0 || (guint64) MAX (size, 0) <= max_size;
  g_array_unref (list);
  return done;
}

gboolean
cup_store_trim (CupStore * store, guint64 max_size, guint * removed,
    GError ** error)
{
  Place last = { G_MININT64, NULL };
  gboolean ended = FALSE, done = TRUE, first = TRUE;
  guint64 size;
  guint total = 0;

  if (removed)
    *removed = 0;
  if (!cup_store_check_writable (store, error)
      || !cup_store_get_usage (store, NULL, &size, error))
    return FALSE;
  if (size <= max_size)
    return TRUE;
  while (done && !ended) {
    guint count = 0;

    done = cup_store_begin (store, error);
    if (!done)
      break;
    done = (!first || cup_store_write_touched (store, error))
        && trim_batch (store, max_size, &last, &count, &ended, error);
    if (done)
      done = cup_store_commit (store, error);
    else
      cup_store_rollback (store);
    done = done && cup_store_collect_garbage (store, BATCH, error);
    first = FALSE;
    total += count;
  }
  sqlite3_value_free (last.used);
  if (removed)
    *removed = total;
  return done;
}
