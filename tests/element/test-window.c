/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What goes in and out of the element, and in which order: through its pads.
 * Jobs are held and released by the tests; nothing here depends on how long
 * anything takes.
 */
#include "fixture.h"

#include "base/error.h"

static const CupDummyPlan hold = {.delay = CUP_DUMMY_HOLD };

#define START "stream-start|caps|segment"

static void
test_order (void)
{
  Fixture *f = fixture_new ("max-in-flight", 8, NULL);
  guint8 key;

  cup_dummy_engine_set_plan (f->engine, &hold);
  for (key = 0; key < 6; key++)
    g_assert_cmpint (fixture_push (f, key), ==, GST_FLOW_OK);
  cup_dummy_engine_wait_started (f->engine, 6);
  /* The last first, and the first last of all. */
  for (key = 6; key > 0; key--)
    cup_dummy_engine_release (f->engine, key - 1);
  fixture_assert_record (f, START "|0|1|2|3|4|5");
  fixture_free (f);
}

static void
test_times_and_caps (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstBuffer *out;
  GstCaps *caps, *expected;

  fixture_push (f, 3);
  out = gst_harness_pull (f->harness);
  g_assert_cmpuint (GST_BUFFER_PTS (out), ==, 3 * FRAME_DURATION);
  g_assert_cmpuint (GST_BUFFER_DURATION (out), ==, FRAME_DURATION);
  g_assert_false (GST_BUFFER_DTS_IS_VALID (out));
  g_assert_cmpuint (gst_buffer_get_size (out), ==, 32 * 24 * 3);
  g_assert_true (gst_buffer_is_writable (out));
  g_assert_true (gst_buffer_is_all_memory_writable (out));
  gst_buffer_unref (out);

  caps = gst_pad_get_current_caps (f->harness->sinkpad);
  expected = gst_caps_from_string ("video/x-raw,format=RGB,width=32,height=24,"
      "framerate=25/1,pixel-aspect-ratio=1/1,interlace-mode=progressive");
  g_assert_true (gst_caps_is_subset (caps, expected));
  gst_caps_unref (expected);
  gst_caps_unref (caps);
  fixture_free (f);
}

/* A result leaves although no input comes, and none has to. */
static void
test_leaves_without_input (void)
{
  Fixture *f = fixture_new (NULL, NULL);

  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 7);
  cup_dummy_engine_wait_started (f->engine, 1);
  cup_dummy_engine_release (f->engine, 7);
  fixture_assert_record (f, START "|7");
  fixture_free (f);
}

static void
test_sticky_events (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  gchar *record;

  cup_dummy_engine_set_plan (f->engine, &hold);
  gst_harness_push_event (f->harness,
      gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "x", NULL)));
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 1);
  /* Nothing is known about the output yet: only STREAM_START may be out. */
  record = fixture_wait (f, 1);
  g_assert_cmpstr (record, ==, "stream-start");
  g_free (record);
  gst_harness_push_event (f->harness, gst_event_new_gap (FRAME_DURATION * 2,
          FRAME_DURATION));
  fixture_push (f, 3);
  gst_harness_push_event (f->harness, gst_event_new_eos ());
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f, START "|tag|1|gap|3|eos");
  fixture_free (f);
}

static void
test_eos_drains (void)
{
  Fixture *f = fixture_new ("max-in-flight", 8, NULL);
  guint8 key;

  cup_dummy_engine_set_plan (f->engine, &hold);
  for (key = 0; key < 3; key++)
    fixture_push (f, key);
  /* Returns, although the jobs are not done. */
  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_eos ()));
  g_assert_cmpint (fixture_push (f, 9), ==, GST_FLOW_EOS);
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f, START "|0|1|2|eos");
  fixture_free (f);
}

static void
test_eos_without_frame (void)
{
  Fixture *f = fixture_new (NULL, NULL);

  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_eos ()));
  fixture_assert_record (f, "stream-start|segment|eos");
  fixture_free (f);
}

