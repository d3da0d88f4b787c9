/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Video of 8 bits through the embedded engine: its planes stay planes, and no
 * sample is converted that need not be.
 */
#include "fixture.h"

#include <string.h>

#include "element/planar.h"
#include "engine/local/restrained.h"
#include "engine/local/tables.h"
#include "engine/local/upscale.h"

#define WIDTH 37
#define HEIGHT 23

static const GstVideoFormat formats[] = {
  GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_YV12, GST_VIDEO_FORMAT_NV12,
  GST_VIDEO_FORMAT_NV21, GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_NV16,
  GST_VIDEO_FORMAT_NV61, GST_VIDEO_FORMAT_Y444, GST_VIDEO_FORMAT_NV24
};

/* Downstream takes @out_caps, or anything. Restoration only, doubled. */
static GstHarness *
new_harness (GstCaps * in_caps, const gchar * out_caps)
{
  GstHarness *h = gst_harness_new ("creativeupscaler");

  gst_util_set_object_arg (G_OBJECT (h->element), "engine", "local");
  g_object_set (h->element, "creativity", 0.0, "detail", 0.0, "scale", 2.0,
      NULL);
  if (out_caps)
    gst_harness_set_sink_caps_str (h, out_caps);
  gst_harness_set_src_caps (h, in_caps);
  return h;
}

static GstCaps *
make_caps (GstVideoFormat format, const gchar * site, GstVideoInfo * info)
{
  GstCaps *caps = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING,
      gst_video_format_to_string (format), "width", G_TYPE_INT, WIDTH,
      "height", G_TYPE_INT, HEIGHT, "framerate", GST_TYPE_FRACTION, 25, 1,
      "colorimetry", G_TYPE_STRING, "bt709", NULL);

  if (site)
    gst_caps_set_simple (caps, "chroma-site", G_TYPE_STRING, site, NULL);
  g_assert_true (gst_video_info_from_caps (info, caps));
  return caps;
}

/* @level: of every sample of a component, or -1 for a pattern. */
static GstBuffer *
make_frame (const GstVideoInfo * info, gint level)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL,
      GST_VIDEO_INFO_SIZE (info), NULL);
  GstVideoFrame frame;
  gint c, x, y;

  gst_buffer_memset (buffer, 0, 0, GST_VIDEO_INFO_SIZE (info));
  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE));
  for (c = 0; c < 3; c++) {
    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, c); y++) {
      guint8 *row = (guint8 *) GST_VIDEO_FRAME_COMP_DATA (&frame, c)
          + y * GST_VIDEO_FRAME_COMP_STRIDE (&frame, c);

      for (x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (&frame, c); x++)
        row[x * GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, c)] = level >= 0 ?
            level + 20 * c : 16 + (x * x + 3 * y * y + 50 * c) % 220;
    }
  }
  gst_video_frame_unmap (&frame);
  GST_BUFFER_PTS (buffer) = 0;
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 25;
  return buffer;
}

static GstBuffer *
run (GstHarness * h, GstBuffer * buffer, GstVideoInfo * info)
{
  GstBuffer *result;
  GstCaps *caps;

  g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_OK);
  result = gst_harness_pull (h);
  g_assert_nonnull (result);
  caps = gst_pad_get_current_caps (h->sinkpad);
  g_assert_true (gst_video_info_from_caps (info, caps));
  gst_caps_unref (caps);
  return result;
}

static CupYuv *
upscale_apart (const GstVideoInfo * info, GstBuffer * buffer)
{
  const CupInterrupt interrupt = { NULL, 0 };
  CupUpscaling upscaling = { 0 };
  CupRestrained restrained;
  GError *error = NULL;
  GstVideoFrame frame;
  CupYuv *yuv, *result;

  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  yuv = cup_planar_read (&frame, &error);
  g_assert_no_error (error);
  gst_video_frame_unmap (&frame);

  /* Chroma with fewer samples comes from a codec, more often than not. */
  cup_restrained_init (&restrained, &cup_network_balanced_mix,
      CUP_RESTRAINED_PART);
  upscaling.network = yuv->half_width ? &restrained.network :
      &cup_network_balanced_clean;
  result = cup_upscale_yuv (&upscaling, yuv, 2 * cup_yuv_get_width (yuv),
      2 * cup_yuv_get_height (yuv), 0, NULL, &interrupt, &error);
  g_assert_no_error (error);
  cup_yuv_unref (yuv);
  return result;
}

static void
assert_is (const GstVideoInfo * info, GstBuffer * buffer, const CupYuv * yuv)
{
  GstVideoFrame frame;
  guint c, x, y;

  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  for (c = 0; c < 3; c++) {
    const CupPixels *plane = yuv->planes[c];

    g_assert_cmpint (GST_VIDEO_FRAME_COMP_WIDTH (&frame, c), ==, plane->width);
    g_assert_cmpint (GST_VIDEO_FRAME_COMP_HEIGHT (&frame, c), ==,
        plane->height);
    for (y = 0; y < plane->height; y++) {
      const guint8 *row = (const guint8 *) GST_VIDEO_FRAME_COMP_DATA (&frame, c)
          + y * GST_VIDEO_FRAME_COMP_STRIDE (&frame, c);

      for (x = 0; x < plane->width; x++)
        g_assert_cmpuint (row[x * GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, c)],
            ==, cup_pixels_row (plane, y)[x]);
    }
  }
  gst_video_frame_unmap (&frame);
}

