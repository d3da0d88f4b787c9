/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Orientation and colour profile: into files of all types and out of them again,
 * out of files as others write them, and out of damaged ones.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <png.h>

#include "image-testing.h"
#include "profile-samples.h"

/* Both to be freed by who got them; NULL for no profile. */
static CupImageMetadata *
make_metadata (guint orientation, const ProfileSample * sample)
{
  GBytes *profile = sample ? profile_make (sample) : NULL;
  CupImageMetadata *metadata = cup_image_metadata_new (orientation, profile);

  g_clear_pointer (&profile, g_bytes_unref);
  return metadata;
}

/* Takes @bytes. */
static GBytes *
insert (const CupImageMetadata * metadata, GBytes * bytes, CupImageType type,
    guint channels)
{
  GError *error = NULL;

  bytes = cup_image_metadata_insert (metadata, bytes, type, channels, &error);
  g_assert_no_error (error);
  g_assert_nonnull (bytes);
  return bytes;
}

static void
assert_same (const CupImageMetadata * a, const CupImageMetadata * b)
{
  g_assert_cmpuint (cup_image_metadata_get_orientation (a), ==,
      cup_image_metadata_get_orientation (b));
  g_assert_true ((a && a->profile) == (b && b->profile));
  if (a && a->profile)
    g_assert_true (g_bytes_equal (a->profile, b->profile));
}

static void
unref_metadata (CupImageMetadata * metadata)
{
  if (metadata)
    cup_image_metadata_unref (metadata);
}

/* The file says @orientation, and has a profile if @has_profile. Takes @bytes. */
static void
assert_read (GBytes * bytes, CupImageType type, guint orientation,
    gboolean has_profile)
{
  CupImageMetadata *metadata = cup_image_metadata_read (bytes, type);

  g_assert_cmpuint (cup_image_metadata_get_orientation (metadata), ==,
      orientation);
  g_assert_true ((metadata && metadata->profile) == has_profile);
  unref_metadata (metadata);
  g_bytes_unref (bytes);
}

/* There and back */

static void
check_round_trip (CupImageType type, guint channels, guint orientation,
    const ProfileSample * sample)
{
  CupImageMetadata *metadata = make_metadata (orientation, sample), *read;
  GBytes *plain = encode_sample (13, 7, channels, 8, type, 95);
  GBytes *bytes = insert (metadata, g_bytes_ref (plain), type, channels);
  CupPixels *before = decode (plain), *after = decode (bytes);
  GError *error = NULL;

  g_assert_true (cup_image_check_complete (bytes, type, &error));
  g_assert_no_error (error);
  assert_equal (before, after);
  read = cup_image_metadata_read (bytes, type);
  assert_same (metadata, read);
  /* Nothing to say leaves the file alone. */
  g_assert_true ((metadata == NULL) == g_bytes_equal (plain, bytes));
  unref_metadata (read);
  unref_metadata (metadata);
  cup_pixels_unref (before);
  cup_pixels_unref (after);
  g_bytes_unref (plain);
  g_bytes_unref (bytes);
}

static void
test_round_trip (gconstpointer data)
{
  /* In four segments of a JPEG, and of an odd number of bytes. */
  static const ProfileSample large = { "RGB ", "large", FALSE, 0.5, 2, 200001 };
  static const ProfileSample *const samples[] = { NULL, &profile_srgb, &large };
  CupImageType type = GPOINTER_TO_INT (data);
  guint orientation, i;

  if (type == CUP_IMAGE_WEBP && skip_without_webp ())
    return;
  for (orientation = 1; orientation <= 8; orientation++) {
    for (i = 0; i < G_N_ELEMENTS (samples); i++) {
      check_round_trip (type, 3, orientation, samples[i]);
      if (type != CUP_IMAGE_JPEG)
        check_round_trip (type, 4, orientation, samples[i]);
    }
    check_round_trip (type, 1, orientation,
        type == CUP_IMAGE_WEBP ? &profile_p3 : &profile_gray);
  }
}

