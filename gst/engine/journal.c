/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal.h"

struct _CupJournal
{
  gint ref_count;
  const CupJournalFuncs *funcs;
  gpointer data;
  CupJournalRequest *resumed;
};

CupJournalRequest *
cup_journal_request_new (const gchar * request_id, const gchar * status_url,
    const gchar * response_url, const gchar * cancel_url,
    const gchar * upload_url)
{
  CupJournalRequest *request = g_new0 (CupJournalRequest, 1);

  request->request_id = g_strdup (request_id);
  request->status_url = g_strdup (status_url);
  request->response_url = g_strdup (response_url);
  request->cancel_url = g_strdup (cancel_url);
  request->upload_url = g_strdup (upload_url);
  return request;
}

void
cup_journal_request_free (CupJournalRequest * request)
{
  g_free (request->request_id);
  g_free (request->status_url);
  g_free (request->response_url);
  g_free (request->cancel_url);
  g_free (request->upload_url);
  g_free (request);
}

CupJournal *
cup_journal_new (const CupJournalFuncs * funcs, gpointer data,
    const CupJournalRequest * resumed)
{
  CupJournal *journal = g_new0 (CupJournal, 1);

  journal->ref_count = 1;
  journal->funcs = funcs;
  journal->data = data;
  if (resumed) {
    journal->resumed = cup_journal_request_new (resumed->request_id,
        resumed->status_url, resumed->response_url, resumed->cancel_url,
        resumed->upload_url);
    journal->resumed->accepted = resumed->accepted;
  }
  return journal;
}

CupJournal *
cup_journal_ref (CupJournal * journal)
{
  g_atomic_int_inc (&journal->ref_count);
  return journal;
}

void
cup_journal_unref (CupJournal * journal)
{
  if (!g_atomic_int_dec_and_test (&journal->ref_count))
    return;
  journal->funcs->free (journal->data);
  g_clear_pointer (&journal->resumed, cup_journal_request_free);
  g_free (journal);
}

const CupJournalRequest *
cup_journal_get_resumed (CupJournal * journal)
{
  return journal ? journal->resumed : NULL;
}

void
cup_journal_may_submit (CupJournal * journal, CupJournalAnswer answer,
    gpointer user_data)
{
  if (journal)
    journal->funcs->may_submit (journal->data, answer, user_data);
  else
    answer (NULL, user_data);
}

void
cup_journal_refused (CupJournal * journal)
{
  if (journal)
    journal->funcs->refused (journal->data);
}

void
cup_journal_accepted (CupJournal * journal, const CupJournalRequest * request)
{
  if (journal)
    journal->funcs->accepted (journal->data, request);
}

void
cup_journal_lost (CupJournal * journal)
{
  if (journal)
    journal->funcs->lost (journal->data);
}

gboolean
cup_journal_keeps (CupJournal * journal)
{
  return journal && journal->funcs->keeps (journal->data);
}

gboolean
cup_journal_unusable (CupJournal * journal, const CupJournalPicture * picture)
{
  return journal && journal->funcs->unusable
      && journal->funcs->unusable (journal->data, picture);
}

gchar *
cup_journal_lookup_upload (CupJournal * journal, GBytes * bytes,
    const gchar * place)
{
  if (!journal || !journal->funcs->lookup_upload)
    return NULL;
  return journal->funcs->lookup_upload (journal->data, bytes, place);
}

void
cup_journal_add_upload (CupJournal * journal, GBytes * bytes,
    const gchar * place, const gchar * url, gint64 lifetime)
{
  if (journal && journal->funcs->add_upload)
    journal->funcs->add_upload (journal->data, bytes, place, url, lifetime);
}

void
cup_journal_remove_upload (CupJournal * journal, GBytes * bytes,
    const gchar * place)
{
  if (journal && journal->funcs->remove_upload)
    journal->funcs->remove_upload (journal->data, bytes, place);
}
