/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frames that are chosen by what they are: the first of each scene, and those
 * that depend on no other.
 */
#include "choosing.h"

#include <string.h>

#include "element/colour.h"

static Fixture *
choosing (const gchar * select, const gchar * unselected)
{
  Fixture *f = fixture_new ("max-in-flight", 64, NULL);

  set_enum (f, "select", select);
  set_enum (f, "unselected", unselected);
  return f;
}

/* Scenes */

#define SCENE_WIDTH 64
#define SCENE_HEIGHT 36

/* Blocks whose places and brightness are those of the scene, with noise and a
 * little more light in each frame. */
static CupPixels *
paint (guint scene, guint n)
{
  static const guint8 lows[] = { 16, 150, 90 }, highs[] = { 100, 235, 170 };
  CupPixels *pixels = cup_pixels_new (SCENE_WIDTH, SCENE_HEIGHT, 3, 8, NULL);
  GRand *rand = g_rand_new_with_seed (scene + 1);
  GRand *noise = g_rand_new_with_seed (1000 + n);
  guint8 blocks[6][8];
  guint x, y;

  for (y = 0; y < 6; y++) {
    for (x = 0; x < 8; x++)
      blocks[y][x] = (guint8) g_rand_int_range (rand, lows[scene],
          highs[scene]);
  }
  for (y = 0; y < SCENE_HEIGHT; y++) {
    for (x = 0; x < SCENE_WIDTH; x++)
      memset (cup_pixels_row (pixels, y) + 3 * x, blocks[y / 6][x / 8] + n
          + g_rand_int_range (noise, 0, 4), 3);
  }
  g_rand_free (noise);
  g_rand_free (rand);
  return pixels;
}

static GstBuffer *
make_raw (const GstVideoInfo * info, CupPixels * pixels)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL,
      GST_VIDEO_INFO_SIZE (info), NULL);
  GstVideoFrame frame;

  gst_video_frame_map (&frame, (GstVideoInfo *) info, buffer, GST_MAP_WRITE);
  g_assert_true (cup_colour_write_frame (&frame, pixels, NULL));
  gst_video_frame_unmap (&frame);
  return buffer;
}

static GstBuffer *
make_image (const gchar * mime, CupPixels * pixels)
{
  GBytes *bytes = cup_image_encode (pixels, cup_image_type_from_mime (mime),
      90, NULL);
  GstBuffer *buffer = gst_buffer_new_wrapped_bytes (bytes);

  g_bytes_unref (bytes);
  return buffer;
}

/* Pushes scenes of 4, 3 and 5 frames. */
static void
push_scenes (Fixture * f, const gchar * format)
{
  static const guint8 scenes[] = { 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2 };
  gboolean is_image = strchr (format, '/') != NULL;
  GstCaps *caps = gst_caps_new_simple (is_image ? format : "video/x-raw",
      "width", G_TYPE_INT, SCENE_WIDTH, "height", G_TYPE_INT, SCENE_HEIGHT,
      "framerate", GST_TYPE_FRACTION, 25, 1, NULL);
  GstVideoInfo info;
  guint i;

  if (!is_image) {
    gst_caps_set_simple (caps, "format", G_TYPE_STRING, format, NULL);
    g_assert_true (gst_video_info_from_caps (&info, caps));
  }
  gst_harness_set_src_caps (f->harness, caps);
  for (i = 0; i < G_N_ELEMENTS (scenes); i++) {
    CupPixels *pixels = paint (scenes[i], i);
    GstBuffer *buffer = is_image ? make_image (format, pixels) :
        make_raw (&info, pixels);

    set_time (buffer, i);
    g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
    cup_pixels_unref (pixels);
  }
}

static void
expect_pts (Fixture * f, guint n)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);

  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, n * FRAME_DURATION);
  gst_buffer_unref (buffer);
}

static void
test_scenes (void)
{
  static const gchar *const formats[] = { "I420", "NV12", "RGBA", "I420_10LE",
    "I422_12BE", "P010_10LE", "YUY2", "AYUV", "v210", "GRAY8", "GRAY16_BE",
    "image/png", "image/jpeg"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    Fixture *f = choosing ("scene-change", "drop");

    g_test_message ("%s", formats[i]);
    push_scenes (f, formats[i]);
    expect_pts (f, 0);
    expect_pts (f, 4);
    expect_pts (f, 7);
    assert_stat (f, "dropped-unselected", 9);
    assert_sent (f, 3);
    fixture_free (f);
  }
}

static void
test_threshold (void)
{
  Fixture *f = choosing ("scene-change", "drop");

  g_object_set (f->element, "scene-threshold", 0.0, NULL);
  push_scenes (f, "I420");
  assert_stat (f, "dropped-unselected", 0);
  fixture_free (f);

  f = choosing ("scene-change", "drop");
  g_object_set (f->element, "scene-threshold", 1.0, NULL);
  push_scenes (f, "I420");
  assert_stat (f, "dropped-unselected", 11);
  fixture_free (f);
}

/* What cannot be looked at is selected, and the engine says what is wrong. */
static void
test_damaged_scene (void)
{
  Fixture *f = choosing ("scene-change", "drop");
  GstMessage *message;

  set_enum (f, "on-error", "drop");
  push_scenes (f, "image/png");
  gst_harness_push (f->harness, gst_buffer_new_wrapped (g_strdup ("no PNG"),
          6));
  message = fixture_wait_message (f, GST_MESSAGE_WARNING);
  gst_message_unref (message);
  assert_stat (f, "dropped-unselected", 9);
  fixture_free (f);
}

/* Key frames */

static void
test_keyframes (void)
{
  static const gchar *const values[] = { "drop", "local", "repeat" };
  guint i;
  guint8 n;

  for (i = 0; i < G_N_ELEMENTS (values); i++) {
    Fixture *f = choosing ("keyframes", values[i]);

    for (n = 0; n < 9; n++) {
      GstBuffer *buffer = fixture_make_frame (n);

      /* The first one is selected, too. */
      if (n != 3 && n != 7)
        GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
      g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
    }
    for (n = 0; n < 9; n++) {
      guint8 key = n < 3 ? 0 : n < 7 ? 3 : 7;
      GstBuffer *buffer;

      if (i == 0 && n != key)
        continue;
      buffer = pull_kind (f, n, n == key ? SENT : i == 2 ? REUSED : PASSED);
      /* Whole pictures, whatever the frame was. */
      g_assert_false (GST_BUFFER_FLAG_IS_SET (buffer,
              GST_BUFFER_FLAG_DELTA_UNIT));
      gst_buffer_unref (buffer);
    }
    assert_sent (f, 3);
    fixture_free (f);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/scenes/scenes", test_scenes);
  g_test_add_func ("/scenes/threshold", test_threshold);
  g_test_add_func ("/scenes/damaged-scene", test_damaged_scene);
  g_test_add_func ("/scenes/keyframes", test_keyframes);

  return fixture_run ();
}
