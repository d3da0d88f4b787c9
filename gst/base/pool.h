/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A queue of work for some threads of GLib's. GThreadPool alone leaves work in its
 * queue for good where the system gives no thread for it, and tells nobody. Here the
 * work is done by the thread that pushes it then.
 *
 * All functions may be called from any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _CupPool CupPool;

/* @func gets each item, and @user_data. */
CupPool *cup_pool_new (GFunc func, gpointer user_data, guint n_threads);
/* What was pushed is still done; its threads end after it. Does not wait, and may be
 * called from within @func. */
void cup_pool_free (CupPool * pool);

/* @item is not NULL. Items are begun in the order in which they are pushed. Calls
 * @func before it returns where there is no thread at all and none can be started,
 * for one item at a time: so no lock is to be held here that @func takes. */
void cup_pool_push (CupPool * pool, gpointer item);

G_END_DECLS
