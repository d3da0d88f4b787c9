/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A job as the service sees it: state, log, and outcome; and the JSON of it.
 *
 * Of the service's thread only.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "faults.h"

G_BEGIN_DECLS

typedef enum
{
  CUP_SERVICE_JOB_IN_QUEUE,
  CUP_SERVICE_JOB_IN_PROGRESS,
  CUP_SERVICE_JOB_COMPLETED,
} CupServiceJobState;

/**
 * CupServiceJob:
 * @id: the request id
 * @application: "owner/alias", with the namespace where there is one
 * @alias: the last part of it
 * @input: the request's body
 * @fault: what the job suffers from
 * @low: of low priority
 * @cancellable: stops the work
 * @status: of the result, once it is completed
 * @body: of the result
 * @headers: (nullable): of the result, "Name: value" in lines
 * @error: (nullable): for the status, where it failed
 * @error_type: (nullable): the same
 */
typedef struct
{
  gchar *id;
  gchar *application;
  const gchar *alias;
  JsonObject *input;
  CupServiceFault fault;
  gboolean low;
  GCancellable *cancellable;

  CupServiceJobState state;
  gint64 started;
  gdouble inference_time;
  guint status;
  JsonNode *body;
  gchar *headers;
  gchar *error;
  gchar *error_type;

  /*< private > */
  JsonArray *logs;
  GSource *timer;
  GSource *start_deadline;
  /* The last line but one, for when the time comes. */
  gchar *outcome;
  guint step;
  gboolean released;            /* ends although jobs are held */
  gboolean delayed;
  gboolean worked;
} CupServiceJob;

/* @application is taken apart by the caller; @input: a reference is taken. */
CupServiceJob *cup_service_job_new (const gchar * application,
    JsonObject * input);
void cup_service_job_free (CupServiceJob * job);
/* Stops the timers. */
void cup_service_job_clear_sources (CupServiceJob * job);

void cup_service_job_add_log (CupServiceJob * job, const gchar * level,
    const gchar * format, ...) G_GNUC_PRINTF (3, 4);
guint cup_service_job_get_n_logs (CupServiceJob * job);

/* Outcome of a job that failed. @body is taken. */
void cup_service_job_fail (CupServiceJob * job, guint status, JsonNode * body,
    const gchar * headers, const gchar * error, const gchar * error_type);
/* The flat form, {"detail": @detail, "error_type": @error_type}. */
void cup_service_job_fail_flat (CupServiceJob * job, guint status,
    const gchar * detail, const gchar * error_type, const gchar * headers);

/* The status object. @location is the base of its URLs; @position counts the
 * jobs that are ahead of it in the queue; the log from @first_log on is in it
 * where @logs is set. */
JsonObject *cup_service_job_to_json (CupServiceJob * job,
    const gchar * location, guint position, gboolean logs, guint first_log);
/* What is left of a status object where only required fields are sent. */
void cup_service_job_reduce_json (JsonObject * object);

G_END_DECLS
