/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads that help with one picture.
 */
#include "engine/local/team-rows.h"

#include "base/error.h"

#define MAX_PARTS 1000

static const CupInterrupt never;

typedef struct
{
  gint n_runs[MAX_PARTS];       /* atomic, as what follows */
  gint n_running;
  gint most_running;
  gint fail_at;                 /* the part that fails; -1 for none */
  GCancellable *cancellable;    /* (nullable): triggered by that part */
  CupTeam *nested;              /* (nullable): has work within each part */
} Count;

static gboolean
run_nested (guint part, gpointer data, GError ** error)
{
  g_atomic_int_inc ((gint *) data);
  return TRUE;
}

static gboolean
run_part (guint part, gpointer data, GError ** error)
{
  Count *count = data;
  gint n = g_atomic_int_add (&count->n_running, 1) + 1;
  gint most = g_atomic_int_get (&count->most_running);
  gint n_nested = 0;

  while (n > most && !g_atomic_int_compare_and_exchange (&count->most_running,
          most, n))
    most = g_atomic_int_get (&count->most_running);
  g_atomic_int_inc (&count->n_runs[part]);
  if (count->nested) {
    g_assert_true (cup_team_run (count->nested, 5, run_nested, &n_nested,
            &never, NULL));
    g_assert_cmpint (n_nested, ==, 5);
  }
  g_atomic_int_add (&count->n_running, -1);
  if ((gint) part != count->fail_at)
    return TRUE;
  if (count->cancellable) {
    g_cancellable_cancel (count->cancellable);
    return TRUE;
  }
  g_set_error (error, CUP_ERROR, CUP_ERROR_FAILED, "part %u", part);
  return FALSE;
}

static guint
count_runs (const Count * count)
{
  guint n = 0, i;

  for (i = 0; i < MAX_PARTS; i++)
    n += count->n_runs[i];
  return n;
}

static void
assert_once (const Count * count, guint n_parts)
{
  guint i;

  for (i = 0; i < MAX_PARTS; i++)
    g_assert_cmpint (count->n_runs[i], ==, i < n_parts ? 1 : 0);
  g_assert_cmpint (count->n_running, ==, 0);
}

static void
test_once (gconstpointer data)
{
  static const guint n_parts[] = { 0, 1, 2, 6, MAX_PARTS };
  const guint n_threads = GPOINTER_TO_UINT (data);
  CupTeam *team = cup_team_new (n_threads);
  GError *error = NULL;
  guint i, round;

  g_assert_cmpuint (cup_team_get_n_threads (team), ==, n_threads);
  for (round = 0; round < 20; round++) {
    for (i = 0; i < G_N_ELEMENTS (n_parts); i++) {
      Count count = {.fail_at = -1 };

      g_assert_true (cup_team_run (team, n_parts[i], run_part, &count, &never,
              &error));
      g_assert_no_error (error);
      assert_once (&count, n_parts[i]);
      g_assert_cmpint (count.most_running, <=, n_threads);
    }
  }
  cup_team_free (team);
}

/* Parts that need each other: none of them ends before all have begun. */
typedef struct
{
  GMutex lock;
  GCond all;
  guint n_begun;
  guint n_wanted;
} Meeting;

static gboolean
meet (guint part, gpointer data, GError ** error)
{
  Meeting *meeting = data;

  g_mutex_lock (&meeting->lock);
  meeting->n_begun++;
  g_cond_broadcast (&meeting->all);
  while (meeting->n_begun < meeting->n_wanted)
    g_cond_wait (&meeting->all, &meeting->lock);
  g_mutex_unlock (&meeting->lock);
  return TRUE;
}

static void
test_together (void)
{
  CupTeam *team = cup_team_new (3);
  Meeting meeting = {.n_wanted = 3 };

  g_mutex_init (&meeting.lock);
  g_cond_init (&meeting.all);
  g_assert_true (cup_team_run (team, 3, meet, &meeting, &never, NULL));
  g_mutex_clear (&meeting.lock);
  g_cond_clear (&meeting.all);
  cup_team_free (team);
}

static void
test_error (gconstpointer data)
{
  const guint n_threads = GPOINTER_TO_UINT (data);
  CupTeam *team = cup_team_new (n_threads);
  GError *error = NULL;
  guint i;

  for (i = 0; i < 20; i++) {
    Count count = {.fail_at = i };

    g_assert_false (cup_team_run (team, MAX_PARTS, run_part, &count, &never,
            &error));
    g_assert_error (error, CUP_ERROR, CUP_ERROR_FAILED);
    g_assert_cmpint (count.n_runs[i], ==, 1);
    g_assert_cmpint (count.n_running, ==, 0);
    if (n_threads == 1)
      g_assert_cmpuint (count_runs (&count), ==, i + 1);
    g_clear_error (&error);
  }
  cup_team_free (team);
}

/* All fail: the first error is told, and the others are let go of. */
static gboolean
fail (guint part, gpointer data, GError ** error)
{
  g_set_error (error, CUP_ERROR, CUP_ERROR_FAILED, "part %u", part);
  return FALSE;
}

static void
test_errors (void)
{
  CupTeam *team = cup_team_new (7);
  GError *error = NULL;
  guint i;

  for (i = 0; i < 100; i++) {
    g_assert_false (cup_team_run (team, 50, fail, NULL, &never, &error));
    g_assert_error (error, CUP_ERROR, CUP_ERROR_FAILED);
    g_clear_error (&error);
    g_assert_false (cup_team_run (team, 50, fail, NULL, &never, NULL));
  }
  cup_team_free (team);
}

