/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Processes that are killed while they use the store: what they had finished is
 * there, what they had not is not, and nothing is left lying about.
 */
#include "store-testing.h"

#include <sys/stat.h>

#include "store/journal.h"

#define ROUNDS 200
#define N_KEYS 8

/* What the child tells before and after each step, one byte a step and one for
 * the key: it is there whatever happens to the child then. */
enum
{
  READY,
  SUBMITTING,
  ACCEPTED,
  ADDING,
  ADDED,
};

static void
tell (guint8 what, guint number)
{
  guint8 word[2] = { what, (guint8) number };

  g_assert_cmpint (write (STDOUT_FILENO, word, 2), ==, 2);
}

static void
work_on (CupStore * store, guint number, guint variant)
{
  CupStoreKey key = make_key (number);
  CupStoreRequest request = { 0 };
  CupStoreClaim claim;

  request.request_id = (gchar *) "id";
  g_assert_true (cup_store_claim (store, &key, TRUE, &claim, NULL, NULL));
  g_assert_cmpint (claim, !=, CUP_STORE_CLAIM_BUSY);
  if (claim != CUP_STORE_CLAIM_RESUMABLE) {
    tell (SUBMITTING, number);
    g_assert_true (cup_store_note_submitting (store, &key, NULL));
    g_assert_true (cup_store_note_accepted (store, &key, &request, NULL));
  }
  tell (ACCEPTED, number);
  tell (ADDING, number);
  add (store, number, variant);
  tell (ADDED, number);
}

static gint
run_victim (const gchar * folder)
{
  CupStore *store = open_store (folder);
  guint i;

  tell (READY, 0);
  for (i = 0;; i++) {
    CupStoreKey key = make_key ((i + 3) % N_KEYS);

    work_on (store, i % N_KEYS, (i / N_KEYS) & 1);
    if (i % 5 == 4)
      g_assert_true (cup_store_remove (store, &key, NULL));
  }
  return 0;
}

/* Follows the child for a random time, kills it, reads to the end. */
static void
read_and_kill (GPid pid, gint output, guint8 last[N_KEYS])
{
  guint steps = (guint) g_test_rand_int_range (0, 20), i = 0;
  guint8 word[2];

  while (read (output, word, 2) == 2) {
    if (word[0] != READY)
      last[word[1]] = word[0];
    /* Not at the very step, but somewhere in the next one. */
    if (i++ == steps) {
      g_usleep ((gulong) g_test_rand_int_range (0, 1500));
      kill (pid, SIGKILL);
    }
  }
  close (output);
}

static void
check_after_kill (const gchar * folder, const guint8 last[N_KEYS],
    guint * uncertain)
{
  CupStore *store = open_store (folder);
  guint64 count;
  guint i;

  for (i = 0; i < N_KEYS; i++) {
    gboolean stored = check_stored (store, i);
    CupStoreKey key = make_key (i);
    CupStoreRequest *request;
    CupStoreClaim claim;

    g_assert_true (cup_store_claim (store, &key, TRUE, &claim, &request, NULL));
    g_assert_cmpint (claim, !=, CUP_STORE_CLAIM_BUSY);
    if (claim == CUP_STORE_CLAIM_UNCERTAIN)
      (*uncertain)++;
    /* Never without what says so. */
    if (last[i] == ACCEPTED)
      g_assert_cmpint (claim, ==, CUP_STORE_CLAIM_RESUMABLE);
    if (last[i] == ADDING)
      g_assert_true (stored || claim == CUP_STORE_CLAIM_RESUMABLE);
    if (last[i] == ADDED)
      g_assert_cmpint (claim, ==, CUP_STORE_CLAIM_OURS);
    if (claim == CUP_STORE_CLAIM_RESUMABLE)
      g_assert_cmpstr (request->request_id, ==, "id");
    g_clear_pointer (&request, cup_store_request_free);
    g_assert_true (cup_store_forget (store, &key, NULL));
  }
  g_assert_true (cup_store_get_usage (store, &count, NULL, NULL));
  g_assert_cmpuint (count_files_in (folder, "results"), ==, count);
  /* The lock of this store. */
  g_assert_cmpuint (count_files_in (folder, "owners"), ==, 1);
  cup_store_unref (store);
}

/* In memory where that can be had: a kill leaves the same there, and without
 * waiting for a disk it hits more of what is between two steps. */
static gchar *
make_fast_folder (void)
{
  gchar *folder = g_strdup ("/dev/shm/store-XXXXXX");

  if (g_mkdtemp (folder))
    return folder;
  g_free (folder);
  return make_folder ();
}

static void
test_kill (void)
{
  gchar *folder = make_fast_folder ();
  guint round, uncertain = 0;

  for (round = 0; round < ROUNDS; round++) {
    guint8 last[N_KEYS] = { 0 };
    gint output;
    GPid pid = start_child ("--victim", folder, NULL, &output);
    gint status;

    read_and_kill (pid, output, last);
    status = wait_for_child (pid);
    g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
    check_after_kill (folder, last, &uncertain);
  }
  g_test_message ("%u of %d kills hit a submission", uncertain, ROUNDS);
  remove_all (folder);
  g_free (folder);
}

