/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch lines of docs/guide-sound.md, read from there and run as they stand:
 * the files that they write have the pixel format, the colours, the times and the
 * sound of the clip, and are complete where the guide says so.
 */
#include "config.h"

#include <gmodule.h>
#include <string.h>

#include "clip.h"
#include "document.h"
#include "fixture.h"
#include "place.h"
#include "plugins.h"

#define N_FRAMES 40
#define LONG_FRAMES 200
#define FRAME_TIME (100 * GST_MSECOND)
#define SOUND_OFFSET (300 * GST_MSECOND)
#define ELEMENTS "videotestsrc audiotestsrc audioconvert audioresample " \
    "videoconvert x264enc h264parse openh264dec voaacenc faad mp4mux qtdemux " \
    "decodebin"

/* What a file has; times are those at which it is shown. */
typedef struct
{
  GArray *video;                /* of GstClockTime */
  GArray *audio;                /* of GstClockTime */
  GChecksum *sound;             /* of the audio's bytes */
  GstCaps *stream;              /* of H.264 */
  GstCaps *decoded;
  gint64 duration;
} Movie;

/* Making the clip */

static void
make_clip (guint n_frames, gboolean with_sound)
{
  gchar *sound = with_sound ? g_strdup_printf ("audiotestsrc "
      "samplesperbuffer=4800 num-buffers=%u timestamp-offset=%" G_GUINT64_FORMAT
      " ! audio/x-raw,rate=48000,channels=2 ! voaacenc ! m.",
      n_frames - (guint) (SOUND_OFFSET / FRAME_TIME), SOUND_OFFSET) :
      g_strdup ("");
  /* Snow: no frame is the same as another one. */
  gchar *line = g_strdup_printf ("videotestsrc pattern=snow num-buffers=%u "
      "! video/x-raw,format=I420,width=64,height=48,framerate=10/1,"
      "colorimetry=bt709 ! x264enc speed-preset=ultrafast key-int-max=10 "
      "! mp4mux name=m ! filesink location=clip.mp4 %s", n_frames, sound);

  clip_run (line);
  g_free (line);
  g_free (sound);
}

/* Reading a file */

static GstPadProbeReturn
note_time (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstEvent *event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  const GstSegment *segment;
  GstClockTime time;

  g_assert_nonnull (event);
  gst_event_parse_segment (event, &segment);
  time = gst_segment_to_running_time (segment, GST_FORMAT_TIME,
      GST_BUFFER_PTS (buffer));
  gst_event_unref (event);
  g_array_append_val ((GArray *) user_data, time);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
note_sound (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstMapInfo map;

  g_assert_true (gst_buffer_map (GST_PAD_PROBE_INFO_BUFFER (info), &map,
          GST_MAP_READ));
  g_checksum_update (user_data, map.data, (gssize) map.size);
  gst_buffer_unmap (GST_PAD_PROBE_INFO_BUFFER (info), &map);
  return GST_PAD_PROBE_OK;
}

static GstPad *
get_pad (GstElement * pipeline, const gchar * of, const gchar * name)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (pipeline), of);
  GstPad *pad = gst_element_get_static_pad (element, name);

  gst_object_unref (element);
  return pad;
}

static void
add_probe (GstElement * pipeline, const gchar * sink,
    GstPadProbeCallback callback, gpointer data)
{
  GstPad *pad = get_pad (pipeline, sink, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, callback, data, NULL);
  gst_object_unref (pad);
}

static GstCaps *
get_caps (GstElement * pipeline, const gchar * of, const gchar * name)
{
  GstPad *pad = get_pad (pipeline, of, name);
  GstCaps *caps = gst_pad_get_current_caps (pad);

  g_assert_nonnull (caps);
  gst_object_unref (pad);
  return caps;
}

