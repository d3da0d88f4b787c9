/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ledger.h"

struct _CupLedger
{
  CupEngine *engine;
  CupCache *cache;
  CupStoreKey key;
  CupBudget *budget;
  gdouble megapixels;
  GCancellable *cancellable;

  GMutex lock;                  /* a leaf; guards below */
  gboolean is_claimed;          /* in the cache */
  gboolean is_reserved;         /* in the budget */
  gboolean is_sent;             /* or may be, and was not refused */
  gboolean is_accepted;
  gboolean is_unwanted;         /* was said to be cancelled at the service */
};

/* Reserves for one more submission, unless that is done. */
static gboolean
reserve (CupLedger * ledger, GError ** error)
{
  gboolean reserve;

  if (!ledger->budget)
    return TRUE;
  g_mutex_lock (&ledger->lock);
  reserve = !ledger->is_reserved;
  g_mutex_unlock (&ledger->lock);
  if (reserve && !cup_budget_reserve (ledger->budget, ledger->megapixels,
          error))
    return FALSE;
  g_mutex_lock (&ledger->lock);
  ledger->is_reserved = TRUE;
  g_mutex_unlock (&ledger->lock);
  return TRUE;
}

/* The last submission is history: @charged where it may have been accepted. */
static void
end_submission (CupLedger * ledger, gboolean charged, gboolean keep_reserved)
{
  gboolean reserved;

  g_mutex_lock (&ledger->lock);
  reserved = ledger->is_reserved;
  ledger->is_sent = FALSE;
  ledger->is_accepted = FALSE;
  if (!keep_reserved)
    ledger->is_reserved = FALSE;
  g_mutex_unlock (&ledger->lock);
  if (!reserved || keep_reserved)
    return;
  if (charged)
    cup_budget_spend (ledger->budget, ledger->megapixels);
  else
    cup_budget_give_back (ledger->budget, ledger->megapixels);
}

static gboolean
is_claimed (CupLedger * ledger)
{
  gboolean claimed;

  g_mutex_lock (&ledger->lock);
  claimed = ledger->is_claimed;
  g_mutex_unlock (&ledger->lock);
  return claimed;
}

/* What the engine tells */

typedef struct
{
  CupLedger *ledger;
  CupJournalAnswer answer;
  gpointer user_data;
} Question;

/* The step is written, unless the index was found damaged meanwhile. */
static void
answer_question (gpointer data)
{
  Question *question = data;
  GError *damage = cup_cache_get_damage (question->ledger->cache);

  if (damage)
    end_submission (question->ledger, FALSE, FALSE);
  question->answer (damage, question->user_data);
  g_free (question);
}

static void
may_submit (gpointer data, CupJournalAnswer answer, gpointer user_data)
{
  CupLedger *ledger = data;
  Question *question;
  GError *error = NULL;
  gboolean again;

  g_mutex_lock (&ledger->lock);
  again = ledger->is_sent;
  g_mutex_unlock (&ledger->lock);
  /* The last one is not known to have been refused, and may be charged. */
  if (again)
    end_submission (ledger, TRUE, FALSE);
  if (!reserve (ledger, &error)) {
    answer (error, user_data);
    return;
  }
  g_mutex_lock (&ledger->lock);
  ledger->is_sent = TRUE;
  g_mutex_unlock (&ledger->lock);
  if (!is_claimed (ledger)) {
    answer (NULL, user_data);
    return;
  }
  question = g_new (Question, 1);
  question->ledger = ledger;
  question->answer = answer;
  question->user_data = user_data;
  cup_cache_note_submitting (ledger->cache, &ledger->key, answer_question,
      question);
}

static void
refused (gpointer data)
{
  CupLedger *ledger = data;

  end_submission (ledger, FALSE, TRUE);
  if (is_claimed (ledger))
    cup_cache_note_refused (ledger->cache, &ledger->key);
}

static void
accepted (gpointer data, const CupJournalRequest * request)
{
  CupLedger *ledger = data;

  g_mutex_lock (&ledger->lock);
  ledger->is_accepted = TRUE;
  g_mutex_unlock (&ledger->lock);
  if (is_claimed (ledger))
    cup_cache_note_accepted (ledger->cache, &ledger->key, request);
}

static void
lost (gpointer data)
{
  CupLedger *ledger = data;

  end_submission (ledger, FALSE, FALSE);
  if (is_claimed (ledger))
    cup_cache_note_lost (ledger->cache, &ledger->key);
}

/* What the user takes back (a flush, cancel-all, a live frame that is overdue)
 * is not wanted any more. What ends with the stream, with the element, or with
 * the time that it was given, is. */
static gboolean
keeps (gpointer data)
{
  CupLedger *ledger = data;
  gboolean kept = is_claimed (ledger)
      && (cup_job_was_left (ledger->cancellable)
      || !g_cancellable_is_cancelled (ledger->cancellable));

  g_mutex_lock (&ledger->lock);
  ledger->is_unwanted |= !kept;
  g_mutex_unlock (&ledger->lock);
  return kept;
}

