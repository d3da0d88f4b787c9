/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "uri-list.h"

#include <string.h>

#include "base/error.h"
#include "net/redact.h"

/* Longer ones are refused by servers anyway. */
#define MAX_LENGTH 8192

/* Returns the @size bytes as a string, or as many as show that there are too many. A
 * zero in them would cut it off, and perhaps make a good URI of a bad one. */
static gchar *
copy_line (const gchar * data, gsize size)
{
  gchar *line;
  gsize i;

  while (size > 0 && g_ascii_isspace (*data)) {
    data++;
    size--;
  }
  size = MIN (size, MAX_LENGTH + 1);
  line = g_malloc (size + 1);

  for (i = 0; i < size; i++)
    line[i] = data[i] ? data[i] : '\x01';
  line[size] = '\0';
  return g_strstrip (line);
}

GPtrArray *
cup_uri_list_parse (GstBuffer * buffer, GError ** error)
{
  GPtrArray *uris = g_ptr_array_new_with_free_func (g_free);
  const gchar *line, *end;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    g_ptr_array_unref (uris);
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the buffer with URIs cannot be mapped for reading");
    return NULL;
  }
  line = (const gchar *) map.data;
  /* Nothing is at NULL, where the data of an empty buffer may be. */
  end = map.size > 0 ? line + map.size : line;
  while (line < end) {
    const gchar *newline = memchr (line, '\n', (gsize) (end - line));
    const gchar *stop = newline ? newline : end;
    gchar *text = copy_line (line, (gsize) (stop - line));

    if (*text == '\0' || *text == '#')
      g_free (text);
    else
      g_ptr_array_add (uris, text);
    line = newline ? newline + 1 : end;
  }
  gst_buffer_unmap (buffer, &map);
  return uris;
}

/* Returns NULL, or what is wrong with the host of a file:// URI. */
static const gchar *
find_file_fault (GUri * uri)
{
  const gchar *host = g_uri_get_host (uri);

  if (!host || !*host || g_ascii_strcasecmp (host, "localhost") == 0)
    return NULL;
  return
      "it names a file of another machine: between file:// and the path there "
      "is no host, as in file:///home/me/a.png";
}

/* Returns NULL, or what is wrong with @uri; reads no file. */
static const gchar *
find_fault (const gchar * uri, CupErrorCode * code)
{
  GUri *parsed;
  const gchar *byte, *fault, *scheme;

  *code = CUP_ERROR_BAD_DATA;
  if (strlen (uri) > MAX_LENGTH) {
    *code = CUP_ERROR_TOO_LARGE;
    return "it is longer than 8192 bytes";
  }
  if (!g_utf8_validate (uri, -1, NULL))
    return "it is not UTF-8 text";
  for (byte = uri; *byte; byte++) {
    if ((guchar) * byte <= ' ' || *byte == '\x7f')
      return "it has white space or control characters in it, which have to be "
          "percent-encoded";
  }
  if (!g_uri_is_valid (uri, G_URI_FLAGS_ENCODED, NULL))
    return strstr (uri, "://") ? "it is not written as a URI" :
        "it is not a URI; give it as https://, http:// or file:///";
  parsed = g_uri_parse (uri, G_URI_FLAGS_ENCODED, NULL);
  scheme = g_uri_get_scheme (parsed);
  if (g_str_equal (scheme, "file")) {
    fault = find_file_fault (parsed);
  } else if (!g_str_equal (scheme, "http") && !g_str_equal (scheme, "https")) {
    *code = CUP_ERROR_UNSUPPORTED;
    fault = "pictures are taken from https://, http:// and file:/// only";
  } else {
    fault = g_uri_get_host (parsed) && *g_uri_get_host (parsed) ? NULL :
        "it names no host";
  }
  g_uri_unref (parsed);
  return fault;
}

gboolean
cup_uri_list_check (const gchar * uri, GError ** error)
{
  CupErrorCode code;
  const gchar *fault = find_fault (uri, &code);
  gchar *shown;

  if (!fault)
    return TRUE;
  shown = cup_redact_url (uri);
  g_set_error (error, CUP_ERROR, code, "the line %s of the list of URIs is "
      "not taken: %s", shown, fault);
  g_free (shown);
  return FALSE;
}
