/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of fields and the sets of values. The expected names, types,
 * defaults and ranges stand here a second time, as the service documents them:
 * a slip in the table is caught.
 */
#include <math.h>
#include <string.h>

#include "schema/values.h"

static const struct
{
  const gchar *wire;
  CupFieldKind kind;
  gdouble minimum, maximum, fallback;
  const gchar *text;
} documented[] = {
  {"model_type", CUP_FIELD_KIND_CHOICE, 0, 0, 0, NULL},
  {"image_url", CUP_FIELD_KIND_FRAME, 0, 0, 0, NULL},
  {"prompt", CUP_FIELD_KIND_STRING, 0, 0, 0, NULL},
  {"scale", CUP_FIELD_KIND_NUMBER, 1, 5, 2, NULL},
  {"creativity", CUP_FIELD_KIND_NUMBER, 0, 1, 0.5, NULL},
  {"detail", CUP_FIELD_KIND_NUMBER, 0, 5, 1, NULL},
  {"shape_preservation", CUP_FIELD_KIND_NUMBER, 0, 3, 0.25, NULL},
  {"prompt_suffix", CUP_FIELD_KIND_STRING, 0, 0, 0,
      " high quality, highly detailed, high resolution, sharp"},
  {"negative_prompt", CUP_FIELD_KIND_STRING, 0, 0, 0,
      "blurry, low resolution, bad, ugly, low quality, pixelated, "
        "interpolated, compression artifacts, noisey, grainy"},
  {"seed", CUP_FIELD_KIND_UNSIGNED, 0, 0, 0, NULL},
  {"guidance_scale", CUP_FIELD_KIND_NUMBER, 0, 16, 7.5, NULL},
  {"num_inference_steps", CUP_FIELD_KIND_INTEGER, 1, 200, 20, NULL},
  {"enable_safety_checks", CUP_FIELD_KIND_BOOLEAN, 0, 0, 1, NULL},
  {"skip_ccsr", CUP_FIELD_KIND_BOOLEAN, 0, 0, 0, NULL},
  {"override_size_limits", CUP_FIELD_KIND_BOOLEAN, 0, 0, 0, NULL},
  {"base_model_url", CUP_FIELD_KIND_STRING, 0, 0, 0, NULL},
  {"additional_lora_url", CUP_FIELD_KIND_STRING, 0, 0, 0, NULL},
  {"additional_lora_scale", CUP_FIELD_KIND_NUMBER, -10, 10, 1, NULL},
  {"additional_embedding_url", CUP_FIELD_KIND_STRING, 0, 0, 0, NULL},
};

static void
test_table (void)
{
  guint id;

  g_assert_cmpuint (G_N_ELEMENTS (documented), ==, CUP_N_FIELDS);
  for (id = 0; id < CUP_N_FIELDS; id++) {
    const CupField *field = cup_field_get (id);
    gchar *property = g_strdelimit (g_strdup (field->wire), "_", '-');

    g_assert_cmpint (field->id, ==, id);
    g_assert_cmpstr (field->wire, ==, documented[id].wire);
    g_assert_cmpint (field->kind, ==, documented[id].kind);
    g_assert_cmpfloat (field->minimum, ==, documented[id].minimum);
    g_assert_cmpfloat (field->maximum, ==, documented[id].maximum);
    g_assert_cmpfloat (field->fallback, ==, documented[id].fallback);
    g_assert_cmpstr (field->fallback_text, ==, documented[id].text);
    if (field->kind == CUP_FIELD_KIND_FRAME)
      g_assert_null (field->property);
    else
      g_assert_cmpstr (field->property, ==, property);
    g_assert_true (cup_field_find_property (property) ==
        (field->property ? field : NULL));
    g_assert_cmpstr (field->since, ==, "0.1");
    g_free (property);
  }
  g_assert_cmpstr (cup_field_get (CUP_FIELD_MODEL_TYPE)->choices[0].wire, ==,
      "SD_1_5");
  g_assert_cmpstr (cup_field_get (CUP_FIELD_MODEL_TYPE)->choices[1].wire, ==,
      "SDXL");
}

