/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What pictures' files can make us take from the heap, damaged and hostile ones
 * above all: this project and the libraries that it decodes with. What comes to
 * the heap is counted, and must not be more than the size that was accepted
 * needs; where none was, next to nothing.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gio/gio.h>

#include "image/metadata.h"
#include "malloc-count.h"
#include "png-testing.h"

/* What the element accepts of the result for a frame of 1080p at scale 2, a
 * little more than its size. */
#define MAX_COUNT ((guint64) 4096 * 2304)

/* Errors and their texts: of a header that is refused there is nothing else. */
#define REFUSED_BOUND ((gsize) 64 << 10)

/* Beside what goes by the picture's size: the state of libpng, libjpeg and
 * libwebp, with Huffman tables and a window of 32 kB for zlib, or ISA-L with twice
 * that, and the 64 kB that are inflated at once. */
#define DECODER_SLACK ((gsize) 1 << 20)

/* libwebp's tables of a group of Huffman codes. */
#define WEBP_GROUP_SIZE ((gsize) 16 << 10)
#define WEBP_N_GROUPS_ANYWAY 1000
#define WEBP_N_GROUPS_MAX 65536

/* A profile that is inflated is in a buffer that grows: while that is moved, both
 * are there. */
#define METADATA_BOUND (2 * (gsize) CUP_IMAGE_PROFILE_MAX + REFUSED_BOUND)

static const guint8 flips[] = { 0x01, 0x04, 0x20, 0x80, 0xff };

/* The bound */

/* A lossless WebP picture, or its alpha, has a group of Huffman codes for each
 * block of 4×4 at most. libwebp takes memory for as many as the largest number
 * says, or, from 1000 on, for as many as there are. */
static gsize
get_webp_groups (GBytes * bytes, const CupImageInfo * info)
{
  const gsize n = (gsize) ((info->width + 3) / 4) * ((info->height + 3) / 4);

  if (info->channels == 3 && cup_image_is_lossy (bytes, info->type))
    return 0;
  return CLAMP (n, WEBP_N_GROUPS_ANYWAY, WEBP_N_GROUPS_MAX)
      * WEBP_GROUP_SIZE;
}

/* What decoding may take for a picture of the size that the header says, by what
 * there is at most at the same time:
 *
 *   PNG    the picture; its rows with their filters (libdeflate has all of them),
 *          which are no longer than the picture's; the file's pieces in one
 *   JPEG   the picture; its coefficients, 16 bits for each sample (progressive);
 *          the rows of blocks that are being put together
 *   WebP   the picture; 32 bits for each pixel (lossless), or for its alpha; one
 *          of alpha; predictors, of blocks of 4×4; some rows
 *
 * JPEG and WebP work in blocks, which may reach over the picture's edge: JPEG's
 * have up to 32×32. So these multiples are of a picture that has whole ones. */
static gsize
get_bound (GBytes * bytes, const CupImageInfo * info)
{
  const gsize width = (info->width + 31) & ~(gsize) 31;
  const gsize height = (info->height + 31) & ~(gsize) 31;
  const gsize pixel = (gsize) info->channels * (info->depth / 8);

  switch (info->type) {
    case CUP_IMAGE_PNG:
      return 2 * ((info->width * pixel + 3) & ~(gsize) 3) * info->height
          + g_bytes_get_size (bytes) + DECODER_SLACK;
    case CUP_IMAGE_JPEG:
      return 5 * width * height * pixel + DECODER_SLACK;
    case CUP_IMAGE_WEBP:
      return 4 * width * height * pixel + get_webp_groups (bytes, info)
          + DECODER_SLACK;
    default:
      return REFUSED_BOUND;
  }
}

/* Counting */

static gsize before;
/* How much of its bound the worst file of a test has taken. */
static gdouble worst;

typedef void (*TestFunc) (void);

static void
begin (void)
{
  malloc_count_reset_peak ();
  before = malloc_count_get_in_use ();
}

