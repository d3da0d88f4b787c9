/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fal engine as long as the service has never answered: how often the
 * engine tries, and when it does not try again.
 */
#include "engine/fal/api.h"
#include "fal-journal.h"
#include "http-server.h"

/* More than what uses all attempts of other times. libsoup itself repeats a GET
 * once. */
#define N_RESETS (3 * CUP_FAL_MAX_ATTEMPTS)

static void
fixture_init_patient (Fixture * f)
{
  fixture_init (f, NULL);
  f->settings.follow_stream = FALSE;
  f->settings.retry_delay = MS / 10;
}

/* Nothing is under way: "retries" is the limit, whatever it is. */
static void
test_retries (gconstpointer data)
{
  Fixture f;
  Outcome *outcome;

  fixture_init_patient (&f);
  f.settings.retries = GPOINTER_TO_UINT (data);
  add_fault (&f, "initiate:reset");
  open_engine (&f);
  outcome = start_job (f.engine, &f.book, NULL, 0);
  finish_badly (outcome, CUP_ERROR_NETWORK, "127.0.0.1");
  assert_told (&f.book, "");
  g_assert_cmpuint (outcome->retries, ==, f.settings.retries);
  outcome_free (outcome);
  fixture_clear (&f);
}

/* A run that ends when the service has accepted its job, and leaves it. */
static void
leave_request (Fixture * f)
{
  Outcome *outcome;

  g_atomic_int_set (&f->book.keeps, TRUE);
  cup_fal_service_hold (f->service, TRUE);
  open_engine (f);
  outcome = start_job (f->engine, &f->book, NULL, 0);
  wait_told (&f->book, "add may accepted ");
  close_engine (f);
  finish_cancelled (outcome);
  outcome_free (outcome);
}

/* A request of an earlier run, and a new one beside it. */
static void
test_under_way (void)
{
  gchar *initiate = g_strdup_printf ("initiate:reset:%d", N_RESETS);
  gchar *status = g_strdup_printf ("status:reset:%d", N_RESETS);
  Fixture f;
  Outcome *old, *new;

  fixture_init_patient (&f);
  f.settings.retries = 1;
  leave_request (&f);
  add_fault (&f, status);
  add_fault (&f, initiate);
  open_engine (&f);
  old = start_job (f.engine, &f.book, f.book.last, 0);
  wait_retry (old);
  /* Without the book: the picture has to be uploaded again. */
  new = start_job (f.engine, NULL, NULL, 0);
  wait_state (old, CUP_PROGRESS_RUNNING);
  cup_fal_service_hold (f.service, FALSE);
  finish_well (old);
  g_assert_cmpuint (old->retries, >=, CUP_FAL_MAX_ATTEMPTS);
  finish_well (new);
  g_assert_cmpuint (new->retries, >=, CUP_FAL_MAX_ATTEMPTS);
  outcome_free (old);
  outcome_free (new);
  fixture_clear (&f);
  g_free (status);
  g_free (initiate);
}

/* The time of the frame is the limit, and the network is named as the cause. */
static void
test_timeout (void)
{
  Fixture f;
  Outcome *outcome;

  fixture_init_patient (&f);
  f.settings.retries = 0;
  leave_request (&f);
  add_fault (&f, "status:reset");
  open_engine (&f);
  outcome = start_job (f.engine, &f.book, f.book.last, G_USEC_PER_SEC / 2);
  finish_badly (outcome, CUP_ERROR_TIMEOUT, "127.0.0.1");
  g_assert_cmpuint (outcome->retries, >, 0);
  outcome_free (outcome);
  fixture_clear (&f);
}

/* The next attempt would meet the same certificate. */
static void
test_certificate (void)
{
  Authority *authority = authority_new ();
  Server *server;
  Fixture f;
  Outcome *outcome;

  if (!authority) {
    g_test_skip ("there is no openssl");
    return;
  }
  server = server_new ();
  fixture_init_patient (&f);
  f.settings.location = f.settings.storage_location =
      server_listen_tls (server, authority);
  open_engine (&f);
  outcome = start_job (f.engine, &f.book, NULL, 0);
  finish_badly (outcome, CUP_ERROR_CERTIFICATE, "ca-certificates");
  g_assert_cmpuint (outcome->retries, ==, 0);
  g_assert_cmpint (server->requests, ==, 0);
  outcome_free (outcome);
  fixture_clear (&f);
  server_free (server);
  authority_free (authority);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  cup_log_set_writer (log_everything, check_log);
  g_test_add_data_func ("/fal/first-contact/retries/none",
      GUINT_TO_POINTER (0), test_retries);
  g_test_add_data_func ("/fal/first-contact/retries/some",
      GUINT_TO_POINTER (2), test_retries);
  g_test_add_data_func ("/fal/first-contact/retries/many",
      GUINT_TO_POINTER (2 * CUP_FAL_MAX_ATTEMPTS), test_retries);
  g_test_add_func ("/fal/first-contact/under-way", test_under_way);
  g_test_add_func ("/fal/first-contact/timeout", test_timeout);
  g_test_add_func ("/fal/first-contact/certificate", test_certificate);
  return g_test_run ();
}
