/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playing.h"

/* Of a frame of which the start was cut off, the end stays. */
static void
check_frame (Playing * playing, GstBuffer * buffer, guint8 key)
{
  GstClockTime pts = GST_BUFFER_PTS (buffer), meta_pts = 0;
  GstCustomMeta *meta =
      gst_buffer_get_custom_meta (buffer, "GstCreativeUpscalerMeta");
  GstSegment *segment = &playing->segment;
  guint n = playing->keys->len;

  g_assert_true (playing->has_segment);
  g_assert_cmpuint (pts / FRAME_DURATION, ==, key);
  g_assert_nonnull (meta);
  g_assert_true (gst_structure_get_uint64 (gst_custom_meta_get_structure (meta),
          "pts", &meta_pts));
  g_assert_cmpuint (meta_pts, ==, pts);
  g_assert_true (gst_segment_clip (segment, GST_FORMAT_TIME, pts,
          pts + GST_BUFFER_DURATION (buffer), NULL, NULL));
  g_assert_cmpuint (pts, >=, segment->start);
  if (GST_CLOCK_TIME_IS_VALID (segment->stop))
    g_assert_cmpuint (pts + GST_BUFFER_DURATION (buffer), <=, segment->stop);
  if (n > 0)
    g_assert_cmpint (g_array_index (playing->keys, guint8, n - 1)
        + (segment->rate > 0 ? 1 : -1), ==, key);
}

static void
take_buffer (Playing * playing, GstBuffer * buffer)
{
  guint8 key = 0;

  /* Was past the pad's look at its flag when FLUSH_START came: nobody gets it. */
  if (playing->is_flushing)
    return;
  gst_buffer_extract (buffer, 0, &key, 1);
  check_frame (playing, buffer, key);
  if (playing->keys->len == 0) {
    playing->first_pts = GST_BUFFER_PTS (buffer);
    playing->first_duration = GST_BUFFER_DURATION (buffer);
  }
  g_array_append_val (playing->keys, key);
}

static void
take_event (Playing * playing, GstEvent * event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_START:
      playing->is_flushing = TRUE;
      playing->n_flushes++;
      break;
    case GST_EVENT_FLUSH_STOP:
      playing->is_flushing = FALSE;
      playing->has_segment = FALSE;
      g_array_set_size (playing->keys, 0);
      break;
    case GST_EVENT_SEGMENT:
      playing->has_segment = TRUE;
      playing->eos = FALSE;
      playing->seqnum = gst_event_get_seqnum (event);
      gst_event_copy_segment (event, &playing->segment);
      g_array_set_size (playing->keys, 0);
      break;
    case GST_EVENT_SEGMENT_DONE:
      playing->n_segments_done++;
      playing->eos = TRUE;
      break;
    case GST_EVENT_INSTANT_RATE_CHANGE:
      gst_event_parse_instant_rate_change (event, &playing->rate_multiplier,
          NULL);
      break;
    case GST_EVENT_EOS:
      playing->eos = TRUE;
      break;
    default:
      break;
  }
}

static GstPadProbeReturn
take_item (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Playing *playing = user_data;

  g_mutex_lock (&playing->lock);
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    take_buffer (playing, GST_PAD_PROBE_INFO_BUFFER (info));
  else
    take_event (playing, GST_PAD_PROBE_INFO_EVENT (info));
  g_cond_broadcast (&playing->cond);
  g_mutex_unlock (&playing->lock);
  return GST_PAD_PROBE_OK;
}

static GstBusSyncReply
look_at_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  GError *error = NULL;
  gchar *debug = NULL;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return GST_BUS_PASS;
  gst_message_parse_error (message, &error, &debug);
  g_error ("%s (%s)", error->message, debug);
  return GST_BUS_DROP;
}

