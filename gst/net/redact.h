/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keeps keys out of what people and files get to see.
 *
 * Everything that is logged or put into an error and may hold a key, or text
 * that came from a server (which may echo one), goes through here. Text has to
 * be redacted before it is shortened: half a key would not be recognised.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CUP_REDACTED "***"

/* A copy of @text in which every occurrence of @key, "id:secret", is replaced:
 * as it is, its secret half alone, and both percent-encoded, escaped as in
 * JSON, or in base64. @key may be NULL or empty. */
gchar *cup_redact (const gchar * text, const gchar * key);

/* @url without what may hold a secret: user information, query ("?…" stands
 * for it), fragment, and the contents of a data: URI. Takes anything, also
 * what is no URL at all; the result is one printable line of bounded length. */
gchar *cup_redact_url (const gchar * url);

G_END_DECLS
