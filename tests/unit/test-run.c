/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs: jobs that share one piece of work, and come and go while it is under
 * way.
 */
#include <string.h>

#include "base/error.h"
#include "dispatch/run.h"

/* A job of somebody's, and what became of it. */
typedef struct
{
  CupJob *job;
  guint n_done;
  CupResult *result;
  GError *error;
  guint n_progress;
  gboolean is_freed;
} Client;

typedef struct
{
  CupRuns *runs;
  guint n_unwanted;
  guint n_ends;
  guint n_shared;
} Place;

static void
on_done (CupJob * job, CupResult * result, GError * error, gpointer user_data)
{
  Client *client = user_data;

  client->n_done++;
  client->result = result;
  client->error = error;
}

static void
on_progress (CupJob * job, const CupProgress * progress, gpointer user_data)
{
  ((Client *) user_data)->n_progress++;
}

static void
on_freed (gpointer data)
{
  ((Client *) data)->is_freed = TRUE;
}

static void
on_unwanted (gpointer data)
{
  ((Place *) data)->n_unwanted++;
}

static void
on_end (CupRun * run, const CupResult * result, const GError * error,
    gpointer data)
{
  Place *place = data;

  place->n_ends++;
  if (result && result->origin == CUP_RESULT_SHARED)
    place->n_shared++;
}

static CupPixels *
make_pixels (gpointer data, GError ** error)
{
  CupPixels *pixels = cup_pixels_new (4, 4, 3, 8, NULL);

  memset (pixels->data, 1, cup_pixels_get_size (pixels));
  return pixels;
}

static CupRun *
add (Place * place, Client * client)
{
  memset (client, 0, sizeof (*client));
  client->job = cup_job_new_raw (4, 4, make_pixels, NULL, NULL);
  cup_job_set_callback (client->job, on_done, client, on_freed);
  cup_job_set_progress (client->job, on_progress, client, NULL);
  return cup_run_new (place->runs, cup_job_ref (client->job), on_end, place,
      NULL);
}

static void
clear (Client * client)
{
  g_assert_cmpuint (client->n_done, ==, 1);
  cup_job_unref (client->job);
  /* Nothing else holds on to the job. */
  g_assert_true (client->is_freed);
  g_clear_pointer (&client->result, cup_result_free);
  g_clear_error (&client->error);
}

static CupStoreKey
make_key (guint8 number)
{
  CupStoreKey key = { {number} };

  return key;
}

static CupResult *
make_result (void)
{
  return cup_result_new_pixels (cup_pixels_new (8, 8, 3, 8, NULL));
}

static void
start (Place * place)
{
  memset (place, 0, sizeof (*place));
  place->runs = cup_runs_new (on_unwanted, place, NULL);
}

/* As the dispatcher does it. */
static void
merge (CupRun * run, const CupStoreKey * key)
{
  g_assert_true (cup_run_merge (run, key, 0));
  cup_job_return_error (cup_run_get_job (run),
      g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "merged"));
  cup_run_unref (run);
}

static void
test_alone (void)
{
  Place place;
  Client client;
  CupRun *run;
  CupJob *job;

  start (&place);
  run = add (&place, &client);
  job = cup_run_get_job (run);
  g_assert_true (job != client.job);
  g_assert_true (cup_job_need_pixels (job, NULL));
  g_assert_true (cup_run_is_wanted (run));
  cup_job_return_result (job, make_result ());
  g_assert_cmpint (client.result->origin, ==, CUP_RESULT_MADE);
  g_assert_cmpuint (place.n_ends, ==, 1);
  cup_run_unref (run);
  clear (&client);
  cup_runs_unref (place.runs);
}

