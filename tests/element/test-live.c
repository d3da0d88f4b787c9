/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Live sources: what is promised to the pipeline, and what becomes of frames
 * whose results do not come in time. The clock is the test's: nothing here
 * depends on how fast the machine is.
 */
#include "fixture.h"

#include <gst/check/gsttestclock.h>
#include <string.h>

#include "element/meta.h"
#include "neighbours.h"

#define START "stream-start|caps|segment"
#define UPSTREAM (10 * GST_MSECOND)
#define LATENCY (100 * GST_MSECOND)

static const CupDummyPlan held = {.delay = CUP_DUMMY_HOLD };

/* LATENCY, unless @latency is another; all jobs are held. */
static Fixture *
live_fixture (const gchar * late)
{
  Fixture *f = fixture_new ("latency", LATENCY, "max-in-flight", 16, NULL);

  gst_util_set_object_arg (G_OBJECT (f->element), "late", late);
  gst_harness_set_live (f->harness, TRUE);
  gst_harness_set_upstream_latency (f->harness, UPSTREAM);
  cup_dummy_engine_set_plan (f->engine, &held);
  return f;
}

/* When the frame @key has to leave. */
static GstClockTime
deadline (guint8 key)
{
  return key * FRAME_DURATION + UPSTREAM + LATENCY;
}

static GstTestClock *
get_clock (Fixture * f)
{
  return gst_harness_get_testclock (f->harness);
}

/* Waits until the element has set its alarm for @time. */
static void
wait_for_alarm (Fixture * f, GstClockTime time)
{
  GstTestClock *clock = get_clock (f);
  GstClockTime next = GST_CLOCK_TIME_NONE;

  while (next != time) {
    gst_test_clock_wait_for_next_pending_id (clock, NULL);
    next = gst_test_clock_get_next_entry_time (clock);
    if (next != time)
      g_usleep (100);
  }
  gst_object_unref (clock);
}

/* Lets the alarm ring that is set for @time. */
static void
ring (Fixture * f, GstClockTime time)
{
  wait_for_alarm (f, time);
  g_assert_true (gst_harness_set_time (f->harness, time));
  g_assert_true (gst_harness_crank_single_clock_wait (f->harness));
}

static guint
count_alarms (Fixture * f)
{
  GstTestClock *clock = get_clock (f);
  guint n = gst_test_clock_peek_id_count (clock);

  gst_object_unref (clock);
  return n;
}

static gboolean
is_passthrough (GstBuffer * buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, CUP_META_NAME);
  gboolean is = FALSE;

  g_assert_nonnull (meta);
  g_assert_true (gst_structure_get_boolean (gst_custom_meta_get_structure
          (meta), "passthrough", &is));
  return is;
}

static void
expect_frame (Fixture * f, guint8 key, gboolean passthrough)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);
  guint8 first = 0;

  gst_buffer_extract (buffer, 0, &first, 1);
  g_assert_cmpint (first, ==, key);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, key * FRAME_DURATION);
  /* Before there is a result, in the format of the frame. */
  g_assert_cmpuint (gst_buffer_get_size (buffer) / (passthrough
          && fixture_get_count (f, "frames-out") == fixture_get_count (f,
              "frames-passed-through") ? 4 : 3), ==,
      FRAME_WIDTH * 2 * FRAME_HEIGHT * 2);
  g_assert_cmpint (is_passthrough (buffer), ==, passthrough);
  gst_buffer_unref (buffer);
}

/* The next warning is about the frame @key, and has these figures; @fate may be
 * NULL where that is a matter of chance. */
