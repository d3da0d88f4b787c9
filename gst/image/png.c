/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * PNG's header, and PNG by libpng's full API (the simplified one has had the most
 * security reports). What most files are goes a faster way, where the build has
 * one, and comes back here when it is anything else.
 *
 * libpng reports errors by longjmp(). All calls that can jump are made below
 * guard(), which has no variables that a jump could leave undefined; what
 * those calls own is held by the caller of guard(), which frees it either way.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "metadata-private.h"
#include "png-private.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"

/* What may still be read once only the last row is missing, beyond the row:
 * the end of the compressed stream and headers of the IDAT chunks. */
#define LAST_ROW_SLACK (64 * 1024)

/* Of interlaced pictures. */
#define N_PASSES 7

/* Size of the IDAT chunks that are written; libpng's default of 8 kB costs a
 * call and 12 bytes each. */
#define IDAT_SIZE (64 * 1024)

#define ACTL_LENGTH 8

typedef struct
{
  gchar message[160];
} Failure;

typedef struct
{
  const guint8 *data;
  gsize size;
  gsize offset;
  /* Where reading must stop, at most @size. */
  gsize end;
  gboolean is_padded;           /* stopped there, with all rows read */
  /* Where the next chunk begins. */
  gsize boundary;
  png_infop info;
  CupPixels *pixels;
} Reader;

typedef struct
{
  CupImageBuffer buffer;
  png_infop info;
  const CupPixels *pixels;
  guint level;
} Writer;

typedef void (*Body) (png_structp png, gpointer state);

static gboolean
guard (png_structp png, Body body, gpointer state)
{
  if (setjmp (png_jmpbuf (png)))
    return FALSE;
  body (png, state);
  return TRUE;
}

PNG_NORETURN static void
on_error (png_structp png, png_const_charp message)
{
  Failure *failure = png_get_error_ptr (png);

  g_strlcpy (failure->message, message, sizeof (failure->message));
  png_longjmp (png, 1);
}

static void
on_warning (png_structp png, png_const_charp message)
{
  cup_debug ("libpng: %s", message);
}

/* Header */

static gboolean
set_truncated (gsize size, GError ** error)
{
  g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
      "PNG image: incomplete, it ends inside the header after %"
      G_GSIZE_FORMAT " bytes", size);
  return FALSE;
}

static gboolean
is_valid_depth (guint color_type, guint depth)
{
  switch (color_type) {
    case PNG_COLOR_TYPE_GRAY:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8
          || depth == 16;
    case PNG_COLOR_TYPE_PALETTE:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case PNG_COLOR_TYPE_RGB:
    case PNG_COLOR_TYPE_GRAY_ALPHA:
    case PNG_COLOR_TYPE_RGB_ALPHA:
      return depth == 8 || depth == 16;
    default:
      return FALSE;
  }
}

/* What decides whether a tRNS chunk counts. */
typedef struct
{
  guint color_type;
  guint max_colours;
  guint n_colours;              /* of PLTE, 0 before it */
} Palette;

static void
note_palette (Palette * palette, guint32 length)
{
  if (palette->n_colours == 0)
    palette->n_colours = MIN (length / 3, palette->max_colours);
}

/* As libpng has it: any other is ignored. */
static gboolean
is_transparency (const Palette * palette, guint32 length)
{
  switch (palette->color_type) {
    case PNG_COLOR_TYPE_GRAY:
      return length == 2;
    case PNG_COLOR_TYPE_RGB:
      return length == 6;
    case PNG_COLOR_TYPE_PALETTE:
      return length > 0 && length <= palette->n_colours;
    default:
      return FALSE;
  }
}

static gboolean
is_chunk (const guint8 * type, const gchar * name)
{
  return memcmp (type, name, 4) == 0;
}

static gboolean
check_chunk_header (const guint8 * data, gsize offset, GError ** error)
{
  const guint32 length = cup_image_read_be32 (data + offset);
  const guint8 *type = data + offset + 4;

  if (length <= CUP_PNG_CHUNK_LENGTH_MAX && g_ascii_isalpha (type[0])
      && g_ascii_isalpha (type[1]) && g_ascii_isalpha (type[2])
      && g_ascii_isalpha (type[3]) && !is_chunk (type, "IEND"))
    return TRUE;
  g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
      "PNG image: damaged, no valid chunk at byte %" G_GSIZE_FORMAT, offset);
  return FALSE;
}

