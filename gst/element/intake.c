/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What comes to a frame on the sink pad: it is clipped and stamped, judged, and
 * made a job of. Upstream's streaming thread; it waits only where the window
 * is full.
 */
#include "gstcreativeupscaler.h"

#include "base/error.h"
#include "frame.h"
#include "live.h"
#include "report.h"
#include "spending.h"

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

/* Of a frame without PTS, of which nothing is known by a framerate either. The first
 * one of a source that knows no time is at the beginning, as decoders have it: a
 * single picture can be muxed. From the second one on the user is told, before
 * anything is paid for. */
static void
stamp_untimed (GstCreativeUpscaler * self, GstBuffer * metadata)
{
  if (GST_BUFFER_PTS_IS_VALID (metadata)
      || GST_VIDEO_INFO_FPS_N (&self->input->info) > 0)
    return;
  if (self->n_frames == 0) {
    if (self->interpolate)
      GST_BUFFER_PTS (metadata) = 0;
  } else if (!self->warned_times) {
    self->warned_times = TRUE;
    cup_report_untimed (GST_ELEMENT (self), self->input->caps);
  }
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

static void
get_times (GstCreativeUpscaler * self, GstBuffer * metadata, CupTimes * times)
{
  times->pts = GST_BUFFER_PTS (metadata);
  times->duration = GST_BUFFER_DURATION (metadata);
  times->running_time = GST_CLOCK_TIME_NONE;
  times->stream_time = GST_CLOCK_TIME_NONE;
  if (self->segment.format != GST_FORMAT_TIME)
    return;
  times->running_time = gst_segment_to_running_time (&self->segment,
      GST_FORMAT_TIME, times->pts);
  times->stream_time = gst_segment_to_stream_time (&self->segment,
      GST_FORMAT_TIME, times->pts);
}

/* Frames that are not sent */

/* The frame leaves a hole behind what is in the window. */
static GstFlowReturn
leave_out (GstCreativeUpscaler * self, const CupTimes * times, CupDrop drop)
{
  GstFlowReturn flow = cup_window_push_hole (self->window, times->pts,
      times->duration);

  if (flow == GST_FLOW_OK)
    cup_stats_count_drop (self->stats, drop);
  return flow;
}

/* Whether downstream would drop the frame: then it is not paid for. */
static gboolean
is_too_late (GstCreativeUpscaler * self, const CupTimes * times)
{
  GstClockTime earliest;
  gboolean is_live;

  GST_OBJECT_LOCK (self);
  earliest = self->settings.qos ? self->earliest_time : GST_CLOCK_TIME_NONE;
  is_live = self->live.is_live;
  GST_OBJECT_UNLOCK (self);
  if (!GST_CLOCK_TIME_IS_VALID (earliest)
      || !GST_CLOCK_TIME_IS_VALID (times->running_time)
      || times->running_time >= earliest)
    return FALSE;

  GST_DEBUG_OBJECT (self, "frame at %" GST_TIME_FORMAT " would be late: left "
      "out", GST_TIME_ARGS (times->pts));
  cup_report_qos (GST_ELEMENT (self), times, is_live,
      GST_CLOCK_DIFF (times->running_time, earliest));
  return TRUE;
}

/* Whether the frame of a live stream is to have left already: what becomes of
 * it by `late` then, WAIT where it is not, or may. */
static GstCreativeUpscalerLate
judge_age (GstCreativeUpscaler * self, const CupTimes * times)
{
  GstClockTime promised, age = cup_live_get_age (self, times, &promised);
  GstCreativeUpscalerLate late;

  if (!GST_CLOCK_TIME_IS_VALID (age) || age <= promised)
    return GST_CREATIVE_UPSCALER_LATE_WAIT;
  GST_OBJECT_LOCK (self);
  late = self->settings.late;
  GST_OBJECT_UNLOCK (self);
  if (late == GST_CREATIVE_UPSCALER_LATE_DROP)
    cup_report_qos (GST_ELEMENT (self), times, TRUE,
        GST_CLOCK_DIFF (promised, age));
  return late;
}

/* Jobs */

/* In the completing thread of the job. */
static void
job_done (CupJob * job, CupResult * result, GError * error, gpointer user_data)
{
  CupSlot *slot = user_data;
  guint width, height;

  cup_job_get_size (job, &width, &height);
  cup_frame_progress_set_input_size (slot->progress, width, height);
  /* Of a file that was named by a URI the size is known only now. */
  cup_window_complete (slot->window, slot, width, height, result, error);
}

/* Lets controllers set the properties for this frame. */
static void
sync_properties (GstCreativeUpscaler * self, const CupTimes * times)
{
  if (GST_CLOCK_TIME_IS_VALID (times->stream_time))
    gst_object_sync_values (GST_OBJECT (self), times->stream_time);
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

/* Says on the bus what of the settings cannot be honoured. Takes ownership of
 * @extra_ignored and @refused. */
static void
report_ignored (GstCreativeUpscaler * self, const CupValues * values,
    gchar * extra_ignored, gchar * refused)
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
  if (refused)
    cup_report_refused_text (GST_ELEMENT (self), refused);
  g_free (extra_ignored);
  g_free (refused);
}

/* Says, once, that nothing is known of the colours of a picture that only the
 * service fetches. */
static void
report_unmatched (GstCreativeUpscaler * self, CupJob * job)
{
  if (self->warned_unmatched || !cup_job_get_remote_uri (job)
      || cup_job_get_colour_match (job) == CUP_COLOUR_MATCH_NONE
      || !(cup_engine_get_accepts (self->engine) & CUP_ENGINE_ACCEPTS_URI))
    return;
  self->warned_unmatched = TRUE;
  cup_report_unmatched (GST_ELEMENT (self));
}

static gint64
to_microseconds (gdouble seconds)
{
  return (gint64) (seconds * G_TIME_SPAN_SECOND);
}

/* With the object lock: a number that stands for what of the settings changes the
 * result, beside the values. */
static guint
get_encoding (const CupSettings * settings)
{
  return (guint) cup_settings_get_image_type (settings) << 16
      | settings->quality << 8 | (guint) settings->colour_match;
}

/* A frozen copy of the settings for one job. Returns get_encoding() of them. */
static guint
configure_job (GstCreativeUpscaler * self, CupJob * job)
{
  const CupValues *values;
  gchar *extra_ignored, *refused;
  guint encoding;

  GST_OBJECT_LOCK (self);
  cup_job_set_values (job, cup_values_copy (self->settings.values));
  cup_job_set_encoding (job, cup_settings_get_upload_type (&self->settings),
      self->settings.quality);
  cup_job_set_compression_level (job, self->settings.compression_level);
  cup_job_set_timeout (job, to_microseconds (self->settings.timeout));
  cup_job_set_queue_timeout (job,
      to_microseconds (self->settings.queue_timeout));
  cup_job_set_colour_match (job, self->settings.colour_match);
  extra_ignored = g_steal_pointer (&self->settings.extra_ignored);
  refused = g_steal_pointer (&self->settings.refused);
  encoding = get_encoding (&self->settings);
  GST_OBJECT_UNLOCK (self);

  values = cup_job_get_values (job);
  cup_job_set_check_unsafe (job, cup_engine_censors (self->engine)
      && wants_safety_checks (values));
  report_ignored (self, values, extra_ignored, refused);
  report_unmatched (self, job);
  cup_spending_check_price (self);
  return encoding;
}

static CupFrameProgress *
new_progress (GstCreativeUpscaler * self, GstBuffer * metadata)
{
  CupTimes times;

  get_times (self, metadata, &times);
  return cup_frame_progress_new (self->progress, self->n_jobs, times.pts,
      times.stream_time, self->arrived);
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
  /* The src task may look at it before it has failed. */
  get_times (self, metadata, &slot->times);
  flow = cup_window_push_frame (self->window, slot);
  if (flow == GST_FLOW_OK) {
    self->n_jobs++;
    cup_window_complete (self->window, slot, 0, 0, NULL, error);
  } else {
    g_error_free (error);
  }
  cup_slot_unref (slot);
  cup_frame_progress_unref (progress);
  g_object_unref (cancellable);
  return flow;
}

/* Whether the frame may be wanted again after its job was made. */
static gboolean
has_to_be_kept (GstCreativeUpscaler * self)
{
  gboolean keep;

  GST_OBJECT_LOCK (self);
  keep = self->settings.on_error == GST_CREATIVE_UPSCALER_ON_ERROR_PASSTHROUGH
      || (!self->dry_run && self->settings.on_budget
      == GST_CREATIVE_UPSCALER_ON_BUDGET_PASSTHROUGH)
      || (self->live.is_live
      && self->settings.late == GST_CREATIVE_UPSCALER_LATE_PASSTHROUGH);
  GST_OBJECT_UNLOCK (self);
  return keep;
}

/* A frame with a reserved place in the window, on its way there. */
typedef struct
{
  GstBuffer *buffer;            /* its pixels or bytes */
  const gchar *uri;             /* of a list: where they are */
  GstBuffer *metadata;
  CupTimes times;
} Frame;

/* A slot with all that the frame has beside a job. */
static CupSlot *
new_slot (GstCreativeUpscaler * self, const Frame * frame, CupJob * job,
    GCancellable * cancellable, CupFrameProgress * progress)
{
  const CupValues *values = cup_job_get_values (job);
  CupSlot *slot;
  guint width, height;

  cup_job_get_size (job, &width, &height);
  slot = cup_window_new_frame (self->window, self->input, width, height,
      frame->metadata, cancellable, progress);
  slot->times = frame->times;
  /* The property may have changed since the job was configured. */
  GST_OBJECT_LOCK (self);
  slot->scale = cup_values_get_number (values ? values : self->settings.values,
      CUP_FIELD_SCALE);
  GST_OBJECT_UNLOCK (self);
  return slot;
}

static void
keep_original (CupSlot * slot, const Frame * frame)
{
  slot->original = gst_buffer_ref (frame->buffer);
  slot->uri = g_strdup (frame->uri);
}

/* Puts a frame without a job in the window: it leaves as @state says. */
static GstFlowReturn
push_without_job (GstCreativeUpscaler * self, const Frame * frame,
    CupJob * job, CupSlotState state, gboolean is_duplicate)
{
  GCancellable *cancellable = g_cancellable_new ();
  CupFrameProgress *progress = new_progress (self, frame->metadata);
  CupSlot *slot = new_slot (self, frame, job, cancellable, progress);
  GstFlowReturn flow;

  cup_frame_progress_skip (progress);
  slot->state = state;
  slot->is_repeated = state == CUP_SLOT_REPEAT;
  slot->is_duplicate = is_duplicate;
  slot->is_original = state == CUP_SLOT_ORIGINAL;
  if (slot->is_original || (is_duplicate && has_to_be_kept (self)))
    keep_original (slot, frame);
  flow = cup_window_push_frame (self->window, slot);
  if (flow == GST_FLOW_OK)
    self->n_jobs++;
  cup_slot_unref (slot);
  cup_frame_progress_unref (progress);
  g_object_unref (cancellable);
  return flow;
}

static gboolean
is_duplicate (GstCreativeUpscaler * self, const Frame * frame, CupJob * job,
    guint encoding)
{
  gdouble threshold;

  GST_OBJECT_LOCK (self);
  threshold = self->settings.duplicate_threshold;
  GST_OBJECT_UNLOCK (self);
  return cup_previous_is_same (&self->previous, self->input, frame->buffer,
      cup_job_get_values (job), encoding, threshold)
      && cup_window_can_repeat (self->window, self->previous.slot, TRUE);
}

/* Takes @job. */
static GstFlowReturn
push_job (GstCreativeUpscaler * self, const Frame * frame, CupJob * job,
    guint encoding)
{
  CupFrameProgress *progress = new_progress (self, frame->metadata);
  CupSlot *slot;
  GstFlowReturn flow;

  cup_frame_progress_set_settings (progress,
      cup_settings_describe (cup_job_get_values (job)));
  cup_frame_progress_watch (progress, job);
  slot = new_slot (self, frame, job, cup_job_get_cancellable (job), progress);
  cup_frame_progress_unref (progress);
  slot->has_job = TRUE;
  /* What the service fetches is not here. */
  if (has_to_be_kept (self) && !cup_job_get_remote_uri (job))
    keep_original (slot, frame);
  cup_job_set_callback (job, job_done, cup_slot_ref (slot),
      (GDestroyNotify) cup_slot_unref);

  flow = cup_window_push_frame (self->window, slot);
  if (flow == GST_FLOW_OK) {
    self->n_jobs++;
    cup_previous_set (&self->previous, slot, frame->buffer,
        cup_job_get_values (job), encoding);
    cup_dispatcher_submit (self->dispatcher, job);
  } else {
    cup_job_unref (job);
  }
  cup_slot_unref (slot);
  return flow;
}

/* With a reserved place in the window. @state: PENDING for a job. */
static GstFlowReturn
push_frame (GstCreativeUpscaler * self, const Frame * frame, CupSlotState state)
{
  GError *error = NULL;
  GstFlowReturn flow;
  CupJob *job;
  guint encoding;

  job = cup_input_make_job (self->input, frame->buffer, frame->uri, &error);
  if (!job)
    return gst_creative_upscaler_fail_frame (self, frame->metadata, error);

  sync_properties (self, &frame->times);
  if (state != CUP_SLOT_PENDING) {
    flow = push_without_job (self, frame, job, state, FALSE);
    cup_job_unref (job);
    return flow;
  }
  encoding = configure_job (self, job);
  if (!is_duplicate (self, frame, job, encoding))
    return push_job (self, frame, job, encoding);
  flow = push_without_job (self, frame, job, CUP_SLOT_REPEAT, TRUE);
  cup_job_unref (job);
  return flow;
}

/* The way in */

/* Frames that gave way to the one that comes. */
static void
give_up (GstCreativeUpscaler * self, GSList * dropped)
{
  GSList *walk;

  for (walk = dropped; walk; walk = walk->next) {
    CupSlot *slot = walk->data;

    cup_frame_progress_cancelled (slot->progress);
    g_cancellable_cancel (slot->cancellable);
    cup_frame_progress_count_drop (slot->progress, CUP_DROP_OVERFLOW);
    cup_report_qos (GST_ELEMENT (self), &slot->times, TRUE, 0);
  }
  g_slist_free_full (dropped, (GDestroyNotify) cup_slot_unref);
}

/* Whether it will turn out that the frame needs no job. There is time for that
 * where the window is full; controllers have not set anything for it yet. */
static gboolean
will_be_duplicate (GstCreativeUpscaler * self, const Frame * frame)
{
  guint encoding, max, n = cup_window_get_in_flight (self->window);
  CupValues *values;
  gdouble threshold;
  gboolean will;

  GST_OBJECT_LOCK (self);
  max = self->settings.max_in_flight;
  values = cup_values_copy (self->settings.values);
  encoding = get_encoding (&self->settings);
  threshold = self->settings.duplicate_threshold;
  GST_OBJECT_UNLOCK (self);
  will = n >= max && cup_previous_is_same (&self->previous, self->input,
      frame->buffer, values, encoding, threshold)
      && cup_window_can_repeat (self->window, self->previous.slot, FALSE);
  cup_values_free (values);
  return will;
}

/* As cup_window_reserve(), by the property. A frame that gets no job has none
 * given up for it: least of all the one whose result it would leave with. */
static GstFlowReturn
reserve (GstCreativeUpscaler * self, const Frame * frame, gboolean for_job,
    gboolean * full)
{
  GstCreativeUpscalerOverflow overflow;
  GstFlowReturn flow;
  GSList *dropped;

  GST_OBJECT_LOCK (self);
  overflow = self->live.is_live ? self->settings.overflow :
      GST_CREATIVE_UPSCALER_OVERFLOW_BLOCK;
  GST_OBJECT_UNLOCK (self);
  if (overflow == GST_CREATIVE_UPSCALER_OVERFLOW_DROP_OLD
      && (!for_job || will_be_duplicate (self, frame)))
    overflow = GST_CREATIVE_UPSCALER_OVERFLOW_DROP_NEW;
  flow = cup_window_reserve (self->window, overflow, &dropped, full);
  give_up (self, dropped);
  return flow;
}

static gboolean
is_selected (GstCreativeUpscaler * self, const Frame * frame)
{
  CupSelectSettings settings;

  GST_OBJECT_LOCK (self);
  settings.mode = self->settings.select;
  settings.interval_frames = self->settings.interval;
  settings.interval_time = self->settings.interval_time;
  settings.scene_threshold = self->settings.scene_threshold;
  GST_OBJECT_UNLOCK (self);
  return cup_selector_select (&self->selector, &settings, self->input,
      frame->buffer, frame->metadata, &frame->times);
}

/* What becomes of a frame that is not selected; FALSE where it is left out. */
static gboolean
get_unselected_state (GstCreativeUpscaler * self, CupSlotState * state)
{
  GstCreativeUpscalerUnselected unselected;

  GST_OBJECT_LOCK (self);
  unselected = self->settings.unselected;
  GST_OBJECT_UNLOCK (self);
  *state = unselected == GST_CREATIVE_UPSCALER_UNSELECTED_LOCAL ?
      CUP_SLOT_ORIGINAL : CUP_SLOT_REPEAT;
  return unselected != GST_CREATIVE_UPSCALER_UNSELECTED_DROP;
}

/* Whether the frame is worth a place: before others are given up for it, and once
 * more after the wait, which may have been long. */
static gboolean
is_in_time (GstCreativeUpscaler * self, const Frame * frame,
    CupSlotState * state)
{
  if (is_too_late (self, &frame->times))
    return FALSE;
  if (*state != CUP_SLOT_PENDING)
    return TRUE;
  switch (judge_age (self, &frame->times)) {
    case GST_CREATIVE_UPSCALER_LATE_WAIT:
      break;
    case GST_CREATIVE_UPSCALER_LATE_DROP:
      cup_stats_count_late (self->stats);
      return FALSE;
    case GST_CREATIVE_UPSCALER_LATE_PASSTHROUGH:
      *state = CUP_SLOT_ORIGINAL;
      break;
  }
  return TRUE;
}

/* A frame that is to leave as @state says, PENDING for a job; CANCELLED
 * afterwards where it was left out. */
static GstFlowReturn
place_frame (GstCreativeUpscaler * self, const Frame * frame,
    CupSlotState * state)
{
  GstFlowReturn flow;
  gboolean full;

  if (!is_in_time (self, frame, state)) {
    *state = CUP_SLOT_CANCELLED;
    return leave_out (self, &frame->times, CUP_DROP_LATE);
  }
  flow = reserve (self, frame, *state == CUP_SLOT_PENDING, &full);
  if (flow != GST_FLOW_OK)
    return flow;
  if (full) {
    cup_report_qos (GST_ELEMENT (self), &frame->times, TRUE, 0);
    *state = CUP_SLOT_CANCELLED;
    return leave_out (self, &frame->times, CUP_DROP_OVERFLOW);
  }
  if (!is_in_time (self, frame, state)) {
    *state = CUP_SLOT_CANCELLED;
    flow = leave_out (self, &frame->times, CUP_DROP_LATE);
    cup_window_give_back (self->window);
    return flow;
  }
  if (self->discont)
    GST_BUFFER_FLAG_SET (frame->metadata, GST_BUFFER_FLAG_DISCONT);
  self->discont = FALSE;
  return push_frame (self, frame, *state);
}

/* Whether a trick mode wants to do without the frame. Raw video has no such
 * frames, unless whoever made it says so. */
static gboolean
is_skipped (GstCreativeUpscaler * self, GstBuffer * buffer)
{
  GstSegmentFlags flags = self->segment.flags;

  if ((flags & GST_SEGMENT_FLAG_TRICKMODE_KEY_UNITS)
      && GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    return TRUE;
  return (flags & GST_SEGMENT_FLAG_TRICKMODE_FORWARD_PREDICTED)
      && GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DROPPABLE);
}

/* Whether it is of the kind that is not to be shown. */
static gboolean
is_outside (GstCreativeUpscaler * self, GstBuffer * buffer,
    GstBuffer * metadata)
{
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DECODE_ONLY)
      || is_skipped (self, buffer) || !clip_times (self, metadata)) {
    GST_DEBUG_OBJECT (self, "not to be shown: %" GST_PTR_FORMAT, buffer);
    return TRUE;
  }
  return FALSE;
}

