/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading a file of which nothing is known: see file.h.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define MAX_SIZE (G_GINT64_CONSTANT (1) << 30)
#define CHUNK (1 << 20)

static void
set_system_error (GError ** error)
{
  gint code = errno;

  g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (code),
      g_strerror (code));
}

static gboolean
read_all (gint fd, guint8 * data, gsize size, GCancellable * cancellable,
    GError ** error)
{
  gsize done = 0;

  while (done < size) {
    gssize count;

    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    count = read (fd, data + done, MIN (size - done, CHUNK));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0) {
      set_system_error (error);
      return FALSE;
    }
    if (count == 0) {
      g_set_error_literal (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
          "it became shorter while it was read");
      return FALSE;
    }
    done += (gsize) count;
  }
  return TRUE;
}

GBytes *
cup_image_read_file (const gchar * path, GCancellable * cancellable,
    GError ** error)
{
  /* Without O_NONBLOCK opening a pipe waits for somebody to write into it. */
  gint fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
  GBytes *bytes = NULL;
  guint8 *data;
  struct stat info;

  if (fd < 0) {
    set_system_error (error);
    return NULL;
  }
  if (fstat (fd, &info) != 0) {
    set_system_error (error);
  } else if (!S_ISREG (info.st_mode)) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "it is no regular file");
  } else if (info.st_size > MAX_SIZE) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "it has %" G_GINT64_FORMAT " bytes, over the limit of %"
        G_GINT64_FORMAT, (gint64) info.st_size, MAX_SIZE);
  } else if (!(data = g_try_malloc (MAX ((gsize) info.st_size, 1)))) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "no memory for its %" G_GINT64_FORMAT " bytes", (gint64) info.st_size);
  } else if (read_all (fd, data, (gsize) info.st_size, cancellable, error)) {
    bytes = g_bytes_new_take (data, (gsize) info.st_size);
  } else {
    g_free (data);
  }
  close (fd);
  return bytes;
}
