/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pictures on their way: images are uploaded as they came, raw frames as
 * images of the same pixels; results leave as they came where downstream takes
 * images, and with the size that they have.
 */
#include "fixture.h"

#include <math.h>
#include <string.h>
#include "../unit/jpeg-samples.h"

static gchar *
make_image_caps (CupImageType type)
{
  return g_strconcat (cup_image_type_get_mime (type), ",framerate=25/1", NULL);
}

static void
assert_bytes_equal (GBytes * a, GBytes * b)
{
  gsize size_a, size_b;
  gconstpointer data_a = g_bytes_get_data (a, &size_a);
  gconstpointer data_b = g_bytes_get_data (b, &size_b);

  g_assert_cmpmem (data_a, size_a, data_b, size_b);
}

/* What the service was told about the upload. */
static void
assert_upload_type (Fixture * f, CupImageType type)
{
  const gchar *mime = cup_image_type_get_mime (type);
  JsonArray *initiate = fixture_get_requests (f, "initiate");
  JsonArray *put = fixture_get_requests (f, "put");
  JsonObject *body =
      json_object_get_object_member (json_array_get_object_element (initiate,
          0), "body");

  g_assert_cmpstr (json_object_get_string_member (body, "content_type"), ==,
      mime);
  g_assert_true (g_str_has_suffix (json_object_get_string_member (body,
              "file_name"), cup_image_type_get_extension (type)));
  g_assert_cmpstr (request_get_header (json_array_get_object_element (put, 0),
          "content-type"), ==, mime);
  json_array_unref (initiate);
  json_array_unref (put);
}

static const CupImageType types[] = { CUP_IMAGE_PNG, CUP_IMAGE_JPEG,
  CUP_IMAGE_WEBP
};

static gboolean
skip_without (CupImageType type)
{
  if (cup_image_type_is_supported (type))
    return FALSE;
  g_test_skip ("not in this build");
  return TRUE;
}

static void
test_upload_image (gconstpointer data)
{
  CupImageType type = *(const CupImageType *) data;
  Fixture *f;
  GBytes *picture, *uploaded;
  gchar *caps;

  if (skip_without (type))
    return;
  f = fixture_new (NULL, NULL, NULL);
  picture = make_picture (type, 33, 21);
  caps = make_image_caps (type);
  fixture_play (f, caps, NULL);
  gst_buffer_unref (fixture_upscale (f, make_image_frame (picture)));
  uploaded = fixture_fetch_uploaded (f, 0);
  assert_bytes_equal (picture, uploaded);
  assert_upload_type (f, type);
  g_bytes_unref (uploaded);
  g_bytes_unref (picture);
  g_free (caps);
  fixture_free (f);
}

/* Files that are not as they should be, and are whole, and CMYK: they are sent as they
 * are, and the service takes them. */
static void
test_upload_flawed (gconstpointer data)
{
  const gchar *flaw = data;
  GBytes *plain = make_picture (CUP_IMAGE_JPEG, 33, 21), *picture, *uploaded;
  gsize size = g_bytes_get_size (plain);
  Fixture *f = fixture_new (NULL, NULL, NULL);

  if (g_str_equal (flaw, "no-end")) {
    picture = g_bytes_new_from_bytes (plain, 0, size - 2);
  } else if (g_str_equal (flaw, "stray")) {
    GByteArray *bytes = g_byte_array_new ();
    const guint8 *from = g_bytes_get_data (plain, NULL);

    g_byte_array_append (bytes, from, 20);
    g_byte_array_append (bytes, (const guint8 *) "\x01\x02\x03\x04", 4);
    g_byte_array_append (bytes, from + 20, size - 20);
    picture = g_byte_array_free_to_bytes (bytes);
  } else {
    CupPixels *inks = cup_pixels_new (33, 21, 4, 8, NULL);

    memset (inks->data, 200, cup_pixels_get_size (inks));
    picture = jpeg_sample_make_cmyk (inks, JCS_YCCK);
    cup_pixels_unref (inks);
  }
  fixture_play (f, "image/jpeg,framerate=25/1", NULL);
  gst_buffer_unref (fixture_upscale (f, make_image_frame (picture)));
  uploaded = fixture_fetch_uploaded (f, 0);
  assert_bytes_equal (picture, uploaded);
  assert_upload_type (f, CUP_IMAGE_JPEG);
  g_bytes_unref (uploaded);
  g_bytes_unref (picture);
  g_bytes_unref (plain);
  fixture_free (f);
}