/* A WebP whose alpha is lossy, and one that is lossless: libwebp writes the one
 * in the extended form, the other not. */
static void
test_webp_forms (void)
{
  static const guint qualities[] = { 80, 100 };
  guint i;

  if (skip_without_webp ())
    return;
  for (i = 0; i < G_N_ELEMENTS (qualities); i++) {
    CupImageMetadata *metadata = make_metadata (8, &profile_p3), *read;
    GBytes *bytes = encode_sample (9, 5, 4, 8, CUP_IMAGE_WEBP, qualities[i]);
    CupPixels *before = decode (bytes), *after;
    guint8 flags;

    bytes = insert (metadata, bytes, CUP_IMAGE_WEBP, 4);
    after = decode (bytes);
    assert_equal (before, after);
    flags = ((const guint8 *) g_bytes_get_data (bytes, NULL))[20];
    g_assert_cmphex (flags, ==, 0x20 | 0x10 | 0x08);
    read = cup_image_metadata_read (bytes, CUP_IMAGE_WEBP);
    assert_same (metadata, read);
    unref_metadata (read);
    unref_metadata (metadata);
    cup_pixels_unref (before);
    cup_pixels_unref (after);
    g_bytes_unref (bytes);
  }
}

typedef struct
{
  const guint8 *data;
  gsize size;
} Source;

static void
read_source (png_structp png, png_bytep out, size_t size)
{
  Source *source = png_get_io_ptr (png);

  g_assert_cmpuint (size, <=, source->size);
  memcpy (out, source->data, size);
  source->data += size;
  source->size -= size;
}

/* As libpng reads it, which knows nothing of this code. */
static void
test_png_by_libpng (void)
{
  CupImageMetadata *metadata = make_metadata (7, &profile_srgb);
  GBytes *bytes = insert (metadata, encode_sample (8, 8, 3, 8, CUP_IMAGE_PNG,
          0), CUP_IMAGE_PNG, 3);
  png_structp png = png_create_read_struct (PNG_LIBPNG_VER_STRING, NULL, NULL,
      NULL);
  png_infop info = png_create_info_struct (png);
  png_charp name;
  png_bytep profile;
  png_uint_32 size;
  gint method;
  Source source;

  source.data = g_bytes_get_data (bytes, &source.size);
  png_set_read_fn (png, &source, read_source);
  png_read_info (png, info);
  g_assert_cmpuint (png_get_iCCP (png, info, &name, &method, &profile, &size),
      !=, 0);
  g_assert_cmpmem (profile, size, g_bytes_get_data (metadata->profile, NULL),
      g_bytes_get_size (metadata->profile));
#ifdef PNG_eXIf_SUPPORTED
  {
    png_bytep exif;
    png_uint_32 n;

    g_assert_cmpuint (png_get_eXIf_1 (png, info, &n, &exif), !=, 0);
    g_assert_cmpuint (n, ==, 26);
  }
#endif
  png_destroy_read_struct (&png, &info, NULL);
  g_bytes_unref (bytes);
  unref_metadata (metadata);
}

static void
test_fits (void)
{
  CupImageMetadata *rgb = make_metadata (1, &profile_p3);
  CupImageMetadata *gray = make_metadata (3, &profile_gray);
  static const ProfileSample ink = { "CMYK", NULL, FALSE, 0, 0, 0 };
  CupImageMetadata *cmyk = make_metadata (1, &ink);
  GBytes *bytes;

  g_assert_true (cup_image_metadata_fits (NULL, CUP_IMAGE_PNG, 1));
  g_assert_true (cup_image_metadata_fits (rgb, CUP_IMAGE_PNG, 3));
  g_assert_true (cup_image_metadata_fits (rgb, CUP_IMAGE_JPEG, 4));
  g_assert_false (cup_image_metadata_fits (rgb, CUP_IMAGE_JPEG, 1));
  g_assert_true (cup_image_metadata_fits (rgb, CUP_IMAGE_WEBP, 1));
  g_assert_true (cup_image_metadata_fits (gray, CUP_IMAGE_PNG, 1));
  g_assert_false (cup_image_metadata_fits (gray, CUP_IMAGE_PNG, 3));
  g_assert_false (cup_image_metadata_fits (gray, CUP_IMAGE_WEBP, 1));
  g_assert_false (cup_image_metadata_fits (cmyk, CUP_IMAGE_JPEG, 3));
  /* What does not fit is left out, the rest is not. */
  bytes = insert (gray, encode_sample (5, 5, 3, 8, CUP_IMAGE_JPEG, 90),
      CUP_IMAGE_JPEG, 3);
  assert_read (bytes, CUP_IMAGE_JPEG, 3, FALSE);
  unref_metadata (rgb);
  unref_metadata (gray);
  unref_metadata (cmyk);
}

