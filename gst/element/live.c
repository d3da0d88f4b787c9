/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "live.h"

#include "report.h"

/* Where nothing else tells: no latency is set, and the frames have no rate. */
#define UNKNOWN_LATENCY GST_SECOND

/* Frames that last longer than this have no rate to speak of. */
#define MAX_FRAME_DURATION (3600 * GST_SECOND)

/* With the object lock. */
static GstClockTime
get_latency (GstCreativeUpscaler * self)
{
  if (self->settings.latency > 0)
    return self->settings.latency;
  /* Less one, or the window would be full at each frame's deadline. */
  if (GST_CLOCK_TIME_IS_VALID (self->live.frame_duration))
    return self->live.frame_duration
        * MAX (self->settings.max_in_flight - 1, 1);
  return UNKNOWN_LATENCY;
}

CupPromise
cup_live_get_promise (GstCreativeUpscaler * self)
{
  CupPromise promise = { get_latency (self), GST_CLOCK_TIME_NONE };

  if (GST_CLOCK_TIME_IS_VALID (self->live.frame_duration))
    promise.capacity = self->live.frame_duration * self->settings.max_in_flight;
  return promise;
}

static void
set_upstream (GstCreativeUpscaler * self, gboolean is_live, GstClockTime min)
{
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = self->live.is_live != is_live
      || (is_live && self->live.upstream != min);
  self->live.is_live = is_live;
  self->live.upstream = min;
  GST_OBJECT_UNLOCK (self);
  if (changed)
    cup_window_set_live (self->window, is_live);
}

void
cup_live_learn (GstCreativeUpscaler * self)
{
  GstQuery *query = gst_query_new_latency ();
  gboolean is_live;
  GstClockTime min, max;

  /* Who does not answer now may have answered before. */
  if (gst_pad_peer_query (self->sinkpad, query)) {
    gst_query_parse_latency (query, &is_live, &min, &max);
    set_upstream (self, is_live, min);
  }
  gst_query_unref (query);
}

gboolean
cup_live_answer_query (GstCreativeUpscaler * self, GstQuery * query)
{
  GstClockTime min, max;
  CupPromise promise;
  gboolean is_live;

  if (!gst_pad_peer_query (self->sinkpad, query))
    return FALSE;
  gst_query_parse_latency (query, &is_live, &min, &max);
  set_upstream (self, is_live, min);
  if (!is_live)
    return TRUE;

  GST_OBJECT_LOCK (self);
  promise = cup_live_get_promise (self);
  GST_OBJECT_UNLOCK (self);
  GST_DEBUG_OBJECT (self, "upstream's latency %" GST_TIME_FORMAT " … %"
      GST_TIME_FORMAT ", ours %" GST_TIME_FORMAT " … %" GST_TIME_FORMAT,
      GST_TIME_ARGS (min), GST_TIME_ARGS (max),
      GST_TIME_ARGS (promise.latency), GST_TIME_ARGS (promise.capacity));
  min += promise.latency;
  if (GST_CLOCK_TIME_IS_VALID (max))
    max = GST_CLOCK_TIME_IS_VALID (promise.capacity) ?
        max + promise.capacity : GST_CLOCK_TIME_NONE;
  gst_query_set_latency (query, TRUE, min, max);
  return TRUE;
}

void
cup_live_update (GstCreativeUpscaler * self, CupPromise old)
{
  CupPromise promise;
  gboolean is_live;

  GST_OBJECT_LOCK (self);
  promise = cup_live_get_promise (self);
  is_live = self->live.is_live;
  GST_OBJECT_UNLOCK (self);
  if (!is_live || (promise.latency == old.latency
          && promise.capacity == old.capacity))
    return;
  cup_window_check_head (self->window);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_latency (GST_OBJECT (self)));
}

void
cup_live_set_frame_duration (GstCreativeUpscaler * self, GstClockTime duration)
{
  CupPromise old;

  GST_OBJECT_LOCK (self);
  old = cup_live_get_promise (self);
  self->live.frame_duration = duration <= MAX_FRAME_DURATION ? duration :
      GST_CLOCK_TIME_NONE;
  GST_OBJECT_UNLOCK (self);
  cup_live_update (self, old);
}

void
cup_live_set_playing (GstCreativeUpscaler * self, gboolean playing)
{
  GST_OBJECT_LOCK (self);
  self->live.is_playing = playing;
  GST_OBJECT_UNLOCK (self);
  cup_window_check_head (self->window);
}

/* The pipeline's clock, and what it shows at running time 0 of this element's
 * input; NULL where there are no deadlines now. */
static GstClock *
get_clock (GstCreativeUpscaler * self, GstClockTime * start,
    GstClockTime * latency)
{
  GstClock *clock = NULL;

  GST_OBJECT_LOCK (self);
  if (self->live.is_live && self->live.is_playing && GST_ELEMENT_CLOCK (self)) {
    clock = gst_object_ref (GST_ELEMENT_CLOCK (self));
    *start = GST_ELEMENT_CAST (self)->base_time + self->live.upstream;
    *latency = get_latency (self);
  }
  GST_OBJECT_UNLOCK (self);
  return clock;
}

GstClockTime
cup_live_get_age (GstCreativeUpscaler * self, const CupTimes * times,
    GstClockTime * promised)
{
  GstClockTime start, now;
  GstClock *clock;

  if (!GST_CLOCK_TIME_IS_VALID (times->running_time)
      || !(clock = get_clock (self, &start, promised)))
    return GST_CLOCK_TIME_NONE;
  now = gst_clock_get_time (clock);
  gst_object_unref (clock);
  start += times->running_time;
  return now > start ? now - start : 0;
}

/* On the clock's thread. */
static gboolean
time_has_come (GstClock * clock, GstClockTime time, GstClockID id,
    gpointer user_data)
{
  cup_window_check_head (user_data);
  return TRUE;
}

void
cup_live_start_timer (GstCreativeUpscaler * self, const CupTimes * times,
    GstClockTime margin)
{
  GstClockTime start, latency;
  GstClock *clock;

  cup_live_end_timer (g_steal_pointer (&self->timer));
  if (!GST_CLOCK_TIME_IS_VALID (times->running_time)
      || !(clock = get_clock (self, &start, &latency)))
    return;
  start += times->running_time + latency;
  self->timer = gst_clock_new_single_shot_id (clock,
      start > margin ? start - margin : 0);
  gst_clock_id_wait_async (self->timer, time_has_come,
      cup_window_ref (self->window), (GDestroyNotify) cup_window_unref);
  gst_object_unref (clock);
}

void
cup_live_end_timer (GstClockID timer)
{
  if (!timer)
    return;
  gst_clock_id_unschedule (timer);
  gst_clock_id_unref (timer);
}

void
cup_live_note_late (GstCreativeUpscaler * self, CupSlot * slot,
    GstClockTime age, GstClockTime promised, const gchar * fate)
{
  /* A stream that keeps being late by about as much is one piece of news. */
  if (age <= self->told_latency + self->told_latency / 2)
    return;
  self->told_latency = age;
  cup_report_latency (GST_ELEMENT (self), GST_BUFFER_PTS (slot->metadata),
      promised, age, fate);
}
