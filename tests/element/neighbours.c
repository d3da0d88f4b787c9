/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "neighbours.h"

GstEvent *
new_segment (GstClockTime start)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = start;
  return gst_event_new_segment (&segment);
}

void
push_segment (Fixture * f, GstClockTime start)
{
  g_assert_true (gst_harness_push_event (f->harness, new_segment (start)));
}

guint
get_in_flight (Fixture * f)
{
  return cup_window_get_in_flight (GST_CREATIVE_UPSCALER (f->element)->window);
}

void
push_tag (Fixture * f, const gchar * title)
{
  g_assert_true (gst_harness_push_event (f->harness,
          gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, title, NULL))));
}

void
wait_for_flow (Fixture * f, GstFlowReturn flow)
{
  CupWindow *window = GST_CREATIVE_UPSCALER (f->element)->window;

  while (cup_window_get_flow (window) != flow)
    g_usleep (1000);
}

void
flush (Fixture * f)
{
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  push_segment (f, 0);
}

void
start_stream (Fixture * f)
{
  GstCaps *caps = gst_caps_from_string (FRAME_CAPS);

  gst_pad_push_event (f->harness->srcpad,
      gst_event_new_stream_start ("another"));
  gst_pad_push_event (f->harness->srcpad, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  gst_pad_push_event (f->harness->srcpad, new_segment (0));
}

static gpointer
run_pusher (gpointer data)
{
  Pusher *pusher = data;
  GstFlowReturn flow = GST_FLOW_OK;
  guint8 i;

  for (i = 0; i < pusher->n && flow == GST_FLOW_OK; i++) {
    flow = fixture_push (pusher->fixture, (guint8) (pusher->first + i));
    if (flow == GST_FLOW_OK)
      g_atomic_int_inc (&pusher->pushed);
  }
  return GINT_TO_POINTER (flow);
}

GThread *
start_pusher (Pusher * pusher)
{
  return g_thread_new ("pusher", run_pusher, pusher);
}

GstFlowReturn
join_pusher (GThread * thread)
{
  return (GstFlowReturn) GPOINTER_TO_INT (g_thread_join (thread));
}

static GstPadProbeReturn
reach_block (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Block *block = user_data;

  g_mutex_lock (&block->lock);
  block->reached = TRUE;
  g_cond_broadcast (&block->cond);
  g_mutex_unlock (&block->lock);
  return GST_PAD_PROBE_OK;
}

void
block_init (Block * block, Fixture * f)
{
  g_mutex_init (&block->lock);
  g_cond_init (&block->cond);
  block->reached = FALSE;
  block->pad = gst_element_get_static_pad (f->element, "src");
  block->id = gst_pad_add_probe (block->pad,
      GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, reach_block,
      block, NULL);
}

void
block_wait (Block * block)
{
  g_mutex_lock (&block->lock);
  while (!block->reached)
    g_cond_wait (&block->cond, &block->lock);
  g_mutex_unlock (&block->lock);
}

void
block_clear (Block * block)
{
  gst_pad_remove_probe (block->pad, block->id);
  gst_object_unref (block->pad);
  g_cond_clear (&block->cond);
  g_mutex_clear (&block->lock);
}

static GstPadProbeReturn
answer_query (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstQueryType type = GST_QUERY_TYPE (GST_PAD_PROBE_INFO_QUERY (info));

  return type == QUERY_SERIALIZED || type == QUERY_AT_ONCE ?
      GST_PAD_PROBE_HANDLED : GST_PAD_PROBE_OK;
}

void
answer_queries (Fixture * f)
{
  gst_pad_add_probe (f->harness->sinkpad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM,
      answer_query, NULL, NULL);
}

gboolean
run_query (Fixture * f, GstQueryType type)
{
  GstQuery *query = gst_query_new_custom (type,
      gst_structure_new_empty ("question"));
  gboolean answer = gst_pad_peer_query (f->harness->srcpad, query);

  gst_query_unref (query);
  return answer;
}
