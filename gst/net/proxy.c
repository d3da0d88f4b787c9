/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checks a proxy's URL: see proxy.h.
 */
#include "proxy.h"

#include <string.h>

#include "base/error.h"
#include "redact.h"
#include "url.h"

/* Not https: GIO does not check who the proxy is. */
static const gchar *const schemes[] = {
  "http", "socks5", "socks4a", "socks4", "socks", NULL
};

static const gchar *
find_fault (GUri * uri)
{
  const gchar *path = g_uri_get_path (uri);

  if (!g_strv_contains (schemes, g_uri_get_scheme (uri)))
    return "it begins with none of http://, socks5://, socks4a://, socks4:// "
        "and socks://";
  if (g_uri_get_userinfo (uri))
    return "it has a user name or password, which everybody could read here; "
        "leave this unset, and give a SOCKS proxy that wants them in the "
        "environment (https_proxy) or in the system's settings, from where "
        "GIO takes it; libsoup cannot log in to an HTTP proxy";
  if (!g_uri_get_host (uri) || !*g_uri_get_host (uri))
    return "it has no host";
  if (g_uri_get_port (uri) <= 0)
    return "it has no port";
  if ((*path && strcmp (path, "/") != 0) || g_uri_get_query (uri)
      || g_uri_get_fragment (uri))
    return "there is something after the port";
  return NULL;
}

GProxyResolver *
cup_proxy_resolver_new (const gchar * url, GError ** error)
{
  GUri *uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  const gchar *fault = uri ? find_fault (uri) : "it is not well-formed";
  GProxyResolver *resolver = NULL;
  gchar *text, *authority;

  if (fault) {
    text = cup_redact_url (url);
    g_set_error (error, CUP_ERROR, CUP_ERROR_SETTINGS,
        "proxy: \"%s\" cannot be used: %s; it has to look like "
        "http://host:port or socks5://host:port", text, fault);
  } else {
    authority = cup_url_get_authority (uri);
    text = g_strdup_printf ("%s://%s", g_uri_get_scheme (uri), authority);
    g_free (authority);
    resolver = g_simple_proxy_resolver_new (text, NULL);
  }
  g_free (text);
  g_clear_pointer (&uri, g_uri_unref);
  return resolver;
}
