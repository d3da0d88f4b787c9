/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The way of one job through fal's queue. One exchange at a time, everything
 * on the HTTP thread:
 *
 *   upload/initiate → PUT → submit → status … status → result → download
 *
 * A job is completed as soon as its outcome is clear. What has to happen after
 * that, so that no paid work stays behind, happens without it: a request that
 * was submitted is cancelled at the service, and where the submission itself
 * is under way its answer is awaited first, for two seconds.
 */
#include "request.h"

#include <string.h>

#include "answer.h"
#include "base/error.h"
#include "base/log.h"
#include "failure.h"
#include "net/backoff.h"
#include "net/redact.h"
#include "protocol.h"

#define MILLISECONDS (G_USEC_PER_SEC / 1000)

/* What is tried again, and how often; the submission never is, because the
 * service may have accepted it without our hearing of it. Nothing of the job
 * is created by the upload; the others only read. */
static const CupBackoff upload_policy = {
  .max_attempts = 3,
  .base = 500 * MILLISECONDS,
  .maximum = 4 * G_USEC_PER_SEC,
};

/* Failures in a row; in between there is nothing to lose by asking again. */
static const CupBackoff status_policy = {
  .max_attempts = 8,
  .base = 500 * MILLISECONDS,
  .maximum = 10 * G_USEC_PER_SEC,
};

static const CupBackoff fetch_policy = {
  .max_attempts = 3,
  .base = 500 * MILLISECONDS,
  .maximum = 4 * G_USEC_PER_SEC,
};

/* The interval of polling is a part of the time that has passed: a short job
 * is noticed soon, a long one does not cost many requests. */
#define POLL_PART 40
#define POLL_MIN (25 * MILLISECONDS)
#define POLL_MAX (2 * G_USEC_PER_SEC)

typedef void (*Handler) (CupFalRequest * request, CupHttpResponse * response,
    const GError * error);

struct _CupFalRequest
{
  gint ref_count;               /* HTTP thread only, once it is started */
  CupFalApi *api;
  GList link;                   /* in api->requests, until completed */
  CupJob *job;                  /* NULL once it is completed */
  const gchar *stage;
  gint64 started;

  /* The exchange that is under way, or the wait before the next one. */
  Handler handler;
  gboolean transferring;        /* a picture, and not the API */
  GCancellable *cancellable;
  GSource *timer;
  void (*timer_func) (CupFalRequest * request);
  CupHttpWatch *cancel_watch;
  GSource *deadline;

  CupFalUpload upload;
  CupFalAccepted accepted;
  gint64 submitted;             /* when the answer came, 0 before */
  gboolean completed;           /* the service is done with it */
  CupFalState state;
  gchar *state_word;
  gint64 queue_position;
  gdouble inference_time;
  gchar *trouble;               /* (nullable): why it is tried again */
  CupFalOutput output;
  CupBackoff upload_backoff;
  CupBackoff status_backoff;
  CupBackoff result_backoff;
  CupBackoff download_backoff;
  guint64 max_pixels;
};

static void begin_upload (CupFalRequest * request);
static void poll_status (CupFalRequest * request);
static void fetch_result (CupFalRequest * request);
static void download (CupFalRequest * request);

CupFalRequest *
cup_fal_request_new (CupFalApi * api, CupJob * job)
{
  const CupValues *values = cup_job_get_values (job);
  CupFalRequest *request = g_new0 (CupFalRequest, 1);
  guint width, height;

  request->ref_count = 1;
  request->api = cup_fal_api_ref (api);
  request->link.data = request;
  request->job = cup_job_ref (job);
  request->stage = CUP_STAGE_UPLOAD;
  request->started = g_get_monotonic_time ();
  request->queue_position = -1;
  request->inference_time = -1;
  request->upload_backoff = upload_policy;
  request->status_backoff = status_policy;
  request->result_backoff = fetch_policy;
  request->download_backoff = fetch_policy;
  cup_job_get_size (job, &width, &height);
  request->max_pixels = cup_fal_max_result_pixels (width, height, values ?
      cup_values_get_number (values, CUP_FIELD_SCALE) :
      cup_field_get (CUP_FIELD_SCALE)->fallback);
  return request;
}

