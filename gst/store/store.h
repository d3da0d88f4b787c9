/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The store: results that were paid for, and the requests that are under way,
 * on disk, so that nothing is paid twice.
 *
 *   DIR/index.db          SQLite: what there is, and where (docs/store.md)
 *   DIR/results/ab/…      the pictures, as the service made them
 *   DIR/owners/           who is using it right now
 *
 * results.h has what is stored, journal.h what is under way, uploads.h what
 * the service keeps of ours, key.h how they are found.
 *
 * Threads: all functions may be called from any thread, and all of them block:
 * on the disk, on a lock within the process, or on another process that is
 * writing (each for milliseconds). So they are for worker threads. Looking up
 * does not wait for who writes.
 *
 * Processes: any number of them may have the same folder open, on a local file
 * system. What a process has claimed is known by a lock of the kernel on its
 * file in owners/, which goes with the process however it ends. A process that
 * forks without exec() must not use the store in the child, and its claims stay
 * until both are gone.
 *
 * Errors are of CUP_ERROR: NO_SPACE where the disk is full, READ_ONLY where
 * nothing can be written, BAD_DATA where something is damaged, UNSUPPORTED
 * where a newer version made it, TIMEOUT where another process has kept it
 * locked for very long, FAILED for the rest. After any of them the store is as
 * it was before the call.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _CupStore CupStore;

/* Opens the store in @directory, which is made if it is not there (with those
 * above it, readable for the user only). How long it takes does not depend on
 * how much is in it. What processes left behind that were killed is removed. A
 * damaged index is made anew, where nobody else has the folder open.
 *
 * Where nothing can be written (a read-only folder or disk, or a full one) a
 * store that is there is opened for lookups; cup_store_check_writable() says
 * why, and so does everything that would write. */
CupStore *cup_store_open (const gchar * directory, GError ** error);
CupStore *cup_store_ref (CupStore * store);
/* With the last reference what is claimed is left to others: see journal.h. */
void cup_store_unref (CupStore * store);

const gchar *cup_store_get_directory (CupStore * store);
/* FALSE with CUP_ERROR_READ_ONLY or CUP_ERROR_NO_SPACE where it was opened for
 * lookups only. */
gboolean cup_store_check_writable (CupStore * store, GError ** error);

/* FALSE with CUP_ERROR_BAD_DATA as soon as anything has come upon damage of the index:
 * nothing that it says is to be trusted, and nothing is to be paid for by it. */
gboolean cup_store_check_index (CupStore * store, GError ** error);
/* (nullable): what is to be told once: that the index was damaged and has been made
 * anew, and what is lost. The store's. */
const GError *cup_store_get_notice (CupStore * store);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupStore, cup_store_unref);

G_END_DECLS
