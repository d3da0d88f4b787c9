/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What test-fal-journal.c and test-fal-resume.c have in common: the loopback
 * service, a fal engine, a book that stands for whoever keeps account (it writes
 * down what it is asked and told, in order), and jobs with such a journal.
 */
#pragma once

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "engine/fal/fal.h"
#include "service.h"

#define MS (G_USEC_PER_SEC / 1000)
#define KEY "my-id:my-s3cret"
#define PATIENCE (60 * G_USEC_PER_SEC)

typedef enum
{
  ALLOWS,                       /* from within the question */
  ANSWERS_LATER,                /* when book_answer() is called */
  FORBIDS,
} Policy;

/* @told: words, each with a space behind it: may, refused, accepted, lost; add,
 * remove for uploads
 * @last: (nullable): the request that was accepted last
 * @upload: (nullable): where the service has the picture, as it is told
 * @lifetime: of that
 * @answer: (nullable): the question that has no answer yet */
typedef struct
{
  GMutex lock;
  GCond cond;
  Policy policy;
  gint keeps;                   /* atomic */
  gint n_asked;                 /* whether it keeps; atomic */
  GString *told;
  CupJournalRequest *last;
  gchar *upload;
  gint64 lifetime;
  CupJournalAnswer answer;
  gpointer answer_data;
  guint n_journals;
} Book;

/* What became of a job; @retries: how often it was told of trouble, @queued: the
 * id that it was queued with, @state: the last one. */
typedef struct
{
  CupJob *job;
  GMutex lock;
  GCond cond;
  guint calls;
  CupResult *result;
  GError *error;
  guint retries;
  gchar *queued;
  CupProgressState state;
} Outcome;

typedef struct
{
  CupFalService *service;
  CupFalSettings settings;
  CupEngine *engine;
  Book book;
} Fixture;

/* The book */

static void
note (Book * book, const gchar * word)
{
  g_mutex_lock (&book->lock);
  g_string_append (book->told, word);
  g_string_append_c (book->told, ' ');
  g_cond_broadcast (&book->cond);
  g_mutex_unlock (&book->lock);
}

static GError *
new_forbidden (void)
{
  /* What would be taken for a refusal of everything if the service said it. */
  return g_error_new_literal (CUP_ERROR, CUP_ERROR_NOT_AUTHORIZED,
      "the budget is used up");
}

static void
book_may_submit (gpointer data, CupJournalAnswer answer, gpointer user_data)
{
  Book *book = data;
  Policy policy;

  g_mutex_lock (&book->lock);
  policy = book->policy;
  if (policy == ANSWERS_LATER) {
    g_assert_null (book->answer);
    book->answer = answer;
    book->answer_data = user_data;
  }
  g_mutex_unlock (&book->lock);
  note (book, "may");
  if (policy == ALLOWS)
    answer (NULL, user_data);
  else if (policy == FORBIDS)
    answer (new_forbidden (), user_data);
}

static void
book_refused (gpointer data)
{
  note (data, "refused");
}

static void
book_accepted (gpointer data, const CupJournalRequest * request)
{
  Book *book = data;

  g_mutex_lock (&book->lock);
  g_clear_pointer (&book->last, cup_journal_request_free);
  book->last = cup_journal_request_new (request->request_id,
      request->status_url, request->response_url, request->cancel_url,
      request->upload_url);
  g_mutex_unlock (&book->lock);
  note (book, "accepted");
}

static void
book_lost (gpointer data)
{
  note (data, "lost");
}

static gboolean
book_keeps (gpointer data)
{
  g_atomic_int_inc (&((Book *) data)->n_asked);
  return g_atomic_int_get (&((Book *) data)->keeps);
}

static gchar *
book_lookup_upload (gpointer data, GBytes * bytes, const gchar * place)
{
  Book *book = data;
  gchar *url;

  g_assert_cmpuint (g_bytes_get_size (bytes), >, 50);
  g_assert_true (g_str_has_prefix (place, "http"));
  g_mutex_lock (&book->lock);
  url = g_strdup (book->upload);
  g_mutex_unlock (&book->lock);
  return url;
}

static void
book_add_upload (gpointer data, GBytes * bytes, const gchar * place,
    const gchar * url, gint64 lifetime)
{
  Book *book = data;

  g_assert_cmpuint (g_bytes_get_size (bytes), >, 50);
  g_assert_true (g_str_has_prefix (place, "http"));
  g_mutex_lock (&book->lock);
  g_free (book->upload);
  book->upload = g_strdup (url);
  book->lifetime = lifetime;
  g_mutex_unlock (&book->lock);
  note (book, "add");
}

static void
book_remove_upload (gpointer data, GBytes * bytes, const gchar * place)
{
  Book *book = data;

  g_assert_cmpuint (g_bytes_get_size (bytes), >, 50);
  g_mutex_lock (&book->lock);
  g_clear_pointer (&book->upload, g_free);
  g_mutex_unlock (&book->lock);
  note (book, "remove");
}

