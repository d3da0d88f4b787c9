/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pictures.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static const gchar *const extensions[] = { ".png", ".jpg", ".jpeg", ".jpe",
  ".jfif", ".webp"
};

void
picture_free (Picture * picture)
{
  g_free (picture->path);
  g_free (picture->result);
  g_free (picture);
}

/* Bytes of @name in front of its extension; all of them where it has none of a
 * picture. */
static gsize
get_stem_length (const gchar * name)
{
  const gsize length = strlen (name);
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (extensions); i++) {
    const gsize n = strlen (extensions[i]);

    if (length > n
        && g_ascii_strcasecmp (name + length - n, extensions[i]) == 0)
      return length - n;
  }
  return length;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(gchar * const *) a, *(gchar * const *) b);
}

/* In the order of their bytes. NULL where the folder cannot be read. */
static GPtrArray *
list_pictures (const gchar * folder, GError ** error)
{
  GDir *dir = g_dir_open (folder, 0, error);
  GPtrArray *names;
  const gchar *name;

  if (!dir)
    return NULL;
  names = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (dir))) {
    gchar *path = g_build_filename (folder, name, NULL);

    if (name[0] != '.' && get_stem_length (name) < strlen (name)
        && g_file_test (path, G_FILE_TEST_IS_REGULAR))
      g_ptr_array_add (names, g_strdup (name));
    g_free (path);
  }
  g_dir_close (dir);
  g_ptr_array_sort (names, compare_names);
  return names;
}

/* Whether another picture among @names has the name @name but for its extension.
 * A folder that cannot be read is as if there was none. */
static gboolean
has_twin (const gchar * name, const GPtrArray * names)
{
  const gsize length = get_stem_length (name);
  guint i;

  for (i = 0; names && i < names->len; i++) {
    const gchar *other = names->pdata[i];

    if (strcmp (other, name) != 0 && get_stem_length (other) == length
        && strncmp (other, name, length) == 0)
      return TRUE;
  }
  return FALSE;
}

static void
add (GPtrArray * pictures, const gchar * path, const GPtrArray * names,
    const gchar * folder, const gchar * suffix)
{
  Picture *picture = g_new (Picture, 1);
  gchar *name = g_path_get_basename (path);
  const gsize length = has_twin (name, names) ? strlen (name) :
      get_stem_length (name);
  gchar *result = g_strdup_printf ("%.*s%s.png", (gint) length, name, suffix);

  picture->path = g_strdup (path);
  picture->result = g_build_filename (folder, result, NULL);
  g_free (result);
  g_free (name);
  g_ptr_array_add (pictures, picture);
}

static gboolean
can_write (const gchar * folder)
{
  return g_access (folder, W_OK | X_OK) == 0;
}

static void
add_file (GPtrArray * pictures, const gchar * path, const gchar * suffix,
    const gchar * other_folder)
{
  gchar *folder = g_path_get_dirname (path);
  GPtrArray *names = list_pictures (folder, NULL);

  add (pictures, path, names, can_write (folder) ? folder : other_folder,
      suffix);
  g_clear_pointer (&names, g_ptr_array_unref);
  g_free (folder);
}

/* Where the results of a folder go. */
static gchar *
make_results_folder (const gchar * path, const gchar * suffix,
    const gchar * other_folder)
{
  gchar *folder = g_canonicalize_filename (path, NULL);
  gchar *beside = g_path_get_dirname (folder);
  gchar *name = g_path_get_basename (folder);
  gchar *named = g_strconcat (name, suffix, NULL);
  gchar *results =
      g_build_filename (can_write (beside) ? beside : other_folder, named,
      NULL);

  g_free (named);
  g_free (name);
  g_free (beside);
  g_free (folder);
  if (g_mkdir (results, 0777) == 0 || errno == EEXIST)
    return results;
  g_printerr ("%s: this folder for the results cannot be made: %s\n", results,
      g_strerror (errno));
  g_free (results);
  return NULL;
}

static gboolean
add_folder (GPtrArray * pictures, const gchar * path, const gchar * suffix,
    const gchar * other_folder)
{
  GError *error = NULL;
  GPtrArray *names = list_pictures (path, &error);
  gchar *results = NULL;
  guint i;

  if (!names)
    g_printerr ("%s: %s\n", path, error->message);
  else if (names->len == 0)
    g_printerr ("%s: there is no PNG, JPEG or WebP in this folder\n", path);
  else
    results = make_results_folder (path, suffix, other_folder);
  for (i = 0; results && i < names->len; i++) {
    gchar *file = g_build_filename (path, names->pdata[i], NULL);

    add (pictures, file, names, results, "");
    g_free (file);
  }
  g_clear_pointer (&names, g_ptr_array_unref);
  g_clear_error (&error);
  if (!results)
    return FALSE;
  g_free (results);
  return TRUE;
}

gboolean
pictures_add (GPtrArray * pictures, const gchar * path, gdouble scale,
    const gchar * other_folder)
{
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];
  gchar *suffix = g_strdup_printf ("-%sx",
      g_ascii_formatd (number, sizeof number, "%g", scale));
  gboolean done = TRUE;

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    done = add_folder (pictures, path, suffix, other_folder);
  else
    add_file (pictures, path, suffix, other_folder);
  g_free (suffix);
  return done;
}
