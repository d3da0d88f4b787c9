/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The action signals: cancel-all takes frames back and lets the stream go on,
 * drain tells when all that was under way has left.
 */
#include "fixture.h"

#include "element/actions.h"

#define START "stream-start|caps|segment"

static const CupDummyPlan hold = {.delay = CUP_DUMMY_HOLD };

static guint
cancel_all (Fixture * f)
{
  guint n = G_MAXUINT;

  g_signal_emit_by_name (f->element, "cancel-all", &n);
  return n;
}

static gboolean
drain (Fixture * f)
{
  gboolean will = FALSE;

  g_signal_emit_by_name (f->element, "drain", &will);
  return will;
}

static gboolean
is_drained (GstMessage * message)
{
  gboolean is = gst_message_has_name (message, "creativeupscaler-drained");

  gst_message_unref (message);
  return is;
}

static void
wait_drained (Fixture * f)
{
  while (!is_drained (fixture_wait_message (f, GST_MESSAGE_ELEMENT)));
}

static guint
pop_drained (Fixture * f)
{
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_ELEMENT)))
    n += is_drained (message);
  return n;
}

/* Of the frames, what has a result leaves; events keep their places; nothing
 * is an error. */
static void
test_cancel_all (void)
{
  Fixture *f = fixture_new ("max-in-flight", 8, NULL);
  GstBuffer *buffer;
  GstStructure *job;

  cup_dummy_engine_set_plan_for (f->engine, 2, &hold);
  cup_dummy_engine_set_plan_for (f->engine, 4, &hold);
  fixture_push (f, 1);
  fixture_expect_job (f, "done");
  fixture_push (f, 2);
  fixture_push (f, 3);
  fixture_expect_job (f, "done");
  gst_harness_push_event (f->harness,
      gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "a", NULL)));
  fixture_push (f, 4);
  cup_dummy_engine_wait_started (f->engine, 4);

  g_assert_cmpuint (cancel_all (f), ==, 2);
  job = fixture_wait_job (f, "cancelled");
  g_assert_cmpuint (g_value_get_uint64 (gst_structure_get_value (job,
              "frame")), ==, 1);
  gst_structure_free (job);
  fixture_expect_job (f, "cancelled");
  cup_dummy_engine_wait_cancelled (f->engine, 2);
  fixture_push (f, 5);
  gst_harness_push_event (f->harness, gst_event_new_eos ());
  fixture_assert_record (f, START "|1|gap|3|tag|gap|5|eos");

  gst_buffer_unref (gst_harness_pull (f->harness));
  buffer = gst_harness_pull (f->harness);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT));
  gst_buffer_unref (buffer);
  buffer = gst_harness_pull (f->harness);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT));
  gst_buffer_unref (buffer);
  g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_ERROR));
  g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING));
  g_assert_cmpuint (fixture_get_count (f, "frames-cancelled"), ==, 2);
  g_assert_cmpuint (fixture_get_count (f, "dropped-cancelled"), ==, 2);
  g_assert_cmpuint (fixture_get_count (f, "frames-out"), ==, 3);
  fixture_free (f);
}

static GstEvent *
pull_gap (Fixture * f)
{
  GstEvent *event;

  while ((event = gst_harness_pull_event (f->harness))) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_GAP)
      return event;
    gst_event_unref (event);
  }
  g_assert_not_reached ();
}

/* Before there are caps, gaps wait with the segment, and become one. */
static void
test_cancel_first (void)
{
  Fixture *f = fixture_new ("max-in-flight", 2, NULL);
  GstClockTime pts, duration;
  GstEvent *gap;

  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 1);
  fixture_push (f, 2);
  g_assert_cmpuint (cancel_all (f), ==, 2);
  g_assert_cmpuint (cancel_all (f), ==, 0);
  /* There is place again. */
  fixture_push (f, 3);
  cup_dummy_engine_release (f->engine, 3);
  fixture_assert_record (f, START "|gap|3");
  gap = pull_gap (f);
  gst_event_parse_gap (gap, &pts, &duration);
  g_assert_cmpuint (pts, ==, FRAME_DURATION);
  g_assert_cmpuint (duration, ==, 2 * FRAME_DURATION);
  gst_event_unref (gap);
  fixture_free (f);
}

