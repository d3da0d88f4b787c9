/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frames that fail: on-error and max-failures, whatever else the stream does.
 */
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "engine/local/resample.h"

#define START "stream-start|caps|segment"
#define PASSED "passed through"
#define LEFT_OUT "left out"
#define ENDS "where the stream ends"

static const CupDummyPlan failing = {.fails = TRUE,.hosted = TRUE };
static const CupDummyPlan held = {.fails = TRUE,.delay = CUP_DUMMY_HOLD };

static Fixture *
failing_fixture (const gchar * on_error)
{
  Fixture *f = fixture_new ("max-in-flight", 16, NULL);

  gst_util_set_object_arg (G_OBJECT (f->element), "on-error", on_error);
  return f;
}

static void
fail_key (Fixture * f, guint8 key)
{
  cup_dummy_engine_set_plan_for (f->engine, key, &failing);
}

static void
push_keys (Fixture * f, guint8 from, guint8 to)
{
  guint key;

  for (key = from; key <= to; key += 10)
    g_assert_cmpint (fixture_push (f, (guint8) key), ==, GST_FLOW_OK);
}

static void
push_eos (Fixture * f)
{
  gst_harness_push_event (f->harness, gst_event_new_eos ());
}

static void
flush (Fixture * f)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
}

static void
assert_contains (const gchar * text, const gchar * part)
{
  if (!strstr (text, part))
    g_error ("\"%s\" does not say \"%s\"", text, part);
}

/* The next warning is about the frame @key, says @fate and @part, and has the
 * details of the frame's failure. */
static void
assert_warning (Fixture * f, guint8 key, const gchar * fate, const gchar * part)
{
  GstMessage *message = fixture_wait_message (f, GST_MESSAGE_WARNING);
  const GstStructure *details;
  GError *error = NULL;
  guint64 pts = 0;

  gst_message_parse_warning (message, &error, NULL);
  assert_contains (error->message, fate);
  assert_contains (error->message, part);
  g_error_free (error);
  gst_message_parse_warning_details (message, &details);
  g_assert_true (gst_structure_has_name (details, "creativeupscaler-error"));
  g_assert_cmpstr (gst_structure_get_string (details, "fate"), ==, fate);
  g_assert_cmpstr (gst_structure_get_string (details, "engine"), ==, "dummy");
  g_assert_true (gst_structure_get_uint64 (details, "pts", &pts));
  g_assert_cmpuint (pts, ==, key * FRAME_DURATION);
  gst_message_unref (message);
}

static void
assert_quiet (Fixture * f)
{
  g_assert_null (gst_bus_pop_filtered (f->bus,
          GST_MESSAGE_WARNING | GST_MESSAGE_ERROR));
}

static void
assert_error (Fixture * f, const gchar * part)
{
  GstMessage *message = fixture_wait_message (f, GST_MESSAGE_ERROR);
  const GstStructure *details;
  GError *error = NULL;

  gst_message_parse_error (message, &error, NULL);
  assert_contains (error->message, part);
  g_error_free (error);
  gst_message_parse_error_details (message, &details);
  g_assert_true (gst_structure_has_name (details, "creativeupscaler-error"));
  gst_message_unref (message);
}

static gboolean
is_passthrough (GstBuffer * buffer)
{
  GstCustomMeta *meta =
      gst_buffer_get_custom_meta (buffer, "GstCreativeUpscalerMeta");
  gboolean value;

  g_assert_nonnull (meta);
  g_assert_true (gst_structure_get_boolean (gst_custom_meta_get_structure
          (meta), "passthrough", &value));
  return value;
}

/* Pulls the frame @key, whose size is that of the caps then. */
static GstBuffer *
pull_frame (Fixture * f, guint8 key, gboolean passthrough)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);
  guint8 first;

  gst_buffer_extract (buffer, 0, &first, 1);
  g_assert_cmpint (first, ==, key);
  g_assert_cmpint (is_passthrough (buffer), ==, passthrough);
  return buffer;
}

static void
expect_frame (Fixture * f, guint8 key, gboolean passthrough)
{
  gst_buffer_unref (pull_frame (f, key, passthrough));
}