/* Since begin(). */
static void
assert_peak (const gchar * what, gsize bound)
{
  const gsize most = malloc_count_get_peak () - before;

  worst = MAX (worst, (gdouble) most / bound);
  if (most > bound)
    g_error ("%s: %" G_GSIZE_FORMAT " bytes at once, where %" G_GSIZE_FORMAT
        " are expected at most", what, most, bound);
}

/* All that is done with a file from outside. Returns whether it was decoded. */
static gboolean
check (GBytes * bytes, guint64 max_count)
{
  gboolean accepted, valid;
  CupImageMetadata *metadata;
  CupPixels *pixels;
  CupImageInfo info;

  begin ();
  valid = cup_image_read_info (bytes, &info, NULL);
  if (valid)
    cup_image_check_complete (bytes, info.type, NULL);
  assert_peak ("the header", REFUSED_BOUND);

  accepted = valid && (guint64) info.width * info.height <= max_count;
  begin ();
  pixels = cup_image_decode (bytes, max_count, NULL);
  g_assert_true (accepted || !pixels);
  assert_peak (accepted ? "a size that is accepted" : "one that is refused",
      accepted ? get_bound (bytes, &info) : REFUSED_BOUND);
  valid = pixels != NULL;
  g_clear_pointer (&pixels, cup_pixels_unref);
  g_assert_cmpuint (malloc_count_get_in_use (), <=, before + REFUSED_BOUND);

  if (accepted) {
    begin ();
    metadata = cup_image_metadata_read (bytes, info.type);
    assert_peak ("metadata", METADATA_BOUND);
    g_clear_pointer (&metadata, cup_image_metadata_unref);
  }
  return valid;
}

static gboolean
check_data (const guint8 * data, gsize size)
{
  /* A copy, so that a sanitizer sees where it ends. */
  GBytes *bytes = g_bytes_new (data, size);
  gboolean valid = check (bytes, MAX_COUNT);

  g_bytes_unref (bytes);
  return valid;
}

/* Takes @bytes. */
static gboolean
check_file (GBytes * bytes)
{
  gboolean valid = check (bytes, MAX_COUNT);

  g_bytes_unref (bytes);
  return valid;
}

/* Damage */

/* The chunk of a PNG file that holds byte @at; 0 where none does. */
static gsize
find_chunk (const guint8 * data, gsize size, gsize at)
{
  gsize offset = 8;

  if (size < 8 || memcmp (data, "\x89PNG", 4) != 0 || at < offset)
    return 0;
  while (offset + 12 + png_get_uint_32 (data + offset) <= at)
    offset += 12 + png_get_uint_32 (data + offset);
  return offset;
}

/* Each byte, in several ways; for PNG once more as if it had been written so: with
 * a right checksum. But for the length, which says where that is. */
static void
check_flipped (GBytes * bytes)
{
  gsize size, at, chunk;
  guint8 *data = copy (bytes, &size);
  guint i;

  for (at = 0; at < size; at++) {
    chunk = find_chunk (data, size, at);
    for (i = 0; i < G_N_ELEMENTS (flips); i++) {
      guint8 *flipped = g_memdup2 (data, size);

      flipped[at] ^= flips[i];
      check_data (flipped, size);
      if (chunk > 0 && at >= chunk + 4) {
        png_sample_seal (flipped, chunk);
        check_data (flipped, size);
      }
      g_free (flipped);
    }
  }
  g_free (data);
}

static void
check_truncated (GBytes * bytes)
{
  gsize size, length;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  /* Without its end marker a JPEG still has all of its pixels. */
  if (data[0] == 0xff)
    size -= 2;
  for (length = 0; length < size; length++)
    g_assert_false (check_data (data, length));
}

/* Takes @bytes, which are a picture. */
static void
check_specimen (GBytes * bytes)
{
  g_assert_true (check (bytes, MAX_COUNT));
  check_flipped (bytes);
  check_truncated (bytes);
  g_bytes_unref (bytes);
}

