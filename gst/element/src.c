/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The src pad: a task that serves the head of the window, and nothing else.
 * Results leave whether or not input comes; input that blocks does not stop
 * them. The task does no pixel work: the workers render what it pushes.
 */
#include "gstcreativeupscaler.h"

#include <string.h>

#include "base/error.h"
#include "context.h"
#include "report.h"

/* Events */

static void
push_held (GstCreativeUpscaler * self)
{
  GList *held = g_steal_pointer (&self->held), *walk;

  for (walk = held; walk; walk = walk->next)
    gst_pad_push_event (self->srcpad, walk->data);
  g_list_free (held);
}

void
gst_creative_upscaler_forget (GstCreativeUpscaler * self)
{
  GList *held = g_steal_pointer (&self->held), *walk;

  for (walk = held; walk; walk = walk->next) {
    GstEvent *event = walk->data;

    if (GST_EVENT_IS_STICKY (event)
        && GST_EVENT_TYPE (event) != GST_EVENT_SEGMENT)
      gst_pad_store_sticky_event (self->srcpad, event);
    gst_event_unref (event);
  }
  g_list_free (held);
  self->left_out = FALSE;
  self->n_failures = 0;
}

/* Takes @event where it only prolongs a gap that is held as the last event: a
 * thousand frames that fail, and none before them, are one gap. */
static gboolean
merge_gap (GstCreativeUpscaler * self, GstEvent * event)
{
  GList *last = g_list_last (self->held);
  GstClockTime start, duration, next_start, next_duration;

  if (GST_EVENT_TYPE (event) != GST_EVENT_GAP || !last
      || GST_EVENT_TYPE (last->data) != GST_EVENT_GAP)
    return FALSE;
  gst_event_parse_gap (last->data, &start, &duration);
  gst_event_parse_gap (event, &next_start, &next_duration);
  if (next_start < start)
    return FALSE;
  duration = GST_CLOCK_TIME_IS_VALID (next_duration) ?
      next_start - start + next_duration : GST_CLOCK_TIME_NONE;
  gst_event_unref (last->data);
  last->data = gst_event_new_gap (start, duration);
  gst_event_unref (event);
  return TRUE;
}

/* SEGMENT, TAG and the like come after CAPS, which are not known before the
 * first result. STREAM_START comes before. */
static void
push_or_hold (GstCreativeUpscaler * self, GstEvent * event)
{
  if (self->output || GST_EVENT_TYPE (event) <= GST_EVENT_CAPS)
    gst_pad_push_event (self->srcpad, event);
  else if (!merge_gap (self, event))
    self->held = g_list_append (self->held, event);
}

/* Returns EOS where the task has nothing more to do. */
static GstFlowReturn
serve_event (GstCreativeUpscaler * self, CupSlot * slot)
{
  GstEvent *event = g_steal_pointer (&slot->event);
  GstEventType type = GST_EVENT_TYPE (event);

  if (type == GST_EVENT_EOS) {
    /* Perhaps there never was a frame; the events go all the same. */
    push_held (self);
    gst_pad_push_event (self->srcpad, event);
    return cup_window_end_stream (self->window) ? GST_FLOW_EOS : GST_FLOW_OK;
  }
  push_or_hold (self, event);
  return GST_FLOW_OK;
}

static void
serve_query (GstCreativeUpscaler * self, CupSlot * slot)
{
  gboolean answer = gst_pad_peer_query (self->srcpad, slot->query);

  cup_window_answer_query (self->window, slot, answer);
}

/* Caps */

/* Takes the property over. A stream that is to keep its first size from now on
 * keeps the one that it has. */
static void
update_sizing (GstCreativeUpscaler * self)
{
  GstCreativeUpscalerSizePolicy policy;

  GST_OBJECT_LOCK (self);
  policy = self->settings.size_policy;
  GST_OBJECT_UNLOCK (self);
  if (policy == self->sizing.policy)
    return;
  self->sizing.policy = policy;
  self->sizing.width = self->output ? self->output->layout.width : 0;
  self->sizing.height = self->output ? self->output->layout.height : 0;
}