/* Files as others write them */

/* Puts @data at @position of @bytes. Takes @bytes. */
static GBytes *
put_at (GBytes * bytes, gsize position, gconstpointer data, gsize size)
{
  GByteArray *array = g_bytes_unref_to_array (bytes);
  gsize rest = array->len - position;

  g_byte_array_set_size (array, array->len + size);
  memmove (array->data + position + size, array->data + position, rest);
  memcpy (array->data + position, data, size);
  return g_byte_array_free_to_bytes (array);
}

/* A JPEG with a segment in front of all others. */
static GBytes *
put_segment (GBytes * bytes, guint8 marker, gconstpointer data, gsize size)
{
  GByteArray *segment = g_byte_array_new ();
  guint8 head[] = { 0xff, marker, (size + 2) >> 8, (size + 2) & 0xff };

  g_byte_array_append (segment, head, sizeof head);
  g_byte_array_append (segment, data, size);
  bytes = put_at (bytes, 2, segment->data, segment->len);
  g_byte_array_unref (segment);
  return bytes;
}

static GBytes *
make_plain (CupImageType type)
{
  return encode_sample (6, 4, 3, 8, type, 95);
}

static void
assert_exif (const gchar * data, gsize size, guint orientation)
{
  assert_read (put_segment (make_plain (CUP_IMAGE_JPEG), 0xe1, data, size),
      CUP_IMAGE_JPEG, orientation, FALSE);
}

#define ASSERT_EXIF(data, orientation) \
    assert_exif (data, sizeof (data) - 1, orientation)
#define EXIF "Exif\0\0"
#define LE "II\x2a\0\x08\0\0\0"
#define BE "MM\0\x2a\0\0\0\x08"

static void
test_exif (void)
{
  /* Either byte order, as SHORT and as LONG, with and without the end. */
  ASSERT_EXIF (EXIF LE "\1\0" "\x12\1\3\0\1\0\0\0\6\0\0\0" "\0\0\0\0", 6);
  ASSERT_EXIF (EXIF BE "\0\1" "\1\x12\0\3\0\0\0\1\0\5\0\0" "\0\0\0\0", 5);
  ASSERT_EXIF (EXIF LE "\1\0" "\x12\1\4\0\1\0\0\0\3\0\0\0", 3);
  ASSERT_EXIF (EXIF BE "\0\1" "\1\x12\0\4\0\0\0\1\0\0\0\2", 2);
  /* Behind another entry, and with the directory farther away. */
  ASSERT_EXIF (EXIF LE "\2\0" "\x0f\1\2\0\4\0\0\0abc\0"
      "\x12\1\3\0\1\0\0\0\7\0\0\0", 7);
  ASSERT_EXIF (EXIF "II\x2a\0\x0c\0\0\0????" "\1\0"
      "\x12\1\3\0\1\0\0\0\4\0\0\0", 4);
  /* Of two only the first counts, and what is not one is passed over. */
  assert_read (put_segment (put_segment (put_segment (make_plain
                  (CUP_IMAGE_JPEG), 0xe1, EXIF LE "\1\0"
                  "\x12\1\3\0\1\0\0\0\7\0\0\0", 28), 0xe1,
              EXIF LE "\1\0" "\x12\1\3\0\1\0\0\0\6\0\0\0", 28), 0xe1,
          "http://ns.adobe.com/xap/1.0/\0<", 30), CUP_IMAGE_JPEG, 6, FALSE);
}

