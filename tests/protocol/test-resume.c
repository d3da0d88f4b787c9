/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs that are killed, stopped or interrupted while jobs are under way, and
 * started again: nothing is lost, and nothing is paid for twice but what nobody
 * can know of.
 *
 * GLib prints the seed of the random moments; --seed gives it again. With -m slow
 * there are many more of them.
 */
#include <signal.h>

#include "store-place.h"

/* What the moment of a kill follows. */
typedef enum
{
  PHASE_START,                  /* of the process */
  PHASE_UPLOAD,
  PHASE_ACCEPTED,
  PHASE_ANSWERED,               /* a submission */
  PHASE_STATUS,                 /* a stream of it, or a poll */
  PHASE_RESULT,
  PHASE_DOWNLOAD,
  PHASE_FRAME,                  /* it came out */
  PHASE_LAST_FRAME,
  N_PHASES
} Phase;

static const gchar *const phase_names[N_PHASES] = {
  "start", "upload", "accepted", "answered", "status", "result", "download",
  "frame", "last-frame"
};

typedef struct
{
  guint n_pairs;
  guint n_kills[N_PHASES];
  guint n_ended;                /* before the moment */
  guint n_uncertain;
  guint n_doubles;
} Summary;

/* Submissions of which nobody knows whether they have been accepted, in the
 * store of a process that is gone. Copied, so that it stays for the next run
 * as the process has left it. */
static guint
count_uncertain (void)
{
  static const gchar *const names[] = { "index.db", "index.db-wal" };
  gint64 n;
  guint i;

  if (!g_file_test ("store/index.db", G_FILE_TEST_EXISTS))
    return 0;
  g_assert_cmpint (g_mkdir_with_parents ("copy", 0777), ==, 0);
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    gchar *from = g_build_filename ("store", names[i], NULL);
    gchar *to = g_build_filename ("copy", names[i], NULL);
    gchar *data = NULL;
    gsize size;

    if (g_file_get_contents (from, &data, &size, NULL))
      g_assert_true (g_file_set_contents (to, data, (gssize) size, NULL));
    g_free (data);
    g_free (to);
    g_free (from);
  }
  n = store_place_query ("copy", "SELECT count(*) FROM journal "
      "WHERE state = 'submitting'");
  place_remove ("copy");
  /* Where it was killed before there were tables: none. */
  return (guint) MAX (n, 0);
}

/* FALSE where it ended before. */
static gboolean
wait_for_phase (StorePlace * place, Sequence * sequence, Phase phase, guint n,
    gboolean polls)
{
  switch (phase) {
    case PHASE_UPLOAD:
      return sequence_wait_count (sequence, CUP_FAL_COUNT_PUT, n);
    case PHASE_ACCEPTED:
      return sequence_wait_count (sequence, CUP_FAL_COUNT_ACCEPTED, n);
    case PHASE_ANSWERED:
      return sequence_wait_count (sequence, CUP_FAL_COUNT_SUBMIT, n);
    case PHASE_STATUS:
      return sequence_wait_count (sequence, polls ? CUP_FAL_COUNT_STATUS :
          CUP_FAL_COUNT_STREAM, n);
    case PHASE_RESULT:
      return sequence_wait_count (sequence, CUP_FAL_COUNT_RESULT, n);
    case PHASE_DOWNLOAD:
      return sequence_wait_count (sequence, CUP_FAL_COUNT_DOWNLOAD, n);
    case PHASE_FRAME:
      return sequence_wait_frames (sequence, n);
    case PHASE_LAST_FRAME:
      return sequence_wait_frames (sequence, N_FRAMES);
    default:
      return TRUE;
  }
}

/* Starts a run, and kills it at a random moment. Returns how many submissions
 * are uncertain. */