/* A second stream on the same pad, begun before the first has drained. */
static void
test_stream_after_eos (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 0);
  gst_harness_push_event (f->harness, gst_event_new_eos ());
  gst_harness_push_event (f->harness, gst_event_new_stream_start ("two"));
  fixture_set_caps (f, FRAME_CAPS);
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  g_assert_cmpint (fixture_push (f, 1), ==, GST_FLOW_OK);
  cup_dummy_engine_release_all (f->engine);
  gst_harness_push_event (f->harness, gst_event_new_eos ());
  fixture_assert_record (f, START "|0|eos|stream-start|segment|segment|1|eos");
  fixture_free (f);
}

static void
test_flush (void)
{
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);
  GstSegment segment;
  guint8 key;

  fixture_push (f, 9);
  gst_buffer_unref (gst_harness_pull (f->harness));
  cup_dummy_engine_set_plan (f->engine, &hold);
  for (key = 0; key < 3; key++)
    fixture_push (f, key);
  cup_dummy_engine_wait_started (f->engine, 4);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  /* Nothing of before may come out: the jobs are cancelled at once. */
  cup_dummy_engine_wait_cancelled (f->engine, 3);
  g_assert_cmpint (fixture_push (f, 8), ==, GST_FLOW_FLUSHING);
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  cup_dummy_engine_release_all (f->engine);
  fixture_push (f, 77);
  fixture_assert_record (f, START "|9|flush-start|flush-stop|segment|77");
  fixture_free (f);
}

/* A tag that had not gone out yet survives a flush: it is sticky. */
static void
test_flush_keeps_tags (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstSegment segment;
  GstEvent *tag;

  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 0);
  gst_harness_push_event (f->harness,
      gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "kept", NULL)));
  cup_dummy_engine_wait_started (f->engine, 1);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  cup_dummy_engine_release_all (f->engine);
  fixture_push (f, 1);
  gst_buffer_unref (gst_harness_pull (f->harness));
  tag = gst_pad_get_sticky_event (f->harness->sinkpad, GST_EVENT_TAG, 0);
  g_assert_nonnull (tag);
  gst_event_unref (tag);
  fixture_free (f);
}

static gpointer
push_until_refused (gpointer data)
{
  Fixture *f = data;
  GstFlowReturn flow;
  guint8 key = 0;

  while ((flow = fixture_push (f, key++)) == GST_FLOW_OK);
  return GINT_TO_POINTER (flow);
}

/* Stopping does not wait for jobs: these would take for ever. */
static void
test_stop_while_blocked (void)
{
  Fixture *f = fixture_new ("max-in-flight", 2, NULL);
  GThread *thread;

  cup_dummy_engine_set_plan (f->engine, &hold);
  thread = g_thread_new ("pusher", push_until_refused, f);
  cup_dummy_engine_wait_started (f->engine, 2);
  g_assert_cmpint (gst_element_set_state (f->element, GST_STATE_NULL), ==,
      GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==,
      GST_FLOW_FLUSHING);
  cup_dummy_engine_wait_cancelled (f->engine, 2);
  fixture_free (f);
}

static void
test_bounded (void)
{
  Fixture *f = fixture_new ("max-in-flight", 3, NULL);
  GThread *thread;

  cup_dummy_engine_set_plan (f->engine, &hold);
  thread = g_thread_new ("pusher", push_until_refused, f);
  cup_dummy_engine_wait_started (f->engine, 3);
  /* Blocked now; a larger bound lets it go on at once. */
  g_assert_cmpuint (cup_window_get_in_flight (GST_CREATIVE_UPSCALER
          (f->element)->window), ==, 3);
  g_assert_cmpuint (cup_dummy_engine_get_max_parallel (f->engine), ==, 3);
  g_object_set (f->element, "max-in-flight", 5, NULL);
  cup_dummy_engine_wait_started (f->engine, 5);
  g_assert_cmpuint (cup_dummy_engine_get_max_parallel (f->engine), ==, 5);
  gst_element_set_state (f->element, GST_STATE_NULL);
  g_thread_join (thread);
  fixture_free (f);
}

/* Caps change with jobs in flight: nobody waits for them, each frame keeps the
 * caps that it came with, and each result those that it has. */
