/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Video through the element and its service, the sound beside it, both into
 * one muxer: it ends, nothing is missing, and the times are those of the input.
 */
#include "clip.h"
#include "fixture.h"
#include "plugins.h"

#include <string.h>

/* Sound that waits for the frames under way: see docs/guide-sound.md. */
#define SOUND_QUEUE "max-size-buffers=0 max-size-bytes=0 max-size-time=5000000000"

#define CLIP_FRAMES 40

typedef struct
{
  CupFalService *service;
  gchar *directory;
  Tracks *input;
} Studio;

static void
set_up (Studio * studio, gconstpointer data)
{
  CupFalServiceOptions options;
  GError *error = NULL;

  memset (studio, 0, sizeof *studio);
  if (!clip_is_possible ())
    return;
  fixture_options_init (&options);
  options.runners = 8;
  options.round = GPOINTER_TO_UINT (data);
  studio->service = cup_fal_service_new (&options, &error);
  g_assert_no_error (error);
  studio->directory = clip_enter (CLIP_FRAMES);
  studio->input = tracks_read ("clip.webm");
  g_assert_cmpuint (studio->input->video->len, ==, CLIP_FRAMES);
  g_assert_cmpuint (tracks_get_sound_start (studio->input), ==,
      CLIP_SOUND_OFFSET);
}

static void
tear_down (Studio * studio, gconstpointer data)
{
  if (!studio->service)
    return;
  tracks_free (studio->input);
  clip_leave (studio->directory);
  g_assert_cmpuint (cup_fal_service_get_count (studio->service,
          CUP_FAL_COUNT_LEAKS), ==, 0);
  cup_fal_service_free (studio->service);
}

static void
add_fault (Studio * studio, const gchar * spec)
{
  GError *error = NULL;

  cup_fal_service_add_fault (studio->service, spec, &error);
  g_assert_no_error (error);
}

static gchar *
make_line (Studio * studio, const gchar * properties, const gchar * sound)
{
  const gchar *location = cup_fal_service_get_location (studio->service);

  return g_strdup_printf ("filesrc location=clip.webm ! matroskademux name=d "
      "d.video_0 ! queue ! vp8dec ! creativeupscaler name=upscaler "
      "engine=fal api-key=" KEY " location=%1$s storage-location=%1$s "
      "retry-delay=0.02 %2$s "
      "! vp8enc name=encoder deadline=1 ! webmmux name=m "
      "! filesink location=big.webm "
      "d.audio_0 ! queue name=sound %3$s ! m.audio_0", location,
      properties, sound);
}

static GstElement *
make_pipeline (Studio * studio, const gchar * properties, const gchar * sound)
{
  gchar *line = make_line (studio, properties, sound);
  GstElement *pipeline = clip_parse (line);

  g_free (line);
  return pipeline;
}

static void
stop (GstElement * pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

/* Results come in any order. */
static void
add_delays (Studio * studio)
{
  add_fault (studio, "download:late:EVERY=7:FOR=400");
  add_fault (studio, "result:late:EVERY=3:FOR=150");
  add_fault (studio, "submit:late:EVERY=5:FOR=200");
}

static void
assert_output (Studio * studio, const GArray * without)
{
  Tracks *output = tracks_read ("big.webm");

  tracks_assert_same_video (output, studio->input, without);
  tracks_assert_same_audio (output, studio->input);
  tracks_free (output);
}

static void
run (Studio * studio, const gchar * properties)
{
  gchar *line = make_line (studio, properties, SOUND_QUEUE);

  clip_run (line);
  g_free (line);
}

/* Delays of any length, and requests that fail now and then. */
static void
test_delays (Studio * studio, gconstpointer data)
{
  if (!studio->service)
    return;
  add_fault (studio, "download:late:1:AFTER=4:FOR=1500");
  add_delays (studio);
  add_fault (studio, "submit:503:2:AFTER=6");
  add_fault (studio, "result:internal_error:1:AFTER=20");
  add_fault (studio, "download:truncate:2:AFTER=9");
  run (studio, "max-in-flight=8");
  assert_output (studio, NULL);
}

/* The muxer waits for the caps of both. */
static void
test_late_first (Studio * studio, gconstpointer data)
{
  if (!studio->service)
    return;
  add_fault (studio, "download:late:1:FOR=2000");
  run (studio, "max-in-flight=16");
  assert_output (studio, NULL);
}

/* The frames under way are more than the sound that is let in. */
static void
test_late_first_default_queue (Studio * studio, gconstpointer data)
{
  gchar *line;

  if (!studio->service)
    return;
  add_fault (studio, "download:late:1:FOR=700");
  line = make_line (studio, "max-in-flight=30", "");
  clip_run (line);
  assert_output (studio, NULL);
  g_free (line);
}

/* Frames that fail */

static GstBusSyncReply
take_warning (GstBus * bus, GstMessage * message, gpointer user_data)
{
  const GstStructure *details;
  GstClockTime pts;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING) {
    gst_message_parse_warning_details (message, &details);
    g_assert_true (gst_structure_get_uint64 (details, "pts", &pts));
    g_array_append_val ((GArray *) user_data, pts);
  }
  return GST_BUS_PASS;
}

