/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frames that have the same pixels as the one before them: they are not sent,
 * and leave with its result.
 */
#include "choosing.h"

#include <string.h>

#define START "stream-start|caps|segment"

static const CupDummyPlan held = {.delay = CUP_DUMMY_HOLD,.hosted = TRUE };
static const CupDummyPlan hosted = {.hosted = TRUE };

static const CupDummyPlan held_failing = {.fails = TRUE,.hosted = TRUE,
  .delay = CUP_DUMMY_HOLD
};

static Fixture *
new_fixture (void)
{
  Fixture *f = fixture_new ("max-in-flight", 32, NULL);

  cup_dummy_engine_set_plan (f->engine, &hosted);
  return f;
}

/* Pushes the frame @n with the pixels of @key. */
static void
push (Fixture * f, guint n, guint8 key)
{
  GstBuffer *buffer = fixture_make_frame (key);

  set_time (buffer, n);
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
}

static void
push_segment (Fixture * f)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
}

static void
expect (Fixture * f, guint n, Kind kind)
{
  gst_buffer_unref (pull_kind (f, n, kind));
}

static gboolean
shares_memory (GstBuffer * a, GstBuffer * b)
{
  return gst_buffer_peek_memory (a, 0) == gst_buffer_peek_memory (b, 0);
}

/* When the second one comes */

/* While the first is under way: five frames, one job. */
static void
test_pending (void)
{
  Fixture *f = new_fixture ();
  GstBuffer *first, *buffer;
  guint n;

  cup_dummy_engine_set_plan (f->engine, &held);
  for (n = 0; n < 5; n++)
    push (f, n, 7);
  push (f, 5, 8);
  cup_dummy_engine_wait_started (f->engine, 2);
  cup_dummy_engine_release (f->engine, 8);
  cup_dummy_engine_release (f->engine, 7);
  fixture_assert_record (f, START "|7|7|7|7|7|8");
  first = pull_kind (f, 0, SENT);
  for (n = 1; n < 5; n++) {
    guint64 frame = 0;

    buffer = pull_kind (f, n, REUSED);
    g_assert_true (shares_memory (first, buffer));
    g_assert_cmpstr (gst_structure_get_string (get_meta (buffer),
            "request-id"), ==, "request-7");
    g_assert_true (gst_structure_get_uint64 (get_meta (buffer), "frame",
            &frame));
    g_assert_cmpuint (frame, ==, n);
    gst_buffer_unref (buffer);
  }
  gst_buffer_unref (first);
  expect (f, 5, SENT);
  assert_sent (f, 2);
  assert_stat (f, "frames-reused", 4);
  assert_stat (f, "frames-out", 6);
  assert_stat (f, "frames-done", 2);
  fixture_free (f);
}

/* A service's result is kept as the bytes that it came as: the first one that
 * comes after it has left is decoded once more, for all that follow. */
static void
test_left_bytes (void)
{
  const CupDummyPlan png = {.image_type = CUP_IMAGE_PNG,.hosted = TRUE };
  Fixture *f = new_fixture ();
  GstBuffer *second, *buffer;
  guint n;

  cup_dummy_engine_set_plan (f->engine, &png);
  push (f, 0, 7);
  expect (f, 0, SENT);
  push (f, 1, 7);
  second = pull_kind (f, 1, REUSED);
  for (n = 2; n < 6; n++) {
    push (f, n, 7);
    buffer = pull_kind (f, n, REUSED);
    g_assert_true (shares_memory (second, buffer));
    gst_buffer_unref (buffer);
  }
  gst_buffer_unref (second);
  assert_sent (f, 1);
  fixture_free (f);
}

/* Pixels are large, and are not kept for a frame that may never come. From the
 * second on that there is one. */
static void
test_left_pixels (void)
{
  Fixture *f = new_fixture ();

  push (f, 0, 7);
  expect (f, 0, SENT);
  cup_dummy_engine_set_plan (f->engine, &held);
  push (f, 1, 7);
  push (f, 2, 7);
  cup_dummy_engine_release_all (f->engine);
  expect (f, 1, SENT);
  expect (f, 2, REUSED);
  push (f, 3, 7);
  expect (f, 3, REUSED);
  assert_sent (f, 2);
  fixture_free (f);
}

