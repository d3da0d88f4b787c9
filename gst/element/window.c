/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "window.h"

#include "base/error.h"
#include "report.h"
#include "window-private.h"

CupWindow *
cup_window_new (void)
{
  CupWindow *window = g_new0 (CupWindow, 1);

  window->ref_count = 1;
  g_mutex_init (&window->lock);
  g_cond_init (&window->cond);
  g_mutex_init (&window->slots_lock);
  g_cond_init (&window->no_slots);
  g_queue_init (&window->slots);
  window->max = 1;
  window->flow = GST_FLOW_FLUSHING;
  return window;
}

CupWindow *
cup_window_ref (CupWindow * window)
{
  g_atomic_int_inc (&window->ref_count);
  return window;
}

void
cup_window_unref (CupWindow * window)
{
  if (!g_atomic_int_dec_and_test (&window->ref_count))
    return;
  g_queue_clear_full (&window->slots, (GDestroyNotify) cup_slot_unref);
  g_clear_pointer (&window->output, cup_output_unref);
  g_clear_pointer (&window->workers, cup_workers_unref);
  g_cond_clear (&window->no_slots);
  g_mutex_clear (&window->slots_lock);
  g_cond_clear (&window->cond);
  g_mutex_clear (&window->lock);
  g_free (window);
}

gboolean
cup_window_join (CupWindow * window, gint64 timeout)
{
  gint64 end = g_get_monotonic_time () + timeout;
  gboolean none;

  g_mutex_lock (&window->slots_lock);
  while (window->n_slots > 0
      && g_cond_wait_until (&window->no_slots, &window->slots_lock, end));
  none = window->n_slots == 0;
  g_mutex_unlock (&window->slots_lock);
  return none;
}

/* State changes and activation */

void
cup_window_set_max (CupWindow * window, guint max)
{
  g_mutex_lock (&window->lock);
  window->max = max;
  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);
}

void
cup_window_set_workers (CupWindow * window, CupWorkers * workers)
{
  CupWorkers *old;

  g_mutex_lock (&window->lock);
  old = window->workers;
  window->workers = workers ? cup_workers_ref (workers) : NULL;
  g_mutex_unlock (&window->lock);
  g_clear_pointer (&old, cup_workers_unref);
}

void
cup_window_set_flow (CupWindow * window, GstFlowReturn flow)
{
  g_mutex_lock (&window->lock);
  window->flow = flow;
  if (flow == GST_FLOW_OK)
    window->eos_taken = window->eos_downstream = FALSE;
  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);
}

GList *
cup_window_steal (CupWindow * window, GstFlowReturn flow)
{
  GList *slots, *walk;

  g_mutex_lock (&window->lock);
  window->flow = flow;
  slots = window->slots.head;
  for (walk = slots; walk; walk = walk->next) {
    CupSlot *slot = walk->data;

    slot->in_window = FALSE;
    if (slot->type == CUP_SLOT_QUERY)
      slot->answered = TRUE;
  }
  window->checked = NULL;
  g_queue_init (&window->slots);
  window->n_frames = 0;
  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);
  return slots;
}

static void
report_drained (GstPad * srcpad)
{
  GstElement *element = gst_pad_get_parent_element (srcpad);

  if (!element)
    return;
  cup_report_drained (element);
  gst_object_unref (element);
}

static void
abandon (GList * slots, GstPad * srcpad, void (*cancel) (GCancellable *))
{
  GList *walk;

  for (walk = slots; walk; walk = walk->next) {
    CupSlot *slot = walk->data;

    if (slot->type == CUP_SLOT_FRAME)
      cup_frame_progress_cancelled (slot->progress);
    if (slot->type == CUP_SLOT_MARK)
      report_drained (srcpad);
    if (slot->type == CUP_SLOT_EVENT && slot->event
        && GST_EVENT_IS_STICKY (slot->event)
        && GST_EVENT_TYPE (slot->event) != GST_EVENT_SEGMENT
        && GST_EVENT_TYPE (slot->event) != GST_EVENT_EOS)
      gst_pad_store_sticky_event (srcpad, slot->event);
  }
  /* The last ones first: where a service takes no more, they wait for the places
   * that the first ones have, and must not be sent when those become free. */
  for (walk = g_list_last (slots); walk; walk = walk->prev) {
    CupSlot *slot = walk->data;

    if (slot->type == CUP_SLOT_FRAME)
      cancel (slot->cancellable);
    cup_slot_unref (slot);
  }
  g_list_free (slots);
}

