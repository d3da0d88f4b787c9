/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * extra-input: from a structure, or a command line, to JSON in the job.
 */
#include "fixture.h"

#include <math.h>
#include <string.h>

#include "element/extra.h"

static gchar *
to_text (JsonObject * object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  gchar *text;

  json_node_take_object (node, object);
  text = json_to_string (node, FALSE);
  json_node_unref (node);
  return text;
}

static void
assert_json (const GstStructure * structure, const gchar * json,
    const gchar * ignored)
{
  gchar *left_out;
  gchar *text = to_text (cup_extra_to_json (structure, &left_out));

  g_assert_cmpstr (text, ==, json);
  g_assert_cmpstr (left_out, ==, ignored);
  g_free (left_out);
  g_free (text);
}

static void
test_types (void)
{
  GstStructure *s = gst_structure_new ("anything",
      "text", G_TYPE_STRING, "caf\xc3\xa9 \"x\"",
      "nothing", G_TYPE_STRING, NULL,
      "int", G_TYPE_INT, -7,
      "uint", G_TYPE_UINT, G_MAXUINT,
      "int64", G_TYPE_INT64, G_MININT64,
      "uint64", G_TYPE_UINT64, (guint64) G_MAXINT64,
      "double", G_TYPE_DOUBLE, 0.25,
      "float", G_TYPE_FLOAT, 0.5f,
      "yes", G_TYPE_BOOLEAN, TRUE,
      "half", GST_TYPE_FRACTION, 1, 2, NULL);

  assert_json (s, "{\"text\":\"caf\xc3\xa9 \\\"x\\\"\",\"nothing\":null,"
      "\"int\":-7,\"uint\":4294967295,\"int64\":-9223372036854775808,"
      "\"uint64\":9223372036854775807,\"double\":0.25,\"float\":0.5,"
      "\"yes\":true,\"half\":0.5}", NULL);
  gst_structure_free (s);
}

static void
test_nested (void)
{
  GstStructure *s = gst_structure_from_string ("extra,"
      "loras=<(structure)\"l,path=https://a.example/x,scale=0.5;\","
      "(structure)\"l,path=b;\">,sizes={1,2,3},empty=<>,"
      "deep=(structure)\"d,more=(structure)\\\"e\\\\,x\\\\=1\\;\\\";\"", NULL);

  g_assert_nonnull (s);
  assert_json (s, "{\"loras\":[{\"path\":\"https://a.example/x\","
      "\"scale\":0.5},{\"path\":\"b\"}],\"sizes\":[1,2,3],\"empty\":[],"
      "\"deep\":{\"more\":{\"x\":1}}}", NULL);
  gst_structure_free (s);
}

/* What JSON cannot hold is named, and the rest is sent. */
static void
test_ignored (void)
{
  GstStructure *inner = gst_structure_new ("inner", "ok", G_TYPE_INT, 1,
      "caps", GST_TYPE_CAPS, NULL, NULL);
  GstStructure *s = gst_structure_new ("x", "infinite", G_TYPE_DOUBLE, INFINITY,
      "big", G_TYPE_UINT64, G_MAXUINT64, "kept", G_TYPE_BOOLEAN, FALSE,
      "range", GST_TYPE_INT_RANGE, 1, 2, "inner", GST_TYPE_STRUCTURE, inner,
      NULL);
  GValue list = G_VALUE_INIT, value = G_VALUE_INIT;

  g_value_init (&list, GST_TYPE_ARRAY);
  g_value_init (&value, GST_TYPE_BITMASK);
  gst_value_array_append_value (&list, &value);
  g_value_unset (&value);
  gst_structure_take_value (s, "list", &list);

  assert_json (s, "{\"kept\":false,\"inner\":{\"ok\":1},\"list\":[]}",
      "infinite (gdouble), big (guint64), range (GstIntRange), "
      "inner.caps (GstCaps), list[0] (GstBitmask)");
  gst_structure_free (inner);
  gst_structure_free (s);
}

static gchar *
get_extra (Fixture * f, guint8 key)
{
  JsonObject *extra;

  fixture_push (f, key);
  gst_buffer_unref (gst_harness_pull (f->harness));
  extra = cup_values_get_extra (cup_dummy_engine_get_values (f->engine, key));
  return extra ? to_text (json_object_ref (extra)) : NULL;
}

static void
assert_extra (Fixture * f, guint8 key, const gchar * expected)
{
  gchar *text = get_extra (f, key);

  g_assert_cmpstr (text, ==, expected);
  g_free (text);
}

/* Each frame has that of its moment. */
static void
test_property (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstStructure *read;

  assert_extra (f, 1, NULL);
  gst_util_set_object_arg (G_OBJECT (f->element), "extra-input",
      "extra,face=true,output_format=png");
  assert_extra (f, 2, "{\"face\":true,\"output_format\":\"png\"}");
  g_object_get (f->element, "extra-input", &read, NULL);
  g_assert_cmpstr (gst_structure_get_string (read, "output_format"), ==, "png");
  gst_structure_free (read);
  gst_util_set_object_arg (G_OBJECT (f->element), "extra-input", "e,tile=64");
  assert_extra (f, 3, "{\"tile\":64}");
  g_object_set (f->element, "extra-input", NULL, NULL);
  assert_extra (f, 4, NULL);
  fixture_free (f);
}

/* The warning comes when the first frame does: before, nobody listens. */
static void
test_warning (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstMessage *message;
  GError *error = NULL;

  gst_util_set_object_arg (G_OBJECT (f->element), "extra-input",
      "e,good=1,bad=[1,2]");
  g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING));
  assert_extra (f, 1, "{\"good\":1}");
  assert_extra (f, 2, "{\"good\":1}");
  message = fixture_wait_message (f, GST_MESSAGE_WARNING);
  gst_message_parse_warning (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, "bad (GstIntRange)"));
  g_error_free (error);
  gst_message_unref (message);
  g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING));
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/extra/types", test_types);
  g_test_add_func ("/extra/nested", test_nested);
  g_test_add_func ("/extra/ignored", test_ignored);
  g_test_add_func ("/extra/property", test_property);
  g_test_add_func ("/extra/warning", test_warning);
  return fixture_run ();
}
