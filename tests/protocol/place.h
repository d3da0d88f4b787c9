/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A folder for a test, as the current one, so that launch lines can be run as
 * they stand.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  gchar *directory;
  gchar *previous;
} Place;

/* For g_test_add(). What is in the folder at the end is removed. */
void place_enter (Place * place, gconstpointer data);
void place_leave (Place * place, gconstpointer data);

/* A file, or a folder with all that is in it. */
void place_remove (const gchar * path);

G_END_DECLS
