/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job.h"

#include "base/error.h"
#include "image/file.h"

struct _CupJob
{
  gint ref_count;
  gint completed;               /* atomic; set by the one who completes it */
  GCancellable *cancellable;

  /* Set before the job is submitted, read by anybody after. */
  CupValues *values;
  CupImageType upload_type;
  guint quality;
  guint compression_level;
  gint64 timeout;
  gint64 queue_timeout;
  guint width;
  guint height;
  CupJobDone done;
  gpointer done_data;
  GDestroyNotify done_destroy;
  CupJobProgress progress;
  gpointer progress_data;
  GDestroyNotify progress_destroy;
  CupJournal *journal;

  /* The input, of the owner of the moment. */
  CupLoadFunc load;
  gpointer load_data;
  GDestroyNotify load_destroy;
  CupPixels *pixels;
  CupLoadYuvFunc load_yuv;
  CupYuv *yuv;
  GBytes *bytes;
  CupImageInfo bytes_info;
  gchar *uri;
  gboolean check_unsafe;
  gboolean is_transparent;
  gboolean is_raw;
  gboolean lossy_source;
  CupColourMatch colour_match;
  CupColourReference *colour_reference;
  CupImageMetadata *metadata;
  gchar *flaw;
};

/* Not known yet. */
static void
init_times (CupResult * result)
{
  result->file_size = -1;
  result->billable_units = -1;
  result->inference_time = -1;
  result->queue_time = -1;
  result->service_time = -1;
}

CupResult *
cup_result_new_pixels (CupPixels * pixels)
{
  CupResult *result = g_new0 (CupResult, 1);

  result->pixels = pixels;
  result->info.width = pixels->width;
  result->info.height = pixels->height;
  result->info.channels = pixels->channels;
  result->info.depth = pixels->depth;
  init_times (result);
  return result;
}

CupResult *
cup_result_new_yuv (CupYuv * yuv)
{
  CupResult *result = g_new0 (CupResult, 1);

  result->yuv = yuv;
  result->info.width = cup_yuv_get_width (yuv);
  result->info.height = cup_yuv_get_height (yuv);
  result->info.channels = 3;
  result->info.depth = yuv->planes[0]->depth;
  init_times (result);
  return result;
}

CupResult *
cup_result_new_bytes (GBytes * bytes, const CupImageInfo * info)
{
  CupResult *result = g_new0 (CupResult, 1);

  result->bytes = bytes;
  result->info = *info;
  init_times (result);
  return result;
}

CupResult *
cup_result_copy (const CupResult * result)
{
  CupResult *copy = g_new (CupResult, 1);

  *copy = *result;
  if (copy->pixels)
    cup_pixels_ref (copy->pixels);
  if (copy->yuv)
    cup_yuv_ref (copy->yuv);
  if (copy->bytes)
    g_bytes_ref (copy->bytes);
  if (copy->colour_reference)
    cup_colour_reference_ref (copy->colour_reference);
  if (copy->input_metadata)
    cup_image_metadata_ref (copy->input_metadata);
  if (copy->metadata)
    cup_image_metadata_ref (copy->metadata);
  copy->input_flaw = g_strdup (result->input_flaw);
  copy->flaw = g_strdup (result->flaw);
  copy->request_id = g_strdup (result->request_id);
  copy->url = g_strdup (result->url);
  copy->content_type = g_strdup (result->content_type);
  copy->file_name = g_strdup (result->file_name);
  return copy;
}

void
cup_result_read_metadata (CupResult * result)
{
  if (!result->bytes)
    return;
  g_clear_pointer (&result->metadata, cup_image_metadata_unref);
  result->metadata = cup_image_metadata_read (result->bytes, result->info.type);
  if (!result->flaw)
    result->flaw = cup_image_find_flaw (result->bytes, result->info.type);
}

void
cup_result_set_metadata (CupResult * result, CupImageMetadata * metadata)
{
  if (metadata)
    cup_image_metadata_ref (metadata);
  g_clear_pointer (&result->metadata, cup_image_metadata_unref);
  result->metadata = metadata;
  if (metadata)
    result->info.light = metadata->light;
}