/* Returns the PTS of those that failed. */
static GArray *
run_failing (Studio * studio, const gchar * properties)
{
  GArray *failed = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  GstElement *pipeline = make_pipeline (studio, properties, SOUND_QUEUE);
  GstBus *bus = gst_element_get_bus (pipeline);

  gst_bus_set_sync_handler (bus, take_warning, failed, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  clip_wait_eos (pipeline);
  stop (pipeline);
  gst_object_unref (bus);
  return failed;
}

/* Frames are left out, also the first ones, and four in a row. */
static void
test_drop (Studio * studio, gconstpointer data)
{
  GArray *failed;

  if (!studio->service)
    return;
  add_delays (studio);
  add_fault (studio, "result:model-422:2");
  add_fault (studio, "result:model-422:4:AFTER=20");
  add_fault (studio, "result:model-422:EVERY=9");
  failed = run_failing (studio, "max-in-flight=8 on-error=drop");
  g_assert_cmpuint (failed->len, >=, 9);
  g_assert_cmpuint (failed->len, ==, cup_fal_service_get_count
      (studio->service, CUP_FAL_COUNT_FAILED));
  assert_output (studio, failed);
  g_array_unref (failed);
}

/* Sizes: the encoder and the muxer never see a change. */

static GstPadProbeReturn
count_caps (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  guint *n = user_data;
  gint width, height;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  g_assert_true (gst_structure_get (gst_caps_get_structure (caps, 0), "width",
          G_TYPE_INT, &width, "height", G_TYPE_INT, &height, NULL));
  /* 1.3 × 32 × 24; the service makes 40 × 32 of it. */
  g_assert_cmpint (width, ==, 42);
  g_assert_cmpint (height, ==, 31);
  *n += 1;
  return GST_PAD_PROBE_OK;
}

static void
test_exact (Studio * studio, gconstpointer data)
{
  GstElement *pipeline, *encoder;
  GstPad *pad;
  guint n = 0;

  if (!studio->service)
    return;
  add_fault (studio, "result:model-422:1");
  add_fault (studio, "result:model-422:EVERY=6");
  pipeline = make_pipeline (studio, "max-in-flight=8 scale=1.3 "
      "on-error=passthrough size-policy=exact", SOUND_QUEUE);
  encoder = gst_bin_get_by_name (GST_BIN (pipeline), "encoder");
  pad = gst_element_get_static_pad (encoder, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, count_caps, &n,
      NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  clip_wait_eos (pipeline);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (cup_fal_service_get_count (studio->service,
          CUP_FAL_COUNT_FAILED), >, 6);
  gst_object_unref (pad);
  gst_object_unref (encoder);
  stop (pipeline);
  assert_output (studio, NULL);
}

/* Frames that are not selected */

static void
test_repeat (Studio * studio, gconstpointer data)
{
  if (!studio->service)
    return;
  add_delays (studio);
  run (studio, "max-in-flight=16 select=interval interval=5 unselected=repeat");
  g_assert_cmpuint (cup_fal_service_get_count (studio->service,
          CUP_FAL_COUNT_ACCEPTED), ==, CLIP_FRAMES / 5);
  assert_output (studio, NULL);
}

static GArray *
get_unselected (guint interval)
{
  GArray *times = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  guint i;

  for (i = 0; i < CLIP_FRAMES; i++) {
    GstClockTime time = i * CLIP_FRAME_DURATION;

    if (i % interval)
      g_array_append_val (times, time);
  }
  return times;
}

/* Two seconds between the frames that leave: the sound has to wait for as long.
 */
#define LONG_INTERVAL "select=interval interval=20"

static void
test_interval (Studio * studio, gconstpointer data)
{
  GArray *unselected = get_unselected (20);

  if (studio->service) {
    run (studio, LONG_INTERVAL);
    assert_output (studio, unselected);
  }
  g_array_unref (unselected);
}

static void
note_overrun (GstElement * queue, gpointer user_data)
{
  GAsyncQueue *overruns = user_data;

  g_async_queue_push (overruns, queue);
}

/* In a queue for one second the pipeline stands still, and goes on when there
 * is more room. */
static void
test_too_small (Studio * studio, gconstpointer data)
{
  GArray *unselected = get_unselected (20);
  GAsyncQueue *overruns = g_async_queue_new ();
  GstElement *pipeline, *sound;
  GstBus *bus;

  if (!studio->service)
    goto done;
  pipeline = make_pipeline (studio, LONG_INTERVAL, "");
  sound = gst_bin_get_by_name (GST_BIN (pipeline), "sound");
  g_signal_connect (sound, "overrun", G_CALLBACK (note_overrun), overruns);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_async_queue_pop (overruns);
  /* However long: nothing would come. */
  g_assert_null (gst_bus_timed_pop_filtered (bus, GST_SECOND / 2,
          GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  g_object_set (sound, "max-size-time", 5 * GST_SECOND, "max-size-buffers", 0,
      NULL);
  clip_wait_eos (pipeline);
  gst_object_unref (bus);
  gst_object_unref (sound);
  stop (pipeline);
  assert_output (studio, unselected);
done:
  g_async_queue_unref (overruns);
  g_array_unref (unselected);
}

/* Seeks */

#define SEEK_TIME (2500 * GST_MSECOND)

/* To the demuxer, since muxers do not seek. */
static void
seek (GstElement * pipeline)
{
  GstElement *demuxer = gst_bin_get_by_name (GST_BIN (pipeline), "d");

  g_assert_true (gst_element_seek_simple (demuxer, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, SEEK_TIME));
  gst_object_unref (demuxer);
}

/* The sound is the last of @input's, by as much earlier as the video is. */
static void
assert_same_end (const Tracks * output, const Tracks * input)
{
  guint i, n = output->audio->len, n_input = input->audio->len;
  GstClockTime time, expected;

  g_assert_cmpuint (n, >, 10);
  for (i = 1; i <= n; i++) {
    time = g_array_index (output->audio, GstClockTime, n - i);
    expected = g_array_index (input->audio, GstClockTime, n_input - i);
    if (!GST_CLOCK_TIME_IS_VALID (time))
      break;
    g_assert_cmpuint (time + SEEK_TIME, ==, expected);
  }
  g_assert_cmpuint (tracks_get_sound_start (output), <, 50 * GST_MSECOND);
}

/* While the first frames are under way. */
static void
test_seek (Studio * studio, gconstpointer data)
{
  GstElement *pipeline;
  Tracks *output;
  guint i;

  if (!studio->service)
    return;
  cup_fal_service_hold (studio->service, TRUE);
  pipeline = make_pipeline (studio, "max-in-flight=5", SOUND_QUEUE);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_assert_true (cup_fal_service_wait_count (studio->service,
          CUP_FAL_COUNT_ACCEPTED, 5, 60000));
  seek (pipeline);
  cup_fal_service_hold (studio->service, FALSE);
  clip_wait_eos (pipeline);
  stop (pipeline);
  output = tracks_read ("big.webm");
  /* The file begins where the seek went to. */
  g_assert_cmpuint (output->video->len, ==,
      CLIP_FRAMES - SEEK_TIME / CLIP_FRAME_DURATION);
  for (i = 0; i < output->video->len; i++)
    g_assert_cmpuint (g_array_index (output->video, GstClockTime, i), ==,
        i * CLIP_FRAME_DURATION);
  assert_same_end (output, studio->input);
  tracks_free (output);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  plugins_load (CLIP_PLUGINS);
#define ADD(path, round, func) \
  g_test_add (path, Studio, GUINT_TO_POINTER (round), set_up, func, tear_down)
  ADD ("/muxing/delays", 1, test_delays);
  ADD ("/muxing/late-first", 1, test_late_first);
  ADD ("/muxing/late-first-default-queue", 1, test_late_first_default_queue);
  ADD ("/muxing/drop", 1, test_drop);
  ADD ("/muxing/exact", 8, test_exact);
  ADD ("/muxing/repeat", 1, test_repeat);
  ADD ("/muxing/interval", 1, test_interval);
  ADD ("/muxing/too-small", 1, test_too_small);
  ADD ("/muxing/seek", 1, test_seek);
#undef ADD
  return g_test_run ();
}
