/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Server-sent events: the parser of a stream of them, as HTML's standard
 * describes it ("Server-sent events", 9.2.6), fed in pieces of any size.
 *
 * Takes what real servers send: lines that end in CR, LF or both, comments,
 * several data lines, a byte order mark, names that are not known. What is not
 * ended by an empty line when the stream ends is not an event. Not thread safe.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _CupSse CupSse;

/* An event with data. @type is "message" where the stream does not say; @data
 * is not necessarily UTF-8. The parser must not be fed or freed from within. */
typedef void (*CupSseEvent) (const gchar * type, GBytes * data,
    gpointer user_data);

/* @max_size: bytes that one event may have, with all of its lines. */
CupSse *cup_sse_new (gsize max_size, CupSseEvent func, gpointer user_data);
void cup_sse_free (CupSse * sse);

/* FALSE and CUP_ERROR_TOO_LARGE where an event is too long; the parser cannot
 * be used any more then. */
gboolean cup_sse_feed (CupSse * sse, const guint8 * data, gsize size,
    GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupSse, cup_sse_free);

G_END_DECLS
