/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keys: everything that the result depends on changes them, and nothing else.
 */
#include <string.h>

#include "store/key.h"

typedef void (*Change) (CupValues * values, JsonObject * extra);

static void
set_double (CupValues * values, CupFieldId id, gdouble number)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_DOUBLE);
  g_value_set_double (&value, number);
  cup_values_set (values, id, &value);
  g_value_unset (&value);
}

/* Something that can be set, and is not what the service would take. */
static void
set_field (CupValues * values, CupFieldId id, gboolean other)
{
  const CupField *field = cup_field_get (id);
  GValue value = G_VALUE_INIT;

  switch (field->kind) {
    case CUP_FIELD_KIND_FRAME:
      return;
    case CUP_FIELD_KIND_STRING:
      g_value_init (&value, G_TYPE_STRING);
      g_value_set_string (&value, other ? "b" : "a");
      break;
    case CUP_FIELD_KIND_NUMBER:
      g_value_init (&value, G_TYPE_DOUBLE);
      g_value_set_double (&value, other ? field->maximum : field->fallback);
      break;
    case CUP_FIELD_KIND_INTEGER:
      g_value_init (&value, G_TYPE_INT64);
      g_value_set_int64 (&value, other ? 7 : 8);
      break;
    case CUP_FIELD_KIND_UNSIGNED:
      g_value_init (&value, G_TYPE_UINT64);
      g_value_set_uint64 (&value, other ? 7 : 8);
      break;
    case CUP_FIELD_KIND_BOOLEAN:
      g_value_init (&value, G_TYPE_BOOLEAN);
      g_value_set_boolean (&value, other);
      break;
    case CUP_FIELD_KIND_CHOICE:
      g_value_init (&value, G_TYPE_INT);
      g_value_set_int (&value, other ? 1 : 0);
      break;
  }
  cup_values_set (values, id, &value);
  g_value_unset (&value);
}

static CupStoreKey
get_key (const CupValues * values)
{
  CupStoreKeyBuilder *builder = cup_store_key_builder_new ();
  CupStoreKey key;

  cup_store_key_builder_add_values (builder, values, CUP_FIELDS_ALL);
  cup_store_key_builder_get_key (builder, &key);
  cup_store_key_builder_free (builder);
  return key;
}

static CupStoreKey
get_extra_key (CupValues * values, const gchar * json)
{
  JsonNode *node = json_from_string (json, NULL);
  JsonObject *extra = json_object_ref (json_node_get_object (node));
  CupStoreKey key;

  json_node_unref (node);
  cup_values_set_extra (values, extra);
  json_object_unref (extra);
  key = get_key (values);
  cup_values_set_extra (values, NULL);
  return key;
}

static gboolean
same (CupStoreKey a, CupStoreKey b)
{
  return cup_store_key_equal (&a, &b);
}

static void
test_fields (void)
{
  GHashTable *keys = g_hash_table_new_full (cup_store_key_hash,
      cup_store_key_equal, g_free, NULL);
  guint id, expected = 1, i;
  CupValues *values = cup_values_new ();
  CupStoreKey key = get_key (values);

  g_hash_table_add (keys, g_memdup2 (&key, sizeof (key)));
  for (id = 0; id < CUP_N_FIELDS; id++) {
    if (cup_field_get (id)->kind == CUP_FIELD_KIND_FRAME)
      continue;
    for (i = 0; i < 2; i++) {
      set_field (values, id, i);
      key = get_key (values);
      g_hash_table_add (keys, g_memdup2 (&key, sizeof (key)));
      expected++;
    }
    cup_values_unset (values, id);
  }
  /* Unset, each field with two values, among them the service's default. */
  g_assert_cmpuint (g_hash_table_size (keys), ==, expected);
  g_hash_table_unref (keys);
  cup_values_free (values);
}

static void
test_masked (void)
{
  CupStoreKeyBuilder *builder = cup_store_key_builder_new ();
  CupValues *values = cup_values_new (), *none = cup_values_new ();
  CupStoreKey key, plain = get_key (none);

  /* What the engine does not send changes nothing. */
  set_field (values, CUP_FIELD_DETAIL, TRUE);
  cup_store_key_builder_add_values (builder, values,
      CUP_FIELDS_ALL & ~CUP_FIELD_BIT (CUP_FIELD_DETAIL));
  cup_store_key_builder_get_key (builder, &key);
  g_assert_true (same (key, plain));
  cup_store_key_builder_free (builder);
  cup_values_free (values);
  cup_values_free (none);
}

static void
test_copies_and_order (void)
{
  CupValues *a = cup_values_new (), *b = cup_values_new (), *copy;

  set_field (a, CUP_FIELD_SEED, TRUE);
  set_field (a, CUP_FIELD_PROMPT, TRUE);
  set_field (b, CUP_FIELD_PROMPT, TRUE);
  set_field (b, CUP_FIELD_SEED, FALSE);
  set_field (b, CUP_FIELD_SEED, TRUE);
  copy = cup_values_copy (a);
  g_assert_true (same (get_key (a), get_key (b)));
  g_assert_true (same (get_key (a), get_key (copy)));
  cup_values_free (a);
  cup_values_free (b);
  cup_values_free (copy);
}

