/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The sink pad: what upstream's streaming thread does. It takes a frame, clips
 * and stamps it, makes a job of it and goes on; it waits only where the window
 * is full. Serialized events and queries queue behind the frames.
 */
#include "gstcreativeupscaler.h"

#include "base/error.h"
#include "context.h"
#include "frame.h"
#include "report.h"
#include "uri-list.h"

/* Frames */

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

/* A frame that cannot even become a job fails when its turn comes, like any
 * other: those before it are delivered. */
static GstFlowReturn
push_failed_frame (GstCreativeUpscaler * self, GstBuffer * metadata,
    GError * error)
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
    return push_failed_frame (self, metadata, error);

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

/* What comes to a frame before it is paid for. @buffer has its pixels or bytes,
 * @uri, of a list, says where they are; @metadata is the caller's own. */
static GstFlowReturn
take_frame (GstCreativeUpscaler * self, GstBuffer * buffer, const gchar * uri,
    GstBuffer * metadata)
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

/* Times and flags of the @i-th of @n frames that one buffer names: the first
 * has the buffer's, the others follow it as far as the framerate is known. */
static GstBuffer *
make_list_metadata (GstCreativeUpscaler * self, GstBuffer * buffer, guint i,
    guint n)
{
  const GstVideoInfo *info = &self->input->info;
  GstBuffer *metadata = cup_frame_copy_metadata (buffer);
  GstClockTime start = GST_BUFFER_PTS (metadata);
  guint64 fps_n = GST_VIDEO_INFO_FPS_N (info);
  guint64 fps_d = GST_VIDEO_INFO_FPS_D (info);
  gboolean known = fps_n > 0 && fps_d > 0 && GST_CLOCK_TIME_IS_VALID (start);

  if (n > 1) {
    GstClockTime from = !known ? 0 : gst_util_uint64_scale (i,
        fps_d * GST_SECOND, fps_n);
    GstClockTime to = !known ? 0 : gst_util_uint64_scale (i + 1,
        fps_d * GST_SECOND, fps_n);

    GST_BUFFER_DURATION (metadata) = known ? to - from : GST_CLOCK_TIME_NONE;
    if (i > 0)
      GST_BUFFER_PTS (metadata) = known ? start + from : GST_CLOCK_TIME_NONE;
  }
  if (i > 0) {
    GST_BUFFER_OFFSET (metadata) = GST_BUFFER_OFFSET_NONE;
    GST_BUFFER_OFFSET_END (metadata) = GST_BUFFER_OFFSET_NONE;
    GST_BUFFER_FLAG_UNSET (metadata, GST_BUFFER_FLAG_DISCONT);
  }
  return metadata;
}

/* Each URI of the list is a frame. */
static GstFlowReturn
take_list (GstCreativeUpscaler * self, GstBuffer * buffer)
{
  GstFlowReturn flow = GST_FLOW_OK;
  GError *error = NULL;
  GPtrArray *uris = cup_uri_list_parse (buffer, &error);
  GstBuffer *metadata;
  guint i;

  if (!uris) {
    self->arrived = cup_stats_count_in (self->stats);
    flow = cup_window_reserve (self->window);
    if (flow != GST_FLOW_OK) {
      g_error_free (error);
      return flow;
    }
    metadata = cup_frame_copy_metadata (buffer);
    flow = push_failed_frame (self, metadata, error);
    gst_buffer_unref (metadata);
    return flow;
  }
  for (i = 0; i < uris->len && flow == GST_FLOW_OK; i++) {
    metadata = make_list_metadata (self, buffer, i, uris->len);
    flow = take_frame (self, buffer, g_ptr_array_index (uris, i), metadata);
    gst_buffer_unref (metadata);
  }
  g_ptr_array_unref (uris);
  return flow;
}

GstFlowReturn
gst_creative_upscaler_chain (GstPad * pad, GstObject * parent,
    GstBuffer * buffer)
{
  GstCreativeUpscaler *self = GST_CREATIVE_UPSCALER (parent);
  GstBuffer *metadata;
  GstFlowReturn flow;

  if (!self->input) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("The frames come without caps"),
        ("put a parser, a decoder or a caps filter in front"));
    flow = GST_FLOW_NOT_NEGOTIATED;
  } else if (self->input->kind == CUP_INPUT_URI_LIST) {
    flow = take_list (self, buffer);
  } else {
    metadata = cup_frame_copy_metadata (buffer);
    flow = take_frame (self, buffer, NULL, metadata);
    gst_buffer_unref (metadata);
  }
  gst_buffer_unref (buffer);
  return flow;
}

