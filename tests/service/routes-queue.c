/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The queue's requests: submit, status, stream, result, cancel.
 */
#include "routes.h"

#include <string.h>

#include "answer.h"
#include "input.h"
#include "queue.h"
#include "stream.h"

/* Milliseconds of X-Fal-Request-Timeout, which is in seconds. */
static guint
get_start_timeout (CupServiceRequest * request)
{
  const char *value;
  gdouble seconds;

  value = soup_message_headers_get_one (soup_server_message_get_request_headers
      (request->message), "X-Fal-Request-Timeout");
  seconds = value ? g_ascii_strtod (value, NULL) : 0;
  return seconds > 0 && seconds < 86400 ? MAX (seconds * 1000, 1) : 0;
}

static void
remove_urls (JsonObject * object)
{
  json_object_remove_member (object, "response_url");
  json_object_remove_member (object, "status_url");
  json_object_remove_member (object, "cancel_url");
}

static void
answer_submitted (CupServiceRequest * request, CupServiceJob * job)
{
  CupFalService *service = request->service;
  const CupServiceFault *fault = &request->fault;
  JsonObject *object;

  object = cup_service_job_to_json (job,
      cup_service_fault_is (fault, CUP_SERVICE_FAULT_FOREIGN_URLS)
      ? service->files_origin : service->location,
      cup_service_queue_get_position (service->queue, job), FALSE, 0);
  /* The hosted service says so even where a runner takes it at once. */
  if (!cup_service_fault_is (fault, CUP_SERVICE_FAULT_IN_PROGRESS)) {
    json_object_set_string_member (object, "status", "IN_QUEUE");
    json_object_set_int_member (object, "queue_position",
        cup_service_queue_get_position (service->queue, job));
  } else {
    json_object_set_string_member (object, "status", "IN_PROGRESS");
    json_object_remove_member (object, "queue_position");
  }
  if (cup_service_fault_is (fault, CUP_SERVICE_FAULT_NO_URLS))
    remove_urls (object);
  if (cup_service_fault_is (fault, CUP_SERVICE_FAULT_MINIMAL))
    cup_service_job_reduce_json (object);
  cup_service_answer_set_header (request->message, "x-fal-request-id", job->id);
  cup_service_answer_object (request->message, 200, object);
}

/* "low" waits behind all that is not. */
static gboolean
has_low_priority (CupServiceRequest * request)
{
  const char *value;

  value = soup_message_headers_get_one (soup_server_message_get_request_headers
      (request->message), "X-Fal-Queue-Priority");
  return value && g_ascii_strcasecmp (value, "low") == 0;
}

static gboolean
is_within_limit (CupServiceRequest * request)
{
  CupFalService *service = request->service;
  guint max_jobs = g_atomic_int_get (&service->max_jobs);

  if (max_jobs == 0
      || cup_service_queue_get_n_unfinished (service->queue) < max_jobs)
    return TRUE;
  cup_service_record_count (service->record, CUP_FAL_COUNT_LIMITED, 1);
  cup_service_request_answer_row (request,
      cup_service_fault_find (CUP_FAL_STAGE_SUBMIT, "429"));
  return FALSE;
}

static void
take_job (CupServiceRequest * request, JsonObject * input)
{
  if (is_within_limit (request))
    answer_submitted (request,
        cup_service_queue_submit (request->service->queue,
            request->application, input, get_start_timeout (request),
            has_low_priority (request)));
}

static void
handle_submit (CupServiceRequest * request)
{
  CupFalService *service = request->service;
  JsonObject *input = cup_service_request_get_object (request);
  const gchar *alias = strrchr (request->application, '/') + 1;
  JsonNode *error = NULL;

  if (!input) {
    cup_service_answer_json (request->message, 422, cup_service_detail ("body",
            NULL, "json_invalid", "The body has to be a JSON object", NULL));
    return;
  }
  if (service->options.check_at_submit)
    error = cup_service_input_check (alias, input);
  if (error)
    cup_service_answer_json (request->message, 422, error);
  else
    take_job (request, input);
  json_object_unref (input);
}

static gboolean
wants_logs (CupServiceRequest * request)
{
  const gchar *logs = cup_service_request_get_query (request, "logs");

  return g_strcmp0 (logs, "1") == 0 || g_strcmp0 (logs, "true") == 0;
}

static void
handle_status (CupServiceRequest * request, CupServiceJob * job)
{
  CupFalService *service = request->service;
  gboolean completed = job->state == CUP_SERVICE_JOB_COMPLETED;
  JsonObject *object;

  object = cup_service_job_to_json (job, service->location,
      cup_service_queue_get_position (service->queue, job),
      wants_logs (request), 0);
  if (cup_service_fault_is (&request->fault, CUP_SERVICE_FAULT_UNKNOWN_STATE)
      && !completed)
    json_object_set_string_member (object, "status", "WARMING_UP");
  if (cup_service_fault_is (&request->fault, CUP_SERVICE_FAULT_MINIMAL))
    cup_service_job_reduce_json (object);
  cup_service_answer_object (request->message, completed ? 200 : 202, object);
}

static void
handle_result (CupServiceRequest * request, CupServiceJob * job)
{
  gchar *units;

  if (job->state != CUP_SERVICE_JOB_COMPLETED) {
    cup_service_answer_word (request->message, 400, "detail",
        "Request is still in progress");
    return;
  }
  if (job->status == 200) {
    units = g_strdup_printf ("%.3f", job->inference_time);
    cup_service_answer_set_header (request->message, "X-Fal-Billable-Units",
        units);
    g_free (units);
  }
  cup_service_answer_add_headers (request->message, job->headers);
  if (job->error_type)
    cup_service_answer_set_header (request->message, "X-Fal-Error-Type",
        job->error_type);
  cup_service_answer_json (request->message, job->status,
      json_node_copy (job->body));
}

static void
handle_cancel (CupServiceRequest * request, CupServiceJob * job)
{
  if (cup_service_queue_cancel (request->service->queue, job))
    cup_service_answer_word (request->message, 202, "status",
        "CANCELLATION_REQUESTED");
  else
    cup_service_answer_word (request->message, 400, "status",
        "ALREADY_COMPLETED");
}

static void
answer_unknown (CupServiceRequest * request)
{
  if (request->route == CUP_SERVICE_ROUTE_RESULT)
    cup_service_answer_word (request->message, 404, "detail",
        "Request not found");
  else
    cup_service_answer_word (request->message, 404, "status", "NOT_FOUND");
}

void
cup_service_handle_queue (CupServiceRequest * request)
{
  CupFalService *service = request->service;
  CupServiceJob *job;

  if (request->route == CUP_SERVICE_ROUTE_SUBMIT) {
    handle_submit (request);
    return;
  }
  cup_service_answer_set_header (request->message, "x-fal-request-id",
      request->id);
  job = cup_service_queue_find (service->queue, request->application,
      request->id);
  if (!job)
    answer_unknown (request);
  else if (request->route == CUP_SERVICE_ROUTE_STATUS)
    handle_status (request, job);
  else if (request->route == CUP_SERVICE_ROUTE_STREAM)
    cup_service_stream_start (service, request->server, request->message, job,
        wants_logs (request), &request->fault);
  else if (request->route == CUP_SERVICE_ROUTE_RESULT)
    handle_result (request, job);
  else
    handle_cancel (request, job);
}
