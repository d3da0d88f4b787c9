/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The size that frames leave with: size-policy, and downstream that fixes one.
 */
#include "fixture.h"

#include <string.h>

/* Twice that is 36×26, which a service that rounds to 8 makes 40×24. */
#define ODD_CAPS "video/x-raw,format=RGBA,width=18,height=13,framerate=25/1"

static const CupDummyPlan rounded = {.multiple = 8 };

static void
set_policy (Fixture * f, const gchar * policy)
{
  gst_util_set_object_arg (G_OBJECT (f->element), "size-policy", policy);
}

static GstBuffer *
make_frame (guint8 key, guint width, guint height, guint bytes_per_pixel)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL,
      width * height * bytes_per_pixel, NULL);

  gst_buffer_memset (buffer, 0, key, -1);
  GST_BUFFER_PTS (buffer) = key * FRAME_DURATION;
  GST_BUFFER_DURATION (buffer) = FRAME_DURATION;
  return buffer;
}

/* A fixture that takes frames of 18×13. */
static Fixture *
odd_fixture (const gchar * policy, const CupDummyPlan * plan)
{
  Fixture *f = fixture_new ("max-in-flight", 8, NULL);

  set_policy (f, policy);
  cup_dummy_engine_set_plan (f->engine, plan);
  fixture_set_caps (f, ODD_CAPS);
  return f;
}

static void
push_odd (Fixture * f, guint8 key)
{
  g_assert_cmpint (gst_harness_push (f->harness, make_frame (key, 18, 13, 4)),
      ==, GST_FLOW_OK);
}

static GstCaps *
get_caps (Fixture * f)
{
  return gst_pad_get_current_caps (f->harness->sinkpad);
}

/* Pulls a frame and compares the caps that it came with. */
static GstBuffer *
pull_frame (Fixture * f, const gchar * expected)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);
  GstCaps *caps = get_caps (f), *wanted = gst_caps_from_string (expected);

  if (!gst_caps_is_subset (caps, wanted)) {
    gchar *text = gst_caps_to_string (caps);

    g_error ("%s are not %s", text, expected);
  }
  gst_caps_unref (wanted);
  gst_caps_unref (caps);
  return buffer;
}

static void
expect_frame (Fixture * f, const gchar * expected)
{
  gst_buffer_unref (pull_frame (f, expected));
}

/* All samples are @value. */
static void
assert_flat (GstBuffer * buffer, guint8 value, gsize size)
{
  GstMapInfo map;
  gsize i;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  g_assert_cmpuint (map.size, ==, size);
  for (i = 0; i < size; i++)
    g_assert_cmpint (map.data[i], ==, value);
  gst_buffer_unmap (buffer, &map);
}

static void
test_follow (void)
{
  const CupDummyPlan larger = {.width = 48,.height = 32 };
  Fixture *f = odd_fixture ("follow", &rounded);

  push_odd (f, 10);
  expect_frame (f, "video/x-raw,width=40,height=24");
  cup_dummy_engine_set_plan (f->engine, &larger);
  push_odd (f, 20);
  expect_frame (f, "video/x-raw,width=48,height=32");
  fixture_free (f);
}

/* One size, whatever comes: one caps event. */
static void
test_exact (void)
{
  const CupDummyPlan sizes[] = {
    {.multiple = 8}, {.width = 36,.height = 26}, {.width = 100,.height = 70},
    {.width = 1,.height = 1}
  };
  Fixture *f = odd_fixture ("exact", &rounded);
  guint8 i;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++)
    cup_dummy_engine_set_plan_for (f->engine, (guint8) (10 * (i + 1)),
        &sizes[i]);
  for (i = 10; i <= 40; i += 10)
    push_odd (f, i);
  fixture_assert_record (f, "stream-start|caps|segment|segment|10|20|30|40");
  for (i = 10; i <= 40; i += 10) {
    GstBuffer *buffer = pull_frame (f, "video/x-raw,format=RGB,width=36,"
        "height=26,pixel-aspect-ratio=1/1");

    assert_flat (buffer, i, 36 * 26 * 3);
    gst_buffer_unref (buffer);
  }
  fixture_free (f);
}

