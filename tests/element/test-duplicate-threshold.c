/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frames that are nearly the same: how different they are, in every format, and
 * from which frame.
 */
#include "choosing.h"

#include <string.h>

#include "element/difference.h"
#include "lines.h"

static const CupDummyPlan held = {.delay = CUP_DUMMY_HOLD,.hosted = TRUE };

static Fixture *
new_fixture (gdouble threshold)
{
  Fixture *f = fixture_new ("max-in-flight", 64, "duplicate-threshold",
      threshold, NULL);

  cup_dummy_engine_set_plan (f->engine, &held);
  return f;
}

static void
set_threshold (Fixture * f, gdouble threshold)
{
  g_object_set (f->element, "duplicate-threshold", threshold, NULL);
}

static void
push_at (Fixture * f, GstBuffer * buffer, guint n)
{
  set_time (buffer, n);
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
}

/* What became of the frames, a letter each: S for sent, R for reused. Frees
 * @f. */
static void
finish (Fixture * f, const gchar * expected)
{
  guint n, n_sent = 0;

  cup_dummy_engine_release_all (f->engine);
  for (n = 0; expected[n]; n++) {
    gst_buffer_unref (pull_kind (f, n, expected[n] == 'S' ? SENT : REUSED));
    n_sent += expected[n] == 'S';
  }
  /* Frames with a job of their own; equal ones may have shared it. */
  assert_stat (f, "frames-done", n_sent);
  fixture_free (f);
}

static void
set_format (Fixture * f, GstVideoInfo * info, GstVideoFormat format,
    guint width, guint height)
{
  GstCaps *caps;

  g_assert_true (gst_video_info_set_format (info, format, width, height));
  info->fps_n = 25;
  info->fps_d = 1;
  caps = gst_video_info_to_caps (info);
  gst_harness_set_src_caps (f->harness, caps);
}

/* Unpacked lines */

static guint
get_bits (const GstVideoInfo * info)
{
  return GST_VIDEO_FORMAT_INFO_BITS (gst_video_format_get_info
      (info->finfo->unpack_format));
}

typedef void (*FillLine) (guint8 * line, gsize size, gpointer user_data);

/* A frame of lines that @fill makes, of four components a pixel; all that is no
 * sample is noise. */
static GstBuffer *
make_frame (const GstVideoInfo * info, gboolean padded, FillLine fill,
    gpointer user_data)
{
  GstVideoInfo layout = *info;
  gsize size = get_line_size (info), i;
  guint8 *line = g_malloc (size);
  GstVideoAlignment align;
  GstVideoFrame frame;
  GstBuffer *buffer;
  GstMapInfo map;
  gint y;

  gst_video_alignment_reset (&align);
  align.padding_left = align.padding_right = 16;
  align.padding_top = 4;
  if (padded)
    g_assert_true (gst_video_info_align (&layout, &align));
  buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&layout), NULL);
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (i = 0; i < map.size; i++)
    map.data[i] = (guint8) g_test_rand_int ();
  gst_buffer_unmap (buffer, &map);
  if (padded)
    gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
        GST_VIDEO_INFO_FORMAT (info), info->width, info->height,
        GST_VIDEO_INFO_N_PLANES (info), layout.offset, layout.stride);
  g_assert_true (gst_video_frame_map (&frame, (GstVideoInfo *) info, buffer,
          GST_MAP_READWRITE));
  for (y = 0; y < info->height; y++) {
    fill (line, size, user_data);
    pack_line (&frame, y, line);
  }
  gst_video_frame_unmap (&frame);
  g_free (line);
  return buffer;
}

static void
fill_noise (guint8 * line, gsize size, gpointer user_data)
{
  gsize i;

  for (i = 0; i < size; i++)
    line[i] = (guint8) g_test_rand_int ();
}

typedef struct
{
  guint bits;
  guint value[4];               /* alpha first */
} Flat;

static void
fill_flat (guint8 * line, gsize size, gpointer user_data)
{
  const Flat *flat = user_data;
  gsize i;

  for (i = 0; i < size * 8 / flat->bits; i++) {
    if (flat->bits == 16)
      ((guint16 *) line)[i] = (guint16) flat->value[i % 4];
    else
      line[i] = (guint8) flat->value[i % 4];
  }
}

