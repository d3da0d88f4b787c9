/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "budget.h"

#include "base/error.h"

/* What a limit may be passed by, as a part of it. */
#define SLACK 1e-9

/* More than any picture has, and few enough to add up many of them. */
#define MAX_PIXELS 1e15

/* Seconds: about a century. */
#define MAX_INFERENCE 3e9

/* Requests whose result is not there. */
typedef struct
{
  guint64 n;
  guint64 n_unknown;            /* of them: without a known size */
  guint64 pixels;               /* of the others */
} Pending;

/* Results. */
typedef struct
{
  guint64 n;
  gdouble earlier_cost;         /* before the prices were changed last */
  guint64 pixels;               /* since then */
  guint64 microseconds;         /* since then */
} Account;

typedef struct
{
  gdouble sum;
  gdouble n;
} Mean;

struct _CupBudget
{
  gint ref_count;
  GMutex lock;                  /* a leaf; guards all below */
  CupBudgetLimits limits;
  gboolean has_price;
  Pending reserved;
  Pending spent;
  Pending refused;
  Account settled;
  Account saved;
  Mean pixels;
  Mean seconds;
};

CupBudget *
cup_budget_new (void)
{
  CupBudget *budget = g_new0 (CupBudget, 1);

  budget->ref_count = 1;
  g_mutex_init (&budget->lock);
  return budget;
}

CupBudget *
cup_budget_ref (CupBudget * budget)
{
  g_atomic_int_inc (&budget->ref_count);
  return budget;
}

void
cup_budget_unref (CupBudget * budget)
{
  if (!g_atomic_int_dec_and_test (&budget->ref_count))
    return;
  g_mutex_clear (&budget->lock);
  g_free (budget);
}

/* Sums */

static guint64
add (guint64 a, guint64 b)
{
  guint64 sum;

  return g_uint64_checked_add (&sum, a, b) ? sum : G_MAXUINT64;
}

/* 0 where it is not known. A number that is none compares as FALSE. */
static guint64
to_pixels (gdouble megapixels)
{
  if (!(megapixels > 0))
    return 0;
  return (guint64) (MIN (megapixels * 1e6, MAX_PIXELS) + 0.5);
}

static void
add_pending (Pending * pending, gdouble megapixels)
{
  guint64 pixels = to_pixels (megapixels);

  pending->n++;
  if (pixels == 0)
    pending->n_unknown++;
  pending->pixels = add (pending->pixels, pixels);
}

static void
remove_pending (Pending * pending, gdouble megapixels)
{
  guint64 pixels = to_pixels (megapixels);

  g_return_if_fail (pending->n > 0 && pending->pixels >= pixels);
  pending->n--;
  if (pixels == 0)
    pending->n_unknown--;
  pending->pixels -= pixels;
}

static guint64
get_pixels (const CupResult * result)
{
  return (guint64) result->info.width * result->info.height;
}

/* What the service tells may be anything. */
static gdouble
get_seconds (const CupResult * result)
{
  return result->inference_time > 0 ?
      MIN (result->inference_time, MAX_INFERENCE) : 0;
}

/* What is charged for. */
typedef struct
{
  gdouble pixels;
  gdouble seconds;
} Amounts;

/* Lock held. By the result itself; where the service says how many units it
 * charges for, and the prices tell what a unit is, by that. */
static Amounts
get_amounts (const CupBudget * budget, const CupResult * result)
{
  Amounts amounts = { (gdouble) get_pixels (result), get_seconds (result) };
  const CupBudgetLimits *limits = &budget->limits;
  gdouble units = result->billable_units;

  if (units == 0)
    amounts.pixels = amounts.seconds = 0;
  else if (units > 0 && limits->per_second > 0 && !(limits->per_megapixel > 0))
    amounts.seconds = MIN (units, MAX_INFERENCE);
  else if (units > 0 && limits->per_megapixel > 0 && !(limits->per_second > 0))
    amounts.pixels = MIN (units * 1e6, MAX_PIXELS);
  return amounts;
}

static void
add_amounts (Account * account, const Amounts * amounts)
{
  account->n++;
  account->pixels = add (account->pixels, (guint64) (amounts->pixels + 0.5));
  account->microseconds = add (account->microseconds,
      (guint64) (amounts->seconds * 1e6 + 0.5));
}

static void
add_to_mean (Mean * mean, gdouble value)
{
  if (value <= 0)
    return;
  mean->sum += value;
  mean->n++;
}