static void
request_unref (CupFalRequest * request)
{
  if (--request->ref_count > 0)
    return;
  g_clear_pointer (&request->job, cup_job_unref);
  cup_fal_upload_clear (&request->upload);
  cup_fal_accepted_clear (&request->accepted);
  cup_fal_output_clear (&request->output);
  g_free (request->state_word);
  g_free (request->trouble);
  cup_fal_api_unref (request->api);
  g_free (request);
}

static void
clear_source (GSource ** source)
{
  if (*source)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* Waiting and exchanging. */

static void
on_timer (gpointer data)
{
  CupFalRequest *request = data;

  clear_source (&request->timer);
  request->timer_func (request);
}

static void
wait_then (CupFalRequest * request, gint64 delay,
    void (*func) (CupFalRequest * request))
{
  clear_source (&request->timer);
  request->timer_func = func;
  request->timer = cup_http_add_timer (request->api->http, delay, on_timer,
      request);
}

static void
on_answer (CupHttpResponse * response, const GError * error, gpointer data)
{
  CupFalRequest *request = data;
  Handler handler = g_steal_pointer (&request->handler);

  g_clear_object (&request->cancellable);
  if (handler)
    handler (request, response, error);
  request_unref (request);
}

/* Fills in what is needed to take the exchange back, and takes a reference
 * that on_answer() gives up. */
static void
prepare (CupFalRequest * request, CupHttpRequest * exchange, Handler handler)
{
  request->ref_count++;
  request->handler = handler;
  request->cancellable = g_cancellable_new ();
  exchange->cancellable = request->cancellable;
}

static void
call (CupFalRequest * request, const gchar * method, const gchar * url,
    GBytes * body, Handler handler)
{
  CupHttpRequest exchange = {.method = method,.url = url,.body = body };

  prepare (request, &exchange, handler);
  request->transferring = FALSE;
  cup_fal_api_call (request->api, &exchange, on_answer, request);
}

static void
transfer (CupFalRequest * request, CupHttpRequest * exchange, Handler handler)
{
  prepare (request, exchange, handler);
  request->transferring = TRUE;
  cup_fal_api_transfer (request->api, exchange, on_answer, request);
}

/* Completing. */

static void
cancel_at_service (CupFalRequest * request)
{
  cup_fal_api_cancel_request (request->api,
      request->accepted.cancel_url, request->accepted.request_id);
}

static void
handle_late_submission (CupFalRequest * request, CupHttpResponse * response,
    const GError * error)
{
  clear_source (&request->timer);
  if (response && cup_http_response_get_status (response) / 100 == 2
      && cup_fal_parse_accepted (cup_http_response_get_body (response),
          &request->accepted, NULL)) {
    gchar *built = cup_fal_build_request_url (request->api->location,
        request->api->application, request->accepted.request_id,
        "/cancel");

    if (!cup_fal_check_origin (request->accepted.cancel_url,
            request->api->location)) {
      g_free (request->accepted.cancel_url);
      request->accepted.cancel_url = g_steal_pointer (&built);
    }
    cancel_at_service (request);
    g_free (built);
  } else if (!response) {
    cup_info ("a submission was given up without an answer (%s): the service "
        "may have accepted it", error->message);
  }
}

static void
give_submission_up (CupFalRequest * request)
{
  if (request->cancellable)
    g_cancellable_cancel (request->cancellable);
}

/* Ends everything that was for the job, and takes back what was submitted. */
static void
wind_up (CupFalRequest * request)
{
  gboolean submitting = request->handler
      && strcmp (request->stage, CUP_STAGE_SUBMIT) == 0;

  clear_source (&request->timer);
  g_clear_pointer (&request->cancel_watch, cup_http_unwatch);
  clear_source (&request->deadline);
  g_queue_unlink (&request->api->requests, &request->link);
  if (submitting) {
    request->handler = handle_late_submission;
    wait_then (request, CUP_HTTP_CLOSE_TIMEOUT, give_submission_up);
    return;
  }
  request->handler = NULL;
  if (request->cancellable)
    g_cancellable_cancel (request->cancellable);
  if (request->submitted > 0 && !request->completed)
    cancel_at_service (request);
}

/* Takes @result or @error. Gives up the reference that is for the job. */
static void
complete (CupFalRequest * request, CupResult * result, GError * error)
{
  CupJob *job = g_steal_pointer (&request->job);

  if (error)
    cup_job_return_error (job, error);
  else
    cup_job_return_result (job, result);
  cup_job_unref (job);
  wind_up (request);
  request_unref (request);
}

static GError *
new_cancelled (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
      "the job was cancelled");
}

