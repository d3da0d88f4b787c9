/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Jobs, and the status object that all answers about them share.
 */
#include "job.h"

#include <string.h>

CupServiceJob *
cup_service_job_new (const gchar * application, JsonObject * input)
{
  CupServiceJob *job = g_new0 (CupServiceJob, 1);

  job->id = g_uuid_string_random ();
  job->application = g_strdup (application);
  job->alias = strrchr (job->application, '/') + 1;
  job->input = json_object_ref (input);
  job->cancellable = g_cancellable_new ();
  job->logs = json_array_new ();
  return job;
}

static void
clear_source (GSource ** source)
{
  if (*source) {
    g_source_destroy (*source);
    g_clear_pointer (source, g_source_unref);
  }
}

void
cup_service_job_clear_sources (CupServiceJob * job)
{
  clear_source (&job->timer);
  clear_source (&job->start_deadline);
}

void
cup_service_job_free (CupServiceJob * job)
{
  cup_service_job_clear_sources (job);
  g_object_unref (job->cancellable);
  g_clear_pointer (&job->input, json_object_unref);
  g_clear_pointer (&job->body, json_node_unref);
  json_array_unref (job->logs);
  g_free (job->outcome);
  g_free (job->headers);
  g_free (job->error);
  g_free (job->error_type);
  g_free (job->application);
  g_free (job->id);
  g_free (job);
}

void
cup_service_job_add_log (CupServiceJob * job, const gchar * level,
    const gchar * format, ...)
{
  GDateTime *now = g_date_time_new_now_utc ();
  JsonObject *line = json_object_new ();
  gchar *time = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S.%f");
  gchar *message;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  json_object_set_string_member (line, "message", message);
  json_object_set_string_member (line, "level", level);
  json_object_set_string_member (line, "source", "USER");
  json_object_set_string_member (line, "timestamp", time);
  json_array_add_object_element (job->logs, line);
  g_free (message);
  g_free (time);
  g_date_time_unref (now);
}

guint
cup_service_job_get_n_logs (CupServiceJob * job)
{
  return json_array_get_length (job->logs);
}

void
cup_service_job_fail (CupServiceJob * job, guint status, JsonNode * body,
    const gchar * headers, const gchar * error, const gchar * error_type)
{
  job->status = status;
  job->body = body;
  job->headers = g_strdup (headers);
  job->error = g_strdup (error);
  job->error_type = g_strdup (error_type);
}

void
cup_service_job_fail_flat (CupServiceJob * job, guint status,
    const gchar * detail, const gchar * error_type, const gchar * headers)
{
  JsonObject *object = json_object_new ();
  JsonNode *body = json_node_alloc ();

  json_object_set_string_member (object, "detail", detail);
  json_object_set_string_member (object, "error_type", error_type);
  json_node_take_object (body, object);
  cup_service_job_fail (job, status, body, headers, detail, error_type);
}

static void
add_url (JsonObject * object, const gchar * name, const gchar * location,
    CupServiceJob * job, const gchar * end)
{
  gchar *url = g_strdup_printf ("%s/%s/requests/%s%s", location,
      job->application, job->id, end);

  json_object_set_string_member (object, name, url);
  g_free (url);
}

static JsonArray *
copy_logs (CupServiceJob * job, guint first)
{
  JsonArray *copy = json_array_new ();
  guint i;

  for (i = first; i < json_array_get_length (job->logs); i++)
    json_array_add_element (copy,
        json_node_copy (json_array_get_element (job->logs, i)));
  return copy;
}

JsonObject *
cup_service_job_to_json (CupServiceJob * job, const gchar * location,
    guint position, gboolean logs, guint first_log)
{
  static const gchar *const states[] = {
    "IN_QUEUE", "IN_PROGRESS", "COMPLETED"
  };
  JsonObject *object = json_object_new ();
  JsonObject *metrics = json_object_new ();

  json_object_set_string_member (object, "status", states[job->state]);
  json_object_set_string_member (object, "request_id", job->id);
  add_url (object, "response_url", location, job, "");
  add_url (object, "status_url", location, job, "/status");
  add_url (object, "cancel_url", location, job, "/cancel");
  if (logs)
    json_object_set_array_member (object, "logs", copy_logs (job, first_log));
  else
    json_object_set_null_member (object, "logs");
  if (job->state == CUP_SERVICE_JOB_COMPLETED)
    json_object_set_double_member (metrics, "inference_time",
        job->inference_time);
  json_object_set_object_member (object, "metrics", metrics);
  if (job->state == CUP_SERVICE_JOB_IN_QUEUE)
    json_object_set_int_member (object, "queue_position", position);
  if (job->error)
    json_object_set_string_member (object, "error", job->error);
  if (job->error_type)
    json_object_set_string_member (object, "error_type", job->error_type);
  return object;
}

void
cup_service_job_reduce_json (JsonObject * object)
{
  static const gchar *const optional[] = {
    "response_url", "status_url", "cancel_url", "logs", "metrics",
    "queue_position", "error", "error_type"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (optional); i++)
    json_object_remove_member (object, optional[i]);
}