/* The file has to play from its beginning to its end. */
static Movie *
movie_read (const gchar * name, gboolean with_sound)
{
  Movie *movie = g_new0 (Movie, 1);
  gchar *line = g_strdup_printf ("filesrc location=%s ! qtdemux name=d "
      "d.video_0 ! queue ! h264parse name=parser ! openh264dec name=decoder "
      "! fakesink name=video sync=false %s", name, with_sound ?
      "d.audio_0 ! queue max-size-time=0 max-size-buffers=0 "
      "! fakesink name=audio sync=false" : "");
  GstElement *pipeline = clip_parse (line);

  movie->video = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  movie->audio = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  movie->sound = g_checksum_new (G_CHECKSUM_SHA256);
  add_probe (pipeline, "video", note_time, movie->video);
  if (with_sound) {
    add_probe (pipeline, "audio", note_time, movie->audio);
    add_probe (pipeline, "audio", note_sound, movie->sound);
  }
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  clip_wait_eos (pipeline);
  movie->stream = get_caps (pipeline, "parser", "src");
  movie->decoded = get_caps (pipeline, "decoder", "src");
  g_assert_true (gst_element_query_duration (pipeline, GST_FORMAT_TIME,
          &movie->duration));
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  g_free (line);
  return movie;
}

static void
movie_free (Movie * movie)
{
  g_array_unref (movie->video);
  g_array_unref (movie->audio);
  g_checksum_free (movie->sound);
  gst_caps_unref (movie->stream);
  gst_caps_unref (movie->decoded);
  g_free (movie);
}

static void
assert_caps (GstCaps * caps, const gchar * expected)
{
  GstCaps *wanted = gst_caps_from_string (expected);

  if (!gst_caps_is_subset (caps, wanted)) {
    gchar *text = gst_caps_to_string (caps);

    g_error ("%s are not %s", text, expected);
  }
  gst_caps_unref (wanted);
}

/* MP4 counts in units of its own. */
static void
assert_near (GstClockTime a, GstClockTime b, GstClockTime tolerance)
{
  g_assert_cmpuint (ABS (GST_CLOCK_DIFF (a, b)), <=, tolerance);
}

#define TIME(times, i) g_array_index (times, GstClockTime, i)

static void
assert_same_times (const GArray * a, const GArray * b, guint n)
{
  guint i;

  g_assert_cmpuint (a->len, ==, n);
  for (i = 0; i < n; i++)
    assert_near (TIME (a, i), TIME (b, i), GST_MSECOND);
}

/* The format and the colours of the clip, twice as large. */
static void
assert_same_format (const Movie * movie)
{
  assert_caps (movie->stream, "video/x-h264,profile=high,chroma-format=4:2:0,"
      "bit-depth-luma=(uint)8,colorimetry=bt709,width=128,height=96");
  assert_caps (movie->decoded, "video/x-raw,format=I420,width=128,height=96");
}

static void
assert_same_sound (const Movie * movie, const Movie * clip)
{
  assert_same_times (movie->audio, clip->audio, clip->audio->len);
  g_assert_cmpstr (g_checksum_get_string (movie->sound), ==,
      g_checksum_get_string (clip->sound));
}

/* The lines, with both engines */

static CupFalService *
start_service (gchar ** properties)
{
  CupFalServiceOptions options;
  CupFalService *service;
  GError *error = NULL;

  fixture_options_init (&options);
  options.runners = 8;
  service = cup_fal_service_new (&options, &error);
  g_assert_no_error (error);
  *properties = g_strdup_printf ("engine=fal api-key=" KEY " location=%1$s "
      "storage-location=%1$s", cup_fal_service_get_location (service));
  return service;
}

static gchar *
find_line (const gchar * file, const gchar * properties)
{
  gchar *line = document_find_line ("guide-sound.md", file);
  gchar *inner = g_strdup (strstr (line, "filesrc"));

  g_free (line);
  return document_add_properties (inner, properties);
}

static void
run_line (const gchar * file, const gchar * properties)
{
  gchar *line = find_line (file, properties);
  gchar **words;

  g_test_message ("%s", line);
  g_assert_true (g_shell_parse_argv (line, NULL, &words, NULL));
  g_free (line);
  line = g_strjoinv (" ", words);
  clip_run (line);
  g_strfreev (words);
  g_free (line);
}

typedef void (*CheckFunc) (const Movie * movie, const Movie * clip);

static void
check_file (const gchar * file, gboolean with_sound, CheckFunc check,
    const gchar * properties)
{
  Movie *clip = movie_read ("clip.mp4", with_sound), *movie;

  g_assert_cmpuint (clip->video->len, ==, N_FRAMES);
  run_line (file, properties);
  movie = movie_read (file, with_sound);
  assert_same_format (movie);
  assert_same_times (movie->video, clip->video, N_FRAMES);
  assert_near ((GstClockTime) movie->duration, (GstClockTime) clip->duration,
      FRAME_TIME);
  check (movie, clip);
  movie_free (movie);
  movie_free (clip);
}