static void
test_png_damaged (void)
{
  static const struct
  {
    gint color_type, depth;
    gboolean with_trns;
  } kinds[] = {
    {PNG_COLOR_TYPE_GRAY, 1, FALSE},
    {PNG_COLOR_TYPE_GRAY, 2, TRUE},
    {PNG_COLOR_TYPE_GRAY, 4, FALSE},
    {PNG_COLOR_TYPE_GRAY, 8, FALSE},
    {PNG_COLOR_TYPE_GRAY, 16, TRUE},
    {PNG_COLOR_TYPE_RGB, 8, FALSE},
    {PNG_COLOR_TYPE_RGB, 16, TRUE},
    {PNG_COLOR_TYPE_PALETTE, 1, FALSE},
    {PNG_COLOR_TYPE_PALETTE, 2, TRUE},
    {PNG_COLOR_TYPE_PALETTE, 4, FALSE},
    {PNG_COLOR_TYPE_PALETTE, 8, TRUE},
    {PNG_COLOR_TYPE_GRAY_ALPHA, 8, FALSE},
    {PNG_COLOR_TYPE_GRAY_ALPHA, 16, FALSE},
    {PNG_COLOR_TYPE_RGB_ALPHA, 8, FALSE},
    {PNG_COLOR_TYPE_RGB_ALPHA, 16, FALSE},
  };
  guint i, interlaced;

  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    for (interlaced = 0; interlaced < 2; interlaced++) {
      PngSample sample = { 5, 3, kinds[i].color_type, kinds[i].depth,
        interlaced, kinds[i].with_trns
      };

      check_specimen (png_sample_make (&sample));
    }
  }
}

static void
test_jpeg_damaged (void)
{
  CupPixels *pixels;

  pixels = sample_pixels (19, 9, 3, 8);
  check_specimen (make_jpeg (pixels, TJPF_RGB, TJSAMP_444, 0));
  check_specimen (make_jpeg (pixels, TJPF_RGB, TJSAMP_420, 0));
  check_specimen (make_jpeg (pixels, TJPF_RGB, TJSAMP_420, TJFLAG_PROGRESSIVE));
  cup_pixels_unref (pixels);
  check_specimen (encode_sample (19, 9, 1, 8, CUP_IMAGE_JPEG, 90));
}

static void
test_webp_damaged (void)
{
  if (skip_without_webp ())
    return;
  check_specimen (encode_sample (37, 21, 3, 8, CUP_IMAGE_WEBP, 80));
  check_specimen (encode_sample (17, 9, 4, 8, CUP_IMAGE_WEBP, 80));
  check_specimen (encode_sample (9, 7, 3, 8, CUP_IMAGE_WEBP, 100));
  check_specimen (encode_sample (9, 7, 4, 8, CUP_IMAGE_WEBP, 100));
}

/* The bound holds for large pictures, too, of which nothing is slack. */
static void
test_large (void)
{
  static const guint sides[][2] = { {2048, 1500}, {65000, 1}, {1, 65000} };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sides); i++) {
    const guint width = sides[i][0], height = sides[i][1];
    CupPixels *pixels = sample_pixels (width, height, 3, 8);
    PngSample sample = { width, height, PNG_COLOR_TYPE_RGB_ALPHA, 16, TRUE };

    g_assert_true (check_file (png_sample_make (&sample)));
    g_assert_true (check_file (encode (pixels, CUP_IMAGE_PNG, 0)));
    g_assert_true (check_file (encode (pixels, CUP_IMAGE_JPEG, 80)));
    g_assert_true (check_file (make_jpeg (pixels, TJPF_RGB, TJSAMP_420,
                TJFLAG_PROGRESSIVE)));
    if (cup_image_type_is_supported (CUP_IMAGE_WEBP) && i == 0) {
      g_assert_true (check_file (encode (pixels, CUP_IMAGE_WEBP, 80)));
      g_assert_true (check_file (encode (pixels, CUP_IMAGE_WEBP, 100)));
      g_assert_true (check_file (encode_sample (width, height, 4, 8,
                  CUP_IMAGE_WEBP, 80)));
      g_assert_true (check_file (encode_sample (width, height, 4, 8,
                  CUP_IMAGE_WEBP, 100)));
    }
    cup_pixels_unref (pixels);
  }
}

