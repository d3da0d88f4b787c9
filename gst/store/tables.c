/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A step that has been released is never changed: what is to be different is
 * another step.
 *
 * Whatever removes a row of results, and be it a person with sqlite3, a trigger
 * notes its file in garbage in the same transaction. So files that nothing
 * refers to are found without looking at all of them. Likewise a trigger keeps
 * the totals, so that nothing is counted.
 */
#include "tables.h"

#include "base/error.h"

/* *INDENT-OFF* */
static const gchar *const migrations[] = {
  /* 0 → 1 */
  "CREATE TABLE results ("
  "  id INTEGER PRIMARY KEY,"
  "  key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),"
  "  type TEXT NOT NULL,"
  "  generation INTEGER NOT NULL,"
  "  size INTEGER NOT NULL,"
  "  digest BLOB NOT NULL,"
  "  width INTEGER, height INTEGER, channels INTEGER, depth INTEGER,"
  "  engine TEXT, application TEXT,"
  "  seed INTEGER, request_id TEXT, url TEXT,"
  "  inference_time REAL, queue_time REAL, service_time REAL, total_time REAL,"
  "  bytes_up INTEGER, bytes_down INTEGER, submissions INTEGER,"
  "  lost_alpha INTEGER,"
  "  created INTEGER NOT NULL, used INTEGER NOT NULL);"
  "CREATE INDEX results_used ON results (used, id);"
  "CREATE TABLE totals (count INTEGER NOT NULL, size INTEGER NOT NULL);"
  "INSERT INTO totals VALUES (0, 0);"
  "CREATE TABLE garbage ("
  "  key BLOB NOT NULL, type TEXT NOT NULL, generation INTEGER NOT NULL);"
  "CREATE TRIGGER results_added AFTER INSERT ON results BEGIN"
  "  UPDATE totals SET count = count + 1, size = size + NEW.size;"
  "END;"
  "CREATE TRIGGER results_replaced AFTER UPDATE OF size, type, generation"
  "  ON results BEGIN"
  "  UPDATE totals SET size = size + NEW.size - OLD.size;"
  "  INSERT INTO garbage VALUES (OLD.key, OLD.type, OLD.generation);"
  "END;"
  "CREATE TRIGGER results_removed AFTER DELETE ON results BEGIN"
  "  UPDATE totals SET count = count - 1, size = size - OLD.size;"
  "  INSERT INTO garbage VALUES (OLD.key, OLD.type, OLD.generation);"
  "END;"
  "CREATE TABLE journal ("
  "  key BLOB PRIMARY KEY CHECK (length(key) = 32),"
  "  owner TEXT NOT NULL,"
  "  state TEXT NOT NULL CHECK (state IN ('claimed','submitting','accepted')),"
  "  changed INTEGER NOT NULL,"
  "  request_id TEXT, status_url TEXT, response_url TEXT, cancel_url TEXT,"
  "  upload_url TEXT) WITHOUT ROWID;"
  "CREATE TABLE waiting ("
  "  key BLOB PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;"
  "CREATE TABLE uploads ("
  "  digest BLOB NOT NULL, place TEXT NOT NULL, url TEXT NOT NULL,"
  "  expires INTEGER NOT NULL, PRIMARY KEY (digest, place)) WITHOUT ROWID;"
  "CREATE INDEX uploads_expires ON uploads (expires);"
  "CREATE VIEW files AS SELECT lower(hex(key)) AS name, 'results/'"
  "  || lower(substr(hex(key), 1, 2)) || '/' || lower(hex(key))"
  "  || CASE generation WHEN 0 THEN '' ELSE '-' || generation END"
  "  || '.' || type AS file, size,"
  "  lower(hex(digest)) AS sha256, width, height, engine, application, seed,"
  "  request_id, url, datetime(created / 1000000, 'unixepoch') AS created,"
  "  datetime(used / 1000000, 'unixepoch') AS used FROM results;",
};
/* *INDENT-ON* */

static gboolean
check_application (CupDatabase * database, gint64 version, GError ** error)
{
  gint64 id, tables;

  if (!cup_database_get_integer (database, "PRAGMA application_id", &id, error)
      || !cup_database_get_integer (database,
          "SELECT count(*) FROM sqlite_master", &tables, error))
    return FALSE;
  if (id == CUP_TABLES_APPLICATION_ID || (version == 0 && tables == 0))
    return TRUE;
  g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
      "the store's index %s is another program's; choose another folder",
      cup_database_get_path (database));
  return FALSE;
}

static gboolean
check_version (CupDatabase * database, gint64 * version, guint newest,
    GError ** error)
{
  if (!cup_database_get_integer (database, "PRAGMA user_version", version,
          error) || !check_application (database, *version, error))
    return FALSE;
  if (*version >= 0 && *version <= newest)
    return TRUE;
  g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
      "the store's index %s has version %" G_GINT64_FORMAT
      " of its tables, this "
      "program knows version %u: a newer one made it; use that, or another "
      "folder", cup_database_get_path (database), *version, newest);
  return FALSE;
}

static gboolean
run_step (CupDatabase * database, const gchar * step, guint version,
    GError ** error)
{
  gchar *stamp;
  gboolean done;

  if (!cup_database_begin (database, error))
    return FALSE;
  stamp = g_strdup_printf ("PRAGMA user_version = %u;"
      "PRAGMA application_id = %d", version, CUP_TABLES_APPLICATION_ID);
  done = cup_database_execute (database, step, error)
      && cup_database_execute (database, stamp, error);
  g_free (stamp);
  if (done)
    return cup_database_commit (database, error);
  cup_database_rollback (database);
  return FALSE;
}

gboolean
cup_tables_migrate_steps (CupDatabase * database, const gchar * const *steps,
    guint n_steps, GError ** error)
{
  gint64 version;

  if (!check_version (database, &version, n_steps, error))
    return FALSE;
  for (; version < n_steps; version++) {
    if (!run_step (database, steps[version], (guint) version + 1, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
cup_tables_migrate (CupDatabase * database, GError ** error)
{
  return cup_tables_migrate_steps (database, migrations,
      G_N_ELEMENTS (migrations), error);
}

gboolean
cup_tables_check (CupDatabase * database, GError ** error)
{
  gint64 version;

  if (!check_version (database, &version, G_N_ELEMENTS (migrations), error))
    return FALSE;
  if (version == G_N_ELEMENTS (migrations))
    return TRUE;
  g_set_error (error, CUP_ERROR, CUP_ERROR_READ_ONLY,
      "the store's index %s has version %" G_GINT64_FORMAT
      " of its tables, and "
      "nothing can be written to bring it to version %u; open it once where it "
      "can be", cup_database_get_path (database), version,
      (guint) G_N_ELEMENTS (migrations));
  return FALSE;
}
