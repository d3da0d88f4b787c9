/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds the metadata in a file. Each walk ends where the file is not what it
 * ought to be, with what was found until then.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "metadata-private.h"

#include <gio/gio.h>
#include <string.h>

#include "base/log.h"

#define PNG_SIGNATURE_SIZE 8
#define PNG_OVERHEAD 12
#define PNG_COLOR_TYPE_AT 25
#define PNG_GRAY_ALPHA 4
#define PNG_PHYS_LENGTH 9
/* A name of a profile has at most 79 bytes, and a zero behind it. */
#define PNG_NAME_MAX 80

#define JPEG_PARTS_MAX 255
#define JFIF_SIZE 14

#define RIFF_HEADER_SIZE 12
#define RIFF_CHUNK_HEADER_SIZE 8

/* What was found so far; the first of each kind counts. */
typedef struct
{
  guint orientation;            /* 0 where there was none */
  GBytes *profile;
  CupImageDensity density;
  gboolean is_gray_alpha;
  gboolean has_tried;           /* to inflate one: a file full of them would keep
                                 * a core busy */
} Found;

static void
take_exif (Found * found, const guint8 * data, gsize size)
{
  if (found->orientation == 0)
    found->orientation = cup_exif_read_orientation (data, size);
}

/* Takes @data. */
static void
take_profile (Found * found, guint8 * data, gsize size)
{
  if (!found->profile && cup_icc_is_valid (data, size)) {
    found->profile = g_bytes_new_take (data, size);
    return;
  }
  cup_debug ("a colour profile of %" G_GSIZE_FORMAT " bytes is not used: it "
      "is damaged, or not the first one", size);
  g_free (data);
}

/* PNG */

guint32
cup_png_checksum (const guint8 * data, gsize size)
{
  /* Of four bits each: profiles are small. */
  static const guint32 steps[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
    0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
    0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
  };
  guint32 sum = 0xffffffff;

  for (; size > 0; size--) {
    sum ^= *data++;
    sum = sum >> 4 ^ steps[sum & 15];
    sum = sum >> 4 ^ steps[sum & 15];
  }
  return ~sum;
}

/* Inflates into at most CUP_IMAGE_PROFILE_MAX bytes; NULL where that is not
 * enough, or @data is no zlib stream. */
static guint8 *
inflate (const guint8 * data, gsize size, gsize * inflated)
{
  GConverter *converter =
      G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB));
  CupImageBuffer buffer = { NULL };
  GConverterResult result = G_CONVERTER_CONVERTED;
  gsize in, out, step = 16 * 1024;

  while (result == G_CONVERTER_CONVERTED && buffer.size < CUP_IMAGE_PROFILE_MAX) {
    step = MIN (2 * step, CUP_IMAGE_PROFILE_MAX - buffer.size);
    if (!cup_image_buffer_reserve (&buffer, buffer.size + step))
      break;
    result = g_converter_convert (converter, data, size,
        buffer.data + buffer.size, step, G_CONVERTER_INPUT_AT_END, &in, &out,
        NULL);
    if (result == G_CONVERTER_ERROR)
      break;
    data += in;
    size -= in;
    buffer.size += out;
  }
  g_object_unref (converter);
  if (result != G_CONVERTER_FINISHED)
    cup_image_buffer_clear (&buffer);
  *inflated = buffer.size;
  return buffer.data ? g_realloc (buffer.data, MAX (buffer.size, 1)) : NULL;
}

/* A name, zero, the method of compression, which is zero, the stream. */
static void
read_iccp (Found * found, const guint8 * data, gsize size)
{
  const guint8 *end = memchr (data, 0, MIN (size, PNG_NAME_MAX));
  guint8 *profile;
  gsize used, inflated;

  if (!end || found->has_tried)
    return;
  found->has_tried = TRUE;
  used = (gsize) (end - data) + 2;
  if (used > size || end[1] != 0)
    return;
  profile = inflate (data + used, size - used, &inflated);
  if (profile)
    take_profile (found, profile, inflated);
  else
    cup_debug ("an iCCP chunk of %" G_GSIZE_FORMAT " bytes cannot be inflated "
        "to %u bytes at most", size, CUP_IMAGE_PROFILE_MAX);
}

