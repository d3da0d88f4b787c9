/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How many jobs are at the service: the rules one by one, any sequence of
 * calls against a model that goes through lists, calls from within callbacks,
 * and a service that takes only so many.
 */
#include <string.h>

#include "engine/fal/limiter.h"

#define NONE G_MAXUINT

typedef struct
{
  CupFalLimiter *limiter;
  CupFalShare *share;
  GString *entered;             /* the names of those whose turn it was */
  CupFalTicket *ticket[26];
  gint64 now;
} Fixture;

static void
on_turn (CupFalTicket * ticket, gpointer data)
{
  Fixture *f = data;
  guint i;

  for (i = 0; f->ticket[i] != ticket; i++);
  g_string_append_c (f->entered, 'a' + i);
}

static void
fixture_init (Fixture * f)
{
  guint i;

  f->limiter = cup_fal_limiter_new ();
  f->share = cup_fal_share_new (f->limiter);
  f->entered = g_string_new (NULL);
  f->now = 1;
  for (i = 0; i < G_N_ELEMENTS (f->ticket); i++)
    f->ticket[i] = cup_fal_ticket_new (f->share, on_turn, f);
}

static void
fixture_clear (Fixture * f)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (f->ticket); i++)
    g_clear_pointer (&f->ticket[i], cup_fal_ticket_free);
  cup_fal_share_free (f->share);
  cup_fal_limiter_unref (f->limiter);
  g_string_free (f->entered, TRUE);
}

static void
join (CupFalTicket * ticket, gint64 now)
{
  cup_fal_ticket_join (ticket);
  g_assert_true (cup_fal_ticket_is_inside (ticket));
}

/* Letters are tickets, and the words before them what they do. Whose turn it
 * was meanwhile, and what the limit is then. */
static void
check (Fixture * f, const gchar * calls, const gchar * entered, guint active,
    guint limit)
{
  void (*call) (CupFalTicket * ticket, gint64 now) = NULL;
  const gchar *byte;

  g_test_message ("%s", calls);
  g_string_truncate (f->entered, 0);
  for (byte = calls; *byte; byte++) {
    if (*byte == '+')
      call = cup_fal_ticket_enter;
    else if (*byte == '!')
      call = cup_fal_ticket_refused;
    else if (*byte == '-')
      call = cup_fal_ticket_done;
    else if (*byte == '=')
      call = join;
    else if (*byte == 'x')
      call = NULL;
    else if (call)
      call (f->ticket[*byte - 'a'], f->now++);
    else
      g_clear_pointer (&f->ticket[*byte - 'a'], cup_fal_ticket_free);
  }
  g_assert_cmpstr (f->entered->str, ==, entered);
  g_assert_cmpuint (cup_fal_limiter_get_active (f->limiter), ==, active);
  g_assert_cmpuint (cup_fal_limiter_get_limit (f->limiter), ==, limit);
}

static void
test_no_limit (void)
{
  Fixture f;

  fixture_init (&f);
  check (&f, "+abcdefghij", "abcdefghij", 10, NONE);
  g_assert_false (cup_fal_ticket_is_waiting (f.ticket[0]));
  g_assert_false (cup_fal_ticket_is_waiting (f.ticket[20]));
  check (&f, "-abc", "", 7, NONE);
  check (&f, "+a", "a", 8, NONE);
  fixture_clear (&f);
}

/* Half of what is there, once for all that are there then. */
static void
test_halved (void)
{
  Fixture f;

  fixture_init (&f);
  check (&f, "+abcdefg", "abcdefg", 7, NONE);
  check (&f, "!g", "", 6, 3);
  check (&f, "!fe", "", 4, 3);
  check (&f, "+g", "", 4, 3);
  g_assert_true (cup_fal_ticket_is_waiting (f.ticket[6]));
  check (&f, "-a", "", 3, 3);
  check (&f, "-b", "g", 3, 3);
  g_assert_false (cup_fal_ticket_is_waiting (f.ticket[6]));
  /* Entered after that: c and d are there with it. */
  check (&f, "!g", "", 2, 1);
  check (&f, "!cd", "", 0, 1);
  check (&f, "+g", "g", 1, 1);
  check (&f, "!g", "", 0, 1);
  fixture_clear (&f);
}

