/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What upscaling is not to change: depth, alpha, what colours mean, times,
 * orientation, and what is told of parts of the picture. docs/fidelity.md has
 * the rules.
 */
#include "fixture.h"
#include "lines.h"

#include <gst/video/video-anc.h>
#include <math.h>
#include <string.h>

#include "element/colour.h"
#include "element/frame.h"

#define HDR10 "mastering-display-info=(string)13250:34500:7500:3000:34000:16000:" \
    "15635:16450:10000000:1, content-light-level=(string)1000:400"

/* An engine that gives back what it gets, off by one level and enlarged. */
static const CupDummyPlan echo = {.drift = 1 };

/* --- frames --- */

static void
info_from_string (GstVideoInfo * info, const gchar * text)
{
  GstCaps *caps = gst_caps_from_string (text);

  g_assert_true (gst_video_info_from_caps (info, caps));
  gst_caps_unref (caps);
}

/* White and opaque. */
static GstBuffer *
make_white (const gchar * caps)
{
  GstVideoInfo info;
  GstBuffer *buffer;

  info_from_string (&info, caps);
  buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&info), NULL);
  gst_buffer_memset (buffer, 0, 255, -1);
  GST_BUFFER_PTS (buffer) = 0;
  return buffer;
}

static Fixture *
echo_fixture (const gchar * in, const gchar * downstream)
{
  Fixture *f = fixture_new (NULL, NULL);

  cup_dummy_engine_set_plan (f->engine, &echo);
  if (downstream)
    gst_harness_set_sink_caps_str (f->harness, downstream);
  fixture_set_caps (f, in);
  return f;
}

/* The caps that a frame of @in leaves with. */
static GstCaps *
get_caps (const gchar * in, const gchar * downstream)
{
  Fixture *f = echo_fixture (in, downstream);
  GstCaps *caps;

  gst_harness_push (f->harness, make_white (in));
  gst_buffer_unref (gst_harness_pull (f->harness));
  caps = gst_pad_get_current_caps (f->harness->sinkpad);
  fixture_free (f);
  return caps;
}

static void
assert_error (Fixture * f, GQuark domain, gint code, const gchar * const *parts)
{
  GstMessage *message = fixture_wait_message (f, GST_MESSAGE_ERROR);
  GError *error = NULL;

  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, domain, code);
  for (; *parts; parts++) {
    if (!strstr (error->message, *parts))
      g_error ("\"%s\" does not say \"%s\"", error->message, *parts);
  }
  g_error_free (error);
  gst_message_unref (message);
}

/* --- depth and alpha --- */

/* Not whole tiles. */
#define RAMP_WIDTH 1022
#define RAMP_HEIGHT 4

static guint
get_depth (const GstVideoFormatInfo * finfo)
{
  guint depth = 0, c;

  for (c = 0; c < finfo->n_components; c++)
    depth = MAX (depth, finfo->depth[c]);
  return depth;
}

/* Ramps of grey and, the other way, of alpha, with as many steps as the format
 * can have, at most RAMP_WIDTH. */
static GstBuffer *
make_ramp (const GstVideoInfo * info)
{
  const GstVideoFormatInfo *finfo = info->finfo;
  gboolean deep = GST_VIDEO_FORMAT_INFO_BITS
      (gst_video_format_get_info (finfo->unpack_format)) > 8;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL,
      GST_VIDEO_INFO_SIZE (info), NULL);
  guint16 *line = g_malloc0 (get_line_size (info));
  GstVideoFrame frame;
  guint x, c;
  gint y;

  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE));
  for (y = 0; y < RAMP_HEIGHT; y++) {
    for (x = 0; x < RAMP_WIDTH; x++) {
      guint16 level = (guint16) (8192 + x * 48), alpha = (guint16) (65535
          - x * 32);

      for (c = 0; c < 4; c++) {
        guint16 value = c == 0 ? alpha : level;

        if (c > 1 && GST_VIDEO_FORMAT_INFO_IS_YUV (finfo))
          value = 0x8000;
        if (deep)
          line[4 * x + c] = value;
        else
          ((guint8 *) line)[4 * x + c] = value >> 8;
      }
    }
    pack_line (&frame, y, line);
  }
  gst_video_frame_unmap (&frame);
  g_free (line);
  GST_BUFFER_PTS (buffer) = 0;
  return buffer;
}

