/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How files are to be shown: which way up, and with which colours. Pixels are
 * neither turned nor converted, and what says so goes along, or is told of.
 */
#include "choosing.h"

#include <math.h>
#include <string.h>

#include "../unit/profile-samples.h"

#define WIDTH 16
#define HEIGHT 12

static const CupImageType types[] = {
  CUP_IMAGE_PNG, CUP_IMAGE_JPEG, CUP_IMAGE_WEBP
};

/* GStreamer's names, by EXIF's numbers. */
static const gchar *const names[] = {
  NULL, "rotate-0", "flip-rotate-0", "rotate-180", "flip-rotate-180",
  "flip-rotate-270", "rotate-90", "flip-rotate-90", "rotate-270"
};

static CupImageMetadata *
make_metadata (guint orientation, const ProfileSample * sample)
{
  GBytes *profile = sample ? profile_make (sample) : NULL;
  CupImageMetadata *metadata = cup_image_metadata_new (orientation, profile);

  g_clear_pointer (&profile, g_bytes_unref);
  return metadata;
}

static void
unref_metadata (CupImageMetadata * metadata)
{
  if (metadata)
    cup_image_metadata_unref (metadata);
}

/* A picture filled with @key. */
static GstBuffer *
make_file (CupImageType type, guint channels, guint8 key, guint orientation,
    const ProfileSample * sample)
{
  CupPixels *pixels = cup_pixels_new (WIDTH, HEIGHT, channels, 8, NULL);
  CupImageMetadata *metadata = make_metadata (orientation, sample);
  GstBuffer *buffer;
  GBytes *bytes;

  memset (pixels->data, key, cup_pixels_get_size (pixels));
  bytes = cup_image_encode (pixels, type, 100, NULL);
  bytes = cup_image_metadata_insert (metadata, bytes, type, channels, NULL);
  g_assert_nonnull (bytes);
  buffer = gst_buffer_new_wrapped_bytes (bytes);
  GST_BUFFER_PTS (buffer) = key * FRAME_DURATION;
  GST_BUFFER_DURATION (buffer) = FRAME_DURATION;
  g_bytes_unref (bytes);
  unref_metadata (metadata);
  cup_pixels_unref (pixels);
  return buffer;
}

/* Takes @type, and has @downstream take what it says. @plan: (nullable). */
static Fixture *
showing_fixture (CupImageType type, const gchar * downstream,
    const CupDummyPlan * plan)
{
  Fixture *f = fixture_new ("max-in-flight", 16, NULL);

  if (plan)
    cup_dummy_engine_set_plan (f->engine, plan);
  gst_harness_set_sink_caps_str (f->harness, downstream);
  fixture_set_caps (f, cup_image_type_get_mime (type));
  return f;
}

static void
push_file (Fixture * f, CupImageType type, guint8 key, guint orientation,
    const ProfileSample * sample)
{
  g_assert_cmpint (gst_harness_push (f->harness, make_file (type, 3, key,
              orientation, sample)), ==, GST_FLOW_OK);
}

static void
drop_output (Fixture * f)
{
  gst_buffer_unref (gst_harness_pull (f->harness));
}

/* The file that leaves next. */
static GBytes *
pull_file (Fixture * f)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);
  GstMapInfo map;
  GBytes *bytes;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  bytes = g_bytes_new (map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  return bytes;
}

/* The next file is a @type, and has just that. */
static void
expect_file (Fixture * f, CupImageType type, guint orientation,
    const ProfileSample * sample)
{
  GBytes *bytes = pull_file (f), *profile;
  CupImageMetadata *metadata = cup_image_metadata_read (bytes, type);
  CupImageInfo info;

  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  g_assert_cmpint (info.type, ==, type);
  g_assert_cmpuint (cup_image_metadata_get_orientation (metadata), ==,
      orientation);
  g_assert_true ((metadata && metadata->profile) == (sample != NULL));
  if (sample) {
    profile = profile_make (sample);
    g_assert_true (g_bytes_equal (metadata->profile, profile));
    g_bytes_unref (profile);
  }
  unref_metadata (metadata);
  g_bytes_unref (bytes);
}

