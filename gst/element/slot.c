/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "slot.h"

#include <string.h>

#include "window-private.h"

CupSlot *
cup_slot_new (CupWindow * window, CupSlotType type)
{
  CupSlot *slot = g_new0 (CupSlot, 1);

  slot->ref_count = 1;
  slot->type = type;
  slot->window = cup_window_ref (window);
  g_mutex_lock (&window->slots_lock);
  window->n_slots++;
  g_mutex_unlock (&window->slots_lock);
  return slot;
}

CupSlot *
cup_slot_ref (CupSlot * slot)
{
  g_atomic_int_inc (&slot->ref_count);
  return slot;
}

/* The last that is done for a slot: who waits for it may end the process. */
static void
forget_slot (CupWindow * window)
{
  g_mutex_lock (&window->slots_lock);
  if (--window->n_slots == 0)
    g_cond_broadcast (&window->no_slots);
  g_mutex_unlock (&window->slots_lock);
  cup_window_unref (window);
}

void
cup_slot_unref (CupSlot * slot)
{
  if (!g_atomic_int_dec_and_test (&slot->ref_count))
    return;
  g_clear_pointer (&slot->input, cup_input_unref);
  gst_clear_buffer (&slot->metadata);
  g_clear_object (&slot->cancellable);
  g_clear_pointer (&slot->progress, cup_frame_progress_unref);
  gst_clear_event (&slot->event);
  g_clear_pointer (&slot->result, cup_result_free);
  g_clear_error (&slot->error);
  gst_clear_buffer (&slot->buffer);
  g_clear_pointer (&slot->output, cup_output_unref);
  gst_clear_buffer (&slot->original);
  g_free (slot->uri);
  forget_slot (slot->window);
  g_free (slot);
}

CupSource
cup_slot_get_source (const CupSlot * slot)
{
  if (slot->is_original)
    return CUP_SOURCE_ORIGINAL;
  return slot->is_repeated ? CUP_SOURCE_REPEAT : CUP_SOURCE_RESULT;
}

void
cup_slot_get_picture (const CupSlot * slot, const CupSizing * sizing,
    CupPicture * picture)
{
  picture->input = slot->input;
  picture->frame = &slot->frame;
  picture->scale = slot->scale;
  if (slot->result)
    picture->info = slot->result->info;
  else
    memset (&picture->info, 0, sizeof picture->info);
  /* What is changed leaves as pixels do. */
  if (slot->result && slot->result->colour_reference)
    picture->info.type = CUP_IMAGE_UNKNOWN;
  picture->is_original = slot->is_original;
  if (slot->is_original) {
    picture->info.width = slot->width;
    picture->info.height = slot->height;
  } else {
    cup_sizing_get_size (sizing, &slot->frame, slot->scale,
        &slot->result->info, &picture->info.width, &picture->info.height);
  }
}

GstEvent *
cup_merge_gaps (GstEvent * first, GstEvent * second)
{
  GstClockTime start, duration, next_start, next_duration;

  if (GST_EVENT_TYPE (first) != GST_EVENT_GAP
      || GST_EVENT_TYPE (second) != GST_EVENT_GAP)
    return NULL;
  gst_event_parse_gap (first, &start, &duration);
  gst_event_parse_gap (second, &next_start, &next_duration);
  if (next_start < start)
    return NULL;
  return gst_event_new_gap (start, GST_CLOCK_TIME_IS_VALID (next_duration) ?
      next_start - start + next_duration : GST_CLOCK_TIME_NONE);
}