/* Alpha and the first colour of the second row, as 16 bits. */
static void
read_ramp (const GstVideoInfo * info, GstBuffer * buffer, guint16 * alpha,
    guint16 * level)
{
  const GstVideoFormatInfo *finfo = info->finfo;
  gboolean deep = GST_VIDEO_FORMAT_INFO_BITS
      (gst_video_format_get_info (finfo->unpack_format)) > 8;
  guint16 *line = g_malloc0 (get_line_size (info));
  GstVideoFrame frame;
  guint x;

  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  unpack_line (&frame, 1, line);
  for (x = 0; x < RAMP_WIDTH; x++) {
    alpha[x] = deep ? line[4 * x] : ((guint8 *) line)[4 * x] << 8;
    level[x] = deep ? line[4 * x + 1] : ((guint8 *) line)[4 * x + 1] << 8;
  }
  gst_video_frame_unmap (&frame);
  g_free (line);
}

static guint
count_levels (const guint16 * level)
{
  guint n = 1, x;

  for (x = 1; x < RAMP_WIDTH; x++)
    n += level[x] != level[x - 1];
  return n;
}

/* Through the embedded engine, which keeps the pixels with these settings, and
 * back into the same format. */
static void
check_ramp (GstVideoFormat format)
{
  GstElement *element = gst_element_factory_make ("creativeupscaler", NULL);
  GstHarness *h;
  GstVideoInfo info;
  GstBuffer *in, *out;
  GstCaps *caps;
  guint16 a[2][RAMP_WIDTH], v[2][RAMP_WIDTH];
  guint unit, x;

  g_object_set (element, "scale", 1.0, "skip-ccsr", TRUE, "creativity", 0.0,
      "detail", 0.0, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "engine", "local");
  h = gst_harness_new_with_element (element, "sink", "src");
  gst_object_unref (element);
  gst_video_info_set_format (&info, format, RAMP_WIDTH, RAMP_HEIGHT);
  info.fps_n = 25;
  caps = gst_video_info_to_caps (&info);
  gst_harness_set_sink_caps (h, gst_caps_ref (caps));
  gst_harness_set_src_caps (h, caps);

  g_test_message ("%s", info.finfo->name);
  in = make_ramp (&info);
  gst_harness_push (h, gst_buffer_ref (in));
  out = gst_harness_pull (h);
  read_ramp (&info, in, a[0], v[0]);
  read_ramp (&info, out, a[1], v[1]);
  unit = 1u << (16 - MIN (info.finfo->depth[0], 16));
  for (x = 0; x < RAMP_WIDTH; x++) {
    if ((guint) ABS (v[0][x] - v[1][x]) > unit + 1)
      g_error ("%s: level %u becomes %u", info.finfo->name, v[0][x], v[1][x]);
    if (cup_colour_has_alpha (info.finfo) && ABS (a[0][x] - a[1][x]) > 257)
      g_error ("%s: alpha %u becomes %u", info.finfo->name, a[0][x], a[1][x]);
  }
  g_assert_cmpuint (count_levels (v[1]), ==, count_levels (v[0]));
  if (get_depth (info.finfo) > 8 && format != GST_VIDEO_FORMAT_RGB8P)
    g_assert_cmpuint (count_levels (v[1]), >, 600);
  if (cup_colour_has_alpha (info.finfo))
    g_assert_cmpuint (count_levels (a[1]), >, 1);
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

static void
test_every_format (void)
{
  guint n, i, channels, depth;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);

  for (i = 0; i < n; i++) {
    const GstVideoFormatInfo *finfo = gst_video_format_get_info (formats[i]);
    GstVideoInfo info;

    if (formats[i] == GST_VIDEO_FORMAT_RGB8P)
      continue;
    gst_video_info_set_format (&info, formats[i], 16, 16);
    cup_colour_get_layout (&info, &channels, &depth);
    g_assert_cmpuint (depth, ==, get_depth (finfo) > 8 ? 16 : 8);
    g_assert_cmpint (channels == 4, ==, finfo->n_components == 4);
    check_ramp (formats[i]);
  }
}

