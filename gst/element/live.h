/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Live sources: what the element promises the pipeline (LATENCY), and when a
 * frame's time has come.
 *
 * A frame has to leave at
 *
 *   base time + its running time + latency of upstream + latency
 *
 * on the pipeline's clock. Sources that are not live have no deadlines.
 */
#pragma once

#include "gstcreativeupscaler.h"

G_BEGIN_DECLS

/* Streaming thread, before the first frame: asks upstream. */
void cup_live_learn (GstCreativeUpscaler * self);

/* src pad: answers from upstream's answer. Any thread. */
gboolean cup_live_answer_query (GstCreativeUpscaler * self, GstQuery * query);

/* The frames' duration, or GST_CLOCK_TIME_NONE. Streaming thread. */
void cup_live_set_frame_duration (GstCreativeUpscaler * self,
    GstClockTime duration);
/**
 * CupPromise:
 * @latency: the most that a frame takes
 * @capacity: how much the window holds, which is what a sink that waits for
 *   others may have us hold; GST_CLOCK_TIME_NONE where it is not known
 */
typedef struct
{
  GstClockTime latency;
  GstClockTime capacity;
} CupPromise;

/* With the object lock. */
CupPromise cup_live_get_promise (GstCreativeUpscaler * self);
/* Without it, after something was set: tells the pipeline where that makes a
 * difference from @old. */
void cup_live_update (GstCreativeUpscaler * self, CupPromise old);

/* Between PAUSED and PLAYING: times count only while the clock does. */
void cup_live_set_playing (GstCreativeUpscaler * self, gboolean playing);

/* How long the frame has taken since it could have come here first, if it left
 * now; GST_CLOCK_TIME_NONE where the source is not live, the pipeline does not
 * play, or the frame has no time. @promised: how long it may. Any thread. */
GstClockTime cup_live_get_age (GstCreativeUpscaler * self,
    const CupTimes * times, GstClockTime * promised);

/* src task: wakes it when the head's time has come, less @margin. */
void cup_live_start_timer (GstCreativeUpscaler * self, const CupTimes * times,
    GstClockTime margin);
/* Takes the alarm, which may be NULL. */
void cup_live_end_timer (GstClockID timer);

/* src task: the frame leaves now, or does not in time (@fate): warns where it is
 * later than it was ever told. */
void cup_live_note_late (GstCreativeUpscaler * self, CupSlot * slot,
    GstClockTime age, GstClockTime promised, const gchar * fate);

G_END_DECLS
