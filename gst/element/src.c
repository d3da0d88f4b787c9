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
#include "live.h"
#include "report.h"
#include "spending.h"

/* Events */

static void
push_event (GstCreativeUpscaler * self, GstEvent * event)
{
  gboolean is_segment = GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT;
  GstEvent *rate_change;

  gst_pad_push_event (self->srcpad, event);
  if (!is_segment)
    return;
  /* One that comes after this finds the SEGMENT on the pad. */
  g_mutex_lock (&self->task_lock);
  rate_change = g_steal_pointer (&self->rate_change);
  g_mutex_unlock (&self->task_lock);
  if (rate_change)
    gst_pad_push_event (self->srcpad, rate_change);
}

void
gst_creative_upscaler_push_held (GstCreativeUpscaler * self)
{
  GList *held = g_steal_pointer (&self->held), *walk;

  for (walk = held; walk; walk = walk->next)
    push_event (self, walk->data);
  g_list_free (held);
}

void
gst_creative_upscaler_forget (GstCreativeUpscaler * self)
{
  GstEvent *rate_change;
  GList *held, *walk;
  GstClockID timer;
  CupKept kept;

  /* Between a FLUSH_STOP that has paused the task and this, the application may
   * have stopped and started the element: then the task runs again. The stream
   * lock holds it back. */
  GST_PAD_STREAM_LOCK (self->srcpad);
  g_mutex_lock (&self->task_lock);
  rate_change = g_steal_pointer (&self->rate_change);
  held = g_steal_pointer (&self->held);
  timer = g_steal_pointer (&self->timer);
  kept = self->kept;
  memset (&self->kept, 0, sizeof self->kept);
  self->left_out = FALSE;
  self->n_failures = 0;
  cup_window_keep_nothing (self->window);
  g_mutex_unlock (&self->task_lock);
  GST_PAD_STREAM_UNLOCK (self->srcpad);

  gst_clear_event (&rate_change);
  cup_live_end_timer (timer);
  cup_kept_clear (&kept);
  for (walk = held; walk; walk = walk->next) {
    GstEvent *event = walk->data;

    if (GST_EVENT_IS_STICKY (event)
        && GST_EVENT_TYPE (event) != GST_EVENT_SEGMENT)
      gst_pad_store_sticky_event (self->srcpad, event);
    gst_event_unref (event);
  }
  g_list_free (held);
}

/* Takes @event where it only prolongs a gap that is held as the last event: a
 * thousand frames that fail, and none before them, are one gap. */
static gboolean
merge_gap (GstCreativeUpscaler * self, GstEvent * event)
{
  GList *last = g_list_last (self->held);
  GstEvent *merged = last ? cup_merge_gaps (last->data, event) : NULL;

  if (!merged)
    return FALSE;
  gst_event_unref (last->data);
  last->data = merged;
  gst_event_unref (event);
  return TRUE;
}

void
gst_creative_upscaler_push_or_hold (GstCreativeUpscaler * self,
    GstEvent * event)
{
  if (self->output || GST_EVENT_TYPE (event) <= GST_EVENT_CAPS)
    push_event (self, event);
  else if (!merge_gap (self, event))
    self->held = g_list_append (self->held, event);
}

void
gst_creative_upscaler_end_stream (GstCreativeUpscaler * self, GstEvent * eos)
{
  /* Perhaps there never was a frame; the events go all the same. */
  gst_creative_upscaler_push_held (self);
  /* A failed frame may have ended the stream before upstream does. */
  if (!GST_PAD_IS_EOS (self->srcpad))
    cup_spending_tell_sum (self, "eos");
  gst_pad_push_event (self->srcpad, eos);
}

/* Returns EOS where the task has nothing more to do. */
static GstFlowReturn
serve_event (GstCreativeUpscaler * self, CupSlot * slot)
{
  GstEvent *event = g_steal_pointer (&slot->event);

  if (slot->is_hole)
    self->left_out = TRUE;
  if (!event)
    return GST_FLOW_OK;
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    gst_creative_upscaler_end_stream (self, event);
    return cup_window_end_stream (self->window) ? GST_FLOW_EOS : GST_FLOW_OK;
  }
  gst_creative_upscaler_push_or_hold (self, event);
  return GST_FLOW_OK;
}