/* Depth of what is sent to an engine that takes files, and channels. */
static void
test_sent (void)
{
  static const struct
  {
    const gchar *format;
    const gchar *image_format;
    guint channels, depth;
  } cases[] = {
    {"I420", "auto", 3, 8}, {"RGB16", "auto", 3, 8}, {"RGBA", "auto", 4, 8},
    {"GRAY8", "auto", 1, 8}, {"I420_10LE", "auto", 3, 16},
    {"P010_10LE", "auto", 3, 16}, {"Y212_LE", "auto", 3, 16},
    {"v210", "auto", 3, 16}, {"GRAY16_LE", "auto", 1, 16},
    {"GRAY10_LE32", "auto", 1, 16}, {"RGBA64_BE", "auto", 4, 16},
    {"ARGB64", "png", 4, 16}, {"AV12", "png", 4, 8},
    {"I420_10LE", "jpeg", 3, 8},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *caps = g_strdup_printf ("video/x-raw,format=%s,width=48,height=32,"
        "framerate=25/1", cases[i].format);
    CupDummyPlan plan = echo;
    Fixture *f = echo_fixture (caps, "image/png");
    GstBuffer *buffer;
    CupImageInfo info;
    GBytes *bytes;

    /* Of the depth that came: the engine enlarges it, the element passes it. */
    plan.image_type = CUP_IMAGE_PNG;
    cup_dummy_engine_set_plan (f->engine, &plan);
    cup_dummy_engine_set_accepts (f->engine, CUP_ENGINE_ACCEPTS_ENCODED);
    gst_util_set_object_arg (G_OBJECT (f->element), "image-format",
        cases[i].image_format);
    gst_harness_push (f->harness, make_white (caps));
    buffer = gst_harness_pull (f->harness);
    bytes = cup_frame_map_bytes (buffer, NULL);
    g_assert_true (cup_image_read_info (bytes, &info, NULL));
    g_test_message ("%s as %s: %u channels of %u bits", cases[i].format,
        cases[i].image_format, info.channels, info.depth);
    g_assert_cmpuint (info.channels, ==, cases[i].channels);
    g_assert_cmpuint (info.depth, ==, cases[i].depth);
    g_bytes_unref (bytes);
    gst_buffer_unref (buffer);
    g_free (caps);
    fixture_free (f);
  }
}

static void
assert_format (const gchar * in, const gchar * downstream,
    const gchar * expected)
{
  gchar *text = g_strdup_printf ("video/x-raw,format=%s,width=48,height=32,"
      "framerate=25/1", in);
  GstCaps *caps = get_caps (text, downstream);

  g_assert_cmpstr (gst_structure_get_string (gst_caps_get_structure (caps, 0),
          "format"), ==, expected);
  gst_caps_unref (caps);
  g_free (text);
}

/* By what formats keep, and not by how many bits they are stored in. */
static void
test_deep_format (void)
{
  assert_format ("I420_10LE", "video/x-raw,format={P010_10LE,P016_LE}",
      "P010_10LE");
  assert_format ("P012_LE", "video/x-raw,format={P010_10LE,P016_LE}",
      "P016_LE");
  assert_format ("I420_10LE", "video/x-raw,format={I420,NV12,P010_10LE}",
      "P010_10LE");
  assert_format ("GRAY16_LE", "video/x-raw,format={GRAY8,GRAY10_LE32}",
      "GRAY10_LE32");
  /* Two bits of alpha are next to none. */
  assert_format ("ARGB", "video/x-raw,format={RGB10A2_LE,AYUV}", "AYUV");
  assert_format ("ARGB", "video/x-raw,format={I420,AV12}", "AV12");
  assert_format ("I420", "video/x-raw,format={ARGB64,P010_10LE,RGB}",
      "P010_10LE");
}

#define TRANSPARENT "video/x-raw,format=RGBA,width=16,height=12,framerate=25/1"

static GstBuffer *
make_transparent (void)
{
  GstBuffer *buffer = fixture_make_frame (100);

  gst_buffer_memset (buffer, 4 * 50 + 3, 254, 1);
  return buffer;
}

static void
test_alpha_refused (void)
{
  static const gchar *const downstream[] = { "video/x-raw,format=I420",
    "video/x-raw,format=BGRx", "image/jpeg"
  };
  static const gchar *const parts[][4] = {
    {"transparent", "I420", "videoconvert", NULL},
    {"transparent", "BGRx", "videoconvert", NULL},
    {"transparent", "image/jpeg", "videoconvert", NULL},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (downstream); i++) {
    Fixture *f = echo_fixture (TRANSPARENT, downstream[i]);

    /* What nobody sees is not missed. */
    fixture_push (f, 99);
    gst_buffer_unref (gst_harness_pull (f->harness));
    /* It is the same for all frames: no policy drops them one by one. */
    gst_util_set_object_arg (G_OBJECT (f->element), "on-error", "drop");
    gst_harness_push (f->harness, make_transparent ());
    assert_error (f, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, parts[i]);
    fixture_free (f);
  }
}

