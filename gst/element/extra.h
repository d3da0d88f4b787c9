/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The `extra-input` property: a GstStructure as a JSON object.
 */
#pragma once

#include <gst/gst.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Strings, integers, floating point, booleans, nested structures, arrays and
 * lists become what they are in JSON, a fraction a number, a string that is
 * NULL null. What JSON cannot hold is left out, and @ignored says what that is
 * ("a.b[2] (GstBuffer)", with commas between); NULL where nothing is. */
JsonObject *cup_extra_to_json (const GstStructure * structure,
    gchar ** ignored);

G_END_DECLS
