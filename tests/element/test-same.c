/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which frames are the same as the one before them: by their pixels, wherever
 * those are in memory, by what they stand for, and by the settings.
 */
#include "choosing.h"

#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>
#include <string.h>

#define START "stream-start|caps|segment"

static const CupDummyPlan held = {.delay = CUP_DUMMY_HOLD,.hosted = TRUE };

static Fixture *
new_fixture (void)
{
  Fixture *f = fixture_new ("max-in-flight", 64, NULL);

  cup_dummy_engine_set_plan (f->engine, &held);
  return f;
}

static void
push_at (Fixture * f, GstBuffer * buffer, guint n)
{
  set_time (buffer, n);
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
}

/* Pushes the frame @n with the pixels of @key. */
static void
push (Fixture * f, guint n, guint8 key)
{
  GstBuffer *buffer = fixture_make_frame (key);

  set_time (buffer, n);
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
}

static void
expect (Fixture * f, guint n, Kind kind)
{
  gst_buffer_unref (pull_kind (f, n, kind));
}

/* Settings that differ */

static void
set_creativity (GstElement * element)
{
  GstControlSource *source = gst_interpolation_control_source_new ();
  GstTimedValueControlSource *values = GST_TIMED_VALUE_CONTROL_SOURCE (source);

  g_object_set (source, "mode", GST_INTERPOLATION_MODE_NONE, NULL);
  gst_timed_value_control_source_set (values, 0, 0.25);
  gst_timed_value_control_source_set (values, 2 * FRAME_DURATION, 0.75);
  g_assert_true (gst_object_add_control_binding (GST_OBJECT (element),
          gst_direct_control_binding_new_absolute (GST_OBJECT (element),
              "creativity", source)));
  gst_object_unref (source);
}

static void
test_settings (void)
{
  Fixture *f = new_fixture ();
  guint n;

  set_creativity (f->element);
  for (n = 0; n < 12; n++) {
    if (n == 4)
      g_object_set (f->element, "prompt", "a lighthouse", NULL);
    if (n == 6)
      g_object_set (f->element, "quality", 50, NULL);
    if (n == 8)
      set_enum (f, "image-format", "jpeg");
    if (n == 10)
      g_object_set (f->element, "scale", 3.0, NULL);
    push (f, n, 7);
  }
  cup_dummy_engine_release_all (f->engine);
  for (n = 0; n < 12; n++)
    expect (f, n, n % 2 ? REUSED : SENT);
  assert_sent (f, 6);
  fixture_free (f);
}

/* The framerate makes no other picture; the colours that samples stand for do. */
static void
test_caps (void)
{
  Fixture *f = new_fixture ();
  GstBuffer *buffer;
  gint rate;

  push (f, 0, 7);
  fixture_set_caps (f,
      "video/x-raw,format=RGBA,width=16,height=12,framerate=30/1");
  push (f, 1, 7);
  fixture_set_caps (f,
      "video/x-raw,format=BGRA,width=16,height=12,framerate=30/1");
  push (f, 2, 7);
  cup_dummy_engine_release_all (f->engine);
  expect (f, 0, SENT);
  buffer = pull_kind (f, 1, REUSED);
  gst_buffer_unref (buffer);
  expect (f, 2, SENT);
  fixture_assert_record (f, START "|7|segment|caps|7|segment|7");
  {
    GstCaps *caps = gst_pad_get_current_caps (f->harness->sinkpad);

    gst_structure_get_fraction (gst_caps_get_structure (caps, 0), "framerate",
        &rate, &(gint) {
        0});
    g_assert_cmpint (rate, ==, 30);
    gst_caps_unref (caps);
  }
  assert_sent (f, 2);
  fixture_free (f);
}

/* Pixels */

/* Odd sizes, so that the last samples of planes are the last of halves. */
#define PIXELS_HEIGHT 17

/* GStreamer's own function does not copy all of the last pair. */
static gint
get_width (const gchar * format)
{
  return g_str_equal (format, "YUY2") || g_str_equal (format, "UYVY") ? 34 : 33;
}

/* A copy of @buffer with other strides, and other padding. */
static GstBuffer *
copy_padded (const GstVideoInfo * info, GstBuffer * buffer)
{
  GstVideoInfo padded = *info;
  GstVideoAlignment align;
  GstVideoFrame from, to;
  GstBuffer *copy;

  gst_video_alignment_reset (&align);
  align.padding_left = align.padding_right = 16;
  align.padding_top = 2;
  g_assert_true (gst_video_info_align (&padded, &align));
  copy = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&padded), NULL);
  gst_buffer_memset (copy, 0, 0x5a, -1);
  gst_buffer_add_video_meta_full (copy, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_INFO_FORMAT (info), info->width, info->height,
      GST_VIDEO_INFO_N_PLANES (info), padded.offset, padded.stride);
  gst_video_frame_map (&from, (GstVideoInfo *) info, buffer, GST_MAP_READ);
  gst_video_frame_map (&to, (GstVideoInfo *) info, copy, GST_MAP_READWRITE);
  gst_video_frame_copy (&to, &from);
  gst_video_frame_unmap (&to);
  gst_video_frame_unmap (&from);
  return copy;
}

