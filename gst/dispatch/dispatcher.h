/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Takes a job from "ready to go" to "done". On a worker:
 *
 *   load → identify → the same under way? → stored? → may it cost? → encode
 *     → engine
 *
 * then the result goes to all who wait for it, and to the cache.
 *
 * All functions may be called from any thread. Nothing here blocks, but for what
 * says so.
 */
#pragma once

#include "budget.h"
#include "cache.h"
#include "engine/engine.h"
#include "workers.h"

G_BEGIN_DECLS

typedef struct _CupDispatcher CupDispatcher;

/* Takes references of all, of which @cache and @budget may be NULL. Only results
 * of engines that work for pictures in encoded form (services) are kept in
 * @cache. */
CupDispatcher *cup_dispatcher_new (CupEngine * engine, CupWorkers * workers,
    CupCache * cache, CupBudget * budget);
/* Jobs that were submitted are still completed. Does not wait. */
void cup_dispatcher_free (CupDispatcher * dispatcher);

/* Takes @job; its callback tells the end of it. */
void cup_dispatcher_submit (CupDispatcher * dispatcher, CupJob * job);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupDispatcher, cup_dispatcher_free);

G_END_DECLS
