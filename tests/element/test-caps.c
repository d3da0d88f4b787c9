/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What goes in and what comes out: formats, colours, caps, metas.
 */
#include "fixture.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "element/frame.h"

/* An element with the real local engine, as a resampler and nothing else; @caps
 * of the input. */
static GstHarness *
local_harness (const gchar * scale, const gchar * in_caps,
    const gchar * out_caps)
{
  GstHarness *h;
  GstElement *element = gst_element_factory_make ("creativeupscaler", NULL);

  gst_util_set_object_arg (G_OBJECT (element), "engine", "local");
  g_object_set (element, "skip-ccsr", TRUE, "creativity", 0.0, "detail", 0.0,
      NULL);
  gst_util_set_object_arg (G_OBJECT (element), "scale", scale);
  h = gst_harness_new_with_element (element, "sink", "src");
  gst_object_unref (element);
  if (out_caps)
    gst_harness_set_sink_caps_str (h, out_caps);
  gst_harness_set_src_caps_str (h, in_caps);
  return h;
}

/* A smooth picture with all colours in it, in any raw format. */
static GstBuffer *
make_picture (const GstVideoInfo * info)
{
  GstVideoInfo rgb;
  GstBuffer *in, *out;
  GstVideoFrame from, to;
  GstVideoConverter *converter;
  gint width = GST_VIDEO_INFO_WIDTH (info);
  gint height = GST_VIDEO_INFO_HEIGHT (info);
  gint x, y;

  gst_video_info_set_format (&rgb, GST_VIDEO_FORMAT_ARGB64, width, height);
  rgb.fps_n = GST_VIDEO_INFO_FPS_N (info);
  rgb.fps_d = GST_VIDEO_INFO_FPS_D (info);
  in = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&rgb), NULL);
  g_assert_true (gst_video_frame_map (&from, &rgb, in, GST_MAP_WRITE));
  for (y = 0; y < height; y++) {
    guint16 *row = (guint16 *) ((guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&from,
            0) + y * GST_VIDEO_FRAME_PLANE_STRIDE (&from, 0));

    for (x = 0; x < width; x++) {
      row[4 * x + 0] = 0xffff;
      row[4 * x + 1] = 32768 + 26000 * sin (x * 0.07 + y * 0.01);
      row[4 * x + 2] = 32768 + 26000 * sin (y * 0.05);
      row[4 * x + 3] = 32768 + 26000 * cos (x * 0.03 - y * 0.06);
    }
  }
  gst_video_frame_unmap (&from);

  out = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info), NULL);
  g_assert_true (gst_video_frame_map (&from, &rgb, in, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&to, info, out, GST_MAP_WRITE));
  converter = gst_video_converter_new (&rgb, info, NULL);
  g_assert_nonnull (converter);
  gst_video_converter_frame (converter, &from, &to);
  gst_video_converter_free (converter);
  gst_video_frame_unmap (&to);
  gst_video_frame_unmap (&from);
  gst_buffer_unref (in);
  return out;
}

/* Of the luma, in units of its own depth's peak. */
static gdouble
luma_psnr (GstBuffer * a, GstBuffer * b, const GstVideoInfo * info)
{
  const GstVideoFormatInfo *finfo = info->finfo;
  gboolean deep = GST_VIDEO_FORMAT_INFO_BITS (finfo) > 8;
  gint width = GST_VIDEO_INFO_WIDTH (info);
  gint height = GST_VIDEO_INFO_HEIGHT (info);
  guint8 *la = g_malloc (width * 8), *lb = g_malloc (width * 8);
  GstVideoFrame fa, fb;
  gdouble sum = 0;
  gint x, y;

  g_assert_true (gst_video_frame_map (&fa, info, a, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&fb, info, b, GST_MAP_READ));
  for (y = 0; y < height; y++) {
    finfo->unpack_func (finfo, 0, la, fa.data, fa.info.stride, 0, y, width);
    finfo->unpack_func (finfo, 0, lb, fb.data, fb.info.stride, 0, y, width);
    for (x = 0; x < width; x++) {
      gdouble d = deep ? (((guint16 *) la)[4 * x + 1]
          - ((guint16 *) lb)[4 * x + 1]) / 257. : la[4 * x + 1]
          - lb[4 * x + 1];

      sum += d * d;
    }
  }
  gst_video_frame_unmap (&fb);
  gst_video_frame_unmap (&fa);
  g_free (lb);
  g_free (la);
  return 10 * log10 (255. * 255. / MAX (sum / width / height, 1e-9));
}

