/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything that is not a picture, is half of one, or is one that somebody
 * made to do harm. Run it under a sanitizer.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "png-samples.h"

/* PNG */

static GBytes *
make_palette_png (gsize * size, guint8 ** data)
{
  PngSample sample = { 20, 20, PNG_COLOR_TYPE_PALETTE, 4, FALSE, TRUE };
  GBytes *bytes = png_sample_make (&sample);

  *data = copy (bytes, size);
  return bytes;
}

static void
test_png_damaged (void)
{
  GBytes *bytes;
  guint8 *data;
  gsize size, at;

  /* A tRNS where there should be a palette. */
  bytes = make_palette_png (&size, &data);
  at = png_sample_find (data, size, "PLTE");
  memcpy (data + at + 4, "tRNS", 4);
  png_sample_seal (data, at);
  assert_data_refused (data, size, FALSE, CUP_ERROR_BAD_DATA, "PNG image");

  /* No palette. */
  memcpy (data, g_bytes_get_data (bytes, NULL), size);
  memcpy (data + at + 4, "plTe", 4);
  png_sample_seal (data, at);
  assert_data_refused (data, size, FALSE, CUP_ERROR_BAD_DATA, "PNG image");

  /* A critical chunk that nobody knows, as in Apple's variant. */
  memcpy (data + at + 4, "CgBI", 4);
  png_sample_seal (data, at);
  assert_data_refused (data, size, FALSE, CUP_ERROR_BAD_DATA, "CgBI");

  /* No pixels at all. */
  memcpy (data, g_bytes_get_data (bytes, NULL), size);
  at = png_sample_find (data, size, "IDAT");
  memmove (data + at, data + size - 12, 12);
  assert_data_refused (data, at + 12, TRUE, CUP_ERROR_BAD_DATA,
      "no valid chunk");
  g_free (data);
  g_bytes_unref (bytes);
}

/* Every byte of a PNG is under a checksum or means something: damage of what need not be
 * understood changes nothing, all other is an error. */
static void
test_png_every_byte (void)
{
  static const guint8 comment[] = "Comment\0of no use";
  PngSample sample = { 9, 11, PNG_COLOR_TYPE_RGB, 8, FALSE, TRUE, "tEXt",
    comment, sizeof (comment)
  };
  GBytes *bytes = png_sample_make (&sample);
  CupPixels *whole = decode (bytes);
  GRand *rand = g_rand_new_with_seed (1);
  guint n_ignored = 0;
  gsize size, i;
  guint8 *data = copy (bytes, &size);
  gint round;

  for (round = 0; round < 4; round++) {
    for (i = 0; i < size; i++) {
      guint8 flip = g_rand_int_range (rand, 1, 256);
      GError *error = NULL;
      CupPixels *pixels;
      GBytes *damaged;

      data[i] ^= flip;
      damaged = g_bytes_new (data, size);
      data[i] ^= flip;
      pixels = cup_image_decode (damaged, 0, &error);
      g_assert_true ((pixels != NULL) == (error == NULL));
      /* Without its color key a picture has no alpha. */
      if (pixels && pixels->channels == whole->channels) {
        assert_equal (pixels, whole);
        n_ignored++;
      }
      g_clear_pointer (&pixels, cup_pixels_unref);
      g_clear_error (&error);
      g_bytes_unref (damaged);
    }
  }
  /* The two comments, without their lengths, and mostly with their types. */
  g_assert_cmpuint (n_ignored, >=, 4 * 2 * (sizeof (comment) + 4));
  g_assert_cmpuint (n_ignored, <=, 4 * 2 * (sizeof (comment) + 8));
  cup_pixels_unref (whole);
  g_rand_free (rand);
  g_free (data);
  g_bytes_unref (bytes);
}

static void
set_ihdr (guint8 * data, guint width, guint height)
{
  png_save_uint_32 (data + 16, width);
  png_save_uint_32 (data + 20, height);
  png_sample_seal (data, 8);
}

