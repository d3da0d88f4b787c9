/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which pictures are meant, and what their results are called.
 *
 *   photo.jpg      photo-2x.png beside it; photo.jpg-2x.png where photo.png or
 *                  another picture of that name lies there, too
 *   holiday/       holiday-2x/ beside it, with the names of the pictures in it
 *
 * Where that folder cannot be written, results go to another one.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  gchar *path;
  gchar *result;
} Picture;

void picture_free (Picture * picture);

/* Adds what the file or folder @path stands for to @pictures, whose free function
 * is picture_free(). Returns FALSE, and says why, where a folder has no pictures or
 * cannot be read. */
gboolean pictures_add (GPtrArray * pictures, const gchar * path,
    gdouble scale, const gchar * other_folder);

G_END_DECLS
