/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a process takes from the heap: all of it, also what libraries take, since
 * the allocator's functions are the program's own. A program that is linked with
 * this has them; a shared library must not be.
 *
 * Under a sanitizer, which has an allocator of its own already, it is that one
 * which is asked. From any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* From here on a block is a large one: of the size of pictures. */
#define MALLOC_COUNT_LARGE ((gsize) 64 << 10)

/**
 * MallocCounts:
 * @calls: that asked for memory, so far
 * @bytes: that they asked for
 * @large_calls: of these, for large blocks
 * @large_bytes: the same
 */
typedef struct
{
  guint64 calls, bytes;
  guint64 large_calls, large_bytes;
} MallocCounts;

/* Whether anything is counted here: not with every C library, nor where a tool
 * has put its own allocator in front of all others. */
gboolean malloc_count_works (void);
void malloc_count_read (MallocCounts * counts);

/* Bytes that are in use are counted as the allocator rounds them. While a block
 * grows, the old one counts, too. */
gsize malloc_count_get_in_use (void);
/* The most that was in use at once since the last malloc_count_reset_peak(). */
gsize malloc_count_get_peak (void);
void malloc_count_reset_peak (void);

/* Which sizes of large blocks are asked for: noted while it is on. */
typedef void (*MallocCountSizeFunc) (gsize size, guint64 calls);
void malloc_count_note_sizes (gboolean on);
void malloc_count_foreach_size (MallocCountSizeFunc func);

G_END_DECLS