/* Only the one before counts. */
static void
test_alternating (void)
{
  const CupDummyPlan png = {.image_type = CUP_IMAGE_PNG,.hosted = TRUE };
  Fixture *f = new_fixture ();
  guint n;

  cup_dummy_engine_set_plan (f->engine, &png);
  for (n = 0; n < 8; n++)
    push (f, n, n % 2 ? 7 : 8);
  for (n = 0; n < 8; n++)
    expect (f, n, SENT);
  assert_sent (f, 8);
  fixture_free (f);
}

/* With bytes for downstream: the same bytes again. */
static void
test_encoded_output (void)
{
  const CupDummyPlan plans[] = {
    {.image_type = CUP_IMAGE_PNG,.hosted = TRUE}, {.hosted = TRUE}
  };
  guint i, n;

  for (i = 0; i < G_N_ELEMENTS (plans); i++) {
    CupDummyPlan plan = plans[i];
    Fixture *f = new_fixture ();
    GstBuffer *first;

    plan.delay = CUP_DUMMY_HOLD;
    cup_dummy_engine_set_plan (f->engine, &plan);
    gst_harness_set_sink_caps_str (f->harness, "image/png");
    for (n = 0; n < 4; n++)
      push (f, n, 7);
    cup_dummy_engine_release_all (f->engine);
    first = pull_kind (f, 0, SENT);
    for (n = 1; n < 4; n++) {
      GstBuffer *buffer = pull_kind (f, n, REUSED);

      g_assert_true (shares_memory (first, buffer));
      gst_buffer_unref (buffer);
    }
    gst_buffer_unref (first);
    assert_sent (f, 1);
    fixture_free (f);
  }
}

/* An element behind that writes into what it gets. */
static GstPadProbeReturn
write_into (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstBuffer *buffer = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER
      (info));
  guint8 first = 0;

  gst_buffer_extract (buffer, 0, &first, 1);
  g_assert_cmpint (first, ==, 7);
  gst_buffer_memset (buffer, 0, 99, -1);
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

static void
test_written_into (void)
{
  /* Without and with a pool of ours, or of downstream's. */
  static const gchar *const caps[] = { "video/x-raw,format=RGB",
    "video/x-raw,format=BGRx"
  };
  guint i, n;

  for (i = 0; i < G_N_ELEMENTS (caps); i++) {
    Fixture *f = new_fixture ();
    GstPad *pad = gst_element_get_static_pad (f->element, "src");

    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, write_into, NULL, NULL);
    gst_harness_set_sink_caps_str (f->harness, caps[i]);
    cup_dummy_engine_set_plan (f->engine, &held);
    for (n = 0; n < 4; n++)
      push (f, n, 7);
    cup_dummy_engine_release_all (f->engine);
    fixture_assert_record (f, START "|99|99|99|99");
    for (n = 0; n < 4; n++)
      expect (f, n, n > 0 ? REUSED : SENT);
    gst_object_unref (pad);
    fixture_free (f);
  }
}

/* Downstream asks for something else in between: made once for that, too. */
static void
test_reconfigured (void)
{
  const CupDummyPlan png = {.image_type = CUP_IMAGE_PNG,.hosted = TRUE };
  static const gchar *const caps[] = { "video/x-raw,format=BGRA",
    "video/x-raw,format=RGBx", "image/png"
  };
  Fixture *f = new_fixture ();
  guint i, n = 2;

  cup_dummy_engine_set_plan (f->engine, &png);
  push (f, 0, 7);
  expect (f, 0, SENT);
  push (f, 1, 7);
  expect (f, 1, REUSED);
  for (i = 0; i < G_N_ELEMENTS (caps); i++) {
    GstBuffer *first, *buffer;
    GstCaps *now, *wanted = gst_caps_from_string (caps[i]);

    gst_harness_set_sink_caps_str (f->harness, caps[i]);
    push (f, n, 7);
    first = pull_kind (f, n++, REUSED);
    now = gst_pad_get_current_caps (f->harness->sinkpad);
    g_assert_true (gst_caps_is_subset (now, wanted));
    push (f, n, 7);
    buffer = pull_kind (f, n++, REUSED);
    g_assert_true (shares_memory (first, buffer));
    gst_buffer_unref (buffer);
    gst_buffer_unref (first);
    gst_caps_unref (now);
    gst_caps_unref (wanted);
  }
  assert_sent (f, 1);
  fixture_free (f);
}

