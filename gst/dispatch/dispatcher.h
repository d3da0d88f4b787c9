/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Takes a job from "ready to go" to "done": on a worker, brings the input into
 * a form that the engine accepts, then hands the job to the engine.
 *
 * May be called from any thread. Nothing here blocks.
 */
#pragma once

#include "budget.h"
#include "engine/engine.h"
#include "workers.h"

G_BEGIN_DECLS

typedef struct _CupDispatcher CupDispatcher;

/* Takes references. */
CupDispatcher *cup_dispatcher_new (CupEngine * engine, CupWorkers * workers);
/* What jobs may cost whose engine has a service, and all in a dry run (a
 * reference is taken). Before the first job. */
void cup_dispatcher_set_budget (CupDispatcher * dispatcher, CupBudget * budget);
/* Jobs that were submitted are still completed. Does not wait. */
void cup_dispatcher_free (CupDispatcher * dispatcher);

/* Takes @job; its callback tells the end of it. */
void cup_dispatcher_submit (CupDispatcher * dispatcher, CupJob * job);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupDispatcher, cup_dispatcher_free);

G_END_DECLS
