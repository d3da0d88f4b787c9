/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Claims: a row of the journal, with the owner's ID. Whether the owner is alive
 * is asked of the kernel (owner.h) each time; taking over from a dead one is one
 * transaction, so that only one can.
 */
#include "journal.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "store-private.h"

/* Changes by other processes are looked for: what they do takes seconds. */
#define POLL_MIN (10 * G_TIME_SPAN_MILLISECOND)
#define POLL_MAX (200 * G_TIME_SPAN_MILLISECOND)
/* For how long trimming keeps what is waited for; renewed by half of it. */
#define WAITING_TIME G_TIME_SPAN_MINUTE

void
cup_store_request_free (CupStoreRequest * request)
{
  g_free (request->request_id);
  g_free (request->status_url);
  g_free (request->response_url);
  g_free (request->cancel_url);
  g_free (request->upload_url);
  g_free (request);
}

/* What stands in the journal; no owner where nothing does. */
typedef struct
{
  gchar *owner;
  CupStoreClaim state;          /* what a new owner gets */
  CupStoreRequest *request;
} Row;

static void
row_clear (Row * row)
{
  g_free (row->owner);
  g_clear_pointer (&row->request, cup_store_request_free);
}

static CupStoreRequest *
read_request (sqlite3_stmt * row)
{
  CupStoreRequest *request = g_new0 (CupStoreRequest, 1);

  request->request_id = cup_column_dup_text (row, 2);
  request->status_url = cup_column_dup_text (row, 3);
  request->response_url = cup_column_dup_text (row, 4);
  request->cancel_url = cup_column_dup_text (row, 5);
  request->upload_url = cup_column_dup_text (row, 6);
  request->accepted = sqlite3_column_int64 (row, 7);
  return request;
}

static gboolean
find_row (CupDatabase * database, const CupStoreKey * key, Row * row,
    GError ** error)
{
  sqlite3_stmt *statement = cup_database_prepare (database,
      "SELECT owner, state, request_id, status_url, response_url, cancel_url, "
      "upload_url, changed FROM journal WHERE key = ?1", error);
  gboolean done, found;

  memset (row, 0, sizeof (*row));
  if (!statement)
    return FALSE;
  cup_bind_blob (statement, 1, key->bytes, sizeof (key->bytes));
  done = cup_database_step (database, statement, &found, error);
  if (done && found) {
    gchar *state = cup_column_dup_text (statement, 1);

    row->owner = cup_column_dup_text (statement, 0);
    if (!row->owner)
      row->owner = g_strdup ("");
    row->state = CUP_STORE_CLAIM_OURS;
    if (g_strcmp0 (state, "submitting") == 0)
      row->state = CUP_STORE_CLAIM_UNCERTAIN;
    if (g_strcmp0 (state, "accepted") == 0
        && sqlite3_column_type (statement, 2) != SQLITE_NULL) {
      row->state = CUP_STORE_CLAIM_RESUMABLE;
      row->request = read_request (statement);
    }
    g_free (state);
  }
  cup_database_done (statement);
  return done;
}

static gboolean
is_alive (CupStore * store, const gchar * owner)
{
  if (store->owner && strcmp (owner, cup_owner_get_id (store->owner)) == 0)
    return TRUE;
  return cup_owner_is_alive (store->directory, owner);
}

/* A request that was accepted stays so, with its time; the rest is as if it was
 * new. */
static gboolean
take (CupStore * store, const CupStoreKey * key, GError ** error)
{
  sqlite3_stmt *statement = cup_database_prepare (store->writer,
      "INSERT INTO journal (key, owner, state, changed) "
      "VALUES (?1, ?2, 'claimed', ?3) ON CONFLICT (key) DO UPDATE SET "
      "owner = ?2, "
      "changed = CASE state WHEN 'accepted' THEN changed ELSE ?3 END, "
      "state = CASE state WHEN 'accepted' THEN 'accepted' ELSE 'claimed' END",
      error);

  if (!statement)
    return FALSE;
  cup_bind_blob (statement, 1, key->bytes, sizeof (key->bytes));
  cup_bind_text (statement, 2, cup_owner_get_id (store->owner));
  sqlite3_bind_int64 (statement, 3, cup_store_get_time ());
  return cup_database_run (store->writer, statement, error);
}

/* Inside the transaction. @claim tells whether there is anything to commit. */
static gboolean
decide (CupStore * store, const CupStoreKey * key, gboolean refresh,
    CupStoreClaim * claim, CupStoreRequest ** request, GError ** error)
{
  gboolean stored = FALSE, done;
  Row row;

  if (!refresh && !cup_store_has_row (store->writer,
          "SELECT 1 FROM results WHERE key = ?1", key, &stored, error))
    return FALSE;
  if (!refresh && !stored
      && !cup_store_has_file (store, store->writer, key, &stored, error))
    return FALSE;
  if (stored) {
    *claim = CUP_STORE_CLAIM_STORED;
    return TRUE;
  }
  if (!find_row (store->writer, key, &row, error))
    return FALSE;
  if (row.owner && is_alive (store, row.owner)) {
    *claim = CUP_STORE_CLAIM_BUSY;
    done = TRUE;
  } else {
    *claim = row.owner ? row.state : CUP_STORE_CLAIM_OURS;
    done = take (store, key, error);
    if (done && request)
      *request = g_steal_pointer (&row.request);
  }
  row_clear (&row);
  return done;
}

