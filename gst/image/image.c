/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The formats' common front: tells them apart, checks sizes before anything is
 * allocated, and reduces pictures to what a format can hold.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "image.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "codecs.h"

typedef gboolean (*ReadInfo) (const guint8 * data, gsize size,
    CupImageInfo * info, GError ** error);
typedef gboolean (*Decode) (const guint8 * data, gsize size,
    CupPixels * pixels, gchar ** flaw, GError ** error);
typedef gboolean (*DecodeRows) (const guint8 * data, gsize size,
    const CupImageInfo * info, CupConvertRows * rows, gchar ** flaw);
typedef GBytes *(*Encode) (const CupPixels * pixels, guint quality,
    GError ** error);

typedef struct
{
  CupImageType type;
  const gchar *name;
  const gchar *mime;
  const gchar *extension;
  /* The longest side that the format, or its library, can hold. */
  guint max_side;
  /* NULL where this build lacks the library. */
  ReadInfo read_info;
  Decode decode;
  DecodeRows decode_rows;
  Encode encode;
  const gchar *library;
} Codec;

/* *INDENT-OFF* */
static const Codec codecs[] = {
  { CUP_IMAGE_PNG, "PNG image", "image/png", "png", CUP_PIXELS_MAX_SIDE,
    cup_png_read_info, cup_png_decode, cup_png_decode_rows, cup_png_encode,
    "libpng" },
  { CUP_IMAGE_JPEG, "JPEG image", "image/jpeg", "jpg", 65500,
    cup_jpeg_read_info, cup_jpeg_decode, cup_jpeg_decode_rows, cup_jpeg_encode,
    "libjpeg-turbo" },
#ifdef HAVE_WEBP
  { CUP_IMAGE_WEBP, "WebP image", "image/webp", "webp", 16383,
    cup_webp_read_info, cup_webp_decode, cup_webp_decode_rows, cup_webp_encode,
    "libwebp" },
#else
  { CUP_IMAGE_WEBP, "WebP image", "image/webp", "webp", 16383,
    NULL, NULL, NULL, NULL, "libwebp" },
#endif
};
/* *INDENT-ON* */

#define PNG_MAGIC "\x89PNG\r\n\x1a\n"
#define PNG_MAGIC_SIZE 8
#define JPEG_MAGIC "\xff\xd8\xff"
#define JPEG_MAGIC_SIZE 3
/* "RIFF", four bytes of length, "WEBP". */
#define WEBP_MAGIC_SIZE 12

/* Types */

static const Codec *
find_codec (CupImageType type)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (codecs[i].type == type)
      return &codecs[i];
  }
  return NULL;
}

const gchar *
cup_image_type_get_mime (CupImageType type)
{
  const Codec *codec = find_codec (type);

  return codec ? codec->mime : NULL;
}

const gchar *
cup_image_type_get_extension (CupImageType type)
{
  const Codec *codec = find_codec (type);

  return codec ? codec->extension : NULL;
}

CupImageType
cup_image_type_from_mime (const gchar * mime)
{
  gsize i, length;

  if (mime == NULL)
    return CUP_IMAGE_UNKNOWN;
  while (g_ascii_isspace (*mime))
    mime++;
  length = strcspn (mime, "; \t\r\n");
  for (i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (strlen (codecs[i].mime) == length
        && g_ascii_strncasecmp (mime, codecs[i].mime, length) == 0)
      return codecs[i].type;
  }
  /* Never registered, but sent by many. */
  if (length == strlen ("image/jpg")
      && g_ascii_strncasecmp (mime, "image/jpg", length) == 0)
    return CUP_IMAGE_JPEG;
  return CUP_IMAGE_UNKNOWN;
}

gboolean
cup_image_type_is_supported (CupImageType type)
{
  const Codec *codec = find_codec (type);

  return codec && codec->decode && codec->encode;
}

guint
cup_image_type_get_max_side (CupImageType type)
{
  const Codec *codec = find_codec (type);

  return codec ? codec->max_side : 0;
}

