/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that are not as they should be, or say more of themselves than an orientation
 * and a profile: what leaves, and what is told of it.
 */
#include "choosing.h"

#include <string.h>

#include "../unit/png-testing.h"
#include "../unit/profile-samples.h"

#define WIDTH 24
#define HEIGHT 16

/* Takes @bytes. */
static GstFlowReturn
try_bytes (Fixture * f, GBytes * bytes)
{
  GstBuffer *buffer = gst_buffer_new_wrapped_bytes (bytes);

  GST_BUFFER_DURATION (buffer) = FRAME_DURATION;
  g_bytes_unref (bytes);
  return gst_harness_push (f->harness, buffer);
}

static void
push_bytes (Fixture * f, GBytes * bytes)
{
  g_assert_cmpint (try_bytes (f, bytes), ==, GST_FLOW_OK);
}

static GBytes *
pull_bytes (Fixture * f)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);
  GstMapInfo map;
  GBytes *bytes;

  g_assert_nonnull (buffer);
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  bytes = g_bytes_new (map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  return bytes;
}

static void
drop_output (Fixture * f)
{
  gst_buffer_unref (gst_harness_pull (f->harness));
}

static Fixture *
files_fixture (const gchar * mime, const gchar * downstream,
    const CupDummyPlan * plan)
{
  Fixture *f = fixture_new ("max-in-flight", 16, NULL);
  gchar *caps;

  if (plan)
    cup_dummy_engine_set_plan (f->engine, plan);
  gst_harness_set_sink_caps_str (f->harness, downstream);
  /* With times, or the second frame would be warned of. */
  caps = g_strconcat (mime, ",framerate=25/1", NULL);
  fixture_set_caps (f, caps);
  g_free (caps);
  return f;
}

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

static void
expect_error (Fixture * f, const gchar * part)
{
  GstMessage *message = fixture_wait_message (f, GST_MESSAGE_ERROR);
  GError *error = NULL;

  gst_message_parse_error (message, &error, NULL);
  if (!strstr (error->message, part))
    g_error ("\"%s\" does not say \"%s\"", error->message, part);
  g_error_free (error);
  gst_message_unref (message);
}

/* --- flaws --- */

/* A JPEG without its end marker. @cut: so many bytes more are missing. */
static GBytes *
make_endless (guint8 key, gsize cut)
{
  CupPixels *pixels = cup_pixels_new (WIDTH, HEIGHT, 3, 8, NULL);
  GBytes *bytes, *part;
  guint x, y;

  for (y = 0; y < HEIGHT; y++) {
    for (x = 0; x < WIDTH * 3; x++)
      cup_pixels_row (pixels, y)[x] = (guint8) (key + x * y);
  }
  bytes = encode (pixels, CUP_IMAGE_JPEG, 90);
  part = g_bytes_new_from_bytes (bytes, 0, g_bytes_get_size (bytes) - 2 - cut);
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
  return part;
}

/* Whether the engine decodes it or not, and once. */
static void
test_flawed_input (void)
{
  static const CupEngineAccepts accepts[] = { CUP_ENGINE_ACCEPTS_PIXELS,
    CUP_ENGINE_ACCEPTS_ENCODED
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (accepts); i++) {
    Fixture *f = files_fixture ("image/jpeg", "video/x-raw", NULL);

    cup_dummy_engine_set_accepts (f->engine, accepts[i]);
    push_bytes (f, make_endless (1, 0));
    drop_output (f);
    expect_warning (f, "picture is not as it should be (Premature end of JPEG");
    push_bytes (f, make_endless (2, 0));
    drop_output (f);
    expect_no_warning (f);
    /* Before anything is sent. */
    try_bytes (f, make_endless (3, 40));
    expect_error (f, "incomplete, the pixels end after");
    cup_dummy_engine_set_accepts (f->engine, CUP_ENGINE_ACCEPTS_PIXELS);
    fixture_free (f);
  }
}

/* As it is, and decoded in either way. */
static void
test_flawed_result (void)
{
  static const gchar *const downstreams[] = { "image/jpeg", "image/png",
    "video/x-raw,format=BGRx", "video/x-raw,format=I420"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (downstreams); i++) {
    const CupDummyPlan plan = {.file = make_endless (9, 0) };
    Fixture *f = files_fixture ("image/jpeg", downstreams[i], &plan);

    push_bytes (f, encode_sample (WIDTH, HEIGHT, 3, 8, CUP_IMAGE_JPEG, 90));
    drop_output (f);
    expect_warning (f, "result is not as it should be (Premature end of JPEG");
    push_bytes (f, encode_sample (WIDTH, HEIGHT, 1, 8, CUP_IMAGE_JPEG, 90));
    drop_output (f);
    expect_no_warning (f);
    fixture_free (f);
    g_bytes_unref (plan.file);
  }
}