static CupOutput *
choose_output (GstCreativeUpscaler * self, CupPicture * picture,
    GError ** error)
{
  CupImageType type;
  CupOutput *output;
  GstCaps *peer;
  guint quality;

  GST_OBJECT_LOCK (self);
  type = cup_settings_get_image_type (&self->settings);
  quality = self->settings.quality;
  GST_OBJECT_UNLOCK (self);

  /* One frame that failed is no reason to change the format, and to change it
   * back for the next one. */
  if (picture->is_original && self->output) {
    picture->info.type = self->output->layout.type;
    picture->info.channels = self->output->layout.channels;
    picture->info.depth = self->output->layout.depth;
  }
  peer = gst_pad_peer_query_caps (self->srcpad, NULL);
  output = cup_output_choose (picture, &self->sizing, peer, self->output, type,
      quality, error);
  gst_caps_unref (peer);
  return output;
}

static gboolean
set_up_pool (GstCreativeUpscaler * self, CupOutput * output, GError ** error)
{
  GstQuery *query = gst_query_new_allocation (output->caps, TRUE);
  gboolean ok;

  if (!gst_pad_peer_query (self->srcpad, query))
    GST_DEBUG_OBJECT (self, "downstream does not answer ALLOCATION");
  ok = cup_output_configure_pool (output, query, error);
  gst_query_unref (query);
  return ok;
}

/* From now on results are rendered for @output. */
static void
take_output (GstCreativeUpscaler * self, CupOutput * output)
{
  g_clear_pointer (&self->output, cup_output_unref);
  self->output = output;
  if (self->sizing.width == 0) {
    self->sizing.width = output->layout.width;
    self->sizing.height = output->layout.height;
  }
  push_held (self);
}

/* Makes sure that the caps that are out fit the head's result. */
static GstFlowReturn
negotiate (GstCreativeUpscaler * self, CupSlot * slot)
{
  /* First of all, or a reconfigure that comes with the new caps would make
   * them go out twice. */
  gboolean reconfigure = gst_pad_check_reconfigure (self->srcpad);
  GError *error = NULL;
  CupOutput *output;
  CupPicture picture;

  update_sizing (self);
  cup_slot_get_picture (slot, &self->sizing, &picture);
  /* The same policy, too: workers go by the output's. */
  if (!reconfigure && self->output
      && self->output->sizing.policy == self->sizing.policy
      && cup_output_fits (self->output, &picture))
    return GST_FLOW_OK;
  if (!gst_pad_is_linked (self->srcpad)) {
    gst_pad_mark_reconfigure (self->srcpad);
    return GST_FLOW_NOT_LINKED;
  }

  output = choose_output (self, &picture, &error);
  if (!output)
    goto failed;
  if (!self->output || !cup_output_is_equal (self->output, output)) {
    GST_INFO_OBJECT (self, "results leave as %" GST_PTR_FORMAT, output->caps);
    if (!gst_pad_push_event (self->srcpad, gst_event_new_caps (output->caps))) {
      cup_output_unref (output);
      gst_pad_mark_reconfigure (self->srcpad);
      if (GST_PAD_IS_FLUSHING (self->srcpad))
        return GST_FLOW_FLUSHING;
      return gst_pad_is_linked (self->srcpad) ? GST_FLOW_NOT_NEGOTIATED :
          GST_FLOW_NOT_LINKED;
    }
  }
  if (!set_up_pool (self, output, &error)) {
    cup_output_unref (output);
    goto failed;
  }
  take_output (self, output);
  return GST_FLOW_OK;

failed:
  gst_pad_mark_reconfigure (self->srcpad);
  if (GST_PAD_IS_FLUSHING (self->srcpad)) {
    g_clear_error (&error);
    return GST_FLOW_FLUSHING;
  }
  GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, ("%s", error->message), (NULL));
  g_clear_error (&error);
  return GST_FLOW_NOT_NEGOTIATED;
}

/* Frames */

/* Ends the window with @flow, or with that in force already, and takes back
 * what is behind. Frames stay where the pad may be linked again: they have
 * been paid for. */
static GstFlowReturn
fail_window (GstCreativeUpscaler * self, GstFlowReturn flow,
    gboolean * eos_taken)
{
  flow = cup_window_fail (self->window, flow, eos_taken);
  if (flow < GST_FLOW_EOS)
    cup_slots_abandon (cup_window_steal (self->window, flow), self->srcpad);
  return flow;
}