static void
test_shared (void)
{
  CupProgress progress = { CUP_PROGRESS_RUNNING, NULL, -1 };
  CupStoreKey key = make_key (1), other_key = make_key (2);
  Client clients[4];
  CupRun *run, *other, *variant;
  Place place;

  start (&place);
  run = add (&place, &clients[0]);
  g_assert_false (cup_run_merge (run, &key, 0));
  merge (add (&place, &clients[1]), &key);
  other = add (&place, &clients[2]);
  g_assert_false (cup_run_merge (other, &other_key, 0));
  variant = add (&place, &clients[3]);
  g_assert_false (cup_run_merge (variant, &key, 1));

  cup_job_report_progress (cup_run_get_job (run), &progress);
  g_assert_cmpuint (clients[0].n_progress, ==, 1);
  g_assert_cmpuint (clients[1].n_progress, ==, 0);

  cup_job_return_result (cup_run_get_job (run), make_result ());
  cup_run_unref (run);
  g_assert_cmpint (clients[0].result->origin, ==, CUP_RESULT_MADE);
  g_assert_cmpint (clients[1].result->origin, ==, CUP_RESULT_SHARED);
  g_assert_true (clients[0].result->pixels == clients[1].result->pixels);
  g_assert_cmpuint (place.n_shared, ==, 1);
  g_assert_cmpuint (clients[2].n_done, ==, 0);

  /* It is over: the next one begins anew. */
  clear (&clients[1]);
  run = add (&place, &clients[1]);
  g_assert_false (cup_run_merge (run, &key, 0));
  cup_job_return_error (cup_run_get_job (run),
      g_error_new (CUP_ERROR, CUP_ERROR_FAILED, "no"));
  cup_run_unref (run);
  g_assert_error (clients[1].error, CUP_ERROR, CUP_ERROR_FAILED);

  cup_job_return_result (cup_run_get_job (other), make_result ());
  cup_job_return_result (cup_run_get_job (variant), make_result ());
  cup_run_unref (other);
  cup_run_unref (variant);
  clear (&clients[0]);
  clear (&clients[1]);
  clear (&clients[2]);
  clear (&clients[3]);
  cup_runs_unref (place.runs);
}

/* An error is each one's own, with its details. */
static void
test_error (void)
{
  CupStoreKey key = make_key (1);
  Client clients[2];
  Place place;
  CupRun *run;
  GError *error = g_error_new (CUP_ERROR, CUP_ERROR_SERVICE, "broken");

  cup_error_edit_details (error)->http_status = 500;
  start (&place);
  run = add (&place, &clients[0]);
  g_assert_false (cup_run_merge (run, &key, 0));
  merge (add (&place, &clients[1]), &key);
  cup_job_return_error (cup_run_get_job (run), error);
  cup_run_unref (run);
  g_assert_true (clients[0].error != clients[1].error);
  g_assert_cmpuint (cup_error_get_details (clients[1].error)->http_status, ==,
      500);
  clear (&clients[0]);
  clear (&clients[1]);
  cup_runs_unref (place.runs);
}

static void
cancel (Client * client)
{
  g_cancellable_cancel (cup_job_get_cancellable (client->job));
}