/* --- light --- */

/* A PNG with @n chunks of these types and contents before its pixels. */
typedef struct
{
  const gchar *type;
  const gchar *content;
  gsize size;
} Chunk;

static GBytes *
make_png (gint color_type, guint height, const Chunk * chunks, guint n)
{
  const PngSample sample = { WIDTH, height, color_type, 8, FALSE, FALSE };
  GBytes *plain = png_sample_make (&sample);
  GByteArray *file = g_bytes_unref_to_array (plain);
  GByteArray *added = g_byte_array_new ();
  gsize behind = file->len - 33;
  guint i;

  for (i = 0; i < n; i++)
    png_append_chunk (added, chunks[i].type, (const guint8 *) chunks[i].content,
        chunks[i].size);
  g_byte_array_set_size (file, file->len + added->len);
  memmove (file->data + 33 + added->len, file->data + 33, behind);
  if (added->len > 0)
    memcpy (file->data + 33, added->data, added->len);
  g_byte_array_unref (added);
  return g_byte_array_free_to_bytes (file);
}

/* The content of the first such chunk, NULL for none; into @size. */
static const guint8 *
find_chunk (GBytes * bytes, const gchar * type, gsize * size)
{
  gsize length, at = 8;
  const guint8 *data = g_bytes_get_data (bytes, &length);

  while (at + 12 <= length) {
    *size = png_get_uint_32 (data + at);
    if (memcmp (data + at + 4, type, 4) == 0)
      return data + at + 8;
    at += 12 + *size;
  }
  return NULL;
}

#define CHUNK(type, content) { type, content, sizeof (content) - 1 }
#define PQ CHUNK ("cICP", "\x09\x10\x00\x01")
#define LINEAR CHUNK ("gAMA", "\x00\x01\x86\xa0")
#define GAMMA_22 CHUNK ("gAMA", "\x00\x00\xb1\x8f")
#define GAMMA_24 CHUNK ("gAMA", "\x00\x00\xa2\xc3")
#define SRGB CHUNK ("sRGB", "\x01")
/* Of BT.2020. */
#define WIDE CHUNK ("cHRM", "\x00\x00\x7a\x26\x00\x00\x80\x84" \
  "\x00\x01\x14\x90\x00\x00\x72\x10\x00\x00\x42\x68\x00\x01\x37\x48" \
  "\x00\x00\x33\x2c\x00\x00\x11\xf8")
#define MASTERING CHUNK ("mDCV", "\x8a\x48\x39\x08\x21\x34\x9b\xaa" \
  "\x19\x96\x08\xfc\x3d\x13\x40\x42\x00\x98\x96\x80\x00\x00\x00\x01")
#define CONTENT CHUNK ("cLLI", "\x00\x98\x96\x80\x00\x3d\x09\x00")

/* @colorimetry: of RGB; NULL where caps have no word. */
static const struct
{
  const gchar *colorimetry;
  gboolean is_plain;
  Chunk chunks[3];
} lights[] = {
  {"1:1:14:7", FALSE, {PQ}},
  {"1:1:14:7", FALSE, {PQ, MASTERING, CONTENT}},
  {"1:1:15:7", FALSE, {CHUNK ("cICP", "\x09\x12\x00\x01")}},
  {"sRGB", TRUE, {CHUNK ("cICP", "\x01\x0d\x00\x01")}},
  {"1:1:1:1", FALSE, {LINEAR}},
  {"sRGB", TRUE, {GAMMA_22}},
  {"sRGB", TRUE, {SRGB, LINEAR}},
  {"1:1:7:7", FALSE, {GAMMA_22, WIDE}},
  {"1:1:14:7", FALSE, {PQ, SRGB, LINEAR}},
  {"sRGB", FALSE, {GAMMA_24}},
  {"sRGB", FALSE, {CHUNK ("cICP", "\x09\x10\x00\x00")}},
};