static void
expect_warning (Fixture * f, guint8 key, const gchar * fate,
    GstClockTime observed)
{
  GstMessage *message = fixture_wait_message (f, GST_MESSAGE_WARNING);
  const GstStructure *details;
  GError *error = NULL;
  guint64 value;

  gst_message_parse_warning (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, fate ? fate : "latency"));
  g_error_free (error);
  gst_message_parse_warning_details (message, &details);
  g_assert_true (gst_structure_has_name (details, "creativeupscaler-latency"));
  if (fate)
    g_assert_cmpstr (gst_structure_get_string (details, "fate"), ==, fate);
  g_assert_true (gst_structure_get_uint64 (details, "pts", &value));
  g_assert_cmpuint (value, ==, key * FRAME_DURATION);
  g_assert_true (gst_structure_get_uint64 (details, "latency", &value));
  g_assert_cmpuint (value, ==, LATENCY);
  g_assert_true (gst_structure_get_uint64 (details, "observed-latency",
          &value));
  g_assert_cmpuint (value, ==, observed);
  gst_message_unref (message);
}

static void
expect_qos (Fixture * f, guint8 key, gint64 jitter)
{
  GstMessage *message = fixture_wait_message (f, GST_MESSAGE_QOS);
  guint64 running_time, pts;
  gint64 found;
  gboolean live;

  gst_message_parse_qos (message, &live, &running_time, NULL, &pts, NULL);
  gst_message_parse_qos_values (message, &found, NULL, NULL);
  g_assert_true (live);
  g_assert_cmpuint (running_time, ==, key * FRAME_DURATION);
  g_assert_cmpuint (pts, ==, key * FRAME_DURATION);
  g_assert_cmpint (found, ==, jitter);
  gst_message_unref (message);
}

static void
assert_quiet (Fixture * f, GstMessageType types)
{
  g_assert_null (gst_bus_pop_filtered (f->bus, types));
}

/* What is promised */

static void
assert_latency (Fixture * f, gboolean live, GstClockTime min, GstClockTime max)
{
  GstPad *pad = gst_element_get_static_pad (f->element, "src");
  GstQuery *query = gst_query_new_latency ();
  GstClockTime found_min, found_max;
  gboolean found_live;

  g_assert_true (gst_pad_query (pad, query));
  gst_query_parse_latency (query, &found_live, &found_min, &found_max);
  g_assert_cmpint (found_live, ==, live);
  g_assert_cmpuint (found_min, ==, min);
  g_assert_cmpuint (found_max, ==, max);
  gst_query_unref (query);
  gst_object_unref (pad);
}

static GstPadProbeReturn
answer_latency (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return GST_PAD_PROBE_OK;
  gst_query_set_latency (query, TRUE, UPSTREAM, 3 * UPSTREAM);
  return GST_PAD_PROBE_HANDLED;
}

static void
test_query (void)
{
  Fixture *f = fixture_new ("max-in-flight", 5, NULL);

  gst_harness_set_upstream_latency (f->harness, UPSTREAM);
  assert_latency (f, FALSE, UPSTREAM, GST_CLOCK_TIME_NONE);
  gst_harness_set_live (f->harness, TRUE);
  /* Nothing is set: what the window holds, less one. */
  assert_latency (f, TRUE, UPSTREAM + 4 * FRAME_DURATION, GST_CLOCK_TIME_NONE);
  g_object_set (f->element, "latency", 3 * GST_SECOND, NULL);
  assert_latency (f, TRUE, UPSTREAM + 3 * GST_SECOND, GST_CLOCK_TIME_NONE);

  gst_pad_add_probe (f->harness->srcpad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM,
      answer_latency, NULL, NULL);
  /* A pipeline that this makes impossible hears of it. */
  assert_latency (f, TRUE, UPSTREAM + 3 * GST_SECOND,
      3 * UPSTREAM + 5 * FRAME_DURATION);
  /* Of frames without a rate nobody knows how long they last. */
  fixture_set_caps (f, "video/x-raw,format=RGBA,width=16,height=12,"
      "framerate=0/1");
  g_object_set (f->element, "latency", G_GUINT64_CONSTANT (0), NULL);
  assert_latency (f, TRUE, UPSTREAM + GST_SECOND, GST_CLOCK_TIME_NONE);
  fixture_free (f);
}

