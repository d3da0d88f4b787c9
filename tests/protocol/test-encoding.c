/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Raw video through the element into the encoders that people use: whatever the
 * engine, a file has the subsampling, the depth, the transfer function and the
 * primaries of the video that came, so that it plays where that played.
 */
#include "clip.h"
#include "fixture.h"
#include "place.h"
#include "plugins.h"

#include <gst/video/video.h>
#include <string.h>

#define SOURCE "videotestsrc num-buffers=3 ! video/x-raw,width=64,height=48," \
    "framerate=25/1,"
#define LOCAL "engine=local local-model=fast creativity=0 detail=0"

/* Encoders, with what tells the profile of their streams behind. */
#define X264 "x264enc name=encoder ! h264parse name=parser"
#define X265 "x265enc name=encoder ! h265parse name=parser"
#define VP9 "vp9enc name=encoder deadline=1 cpu-used=8 ! vp9parse name=parser"

typedef struct
{
  const gchar *name;
  const gchar *input;           /* the rest of the caps */
  const gchar *output;          /* the format that gets to the encoder */
  const gchar *encoder;
  const gchar *needs;
  const gchar *stream;          /* caps behind the parser */
} Case;

static const Case cases[] = {
  {"i420/x264", "format=I420,colorimetry=bt709", "I420", X264,
        "x264enc h264parse",
      "video/x-h264,chroma-format=4:2:0,bit-depth-luma=(uint)8,profile=high"},
  {"i420/x265", "format=I420,colorimetry=bt601", "I420", X265,
        "x265enc h265parse",
      "video/x-h265,chroma-format=4:2:0,bit-depth-luma=(uint)8,profile=main"},
  {"i420/vp9", "format=I420,colorimetry=bt709", "I420", VP9,
        "vp9enc vp9parse",
      "video/x-vp9,chroma-format=4:2:0,bit-depth-luma=(uint)8,profile=(string)0"},
  {"nv12/x264", "format=NV12,colorimetry=bt709", "NV12", X264,
        "x264enc h264parse",
      "video/x-h264,chroma-format=4:2:0,bit-depth-luma=(uint)8,profile=high"},
  {"y42b/x264", "format=Y42B,colorimetry=bt709", "Y42B", X264,
        "x264enc h264parse",
      "video/x-h264,chroma-format=4:2:2,bit-depth-luma=(uint)8,"
        "profile=high-4:2:2"},
  {"10/x264", "format=I420_10LE,colorimetry=bt2100-pq", "I420_10LE", X264,
        "x264enc h264parse",
      "video/x-h264,chroma-format=4:2:0,bit-depth-luma=(uint)10,"
        "profile=high-10"},
  {"10/x265", "format=I420_10LE,colorimetry=bt2100-pq", "I420_10LE", X265,
        "x265enc h265parse",
      "video/x-h265,chroma-format=4:2:0,bit-depth-luma=(uint)10,"
        "profile=main-10"},
  {"10/vp9", "format=I420_10LE,colorimetry=bt2100-pq", "I420_10LE", VP9,
        "vp9enc vp9parse",
      "video/x-vp9,chroma-format=4:2:0,bit-depth-luma=(uint)10,"
        "profile=(string)2"},
  {"p010/x265", "format=P010_10LE,colorimetry=bt2100-hlg", "I420_10LE", X265,
        "x265enc h265parse",
      "video/x-h265,chroma-format=4:2:0,bit-depth-luma=(uint)10,"
        "profile=main-10"},
};

/* The properties for the fal engine and @service. */
static gchar *
make_fal (CupFalService * service)
{
  return g_strdup_printf ("engine=fal api-key=" KEY " location=%1$s "
      "storage-location=%1$s", cup_fal_service_get_location (service));
}

static CupFalService *
start_service (void)
{
  CupFalServiceOptions options;
  CupFalService *service;
  GError *error = NULL;

  fixture_options_init (&options);
  service = cup_fal_service_new (&options, &error);
  g_assert_no_error (error);
  return service;
}

/* The caps that the pad @name of the element @of has got. */
static GstCaps *
get_caps (GstElement * pipeline, const gchar * of, const gchar * name)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (pipeline), of);
  GstPad *pad = gst_element_get_static_pad (element, name);
  GstCaps *caps = gst_pad_get_current_caps (pad);

  g_assert_nonnull (caps);
  gst_object_unref (pad);
  gst_object_unref (element);
  return caps;
}

static void
assert_caps (GstElement * pipeline, const gchar * of, const gchar * name,
    const gchar * expected)
{
  GstCaps *caps = get_caps (pipeline, of, name);
  GstCaps *wanted = gst_caps_from_string (expected);

  if (!gst_caps_is_subset (caps, wanted)) {
    gchar *text = gst_caps_to_string (caps);

    g_error ("the %s pad of the %s has %s and not %s", name, of, text,
        expected);
  }
  gst_caps_unref (caps);
  gst_caps_unref (wanted);
}