static void
test_bad_exif (void)
{
  ASSERT_EXIF ("", 1);
  ASSERT_EXIF ("Exif", 1);
  ASSERT_EXIF (EXIF, 1);
  ASSERT_EXIF (EXIF LE, 1);
  ASSERT_EXIF (EXIF LE "\1", 1);
  ASSERT_EXIF (EXIF LE "\1\0", 1);
  ASSERT_EXIF (EXIF LE "\1\0" "\x12\1\3\0\1\0\0\0\6\0\0", 1);
  /* No orientation, other types and counts. */
  ASSERT_EXIF (EXIF LE "\1\0" "\x12\1\3\0\1\0\0\0\0\0\0\0", 1);
  ASSERT_EXIF (EXIF LE "\1\0" "\x12\1\3\0\1\0\0\0\x9\0\0\0", 1);
  ASSERT_EXIF (EXIF LE "\1\0" "\x12\1\4\0\1\0\0\0\6\0\1\0", 1);
  ASSERT_EXIF (EXIF LE "\1\0" "\x12\1\3\0\2\0\0\0\6\0\6\0", 1);
  ASSERT_EXIF (EXIF LE "\1\0" "\x12\1\5\0\1\0\0\0\6\0\0\0", 1);
  /* More entries than there are. */
  ASSERT_EXIF (EXIF LE "\xff\xff" "\x0f\1\3\0\1\0\0\0\6\0\0\0", 1);
  /* A directory that is elsewhere, and no TIFF. */
  ASSERT_EXIF (EXIF "II\x2a\0\xff\xff\xff\xff\1\0\x12\1\3\0\1\0\0\0\6\0\0\0",
      1);
  ASSERT_EXIF (EXIF "II\x2a\0\0\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0", 1);
  ASSERT_EXIF (EXIF "II\x2b\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0", 1);
  ASSERT_EXIF (EXIF "MI\0\x2a\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0", 1);
}

/* The profile's bytes in the @i-th of @n segments. Takes @bytes. */
static GBytes *
put_part (GBytes * bytes, GBytes * profile, guint i, guint n)
{
  GByteArray *data = g_byte_array_new ();
  gsize size = g_bytes_get_size (profile), start = (i - 1) * size / n;
  guint8 numbers[] = { i, n };

  g_byte_array_append (data, (const guint8 *) "ICC_PROFILE", 12);
  g_byte_array_append (data, numbers, 2);
  g_byte_array_append (data, (const guint8 *) g_bytes_get_data (profile, NULL)
      + start, i * size / n - start);
  bytes = put_segment (bytes, 0xe2, data->data, data->len);
  g_byte_array_unref (data);
  return bytes;
}