static void
test_caps_change (void)
{
  Fixture *f = fixture_new ("max-in-flight", 8, NULL);
  GstBuffer *buffer;
  guint i;

  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 0);
  fixture_push (f, 1);
  fixture_set_caps (f,
      "video/x-raw,format=RGB,width=8,height=8,framerate=25/1");
  buffer = gst_buffer_new_allocate (NULL, 8 * 8 * 3, NULL);
  gst_buffer_memset (buffer, 0, 2, -1);
  gst_harness_push (f->harness, buffer);
  cup_dummy_engine_wait_started (f->engine, 3);
  cup_dummy_engine_release_all (f->engine);
  /* CAPS at the input sends a SEGMENT along in the harness. */
  fixture_assert_record (f, START "|0|1|segment|caps|2");
  for (i = 0; i < 3; i++) {
    buffer = gst_harness_pull (f->harness);
    g_assert_cmpuint (gst_buffer_get_size (buffer), ==,
        i < 2 ? 32 * 24 * 3 : 16 * 16 * 3);
    gst_buffer_unref (buffer);
  }
  fixture_free (f);
}

/* Services round sizes: each result is announced as it is. */
static void
test_size_change (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  const CupDummyPlan other = {.width = 64,.height = 48 };

  cup_dummy_engine_set_plan_for (f->engine, 1, &other);
  fixture_push (f, 0);
  fixture_push (f, 1);
  fixture_push (f, 2);
  fixture_assert_record (f, START "|0|caps|1|caps|2");
  fixture_free (f);
}

static void
test_queries_at_once (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstCaps *caps = gst_caps_from_string (FRAME_CAPS);
  GstQuery *query;

  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 0);
  query = gst_query_new_allocation (caps, TRUE);
  g_assert_true (gst_pad_peer_query (f->harness->srcpad, query));
  g_assert_true (gst_query_find_allocation_meta (query,
          GST_VIDEO_META_API_TYPE, NULL));
  gst_query_unref (query);
  query = gst_query_new_drain ();
  g_assert_true (gst_pad_peer_query (f->harness->srcpad, query));
  gst_query_unref (query);
  gst_caps_unref (caps);
  fixture_free (f);
}

/* A query of ours that is to keep its place among the frames. */
#define QUERY_SERIALIZED \
  ((GstQueryType) GST_QUERY_MAKE_TYPE (999, GST_QUERY_TYPE_DOWNSTREAM \
      | GST_QUERY_TYPE_SERIALIZED))

typedef struct
{
  Fixture *fixture;
  GstQuery *query;
} QueryThread;

static gpointer
run_query (gpointer data)
{
  QueryThread *thread = data;

  return GINT_TO_POINTER (gst_pad_peer_query (thread->fixture->harness->srcpad,
          thread->query));
}

static GstPadProbeReturn
answer_custom (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Fixture *f = user_data;
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);

  if (GST_QUERY_TYPE (query) != QUERY_SERIALIZED)
    return GST_PAD_PROBE_OK;
  gst_structure_set (gst_query_writable_structure (query), "frames-before",
      G_TYPE_UINT, gst_harness_buffers_received (f->harness), NULL);
  return GST_PAD_PROBE_HANDLED;
}

/* A serialized query passes downstream behind the frames before it. */
static void
test_serialized_query (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  QueryThread thread = { f, NULL };
  GThread *runner;
  guint before = 0;

  cup_dummy_engine_set_plan (f->engine, &hold);
  gst_pad_add_probe (f->harness->sinkpad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM,
      answer_custom, f, NULL);
  thread.query = gst_query_new_custom (QUERY_SERIALIZED,
      gst_structure_new_empty ("order"));
  fixture_push (f, 0);
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 2);
  runner = g_thread_new ("query", run_query, &thread);
  cup_dummy_engine_release_all (f->engine);
  g_assert_true (GPOINTER_TO_INT (g_thread_join (runner)));
  g_assert_true (gst_structure_get_uint (gst_query_get_structure
          (thread.query), "frames-before", &before));
  g_assert_cmpuint (before, ==, 2);
  gst_query_unref (thread.query);
  fixture_free (f);
}

static void
test_query_released_by_flush (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  QueryThread thread = { f, NULL };
  GThread *runner;

  cup_dummy_engine_set_plan (f->engine, &hold);
  thread.query = gst_query_new_custom (QUERY_SERIALIZED,
      gst_structure_new_empty ("never"));
  fixture_push (f, 0);
  cup_dummy_engine_wait_started (f->engine, 1);
  runner = g_thread_new ("query", run_query, &thread);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  g_assert_false (GPOINTER_TO_INT (g_thread_join (runner)));
  gst_query_unref (thread.query);
  fixture_free (f);
}