/* Events */

static GstFlowReturn
take_caps (GstCreativeUpscaler * self, GstEvent * event)
{
  GError *error = NULL;
  CupInput *input;
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  if (self->input && gst_caps_is_equal (self->input->caps, caps)) {
    gst_event_unref (event);
    return GST_FLOW_OK;
  }
  input = cup_input_new (caps, &error);
  gst_event_unref (event);
  g_clear_pointer (&self->input, cup_input_unref);
  if (!input) {
    cup_report_error (GST_ELEMENT (self), error, NULL, GST_CLOCK_TIME_NONE);
    g_clear_error (&error);
    return GST_FLOW_NOT_NEGOTIATED;
  }
  GST_DEBUG_OBJECT (self, "frames are %" GST_PTR_FORMAT " now", input->caps);
  self->input = input;
  return GST_FLOW_OK;
}

/* A source that knows no time (multifilesrc) gets one: the frames are stamped
 * from the framerate, in a TIME segment. */
static GstEvent *
take_segment (GstCreativeUpscaler * self, GstEvent * event)
{
  guint32 seqnum = gst_event_get_seqnum (event);

  gst_event_copy_segment (event, &self->segment);
  self->n_frames = 0;
  self->interpolate = self->segment.format != GST_FORMAT_TIME;
  if (self->interpolate) {
    gst_segment_init (&self->segment, GST_FORMAT_TIME);
    gst_event_unref (event);
    event = gst_event_new_segment (&self->segment);
    gst_event_set_seqnum (event, seqnum);
  }
  GST_OBJECT_LOCK (self);
  self->earliest_time = GST_CLOCK_TIME_NONE;
  GST_OBJECT_UNLOCK (self);
  return event;
}

