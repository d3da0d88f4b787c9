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

static const gchar *const patterns[] = { "ball", "red", "snow" };

static gint wanted_pattern;

/* videotestsrc (1.22) does not lock what belongs to the pattern: it is changed by
 * its own thread, between two frames. */
static GstPadProbeReturn
change_pattern (GstPad * pad, GstPadProbeInfo * info, gpointer source)
{
  gst_util_set_object_arg (source, "pattern",
      patterns[g_atomic_int_get (&wanted_pattern)]);
  return GST_PAD_PROBE_OK;
}

static void
change_live (GstElement * upscaler)
{
  static const gchar *const changes[][2] = {
    {"late", "wait"}, {"late", "drop"}, {"late", "passthrough"},
    {"overflow", "block"}, {"overflow", "drop-new"}, {"overflow", "drop-old"},
    {"select", "all"}, {"select", "interval"}, {"select", "scene-change"},
    {"unselected", "drop"}, {"unselected", "local"}, {"unselected", "repeat"},
    {"on-error", "drop"}, {"on-error", "passthrough"},
    {"size-policy", "follow"}, {"size-policy", "first"},
    {"size-policy", "exact"},
    {"latency", "20000000"}, {"latency", "200000000"}, {"latency", "0"},
    {"max-in-flight", "1"}, {"max-in-flight", "4"}, {"max-in-flight", "12"},
    {"interval", "2"}, {"scale", "2"}, {"scale", "3"},
  };
  gint i = g_test_rand_int_range (0, G_N_ELEMENTS (changes) + 4);
  guint n;

  if (i < (gint) G_N_ELEMENTS (changes))
    gst_util_set_object_arg (G_OBJECT (upscaler), changes[i][0], changes[i][1]);
  else if (i == G_N_ELEMENTS (changes))
    g_signal_emit_by_name (upscaler, "cancel-all", &n);
  else
    g_atomic_int_set (&wanted_pattern, i - (gint) G_N_ELEMENTS (changes) - 1);
}

/* Whatever is changed while frames of a live source are on their way: it ends,
 * and each frame has left, or is known to have been left out. */
static void
test_live_changes (void)
{
  CupDummyPlan plan = {.multiple = 8 };
  CupDummyEngine *engine = cup_dummy_engine_new ();
  GstElement *pipeline, *source, *upscaler;
  GstMessage *message = NULL;
  GstStructure *stats;
  guint64 in, out, dropped;
  GstPad *pad;
  GstBus *bus;
  guint8 key = 0;

  pipeline = gst_parse_launch ("videotestsrc name=v is-live=true "
      "num-buffers=300 ! video/x-raw,width=18,height=13,framerate=200/1 "
      "! creativeupscaler name=u on-error=drop ! fakesink sync=true qos=true",
      NULL);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "v");
  pad = gst_element_get_static_pad (source, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, change_pattern, source,
      NULL);
  gst_object_unref (pad);
  upscaler = gst_bin_get_by_name (GST_BIN (pipeline), "u");
  gst_creative_upscaler_use_engine (GST_CREATIVE_UPSCALER (upscaler),
      CUP_ENGINE (engine));
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  do {
    change_live (upscaler);
    plan.delay = g_test_rand_int_range (0, 60);
    plan.fails = g_test_rand_int_range (0, 4) == 0;
    cup_dummy_engine_set_plan_for (engine, key++, &plan);
    plan.fails = FALSE;
    cup_dummy_engine_set_plan (engine, &plan);
    message = gst_bus_timed_pop_filtered (bus, 2 * GST_MSECOND,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  } while (!message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_message_unref (message);
  g_object_get (upscaler, "stats", &stats, NULL);
  g_assert_true (gst_structure_get (stats, "frames-in", G_TYPE_UINT64, &in,
          "frames-out", G_TYPE_UINT64, &out, "frames-dropped", G_TYPE_UINT64,
          &dropped, NULL));
  g_assert_cmpuint (in, ==, out + dropped);
  gst_structure_free (stats);

  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (upscaler);
  gst_object_unref (source);
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

  g_test_add_func ("/stress/state-changes", test_state_changes);
  g_test_add_func ("/stress/flushes", test_flushes);
  g_test_add_func ("/stress/properties-and-caps", test_properties_and_caps);
  g_test_add_func ("/stress/no-stale-frame", test_no_stale_frame);
  g_test_add_func ("/stress/nothing-outlives", test_nothing_outlives);
  g_test_add_func ("/stress/live-changes", test_live_changes);
  return fixture_run ();
}