static void
book_free (gpointer data)
{
  Book *book = data;

  g_mutex_lock (&book->lock);
  book->n_journals--;
  g_cond_broadcast (&book->cond);
  g_mutex_unlock (&book->lock);
}

static void
book_init (Book * book)
{
  memset (book, 0, sizeof (*book));
  g_mutex_init (&book->lock);
  g_cond_init (&book->cond);
  book->told = g_string_new (NULL);
}

/* No journal may be left. */
static void
book_clear (Book * book)
{
  g_mutex_lock (&book->lock);
  while (book->n_journals > 0)
    g_assert_true (g_cond_wait_until (&book->cond, &book->lock,
            g_get_monotonic_time () + PATIENCE));
  g_mutex_unlock (&book->lock);
  g_assert_null (book->answer);
  g_mutex_clear (&book->lock);
  g_cond_clear (&book->cond);
  g_string_free (book->told, TRUE);
  g_clear_pointer (&book->last, cup_journal_request_free);
  g_free (book->upload);
}

/* What was told since the last time. */
static inline void
assert_told (Book * book, const gchar * told)
{
  g_mutex_lock (&book->lock);
  g_assert_cmpstr (book->told->str, ==, told);
  g_string_truncate (book->told, 0);
  g_mutex_unlock (&book->lock);
}

static inline void
wait_told (Book * book, const gchar * told)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  g_mutex_lock (&book->lock);
  while (strcmp (book->told->str, told) != 0)
    if (!g_cond_wait_until (&book->cond, &book->lock, end))
      g_error ("\"%s\" was told, and not \"%s\"", book->told->str, told);
  g_string_truncate (book->told, 0);
  g_mutex_unlock (&book->lock);
}

/* The question that is open is answered from this thread. */
static inline void
book_answer (Book * book, GError * error)
{
  CupJournalAnswer answer;
  gpointer data;

  g_mutex_lock (&book->lock);
  answer = book->answer;
  data = book->answer_data;
  book->answer = NULL;
  g_mutex_unlock (&book->lock);
  answer (error, data);
}

/* Jobs */

static void
on_done (CupJob * job, CupResult * result, GError * error, gpointer data)
{
  Outcome *outcome = data;

  g_mutex_lock (&outcome->lock);
  outcome->calls++;
  outcome->result = result;
  outcome->error = error;
  g_cond_broadcast (&outcome->cond);
  g_mutex_unlock (&outcome->lock);
}

static void
on_progress (CupJob * job, const CupProgress * progress, gpointer data)
{
  Outcome *outcome = data;

  g_mutex_lock (&outcome->lock);
  outcome->state = progress->state;
  if (progress->retry)
    outcome->retries++;
  if (progress->state == CUP_PROGRESS_QUEUED && !outcome->queued)
    outcome->queued = g_strdup (progress->request_id);
  g_cond_broadcast (&outcome->cond);
  g_mutex_unlock (&outcome->lock);
}

static GBytes *
make_picture (guint width, guint height)
{
  CupPixels *pixels = cup_pixels_new (width, height, 3, 8, NULL);
  GError *error = NULL;
  GBytes *bytes;

  memset (pixels->data, 77, cup_pixels_get_size (pixels));
  bytes = cup_image_encode (pixels, CUP_IMAGE_PNG, 100, &error);
  g_assert_no_error (error);
  cup_pixels_unref (pixels);
  return bytes;
}

static CupJournal *
journal_new (Book * book, const CupJournalRequest * resumed)
{
  static const CupJournalFuncs funcs = {
    .may_submit = book_may_submit,
    .refused = book_refused,
    .accepted = book_accepted,
    .lost = book_lost,
    .keeps = book_keeps,
    .lookup_upload = book_lookup_upload,
    .add_upload = book_add_upload,
    .remove_upload = book_remove_upload,
    .free = book_free,
  };

  g_mutex_lock (&book->lock);
  book->n_journals++;
  g_mutex_unlock (&book->lock);
  return cup_journal_new (&funcs, book, resumed);
}

/* @book, @resumed: (nullable). @timeout: in microseconds, 0 for none. */
static Outcome *
start_job (CupEngine * engine, Book * book, const CupJournalRequest * resumed,
    gint64 timeout)
{
  Outcome *outcome = g_new0 (Outcome, 1);
  GBytes *bytes = make_picture (16, 8);
  CupImageInfo info;

  g_mutex_init (&outcome->lock);
  g_cond_init (&outcome->cond);
  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  outcome->job = cup_job_new_encoded (bytes, &info);
  g_bytes_unref (bytes);
  cup_job_set_values (outcome->job, cup_values_new ());
  cup_job_set_timeout (outcome->job, timeout);
  cup_job_set_queue_timeout (outcome->job, timeout);
  cup_job_set_callback (outcome->job, on_done, outcome, NULL);
  cup_job_set_progress (outcome->job, on_progress, outcome, NULL);
  if (book)
    cup_job_set_journal (outcome->job, journal_new (book, resumed));
  cup_engine_upscale_async (engine, outcome->job);
  return outcome;
}