void
cup_slots_take_back (GList * slots, GstPad * srcpad)
{
  abandon (slots, srcpad, g_cancellable_cancel);
}

void
cup_slots_leave (GList * slots, GstPad * srcpad)
{
  abandon (slots, srcpad, cup_job_leave);
}

/* Streaming thread */

static guint
in_flight (CupWindow * window)
{
  return window->n_frames + window->reserved + window->leaving;
}

/* Lock held: what a frame that comes now gets. */
static GstFlowReturn
flow_for_frame (CupWindow * window)
{
  if (window->flow == GST_FLOW_OK
      && (window->eos_taken || window->eos_downstream))
    return GST_FLOW_EOS;
  return window->flow;
}

static void
insert_hole (CupWindow * window, GList * before, GstClockTime start,
    GstClockTime duration)
{
  GList *last = before ? before->prev : window->slots.tail;
  CupSlot *slot = last ? last->data : NULL;
  GstEvent *event = GST_CLOCK_TIME_IS_VALID (start) ?
      gst_event_new_gap (start, duration) : NULL;

  if (slot && slot->type == CUP_SLOT_EVENT && slot->is_hole) {
    GstEvent *merged = event && slot->event ?
        cup_merge_gaps (slot->event, event) : NULL;

    if (merged || !event || !slot->event) {
      if (merged)
        gst_event_replace (&slot->event, merged);
      else if (event)
        slot->event = gst_event_ref (event);
      gst_clear_event (&merged);
      gst_clear_event (&event);
      return;
    }
  }
  slot = cup_slot_new (window, CUP_SLOT_EVENT);
  slot->is_hole = TRUE;
  slot->event = event;
  g_queue_insert_before (&window->slots, before, slot);
}

/* Lock held. Takes the frame out that has waited longest for its result. */
static CupSlot *
take_oldest_pending (CupWindow * window)
{
  GList *walk;

  for (walk = window->slots.head; walk; walk = walk->next) {
    CupSlot *slot = walk->data;
    GList *next = walk->next;

    if (slot->type != CUP_SLOT_FRAME || slot->state != CUP_SLOT_PENDING
        || slot->completed || slot->is_reused)
      continue;
    slot->given_up = TRUE;
    slot->in_window = FALSE;
    if (window->checked == slot)
      window->checked = NULL;
    g_queue_delete_link (&window->slots, walk);
    window->n_frames--;
    insert_hole (window, next, GST_BUFFER_PTS (slot->metadata),
        GST_BUFFER_DURATION (slot->metadata));
    return slot;
  }
  return NULL;
}

GstFlowReturn
cup_window_reserve (CupWindow * window,
    GstCreativeUpscalerOverflow overflow, GSList ** dropped, gboolean * full)
{
  GstFlowReturn flow;

  *dropped = NULL;
  *full = FALSE;
  g_mutex_lock (&window->lock);
  while ((flow = flow_for_frame (window)) == GST_FLOW_OK
      && in_flight (window) >= window->max) {
    CupSlot *oldest = overflow == GST_CREATIVE_UPSCALER_OVERFLOW_DROP_OLD ?
        take_oldest_pending (window) : NULL;

    if (oldest) {
      *dropped = g_slist_append (*dropped, oldest);
    } else if (overflow != GST_CREATIVE_UPSCALER_OVERFLOW_BLOCK) {
      *full = TRUE;
      break;
    } else {
      g_cond_wait (&window->cond, &window->lock);
    }
  }
  if (flow == GST_FLOW_OK && !*full)
    window->reserved++;
  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);
  return flow;
}

GstFlowReturn
cup_window_push_hole (CupWindow * window, GstClockTime start,
    GstClockTime duration)
{
  GstFlowReturn flow;

  g_mutex_lock (&window->lock);
  flow = flow_for_frame (window);
  if (flow == GST_FLOW_OK)
    insert_hole (window, NULL, start, duration);
  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);
  return flow;
}

/* Lock held. In a dry run frames that are the same would be sent once, too; where
 * a limit has kept the first one back, it may have been raised for the next. */
