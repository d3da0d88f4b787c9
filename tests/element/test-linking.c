/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A src pad that is not linked, is linked again, or is blocked, while frames
 * are on their way to it.
 */
#include "neighbours.h"

static const CupDummyPlan hold = {.delay = CUP_DUMMY_HOLD };

/* Pads that are not linked */

static GstFlowReturn
take_buffer (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static gboolean
take_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  gst_event_unref (event);
  return TRUE;
}

static GstPad *
link_sink (Fixture * f)
{
  GstPad *srcpad = gst_element_get_static_pad (f->element, "src");
  GstPad *sinkpad = gst_pad_new ("sink", GST_PAD_SINK);

  gst_pad_set_chain_function (sinkpad, take_buffer);
  gst_pad_set_event_function (sinkpad, take_event);
  fixture_record_pad (f, sinkpad);
  gst_pad_set_active (sinkpad, TRUE);
  g_assert_cmpint (gst_pad_link (srcpad, sinkpad), ==, GST_PAD_LINK_OK);
  gst_object_unref (srcpad);
  return sinkpad;
}

/* Nothing is linked behind the element. Sticky events are no failure then:
 * they would turn NOT_LINKED into an error. Once it is linked all of them come
 * out, each in its place among the frames that were taken. */
static void
test_never_linked (void)
{
  Fixture *f = fixture_new_idle ();
  GstPad *sinkpad;

  f->harness = gst_harness_new_with_element (f->element, "sink", NULL);
  gst_element_set_bus (f->element, f->bus);
  fixture_set_caps (f, FRAME_CAPS);
  push_tag (f, "one");
  g_assert_cmpint (fixture_push (f, 1), ==, GST_FLOW_OK);
  wait_for_flow (f, GST_FLOW_NOT_LINKED);
  push_segment (f, 2 * FRAME_DURATION);
  push_tag (f, "two");
  g_assert_cmpint (fixture_push (f, 3), ==, GST_FLOW_NOT_LINKED);
  /* What is not sticky is lost, and upstream is told. */
  g_assert_false (gst_harness_push_event (f->harness,
          gst_event_new_gap (0, FRAME_DURATION)));

  sinkpad = link_sink (f);
  fixture_assert_record (f, START "|tag|1|segment|tag");
  g_assert_cmpint (fixture_push (f, 4), ==, GST_FLOW_OK);
  fixture_assert_record (f, START "|tag|1|segment|tag|4");
  fixture_free (f);
  gst_object_unref (sinkpad);
}

/* What a pad that is linked again has to know before the next frame. */
static void
test_linked_again (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstPad *srcpad = gst_element_get_static_pad (f->element, "src");
  GstPad *sinkpad;

  push_tag (f, "one");
  fixture_push (f, 1);
  fixture_assert_record (f, START "|tag|1");
  g_assert_true (gst_pad_unlink (srcpad, f->harness->sinkpad));
  g_ptr_array_set_size (f->record, 0);
  push_segment (f, FRAME_DURATION);
  g_assert_cmpint (fixture_push (f, 2), ==, GST_FLOW_OK);
  wait_for_flow (f, GST_FLOW_NOT_LINKED);

  sinkpad = link_sink (f);
  fixture_assert_record (f, START "|tag|2");
  g_assert_cmpint (fixture_push (f, 3), ==, GST_FLOW_OK);
  fixture_assert_record (f, START "|tag|2|3");
  fixture_free (f);
  gst_object_unref (sinkpad);
  gst_object_unref (srcpad);
}

static gint stop;               /* atomic */

/* A source that tries again where it is told that nobody is there. The key 0
 * stays for none. Returns how many were taken. */
static gpointer
push_all_the_time (gpointer data)
{
  Fixture *f = data;
  guint i = 0;

  while (!g_atomic_int_get (&stop)) {
    GstBuffer *buffer = fixture_make_frame ((guint8) (i % 250 + 1));
    GstFlowReturn flow;

    GST_BUFFER_PTS (buffer) = i * FRAME_DURATION;
    flow = gst_harness_push (f->harness, buffer);
    if (flow == GST_FLOW_OK)
      i++;
    else
      g_assert_cmpint (flow, ==, GST_FLOW_NOT_LINKED);
  }
  return GUINT_TO_POINTER (i);
}

typedef struct
{
  GMutex lock;
  GCond cond;
  GstClockTime last;
  guint n;
} Order;

static GstPadProbeReturn
check_order (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  Order *order = user_data;
  guint8 key = 0;

  gst_buffer_extract (buffer, 0, &key, 1);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer) / FRAME_DURATION % 250 + 1, ==,
      key);
  g_mutex_lock (&order->lock);
  g_assert_true (order->n == 0 || GST_BUFFER_PTS (buffer) > order->last);
  order->last = GST_BUFFER_PTS (buffer);
  order->n++;
  g_cond_broadcast (&order->cond);
  g_mutex_unlock (&order->lock);
  return GST_PAD_PROBE_OK;
}