/* An engine that does not listen holds nobody up; what it brings later is not
 * wanted any more. */
static void
test_cancel_stubborn (void)
{
  const CupDummyPlan stubborn = {.delay = CUP_DUMMY_HOLD,.stubborn = TRUE };
  Fixture *f = fixture_new (NULL, NULL);

  cup_dummy_engine_set_plan_for (f->engine, 1, &stubborn);
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 1);
  g_assert_cmpuint (cancel_all (f), ==, 1);
  fixture_push (f, 2);
  fixture_assert_record (f, START "|gap|2");
  cup_dummy_engine_release_all (f->engine);
  cup_dummy_engine_sync (f->engine);
  g_assert_cmpuint (fixture_get_count (f, "frames-done"), ==, 1);
  fixture_free (f);
}

/* A frame that is the same as another, and would leave with its result, is taken
 * back with it. */
static void
test_cancel_duplicates (void)
{
  const CupDummyPlan held = {.delay = CUP_DUMMY_HOLD };
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);

  cup_dummy_engine_set_plan (f->engine, &held);
  fixture_push (f, 1);
  fixture_push (f, 1);
  fixture_push (f, 2);
  g_assert_cmpuint (cancel_all (f), ==, 3);
  cup_dummy_engine_set_plan (f->engine, &(CupDummyPlan) {
      0});
  /* What was not done yet is not there to be used again. */
  fixture_push (f, 2);
  fixture_assert_record (f, START "|gap|2");
  g_assert_cmpuint (fixture_get_count (f, "dropped-cancelled"), ==, 3);
  g_assert_cmpuint (fixture_get_count (f, "frames-reused"), ==, 0);
  fixture_free (f);
}

/* Many rounds of frames that complete while they are cancelled: each frame is
 * delivered or a gap, and what it was told to be. */
static void
test_cancel_race (void)
{
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);
  guint round, cancelled = 0;
  GstStructure *job;

  for (round = 0; round < 100; round++) {
    fixture_push (f, (guint8) (2 * round));
    fixture_push (f, (guint8) (2 * round + 1));
    cancelled += cancel_all (f);
  }
  g_assert_true (drain (f));
  wait_drained (f);
  while ((job = fixture_pop_job (f)))
    gst_structure_free (job);
  g_assert_cmpuint (fixture_get_count (f, "frames-cancelled"), ==, cancelled);
  g_assert_cmpuint (fixture_get_count (f, "dropped-cancelled"), ==, cancelled);
  g_assert_cmpuint (fixture_get_count (f, "frames-out"), ==, 200 - cancelled);
  fixture_free (f);
}

static void
test_cancel_idle (void)
{
  Fixture *f = fixture_new_idle ();

  g_assert_cmpuint (cancel_all (f), ==, 0);
  fixture_free (f);
  f = fixture_new (NULL, NULL);
  g_assert_cmpuint (cancel_all (f), ==, 0);
  fixture_push (f, 1);
  fixture_assert_record (f, START "|1");
  fixture_free (f);
}

/* Told once for each call, after the last frame has left, without waiting for
 * those that came later. */
static void
test_drain (void)
{
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);

  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 1);
  fixture_push (f, 2);
  g_assert_true (drain (f));
  g_assert_true (drain (f));
  fixture_push (f, 3);
  cup_dummy_engine_release (f->engine, 1);
  fixture_assert_record (f, START "|1");
  g_assert_cmpuint (pop_drained (f), ==, 0);
  cup_dummy_engine_release (f->engine, 2);
  wait_drained (f);
  fixture_assert_record (f, START "|1|2");
  wait_drained (f);
  cup_dummy_engine_release (f->engine, 3);
  fixture_assert_record (f, START "|1|2|3");
  gst_harness_push_event (f->harness, gst_event_new_eos ());
  fixture_assert_record (f, START "|1|2|3|eos");
  g_assert_cmpuint (pop_drained (f), ==, 0);
  fixture_free (f);
}