static gboolean
is_dry_run (const CupSlot * slot)
{
  return g_error_matches (slot->error, CUP_ERROR, CUP_ERROR_BUDGET)
      && g_strcmp0 (cup_error_get_details (slot->error)->error_type,
      "dry-run") == 0;
}

gboolean
cup_window_can_repeat (CupWindow * window, CupSlot * leader, gboolean will)
{
  gboolean can;

  g_mutex_lock (&window->lock);
  if (leader->in_window) {
    can = !leader->given_up && !leader->is_original
        && (leader->state != CUP_SLOT_FAILED || is_dry_run (leader));
    leader->is_reused = leader->is_reused || (can && will);
  } else {
    can = window->kept == leader;
  }
  g_mutex_unlock (&window->lock);
  return can;
}

void
cup_window_set_live (CupWindow * window, gboolean live)
{
  g_mutex_lock (&window->lock);
  window->live = live;
  window->checked = NULL;
  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);
}

void
cup_window_check_head (CupWindow * window)
{
  g_mutex_lock (&window->lock);
  window->checked = NULL;
  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);
}

void
cup_window_give_back (CupWindow * window)
{
  g_mutex_lock (&window->lock);
  window->reserved--;
  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);
}

CupSlot *
cup_window_new_frame (CupWindow * window, CupInput * input, guint width,
    guint height, GstBuffer * metadata, GCancellable * cancellable,
    CupFrameProgress * progress)
{
  CupSlot *slot = cup_slot_new (window, CUP_SLOT_FRAME);

  slot->input = cup_input_ref (input);
  slot->frame = input->info;
  slot->frame.width = (gint) width;
  slot->frame.height = (gint) height;
  slot->metadata = gst_buffer_ref (metadata);
  slot->cancellable = g_object_ref (cancellable);
  slot->progress = cup_frame_progress_ref (progress);
  return slot;
}

GstFlowReturn
cup_window_push_frame (CupWindow * window, CupSlot * slot)
{
  GstFlowReturn flow;

  g_mutex_lock (&window->lock);
  window->reserved--;
  flow = flow_for_frame (window);
  if (flow == GST_FLOW_OK) {
    g_queue_push_tail (&window->slots, cup_slot_ref (slot));
    slot->in_window = TRUE;
    window->n_frames++;
  }
  cup_window_unlock_and_render (window);
  return flow;
}

GstFlowReturn
cup_window_push_event (CupWindow * window, GstEvent * event, gboolean * revived)
{
  GstEventType type = GST_EVENT_TYPE (event);
  gboolean starts = type == GST_EVENT_STREAM_START || type == GST_EVENT_SEGMENT;
  GstFlowReturn flow;

  *revived = FALSE;
  g_mutex_lock (&window->lock);
  if (window->flow == GST_FLOW_EOS && starts) {
    window->flow = GST_FLOW_OK;
    window->eos_taken = window->eos_downstream = FALSE;
    *revived = TRUE;
  }
  flow = window->flow;
  /* Like the frames that wait for the pad to be linked again: upstream takes
   * them for delivered, and would not send them again. */
  if (flow == GST_FLOW_NOT_LINKED && GST_EVENT_IS_STICKY (event)
      && type != GST_EVENT_EOS)
    flow = GST_FLOW_OK;
  if (flow == GST_FLOW_OK && window->eos_taken) {
    /* A new stream may follow an EOS; anything else after it is a mistake of
     * upstream's and has nowhere to go. */
    if (starts)
      window->eos_taken = FALSE;
    else
      flow = GST_FLOW_EOS;
  }
  /* Downstream's EOS ends there too. */
  if (flow == GST_FLOW_OK && starts)
    window->eos_downstream = FALSE;
  if (flow == GST_FLOW_OK) {
    CupSlot *slot = cup_slot_new (window, CUP_SLOT_EVENT);

    if (type == GST_EVENT_EOS)
      window->eos_taken = TRUE;
    slot->event = g_steal_pointer (&event);
    g_queue_push_tail (&window->slots, slot);
    g_cond_broadcast (&window->cond);
  }
  g_mutex_unlock (&window->lock);
  gst_clear_event (&event);
  return flow;
}

