/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * color-match: an engine that shifts colours, and what leaves in spite of it.
 * What the arithmetic does is tested by the layer below; here it is that it is
 * done to the right picture, to each one that can be, and to no other.
 */
#include "fixture.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "element/colour.h"
#include "element/frame.h"
#include "engine/local/resample.h"
#include "image/area.h"

#define WIDTH 96
#define HEIGHT 72
#define DRIFT 24

/* How far colours are off, in 255ths; pixels count by their alpha. */
typedef struct
{
  gdouble mean;                 /* largest of the channels' means */
  gdouble low;                  /* root of the mean square over 8×6 cells */
} Error;

static void
put (CupPixels * pixels, guint x, guint y, guint channel, gdouble value)
{
  gsize i = (gsize) x * pixels->channels + channel;

  if (pixels->depth == 8)
    cup_pixels_row (pixels, y)[i] = (guint8) lround (value);
  else
    ((guint16 *) cup_pixels_row (pixels, y))[i] = (guint16) lround (value *
        257);
}

/* Slopes with texture, away from the ends of the range. Transparent on the left
 * and opaque on the right. */
static CupPixels *
make_scene (guint channels, guint depth)
{
  CupPixels *pixels = cup_pixels_new (WIDTH, HEIGHT, channels, depth, NULL);
  guint x, y, c;

  for (y = 0; y < HEIGHT; y++) {
    for (x = 0; x < WIDTH; x++) {
      for (c = 0; c < MIN (channels, 3); c++)
        put (pixels, x, y, c, 128 + 30 * sin (x * 0.05 + c)
            + 30 * cos (y * 0.04 - c) + ((x + y) % 2 ? 12.3 : -12.3));
      if (channels == 4)
        put (pixels, x, y, 3, MIN (255, x * 3));
    }
  }
  return pixels;
}

static const gchar *
get_format (const CupPixels * pixels)
{
  return
      gst_video_format_to_string (cup_frame_native_format (pixels->channels,
          pixels->depth));
}

/* @type: of images, or CUP_IMAGE_UNKNOWN for raw video. */
static void
push (Fixture * f, CupPixels * scene, CupImageType type)
{
  GstBuffer *buffer;
  gchar *caps;

  if (type == CUP_IMAGE_UNKNOWN) {
    caps = g_strdup_printf ("video/x-raw,format=%s,width=%u,height=%u,"
        "framerate=25/1", get_format (scene), scene->width, scene->height);
    buffer = cup_frame_wrap_pixels (scene);
  } else {
    GBytes *bytes = cup_image_encode (scene, type, 95, NULL);

    caps = g_strdup_printf ("%s,framerate=25/1", cup_image_type_get_mime
        (type));
    buffer = gst_buffer_new_wrapped_bytes (bytes);
    g_bytes_unref (bytes);
  }
  GST_BUFFER_PTS (buffer) = 0;
  fixture_set_caps (f, caps);
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
  g_free (caps);
}

/* What has left, whatever it left as. */
static CupPixels *
pull (Fixture * f, CupImageType * type)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);
  GstCaps *caps = gst_pad_get_current_caps (f->harness->sinkpad);
  CupPixels *pixels;
  GstVideoFrame frame;
  GstVideoInfo info;
  GBytes *bytes;

  *type = cup_image_type_from_mime (gst_structure_get_name
      (gst_caps_get_structure (caps, 0)));
  if (*type == CUP_IMAGE_UNKNOWN) {
    g_assert_true (gst_video_info_from_caps (&info, caps));
    g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
    pixels = cup_colour_read_frame (&frame, NULL);
    gst_video_frame_unmap (&frame);
  } else {
    bytes = cup_frame_map_bytes (buffer, NULL);
    pixels = cup_image_decode (bytes, 0, NULL);
    g_bytes_unref (bytes);
  }
  g_assert_nonnull (pixels);
  gst_caps_unref (caps);
  gst_buffer_unref (buffer);
  return pixels;
}

