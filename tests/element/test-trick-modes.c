/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Backwards, key frames only, frame by frame, late: what is shown, what is left
 * out, and that what is left out was never sent.
 */
#include "playing.h"

#define START "stream-start|caps|segment"

static const CupDummyPlan hold = {.delay = CUP_DUMMY_HOLD };

static void
push_segment (Fixture * f, gdouble rate, GstSegmentFlags flags,
    GstClockTime start, GstClockTime stop)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = rate;
  segment.flags = flags;
  segment.start = segment.time = start;
  segment.stop = stop;
  segment.position = rate > 0 ? start : stop;
  g_assert_true (gst_harness_push_event (f->harness,
          gst_event_new_segment (&segment)));
}

static GstFlowReturn
push_flagged (Fixture * f, guint8 key, GstBufferFlags flags)
{
  GstBuffer *buffer = fixture_make_frame (key);

  GST_BUFFER_FLAG_SET (buffer, flags);
  return gst_harness_push (f->harness, buffer);
}

typedef struct
{
  guint8 key;
  GstClockTime pts;
  GstClockTime duration;
  gboolean discont;
} Expected;

static void
assert_frames (Fixture * f, const Expected * expected, guint n)
{
  guint i;

  for (i = 0; i < n; i++) {
    GstBuffer *buffer = gst_harness_pull (f->harness);
    guint8 key = 0;

    gst_buffer_extract (buffer, 0, &key, 1);
    g_assert_cmpuint (key, ==, expected[i].key);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, expected[i].pts);
    g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, expected[i].duration);
    g_assert_cmpint (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT),
        ==, expected[i].discont);
    gst_buffer_unref (buffer);
  }
}

/* As decoders send them, the last one first. Results that come in another order
 * leave in this one; what lies outside of the segment is not sent, and what lies
 * across its ends is cut. */
static void
test_reverse (void)
{
  static const Expected expected[] = {
    {5, 5 * FRAME_DURATION, FRAME_DURATION / 2, TRUE},
    {4, 4 * FRAME_DURATION, FRAME_DURATION, FALSE},
    {3, 3 * FRAME_DURATION, FRAME_DURATION, TRUE},
    {2, 2 * FRAME_DURATION + FRAME_DURATION / 4, FRAME_DURATION * 3 / 4, FALSE},
  };
  Fixture *f = fixture_new ("max-in-flight", 8, NULL);
  guint8 key;

  cup_dummy_engine_set_plan (f->engine, &hold);
  push_segment (f, -1, 0, 2 * FRAME_DURATION + FRAME_DURATION / 4,
      5 * FRAME_DURATION + FRAME_DURATION / 2);
  for (key = 7; key > 0; key--)
    g_assert_cmpint (push_flagged (f, key, key == 3 ? GST_BUFFER_FLAG_DISCONT :
            0), ==, GST_FLOW_OK);
  gst_harness_push_event (f->harness, gst_event_new_eos ());
  cup_dummy_engine_wait_started (f->engine, 4);
  for (key = 2; key < 6; key++)
    cup_dummy_engine_release (f->engine, key);
  fixture_assert_record (f, START "|segment|5|4|3|2|eos");
  assert_frames (f, expected, G_N_ELEMENTS (expected));
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 4);
  g_assert_cmpuint (fixture_get_count (f, "dropped-outside-segment"), ==, 3);
  fixture_free (f);
}

/* Backwards, too, a hole is told by a GAP where the frame was, and by DISCONT
 * on the next one that leaves. */
