/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spending.h"

#include "base/error.h"
#include "report.h"

void
cup_spending_update (GstCreativeUpscaler * self)
{
  const CupSettings *settings = &self->settings;
  CupBudgetLimits limits = { 0 };

  limits.max_requests = settings->max_requests;
  limits.max_cost = settings->max_cost;
  if (self->has_service) {
    limits.per_megapixel = settings->price_per_megapixel;
    limits.per_second = settings->price_per_second;
  }
  limits.dry_run = self->dry_run;
  cup_budget_set_limits (self->budget, &limits);
}

void
cup_spending_check_price (GstCreativeUpscaler * self)
{
  const CupSettings *settings = &self->settings;
  gboolean is_missing;

  if (self->warned_price)
    return;
  GST_OBJECT_LOCK (self);
  is_missing = self->has_service && settings->max_cost > 0
      && !(settings->price_per_megapixel > 0 || settings->price_per_second > 0);
  GST_OBJECT_UNLOCK (self);
  if (!is_missing)
    return;
  self->warned_price = TRUE;
  cup_report_no_price (GST_ELEMENT (self));
}

void
cup_spending_save (GstCreativeUpscaler * self, const CupResult * result)
{
  if (self->has_service)
    cup_budget_save (self->budget, result);
}

/* Messages */

static void
set_costs (GstStructure * structure, const CupBudgetFigures * figures)
{
  if (!figures->has_price)
    return;
  gst_structure_set (structure,
      "cost", G_TYPE_DOUBLE, figures->cost,
      "saved-cost", G_TYPE_DOUBLE, figures->saved_cost,
      "refused-cost", G_TYPE_DOUBLE, figures->refused_cost, NULL);
}