static Error
compare (CupPixels * scene, const CupPixels * found)
{
  CupPixels *wanted = cup_resample (scene, found->width, found->height, NULL,
      NULL);
  guint16 a[8 * 6 * 3], b[8 * 6 * 3], alphas[8 * 6];
  guint colours = MIN (wanted->channels, 3);
  Error error = { 0, 0 };
  gdouble weight = 0;
  guint i, c;

  g_assert_cmpuint (colours, ==, MIN (found->channels, 3));
  cup_area_average (wanted, 8, 6, a, alphas);
  cup_area_average (found, 8, 6, b, alphas);
  for (i = 0; i < 8 * 6; i++)
    weight += alphas[i];
  for (c = 0; c < colours; c++) {
    gdouble mean = 0;

    for (i = 0; i < 8 * 6; i++) {
      gdouble d = (b[i * colours + c] - a[i * colours + c]) / 257.0;

      mean += d * alphas[i] / weight;
      error.low += d * d * alphas[i] / (weight * colours);
    }
    error.mean = MAX (error.mean, fabs (mean));
  }
  error.low = sqrt (error.low);
  cup_pixels_unref (wanted);
  return error;
}

static Fixture *
matching (const gchar * mode)
{
  Fixture *f = fixture_new ("max-in-flight", 8, NULL);

  cup_dummy_engine_set_accepts (f->engine,
      CUP_ENGINE_ACCEPTS_PIXELS | CUP_ENGINE_ACCEPTS_ENCODED |
      CUP_ENGINE_ACCEPTS_URI);
  gst_util_set_object_arg (G_OBJECT (f->element), "color-match", mode);
  return f;
}

static void
assert_matched (const gchar * name, const gchar * mode, Error error)
{
  g_test_message ("%s, %s: means are off by %.2f, low frequencies by %.2f",
      name, mode, error.mean, error.low);
  if (g_str_equal (mode, "none")) {
    g_assert_cmpfloat (error.mean, >, 0.4 * DRIFT);
    g_assert_cmpfloat (error.low, >, 0.4 * DRIFT);
  } else {
    g_assert_cmpfloat (error.mean, <, 1);
    /* The slope of green is not a matter of means. */
    if (g_str_equal (mode, "wavelet"))
      g_assert_cmpfloat (error.low, <, 0.1 * DRIFT);
    else
      g_assert_cmpfloat (error.low, <, 0.75 * DRIFT);
  }
}

/* Pictures of all kinds */

typedef struct
{
  const gchar *name;
  guint channels;
  guint depth;
  CupImageType in;
  CupImageType result;
  const gchar *downstream;
  CupImageType out;             /* with a match; without, @result */
} Case;

static const Case cases[] = {
  {"raw", 3, 8, CUP_IMAGE_UNKNOWN, CUP_IMAGE_UNKNOWN, "video/x-raw",
      CUP_IMAGE_UNKNOWN},
  {"gray", 1, 8, CUP_IMAGE_UNKNOWN, CUP_IMAGE_UNKNOWN, "video/x-raw",
      CUP_IMAGE_UNKNOWN},
  {"alpha", 4, 8, CUP_IMAGE_UNKNOWN, CUP_IMAGE_UNKNOWN, "video/x-raw",
      CUP_IMAGE_UNKNOWN},
  {"deep", 4, 16, CUP_IMAGE_UNKNOWN, CUP_IMAGE_UNKNOWN, "video/x-raw",
      CUP_IMAGE_UNKNOWN},
  {"raw-of-png", 3, 8, CUP_IMAGE_UNKNOWN, CUP_IMAGE_PNG, "video/x-raw",
      CUP_IMAGE_UNKNOWN},
  {"png-to-png", 3, 8, CUP_IMAGE_PNG, CUP_IMAGE_PNG, "image/png",
      CUP_IMAGE_PNG},
  {"png-alpha", 4, 8, CUP_IMAGE_PNG, CUP_IMAGE_PNG, "image/png",
      CUP_IMAGE_PNG},
  {"png-deep", 3, 16, CUP_IMAGE_PNG, CUP_IMAGE_PNG, "image/png",
      CUP_IMAGE_PNG},
  {"jpeg-to-any", 3, 8, CUP_IMAGE_JPEG, CUP_IMAGE_JPEG,
      "image/jpeg;image/png", CUP_IMAGE_JPEG},
  {"jpeg-only", 3, 8, CUP_IMAGE_JPEG, CUP_IMAGE_JPEG, "image/jpeg",
      CUP_IMAGE_JPEG},
};

