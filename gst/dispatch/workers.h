/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The threads that touch pixels.
 *
 * Two queues, each served by as many threads as there are cores: what *starts*
 * a frame (convert, encode, the local engine) and what *finishes* one (decode,
 * convert for downstream). They are apart so that a result that is ready never
 * waits for frames behind it that have only begun; the kernel shares the cores
 * between them.
 *
 * All functions may be called from any thread. Nothing here blocks, unless there is no
 * thread to be had at all: see base/pool.h.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _CupWorkers CupWorkers;

typedef enum
{
  CUP_WORK_START,
  CUP_WORK_FINISH,
} CupWorkKind;

/* Runs once on a worker, always (where the system has no thread to give, on the
 * thread that pushes): it owns @data, and finds out by itself
 * whether the work is still wanted. */
typedef void (*CupWorkFunc) (gpointer data);

/* @n_threads of each kind; 0 for the number of cores. */
CupWorkers *cup_workers_new (guint n_threads);
/* For benchmarks: what 0 means from then on; 0 for the number of cores again. */
void cup_workers_set_default_n_threads (guint n_threads);
CupWorkers *cup_workers_ref (CupWorkers * workers);
/* Work that was pushed still runs; its threads end after it. Does not wait. */
void cup_workers_unref (CupWorkers * workers);

guint cup_workers_get_n_threads (CupWorkers * workers);
void cup_workers_push (CupWorkers * workers, CupWorkKind kind,
    CupWorkFunc func, gpointer data);

G_END_DECLS