static void
wait_for_more (Order * order)
{
  guint n;

  g_mutex_lock (&order->lock);
  n = order->n;
  while (order->n == n)
    g_cond_wait (&order->cond, &order->lock);
  g_mutex_unlock (&order->lock);
}

/* The pad is unlinked and linked again while frames are under way: it always
 * goes on, nothing comes twice, and nothing out of order. */
static void
test_relink_in_flight (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstPad *srcpad = gst_element_get_static_pad (f->element, "src");
  GstPad *sinkpad = f->harness->sinkpad;
  Order order = { 0 };
  GThread *thread;
  guint i, pushed;

  g_mutex_init (&order.lock);
  g_cond_init (&order.cond);
  g_atomic_int_set (&stop, 0);
  gst_harness_set_drop_buffers (f->harness, TRUE);
  gst_pad_add_probe (sinkpad, GST_PAD_PROBE_TYPE_BUFFER, check_order, &order,
      NULL);
  thread = g_thread_new ("pusher", push_all_the_time, f);
  for (i = 0; i < 300; i++) {
    wait_for_more (&order);
    g_assert_true (gst_pad_unlink (srcpad, sinkpad));
    g_usleep (i % 5 * 100);
    g_assert_cmpint (gst_pad_link (srcpad, sinkpad), ==, GST_PAD_LINK_OK);
  }
  wait_for_more (&order);
  g_atomic_int_set (&stop, 1);
  pushed = GPOINTER_TO_UINT (g_thread_join (thread));
  while (get_in_flight (f) > 0)
    g_usleep (1000);
  g_test_message ("%u of %u frames", order.n, pushed);
  /* A push that meets nobody has lost its frame; one each time. */
  g_assert_cmpuint (order.n + i, >=, pushed);
  gst_object_unref (srcpad);
  fixture_free (f);
  g_cond_clear (&order.cond);
  g_mutex_clear (&order.lock);
}

/* Pads that are blocked */

/* A flush gets through a block, and takes what waits in it along. */
static void
test_flush_while_blocked (void)
{
  Fixture *f = fixture_new ("max-in-flight", 2, NULL);
  Pusher pusher = { f, 1, 6, 0 };
  GThread *thread;
  Block block;

  block_init (&block, f);
  thread = start_pusher (&pusher);
  block_wait (&block);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  g_assert_cmpint (join_pusher (thread), ==, GST_FLOW_FLUSHING);
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  block_clear (&block);
  push_segment (f, 0);
  fixture_push (f, 9);
  fixture_assert_record (f, START "|flush-start|flush-stop|segment|9");
  g_assert_cmpuint (get_in_flight (f), <=, 1);
  fixture_free (f);
}

static void
test_stop_while_blocked (void)
{
  Fixture *f = fixture_new ("max-in-flight", 2, NULL);
  Pusher pusher = { f, 1, 6, 0 };
  GThread *thread;
  Block block;

  block_init (&block, f);
  thread = start_pusher (&pusher);
  block_wait (&block);
  g_assert_cmpint (gst_element_set_state (f->element, GST_STATE_NULL), ==,
      GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (join_pusher (thread), ==, GST_FLOW_FLUSHING);
  block_clear (&block);
  fixture_free (f);
}

static GstPadProbeReturn
count_probe (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  g_atomic_int_inc ((gint *) user_data);
  return GST_PAD_PROBE_REMOVE;
}

/* With frames under way the pad is idle all the same: whoever wants to change
 * the pipeline behind it gets to it at once. */
static void
test_idle_probe (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstPad *srcpad = gst_element_get_static_pad (f->element, "src");
  gint called = 0;

  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 1);
  fixture_assert_record (f, "stream-start");
  cup_dummy_engine_wait_started (f->engine, 1);
  gst_pad_add_probe (srcpad, GST_PAD_PROBE_TYPE_IDLE, count_probe, &called,
      NULL);
  while (!g_atomic_int_get (&called))
    g_usleep (1000);
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f, START "|1");
  gst_object_unref (srcpad);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/linking/never-linked", test_never_linked);
  g_test_add_func ("/linking/linked-again", test_linked_again);
  g_test_add_func ("/linking/relink-in-flight", test_relink_in_flight);
  g_test_add_func ("/linking/flush-while-blocked", test_flush_while_blocked);
  g_test_add_func ("/linking/stop-while-blocked", test_stop_while_blocked);
  g_test_add_func ("/linking/idle-probe", test_idle_probe);
  return fixture_run ();
}
