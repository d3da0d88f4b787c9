/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frames that have the same pixels as the one before them: they are not sent,
 * and leave with its result.
 */
#include "fixture.h"

#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>
#include <string.h>

#define START "stream-start|caps|segment"

static const CupDummyPlan held = {.delay = CUP_DUMMY_HOLD,.hosted = TRUE };
static const CupDummyPlan hosted = {.hosted = TRUE };

static const CupDummyPlan held_failing = {.fails = TRUE,.hosted = TRUE,
  .delay = CUP_DUMMY_HOLD
};

static Fixture *
new_fixture (void)
{
  Fixture *f = fixture_new ("max-in-flight", 32, NULL);

  cup_dummy_engine_set_plan (f->engine, &hosted);
  return f;
}

static void
set_enum (Fixture * f, const gchar * property, const gchar * value)
{
  gst_util_set_object_arg (G_OBJECT (f->element), property, value);
}

static void
set_time (GstBuffer * buffer, guint n)
{
  GST_BUFFER_PTS (buffer) = n * FRAME_DURATION;
  GST_BUFFER_DURATION (buffer) = FRAME_DURATION;
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
push_eos (Fixture * f)
{
  gst_harness_push_event (f->harness, gst_event_new_eos ());
}

static void
push_segment (Fixture * f)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
}

static const GstStructure *
get_meta (GstBuffer * buffer)
{
  GstCustomMeta *meta =
      gst_buffer_get_custom_meta (buffer, "GstCreativeUpscalerMeta");

  g_assert_nonnull (meta);
  return gst_custom_meta_get_structure (meta);
}

static gboolean
get_boolean (GstBuffer * buffer, const gchar * name)
{
  gboolean value = FALSE;

  g_assert_true (gst_structure_get_boolean (get_meta (buffer), name, &value));
  return value;
}

/* Pulls the frame @n. */
static GstBuffer *
pull (Fixture * f, guint n, gboolean reused)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);
  guint64 pts = 0;

  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, n * FRAME_DURATION);
  g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, FRAME_DURATION);
  g_assert_cmpint (get_boolean (buffer, "reused"), ==, reused);
  g_assert_true (gst_structure_get_uint64 (get_meta (buffer), "pts", &pts));
  g_assert_cmpuint (pts, ==, n * FRAME_DURATION);
  return buffer;
}

static void
expect (Fixture * f, guint n, gboolean reused)
{
  gst_buffer_unref (pull (f, n, reused));
}

static void
expect_passed (Fixture * f, guint n)
{
  GstBuffer *buffer = pull (f, n, FALSE);

  g_assert_true (get_boolean (buffer, "passthrough"));
  gst_buffer_unref (buffer);
}

static void
assert_sent (Fixture * f, guint expected)
{
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, expected);
}

static void
assert_stat (Fixture * f, const gchar * name, guint64 expected)
{
  GstStructure *stats;
  guint64 value = G_MAXUINT64;

  g_object_get (f->element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, name, &value));
  g_assert_cmpuint (value, ==, expected);
  gst_structure_free (stats);
}

static gboolean
shares_memory (GstBuffer * a, GstBuffer * b)
{
  return gst_buffer_peek_memory (a, 0) == gst_buffer_peek_memory (b, 0);
}

/* When the second one comes */

/* While the first is under way: five frames, one job. */
static void
test_pending (void)
{
  Fixture *f = new_fixture ();
  GstBuffer *first, *buffer;
  guint n;

  cup_dummy_engine_set_plan (f->engine, &held);
  for (n = 0; n < 5; n++)
    push (f, n, 7);
  push (f, 5, 8);
  cup_dummy_engine_wait_started (f->engine, 2);
  cup_dummy_engine_release (f->engine, 8);
  cup_dummy_engine_release (f->engine, 7);
  fixture_assert_record (f, START "|7|7|7|7|7|8");
  first = pull (f, 0, FALSE);
  for (n = 1; n < 5; n++) {
    guint64 frame = 0;

    buffer = pull (f, n, TRUE);
    g_assert_true (shares_memory (first, buffer));
    g_assert_cmpstr (gst_structure_get_string (get_meta (buffer),
            "request-id"), ==, "request-7");
    g_assert_true (gst_structure_get_uint64 (get_meta (buffer), "frame",
            &frame));
    g_assert_cmpuint (frame, ==, n);
    gst_buffer_unref (buffer);
  }
  gst_buffer_unref (first);
  expect (f, 5, FALSE);
  assert_sent (f, 2);
  assert_stat (f, "frames-reused", 4);
  assert_stat (f, "frames-out", 6);
  assert_stat (f, "frames-done", 2);
  fixture_free (f);
}

