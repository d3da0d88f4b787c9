/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What may be spent, what was, and what has been saved: a job that is to be sent
 * to a service is reserved for first, and accounted for when it is known what
 * became of it.
 *
 * Costs are in whatever unit the prices are in, and estimates: what is reserved
 * counts by the megapixels that are expected and the mean inference time of the
 * results so far (nothing before the first); what is spent counts by the result.
 *
 * All functions may be called from any thread and do not block. The lock inside
 * is a leaf.
 */
#pragma once

#include "engine/job.h"

G_BEGIN_DECLS

/**
 * CupBudgetLimits:
 * @max_requests: requests that may be submitted, 0 for any number
 * @max_cost: what they may cost, 0 for any sum; counts only with a price
 * @per_megapixel: of the result, 0 where it is not known
 * @per_second: of inference, 0 where it is not known
 * @dry_run: nothing may be submitted
 */
typedef struct
{
  guint64 max_requests;
  gdouble max_cost;
  gdouble per_megapixel;
  gdouble per_second;
  gboolean dry_run;
} CupBudgetLimits;

/**
 * CupBudgetFigures:
 * @requests: submissions that the service has accepted, or may have
 * @reserved: those that are about to be submitted
 * @cost: of @requests, those included whose result is not there yet
 * @saved_requests: results that were there already: stored, or shared between
 *   jobs at the same time, or of a request of an earlier run
 * @saved_cost: what they would have cost
 * @refused: jobs that the budget did not allow; with a dry run all that would
 *   have been sent
 * @refused_cost: what these would have cost
 * @has_price: whether there is a price to estimate by
 */
typedef struct
{
  guint64 requests;
  guint64 reserved;
  gdouble cost;
  guint64 saved_requests;
  gdouble saved_cost;
  guint64 refused;
  gdouble refused_cost;
  gboolean has_price;
} CupBudgetFigures;

typedef struct _CupBudget CupBudget;

CupBudget *cup_budget_new (void);
CupBudget *cup_budget_ref (CupBudget * budget);
void cup_budget_unref (CupBudget * budget);

/* From now on; what was spent stays. */
void cup_budget_set_limits (CupBudget * budget, const CupBudgetLimits * limits);
void cup_budget_get_figures (CupBudget * budget, CupBudgetFigures * figures);

/* One submission, of a result of so many megapixels (0 where it is not known).
 * FALSE with CUP_ERROR_BUDGET, which names the limit, the property and the
 * figures, where it is not allowed. */
gboolean cup_budget_reserve (CupBudget * budget, gdouble megapixels,
    GError ** error);
/* It was not submitted, or certainly not accepted, or has failed at the service
 * for a cause of its own: nothing is charged. @megapixels as reserved. */
void cup_budget_give_back (CupBudget * budget, gdouble megapixels);
/* It was accepted, or may have been. Counts as one of `requests` from now on;
 * @megapixels as reserved. */
void cup_budget_spend (CupBudget * budget, gdouble megapixels);
/* Its result is there: the cost is known better. */
void cup_budget_settle (CupBudget * budget, gdouble megapixels,
    const CupResult * result);
/* A result came for which nothing was submitted. */
void cup_budget_save (CupBudget * budget, const CupResult * result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupBudget, cup_budget_unref);

G_END_DECLS
