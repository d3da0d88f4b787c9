/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Puts metadata into files that were just encoded, which have none yet.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "metadata-private.h"

#include <gio/gio.h>
#include <string.h>

#include "base/error.h"

/* Signature and IHDR, behind which everything may stand. */
#define PNG_HEAD_SIZE (8 + 12 + 13)
#define PNG_OVERHEAD 12
/* All that has to be said of a profile stands in it. */
#define PNG_PROFILE_NAME "icc"

/* A segment's length counts itself, and has 16 bits. */
#define JPEG_LENGTH_MAX 65535
#define JPEG_PARTS_MAX 255
/* With its marker; where the unit stands in it. */
#define JFIF_SIZE 18
#define JFIF_UNIT_AT 11

#define RIFF_HEADER_SIZE 12
#define RIFF_CHUNK_HEADER_SIZE 8
#define VP8X_SIZE 10

static void
write_be16 (guint8 * data, guint value)
{
  data[0] = (guint8) (value >> 8);
  data[1] = (guint8) value;
}

static void
write_be32 (guint8 * data, guint32 value)
{
  write_be16 (data, value >> 16);
  write_be16 (data + 2, value & 0xffff);
}

static void
write_le32 (guint8 * data, guint32 value)
{
  write_be32 (data, GUINT32_SWAP_LE_BE (value));
}

static gboolean
append (CupImageBuffer * out, gconstpointer data, gsize size, GError ** error)
{
  if (cup_image_buffer_append (out, data, size))
    return TRUE;
  g_set_error_literal (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
      "there is no memory for the picture with its colour profile");
  return FALSE;
}

static gboolean
set_misshapen (CupImageType type, GError ** error)
{
  g_set_error (error, CUP_ERROR, CUP_ERROR_FAILED,
      "orientation and colour profile cannot be put into the %s picture: the "
      "encoder's output is not as expected",
      cup_image_type_get_extension (type));
  return FALSE;
}

/* PNG */

static gboolean
append_png_chunk (CupImageBuffer * out, const gchar * type,
    const guint8 * data, gsize size, GError ** error)
{
  gsize start = out->size;
  guint8 number[4];

  write_be32 (number, (guint32) size);
  if (!append (out, number, 4, error) || !append (out, type, 4, error)
      || !append (out, data, size, error))
    return FALSE;
  write_be32 (number, cup_png_checksum (out->data + start + 4, 4 + size));
  return append (out, number, 4, error);
}

static GByteArray *
deflate (const guint8 * data, gsize size)
{
  GConverter *converter =
      G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, -1));
  GByteArray *deflated = g_byte_array_new ();
  GConverterResult result = G_CONVERTER_CONVERTED;
  guint8 part[4096];
  gsize in, out;

  while (result == G_CONVERTER_CONVERTED) {
    result = g_converter_convert (converter, data, size, part, sizeof part,
        G_CONVERTER_INPUT_AT_END, &in, &out, NULL);
    if (result == G_CONVERTER_ERROR)
      break;
    data += in;
    size -= in;
    g_byte_array_append (deflated, part, (guint) out);
  }
  g_object_unref (converter);
  if (result != G_CONVERTER_FINISHED)
    g_clear_pointer (&deflated, g_byte_array_unref);
  return deflated;
}

static gboolean
append_iccp (CupImageBuffer * out, GBytes * profile, GError ** error)
{
  GByteArray *deflated;
  gsize size;
  const guint8 *data = g_bytes_get_data (profile, &size);
  gboolean done;

  deflated = deflate (data, size);
  if (!deflated) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_FAILED,
        "the colour profile cannot be deflated");
    return FALSE;
  }
  /* The name with its zero, and the method, which is zero, too. */
  g_byte_array_prepend (deflated, (const guint8 *) PNG_PROFILE_NAME "\0",
      sizeof PNG_PROFILE_NAME + 1);
  done = append_png_chunk (out, "iCCP", deflated->data, deflated->len, error);
  g_byte_array_unref (deflated);
  return done;
}

/* @per_metre or any other count of @from pixels, for @to of them that show the same. */
static guint32
scale_density (guint32 count, guint from, guint to)
{
  const guint64 scaled =
      from > 0 ? ((guint64) count * to + from / 2) / from : count;

  return (guint32) CLAMP (scaled, 1, G_MAXINT32);
}