static void
test_cancel (gconstpointer data)
{
  const guint n_threads = GPOINTER_TO_UINT (data);
  CupTeam *team = cup_team_new (n_threads);
  GCancellable *cancellable = g_cancellable_new ();
  const CupInterrupt interrupt = { cancellable, 0 };
  Count count = {.fail_at = 3,.cancellable = cancellable };
  Count later = {.fail_at = -1 };
  GError *error = NULL;

  if (cup_team_run (team, MAX_PARTS, run_part, &count, &interrupt, &error)) {
    /* The other threads were done before the one that cancels came to it. */
    g_assert_cmpuint (n_threads, >, 1);
    g_assert_cmpuint (count_runs (&count), ==, MAX_PARTS);
  } else {
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_clear_error (&error);
  }
  if (n_threads == 1)
    g_assert_cmpuint (count_runs (&count), ==, 4);

  g_assert_false (cup_team_run (team, MAX_PARTS, run_part, &later, &interrupt,
          &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_cmpuint (count_runs (&later), ==, 0);
  g_object_unref (cancellable);
  cup_team_free (team);
}

static void
test_deadline (void)
{
  const CupInterrupt over = { NULL, 1 };
  CupTeam *team = cup_team_new (2);
  Count count = {.fail_at = -1 };
  GError *error = NULL;

  g_assert_false (cup_team_run (team, 10, run_part, &count, &over, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_TIMEOUT);
  g_error_free (error);
  g_assert_cmpuint (count_runs (&count), ==, 0);
  cup_team_free (team);
}

static gpointer
call (gpointer data)
{
  guint i;

  for (i = 0; i < 100; i++) {
    Count count = {.fail_at = -1 };

    g_assert_true (cup_team_run (data, 50, run_part, &count, &never, NULL));
    assert_once (&count, 50);
  }
  return NULL;
}

static void
test_callers (gconstpointer data)
{
  CupTeam *team = cup_team_new (GPOINTER_TO_UINT (data));
  GThread *threads[4];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("caller", call, team);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  cup_team_free (team);
}

/* A part may have parts of its own, of the same team: nobody waits for a thread
 * that waits. */
static void
test_nested (gconstpointer data)
{
  CupTeam *team = cup_team_new (GPOINTER_TO_UINT (data));
  Count count = {.fail_at = -1,.nested = team };

  g_assert_true (cup_team_run (team, 100, run_part, &count, &never, NULL));
  assert_once (&count, 100);
  cup_team_free (team);
}

static gboolean
count_rows (CupRows rows, gpointer data, GError ** error)
{
  Count *count = data;
  guint y;

  g_assert_cmpuint (rows.n, >, 0);
  g_assert_cmpuint (rows.n, <=, 16);
  for (y = rows.first; y < rows.first + rows.n; y++)
    g_atomic_int_inc (&count->n_runs[y]);
  return TRUE;
}

static void
test_rows (void)
{
  static const CupRows cases[] = { {0, 1}, {0, 16}, {5, 17}, {100, 900} };
  CupTeam *team = cup_team_new (2);
  guint i, y;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Count count = {.fail_at = -1 };

    g_assert_true (cup_team_run_rows (team, cases[i], 16, count_rows, &count,
            &never, NULL));
    for (y = 0; y < MAX_PARTS; y++)
      g_assert_cmpint (count.n_runs[y], ==, y >= cases[i].first
          && y - cases[i].first < cases[i].n);
  }
  cup_team_free (team);
}

/* One for all, which may be held back, and goes on as before then. */
static void
test_shared (void)
{
  CupTeam *team = cup_team_get_shared ();
  const guint n_threads = cup_team_get_n_threads (team);
  guint limit;

  g_assert_true (cup_team_get_shared () == team);
  g_assert_cmpuint (n_threads, ==, g_get_num_processors ());
  for (limit = 1; limit <= 3; limit++) {
    Count count = {.fail_at = -1 };

    cup_team_limit_shared (limit);
    g_assert_cmpuint (cup_team_get_n_threads (team), ==, MIN (limit,
            n_threads));
    g_assert_true (cup_team_run (team, 100, run_part, &count, NULL, NULL));
    assert_once (&count, 100);
    g_assert_cmpint (count.most_running, <=, limit);
  }
  cup_team_limit_shared (0);
  g_assert_cmpuint (cup_team_get_n_threads (team), ==, n_threads);
}

/* A team that never had anything to do, and one thread a core. */
static void
test_unused (void)
{
  CupTeam *team = cup_team_new (0);

  g_assert_cmpuint (cup_team_get_n_threads (team), ==, g_get_num_processors ());
  cup_team_free (team);
}

static void
add_for_threads (const gchar * name, GTestDataFunc func)
{
  static const guint n_threads[] = { 1, 2, 7 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (n_threads); i++) {
    gchar *path = g_strdup_printf ("/team/%s/%u", name, n_threads[i]);

    g_test_add_data_func (path, GUINT_TO_POINTER (n_threads[i]), func);
    g_free (path);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_for_threads ("once", test_once);
  add_for_threads ("error", test_error);
  add_for_threads ("cancel", test_cancel);
  add_for_threads ("callers", test_callers);
  add_for_threads ("nested", test_nested);
  g_test_add_func ("/team/shared", test_shared);
  g_test_add_func ("/team/together", test_together);
  g_test_add_func ("/team/errors", test_errors);
  g_test_add_func ("/team/deadline", test_deadline);
  g_test_add_func ("/team/rows", test_rows);
  g_test_add_func ("/team/unused", test_unused);
  return g_test_run ();
}