static void
assert_caps (Fixture * f, const gchar * expected)
{
  GstCaps *caps = gst_pad_get_current_caps (f->harness->sinkpad);
  GstCaps *wanted = gst_caps_from_string (expected);

  if (!gst_caps_is_subset (caps, wanted)) {
    gchar *text = gst_caps_to_string (caps);

    g_error ("%s are not %s", text, expected);
  }
  gst_caps_unref (wanted);
  gst_caps_unref (caps);
}

/* Drop */

/* The first, the one in the middle, the last of three. */
static void
test_drop (void)
{
  static const gchar *const records[] = {
    "gap|20|30", "10|gap|30", "10|20|gap"
  };
  guint i, n;

  for (i = 0; i < 3; i++) {
    Fixture *f = failing_fixture ("drop");
    guint8 key = (guint8) (10 * (i + 1));
    gchar *record = g_strdup_printf (START "|%s|eos", records[i]);

    fail_key (f, key);
    push_keys (f, 10, 30);
    push_eos (f);
    fixture_assert_record (f, record);
    for (n = 0; n < 2; n++) {
      GstBuffer *buffer = gst_harness_pull (f->harness);

      /* The one behind the hole, and no other but the stream's first. */
      if (n > 0 || i == 0)
        g_assert_cmpint (GST_BUFFER_FLAG_IS_SET (buffer,
                GST_BUFFER_FLAG_DISCONT), ==, n == i);
      g_assert_false (is_passthrough (buffer));
      gst_buffer_unref (buffer);
    }
    assert_warning (f, key, LEFT_OUT, "told to fail");
    assert_quiet (f);
    g_free (record);
    fixture_free (f);
  }
}

static void
test_drop_without_time (void)
{
  Fixture *f = failing_fixture ("drop");
  GstBuffer *buffer = fixture_make_frame (20);

  fail_key (f, 20);
  GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
  gst_harness_push (f->harness, buffer);
  fixture_push (f, 30);
  fixture_assert_record (f, START "|30");
  buffer = gst_harness_pull (f->harness);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT));
  gst_buffer_unref (buffer);
  fixture_free (f);
}

/* Without any result there are no caps; the stream ends as it should, and what
 * is missing is one gap. */
static void
test_drop_all (void)
{
  Fixture *f = failing_fixture ("drop");
  GstClockTime start, duration;
  GstEvent *event;
  guint key;

  cup_dummy_engine_set_plan (f->engine, &failing);
  for (key = 10; key < 20; key++)
    fixture_push (f, (guint8) key);
  push_eos (f);
  fixture_assert_record (f, "stream-start|segment|gap|eos");
  for (key = 10; key < 20; key++)
    assert_warning (f, (guint8) key, LEFT_OUT, "told to fail");
  while ((event = gst_harness_pull_event (f->harness))) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_GAP)
      break;
    gst_event_unref (event);
  }
  gst_event_parse_gap (event, &start, &duration);
  g_assert_cmpuint (start, ==, 10 * FRAME_DURATION);
  g_assert_cmpuint (duration, ==, 10 * FRAME_DURATION);
  gst_event_unref (event);
  assert_quiet (f);
  fixture_free (f);
}

/* The end of the stream */

/* The first, the one in the middle, the last of three: the frames before it leave,
 * and EOS follows, whether or not upstream's own EOS is there. No error. */
static void
test_eos (void)
{
  static const gchar *const records[] = {
    "stream-start|segment|eos", START "|10|eos", START "|10|20|eos"
  };
  guint i, n;

  for (i = 0; i < 6; i++) {
    Fixture *f = failing_fixture ("eos");
    guint8 key = (guint8) (10 * (i / 2 + 1));

    cup_dummy_engine_set_plan_for (f->engine, key, &held);
    push_keys (f, 10, 30);
    if (i % 2)
      push_eos (f);
    cup_dummy_engine_wait_started (f->engine, 3);
    cup_dummy_engine_release (f->engine, key);
    fixture_assert_record (f, records[i / 2]);
    assert_warning (f, key, ENDS, "told to fail");
    g_assert_cmpint (fixture_push (f, 90), ==, GST_FLOW_EOS);
    assert_quiet (f);
    g_assert_cmpuint (fixture_get_count (f, "frames-failed"), ==, 1);

    /* After a flush it goes on. */
    flush (f);
    g_assert_cmpint (fixture_push (f, 40), ==, GST_FLOW_OK);
    for (n = 0; n < i / 2; n++)
      gst_buffer_unref (gst_harness_pull (f->harness));
    expect_frame (f, 40, FALSE);
    fixture_free (f);
  }
}

