/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * PNG by the fast reader and by libpng: what the first one takes, the second one
 * must take, and see the same in it. (But for tables of Huffman codes that are
 * not used, see png-read.c.)
 *
 * The first byte says what the others are: a file; or its rows with their filters,
 * in a file that is made around them, so that they are not lost to checksums; or
 * samples, which are written at some level and must come back from libpng.
 *
 * With CUP_FUZZ_SEEDS=DIRECTORY it first writes small pictures of all kinds there,
 * to begin with. Checksums of chunks are not checked in this build.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gstdio.h>

#include "../unit/png-testing.h"

/* Small pictures find the same bugs sooner. */
#define MAX_COUNT (1 << 16)

enum
{
  FILE_OF_ANY_KIND,
  ROWS,
  SAMPLES,
  N_MODES,
};

/* All that are read without libpng, and one that is not. */
static const gint kinds[][2] = {
  {PNG_COLOR_TYPE_GRAY, 8}, {PNG_COLOR_TYPE_GRAY, 16},
  {PNG_COLOR_TYPE_RGB, 8}, {PNG_COLOR_TYPE_RGB, 16},
  {PNG_COLOR_TYPE_PALETTE, 8}, {PNG_COLOR_TYPE_GRAY_ALPHA, 8},
  {PNG_COLOR_TYPE_GRAY_ALPHA, 16}, {PNG_COLOR_TYPE_RGB_ALPHA, 8},
  {PNG_COLOR_TYPE_RGB_ALPHA, 16}, {PNG_COLOR_TYPE_PALETTE, 4},
};

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const guint8 * data, size_t size);

static void
write_seed (const gchar * directory, guint number, guint8 mode,
    const guint8 * data, gsize size)
{
  gchar *name = g_strdup_printf ("seed-%u-%u", mode, number);
  gchar *path = g_build_filename (directory, name, NULL);
  GByteArray *array = g_byte_array_new ();

  g_byte_array_append (array, &mode, 1);
  g_byte_array_append (array, data, size);
  if (!g_file_set_contents (path, (const gchar *) array->data, array->len,
          NULL))
    g_error ("cannot write %s", path);
  g_byte_array_unref (array);
  g_free (path);
  g_free (name);
}

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  const gchar *directory = g_getenv ("CUP_FUZZ_SEEDS");
  guint8 rows[400];
  guint i, variant;

  if (!directory)
    return 0;
  g_mkdir_with_parents (directory, 0755);
  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    for (variant = 0; variant < 4; variant++) {
      PngSample sample = { 9, 7, kinds[i][0], kinds[i][1], variant == 3,
        variant == 2 && !(kinds[i][0] & PNG_COLOR_MASK_ALPHA)
      };
      GBytes *bytes;
      gsize size;
      gconstpointer data;

      sample.filters = PNG_ALL_FILTERS;
      sample.idat_size = variant == 1 ? 50 : 0;
      bytes = png_sample_make (&sample);
      data = g_bytes_get_data (bytes, &size);
      write_seed (directory, 4 * i + variant, FILE_OF_ANY_KIND, data, size);
      g_bytes_unref (bytes);
    }
  }
  for (i = 0; i < sizeof (rows); i++)
    rows[i] = i < 3 ? 6 : i % 7 == 0 ? i / 7 % 5 : (i * 37) ^ (i >> 4);
  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    rows[0] = i;
    write_seed (directory, i, ROWS, rows, sizeof (rows));
    write_seed (directory, i, SAMPLES, rows, sizeof (rows));
  }
  return 0;
}

static void
compare_file (const guint8 * data, gsize size)
{
  GBytes *bytes = g_bytes_new_static (data, size);

  png_compare (bytes, MAX_COUNT);
  g_bytes_unref (bytes);
}

/* Kind, width, then rows; as many as there are. */
static void
compare_rows (const guint8 * data, gsize size)
{
  PngSample sample = { 0 };
  GBytes *bytes;
  gsize stride;

  if (size < 3)
    return;
  sample.color_type = kinds[data[0] % G_N_ELEMENTS (kinds)][0];
  sample.depth = kinds[data[0] % G_N_ELEMENTS (kinds)][1];
  sample.with_trns = data[0] & 128
      && sample.color_type == PNG_COLOR_TYPE_PALETTE;
  sample.width = data[1] % 64 + 1;
  stride = png_row_size (&sample) + 1;
  sample.height = (size - 2) / stride;
  if (sample.height == 0)
    return;
  bytes = png_make_raw (&sample, data + 2, stride * sample.height);
  png_compare (bytes, MAX_COUNT);
  g_bytes_unref (bytes);
}

/* Layout, level, width, then samples, which are repeated to make up a few rows. */
static void
write_samples (const guint8 * data, gsize size)
{
  static const guint channels[] = { 1, 3, 4 };
  CupPixels *pixels, *again;
  GError *error = NULL;
  GBytes *bytes;
  gconstpointer file;
  gsize i, file_size;

  if (size < 4)
    return;
  pixels = cup_pixels_new (data[2] + 1, 1 + size / 64, channels[data[0] % 3],
      data[0] & 128 ? 16 : 8, NULL);
  for (i = 0; i < cup_pixels_get_size (pixels); i++)
    pixels->data[i] = data[3 + i % (size - 3)];
  bytes = cup_image_encode_png (pixels,
      data[1] % (CUP_IMAGE_PNG_MAX_LEVEL + 1), &error);
  g_assert_no_error (error);
  again = cup_pixels_new (pixels->width, pixels->height, pixels->channels,
      pixels->depth, NULL);
  file = g_bytes_get_data (bytes, &file_size);
  cup_png_decode_by_libpng (file, file_size, again, &error);
  g_assert_no_error (error);
  assert_equal (pixels, again);
  g_assert_true (cup_png_read (file, file_size, again));
  assert_equal (pixels, again);
  cup_pixels_unref (again);
  cup_pixels_unref (pixels);
  g_bytes_unref (bytes);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, size_t size)
{
  if (size == 0)
    return 0;
  switch (data[0] % N_MODES) {
    case FILE_OF_ANY_KIND:
      compare_file (data + 1, size - 1);
      break;
    case ROWS:
      compare_rows (data + 1, size - 1);
      break;
    default:
      write_samples (data + 1, size - 1);
      break;
  }
  return 0;
}
