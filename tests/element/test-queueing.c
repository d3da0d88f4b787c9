/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The element has the semantics of `queue` towards its neighbours, and so it
 * has to hold what GStreamer's own tests ask of `queue`: full and empty, flow
 * returns, lists, events and queries of every kind, against frames that take as
 * long as they like. test-linking.c and test-flushing.c have the rest.
 */
#include "neighbours.h"

static const CupDummyPlan hold = {.delay = CUP_DUMMY_HOLD };

/* Full and empty */

/* Downstream takes nothing: upstream is held up at max-in-flight although all
 * the jobs are done, and goes on when there is room. */
static void
test_overrun (void)
{
  Fixture *f = fixture_new ("max-in-flight", 2, NULL);
  Pusher pusher = { f, 0, 6, 0 };
  GThread *thread;
  Block block;

  block_init (&block, f);
  thread = start_pusher (&pusher);
  block_wait (&block);
  cup_dummy_engine_wait_started (f->engine, 2);
  /* Time for a third one, if it were taken. */
  g_usleep (20 * 1000);
  g_assert_cmpint (g_atomic_int_get (&pusher.pushed), <=, 2);
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 2);
  g_assert_cmpuint (get_in_flight (f), ==, 2);
  block_clear (&block);
  g_assert_cmpint (join_pusher (thread), ==, GST_FLOW_OK);
  fixture_assert_record (f, START "|0|1|2|3|4|5");
  fixture_free (f);
}

/* Nothing there to wait for, before and behind a frame. */
static void
test_query_when_empty (void)
{
  Fixture *f = fixture_new (NULL, NULL);

  answer_queries (f);
  g_assert_true (run_query (f, QUERY_SERIALIZED));
  fixture_push (f, 1);
  fixture_assert_record (f, START "|1");
  g_assert_true (run_query (f, QUERY_SERIALIZED));
  fixture_free (f);
}

static gpointer
query_serialized (gpointer fixture)
{
  return GINT_TO_POINTER (run_query (fixture, QUERY_SERIALIZED));
}

/* A query takes no place of a frame: it goes in where the window is full, and
 * is answered when the frames before it are out. */
static void
test_query_when_full (void)
{
  Fixture *f = fixture_new ("max-in-flight", 2, NULL);
  GThread *thread;

  answer_queries (f);
  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 0);
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 2);
  thread = g_thread_new ("query", query_serialized, f);
  /* What is no part of the stream does not wait for it. */
  g_assert_true (run_query (f, QUERY_AT_ONCE));
  cup_dummy_engine_release_all (f->engine);
  g_assert_true (GPOINTER_TO_INT (g_thread_join (thread)));
  fixture_assert_record (f, START "|0|1");
  fixture_free (f);
}

/* Who asks behind a frame that ends the stream is told so. */
static void
test_query_behind_failure (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  const CupDummyPlan fails = {.delay = CUP_DUMMY_HOLD,.fails = TRUE };
  GThread *thread;

  answer_queries (f);
  cup_dummy_engine_set_plan (f->engine, &fails);
  fixture_push (f, 0);
  cup_dummy_engine_wait_started (f->engine, 1);
  thread = g_thread_new ("query", query_serialized, f);
  cup_dummy_engine_release_all (f->engine);
  g_assert_false (GPOINTER_TO_INT (g_thread_join (thread)));
  g_assert_false (run_query (f, QUERY_SERIALIZED));
  fixture_free (f);
}

/* EOS needs no room either, and the frames before it leave. */
static void
test_eos_when_full (void)
{
  Fixture *f = fixture_new ("max-in-flight", 2, NULL);
  Block block;

  block_init (&block, f);
  fixture_push (f, 0);
  fixture_push (f, 1);
  block_wait (&block);
  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_eos ()));
  g_assert_cmpint (fixture_push (f, 2), ==, GST_FLOW_EOS);
  block_clear (&block);
  fixture_assert_record (f, START "|0|1|eos");
  fixture_free (f);
}

/* What downstream returns */

typedef struct
{
  gint flow;                    /* atomic */
  gint seen;
} Forced;

static GstPadProbeReturn
force_flow (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Forced *forced = user_data;
  GstFlowReturn flow = g_atomic_int_get (&forced->flow);

  g_atomic_int_inc (&forced->seen);
  if (flow == GST_FLOW_OK)
    return GST_PAD_PROBE_OK;
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  info->data = NULL;
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = flow;
  return GST_PAD_PROBE_HANDLED;
}

/* Upstream gets it with its next frame, and again and again; a flush ends it.
 * Nothing is sent to the service in vain meanwhile. */