/* What a user has to mend is an error as long as there is nothing to complete. */
static void
test_eos_final (void)
{
  const CupDummyPlan refused = {.fails = TRUE,.code = CUP_ERROR_NOT_AUTHORIZED
  };
  Fixture *f = failing_fixture ("eos");

  cup_dummy_engine_set_plan_for (f->engine, 20, &refused);
  fixture_push (f, 10);
  fixture_push (f, 20);
  fixture_assert_record (f, START "|10|eos");
  assert_warning (f, 20, ENDS, "told to fail");
  assert_quiet (f);
  fixture_free (f);

  f = failing_fixture ("eos");
  cup_dummy_engine_set_plan_for (f->engine, 20, &refused);
  fixture_push (f, 20);
  assert_error (f, "told to fail");
  fixture_free (f);
}

/* Passthrough */

static void
test_passthrough (void)
{
  guint i;
  guint8 key;

  for (i = 10; i <= 30; i += 10) {
    Fixture *f = failing_fixture ("passthrough");

    fail_key (f, (guint8) i);
    push_keys (f, 10, 30);
    push_eos (f);
    /* RGBA first, where the first one fails, can hold the others as well. */
    fixture_assert_record (f, START "|10|20|30|eos");
    for (key = 10; key <= 30; key += 10) {
      GstBuffer *buffer = pull_frame (f, key, key == i);

      g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, key * FRAME_DURATION);
      if (key > 10)
        g_assert_false (GST_BUFFER_FLAG_IS_SET (buffer,
                GST_BUFFER_FLAG_DISCONT));
      gst_buffer_unref (buffer);
    }
    assert_caps (f, "video/x-raw,width=32,height=24,framerate=25/1");
    assert_warning (f, (guint8) i, PASSED, "told to fail");
    assert_quiet (f);
    fixture_free (f);
  }
}

static void
test_passthrough_all (void)
{
  Fixture *f = failing_fixture ("passthrough");
  guint8 key;

  cup_dummy_engine_set_plan (f->engine, &failing);
  push_keys (f, 10, 100);
  push_eos (f);
  fixture_assert_record (f, START "|10|20|30|40|50|60|70|80|90|100|eos");
  for (key = 10; key <= 100; key += 10) {
    expect_frame (f, key, TRUE);
    assert_warning (f, key, PASSED, "told to fail");
  }
  assert_caps (f, "video/x-raw,format=RGBA,width=32,height=24");
  assert_quiet (f);
  fixture_free (f);
}

static void
fill_gradient (guint8 * data, gsize size)
{
  gsize i;

  for (i = 0; i < size; i++)
    data[i] = (guint8) ((i * 7 + i / 64 * 13) % 251);
}

/* Its pixels are those of the local engine, alpha and all; the size is that of
 * the results, where there was one. */
static void
test_passthrough_pixels (void)
{
  guint with_result;

  for (with_result = 0; with_result < 2; with_result++) {
    const CupDummyPlan other_size = {.width = 40,.height = 24,.channels = 4 };
    Fixture *f = failing_fixture ("passthrough");
    GstBuffer *buffer = fixture_make_frame (0);
    CupPixels *pixels = cup_pixels_new (16, 12, 4, 8, NULL), *expected;
    GstMapInfo map;

    fill_gradient (pixels->data, cup_pixels_get_size (pixels));
    gst_buffer_fill (buffer, 0, pixels->data, cup_pixels_get_size (pixels));
    expected = cup_resample (pixels, with_result ? 40 : 32, 24, NULL, NULL);
    cup_dummy_engine_set_plan (f->engine, &other_size);
    fail_key (f, 0);
    if (with_result) {
      fixture_push (f, 10);
      expect_frame (f, 10, FALSE);
    }
    gst_harness_push (f->harness, buffer);
    buffer = gst_harness_pull (f->harness);
    g_assert_true (is_passthrough (buffer));
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    g_assert_cmpmem (map.data, map.size, expected->data,
        cup_pixels_get_size (expected));
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
    cup_pixels_unref (expected);
    cup_pixels_unref (pixels);
    fixture_free (f);
  }
}

