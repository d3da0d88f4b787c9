/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See pictures.h.
 */
#include "pictures.h"

#include <string.h>

#include "base/error.h"
#include "image/file.h"
#include "image/image.h"
#include "picture.h"
#include "scaling.h"

#define MIN_SIDE 32
/* Large enough for a pan. */
#define WIDTH 384
#define HEIGHT 288

static void
picture_free (gpointer data)
{
  Picture *picture = data;

  g_free (picture->name);
  cup_pixels_unref (picture->original);
  cup_pixels_unref (picture->reduced);
  g_free (picture);
}

static void
add (GPtrArray * pictures, const gchar * name, const CupPixels * pixels,
    guint factor)
{
  Picture *picture = g_new (Picture, 1);

  picture->name = g_strdup (name);
  picture->original = cup_scaling_crop (pixels, factor);
  picture->reduced = cup_scaling_reduce (picture->original, factor);
  g_ptr_array_add (pictures, picture);
}

static CupPixels *
load (const gchar * path, GError ** error)
{
  GBytes *bytes = cup_image_read_file (path, NULL, error);
  CupPixels *pixels;

  if (!bytes)
    return NULL;
  pixels = cup_image_decode (bytes, 0, error);
  g_bytes_unref (bytes);
  if (pixels && (pixels->depth != 8 || pixels->channels == 4
          || MIN (pixels->width, pixels->height) < MIN_SIDE)) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "has %u channels of %u bits and %ux%u pixels; gray or RGB of 8 bits "
        "and %u rows and columns are needed", pixels->channels, pixels->depth,
        pixels->width, pixels->height, MIN_SIDE);
    g_clear_pointer (&pixels, cup_pixels_unref);
  }
  return pixels;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  const Picture *one = *(Picture * const *) a, *other = *(Picture * const *) b;

  return strcmp (one->name, other->name);
}

GPtrArray *
pictures_load (const gchar * folder, guint factor, GError ** error)
{
  GDir *dir = g_dir_open (folder, 0, error);
  GPtrArray *pictures;
  const gchar *name;

  if (!dir)
    return NULL;
  pictures = g_ptr_array_new_with_free_func (picture_free);
  while ((name = g_dir_read_name (dir)) != NULL) {
    gchar *path = g_build_filename (folder, name, NULL);
    GError *reason = NULL;
    CupPixels *pixels = load (path, &reason);

    if (pixels)
      add (pictures, name, pixels, factor);
    else
      g_printerr ("%s: %s\n", path, reason->message);
    g_clear_pointer (&pixels, cup_pixels_unref);
    g_clear_error (&reason);
    g_free (path);
  }
  g_dir_close (dir);
  g_ptr_array_sort (pictures, compare_names);
  return pictures;
}

GPtrArray *
pictures_make (guint factor)
{
  GPtrArray *pictures = g_ptr_array_new_with_free_func (picture_free);
  guint i;

  for (i = 0; i < CUP_PICTURE_HELD_OUT_COUNT; i++) {
    CupPixels *pixels = cup_picture_new (CUP_PICTURE_HELD_OUT_SEED, i, WIDTH,
        HEIGHT, 3);
    gchar *name = g_strdup_printf ("procedural-%u", i);

    add (pictures, name, pixels, factor);
    g_free (name);
    cup_pixels_unref (pixels);
  }
  return pictures;
}