static void
test_png_hostile (void)
{
  GBytes *bytes;
  guint8 *data;
  gsize size, at;

  bytes = encode_sample (16, 16, 3, 8, CUP_IMAGE_PNG, 0);
  data = copy (bytes, &size);
  set_ihdr (data, 65535, 65535);
  assert_data_refused (data, size, TRUE, CUP_ERROR_TOO_LARGE, "65535×65535");
  set_ihdr (data, 0x7fffffff, 0x7fffffff);
  assert_data_refused (data, size, TRUE, CUP_ERROR_TOO_LARGE, "2147483647");
  set_ihdr (data, 0xffffffff, 2);
  assert_data_refused (data, size, TRUE, CUP_ERROR_TOO_LARGE, "4294967295");
  set_ihdr (data, 0, 16);
  assert_data_refused (data, size, TRUE, CUP_ERROR_BAD_DATA, "0×16");
  /* Within the limits, but there is not nearly enough behind it. */
  set_ihdr (data, 16384, 16384);
  assert_data_refused (data, size, FALSE, CUP_ERROR_BAD_DATA, "16384×16384");
  set_ihdr (data, 17, 16);
  assert_data_refused (data, size, FALSE, CUP_ERROR_BAD_DATA, "PNG image");

  /* Chunks that claim more than there is. */
  set_ihdr (data, 1, 1);
  at = png_sample_find (data, size, "IDAT");
  png_save_uint_32 (data + at, 0x7fffffff);
  assert_data_refused (data, size, FALSE, CUP_ERROR_BAD_DATA, "PNG image");
  png_save_uint_32 (data + at, 0xffffffff);
  assert_data_refused (data, size, TRUE, CUP_ERROR_BAD_DATA, "no valid chunk");
  png_save_uint_32 (data + at, 0x7fffffff);
  memcpy (data + at + 4, "tEXt", 4);
  assert_data_refused (data, size, TRUE, CUP_ERROR_BAD_DATA, "incomplete");

  /* A header that is not one. */
  memcpy (data + 12, "IHDX", 4);
  assert_data_refused (data, size, TRUE, CUP_ERROR_BAD_DATA, "IHDR");
  memcpy (data, g_bytes_get_data (bytes, NULL), size);
  data[24] = 3;
  assert_data_refused (data, size, TRUE, CUP_ERROR_BAD_DATA, "3 bits");
  g_free (data);
  g_bytes_unref (bytes);
}

static void
assert_first_pixel (const guint8 * data, gsize size, const CupPixels * expected)
{
  GBytes *bytes = g_bytes_new (data, size);
  CupPixels *pixels = decode (bytes);
  guint c;

  g_assert_cmpuint (pixels->width, ==, 1);
  for (c = 0; c < expected->channels; c++)
    g_assert_cmpuint (sample_get (pixels, 0, 0, c), ==,
        sample_get (expected, 0, 0, c));
  cup_pixels_unref (pixels);
  g_bytes_unref (bytes);
}

/* Compressed data that would inflate for long after the last row: too much of
 * it to read at all, and a little that inflates to very much. All of the picture's own
 * pixels are there, and no more is looked at than whether its chunks are sound. */
static void
test_png_bomb (void)
{
  GBytes *bytes, *bomb;
  CupPixels *pixels;
  guint8 *data;
  gsize size;
  guint y;

  pixels = sample_pixels (400, 400, 3, 16);
  bytes = encode (pixels, CUP_IMAGE_PNG, 0);
  data = copy (bytes, &size);
  set_ihdr (data, 1, 1);
  assert_first_pixel (data, size, pixels);
  data[size - 12 - 8] ^= 1;
  assert_data_refused (data, size, FALSE, CUP_ERROR_BAD_DATA,
      "damaged behind the pixels");
  g_free (data);
  for (y = 0; y < pixels->height; y++)
    memset (cup_pixels_row (pixels, y), 0, pixels->stride);
  bomb = encode (pixels, CUP_IMAGE_PNG, 0);
  data = copy (bomb, &size);
  set_ihdr (data, 1, 1);
  assert_first_pixel (data, size, pixels);
  g_free (data);
  cup_pixels_unref (pixels);
  g_bytes_unref (bytes);
  g_bytes_unref (bomb);
}