/* Raw frames */

/* A colour of the test picture, and what BT.601 and BT.709 make of it. */
typedef struct
{
  guint8 y, u, v;
} Yuv;

/* Four quarters: each is one chroma, so that nothing depends on how chroma is
 * interpolated away from their edges. */
#define YUV_SIDE 32
static const Yuv quarters[] = {
  {81, 90, 240}, {145, 54, 34}, {41, 240, 110}, {200, 120, 140}
};

static guint
get_quarter (guint x, guint y)
{
  return (y >= YUV_SIDE / 2 ? 2 : 0) + (x >= YUV_SIDE / 2 ? 1 : 0);
}

/* Luma differs from pixel to pixel. */
static guint8
get_luma (guint x, guint y)
{
  return quarters[get_quarter (x, y)].y + (x * 3 + y * 5) % 11;
}

static GstBuffer *
make_i420_frame (void)
{
  GstVideoFrame frame;
  GstVideoInfo info;
  GstBuffer *buffer;
  guint x, y, plane;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, YUV_SIDE, YUV_SIDE);
  buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&info), NULL);
  GST_BUFFER_PTS (buffer) = 0;
  g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_WRITE));
  for (plane = 0; plane < 3; plane++) {
    guint8 *rows = GST_VIDEO_FRAME_PLANE_DATA (&frame, plane);
    guint stride = GST_VIDEO_FRAME_PLANE_STRIDE (&frame, plane);
    guint step = plane == 0 ? 1 : 2;

    for (y = 0; y < YUV_SIDE / step; y++)
      for (x = 0; x < YUV_SIDE / step; x++) {
        const Yuv *quarter = &quarters[get_quarter (x * step, y * step)];

        rows[y * stride + x] = plane == 0 ? get_luma (x, y) :
            plane == 1 ? quarter->u : quarter->v;
      }
  }
  gst_video_frame_unmap (&frame);
  return buffer;
}

static gdouble
clamp_sample (gdouble value)
{
  return CLAMP (round (value), 0, 255);
}

/* By the definition, from the weights of red and blue. */
static void
yuv_to_rgb (const Yuv * yuv, gdouble kr, gdouble kb, gdouble rgb[3])
{
  gdouble y = (yuv->y - 16) / 219.0;
  gdouble b = (yuv->u - 128) / 224.0 * 2 * (1 - kb);
  gdouble r = (yuv->v - 128) / 224.0 * 2 * (1 - kr);

  rgb[0] = clamp_sample (255 * (y + r));
  rgb[1] = clamp_sample (255 * (y - (kr * r + kb * b) / (1 - kr - kb)));
  rgb[2] = clamp_sample (255 * (y + b));
}

static void
assert_pixels (const CupPixels * pixels, gdouble kr, gdouble kb)
{
  guint x, y, i;

  for (y = 0; y < YUV_SIDE; y++) {
    for (x = 0; x < YUV_SIDE; x++) {
      Yuv yuv = quarters[get_quarter (x, y)];
      gdouble expected[3];

      /* Chroma is interpolated here. */
      if (ABS ((gint) x - YUV_SIDE / 2) < 3
          || ABS ((gint) y - YUV_SIDE / 2) < 3)
        continue;
      yuv.y = get_luma (x, y);
      yuv_to_rgb (&yuv, kr, kb, expected);
      for (i = 0; i < 3; i++)
        g_assert_cmpfloat_with_epsilon (cup_pixels_row (pixels, y)[3 * x + i],
            expected[i], 1.01);
    }
  }
}

