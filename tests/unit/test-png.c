/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * PNG without libpng, against libpng: whatever one writes the other reads, and
 * both read the same.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "base/team.h"
#include "png-testing.h"

static const struct
{
  gint color_type;
  gint depth;
} kinds[] = {
  {PNG_COLOR_TYPE_GRAY, 1}, {PNG_COLOR_TYPE_GRAY, 2},
  {PNG_COLOR_TYPE_GRAY, 4}, {PNG_COLOR_TYPE_GRAY, 8},
  {PNG_COLOR_TYPE_GRAY, 16}, {PNG_COLOR_TYPE_RGB, 8},
  {PNG_COLOR_TYPE_RGB, 16}, {PNG_COLOR_TYPE_PALETTE, 1},
  {PNG_COLOR_TYPE_PALETTE, 2}, {PNG_COLOR_TYPE_PALETTE, 4},
  {PNG_COLOR_TYPE_PALETTE, 8}, {PNG_COLOR_TYPE_GRAY_ALPHA, 8},
  {PNG_COLOR_TYPE_GRAY_ALPHA, 16}, {PNG_COLOR_TYPE_RGB_ALPHA, 8},
  {PNG_COLOR_TYPE_RGB_ALPHA, 16},
};

static const guint sizes[][2] = {
  {1, 1}, {1, 9}, {2, 3}, {3, 1}, {5, 5}, {7, 4}, {8, 8}, {9, 2}, {11, 6},
  {16, 16}, {17, 13}, {33, 3}, {131, 5},
};

static const gint filters[] = {
  PNG_FILTER_NONE, PNG_FILTER_SUB, PNG_FILTER_UP, PNG_FILTER_AVG,
  PNG_FILTER_PAETH, PNG_ALL_FILTERS,
};

/* What is to go the fast way, and not only may. */
static gboolean
is_plain (const PngSample * sample)
{
  gboolean is_palette = sample->color_type == PNG_COLOR_TYPE_PALETTE;

  return !sample->interlaced && sample->depth >= 8
      && (is_palette || !sample->with_trns);
}

/* Decoding */

static void
check_kind (PngSample * sample)
{
  CupPixels *expected = png_sample_expected (sample), *pixels;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (filters); i++) {
    PngVerdict verdict;
    GBytes *bytes;

    sample->filters = filters[i];
    bytes = png_sample_make (sample);
    verdict = png_compare (bytes, G_MAXUINT64);
    g_assert_true (verdict.libpng);
    g_assert_true (verdict.fast == is_plain (sample));
    pixels = decode (bytes);
    assert_equal (pixels, expected);
    cup_pixels_unref (pixels);
    g_bytes_unref (bytes);
  }
  cup_pixels_unref (expected);
}

static void
test_kinds (void)
{
  guint i, j, k;

  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    for (j = 0; j < G_N_ELEMENTS (sizes); j++) {
      for (k = 0; k < 4; k++) {
        PngSample sample = { sizes[j][0], sizes[j][1], kinds[i].color_type,
          kinds[i].depth, k & 1, k & 2
        };

        if (sample.with_trns && (kinds[i].color_type & PNG_COLOR_MASK_ALPHA))
          continue;
        check_kind (&sample);
      }
    }
  }
}

/* Rows of any bytes, with any filter each: all that filters can meet. */
static void
test_filters (void)
{
  GRand *rand = g_rand_new_with_seed (8);
  guint i, round;

  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    for (round = 0; round < 60; round++) {
      PngSample sample = { g_rand_int_range (rand, 1, 80),
        g_rand_int_range (rand, 1, 40), kinds[i].color_type, kinds[i].depth
      };
      gsize stride = png_row_size (&sample) + 1, size, at;
      guint8 *raw;
      PngVerdict verdict;
      GBytes *bytes;

      size = stride * sample.height;
      raw = g_malloc (size);
      for (at = 0; at < size; at++) {
        /* Small differences are where predictors are close to each other. */
        raw[at] = g_rand_int_range (rand, 0, round % 2 ? 256 : 3);
        if (at % stride == 0)
          raw[at] =
              round < 50 ? (guint) g_rand_int_range (rand, 0, 5) : round % 5;
      }
      bytes = png_make_raw (&sample, raw, size);
      verdict = png_compare (bytes, G_MAXUINT64);
      /* Filtered indices are beyond the palette. */
      if (sample.color_type != PNG_COLOR_TYPE_PALETTE) {
        g_assert_true (verdict.libpng);
        g_assert_true (verdict.fast == is_plain (&sample));
      }
      g_bytes_unref (bytes);
      g_free (raw);
    }
  }
  g_rand_free (rand);
}