/* Rounded to nearest, each side by itself; the scale of the frame's own moment
 * counts. */
static void
test_exact_scale (void)
{
  const CupDummyPlan held = {.multiple = 8,.delay = CUP_DUMMY_HOLD };
  Fixture *f = odd_fixture ("exact", &rounded);

  g_object_set (f->element, "scale", 1.5, NULL);
  push_odd (f, 10);
  expect_frame (f, "video/x-raw,width=27,height=20");
  cup_dummy_engine_set_plan_for (f->engine, 20, &held);
  push_odd (f, 20);
  g_object_set (f->element, "scale", 2.0, NULL);
  push_odd (f, 30);
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f, "stream-start|caps|segment|segment|10|20|caps|30");
  gst_buffer_unref (gst_harness_pull (f->harness));
  expect_frame (f, "video/x-raw,width=36,height=26");
  fixture_free (f);
}

static void
test_first (void)
{
  const CupDummyPlan exact = {.width = 36,.height = 26 };
  Fixture *f = odd_fixture ("first", &rounded);

  cup_dummy_engine_set_plan_for (f->engine, 20, &exact);
  push_odd (f, 10);
  push_odd (f, 20);
  expect_frame (f, "video/x-raw,width=40,height=24");
  expect_frame (f, "video/x-raw,width=40,height=24");

  /* Frames of another size and shape: the aspect ratio tells. */
  fixture_set_caps (f, FRAME_CAPS);
  gst_harness_push (f->harness, make_frame (30, 16, 12, 4));
  expect_frame (f,
      "video/x-raw,width=40,height=24,pixel-aspect-ratio=4/5,framerate=25/1");

  /* A seek does not change it, a new start does. */
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  fixture_set_caps (f, ODD_CAPS);
  push_odd (f, 20);
  expect_frame (f, "video/x-raw,width=40,height=24");
  fixture_free (f);
}

/* Where the first fails and passes through, it is the first. */
static void
test_first_fails (void)
{
  const CupDummyPlan failing = {.fails = TRUE };
  Fixture *f = odd_fixture ("first", &rounded);

  gst_util_set_object_arg (G_OBJECT (f->element), "on-error", "passthrough");
  cup_dummy_engine_set_plan_for (f->engine, 10, &failing);
  push_odd (f, 10);
  push_odd (f, 20);
  fixture_assert_record (f, "stream-start|caps|segment|segment|10|20");
  expect_frame (f, "video/x-raw,width=36,height=26");
  expect_frame (f, "video/x-raw,width=36,height=26");
  fixture_free (f);
}

static void
test_change_while_playing (void)
{
  Fixture *f = odd_fixture ("follow", &rounded);

  push_odd (f, 10);
  expect_frame (f, "video/x-raw,width=40,height=24");
  set_policy (f, "exact");
  push_odd (f, 20);
  expect_frame (f, "video/x-raw,width=36,height=26");
  set_policy (f, "first");
  push_odd (f, 30);
  expect_frame (f, "video/x-raw,width=36,height=26");
  set_policy (f, "follow");
  push_odd (f, 40);
  expect_frame (f, "video/x-raw,width=40,height=24");
  fixture_free (f);
}

/* The policy changes, and the first frame by it is one that fails, with the size
 * that the stream has already. */
static void
test_change_and_fail (void)
{
  const CupDummyPlan exact = {.width = 36,.height = 26 };
  const CupDummyPlan failing = {.fails = TRUE };
  Fixture *f = odd_fixture ("follow", &rounded);

  gst_util_set_object_arg (G_OBJECT (f->element), "on-error", "passthrough");
  cup_dummy_engine_set_plan_for (f->engine, 10, &exact);
  cup_dummy_engine_set_plan_for (f->engine, 20, &failing);
  push_odd (f, 10);
  expect_frame (f, "video/x-raw,width=36,height=26");
  set_policy (f, "exact");
  push_odd (f, 20);
  push_odd (f, 30);
  expect_frame (f, "video/x-raw,width=36,height=26");
  expect_frame (f, "video/x-raw,width=36,height=26");
  fixture_free (f);
}