void
cup_result_free (CupResult * result)
{
  g_clear_pointer (&result->pixels, cup_pixels_unref);
  g_clear_pointer (&result->yuv, cup_yuv_unref);
  g_clear_pointer (&result->bytes, g_bytes_unref);
  g_clear_pointer (&result->colour_reference, cup_colour_reference_unref);
  g_clear_pointer (&result->input_metadata, cup_image_metadata_unref);
  g_clear_pointer (&result->metadata, cup_image_metadata_unref);
  g_free (result->input_flaw);
  g_free (result->flaw);
  g_free (result->request_id);
  g_free (result->url);
  g_free (result->content_type);
  g_free (result->file_name);
  g_free (result);
}

static CupJob *
job_new (guint width, guint height)
{
  CupJob *job = g_new0 (CupJob, 1);

  job->ref_count = 1;
  job->cancellable = g_cancellable_new ();
  job->upload_type = CUP_IMAGE_PNG;
  job->quality = 95;
  job->compression_level = CUP_IMAGE_PNG_DEFAULT_LEVEL;
  job->width = width;
  job->height = height;
  return job;
}

CupJob *
cup_job_new_raw (guint width, guint height, CupLoadFunc load, gpointer data,
    GDestroyNotify destroy)
{
  CupJob *job = job_new (width, height);

  job->is_raw = TRUE;
  job->load = load;
  job->load_data = data;
  job->load_destroy = destroy;
  return job;
}

CupJob *
cup_job_new_encoded (GBytes * bytes, const CupImageInfo * info)
{
  CupJob *job = job_new (info->width, info->height);

  job->bytes = g_bytes_ref (bytes);
  job->bytes_info = *info;
  job->lossy_source = cup_image_is_lossy (bytes, info->type);
  return job;
}

CupJob *
cup_job_new_uri (const gchar * uri)
{
  CupJob *job = job_new (0, 0);

  job->uri = g_strdup (uri);
  return job;
}

CupJob *
cup_job_new_from (CupJob * job)
{
  CupJob *copy = job_new (job->width, job->height);

  copy->values = job->values ? cup_values_copy (job->values) : NULL;
  copy->upload_type = job->upload_type;
  copy->quality = job->quality;
  copy->compression_level = job->compression_level;
  copy->timeout = job->timeout;
  copy->queue_timeout = job->queue_timeout;
  copy->check_unsafe = job->check_unsafe;
  copy->is_transparent = job->is_transparent;
  copy->is_raw = job->is_raw;
  copy->lossy_source = job->lossy_source;
  copy->colour_match = job->colour_match;
  copy->uri = g_strdup (job->uri);
  copy->bytes_info = job->bytes_info;
  copy->load = job->load;
  copy->load_data = g_steal_pointer (&job->load_data);
  copy->load_destroy = g_steal_pointer (&job->load_destroy);
  copy->load_yuv = job->load_yuv;
  copy->pixels = g_steal_pointer (&job->pixels);
  copy->yuv = g_steal_pointer (&job->yuv);
  copy->bytes = g_steal_pointer (&job->bytes);
  copy->colour_reference = g_steal_pointer (&job->colour_reference);
  copy->metadata = g_steal_pointer (&job->metadata);
  copy->flaw = g_steal_pointer (&job->flaw);
  job->load = NULL;
  job->load_yuv = NULL;
  return copy;
}

CupJob *
cup_job_ref (CupJob * job)
{
  g_atomic_int_inc (&job->ref_count);
  return job;
}

static void
job_drop_load (CupJob * job)
{
  GDestroyNotify destroy = g_steal_pointer (&job->load_destroy);
  gpointer data = g_steal_pointer (&job->load_data);

  job->load = NULL;
  job->load_yuv = NULL;
  if (destroy)
    destroy (data);
}

