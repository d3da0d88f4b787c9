/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that are not as they should be, and have all of their pixels: these have to be
 * those of the same file without the flaw, whoever decodes it. Where pixels are missing
 * there is no picture.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "jpeg-samples.h"
#include "png-testing.h"

/* What is known of a file that was decoded. */
typedef struct
{
  CupPixels *pixels;
  gchar *flaw;
} Seen;

static void
see (GBytes * bytes, Seen * seen)
{
  GError *error = NULL;
  CupImageInfo info;

  seen->flaw = NULL;
  cup_image_read_info (bytes, &info, &error);
  g_assert_no_error (error);
  cup_image_check_complete (bytes, info.type, &error);
  g_assert_no_error (error);
  seen->pixels = cup_image_decode_noting (bytes, 0, &seen->flaw, &error);
  g_assert_no_error (error);
}

static void
seen_clear (Seen * seen)
{
  cup_pixels_unref (seen->pixels);
  g_free (seen->flaw);
}

/* Row by row, into a frame of B, G, R and a byte of nothing. */
static void
check_rows (GBytes * bytes, const CupPixels * expected)
{
  CupPixels *out = cup_pixels_new (expected->width, expected->height, 4, 8,
      NULL);
  const CupPacked packed = { 8, 4, {2, 1, 0, -1}, out->data,
  (gssize) out->stride
  };
  CupImageInfo info;
  CupConvertRows *rows;
  GError *error = NULL;
  guint x, y, c;

  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  rows = cup_convert_rows_to_packed (info.width, info.height, info.channels,
      info.depth, &packed);
  g_assert_true (cup_image_decode_rows (bytes, &info, rows, NULL, &error));
  g_assert_no_error (error);
  cup_convert_rows_free (rows);
  for (y = 0; y < out->height; y++) {
    for (x = 0; x < out->width; x++) {
      for (c = 0; c < 3; c++)
        g_assert_cmpuint (sample_get (out, x, y, 2 - c), ==,
            sample_get (expected, x, y, expected->channels == 1 ? 0 : c));
    }
  }
  cup_pixels_unref (out);
}

/* @data has the pixels of @plain, and the flaw that says @flaw; NULL for none. Takes
 * @data. */
static void
check_flawed (GByteArray * data, GBytes * plain, const gchar * flaw)
{
  GBytes *bytes = g_byte_array_free_to_bytes (data);
  Seen expected, seen;

  see (plain, &expected);
  g_assert_null (expected.flaw);
  see (bytes, &seen);
  assert_equal (seen.pixels, expected.pixels);
  if (flaw) {
    g_assert_nonnull (seen.flaw);
    g_assert_nonnull (strstr (seen.flaw, flaw));
  } else {
    g_assert_cmpstr (seen.flaw, ==, NULL);
  }
  if (expected.pixels->depth == 8 && expected.pixels->channels < 4)
    check_rows (bytes, expected.pixels);
  seen_clear (&seen);
  seen_clear (&expected);
  g_bytes_unref (bytes);
}

static GByteArray *
thaw (GBytes * bytes)
{
  return g_bytes_unref_to_array (g_bytes_ref (bytes));
}

static void
insert (GByteArray * data, gsize at, gconstpointer what, gsize size)
{
  gsize behind = data->len - at;

  g_byte_array_set_size (data, data->len + size);
  memmove (data->data + at + size, data->data + at, behind);
  memcpy (data->data + at, what, size);
}

/* --- JPEG --- */

/* Where a segment of @marker begins, of which there is one. */
static gsize
find_segment (const GByteArray * data, guint8 marker)
{
  gsize at = 2;

  while (data->data[at + 1] != marker) {
    g_assert_cmpuint (data->data[at], ==, 0xff);
    at += 2 + ((gsize) data->data[at + 2] << 8 | data->data[at + 3]);
    g_assert_cmpuint (at + 4, <, data->len);
  }
  return at;
}

typedef struct
{
  guint width;
  guint height;
  guint channels;
  gint subsampling;
  gint flags;
} JpegKind;

static const JpegKind jpeg_kinds[] = {
  {61, 43, 3, TJSAMP_444, 0},
  {61, 43, 3, TJSAMP_420, 0},
  {64, 48, 3, TJSAMP_422, 0},
  {61, 43, 1, TJSAMP_GRAY, 0},
  {61, 43, 3, TJSAMP_420, TJFLAG_PROGRESSIVE},
  {8, 8, 1, TJSAMP_GRAY, TJFLAG_PROGRESSIVE},
  {1, 1, 3, TJSAMP_444, 0},
};

