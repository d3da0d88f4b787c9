/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a full window does: a live source waits, or frames are left out, as the
 * leaky modes of a queue do.
 */
#include "fixture.h"

#include <string.h>

#define START "stream-start|caps|segment"

static const CupDummyPlan held = {.delay = CUP_DUMMY_HOLD };

/* Room for two frames; all jobs are held. */
static Fixture *
overflow_fixture (const gchar * overflow)
{
  Fixture *f = fixture_new ("max-in-flight", 2, "latency", GST_SECOND, NULL);

  gst_util_set_object_arg (G_OBJECT (f->element), "overflow", overflow);
  gst_harness_set_live (f->harness, TRUE);
  cup_dummy_engine_set_plan (f->engine, &held);
  return f;
}

static void
expect_qos (Fixture * f, guint8 key)
{
  GstMessage *message = fixture_wait_message (f, GST_MESSAGE_QOS);
  guint64 pts;
  gboolean live;

  gst_message_parse_qos (message, &live, NULL, NULL, &pts, NULL);
  g_assert_true (live);
  g_assert_cmpuint (pts, ==, key * FRAME_DURATION);
  gst_message_unref (message);
}

static void
pull (Fixture * f, guint n)
{
  while (n--)
    gst_buffer_unref (gst_harness_pull (f->harness));
}

static gboolean
has_discont (Fixture * f)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);
  gboolean is = GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT);

  gst_buffer_unref (buffer);
  return is;
}

/* The frames that come are left out, and are not sent. */
static void
test_drop_new (void)
{
  Fixture *f = overflow_fixture ("drop-new");
  guint8 key;

  for (key = 0; key < 6; key++)
    g_assert_cmpint (fixture_push (f, key), ==, GST_FLOW_OK);
  for (key = 2; key < 6; key++)
    expect_qos (f, key);
  cup_dummy_engine_release_all (f->engine);
  pull (f, 2);
  g_free (fixture_wait (f, 6));
  fixture_push (f, 6);
  g_assert_true (has_discont (f));
  fixture_assert_record (f, START "|0|1|gap|6");
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 3);
  g_assert_cmpuint (fixture_get_count (f, "dropped-overflow"), ==, 4);
  g_assert_cmpuint (fixture_get_count (f, "frames-in"), ==, 7);
  fixture_free (f);
}

/* The oldest that have no result make room; their jobs are cancelled. */
static void
test_drop_old (void)
{
  Fixture *f = overflow_fixture ("drop-old");
  guint8 key;

  for (key = 0; key < 6; key++)
    g_assert_cmpint (fixture_push (f, key), ==, GST_FLOW_OK);
  for (key = 0; key < 4; key++)
    expect_qos (f, key);
  cup_dummy_engine_release_all (f->engine);
  g_assert_true (has_discont (f));
  g_assert_false (has_discont (f));
  /* There is no head that had to be left out one by one. */
  fixture_assert_record (f, "stream-start|caps|segment|gap|4|5");
  g_assert_cmpuint (fixture_get_count (f, "dropped-overflow"), ==, 4);
  g_assert_cmpuint (fixture_get_count (f, "frames-cancelled"), ==, 4);
  fixture_free (f);
}

/* What has a result is paid for, and stays; where there is nothing else, it is
 * the new frame that is left out. */
static void
test_results_stay (void)
{
  Fixture *f = overflow_fixture ("drop-old");

  fixture_push (f, 0);
  fixture_push (f, 1);
  cup_dummy_engine_release (f->engine, 1);
  fixture_expect_job (f, "done");
  fixture_push (f, 2);
  expect_qos (f, 0);
  fixture_assert_record (f, START "|gap|1");
  fixture_free (f);
}