/* JPEG */

static gsize
find_frame (const guint8 * data, gsize size)
{
  gsize i;

  for (i = 0; i + 10 < size; i++) {
    if (data[i] == 0xff && data[i + 1] == 0xc0)
      return i;
  }
  g_assert_not_reached ();
}

static void
test_jpeg_refused (void)
{
  GBytes *bytes;
  guint8 *data;
  gsize size, at;

  bytes = encode_sample (16, 16, 3, 8, CUP_IMAGE_JPEG, 90);
  data = copy (bytes, &size);
  at = find_frame (data, size);
  data[at + 4] = 12;
  assert_data_refused (data, size, TRUE, CUP_ERROR_UNSUPPORTED, "12-bit");
  data[at + 4] = 8;
  data[at + 1] = 0xc3;
  assert_data_refused (data, size, TRUE, CUP_ERROR_UNSUPPORTED, "lossless");
  data[at + 1] = 0xc5;
  assert_data_refused (data, size, TRUE, CUP_ERROR_UNSUPPORTED, "hierarchical");
  data[at + 1] = 0xf7;
  assert_data_refused (data, size, TRUE, CUP_ERROR_UNSUPPORTED, "JPEG-LS");
  data[at + 1] = 0xda;
  assert_data_refused (data, size, TRUE, CUP_ERROR_BAD_DATA, "no header");
  data[at + 1] = 0xc0;
  data[at + 3] = 2;
  assert_data_refused (data, size, TRUE, CUP_ERROR_BAD_DATA, "frame header");
  data[at + 3] = 14;
  data[at + 9] = 2;
  assert_data_refused (data, size, TRUE, CUP_ERROR_UNSUPPORTED, "2 components");
  data[at + 3] = 17;
  data[at + 9] = 3;
  /* No rows: a size that is known only later, by a DNL segment. */
  data[at + 5] = data[at + 6] = 0;
  assert_data_refused (data, size, TRUE, CUP_ERROR_BAD_DATA, "16×0");
  memset (data + at + 5, 0xff, 4);
  assert_data_refused (data, size, TRUE, CUP_ERROR_TOO_LARGE, "65535×65535");
  /* More rows than there is data for. */
  data[at + 5] = data[at + 7] = 0x10;
  assert_data_refused (data, size, FALSE, CUP_ERROR_BAD_DATA, "JPEG image");
  data[4] = data[5] = 0;
  assert_data_refused (data, size, TRUE, CUP_ERROR_BAD_DATA, "0 bytes long");
  g_free (data);
  g_bytes_unref (bytes);
}

/* Of a JPEG only the end marker may be missing: all pixels are before it. */
static gsize
get_least_size (CupImageType type, gsize size)
{
  return type == CUP_IMAGE_JPEG ? size - 2 : size;
}

/* Where it is decoded the library finds the very size that was read of the header:
 * pixels of another one would be scaled to it. */
static void
check_jpeg_size (const guint8 * data, gsize size)
{
  GBytes *bytes = g_bytes_new (data, size);
  CupPixels *pixels = cup_image_decode (bytes, 1 << 20, NULL);
  tjhandle handle = tjInitDecompress ();
  gint width = 0, height = 0, subsampling, color_space;

  if (pixels) {
    tjDecompressHeader3 (handle, data, size, &width, &height, &subsampling,
        &color_space);
    g_assert_cmpint (width, ==, pixels->width);
    g_assert_cmpint (height, ==, pixels->height);
    cup_pixels_unref (pixels);
  }
  tjDestroy (handle);
  g_bytes_unref (bytes);
}