/* All components have @value, as it is unpacked, and alpha @alpha. */
static GstBuffer *
make_flat (const GstVideoInfo * info, guint alpha, guint value)
{
  Flat flat = { get_bits (info), {alpha, value, value, value} };

  return make_frame (info, FALSE, fill_flat, &flat);
}

/* Every format */

static gdouble
get_line_difference (const GstVideoInfo * info, const guint8 * a,
    const guint8 * b, gint y, guint * n)
{
  const GstVideoFormatInfo *format = info->finfo;
  const gboolean palette =
      GST_VIDEO_FORMAT_INFO_FLAGS (format) & GST_VIDEO_FORMAT_FLAG_PALETTE;
  gdouble sum = 0;
  guint c;
  gint x;

  for (c = 0; c < 4; c++) {
    const guint at = (c + 1) % 4;       /* alpha, the last, comes first */

    if (!palette && c >= GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format))
      continue;
    for (x = 0; x < info->width; x++) {
      const gsize i = (gsize) x * 4 + at;

      if (!palette && (x % (1 << format->w_sub[c])
              || y % (1 << format->h_sub[c])))
        continue;
      sum += get_bits (info) == 8 ? abs (a[i] - b[i]) :
          abs (((guint16 *) a)[i] - ((guint16 *) b)[i]) / 256.0;
      (*n)++;
    }
  }
  return sum;
}

/* By what GStreamer unpacks. */
static gdouble
get_difference (const GstVideoInfo * info, GstBuffer * a, GstBuffer * b)
{
  gsize size = get_line_size (info);
  guint8 *lines[2] = { g_malloc (size), g_malloc (size) };
  GstVideoFrame frames[2];
  gdouble sum = 0;
  guint n = 0, i;
  gint y;

  gst_video_frame_map (&frames[0], (GstVideoInfo *) info, a, GST_MAP_READ);
  gst_video_frame_map (&frames[1], (GstVideoInfo *) info, b, GST_MAP_READ);
  for (y = 0; y < info->height; y++) {
    for (i = 0; i < 2; i++)
      unpack_line (&frames[i], y, lines[i]);
    sum += get_line_difference (info, lines[0], lines[1], y, &n);
  }
  for (i = 0; i < 2; i++) {
    gst_video_frame_unmap (&frames[i]);
    g_free (lines[i]);
  }
  return sum / n;
}

static void
run_format (GstVideoFormat format, guint width, guint height)
{
  Fixture *f = new_fixture (0);
  gboolean padded;
  GstBuffer *a, *b;
  gdouble difference;
  GstVideoInfo info;

  set_format (f, &info, format, width, height);
  padded = !(GST_VIDEO_FORMAT_INFO_FLAGS (info.finfo)
      & (GST_VIDEO_FORMAT_FLAG_TILED | GST_VIDEO_FORMAT_FLAG_PALETTE));
  a = make_frame (&info, FALSE, fill_noise, NULL);
  b = make_frame (&info, padded, fill_noise, NULL);
  difference = get_difference (&info, a, b);
  g_test_message ("%s, %ux%u: %g", gst_video_format_to_string (format), width,
      height, difference);
  g_assert_cmpfloat (difference, >, 0);
  push_at (f, a, 0);
  set_threshold (f, difference * 1.000001);
  push_at (f, gst_buffer_ref (b), 1);
  set_threshold (f, difference * 0.999999);
  push_at (f, b, 2);
  finish (f, "SRS");
}

/* Odd sizes, and a width that is not a few samples only. */
static void
test_formats (void)
{
  guint n, i;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);

  g_assert_cmpuint (n, >, 80);
  for (i = 0; i < n; i++) {
    run_format (formats[i], 34, 17);
    run_format (formats[i], 332, 16);
  }
}

/* Every byte */

/* The bits of an unpacked row that are the samples'; the others are what unpacking
 * makes up, or what packing does not keep. */
static guint16
get_mask (const GstVideoFormatInfo * format, guint component, guint bits)
{
  const guint c = component > 0 ? component - 1 : 3;
  const guint n = GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format);

  if (GST_VIDEO_FORMAT_INFO_FLAGS (format) & GST_VIDEO_FORMAT_FLAG_PALETTE)
    return 0xffff;
  if (c >= n)
    return 0;
  return (guint16) (0xffffu << (bits - MIN (bits,
              GST_VIDEO_FORMAT_INFO_DEPTH (format, c))));
}

/* Whether unpacked rows differ in what can be seen: @masked for sure, else
 * perhaps. */
