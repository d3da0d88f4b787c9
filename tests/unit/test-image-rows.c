/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pictures that are decoded to where they are to be: whatever the file, the same
 * samples have to be there as when it is decoded to pixels first, and of files
 * that are damaged the same has to be said.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "png-samples.h"

/* Bytes around what is to be written. */
#define MARGIN 64
#define MARK 0xa5

typedef struct
{
  const gchar *name;
  gboolean is_packed;
  CupPacked packed;
  CupPlanes planes;             /* without what goes by the size */
} Kind;

/* *INDENT-OFF* */
static const Kind kinds[] = {
  { "RGB", TRUE, { 8, 3, { 0, 1, 2, -1 } }, { 0 } },
  { "BGR", TRUE, { 8, 3, { 2, 1, 0, -1 } }, { 0 } },
  { "RGBx", TRUE, { 8, 4, { 0, 1, 2, -1 } }, { 0 } },
  { "BGRx", TRUE, { 8, 4, { 2, 1, 0, -1 } }, { 0 } },
  { "xRGB", TRUE, { 8, 4, { 1, 2, 3, -1 } }, { 0 } },
  { "xBGR", TRUE, { 8, 4, { 3, 2, 1, -1 } }, { 0 } },
  { "RGBA", TRUE, { 8, 4, { 0, 1, 2, 3 } }, { 0 } },
  { "BGRA", TRUE, { 8, 4, { 2, 1, 0, 3 } }, { 0 } },
  { "ARGB", TRUE, { 8, 4, { 1, 2, 3, 0 } }, { 0 } },
  { "ABGR", TRUE, { 8, 4, { 3, 2, 1, 0 } }, { 0 } },
  { "RGBA64", TRUE, { 16, 8, { 0, 2, 4, 6 } }, { 0 } },
  { "GRAY8", FALSE, { 0 }, { .n_components = 1, .depth = 8 } },
  { "I420", FALSE, { 0 }, { .n_components = 3, .depth = 8, .step = 1,
    .half_width = TRUE, .half_height = TRUE, .cosited_x = TRUE } },
  { "I420 cosited", FALSE, { 0 }, { .n_components = 3, .depth = 8, .step = 1,
    .half_width = TRUE, .half_height = TRUE, .cosited_x = TRUE,
    .cosited_y = TRUE } },
  { "NV12", FALSE, { 0 }, { .n_components = 3, .depth = 8, .step = 2,
    .half_width = TRUE, .half_height = TRUE } },
  { "Y42B", FALSE, { 0 }, { .n_components = 3, .depth = 8, .step = 1,
    .half_width = TRUE, .cosited_x = TRUE } },
  { "Y444", FALSE, { 0 }, { .n_components = 3, .depth = 8, .step = 1 } },
  { "I420 of 10 bits", FALSE, { 0 }, { .n_components = 3, .depth = 10,
    .step = 1, .half_width = TRUE, .half_height = TRUE, .cosited_x = TRUE } },
};
/* *INDENT-ON* */

static const CupColourCoding bt709 = { 0.2126, 0.0722, 16, 219, 224 };
static const CupColourCoding bt709_10 = { 0.2126, 0.0722, 64, 876, 896 };

/* Memory for whichever of them, with more between the rows than they need. */
typedef struct
{
  guint8 *memory;
  gsize size;
  CupConvertRows *rows;
} Place;

/* Three planes, one behind the other, of which chroma may share the second. */
static void
place_init_planes (Place * place, const Kind * kind, const CupImageInfo * info)
{
  CupPlanes planes = kind->planes;
  const gsize stride = ((gsize) info->width + 1) * 4 + 6;
  guint c;

  place->size = 3 * stride * info->height + 2 * MARGIN;
  place->memory = g_malloc (place->size);
  memset (place->memory, MARK, place->size);
  planes.width = info->width;
  planes.height = info->height;
  for (c = 0; c < 3; c++) {
    planes.data[c] = place->memory + MARGIN + c * stride * info->height;
    planes.stride[c] = (gssize) stride;
  }
  if (planes.step == 2)
    planes.data[2] = planes.data[1] + 1;
  place->rows = cup_convert_rows_to_planes (info->channels, info->depth,
      planes.depth > 8 ? &bt709_10 : &bt709, &planes);
}

static void
place_init_packed (Place * place, const Kind * kind, const CupImageInfo * info)
{
  CupPacked packed = kind->packed;
  const gsize stride = (gsize) info->width * packed.size + 10;

  place->size = stride * info->height + 2 * MARGIN;
  place->memory = g_malloc (place->size);
  memset (place->memory, MARK, place->size);
  packed.data = place->memory + MARGIN;
  packed.stride = (gssize) stride;
  place->rows = cup_convert_rows_to_packed (info->width, info->height,
      info->channels, info->depth, &packed);
}

