/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What comes to a frame on the sink pad: it is clipped and stamped, judged, and
 * made a job of. Upstream's streaming thread; it waits only where the window
 * is full.
 */
#include "gstcreativeupscaler.h"

#include "base/error.h"
#include "frame.h"
#include "report.h"

/* Times */

/* The PTS that upstream has not given, from the framerate. */
static void
interpolate_times (GstCreativeUpscaler * self, GstBuffer * buffer)
{
  const GstVideoInfo *info = &self->input->info;
  guint64 n = self->n_frames;
  guint64 fps_n = GST_VIDEO_INFO_FPS_N (info);
  guint64 fps_d = GST_VIDEO_INFO_FPS_D (info);
  GstClockTime start, end;

  if (fps_n == 0 || fps_d == 0)
    return;
  start = gst_util_uint64_scale (n, fps_d * GST_SECOND, fps_n);
  end = gst_util_uint64_scale (n + 1, fps_d * GST_SECOND, fps_n);
  if (!GST_BUFFER_PTS_IS_VALID (buffer))
    GST_BUFFER_PTS (buffer) = start;
  if (!GST_BUFFER_DURATION_IS_VALID (buffer))
    GST_BUFFER_DURATION (buffer) = end - start;
}

/* Clips the times of @metadata to the segment; FALSE where the frame lies
 * outside. */
static gboolean
clip_times (GstCreativeUpscaler * self, GstBuffer * metadata)
{
  const GstVideoInfo *info = &self->input->info;
  GstClockTime start = GST_BUFFER_PTS (metadata);
  GstClockTime duration = GST_BUFFER_DURATION (metadata);
  GstClockTime stop = GST_CLOCK_TIME_NONE;
  guint64 clipped_start, clipped_stop;

  if (self->segment.format != GST_FORMAT_TIME
      || !GST_CLOCK_TIME_IS_VALID (start))
    return TRUE;
  if (!GST_CLOCK_TIME_IS_VALID (duration) && GST_VIDEO_INFO_FPS_N (info) > 0)
    duration = gst_util_uint64_scale (GST_SECOND, GST_VIDEO_INFO_FPS_D (info),
        GST_VIDEO_INFO_FPS_N (info));
  if (GST_CLOCK_TIME_IS_VALID (duration))
    stop = start + duration;

  if (!gst_segment_clip (&self->segment, GST_FORMAT_TIME, start, stop,
          &clipped_start, &clipped_stop))
    return FALSE;
  GST_BUFFER_PTS (metadata) = clipped_start;
  if (GST_BUFFER_DURATION_IS_VALID (metadata)
      && GST_CLOCK_TIME_IS_VALID (clipped_stop))
    GST_BUFFER_DURATION (metadata) = clipped_stop - clipped_start;
  return TRUE;
}

/* Whether downstream would drop the frame: then it is not paid for. */
static gboolean
is_too_late (GstCreativeUpscaler * self, GstBuffer * metadata)
{
  GstClockTime pts = GST_BUFFER_PTS (metadata);
  GstClockTime running_time, earliest;
  GstMessage *message;

  if (self->segment.format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID (pts))
    return FALSE;
  GST_OBJECT_LOCK (self);
  earliest = self->settings.qos ? self->earliest_time : GST_CLOCK_TIME_NONE;
  GST_OBJECT_UNLOCK (self);
  running_time = gst_segment_to_running_time (&self->segment, GST_FORMAT_TIME,
      pts);
  if (!GST_CLOCK_TIME_IS_VALID (earliest)
      || !GST_CLOCK_TIME_IS_VALID (running_time) || running_time >= earliest)
    return FALSE;

  GST_DEBUG_OBJECT (self, "frame at %" GST_TIME_FORMAT " would be late: left "
      "out", GST_TIME_ARGS (pts));
  message = gst_message_new_qos (GST_OBJECT (self), FALSE, running_time,
      gst_segment_to_stream_time (&self->segment, GST_FORMAT_TIME, pts), pts,
      GST_BUFFER_DURATION (metadata));
  gst_message_set_qos_values (message,
      GST_CLOCK_DIFF (running_time, earliest), 1.0, 1000000);
  gst_element_post_message (GST_ELEMENT (self), message);
  return TRUE;
}