static guint
count_chunks (guint i)
{
  guint n = 0;

  while (n < 3 && lights[i].chunks[n].type)
    n++;
  return n;
}

static void
test_light_in_files (void)
{
  guint i, k;

  for (i = 0; i < G_N_ELEMENTS (lights); i++) {
    Fixture *f = files_fixture ("image/png", "image/png", NULL);
    GBytes *bytes;

    push_bytes (f, make_png (PNG_COLOR_TYPE_RGB, HEIGHT, lights[i].chunks,
            count_chunks (i)));
    bytes = pull_bytes (f);
    for (k = 0; k < count_chunks (i); k++) {
      const Chunk *chunk = &lights[i].chunks[k];
      gsize size;
      const guint8 *content = find_chunk (bytes, chunk->type, &size);

      g_assert_nonnull (content);
      g_assert_cmpmem (content, size, chunk->content, chunk->size);
    }
    expect_no_warning (f);
    g_bytes_unref (bytes);
    fixture_free (f);
  }
}

static GstCaps *
get_output_caps (Fixture * f)
{
  return gst_pad_get_current_caps (f->harness->sinkpad);
}

static void
assert_field (Fixture * f, const gchar * field, const gchar * expected)
{
  GstCaps *caps = get_output_caps (f);

  g_assert_cmpstr (gst_structure_get_string (gst_caps_get_structure (caps, 0),
          field), ==, expected);
  gst_caps_unref (caps);
}

static void
test_light_in_caps (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (lights); i++) {
    Fixture *f = files_fixture ("image/png", "video/x-raw,format=RGB", NULL);
    gboolean is_said = lights[i].is_plain
        || !g_str_equal (lights[i].colorimetry, "sRGB");

    push_bytes (f, make_png (PNG_COLOR_TYPE_RGB, HEIGHT, lights[i].chunks,
            count_chunks (i)));
    drop_output (f);
    assert_field (f, "colorimetry", lights[i].colorimetry);
    if (i == 1) {
      assert_field (f, "mastering-display-info",
          "35400:14600:8500:39850:6550:2300:15635:16450:10000000:1");
      assert_field (f, "content-light-level", "1000:400");
    }
    if (!is_said)
      expect_warning (f, "will be taken for sRGB");
    expect_no_warning (f);
    fixture_free (f);
  }
}

/* As YUV, and where downstream insists on something else; and as a type that has no
 * place for it: there is one warning. */
static void
test_light_lost (void)
{
  static const Chunk pq = PQ;
  Fixture *f = files_fixture ("image/png", "video/x-raw,format=I420", NULL);

  push_bytes (f, make_png (PNG_COLOR_TYPE_RGB, HEIGHT, &pq, 1));
  drop_output (f);
  assert_field (f, "colorimetry", "bt2100-pq");
  expect_no_warning (f);
  fixture_free (f);

  f = files_fixture ("image/png", "video/x-raw,colorimetry=sRGB", NULL);
  push_bytes (f, make_png (PNG_COLOR_TYPE_RGB, HEIGHT, &pq, 1));
  drop_output (f);
  expect_warning (f, "cICP 9/16/0/1");
  push_bytes (f, make_png (PNG_COLOR_TYPE_RGB, HEIGHT, &pq, 1));
  drop_output (f);
  expect_no_warning (f);
  fixture_free (f);

  f = files_fixture ("image/png", "image/jpeg", NULL);
  push_bytes (f, make_png (PNG_COLOR_TYPE_RGB, HEIGHT, &pq, 1));
  drop_output (f);
  expect_warning (f, "cICP 9/16/0/1");
  expect_no_warning (f);
  fixture_free (f);
}

/* A service gets the file, and says nothing. What it says itself leaves. */
static void
test_light_of_results (void)
{
  static const Chunk pq = PQ;
  CupDummyPlan plan = {.image_type = CUP_IMAGE_PNG };
  Fixture *f = files_fixture ("image/png", "image/png", &plan);

  cup_dummy_engine_set_accepts (f->engine, CUP_ENGINE_ACCEPTS_ENCODED);
  push_bytes (f, make_png (PNG_COLOR_TYPE_RGB, HEIGHT, &pq, 1));
  drop_output (f);
  expect_warning (f, "do not: whether the service has converted");
  expect_no_warning (f);
  plan.file = make_png (PNG_COLOR_TYPE_RGB, HEIGHT, &pq, 1);
  cup_dummy_engine_set_plan (f->engine, &plan);
  gst_harness_set_sink_caps_str (f->harness, "video/x-raw,format=RGB");
  push_bytes (f, make_png (PNG_COLOR_TYPE_RGB, HEIGHT, &pq, 0));
  drop_output (f);
  assert_field (f, "colorimetry", "1:1:14:7");
  expect_no_warning (f);
  cup_dummy_engine_set_accepts (f->engine, CUP_ENGINE_ACCEPTS_PIXELS);
  fixture_free (f);
  g_bytes_unref (plan.file);
}

