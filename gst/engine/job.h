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

#include "image/colour-match.h"
#include "image/image.h"
#include "image/metadata.h"
#include "image/yuv.h"
#include "journal.h"
#include "schema/values.h"

G_BEGIN_DECLS

typedef struct _CupJob CupJob;

/* How a job came by its result. */
typedef enum
{
  CUP_RESULT_MADE,              /* its engine has made it */
  CUP_RESULT_SHARED,            /* for another job, at the same time */
  CUP_RESULT_STORED,            /* it was on the disk */
} CupResultOrigin;

/**
 * CupResult:
 * @pixels: (nullable): the picture, from an engine that works on pixels
 * @yuv: (nullable): the same as video, of an input in this form
 * @bytes: (nullable): the picture as the service encoded it; exactly one of
 *   @pixels, @yuv and @bytes is there
 * @info: type (CUP_IMAGE_UNKNOWN for pixels), size, channels and depth; read
 *   from the header of @bytes and checked, but @bytes is not decoded yet
 * @has_seed: whether @seed is known
 * @seed: the seed that was used
 * @request_id: (nullable): the service's id
 * @url: (nullable): where the service keeps the picture
 * @content_type: (nullable): what the service says that the file at @url is
 * @file_name: (nullable): and how it is called
 * @file_size: and how many bytes it has, or a negative number
 * @billable_units: what the service charges for, in the unit of its price, or a
 *   negative number
 * @inference_time: seconds of work that the service reports, or a negative
 *   number
 * @queue_time: seconds that it waited at the service, or a negative number
 * @service_time: seconds from the submission until the service was done with
 *   it, waiting included, or a negative number
 * @total_time: seconds from the moment at which the engine got the job
 * @bytes_up: bytes of pictures that were sent
 * @bytes_down: bytes of pictures that were fetched
 * @submissions: how often it was submitted to a service; 0 where an earlier
 *   request was gone on with
 * @origin: how the job came by it
 * @check_unsafe: whether a result that is all black stands for one that a
 *   safety checker has taken away: the service has one, and the input was not
 *   black. Copied from the job
 * @lost_alpha: whether the input had transparent pixels, as far as it was looked
 *   at, and the result has no alpha
 * @colour_match: how its colours are to be brought back; NONE without
 *   @colour_reference. Copied from the job
 * @colour_reference: (nullable): the colours of the input
 * @input_metadata: (nullable): what the input said of how it is to be shown, where
 *   it was a file and was looked at. Copied from the job
 * @metadata: (nullable): the same of the picture: of pixels and video the input's,
 *   as they are neither turned nor converted; of @bytes what they say themselves,
 *   after cup_result_read_metadata()
 * @left_channels: with how many it was encoded to leave (2: gray with alpha), 0 where it
 *   was not
 * @input_flaw: (nullable): what is wrong with the input's file, all pixels of which
 *   are there, as far as it was looked at. Copied from the job
 * @flaw: (nullable): the same of @bytes, after cup_result_read_metadata() and decoding
 */
typedef struct
{
  CupPixels *pixels;
  CupYuv *yuv;
  GBytes *bytes;
  CupImageInfo info;
  gboolean has_seed;
  guint64 seed;
  gchar *request_id;
  gchar *url;
  gchar *content_type;
  gchar *file_name;
  gint64 file_size;
  gdouble billable_units;
  gdouble inference_time;
  gdouble queue_time;
  gdouble service_time;
  gdouble total_time;
  guint64 bytes_up;
  guint64 bytes_down;
  guint submissions;
  CupResultOrigin origin;
  gboolean check_unsafe;
  gboolean lost_alpha;
  CupColourMatch colour_match;
  CupColourReference *colour_reference;
  CupImageMetadata *input_metadata;
  CupImageMetadata *metadata;
  guint left_channels;
  gchar *input_flaw;
  gchar *flaw;
} CupResult;

/* All take the reference. The info of pixels and of YUV is filled in. */
CupResult *cup_result_new_pixels (CupPixels * pixels);
CupResult *cup_result_new_yuv (CupYuv * yuv);
CupResult *cup_result_new_bytes (GBytes * bytes, const CupImageInfo * info);
/* Shares the picture. */
CupResult *cup_result_copy (const CupResult * result);
/* Reads what @bytes say of themselves; does nothing for pixels. By the owner, on
 * a worker. */
void cup_result_read_metadata (CupResult * result);
/* For pixels that are not of an engine: @metadata is the input's. */
void cup_result_set_metadata (CupResult * result, CupImageMetadata * metadata);
void cup_result_free (CupResult * result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupResult, cup_result_free);