/* The stream keeps its format: RGB of the results, though the frame has alpha,
 * and whether or not the pixels' own memory leaves. */
static void
test_passthrough_keeps_caps (void)
{
  static const gchar *const formats[] = { "RGB", "RGBA", "I420", "GRAY16_LE" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    Fixture *f = failing_fixture ("passthrough");
    gchar *caps = g_strdup_printf ("video/x-raw,format=%s", formats[i]);
    GstBuffer *buffer;

    gst_harness_set_sink_caps_str (f->harness, caps);
    fail_key (f, 20);
    push_keys (f, 10, 30);
    push_eos (f);
    g_free (fixture_wait (f, 7));
    gst_buffer_unref (gst_harness_pull (f->harness));
    buffer = gst_harness_pull (f->harness);
    g_assert_true (is_passthrough (buffer));
    gst_buffer_unref (buffer);
    assert_caps (f, caps);
    /* One caps event: stream-start, caps, segment, three frames, eos. */
    g_assert_cmpuint (f->record->len, ==, 7);
    g_free (caps);
    fixture_free (f);
  }
}

/* Images: decoded, resized, and encoded as the results are. */
static void
test_passthrough_image (void)
{
  CupPixels *pixels = cup_pixels_new (16, 12, 4, 16, NULL), *expected, *found;
  CupDummyPlan results = {.image_type = CUP_IMAGE_PNG,.channels = 4,
    .depth = 16
  };
  Fixture *f = failing_fixture ("passthrough");
  GstBuffer *buffer;
  GstMapInfo map;
  GBytes *bytes;
  guint i;

  cup_dummy_engine_set_plan (f->engine, &results);
  fixture_set_caps (f, "image/png");
  for (i = 0; i < 2; i++) {
    /* Once as the first of all. */
    memset (pixels->data, 20, cup_pixels_get_size (pixels));
    fill_gradient (pixels->data + 8, cup_pixels_get_size (pixels) - 8);
    fail_key (f, 20);
    bytes = cup_image_encode (pixels, CUP_IMAGE_PNG, 95, NULL);
    gst_harness_push (f->harness, gst_buffer_new_wrapped_bytes (bytes));
    g_bytes_unref (bytes);
    buffer = gst_harness_pull (f->harness);
    g_assert_true (is_passthrough (buffer));
    assert_caps (f, "image/png,width=32,height=24");

    gst_buffer_map (buffer, &map, GST_MAP_READ);
    bytes = g_bytes_new (map.data, map.size);
    gst_buffer_unmap (buffer, &map);
    found = cup_image_decode (bytes, 0, NULL);
    expected = cup_resample (pixels, 32, 24, NULL, NULL);
    g_assert_cmpmem (found->data, cup_pixels_get_size (found), expected->data,
        cup_pixels_get_size (expected));
    cup_pixels_unref (found);
    cup_pixels_unref (expected);
    g_bytes_unref (bytes);
    gst_buffer_unref (buffer);

    memset (pixels->data, 30, cup_pixels_get_size (pixels));
    bytes = cup_image_encode (pixels, CUP_IMAGE_PNG, 95, NULL);
    gst_harness_push (f->harness, gst_buffer_new_wrapped_bytes (bytes));
    g_bytes_unref (bytes);
    buffer = gst_harness_pull (f->harness);
    g_assert_false (is_passthrough (buffer));
    gst_buffer_unref (buffer);
  }
  cup_pixels_unref (pixels);
  fixture_free (f);
}