static gboolean
check_supported (const Codec * codec, GError ** error)
{
  if (codec->decode && codec->encode)
    return TRUE;
  g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
      "%s: not supported, this build was made without %s",
      codec->name, codec->library);
  return FALSE;
}

/* Reading */

static gboolean
has_magic (const guint8 * data, gsize size, gsize offset, const gchar * magic,
    gsize magic_size)
{
  if (size <= offset)
    return TRUE;
  return memcmp (data + offset, magic, MIN (size - offset, magic_size)) == 0;
}

/* The type that @data begins as; it may end inside the magic. */
static CupImageType
sniff (const guint8 * data, gsize size, gsize * magic_size)
{
  if (size == 0)
    return CUP_IMAGE_UNKNOWN;
  if (has_magic (data, size, 0, PNG_MAGIC, PNG_MAGIC_SIZE)) {
    *magic_size = PNG_MAGIC_SIZE;
    return CUP_IMAGE_PNG;
  }
  if (has_magic (data, size, 0, JPEG_MAGIC, JPEG_MAGIC_SIZE)) {
    *magic_size = JPEG_MAGIC_SIZE;
    return CUP_IMAGE_JPEG;
  }
  if (has_magic (data, size, 0, "RIFF", 4)
      && has_magic (data, size, 8, "WEBP", 4)) {
    *magic_size = WEBP_MAGIC_SIZE;
    return CUP_IMAGE_WEBP;
  }
  return CUP_IMAGE_UNKNOWN;
}

static const Codec *
read_info (GBytes * bytes, CupImageInfo * info, GError ** error)
{
  const Codec *codec;
  const guint8 *data;
  gsize size, magic_size = 0;

  data = g_bytes_get_data (bytes, &size);
  codec = find_codec (sniff (data, size, &magic_size));
  if (!codec) {
    cup_image_set_unknown_error (data, size, error);
    return NULL;
  }
  if (size < magic_size) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "%s: incomplete, it ends after %" G_GSIZE_FORMAT " bytes",
        codec->name, size);
    return NULL;
  }
  if (!check_supported (codec, error))
    return NULL;

  memset (info, 0, sizeof (*info));
  info->type = codec->type;
  if (!codec->read_info (data, size, info, error))
    return NULL;
  if (!cup_pixels_check_size (info->width, info->height, 0, codec->name, error))
    return NULL;
  return codec;
}

CupImageType
cup_image_get_type (GBytes * bytes)
{
  gsize size, magic_size = 0;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  CupImageType type = sniff (data, size, &magic_size);

  return size >= magic_size ? type : CUP_IMAGE_UNKNOWN;
}

gboolean
cup_image_read_info (GBytes * bytes, CupImageInfo * info, GError ** error)
{
  CupImageInfo found;

  if (!read_info (bytes, &found, error))
    return FALSE;
  *info = found;
  return TRUE;
}

gboolean
cup_image_is_lossy (GBytes * bytes, CupImageType type)
{
#ifdef HAVE_WEBP
  if (type == CUP_IMAGE_WEBP) {
    gsize size;
    const guint8 *data = g_bytes_get_data (bytes, &size);

    return cup_webp_is_lossy (data, size);
  }
#endif
  return type == CUP_IMAGE_JPEG;
}

/* The bytes between the rows are never seen, but they are written to files,
 * sockets and shared memory along with the rest: they must not carry what was
 * in this memory before. */
static void
clear_padding (CupPixels * pixels)
{
  gsize used = (gsize) pixels->width * pixels->channels * (pixels->depth / 8);
  guint y;

  if (used == pixels->stride)
    return;
  for (y = 0; y < pixels->height; y++)
    memset (cup_pixels_row (pixels, y) + used, 0, pixels->stride - used);
}

CupPixels *
cup_image_decode (GBytes * bytes, guint64 max_count, GError ** error)
{
  return cup_image_decode_noting (bytes, max_count, NULL, error);
}