/* It was paid for: what is stored is all that there is to have for it. */
static gboolean
unusable (gpointer data, const CupJournalPicture * picture)
{
  CupLedger *ledger = data;
  CupImageInfo info = {.type = picture->type };
  CupResult *result;
  gboolean claimed;

  g_mutex_lock (&ledger->lock);
  claimed = ledger->is_claimed;
  ledger->is_claimed = FALSE;
  g_mutex_unlock (&ledger->lock);
  if (!claimed)
    return FALSE;
  end_submission (ledger, TRUE, FALSE);
  result = cup_result_new_bytes (g_bytes_ref (picture->bytes), &info);
  result->request_id = g_strdup (picture->request_id);
  result->url = g_strdup (picture->url);
  cup_cache_add (ledger->cache, &ledger->key, result,
      cup_engine_get_name (ledger->engine),
      cup_engine_get_service (ledger->engine));
  cup_result_free (result);
  return TRUE;
}

static gchar *
lookup_upload (gpointer data, GBytes * bytes, const gchar * place)
{
  CupLedger *ledger = data;

  return ledger->cache ?
      cup_cache_lookup_upload (ledger->cache, bytes, place) : NULL;
}

static void
add_upload (gpointer data, GBytes * bytes, const gchar * place,
    const gchar * url, gint64 lifetime)
{
  CupLedger *ledger = data;

  if (ledger->cache)
    cup_cache_add_upload (ledger->cache, bytes, place, url, lifetime);
}

static void
remove_upload (gpointer data, GBytes * bytes, const gchar * place)
{
  CupLedger *ledger = data;

  if (ledger->cache)
    cup_cache_remove_upload (ledger->cache, bytes, place);
}

static void
ledger_free (gpointer data)
{
  CupLedger *ledger = data;

  /* Nobody else has it any more. */
  if (ledger->is_claimed) {
    if (ledger->is_sent && !(ledger->is_accepted && ledger->is_unwanted))
      cup_cache_release (ledger->cache, &ledger->key);
    else
      cup_cache_forget (ledger->cache, &ledger->key);
  }
  end_submission (ledger, ledger->is_sent, FALSE);
  g_object_unref (ledger->engine);
  g_clear_pointer (&ledger->cache, cup_cache_unref);
  g_clear_pointer (&ledger->budget, cup_budget_unref);
  g_object_unref (ledger->cancellable);
  g_mutex_clear (&ledger->lock);
  g_free (ledger);
}

static const CupJournalFuncs journal_funcs = {
  may_submit, refused, accepted, lost, keeps, unusable,
  lookup_upload, add_upload, remove_upload, ledger_free
};

gboolean
cup_ledger_open (const CupLedgerSettings * settings, CupLedger ** ledger_out,
    CupJournal ** journal, GError ** error)
{
  CupLedger *ledger = g_new0 (CupLedger, 1);
  const CupJournalRequest *resumed = NULL;

  ledger->engine = g_object_ref (settings->engine);
  ledger->cache = settings->cache ? cup_cache_ref (settings->cache) : NULL;
  ledger->budget = settings->budget ? cup_budget_ref (settings->budget) : NULL;
  ledger->megapixels = settings->megapixels;
  ledger->cancellable = g_object_ref (settings->cancellable);
  g_mutex_init (&ledger->lock);
  if (settings->cache) {
    ledger->key = *settings->key;
    ledger->is_claimed = settings->finding->claimed;
    resumed = settings->finding->request;
  }
  /* What is gone on with was paid for, or will be, by an earlier run. */
  ledger->is_sent = ledger->is_accepted = resumed != NULL;
  if (!resumed && !reserve (ledger, error)) {
    ledger_free (ledger);
    return FALSE;
  }
  *journal = cup_journal_new (&journal_funcs, ledger, resumed);
  *ledger_out = ledger;
  return TRUE;
}

void
cup_ledger_note_result (CupLedger * ledger, const CupResult * result)
{
  gboolean reserved, charged, claimed;

  g_mutex_lock (&ledger->lock);
  reserved = ledger->is_reserved;
  /* An engine need not tell, but has to count. */
  charged = reserved && (ledger->is_sent
      || (result->origin == CUP_RESULT_MADE && result->submissions > 0));
  ledger->is_reserved = FALSE;
  ledger->is_sent = FALSE;
  ledger->is_accepted = FALSE;
  claimed = ledger->is_claimed && result->bytes;
  if (claimed)
    ledger->is_claimed = FALSE;
  g_mutex_unlock (&ledger->lock);

  if (charged) {
    cup_budget_spend (ledger->budget, ledger->megapixels);
    cup_budget_settle (ledger->budget, ledger->megapixels, result);
  } else if (ledger->budget) {
    if (reserved)
      cup_budget_give_back (ledger->budget, ledger->megapixels);
    cup_budget_save (ledger->budget, result);
  }
  /* Also where the key could not be claimed: there may be space by now. */
  if (ledger->cache && result->bytes)
    cup_cache_add (ledger->cache, &ledger->key, result,
        cup_engine_get_name (ledger->engine),
        cup_engine_get_service (ledger->engine));
}

void
cup_ledger_note_failure (CupLedger * ledger)
{
  gboolean sent;

  g_mutex_lock (&ledger->lock);
  sent = ledger->is_sent;
  g_mutex_unlock (&ledger->lock);
  if (!sent)
    end_submission (ledger, FALSE, FALSE);
}