static void
test_reverse_hole (void)
{
  static const Expected expected[] = {
    {3, 3 * FRAME_DURATION, FRAME_DURATION, FALSE},
    {1, FRAME_DURATION, FRAME_DURATION, TRUE},
  };
  const CupDummyPlan fails = {.fails = TRUE };
  Fixture *f = fixture_new (NULL, NULL);
  GstClockTime start = 0;
  GstEvent *event;

  gst_util_set_object_arg (G_OBJECT (f->element), "on-error", "drop");
  cup_dummy_engine_set_plan_for (f->engine, 2, &fails);
  push_segment (f, -1, 0, 0, 4 * FRAME_DURATION);
  fixture_push (f, 3);
  fixture_push (f, 2);
  fixture_push (f, 1);
  fixture_assert_record (f, START "|segment|3|gap|1");
  assert_frames (f, expected, G_N_ELEMENTS (expected));
  while (GST_EVENT_TYPE (event = gst_harness_pull_event (f->harness))
      != GST_EVENT_GAP)
    gst_event_unref (event);
  gst_event_parse_gap (event, &start, NULL);
  g_assert_cmpuint (start, ==, 2 * FRAME_DURATION);
  gst_event_unref (event);
  fixture_free (f);
}

/* Only key frames are wanted: the others are not paid for. */
static void
test_key_units (void)
{
  static const Expected expected[] = {
    {1, FRAME_DURATION, FRAME_DURATION, FALSE},
    {4, 4 * FRAME_DURATION, FRAME_DURATION, TRUE},
    {5, 5 * FRAME_DURATION, FRAME_DURATION, FALSE},
  };
  Fixture *f = fixture_new (NULL, NULL);

  push_segment (f, 4, GST_SEGMENT_FLAG_TRICKMODE_KEY_UNITS
      | GST_SEGMENT_FLAG_TRICKMODE, 0, GST_CLOCK_TIME_NONE);
  push_flagged (f, 1, 0);
  push_flagged (f, 2, GST_BUFFER_FLAG_DELTA_UNIT);
  push_flagged (f, 3, GST_BUFFER_FLAG_DELTA_UNIT);
  push_flagged (f, 4, 0);
  push_flagged (f, 5, GST_BUFFER_FLAG_DROPPABLE);
  assert_frames (f, expected, G_N_ELEMENTS (expected));
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 3);
  g_assert_cmpuint (fixture_get_count (f, "dropped-outside-segment"), ==, 2);
  g_assert_cmpuint (fixture_get_count (f, "frames-in"), ==, 5);

  /* The next segment wants all of them again. */
  push_segment (f, 1, 0, 0, GST_CLOCK_TIME_NONE);
  push_flagged (f, 6, GST_BUFFER_FLAG_DELTA_UNIT);
  fixture_assert_record (f, START "|segment|1|4|5|segment|6");
  fixture_free (f);
}

/* Key frames and what depends on them forwards: the others are those that
 * nothing depends on. */
static void
test_forward_predicted (void)
{
  Fixture *f = fixture_new (NULL, NULL);

  push_segment (f, 2, GST_SEGMENT_FLAG_TRICKMODE_FORWARD_PREDICTED
      | GST_SEGMENT_FLAG_TRICKMODE, 0, GST_CLOCK_TIME_NONE);
  push_flagged (f, 1, 0);
  push_flagged (f, 2, GST_BUFFER_FLAG_DELTA_UNIT);
  push_flagged (f, 3, GST_BUFFER_FLAG_DELTA_UNIT | GST_BUFFER_FLAG_DROPPABLE);
  push_flagged (f, 4, GST_BUFFER_FLAG_DELTA_UNIT);
  fixture_assert_record (f, START "|segment|1|2|4");
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 3);
  fixture_free (f);
}

/* Without a trick mode the flags mean nothing: frames are pictures. */
static void
test_no_trick_mode (void)
{
  Fixture *f = fixture_new (NULL, NULL);

  push_segment (f, 1, GST_SEGMENT_FLAG_TRICKMODE
      | GST_SEGMENT_FLAG_TRICKMODE_NO_AUDIO, 0, GST_CLOCK_TIME_NONE);
  push_flagged (f, 1, GST_BUFFER_FLAG_DELTA_UNIT | GST_BUFFER_FLAG_DROPPABLE);
  fixture_assert_record (f, START "|segment|1");
  fixture_free (f);
}