/* A copy of @buffer whose last sample of the component is another one. */
static GstBuffer *
copy_with_other_sample (const GstVideoInfo * info, GstBuffer * buffer,
    guint component)
{
  GstBuffer *copy = gst_buffer_copy_deep (buffer);
  GstVideoFrame frame;
  guint8 *sample;

  gst_video_frame_map (&frame, (GstVideoInfo *) info, copy, GST_MAP_READWRITE);
  sample = (guint8 *) GST_VIDEO_FRAME_COMP_DATA (&frame, component)
      + GST_VIDEO_FRAME_COMP_STRIDE (&frame, component)
      * (GST_VIDEO_FRAME_COMP_HEIGHT (&frame, component) - 1);
  if (GST_VIDEO_FORMAT_INFO_IS_COMPLEX (info->finfo))
    /* v210: the 33rd pixel's luma is in the middle of its group of six. */
    sample += GST_VIDEO_FRAME_WIDTH (&frame) / 6 * 16 + 4;
  else
    sample += GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, component)
        * (GST_VIDEO_FRAME_COMP_WIDTH (&frame, component) - 1)
        + GST_VIDEO_FRAME_COMP_DEPTH (&frame, component) / 9;
  /* Of P010 GStreamer has V's place in samples. */
  if (GST_VIDEO_FRAME_COMP_DEPTH (&frame, component) > 8
      && GST_VIDEO_FRAME_COMP_POFFSET (&frame, component) == 1)
    sample++;
  *sample ^= 2;
  gst_video_frame_unmap (&frame);
  return copy;
}

/* One frame, equal ones, and some that differ in a single sample. */
static void
run_format (const gchar * format)
{
  Fixture *f = new_fixture ();
  GstCaps *caps = gst_caps_new_simple ("video/x-raw",
      "format", G_TYPE_STRING, format, "width", G_TYPE_INT, get_width (format),
      "height", G_TYPE_INT, PIXELS_HEIGHT,
      "framerate", GST_TYPE_FRACTION, 25, 1, NULL);
  GstBuffer *buffer;
  GstVideoInfo info;
  guint n = 0, i;

  g_test_message ("%s", format);
  g_assert_true (gst_video_info_from_caps (&info, caps));
  gst_harness_set_src_caps (f->harness, caps);
  buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&info), NULL);
  gst_buffer_memset (buffer, 0, 0x11, -1);

  push_at (f, gst_buffer_copy_deep (buffer), n++);
  push_at (f, gst_buffer_copy_deep (buffer), n++);
  push_at (f, copy_padded (&info, buffer), n++);
  for (i = 0; i < GST_VIDEO_INFO_N_COMPONENTS (&info); i++) {
    push_at (f, copy_with_other_sample (&info, buffer, i), n++);
    push_at (f, gst_buffer_copy_deep (buffer), n++);
    if (GST_VIDEO_FORMAT_INFO_IS_COMPLEX (info.finfo))
      break;
  }
  cup_dummy_engine_release_all (f->engine);
  for (i = 0; i < n; i++)
    expect (f, i, i == 1 || i == 2 ? REUSED : SENT);
  assert_sent (f, n - 2);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

static void
test_formats (void)
{
  static const gchar *const formats[] = { "RGBA", "RGB", "RGB16", "GRAY8",
    "GRAY16_LE", "I420", "Y42B", "Y444", "A420", "YUY2", "UYVY", "AYUV", "NV12",
    "NV16", "P010_10LE", "I420_10LE", "I422_12BE", "Y444_16LE", "GBRA",
    "ARGB64",
    "v210"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (formats); i++)
    run_format (formats[i]);
}

/* What imagefreeze does: the same memory again and again. But the same memory is
 * not the same picture where a meta says that the picture is elsewhere in it. */
static void
test_same_memory (void)
{
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0, };
  gint stride[GST_VIDEO_MAX_PLANES] = { FRAME_WIDTH * 4, };
  GstBuffer *source = gst_buffer_new_allocate (NULL,
      2 * FRAME_WIDTH * FRAME_HEIGHT * 4, NULL);
  Fixture *f = new_fixture ();
  guint n;

  gst_buffer_memset (source, 0, 7, FRAME_WIDTH * FRAME_HEIGHT * 4);
  gst_buffer_memset (source, FRAME_WIDTH * FRAME_HEIGHT * 4, 8, -1);
  for (n = 0; n < 4; n++) {
    GstBuffer *buffer = gst_buffer_copy (source);

    offset[0] = n / 2 * FRAME_WIDTH * FRAME_HEIGHT * 4;
    gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
        GST_VIDEO_FORMAT_RGBA, FRAME_WIDTH, FRAME_HEIGHT, 1, offset, stride);
    push_at (f, buffer, n);
  }
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f, START "|7|7|8|8");
  assert_sent (f, 2);
  gst_buffer_unref (source);
  fixture_free (f);
}