/* What cannot be passed through is left out, and the warning says why: here
 * alpha, which JPEG does not have. */
static void
test_passthrough_fails (void)
{
  const CupDummyPlan opaque = {.image_type = CUP_IMAGE_JPEG };
  Fixture *f = failing_fixture ("passthrough");
  GstBuffer *transparent = fixture_make_frame (20);

  gst_harness_set_sink_caps_str (f->harness, "image/jpeg");
  cup_dummy_engine_set_plan (f->engine, &opaque);
  fail_key (f, 20);
  fixture_push (f, 10);
  gst_buffer_memset (transparent, 3, 128, 1);
  gst_harness_push (f->harness, transparent);
  fixture_push (f, 30);
  push_eos (f);
  g_free (fixture_wait (f, 7));
  g_assert_cmpstr (g_ptr_array_index (f->record, 4), ==, "gap");
  g_assert_cmpuint (f->record->len, ==, 7);
  assert_warning (f, 20, LEFT_OUT, "told to fail frame 20; nor can");
  assert_quiet (f);
  fixture_free (f);
}

/* A result that came and cannot be decoded is a failure, too. */
static void
test_damaged_result (void)
{
  static const gchar *const policies[] = { "drop", "passthrough" };
  const CupDummyPlan damaged = {.image_type = CUP_IMAGE_PNG,.damaged = TRUE,
    .hosted = TRUE
  };
  guint i;

  for (i = 0; i < 2; i++) {
    Fixture *f = failing_fixture (policies[i]);

    cup_dummy_engine_set_plan_for (f->engine, 20, &damaged);
    push_keys (f, 10, 30);
    push_eos (f);
    g_free (fixture_wait (f, 7));
    expect_frame (f, 10, FALSE);
    if (i == 1)
      expect_frame (f, 20, TRUE);
    expect_frame (f, 30, FALSE);
    assert_warning (f, 20, i ? PASSED : LEFT_OUT, "request-20");
    assert_quiet (f);
    fixture_free (f);
  }
}

/* Frames that are not even whole pictures have no original either. */
static void
test_damaged_input (void)
{
  Fixture *f = failing_fixture ("passthrough");
  GstBuffer *buffer = gst_buffer_new_memdup ("\211PNG\r\n\032\nnothing", 15);

  GST_BUFFER_PTS (buffer) = 20 * FRAME_DURATION;
  fixture_push (f, 10);
  expect_frame (f, 10, FALSE);
  fixture_set_caps (f, "image/png");
  gst_harness_push (f->harness, buffer);
  fixture_set_caps (f, FRAME_CAPS);
  fixture_push (f, 30);
  expect_frame (f, 30, FALSE);
  assert_warning (f, 20, LEFT_OUT, "image/png");
  assert_quiet (f);
  fixture_free (f);
}

/* A service that fetches has the only copy; a file is read again. */
static void
test_uri_list (void)
{
  Fixture *f = failing_fixture ("passthrough");
  gchar *dir = g_dir_make_tmp ("failing-XXXXXX", NULL);
  gchar *path = g_build_filename (dir, "20", NULL);
  gchar *uri = g_filename_to_uri (path, NULL, NULL);
  gchar *list = g_strdup_printf ("%s\nhttps://host.example/30\n"
      "https://host.example/40\nfile:///does/not/exist\n", uri);
  CupPixels *pixels = cup_pixels_new (16, 12, 3, 8, NULL);
  GstBuffer *buffer;
  GBytes *bytes;

  memset (pixels->data, 20, cup_pixels_get_size (pixels));
  bytes = cup_image_encode (pixels, CUP_IMAGE_PNG, 95, NULL);
  g_assert_true (g_file_set_contents (path, g_bytes_get_data (bytes, NULL),
          (gssize) g_bytes_get_size (bytes), NULL));
  cup_dummy_engine_set_accepts (f->engine,
      CUP_ENGINE_ACCEPTS_PIXELS | CUP_ENGINE_ACCEPTS_URI);
  gst_harness_set_sink_caps_str (f->harness, "video/x-raw");
  fixture_set_caps (f, "text/uri-list,framerate=25/1");
  fail_key (f, 20);
  fail_key (f, 30);
  buffer = gst_buffer_new_memdup (list, strlen (list));
  GST_BUFFER_PTS (buffer) = 20 * FRAME_DURATION;
  gst_harness_push (f->harness, buffer);
  push_eos (f);
  /* 40 has a size of its own. With caps the harness sends a segment. */
  fixture_assert_record (f, START "|segment|20|gap|caps|40|gap|eos");
  expect_frame (f, 20, TRUE);
  assert_warning (f, 20, PASSED, "told to fail");
  assert_warning (f, 21, LEFT_OUT, "told to fail");
  assert_warning (f, 23, LEFT_OUT, "exist");
  assert_quiet (f);
  g_unlink (path);
  g_rmdir (dir);
  cup_pixels_unref (pixels);
  g_bytes_unref (bytes);
  g_free (list);
  g_free (uri);
  g_free (path);
  g_free (dir);
  fixture_free (f);
}

