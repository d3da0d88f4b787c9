/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Buffers of text/uri-list: pictures that are elsewhere.
 */
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define HOST "https://pictures.example"

/* An element that takes lists; the engine fetches. */
static Fixture *
list_fixture (const gchar * caps)
{
  Fixture *f = fixture_new ("max-in-flight", 8, NULL);

  cup_dummy_engine_set_accepts (f->engine,
      CUP_ENGINE_ACCEPTS_PIXELS | CUP_ENGINE_ACCEPTS_URI);
  gst_harness_set_sink_caps_str (f->harness, "video/x-raw");
  fixture_set_caps (f, caps);
  return f;
}

static GstBuffer *
make_list (const gchar * text, GstClockTime pts)
{
  GstBuffer *buffer = *text ? gst_buffer_new_memdup (text, strlen (text)) :
      gst_buffer_new ();

  GST_BUFFER_PTS (buffer) = pts;
  return buffer;
}

static void
push_list (Fixture * f, const gchar * text)
{
  g_assert_cmpint (gst_harness_push (f->harness, make_list (text,
              GST_CLOCK_TIME_NONE)), ==, GST_FLOW_OK);
}

static void
pull_frame (Fixture * f, guint8 key, GstClockTime pts, GstClockTime duration)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);
  guint8 first;

  gst_buffer_extract (buffer, 0, &first, 1);
  g_assert_cmpint (first, ==, key);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, pts);
  g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, duration);
  gst_buffer_unref (buffer);
}

static void
assert_error (Fixture * f, const gchar * part)
{
  GstMessage *message = fixture_wait_message (f, GST_MESSAGE_ERROR);
  GError *error = NULL;
  gchar *debug;

  gst_message_parse_error (message, &error, &debug);
  if (!strstr (error->message, part))
    g_error ("\"%s\" does not say \"%s\"", error->message, part);
  g_assert_null (strstr (error->message, "SECRET"));
  g_assert_null (strstr (debug, "SECRET"));
  g_free (debug);
  g_error_free (error);
  gst_message_unref (message);
}

/* Lines of all kinds; nothing is known of the times but the first's. */
static void
test_lines (void)
{
  Fixture *f = list_fixture ("text/uri-list");
  GstCaps *caps;
  gint num, den;

  gst_harness_push (f->harness, make_list ("# pictures\r\n"
          HOST "/1\r\n\r\n  " HOST "/2?sig=x \n#" HOST "/9\n"
          "http://127.0.0.1:8080/a/3\nHTTPS://PICTURES.example/4", GST_SECOND));
  pull_frame (f, 1, GST_SECOND, GST_CLOCK_TIME_NONE);
  pull_frame (f, 2, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE);
  pull_frame (f, 3, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE);
  pull_frame (f, 4, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE);
  push_list (f, "");
  push_list (f, "\n\n# nothing\n");
  push_list (f, HOST "/5");
  pull_frame (f, 5, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE);
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 5);

  /* The size of what came in is not known, and does no harm. */
  caps = gst_pad_get_current_caps (f->harness->sinkpad);
  g_assert_true (gst_structure_get_fraction (gst_caps_get_structure (caps, 0),
          "pixel-aspect-ratio", &num, &den));
  g_assert_cmpint (num, ==, den);
  gst_caps_unref (caps);
  fixture_free (f);
}

static void
test_job_message (void)
{
  Fixture *f = list_fixture ("text/uri-list");
  GstStructure *job;

  push_list (f, HOST "/1");
  job = fixture_wait_job (f, "done");
  g_assert_false (gst_structure_has_field (job, "input-width"));
  g_assert_true (gst_structure_has_field (job, "width"));
  gst_structure_free (job);
  fixture_free (f);
}