static void
expect_latency_message (Fixture * f, gboolean expected)
{
  GstMessage *message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_LATENCY);

  g_assert_cmpint (message != NULL, ==, expected);
  gst_clear_message (&message);
  assert_quiet (f, GST_MESSAGE_LATENCY);
}

/* The pipeline is asked to distribute latency anew, where it has changed. */
static void
test_message (void)
{
  Fixture *f = fixture_new ("max-in-flight", 5, NULL);

  fixture_push (f, 1);
  g_object_set (f->element, "latency", GST_SECOND, NULL);
  expect_latency_message (f, FALSE);
  g_object_set (f->element, "latency", G_GUINT64_CONSTANT (0), NULL);
  fixture_free (f);

  f = fixture_new ("max-in-flight", 5, NULL);
  gst_harness_set_live (f->harness, TRUE);
  fixture_push (f, 1);
  expect_latency_message (f, FALSE);
  g_object_set (f->element, "max-in-flight", 6, NULL);
  expect_latency_message (f, TRUE);
  fixture_set_caps (f, "video/x-raw,format=RGBA,width=16,height=12,"
      "framerate=50/1");
  expect_latency_message (f, TRUE);
  g_object_set (f->element, "latency", GST_SECOND, NULL);
  expect_latency_message (f, TRUE);
  /* What the window holds is of interest to others, too. */
  g_object_set (f->element, "max-in-flight", 7, NULL);
  expect_latency_message (f, TRUE);
  g_object_set (f->element, "latency", GST_SECOND, "max-in-flight", 7, "scale",
      2.5, NULL);
  expect_latency_message (f, FALSE);
  fixture_free (f);
}

/* Frames that are late */

static void
test_drop (void)
{
  Fixture *f = live_fixture ("drop");
  GstBuffer *buffer;

  fixture_push (f, 0);
  fixture_push (f, 1);
  fixture_push (f, 2);
  cup_dummy_engine_wait_started (f->engine, 3);
  cup_dummy_engine_release (f->engine, 0);
  expect_frame (f, 0, FALSE);
  ring (f, deadline (1));
  expect_warning (f, 1, "left out", LATENCY);
  expect_qos (f, 1, 0);
  cup_dummy_engine_wait_cancelled (f->engine, 1);
  cup_dummy_engine_release (f->engine, 2);
  buffer = gst_harness_pull (f->harness);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT));
  gst_buffer_unref (buffer);
  fixture_assert_record (f, START "|0|gap|2");
  g_assert_cmpuint (fixture_get_count (f, "dropped-overdue"), ==, 1);
  g_assert_cmpuint (fixture_get_count (f, "frames-late"), ==, 1);
  g_assert_cmpuint (fixture_get_count (f, "frames-cancelled"), ==, 1);
  fixture_free (f);
}

/* The second of them has an alarm of its own; what comes of the first, which was
 * given up, is nobody's any more. */
static void
test_drop_in_turn (void)
{
  const CupDummyPlan stubborn = {.delay = CUP_DUMMY_HOLD,.stubborn = TRUE };
  Fixture *f = live_fixture ("drop");

  cup_dummy_engine_set_plan (f->engine, &stubborn);
  fixture_push (f, 0);
  fixture_push (f, 1);
  fixture_push (f, 2);
  ring (f, deadline (0));
  ring (f, deadline (1));
  expect_qos (f, 0, 0);
  expect_qos (f, 1, 0);
  cup_dummy_engine_release_all (f->engine);
  expect_frame (f, 2, FALSE);
  fixture_assert_record (f, START "|gap|2");
  g_assert_cmpuint (fixture_get_count (f, "frames-late"), ==, 2);
  fixture_free (f);
}

/* One that was to leave with the same result is left out with it, and the
 * application is told, too. */
