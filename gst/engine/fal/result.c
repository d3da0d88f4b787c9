/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a request that the service has accepted to the picture that came of it:
 * see request.c.
 */
#include "request-private.h"

#include <math.h>

#include "base/error.h"
#include "base/log.h"
#include "protocol.h"

/* Results and pictures that make no sense. */
#define MAX_UNREADABLE 6
/* Answers with a failure before it is believed to be the job's and not the
 * answer's. */
#define CONFIRMATIONS 3
/* For how long files are there in any case; fal says seven days. */
#define FILE_LIFETIME G_TIME_SPAN_DAY
/* The whole picture is in the JSON where the application was asked for that. */
#define MAX_INLINE_RESULT (64 << 20)

/* Download. */

/* What is damaged on the way is fetched again; the very same bytes a second time
 * are what the service has. A file with a checksum that is wrong may be read all
 * the same, or leave as it is. */
static gboolean
check_bytes (CupFalRequest * request, GBytes * bytes, GError ** error)
{
  CupImageInfo *info = &request->picture_info;
  gboolean again = request->unusable
      && g_bytes_equal (request->unusable, bytes);
  gboolean good = cup_image_read_info (bytes, info, error)
      && cup_pixels_check_size (info->width, info->height, request->max_pixels,
      "the result", error)
      && cup_image_check_complete (bytes, info->type, error)
      && (again || cup_image_check_sums (bytes, info->type, error));

  request->came_again = again;
  g_clear_pointer (&request->unusable, g_bytes_unref);
  if (!good && cup_image_get_type (bytes) != CUP_IMAGE_UNKNOWN)
    request->unusable = g_bytes_ref (bytes);
  return good;
}

static gboolean
check_picture (CupFalRequest * request, GBytes * bytes, GError ** error)
{
  CupImageInfo *info = &request->picture_info;
  CupImageType declared;

  if (!check_bytes (request, bytes, error))
    return FALSE;

  declared = request->output.content_type ?
      cup_image_type_from_mime (request->output.content_type) : info->type;
  if (declared != info->type)
    cup_info ("request %s: the picture is %s, and not what was declared",
        request->accepted.request_id, cup_image_type_get_mime (info->type));
  g_clear_pointer (&request->picture, g_bytes_unref);
  request->picture = g_bytes_ref (bytes);
  return TRUE;
}

static gdouble
to_seconds (gint64 microseconds)
{
  return (gdouble) microseconds / G_USEC_PER_SEC;
}

/* @text: (nullable) */
static gchar *
clean_text (CupFalRequest * request, const gchar * text)
{
  return text ? cup_fal_clean (text, request->api->key) : NULL;
}

static void
return_picture (CupFalRequest * request)
{
  CupResult *result = cup_result_new_bytes (g_bytes_ref (request->picture),
      &request->picture_info);

  result->has_seed = request->output.has_seed;
  result->seed = request->output.seed;
  result->request_id = g_strdup (request->accepted.request_id);
  result->url = g_strdup (request->output.url);
  result->content_type = clean_text (request, request->output.content_type);
  result->file_name = clean_text (request, request->output.file_name);
  result->file_size = request->output.file_size;
  result->billable_units = request->billable_units;
  result->inference_time = request->inference_time;
  /* Nobody has looked when it began. */
  result->queue_time = request->resumed ? -1 : to_seconds (request->queued);
  result->service_time = request->resumed ? -1 :
      to_seconds (request->service_time);
  result->total_time = to_seconds (g_get_monotonic_time () - request->started);
  result->bytes_up = request->bytes_up;
  result->bytes_down = g_bytes_get_size (request->picture);
  result->submissions = request->submissions;
  cup_fal_request_complete (request, result, NULL);
}

/* Whether the service does not keep the file any more. Some storages say 403 of
 * what is not there; but so does everything on the way that does not let files
 * through, and then submitting again would be paid for again, and help nothing.
 * A file that is not old is still there. */
