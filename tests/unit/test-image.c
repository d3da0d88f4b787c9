/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pictures there and back, in all kinds that the formats have. What is damaged
 * or hostile is in test-image-damage.c.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "png-samples.h"

static const guint all_channels[] = { 1, 3, 4 };

/* Types and memory */

static void
test_types (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (image_types); i++)
    g_assert_cmpint (cup_image_type_from_mime (cup_image_type_get_mime
            (image_types[i])), ==, image_types[i]);
  g_assert_cmpstr (cup_image_type_get_mime (CUP_IMAGE_JPEG), ==, "image/jpeg");
  g_assert_cmpstr (cup_image_type_get_extension (CUP_IMAGE_PNG), ==, "png");
  g_assert_cmpstr (cup_image_type_get_extension (CUP_IMAGE_JPEG), ==, "jpg");
  g_assert_cmpstr (cup_image_type_get_extension (CUP_IMAGE_WEBP), ==, "webp");
  g_assert_null (cup_image_type_get_mime (CUP_IMAGE_UNKNOWN));
  g_assert_null (cup_image_type_get_extension (CUP_IMAGE_UNKNOWN));

#define FROM(mime) cup_image_type_from_mime (mime)
  g_assert_cmpint (FROM ("image/jpg"), ==, CUP_IMAGE_JPEG);
  g_assert_cmpint (FROM ("IMAGE/PNG; charset=binary"), ==, CUP_IMAGE_PNG);
  g_assert_cmpint (FROM (" image/webp ;x"), ==, CUP_IMAGE_WEBP);
  g_assert_cmpint (FROM ("image/pn"), ==, CUP_IMAGE_UNKNOWN);
  g_assert_cmpint (FROM ("image/pngx"), ==, CUP_IMAGE_UNKNOWN);
  g_assert_cmpint (FROM ("image/svg+xml"), ==, CUP_IMAGE_UNKNOWN);
  g_assert_cmpint (FROM (""), ==, CUP_IMAGE_UNKNOWN);
  g_assert_cmpint (FROM (NULL), ==, CUP_IMAGE_UNKNOWN);
#undef FROM

  g_assert_true (cup_image_type_is_supported (CUP_IMAGE_PNG));
  g_assert_true (cup_image_type_is_supported (CUP_IMAGE_JPEG));
  g_assert_false (cup_image_type_is_supported (CUP_IMAGE_UNKNOWN));
}