static GstFlowReturn forced_flow;

static GstPadProbeReturn
force_flow (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstFlowReturn flow = g_atomic_int_get ((gint *) & forced_flow);

  if (flow == GST_FLOW_OK)
    return GST_PAD_PROBE_OK;
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  info->data = NULL;
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = flow;
  return GST_PAD_PROBE_HANDLED;
}

static void
set_forced_flow (Fixture * f, GstFlowReturn flow)
{
  g_atomic_int_set ((gint *) & forced_flow, flow);
  gst_pad_add_probe (f->harness->sinkpad, GST_PAD_PROBE_TYPE_BUFFER,
      force_flow, NULL, NULL);
}

/* Pushes until the flow comes back; the results are not waited for. */
static GstFlowReturn
push_until (Fixture * f, GstFlowReturn expected)
{
  GstFlowReturn flow;

  do {
    flow = fixture_push (f, 1);
  } while (flow == GST_FLOW_OK && expected != GST_FLOW_OK);
  return flow;
}

/* Downstream's EOS stops frames, not the stream: EOS and a new segment pass. */
static void
test_downstream_eos (void)
{
  Fixture *f = fixture_new ("max-in-flight", 2, NULL);
  GstSegment segment;

  set_forced_flow (f, GST_FLOW_EOS);
  g_assert_cmpint (push_until (f, GST_FLOW_EOS), ==, GST_FLOW_EOS);
  g_atomic_int_set ((gint *) & forced_flow, GST_FLOW_OK);
  g_assert_cmpint (fixture_push (f, 2), ==, GST_FLOW_EOS);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.base = GST_SECOND;
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  g_assert_cmpint (fixture_push (f, 3), ==, GST_FLOW_OK);
  gst_harness_push_event (f->harness, gst_event_new_eos ());
  fixture_assert_record (f, START "|1|segment|3|eos");
  fixture_free (f);
}

static void
test_downstream_error (void)
{
  Fixture *f = fixture_new ("max-in-flight", 2, NULL);

  set_forced_flow (f, GST_FLOW_ERROR);
  g_assert_cmpint (push_until (f, GST_FLOW_ERROR), ==, GST_FLOW_ERROR);
  g_assert_cmpint (fixture_push (f, 2), ==, GST_FLOW_ERROR);
  g_assert_false (gst_harness_push_event (f->harness, gst_event_new_eos ()));
  fixture_free (f);
}

/* After EOS no buffer comes that could tell upstream: the error is posted. */
static void
test_not_negotiated_after_eos (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstMessage *message;

  cup_dummy_engine_set_plan (f->engine, &hold);
  set_forced_flow (f, GST_FLOW_NOT_NEGOTIATED);
  fixture_push (f, 1);
  gst_harness_push_event (f->harness, gst_event_new_eos ());
  cup_dummy_engine_release_all (f->engine);
  message = fixture_wait_message (f, GST_MESSAGE_ERROR);
  gst_message_unref (message);
  fixture_assert_record (f, START "|1|eos");
  fixture_free (f);
}

/* What has been paid for waits until the pad is linked again. */
static void
test_relink (void)
{
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);
  GstPad *srcpad = gst_element_get_static_pad (f->element, "src");
  GstPad *peer = gst_pad_get_peer (srcpad);

  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 0);
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 2);
  g_assert_true (gst_pad_unlink (srcpad, peer));
  cup_dummy_engine_release_all (f->engine);
  g_assert_cmpint (push_until (f, GST_FLOW_NOT_LINKED), ==,
      GST_FLOW_NOT_LINKED);
  g_assert_cmpint (gst_pad_link (srcpad, peer), ==, GST_PAD_LINK_OK);
  gst_buffer_unref (gst_harness_pull (f->harness));
  gst_buffer_unref (gst_harness_pull (f->harness));
  g_assert_cmpint (fixture_push (f, 2), ==, GST_FLOW_OK);
  gst_object_unref (peer);
  gst_object_unref (srcpad);
  fixture_free (f);
}