/* Files that somebody made to do harm: PNG */

static GByteArray *
deflate_zeros (gsize size)
{
  GConverter *converter = G_CONVERTER (g_zlib_compressor_new
      (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9));
  GByteArray *stream = g_byte_array_new ();
  GConverterResult result = G_CONVERTER_CONVERTED;
  static const guint8 zeros[64 * 1024] = { 0 };
  gsize in, out;

  while (result != G_CONVERTER_FINISHED) {
    const gsize n = MIN (size, sizeof (zeros));
    guint8 part[4096];

    result = g_converter_convert (converter, zeros, n, part, sizeof (part),
        n == size ? G_CONVERTER_INPUT_AT_END : G_CONVERTER_NO_FLAGS, &in, &out,
        NULL);
    g_assert_cmpint (result, !=, G_CONVERTER_ERROR);
    g_byte_array_append (stream, part, out);
    size -= in;
  }
  g_object_unref (converter);
  return stream;
}

/* A header, and a few bytes for all the rows. */
static GBytes *
make_png_of_size (guint width, guint height, gint interlaced)
{
  PngSample sample = { width, height, PNG_COLOR_TYPE_RGB_ALPHA, 16,
    interlaced
  };
  guint8 raw[100] = { 0 };

  return png_make_raw (&sample, raw, sizeof (raw));
}

static void
test_png_sizes (void)
{
  static const guint sides[][2] = {
    {30000, 30000}, {65535, 65535}, {65535, 4096}, {0x7fffffff, 0x7fffffff},
    {0x7fffffff, 1}, {0xffffffff, 2}, {1, 0x80000000}, {0, 0},
    /* These are accepted, but for what is in them. */
    {4096, 2304}, {65535, 100}, {100, 65535},
  };
  guint i, interlaced;

  for (i = 0; i < G_N_ELEMENTS (sides); i++) {
    for (interlaced = 0; interlaced < 2; interlaced++)
      g_assert_false (check_file (make_png_of_size (sides[i][0], sides[i][1],
                  interlaced)));
  }
}

/* Each chunk says to have what no file has. */
static void
test_png_lengths (void)
{
  static const gchar *const types[] = {
    "PLTE", "tRNS", "IDAT", "iCCP", "zTXt", "iTXt", "tEXt", "eXIf", "sPLT",
    "hIST", "zzZz", "IEND",
  };
  static const guint32 lengths[] = {
    0xffffffff, 0xfffffff4, 0x80000000, 0x7fffffff, 0x7ffffff3, 0x10000000
  };
  static const PngSample sample = { 16, 16, PNG_COLOR_TYPE_PALETTE, 8 };
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    for (j = 0; j < G_N_ELEMENTS (lengths); j++) {
      GByteArray *file = png_begin (&sample);
      const gsize at = file->len;

      png_append_chunk (file, types[i], (const guint8 *) "name\0\0", 6);
      png_save_uint_32 (file->data + at, lengths[j]);
      png_append_chunk (file, "IDAT", (const guint8 *) "\x78\x01\0\0", 4);
      g_assert_false (check_file (png_end (file)));
    }
  }
}

/* Chunks that become a thousand times as long, each with its own header in front
 * of the stream. */
