/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch lines of a document, to be run as they stand there.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns what stands behind "gst-launch-1.0 " in the line of docs/@name that has
 * @word in it, which has to be the only one; free with g_free(). */
gchar *document_find_line (const gchar * name, const gchar * word);

/* Returns @line, which is freed, with @properties for its creativeupscaler. */
gchar *document_add_properties (gchar * line, const gchar * properties);

G_END_DECLS