static void
place_init (Place * place, const Kind * kind, const CupImageInfo * info)
{
  if (kind->is_packed)
    place_init_packed (place, kind, info);
  else
    place_init_planes (place, kind, info);
}

static void
place_clear (Place * place)
{
  cup_convert_rows_free (place->rows);
  g_free (place->memory);
}

static void
check_kind (GBytes * bytes, const CupImageInfo * info,
    const CupPixels * pixels, const Kind * kind)
{
  GError *error = NULL;
  Place in_place, later;
  gsize i;

  place_init (&in_place, kind, info);
  place_init (&later, kind, info);
  g_assert_true (cup_image_decode_rows (bytes, info, in_place.rows, NULL,
          &error));
  g_assert_no_error (error);
  cup_convert_rows_take_all (later.rows, pixels);
  for (i = 0; i < in_place.size; i++) {
    if (in_place.memory[i] != later.memory[i])
      g_error ("%s of %u×%u, %u × %u bits: byte %" G_GSIZE_FORMAT
          " of %" G_GSIZE_FORMAT " is %u and not %u", kind->name, info->width,
          info->height, info->channels, info->depth, i, in_place.size,
          in_place.memory[i], later.memory[i]);
  }
  place_clear (&in_place);
  place_clear (&later);
}

/* As pixels in memory of another stride. */
static void
check_into (GBytes * bytes, const CupImageInfo * info, const CupPixels * pixels)
{
  const gsize used = (gsize) info->width * info->channels * info->depth / 8;
  CupPixels view = {.width = info->width,.height = info->height,
    .channels = info->channels,.depth = info->depth,.stride = used + 10
  };
  guint8 *memory = g_malloc (view.stride * view.height);
  GError *error = NULL;
  guint y, i;

  memset (memory, MARK, view.stride * view.height);
  view.data = memory;
  g_assert_true (cup_image_decode_into (bytes, info, &view, NULL, &error));
  g_assert_no_error (error);
  assert_equal (&view, pixels);
  for (y = 0; y < view.height; y++) {
    for (i = used; i < view.stride; i++)
      g_assert_cmpuint (cup_pixels_row (&view, y)[i], ==, MARK);
  }
  g_free (memory);
}

/* Takes @bytes. */
static void
check (GBytes * bytes)
{
  CupPixels *pixels = decode (bytes);
  CupImageInfo info;
  guint i;

  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  for (i = 0; i < G_N_ELEMENTS (kinds); i++)
    check_kind (bytes, &info, pixels, &kinds[i]);
  check_into (bytes, &info, pixels);
  cup_pixels_unref (pixels);
  g_bytes_unref (bytes);
}

static void
test_png (void)
{
  static const gint color_types[] = { PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_RGB,
    PNG_COLOR_TYPE_PALETTE, PNG_COLOR_TYPE_GRAY_ALPHA,
    PNG_COLOR_TYPE_RGB_ALPHA
  };
  static const gint depths[] = { 1, 2, 4, 8, 16 };
  static const guint sizes[][2] = { {1, 1}, {1, 9}, {17, 13}, {30, 8} };
  guint t, d, s, n;

  for (t = 0; t < G_N_ELEMENTS (color_types); t++) {
    for (d = 0; d < G_N_ELEMENTS (depths); d++) {
      if (color_types[t] == PNG_COLOR_TYPE_PALETTE ? depths[d] > 8 :
          color_types[t] != PNG_COLOR_TYPE_GRAY && depths[d] < 8)
        continue;
      for (s = 0; s < G_N_ELEMENTS (sizes); s++) {
        for (n = 0; n < 4; n++) {
          const PngSample sample = { sizes[s][0], sizes[s][1],
            color_types[t], depths[d], n % 2 != 0,
            n > 1 && !(color_types[t] & PNG_COLOR_MASK_ALPHA),
            .filters = PNG_ALL_FILTERS
          };

          check (png_sample_make (&sample));
        }
      }
    }
  }
}

/* More than is inflated at once. */
static void
test_large (void)
{
  static const guint channels[] = { 1, 3, 4 };
  guint i, k;

  for (i = 0; i < G_N_ELEMENTS (channels); i++) {
    for (k = 8; k <= 16; k += 8) {
      CupPixels *pixels = sample_pixels (701, 499, channels[i], k);

      check (encode (pixels, CUP_IMAGE_PNG, 0));
      cup_pixels_unref (pixels);
    }
  }
}