static void
set_string (CupValues * values, CupFieldId id, const gchar * text)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, text);
  cup_values_set (values, id, &value);
  g_value_unset (&value);
}

static void
set_number (CupValues * values, CupFieldId id, gdouble number)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_DOUBLE);
  g_value_set_double (&value, number);
  cup_values_set (values, id, &value);
  g_value_unset (&value);
}

static void
set_integer (CupValues * values, CupFieldId id, gint64 number)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_INT64);
  g_value_set_int64 (&value, number);
  cup_values_set (values, id, &value);
  g_value_unset (&value);
}

static void
set_unsigned (CupValues * values, CupFieldId id, guint64 number)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_UINT64);
  g_value_set_uint64 (&value, number);
  g_assert_true (cup_values_set (values, id, &value));
  g_value_unset (&value);
}

static gchar *
finish_text (CupJsonWriter * writer)
{
  GBytes *bytes = cup_json_writer_finish (writer);
  gchar *text = g_strndup (g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes));

  g_bytes_unref (bytes);
  return text;
}

static gchar *
to_json (const CupValues * values)
{
  CupJsonWriter *writer = cup_json_writer_new ();
  guint id;

  cup_json_writer_begin_object (writer);
  for (id = 0; id < CUP_N_FIELDS; id++) {
    if (cup_values_is_set (values, id))
      cup_values_write_field (values, id, cup_field_get (id)->wire, writer);
  }
  cup_json_writer_end_object (writer);
  return finish_text (writer);
}

static void
assert_json (const CupValues * values, const gchar * expected)
{
  gchar *text = to_json (values);

  g_assert_cmpstr (text, ==, expected);
  g_free (text);
}

static void
test_unset (void)
{
  CupValues *values = cup_values_new ();

  assert_json (values, "{}");
  g_assert_cmpfloat (cup_values_get_number (values, CUP_FIELD_SCALE), ==, 2);
  g_assert_true (cup_values_get_boolean (values,
          CUP_FIELD_ENABLE_SAFETY_CHECKS));
  g_assert_cmpuint (cup_values_get_unsigned (values, CUP_FIELD_SEED), ==,
      CUP_FIELD_UNSET);
  g_assert_null (cup_values_get_string (values, CUP_FIELD_PROMPT));

  set_unsigned (values, CUP_FIELD_SEED, 0);
  assert_json (values, "{\"seed\":0}");
  set_unsigned (values, CUP_FIELD_SEED, CUP_FIELD_UNSET);
  assert_json (values, "{}");
  set_string (values, CUP_FIELD_PROMPT, "");
  assert_json (values, "{\"prompt\":\"\"}");
  set_string (values, CUP_FIELD_PROMPT, NULL);
  assert_json (values, "{}");
  /* A default that was set is sent: the service's may change one day. */
  set_number (values, CUP_FIELD_CREATIVITY, 0.5);
  assert_json (values, "{\"creativity\":0.5}");
  cup_values_free (values);
}

static void
test_limits (void)
{
  CupValues *values = cup_values_new ();

  set_number (values, CUP_FIELD_SCALE, 99);
  g_assert_cmpfloat (cup_values_get_number (values, CUP_FIELD_SCALE), ==, 5);
  set_number (values, CUP_FIELD_SCALE, -INFINITY);
  g_assert_cmpfloat (cup_values_get_number (values, CUP_FIELD_SCALE), ==, 1);
  set_number (values, CUP_FIELD_SCALE, NAN);
  g_assert_cmpfloat (cup_values_get_number (values, CUP_FIELD_SCALE), ==, 1);
  set_integer (values, CUP_FIELD_NUM_INFERENCE_STEPS, G_MAXINT64);
  g_assert_cmpint (cup_values_get_integer (values,
          CUP_FIELD_NUM_INFERENCE_STEPS), ==, 200);
  set_integer (values, CUP_FIELD_NUM_INFERENCE_STEPS, G_MININT64);
  g_assert_cmpint (cup_values_get_integer (values,
          CUP_FIELD_NUM_INFERENCE_STEPS), ==, 1);
  set_unsigned (values, CUP_FIELD_SEED, G_MAXUINT64 - 1);
  assert_json (values, "{\"scale\":1,\"seed\":18446744073709551614,"
      "\"num_inference_steps\":1}");
  cup_values_free (values);
}