gboolean
cup_window_run_query (CupWindow * window, GstQuery * query)
{
  CupSlot *slot;
  gboolean answer = FALSE;

  g_mutex_lock (&window->lock);
  if (window->flow == GST_FLOW_OK && !window->eos_taken
      && !window->eos_downstream) {
    slot = cup_slot_new (window, CUP_SLOT_QUERY);
    slot->query = query;
    g_queue_push_tail (&window->slots, cup_slot_ref (slot));
    g_cond_broadcast (&window->cond);
    /* The query is the caller's: this does not return while the src task may
     * still be using it, which is why only "answered" ends the wait. A flush
     * answers all queries that are in the window, and the task answers the one
     * that it took out. */
    while (!slot->answered)
      g_cond_wait (&window->cond, &window->lock);
    answer = slot->answer;
    g_mutex_unlock (&window->lock);
    cup_slot_unref (slot);
    return answer;
  }
  g_mutex_unlock (&window->lock);
  return FALSE;
}

/* Most results are seen not to be black by their size. */
static void
report_end (CupSlot * slot, CupResult * result, const GError * error)
{
  if (!result) {
    cup_frame_progress_failed (slot->progress, error);
    return;
  }
  if (result->check_unsafe && result->bytes
      && !cup_image_may_be_black (result->bytes, &result->info))
    result->check_unsafe = FALSE;
  if (!result->check_unsafe)
    cup_frame_progress_done (slot->progress, result, FALSE);
}

void
cup_window_complete (CupWindow * window, CupSlot * slot, guint width,
    guint height, CupResult * result, GError * error)
{
  gboolean wanted;

  g_mutex_lock (&window->lock);
  wanted = !slot->given_up;
  if (wanted) {
    g_assert (slot->state == CUP_SLOT_PENDING);
    /* From here on it is too late to cancel it: what is told of the frame and
     * what becomes of it are the same. */
    slot->completed = TRUE;
    slot->frame.width = (gint) width;
    slot->frame.height = (gint) height;
  }
  g_mutex_unlock (&window->lock);
  if (!wanted) {
    g_clear_pointer (&result, cup_result_free);
    g_clear_error (&error);
    return;
  }
  report_end (slot, result, error);

  g_mutex_lock (&window->lock);
  slot->result = result;
  slot->error = error;
  slot->state = result ? CUP_SLOT_DONE : CUP_SLOT_FAILED;
  cup_window_unlock_and_render (window);
}

/* src task */

static gboolean
can_be_served (const CupSlot * slot)
{
  return slot->type != CUP_SLOT_FRAME || (slot->state != CUP_SLOT_PENDING
      && slot->state != CUP_SLOT_RENDERING);
}

/* Lock held. */
static gboolean
has_to_be_checked (CupWindow * window, const CupSlot * slot)
{
  return window->live && slot->state == CUP_SLOT_PENDING
      && slot != window->checked;
}

CupSlot *
cup_window_wait_head (CupWindow * window, GstFlowReturn * flow)
{
  CupSlot *slot = NULL;

  g_mutex_lock (&window->lock);
  while (window->flow == GST_FLOW_OK) {
    slot = g_queue_peek_head (&window->slots);
    if (slot && can_be_served (slot))
      break;
    if (slot && has_to_be_checked (window, slot)) {
      window->checked = slot;
      break;
    }
    slot = NULL;
    g_cond_wait (&window->cond, &window->lock);
  }
  *flow = window->flow;
  if (slot && slot->type != CUP_SLOT_FRAME) {
    g_queue_pop_head (&window->slots);
  } else if (slot) {
    slot->is_taken = TRUE;
    cup_slot_ref (slot);
  }
  g_mutex_unlock (&window->lock);
  return slot;
}

CupSlotState
cup_window_get_state (CupWindow * window, CupSlot * slot)
{
  CupSlotState state;

  g_mutex_lock (&window->lock);
  state = slot->state;
  g_mutex_unlock (&window->lock);
  return state;
}