static void
test_numbers (void)
{
  CupValues *values = cup_values_new (), *zero = cup_values_new ();
  CupStoreKey two, less;

  set_double (values, CUP_FIELD_SCALE, 2);
  two = get_key (values);
  set_double (values, CUP_FIELD_SCALE, 2.0000000000000004);
  g_assert_false (same (two, get_key (values)));
  cup_values_unset (values, CUP_FIELD_SCALE);
  g_assert_true (same (two, get_extra_key (values, "{\"scale\":2}")));
  g_assert_true (same (two, get_extra_key (values, "{\"scale\":2.0}")));
  g_assert_false (same (two, get_extra_key (values, "{\"scale\":\"2\"}")));
  g_assert_false (same (two, get_extra_key (values, "{\"scale\":true}")));

  set_double (values, CUP_FIELD_CREATIVITY, -0.0);
  set_double (zero, CUP_FIELD_CREATIVITY, 0.0);
  g_assert_true (same (get_key (values), get_key (zero)));
  set_double (values, CUP_FIELD_CREATIVITY, 0.1);
  less = get_key (values);
  set_double (values, CUP_FIELD_CREATIVITY, 0.1 + 1e-18);
  g_assert_true (same (less, get_key (values)));
  cup_values_free (values);
  cup_values_free (zero);
}

static void
test_extra (void)
{
  CupValues *values = cup_values_new ();
  CupStoreKey plain = get_key (values), set;
  const gchar *const different[] = {
    "{\"x\":null}", "{\"x\":0}", "{\"x\":false}", "{\"x\":\"\"}", "{\"x\":[]}",
    "{\"x\":{}}", "{\"x\":[[],0]}", "{\"x\":[[0]]}", "{\"y\":0}",
    "{\"x\":0.5}", "{\"x\":9223372036854775807}", "{\"x\":1e300}",
    "{\"x\":{\"a\":1,\"b\":2}}", "{\"x\":{\"a\":2,\"b\":1}}",
    "{\"x\":0,\"y\":0}", "{\"xy\":0}",
  };
  guint i, j;

  g_assert_true (same (plain, get_extra_key (values, "{}")));
  for (i = 0; i < G_N_ELEMENTS (different); i++) {
    CupStoreKey key = get_extra_key (values, different[i]);

    g_assert_false (same (key, plain));
    for (j = 0; j < i; j++)
      g_assert_false (same (key, get_extra_key (values, different[j])));
  }
  g_assert_true (same (get_extra_key (values, "{\"a\":1,\"b\":{\"c\":1,"
              "\"d\":-0.0}}"), get_extra_key (values, "{\"b\":{\"d\":0,"
              "\"c\":1.0},\"a\":1}")));

  /* It is the same as the field; but beside it, it need not take its place: an
   * application may have another name for that. */
  set_field (values, CUP_FIELD_PROMPT, FALSE);
  set = get_key (values);
  g_assert_false (same (set, get_extra_key (values, "{\"prompt\":\"b\"}")));
  cup_values_unset (values, CUP_FIELD_PROMPT);
  g_assert_true (same (set, get_extra_key (values, "{\"prompt\":\"a\"}")));
  set_double (values, CUP_FIELD_SCALE, 2);
  set = get_extra_key (values, "{\"scale\":1}");
  set_double (values, CUP_FIELD_SCALE, 4);
  g_assert_false (same (set, get_extra_key (values, "{\"scale\":1}")));
  cup_values_unset (values, CUP_FIELD_SCALE);
  set_field (values, CUP_FIELD_MODEL_TYPE, TRUE);
  set = get_key (values);
  cup_values_unset (values, CUP_FIELD_MODEL_TYPE);
  g_assert_true (same (set, get_extra_key (values,
              "{\"model_type\":\"SDXL\"}")));
  cup_values_free (values);
}

static CupStoreKey
get_pixels_key (guint width, guint height, guint channels, guint depth,
    gint changed)
{
  CupPixels *pixels = cup_pixels_new (width, height, channels, depth, NULL);
  CupStoreKeyBuilder *builder = cup_store_key_builder_new ();
  gsize row = (gsize) width * channels * depth / 8, i;
  CupStoreKey key;
  guint y;

  /* What is between the rows must not matter. */
  memset (pixels->data, g_random_int_range (0, 256),
      cup_pixels_get_size (pixels));
  for (y = 0; y < height; y++) {
    for (i = 0; i < row; i++)
      cup_pixels_row (pixels, y)[i] =
          (guint8) (changed == (gint) (y * row + i));
  }
  cup_store_key_builder_add_pixels (builder, pixels);
  cup_store_key_builder_get_key (builder, &key);
  cup_store_key_builder_free (builder);
  cup_pixels_unref (pixels);
  return key;
}

