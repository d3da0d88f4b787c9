/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How much memory there is for large pictures. Most systems promise more memory
 * than they have, and end a process that uses what was promised: the question has
 * to be asked before the memory is used.
 *
 * From any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns about how many bytes the process can still have: what the system says
 * is available, and what the process's own limit (RLIMIT_AS) leaves. Returns
 * G_MAXUINT64 where neither is known. */
guint64 cup_room_get_bytes (void);

/* Returns the bytes that the field MemAvailable of @meminfo, the text of
 * /proc/meminfo, says; G_MAXUINT64 without such a field. */
guint64 cup_room_parse_meminfo (const gchar * meminfo);

/* Returns whether a block of @size bytes can be had right now. For callers of
 * functions that end the process where it cannot. */
gboolean cup_room_has_block (gsize size);

G_END_DECLS