gboolean
cup_store_claim (CupStore * store, const CupStoreKey * key, gboolean refresh,
    CupStoreClaim * claim, CupStoreRequest ** request, GError ** error)
{
  gboolean stored = FALSE;

  if (request)
    *request = NULL;
  /* Most often, in a second run, and then nothing has to be locked. */
  if (!refresh && !cup_store_contains (store, key, &stored, error))
    return FALSE;
  if (stored) {
    *claim = CUP_STORE_CLAIM_STORED;
    return TRUE;
  }
  if (!cup_store_begin (store, error))
    return FALSE;
  if (!decide (store, key, refresh, claim, request, error)) {
    cup_store_rollback (store);
    return FALSE;
  }
  if (*claim == CUP_STORE_CLAIM_STORED || *claim == CUP_STORE_CLAIM_BUSY) {
    cup_store_rollback (store);
    return TRUE;
  }
  if (cup_store_commit (store, error))
    return TRUE;
  if (request)
    g_clear_pointer (request, cup_store_request_free);
  return FALSE;
}

gboolean
cup_store_is_accepted (CupStore * store, const CupStoreKey * key,
    gboolean * accepted, GError ** error)
{
  gboolean done;

  cup_database_lock (store->reader);
  done = cup_store_has_row (store->reader,
      "SELECT 1 FROM journal WHERE key = ?1 AND state = 'accepted'", key,
      accepted, error);
  cup_database_unlock (store->reader);
  return done;
}

/* Changes the row of a key that is ours. ?1 is the key, ?2 the owner, ?3 the
 * time; @request: (nullable): ?4 … */
static gboolean
change (CupStore * store, const CupStoreKey * key, const gchar * sql,
    const CupStoreRequest * request, GError ** error)
{
  sqlite3_stmt *statement;
  gboolean done = FALSE;

  if (!cup_store_begin (store, error))
    return FALSE;
  statement = cup_database_prepare (store->writer, sql, error);
  if (statement) {
    cup_bind_blob (statement, 1, key->bytes, sizeof (key->bytes));
    cup_bind_text (statement, 2, cup_owner_get_id (store->owner));
    sqlite3_bind_int64 (statement, 3, cup_store_get_time ());
    if (request) {
      cup_bind_text (statement, 4, request->request_id);
      cup_bind_text (statement, 5, request->status_url);
      cup_bind_text (statement, 6, request->response_url);
      cup_bind_text (statement, 7, request->cancel_url);
      cup_bind_text (statement, 8, request->upload_url);
    }
    done = cup_database_run (store->writer, statement, error);
    if (done && cup_database_get_changes (store->writer) == 0) {
      g_set_error_literal (error, CUP_ERROR, CUP_ERROR_FAILED,
          "the store's journal: the key is not claimed here");
      done = FALSE;
    }
  }
  if (!done) {
    cup_store_rollback (store);
    return FALSE;
  }
  if (!cup_store_commit (store, error))
    return FALSE;
  cup_store_notify (store);
  return TRUE;
}

gboolean
cup_store_note_submitting (CupStore * store, const CupStoreKey * key,
    GError ** error)
{
  return change (store, key, "UPDATE journal SET state = 'submitting', "
      "changed = ?3, request_id = NULL, status_url = NULL, response_url = NULL,"
      " cancel_url = NULL, upload_url = NULL WHERE key = ?1 AND owner = ?2",
      NULL, error);
}

gboolean
cup_store_note_refused (CupStore * store, const CupStoreKey * key,
    GError ** error)
{
  return cup_store_note_lost (store, key, error);
}

gboolean
cup_store_note_accepted (CupStore * store, const CupStoreKey * key,
    const CupStoreRequest * request, GError ** error)
{
  g_return_val_if_fail (request->request_id != NULL, FALSE);

  return change (store, key, "UPDATE journal SET state = 'accepted', "
      "changed = ?3, request_id = ?4, status_url = ?5, response_url = ?6, "
      "cancel_url = ?7, upload_url = ?8 WHERE key = ?1 AND owner = ?2",
      request, error);
}

gboolean
cup_store_note_lost (CupStore * store, const CupStoreKey * key, GError ** error)
{
  return change (store, key, "UPDATE journal SET state = 'claimed', "
      "changed = ?3, request_id = NULL, status_url = NULL, response_url = NULL,"
      " cancel_url = NULL, upload_url = NULL WHERE key = ?1 AND owner = ?2",
      NULL, error);
}