/* What downstream's tags say of @tag; NULL for nothing. */
static gchar *
get_tag (Fixture * f, const gchar * tag)
{
  gchar *text = NULL;
  GstEvent *event;
  guint i;

  for (i = 0; !text && (event =
          gst_pad_get_sticky_event (f->harness->sinkpad, GST_EVENT_TAG, i));
      i++) {
    GstTagList *tags;

    gst_event_parse_tag (event, &tags);
    gst_tag_list_get_string (tags, tag, &text);
    gst_event_unref (event);
  }
  return text;
}

static void
assert_tag (Fixture * f, const gchar * tag, const gchar * expected)
{
  gchar *text = get_tag (f, tag);

  g_assert_cmpstr (text, ==, expected);
  g_free (text);
}

static void
push_tag (Fixture * f, const gchar * tag, const gchar * text)
{
  gst_harness_push_event (f->harness,
      gst_event_new_tag (gst_tag_list_new (tag, text, NULL)));
}

/* The next warning says @part. */
static void
expect_warning (Fixture * f, const gchar * part)
{
  GstMessage *message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING);
  GError *error = NULL;

  if (!message)
    g_error ("no warning says \"%s\"", part);
  gst_message_parse_warning (message, &error, NULL);
  if (!strstr (error->message, part))
    g_error ("\"%s\" does not say \"%s\"", error->message, part);
  g_error_free (error);
  gst_message_unref (message);
}

/* Warnings are posted before the frame leaves. */
static void
expect_no_warning (Fixture * f)
{
  GstMessage *message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING);

  g_assert_null (message);
}

/* --- raw video: a tag --- */

/* Whatever the type and the orientation, and only when it is another one. */
static void
test_tags (void)
{
  guint i, orientation;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    Fixture *f;

    if (!cup_image_type_is_supported (types[i]))
      continue;
    f = showing_fixture (types[i], "video/x-raw", NULL);
    push_file (f, types[i], 1, 1, NULL);
    drop_output (f);
    assert_tag (f, GST_TAG_IMAGE_ORIENTATION, NULL);
    for (orientation = 2; orientation <= 8; orientation++) {
      push_file (f, types[i], 10, orientation, NULL);
      drop_output (f);
      assert_tag (f, GST_TAG_IMAGE_ORIENTATION, names[orientation]);
    }
    push_file (f, types[i], 20, 1, NULL);
    drop_output (f);
    assert_tag (f, GST_TAG_IMAGE_ORIENTATION, "rotate-0");
    expect_no_warning (f);
    fixture_free (f);
  }
}

/* In front of the frame that it is for, and behind those before it. */
static void
test_order (void)
{
  const CupDummyPlan held = {.delay = CUP_DUMMY_HOLD };
  Fixture *f = showing_fixture (CUP_IMAGE_PNG, "video/x-raw", &held);

  push_file (f, CUP_IMAGE_PNG, 1, 1, NULL);
  push_file (f, CUP_IMAGE_PNG, 2, 6, NULL);
  push_file (f, CUP_IMAGE_PNG, 3, 6, NULL);
  push_file (f, CUP_IMAGE_PNG, 4, 1, NULL);
  push_file (f, CUP_IMAGE_PNG, 5, 8, NULL);
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f,
      "stream-start|caps|segment|segment|1|tag|2|3|tag|4|tag|5");
  fixture_free (f);
}

/* Results are shared among frames with the same pixels, but not what is said of
 * them. */
static void
test_same_pixels (void)
{
  const CupDummyPlan held = {.delay = CUP_DUMMY_HOLD };
  Fixture *f = showing_fixture (CUP_IMAGE_PNG, "image/png", &held);

  push_file (f, CUP_IMAGE_PNG, 9, 6, NULL);
  push_file (f, CUP_IMAGE_PNG, 9, 8, NULL);
  push_file (f, CUP_IMAGE_PNG, 9, 8, &profile_p3);
  push_file (f, CUP_IMAGE_PNG, 9, 8, &profile_srgb);
  push_file (f, CUP_IMAGE_PNG, 9, 1, NULL);
  cup_dummy_engine_release_all (f->engine);
  expect_file (f, CUP_IMAGE_PNG, 6, NULL);
  expect_file (f, CUP_IMAGE_PNG, 8, NULL);
  expect_file (f, CUP_IMAGE_PNG, 8, &profile_p3);
  expect_file (f, CUP_IMAGE_PNG, 8, &profile_srgb);
  expect_file (f, CUP_IMAGE_PNG, 1, NULL);
  fixture_free (f);
}