static gdouble
get_mean (const Mean * mean)
{
  return mean->n > 0 ? mean->sum / mean->n : 0;
}

/* Lock held. */
static void
learn (CupBudget * budget, const Amounts * amounts)
{
  add_to_mean (&budget->pixels, amounts->pixels);
  add_to_mean (&budget->seconds, amounts->seconds);
}

/* Costs */

static gdouble
price (const CupBudgetLimits * limits, gdouble pixels, gdouble seconds)
{
  return limits->per_megapixel * 1e-6 * pixels + limits->per_second * seconds;
}

/* Lock held. */
static gdouble
price_pending (const CupBudget * budget, const Pending * pending)
{
  return price (&budget->limits, (gdouble) pending->pixels
      + (gdouble) pending->n_unknown * get_mean (&budget->pixels),
      (gdouble) pending->n * get_mean (&budget->seconds));
}

/* Lock held. */
static gdouble
price_account (const CupBudget * budget, const Account * account)
{
  return account->earlier_cost + price (&budget->limits,
      (gdouble) account->pixels, (gdouble) account->microseconds * 1e-6);
}

/* Lock held: what is behind keeps its prices. */
static void
close_account (CupBudget * budget, Account * account)
{
  account->earlier_cost = price_account (budget, account);
  account->pixels = 0;
  account->microseconds = 0;
}

void
cup_budget_set_limits (CupBudget * budget, const CupBudgetLimits * limits)
{
  g_mutex_lock (&budget->lock);
  if (limits->per_megapixel != budget->limits.per_megapixel
      || limits->per_second != budget->limits.per_second) {
    close_account (budget, &budget->settled);
    close_account (budget, &budget->saved);
  }
  budget->limits = *limits;
  if (limits->per_megapixel > 0 || limits->per_second > 0)
    budget->has_price = TRUE;
  g_mutex_unlock (&budget->lock);
}

void
cup_budget_get_limits (CupBudget * budget, CupBudgetLimits * limits)
{
  g_mutex_lock (&budget->lock);
  *limits = budget->limits;
  g_mutex_unlock (&budget->lock);
}

void
cup_budget_get_figures (CupBudget * budget, CupBudgetFigures * figures)
{
  g_mutex_lock (&budget->lock);
  figures->requests = budget->settled.n + budget->spent.n;
  figures->reserved = budget->reserved.n;
  figures->cost = price_account (budget, &budget->settled)
      + price_pending (budget, &budget->spent);
  figures->saved_requests = budget->saved.n;
  figures->saved_cost = price_account (budget, &budget->saved);
  figures->refused = budget->refused.n;
  figures->refused_cost = price_pending (budget, &budget->refused);
  figures->refused_megapixels = (gdouble) budget->refused.pixels * 1e-6;
  figures->refused_unknown = budget->refused.n_unknown;
  figures->has_price = budget->has_price;
  g_mutex_unlock (&budget->lock);
}

/* What may be submitted */

/* A locale's comma is not what the property takes. */
static const gchar *
format (gdouble amount, gchar buffer[G_ASCII_DTOSTR_BUF_SIZE])
{
  return g_ascii_formatd (buffer, G_ASCII_DTOSTR_BUF_SIZE, "%.8g", amount);
}

/* Lock held. */
static GError *
check_requests (const CupBudget * budget)
{
  guint64 max = budget->limits.max_requests;
  guint64 n = budget->settled.n + budget->spent.n + budget->reserved.n;

  if (max == 0 || n < max)
    return NULL;
  return g_error_new (CUP_ERROR, CUP_ERROR_BUDGET,
      "max-requests=%" G_GUINT64_FORMAT " is reached: %" G_GUINT64_FORMAT
      " were submitted, or are about to be; raise max-requests, or set it to 0 "
      "for no limit; on-budget says what becomes of the frames beyond it", max,
      n);
}

/* Lock held. Of a request that looks like costing nothing nothing is known yet:
 * it may be sent as long as anything is left. */
static gboolean
is_within (gdouble before, gdouble cost, gdouble max)
{
  return cost > 0 ? before + cost <= max * (1 + SLACK) :
      before < max * (1 - SLACK);
}

