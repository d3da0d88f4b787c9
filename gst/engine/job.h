/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A job: one frame on its way through an engine.
 *
 * It holds the input (a way to get pixels, or encoded bytes), a frozen copy of
 * the fields, and a GCancellable. It is made by the streaming thread, prepared
 * by a worker, and completed exactly once, by whoever has it then: the engine,
 * or the dispatcher where preparing it failed. A second completion is a bug
 * and is reported by g_critical().
 *
 * Threads: reference counting, cancelling and completing are safe from any
 * thread. The input belongs to one owner at a time (streaming thread, then
 * worker, then engine) and is not locked. The completion callback runs in the
 * completing thread with no lock held; it must not block.
 */
#pragma once

#include <gio/gio.h>

#include "image/image.h"
#include "schema/values.h"

G_BEGIN_DECLS

typedef struct _CupJob CupJob;

/**
 * CupResult:
 * @pixels: (nullable): the picture, from an engine that works on pixels
 * @bytes: (nullable): the picture as the service encoded it; exactly one of
 *   @pixels and @bytes is there
 * @info: type (CUP_IMAGE_UNKNOWN for pixels), size, channels and depth; read
 *   from the header of @bytes and checked, but @bytes is not decoded yet
 * @has_seed: whether @seed is known
 * @seed: the seed that was used
 * @request_id: (nullable): the service's id
 * @url: (nullable): where the service keeps the picture
 * @inference_time: seconds of work that the service reports, or a negative
 *   number
 */
typedef struct
{
  CupPixels *pixels;
  GBytes *bytes;
  CupImageInfo info;
  gboolean has_seed;
  gint64 seed;
  gchar *request_id;
  gchar *url;
  gdouble inference_time;
} CupResult;

/* Both take the reference. The info of pixels is filled in. */
CupResult *cup_result_new_pixels (CupPixels * pixels);
CupResult *cup_result_new_bytes (GBytes * bytes, const CupImageInfo * info);
void cup_result_free (CupResult * result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupResult, cup_result_free);

/* Makes pixels from what the element gave (a mapped, unconverted frame).
 * Runs on a worker, once. */
typedef CupPixels *(*CupLoadFunc) (gpointer data, GError ** error);

/* Takes the ownership of @result or @error, of which one is NULL. */
typedef void (*CupJobDone) (CupJob * job, CupResult * result, GError * error,
    gpointer user_data);

/* A job with a raw frame. @width and @height are its size; @destroy is called
 * on @data as soon as the pixels are loaded, or the job is freed. */
CupJob *cup_job_new_raw (guint width, guint height, CupLoadFunc load,
    gpointer data, GDestroyNotify destroy);
/* A job with a picture that is encoded already. */
CupJob *cup_job_new_encoded (GBytes * bytes, const CupImageInfo * info);
CupJob *cup_job_ref (CupJob * job);
void cup_job_unref (CupJob * job);

/* To be called before the job is submitted; @values is taken. How raw frames
 * are encoded for an engine that wants them encoded: @upload_type, and
 * @quality as in cup_image_encode(). @timeout is the limit in microseconds for
 * everything from the submission on, 0 for none. */
void cup_job_set_values (CupJob * job, CupValues * values);
void cup_job_set_encoding (CupJob * job, CupImageType upload_type,
    guint quality);
void cup_job_set_timeout (CupJob * job, gint64 timeout);
/* @destroy frees @user_data after the callback, or with the job. */
void cup_job_set_callback (CupJob * job, CupJobDone done, gpointer user_data,
    GDestroyNotify destroy);

const CupValues *cup_job_get_values (CupJob * job);
CupImageType cup_job_get_upload_type (CupJob * job);
guint cup_job_get_quality (CupJob * job);
gint64 cup_job_get_timeout (CupJob * job);
GCancellable *cup_job_get_cancellable (CupJob * job);
/* Size of the input, known from the start. */
void cup_job_get_size (CupJob * job, guint * width, guint * height);

/* The input, for the owner only. Converting between the two forms happens in
 * cup_job_need_…(), on a worker: they return FALSE and an error where loading,
 * encoding or decoding fails. The results are owned by the job. */
gboolean cup_job_need_pixels (CupJob * job, GError ** error);
gboolean cup_job_need_bytes (CupJob * job, GError ** error);
CupPixels *cup_job_get_pixels (CupJob * job);
GBytes *cup_job_get_bytes (CupJob * job);
const CupImageInfo *cup_job_get_bytes_info (CupJob * job);
/* Frees the input where it is not needed any more (it has been uploaded). */
void cup_job_drop_input (CupJob * job);

/* Completion, once. Both take their argument. */
void cup_job_return_result (CupJob * job, CupResult * result);
void cup_job_return_error (CupJob * job, GError * error);
/* Completes with G_IO_ERROR_CANCELLED and returns TRUE where the job has been
 * cancelled. */
gboolean cup_job_return_if_cancelled (CupJob * job);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupJob, cup_job_unref);

G_END_DECLS