/* The very same frame again leaves with the same result, and the same tag. */
static void
test_duplicates (void)
{
  Fixture *f = showing_fixture (CUP_IMAGE_PNG, "video/x-raw", NULL);

  push_file (f, CUP_IMAGE_PNG, 1, 6, NULL);
  push_file (f, CUP_IMAGE_PNG, 1, 6, NULL);
  push_file (f, CUP_IMAGE_PNG, 2, 1, NULL);
  fixture_assert_record (f, "stream-start|caps|segment|segment|tag|1|1|tag|2");
  fixture_free (f);
}

/* Whoever put it into the stream knows better. */
static void
test_upstream_says (void)
{
  Fixture *f = showing_fixture (CUP_IMAGE_JPEG, "video/x-raw", NULL);

  push_tag (f, GST_TAG_IMAGE_ORIENTATION, "rotate-180");
  push_file (f, CUP_IMAGE_JPEG, 1, 6, NULL);
  drop_output (f);
  assert_tag (f, GST_TAG_IMAGE_ORIENTATION, "rotate-180");
  push_file (f, CUP_IMAGE_JPEG, 30, 1, NULL);
  drop_output (f);
  assert_tag (f, GST_TAG_IMAGE_ORIENTATION, "rotate-180");
  fixture_assert_record (f, "stream-start|caps|segment|segment|tag|1|30");
  fixture_free (f);
}

/* Tags of a stream replace each other as a whole: nothing is lost of upstream's,
 * nor of what was said here. */
static void
test_other_tags (void)
{
  Fixture *f = showing_fixture (CUP_IMAGE_PNG, "video/x-raw", NULL);

  push_tag (f, GST_TAG_TITLE, "a");
  push_file (f, CUP_IMAGE_PNG, 1, 6, NULL);
  drop_output (f);
  assert_tag (f, GST_TAG_TITLE, "a");
  assert_tag (f, GST_TAG_IMAGE_ORIENTATION, "rotate-90");
  push_tag (f, GST_TAG_TITLE, "b");
  push_file (f, CUP_IMAGE_PNG, 2, 6, NULL);
  drop_output (f);
  assert_tag (f, GST_TAG_TITLE, "b");
  assert_tag (f, GST_TAG_IMAGE_ORIENTATION, "rotate-90");
  push_tag (f, GST_TAG_TITLE, "c");
  push_file (f, CUP_IMAGE_PNG, 3, 1, NULL);
  drop_output (f);
  assert_tag (f, GST_TAG_TITLE, "c");
  assert_tag (f, GST_TAG_IMAGE_ORIENTATION, "rotate-0");
  fixture_free (f);
}

/* A result of a service says it of itself. */
static void
test_tags_of_results (void)
{
  CupImageMetadata *metadata = make_metadata (3, NULL);
  const CupDummyPlan plan = {.image_type = CUP_IMAGE_JPEG,
    .metadata = metadata
  };
  Fixture *f = showing_fixture (CUP_IMAGE_PNG, "video/x-raw", &plan);

  cup_dummy_engine_set_accepts (f->engine, CUP_ENGINE_ACCEPTS_ENCODED);
  push_file (f, CUP_IMAGE_PNG, 1, 6, NULL);
  drop_output (f);
  assert_tag (f, GST_TAG_IMAGE_ORIENTATION, "rotate-180");
  expect_no_warning (f);
  cup_dummy_engine_set_accepts (f->engine, CUP_ENGINE_ACCEPTS_PIXELS);
  fixture_free (f);
  cup_image_metadata_unref (metadata);
}

/* --- files --- */

/* Each type to each other, decoded and encoded. */
static void
test_files (void)
{
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    for (j = 0; j < G_N_ELEMENTS (types); j++) {
      Fixture *f;

      if (!cup_image_type_is_supported (types[i])
          || !cup_image_type_is_supported (types[j]))
        continue;
      f = showing_fixture (types[i], cup_image_type_get_mime (types[j]), NULL);
      push_file (f, types[i], 1, 5, &profile_p3);
      expect_file (f, types[j], 5, &profile_p3);
      push_file (f, types[i], 20, 1, NULL);
      expect_file (f, types[j], 1, NULL);
      push_file (f, types[i], 40, 8, NULL);
      expect_file (f, types[j], 8, NULL);
      push_file (f, types[i], 60, 1, &profile_srgb);
      expect_file (f, types[j], 1, &profile_srgb);
      assert_tag (f, GST_TAG_IMAGE_ORIENTATION, NULL);
      expect_no_warning (f);
      fixture_free (f);
    }
  }
}

