/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Several processes that have the same sequence and the same store at the same
 * time: each picture is paid for once, and nobody depends on another's life.
 */
#include <signal.h>

#include "store-place.h"

/* To its end, which has to be a good one. */
static void
end (StorePlace * place, Sequence * sequence, const gchar * output)
{
  sequence_finish (sequence);
  g_assert_cmpuint (sequence_get_warnings (sequence)->len, ==, 0);
  sequence_free (sequence);
  sequence_assert_same (output, store_place_get_reference (), place->pictures);
}

static void
test_together (StorePlace * place, gconstpointer data)
{
  guint n_processes = GPOINTER_TO_UINT (data);
  Sequence *sequences[4];
  gchar *names[4];
  guint i;

  for (i = 0; i < n_processes; i++) {
    names[i] = g_strdup_printf ("out-%u", i);
    sequences[i] = store_place_start (place, names[i], NULL);
  }
  for (i = 0; i < n_processes; i++) {
    end (place, sequences[i], names[i]);
    g_free (names[i]);
  }
  store_place_assert_accepted (place, N_FRAMES);
  g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_DOWNLOAD), ==,
      N_FRAMES);
  g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_CANCEL), ==, 0);
}

/* One has begun all that it may at a time, and another needs the same. */
static void
start_both (StorePlace * place, Sequence ** first, Sequence ** second)
{
  cup_fal_service_hold (place->service, TRUE);
  *first = store_place_start (place, "first", NULL);
  g_assert_true (sequence_wait_count (*first, CUP_FAL_COUNT_STREAM, IN_FLIGHT));
  *second = store_place_start (place, "second", NULL);
  store_place_wait_query ("SELECT count(*) FROM waiting", 1);
  store_place_assert_accepted (place, IN_FLIGHT);
}

static void
test_waiting (StorePlace * place, gconstpointer data)
{
  Sequence *first, *second;

  start_both (place, &first, &second);
  cup_fal_service_hold (place->service, FALSE);
  end (place, first, "first");
  end (place, second, "second");
  store_place_assert_accepted (place, N_FRAMES);
}

/* What it has begun is gone on with by the one that waits. */
static void
test_first_killed (StorePlace * place, gconstpointer data)
{
  Sequence *first, *second;

  start_both (place, &first, &second);
  sequence_signal (first, SIGKILL);
  sequence_wait (first);
  sequence_free (first);
  cup_fal_service_hold (place->service, FALSE);
  end (place, second, "second");
  store_place_assert_accepted (place, N_FRAMES);
  g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_PUT), ==, N_FRAMES);
}

/* The same where it stops properly, and leaves them to others. */
static void
test_first_stopped (StorePlace * place, gconstpointer data)
{
  Sequence *first, *second;

  start_both (place, &first, &second);
  sequence_signal (first, SIGTERM);
  sequence_wait (first);
  sequence_free (first);
  cup_fal_service_hold (place->service, FALSE);
  end (place, second, "second");
  store_place_assert_accepted (place, N_FRAMES);
  g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_CANCEL), ==, 0);
}

static void
test_second_killed (StorePlace * place, gconstpointer data)
{
  Sequence *first, *second;

  start_both (place, &first, &second);
  sequence_signal (second, SIGKILL);
  sequence_wait (second);
  sequence_free (second);
  cup_fal_service_hold (place->service, FALSE);
  end (place, first, "first");
  store_place_assert_accepted (place, N_FRAMES);
  store_place_run_for_free (place, "second", NULL);
}

/* One of two at any moment, and then it starts again beside the other. */
static void
test_killed_anywhere (StorePlace * place, gconstpointer data)
{
  guint i, n_rounds = g_test_slow ()? 50 : 4;

  for (i = 0; i < n_rounds; i++) {
    guint n = (guint) g_test_rand_int_range (1, N_FRAMES);
    Sequence *first, *second;
    guint64 n_uncertain, n_accepted;

    store_place_renew (place);
    first = store_place_start (place, "first", NULL);
    second = store_place_start (place, "second", NULL);
    sequence_wait_count (first, CUP_FAL_COUNT_SUBMIT, n);
    g_usleep ((gulong) g_test_rand_int_range (0, 12000));
    sequence_signal (first, SIGKILL);
    sequence_wait (first);
    sequence_free (first);
    first = store_place_start (place, "first", NULL);
    sequence_finish (first);
    sequence_finish (second);
    sequence_assert_same ("first", store_place_get_reference (),
        place->pictures);
    sequence_assert_same ("second", store_place_get_reference (),
        place->pictures);
    n_uncertain = sequence_get_figure (first, "uncertain-requests")
        + sequence_get_figure (second, "uncertain-requests");
    n_accepted = store_place_count (place, CUP_FAL_COUNT_ACCEPTED);
    g_test_message ("one of two killed behind submission %u: %" G_GUINT64_FORMAT
        " accepted, %" G_GUINT64_FORMAT " uncertain", n, n_accepted,
        n_uncertain);
    g_assert_cmpuint (n_accepted, >=, N_FRAMES);
    g_assert_cmpuint (n_accepted, <=, N_FRAMES + n_uncertain);
    sequence_free (second);
    sequence_free (first);
  }
}

int
main (int argc, char **argv)
{
  int code;

  if (sequence_run_child (argc, argv, &code))
    return code;
  fixture_init (&argc, &argv);

#define ADD(path, data, func) \
  g_test_add (path, StorePlace, data, store_place_enter, func, \
      store_place_leave)
  ADD ("/store-processes/two", GUINT_TO_POINTER (2), test_together);
  ADD ("/store-processes/four", GUINT_TO_POINTER (4), test_together);
  ADD ("/store-processes/waiting", NULL, test_waiting);
  ADD ("/store-processes/first-killed", NULL, test_first_killed);
  ADD ("/store-processes/first-stopped", NULL, test_first_stopped);
  ADD ("/store-processes/second-killed", NULL, test_second_killed);
  ADD ("/store-processes/killed-anywhere", NULL, test_killed_anywhere);
#undef ADD
  code = g_test_run ();
  store_place_clean_up ();
  return code;
}
