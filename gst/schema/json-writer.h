/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes JSON text (RFC 8259).
 *
 * json-glib reads what services answer, but does not write every value as
 * valid JSON: 1e-10 becomes 1e-10.0, the control character U+001F stays as it
 * is, and no node holds an integer of 2^63 or more.
 *
 * A writer belongs to one thread.
 */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _CupJsonWriter CupJsonWriter;

CupJsonWriter *cup_json_writer_new (void);
/* Frees @writer. Returns the text, without a zero at its end. */
GBytes *cup_json_writer_finish (CupJsonWriter * writer);

void cup_json_writer_begin_object (CupJsonWriter * writer);
void cup_json_writer_end_object (CupJsonWriter * writer);
void cup_json_writer_begin_array (CupJsonWriter * writer);
void cup_json_writer_end_array (CupJsonWriter * writer);

/* Inside an object a name precedes each value. In names and strings U+FFFD takes
 * the place of what is not UTF-8. */
void cup_json_writer_add_name (CupJsonWriter * writer, const gchar * name);
void cup_json_writer_add_string (CupJsonWriter * writer, const gchar * text);
void cup_json_writer_add_boolean (CupJsonWriter * writer, gboolean value);
void cup_json_writer_add_integer (CupJsonWriter * writer, gint64 number);
void cup_json_writer_add_unsigned (CupJsonWriter * writer, guint64 number);
/* Writes a text that reads back as @number. A whole number gets no
 * fraction, as in JavaScript's JSON: a model that wants an integer may refuse
 * "4.0". JSON has no infinity and no NaN: these become null. */
void cup_json_writer_add_number (CupJsonWriter * writer, gdouble number);
/* Only reads @node, so threads may write the same node at once. */
void cup_json_writer_add_node (CupJsonWriter * writer, JsonNode * node);

G_END_DECLS