static void
test_flow_returns (void)
{
  static const GstFlowReturn flows[] = { GST_FLOW_EOS, GST_FLOW_NOT_LINKED,
    GST_FLOW_FLUSHING, GST_FLOW_NOT_NEGOTIATED, GST_FLOW_ERROR,
    GST_FLOW_NOT_SUPPORTED, GST_FLOW_CUSTOM_ERROR
  };
  Fixture *f = fixture_new ("max-in-flight", 2, NULL);
  Forced forced = { GST_FLOW_OK, 0 };
  guint8 key = 1;
  guint i, n;

  gst_harness_set_drop_buffers (f->harness, TRUE);
  gst_pad_add_probe (f->harness->sinkpad, GST_PAD_PROBE_TYPE_BUFFER,
      force_flow, &forced, NULL);
  for (i = 0; i < G_N_ELEMENTS (flows); i++) {
    GstFlowReturn flow;

    g_atomic_int_set (&forced.flow, flows[i]);
    while ((flow = fixture_push (f, key++)) == GST_FLOW_OK);
    g_assert_cmpint (flow, ==, flows[i]);
    for (n = 0; n < 3; n++)
      g_assert_cmpint (fixture_push (f, key++), ==, flows[i]);
    g_atomic_int_set (&forced.flow, GST_FLOW_OK);
    flush (f);
    n = (guint) g_atomic_int_get (&forced.seen);
    g_assert_cmpint (fixture_push (f, key++), ==, GST_FLOW_OK);
    while ((guint) g_atomic_int_get (&forced.seen) == n)
      g_usleep (1000);
    /* What was refused was not sent. */
    for (n = 2; n <= 4; n++)
      g_assert_null (cup_dummy_engine_get_values (f->engine,
              (guint8) (key - n)));
  }
  fixture_free (f);
}

typedef struct
{
  GMutex lock;
  GCond cond;
  guint alive;
} Frames;

static void
frame_gone (gpointer user_data, GstMiniObject * where)
{
  Frames *frames = user_data;

  g_mutex_lock (&frames->lock);
  frames->alive--;
  g_cond_broadcast (&frames->cond);
  g_mutex_unlock (&frames->lock);
}

/* Where downstream has failed, upstream's frames go back to their pool: a
 * source that waits for one would wait for ever. */
static void
test_error_lets_go (void)
{
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);
  Forced forced = { GST_FLOW_ERROR, 0 };
  Frames frames = { 0 };
  guint8 key;

  g_mutex_init (&frames.lock);
  g_cond_init (&frames.cond);
  /* Then the frames are kept until their results are there. */
  gst_util_set_object_arg (G_OBJECT (f->element), "on-error", "passthrough");
  cup_dummy_engine_set_plan (f->engine, &hold);
  gst_pad_add_probe (f->harness->sinkpad, GST_PAD_PROBE_TYPE_BUFFER,
      force_flow, &forced, NULL);
  for (key = 1; key < 5; key++) {
    GstBuffer *buffer = fixture_make_frame (key);

    gst_mini_object_weak_ref (GST_MINI_OBJECT (buffer), frame_gone, &frames);
    frames.alive++;
    g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
  }
  cup_dummy_engine_wait_started (f->engine, 4);
  cup_dummy_engine_release (f->engine, 1);
  g_mutex_lock (&frames.lock);
  /* The last one is kept for the next to be compared with. */
  while (frames.alive > 1)
    g_cond_wait (&frames.cond, &frames.lock);
  g_mutex_unlock (&frames.lock);
  cup_dummy_engine_wait_cancelled (f->engine, 3);
  fixture_free (f);
  g_assert_cmpuint (frames.alive, ==, 0);
  g_cond_clear (&frames.cond);
  g_mutex_clear (&frames.lock);
}

/* Lists, events */

static void
test_buffer_list (void)
{
  Fixture *f = fixture_new ("max-in-flight", 2, NULL);
  GstBufferList *list = gst_buffer_list_new ();
  guint8 key;

  for (key = 1; key < 6; key++)
    gst_buffer_list_add (list, fixture_make_frame (key));
  g_assert_cmpint (gst_pad_push_list (f->harness->srcpad, list), ==,
      GST_FLOW_OK);
  fixture_assert_record (f, START "|1|2|3|4|5");
  gst_harness_push_event (f->harness, gst_event_new_eos ());
  list = gst_buffer_list_new ();
  gst_buffer_list_add (list, fixture_make_frame (6));
  gst_buffer_list_add (list, fixture_make_frame (7));
  g_assert_cmpint (gst_pad_push_list (f->harness->srcpad, list), ==,
      GST_FLOW_EOS);
  fixture_assert_record (f, START "|1|2|3|4|5|eos");
  fixture_free (f);
}

