/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which frames are sent. State is kept for all modes at all times, so that a mode
 * or an interval that changes finds what it needs.
 */
#include "select.h"

void
cup_select_reset (CupSelect * select)
{
  static const CupSelect start = { FALSE, };

  *select = start;
}

static gboolean
has_interval_time (const CupSelectSettings * settings)
{
  return GST_CLOCK_TIME_IS_VALID (settings->interval_time)
      && settings->interval_time > 0;
}

/* The slot of the grid that a frame at @time belongs to. Half a frame early is
 * in time, and so is one of a timestamp that was rounded down. Frames that are
 * longer than an interval belong to the slot that they begin in. */
static guint64
get_slot (const CupSelect * select, GstClockTime time, GstClockTime duration)
{
  GstClockTime elapsed = time - select->anchor;

  if (GST_CLOCK_TIME_IS_VALID (duration) && duration <= select->interval)
    elapsed += MIN (duration / 2, G_MAXUINT64 - elapsed);
  return elapsed / select->interval;
}

static void
start_grid (CupSelect * select, GstClockTime anchor, GstClockTime interval)
{
  select->anchor = anchor;
  select->interval = interval;
  select->slot = 0;
}

static gboolean
is_due_by_time (CupSelect * select, const CupSelectSettings * settings,
    const CupSelectFrame * frame, GstClockTime time)
{
  guint64 slot;

  if (time < select->last) {
    start_grid (select, time, settings->interval_time);
    return TRUE;
  }
  if (select->interval != settings->interval_time)
    start_grid (select, select->last, settings->interval_time);
  slot = get_slot (select, time, frame->duration);
  if (slot <= select->slot)
    return FALSE;
  select->slot = slot;
  return TRUE;
}

static gboolean
is_due (CupSelect * select, const CupSelectSettings * settings,
    const CupSelectFrame * frame, GstClockTime time)
{
  switch (settings->mode) {
    case CUP_SELECT_ALL:
      return TRUE;
    case CUP_SELECT_INTERVAL:
      if (has_interval_time (settings))
        return is_due_by_time (select, settings, frame, time);
      return select->skipped + 1 >= settings->interval_frames;
    case CUP_SELECT_SCENE_CHANGE:
      return frame->distance < 0
          || frame->distance >= settings->scene_threshold;
    case CUP_SELECT_KEYFRAMES:
      return frame->keyframe;
  }
  g_assert_not_reached ();
}

gboolean
cup_select_needs_distance (const CupSelect * select,
    const CupSelectSettings * settings)
{
  return settings->mode == CUP_SELECT_SCENE_CHANGE && select->started;
}

gboolean
cup_select_frame (CupSelect * select, const CupSelectSettings * settings,
    const CupSelectFrame * frame)
{
  gboolean first = !select->started;
  GstClockTime time = frame->time;
  gboolean selected;

  if (!GST_CLOCK_TIME_IS_VALID (time))
    time = select->started ? select->expected : 0;
  if (first) {
    start_grid (select, time, settings->interval_time);
    selected = TRUE;
  } else {
    selected = is_due (select, settings, frame, time);
  }

  select->started = TRUE;
  select->skipped = selected ? 0 : select->skipped + 1;
  if (selected)
    select->last = time;
  select->expected = GST_CLOCK_TIME_IS_VALID (frame->duration)
      && time <= G_MAXUINT64 - 1 - frame->duration
      ? time + frame->duration : time;
  return selected;
}
