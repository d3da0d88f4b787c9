/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes at all as a picture: header and decoder must agree, what was decoded
 * must survive a round trip, and decoders that write video at once must do the same.
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

#include "../unit/jpeg-samples.h"
#include "../unit/profile-samples.h"
#include "image/mpf.h"

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
  /* With something to be found. */
  if (bytes) {
    GBytes *profile = profile_make (&profile_p3);
    const CupImageMetadata what = {.orientation = channels + 2,.profile =
          profile,.light = {.kinds = 63,.gamma = 100000,.cicp = {9, 16, 0, 1}},
    .density = {11811, 11811, TRUE},.width = 13,.height = 9
    };
    CupImageMetadata *metadata = cup_image_metadata_copy (&what);

    g_bytes_unref (profile);
    bytes = cup_image_metadata_insert (metadata, bytes, type, channels, NULL);
    cup_image_metadata_unref (metadata);
  }
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

static void
write_cmyk_seed (const gchar * directory, J_COLOR_SPACE space)
{
  CupPixels *inks = cup_pixels_new (13, 9, 4, 8, NULL);
  gchar *name = g_strdup_printf ("seed-cmyk-%d.jpg", space);
  gchar *path = g_build_filename (directory, name, NULL);
  GBytes *bytes;
  gsize i, size;
  gconstpointer data;

  for (i = 0; i < cup_pixels_get_size (inks); i++)
    inks->data[i] = (guint8) (i * 37);
  bytes = jpeg_sample_make_cmyk (inks, space);
  data = g_bytes_get_data (bytes, &size);
  if (!g_file_set_contents (path, data, size, NULL))
    g_error ("cannot write %s", path);
  g_bytes_unref (bytes);
  g_free (path);
  g_free (name);
  cup_pixels_unref (inks);
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
  write_cmyk_seed (directory, JCS_CMYK);
  write_cmyk_seed (directory, JCS_YCCK);
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

/* What makes 32 bits a pixel of @info, in one order or another, or planes, at
 * @out. */
static CupConvertRows *
make_rows (const CupImageInfo * info, guint kind, guint8 * out)
{
  const gsize luma = (gsize) info->width * info->height;
  const gssize half = (info->width + 1) / 2;
  const gsize chroma = (gsize) half * ((info->height + 1) / 2);
  const CupColourCoding coding = { 0.2126, 0.0722, 16, 219, 224 };
  const CupPlanes planes = {.width = info->width,.height = info->height,
    .n_components = 3,.depth = 8,.step = 1,.half_width = TRUE,
    .half_height = TRUE,.cosited_x = TRUE,
    .data = {out, out + luma, out + luma + chroma},
    .stride = {info->width, half, half}
  };
  const CupPacked orders[] = {
    {8, 4, {1, 2, 3, 0}, out, 4 * (gssize) info->width},
    {8, 4, {2, 1, 0, 3}, out, 4 * (gssize) info->width},
  };

  if (kind < G_N_ELEMENTS (orders))
    return cup_convert_rows_to_packed (info->width, info->height,
        info->channels, info->depth, &orders[kind]);
  return cup_convert_rows_to_planes (info->channels, info->depth, &coding,
      &planes);
}

/* @pixels: what the picture decodes to, NULL where it does not. */
static void
check_rows (GBytes * bytes, const CupImageInfo * info, const CupPixels * pixels)
{
  const gsize size = (gsize) (info->width + 1) * (info->height + 1) * 4;
  guint8 *in_place = g_malloc0 (size), *later = g_malloc0 (size);
  guint kind;

  for (kind = 0; kind < 3; kind++) {
    CupConvertRows *one = make_rows (info, kind, in_place);
    CupConvertRows *other = make_rows (info, kind, later);
    const gboolean done = cup_image_decode_rows (bytes, info, one, NULL, NULL);

    g_assert_true (done == (pixels != NULL));
    if (pixels) {
      cup_convert_rows_take_all (other, pixels);
      g_assert_true (memcmp (in_place, later, size) == 0);
    }
    cup_convert_rows_free (one);
    cup_convert_rows_free (other);
  }
  g_free (in_place);
  g_free (later);
}

/* What is found has to survive being put into another file, of each type. */
static void
check_metadata (GBytes * bytes, const CupImageInfo * info)
{
  CupImageMetadata *metadata = cup_image_metadata_read (bytes, info->type);
  CupImageMetadata *again;
  CupPixels *pixels;
  GError *error = NULL;
  GBytes *file;

  g_free (cup_image_light_describe (&info->light));
  if (!metadata)
    return;
  if (metadata->profile) {
    g_free (cup_icc_describe (metadata->profile));
    cup_icc_is_like_srgb (metadata->profile);
  }
  pixels = cup_pixels_new (3, 2, 3, 8, NULL);
  memset (pixels->data, 0, cup_pixels_get_size (pixels));
  file = cup_image_encode (pixels, info->type, 90, NULL);
  file = cup_image_metadata_insert (metadata, file, info->type, 3, &error);
  g_assert_no_error (error);
  again = cup_image_metadata_read (file, info->type);
  g_assert_cmpuint (cup_image_metadata_get_orientation (again), ==,
      metadata->orientation);
  if (cup_image_metadata_fits (metadata, info->type, 3) && metadata->profile)
    g_assert_true (again && again->profile
        && g_bytes_equal (again->profile, metadata->profile));
  if (cup_image_metadata_keeps_light (info->type))
    g_assert_cmpuint (metadata->light.kinds
        & ~(again && again->profile ? CUP_LIGHT_SRGB : 0), ==,
        again ? again->light.kinds : 0);
  g_clear_pointer (&again, cup_image_metadata_unref);
  g_bytes_unref (file);
  cup_pixels_unref (pixels);
  cup_image_metadata_unref (metadata);
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
  if (valid && (guint64) info.width * info.height <= MAX_COUNT)
    cup_image_check_complete (bytes, info.type, NULL);
  if (valid) {
    guint32 sizes[CUP_MPF_MAX];

    g_free (cup_image_find_flaw (bytes, info.type));
    if (info.type == CUP_IMAGE_JPEG)
      g_assert_cmpuint (cup_mpf_read (bytes, sizes), <=, CUP_MPF_MAX);
  }
  if (valid)
    check_metadata (bytes, &info);
  g_assert_true (valid == (error == NULL));
  g_clear_error (&error);
  pixels = cup_image_decode (bytes, MAX_COUNT, &error);
  g_assert_true ((pixels != NULL) == (error == NULL));
  g_clear_error (&error);
  if (valid && (guint64) info.width * info.height <= MAX_COUNT)
    check_rows (bytes, &info, pixels);
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
