/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document.h"

#include <string.h>

#define PROGRAM "gst-launch-1.0 "
#define ELEMENT "creativeupscaler "

static gchar *
read_document (const gchar * name)
{
  gchar *path = g_build_filename (g_getenv ("CUP_TEST_SOURCE_DIR"), "docs",
      name, NULL);
  GError *error = NULL;
  gchar *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  g_free (path);
  return text;
}

gchar *
document_find_line (const gchar * name, const gchar * word)
{
  gchar *text = read_document (name);
  gchar **parts = g_strsplit (text, "\n```\n", -1);
  gchar *line = NULL;
  guint i;

  for (i = 0; parts[i]; i++) {
    if (!g_str_has_prefix (parts[i], PROGRAM) || !strstr (parts[i], word))
      continue;
    g_assert_null (line);
    line = g_strdup (parts[i] + strlen (PROGRAM));
  }
  g_assert_nonnull (line);
  g_strfreev (parts);
  g_free (text);
  return line;
}

gchar *
document_add_properties (gchar * line, const gchar * properties)
{
  gchar **parts = g_strsplit (line, ELEMENT, 2);
  gchar *all = g_strjoin (NULL, parts[0], ELEMENT, properties, " ", parts[1],
      NULL);

  g_assert_nonnull (parts[1]);
  g_strfreev (parts);
  g_free (line);
  return all;
}