/* Before it is paid for. */
static void
test_alpha_not_sent (void)
{
  static const gchar *const parts[] = { "transparent", "image-format",
    "image/jpeg", NULL
  };
  Fixture *f = echo_fixture (TRANSPARENT, NULL);

  cup_dummy_engine_set_accepts (f->engine, CUP_ENGINE_ACCEPTS_ENCODED);
  gst_util_set_object_arg (G_OBJECT (f->element), "image-format", "jpeg");
  gst_harness_push (f->harness, make_transparent ());
  assert_error (f, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, parts);
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 0);
  fixture_free (f);
}

static gboolean
pop_warning (Fixture * f)
{
  GstMessage *message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING);
  GError *error = NULL;

  if (!message)
    return FALSE;
  gst_message_parse_warning (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, "transparen"));
  g_error_free (error);
  gst_message_unref (message);
  return TRUE;
}

/* An engine that does not bring it back: told once, and only where there was
 * something to lose. */
static void
test_alpha_lost (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  guint i;

  for (i = 0; i < 4; i++) {
    gst_harness_push (f->harness, i == 0 ? fixture_make_frame (100) :
        make_transparent ());
    gst_buffer_unref (gst_harness_pull (f->harness));
    g_assert_cmpint (pop_warning (f), ==, i == 1);
  }
  fixture_free (f);

  f = echo_fixture (TRANSPARENT, NULL);
  gst_harness_push (f->harness, make_transparent ());
  gst_buffer_unref (gst_harness_pull (f->harness));
  g_assert_false (pop_warning (f));
  fixture_free (f);
}

/* A source that could give anything gives 8 bits without alpha. */
static void
test_preferred_input (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstCaps *filter = gst_caps_from_string (GST_VIDEO_CAPS_MAKE
      (GST_VIDEO_FORMATS_ALL));
  GstCaps *caps = gst_pad_peer_query_caps (f->harness->srcpad, filter);
  const GstVideoFormatInfo *finfo;
  guint i, n = 0;
  GstCaps *deep;

  /* None is left out. */
  for (i = 0; i < gst_caps_get_size (caps); i++)
    n += gst_value_list_get_size (gst_structure_get_value
        (gst_caps_get_structure (caps, i), "format"));
  g_assert_cmpuint (n, ==, gst_value_list_get_size (gst_structure_get_value
          (gst_caps_get_structure (filter, 0), "format")));
  caps = gst_caps_fixate (caps);
  finfo = gst_video_format_get_info (gst_video_format_from_string
      (gst_structure_get_string (gst_caps_get_structure (caps, 0), "format")));
  g_assert_cmpuint (get_depth (finfo), ==, 8);
  g_assert_cmpuint (finfo->n_components, ==, 3);
  gst_caps_unref (filter);
  gst_caps_unref (caps);

  /* One that has more to give gives it. */
  filter = gst_caps_from_string ("video/x-raw,format={P010_10LE,GRAY16_LE}");
  deep = gst_pad_peer_query_caps (f->harness->srcpad, filter);
  g_assert_true (gst_caps_can_intersect (deep, filter));
  deep = gst_caps_fixate (deep);
  g_assert_cmpstr (gst_structure_get_string (gst_caps_get_structure (deep, 0),
          "format"), ==, "P010_10LE");
  gst_caps_unref (deep);
  gst_caps_unref (filter);
  fixture_free (f);
}

/* --- colours --- */

typedef struct
{
  const gchar *name;
  const gchar *format;
  const gchar *colorimetry;
  const gchar *downstream;
  const gchar *expected;        /* colorimetry */
} Colours;