static void
test_png_text_bombs (void)
{
  static const struct
  {
    const gchar *type;
    const gchar *prefix;
    gsize prefix_size;
  } chunks[] = {
    {"iCCP", "name\0\0", 6},
    {"zTXt", "Comment\0\0", 9},
    {"iTXt", "Comment\0\1\0\0\0", 12},
  };
  static const PngSample sample = { 4, 4, PNG_COLOR_TYPE_GRAY, 8 };
  const guint8 raw[5 * 4] = { 0 };
  GByteArray *bomb, *pixels = png_store (raw, sizeof (raw));
  guint i, j;

  bomb = deflate_zeros ((gsize) 64 << 20);
  for (i = 0; i < G_N_ELEMENTS (chunks); i++) {
    GByteArray *file = png_begin (&sample);
    GByteArray *content = g_byte_array_new ();

    g_byte_array_append (content, (const guint8 *) chunks[i].prefix,
        chunks[i].prefix_size);
    g_byte_array_append (content, bomb->data, bomb->len);
    for (j = 0; j < 20; j++)
      png_append_chunk (file, chunks[i].type, content->data, content->len);
    png_append_chunk (file, "IDAT", pixels->data, pixels->len);
    /* They are not looked at, but for a profile, which is not used. */
    g_assert_true (check_file (png_end (file)));
    g_byte_array_unref (content);
  }
  g_byte_array_unref (bomb);
  g_byte_array_unref (pixels);
}

/* Far more than the rows, which is not looked at. */
static void
test_png_pixel_bombs (void)
{
  static const PngSample samples[] = {
    {1, 1, PNG_COLOR_TYPE_GRAY, 8, FALSE},
    {16, 16, PNG_COLOR_TYPE_RGB, 8, FALSE},
    {16, 16, PNG_COLOR_TYPE_RGB, 8, TRUE},
    {16, 16, PNG_COLOR_TYPE_GRAY, 1, FALSE},
  };
  GByteArray *bomb;
  guint i, j;

  bomb = deflate_zeros ((gsize) 256 << 20);
  for (i = 0; i < G_N_ELEMENTS (samples); i++) {
    GByteArray *file = png_begin (&samples[i]);

    png_append_chunk (file, "IDAT", bomb->data, bomb->len);
    g_assert_true (check_file (png_end (file)));

    /* A list of pieces is memory, too. */
    file = png_begin (&samples[i]);
    for (j = 0; j < 50000; j++)
      png_append_chunk (file, "IDAT", bomb->data + j, 1);
    g_assert_true (check_file (png_end (file)));
  }
  g_byte_array_unref (bomb);
}

/* JPEG */

static void
append_segment (GByteArray * file, guint marker, gconstpointer data,
    gsize length)
{
  const guint8 header[4] = { 0xff, marker, (length + 2) >> 8,
    (length + 2) & 255
  };

  g_byte_array_append (file, header, 4);
  g_byte_array_append (file, data, length);
}

/* Progressive and gray: each scan is the next bit of one coefficient, of which
 * all are zero, so that a block takes one bit. */
static GBytes *
make_scans (guint width, guint height, guint n_scans, guint sampling)
{
  static const guint8 symbols[18] = { 0, 1 };
  GByteArray *file = g_byte_array_new ();
  const gsize n_blocks = (gsize) ((width + 7) / 8) * ((height + 7) / 8);
  guint8 *zeros = g_malloc0 (n_blocks / 8 + 1), tables[65];
  guint8 frame[9] = { 8, height >> 8, height & 255, width >> 8, width & 255, 1,
    1, sampling, 0
  };
  guint8 dc[18];
  guint8 scan[6] = { 1, 1, 0, 0, 0, 0 };
  guint i;

  memset (tables, 1, sizeof (tables));
  tables[0] = 0;
  memcpy (dc, symbols, sizeof (dc));
  g_byte_array_append (file, (const guint8 *) "\xff\xd8", 2);
  append_segment (file, 0xdb, tables, sizeof (tables));
  append_segment (file, 0xc2, frame, sizeof (frame));
  append_segment (file, 0xc4, dc, sizeof (dc));
  dc[0] = 0x10;
  append_segment (file, 0xc4, dc, sizeof (dc));
  append_segment (file, 0xda, scan, sizeof (scan));
  g_byte_array_append (file, zeros, n_blocks / 8 + (n_blocks % 8 > 0));
  for (i = 0; i < n_scans; i++) {
    const guint bit = 13 - i % 14;

    scan[3] = scan[4] = 1 + i / 14 % 63;
    scan[5] = (bit < 13 ? bit + 1 : 0) << 4 | bit;
    append_segment (file, 0xda, scan, sizeof (scan));
    g_byte_array_append (file, zeros, n_blocks / 8 + (n_blocks % 8 > 0));
  }
  g_byte_array_append (file, (const guint8 *) "\xff\xd9", 2);
  g_free (zeros);
  return g_byte_array_free_to_bytes (file);
}

