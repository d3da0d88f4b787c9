/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The account of what jobs may cost and have cost.
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "dispatch/budget.h"

static CupBudget *
make (guint64 max_requests, gdouble max_cost, gdouble per_megapixel,
    gdouble per_second)
{
  const CupBudgetLimits limits = {
    .max_requests = max_requests,
    .max_cost = max_cost,
    .per_megapixel = per_megapixel,
    .per_second = per_second,
  };
  CupBudget *budget = cup_budget_new ();

  cup_budget_set_limits (budget, &limits);
  return budget;
}

static void
set_prices (CupBudget * budget, gdouble per_megapixel, gdouble per_second)
{
  const CupBudgetLimits limits = {
    .per_megapixel = per_megapixel,
    .per_second = per_second,
  };

  cup_budget_set_limits (budget, &limits);
}

static void
init_result (CupResult * result, guint width, guint height, gdouble seconds)
{
  memset (result, 0, sizeof *result);
  result->info.width = width;
  result->info.height = height;
  result->inference_time = seconds;
  result->billable_units = -1;
}

static void
settle (CupBudget * budget, gdouble megapixels, guint width, guint height,
    gdouble seconds)
{
  CupResult result;

  init_result (&result, width, height, seconds);
  cup_budget_settle (budget, megapixels, &result);
}

static void
spend (CupBudget * budget, gdouble megapixels)
{
  GError *error = NULL;

  cup_budget_reserve (budget, megapixels, &error);
  g_assert_no_error (error);
  cup_budget_spend (budget, megapixels);
}

/* @words: what a person has to find in the text; the first starts with the
 * property. */