/* Larger than what is inflated at once, in pieces of all sizes. */
static void
test_pieces (void)
{
  static const gsize idat_sizes[] = { 6, 31, 1000, 8192, 65536, 1 << 20 };
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    for (j = 0; j < G_N_ELEMENTS (idat_sizes); j++) {
      PngSample sample = { 333, 255, kinds[i].color_type, kinds[i].depth };
      PngVerdict verdict;
      GBytes *bytes;

      /* Below 32 kB in all there are as many pieces as a file may have. */
      if (j < 2)
        sample.width = sample.height = 13;
      sample.filters = PNG_ALL_FILTERS;
      sample.idat_size = idat_sizes[j];
      bytes = png_sample_make (&sample);
      verdict = png_compare (bytes, G_MAXUINT64);
      g_assert_true (verdict.libpng);
      g_assert_true (verdict.fast == is_plain (&sample));
      g_bytes_unref (bytes);
    }
  }
}

/* Each byte is a chunk; there are empty ones before, between and behind. */
static void
test_tiny_chunks (void)
{
  PngSample sample = { 5, 4, PNG_COLOR_TYPE_RGB, 8 };
  guint8 raw[4 * 16];
  GByteArray *stream, *file;
  PngVerdict verdict;
  GBytes *bytes;
  guint i, n;

  for (i = 0; i < sizeof (raw); i++)
    raw[i] = i % 16 == 0 ? i / 16 + 1 : i * 29;
  stream = png_store (raw, sizeof (raw));
  for (n = 0; n < 3; n++) {
    file = png_begin (&sample);
    for (i = 0; i < stream->len; i++) {
      if (i % 3 < n)
        png_append_chunk (file, "IDAT", NULL, 0);
      png_append_chunk (file, "IDAT", stream->data + i, 1);
    }
    png_append_chunk (file, "IDAT", NULL, 0);
    png_append_chunk (file, "teXt", raw, 20);
    bytes = png_end (file);
    verdict = png_compare (bytes, G_MAXUINT64);
    g_assert_true (verdict.libpng && verdict.fast);
    g_bytes_unref (bytes);
  }
  g_byte_array_unref (stream);
}

/* Windows of all sizes, and what the stream says of them. */
static void
test_windows (void)
{
  gint bits;

  for (bits = 8; bits <= 15; bits++) {
    PngSample small = { 11, 7, PNG_COLOR_TYPE_RGB, 8 };
    PngSample large = { 300, 200, PNG_COLOR_TYPE_RGB_ALPHA, 16 };
    PngVerdict verdict;
    GBytes *bytes;
    guint8 *data;
    gsize size, at;
    guint claimed;

    small.window_bits = large.window_bits = bits;
    bytes = png_sample_make (&small);
    verdict = png_compare (bytes, G_MAXUINT64);
    g_assert_true (verdict.libpng && verdict.fast);
    g_bytes_unref (bytes);

    bytes = png_sample_make (&large);
    verdict = png_compare (bytes, G_MAXUINT64);
    g_assert_true (verdict.libpng);
    g_assert_true (verdict.fast == (bits == 15));

    /* Whatever it claims, and whether it is true. */
    data = copy (bytes, &size);
    at = png_sample_find (data, size, "IDAT");
    for (claimed = 0; claimed < 16; claimed++) {
      GBytes *other;

      data[at + 8] = claimed << 4 | 8;
      data[at + 9] = 31 - (data[at + 8] << 8) % 31;
      png_sample_seal (data, at);
      other = g_bytes_new (data, size);
      png_compare (other, G_MAXUINT64);
      g_bytes_unref (other);
    }
    g_free (data);
    g_bytes_unref (bytes);
  }
}

/* Encoding */

static void
check_written (const CupPixels * pixels, GBytes * bytes)
{
  gsize size, at;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  CupPixels *again = cup_pixels_new (pixels->width, pixels->height,
      pixels->channels, pixels->depth, NULL);
  GError *error = NULL;

  cup_png_decode_by_libpng (data, size, again, &error);
  g_assert_no_error (error);
  assert_equal (pixels, again);
  cup_pixels_unref (again);
  again = decode (bytes);
  assert_equal (pixels, again);
  cup_pixels_unref (again);
  g_assert_true (cup_image_check_complete (bytes, CUP_IMAGE_PNG, NULL));
  /* One chunk of each kind. */
  at = png_sample_find (data, size, "IDAT");
  g_assert_cmpuint (at, ==, 33);
}