static CupImageDensity
get_density (const CupImageMetadata * metadata, guint width, guint height)
{
  CupImageDensity density = metadata->density;

  /* A ratio holds, but for the rounding of sides. */
  if (density.x > 0 && density.is_metric) {
    density.x = scale_density (density.x, metadata->width, width);
    density.y = scale_density (density.y, metadata->height, height);
  }
  return density;
}

static gboolean
append_phys (CupImageBuffer * out, const CupImageDensity * density,
    GError ** error)
{
  guint8 phys[9];

  write_be32 (phys, density->x);
  write_be32 (phys + 4, density->y);
  phys[8] = density->is_metric ? 1 : 0;
  return append_png_chunk (out, "pHYs", phys, sizeof phys, error);
}

/* In the order of their precedence. sRGB does not stand beside a profile. */
static gboolean
append_light (CupImageBuffer * out, const CupImageLight * light,
    gboolean has_profile, GError ** error)
{
  const guint8 intent = (guint8) light->intent;
  guint8 gamma[4], chromaticities[32];
  const struct
  {
    const gchar *type;
    CupLightKind kind;
    const guint8 *data;
    gsize size;
  } chunks[] = {
    {"cICP", CUP_LIGHT_CICP, light->cicp, sizeof light->cicp},
    {"mDCV", CUP_LIGHT_MASTERING, light->mastering, sizeof light->mastering},
    {"cLLI", CUP_LIGHT_CONTENT, light->content, sizeof light->content},
    {"sRGB", CUP_LIGHT_SRGB, &intent, 1},
    {"gAMA", CUP_LIGHT_GAMMA, gamma, sizeof gamma},
    {"cHRM", CUP_LIGHT_CHROMATICITIES, chromaticities, sizeof chromaticities},
  };
  guint i;

  write_be32 (gamma, light->gamma);
  for (i = 0; i < G_N_ELEMENTS (light->chromaticities); i++)
    write_be32 (chromaticities + 4 * i, light->chromaticities[i]);
  for (i = 0; i < G_N_ELEMENTS (chunks); i++) {
    if ((light->kinds & chunks[i].kind)
        && !(has_profile && chunks[i].kind == CUP_LIGHT_SRGB)
        && !append_png_chunk (out, chunks[i].type, chunks[i].data,
            chunks[i].size, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
write_png (CupImageBuffer * out, const guint8 * data, gsize size,
    const CupImageMetadata * metadata, GBytes * profile, GError ** error)
{
  guint8 exif[CUP_EXIF_SIZE];
  CupImageDensity density;

  if (size < PNG_HEAD_SIZE)
    return set_misshapen (CUP_IMAGE_PNG, error);
  density = get_density (metadata, cup_image_read_be32 (data + 16),
      cup_image_read_be32 (data + 20));
  if (!append (out, data, PNG_HEAD_SIZE, error))
    return FALSE;
  if (profile && !append_iccp (out, profile, error))
    return FALSE;
  if (!append_light (out, &metadata->light, profile != NULL, error)
      || (density.x > 0 && !append_phys (out, &density, error)))
    return FALSE;
  if (metadata->orientation != 1) {
    cup_exif_write_orientation (exif, metadata->orientation);
    if (!append_png_chunk (out, "eXIf", exif, sizeof exif, error))
      return FALSE;
  }
  return append (out, data + PNG_HEAD_SIZE, size - PNG_HEAD_SIZE, error);
}

/* JPEG */

static gboolean
append_segment_header (CupImageBuffer * out, guint marker, gsize size,
    const gchar * prefix, gsize prefix_size, GError ** error)
{
  guint8 header[4] = { 0xff, (guint8) marker };

  write_be16 (header + 2, (guint) (2 + prefix_size + size));
  return append (out, header, sizeof header, error)
      && append (out, prefix, prefix_size, error);
}

static gboolean
append_app1 (CupImageBuffer * out, guint orientation, GError ** error)
{
  guint8 exif[CUP_EXIF_SIZE];

  cup_exif_write_orientation (exif, orientation);
  return append_segment_header (out, 0xe1, sizeof exif, CUP_EXIF_PREFIX,
      CUP_EXIF_PREFIX_SIZE, error) && append (out, exif, sizeof exif, error);
}

/* In as many parts as it takes, each with its number and how many there are. */
static gboolean
append_app2 (CupImageBuffer * out, GBytes * profile, GError ** error)
{
  const gsize part_max = JPEG_LENGTH_MAX - 2 - CUP_ICC_PREFIX_SIZE - 2;
  gsize size, part;
  const guint8 *data = g_bytes_get_data (profile, &size);
  guint i, n = (guint) ((size + part_max - 1) / part_max);

  if (n > JPEG_PARTS_MAX) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "JPEG cannot hold a colour profile of %" G_GSIZE_FORMAT " bytes; use "
        "PNG", size);
    return FALSE;
  }
  for (i = 0; i < n; i++) {
    const guint8 numbers[2] = { (guint8) (i + 1), (guint8) n };

    part = MIN (size, part_max);
    if (!append_segment_header (out, 0xe2, sizeof numbers + part,
            CUP_ICC_PREFIX, CUP_ICC_PREFIX_SIZE, error)
        || !append (out, numbers, sizeof numbers, error)
        || !append (out, data, part, error))
      return FALSE;
    data += part;
    size -= part;
  }
  return TRUE;
}

/* Into JFIF's segment, which @jfif is. By the inch, as most have it, or as a ratio. */
static void
write_jfif_density (guint8 * jfif, const CupImageDensity * density)
{
  const gdouble unit = density->is_metric ? 0.0254 : 1;
  const gdouble x = density->x * unit + 0.5, y = density->y * unit + 0.5;

  if (x < 1 || y < 1 || x > G_MAXUINT16 || y > G_MAXUINT16)
    return;
  jfif[JFIF_UNIT_AT] = density->is_metric ? 1 : 0;
  write_be16 (jfif + JFIF_UNIT_AT + 1, (guint) x);
  write_be16 (jfif + JFIF_UNIT_AT + 3, (guint) y);
}

static void
set_jpeg_density (CupImageBuffer * out, const guint8 * data, gsize size,
    const CupImageMetadata * metadata)
{
  CupImageInfo info = { CUP_IMAGE_JPEG };
  CupImageDensity density;

  if (metadata->density.x == 0 || !cup_jpeg_read_info (data, size, &info, NULL))
    return;
  density = get_density (metadata, info.width, info.height);
  write_jfif_density (out->data + 2, &density);
}

/* Behind JFIF's segment, which has to be the first. */
static gboolean
write_jpeg (CupImageBuffer * out, const guint8 * data, gsize size,
    const CupImageMetadata * metadata, GBytes * profile, GError ** error)
{
  gsize head = 2;

  if (size < 6)
    return set_misshapen (CUP_IMAGE_JPEG, error);
  if (data[2] == 0xff && data[3] == 0xe0)
    head += 2 + cup_image_read_be16 (data + 4);
  if (head > size)
    return set_misshapen (CUP_IMAGE_JPEG, error);
  if (!append (out, data, head, error))
    return FALSE;
  if (head >= 2 + JFIF_SIZE)
    set_jpeg_density (out, data, size, metadata);
  return (metadata->orientation == 1
      || append_app1 (out, metadata->orientation, error))
      && (!profile || append_app2 (out, profile, error))
      && append (out, data + head, size - head, error);
}

/* WebP */

static gboolean
append_riff_chunk (CupImageBuffer * out, const gchar * type,
    const guint8 * data, gsize size, GError ** error)
{
  guint8 length[4];

  write_le32 (length, (guint32) size);
  return append (out, type, 4, error) && append (out, length, 4, error)
      && append (out, data, size, error)
      && append (out, "", size & 1, error);
}

/* The header of the extended form, as the file has it, or made for one that is of
 * the simple form. @image: where the rest begins. */
static gboolean
get_vp8x (const guint8 * data, gsize size, guint8 * vp8x, gsize * image,
    GError ** error)
{
  GBytes *bytes = g_bytes_new_static (data, size);
  CupImageInfo info;
  gboolean known = cup_image_read_info (bytes, &info, NULL);
  guint x, y;

  g_bytes_unref (bytes);
  if (!known || size < RIFF_HEADER_SIZE + RIFF_CHUNK_HEADER_SIZE + VP8X_SIZE)
    return set_misshapen (CUP_IMAGE_WEBP, error);
  *image = RIFF_HEADER_SIZE;
  if (memcmp (data + RIFF_HEADER_SIZE, "VP8X", 4) == 0) {
    *image += RIFF_CHUNK_HEADER_SIZE;
    memcpy (vp8x, data + *image, VP8X_SIZE);
    *image += VP8X_SIZE;
    return TRUE;
  }
  memset (vp8x, 0, VP8X_SIZE);
  vp8x[0] = info.channels == 4 ? CUP_WEBP_HAS_ALPHA : 0;
  x = info.width - 1;
  y = info.height - 1;
  vp8x[4] = (guint8) x;
  vp8x[5] = (guint8) (x >> 8);
  vp8x[6] = (guint8) (x >> 16);
  vp8x[7] = (guint8) y;
  vp8x[8] = (guint8) (y >> 8);
  vp8x[9] = (guint8) (y >> 16);
  return TRUE;
}

/* The profile comes before the pixels, EXIF behind them. */
static gboolean
write_webp (CupImageBuffer * out, const guint8 * data, gsize size,
    const CupImageMetadata * metadata, GBytes * profile, GError ** error)
{
  const guint orientation = metadata->orientation;
  guint8 vp8x[VP8X_SIZE], exif[CUP_EXIF_SIZE];
  gsize image, profile_size = 0;
  const guint8 *profile_data =
      profile ? g_bytes_get_data (profile, &profile_size) : NULL;

  if (!get_vp8x (data, size, vp8x, &image, error))
    return FALSE;
  vp8x[0] |= (profile ? CUP_WEBP_HAS_PROFILE : 0)
      | (orientation != 1 ? CUP_WEBP_HAS_EXIF : 0);
  if (!append (out, data, RIFF_HEADER_SIZE, error)
      || !append_riff_chunk (out, "VP8X", vp8x, sizeof vp8x, error)
      || (profile && !append_riff_chunk (out, "ICCP", profile_data,
              profile_size, error))
      || !append (out, data + image, size - image, error))
    return FALSE;
  if (orientation != 1) {
    cup_exif_write_orientation (exif, orientation);
    if (!append_riff_chunk (out, "EXIF", exif, sizeof exif, error))
      return FALSE;
  }
  if (out->size - 8 > G_MAXUINT32)
    return set_misshapen (CUP_IMAGE_WEBP, error);
  write_le32 (out->data + 4, (guint32) (out->size - 8));
  return TRUE;
}

typedef gboolean (*Write) (CupImageBuffer * out, const guint8 * data,
    gsize size, const CupImageMetadata * metadata, GBytes * profile,
    GError ** error);

static gboolean
has_something (const CupImageMetadata * metadata, GBytes * profile,
    CupImageType type)
{
  return metadata && (profile || metadata->orientation != 1
      || (metadata->light.kinds && cup_image_metadata_keeps_light (type))
      || (metadata->density.x > 0 && cup_image_metadata_keeps_density (type)));
}

GBytes *
cup_image_metadata_insert (const CupImageMetadata * metadata, GBytes * bytes,
    CupImageType type, guint channels, GError ** error)
{
  static const Write writers[] = {
    [CUP_IMAGE_PNG] = write_png,
    [CUP_IMAGE_JPEG] = write_jpeg,
    [CUP_IMAGE_WEBP] = write_webp,
  };
  GBytes *profile = metadata
      && cup_image_metadata_fits (metadata, type, channels) ?
      metadata->profile : NULL;
  CupImageBuffer buffer = { NULL };
  const guint8 *data;
  gsize size;
  gboolean done;

  if (!has_something (metadata, profile, type))
    return bytes;
  g_return_val_if_fail (type != CUP_IMAGE_UNKNOWN, bytes);
  data = g_bytes_get_data (bytes, &size);
  /* Deflated, or in parts, a profile is no larger than this. */
  done = cup_image_buffer_reserve (&buffer, size + 4096
      + (profile ? g_bytes_get_size (profile) / 16 * 17 : 0))
      && writers[type] (&buffer, data, size, metadata, profile, error);
  g_bytes_unref (bytes);
  if (done)
    return cup_image_buffer_steal (&buffer);
  cup_image_buffer_clear (&buffer);
  return NULL;
}
