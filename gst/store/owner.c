/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * flock() and not fcntl(): its lock belongs to the open file, so that another
 * part of this process that closes the same file does not take it away, and
 * two stores in one process are two owners.
 *
 * Who asks takes a shared lock for a moment, so that those who ask do not
 * disturb each other. An owner that is just being made may be taken for dead,
 * and its file removed: it sees that after it has its lock, and takes another.
 */
#include "owner.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"

#define ID_LENGTH 32
#define MAX_TRIES 100

struct _CupOwner
{
  gchar *directory;
  gchar *id;
  gint fd;
  gint counter;
};

static gchar *
make_id (void)
{
  gchar *uuid = g_uuid_string_random ();
  gchar **parts = g_strsplit (uuid, "-", -1);
  gchar *id = g_strjoinv ("", parts);

  g_strfreev (parts);
  g_free (uuid);
  return id;
}

static gboolean
is_id (const gchar * id, gsize length)
{
  gsize i;

  for (i = 0; i < length && g_ascii_isxdigit (id[i]); i++);
  return i == length && length == ID_LENGTH;
}

static void
close_lock (CupOwner * self)
{
  close (self->fd);
  self->fd = -1;
}

static gint
lock_file (gint fd, gint operation)
{
  gint result;

  do
    result = flock (fd, operation);
  while (result != 0 && errno == EINTR);
  return result;
}

/* TRUE with fd < 0 where it is to be tried again. */
static gboolean
try_to_own (CupOwner * self, GError ** error)
{
  gchar *path = cup_owner_get_path (self, "lock");
  struct stat info;
  gboolean done = FALSE;

  self->fd = g_open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
      cup_file_get_mode (path));
  if (self->fd < 0) {
    cup_file_set_error (error, errno, "cannot make", path);
  } else if (lock_file (self->fd, LOCK_EX) != 0) {
    cup_file_set_error (error, errno, "cannot lock", path);
    g_unlink (path);
    close_lock (self);
  } else {
    if (fstat (self->fd, &info) != 0 || info.st_nlink == 0)
      close_lock (self);
    done = TRUE;
  }
  g_free (path);
  return done;
}

CupOwner *
cup_owner_new (const gchar * directory, GError ** error)
{
  CupOwner *self = g_new0 (CupOwner, 1);
  guint i;

  self->directory = g_strdup (directory);
  self->fd = -1;
  for (i = 0; self->fd < 0 && i < MAX_TRIES; i++) {
    g_free (self->id);
    self->id = make_id ();
    if (!try_to_own (self, error)) {
      cup_owner_free (self);
      return NULL;
    }
  }
  if (self->fd >= 0)
    return self;
  cup_file_set_error (error, EBUSY, "cannot make files in", directory);
  cup_owner_free (self);
  return NULL;
}

void
cup_owner_free (CupOwner * self)
{
  if (self->fd >= 0) {
    gchar *path = cup_owner_get_path (self, "lock");

    g_unlink (path);
    g_free (path);
    close (self->fd);
  }
  g_free (self->id);
  g_free (self->directory);
  g_free (self);
}

const gchar *
cup_owner_get_id (CupOwner * self)
{
  return self->id;
}

static gchar *
get_path (const gchar * directory, const gchar * id, const gchar * suffix)
{
  return g_strdup_printf ("%s/owners/%s.%s", directory, id, suffix);
}

gchar *
cup_owner_get_path (CupOwner * self, const gchar * suffix)
{
  return get_path (self->directory, self->id, suffix);
}

gchar *
cup_owner_get_new_path (CupOwner * self)
{
  gint number = g_atomic_int_add (&self->counter, 1);
  gchar *suffix = g_strdup_printf ("%u.new", (guint) number);
  gchar *path = cup_owner_get_path (self, suffix);

  g_free (suffix);
  return path;
}

gboolean
cup_owner_is_alive (const gchar * directory, const gchar * id)
{
  gboolean alive;
  gchar *path;
  gint fd;

  if (!id || !is_id (id, strlen (id)))
    return FALSE;
  path = get_path (directory, id, "lock");
  fd = g_open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
  /* Where it cannot be looked at for another reason (too many open files),
   * nothing is taken from it. */
  alive = fd < 0 && errno != ENOENT;
  g_free (path);
  if (fd >= 0) {
    alive = lock_file (fd, LOCK_SH | LOCK_NB) != 0;
    close (fd);
  }
  return alive;
}

gboolean
cup_owner_is_any_alive (const gchar * directory)
{
  gchar *folder = g_build_filename (directory, "owners", NULL);
  GDir *dir = g_dir_open (folder, 0, NULL);
  gboolean alive = FALSE;
  const gchar *entry;

  while (!alive && dir && (entry = g_dir_read_name (dir))) {
    gchar *id = g_strndup (entry, ID_LENGTH);

    alive = g_str_has_suffix (entry, ".lock")
        && cup_owner_is_alive (directory, id);
    g_free (id);
  }
  if (dir)
    g_dir_close (dir);
  g_free (folder);
  return alive;
}

/* A dead owner's lock goes last: while it is there, somebody looks again. */
static void
clean_owner (const gchar * directory, const gchar * id, GPtrArray * names,
    CupOwnerLeftFunc func, gpointer user_data)
{
  gboolean all = TRUE;
  gchar *path;
  guint i;

  for (i = 0; i < names->len; i++) {
    const gchar *name = g_ptr_array_index (names, i);
    const gchar *suffix = name + ID_LENGTH + 1;

    if (strncmp (name, id, ID_LENGTH) != 0 || strcmp (suffix, "lock") == 0)
      continue;
    if (!func (id, suffix, user_data)) {
      all = FALSE;
      continue;
    }
    path = get_path (directory, id, suffix);
    g_unlink (path);
    g_free (path);
  }
  if (!all)
    return;
  path = get_path (directory, id, "lock");
  g_unlink (path);
  g_free (path);
}

void
cup_owner_clean_up (const gchar * directory, CupOwnerLeftFunc func,
    gpointer user_data)
{
  gchar *folder = g_build_filename (directory, "owners", NULL);
  GDir *dir = g_dir_open (folder, 0, NULL);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  GHashTable *seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  const gchar *entry;
  guint i;

  while (dir && (entry = g_dir_read_name (dir))) {
    if (strlen (entry) > ID_LENGTH + 1 && is_id (entry, ID_LENGTH)
        && entry[ID_LENGTH] == '.')
      g_ptr_array_add (names, g_strdup (entry));
  }
  for (i = 0; i < names->len; i++) {
    gchar *id = g_strndup (g_ptr_array_index (names, i), ID_LENGTH);

    if (!g_hash_table_contains (seen, id) && !cup_owner_is_alive (directory,
            id))
      clean_owner (directory, id, names, func, user_data);
    g_hash_table_add (seen, id);
  }
  g_hash_table_unref (seen);
  g_ptr_array_unref (names);
  if (dir)
    g_dir_close (dir);
  g_free (folder);
}