/* A service's result is kept as the bytes that it came as: the first one that
 * comes after it has left is decoded once more, for all that follow. */
static void
test_left_bytes (void)
{
  const CupDummyPlan png = {.image_type = CUP_IMAGE_PNG,.hosted = TRUE };
  Fixture *f = new_fixture ();
  GstBuffer *second, *buffer;
  guint n;

  cup_dummy_engine_set_plan (f->engine, &png);
  push (f, 0, 7);
  expect (f, 0, FALSE);
  push (f, 1, 7);
  second = pull (f, 1, TRUE);
  for (n = 2; n < 6; n++) {
    push (f, n, 7);
    buffer = pull (f, n, TRUE);
    g_assert_true (shares_memory (second, buffer));
    gst_buffer_unref (buffer);
  }
  gst_buffer_unref (second);
  assert_sent (f, 1);
  fixture_free (f);
}

/* Pixels are large, and are not kept for a frame that may never come. From the
 * second on that there is one. */
static void
test_left_pixels (void)
{
  Fixture *f = new_fixture ();

  push (f, 0, 7);
  expect (f, 0, FALSE);
  cup_dummy_engine_set_plan (f->engine, &held);
  push (f, 1, 7);
  push (f, 2, 7);
  cup_dummy_engine_release_all (f->engine);
  expect (f, 1, FALSE);
  expect (f, 2, TRUE);
  push (f, 3, 7);
  expect (f, 3, TRUE);
  assert_sent (f, 2);
  fixture_free (f);
}

/* Only the one before counts. */
static void
test_alternating (void)
{
  const CupDummyPlan png = {.image_type = CUP_IMAGE_PNG,.hosted = TRUE };
  Fixture *f = new_fixture ();
  guint n;

  cup_dummy_engine_set_plan (f->engine, &png);
  for (n = 0; n < 8; n++)
    push (f, n, n % 2 ? 7 : 8);
  for (n = 0; n < 8; n++)
    expect (f, n, FALSE);
  assert_sent (f, 8);
  fixture_free (f);
}

/* With bytes for downstream: the same bytes again. */
static void
test_encoded_output (void)
{
  const CupDummyPlan plans[] = {
    {.image_type = CUP_IMAGE_PNG,.hosted = TRUE}, {.hosted = TRUE}
  };
  guint i, n;

  for (i = 0; i < G_N_ELEMENTS (plans); i++) {
    CupDummyPlan plan = plans[i];
    Fixture *f = new_fixture ();
    GstBuffer *first;

    plan.delay = CUP_DUMMY_HOLD;
    cup_dummy_engine_set_plan (f->engine, &plan);
    gst_harness_set_sink_caps_str (f->harness, "image/png");
    for (n = 0; n < 4; n++)
      push (f, n, 7);
    cup_dummy_engine_release_all (f->engine);
    first = pull (f, 0, FALSE);
    for (n = 1; n < 4; n++) {
      GstBuffer *buffer = pull (f, n, TRUE);

      g_assert_true (shares_memory (first, buffer));
      gst_buffer_unref (buffer);
    }
    gst_buffer_unref (first);
    assert_sent (f, 1);
    fixture_free (f);
  }
}

/* An element behind that writes into what it gets. */
static GstPadProbeReturn
write_into (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstBuffer *buffer = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER
      (info));
  guint8 first = 0;

  gst_buffer_extract (buffer, 0, &first, 1);
  g_assert_cmpint (first, ==, 7);
  gst_buffer_memset (buffer, 0, 99, -1);
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

static void
test_written_into (void)
{
  /* Without and with a pool of ours, or of downstream's. */
  static const gchar *const caps[] = { "video/x-raw,format=RGB",
    "video/x-raw,format=BGRx"
  };
  guint i, n;

  for (i = 0; i < G_N_ELEMENTS (caps); i++) {
    Fixture *f = new_fixture ();
    GstPad *pad = gst_element_get_static_pad (f->element, "src");

    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, write_into, NULL, NULL);
    gst_harness_set_sink_caps_str (f->harness, caps[i]);
    cup_dummy_engine_set_plan (f->engine, &held);
    for (n = 0; n < 4; n++)
      push (f, n, 7);
    cup_dummy_engine_release_all (f->engine);
    fixture_assert_record (f, START "|99|99|99|99");
    for (n = 0; n < 4; n++)
      expect (f, n, n > 0);
    gst_object_unref (pad);
    fixture_free (f);
  }
}