static gboolean
is_gone (CupFalRequest * request, const CupFalFailure * failure)
{
  const CupJournalRequest *resumed = cup_journal_get_resumed (request->journal);
  gint64 age = resumed && resumed->accepted > 0 ?
      g_get_real_time () - resumed->accepted : 0;

  return failure->status == 404 || failure->status == 410
      || (failure->status == 403 && age > FILE_LIFETIME);
}

/* Whether the picture that cannot be used is what the service has, and not what
 * has become of it on the way. */
static gboolean
is_what_was_made (CupFalRequest * request, const GError * error)
{
  return request->unusable && (request->came_again
      || g_error_matches (error, CUP_ERROR, CUP_ERROR_TOO_LARGE));
}

/* The picture is there, and cannot be used: whatever it is, it was paid for. */
static void
fail_with_picture (CupFalRequest * request, const GError * error)
{
  CupJournalPicture picture = { request->unusable };
  GError *reason = cup_fal_call_make_error (request->api, NULL, error,
      request->stage, request->accepted.request_id);
  gchar *message;

  if (is_what_was_made (request, error)) {
    picture.type = cup_image_get_type (request->unusable);
    picture.request_id = request->accepted.request_id;
    picture.url = request->output.url;
    if (cup_journal_unusable (request->journal, &picture)) {
      request->in_journal = FALSE;
      message =
          g_strconcat (reason->message,
          "; the picture is kept as it came, "
          "and the next run reads it again", NULL);
      g_free (reason->message);
      reason->message = message;
    }
  }
  cup_fal_request_fail (request, reason);
}

static gboolean
accept_picture (CupHttpResponse * response, gpointer user_data, GError ** error)
{
  return check_picture (user_data, cup_http_response_get_body (response),
      error);
}

static void
on_picture (CupHttpResponse * response, const CupFalFailure * failure,
    const GError * error, gpointer user_data)
{
  CupFalRequest *request = user_data;

  if (failure && request->resumed && is_gone (request, failure))
    cup_fal_request_start_over (request, failure);
  else if (failure)
    cup_fal_request_fail_with (request, failure, NULL);
  else if (error)
    fail_with_picture (request, error);
  else
    return_picture (request);
}

static const CupFalCallFuncs picture_funcs = {
  accept_picture, cup_fal_request_on_retry, on_picture
};

static void
download (CupFalRequest * request)
{
  CupFalCallSpec spec = {.method = "GET",.is_transfer = TRUE };
  GError *error = NULL;

  request->stage = CUP_STAGE_DOWNLOAD;
  if (request->output.data) {
    /* Of a picture in the answer there is no other copy. */
    request->unusable = g_bytes_ref (request->output.data);
    if (check_picture (request, request->output.data, &error))
      return_picture (request);
    else
      fail_with_picture (request, error);
    g_clear_error (&error);
    return;
  }
  if (!cup_fal_api_check_url (request->output.url, request->api->location,
          "the result", &error)) {
    cup_fal_request_fail_with (request, NULL, error);
    g_error_free (error);
    return;
  }
  spec.url = request->output.url;
  spec.max_size = cup_fal_max_result_bytes (request->max_pixels);
  spec.follow_redirects = TRUE;
  spec.is_paid = TRUE;
  spec.max_unreadable = MAX_UNREADABLE;
  cup_fal_call_start (&request->call, request->api, &spec, &picture_funcs,
      request);
}

/* Result. */

/* What the service charges for, in the unit of its price; -1 where it does not
 * say. */
static gdouble
read_units (CupHttpResponse * response)
{
  const gchar *text = cup_http_response_get_header (response,
      "x-fal-billable-units");
  gchar *end = NULL;
  gdouble units = text ? g_ascii_strtod (text, &end) : -1;

  return text && end != text && !*end && isfinite (units) && units >= 0 ?
      units : -1;
}

/* Some services say with 200 why there is no picture. Takes and returns @reason,
 * why the answer is none. */
static GError *
add_words (CupFalRequest * request, CupHttpResponse * response, GError * reason)
{
  CupFalFailure failure;
  gchar *words, *message;

  cup_fal_failure_read_response (&failure, response);
  if (failure.is_from_service) {
    words = cup_fal_clean (failure.words, request->api->key);
    message = g_strdup_printf ("%s; the service says: %s", reason->message,
        words);
    g_free (reason->message);
    reason->message = message;
    g_free (words);
  }
  cup_fal_failure_clear (&failure);
  return reason;
}

