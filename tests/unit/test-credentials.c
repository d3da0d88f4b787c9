/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the key is found, in which order, and what is refused as one.
 */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/log.h"
#include "engine/fal/credentials.h"

#define FROM_PROPERTY "p-id:p-secret"
#define FROM_FILE "f-id:f-secret"
#define FROM_KEY "e-id:e-secret"

static gchar *directory;
static gchar *file;
static guint warnings;

static void
set_environment (const gchar * key, const gchar * id, const gchar * secret)
{
  g_unsetenv ("FAL_KEY");
  g_unsetenv ("FAL_KEY_ID");
  g_unsetenv ("FAL_KEY_SECRET");
  if (key)
    g_setenv ("FAL_KEY", key, TRUE);
  if (id)
    g_setenv ("FAL_KEY_ID", id, TRUE);
  if (secret)
    g_setenv ("FAL_KEY_SECRET", secret, TRUE);
}

static void
write_file (const gchar * text, gssize length, gint mode)
{
  g_assert_true (g_file_set_contents (file, text, length, NULL));
  g_assert_cmpint (g_chmod (file, mode), ==, 0);
}

static void
check (const gchar * api_key, const gchar * api_key_file,
    const gchar * expected, const gchar * where)
{
  const gchar *source = "?";
  GError *error = NULL;
  gchar *key = cup_fal_find_key (api_key, api_key_file, &source, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (key, ==, expected);
  if (where)
    g_assert_nonnull (strstr (source, where));
  else
    g_assert_null (source);
  cup_fal_free_key (key);
}

static void
check_refused (const gchar * api_key, const gchar * api_key_file,
    const gchar * word)
{
  GError *error = NULL;
  gchar *key = cup_fal_find_key (api_key, api_key_file, NULL, &error);

  g_assert_error (error, CUP_ERROR, CUP_ERROR_NOT_AUTHORIZED);
  g_assert_null (key);
  if (!strstr (error->message, word))
    g_error ("\"%s\" does not say \"%s\"", error->message, word);
  g_assert_null (strstr (error->message, "hunter2"));
  g_clear_error (&error);
}

static void
test_order (void)
{
  write_file (FROM_FILE "\n", -1, 0600);
  set_environment (FROM_KEY, "h-id", "h-secret");
  check (FROM_PROPERTY, file, FROM_PROPERTY, "property api-key");
  check (NULL, file, FROM_FILE, "api-key-file");
  check ("", file, FROM_FILE, "api-key-file");
  check (NULL, NULL, FROM_KEY, "FAL_KEY");
  check ("", "", FROM_KEY, "FAL_KEY");
  set_environment (NULL, "h-id", "h-secret");
  check (NULL, NULL, "h-id:h-secret", "FAL_KEY_ID");
  set_environment ("", "h-id", "h-secret");
  check (NULL, NULL, "h-id:h-secret", "FAL_KEY_ID");
  set_environment (NULL, NULL, NULL);
  check (NULL, NULL, NULL, NULL);
  set_environment ("", "", "");
  check ("", "", NULL, NULL);
}

static void
test_trimmed (void)
{
  set_environment (NULL, NULL, NULL);
  check (" a:b\n", NULL, "a:b", "api-key");
  write_file ("a:b\r\nsecond line\n", -1, 0600);
  check (NULL, file, "a:b", "api-key-file");
  write_file ("\xef\xbb\xbf" "a:b\r\n", -1, 0600);
  check (NULL, file, "a:b", "api-key-file");
  write_file ("  a:b", -1, 0600);
  check (NULL, file, "a:b", "api-key-file");
}

static void
test_refused (void)
{
  set_environment (NULL, NULL, NULL);
  check_refused ("a:hunter2\nX-Evil: 1", NULL, "character");
  check_refused ("a:hunter2\x01", NULL, "character");
  check_refused ("a:hunter2\xc3\xa9", NULL, "character");
  check_refused ("Key a:hunter2", NULL, "word \"Key\"");
  check_refused (" \n", NULL, "empty");
  set_environment ("a:hunter2 b", NULL, NULL);
  check_refused (NULL, NULL, "FAL_KEY");
  set_environment (NULL, "hunter2", NULL);
  check_refused (NULL, NULL, "FAL_KEY_SECRET");
  set_environment (NULL, NULL, "hunter2");
  check_refused (NULL, NULL, "FAL_KEY_ID");
}

static void
test_files (void)
{
  gchar *missing = g_build_filename (directory, "missing", NULL);
  gchar *large = g_strnfill (5000, 'x');
  gchar *fifo = g_build_filename (directory, "fifo", NULL);

  /* A file that is configured and cannot be used is an error, also where the
   * environment would have another key. */
  set_environment (FROM_KEY, NULL, NULL);
  check_refused (NULL, missing, "No such file");
  check_refused (NULL, directory, "regular");
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  check_refused (NULL, fifo, "regular");
  write_file ("", 0, 0600);
  check_refused (NULL, file, "empty");
  write_file ("\na:hunter2\n", -1, 0600);
  check_refused (NULL, file, "empty");
  write_file ("a:hunter2\0b", 11, 0600);
  check_refused (NULL, file, "not text");
  write_file (large, -1, 0600);
  check_refused (NULL, file, "4096");
  memcpy (large + 1, ":hunter2\n", 9);
  write_file (large, 4096, 0600);
  check (NULL, file, "x:hunter2", "api-key-file");
  g_remove (fifo);
  g_free (fifo);
  g_free (large);
  g_free (missing);
}

static void
test_mode (void)
{
  set_environment (NULL, NULL, NULL);
  warnings = 0;
  write_file (FROM_FILE, -1, 0600);
  check (NULL, file, FROM_FILE, "api-key-file");
  g_assert_cmpuint (warnings, ==, 0);
  write_file (FROM_FILE, -1, 0644);
  check (NULL, file, FROM_FILE, "api-key-file");
  g_assert_cmpuint (warnings, ==, 1);
}

static gboolean
enabled (CupLogLevel level)
{
  return TRUE;
}

static void
count_warnings (CupLogLevel level, const gchar * path, const gchar * function,
    gint line, const gchar * text)
{
  g_assert_null (strstr (text, "secret"));
  warnings += level == CUP_LOG_WARNING;
}

int
main (int argc, char **argv)
{
  gint result;

  g_test_init (&argc, &argv, NULL);
  cup_log_set_writer (enabled, count_warnings);
  directory = g_dir_make_tmp ("cup-XXXXXX", NULL);
  file = g_build_filename (directory, "key", NULL);
  g_test_add_func ("/credentials/order", test_order);
  g_test_add_func ("/credentials/trimmed", test_trimmed);
  g_test_add_func ("/credentials/refused", test_refused);
  g_test_add_func ("/credentials/files", test_files);
  g_test_add_func ("/credentials/mode", test_mode);
  result = g_test_run ();
  g_remove (file);
  g_rmdir (directory);
  g_free (file);
  g_free (directory);
  return result;
}