/* A segment of each kind before the frame's header: alone, empty, and with what
 * would be a header of another size. */
static void
check_jpeg_marker (const guint8 * data, gsize size, gsize frame, guint marker)
{
  static const gsize lengths[] = { 2, 4, 19 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (lengths); i++) {
    GByteArray *file = g_byte_array_new ();
    guint8 segment[19];

    memcpy (segment, data + frame, sizeof (segment));
    segment[1] = (guint8) marker;
    if (lengths[i] == 4)
      segment[3] = 2;
    segment[6] /= 2;
    segment[8] /= 2;
    g_byte_array_append (file, data, frame);
    g_byte_array_append (file, segment, lengths[i]);
    g_byte_array_append (file, data + frame, size - frame);
    check_jpeg_size (file->data, file->len);
    g_byte_array_unref (file);
  }
}

static void
test_jpeg_size (void)
{
  GBytes *bytes = encode_sample (16, 16, 3, 8, CUP_IMAGE_JPEG, 90);
  gsize size, frame, at;
  guint8 *data = copy (bytes, &size);
  guint value;

  frame = find_frame (data, size);
  for (value = 0; value < 256; value++)
    check_jpeg_marker (data, size, frame, value);
  for (at = 0; at < frame + 19; at++) {
    for (value = 1; value < 256; value++) {
      data[at] ^= value;
      check_jpeg_size (data, size);
      data[at] ^= value;
    }
  }
  g_free (data);
  g_bytes_unref (bytes);
}

/* WebP */

static void
test_webp_refused (void)
{
  /* An extended header with the animation flag, 16×16. */
  static const guint8 animation[] = "RIFF\x2c\0\0\0WEBPVP8X\x0a\0\0\0"
      "\x02\0\0\0\x0f\0\0\x0f\0\0" "ANIM\x06\0\0\0\xff\xff\xff\xff\0\0";
  GBytes *bytes = g_bytes_new_static (animation, sizeof (animation) - 1);

  if (cup_image_type_is_supported (CUP_IMAGE_WEBP))
    assert_refused (bytes, TRUE, CUP_ERROR_UNSUPPORTED, "animation");
  else
    assert_refused (bytes, TRUE, CUP_ERROR_UNSUPPORTED, "libwebp");
  g_bytes_unref (bytes);
}

/* All types */

/* What the truncation and the damage tests go through. */
static GPtrArray *
make_specimens (void)
{
  GPtrArray *specimens = g_ptr_array_new_with_free_func
      ((GDestroyNotify) g_bytes_unref);
  PngSample sample = { 13, 11, PNG_COLOR_TYPE_PALETTE, 4, TRUE, TRUE };
  CupPixels *pixels = sample_pixels (37, 21, 3, 8);

  g_ptr_array_add (specimens, png_sample_make (&sample));
  g_ptr_array_add (specimens, encode_sample (9, 7, 4, 16, CUP_IMAGE_PNG, 0));
  g_ptr_array_add (specimens, encode (pixels, CUP_IMAGE_JPEG, 80));
  g_ptr_array_add (specimens, make_jpeg (pixels, TJPF_RGB, TJSAMP_420,
          TJFLAG_PROGRESSIVE));
  g_ptr_array_add (specimens, encode_sample (19, 9, 1, 8, CUP_IMAGE_JPEG, 90));
  if (cup_image_type_is_supported (CUP_IMAGE_WEBP)) {
    g_ptr_array_add (specimens, encode (pixels, CUP_IMAGE_WEBP, 100));
    g_ptr_array_add (specimens, encode (pixels, CUP_IMAGE_WEBP, 80));
    g_ptr_array_add (specimens, encode_sample (17, 9, 4, 8, CUP_IMAGE_WEBP,
            80));
  }
  cup_pixels_unref (pixels);
  return specimens;
}