gboolean
cup_png_is_sound (const guint8 * chunk, gsize length)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  return TRUE;
#else
  return cup_image_read_be32 (chunk + 8 + length)
      == cup_png_checksum (chunk + 4, 4 + length);
#endif
}

/* Dots of both axes, and what they are counted by: 1 is a metre, 0 says only how wide
 * pixels are. */
static void
take_phys (Found * found, const guint8 * data)
{
  CupImageDensity density = { cup_image_read_be32 (data),
    cup_image_read_be32 (data + 4), data[8] == 1
  };

  if (density.x > 0 && density.y > 0 && data[8] <= 1 && found->density.x == 0
      && (density.is_metric || density.x != density.y))
    found->density = density;
}

/* EXIF may stand behind the pixels, too. */
static void
read_png (Found * found, const guint8 * data, gsize size)
{
  gsize position = PNG_SIGNATURE_SIZE;

  found->is_gray_alpha = size > PNG_COLOR_TYPE_AT
      && data[PNG_COLOR_TYPE_AT] == PNG_GRAY_ALPHA;
  while (size - position >= PNG_OVERHEAD) {
    const guint8 *chunk = data + position;
    gsize length = cup_image_read_be32 (chunk);

    if (length > size - position - PNG_OVERHEAD
        || memcmp (chunk + 4, "IEND", 4) == 0)
      return;
    if (memcmp (chunk + 4, "eXIf", 4) == 0 && cup_png_is_sound (chunk, length))
      take_exif (found, chunk + 8, length);
    else if (memcmp (chunk + 4, "iCCP", 4) == 0
        && cup_png_is_sound (chunk, length))
      read_iccp (found, chunk + 8, length);
    else if (memcmp (chunk + 4, "pHYs", 4) == 0 && length == PNG_PHYS_LENGTH
        && cup_png_is_sound (chunk, length))
      take_phys (found, chunk + 8);
    position += PNG_OVERHEAD + length;
  }
}

/* JPEG */

/* A profile in parts, which may come in any order. */
typedef struct
{
  const guint8 *data[JPEG_PARTS_MAX];
  gsize size[JPEG_PARTS_MAX];
  guint n;                      /* in all, 0 where it is not known yet */
  gboolean is_damaged;
} Parts;

/* @data: behind the prefix. */
static void
add_part (Parts * parts, const guint8 * data, gsize size)
{
  guint i, n;

  if (size < 2)
    return;
  i = data[0];
  n = data[1];
  if (i < 1 || i > n || (parts->n > 0 && parts->n != n)
      || parts->data[i - 1]) {
    parts->is_damaged = TRUE;
    return;
  }
  parts->n = n;
  parts->data[i - 1] = data + 2;
  parts->size[i - 1] = size - 2;
}

static void
join_parts (Found * found, const Parts * parts)
{
  gsize size = 0;
  guint8 *profile, *to;
  guint i;

  if (parts->n == 0 || parts->is_damaged)
    return;
  /* At most 255 times 64 kB. */
  for (i = 0; i < parts->n; i++) {
    if (!parts->data[i])
      return;
    size += parts->size[i];
  }
  if (size == 0 || size > CUP_IMAGE_PROFILE_MAX)
    return;
  to = profile = g_malloc (size);
  for (i = 0; i < parts->n; i++) {
    memcpy (to, parts->data[i], parts->size[i]);
    to += parts->size[i];
  }
  take_profile (found, profile, size);
}

/* JFIF: two bytes of version behind the name, then the unit (1 inch, 2 cm, 0 none), and
 * how many dots of each axis. */
static void
take_jfif (Found * found, const guint8 * data)
{
  static const gdouble per_metre[] = { 1, 1 / 0.0254, 100 };
  const guint unit = data[7], x = cup_image_read_be16 (data + 8);
  const guint y = cup_image_read_be16 (data + 10);

  if (unit >= G_N_ELEMENTS (per_metre) || x == 0 || y == 0
      || (unit == 0 && x == y))
    return;
  found->density.x = (guint) (x * per_metre[unit] + 0.5);
  found->density.y = (guint) (y * per_metre[unit] + 0.5);
  found->density.is_metric = unit != 0;
}

