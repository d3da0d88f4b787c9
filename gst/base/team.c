/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A piece of work is a counter of parts that are taken. Helpers are asked for
 * through a queue; one that comes late finds no part left. The work lives
 * until the last helper that was asked has come.
 */
#include "team.h"

#include "queue.h"

struct _CupTeam
{
  guint n_threads;
  gint limit;                   /* atomic; 0: none but their number */
  GMutex lock;                  /* guards making the queue; a leaf */
  CupQueue *queue;              /* (nullable): of helpers */
};

typedef struct
{
  gint ref_count;               /* atomic */

  guint n_parts;
  CupTeamFunc func;
  gpointer data;
  const CupInterrupt *interrupt;        /* (nullable): the caller's, valid while
                                         * parts run */

  GMutex lock;                  /* guards what follows; a leaf */
  GCond idle;
  guint next;                   /* the part to be taken */
  guint n_running;
  GError *error;                /* the first */
} Work;

static void
work_unref (Work * work)
{
  if (!g_atomic_int_dec_and_test (&work->ref_count))
    return;
  g_mutex_clear (&work->lock);
  g_cond_clear (&work->idle);
  g_clear_error (&work->error);
  g_free (work);
}

static gboolean
run_part (Work * work, guint part, GError ** error)
{
  if (work->interrupt && !cup_interrupt_check (work->interrupt, error))
    return FALSE;
  return work->func (part, work->data, error);
}

/* Takes parts until there are none. */
static void
take_part (Work * work)
{
  g_mutex_lock (&work->lock);
  while (work->next < work->n_parts) {
    guint part = work->next++;
    GError *error = NULL;

    work->n_running++;
    g_mutex_unlock (&work->lock);
    run_part (work, part, &error);
    g_mutex_lock (&work->lock);
    if (error) {
      work->next = work->n_parts;
      if (!work->error)
        work->error = error;
      else
        g_error_free (error);
    }
    if (--work->n_running == 0)
      g_cond_signal (&work->idle);
  }
  g_mutex_unlock (&work->lock);
}

static void
help (gpointer data)
{
  Work *work = data;

  take_part (work);
  work_unref (work);
}

CupTeam *
cup_team_new (guint n_threads)
{
  CupTeam *team = g_new0 (CupTeam, 1);

  team->n_threads = n_threads > 0 ? n_threads : g_get_num_processors ();
  g_mutex_init (&team->lock);
  return team;
}

CupTeam *
cup_team_get_shared (void)
{
  static CupTeam *shared;

  if (g_once_init_enter (&shared))
    g_once_init_leave (&shared, cup_team_new (0));
  return shared;
}

void
cup_team_limit_shared (guint n_threads)
{
  g_atomic_int_set (&cup_team_get_shared ()->limit, (gint) n_threads);
}

void
cup_team_free (CupTeam * team)
{
  /* Helpers that were asked in vain still let go of their work. */
  g_clear_pointer (&team->queue, cup_queue_free);
  g_mutex_clear (&team->lock);
  g_free (team);
}

guint
cup_team_get_n_threads (CupTeam * team)
{
  guint limit;

  if (!team)
    return 1;
  limit = (guint) g_atomic_int_get (&team->limit);
  return limit > 0 ? MIN (limit, team->n_threads) : team->n_threads;
}

static void
ask_for_help (CupTeam * team, Work * work, guint n_helpers)
{
  CupQueue *queue;
  guint i;

  g_mutex_lock (&team->lock);
  if (!team->queue)
    team->queue = cup_queue_new ("cup-team", team->n_threads - 1, NULL);
  queue = team->queue;
  g_mutex_unlock (&team->lock);

  /* Where the system gives no thread the caller is alone. */
  for (i = 0; queue && i < n_helpers; i++) {
    g_atomic_int_inc (&work->ref_count);
    cup_queue_push (queue, help, work);
  }
}

gboolean
cup_team_run (CupTeam * team, guint n_parts, CupTeamFunc func, gpointer data,
    const CupInterrupt * interrupt, GError ** error)
{
  const guint n_threads = cup_team_get_n_threads (team);
  Work *work = g_new0 (Work, 1);
  gboolean done;

  work->ref_count = 1;
  work->n_parts = n_parts;
  work->func = func;
  work->data = data;
  work->interrupt = interrupt;
  g_mutex_init (&work->lock);
  g_cond_init (&work->idle);

  if (n_parts > 1 && n_threads > 1)
    ask_for_help (team, work, MIN (n_parts, n_threads) - 1);
  take_part (work);

  g_mutex_lock (&work->lock);
  while (work->n_running > 0)
    g_cond_wait (&work->idle, &work->lock);
  done = work->error == NULL;
  if (work->error)
    g_propagate_error (error, g_steal_pointer (&work->error));
  g_mutex_unlock (&work->lock);
  work_unref (work);
  return done;
}