CupPixels *
cup_image_decode_noting (GBytes * bytes, guint64 max_count, gchar ** flaw,
    GError ** error)
{
  const Codec *codec;
  CupImageInfo info;
  CupPixels *pixels;
  const guint8 *data;
  gsize size;

  codec = read_info (bytes, &info, error);
  if (!codec)
    return NULL;
  if (!cup_pixels_check_size (info.width, info.height, max_count, codec->name,
          error))
    return NULL;

  pixels = cup_pixels_new (info.width, info.height, info.channels, info.depth,
      error);
  if (!pixels)
    return NULL;
  data = g_bytes_get_data (bytes, &size);
  if (!codec->decode (data, size, pixels, flaw, error)) {
    cup_pixels_unref (pixels);
    return NULL;
  }
  clear_padding (pixels);
  return pixels;
}

/* NULL where @bytes are not what @info says: decoders rely on it. */
static const Codec *
expect_info (GBytes * bytes, const CupImageInfo * info, GError ** error)
{
  CupImageInfo found;
  const Codec *codec = read_info (bytes, &found, error);

  if (!codec)
    return NULL;
  if (found.type != info->type || found.width != info->width
      || found.height != info->height || found.channels != info->channels
      || found.depth != info->depth) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "%s: it is %u×%u pixels of %u × %u bits, and %u×%u of %u × %u "
        "are expected", codec->name, found.width, found.height, found.channels,
        found.depth, info->width, info->height, info->channels, info->depth);
    return NULL;
  }
  return codec;
}

gboolean
cup_image_decode_into (GBytes * bytes, const CupImageInfo * info,
    CupPixels * pixels, gchar ** flaw, GError ** error)
{
  const Codec *codec = expect_info (bytes, info, error);
  const guint8 *data;
  gsize size;

  g_return_val_if_fail (pixels->width == info->width, FALSE);
  g_return_val_if_fail (pixels->height == info->height, FALSE);
  g_return_val_if_fail (pixels->channels == info->channels, FALSE);
  g_return_val_if_fail (pixels->depth == info->depth, FALSE);

  if (!codec)
    return FALSE;
  data = g_bytes_get_data (bytes, &size);
  return codec->decode (data, size, pixels, flaw, error);
}

gboolean
cup_image_decode_rows (GBytes * bytes, const CupImageInfo * info,
    CupConvertRows * rows, gchar ** flaw, GError ** error)
{
  const Codec *codec = expect_info (bytes, info, error);
  CupPixels *pixels;
  const guint8 *data;
  gsize size;
  gboolean done;

  if (!codec)
    return FALSE;
  data = g_bytes_get_data (bytes, &size);
  if (codec->decode_rows (data, size, info, rows, flaw))
    return TRUE;

  pixels = cup_pixels_new (info->width, info->height, info->channels,
      info->depth, error);
  if (!pixels)
    return FALSE;
  done = codec->decode (data, size, pixels, flaw, error);
  if (done)
    cup_convert_rows_take_all (rows, pixels);
  cup_pixels_unref (pixels);
  return done;
}

/* Writing */

static guint8
reduce_sample (guint16 sample)
{
  /* sample × 255 ÷ 65535, rounded: exact for all 65536 values. */
  return (sample * 255u + 32895u) >> 16;
}

/* A copy of @pixels with 8 bits per sample, and with three channels where it
 * was gray and @expand_gray. */
static CupPixels *
reduce (const CupPixels * pixels, gboolean expand_gray, GError ** error)
{
  guint n_in = pixels->channels;
  guint n_out = n_in == 1 && expand_gray ? 3 : n_in;
  CupPixels *reduced;
  guint x, y, c;

  reduced = cup_pixels_new (pixels->width, pixels->height, n_out, 8, error);
  if (!reduced)
    return NULL;
  for (y = 0; y < pixels->height; y++) {
    const guint8 *in8 = cup_pixels_row (pixels, y);
    const guint16 *in16 = (const guint16 *) in8;
    guint8 *out = cup_pixels_row (reduced, y);

    for (x = 0; x < pixels->width; x++) {
      for (c = 0; c < n_out; c++) {
        gsize from = (gsize) x * n_in + (n_in == 1 ? 0 : c);

        *out++ = pixels->depth == 16 ? reduce_sample (in16[from]) : in8[from];
      }
    }
  }
  return reduced;
}