/* @data: behind the length. */
static void
read_segment (Found * found, Parts * parts, guint marker, const guint8 * data,
    gsize size)
{
  if (marker == 0xe0 && size >= JFIF_SIZE && memcmp (data, "JFIF", 5) == 0)
    take_jfif (found, data);
  else if (marker == 0xe1 && size >= CUP_EXIF_PREFIX_SIZE
      && memcmp (data, CUP_EXIF_PREFIX, CUP_EXIF_PREFIX_SIZE) == 0)
    take_exif (found, data, size);
  else if (marker == 0xe2 && size >= CUP_ICC_PREFIX_SIZE
      && memcmp (data, CUP_ICC_PREFIX, CUP_ICC_PREFIX_SIZE) == 0)
    add_part (parts, data + CUP_ICC_PREFIX_SIZE, size - CUP_ICC_PREFIX_SIZE);
}

/* All of it stands in front of the pixels. */
static void
read_jpeg (Found * found, const guint8 * data, gsize size)
{
  Parts parts = { {NULL} };
  gsize position = cup_jpeg_find_marker (data, size, 2), length;

  while (size - position >= 4) {
    guint marker = data[position + 1];

    position += 2;
    /* TEM and RSTn stand alone. */
    if (marker != 0x01 && !(marker >= 0xd0 && marker <= 0xd7)) {
      length = cup_image_read_be16 (data + position);
      if (marker == 0xda || marker == 0xd9 || length < 2
          || length > size - position)
        break;
      read_segment (found, &parts, marker, data + position + 2, length - 2);
      position += length;
    }
    position = cup_jpeg_find_marker (data, size, position);
  }
  join_parts (found, &parts);
}

/* WebP */

static void
read_webp (Found * found, const guint8 * data, gsize size)
{
  gsize position = RIFF_HEADER_SIZE;

  /* Only the extended form has metadata. */
  while (size - position >= RIFF_CHUNK_HEADER_SIZE) {
    const guint8 *chunk = data + position;
    gsize length = cup_image_read_le32 (chunk + 4);
    gsize left = size - position - RIFF_CHUNK_HEADER_SIZE;

    if (length > left)
      return;
    if (memcmp (chunk, "EXIF", 4) == 0)
      take_exif (found, chunk + RIFF_CHUNK_HEADER_SIZE, length);
    else if (memcmp (chunk, "ICCP", 4) == 0 && length <= CUP_IMAGE_PROFILE_MAX)
      take_profile (found, g_memdup2 (chunk + RIFF_CHUNK_HEADER_SIZE, length),
          length);
    /* The last one may lack its byte of padding. */
    length = MIN (length + (length & 1), left);
    position += RIFF_CHUNK_HEADER_SIZE + length;
  }
}

CupImageMetadata *
cup_image_metadata_read (GBytes * bytes, CupImageType type)
{
  CupImageMetadata *metadata, what = { 0 };
  CupImageInfo info;
  Found found = { 0 };
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  /* Longer than what all have in front. */
  if (size < RIFF_HEADER_SIZE)
    return NULL;
  switch (type) {
    case CUP_IMAGE_PNG:
      read_png (&found, data, size);
      break;
    case CUP_IMAGE_JPEG:
      read_jpeg (&found, data, size);
      break;
    case CUP_IMAGE_WEBP:
      read_webp (&found, data, size);
      break;
    case CUP_IMAGE_UNKNOWN:
      break;
  }
  what.orientation = MAX (found.orientation, 1);
  what.profile = found.profile;
  what.is_gray_alpha = found.is_gray_alpha;
  what.density = found.density;
  if (cup_image_read_info (bytes, &info, NULL)) {
    what.light = info.light;
    /* A damaged one does not count. */
    what.light.has_profile = found.profile != NULL;
    what.width = info.width;
    what.height = info.height;
  }
  metadata = cup_image_metadata_copy (&what);
  g_clear_pointer (&found.profile, g_bytes_unref);
  return metadata;
}
