/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Parts of one picture on several cores. The thread that calls takes part, and
 * goes on alone where no other is free: nothing ever waits for a thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Does part @band (0…n_bands - 1). In any order, in any thread, at the same
 * time. */
typedef void (*CupBandFunc) (guint band, gpointer data);

/* Returns when all are done. From any thread, several at once: the threads that
 * help are shared by all callers, one fewer than there are cores. */
void cup_bands_run (guint n_bands, CupBandFunc func, gpointer data);

/* For tests: 1 for the caller alone, 0 for one a core, as it is at first. */
void cup_bands_set_n_threads (guint n_threads);

G_END_DECLS