/* The frame's own metas, scaled, and no other's. */
static void
test_metas (void)
{
  Fixture *f = new_fixture ();
  GstBuffer *buffer;
  gpointer state;
  guint n;

  cup_dummy_engine_set_plan (f->engine, &held);
  for (n = 0; n < 4; n++) {
    buffer = fixture_make_frame (7);
    set_time (buffer, n);
    /* Not the last one. */
    if (n < 3)
      gst_buffer_add_video_region_of_interest_meta (buffer, "face", n, 2, 3, 4);
    gst_harness_push (f->harness, buffer);
  }
  cup_dummy_engine_release_all (f->engine);
  for (n = 0; n < 4; n++) {
    GstVideoRegionOfInterestMeta *roi;

    buffer = pull_kind (f, n, n > 0 ? REUSED : SENT);
    state = NULL;
    roi = (GstVideoRegionOfInterestMeta *)
        gst_buffer_iterate_meta_filtered (buffer, &state,
        GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
    g_assert_true ((roi != NULL) == (n < 3));
    if (roi) {
      g_assert_cmpuint (roi->x, ==, 2 * n);
      g_assert_cmpuint (roi->w, ==, 6);
      g_assert_null (gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE));
    }
    gst_buffer_unref (buffer);
  }
  fixture_free (f);
}

static void
test_live (void)
{
  Fixture *f = new_fixture ();
  guint n;

  gst_harness_set_live (f->harness, TRUE);
  cup_dummy_engine_set_plan (f->engine, &held);
  for (n = 0; n < 4; n++)
    push (f, n, 7);
  cup_dummy_engine_release_all (f->engine);
  for (n = 0; n < 4; n++)
    expect (f, n, n > 0 ? REUSED : SENT);
  assert_sent (f, 1);
  fixture_free (f);
}

/* The first one without a result */

/* They have its fate; one that comes later is a new attempt. */
static void
test_failed_drop (void)
{
  Fixture *f = new_fixture ();

  set_enum (f, "on-error", "drop");
  cup_dummy_engine_set_plan (f->engine, &held_failing);
  push (f, 0, 7);
  push (f, 1, 7);
  push (f, 2, 7);
  cup_dummy_engine_release_all (f->engine);
  gst_message_unref (fixture_wait_message (f, GST_MESSAGE_WARNING));
  gst_message_unref (fixture_wait_message (f, GST_MESSAGE_WARNING));
  gst_message_unref (fixture_wait_message (f, GST_MESSAGE_WARNING));
  cup_dummy_engine_set_plan (f->engine, &hosted);
  push (f, 3, 7);
  push_eos (f);
  fixture_assert_record (f, START "|gap|7|eos");
  expect (f, 3, SENT);
  assert_sent (f, 2);
  assert_stat (f, "dropped-failed", 3);
  assert_stat (f, "frames-failed", 1);
  fixture_free (f);
}

/* One job has failed, and not three. */
static void
test_failed_once (void)
{
  Fixture *f = fixture_new ("max-in-flight", 8, "max-failures", 2, NULL);

  gst_util_set_object_arg (G_OBJECT (f->element), "on-error", "drop");
  cup_dummy_engine_set_plan (f->engine, &held_failing);
  fixture_push (f, 1);
  fixture_push (f, 1);
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 1);
  cup_dummy_engine_set_plan (f->engine, &(CupDummyPlan) {
      0});
  cup_dummy_engine_release_all (f->engine);
  fixture_push (f, 2);
  gst_buffer_unref (gst_harness_pull (f->harness));
  g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_ERROR));
  g_assert_cmpuint (fixture_get_count (f, "dropped-failed"), ==, 3);
  fixture_free (f);
}