static GstBusSyncReply
change_scale (GstBus * bus, GstMessage * message, gpointer user_data)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
    g_object_set (GST_MESSAGE_SRC (message), "scale", 3.0, NULL);
  return GST_BUS_PASS;
}

/* The scale changes while a frame becomes a job: it leaves with the size of the
 * one that it was made with. */
static void
test_scale_changes (void)
{
  Fixture *f = odd_fixture ("exact", &rounded);

  /* Of what cannot be sent the application is told at that moment. */
  gst_bus_set_sync_handler (f->bus, change_scale, NULL, NULL);
  gst_util_set_object_arg (G_OBJECT (f->element), "extra-input", "e,bad=[1,2]");
  push_odd (f, 10);
  expect_frame (f, "video/x-raw,width=36,height=26");
  push_odd (f, 20);
  expect_frame (f, "video/x-raw,width=54,height=39");
  gst_bus_set_sync_handler (f->bus, NULL, NULL, NULL);
  fixture_free (f);
}

/* Frames that wait rendered for a head that is slow are made anew. */
static void
test_change_while_waiting (void)
{
  const CupDummyPlan held = {.multiple = 8,.delay = CUP_DUMMY_HOLD };
  Fixture *f = odd_fixture ("follow", &rounded);
  guint8 key;

  push_odd (f, 10);
  expect_frame (f, "video/x-raw,width=40,height=24");
  cup_dummy_engine_set_plan_for (f->engine, 20, &held);
  for (key = 20; key <= 60; key += 10)
    push_odd (f, key);
  set_policy (f, "exact");
  cup_dummy_engine_release_all (f->engine);
  for (key = 20; key <= 60; key += 10) {
    GstBuffer *buffer = pull_frame (f, "video/x-raw,width=36,height=26");

    assert_flat (buffer, key, 36 * 26 * 3);
    gst_buffer_unref (buffer);
  }
  fixture_free (f);
}

/* 16 bits and alpha come through, colour is not touched. */
static void
test_fidelity (void)
{
  const CupDummyPlan deep = {.multiple = 8,.channels = 4,.depth = 16 };
  const CupDummyPlan gray = {.multiple = 8,.channels = 1,.depth = 16 };
  Fixture *f = odd_fixture ("exact", &deep);
  GstBuffer *buffer;

  gst_harness_set_sink_caps_str (f->harness,
      "video/x-raw,format={RGBA64_LE,RGBA64_BE}");
  push_odd (f, 77);
  buffer = pull_frame (f, "video/x-raw,format={RGBA64_LE,RGBA64_BE},width=36,"
      "height=26");
  assert_flat (buffer, 77, 36 * 26 * 8);
  gst_buffer_unref (buffer);
  cup_dummy_engine_set_plan (f->engine, &gray);
  gst_harness_set_sink_caps_str (f->harness,
      "video/x-raw,format={GRAY16_LE,GRAY16_BE}");
  push_odd (f, 99);
  buffer = pull_frame (f, "video/x-raw,width=36,height=26");
  assert_flat (buffer, 99, 36 * 26 * 2);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

/* The labels of YUV stay, and resized grey is the same grey. */
static void
test_colorimetry (void)
{
  static const gchar *const names[] = { "bt601", "bt709", "bt2020",
    "1:4:7:1"
  };
  guint i, policy;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    guint8 luma[2];

    for (policy = 0; policy < 2; policy++) {
      Fixture *f = odd_fixture (policy ? "exact" : "follow", &rounded);
      gchar *caps = g_strdup_printf ("video/x-raw,format=Y444,width=18,"
          "height=13,framerate=25/1,colorimetry=%s", names[i]);
      gchar *expected = g_strdup_printf ("video/x-raw,format=Y444,"
          "colorimetry=%s", names[i]);
      GstBuffer *buffer;

      gst_harness_set_sink_caps_str (f->harness, "video/x-raw,format=Y444");
      fixture_set_caps (f, caps);
      gst_harness_push (f->harness, make_frame (128, 20, 13, 3));
      buffer = pull_frame (f, expected);
      gst_buffer_extract (buffer, 0, &luma[policy], 1);
      gst_buffer_unref (buffer);
      g_free (expected);
      g_free (caps);
      fixture_free (f);
    }
    g_assert_cmpint (luma[0], ==, luma[1]);
  }
}