/* Makes pixels from what the element gave (a mapped, unconverted frame).
 * Runs on a worker, once. */
typedef CupPixels *(*CupLoadFunc) (gpointer data, GError ** error);

/* The same in the form that video has. */
typedef CupYuv *(*CupLoadYuvFunc) (gpointer data, GError ** error);

/* Takes the ownership of @result or @error, of which one is NULL. */
typedef void (*CupJobDone) (CupJob * job, CupResult * result, GError * error,
    gpointer user_data);

/* How far a job has come, as far as its engine tells. */
typedef enum
{
  CUP_PROGRESS_UPLOADING,       /* the picture is on its way to the service */
  CUP_PROGRESS_HELD_BACK,       /* not submitted yet: the service takes no more */
  CUP_PROGRESS_SUBMITTING,
  CUP_PROGRESS_QUEUED,          /* accepted, waits at the service */
  CUP_PROGRESS_RUNNING,         /* the service works on it */
  CUP_PROGRESS_FETCHING,        /* done there, the picture is on its way back */
} CupProgressState;

/**
 * CupProgress:
 * @state: where the job is
 * @request_id: (nullable): the service's id, from QUEUED on
 * @queue_position: how many are ahead in the service's queue, -1 where it does
 *   not tell
 * @log: (nullable): a line of the service's log, one that was not reported
 *   before. Cleaned: one line, without secrets
 * @log_level: (nullable): the service's word for it ("INFO", "STDERR", …)
 * @log_time: (nullable): the service's time stamp of it
 * @retry: (nullable): why something is tried again now
 */
typedef struct
{
  CupProgressState state;
  const gchar *request_id;
  gint64 queue_position;
  const gchar *log;
  const gchar *log_level;
  const gchar *log_time;
  const gchar *retry;
} CupProgress;

/* In any thread, no lock held, never after the job was completed by the same
 * thread. Everything in @progress belongs to the caller. Must not block. */
typedef void (*CupJobProgress) (CupJob * job, const CupProgress * progress,
    gpointer user_data);

/* A job with a raw frame. @width and @height are its size; @destroy is called
 * on @data as soon as the pixels are loaded, or the job is freed. */
CupJob *cup_job_new_raw (guint width, guint height, CupLoadFunc load,
    gpointer data, GDestroyNotify destroy);
/* The frame is video in a form that @load gets from the data of the job, too.
 * Before the job is submitted. */
void cup_job_set_load_yuv (CupJob * job, CupLoadYuvFunc load);
/* A job with a picture that is encoded already. */
CupJob *cup_job_new_encoded (GBytes * bytes, const CupImageInfo * info);
/* A job with a picture that is elsewhere: http(s) is for the service to fetch,
 * and its size is not known (0×0); file:// is read by cup_job_need_bytes (). */
CupJob *cup_job_new_uri (const gchar * uri);
/* A job with the settings of @job, its progress apart, and with the input, which
 * @job has no more: for who has an engine work on it, and completes @job, and
 * perhaps others, by what comes of that. It has a cancellable of its own. */
CupJob *cup_job_new_from (CupJob * job);
CupJob *cup_job_ref (CupJob * job);
void cup_job_unref (CupJob * job);

/* To be called before the job is submitted; @values is taken. How raw frames
 * are encoded for an engine that wants them encoded: @upload_type, and
 * @quality as in cup_image_encode(). CUP_IMAGE_UNKNOWN where the dispatcher is to
 * choose, among what loses nothing. @timeout is the limit in microseconds for
 * everything but waiting in a service's queue, @queue_timeout for that, 0 for
 * none. */
void cup_job_set_values (CupJob * job, CupValues * values);
void cup_job_set_encoding (CupJob * job, CupImageType upload_type,
    guint quality);
/* Of PNG, as in cup_image_encode_png(); no part of what the result depends on. */
void cup_job_set_compression_level (CupJob * job, guint level);
void cup_job_set_timeout (CupJob * job, gint64 timeout);
void cup_job_set_queue_timeout (CupJob * job, gint64 queue_timeout);
/* See CupResult.check_unsafe; FALSE at first. Until the job is completed. */
void cup_job_set_check_unsafe (CupJob * job, gboolean check_unsafe);
gboolean cup_job_get_check_unsafe (CupJob * job);
/* See CupResult.lost_alpha; FALSE at first. Until the job is completed. */
void cup_job_set_transparent (CupJob * job, gboolean is_transparent);
/* See CupResult.colour_match; NONE at first. The reference is taken; it is made
 * by who prepares the input, where it can be had. Until the job is completed. */