/* @limit: the property that is reached, or NULL. */
static void
post (GstCreativeUpscaler * self, const gchar * reason, const gchar * limit,
    const CupBudgetFigures * figures)
{
  CupBudgetLimits limits;
  GstStructure *structure;

  cup_budget_get_limits (self->budget, &limits);
  structure = gst_structure_new ("creativeupscaler-budget",
      "reason", G_TYPE_STRING, reason,
      "frames", G_TYPE_UINT64, cup_stats_get_frames_in (self->stats),
      "requests", G_TYPE_UINT64, figures->requests,
      "saved-requests", G_TYPE_UINT64, figures->saved_requests,
      "refused", G_TYPE_UINT64, figures->refused,
      "refused-megapixels", G_TYPE_DOUBLE, figures->refused_megapixels,
      "refused-unknown", G_TYPE_UINT64, figures->refused_unknown,
      "max-requests", G_TYPE_UINT64, limits.max_requests,
      "max-cost", G_TYPE_DOUBLE, limits.max_cost,
      "dry-run", G_TYPE_BOOLEAN, limits.dry_run, NULL);
  set_costs (structure, figures);
  if (limit)
    gst_structure_set (structure, "limit", G_TYPE_STRING, limit, NULL);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

/* A bit for each limit. */
static guint
get_bit (const gchar * limit)
{
  return g_strcmp0 (limit, "max-requests") == 0 ? 1 : 2;
}

/* TRUE the first time. */
static gboolean
note (guint * told, guint bit)
{
  gboolean is_new = !(*told & bit);

  *told |= bit;
  return is_new;
}

void
cup_spending_tell_limit (GstCreativeUpscaler * self, const GError * error)
{
  const gchar *limit = cup_error_get_details (error)->error_type;
  CupBudgetFigures figures;

  if (!note (&self->told.limits, get_bit (limit)))
    return;
  cup_budget_get_figures (self->budget, &figures);
  post (self, "limit", limit, &figures);
}

void
cup_spending_tell_refusal (GstCreativeUpscaler * self, const GError * error,
    GstClockTime pts, const gchar * fate)
{
  gboolean passes = g_str_equal (fate, "passed through");
  guint bit = get_bit (cup_error_get_details (error)->error_type);

  if (self->dry_run)
    return;
  cup_spending_tell_limit (self, error);
  if (note (passes ? &self->told.passed_through : &self->told.left_out, bit))
    cup_report_refusal (GST_ELEMENT (self), error,
        cup_engine_get_name (self->engine), pts, fate);
}

/* For people */

/* A locale's comma is not what properties take. */
static void
append_cost (GString * text, gdouble cost)
{
  gchar buffer[G_ASCII_DTOSTR_BUF_SIZE];

  /* Cents, and what is less than one of them. */
  g_ascii_formatd (buffer, sizeof buffer, cost >= 0.1 ? "%.2f" : "%.3g", cost);
  g_string_append_printf (text, "about %s", buffer);
}

static void
append_megapixels (GString * text, const CupBudgetFigures * figures)
{
  gchar buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (figures->refused_unknown < figures->refused) {
    g_ascii_formatd (buffer, sizeof buffer,
        figures->refused_megapixels >= 0.1 ? "%.1f" : "%.2g",
        figures->refused_megapixels);
    g_string_append_printf (text, ", %s megapixels", buffer);
  }
  if (figures->refused_unknown > 0)
    g_string_append_printf (text, ", %" G_GUINT64_FORMAT " of them of a size "
        "that is not known", figures->refused_unknown);
}

static void
append_dry_run (GString * text, GstCreativeUpscaler * self,
    const CupBudgetFigures * figures)
{
  guint64 n = cup_stats_get_frames_in (self->stats);
  CupBudgetLimits limits;

  cup_budget_get_limits (self->budget, &limits);
  g_string_append_printf (text, "dry run: %" G_GUINT64_FORMAT " frame%s, %"
      G_GUINT64_FORMAT, n, n == 1 ? "" : "s", figures->refused);
  if (!self->has_service) {
    g_string_append_printf (text, " would be upscaled by the %s engine, at no "
        "cost", cup_engine_get_name (self->engine));
    return;
  }
  g_string_append (text, " would be sent");
  append_megapixels (text, figures);
  if (figures->refused_cost > 0) {
    g_string_append (text, ", ");
    append_cost (text, figures->refused_cost);
  }
  /* Results that were there tell how long one takes. */
  if (limits.per_second > 0 && figures->saved_requests == 0)
    g_string_append (text, ", and what price-per-second makes of the time, of "
        "which nothing is known before the first result");
}

static void
append_spent (GString * text, const CupBudgetFigures * figures)
{
  g_string_append_printf (text, figures->requests == 1 ?
      "%" G_GUINT64_FORMAT " request was submitted" :
      "%" G_GUINT64_FORMAT " requests were submitted", figures->requests);
  if (figures->has_price) {
    g_string_append (text, ", ");
    append_cost (text, figures->cost);
  }
}

static void
append_saved (GString * text, const CupBudgetFigures * figures)
{
  g_string_append_printf (text, figures->saved_requests == 1 ?
      "; %" G_GUINT64_FORMAT " was saved, since its result was there, or asked "
      "for, already" :
      "; %" G_GUINT64_FORMAT " were saved, since their results were there, or "
      "asked for, already", figures->saved_requests);
  if (figures->has_price) {
    g_string_append (text, ", ");
    append_cost (text, figures->saved_cost);
  }
}

static void
tell_people (GstCreativeUpscaler * self, const CupBudgetFigures * figures)
{
  GString *text;

  if (!self->dry_run && figures->saved_requests == 0)
    return;
  text = g_string_new (NULL);
  if (self->dry_run)
    append_dry_run (text, self, figures);
  else
    append_spent (text, figures);
  if (figures->saved_requests > 0)
    append_saved (text, figures);
  cup_report_spending (GST_ELEMENT (self), text->str);
  g_string_free (text, TRUE);
}

/* The sum */

static gboolean
has_limit (const CupBudgetLimits * limits)
{
  return limits->dry_run || limits->max_requests > 0 || limits->max_cost > 0;
}

static gboolean
is_new (const CupSpendingTold * told, const CupBudgetFigures * figures)
{
  if (!told->has_sum)
    return figures->requests + figures->saved_requests + figures->refused > 0;
  return figures->requests != told->sum.requests
      || figures->saved_requests != told->sum.saved_requests
      || figures->refused != told->sum.refused
      || figures->cost != told->sum.cost;
}

void
cup_spending_tell_sum (GstCreativeUpscaler * self, const gchar * reason)
{
  gboolean is_end = g_str_equal (reason, "eos");
  CupBudgetFigures figures;
  CupBudgetLimits limits;

  if (!self->has_service && !self->dry_run)
    return;
  cup_budget_get_limits (self->budget, &limits);
  cup_budget_get_figures (self->budget, &figures);
  if (!has_limit (&limits) && !figures.has_price && figures.saved_requests == 0)
    return;
  if (!is_end && !is_new (&self->told, &figures))
    return;
  self->told.has_sum = TRUE;
  self->told.sum = figures;
  post (self, reason, NULL, &figures);
  tell_people (self, &figures);
}