static void
test_truncated (void)
{
  GPtrArray *specimens = make_specimens ();
  guint i;

  for (i = 0; i < specimens->len; i++) {
    GBytes *bytes = specimens->pdata[i], *more;
    gsize size, length;
    const guint8 *data = g_bytes_get_data (bytes, &size);
    guint8 *longer = g_malloc0 (size + 100);
    CupPixels *whole = decode (bytes), *again;
    CupImageInfo known;
    CupImageType type;

    g_assert_true (cup_image_read_info (bytes, &known, NULL));
    type = known.type;
    for (length = 0; length < get_least_size (type, size); length++) {
      GError *error = NULL;
      CupImageInfo info;
      gint code = length > 0 ? CUP_ERROR_BAD_DATA : CUP_ERROR_UNSUPPORTED;
      /* A copy, so that a sanitizer sees where it ends. */
      GBytes *prefix = g_bytes_new (data, length);

      if (!cup_image_read_info (prefix, &info, &error)) {
        g_assert_error (error, CUP_ERROR, code);
        g_clear_error (&error);
      } else {
        g_assert_cmpuint (info.width, ==, whole->width);
        g_assert_cmpuint (info.height, ==, whole->height);
        g_assert_cmpuint (info.channels, ==, whole->channels);
        g_assert_cmpuint (info.depth, ==, whole->depth);
      }
      g_assert_null (cup_image_decode (prefix, 0, &error));
      g_assert_error (error, CUP_ERROR, code);
      g_clear_error (&error);
      g_assert_false (cup_image_check_complete (prefix, type, &error));
      g_assert_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA);
      g_clear_error (&error);
      g_bytes_unref (prefix);
    }
    g_assert_true (cup_image_check_complete (bytes, type, NULL));

    /* What follows the picture's own end does not matter. */
    memcpy (longer, data, size);
    more = g_bytes_new_take (longer, size + 100);
    again = decode (more);
    assert_equal (whole, again);
    g_assert_true (cup_image_check_complete (more, type, NULL));
    cup_pixels_unref (again);
    cup_pixels_unref (whole);
    g_bytes_unref (more);
  }
  g_ptr_array_unref (specimens);
}

/* Damage that a format cannot notice gives other pixels, and no more. */
static void
test_flipped (void)
{
  GPtrArray *specimens = make_specimens ();
  GRand *rand = g_rand_new_with_seed (20240229);
  guint i, round, n;

  for (i = 0; i < specimens->len; i++) {
    for (round = 0; round < 3000; round++) {
      gsize size;
      guint8 *data = copy (specimens->pdata[i], &size);
      gint n_flips = g_rand_int_range (rand, 1, 5);
      GError *error = NULL;
      CupImageInfo info;
      CupPixels *pixels;
      GBytes *bytes;
      gboolean valid;

      /* Every other time in the header, where most can go wrong. */
      for (n = 0; n < (guint) n_flips; n++)
        data[g_rand_int_range (rand, 0, round % 2 ? size : MIN (size, 64))]
            ^= g_rand_int_range (rand, 1, 256);
      bytes = g_bytes_new_take (data, size);
      valid = cup_image_read_info (bytes, &info, &error);
      g_assert_true (valid == (error == NULL));
      g_clear_error (&error);
      pixels = cup_image_decode (bytes, 1 << 20, &error);
      g_assert_true ((pixels != NULL) == (error == NULL));
      if (pixels) {
        g_assert_true (valid);
        g_assert_cmpuint (info.width, ==, pixels->width);
        g_assert_cmpuint (info.height, ==, pixels->height);
        g_assert_cmpuint (info.channels, ==, pixels->channels);
        g_assert_cmpuint (info.depth, ==, pixels->depth);
        cup_pixels_unref (pixels);
      }
      g_clear_error (&error);
      g_bytes_unref (bytes);
    }
  }
  g_rand_free (rand);
  g_ptr_array_unref (specimens);
}

