/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ICC profiles, made here: of a matrix and curves, as cameras and monitors have
 * them, with a name.
 */
#pragma once

#include <math.h>
#include <string.h>

#include "image/metadata.h"

typedef struct
{
  const gchar *space;           /* "RGB ", "GRAY", "CMYK" */
  const gchar *name;            /* NULL for none */
  gboolean is_old;              /* version 2: a name in ASCII, curves as tables */
  gdouble red_x;                /* X of the red primary */
  gdouble gamma;                /* 0 for that of sRGB */
  gsize padding;                /* bytes behind all that is used */
} ProfileSample;

#define PROFILE_SRGB_RED 0.4361
#define PROFILE_P3_RED 0.5151

static const ProfileSample profile_srgb = {
  "RGB ", "sRGB by hand", FALSE, PROFILE_SRGB_RED, 0, 0
};

static const ProfileSample profile_p3 = {
  "RGB ", "Display P3 by hand", FALSE, PROFILE_P3_RED, 0, 0
};

static const ProfileSample profile_gray = {
  "GRAY", "Gray 1.8", FALSE, 0, 1.8, 0
};

static inline void
profile_put (GByteArray * array, guint32 value, guint n_bytes)
{
  guint32 big = GUINT32_TO_BE (value);

  g_byte_array_append (array, (const guint8 *) &big + 4 - n_bytes, n_bytes);
}

static inline void
profile_put_text (GByteArray * array, const gchar * text)
{
  g_byte_array_append (array, (const guint8 *) text, strlen (text));
}

static inline void
profile_put_fixed (GByteArray * array, gdouble value)
{
  profile_put (array, (guint32) (gint32) (value * 65536 + 0.5), 4);
}

static inline void
profile_put_name (GByteArray * array, const ProfileSample * sample)
{
  gsize length = strlen (sample->name), i;

  if (sample->is_old) {
    profile_put_text (array, "desc");
    profile_put (array, 0, 4);
    profile_put (array, length + 1, 4);
    g_byte_array_append (array, (const guint8 *) sample->name, length + 1);
    return;
  }
  /* Two languages, of which the second is English. */
  profile_put_text (array, "mluc");
  profile_put (array, 0, 4);
  profile_put (array, 2, 4);
  profile_put (array, 12, 4);
  profile_put_text (array, "deDE");
  profile_put (array, 2, 4);
  profile_put (array, 40 + 2 * length, 4);
  profile_put_text (array, "enUS");
  profile_put (array, 2 * length, 4);
  profile_put (array, 40, 4);
  for (i = 0; i < length; i++)
    profile_put (array, (guint8) sample->name[i], 2);
  profile_put (array, 'x', 2);
}

static inline void
profile_put_curve (GByteArray * array, const ProfileSample * sample)
{
  static const gdouble srgb[] = { 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92,
    0.04045
  };
  guint i;

  if (sample->gamma > 0 && !sample->is_old) {
    profile_put_text (array, "curv");
    profile_put (array, 0, 4);
    profile_put (array, 1, 4);
    profile_put (array, (guint32) (sample->gamma * 256 + 0.5), 2);
  } else if (sample->gamma == 0 && !sample->is_old) {
    profile_put_text (array, "para");
    profile_put (array, 0, 4);
    profile_put (array, 3, 2);
    profile_put (array, 0, 2);
    for (i = 0; i < G_N_ELEMENTS (srgb); i++)
      profile_put_fixed (array, srgb[i]);
  } else {
    profile_put_text (array, "curv");
    profile_put (array, 0, 4);
    profile_put (array, 256, 4);
    for (i = 0; i < 256; i++) {
      gdouble x = i / 255.0;
      gdouble y = sample->gamma > 0 ? pow (x, sample->gamma) :
          x < srgb[4] ? x * srgb[3] : pow (srgb[1] * x + srgb[2], srgb[0]);

      profile_put (array, (guint32) (y * 65535 + 0.5), 2);
    }
  }
}

static inline void
profile_put_primary (GByteArray * array, gdouble x, gdouble y, gdouble z)
{
  profile_put_text (array, "XYZ ");
  profile_put (array, 0, 4);
  profile_put_fixed (array, x);
  profile_put_fixed (array, y);
  profile_put_fixed (array, z);
}

/* Writes @signature's entry of the table, which is the @i-th, and leaves the
 * tag's bytes to the caller. */
static inline void
profile_begin_tag (GByteArray * array, guint i, const gchar * signature)
{
  guint8 *entry;
  guint32 offset;

  while (array->len % 4 != 0)
    profile_put (array, 0, 1);
  entry = array->data + 132 + 12 * i;
  offset = GUINT32_TO_BE (array->len);
  memcpy (entry, signature, 4);
  memcpy (entry + 4, &offset, 4);
}

static inline void
profile_end_tag (GByteArray * array, guint i)
{
  guint8 *entry = array->data + 132 + 12 * i;
  guint32 offset, length;

  memcpy (&offset, entry + 4, 4);
  length = array->len - GUINT32_FROM_BE (offset);
  length = GUINT32_TO_BE (length);
  memcpy (entry + 8, &length, 4);
}

static inline GBytes *
profile_make (const ProfileSample * sample)
{
  static const gchar *const curves[] = { "rTRC", "gTRC", "bTRC", "kTRC" };
  static const gchar *const primaries[] = { "rXYZ", "gXYZ", "bXYZ" };
  static const gdouble xyz[3][3] = {
    {0, 0.2225, 0.0139}, {0.3851, 0.7169, 0.0971}, {0.1431, 0.0606, 0.7139}
  };
  const guint n_tags = 8;
  GByteArray *array = g_byte_array_new ();
  guint32 size, big;
  guint i, n = 0;

  g_byte_array_set_size (array, 132 + 12 * n_tags);
  memset (array->data, 0, array->len);
  memcpy (array->data + 12, "mntr", 4);
  memcpy (array->data + 16, sample->space, 4);
  memcpy (array->data + 20, "XYZ ", 4);
  memcpy (array->data + 36, "acsp", 4);
  memcpy (array->data + 68, "\0\0\xf6\xd6\0\1\0\0\0\0\xd3\x2d", 12);
  if (sample->name) {
    profile_begin_tag (array, n, "desc");
    profile_put_name (array, sample);
    profile_end_tag (array, n++);
  }
  for (i = 0; i < 4; i++) {
    profile_begin_tag (array, n, curves[i]);
    profile_put_curve (array, sample);
    profile_end_tag (array, n++);
  }
  for (i = 0; i < 3; i++) {
    profile_begin_tag (array, n, primaries[i]);
    profile_put_primary (array, i == 0 ? sample->red_x : xyz[i][0], xyz[i][1],
        xyz[i][2]);
    profile_end_tag (array, n++);
  }
  big = GUINT32_TO_BE (n);
  memcpy (array->data + 128, &big, 4);
  /* Not all alike, so that it cannot be deflated to nothing. */
  size = array->len;
  g_byte_array_set_size (array, size + sample->padding);
  for (i = size; i < array->len; i++)
    array->data[i] = (guint8) (i * 2654435761u >> 13 ^ i >> 5);
  size = GUINT32_TO_BE (array->len);
  memcpy (array->data, &size, 4);
  return g_byte_array_free_to_bytes (array);
}