/* Images of the right size leave as they came; others are encoded anew, as what
 * they were. */
static void
test_images (void)
{
  static const CupImageType types[] = { CUP_IMAGE_PNG, CUP_IMAGE_JPEG,
    CUP_IMAGE_WEBP
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    CupDummyPlan plan = {.image_type = types[i] };
    CupPixels *pixels;
    GstBuffer *buffer;
    CupImageInfo info;
    GstMapInfo map;
    GBytes *bytes;
    gchar *caps;
    Fixture *f;

    if (!cup_image_type_is_supported (types[i]))
      continue;
    f = odd_fixture ("exact", &plan);
    gst_harness_set_sink_caps_str (f->harness,
        cup_image_type_get_mime (types[i]));
    g_object_set (f->element, "quality", 50, NULL);
    caps = g_strdup_printf ("%s,width=36,height=26",
        cup_image_type_get_mime (types[i]));

    push_odd (f, 200);
    buffer = pull_frame (f, caps);
    pixels = cup_pixels_new (36, 26, 3, 8, NULL);
    memset (pixels->data, 200, cup_pixels_get_size (pixels));
    bytes = cup_image_encode (pixels, types[i], 95, NULL);
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    g_assert_cmpmem (map.data, map.size, g_bytes_get_data (bytes, NULL),
        g_bytes_get_size (bytes));
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
    g_bytes_unref (bytes);

    plan.multiple = 8;
    cup_dummy_engine_set_plan (f->engine, &plan);
    push_odd (f, 200);
    buffer = pull_frame (f, caps);
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    bytes = g_bytes_new (map.data, map.size);
    g_assert_true (cup_image_read_info (bytes, &info, NULL));
    g_assert_cmpint (info.type, ==, types[i]);
    g_assert_cmpuint (info.width, ==, 36);
    g_assert_cmpuint (info.height, ==, 26);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
    g_bytes_unref (bytes);
    cup_pixels_unref (pixels);
    g_free (caps);
    fixture_free (f);
  }
}

/* What is to be looked at for a safety checker is looked at before it is
 * resized. */
static void
test_unsafe (void)
{
  const CupDummyPlan black = {.multiple = 8,.black = TRUE };
  Fixture *f = odd_fixture ("exact", &black);
  GstMessage *message;

  cup_dummy_engine_set_censors (f->engine, TRUE);
  push_odd (f, 20);
  expect_frame (f, "video/x-raw,width=36,height=26");
  message = fixture_wait_message (f, GST_MESSAGE_WARNING);
  gst_message_unref (message);
  fixture_free (f);
}

/* Nothing is known of a picture that the service fetched: the result stays. */
static void
test_unknown_input (void)
{
  Fixture *f = odd_fixture ("exact", &rounded);
  const gchar *list = "https://host.example/10";

  cup_dummy_engine_set_accepts (f->engine,
      CUP_ENGINE_ACCEPTS_PIXELS | CUP_ENGINE_ACCEPTS_URI);
  gst_harness_set_sink_caps_str (f->harness, "video/x-raw");
  fixture_set_caps (f, "text/uri-list");
  gst_harness_push (f->harness, gst_buffer_new_memdup (list, strlen (list)));
  expect_frame (f, "video/x-raw,width=24,height=24");
  fixture_free (f);
}

/* Downstream fixes a size */

static gchar *
wait_error (Fixture * f)
{
  GstMessage *message = fixture_wait_message (f, GST_MESSAGE_ERROR);
  GError *error = NULL;
  gchar *text;

  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION);
  text = g_strdup (error->message);
  g_error_free (error);
  gst_message_unref (message);
  return text;
}

