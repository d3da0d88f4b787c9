/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The input fields of fal-ai/creative-upscaler as their page has them.
 *
 * This is a table of its own, not the plugin's (gst/schema/): the service is
 * what the plugin is measured against, and a wrong name or range there has to
 * show up as an error here.
 *
 * Types are checked strictly. The hosted service is more lenient, but a client
 * that sends "2" for a number has a bug that a test wants to see.
 */
#include "input.h"

#include <math.h>
#include <string.h>

typedef enum
{
  KIND_STRING,
  KIND_NUMBER,
  KIND_INTEGER,
  KIND_BOOLEAN,
  KIND_MODEL_TYPE,
} Kind;

typedef struct
{
  const gchar *name;
  Kind kind;
  gboolean nullable;
  gdouble minimum;
  gdouble maximum;
} Field;

#define ANY -INFINITY, INFINITY

static const Field fields[] = {
  {"model_type", KIND_MODEL_TYPE, FALSE, ANY},
  {"image_url", KIND_STRING, FALSE, ANY},
  {"prompt", KIND_STRING, TRUE, ANY},
  {"scale", KIND_NUMBER, FALSE, 1, 5},
  {"creativity", KIND_NUMBER, FALSE, 0, 1},
  {"detail", KIND_NUMBER, FALSE, 0, 5},
  {"shape_preservation", KIND_NUMBER, FALSE, 0, 3},
  {"prompt_suffix", KIND_STRING, FALSE, ANY},
  {"negative_prompt", KIND_STRING, FALSE, ANY},
  {"seed", KIND_INTEGER, TRUE, ANY},
  {"guidance_scale", KIND_NUMBER, FALSE, 0, 16},
  {"num_inference_steps", KIND_INTEGER, FALSE, 1, 200},
  {"enable_safety_checks", KIND_BOOLEAN, FALSE, ANY},
  {"skip_ccsr", KIND_BOOLEAN, FALSE, ANY},
  {"override_size_limits", KIND_BOOLEAN, FALSE, ANY},
  {"base_model_url", KIND_STRING, TRUE, ANY},
  {"additional_lora_url", KIND_STRING, TRUE, ANY},
  {"additional_lora_scale", KIND_NUMBER, FALSE, ANY},
  {"additional_embedding_url", KIND_STRING, TRUE, ANY},
};

/* What the application, and then its siblings, call the factor. */
static const gchar *const scale_names[] = {
  "scale", "upscale_factor", "scale_factor"
};

static gboolean
is_main_application (const gchar * alias)
{
  return g_strcmp0 (alias, "creative-upscaler") == 0;
}

static JsonObject *
make_item (const gchar * loc1, const gchar * loc2, const gchar * type,
    const gchar * message, JsonObject * context)
{
  JsonObject *item = json_object_new ();
  JsonArray *loc = json_array_new ();
  gchar *url = g_strdup_printf ("https://docs.fal.ai/errors/#%s", type);

  json_array_add_string_element (loc, loc1);
  if (loc2)
    json_array_add_string_element (loc, loc2);
  json_object_set_array_member (item, "loc", loc);
  json_object_set_string_member (item, "msg", message);
  json_object_set_string_member (item, "type", type);
  json_object_set_string_member (item, "url", url);
  if (context)
    json_object_set_object_member (item, "ctx", context);
  g_free (url);
  return item;
}

static JsonNode *
wrap_items (JsonArray * items)
{
  JsonObject *object = json_object_new ();
  JsonNode *node = json_node_alloc ();

  json_object_set_array_member (object, "detail", items);
  json_node_take_object (node, object);
  return node;
}

JsonNode *
cup_service_detail (const gchar * loc1, const gchar * loc2, const gchar * type,
    const gchar * message, JsonObject * context)
{
  JsonArray *items = json_array_new ();

  json_array_add_object_element (items,
      make_item (loc1, loc2, type, message, context));
  return wrap_items (items);
}

static void
complain (JsonArray * items, const Field * field, JsonNode * value,
    const gchar * type, const gchar * message, JsonObject * context)
{
  JsonObject *item = make_item ("body", field->name, type, message, context);

  if (value)
    json_object_set_member (item, "input", json_node_copy (value));
  json_array_add_object_element (items, item);
}

static void
check_range (JsonArray * items, const Field * field, JsonNode * value)
{
  gdouble number = json_node_get_double (value);
  JsonObject *context;
  gchar *message;

  if (number < field->minimum) {
    context = json_object_new ();
    json_object_set_double_member (context, "ge", field->minimum);
    message = g_strdup_printf ("Input should be greater than or equal to %g",
        field->minimum);
    complain (items, field, value, "greater_than_equal", message, context);
    g_free (message);
  } else if (number > field->maximum) {
    context = json_object_new ();
    json_object_set_double_member (context, "le", field->maximum);
    message = g_strdup_printf ("Input should be less than or equal to %g",
        field->maximum);
    complain (items, field, value, "less_than_equal", message, context);
    g_free (message);
  }
}

