/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "progress.h"

#include "base/error.h"
#include "report.h"

/* People read along: how far frames have moved up in a queue is news once in a
 * while only. */
#define WAITING_INTERVAL G_TIME_SPAN_SECOND

struct _CupProgressReporter
{
  gint ref_count;
  GWeakRef element;
  gchar *engine;
  CupStats *stats;

  GMutex lock;                  /* a leaf; guards below */
  GCond cond;                   /* a thread has left posters */
  GSList *posters;              /* the GThread of each post under way */
  gboolean closed;
  gint64 waiting_shown;         /* when the last line on a queue was posted */
};

struct _CupFrameProgress
{
  gint ref_count;

  /* Never changed after it was made. */
  CupProgressReporter *reporter;
  guint64 number;
  GstClockTime pts;
  GstClockTime stream_time;
  gint64 arrived;

  /* Never changed after the job was submitted. */
  GstStructure *settings;

  /* Of the one who completes the frame. */
  guint width;
  guint height;

  GMutex lock;                  /* comes before the reporter's and the
                                 * statistics'; guards below */
  GQueue messages;              /* of GstMessage, to be posted */
  gboolean posting;             /* a thread is about it */
  gboolean ended;
  gboolean is_done;             /* its end was told as "done" */
  gboolean shown;               /* as GST_MESSAGE_PROGRESS, once at least */
  gchar *request_id;
  guint retries;                /* submissions beyond the first, counted */
  gint state;                   /* CupProgressState, -1 for none yet */
  gint64 queue_position;
};

typedef struct
{
  CupEnd end;
  const CupResult *result;      /* DONE */
  gboolean is_unsafe;
} End;

CupProgressReporter *
cup_progress_reporter_new (GstElement * element, const gchar * engine,
    CupStats * stats)
{
  CupProgressReporter *reporter = g_new0 (CupProgressReporter, 1);

  reporter->ref_count = 1;
  g_weak_ref_init (&reporter->element, element);
  reporter->engine = g_strdup (engine);
  reporter->stats = cup_stats_ref (stats);
  g_mutex_init (&reporter->lock);
  g_cond_init (&reporter->cond);
  reporter->waiting_shown = G_MININT64 / 2;
  return reporter;
}

CupProgressReporter *
cup_progress_reporter_ref (CupProgressReporter * reporter)
{
  g_atomic_int_inc (&reporter->ref_count);
  return reporter;
}

void
cup_progress_reporter_unref (CupProgressReporter * reporter)
{
  if (!g_atomic_int_dec_and_test (&reporter->ref_count))
    return;
  g_weak_ref_clear (&reporter->element);
  g_mutex_clear (&reporter->lock);
  g_cond_clear (&reporter->cond);
  cup_stats_unref (reporter->stats);
  g_free (reporter->engine);
  g_free (reporter);
}

/* Lock held. */
static gboolean
others_post (CupProgressReporter * reporter)
{
  GSList *walk;

  for (walk = reporter->posters; walk; walk = walk->next)
    if (walk->data != g_thread_self ())
      return TRUE;
  return FALSE;
}

void
cup_progress_reporter_close (CupProgressReporter * reporter)
{
  g_mutex_lock (&reporter->lock);
  reporter->closed = TRUE;
  while (others_post (reporter))
    g_cond_wait (&reporter->cond, &reporter->lock);
  g_mutex_unlock (&reporter->lock);
}

/* The element to post to until end_post(); NULL where there is nobody any more
 * to tell anything to. */
static GstElement *
begin_post (CupProgressReporter * reporter)
{
  GstElement *element = NULL;

  g_mutex_lock (&reporter->lock);
  if (!reporter->closed)
    element = g_weak_ref_get (&reporter->element);
  if (element)
    reporter->posters = g_slist_prepend (reporter->posters, g_thread_self ());
  g_mutex_unlock (&reporter->lock);
  return element;
}

static void
end_post (CupProgressReporter * reporter, GstElement * element)
{
  /* First: while it is waited for, somebody else has a reference, too. */
  gst_object_unref (element);
  g_mutex_lock (&reporter->lock);
  reporter->posters = g_slist_remove (reporter->posters, g_thread_self ());
  g_cond_broadcast (&reporter->cond);
  g_mutex_unlock (&reporter->lock);
}