/**
 * Prelude: what the chunks between IHDR and the first IDAT say
 * @has_trns: one that counts, so that the picture has alpha
 * @n_frames: of an animation, 0 for none
 * @is_frame: whether the picture is one of its frames
 */
typedef struct
{
  Palette palette;
  gboolean has_trns;
  guint32 n_frames;
  gboolean is_frame;
  CupImageLight light;
} Prelude;

static void
take_chunk (Prelude * prelude, const guint8 * chunk, guint32 length)
{
  const guint8 *type = chunk + 4;

  if (is_chunk (type, "PLTE"))
    note_palette (&prelude->palette, length);
  else if (is_chunk (type, "tRNS"))
    prelude->has_trns |= is_transparency (&prelude->palette, length)
        && cup_png_is_sound (chunk, length);
  else if (is_chunk (type, "acTL") && length == ACTL_LENGTH
      && cup_png_is_sound (chunk, length))
    prelude->n_frames = cup_image_read_be32 (chunk + 8);
  else if (is_chunk (type, "fcTL"))
    prelude->is_frame = TRUE;
  else
    cup_image_light_take (&prelude->light, chunk, length);
}

static gboolean
read_prelude (const guint8 * data, gsize size, Prelude * prelude,
    GError ** error)
{
  gsize offset =
      CUP_PNG_SIGNATURE_SIZE + CUP_PNG_CHUNK_OVERHEAD + CUP_PNG_IHDR_LENGTH;

  while (size - offset >= CUP_PNG_CHUNK_HEADER_SIZE) {
    guint32 length = cup_image_read_be32 (data + offset);
    const guint8 *chunk = data + offset;

    if (!check_chunk_header (data, offset, error))
      return FALSE;
    if (is_chunk (chunk + 4, "IDAT"))
      return TRUE;
    /* @length has 31 bits, but so may a gsize have. */
    if (size - offset < CUP_PNG_CHUNK_OVERHEAD
        || size - offset - CUP_PNG_CHUNK_OVERHEAD < length)
      break;
    take_chunk (prelude, chunk, length);
    offset += CUP_PNG_CHUNK_OVERHEAD + (gsize) length;
  }
  return set_truncated (size, error);
}

/* One frame that is the picture itself moves as little as a picture. */
static gboolean
check_still (const Prelude * prelude, GError ** error)
{
  if (prelude->n_frames == 0 || (prelude->n_frames == 1 && prelude->is_frame))
    return TRUE;
  g_set_error_literal (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
      "PNG image: animations are not supported; extract the frames first");
  return FALSE;
}

gboolean
cup_png_read_info (const guint8 * data, gsize size, CupImageInfo * info,
    GError ** error)
{
  const guint8 *ihdr =
      data + CUP_PNG_SIGNATURE_SIZE + CUP_PNG_CHUNK_HEADER_SIZE;
  Prelude prelude = { 0 };
  gboolean has_alpha;
  guint32 width, height;
  guint depth, color_type;

  if (size <
      CUP_PNG_SIGNATURE_SIZE + CUP_PNG_CHUNK_OVERHEAD + CUP_PNG_IHDR_LENGTH)
    return set_truncated (size, error);
  if (cup_image_read_be32 (data + CUP_PNG_SIGNATURE_SIZE) != CUP_PNG_IHDR_LENGTH
      || memcmp (data + CUP_PNG_SIGNATURE_SIZE + 4, "IHDR", 4) != 0) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "PNG image: damaged, it does not begin with IHDR");
    return FALSE;
  }

  width = cup_image_read_be32 (ihdr);
  height = cup_image_read_be32 (ihdr + 4);
  depth = ihdr[8];
  color_type = ihdr[9];
  if (!is_valid_depth (color_type, depth) || ihdr[10] != 0 || ihdr[11] != 0
      || ihdr[12] > 1) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "PNG image: damaged, IHDR says color type %u, %u bits, compression "
        "%u, filter %u, interlace %u", color_type, depth, ihdr[10], ihdr[11],
        ihdr[12]);
    return FALSE;
  }

  has_alpha = (color_type & PNG_COLOR_MASK_ALPHA) != 0;
  prelude.palette.color_type = color_type;
  prelude.palette.max_colours = 1u << MIN (depth, 8);
  /* Where it does not decide on alpha, as much of it as there is. */
  if (!read_prelude (data, size, &prelude, has_alpha ? NULL : error)
      && !has_alpha)
    return FALSE;
  if (!check_still (&prelude, error))
    return FALSE;

  info->width = width;
  info->height = height;
  info->depth = depth == 16 ? 16 : 8;
  info->light = prelude.light;
  if (has_alpha || prelude.has_trns)
    info->channels = 4;
  else
    info->channels = (color_type & PNG_COLOR_MASK_COLOR) ? 3 : 1;
  return TRUE;
}