static void
test_jpeg_scans (void)
{
  g_assert_true (check_file (make_scans (256, 256, 400, 0x11)));
  /* Above the decoder's limit. */
  g_assert_false (check_file (make_scans (256, 256, 800, 0x11)));
  check_file (make_scans (1024, 1024, 20, 0x44));
}

static void
test_jpeg_sizes (void)
{
  static const guint sides[][2] = {
    {65535, 65535}, {65500, 65500}, {30000, 30000}, {4096, 2304}, {65500, 1},
    {1, 65500}, {0, 16}
  };
  static const gint kinds[] = { 0, TJFLAG_PROGRESSIVE };
  CupPixels *pixels;
  guint i, j;

  pixels = sample_pixels (16, 16, 3, 8);
  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    GBytes *bytes = make_jpeg (pixels, TJPF_RGB, TJSAMP_420, kinds[i]);
    gsize size, at = 2;
    guint8 *data = copy (bytes, &size);

    while (data[at + 1] != 0xc0 && data[at + 1] != 0xc2)
      at += 2 + (data[at + 2] << 8 | data[at + 3]);
    for (j = 0; j < G_N_ELEMENTS (sides); j++) {
      png_save_uint_16 (data + at + 5, sides[j][1]);
      png_save_uint_16 (data + at + 7, sides[j][0]);
      g_assert_false (check_data (data, size));
      /* One component in as many blocks as there can be. */
      data[at + 11] = 0x44;
      check_data (data, size);
      data[at + 11] = 0x22;
    }
    g_free (data);
    g_bytes_unref (bytes);
  }
  cup_pixels_unref (pixels);
}

/* @file: up to where its pixels begin; takes it. */
static gboolean
check_with_pixels (GByteArray * file)
{
  GBytes *bytes = encode_sample (16, 16, 3, 8, CUP_IMAGE_JPEG, 80);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  g_byte_array_append (file, data + 2, size - 2);
  g_bytes_unref (bytes);
  return check_file (g_byte_array_free_to_bytes (file));
}

/* Profiles of many parts, and EXIF that points behind its end. */
static void
test_jpeg_metadata (void)
{
  static const guint8 exif[] = "Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12\0\3"
      "\xff\xff\xff\xff\xff\xff\xff\xf0";
  const guint n_parts[] = { 60, 255 };
  guint8 *part = g_malloc0 (65533);
  guint i, j;

  memcpy (part, "ICC_PROFILE", 12);
  for (i = 0; i < G_N_ELEMENTS (n_parts); i++) {
    GByteArray *file = g_byte_array_new ();

    g_byte_array_append (file, (const guint8 *) "\xff\xd8", 2);
    append_segment (file, 0xe1, exif, sizeof (exif) - 1);
    for (j = 1; j <= n_parts[i]; j++) {
      part[12] = j;
      part[13] = n_parts[i];
      append_segment (file, 0xe2, part, 65533);
    }
    g_assert_true (check_with_pixels (file));
  }
  g_free (part);
}

/* WebP */