static void
check_line (const gchar * file, gboolean with_sound, CheckFunc check)
{
  CupFalService *service;
  gchar *properties;

  if (plugins_skip_without (ELEMENTS))
    return;
  make_clip (N_FRAMES, with_sound);
  check_file (file, with_sound, check, "engine=local");
  service = start_service (&properties);
  check_file (file, with_sound, check, properties);
  cup_fal_service_free (service);
  g_free (properties);
}

static void
test_copied (Place * place, gconstpointer data)
{
  check_line ("big.mp4", TRUE, assert_same_sound);
}

/* Other packets of the same sound; an encoder puts some silence in front. */
static void
check_encoded (const Movie * movie, const Movie * clip)
{
  guint last = clip->audio->len - 1;

  assert_near (TIME (movie->audio, 0), TIME (clip->audio, 0), 50 * GST_MSECOND);
  assert_near (TIME (movie->audio, movie->audio->len - 1),
      TIME (clip->audio, last), 100 * GST_MSECOND);
}

static void
test_encoded (Place * place, gconstpointer data)
{
  check_line ("any.mp4", TRUE, check_encoded);
}

static void
check_nothing (const Movie * movie, const Movie * clip)
{
}

static void
test_silent (Place * place, gconstpointer data)
{
  check_line ("silent.mp4", FALSE, check_nothing);
}

static void
test_whole (Place * place, gconstpointer data)
{
#ifdef HAVE_STORE
  check_line ("whole.mp4", TRUE, assert_same_sound);
#else
  g_test_skip ("built without the store");
#endif
}

static void
test_fragments (Place * place, gconstpointer data)
{
#ifdef HAVE_STORE
  check_line ("fragments.mp4", TRUE, assert_same_sound);
#else
  g_test_skip ("built without the store");
#endif
}

/* Jobs that fail, in gst-launch-1.0 itself */

/* The plugins of GStreamer's that the lines need: looking at all that there are
 * takes seconds. */
static gchar *
list_plugins (void)
{
  static const gchar *const names[] = { "coreelements", "isomp4", "playback",
    "typefindfunctions", "videoparsersbad", "openh264", "videoconvertscale",
    "x264"
  };
  GString *list = g_string_new ("--gst-plugin-load=");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++)
    g_string_append_printf (list, "%s%s/libgst%s." G_MODULE_SUFFIX,
        i > 0 ? "," : "", GST_PLUGINS_DIR, names[i]);
  return g_string_free (list, FALSE);
}

static gboolean
can_launch (void)
{
  gchar *program = g_find_program_in_path ("gst-launch-1.0");
  gboolean found = program != NULL;

  g_free (program);
#ifndef HAVE_STORE
  found = FALSE;
#endif
  if (!found || IS_SANITIZED) {
    g_test_skip ("no gst-launch-1.0, or none that can load this build");
    return FALSE;
  }
  return !plugins_skip_without (ELEMENTS);
}

/* Runs a line of the guide. Returns whether gst-launch-1.0 was content; @out is
 * what it printed. */
