/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch lines of docs/guide.md, read from there and run as they stand, and
 * what else it says of keyframes and of costs, with videos that are made here.
 */
#include "config.h"

#include <gst/gst.h>
#include <gst/video/video.h>
#include <glib/gstdio.h>
#include <string.h>

#include "document.h"
#include "element/gstcreativeupscaler.h"
#include "image/image.h"
#include "place.h"
#include "plugins.h"
#include "service.h"

#define LIMIT (120 * GST_SECOND)

/* Three scenes, each with a keyframe, as the encoder is told to make one every
 * so many frames at least. */
#define N_FRAMES 60

/* Running pipelines */

static GstElement *
parse (const gchar * line)
{
  GError *error = NULL;
  GstElement *pipeline;
  gchar **words;

  g_test_message ("%s", line);
  /* As gst-launch-1.0 does with what the shell gives it. */
  g_assert_true (g_shell_parse_argv (line, NULL, &words, &error));
  pipeline = gst_parse_launchv ((const gchar **) words, &error);
  g_assert_no_error (error);
  g_strfreev (words);
  return pipeline;
}

static void
wait_for_end (GstElement * pipeline)
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

static void
stop (GstElement * pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

static void
run (const gchar * line)
{
  GstElement *pipeline = parse (line);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for_end (pipeline);
  stop (pipeline);
}

typedef struct
{
  GMutex lock;
  GArray *times;                /* of GstClockTime */
  guint n_delta;
} Buffers;

static GstPadProbeReturn
note_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Buffers *buffers = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  g_mutex_lock (&buffers->lock);
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    buffers->n_delta++;
  else
    g_array_append_val (buffers->times, GST_BUFFER_PTS (buffer));
  g_mutex_unlock (&buffers->lock);
  return GST_PAD_PROBE_OK;
}

/* Notes what comes to the element "end" of @pipeline. */
static Buffers *
watch (GstElement * pipeline)
{
  Buffers *buffers = g_new0 (Buffers, 1);
  GstElement *end = gst_bin_get_by_name (GST_BIN (pipeline), "end");
  GstPad *pad = gst_element_get_static_pad (end, "sink");

  g_mutex_init (&buffers->lock);
  buffers->times = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, note_buffer, buffers,
      NULL);
  gst_object_unref (pad);
  gst_object_unref (end);
  return buffers;
}

static void
free_buffers (Buffers * buffers)
{
  g_array_unref (buffers->times);
  g_mutex_clear (&buffers->lock);
  g_free (buffers);
}

static Buffers *
run_and_watch (const gchar * line)
{
  GstElement *pipeline = parse (line);
  Buffers *buffers = watch (pipeline);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for_end (pipeline);
  stop (pipeline);
  return buffers;
}

static void
assert_same_times (const Buffers * a, const Buffers * b)
{
  guint i;

  g_assert_cmpuint (a->times->len, ==, b->times->len);
  for (i = 0; i < a->times->len; i++)
    g_assert_cmpuint (g_array_index (a->times, GstClockTime, i), ==,
        g_array_index (b->times, GstClockTime, i));
}

/* Videos */

static void
paint (guint8 * data, guint size, guint n)
{
  GRand *rand = g_rand_new_with_seed (n / 20);
  guint i, low = 20 + n / 20 * 70;

  /* Rows of one brightness each, and a sample that no other frame has. */
  for (i = 0; i < size; i++)
    data[i] = i % 64 ? data[i - 1] : (guint8) (low
        + g_rand_int_range (rand, 0, 60));
  data[0] = (guint8) (16 + n);
  g_rand_free (rand);
}

/* Three scenes of 20 frames, which anything that encodes can read. */
static void
write_scenes (void)
{
  const guint size = 64 * 48 * 3 / 2;
  guint8 *data = g_malloc (size * N_FRAMES);
  guint i;

  for (i = 0; i < N_FRAMES; i++) {
    paint (data + i * size, 64 * 48, i);
    memset (data + i * size + 64 * 48, 128, 64 * 48 / 2);
  }
  g_assert_true (g_file_set_contents ("scenes.yuv", (const gchar *) data,
          size * N_FRAMES, NULL));
  g_free (data);
}

