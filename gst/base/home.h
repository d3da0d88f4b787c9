/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * "~" in the names of files: a shell expands it in front of a word only, and not
 * behind the "=" of a property.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns @path with the user's home folder in place of a "~" that is all of it, or
 * is followed by "/". NULL for NULL; free with g_free(). */
gchar *cup_home_expand (const gchar * path);

G_END_DECLS