static void
assert_contains (const gchar * text, const gchar * part, gboolean does)
{
  if ((strstr (text, part) != NULL) != does)
    g_error ("\"%s\" %s \"%s\"", text, does ? "lacks" : "has", part);
}

static void
test_fixed (void)
{
  static const struct
  {
    const gchar *filter, *wanted;
    gboolean hint;
  } cases[] = {
    {"video/x-raw,width=36,height=26", "36×26", TRUE},
    {"video/x-raw,format=I420,width=36,height=26", "36×26", TRUE},
    {"video/x-raw,width=100,height=70", "100×70", FALSE},
    {"video/x-raw,width=36", "36×any", TRUE},
    {"video/x-raw,width=[1,36],height=[1,26]", "[ 1, 36 ]×[ 1, 26 ]", TRUE},
    {"image/png,width=36,height=26", "36×26", TRUE},
    {"image/png,width=10,height=26", "10×26", FALSE},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fixture *f = odd_fixture ("follow", &rounded);
    gchar *text;

    gst_harness_set_sink_caps_str (f->harness, cases[i].filter);
    push_odd (f, 10);
    text = wait_error (f);
    assert_contains (text, "40×24", TRUE);
    assert_contains (text, cases[i].wanted, TRUE);
    assert_contains (text, "videoscale", TRUE);
    assert_contains (text, "size-policy=exact", cases[i].hint);
    g_free (text);
    fixture_free (f);
    if (!cases[i].hint)
      continue;

    /* What the error says to do does it. */
    f = odd_fixture ("exact", &rounded);
    gst_harness_set_sink_caps_str (f->harness, cases[i].filter);
    push_odd (f, 10);
    expect_frame (f, cases[i].filter);
    fixture_free (f);
  }
}

/* Another reason is another error. */
static void
test_not_the_size (void)
{
  Fixture *f = odd_fixture ("follow", &rounded);
  gchar *text;

  gst_harness_set_sink_caps_str (f->harness,
      "video/x-raw,width=36,height=26,framerate=30/1");
  push_odd (f, 10);
  text = wait_error (f);
  assert_contains (text, "25/1", TRUE);
  assert_contains (text, "30/1", TRUE);
  assert_contains (text, "size-policy", FALSE);
  g_free (text);
  fixture_free (f);
}

/* A size that no picture can have is an error, and no overflow. */
static void
test_too_large (void)
{
  const CupDummyPlan small = {.width = 8,.height = 8 };
  Fixture *f = odd_fixture ("exact", &small);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 16384 * 4, NULL);
  gchar *text;

  gst_buffer_memset (buffer, 0, 10, -1);
  fixture_set_caps (f, "video/x-raw,format=RGBA,width=16384,height=1,"
      "framerate=25/1");
  g_object_set (f->element, "scale", 4.0, NULL);
  gst_harness_push (f->harness, buffer);
  text = wait_error (f);
  assert_contains (text, "65536", TRUE);
  g_free (text);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/size/follow", test_follow);
  g_test_add_func ("/size/exact", test_exact);
  g_test_add_func ("/size/exact-scale", test_exact_scale);
  g_test_add_func ("/size/first", test_first);
  g_test_add_func ("/size/first-fails", test_first_fails);
  g_test_add_func ("/size/change-while-playing", test_change_while_playing);
  g_test_add_func ("/size/scale-changes", test_scale_changes);
  g_test_add_func ("/size/change-and-fail", test_change_and_fail);
  g_test_add_func ("/size/change-while-waiting", test_change_while_waiting);
  g_test_add_func ("/size/fidelity", test_fidelity);
  g_test_add_func ("/size/colorimetry", test_colorimetry);
  g_test_add_func ("/size/images", test_images);
  g_test_add_func ("/size/unsafe", test_unsafe);
  g_test_add_func ("/size/unknown-input", test_unknown_input);
  g_test_add_func ("/size/fixed", test_fixed);
  g_test_add_func ("/size/not-the-size", test_not_the_size);
  g_test_add_func ("/size/too-large", test_too_large);
  return fixture_run ();
}