static const guint layouts[][2] = {
  {1, 8}, {3, 8}, {4, 8}, {1, 16}, {3, 16}, {4, 16},
};

static void
test_levels (void)
{
  guint i, j, level;

  for (i = 0; i < G_N_ELEMENTS (layouts); i++) {
    for (j = 0; j < G_N_ELEMENTS (sizes); j++) {
      CupPixels *pixels = sample_pixels (sizes[j][0], sizes[j][1],
          layouts[i][0], layouts[i][1]);

      for (level = 0; level <= CUP_IMAGE_PNG_MAX_LEVEL; level++) {
        GError *error = NULL;
        GBytes *bytes = cup_image_encode_png (pixels, level, &error);

        g_assert_no_error (error);
        check_written (pixels, bytes);
        g_bytes_unref (bytes);
      }
      cup_pixels_unref (pixels);
    }
  }
}

/* Levels are what they say: nothing, little, more. */
static void
test_level_sizes (void)
{
  CupPixels *pixels = sample_pixels (500, 300, 3, 8);
  gsize raw_size = (500 * 3 + 1) * 300, sizes_by_level[10];
  guint level;

  for (level = 0; level <= CUP_IMAGE_PNG_MAX_LEVEL; level++) {
    GBytes *bytes = cup_image_encode_png (pixels, level, NULL);

    check_written (pixels, bytes);
    sizes_by_level[level] = g_bytes_get_size (bytes);
    g_test_message ("level %u: %" G_GSIZE_FORMAT " bytes", level,
        sizes_by_level[level]);
    g_bytes_unref (bytes);
  }
  g_assert_cmpuint (sizes_by_level[0], >=, raw_size);
  g_assert_cmpuint (sizes_by_level[1], <, raw_size * 3 / 4);
  g_assert_cmpuint (sizes_by_level[9], <, sizes_by_level[1]);
  cup_pixels_unref (pixels);
}

/* The filter that fits: the other one makes files that are much larger. */
static void
test_filter_choice (void)
{
  CupPixels *pixels = cup_pixels_new (256, 256, 3, 8, NULL);
  GRand *rand = g_rand_new_with_seed (3);
  guint x, y, c, turned;
  guint8 profile[256];

  for (x = 0; x < 256; x++)
    profile[x] = g_rand_int_range (rand, 0, 256);
  for (turned = 0; turned < 2; turned++) {
    GBytes *bytes;

    for (y = 0; y < 256; y++) {
      for (x = 0; x < 256; x++) {
        for (c = 0; c < 3; c++)
          sample_set (pixels, x, y, c, profile[turned ? x : y]
              + g_rand_int_range (rand, 0, 4));
      }
    }
    bytes = encode (pixels, CUP_IMAGE_PNG, 0);
    check_written (pixels, bytes);
    /* Seven values, which need 2.7 bits; by the other filter there are 256. */
    g_assert_cmpuint (g_bytes_get_size (bytes), <, 256 * 256 * 3 / 2);
    g_bytes_unref (bytes);
  }
  cup_pixels_unref (pixels);
  g_rand_free (rand);
}

static void
fill_with_noise (CupPixels * pixels)
{
  GRand *rand = g_rand_new_with_seed (5);
  guint y;
  gsize i;

  for (y = 0; y < pixels->height; y++) {
    for (i = 0; i < pixels->stride; i += 4) {
      guint32 word = g_rand_int (rand);

      memcpy (cup_pixels_row (pixels, y) + i, &word, 4);
    }
  }
  g_rand_free (rand);
}

/* In bands, of what compresses, of what does not, and of nothing at all; the
 * same with one thread. */
static void
test_bands (void)
{
  static const guint large[][2] = { {901, 817}, {65535, 20}, {3, 65535} };
  guint i, j, content;

  for (i = 0; i < G_N_ELEMENTS (layouts); i++) {
    /* Extreme shapes of two layouts only: they are slow to make. */
    for (j = 0; j < (i % 4 == 1 ? G_N_ELEMENTS (large) : 1); j++) {
      CupPixels *pixels = sample_pixels (large[j][0], large[j][1],
          layouts[i][0], layouts[i][1]);

      for (content = 0; content < 3; content++) {
        GBytes *bytes, *alone;

        if (content == 1)
          fill_with_noise (pixels);
        else if (content == 2)
          memset (pixels->data, 0, cup_pixels_get_size (pixels));
        bytes = encode (pixels, CUP_IMAGE_PNG, 0);
        check_written (pixels, bytes);
        cup_team_limit_shared (1);
        alone = encode (pixels, CUP_IMAGE_PNG, 0);
        cup_team_limit_shared (0);
        g_assert_true (g_bytes_equal (bytes, alone));
        g_bytes_unref (alone);
        g_bytes_unref (bytes);
      }
      cup_pixels_unref (pixels);
    }
  }
}

