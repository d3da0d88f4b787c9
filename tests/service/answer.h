/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Answers in the forms that the service has.
 */
#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Takes @body. */
void cup_service_answer_json (SoupServerMessage * message, guint status,
    JsonNode * body);
/* The same for an object. */
void cup_service_answer_object (SoupServerMessage * message, guint status,
    JsonObject * object);
void cup_service_answer_text (SoupServerMessage * message, guint status,
    const gchar * type, const gchar * text);
/* {"@name": "@value"} */
void cup_service_answer_word (SoupServerMessage * message, guint status,
    const gchar * name, const gchar * value);

/* "Name: value" in lines; NULL for none. */
void cup_service_answer_add_headers (SoupServerMessage * message,
    const gchar * headers);
void cup_service_answer_set_header (SoupServerMessage * message,
    const gchar * name, const gchar * value);

G_END_DECLS