/* Each is put in front of those before it. */
static void
test_jpeg_parts (void)
{
  GBytes *profile = profile_make (&profile_p3), *bytes;
  CupImageMetadata *metadata;
  guint i;

  for (i = 0; i < 2; i++) {
    bytes = make_plain (CUP_IMAGE_JPEG);
    bytes = put_part (bytes, profile, i == 0 ? 3 : 2, 3);
    bytes = put_part (bytes, profile, i == 0 ? 2 : 3, 3);
    bytes = put_part (bytes, profile, 1, 3);
    metadata = cup_image_metadata_read (bytes, CUP_IMAGE_JPEG);
    g_assert_nonnull (metadata);
    g_assert_true (g_bytes_equal (metadata->profile, profile));
    unref_metadata (metadata);
    g_bytes_unref (bytes);
  }
  /* One is missing, is there twice, or is of another profile. */
  bytes = put_part (make_plain (CUP_IMAGE_JPEG), profile, 2, 2);
  assert_read (bytes, CUP_IMAGE_JPEG, 1, FALSE);
  bytes = put_part (make_plain (CUP_IMAGE_JPEG), profile, 1, 1);
  assert_read (put_part (bytes, profile, 1, 1), CUP_IMAGE_JPEG, 1, FALSE);
  bytes = put_part (make_plain (CUP_IMAGE_JPEG), profile, 2, 2);
  assert_read (put_part (bytes, profile, 1, 3), CUP_IMAGE_JPEG, 1, FALSE);
  /* Numbers that are none. */
  bytes = put_segment (make_plain (CUP_IMAGE_JPEG), 0xe2,
      "ICC_PROFILE\0\0\0abc", 17);
  assert_read (bytes, CUP_IMAGE_JPEG, 1, FALSE);
  bytes = put_segment (make_plain (CUP_IMAGE_JPEG), 0xe2,
      "ICC_PROFILE\0\2\1abc", 17);
  assert_read (bytes, CUP_IMAGE_JPEG, 1, FALSE);
  bytes = put_segment (make_plain (CUP_IMAGE_JPEG), 0xe2, "ICC_PROFILE\0\1",
      13);
  assert_read (bytes, CUP_IMAGE_JPEG, 1, FALSE);
  /* Fill bytes in front of a marker. */
  bytes = put_part (make_plain (CUP_IMAGE_JPEG), profile, 1, 1);
  bytes = put_at (bytes, 2, "\xff\xff", 2);
  assert_read (bytes, CUP_IMAGE_JPEG, 1, TRUE);
  g_bytes_unref (profile);
}

static guint32
sum_chunk (const guint8 * data, gsize size)
{
  guint32 sum = 0xffffffff;
  guint bit;

  for (; size > 0; size--) {
    sum ^= *data++;
    for (bit = 0; bit < 8; bit++)
      sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum;
}

/* A PNG with a chunk at @position. Takes @bytes. */
static GBytes *
put_chunk (GBytes * bytes, gsize position, const gchar * type,
    gconstpointer data, gsize size, gboolean is_damaged)
{
  GByteArray *chunk = g_byte_array_new ();

  profile_put (chunk, size, 4);
  profile_put_text (chunk, type);
  g_byte_array_append (chunk, data, size);
  profile_put (chunk, sum_chunk (chunk->data + 4, size + 4) ^ is_damaged, 4);
  bytes = put_at (bytes, position, chunk->data, chunk->len);
  g_byte_array_unref (chunk);
  return bytes;
}

#define PNG_HEAD 33

static void
test_png_exif (void)
{
  static const gchar exif[] = LE "\1\0" "\x12\1\3\0\1\0\0\0\6\0\0\0";
  static const gchar prefixed[] = EXIF LE "\1\0" "\x12\1\3\0\1\0\0\0\3\0\0\0";
  GBytes *bytes = make_plain (CUP_IMAGE_PNG);

  assert_read (put_chunk (g_bytes_ref (bytes), PNG_HEAD, "eXIf", exif,
          sizeof exif - 1, FALSE), CUP_IMAGE_PNG, 6, FALSE);
  assert_read (put_chunk (g_bytes_ref (bytes), PNG_HEAD, "eXIf", prefixed,
          sizeof prefixed - 1, FALSE), CUP_IMAGE_PNG, 3, FALSE);
  assert_read (put_chunk (g_bytes_ref (bytes), PNG_HEAD, "eXIf", exif,
          sizeof exif - 1, TRUE), CUP_IMAGE_PNG, 1, FALSE);
  assert_read (put_chunk (g_bytes_ref (bytes), PNG_HEAD, "eXIf", "", 0, FALSE),
      CUP_IMAGE_PNG, 1, FALSE);
  /* Behind the pixels; behind the end nobody looks. */
  assert_read (put_chunk (g_bytes_ref (bytes), g_bytes_get_size (bytes) - 12,
          "eXIf", exif, sizeof exif - 1, FALSE), CUP_IMAGE_PNG, 6, FALSE);
  assert_read (put_chunk (g_bytes_ref (bytes), g_bytes_get_size (bytes),
          "eXIf", exif, sizeof exif - 1, FALSE), CUP_IMAGE_PNG, 1, FALSE);
  g_bytes_unref (bytes);
}

/* A chunk of @profile, deflated, with @name in front. */
static GByteArray *
make_iccp (const gchar * name, gconstpointer profile, gsize size)
{
  GConverter *converter =
      G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9));
  GByteArray *chunk = g_byte_array_new ();
  gsize room = size + 1024, in, out;
  guint8 *data = g_malloc (room);

  g_byte_array_append (chunk, (const guint8 *) name, strlen (name) + 1);
  g_byte_array_append (chunk, (const guint8 *) "", 1);
  g_assert_cmpint (g_converter_convert (converter, profile, size, data, room,
          G_CONVERTER_INPUT_AT_END, &in, &out, NULL), ==, G_CONVERTER_FINISHED);
  g_byte_array_append (chunk, data, out);
  g_free (data);
  g_object_unref (converter);
  return chunk;
}

