/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "values.h"

#include <math.h>

typedef union
{
  gdouble number;
  gint64 integer;               /* of an unsigned field: its 64 bits */
  gboolean boolean;
  gint choice;
  gchar *text;                  /* a GRefString: copies for jobs share it */
} CupValue;

/* In an atomic reference counted box: copies go from thread to thread, and the
 * count that a JsonObject has itself is not atomic. */
typedef struct
{
  JsonObject *object;
} Extra;

struct _CupValues
{
  guint64 set;                  /* CUP_FIELD_BIT of what is set */
  CupValue value[CUP_N_FIELDS]; /* of what is not set: all zero */
  Extra *extra;                 /* (nullable) */
};

CupValues *
cup_values_new (void)
{
  return g_new0 (CupValues, 1);
}

CupValues *
cup_values_copy (const CupValues * values)
{
  CupValues *copy = g_new (CupValues, 1);
  guint id;

  *copy = *values;
  for (id = 0; id < CUP_N_FIELDS; id++) {
    if (cup_values_is_set (values, id)
        && cup_field_get (id)->kind == CUP_FIELD_KIND_STRING)
      g_ref_string_acquire (copy->value[id].text);
  }
  if (copy->extra)
    g_atomic_rc_box_acquire (copy->extra);
  return copy;
}

gboolean
cup_values_equal (const CupValues * a, const CupValues * b)
{
  guint id;

  if (a->set != b->set || a->extra != b->extra)
    return FALSE;
  for (id = 0; id < CUP_N_FIELDS; id++) {
    const CupValue *x = &a->value[id], *y = &b->value[id];
    gboolean same = TRUE;

    if (!cup_values_is_set (a, id))
      continue;
    switch (cup_field_get (id)->kind) {
      case CUP_FIELD_KIND_STRING:
        same = g_str_equal (x->text, y->text);
        break;
      case CUP_FIELD_KIND_NUMBER:
        same = x->number == y->number;
        break;
      case CUP_FIELD_KIND_INTEGER:
      case CUP_FIELD_KIND_UNSIGNED:
        same = x->integer == y->integer;
        break;
      case CUP_FIELD_KIND_BOOLEAN:
        same = !x->boolean == !y->boolean;
        break;
      case CUP_FIELD_KIND_CHOICE:
        same = x->choice == y->choice;
        break;
      case CUP_FIELD_KIND_FRAME:
        break;
    }
    if (!same)
      return FALSE;
  }
  return TRUE;
}

void
cup_values_free (CupValues * values)
{
  guint id;

  for (id = 0; id < CUP_N_FIELDS; id++)
    cup_values_unset (values, id);
  cup_values_set_extra (values, NULL);
  g_free (values);
}

void
cup_values_unset (CupValues * values, CupFieldId id)
{
  if (!cup_values_is_set (values, id))
    return;
  if (cup_field_get (id)->kind == CUP_FIELD_KIND_STRING)
    g_ref_string_release (values->value[id].text);
  values->set &= ~CUP_FIELD_BIT (id);
  values->value[id] = (CupValue) {
  0};
}

gboolean
cup_values_set (CupValues * values, CupFieldId id, const GValue * value)
{
  const CupField *field = cup_field_get (id);
  CupValue new_value = { 0 };

  switch (field->kind) {
    case CUP_FIELD_KIND_FRAME:
      g_return_val_if_reached (FALSE);
    case CUP_FIELD_KIND_STRING:{
      const gchar *text = g_value_get_string (value);

      if (text == NULL) {
        cup_values_unset (values, id);
        return TRUE;
      }
      if (!g_utf8_validate (text, -1, NULL))
        return FALSE;
      new_value.text = g_ref_string_new (text);
      break;
    }
    case CUP_FIELD_KIND_NUMBER:{
      gdouble number = g_value_get_double (value);

      if (isnan (number))
        return FALSE;
      new_value.number = CLAMP (number, field->minimum, field->maximum);
      break;
    }
    case CUP_FIELD_KIND_INTEGER:
      new_value.integer = CLAMP (g_value_get_int64 (value),
          (gint64) field->minimum, (gint64) field->maximum);
      break;
    case CUP_FIELD_KIND_UNSIGNED:
      if (g_value_get_uint64 (value) == CUP_FIELD_UNSET) {
        cup_values_unset (values, id);
        return TRUE;
      }
      new_value.integer = (gint64) g_value_get_uint64 (value);
      break;
    case CUP_FIELD_KIND_BOOLEAN:
      new_value.boolean = g_value_get_boolean (value);
      break;
    case CUP_FIELD_KIND_CHOICE:{
      gint choice = g_value_get_int (value);

      g_return_val_if_fail (choice >= 0 && choice < CUP_FIELD_MAX_CHOICES
          && field->choices[choice].wire != NULL, FALSE);
      new_value.choice = choice;
      break;
    }
  }

  cup_values_unset (values, id);
  values->value[id] = new_value;
  values->set |= CUP_FIELD_BIT (id);
  return TRUE;
}

