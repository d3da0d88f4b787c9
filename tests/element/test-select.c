/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which frames are selected: each mode by itself, and what they have in common.
 */
#include "element/select.h"

#define FRAMES 400

static const GstClockTime frame_25 = GST_SECOND / 25;

/* Frames at a steady rate, each a key frame. */
static CupSelectFrame
get_frame (guint i, GstClockTime duration)
{
  CupSelectFrame frame = { i * duration, duration, TRUE, 0 };

  return frame;
}

static guint
count (CupSelect * select, const CupSelectSettings * settings, guint n,
    GstClockTime duration)
{
  guint selected = 0, i;

  for (i = 0; i < n; i++) {
    CupSelectFrame frame = get_frame (i, duration);

    selected += cup_select_frame (select, settings, &frame);
  }
  return selected;
}

/* Nothing but being first speaks for these. */
static CupSelectFrame
get_unwanted (guint i)
{
  CupSelectFrame frame = get_frame (i, GST_MSECOND);

  frame.keyframe = FALSE;
  return frame;
}

static void
test_first (void)
{
  CupSelectSettings settings = { CUP_SELECT_ALL, 100, 0, 0.5 };
  guint mode, timed;

  for (mode = CUP_SELECT_INTERVAL; mode <= CUP_SELECT_KEYFRAMES; mode++) {
    for (timed = 0; timed < 2; timed++) {
      CupSelect select = { FALSE, };
      CupSelectFrame frame = get_unwanted (0);

      settings.mode = mode;
      settings.interval_time = timed ? GST_SECOND : GST_CLOCK_TIME_NONE;
      g_assert_true (cup_select_frame (&select, &settings, &frame));
      frame = get_unwanted (1);
      g_assert_false (cup_select_frame (&select, &settings, &frame));

      cup_select_reset (&select);
      frame = get_unwanted (1);
      g_assert_true (cup_select_frame (&select, &settings, &frame));
      frame = get_unwanted (2);
      g_assert_false (cup_select_frame (&select, &settings, &frame));
    }
  }
}

static void
test_all (void)
{
  CupSelectSettings settings = { CUP_SELECT_ALL, 100, GST_SECOND, 1 };
  CupSelect select = { FALSE, };
  guint i;

  for (i = 0; i < FRAMES; i++) {
    CupSelectFrame frame = get_unwanted (i);

    g_assert_true (cup_select_frame (&select, &settings, &frame));
    g_assert_false (cup_select_needs_distance (&select, &settings));
  }
}

static void
test_keyframes (void)
{
  CupSelectSettings settings = { CUP_SELECT_KEYFRAMES, };
  CupSelect select = { FALSE, };
  guint i;

  for (i = 0; i < FRAMES; i++) {
    CupSelectFrame frame = get_unwanted (i);

    frame.keyframe = i % 12 == 5;
    g_assert_cmpint (cup_select_frame (&select, &settings, &frame), ==,
        i == 0 || i % 12 == 5);
  }
}

static void
test_frames (void)
{
  static const guint intervals[] = { 0, 1, 2, 7, 1000, G_MAXUINT };
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (intervals); i++) {
    CupSelectSettings settings = { CUP_SELECT_INTERVAL, intervals[i], 0, 0 };
    CupSelect select = { FALSE, };

    for (j = 0; j < FRAMES; j++) {
      CupSelectFrame frame = { GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, };

      g_assert_cmpint (cup_select_frame (&select, &settings, &frame), ==,
          j % MAX (intervals[i], 1) == 0);
    }
  }
}

/* The interval that is set now counts from the last frame selected. */
static void
test_frames_changed (void)
{
  static const struct
  {
    guint interval;
    gboolean selected;
  } steps[] = {
    {4, TRUE}, {4, FALSE}, {4, FALSE}, {2, TRUE}, {2, FALSE}, {5, FALSE},
    {5, FALSE}, {5, FALSE}, {5, TRUE}, {1, TRUE}, {1, TRUE}
  };
  CupSelect select = { FALSE, };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (steps); i++) {
    CupSelectSettings settings = { CUP_SELECT_INTERVAL, steps[i].interval, };
    CupSelectFrame frame = get_frame (i, frame_25);

    g_assert_cmpint (cup_select_frame (&select, &settings, &frame), ==,
        steps[i].selected);
  }
}

