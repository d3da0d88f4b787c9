/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Results that a safety checker has taken away: black where the frame was not.
 */
#include "fixture.h"

#include <string.h>

#define START "stream-start|caps|segment"

static const CupDummyPlan black = {.black = TRUE,.hosted = TRUE };

/* A fixture whose engine censors; @on_unsafe as a user would type it. */
static Fixture *
censoring (const gchar * on_unsafe)
{
  Fixture *f = fixture_new ("max-in-flight", 8, NULL);

  cup_dummy_engine_set_censors (f->engine, TRUE);
  gst_util_set_object_arg (G_OBJECT (f->element), "on-unsafe", on_unsafe);
  return f;
}

static gboolean
is_unsafe (const GstStructure * structure)
{
  gboolean value = FALSE;

  g_assert_true (gst_structure_get_boolean (structure, "unsafe", &value));
  return value;
}

/* Pulls a frame; whether its meta says that it is unsafe. */
static gboolean
pull_unsafe (Fixture * f)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);
  GstCustomMeta *meta =
      gst_buffer_get_custom_meta (buffer, "GstCreativeUpscalerMeta");
  gboolean value = is_unsafe (gst_custom_meta_get_structure (meta));

  gst_buffer_unref (buffer);
  return value;
}

static gboolean
done_unsafe (Fixture * f)
{
  GstStructure *job = fixture_wait_job (f, "done");
  gboolean value = is_unsafe (job);

  gst_structure_free (job);
  return value;
}

static void
assert_warning (Fixture * f, const gchar * part)
{
  GstMessage *message = fixture_wait_message (f, GST_MESSAGE_WARNING);
  GError *error = NULL;

  gst_message_parse_warning (message, &error, NULL);
  if (!strstr (error->message, part))
    g_error ("\"%s\" does not say \"%s\"", error->message, part);
  g_assert_nonnull (strstr (error->message, "enable-safety-checks"));
  g_assert_nonnull (strstr (error->message, "request-20"));
  g_error_free (error);
  gst_message_unref (message);
}

static void
assert_no_warning (Fixture * f)
{
  g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING));
}

static void
test_pass (void)
{
  Fixture *f = censoring ("pass");

  cup_dummy_engine_set_plan_for (f->engine, 20, &black);
  fixture_push (f, 10);
  g_assert_false (done_unsafe (f));
  g_assert_false (pull_unsafe (f));
  fixture_push (f, 20);
  g_assert_true (done_unsafe (f));
  g_assert_true (pull_unsafe (f));
  fixture_push (f, 30);
  g_assert_false (pull_unsafe (f));
  assert_warning (f, "passed on");
  assert_no_warning (f);
  fixture_free (f);
}

static void
test_drop (void)
{
  Fixture *f = censoring ("drop");
  GstBuffer *buffer;
  guint8 key;

  cup_dummy_engine_set_plan_for (f->engine, 20, &black);
  for (key = 10; key <= 40; key += 10)
    fixture_push (f, key);
  gst_harness_push_event (f->harness, gst_event_new_eos ());
  fixture_assert_record (f, START "|10|gap|30|40|eos");
  for (key = 0; key < 3; key++) {
    buffer = gst_harness_pull (f->harness);
    /* The first one is, as in any stream of the harness, or not; the one behind
     * the hole has to be, the one after it not. */
    if (key > 0)
      g_assert_cmpint (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT),
          ==, key == 1);
    gst_buffer_unref (buffer);
  }
  assert_warning (f, "left out");
  fixture_free (f);
}

/* Without a time there is no hole to tell of. The first of all may be lost. */
static void
test_drop_without_time (void)
{
  Fixture *f = censoring ("drop");
  GstBuffer *buffer = fixture_make_frame (20);

  cup_dummy_engine_set_plan_for (f->engine, 20, &black);
  GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
  gst_harness_push (f->harness, buffer);
  fixture_push (f, 30);
  fixture_assert_record (f, START "|30");
  buffer = gst_harness_pull (f->harness);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT));
  gst_buffer_unref (buffer);
  fixture_free (f);
}

static void
test_error (void)
{
  Fixture *f = censoring ("error");
  const GstStructure *details;
  GstMessage *message;
  GError *error = NULL;
  guint8 key;

  cup_dummy_engine_set_plan_for (f->engine, 20, &black);
  for (key = 10; key <= 30; key += 10)
    fixture_push (f, key);
  message = fixture_wait_message (f, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "enable-safety-checks"));
  g_error_free (error);
  gst_message_parse_error_details (message, &details);
  g_assert_cmpstr (gst_structure_get_string (details, "request-id"), ==,
      "request-20");
  gst_message_unref (message);
  fixture_assert_record (f, START "|10|eos");
  fixture_free (f);
}