void
cup_job_unref (CupJob * job)
{
  if (!g_atomic_int_dec_and_test (&job->ref_count))
    return;
  cup_job_drop_input (job);
  if (job->done_destroy)
    job->done_destroy (job->done_data);
  if (job->progress_destroy)
    job->progress_destroy (job->progress_data);
  g_clear_pointer (&job->journal, cup_journal_unref);
  g_clear_pointer (&job->colour_reference, cup_colour_reference_unref);
  g_clear_pointer (&job->metadata, cup_image_metadata_unref);
  g_free (job->flaw);
  g_free (job->uri);
  g_clear_pointer (&job->values, cup_values_free);
  g_object_unref (job->cancellable);
  g_free (job);
}

void
cup_job_set_values (CupJob * job, CupValues * values)
{
  g_clear_pointer (&job->values, cup_values_free);
  job->values = values;
}

void
cup_job_set_encoding (CupJob * job, CupImageType upload_type, guint quality)
{
  job->upload_type = upload_type;
  job->quality = quality;
}

void
cup_job_set_compression_level (CupJob * job, guint level)
{
  job->compression_level = level;
}

void
cup_job_set_timeout (CupJob * job, gint64 timeout)
{
  job->timeout = timeout;
}

void
cup_job_set_queue_timeout (CupJob * job, gint64 queue_timeout)
{
  job->queue_timeout = queue_timeout;
}

void
cup_job_set_check_unsafe (CupJob * job, gboolean check_unsafe)
{
  job->check_unsafe = check_unsafe;
}

gboolean
cup_job_get_check_unsafe (CupJob * job)
{
  return job->check_unsafe;
}

void
cup_job_set_transparent (CupJob * job, gboolean is_transparent)
{
  job->is_transparent = is_transparent;
}

void
cup_job_set_lossy_source (CupJob * job, gboolean is_lossy)
{
  job->lossy_source = is_lossy;
}

gboolean
cup_job_is_raw (CupJob * job)
{
  return job->is_raw;
}

gboolean
cup_job_get_lossy_source (CupJob * job)
{
  return job->lossy_source;
}

void
cup_job_set_colour_match (CupJob * job, CupColourMatch mode)
{
  job->colour_match = mode;
}

CupColourMatch
cup_job_get_colour_match (CupJob * job)
{
  return job->colour_match;
}

void
cup_job_set_colour_reference (CupJob * job, CupColourReference * reference)
{
  g_clear_pointer (&job->colour_reference, cup_colour_reference_unref);
  job->colour_reference = reference;
}

void
cup_job_read_metadata (CupJob * job)
{
  if (!job->bytes)
    return;
  if (!job->metadata)
    job->metadata = cup_image_metadata_read (job->bytes, job->bytes_info.type);
  if (!job->flaw)
    job->flaw = cup_image_find_flaw (job->bytes, job->bytes_info.type);
}

const gchar *
cup_job_get_flaw (CupJob * job)
{
  return job->flaw;
}

CupImageMetadata *
cup_job_get_metadata (CupJob * job)
{
  return job->metadata;
}

void
cup_job_set_progress (CupJob * job, CupJobProgress func, gpointer user_data,
    GDestroyNotify destroy)
{
  job->progress = func;
  job->progress_data = user_data;
  job->progress_destroy = destroy;
}

void
cup_job_set_journal (CupJob * job, CupJournal * journal)
{
  g_clear_pointer (&job->journal, cup_journal_unref);
  job->journal = journal;
}

CupJournal *
cup_job_get_journal (CupJob * job)
{
  return job->journal;
}

void
cup_job_set_callback (CupJob * job, CupJobDone done, gpointer user_data,
    GDestroyNotify destroy)
{
  job->done = done;
  job->done_data = user_data;
  job->done_destroy = destroy;
}

const CupValues *
cup_job_get_values (CupJob * job)
{
  return job->values;
}

CupImageType
cup_job_get_upload_type (CupJob * job)
{
  return job->upload_type;
}

guint
cup_job_get_quality (CupJob * job)
{
  return job->quality;
}

guint
cup_job_get_compression_level (CupJob * job)
{
  return job->compression_level;
}

