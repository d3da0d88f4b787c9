/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an engine tells of a job's submissions to a service that charges for
 * them, so that whoever keeps account (dispatch/) can allow them, write them
 * down, and have them gone on with after a crash.
 *
 *   may_submit ──→ (allowed) the submission is sent
 *       ↑              │               │
 *       └── refused ───┘           accepted ──→ the result, or …
 *       ↑                              │
 *       └───────────── lost ───────────┘
 *
 * An engine that submits nothing anywhere (local) tells nothing.
 *
 * Threads: all functions may be called from any thread, in the order of the
 * picture above for one job, and do not block, but for those that say so. What
 * is told is written down in that order. The journal may be told of things, and
 * asked, after its job was completed.
 */
#pragma once

#include <gio/gio.h>

#include "image/image.h"

G_BEGIN_DECLS

/**
 * CupJournalRequest:
 * @request_id: the service's id of a request that it has accepted
 * @status_url: (nullable): as the service gave it
 * @response_url: (nullable): as the service gave it
 * @cancel_url: (nullable): as the service gave it
 * @upload_url: (nullable): where the input lies at the service; never a "data:"
 *   URI
 * @accepted: microseconds since 1970 UTC, 0 where that is not known
 *
 * Where it comes from a file it is to be trusted no more than what comes from a
 * service: addresses are checked again before they are used.
 */
typedef struct
{
  gchar *request_id;
  gchar *status_url;
  gchar *response_url;
  gchar *cancel_url;
  gchar *upload_url;
  gint64 accepted;
} CupJournalRequest;

CupJournalRequest *cup_journal_request_new (const gchar * request_id,
    const gchar * status_url, const gchar * response_url,
    const gchar * cancel_url, const gchar * upload_url);
void cup_journal_request_free (CupJournalRequest * request);

/**
 * CupJournalPicture:
 * @bytes: a result as it came
 * @type: that it begins as
 * @request_id: the service's id of its request
 * @url: (nullable): where the service keeps it
 */
typedef struct
{
  GBytes *bytes;
  CupImageType type;
  const gchar *request_id;
  const gchar *url;
} CupJournalPicture;

/* The answer to cup_journal_may_submit(), once, in any thread, with no lock
 * held, also from within the call. @error: NULL where it may; otherwise what the
 * job is to be failed with (the receiver's). */
typedef void (*CupJournalAnswer) (GError * error, gpointer user_data);

/**
 * CupJournalFuncs:
 * @may_submit: see cup_journal_may_submit()
 * @refused: see cup_journal_refused()
 * @accepted: see cup_journal_accepted()
 * @lost: see cup_journal_lost()
 * @keeps: see cup_journal_keeps()
 * @unusable: (nullable): see cup_journal_unusable()
 * @lookup_upload: (nullable): see cup_journal_lookup_upload()
 * @add_upload: (nullable): see cup_journal_add_upload()
 * @remove_upload: (nullable): see cup_journal_remove_upload()
 * @free: frees @data
 */
typedef struct
{
  void (*may_submit) (gpointer data, CupJournalAnswer answer,
      gpointer user_data);
  void (*refused) (gpointer data);
  void (*accepted) (gpointer data, const CupJournalRequest * request);
  void (*lost) (gpointer data);
  gboolean (*keeps) (gpointer data);
  gboolean (*unusable) (gpointer data, const CupJournalPicture * picture);
  gchar *(*lookup_upload) (gpointer data, GBytes * bytes, const gchar * place);
  void (*add_upload) (gpointer data, GBytes * bytes, const gchar * place,
      const gchar * url, gint64 lifetime);
  void (*remove_upload) (gpointer data, GBytes * bytes, const gchar * place);
  void (*free) (gpointer data);
} CupJournalFuncs;

typedef struct _CupJournal CupJournal;

/* @funcs is static; @data is freed with the last reference. @resumed:
 * (nullable), copied: a request that the service has accepted for the very same
 * job before. It is to be followed to its end instead of a submission. */
CupJournal *cup_journal_new (const CupJournalFuncs * funcs, gpointer data,
    const CupJournalRequest * resumed);
CupJournal *cup_journal_ref (CupJournal * journal);
void cup_journal_unref (CupJournal * journal);

/* In all of the following @journal may be NULL: nobody keeps account. Then a
 * submission may be sent, and nothing is kept. */

/* (nullable): as above; the journal's. */
const CupJournalRequest *cup_journal_get_resumed (CupJournal * journal);

/* Before each submission, and again before it is repeated: from the answer on
 * the service may accept it, whoever gets to know of that. */
void cup_journal_may_submit (CupJournal * journal, CupJournalAnswer answer,
    gpointer user_data);
/* It certainly was not accepted: nothing was sent, or the service said so. */
void cup_journal_refused (CupJournal * journal);
/* The service has accepted it; @request is copied. */
void cup_journal_accepted (CupJournal * journal,
    const CupJournalRequest * request);
/* The service does not know the accepted request any more, or the job has failed
 * there and nothing is charged for it. A resumed one, too. */
void cup_journal_lost (CupJournal * journal);

/* Whether an accepted request that this process does not wait for any more (it
 * stops, or the time is over) is left to the service: somebody will ask for its
 * result. Otherwise it is cancelled there. It is not asked of what the service
 * is done with, which cannot be cancelled. */
gboolean cup_journal_keeps (CupJournal * journal);

/* The service has made a result, and it cannot be used as it is: the job is about
 * to fail. TRUE where it is kept as it came, so that a later run reads it again
 * instead of submitting anything. */
gboolean cup_journal_unusable (CupJournal * journal,
    const CupJournalPicture * picture);

/* Blocks (on the disk): for workers. Where the service has @bytes already, in
 * the storage @place (its location); NULL where it does not. To be freed. */
gchar *cup_journal_lookup_upload (CupJournal * journal, GBytes * bytes,
    const gchar * place);
/* The service has @bytes now, under @url, for @lifetime microseconds. */
void cup_journal_add_upload (CupJournal * journal, GBytes * bytes,
    const gchar * place, const gchar * url, gint64 lifetime);
/* The service says that it has them no more. */
void cup_journal_remove_upload (CupJournal * journal, GBytes * bytes,
    const gchar * place);

G_END_DECLS