#define SCENES "filesrc location=scenes.yuv blocksize=4608 ! rawvideoparse " \
    "width=64 height=48 framerate=25/1 format=i420 ! "
#define ELEMENTS "rawvideoparse x264enc h264parse mp4mux qtdemux decodebin " \
    "openh264dec parsebin identity videoconvert jpegenc jpegdec imagefreeze multifilesink"

static void
write_clip (void)
{
  write_scenes ();
  run (SCENES "x264enc key-int-max=15 ! mp4mux ! "
      "filesink location=clip.mp4");
}

static Buffers *
read_clip (const gchar * name)
{
  gchar *line = g_strdup_printf ("filesrc location=%s ! %s ! "
      "fakesink name=end", name, g_str_has_suffix (name, ".mp4") ? "qtdemux" :
      "matroskademux");
  Buffers *buffers = run_and_watch (line);

  g_free (line);
  return buffers;
}

static guint
count_frames (const gchar * name)
{
  Buffers *buffers = read_clip (name);
  guint n = buffers->times->len + buffers->n_delta;

  free_buffers (buffers);
  return n;
}

static guint
count_pictures (const gchar * prefix)
{
  GDir *directory = g_dir_open (".", 0, NULL);
  const gchar *name;
  guint n = 0;

  while ((name = g_dir_read_name (directory))) {
    if (!g_str_has_prefix (name, prefix))
      continue;
    g_remove (name);
    n++;
  }
  g_dir_close (directory);
  return n;
}

/* The guide */

static void
run_from_guide (const gchar * word)
{
  gchar *line = document_find_line ("guide.md", word);

  run (line);
  g_free (line);
}

static void
test_select (Place * place, gconstpointer data)
{
  if (plugins_skip_without (ELEMENTS))
    return;
  write_clip ();
  run_from_guide ("second_%05d.png");
  g_assert_cmpuint (count_pictures ("second_"), ==, 3);
  run_from_guide ("slides.mp4");
  g_assert_cmpuint (count_frames ("slides.mp4"), ==, N_FRAMES);
  run_from_guide ("mixed.mp4");
  g_assert_cmpuint (count_frames ("mixed.mp4"), ==, N_FRAMES);
}

static void
test_same (Place * place, gconstpointer data)
{
  if (plugins_skip_without (ELEMENTS))
    return;
  write_scenes ();
  run (SCENES "identity eos-after=2 ! jpegenc ! filesink location=photo.jpg");
  run_from_guide ("still.mp4");
  g_assert_cmpuint (count_frames ("still.mp4"), ==, 50);
  write_clip ();
  run_from_guide ("larger.mp4");
  g_assert_cmpuint (count_frames ("larger.mp4"), ==, N_FRAMES);
}

static void
test_embedded (Place * place, gconstpointer data)
{
  gchar *content;
  CupImageInfo info;
  GBytes *bytes;
  gsize size;

  if (plugins_skip_without (ELEMENTS " multifilesrc"))
    return;
  write_clip ();
  run_from_guide ("double.mp4");
  g_assert_cmpuint (count_frames ("double.mp4"), ==, N_FRAMES);
  run (SCENES "identity eos-after=2 ! jpegenc ! filesink location=photo.jpg");
  run_from_guide ("restored.png");
  g_assert_true (g_file_get_contents ("restored.png", &content, &size, NULL));
  bytes = g_bytes_new_take (content, size);
  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  g_assert_cmpint (info.type, ==, CUP_IMAGE_PNG);
  g_assert_cmpuint (info.width, ==, 128);
  g_assert_cmpuint (info.height, ==, 96);
  g_bytes_unref (bytes);
}