static guint
kill_one (StorePlace * place, const gchar * properties, gboolean polls,
    Summary * summary)
{
  Phase phase = (Phase) g_test_rand_int_range (0, N_PHASES);
  guint n = (guint) g_test_rand_int_range (1, N_FRAMES + 1);
  /* A process of its own takes some time to start. */
  gint most = phase == PHASE_START ? 300 : 12;
  gulong delay = (gulong) g_test_rand_int_range (0, most * 1000);
  Sequence *sequence = store_place_start (place, "out", properties);
  guint n_uncertain;

  if (wait_for_phase (place, sequence, phase, n, polls)) {
    summary->n_kills[phase]++;
    g_usleep (delay);
  } else {
    summary->n_ended++;
  }
  sequence_signal (sequence, SIGKILL);
  sequence_wait (sequence);
  n_uncertain = count_uncertain ();
  g_test_message ("killed at %s %u + %lu us: %u frames, %" G_GUINT64_FORMAT
      " accepted, %u uncertain", phase_names[phase], n, delay,
      sequence_get_n_frames (sequence), store_place_count (place,
          CUP_FAL_COUNT_ACCEPTED), n_uncertain);
  sequence_free (sequence);
  return n_uncertain;
}

/* Kills a run @n_kills times, lets it end, and judges it. */
static void
run_pair (StorePlace * place, guint n_kills, Summary * summary)
{
  gboolean polls = g_test_rand_int_range (0, 4) == 0;
  const gchar *properties = polls ? "status-updates=poll" : NULL;
  guint i, n_last = 0, n_uncertain = 0;
  GError *error = NULL;
  Sequence *sequence;
  guint64 n_accepted;

  store_place_renew (place);
  /* The service has it, and the answer is on its way: so that there are some
   * of which nobody can know. */
  cup_fal_service_add_fault (place->service, "submit:late:CHANCE=20:FOR=20",
      &error);
  g_assert_no_error (error);
  for (i = 0; i < n_kills; i++) {
    n_last = kill_one (place, properties, polls, summary);
    n_uncertain += n_last;
  }

  sequence = store_place_run (place, "out", properties);
  n_accepted = store_place_count (place, CUP_FAL_COUNT_ACCEPTED);
  g_assert_cmpuint (n_accepted, >=, N_FRAMES);
  g_assert_cmpuint (n_accepted, <=, N_FRAMES + n_uncertain);
  g_assert_cmpuint (sequence_get_figure (sequence, "uncertain-requests"), ==,
      n_last);
  g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_CANCEL), ==, 0);
  g_assert_cmpuint (count_uncertain (), ==, 0);
  sequence_free (sequence);
  summary->n_pairs++;
  summary->n_uncertain += n_uncertain;
  summary->n_doubles += (guint) n_accepted - N_FRAMES;

  /* And now everything is there. */
  store_place_run_for_free (place, "out", properties);
}

static void
print_summary (const Summary * summary)
{
  GString *kills = g_string_new (NULL);
  guint i;

  for (i = 0; i < N_PHASES; i++)
    g_string_append_printf (kills, "%s%s %u", i > 0 ? ", " : "",
        phase_names[i], summary->n_kills[i]);
  g_test_message ("%u pairs; kills: %s, at the end %u; uncertain %u; accepted "
      "twice %u", summary->n_pairs, kills->str, summary->n_ended,
      summary->n_uncertain, summary->n_doubles);
  g_string_free (kills, TRUE);
}

/* Ends that are no kills, before the application stops. */

/* A frame that the service refuses. */
static Sequence *
run_into_error (StorePlace * place)
{
  gchar *fault = g_strdup_printf ("submit:422:1:AFTER=%d",
      g_test_rand_int_range (0, N_FRAMES));
  Sequence *sequence;
  GError *error = NULL;

  cup_fal_service_add_fault (place->service, fault, &error);
  g_assert_no_error (error);
  sequence = store_place_start (place, "out", NULL);
  sequence_wait (sequence);
  g_free (fault);
  return sequence;
}

