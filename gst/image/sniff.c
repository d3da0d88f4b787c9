/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What bytes look like that are none of our formats. A service that answers
 * with an error page, or a file source that delivers the wrong files, is told
 * apart by the person who reads the error, so the error names what it sees.
 *
 * Nothing of the bytes themselves is quoted beyond the first eight: they come
 * from outside and end up in logs.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codecs.h"

#include <string.h>

#include "base/error.h"

typedef struct
{
  guint offset;
  const gchar *magic;
  guint size;
  const gchar *name;
} Signature;

/* Pictures of other formats first: for these the error can say what to do.
 * More specific ones come before those that they contain. */
static const Signature pictures[] = {
  {0, "GIF87a", 6, "a GIF image"},
  {0, "GIF89a", 6, "a GIF image"},
  {0, "II*\0", 4, "a TIFF image"},
  {0, "MM\0*", 4, "a TIFF image"},
  {4, "ftypavif", 8, "an AVIF image"},
  {4, "ftypavis", 8, "an AVIF image sequence"},
  {4, "ftyphei", 7, "a HEIC image"},
  {4, "ftyphevc", 8, "a HEIC image sequence"},
  {4, "ftypmif1", 8, "a HEIC or AVIF image"},
  {4, "ftypmsf1", 8, "a HEIC or AVIF image sequence"},
  {0, "\xff\x0a", 2, "a JPEG XL image"},
  {0, "\0\0\0\x0cJXL ", 8, "a JPEG XL image"},
  {0, "\0\0\0\x0cjP  ", 8, "a JPEG 2000 image"},
  {0, "\xff\x4f\xff\x51", 4, "a JPEG 2000 image"},
  {0, "\x76\x2f\x31\x01", 4, "an OpenEXR image"},
  {0, "8BPS", 4, "a Photoshop image"},
  {0, "qoif", 4, "a QOI image"},
  {0, "P1\n", 3, "a PBM image"},
  {0, "P2\n", 3, "a PGM image"},
  {0, "P3\n", 3, "a PPM image"},
  {0, "P4\n", 3, "a PBM image"},
  {0, "P5\n", 3, "a PGM image"},
  {0, "P6\n", 3, "a PPM image"},
  {0, "BM", 2, "a BMP image"},
};

static const Signature others[] = {
  {4, "ftyp", 4, "an MP4 file"},
  {0, "\x1a\x45\xdf\xa3", 4, "a Matroska or WebM file"},
  {0, "RIFF", 4, "a RIFF file that is not WebP"},
  {0, "%PDF-", 5, "a PDF document"},
  {0, "\x1f\x8b", 2, "gzip-compressed data"},
  {0, "PK\x03\x04", 4, "a ZIP archive"},
};

static const gchar *
find_signature (const Signature * signatures, gsize n_signatures,
    const guint8 * data, gsize size)
{
  gsize i;

  for (i = 0; i < n_signatures; i++) {
    const Signature *s = &signatures[i];

    if (size >= s->offset + s->size
        && memcmp (data + s->offset, s->magic, s->size) == 0)
      return s->name;
  }
  return NULL;
}

/* @text is in lower case: what HTML may write either way. */
static gboolean
starts_with (const guint8 * data, gsize size, const gchar * text)
{
  gsize length = strlen (text);

  return size >= length
      && g_ascii_strncasecmp ((const gchar *) data, text, length) == 0;
}

static const gchar *
describe_markup (const guint8 * data, gsize size, gboolean * is_picture)
{
  gsize i;

  if (starts_with (data, size, "<!doctype html")
      || starts_with (data, size, "<html") || starts_with (data, size, "<head")
      || starts_with (data, size, "<body"))
    return "an HTML page";

  /* <svg stands behind an XML declaration, a doctype and comments; <html does
   * in XHTML. */
  size = MIN (size, 4096);
  for (i = 0; i < size; i++) {
    if (starts_with (data + i, size - i, "<svg")) {
      *is_picture = TRUE;
      return "an SVG drawing";
    }
    if (starts_with (data + i, size - i, "<html"))
      return "an HTML page";
  }
  return "an XML document";
}

static const gchar *
describe_text (const guint8 * data, gsize size, gboolean * is_picture)
{
  const gchar *end;
  gsize i;

  if (size >= 3 && memcmp (data, "\xef\xbb\xbf", 3) == 0) {
    data += 3;
    size -= 3;
  }
  while (size > 0 && g_ascii_isspace (*data)) {
    data++;
    size--;
  }
  if (size == 0)
    return "nothing but white space";
  if (*data == '<')
    return describe_markup (data, size, is_picture);

  size = MIN (size, 512);
  for (i = 0; i < size; i++) {
    if (data[i] < 0x80 && !g_ascii_isprint (data[i])
        && !g_ascii_isspace (data[i]))
      return NULL;
  }
  if (*data == '{' || *data == '[' || *data == '"')
    return "JSON";
  /* The last character may be cut in two where the text is long. */
  return (!g_utf8_validate_len ((const gchar *) data, size, &end)
      && end + 3 < (const gchar *) data + size) ? NULL : "plain text";
}

void
cup_image_set_unknown_error (const guint8 * data, gsize size, GError ** error)
{
  GString *bytes;
  const gchar *name;
  gboolean is_picture = FALSE;
  gsize i;

  if (size == 0) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "no picture: the data is empty (0 bytes)");
    return;
  }

  name = find_signature (pictures, G_N_ELEMENTS (pictures), data, size);
  if (name)
    is_picture = TRUE;
  else
    name = find_signature (others, G_N_ELEMENTS (others), data, size);
  if (!name)
    name = describe_text (data, size, &is_picture);

  if (name && is_picture) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "this is %s; convert it to PNG, JPEG or WebP", name);
    return;
  }
  if (name) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "no PNG, JPEG or WebP picture: this is %s (%" G_GSIZE_FORMAT " bytes)",
        name, size);
    return;
  }

  bytes = g_string_new (NULL);
  for (i = 0; i < MIN (size, 8); i++)
    g_string_append_printf (bytes, " %02x", data[i]);
  g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
      "no PNG, JPEG or WebP picture: unknown data starting with%s (%"
      G_GSIZE_FORMAT " bytes)", bytes->str, size);
  g_string_free (bytes, TRUE);
}
