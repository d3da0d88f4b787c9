/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * PNG files of bytes that no encoder would choose, and the comparison of the fast
 * reader with libpng.
 */
#pragma once

#include "image/png-private.h"
#include "png-samples.h"

/* What of a file's rows a PngSample says, in bytes, without the filter's. */
static inline gsize
png_row_size (const PngSample * sample)
{
  return ((gsize) sample->width * png_sample_n_channels (sample)
      * sample->depth + 7) / 8;
}

static inline void
png_append_chunk (GByteArray * file, const gchar * type, const guint8 * data,
    gsize length)
{
  gsize start = file->len;
  guint8 header[8], sum[4] = { 0 };

  png_save_uint_32 (header, length);
  memcpy (header + 4, type, 4);
  g_byte_array_append (file, header, 8);
  if (length > 0)
    g_byte_array_append (file, data, length);
  g_byte_array_append (file, sum, 4);
  png_sample_seal (file->data, start);
}

static inline guint32
png_adler (const guint8 * data, gsize size)
{
  guint32 low = 1, high = 0;
  gsize i;

  for (i = 0; i < size; i++) {
    low = (low + data[i]) % 65521;
    high = (high + low) % 65521;
  }
  return high << 16 | low;
}

/* @raw (rows with their filters) as a zlib stream that stores it. */
static inline GByteArray *
png_store (const guint8 * raw, gsize size)
{
  static const guint8 header[] = { 0x78, 0x01 };
  GByteArray *stream = g_byte_array_new ();
  guint8 sum[4];
  gsize at = 0;

  g_byte_array_append (stream, header, 2);
  do {
    gsize n = MIN (size - at, 65535);
    guint8 block[5] = { at + n == size, n & 255, n >> 8, ~n & 255,
      (~n >> 8) & 255
    };

    g_byte_array_append (stream, block, 5);
    g_byte_array_append (stream, raw + at, n);
    at += n;
  } while (at < size);
  png_save_uint_32 (sum, png_adler (raw, size));
  g_byte_array_append (stream, sum, 4);
  return stream;
}

/* Signature, IHDR, and what a palette needs. */
static inline GByteArray *
png_begin (const PngSample * sample)
{
  GByteArray *file = g_byte_array_new ();
  guint8 ihdr[13] = { 0 }, colors[PNG_SAMPLE_N_COLORS * 3];
  guint8 alphas[2] = { png_sample_palette_alpha (0),
    png_sample_palette_alpha (1)
  };
  guint i;

  g_byte_array_append (file, (const guint8 *) "\x89PNG\r\n\x1a\n", 8);
  png_save_uint_32 (ihdr, sample->width);
  png_save_uint_32 (ihdr + 4, sample->height);
  ihdr[8] = sample->depth;
  ihdr[9] = sample->color_type;
  ihdr[12] = sample->interlaced;
  png_append_chunk (file, "IHDR", ihdr, sizeof (ihdr));
  if (sample->color_type == PNG_COLOR_TYPE_PALETTE) {
    for (i = 0; i < sizeof (colors); i++)
      colors[i] = png_sample_palette (i / 3, i % 3);
    png_append_chunk (file, "PLTE", colors, sizeof (colors));
    if (sample->with_trns)
      png_append_chunk (file, "tRNS", alphas, sizeof (alphas));
  }
  return file;
}

static inline GBytes *
png_end (GByteArray * file)
{
  png_append_chunk (file, "IEND", NULL, 0);
  return g_byte_array_free_to_bytes (file);
}

/* A whole file of @raw. */
static inline GBytes *
png_make_raw (const PngSample * sample, const guint8 * raw, gsize size)
{
  GByteArray *file = png_begin (sample), *stream = png_store (raw, size);

  png_append_chunk (file, "IDAT", stream->data, stream->len);
  g_byte_array_unref (stream);
  return png_end (file);
}

/* libpng's text where it refuses a stream for tables of codes that other
 * libraries take, since they are not used. */
static inline gboolean
png_is_about_tables (const gchar * message)
{
  static const gchar *const texts[] = {
    "invalid code lengths set", "invalid bit length repeat",
    "invalid literal/lengths set", "invalid distances set",
    "too many length or distance symbols", "missing end-of-block",
    "invalid literal/length code", "invalid distance code",
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (texts); i++) {
    if (strstr (message, texts[i]))
      return TRUE;
  }
  return FALSE;
}

typedef struct
{
  gboolean fast;
  gboolean libpng;
} PngVerdict;

#ifdef HAVE_FAST_PNG
/* Whatever the fast reader takes, libpng must take, and see the same in it. */
static inline PngVerdict
png_compare (GBytes * bytes, guint64 max_count)
{
  PngVerdict verdict = { FALSE, FALSE };
  CupPixels *fast, *slow;
  CupImageInfo info;
  GError *error = NULL;
  const guint8 *data;
  gsize size;

  data = g_bytes_get_data (bytes, &size);
  if (!cup_image_read_info (bytes, &info, NULL) || info.type != CUP_IMAGE_PNG
      || (guint64) info.width * info.height > max_count)
    return verdict;
  fast = cup_pixels_new (info.width, info.height, info.channels, info.depth,
      NULL);
  slow = cup_pixels_new (info.width, info.height, info.channels, info.depth,
      NULL);
  memset (fast->data, 0x55, cup_pixels_get_size (fast));
  verdict.fast = cup_png_read (data, size, fast);
  verdict.libpng = cup_png_decode_by_libpng (data, size, slow, &error);
  g_assert_true (verdict.libpng == (error == NULL));
  if (verdict.fast && error && !png_is_about_tables (error->message))
    g_error ("libpng refuses what the fast reader takes: %s", error->message);
  if (verdict.fast && !error)
    assert_equal (fast, slow);
  g_clear_error (&error);
  cup_pixels_unref (fast);
  cup_pixels_unref (slow);
  return verdict;
}
#endif