static gboolean
is_seen (const GstVideoInfo * info, const GstVideoFrame * a,
    const GstVideoFrame * b, gboolean masked)
{
  const guint bits = get_bits (info);
  gsize size = get_line_size (info);
  guint8 *lines[2] = { g_malloc0 (size), g_malloc0 (size) };
  gboolean seen = FALSE;
  gint y, i;

  for (y = 0; y < info->height && !seen; y++) {
    unpack_line (a, y, lines[0]);
    unpack_line (b, y, lines[1]);
    for (i = 0; i < 4 * info->width && !seen; i++) {
      const guint16 mask = masked ? get_mask (info->finfo, (guint) i % 4, bits)
          : 0xffff;
      const guint x = bits == 8 ? lines[0][i] ^ lines[1][i] :
          ((guint16 *) lines[0])[i] ^ ((guint16 *) lines[1])[i];

      seen = (x & mask) != 0;
    }
  }
  g_free (lines[0]);
  g_free (lines[1]);
  return seen;
}

/* A bit in each byte of the frame: what it shows is another frame, what it does not
 * is the same one. */
static void
check_every_byte (GstVideoFormat format, guint width, guint height)
{
  GstVideoFrame frames[2];
  GstBuffer *a, *b;
  GstVideoInfo info;
  GstMapInfo map;
  guint8 *data;
  gsize i, size;

  g_assert_true (gst_video_info_set_format (&info, format, width, height));
  a = make_frame (&info, FALSE, fill_noise, NULL);
  gst_buffer_map (a, &map, GST_MAP_READ);
  data = g_memdup2 (map.data, size = map.size);
  gst_buffer_unmap (a, &map);
  b = gst_buffer_new_wrapped (data, size);
  g_assert_true (gst_video_frame_map (&frames[0], &info, a, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&frames[1], &info, b, GST_MAP_READ));
  for (i = 0; i < size; i++) {
    const guint8 flip = 1u << i % 8;
    gboolean same;

    data[i] ^= flip;
    same = cup_difference_is_within (&frames[0], &frames[1], 0);
    if (same && is_seen (&info, &frames[0], &frames[1], TRUE))
      g_error ("%s: byte %" G_GSIZE_FORMAT " is not seen",
          gst_video_format_to_string (format), i);
    if (!same && !is_seen (&info, &frames[0], &frames[1], FALSE))
      g_error ("%s: byte %" G_GSIZE_FORMAT " shows nothing",
          gst_video_format_to_string (format), i);
    data[i] ^= flip;
  }
  gst_video_frame_unmap (&frames[1]);
  gst_video_frame_unmap (&frames[0]);
  gst_buffer_unref (b);
  gst_buffer_unref (a);
}

static void
test_every_byte (void)
{
  guint n, i;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);

  for (i = 0; i < n; i++) {
    check_every_byte (formats[i], 18, 4);
    check_every_byte (formats[i], 7, 5);
  }
}

/* How much is a level: of all components alike, so that the mean is that of
 * each. */
static void
test_levels (void)
{
  static const struct
  {
    GstVideoFormat format;
    guint from, to;             /* unpacked */
    gdouble difference;
  } rows[] = {
    {GST_VIDEO_FORMAT_GRAY8, 100, 101, 1},
    {GST_VIDEO_FORMAT_I420, 100, 103, 3},
    {GST_VIDEO_FORMAT_GRAY16_LE, 1000, 1128, 0.5},
    {GST_VIDEO_FORMAT_GRAY16_BE, 1000, 1128, 0.5},
    {GST_VIDEO_FORMAT_I420_10LE, 300 << 6, 303 << 6, 0.75},
    {GST_VIDEO_FORMAT_I420_10BE, 300 << 6, 303 << 6, 0.75},
    {GST_VIDEO_FORMAT_P010_10LE, 303 << 6, 300 << 6, 0.75},
    {GST_VIDEO_FORMAT_I422_12LE, 300 << 4, 301 << 4, 0.0625},
    {GST_VIDEO_FORMAT_P010_10BE, 303 << 6, 300 << 6, 0.75},
    {GST_VIDEO_FORMAT_v216, 1000, 1128, 0.5},
    {GST_VIDEO_FORMAT_ARGB64, 1000, 1128, 0.375},
    {GST_VIDEO_FORMAT_v210, 300 << 6, 303 << 6, 0.75},
    {GST_VIDEO_FORMAT_r210, 300 << 6, 303 << 6, 0.75},
    {GST_VIDEO_FORMAT_UYVP, 300 << 6, 303 << 6, 0.75},
    {GST_VIDEO_FORMAT_NV12_10LE32, 300 << 6, 303 << 6, 0.75},
    {GST_VIDEO_FORMAT_NV12_64Z32, 100, 103, 3},
    {GST_VIDEO_FORMAT_RGB15, 80, 88, 8},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    Fixture *f = new_fixture (rows[i].difference);
    GstVideoInfo info;
    GstBuffer *buffer;

    g_test_message ("%s", gst_video_format_to_string (rows[i].format));
    set_format (f, &info, rows[i].format, 32, 16);
    buffer = make_flat (&info, 0, rows[i].to);
    push_at (f, make_flat (&info, 0, rows[i].from), 0);
    push_at (f, gst_buffer_ref (buffer), 1);
    set_threshold (f, rows[i].difference * 0.99);
    push_at (f, buffer, 2);
    finish (f, "SRS");
  }
}

