/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* As large as what the net layer would ever have fetched. */
#define MAX_SIZE (G_GUINT64_CONSTANT (1) << 30)

void
cup_file_set_error (GError ** error, gint number, const gchar * doing,
    const gchar * path)
{
  CupErrorCode code = CUP_ERROR_FAILED;
  const gchar *advice = "";

  switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      code = CUP_ERROR_NO_SPACE;
      advice = "; make room, or set a limit (cache-max-size)";
      break;
    case EROFS:
    case EACCES:
    case EPERM:
      code = CUP_ERROR_READ_ONLY;
      advice = "; check who may write there";
      break;
    default:
      break;
  }
  g_set_error (error, CUP_ERROR, code, "the store: %s %s: %s%s", doing, path,
      g_strerror (number), advice);
}

gboolean
cup_file_sync_folder (const gchar * path, GError ** error)
{
  gint fd = g_open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  gint number = errno;
  gboolean synced;

  if (fd >= 0) {
    /* EINVAL is a file system that has no such thing. */
    synced = fsync (fd) == 0 || errno == EINVAL;
    number = errno;
    close (fd);
    if (synced)
      return TRUE;
  }
  cup_file_set_error (error, number, "cannot save the folder", path);
  return FALSE;
}

guint
cup_file_get_mode (const gchar * path)
{
  gchar *above = g_path_get_dirname (path);
  struct stat info;
  gboolean shared = stat (above, &info) == 0 && (info.st_mode & S_ISGID)
      && (info.st_mode & S_IWGRP);

  g_free (above);
  return shared ? 0660 : 0600;
}

/* Linux has a folder inherit that it is setgid. */
static gint
make_one_folder (const gchar * path)
{
  const guint mode = cup_file_get_mode (path);

  return g_mkdir (path, mode | (mode & 0440) >> 2);
}

gboolean
cup_file_make_folder (const gchar * path, GError ** error)
{
  gchar *above;
  gboolean done;

  if (make_one_folder (path) == 0) {
    above = g_path_get_dirname (path);
    done = cup_file_sync_folder (above, error);
    g_free (above);
    return done;
  }
  if (errno == EEXIST && g_file_test (path, G_FILE_TEST_IS_DIR))
    return TRUE;
  if (errno != ENOENT) {
    cup_file_set_error (error, errno, "cannot make the folder", path);
    return FALSE;
  }
  above = g_path_get_dirname (path);
  /* "." and "/" are there: this ends. */
  done = strcmp (above, path) != 0 && cup_file_make_folder (above, error);
  g_free (above);
  if (!done) {
    if (error && !*error)
      cup_file_set_error (error, ENOENT, "cannot make the folder", path);
    return FALSE;
  }
  if (make_one_folder (path) == 0 || errno == EEXIST)
    return TRUE;
  cup_file_set_error (error, errno, "cannot make the folder", path);
  return FALSE;
}

static gboolean
write_all (gint fd, GBytes * bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  while (size > 0) {
    gssize written = write (fd, data, size);

    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return FALSE;
    data += written;
    size -= (gsize) written;
  }
  return fsync (fd) == 0;
}

gboolean
cup_file_write (const gchar * path, GBytes * bytes, GError ** error)
{
  gint fd = g_open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
      cup_file_get_mode (path));
  gint number = errno;
  gboolean written;

  if (fd >= 0) {
    written = write_all (fd, bytes);
    number = errno;
    /* NFS tells of a full disk here. */
    if (close (fd) != 0 && written) {
      written = FALSE;
      number = errno;
    }
    if (written)
      return TRUE;
    g_unlink (path);
  }
  cup_file_set_error (error, number, "cannot write", path);
  return FALSE;
}

/* Of these, only what the file itself is to blame for. */
static gboolean
is_damage (gint number)
{
  return number == ENOENT || number == ENOTDIR || number == ELOOP
      || number == EIO || number == EISDIR;
}

static gssize
read_all (gint fd, guint8 * data, gsize size)
{
  gsize done = 0;

  while (done < size) {
    gssize got = read (fd, data + done, size - done);

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return -1;
    if (got == 0)
      break;
    done += (gsize) got;
  }
  return (gssize) done;
}

static GBytes *
read_open_file (gint fd, const gchar * path, guint64 size, gboolean * damaged,
    GError ** error)
{
  struct stat info;
  guint8 *data;
  gssize got;

  if (fstat (fd, &info) != 0 || !S_ISREG (info.st_mode)
      || info.st_size < 0 || (guint64) info.st_size != size) {
    *damaged = TRUE;
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "%s has not the %" G_GUINT64_FORMAT " bytes that were stored", path,
        size);
    return NULL;
  }
  data = g_try_malloc (size);
  if (!data) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "no memory for the %" G_GUINT64_FORMAT " bytes of %s", size, path);
    return NULL;
  }
  got = read_all (fd, data, size);
  if (got >= 0 && (guint64) got == size)
    return g_bytes_new_take (data, size);
  *damaged = got >= 0 || is_damage (errno);
  cup_file_set_error (error, got < 0 ? errno : EIO, "cannot read", path);
  g_free (data);
  return NULL;
}

GBytes *
cup_file_read (const gchar * path, guint64 size, gboolean * damaged,
    GError ** error)
{
  GBytes *bytes;
  gint fd;

  *damaged = FALSE;
  if (size == 0 || size > MAX_SIZE) {
    *damaged = TRUE;
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the index gives %s a size of %" G_GUINT64_FORMAT " bytes", path, size);
    return NULL;
  }
  /* Not waiting for a writer, where somebody has put a pipe there. */
  fd = g_open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
  if (fd < 0) {
    *damaged = is_damage (errno);
    cup_file_set_error (error, errno, "cannot read", path);
    return NULL;
  }
  bytes = read_open_file (fd, path, size, damaged, error);
  close (fd);
  return bytes;
}

gchar *
cup_file_get_result_path (const gchar * directory, const CupStoreKey * key,
    const gchar * type, gint64 generation)
{
  gchar *name, *file, *path;

  if (!type || (strcmp (type, "png") != 0 && strcmp (type, "jpg") != 0
          && strcmp (type, "webp") != 0))
    return NULL;
  name = cup_store_key_to_string (key);
  file = generation == 0 ? g_strdup_printf ("%s.%s", name, type) :
      g_strdup_printf ("%s-%" G_GINT64_FORMAT ".%s", name, generation, type);
  path = g_strdup_printf ("%s/results/%.2s/%s", directory, name, file);
  g_free (file);
  g_free (name);
  return path;
}