/* The number is right at rates that do not divide the interval, too. */
static void
test_time (void)
{
  static const struct
  {
    GstClockTime interval;
    GstClockTime duration;
    guint frames;
    guint selected;
  } cases[] = {
    /* 10 s each */
    {GST_SECOND, GST_SECOND / 25, 250, 10},
    /* rounded down */
    {GST_SECOND, GST_SECOND / 30, 300, 10},
    {GST_SECOND, GST_SECOND / 60, 600, 10},
    /* 29.97 Hz */
    {GST_SECOND, 33366666, 299, 10},
    /* neither divides the other: 100 intervals of 0.1 s */
    {100 * GST_MSECOND, GST_SECOND / 24, 240, 100},
    {300 * GST_MSECOND, GST_SECOND / 25, 248, 34},
    /* each frame is longer */
    {GST_MSECOND, GST_SECOND / 25, 250, 250},
    {GST_SECOND / 25, GST_SECOND / 25, 250, 250},
    {1, GST_SECOND, 10, 10},
    /* the stream is shorter */
    {GST_SECOND * 3600, GST_SECOND / 25, 250, 1},
    {GST_CLOCK_TIME_NONE - 1, GST_SECOND / 25, 250, 1},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    CupSelectSettings settings = { CUP_SELECT_INTERVAL, 3, cases[i].interval };
    CupSelect select = { FALSE, };

    g_assert_cmpuint (count (&select, &settings, cases[i].frames,
            cases[i].duration), ==, cases[i].selected);
  }
}

/* Of 24 frames a second, those nearest to each tenth. */
static void
test_time_nearest (void)
{
  static const guint nearest[] = { 0, 2, 5, 7, 10, 12, 14, 17, 19, 22, 24 };
  CupSelectSettings settings = { CUP_SELECT_INTERVAL, 0, 100 * GST_MSECOND };
  CupSelect select = { FALSE, };
  guint i, next = 0;

  for (i = 0; i <= 24; i++) {
    CupSelectFrame frame = get_frame (i, GST_SECOND / 24);
    gboolean selected = cup_select_frame (&select, &settings, &frame);

    g_assert_cmpint (selected, ==, nearest[next] == i);
    next += selected;
  }
  g_assert_cmpuint (next, ==, G_N_ELEMENTS (nearest));
}

/* Frames of any length, with holes; without durations, the first at or after. */
static void
test_time_irregular (void)
{
  static const struct
  {
    guint time;
    gboolean selected;
  } steps[] = {
    {500, TRUE}, {600, FALSE}, {1499, FALSE}, {1500, TRUE}, {2400, FALSE},
    {5700, TRUE}, {6400, FALSE}, {6499, FALSE}, {6510, TRUE}, {6510, FALSE}
  };
  CupSelectSettings settings = { CUP_SELECT_INTERVAL, 0, GST_SECOND };
  CupSelect select = { FALSE, };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (steps); i++) {
    CupSelectFrame frame = { steps[i].time * GST_MSECOND,
      GST_CLOCK_TIME_NONE,
    };

    g_assert_cmpint (cup_select_frame (&select, &settings, &frame), ==,
        steps[i].selected);
  }
}

/* Durations tell the time where nothing else does. */
static void
test_time_unknown (void)
{
  CupSelectSettings settings = { CUP_SELECT_INTERVAL, 0, GST_SECOND };
  CupSelect select = { FALSE, };
  guint i;

  for (i = 0; i < 100; i++) {
    CupSelectFrame frame = { GST_CLOCK_TIME_NONE, frame_25, };

    /* Half of a frame before and half of it after a second: it counts. */
    g_assert_cmpint (cup_select_frame (&select, &settings, &frame), ==,
        i % 25 == 0);
  }

  cup_select_reset (&select);
  for (i = 0; i < 100; i++) {
    CupSelectFrame frame = { GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, };

    g_assert_cmpint (cup_select_frame (&select, &settings, &frame), ==, i == 0);
  }
}

