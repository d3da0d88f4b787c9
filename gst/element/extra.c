/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "extra.h"

#include <math.h>

static JsonNode *value_to_node (const GValue * value, const gchar * path,
    GString * ignored);

static JsonObject *
structure_to_object (const GstStructure * structure, const gchar * path,
    GString * ignored)
{
  JsonObject *object = json_object_new ();
  gint i, n = gst_structure_n_fields (structure);

  for (i = 0; i < n; i++) {
    const gchar *name = gst_structure_nth_field_name (structure, (guint) i);
    gchar *child = g_strconcat (path, *path ? "." : "", name, NULL);
    JsonNode *node = value_to_node (gst_structure_get_value (structure, name),
        child, ignored);

    if (node)
      json_object_set_member (object, name, node);
    g_free (child);
  }
  return object;
}

static JsonArray *
values_to_array (const GValue * value, const gchar * path, GString * ignored)
{
  gboolean is_list = GST_VALUE_HOLDS_LIST (value);
  JsonArray *array = json_array_new ();
  guint i, n = is_list ? gst_value_list_get_size (value) :
      gst_value_array_get_size (value);

  for (i = 0; i < n; i++) {
    const GValue *element = is_list ? gst_value_list_get_value (value, i) :
        gst_value_array_get_value (value, i);
    gchar *child = g_strdup_printf ("%s[%u]", path, i);
    JsonNode *node = value_to_node (element, child, ignored);

    if (node)
      json_array_add_element (array, node);
    g_free (child);
  }
  return array;
}

/* JSON has no infinity. */
static JsonNode *
number_to_node (gdouble number)
{
  return isfinite (number) ? json_node_init_double (json_node_alloc (), number)
      : NULL;
}

static JsonNode *
string_to_node (const gchar * text)
{
  if (text == NULL)
    return json_node_init_null (json_node_alloc ());
  return g_utf8_validate (text, -1, NULL) ?
      json_node_init_string (json_node_alloc (), text) : NULL;
}

/* NULL where the value is of another type, or is a number that JSON, or 64
 * bits with a sign, cannot hold. */
static JsonNode *
plain_to_node (const GValue * value)
{
  JsonNode *node = NULL;
  GValue integer = G_VALUE_INIT;

  if (G_VALUE_HOLDS_STRING (value))
    return string_to_node (g_value_get_string (value));
  if (G_VALUE_HOLDS_BOOLEAN (value))
    return json_node_init_boolean (json_node_alloc (),
        g_value_get_boolean (value));
  if (G_VALUE_HOLDS_DOUBLE (value))
    return number_to_node (g_value_get_double (value));
  if (G_VALUE_HOLDS_FLOAT (value))
    return number_to_node (g_value_get_float (value));
  if (GST_VALUE_HOLDS_FRACTION (value))
    return number_to_node ((gdouble) gst_value_get_fraction_numerator (value)
        / gst_value_get_fraction_denominator (value));
  if (G_VALUE_HOLDS_UINT64 (value) && g_value_get_uint64 (value) > G_MAXINT64)
    return NULL;
  if (!G_VALUE_HOLDS_INT (value) && !G_VALUE_HOLDS_UINT (value)
      && !G_VALUE_HOLDS_INT64 (value) && !G_VALUE_HOLDS_UINT64 (value)
      && !G_VALUE_HOLDS_LONG (value) && !G_VALUE_HOLDS_UCHAR (value))
    return NULL;

  g_value_init (&integer, G_TYPE_INT64);
  if (g_value_transform (value, &integer))
    node = json_node_init_int (json_node_alloc (),
        g_value_get_int64 (&integer));
  g_value_unset (&integer);
  return node;
}

static JsonNode *
value_to_node (const GValue * value, const gchar * path, GString * ignored)
{
  JsonNode *node;

  if (GST_VALUE_HOLDS_STRUCTURE (value) && gst_value_get_structure (value)) {
    node = json_node_new (JSON_NODE_OBJECT);
    json_node_take_object (node,
        structure_to_object (gst_value_get_structure (value), path, ignored));
    return node;
  }
  if (GST_VALUE_HOLDS_ARRAY (value) || GST_VALUE_HOLDS_LIST (value)) {
    node = json_node_new (JSON_NODE_ARRAY);
    json_node_take_array (node, values_to_array (value, path, ignored));
    return node;
  }
  node = plain_to_node (value);
  if (!node)
    g_string_append_printf (ignored, "%s%s (%s)", ignored->len ? ", " : "",
        path, G_VALUE_TYPE_NAME (value));
  return node;
}

JsonObject *
cup_extra_to_json (const GstStructure * structure, gchar ** ignored)
{
  GString *names = g_string_new (NULL);
  JsonObject *object = structure_to_object (structure, "", names);

  *ignored = g_string_free (names, names->len == 0);
  return object;
}