static void
append_riff (GByteArray * file, const gchar * type, gconstpointer data,
    gsize length, guint32 claimed)
{
  const guint32 size = GUINT32_TO_LE (claimed);

  g_byte_array_append (file, (const guint8 *) type, 4);
  g_byte_array_append (file, (const guint8 *) &size, 4);
  g_byte_array_append (file, data, length);
  if (length % 2 > 0)
    g_byte_array_append (file, (const guint8 *) "", 1);
}

static GBytes *
end_riff (GByteArray * file)
{
  const guint32 size = GUINT32_TO_LE (file->len - 8);

  memcpy (file->data + 4, &size, 4);
  return g_byte_array_free_to_bytes (file);
}

static GByteArray *
begin_riff (void)
{
  GByteArray *file = g_byte_array_new ();

  g_byte_array_append (file, (const guint8 *) "RIFF\0\0\0\0WEBP", 12);
  return file;
}

static void
test_webp_metadata (void)
{
  static const guint32 claims[] = { 0xffffffff, 0xfffffff6, 0x7fffffff, 10 };
  static const gchar *const types[] = { "ICCP", "EXIF", "XMP ", "ALPH",
    "zzzz"
  };
  const gsize much = 5 << 20;
  guint8 *zeros;
  guint i, j;

  if (skip_without_webp ())
    return;
  zeros = g_malloc0 (much);
  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    for (j = 0; j < G_N_ELEMENTS (claims); j++) {
      GBytes *bytes = encode_sample (16, 16, 3, 8, CUP_IMAGE_WEBP, 80);
      GByteArray *file = begin_riff ();
      gsize size;
      const guint8 *data = g_bytes_get_data (bytes, &size);

      append_riff (file, "VP8X", "\x3c\0\0\0\x0f\0\0\x0f\0\0", 10, 10);
      append_riff (file, types[i], zeros, claims[j] == 10 ? much : 10,
          claims[j] == 10 ? much : claims[j]);
      g_byte_array_append (file, data + 12, size - 12);
      check_file (end_riff (file));
      g_bytes_unref (bytes);
    }
  }
  g_free (zeros);
}

typedef struct
{
  GByteArray *bytes;
  guint n_bits;
} Bits;

/* The lowest one first. */
static void
put_bits (Bits * bits, guint value, guint n)
{
  guint i;

  for (i = 0; i < n; i++, bits->n_bits++) {
    if (bits->n_bits % 8 == 0)
      g_byte_array_append (bits->bytes, (const guint8 *) "", 1);
    bits->bytes->data[bits->bytes->len - 1] |=
        (value >> i & 1) << bits->n_bits % 8;
  }
}

/* A code of the single symbol 0, which takes no bits. */
static void
put_no_code (Bits * bits)
{
  put_bits (bits, 1, 4);
}

/* A code in which each of the 256 first symbols has 8 bits, and @n_more have
 * none: said by a code for lengths, of 0 and 8 with one bit each. */
static void
put_byte_code (Bits * bits, guint n_more)
{
  guint i;

  put_bits (bits, 0, 1);
  /* 12 lengths, in the order 17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8. */
  put_bits (bits, 12 - 4, 4);
  for (i = 0; i < 12; i++)
    put_bits (bits, i == 2 || i == 11, 3);
  /* All symbols follow. */
  put_bits (bits, 0, 1);
  for (i = 0; i < 256 + n_more; i++)
    put_bits (bits, i < 256, 1);
}

/* A lossless picture whose blocks of 4×4 have @n_groups groups of codes among
 * them. The memory for these is the largest part of what it takes, by far. */