static void
test_drop_same (void)
{
  Fixture *f = live_fixture ("drop");
  GstBuffer *buffer = fixture_make_frame (0);

  GST_BUFFER_PTS (buffer) = FRAME_DURATION;
  fixture_push (f, 0);
  cup_dummy_engine_wait_started (f->engine, 1);
  gst_harness_push (f->harness, buffer);
  ring (f, deadline (0));
  expect_qos (f, 0, 0);
  expect_qos (f, 1, 0);
  fixture_push (f, 2);
  cup_dummy_engine_release_all (f->engine);
  expect_frame (f, 2, FALSE);
  g_assert_cmpuint (fixture_get_count (f, "dropped-overdue"), ==, 2);
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 2);
  fixture_free (f);
}

static void
test_passthrough (void)
{
  Fixture *f = live_fixture ("passthrough");

  fixture_push (f, 0);
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 2);
  cup_dummy_engine_release (f->engine, 0);
  expect_frame (f, 0, FALSE);
  ring (f, deadline (1));
  expect_frame (f, 1, TRUE);
  expect_warning (f, 1, "passed through", LATENCY);
  cup_dummy_engine_wait_cancelled (f->engine, 1);
  assert_quiet (f, GST_MESSAGE_QOS);
  g_assert_cmpuint (fixture_get_count (f, "frames-passed-through"), ==, 1);
  g_assert_cmpuint (fixture_get_count (f, "frames-late"), ==, 1);
  g_assert_cmpuint (fixture_get_count (f, "frames-dropped"), ==, 0);
  fixture_free (f);
}

/* The time that it takes to make the frame itself ready is allowed for: the next
 * one starts so much before its deadline, or at once where that is too long. */
static void
test_passthrough_margin (void)
{
  Fixture *f = live_fixture ("passthrough");
  GstTestClock *clock = get_clock (f);
  GstBuffer *buffer = NULL;

  fixture_push (f, 0);
  ring (f, deadline (0));
  expect_frame (f, 0, TRUE);
  fixture_push (f, 1);
  while (!(buffer = gst_harness_try_pull (f->harness))) {
    if (gst_test_clock_peek_id_count (clock) == 0) {
      g_usleep (100);
      continue;
    }
    g_assert_cmpuint (gst_test_clock_get_next_entry_time (clock), <,
        deadline (1));
    gst_test_clock_crank (clock);
  }
  g_assert_true (is_passthrough (buffer));
  gst_buffer_unref (buffer);
  gst_object_unref (clock);
  fixture_free (f);
}

/* A frame of which nothing was kept has until its deadline. */
static void
test_no_original (void)
{
  Fixture *f = live_fixture ("passthrough");

  fixture_push (f, 0);
  ring (f, deadline (0));
  expect_frame (f, 0, TRUE);
  gst_util_set_object_arg (G_OBJECT (f->element), "late", "drop");
  fixture_push (f, 1);
  wait_for_alarm (f, deadline (1));
  gst_util_set_object_arg (G_OBJECT (f->element), "late", "passthrough");
  g_object_set (f->element, "latency", LATENCY + GST_SECOND, NULL);
  wait_for_alarm (f, deadline (1) + GST_SECOND);
  fixture_free (f);
}

/* Nobody was there to take the frame, which was ready long before: that is not the
 * time that the next one needs. */
static void
test_passthrough_unlinked (void)
{
  Fixture *f = live_fixture ("passthrough");
  GstPad *srcpad = gst_element_get_static_pad (f->element, "src");
  GstPad *peer = gst_pad_get_peer (srcpad);

  g_object_set (f->element, "latency", GST_SECOND, NULL);
  g_assert_true (gst_pad_unlink (srcpad, peer));
  fixture_push (f, 0);
  ring (f, deadline (0) - LATENCY + GST_SECOND);
  wait_for_flow (f, GST_FLOW_NOT_LINKED);
  g_usleep (G_USEC_PER_SEC * 5 / 4);
  g_assert_cmpint (gst_pad_link (srcpad, peer), ==, GST_PAD_LINK_OK);
  expect_frame (f, 0, TRUE);
  fixture_push (f, 40);
  while (count_alarms (f) == 0) {
    g_assert_cmpuint (fixture_get_count (f, "frames-passed-through"), ==, 1);
    g_usleep (100);
  }
  gst_object_unref (peer);
  gst_object_unref (srcpad);
  fixture_free (f);
}