/* Those that were there before come in beyond the limit, and count; that they
 * are many does not raise it. */
static void
test_joined (void)
{
  Fixture f;

  fixture_init (&f);
  check (&f, "=a", "", 1, NONE);
  check (&f, "+bcd", "bcd", 4, NONE);
  check (&f, "!d", "", 3, 2);
  check (&f, "=efghij", "", 9, 2);
  check (&f, "+d", "", 9, 2);
  check (&f, "!e", "", 8, 1);
  g_assert_false (cup_fal_ticket_is_inside (f.ticket[4]));
  check (&f, "-bcfghij", "", 1, 1);
  /* As any other it may enter again, and then it waits. */
  check (&f, "+e", "", 1, 1);
  check (&f, "-a", "d", 1, 1);
  check (&f, "xd", "e", 1, 1);
  fixture_clear (&f);
}

/* What was refused comes before what came later, among itself in the old
 * order; what was done queues up behind. */
static void
test_order (void)
{
  Fixture f;

  fixture_init (&f);
  check (&f, "+abcd", "abcd", 4, NONE);
  check (&f, "!d", "", 3, 2);
  check (&f, "+ef", "", 3, 2);
  check (&f, "!c!b", "e", 2, 2);
  check (&f, "+cdb", "", 2, 2);
  check (&f, "-a", "b", 2, 2);
  check (&f, "+a", "", 2, 2);
  check (&f, "xe", "c", 2, 2);
  check (&f, "xb", "d", 2, 2);
  check (&f, "xc", "f", 2, 2);
  check (&f, "xd", "a", 2, 2);
  fixture_clear (&f);
}

static void
test_grows (void)
{
  Fixture f;

  fixture_init (&f);
  check (&f, "+abcd", "abcd", 4, NONE);
  check (&f, "!d", "", 3, 2);
  /* They entered when there was no limit. */
  check (&f, "-abc", "", 0, 2);
  check (&f, "+abcd", "ab", 2, 2);
  check (&f, "-a", "d", 2, 2);
  /* A full round: one more. */
  check (&f, "-b", "c", 2, 3);
  check (&f, "+ab", "a", 3, 3);
  check (&f, "-cd", "b", 2, 3);
  check (&f, "-b", "", 1, 4);
  /* Half a round is forgotten when there are too many, and who leaves without
   * a word does not count. */
  check (&f, "+bcd", "bcd", 4, 4);
  check (&f, "-bc", "", 2, 4);
  check (&f, "!d", "", 1, 1);
  check (&f, "xa", "", 0, 1);
  check (&f, "+b", "b", 1, 1);
  check (&f, "-b", "", 0, 2);
  fixture_clear (&f);
}

/* A limit that grew far above what is ever there does not keep it from being
 * lowered to what helps. */
static void
test_far_above (void)
{
  Fixture f;
  guint i;

  fixture_init (&f);
  check (&f, "+a!a", "a", 0, 1);
  /* 1 + 2 + … + 99 jobs later. */
  for (i = 0; i < 4950; i++) {
    cup_fal_ticket_enter (f.ticket[0], f.now);
    cup_fal_ticket_done (f.ticket[0], f.now);
  }
  check (&f, "+abcd", "abcd", 4, 100);
  check (&f, "!b", "", 3, 2);
  fixture_clear (&f);
}

static void
test_freed (void)
{
  Fixture f;

  fixture_init (&f);
  check (&f, "+ab", "ab", 2, NONE);
  check (&f, "!b", "", 1, 1);
  check (&f, "+bcde", "", 1, 1);
  /* While it waits, while it is there, while it is outside. */
  check (&f, "xcxb", "", 1, 1);
  check (&f, "xa", "d", 1, 1);
  check (&f, "xz", "", 1, 1);
  check (&f, "-d", "e", 1, 2);
  fixture_clear (&f);
}