/* What was kept for frames to come is gone with the src pad's activation: then
 * they are sent. */
static void
test_reactivated (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstPad *pad = gst_element_get_static_pad (f->element, "src");
  const CupDummyPlan encoded = {.image_type = CUP_IMAGE_PNG };
  GstSegment segment;

  cup_dummy_engine_set_plan (f->engine, &encoded);
  fixture_push (f, 1);
  gst_buffer_unref (gst_harness_pull (f->harness));
  fixture_push (f, 1);
  gst_buffer_unref (gst_harness_pull (f->harness));
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 1);
  gst_pad_set_active (pad, FALSE);
  gst_pad_set_active (pad, TRUE);
  gst_harness_push_event (f->harness, gst_event_new_stream_start ("again"));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  fixture_push (f, 1);
  gst_buffer_unref (gst_harness_pull (f->harness));
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 2);
  gst_object_unref (pad);
  fixture_free (f);
}

static void
test_failed_passthrough (void)
{
  Fixture *f = new_fixture ();
  guint n;

  set_enum (f, "on-error", "passthrough");
  cup_dummy_engine_set_plan (f->engine, &held_failing);
  for (n = 0; n < 3; n++)
    push (f, n, 7);
  cup_dummy_engine_release_all (f->engine);
  for (n = 0; n < 3; n++)
    expect (f, n, PASSED);
  push (f, 3, 7);
  expect (f, 3, PASSED);
  assert_sent (f, 2);
  assert_stat (f, "frames-passed-through", 4);
  assert_stat (f, "frames-reused", 0);
  fixture_free (f);
}

static void
test_failed_error (void)
{
  Fixture *f = new_fixture ();

  cup_dummy_engine_set_plan (f->engine, &held_failing);
  push (f, 0, 7);
  push (f, 1, 7);
  cup_dummy_engine_release_all (f->engine);
  gst_message_unref (fixture_wait_message (f, GST_MESSAGE_ERROR));
  fixture_assert_record (f, "stream-start|segment|eos");
  fixture_free (f);
}

static void
test_unsafe (void)
{
  const CupDummyPlan black = {.black = TRUE,.hosted = TRUE,
    .delay = CUP_DUMMY_HOLD
  };
  static const gchar *const values[] = { "drop", "pass" };
  guint i, n;

  for (i = 0; i < G_N_ELEMENTS (values); i++) {
    Fixture *f = new_fixture ();

    cup_dummy_engine_set_censors (f->engine, TRUE);
    set_enum (f, "on-unsafe", values[i]);
    cup_dummy_engine_set_plan (f->engine, &black);
    for (n = 0; n < 3; n++)
      push (f, n, 7);
    cup_dummy_engine_release_all (f->engine);
    for (n = 0; n < 3; n++) {
      GstBuffer *buffer;

      gst_message_unref (fixture_wait_message (f, GST_MESSAGE_WARNING));
      if (i == 0)
        continue;
      buffer = pull_kind (f, n, n > 0 ? REUSED : SENT);
      g_assert_true (get_boolean (buffer, "unsafe"));
      gst_buffer_unref (buffer);
    }
    assert_stat (f, "dropped-unsafe", i == 0 ? 3 : 0);
    assert_stat (f, "frames-unsafe", 1);
    assert_sent (f, 1);
    fixture_free (f);
  }
}

static void
test_cancelled (void)
{
  Fixture *f = new_fixture ();
  guint n;

  cup_dummy_engine_set_plan (f->engine, &held);
  for (n = 0; n < 3; n++)
    push (f, n, 7);
  cup_dummy_engine_wait_started (f->engine, 1);
  g_signal_emit_by_name (f->element, "cancel-all", &n);
  g_assert_cmpuint (n, ==, 3);
  cup_dummy_engine_set_plan (f->engine, &hosted);
  push (f, 3, 7);
  push_eos (f);
  fixture_assert_record (f, START "|gap|7|eos");
  assert_stat (f, "dropped-cancelled", 3);
  assert_stat (f, "frames-cancelled", 1);
  assert_sent (f, 2);
  fixture_free (f);
}