static void
test_wait (void)
{
  Fixture *f = live_fixture ("wait");

  fixture_push (f, 0);
  fixture_push (f, 1);
  ring (f, deadline (0));
  expect_warning (f, 0, "waited for", LATENCY);
  cup_dummy_engine_release_all (f->engine);
  expect_frame (f, 0, FALSE);
  expect_frame (f, 1, FALSE);
  assert_quiet (f, GST_MESSAGE_QOS | GST_MESSAGE_WARNING);
  g_assert_cmpuint (fixture_get_count (f, "frames-late"), ==, 1);
  fixture_free (f);
}

/* What was waited for tells how long that took when it leaves, and is counted
 * once. */
static void
test_wait_long (void)
{
  Fixture *f = live_fixture ("wait");

  fixture_push (f, 0);
  ring (f, deadline (0));
  expect_warning (f, 0, "waited for", LATENCY);
  gst_harness_set_time (f->harness, deadline (0) + GST_SECOND);
  cup_dummy_engine_release_all (f->engine);
  expect_frame (f, 0, FALSE);
  expect_warning (f, 0, "late", LATENCY + GST_SECOND);
  g_assert_cmpuint (fixture_get_count (f, "frames-late"), ==, 1);
  fixture_free (f);
}

/* One that is as late is no news; one that is much later is. */
static void
test_warnings (void)
{
  Fixture *f = live_fixture ("wait");

  fixture_push (f, 0);
  ring (f, deadline (0));
  expect_warning (f, 0, "waited for", LATENCY);
  cup_dummy_engine_release_all (f->engine);
  expect_frame (f, 0, FALSE);

  cup_dummy_engine_set_plan (f->engine, &(CupDummyPlan) {
      0});
  gst_harness_set_time (f->harness, deadline (1) + LATENCY / 4);
  fixture_push (f, 1);
  expect_frame (f, 1, FALSE);
  assert_quiet (f, GST_MESSAGE_WARNING);
  gst_harness_set_time (f->harness, deadline (2) + LATENCY);
  fixture_push (f, 2);
  expect_frame (f, 2, FALSE);
  expect_warning (f, 2, NULL, 2 * LATENCY);
  g_assert_cmpuint (fixture_get_count (f, "frames-late"), ==, 3);
  fixture_free (f);
}

/* What cannot be in time any more is not sent. */
static void
test_late_when_it_comes (void)
{
  Fixture *f = live_fixture ("drop");

  gst_harness_set_time (f->harness, deadline (0) + 7);
  fixture_push (f, 0);
  expect_qos (f, 0, 7);
  fixture_push (f, 1);
  cup_dummy_engine_release_all (f->engine);
  expect_frame (f, 1, FALSE);
  fixture_assert_record (f, START "|gap|1");
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 1);
  g_assert_cmpuint (fixture_get_count (f, "dropped-late"), ==, 1);
  fixture_free (f);

  f = live_fixture ("passthrough");
  gst_harness_set_time (f->harness, deadline (0) + 7);
  fixture_push (f, 0);
  expect_frame (f, 0, TRUE);
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 0);
  fixture_free (f);
}

/* When it does not count */

