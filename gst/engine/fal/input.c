/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a job's input is for the service: in the submission, at an address that
 * the service has from somebody else, in its storage from before, or uploaded
 * now. See request.c.
 */
#include "request-private.h"

#include "base/log.h"
#include "protocol.h"
#include "upload.h"

/* @url (taken): where the service finds the picture, or the picture itself. */
static void
set_url (CupFalRequest * request, gchar * url)
{
  request->body = cup_fal_build_submit_body (request->api->model,
      cup_job_get_values (request->job), url);
  if (!g_str_has_prefix (url, "data:"))
    request->input_url = g_steal_pointer (&url);
  g_free (url);
}

/* Where the service has the picture from an earlier upload. Nothing that was
 * written down is trusted. */
static gchar *
look_up_upload (CupFalRequest * request, GBytes * bytes)
{
  const gchar *place = request->api->storage_location;
  gchar *url = cup_journal_lookup_upload (request->journal, bytes, place);
  GError *error = NULL;

  if (!url || cup_fal_api_check_url (url, place, "the uploaded picture",
          &error))
    return url;
  cup_info ("an earlier upload is not used: %s", error->message);
  g_error_free (error);
  g_free (url);
  return NULL;
}

/* On a worker: encoding what goes inline takes time, and so does looking for an
 * upload. (What falls back to inline later, 4 MiB at most, is encoded on the
 * HTTP thread.) */
void
cup_fal_request_prepare_input (CupFalRequest * request)
{
  CupJob *job = request->job;
  GBytes *bytes = cup_job_get_bytes (job);
  gchar *url;

  /* Where there is no memory for a data URI, the uploader tells that later. */
  if (cup_job_get_remote_uri (job)) {
    set_url (request, g_strdup (cup_job_get_remote_uri (job)));
  } else if (cup_fal_goes_inline (request->api, g_bytes_get_size (bytes))) {
    url = cup_fal_make_data_uri (bytes, cup_job_get_bytes_info (job)->type,
        NULL);
    if (!url)
      return;
    set_url (request, url);
    request->inline_bytes = g_bytes_get_size (bytes);
    cup_job_drop_input (job);
  } else if ((url = look_up_upload (request, bytes))) {
    set_url (request, url);
    request->upload_is_reused = TRUE;
  }
}

static void
on_uploaded (gchar * url, guint64 bytes, GError * error, gpointer user_data)
{
  CupFalRequest *request = user_data;

  request->bytes_up += bytes;
  if (error) {
    cup_fal_request_fail (request, error);
    return;
  }
  set_url (request, url);
  if (request->input_url)
    cup_journal_add_upload (request->journal, cup_job_get_bytes (request->job),
        request->api->storage_location, request->input_url,
        request->api->upload_lifetime);
  cup_job_drop_input (request->job);
  cup_fal_request_note_trouble (request, NULL);
  cup_fal_request_enter_limiter (request);
}

static const CupFalUploaderFuncs upload_funcs = {
  cup_fal_request_on_retry, on_uploaded
};

void
cup_fal_request_begin (CupFalRequest * request)
{
  if (request->api->refusal) {
    cup_fal_request_complete (request, NULL,
        g_error_copy (request->api->refusal));
  } else if (request->body) {
    cup_fal_request_enter_limiter (request);
  } else {
    request->stage = CUP_STAGE_UPLOAD;
    cup_fal_clock_switch (&request->clock, CUP_FAL_CLOCK_WORK);
    cup_fal_request_enter_state (request, CUP_PROGRESS_UPLOADING);
    cup_fal_uploader_start (&request->uploader, request->api,
        cup_job_get_bytes (request->job),
        cup_job_get_bytes_info (request->job)->type, &upload_funcs, request);
  }
}

gboolean
cup_fal_request_forget_upload (CupFalRequest * request,
    const CupFalFailure * failure)
{
  GBytes *bytes = cup_job_get_bytes (request->job);

  /* Once uploaded in this run, the picture has been dropped. */
  if (!bytes || !(request->upload_is_reused || request->resumed)
      || g_strcmp0 (failure->error_type, "file_download_error") != 0)
    return FALSE;
  cup_journal_remove_upload (request->journal, bytes,
      request->api->storage_location);
  request->upload_is_reused = FALSE;
  g_clear_pointer (&request->body, g_bytes_unref);
  g_clear_pointer (&request->input_url, g_free);
  return TRUE;
}