static void
test_segment_done (void)
{
  Fixture *f = fixture_new ("max-in-flight", 2, NULL);

  cup_dummy_engine_set_plan (f->engine, &hold);
  push_segment (f, 1, GST_SEGMENT_FLAG_SEGMENT, 0, 3 * FRAME_DURATION);
  fixture_push (f, 1);
  fixture_push (f, 2);
  /* Does not wait for them, full or not. */
  g_assert_true (gst_harness_push_event (f->harness,
          gst_event_new_segment_done (GST_FORMAT_TIME, 3 * FRAME_DURATION)));
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f, START "|segment|1|2|segment-done");
  push_segment (f, 1, GST_SEGMENT_FLAG_SEGMENT, 0, 3 * FRAME_DURATION);
  g_assert_cmpint (fixture_push (f, 1), ==, GST_FLOW_OK);
  fixture_assert_record (f, START "|segment|1|2|segment-done|segment|1");
  fixture_free (f);
}

/* Late frames */

static void
send_qos (Fixture * f, GstClockTime running_time, GstClockTimeDiff jitter)
{
  gst_harness_push_upstream_event (f->harness,
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1, jitter, running_time));
}

/* What has been sent is pushed, however late: it is the sink's to decide, and
 * has been paid for. What would be late is not sent. */
static void
test_late (void)
{
  Fixture *f = fixture_new ("max-in-flight", 2, NULL);

  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 1);
  fixture_push (f, 2);
  cup_dummy_engine_wait_started (f->engine, 2);
  send_qos (f, 2 * FRAME_DURATION, 4 * FRAME_DURATION);
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f, START "|1|2");
  /* Twice the lateness behind: 10. */
  fixture_push (f, 9);
  fixture_push (f, 10);
  fixture_assert_record (f, START "|1|2|gap|10");
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 3);
  g_assert_cmpuint (fixture_get_count (f, "dropped-late"), ==, 1);

  /* In time again. */
  send_qos (f, 10 * FRAME_DURATION, -(GstClockTimeDiff) FRAME_DURATION);
  fixture_push (f, 11);
  fixture_assert_record (f, START "|1|2|gap|10|11");
  fixture_free (f);
}

/* A frame that waits for room becomes late while it waits. */
static gpointer
push_fifth (gpointer fixture)
{
  return GINT_TO_POINTER (fixture_push (fixture, 5));
}

static void
test_late_in_the_queue (void)
{
  Fixture *f = fixture_new ("max-in-flight", 1, NULL);
  GThread *thread;

  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 1);
  thread = g_thread_new ("pusher", push_fifth, f);
  send_qos (f, GST_SECOND, GST_SECOND);
  cup_dummy_engine_release_all (f->engine);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_OK);
  fixture_assert_record (f, START "|1|gap");
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 1);
  g_assert_cmpuint (fixture_get_count (f, "dropped-late"), ==, 1);
  fixture_free (f);
}

/* Backwards and faster running time runs otherwise: of the segment from 0 to 10
 * at -2, frame 9 comes first, and frame 5 is half as late as it looks. */
static void
test_late_reverse (void)
{
  Fixture *f = fixture_new (NULL, NULL);

  push_segment (f, -2, 0, 0, 10 * FRAME_DURATION);
  fixture_push (f, 9);
  fixture_assert_record (f, START "|segment|9");
  /* Late up to the running time 2, which is the frame 6. */
  send_qos (f, FRAME_DURATION, FRAME_DURATION / 2);
  fixture_push (f, 8);
  fixture_push (f, 7);
  fixture_push (f, 6);
  fixture_push (f, 5);
  fixture_assert_record (f, START "|segment|9|gap|gap|6|5");
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 3);
  fixture_free (f);
}

/* What was late has nothing to do with what comes after a flush, or in another
 * segment. */
static void
test_late_forgotten (void)
{
  Fixture *f = fixture_new (NULL, NULL);

  fixture_push (f, 1);
  fixture_assert_record (f, START "|1");
  send_qos (f, GST_SECOND, GST_SECOND);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  push_segment (f, 1, 0, 0, GST_CLOCK_TIME_NONE);
  fixture_push (f, 2);
  fixture_assert_record (f, START "|1|flush-start|flush-stop|segment|2");
  send_qos (f, GST_SECOND, GST_SECOND);
  push_segment (f, 1, 0, 0, GST_CLOCK_TIME_NONE);
  fixture_push (f, 3);
  fixture_assert_record (f, START "|1|flush-start|flush-stop|segment|2"
      "|segment|3");
  g_assert_cmpuint (fixture_get_count (f, "dropped-late"), ==, 0);
  fixture_free (f);
}

