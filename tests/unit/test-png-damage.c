/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Damaged PNG files: what the fast reader takes, libpng takes, and what it leaves
 * alone gets libpng's verdict, in libpng's words. Run it under a sanitizer.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "png-testing.h"

#define MAX_COUNT (1 << 20)

static const PngSample samples[] = {
  {1, 1, PNG_COLOR_TYPE_GRAY, 8, FALSE, FALSE},
  {9, 7, PNG_COLOR_TYPE_RGB, 8, FALSE, FALSE},
  {6, 5, PNG_COLOR_TYPE_RGB_ALPHA, 16, FALSE, FALSE},
  {8, 6, PNG_COLOR_TYPE_PALETTE, 8, FALSE, TRUE},
  {7, 5, PNG_COLOR_TYPE_GRAY_ALPHA, 8, FALSE, FALSE},
  {9, 5, PNG_COLOR_TYPE_PALETTE, 4, FALSE, FALSE},
  {9, 9, PNG_COLOR_TYPE_RGB, 8, TRUE, TRUE},
};

/* Chunks of a few bytes: damage between them, and in all of their parts. */
static GBytes *
make_sample (guint i)
{
  PngSample sample = samples[i];

  sample.filters = PNG_ALL_FILTERS;
  sample.idat_size = 40;
  sample.extra_chunk = "teXt";
  sample.extra_data = (const guint8 *) "nothing";
  sample.extra_size = 7;
  return png_sample_make (&sample);
}

/* The whole decoder says what libpng says. */
static void
check_words (GBytes * bytes)
{
  GError *error = NULL, *expected = NULL;
  CupPixels *pixels, *other;
  CupImageInfo info;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (!cup_image_read_info (bytes, &info, NULL)
      || (guint64) info.width * info.height > MAX_COUNT)
    return;
  pixels = cup_image_decode (bytes, MAX_COUNT, &error);
  other = cup_pixels_new (info.width, info.height, info.channels, info.depth,
      NULL);
  cup_png_decode_by_libpng (data, size, other, &expected);
  g_assert_true (!error == !expected);
  if (error)
    g_assert_cmpstr (error->message, ==, expected->message);
  g_clear_error (&error);
  g_clear_error (&expected);
  g_clear_pointer (&pixels, cup_pixels_unref);
  cup_pixels_unref (other);
}

static void
check (guint8 * data, gsize size)
{
  /* A copy, so that a sanitizer sees where it ends. */
  GBytes *bytes = g_bytes_new (data, size);

  png_compare (bytes, MAX_COUNT);
  check_words (bytes);
  g_bytes_unref (bytes);
}

static void
test_truncated (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (samples); i++) {
    GBytes *bytes = make_sample (i);
    gsize size, length;
    guint8 *data = copy (bytes, &size);

    for (length = 0; length < size; length++) {
      check (data, length);
      g_assert_null (cup_image_decode (g_bytes_new_static (data, length), 0,
              NULL));
    }
    g_free (data);
    g_bytes_unref (bytes);
  }
}

/* The chunk that holds byte @at; 0 for the signature. */
static gsize
find_chunk (const guint8 * data, gsize size, gsize at)
{
  gsize offset = 8;

  if (at < 8)
    return 0;
  while (offset + 12 + png_get_uint_32 (data + offset) <= at)
    offset += 12 + png_get_uint_32 (data + offset);
  return offset;
}

/* Each byte, in several ways; once as damage, and once as if it had been written
 * so: with a right checksum. */
static void
test_flipped (void)
{
  static const guint8 flips[] = { 0x01, 0x04, 0x20, 0x80, 0xff };
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (samples); i++) {
    GBytes *bytes = make_sample (i);
    gsize size, at, chunk;
    guint8 *data = copy (bytes, &size);

    for (at = 0; at < size; at++) {
      chunk = find_chunk (data, size, at);
      for (j = 0; j < G_N_ELEMENTS (flips); j++) {
        guint8 *flipped = g_memdup2 (data, size);

        flipped[at] ^= flips[j];
        check (flipped, size);
        /* But for the length, which says where that checksum is. */
        if (chunk > 0 && at >= chunk + 4) {
          png_sample_seal (flipped, chunk);
          check (flipped, size);
        }
        g_free (flipped);
      }
    }
    g_free (data);
    g_bytes_unref (bytes);
  }
}

/* Structures that are wrong, or only odd. Each says what libpng is known to make
 * of it. */

typedef struct
{
  const gchar *chunks;          /* by their first letter; see make_structure() */
  PngVerdict expected;
} Structure;

/* A palette of 8 bits in three chunks of data. P: PLTE, T: tRNS, D: the next
 * part, 0: an empty IDAT, x: a chunk to skip, y: one with a wrong checksum, X: one
 * that must be known, E: IEND, F: IEND with data, p: a palette of the wrong length,
 * t: tRNS that is too long, U: tRNS with a wrong checksum. */