static gpointer
encode_in_thread (gpointer data)
{
  return encode (data, CUP_IMAGE_PNG, 0);
}

/* Several at once share the threads that help. */
static void
test_threads (void)
{
  CupPixels *pixels = sample_pixels (901, 817, 3, 8);
  GBytes *expected = encode (pixels, CUP_IMAGE_PNG, 0);
  GThread *threads[6];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("encode", encode_in_thread, pixels);
  for (i = 0; i < G_N_ELEMENTS (threads); i++) {
    GBytes *bytes = g_thread_join (threads[i]);

    g_assert_true (g_bytes_equal (bytes, expected));
    g_bytes_unref (bytes);
  }
  g_bytes_unref (expected);
  cup_pixels_unref (pixels);
}

/* Leaves garbage where memory is free, and moves what is handed out next. */
static void
stir_memory (GPtrArray * held, GRand * rand)
{
  gsize size = 600 * 1000;
  gpointer garbage = g_malloc (size);

  memset (garbage, g_rand_int (rand), size);
  g_free (garbage);
  g_ptr_array_add (held, g_malloc ((gsize) g_rand_int_range (rand, 1, 140000)));
}

static void
check_same_files (const CupPixels * pixels, guint n_times)
{
  GPtrArray *held = g_ptr_array_new_with_free_func (g_free);
  GRand *rand = g_rand_new_with_seed (7);
  GBytes *expected = encode (pixels, CUP_IMAGE_PNG, 0);
  guint i;

  check_written (pixels, expected);
  for (i = 0; i < n_times; i++) {
    CupPixels *copy;
    GBytes *bytes;

    stir_memory (held, rand);
    copy = cup_pixels_new (pixels->width, pixels->height, pixels->channels,
        pixels->depth, NULL);
    memcpy (copy->data, pixels->data, cup_pixels_get_size (pixels));
    cup_team_limit_shared (i % 4);
    bytes = encode (copy, CUP_IMAGE_PNG, 0);
    g_assert_true (g_bytes_equal (bytes, expected));
    g_bytes_unref (bytes);
    cup_pixels_unref (copy);
  }
  cup_team_limit_shared (0);
  g_bytes_unref (expected);
  g_rand_free (rand);
  g_ptr_array_unref (held);
}

/* Wherever memory is, whatever was in it, and however many threads there are. Of
 * the first picture ISA-L 2.30 makes another file at one address in some hundreds,
 * if it is let. */
static void
test_same_files (void)
{
  static const guint8 sensitive[] = { 1, 0, 0, 0, 1 };
  CupPixels *pixels = cup_pixels_new (8, 8, 3, 8, NULL);
  guint i;

  memset (pixels->data, 0, cup_pixels_get_size (pixels));
  memcpy (pixels->data, sensitive, sizeof (sensitive));
  check_same_files (pixels, 2500);
  cup_pixels_unref (pixels);
  for (i = 0; i < G_N_ELEMENTS (layouts); i++) {
    pixels = sample_pixels (13, 11, layouts[i][0], layouts[i][1]);
    check_same_files (pixels, 100);
    cup_pixels_unref (pixels);
  }
  pixels = sample_pixels (1201, 901, 3, 8);
  check_same_files (pixels, 8);
  fill_with_noise (pixels);
  check_same_files (pixels, 8);
  cup_pixels_unref (pixels);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/png/kinds", test_kinds);
  g_test_add_func ("/png/filters", test_filters);
  g_test_add_func ("/png/pieces", test_pieces);
  g_test_add_func ("/png/tiny-chunks", test_tiny_chunks);
  g_test_add_func ("/png/windows", test_windows);
  g_test_add_func ("/png/levels", test_levels);
  g_test_add_func ("/png/level-sizes", test_level_sizes);
  g_test_add_func ("/png/filter-choice", test_filter_choice);
  g_test_add_func ("/png/bands", test_bands);
  g_test_add_func ("/png/threads", test_threads);
  g_test_add_func ("/png/same-files", test_same_files);

  return g_test_run ();
}