void
cup_window_set_output (CupWindow * window, CupOutput * output)
{
  CupOutput *old;
  GList *walk;
  GSList *stale = NULL;

  g_mutex_lock (&window->lock);
  old = window->output;
  window->output = output ? cup_output_ref (output) : NULL;
  for (walk = window->slots.head; walk; walk = walk->next) {
    CupSlot *slot = walk->data;

    if (slot->type == CUP_SLOT_FRAME && slot->state == CUP_SLOT_READY
        && !(output && cup_output_is_equal (slot->output, output))) {
      stale = g_slist_prepend (stale, g_steal_pointer (&slot->buffer));
      slot->state = CUP_SLOT_DONE;
    }
  }
  cup_window_unlock_and_render (window);

  g_slist_free_full (stale, (GDestroyNotify) gst_buffer_unref);
  g_clear_pointer (&old, cup_output_unref);
}

void
cup_window_repeat (CupWindow * window, CupSlot * slot, CupOutput * output,
    GstBuffer * buffer, gboolean is_unsafe)
{
  CupOutput *old;

  g_mutex_lock (&window->lock);
  old = slot->output;
  slot->output = buffer ? cup_output_ref (output) : NULL;
  slot->buffer = buffer;
  slot->is_unsafe = is_unsafe;
  slot->state = buffer ? CUP_SLOT_READY : CUP_SLOT_DONE;
  g_mutex_unlock (&window->lock);
  g_clear_pointer (&old, cup_output_unref);
}

gboolean
cup_window_give_up (CupWindow * window, CupSlot * slot, CupDrop drop)
{
  gboolean was_pending;

  g_mutex_lock (&window->lock);
  was_pending = slot->in_window && slot->state == CUP_SLOT_PENDING
      && !slot->completed;
  if (was_pending) {
    slot->state = CUP_SLOT_CANCELLED;
    slot->given_up = TRUE;
    slot->drop = drop;
  }
  g_mutex_unlock (&window->lock);
  return was_pending;
}

gboolean
cup_window_is_kept (CupWindow * window, CupSlot * slot)
{
  gboolean is;

  g_mutex_lock (&window->lock);
  is = window->kept == slot;
  g_mutex_unlock (&window->lock);
  return is;
}

void
cup_window_keep_nothing (CupWindow * window)
{
  g_mutex_lock (&window->lock);
  window->kept = NULL;
  g_mutex_unlock (&window->lock);
}

gboolean
cup_window_take_frame (CupWindow * window, CupSlot * slot, gboolean leaves)
{
  gboolean is_head;

  g_mutex_lock (&window->lock);
  is_head = g_queue_peek_head (&window->slots) == slot;
  if (is_head) {
    g_queue_pop_head (&window->slots);
    slot->in_window = FALSE;
    if (slot->type == CUP_SLOT_FRAME && slot->has_job)
      window->kept = is_dry_run (slot) || (leaves
          && (slot->is_reused || (slot->result && slot->result->bytes))) ?
          slot : NULL;
    window->checked = NULL;
    window->n_frames--;
    window->leaving++;
  }
  /* Another one may be near enough to the head now. */
  cup_window_unlock_and_render (window);
  if (is_head)
    cup_slot_unref (slot);      /* the window's */
  return is_head;
}

void
cup_window_frame_left (CupWindow * window)
{
  g_mutex_lock (&window->lock);
  window->leaving--;
  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);
}

void
cup_window_answer_query (CupWindow * window, CupSlot * slot, gboolean answer)
{
  g_mutex_lock (&window->lock);
  slot->query = NULL;
  slot->answer = answer;
  slot->answered = TRUE;
  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);
}

GList *
cup_window_refuse_frames (CupWindow * window)
{
  GList *dropped = NULL, *walk, *next;

  g_mutex_lock (&window->lock);
  window->checked = NULL;
  window->eos_downstream = TRUE;
  for (walk = window->slots.head; walk; walk = next) {
    CupSlot *slot = walk->data;
    GstEventType type = slot->type == CUP_SLOT_EVENT && slot->event ?
        GST_EVENT_TYPE (slot->event) : GST_EVENT_UNKNOWN;

    next = walk->next;
    /* A new stream or segment behind the frames means that downstream wants
     * data again from there on. */
    if (type == GST_EVENT_STREAM_START || type == GST_EVENT_SEGMENT) {
      window->eos_downstream = FALSE;
      break;
    }
    if (type == GST_EVENT_EOS)
      continue;
    if (slot->type == CUP_SLOT_FRAME)
      window->n_frames--;
    if (slot->type == CUP_SLOT_QUERY)
      slot->answered = TRUE;
    slot->in_window = FALSE;
    g_queue_unlink (&window->slots, walk);
    dropped = g_list_concat (dropped, walk);
  }
  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);
  return dropped;
}