/* All that comes before the first frame leaves in its order, once the first
 * result tells the caps. */
static void
test_initial_events (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstStreamCollection *collection = gst_stream_collection_new ("x");
  GstToc *toc = gst_toc_new (GST_TOC_SCOPE_GLOBAL);
  gchar *record;

  cup_dummy_engine_set_plan (f->engine, &hold);
  gst_harness_push_event (f->harness,
      gst_event_new_stream_collection (collection));
  push_tag (f, "x");
  gst_harness_push_event (f->harness, gst_event_new_toc (toc, FALSE));
  gst_harness_push_event (f->harness, gst_event_new_custom
      (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, gst_structure_new_empty ("one")));
  gst_harness_push_event (f->harness, gst_event_new_custom
      (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, gst_structure_new_empty ("two")));
  gst_harness_push_event (f->harness, gst_event_new_gap (0, FRAME_DURATION));
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 1);
  record = fixture_wait (f, 1);
  g_assert_cmpstr (record, ==, "stream-start");
  g_free (record);
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f, START "|stream-collection|tag|toc"
      "|custom-downstream-sticky|custom-downstream-sticky|gap|1");
  gst_toc_unref (toc);
  gst_object_unref (collection);
  fixture_free (f);
}

/* Each SEGMENT counts, the same one once more too, for the frames behind it and
 * for no other; and downstream gets upstream's own, with its number. */
static void
test_segments (void)
{
  Fixture *f = fixture_new ("max-in-flight", 8, NULL);
  guint32 seqnum = gst_util_seqnum_next ();
  GstSegment segment;
  GstEvent *event;

  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 1);
  push_segment (f, 0);
  push_segment (f, 0);
  fixture_push (f, 2);
  push_segment (f, 3 * FRAME_DURATION);
  fixture_push (f, 2);
  fixture_push (f, 3);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.base = 4 * FRAME_DURATION;
  event = gst_event_new_segment (&segment);
  gst_event_set_seqnum (event, seqnum);
  gst_event_set_running_time_offset (event, 5);
  gst_harness_push_event (f->harness, event);
  fixture_push (f, 4);
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f, START "|1|segment|segment|2|segment|3|segment|4");
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 4);
  event = gst_pad_get_sticky_event (f->harness->sinkpad, GST_EVENT_SEGMENT, 0);
  gst_event_copy_segment (event, &segment);
  g_assert_cmpuint (gst_event_get_seqnum (event), ==, seqnum);
  g_assert_cmpuint (segment.base, ==, 4 * FRAME_DURATION);
  g_assert_cmpint (gst_event_get_running_time_offset (event), ==, 5);
  gst_event_unref (event);
  fixture_free (f);
}

/* GAPs of upstream's are no frames: they take no place, keep their order, and
 * leave as they came. */
static void
test_gaps (void)
{
  Fixture *f = fixture_new ("max-in-flight", 2, NULL);
  GstEvent *gap = gst_event_new_gap (3 * FRAME_DURATION, FRAME_DURATION);
  GstClockTime start, duration;
  GstGapFlags flags;
  guint i;

  gst_event_set_gap_flags (gap, GST_GAP_FLAG_MISSING_DATA);
  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 1);
  fixture_push (f, 2);
  gst_harness_push_event (f->harness, gap);
  for (i = 4; i < 7; i++)
    gst_harness_push_event (f->harness, gst_event_new_gap (i * FRAME_DURATION,
            FRAME_DURATION));
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f, START "|1|2|gap|gap|gap|gap");
  while ((gap = gst_harness_pull_event (f->harness))) {
    if (GST_EVENT_TYPE (gap) == GST_EVENT_GAP)
      break;
    gst_event_unref (gap);
  }
  gst_event_parse_gap (gap, &start, &duration);
  gst_event_parse_gap_flags (gap, &flags);
  g_assert_cmpuint (start, ==, 3 * FRAME_DURATION);
  g_assert_cmpuint (duration, ==, FRAME_DURATION);
  g_assert_cmpint (flags, ==, GST_GAP_FLAG_MISSING_DATA);
  gst_event_unref (gap);
  fixture_free (f);
}