/* The failed frame's turn has come: those before it are out. Like a source
 * that fails, this ends the stream for downstream too, so that a muxer can
 * finish what it has. */
static GstFlowReturn
report_failed_frame (GstCreativeUpscaler * self, CupSlot * slot)
{
  gboolean eos_taken;

  if (!cup_window_take_frame (self->window, slot))
    return GST_FLOW_FLUSHING;
  cup_report_error (GST_ELEMENT (self), slot->error,
      cup_engine_get_name (self->engine), GST_BUFFER_PTS (slot->metadata));
  /* Before the place gets free, and before EOS, which downstream may hold for
   * long: what upstream put there would be paid for and never leave. */
  fail_window (self, GST_FLOW_ERROR, &eos_taken);
  cup_window_frame_left (self->window);
  push_held (self);
  gst_pad_push_event (self->srcpad, gst_event_new_eos ());
  return GST_FLOW_ERROR;
}

/* Takes the place of the frame with a gap. */
static GstFlowReturn
leave_out (GstCreativeUpscaler * self, CupSlot * slot, CupDrop drop)
{
  GstClockTime pts = GST_BUFFER_PTS (slot->metadata);

  if (!cup_window_take_frame (self->window, slot))
    return GST_FLOW_FLUSHING;
  cup_frame_progress_count_drop (slot->progress, drop);
  if (drop == CUP_DROP_UNSAFE) {
    self->n_failures = 0;
    cup_report_unsafe (GST_ELEMENT (self), slot->result->request_id, pts,
        "left out");
  } else if (drop == CUP_DROP_FAILED) {
    self->n_failures++;
    cup_report_failure (GST_ELEMENT (self), slot->error,
        cup_engine_get_name (self->engine), pts, "left out");
  }
  self->left_out = TRUE;
  if (GST_CLOCK_TIME_IS_VALID (pts))
    push_or_hold (self, gst_event_new_gap (pts,
            GST_BUFFER_DURATION (slot->metadata)));
  cup_window_frame_left (self->window);
  return GST_FLOW_OK;
}

/* The size that the frame itself has to get: that of the stream, unless a
 * result of this frame would have another one. FALSE where it is not known. */
static gboolean
get_original_size (GstCreativeUpscaler * self, CupSlot * slot, guint * width,
    guint * height)
{
  const CupOutput *output = self->output;
  CupImageInfo info = { CUP_IMAGE_UNKNOWN };

  update_sizing (self);
  if (!cup_choice_get_exact_size (&slot->frame, slot->scale, &info.width,
          &info.height))
    return FALSE;
  if (output && output->frame_width == slot->frame.width
      && output->frame_height == slot->frame.height) {
    info.width = output->layout.width;
    info.height = output->layout.height;
  }
  cup_sizing_get_size (&self->sizing, &slot->frame, slot->scale, &info, width,
      height);
  return cup_pixels_check_size (*width, *height, 0, "the frame", NULL);
}

/* The engine will fail the next frames as well, and the user has to do
 * something: nobody is served by a stream without a single result. */
static gboolean
is_final (const GError * error)
{
  return g_error_matches (error, CUP_ERROR, CUP_ERROR_NOT_AUTHORIZED)
      || g_error_matches (error, CUP_ERROR, CUP_ERROR_SETTINGS);
}

