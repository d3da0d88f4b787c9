/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Memory whose size goes by that of pictures: pictures, planes, and what is
 * computed on the way. The frames of a stream need the same again and again, and
 * pages that the system takes back have to be had from it anew, and cleared. So
 * blocks that are given back are kept for those to come.
 *
 * What is in use and what is kept is together at most a quarter more than was in use
 * at once not long ago: a stream whose pictures become smaller gives back what it
 * does not need any more. Nothing is kept while there is no user, and no block over
 * 32 MiB ever is.
 *
 * From any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CUP_MEMORY_ALIGNMENT 64

/* @n × @size bytes, uninitialised and aligned to CUP_MEMORY_ALIGNMENT. NULL where
 * there is no memory for them, or their number overflows. */
gpointer cup_memory_alloc (gsize n, gsize size);
/* NULL is none. */
void cup_memory_free (gpointer memory);

#define cup_memory_new(type, n) \
    ((type *) cup_memory_alloc ((n), sizeof (type)))

/* Gives all that is kept back to the system: what waits may be what is missing
 * elsewhere. */
void cup_memory_free_kept (void);

/* From the first cup_memory_keep() to the last cup_memory_let_go() blocks are
 * kept: who works on a stream says so. Blocks may be given back afterwards. */
void cup_memory_keep (void);
void cup_memory_let_go (void);

/**
 * CupMemoryFigures:
 * @in_use: bytes of blocks that were handed out, but for small ones
 * @kept: bytes that wait to be handed out again
 * @n_kept: in so many blocks
 */
typedef struct
{
  gsize in_use;
  gsize kept;
  guint n_kept;
} CupMemoryFigures;

void cup_memory_get_figures (CupMemoryFigures * figures);

G_END_DECLS