static gboolean
check_encodable (const Codec * codec, const CupPixels * pixels, guint quality,
    GError ** error)
{
  if (!check_supported (codec, error))
    return FALSE;
  if (pixels->width > codec->max_side || pixels->height > codec->max_side) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "%s: %u×%u pixels cannot be encoded, the format ends at %u a "
        "side; use PNG", codec->name, pixels->width, pixels->height,
        codec->max_side);
    return FALSE;
  }
  if (codec->type != CUP_IMAGE_PNG && (quality < 1 || quality > 100)) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_SETTINGS,
        "%s: a quality of %u is not within 1 and 100", codec->name, quality);
    return FALSE;
  }
  return TRUE;
}

GBytes *
cup_image_encode (const CupPixels * pixels, CupImageType type, guint quality,
    GError ** error)
{
  const Codec *codec = find_codec (type);
  CupPixels *reduced = NULL;
  gboolean expand_gray = type == CUP_IMAGE_WEBP;
  GBytes *bytes = NULL;

  if (!codec) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "pictures can be encoded as PNG, JPEG or WebP only");
    return NULL;
  }
  if (!check_encodable (codec, pixels, quality, error))
    return NULL;

  if (type != CUP_IMAGE_PNG
      && (pixels->depth == 16 || (pixels->channels == 1 && expand_gray))) {
    reduced = reduce (pixels, expand_gray, error);
    if (!reduced)
      return NULL;
    pixels = reduced;
  }
  if (type == CUP_IMAGE_JPEG && !cup_pixels_is_opaque (pixels))
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "JPEG image: the picture has transparent pixels, which JPEG cannot "
        "hold; use PNG or WebP, or remove the alpha channel");
  else
    bytes = codec->encode (pixels, quality, error);
  g_clear_pointer (&reduced, cup_pixels_unref);
  return bytes;
}

/* Output buffers */

gboolean
cup_image_buffer_reserve (CupImageBuffer * buffer, gsize size)
{
  guint8 *data;

  if (size <= buffer->allocated)
    return TRUE;
  data = g_try_realloc (buffer->data, size);
  if (!data) {
    /* What waits to be used again may be what is missing. */
    cup_memory_free_kept ();
    data = g_try_realloc (buffer->data, size);
  }
  if (!data)
    return FALSE;
  buffer->data = data;
  buffer->allocated = size;
  return TRUE;
}

gboolean
cup_image_buffer_append (CupImageBuffer * buffer, gconstpointer data,
    gsize size)
{
  gsize needed, grown;

  if (!g_size_checked_add (&needed, buffer->size, size))
    return FALSE;
  if (needed > buffer->allocated) {
    /* Half as much again: the number of copies stays small. */
    grown = buffer->allocated / 2;
    if (!g_size_checked_add (&grown, grown, buffer->allocated))
      grown = needed;
    if (!cup_image_buffer_reserve (buffer, MAX (needed, grown)))
      return FALSE;
  }
  if (size > 0)
    memcpy (buffer->data + buffer->size, data, size);
  buffer->size = needed;
  return TRUE;
}

GBytes *
cup_image_buffer_steal (CupImageBuffer * buffer)
{
  /* Results wait in memory for their turn: without what was reserved in
   * excess. A smaller block can always be had, if need be the old one. */
  guint8 *data = g_try_realloc (buffer->data, MAX (buffer->size, 1));
  GBytes *bytes;

  bytes = g_bytes_new_take (data ? data : buffer->data, buffer->size);
  memset (buffer, 0, sizeof (*buffer));
  return bytes;
}

void
cup_image_buffer_clear (CupImageBuffer * buffer)
{
  g_free (buffer->data);
  memset (buffer, 0, sizeof (*buffer));
}