void
cup_fal_request_abandon (CupFalRequest * request)
{
  complete (request, NULL, new_cancelled ());
}

void
cup_fal_request_discard (CupFalRequest * request)
{
  cup_job_return_error (request->job, new_cancelled ());
  request_unref (request);
}

static void
on_job_cancelled (gpointer data)
{
  cup_fal_request_abandon (data);
}

/* An error that came from below, in the words of the stage. */
static void
fail (CupFalRequest * request, GError * error)
{
  complete (request, NULL, cup_fal_error_at (error, request->stage,
          request->accepted.request_id, request->api->key));
}

static void
fail_with (CupFalRequest * request, const CupFalFailure * failure)
{
  complete (request, NULL, cup_fal_failure_to_error (failure, request->stage,
          request->api->endpoint, request->accepted.request_id,
          request->api->key));
}

static void
on_deadline (gpointer data)
{
  CupFalRequest *request = data;
  gint64 timeout = cup_job_get_timeout (request->job);
  GString *text = g_string_new (NULL);
  GError *error;

  g_string_append_printf (text, "no result within %g s (stage: %s",
      (gdouble) timeout / G_USEC_PER_SEC, request->stage);
  if (request->state_word) {
    gchar *word = cup_fal_clean (request->state_word, request->api->key);

    g_string_append_printf (text, "; the service says %s", word);
    g_free (word);
  }
  if (request->state == CUP_FAL_IN_QUEUE && request->queue_position >= 0)
    g_string_append_printf (text, ", %" G_GINT64_FORMAT " ahead in the queue",
        request->queue_position);
  if (request->trouble)
    g_string_append_printf (text, "; what went wrong last: %s",
        request->trouble);
  g_string_append (text, "); raise the property timeout to wait longer");
  if (request->accepted.request_id)
    g_string_append_printf (text, " (request %s)",
        request->accepted.request_id);

  error = g_error_new_literal (CUP_ERROR, CUP_ERROR_TIMEOUT, text->str);
  cup_error_edit_details (error)->stage = request->stage;
  cup_error_edit_details (error)->request_id =
      g_strdup (request->accepted.request_id);
  if (strcmp (request->stage, CUP_STAGE_SUBMIT) == 0)
    error = cup_fal_error_maybe_accepted (error);
  g_string_free (text, TRUE);
  complete (request, NULL, error);
}

/* Answers. */

static gboolean
is_success (CupHttpResponse * response)
{
  guint status = cup_http_response_get_status (response);

  return status >= 200 && status < 300;
}

static void
read_failure (CupFalRequest * request, CupHttpResponse * response,
    CupFalFailure * failure)
{
  cup_fal_failure_read (failure, cup_http_response_get_status (response),
      cup_http_response_get_body (response),
      cup_http_response_get_header (response, "X-Fal-Error-Type"),
      cup_http_response_get_header (response, "X-Fal-Request-Timeout-Type"));
  failure->is_transfer = request->transferring;
}

/* Waits for another attempt, or returns FALSE where there is none left. */
static gboolean
try_again (CupFalRequest * request, CupBackoff * backoff, const gchar * reason,
    void (*func) (CupFalRequest * request))
{
  gint64 delay;

  if (!cup_backoff_next (backoff, &delay))
    return FALSE;
  g_free (request->trouble);
  request->trouble = g_strdup (reason);
  cup_debug ("%s: tries again in %g s: %s", request->stage,
      (gdouble) delay / G_USEC_PER_SEC, reason);
  wait_then (request, delay, func);
  return TRUE;
}

/* What all stages that may be repeated do with what is no success. @error or
 * @response. @own_answer: what the service itself says is final here. */