static void
test_not_live (void)
{
  Fixture *f = live_fixture ("drop");

  gst_harness_set_live (f->harness, FALSE);
  gst_harness_set_time (f->harness, GST_SECOND);
  fixture_push (f, 0);
  cup_dummy_engine_wait_started (f->engine, 1);
  g_assert_cmpuint (count_alarms (f), ==, 0);
  cup_dummy_engine_release_all (f->engine);
  expect_frame (f, 0, FALSE);
  assert_quiet (f, GST_MESSAGE_WARNING | GST_MESSAGE_QOS);
  g_assert_cmpuint (fixture_get_count (f, "frames-late"), ==, 0);
  fixture_free (f);
}

static void
test_without_time (void)
{
  Fixture *f = live_fixture ("drop");
  GstBuffer *buffer = fixture_make_frame (0);

  GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
  gst_harness_set_time (f->harness, GST_SECOND);
  gst_harness_push (f->harness, buffer);
  cup_dummy_engine_wait_started (f->engine, 1);
  cup_dummy_engine_release_all (f->engine);
  gst_buffer_unref (gst_harness_pull (f->harness));
  g_assert_cmpuint (count_alarms (f), ==, 0);
  fixture_assert_record (f, START "|0");
  fixture_free (f);
}

/* The clock goes on while the pipeline is paused, its running time does not. */
static void
test_paused (void)
{
  Fixture *f = live_fixture ("drop");

  fixture_push (f, 0);
  wait_for_alarm (f, deadline (0));
  gst_element_set_state (f->element, GST_STATE_PAUSED);
  gst_harness_set_time (f->harness, GST_SECOND);
  gst_harness_crank_single_clock_wait (f->harness);
  gst_element_set_base_time (f->element, GST_SECOND);
  gst_element_set_state (f->element, GST_STATE_PLAYING);
  /* Now the deadline is another. Whatever was late by the old one is not. */
  fixture_push (f, 1);
  cup_dummy_engine_release (f->engine, 1);
  ring (f, deadline (0) + GST_SECOND);
  expect_frame (f, 1, FALSE);
  fixture_assert_record (f, START "|gap|1");
  fixture_free (f);
}

static void
test_latency_changes (void)
{
  Fixture *f = live_fixture ("drop");

  fixture_push (f, 0);
  wait_for_alarm (f, deadline (0));
  g_object_set (f->element, "latency", LATENCY + GST_SECOND, NULL);
  wait_for_alarm (f, deadline (0) + GST_SECOND);
  gst_harness_set_time (f->harness, deadline (0));
  /* That is over by now. */
  g_object_set (f->element, "latency", LATENCY / 2, NULL);
  expect_qos (f, 0, LATENCY / 2);
  fixture_free (f);
}

static void
test_flush (void)
{
  Fixture *f = live_fixture ("drop");
  GstSegment segment;

  fixture_push (f, 0);
  wait_for_alarm (f, deadline (0));
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  g_assert_cmpuint (count_alarms (f), ==, 0);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  fixture_push (f, 1);
  wait_for_alarm (f, deadline (1));
  g_assert_cmpuint (count_alarms (f), ==, 1);
  gst_element_set_state (f->element, GST_STATE_READY);
  g_assert_cmpuint (count_alarms (f), ==, 0);
  assert_quiet (f, GST_MESSAGE_QOS | GST_MESSAGE_WARNING);
  fixture_free (f);
}

/* A service that hangs, and goes on later: all that was late is left out, and the
 * stream goes on with what comes then. */
static void
test_recovery (void)
{
  Fixture *f = live_fixture ("drop");
  GString *record = g_string_new (START "|0");
  guint8 key;

  fixture_push (f, 0);
  cup_dummy_engine_release (f->engine, 0);
  expect_frame (f, 0, FALSE);
  for (key = 1; key <= 10; key++)
    fixture_push (f, key);
  for (key = 1; key <= 10; key++) {
    ring (f, deadline (key));
    g_string_append (record, "|gap");
  }
  cup_dummy_engine_set_plan (f->engine, &(CupDummyPlan) {
      0}
  );
  for (key = 14; key <= 20; key++) {
    gst_harness_set_time (f->harness, key * FRAME_DURATION + UPSTREAM);
    fixture_push (f, key);
    expect_frame (f, key, FALSE);
    g_string_append_printf (record, "|%d", key);
  }
  fixture_assert_record (f, record->str);
  g_assert_cmpuint (fixture_get_count (f, "frames-late"), ==, 10);
  g_string_free (record, TRUE);
  fixture_free (f);
}