/* Decoding */

/* Whether the last row is where it is to be, and libpng looks for the end of the
 * compressed data behind the limit for that. */
static gboolean
is_past_rows (const Reader * reader, png_structp png)
{
  return reader->end < reader->size
      && (png_get_current_row_number (png) >= reader->pixels->height
      || png_get_current_pass_number (png) >= N_PASSES);
}

/* Whether there is nothing wrong with the chunks from IDAT on but what is in them. */
static gboolean
is_sound_to_end (const guint8 * data, gsize size)
{
  gsize offset = CUP_PNG_SIGNATURE_SIZE;

  while (size - offset >= CUP_PNG_CHUNK_OVERHEAD) {
    const guint8 *chunk = data + offset;
    const guint32 length = cup_image_read_be32 (chunk);

    if (length > size - offset - CUP_PNG_CHUNK_OVERHEAD
        || (!g_ascii_islower (chunk[4]) && !cup_png_is_sound (chunk, length)))
      return FALSE;
    if (is_chunk (chunk + 4, "IEND"))
      return TRUE;
    offset += CUP_PNG_CHUNK_OVERHEAD + (gsize) length;
  }
  return FALSE;
}

/* The reader is where a chunk begins. Passes over the chunks that have no part in
 * the pixels: libpng never sees them, and its versions differ in what they refuse
 * in them. They are no compressed data, so @end moves with them. */
static void
begin_chunk (png_structp png, Reader * reader)
{
  while (reader->size - reader->offset >= CUP_PNG_CHUNK_OVERHEAD) {
    const guint8 *chunk = reader->data + reader->offset;
    const guint32 length = cup_image_read_be32 (chunk);
    const gsize left = reader->size - reader->offset - CUP_PNG_CHUNK_OVERHEAD;
    const gsize total = CUP_PNG_CHUNK_OVERHEAD + (gsize) length;

    if (length > left)
      png_error (png, "incomplete, the data ends too early");
    reader->boundary = reader->offset + total;
    if (!cup_png_is_skipped (chunk + 4))
      return;
    reader->offset += total;
    reader->end = MIN (reader->size - total, reader->end) + total;
  }
}

static void
on_read (png_structp png, png_bytep out, size_t length)
{
  Reader *reader = png_get_io_ptr (png);

  if (reader->offset == reader->boundary)
    begin_chunk (png, reader);
  if (length > reader->end - reader->offset) {
    if (is_past_rows (reader, png)) {
      reader->is_padded = TRUE;
      png_longjmp (png, 1);
    }
    if (reader->end < reader->size)
      png_error (png, "more compressed data than the picture needs");
    png_error (png, "incomplete, the data ends too early");
  }
  memcpy (out, reader->data + reader->offset, length);
  reader->offset += length;
}

