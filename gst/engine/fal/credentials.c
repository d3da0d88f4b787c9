/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the key comes from: see credentials.h.
 */
#include "credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"

/* A key has about 70 characters. */
#define MAX_FILE 4096
/* Some editors write it before UTF-8. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static void
wipe (gchar * text, gsize length)
{
  volatile gchar *byte = text;

  while (length-- > 0)
    *byte++ = 0;
}

void
cup_fal_free_key (gchar * key)
{
  if (key)
    wipe (key, strlen (key));
  g_free (key);
}

/* The key without the white space around it, which comes along with a paste
 * or from a file. It goes into an HTTP header: nothing else may be in it. */
static gchar *
check_key (const gchar * text, const gchar * source, GError ** error)
{
  gchar *key = g_strstrip (g_strdup (text));
  const gchar *fault = NULL, *byte;

  for (byte = key; *byte && g_ascii_isgraph (*byte); byte++);
  if (!*key)
    fault = "is empty";
  else if (g_ascii_strncasecmp (key, "key ", 4) == 0)
    fault = "begins with the word \"Key\", which is not part of it";
  else if (*byte)
    fault = "has a character that cannot be in a key (a space, a control "
        "character or one that is not ASCII)";
  if (!fault)
    return key;

  g_set_error (error, CUP_ERROR, CUP_ERROR_NOT_AUTHORIZED,
      "the key of %s %s; a key has the form key_id:key_secret", source, fault);
  cup_fal_free_key (key);
  return NULL;
}

/* Not g_file_get_contents(), which would read from a pipe for ever, and leave
 * copies of the key in memory. */
static gssize
read_small (const gchar * file, gchar * buffer, gsize size,
    const gchar ** fault)
{
  struct stat status;
  gssize count = -1;
  gsize length = 0;
  gint fd;

  fd = open (file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &status) < 0) {
    *fault = g_strerror (errno);
  } else if (!S_ISREG (status.st_mode)) {
    *fault = "it is not a regular file";
  } else {
    do {
      count = read (fd, buffer + length, size - length);
      if (count > 0)
        length += count;
    } while (count > 0 || (count < 0 && errno == EINTR));
    if (count < 0)
      *fault = g_strerror (errno);
    else if (length > MAX_FILE)
      *fault = "it is larger than 4096 bytes and cannot be a key";
    if (status.st_mode & S_IROTH)
      cup_warning ("the key in \"%s\" can be read by everybody on this "
          "machine; chmod 600 helps", file);
  }
  if (fd >= 0)
    close (fd);
  return *fault ? -1 : (gssize) length;
}

static gchar *
read_key_file (const gchar * file, GError ** error)
{
  gchar buffer[MAX_FILE + 2];
  const gchar *fault = NULL;
  const gchar *text = buffer;
  gchar *key = NULL;
  gssize length;

  length = read_small (file, buffer, MAX_FILE + 1, &fault);
  if (length >= 0 && memchr (buffer, 0, length))
    fault = "it is not text";

  if (fault) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_NOT_AUTHORIZED,
        "the key file \"%s\" cannot be used: %s; check api-key-file", file,
        fault);
  } else {
    buffer[length] = 0;
    buffer[strcspn (buffer, "\n")] = 0;
    if (g_str_has_prefix (text, BYTE_ORDER_MARK))
      text += strlen (BYTE_ORDER_MARK);
    key = check_key (text, "api-key-file", error);
  }
  wipe (buffer, sizeof (buffer));
  return key;
}

static const gchar *
get_variable (const gchar * name)
{
  const gchar *value = g_getenv (name);

  return value && *value ? value : NULL;
}

static gchar *
join_halves (GError ** error)
{
  const gchar *id = get_variable ("FAL_KEY_ID");
  const gchar *secret = get_variable ("FAL_KEY_SECRET");
  gchar *joined, *key;

  if (!id && !secret)
    return NULL;
  if (!id || !secret) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_NOT_AUTHORIZED,
        "%s is set, but %s is not; set both, or FAL_KEY alone",
        id ? "FAL_KEY_ID" : "FAL_KEY_SECRET",
        id ? "FAL_KEY_SECRET" : "FAL_KEY_ID");
    return NULL;
  }
  joined = g_strconcat (id, ":", secret, NULL);
  key = check_key (joined, "FAL_KEY_ID and FAL_KEY_SECRET", error);
  cup_fal_free_key (joined);
  return key;
}

gchar *
cup_fal_find_key (const gchar * api_key, const gchar * api_key_file,
    const gchar ** source, GError ** error)
{
  const gchar *where, *variable = get_variable ("FAL_KEY");
  gchar *key;

  if (api_key && *api_key) {
    where = "the property api-key";
    key = check_key (api_key, "api-key", error);
  } else if (api_key_file && *api_key_file) {
    where = "the property api-key-file";
    key = read_key_file (api_key_file, error);
  } else if (variable) {
    where = "the environment variable FAL_KEY";
    key = check_key (variable, "FAL_KEY", error);
  } else {
    where = "the environment variables FAL_KEY_ID and FAL_KEY_SECRET";
    key = join_halves (error);
  }
  if (source)
    *source = key ? where : NULL;
  return key;
}