/* Several at once over the same keys: each is made once. */

#define N_SHARED 40

static gint
run_sharer (const gchar * folder)
{
  CupStore *store = open_store (folder);
  guint i, made = 0;

  for (i = 0; i < N_SHARED; i++) {
    CupStoreKey key = make_key (i);
    CupStoreClaim claim;

    while (TRUE) {
      g_assert_true (cup_store_claim (store, &key, FALSE, &claim, NULL, NULL));
      if (claim != CUP_STORE_CLAIM_BUSY)
        break;
      g_assert_true (cup_store_wait (store, &key, 1, -1, NULL, NULL));
    }
    if (claim != CUP_STORE_CLAIM_STORED) {
      made++;
      add (store, i, 0);
    }
    g_assert_true (check_stored (store, i));
  }
  cup_store_unref (store);
  tell ((guint8) made, 0);
  return 0;
}

static void
test_processes (void)
{
  gchar *folder = make_folder ();
  GPid pids[3];
  gint outputs[3];
  guint i, made = 0;

  for (i = 0; i < 3; i++)
    pids[i] = start_child ("--sharer", folder, NULL, &outputs[i]);
  for (i = 0; i < 3; i++) {
    guint8 word[2];

    g_assert_cmpint (read (outputs[i], word, 2), ==, 2);
    made += word[0];
    close (outputs[i]);
    g_assert_cmpint (wait_for_child (pids[i]), ==, 0);
  }
  g_assert_cmpuint (made, ==, N_SHARED);
  g_assert_cmpuint (count_files_in (folder, "results"), ==, N_SHARED);
  remove_all (folder);
  g_free (folder);
}

/* A process that does nothing for long is alive, until it is not. */

static gint
run_holder (const gchar * folder)
{
  CupStore *store = open_store (folder);
  CupStoreKey key = make_key (1);
  CupStoreClaim claim;

  g_assert_true (cup_store_claim (store, &key, FALSE, &claim, NULL, NULL));
  g_assert_cmpint (claim, ==, CUP_STORE_CLAIM_OURS);
  tell (READY, 0);
  /* Not for ever, should the test fail. */
  alarm (100);
  while (TRUE)
    pause ();
  return 0;
}

static gpointer
kill_it (gpointer pid)
{
  kill (GPOINTER_TO_INT (pid), SIGKILL);
  return NULL;
}

static void
test_stopped (void)
{
  gchar *folder = make_folder ();
  CupStore *store = open_store (folder);
  CupStoreKey key = make_key (1);
  CupStoreClaim claim;
  GError *error = NULL;
  GThread *thread;
  guint8 word[2];
  gint output, status;
  GPid pid = start_child ("--holder", folder, NULL, &output);

  g_assert_cmpint (read (output, word, 2), ==, 2);
  g_assert_cmpint (kill (pid, SIGSTOP), ==, 0);
  g_assert_cmpint (waitpid (pid, &status, WUNTRACED), ==, pid);
  g_assert_true (WIFSTOPPED (status));
  g_assert_true (cup_store_claim (store, &key, FALSE, &claim, NULL, NULL));
  g_assert_cmpint (claim, ==, CUP_STORE_CLAIM_BUSY);
  g_assert_false (cup_store_wait (store, &key, 1, 1000, NULL, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_TIMEOUT);
  g_clear_error (&error);

  thread = g_thread_new ("kill", kill_it, GINT_TO_POINTER (pid));
  g_assert_true (cup_store_wait (store, &key, 1, -1, NULL, &error));
  g_thread_join (thread);
  g_assert_true (cup_store_claim (store, &key, FALSE, &claim, NULL, NULL));
  g_assert_cmpint (claim, ==, CUP_STORE_CLAIM_OURS);
  wait_for_child (pid);
  close (output);
  cup_store_unref (store);
  remove_all (folder);
  g_free (folder);
}

/* What a living process is writing stays when another opens the store. */
static void
test_living (void)
{
  gchar *folder = make_folder (), *owners, *path;
  CupStore *a = open_store (folder), *b;
  GDir *dir;
  gchar *id;

  owners = g_build_filename (folder, "owners", NULL);
  dir = g_dir_open (owners, 0, NULL);
  id = g_strndup (g_dir_read_name (dir), 32);
  g_dir_close (dir);
  path = g_strdup_printf ("%s/%s.77.new", owners, id);
  g_assert_true (g_file_set_contents (path, "x", 1, NULL));
  b = open_store (folder);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  cup_store_unref (a);
  cup_store_unref (b);
  b = open_store (folder);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  cup_store_unref (b);
  g_free (path);
  g_free (id);
  g_free (owners);
  remove_all (folder);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  if (argc > 2 && strcmp (argv[1], "--victim") == 0)
    return run_victim (argv[2]);
  if (argc > 2 && strcmp (argv[1], "--sharer") == 0)
    return run_sharer (argv[2]);
  if (argc > 2 && strcmp (argv[1], "--holder") == 0)
    return run_holder (argv[2]);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/kill", test_kill);
  g_test_add_func ("/store/processes", test_processes);
  g_test_add_func ("/store/stopped", test_stopped);
  g_test_add_func ("/store/living", test_living);
  return g_test_run ();
}