static void
test_formats (void)
{
  static const gchar *const sites[] = { "mpeg2", "jpeg", "cosited" };
  gsize i, s;

  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    for (s = 0; s < G_N_ELEMENTS (sites); s++) {
      GstVideoInfo in, out;
      GstHarness *h = new_harness (make_caps (formats[i], sites[s], &in), NULL);
      GstBuffer *buffer = make_frame (&in, -1), *result;
      CupYuv *wanted = upscale_apart (&in, buffer);

      result = run (h, buffer, &out);
      g_assert_cmpint (GST_VIDEO_INFO_FORMAT (&out), ==, formats[i]);
      if (GST_VIDEO_FORMAT_INFO_W_SUB (in.finfo, GST_VIDEO_COMP_U) > 0)
        g_assert_cmpint (out.chroma_site, ==, in.chroma_site);
      g_assert_true (gst_video_colorimetry_is_equal (&out.colorimetry,
              &in.colorimetry));
      assert_is (&out, result, wanted);
      gst_buffer_unref (result);
      cup_yuv_unref (wanted);
      gst_harness_teardown (h);
    }
  }
}

/* Many decoders tell colorimetry, and no chroma site. What is not known is not
 * made up, and nothing is converted for it, however large the result is. */
static void
test_unlabelled (void)
{
  GstCaps *caps = gst_caps_from_string ("video/x-raw,format=I420,width=64,"
      "height=320,framerate=25/1,colorimetry=bt709");
  GstVideoInfo in, out;
  GstHarness *h;
  GstBuffer *frame, *result;
  CupYuv *wanted;

  g_assert_true (gst_video_info_from_caps (&in, caps));
  in.chroma_site = GST_VIDEO_CHROMA_SITE_UNKNOWN;
  h = new_harness (caps, NULL);
  frame = make_frame (&in, -1);
  wanted = upscale_apart (&in, frame);
  result = run (h, frame, &out);
  g_assert_cmpint (out.height, ==, 640);
  assert_is (&out, result, wanted);
  gst_buffer_unref (result);
  cup_yuv_unref (wanted);
  gst_harness_teardown (h);
}

/* A frame that leaves itself, as the first: the format is the one that results
 * have. */
static void
test_original_first (void)
{
  GstVideoInfo in, out;
  GstHarness *h = new_harness (make_caps (GST_VIDEO_FORMAT_I420, NULL, &in),
      NULL);
  GstBuffer *result;

  gst_util_set_object_arg (G_OBJECT (h->element), "select", "interval");
  gst_util_set_object_arg (G_OBJECT (h->element), "unselected", "local");
  g_object_set (h->element, "interval", 2u, NULL);
  result = run (h, make_frame (&in, 90), &out);
  gst_buffer_unref (result);
  g_assert_cmpint (GST_VIDEO_INFO_FORMAT (&out), ==, GST_VIDEO_FORMAT_I420);
  result = run (h, make_frame (&in, 110), &out);
  gst_buffer_unref (result);
  g_assert_cmpint (GST_VIDEO_INFO_FORMAT (&out), ==, GST_VIDEO_FORMAT_I420);
  gst_harness_teardown (h);

  /* One whose time to be upscaled is over before it begins. */
  h = new_harness (make_caps (GST_VIDEO_FORMAT_I420, NULL, &in), NULL);
  gst_util_set_object_arg (G_OBJECT (h->element), "on-error", "passthrough");
  g_object_set (h->element, "timeout", 0.000001, NULL);
  result = run (h, make_frame (&in, -1), &out);
  gst_buffer_unref (result);
  g_assert_cmpint (GST_VIDEO_INFO_FORMAT (&out), ==, GST_VIDEO_FORMAT_I420);
  gst_harness_teardown (h);
}

/* What is in no sample is in nobody's memory either. */
static void
test_padding (void)
{
  static const gchar *const wanted[] = { "RGB", "I420", "NV12" };
  gsize i, k;

  for (i = 0; i < G_N_ELEMENTS (wanted); i++) {
    gchar *out_caps = g_strdup_printf ("video/x-raw,format=%s", wanted[i]);
    GstVideoInfo in, out;
    GstHarness *h = new_harness (make_caps (GST_VIDEO_FORMAT_I420, NULL, &in),
        out_caps);
    GstBuffer *result;
    GstVideoFrame frame;
    guint plane;

    g_object_set (h->element, "scale", 1.7, NULL);
    result = run (h, make_frame (&in, 90), &out);
    g_assert_true (gst_video_frame_map (&frame, &out, result, GST_MAP_READ));
    for (plane = 0; plane < GST_VIDEO_FRAME_N_PLANES (&frame); plane++) {
      const guint8 *row = GST_VIDEO_FRAME_PLANE_DATA (&frame, plane);
      const gsize stride = GST_VIDEO_FRAME_PLANE_STRIDE (&frame, plane);

      k = (gsize) GST_VIDEO_FRAME_COMP_WIDTH (&frame, plane)
          * GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, plane);
      for (; k < stride; k++)
        g_assert_cmpuint (row[k], ==, 0);
    }
    gst_video_frame_unmap (&frame);
    gst_buffer_unref (result);
    gst_harness_teardown (h);
    g_free (out_caps);
  }
}