static void
run_case (const Case * c, const gchar * engine, const gchar * convert)
{
  gchar *line = g_strdup_printf (SOURCE "%s ! creativeupscaler %s %s ! %s "
      "! fakesink", c->input, engine, convert, c->encoder);
  const gchar *colorimetry = strstr (c->input, "colorimetry");
  gchar *encoded = g_strdup_printf ("video/x-raw,format=%s,%s", c->output,
      colorimetry);
  GstElement *pipeline = clip_parse (line);

  g_test_message ("%s", line);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  clip_wait_eos (pipeline);
  assert_caps (pipeline, "encoder", "sink", encoded);
  assert_caps (pipeline, "parser", "src", c->stream);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  g_free (encoded);
  g_free (line);
}

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  CupFalService *service;
  gchar *fal;

  if (plugins_skip_without ("videotestsrc videoconvert")
      || plugins_skip_without (c->needs))
    return;
  service = start_service ();
  fal = make_fal (service);
  run_case (c, LOCAL, "");
  run_case (c, LOCAL, "! videoconvert");
  run_case (c, fal, "");
  run_case (c, fal, "! videoconvert");
  g_free (fal);
  cup_fal_service_free (service);
}

/* Depth: a ramp of all levels that video of 10 bits has. */

#define RAMP_WIDTH 1024
#define RAMP_HEIGHT 16
#define RAMP_FIRST 64
#define RAMP_LEVELS 876

static void
write_ramp (const gchar * name)
{
  const guint luma = RAMP_WIDTH * RAMP_HEIGHT, size = luma * 3 / 2;
  guint16 *samples = g_new (guint16, size);
  GError *error = NULL;
  guint i;

  for (i = 0; i < luma; i++)
    samples[i] = GUINT16_TO_LE ((guint16) (RAMP_FIRST
            + i % RAMP_WIDTH * RAMP_LEVELS / RAMP_WIDTH));
  for (i = luma; i < size; i++)
    samples[i] = GUINT16_TO_LE (512);
  g_file_set_contents (name, (const gchar *) samples, size * 2, &error);
  g_assert_no_error (error);
  g_free (samples);
}

static GstPadProbeReturn
count_levels (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);
  guint *n = user_data, x;
  gboolean seen[1024] = { FALSE };
  GstVideoFrame frame;
  GstVideoInfo video;

  g_assert_true (gst_video_info_from_caps (&video, caps));
  g_assert_true (gst_video_frame_map (&frame, &video,
          GST_PAD_PROBE_INFO_BUFFER (info), GST_MAP_READ));
  g_assert_cmpint (GST_VIDEO_FRAME_COMP_DEPTH (&frame, 0), ==, 10);
  for (x = 0; x < RAMP_WIDTH; x++) {
    guint level = GST_READ_UINT16_LE ((guint8 *)
        GST_VIDEO_FRAME_COMP_DATA (&frame, 0) + 2 * x) & 1023;

    *n += !seen[level];
    seen[level] = TRUE;
  }
  gst_video_frame_unmap (&frame);
  gst_caps_unref (caps);
  return GST_PAD_PROBE_REMOVE;
}

/* Returns how many levels get to an encoder of @engine's results. */
static guint
run_ramp (const gchar * engine)
{
  gchar *line = g_strdup_printf ("filesrc location=ramp.yuv blocksize=%d "
      "! rawvideoparse width=%d height=%d format=i420-10le framerate=25/1 "
      "colorimetry=bt2100-pq ! creativeupscaler %s scale=1 ! videoconvert "
      "! x264enc name=encoder ! fakesink", RAMP_WIDTH * RAMP_HEIGHT * 3,
      RAMP_WIDTH, RAMP_HEIGHT, engine);
  GstElement *pipeline = clip_parse (line);
  GstElement *encoder = gst_bin_get_by_name (GST_BIN (pipeline), "encoder");
  GstPad *pad = gst_element_get_static_pad (encoder, "sink");
  guint n = 0;

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_levels, &n, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  clip_wait_eos (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pad);
  gst_object_unref (encoder);
  gst_object_unref (pipeline);
  g_free (line);
  return n;
}

static void
test_ramp (Place * place, gconstpointer data)
{
  CupFalService *service;
  gchar *fal;

  if (plugins_skip_without ("rawvideoparse videoconvert x264enc"))
    return;
  write_ramp ("ramp.yuv");
  service = start_service ();
  fal = make_fal (service);
  g_assert_cmpuint (run_ramp (LOCAL " skip-ccsr=true"), ==, RAMP_LEVELS);
  g_assert_cmpuint (run_ramp (fal), ==, RAMP_LEVELS);
  g_free (fal);
  cup_fal_service_free (service);
}