/* The same by the embedded engine. */
static void
test_local (void)
{
  Fixture *f = fixture_new_idle ();

  gst_creative_upscaler_use_engine (GST_CREATIVE_UPSCALER (f->element), NULL);
  set_enum (f, "engine", "local");
  fixture_play (f);
  gst_harness_set_sink_caps_str (f->harness, "image/png");
  fixture_set_caps (f, "image/jpeg");
  push_file (f, CUP_IMAGE_JPEG, 90, 6, &profile_p3);
  expect_file (f, CUP_IMAGE_PNG, 6, &profile_p3);
  gst_harness_set_sink_caps_str (f->harness, "video/x-raw");
  push_file (f, CUP_IMAGE_JPEG, 90, 6, &profile_p3);
  drop_output (f);
  assert_tag (f, GST_TAG_IMAGE_ORIENTATION, "rotate-90");
  expect_warning (f, "Display P3 by hand");
  fixture_free (f);
}

/* As somebody else reads it. */
static void
test_jpegparse (void)
{
  GstElementFactory *factory = gst_element_factory_find ("jpegparse");
  guint orientation;

  if (!factory) {
    g_test_skip ("there is no jpegparse");
    return;
  }
  gst_object_unref (factory);
  for (orientation = 2; orientation <= 8; orientation++) {
    Fixture *f = showing_fixture (CUP_IMAGE_PNG, "image/jpeg", NULL), parser;

    push_file (f, CUP_IMAGE_PNG, 60, orientation, &profile_p3);
    parser.harness = gst_harness_new ("jpegparse");
    gst_harness_set_src_caps_str (parser.harness, "image/jpeg");
    gst_harness_push (parser.harness, gst_harness_pull (f->harness));
    gst_harness_push_event (parser.harness, gst_event_new_eos ());
    drop_output (&parser);
    assert_tag (&parser, GST_TAG_IMAGE_ORIENTATION, names[orientation]);
    gst_harness_teardown (parser.harness);
    fixture_free (f);
  }
}

/* Video has no files to say anything. */
static void
test_video (void)
{
  Fixture *f = fixture_new (NULL, NULL);

  gst_harness_set_sink_caps_str (f->harness, "image/png");
  fixture_push (f, 1);
  expect_file (f, CUP_IMAGE_PNG, 1, NULL);
  fixture_free (f);
}

/* A frame in place of its result, resized. */
static void
test_passthrough (void)
{
  const CupDummyPlan failing = {.fails = TRUE };
  Fixture *f = showing_fixture (CUP_IMAGE_JPEG, "image/png", &failing);

  set_enum (f, "on-error", "passthrough");
  push_file (f, CUP_IMAGE_JPEG, 90, 7, &profile_p3);
  expect_file (f, CUP_IMAGE_PNG, 7, &profile_p3);
  fixture_free (f);
}

/* --- results of services --- */

static Fixture *
service_fixture (const gchar * downstream, const CupDummyPlan * plan)
{
  Fixture *f = showing_fixture (CUP_IMAGE_JPEG, downstream, plan);

  cup_dummy_engine_set_accepts (f->engine, CUP_ENGINE_ACCEPTS_ENCODED);
  return f;
}

static void
free_service_fixture (Fixture * f)
{
  cup_dummy_engine_set_accepts (f->engine, CUP_ENGINE_ACCEPTS_PIXELS);
  fixture_free (f);
}

/* They leave as they are. What the picture had, and they do not say, is told of
 * once. */
