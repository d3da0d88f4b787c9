/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rule for URLs: see url.h.
 */
#include "url.h"

#include <string.h>

#include "address.h"
#include "base/error.h"
#include "redact.h"

/* What libsoup takes. Path and query stay as they were written: a signed URL
 * must not change. */
#define URI_FLAGS (G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_PATH | \
    G_URI_FLAGS_ENCODED_QUERY | G_URI_FLAGS_ENCODED_FRAGMENT | \
    G_URI_FLAGS_SCHEME_NORMALIZE)

#define MAX_URL_LENGTH 8192

gboolean
cup_url_is_loopback (GUri * uri)
{
  const gchar *host = g_uri_get_host (uri);
  GInetAddress *address;
  gboolean loopback;

  if (g_ascii_strcasecmp (host, "localhost") == 0)
    return TRUE;
  address = g_inet_address_new_from_string (host);
  if (!address)
    return FALSE;
  loopback = g_inet_address_get_is_loopback (address);
  g_object_unref (address);
  return loopback;
}

gboolean
cup_url_address_is_public (GInetAddress * address)
{
  gchar *fault = cup_address_find_fault (address);
  gboolean is_public = fault == NULL;

  g_free (fault);
  return is_public;
}

gboolean
cup_url_may_be_public (GUri * uri)
{
  gchar *fault = cup_address_find_host_fault (g_uri_get_host (uri));
  gboolean may_be_public = fault == NULL;

  g_free (fault);
  return may_be_public;
}

static const gchar *
find_fault (GUri * uri)
{
  const gchar *scheme = g_uri_get_scheme (uri);
  const gchar *host = g_uri_get_host (uri);

  if (strcmp (scheme, "https") != 0 && strcmp (scheme, "http") != 0)
    return "it is neither https nor http";
  if (!host || !*host)
    return "it has no host";
  if (g_uri_get_userinfo (uri))
    return "it has a user name or password";
  if (g_uri_get_port (uri) == 0)
    return "it has the port 0";
  if (strcmp (scheme, "https") == 0)
    return NULL;
  if (!cup_url_is_loopback (uri))
    return "http is not encrypted and is used with this machine only "
        "(localhost, 127.0.0.1, ::1); use https";
  return NULL;
}

/* GLib's own words quote the URL, of which any part may be a secret that is in
 * the wrong place. */
static const gchar *
describe_parse_error (const gchar * url, const GError * reason)
{
  if (reason->domain != G_URI_ERROR)
    return reason->message;
  /* g_uri_peek_scheme() would keep the scheme, whatever it is, for ever. */
  if (!strchr (url, ':'))
    return "it does not begin with https:// or http://";
  switch (reason->code) {
    case G_URI_ERROR_BAD_SCHEME:
      return "it does not begin with https:// or http://";
    case G_URI_ERROR_BAD_HOST:
      return "its host is not well-formed";
    case G_URI_ERROR_BAD_PORT:
      return "its port is not a number";
    default:
      return "it is not well-formed";
  }
}

static GUri *
check (GUri * uri, const gchar * url, const GError * reason, GError ** error)
{
  const gchar *fault;
  gchar *shown;

  fault = uri ? find_fault (uri) : describe_parse_error (url, reason);
  if (!fault)
    return uri;

  shown = cup_redact_url (url);
  g_set_error (error, CUP_ERROR, CUP_ERROR_SETTINGS,
      "the URL \"%s\" cannot be used: %s", shown, fault);
  g_free (shown);
  g_clear_pointer (&uri, g_uri_unref);
  return NULL;
}

GUri *
cup_url_parse_relative (GUri * base, const gchar * url, GError ** error)
{
  GError *reason = NULL;
  const gchar *byte;
  GUri *uri = NULL;

  for (byte = url; *byte && g_ascii_isgraph (*byte); byte++);
  if (*byte)
    g_set_error_literal (&reason, CUP_ERROR, CUP_ERROR_SETTINGS,
        "it has a space, a control character or one that is not ASCII");
  else if (byte - url > MAX_URL_LENGTH)
    g_set_error (&reason, CUP_ERROR, CUP_ERROR_SETTINGS,
        "it is longer than %d bytes", MAX_URL_LENGTH);
  else if (base)
    uri = g_uri_parse_relative (base, url, URI_FLAGS, &reason);
  else
    uri = g_uri_parse (url, URI_FLAGS, &reason);

  uri = check (uri, url, reason, error);
  g_clear_error (&reason);
  return uri;
}

GUri *
cup_url_parse (const gchar * url, GError ** error)
{
  return cup_url_parse_relative (NULL, url, error);
}

static gint
effective_port (GUri * uri)
{
  gint port = g_uri_get_port (uri);

  if (port > 0)
    return port;
  return strcmp (g_uri_get_scheme (uri), "https") == 0 ? 443 : 80;
}

gboolean
cup_url_same_origin (GUri * a, GUri * b)
{
  return strcmp (g_uri_get_scheme (a), g_uri_get_scheme (b)) == 0
      && g_ascii_strcasecmp (g_uri_get_host (a), g_uri_get_host (b)) == 0
      && effective_port (a) == effective_port (b);
}

gchar *
cup_url_get_authority (GUri * uri)
{
  const gchar *host = g_uri_get_host (uri);
  GString *authority = g_string_new (NULL);

  if (strchr (host, ':'))
    g_string_append_printf (authority, "[%s]", host);
  else
    g_string_append (authority, host);
  if (g_uri_get_port (uri) > 0)
    g_string_append_printf (authority, ":%d", g_uri_get_port (uri));
  return g_string_free (authority, FALSE);
}
