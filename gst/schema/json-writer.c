/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-writer.h"

#include <math.h>

struct _CupJsonWriter
{
  GString *text;
  gboolean needs_comma;         /* a value stands before the next one */
};

CupJsonWriter *
cup_json_writer_new (void)
{
  CupJsonWriter *writer = g_new0 (CupJsonWriter, 1);

  writer->text = g_string_new (NULL);
  return writer;
}

GBytes *
cup_json_writer_finish (CupJsonWriter * writer)
{
  GBytes *bytes = g_string_free_to_bytes (writer->text);

  g_free (writer);
  return bytes;
}

static void
begin_value (CupJsonWriter * writer)
{
  if (writer->needs_comma)
    g_string_append_c (writer->text, ',');
  writer->needs_comma = TRUE;
}

static void
begin_container (CupJsonWriter * writer, gchar bracket)
{
  begin_value (writer);
  g_string_append_c (writer->text, bracket);
  writer->needs_comma = FALSE;
}

static void
end_container (CupJsonWriter * writer, gchar bracket)
{
  g_string_append_c (writer->text, bracket);
  writer->needs_comma = TRUE;
}

void
cup_json_writer_begin_object (CupJsonWriter * writer)
{
  begin_container (writer, '{');
}

void
cup_json_writer_end_object (CupJsonWriter * writer)
{
  end_container (writer, '}');
}

void
cup_json_writer_begin_array (CupJsonWriter * writer)
{
  begin_container (writer, '[');
}

void
cup_json_writer_end_array (CupJsonWriter * writer)
{
  end_container (writer, ']');
}

/* Whether a string may hold @byte as it is. */
static gboolean
is_plain (gchar byte)
{
  return (guchar) byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f;
}

/* Copies runs, because a picture in base64 may be a string of megabytes. */
static void
append_quoted (GString * out, const gchar * text)
{
  gchar *valid = g_utf8_make_valid (text, -1);
  const gchar *run = valid, *byte = valid;

  g_string_append_c (out, '"');
  while (*byte) {
    if (is_plain (*byte)) {
      byte++;
      continue;
    }
    g_string_append_len (out, run, byte - run);
    g_string_append_printf (out, "\\u%04x", (guint) (guchar) * byte);
    run = ++byte;
  }
  g_string_append_len (out, run, byte - run);
  g_string_append_c (out, '"');
  g_free (valid);
}

void
cup_json_writer_add_name (CupJsonWriter * writer, const gchar * name)
{
  begin_value (writer);
  append_quoted (writer->text, name);
  g_string_append_c (writer->text, ':');
  writer->needs_comma = FALSE;
}

void
cup_json_writer_add_string (CupJsonWriter * writer, const gchar * text)
{
  begin_value (writer);
  append_quoted (writer->text, text);
}

static void
add_word (CupJsonWriter * writer, const gchar * word)
{
  begin_value (writer);
  g_string_append (writer->text, word);
}

void
cup_json_writer_add_boolean (CupJsonWriter * writer, gboolean value)
{
  add_word (writer, value ? "true" : "false");
}

void
cup_json_writer_add_integer (CupJsonWriter * writer, gint64 number)
{
  begin_value (writer);
  g_string_append_printf (writer->text, "%" G_GINT64_FORMAT, number);
}

void
cup_json_writer_add_unsigned (CupJsonWriter * writer, guint64 number)
{
  begin_value (writer);
  g_string_append_printf (writer->text, "%" G_GUINT64_FORMAT, number);
}

void
cup_json_writer_add_number (CupJsonWriter * writer, gdouble number)
{
  const gdouble exact = (gdouble) (G_GINT64_CONSTANT (1) << 53);
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];

  if (!isfinite (number)) {
    add_word (writer, "null");
  } else if (fabs (number) < exact && number == floor (number)) {
    cup_json_writer_add_integer (writer, (gint64) number);
  } else {
    g_ascii_formatd (text, sizeof (text), "%.15g", number);
    if (g_ascii_strtod (text, NULL) != number)
      g_ascii_formatd (text, sizeof (text), "%.17g", number);
    add_word (writer, text);
  }
}

static void
add_object (CupJsonWriter * writer, JsonObject * object)
{
  GList *names = json_object_get_members (object), *item;

  cup_json_writer_begin_object (writer);
  for (item = names; item; item = item->next) {
    cup_json_writer_add_name (writer, item->data);
    cup_json_writer_add_node (writer, json_object_get_member (object,
            item->data));
  }
  cup_json_writer_end_object (writer);
  g_list_free (names);
}

static void
add_array (CupJsonWriter * writer, JsonArray * array)
{
  guint length = json_array_get_length (array), i;

  cup_json_writer_begin_array (writer);
  for (i = 0; i < length; i++)
    cup_json_writer_add_node (writer, json_array_get_element (array, i));
  cup_json_writer_end_array (writer);
}

static void
add_scalar (CupJsonWriter * writer, JsonNode * node)
{
  switch (json_node_get_value_type (node)) {
    case G_TYPE_STRING:
      cup_json_writer_add_string (writer, json_node_get_string (node));
      break;
    case G_TYPE_INT64:
      cup_json_writer_add_integer (writer, json_node_get_int (node));
      break;
    case G_TYPE_BOOLEAN:
      cup_json_writer_add_boolean (writer, json_node_get_boolean (node));
      break;
    default:
      cup_json_writer_add_number (writer, json_node_get_double (node));
      break;
  }
}

void
cup_json_writer_add_node (CupJsonWriter * writer, JsonNode * node)
{
  switch (json_node_get_node_type (node)) {
    case JSON_NODE_OBJECT:
      add_object (writer, json_node_get_object (node));
      break;
    case JSON_NODE_ARRAY:
      add_array (writer, json_node_get_array (node));
      break;
    case JSON_NODE_VALUE:
      add_scalar (writer, node);
      break;
    case JSON_NODE_NULL:
      add_word (writer, "null");
      break;
  }
}