static GBytes *
make_kind (const JpegKind * kind)
{
  CupPixels *pixels = sample_pixels (kind->width, kind->height, kind->channels,
      8);
  GBytes *bytes = make_jpeg (pixels,
      kind->channels == 1 ? TJPF_GRAY : TJPF_RGB, kind->subsampling,
      kind->flags);

  cup_pixels_unref (pixels);
  return bytes;
}

/* As many telephones write it: a sequential scan whose last coefficient is 0. */
static void
check_odd_scan (GBytes * plain)
{
  GByteArray *data = thaw (plain);
  gsize at = find_segment (data, 0xda);
  gsize length = (gsize) data->data[at + 2] << 8 | data->data[at + 3];

  data->data[at + 2 + length - 2] = 0;
  check_flawed (data, plain, "Invalid SOS parameters");
}

static void
check_stray_bytes (GBytes * plain)
{
  GByteArray *data = thaw (plain);
  gsize at;

  /* The decoder reads some bytes ahead, and does not count these. */
  insert (data, data->len - 2,
      "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c", 12);
  check_flawed (data, plain, "extraneous bytes before marker 0xd9");

  /* Behind the first segment: what is before it is what the type is known by. */
  for (at = 20; g_bytes_get_size (plain) > at;) {
    data = thaw (plain);
    if (data->data[at + 1] == 0xda) {
      g_byte_array_unref (data);
      break;
    }
    /* A zero behind 0xff is no marker. */
    insert (data, at, "\x55\xff\x00\x55", 4);
    check_flawed (data, plain, "extraneous bytes before marker");
    data = thaw (plain);
    insert (data, at, "\xff\xff\xff", 3);
    check_flawed (data, plain, NULL);

    data = thaw (plain);
    at += 2 + ((gsize) data->data[at + 2] << 8 | data->data[at + 3]);
    g_byte_array_unref (data);
  }
}

static void
check_revision (GBytes * plain)
{
  GByteArray *data = thaw (plain);
  gsize at = find_segment (data, 0xe0);

  g_assert_cmpmem (data->data + at + 4, 5, "JFIF", 5);
  data->data[at + 9] = 2;
  check_flawed (data, plain, NULL);
}

static void
check_no_end (GBytes * plain)
{
  gsize size = g_bytes_get_size (plain);
  guint n;

  for (n = 1; n <= 2; n++) {
    GByteArray *data = thaw (plain);

    g_byte_array_set_size (data, size - n);
    check_flawed (data, plain, "Premature end");
  }
}

static void
check_incomplete (const guint8 * data, gsize size)
{
  GBytes *bytes = g_bytes_new (data, size);
  GError *error = NULL;

  assert_refused (bytes, FALSE, CUP_ERROR_BAD_DATA, "JPEG image");
  g_assert_false (cup_image_check_complete (bytes, CUP_IMAGE_JPEG, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA);
  g_clear_error (&error);
  g_bytes_unref (bytes);
}

/* Whether an end marker stands behind what is left or not: pixels are missing. */
static void
check_cut (GBytes * plain)
{
  GByteArray *data = thaw (plain);
  gsize begin = find_segment (data, 0xda) + 14, size;

  for (size = data->len - 8; size > begin; size -= MAX ((size - begin) / 20, 1)) {
    guint8 *cut = g_memdup2 (data->data, size + 2);
    GBytes *ended;

    check_incomplete (cut, size);
    cut[size] = 0xff;
    cut[size + 1] = 0xd9;
    ended = g_bytes_new_take (cut, size + 2);
    g_assert_null (cup_image_decode (ended, 0, NULL));
    g_bytes_unref (ended);
  }
  g_byte_array_unref (data);
}

static void
test_jpeg (gconstpointer user_data)
{
  const JpegKind *kind = user_data;
  GBytes *plain = make_kind (kind);

  if (!(kind->flags & TJFLAG_PROGRESSIVE)) {
    check_odd_scan (plain);
    if (kind->width > 1)
      check_cut (plain);
  }
  check_stray_bytes (plain);
  check_revision (plain);
  check_no_end (plain);
  g_bytes_unref (plain);
}

/* All rows are there after the first scan, and most of what they are is not. */
static void
test_jpeg_progressive_cut (void)
{
  GBytes *plain = make_kind (&jpeg_kinds[4]);
  gsize size, at;
  const guint8 *data = g_bytes_get_data (plain, &size);
  guint n_scans = 0;

  for (at = 2; at + 2 < size; at++) {
    if (data[at] != 0xff || data[at + 1] != 0xda)
      continue;
    n_scans++;
    check_incomplete (data, at);
    check_incomplete (data, at + 2);
  }
  g_assert_cmpuint (n_scans, >, 4);
  g_bytes_unref (plain);
}

/* --- JPEG of four colours --- */

/* Large patches, of which the codec keeps the colours: 255 is no ink. */
static CupPixels *
make_inks (CupPixels ** expected)
{
  CupPixels *inks = cup_pixels_new (64, 64, 4, 8, NULL);
  guint x, y, c;

  *expected = cup_pixels_new (64, 64, 3, 8, NULL);
  for (y = 0; y < 64; y++) {
    for (x = 0; x < 64; x++) {
      const guint values[4] = { x / 16 * 85, y / 16 * 85,
        255 - x / 16 * 60, 255 - y / 16 * 70
      };

      for (c = 0; c < 4; c++)
        sample_set (inks, x, y, c, values[c]);
      for (c = 0; c < 3; c++)
        sample_set (*expected, x, y, c,
            (guint) lround (values[c] * values[3] / 255.));
    }
  }
  return inks;
}

static void
test_cmyk (void)
{
  static const J_COLOR_SPACE spaces[] = { JCS_CMYK, JCS_YCCK };
  CupPixels *expected, *inks = make_inks (&expected);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (spaces); i++) {
    GBytes *bytes = jpeg_sample_make_cmyk (inks, spaces[i]);
    Seen seen;

    see (bytes, &seen);
    g_assert_cmpstr (seen.flaw, ==, NULL);
    g_assert_cmpuint (seen.pixels->channels, ==, 3);
    g_assert_cmpfloat (psnr (seen.pixels, expected), >, 40);
    check_rows (bytes, seen.pixels);
    seen_clear (&seen);
    g_bytes_unref (bytes);
  }
  cup_pixels_unref (inks);
  cup_pixels_unref (expected);
}