/* A frame that fails ends the stream when its turn comes, not before. */
static void
test_failure_in_order (void)
{
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);
  const CupDummyPlan fails = {.fails = TRUE };
  const GstStructure *details;
  GstMessage *message;
  GError *error = NULL;
  guint64 pts;

  cup_dummy_engine_set_plan_for (f->engine, 2, &fails);
  cup_dummy_engine_set_plan_for (f->engine, 0, &hold);
  fixture_push (f, 0);
  fixture_push (f, 1);
  fixture_push (f, 2);
  fixture_push (f, 3);
  cup_dummy_engine_wait_started (f->engine, 4);
  cup_dummy_engine_release_all (f->engine);
  message = fixture_wait_message (f, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED);
  g_assert_cmpstr (error->message, ==, "the dummy was told to fail frame 2");
  g_error_free (error);
  gst_message_parse_error_details (message, &details);
  g_assert_true (gst_structure_get_uint64 (details, "pts", &pts));
  g_assert_cmpuint (pts, ==, 2 * FRAME_DURATION);
  g_assert_cmpstr (gst_structure_get_string (details, "engine"), ==, "dummy");
  gst_message_unref (message);
  fixture_assert_record (f, START "|0|1|eos");
  g_assert_cmpint (push_until (f, GST_FLOW_ERROR), ==, GST_FLOW_ERROR);
  fixture_free (f);
}

/* After EOS a failed frame still ends the stream once, with one error. */
static void
test_failure_after_eos (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  const CupDummyPlan fails = {.delay = CUP_DUMMY_HOLD,.fails = TRUE };

  cup_dummy_engine_set_plan (f->engine, &fails);
  fixture_push (f, 0);
  gst_harness_push_event (f->harness, gst_event_new_eos ());
  cup_dummy_engine_release_all (f->engine);
  gst_message_unref (fixture_wait_message (f, GST_MESSAGE_ERROR));
  fixture_assert_record (f, "stream-start|segment|eos");
  /* Ends the task: nothing can follow. */
  gst_element_set_state (f->element, GST_STATE_READY);
  fixture_assert_record (f, "stream-start|segment|eos");
  g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_ERROR));
  fixture_free (f);
}

static void
test_bytes_segment (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  const GstSegment *segment;
  GstSegment bytes;
  GstEvent *event;
  GstBuffer *buffer;
  guint i;

  gst_segment_init (&bytes, GST_FORMAT_BYTES);
  gst_harness_push_event (f->harness, gst_event_new_segment (&bytes));
  for (i = 0; i < 3; i++) {
    buffer = fixture_make_frame (1);
    GST_BUFFER_PTS (buffer) = GST_BUFFER_DURATION (buffer) =
        GST_CLOCK_TIME_NONE;
    GST_BUFFER_OFFSET (buffer) = 100 + i;
    gst_harness_push (f->harness, buffer);
  }
  for (i = 0; i < 3; i++) {
    buffer = gst_harness_pull (f->harness);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, i * FRAME_DURATION);
    g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, FRAME_DURATION);
    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, 100 + i);
    gst_buffer_unref (buffer);
  }
  event = gst_pad_get_sticky_event (f->harness->sinkpad, GST_EVENT_SEGMENT, 0);
  gst_event_parse_segment (event, &segment);
  g_assert_cmpint (segment->format, ==, GST_FORMAT_TIME);
  gst_event_unref (event);
  fixture_free (f);
}

/* What downstream would not show is not submitted, hence not paid for. */
static void
test_clipping (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstSegment segment;
  GstBuffer *buffer;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 2 * FRAME_DURATION + FRAME_DURATION / 2;
  segment.stop = 4 * FRAME_DURATION;
  segment.time = segment.start;
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  g_assert_cmpint (fixture_push (f, 0), ==, GST_FLOW_OK);
  g_assert_cmpint (fixture_push (f, 2), ==, GST_FLOW_OK);
  buffer = fixture_make_frame (3);
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DECODE_ONLY);
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
  g_assert_cmpint (fixture_push (f, 3), ==, GST_FLOW_OK);
  g_assert_cmpint (fixture_push (f, 4), ==, GST_FLOW_OK);
  gst_harness_push_event (f->harness, gst_event_new_eos ());

  buffer = gst_harness_pull (f->harness);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, segment.start);
  g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, FRAME_DURATION / 2);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT));
  gst_buffer_unref (buffer);
  buffer = gst_harness_pull (f->harness);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, 3 * FRAME_DURATION);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT));
  gst_buffer_unref (buffer);
  fixture_assert_record (f, "stream-start|caps|segment|segment|2|3|eos");
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 2);
  fixture_free (f);
}

