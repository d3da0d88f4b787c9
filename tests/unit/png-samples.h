/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * PNG files of all kinds that exist, with what they have to decode to worked
 * out beside them, and chunks by hand for those that should not exist.
 */
#pragma once

#include <png.h>

#include "image-testing.h"

typedef struct
{
  guint width;
  guint height;
  gint color_type;
  gint depth;
  gboolean interlaced;
  gboolean with_trns;
  /* Written between the header and the pixels, and behind them. */
  const gchar *extra_chunk;
  const guint8 *extra_data;
  gsize extra_size;
  /* What libpng may choose from (PNG_ALL_FILTERS, …), the size of its IDAT
   * chunks, and the window of the compressor in bits; 0 for its defaults. */
  gint filters;
  gsize idat_size;
  gint window_bits;
} PngSample;

#define PNG_SAMPLE_N_COLORS 14

static inline void
png_sample_write (png_structp png, png_bytep data, size_t size)
{
  g_byte_array_append (png_get_io_ptr (png), data, size);
}

static inline void
png_sample_flush (png_structp png)
{
}

static inline guint
png_sample_n_channels (const PngSample * sample)
{
  switch (sample->color_type) {
    case PNG_COLOR_TYPE_RGB:
      return 3;
    case PNG_COLOR_TYPE_RGB_ALPHA:
      return 4;
    case PNG_COLOR_TYPE_GRAY_ALPHA:
      return 2;
    default:
      return 1;
  }
}

/* The file's own sample, before anything is expanded. */
static inline guint
png_sample_value (const PngSample * sample, guint x, guint y, guint c)
{
  guint value = (x * 2654435761u) ^ (y * 40503u * 65537u) ^ (c * 977u);

  value = (value ^ value >> 15) >> 3;
  if (sample->color_type == PNG_COLOR_TYPE_PALETTE)
    return value % MIN (PNG_SAMPLE_N_COLORS, 1 << sample->depth);
  /* The color key stands on the diagonal. */
  if (x == y && c < 3 && sample->with_trns)
    return 1;
  return value & ((1u << sample->depth) - 1);
}

static inline guint
png_sample_palette (guint index, guint c)
{
  return (index * (17 + c * 36) + c * 11) & 255;
}

static inline guint
png_sample_palette_alpha (guint index)
{
  return index < 2 ? index * 100 : 255;
}

static inline CupPixels *
png_sample_expected (const PngSample * sample)
{
  gboolean palette = sample->color_type == PNG_COLOR_TYPE_PALETTE;
  gboolean color = (sample->color_type & PNG_COLOR_MASK_COLOR) != 0;
  gboolean alpha = (sample->color_type & PNG_COLOR_MASK_ALPHA) != 0;
  guint depth = sample->depth == 16 ? 16 : 8;
  guint max = (1u << depth) - 1;
  guint n_file = png_sample_n_channels (sample);
  guint n = alpha || sample->with_trns ? 4 : color ? 3 : 1;
  CupPixels *pixels;
  guint x, y, c;

  pixels = cup_pixels_new (sample->width, sample->height, n, depth, NULL);
  for (y = 0; y < sample->height; y++) {
    for (x = 0; x < sample->width; x++) {
      guint first = png_sample_value (sample, x, y, 0);
      gboolean is_key = TRUE;

      for (c = 0; c < MIN (n_file, 3); c++)
        is_key &= png_sample_value (sample, x, y, c) == 1;
      for (c = 0; c < n; c++) {
        guint value;

        if (palette && c < 3)
          value = png_sample_palette (first, c);
        else if (palette)
          value = png_sample_palette_alpha (first);
        else if (c == 3 && !alpha)
          value = is_key ? 0 : max;
        else
          value = png_sample_value (sample, x, y, c == 3 ? n_file - 1 :
              color ? c : 0) * max / ((1u << sample->depth) - 1);
        sample_set (pixels, x, y, c, value);
      }
    }
  }
  return pixels;
}