static void
handle_trouble (CupFalRequest * request, CupHttpResponse * response,
    const GError * error, gboolean own_answer, CupBackoff * backoff,
    void (*func) (CupFalRequest * request))
{
  CupFalFailure failure;
  gchar *reason;

  if (error) {
    if (!cup_fal_error_is_transient (error)
        || !try_again (request, backoff, error->message, func))
      fail (request, g_error_copy (error));
    return;
  }
  read_failure (request, response, &failure);
  reason = g_strdup_printf ("HTTP %u", failure.status);
  if ((own_answer && failure.is_from_service)
      || !cup_fal_failure_is_transient (&failure)
      || !try_again (request, backoff, reason, func))
    fail_with (request, &failure);
  g_free (reason);
  cup_fal_failure_clear (&failure);
}

/* Download. */

static gboolean
check_picture (CupFalRequest * request, GBytes * bytes, CupImageInfo * info,
    GError ** error)
{
  CupImageType declared;

  if (!cup_image_read_info (bytes, info, error)
      || !cup_pixels_check_size (info->width, info->height,
          request->max_pixels, "the result", error)
      || !cup_image_check_complete (bytes, info->type, error))
    return FALSE;

  declared = request->output.content_type ?
      cup_image_type_from_mime (request->output.content_type) : info->type;
  if (declared != info->type)
    cup_info ("request %s: the picture is %s, and not what was declared",
        request->accepted.request_id, cup_image_type_get_mime (info->type));
  return TRUE;
}

static void
return_picture (CupFalRequest * request, GBytes * bytes)
{
  GError *error = NULL;
  CupImageInfo info;
  CupResult *result;

  if (!check_picture (request, bytes, &info, &error)) {
    fail (request, error);
    return;
  }
  result = cup_result_new_bytes (g_bytes_ref (bytes), &info);
  result->has_seed = request->output.has_seed;
  result->seed = request->output.seed;
  result->request_id = g_strdup (request->accepted.request_id);
  result->url = g_strdup (request->output.url);
  result->inference_time = request->inference_time;
  complete (request, result, NULL);
}

static void
handle_picture (CupFalRequest * request, CupHttpResponse * response,
    const GError * error)
{
  if (response && is_success (response))
    return_picture (request, cup_http_response_get_body (response));
  else
    handle_trouble (request, response, error, FALSE,
        &request->download_backoff, download);
}

static void
download (CupFalRequest * request)
{
  CupHttpRequest exchange = {.method = "GET",.url = request->output.url };

  exchange.max_size = cup_fal_max_result_bytes (request->max_pixels);
  exchange.follow_redirects = TRUE;
  transfer (request, &exchange, handle_picture);
}

/* Result. */

static void
begin_download (CupFalRequest * request)
{
  GError *error = NULL;

  request->stage = CUP_STAGE_DOWNLOAD;
  if (request->output.data)
    return_picture (request, request->output.data);
  else if (!cup_fal_api_check_url (request->output.url,
          request->api->location, "the result", &error))
    fail (request, error);
  else
    download (request);
}

static void
schedule_poll (CupFalRequest * request)
{
  gint64 elapsed = g_get_monotonic_time () - request->submitted;

  request->stage = CUP_STAGE_STATUS;
  wait_then (request, CLAMP (elapsed / POLL_PART, POLL_MIN, POLL_MAX),
      poll_status);
}

static void
handle_result (CupFalRequest * request, CupHttpResponse * response,
    const GError * error)
{
  gsize max_bytes = cup_fal_max_result_bytes (request->max_pixels);
  CupFalFailure failure;
  GError *reason = NULL;
  gboolean too_early;

  if (!response) {
    handle_trouble (request, NULL, error, TRUE, &request->result_backoff,
        fetch_result);
    return;
  }
  if (is_success (response)) {
    if (cup_fal_parse_output (cup_http_response_get_body (response), max_bytes,
            &request->output, &reason))
      begin_download (request);
    else
      fail (request, reason);
    return;
  }
  read_failure (request, response, &failure);
  too_early = failure.is_in_progress;
  cup_fal_failure_clear (&failure);
  if (too_early) {
    request->completed = FALSE;
    schedule_poll (request);
  } else {
    /* This is how a failed job is reported: only what a gateway says is worth
     * another attempt. */
    handle_trouble (request, response, NULL, TRUE, &request->result_backoff,
        fetch_result);
  }
}