/* All frames in flight pass their time together. */
static Sequence *
run_into_timeout (StorePlace * place)
{
  Sequence *sequence;

  cup_fal_service_hold (place->service, TRUE);
  sequence = store_place_start (place, "out", "timeout=1 queue-timeout=1");
  sequence_wait (sequence);
  cup_fal_service_hold (place->service, FALSE);
  return sequence;
}

/* The disk that the results go to is full. */
static Sequence *
run_into_full_disk (StorePlace * place)
{
  gchar *room = g_strdup_printf (SEQUENCE_ROOM "=%d",
      g_test_rand_int_range (0, N_FRAMES));
  const gchar *wrapper[] = { "env", room, NULL };
  Sequence *sequence;

  place->wrapper = wrapper;
  sequence = store_place_start (place, "out", NULL);
  place->wrapper = NULL;
  sequence_wait (sequence);
  g_free (room);
  return sequence;
}

/* Returns how many submissions are uncertain. */
static guint
trouble_one (StorePlace * place, Summary * summary)
{
  static Sequence *(*const troubles[]) (StorePlace *) = {
    run_into_error, run_into_timeout, run_into_full_disk
  };
  static const gchar *const names[] = { "error", "timeout", "full disk" };
  gint kind = g_test_rand_int_range (0, 6);
  Sequence *sequence;
  guint n_uncertain;

  /* Half of them. */
  if (kind >= (gint) G_N_ELEMENTS (troubles))
    return kill_one (place, NULL, FALSE, summary);
  sequence = troubles[kind] (place);
  n_uncertain = count_uncertain ();
  g_test_message ("%s: %u frames, %" G_GUINT64_FORMAT " accepted, %u uncertain",
      names[kind], sequence_get_n_frames (sequence),
      store_place_count (place, CUP_FAL_COUNT_ACCEPTED), n_uncertain);
  sequence_free (sequence);
  return n_uncertain;
}

/* Whatever ends the runs, no frame is paid for twice but those whose submission a
 * kill has cut off. */
static void
test_troubled (StorePlace * place, gconstpointer data)
{
  guint round, i, n_rounds = g_test_slow ()? 34 : 2;
  Summary summary = { 0 };

  for (round = 0; round < n_rounds; round++) {
    guint n_uncertain = 0;
    guint64 n_accepted;
    GError *error = NULL;

    store_place_renew (place);
    cup_fal_service_add_fault (place->service, "submit:late:CHANCE=20:FOR=20",
        &error);
    g_assert_no_error (error);
    for (i = 0; i < 3; i++)
      n_uncertain += trouble_one (place, &summary);
    cup_fal_service_clear_faults (place->service);
    sequence_free (store_place_run (place, "out", NULL));
    n_accepted = store_place_count (place, CUP_FAL_COUNT_ACCEPTED);
    g_test_message ("accepted %" G_GUINT64_FORMAT
        " for %u frames, %u uncertain", n_accepted, N_FRAMES, n_uncertain);
    g_assert_cmpuint (n_accepted, >=, N_FRAMES);
    g_assert_cmpuint (n_accepted, <=, N_FRAMES + n_uncertain);
    g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_CANCEL), ==, 0);
    summary.n_pairs++;
    summary.n_uncertain += n_uncertain;
    summary.n_doubles += (guint) n_accepted - N_FRAMES;
    store_place_run_for_free (place, "out", NULL);
  }
  print_summary (&summary);
}

static void
test_kill (StorePlace * place, gconstpointer data)
{
  guint n_kills = GPOINTER_TO_UINT (data);
  guint i, n_pairs = (g_test_slow ()? 200 : 8) / (n_kills * n_kills);
  Summary summary = { 0 };

  for (i = 0; i < n_pairs; i++)
    run_pair (place, n_kills, &summary);
  print_summary (&summary);
}

/* Jobs that the service has accepted, and does not finish yet; the store knows of
 * them. */