static void
test_jpeg (void)
{
  static const guint sizes[][2] = { {1, 1}, {7, 20}, {33, 17} };
  guint i, channels;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    for (channels = 1; channels <= 3; channels += 2) {
      CupPixels *pixels = sample_pixels (sizes[i][0], sizes[i][1], channels,
          8);

      check (encode (pixels, CUP_IMAGE_JPEG, 90));
      cup_pixels_unref (pixels);
    }
  }
}

static void
test_webp (void)
{
  guint channels, quality;

  if (!cup_image_type_is_supported (CUP_IMAGE_WEBP)) {
    g_test_skip ("this build has no WebP");
    return;
  }
  for (channels = 3; channels <= 4; channels++) {
    for (quality = 80; quality <= 100; quality += 20) {
      CupPixels *pixels = sample_pixels (33, 17, channels, 8);

      check (encode (pixels, CUP_IMAGE_WEBP, quality));
      cup_pixels_unref (pixels);
    }
  }
}

/* Whether there is alpha is a hint in the header, apart from the samples: a picture
 * that was said to have none has none, whatever is in them. */
static void
test_webp_without_hint (void)
{
  CupPixels *pixels;
  GBytes *bytes;
  guint8 *file;
  gsize size;

  if (!cup_image_type_is_supported (CUP_IMAGE_WEBP)) {
    g_test_skip ("this build has no WebP");
    return;
  }
  pixels = sample_pixels (33, 17, 4, 8);
  bytes = encode (pixels, CUP_IMAGE_WEBP, CUP_IMAGE_QUALITY_LOSSLESS);
  file = g_memdup2 (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  size = g_bytes_get_size (bytes);
  g_assert_cmpmem (file + 12, 4, "VP8L", 4);
  g_assert_cmpuint (file[20], ==, 0x2f);
  /* Behind 14 bits each of width and height, less one. */
  g_assert_cmpuint (file[24] & 1 << 4, !=, 0);
  file[24] &= (guint8) ~ (1 << 4);
  check (g_bytes_new_take (file, size));
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
}

/* Cut off, in the middle or at the end, and with a byte that is wrong. */
static void
test_damaged (void)
{
  CupPixels *pixels = sample_pixels (40, 30, 3, 8);
  guint t, k, n;

  for (t = 0; t < G_N_ELEMENTS (image_types); t++) {
    GBytes *bytes;
    gsize size;

    if (!cup_image_type_is_supported (image_types[t]))
      continue;
    bytes = encode (pixels, image_types[t], 90);
    size = g_bytes_get_size (bytes);
    for (n = 0; n < 4; n++) {
      GBytes *part = g_bytes_new_from_bytes (bytes, 0, n == 0 ? size / 2 :
          size - n * 5);
      GError *expected = NULL, *error = NULL;
      CupImageInfo info;

      g_assert_true (cup_image_read_info (part, &info, NULL));
      g_assert_null (cup_image_decode (part, 0, &expected));
      for (k = 0; k < G_N_ELEMENTS (kinds); k++) {
        Place place;

        place_init (&place, &kinds[k], &info);
        g_assert_false (cup_image_decode_rows (part, &info, place.rows,
                NULL, &error));
        g_assert_error (error, CUP_ERROR, expected->code);
        g_assert_cmpstr (error->message, ==, expected->message);
        g_clear_error (&error);
        place_clear (&place);
      }
      g_error_free (expected);
      g_bytes_unref (part);
    }
    g_bytes_unref (bytes);
  }
  cup_pixels_unref (pixels);
}

/* Of a picture that is not what was expected nothing is written. */
static void
test_another (void)
{
  CupPixels *pixels = sample_pixels (40, 30, 3, 8);
  GBytes *bytes = encode (pixels, CUP_IMAGE_PNG, 0);
  CupImageInfo info;
  GError *error = NULL;
  Place place;

  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  info.height = 20;
  place_init (&place, &kinds[0], &info);
  g_assert_false (cup_image_decode_rows (bytes, &info, place.rows, NULL,
          &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA);
  g_assert_nonnull (strstr (error->message, "40×30"));
  g_assert_nonnull (strstr (error->message, "40×20"));
  g_assert_cmpuint (place.memory[MARGIN], ==, MARK);
  g_clear_error (&error);
  place_clear (&place);
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/image-rows/png", test_png);
  g_test_add_func ("/image-rows/large", test_large);
  g_test_add_func ("/image-rows/jpeg", test_jpeg);
  g_test_add_func ("/image-rows/webp", test_webp);
  g_test_add_func ("/image-rows/webp-without-hint", test_webp_without_hint);
  g_test_add_func ("/image-rows/damaged", test_damaged);
  g_test_add_func ("/image-rows/another", test_another);
  return g_test_run ();
}