static GBytes *
make_structure (const gchar * chunks)
{
  PngSample sample = { 8, 3, PNG_COLOR_TYPE_PALETTE, 8 };
  GByteArray *file = png_begin (&sample), *stream;
  guint8 raw[27] = { 0 }, content[900] = { 0 };
  guint i, at = 0, part;

  for (i = 0; i < sizeof (raw); i++)
    raw[i] = i % 9 == 0 ? 0 : i % 5;
  stream = png_store (raw, sizeof (raw));
  part = (stream->len + 2) / 3;
  /* Without its own palette. */
  g_byte_array_set_size (file, 33);
  for (; *chunks; chunks++) {
    guint n = MIN (part, stream->len - at);

    switch (*chunks) {
      case 'P':
        png_append_chunk (file, "PLTE", content, 15);
        break;
      case 'p':
        png_append_chunk (file, "PLTE", content, 16);
        break;
      case 'T':
        png_append_chunk (file, "tRNS", content, 3);
        break;
      case 't':
        png_append_chunk (file, "tRNS", content, 200);
        break;
      case 'D':
        png_append_chunk (file, "IDAT", stream->data + at, n);
        at += n;
        break;
      case '0':
        png_append_chunk (file, "IDAT", NULL, 0);
        break;
      case 'x':
        png_append_chunk (file, "teXt", content, 9);
        break;
      case 'y':
        png_append_chunk (file, "tEXt", content, 9);
        file->data[file->len - 1] ^= 1;
        break;
      case 'U':
        png_append_chunk (file, "tRNS", content, 3);
        file->data[file->len - 1] ^= 1;
        break;
      case 'X':
        png_append_chunk (file, "CgBI", content, 9);
        break;
      case 'E':
        png_append_chunk (file, "IEND", NULL, 0);
        break;
      case 'F':
        png_append_chunk (file, "IEND", content, 1);
        break;
    }
  }
  g_byte_array_unref (stream);
  return g_byte_array_free_to_bytes (file);
}

static void
test_structures (void)
{
  static const Structure structures[] = {
    {"PDDDE", {TRUE, TRUE}},
    {"PTDDDE", {TRUE, TRUE}},
    {"xPxTxDDDxE", {TRUE, TRUE}},
    {"P0D0D0D0E", {TRUE, TRUE}},
    {"PDDDEDxP", {TRUE, TRUE}},
    {"PDDxDE", {TRUE, TRUE}},
    {"PDDDx0E", {TRUE, TRUE}},
    {"yPyTyDyDDyE", {TRUE, TRUE}},
    {"PUDDDE", {FALSE, TRUE}},
    {"PDDDy", {FALSE, FALSE}},
    {"PDDE", {FALSE, FALSE}},
    {"PDDD", {FALSE, FALSE}},
    {"DDDE", {FALSE, FALSE}},
    {"DDDPE", {FALSE, FALSE}},
    {"PE", {FALSE, FALSE}},
    {"P0E", {FALSE, FALSE}},
    {"PXDDDE", {FALSE, FALSE}},
    {"PDDDXE", {FALSE, FALSE}},
    {"pDDDE", {FALSE, FALSE}},
  };
  /* What libpng makes of these differs between its versions. */
  static const gchar *const others[] = {
    "PPDDDE", "PDDDPE", "TPDDDE", "PTTDDDE", "PtDDDE", "PDDDTE", "PDDDF",
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (structures); i++) {
    GBytes *bytes = make_structure (structures[i].chunks);
    PngVerdict verdict = png_compare (bytes, MAX_COUNT);

    g_test_message ("%s: %d, %d", structures[i].chunks, verdict.fast,
        verdict.libpng);
    g_assert_true (verdict.fast == structures[i].expected.fast);
    g_assert_true (verdict.libpng == structures[i].expected.libpng);
    check_words (bytes);
    g_bytes_unref (bytes);
  }
  for (i = 0; i < G_N_ELEMENTS (others); i++) {
    GBytes *bytes = make_structure (others[i]);

    g_assert_false (png_compare (bytes, MAX_COUNT).fast);
    check_words (bytes);
    g_bytes_unref (bytes);
  }
}

/* What has no part in the pixels is passed over, whatever it holds, by every
 * version of libpng. */

static void
check_ancillary (const gchar * type, gsize size, gboolean sealed)
{
  PngSample sample = { 6, 4, PNG_COLOR_TYPE_RGB, 8 };
  guint8 raw[19 * 4] = { 0 }, *content = g_malloc (size + 1);
  GByteArray *file = png_begin (&sample), *stream = png_store (raw, 19 * 4);
  guint part;
  GBytes *bytes;
  PngVerdict verdict;

  /* No keyword, or one that does not end. */
  memset (content, size % 2 ? 'x' : 0, size);
  for (part = 0; part < 3; part++) {
    png_append_chunk (file, type, content, size);
    if (!sealed)
      file->data[file->len - 1] ^= 1;
    if (part < 2)
      png_append_chunk (file, "IDAT", stream->data + part * (stream->len / 2),
          part ? stream->len - stream->len / 2 : stream->len / 2);
  }
  bytes = png_end (file);
  verdict = png_compare (bytes, MAX_COUNT);
  if (!verdict.fast || !verdict.libpng)
    g_error ("%s of %" G_GSIZE_FORMAT " bytes%s: %d, %d", type, size,
        sealed ? "" : " with a wrong checksum", verdict.fast, verdict.libpng);
  g_bytes_unref (bytes);
  g_byte_array_unref (stream);
  g_free (content);
}