/* In the completing thread of the job. */
static void
job_done (CupJob * job, CupResult * result, GError * error, gpointer user_data)
{
  CupSlot *slot = user_data;
  guint width, height;

  cup_job_get_size (job, &width, &height);
  cup_frame_progress_set_input_size (slot->progress, width, height);
  /* Of a file that was named by a URI it is known only now. */
  slot->frame.width = (gint) width;
  slot->frame.height = (gint) height;
  cup_window_complete (slot->window, slot, result, error);
}

/* Lets controllers set the properties for this frame. */
static void
sync_properties (GstCreativeUpscaler * self, GstBuffer * metadata)
{
  GstClockTime stream_time = GST_CLOCK_TIME_NONE;

  if (self->segment.format == GST_FORMAT_TIME)
    stream_time = gst_segment_to_stream_time (&self->segment, GST_FORMAT_TIME,
        GST_BUFFER_PTS (metadata));
  if (GST_CLOCK_TIME_IS_VALID (stream_time))
    gst_object_sync_values (GST_OBJECT (self), stream_time);
}

/* Whether the service is asked to check its results: by the property, or by
 * what extra-input sets under either name that services have for it. */
static gboolean
wants_safety_checks (const CupValues * values)
{
  static const gchar *names[] = { "enable_safety_checks",
    "enable_safety_checker"
  };
  JsonObject *extra = cup_values_get_extra (values);
  guint i;

  for (i = 0; extra && i < G_N_ELEMENTS (names); i++) {
    JsonNode *node = json_object_get_member (extra, names[i]);

    if (node && json_node_get_value_type (node) == G_TYPE_BOOLEAN)
      return json_node_get_boolean (node);
  }
  return cup_values_get_boolean (values, CUP_FIELD_ENABLE_SAFETY_CHECKS);
}

/* Says on the bus what of the settings cannot be honoured; takes
 * @extra_ignored. */
static void
report_ignored (GstCreativeUpscaler * self, const CupValues * values,
    gchar * extra_ignored)
{
  guint64 ignored = cup_values_get_set_mask (values)
      & ~cup_engine_get_honoured_fields (self->engine) & ~self->warned_fields;

  if (ignored) {
    self->warned_fields |= ignored;
    cup_report_not_honoured (GST_ELEMENT (self),
        cup_engine_get_name (self->engine), ignored);
  }
  if (extra_ignored)
    cup_report_extra_ignored (GST_ELEMENT (self), extra_ignored);
  g_free (extra_ignored);
}

static gint64
to_microseconds (gdouble seconds)
{
  return (gint64) (seconds * G_TIME_SPAN_SECOND);
}

/* A frozen copy of the settings for one job. */
static void
configure_job (GstCreativeUpscaler * self, CupJob * job)
{
  const CupValues *values;
  CupImageType type;
  gchar *extra_ignored;

  GST_OBJECT_LOCK (self);
  type = cup_settings_get_image_type (&self->settings);
  cup_job_set_values (job, cup_values_copy (self->settings.values));
  cup_job_set_encoding (job, type == CUP_IMAGE_UNKNOWN ? CUP_IMAGE_PNG : type,
      self->settings.quality);
  cup_job_set_timeout (job, to_microseconds (self->settings.timeout));
  cup_job_set_queue_timeout (job,
      to_microseconds (self->settings.queue_timeout));
  extra_ignored = g_steal_pointer (&self->settings.extra_ignored);
  GST_OBJECT_UNLOCK (self);

  values = cup_job_get_values (job);
  cup_job_set_check_unsafe (job, cup_engine_censors (self->engine)
      && wants_safety_checks (values));
  report_ignored (self, values, extra_ignored);
}

static CupFrameProgress *
new_progress (GstCreativeUpscaler * self, GstBuffer * metadata)
{
  return cup_frame_progress_new (self->progress, self->n_jobs,
      GST_BUFFER_PTS (metadata), self->arrived);
}