static void
test_drain_idle (void)
{
  Fixture *f = fixture_new_idle ();

  g_assert_false (drain (f));
  g_assert_cmpuint (pop_drained (f), ==, 0);
  fixture_free (f);

  f = fixture_new (NULL, NULL);
  g_assert_true (drain (f));
  wait_drained (f);
  /* And after the end of the stream, too. */
  gst_harness_push_event (f->harness, gst_event_new_eos ());
  fixture_assert_record (f, "stream-start|segment|eos");
  g_assert_true (drain (f));
  wait_drained (f);
  fixture_free (f);
}

/* What a flush, a failure or a stop throws away has left, too. */
static void
test_drain_thrown_away (void)
{
  const CupDummyPlan fails = {.delay = CUP_DUMMY_HOLD,.fails = TRUE };
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);

  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 1);
  g_assert_true (drain (f));
  g_assert_cmpuint (pop_drained (f), ==, 0);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  wait_drained (f);
  g_assert_true (drain (f));
  wait_drained (f);
  fixture_free (f);

  f = fixture_new ("max-in-flight", 4, NULL);
  cup_dummy_engine_set_plan (f->engine, &fails);
  fixture_push (f, 1);
  g_assert_true (drain (f));
  cup_dummy_engine_release_all (f->engine);
  gst_message_unref (fixture_wait_message (f, GST_MESSAGE_ERROR));
  wait_drained (f);
  fixture_free (f);

  f = fixture_new ("max-in-flight", 4, NULL);
  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 1);
  g_assert_true (drain (f));
  gst_element_set_state (f->element, GST_STATE_READY);
  wait_drained (f);
  g_assert_false (drain (f));
  fixture_free (f);
}

/* Both at once are the way to end early and in order. */
static void
test_cancel_and_drain (void)
{
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);

  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 1);
  fixture_push (f, 2);
  g_assert_true (drain (f));
  g_assert_cmpuint (cancel_all (f), ==, 2);
  wait_drained (f);
  g_assert_cmpuint (fixture_get_count (f, "dropped-cancelled"), ==, 2);
  fixture_free (f);
}

/* Every signal is documented. */
static void
test_blurbs (void)
{
  guint *ids, n, i;

  ids = g_signal_list_ids (GST_TYPE_CREATIVE_UPSCALER, &n);
  g_assert_cmpuint (n, ==, 2);
  for (i = 0; i < n; i++) {
    GSignalQuery query;

    g_signal_query (ids[i], &query);
    g_assert_true (query.signal_flags & G_SIGNAL_ACTION);
    g_assert_nonnull (cup_action_get_blurb (query.signal_name));
  }
  g_assert_null (cup_action_get_blurb ("no-such-signal"));
  g_free (ids);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/actions/cancel-all", test_cancel_all);
  g_test_add_func ("/actions/cancel-first", test_cancel_first);
  g_test_add_func ("/actions/cancel-stubborn", test_cancel_stubborn);
  g_test_add_func ("/actions/cancel-duplicates", test_cancel_duplicates);
  g_test_add_func ("/actions/cancel-race", test_cancel_race);
  g_test_add_func ("/actions/cancel-idle", test_cancel_idle);
  g_test_add_func ("/actions/drain", test_drain);
  g_test_add_func ("/actions/drain-idle", test_drain_idle);
  g_test_add_func ("/actions/drain-thrown-away", test_drain_thrown_away);
  g_test_add_func ("/actions/cancel-and-drain", test_cancel_and_drain);
  g_test_add_func ("/actions/blurbs", test_blurbs);
  return fixture_run ();
}
