/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "place.h"

#include <glib/gstdio.h>

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
  GDir *directory = g_dir_open (".", 0, NULL);
  const gchar *name;

  while ((name = g_dir_read_name (directory)))
    g_remove (name);
  g_dir_close (directory);
  g_chdir (place->previous);
  g_rmdir (place->directory);
  g_free (place->directory);
  g_free (place->previous);
}
