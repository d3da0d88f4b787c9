/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A clip with sound, and what is in a file: see clip.h.
 */
#include "clip.h"

#include <glib/gstdio.h>

#define LIMIT (120 * GST_SECOND)

gboolean
clip_is_possible (void)
{
  static const gchar *const names[] = { "videotestsrc", "audiotestsrc",
    "audioconvert", "audioresample", "videoconvert", "vp8enc", "vp8dec",
    "vorbisenc", "vorbisdec", "webmmux",
    "matroskademux", "decodebin"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    GstElementFactory *factory = gst_element_factory_find (names[i]);

    if (!factory) {
      gchar *reason = g_strconcat ("there is no element ", names[i], NULL);

      g_test_skip (reason);
      g_free (reason);
      return FALSE;
    }
    gst_object_unref (factory);
  }
  return TRUE;
}

gchar *
clip_enter (guint n_frames)
{
  GError *error = NULL;
  gchar *directory = g_dir_make_tmp ("cup-clip-XXXXXX", &error);
  gchar *line;

  g_assert_no_error (error);
  g_assert_cmpint (g_chdir (directory), ==, 0);
  /* Snow: no frame is the same as another one. */
  line = g_strdup_printf ("videotestsrc pattern=snow num-buffers=%u "
      "! video/x-raw,format=I420,width=%d,height=%d,framerate=10/1 "
      "! vp8enc deadline=1 keyframe-max-dist=10 ! webmmux name=m "
      "! filesink location=clip.webm "
      "audiotestsrc samplesperbuffer=4800 num-buffers=%u timestamp-offset=%"
      G_GUINT64_FORMAT " ! audio/x-raw,rate=48000,channels=2 ! vorbisenc ! m.",
      n_frames, CLIP_WIDTH, CLIP_HEIGHT,
      n_frames - (guint) (CLIP_SOUND_OFFSET / CLIP_FRAME_DURATION),
      CLIP_SOUND_OFFSET);
  clip_run (line);
  g_free (line);
  return directory;
}

void
clip_leave (gchar * directory)
{
  GDir *files = g_dir_open (directory, 0, NULL);
  const gchar *name;

  while ((name = g_dir_read_name (files)))
    g_remove (name);
  g_dir_close (files);
  g_assert_cmpint (g_chdir (g_get_tmp_dir ()), ==, 0);
  g_rmdir (directory);
  g_free (directory);
}

GstElement *
clip_parse (const gchar * line)
{
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);

  g_assert_no_error (error);
  return pipeline;
}

void
clip_wait_eos (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, LIMIT,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  GError *error = NULL;

  g_assert_nonnull (message);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  g_assert_no_error (error);
  gst_message_unref (message);
  gst_object_unref (bus);
}

void
clip_run (const gchar * line)
{
  GstElement *pipeline = clip_parse (line);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  clip_wait_eos (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

/* What is in a file */

static void
take_packet (GstElement * sink, GstBuffer * buffer, GstPad * pad,
    gpointer user_data)
{
  g_array_append_val ((GArray *) user_data, GST_BUFFER_PTS (buffer));
}

static void
take_sound (GstElement * sink, GstBuffer * buffer, GstPad * pad,
    gpointer user_data)
{
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_checksum_update (user_data, map.data, (gssize) map.size);
  gst_buffer_unmap (buffer, &map);
}

static void
connect_sink (GstElement * pipeline, const gchar * name, GCallback callback,
    gpointer data)
{
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), name);

  g_signal_connect (sink, "handoff", callback, data);
  gst_object_unref (sink);
}

Tracks *
tracks_read (const gchar * name)
{
  Tracks *tracks = g_new0 (Tracks, 1);
  gchar *line = g_strdup_printf ("filesrc location=%s ! matroskademux name=d "
      "d.video_0 ! queue ! vp8dec "
      "! fakesink name=video sync=false signal-handoffs=true "
      "d.audio_0 ! queue max-size-time=0 max-size-buffers=0 "
      "! fakesink name=audio sync=false signal-handoffs=true", name);
  GstElement *pipeline = clip_parse (line);

  tracks->video = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  tracks->audio = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  tracks->sound = g_checksum_new (G_CHECKSUM_SHA256);
  connect_sink (pipeline, "video", G_CALLBACK (take_packet), tracks->video);
  connect_sink (pipeline, "audio", G_CALLBACK (take_packet), tracks->audio);
  connect_sink (pipeline, "audio", G_CALLBACK (take_sound), tracks->sound);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  clip_wait_eos (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  g_free (line);
  return tracks;
}

void
tracks_free (Tracks * tracks)
{
  g_array_unref (tracks->video);
  g_array_unref (tracks->audio);
  g_checksum_free (tracks->sound);
  g_free (tracks);
}

GstClockTime
tracks_get_sound_start (const Tracks * tracks)
{
  GstClockTime time = GST_CLOCK_TIME_NONE;
  guint i;

  for (i = 0; i < tracks->audio->len && time == GST_CLOCK_TIME_NONE; i++)
    time = g_array_index (tracks->audio, GstClockTime, i);
  return time;
}

GstClockTime
tracks_get_sound_last (const Tracks * tracks)
{
  g_assert_cmpuint (tracks->audio->len, >, 0);
  return g_array_index (tracks->audio, GstClockTime, tracks->audio->len - 1);
}

static gboolean
contains (const GArray * times, GstClockTime time)
{
  guint i;

  for (i = 0; times && i < times->len; i++)
    if (g_array_index (times, GstClockTime, i) == time)
      return TRUE;
  return FALSE;
}

static void
assert_same_times (const GArray * times, const GArray * expected,
    const GArray * without)
{
  guint i, n = 0;

  for (i = 0; i < expected->len; i++) {
    GstClockTime time = g_array_index (expected, GstClockTime, i);

    if (contains (without, time))
      continue;
    g_assert_cmpuint (times->len, >, n);
    g_assert_cmpuint (g_array_index (times, GstClockTime, n), ==, time);
    n++;
  }
  g_assert_cmpuint (times->len, ==, n);
}

void
tracks_assert_same_audio (const Tracks * tracks, const Tracks * expected)
{
  assert_same_times (tracks->audio, expected->audio, NULL);
  g_assert_cmpstr (g_checksum_get_string (tracks->sound), ==,
      g_checksum_get_string (expected->sound));
}

void
tracks_assert_same_video (const Tracks * tracks, const Tracks * expected,
    const GArray * without)
{
  assert_same_times (tracks->video, expected->video, without);
}