static GBytes *
make_groups (guint width, guint height, guint n_groups)
{
  Bits bits = { g_byte_array_new (), 0 };
  GByteArray *file = begin_riff ();
  const guint n = (width / 4) * (height / 4);
  guint i, j;

  put_bits (&bits, 0x2f, 8);
  put_bits (&bits, width - 1, 14);
  put_bits (&bits, height - 1, 14);
  /* No alpha, version 0; no transformation, no cache of colours. */
  put_bits (&bits, 0, 1 + 3 + 1 + 1);
  /* Groups, by a picture of blocks of 4×4, without a cache. Its green and red have
   * 8 bits each, reversed; and all else none. */
  put_bits (&bits, 1, 1);
  put_bits (&bits, 0, 3);
  put_bits (&bits, 0, 1);
  put_byte_code (&bits, 24);
  put_byte_code (&bits, 0);
  for (i = 0; i < 3; i++)
    put_no_code (&bits);
  for (i = 0; i < n; i++)
    put_bits (&bits, i % n_groups, 16);
  for (i = 0; i < n_groups; i++) {
    for (j = 0; j < 5; j++)
      put_no_code (&bits);
  }
  append_riff (file, "VP8L", bits.bytes->data, bits.bytes->len,
      bits.bytes->len);
  g_byte_array_unref (bits.bytes);
  return end_riff (file);
}

static void
test_webp_groups (void)
{
  if (skip_without_webp ())
    return;
  g_assert_true (check_file (make_groups (64, 64, 1)));
  g_assert_true (check_file (make_groups (64, 64, 256)));
  g_assert_true (check_file (make_groups (1024, 1024, 65536)));
}

static void
test_webp_sizes (void)
{
  /* The picture's own size is 14 bits, and that of the canvas 24. */
  static const guint8 lossy[] = "\x10\0\0\x9d\x01\x2a\xff\x3f\xff\x3f\0\0";
  static const guint8 lossless[] = "\x2f\xff\xff\xff\x0f\0\0";
  static const guint8 canvas[] = "\x10\0\0\0\xff\xff\xff\xff\xff\xff";
  GByteArray *file;

  if (skip_without_webp ())
    return;
  file = begin_riff ();
  append_riff (file, "VP8 ", lossy, sizeof (lossy) - 1, sizeof (lossy) - 1);
  g_assert_false (check_file (end_riff (file)));
  file = begin_riff ();
  append_riff (file, "VP8L", lossless, sizeof (lossless) - 1,
      sizeof (lossless) - 1);
  g_assert_false (check_file (end_riff (file)));
  file = begin_riff ();
  append_riff (file, "VP8X", canvas, 10, 10);
  append_riff (file, "VP8L", lossless, sizeof (lossless) - 1,
      sizeof (lossless) - 1);
  g_assert_false (check_file (end_riff (file)));
}

static void
run (gconstpointer data)
{
  const TestFunc func = *(const TestFunc *) data;

  if (!malloc_count_works ()) {
    g_test_skip ("memory is not counted here");
    return;
  }
  worst = 0;
  func ();
  g_test_message ("at most %.2f of a bound", worst);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const gchar *path;
    TestFunc func;
  } tests[] = {
    {"/image-memory/png/damaged", test_png_damaged},
    {"/image-memory/jpeg/damaged", test_jpeg_damaged},
    {"/image-memory/webp/damaged", test_webp_damaged},
    {"/image-memory/large", test_large},
    {"/image-memory/png/sizes", test_png_sizes},
    {"/image-memory/png/lengths", test_png_lengths},
    {"/image-memory/png/text-bombs", test_png_text_bombs},
    {"/image-memory/png/pixel-bombs", test_png_pixel_bombs},
    {"/image-memory/jpeg/sizes", test_jpeg_sizes},
    {"/image-memory/jpeg/scans", test_jpeg_scans},
    {"/image-memory/jpeg/metadata", test_jpeg_metadata},
    {"/image-memory/webp/sizes", test_webp_sizes},
    {"/image-memory/webp/groups", test_webp_groups},
    {"/image-memory/webp/metadata", test_webp_metadata},
  };
  gsize i;

  g_test_init (&argc, &argv, NULL);

  for (i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_data_func (tests[i].path, &tests[i].func, run);

  return g_test_run ();
}
