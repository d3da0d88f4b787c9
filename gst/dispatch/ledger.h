/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a job's engine tells by its journal, put down where it belongs: what may
 * be charged in the budget, what has to survive a crash in the cache.
 *
 * A ledger lives as long as anything can still become known of the job's
 * submissions; what is not settled by then is settled by what is known:
 *
 *   not sent, or certainly not accepted   given back; forgotten
 *   accepted, and no result came          spent; left to be gone on with, or
 *                                         forgotten where it was cancelled
 *   nobody knows                          spent; left as it is
 *
 * All functions may be called from any thread, and do not block, but for those
 * that say so.
 */
#pragma once

#include "budget.h"
#include "cache.h"
#include "engine/engine.h"

G_BEGIN_DECLS

typedef struct _CupLedger CupLedger;

/**
 * CupLedgerSettings:
 * @engine: who works on it
 * @cache: (nullable): where its result is kept
 * @key: what the result is found by; with @cache
 * @finding: (nullable): what cup_cache_find() has said, of which the claim is
 *   taken over; with @cache
 * @budget: (nullable): who pays
 * @megapixels: that the result is expected to have
 * @cancellable: the job's
 */
typedef struct
{
  CupEngine *engine;
  CupCache *cache;
  const CupStoreKey *key;
  const CupCacheFinding *finding;
  CupBudget *budget;
  gdouble megapixels;
  GCancellable *cancellable;
} CupLedgerSettings;

/* FALSE with CUP_ERROR_BUDGET where it may not be sent: the claim has been ended.
 * Otherwise @journal, to be given to the job, and @ledger, which lives as long as
 * that. */
gboolean cup_ledger_open (const CupLedgerSettings * settings,
    CupLedger ** ledger, CupJournal ** journal, GError ** error);
/* There is a result. */
void cup_ledger_note_result (CupLedger * ledger, const CupResult * result);
/* There is none, and the job is about to end: what was not sent will not be, and
 * somebody else may have its place in the budget at once. */
void cup_ledger_note_failure (CupLedger * ledger);

G_END_DECLS