static Sequence *
start_held (StorePlace * place)
{
  Sequence *sequence;

  cup_fal_service_hold (place->service, TRUE);
  sequence = store_place_start (place, "out", NULL);
  store_place_wait_query ("SELECT count(*) FROM journal "
      "WHERE state = 'accepted'", IN_FLIGHT);
  store_place_assert_accepted (place, IN_FLIGHT);
  return sequence;
}

/* It stops in the way of applications: what has been accepted is left to the
 * service, and gone on with. */
static void
test_stop (StorePlace * place, gconstpointer data)
{
  Sequence *sequence = start_held (place);

  sequence_signal (sequence, SIGTERM);
  sequence_wait (sequence);
  g_assert_cmpuint (sequence_get_n_frames (sequence), ==, 0);
  sequence_free (sequence);
  cup_fal_service_hold (place->service, FALSE);
  store_place_run_quietly (place, "out", NULL);
  store_place_assert_accepted (place, N_FRAMES);
  g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_PUT), ==, N_FRAMES);
  g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_CANCEL), ==, 0);
}

/* What the service has accepted would not be sent. */
static void
test_dry_run (StorePlace * place, gconstpointer data)
{
  Sequence *sequence = start_held (place);

  sequence_signal (sequence, SIGKILL);
  sequence_wait (sequence);
  sequence_free (sequence);
  sequence = store_place_start (place, "dry", "dry-run=true");
  sequence_wait (sequence);
  g_assert_null (sequence_get_error (sequence));
  g_assert_cmpuint (sequence_get_n_frames (sequence), ==, 0);
  g_assert_cmpuint (sequence_get_figure (sequence, "refused-requests"), ==,
      N_FRAMES - IN_FLIGHT);
  sequence_free (sequence);
  store_place_assert_accepted (place, IN_FLIGHT);
}

/* Stopped at any moment. */
static void
test_stop_anywhere (StorePlace * place, gconstpointer data)
{
  guint i, n_uncertain, n_rounds = g_test_slow ()? 50 : 3;

  for (i = 0; i < n_rounds; i++) {
    guint n = (guint) g_test_rand_int_range (1, N_FRAMES);
    Sequence *sequence;

    store_place_renew (place);
    sequence = store_place_start (place, "out", NULL);
    sequence_wait_count (sequence, CUP_FAL_COUNT_SUBMIT, n);
    g_usleep ((gulong) g_test_rand_int_range (0, 12000));
    sequence_signal (sequence, SIGTERM);
    sequence_wait (sequence);
    n_uncertain = count_uncertain ();
    g_test_message ("stopped behind submission %u: %u frames, %u uncertain", n,
        sequence_get_n_frames (sequence), n_uncertain);
    sequence_free (sequence);
    sequence_free (store_place_run (place, "out", NULL));
    g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_ACCEPTED), <=,
        N_FRAMES + n_uncertain);
    g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_CANCEL), ==, 0);
  }
}

/* gst-launch-1.0 -e: the stream ends behind the frames that have been read, with
 * their results. */
static void
test_interrupt (StorePlace * place, gconstpointer data)
{
  Sequence *sequence = start_held (place);
  guint n;

  sequence_signal (sequence, SIGINT);
  cup_fal_service_hold (place->service, FALSE);
  sequence_wait (sequence);
  n = sequence_get_n_frames (sequence);
  g_assert_cmpuint (n, >=, IN_FLIGHT);
  store_place_assert_accepted (place, n);
  sequence_free (sequence);
  store_place_run_quietly (place, "out", NULL);
  store_place_assert_accepted (place, N_FRAMES);
  g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_CANCEL), ==, 0);
}

/* The process is stopped for longer than a job may take, and goes on: the results
 * that have come to be meanwhile are fetched. */