gboolean
cup_store_forget (CupStore * store, const CupStoreKey * key, GError ** error)
{
  return change (store, key,
      "DELETE FROM journal WHERE key = ?1 AND owner = ?2", NULL, error);
}

gboolean
cup_store_release (CupStore * store, const CupStoreKey * key, GError ** error)
{
  return change (store, key,
      "UPDATE journal SET owner = '' WHERE key = ?1 AND owner = ?2", NULL,
      error);
}

/* Waiting */

static gboolean
is_busy (CupStore * store, const CupStoreKey * key, gboolean * busy,
    GError ** error)
{
  gboolean done;
  Row row;

  cup_database_lock (store->reader);
  done = find_row (store->reader, key, &row, error);
  cup_database_unlock (store->reader);
  *busy = done && row.owner && is_alive (store, row.owner);
  row_clear (&row);
  return done;
}

static gboolean
find_free (CupStore * store, const CupStoreKey * keys, guint n_keys,
    gboolean * found, GError ** error)
{
  guint i;

  *found = FALSE;
  for (i = 0; !*found && i < n_keys; i++) {
    gboolean busy;

    if (!is_busy (store, &keys[i], &busy, error))
      return FALSE;
    *found = !busy;
  }
  return TRUE;
}

/* So that nobody trims what is waited for. Where that cannot be written (the disk
 * is full) it is waited for all the same. */
static void
note_waiting (CupStore * store, const CupStoreKey * keys, guint n_keys)
{
  sqlite3_stmt *statement;
  GError *error = NULL;
  gboolean done;
  guint i;

  if (cup_store_begin (store, &error)) {
    statement = cup_database_prepare (store->writer,
        "INSERT INTO waiting (key, until) VALUES (?1, ?2) "
        "ON CONFLICT (key) DO UPDATE SET until = max(until, ?2)", &error);
    done = statement != NULL;
    for (i = 0; done && i < n_keys; i++) {
      cup_bind_blob (statement, 1, keys[i].bytes, sizeof (keys[i].bytes));
      sqlite3_bind_int64 (statement, 2, cup_store_get_time () + WAITING_TIME);
      done = cup_database_run (store->writer, statement, &error);
    }
    if (!done)
      cup_store_rollback (store);
    else
      cup_store_commit (store, &error);
  }
  if (error)
    cup_info ("what is waited for may be trimmed: %s", error->message);
  g_clear_error (&error);
}

static void
on_cancelled (GCancellable * cancellable, gpointer user_data)
{
  cup_store_notify (user_data);
}

/* Until something has changed since @serial, or @until. */
static void
sleep_until (CupStore * store, guint64 serial, gint64 until)
{
  g_mutex_lock (&store->lock);
  while (store->serial == serial
      && g_cond_wait_until (&store->changed, &store->lock, until));
  g_mutex_unlock (&store->lock);
}

static guint64
get_serial (CupStore * store)
{
  guint64 serial;

  g_mutex_lock (&store->lock);
  serial = store->serial;
  g_mutex_unlock (&store->lock);
  return serial;
}

static gboolean
wait_for_free (CupStore * store, const CupStoreKey * keys, guint n_keys,
    gint64 deadline, GCancellable * cancellable, GError ** error)
{
  gint64 poll = POLL_MIN, renew = 0;
  gboolean found;

  while (TRUE) {
    guint64 serial = get_serial (store);
    gint64 now = g_get_monotonic_time ();

    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    if (now >= renew) {
      note_waiting (store, keys, n_keys);
      renew = now + WAITING_TIME / 2;
    }
    if (!find_free (store, keys, n_keys, &found, error))
      return FALSE;
    if (found)
      return TRUE;
    now = g_get_monotonic_time ();
    if (now >= deadline) {
      g_set_error_literal (error, CUP_ERROR, CUP_ERROR_TIMEOUT,
          "the result that another part of the program, or another process, "
          "is about to store has not come in time");
      return FALSE;
    }
    sleep_until (store, serial, MIN (deadline, now + poll));
    poll = MIN (2 * poll, POLL_MAX);
  }
}

gboolean
cup_store_wait (CupStore * store, const CupStoreKey * keys, guint n_keys,
    gint64 timeout, GCancellable * cancellable, GError ** error)
{
  gint64 now = g_get_monotonic_time ();
  gint64 deadline = timeout < 0 || timeout > G_MAXINT64 - now ? G_MAXINT64 :
      now + timeout;
  gulong handler = 0;
  gboolean done;

  if (cancellable)
    handler = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled),
        store, NULL);
  done = wait_for_free (store, keys, n_keys, deadline, cancellable, error);
  if (cancellable)
    g_cancellable_disconnect (cancellable, handler);
  return done;
}