static gboolean
accept_result (CupHttpResponse * response, gpointer user_data, GError ** error)
{
  CupFalRequest *request = user_data;
  GError *reason = NULL;

  cup_fal_output_clear (&request->output);
  request->billable_units = read_units (response);
  if (cup_fal_parse_output (cup_http_response_get_body (response),
          cup_fal_max_result_bytes (request->max_pixels), &request->output,
          &reason))
    return TRUE;
  g_propagate_error (error, add_words (request, response, reason));
  return FALSE;
}

/* The request that an earlier run has left comes to nothing, but not because of
 * the job: the result has expired, or that run has cancelled it at its end. */
static gboolean
was_left_too_long (CupFalRequest * request, const CupFalFailure * failure)
{
  return request->resumed && (failure->status == 499
      || cup_fal_failure_is_unknown_request (failure));
}

static void
handle_failure (CupFalRequest * request, CupHttpResponse * response,
    const CupFalFailure * failure)
{
  if (failure->is_from_service
      && cup_fal_request_resubmit (request, response, failure))
    return;
  if (was_left_too_long (request, failure)
      || cup_fal_request_forget_upload (request, failure)) {
    cup_fal_request_start_over (request, failure);
    return;
  }
  if (cup_fal_failure_is_of_job (failure)
      || cup_fal_failure_is_unknown_request (failure))
    cup_fal_request_tell_lost (request);
  cup_fal_request_fail_with (request, failure, NULL);
}

/* The service has said in a word of its own that the job is over, and there is no
 * result. */
static void
fail_as_over (CupFalRequest * request, const CupFalFailure * failure,
    const GError * error)
{
  GError *reason = cup_fal_call_make_error (request->api, failure, error,
      request->stage, request->accepted.request_id);
  gchar *word = cup_fal_clean (request->state_word, request->api->key);
  gchar *told = request->told_error ?
      cup_fal_clean (request->told_error, request->api->key) : NULL;
  gchar *message = g_strdup_printf ("the service says %s%s%s; %s", word,
      told ? ": " : "", told ? told : "", reason->message);

  g_free (reason->message);
  reason->message = message;
  g_free (told);
  g_free (word);
  /* Where the word and the answer agree. The next run asks again otherwise: the
   * job may be running. */
  if (failure ? cup_fal_failure_is_of_job (failure)
      || cup_fal_failure_is_unknown_request (failure) :
      g_error_matches (error, CUP_ERROR, CUP_ERROR_BAD_DATA))
    cup_fal_request_tell_lost (request);
  cup_fal_request_fail (request, reason);
}

static void
on_result (CupHttpResponse * response, const CupFalFailure * failure,
    const GError * error, gpointer user_data)
{
  CupFalRequest *request = user_data;

  if (request->is_over && (failure || error)) {
    fail_as_over (request, failure, error);
  } else if (failure && failure->is_in_progress) {
    request->completed = FALSE;
    cup_fal_request_follow (request);
  } else if (failure) {
    handle_failure (request, response, failure);
  } else if (error) {
    /* The status has told that the job failed, and the answer has no picture. */
    if (request->failure_is_told
        && g_error_matches (error, CUP_ERROR, CUP_ERROR_BAD_DATA))
      cup_fal_request_tell_lost (request);
    cup_fal_request_fail_with (request, NULL, error);
  } else {
    cup_fal_ticket_done (request->ticket, g_get_monotonic_time ());
    /* The file of a request that is an old one may be gone. */
    if (!request->resumed)
      cup_job_drop_input (request->job);
    download (request);
  }
}

static const CupFalCallFuncs result_funcs = {
  accept_result, cup_fal_request_on_retry, on_result
};

/* Whether the result was asked to have the picture in itself. */
static gboolean
wants_inline_result (CupFalRequest * request)
{
  const CupValues *values = cup_job_get_values (request->job);
  JsonObject *extra = values ? cup_values_get_extra (values) : NULL;

  return extra && json_object_get_boolean_member_with_default (extra,
      "sync_mode", FALSE);
}