/* The same as a model that knows no better than to look at all tickets. */
#define N_JOBS 24

typedef struct
{
  enum
  { GONE, OUTSIDE, WAITING, INSIDE } state;
  guint64 rank, entry;
} ModelJob;

typedef struct
{
  ModelJob job[N_JOBS];
  guint limit, active, round;
  guint64 ranks, entries, lowered;
  GString *entered;
} Model;

static void
model_admit (Model * model)
{
  while (model->active < model->limit) {
    guint first = N_JOBS, i;

    for (i = 0; i < N_JOBS; i++) {
      if (model->job[i].state == WAITING && (first == N_JOBS
              || model->job[i].rank < model->job[first].rank))
        first = i;
    }
    if (first == N_JOBS)
      return;
    model->job[first].state = INSIDE;
    model->job[first].entry = ++model->entries;
    model->active++;
    g_string_append_c (model->entered, 'a' + first);
  }
}

static void
model_leave (Model * model, ModelJob * job)
{
  model->active--;
  job->state = OUTSIDE;
}

static void
model_refused (Model * model, ModelJob * job)
{
  if (job->entry > model->lowered) {
    model->limit = model->active >= 4 ? model->active / 2 : 1;
    model->lowered = model->entries;
    model->round = 0;
  }
  model_leave (model, job);
}

static void
model_done (Model * model, ModelJob * job)
{
  if (model->limit != NONE && job->entry > model->lowered)
    model->round++;
  if (model->limit != NONE && model->round == model->limit) {
    model->round = 0;
    model->limit++;
  }
  job->rank = 0;
  model_leave (model, job);
}

/* One call of any job, of those that make sense. */
static void
step (Fixture * f, Model * model, guint i)
{
  ModelJob *job = &model->job[i];
  gint dice = g_test_rand_int_range (0, 100);

  if (job->state == GONE) {
    f->ticket[i] = cup_fal_ticket_new (f->share, on_turn, f);
    job->state = OUTSIDE;
    job->rank = 0;
  } else if (dice < 10) {
    if (job->state == INSIDE)
      model->active--;
    job->state = GONE;
    cup_fal_ticket_free (g_steal_pointer (&f->ticket[i]));
  } else if (job->state == OUTSIDE) {
    if (job->rank == 0)
      job->rank = ++model->ranks;
    job->state = WAITING;
    cup_fal_ticket_enter (f->ticket[i], f->now);
  } else if (job->state == INSIDE && dice < 25) {
    model_refused (model, job);
    cup_fal_ticket_refused (f->ticket[i], f->now);
  } else if (job->state == INSIDE) {
    model_done (model, job);
    cup_fal_ticket_done (f->ticket[i], f->now);
  }
}

static void
test_model (void)
{
  guint run, round, i;

  for (run = 0; run < 200; run++) {
    Model model = {.limit = NONE,.entered = g_string_new (NULL) };
    Fixture f;

    fixture_init (&f);
    for (i = 0; i < N_JOBS; i++)
      model.job[i].state = OUTSIDE;
    for (round = 0; round < 500; round++) {
      step (&f, &model, g_test_rand_int_range (0, N_JOBS));
      model_admit (&model);
      f.now += g_test_rand_int_range (0, 3);
      g_assert_cmpstr (f.entered->str, ==, model.entered->str);
      g_assert_cmpuint (cup_fal_limiter_get_limit (f.limiter), ==, model.limit);
      g_assert_cmpuint (cup_fal_limiter_get_active (f.limiter), ==,
          model.active);
      for (i = 0; i < N_JOBS; i++)
        g_assert_true (model.job[i].state == GONE
            || cup_fal_ticket_is_waiting (f.ticket[i]) ==
            (model.job[i].state == WAITING));
    }
    fixture_clear (&f);
    g_string_free (model.entered, TRUE);
  }
}