gint64
cup_job_get_timeout (CupJob * job)
{
  return job->timeout;
}

gint64
cup_job_get_queue_timeout (CupJob * job)
{
  return job->queue_timeout;
}

GCancellable *
cup_job_get_cancellable (CupJob * job)
{
  return job->cancellable;
}

static GQuark
get_left_quark (void)
{
  return g_quark_from_static_string ("cup-job-left");
}

void
cup_job_leave (GCancellable * cancellable)
{
  /* Whoever hears of the cancellation asks. */
  if (!g_cancellable_is_cancelled (cancellable))
    g_object_set_qdata (G_OBJECT (cancellable), get_left_quark (),
        GINT_TO_POINTER (TRUE));
  g_cancellable_cancel (cancellable);
}

gboolean
cup_job_was_left (GCancellable * cancellable)
{
  return g_object_get_qdata (G_OBJECT (cancellable), get_left_quark ()) != NULL;
}

void
cup_job_get_size (CupJob * job, guint * width, guint * height)
{
  *width = job->width;
  *height = job->height;
}

void
cup_job_set_size (CupJob * job, guint width, guint height)
{
  job->width = width;
  job->height = height;
}

static gboolean
is_file (CupJob * job)
{
  return g_ascii_strncasecmp (job->uri, "file:", 5) == 0;
}

/* Brings the file that a URI names into memory, as it is. */
static gboolean
read_file (CupJob * job, GError ** error)
{
  GError *reason = NULL;
  gchar *path;

  if (!is_file (job)) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "the engine does not fetch pictures from elsewhere; give it a file:// "
        "URI, or use engine=fal");
    return FALSE;
  }
  path = g_filename_from_uri (job->uri, NULL, &reason);
  if (path && (job->bytes = cup_image_read_file (path, job->cancellable,
              &reason))) {
    if (!cup_image_read_info (job->bytes, &job->bytes_info, &reason)
        || !cup_image_check_complete (job->bytes, job->bytes_info.type,
            &reason))
      g_clear_pointer (&job->bytes, g_bytes_unref);
  }
  if (g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_propagate_error (error, g_steal_pointer (&reason));
  else if (reason)
    g_set_error (error, CUP_ERROR, g_error_matches (reason, G_FILE_ERROR,
            G_FILE_ERROR_NOENT) ? CUP_ERROR_NOT_FOUND : CUP_ERROR_BAD_DATA,
        "the picture %s cannot be used: %s", path ? path : job->uri,
        reason->message);
  job->width = job->bytes_info.width;
  job->height = job->bytes_info.height;
  job->lossy_source = job->bytes
      && cup_image_is_lossy (job->bytes, job->bytes_info.type);
  g_clear_error (&reason);
  g_free (path);
  return job->bytes != NULL;
}

const gchar *
cup_job_get_remote_uri (CupJob * job)
{
  return job->uri && !is_file (job) ? job->uri : NULL;
}

gboolean
cup_job_need_pixels (CupJob * job, GError ** error)
{
  if (job->pixels)
    return TRUE;
  if (job->uri && !job->bytes && !read_file (job, error))
    return FALSE;
  if (job->load) {
    job->pixels = job->load (job->load_data, error);
    /* What was loaded from may be memory that upstream wants back. */
    job_drop_load (job);
  } else {
    g_return_val_if_fail (job->bytes != NULL, FALSE);
    cup_job_read_metadata (job);
    job->pixels = cup_image_decode_noting (job->bytes, 0, &job->flaw, error);
    g_clear_pointer (&job->bytes, g_bytes_unref);
  }
  return job->pixels != NULL;
}

void
cup_job_set_load_yuv (CupJob * job, CupLoadYuvFunc load)
{
  job->load_yuv = load;
}

gboolean
cup_job_can_be_yuv (CupJob * job)
{
  return job->yuv || job->load_yuv;
}

