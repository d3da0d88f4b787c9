/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What may be spent, what was, and what has been saved: a job that is to be sent
 * to a service is reserved for first, and accounted for when it is known what
 * became of it.
 *
 *   reserve ──→ spend ──→ settle, or refund, or nothing more is heard of it
 *      │
 *      └─────→ give back
 *
 * Costs are in whatever unit the prices are in, and estimates. What has a result
 * counts by that, at the prices of the moment at which it came. All else counts
 * at the prices of now, by the megapixels that are expected and the mean
 * inference time of the results so far (nothing before the first); where its
 * size is not known either, by their mean size.
 *
 * Sums are of whole pixels and microseconds, and multiplied by prices only when
 * they are looked at: nothing is ever added to a sum of rounded costs and taken
 * off again. A limit on the cost counts as kept where it is passed by less than
 * a billionth, so that three times 0.1 are within 0.3.
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
 * @refused_megapixels: of their results, as far as they are known
 * @refused_unknown: how many of them have a size that is not known
 * @has_price: whether there is, or was, a price to estimate by
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
  gdouble refused_megapixels;
  guint64 refused_unknown;
  gboolean has_price;
} CupBudgetFigures;

typedef struct _CupBudget CupBudget;

CupBudget *cup_budget_new (void);
CupBudget *cup_budget_ref (CupBudget * budget);
void cup_budget_unref (CupBudget * budget);

/* From now on; what was spent stays. */
void cup_budget_set_limits (CupBudget * budget, const CupBudgetLimits * limits);
void cup_budget_get_limits (CupBudget * budget, CupBudgetLimits * limits);
void cup_budget_get_figures (CupBudget * budget, CupBudgetFigures * figures);

/* One submission, of a result of so many megapixels (0 where it is not known).
 * FALSE with CUP_ERROR_BUDGET, which names the limit, the property and the
 * figures, where it is not allowed; the property is its error_type, too. */
gboolean cup_budget_reserve (CupBudget * budget, gdouble megapixels,
    GError ** error);
/* What a job fails with in a dry run that would not have been submitted: it is
 * not counted. */
GError *cup_budget_new_dry_error (const gchar * message);
/* What is reserved was not submitted, or certainly not accepted. @megapixels as
 * reserved, here and below. */
void cup_budget_give_back (CupBudget * budget, gdouble megapixels);
/* What is reserved was accepted, or may have been. Counts as one of `requests`
 * from now on. */
void cup_budget_spend (CupBudget * budget, gdouble megapixels);
/* What was spent has a result: the cost is known better. Where the service says how
 * many units it charges for, and there is one price, these are the seconds or
 * megapixels of that price; 0 units cost nothing. */
void cup_budget_settle (CupBudget * budget, gdouble megapixels,
    const CupResult * result);
/* Nothing is charged for what was spent: the service has lost it, or has failed
 * at it for a cause of its own. */
void cup_budget_refund (CupBudget * budget, gdouble megapixels);
/* A result came for which nothing was submitted. */
void cup_budget_save (CupBudget * budget, const CupResult * result);

/* The megapixels that the result of @job is expected to have, 0 where that is
 * not known: its input is at a URI. For the owner of its input only. */
gdouble cup_budget_expect (CupJob * job);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupBudget, cup_budget_unref);

G_END_DECLS