static void
assert_jpeg (const gchar * name)
{
  gchar *content;
  CupImageInfo info;
  GBytes *bytes;
  gsize size;

  g_assert_true (g_file_get_contents (name, &content, &size, NULL));
  bytes = g_bytes_new_take (content, size);
  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  g_assert_cmpint (info.type, ==, CUP_IMAGE_JPEG);
  g_bytes_unref (bytes);
}

static void
write_list (void)
{
  GString *list = g_string_new (NULL);
  gchar *folder = g_get_current_dir ();
  guint i;

  for (i = 1; i <= N_FRAMES; i++) {
    gchar *path = g_strdup_printf ("%s/in_%05u.jpg", folder, i);

    if (g_file_test (path, G_FILE_TEST_EXISTS))
      g_string_append_printf (list, "file://%s\n", path);
    g_free (path);
  }
  g_assert_true (g_file_set_contents ("list.txt", list->str, -1, NULL));
  g_string_free (list, TRUE);
  g_free (folder);
}

/* From 1 on, of the type that the names say; a gap ends a sequence, and no list. */
static void
test_sequence (Place * place, gconstpointer data)
{
  if (plugins_skip_without (ELEMENTS " multifilesrc"))
    return;
  write_scenes ();
  run (SCENES "videoconvert ! jpegenc ! "
      "multifilesink location=in_%05d.jpg index=1");
  run_from_guide ("out_%05d.jpg");
  g_assert_false (g_file_test ("out_00000.jpg", G_FILE_TEST_EXISTS));
  assert_jpeg ("out_00001.jpg");
  assert_jpeg ("out_00060.jpg");
  g_assert_cmpuint (count_pictures ("out_"), ==, N_FRAMES);
  run_from_guide ("stills.mp4");
  g_assert_cmpuint (count_frames ("stills.mp4"), ==, N_FRAMES);

  g_assert_cmpint (g_remove ("in_00030.jpg"), ==, 0);
  run_from_guide ("out_%05d.jpg");
  g_assert_cmpuint (count_pictures ("out_"), ==, 29);
  write_list ();
  run_from_guide ("listed_%05d.jpg");
  assert_jpeg ("listed_00059.jpg");
  g_assert_cmpuint (count_pictures ("listed_"), ==, N_FRAMES - 1);
}

/* As they come out where nothing says what they are to be. */
static void
test_sequence_type (Place * place, gconstpointer data)
{
  if (plugins_skip_without (ELEMENTS " multifilesrc"))
    return;
  write_scenes ();
  run (SCENES "videoconvert ! jpegenc ! multifilesink location=in_%05d.jpg");
  run ("multifilesrc location=in_%05d.jpg caps=image/jpeg,framerate=24/1 ! "
      "creativeupscaler engine=local local-model=fast ! "
      "multifilesink location=out_%05d.jpg");
  assert_jpeg ("out_00000.jpg");
  g_assert_cmpuint (count_pictures ("out_"), ==, N_FRAMES);
}

/* Runs the line of the guide that has @word in it in a shell. */
static void
run_in_shell (const gchar * word)
{
  gchar *inner = document_find_line ("guide.md", word);
  gchar *line = g_strconcat ("gst-launch-1.0 ", inner, NULL);
  GSubprocessLauncher *launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  GSubprocess *process;
  GError *error = NULL;

  g_subprocess_launcher_setenv (launcher, "GST_PLUGIN_SYSTEM_PATH_1_0",
      GST_PLUGINS_DIR, TRUE);
  g_subprocess_launcher_setenv (launcher, "GST_PLUGIN_PATH_1_0",
      BUILT_PLUGIN_DIR, TRUE);
  g_subprocess_launcher_setenv (launcher, "GST_REGISTRY_1_0", "registry", TRUE);
  process = g_subprocess_launcher_spawn (launcher, &error, "sh", "-c", line,
      NULL);
  g_assert_no_error (error);
  g_subprocess_wait_check (process, NULL, &error);
  g_assert_no_error (error);
  g_object_unref (process);
  g_object_unref (launcher);
  g_free (line);
  g_free (inner);
}