typedef struct
{
  const gchar *colorimetry;
  gdouble kr, kb;
} Matrix;

static const Matrix matrices[] = {
  {"bt601", 0.299, 0.114},
  {"bt709", 0.2126, 0.0722},
};

static void
test_upload_i420 (gconstpointer data)
{
  const Matrix *matrix = data;
  Fixture *f = fixture_new (NULL, NULL, NULL);
  GError *error = NULL;
  CupPixels *pixels;
  GBytes *uploaded;
  gchar *caps;

  caps = g_strdup_printf ("video/x-raw,format=I420,width=%d,height=%d,"
      "framerate=25/1,colorimetry=%s", YUV_SIDE, YUV_SIDE, matrix->colorimetry);
  fixture_play (f, caps, NULL);
  gst_buffer_unref (fixture_upscale (f, make_i420_frame ()));
  assert_upload_type (f, CUP_IMAGE_PNG);
  uploaded = fixture_fetch_uploaded (f, 0);
  pixels = cup_image_decode (uploaded, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (pixels->width, ==, YUV_SIDE);
  g_assert_cmpuint (pixels->height, ==, YUV_SIDE);
  g_assert_cmpuint (pixels->channels, ==, 3);
  g_assert_cmpuint (pixels->depth, ==, 8);
  assert_pixels (pixels, matrix->kr, matrix->kb);
  cup_pixels_unref (pixels);
  g_bytes_unref (uploaded);
  g_free (caps);
  fixture_free (f);
}

/* The pixels of make_picture() as a raw frame. */
static GstBuffer *
make_rgb_frame (CupPixels * pixels)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL,
      cup_pixels_get_size (pixels), NULL);

  gst_buffer_fill (buffer, 0, pixels->data, cup_pixels_get_size (pixels));
  GST_BUFFER_PTS (buffer) = 0;
  return buffer;
}

typedef struct
{
  const gchar *name;
  const gchar *format;
  CupImageType type;
  guint quality;
  guint level;
} Encoding;

static const Encoding encodings[] = {
  {"png", "png", CUP_IMAGE_PNG, 95, 1},
  {"png-stored", "png", CUP_IMAGE_PNG, 95, 0},
  {"png-9", "png", CUP_IMAGE_PNG, 95, 9},
  {"auto", "auto", CUP_IMAGE_PNG, 10, 1},
  {"jpeg-95", "jpeg", CUP_IMAGE_JPEG, 95, 1},
  {"jpeg-10", "jpeg", CUP_IMAGE_JPEG, 10, 9},
  {"webp-100", "webp", CUP_IMAGE_WEBP, 100, 1},
  {"webp-20", "webp", CUP_IMAGE_WEBP, 20, 1},
};

/* A raw frame is uploaded as what image-format, quality and compression-level say. */
static void
test_encoding (gconstpointer data)
{
  const Encoding *encoding = data;
  GBytes *picture, *expected, *uploaded;
  GError *error = NULL;
  CupPixels *pixels;
  Fixture *f;

  if (skip_without (encoding->type))
    return;
  f = fixture_new (NULL, "quality", encoding->quality, "compression-level",
      encoding->level, NULL);
  gst_util_set_object_arg (G_OBJECT (f->element), "image-format",
      encoding->format);
  picture = make_picture (CUP_IMAGE_PNG, 48, 36);
  pixels = cup_image_decode (picture, 0, &error);
  g_assert_no_error (error);
  if (encoding->type == CUP_IMAGE_PNG)
    expected = cup_image_encode_png (pixels, encoding->level, &error);
  else
    expected = cup_image_encode (pixels, encoding->type, encoding->quality,
        &error);
  g_assert_no_error (error);
  fixture_play (f, "video/x-raw,format=RGB,width=48,height=36,framerate=25/1",
      NULL);
  gst_buffer_unref (fixture_upscale (f, make_rgb_frame (pixels)));
  assert_upload_type (f, encoding->type);
  uploaded = fixture_fetch_uploaded (f, 0);
  assert_bytes_equal (expected, uploaded);
  g_bytes_unref (uploaded);
  g_bytes_unref (expected);
  g_bytes_unref (picture);
  cup_pixels_unref (pixels);
  fixture_free (f);
}

