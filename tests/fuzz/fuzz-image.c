/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes at all as a picture: header and decoder must agree, and what was
 * decoded must survive a round trip.
 *
 * With CUP_FUZZ_SEEDS=DIRECTORY it first writes small pictures of all types
 * there, to begin with. PNG's checksums are not checked in this build
 * (FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION), or nothing would get past them.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gstdio.h>
#include <string.h>

#include "image/image.h"

/* Small pictures find the same bugs sooner. */
#define MAX_COUNT (1 << 18)

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const guint8 * data, size_t size);

static void
write_seed (const gchar * directory, CupImageType type, guint channels,
    guint depth, guint quality)
{
  CupPixels *pixels = cup_pixels_new (13, 9, channels, depth, NULL);
  gchar *name, *path;
  GBytes *bytes;
  gsize i, size;
  gconstpointer data;

  for (i = 0; i < cup_pixels_get_size (pixels); i++)
    pixels->data[i] = (i * 37) ^ (i >> 4);
  bytes = cup_image_encode (pixels, type, quality, NULL);
  cup_pixels_unref (pixels);
  /* A type that this build lacks, or alpha for JPEG. */
  if (!bytes)
    return;
  name = g_strdup_printf ("seed-%u-%u-%u.%s", channels, depth, quality,
      cup_image_type_get_extension (type));
  path = g_build_filename (directory, name, NULL);
  data = g_bytes_get_data (bytes, &size);
  if (!g_file_set_contents (path, data, size, NULL))
    g_error ("cannot write %s", path);
  g_free (path);
  g_free (name);
  g_bytes_unref (bytes);
}

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  static const CupImageType types[] = {
    CUP_IMAGE_PNG, CUP_IMAGE_JPEG, CUP_IMAGE_WEBP
  };
  static const guint channels[] = { 1, 3, 4 };
  static const guint qualities[] = { 75, 100 };
  const gchar *directory = g_getenv ("CUP_FUZZ_SEEDS");
  gsize i, j, k;

  if (!directory)
    return 0;
  g_mkdir_with_parents (directory, 0755);
  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    for (j = 0; j < G_N_ELEMENTS (channels); j++) {
      for (k = 0; k < G_N_ELEMENTS (qualities); k++) {
        write_seed (directory, types[i], channels[j], 8, qualities[k]);
        write_seed (directory, types[i], channels[j], 16, qualities[k]);
      }
    }
  }
  return 0;
}

static void
check_round_trip (const CupPixels * pixels)
{
  gsize used = (gsize) pixels->width * pixels->channels * pixels->depth / 8;
  GError *error = NULL;
  CupPixels *again;
  GBytes *bytes;
  guint y;

  bytes = cup_image_encode (pixels, CUP_IMAGE_PNG, 0, &error);
  g_assert_no_error (error);
  again = cup_image_decode (bytes, 0, &error);
  g_assert_no_error (error);
  for (y = 0; y < pixels->height; y++)
    g_assert_true (memcmp (cup_pixels_row (pixels, y), cup_pixels_row (again,
                y), used) == 0);
  cup_pixels_unref (again);
  g_bytes_unref (bytes);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, size_t size)
{
  GBytes *bytes = g_bytes_new_static (data, size);
  GError *error = NULL;
  CupImageInfo info;
  CupPixels *pixels;
  gboolean valid;

  valid = cup_image_read_info (bytes, &info, &error);
  if (valid)
    cup_image_check_complete (bytes, info.type, NULL);
  g_assert_true (valid == (error == NULL));
  g_clear_error (&error);
  pixels = cup_image_decode (bytes, MAX_COUNT, &error);
  g_assert_true ((pixels != NULL) == (error == NULL));
  g_clear_error (&error);
  if (pixels) {
    g_assert_true (valid);
    g_assert_cmpuint (info.width, ==, pixels->width);
    g_assert_cmpuint (info.height, ==, pixels->height);
    g_assert_cmpuint (info.channels, ==, pixels->channels);
    g_assert_cmpuint (info.depth, ==, pixels->depth);
    check_round_trip (pixels);
    cup_pixels_unref (pixels);
  }
  g_bytes_unref (bytes);
  return 0;
}