void
cup_progress_reporter_warn (CupProgressReporter * reporter,
    const GError * error)
{
  GstElement *element = begin_post (reporter);

  if (!element)
    return;
  cup_report_warning (element, error);
  end_post (reporter, element);
}

CupFrameProgress *
cup_frame_progress_new (CupProgressReporter * reporter, guint64 number,
    GstClockTime pts, GstClockTime stream_time, gint64 arrived)
{
  CupFrameProgress *frame = g_new0 (CupFrameProgress, 1);

  frame->ref_count = 1;
  frame->reporter = cup_progress_reporter_ref (reporter);
  frame->number = number;
  frame->pts = pts;
  frame->stream_time = stream_time;
  frame->arrived = arrived;
  frame->state = -1;
  frame->queue_position = -1;
  g_mutex_init (&frame->lock);
  g_queue_init (&frame->messages);
  return frame;
}

CupFrameProgress *
cup_frame_progress_ref (CupFrameProgress * frame)
{
  g_atomic_int_inc (&frame->ref_count);
  return frame;
}

void
cup_frame_progress_unref (CupFrameProgress * frame)
{
  if (!g_atomic_int_dec_and_test (&frame->ref_count))
    return;
  cup_progress_reporter_unref (frame->reporter);
  g_mutex_clear (&frame->lock);
  g_clear_pointer (&frame->settings, gst_structure_free);
  g_free (frame->request_id);
  g_free (frame);
}

/* Posting */

/* Lock held. Before the message is out: who gets it may look at the figures. */
static void
count_end (CupFrameProgress * frame, const End * end)
{
  CupStats *stats = frame->reporter->stats;
  const CupResult *result = end->result;

  if (frame->is_done)
    cup_stats_take_back_done (stats);
  frame->is_done = end->end == CUP_END_DONE;
  cup_stats_count_end (stats, end->end, result, end->is_unsafe);
  if (result && result->origin == CUP_RESULT_MADE
      && result->submissions > frame->retries + 1)
    cup_stats_count_retries (stats, result->submissions - 1 - frame->retries);
}

/* Lock held. Whether nothing more is told of the frame: but that a result turns out
 * not to be usable is told after it was said to be done. */
static gboolean
is_silent (const CupFrameProgress * frame, CupEnd end)
{
  return frame->ended && !(frame->is_done && end == CUP_END_FAILED);
}

/* Takes the messages, of which @text may be NULL. @end: NULL where this is not
 * the frame's last. */
static void
post (CupFrameProgress * frame, GstMessage * job, GstMessage * text,
    const End * end)
{
  GstMessage *message;

  g_mutex_lock (&frame->lock);
  if (is_silent (frame, end ? end->end : CUP_N_ENDS)) {
    g_mutex_unlock (&frame->lock);
    gst_message_unref (job);
    gst_clear_message (&text);
    return;
  }
  frame->ended = end != NULL;
  if (end)
    count_end (frame, end);
  g_queue_push_tail (&frame->messages, job);
  if (text)
    g_queue_push_tail (&frame->messages, text);
  if (frame->posting) {
    g_mutex_unlock (&frame->lock);
    return;
  }
  frame->posting = TRUE;
  while ((message = g_queue_pop_head (&frame->messages))) {
    g_mutex_unlock (&frame->lock);
    gst_element_post_message (GST_ELEMENT (GST_MESSAGE_SRC (message)), message);
    g_mutex_lock (&frame->lock);
  }
  frame->posting = FALSE;
  g_mutex_unlock (&frame->lock);
}

/* As begin_post(), and NULL where the frame's end was told. @end: what is about to
 * be told, CUP_N_ENDS for no end. */
static GstElement *
begin (CupFrameProgress * frame, CupEnd end)
{
  gboolean silent;

  g_mutex_lock (&frame->lock);
  silent = is_silent (frame, end);
  g_mutex_unlock (&frame->lock);
  return silent ? NULL : begin_post (frame->reporter);
}

static GstStructure *
new_structure (CupFrameProgress * frame, const gchar * state)
{
  GstStructure *structure = gst_structure_new ("creativeupscaler-job",
      "state", G_TYPE_STRING, state, NULL);

  cup_frame_progress_fill (frame, structure);
  return structure;
}

static GstMessage *
new_job_message (GstElement * element, GstStructure * structure)
{
  return gst_message_new_element (GST_OBJECT (element), structure);
}