Playing *
playing_new (const gchar * sink)
{
  Playing *playing = g_new0 (Playing, 1);
  gchar *line = g_strdup_printf ("keysource ! creativeupscaler name=upscaler "
      "! fakesink name=sink %s", sink);
  GError *error = NULL;
  GstBus *bus;
  GstPad *pad;

  g_mutex_init (&playing->lock);
  g_cond_init (&playing->cond);
  playing->keys = g_array_new (FALSE, FALSE, 1);
  playing->engine = cup_dummy_engine_new ();
  playing->pipeline = gst_parse_launch (line, &error);
  g_assert_no_error (error);
  g_free (line);
  playing->element = gst_bin_get_by_name (GST_BIN (playing->pipeline),
      "upscaler");
  gst_creative_upscaler_use_engine (GST_CREATIVE_UPSCALER (playing->element),
      CUP_ENGINE (playing->engine));
  playing->sink = gst_bin_get_by_name (GST_BIN (playing->pipeline), "sink");
  pad = gst_element_get_static_pad (playing->sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER
      | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH,
      take_item, playing, NULL);
  gst_object_unref (pad);
  bus = gst_element_get_bus (playing->pipeline);
  gst_bus_set_sync_handler (bus, look_at_message, NULL, NULL);
  gst_object_unref (bus);
  return playing;
}

void
playing_free (Playing * playing)
{
  gst_element_set_state (playing->pipeline, GST_STATE_NULL);
  gst_object_unref (playing->element);
  gst_object_unref (playing->sink);
  gst_object_unref (playing->pipeline);
  cup_dummy_engine_sync (playing->engine);
  g_object_unref (playing->engine);
  g_array_unref (playing->keys);
  g_cond_clear (&playing->cond);
  g_mutex_clear (&playing->lock);
  g_free (playing);
}

void
playing_set_state (Playing * playing, GstState state)
{
  gst_element_set_state (playing->pipeline, state);
  g_assert_cmpint (gst_element_get_state (playing->pipeline, NULL, NULL,
          GST_CLOCK_TIME_NONE), ==, GST_STATE_CHANGE_SUCCESS);
}

guint32
playing_seek (Playing * playing, gdouble rate, GstSeekFlags flags,
    GstClockTime start, GstClockTime stop)
{
  GstEvent *event = gst_event_new_seek (rate, GST_FORMAT_TIME, flags,
      GST_SEEK_TYPE_SET, (gint64) start,
      GST_CLOCK_TIME_IS_VALID (stop) ? GST_SEEK_TYPE_SET : GST_SEEK_TYPE_NONE,
      (gint64) stop);
  guint32 seqnum = gst_event_get_seqnum (event);

  g_assert_true (gst_element_send_event (playing->pipeline, event));
  return seqnum;
}

void
playing_wait (Playing * playing, guint32 seqnum, guint n)
{
  g_mutex_lock (&playing->lock);
  while (!playing->has_segment || playing->seqnum != seqnum
      || (playing->keys->len < n && !playing->eos))
    g_cond_wait (&playing->cond, &playing->lock);
  g_mutex_unlock (&playing->lock);
}

void
playing_wait_done (Playing * playing, guint32 seqnum)
{
  playing_wait (playing, seqnum, G_MAXUINT);
}

gchar *
playing_get_keys (Playing * playing)
{
  GString *text = g_string_new (NULL);
  guint i;

  g_mutex_lock (&playing->lock);
  for (i = 0; i < playing->keys->len; i++)
    g_string_append_printf (text, i == 0 ? "%d" : " %d",
        g_array_index (playing->keys, guint8, i));
  g_mutex_unlock (&playing->lock);
  return g_string_free (text, FALSE);
}

guint8
playing_get_first (Playing * playing)
{
  guint8 key;

  g_mutex_lock (&playing->lock);
  g_assert_cmpuint (playing->keys->len, >, 0);
  key = g_array_index (playing->keys, guint8, 0);
  g_mutex_unlock (&playing->lock);
  return key;
}

guint
playing_get_n (Playing * playing)
{
  guint n;

  g_mutex_lock (&playing->lock);
  n = playing->keys->len;
  g_mutex_unlock (&playing->lock);
  return n;
}

GstMessage *
playing_wait_message (Playing * playing, GstMessageType type)
{
  GstBus *bus = gst_element_get_bus (playing->pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      type);

  gst_object_unref (bus);
  return message;
}