/* With a framerate the frames of a buffer follow each other. */
static void
test_framerate (void)
{
  Fixture *f = list_fixture ("text/uri-list,framerate=10/1,"
      "pixel-aspect-ratio=4/3");
  GstCaps *caps;
  gint num, den;

  gst_harness_push (f->harness, make_list (HOST "/1\n" HOST "/2\n" HOST "/3\n",
          2 * GST_SECOND));
  pull_frame (f, 1, 2 * GST_SECOND, GST_SECOND / 10);
  pull_frame (f, 2, 2 * GST_SECOND + GST_SECOND / 10, GST_SECOND / 10);
  pull_frame (f, 3, 2 * GST_SECOND + GST_SECOND / 5, GST_SECOND / 10);
  caps = gst_pad_get_current_caps (f->harness->sinkpad);
  g_assert_true (gst_structure_get_fraction (gst_caps_get_structure (caps, 0),
          "framerate", &num, &den));
  g_assert_cmpint (num, ==, 10 * den);
  g_assert_true (gst_structure_get_fraction (gst_caps_get_structure (caps, 0),
          "pixel-aspect-ratio", &num, &den));
  g_assert_cmpint (num * 3, ==, den * 4);
  gst_caps_unref (caps);
  fixture_free (f);
}

/* As filesrc and multifilesrc send: bytes, and no times. */
static void
test_bytes_segment (void)
{
  Fixture *f = list_fixture ("text/uri-list,framerate=25/1");
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  push_list (f, HOST "/1\n" HOST "/2\n");
  push_list (f, HOST "/3\n");
  pull_frame (f, 1, 0, FRAME_DURATION);
  pull_frame (f, 2, FRAME_DURATION, FRAME_DURATION);
  pull_frame (f, 3, 2 * FRAME_DURATION, FRAME_DURATION);
  fixture_free (f);
}

static gchar *
write_picture (const gchar * directory, const gchar * name, guint8 key)
{
  CupPixels *pixels = cup_pixels_new (16, 12, 3, 8, NULL);
  gchar *path = g_build_filename (directory, name, NULL), *uri;
  GBytes *bytes;
  gconstpointer data;
  gsize size;

  memset (pixels->data, key, cup_pixels_get_size (pixels));
  bytes = cup_image_encode (pixels, CUP_IMAGE_PNG, 95, NULL);
  data = g_bytes_get_data (bytes, &size);
  g_assert_true (g_file_set_contents (path, data, (gssize) size, NULL));
  uri = g_filename_to_uri (path, NULL, NULL);
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
  g_free (path);
  return uri;
}

static void
remove_picture (const gchar * uri)
{
  gchar *path = g_filename_from_uri (uri, NULL, NULL);

  g_remove (path);
  g_free (path);
}

/* file:// is read here, for engines that take pixels and for those that take
 * bytes. */
static void
test_files (void)
{
  static const CupEngineAccepts accepts[] = { CUP_ENGINE_ACCEPTS_PIXELS,
    CUP_ENGINE_ACCEPTS_ENCODED,
    CUP_ENGINE_ACCEPTS_ENCODED | CUP_ENGINE_ACCEPTS_URI,
  };
  gchar *directory = g_dir_make_tmp ("cup-uri-XXXXXX", NULL);
  gchar *one = write_picture (directory, "one.png", 1);
  gchar *two = write_picture (directory, "a b%.png", 2);
  gchar *list = g_strdup_printf ("%s\n%s\n", one, two);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (accepts); i++) {
    Fixture *f = list_fixture ("text/uri-list");
    GstStructure *job;
    guint width = 0;

    cup_dummy_engine_set_accepts (f->engine, accepts[i]);
    push_list (f, list);
    pull_frame (f, 1, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE);
    pull_frame (f, 2, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE);
    job = fixture_wait_job (f, "done");
    g_assert_true (gst_structure_get_uint (job, "input-width", &width));
    g_assert_cmpuint (width, ==, 16);
    gst_structure_free (job);
    fixture_free (f);
  }
  remove_picture (one);
  remove_picture (two);
  g_rmdir (directory);
  g_free (list);
  g_free (two);
  g_free (one);
  g_free (directory);
}

/* What is not taken fails in its turn, with what to do, and without what may be
 * secret. */
