/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "uploads.h"

#include "store-private.h"

static gboolean
remove_expired (CupStore * store, GError ** error)
{
  sqlite3_stmt *statement = cup_database_prepare (store->writer,
      "DELETE FROM uploads WHERE expires <= ?1", error);

  if (!statement)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, cup_store_get_time ());
  return cup_database_run (store->writer, statement, error);
}

static gboolean
write_upload (CupStore * store, const guint8 * digest, const gchar * place,
    const gchar * url, gint64 expires, GError ** error)
{
  sqlite3_stmt *statement = cup_database_prepare (store->writer,
      "INSERT INTO uploads (digest, place, url, expires) "
      "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (digest, place) DO UPDATE SET "
      "url = ?3, expires = ?4", error);

  if (!statement)
    return FALSE;
  cup_bind_blob (statement, 1, digest, CUP_DIGEST_SIZE);
  cup_bind_text (statement, 2, place);
  cup_bind_text (statement, 3, url);
  sqlite3_bind_int64 (statement, 4, expires);
  return cup_database_run (store->writer, statement, error);
}

gboolean
cup_store_add_upload (CupStore * store, const guint8 digest[CUP_DIGEST_SIZE],
    const gchar * place, const gchar * url, gint64 expires, GError ** error)
{
  if (!cup_store_begin (store, error))
    return FALSE;
  if (remove_expired (store, error)
      && write_upload (store, digest, place, url, expires, error))
    return cup_store_commit (store, error);
  cup_store_rollback (store);
  return FALSE;
}

gboolean
cup_store_lookup_upload (CupStore * store,
    const guint8 digest[CUP_DIGEST_SIZE], const gchar * place, gint64 margin,
    gchar ** url, GError ** error)
{
  gint64 now = cup_store_get_time ();
  sqlite3_stmt *statement;
  gboolean done = FALSE, row;

  *url = NULL;
  cup_database_lock (store->reader);
  statement = cup_database_prepare (store->reader,
      "SELECT url FROM uploads WHERE digest = ?1 AND place = ?2 "
      "AND expires - ?3 >= ?4", error);
  if (statement) {
    cup_bind_blob (statement, 1, digest, CUP_DIGEST_SIZE);
    cup_bind_text (statement, 2, place);
    sqlite3_bind_int64 (statement, 3, now);
    sqlite3_bind_int64 (statement, 4, margin);
    done = cup_database_step (store->reader, statement, &row, error);
    if (done && row)
      *url = cup_column_dup_text (statement, 0);
  }
  cup_database_done (statement);
  cup_database_unlock (store->reader);
  return done;
}

gboolean
cup_store_remove_upload (CupStore * store,
    const guint8 digest[CUP_DIGEST_SIZE], const gchar * place, GError ** error)
{
  sqlite3_stmt *statement;
  gboolean done = FALSE;

  if (!cup_store_begin (store, error))
    return FALSE;
  statement = cup_database_prepare (store->writer,
      "DELETE FROM uploads WHERE digest = ?1 AND place = ?2", error);
  if (statement) {
    cup_bind_blob (statement, 1, digest, CUP_DIGEST_SIZE);
    cup_bind_text (statement, 2, place);
    done = cup_database_run (store->writer, statement, error);
  }
  if (done)
    return cup_store_commit (store, error);
  cup_store_rollback (store);
  return FALSE;
}
