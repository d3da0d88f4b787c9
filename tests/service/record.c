/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The log of requests and the counters, behind one mutex; every change of a
 * counter wakes those who wait for one.
 */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <glib/gstdio.h>

#include "base/error.h"

/* Entries kept in memory; the file has them all. */
#define LOG_LENGTH 20000

struct _CupServiceRecord
{
  GMutex mutex;
  GCond changed;
  /* As text: JsonObject must not be shared between threads. */
  GQueue lines;
  guint64 counters[CUP_FAL_N_COUNTERS];
  FILE *file;
};

static const gchar *const counter_names[CUP_FAL_N_COUNTERS] = {
  [CUP_FAL_COUNT_INITIATE] = "initiate",
  [CUP_FAL_COUNT_PUT] = "put",
  [CUP_FAL_COUNT_PART] = "part",
  [CUP_FAL_COUNT_COMPLETE] = "complete",
  [CUP_FAL_COUNT_SUBMIT] = "submit",
  [CUP_FAL_COUNT_STATUS] = "status",
  [CUP_FAL_COUNT_STREAM] = "stream",
  [CUP_FAL_COUNT_RESULT] = "result",
  [CUP_FAL_COUNT_DOWNLOAD] = "download",
  [CUP_FAL_COUNT_CANCEL] = "cancel",
  [CUP_FAL_COUNT_REQUESTS] = "requests",
  [CUP_FAL_COUNT_REFUSED] = "refused",
  [CUP_FAL_COUNT_LIMITED] = "limited",
  [CUP_FAL_COUNT_LEAKS] = "leaks",
  [CUP_FAL_COUNT_FAULTS] = "faults",
  [CUP_FAL_COUNT_ACCEPTED] = "accepted",
  [CUP_FAL_COUNT_COMPLETED] = "completed",
  [CUP_FAL_COUNT_FAILED] = "failed",
  [CUP_FAL_COUNT_CANCELLED] = "cancelled",
  [CUP_FAL_COUNT_QUEUED] = "queued",
  [CUP_FAL_COUNT_RUNNING] = "running",
  [CUP_FAL_COUNT_RUNNING_MOST] = "running_most",
  [CUP_FAL_COUNT_UPLOADED] = "uploaded",
  [CUP_FAL_COUNT_UPLOADED_BYTES] = "uploaded_bytes",
  [CUP_FAL_COUNT_SERVED] = "served",
  [CUP_FAL_COUNT_SERVED_BYTES] = "served_bytes",
  [CUP_FAL_COUNT_CONNECTIONS] = "connections",
};

CupServiceRecord *
cup_service_record_new (const gchar * path, GError ** error)
{
  CupServiceRecord *record;
  FILE *file = NULL;
  gint fd;

  if (path) {
    fd = g_open (path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd >= 0 && !(file = fdopen (fd, "w")))
      g_close (fd, NULL);
    if (!file) {
      gint code = errno;

      g_set_error (error, CUP_ERROR, CUP_ERROR_SETTINGS,
          "cannot write the log \"%s\": %s", path, g_strerror (code));
      return NULL;
    }
  }
  record = g_new0 (CupServiceRecord, 1);
  g_mutex_init (&record->mutex);
  g_cond_init (&record->changed);
  g_queue_init (&record->lines);
  record->file = file;
  return record;
}

void
cup_service_record_free (CupServiceRecord * record)
{
  g_queue_clear_full (&record->lines, g_free);
  if (record->file)
    fclose (record->file);
  g_cond_clear (&record->changed);
  g_mutex_clear (&record->mutex);
  g_free (record);
}

void
cup_service_record_log (CupServiceRecord * record, JsonObject * entry)
{
  JsonNode *node = json_node_alloc ();
  gchar *line;

  json_node_take_object (node, entry);
  line = json_to_string (node, FALSE);
  json_node_free (node);

  g_mutex_lock (&record->mutex);
  if (record->file) {
    /* A script may be reading along. */
    fprintf (record->file, "%s\n", line);
    fflush (record->file);
  }
  g_queue_push_tail (&record->lines, line);
  if (record->lines.length > LOG_LENGTH)
    g_free (g_queue_pop_head (&record->lines));
  g_mutex_unlock (&record->mutex);
}

JsonNode *
cup_service_record_get_log (CupServiceRecord * record)
{
  GString *text = g_string_new ("[");
  JsonNode *node;
  GList *item;

  g_mutex_lock (&record->mutex);
  for (item = record->lines.head; item; item = item->next) {
    if (item->prev)
      g_string_append_c (text, ',');
    g_string_append (text, item->data);
  }
  g_mutex_unlock (&record->mutex);
  g_string_append_c (text, ']');

  node = json_from_string (text->str, NULL);
  g_string_free (text, TRUE);
  return node;
}

void
cup_service_record_count (CupServiceRecord * record, CupFalCounter counter,
    gint64 change)
{
  g_return_if_fail (counter < CUP_FAL_N_COUNTERS);

  g_mutex_lock (&record->mutex);
  record->counters[counter] += change;
  g_cond_broadcast (&record->changed);
  g_mutex_unlock (&record->mutex);
}

void
cup_service_record_set (CupServiceRecord * record, CupFalCounter counter,
    guint64 value)
{
  g_return_if_fail (counter < CUP_FAL_N_COUNTERS);

  g_mutex_lock (&record->mutex);
  record->counters[counter] = value;
  g_cond_broadcast (&record->changed);
  g_mutex_unlock (&record->mutex);
}

guint64
cup_service_record_get (CupServiceRecord * record, CupFalCounter counter)
{
  guint64 value;

  g_return_val_if_fail (counter < CUP_FAL_N_COUNTERS, 0);

  g_mutex_lock (&record->mutex);
  value = record->counters[counter];
  g_mutex_unlock (&record->mutex);
  return value;
}

gboolean
cup_service_record_wait (CupServiceRecord * record, CupFalCounter counter,
    guint64 count, gint64 timeout)
{
  gint64 end = g_get_monotonic_time () + timeout;
  gboolean reached;

  g_return_val_if_fail (counter < CUP_FAL_N_COUNTERS, FALSE);

  g_mutex_lock (&record->mutex);
  while (!(reached = record->counters[counter] >= count))
    if (!g_cond_wait_until (&record->changed, &record->mutex, end))
      break;
  g_mutex_unlock (&record->mutex);
  return reached;
}

JsonNode *
cup_service_record_get_stats (CupServiceRecord * record)
{
  JsonObject *object = json_object_new ();
  JsonNode *node = json_node_alloc ();
  guint i;

  g_mutex_lock (&record->mutex);
  for (i = 0; i < CUP_FAL_N_COUNTERS; i++)
    json_object_set_int_member (object, counter_names[i], record->counters[i]);
  g_mutex_unlock (&record->mutex);

  json_node_init_object (node, object);
  json_object_unref (object);
  return node;
}
