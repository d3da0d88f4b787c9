/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keys of results: see key.h, which has the layout of what is hashed.
 */
#include "key.h"

#include <math.h>
#include <string.h>

#include "digest.h"

#define MAGIC "creative-upscaler key\n"

struct _CupStoreKeyBuilder
{
  GTree *parts;                 /* name → GByteArray, the value */
};

guint
cup_store_key_hash (gconstpointer key)
{
  guint hash;

  memcpy (&hash, ((const CupStoreKey *) key)->bytes, sizeof (hash));
  return hash;
}

gboolean
cup_store_key_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (CupStoreKey)) == 0;
}

gchar *
cup_store_key_to_string (const CupStoreKey * key)
{
  GString *text = g_string_sized_new (2 * CUP_STORE_KEY_SIZE + 1);
  guint i;

  for (i = 0; i < CUP_STORE_KEY_SIZE; i++)
    g_string_append_printf (text, "%02x", key->bytes[i]);
  return g_string_free (text, FALSE);
}

static gint
compare_names (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return strcmp (a, b);
}

static void
free_value (gpointer value)
{
  g_byte_array_unref (value);
}

CupStoreKeyBuilder *
cup_store_key_builder_new (void)
{
  CupStoreKeyBuilder *builder = g_new0 (CupStoreKeyBuilder, 1);

  builder->parts = g_tree_new_full (compare_names, NULL, g_free, free_value);
  return builder;
}

void
cup_store_key_builder_free (CupStoreKeyBuilder * builder)
{
  g_tree_unref (builder->parts);
  g_free (builder);
}

/* Takes @value. */
static void
add_part (CupStoreKeyBuilder * builder, const gchar * name, GByteArray * value)
{
  if (g_tree_lookup (builder->parts, name)) {
    g_critical ("the key has a part %s already", name);
    g_byte_array_unref (value);
    return;
  }
  g_tree_insert (builder->parts, g_strdup (name), value);
}

static void
append_tag (GByteArray * out, gchar tag)
{
  g_byte_array_append (out, (const guint8 *) &tag, 1);
}

static void
append_u32 (GByteArray * out, guint32 number)
{
  number = GUINT32_TO_LE (number);
  g_byte_array_append (out, (const guint8 *) &number, sizeof (number));
}

static void
append_u64 (GByteArray * out, guint64 number)
{
  number = GUINT64_TO_LE (number);
  g_byte_array_append (out, (const guint8 *) &number, sizeof (number));
}

static void
append_name (GByteArray * out, const gchar * name)
{
  gsize length = strlen (name);

  append_u32 (out, (guint32) length);
  g_byte_array_append (out, (const guint8 *) name, (guint) length);
}

static void
append_text (GByteArray * out, const gchar * text)
{
  append_tag (out, 's');
  append_name (out, text);
}

static void
append_integer (GByteArray * out, gint64 number)
{
  append_tag (out, 'i');
  append_u64 (out, (guint64) number);
}

static void
append_number (GByteArray * out, gdouble number)
{
  const gdouble limit = 9223372036854775808.0;  /* 2⁶³ */
  guint64 bits;

  /* −0.0 is whole, and becomes 0 here. */
  if (number >= -limit && number < limit && number == trunc (number)) {
    append_integer (out, (gint64) number);
    return;
  }
  if (isnan (number))
    number = NAN;
  memcpy (&bits, &number, sizeof (bits));
  append_tag (out, 'd');
  append_u64 (out, bits);
}

static void
append_boolean (GByteArray * out, gboolean value)
{
  guint8 byte = value ? 1 : 0;

  append_tag (out, 'b');
  g_byte_array_append (out, &byte, 1);
}

static void append_node (GByteArray * out, JsonNode * node);

static void
append_array (GByteArray * out, JsonArray * array)
{
  guint length = json_array_get_length (array), i;

  append_tag (out, 'a');
  append_u32 (out, length);
  for (i = 0; i < length; i++)
    append_node (out, json_array_get_element (array, i));
}

static gint
compare_members (gconstpointer a, gconstpointer b)
{
  return strcmp (a, b);
}

static void
append_object (GByteArray * out, JsonObject * object)
{
  GList *names = g_list_sort (json_object_get_members (object),
      compare_members);
  GList *item;

  append_tag (out, 'o');
  append_u32 (out, g_list_length (names));
  for (item = names; item; item = item->next) {
    append_name (out, item->data);
    append_node (out, json_object_get_member (object, item->data));
  }
  g_list_free (names);
}

static void
append_scalar (GByteArray * out, JsonNode * node)
{
  switch (json_node_get_value_type (node)) {
    case G_TYPE_STRING:
      append_text (out, json_node_get_string (node));
      break;
    case G_TYPE_INT64:
      append_integer (out, json_node_get_int (node));
      break;
    case G_TYPE_BOOLEAN:
      append_boolean (out, json_node_get_boolean (node));
      break;
    default:
      append_number (out, json_node_get_double (node));
      break;
  }
}

static void
append_node (GByteArray * out, JsonNode * node)
{
  switch (json_node_get_node_type (node)) {
    case JSON_NODE_OBJECT:
      append_object (out, json_node_get_object (node));
      break;
    case JSON_NODE_ARRAY:
      append_array (out, json_node_get_array (node));
      break;
    case JSON_NODE_VALUE:
      append_scalar (out, node);
      break;
    case JSON_NODE_NULL:
      append_tag (out, 'z');
      break;
  }
}

