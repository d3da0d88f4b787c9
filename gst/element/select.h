/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which frames of a stream are sent to the engine: all, one every so often, the
 * first of each scene, or the key frames of a compressed stream.
 *
 * The decision alone, without pads and buffers. A CupSelect belongs to the
 * streaming thread of the sink pad, and is guarded by its stream lock. Frames
 * are asked about once each, in order, and only those that nothing else drops:
 * a frame that was selected counts as sent.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * CupSelectMode:
 * @CUP_SELECT_ALL: every frame
 * @CUP_SELECT_INTERVAL: one frame each interval
 * @CUP_SELECT_SCENE_CHANGE: frames that are far enough from the last that was
 *   selected
 * @CUP_SELECT_KEYFRAMES: frames that depend on no other. Raw video has nothing
 *   else.
 */
typedef enum
{
  CUP_SELECT_ALL,
  CUP_SELECT_INTERVAL,
  CUP_SELECT_SCENE_CHANGE,
  CUP_SELECT_KEYFRAMES,
} CupSelectMode;

/**
 * CupSelectSettings:
 * @mode: what decides
 * @interval_frames: one of that many frames; 0 is as 1
 * @interval_time: where it is valid and not 0, it decides instead of
 *   @interval_frames: one frame in each @interval_time
 * @scene_threshold: the least distance of a new scene, 0 (any frame) … 1
 *
 * May differ from frame to frame; takes effect at once.
 */
typedef struct
{
  CupSelectMode mode;
  guint interval_frames;
  GstClockTime interval_time;
  gdouble scene_threshold;
} CupSelectSettings;

/**
 * CupSelectFrame:
 * @time: the running time of its PTS, which goes on where timestamps start anew
 *   and in reverse playback, too; GST_CLOCK_TIME_NONE where it has none
 * @duration: as long as it lasts in running time, or GST_CLOCK_TIME_NONE
 * @keyframe: does not have GST_BUFFER_FLAG_DELTA_UNIT
 * @distance: 0 … 1, from the frame that was selected last; negative where it
 *   cannot be told. Looked at only where cup_select_needs_distance() says so.
 */
typedef struct
{
  GstClockTime time;
  GstClockTime duration;
  gboolean keyframe;
  gdouble distance;
} CupSelectFrame;

/**
 * CupSelect:
 *
 * No member is for others. All zero is the state before the first frame.
 */
typedef struct
{
  /*< private > */
  gboolean started;
  guint64 skipped;
  GstClockTime expected;
  GstClockTime anchor;
  GstClockTime last;
  GstClockTime interval;
  guint64 slot;
} CupSelect;

/* The next frame is the first again: after a start, after a flush, and where
 * frames get another size. */
void cup_select_reset (CupSelect * select);

/* Whether cup_select_frame() is going to look at the distance of the next frame,
 * which is not cheap. */
gboolean cup_select_needs_distance (const CupSelect * select,
    const CupSelectSettings * settings);

/* Whether @frame is selected. The first frame is, in every mode. One that
 * upstream flags as discontinuous is not: a queue that leaks flags every other
 * frame so, and each would be paid for.
 *
 * Intervals in frames count from the last that was selected. Intervals in time
 * are a grid that starts with the first frame, so that their number is right
 * even if no frame is exactly on it; the frame that is nearest is taken, and where
 * frames are fewer than intervals, each. A frame without a time has that at which
 * the one before it ended; where nothing tells the time, there is only the
 * first. Time that goes back starts a new grid.
 *
 * A distance that cannot be told is a new scene. */
gboolean cup_select_frame (CupSelect * select,
    const CupSelectSettings * settings, const CupSelectFrame * frame);

G_END_DECLS