/* Downstream asks for something else in between: made once for that, too. */
static void
test_reconfigured (void)
{
  const CupDummyPlan png = {.image_type = CUP_IMAGE_PNG,.hosted = TRUE };
  static const gchar *const caps[] = { "video/x-raw,format=BGRA",
    "video/x-raw,format=RGBx", "image/png"
  };
  Fixture *f = new_fixture ();
  guint i, n = 2;

  cup_dummy_engine_set_plan (f->engine, &png);
  push (f, 0, 7);
  expect (f, 0, FALSE);
  push (f, 1, 7);
  expect (f, 1, TRUE);
  for (i = 0; i < G_N_ELEMENTS (caps); i++) {
    GstBuffer *first, *buffer;
    GstCaps *now, *wanted = gst_caps_from_string (caps[i]);

    gst_harness_set_sink_caps_str (f->harness, caps[i]);
    push (f, n, 7);
    first = pull (f, n++, TRUE);
    now = gst_pad_get_current_caps (f->harness->sinkpad);
    g_assert_true (gst_caps_is_subset (now, wanted));
    push (f, n, 7);
    buffer = pull (f, n++, TRUE);
    g_assert_true (shares_memory (first, buffer));
    gst_buffer_unref (buffer);
    gst_buffer_unref (first);
    gst_caps_unref (now);
    gst_caps_unref (wanted);
  }
  assert_sent (f, 1);
  fixture_free (f);
}

/* The frame's own metas, scaled, and no other's. */
static void
test_metas (void)
{
  Fixture *f = new_fixture ();
  GstBuffer *buffer;
  gpointer state;
  guint n;

  cup_dummy_engine_set_plan (f->engine, &held);
  for (n = 0; n < 4; n++) {
    buffer = fixture_make_frame (7);
    set_time (buffer, n);
    /* Not the last one. */
    if (n < 3)
      gst_buffer_add_video_region_of_interest_meta (buffer, "face", n, 2, 3, 4);
    gst_harness_push (f->harness, buffer);
  }
  cup_dummy_engine_release_all (f->engine);
  for (n = 0; n < 4; n++) {
    GstVideoRegionOfInterestMeta *roi;

    buffer = pull (f, n, n > 0);
    state = NULL;
    roi = (GstVideoRegionOfInterestMeta *)
        gst_buffer_iterate_meta_filtered (buffer, &state,
        GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
    g_assert_true ((roi != NULL) == (n < 3));
    if (roi) {
      g_assert_cmpuint (roi->x, ==, 2 * n);
      g_assert_cmpuint (roi->w, ==, 6);
      g_assert_null (gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE));
    }
    gst_buffer_unref (buffer);
  }
  fixture_free (f);
}

static void
test_live (void)
{
  Fixture *f = new_fixture ();
  guint n;

  gst_harness_set_live (f->harness, TRUE);
  cup_dummy_engine_set_plan (f->engine, &held);
  for (n = 0; n < 4; n++)
    push (f, n, 7);
  cup_dummy_engine_release_all (f->engine);
  for (n = 0; n < 4; n++)
    expect (f, n, n > 0);
  assert_sent (f, 1);
  fixture_free (f);
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
  cup_dummy_engine_set_plan (f->engine, &held);
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
    expect (f, n, n % 2);
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

  cup_dummy_engine_set_plan (f->engine, &held);
  push (f, 0, 7);
  fixture_set_caps (f,
      "video/x-raw,format=RGBA,width=16,height=12,framerate=30/1");
  push (f, 1, 7);
  fixture_set_caps (f,
      "video/x-raw,format=BGRA,width=16,height=12,framerate=30/1");
  push (f, 2, 7);
  cup_dummy_engine_release_all (f->engine);
  expect (f, 0, FALSE);
  buffer = pull (f, 1, TRUE);
  gst_buffer_unref (buffer);
  expect (f, 2, FALSE);
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
  *sample ^= 2;
  gst_video_frame_unmap (&frame);
  return copy;
}

