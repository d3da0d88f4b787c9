/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A queue of work, and the threads that do it.
 *
 * The first thread is started with the queue, and stays as long as the queue:
 * so all that is pushed is done, even where the system gives no more threads (a
 * container's limit of processes, no memory for another stack). More threads
 * are started while there is work and all are busy.
 *
 * A GThreadPool cannot promise that: where it cannot start its first thread, what
 * is pushed waits for ever. Its threads have no names of their own, either.
 *
 * All functions may be called from any thread. None of them waits for work.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _CupQueue CupQueue;

/* Runs once, on a thread of the queue, and takes ownership of @data. */
typedef void (*CupQueueFunc) (gpointer data);

/* @name: of the threads, as debuggers show it; at most 15 bytes
 * @max_threads: at least 1
 * Returns NULL with CUP_ERROR_NO_THREAD where no thread can be started. */
CupQueue *cup_queue_new (const gchar * name, guint max_threads,
    GError ** error);
/* Work that was pushed is still done; the threads end after it. May be called by
 * one of them. */
void cup_queue_free (CupQueue * queue);

void cup_queue_push (CupQueue * queue, CupQueueFunc func, gpointer data);

G_END_DECLS
