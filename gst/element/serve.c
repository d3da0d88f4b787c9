/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What comes to a frame at the head of the window, in the src task: its caps are
 * negotiated, it is rendered, pushed, or left out, by the properties of that
 * moment.
 */
#include "gstcreativeupscaler.h"

#include "base/error.h"
#include "live.h"
#include "meta.h"
#include "report.h"
#include "spending.h"

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
  CupOutputEncoding encoding;
  CupOutput *output;
  GstCaps *peer;

  GST_OBJECT_LOCK (self);
  encoding.type = cup_settings_get_image_type (&self->settings);
  encoding.quality = self->settings.quality;
  encoding.compression_level = self->settings.compression_level;
  GST_OBJECT_UNLOCK (self);

  /* One frame that failed is no reason to change the format, and to change it
   * back for the next one. */
  if (picture->is_original && self->output) {
    picture->info.type = self->output->layout.type;
    picture->info.channels = self->output->layout.channels;
    picture->info.depth = self->output->layout.depth;
  }
  peer = gst_pad_peer_query_caps (self->srcpad, NULL);
  output = cup_output_choose (picture, &self->sizing, peer, self->output,
      &encoding, error);
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
  gst_creative_upscaler_push_held (self);
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
  /* It may have been resized ahead, for what left then. */
  if (slot->is_original)
    cup_window_size_original (self->window, slot, self->output, &self->sizing);
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

GstFlowReturn
gst_creative_upscaler_fail_window (GstCreativeUpscaler * self,
    GstFlowReturn flow, gboolean * eos_taken)
{
  flow = cup_window_fail (self->window, flow, eos_taken);
  if (flow < GST_FLOW_EOS)
    cup_slots_leave (cup_window_steal (self->window, flow), self->srcpad);
  return flow;
}

/* The failed frame's turn has come: those before it are out. Like a source
 * that fails, this ends the stream for downstream too, so that a muxer can
 * finish what it has. */
static GstFlowReturn
report_failed_frame (GstCreativeUpscaler * self, CupSlot * slot)
{
  gboolean eos_taken;

  if (!cup_window_take_frame (self->window, slot, FALSE))
    return GST_FLOW_FLUSHING;
  cup_report_error (GST_ELEMENT (self), slot->error,
      cup_engine_get_name (self->engine), GST_BUFFER_PTS (slot->metadata));
  /* Before the place gets free, and before EOS, which downstream may hold for
   * long: what upstream put there would be paid for and never leave. */
  gst_creative_upscaler_fail_window (self, GST_FLOW_ERROR, &eos_taken);
  cup_window_frame_left (self->window);
  gst_creative_upscaler_push_held (self);
  gst_pad_push_event (self->srcpad, gst_event_new_eos ());
  return GST_FLOW_ERROR;
}

/* For the frames behind it that have the same pixels. */
static void
keep_drop (GstCreativeUpscaler * self, CupSlot * slot, CupDrop drop)
{
  if (!slot->has_job)
    return;
  if (drop == CUP_DROP_FAILED || drop == CUP_DROP_BUDGET)
    cup_kept_fail (&self->kept, slot->error);
  else
    cup_kept_drop (&self->kept, drop);
}

/* Frames that are the same have failed with one job: they count as one. */
static void
count_failure (GstCreativeUpscaler * self, CupSlot * slot)
{
  if (!slot->is_duplicate)
    self->n_failures++;
}

/* Takes the place of the frame with a gap. */
static GstFlowReturn
leave_out (GstCreativeUpscaler * self, CupSlot * slot, CupDrop drop)
{
  GstClockTime pts = GST_BUFFER_PTS (slot->metadata);

  if (!cup_window_take_frame (self->window, slot, FALSE))
    return GST_FLOW_FLUSHING;
  keep_drop (self, slot, drop);
  cup_frame_progress_count_drop (slot->progress, drop);
  if (drop == CUP_DROP_UNSAFE) {
    self->n_failures = 0;
    cup_report_unsafe (GST_ELEMENT (self),
        slot->result ? slot->result->request_id : NULL, pts, "left out");
  } else if (drop == CUP_DROP_FAILED) {
    count_failure (self, slot);
    cup_report_failure (GST_ELEMENT (self), slot->error,
        cup_engine_get_name (self->engine), pts, "left out");
  } else if (drop == CUP_DROP_BUDGET) {
    cup_spending_tell_refusal (self, slot->error, pts, "left out");
  }
  self->left_out = TRUE;
  if (GST_CLOCK_TIME_IS_VALID (pts))
    gst_creative_upscaler_push_or_hold (self, gst_event_new_gap (pts,
            GST_BUFFER_DURATION (slot->metadata)));
  cup_window_frame_left (self->window);
  return GST_FLOW_OK;
}