/* By the time that is shown. Where frames are reordered, MP4 has timestamps that
 * begin later, and says so. */
static void
test_named (Place * place, gconstpointer data)
{
  static const gchar *const names[] = { "scene_00-00-00.000.png",
    "scene_00-00-00.800.png", "scene_00-00-01.600.png"
  };
  gchar *program = g_find_program_in_path ("gst-launch-1.0");
  guint i;

  if (!program || IS_SANITIZED) {
    g_test_skip ("no gst-launch-1.0, or none that can load this build");
    g_free (program);
    return;
  }
  g_free (program);
  if (plugins_skip_without (ELEMENTS))
    return;
  write_scenes ();
  run (SCENES "x264enc bframes=2 key-int-max=15 ! h264parse ! mp4mux ! "
      "filesink location=clip.mp4");
  run_in_shell ("post-messages=true");
  for (i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_true (g_file_test (names[i], G_FILE_TEST_EXISTS));
  g_assert_cmpuint (count_pictures ("scene_"), ==, 3);
}

/* The folder is the main program's. */
static void
test_cache (Place * place, gconstpointer data)
{
#ifdef HAVE_STORE
  guint i;

  if (plugins_skip_without (ELEMENTS " pngenc"))
    return;
  write_scenes ();
  run (SCENES "videoconvert ! pngenc ! multifilesink location=in_%05d.png");
  for (i = 0; i < 2; i++) {
    run_from_guide ("cache-location=default");
    g_assert_cmpuint (count_pictures ("out_"), ==, N_FRAMES);
  }
#else
  g_test_skip ("built without the store");
#endif
}

/* As many as the file has, and at their times. */
static void
test_keyframes (Place * place, gconstpointer data)
{
  Buffers *wanted, *found;

  if (plugins_skip_without (ELEMENTS))
    return;
  write_clip ();
  wanted = read_clip ("clip.mp4");
  g_assert_cmpuint (wanted->times->len, >=, 4);
  g_assert_cmpuint (wanted->n_delta, >, 30);

  run_from_guide ("parsebin");
  g_assert_cmpuint (count_pictures ("key_"), ==, wanted->times->len);
  run_from_guide ("qtdemux name=d");
  g_assert_cmpuint (count_pictures ("key_"), ==, wanted->times->len);

  found = run_and_watch ("filesrc location=clip.mp4 ! parsebin ! "
      "identity drop-buffer-flags=delta-unit ! decodebin ! "
      "creativeupscaler ! fakesink name=end");
  assert_same_times (found, wanted);
  g_assert_cmpuint (found->n_delta, ==, 0);
  free_buffers (found);

  /* What does not work: nothing is known behind the decoder. */
  found = run_and_watch ("filesrc location=clip.mp4 ! decodebin ! "
      "creativeupscaler select=keyframes ! fakesink name=end");
  g_assert_cmpuint (found->times->len, ==, N_FRAMES);
  free_buffers (found);
  free_buffers (wanted);
}

#define WEBM ELEMENTS " vp8enc vp8dec webmmux matroskademux"

static void
write_webm (void)
{
  write_scenes ();
  run (SCENES "vp8enc deadline=1 keyframe-max-dist=15 ! webmmux ! "
      "filesink location=clip.webm");
}

/* Of another codec, in another container. */
static void
test_webm (Place * place, gconstpointer data)
{
  Buffers *wanted, *found;

  if (plugins_skip_without (WEBM))
    return;
  write_webm ();
  wanted = read_clip ("clip.webm");
  g_assert_cmpuint (wanted->n_delta, >, 30);
  found = run_and_watch ("filesrc location=clip.webm ! parsebin ! "
      "identity drop-buffer-flags=delta-unit ! decodebin ! "
      "creativeupscaler ! fakesink name=end");
  assert_same_times (found, wanted);
  free_buffers (found);
  free_buffers (wanted);
}

/* The seek of the guide, and back. */
static void
seek (GstElement * pipeline, GstSeekFlags flags)
{
  g_assert_true (gst_element_seek (pipeline, 1.0, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH | flags, GST_SEEK_TYPE_SET, 0,
          GST_SEEK_TYPE_NONE, 0));
  g_assert_cmpint (gst_element_get_state (pipeline, NULL, NULL, LIMIT), ==,
      GST_STATE_CHANGE_SUCCESS);
}

static void
clear (Buffers * buffers)
{
  g_mutex_lock (&buffers->lock);
  g_array_set_size (buffers->times, 0);
  buffers->n_delta = 0;
  g_mutex_unlock (&buffers->lock);
}

static GstPadProbeReturn
clear_at_flush (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_FLUSH_STOP)
    clear (user_data);
  return GST_PAD_PROBE_OK;
}

