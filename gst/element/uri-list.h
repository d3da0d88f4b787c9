/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Buffers of text/uri-list (RFC 2483): pictures that are elsewhere, one a line.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define CUP_URI_LIST_MIME "text/uri-list"

/* The lines that are neither empty nor a comment, without white space around
 * them; any text, to be checked one by one. NULL and an error where the buffer
 * cannot be read. */
GPtrArray *cup_uri_list_parse (GstBuffer * buffer, GError ** error);

/* Whether a picture may be taken from there: http, https or file, and written
 * as a URI. Errors show @uri redacted. */
gboolean cup_uri_list_check (const gchar * uri, GError ** error);

G_END_DECLS