/* What the @n-th frame was sent as. */
static CupImageType
get_uploaded_type (Fixture * f, guint n)
{
  JsonArray *put = fixture_get_requests (f, "put");
  CupImageType type;

  g_assert_cmpuint (json_array_get_length (put), >, n);
  type =
      cup_image_type_from_mime (request_get_header
      (json_array_get_object_element (put, n), "content-type"));
  json_array_unref (put);
  return type;
}

/* An upload takes seconds: then it is worth while to make the next one smaller,
 * but only where that is asked for, and nothing may be lost. */
static void
test_thin_uplink (gconstpointer data)
{
  const gchar *format = data;
  Fixture *f;
  guint n;

  if (skip_without (CUP_IMAGE_WEBP))
    return;
  f = fixture_new (NULL, "quality", 50, NULL);
  gst_util_set_object_arg (G_OBJECT (f->element), "image-format", format);
  fixture_add_fault (f, "put:late:1:FOR=4000");
  fixture_play (f, "video/x-raw,format=RGB,width=320,height=240,framerate=25/1",
      NULL);
  for (n = 0; n < 2; n++) {
    GBytes *picture = make_picture (CUP_IMAGE_PNG, 320, 240), *uploaded;
    CupPixels *pixels = cup_image_decode (picture, 0, NULL), *sent;

    /* Another one each time. */
    pixels->data[0] = (guint8) n;
    gst_buffer_unref (fixture_upscale (f, make_rgb_frame (pixels)));
    g_assert_cmpint (get_uploaded_type (f, n), ==, n == 1
        && g_str_equal (format, "adaptive") ? CUP_IMAGE_WEBP : CUP_IMAGE_PNG);
    uploaded = fixture_fetch_uploaded (f, n);
    /* Less would say nothing of the line. */
    g_assert_cmpuint (g_bytes_get_size (uploaded), >, n == 0 ? 64 * 1024 : 0);
    sent = cup_image_decode (uploaded, 0, NULL);
    g_assert_cmpmem (pixels->data, cup_pixels_get_size (pixels), sent->data,
        cup_pixels_get_size (sent));
    cup_pixels_unref (sent);
    cup_pixels_unref (pixels);
    g_bytes_unref (uploaded);
    g_bytes_unref (picture);
  }
  fixture_free (f);
}

/* Results */

static GBytes *
get_bytes (GstBuffer * buffer)
{
  gpointer data;
  gsize size;

  gst_buffer_extract_dup (buffer, 0, -1, &data, &size);
  return g_bytes_new_take (data, size);
}