/* A frame that is too late itself takes nobody's place. */
static void
test_late (void)
{
  Fixture *f = overflow_fixture ("drop-old");

  gst_util_set_object_arg (G_OBJECT (f->element), "late", "drop");
  fixture_push (f, 80);
  fixture_push (f, 90);
  gst_harness_set_time (f->harness, 3 * FRAME_DURATION + 2 * GST_SECOND);
  fixture_push (f, 3);
  expect_qos (f, 3);
  g_assert_cmpuint (fixture_get_count (f, "dropped-late"), ==, 1);
  g_assert_cmpuint (fixture_get_count (f, "dropped-overflow"), ==, 0);
  g_assert_cmpuint (fixture_get_count (f, "frames-cancelled"), ==, 0);
  fixture_free (f);
}

/* Downstream holds the first: nothing can be made room of but by leaving out the
 * new ones. */
static GstPadProbeReturn
hold_downstream (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  return GST_PAD_PROBE_OK;
}

static void
test_downstream_blocks (void)
{
  Fixture *f = overflow_fixture ("drop-old");
  gulong probe = gst_pad_add_probe (f->harness->sinkpad,
      GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, hold_downstream,
      NULL, NULL);
  guint8 key;

  cup_dummy_engine_set_plan (f->engine, &(CupDummyPlan) {
      0});
  fixture_push (f, 0);
  fixture_expect_job (f, "done");
  fixture_push (f, 1);
  fixture_expect_job (f, "done");
  for (key = 2; key < 5; key++) {
    g_assert_cmpint (fixture_push (f, key), ==, GST_FLOW_OK);
    expect_qos (f, key);
  }
  gst_pad_remove_probe (f->harness->sinkpad, probe);
  pull (f, 2);
  fixture_assert_record (f, START "|0|1|gap");
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 2);
  fixture_free (f);
}

static gpointer
push_three (gpointer data)
{
  Fixture *f = data;
  guint8 key;

  for (key = 0; key < 3; key++)
    g_assert_cmpint (fixture_push (f, key), ==, GST_FLOW_OK);
  return NULL;
}

/* The default, and whatever is set where the source is not live: it waits. */
static void
test_block (void)
{
  static const gchar *const modes[] = { "block", "drop-new", "drop-old" };
  guint i;

  for (i = 0; i < 3; i++) {
    Fixture *f = overflow_fixture (modes[i]);
    GThread *thread;

    gst_harness_set_live (f->harness, i == 0);
    thread = g_thread_new ("pusher", push_three, f);
    cup_dummy_engine_wait_started (f->engine, 2);
    cup_dummy_engine_release_all (f->engine);
    pull (f, 3);
    g_thread_join (thread);
    fixture_assert_record (f, START "|0|1|2");
    g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_QOS));
    g_assert_cmpuint (fixture_get_count (f, "frames-dropped"), ==, 0);
    fixture_free (f);
  }
}

/* Holes stay in their places, between what they were between. */
static void
test_order (void)
{
  Fixture *f = overflow_fixture ("drop-old");

  fixture_push (f, 0);
  gst_harness_push_event (f->harness, gst_event_new_tag
      (gst_tag_list_new (GST_TAG_TITLE, "a", NULL)));
  fixture_push (f, 1);
  gst_harness_push_event (f->harness, gst_event_new_tag
      (gst_tag_list_new (GST_TAG_TITLE, "b", NULL)));
  fixture_push (f, 2);
  fixture_push (f, 3);
  gst_harness_push_event (f->harness, gst_event_new_eos ());
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f,
      "stream-start|caps|segment|gap|tag|gap|tag|2|3|eos");
  fixture_free (f);
}

/* A frame that gets no job takes no job's place. */
static void
test_unselected (void)
{
  static const gchar *const policies[] = { "drop", "local", "repeat" };
  guint i;
  guint8 key;

  for (i = 0; i < 3; i++) {
    Fixture *f = overflow_fixture ("drop-old");

    gst_util_set_object_arg (G_OBJECT (f->element), "unselected", policies[i]);
    g_object_set (f->element, "interval", 2, NULL);
    fixture_push (f, 0);
    fixture_push (f, 1);
    gst_util_set_object_arg (G_OBJECT (f->element), "select", "interval");
    /* Of these every second one is selected, and takes the place of another. */
    for (key = 2; key < 6; key++)
      fixture_push (f, key);
    g_assert_cmpuint (fixture_get_count (f, "frames-cancelled"), ==, 2);
    cup_dummy_engine_release_all (f->engine);
    pull (f, 2);
    g_assert_cmpuint (fixture_get_count (f, "dropped-unselected"), ==,
        i == 0 ? 2 : 0);
    g_assert_cmpuint (fixture_get_count (f, "dropped-overflow"), ==,
        i == 0 ? 2 : 4);
    fixture_free (f);
  }
}