static void
append_field (GByteArray * out, const CupValues * values,
    const CupField * field)
{
  switch (field->kind) {
    case CUP_FIELD_KIND_FRAME:
      break;
    case CUP_FIELD_KIND_STRING:
      append_text (out, cup_values_get_string (values, field->id));
      break;
    case CUP_FIELD_KIND_NUMBER:
      append_number (out, cup_values_get_number (values, field->id));
      break;
    case CUP_FIELD_KIND_INTEGER:
      append_integer (out, cup_values_get_integer (values, field->id));
      break;
    case CUP_FIELD_KIND_UNSIGNED:
      append_integer (out, (gint64) cup_values_get_unsigned (values,
              field->id));
      break;
    case CUP_FIELD_KIND_BOOLEAN:
      append_boolean (out, cup_values_get_boolean (values, field->id));
      break;
    case CUP_FIELD_KIND_CHOICE:
      append_text (out,
          field->choices[cup_values_get_integer (values, field->id)].wire);
      break;
  }
}

static void
add_named (CupStoreKeyBuilder * builder, const gchar * prefix,
    const gchar * wire, GByteArray * value)
{
  gchar *name = g_strconcat (prefix, wire, NULL);

  add_part (builder, name, value);
  g_free (name);
}

void
cup_store_key_builder_add_values (CupStoreKeyBuilder * builder,
    const CupValues * values, guint64 fields)
{
  JsonObject *extra = cup_values_get_extra (values);
  GList *names = extra ? json_object_get_members (extra) : NULL;
  GList *item;
  guint id;

  for (id = 0; id < CUP_N_FIELDS; id++) {
    const CupField *field = cup_field_get (id);
    GByteArray *value;

    if (!(fields & CUP_FIELD_BIT (id)) || !cup_values_is_set (values, id))
      continue;
    value = g_byte_array_new ();
    append_field (value, values, field);
    /* An application that has another name for the field gets both. */
    if (extra && json_object_has_member (extra, field->wire))
      add_named (builder, "beside:", field->wire, value);
    else
      add_named (builder, "field:", field->wire, value);
  }
  for (item = names; item; item = item->next) {
    GByteArray *value = g_byte_array_new ();

    append_node (value, json_object_get_member (extra, item->data));
    add_named (builder, "field:", item->data, value);
  }
  g_list_free (names);
}

void
cup_store_key_builder_add_text (CupStoreKeyBuilder * builder,
    const gchar * name, const gchar * value)
{
  GByteArray *bytes;

  if (!value)
    return;
  bytes = g_byte_array_new ();
  append_text (bytes, value);
  add_part (builder, name, bytes);
}

void
cup_store_key_builder_add_number (CupStoreKeyBuilder * builder,
    const gchar * name, gdouble value)
{
  GByteArray *bytes = g_byte_array_new ();

  append_number (bytes, value);
  add_part (builder, name, bytes);
}

static void
update_row (CupDigest * digest, const guint8 * row, gsize size, guint depth)
{
#if G_BYTE_ORDER == G_BIG_ENDIAN
  if (depth == 16) {
    guint8 *swapped = g_malloc (size);
    gsize i;

    for (i = 0; i + 1 < size; i += 2) {
      swapped[i] = row[i + 1];
      swapped[i + 1] = row[i];
    }
    cup_digest_update (digest, swapped, size);
    g_free (swapped);
    return;
  }
#endif
  cup_digest_update (digest, row, size);
}

void
cup_store_key_builder_add_pixels (CupStoreKeyBuilder * builder,
    const CupPixels * pixels)
{
  CupDigest *state = cup_digest_new ();
  gsize size = (gsize) pixels->width * pixels->channels * (pixels->depth / 8);
  GByteArray *value = g_byte_array_new ();
  guint8 digest[CUP_DIGEST_SIZE];
  guint y;

  for (y = 0; y < pixels->height; y++)
    update_row (state, cup_pixels_row (pixels, y), size, pixels->depth);
  cup_digest_finish (state, digest);

  append_tag (value, 'P');
  append_u32 (value, pixels->width);
  append_u32 (value, pixels->height);
  append_u32 (value, pixels->channels);
  append_u32 (value, pixels->depth);
  g_byte_array_append (value, digest, sizeof (digest));
  add_part (builder, "picture", value);
}

void
cup_store_key_builder_add_encoded (CupStoreKeyBuilder * builder, GBytes * bytes)
{
  GByteArray *value = g_byte_array_new ();
  guint8 digest[CUP_DIGEST_SIZE];

  cup_digest_bytes (bytes, digest);
  append_tag (value, 'E');
  append_u64 (value, g_bytes_get_size (bytes));
  g_byte_array_append (value, digest, sizeof (digest));
  add_part (builder, "picture", value);
}

void
cup_store_key_builder_add_fingerprint (CupStoreKeyBuilder * builder,
    const CupFingerprint * fingerprint)
{
  GByteArray *value = g_byte_array_new ();

  append_tag (value, 'F');
  g_byte_array_append (value, fingerprint->bytes, CUP_FINGERPRINT_SIZE);
  add_part (builder, "picture", value);
}

static gboolean
hash_part (gpointer name, gpointer value, gpointer user_data)
{
  CupDigest *digest = user_data;
  GByteArray *head = g_byte_array_new (), *bytes = value;

  append_name (head, name);
  cup_digest_update (digest, head->data, head->len);
  cup_digest_update (digest, bytes->data, bytes->len);
  g_byte_array_unref (head);
  return FALSE;
}

void
cup_store_key_builder_get_key (CupStoreKeyBuilder * builder, CupStoreKey * key)
{
  CupDigest *digest = cup_digest_new ();
  guint32 version = GUINT32_TO_LE (CUP_STORE_KEY_VERSION);

  cup_digest_update (digest, MAGIC, strlen (MAGIC));
  cup_digest_update (digest, &version, sizeof (version));
  g_tree_foreach (builder->parts, hash_part, digest);
  cup_digest_finish (digest, key->bytes);
}
