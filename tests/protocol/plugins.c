/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loads what a test needs: see plugins.h.
 */
#include "plugins.h"

#include <gmodule.h>

void
plugins_restrict (const gchar * directory)
{
  g_setenv ("GST_PLUGIN_SYSTEM_PATH_1_0", "", TRUE);
  g_setenv ("GST_PLUGIN_PATH_1_0", directory ? directory : "", TRUE);
  g_setenv ("GST_REGISTRY_FORK", "no", TRUE);
}

void
plugins_load (const gchar * names)
{
  gchar **words = g_strsplit (names, " ", -1);
  guint i;

  for (i = 0; words[i]; i++) {
    gchar *file = g_strdup_printf ("%s/libgst%s.%s", GST_PLUGINS_DIR, words[i],
        G_MODULE_SUFFIX);
    GstPlugin *plugin = gst_plugin_load_file (file, NULL);

    gst_clear_object (&plugin);
    g_free (file);
  }
  g_strfreev (words);
}

gboolean
plugins_skip_without (const gchar * elements)
{
  gchar **names = g_strsplit (elements, " ", -1);
  gboolean skip = FALSE;
  guint i;

  for (i = 0; names[i] && !skip; i++) {
    GstElementFactory *factory = gst_element_factory_find (names[i]);

    if (factory) {
      gst_object_unref (factory);
    } else {
      gchar *reason = g_strconcat ("there is no element ", names[i], NULL);

      g_test_skip (reason);
      g_free (reason);
      skip = TRUE;
    }
  }
  g_strfreev (names);
  return skip;
}