/* Calls from within callbacks. */
#define N_CHAIN 1024

typedef struct
{
  CupFalLimiter *limiter;
  CupFalShare *share;
  CupFalTicket *ticket[N_CHAIN];
  guint entered, depth, max_depth;
  gboolean free_them;
} Chain;

static void
on_chain_turn (CupFalTicket * ticket, gpointer data)
{
  Chain *chain = data;

  g_assert_true (chain->ticket[chain->entered++] == ticket);
  chain->depth++;
  chain->max_depth = MAX (chain->max_depth, chain->depth);
  if (!chain->free_them)
    cup_fal_ticket_done (ticket, 2);
  else
    cup_fal_ticket_free (ticket);
  if (chain->free_them && chain->entered == N_CHAIN) {
    g_clear_pointer (&chain->share, cup_fal_share_free);
    g_clear_pointer (&chain->limiter, cup_fal_limiter_unref);
  }
  chain->depth--;
}

static void
on_first_turn (CupFalTicket * ticket, gpointer data)
{
}

/* A thousand that are over as soon as it is their turn: in order, without a
 * thousand calls within each other, and the last may take the limiter along. */
static void
test_chain (gconstpointer data)
{
  Chain chain = {.free_them = GPOINTER_TO_INT (data) };
  CupFalTicket *first, *second;
  guint i;

  chain.limiter = cup_fal_limiter_new ();
  chain.share = cup_fal_share_new (chain.limiter);
  first = cup_fal_ticket_new (chain.share, on_first_turn, NULL);
  second = cup_fal_ticket_new (chain.share, on_first_turn, NULL);
  cup_fal_ticket_enter (first, 1);
  cup_fal_ticket_enter (second, 1);
  cup_fal_ticket_refused (second, 1);
  cup_fal_ticket_free (second);
  for (i = 0; i < N_CHAIN; i++) {
    chain.ticket[i] = cup_fal_ticket_new (chain.share, on_chain_turn, &chain);
    cup_fal_ticket_enter (chain.ticket[i], 1);
  }
  g_assert_cmpuint (chain.entered, ==, 0);
  cup_fal_ticket_free (first);
  g_assert_cmpuint (chain.entered, ==, N_CHAIN);
  g_assert_cmpuint (chain.max_depth, ==, 1);
  if (chain.free_them) {
    g_assert_null (chain.limiter);
    return;
  }
  g_assert_cmpuint (cup_fal_limiter_get_active (chain.limiter), ==, 0);
  for (i = 0; i < N_CHAIN; i++)
    cup_fal_ticket_free (chain.ticket[i]);
  cup_fal_share_free (chain.share);
  cup_fal_limiter_unref (chain.limiter);
}

#define N_NESTED 16

typedef struct
{
  CupFalTicket *ticket;
  gboolean is_inside;
  guint64 rank;
} NestedJob;

typedef struct
{
  CupFalLimiter *limiter;
  CupFalShare *share;
  NestedJob job[N_NESTED];
  guint inside, actions, entered;
  guint64 ranks;
  gboolean over;
} Nested;

static void act (Nested * nested, NestedJob * job);

static void
on_nested_turn (CupFalTicket * ticket, gpointer data)
{
  Nested *nested = data;
  NestedJob *job = nested->job;
  guint i;

  if (nested->over)
    return;
  while (job->ticket != ticket)
    job++;
  g_assert_false (job->is_inside);
  job->is_inside = TRUE;
  nested->entered++;
  nested->inside++;
  g_assert_cmpuint (nested->inside, ==,
      cup_fal_limiter_get_active (nested->limiter));
  g_assert_cmpuint (nested->inside, <=,
      cup_fal_limiter_get_limit (nested->limiter));
  g_assert_false (cup_fal_ticket_is_waiting (ticket));
  for (i = 0; i < N_NESTED; i++)
    g_assert_true (nested->job[i].rank >= job->rank
        || !cup_fal_ticket_is_waiting (nested->job[i].ticket));
  for (i = g_test_rand_int_range (0, 3); i > 0; i--)
    act (nested, &nested->job[g_test_rand_int_range (0, N_NESTED)]);
}