static void
test_trick_mode (Place * place, gconstpointer data)
{
  Buffers *wanted, *found;
  GstElement *pipeline, *end;
  GstPad *pad;

  if (plugins_skip_without (WEBM))
    return;
  write_webm ();
  wanted = read_clip ("clip.webm");
  pipeline = parse ("filesrc location=clip.webm ! decodebin ! "
      "creativeupscaler ! fakesink name=end sync=false");
  found = watch (pipeline);
  end = gst_bin_get_by_name (GST_BIN (pipeline), "end");
  pad = gst_element_get_static_pad (end, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_FLUSH, clear_at_flush, found,
      NULL);
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  g_assert_cmpint (gst_element_get_state (pipeline, NULL, NULL, LIMIT), ==,
      GST_STATE_CHANGE_SUCCESS);

  seek (pipeline, GST_SEEK_FLAG_TRICKMODE_KEY_UNITS);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for_end (pipeline);
  assert_same_times (found, wanted);

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  seek (pipeline, 0);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for_end (pipeline);
  g_assert_cmpuint (found->times->len, ==, N_FRAMES);

  stop (pipeline);
  gst_object_unref (pad);
  gst_object_unref (end);
  free_buffers (found);
  free_buffers (wanted);
}

/* Of pictures that come encoded each is a keyframe. */
static void
test_intra (Place * place, gconstpointer data)
{
  Buffers *wanted, *found;

  if (plugins_skip_without (ELEMENTS " matroskamux matroskademux jpegparse"))
    return;
  write_scenes ();
  run (SCENES "jpegenc ! matroskamux ! filesink location=clip.mkv");
  wanted = read_clip ("clip.mkv");
  found = run_and_watch ("filesrc location=clip.mkv ! matroskademux ! "
      "jpegparse ! creativeupscaler select=keyframes ! image/png ! "
      "fakesink name=end");
  g_assert_cmpuint (wanted->times->len, ==, N_FRAMES);
  assert_same_times (found, wanted);
  free_buffers (found);
  free_buffers (wanted);
}

