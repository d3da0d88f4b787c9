/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What has to be known of an ICC profile to tell a person of it: what it is for,
 * its name, and whether it makes a difference to sRGB. Everything else in it is
 * for who shows the picture.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "metadata-private.h"

#include <math.h>
#include <string.h>

#define HEADER_SIZE 128
#define TAG_ENTRY_SIZE 12
/* More than any profile has. */
#define N_TAGS_MAX 200

#define NAME_LENGTH_MAX 80

/* How far colours may be off: X, Y and Z of a primary, and what half of the
 * range means in linear light. Profiles of sRGB differ by their rounding, and by
 * 2.2 in place of the curve. */
#define PRIMARY_TOLERANCE 0.004
#define CURVE_TOLERANCE 0.01

typedef struct
{
  const guint8 *data;
  gsize size;
} Tag;

gboolean
cup_icc_is_valid (const guint8 * data, gsize size)
{
  return size >= HEADER_SIZE + 4
      && memcmp (data + 36, "acsp", 4) == 0
      && cup_image_read_be32 (data) >= HEADER_SIZE
      && cup_image_read_be32 (data) <= size;
}

static gboolean
has_space (GBytes * profile, const gchar * space)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (profile, &size);

  return cup_icc_is_valid (data, size) && memcmp (data + 16, space, 4) == 0;
}

gboolean
cup_icc_is_gray (GBytes * profile)
{
  return has_space (profile, "GRAY");
}

gboolean
cup_icc_is_rgb (GBytes * profile)
{
  return has_space (profile, "RGB ");
}

/* With at least @min bytes. */
static gboolean
find_tag (GBytes * profile, const gchar * signature, gsize min, Tag * tag)
{
  gsize size, offset, length;
  const guint8 *data = g_bytes_get_data (profile, &size), *entry;
  guint32 i, n;

  if (!cup_icc_is_valid (data, size))
    return FALSE;
  n = cup_image_read_be32 (data + HEADER_SIZE);
  n = MIN (n, (size - HEADER_SIZE - 4) / TAG_ENTRY_SIZE);
  for (i = 0; i < MIN (n, N_TAGS_MAX); i++) {
    entry = data + HEADER_SIZE + 4 + i * TAG_ENTRY_SIZE;
    if (memcmp (entry, signature, 4) != 0)
      continue;
    offset = cup_image_read_be32 (entry + 4);
    length = cup_image_read_be32 (entry + 8);
    if (offset > size || length > size - offset || length < min)
      return FALSE;
    tag->data = data + offset;
    tag->size = length;
    return TRUE;
  }
  return FALSE;
}

/* Colours */

static gdouble
read_fixed (const guint8 * data)
{
  return (gint32) cup_image_read_be32 (data) / 65536.0;
}

static gboolean
is_primary (GBytes * profile, const gchar * signature, gdouble x, gdouble y,
    gdouble z)
{
  Tag tag;

  return find_tag (profile, signature, 20, &tag)
      && memcmp (tag.data, "XYZ ", 4) == 0
      && fabs (read_fixed (tag.data + 8) - x) < PRIMARY_TOLERANCE
      && fabs (read_fixed (tag.data + 12) - y) < PRIMARY_TOLERANCE
      && fabs (read_fixed (tag.data + 16) - z) < PRIMARY_TOLERANCE;
}

/* What half of the range is in linear light, by a table or an exponent; negative
 * where that cannot be told. */
static gdouble
get_table_middle (const Tag * curve)
{
  guint32 n = cup_image_read_be32 (curve->data + 8);

  if (n == 0)
    return 0.5;
  if (n > (curve->size - 12) / 2)
    return -1;
  if (n == 1)
    return pow (0.5, cup_image_read_be16 (curve->data + 12) / 256.0);
  return (cup_image_read_be16 (curve->data + 12 + (n - 1) / 2 * 2)
      + cup_image_read_be16 (curve->data + 12 + n / 2 * 2)) / 2.0 / 65535;
}

