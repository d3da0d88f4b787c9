/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "place.h"

#include <glib/gstdio.h>

void
place_remove (const gchar * path)
{
  GDir *dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL :
      g_dir_open (path, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    gchar *inner = g_build_filename (path, name, NULL);

    place_remove (inner);
    g_free (inner);
  }
  if (dir)
    g_dir_close (dir);
  g_remove (path);
}

void
place_enter (Place * place, gconstpointer data)
{
  GError *error = NULL;

  place->previous = g_get_current_dir ();
  place->directory = g_dir_make_tmp ("cup-test-XXXXXX", &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chdir (place->directory), ==, 0);
}

void
place_leave (Place * place, gconstpointer data)
{
  g_chdir (place->previous);
  place_remove (place->directory);
  g_free (place->directory);
  g_free (place->previous);
}