static void
act (Nested * nested, NestedJob * job)
{
  CupFalTicket *ticket = job->ticket;
  gint dice = g_test_rand_int_range (0, 10);

  if (nested->actions == 0)
    return;
  nested->actions--;
  /* The job's state first: what is called may call back. */
  if (dice == 0) {
    nested->inside -= job->is_inside ? 1 : 0;
    job->is_inside = FALSE;
    job->rank = 0;
    job->ticket = cup_fal_ticket_new (nested->share, on_nested_turn, nested);
    cup_fal_ticket_free (ticket);
  } else if (job->is_inside) {
    nested->inside--;
    job->is_inside = FALSE;
    if (dice > 3)
      job->rank = 0;
    (dice > 3 ? cup_fal_ticket_done : cup_fal_ticket_refused) (ticket, 1);
  } else if (!cup_fal_ticket_is_waiting (ticket)) {
    if (job->rank == 0)
      job->rank = ++nested->ranks;
    cup_fal_ticket_enter (ticket, 1);
  }
}

static void
test_nested (void)
{
  Nested nested = { cup_fal_limiter_new () };
  guint run, i;

  nested.share = cup_fal_share_new (nested.limiter);
  for (i = 0; i < N_NESTED; i++)
    nested.job[i].ticket = cup_fal_ticket_new (nested.share, on_nested_turn,
        &nested);
  for (run = 0; run < 20000; run++) {
    nested.actions = 50;
    act (&nested, &nested.job[g_test_rand_int_range (0, N_NESTED)]);
    g_assert_cmpuint (nested.inside, ==,
        cup_fal_limiter_get_active (nested.limiter));
    for (i = 0; i < N_NESTED; i++)
      g_assert_true (!cup_fal_ticket_is_waiting (nested.job[i].ticket)
          || nested.inside >= cup_fal_limiter_get_limit (nested.limiter));
  }
  g_assert_cmpuint (nested.entered, >, 1000);
  nested.over = TRUE;
  for (i = 0; i < N_NESTED; i++)
    cup_fal_ticket_free (nested.job[i].ticket);
  cup_fal_share_free (nested.share);
  cup_fal_limiter_unref (nested.limiter);
}

/* A service that takes eight at a time and refuses what is more: all get
 * there, and it is kept busy without being asked in vain all the time. */
#define N_CLIENTS 400
#define CAPACITY 8
#define WORK 10
#define PAUSE 3

typedef struct
{
  CupFalTicket *ticket;
  enum
  { BEFORE, ASKING, SENT, TAKEN, REFUSED, OVER } state;
  guint since;
} Client;

static void
on_client_turn (CupFalTicket * ticket, gpointer data)
{
  Client *client = data;

  client->state = SENT;
}

