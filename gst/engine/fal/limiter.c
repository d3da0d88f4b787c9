/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How many jobs are at the service at a time: see limiter.h.
 *
 * Whenever no function of this file runs, either nobody waits or there is no
 * place: whoever gives a place back hands it on at once.
 */
#include "limiter.h"

#include "base/log.h"

typedef enum
{
  TICKET_OUTSIDE,
  TICKET_WAITING,
  TICKET_INSIDE,
} TicketState;

struct _CupFalTicket
{
  CupFalLimiter *limiter;
  CupFalTicketFunc func;
  gpointer user_data;
  TicketState state;
  guint64 rank;                 /* 0 where it has none yet */
  guint64 entry;                /* its last one, by the limiter's count */
  gint64 asked;                 /* when it asked for a place */
  GSequenceIter *place;         /* among those that wait */
};

struct _CupFalLimiter
{
  gint ref_count;               /* the owner's, and that of a running admit() */
  gboolean admitting;
  guint n_tickets;
  guint limit;
  guint active;
  guint round;                  /* of those that are done, since it changed */
  guint64 ranks;                /* that were given */
  guint64 entries;              /* of all tickets so far */
  guint64 lowered;              /* the last one before the limit was lowered */
  GSequence *waiting;           /* CupFalTicket, by rank */
};

CupFalLimiter *
cup_fal_limiter_new (void)
{
  CupFalLimiter *limiter = g_new0 (CupFalLimiter, 1);

  limiter->ref_count = 1;
  limiter->limit = G_MAXUINT;
  limiter->waiting = g_sequence_new (NULL);
  return limiter;
}

static void
limiter_unref (CupFalLimiter * limiter)
{
  if (--limiter->ref_count > 0)
    return;
  g_sequence_free (limiter->waiting);
  g_free (limiter);
}

void
cup_fal_limiter_free (CupFalLimiter * limiter)
{
  g_return_if_fail (limiter->n_tickets == 0);
  limiter_unref (limiter);
}

static gint
compare_ranks (gconstpointer a, gconstpointer b, gpointer unused)
{
  const CupFalTicket *first = a, *second = b;

  return first->rank < second->rank ? -1 : first->rank > second->rank;
}

/* The ticket may be gone afterwards. */
static void
let_in (CupFalTicket * ticket, gint64 now)
{
  CupFalLimiter *limiter = ticket->limiter;

  g_sequence_remove (ticket->place);
  ticket->place = NULL;
  ticket->state = TICKET_INSIDE;
  ticket->entry = ++limiter->entries;
  limiter->active++;
  if (now > ticket->asked)
    cup_debug ("a job was held back for %.3f s, %u of %u are at the service",
        (gdouble) (now - ticket->asked) / G_USEC_PER_SEC, limiter->active,
        limiter->limit);
  ticket->func (ticket, ticket->user_data);
}

/* Hands out places. What is called here may give its own back at once: that
 * is left to the loop that runs already, so that a thousand of them do not
 * nest. It may also free all tickets, and the limiter. */
static void
admit (CupFalLimiter * limiter, gint64 now)
{
  if (limiter->admitting)
    return;
  limiter->admitting = TRUE;
  limiter->ref_count++;
  while (limiter->active < limiter->limit
      && !g_sequence_is_empty (limiter->waiting))
    let_in (g_sequence_get (g_sequence_get_begin_iter (limiter->waiting)), now);
  limiter->admitting = FALSE;
  limiter_unref (limiter);
}

static void
give_back (CupFalTicket * ticket, gint64 now)
{
  ticket->state = TICKET_OUTSIDE;
  ticket->limiter->active--;
  admit (ticket->limiter, now);
}

CupFalTicket *
cup_fal_ticket_new (CupFalLimiter * limiter, CupFalTicketFunc func,
    gpointer user_data)
{
  CupFalTicket *ticket = g_new0 (CupFalTicket, 1);

  ticket->limiter = limiter;
  ticket->func = func;
  ticket->user_data = user_data;
  limiter->n_tickets++;
  return ticket;
}

void
cup_fal_ticket_free (CupFalTicket * ticket)
{
  CupFalLimiter *limiter = ticket->limiter;
  gboolean was_inside = ticket->state == TICKET_INSIDE;

  if (ticket->place)
    g_sequence_remove (ticket->place);
  g_free (ticket);
  limiter->n_tickets--;
  if (was_inside) {
    limiter->active--;
    admit (limiter, g_get_monotonic_time ());
  }
}

void
cup_fal_ticket_enter (CupFalTicket * ticket, gint64 now)
{
  CupFalLimiter *limiter = ticket->limiter;

  g_return_if_fail (ticket->state == TICKET_OUTSIDE);
  if (ticket->rank == 0)
    ticket->rank = ++limiter->ranks;
  ticket->asked = now;
  ticket->state = TICKET_WAITING;
  ticket->place = g_sequence_insert_sorted (limiter->waiting, ticket,
      compare_ranks, NULL);
  if (limiter->active < limiter->limit
      && g_sequence_iter_is_begin (ticket->place))
    let_in (ticket, now);
}

gboolean
cup_fal_ticket_is_waiting (CupFalTicket * ticket)
{
  return ticket->state == TICKET_WAITING;
}

void
cup_fal_ticket_refused (CupFalTicket * ticket, gint64 now)
{
  CupFalLimiter *limiter = ticket->limiter;

  g_return_if_fail (ticket->state == TICKET_INSIDE);
  /* A limit that has grown for long may be far above what was there: what was
   * there is too many. */
  if (ticket->entry > limiter->lowered) {
    limiter->limit = MAX (limiter->active / 2, 1);
    limiter->lowered = limiter->entries;
    limiter->round = 0;
    cup_info ("the service refuses a job, of %u that are there: at most %u "
        "from now on", limiter->active, limiter->limit);
  }
  give_back (ticket, now);
}

void
cup_fal_ticket_done (CupFalTicket * ticket, gint64 now)
{
  CupFalLimiter *limiter = ticket->limiter;

  g_return_if_fail (ticket->state == TICKET_INSIDE);
  /* What entered under an older limit says nothing about this one. */
  if (limiter->limit != G_MAXUINT && ticket->entry > limiter->lowered
      && ++limiter->round >= limiter->limit) {
    limiter->limit++;
    limiter->round = 0;
    cup_debug ("at most %u jobs at the service from now on", limiter->limit);
  }
  ticket->rank = 0;
  give_back (ticket, now);
}

guint
cup_fal_limiter_get_limit (CupFalLimiter * limiter)
{
  return limiter->limit;
}

guint
cup_fal_limiter_get_active (CupFalLimiter * limiter)
{
  return limiter->active;
}
