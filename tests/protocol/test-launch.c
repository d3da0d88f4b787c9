/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Launch lines that people copy, run as they stand with the plugin that was
 * built, in a directory that has their inputs.
 */
#include <gst/gst.h>
#include <gst/video/video.h>
#include <string.h>

#include "image/image.h"
#include "place.h"
#include "plugins.h"
#include "service.h"

#define KEY "KEYID-5be2:SECRET-0f1c77"
#define LIMIT (120 * GST_SECOND)

/* The next message of @types. Where none comes the test fails, and says in which state
 * each element is, and where its frames are. */
static GstMessage *
wait_message (GstElement * pipeline, GstBus * bus, GstMessageType types)
{
  GstMessage *message = gst_bus_timed_pop_filtered (bus, LIMIT, types);

  if (!message) {
    gchar *dot = gst_debug_bin_to_dot_data (GST_BIN (pipeline),
        GST_DEBUG_GRAPH_SHOW_ALL);

    g_error ("no message: %s", dot);
  }
  return message;
}

/* Runs @line until EOS; an error fails the test. */
static void
launch (const gchar * line)
{
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);
  GstMessage *message;
  GstBus *bus;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = wait_message (pipeline, bus, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  g_assert_no_error (error);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
}

static void
write_picture (const gchar * name, CupImageType type, guint width,
    guint height, guint8 key)
{
  CupPixels *pixels = cup_pixels_new (width, height, 3, 8, NULL);
  GError *error = NULL;
  GBytes *bytes;
  gsize size;
  gconstpointer data;

  memset (pixels->data, key, cup_pixels_get_size (pixels));
  bytes = cup_image_encode (pixels, type, 95, &error);
  g_assert_no_error (error);
  data = g_bytes_get_data (bytes, &size);
  g_file_set_contents (name, data, size, &error);
  g_assert_no_error (error);
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
}

/* The file is one picture of that type and size, filled with @key; JPEG may be
 * a little off. */
static void
assert_picture (const gchar * name, CupImageType type, guint width,
    guint height, guint8 key)
{
  GError *error = NULL;
  CupImageInfo info;
  CupPixels *pixels;
  GBytes *bytes;
  gchar *data;
  gsize size;

  g_file_get_contents (name, &data, &size, &error);
  g_assert_no_error (error);
  bytes = g_bytes_new_take (data, size);
  g_assert_true (cup_image_read_info (bytes, &info, &error));
  g_assert_no_error (error);
  g_assert_cmpint (info.type, ==, type);
  pixels = cup_image_decode (bytes, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (pixels->width, ==, width);
  g_assert_cmpuint (pixels->height, ==, height);
  g_assert_cmpint (ABS (cup_pixels_row (pixels, height / 2)[0] - key), <=, 2);
  cup_pixels_unref (pixels);
  g_bytes_unref (bytes);
}

/* The element comes from the plugin that was built, with its own file. */
static void
test_plugin (void)
{
  GstElementFactory *factory = gst_element_factory_find ("creativeupscaler");
  GstPlugin *plugin;

  g_assert_nonnull (factory);
  plugin = gst_plugin_feature_get_plugin (GST_PLUGIN_FEATURE (factory));
  g_assert_nonnull (plugin);
  g_assert_cmpstr (gst_plugin_get_name (plugin), ==, "creativeupscaler");
  g_assert_nonnull (strstr (gst_plugin_get_filename (plugin),
          "libgstcreativeupscaler"));
  gst_object_unref (plugin);
  gst_object_unref (factory);
}

/* 1: one picture, with what is at hand. */
static void
test_photo (Place * place, gconstpointer data)
{
  if (plugins_skip_without ("jpegparse"))
    return;
  write_picture ("photo.jpg", CUP_IMAGE_JPEG, 40, 30, 120);
  launch ("filesrc location=photo.jpg ! jpegparse ! creativeupscaler scale=2 ! "
      "image/png ! filesink location=photo-2x.png");
  assert_picture ("photo-2x.png", CUP_IMAGE_PNG, 80, 60, 120);
}

/* 2: a sequence of pictures, several at a time. */
#define SEQUENCE_LINE "multifilesrc location=in_%05d.png " \
    "caps=image/png,framerate=24/1 ! creativeupscaler max-in-flight=8 %s ! " \
    "multifilesink location=out_%05d.png"
#define N_SEQUENCE 12

static void
run_sequence (const gchar * more)
{
  gchar **parts = g_strsplit (SEQUENCE_LINE, "%s", 2);
  gchar *line = g_strjoin (more, parts[0], parts[1], NULL);
  guint i;

  for (i = 0; i < N_SEQUENCE; i++) {
    gchar *name = g_strdup_printf ("in_%05u.png", i);

    write_picture (name, CUP_IMAGE_PNG, 20 + i, 15, 10 * i);
    g_free (name);
  }
  launch (line);
  for (i = 0; i < N_SEQUENCE; i++) {
    gchar *name = g_strdup_printf ("out_%05u.png", i);

    assert_picture (name, CUP_IMAGE_PNG, 2 * (20 + i), 30, 10 * i);
    g_free (name);
  }
  g_assert_false (g_file_test ("out_00012.png", G_FILE_TEST_EXISTS));
  g_free (line);
  g_strfreev (parts);
}

static void
test_sequence (Place * place, gconstpointer data)
{
  run_sequence ("");
}

/* 3: a video. */

static GstPadProbeReturn
count_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  guint *n = user_data;
  GstCaps *caps = gst_pad_get_current_caps (pad);
  GstVideoInfo video;

  g_assert_true (gst_video_info_from_caps (&video, caps));
  g_assert_cmpint (GST_VIDEO_INFO_WIDTH (&video), ==, 96);
  g_assert_cmpint (GST_VIDEO_INFO_HEIGHT (&video), ==, 64);
  gst_caps_unref (caps);
  *n += 1;
  return GST_PAD_PROBE_OK;
}