/* YUV to RGB, through the engine, and back: the luma must survive, with the
 * stream's own matrix and range. */
static void
round_trip (const gchar * format, const gchar * colorimetry)
{
  gchar *caps = g_strdup_printf ("video/x-raw,format=%s,width=320,height=240,"
      "framerate=25/1,colorimetry=(string)%s", format, colorimetry);
  gchar *out_filter = g_strdup_printf ("video/x-raw,format=%s", format);
  GstHarness *h = local_harness ("1", caps, out_filter);
  GstCaps *in_caps = gst_caps_from_string (caps), *out_caps;
  GstVideoInfo info, out_info;
  GstBuffer *in, *out;
  gdouble psnr;

  g_assert_true (gst_video_info_from_caps (&info, in_caps));
  in = make_picture (&info);
  gst_harness_push (h, gst_buffer_ref (in));
  out = gst_harness_pull (h);
  out_caps = gst_pad_get_current_caps (h->sinkpad);
  g_assert_true (gst_video_info_from_caps (&out_info, out_caps));
  g_assert_true (gst_video_colorimetry_is_equal (&info.colorimetry,
          &out_info.colorimetry));
  psnr = luma_psnr (in, out, &info);
  g_test_message ("%s, %s: luma round trip %.1f dB", format, colorimetry, psnr);
  g_assert_cmpfloat (psnr, >=, 50);
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  gst_caps_unref (out_caps);
  gst_caps_unref (in_caps);
  g_free (out_filter);
  g_free (caps);
  gst_harness_teardown (h);
}

static void
test_yuv_round_trip (gconstpointer colorimetry)
{
  static const gchar *formats[] = { "I420", "NV12", "Y42B", "Y444", "YUY2",
    "I420_10LE", "P010_10LE", "Y444_12LE", "AYUV64", "Y41B", "YUV9"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (formats); i++)
    round_trip (formats[i], colorimetry);
}

/* Every matrix and range against arithmetic in doubles: the nearest level. */
static void
test_exact_rgb (gconstpointer colorimetry)
{
  gchar *caps = g_strdup_printf ("video/x-raw,format=Y444,width=64,height=64,"
      "framerate=25/1,colorimetry=(string)%s", (const gchar *) colorimetry);
  GstHarness *h = local_harness ("1", caps, "video/x-raw,format=RGB");
  GstBuffer *in = gst_buffer_new_allocate (NULL, 3 * 64 * 64, NULL), *out;
  GRand *random = g_rand_new_with_seed (7);
  GstVideoColorimetry c;
  GstMapInfo from, to;
  gdouble kr, kb;
  guint i;

  gst_buffer_map (in, &from, GST_MAP_WRITE);
  for (i = 0; i < from.size; i++)
    from.data[i] = (guint8) g_rand_int_range (random, 0, 256);
  gst_buffer_unmap (in, &from);
  gst_harness_push (h, gst_buffer_ref (in));
  out = gst_harness_pull (h);

  g_assert_true (gst_video_colorimetry_from_string (&c, colorimetry));
  g_assert_true (gst_video_color_matrix_get_Kr_Kb (c.matrix, &kr, &kb));
  gst_buffer_map (in, &from, GST_MAP_READ);
  gst_buffer_map (out, &to, GST_MAP_READ);
  for (i = 0; i < 64 * 64; i++) {
    gboolean full = c.range == GST_VIDEO_COLOR_RANGE_0_255;
    gdouble y = full ? from.data[i] / 255. : (from.data[i] - 16) / 219.;
    gdouble u = (from.data[i + 4096] - 128) / (full ? 255. : 224.);
    gdouble v = (from.data[i + 8192] - 128) / (full ? 255. : 224.);
    gdouble r = y + 2 * (1 - kr) * v, b = y + 2 * (1 - kb) * u;
    gdouble g = (y - kr * r - kb * b) / (1 - kr - kb);
    gdouble rgb[3] = { r, g, b };
    guint k;

    for (k = 0; k < 3; k++)
      g_assert_cmpfloat (fabs (to.data[3 * i + k]
              - CLAMP (rgb[k], 0, 1) * 255), <=, 0.501);
  }
  gst_buffer_unmap (out, &to);
  gst_buffer_unmap (in, &from);
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  g_rand_free (random);
  g_free (caps);
  gst_harness_teardown (h);
}