static void
test_lost (void)
{
  const CupDummyPlan plan = {.image_type = CUP_IMAGE_PNG };
  Fixture *f = service_fixture ("image/png", &plan);
  GBytes *bytes, *expected;
  CupPixels *pixels;

  push_file (f, CUP_IMAGE_JPEG, 90, 1, &profile_srgb);
  expect_file (f, CUP_IMAGE_PNG, 1, NULL);
  expect_no_warning (f);
  push_file (f, CUP_IMAGE_JPEG, 100, 6, &profile_p3);
  bytes = pull_file (f);
  expect_warning (f, "\"Display P3 by hand\"");
  expect_warning (f, "EXIF orientation 6");
  pixels = cup_image_decode (bytes, 0, NULL);
  expected = cup_image_encode (pixels, CUP_IMAGE_PNG, 95, NULL);
  g_assert_true (g_bytes_equal (bytes, expected));
  push_file (f, CUP_IMAGE_JPEG, 110, 6, &profile_p3);
  expect_file (f, CUP_IMAGE_PNG, 1, NULL);
  expect_no_warning (f);
  cup_pixels_unref (pixels);
  g_bytes_unref (expected);
  g_bytes_unref (bytes);
  free_service_fixture (f);
}

/* The shape says that the service has turned the picture. */
static void
test_turned (void)
{
  const CupDummyPlan plan = {.image_type = CUP_IMAGE_PNG,.width = 24,
    .height = 32
  };
  Fixture *f = service_fixture ("image/png", &plan);

  push_file (f, CUP_IMAGE_JPEG, 90, 6, NULL);
  expect_file (f, CUP_IMAGE_PNG, 1, NULL);
  expect_no_warning (f);
  free_service_fixture (f);
}

/* Where a result has to be encoded again, what it says of itself stays: as it is,
 * in another type, and in another size. */
static void
test_encoded_again (void)
{
  static const struct
  {
    CupImageType type;
    guint multiple;
  } cases[] = { {CUP_IMAGE_PNG, 0}, {CUP_IMAGE_JPEG, 0}, {CUP_IMAGE_PNG, 7} };
  CupImageMetadata *metadata = make_metadata (2, &profile_p3);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    const CupDummyPlan plan = {.image_type = cases[i].type,
      .multiple = cases[i].multiple,.metadata = metadata
    };
    Fixture *f = service_fixture ("image/png", &plan);

    set_enum (f, "size-policy", "exact");
    push_file (f, CUP_IMAGE_JPEG, 90, 6, &profile_srgb);
    expect_file (f, CUP_IMAGE_PNG, 2, &profile_p3);
    expect_no_warning (f);
    free_service_fixture (f);
  }
  cup_image_metadata_unref (metadata);
}

/* --- profiles that do not go along --- */

static void
test_profile_of_video (void)
{
  Fixture *f = showing_fixture (CUP_IMAGE_PNG, "video/x-raw", NULL);

  push_file (f, CUP_IMAGE_PNG, 1, 1, &profile_srgb);
  drop_output (f);
  expect_no_warning (f);
  push_file (f, CUP_IMAGE_PNG, 2, 1, &profile_p3);
  drop_output (f);
  expect_warning (f, "\"Display P3 by hand\"");
  push_file (f, CUP_IMAGE_PNG, 3, 1, &profile_p3);
  drop_output (f);
  expect_no_warning (f);
  fixture_free (f);
}

/* Gray has become RGB. */
static void
test_misfit (void)
{
  Fixture *f = showing_fixture (CUP_IMAGE_PNG, "image/png", NULL);

  gst_harness_push (f->harness, make_file (CUP_IMAGE_PNG, 1, 50, 4,
          &profile_gray));
  expect_file (f, CUP_IMAGE_PNG, 4, NULL);
  expect_warning (f, "\"Gray 1.8\"");
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/showing/tags", test_tags);
  g_test_add_func ("/showing/order", test_order);
  g_test_add_func ("/showing/same-pixels", test_same_pixels);
  g_test_add_func ("/showing/duplicates", test_duplicates);
  g_test_add_func ("/showing/upstream-says", test_upstream_says);
  g_test_add_func ("/showing/other-tags", test_other_tags);
  g_test_add_func ("/showing/tags-of-results", test_tags_of_results);
  g_test_add_func ("/showing/files", test_files);
  g_test_add_func ("/showing/local", test_local);
  g_test_add_func ("/showing/jpegparse", test_jpegparse);
  g_test_add_func ("/showing/video", test_video);
  g_test_add_func ("/showing/passthrough", test_passthrough);
  g_test_add_func ("/showing/lost", test_lost);
  g_test_add_func ("/showing/turned", test_turned);
  g_test_add_func ("/showing/encoded-again", test_encoded_again);
  g_test_add_func ("/showing/profile-of-video", test_profile_of_video);
  g_test_add_func ("/showing/misfit", test_misfit);
  return fixture_run ();
}