/* --- density --- */

/* 300 dots by the inch, of a picture that is enlarged two and a half times. */
static void
test_density (void)
{
  static const Chunk phys =
      CHUNK ("pHYs", "\x00\x00\x2e\x23\x00\x00\x2e\x23\x01");
  static const Chunk ratio =
      CHUNK ("pHYs", "\x00\x00\x00\x02\x00\x00\x00\x01\x00");
  const CupDummyPlan plan = {.width = WIDTH * 5 / 2,.height = HEIGHT * 5 / 2 };
  Fixture *f = files_fixture ("image/png", "image/png", &plan);
  const guint8 *content;
  GBytes *bytes;
  gsize size;

  push_bytes (f, make_png (PNG_COLOR_TYPE_RGB, HEIGHT, &phys, 1));
  bytes = pull_bytes (f);
  content = find_chunk (bytes, "pHYs", &size);
  g_assert_nonnull (content);
  g_assert_cmpuint (png_get_uint_32 (content), ==, 29528);
  g_assert_cmpuint (png_get_uint_32 (content + 4), ==, 29528);
  g_assert_cmpuint (content[8], ==, 1);
  g_bytes_unref (bytes);

  push_bytes (f, make_png (PNG_COLOR_TYPE_RGB, HEIGHT, &ratio, 1));
  bytes = pull_bytes (f);
  content = find_chunk (bytes, "pHYs", &size);
  g_assert_cmpmem (content, size, ratio.content, ratio.size);
  g_bytes_unref (bytes);
  expect_no_warning (f);

  gst_harness_set_sink_caps_str (f->harness, "image/jpeg");
  push_bytes (f, make_png (PNG_COLOR_TYPE_RGB, HEIGHT, &phys, 1));
  bytes = pull_bytes (f);
  content = g_bytes_get_data (bytes, NULL);
  g_assert_cmpmem (content + 13, 5, "\x01\x02\xee\x02\xee", 5);
  g_bytes_unref (bytes);
  expect_no_warning (f);

  gst_harness_set_sink_caps_str (f->harness, "video/x-raw");
  push_bytes (f, make_png (PNG_COLOR_TYPE_RGB, HEIGHT, &phys, 1));
  drop_output (f);
  expect_warning (f, "dots per inch");
  expect_no_warning (f);
  fixture_free (f);
}

/* Of a JPEG: by the inch and by the centimetre. That of a screen is no loss. */
static void
test_density_of_jpeg (void)
{
  static const struct
  {
    guint8 unit, dots;
    guint32 expected;
    gboolean is_told;
  } cases[] = {
    {1, 200, 7874, TRUE}, {2, 100, 10000, TRUE}, {1, 72, 2835, FALSE},
    {1, 96, 3780, FALSE}, {0, 1, 0, FALSE}
  };
  const CupDummyPlan plan = {.width = WIDTH,.height = HEIGHT };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fixture *f = files_fixture ("image/jpeg", "image/png", &plan);
    GByteArray *file = g_bytes_unref_to_array (encode_sample (WIDTH, HEIGHT, 3,
            8, CUP_IMAGE_JPEG, 90));
    const guint8 *content;
    GBytes *bytes;
    gsize size;

    file->data[13] = cases[i].unit;
    file->data[15] = file->data[17] = cases[i].dots;
    push_bytes (f, g_bytes_new (file->data, file->len));
    bytes = pull_bytes (f);
    content = find_chunk (bytes, "pHYs", &size);
    g_assert_true ((content != NULL) == (cases[i].expected > 0));
    if (content)
      g_assert_cmpuint (png_get_uint_32 (content), ==, cases[i].expected);
    g_bytes_unref (bytes);
    expect_no_warning (f);
    gst_harness_set_sink_caps_str (f->harness, "video/x-raw");
    push_bytes (f, g_byte_array_free_to_bytes (file));
    drop_output (f);
    if (cases[i].is_told)
      expect_warning (f, "dots per inch");
    expect_no_warning (f);
    fixture_free (f);
  }
}