static void
test_refused (void)
{
  static const struct
  {
    const gchar *line;
    const gchar *says;
  } cases[] = {
    {"ftp://user:SECRET@pictures.example/1?key=SECRET", "https://, http://"},
    {"data:image/png;base64,SECRET", "https://, http://"},
    {"javascript:SECRET", "https://, http://"},
    {"pictures/1.png", "not a URI"},
    {"https://?SECRET", "no host"},
    {HOST "/a b?SECRET", "percent-encoded"},
    {HOST "/a\001?SECRET", "percent-encoded"},
    {HOST "/\xff?SECRET", "UTF-8"},
    {"file:///nonexistent/picture.png", "/nonexistent/picture.png"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fixture *f = list_fixture ("text/uri-list");
    gchar *list = g_strdup_printf (HOST "/1\n%s\n" HOST "/2\n", cases[i].line);

    gst_harness_push (f->harness, make_list (list, GST_CLOCK_TIME_NONE));
    assert_error (f, cases[i].says);
    fixture_assert_record (f, "stream-start|caps|segment|segment|1|eos");
    g_free (list);
    fixture_free (f);
  }
}

/* A zero byte does not end a line, and make a good one of a bad one. */
static void
test_zero_byte (void)
{
  static const gchar list[] = HOST "/1\0?SECRET";
  Fixture *f = list_fixture ("text/uri-list");

  gst_harness_push (f->harness, gst_buffer_new_memdup (list, sizeof list - 1));
  assert_error (f, "percent-encoded");
  g_assert_cmpuint (cup_dummy_engine_get_n_started (f->engine), ==, 0);
  fixture_free (f);
}

static void
test_too_long (void)
{
  Fixture *f = list_fixture ("text/uri-list");
  gchar *path = g_strnfill (10000, 'a');
  gchar *list = g_strconcat (HOST "/", path, NULL);

  push_list (f, list);
  assert_error (f, "8192");
  g_free (list);
  g_free (path);
  fixture_free (f);
}

/* An engine that does not fetch says what to do instead. */
static void
test_engine_does_not_fetch (void)
{
  Fixture *f = list_fixture ("text/uri-list");

  cup_dummy_engine_set_accepts (f->engine, CUP_ENGINE_ACCEPTS_PIXELS);
  push_list (f, HOST "/1?key=SECRET");
  assert_error (f, "engine=fal");
  fixture_free (f);
}

/* The src pad has no lists. */
static void
test_templates (void)
{
  Fixture *f = fixture_new_idle ();
  GstCaps *list = gst_caps_from_string ("text/uri-list");
  GstPad *sink = gst_element_get_static_pad (f->element, "sink");
  GstPad *src = gst_element_get_static_pad (f->element, "src");
  GstCaps *sink_caps = gst_pad_get_pad_template_caps (sink);
  GstCaps *src_caps = gst_pad_get_pad_template_caps (src);

  g_assert_true (gst_caps_is_subset (list, sink_caps));
  g_assert_false (gst_caps_can_intersect (list, src_caps));
  gst_caps_unref (src_caps);
  gst_caps_unref (sink_caps);
  gst_object_unref (src);
  gst_object_unref (sink);
  gst_caps_unref (list);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/uri-list/lines", test_lines);
  g_test_add_func ("/uri-list/job-message", test_job_message);
  g_test_add_func ("/uri-list/framerate", test_framerate);
  g_test_add_func ("/uri-list/bytes-segment", test_bytes_segment);
  g_test_add_func ("/uri-list/files", test_files);
  g_test_add_func ("/uri-list/refused", test_refused);
  g_test_add_func ("/uri-list/zero-byte", test_zero_byte);
  g_test_add_func ("/uri-list/too-long", test_too_long);
  g_test_add_func ("/uri-list/engine-does-not-fetch",
      test_engine_does_not_fetch);
  g_test_add_func ("/uri-list/templates", test_templates);
  return fixture_run ();
}