static void
test_ancillary (void)
{
  static const gchar *const types[] = {
    "tEXt", "zTXt", "iTXt", "iCCP", "eXIf", "gAMA", "cHRM", "sRGB", "sBIT",
    "bKGD", "hIST", "pHYs", "sPLT", "tIME", "oFFs", "pCAL", "sCAL", "cICP",
    "mDCV", "cLLI", "acTL", "fcTL", "fdAT", "teXt", "zzzz", "iCCp",
  };
  static const gsize sizes[] = { 0, 1, 4, 13, 90, 5001, 70000 };
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    for (j = 0; j < G_N_ELEMENTS (sizes); j++) {
      check_ancillary (types[i], sizes[j], TRUE);
      check_ancillary (types[i], sizes[j], FALSE);
    }
  }
}

/* Streams that are longer or shorter than the rows, or not what they say. */
static void
test_streams (void)
{
  PngSample sample = { 6, 4, PNG_COLOR_TYPE_RGB, 8 };
  guint8 raw[19 * 4 + 10] = { 0 };
  gint extra, cut;

  for (extra = -20; extra <= 10; extra++) {
    GBytes *bytes = png_make_raw (&sample, raw, 19 * 4 + extra);
    PngVerdict verdict = png_compare (bytes, MAX_COUNT);

    g_assert_true (verdict.fast == (extra == 0));
    g_assert_true (verdict.libpng == (extra >= 0));
    check_words (bytes);
    g_bytes_unref (bytes);
  }
  /* Bytes behind the stream's end, or missing from it. */
  for (cut = -8; cut <= 8; cut++) {
    GByteArray *file = png_begin (&sample), *stream = png_store (raw, 19 * 4);
    guint8 filler[8] = { 0 };
    PngVerdict verdict;
    GBytes *bytes;

    if (cut < 0)
      g_byte_array_append (stream, filler, -cut);
    png_append_chunk (file, "IDAT", stream->data, stream->len - MAX (cut, 0));
    bytes = png_end (file);
    verdict = png_compare (bytes, MAX_COUNT);
    g_assert_true (verdict.fast == (cut == 0));
    g_assert_true (verdict.libpng == (cut <= 0));
    check_words (bytes);
    g_bytes_unref (bytes);
    g_byte_array_unref (stream);
  }
  /* No such filter. */
  raw[19] = 5;
  {
    GBytes *bytes = png_make_raw (&sample, raw, 19 * 4);

    g_assert_false (png_compare (bytes, MAX_COUNT).fast);
    assert_refused (bytes, FALSE, CUP_ERROR_BAD_DATA, "filter");
    g_bytes_unref (bytes);
  }
}

/* A few bytes that say to be the largest of pictures, and some that would inflate
 * for long. */
static void
test_bombs (void)
{
  PngSample sample = { 16000, 16000, PNG_COLOR_TYPE_RGB, 8 };
  GByteArray *stream, *file;
  guint8 raw[100] = { 0 };
  GBytes *bytes;
  guint i;

  bytes = png_make_raw (&sample, raw, sizeof (raw));
  assert_refused (bytes, FALSE, CUP_ERROR_BAD_DATA, "PNG image");
  g_bytes_unref (bytes);

  /* Empty blocks without end before the last row's. */
  sample.width = sample.height = 1;
  file = png_begin (&sample);
  stream = g_byte_array_new ();
  g_byte_array_append (stream, (const guint8 *) "\x78\x01", 2);
  for (i = 0; i < 100000; i++)
    g_byte_array_append (stream, (const guint8 *) "\0\0\0\xff\xff", 5);
  png_append_chunk (file, "IDAT", stream->data, stream->len);
  g_byte_array_unref (stream);
  bytes = png_end (file);
  g_assert_false (png_compare (bytes, MAX_COUNT).fast);
  assert_refused (bytes, FALSE, CUP_ERROR_BAD_DATA,
      "more compressed data than the picture needs");
  g_bytes_unref (bytes);

  /* More chunks than a picture can need. */
  file = png_begin (&sample);
  stream = png_store (raw, 4);
  png_append_chunk (file, "IDAT", stream->data, stream->len);
  for (i = 0; i < 5000; i++)
    png_append_chunk (file, "IDAT", raw, 1);
  g_byte_array_unref (stream);
  bytes = png_end (file);
  g_assert_false (png_compare (bytes, MAX_COUNT).fast);
  check_words (bytes);
  g_bytes_unref (bytes);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/png-damage/truncated", test_truncated);
  g_test_add_func ("/png-damage/flipped", test_flipped);
  g_test_add_func ("/png-damage/structures", test_structures);
  g_test_add_func ("/png-damage/ancillary", test_ancillary);
  g_test_add_func ("/png-damage/streams", test_streams);
  g_test_add_func ("/png-damage/bombs", test_bombs);

  return g_test_run ();
}
