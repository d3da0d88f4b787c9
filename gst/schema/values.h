/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A set of values for the fields of the table.
 *
 * A field is either set, by the user, or left to the service. What is not set
 * is not sent; reading it gives the service's documented default.
 *
 * Not thread safe while it is changed: the element changes its own under the
 * object lock and gives every job a copy, which nobody changes any more.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "fields.h"
#include "json-writer.h"

G_BEGIN_DECLS

typedef struct _CupValues CupValues;

CupValues *cup_values_new (void);
CupValues *cup_values_copy (const CupValues * values);
/* Whether the same is set, to the same. Extra members are the same where one is
 * a copy of the other, or both of a third. */
gboolean cup_values_equal (const CupValues * a, const CupValues * b);
void cup_values_free (CupValues * values);

/* Setting and getting by the property's GValue: a string, gdouble, gint64,
 * guint64, gboolean, or gint (the index of a choice). Setting a string to NULL,
 * or an unsigned integer to CUP_FIELD_UNSET, leaves the field to the service
 * again. Numbers are clamped to the row's range. Returns FALSE, and changes
 * nothing, for NaN and for text that is not UTF-8. */
gboolean cup_values_set (CupValues * values, CupFieldId id, const GValue * value);
void cup_values_get (const CupValues * values, CupFieldId id, GValue * value);
void cup_values_unset (CupValues * values, CupFieldId id);

gboolean cup_values_is_set (const CupValues * values, CupFieldId id);
/* CUP_FIELD_BIT of every field that is set. */
guint64 cup_values_get_set_mask (const CupValues * values);

/* The effective value: the one set, or the service's default. */
gdouble cup_values_get_number (const CupValues * values, CupFieldId id);
gint64 cup_values_get_integer (const CupValues * values, CupFieldId id);
guint64 cup_values_get_unsigned (const CupValues * values, CupFieldId id);
gboolean cup_values_get_boolean (const CupValues * values, CupFieldId id);
const gchar *cup_values_get_string (const CupValues * values, CupFieldId id);

/* Members that are sent beside the fields, or in place of those of the same
 * name. @extra: (nullable): a reference is taken, and copies share it. Nobody
 * changes it any more, and as a JsonObject's reference count is not atomic, the
 * caller gives its own back before it lets go of @values. */
void cup_values_set_extra (CupValues * values, JsonObject * extra);
JsonObject *cup_values_get_extra (const CupValues * values);

/* Adds the value of a field that is set, as the member @wire of the object that
 * @writer is in. */
void cup_values_write_field (const CupValues * values, CupFieldId id,
    const gchar * wire, CupJsonWriter * writer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupValues, cup_values_free);

G_END_DECLS