static void
assert_same_alpha (CupPixels * scene, const CupPixels * found)
{
  CupPixels *wanted = cup_resample (scene, found->width, found->height, NULL,
      NULL);
  guint x, y;

  for (y = 0; y < found->height && found->channels == 4; y++) {
    for (x = 0; x < found->width; x++) {
      gsize i = 4 * (gsize) x + 3;

      if (found->depth == 8)
        g_assert_cmpuint (cup_pixels_row (found, y)[i], ==,
            cup_pixels_row (wanted, y)[i]);
      else
        g_assert_cmpuint (((guint16 *) cup_pixels_row (found, y))[i], ==,
            ((guint16 *) cup_pixels_row (wanted, y))[i]);
    }
  }
  cup_pixels_unref (wanted);
}

static void
test_case (gconstpointer data)
{
  static const gchar *const modes[] = { "none", "mean", "wavelet" };
  const Case *c = data;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (modes); i++) {
    const CupDummyPlan plan = {.drift = DRIFT,.image_type = c->result };
    CupPixels *scene = make_scene (c->channels, c->depth), *found;
    Fixture *f = matching (modes[i]);
    CupImageType type;

    cup_dummy_engine_set_plan (f->engine, &plan);
    gst_harness_set_sink_caps_str (f->harness, c->downstream);
    push (f, scene, c->in);
    found = pull (f, &type);
    g_assert_cmpint (type, ==, i > 0
        || c->out == CUP_IMAGE_UNKNOWN ? c->out : c->result);
    g_assert_cmpuint (found->width, ==, 2 * WIDTH);
    g_assert_cmpuint (found->channels, ==, c->channels);
    g_assert_cmpuint (found->depth, ==, c->depth);
    assert_matched (c->name, modes[i], compare (scene, found));
    assert_same_alpha (scene, found);
    g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING));
    cup_pixels_unref (found);
    cup_pixels_unref (scene);
    fixture_free (f);
  }
}

/* A service that rounds sizes, and a stream that does not. */
static void
test_exact_size (void)
{
  const CupDummyPlan plan = {.drift = DRIFT,.multiple = 64,
    .image_type = CUP_IMAGE_PNG
  };
  CupPixels *scene = make_scene (3, 8), *found;
  Fixture *f = matching ("wavelet");
  CupImageType type;

  gst_util_set_object_arg (G_OBJECT (f->element), "size-policy", "exact");
  cup_dummy_engine_set_plan (f->engine, &plan);
  push (f, scene, CUP_IMAGE_UNKNOWN);
  found = pull (f, &type);
  g_assert_cmpuint (found->width, ==, 2 * WIDTH);
  g_assert_cmpuint (found->height, ==, 2 * HEIGHT);
  assert_matched ("exact size", "wavelet", compare (scene, found));
  cup_pixels_unref (found);
  cup_pixels_unref (scene);
  fixture_free (f);
}

/* Each frame has the mode that held when it came. */
static void
test_change_while_playing (void)
{
  const CupDummyPlan plan = {.drift = DRIFT,.delay = CUP_DUMMY_HOLD };
  static const gchar *const modes[] = { "wavelet", "none", "mean", "none" };
  CupPixels *scene = make_scene (3, 8), *found;
  Fixture *f = matching ("none");
  CupImageType type;
  guint i;

  cup_dummy_engine_set_plan (f->engine, &plan);
  for (i = 0; i < G_N_ELEMENTS (modes); i++) {
    gst_util_set_object_arg (G_OBJECT (f->element), "color-match", modes[i]);
    push (f, scene, CUP_IMAGE_UNKNOWN);
  }
  cup_dummy_engine_release_all (f->engine);
  for (i = 0; i < G_N_ELEMENTS (modes); i++) {
    found = pull (f, &type);
    assert_matched ("change", modes[i], compare (scene, found));
    cup_pixels_unref (found);
  }
  cup_pixels_unref (scene);
  fixture_free (f);
}