/* Serialized ones keep their place, others overtake the frames. */
static void
test_custom_events (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstEvent *event;

  cup_dummy_engine_set_plan_for (f->engine, 2, &hold);
  fixture_push (f, 1);
  fixture_assert_record (f, START "|1");
  fixture_push (f, 2);
  gst_harness_push_event (f->harness, gst_event_new_custom
      (GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty ("in-order")));
  gst_harness_push_event (f->harness, gst_event_new_custom
      (GST_EVENT_CUSTOM_DOWNSTREAM_OOB, gst_structure_new_empty ("urgent")));
  fixture_assert_record (f, START "|1|custom-downstream-oob");
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f, START "|1|custom-downstream-oob|2"
      "|custom-downstream");

  while ((event = gst_harness_try_pull_upstream_event (f->harness)))
    gst_event_unref (event);
  gst_harness_push_upstream_event (f->harness, gst_event_new_custom
      (GST_EVENT_CUSTOM_UPSTREAM, gst_structure_new_empty ("back")));
  event = gst_harness_pull_upstream_event (f->harness);
  g_assert_true (gst_event_has_name (event, "back"));
  gst_event_unref (event);
  gst_harness_push_upstream_event (f->harness, gst_event_new_seek (1,
          GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0,
          GST_SEEK_TYPE_NONE, -1));
  event = gst_harness_pull_upstream_event (f->harness);
  g_assert_cmpint (GST_EVENT_TYPE (event), ==, GST_EVENT_SEEK);
  gst_event_unref (event);
  fixture_free (f);
}

/* Queries that are upstream's */

static GstPadProbeReturn
answer_upstream (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_POSITION:
      gst_query_set_position (query, GST_FORMAT_TIME, 11);
      return GST_PAD_PROBE_HANDLED;
    case GST_QUERY_DURATION:
      gst_query_set_duration (query, GST_FORMAT_TIME, 22);
      return GST_PAD_PROBE_HANDLED;
    case GST_QUERY_SEEKING:
      gst_query_set_seeking (query, GST_FORMAT_TIME, TRUE, 0, 33);
      return GST_PAD_PROBE_HANDLED;
    case GST_QUERY_LATENCY:
      gst_query_set_latency (query, FALSE, 0, GST_CLOCK_TIME_NONE);
      return GST_PAD_PROBE_HANDLED;
    default:
      return GST_PAD_PROBE_OK;
  }
}

/* They are answered whatever is under way. */
static void
test_upstream_queries (void)
{
  Fixture *f = fixture_new ("max-in-flight", 1, NULL);
  GstPad *srcpad = gst_element_get_static_pad (f->element, "src");
  GstQuery *query;
  gint64 value = 0;
  gboolean live = TRUE, seekable = FALSE;

  cup_dummy_engine_set_plan (f->engine, &hold);
  gst_pad_add_probe (f->harness->srcpad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM,
      answer_upstream, NULL, NULL);
  fixture_push (f, 1);
  g_assert_true (gst_pad_query_position (srcpad, GST_FORMAT_TIME, &value));
  g_assert_cmpint (value, ==, 11);
  g_assert_true (gst_pad_query_duration (srcpad, GST_FORMAT_TIME, &value));
  g_assert_cmpint (value, ==, 22);
  query = gst_query_new_seeking (GST_FORMAT_TIME);
  g_assert_true (gst_pad_query (srcpad, query));
  gst_query_parse_seeking (query, NULL, &seekable, NULL, &value);
  g_assert_true (seekable);
  g_assert_cmpint (value, ==, 33);
  gst_query_unref (query);
  query = gst_query_new_latency ();
  g_assert_true (gst_pad_query (srcpad, query));
  gst_query_parse_latency (query, &live, NULL, NULL);
  g_assert_false (live);
  gst_query_unref (query);
  gst_object_unref (srcpad);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/queueing/overrun", test_overrun);
  g_test_add_func ("/queueing/query-when-empty", test_query_when_empty);
  g_test_add_func ("/queueing/query-when-full", test_query_when_full);
  g_test_add_func ("/queueing/query-behind-failure", test_query_behind_failure);
  g_test_add_func ("/queueing/eos-when-full", test_eos_when_full);
  g_test_add_func ("/queueing/flow-returns", test_flow_returns);
  g_test_add_func ("/queueing/error-lets-go", test_error_lets_go);
  g_test_add_func ("/queueing/buffer-list", test_buffer_list);
  g_test_add_func ("/queueing/initial-events", test_initial_events);
  g_test_add_func ("/queueing/segments", test_segments);
  g_test_add_func ("/queueing/gaps", test_gaps);
  g_test_add_func ("/queueing/custom-events", test_custom_events);
  g_test_add_func ("/queueing/upstream-queries", test_upstream_queries);
  return fixture_run ();
}