GstFlowReturn
gst_creative_upscaler_take_frame (GstCreativeUpscaler * self,
    GstBuffer * buffer, const gchar * uri, GstBuffer * metadata)
{
  Frame frame = { buffer, uri, metadata, };
  CupSlotState state = CUP_SLOT_PENDING;
  CupSelector before = self->selector;
  GstFlowReturn flow;
  gboolean selected;

  if (self->n_frames == 0)
    cup_live_learn (self);
  self->arrived = cup_stats_count_in (self->stats);
  if (self->interpolate)
    interpolate_times (self, metadata);
  stamp_untimed (self, metadata);
  self->n_frames++;

  if (is_outside (self, buffer, metadata)) {
    cup_stats_count_drop (self->stats, CUP_DROP_OUTSIDE);
    self->discont = TRUE;
    return GST_FLOW_OK;
  }
  get_times (self, metadata, &frame.times);
  selected = is_selected (self, &frame);
  /* What is left out needs no place. */
  if (!selected && !get_unselected_state (self, &state))
    return leave_out (self, &frame.times, CUP_DROP_UNSELECTED);
  flow = place_frame (self, &frame, &state);
  /* Where it got no job after all, the next one is selected in its place. */
  if (selected && state != CUP_SLOT_PENDING)
    self->selector = before;
  return flow;
}