/* Alpha is a component; what RGBx has in its place is none. */
static void
test_alpha (void)
{
  Fixture *f = new_fixture (1);
  GstVideoInfo info;
  GstBuffer *buffer;
  GstMapInfo map;
  gsize i;

  set_format (f, &info, GST_VIDEO_FORMAT_RGBA, 32, 16);
  push_at (f, make_flat (&info, 10, 50), 0);
  push_at (f, make_flat (&info, 14, 50), 1);
  push_at (f, make_flat (&info, 15, 50), 2);
  set_format (f, &info, GST_VIDEO_FORMAT_RGBx, 32, 16);
  set_threshold (f, 1e-6);
  push_at (f, buffer = make_flat (&info, 0, 50), 3);
  buffer = make_flat (&info, 0, 50);
  gst_buffer_map (buffer, &map, GST_MAP_READWRITE);
  for (i = 3; i < map.size; i += 4)
    map.data[i] ^= 0xff;
  gst_buffer_unmap (buffer, &map);
  push_at (f, buffer, 4);
  finish (f, "SRSSR");
}

/* Bits of a word that are not the sample's. */
static void
run_unused (GstVideoFormat format, guint16 unused)
{
  Fixture *f = new_fixture (1e-6);
  GstVideoInfo info;
  GstBuffer *buffer;
  GstMapInfo map;
  gsize i;

  set_format (f, &info, format, 32, 16);
  push_at (f, make_flat (&info, 0, 300 << 6), 0);
  buffer = make_flat (&info, 0, 300 << 6);
  gst_buffer_map (buffer, &map, GST_MAP_READWRITE);
  for (i = 0; i + 1 < map.size; i += 2)
    GST_WRITE_UINT16_LE (map.data + i,
        GST_READ_UINT16_LE (map.data + i) ^ unused);
  gst_buffer_unmap (buffer, &map);
  push_at (f, buffer, 1);
  finish (f, "SR");
}

static void
test_unused (void)
{
  run_unused (GST_VIDEO_FORMAT_I420_10LE, 0xfc00);
  run_unused (GST_VIDEO_FORMAT_P010_10LE, 0x003f);
}

/* Gray frames */

#define SIDE 10

static GstBuffer *
make_gray (guint8 level)
{
  /* Rows of 10 bytes and two of padding. */
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 12 * SIDE, NULL);

  gst_buffer_memset (buffer, 0, level, -1);
  return buffer;
}

/* @n of its pixels are brighter by @difference. */
static GstBuffer *
make_spotted (guint8 level, guint n, guint8 difference)
{
  GstBuffer *buffer = make_gray (level);
  guint i;

  for (i = 0; i < n; i++)
    gst_buffer_memset (buffer, i / SIDE * 12 + i % SIDE, level + difference, 1);
  return buffer;
}

static Fixture *
new_gray_fixture (gdouble threshold)
{
  Fixture *f = new_fixture (threshold);
  GstVideoInfo info;

  set_format (f, &info, GST_VIDEO_FORMAT_GRAY8, SIDE, SIDE);
  g_assert_cmpuint (GST_VIDEO_INFO_SIZE (&info), ==, 12 * SIDE);
  return f;
}

static void
run_levels (gdouble threshold, const gchar * levels, const gchar * expected)
{
  Fixture *f = new_gray_fixture (threshold);
  guint n;

  for (n = 0; levels[n]; n++)
    push_at (f, make_gray ((guint8) levels[n]), n);
  finish (f, expected);
}