static const Colours colours[] = {
  {"sdr-to-rgb", "I420", "bt709", "format=RGB", "1:1:5:1"},
  {"bt601-to-rgb", "I420", "bt601", "format=RGB", "1:1:16:4"},
  {"sdr-as-srgb", "I420", "bt709", "format=RGB,colorimetry=sRGB", "sRGB"},
  {"gray", "GRAY8", "2:4:5:1", "format=GRAY8", "2:4:5:1"},
  {"yuv-to-yuv", "I420", "bt709", "format=NV12", "bt709"},
  {"full-range", "I420", "1:4:0:0", "format=Y444", "1:4:0:0"},
  {"bt601-as-bt709", "I420", "bt601", "format=I420,colorimetry=bt709",
      "bt709"},
  {"rgb-to-rgb", "RGB", "1:1:5:1", "format=BGRx", "1:1:5:1"},
  {"rgb-narrow-range", "RGB", "2:1:7:1", "format=RGB", "1:1:7:1"},
  {"rgb-to-yuv", "RGB", "sRGB", "format=I420", "2:4:7:1"},
  {"rgb-as-bt709", "RGB", "sRGB", "format=I420,colorimetry=bt709", "bt709"},
  {"pq-to-rgb", "I420_10LE", "bt2100-pq", "format=ARGB64", "1:1:14:7"},
  {"pq-to-yuv", "P010_10LE", "bt2100-pq", "format=I422_10LE", "bt2100-pq"},
  {"pq-to-narrow", "P010_10LE", "bt2100-pq", "format=I420", "bt2100-pq"},
  {"hlg-to-rgb", "I420_10LE", "bt2100-hlg", "format=ARGB64", "1:1:15:7"},
  {"pq-rgb-to-yuv", "ARGB64", "1:1:14:7", "format=P010_10LE", "bt2100-pq"},
  {"wide-gamut", "I420_10LE", "bt2020-10", "format=ARGB64", "1:1:13:7"},
  {"linear", "ARGB64", "1:1:1:1", "format=AYUV64", "2:4:1:1"},
  {"p3", "RGB", "1:1:7:9", "format=I420", "2:4:7:9"},
  {"pq-gray", "GRAY16_LE", "1:4:14:7", "format=ARGB64", "1:1:14:7"},
};

static gchar *
describe (const GstVideoColorimetry * colorimetry)
{
  return g_strdup_printf ("%d:%d:%d:%d", colorimetry->range,
      colorimetry->matrix, colorimetry->transfer, colorimetry->primaries);
}

static void
test_colours (gconstpointer data)
{
  const Colours *c = data;
  gchar *in = g_strdup_printf ("video/x-raw,format=%s,width=48,height=32,"
      "framerate=25/1,colorimetry=(string)%s", c->format, c->colorimetry);
  gchar *downstream = g_strdup_printf ("video/x-raw,%s", c->downstream);
  GstCaps *caps = get_caps (in, downstream);
  GstVideoColorimetry expected;
  GstVideoInfo info;
  gchar *a, *b;

  g_assert_true (gst_video_info_from_caps (&info, caps));
  g_assert_true (gst_video_colorimetry_from_string (&expected, c->expected));
  a = describe (&info.colorimetry);
  b = describe (&expected);
  g_assert_cmpstr (a, ==, b);
  g_free (a);
  g_free (b);
  gst_caps_unref (caps);
  g_free (downstream);
  g_free (in);
}

#define PQ_CAPS "video/x-raw,format=P010_10LE,width=48,height=32," \
    "framerate=25/1,colorimetry=(string)bt2100-pq,chroma-site=(string)mpeg2," \
    HDR10

/* What would show HDR as SDR. */
static void
test_relabel_refused (void)
{
  static const gchar *const downstream[] = {
    "video/x-raw,format=P010_10LE,colorimetry=bt709",
    "video/x-raw,format=I420,colorimetry={(string)bt709,(string)bt601}",
    "video/x-raw,format=ARGB64,colorimetry=sRGB",
  };
  static const gchar *const parts[] = { "colorimetry=bt2100-pq",
    "videoconvert gamma-mode=remap", NULL
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (downstream); i++) {
    Fixture *f = echo_fixture (PQ_CAPS, downstream[i]);

    gst_harness_push (f->harness, make_white (PQ_CAPS));
    assert_error (f, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, parts);
    fixture_free (f);
  }
}

static void
assert_field (const gchar * in, const gchar * downstream, const gchar * field,
    const gchar * expected)
{
  GstCaps *caps = get_caps (in, downstream);
  const GValue *value = gst_structure_get_value (gst_caps_get_structure (caps,
          0), field);
  gchar *text = value ? G_VALUE_HOLDS_STRING (value) ?
      g_value_dup_string (value) : gst_value_serialize (value) : NULL;

  if (g_strcmp0 (text, expected) != 0)
    g_error ("%s is %s of %s in %s", field, text ? text : "not there", in,
        gst_caps_to_string (caps));
  g_free (text);
  gst_caps_unref (caps);
}