static void
on_freed (gpointer freed, GstMiniObject * object)
{
  g_atomic_int_set ((gint *) freed, 1);
}

/* Only with on-error=passthrough is a frame kept for longer than until the next
 * has been compared with it, and not for longer than its result needs. */
static void
test_what_is_kept (void)
{
  static const gchar *const policies[] = { "error", "drop", "passthrough" };
  const CupDummyPlan hold = {.delay = CUP_DUMMY_HOLD };
  guint i;

  for (i = 0; i < 3; i++) {
    Fixture *f = failing_fixture (policies[i]);
    GstBuffer *buffer = fixture_make_frame (10);
    gint freed = 0;

    gst_mini_object_weak_ref (GST_MINI_OBJECT (buffer), on_freed, &freed);
    cup_dummy_engine_set_plan (f->engine, &hold);
    gst_harness_push (f->harness, buffer);
    cup_dummy_engine_wait_started (f->engine, 1);
    fixture_push (f, 20);
    g_assert_cmpint (g_atomic_int_get (&freed), ==, i < 2);
    cup_dummy_engine_release_all (f->engine);
    expect_frame (f, 10, FALSE);
    /* By the worker, which is about to. */
    while (!g_atomic_int_get (&freed))
      g_usleep (1000);
    fixture_free (f);
  }
}

/* Errors all the same */

static void
test_max_failures (void)
{
  static const gchar *const records[] = {
    START "|10|gap|gap|40|gap|gap|eos", START "|10|20|30|40|50|60|eos"
  };
  guint i;
  guint8 key;

  for (i = 0; i < 2; i++) {
    Fixture *f = failing_fixture (i ? "passthrough" : "drop");

    g_object_set (f->element, "max-failures", 3, NULL);
    /* A result in between starts the count anew. */
    for (key = 20; key <= 70; key += 10) {
      if (key != 40)
        fail_key (f, key);
    }
    for (key = 10; key <= 80; key += 10)
      fixture_push (f, key);
    assert_error (f, "3 frames in a row");
    fixture_assert_record (f, records[i]);
    g_assert_cmpint (fixture_push (f, 90), ==, GST_FLOW_ERROR);
    fixture_free (f);
  }
}

static void
test_max_failures_one (void)
{
  Fixture *f = failing_fixture ("drop");

  g_object_set (f->element, "max-failures", 1, NULL);
  fail_key (f, 20);
  fixture_push (f, 10);
  fixture_push (f, 20);
  assert_error (f, "the dummy was told to fail frame 20");
  fixture_assert_record (f, START "|10|eos");
  fixture_free (f);
}

