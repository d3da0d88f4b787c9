/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory of frames that leave, from base/memory.h: where GStreamer's own
 * allocator would end the process for lack of memory, this one returns NULL, and
 * the memory of a large frame goes back to the system whole.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Returns an allocator that keeps nothing of its own. Any thread may use it. */
GstAllocator *cup_allocator_new (void);

G_END_DECLS