/* *INDENT-OFF* */
#define DATA(text) text, sizeof (text) - 1
static const struct
{
  const gchar *data;
  gsize size;
  const gchar *expected;
} unknown_cases[] = {
  { DATA (""), "empty (0 bytes)" },
  { DATA ("<!DOCTYPE html><html></html>"), "an HTML page" },
  { DATA ("\n  <HTML>\n"), "an HTML page" },
  { DATA ("\xef\xbb\xbf<html>"), "an HTML page" },
  { DATA ("<?xml version='1.0'?><html xmlns='x'/>"), "an HTML page" },
  { DATA ("<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"),
      "an XML document" },
  { DATA ("<?xml version='1.0'?>\n<svg width='3'/>"), "an SVG drawing" },
  { DATA ("{\"detail\": \"Not found\"}"), "JSON (23 bytes)" },
  { DATA (" [1, 2]"), "JSON" },
  { DATA ("upstream connect error"), "plain text" },
  { DATA ("Fehler: \xc3\xbc" "berlastet"), "plain text" },
  { DATA ("  \n "), "white space" },
  { DATA ("GIF89a\1\0\1\0"), "a GIF image; convert it to PNG" },
  { DATA ("II*\0\10\0\0\0"), "a TIFF image" },
  { DATA ("MM\0*\0\0\0\10"), "a TIFF image" },
  { DATA ("BM\x36\0\0\0"), "a BMP image" },
  { DATA ("\0\0\0\x1c" "ftypavif\0\0\0\0"), "an AVIF image" },
  { DATA ("\0\0\0\x18" "ftypheic\0\0\0\0"), "a HEIC image" },
  { DATA ("\0\0\0\x18" "ftypisom\0\0\0\0"), "an MP4 file" },
  { DATA ("RIFF\4\0\0\0WAVE"), "not WebP" },
  { DATA ("\x1f\x8b\x08\0"), "gzip" },
  { DATA ("\x01\xfe\x80"), "unknown data starting with 01 fe 80" },
  { DATA ("\xff\xfe\xc0\xc1"), "unknown data starting with ff fe c0 c1" },
  { DATA ("\x89PNG\n\x1a\n\0"), "89 50 4e 47" },
};
#undef DATA
/* *INDENT-ON* */

static void
test_unknown (void)
{
  GString *text = g_string_new (NULL);
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (unknown_cases); i++)
    assert_data_refused ((const guint8 *) unknown_cases[i].data,
        unknown_cases[i].size, TRUE, CUP_ERROR_UNSUPPORTED,
        unknown_cases[i].expected);

  /* A long text, with a character across the place where reading stops. */
  for (i = 0; i < 4; i++) {
    g_string_set_size (text, 509 + i);
    memset (text->str, 'a', text->len);
    g_string_append (text, "\xe2\x82\xac and more");
    assert_data_refused ((const guint8 *) text->str, text->len, TRUE,
        CUP_ERROR_UNSUPPORTED, "plain text");
  }
  g_string_free (text, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/image-damage/png/damaged", test_png_damaged);
  g_test_add_func ("/image-damage/png/every-byte", test_png_every_byte);
  g_test_add_func ("/image-damage/png/hostile", test_png_hostile);
  g_test_add_func ("/image-damage/png/bomb", test_png_bomb);
  g_test_add_func ("/image-damage/jpeg/refused", test_jpeg_refused);
  g_test_add_func ("/image-damage/jpeg/size", test_jpeg_size);
  g_test_add_func ("/image-damage/webp/refused", test_webp_refused);
  g_test_add_func ("/image-damage/truncated", test_truncated);
  g_test_add_func ("/image-damage/flipped", test_flipped);
  g_test_add_func ("/image-damage/unknown", test_unknown);

  return g_test_run ();
}
