/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs: what an engine is asked for once, whoever wants the result. A run begins
 * with a job, and takes in the jobs that turn out to be for the same result
 * while it is under way.
 *
 * The engine works on a job of the run's own (cup_run_get_job()), which has the
 * first job's input and settings. A job that is cancelled ends at once; the
 * engine is told when nobody is left who wants the result. That tells whether one of
 * them was left (cup_job_leave()), rather than taken back.
 *
 * All functions may be called from any thread. The lock inside comes before none
 * but those of GLib.
 */
#pragma once

#include "engine/job.h"
#include "store/key.h"

G_BEGIN_DECLS

typedef struct _CupRuns CupRuns;
typedef struct _CupRun CupRun;

/* The runs that jobs may be taken into. @unwanted is called, with no lock held,
 * when nobody wants the result of some run any more. */
CupRuns *cup_runs_new (void (*unwanted) (gpointer user_data),
    gpointer user_data, GDestroyNotify destroy);
CupRuns *cup_runs_ref (CupRuns * runs);
void cup_runs_unref (CupRuns * runs);

/* What becomes of @result before it is given out, in the thread that completes
 * the run's job: NULL where that failed, as @error says. Once more with each copy
 * that other jobs get. Must not block. */
typedef void (*CupRunEnd) (CupRun * run, const CupResult * result,
    const GError * error, gpointer user_data);

/* Takes @job. @end may be NULL; @destroy frees @user_data with the run. */
CupRun *cup_run_new (CupRuns * runs, CupJob * job, CupRunEnd end,
    gpointer user_data, GDestroyNotify destroy);
CupRun *cup_run_ref (CupRun * run);
void cup_run_unref (CupRun * run);
gpointer cup_run_get_data (CupRun * run);

/* For the owner of its input, as with any job: the run's own, to be completed
 * once. Valid until then. */
CupJob *cup_run_get_job (CupRun * run);
/* FALSE where all who wanted the result have been cancelled. */
gboolean cup_run_is_wanted (CupRun * run);

/* Once, before the engine has it: the result is that of @key and @variant. TRUE
 * where another run is for the same: then the jobs are that one's now, and this
 * one's own job is to be cancelled. */
gboolean cup_run_merge (CupRun * run, const CupStoreKey * key, guint variant);

G_END_DECLS
