/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pads that flush, an element that is stopped, and both at once, against frames
 * and queries that wait: what GStreamer's own tests ask of `queue` and `netsim`.
 */
#include "neighbours.h"

static const CupDummyPlan hold = {.delay = CUP_DUMMY_HOLD };

static gint stop;               /* atomic */

/* Pads that flush */

/* Upstream waits for room: a flush sends it home, and what it had in its hands
 * is not taken. */
static void
test_flush_while_full (void)
{
  Fixture *f = fixture_new ("max-in-flight", 2, NULL);
  guint i;

  cup_dummy_engine_set_plan (f->engine, &hold);
  for (i = 0; i < 30; i++) {
    Pusher pusher = { f, (guint8) (1 + i % 50 * 3), 3, 0 };
    GThread *thread = start_pusher (&pusher);

    cup_dummy_engine_wait_started (f->engine, (i + 1) * 2);
    gst_harness_push_event (f->harness, gst_event_new_flush_start ());
    g_assert_cmpint (join_pusher (thread), ==, GST_FLOW_FLUSHING);
    g_assert_cmpint (pusher.pushed, ==, 2);
    gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
    push_segment (f, 0);
  }
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 60);
  g_assert_cmpuint (get_in_flight (f), ==, 0);
  fixture_free (f);
}

/* Asks until it is told no, as happens in the flush. */
static gpointer
query_all_the_time (gpointer data)
{
  Fixture *f = data;
  guint i = 0;

  while (run_query (f, i % 2 ? QUERY_SERIALIZED : QUERY_AT_ONCE))
    i++;
  return NULL;
}

static void
test_queries_while_flushing (void)
{
  static const CupDummyPlan quick = {.delay = 1 };
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);
  guint i;

  answer_queries (f);
  gst_harness_set_drop_buffers (f->harness, TRUE);
  cup_dummy_engine_set_plan (f->engine, &quick);
  for (i = 0; i < 500; i++) {
    GThread *thread;

    /* Into an empty window, and one that is not. */
    if (i % 2)
      fixture_push (f, (guint8) (i / 2));
    thread = g_thread_new ("queries", query_all_the_time, f);
    g_usleep (i % 10 * 100);
    gst_harness_push_event (f->harness, gst_event_new_flush_start ());
    g_thread_join (thread);
    gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
    push_segment (f, 0);
  }
  g_assert_true (run_query (f, QUERY_SERIALIZED));
  fixture_free (f);
}

/* The same, and the element is stopped in the middle of it. */
static void
test_queries_while_stopping (void)
{
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);
  guint i;

  answer_queries (f);
  gst_harness_set_drop_buffers (f->harness, TRUE);
  for (i = 0; i < 100; i++) {
    GThread *thread;

    fixture_push (f, (guint8) i);
    thread = g_thread_new ("queries", query_all_the_time, f);
    g_usleep (i % 10 * 100);
    if (i % 2)
      gst_harness_push_event (f->harness, gst_event_new_flush_start ());
    gst_element_set_state (f->element, i % 4 ? GST_STATE_NULL :
        GST_STATE_READY);
    g_thread_join (thread);
    gst_element_set_state (f->element, GST_STATE_PLAYING);
    /* What is behind a stopped element would flush for ever. */
    if (i % 2)
      gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
    start_stream (f);
  }
  g_assert_true (run_query (f, QUERY_SERIALIZED));
  fixture_free (f);
}

static gpointer
end_flush (gpointer data)
{
  Fixture *f = data;

  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  return NULL;
}

/* FLUSH_STOP and READY at the same time: neither waits for the other, and
 * whichever comes last, nothing runs afterwards. */
static void
test_stop_while_flushing (void)
{
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);
  GstPad *srcpad = gst_element_get_static_pad (f->element, "src");
  guint i;

  gst_harness_set_drop_buffers (f->harness, TRUE);
  for (i = 0; i < 200; i++) {
    GThread *thread;

    fixture_push (f, (guint8) i);
    gst_harness_push_event (f->harness, gst_event_new_flush_start ());
    thread = g_thread_new ("flush", end_flush, f);
    g_usleep (i % 5 * 50);
    g_assert_cmpint (gst_element_set_state (f->element, GST_STATE_READY), ==,
        GST_STATE_CHANGE_SUCCESS);
    g_thread_join (thread);
    g_assert_cmpint (cup_window_get_flow (GST_CREATIVE_UPSCALER
            (f->element)->window), ==, GST_FLOW_FLUSHING);
    g_assert_cmpint (gst_pad_get_task_state (srcpad), ==, GST_TASK_STOPPED);
    g_assert_cmpuint (get_in_flight (f), ==, 0);
    gst_element_set_state (f->element, GST_STATE_PLAYING);
    start_stream (f);
  }
  gst_object_unref (srcpad);
  gst_harness_set_drop_buffers (f->harness, FALSE);
  /* The last FLUSH_STOP may have met a stopped element. */
  flush (f);
  fixture_push (f, 5);
  gst_buffer_unref (gst_harness_pull (f->harness));
  fixture_free (f);
}