static void
assert_iccp (GByteArray * chunk, gboolean has_profile)
{
  assert_read (put_chunk (make_plain (CUP_IMAGE_PNG), PNG_HEAD, "iCCP",
          chunk->data, chunk->len, FALSE), CUP_IMAGE_PNG, 1, has_profile);
}

static void
test_png_profile (void)
{
  /* Half of what may be read, and twice that. */
  static const ProfileSample fat = { "RGB ", "fat", FALSE, 0, 0,
    CUP_IMAGE_PROFILE_MAX / 2
  };
  static const ProfileSample obese = { "RGB ", "obese", FALSE, 0, 0,
    2 * CUP_IMAGE_PROFILE_MAX
  };
  static const ProfileSample *const samples[] = { &profile_p3, &fat, &obese };
  GByteArray *chunk;
  gchar name[100];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (samples); i++) {
    GBytes *profile = profile_make (samples[i]);

    chunk = make_iccp ("x", g_bytes_get_data (profile, NULL),
        g_bytes_get_size (profile));
    assert_iccp (chunk, samples[i] != &obese);
    /* Broken off. */
    g_byte_array_set_size (chunk, chunk->len - 10);
    assert_iccp (chunk, FALSE);
    /* Another method of compression. */
    chunk->data[2] = 1;
    assert_iccp (chunk, FALSE);
    g_byte_array_set_size (chunk, 2);
    assert_iccp (chunk, FALSE);
    g_byte_array_set_size (chunk, 1);
    assert_iccp (chunk, FALSE);
    g_byte_array_unref (chunk);
    g_bytes_unref (profile);
  }
  memset (name, 'n', sizeof name);
  name[99] = '\0';
  chunk = make_iccp (name, "", 0);
  assert_iccp (chunk, FALSE);
  g_byte_array_unref (chunk);
  chunk = make_iccp ("no profile", "abc", 3);
  assert_iccp (chunk, FALSE);
  g_byte_array_unref (chunk);
}

/* Each of them would take as long as the largest profile. */
static void
test_png_many_profiles (void)
{
  gsize size = 2 * CUP_IMAGE_PROFILE_MAX;
  guint8 *zero = g_malloc0 (size);
  GByteArray *chunk = make_iccp ("bomb", zero, size), *file;
  GBytes *bytes = put_chunk (make_plain (CUP_IMAGE_PNG), PNG_HEAD, "iCCP",
      chunk->data, chunk->len, FALSE), *part;
  guint i;

  part = g_bytes_new_from_bytes (bytes, PNG_HEAD, chunk->len + 12);
  file = g_byte_array_new ();
  g_byte_array_append (file, g_bytes_get_data (bytes, NULL), PNG_HEAD);
  for (i = 0; i < 20000; i++)
    g_byte_array_append (file, g_bytes_get_data (part, NULL),
        g_bytes_get_size (part));
  assert_read (g_byte_array_free_to_bytes (file), CUP_IMAGE_PNG, 1, FALSE);
  g_bytes_unref (part);
  g_bytes_unref (bytes);
  g_byte_array_unref (chunk);
  g_free (zero);
}