static void
fetch_result (CupFalRequest * request)
{
  request->stage = CUP_STAGE_RESULT;
  call (request, "GET", request->accepted.response_url, NULL, handle_result);
}

/* Status. */

/* Failing to hear the status does not fail the job, for a while. */
static void
handle_bad_status (CupFalRequest * request, GError * reason)
{
  if (try_again (request, &request->status_backoff, reason->message,
          poll_status))
    g_error_free (reason);
  else
    fail (request, reason);
}

static void
handle_status (CupFalRequest * request, CupHttpResponse * response,
    const GError * error)
{
  CupFalStatus status;
  GError *reason = NULL;

  if (!response || !is_success (response)) {
    handle_trouble (request, response, error, FALSE, &request->status_backoff,
        poll_status);
    return;
  }
  if (!cup_fal_parse_status (cup_http_response_get_body (response), &status,
          &reason)) {
    handle_bad_status (request, reason);
    return;
  }
  cup_backoff_reset (&request->status_backoff);
  g_clear_pointer (&request->trouble, g_free);
  if (g_strcmp0 (status.state_word, request->state_word) != 0) {
    gchar *word = cup_fal_clean (status.state_word ? status.state_word : "",
        request->api->key);

    cup_debug ("request %s: %s", request->accepted.request_id, word);
    g_free (word);
  }
  g_free (request->state_word);
  request->state_word = g_steal_pointer (&status.state_word);
  request->state = status.state;
  request->queue_position = status.queue_position;
  request->inference_time = status.inference_time;
  request->completed = status.state == CUP_FAL_COMPLETED;
  cup_fal_status_clear (&status);

  if (request->completed)
    fetch_result (request);
  else
    schedule_poll (request);
}

static void
poll_status (CupFalRequest * request)
{
  const gchar *url = request->accepted.status_url;
  gchar *with_logs;

  /* Like the official clients: the logs are not wanted. */
  with_logs = strchr (url, '?') ? g_strdup (url) : g_strconcat (url, "?logs=0",
      NULL);
  call (request, "GET", with_logs, NULL, handle_status);
  g_free (with_logs);
}

/* Submission. */

/* The URLs of the answer where they are at the service's own address, so that
 * the key may be sent there; otherwise as the protocol builds them. */
static void
settle_url (CupFalRequest * request, gchar ** url, const gchar * suffix)
{
  CupFalApi *api = request->api;

  if (cup_fal_check_origin (*url, api->location))
    return;
  if (*url)
    cup_info ("request %s: an address at another host is not used",
        request->accepted.request_id);
  g_free (*url);
  *url = cup_fal_build_request_url (api->location, api->application,
      request->accepted.request_id, suffix);
}

/* Whether the service can have accepted what it did not answer properly. What
 * is not known must be said: it is about money. */
static gboolean
was_sent (const GError * error)
{
  const CupErrorDetails *details = cup_error_get_details (error);

  return details && g_strcmp0 (details->stage, CUP_HTTP_STAGE_CONNECT) != 0;
}

static void
handle_submission_error (CupFalRequest * request, const GError * error)
{
  GError *copy = g_error_copy (error);

  fail (request, was_sent (error) ? cup_fal_error_maybe_accepted (copy) : copy);
}

static void
handle_refusal (CupFalRequest * request, CupHttpResponse * response)
{
  CupFalFailure failure;
  GError *error;

  read_failure (request, response, &failure);
  error = cup_fal_failure_to_error (&failure, request->stage,
      request->api->endpoint, NULL, request->api->key);
  /* A gateway that had no answer from behind it. */
  if (failure.status >= 500 && !failure.is_from_service)
    error = cup_fal_error_maybe_accepted (error);
  cup_fal_failure_clear (&failure);
  complete (request, NULL, error);
}