/* The frame itself in place of a result is not touched. */
static void
test_passthrough (void)
{
  const CupDummyPlan plan = {.fails = TRUE };
  CupPixels *scene = make_scene (3, 8), *found, *wanted;
  Fixture *f = matching ("wavelet");
  CupImageType type;
  guint y;

  gst_util_set_object_arg (G_OBJECT (f->element), "on-error", "passthrough");
  cup_dummy_engine_set_plan (f->engine, &plan);
  push (f, scene, CUP_IMAGE_UNKNOWN);
  found = pull (f, &type);
  wanted = cup_resample (scene, 2 * WIDTH, 2 * HEIGHT, NULL, NULL);
  for (y = 0; y < 2 * HEIGHT; y++)
    g_assert_cmpmem (cup_pixels_row (found, y), 2 * WIDTH * 3,
        cup_pixels_row (wanted, y), 2 * WIDTH * 3);
  cup_pixels_unref (wanted);
  cup_pixels_unref (found);
  cup_pixels_unref (scene);
  fixture_free (f);
}

/* Without a reference */

static gboolean
pop_warning (Fixture * f)
{
  GstMessage *message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING);
  gboolean found = message != NULL;
  GError *error = NULL;

  if (!message)
    return FALSE;
  gst_message_parse_warning (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, "color-match"));
  g_assert_nonnull (strstr (error->message, "file://"));
  g_error_free (error);
  gst_message_unref (message);
  return found;
}

static void
push_uri (Fixture * f, const gchar * uri)
{
  GstBuffer *buffer = gst_buffer_new_memdup (uri, strlen (uri));

  GST_BUFFER_PTS (buffer) = 0;
  gst_harness_push (f->harness, buffer);
}

/* Leaves as the very bytes that came; the user is told once. */
static void
test_remote_uri (void)
{
  const CupDummyPlan plan = {.image_type = CUP_IMAGE_JPEG };
  Fixture *f = matching ("wavelet");
  CupImageType type;
  guint i;

  cup_dummy_engine_set_plan (f->engine, &plan);
  gst_harness_set_sink_caps_str (f->harness, "image/jpeg;image/png");
  fixture_set_caps (f, "text/uri-list");
  for (i = 0; i < 3; i++) {
    CupPixels *found;

    push_uri (f, "https://pictures.example/77");
    found = pull (f, &type);
    g_assert_cmpint (type, ==, CUP_IMAGE_JPEG);
    g_assert_cmpuint (found->data[0], ==, 77);
    g_assert_cmpint (pop_warning (f), ==, i == 0);
    cup_pixels_unref (found);
  }
  fixture_free (f);

  f = matching ("none");
  fixture_set_caps (f, "text/uri-list");
  push_uri (f, "https://pictures.example/77");
  cup_pixels_unref (pull (f, &type));
  g_assert_false (pop_warning (f));
  fixture_free (f);
}