void
cup_values_get (const CupValues * values, CupFieldId id, GValue * value)
{
  switch (cup_field_get (id)->kind) {
    case CUP_FIELD_KIND_FRAME:
      g_return_if_reached ();
    case CUP_FIELD_KIND_STRING:
      g_value_set_string (value, cup_values_get_string (values, id));
      break;
    case CUP_FIELD_KIND_NUMBER:
      g_value_set_double (value, cup_values_get_number (values, id));
      break;
    case CUP_FIELD_KIND_INTEGER:
      g_value_set_int64 (value, cup_values_get_integer (values, id));
      break;
    case CUP_FIELD_KIND_UNSIGNED:
      g_value_set_uint64 (value, cup_values_get_unsigned (values, id));
      break;
    case CUP_FIELD_KIND_BOOLEAN:
      g_value_set_boolean (value, cup_values_get_boolean (values, id));
      break;
    case CUP_FIELD_KIND_CHOICE:
      g_value_set_int (value, (gint) cup_values_get_integer (values, id));
      break;
  }
}

gboolean
cup_values_is_set (const CupValues * values, CupFieldId id)
{
  return (values->set & CUP_FIELD_BIT (id)) != 0;
}

guint64
cup_values_get_set_mask (const CupValues * values)
{
  return values->set;
}

gdouble
cup_values_get_number (const CupValues * values, CupFieldId id)
{
  const CupField *field = cup_field_get (id);

  g_return_val_if_fail (field->kind == CUP_FIELD_KIND_NUMBER, 0);
  return cup_values_is_set (values, id) ? values->value[id].number :
      field->fallback;
}

/* Of an integer its value, of a choice its index. */
gint64
cup_values_get_integer (const CupValues * values, CupFieldId id)
{
  const CupField *field = cup_field_get (id);

  if (!cup_values_is_set (values, id))
    return (gint64) field->fallback;
  if (field->kind == CUP_FIELD_KIND_CHOICE)
    return values->value[id].choice;
  g_return_val_if_fail (field->kind == CUP_FIELD_KIND_INTEGER, 0);
  return values->value[id].integer;
}

guint64
cup_values_get_unsigned (const CupValues * values, CupFieldId id)
{
  const CupField *field = cup_field_get (id);

  g_return_val_if_fail (field->kind == CUP_FIELD_KIND_UNSIGNED, 0);
  return cup_values_is_set (values, id) ?
      (guint64) values->value[id].integer : CUP_FIELD_UNSET;
}

gboolean
cup_values_get_boolean (const CupValues * values, CupFieldId id)
{
  const CupField *field = cup_field_get (id);

  g_return_val_if_fail (field->kind == CUP_FIELD_KIND_BOOLEAN, FALSE);
  return cup_values_is_set (values, id) ? values->value[id].boolean :
      field->fallback != 0;
}

const gchar *
cup_values_get_string (const CupValues * values, CupFieldId id)
{
  const CupField *field = cup_field_get (id);

  g_return_val_if_fail (field->kind == CUP_FIELD_KIND_STRING, NULL);
  return cup_values_is_set (values, id) ? values->value[id].text :
      field->fallback_text;
}

static void
clear_extra (gpointer data)
{
  Extra *extra = data;

  json_object_unref (extra->object);
}

void
cup_values_set_extra (CupValues * values, JsonObject * extra)
{
  Extra *box = NULL;

  if (extra) {
    box = g_atomic_rc_box_new (Extra);
    box->object = json_object_ref (extra);
  }
  if (values->extra)
    g_atomic_rc_box_release_full (values->extra, clear_extra);
  values->extra = box;
}

JsonObject *
cup_values_get_extra (const CupValues * values)
{
  return values->extra ? values->extra->object : NULL;
}

void
cup_values_write_field (const CupValues * values, CupFieldId id,
    const gchar * wire, CupJsonWriter * writer)
{
  const CupField *field = cup_field_get (id);
  const CupValue *value = &values->value[id];

  g_return_if_fail (cup_values_is_set (values, id));
  cup_json_writer_add_name (writer, wire);
  switch (field->kind) {
    case CUP_FIELD_KIND_FRAME:
      break;
    case CUP_FIELD_KIND_STRING:
      cup_json_writer_add_string (writer, value->text);
      break;
    case CUP_FIELD_KIND_NUMBER:
      cup_json_writer_add_number (writer, value->number);
      break;
    case CUP_FIELD_KIND_INTEGER:
      cup_json_writer_add_integer (writer, value->integer);
      break;
    case CUP_FIELD_KIND_UNSIGNED:
      cup_json_writer_add_unsigned (writer, (guint64) value->integer);
      break;
    case CUP_FIELD_KIND_BOOLEAN:
      cup_json_writer_add_boolean (writer, value->boolean);
      break;
    case CUP_FIELD_KIND_CHOICE:
      cup_json_writer_add_string (writer, field->choices[value->choice].wire);
      break;
  }
}