/* Below, at and above the threshold, to both sides. */
static void
test_noise (void)
{
  run_levels (2, "mnlokmp", "SRRRRRS");
  run_levels (0, "mmnm", "SRSS");
  run_levels (0.5, "mmnm", "SRSS");
  run_levels (255, "\1\377\1", "SRR");
}

/* With the frame that was sent, not with the one before. */
static void
test_drift (void)
{
  run_levels (2, "abcdefghi", "SRRSRRSRR");
  run_levels (2, "abcbabcdcba", "SRRRRRRSRRS");
}

/* It is a mean: a spot may be as bright as it wants. */
static void
test_spots (void)
{
  Fixture *f = new_gray_fixture (10);

  push_at (f, make_spotted (20, 0, 0), 0);
  push_at (f, make_spotted (20, 5, 200), 1);
  push_at (f, make_spotted (20, 6, 200), 2);
  finish (f, "SRS");
}

/* The product of numbers that have no exact form, with 100 samples. */
static void
test_rounding (void)
{
  guint i;

  for (i = 1; i < 100; i++) {
    Fixture *f = new_gray_fixture (i / 100.0);

    push_at (f, make_spotted (20, 0, 0), 0);
    push_at (f, make_spotted (20, i, 1), 1);
    push_at (f, make_spotted (20, i + 1, 1), 2);
    finish (f, "SRS");
  }
}

static void
test_while_playing (void)
{
  Fixture *f = new_gray_fixture (0);

  push_at (f, make_gray (10), 0);
  push_at (f, make_gray (11), 1);
  set_threshold (f, 1);
  push_at (f, make_gray (12), 2);
  push_at (f, make_gray (10), 3);
  set_threshold (f, 0);
  push_at (f, make_gray (12), 4);
  push_at (f, make_gray (12), 5);
  finish (f, "SSRRSR");
}

/* What is never the same */

static void
test_others (void)
{
  Fixture *f = new_fixture (255);
  GstVideoInfo info;

  set_format (f, &info, GST_VIDEO_FORMAT_RGBA, 16, 12);
  push_at (f, make_flat (&info, 255, 10), 0);
  push_at (f, make_flat (&info, 0, 200), 1);
  g_object_set (f->element, "prompt", "a lighthouse", NULL);
  push_at (f, make_flat (&info, 255, 10), 2);
  set_format (f, &info, GST_VIDEO_FORMAT_BGRA, 16, 12);
  push_at (f, make_flat (&info, 255, 10), 3);
  set_format (f, &info, GST_VIDEO_FORMAT_BGRA, 12, 16);
  push_at (f, make_flat (&info, 255, 10), 4);
  push_at (f, make_flat (&info, 255, 10), 5);
  finish (f, "SRSSSR");
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

/* Pictures of about as many bytes that differ by a level. */
static void
test_images (void)
{
  Fixture *f = new_fixture (255);

  fixture_set_caps (f, "image/png,framerate=25/1");
  push_at (f, make_png (7), 0);
  push_at (f, make_png (7), 1);
  push_at (f, make_png (8), 2);
  finish (f, "SRS");
}

static void
test_uri_list (void)
{
  static gchar list[] = "https://files.example/7\nhttps://files.example/7\n";
  Fixture *f = fixture_new_idle ();

  g_object_set (f->element, "duplicate-threshold", 255.0, NULL);
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

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/duplicate-threshold/formats", test_formats);
  g_test_add_func ("/duplicate-threshold/every-byte", test_every_byte);
  g_test_add_func ("/duplicate-threshold/levels", test_levels);
  g_test_add_func ("/duplicate-threshold/alpha", test_alpha);
  g_test_add_func ("/duplicate-threshold/unused-bits", test_unused);
  g_test_add_func ("/duplicate-threshold/noise", test_noise);
  g_test_add_func ("/duplicate-threshold/drift", test_drift);
  g_test_add_func ("/duplicate-threshold/spots", test_spots);
  g_test_add_func ("/duplicate-threshold/rounding", test_rounding);
  g_test_add_func ("/duplicate-threshold/while-playing", test_while_playing);
  g_test_add_func ("/duplicate-threshold/others", test_others);
  g_test_add_func ("/duplicate-threshold/images", test_images);
  g_test_add_func ("/duplicate-threshold/uri-list", test_uri_list);

  return fixture_run ();
}