static inline void
png_sample_pack_row (const PngSample * sample, guint y, guint8 * row)
{
  guint n = png_sample_n_channels (sample);
  guint x, c;

  for (x = 0; x < sample->width; x++) {
    for (c = 0; c < n; c++) {
      guint value = png_sample_value (sample, x, y, c);
      guint bit = (x * n + c) * sample->depth;

      if (sample->depth == 16)
        row[bit / 8 + 1] = value & 255;
      if (sample->depth == 16)
        row[bit / 8] = value >> 8;
      else
        row[bit / 8] |= value << (8 - sample->depth - bit % 8);
    }
  }
}

static inline void
png_sample_set_colors (const PngSample * sample, png_structp png,
    png_infop info)
{
  gint n_colors = MIN (PNG_SAMPLE_N_COLORS, 1 << sample->depth);
  png_color palette[PNG_SAMPLE_N_COLORS];
  png_byte alpha[PNG_SAMPLE_N_COLORS];
  png_color_16 key = { 0, 1, 1, 1, 1 };
  gint i;

  for (i = 0; i < n_colors; i++) {
    palette[i].red = png_sample_palette (i, 0);
    palette[i].green = png_sample_palette (i, 1);
    palette[i].blue = png_sample_palette (i, 2);
    alpha[i] = png_sample_palette_alpha (i);
  }
  if (sample->color_type == PNG_COLOR_TYPE_PALETTE)
    png_set_PLTE (png, info, palette, n_colors);
  if (sample->with_trns && sample->color_type == PNG_COLOR_TYPE_PALETTE)
    png_set_tRNS (png, info, alpha, 2, NULL);
  else if (sample->with_trns)
    png_set_tRNS (png, info, NULL, 0, &key);
}

static inline GBytes *
png_sample_make (const PngSample * sample)
{
  png_structp png;
  png_infop info;
  GByteArray *array = g_byte_array_new ();
  gsize stride = sample->width * 8;
  guint8 *data = g_malloc0 (stride * sample->height);
  guint8 **rows = g_new (guint8 *, sample->height);
  guint y;

  for (y = 0; y < sample->height; y++) {
    rows[y] = data + y * stride;
    png_sample_pack_row (sample, y, rows[y]);
  }
  /* libpng's own error functions: they abort, which is right in a test. */
  png = png_create_write_struct (PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  info = png_create_info_struct (png);
  png_set_write_fn (png, array, png_sample_write, png_sample_flush);
  png_set_IHDR (png, info, sample->width, sample->height, sample->depth,
      sample->color_type, sample->interlaced, 0, 0);
  if (sample->filters)
    png_set_filter (png, 0, sample->filters);
  if (sample->idat_size)
    png_set_compression_buffer_size (png, sample->idat_size);
  if (sample->window_bits)
    png_set_compression_window_bits (png, sample->window_bits);
  png_sample_set_colors (sample, png, info);
  png_write_info (png, info);
  if (sample->extra_chunk)
    png_write_chunk (png, (png_const_bytep) sample->extra_chunk,
        sample->extra_data, sample->extra_size);
  png_write_image (png, rows);
  if (sample->extra_chunk)
    png_write_chunk (png, (png_const_bytep) sample->extra_chunk,
        sample->extra_data, sample->extra_size);
  png_write_end (png, info);
  png_destroy_write_struct (&png, &info);
  g_free (rows);
  g_free (data);
  return g_byte_array_free_to_bytes (array);
}

/* Chunks by hand, for what libpng would refuse to write. */

static inline guint32
png_sample_crc (const guint8 * data, gsize size)
{
  guint32 crc = 0xffffffff;
  gsize i;
  gint bit;

  for (i = 0; i < size; i++) {
    crc ^= data[i];
    for (bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

/* Offset of the first chunk of @type, or of nothing: then the test is wrong. */
static inline gsize
png_sample_find (const guint8 * data, gsize size, const gchar * type)
{
  gsize offset = 8;

  while (offset + 12 <= size) {
    if (memcmp (data + offset + 4, type, 4) == 0)
      return offset;
    offset += 12 + png_get_uint_32 (data + offset);
  }
  g_assert_not_reached ();
}

/* Makes the checksum of the chunk at @offset right again. */
static inline void
png_sample_seal (guint8 * data, gsize offset)
{
  guint32 length = png_get_uint_32 (data + offset);

  png_save_uint_32 (data + offset + 8 + length,
      png_sample_crc (data + offset + 4, length + 4));
}
