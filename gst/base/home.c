/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "home.h"

gchar *
cup_home_expand (const gchar * path)
{
  if (path && path[0] == '~' && (path[1] == '\0' || path[1] == '/'))
    return g_strconcat (g_get_home_dir (), path + 1, NULL);
  return g_strdup (path);
}
