/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether a lossy codec has been at a frame, as an engine is told: by the format
 * of raw video, by what encoded images are.
 */
#include "fixture.h"

/* What the engine was told of a gray frame of these caps. */
static gboolean
push_raw (const gchar * format)
{
  Fixture *f = fixture_new (NULL, NULL);
  gchar *caps = g_strdup_printf ("video/x-raw,format=%s,width=16,height=12,"
      "framerate=25/1", format);
  GstCaps *parsed = gst_caps_from_string (caps);
  GstVideoInfo info;
  GstBuffer *buffer;
  gboolean is_lossy;

  g_assert_true (gst_video_info_from_caps (&info, parsed));
  buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&info), NULL);
  gst_buffer_memset (buffer, 0, 128, -1);
  GST_BUFFER_PTS (buffer) = 0;
  fixture_set_caps (f, caps);
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
  gst_buffer_unref (gst_harness_pull (f->harness));
  is_lossy = cup_dummy_engine_get_last_is_lossy (f->engine);
  gst_caps_unref (parsed);
  g_free (caps);
  fixture_free (f);
  return is_lossy;
}

static void
test_raw (void)
{
  /* 4:2:0, 4:2:2, 4:1:1, packed and planar, deep, with alpha. */
  static const gchar *const lossy[] = {
    "I420", "YV12", "NV12", "A420", "I420_10LE", "P010_10LE", "YUY2", "UYVY",
    "Y42B", "v210", "Y210", "Y41B", "IYU1", "YUV9",
  };
  static const gchar *const clean[] = {
    "RGB", "BGRx", "RGBA", "ARGB64", "RGB16", "RGB10A2_LE", "GBR", "GRAY8",
    "GRAY16_LE", "Y444", "AYUV", "VUYA", "NV24", "Y444_10LE", "v308", "IYU2",
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (lossy); i++) {
    g_test_message ("%s", lossy[i]);
    g_assert_true (push_raw (lossy[i]));
  }
  for (i = 0; i < G_N_ELEMENTS (clean); i++) {
    g_test_message ("%s", clean[i]);
    g_assert_false (push_raw (clean[i]));
  }
}

static gboolean
push_image (Fixture * f, CupImageType type, guint quality)
{
  CupPixels *pixels = cup_pixels_new (16, 12, 3, 8, NULL);
  GstBuffer *buffer;
  gchar *caps;
  GBytes *bytes;

  gst_harness_set_sink_caps_str (f->harness, "video/x-raw");
  memset (pixels->data, 90, cup_pixels_get_size (pixels));
  bytes = cup_image_encode (pixels, type, quality, NULL);
  g_assert_nonnull (bytes);
  caps = g_strdup_printf ("%s,framerate=25/1", cup_image_type_get_mime (type));
  fixture_set_caps (f, caps);
  buffer = gst_buffer_new_wrapped_bytes (bytes);
  GST_BUFFER_PTS (buffer) = 0;
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
  gst_buffer_unref (gst_harness_pull (f->harness));
  g_free (caps);
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
  return cup_dummy_engine_get_last_is_lossy (f->engine);
}

/* Decoded here, so that only the job still knows. */
static void
test_images (void)
{
  Fixture *f = fixture_new (NULL, NULL);

  g_assert_true (push_image (f, CUP_IMAGE_JPEG, 100));
  g_assert_false (push_image (f, CUP_IMAGE_PNG, 0));
  if (cup_image_type_is_supported (CUP_IMAGE_WEBP)) {
    g_assert_true (push_image (f, CUP_IMAGE_WEBP, 90));
    g_assert_false (push_image (f, CUP_IMAGE_WEBP, 100));
  }
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  fixture_register ();
  g_test_add_func ("/lossy-source/raw", test_raw);
  g_test_add_func ("/lossy-source/images", test_images);
  return fixture_run ();
}