/* Whoever is left gets the result; when nobody is, the engine is told. */
static void
test_cancelled (void)
{
  CupStoreKey key = make_key (1);
  Client clients[3];
  Place place;
  GCancellable *cancellable;
  CupRun *run;

  start (&place);
  run = add (&place, &clients[0]);
  cancellable = g_object_ref (cup_job_get_cancellable (cup_run_get_job (run)));
  g_assert_false (cup_run_merge (run, &key, 0));
  merge (add (&place, &clients[1]), &key);

  cancel (&clients[0]);
  g_assert_error (clients[0].error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (clients[1].n_done, ==, 0);
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  g_assert_cmpuint (place.n_unwanted, ==, 0);
  clear (&clients[0]);

  cancel (&clients[1]);
  g_assert_error (clients[1].error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  g_assert_cmpuint (place.n_unwanted, ==, 1);
  g_assert_false (cup_run_is_wanted (run));
  clear (&clients[1]);

  /* Nothing joins what is being cancelled. */
  {
    CupRun *next = add (&place, &clients[2]);

    g_assert_false (cup_run_merge (next, &key, 0));
    /* And its late end is nobody's. */
    cup_job_return_result (cup_run_get_job (run), make_result ());
    cup_run_unref (run);
    g_assert_cmpuint (clients[2].n_done, ==, 0);
    merge (add (&place, &clients[0]), &key);
    cup_job_return_result (cup_run_get_job (next), make_result ());
    cup_run_unref (next);
  }
  g_assert_nonnull (clients[0].result);
  g_assert_nonnull (clients[2].result);
  clear (&clients[0]);
  clear (&clients[2]);
  g_object_unref (cancellable);
  cup_runs_unref (place.runs);
}

/* Cancelled before there is a run. */
static void
test_cancelled_before (void)
{
  Place place;
  Client client = { NULL };
  CupRun *run;

  start (&place);
  client.job = cup_job_new_raw (4, 4, make_pixels, NULL, NULL);
  cup_job_set_callback (client.job, on_done, &client, on_freed);
  cancel (&client);
  run = cup_run_new (place.runs, cup_job_ref (client.job), NULL, NULL, NULL);
  g_assert_error (client.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (cup_run_is_wanted (run));
  g_assert_true (cup_job_return_if_cancelled (cup_run_get_job (run)));
  cup_run_unref (run);
  clear (&client);
  cup_runs_unref (place.runs);
}

/* Jobs that are cancelled, joined and completed from three threads: each ends
 * once. */

#define N_JOBS 2000

typedef struct
{
  Place place;
  GAsyncQueue *begun;           /* jobs of clients, to be cancelled */
  GAsyncQueue *runs;            /* to be completed */
} Crowd;

static gint n_completed;

static void
count_done (CupJob * job, CupResult * result, GError * error,
    gpointer user_data)
{
  g_atomic_int_inc (&n_completed);
  g_clear_pointer (&result, cup_result_free);
  g_clear_error (&error);
}

static gpointer
cancel_some (gpointer data)
{
  Crowd *crowd = data;
  guint i;

  for (i = 0; i < N_JOBS; i++) {
    CupJob *job = g_async_queue_pop (crowd->begun);

    if (i % 2 == 0)
      g_cancellable_cancel (cup_job_get_cancellable (job));
    cup_job_unref (job);
  }
  return NULL;
}

static gpointer
complete_all (gpointer data)
{
  Crowd *crowd = data;
  guint i;

  for (i = 0; i < N_JOBS; i++) {
    CupRun *run = g_async_queue_pop (crowd->runs);
    CupStoreKey key = make_key (i % 3);

    if (cup_run_merge (run, &key, 0))
      cup_job_return_error (cup_run_get_job (run),
          g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "merged"));
    else
      cup_job_return_result (cup_run_get_job (run), make_result ());
    cup_run_unref (run);
  }
  return NULL;
}

static void
test_threads (void)
{
  Crowd crowd = { {NULL} };
  GThread *canceller, *completer;
  guint i;

  start (&crowd.place);
  crowd.begun = g_async_queue_new ();
  crowd.runs = g_async_queue_new ();
  canceller = g_thread_new ("cancel", cancel_some, &crowd);
  completer = g_thread_new ("complete", complete_all, &crowd);
  for (i = 0; i < N_JOBS; i++) {
    CupJob *job = cup_job_new_raw (4, 4, make_pixels, NULL, NULL);
    CupRun *run;

    cup_job_set_callback (job, count_done, NULL, NULL);
    run = cup_run_new (crowd.place.runs, cup_job_ref (job), NULL, NULL, NULL);
    g_async_queue_push (crowd.runs, run);
    g_async_queue_push (crowd.begun, job);
  }
  g_thread_join (canceller);
  g_thread_join (completer);
  g_assert_cmpint (g_atomic_int_get (&n_completed), ==, N_JOBS);
  g_async_queue_unref (crowd.begun);
  g_async_queue_unref (crowd.runs);
  cup_runs_unref (crowd.place.runs);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/run/alone", test_alone);
  g_test_add_func ("/run/shared", test_shared);
  g_test_add_func ("/run/error", test_error);
  g_test_add_func ("/run/cancelled", test_cancelled);
  g_test_add_func ("/run/cancelled-before", test_cancelled_before);
  g_test_add_func ("/run/threads", test_threads);
  return g_test_run ();
}