static gboolean
launch (const gchar * option, const gchar * file, const gchar * properties,
    gchar ** out)
{
  gchar *inner = find_line (file, properties), *plugins = list_plugins ();
  gchar *line = g_strdup_printf ("gst-launch-1.0 %s %s %s", option, plugins,
      inner);
  GSubprocessLauncher *launcher = g_subprocess_launcher_new
      (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  GSubprocess *process;
  GError *error = NULL;
  gchar **arguments;
  gboolean content;

  g_assert_true (g_shell_parse_argv (line, NULL, &arguments, &error));
  g_subprocess_launcher_setenv (launcher, "GST_PLUGIN_PATH_1_0",
      BUILT_PLUGIN_DIR, TRUE);
  g_subprocess_launcher_setenv (launcher, "GST_REGISTRY_1_0", "registry", TRUE);
  process = g_subprocess_launcher_spawnv (launcher,
      (const gchar * const *) arguments, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, out, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("%s", *out);
  content = g_subprocess_get_successful (process);
  g_object_unref (process);
  g_object_unref (launcher);
  g_strfreev (arguments);
  g_free (line);
  g_free (plugins);
  g_free (inner);
  return content;
}

static gboolean
has_index (const gchar * name)
{
  gchar *data;
  gsize size, i;
  gboolean found = FALSE;

  g_assert_true (g_file_get_contents (name, &data, &size, NULL));
  for (i = 0; i + 4 <= size && !found; i++)
    found = memcmp (data + i, "moov", 4) == 0;
  g_free (data);
  return found;
}

static void
add_fault (CupFalService * service, const gchar * spec)
{
  GError *error = NULL;

  cup_fal_service_add_fault (service, spec, &error);
  g_assert_no_error (error);
}

/* Without -e. The frames before the one that failed, and all of the sound; when
 * the same line runs again, all of it, and what was paid for is not again. */
static void
test_ended (Place * place, gconstpointer data)
{
  CupFalService *service;
  Movie *clip, *movie;
  gchar *properties, *out;

  if (!can_launch ())
    return;
  make_clip (N_FRAMES, TRUE);
  clip = movie_read ("clip.mp4", TRUE);
  service = start_service (&properties);
  add_fault (service, "result:model-422:1:AFTER=20");
  g_assert_true (launch ("", "whole.mp4", properties, &out));
  g_assert_nonnull (strstr (out, "WARNING"));
  g_assert_nonnull (strstr (out, "where the stream ends"));
  g_free (out);
  movie = movie_read ("whole.mp4", TRUE);
  g_assert_cmpuint (movie->video->len, >, 10);
  g_assert_cmpuint (movie->video->len, <, N_FRAMES);
  assert_same_format (movie);
  assert_same_times (movie->video, clip->video, movie->video->len);
  assert_same_sound (movie, clip);
  movie_free (movie);

  g_assert_true (launch ("", "whole.mp4", properties, &out));
  g_free (out);
  movie = movie_read ("whole.mp4", TRUE);
  assert_same_times (movie->video, clip->video, N_FRAMES);
  movie_free (movie);
  movie_free (clip);
  cup_fal_service_free (service);
  g_free (properties);
}

/* What the guide says of -e: an error leaves an MP4 file without index. */
static void
test_error (Place * place, gconstpointer data)
{
  CupFalService *service;
  gchar *properties, *out;

  if (!can_launch ())
    return;
  make_clip (N_FRAMES, TRUE);
  service = start_service (&properties);
  add_fault (service, "result:model-422:1:AFTER=20");
  g_assert_false (launch ("-e", "big.mp4", properties, &out));
  g_assert_nonnull (strstr (out, "ERROR"));
  g_assert_false (has_index ("big.mp4"));
  cup_fal_service_free (service);
  g_free (out);
  g_free (properties);
}

/* Fragments play as far as they got. */
static void
test_max_failures (Place * place, gconstpointer data)
{
  CupFalService *service;
  gchar *properties, *out;
  Movie *movie;

  if (!can_launch ())
    return;
  make_clip (LONG_FRAMES, TRUE);
  service = start_service (&properties);
  add_fault (service, "result:model-422:EVERY=1:AFTER=120");
  g_assert_false (launch ("", "fragments.mp4", properties, &out));
  g_assert_nonnull (strstr (out, "20 frames in a row have failed"));
  movie = movie_read ("fragments.mp4", TRUE);
  assert_same_format (movie);
  g_assert_cmpuint (movie->video->len, >=, 20);
  movie_free (movie);
  cup_fal_service_free (service);
  g_free (out);
  g_free (properties);
}

int
main (int argc, char **argv)
{
  gchar *cache = g_dir_make_tmp ("cup-test-XXXXXX", NULL);
  int status;

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  fixture_init (&argc, &argv);
  plugins_load ("coreelements videotestsrc audiotestsrc audioconvert "
      "audioresample videoconvertscale playback typefindfunctions isomp4 "
      "videoparsersbad audioparsers openh264 x264 voaacenc faad");
#define ADD(path, func) \
  g_test_add (path, Place, NULL, place_enter, func, place_leave)
  ADD ("/movies/copied", test_copied);
  ADD ("/movies/encoded", test_encoded);
  ADD ("/movies/silent", test_silent);
  ADD ("/movies/whole", test_whole);
  ADD ("/movies/fragments", test_fragments);
  ADD ("/movies/ended", test_ended);
  ADD ("/movies/error", test_error);
  ADD ("/movies/max-failures", test_max_failures);
#undef ADD
  status = g_test_run ();
  place_remove (cache);
  g_free (cache);
  return status;
}