/* What becomes of the failed frame, by the properties of this moment. */
static GstFlowReturn
serve_failed_frame (GstCreativeUpscaler * self, CupSlot * slot)
{
  GstCreativeUpscalerOnError on_error;
  guint max_failures, width, height;

  /* Was not wanted any more, and has not failed. */
  if (g_error_matches (slot->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return leave_out (self, slot, CUP_DROP_CANCELLED);

  GST_OBJECT_LOCK (self);
  on_error = self->settings.on_error;
  max_failures = self->settings.max_failures;
  GST_OBJECT_UNLOCK (self);

  if (on_error == GST_CREATIVE_UPSCALER_ON_ERROR_ERROR
      || is_final (slot->error))
    return report_failed_frame (self, slot);
  if (max_failures > 0 && self->n_failures >= max_failures - 1) {
    if (max_failures > 1)
      g_prefix_error (&slot->error, "%u frames in a row have failed, as many "
          "as max-failures allows for; the last one: ", self->n_failures + 1);
    return report_failed_frame (self, slot);
  }
  if (on_error == GST_CREATIVE_UPSCALER_ON_ERROR_PASSTHROUGH
      && slot->original && get_original_size (self, slot, &width, &height)
      && cup_window_pass_original (self->window, slot, width, height))
    return GST_FLOW_OK;
  return leave_out (self, slot, CUP_DROP_FAILED);
}

/* Fails as if the service had said so. */
static GstFlowReturn
refuse_unsafe (GstCreativeUpscaler * self, CupSlot * slot)
{
  slot->error = cup_report_make_unsafe_error (slot->result->request_id);
  return report_failed_frame (self, slot);
}

static GstFlowReturn
push_frame (GstCreativeUpscaler * self, CupSlot * slot)
{
  GstBuffer *buffer;
  GstFlowReturn flow;

  /* Checked here too, since what a push drops has been paid for. */
  if (!gst_pad_is_linked (self->srcpad))
    return GST_FLOW_NOT_LINKED;
  if (!cup_window_take_frame (self->window, slot))
    return GST_FLOW_FLUSHING;
  if (slot->is_unsafe)
    cup_report_unsafe (GST_ELEMENT (self), slot->result->request_id,
        GST_BUFFER_PTS (slot->metadata), "passed on");
  if (slot->is_original)
    cup_report_failure (GST_ELEMENT (self), slot->error,
        cup_engine_get_name (self->engine), GST_BUFFER_PTS (slot->metadata),
        "passed through");
  self->n_failures = slot->is_original ? self->n_failures + 1 : 0;
  /* The buffer may share the result's memory, and is to be writable. */
  g_clear_pointer (&slot->result, cup_result_free);
  buffer = g_steal_pointer (&slot->buffer);
  if (self->left_out)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  self->left_out = FALSE;
  cup_frame_progress_count_out (slot->progress, slot->is_original);
  flow = gst_pad_push (self->srcpad, buffer);
  cup_window_frame_left (self->window);
  return flow;
}

/* A frame that is the head, READY, and made for the caps that are out. */
static GstFlowReturn
serve_ready_frame (GstCreativeUpscaler * self, CupSlot * slot)
{
  GstCreativeUpscalerOnUnsafe on_unsafe;

  if (!slot->is_unsafe)
    return push_frame (self, slot);
  GST_OBJECT_LOCK (self);
  on_unsafe = self->settings.on_unsafe;
  GST_OBJECT_UNLOCK (self);
  switch (on_unsafe) {
    case GST_CREATIVE_UPSCALER_ON_UNSAFE_DROP:
      return leave_out (self, slot, CUP_DROP_UNSAFE);
    case GST_CREATIVE_UPSCALER_ON_UNSAFE_ERROR:
      return refuse_unsafe (self, slot);
    case GST_CREATIVE_UPSCALER_ON_UNSAFE_PASS:
      break;
  }
  return push_frame (self, slot);
}

static GstFlowReturn
serve_frame (GstCreativeUpscaler * self, CupSlot * slot)
{
  CupSlotState state = cup_window_get_state (self->window, slot);
  GstFlowReturn flow;

  if (state == CUP_SLOT_FAILED)
    return serve_failed_frame (self, slot);
  if (state == CUP_SLOT_CANCELLED)
    return leave_out (self, slot, CUP_DROP_CANCELLED);

  flow = negotiate (self, slot);
  if (flow != GST_FLOW_OK)
    return flow;
  if (state == CUP_SLOT_READY
      && cup_output_is_equal (slot->output, self->output))
    flow = serve_ready_frame (self, slot);
  else
    cup_window_set_output (self->window, self->output);

  if (flow == GST_FLOW_EOS) {
    GST_DEBUG_OBJECT (self, "downstream wants no more frames");
    cup_slots_abandon (cup_window_refuse_frames (self->window), self->srcpad);
    flow = GST_FLOW_OK;
  }
  return flow;
}

/* The task */

static void
end_task (GstCreativeUpscaler * self, GstFlowReturn flow)
{
  gboolean eos_taken;

  flow = fail_window (self, flow, &eos_taken);
  GST_DEBUG_OBJECT (self, "pausing: %s", gst_flow_get_name (flow));
  gst_pad_pause_task (self->srcpad);
  /* Revived between the two: then whoever did it started a task that has just
   * been paused. */
  if (cup_window_get_flow (self->window) == GST_FLOW_OK) {
    gst_creative_upscaler_start_task (self);
    return;
  }
  /* Upstream is told by the next buffer, but after EOS none comes. */
  if (eos_taken && (flow == GST_FLOW_NOT_LINKED || flow < GST_FLOW_EOS)) {
    if (flow != GST_FLOW_ERROR)
      GST_ELEMENT_FLOW_ERROR (self, flow);
    push_held (self);
    /* A failed frame has ended the stream already. */
    if (!GST_PAD_IS_EOS (self->srcpad))
      gst_pad_push_event (self->srcpad, gst_event_new_eos ());
  }
}

static void
src_loop (gpointer user_data)
{
  GstCreativeUpscaler *self = user_data;
  GstFlowReturn flow;
  CupSlot *slot;

  slot = cup_window_wait_head (self->window, &flow);
  if (slot) {
    switch (slot->type) {
      case CUP_SLOT_EVENT:
        flow = serve_event (self, slot);
        break;
      case CUP_SLOT_QUERY:
        serve_query (self, slot);
        break;
      case CUP_SLOT_MARK:
        cup_report_drained (GST_ELEMENT (self));
        break;
      case CUP_SLOT_FRAME:
        flow = serve_frame (self, slot);
        break;
    }
    cup_slot_unref (slot);
  }
  if (flow != GST_FLOW_OK)
    end_task (self, flow);
}

gboolean
gst_creative_upscaler_start_task (GstCreativeUpscaler * self)
{
  return gst_pad_start_task (self->srcpad, src_loop, self, NULL);
}

/* From downstream */

static void
take_qos (GstCreativeUpscaler * self, GstEvent * event)
{
  GstClockTimeDiff jitter;
  GstClockTime timestamp;

  gst_event_parse_qos (event, NULL, NULL, &jitter, &timestamp);
  GST_OBJECT_LOCK (self);
  if (!GST_CLOCK_TIME_IS_VALID (timestamp))
    self->earliest_time = GST_CLOCK_TIME_NONE;
  else if (jitter > 0)
    /* Overshoot, as decoders do: what is late now will be later still. */
    self->earliest_time = timestamp + 2 * jitter;
  else if ((GstClockTime) - jitter < timestamp)
    self->earliest_time = timestamp + jitter;
  else
    self->earliest_time = GST_CLOCK_TIME_NONE;
  GST_OBJECT_UNLOCK (self);
}

gboolean
gst_creative_upscaler_src_event (GstPad * pad, GstObject * parent,
    GstEvent * event)
{
  GstCreativeUpscaler *self = GST_CREATIVE_UPSCALER (parent);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_RECONFIGURE:
      /* Upstream has no part in our caps. A pad that had no peer has one now.
       */
      gst_event_unref (event);
      if (cup_window_revive (self->window, GST_FLOW_NOT_LINKED))
        gst_creative_upscaler_start_task (self);
      return TRUE;
    case GST_EVENT_QOS:
      take_qos (self, event);
      break;
    default:
      break;
  }
  return gst_pad_event_default (pad, parent, event);
}

gboolean
gst_creative_upscaler_src_query (GstPad * pad, GstObject * parent,
    GstQuery * query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_CONTEXT
      && cup_context_answer (GST_ELEMENT (parent), query))
    return TRUE;
  return gst_pad_query_default (pad, parent, query);
}

gboolean
gst_creative_upscaler_src_activate (GstPad * pad, GstObject * parent,
    GstPadMode mode, gboolean active)
{
  GstCreativeUpscaler *self = GST_CREATIVE_UPSCALER (parent);
  gboolean stopped;

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  if (active) {
    cup_window_set_flow (self->window, GST_FLOW_OK);
    return gst_creative_upscaler_start_task (self);
  }
  cup_slots_abandon (cup_window_steal (self->window, GST_FLOW_FLUSHING), pad);
  stopped = gst_pad_stop_task (pad);
  gst_creative_upscaler_forget (self);
  memset (&self->sizing, 0, sizeof self->sizing);
  cup_window_set_output (self->window, NULL);
  g_clear_pointer (&self->output, cup_output_unref);
  return stopped;
}