static void
push_at (Fixture * f, GstBuffer * buffer, guint n)
{
  set_time (buffer, n);
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
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
  cup_dummy_engine_set_plan (f->engine, &held);

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
    expect (f, i, i == 1 || i == 2);
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
  cup_dummy_engine_set_plan (f->engine, &held);
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

  cup_dummy_engine_set_plan (f->engine, &held);
  fixture_set_caps (f, "image/png,framerate=25/1");
  push_at (f, make_png (7), 0);
  push_at (f, make_png (7), 1);
  push_at (f, make_png (8), 2);
  cup_dummy_engine_release_all (f->engine);
  expect (f, 0, FALSE);
  expect (f, 1, TRUE);
  expect (f, 2, FALSE);
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

/* The first one without a result */

/* They have its fate; one that comes later is a new attempt. */
static void
test_failed_drop (void)
{
  Fixture *f = new_fixture ();

  set_enum (f, "on-error", "drop");
  cup_dummy_engine_set_plan (f->engine, &held_failing);
  push (f, 0, 7);
  push (f, 1, 7);
  push (f, 2, 7);
  cup_dummy_engine_release_all (f->engine);
  gst_message_unref (fixture_wait_message (f, GST_MESSAGE_WARNING));
  gst_message_unref (fixture_wait_message (f, GST_MESSAGE_WARNING));
  gst_message_unref (fixture_wait_message (f, GST_MESSAGE_WARNING));
  cup_dummy_engine_set_plan (f->engine, &hosted);
  push (f, 3, 7);
  push_eos (f);
  fixture_assert_record (f, START "|gap|7|eos");
  expect (f, 3, FALSE);
  assert_sent (f, 2);
  assert_stat (f, "dropped-failed", 3);
  assert_stat (f, "frames-failed", 1);
  fixture_free (f);
}

static void
test_failed_passthrough (void)
{
  Fixture *f = new_fixture ();
  guint n;

  set_enum (f, "on-error", "passthrough");
  cup_dummy_engine_set_plan (f->engine, &held_failing);
  for (n = 0; n < 3; n++)
    push (f, n, 7);
  cup_dummy_engine_release_all (f->engine);
  for (n = 0; n < 3; n++)
    expect_passed (f, n);
  push (f, 3, 7);
  expect_passed (f, 3);
  assert_sent (f, 2);
  assert_stat (f, "frames-passed-through", 4);
  assert_stat (f, "frames-reused", 0);
  fixture_free (f);
}

static void
test_failed_error (void)
{
  Fixture *f = new_fixture ();

  cup_dummy_engine_set_plan (f->engine, &held_failing);
  push (f, 0, 7);
  push (f, 1, 7);
  cup_dummy_engine_release_all (f->engine);
  gst_message_unref (fixture_wait_message (f, GST_MESSAGE_ERROR));
  fixture_assert_record (f, "stream-start|segment|eos");
  fixture_free (f);
}

/* A damaged frame in between has no job, and changes nothing. */
static void
test_broken_between (void)
{
  Fixture *f = new_fixture ();

  set_enum (f, "on-error", "drop");
  cup_dummy_engine_set_plan (f->engine, &held);
  fixture_set_caps (f, "image/png,framerate=25/1");
  push_at (f, make_png (7), 0);
  push_at (f, gst_buffer_new_memdup ("no PNG", 6), 1);
  push_at (f, make_png (7), 2);
  cup_dummy_engine_release_all (f->engine);
  expect (f, 0, FALSE);
  expect (f, 2, TRUE);
  assert_sent (f, 1);
  fixture_free (f);
}

static void
test_unsafe (void)
{
  const CupDummyPlan black = {.black = TRUE,.hosted = TRUE,
    .delay = CUP_DUMMY_HOLD
  };
  static const gchar *const values[] = { "drop", "pass" };
  guint i, n;

  for (i = 0; i < G_N_ELEMENTS (values); i++) {
    Fixture *f = new_fixture ();

    cup_dummy_engine_set_censors (f->engine, TRUE);
    set_enum (f, "on-unsafe", values[i]);
    cup_dummy_engine_set_plan (f->engine, &black);
    for (n = 0; n < 3; n++)
      push (f, n, 7);
    cup_dummy_engine_release_all (f->engine);
    for (n = 0; n < 3; n++) {
      GstBuffer *buffer;

      gst_message_unref (fixture_wait_message (f, GST_MESSAGE_WARNING));
      if (i == 0)
        continue;
      buffer = pull (f, n, n > 0);
      g_assert_true (get_boolean (buffer, "unsafe"));
      gst_buffer_unref (buffer);
    }
    assert_stat (f, "dropped-unsafe", i == 0 ? 3 : 0);
    assert_stat (f, "frames-unsafe", 1);
    assert_sent (f, 1);
    fixture_free (f);
  }
}

static void
test_cancelled (void)
{
  Fixture *f = new_fixture ();
  guint n;

  cup_dummy_engine_set_plan (f->engine, &held);
  for (n = 0; n < 3; n++)
    push (f, n, 7);
  cup_dummy_engine_wait_started (f->engine, 1);
  g_signal_emit_by_name (f->element, "cancel-all", &n);
  g_assert_cmpuint (n, ==, 3);
  cup_dummy_engine_set_plan (f->engine, &hosted);
  push (f, 3, 7);
  push_eos (f);
  fixture_assert_record (f, START "|gap|7|eos");
  assert_stat (f, "dropped-cancelled", 3);
  assert_stat (f, "frames-cancelled", 1);
  assert_sent (f, 2);
  fixture_free (f);
}

static void
test_flushed (void)
{
  Fixture *f = new_fixture ();

  cup_dummy_engine_set_plan (f->engine, &held);
  push (f, 0, 7);
  push (f, 1, 7);
  cup_dummy_engine_wait_started (f->engine, 1);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  push_segment (f);
  cup_dummy_engine_set_plan (f->engine, &hosted);
  push (f, 2, 7);
  expect (f, 2, FALSE);
  assert_sent (f, 2);
  fixture_free (f);
}

/* Downstream wants no more of the segment, and the frame with the job is thrown
 * away; behind the next segment there is one with the same pixels, and before
 * all of them there was another one with a result. */
static GstPadProbeReturn
end_segment (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  if (GST_BUFFER_PTS (buffer) > 0)
    return GST_PAD_PROBE_OK;
  gst_buffer_unref (buffer);
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_EOS;
  return GST_PAD_PROBE_HANDLED;
}

static void
test_refused (void)
{
  const CupDummyPlan png = {.image_type = CUP_IMAGE_PNG,
    .delay = CUP_DUMMY_HOLD
  };
  Fixture *f = new_fixture ();
  GstPad *pad = gst_element_get_static_pad (f->element, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, end_segment, NULL, NULL);
  cup_dummy_engine_set_plan (f->engine, &png);
  push (f, 0, 6);
  push (f, 1, 7);
  push_segment (f);
  push (f, 2, 7);
  push (f, 3, 8);
  cup_dummy_engine_wait_started (f->engine, 3);
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f, START "|segment|gap|8");
  gst_object_unref (pad);
  fixture_free (f);
}