/* Damage */

static void
check_any (GBytes * bytes, CupImageType type)
{
  CupImageMetadata *metadata = cup_image_metadata_read (bytes, type);
  gchar *name;

  if (!metadata)
    return;
  g_assert_cmpuint (metadata->orientation, >=, 1);
  g_assert_cmpuint (metadata->orientation, <=, 8);
  if (metadata->profile) {
    name = cup_icc_describe (metadata->profile);
    g_assert_true (!name || g_utf8_validate (name, -1, NULL));
    g_free (name);
    cup_icc_is_like_srgb (metadata->profile);
  }
  cup_image_metadata_unref (metadata);
}

/* Each truncation, and each byte changed, in memory of just the size. */
static void
test_damage (gconstpointer data)
{
  CupImageType type = GPOINTER_TO_INT (data);
  CupImageMetadata *metadata;
  GBytes *bytes;
  guint8 *original;
  gsize size, i;
  guint change;

  if (type == CUP_IMAGE_WEBP && skip_without_webp ())
    return;
  metadata = make_metadata (5, &profile_p3);
  bytes = insert (metadata, make_plain (type), type, 3);
  original = copy (bytes, &size);
  g_bytes_unref (bytes);
  for (i = 0; i < size; i++) {
    bytes = g_bytes_new (original, i);
    check_any (bytes, type);
    g_bytes_unref (bytes);
    for (change = 1; change < 256; change = change * 2 + 1) {
      guint8 *damaged = g_memdup2 (original, size);

      damaged[i] ^= change;
      bytes = g_bytes_new_take (damaged, size);
      check_any (bytes, type);
      g_bytes_unref (bytes);
    }
  }
  g_free (original);
  unref_metadata (metadata);
}

/* Profiles */

static void
assert_profile (const ProfileSample * sample, gboolean is_like_srgb)
{
  GBytes *profile = profile_make (sample);
  gchar *name = cup_icc_describe (profile);

  g_assert_true (cup_icc_is_valid (g_bytes_get_data (profile, NULL),
          g_bytes_get_size (profile)));
  g_assert_cmpstr (name, ==, sample->name);
  g_assert_true (cup_icc_is_like_srgb (profile) == is_like_srgb);
  g_assert_true (cup_icc_is_gray (profile) ==
      g_str_equal (sample->space, "GRAY"));
  g_assert_true (cup_icc_is_rgb (profile) ==
      g_str_equal (sample->space, "RGB "));
  g_free (name);
  g_bytes_unref (profile);
}

static void
test_profiles (void)
{
  static const ProfileSample near[] = {
    {"RGB ", "new", FALSE, PROFILE_SRGB_RED, 0, 0},
    {"RGB ", "old", TRUE, PROFILE_SRGB_RED, 0, 0},
    {"RGB ", "power", FALSE, PROFILE_SRGB_RED, 2.2, 0},
    {"RGB ", "old power", TRUE, PROFILE_SRGB_RED, 2.2, 0},
    {"RGB ", NULL, FALSE, PROFILE_SRGB_RED + 0.002, 0, 99},
    {"GRAY", "gray", FALSE, 0, 2.2, 0},
  };
  static const ProfileSample far[] = {
    {"RGB ", "P3", FALSE, PROFILE_P3_RED, 0, 0},
    {"RGB ", "old P3", TRUE, PROFILE_P3_RED, 0, 0},
    {"RGB ", "1.8", FALSE, PROFILE_SRGB_RED, 1.8, 0},
    {"RGB ", "old 1.8", TRUE, PROFILE_SRGB_RED, 1.8, 0},
    {"RGB ", "linear", FALSE, PROFILE_SRGB_RED, 1, 0},
    {"GRAY", "1.8", FALSE, 0, 1.8, 0},
    {"CMYK", "ink", FALSE, PROFILE_SRGB_RED, 0, 0},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (near); i++)
    assert_profile (&near[i], TRUE);
  for (i = 0; i < G_N_ELEMENTS (far); i++)
    assert_profile (&far[i], FALSE);
}

