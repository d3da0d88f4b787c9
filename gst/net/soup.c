/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loads libsoup 3 once per process, or says why not: see soup.h.
 */
#include "soup.h"

#include <gmodule.h>

#include "base/error.h"

#define SOUP_LIBRARY "libsoup-3.0.so.0"

#define FUNCTION(name) { "soup_" #name, G_STRUCT_OFFSET (CupSoup, name) },
static const struct
{
  const gchar *name;
  gsize offset;
} functions[] = {
  CUP_SOUP_FUNCTIONS (FUNCTION)
};

#undef FUNCTION

static CupSoup soup_table;
static GError *soup_error;

/* The same question that libsoup 3's constructor asks before it aborts. */
static gboolean
libsoup2_is_present (void)
{
  GModule *process = g_module_open (NULL, 0);
  gpointer symbol;
  gboolean present;

  if (!process)
    return FALSE;
  present = g_module_symbol (process, "soup_uri_new", &symbol);
  g_module_close (process);
  return present;
}

static gboolean
resolve (GModule * library, const gchar * name, gpointer symbol)
{
  if (g_module_symbol (library, name, symbol))
    return TRUE;
  g_set_error (&soup_error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
      "%s has no function %s: %s; install libsoup 3.0 or newer", SOUP_LIBRARY,
      name, g_module_error ());
  return FALSE;
}

static gboolean
load (void)
{
  GModule *library;
  guint i;

  if (libsoup2_is_present ()) {
    g_set_error_literal (&soup_error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "libsoup 2 is loaded in this process, and libsoup 3, which would be "
        "needed, cannot be loaded beside it; run this pipeline in a process "
        "without the library or plugin that brings libsoup 2 in");
    return FALSE;
  }

  library = g_module_open (SOUP_LIBRARY, G_MODULE_BIND_LAZY |
      G_MODULE_BIND_LOCAL);
  if (!library) {
    g_set_error (&soup_error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "libsoup 3 cannot be loaded: %s; install it (Debian and Ubuntu: "
        "libsoup-3.0-0)", g_module_error ());
    return FALSE;
  }
  /* It has registered types that stay for the life of the process. */
  g_module_make_resident (library);

  for (i = 0; i < G_N_ELEMENTS (functions); i++) {
    if (!resolve (library, functions[i].name,
            G_STRUCT_MEMBER_P (&soup_table, functions[i].offset)))
      return FALSE;
  }
  return TRUE;
}

const CupSoup *
cup_soup_get (GError ** error)
{
  static gsize once;

  if (g_once_init_enter (&once))
    g_once_init_leave (&once, load ()? 1 : 2);

  if (once == 1)
    return &soup_table;
  if (error)
    *error = g_error_copy (soup_error);
  return NULL;
}