static void
test_hdr (void)
{
  static const gchar *const downstream[] = { "video/x-raw,format=ARGB64",
    "video/x-raw,format=I422_10LE",
    "video/x-raw,format=P010_10LE,chroma-site=jpeg", "image/png"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (downstream); i++) {
    assert_field (PQ_CAPS, downstream[i], "content-light-level", "1000:400");
    assert_field (PQ_CAPS, downstream[i], "mastering-display-info",
        "13250:34500:7500:3000:34000:16000:15635:16450:10000000:1");
  }
  assert_field (PQ_CAPS, downstream[2], "chroma-site", "jpeg");
  assert_field (PQ_CAPS, downstream[2], "colorimetry", "bt2100-pq");
  /* Files do not say; their caps do. */
  assert_field (PQ_CAPS, "image/png", "colorimetry", "1:1:14:7");
  assert_field (FRAME_CAPS, "image/png", "colorimetry", NULL);
  /* It describes the light of another transfer function. */
  assert_field ("video/x-raw,format=I420,width=48,height=32,framerate=25/1,"
      "colorimetry=(string)bt709," HDR10,
      "video/x-raw,format=RGB,colorimetry=sRGB", "content-light-level", NULL);
}

/* --- geometry and time --- */

#define I420_CAPS "video/x-raw,format=I420,width=48,height=32"

static void
test_caps_fields (void)
{
  const gchar *sited = I420_CAPS ",framerate=25/1,chroma-site=(string)cosited";
  const gchar *varying = I420_CAPS ",framerate=0/1,max-framerate=30/1";

  assert_field (sited, "video/x-raw,format=NV12", "chroma-site", "cosited");
  assert_field (sited, "video/x-raw,format=Y444", "chroma-site", NULL);
  assert_field (sited, "video/x-raw,format=RGB", "chroma-site", NULL);
  assert_field (I420_CAPS ",framerate=0/1", NULL, "framerate", "0/1");
  assert_field (I420_CAPS ",framerate=0/1", NULL, "max-framerate", NULL);
  assert_field (varying, NULL, "framerate", "0/1");
  assert_field (varying, NULL, "max-framerate", "30/1");
  assert_field (varying, "image/png", "framerate", "0/1");
  assert_field (I420_CAPS ",framerate=30000/1001", "image/png", "framerate",
      "30000/1001");
  assert_field (I420_CAPS ",framerate=25/1,pixel-aspect-ratio=12/11", NULL,
      "pixel-aspect-ratio", "12/11");
  assert_field (I420_CAPS ",framerate=25/1,pixel-aspect-ratio=12/11",
      "image/png", "pixel-aspect-ratio", "12/11");
  assert_field (I420_CAPS ",framerate=25/1,multiview-mode=mono", NULL,
      "multiview-mode", "mono");
  assert_field (I420_CAPS ",framerate=25/1", NULL, "interlace-mode",
      "progressive");
}

/* A service that rounds: 96×64 becomes 128×64. */
static void
test_stretched (void)
{
  static const gchar *const parts[] = { "pixel aspect ratio of 3/4",
    "size-policy=exact", NULL
  };
  const CupDummyPlan rounding = {.multiple = 64 };
  guint i;

  for (i = 0; i < 2; i++) {
    Fixture *f = echo_fixture (I420_CAPS ",framerate=25/1",
        "video/x-raw,pixel-aspect-ratio=1/1");

    cup_dummy_engine_set_plan (f->engine, &rounding);
    gst_util_set_object_arg (G_OBJECT (f->element), "size-policy",
        i == 0 ? "follow" : "exact");
    gst_harness_push (f->harness, make_white (I420_CAPS));
    if (i == 0)
      assert_error (f, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, parts);
    else
      gst_buffer_unref (gst_harness_pull (f->harness));
    fixture_free (f);
  }
}

/* Pictures are upscaled as they are stored; who shows them turns them. */
static void
test_orientation (void)
{
  Fixture *f = echo_fixture (I420_CAPS ",framerate=25/1", NULL);
  gchar *orientation = NULL;
  GstEvent *event;

  gst_harness_push_event (f->harness,
      gst_event_new_tag (gst_tag_list_new (GST_TAG_IMAGE_ORIENTATION,
              "rotate-90", NULL)));
  gst_harness_push (f->harness, make_white (I420_CAPS));
  gst_buffer_unref (gst_harness_pull (f->harness));
  event = gst_pad_get_sticky_event (f->harness->sinkpad, GST_EVENT_TAG, 0);
  if (event) {
    GstTagList *tags;

    gst_event_parse_tag (event, &tags);
    gst_tag_list_get_string (tags, GST_TAG_IMAGE_ORIENTATION, &orientation);
    gst_event_unref (event);
  }
  g_assert_cmpstr (orientation, ==, "rotate-90");
  g_free (orientation);
  fixture_free (f);
}

/* --- metas --- */