static void
test_qos (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstMessage *message;
  gchar *record;

  fixture_push (f, 0);
  gst_buffer_unref (gst_harness_pull (f->harness));
  gst_harness_push_upstream_event (f->harness,
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, FRAME_DURATION,
          FRAME_DURATION));
  /* Late until 3: 1 and 2 are not even sent. */
  fixture_push (f, 1);
  fixture_push (f, 2);
  fixture_push (f, 3);
  gst_buffer_unref (gst_harness_pull (f->harness));
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 2);
  message = fixture_wait_message (f, GST_MESSAGE_QOS);
  gst_message_unref (message);

  g_object_set (f->element, "qos", FALSE, NULL);
  gst_harness_push_upstream_event (f->harness,
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, GST_SECOND, GST_SECOND));
  fixture_push (f, 4);
  gst_buffer_unref (gst_harness_pull (f->harness));
  record = fixture_wait (f, 6);
  /* Two holes, which are one where the first had not left yet. */
  g_assert_true (g_str_equal (record, START "|0|gap|3|4")
      || g_str_equal (record, START "|0|gap|gap|3|4"));
  g_free (record);
  fixture_free (f);
}

/* READY and back starts anew: no caps of before, the events again. */
static void
test_restart (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstSegment segment;

  fixture_push (f, 0);
  fixture_assert_record (f, START "|0");
  gst_element_set_state (f->element, GST_STATE_READY);
  g_assert_cmpint (fixture_push (f, 1), ==, GST_FLOW_FLUSHING);
  gst_element_set_state (f->element, GST_STATE_PLAYING);
  gst_harness_push_event (f->harness, gst_event_new_stream_start ("again"));
  fixture_set_caps (f, FRAME_CAPS);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  fixture_push (f, 2);
  gst_buffer_unref (gst_harness_pull (f->harness));
  gst_buffer_unref (gst_harness_pull (f->harness));
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/window/order", test_order);
  g_test_add_func ("/window/times-and-caps", test_times_and_caps);
  g_test_add_func ("/window/leaves-without-input", test_leaves_without_input);
  g_test_add_func ("/window/sticky-events", test_sticky_events);
  g_test_add_func ("/window/eos-drains", test_eos_drains);
  g_test_add_func ("/window/eos-without-frame", test_eos_without_frame);
  g_test_add_func ("/window/stream-after-eos", test_stream_after_eos);
  g_test_add_func ("/window/flush", test_flush);
  g_test_add_func ("/window/flush-keeps-tags", test_flush_keeps_tags);
  g_test_add_func ("/window/stop-while-blocked", test_stop_while_blocked);
  g_test_add_func ("/window/bounded", test_bounded);
  g_test_add_func ("/window/caps-change", test_caps_change);
  g_test_add_func ("/window/size-change", test_size_change);
  g_test_add_func ("/window/queries-at-once", test_queries_at_once);
  g_test_add_func ("/window/serialized-query", test_serialized_query);
  g_test_add_func ("/window/query-released-by-flush",
      test_query_released_by_flush);
  g_test_add_func ("/window/downstream-eos", test_downstream_eos);
  g_test_add_func ("/window/downstream-error", test_downstream_error);
  g_test_add_func ("/window/not-negotiated-after-eos",
      test_not_negotiated_after_eos);
  g_test_add_func ("/window/relink", test_relink);
  g_test_add_func ("/window/failure-in-order", test_failure_in_order);
  g_test_add_func ("/window/failure-after-eos", test_failure_after_eos);
  g_test_add_func ("/window/bytes-segment", test_bytes_segment);
  g_test_add_func ("/window/clipping", test_clipping);
  g_test_add_func ("/window/qos", test_qos);
  g_test_add_func ("/window/restart", test_restart);
  return fixture_run ();
}