/* The same by one of the formulas of ICC. */
static gdouble
get_formula_middle (const Tag * curve)
{
  static const guint n_parameters[] = { 1, 3, 4, 5, 7 };
  guint type = cup_image_read_be16 (curve->data + 8), i;
  gdouble g, a, b, c, d, p[7] = { 0 };

  if (type >= G_N_ELEMENTS (n_parameters)
      || curve->size < 12 + 4 * (gsize) n_parameters[type])
    return -1;
  for (i = 0; i < n_parameters[type]; i++)
    p[i] = read_fixed (curve->data + 12 + 4 * i);
  g = p[0];
  a = type == 0 ? 1 : p[1];
  b = p[2];
  /* Beyond the power: what is added there, and the line below, from @d on. */
  c = type == 2 ? p[3] : type == 4 ? p[5] : 0;
  d = type >= 3 ? p[4] : type == 0 ? 0 : a > 0 ? -b / a : 0;
  if (0.5 >= d)
    return pow (a * 0.5 + b, g) + c;
  if (type >= 3)
    return p[3] * 0.5 + p[6];
  return c;
}

static gboolean
is_srgb_curve (GBytes * profile, const gchar * signature)
{
  gdouble middle = -1;
  Tag tag;

  if (!find_tag (profile, signature, 12, &tag))
    return FALSE;
  if (memcmp (tag.data, "curv", 4) == 0)
    middle = get_table_middle (&tag);
  else if (memcmp (tag.data, "para", 4) == 0)
    middle = get_formula_middle (&tag);
  return fabs (middle - 0.21404) < CURVE_TOLERANCE;
}

gboolean
cup_icc_is_like_srgb (GBytes * profile)
{
  if (cup_icc_is_gray (profile))
    return is_srgb_curve (profile, "kTRC");
  /* One with tables for each colour may do anything. */
  return cup_icc_is_rgb (profile)
      && is_primary (profile, "rXYZ", 0.4361, 0.2225, 0.0139)
      && is_primary (profile, "gXYZ", 0.3851, 0.7169, 0.0971)
      && is_primary (profile, "bXYZ", 0.1431, 0.0606, 0.7139)
      && is_srgb_curve (profile, "rTRC") && is_srgb_curve (profile, "gTRC")
      && is_srgb_curve (profile, "bTRC");
}

/* The name */

/* Of version 4: names in several languages, in UTF-16. The English one, or the
 * first. */
static gchar *
read_names (const Tag * tag)
{
  guint32 n, i, record, offset = 0, length = 0;
  gunichar2 text[NAME_LENGTH_MAX];

  if (tag->size < 16)
    return NULL;
  n = cup_image_read_be32 (tag->data + 8);
  record = cup_image_read_be32 (tag->data + 12);
  if (record != 12)
    return NULL;
  n = MIN (n, (tag->size - 16) / 12);
  for (i = 0; i < n; i++) {
    const guint8 *entry = tag->data + 16 + 12 * i;

    if (i > 0 && memcmp (entry, "en", 2) != 0)
      continue;
    length = cup_image_read_be32 (entry + 4);
    offset = cup_image_read_be32 (entry + 8);
    if (memcmp (entry, "en", 2) == 0)
      break;
  }
  if (offset > tag->size || length > tag->size - offset)
    return NULL;
  length = MIN (length / 2, NAME_LENGTH_MAX);
  for (i = 0; i < length; i++)
    text[i] = (gunichar2) cup_image_read_be16 (tag->data + offset + 2 * i);
  return g_utf16_to_utf8 (text, length, NULL, NULL, NULL);
}

/* Of version 2: one in ASCII. */
static gchar *
read_name (const Tag * tag)
{
  guint32 length = cup_image_read_be32 (tag->data + 8);
  gchar *text, *name;

  length = MIN (MIN (length, tag->size - 12), NAME_LENGTH_MAX);
  text = g_strndup ((const gchar *) tag->data + 12, length);
  name = g_utf8_make_valid (text, -1);
  g_free (text);
  return name;
}

/* It comes from outside, and ends up in messages and logs. */
static void
clean (gchar * name)
{
  gchar *c;

  for (c = name; *c; c++) {
    if (g_ascii_iscntrl (*c))
      *c = ' ';
  }
  g_strstrip (name);
}

gchar *
cup_icc_describe (GBytes * profile)
{
  gchar *name = NULL;
  Tag tag;

  if (!find_tag (profile, "desc", 12, &tag))
    return NULL;
  if (memcmp (tag.data, "mluc", 4) == 0)
    name = read_names (&tag);
  else if (memcmp (tag.data, "desc", 4) == 0)
    name = read_name (&tag);
  if (name)
    clean (name);
  if (name && *name == '\0')
    g_clear_pointer (&name, g_free);
  return name;
}
