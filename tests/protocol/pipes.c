/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pipelines that talk to one service: see pipes.h.
 */
#include "pipes.h"

static GstBusSyncReply
on_message (GstBus * bus, GstMessage * message, gpointer data)
{
  const GstStructure *structure = gst_message_get_structure (message);
  Pipe *pipe = data;
  guint i;

  g_mutex_lock (&pipe->lock);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_NEED_CONTEXT) {
    pipe->n_need++;
    if (pipe->to_answer)
      gst_element_set_context (GST_ELEMENT (GST_MESSAGE_SRC (message)),
          pipe->to_answer);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_HAVE_CONTEXT) {
    pipe->n_have++;
  } else if (structure && gst_structure_has_name (structure,
          "creativeupscaler-job")
      && g_strcmp0 (gst_structure_get_string (structure, "state"),
          "held-back") == 0) {
    for (i = 0; i < 2; i++)
      if (GST_MESSAGE_SRC (message) == GST_OBJECT (pipe->branch[i].upscaler))
        pipe->n_held_back[i]++;
    g_cond_broadcast (&pipe->cond);
  }
  g_mutex_unlock (&pipe->lock);
  return GST_BUS_PASS;
}

void
branch_set_up (GstElement * upscaler, CupFalService * service)
{
  const gchar *location = cup_fal_service_get_location (service);

  gst_util_set_object_arg (G_OBJECT (upscaler), "engine", "fal");
  gst_util_set_object_arg (G_OBJECT (upscaler), "upload", "data-uri");
  gst_util_set_object_arg (G_OBJECT (upscaler), "status-updates", "poll");
  g_object_set (upscaler, "api-key", KEY, "location", location,
      "storage-location", location, "retry-delay", 0.02, NULL);
}

static void
branch_add (Branch * branch, GstElement * pipeline, CupFalService * service)
{
  GstCaps *caps = gst_caps_from_string (FRAME_CAPS);

  branch->src = gst_element_factory_make ("appsrc", NULL);
  branch->upscaler = gst_element_factory_make ("creativeupscaler", NULL);
  branch->sink = gst_element_factory_make ("appsink", NULL);
  branch_set_up (branch->upscaler, service);
  g_object_set (branch->src, "caps", caps, "format", GST_FORMAT_TIME, NULL);
  /* One branch may play before the other one has its first frame. */
  g_object_set (branch->sink, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add_many (GST_BIN (pipeline), branch->src, branch->upscaler,
      branch->sink, NULL);
  g_assert_true (gst_element_link_many (branch->src, branch->upscaler,
          branch->sink, NULL));
  gst_caps_unref (caps);
}

Pipe *
pipe_new (CupFalService * service, guint n_branches)
{
  Pipe *pipe = g_new0 (Pipe, 1);
  GstBus *bus;
  guint i;

  g_mutex_init (&pipe->lock);
  g_cond_init (&pipe->cond);
  pipe->pipeline = gst_pipeline_new (NULL);
  for (i = 0; i < n_branches; i++)
    branch_add (&pipe->branch[i], pipe->pipeline, service);
  bus = gst_element_get_bus (pipe->pipeline);
  gst_bus_set_sync_handler (bus, on_message, pipe, NULL);
  gst_object_unref (bus);
  return pipe;
}

void
pipe_play (Pipe * pipe)
{
  g_assert_cmpint (gst_element_set_state (pipe->pipeline, GST_STATE_PLAYING),
      !=, GST_STATE_CHANGE_FAILURE);
}

void
pipe_stop (Pipe * pipe)
{
  g_assert_cmpint (gst_element_set_state (pipe->pipeline, GST_STATE_NULL), ==,
      GST_STATE_CHANGE_SUCCESS);
}

void
pipe_free (Pipe * pipe)
{
  pipe_stop (pipe);
  g_assert_cmpint (GST_OBJECT_REFCOUNT_VALUE (pipe->pipeline), ==, 1);
  gst_object_unref (pipe->pipeline);
  g_clear_pointer (&pipe->to_answer, gst_context_unref);
  g_mutex_clear (&pipe->lock);
  g_cond_clear (&pipe->cond);
  g_free (pipe);
}

void
branch_push (Branch * branch, guint8 first, guint n)
{
  GstFlowReturn flow;
  guint i;

  for (i = 0; i < n; i++) {
    GstBuffer *frame = make_frame (first + i);

    g_signal_emit_by_name (branch->src, "push-buffer", frame, &flow);
    gst_buffer_unref (frame);
    g_assert_cmpint (flow, ==, GST_FLOW_OK);
  }
}

void
branch_pull (Branch * branch, guint8 first, guint n)
{
  guint i;

  for (i = 0; i < n; i++) {
    GstSample *sample = NULL;

    g_signal_emit_by_name (branch->sink, "try-pull-sample", LIMIT, &sample);
    g_assert_nonnull (sample);
    assert_frame (gst_buffer_ref (gst_sample_get_buffer (sample)), first + i);
    gst_sample_unref (sample);
  }
}

void
branch_upscale_one (Branch * branch)
{
  branch_push (branch, 1, 1);
  branch_pull (branch, 1, 1);
}

void
pipe_wait_held_back (Pipe * pipe, guint branch, guint n)
{
  gint64 end = g_get_monotonic_time () + LIMIT / 1000;

  g_mutex_lock (&pipe->lock);
  while (pipe->n_held_back[branch] < n)
    g_assert_true (g_cond_wait_until (&pipe->cond, &pipe->lock, end));
  g_mutex_unlock (&pipe->lock);
}

guint
pipe_count_held_back (Pipe * pipe, guint branch)
{
  guint n;

  g_mutex_lock (&pipe->lock);
  n = pipe->n_held_back[branch];
  g_mutex_unlock (&pipe->lock);
  return n;
}

/* The service */

CupFalService *
service_new (const CupFalServiceOptions * options)
{
  CupFalServiceOptions defaults;
  CupFalService *service;
  GError *error = NULL;

  fixture_options_init (&defaults);
  service = cup_fal_service_new (options ? options : &defaults, &error);
  g_assert_no_error (error);
  return service;
}

void
service_wait_count (CupFalService * service, CupFalCounter counter, guint64 n)
{
  g_assert_true (cup_fal_service_wait_count (service, counter, n,
          LIMIT / GST_MSECOND));
}

void
service_assert_count (CupFalService * service, CupFalCounter counter, guint64 n)
{
  g_assert_cmpuint (cup_fal_service_get_count (service, counter), ==, n);
}

void
service_end (CupFalService * service)
{
  service_assert_count (service, CUP_FAL_COUNT_LEAKS, 0);
  cup_fal_service_free (service);
}