static void
serve_query (GstCreativeUpscaler * self, CupSlot * slot)
{
  gboolean answer = gst_pad_peer_query (self->srcpad, slot->query);

  cup_window_answer_query (self->window, slot, answer);
}

/* The task */

static void
end_task (GstCreativeUpscaler * self, GstFlowReturn flow)
{
  gboolean eos_taken;

  flow = gst_creative_upscaler_fail_window (self, flow, &eos_taken);
  GST_DEBUG_OBJECT (self, "pausing: %s", gst_flow_get_name (flow));
  gst_pad_pause_task (self->srcpad);
  /* Linked before the window had the flow that RECONFIGURE ends. A peer that is
   * not linked itself has not asked for anything. */
  if (flow == GST_FLOW_NOT_LINKED && gst_pad_is_linked (self->srcpad)
      && gst_pad_needs_reconfigure (self->srcpad))
    cup_window_revive (self->window, GST_FLOW_NOT_LINKED);
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
    gst_creative_upscaler_push_held (self);
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
        flow = gst_creative_upscaler_serve_frame (self, slot);
        break;
    }
    cup_slot_unref (slot);
  }
  if (flow != GST_FLOW_OK)
    end_task (self, flow);
}

/* GStreamer takes a task that got no thread for one that runs, and a thread that stops
 * the pad would wait for the end of the task until the system has a thread for it. */
static void
mark_as_ended (GstPad * pad)
{
  GstTask *task;

  GST_OBJECT_LOCK (pad);
  task = GST_PAD_TASK (pad) ? gst_object_ref (GST_PAD_TASK (pad)) : NULL;
  GST_OBJECT_UNLOCK (pad);
  if (!task)
    return;
  GST_OBJECT_LOCK (task);
  task->running = FALSE;
  GST_OBJECT_UNLOCK (task);
  gst_object_unref (task);
}

gboolean
gst_creative_upscaler_start_task (GstCreativeUpscaler * self)
{
  gboolean started = FALSE;

  g_mutex_lock (&self->task_lock);
  if (self->src_active) {
    started = gst_pad_start_task (self->srcpad, src_loop, self, NULL);
    if (!started)
      mark_as_ended (self->srcpad);
  }
  g_mutex_unlock (&self->task_lock);
  return started;
}

void
gst_creative_upscaler_resume (GstCreativeUpscaler * self)
{
  g_mutex_lock (&self->task_lock);
  if (self->src_active) {
    cup_window_set_flow (self->window, GST_FLOW_OK);
    gst_pad_start_task (self->srcpad, src_loop, self, NULL);
  }
  g_mutex_unlock (&self->task_lock);
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
  GstCreativeUpscaler *self = GST_CREATIVE_UPSCALER (parent);

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_LATENCY:
      return cup_live_answer_query (self, query);
    case GST_QUERY_CONTEXT:
      if (cup_context_answer (GST_ELEMENT (self), query))
        return TRUE;
      break;
    default:
      break;
  }
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
  g_mutex_lock (&self->task_lock);
  self->src_active = active;
  g_mutex_unlock (&self->task_lock);
  if (active) {
    cup_window_set_flow (self->window, GST_FLOW_OK);
    if (gst_creative_upscaler_start_task (self))
      return TRUE;
    cup_report_no_task (GST_ELEMENT (self));
    return FALSE;
  }
  cup_slots_leave (cup_window_steal (self->window, GST_FLOW_FLUSHING), pad);
  stopped = gst_pad_stop_task (pad);
  gst_creative_upscaler_forget (self);
  memset (&self->sizing, 0, sizeof self->sizing);
  cup_showing_clear (&self->showing);
  cup_window_set_output (self->window, NULL);
  g_clear_pointer (&self->output, cup_output_unref);
  return stopped;
}