/* Stepping */

static void
step (Playing * p, guint64 n, gboolean flush)
{
  g_assert_true (gst_element_send_event (p->sink,
          gst_event_new_step (GST_FORMAT_BUFFERS, n, 1, flush, FALSE)));
}

static void
wait_step_done (Playing * p, guint64 n)
{
  GstMessage *message = playing_wait_message (p, GST_MESSAGE_STEP_DONE);
  guint64 amount = 0;
  GstFormat format;

  gst_message_parse_step_done (message, &format, &amount, NULL, NULL, NULL,
      NULL, NULL);
  g_assert_cmpint (format, ==, GST_FORMAT_BUFFERS);
  g_assert_cmpuint (amount, ==, n);
  gst_message_unref (message);
}

/* The frame that stands in the sink. */
static void
assert_shown (Playing * p, guint8 expected)
{
  GstSample *sample = NULL;
  guint8 key = 0;

  g_object_get (p->sink, "last-sample", &sample, NULL);
  g_assert_nonnull (sample);
  gst_buffer_extract (gst_sample_get_buffer (sample), 0, &key, 1);
  g_assert_cmpuint (key, ==, expected);
  gst_sample_unref (sample);
}

/* Frame by frame, while each takes its time. */
static void
test_stepping (void)
{
  static const CupDummyPlan slow = {.delay = 20 };
  Playing *p = playing_new ("sync=true enable-last-sample=true");
  guint32 seqnum;
  guint8 key = 50;
  guint i;

  cup_dummy_engine_set_plan (p->engine, &slow);
  playing_set_state (p, GST_STATE_PAUSED);
  seqnum = playing_seek (p, 1, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
      key * FRAME_DURATION, GST_CLOCK_TIME_NONE);
  playing_wait (p, seqnum, 1);
  playing_set_state (p, GST_STATE_PAUSED);
  assert_shown (p, key);
  for (i = 0; i < 12; i++) {
    guint64 n = i % 3 == 2 ? 3 : 1;

    step (p, n, TRUE);
    wait_step_done (p, n);
    g_assert_cmpint (gst_element_get_state (p->pipeline, NULL, NULL,
            GST_CLOCK_TIME_NONE), ==, GST_STATE_CHANGE_SUCCESS);
    key = (guint8) (key + n);
    assert_shown (p, key);
  }
  /* Without a flush the sink is done with its frame first, which it is not
   * while it is paused. */
  step (p, 3, FALSE);
  gst_element_set_state (p->pipeline, GST_STATE_PLAYING);
  wait_step_done (p, 3);
  /* The source and the element have not been flushed for it. */
  g_assert_cmpuint (playing_get_first (p), ==, 50);
  g_assert_cmpuint (p->n_flushes, ==, 1);
  playing_free (p);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  key_source_register ();

  g_test_add_func ("/trick-modes/reverse", test_reverse);
  g_test_add_func ("/trick-modes/reverse-hole", test_reverse_hole);
  g_test_add_func ("/trick-modes/key-units", test_key_units);
  g_test_add_func ("/trick-modes/forward-predicted", test_forward_predicted);
  g_test_add_func ("/trick-modes/none", test_no_trick_mode);
  g_test_add_func ("/trick-modes/segment-done", test_segment_done);
  g_test_add_func ("/trick-modes/late", test_late);
  g_test_add_func ("/trick-modes/late-in-the-queue", test_late_in_the_queue);
  g_test_add_func ("/trick-modes/late-reverse", test_late_reverse);
  g_test_add_func ("/trick-modes/late-forgotten", test_late_forgotten);
  g_test_add_func ("/trick-modes/stepping", test_stepping);
  return fixture_run ();
}