/* A key that is refused, and settings that make no sense, do not get better. */
static void
test_final (void)
{
  static const CupErrorCode codes[] = { CUP_ERROR_NOT_AUTHORIZED,
    CUP_ERROR_SETTINGS, CUP_ERROR_BAD_INPUT
  };
  guint i;

  for (i = 0; i < 6; i++) {
    const CupDummyPlan plan = {.fails = TRUE,.code = (gint) codes[i / 2] };
    Fixture *f = failing_fixture (i % 2 ? "passthrough" : "drop");

    cup_dummy_engine_set_plan_for (f->engine, 20, &plan);
    fixture_push (f, 10);
    fixture_push (f, 20);
    if (i < 4) {
      assert_error (f, "told to fail");
      fixture_assert_record (f, START "|10|eos");
    } else {
      assert_warning (f, 20, i % 2 ? PASSED : LEFT_OUT, "told to fail");
    }
    fixture_free (f);
  }
}

/* Not a failure: the hole is told, and nothing else. It neither counts nor
 * ends the count. */
static void
test_cancelled (void)
{
  static const gchar *const policies[] = { "error", "drop", "passthrough" };
  const CupDummyPlan gives_up = {.gives_up = TRUE };
  guint i;

  for (i = 0; i < 3; i++) {
    Fixture *f = failing_fixture (policies[i]);
    GstBuffer *buffer;

    g_object_set (f->element, "max-failures", 2, NULL);
    cup_dummy_engine_set_plan_for (f->engine, 20, &gives_up);
    cup_dummy_engine_set_plan_for (f->engine, 30, &gives_up);
    push_keys (f, 10, 40);
    fixture_assert_record (f, START "|10|gap|gap|40");
    expect_frame (f, 10, FALSE);
    buffer = pull_frame (f, 40, FALSE);
    g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT));
    gst_buffer_unref (buffer);
    assert_quiet (f);

    if (i == 1) {
      fail_key (f, 50);
      cup_dummy_engine_set_plan_for (f->engine, 60, &gives_up);
      fail_key (f, 70);
      for (i = 50; i <= 70; i += 10)
        fixture_push (f, (guint8) i);
      assert_error (f, "2 frames in a row");
      i = 1;
    }
    fixture_free (f);
  }
}

/* And what the stream does meanwhile */

static void
test_flush (void)
{
  guint i;

  for (i = 0; i < 2; i++) {
    Fixture *f = failing_fixture (i ? "passthrough" : "drop");

    g_object_set (f->element, "max-failures", 2, NULL);
    cup_dummy_engine_set_plan_for (f->engine, 20, &held);
    fail_key (f, 40);
    fail_key (f, 50);
    push_keys (f, 10, 20);
    expect_frame (f, 10, FALSE);
    flush (f);
    cup_dummy_engine_release_all (f->engine);
    cup_dummy_engine_sync (f->engine);
    fixture_push (f, 30);
    expect_frame (f, 30, FALSE);
    assert_quiet (f);
    /* Two in a row, with a flush in between. */
    fixture_push (f, 40);
    assert_warning (f, 40, i ? PASSED : LEFT_OUT, "told to fail");
    flush (f);
    fixture_push (f, 50);
    assert_warning (f, 50, i ? PASSED : LEFT_OUT, "told to fail");
    assert_quiet (f);
    fixture_free (f);
  }
}

/* Frames fail, are read, are rendered, and the stream is flushed or the element
 * stopped at any of these moments. */
static void
test_flush_anytime (void)
{
  guint i;

  for (i = 0; i < 100; i++) {
    Fixture *f = failing_fixture (i % 3 ? "passthrough" : "drop");

    cup_dummy_engine_set_plan (f->engine, &failing);
    push_keys (f, 10, 60);
    if (i % 4 < 2)
      g_usleep (i * 20);
    if (i % 2) {
      flush (f);
      fixture_push (f, 70);
      push_eos (f);
      gst_event_unref (gst_harness_pull_event (f->harness));
    }
    fixture_free (f);
  }
}