/* A decoder that knows no profile above High reads what was encoded. */

static void
assert_frames (const gchar * name, const gchar * decoder, guint expected)
{
  gchar *line = g_strdup_printf ("filesrc location=%s ! qtdemux ! h264parse "
      "%s ! fakesink name=end sync=false", name, decoder);
  GstElement *pipeline = clip_parse (line), *end;
  GstStructure *stats;
  guint64 rendered = 0;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  clip_wait_eos (pipeline);
  end = gst_bin_get_by_name (GST_BIN (pipeline), "end");
  g_object_get (end, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, "rendered", &rendered));
  g_assert_cmpuint (rendered, ==, expected);
  gst_structure_free (stats);
  gst_object_unref (end);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  g_free (line);
}

#define PLAYERS "videotestsrc videoconvert x264enc h264parse mp4mux qtdemux " \
    "openh264dec"

static void
run_to_mp4 (const gchar * source, const gchar * engine, const gchar * behind)
{
  gchar *line = g_strdup_printf ("%s ! creativeupscaler %s ! %s "
      "! x264enc bframes=0 ! mp4mux ! filesink location=out.mp4", source,
      engine, behind);

  g_test_message ("%s", line);
  clip_run (line);
  g_free (line);
  assert_frames ("out.mp4", "! openh264dec", 3);
}

static void
test_plays (Place * place, gconstpointer data)
{
  const gchar *video = SOURCE "format=I420";
  CupFalService *service;
  gchar *fal;

  if (plugins_skip_without (PLAYERS))
    return;
  service = start_service ();
  fal = make_fal (service);
  run_to_mp4 (video, fal, "videoconvert");
  run_to_mp4 (video, fal, "identity");
  run_to_mp4 (video, LOCAL, "videoconvert");
  run_to_mp4 (video, LOCAL, "identity");
  g_free (fal);
  cup_fal_service_free (service);
}

/* Pictures have no format of video to keep: what they become is said behind. */
static void
test_stills (Place * place, gconstpointer data)
{
  static const gchar *const sources[] = {
    SOURCE "format=I420 ! jpegenc",
    SOURCE "format=RGB ! pngenc",
    SOURCE "format=I420 ! jpegenc ! jpegdec",
  };
  CupFalService *service;
  gchar *fal;
  guint i;

  if (plugins_skip_without (PLAYERS " jpegenc jpegdec pngenc"))
    return;
  service = start_service ();
  fal = make_fal (service);
  for (i = 0; i < G_N_ELEMENTS (sources); i++) {
    run_to_mp4 (sources[i], fal, "video/x-raw,format=I420,colorimetry=bt709");
    run_to_mp4 (sources[i], LOCAL, "video/x-raw,format=I420,colorimetry=bt709");
  }
  /* Decoded pictures are raw video. */
  run_to_mp4 (sources[2], fal, "videoconvert");
  run_to_mp4 (sources[2], LOCAL, "videoconvert");
  g_free (fal);
  cup_fal_service_free (service);
}

/* Of which no time is known. */
static void
test_single (Place * place, gconstpointer data)
{
  if (plugins_skip_without (PLAYERS " jpegenc multifilesrc"))
    return;
  clip_run ("videotestsrc num-buffers=1 ! video/x-raw,width=64,height=48 "
      "! jpegenc ! filesink location=photo.jpg");
  clip_run ("multifilesrc location=photo.jpg num-buffers=1 caps=image/jpeg "
      "! creativeupscaler " LOCAL " ! video/x-raw,format=I420 ! x264enc "
      "! mp4mux ! filesink location=single.mp4");
  assert_frames ("single.mp4", "", 1);
}

int
main (int argc, char **argv)
{
  guint i;

  fixture_init (&argc, &argv);
  plugins_load
      ("coreelements videotestsrc videoconvertscale rawparse x264 x265 "
      "vpx openh264 videoparsersbad isomp4 jpeg png " "multifile");
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *path = g_strconcat ("/encoding/", cases[i].name, NULL);

    g_test_add_data_func (path, &cases[i], test_case);
    g_free (path);
  }
#define ADD(path, func) \
  g_test_add (path, Place, NULL, place_enter, func, place_leave)
  ADD ("/encoding/ramp", test_ramp);
  ADD ("/encoding/plays", test_plays);
  ADD ("/encoding/stills", test_stills);
  ADD ("/encoding/single", test_single);
#undef ADD
  return g_test_run ();
}