/* --- gray with alpha --- */

static void
test_gray_alpha (void)
{
  const CupDummyPlan plan = {.channels = 4 };
  CupImageMetadata what = {.orientation = 1 };
  Fixture *f = files_fixture ("image/png", "image/png", &plan);
  GBytes *bytes;
  CupImageMetadata *found, *metadata;

  what.profile = profile_make (&profile_gray);
  metadata = cup_image_metadata_copy (&what);
  bytes = make_png (PNG_COLOR_TYPE_GRAY_ALPHA, HEIGHT, NULL, 0);
  push_bytes (f, cup_image_metadata_insert (metadata, bytes, CUP_IMAGE_PNG, 2,
          NULL));
  bytes = pull_bytes (f);
  g_assert_cmpuint (((const guint8 *) g_bytes_get_data (bytes, NULL))[25], ==,
      PNG_COLOR_TYPE_GRAY_ALPHA);
  found = cup_image_metadata_read (bytes, CUP_IMAGE_PNG);
  g_assert_true (g_bytes_equal (found->profile, what.profile));
  expect_no_warning (f);
  g_bytes_unref (bytes);
  cup_image_metadata_unref (found);
  cup_image_metadata_unref (metadata);
  g_bytes_unref (what.profile);

  /* As RGBA comes, it leaves. */
  push_bytes (f, make_png (PNG_COLOR_TYPE_RGB_ALPHA, HEIGHT, NULL, 0));
  bytes = pull_bytes (f);
  g_assert_cmpuint (((const guint8 *) g_bytes_get_data (bytes, NULL))[25], ==,
      PNG_COLOR_TYPE_RGB_ALPHA);
  g_bytes_unref (bytes);
  fixture_free (f);
}

/* --- animations --- */

static void
test_animation (void)
{
  static const Chunk moving[] = {
    CHUNK ("acTL", "\x00\x00\x00\x02\x00\x00\x00\x00"),
  };
  static const Chunk hidden[] = {
    CHUNK ("acTL", "\x00\x00\x00\x01\x00\x00\x00\x00"),
  };
  static const Chunk still[] = {
    CHUNK ("acTL", "\x00\x00\x00\x01\x00\x00\x00\x00"),
    CHUNK ("fcTL", "12345678901234567890123456"),
  };
  Fixture *f = files_fixture ("image/png", "image/png", NULL);

  push_bytes (f, make_png (PNG_COLOR_TYPE_RGB, HEIGHT, still, 2));
  drop_output (f);
  expect_no_warning (f);
  try_bytes (f, make_png (PNG_COLOR_TYPE_RGB_ALPHA, HEIGHT, hidden, 1));
  expect_error (f, "animations are not supported; extract the frames first");
  fixture_free (f);

  f = files_fixture ("image/png", "image/png", NULL);
  try_bytes (f, make_png (PNG_COLOR_TYPE_RGB, HEIGHT, moving, 1));
  expect_error (f, "animations are not supported; extract the frames first");
  fixture_free (f);
}

/* --- pictures inside of pictures --- */

#define MPF_HEADER_SIZE 4
#define MPF_TIFF_SIZE (8 + 2 + 12 + 4 + 32)

/* A photo that names a picture of @size behind it, at @distance of its end. */
static GBytes *
make_photo (guint8 key, guint32 size, guint32 distance)
{
  guint8 mpf[4 + MPF_HEADER_SIZE + MPF_TIFF_SIZE] = { 0xff, 0xe2, 0,
    2 + MPF_HEADER_SIZE + MPF_TIFF_SIZE, 'M', 'P', 'F', 0,
    'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1,
    0xb0, 0x02, 0, 7, 0, 0, 0, 32, 0, 0, 0, 26
  };
  GBytes *plain = make_endless (key, 0);
  GByteArray *file = g_bytes_unref_to_array (plain);
  guint8 *second = mpf + 8 + 26 + 16;
  gsize behind = file->len - 20;

  g_byte_array_append (file, (const guint8 *) "\xff\xd9", 2);
  behind += 2;
  g_byte_array_set_size (file, file->len + sizeof mpf);
  memmove (file->data + 20 + sizeof mpf, file->data + 20, behind);
  png_save_uint_32 (second + 4, size);
  /* Counted from the TIFF header. */
  png_save_uint_32 (second + 8, file->len - 28 + distance);
  memcpy (file->data + 20, mpf, sizeof mpf);
  return g_byte_array_free_to_bytes (file);
}