static GstBuffer *
make_png (guint8 key)
{
  CupPixels *pixels = cup_pixels_new (FRAME_WIDTH, FRAME_HEIGHT, 3, 8, NULL);
  GstBuffer *buffer;
  GBytes *bytes;

  memset (pixels->data, key, cup_pixels_get_size (pixels));
  bytes = cup_image_encode (pixels, CUP_IMAGE_PNG, 95, NULL);
  buffer = gst_buffer_new_wrapped_bytes (bytes);
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
  return buffer;
}

static void
test_images (void)
{
  Fixture *f = new_fixture ();

  fixture_set_caps (f, "image/png,framerate=25/1");
  push_at (f, make_png (7), 0);
  push_at (f, make_png (7), 1);
  push_at (f, make_png (8), 2);
  cup_dummy_engine_release_all (f->engine);
  expect (f, 0, SENT);
  expect (f, 1, REUSED);
  expect (f, 2, SENT);
  assert_sent (f, 2);
  fixture_free (f);
}

/* What is behind a URI may have changed. */
static void
test_uri_list (void)
{
  static gchar list[] = "https://files.example/7\nhttps://files.example/7\n";
  Fixture *f = fixture_new_idle ();

  cup_dummy_engine_set_accepts (f->engine,
      CUP_ENGINE_ACCEPTS_PIXELS | CUP_ENGINE_ACCEPTS_URI);
  f->harness = gst_harness_new_with_element (f->element, "sink", "src");
  fixture_set_caps (f, "text/uri-list,framerate=25/1");
  gst_harness_push (f->harness, gst_buffer_new_memdup (list, strlen (list)));
  gst_buffer_unref (gst_harness_pull (f->harness));
  gst_buffer_unref (gst_harness_pull (f->harness));
  assert_sent (f, 2);
  fixture_free (f);
}

/* A damaged frame in between has no job, and changes nothing. */
static void
test_broken_between (void)
{
  Fixture *f = new_fixture ();

  set_enum (f, "on-error", "drop");
  fixture_set_caps (f, "image/png,framerate=25/1");
  push_at (f, make_png (7), 0);
  push_at (f, gst_buffer_new_memdup ("no PNG", 6), 1);
  push_at (f, make_png (7), 2);
  cup_dummy_engine_release_all (f->engine);
  expect (f, 0, SENT);
  expect (f, 2, REUSED);
  assert_stat (f, "frames-done", 1);
  fixture_free (f);
}

/* Results that frames share while they are under way leave in memory that each
 * of them can write to. */
static void
test_shared_memory (void)
{
  Fixture *f = new_fixture ();
  GstBuffer *buffers[3];
  GstMapInfo map;
  guint n;

  push (f, 0, 7);
  push (f, 1, 9);
  push (f, 2, 7);
  /* The last one has had the time to be taken for the same. */
  push (f, 3, 11);
  cup_dummy_engine_wait_started (f->engine, 3);
  cup_dummy_engine_release_all (f->engine);
  for (n = 0; n < G_N_ELEMENTS (buffers); n++)
    buffers[n] = gst_harness_pull (f->harness);
  buffers[0] = gst_buffer_make_writable (buffers[0]);
  g_assert_true (gst_buffer_map (buffers[0], &map, GST_MAP_WRITE));
  g_assert_cmpuint (map.data[0], ==, 7);
  memset (map.data, 99, map.size);
  gst_buffer_unmap (buffers[0], &map);
  g_assert_true (gst_buffer_map (buffers[2], &map, GST_MAP_READ));
  g_assert_cmpuint (map.data[0], ==, 7);
  gst_buffer_unmap (buffers[2], &map);
  for (n = 0; n < G_N_ELEMENTS (buffers); n++)
    gst_buffer_unref (buffers[n]);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/same/settings", test_settings);
  g_test_add_func ("/same/caps", test_caps);
  g_test_add_func ("/same/formats", test_formats);
  g_test_add_func ("/same/same-memory", test_same_memory);
  g_test_add_func ("/same/images", test_images);
  g_test_add_func ("/same/uri-list", test_uri_list);
  g_test_add_func ("/same/broken-between", test_broken_between);

  g_test_add_func ("/same/shared-memory", test_shared_memory);
  return fixture_run ();
}