static void
test_service (void)
{
  CupFalLimiter *limiter = cup_fal_limiter_new ();
  CupFalShare *share = cup_fal_share_new (limiter);
  Client clients[N_CLIENTS] = { {NULL} };
  guint tick, i, taken = 0, refusals = 0, over = 0;

  for (i = 0; i < N_CLIENTS; i++)
    clients[i].ticket = cup_fal_ticket_new (share, on_client_turn, &clients[i]);
  for (tick = 1; over < N_CLIENTS && tick < 10000; tick++) {
    for (i = 0; i < N_CLIENTS; i++) {
      Client *client = &clients[i];

      if (client->state == SENT && taken < CAPACITY) {
        client->state = TAKEN;
        client->since = tick;
        taken++;
      } else if (client->state == SENT) {
        client->state = REFUSED;
        client->since = tick;
        refusals++;
        cup_fal_ticket_refused (client->ticket, tick);
      } else if (client->state == TAKEN && tick - client->since >= WORK) {
        client->state = OVER;
        taken--;
        over++;
        cup_fal_ticket_done (client->ticket, tick);
      } else if (client->state == BEFORE || (client->state == REFUSED
              && tick - client->since >= PAUSE)) {
        client->state = ASKING;
        cup_fal_ticket_enter (client->ticket, tick);
      }
    }
  }
  g_test_message ("%u ticks, %u refusals", tick, refusals);
  g_assert_cmpuint (over, ==, N_CLIENTS);
  g_assert_cmpuint (tick, <, 2 * N_CLIENTS * WORK / CAPACITY);
  g_assert_cmpuint (refusals, <, 2 * N_CLIENTS);
  for (i = 0; i < N_CLIENTS; i++)
    cup_fal_ticket_free (clients[i].ticket);
  cup_fal_share_free (share);
  cup_fal_limiter_unref (limiter);
}

/* Several shares */

/* Tickets a to e are of the first share, f to j of the second, k to o of the
 * third. */
static void
shares_init (Fixture * f, CupFalShare ** others, guint n_others)
{
  guint i, j;

  fixture_init (f);
  for (i = 0; i < n_others; i++) {
    others[i] = cup_fal_share_new (f->limiter);
    for (j = 5 * (i + 1); j < 5 * (i + 2); j++) {
      cup_fal_ticket_free (f->ticket[j]);
      f->ticket[j] = cup_fal_ticket_new (others[i], on_turn, f);
    }
  }
}

static void
shares_clear (Fixture * f, CupFalShare ** others, guint n_others)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (f->ticket); i++)
    g_clear_pointer (&f->ticket[i], cup_fal_ticket_free);
  for (i = 0; i < n_others; i++)
    cup_fal_share_free (others[i]);
  fixture_clear (f);
}

/* A refusal that one hears is heard by all, and they go by one limit. */
static void
test_shares_limit (void)
{
  CupFalShare *other;
  Fixture f;

  shares_init (&f, &other, 1);
  check (&f, "+abcfgh", "abcfgh", 6, NONE);
  check (&f, "!h", "", 5, 3);
  check (&f, "!c", "", 4, 3);
  check (&f, "-af", "", 2, 3);
  check (&f, "+di", "d", 3, 3);
  g_assert_true (cup_fal_ticket_is_waiting (f.ticket['i' - 'a']));
  check (&f, "-b", "i", 3, 3);
  shares_clear (&f, &other, 1);
}

/* Who came with many does not keep the others waiting: places go in turns, by
 * how many each has. */
static void
test_shares_turns (void)
{
  CupFalShare *others[2];
  Fixture f;

  shares_init (&f, others, 2);
  check (&f, "+a!a", "a", 0, 1);
  check (&f, "+abcde", "a", 1, 1);
  check (&f, "+fghk", "", 1, 1);
  /* One place: in turns, and each by the order of its own. The limit grows by
   * one with each that is done: two places, then three. */
  check (&f, "-a", "fk", 2, 2);
  check (&f, "-f", "b", 2, 2);
  check (&f, "-k", "gc", 3, 3);
  /* The third has none left, and the first two share the rest. */
  check (&f, "-b", "h", 3, 3);
  check (&f, "-g", "d", 3, 3);
  shares_clear (&f, others, 2);
}

/* An engine that ends: its places are the others', and it waits no more. */
static void
test_shares_end (void)
{
  CupFalShare *others[2];
  Fixture f;

  shares_init (&f, others, 2);
  check (&f, "+abfg!g", "abfg", 3, 2);
  check (&f, "-f", "", 2, 2);
  check (&f, "+cdh", "", 2, 2);
  check (&f, "xcdxa", "h", 2, 2);
  check (&f, "xb", "", 1, 2);
  check (&f, "+i", "i", 2, 2);
  check (&f, "+k", "", 2, 2);
  check (&f, "xk", "", 2, 2);
  check (&f, "-h", "", 1, 2);
  shares_clear (&f, others, 2);
}