static void
test_pixels (void)
{
  GError *error = NULL;
  CupPixels *pixels;
  guint i;

  for (i = 1; i < 20; i++) {
    pixels = cup_pixels_new (i, 3, 3, 8, NULL);
    g_assert_cmpuint (pixels->stride, ==, (i * 3 + 3) / 4 * 4);
    g_assert_cmpuint (cup_pixels_get_size (pixels), ==, pixels->stride * 3);
    g_assert_cmpuint ((guintptr) pixels->data % 16, ==, 0);
    cup_pixels_ref (pixels);
    cup_pixels_unref (pixels);
    cup_pixels_unref (pixels);
  }
  g_assert_null (cup_pixels_new (4, 4, 5, 8, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED);
  g_clear_error (&error);
  g_assert_null (cup_pixels_new (4, 4, 3, 12, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED);
  g_clear_error (&error);
  g_assert_null (cup_pixels_new (0, 4, 3, 8, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA);
  g_clear_error (&error);
  g_assert_null (cup_pixels_new (65536, 1, 3, 8, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_assert_null (cup_pixels_new (65535, 65535, 3, 8, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_assert_true (cup_pixels_check_size (10, 10, 100, "x", NULL));
  g_assert_false (cup_pixels_check_size (10, 10, 99, "x", NULL));
  g_assert_false (cup_pixels_check_size (G_MAXUINT64, 2, 0, "x", NULL));
}

/* PNG */

static void
test_png_round_trip (void)
{
  static const guint sizes[][2] = {
    {1, 1}, {1, 9}, {9, 1}, {7, 5}, {64, 48}, {333, 77}
  };
  gsize i, j;
  guint depth;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    for (j = 0; j < G_N_ELEMENTS (all_channels); j++) {
      for (depth = 8; depth <= 16; depth += 8) {
        CupPixels *in = sample_pixels (sizes[i][0], sizes[i][1],
            all_channels[j], depth);
        GBytes *bytes = encode (in, CUP_IMAGE_PNG, 0);
        CupPixels *out = decode (bytes);

        assert_equal (in, out);
        cup_pixels_unref (in);
        cup_pixels_unref (out);
        g_bytes_unref (bytes);
      }
    }
  }
}

static void
check_png_sample (const PngSample * sample)
{
  GBytes *bytes = png_sample_make (sample);
  CupPixels *expected = png_sample_expected (sample);
  CupPixels *pixels = decode (bytes);

  assert_equal (expected, pixels);
  cup_pixels_unref (expected);
  cup_pixels_unref (pixels);
  g_bytes_unref (bytes);
}

static void
test_png_kinds (void)
{
  static const gint color_types[] = { 0, 2, 3, 4, 6 };
  gsize i;
  gint depth, interlaced, trns;
  guint width;

  for (i = 0; i < G_N_ELEMENTS (color_types); i++) {
    for (depth = 1; depth <= 16; depth *= 2) {
      gint type = color_types[i];

      if ((type == 3 && depth == 16) || (type != 3 && type != 0 && depth < 8))
        continue;
      for (interlaced = 0; interlaced < 2; interlaced++) {
        for (trns = 0; trns < 2; trns++) {
          if (trns && (type & PNG_COLOR_MASK_ALPHA))
            continue;
          for (width = 1; width < 20; width += 3) {
            PngSample sample = { width, 20 - width, type, depth, interlaced,
              trns
            };

            check_png_sample (&sample);
          }
        }
      }
    }
  }
}

/* What stands beside the pixels changes nothing and is no reason to fail. */
static void
test_png_ancillary (void)
{
  static const gchar *chunks[] = {
    "eXIf", "gAMA", "sBIT", "iCCP", "tEXt", "cHRM", "tIME", "prVt", "sPLT"
  };
  guint8 *large = g_malloc0 (9000000);
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (chunks); i++) {
    static const guint8 nonsense[] = { 1, 2, 3, 4 };
    PngSample sample = { 10, 10, PNG_COLOR_TYPE_RGB, 8 };

    sample.extra_chunk = chunks[i];
    check_png_sample (&sample);
    sample.extra_data = nonsense;
    sample.extra_size = sizeof (nonsense);
    check_png_sample (&sample);
    sample.extra_data = large;
    sample.extra_size = 9000000;
    check_png_sample (&sample);
  }
  g_free (large);
}

/* JPEG */

static void
test_jpeg_quality (void)
{
  static const guint channels[] = { 1, 3 };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (channels); i++) {
    CupPixels *in = sample_pixels (203, 101, channels[i], 8);
    GBytes *good = encode (in, CUP_IMAGE_JPEG, 95);
    GBytes *poor = encode (in, CUP_IMAGE_JPEG, 30);
    CupPixels *out = decode (good), *out_poor = decode (poor);

    g_assert_cmpuint (out->channels, ==, channels[i]);
    g_assert_cmpfloat (psnr (in, out), >, 45);
    g_assert_cmpfloat (psnr (in, out), >, psnr (in, out_poor) + 3);
    g_assert_cmpuint (g_bytes_get_size (poor), <, g_bytes_get_size (good));
    cup_pixels_unref (in);
    cup_pixels_unref (out);
    cup_pixels_unref (out_poor);
    g_bytes_unref (good);
    g_bytes_unref (poor);
  }
}

/* The most exact transform, which the library leaves out for speed at this
 * quality. */
static void
test_jpeg_transform (void)
{
  CupPixels *pixels = sample_pixels (64, 48, 3, 8);
  GBytes *bytes = encode (pixels, CUP_IMAGE_JPEG, 95);
  GBytes *exact = make_jpeg (pixels, TJPF_RGB, TJSAMP_444, TJFLAG_ACCURATEDCT);
  GBytes *fast = make_jpeg (pixels, TJPF_RGB, TJSAMP_444, TJFLAG_FASTDCT);

  g_assert_true (g_bytes_equal (bytes, exact));
  g_assert_false (g_bytes_equal (bytes, fast));
  g_bytes_unref (bytes);
  g_bytes_unref (exact);
  g_bytes_unref (fast);
  cup_pixels_unref (pixels);
}

/* Color at full resolution, whatever the quality. */
static void
test_jpeg_subsampling (void)
{
  GBytes *bytes = encode_sample (40, 30, 3, 8, CUP_IMAGE_JPEG, 30);
  tjhandle handle = tjInitDecompress ();
  gint width, height, subsampling, color_space;
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  g_assert_cmpint (tjDecompressHeader3 (handle, data, size, &width, &height,
          &subsampling, &color_space), ==, 0);
  g_assert_cmpint (subsampling, ==, TJSAMP_444);
  tjDestroy (handle);
  g_bytes_unref (bytes);
}

static void
test_jpeg_kinds (void)
{
  static const gint subsamplings[] = {
    TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_440, TJSAMP_411, TJSAMP_GRAY
  };
  gsize i;
  gint progressive;

  for (i = 0; i < G_N_ELEMENTS (subsamplings); i++) {
    for (progressive = 0; progressive < 2; progressive++) {
      gboolean gray = subsamplings[i] == TJSAMP_GRAY;
      CupPixels *in = sample_pixels (75, 53, gray ? 1 : 3, 8);
      GBytes *bytes = make_jpeg (in, gray ? TJPF_GRAY : TJPF_RGB,
          subsamplings[i], progressive ? TJFLAG_PROGRESSIVE : 0);
      CupPixels *out = decode (bytes);

      g_assert_cmpuint (out->channels, ==, gray ? 1 : 3);
      g_assert_cmpfloat (psnr (in, out), >, 42);
      cup_pixels_unref (in);
      cup_pixels_unref (out);
      g_bytes_unref (bytes);
    }
  }
}

static void
test_jpeg_alpha (void)
{
  guint depth;

  for (depth = 8; depth <= 16; depth += 8) {
    CupPixels *pixels = sample_pixels (31, 17, 4, depth), *out, *rgb;
    GError *error = NULL;
    GBytes *bytes;
    guint x, y, c;

    g_assert_null (cup_image_encode (pixels, CUP_IMAGE_JPEG, 90, &error));
    g_assert_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED);
    g_assert_nonnull (strstr (error->message, "transparent"));
    g_clear_error (&error);

    sample_set_alpha (pixels, (1u << depth) - 1);
    bytes = encode (pixels, CUP_IMAGE_JPEG, 95);
    out = decode (bytes);
    rgb = cup_pixels_new (31, 17, 3, 8, NULL);
    for (y = 0; y < rgb->height; y++) {
      for (x = 0; x < rgb->width; x++) {
        for (c = 0; c < 3; c++)
          sample_set (rgb, x, y, c, sample_get (pixels, x, y, c)
              >> (depth - 8));
      }
    }
    g_assert_cmpfloat (psnr (rgb, out), >, 42);
    cup_pixels_unref (rgb);
    cup_pixels_unref (out);
    g_bytes_unref (bytes);

    /* One pixel is enough. */
    sample_set (pixels, 30, 16, 3, 1u << (depth - 1));
    g_assert_null (cup_image_encode (pixels, CUP_IMAGE_JPEG, 90, &error));
    g_assert_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED);
    g_clear_error (&error);
    cup_pixels_unref (pixels);
  }
}

/* WebP */

static void
test_webp_lossless (void)
{
  static const guint sizes[][2] = { {1, 1}, {9, 1}, {7, 5}, {133, 77} };
  gsize i;

  if (skip_without_webp ())
    return;
  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    CupPixels *in = sample_pixels (sizes[i][0], sizes[i][1], 3, 8);
    GBytes *bytes = encode (in, CUP_IMAGE_WEBP, 100);
    CupPixels *out = decode (bytes);

    assert_equal (in, out);
    cup_pixels_unref (in);
    cup_pixels_unref (out);
    g_bytes_unref (bytes);

    /* With the color under alpha of 0, which stands in the samples. */
    in = sample_pixels (sizes[i][0], sizes[i][1], 4, 8);
    bytes = encode (in, CUP_IMAGE_WEBP, 100);
    out = decode (bytes);
    assert_equal (in, out);
    cup_pixels_unref (out);
    g_bytes_unref (bytes);

    /* Alpha that says nothing is not stored. */
    sample_set_alpha (in, 255);
    bytes = encode (in, CUP_IMAGE_WEBP, 100);
    out = decode (bytes);
    g_assert_cmpuint (out->channels, ==, 3);
    g_assert_cmpfloat (psnr (in, out), ==, 99);
    cup_pixels_unref (in);
    cup_pixels_unref (out);
    g_bytes_unref (bytes);
  }
}

static void
test_webp_lossy (void)
{
  gsize i;

  if (skip_without_webp ())
    return;
  for (i = 0; i < G_N_ELEMENTS (all_channels); i++) {
    CupPixels *in = sample_pixels (203, 101, all_channels[i], 8);
    GBytes *good = encode (in, CUP_IMAGE_WEBP, 95);
    GBytes *poor = encode (in, CUP_IMAGE_WEBP, 10);
    CupPixels *out = decode (good);

    g_assert_cmpuint (out->channels, ==, all_channels[i] == 4 ? 4 : 3);
    g_assert_cmpfloat (psnr (in, out), >, 36);
    g_assert_cmpuint (g_bytes_get_size (poor), <, g_bytes_get_size (good));
    cup_pixels_unref (in);
    cup_pixels_unref (out);
    g_bytes_unref (good);
    g_bytes_unref (poor);
  }
}

/* All values of 16 bits, rounded to 8, and gray made RGB on the way. */
static void
test_webp_reduced (void)
{
  CupPixels *in, *out;
  GBytes *bytes;
  guint i, c;

  if (skip_without_webp ())
    return;
  in = cup_pixels_new (256, 256, 1, 16, NULL);
  for (i = 0; i < 65536; i++)
    sample_set (in, i & 255, i >> 8, 0, i);
  bytes = encode (in, CUP_IMAGE_WEBP, 100);
  out = decode (bytes);
  g_assert_cmpuint (out->channels, ==, 3);
  for (i = 0; i < 65536; i++) {
    for (c = 0; c < 3; c++)
      g_assert_cmpuint (sample_get (out, i & 255, i >> 8, c), ==,
          (guint) (i / 257. + 0.5));
  }
  cup_pixels_unref (in);
  cup_pixels_unref (out);
  g_bytes_unref (bytes);
}

/* All types */

static gboolean
is_lossy (const CupPixels * pixels, CupImageType type, guint quality)
{
  GBytes *bytes = encode (pixels, type, quality);
  gboolean lossy = cup_image_is_lossy (bytes, type);

  g_bytes_unref (bytes);
  return lossy;
}

static void
test_is_lossy (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (all_channels); i++) {
    CupPixels *pixels = sample_pixels (23, 11, all_channels[i], 8);

    g_assert_false (is_lossy (pixels, CUP_IMAGE_PNG, 0));
    if (all_channels[i] < 4)
      g_assert_true (is_lossy (pixels, CUP_IMAGE_JPEG, 100));
    if (cup_image_type_is_supported (CUP_IMAGE_WEBP)) {
      g_assert_false (is_lossy (pixels, CUP_IMAGE_WEBP, 100));
      /* With alpha, that is a file of several chunks. */
      g_assert_true (is_lossy (pixels, CUP_IMAGE_WEBP, 99));
    }
    cup_pixels_unref (pixels);
  }
}