/* Has the frame itself take the place of its result. FALSE where that cannot
 * be: it was not kept, or its size is not known. */
static gboolean
pass_original (GstCreativeUpscaler * self, CupSlot * slot)
{
  guint width, height;

  update_sizing (self);
  return slot->original
      && cup_output_get_original_size (self->output, &self->sizing,
      &slot->frame, slot->scale, &width, &height)
      && cup_window_pass_original (self->window, slot, width, height);
}

/* Frames that have failed */

static void
refuse_frames (GstCreativeUpscaler * self)
{
  GList *refused = cup_window_refuse_frames (self->window), *walk;

  GST_DEBUG_OBJECT (self, "no more frames are wanted");
  /* Of a new segment, that is in the window already, there may be frames that
   * have the same pixels. */
  for (walk = refused; walk; walk = walk->next)
    keep_drop (self, walk->data, CUP_DROP_CANCELLED);
  cup_slots_leave (refused, self->srcpad);
}

/* The stream ends in front of the failed frame, as if downstream had enough:
 * files are completed by any application, which an error would keep it from. */
static GstFlowReturn
end_before_frame (GstCreativeUpscaler * self, CupSlot * slot)
{
  if (!cup_window_take_frame (self->window, slot, FALSE))
    return GST_FLOW_FLUSHING;
  keep_drop (self, slot, CUP_DROP_FAILED);
  cup_frame_progress_count_drop (slot->progress, CUP_DROP_FAILED);
  cup_report_failure (GST_ELEMENT (self), slot->error,
      cup_engine_get_name (self->engine), GST_BUFFER_PTS (slot->metadata),
      "where the stream ends");
  /* Before the place gets free, and before EOS, which downstream may hold for
   * long: what upstream put there would be paid for and never leave. */
  refuse_frames (self);
  cup_window_frame_left (self->window);
  gst_creative_upscaler_end_stream (self, gst_event_new_eos ());
  return GST_FLOW_OK;
}

/* The engine will fail the next frames as well, and the user has to do
 * something: nobody is served by a stream without a single result. */
static gboolean
is_final (const GError * error)
{
  return g_error_matches (error, CUP_ERROR, CUP_ERROR_NOT_AUTHORIZED)
      || g_error_matches (error, CUP_ERROR, CUP_ERROR_SETTINGS);
}

/* The same of one that the budget did not allow. That is no failure: the next
 * frames may be allowed again, and are not sent all the same. */
static GstFlowReturn
serve_refused_frame (GstCreativeUpscaler * self, CupSlot * slot)
{
  GstCreativeUpscalerOnBudget on_budget;

  GST_OBJECT_LOCK (self);
  on_budget = self->dry_run ? GST_CREATIVE_UPSCALER_ON_BUDGET_DROP :
      (GstCreativeUpscalerOnBudget) self->settings.on_budget;
  GST_OBJECT_UNLOCK (self);

  switch (on_budget) {
    case GST_CREATIVE_UPSCALER_ON_BUDGET_ERROR:
      cup_spending_tell_limit (self, slot->error);
      return report_failed_frame (self, slot);
    case GST_CREATIVE_UPSCALER_ON_BUDGET_DROP:
      break;
    case GST_CREATIVE_UPSCALER_ON_BUDGET_PASSTHROUGH:
      if (!pass_original (self, slot))
        break;
      keep_drop (self, slot, CUP_DROP_BUDGET);
      return GST_FLOW_OK;
  }
  return leave_out (self, slot, CUP_DROP_BUDGET);
}

