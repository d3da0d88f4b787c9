/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is sent: see protocol.h.
 */
#include "protocol.h"

#include <string.h>

#include "base/error.h"
#include "net/redact.h"
#include "net/url.h"

#define MAX_APPLICATION 256
#define MAX_REQUEST_ID 256
#define WHITE_SPACE " \t\r\n"
/* Small inputs get this much in any case. */
#define MIN_RESULT_PIXELS (G_GUINT64_CONSTANT (4) << 20)

static gboolean
is_word (const gchar * text)
{
  const gchar *byte;

  for (byte = text; g_ascii_isalnum (*byte) || (*byte && strchr ("._-",
              *byte)); byte++);
  return *text && !*byte && strcmp (text, ".") != 0 && strcmp (text, "..") != 0;
}

/* "123-alias" is how ids were written once. */
static gchar *
expand_old_form (const gchar * id)
{
  gsize digits = strspn (id, "0123456789");
  const gchar *alias = id + digits + 1;

  if (strchr (id, '/') || digits == 0 || id[digits] != '-' || !is_word (alias)
      || strpbrk (alias, "._"))
    return g_strdup (id);
  return g_strdup_printf ("%.*s/%s", (int) digits, id, alias);
}

gboolean
cup_fal_parse_application (const gchar * id, gchar ** endpoint,
    gchar ** application, GError ** error)
{
  gchar *full = expand_old_form (id ? id : "");
  gchar **parts = g_strsplit (full, "/", -1);
  gboolean valid = strlen (full) <= MAX_APPLICATION;
  guint count = g_strv_length (parts), wanted = 2, i;

  for (i = 0; i < count; i++)
    valid = valid && is_word (parts[i]);
  if (count > 0 && (strcmp (parts[0], "workflows") == 0
          || strcmp (parts[0], "comfy") == 0))
    wanted = 3;

  if (valid && count >= wanted) {
    g_clear_pointer (&parts[wanted], g_free);
    for (i = wanted + 1; i < count; i++)
      g_clear_pointer (&parts[i], g_free);
    *application = g_strjoinv ("/", parts);
    *endpoint = full;
    g_strfreev (parts);
    return TRUE;
  }
  g_set_error (error, CUP_ERROR, CUP_ERROR_SETTINGS,
      "application: \"%.100s\" is no endpoint id; it has the form owner/alias "
      "or owner/alias/path, like fal-ai/creative-upscaler", id ? id : "");
  g_strfreev (parts);
  g_free (full);
  return FALSE;
}

gchar *
cup_fal_parse_location (const gchar * location, const gchar * property,
    GError ** error)
{
  GError *reason = NULL;
  GUri *uri = cup_url_parse (location ? location : "", &reason);
  gchar *base = NULL;
  gsize length;

  if (!uri) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_SETTINGS, "%s: %s", property,
        reason->message);
    g_error_free (reason);
    return NULL;
  }
  if (g_uri_get_query (uri) || g_uri_get_fragment (uri)) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_SETTINGS,
        "%s: a base URL has neither \"?\" nor \"#\"", property);
  } else {
    base = g_strdup (location);
    for (length = strlen (base); length > 0 && base[length - 1] == '/';)
      base[--length] = 0;
  }
  g_uri_unref (uri);
  return base;
}

gboolean
cup_fal_request_id_is_valid (const gchar * request_id)
{
  const gchar *at = request_id;

  if (strlen (request_id) > MAX_REQUEST_ID
      || !g_utf8_validate (request_id, -1, NULL))
    return FALSE;
  while (*at && g_unichar_isprint (g_utf8_get_char (at)))
    at = g_utf8_next_char (at);
  /* These two would be a folder of the URL's, escaped or not. */
  return *request_id && !*at && strcmp (request_id, ".") != 0
      && strcmp (request_id, "..") != 0;
}

gchar *
cup_fal_build_request_url (const gchar * location, const gchar * application,
    const gchar * request_id, const gchar * suffix)
{
  gchar *escaped = g_uri_escape_string (request_id, NULL, FALSE);
  gchar *url = g_strconcat (location, "/", application, "/requests/", escaped,
      suffix, NULL);

  g_free (escaped);
  return url;
}

const gchar *
cup_fal_check_origin (const gchar * url, const gchar * location)
{
  GUri *uri = url ? cup_url_parse (url, NULL) : NULL;
  GUri *base = cup_url_parse (location, NULL);
  gboolean same = uri && base && cup_url_same_origin (uri, base);

  g_clear_pointer (&uri, g_uri_unref);
  g_clear_pointer (&base, g_uri_unref);
  return same ? url : NULL;
}

GBytes *
cup_fal_build_upload_body (CupImageType type)
{
  CupJsonWriter *writer = cup_json_writer_new ();
  gchar *name;

  name = g_strconcat ("frame.", cup_image_type_get_extension (type), NULL);
  cup_json_writer_begin_object (writer);
  cup_json_writer_add_name (writer, "content_type");
  cup_json_writer_add_string (writer, cup_image_type_get_mime (type));
  cup_json_writer_add_name (writer, "file_name");
  cup_json_writer_add_string (writer, name);
  cup_json_writer_end_object (writer);
  g_free (name);
  return cup_json_writer_finish (writer);
}

/* Members of @extra take the place of fields of the same name. */
static void
write_values (CupJsonWriter * writer, const CupFalApplication * application,
    const CupValues * values)
{
  JsonObject *extra = cup_values_get_extra (values);
  GList *names = extra ? json_object_get_members (extra) : NULL;
  GList *item;
  guint id;

  for (id = 0; id < CUP_N_FIELDS; id++) {
    const gchar *wire = cup_fal_application_get_wire (application, id);

    if (cup_values_is_set (values, id) && wire
        && !(extra && json_object_has_member (extra, wire)))
      cup_values_write_field (values, id, wire, writer);
  }
  for (item = names; item; item = item->next) {
    cup_json_writer_add_name (writer, item->data);
    cup_json_writer_add_node (writer, json_object_get_member (extra,
            item->data));
  }
  g_list_free (names);
}