static void
handle_submission (CupFalRequest * request, CupHttpResponse * response,
    const GError * error)
{
  GError *reason = NULL;

  if (!response) {
    handle_submission_error (request, error);
  } else if (!is_success (response)) {
    handle_refusal (request, response);
  } else if (!cup_fal_parse_accepted (cup_http_response_get_body (response),
          &request->accepted, &reason)) {
    fail (request, cup_fal_error_maybe_accepted (reason));
  } else {
    request->submitted = g_get_monotonic_time ();
    cup_info ("accepted as request %s", request->accepted.request_id);
    settle_url (request, &request->accepted.status_url, "/status");
    settle_url (request, &request->accepted.response_url, "");
    settle_url (request, &request->accepted.cancel_url, "/cancel");
    schedule_poll (request);
  }
}

static void
submit (CupFalRequest * request)
{
  CupFalApi *api = request->api;
  gchar *url = g_strconcat (api->location, "/", api->endpoint, NULL);
  GBytes *body = cup_fal_build_submit_body (cup_job_get_values (request->job),
      request->upload.file_url);

  request->stage = CUP_STAGE_SUBMIT;
  if (cup_log_is_enabled (CUP_LOG_DEBUG)) {
    gchar *text = cup_fal_describe_body (body, api->key);

    cup_debug ("submits to %s: %s", api->endpoint, text);
    g_free (text);
  }
  call (request, "POST", url, body, handle_submission);
  g_bytes_unref (body);
  g_free (url);
}

/* Upload. */

static void
handle_uploaded (CupFalRequest * request, CupHttpResponse * response,
    const GError * error)
{
  if (response && is_success (response)) {
    cup_job_drop_input (request->job);
    submit (request);
    return;
  }
  /* The address is valid for a short time only: a new one may help. */
  if (response && cup_http_response_get_status (response) == 403
      && try_again (request, &request->upload_backoff, "HTTP 403",
          begin_upload))
    return;
  handle_trouble (request, response, error, FALSE, &request->upload_backoff,
      begin_upload);
}

static void
put_picture (CupFalRequest * request)
{
  CupHttpRequest exchange = {.method = "PUT",
    .url = request->upload.upload_url,
    .body = cup_job_get_bytes (request->job),
    .max_size = CUP_FAL_MAX_JSON,
  };

  exchange.content_type =
      cup_image_type_get_mime (cup_job_get_bytes_info (request->job)->type);
  transfer (request, &exchange, handle_uploaded);
}

static void
handle_place (CupFalRequest * request, CupHttpResponse * response,
    const GError * error)
{
  const gchar *storage = request->api->storage_location;
  GError *reason = NULL;

  if (!response || !is_success (response)) {
    handle_trouble (request, response, error, FALSE, &request->upload_backoff,
        begin_upload);
    return;
  }
  cup_fal_upload_clear (&request->upload);
  if (cup_fal_parse_upload (cup_http_response_get_body (response),
          &request->upload, &reason)
      && cup_fal_api_check_url (request->upload.upload_url, storage,
          "the upload", &reason)
      && cup_fal_api_check_url (request->upload.file_url, storage,
          "the uploaded picture", &reason))
    put_picture (request);
  else
    fail (request, reason);
}

static void
begin_upload (CupFalRequest * request)
{
  CupImageType type = cup_job_get_bytes_info (request->job)->type;
  GBytes *body = cup_fal_build_upload_body (type);
  gchar *url = g_strconcat (request->api->storage_location,
      "/storage/upload/initiate?storage_type=fal-cdn-v3", NULL);

  call (request, "POST", url, body, handle_place);
  g_free (url);
  g_bytes_unref (body);
}

void
cup_fal_request_start (CupFalRequest * request)
{
  CupFalApi *api = request->api;
  gint64 timeout = cup_job_get_timeout (request->job);

  g_queue_push_tail_link (&api->requests, &request->link);
  if (api->closed) {
    cup_fal_request_abandon (request);
    return;
  }
  request->cancel_watch = cup_http_watch_cancellable (api->http,
      cup_job_get_cancellable (request->job), on_job_cancelled, request);
  if (timeout > 0)
    request->deadline = cup_http_add_timer (api->http,
        request->started + timeout - g_get_monotonic_time (), on_deadline,
        request);
  begin_upload (request);
}