GstFlowReturn
gst_creative_upscaler_fail_frame (GstCreativeUpscaler * self,
    GstBuffer * metadata, GError * error)
{
  GCancellable *cancellable = g_cancellable_new ();
  CupFrameProgress *progress = new_progress (self, metadata);
  CupSlot *slot;
  GstFlowReturn flow;

  slot = cup_window_new_frame (self->window, self->input, 0, 0, metadata,
      cancellable, progress);
  flow = cup_window_push_frame (self->window, slot);
  if (flow == GST_FLOW_OK) {
    self->n_jobs++;
    cup_window_complete (self->window, slot, NULL, error);
  } else {
    g_error_free (error);
  }
  cup_slot_unref (slot);
  cup_frame_progress_unref (progress);
  g_object_unref (cancellable);
  return flow;
}

/* What the slot has to know of the job that is about to start, beside its end:
 * the job is its engine's from then on. */
static void
prepare_slot (GstCreativeUpscaler * self, CupSlot * slot, CupJob * job,
    GstBuffer * buffer, const gchar * uri)
{
  gboolean keep;

  GST_OBJECT_LOCK (self);
  keep = self->settings.on_error == GST_CREATIVE_UPSCALER_ON_ERROR_PASSTHROUGH;
  GST_OBJECT_UNLOCK (self);
  slot->scale = cup_values_get_number (cup_job_get_values (job),
      CUP_FIELD_SCALE);
  /* What the service fetches is not here. */
  if (keep && !cup_job_get_remote_uri (job)) {
    slot->original = gst_buffer_ref (buffer);
    slot->uri = g_strdup (uri);
  }
}

/* With a reserved place in the window. */
static GstFlowReturn
push_frame (GstCreativeUpscaler * self, GstBuffer * buffer, const gchar * uri,
    GstBuffer * metadata)
{
  CupFrameProgress *progress;
  GError *error = NULL;
  GstFlowReturn flow;
  CupSlot *slot;
  CupJob *job;
  guint width, height;

  job = cup_input_make_job (self->input, buffer, uri, &error);
  if (!job)
    return gst_creative_upscaler_fail_frame (self, metadata, error);

  sync_properties (self, metadata);
  configure_job (self, job);
  cup_job_get_size (job, &width, &height);
  progress = new_progress (self, metadata);
  cup_frame_progress_watch (progress, job);
  slot = cup_window_new_frame (self->window, self->input, width, height,
      metadata, cup_job_get_cancellable (job), progress);
  cup_frame_progress_unref (progress);
  prepare_slot (self, slot, job, buffer, uri);
  cup_job_set_callback (job, job_done, cup_slot_ref (slot),
      (GDestroyNotify) cup_slot_unref);

  flow = cup_window_push_frame (self->window, slot);
  if (flow == GST_FLOW_OK) {
    self->n_jobs++;
    cup_dispatcher_submit (self->dispatcher, job);
  } else {
    cup_job_unref (job);
  }
  cup_slot_unref (slot);
  return flow;
}

GstFlowReturn
gst_creative_upscaler_take_frame (GstCreativeUpscaler * self,
    GstBuffer * buffer, const gchar * uri, GstBuffer * metadata)
{
  GstFlowReturn flow = GST_FLOW_OK;

  self->arrived = cup_stats_count_in (self->stats);
  if (self->interpolate)
    interpolate_times (self, metadata);
  self->n_frames++;

  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DECODE_ONLY)
      || !clip_times (self, metadata)) {
    GST_DEBUG_OBJECT (self, "not to be shown: %" GST_PTR_FORMAT, buffer);
    cup_stats_count_drop (self->stats, CUP_DROP_OUTSIDE);
    self->discont = TRUE;
  } else if ((flow = cup_window_reserve (self->window)) == GST_FLOW_OK) {
    /* After the wait, which may have been long. */
    if (is_too_late (self, metadata)) {
      cup_stats_count_drop (self->stats, CUP_DROP_LATE);
      cup_window_give_back (self->window);
      self->discont = TRUE;
    } else {
      if (self->discont)
        GST_BUFFER_FLAG_SET (metadata, GST_BUFFER_FLAG_DISCONT);
      self->discont = FALSE;
      flow = push_frame (self, buffer, uri, metadata);
    }
  }
  return flow;
}