static void
test_caps_change (void)
{
  Fixture *f = failing_fixture ("passthrough");
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 32 * 32 * 4, NULL);

  fail_key (f, 20);
  fail_key (f, 40);
  push_keys (f, 10, 20);
  /* The first of the new ones fails: a result would have had this size. */
  fixture_set_caps (f, "video/x-raw,format=RGBA,width=32,height=32,"
      "framerate=25/1");
  gst_buffer_memset (buffer, 0, 40, -1);
  GST_BUFFER_PTS (buffer) = 40 * FRAME_DURATION;
  gst_harness_push (f->harness, buffer);
  fixture_set_caps (f, FRAME_CAPS);
  fixture_push (f, 50);
  fixture_assert_record (f, START "|10|20|segment|caps|40|segment|caps|50");
  expect_frame (f, 10, FALSE);
  expect_frame (f, 20, TRUE);
  buffer = pull_frame (f, 40, TRUE);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, 64 * 64 * 3);
  gst_buffer_unref (buffer);
  expect_frame (f, 50, FALSE);
  fixture_free (f);
}

/* The property holds for the frame that leaves; what was not kept when it came
 * cannot be passed through. */
static void
test_change_while_playing (void)
{
  static const struct
  {
    const gchar *first, *then, *record;
  } cases[] = {
    {"error", "drop", START "|10|gap|30"},
    {"error", "passthrough", START "|10|gap|30"},
    {"passthrough", "drop", START "|10|gap|30"},
    {"drop", "error", START "|10|eos"},
    {"passthrough", "error", START "|10|eos"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fixture *f = failing_fixture (cases[i].first);

    cup_dummy_engine_set_plan_for (f->engine, 20, &held);
    push_keys (f, 10, 30);
    gst_util_set_object_arg (G_OBJECT (f->element), "on-error", cases[i].then);
    cup_dummy_engine_release_all (f->engine);
    fixture_assert_record (f, cases[i].record);
    fixture_free (f);
  }
}

/* Downstream that comes late gets them all the same. */
static void
test_not_linked (void)
{
  Fixture *f = failing_fixture ("passthrough");
  GstPad *srcpad = gst_element_get_static_pad (f->element, "src");
  GstPad *peer = gst_pad_get_peer (srcpad);

  cup_dummy_engine_set_plan_for (f->engine, 20, &held);
  fixture_push (f, 20);
  gst_pad_unlink (srcpad, peer);
  cup_dummy_engine_release_all (f->engine);
  while (fixture_push (f, 30) != GST_FLOW_NOT_LINKED)
    g_usleep (1000);
  g_assert_cmpint (gst_pad_link (srcpad, peer), ==, GST_PAD_LINK_OK);
  expect_frame (f, 20, TRUE);
  gst_object_unref (peer);
  gst_object_unref (srcpad);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/failing/drop", test_drop);
  g_test_add_func ("/failing/drop-without-time", test_drop_without_time);
  g_test_add_func ("/failing/drop-all", test_drop_all);
  g_test_add_func ("/failing/eos", test_eos);
  g_test_add_func ("/failing/eos-final", test_eos_final);
  g_test_add_func ("/failing/passthrough", test_passthrough);
  g_test_add_func ("/failing/passthrough-all", test_passthrough_all);
  g_test_add_func ("/failing/passthrough-pixels", test_passthrough_pixels);
  g_test_add_func ("/failing/passthrough-keeps-caps",
      test_passthrough_keeps_caps);
  g_test_add_func ("/failing/passthrough-image", test_passthrough_image);
  g_test_add_func ("/failing/passthrough-fails", test_passthrough_fails);
  g_test_add_func ("/failing/damaged-result", test_damaged_result);
  g_test_add_func ("/failing/damaged-input", test_damaged_input);
  g_test_add_func ("/failing/uri-list", test_uri_list);
  g_test_add_func ("/failing/what-is-kept", test_what_is_kept);
  g_test_add_func ("/failing/max-failures", test_max_failures);
  g_test_add_func ("/failing/max-failures-one", test_max_failures_one);
  g_test_add_func ("/failing/final", test_final);
  g_test_add_func ("/failing/cancelled", test_cancelled);
  g_test_add_func ("/failing/flush", test_flush);
  g_test_add_func ("/failing/flush-anytime", test_flush_anytime);
  g_test_add_func ("/failing/caps-change", test_caps_change);
  g_test_add_func ("/failing/change-while-playing", test_change_while_playing);
  g_test_add_func ("/failing/not-linked", test_not_linked);
  return fixture_run ();
}