/* A flat grey of each level comes out as itself: no bias. */
static void
test_grey_levels (void)
{
  GstHarness *h = local_harness ("1",
      "video/x-raw,format=I420,width=16,height=16,framerate=25/1,"
      "colorimetry=(string)bt709", "video/x-raw,format=RGB");
  guint luma;

  for (luma = 16; luma <= 235; luma++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 16 * 16 * 3 / 2, NULL);
    guint8 pixel[3];
    guint expected = (guint) lround ((luma - 16) * 255. / 219.);
    guint i;

    gst_buffer_memset (buffer, 0, luma, 256);
    gst_buffer_memset (buffer, 256, 128, 128);
    gst_harness_push (h, buffer);
    buffer = gst_harness_pull (h);
    gst_buffer_extract (buffer, 8 * 48 + 24, pixel, 3);
    for (i = 0; i < 3; i++)
      g_assert_cmpint (ABS ((gint) pixel[i] - (gint) expected), <=, 1);
    gst_buffer_unref (buffer);
  }
  gst_harness_teardown (h);
}

/* Every raw format that the template promises goes in and comes out. */
static void
test_all_formats_in (void)
{
  guint n, i;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);

  g_assert_cmpuint (n, >, 80);
  for (i = 0; i < n; i++) {
    GstVideoInfo info;
    GstBuffer *buffer;
    GstHarness *h;
    GstCaps *caps;
    gchar *text;

    g_assert_true (gst_video_info_set_format (&info, formats[i], 32, 16));
    info.fps_n = 25;
    info.fps_d = 1;
    caps = gst_video_info_to_caps (&info);
    text = gst_caps_to_string (caps);
    h = local_harness ("2", text, NULL);
    buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&info), NULL);
    gst_buffer_memset (buffer, 0, 0x40, -1);
    g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_OK);
    buffer = gst_harness_pull (h);
    g_assert_nonnull (buffer);
    gst_buffer_unref (buffer);
    g_free (text);
    gst_caps_unref (caps);
    gst_harness_teardown (h);
  }
}

/* Whatever raw format downstream asks for is made. */
static void
test_all_formats_out (void)
{
  guint n, i;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);

  for (i = 0; i < n; i++) {
    GstVideoInfo info;
    GstBuffer *buffer;
    GstHarness *h;
    GstCaps *caps;
    gchar *text = g_strdup_printf ("video/x-raw,format=%s",
        gst_video_format_to_string (formats[i]));

    h = local_harness ("2", FRAME_CAPS, text);
    gst_harness_push (h, fixture_make_frame (9));
    buffer = gst_harness_pull (h);
    caps = gst_pad_get_current_caps (h->sinkpad);
    g_assert_true (gst_video_info_from_caps (&info, caps));
    g_assert_cmpint (GST_VIDEO_INFO_FORMAT (&info), ==, formats[i]);
    g_assert_cmpint (GST_VIDEO_INFO_WIDTH (&info), ==, 2 * FRAME_WIDTH);
    g_assert_cmpuint (gst_buffer_get_size (buffer), >=,
        GST_VIDEO_INFO_SIZE (&info));
    gst_buffer_unref (buffer);
    gst_caps_unref (caps);
    g_free (text);
    gst_harness_teardown (h);
  }
}

static GstBuffer *make_image (CupImageType type, guint8 key);

/* The format that a result of @channels and @depth leaves in. @input: caps. */
static void
check_format (const gchar * input, guint channels, guint depth,
    const gchar * downstream, const gchar * expected)
{
  const CupDummyPlan plan = {.channels = channels,.depth = depth };
  Fixture *f = fixture_new (NULL, NULL);
  GstCaps *caps;
  GstVideoInfo info;
  GstBuffer *frame;

  gst_harness_set_sink_caps_str (f->harness, downstream);
  cup_dummy_engine_set_plan (f->engine, &plan);
  caps = gst_caps_from_string (input);
  if (g_str_has_prefix (input, "image/")) {
    frame = make_image (CUP_IMAGE_PNG, 1);
  } else {
    g_assert_true (gst_video_info_from_caps (&info, caps));
    frame = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&info), NULL);
    gst_buffer_memset (frame, 0, 255, -1);
  }
  gst_caps_unref (caps);
  fixture_set_caps (f, input);
  gst_harness_push (f->harness, frame);
  gst_buffer_unref (gst_harness_pull (f->harness));
  caps = gst_pad_get_current_caps (f->harness->sinkpad);
  g_assert_cmpstr (gst_structure_get_string (gst_caps_get_structure (caps, 0),
          "format"), ==, expected);
  gst_caps_unref (caps);
  fixture_free (f);
}