/* The first one is too late: the others take its way, and are not sent after
 * it. */
static void
run_overdue (const gchar * late, const gchar * record)
{
  Fixture *f = new_fixture ();
  guint n;

  gst_harness_set_live (f->harness, TRUE);
  g_object_set (f->element, "latency", GST_SECOND, NULL);
  set_enum (f, "late", late);
  cup_dummy_engine_set_plan (f->engine, &held);
  for (n = 0; n < 3; n++)
    push (f, n, 7);
  push_eos (f);
  cup_dummy_engine_wait_started (f->engine, 1);
  g_assert_true (gst_harness_wait_for_clock_id_waits (f->harness, 1, 60));
  gst_harness_set_time (f->harness, 10 * GST_SECOND);
  gst_harness_crank_single_clock_wait (f->harness);
  fixture_assert_record (f, record);
  assert_sent (f, 1);
  fixture_free (f);
}

static void
test_overdue (void)
{
  run_overdue ("passthrough", START "|7|7|7|eos");
  run_overdue ("drop", "stream-start|segment|gap|eos");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/reuse/pending", test_pending);
  g_test_add_func ("/reuse/left-bytes", test_left_bytes);
  g_test_add_func ("/reuse/left-pixels", test_left_pixels);
  g_test_add_func ("/reuse/alternating", test_alternating);
  g_test_add_func ("/reuse/encoded-output", test_encoded_output);
  g_test_add_func ("/reuse/written-into", test_written_into);
  g_test_add_func ("/reuse/reconfigured", test_reconfigured);
  g_test_add_func ("/reuse/metas", test_metas);
  g_test_add_func ("/reuse/live", test_live);
  g_test_add_func ("/reuse/settings", test_settings);
  g_test_add_func ("/reuse/caps", test_caps);
  g_test_add_func ("/reuse/formats", test_formats);
  g_test_add_func ("/reuse/same-memory", test_same_memory);
  g_test_add_func ("/reuse/images", test_images);
  g_test_add_func ("/reuse/uri-list", test_uri_list);
  g_test_add_func ("/reuse/failed-drop", test_failed_drop);
  g_test_add_func ("/reuse/failed-passthrough", test_failed_passthrough);
  g_test_add_func ("/reuse/failed-error", test_failed_error);
  g_test_add_func ("/reuse/broken-between", test_broken_between);
  g_test_add_func ("/reuse/unsafe", test_unsafe);
  g_test_add_func ("/reuse/cancelled", test_cancelled);
  g_test_add_func ("/reuse/flushed", test_flushed);
  g_test_add_func ("/reuse/refused", test_refused);
  g_test_add_func ("/reuse/overdue", test_overdue);

  return fixture_run ();
}