/* Takes @text, which may be NULL.
 *
 * Always COMPLETE: START and CONTINUE would ask the application to stay in
 * PAUSED until it is over. gst-launch-1.0 does so, and with many frames under
 * way one or the other is always not over. What is reported are steps that a
 * frame has taken. */
static GstMessage *
new_text_message (CupFrameProgress * frame, GstElement * element, gchar * text)
{
  GstMessage *message;
  gchar *line;

  if (!text)
    return NULL;
  line = g_strdup_printf ("frame %" G_GUINT64_FORMAT ": %s", frame->number,
      text);
  message = gst_message_new_progress (GST_OBJECT (element),
      GST_PROGRESS_TYPE_COMPLETE, "upscale", line);
  g_free (line);
  g_free (text);
  return message;
}

static void
set_string (GstStructure * structure, const gchar * name, const gchar * value)
{
  if (value)
    gst_structure_set (structure, name, G_TYPE_STRING, value, NULL);
}

static void
set_number (GstStructure * structure, const gchar * name, gdouble value)
{
  if (value >= 0)
    gst_structure_set (structure, name, G_TYPE_DOUBLE, value, NULL);
}

static void
set_size (GstStructure * structure, const gchar * width_name, guint width,
    const gchar * height_name, guint height)
{
  if (width > 0 && height > 0)
    gst_structure_set (structure, width_name, G_TYPE_UINT, width,
        height_name, G_TYPE_UINT, height, NULL);
}

void
cup_frame_progress_fill (CupFrameProgress * frame, GstStructure * structure)
{
  gst_structure_set (structure, "frame", G_TYPE_UINT64, frame->number,
      "engine", G_TYPE_STRING, frame->reporter->engine, NULL);
  if (GST_CLOCK_TIME_IS_VALID (frame->pts))
    gst_structure_set (structure, "pts", G_TYPE_UINT64, frame->pts, NULL);
  if (GST_CLOCK_TIME_IS_VALID (frame->stream_time))
    gst_structure_set (structure, "stream-time", G_TYPE_UINT64,
        frame->stream_time, NULL);
}

void
cup_frame_progress_set_settings (CupFrameProgress * frame,
    GstStructure * settings)
{
  g_clear_pointer (&frame->settings, gst_structure_free);
  frame->settings = settings;
}

void
cup_frame_progress_fill_settings (CupFrameProgress * frame,
    GstStructure * structure)
{
  if (frame->settings)
    gst_structure_set (structure, "settings", GST_TYPE_STRUCTURE,
        frame->settings, NULL);
}

void
cup_progress_fill_result (GstStructure * structure, const CupResult * result)
{
  set_string (structure, "request-id", result->request_id);
  set_string (structure, "url", result->url);
  if (result->has_seed)
    gst_structure_set (structure, "seed", G_TYPE_UINT64, result->seed, NULL);
  set_string (structure, "content-type", result->content_type);
  set_string (structure, "file-name", result->file_name);
  if (result->file_size >= 0)
    gst_structure_set (structure, "file-size", G_TYPE_UINT64,
        (guint64) result->file_size, NULL);
  set_number (structure, "inference-time", result->inference_time);
  /* Of what is shared or stored nothing is charged. */
  if (result->origin == CUP_RESULT_MADE)
    set_number (structure, "billable-units", result->billable_units);
}

static const gchar *
get_origin_name (CupResultOrigin origin)
{
  switch (origin) {
    case CUP_RESULT_MADE:
      break;
    case CUP_RESULT_SHARED:
      return "shared";
    case CUP_RESULT_STORED:
      return "stored";
  }
  return "made";
}

void
cup_progress_fill_origin (GstStructure * structure, const CupResult * result)
{
  gst_structure_set (structure, "origin", G_TYPE_STRING,
      get_origin_name (result->origin), NULL);
}

/* What an engine reports */

static const gchar *
get_state_name (CupProgressState state)
{
  switch (state) {
    case CUP_PROGRESS_UPLOADING:
      return "uploading";
    case CUP_PROGRESS_HELD_BACK:
      return "held-back";
    case CUP_PROGRESS_SUBMITTING:
      return "submitting";
    case CUP_PROGRESS_QUEUED:
      return "queued";
    case CUP_PROGRESS_RUNNING:
      return "running";
    case CUP_PROGRESS_FETCHING:
      break;
  }
  return "fetching";
}