/* All of a double's and an integer's digits reach the wire. */
static void
test_digits (void)
{
  CupValues *values = cup_values_new (), *copy;
  JsonParser *parser = json_parser_new ();
  JsonObject *object;
  gchar *text;

  set_unsigned (values, CUP_FIELD_SEED, G_MAXINT64);
  set_number (values, CUP_FIELD_CREATIVITY, 0.1);
  set_string (values, CUP_FIELD_PROMPT, "a \"quoted\" \\ line\n\xc3\xa9");
  copy = cup_values_copy (values);
  /* The copy is its own. */
  set_string (values, CUP_FIELD_PROMPT, "other");
  cup_values_free (values);

  text = to_json (copy);
  g_assert_true (json_parser_load_from_data (parser, text, -1, NULL));
  object = json_node_get_object (json_parser_get_root (parser));
  g_assert_cmpint (json_object_get_int_member (object, "seed"), ==, G_MAXINT64);
  g_assert_cmpfloat (json_object_get_double_member (object, "creativity"), ==,
      0.1);
  g_assert_cmpstr (json_object_get_string_member (object, "prompt"), ==,
      "a \"quoted\" \\ line\n\xc3\xa9");
  g_free (text);
  g_object_unref (parser);
  cup_values_free (copy);
}

/* As JavaScript writes them: no fraction where there is none. */
static void
test_whole_numbers (void)
{
  CupValues *values = cup_values_new ();

  set_number (values, CUP_FIELD_SCALE, 4);
  assert_json (values, "{\"scale\":4}");
  set_number (values, CUP_FIELD_SCALE, 2.5);
  assert_json (values, "{\"scale\":2.5}");
  set_number (values, CUP_FIELD_CREATIVITY, -0.0);
  set_number (values, CUP_FIELD_ADDITIONAL_LORA_SCALE, -10);
  assert_json (values, "{\"scale\":2.5,\"creativity\":0,"
      "\"additional_lora_scale\":-10}");
  cup_values_free (values);
}

static void
test_rename (void)
{
  CupValues *values = cup_values_new ();
  CupJsonWriter *writer = cup_json_writer_new ();
  gchar *text;

  set_number (values, CUP_FIELD_SCALE, 1.5);
  set_integer (values, CUP_FIELD_NUM_INFERENCE_STEPS, 3);
  cup_json_writer_begin_object (writer);
  cup_values_write_field (values, CUP_FIELD_NUM_INFERENCE_STEPS, "steps",
      writer);
  cup_values_write_field (values, CUP_FIELD_SCALE, "factor", writer);
  cup_json_writer_end_object (writer);
  text = finish_text (writer);
  g_assert_cmpstr (text, ==, "{\"steps\":3,\"factor\":1.5}");
  g_free (text);
  cup_values_free (values);
}

/* Writes @number, and reads it with a parser of its own. */
static void
assert_number (gdouble number, const gchar * expected)
{
  CupJsonWriter *writer = cup_json_writer_new ();
  gchar *text;

  cup_json_writer_add_number (writer, number);
  text = finish_text (writer);
  g_assert_cmpstr (text, ==, expected);
  if (isfinite (number))
    g_assert_cmpfloat (g_ascii_strtod (text, NULL), ==, number);
  g_free (text);
}

static void
test_numbers (void)
{
  assert_number (1e-10, "1e-10");
  assert_number (-1e300, "-1e+300");
  assert_number (0.1, "0.1");
  assert_number (1. / 3, "0.33333333333333331");
  assert_number (9007199254740992., "9007199254740992");
  assert_number (9007199254740991., "9007199254740991");
  assert_number (INFINITY, "null");
  assert_number (NAN, "null");
}