static guint
count_frames (const gchar * name)
{
  gchar *line = g_strdup_printf ("filesrc location=%s ! qtdemux ! "
      "h264parse ! openh264dec ! fakesink name=end", name);
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);
  GstElement *sink;
  GstMessage *message;
  GstPad *pad;
  GstBus *bus;
  guint n = 0;

  g_assert_no_error (error);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "end");
  pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_frame, &n, NULL);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, LIMIT,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pad);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
  g_free (line);
  return n;
}

static void
test_clip (Place * place, gconstpointer data)
{
  if (plugins_skip_without ("videotestsrc x264enc h264parse openh264dec mp4mux "
          "qtdemux decodebin videoconvert"))
    return;
  launch ("videotestsrc num-buffers=10 ! "
      "video/x-raw,format=I420,width=48,height=32,framerate=25/1 ! "
      "x264enc ! mp4mux ! filesink location=clip.mp4");
  launch ("filesrc location=clip.mp4 ! decodebin ! "
      "creativeupscaler engine=local scale=2 ! videoconvert ! "
      "x264enc pass=qual quantizer=18 ! mp4mux ! filesink location=big.mp4");
  g_assert_cmpuint (count_frames ("big.mp4"), ==, 10);
}

/* 4: the same with a service, and the key in the environment. */

static CupFalService *
start_service (gchar ** more)
{
  CupFalServiceOptions options;
  CupFalService *service;
  GError *error = NULL;

  cup_fal_service_options_init (&options);
  options.key = KEY;
  options.runners = 8;
  service = cup_fal_service_new (&options, &error);
  g_assert_no_error (error);
  *more = g_strdup_printf ("location=%1$s storage-location=%1$s",
      cup_fal_service_get_location (service));
  g_setenv ("FAL_KEY", KEY, TRUE);
  return service;
}

static void
stop_service (CupFalService * service, guint accepted, gchar * more)
{
  g_unsetenv ("FAL_KEY");
  g_assert_cmpuint (cup_fal_service_get_count (service,
          CUP_FAL_COUNT_ACCEPTED), ==, accepted);
  g_assert_cmpuint (cup_fal_service_get_count (service,
          CUP_FAL_COUNT_COMPLETED), ==, accepted);
  g_assert_cmpuint (cup_fal_service_get_count (service, CUP_FAL_COUNT_LEAKS),
      ==, 0);
  cup_fal_service_free (service);
  g_free (more);
}

static void
test_service_photo (Place * place, gconstpointer data)
{
  CupFalService *service;
  gchar *more, *line;

  if (plugins_skip_without ("jpegparse"))
    return;
  service = start_service (&more);
  write_picture ("photo.jpg", CUP_IMAGE_JPEG, 40, 30, 120);
  line = g_strdup_printf ("filesrc location=photo.jpg ! jpegparse ! "
      "creativeupscaler scale=2 %s ! image/png ! filesink location=photo-2x.png",
      more);
  launch (line);
  assert_picture ("photo-2x.png", CUP_IMAGE_PNG, 80, 60, 120);
  g_free (line);
  stop_service (service, 1, more);
}