static gboolean
may_show_waiting (CupProgressReporter * reporter)
{
  gint64 now = g_get_monotonic_time ();
  gboolean may;

  g_mutex_lock (&reporter->lock);
  may = now - reporter->waiting_shown >= WAITING_INTERVAL;
  if (may)
    reporter->waiting_shown = now;
  g_mutex_unlock (&reporter->lock);
  return may;
}

/* Lock held. What a person wants to know of it, NULL for nothing. */
static gchar *
describe (CupFrameProgress * frame, const CupProgress * progress)
{
  gboolean moved = frame->state != (gint) progress->state
      || frame->queue_position != progress->queue_position;

  if (progress->log)
    return g_strdup (progress->log);
  if (progress->retry)
    return g_strdup_printf ("tries again: %s", progress->retry);
  if (!moved)
    return NULL;

  switch (progress->state) {
    case CUP_PROGRESS_RUNNING:
      return frame->state == CUP_PROGRESS_RUNNING ? NULL :
          g_strdup ("the service works on it");
    case CUP_PROGRESS_HELD_BACK:
      if (may_show_waiting (frame->reporter))
        return g_strdup ("held back, the service takes no more for now");
      break;
    case CUP_PROGRESS_QUEUED:
      if (!may_show_waiting (frame->reporter))
        break;
      if (progress->queue_position < 0)
        return g_strdup ("waits in the service's queue");
      if (progress->queue_position == 0)
        return g_strdup ("next in the service's queue");
      return g_strdup_printf ("%" G_GINT64_FORMAT " ahead in the service's "
          "queue", progress->queue_position);
    case CUP_PROGRESS_UPLOADING:
    case CUP_PROGRESS_SUBMITTING:
    case CUP_PROGRESS_FETCHING:
      break;
  }
  return NULL;
}

/* Notes what is new, for the messages to come; returns as describe(). */
static gchar *
note (CupFrameProgress * frame, const CupProgress * progress)
{
  gchar *text;

  g_mutex_lock (&frame->lock);
  text = describe (frame, progress);
  frame->shown |= text != NULL;
  frame->state = (gint) progress->state;
  frame->queue_position = progress->queue_position;
  if (progress->request_id
      && g_strcmp0 (progress->request_id, frame->request_id) != 0) {
    if (frame->request_id) {
      frame->retries++;
      cup_stats_count_retries (frame->reporter->stats, 1);
    }
    g_free (frame->request_id);
    frame->request_id = g_strdup (progress->request_id);
  }
  g_mutex_unlock (&frame->lock);
  return text;
}

/* In a thread of the engine's. */
static void
job_progress (CupJob * job, const CupProgress * progress, gpointer user_data)
{
  CupFrameProgress *frame = user_data;
  GstElement *element = begin (frame, CUP_N_ENDS);
  GstStructure *structure;

  if (!element)
    return;
  structure = new_structure (frame, get_state_name (progress->state));
  set_string (structure, "request-id", progress->request_id);
  if (progress->queue_position >= 0)
    gst_structure_set (structure, "queue-position", G_TYPE_INT64,
        progress->queue_position, NULL);
  set_string (structure, "log", progress->log);
  set_string (structure, "log-level", progress->log_level);
  set_string (structure, "log-time", progress->log_time);
  set_string (structure, "retry", progress->retry);
  post (frame, new_job_message (element, structure),
      new_text_message (frame, element, note (frame, progress)), NULL);
  end_post (frame->reporter, element);
}

void
cup_frame_progress_watch (CupFrameProgress * frame, CupJob * job)
{
  cup_job_set_progress (job, job_progress, cup_frame_progress_ref (frame),
      (GDestroyNotify) cup_frame_progress_unref);
}

void
cup_frame_progress_set_input_size (CupFrameProgress * frame, guint width,
    guint height)
{
  frame->width = width;
  frame->height = height;
}

/* Ends */

/* The line for a frame that had some already; the others were too quick for
 * anybody to wait. */
static gchar *
describe_end (CupFrameProgress * frame, const CupResult * result)
{
  gboolean shown;

  g_mutex_lock (&frame->lock);
  shown = frame->shown;
  g_mutex_unlock (&frame->lock);
  if (!shown)
    return NULL;
  return g_strdup_printf ("done after %.1f s", result->total_time);
}