GBytes *
cup_fal_build_submit_body (const CupFalApplication * application,
    const CupValues * values, const gchar * image_url)
{
  const gchar *wire =
      cup_fal_application_get_wire (application, CUP_FIELD_IMAGE_URL);
  JsonObject *extra = values ? cup_values_get_extra (values) : NULL;
  CupJsonWriter *writer = cup_json_writer_new ();

  cup_json_writer_begin_object (writer);
  if (!extra || !json_object_has_member (extra, wire)) {
    cup_json_writer_add_name (writer, wire);
    cup_json_writer_add_string (writer, image_url);
  }
  if (values)
    write_values (writer, application, values);
  cup_json_writer_end_object (writer);
  return cup_json_writer_finish (writer);
}

static gboolean
is_secret_name (const gchar * name)
{
  const gchar *words[] = { "token", "key", "secret", "password" };
  gchar *lower = g_ascii_strdown (name, -1);
  gboolean secret = FALSE;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (words); i++)
    secret = secret || strstr (lower, words[i]);
  g_free (lower);
  return secret;
}

static gboolean
is_url_name (const gchar * name)
{
  gsize length = strlen (name);

  return length >= 4 && g_ascii_strcasecmp (name + length - 4, "_url") == 0;
}

/* Where in @text the first data URI begins, NULL where there is none. All that
 * follows it counts as a part of it: base64 may be wrapped. */
static const gchar *
find_data_uri (const gchar * text)
{
  const gchar *byte;

  for (byte = text; *byte; byte++) {
    if (g_ascii_strncasecmp (byte, "data:", 5) == 0 && (byte == text
            || !g_ascii_isalnum (byte[-1])))
      return byte;
  }
  return NULL;
}

static void
append_word (GString * shown, const gchar * word)
{
  const gchar *url = strstr (word, "://");
  gchar *shown_url;

  if (url == NULL) {
    g_string_append (shown, word);
    return;
  }
  while (url > word && (g_ascii_isalnum (url[-1]) || strchr ("+-.", url[-1])))
    url--;
  shown_url = cup_redact_url (url);
  g_string_append_len (shown, word, url - word);
  g_string_append (shown, shown_url);
  g_free (shown_url);
}

static gchar *
hide_in_text (const gchar * text)
{
  GString *shown = g_string_new (NULL);
  const gchar *data_uri = find_data_uri (text);
  const gchar *end = data_uri ? data_uri : text + strlen (text);

  while (text < end) {
    gsize length = strcspn (text, WHITE_SPACE);
    gchar *word = g_strndup (text, MIN (length, (gsize) (end - text)));

    append_word (shown, word);
    g_free (word);
    text += length;
    for (; text < end && strchr (WHITE_SPACE, *text); text++)
      g_string_append_c (shown, *text);
  }
  if (data_uri)
    g_string_append (shown, "data:…");
  return g_string_free (shown, FALSE);
}

/* @is_url: whether a member around @node is named like one. */
static void
hide_in_node (JsonNode * node, gboolean is_url)
{
  if (JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObject *object = json_node_get_object (node);
    GList *names = json_object_get_members (object), *item;

    /* A member that is replaced takes its name along. */
    for (item = names; item; item = item->next)
      item->data = g_strdup (item->data);
    for (item = names; item; item = item->next) {
      if (is_secret_name (item->data))
        json_object_set_string_member (object, item->data, CUP_REDACTED);
      else
        hide_in_node (json_object_get_member (object, item->data),
            is_url || is_url_name (item->data));
    }
    g_list_free_full (names, g_free);
  } else if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *array = json_node_get_array (node);
    guint i;

    for (i = 0; i < json_array_get_length (array); i++)
      hide_in_node (json_array_get_element (array, i), is_url);
  } else if (JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_STRING) {
    const gchar *hidden = json_node_get_string (node);
    gchar *shown = is_url ? cup_redact_url (hidden) : hide_in_text (hidden);

    json_node_set_string (node, shown);
    g_free (shown);
  }
}

gchar *
cup_fal_describe_body (GBytes * body, const gchar * key)
{
  JsonParser *parser = json_parser_new ();
  gchar *text = NULL, *redacted;
  gsize length;
  gconstpointer data = g_bytes_get_data (body, &length);
  JsonNode *root;

  if (length > 0 && json_parser_load_from_data (parser, data, length, NULL)
      && (root = json_parser_get_root (parser))) {
    hide_in_node (root, FALSE);
    text = json_to_string (root, FALSE);
  }
  redacted = cup_redact (text ? text : "", key);
  g_free (text);
  g_object_unref (parser);
  return redacted;
}

guint64
cup_fal_max_result_pixels (guint width, guint height, gdouble scale)
{
  gdouble pixels = 4.0 * width * height * scale * scale;

  if (!(pixels < CUP_PIXELS_MAX_COUNT))
    return CUP_PIXELS_MAX_COUNT;
  return MAX ((guint64) pixels, MIN_RESULT_PIXELS);
}

gsize
cup_fal_max_result_bytes (guint64 max_pixels)
{
  /* Sixteen bits of RGBA, stored: at most 2³¹ bytes and a little. */
  return (gsize) MIN (max_pixels * 8 + (1 << 20), G_MAXSSIZE / 2);
}