gboolean
cup_job_need_yuv (CupJob * job, GError ** error)
{
  if (job->yuv)
    return TRUE;
  g_return_val_if_fail (job->load_yuv != NULL, FALSE);
  job->yuv = job->load_yuv (job->load_data, error);
  job_drop_load (job);
  return job->yuv != NULL;
}

gboolean
cup_job_need_bytes (CupJob * job, GError ** error)
{
  if (job->bytes)
    return TRUE;
  if (job->uri)
    return read_file (job, error);
  if (!cup_job_need_pixels (job, error))
    return FALSE;
  if (job->upload_type == CUP_IMAGE_PNG)
    job->bytes = cup_image_encode_png (job->pixels, job->compression_level,
        error);
  else
    job->bytes = cup_image_encode (job->pixels, job->upload_type, job->quality,
        error);
  if (!job->bytes) {
    g_prefix_error (error, "the frame cannot be sent as %s (image-format): ",
        cup_image_type_get_mime (job->upload_type));
    return FALSE;
  }
  job->bytes_info.type = job->upload_type;
  job->bytes_info.width = job->pixels->width;
  job->bytes_info.height = job->pixels->height;
  job->bytes_info.channels = job->pixels->channels;
  job->bytes_info.depth = job->pixels->depth;
  g_clear_pointer (&job->pixels, cup_pixels_unref);
  return TRUE;
}

CupPixels *
cup_job_get_pixels (CupJob * job)
{
  return job->pixels;
}

CupYuv *
cup_job_get_yuv (CupJob * job)
{
  return job->yuv;
}

GBytes *
cup_job_get_bytes (CupJob * job)
{
  return job->bytes;
}

const CupImageInfo *
cup_job_get_bytes_info (CupJob * job)
{
  return &job->bytes_info;
}

void
cup_job_drop_input (CupJob * job)
{
  job_drop_load (job);
  g_clear_pointer (&job->pixels, cup_pixels_unref);
  g_clear_pointer (&job->yuv, cup_yuv_unref);
  g_clear_pointer (&job->bytes, g_bytes_unref);
}

void
cup_job_report_progress (CupJob * job, const CupProgress * progress)
{
  if (job->progress && !g_atomic_int_get (&job->completed))
    job->progress (job, progress, job->progress_data);
}

/* Consumes @result or @error. */
static void
job_complete (CupJob * job, CupResult * result, GError * error)
{
  CupJobDone done = job->done;

  if (!g_atomic_int_compare_and_exchange (&job->completed, FALSE, TRUE)) {
    g_critical ("a job was completed a second time (%s)",
        error ? error->message : "with a result");
    g_clear_pointer (&result, cup_result_free);
    g_clear_error (&error);
    return;
  }
  cup_job_drop_input (job);
  if (done) {
    done (job, result, error, job->done_data);
  } else {
    g_clear_pointer (&result, cup_result_free);
    g_clear_error (&error);
  }
}

void
cup_job_return_result (CupJob * job, CupResult * result)
{
  g_return_if_fail (result != NULL);
  result->check_unsafe = job->check_unsafe;
  result->lost_alpha = job->is_transparent && result->info.channels != 4;
  if (job->colour_reference) {
    result->colour_match = job->colour_match;
    result->colour_reference = g_steal_pointer (&job->colour_reference);
  }
  if (!result->bytes)
    cup_result_set_metadata (result, job->metadata);
  result->input_metadata = g_steal_pointer (&job->metadata);
  result->input_flaw = g_steal_pointer (&job->flaw);
  job_complete (job, result, NULL);
}

void
cup_job_pass_result (CupJob * job, CupResult * result)
{
  g_return_if_fail (result != NULL);
  job_complete (job, result, NULL);
}

void
cup_job_return_error (CupJob * job, GError * error)
{
  g_return_if_fail (error != NULL);
  job_complete (job, NULL, error);
}

gboolean
cup_job_return_if_cancelled (CupJob * job)
{
  GError *error = NULL;

  if (!g_cancellable_set_error_if_cancelled (job->cancellable, &error))
    return FALSE;
  cup_job_return_error (job, error);
  return TRUE;
}