static GBytes *
join (GBytes * a, GBytes * b)
{
  GByteArray *both = g_bytes_unref_to_array (g_bytes_ref (a));

  g_byte_array_append (both, g_bytes_get_data (b, NULL), g_bytes_get_size (b));
  return g_byte_array_free_to_bytes (both);
}

/* @photo, without the end of its file, and what a parser makes of the rest. */
static void
test_parts (void)
{
  Fixture *f = files_fixture ("image/jpeg", "image/png", NULL);
  GBytes *part = encode_sample (8, 8, 1, 8, CUP_IMAGE_JPEG, 80);
  GBytes *other = encode_sample (40, 24, 3, 8, CUP_IMAGE_JPEG, 80);
  const guint32 size = (guint32) g_bytes_get_size (part);
  GBytes *photo = make_photo (1, size, 0), *whole;

  push_bytes (f, g_bytes_ref (photo));
  push_bytes (f, g_bytes_ref (part));
  drop_output (f);
  expect_warning (f, "parts of it");
  /* Twice the same size is another picture, as is another size. */
  push_bytes (f, g_bytes_ref (part));
  drop_output (f);
  push_bytes (f, make_photo (2, size, 0));
  drop_output (f);
  push_bytes (f, g_bytes_ref (other));
  drop_output (f);
  push_bytes (f, make_photo (3, size + 10, 10));
  push_bytes (f, g_bytes_ref (part));
  drop_output (f);
  /* A file that nobody has cut. */
  whole = join (photo, part);
  push_bytes (f, whole);
  drop_output (f);
  push_bytes (f, g_bytes_ref (part));
  drop_output (f);
  g_assert_cmpuint (gst_harness_buffers_in_queue (f->harness), ==, 0);
  expect_no_warning (f);
  assert_sent (f, 7);
  g_bytes_unref (part);
  g_bytes_unref (other);
  g_bytes_unref (photo);
  fixture_free (f);
}

/* The real parser. */
static void
test_parts_by_jpegparse (void)
{
  GstElementFactory *factory = gst_element_factory_find ("jpegparse");
  Fixture *f;
  GBytes *part, *photo, *whole;
  GstHarness *parser;
  GstBuffer *buffer;

  if (!factory) {
    g_test_skip ("there is no jpegparse");
    return;
  }
  gst_object_unref (factory);
  part = encode_sample (8, 8, 1, 8, CUP_IMAGE_JPEG, 80);
  photo = make_photo (1, (guint32) g_bytes_get_size (part), 0);
  whole = join (photo, part);
  parser = gst_harness_new ("jpegparse");
  gst_harness_set_src_caps_str (parser, "image/jpeg");
  buffer = gst_buffer_new_wrapped_bytes (whole);
  gst_harness_push (parser, buffer);
  gst_harness_push_event (parser, gst_event_new_eos ());
  g_assert_cmpuint (gst_harness_buffers_in_queue (parser), ==, 2);
  f = files_fixture ("image/jpeg", "image/png", NULL);
  while ((buffer = gst_harness_try_pull (parser)))
    g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
  drop_output (f);
  expect_warning (f, "parts of it");
  assert_sent (f, 1);
  gst_harness_teardown (parser);
  g_bytes_unref (part);
  g_bytes_unref (photo);
  g_bytes_unref (whole);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/files/flawed-input", test_flawed_input);
  g_test_add_func ("/files/flawed-result", test_flawed_result);
  g_test_add_func ("/files/light-in-files", test_light_in_files);
  g_test_add_func ("/files/light-in-caps", test_light_in_caps);
  g_test_add_func ("/files/light-lost", test_light_lost);
  g_test_add_func ("/files/light-of-results", test_light_of_results);
  g_test_add_func ("/files/density", test_density);
  g_test_add_func ("/files/density-of-jpeg", test_density_of_jpeg);
  g_test_add_func ("/files/gray-alpha", test_gray_alpha);
  g_test_add_func ("/files/animation", test_animation);
  g_test_add_func ("/files/parts", test_parts);
  g_test_add_func ("/files/parts-by-jpegparse", test_parts_by_jpegparse);
  return fixture_run ();
}