static void
check_model_type (JsonArray * items, const Field * field, JsonNode * value)
{
  const gchar *text = json_node_get_string (value);
  JsonObject *context;

  if (g_strcmp0 (text, "SD_1_5") == 0 || g_strcmp0 (text, "SDXL") == 0)
    return;
  context = json_object_new ();
  json_object_set_string_member (context, "expected", "'SD_1_5' or 'SDXL'");
  complain (items, field, value, "enum", "Input should be 'SD_1_5' or 'SDXL'",
      context);
}

static void
check_value (JsonArray * items, const Field * field, JsonNode * value)
{
  GType type = JSON_NODE_HOLDS_VALUE (value)
      ? json_node_get_value_type (value) : G_TYPE_INVALID;

  if (field->nullable && JSON_NODE_HOLDS_NULL (value))
    return;
  switch (field->kind) {
    case KIND_STRING:
      if (type != G_TYPE_STRING)
        complain (items, field, value, "string_type",
            "Input should be a valid string", NULL);
      break;
    case KIND_MODEL_TYPE:
      if (type != G_TYPE_STRING)
        complain (items, field, value, "string_type",
            "Input should be a valid string", NULL);
      else
        check_model_type (items, field, value);
      break;
    case KIND_NUMBER:
      if (type != G_TYPE_DOUBLE && type != G_TYPE_INT64)
        complain (items, field, value, "float_type",
            "Input should be a valid number", NULL);
      else
        check_range (items, field, value);
      break;
    case KIND_INTEGER:
      if (type != G_TYPE_INT64)
        complain (items, field, value, "int_type",
            "Input should be a valid integer", NULL);
      else
        check_range (items, field, value);
      break;
    case KIND_BOOLEAN:
      if (type != G_TYPE_BOOLEAN)
        complain (items, field, value, "bool_type",
            "Input should be a valid boolean", NULL);
      break;
  }
}

JsonNode *
cup_service_input_check (const gchar * alias, JsonObject * input)
{
  gboolean all = is_main_application (alias);
  JsonArray *items = json_array_new ();
  guint i;

  for (i = 0; i < G_N_ELEMENTS (fields); i++) {
    gboolean is_image = strcmp (fields[i].name, "image_url") == 0;
    JsonNode *value = json_object_get_member (input, fields[i].name);

    if (!value && is_image)
      complain (items, &fields[i], NULL, "missing", "Field required", NULL);
    else if (value && (all || is_image))
      check_value (items, &fields[i], value);
  }
  if (json_array_get_length (items) > 0)
    return wrap_items (items);
  json_array_unref (items);
  return NULL;
}

gdouble
cup_service_input_get_scale (const gchar * alias, JsonObject * input)
{
  /* That takes no notice of another's name, and so a client that sends it
   * gets the default. */
  guint n = is_main_application (alias) ? 1 : G_N_ELEMENTS (scale_names);
  guint i;

  for (i = 0; i < n; i++) {
    JsonNode *value = json_object_get_member (input, scale_names[i]);

    if (value && JSON_NODE_HOLDS_VALUE (value)
        && json_node_get_value_type (value) != G_TYPE_STRING) {
      gdouble scale = json_node_get_double (value);

      /* Other applications' values have not been checked. */
      return CLAMP (scale, 1, 8);
    }
  }
  return 2;
}

gboolean
cup_service_input_get_seed (JsonObject * input, gint64 * seed)
{
  JsonNode *value = json_object_get_member (input, "seed");

  if (!value || !JSON_NODE_HOLDS_VALUE (value)
      || json_node_get_value_type (value) != G_TYPE_INT64)
    return FALSE;
  *seed = json_node_get_int (value);
  return TRUE;
}

GBytes *
cup_service_input_decode_data_uri (const gchar * uri)
{
  const gchar *comma;
  GBytes *bytes = NULL;
  gchar *head;

  if (g_ascii_strncasecmp (uri, "data:", 5) != 0
      || !(comma = strchr (uri, ',')))
    return NULL;
  head = g_ascii_strdown (uri, comma - uri);
  if (g_str_has_suffix (head, ";base64")) {
    guchar *data;
    gsize size = 0;

    data = g_base64_decode (comma + 1, &size);
    bytes = g_bytes_new_take (data, size);
  } else {
    bytes = g_uri_unescape_bytes (comma + 1, -1, NULL, NULL);
  }
  g_free (head);
  return bytes;
}