/* A white frame of 48×32 with @add's meta, twice as large. */
static GstBuffer *
upscale_with (void (*add) (GstBuffer * buffer))
{
  Fixture *f = echo_fixture (I420_CAPS ",framerate=25/1", NULL);
  GstBuffer *buffer = make_white (I420_CAPS);

  add (buffer);
  gst_harness_push (f->harness, buffer);
  buffer = gst_harness_pull (f->harness);
  fixture_free (f);
  return buffer;
}

static void
add_rectangles (GstBuffer * buffer)
{
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);
  GstVideoRegionOfInterestMeta *roi;

  crop->x = 4;
  crop->y = 2;
  crop->width = 40;
  crop->height = 28;
  roi = gst_buffer_add_video_region_of_interest_meta (buffer, "face", 1, 2, 3,
      4);
  gst_video_region_of_interest_meta_add_param (roi,
      gst_structure_new ("detection", "confidence", G_TYPE_DOUBLE, 0.5, NULL));
}

static void
test_rectangles (void)
{
  GstBuffer *buffer = upscale_with (add_rectangles);
  GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (buffer);
  GstVideoRegionOfInterestMeta *roi = (GstVideoRegionOfInterestMeta *)
      gst_buffer_get_meta (buffer, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);

  g_assert_nonnull (crop);
  g_assert_cmpuint (crop->x, ==, 8);
  g_assert_cmpuint (crop->y, ==, 4);
  g_assert_cmpuint (crop->width, ==, 80);
  g_assert_cmpuint (crop->height, ==, 56);
  g_assert_nonnull (roi);
  g_assert_cmpuint (roi->x, ==, 2);
  g_assert_cmpuint (roi->y, ==, 4);
  g_assert_cmpuint (roi->w, ==, 6);
  g_assert_cmpuint (roi->h, ==, 8);
  g_assert_nonnull (gst_video_region_of_interest_meta_get_param (roi,
          "detection"));
  gst_buffer_unref (buffer);
}

static void
add_ancillary (GstBuffer * buffer)
{
  static const guint8 caption[] = { 0xfc, 0x94, 0x20 };
  guint8 uuid[16] = { 1, 2, 3 };

  gst_buffer_add_video_caption_meta (buffer, GST_VIDEO_CAPTION_TYPE_CEA708_RAW,
      caption, sizeof caption);
  gst_buffer_add_video_afd_meta (buffer, 0, GST_VIDEO_AFD_SPEC_ATSC_A53,
      GST_VIDEO_AFD_4_3_FULL_16_9_FULL);
  gst_buffer_add_video_bar_meta (buffer, 0, TRUE, 3, 28);
  gst_buffer_add_video_bar_meta (buffer, 0, FALSE, 5, 42);
  gst_buffer_add_video_time_code_meta_full (buffer, 25, 1, NULL, 0, 1, 2, 3, 4,
      0);
  gst_buffer_add_video_affine_transformation_meta (buffer);
  gst_buffer_add_video_sei_user_data_unregistered_meta (buffer, uuid, uuid,
      sizeof uuid);
  g_assert_nonnull (gst_buffer_add_custom_meta (buffer, "TestFidelityMeta"));
}

static void
test_ancillary (void)
{
  GstBuffer *buffer = upscale_with (add_ancillary);
  GstVideoCaptionMeta *caption = gst_buffer_get_video_caption_meta (buffer);
  GstVideoAFDMeta *afd = gst_buffer_get_video_afd_meta (buffer);
  GstVideoTimeCodeMeta *timecode = gst_buffer_get_video_time_code_meta (buffer);
  GstVideoBarMeta *bar;
  gpointer state = NULL;
  guint n = 0;

  g_assert_nonnull (caption);
  g_assert_cmpint (caption->caption_type, ==,
      GST_VIDEO_CAPTION_TYPE_CEA708_RAW);
  g_assert_cmpuint (caption->size, ==, 3);
  g_assert_nonnull (afd);
  g_assert_cmpint (afd->afd, ==, GST_VIDEO_AFD_4_3_FULL_16_9_FULL);
  g_assert_nonnull (timecode);
  g_assert_cmpuint (timecode->tc.frames, ==, 4);
  g_assert_nonnull (gst_buffer_get_video_affine_transformation_meta (buffer));
  g_assert_nonnull (gst_buffer_get_meta (buffer,
          GST_VIDEO_SEI_USER_DATA_UNREGISTERED_META_API_TYPE));
  g_assert_nonnull (gst_buffer_get_custom_meta (buffer, "TestFidelityMeta"));
  while ((bar = (GstVideoBarMeta *) gst_buffer_iterate_meta_filtered (buffer,
              &state, GST_VIDEO_BAR_META_API_TYPE))) {
    n++;
    g_assert_cmpuint (bar->bar_data1, ==, bar->is_letterbox ? 6 : 10);
    g_assert_cmpuint (bar->bar_data2, ==, bar->is_letterbox ? 56 : 84);
  }
  g_assert_cmpuint (n, ==, 2);
  gst_buffer_unref (buffer);
}