static void
test_pictures (void)
{
  CupStoreKey key = get_pixels_key (5, 4, 3, 8, -1);
  CupStoreKeyBuilder *builder;
  CupStoreKey first, second;
  GBytes *bytes;
  gint i;

  for (i = 0; i < 20; i++)
    g_assert_true (same (key, get_pixels_key (5, 4, 3, 8, -1)));
  for (i = 0; i < 60; i++)
    g_assert_false (same (key, get_pixels_key (5, 4, 3, 8, i)));
  /* The same 60 or 120 bytes of zero. */
  g_assert_false (same (key, get_pixels_key (4, 5, 3, 8, -1)));
  g_assert_false (same (key, get_pixels_key (5, 12, 1, 8, -1)));
  g_assert_false (same (key, get_pixels_key (5, 3, 4, 8, -1)));
  g_assert_false (same (get_pixels_key (5, 4, 3, 16, -1),
          get_pixels_key (10, 4, 3, 8, -1)));

  bytes = g_bytes_new_static ("abc", 3);
  builder = cup_store_key_builder_new ();
  cup_store_key_builder_get_key (builder, &first);
  cup_store_key_builder_add_encoded (builder, bytes);
  cup_store_key_builder_get_key (builder, &second);
  g_assert_false (same (first, second));
  cup_store_key_builder_free (builder);
  g_bytes_unref (bytes);
}

/* Not the key of the picture that a store has. */
static void
test_fingerprints (void)
{
  CupStoreKeyBuilder *builders[4];
  GBytes *bytes[2];
  CupStoreKey keys[4];
  guint i, j;

  bytes[0] = g_bytes_new_static ("abc", 3);
  bytes[1] = g_bytes_new_static ("abd", 3);
  for (i = 0; i < G_N_ELEMENTS (keys); i++) {
    CupFingerprint fingerprint;

    builders[i] = cup_store_key_builder_new ();
    cup_fingerprint_bytes (bytes[i % 2], &fingerprint);
    if (i < 2)
      cup_store_key_builder_add_encoded (builders[i], bytes[i]);
    else
      cup_store_key_builder_add_fingerprint (builders[i], &fingerprint);
    cup_store_key_builder_get_key (builders[i], &keys[i]);
    for (j = 0; j < i; j++)
      g_assert_false (same (keys[i], keys[j]));
  }
  for (i = 0; i < G_N_ELEMENTS (keys); i++)
    cup_store_key_builder_free (builders[i]);
  g_bytes_unref (bytes[0]);
  g_bytes_unref (bytes[1]);
}

/* The layout that key.h promises: whoever changes it changes the version. */
static void
test_layout (void)
{
  static const guint8 wanted[] =
      "creative-upscaler key\n" "\1\0\0\0"
      "\13\0\0\0" "application" "s\1\0\0\0a"
      "\6\0\0\0" "engine" "s\3\0\0\0fal"
      "\13\0\0\0" "field:scale" "i\2\0\0\0\0\0\0\0"
      "\1\0\0\0" "x" "d\0\0\0\0\0\0\xe0\x3f";
  CupStoreKeyBuilder *builder = cup_store_key_builder_new ();
  CupValues *values = cup_values_new ();
  gchar *text, *expected;
  CupStoreKey key;

  set_double (values, CUP_FIELD_SCALE, 2);
  cup_store_key_builder_add_number (builder, "x", 0.5);
  cup_store_key_builder_add_text (builder, "engine", "fal");
  cup_store_key_builder_add_values (builder, values, CUP_FIELDS_ALL);
  cup_store_key_builder_add_text (builder, "application", "a");
  cup_store_key_builder_add_text (builder, "nothing", NULL);
  cup_store_key_builder_get_key (builder, &key);
  text = cup_store_key_to_string (&key);
  expected = g_compute_checksum_for_data (G_CHECKSUM_SHA256, wanted,
      sizeof (wanted) - 1);
  g_assert_cmpstr (text, ==, expected);

  g_test_expect_message (NULL, G_LOG_LEVEL_CRITICAL, "*part engine*");
  cup_store_key_builder_add_text (builder, "engine", "other");
  g_test_assert_expected_messages ();
  g_free (text);
  g_free (expected);
  cup_values_free (values);
  cup_store_key_builder_free (builder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/key/fields", test_fields);
  g_test_add_func ("/store/key/masked", test_masked);
  g_test_add_func ("/store/key/copies-and-order", test_copies_and_order);
  g_test_add_func ("/store/key/numbers", test_numbers);
  g_test_add_func ("/store/key/extra", test_extra);
  g_test_add_func ("/store/key/pictures", test_pictures);
  g_test_add_func ("/store/key/fingerprints", test_fingerprints);
  g_test_add_func ("/store/key/layout", test_layout);
  return g_test_run ();
}