/* In a pipeline, with a source that is live, and a clock that runs */

static void
count_buffer (GstElement * sink, GstBuffer * buffer, GstPad * pad,
    gpointer user_data)
{
  gint *n = user_data;

  /* In order, none twice. */
  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, (guint) * n);
  g_atomic_int_inc (n);
}

/* All frames arrive at a sink that waits for the clock, none is too late for it:
 * jobs take 200 ms, eight are under way, and the latency is what they need with
 * room to spare. */
static void
test_pipeline (void)
{
  const CupDummyPlan plan = {.delay = 200 };
  CupDummyEngine *engine = cup_dummy_engine_new ();
  GstElement *pipeline, *upscaler, *sink;
  GstMessage *message;
  GstQuery *query = gst_query_new_latency ();
  GstClockTime min, max;
  gboolean live;
  GstBus *bus;
  gint n = 0;

  pipeline = gst_parse_launch ("videotestsrc is-live=true num-buffers=45 "
      "pattern=ball ! video/x-raw,width=32,height=24,framerate=30/1 "
      "! creativeupscaler name=u max-in-flight=8 "
      "! fakesink name=s sync=true signal-handoffs=true", NULL);
  upscaler = gst_bin_get_by_name (GST_BIN (pipeline), "u");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  cup_dummy_engine_set_plan (engine, &plan);
  gst_creative_upscaler_use_engine (GST_CREATIVE_UPSCALER (upscaler),
      CUP_ENGINE (engine));
  g_signal_connect (sink, "handoff", G_CALLBACK (count_buffer), &n);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  bus = gst_element_get_bus (pipeline);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_message_unref (message);
  g_assert_cmpint (n, ==, 45);
  g_assert_true (gst_element_query (pipeline, query));
  gst_query_parse_latency (query, &live, &min, &max);
  g_assert_true (live);
  g_assert_cmpuint (min, >=, 7 * (GST_SECOND / 30));
  g_assert_cmpuint (max, >=, min);

  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_query_unref (query);
  gst_object_unref (bus);
  gst_object_unref (sink);
  gst_object_unref (upscaler);
  gst_object_unref (pipeline);
  cup_dummy_engine_sync (engine);
  g_object_unref (engine);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/live/query", test_query);
  g_test_add_func ("/live/message", test_message);
  g_test_add_func ("/live/drop", test_drop);
  g_test_add_func ("/live/drop-in-turn", test_drop_in_turn);
  g_test_add_func ("/live/drop-same", test_drop_same);
  g_test_add_func ("/live/passthrough", test_passthrough);
  g_test_add_func ("/live/passthrough-margin", test_passthrough_margin);
  g_test_add_func ("/live/passthrough-unlinked", test_passthrough_unlinked);
  g_test_add_func ("/live/no-original", test_no_original);
  g_test_add_func ("/live/wait", test_wait);
  g_test_add_func ("/live/wait-long", test_wait_long);
  g_test_add_func ("/live/warnings", test_warnings);
  g_test_add_func ("/live/late-when-it-comes", test_late_when_it_comes);
  g_test_add_func ("/live/not-live", test_not_live);
  g_test_add_func ("/live/without-time", test_without_time);
  g_test_add_func ("/live/paused", test_paused);
  g_test_add_func ("/live/latency-changes", test_latency_changes);
  g_test_add_func ("/live/flush", test_flush);
  g_test_add_func ("/live/recovery", test_recovery);
  g_test_add_func ("/live/pipeline", test_pipeline);
  return fixture_run ();
}