/* This is also how a failed job is reported. What is a failure of the job, and
 * not of this request for its result, comes again when it is asked for again;
 * a job that went well must not be submitted once more, and paid once more, for
 * an answer that was lost. */
static void
fetch_result (CupFalRequest * request)
{
  CupFalCallSpec spec = {.method = "GET" };

  request->stage = CUP_STAGE_RESULT;
  spec.max_unreadable = MAX_UNREADABLE;
  spec.is_paid = TRUE;
  spec.confirmations = request->failure_is_told ? 1 : CONFIRMATIONS;
  spec.is_last = request->is_over;
  spec.url = request->accepted.response_url;
  if (wants_inline_result (request))
    spec.max_size = MAX_INLINE_RESULT;
  cup_fal_call_start (&request->call, request->api, &spec, &result_funcs,
      request);
}

/* Status. */

void
cup_fal_request_take_state (CupFalRequest * request, CupFalState state,
    gint64 position)
{
  gboolean queued = state == CUP_FAL_IN_QUEUE;
  gboolean running = state == CUP_FAL_IN_PROGRESS;

  if (queued)
    cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_QUEUE);
  else if (running || state == CUP_FAL_COMPLETED || state == CUP_FAL_ENDED)
    cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_WORK);

  if (queued && (request->state != CUP_PROGRESS_QUEUED
          || position != request->queue_position)) {
    request->queue_position = position;
    cup_fal_request_enter_state (request, CUP_PROGRESS_QUEUED);
  } else if (running && request->state != CUP_PROGRESS_RUNNING) {
    cup_fal_request_enter_state (request, CUP_PROGRESS_RUNNING);
  }
}

static void
on_status (const CupFalStatus * status, gpointer user_data)
{
  CupFalRequest *request = user_data;

  g_free (request->state_word);
  request->state_word = g_strdup (status->state_word);
  if (status->inference_time >= 0)
    request->inference_time = status->inference_time;
  request->is_over = status->state == CUP_FAL_ENDED;
  request->failure_is_told = status->state == CUP_FAL_COMPLETED
      && (status->error || status->error_type);
  g_free (request->told_error);
  request->told_error = g_strdup (status->error);
  cup_fal_request_take_state (request, status->state, status->queue_position);
  /* A word that is not known says at least that the job is not in the queue. */
  if (status->state == CUP_FAL_UNKNOWN && status->state_word)
    cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_WORK);
}

static void
on_log (const CupFalLogLine * line, gpointer user_data)
{
  cup_fal_request_report (user_data, line, NULL);
}

static void
on_completed (gpointer user_data)
{
  CupFalRequest *request = user_data;

  request->completed = TRUE;
  request->service_time = g_get_monotonic_time () - request->submitted;
  request->queued = cup_fal_clock_get_elapsed (&request->clock,
      CUP_FAL_CLOCK_QUEUE) - request->queued_before;
  cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_WORK);
  cup_fal_request_enter_state (request, CUP_PROGRESS_FETCHING);
  fetch_result (request);
}

static void
on_follow_failed (const CupFalFailure * failure, const GError * error,
    gpointer user_data)
{
  CupFalRequest *request = user_data;

  /* It may be running: nothing that was asked for its status is a reason to
   * cancel it. */
  request->out_of_reach = TRUE;
  if (failure && cup_fal_failure_is_unknown_request (failure)) {
    if (request->resumed) {
      cup_fal_request_start_over (request, failure);
      return;
    }
    cup_fal_request_tell_lost (request);
  }
  cup_fal_request_fail_with (request, failure, error);
}

static const CupFalFollowFuncs follow_funcs = {
  on_status, on_log, cup_fal_request_on_retry, on_completed, on_follow_failed
};

void
cup_fal_request_follow (CupFalRequest * request)
{
  request->stage = CUP_STAGE_STATUS;
  cup_fal_follow_start (&request->follow, request->api,
      request->accepted.status_url, request->resumed, request->logs,
      &follow_funcs, request);
}