/* All at once */

static gpointer
push_and_restart (gpointer data)
{
  Fixture *f = data;
  guint i;

  for (i = 0; !g_atomic_int_get (&stop); i++) {
    if (fixture_push (f, (guint8) i) != GST_FLOW_OK)
      start_stream (f);
    if (i % 16 == 0)
      gst_pad_push_event (f->harness->srcpad, gst_event_new_gap (0, 1));
    if (i % 200 == 0)
      gst_pad_push_event (f->harness->srcpad, gst_event_new_eos ());
    run_query (f, i % 8 ? QUERY_AT_ONCE : QUERY_SERIALIZED);
  }
  return NULL;
}

static gpointer
flush_now_and_then (gpointer data)
{
  Fixture *f = data;

  while (!g_atomic_int_get (&stop)) {
    gst_pad_push_event (f->harness->srcpad, gst_event_new_flush_start ());
    gst_pad_push_event (f->harness->srcpad, gst_event_new_flush_stop (TRUE));
    g_usleep (3000);
  }
  return NULL;
}

static gpointer
come_from_downstream (gpointer data)
{
  Fixture *f = data;
  guint i;

  for (i = 0; !g_atomic_int_get (&stop); i++) {
    GstQuery *query = gst_query_new_latency ();
    gboolean will;

    gst_pad_push_event (f->harness->sinkpad, i % 2 ?
        gst_event_new_reconfigure () :
        gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1, 1, FRAME_DURATION));
    gst_pad_peer_query (f->harness->sinkpad, query);
    gst_query_unref (query);
    if (i % 16 == 0)
      g_signal_emit_by_name (f->element, "drain", &will);
    if (i % 64 == 0)
      g_signal_emit_by_name (f->element, "cancel-all", &will);
    g_object_set (f->element, "max-in-flight", 1 + i % 5, NULL);
    g_usleep (200);
  }
  return NULL;
}

static void
drop_log (const gchar * domain, GLogLevelFlags level, const gchar * text,
    gpointer user_data)
{
}

static GstBusSyncReply
drop_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* Frames of every kind of luck while everybody does what he may do at any
 * time, and the element is stopped and started. */
static void
test_all_at_once (void)
{
  static const GThreadFunc functions[] = { push_and_restart,
    flush_now_and_then, come_from_downstream
  };
  const CupDummyPlan late = {.delay = 5 }, fails = {.fails = TRUE };
  const CupDummyPlan other = {.delay = 1,.width = 8,.height = 8 };
  Fixture *f = fixture_new ("max-in-flight", 3, "max-failures", 0, NULL);
  /* Of frames without a STREAM_START or SEGMENT, which is what comes of a source
   * that does not know of the flush or the stop. */
  guint handler = g_log_set_handler ("GStreamer", G_LOG_LEVEL_WARNING, drop_log,
      NULL);
  GLogLevelFlags fatal = g_log_set_always_fatal (G_LOG_FATAL_MASK
      | G_LOG_LEVEL_CRITICAL);
  GThread *threads[G_N_ELEMENTS (functions)];
  guint i;

  g_atomic_int_set (&stop, 0);
  gst_bus_set_sync_handler (f->bus, drop_message, NULL, NULL);
  gst_harness_set_drop_buffers (f->harness, TRUE);
  answer_queries (f);
  for (i = 0; i < 250; i += 10) {
    cup_dummy_engine_set_plan_for (f->engine, (guint8) i, &late);
    cup_dummy_engine_set_plan_for (f->engine, (guint8) (i + 3), &other);
    cup_dummy_engine_set_plan_for (f->engine, (guint8) (i + 5), &fails);
  }
  for (i = 0; i < G_N_ELEMENTS (functions); i++)
    threads[i] = g_thread_new ("stress", functions[i], f);
  for (i = 0; i < 100; i++) {
    static const GstState states[] = { GST_STATE_READY, GST_STATE_PLAYING,
      GST_STATE_NULL, GST_STATE_PAUSED, GST_STATE_PLAYING
    };

    gst_util_set_object_arg (G_OBJECT (f->element), "on-error",
        i % 3 == 0 ? "error" : i % 3 == 1 ? "drop" : "passthrough");
    gst_element_set_state (f->element, states[i % G_N_ELEMENTS (states)]);
    g_usleep (i % 7 * 1500);
  }
  g_atomic_int_set (&stop, 1);
  gst_element_set_state (f->element, GST_STATE_NULL);
  for (i = 0; i < G_N_ELEMENTS (functions); i++)
    g_thread_join (threads[i]);
  g_log_set_always_fatal (fatal);
  g_log_remove_handler ("GStreamer", handler);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/flushing/flush-while-full", test_flush_while_full);
  g_test_add_func ("/flushing/queries-while-flushing",
      test_queries_while_flushing);
  g_test_add_func ("/flushing/queries-while-stopping",
      test_queries_while_stopping);
  g_test_add_func ("/flushing/stop-while-flushing", test_stop_while_flushing);
  g_test_add_func ("/flushing/all-at-once", test_all_at_once);
  return fixture_run ();
}