static void
test_time_changed (void)
{
  CupSelectSettings settings = { CUP_SELECT_INTERVAL, 10, GST_SECOND };
  CupSelect select = { FALSE, };
  guint i;

  for (i = 0; i < 200; i++) {
    CupSelectFrame frame = get_frame (i, frame_25);
    gboolean want;

    /* 2 s by seconds, 2 s by fifths, the rest by 10 frames. */
    if (i == 51)
      settings.interval_time = GST_SECOND / 5;
    if (i == 101)
      settings.interval_time = 0;
    want = i <= 50 ? i % 25 == 0 : i <= 100 ? i % 5 == 0 : i % 10 == 0;
    g_assert_cmpint (cup_select_frame (&select, &settings, &frame), ==, want);
  }
}

/* Time that goes back starts anew, and the extremes of time overflow nothing. */
static void
test_time_backwards (void)
{
  CupSelectSettings settings = { CUP_SELECT_INTERVAL, 0, GST_SECOND };
  CupSelect select = { FALSE, };
  CupSelectFrame last = { GST_CLOCK_TIME_NONE - 1, GST_CLOCK_TIME_NONE - 1, };

  g_assert_cmpuint (count (&select, &settings, 100, frame_25), ==, 4);
  g_assert_cmpuint (count (&select, &settings, 100, frame_25), ==, 4);
  g_assert_true (cup_select_frame (&select, &settings, &last));
  g_assert_false (cup_select_frame (&select, &settings, &last));
  last.time = GST_CLOCK_TIME_NONE;
  g_assert_false (cup_select_frame (&select, &settings, &last));
  last.duration = GST_SECOND;
  g_assert_false (cup_select_frame (&select, &settings, &last));
}

static void
test_scene_change (void)
{
  static const struct
  {
    gdouble distance;
    gboolean selected;
  } steps[] = {
    {0, TRUE}, {0, FALSE}, {0.299, FALSE}, {0.3, TRUE}, {0.1, FALSE},
    {1, TRUE}, {0, FALSE}, {-1, TRUE}
  };
  CupSelectSettings settings = { CUP_SELECT_SCENE_CHANGE, 0, 0, 0.3 };
  CupSelect select = { FALSE, };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (steps); i++) {
    CupSelectFrame frame = get_frame (i, frame_25);

    frame.distance = steps[i].distance;
    g_assert_cmpint (cup_select_needs_distance (&select, &settings), ==, i > 0);
    g_assert_cmpint (cup_select_frame (&select, &settings, &frame), ==,
        steps[i].selected);
  }

  settings.scene_threshold = 0;
  g_assert_cmpuint (count (&select, &settings, 100, frame_25), ==, 100);
}

/* A mode that begins finds where the stream is. */
static void
test_mode_changed (void)
{
  CupSelectSettings settings = { CUP_SELECT_ALL, 10, 0, 0.5 };
  CupSelect select = { FALSE, };
  CupSelectFrame frame;
  guint i;

  g_assert_cmpuint (count (&select, &settings, 20, frame_25), ==, 20);
  settings.mode = CUP_SELECT_INTERVAL;
  for (i = 20; i < 40; i++) {
    frame = get_frame (i, frame_25);
    g_assert_cmpint (cup_select_frame (&select, &settings, &frame), ==,
        i % 10 == 9);
  }
  settings.interval_time = GST_SECOND;
  for (i = 40; i < 100; i++) {
    frame = get_frame (i, frame_25);
    g_assert_cmpint (cup_select_frame (&select, &settings, &frame), ==,
        (i - 39) % 25 == 0);
  }
  settings.mode = CUP_SELECT_SCENE_CHANGE;
  frame = get_frame (100, frame_25);
  g_assert_true (cup_select_needs_distance (&select, &settings));
  g_assert_false (cup_select_frame (&select, &settings, &frame));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/select/first", test_first);
  g_test_add_func ("/select/all", test_all);
  g_test_add_func ("/select/keyframes", test_keyframes);
  g_test_add_func ("/select/frames", test_frames);
  g_test_add_func ("/select/frames-changed", test_frames_changed);
  g_test_add_func ("/select/time", test_time);
  g_test_add_func ("/select/time-nearest", test_time_nearest);
  g_test_add_func ("/select/time-irregular", test_time_irregular);
  g_test_add_func ("/select/time-unknown", test_time_unknown);
  g_test_add_func ("/select/time-changed", test_time_changed);
  g_test_add_func ("/select/time-backwards", test_time_backwards);
  g_test_add_func ("/select/scene-change", test_scene_change);
  g_test_add_func ("/select/mode-changed", test_mode_changed);

  return g_test_run ();
}