/* Of a picture that came as a file, the one that loses least is taken. */
static void
test_choice_of_format (void)
{
  static const struct
  {
    guint channels, depth;
    const gchar *downstream;
    const gchar *expected;
  } cases[] = {
    {3, 8, "video/x-raw,format={I420,NV12,Y444,GRAY8}", "Y444"},
    {3, 8, "video/x-raw,format={RGB16,BGRx,I420}", "BGRx"},
    {4, 8, "video/x-raw,format={RGB,AYUV,I420}", "AYUV"},
    {4, 8, "video/x-raw,format={BGRx,BGRA}", "BGRA"},
    {1, 8, "video/x-raw,format={RGB,GRAY8,I420}", "GRAY8"},
    {1, 16, "video/x-raw,format={RGB,GRAY8,GRAY16_LE}", "GRAY16_LE"},
    {3, 16, "video/x-raw,format={RGB,I420_10LE,ARGB64}", "ARGB64"},
    {3, 16, "video/x-raw,format={RGB,P010_10LE}", "P010_10LE"},
    {3, 16, "video/x-raw,format={RGB,RGBA64_LE,Y444_16LE}", "RGBA64_LE"},
    {4, 16, "video/x-raw", "RGBA64_LE"},
    {3, 8, "video/x-raw", "RGB"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++)
    check_format ("image/png,framerate=25/1", cases[i].channels,
        cases[i].depth, cases[i].downstream, cases[i].expected);
}

/* Raw video keeps its format; where downstream does not take that, the same
 * subsampling with enough depth, then the same kind, and the other kind last. */
static void
test_format_is_kept (void)
{
  static const struct
  {
    const gchar *input;
    guint channels, depth;
    const gchar *downstream;
    const gchar *expected;
  } cases[] = {
    {"I420", 3, 8, "video/x-raw", "I420"},
    {"I420", 3, 16, "video/x-raw", "I420"},
    {"I420", 1, 8, "video/x-raw", "I420"},
    {"I420", 3, 8, "video/x-raw,format={RGB,Y444,NV12,P010_10LE}", "NV12"},
    {"I420", 3, 8, "video/x-raw,format={RGB,Y444,P010_10LE}", "P010_10LE"},
    {"I420", 3, 8, "video/x-raw,format={RGB,Y444,Y42B}", "Y42B"},
    {"I420", 3, 8, "video/x-raw,format={RGB,Y444}", "Y444"},
    {"I420", 3, 8, "video/x-raw,format={BGRA,BGRx}", "BGRx"},
    {"I420", 3, 8, "video/x-raw,format={A420,AYUV,YV12}", "YV12"},
    /* Of two that keep the same the one that passes through a converter. */
    {"P010_10LE", 3, 16, "video/x-raw,format={Y444,I420,I420_10LE}; "
          "video/x-raw", "I420_10LE"},
    {"P010_10LE", 3, 16, "video/x-raw,format={Y444,I420}; video/x-raw",
        "P010_10LE"},
    /* Alpha that only the result has. */
    {"I420", 4, 8, "video/x-raw", "A420"},
    {"I420", 4, 8, "video/x-raw,format={I420,RGB}", "I420"},
    {"Y42B", 3, 8, "video/x-raw,format={I420,Y444,RGB}", "Y444"},
    {"UYVY", 3, 8, "video/x-raw", "UYVY"},
    {"v210", 3, 16, "video/x-raw", "v210"},
    {"I420_10LE", 3, 16, "video/x-raw", "I420_10LE"},
    {"I420_10LE", 3, 8, "video/x-raw", "I420_10LE"},
    {"P010_10LE", 3, 16, "video/x-raw,format={Y444,I420,NV12,Y444_10LE,"
          "I422_10LE,I420_10LE}", "I420_10LE"},
    {"I420_10LE", 3, 16, "video/x-raw,format={I420,RGBA64_LE,Y444_12LE}",
        "Y444_12LE"},
    {"I420_10LE", 3, 16, "video/x-raw,format={RGB,Y444,NV12}", "NV12"},
    {"GRAY8", 1, 8, "video/x-raw", "GRAY8"},
    {"GRAY8", 3, 8, "video/x-raw", "I420"},
    {"RGB", 3, 8, "video/x-raw", "RGB"},
    {"BGRx", 3, 16, "video/x-raw", "BGRx"},
    {"BGRx", 3, 8, "video/x-raw,format={I420,Y444,RGB16,xRGB}", "xRGB"},
    {"RGBA", 4, 8, "video/x-raw", "RGBA"},
    {"ARGB", 4, 8, "video/x-raw", "ARGB"},
    {"BGRx", 3, 8, "video/x-raw", "BGRx"},
    {"BGRx", 3, 8, "video/x-raw,format={xRGB,RGB}", "RGB"},
    {"ARGB64", 4, 16, "video/x-raw", "ARGB64"},
    /* Alpha that the result has lost. */
    {"RGBA", 3, 8, "video/x-raw", "RGB"},
    {"A420", 3, 8, "video/x-raw", "I420"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *input = g_strdup_printf ("video/x-raw,format=%s,width=32,height=24,"
        "framerate=25/1", cases[i].input);

    g_test_message ("%s, %u channels of %u bits, %s", cases[i].input,
        cases[i].channels, cases[i].depth, cases[i].downstream);
    check_format (input, cases[i].channels, cases[i].depth,
        cases[i].downstream, cases[i].expected);
    g_free (input);
  }
}

static void
assert_out (Fixture * f, const gchar * media_type, CupImageType type)
{
  GstCaps *caps;
  GstBuffer *buffer = gst_harness_pull (f->harness);
  CupImageInfo info;
  GstMapInfo map;
  GBytes *bytes;

  caps = gst_pad_get_current_caps (f->harness->sinkpad);
  g_assert_true (gst_structure_has_name (gst_caps_get_structure (caps, 0),
          media_type));
  if (type != CUP_IMAGE_UNKNOWN) {
    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    bytes = g_bytes_new_static (map.data, map.size);
    g_assert_true (cup_image_read_info (bytes, &info, NULL));
    g_assert_cmpint (info.type, ==, type);
    g_assert_cmpuint (info.width, ==, 2 * FRAME_WIDTH);
    g_bytes_unref (bytes);
    gst_buffer_unmap (buffer, &map);
  }
  gst_caps_unref (caps);
  gst_buffer_unref (buffer);
}

static GstBuffer *
make_image (CupImageType type, guint8 key)
{
  CupPixels *pixels = cup_pixels_new (FRAME_WIDTH, FRAME_HEIGHT, 3, 8, NULL);
  GstBuffer *buffer;
  GBytes *bytes;

  memset (pixels->data, key, cup_pixels_get_size (pixels));
  bytes = cup_image_encode (pixels, type, 95, NULL);
  buffer = gst_buffer_new_wrapped_bytes (bytes);
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
  return buffer;
}

/* Raw or image: by downstream, and where it does not care by the input. */
static void
test_choice_of_media (void)
{
  static const struct
  {
    const gchar *in;
    const gchar *downstream;
    CupImageType result;
    const gchar *media;
    CupImageType type;
  } cases[] = {
    {"raw", NULL, CUP_IMAGE_UNKNOWN, "video/x-raw", CUP_IMAGE_UNKNOWN},
    {"raw", NULL, CUP_IMAGE_PNG, "video/x-raw", CUP_IMAGE_UNKNOWN},
    {"raw", "image/png", CUP_IMAGE_UNKNOWN, "image/png", CUP_IMAGE_PNG},
    {"raw", "image/png", CUP_IMAGE_PNG, "image/png", CUP_IMAGE_PNG},
    {"raw", "image/jpeg", CUP_IMAGE_PNG, "image/jpeg", CUP_IMAGE_JPEG},
    {"image/png", NULL, CUP_IMAGE_UNKNOWN, "image/png", CUP_IMAGE_PNG},
    {"image/png", NULL, CUP_IMAGE_JPEG, "image/jpeg", CUP_IMAGE_JPEG},
    {"image/jpeg", NULL, CUP_IMAGE_UNKNOWN, "image/jpeg", CUP_IMAGE_JPEG},
    {"image/jpeg", NULL, CUP_IMAGE_PNG, "image/png", CUP_IMAGE_PNG},
    {"image/jpeg", "image/png", CUP_IMAGE_UNKNOWN, "image/png", CUP_IMAGE_PNG},
    {"image/png", "video/x-raw", CUP_IMAGE_PNG, "video/x-raw",
        CUP_IMAGE_UNKNOWN},
    {"image/png", "video/x-raw;image/png", CUP_IMAGE_PNG, "video/x-raw",
        CUP_IMAGE_UNKNOWN},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fixture *f = fixture_new (NULL, NULL);
    const CupDummyPlan plan = {.image_type = cases[i].result };

    if (cases[i].downstream)
      gst_harness_set_sink_caps_str (f->harness, cases[i].downstream);
    cup_dummy_engine_set_plan (f->engine, &plan);
    if (g_str_equal (cases[i].in, "raw")) {
      fixture_push (f, 7);
    } else {
      fixture_set_caps (f, cases[i].in);
      gst_harness_push (f->harness,
          make_image (cup_image_type_from_mime (cases[i].in), 7));
    }
    assert_out (f, cases[i].media, cases[i].type);
    fixture_free (f);
  }
}

/* Pixels that were made of a file leave as that type, without a loss that it does
 * not have; PNG where it cannot hold them. */
static void
test_type_of_file (void)
{
  static const struct
  {
    const gchar *in;
    guint channels, depth;
    CupImageType expected;
  } cases[] = {
    {"image/jpeg", 3, 8, CUP_IMAGE_JPEG},
    {"image/jpeg", 1, 8, CUP_IMAGE_JPEG},
    {"image/jpeg", 4, 8, CUP_IMAGE_PNG},
    {"image/jpeg", 3, 16, CUP_IMAGE_PNG},
    {"image/png", 3, 16, CUP_IMAGE_PNG},
    {"image/webp", 3, 8, CUP_IMAGE_WEBP},
    {"image/webp", 4, 8, CUP_IMAGE_WEBP},
    {"image/webp", 3, 16, CUP_IMAGE_PNG},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    const CupDummyPlan plan = {.channels = cases[i].channels,
      .depth = cases[i].depth
    };
    CupImageType type = cup_image_type_from_mime (cases[i].in);
    CupImageInfo info;
    GstBuffer *buffer;
    GBytes *bytes;
    Fixture *f;

    if (!cup_image_type_is_supported (type))
      continue;
    g_test_message ("%s, %u channels of %u bits", cases[i].in,
        cases[i].channels, cases[i].depth);
    f = fixture_new (NULL, NULL);
    cup_dummy_engine_set_plan (f->engine, &plan);
    fixture_set_caps (f, cases[i].in);
    gst_harness_push (f->harness, make_image (type, 7));
    buffer = gst_harness_pull (f->harness);
    bytes = cup_frame_map_bytes (buffer, NULL);
    g_assert_true (cup_image_read_info (bytes, &info, NULL));
    g_assert_cmpint (info.type, ==, cases[i].expected);
    if (cases[i].expected == CUP_IMAGE_WEBP)
      g_assert_false (cup_image_is_lossy (bytes, CUP_IMAGE_WEBP));
    g_bytes_unref (bytes);
    gst_buffer_unref (buffer);
    fixture_free (f);
  }
}

/* The result's own bytes leave, not a copy that was decoded and encoded. */
static void
test_bytes_pass_through (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  const CupDummyPlan plan = {.image_type = CUP_IMAGE_JPEG };
  CupPixels *pixels = cup_pixels_new (32, 24, 3, 8, NULL);
  GstBuffer *buffer;
  GBytes *bytes;

  memset (pixels->data, 100, cup_pixels_get_size (pixels));
  bytes = cup_image_encode (pixels, CUP_IMAGE_JPEG, 95, NULL);
  cup_dummy_engine_set_plan (f->engine, &plan);
  gst_harness_set_sink_caps_str (f->harness, "image/jpeg");
  fixture_push (f, 100);
  buffer = gst_harness_pull (f->harness);
  g_assert_cmpint (gst_buffer_memcmp (buffer, 0, g_bytes_get_data (bytes,
              NULL), g_bytes_get_size (bytes)), ==, 0);
  gst_buffer_unref (buffer);
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
  fixture_free (f);
}

static void
assert_error (Fixture * f, GQuark domain, gint code, const gchar * part)
{
  GstMessage *message = fixture_wait_message (f, GST_MESSAGE_ERROR);
  GError *error = NULL;

  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, domain, code);
  if (!strstr (error->message, part))
    g_error ("\"%s\" does not say \"%s\"", error->message, part);
  g_error_free (error);
  gst_message_unref (message);
}

static void
test_downstream_size (void)
{
  Fixture *f = fixture_new (NULL, NULL);

  gst_harness_set_sink_caps_str (f->harness,
      "video/x-raw,width=100,height=100");
  fixture_push (f, 0);
  assert_error (f, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "32×24 at 25/1 frames per second; it accepts only video/x-raw, "
      "width=(int)100, height=(int)100");
  fixture_free (f);
}

/* What cannot be upscaled is refused by name, with what to do. */
static void
test_refused (void)
{
  static const struct
  {
    const gchar *caps;
    const gchar *says;
  } cases[] = {
    {"video/x-raw,format=I420,width=64,height=48,framerate=25/1,"
          "interlace-mode=interleaved", "deinterlace"},
    {"video/x-raw,format=I420,width=64,height=48,framerate=25/1,"
          "interlace-mode=mixed", "deinterlace"},
    {"video/x-raw,format=I420,width=64,height=48,framerate=25/1,"
          "multiview-mode=side-by-side", "multiview"},
    {"video/x-raw,format=I420,width=64,height=48,framerate=25/1,views=2,"
          "multiview-mode=frame-by-frame", "multiview"},
    {"video/x-raw,format=GRAY8,width=70000,height=2,framerate=25/1",
        "70000×2"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fixture *f = fixture_new (NULL, NULL);
    GstCaps *caps = gst_caps_from_string (cases[i].caps);

    gst_pad_push_event (f->harness->srcpad, gst_event_new_caps (caps));
    assert_error (f, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE,
        cases[i].says);
    g_assert_cmpint (fixture_push (f, 0), ==, GST_FLOW_NOT_NEGOTIATED);
    gst_caps_unref (caps);
    fixture_free (f);
  }
}

static void
push_bytes (Fixture * f, const gchar * caps, GstBuffer * buffer)
{
  fixture_set_caps (f, caps);
  gst_harness_push (f->harness, buffer);
}

/* A frame that is not what its caps say. */
static void
test_wrong_bytes (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstBuffer *png = make_image (CUP_IMAGE_PNG, 1);

  push_bytes (f, "image/jpeg", png);
  assert_error (f, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "image/png");
  fixture_free (f);

  f = fixture_new (NULL, NULL);
  push_bytes (f, "image/png", gst_buffer_new_memdup ("<html>no</html>", 15));
  assert_error (f, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "HTML");
  fixture_free (f);

  f = fixture_new (NULL, NULL);
  png = make_image (CUP_IMAGE_PNG, 1);
  gst_buffer_resize (png, 0, gst_buffer_get_size (png) - 20);
  push_bytes (f, "image/png", png);
  assert_error (f, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "parser");
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 0);
  fixture_free (f);

  /* Raw video shorter than its caps say. */
  f = fixture_new (NULL, NULL);
  gst_harness_push (f->harness, gst_buffer_new_allocate (NULL, 10, NULL));
  assert_error (f, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "10 bytes");
  fixture_free (f);
}

static void
test_no_caps (void)
{
  Fixture *f = fixture_new_idle ();
  GstPad *sinkpad = gst_element_get_static_pad (f->element, "sink");
  GstSegment segment;

  gst_element_set_state (f->element, GST_STATE_PLAYING);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_send_event (sinkpad, gst_event_new_stream_start ("x"));
  gst_pad_send_event (sinkpad, gst_event_new_segment (&segment));
  g_assert_cmpint (gst_pad_chain (sinkpad, fixture_make_frame (0)), ==,
      GST_FLOW_NOT_NEGOTIATED);
  assert_error (f, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "caps");
  gst_object_unref (sinkpad);
  fixture_free (f);
}

/* Rates and aspects go through a caps query, sizes and formats do not. */
static void
test_sink_caps_query (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstCaps *caps;
  GstStructure *structure;

  gst_harness_set_sink_caps_str (f->harness,
      "video/x-raw,format=I420,width=640,height=480,framerate=30/1");
  caps = gst_pad_peer_query_caps (f->harness->srcpad, NULL);
  structure = gst_caps_get_structure (caps, 0);
  g_assert_true (gst_structure_has_name (structure, "video/x-raw"));
  g_assert_true (gst_structure_has_field_typed (structure, "framerate",
          GST_TYPE_FRACTION));
  g_assert_false (gst_structure_has_field_typed (structure, "width",
          G_TYPE_INT));
  g_assert_true (gst_structure_has_field_typed (structure, "format",
          GST_TYPE_LIST));
  g_assert_cmpuint (gst_caps_get_size (caps), >=, 3);
  gst_caps_unref (caps);
  fixture_free (f);
}

static void
test_aspect (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  const CupDummyPlan squeezed = {.width = 32,.height = 48 };
  const CupDummyPlan rounded = {.width = 320,.height = 241 };
  gint num, den;
  GstCaps *caps;

  /* Kept as it is, also where the service rounded the size a little. */
  cup_dummy_engine_set_plan (f->engine, &rounded);
  fixture_set_caps (f, "video/x-raw,format=RGBA,width=16,height=12,"
      "framerate=25/1,pixel-aspect-ratio=16/15");
  fixture_push (f, 1);
  gst_buffer_unref (gst_harness_pull (f->harness));
  caps = gst_pad_get_current_caps (f->harness->sinkpad);
  gst_structure_get_fraction (gst_caps_get_structure (caps, 0),
      "pixel-aspect-ratio", &num, &den);
  g_assert_cmpint (num, ==, 16);
  g_assert_cmpint (den, ==, 15);
  gst_caps_unref (caps);

  /* Stretched: twice as high means pixels half as high. */
  cup_dummy_engine_set_plan (f->engine, &squeezed);
  fixture_push (f, 2);
  gst_buffer_unref (gst_harness_pull (f->harness));
  caps = gst_pad_get_current_caps (f->harness->sinkpad);
  gst_structure_get_fraction (gst_caps_get_structure (caps, 0),
      "pixel-aspect-ratio", &num, &den);
  g_assert_cmpint (num * 15, ==, 32 * den);
  gst_caps_unref (caps);
  fixture_free (f);
}

static void
test_metas (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstCaps *reference = gst_caps_new_empty_simple ("timestamp/x-unix");
  GstBuffer *buffer = fixture_make_frame (1);
  GstVideoRegionOfInterestMeta *roi;
  GstReferenceTimestampMeta *timestamp;
  GstBuffer *parent = gst_buffer_new ();

  gst_buffer_add_video_region_of_interest_meta (buffer, "face", 2, 3, 4, 5);
  gst_buffer_add_reference_timestamp_meta (buffer, reference, 42,
      GST_CLOCK_TIME_NONE);
  gst_buffer_add_parent_buffer_meta (buffer, parent);
  gst_harness_push (f->harness, buffer);
  buffer = gst_harness_pull (f->harness);

  roi = gst_buffer_get_video_region_of_interest_meta_id (buffer, 0);
  if (!roi)
    roi = (GstVideoRegionOfInterestMeta *) gst_buffer_get_meta (buffer,
        GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
  g_assert_nonnull (roi);
  g_assert_cmpuint (roi->x, ==, 4);
  g_assert_cmpuint (roi->y, ==, 6);
  g_assert_cmpuint (roi->w, ==, 8);
  g_assert_cmpuint (roi->h, ==, 10);
  timestamp = gst_buffer_get_reference_timestamp_meta (buffer, reference);
  g_assert_nonnull (timestamp);
  g_assert_cmpuint (timestamp->timestamp, ==, 42);
  /* What describes the input's memory does not come along, nor hold it. */
  g_assert_null (gst_buffer_get_parent_buffer_meta (buffer));
  gst_buffer_unref (buffer);
  fixture_push (f, 1);
  g_assert_cmpint (GST_MINI_OBJECT_REFCOUNT_VALUE (parent), ==, 1);
  gst_buffer_unref (parent);
  gst_caps_unref (reference);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  static const gchar *colorimetries[] = { "bt601", "bt709", "bt2020",
    "1:4:0:0", "1:3:5:1"
  };
  guint i;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  for (i = 0; i < G_N_ELEMENTS (colorimetries); i++) {
    gchar *path = g_strdup_printf ("/caps/yuv-round-trip/%s",
        colorimetries[i]);

    g_test_add_data_func (path, colorimetries[i], test_yuv_round_trip);
    g_free (path);
    path = g_strdup_printf ("/caps/exact-rgb/%s", colorimetries[i]);
    g_test_add_data_func (path, colorimetries[i], test_exact_rgb);
    g_free (path);
  }
  g_test_add_func ("/caps/grey-levels", test_grey_levels);
  g_test_add_func ("/caps/all-formats-in", test_all_formats_in);
  g_test_add_func ("/caps/all-formats-out", test_all_formats_out);
  g_test_add_func ("/caps/choice-of-format", test_choice_of_format);
  g_test_add_func ("/caps/format-is-kept", test_format_is_kept);
  g_test_add_func ("/caps/type-of-file", test_type_of_file);
  g_test_add_func ("/caps/choice-of-media", test_choice_of_media);
  g_test_add_func ("/caps/bytes-pass-through", test_bytes_pass_through);
  g_test_add_func ("/caps/downstream-size", test_downstream_size);
  g_test_add_func ("/caps/refused", test_refused);
  g_test_add_func ("/caps/wrong-bytes", test_wrong_bytes);
  g_test_add_func ("/caps/no-caps", test_no_caps);
  g_test_add_func ("/caps/sink-caps-query", test_sink_caps_query);
  g_test_add_func ("/caps/aspect", test_aspect);
  g_test_add_func ("/caps/metas", test_metas);
  return fixture_run ();
}