/* Each of three with very different numbers of jobs gets its part. */
static void
test_shares_fair (void)
{
  const guint n_jobs[] = { 300, 30, 3 };
  CupFalLimiter *limiter = cup_fal_limiter_new ();
  CupFalShare *shares[G_N_ELEMENTS (n_jobs)];
  Client *clients[G_N_ELEMENTS (n_jobs)];
  guint tick, i, j, left;

  for (i = 0; i < G_N_ELEMENTS (n_jobs); i++) {
    shares[i] = cup_fal_share_new (limiter);
    clients[i] = g_new0 (Client, n_jobs[i]);
    for (j = 0; j < n_jobs[i]; j++)
      clients[i][j].ticket = cup_fal_ticket_new (shares[i], on_client_turn,
          &clients[i][j]);
  }
  /* Down to one place. */
  cup_fal_ticket_enter (clients[0][0].ticket, 0);
  cup_fal_ticket_refused (clients[0][0].ticket, 0);
  for (i = 0; i < G_N_ELEMENTS (n_jobs); i++)
    for (j = 0; j < n_jobs[i]; j++)
      cup_fal_ticket_enter (clients[i][j].ticket, 0);

  for (tick = 1, left = 3; left > 0 && tick < 1000; tick++) {
    for (i = 0, left = 0; i < G_N_ELEMENTS (n_jobs); i++) {
      for (j = 0; j < n_jobs[i]; j++) {
        Client *client = &clients[i][j];

        if (client->state == SENT && client->since == 0) {
          client->since = tick;
        } else if (client->state == SENT && tick - client->since >= WORK) {
          client->state = OVER;
          cup_fal_ticket_done (client->ticket, tick);
        }
        left += client->state != OVER && i > 0;
      }
    }
  }
  /* The few are through long before the many. */
  g_test_message ("%u ticks", tick);
  g_assert_cmpuint (left, ==, 0);
  for (j = 0, left = 0; j < n_jobs[0]; j++)
    left += clients[0][j].state != OVER;
  g_assert_cmpuint (left, >, 200);

  for (i = 0; i < G_N_ELEMENTS (n_jobs); i++) {
    for (j = 0; j < n_jobs[i]; j++)
      cup_fal_ticket_free (clients[i][j].ticket);
    cup_fal_share_free (shares[i]);
    g_free (clients[i]);
  }
  cup_fal_limiter_unref (limiter);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fal-limiter/no-limit", test_no_limit);
  g_test_add_func ("/fal-limiter/halved", test_halved);
  g_test_add_func ("/fal-limiter/joined", test_joined);
  g_test_add_func ("/fal-limiter/order", test_order);
  g_test_add_func ("/fal-limiter/grows", test_grows);
  g_test_add_func ("/fal-limiter/far-above", test_far_above);
  g_test_add_func ("/fal-limiter/freed", test_freed);
  g_test_add_func ("/fal-limiter/model", test_model);
  g_test_add_data_func ("/fal-limiter/chain", GINT_TO_POINTER (FALSE),
      test_chain);
  g_test_add_data_func ("/fal-limiter/chain-freed", GINT_TO_POINTER (TRUE),
      test_chain);
  g_test_add_func ("/fal-limiter/nested", test_nested);
  g_test_add_func ("/fal-limiter/service", test_service);
  g_test_add_func ("/fal-limiter/shares/limit", test_shares_limit);
  g_test_add_func ("/fal-limiter/shares/turns", test_shares_turns);
  g_test_add_func ("/fal-limiter/shares/end", test_shares_end);
  g_test_add_func ("/fal-limiter/shares/fair", test_shares_fair);
  return g_test_run ();
}