/* What becomes of the failed frame, by the properties of this moment. */
static GstFlowReturn
serve_failed_frame (GstCreativeUpscaler * self, CupSlot * slot)
{
  GstCreativeUpscalerOnError on_error;
  guint max_failures;

  /* Was not wanted any more, and has not failed. */
  if (g_error_matches (slot->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return leave_out (self, slot, CUP_DROP_CANCELLED);
  if (g_error_matches (slot->error, CUP_ERROR, CUP_ERROR_BUDGET))
    return serve_refused_frame (self, slot);

  GST_OBJECT_LOCK (self);
  on_error = self->settings.on_error;
  max_failures = self->settings.max_failures;
  GST_OBJECT_UNLOCK (self);

  if (on_error == GST_CREATIVE_UPSCALER_ON_ERROR_EOS
      && (self->output || !is_final (slot->error)))
    return end_before_frame (self, slot);
  if (on_error == GST_CREATIVE_UPSCALER_ON_ERROR_ERROR
      || is_final (slot->error))
    return report_failed_frame (self, slot);
  if (max_failures > 0 && !slot->is_duplicate
      && self->n_failures >= max_failures - 1) {
    if (max_failures > 1)
      g_prefix_error (&slot->error, "%u frames in a row have failed, as many "
          "as max-failures allows for; the last one: ", self->n_failures + 1);
    return report_failed_frame (self, slot);
  }
  if (on_error == GST_CREATIVE_UPSCALER_ON_ERROR_PASSTHROUGH
      && pass_original (self, slot)) {
    keep_drop (self, slot, CUP_DROP_FAILED);
    return GST_FLOW_OK;
  }
  return leave_out (self, slot, CUP_DROP_FAILED);
}

/* Fails as if the service had said so. */
static GstFlowReturn
refuse_unsafe (GstCreativeUpscaler * self, CupSlot * slot)
{
  slot->error = cup_report_make_unsafe_error (slot->result->request_id);
  return report_failed_frame (self, slot);
}

/* Frames of live streams that have no result yet */

static void
note_late (GstCreativeUpscaler * self, CupSlot * slot, GstClockTime age,
    GstClockTime promised, const gchar * fate)
{
  if (!slot->is_late)
    cup_stats_count_late (self->stats);
  slot->is_late = TRUE;
  cup_live_note_late (self, slot, age, promised, fate);
}

static GstFlowReturn
serve_late_frame (GstCreativeUpscaler * self, CupSlot * slot,
    GstCreativeUpscalerLate late, GstClockTime age, GstClockTime promised)
{
  if (late == GST_CREATIVE_UPSCALER_LATE_WAIT) {
    note_late (self, slot, age, promised, "waited for");
    return GST_FLOW_OK;
  }
  if (!cup_window_give_up (self->window, slot, CUP_DROP_OVERDUE))
    return GST_FLOW_OK;         /* its result has just come */
  cup_frame_progress_cancelled (slot->progress);
  g_cancellable_cancel (slot->cancellable);
  keep_drop (self, slot, CUP_DROP_OVERDUE);

  slot->original_wanted = g_get_monotonic_time ();
  if (late == GST_CREATIVE_UPSCALER_LATE_PASSTHROUGH
      && pass_original (self, slot)) {
    note_late (self, slot, age, promised, "passed through");
    return GST_FLOW_OK;
  }
  note_late (self, slot, age, promised, "left out");
  cup_report_qos (GST_ELEMENT (self), &slot->times, TRUE,
      GST_CLOCK_DIFF (promised, age));
  return leave_out (self, slot, CUP_DROP_OVERDUE);
}

static GstFlowReturn
serve_pending_frame (GstCreativeUpscaler * self, CupSlot * slot)
{
  GstClockTime promised, age, margin = 0;
  GstCreativeUpscalerLate late;

  GST_OBJECT_LOCK (self);
  late = self->settings.late;
  GST_OBJECT_UNLOCK (self);
  if (late == GST_CREATIVE_UPSCALER_LATE_PASSTHROUGH && slot->original)
    margin = self->original_time;
  age = cup_live_get_age (self, &slot->times, &promised);
  if (!GST_CLOCK_TIME_IS_VALID (age) || slot->is_late)
    return GST_FLOW_OK;
  if (age + margin >= promised)
    return serve_late_frame (self, slot, late, age, promised);
  cup_live_start_timer (self, &slot->times, margin);
  return GST_FLOW_OK;
}

/* How long it took from the wish until now, so that the next ones are in time:
 * the longest, of late. */
static void
measure_original (GstCreativeUpscaler * self, CupSlot * slot)
{
  gint64 took = g_get_monotonic_time () - slot->original_wanted;
  GstClockTime time = (GstClockTime) MAX (took, 0) * GST_USECOND;

  self->original_time = MAX (time, self->original_time / 8 * 7);
}

/* Frames that leave */

/* Whether frames without a job may come that leave with the last result. */
static gboolean
is_repeating (GstCreativeUpscaler * self)
{
  gboolean is;

  GST_OBJECT_LOCK (self);
  is = self->settings.select != CUP_SELECT_ALL && self->settings.unselected
      == GST_CREATIVE_UPSCALER_UNSELECTED_REPEAT;
  GST_OBJECT_UNLOCK (self);
  return is;
}

static void
keep (GstCreativeUpscaler * self, CupSlot * slot)
{
  gboolean repeating = is_repeating (self);
  gboolean kept = cup_window_is_kept (self->window, slot);

  switch (cup_slot_get_source (slot)) {
    case CUP_SOURCE_RESULT:
      cup_kept_take (&self->kept, slot, kept || repeating,
          slot->is_reused || repeating);
      break;
    case CUP_SOURCE_REPEAT:
      /* There is none yet, or downstream has asked for something else since. */
      if (!self->kept.buffer
          || !cup_output_is_equal (self->kept.output, slot->output))
        cup_kept_take_buffer (&self->kept, slot);
      break;
    case CUP_SOURCE_ORIGINAL:
      break;
  }
}

/* Of a frame that is about to leave in place of its result. */
static void
report_passing (GstCreativeUpscaler * self, CupSlot * slot)
{
  GstClockTime pts = GST_BUFFER_PTS (slot->metadata);

  if (g_error_matches (slot->error, CUP_ERROR, CUP_ERROR_BUDGET)) {
    cup_spending_tell_refusal (self, slot->error, pts, "passed through");
    return;
  }
  count_failure (self, slot);
  cup_report_failure (GST_ELEMENT (self), slot->error,
      cup_engine_get_name (self->engine), pts, "passed through");
}

/* What there is to say and to count of a frame that is about to leave. */
static void
report_leaving (GstCreativeUpscaler * self, CupSlot * slot)
{
  CupSource source = cup_slot_get_source (slot);
  GstClockTime pts = GST_BUFFER_PTS (slot->metadata);
  GstClockTime promised, age;

  if (slot->is_unsafe)
    cup_report_unsafe (GST_ELEMENT (self), slot->result->request_id, pts,
        "passed on");
  if (source == CUP_SOURCE_RESULT)
    self->n_failures = 0;
  if (source == CUP_SOURCE_ORIGINAL && slot->error)
    report_passing (self, slot);
  if (source == CUP_SOURCE_REPEAT && slot->is_duplicate)
    cup_spending_save (self, slot->result);
  if (slot->result->lost_alpha && !self->warned_alpha) {
    self->warned_alpha = TRUE;
    cup_report_lost_alpha (GST_ELEMENT (self),
        cup_engine_get_name (self->engine));
  }
  if (slot->original_wanted)
    measure_original (self, slot);
  age = cup_live_get_age (self, &slot->times, &promised);
  /* Also of one that was waited for: now it is known for how long. */
  if (GST_CLOCK_TIME_IS_VALID (age) && age > promised)
    note_late (self, slot, age, promised, "late");
  cup_frame_progress_count_out (slot->progress, source);
}

static GstFlowReturn
push_frame (GstCreativeUpscaler * self, CupSlot * slot)
{
  gboolean has_result = cup_slot_get_source (slot) == CUP_SOURCE_RESULT;
  GstBuffer *buffer;
  GstFlowReturn flow;

  /* Checked here too, since what a push drops has been paid for. */
  if (!gst_pad_is_linked (self->srcpad))
    return GST_FLOW_NOT_LINKED;
  if (!cup_window_take_frame (self->window, slot, has_result))
    return GST_FLOW_FLUSHING;
  report_leaving (self, slot);
  cup_showing_tell (&self->showing, GST_ELEMENT (self), self->srcpad,
      cup_engine_get_name (self->engine), slot);
  keep (self, slot);
  /* The buffer may share the result's memory, and is to be writable. */
  g_clear_pointer (&slot->result, cup_result_free);
  buffer = g_steal_pointer (&slot->buffer);
  if (self->left_out)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  self->left_out = FALSE;
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

/* A frame with a result, READY or still to be rendered. */
static GstFlowReturn
serve_result (GstCreativeUpscaler * self, CupSlot * slot, CupSlotState state)
{
  GstFlowReturn flow = negotiate (self, slot);

  if (flow != GST_FLOW_OK)
    return flow;
  if (state == CUP_SLOT_READY
      && cup_output_is_equal (slot->output, self->output))
    return serve_ready_frame (self, slot);
  cup_window_set_output (self->window, self->output);
  return GST_FLOW_OK;
}

/* A frame with the pixels of one that had a job and has left without its result:
 * what became of that one becomes of this one, too. */
static GstFlowReturn
share_fate (GstCreativeUpscaler * self, CupSlot * slot)
{
  CupKept *kept = &self->kept;
  GstCreativeUpscalerLate late;

  if (kept->error) {
    g_clear_error (&slot->error);
    slot->error = g_error_copy (kept->error);
    return serve_failed_frame (self, slot);
  }
  GST_OBJECT_LOCK (self);
  late = self->settings.late;
  GST_OBJECT_UNLOCK (self);
  if (kept->drop == CUP_DROP_OVERDUE
      && late == GST_CREATIVE_UPSCALER_LATE_PASSTHROUGH
      && pass_original (self, slot))
    return GST_FLOW_OK;
  if (kept->drop == CUP_DROP_OVERDUE)
    cup_report_qos (GST_ELEMENT (self), &slot->times, TRUE, 0);
  return leave_out (self, slot, kept->drop);
}

/* A frame that leaves with what left before it. */
static GstFlowReturn
serve_repeat (GstCreativeUpscaler * self, CupSlot * slot)
{
  CupKept *kept = &self->kept;
  GstBuffer *buffer = NULL;
  GstFlowReturn flow;

  if (slot->is_duplicate && !kept->has_left)
    return share_fate (self, slot);
  if (!kept->result)
    return leave_out (self, slot, CUP_DROP_UNSELECTED);

  g_clear_pointer (&slot->result, cup_result_free);
  slot->result = cup_result_copy (kept->result);
  /* Of this frame, whose result it is not. */
  if (slot->result->origin == CUP_RESULT_MADE)
    slot->result->origin = CUP_RESULT_SHARED;
  flow = negotiate (self, slot);
  if (flow != GST_FLOW_OK)
    return flow;
  if (kept->buffer && cup_output_is_equal (kept->output, self->output)) {
    buffer = cup_output_repeat (self->output, kept->buffer, &slot->frame,
        slot->metadata);
    cup_meta_add (buffer, slot->result, slot->progress,
        GST_BUFFER_PTS (slot->metadata), kept->is_unsafe, CUP_SOURCE_REPEAT);
  }
  cup_window_repeat (self->window, slot, self->output, buffer, kept->is_unsafe);
  if (buffer)
    return serve_ready_frame (self, slot);
  cup_window_set_output (self->window, self->output);
  return GST_FLOW_OK;
}

static GstFlowReturn
serve (GstCreativeUpscaler * self, CupSlot * slot)
{
  CupSlotState state = cup_window_get_state (self->window, slot);

  switch (state) {
    case CUP_SLOT_PENDING:
      return serve_pending_frame (self, slot);
    case CUP_SLOT_REPEAT:
      return serve_repeat (self, slot);
    case CUP_SLOT_ORIGINAL:
      return pass_original (self, slot) ? GST_FLOW_OK :
          leave_out (self, slot, CUP_DROP_UNSELECTED);
    case CUP_SLOT_FAILED:
      return serve_failed_frame (self, slot);
    case CUP_SLOT_CANCELLED:
      return leave_out (self, slot, slot->drop);
    case CUP_SLOT_RENDERING:
      return GST_FLOW_OK;
    case CUP_SLOT_DONE:
    case CUP_SLOT_READY:
      break;
  }
  return serve_result (self, slot, state);
}

GstFlowReturn
gst_creative_upscaler_serve_frame (GstCreativeUpscaler * self, CupSlot * slot)
{
  GstFlowReturn flow = serve (self, slot);

  if (flow == GST_FLOW_EOS) {
    refuse_frames (self);
    flow = GST_FLOW_OK;
  } else if (flow == GST_FLOW_NOT_LINKED) {
    /* How long that lasts says nothing of the next ones. */
    slot->original_wanted = 0;
  }
  return flow;
}
