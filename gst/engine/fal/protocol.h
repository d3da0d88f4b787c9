/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is sent: endpoint ids, URLs and bodies of fal's queue protocol. Pure
 * functions.
 */
#pragma once

#include "image/image.h"
#include "application.h"
#include "schema/values.h"

G_BEGIN_DECLS

/* Checks an endpoint id, "owner/alias[/path]" with an optional leading
 * "workflows/" or "comfy/", or the old form "123-alias". Returns in @endpoint
 * what is submitted to, and in @application what the requests made by it are
 * found under: the same without the path. CUP_ERROR_SETTINGS. */
gboolean cup_fal_parse_application (const gchar * id, gchar ** endpoint,
    gchar ** application, GError ** error);

/* Checks a base URL and returns it without a slash at its end. @property names
 * it in the error, CUP_ERROR_SETTINGS. */
gchar *cup_fal_parse_location (const gchar * location, const gchar * property,
    GError ** error);

/* Whether an id that came from outside may be one: printable characters of UTF-8,
 * which are escaped in URLs. */
gboolean cup_fal_request_id_is_valid (const gchar * request_id);

/* {location}/{application}/requests/{request_id}{suffix} */
gchar *cup_fal_build_request_url (const gchar * location,
    const gchar * application, const gchar * request_id, const gchar * suffix);
/* @url where it has the origin of @location, and so may be sent the key;
 * otherwise NULL. */
const gchar *cup_fal_check_origin (const gchar * url, const gchar * location);

/* What asks for a place to upload a picture to. */
GBytes *cup_fal_build_upload_body (CupImageType type);
/* The input object: the picture, the fields that are set and that
 * @application has, by its names, and what the user added, which has the last
 * word. @values: (nullable). */
GBytes *cup_fal_build_submit_body (const CupFalApplication * application,
    const CupValues * values, const gchar * image_url);
/* The same for the log, at any depth: without @key, without what URLs may hide,
 * without data URIs, and without what is named like a secret. */
gchar *cup_fal_describe_body (GBytes * body, const gchar * key);

/* Limits for a result: four times the pixels that @scale leads to, for
 * services that round or have a scale of their own, and what those could take
 * as a file. */
guint64 cup_fal_max_result_pixels (guint width, guint height, gdouble scale);
gsize cup_fal_max_result_bytes (guint64 max_pixels);

G_END_DECLS