static void
test_service_sequence (Place * place, gconstpointer data)
{
  gchar *more;
  CupFalService *service = start_service (&more);

  run_sequence (more);
  g_assert_cmpuint (cup_fal_service_get_count (service,
          CUP_FAL_COUNT_RUNNING_MOST), <=, 8);
  stop_service (service, N_SEQUENCE, more);
}

/* Raw video, fields that are set, and an encoder behind that takes raw video. */
static void
test_service_video (Place * place, gconstpointer data)
{
  CupFalService *service;
  gchar *more, *line;
  guint i;

  if (plugins_skip_without ("videotestsrc pngenc multifilesink"))
    return;
  service = start_service (&more);
  line = g_strdup_printf ("videotestsrc num-buffers=4 ! creativeupscaler "
      "prompt=\"a lighthouse at dusk\" creativity=0.4 seed=7 %s ! pngenc ! "
      "multifilesink location=f%%d.png", more);
  launch (line);
  for (i = 0; i < 4; i++) {
    gchar *name = g_strdup_printf ("f%u.png", i), *text;
    CupImageInfo info;
    GBytes *bytes;
    gsize size;

    g_assert_true (g_file_get_contents (name, &text, &size, NULL));
    bytes = g_bytes_new_take (text, size);
    g_assert_true (cup_image_read_info (bytes, &info, NULL));
    g_assert_cmpuint (info.width, ==, 640);
    g_assert_cmpuint (info.height, ==, 480);
    g_bytes_unref (bytes);
    g_free (name);
  }
  g_free (line);
  stop_service (service, 4, more);
}

/* An application that goes away in the middle: nothing is left behind. */
static void
test_service_stopped (Place * place, gconstpointer data)
{
  gchar *more, *line;
  CupFalService *service = start_service (&more);
  GError *error = NULL;
  GstElement *pipeline;

  cup_fal_service_hold (service, TRUE);
  line = g_strdup_printf ("videotestsrc ! video/x-raw,width=32,height=24 ! "
      "creativeupscaler max-in-flight=3 %s ! fakesink", more);
  pipeline = gst_parse_launch (line, &error);
  g_assert_no_error (error);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_assert_true (cup_fal_service_wait_count (service, CUP_FAL_COUNT_ACCEPTED,
          3, 60000));
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  g_assert_true (cup_fal_service_wait_count (service, CUP_FAL_COUNT_CANCELLED,
          3, 60000));
  g_free (line);
  g_unsetenv ("FAL_KEY");
  cup_fal_service_free (service);
  g_free (more);
}

/* gst-launch-1.0 itself: it shows how the frames get on, and plays while those
 * behind the first are still in the queue. Its pipeline is paused where it
 * takes a progress message for one to wait for. */
static void
test_progress (Place * place, gconstpointer data)
{
  gchar *program = g_find_program_in_path ("gst-launch-1.0");
  gchar *out = NULL, *line, *more;
  const gchar *first, *playing, *end;
  CupFalService *service;
  GSubprocessLauncher *launcher;
  GSubprocess *process;
  GError *error = NULL;
  gchar **arguments;

  if (!program || IS_SANITIZED) {
    g_test_skip (program ? "gst-launch-1.0 has no sanitizer" :
        "there is no gst-launch-1.0");
    g_free (program);
    return;
  }
  service = start_service (&more);
  line = g_strdup_printf ("%s videotestsrc num-buffers=4 "
      "! video/x-raw,width=32,height=24,framerate=25/1 "
      "! creativeupscaler max-in-flight=4 upload=storage %s ! fakesink",
      program, more);
  g_assert_true (g_shell_parse_argv (line, NULL, &arguments, &error));
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE |
      G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_subprocess_launcher_setenv (launcher, "GST_PLUGIN_SYSTEM_PATH_1_0",
      GST_PLUGINS_DIR, TRUE);
  g_subprocess_launcher_setenv (launcher, "GST_REGISTRY_1_0", "registry", TRUE);
  process = g_subprocess_launcher_spawnv (launcher,
      (const gchar * const *) arguments, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &out, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("%s", out);
  g_assert_true (g_subprocess_get_successful (process));
  first = strstr (out, "Progress: (upscale) frame 0: ");
  playing = strstr (out, "PLAYING");
  end = strstr (out, "Got EOS");
  g_assert_nonnull (first);
  g_assert_nonnull (playing);
  g_assert_nonnull (end);
  g_assert_true (first < playing && playing < end);
  g_assert_nonnull (strstr (out, "frame 3: done"));
  g_assert_null (strstr (out, "Prerolled, waiting for progress"));

  g_object_unref (process);
  g_object_unref (launcher);
  g_strfreev (arguments);
  g_free (line);
  g_free (out);
  g_free (program);
  stop_service (service, 4, more);
}

/* What a dry run says at its end: the text that gst-launch-1.0 prints. */
static gchar *
launch_dry (const gchar * line)
{
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);
  GstMessage *message;
  gchar *text = NULL, *debug = NULL;
  gboolean is_end;
  GstBus *bus;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  do {
    message = wait_message (pipeline, bus,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_INFO);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_INFO) {
      gst_message_parse_info (message, NULL, &debug);
      g_free (text);
      text = debug;
    }
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      gst_message_parse_error (message, &error, NULL);
    g_assert_no_error (error);
    is_end = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
    gst_message_unref (message);
  } while (!is_end);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  return text;
}