static void
finish (Outcome * outcome)
{
  g_mutex_lock (&outcome->lock);
  while (outcome->calls == 0)
    g_cond_wait (&outcome->cond, &outcome->lock);
  g_assert_true ((outcome->result == NULL) == (outcome->error != NULL));
  g_mutex_unlock (&outcome->lock);
}

static void
finish_well (Outcome * outcome)
{
  finish (outcome);
  g_assert_no_error (outcome->error);
  g_assert_cmpuint (outcome->result->info.width, ==, 32);
}

static inline void
finish_badly (Outcome * outcome, gint code, const gchar * word)
{
  finish (outcome);
  g_assert_error (outcome->error, CUP_ERROR, code);
  if (!strstr (outcome->error->message, word))
    g_error ("\"%s\" does not say \"%s\"", outcome->error->message, word);
  g_assert_null (strstr (outcome->error->message, "s3cret"));
}

static inline void
finish_cancelled (Outcome * outcome)
{
  finish (outcome);
  g_assert_error (outcome->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static inline void
cancel (Outcome * outcome)
{
  g_cancellable_cancel (cup_job_get_cancellable (outcome->job));
}

static inline void
wait_state (Outcome * outcome, CupProgressState state)
{
  g_mutex_lock (&outcome->lock);
  while (outcome->state != state)
    g_assert_true (g_cond_wait_until (&outcome->cond, &outcome->lock,
            g_get_monotonic_time () + PATIENCE));
  g_mutex_unlock (&outcome->lock);
}

static inline void
wait_retry (Outcome * outcome)
{
  g_mutex_lock (&outcome->lock);
  while (outcome->retries == 0)
    g_assert_true (g_cond_wait_until (&outcome->cond, &outcome->lock,
            g_get_monotonic_time () + PATIENCE));
  g_mutex_unlock (&outcome->lock);
}

static void
outcome_free (Outcome * outcome)
{
  g_assert_cmpuint (outcome->calls, ==, 1);
  cup_job_unref (outcome->job);
  g_clear_pointer (&outcome->result, cup_result_free);
  g_clear_error (&outcome->error);
  g_mutex_clear (&outcome->lock);
  g_cond_clear (&outcome->cond);
  g_free (outcome->queued);
  g_free (outcome);
}

/* Service and engine */

static void
open_engine (Fixture * f)
{
  GError *error = NULL;

  f->engine = cup_fal_engine_new (&f->settings, &error);
  g_assert_no_error (error);
}

static void
close_engine (Fixture * f)
{
  if (!f->engine)
    return;
  cup_engine_close (f->engine);
  cup_engine_join (f->engine);
  g_clear_object (&f->engine);
}

/* @options: (nullable). The engine is for open_engine(). */
static void
fixture_init (Fixture * f, const CupFalServiceOptions * options)
{
  GError *error = NULL;

  memset (f, 0, sizeof (*f));
  f->service = cup_fal_service_new (options, &error);
  g_assert_no_error (error);
  cup_fal_settings_init (&f->settings);
  f->settings.key = KEY;
  f->settings.location = cup_fal_service_get_location (f->service);
  f->settings.storage_location = f->settings.location;
  f->settings.upload = CUP_FAL_UPLOAD_STORAGE;
  f->settings.retry_delay = 10 * MS;
  book_init (&f->book);
}

static guint64
count (Fixture * f, CupFalCounter counter)
{
  return cup_fal_service_get_count (f->service, counter);
}

static inline void
wait_count (Fixture * f, CupFalCounter counter, guint64 n)
{
  g_assert_true (cup_fal_service_wait_count (f->service, counter, n,
          PATIENCE / 1000));
}

static inline void
add_fault (Fixture * f, const gchar * spec)
{
  GError *error = NULL;

  cup_fal_service_add_fault (f->service, spec, &error);
  g_assert_no_error (error);
}

static void
fixture_clear (Fixture * f)
{
  close_engine (f);
  g_assert_cmpuint (count (f, CUP_FAL_COUNT_LEAKS), ==, 0);
  cup_fal_service_free (f->service);
  book_clear (&f->book);
}

static gboolean
log_everything (CupLogLevel level)
{
  return TRUE;
}

static void
check_log (CupLogLevel level, const gchar * file, const gchar * function,
    gint line, const gchar * text)
{
  if (strstr (text, "s3cret"))
    g_error ("the log shows a secret: %s", text);
  g_test_message ("%s: %s", function, text);
}
