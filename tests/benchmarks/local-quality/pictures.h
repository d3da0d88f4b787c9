/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The pictures that figures are made of: those of a folder, or procedural ones.
 */
#pragma once

#include "image/pixels.h"

G_BEGIN_DECLS

/* 8 bits; the sides of @original are multiples of the factor. */
typedef struct
{
  gchar *name;
  CupPixels *original;
  CupPixels *reduced;
} Picture;

/* Both are arrays of Picture, sorted by name. Files that cannot be used are
 * named and left out. NULL where @folder cannot be read. */
GPtrArray *pictures_load (const gchar * folder, guint factor, GError ** error);
GPtrArray *pictures_make (guint factor);

G_END_DECLS