static GstFlowReturn
flush_start (GstCreativeUpscaler * self, GstEvent * event)
{
  gboolean pushed = gst_pad_push_event (self->srcpad, event);

  cup_slots_abandon (cup_window_steal (self->window, GST_FLOW_FLUSHING),
      self->srcpad);
  gst_pad_pause_task (self->srcpad);
  return pushed ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* With the pad's stream lock: no chain is running. */
static GstFlowReturn
flush_stop (GstCreativeUpscaler * self, GstEvent * event)
{
  gboolean pushed = gst_pad_push_event (self->srcpad, event);

  cup_slots_abandon (cup_window_steal (self->window, GST_FLOW_FLUSHING),
      self->srcpad);
  gst_creative_upscaler_forget (self);
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  self->n_frames = 0;
  GST_OBJECT_LOCK (self);
  self->earliest_time = GST_CLOCK_TIME_NONE;
  GST_OBJECT_UNLOCK (self);
  if (gst_pad_is_active (self->srcpad)) {
    cup_window_set_flow (self->window, GST_FLOW_OK);
    gst_creative_upscaler_start_task (self);
  }
  return pushed ? GST_FLOW_OK : GST_FLOW_ERROR;
}

GstFlowReturn
gst_creative_upscaler_sink_event (GstPad * pad, GstObject * parent,
    GstEvent * event)
{
  GstCreativeUpscaler *self = GST_CREATIVE_UPSCALER (parent);
  GstEventType type = GST_EVENT_TYPE (event);
  GstFlowReturn flow;
  gboolean revived;

  switch (type) {
    case GST_EVENT_FLUSH_START:
      return flush_start (self, event);
    case GST_EVENT_FLUSH_STOP:
      return flush_stop (self, event);
    case GST_EVENT_CAPS:
      return take_caps (self, event);
    case GST_EVENT_SEGMENT:
      event = take_segment (self, event);
      break;
    default:
      break;
  }
  if (!GST_EVENT_IS_SERIALIZED (event))
    return gst_pad_event_default (pad, parent, event) ?
        GST_FLOW_OK : GST_FLOW_ERROR;

  flow = cup_window_push_event (self->window, event, &revived);
  if (revived)
    gst_creative_upscaler_start_task (self);
  /* The buffer before it was accepted, so nobody else reports the failure. */
  if (type == GST_EVENT_EOS
      && (flow == GST_FLOW_NOT_LINKED || flow < GST_FLOW_EOS))
    GST_ELEMENT_FLOW_ERROR (self, flow);
  return flow;
}

/* Queries */

/* Everything of the template, at the rates and aspects that downstream takes.
 * Sizes and formats do not go through: those of the output are other ones. */
static GstCaps *
get_sink_caps (GstCreativeUpscaler * self, GstCaps * filter)
{
  GstCaps *template = gst_pad_get_pad_template_caps (self->sinkpad);
  GstCaps *peer = gst_pad_peer_query_caps (self->srcpad, NULL);
  GstCaps *caps, *result;
  guint i, j;

  if (gst_caps_is_any (peer)) {
    caps = gst_caps_ref (template);
  } else {
    caps = gst_caps_new_empty ();
    for (i = 0; i < gst_caps_get_size (peer); i++) {
      GstStructure *theirs = gst_caps_get_structure (peer, i);
      const GValue *rate = gst_structure_get_value (theirs, "framerate");
      const GValue *aspect =
          gst_structure_get_value (theirs, "pixel-aspect-ratio");
      GstCaps *ours = gst_caps_copy (template);

      for (j = 0; j < gst_caps_get_size (ours); j++) {
        if (rate)
          gst_structure_set_value (gst_caps_get_structure (ours, j),
              "framerate", rate);
        if (aspect)
          gst_structure_set_value (gst_caps_get_structure (ours, j),
              "pixel-aspect-ratio", aspect);
      }
      caps = gst_caps_merge (caps, ours);
    }
  }
  result = filter ? gst_caps_intersect_full (filter, caps,
      GST_CAPS_INTERSECT_FIRST) : gst_caps_ref (caps);
  gst_caps_unref (caps);
  gst_caps_unref (peer);
  gst_caps_unref (template);
  return result;
}

/* Answered here and at once: downstream would be asked about caps that are not
 * its own, and minutes later. */
static gboolean
answer_allocation (GstCreativeUpscaler * self, GstQuery * query)
{
  GstVideoInfo info;
  GstCaps *caps;
  guint max;

  gst_query_parse_allocation (query, &caps, NULL);
  GST_OBJECT_LOCK (self);
  max = self->settings.max_in_flight;
  GST_OBJECT_UNLOCK (self);
  /* Frames are held until a worker has read them. */
  if (caps && gst_structure_has_name (gst_caps_get_structure (caps, 0),
          "video/x-raw") && gst_video_info_from_caps (&info, caps))
    gst_query_add_allocation_pool (query, NULL, GST_VIDEO_INFO_SIZE (&info),
        max + 1, 0);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  return TRUE;
}

gboolean
gst_creative_upscaler_sink_query (GstPad * pad, GstObject * parent,
    GstQuery * query)
{
  GstCreativeUpscaler *self = GST_CREATIVE_UPSCALER (parent);

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_CAPS:{
      GstCaps *filter, *caps;

      gst_query_parse_caps (query, &filter);
      caps = get_sink_caps (self, filter);
      gst_query_set_caps_result (query, caps);
      gst_caps_unref (caps);
      return TRUE;
    }
    case GST_QUERY_ALLOCATION:
      return answer_allocation (self, query);
    case GST_QUERY_DRAIN:
      /* Waiting would take as long as the slowest job. What upstream wants
       * back is its memory, and a worker returns that within milliseconds. */
      return TRUE;
    case GST_QUERY_CONTEXT:
      if (cup_context_answer (GST_ELEMENT (self), query))
        return TRUE;
      break;
    default:
      break;
  }
  if (!GST_QUERY_IS_SERIALIZED (query))
    return gst_pad_query_default (pad, parent, query);
  return cup_window_run_query (self->window, query);
}

/* Activation */

gboolean
gst_creative_upscaler_sink_activate (GstPad * pad, GstObject * parent,
    GstPadMode mode, gboolean active)
{
  GstCreativeUpscaler *self = GST_CREATIVE_UPSCALER (parent);

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  if (active) {
    /* What is in the window already stays: sticky events come before this. */
    cup_window_set_flow (self->window, GST_FLOW_OK);
    return TRUE;
  }
  cup_slots_abandon (cup_window_steal (self->window, GST_FLOW_FLUSHING),
      self->srcpad);
  /* Chain has been woken; wait until it is out. */
  GST_PAD_STREAM_LOCK (pad);
  g_clear_pointer (&self->input, cup_input_unref);
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  self->n_frames = 0;
  self->discont = FALSE;
  GST_PAD_STREAM_UNLOCK (pad);
  return TRUE;
}