/* What ends up in messages. */
static void
test_names (void)
{
  static const ProfileSample evil[] = {
    {"RGB ", "a\nb\033[31m", FALSE, 0, 0, 0},
    {"RGB ", "a\nb\033[31m", TRUE, 0, 0, 0},
    {"RGB ", " \t ", TRUE, 0, 0, 0},
    {"RGB ", "\xff\xfe\xfd", TRUE, 0, 0, 0},
  };
  gchar *text = g_strnfill (1000, 'w'), *name;
  ProfileSample wide = { "RGB ", text, TRUE, 0, 0, 0 };
  GBytes *profile;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (evil); i++) {
    profile = profile_make (&evil[i]);
    name = cup_icc_describe (profile);
    if (i < 2)
      g_assert_cmpstr (name, ==, "a b [31m");
    else if (i == 2)
      g_assert_null (name);
    else
      g_assert_true (g_utf8_validate (name, -1, NULL));
    g_free (name);
    g_bytes_unref (profile);
  }
  for (i = 0; i < 2; i++) {
    wide.is_old = i == 0;
    profile = profile_make (&wide);
    name = cup_icc_describe (profile);
    g_assert_cmpuint (strlen (name), ==, 80);
    g_free (name);
    g_bytes_unref (profile);
  }
  g_free (text);
}

/* Which one does not get into a file either. */
static void
test_bad_profiles (void)
{
  GBytes *profile = profile_make (&profile_p3), *part;
  gsize size, i;
  guint8 *data = copy (profile, &size);

  for (i = 0; i < size; i++)
    g_assert_false (cup_icc_is_valid (data, i));
  data[36] = 'b';
  g_assert_false (cup_icc_is_valid (data, size));
  data[36] = 'a';
  /* Tags without end. */
  memset (data + 128, 0xff, 4);
  part = g_bytes_new (data, size);
  g_assert_false (cup_icc_is_like_srgb (part));
  g_bytes_unref (part);
  g_free (data);
  g_bytes_unref (profile);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const gchar *name;
    CupImageType type;
  } types[] = {
    {"png", CUP_IMAGE_PNG}, {"jpeg", CUP_IMAGE_JPEG}, {"webp", CUP_IMAGE_WEBP}
  };
  guint i;

  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    gchar *path = g_strconcat ("/metadata/round-trip/", types[i].name, NULL);

    g_test_add_data_func (path, GINT_TO_POINTER (types[i].type),
        test_round_trip);
    g_free (path);
    path = g_strconcat ("/metadata/damage/", types[i].name, NULL);
    g_test_add_data_func (path, GINT_TO_POINTER (types[i].type), test_damage);
    g_free (path);
  }
  g_test_add_func ("/metadata/webp-forms", test_webp_forms);
  g_test_add_func ("/metadata/png-by-libpng", test_png_by_libpng);
  g_test_add_func ("/metadata/fits", test_fits);
  g_test_add_func ("/metadata/exif", test_exif);
  g_test_add_func ("/metadata/bad-exif", test_bad_exif);
  g_test_add_func ("/metadata/jpeg-parts", test_jpeg_parts);
  g_test_add_func ("/metadata/png-exif", test_png_exif);
  g_test_add_func ("/metadata/png-profile", test_png_profile);
  g_test_add_func ("/metadata/png-many-profiles", test_png_many_profiles);
  g_test_add_func ("/metadata/profiles", test_profiles);
  g_test_add_func ("/metadata/names", test_names);
  g_test_add_func ("/metadata/bad-profiles", test_bad_profiles);
  return g_test_run ();
}
