/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the service makes of a job's input: whether it is valid, and what there
 * is to do.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* NULL where @input is good; otherwise {"detail":[…]} with one item for each
 * field that is not. @alias is the application's: the fields of
 * creative-upscaler are checked, of others only image_url. */
JsonNode *cup_service_input_check (const gchar * alias, JsonObject * input);

/* A {"detail":[{…}]} of one item. @loc2: (nullable): name of the field.
 * @context: (transfer full) (nullable): "ctx". */
JsonNode *cup_service_detail (const gchar * loc1, const gchar * loc2,
    const gchar * type, const gchar * message, JsonObject * context);

/* Of a valid input: the factor, by whichever of the names that siblings of the
 * application have for it, and whether and which seed was given. */
gdouble cup_service_input_get_scale (const gchar * alias, JsonObject * input);
gboolean cup_service_input_get_seed (JsonObject * input, gint64 * seed);

/* The bytes of a data URI, or NULL where @uri is not one. */
GBytes *cup_service_input_decode_data_uri (const gchar * uri);

G_END_DECLS
