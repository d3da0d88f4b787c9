/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Replacing keys in text: see redact.h.
 */
#include "redact.h"

#include <string.h>

/* A secret half that is shorter than this is no secret, and replacing it
 * would make confetti of every message. */
#define MIN_SECRET 4
/* Characters of a URL that are shown. */
#define MAX_URL 300

static void
replace_all (GString * text, const gchar * needle)
{
  if (*needle)
    g_string_replace (text, needle, CUP_REDACTED, 0);
}

/* The last characters of a secret in base64 depend on what follows it, and so
 * the part before them is looked for, and all base64 behind it goes too. */
static void
replace_base64 (GString * text, const gchar * secret, gboolean url_safe)
{
  gsize whole = strlen (secret) / 3 * 3;
  gchar *needle, *hit;
  gsize start = 0;

  if (whole < 6)
    return;
  needle = g_base64_encode ((const guchar *) secret, whole);
  if (url_safe) {
    g_strdelimit (needle, "+", '-');
    g_strdelimit (needle, "/", '_');
  }
  while ((hit = strstr (text->str + start, needle))) {
    gsize length = strlen (needle);

    while (g_ascii_isalnum (hit[length]) || (hit[length]
            && strchr ("+/-_=", hit[length])))
      length++;
    start = hit - text->str;
    g_string_erase (text, start, length);
    g_string_insert (text, start, CUP_REDACTED);
    start += strlen (CUP_REDACTED);
  }
  g_free (needle);
}

static gchar *
escape_percent (const gchar * secret, const gchar * format)
{
  GString *escaped = g_string_new (NULL);

  for (; *secret; secret++) {
    if (g_ascii_isalnum (*secret) || strchr ("-._~", *secret))
      g_string_append_c (escaped, *secret);
    else if (*format == 'X')
      g_string_append_printf (escaped, "%%%02X", (guchar) * secret);
    else
      g_string_append_printf (escaped, "%%%02x", (guchar) * secret);
  }
  return g_string_free (escaped, FALSE);
}

static gchar *
escape_json (const gchar * secret)
{
  GString *escaped = g_string_new (NULL);

  for (; *secret; secret++) {
    if (strchr ("\"\\/", *secret))
      g_string_append_c (escaped, '\\');
    g_string_append_c (escaped, *secret);
  }
  return g_string_free (escaped, FALSE);
}

static void
replace_secret (GString * text, const gchar * secret)
{
  gchar *forms[] = {
    escape_percent (secret, "X"),
    escape_percent (secret, "x"),
    escape_json (secret),
    /* JSON may leave the slash alone. */
    g_strescape (secret, NULL),
  };
  guint i;

  replace_all (text, secret);
  for (i = 0; i < G_N_ELEMENTS (forms); i++) {
    replace_all (text, forms[i]);
    g_free (forms[i]);
  }
  replace_base64 (text, secret, FALSE);
  replace_base64 (text, secret, TRUE);
}

gchar *
cup_redact (const gchar * text, const gchar * key)
{
  GString *result = g_string_new (text);
  const gchar *colon;

  if (key && *key) {
    replace_secret (result, key);
    colon = strchr (key, ':');
    if (colon && strlen (colon + 1) >= MIN_SECRET)
      replace_secret (result, colon + 1);
  }
  return g_string_free (result, FALSE);
}

/* The length of the "scheme://" that @url begins with, or 0. */
static gsize
scheme_length (const gchar * url)
{
  gsize length = 0;

  while (g_ascii_isalnum (url[length]) || (url[length]
          && strchr ("+-.", url[length])))
    length++;
  return length > 0 && g_str_has_prefix (url + length, "://") ? length + 3 : 0;
}

/* Whether what stands between @host and @end as the port is none. It may be a
 * password then, in a URL without "@" or with a "/" in front of it. */
static gboolean
has_bad_port (const gchar * host, const gchar * end)
{
  const gchar *colon = host, *byte;

  while (*host == '[' && colon < end && *colon != ']')
    colon++;
  while (colon < end && *colon != ':')
    colon++;
  for (byte = colon + 1; byte < end && g_ascii_isdigit (*byte); byte++);
  return byte < end;
}

gchar *
cup_redact_url (const gchar * url)
{
  GString *result;
  const gchar *authority, *end, *at;
  gsize scheme;

  if (g_ascii_strncasecmp (url, "data:", 5) == 0)
    return g_strdup ("data:…");
  scheme = scheme_length (url);
  if (scheme == 0)
    return g_strdup ("(no URL)");

  authority = url + scheme;
  end = authority + strcspn (authority, "/?#\\");
  for (at = end; at > authority && at[-1] != '@'; at--);

  result = g_string_new_len (url, scheme);
  if (has_bad_port (at, end)) {
    g_string_append (result, CUP_REDACTED);
    return g_string_free (result, FALSE);
  }
  for (; *at && *at != '?' && *at != '#'; at++) {
    if (result->len >= MAX_URL) {
      g_string_append (result, "…");
      break;
    }
    g_string_append_c (result, g_ascii_isgraph (*at) ? *at : '_');
  }
  at += strcspn (at, "?#");
  if (*at == '?')
    g_string_append (result, "?…");
  return g_string_free (result, FALSE);
}