/* 5: without a key, and without a word to the service. */
static void
test_dry_run (Place * place, gconstpointer data)
{
  gchar *more, *line, *text;
  CupFalService *service = start_service (&more);
  gchar *contents;
  gsize size;

  g_unsetenv ("FAL_KEY");
  line = g_strdup_printf ("videotestsrc num-buffers=4 pattern=ball ! "
      "video/x-raw,width=320,height=240 ! creativeupscaler engine=fal "
      "dry-run=true price-per-megapixel=0.5 %s ! filesink location=dry.png",
      more);
  text = launch_dry (line);
  g_assert_nonnull (text);
  if (!strstr (text, "dry run: 4 frames, 4 would be sent, 1.2 megapixels, "
          "about 0.61"))
    g_error ("%s", text);
  g_assert_true (g_file_get_contents ("dry.png", &contents, &size, NULL));
  g_assert_cmpuint (size, ==, 0);
  g_assert_cmpuint (cup_fal_service_get_count (service,
          CUP_FAL_COUNT_CONNECTIONS), ==, 0);
  g_assert_cmpuint (cup_fal_service_get_count (service,
          CUP_FAL_COUNT_REQUESTS), ==, 0);
  g_free (contents);
  g_free (text);
  g_free (line);
  stop_service (service, 0, more);
}

/* 6: no more requests than are allowed, and what they have cost. */
static void
test_max_requests (Place * place, gconstpointer data)
{
  gchar *more, *line;
  CupFalService *service = start_service (&more);

  line = g_strdup_printf ("videotestsrc num-buffers=6 pattern=ball ! "
      "video/x-raw,width=32,height=24 ! creativeupscaler max-requests=3 "
      "on-budget=passthrough %s ! fakesink", more);
  launch (line);
  g_free (line);
  stop_service (service, 3, more);
}

int
main (int argc, char **argv)
{
  g_unsetenv ("FAL_KEY");
  g_unsetenv ("FAL_KEY_ID");
  g_unsetenv ("FAL_KEY_SECRET");
  plugins_restrict (BUILT_PLUGIN_DIR);
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  plugins_load ("coreelements videotestsrc videoconvertscale multifile "
      "jpegformat playback typefindfunctions isomp4 x264 openh264 "
      "videoparsersbad png");
  g_test_add_func ("/launch/plugin", test_plugin);
#define ADD(path, func) \
  g_test_add (path, Place, NULL, place_enter, func, place_leave)
  ADD ("/launch/photo", test_photo);
  ADD ("/launch/sequence", test_sequence);
  ADD ("/launch/clip", test_clip);
  ADD ("/launch/service/photo", test_service_photo);
  ADD ("/launch/service/sequence", test_service_sequence);
  ADD ("/launch/service/video", test_service_video);
  ADD ("/launch/service/stopped", test_service_stopped);
  ADD ("/launch/service/progress", test_progress);
  ADD ("/launch/service/dry-run", test_dry_run);
  ADD ("/launch/service/max-requests", test_max_requests);
#undef ADD
  return g_test_run ();
}