static void
test_flushed (void)
{
  Fixture *f = new_fixture ();

  cup_dummy_engine_set_plan (f->engine, &held);
  push (f, 0, 7);
  push (f, 1, 7);
  cup_dummy_engine_wait_started (f->engine, 1);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  push_segment (f);
  cup_dummy_engine_set_plan (f->engine, &hosted);
  push (f, 2, 7);
  expect (f, 2, SENT);
  assert_sent (f, 2);
  fixture_free (f);
}

/* Downstream wants no more of the segment, and the frame with the job is thrown
 * away; behind the next segment there is one with the same pixels, and before
 * all of them there was another one with a result. */
static GstPadProbeReturn
end_segment (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  if (GST_BUFFER_PTS (buffer) > 0)
    return GST_PAD_PROBE_OK;
  gst_buffer_unref (buffer);
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_EOS;
  return GST_PAD_PROBE_HANDLED;
}

static void
test_refused (void)
{
  const CupDummyPlan png = {.image_type = CUP_IMAGE_PNG,
    .delay = CUP_DUMMY_HOLD
  };
  Fixture *f = new_fixture ();
  GstPad *pad = gst_element_get_static_pad (f->element, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, end_segment, NULL, NULL);
  cup_dummy_engine_set_plan (f->engine, &png);
  push (f, 0, 6);
  push (f, 1, 7);
  push_segment (f);
  push (f, 2, 7);
  push (f, 3, 8);
  cup_dummy_engine_wait_started (f->engine, 3);
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f, START "|segment|gap|8");
  gst_object_unref (pad);
  fixture_free (f);
}

/* The first one is too late: the others take its way, and are not sent after
 * it. */
static void
run_overdue (const gchar * late, const gchar * record)
{
  Fixture *f = new_fixture ();
  guint n;

  gst_harness_set_live (f->harness, TRUE);
  g_object_set (f->element, "latency", GST_SECOND, NULL);
  set_enum (f, "late", late);
  cup_dummy_engine_set_plan (f->engine, &held);
  for (n = 0; n < 3; n++)
    push (f, n, 7);
  push_eos (f);
  cup_dummy_engine_wait_started (f->engine, 1);
  g_assert_true (gst_harness_wait_for_clock_id_waits (f->harness, 1, 60));
  gst_harness_set_time (f->harness, 10 * GST_SECOND);
  gst_harness_crank_single_clock_wait (f->harness);
  fixture_assert_record (f, record);
  assert_sent (f, 1);
  fixture_free (f);
}

static void
test_overdue (void)
{
  run_overdue ("passthrough", START "|7|7|7|eos");
  run_overdue ("drop", "stream-start|segment|gap|eos");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/reuse/failed-once", test_failed_once);
  g_test_add_func ("/reuse/reactivated", test_reactivated);
  g_test_add_func ("/reuse/pending", test_pending);
  g_test_add_func ("/reuse/left-bytes", test_left_bytes);
  g_test_add_func ("/reuse/left-pixels", test_left_pixels);
  g_test_add_func ("/reuse/alternating", test_alternating);
  g_test_add_func ("/reuse/encoded-output", test_encoded_output);
  g_test_add_func ("/reuse/written-into", test_written_into);
  g_test_add_func ("/reuse/reconfigured", test_reconfigured);
  g_test_add_func ("/reuse/metas", test_metas);
  g_test_add_func ("/reuse/live", test_live);
  g_test_add_func ("/reuse/failed-drop", test_failed_drop);
  g_test_add_func ("/reuse/failed-passthrough", test_failed_passthrough);
  g_test_add_func ("/reuse/failed-error", test_failed_error);
  g_test_add_func ("/reuse/unsafe", test_unsafe);
  g_test_add_func ("/reuse/cancelled", test_cancelled);
  g_test_add_func ("/reuse/flushed", test_flushed);
  g_test_add_func ("/reuse/refused", test_refused);
  g_test_add_func ("/reuse/overdue", test_overdue);

  return fixture_run ();
}