/* Downstream has the same samples in another order. */
static void
test_order (void)
{
  GstVideoInfo in, out;
  GstHarness *h = new_harness (make_caps (GST_VIDEO_FORMAT_I420, "mpeg2", &in),
      "video/x-raw,format=NV12");
  GstBuffer *buffer = make_frame (&in, -1), *result;
  CupYuv *wanted = upscale_apart (&in, buffer);

  result = run (h, buffer, &out);
  g_assert_cmpint (GST_VIDEO_INFO_FORMAT (&out), ==, GST_VIDEO_FORMAT_NV12);
  assert_is (&out, result, wanted);
  gst_buffer_unref (result);
  cup_yuv_unref (wanted);
  gst_harness_teardown (h);
}

/* Downstream wants something else: by the matrix and the range of the input, as
 * the same frame has it that is no video before it is enlarged. */
static void
test_converted (void)
{
  static const gchar *const wanted[] = {
    "video/x-raw,format=RGB", "video/x-raw,format=BGRA",
    "video/x-raw,format=I420,colorimetry=bt601",
    "video/x-raw,format=Y42B", "video/x-raw,format=I420_10LE",
  };
  gsize i;
  gint c;

  for (i = 0; i < G_N_ELEMENTS (wanted); i++) {
    GstVideoInfo in, out, same;
    GstHarness *h = new_harness (make_caps (GST_VIDEO_FORMAT_I420, NULL, &in),
        wanted[i]);
    GstHarness *other;
    GstBuffer *result = run (h, make_frame (&in, 90), &out), *reference;
    GstVideoFrame a, b;

    /* The colours of one frame, matched to themselves: that needs pixels. */
    other = new_harness (make_caps (GST_VIDEO_FORMAT_I420, NULL, &in),
        wanted[i]);
    gst_util_set_object_arg (G_OBJECT (other->element), "color-match", "mean");
    reference = run (other, make_frame (&in, 90), &same);
    g_assert_cmpint (GST_VIDEO_INFO_FORMAT (&out), ==,
        GST_VIDEO_INFO_FORMAT (&same));
    g_assert_true (gst_video_colorimetry_is_equal (&out.colorimetry,
            &same.colorimetry));

    g_assert_true (gst_video_frame_map (&a, &out, result, GST_MAP_READ));
    g_assert_true (gst_video_frame_map (&b, &same, reference, GST_MAP_READ));
    for (c = 0; c < 3; c++) {
      const guint8 *one = GST_VIDEO_FRAME_COMP_DATA (&a, c);
      const guint8 *two = GST_VIDEO_FRAME_COMP_DATA (&b, c);

      g_assert_cmpint (ABS (one[0] - two[0]), <=, 1);
    }
    gst_video_frame_unmap (&a);
    gst_video_frame_unmap (&b);
    gst_buffer_unref (result);
    gst_buffer_unref (reference);
    gst_harness_teardown (h);
    gst_harness_teardown (other);
  }
}

/* As an image, and in a size of its own. */
static void
test_elsewhere (void)
{
  GstVideoInfo in;
  GstHarness *h = new_harness (make_caps (GST_VIDEO_FORMAT_NV12, NULL, &in),
      "image/png");
  GstBuffer *result;
  GstVideoInfo out;

  g_assert_cmpint (gst_harness_push (h, make_frame (&in, 90)), ==, GST_FLOW_OK);
  result = gst_harness_pull (h);
  g_assert_nonnull (result);
  gst_buffer_unref (result);
  gst_harness_teardown (h);

  h = new_harness (make_caps (GST_VIDEO_FORMAT_NV12, NULL, &in), NULL);
  g_object_set (h->element, "skip-ccsr", TRUE, "scale", 1.7, NULL);
  result = run (h, make_frame (&in, 90), &out);
  g_assert_cmpint (out.width, ==, 63);
  g_assert_cmpint (out.height, ==, 39);
  g_assert_cmpint (GST_VIDEO_INFO_FORMAT (&out), ==, GST_VIDEO_FORMAT_NV12);
  gst_buffer_unref (result);
  gst_harness_teardown (h);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  fixture_register ();
  g_test_add_func ("/planar/formats", test_formats);
  g_test_add_func ("/planar/unlabelled", test_unlabelled);
  g_test_add_func ("/planar/original-first", test_original_first);
  g_test_add_func ("/planar/padding", test_padding);
  g_test_add_func ("/planar/order", test_order);
  g_test_add_func ("/planar/converted", test_converted);
  g_test_add_func ("/planar/elsewhere", test_elsewhere);
  return fixture_run ();
}