/* The property holds for the frame that leaves, not for the one that came. */
static void
test_change_while_playing (void)
{
  const CupDummyPlan held = {.delay = CUP_DUMMY_HOLD,.black = TRUE };
  Fixture *f = censoring ("error");

  cup_dummy_engine_set_plan_for (f->engine, 20, &held);
  fixture_push (f, 20);
  fixture_push (f, 30);
  gst_util_set_object_arg (G_OBJECT (f->element), "on-unsafe", "drop");
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f, START "|gap|30");
  fixture_free (f);
}

/* A black frame may come back black. */
static void
test_black_input (void)
{
  Fixture *f = censoring ("error");

  cup_dummy_engine_set_plan_for (f->engine, 0, &black);
  fixture_push (f, 0);
  g_assert_false (done_unsafe (f));
  g_assert_false (pull_unsafe (f));
  assert_no_warning (f);
  fixture_free (f);
}

/* Nobody checks: the engine's service does not, or was told not to, by either
 * way. */
static void
test_not_checked (void)
{
  guint i;

  for (i = 0; i < 4; i++) {
    Fixture *f = censoring ("error");

    cup_dummy_engine_set_plan_for (f->engine, 20, &black);
    if (i == 0)
      cup_dummy_engine_set_censors (f->engine, FALSE);
    if (i == 1)
      g_object_set (f->element, "enable-safety-checks", FALSE, NULL);
    if (i == 2)
      gst_util_set_object_arg (G_OBJECT (f->element), "extra-input",
          "x,enable_safety_checker=(boolean)false");
    if (i == 3)
      gst_util_set_object_arg (G_OBJECT (f->element), "extra-input",
          "x,enable_safety_checks=(boolean)false");
    fixture_push (f, 20);
    g_assert_false (done_unsafe (f));
    g_assert_false (pull_unsafe (f));
    fixture_free (f);
  }
}

/* Images that go through as they came are looked at all the same, and their
 * bytes are the service's. */
static void
test_images (void)
{
  static const CupImageType types[] = { CUP_IMAGE_PNG, CUP_IMAGE_JPEG,
    CUP_IMAGE_WEBP
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    CupDummyPlan plan = {.black = TRUE,.hosted = TRUE,.image_type = types[i],
      .width = 512,.height = 384
    };
    Fixture *f;

    if (!cup_image_type_is_supported (types[i]))
      continue;
    f = censoring ("pass");
    gst_harness_set_sink_caps_str (f->harness,
        cup_image_type_get_mime (types[i]));
    cup_dummy_engine_set_plan (f->engine, &plan);
    fixture_push (f, 20);
    g_assert_true (done_unsafe (f));
    g_assert_true (pull_unsafe (f));
    plan.black = FALSE;
    cup_dummy_engine_set_plan (f->engine, &plan);
    fixture_push (f, 200);
    g_assert_false (done_unsafe (f));
    g_assert_false (pull_unsafe (f));
    fixture_free (f);
  }
}

/* Input that goes to the service as it came: a black file is known as one. */
static void
test_encoded_input (void)
{
  guint8 value;

  /* 2 of 255 is black, too. */
  for (value = 2; value < 200; value += 100) {
    Fixture *f = censoring ("pass");
    CupPixels *pixels = cup_pixels_new (16, 12, 3, 8, NULL);
    GBytes *bytes;

    memset (pixels->data, value, cup_pixels_get_size (pixels));
    bytes = cup_image_encode (pixels, CUP_IMAGE_PNG, 95, NULL);
    cup_pixels_unref (pixels);
    cup_dummy_engine_set_accepts (f->engine, CUP_ENGINE_ACCEPTS_ENCODED);
    cup_dummy_engine_set_plan (f->engine, &black);
    fixture_set_caps (f, "image/png");
    gst_harness_push (f->harness, gst_buffer_new_wrapped_bytes (bytes));
    g_assert_cmpint (pull_unsafe (f), ==, value > 2);
    /* The same raw, encoded for the engine. */
    fixture_set_caps (f, FRAME_CAPS);
    fixture_push (f, value);
    g_assert_cmpint (pull_unsafe (f), ==, value > 2);
    g_bytes_unref (bytes);
    fixture_free (f);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/unsafe/pass", test_pass);
  g_test_add_func ("/unsafe/drop", test_drop);
  g_test_add_func ("/unsafe/drop-without-time", test_drop_without_time);
  g_test_add_func ("/unsafe/error", test_error);
  g_test_add_func ("/unsafe/change-while-playing", test_change_while_playing);
  g_test_add_func ("/unsafe/black-input", test_black_input);
  g_test_add_func ("/unsafe/not-checked", test_not_checked);
  g_test_add_func ("/unsafe/images", test_images);
  g_test_add_func ("/unsafe/encoded-input", test_encoded_input);
  return fixture_run ();
}
