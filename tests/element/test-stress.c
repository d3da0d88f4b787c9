/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * State changes, flushes, caps changes and property changes against frames
 * that are pushed all the while: nothing hangs, nothing leaks, no frame of
 * before a flush comes out after it. To be run under the sanitizers.
 */
#include "fixture.h"

#define ITERATIONS 150

static gint stop;

static void
pause_between (guint i)
{
  /* Different distances: it is the interleaving that is under test. */
  g_usleep (i % 7 * 300);
}

static gpointer
push_all_the_time (gpointer data)
{
  Fixture *f = data;
  guint8 key = 0;

  while (!g_atomic_int_get (&stop)) {
    GstFlowReturn flow;

    GST_PAD_STREAM_LOCK (GST_PAD_PEER (f->harness->srcpad));
    flow = fixture_push (f, key++);
    GST_PAD_STREAM_UNLOCK (GST_PAD_PEER (f->harness->srcpad));
    if (flow != GST_FLOW_OK)
      g_usleep (100);
  }
  return NULL;
}

static void restart_stream (Fixture * f);

/* As a source that is started anew whenever the element was stopped. */
static gpointer
push_and_restart (gpointer data)
{
  Fixture *f = data;
  GstCaps *caps = gst_caps_from_string (FRAME_CAPS);
  guint8 key = 0;

  while (!g_atomic_int_get (&stop)) {
    if (fixture_push (f, key++) != GST_FLOW_OK) {
      gst_pad_push_event (f->harness->srcpad,
          gst_event_new_stream_start ("stress"));
      gst_pad_push_event (f->harness->srcpad, gst_event_new_caps (caps));
      restart_stream (f);
    }
  }
  gst_caps_unref (caps);
  return NULL;
}

static Fixture *
stress_fixture (void)
{
  static const CupDummyPlan quick = {.delay = 1 };
  Fixture *f = fixture_new ("max-in-flight", 3, NULL);

  g_atomic_int_set (&stop, 0);
  cup_dummy_engine_set_plan (f->engine, &quick);
  gst_harness_set_drop_buffers (f->harness, TRUE);
  return f;
}

static void
restart_stream (Fixture * f)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
}

static void
test_state_changes (void)
{
  Fixture *f = stress_fixture ();
  GLogLevelFlags fatal = g_log_set_always_fatal (G_LOG_FATAL_MASK
      | G_LOG_LEVEL_CRITICAL);
  GThread *thread = g_thread_new ("pusher", push_and_restart, f);
  guint i;

  /* GStreamer warns of frames without a STREAM_START, which is what a source
   * that is not stopped itself sends right after a restart. */
  for (i = 0; i < ITERATIONS; i++) {
    static const GstState states[] = { GST_STATE_READY, GST_STATE_PLAYING,
      GST_STATE_NULL, GST_STATE_PAUSED, GST_STATE_PLAYING
    };

    gst_element_set_state (f->element, states[i % G_N_ELEMENTS (states)]);
    pause_between (i);
  }
  gst_element_set_state (f->element, GST_STATE_NULL);
  g_atomic_int_set (&stop, 1);
  g_thread_join (thread);
  g_log_set_always_fatal (fatal);
  fixture_free (f);
}

static void
test_flushes (void)
{
  Fixture *f = stress_fixture ();
  GThread *thread = g_thread_new ("pusher", push_all_the_time, f);
  guint i;

  for (i = 0; i < ITERATIONS; i++) {
    gst_harness_push_event (f->harness, gst_event_new_flush_start ());
    GST_PAD_STREAM_LOCK (GST_PAD_PEER (f->harness->srcpad));
    gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
    restart_stream (f);
    GST_PAD_STREAM_UNLOCK (GST_PAD_PEER (f->harness->srcpad));
    pause_between (i);
  }
  g_atomic_int_set (&stop, 1);
  g_thread_join (thread);
  /* It still works. */
  gst_harness_set_drop_buffers (f->harness, FALSE);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  restart_stream (f);
  fixture_push (f, 5);
  gst_buffer_unref (gst_harness_pull (f->harness));
  fixture_free (f);
}

static void
test_properties_and_caps (void)
{
  Fixture *f = stress_fixture ();
  GThread *thread = g_thread_new ("pusher", push_all_the_time, f);
  guint i;

  for (i = 0; i < ITERATIONS; i++) {
    g_object_set (f->element, "max-in-flight", 1 + i % 8, "creativity",
        (i % 10) / 10., "prompt", i % 2 ? "a" : NULL, "scale",
        1. + i % 3, NULL);
    gst_pad_push_event (f->harness->sinkpad, gst_event_new_reconfigure ());
    pause_between (i);
  }
  g_atomic_int_set (&stop, 1);
  g_thread_join (thread);
  fixture_free (f);
}

/* After a flush only frames that were pushed after it come out. */
static void
test_no_stale_frame (void)
{
  static const CupDummyPlan slow = {.delay = 2 };
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);
  guint i, n;

  cup_dummy_engine_set_plan (f->engine, &slow);
  for (i = 0; i < ITERATIONS; i++) {
    guint8 key = (guint8) i, first;
    GstBuffer *buffer;

    for (n = 0; n < i % 4 + 1; n++)
      fixture_push (f, key);
    buffer = gst_harness_pull (f->harness);
    gst_buffer_extract (buffer, 0, &first, 1);
    g_assert_cmpint (first, ==, key);
    gst_buffer_unref (buffer);
    gst_harness_push_event (f->harness, gst_event_new_flush_start ());
    gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
    /* The harness's own queue is not flushed by it. */
    while ((buffer = gst_harness_try_pull (f->harness)))
      gst_buffer_unref (buffer);
    restart_stream (f);
  }
  fixture_free (f);
}

static void
count_down (gpointer n)
{
  g_atomic_int_add ((gint *) n, -1);
}

/* A process that ends right after the element does finds all let go of: memory
 * of the frames, here, which the workers keep for on-error=passthrough. */
static void
test_nothing_outlives (void)
{
  static guint8 pixels[FRAME_WIDTH * FRAME_HEIGHT * 4];
  const gsize size = sizeof pixels;
  gint alive = 0;
  guint i;

  for (i = 0; i < ITERATIONS; i++) {
    Fixture *f = fixture_new (NULL, NULL);
    GstBuffer *buffer;

    gst_util_set_object_arg (G_OBJECT (f->element), "on-error", "passthrough");
    g_atomic_int_inc (&alive);
    buffer = gst_buffer_new ();
    gst_buffer_append_memory (buffer, gst_memory_new_wrapped
        (GST_MEMORY_FLAG_READONLY, pixels, size, 0, size, &alive, count_down));
    GST_BUFFER_PTS (buffer) = 0;
    gst_harness_push (f->harness, buffer);
    gst_buffer_unref (gst_harness_pull (f->harness));
    fixture_free (f);
    g_assert_cmpint (g_atomic_int_get (&alive), ==, 0);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/stress/state-changes", test_state_changes);
  g_test_add_func ("/stress/flushes", test_flushes);
  g_test_add_func ("/stress/properties-and-caps", test_properties_and_caps);
  g_test_add_func ("/stress/no-stale-frame", test_no_stale_frame);
  g_test_add_func ("/stress/nothing-outlives", test_nothing_outlives);
  return fixture_run ();
}