static void
test_side_limits (void)
{
  CupPixels *pixels = sample_pixels (16384, 1, 1, 8);
  GError *error = NULL;

  g_assert_null (cup_image_encode (pixels, CUP_IMAGE_WEBP, 90, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED);
  if (cup_image_type_is_supported (CUP_IMAGE_WEBP))
    g_assert_nonnull (strstr (error->message, "16383"));
  g_clear_error (&error);
  cup_pixels_unref (pixels);

  pixels = sample_pixels (1, 65535, 1, 8);
  g_assert_null (cup_image_encode (pixels, CUP_IMAGE_JPEG, 90, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "65500"));
  g_clear_error (&error);
  g_bytes_unref (encode (pixels, CUP_IMAGE_PNG, 0));
  cup_pixels_unref (pixels);
}

static void
test_arguments (void)
{
  CupPixels *pixels = sample_pixels (4, 4, 3, 8);
  GError *error = NULL;

  g_assert_null (cup_image_encode (pixels, CUP_IMAGE_UNKNOWN, 90, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED);
  g_clear_error (&error);
  g_assert_null (cup_image_encode (pixels, CUP_IMAGE_JPEG, 0, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_SETTINGS);
  g_clear_error (&error);
  g_assert_null (cup_image_encode (pixels, CUP_IMAGE_JPEG, 101, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_SETTINGS);
  g_clear_error (&error);
  cup_pixels_unref (pixels);
}

static void
test_max_count (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (image_types); i++) {
    GError *error = NULL;
    CupPixels *pixels;
    GBytes *bytes;

    if (!cup_image_type_is_supported (image_types[i]))
      continue;
    bytes = encode_sample (20, 10, 3, 8, image_types[i], 90);
    g_assert_null (cup_image_decode (bytes, 199, &error));
    g_assert_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE);
    g_assert_nonnull (strstr (error->message, "20×10"));
    g_clear_error (&error);
    pixels = cup_image_decode (bytes, 200, &error);
    g_assert_no_error (error);
    cup_pixels_unref (pixels);
    g_bytes_unref (bytes);
  }
}

static void
test_header_only (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (image_types); i++) {
    GError *error = NULL;
    CupImageInfo info;
    GBytes *bytes, *start;

    if (!cup_image_type_is_supported (image_types[i]))
      continue;
    bytes = encode_sample (640, 480, 3, 8, image_types[i], 90);
    start = g_bytes_new_from_bytes (bytes, 0, 1024);
    g_assert_true (cup_image_read_info (start, &info, &error));
    g_assert_no_error (error);
    g_assert_cmpint (info.type, ==, image_types[i]);
    g_assert_cmpuint (info.width, ==, 640);
    g_assert_cmpuint (info.height, ==, 480);
    g_assert_cmpuint (info.channels, ==, 3);
    g_assert_cmpuint (info.depth, ==, 8);
    g_bytes_unref (start);
    g_bytes_unref (bytes);
  }
}

static gpointer
run_round_trips (gpointer data)
{
  gint i;

  for (i = 0; i < 20; i++) {
    CupPixels *in = sample_pixels (60 + i, 40, 3, 8), *out;
    GBytes *png = encode (in, CUP_IMAGE_PNG, 0);
    GBytes *jpeg = encode (in, CUP_IMAGE_JPEG, 95);

    out = decode (png);
    assert_equal (in, out);
    cup_pixels_unref (out);
    out = decode (jpeg);
    g_assert_cmpfloat (psnr (in, out), >, 40);
    cup_pixels_unref (out);
    cup_pixels_unref (in);
    /* A failure here must not show in the other threads' messages. */
    if (data)
      assert_data_refused (g_bytes_get_data (jpeg, NULL),
          g_bytes_get_size (jpeg) - 40, FALSE, CUP_ERROR_BAD_DATA,
          "incomplete");
    g_bytes_unref (png);
    g_bytes_unref (jpeg);
  }
  return NULL;
}

static void
test_threads (void)
{
  GThread *threads[4];
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("codec", run_round_trips,
        GUINT_TO_POINTER (i % 2));
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* Alpha */

static void
test_is_opaque (void)
{
  static const guint depths[] = { 8, 16 };
  guint i, d;

  for (i = 0; i < G_N_ELEMENTS (all_channels); i++) {
    for (d = 0; d < G_N_ELEMENTS (depths); d++) {
      /* The least that 8 bits round to 255. */
      guint least = depths[d] == 8 ? 255 : 65535 - 128;
      CupPixels *pixels = cup_pixels_new (5, 3, all_channels[i], depths[d],
          NULL);

      memset (pixels->data, 0, cup_pixels_get_size (pixels));
      if (all_channels[i] == 4) {
        guint x, y;

        g_assert_false (cup_pixels_is_opaque (pixels));
        for (y = 0; y < 3; y++) {
          for (x = 0; x < 5; x++)
            sample_set (pixels, x, y, 3, least);
        }
        sample_set (pixels, 4, 2, 3, least - 1);
        g_assert_false (cup_pixels_is_opaque (pixels));
        sample_set (pixels, 4, 2, 3, least);
      }
      g_assert_true (cup_pixels_is_opaque (pixels));
      cup_pixels_unref (pixels);
    }
  }
}

/* Black */

static void
test_is_black (void)
{
  static const guint depths[] = { 8, 16 };
  guint i, d, width;

  for (i = 0; i < G_N_ELEMENTS (all_channels); i++) {
    for (d = 0; d < G_N_ELEMENTS (depths); d++) {
      /* Widths that leave rests of blocks of many lengths. */
      for (width = 1; width < 140; width += 1 + width / 7) {
        guint limit = depths[d] == 8 ? 2 : 2 * 257, x, y, c;
        CupPixels *pixels = cup_pixels_new (width, 3, all_channels[i],
            depths[d], NULL);

        /* The padding between rows does not count, nor does alpha. */
        memset (pixels->data, 0xff, cup_pixels_get_size (pixels));
        for (y = 0; y < 3; y++) {
          for (x = 0; x < width; x++) {
            for (c = 0; c < MIN (all_channels[i], 3); c++)
              sample_set (pixels, x, y, c, limit);
          }
        }
        g_assert_true (cup_pixels_is_black (pixels));
        /* One sample at a time, wherever it is. */
        for (x = 0; x < width; x++) {
          c = x % MIN (all_channels[i], 3);
          y = x % 3;
          sample_set (pixels, x, y, c, limit + 1);
          g_assert_false (cup_pixels_is_black (pixels));
          sample_set (pixels, x, y, c, limit);
        }
        g_assert_true (cup_pixels_is_black (pixels));
        cup_pixels_unref (pixels);
      }
    }
  }
}

static gboolean
may_be_black (GBytes * bytes)
{
  CupImageInfo info;
  gboolean may;

  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  may = cup_image_may_be_black (bytes, &info);
  g_test_message ("type %d, %u channels, %u bits: %" G_GSIZE_FORMAT
      " bytes: %d", info.type, info.channels, info.depth,
      g_bytes_get_size (bytes), may);
  g_bytes_unref (bytes);
  return may;
}

/* Opaque, with random samples below @range. */
static CupPixels *
noise_pixels (guint channels, guint depth, guint range)
{
  CupPixels *pixels = sample_pixels (321, 243, channels, depth);
  GRand *rand = g_rand_new_with_seed (range);
  guint x, y, c;

  if (channels == 4)
    sample_set_alpha (pixels, depth == 8 ? 255 : 65535);
  for (y = 0; y < pixels->height; y++) {
    for (x = 0; x < pixels->width; x++) {
      for (c = 0; c < MIN (channels, 3); c++)
        sample_set (pixels, x, y, c, g_rand_int_range (rand, 0, range));
    }
  }
  g_rand_free (rand);
  return pixels;
}

/* No black picture is taken for another one, not even one that barely passes;
 * one with something on it is not decoded. */
static void
test_may_be_black (void)
{
  static const guint depths[] = { 8, 16 };
  guint t, i, d;

  for (t = 0; t < G_N_ELEMENTS (image_types); t++) {
    if (!cup_image_type_is_supported (image_types[t]))
      continue;
    for (i = 0; i < G_N_ELEMENTS (all_channels); i++) {
      /* JPEG has no alpha. */
      if (image_types[t] == CUP_IMAGE_JPEG && all_channels[i] == 4)
        continue;
      for (d = 0; d < G_N_ELEMENTS (depths); d++) {
        gboolean is_lossy = image_types[t] == CUP_IMAGE_JPEG;
        guint one = depths[d] == 8 ? 1 : 257;
        CupPixels *pixels = noise_pixels (all_channels[i], depths[d], 1);

        g_assert_true (may_be_black (encode (pixels, image_types[t], 50)));
        g_assert_true (may_be_black (encode (pixels, image_types[t], 100)));
        cup_pixels_unref (pixels);

        pixels = noise_pixels (all_channels[i], depths[d], 2 * one + 1);
        g_assert_true (cup_pixels_is_black (pixels));
        if (!is_lossy)
          g_assert_true (may_be_black (encode (pixels, image_types[t], 100)));
        cup_pixels_unref (pixels);

        pixels = noise_pixels (all_channels[i], depths[d], 56 * one);
        g_assert_false (may_be_black (encode (pixels, image_types[t], 90)));
        cup_pixels_unref (pixels);
      }
    }
  }
}

/* Black by an encoder that does little or nothing. */
static GBytes *
png_black (gint color_type, gint depth, gint level, gint strategy)
{
  GByteArray *array = g_byte_array_new ();
  png_structp png = png_create_write_struct (PNG_LIBPNG_VER_STRING, NULL, NULL,
      NULL);
  png_infop info = png_create_info_struct (png);
  guint8 *row = g_malloc0 (300 * 8);
  png_color palette[1] = { {0, 0, 0} };
  guint y;

  png_set_write_fn (png, array, png_sample_write, png_sample_flush);
  png_set_IHDR (png, info, 300, 200, depth, color_type, PNG_INTERLACE_NONE,
      PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (color_type == PNG_COLOR_TYPE_PALETTE)
    png_set_PLTE (png, info, palette, 1);
  png_set_filter (png, 0, PNG_FILTER_NONE);
  png_set_compression_level (png, level);
  png_set_compression_strategy (png, strategy);
  png_write_info (png, info);
  for (y = 0; y < 200; y++)
    png_write_row (png, row);
  png_write_end (png, info);
  png_destroy_write_struct (&png, &info);
  g_free (row);
  return g_byte_array_free_to_bytes (array);
}

static void
test_may_be_black_png (void)
{
  static const struct
  {
    gint color_type;
    gint depth;
  } kinds[] = {
    {PNG_COLOR_TYPE_GRAY, 1}, {PNG_COLOR_TYPE_GRAY, 4},
    {PNG_COLOR_TYPE_GRAY, 8}, {PNG_COLOR_TYPE_GRAY, 16},
    {PNG_COLOR_TYPE_GRAY_ALPHA, 8}, {PNG_COLOR_TYPE_RGB, 8},
    {PNG_COLOR_TYPE_RGB, 16}, {PNG_COLOR_TYPE_RGB_ALPHA, 8},
    {PNG_COLOR_TYPE_RGB_ALPHA, 16}, {PNG_COLOR_TYPE_PALETTE, 1},
    {PNG_COLOR_TYPE_PALETTE, 8},
  };
  guint i;
  gint level, strategy;

  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    /* zlib's levels, 0 stores; its strategies: filtered, Huffman codes only,
     * runs, fixed codes. */
    for (level = 0; level <= 9; level += 3) {
      for (strategy = 0; strategy <= 4; strategy++) {
        GBytes *bytes = png_black (kinds[i].color_type, kinds[i].depth, level,
            strategy);
        CupPixels *pixels = decode (bytes);

        g_assert_true (cup_pixels_is_black (pixels));
        cup_pixels_unref (pixels);
        g_assert_true (may_be_black (bytes));
      }
    }
  }
}

/* Whatever the bytes are, the worst that comes of it is decoding. */
static void
test_may_be_black_damage (void)
{
  guint t;
  gsize i;

  for (t = 0; t < G_N_ELEMENTS (image_types); t++) {
    CupPixels *pixels;
    CupImageInfo info;
    GBytes *bytes;

    if (!cup_image_type_is_supported (image_types[t]))
      continue;
    pixels = sample_pixels (24, 16, 3, 8);
    bytes = encode (pixels, image_types[t], 90);
    g_assert_true (cup_image_read_info (bytes, &info, NULL));
    for (i = 0; i < g_bytes_get_size (bytes); i++) {
      gsize size;
      gconstpointer whole = g_bytes_get_data (bytes, &size);
      guint8 *data = g_memdup2 (whole, size);
      GBytes *part;

      /* Cut off, in memory of its own, and with a byte changed. */
      part = g_bytes_new (data, i);
      cup_image_may_be_black (part, &info);
      g_bytes_unref (part);
      data[i] = 0xff;
      part = g_bytes_new_take (data, size);
      cup_image_may_be_black (part, &info);
      g_bytes_unref (part);
    }
    g_bytes_unref (bytes);
    cup_pixels_unref (pixels);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/image/types", test_types);
  g_test_add_func ("/image/pixels", test_pixels);
  g_test_add_func ("/image/png/round-trip", test_png_round_trip);
  g_test_add_func ("/image/png/kinds", test_png_kinds);
  g_test_add_func ("/image/png/ancillary", test_png_ancillary);
  g_test_add_func ("/image/jpeg/quality", test_jpeg_quality);
  g_test_add_func ("/image/jpeg/subsampling", test_jpeg_subsampling);
  g_test_add_func ("/image/jpeg/transform", test_jpeg_transform);
  g_test_add_func ("/image/jpeg/kinds", test_jpeg_kinds);
  g_test_add_func ("/image/jpeg/alpha", test_jpeg_alpha);
  g_test_add_func ("/image/webp/lossless", test_webp_lossless);
  g_test_add_func ("/image/webp/lossy", test_webp_lossy);
  g_test_add_func ("/image/webp/reduced", test_webp_reduced);
  g_test_add_func ("/image/is-lossy", test_is_lossy);
  g_test_add_func ("/image/side-limits", test_side_limits);
  g_test_add_func ("/image/arguments", test_arguments);
  g_test_add_func ("/image/max-count", test_max_count);
  g_test_add_func ("/image/header-only", test_header_only);
  g_test_add_func ("/image/threads", test_threads);
  g_test_add_func ("/image/is-opaque", test_is_opaque);
  g_test_add_func ("/image/is-black", test_is_black);
  g_test_add_func ("/image/may-be-black", test_may_be_black);
  g_test_add_func ("/image/may-be-black/png", test_may_be_black_png);
  g_test_add_func ("/image/may-be-black/damage", test_may_be_black_damage);

  return g_test_run ();
}