/* --- PNG --- */

static const PngSample png_kinds[] = {
  {31, 23, PNG_COLOR_TYPE_GRAY, 8, FALSE, FALSE},
  {31, 23, PNG_COLOR_TYPE_GRAY, 1, FALSE, FALSE},
  {31, 23, PNG_COLOR_TYPE_GRAY, 16, FALSE, TRUE},
  {31, 23, PNG_COLOR_TYPE_RGB, 8, FALSE, FALSE},
  {31, 23, PNG_COLOR_TYPE_RGB, 8, FALSE, TRUE},
  {31, 23, PNG_COLOR_TYPE_RGB, 16, FALSE, FALSE},
  {31, 23, PNG_COLOR_TYPE_PALETTE, 8, FALSE, FALSE},
  {31, 23, PNG_COLOR_TYPE_PALETTE, 8, FALSE, TRUE},
  {31, 23, PNG_COLOR_TYPE_PALETTE, 4, FALSE, TRUE},
  {31, 23, PNG_COLOR_TYPE_GRAY_ALPHA, 8, FALSE, FALSE},
  {31, 23, PNG_COLOR_TYPE_RGB_ALPHA, 8, FALSE, FALSE},
  {31, 23, PNG_COLOR_TYPE_RGB_ALPHA, 16, FALSE, FALSE},
  {31, 23, PNG_COLOR_TYPE_RGB, 8, TRUE, FALSE},
  {31, 1, PNG_COLOR_TYPE_RGB, 8, TRUE, FALSE},
  {1, 1, PNG_COLOR_TYPE_GRAY, 8, FALSE, FALSE},
};

/* By libpng alone as well, of which the fast reader must not think otherwise. */
static void
check_png (GByteArray * data, GBytes * plain)
{
  GBytes *bytes = g_bytes_new (data->data, data->len);
  CupPixels *expected = decode (plain);
  CupPixels *pixels = cup_pixels_new (expected->width, expected->height,
      expected->channels, expected->depth, NULL);
  GError *error = NULL;

  cup_png_decode_by_libpng (data->data, data->len, pixels, &error);
  g_assert_no_error (error);
  assert_equal (pixels, expected);
#ifdef HAVE_FAST_PNG
  png_compare (bytes, 1 << 20);
#endif
  cup_pixels_unref (pixels);
  cup_pixels_unref (expected);
  g_bytes_unref (bytes);
  check_flawed (data, plain, NULL);
}

static void
insert_chunk (GByteArray * data, gsize at, const gchar * type,
    const guint8 * content, gsize size, gboolean sound)
{
  GByteArray *chunk = g_byte_array_new ();

  png_append_chunk (chunk, type, content, size);
  if (!sound)
    chunk->data[chunk->len - 1] ^= 1;
  insert (data, at, chunk->data, chunk->len);
  g_byte_array_unref (chunk);
}

/* In front of the pixels, and behind them. */
static gsize
find_place (const GByteArray * data, guint place)
{
  return png_sample_find (data->data, data->len, place == 0 ? "IDAT" : "IEND");
}