/* What the guide says of costs, with a service that counts. */
static void
test_costs (Place * place, gconstpointer data)
{
  static const struct
  {
    const gchar *line;
    guint jobs, frames;
  } cases[] = {
    {"filesrc location=photo.jpg ! jpegdec ! imagefreeze num-buffers=50 ! "
          "creativeupscaler max-in-flight=8 %s ! fakesink name=end", 1, 50},
    {SCENES "creativeupscaler select=scene-change unselected=repeat "
          "max-in-flight=100 %s ! fakesink name=end", 3, N_FRAMES},
    {SCENES "creativeupscaler select=interval interval=10 unselected=local "
          "max-in-flight=40 size-policy=exact %s ! fakesink name=end", 6,
        N_FRAMES},
    {SCENES "creativeupscaler select=interval interval-time=1000000000 %s ! "
          "image/png ! fakesink name=end", 3, 3},
    {SCENES "creativeupscaler select=scene-change dry-run=true %s ! "
          "fakesink name=end", 0, 0},
    {SCENES "creativeupscaler select=interval interval=10 max-requests=3 "
          "on-budget=drop %s ! image/png ! fakesink name=end", 3, 3},
    {SCENES "creativeupscaler max-requests=2 on-budget=passthrough "
          "size-policy=exact %s ! fakesink name=end", 2, N_FRAMES},
  };
  CupFalServiceOptions options;
  guint i;

  if (plugins_skip_without (ELEMENTS))
    return;
  write_scenes ();
  run (SCENES "identity eos-after=2 ! jpegenc ! filesink location=photo.jpg");
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar **parts = g_strsplit (cases[i].line, "%s", 2), *line;
    CupFalService *service;
    GError *error = NULL;
    Buffers *found;

    cup_fal_service_options_init (&options);
    options.key = "KEYID-5be2:SECRET-0f1c77";
    options.runners = 4;
    service = cup_fal_service_new (&options, &error);
    g_assert_no_error (error);
    line = g_strdup_printf ("%1$sengine=fal api-key=%2$s location=%3$s "
        "storage-location=%3$s%4$s", parts[0], options.key,
        cup_fal_service_get_location (service), parts[1]);
    found = run_and_watch (line);
    g_assert_cmpuint (found->times->len, ==, cases[i].frames);
    g_assert_cmpuint (cup_fal_service_get_count (service,
            CUP_FAL_COUNT_ACCEPTED), ==, cases[i].jobs);
    free_buffers (found);
    cup_fal_service_free (service);
    g_free (line);
    g_strfreev (parts);
  }
}

static void
test_budget (Place * place, gconstpointer data)
{
  if (plugins_skip_without (ELEMENTS))
    return;
  write_clip ();
  run_from_guide ("dry-run=true");
  run_from_guide ("trial_%05d.png");
  g_assert_cmpuint (count_pictures ("trial_"), ==, 3);
  run_from_guide ("budget.mp4");
  g_assert_cmpuint (count_frames ("budget.mp4"), ==, N_FRAMES);
}

static void
test_live (Place * place, gconstpointer data)
{
  if (plugins_skip_without ("x264enc mp4mux"))
    return;
  run_from_guide ("live.mp4");
}

int
main (int argc, char **argv)
{
  gchar *cache = g_dir_make_tmp ("cup-test-XXXXXX", NULL);
  int status;

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_unsetenv ("FAL_KEY");
  g_unsetenv ("FAL_KEY_ID");
  g_unsetenv ("FAL_KEY_SECRET");
  plugins_restrict (NULL);
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  plugins_load
      ("coreelements videotestsrc videoconvertscale multifile jpegformat jpeg "
      "playback typefindfunctions matroska vpx png rawparse imagefreeze "
      "videoparsersbad openh264 isomp4 x264");
  g_assert_true (GST_ELEMENT_REGISTER (creativeupscaler, NULL));
#define ADD(path, func) \
  g_test_add (path, Place, NULL, place_enter, func, place_leave)
  ADD ("/guide/embedded", test_embedded);
  ADD ("/guide/select", test_select);
  ADD ("/guide/same", test_same);
  ADD ("/guide/sequence", test_sequence);
  ADD ("/guide/sequence-type", test_sequence_type);
  ADD ("/guide/named", test_named);
  ADD ("/guide/cache", test_cache);
  ADD ("/guide/budget", test_budget);
  ADD ("/guide/live", test_live);
  ADD ("/guide/keyframes", test_keyframes);
  ADD ("/guide/webm", test_webm);
  ADD ("/guide/trick-mode", test_trick_mode);
  ADD ("/guide/intra", test_intra);
  ADD ("/guide/costs", test_costs);
#undef ADD
  status = g_test_run ();
  gst_deinit ();
  place_remove (cache);
  g_free (cache);
  return status;
}
