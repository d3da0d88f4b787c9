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
#define MAX_REQUEST_ID 128
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
  return is_word (request_id) && strlen (request_id) <= MAX_REQUEST_ID;
}

gchar *
cup_fal_build_request_url (const gchar * location, const gchar * application,
    const gchar * request_id, const gchar * suffix)
{
  return g_strconcat (location, "/", application, "/requests/", request_id,
      suffix, NULL);
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

static GBytes *
finish_body (JsonBuilder * builder)
{
  JsonGenerator *generator = json_generator_new ();
  JsonNode *root = json_builder_get_root (builder);
  gchar *text;
  gsize length;

  json_generator_set_root (generator, root);
  text = json_generator_to_data (generator, &length);
  json_node_unref (root);
  g_object_unref (generator);
  g_object_unref (builder);
  return g_bytes_new_take (text, length);
}

GBytes *
cup_fal_build_upload_body (CupImageType type)
{
  JsonBuilder *builder = json_builder_new ();
  gchar *name;

  name = g_strconcat ("frame.", cup_image_type_get_extension (type), NULL);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "content_type");
  json_builder_add_string_value (builder, cup_image_type_get_mime (type));
  json_builder_set_member_name (builder, "file_name");
  json_builder_add_string_value (builder, name);
  json_builder_end_object (builder);
  g_free (name);
  return finish_body (builder);
}

GBytes *
cup_fal_build_submit_body (const CupValues * values, const gchar * image_url)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder,
      cup_field_get (CUP_FIELD_IMAGE_URL)->wire);
  json_builder_add_string_value (builder, image_url);
  if (values)
    cup_values_add_to_json (values, builder);
  json_builder_end_object (builder);
  return finish_body (builder);
}

gchar *
cup_fal_describe_body (GBytes * body, const gchar * key)
{
  JsonParser *parser = json_parser_new ();
  gchar *text = NULL, *redacted;
  GList *names, *item;
  JsonObject *object;
  gsize length;
  gconstpointer data = g_bytes_get_data (body, &length);

  if (json_parser_load_from_data (parser, data, length, NULL)) {
    object = json_node_get_object (json_parser_get_root (parser));
    names = json_object_get_members (object);
    for (item = names; item; item = item->next) {
      const gchar *name = item->data;
      gchar *shown;

      if (!g_str_has_suffix (name, "_url"))
        continue;
      shown = cup_redact_url (json_object_get_string_member (object, name));
      json_object_set_string_member (object, name, shown);
      g_free (shown);
    }
    g_list_free (names);
    text = json_to_string (json_parser_get_root (parser), FALSE);
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