/* What it took to get a result that was not there before. */
static void
fill_effort (GstStructure * structure, const CupResult * result)
{
  set_number (structure, "queue-time", result->queue_time);
  set_number (structure, "service-time", result->service_time);
  if (result->submissions > 0)
    gst_structure_set (structure,
        "submissions", G_TYPE_UINT, result->submissions,
        "bytes-up", G_TYPE_UINT64, result->bytes_up,
        "bytes-down", G_TYPE_UINT64, result->bytes_down, NULL);
}

void
cup_frame_progress_done (CupFrameProgress * frame, const CupResult * result,
    gboolean is_unsafe)
{
  const End end = { CUP_END_DONE, result, is_unsafe };
  GstElement *element = begin (frame, CUP_END_DONE);
  GstStructure *structure;

  if (!element)
    return;
  structure = new_structure (frame, "done");
  cup_frame_progress_fill_settings (frame, structure);
  cup_progress_fill_result (structure, result);
  set_size (structure, "width", result->info.width, "height",
      result->info.height);
  set_size (structure, "input-width", frame->width, "input-height",
      frame->height);
  cup_progress_fill_origin (structure, result);
  if (result->total_time > 0)
    set_number (structure, "total-time", result->total_time);
  if (result->origin == CUP_RESULT_MADE)
    fill_effort (structure, result);
  gst_structure_set (structure, "unsafe", G_TYPE_BOOLEAN, is_unsafe, NULL);
  post (frame, new_job_message (element, structure),
      new_text_message (frame, element, describe_end (frame, result)), &end);
  end_post (frame->reporter, element);
}

/* The request that the frame has been last, where the end does not say. */
static void
set_known_request (CupFrameProgress * frame, GstStructure * structure)
{
  if (gst_structure_has_field (structure, "request-id"))
    return;
  g_mutex_lock (&frame->lock);
  set_string (structure, "request-id", frame->request_id);
  g_mutex_unlock (&frame->lock);
}

/* The budget did not allow it: that is no failure. */
static void
skip_job (CupFrameProgress * frame, const GError * error)
{
  const End end = { CUP_END_SKIPPED, NULL, FALSE };
  GstElement *element = begin (frame, CUP_END_SKIPPED);
  GstStructure *structure;

  if (!element)
    return;
  structure = new_structure (frame, "skipped");
  cup_frame_progress_fill_settings (frame, structure);
  set_string (structure, "message", error->message);
  set_string (structure, "limit", cup_error_get_details (error)->error_type);
  post (frame, new_job_message (element, structure), NULL, &end);
  end_post (frame->reporter, element);
}

void
cup_frame_progress_failed (CupFrameProgress * frame, const GError * error)
{
  const End end = { CUP_END_FAILED, NULL, FALSE };
  GstElement *element;
  GstStructure *structure;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    cup_frame_progress_cancelled (frame);
    return;
  }
  if (g_error_matches (error, CUP_ERROR, CUP_ERROR_BUDGET)) {
    skip_job (frame, error);
    return;
  }
  element = begin (frame, CUP_END_FAILED);
  if (!element)
    return;
  structure = new_structure (frame, "failed");
  cup_frame_progress_fill_settings (frame, structure);
  set_string (structure, "message", error->message);
  cup_report_fill_details (structure, error);
  set_known_request (frame, structure);
  post (frame, new_job_message (element, structure), NULL, &end);
  end_post (frame->reporter, element);
}

void
cup_frame_progress_cancelled (CupFrameProgress * frame)
{
  const End end = { CUP_END_CANCELLED, NULL, FALSE };
  GstElement *element = begin (frame, CUP_END_CANCELLED);
  GstStructure *structure;

  if (!element)
    return;
  structure = new_structure (frame, "cancelled");
  set_known_request (frame, structure);
  post (frame, new_job_message (element, structure), NULL, &end);
  end_post (frame->reporter, element);
}

void
cup_frame_progress_skip (CupFrameProgress * frame)
{
  g_mutex_lock (&frame->lock);
  frame->ended = TRUE;
  g_mutex_unlock (&frame->lock);
}

/* Statistics */

void
cup_frame_progress_count_out (CupFrameProgress * frame, CupSource source)
{
  cup_stats_count_out (frame->reporter->stats, frame->arrived, source);
}

void
cup_frame_progress_count_drop (CupFrameProgress * frame, CupDrop drop)
{
  cup_stats_count_drop (frame->reporter->stats, drop);
}