static void
check_ancillary (GBytes * plain)
{
  static const gchar *const types[] = { "tEXt", "gAMA", "tIME", "iCCP", "eXIf",
    "pHYs", "bKGD", "xyZz"
  };
  guint place, i;

  for (place = 0; place < 2; place++) {
    for (i = 0; i < G_N_ELEMENTS (types); i++) {
      GByteArray *data = thaw (plain);

      insert_chunk (data, find_place (data, place), types[i],
          (const guint8 *) "ab\0c", 4, FALSE);
      check_png (data, plain);
    }
  }
}

/* Behind the end of the compressed stream. */
static void
check_padding (GBytes * plain)
{
  static const guint8 zeros[40000];
  GByteArray *data = thaw (plain);
  gsize at = png_sample_find (data->data, data->len, "IDAT");
  guint32 length = png_get_uint_32 (data->data + at);

  insert (data, at + 8 + length, zeros, 100);
  png_save_uint_32 (data->data + at, length + 100);
  png_sample_seal (data->data, at);
  check_png (data, plain);

  data = thaw (plain);
  insert_chunk (data, find_place (data, 1), "IDAT", zeros, sizeof zeros, TRUE);
  check_png (data, plain);

  /* So much that it is not looked at. */
  data = thaw (plain);
  for (length = 0; length < 4; length++)
    insert_chunk (data, find_place (data, 1), "IDAT", zeros, sizeof zeros,
        TRUE);
  check_png (data, plain);

  data = thaw (plain);
  insert_chunk (data, find_place (data, 1), "IDAT", zeros, 10, TRUE);
  insert_chunk (data, png_sample_find (data->data, data->len, "IEND"), "teXt",
      zeros, 3, TRUE);
  insert_chunk (data, png_sample_find (data->data, data->len, "IEND"), "IDAT",
      zeros, 10, TRUE);
  check_png (data, plain);
}

/* More rows than the header says. */
static void
check_rows_too_many (const PngSample * kind, GBytes * plain, guint n)
{
  PngSample sample = *kind;
  GBytes *longer;
  GByteArray *data;

  sample.height += n;
  longer = png_sample_make (&sample);
  data = thaw (longer);
  png_save_uint_32 (data->data + 20, kind->height);
  png_sample_seal (data->data, 8);
  check_png (data, plain);
  g_bytes_unref (longer);
}

/* Those that do not count: of a length that is none, behind the pixels, in front of the
 * palette, a second one, one that is damaged. */
static void
check_transparency (const PngSample * kind, GBytes * plain)
{
  static const guint8 bytes[300];
  GByteArray *data = thaw (plain);

  insert_chunk (data, find_place (data, 0), "tRNS", bytes, sizeof bytes, TRUE);
  check_png (data, plain);
  data = thaw (plain);
  insert_chunk (data, find_place (data, 1), "tRNS", bytes, 2, TRUE);
  check_png (data, plain);
  data = thaw (plain);
  insert_chunk (data, find_place (data, 0), "tRNS", bytes,
      kind->color_type == PNG_COLOR_TYPE_RGB ? 6 : 2, FALSE);
  check_png (data, plain);
  if (kind->with_trns || (kind->color_type & PNG_COLOR_MASK_ALPHA)) {
    data = thaw (plain);
    insert_chunk (data, find_place (data, 0), "tRNS", bytes,
        kind->color_type == PNG_COLOR_TYPE_RGB ? 6 : 2, TRUE);
    check_png (data, plain);
  }
  if (kind->color_type == PNG_COLOR_TYPE_PALETTE) {
    data = thaw (plain);
    insert_chunk (data, 33, "tRNS", bytes, 2, TRUE);
    check_png (data, plain);
  }
}

static void
test_png (gconstpointer user_data)
{
  const PngSample *kind = user_data;
  GBytes *plain = png_sample_make (kind);

  check_ancillary (plain);
  check_padding (plain);
  check_transparency (kind, plain);
  if (!kind->interlaced) {
    check_rows_too_many (kind, plain, 1);
    check_rows_too_many (kind, plain, 3000);
  }
  g_bytes_unref (plain);
}

int
main (int argc, char **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (jpeg_kinds); i++) {
    gchar *path = g_strdup_printf ("/image-flaws/jpeg/%u", i);

    g_test_add_data_func (path, &jpeg_kinds[i], test_jpeg);
    g_free (path);
  }
  g_test_add_func ("/image-flaws/jpeg/progressive-cut",
      test_jpeg_progressive_cut);
  for (i = 0; i < G_N_ELEMENTS (png_kinds); i++) {
    gchar *path = g_strdup_printf ("/image-flaws/png/%u", i);

    g_test_add_data_func (path, &png_kinds[i], test_png);
    g_free (path);
  }
  g_test_add_func ("/image-flaws/cmyk", test_cmyk);
  return g_test_run ();
}
