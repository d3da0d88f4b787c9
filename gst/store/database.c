/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SQLite in WAL mode: who reads does not wait for who writes, and a commit is
 * one fsync().
 *
 * synchronous is FULL: with NORMAL, which is enough to keep the file whole, the
 * last commits before a power failure are lost, and with them requests that the
 * service has accepted. The price is an fsync() a commit, next to work that
 * takes seconds and is paid for.
 *
 * The file may have been made by anybody: no functions of its own are run
 * (trusted_schema, SQLITE_DBCONFIG_DEFENSIVE), it is not mapped into memory.
 */
#include "database.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"

/* Writers hold the lock for milliseconds, on a slow disk for a second. */
#define BUSY_TIMEOUT_MS 30000
/* Of a damaged index: what makes it anew is in rebuild.c. */
#define ADVICE "; start again while nobody else has the store open, and the index " \
  "is made anew from the pictures, which are files"

struct _CupDatabase
{
  GMutex lock;
  sqlite3 *handle;
  gchar *path;
  GHashTable *statements;       /* literal → sqlite3_stmt */
  gint damaged;                 /* atomic */
};

static gboolean
is_no_space (gint result, gint number)
{
  if ((result & 0xff) == SQLITE_FULL)
    return TRUE;
  return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

/* SQLite does not note the system's number where a commit fails; errno was 0
 * before the call. */
static gint
get_system_error (CupDatabase * self, gint result, gint last)
{
  gint number = self->handle ? sqlite3_system_errno (self->handle) : 0;

  if ((result & 0xff) != SQLITE_IOERR && (result & 0xff) != SQLITE_CANTOPEN)
    return 0;
  return number ? number : last;
}

static void
set_error (CupDatabase * self, gint result, GError ** error)
{
  gint number = get_system_error (self, result, errno);
  const gchar *words = self->handle ? sqlite3_errmsg (self->handle) :
      sqlite3_errstr (result);
  CupErrorCode code = CUP_ERROR_FAILED;
  const gchar *advice = "";
  gchar *text;

  switch (result & 0xff) {
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      code = CUP_ERROR_READ_ONLY;
      advice = "; check who may write in its folder";
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_CONSTRAINT:
      code = CUP_ERROR_BAD_DATA;
      advice = ADVICE;
      g_atomic_int_set (&self->damaged, TRUE);
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      code = CUP_ERROR_TIMEOUT;
      advice = "; another process keeps it locked";
      break;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      if (is_no_space (result, number)) {
        code = CUP_ERROR_NO_SPACE;
        advice = "; make room, or set a limit (cache-max-size)";
      } else if (number == EACCES || number == EPERM || number == EROFS) {
        code = CUP_ERROR_READ_ONLY;
        advice = "; check who may write in its folder";
      }
      break;
    default:
      break;
  }
  /* SQLite cites what it has found. */
  text = g_utf8_make_valid (words, -1);
  g_set_error (error, CUP_ERROR, code, "the store's index %s: %s%s%s%s",
      self->path, text, number ? ": " : "",
      number ? g_strerror (number) : "", advice);
  g_free (text);
}

/* No statement is wrong where the tables are right: one that the index does not
 * understand shows that the tables are damaged. */
static void
set_prepare_error (CupDatabase * self, gint result, GError ** error)
{
  gchar *text;

  if ((result & 0xff) != SQLITE_ERROR) {
    set_error (self, result, error);
    return;
  }
  g_atomic_int_set (&self->damaged, TRUE);
  text = g_utf8_make_valid (sqlite3_errmsg (self->handle), -1);
  g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
      "the store's index %s is damaged: %s%s", self->path, text, ADVICE);
  g_free (text);
}