static void
test_paused (StorePlace * place, gconstpointer data)
{
  const gint64 pause = 3 * G_TIME_SPAN_SECOND;
  Sequence *sequence;
  gint64 end;

  cup_fal_service_hold (place->service, TRUE);
  sequence = store_place_start (place, "out", data);
  store_place_wait_query ("SELECT count(*) FROM journal "
      "WHERE state = 'accepted'", IN_FLIGHT);
  sequence_signal (sequence, SIGSTOP);
  cup_fal_service_hold (place->service, FALSE);
  end = g_get_monotonic_time () + pause;
  while (g_get_monotonic_time () < end)
    g_usleep (10000);
  sequence_signal (sequence, SIGCONT);
  sequence_finish (sequence);
  sequence_free (sequence);
  store_place_assert_accepted (place, N_FRAMES);
  g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_CANCEL), ==, 0);
}

/* Kills it, and lets the service finish what it has accepted. */
static void
kill_held (StorePlace * place, Sequence * sequence)
{
  sequence_signal (sequence, SIGKILL);
  sequence_wait (sequence);
  sequence_free (sequence);
  cup_fal_service_hold (place->service, FALSE);
  g_assert_true (cup_fal_service_wait_count (place->service,
          CUP_FAL_COUNT_COMPLETED, IN_FLIGHT, 60000));
}

/* What the service has lost is submitted anew; what it still has of ours is not
 * sent again. @data: it has lost that as well. */
static void
test_forgotten (StorePlace * place, gconstpointer data)
{
  gboolean with_files = GPOINTER_TO_INT (data);
  Sequence *sequence = start_held (place);
  guint64 n_failed;

  kill_held (place, sequence);
  cup_fal_service_forget_jobs (place->service);
  if (with_files)
    cup_fal_service_forget_files (place->service);
  sequence = store_place_run (place, "out", NULL);
  g_assert_cmpuint (sequence_get_figure (sequence, "uncertain-requests"), ==,
      0);
  sequence_free (sequence);

  n_failed = store_place_count (place, CUP_FAL_COUNT_FAILED);
  g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_COMPLETED), ==,
      N_FRAMES + IN_FLIGHT);
  store_place_assert_accepted (place, N_FRAMES + IN_FLIGHT + n_failed);
  if (with_files) {
    g_assert_cmpuint (n_failed, <=, IN_FLIGHT);
    g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_PUT), ==,
        N_FRAMES + IN_FLIGHT);
  } else {
    g_assert_cmpuint (n_failed, ==, 0);
    g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_PUT), ==,
        N_FRAMES);
  }
}

/* The results are there, and what they lie under is not: they cannot be had any
 * more, and are made anew. */
static void
test_results_forgotten (StorePlace * place, gconstpointer data)
{
  Sequence *sequence = start_held (place);

  kill_held (place, sequence);
  cup_fal_service_forget_files (place->service);
  sequence_free (store_place_run (place, "out", NULL));
  g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_COMPLETED), ==,
      N_FRAMES + IN_FLIGHT);
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
  ADD ("/resume/killed/once", GUINT_TO_POINTER (1), test_kill);
  ADD ("/resume/killed/twice", GUINT_TO_POINTER (2), test_kill);
  ADD ("/resume/troubled", NULL, test_troubled);
  ADD ("/resume/stopped/held", NULL, test_stop);
  ADD ("/resume/stopped/anywhere", NULL, test_stop_anywhere);
  ADD ("/resume/paused/stream", "timeout=2 queue-timeout=2", test_paused);
  ADD ("/resume/paused/poll", "timeout=2 queue-timeout=2 status-updates=poll",
      test_paused);
  ADD ("/resume/dry-run", NULL, test_dry_run);
  ADD ("/resume/interrupted", NULL, test_interrupt);
  ADD ("/resume/forgotten/requests", GINT_TO_POINTER (FALSE), test_forgotten);
  ADD ("/resume/forgotten/all", GINT_TO_POINTER (TRUE), test_forgotten);
  ADD ("/resume/forgotten/results", NULL, test_results_forgotten);
#undef ADD
  code = g_test_run ();
  store_place_clean_up ();
  return code;
}
