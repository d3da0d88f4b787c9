/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the key comes from.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Looks for a key, in this order: @api_key; the first line of the file
 * @api_key_file; $FAL_KEY; $FAL_KEY_ID with $FAL_KEY_SECRET. Empty strings
 * count as absent. Returns the key, "id:secret", and in @source a static text
 * that says where it came from; NULL without @error where none is configured;
 * NULL with CUP_ERROR_NOT_AUTHORIZED where one is configured but cannot be
 * used (unreadable file, empty file, control characters, only one half of the
 * pair). The error never holds any part of a key. */
gchar *cup_fal_find_key (const gchar * api_key, const gchar * api_key_file,
    const gchar ** source, GError ** error);

/* g_free() that wipes the memory first. */
void cup_fal_free_key (gchar * key);

G_END_DECLS