void cup_job_set_colour_match (CupJob * job, CupColourMatch mode);
CupColourMatch cup_job_get_colour_match (CupJob * job);
void cup_job_set_colour_reference (CupJob * job,
    CupColourReference * reference);
/* Whether a lossy codec has been at the picture, as far as that can be told from
 * how it came. Of an encoded picture the job knows (cup_image_is_lossy ()), of a
 * file that a URI names once it is in memory; of a raw frame who made the job
 * says so, before it is submitted, and FALSE is the default. */
void cup_job_set_lossy_source (CupJob * job, gboolean is_lossy);
gboolean cup_job_get_lossy_source (CupJob * job);
/* Whether it came as a raw frame, whatever has become of it since. */
gboolean cup_job_is_raw (CupJob * job);
/* What the file said of how the picture is to be shown (nullable). Known once its
 * pixels were needed, or after cup_job_read_metadata(), which does nothing where
 * there is no file in memory. */
void cup_job_read_metadata (CupJob * job);
CupImageMetadata *cup_job_get_metadata (CupJob * job);
/* What is wrong with the file (nullable), all pixels of which are there. Known as the
 * metadata is; decoding finds more than reading. */
const gchar *cup_job_get_flaw (CupJob * job);
/* @destroy frees @user_data after the callback, or with the job. */
void cup_job_set_callback (CupJob * job, CupJobDone done, gpointer user_data,
    GDestroyNotify destroy);

/* @destroy frees @user_data with the job. */
void cup_job_set_progress (CupJob * job, CupJobProgress func,
    gpointer user_data, GDestroyNotify destroy);

/* Who keeps account of the job's submissions (taken, nullable). Before the
 * engine gets the job. */
void cup_job_set_journal (CupJob * job, CupJournal * journal);
/* (nullable): the job's */
CupJournal *cup_job_get_journal (CupJob * job);

const CupValues *cup_job_get_values (CupJob * job);
CupImageType cup_job_get_upload_type (CupJob * job);
guint cup_job_get_quality (CupJob * job);
guint cup_job_get_compression_level (CupJob * job);
gint64 cup_job_get_timeout (CupJob * job);
gint64 cup_job_get_queue_timeout (CupJob * job);
GCancellable *cup_job_get_cancellable (CupJob * job);
/* Cancels a job by its cancellable because everything ends, and not because the
 * result is unwanted: a request that the service has accepted is left there
 * where the journal keeps it (journal.h). A plain cancellation takes the request
 * back. Any thread. */
void cup_job_leave (GCancellable * cancellable);
/* Whether cup_job_leave() has cancelled it. Any thread. */
gboolean cup_job_was_left (GCancellable * cancellable);
/* Size of the input, known from the start; of a URI 0×0 until its bytes are
 * there, and for ever where the service fetches it. */
void cup_job_get_size (CupJob * job, guint * width, guint * height);
/* Of a job whose input went to another one. */
void cup_job_set_size (CupJob * job, guint width, guint height);

/* The input, for the owner only. Converting between the two forms happens in
 * cup_job_need_…(), on a worker: they return FALSE and an error where loading,
 * encoding or decoding fails. The results are owned by the job. */
gboolean cup_job_need_pixels (CupJob * job, GError ** error);
gboolean cup_job_need_bytes (CupJob * job, GError ** error);
/* Whether cup_job_need_yuv() can be called, which is instead of the others. */
gboolean cup_job_can_be_yuv (CupJob * job);
gboolean cup_job_need_yuv (CupJob * job, GError ** error);
/* (nullable): where the input is a URI that is for the service to fetch. */
const gchar *cup_job_get_remote_uri (CupJob * job);
CupPixels *cup_job_get_pixels (CupJob * job);
CupYuv *cup_job_get_yuv (CupJob * job);
GBytes *cup_job_get_bytes (CupJob * job);
const CupImageInfo *cup_job_get_bytes_info (CupJob * job);
/* Frees the input where it is not needed any more (it has been uploaded). */
void cup_job_drop_input (CupJob * job);

/* Tells the one who made the job. Does nothing once it is completed. */
void cup_job_report_progress (CupJob * job, const CupProgress * progress);

/* Completion, once. Both take their argument. */
void cup_job_return_result (CupJob * job, CupResult * result);
/* The same with the result of another job, which has all that there is to know
 * already. */
void cup_job_pass_result (CupJob * job, CupResult * result);
void cup_job_return_error (CupJob * job, GError * error);
/* Completes with G_IO_ERROR_CANCELLED and returns TRUE where the job has been
 * cancelled. */
gboolean cup_job_return_if_cancelled (CupJob * job);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupJob, cup_job_unref);

G_END_DECLS
