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
#include "live.h"
#include "report.h"
#include "uri-list.h"

/* Frames */

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
  GSList *dropped;
  gboolean full;
  guint i;

  if (!uris) {
    self->arrived = cup_stats_count_in (self->stats);
    flow = cup_window_reserve (self->window,
        GST_CREATIVE_UPSCALER_OVERFLOW_BLOCK, &dropped, &full);
    if (flow != GST_FLOW_OK) {
      g_error_free (error);
      return flow;
    }
    metadata = cup_frame_copy_metadata (buffer);
    flow = gst_creative_upscaler_fail_frame (self, metadata, error);
    gst_buffer_unref (metadata);
    return flow;
  }
  for (i = 0; i < uris->len && flow == GST_FLOW_OK; i++) {
    metadata = make_list_metadata (self, buffer, i, uris->len);
    flow =
        gst_creative_upscaler_take_frame (self, buffer, g_ptr_array_index (uris,
            i), metadata);
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
  } else if (cup_parts_take (&self->parts, GST_ELEMENT (self), self->input,
          buffer)) {
    flow = GST_FLOW_OK;
  } else {
    metadata = cup_frame_copy_metadata (buffer);
    flow = gst_creative_upscaler_take_frame (self, buffer, NULL, metadata);
    gst_buffer_unref (metadata);
  }
  gst_buffer_unref (buffer);
  return flow;
}

/* Events */

static GstClockTime
get_frame_duration (const GstVideoInfo * info)
{
  if (GST_VIDEO_INFO_FPS_N (info) <= 0)
    return GST_CLOCK_TIME_NONE;
  return gst_util_uint64_scale (GST_SECOND, GST_VIDEO_INFO_FPS_D (info),
      GST_VIDEO_INFO_FPS_N (info));
}

/* Of the next picture nothing is known by those before it, and the result of one
 * of another shape cannot take its place. */
static gboolean
has_other_size (GstCaps * a, GstCaps * b)
{
  static const gchar *const names[] = { "width", "height" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    gint x = 0, y = 0;

    gst_structure_get_int (gst_caps_get_structure (a, 0), names[i], &x);
    gst_structure_get_int (gst_caps_get_structure (b, 0), names[i], &y);
    if (x != y)
      return TRUE;
  }
  return FALSE;
}

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
  if (self->input && has_other_size (self->input->caps, caps))
    cup_selector_reset (&self->selector);
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
  cup_live_set_frame_duration (self, get_frame_duration (&input->info));
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

  cup_slots_take_back (cup_window_steal (self->window, GST_FLOW_FLUSHING),
      self->srcpad);
  gst_pad_pause_task (self->srcpad);
  return pushed ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* With the pad's stream lock: no chain is running. */
static GstFlowReturn
flush_stop (GstCreativeUpscaler * self, GstEvent * event)
{
  gboolean pushed;

  /* While downstream still refuses what is pushed. The task runs where the
   * element was stopped and started after the FLUSH_START. */
  cup_slots_take_back (cup_window_steal (self->window, GST_FLOW_FLUSHING),
      self->srcpad);
  gst_pad_pause_task (self->srcpad);
  gst_creative_upscaler_forget (self);
  cup_previous_clear (&self->previous);
  cup_parts_clear (&self->parts);
  cup_selector_reset (&self->selector);
  pushed = gst_pad_push_event (self->srcpad, event);
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  self->n_frames = 0;
  GST_OBJECT_LOCK (self);
  self->earliest_time = GST_CLOCK_TIME_NONE;
  GST_OBJECT_UNLOCK (self);
  gst_creative_upscaler_resume (self);
  return pushed ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* Gets past the frames; but sinks cannot take a change of the rate before the
 * SEGMENT that it changes. */
static GstFlowReturn
take_rate_change (GstCreativeUpscaler * self, GstEvent * event)
{
  GstEvent *segment, *old = NULL;

  g_mutex_lock (&self->task_lock);
  segment = gst_pad_get_sticky_event (self->srcpad, GST_EVENT_SEGMENT, 0);
  if (!segment) {
    old = self->rate_change;
    self->rate_change = g_steal_pointer (&event);
  }
  g_mutex_unlock (&self->task_lock);

  gst_clear_event (&segment);
  gst_clear_event (&old);
  if (!event)
    return GST_FLOW_OK;
  return gst_pad_push_event (self->srcpad, event) ? GST_FLOW_OK :
      GST_FLOW_ERROR;
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
    case GST_EVENT_INSTANT_RATE_CHANGE:
      return take_rate_change (self, event);
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
  GstCaps *template = cup_choice_get_sink_caps ();
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
  /* Frames are held until a worker has read them, and the last one for the next
   * to be compared with. */
  if (caps && gst_structure_has_name (gst_caps_get_structure (caps, 0),
          "video/x-raw") && gst_video_info_from_caps (&info, caps))
    gst_query_add_allocation_pool (query, NULL, GST_VIDEO_INFO_SIZE (&info),
        max + 2, 0);
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
  cup_slots_leave (cup_window_steal (self->window, GST_FLOW_FLUSHING),
      self->srcpad);
  /* Chain has been woken; wait until it is out. */
  GST_PAD_STREAM_LOCK (pad);
  g_clear_pointer (&self->input, cup_input_unref);
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  self->n_frames = 0;
  self->discont = FALSE;
  cup_previous_clear (&self->previous);
  cup_parts_clear (&self->parts);
  cup_selector_reset (&self->selector);
  GST_PAD_STREAM_UNLOCK (pad);
  return TRUE;
}