GstFlowReturn
cup_window_fail (CupWindow * window, GstFlowReturn flow, gboolean * eos_taken)
{
  GSList *queries = NULL;
  GList *walk, *next;

  g_mutex_lock (&window->lock);
  if (window->flow == GST_FLOW_OK)
    window->flow = flow;
  flow = window->flow;
  *eos_taken = window->eos_taken;
  /* Nobody will come to answer them. */
  for (walk = window->slots.head; walk; walk = next) {
    CupSlot *slot = walk->data;

    next = walk->next;
    if (slot->type == CUP_SLOT_QUERY) {
      slot->answered = TRUE;
      g_queue_delete_link (&window->slots, walk);
      queries = g_slist_prepend (queries, slot);
    }
  }
  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);
  g_slist_free_full (queries, (GDestroyNotify) cup_slot_unref);
  return flow;
}

gboolean
cup_window_end_stream (CupWindow * window)
{
  gboolean ended;

  g_mutex_lock (&window->lock);
  ended = g_queue_is_empty (&window->slots);
  if (ended && window->flow == GST_FLOW_OK)
    window->flow = GST_FLOW_EOS;
  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);
  return ended;
}

gboolean
cup_window_revive (CupWindow * window, GstFlowReturn from)
{
  gboolean was;

  g_mutex_lock (&window->lock);
  was = window->flow == from;
  if (was)
    window->flow = GST_FLOW_OK;
  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);
  return was;
}

GstFlowReturn
cup_window_get_flow (CupWindow * window)
{
  GstFlowReturn flow;

  g_mutex_lock (&window->lock);
  flow = window->flow;
  g_mutex_unlock (&window->lock);
  return flow;
}

guint
cup_window_get_in_flight (CupWindow * window)
{
  guint n;

  g_mutex_lock (&window->lock);
  n = in_flight (window);
  g_mutex_unlock (&window->lock);
  return n;
}

/* The application's thread */

/* Lock held. @leader_cancelled: whether the last frame that has a job was, whose
 * result those that are the same would leave with. */
static gboolean
cancel_slot (CupSlot * slot, gboolean * leader_cancelled)
{
  gboolean can = slot->state == CUP_SLOT_PENDING && !slot->completed;

  if (slot->has_job)
    *leader_cancelled = can;
  else
    can = slot->state == CUP_SLOT_REPEAT && slot->is_duplicate
        && *leader_cancelled;
  if (can) {
    slot->state = CUP_SLOT_CANCELLED;
    slot->given_up = TRUE;
    slot->drop = CUP_DROP_CANCELLED;
  }
  return can;
}

guint
cup_window_cancel_pending (CupWindow * window)
{
  GSList *pending = NULL, *walk;
  gboolean leader_cancelled = FALSE;
  GList *slots;
  guint n;

  g_mutex_lock (&window->lock);
  for (slots = window->slots.head; slots; slots = slots->next) {
    CupSlot *slot = slots->data;

    if (slot->type == CUP_SLOT_FRAME && cancel_slot (slot, &leader_cancelled))
      pending = g_slist_prepend (pending, cup_slot_ref (slot));
  }
  pending = g_slist_reverse (pending);
  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);

  for (walk = pending; walk; walk = walk->next) {
    CupSlot *slot = walk->data;

    cup_frame_progress_cancelled (slot->progress);
    g_cancellable_cancel (slot->cancellable);
  }
  n = g_slist_length (pending);
  g_slist_free_full (pending, (GDestroyNotify) cup_slot_unref);
  return n;
}

gboolean
cup_window_push_mark (CupWindow * window)
{
  gboolean wait;

  g_mutex_lock (&window->lock);
  wait = window->flow == GST_FLOW_OK || !g_queue_is_empty (&window->slots);
  if (wait) {
    g_queue_push_tail (&window->slots, cup_slot_new (window, CUP_SLOT_MARK));
    g_cond_broadcast (&window->cond);
  }
  g_mutex_unlock (&window->lock);
  return wait;
}