static void
test_strings (void)
{
  CupJsonWriter *writer = cup_json_writer_new ();
  GString *all = g_string_new ("\"\\/");
  JsonParser *parser = json_parser_new ();
  GError *error = NULL;
  gchar *text, byte;

  for (byte = 1; byte < 32; byte++)
    g_string_append_c (all, byte);
  g_string_append (all, "\x7f\xc3\xa9\xf0\x9f\xa6\x89");
  cup_json_writer_begin_array (writer);
  cup_json_writer_add_string (writer, all->str);
  cup_json_writer_add_string (writer, "a\xff");
  cup_json_writer_end_array (writer);
  text = finish_text (writer);
  for (byte = 1; byte < 32; byte++)
    g_assert_null (strchr (text, byte));
  json_parser_load_from_data (parser, text, -1, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (json_array_get_string_element (json_node_get_array
          (json_parser_get_root (parser)), 0), ==, all->str);
  g_assert_cmpstr (json_array_get_string_element (json_node_get_array
          (json_parser_get_root (parser)), 1), ==, "a\xef\xbf\xbd");
  g_object_unref (parser);
  g_string_free (all, TRUE);
  g_free (text);
}

/* Text that is not UTF-8 changes nothing. */
static void
test_not_utf8 (void)
{
  CupValues *values = cup_values_new ();
  GValue value = G_VALUE_INIT;

  set_string (values, CUP_FIELD_PROMPT, "an owl");
  g_value_init (&value, G_TYPE_STRING);
  g_value_set_static_string (&value, "caf\xe9");
  g_assert_false (cup_values_set (values, CUP_FIELD_PROMPT, &value));
  assert_json (values, "{\"prompt\":\"an owl\"}");
  g_value_unset (&value);
  cup_values_free (values);
}

static gpointer
copy_often (gpointer data)
{
  guint i;

  for (i = 0; i < 20000; i++)
    cup_values_free (cup_values_copy (data));
  return NULL;
}

/* Copies share it, also from thread to thread, and keep what they have. */
static void
test_extra (void)
{
  CupValues *values = cup_values_new (), *copy;
  JsonObject *object = json_object_new ();
  GThread *threads[4];
  guint i;

  g_assert_null (cup_values_get_extra (values));
  json_object_set_int_member (object, "tile", 5);
  cup_values_set_extra (values, object);
  json_object_unref (object);
  g_assert_true (cup_values_get_extra (values) == object);
  /* It is beside the fields. */
  assert_json (values, "{}");
  g_assert_cmpuint (cup_values_get_set_mask (values), ==, 0);

  copy = cup_values_copy (values);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("copy", copy_often, copy);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  object = json_object_new ();
  cup_values_set_extra (values, object);
  json_object_unref (object);
  g_assert_true (cup_values_get_extra (values) == object);
  /* The same once more. */
  cup_values_set_extra (values, object);
  g_assert_true (cup_values_get_extra (values) == object);
  cup_values_set_extra (values, NULL);
  g_assert_null (cup_values_get_extra (values));
  cup_values_free (values);
  g_assert_cmpint (json_object_get_int_member (cup_values_get_extra (copy),
          "tile"), ==, 5);
  cup_values_free (copy);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/schema/table", test_table);
  g_test_add_func ("/schema/unset", test_unset);
  g_test_add_func ("/schema/limits", test_limits);
  g_test_add_func ("/schema/digits", test_digits);
  g_test_add_func ("/schema/whole-numbers", test_whole_numbers);
  g_test_add_func ("/schema/rename", test_rename);
  g_test_add_func ("/schema/extra", test_extra);
  g_test_add_func ("/schema/numbers", test_numbers);
  g_test_add_func ("/schema/strings", test_strings);
  g_test_add_func ("/schema/not-utf8", test_not_utf8);
  return g_test_run ();
}