/* A file is read here. */
static void
test_file_uri (void)
{
  const CupDummyPlan plan = {.drift = DRIFT,.image_type = CUP_IMAGE_PNG };
  CupPixels *scene = make_scene (3, 8), *found;
  GBytes *bytes = cup_image_encode (scene, CUP_IMAGE_PNG, 95, NULL);
  gchar *path = g_build_filename (g_get_tmp_dir (), "match-XXXXXX", NULL);
  gint fd = g_mkstemp (path);
  guint encoded;

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, g_bytes_get_data (bytes, NULL),
          (gssize) g_bytes_get_size (bytes), NULL));
  for (encoded = 0; encoded < 2; encoded++) {
    Fixture *f = matching ("wavelet");
    gchar *uri = g_filename_to_uri (path, NULL, NULL);
    CupImageType type;

    cup_dummy_engine_set_accepts (f->engine, encoded ?
        CUP_ENGINE_ACCEPTS_ENCODED : CUP_ENGINE_ACCEPTS_PIXELS);
    cup_dummy_engine_set_plan (f->engine, &plan);
    fixture_set_caps (f, "text/uri-list");
    push_uri (f, uri);
    found = pull (f, &type);
    assert_matched ("file", "wavelet", compare (scene, found));
    g_assert_false (pop_warning (f));
    cup_pixels_unref (found);
    g_free (uri);
    fixture_free (f);
  }
  g_unlink (path);
  g_free (path);
  g_bytes_unref (bytes);
  cup_pixels_unref (scene);
}

/* What cannot be decoded here may well be upscaled by the engine. */
static void
test_not_decodable (void)
{
  const CupDummyPlan plan = {.image_type = CUP_IMAGE_PNG };
  CupPixels *scene = make_scene (3, 8), *found;
  GBytes *bytes = cup_image_encode (scene, CUP_IMAGE_PNG, 95, NULL);
  GstBuffer *buffer = gst_buffer_new_memdup (g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes));
  Fixture *f = matching ("wavelet");
  CupImageType type;

  gst_buffer_memset (buffer, g_bytes_get_size (bytes) / 2, 0, 40);
  GST_BUFFER_PTS (buffer) = 0;
  cup_dummy_engine_set_plan (f->engine, &plan);
  fixture_set_caps (f, "image/png,framerate=25/1");
  gst_harness_push (f->harness, buffer);
  found = pull (f, &type);
  g_assert_cmpuint (found->width, ==, 2 * WIDTH);
  cup_pixels_unref (found);
  cup_pixels_unref (scene);
  g_bytes_unref (bytes);
  fixture_free (f);
}

/* A picture that was taken away stays black, and is known as such. */
static void
test_unsafe (void)
{
  static const gchar *const downstream[] = { "video/x-raw", "image/png" };
  const CupDummyPlan plan = {.black = TRUE,.hosted = TRUE,
    .image_type = CUP_IMAGE_PNG
  };
  guint i, n;

  for (i = 0; i < G_N_ELEMENTS (downstream); i++) {
    CupPixels *scene = make_scene (3, 8), *found;
    Fixture *f = matching ("mean");
    GstStructure *job;
    CupImageType type;
    gboolean unsafe;

    cup_dummy_engine_set_censors (f->engine, TRUE);
    cup_dummy_engine_set_plan (f->engine, &plan);
    gst_harness_set_sink_caps_str (f->harness, downstream[i]);
    push (f, scene, CUP_IMAGE_UNKNOWN);
    found = pull (f, &type);
    for (n = 0; n < 6 * WIDTH; n++)
      g_assert_cmpuint (cup_pixels_row (found, HEIGHT)[n], ==, 0);
    job = fixture_wait_job (f, "done");
    g_assert_true (gst_structure_get_boolean (job, "unsafe", &unsafe));
    g_assert_true (unsafe);
    gst_structure_free (job);
    cup_pixels_unref (found);
    cup_pixels_unref (scene);
    fixture_free (f);
  }
}

int
main (int argc, char **argv)
{
  guint i;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *path = g_strdup_printf ("/colour-match/%s", cases[i].name);

    g_test_add_data_func (path, &cases[i], test_case);
    g_free (path);
  }
  g_test_add_func ("/colour-match/exact-size", test_exact_size);
  g_test_add_func ("/colour-match/change-while-playing",
      test_change_while_playing);
  g_test_add_func ("/colour-match/passthrough", test_passthrough);
  g_test_add_func ("/colour-match/remote-uri", test_remote_uri);
  g_test_add_func ("/colour-match/file-uri", test_file_uri);
  g_test_add_func ("/colour-match/not-decodable", test_not_decodable);
  g_test_add_func ("/colour-match/unsafe", test_unsafe);
  return fixture_run ();
}