static void
add_overlay (GstBuffer * buffer)
{
  GstBuffer *pixels = gst_buffer_new_allocate (NULL, 8 * 4 * 4, NULL);
  GstVideoOverlayComposition *overlay;
  GstVideoOverlayRectangle *rectangle;

  gst_buffer_memset (pixels, 0, 200, -1);
  gst_buffer_add_video_meta (pixels, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, 8, 4);
  rectangle = gst_video_overlay_rectangle_new_raw (pixels, -3, 20, 16, 8,
      GST_VIDEO_OVERLAY_FORMAT_FLAG_NONE);
  overlay = gst_video_overlay_composition_new (rectangle);
  gst_video_overlay_rectangle_unref (rectangle);
  gst_buffer_add_video_overlay_composition_meta (buffer, overlay);
  gst_video_overlay_composition_unref (overlay);
  gst_buffer_unref (pixels);
}

static void
test_overlay (void)
{
  GstBuffer *buffer = upscale_with (add_overlay);
  GstVideoOverlayCompositionMeta *meta =
      gst_buffer_get_video_overlay_composition_meta (buffer);
  gint x, y;
  guint width, height;

  g_assert_nonnull (meta);
  g_assert_cmpuint (gst_video_overlay_composition_n_rectangles (meta->overlay),
      ==, 1);
  gst_video_overlay_rectangle_get_render_rectangle
      (gst_video_overlay_composition_get_rectangle (meta->overlay, 0), &x, &y,
      &width, &height);
  g_assert_cmpint (x, ==, -6);
  g_assert_cmpint (y, ==, 40);
  g_assert_cmpuint (width, ==, 32);
  g_assert_cmpuint (height, ==, 16);
  gst_buffer_unref (buffer);
}

static void
add_memory (GstBuffer * buffer)
{
  GstBuffer *parent = gst_buffer_new ();

  gst_buffer_add_video_meta (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_FORMAT_I420, 48, 32);
  gst_buffer_add_parent_buffer_meta (buffer, parent);
  gst_buffer_unref (parent);
}

/* What tells of the input's memory is not true of the output's. */
static void
test_memory (void)
{
  GstBuffer *buffer = upscale_with (add_memory);
  GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);

  g_assert_true (!meta || meta->width == 96);
  g_assert_null (gst_buffer_get_parent_buffer_meta (buffer));
  gst_buffer_unref (buffer);
}

int
main (int argc, char **argv)
{
  static const gchar *no_tags[] = { NULL };
  guint i;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();
  gst_meta_register_custom ("TestFidelityMeta", no_tags, NULL, NULL, NULL);

  g_test_add_func ("/fidelity/every-format", test_every_format);
  g_test_add_func ("/fidelity/sent", test_sent);
  g_test_add_func ("/fidelity/deep-format", test_deep_format);
  g_test_add_func ("/fidelity/alpha-refused", test_alpha_refused);
  g_test_add_func ("/fidelity/alpha-not-sent", test_alpha_not_sent);
  g_test_add_func ("/fidelity/alpha-lost", test_alpha_lost);
  g_test_add_func ("/fidelity/preferred-input", test_preferred_input);
  for (i = 0; i < G_N_ELEMENTS (colours); i++) {
    gchar *path = g_strdup_printf ("/fidelity/colours/%s", colours[i].name);

    g_test_add_data_func (path, &colours[i], test_colours);
    g_free (path);
  }
  g_test_add_func ("/fidelity/relabel-refused", test_relabel_refused);
  g_test_add_func ("/fidelity/hdr", test_hdr);
  g_test_add_func ("/fidelity/caps-fields", test_caps_fields);
  g_test_add_func ("/fidelity/stretched", test_stretched);
  g_test_add_func ("/fidelity/orientation", test_orientation);
  g_test_add_func ("/fidelity/rectangles", test_rectangles);
  g_test_add_func ("/fidelity/ancillary", test_ancillary);
  g_test_add_func ("/fidelity/overlay", test_overlay);
  g_test_add_func ("/fidelity/memory", test_memory);
  return fixture_run ();
}