static void
assert_refused (CupBudget * budget, gdouble megapixels, const gchar * words)
{
  gchar **list = g_strsplit (words, "|", -1);
  GError *error = NULL;
  guint i;

  g_assert_false (cup_budget_reserve (budget, megapixels, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_BUDGET);
  for (i = 0; list[i]; i++) {
    if (!strstr (error->message, list[i]))
      g_error ("no \"%s\" in: %s", list[i], error->message);
  }
  g_assert_true (g_str_has_prefix (words,
          cup_error_get_details (error)->error_type));
  g_strfreev (list);
  g_error_free (error);
}

static void
assert_close (gdouble value, gdouble expected)
{
  g_assert_cmpfloat_with_epsilon (value, expected,
      1e-9 * MAX (fabs (expected), 1));
}

static gdouble
get_cost (CupBudget * budget)
{
  CupBudgetFigures figures;

  cup_budget_get_figures (budget, &figures);
  return figures.cost;
}

static void
test_no_limits (void)
{
  CupBudget *budget = cup_budget_new ();
  CupBudgetFigures figures;
  guint i;

  for (i = 0; i < 1000; i++)
    spend (budget, 10);
  cup_budget_get_figures (budget, &figures);
  g_assert_cmpuint (figures.requests, ==, 1000);
  g_assert_cmpfloat (figures.cost, ==, 0);
  g_assert_false (figures.has_price);
  cup_budget_unref (budget);
}

static void
test_requests (void)
{
  CupBudget *budget = make (3, 0, 0, 0);
  const CupBudgetLimits raised = {.max_requests = 4 };
  CupBudgetFigures figures;

  spend (budget, 1);
  spend (budget, 0);
  g_assert_true (cup_budget_reserve (budget, 1, NULL));
  assert_refused (budget, 1, "max-requests=3|3 were submitted|"
      "raise max-requests");
  g_assert_false (cup_budget_reserve (budget, 0, NULL));

  cup_budget_get_figures (budget, &figures);
  g_assert_cmpuint (figures.requests, ==, 2);
  g_assert_cmpuint (figures.reserved, ==, 1);
  g_assert_cmpuint (figures.refused, ==, 2);
  g_assert_cmpuint (figures.refused_unknown, ==, 1);
  g_assert_cmpfloat (figures.refused_megapixels, ==, 1);

  cup_budget_set_limits (budget, &raised);
  spend (budget, 1);
  assert_refused (budget, 1, "max-requests=4");
  cup_budget_unref (budget);
}

static void
test_giving_back (void)
{
  CupBudget *budget = make (1, 0, 2, 0);
  CupBudgetFigures figures;

  g_assert_true (cup_budget_reserve (budget, 3, NULL));
  cup_budget_give_back (budget, 3);
  spend (budget, 3);
  g_assert_false (cup_budget_reserve (budget, 3, NULL));
  assert_close (get_cost (budget), 6);
  cup_budget_refund (budget, 3);
  cup_budget_get_figures (budget, &figures);
  g_assert_cmpuint (figures.requests, ==, 0);
  g_assert_cmpuint (figures.reserved, ==, 0);
  g_assert_cmpfloat (figures.cost, ==, 0);
  spend (budget, 3);
  settle (budget, 3, 1000, 1000, -1);
  assert_close (get_cost (budget), 2);
  assert_refused (budget, 3, "max-requests=1");
  cup_budget_unref (budget);
}

/* What counts is the size that the result has, and not the one expected. */
static void
test_cost_by_result (void)
{
  CupBudget *budget = make (0, 10, 1, 0);

  spend (budget, 8);
  assert_refused (budget, 4, "max-cost=10|about 8|about 4|"
      "price-per-megapixel|raise max-cost");
  settle (budget, 8, 2000, 1000, -1);
  assert_close (get_cost (budget), 2);
  spend (budget, 8);
  assert_close (get_cost (budget), 10);
  /* Nothing is left, not even for what nothing is known of. */
  assert_refused (budget, 0.001, "max-cost=10");
  cup_budget_unref (budget);
}

/* Of the first result nobody knows how long it takes. */
static void
test_cost_by_time (void)
{
  CupBudget *budget = make (0, 10, 0, 2);
  CupBudgetFigures figures;

  spend (budget, 1);
  spend (budget, 1);
  g_assert_cmpfloat (get_cost (budget), ==, 0);
  settle (budget, 1, 10, 10, 1);
  assert_close (get_cost (budget), 4);
  settle (budget, 1, 10, 10, 2);
  assert_close (get_cost (budget), 6);
  /* 1.5 s, on average. */
  g_assert_true (cup_budget_reserve (budget, 1, NULL));
  assert_refused (budget, 1, "max-cost=10|about 9|about 3|price-per-second");
  cup_budget_get_figures (budget, &figures);
  assert_close (figures.cost, 6);
  assert_close (figures.refused_cost, 3);
  cup_budget_unref (budget);
}

static void
test_unknown_size (void)
{
  CupBudget *budget = make (0, 12, 1, 0);

  spend (budget, 0);
  g_assert_cmpfloat (get_cost (budget), ==, 0);
  settle (budget, 0, 3000, 2000, -1);
  spend (budget, 0);
  assert_close (get_cost (budget), 12);
  assert_refused (budget, 0, "max-cost=12");
  cup_budget_unref (budget);

  /* Before there is a result at all: as long as anything is left. */
  budget = make (0, 2, 1, 0);
  spend (budget, 1);
  spend (budget, 0);
  spend (budget, 1);
  assert_refused (budget, 0, "max-cost=2");
  cup_budget_unref (budget);
}

static void
test_saving (void)
{
  CupBudget *budget = make (0, 0, 1, 1);
  CupBudgetFigures figures;
  CupResult result;

  init_result (&result, 2000, 1000, 3);
  cup_budget_save (budget, &result);
  cup_budget_save (budget, &result);
  cup_budget_get_figures (budget, &figures);
  g_assert_cmpuint (figures.saved_requests, ==, 2);
  assert_close (figures.saved_cost, 10);
  g_assert_cmpuint (figures.requests, ==, 0);
  g_assert_cmpfloat (figures.cost, ==, 0);
  /* They tell how long one takes. */
  spend (budget, 1);
  assert_close (get_cost (budget), 4);
  /* What many have in common is one result. */
  init_result (&result, 2000, 1000, 50);
  result.origin = CUP_RESULT_SHARED;
  cup_budget_save (budget, &result);
  assert_close (get_cost (budget), 4);
  cup_budget_unref (budget);
}

/* What is paid is paid; what is not settled goes by the new price, and what is
 * given back leaves nothing behind. */
static void
test_prices_change (void)
{
  CupBudget *budget = make (0, 0, 1, 0);
  CupBudgetFigures figures;

  spend (budget, 2);
  settle (budget, 2, 2000, 1000, 1);
  g_assert_true (cup_budget_reserve (budget, 0.3, NULL));
  spend (budget, 5);
  set_prices (budget, 3, 0.5);
  assert_close (get_cost (budget), 2 + 3 * 5 + 0.5);
  settle (budget, 5, 4000, 1000, 2);
  assert_close (get_cost (budget), 2 + 3 * 4 + 0.5 * 2);
  cup_budget_give_back (budget, 0.3);
  assert_close (get_cost (budget), 15);
  set_prices (budget, 0, 0);
  spend (budget, 100);
  cup_budget_get_figures (budget, &figures);
  assert_close (figures.cost, 15);
  g_assert_true (figures.has_price);
  cup_budget_unref (budget);
}

/* What is given back a million times leaves nothing behind. */
static void
test_drift (void)
{
  CupBudget *budget = make (0, 0.3, 0.1, 0);
  guint i;

  for (i = 0; i < 1000000; i++) {
    g_assert_true (cup_budget_reserve (budget, 0.7, NULL));
    if (i % 2) {
      cup_budget_spend (budget, 0.7);
      cup_budget_refund (budget, 0.7);
    } else {
      cup_budget_give_back (budget, 0.7);
    }
  }
  g_assert_cmpfloat (get_cost (budget), ==, 0);
  g_assert_true (cup_budget_reserve (budget, 3, NULL));
  g_assert_false (cup_budget_reserve (budget, 0.00001, NULL));
  cup_budget_unref (budget);
}

/* Tenths are no binary numbers: of N times 0.1 in N / 10 neither is the last
 * refused, nor one more let through, whether they have a result or not. */
static void
test_rounding (void)
{
  guint n, i;

  for (n = 1; n <= 300; n++) {
    CupBudget *budget = make (0, n / 10.0, 0.1, 0);

    for (i = 0; i < n; i++) {
      spend (budget, 1);
      if (i % 3)
        settle (budget, 1, 1000, 1000, -1);
    }
    g_assert_false (cup_budget_reserve (budget, 1, NULL));
    g_assert_false (cup_budget_reserve (budget, 0, NULL));
    cup_budget_unref (budget);
  }
}

/* Numbers that no service and no property should bring. */
static void
test_overflow (void)
{
  CupBudget *budget = make (G_MAXUINT64, 1e300, 1e9, 1e9);
  CupBudgetFigures figures;
  guint i;

  for (i = 0; i < 4; i++) {
    spend (budget, 1e300);
    settle (budget, 1e300, G_MAXUINT, G_MAXUINT, 1e300);
    spend (budget, NAN);
    settle (budget, NAN, 0, 0, NAN);
    spend (budget, INFINITY);
    spend (budget, -1);
  }
  g_assert_true (isfinite (get_cost (budget)));
  cup_budget_get_figures (budget, &figures);
  g_assert_cmpuint (figures.requests, ==, 16);
  g_assert_cmpfloat (figures.cost, >, 1e9);
  for (i = 0; i < 4; i++) {
    cup_budget_refund (budget, INFINITY);
    cup_budget_refund (budget, -1);
  }
  cup_budget_get_figures (budget, &figures);
  g_assert_cmpuint (figures.requests, ==, 8);
  cup_budget_unref (budget);
}

static void
test_dry_run (void)
{
  const CupBudgetLimits limits = {.per_megapixel = 0.04,.dry_run = TRUE };
  CupBudget *budget = cup_budget_new ();
  CupBudgetFigures figures;

  cup_budget_set_limits (budget, &limits);
  assert_refused (budget, 32, "dry-run=true|dry-run=false");
  assert_refused (budget, 16, "dry-run=true");
  assert_refused (budget, 0, "dry-run=true");
  cup_budget_get_figures (budget, &figures);
  g_assert_cmpuint (figures.requests, ==, 0);
  g_assert_cmpuint (figures.refused, ==, 3);
  g_assert_cmpuint (figures.refused_unknown, ==, 1);
  assert_close (figures.refused_megapixels, 48);
  assert_close (figures.refused_cost, 1.92);
  cup_budget_unref (budget);
}

static void
test_expect (void)
{
  static const CupImageInfo info = { CUP_IMAGE_PNG, 1000, 500, 3, 8 };
  CupValues *values = cup_values_new ();
  GValue scale = G_VALUE_INIT;
  GBytes *bytes = g_bytes_new_static ("x", 1);
  CupJob *job = cup_job_new_encoded (bytes, &info);

  g_value_init (&scale, G_TYPE_DOUBLE);
  g_value_set_double (&scale, 4);
  cup_values_set (values, CUP_FIELD_SCALE, &scale);
  cup_job_set_values (job, values);
  assert_close (cup_budget_expect (job), 8);
  cup_job_unref (job);
  g_bytes_unref (bytes);
  job = cup_job_new_uri ("https://files.example/1.png");
  g_assert_cmpfloat (cup_budget_expect (job), ==, 0);
  cup_job_unref (job);
}

#define N_THREADS 4
#define N_ROUNDS 20000
#define MAX_SPENT 100

static gpointer
work (gpointer data)
{
  CupBudget *budget = data;
  guint i;

  for (i = 0; i < N_ROUNDS; i++) {
    CupBudgetFigures figures;

    if (!cup_budget_reserve (budget, 0.7, NULL))
      continue;
    cup_budget_get_figures (budget, &figures);
    g_assert_cmpuint (figures.requests + figures.reserved, <=, MAX_SPENT);
    if (i % 100) {
      cup_budget_give_back (budget, 0.7);
    } else {
      cup_budget_spend (budget, 0.7);
      settle (budget, 0.7, 1000, 700, 1);
    }
  }
  return NULL;
}

static void
test_threads (void)
{
  CupBudget *budget = make (MAX_SPENT, 0, 1, 0);
  GThread *threads[N_THREADS];
  CupBudgetFigures figures;
  guint i;

  for (i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("work", work, cup_budget_ref (budget));
  for (i = 0; i < N_THREADS; i++) {
    g_thread_join (threads[i]);
    cup_budget_unref (budget);
  }
  cup_budget_get_figures (budget, &figures);
  g_assert_cmpuint (figures.requests, ==, MAX_SPENT);
  g_assert_cmpuint (figures.reserved, ==, 0);
  assert_close (figures.cost, MAX_SPENT * 0.7);
  cup_budget_unref (budget);
}

/* What the service says that it charges for takes the place of the estimate, where
 * one price says what a unit is. */
static void
test_units (gconstpointer data)
{
  gboolean by_time = GPOINTER_TO_INT (data);
  CupBudget *budget = make (0, 0, by_time ? 0 : 2, by_time ? 2 : 0);
  CupBudgetFigures figures;
  CupResult result;

  spend (budget, 1);
  init_result (&result, 1000, 1000, 1);
  result.billable_units = 7;
  cup_budget_settle (budget, 1, &result);
  cup_budget_get_figures (budget, &figures);
  assert_close (figures.cost, 14);

  /* Nothing is charged. */
  spend (budget, 1);
  result.billable_units = 0;
  cup_budget_settle (budget, 1, &result);
  cup_budget_get_figures (budget, &figures);
  assert_close (figures.cost, 14);
  g_assert_cmpuint (figures.requests, ==, 2);

  /* With both prices nobody knows what a unit is. */
  set_prices (budget, 2, 3);
  spend (budget, 1);
  result.billable_units = 7;
  cup_budget_settle (budget, 1, &result);
  cup_budget_get_figures (budget, &figures);
  assert_close (figures.cost, 14 + 2 + 3);
  cup_budget_unref (budget);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/budget/no-limits", test_no_limits);
  g_test_add_func ("/budget/requests", test_requests);
  g_test_add_func ("/budget/giving-back", test_giving_back);
  g_test_add_func ("/budget/cost-by-result", test_cost_by_result);
  g_test_add_func ("/budget/cost-by-time", test_cost_by_time);
  g_test_add_func ("/budget/unknown-size", test_unknown_size);
  g_test_add_func ("/budget/saving", test_saving);
  g_test_add_func ("/budget/prices-change", test_prices_change);
  g_test_add_func ("/budget/drift", test_drift);
  g_test_add_func ("/budget/rounding", test_rounding);
  g_test_add_func ("/budget/overflow", test_overflow);
  g_test_add_func ("/budget/dry-run", test_dry_run);
  g_test_add_func ("/budget/expect", test_expect);
  g_test_add_func ("/budget/threads", test_threads);
  g_test_add_data_func ("/budget/units/megapixels", GINT_TO_POINTER (FALSE),
      test_units);
  g_test_add_data_func ("/budget/units/seconds", GINT_TO_POINTER (TRUE),
      test_units);
  return g_test_run ();
}