/* Nor does one with the same pixels as the last that got a job, 1, or nearly the
 * same, @key: a picture that does not change would take its own place again and
 * again. */
static void
run_same (gdouble threshold, guint8 key)
{
  Fixture *f = overflow_fixture ("drop-old");
  GstBuffer *buffer;
  guint8 i;

  g_object_set (f->element, "max-in-flight", 1, "duplicate-threshold",
      threshold, NULL);
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 1);
  for (i = 2; i < 6; i++) {
    buffer = fixture_make_frame (key);
    GST_BUFFER_PTS (buffer) = i * FRAME_DURATION;
    g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
    expect_qos (f, i);
  }
  g_assert_cmpuint (fixture_get_count (f, "frames-cancelled"), ==, 0);
  /* Made with other settings it is another one. */
  g_object_set (f->element, "seed", G_GINT64_CONSTANT (5), NULL);
  fixture_push (f, 1);
  expect_qos (f, 1);
  cup_dummy_engine_release_all (f->engine);
  pull (f, 1);
  g_assert_cmpuint (fixture_get_count (f, "frames-cancelled"), ==, 1);
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 2);
  fixture_free (f);
}

static void
test_same (void)
{
  run_same (0, 1);
}

static void
test_nearly_same (void)
{
  run_same (1, 2);
}

/* A flush forgets holes like everything else. */
static void
test_flush (void)
{
  Fixture *f = overflow_fixture ("drop-new");
  GstSegment segment;
  gchar *record;
  guint8 key;

  for (key = 0; key < 4; key++)
    fixture_push (f, key);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  cup_dummy_engine_set_plan (f->engine, &(CupDummyPlan) {
      0}
  );
  fixture_push (f, 5);
  g_assert_false (has_discont (f));
  record = fixture_wait (f, 6);
  g_assert_null (strstr (record, "gap"));
  g_assert_true (g_str_has_suffix (record, "|caps|segment|5"));
  g_free (record);
  fixture_free (f);
}

static void
test_without_times (void)
{
  Fixture *f = overflow_fixture ("drop-new");
  GstBuffer *buffer;
  guint8 key;

  for (key = 0; key < 5; key++) {
    buffer = fixture_make_frame (key);
    GST_BUFFER_PTS (buffer) = GST_BUFFER_DURATION (buffer) =
        GST_CLOCK_TIME_NONE;
    gst_harness_push (f->harness, buffer);
  }
  cup_dummy_engine_set_plan (f->engine, &(CupDummyPlan) {
      0}
  );
  cup_dummy_engine_release_all (f->engine);
  pull (f, 2);
  fixture_push (f, 9);
  g_assert_true (has_discont (f));
  fixture_assert_record (f, START "|0|1|9");
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/overflow/drop-new", test_drop_new);
  g_test_add_func ("/overflow/drop-old", test_drop_old);
  g_test_add_func ("/overflow/results-stay", test_results_stay);
  g_test_add_func ("/overflow/late", test_late);
  g_test_add_func ("/overflow/downstream-blocks", test_downstream_blocks);
  g_test_add_func ("/overflow/block", test_block);
  g_test_add_func ("/overflow/order", test_order);
  g_test_add_func ("/overflow/unselected", test_unselected);
  g_test_add_func ("/overflow/same", test_same);
  g_test_add_func ("/overflow/nearly-same", test_nearly_same);
  g_test_add_func ("/overflow/flush", test_flush);
  g_test_add_func ("/overflow/without-times", test_without_times);
  return fixture_run ();
}