static void
set_limits (png_structp png)
{
  png_set_user_limits (png, CUP_PIXELS_MAX_SIDE, CUP_PIXELS_MAX_SIDE);
  png_set_chunk_malloc_max (png, CUP_PNG_CHUNK_MALLOC_MAX);
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  png_set_crc_action (png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
#else
  /* A damaged chunk that need not be understood is as if it was not there. */
  png_set_crc_action (png, PNG_CRC_ERROR_QUIT, PNG_CRC_WARN_DISCARD);
#endif
  /* Oddities that cannot change a pixel: chunks out of place, more compressed data
   * than there are rows. A stream that is damaged or too short is an error. */
  png_set_benign_errors (png, TRUE);
}

static void
set_transformations (png_structp png, png_infop info)
{
  guint color_type = png_get_color_type (png, info);
  guint depth = png_get_bit_depth (png, info);
  gboolean has_trns = png_get_valid (png, info, PNG_INFO_tRNS) != 0;

  if (color_type == PNG_COLOR_TYPE_PALETTE)
    png_set_palette_to_rgb (png);
  if (color_type == PNG_COLOR_TYPE_GRAY && depth < 8)
    png_set_expand_gray_1_2_4_to_8 (png);
  if (has_trns)
    png_set_tRNS_to_alpha (png);
  if (color_type == PNG_COLOR_TYPE_GRAY_ALPHA
      || (color_type == PNG_COLOR_TYPE_GRAY && has_trns))
    png_set_gray_to_rgb (png);
  if (depth == 16 && G_BYTE_ORDER == G_LITTLE_ENDIAN)
    png_set_swap (png);
}

static void
read_body (png_structp png, gpointer state)
{
  Reader *reader = state;
  CupPixels *pixels = reader->pixels;
  gint pass, n_passes;
  gsize row_size, last;
  guint y;

  set_limits (png);
  png_set_read_fn (png, reader, on_read);
  png_read_info (png, reader->info);
  set_transformations (png, reader->info);
  n_passes = png_set_interlace_handling (png);
  png_read_update_info (png, reader->info);

  /* Both read the same IHDR, so that only a tRNS that libpng rejects can make
   * a difference. */
  row_size = (gsize) pixels->width * pixels->channels * (pixels->depth / 8);
  if (png_get_image_width (png, reader->info) != pixels->width
      || png_get_image_height (png, reader->info) != pixels->height
      || png_get_rowbytes (png, reader->info) != row_size)
    png_error (png, "damaged tRNS chunk");

  for (pass = 0; pass < n_passes; pass++) {
    for (y = 0; y < pixels->height; y++) {
      /* With the last row libpng inflates all that is left, however much that
       * is: a picture of a few pixels could keep a core busy for minutes. */
      if (pass == n_passes - 1 && y == pixels->height - 1) {
        last = row_size + row_size / 8 + LAST_ROW_SLACK;
        if (last < reader->end - reader->offset)
          reader->end = reader->offset + last;
      }
      png_read_row (png, cup_pixels_row (pixels, y), NULL);
    }
  }
  reader->end = reader->size;
  png_read_end (png, reader->info);
}

gboolean
cup_png_decode_by_libpng (const guint8 * data, gsize size, CupPixels * pixels,
    GError ** error)
{
  Failure failure = { "out of memory" };
  Reader reader = {.data = data,.size = size,.end = size,
    .boundary = CUP_PNG_SIGNATURE_SIZE,.pixels = pixels
  };
  png_structp png;
  gboolean done = FALSE, has_decoder = FALSE;

  png = png_create_read_struct (PNG_LIBPNG_VER_STRING, &failure, on_error,
      on_warning);
  if (png) {
    reader.info = png_create_info_struct (png);
    done = reader.info && (guard (png, read_body, &reader)
        || (reader.is_padded && is_sound_to_end (data, size)));
    if (reader.is_padded && !done)
      g_strlcpy (failure.message, "damaged behind the pixels",
          sizeof failure.message);
    has_decoder = reader.info != NULL;
    png_destroy_read_struct (&png, &reader.info, NULL);
  }
  if (!done)
    g_set_error (error, CUP_ERROR, has_decoder ? CUP_ERROR_BAD_DATA :
        CUP_ERROR_TOO_LARGE, "PNG image: %u×%u pixels cannot be decoded: %s",
        pixels->width, pixels->height, failure.message);
  return done;
}

gboolean
cup_png_decode (const guint8 * data, gsize size, CupPixels * pixels,
    gchar ** flaw, GError ** error)
{
#ifdef HAVE_FAST_PNG
  if (cup_png_read (data, size, pixels))
    return TRUE;
#endif
  return cup_png_decode_by_libpng (data, size, pixels, error);
}

gboolean
cup_png_decode_rows (const guint8 * data, gsize size,
    const CupImageInfo * info, CupConvertRows * rows, gchar ** flaw)
{
#ifdef HAVE_FAST_PNG
  return cup_png_read_rows (data, size, info, rows);
#else
  return FALSE;
#endif
}

/* Encoding */

static void
on_write (png_structp png, png_bytep data, size_t length)
{
  Writer *writer = png_get_io_ptr (png);

  if (!cup_image_buffer_append (&writer->buffer, data, length))
    png_error (png, "out of memory");
}

/* libpng's own would call fflush(). */
static void
on_flush (png_structp png)
{
}

static void
write_body (png_structp png, gpointer state)
{
  Writer *writer = state;
  const CupPixels *pixels = writer->pixels;
  guint y;

  png_set_write_fn (png, writer, on_write, on_flush);
  png_set_user_limits (png, CUP_PIXELS_MAX_SIDE, CUP_PIXELS_MAX_SIDE);
  /* On photographs the sizes of all settings are within 5 % of each other,
   * but libpng's usual ones take six times as long. */
  png_set_filter (png, PNG_FILTER_TYPE_BASE,
      writer->level > 0 ? PNG_FILTER_SUB : PNG_FILTER_NONE);
  png_set_compression_level (png, writer->level);
  png_set_compression_buffer_size (png, IDAT_SIZE);
  png_set_IHDR (png, writer->info, pixels->width, pixels->height,
      pixels->depth, cup_png_color_type (pixels->channels), PNG_INTERLACE_NONE,
      PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
  png_write_info (png, writer->info);
  if (pixels->depth == 16 && G_BYTE_ORDER == G_LITTLE_ENDIAN)
    png_set_swap (png);
  for (y = 0; y < pixels->height; y++)
    png_write_row (png, cup_pixels_row (pixels, y));
  png_write_end (png, writer->info);
}

/* libpng has a capital letter. */
static gboolean
is_no_memory (const Failure * failure)
{
  return g_ascii_strcasecmp (failure->message, "out of memory") == 0;
}

GBytes *
cup_png_encode_by_libpng (const CupPixels * pixels, guint level,
    GError ** error)
{
  Failure failure = { "out of memory" };
  Writer writer = { {NULL}, NULL, pixels, level };
  png_structp png;
  gboolean done = FALSE;

  png = png_create_write_struct (PNG_LIBPNG_VER_STRING, &failure, on_error,
      on_warning);
  if (png) {
    writer.info = png_create_info_struct (png);
    /* Half of the samples is more than most pictures take. Pages that are not
     * used are never touched, and are given back at the end. */
    done = writer.info
        && cup_image_buffer_reserve (&writer.buffer,
        cup_pixels_get_size (pixels) / 2 + 4096)
        && guard (png, write_body, &writer);
    png_destroy_write_struct (&png, &writer.info);
  }
  if (!done) {
    cup_image_buffer_clear (&writer.buffer);
    g_set_error (error, CUP_ERROR, is_no_memory (&failure) ?
        CUP_ERROR_TOO_LARGE : CUP_ERROR_FAILED,
        "PNG image: %u×%u pixels, %.0f MB, cannot be encoded: %s",
        pixels->width, pixels->height,
        cup_pixels_get_size (pixels) / (1024 * 1024.0), failure.message);
    return NULL;
  }
  return cup_image_buffer_steal (&writer.buffer);
}

GBytes *
cup_image_encode_png (const CupPixels * pixels, guint level, GError ** error)
{
#ifdef HAVE_FAST_PNG
  CupImageBuffer buffer = { NULL };
#endif

  level = MIN (level, CUP_IMAGE_PNG_MAX_LEVEL);
#ifdef HAVE_FAST_PNG
  if (cup_png_write (pixels, level, &buffer))
    return cup_image_buffer_steal (&buffer);
  cup_image_buffer_clear (&buffer);
#endif
  return cup_png_encode_by_libpng (pixels, level, error);
}

GBytes *
cup_png_encode (const CupPixels * pixels, guint quality, GError ** error)
{
  return cup_image_encode_png (pixels, CUP_IMAGE_PNG_DEFAULT_LEVEL, error);
}

/* Red, which stands for all three, and alpha. */
static CupPixels *
drop_colours (const CupPixels * pixels, GError ** error)
{
  const gsize sample = pixels->depth / 8;
  CupPixels *gray = cup_pixels_new (pixels->width, pixels->height, 2,
      pixels->depth, error);
  guint x, y;

  for (y = 0; gray && y < pixels->height; y++) {
    const guint8 *in = cup_pixels_row (pixels, y);
    guint8 *out = cup_pixels_row (gray, y);

    for (x = 0; x < pixels->width; x++, in += 4 * sample, out += 2 * sample) {
      memcpy (out, in, sample);
      memcpy (out + sample, in + 3 * sample, sample);
    }
  }
  return gray;
}

GBytes *
cup_image_encode_png_gray (const CupPixels * pixels, guint level,
    GError ** error)
{
  CupPixels *gray;
  GBytes *bytes;

  g_return_val_if_fail (pixels->channels == 4, NULL);
  gray = drop_colours (pixels, error);
  if (!gray)
    return NULL;
  bytes = cup_image_encode_png (gray, level, error);
  cup_pixels_unref (gray);
  return bytes;
}