/* Lock held. */
static GError *
check_cost (const CupBudget * budget, gdouble megapixels)
{
  gchar max_text[G_ASCII_DTOSTR_BUF_SIZE], before_text[G_ASCII_DTOSTR_BUF_SIZE];
  gchar cost_text[G_ASCII_DTOSTR_BUF_SIZE];
  const CupBudgetLimits *limits = &budget->limits;
  gdouble before, cost;
  Pending one = { 0 };

  if (!(limits->max_cost > 0)
      || !(limits->per_megapixel > 0 || limits->per_second > 0))
    return NULL;
  add_pending (&one, megapixels);
  cost = price_pending (budget, &one);
  before = price_account (budget, &budget->settled)
      + price_pending (budget, &budget->spent)
      + price_pending (budget, &budget->reserved);
  if (is_within (before, cost, limits->max_cost))
    return NULL;
  return g_error_new (CUP_ERROR, CUP_ERROR_BUDGET,
      "max-cost=%s is reached: what was submitted costs about %s, and one "
      "more about %s, by price-per-megapixel and price-per-second; raise "
      "max-cost, or set it to 0 for no limit; on-budget says what becomes of "
      "the frames beyond it", format (limits->max_cost, max_text),
      format (before, before_text), format (cost, cost_text));
}

/* Lock held. NULL where it may be submitted. @limit: the property. */
static GError *
check (CupBudget * budget, gdouble megapixels, const gchar ** limit)
{
  GError *error;

  if (budget->limits.dry_run) {
    *limit = "dry-run";
    return g_error_new (CUP_ERROR, CUP_ERROR_BUDGET, "dry-run=true: the frame "
        "would be sent; set dry-run=false to have it upscaled");
  }
  *limit = "max-requests";
  error = check_requests (budget);
  if (error)
    return error;
  *limit = "max-cost";
  return check_cost (budget, megapixels);
}

GError *
cup_budget_new_dry_error (const gchar * message)
{
  GError *error = g_error_new_literal (CUP_ERROR, CUP_ERROR_BUDGET, message);

  cup_error_edit_details (error)->error_type = g_strdup ("dry-run");
  return error;
}

gboolean
cup_budget_reserve (CupBudget * budget, gdouble megapixels, GError ** error)
{
  const gchar *limit;
  GError *refusal;

  g_mutex_lock (&budget->lock);
  refusal = check (budget, megapixels, &limit);
  add_pending (refusal ? &budget->refused : &budget->reserved, megapixels);
  g_mutex_unlock (&budget->lock);
  if (!refusal)
    return TRUE;
  cup_error_edit_details (refusal)->error_type = g_strdup (limit);
  g_propagate_error (error, refusal);
  return FALSE;
}

void
cup_budget_give_back (CupBudget * budget, gdouble megapixels)
{
  g_mutex_lock (&budget->lock);
  remove_pending (&budget->reserved, megapixels);
  g_mutex_unlock (&budget->lock);
}

void
cup_budget_spend (CupBudget * budget, gdouble megapixels)
{
  g_mutex_lock (&budget->lock);
  remove_pending (&budget->reserved, megapixels);
  add_pending (&budget->spent, megapixels);
  g_mutex_unlock (&budget->lock);
}

void
cup_budget_settle (CupBudget * budget, gdouble megapixels,
    const CupResult * result)
{
  Amounts amounts;

  g_mutex_lock (&budget->lock);
  amounts = get_amounts (budget, result);
  remove_pending (&budget->spent, megapixels);
  add_amounts (&budget->settled, &amounts);
  learn (budget, &amounts);
  g_mutex_unlock (&budget->lock);
}

void
cup_budget_refund (CupBudget * budget, gdouble megapixels)
{
  g_mutex_lock (&budget->lock);
  remove_pending (&budget->spent, megapixels);
  g_mutex_unlock (&budget->lock);
}

void
cup_budget_save (CupBudget * budget, const CupResult * result)
{
  Amounts amounts;

  g_mutex_lock (&budget->lock);
  amounts = get_amounts (budget, result);
  add_amounts (&budget->saved, &amounts);
  /* What many frames share is one result. */
  if (result->origin != CUP_RESULT_SHARED)
    learn (budget, &amounts);
  g_mutex_unlock (&budget->lock);
}

gdouble
cup_budget_expect (CupJob * job)
{
  const CupValues *values = cup_job_get_values (job);
  gdouble scale = values ? cup_values_get_number (values, CUP_FIELD_SCALE) : 1;
  guint width, height;

  cup_job_get_size (job, &width, &height);
  return (gdouble) width *height * scale * scale * 1e-6;
}