static gboolean
set_up (CupDatabase * self, CupDatabaseMode mode, GError ** error)
{
  sqlite3_busy_timeout (self->handle, BUSY_TIMEOUT_MS);
  sqlite3_extended_result_codes (self->handle, 1);
  sqlite3_db_config (self->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  if (!cup_database_execute (self, "PRAGMA trusted_schema = OFF;"
          "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0", error))
    return FALSE;
  if (mode != CUP_DATABASE_WRITE)
    return TRUE;
  return cup_database_execute (self, "PRAGMA journal_mode = WAL;"
      "PRAGMA synchronous = FULL", error);
}

/* That there is no shared memory and none can be made: for lack of permission, or
 * of space. */
static gboolean
has_no_shared_memory (CupDatabase * self, gint result)
{
  gint last = errno;

  return (result & 0xff) == SQLITE_CANTOPEN
      || (result & 0xff) == SQLITE_READONLY
      || ((result & 0xff) == SQLITE_IOERR
      && is_no_space (result, get_system_error (self, result, last)));
}

/* Of a folder that cannot be written in, the index can be read by locks and
 * shared memory that are there already, because somebody who may write has it
 * open; where they are not, nobody has, and it does not change. */
static gint
open_read_only (CupDatabase * self)
{
  gint flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READONLY;
  gint result = sqlite3_open_v2 (self->path, &self->handle, flags, NULL);
  gchar *uri, *name;

  sqlite3_extended_result_codes (self->handle, 1);
  sqlite3_busy_timeout (self->handle, BUSY_TIMEOUT_MS);
  /* Opening is lazy: only reading the schema shows what can be done. */
  errno = 0;
  if (result == SQLITE_OK)
    result = sqlite3_exec (self->handle, "SELECT 1 FROM sqlite_master", NULL,
        NULL, NULL);
  if (!has_no_shared_memory (self, result))
    return result;
  sqlite3_close (self->handle);
  name = g_uri_escape_string (self->path, "/", TRUE);
  uri = g_strconcat ("file:", name, "?immutable=1", NULL);
  result = sqlite3_open_v2 (uri, &self->handle, flags | SQLITE_OPEN_URI, NULL);
  g_free (uri);
  g_free (name);
  return result;
}

CupDatabase *
cup_database_open (const gchar * path, CupDatabaseMode mode, GError ** error)
{
  CupDatabase *self = g_new0 (CupDatabase, 1);
  gint flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE;
  gint result;

  g_mutex_init (&self->lock);
  self->path = g_strdup (path);
  self->statements = g_hash_table_new (NULL, NULL);
  if (mode == CUP_DATABASE_READ_ONLY)
    result = open_read_only (self);
  else
    result = sqlite3_open_v2 (path, &self->handle, flags | SQLITE_OPEN_CREATE,
        NULL);
  if (result != SQLITE_OK) {
    set_error (self, result, error);
  } else if (set_up (self, mode, error)) {
    return self;
  }
  cup_database_close (self);
  return NULL;
}

void
cup_database_close (CupDatabase * self)
{
  GHashTableIter iter;
  gpointer statement;

  g_hash_table_iter_init (&iter, self->statements);
  while (g_hash_table_iter_next (&iter, NULL, &statement))
    sqlite3_finalize (statement);
  g_hash_table_unref (self->statements);
  sqlite3_close (self->handle);
  g_mutex_clear (&self->lock);
  g_free (self->path);
  g_free (self);
}

const gchar *
cup_database_get_path (CupDatabase * self)
{
  return self->path;
}

gboolean
cup_database_is_damaged (CupDatabase * self)
{
  return g_atomic_int_get (&self->damaged);
}

void
cup_database_lock (CupDatabase * self)
{
  g_mutex_lock (&self->lock);
}

void
cup_database_unlock (CupDatabase * self)
{
  g_mutex_unlock (&self->lock);
}

gboolean
cup_database_execute (CupDatabase * self, const gchar * sql, GError ** error)
{
  gint result;

  errno = 0;
  result = sqlite3_exec (self->handle, sql, NULL, NULL, NULL);
  if (result != SQLITE_OK)
    set_error (self, result, error);
  return result == SQLITE_OK;
}

sqlite3_stmt *
cup_database_prepare (CupDatabase * self, const gchar * sql, GError ** error)
{
  sqlite3_stmt *statement = g_hash_table_lookup (self->statements, sql);
  gint result;

  if (statement)
    return statement;
  result = sqlite3_prepare_v3 (self->handle, sql, -1,
      SQLITE_PREPARE_PERSISTENT, &statement, NULL);
  if (result != SQLITE_OK) {
    set_prepare_error (self, result, error);
    return NULL;
  }
  g_hash_table_insert (self->statements, (gpointer) sql, statement);
  return statement;
}

gboolean
cup_database_step (CupDatabase * self, sqlite3_stmt * statement,
    gboolean * row, GError ** error)
{
  gint result;

  errno = 0;
  result = sqlite3_step (statement);
  if (row)
    *row = result == SQLITE_ROW;
  if (result == SQLITE_ROW || result == SQLITE_DONE)
    return TRUE;
  set_error (self, result, error);
  return FALSE;
}

void
cup_database_done (sqlite3_stmt * statement)
{
  if (!statement)
    return;
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
}

gboolean
cup_database_run (CupDatabase * self, sqlite3_stmt * statement, GError ** error)
{
  gboolean done = cup_database_step (self, statement, NULL, error);

  cup_database_done (statement);
  return done;
}

gint
cup_database_get_changes (CupDatabase * self)
{
  return sqlite3_changes (self->handle);
}

gboolean
cup_database_begin (CupDatabase * self, GError ** error)
{
  return cup_database_execute (self, "BEGIN IMMEDIATE", error);
}

gboolean
cup_database_commit (CupDatabase * self, GError ** error)
{
  if (cup_database_execute (self, "COMMIT", error))
    return TRUE;
  cup_database_rollback (self);
  return FALSE;
}

void
cup_database_rollback (CupDatabase * self)
{
  /* SQLite has rolled back by itself after some errors. */
  if (!sqlite3_get_autocommit (self->handle))
    sqlite3_exec (self->handle, "ROLLBACK", NULL, NULL, NULL);
}

gboolean
cup_database_get_integer (CupDatabase * self, const gchar * sql,
    gint64 * value, GError ** error)
{
  sqlite3_stmt *statement = cup_database_prepare (self, sql, error);
  gboolean row, done;

  if (!statement)
    return FALSE;
  done = cup_database_step (self, statement, &row, error);
  *value = done && row ? sqlite3_column_int64 (statement, 0) : 0;
  cup_database_done (statement);
  return done;
}

gboolean
cup_database_copy (CupDatabase * from, const gchar * select,
    CupDatabase * to, const gchar * insert, gint n)
{
  sqlite3_stmt *reads = cup_database_prepare (from, select, NULL);
  sqlite3_stmt *writes = cup_database_prepare (to, insert, NULL);
  gboolean done = FALSE, row;
  gint i;

  if (reads && writes) {
    while ((done = cup_database_step (from, reads, &row, NULL)) && row) {
      for (i = 0; i < n; i++)
        sqlite3_bind_value (writes, i + 1, sqlite3_column_value (reads, i));
      sqlite3_step (writes);
      cup_database_done (writes);
    }
  }
  cup_database_done (reads);
  return done;
}

gchar *
cup_column_dup_text (sqlite3_stmt * statement, gint column)
{
  const gchar *text = (const gchar *) sqlite3_column_text (statement, column);

  return text ? g_utf8_make_valid (text, -1) : NULL;
}

gboolean
cup_column_get_blob (sqlite3_stmt * statement, gint column, guint8 * out,
    gsize size)
{
  gconstpointer data = sqlite3_column_blob (statement, column);

  if (!data || (gsize) sqlite3_column_bytes (statement, column) != size)
    return FALSE;
  memcpy (out, data, size);
  return TRUE;
}

void
cup_bind_text (sqlite3_stmt * statement, gint index, const gchar * text)
{
  if (text)
    sqlite3_bind_text (statement, index, text, -1, SQLITE_STATIC);
  else
    sqlite3_bind_null (statement, index);
}

void
cup_bind_blob (sqlite3_stmt * statement, gint index, const guint8 * data,
    gsize size)
{
  sqlite3_bind_blob64 (statement, index, data, size, SQLITE_STATIC);
}
