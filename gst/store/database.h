/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A connection to the index, by SQLite: statements that are prepared once,
 * transactions, and errors as GError. Inside the store only.
 *
 * One thread at a time has it: cup_database_lock() before anything else, but
 * for opening and closing.
 */
#pragma once

#include <gio/gio.h>
#include <sqlite3.h>

G_BEGIN_DECLS

typedef struct _CupDatabase CupDatabase;

typedef enum
{
  CUP_DATABASE_WRITE,           /* and made where it is not there */
  CUP_DATABASE_READ,            /* beside one that writes */
  CUP_DATABASE_READ_ONLY,       /* in a folder where nothing can be written */
} CupDatabaseMode;

CupDatabase *cup_database_open (const gchar * path, CupDatabaseMode mode,
    GError ** error);
void cup_database_close (CupDatabase * database);

/* Returns the path of its file. */
const gchar *cup_database_get_path (CupDatabase * database);

/* Whether a statement has come upon damage of the file since it was opened. No lock
 * needed. */
gboolean cup_database_is_damaged (CupDatabase * database);

void cup_database_lock (CupDatabase * database);
void cup_database_unlock (CupDatabase * database);

/* Runs all of @sql, without a result. */
gboolean cup_database_execute (CupDatabase * database, const gchar * sql,
    GError ** error);

/* @sql must be a literal: its address is what it is found by the next time.
 * Give the statement back with cup_database_done(), also after an error. */
sqlite3_stmt *cup_database_prepare (CupDatabase * database,
    const gchar * sql, GError ** error);
/* @row: (nullable): whether there is one; FALSE is an error. */
gboolean cup_database_step (CupDatabase * database, sqlite3_stmt * statement,
    gboolean * row, GError ** error);
/* Does nothing with NULL. */
void cup_database_done (sqlite3_stmt * statement);
/* cup_database_step() once, without a row, and done. */
gboolean cup_database_run (CupDatabase * database, sqlite3_stmt * statement,
    GError ** error);
/* Rows that the last statement changed. */
gint cup_database_get_changes (CupDatabase * database);

/* A transaction that may write from its start: nobody else writes until its
 * end, in any process. */
gboolean cup_database_begin (CupDatabase * database, GError ** error);
/* Where it fails, everything is rolled back. */
gboolean cup_database_commit (CupDatabase * database, GError ** error);
void cup_database_rollback (CupDatabase * database);

/* The first column of the first row of @sql, 0 where there is none. */
gboolean cup_database_get_integer (CupDatabase * database, const gchar * sql,
    gint64 * value, GError ** error);

/* Copies rows of @from to @to: @select is run on the one, and @insert, which takes its
 * @n columns as parameters, on the other for each row. Rows that @insert refuses are
 * left out. FALSE where @from could not be read to its end: what could be is
 * copied. */
gboolean cup_database_copy (CupDatabase * from, const gchar * select,
    CupDatabase * to, const gchar * insert, gint n);

/* Columns and parameters, NULL as NULL. The blob has to have @size bytes. */
gchar *cup_column_dup_text (sqlite3_stmt * statement, gint column);
gboolean cup_column_get_blob (sqlite3_stmt * statement, gint column,
    guint8 * out, gsize size);
/* The data must stay until the statement is done. */
void cup_bind_text (sqlite3_stmt * statement, gint index, const gchar * text);
void cup_bind_blob (sqlite3_stmt * statement, gint index,
    const guint8 * data, gsize size);

G_END_DECLS