/* The result's own bytes leave, of whatever type it is. */
static void
test_pass_through (gconstpointer data)
{
  CupImageType type = *(const CupImageType *) data;
  CupFalServiceOptions options;
  GBytes *result, *found;
  GstStructure *structure;
  GstBuffer *buffer;
  GstCaps *caps;
  gint width, height;
  Fixture *f;

  if (skip_without (type))
    return;
  fixture_options_init (&options);
  options.result_type = type;
  f = fixture_new (&options, NULL, NULL);
  fixture_play (f, FRAME_CAPS, "image/webp;image/jpeg;image/png");
  buffer = fixture_upscale (f, make_frame (1));
  caps = gst_pad_get_current_caps (f->harness->sinkpad);
  structure = gst_caps_get_structure (caps, 0);
  g_assert_true (gst_structure_has_name (structure,
          cup_image_type_get_mime (type)));
  g_assert_true (gst_structure_get (structure, "width", G_TYPE_INT, &width,
          "height", G_TYPE_INT, &height, NULL));
  g_assert_cmpint (width, ==, 32);
  g_assert_cmpint (height, ==, 24);
  found = get_bytes (buffer);
  result = fixture_fetch_result (f);
  assert_bytes_equal (found, result);
  g_bytes_unref (found);
  g_bytes_unref (result);
  gst_caps_unref (caps);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

/* Of another type than downstream takes: encoded again. */
static void
test_transcode (void)
{
  CupFalServiceOptions options;
  GstBuffer *buffer;
  CupImageInfo info;
  GBytes *found;
  Fixture *f;

  fixture_options_init (&options);
  options.result_type = CUP_IMAGE_JPEG;
  f = fixture_new (&options, NULL, NULL);
  fixture_play (f, FRAME_CAPS, "image/png");
  buffer = fixture_upscale (f, make_frame (1));
  found = get_bytes (buffer);
  g_assert_true (cup_image_read_info (found, &info, NULL));
  g_assert_cmpint (info.type, ==, CUP_IMAGE_PNG);
  g_assert_cmpuint (info.width, ==, 32);
  g_bytes_unref (found);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

static void
test_alpha (void)
{
  Fixture *f = fixture_new (NULL, NULL, NULL);
  GstBuffer *frame = gst_buffer_new_allocate (NULL, 16 * 12 * 4, NULL);
  guint8 pixel[4];

  gst_buffer_memset (frame, 0, 99, -1);
  GST_BUFFER_PTS (frame) = 0;
  fixture_play (f, "video/x-raw,format=BGRA,width=16,height=12,framerate=25/1",
      "video/x-raw,format=BGRA");
  frame = fixture_upscale (f, frame);
  g_assert_cmpuint (gst_buffer_get_size (frame), ==, 32 * 24 * 4);
  gst_buffer_extract (frame, 32 * 4 * 12, pixel, 4);
  g_assert_cmpuint (pixel[0], ==, 99);
  g_assert_cmpuint (pixel[3], ==, 99);
  gst_buffer_unref (frame);
  fixture_free (f);
}

/* A service that rounds sizes: the caps are those of the result. */
static void
test_round (void)
{
  CupFalServiceOptions options;
  GstBuffer *frame = gst_buffer_new_allocate (NULL, 100 * 60 * 3, NULL);
  Fixture *f;

  gst_buffer_memset (frame, 0, 8, -1);
  GST_BUFFER_PTS (frame) = 0;
  fixture_options_init (&options);
  options.round = 64;
  f = fixture_new (&options, NULL, NULL);
  fixture_play (f, "video/x-raw,format=RGB,width=100,height=60,framerate=25/1",
      NULL);
  frame = fixture_upscale (f, frame);
  g_assert_cmpuint (gst_buffer_get_size (frame), ==, 192 * 128 * 3);
  fixture_assert_record (f, "caps 192x128|8");
  gst_buffer_unref (frame);
  fixture_free (f);
}

/* Sizes that change from frame to frame, with all of them in flight. */
static void
test_renegotiate (void)
{
  static const gdouble scales[] = { 2, 2, 3, 1.5, 1.5, 2 };
  CupFalServiceOptions options;
  Fixture *f;
  guint i;

  fixture_options_init (&options);
  options.runners = G_N_ELEMENTS (scales);
  f = fixture_new (&options, "max-in-flight", G_N_ELEMENTS (scales), NULL);
  fixture_play (f, FRAME_CAPS, NULL);
  cup_fal_service_hold (f->service, TRUE);
  for (i = 0; i < G_N_ELEMENTS (scales); i++) {
    g_object_set (f->element, "scale", scales[i], NULL);
    g_assert_cmpint (gst_harness_push (f->harness, make_frame (i)), ==,
        GST_FLOW_OK);
  }
  fixture_wait_count (f, CUP_FAL_COUNT_RUNNING, G_N_ELEMENTS (scales));
  cup_fal_service_hold (f->service, FALSE);
  for (i = 0; i < G_N_ELEMENTS (scales); i++)
    assert_frame (gst_harness_pull (f->harness), i);
  fixture_assert_record (f, "caps 32x24|0|1|caps 48x36|2|caps 24x18|3|4|"
      "caps 32x24|5");
  fixture_free (f);
}

/* By how much red is more than blue, in the mean over the frame. */
static gdouble
get_tint (GstBuffer * frame)
{
  gdouble tint = 0;
  GstMapInfo map;
  gsize i;

  g_assert_true (gst_buffer_map (frame, &map, GST_MAP_READ));
  for (i = 0; i + 3 <= map.size; i += 3)
    tint += map.data[i] - map.data[i + 2];
  tint /= map.size / 3.0;
  gst_buffer_unmap (frame, &map);
  gst_buffer_unref (frame);
  return tint;
}

/* A picture that is sent as it came, and comes back in other colours. */
static void
test_colour_match (void)
{
  GBytes *picture = make_picture (CUP_IMAGE_PNG, 64, 48);
  Fixture *f = fixture_new (NULL, "max-in-flight", 1, NULL);
  gdouble tints[3];
  guint i;

  fixture_play (f, "image/png,framerate=25/1", "video/x-raw,format=RGB");
  for (i = 0; i < G_N_ELEMENTS (tints); i++) {
    /* Other settings, or it would not be sent again. */
    g_object_set (f->element, "seed", (gint64) i, NULL);
    if (i == 1)
      fixture_add_fault (f, "result:tinted");
    if (i == 2)
      gst_util_set_object_arg (G_OBJECT (f->element), "color-match", "wavelet");
    tints[i] = get_tint (fixture_upscale (f, make_image_frame (picture)));
  }
  g_test_message ("red is more than blue by %.1f as it is, %.1f with a tint, "
      "%.1f without it again", tints[0], tints[1], tints[2]);
  g_assert_cmpfloat (tints[1], >, tints[0] + 30);
  g_assert_cmpfloat (tints[2], <, tints[0] + 2);
  g_assert_cmpfloat (tints[2], >, tints[0] - 2);
  g_bytes_unref (picture);
  fixture_free (f);
}

static void
add_case (const gchar * group, const gchar * name, gconstpointer c,
    GTestDataFunc func)
{
  gchar *path = g_strdup_printf ("/images/%s/%s", group, name);

  g_test_add_data_func (path, c, func);
  g_free (path);
}

int
main (int argc, char **argv)
{
  guint i;

  fixture_init (&argc, &argv);
  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    const gchar *name = cup_image_type_get_extension (types[i]);

    add_case ("upload", name, &types[i], test_upload_image);
    add_case ("pass-through", name, &types[i], test_pass_through);
  }
  for (i = 0; i < G_N_ELEMENTS (matrices); i++)
    add_case ("i420", matrices[i].colorimetry, &matrices[i], test_upload_i420);
  for (i = 0; i < G_N_ELEMENTS (encodings); i++)
    add_case ("encoding", encodings[i].name, &encodings[i], test_encoding);
  g_test_add_data_func ("/images/thin-uplink/auto", "auto", test_thin_uplink);
  g_test_add_data_func ("/images/thin-uplink/adaptive", "adaptive",
      test_thin_uplink);
  g_test_add_data_func ("/images/upload/no-end", "no-end", test_upload_flawed);
  g_test_add_data_func ("/images/upload/stray", "stray", test_upload_flawed);
  g_test_add_data_func ("/images/upload/cmyk", "cmyk", test_upload_flawed);
  g_test_add_func ("/images/transcode", test_transcode);
  g_test_add_func ("/images/alpha", test_alpha);
  g_test_add_func ("/images/colour-match", test_colour_match);
  g_test_add_func ("/images/round", test_round);
  g_test_add_func ("/images/renegotiate", test_renegotiate);
  return g_test_run ();
}
