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
  CupFalShare *share;
  CupFalTicketFunc func;
  gpointer user_data;
  TicketState state;
  guint64 rank;                 /* 0 where it has none yet */
  guint64 entry;                /* its last one, by the limiter's count */
  gint64 asked;                 /* when it asked for a place */
  GSequenceIter *place;         /* among those of the share that wait */
};

struct _CupFalShare
{
  CupFalLimiter *limiter;
  GList link;                   /* in limiter->shares, while anyone waits */
  GSequence *waiting;           /* CupFalTicket, by rank */
  guint n_tickets;
  guint active;
  guint64 entry;                /* of the ticket that was let in last */
};

struct _CupFalLimiter
{
  gint ref_count;               /* the shares', and that of a running admit() */
  gboolean admitting;
  guint limit;
  guint active;
  guint round;                  /* of those that are done, since it changed */
  guint64 ranks;                /* that were given */
  guint64 entries;              /* of all tickets so far */
  guint64 lowered;              /* the last one before the limit was lowered */
  GQueue shares;                /* those with tickets that wait */
};

CupFalLimiter *
cup_fal_limiter_new (void)
{
  CupFalLimiter *limiter = g_new0 (CupFalLimiter, 1);

  limiter->ref_count = 1;
  limiter->limit = G_MAXUINT;
  g_queue_init (&limiter->shares);
  return limiter;
}

CupFalLimiter *
cup_fal_limiter_ref (CupFalLimiter * limiter)
{
  g_atomic_int_inc (&limiter->ref_count);
  return limiter;
}

void
cup_fal_limiter_unref (CupFalLimiter * limiter)
{
  if (g_atomic_int_dec_and_test (&limiter->ref_count))
    g_free (limiter);
}

CupFalShare *
cup_fal_share_new (CupFalLimiter * limiter)
{
  CupFalShare *share = g_new0 (CupFalShare, 1);

  share->limiter = cup_fal_limiter_ref (limiter);
  share->link.data = share;
  share->waiting = g_sequence_new (NULL);
  return share;
}

void
cup_fal_share_free (CupFalShare * share)
{
  g_return_if_fail (share->n_tickets == 0);
  g_sequence_free (share->waiting);
  cup_fal_limiter_unref (share->limiter);
  g_free (share);
}

static gint
compare_ranks (gconstpointer a, gconstpointer b, gpointer unused)
{
  const CupFalTicket *first = a, *second = b;

  return first->rank < second->rank ? -1 : first->rank > second->rank;
}

/* Whose turn is next; NULL where nobody waits. */
static CupFalTicket *
find_next (CupFalLimiter * limiter)
{
  CupFalShare *next = NULL;
  GList *item;

  for (item = limiter->shares.head; item; item = item->next) {
    CupFalShare *share = item->data;

    if (!next || share->active < next->active
        || (share->active == next->active && share->entry < next->entry))
      next = share;
  }
  if (!next)
    return NULL;
  return g_sequence_get (g_sequence_get_begin_iter (next->waiting));
}

static void
queue_up (CupFalTicket * ticket)
{
  CupFalShare *share = ticket->share;

  if (g_sequence_is_empty (share->waiting))
    g_queue_push_tail_link (&share->limiter->shares, &share->link);
  ticket->place = g_sequence_insert_sorted (share->waiting, ticket,
      compare_ranks, NULL);
}

static void
leave_queue (CupFalTicket * ticket)
{
  CupFalShare *share = ticket->share;

  g_sequence_remove (ticket->place);
  ticket->place = NULL;
  if (g_sequence_is_empty (share->waiting))
    g_queue_unlink (&share->limiter->shares, &share->link);
}

static void
take_place (CupFalTicket * ticket)
{
  CupFalShare *share = ticket->share;
  CupFalLimiter *limiter = share->limiter;

  ticket->state = TICKET_INSIDE;
  ticket->entry = share->entry = ++limiter->entries;
  share->active++;
  limiter->active++;
}

/* The ticket may be gone afterwards. */
static void
let_in (CupFalTicket * ticket, gint64 now)
{
  CupFalLimiter *limiter = ticket->share->limiter;

  leave_queue (ticket);
  take_place (ticket);
  if (now > ticket->asked)
    cup_debug ("a job was held back for %.3f s, %u of %u are at the service",
        (gdouble) (now - ticket->asked) / G_USEC_PER_SEC, limiter->active,
        limiter->limit);
  ticket->func (ticket, ticket->user_data);
}

/* Hands out places. What is called here may give its own back at once: that
 * is left to the loop that runs already, so that a thousand of them do not
 * nest. It may also free all tickets, their shares, and the limiter. */
static void
admit (CupFalLimiter * limiter, gint64 now)
{
  CupFalTicket *ticket;

  if (limiter->admitting)
    return;
  limiter->admitting = TRUE;
  cup_fal_limiter_ref (limiter);
  while (limiter->active < limiter->limit && (ticket = find_next (limiter)))
    let_in (ticket, now);
  limiter->admitting = FALSE;
  cup_fal_limiter_unref (limiter);
}

static void
give_back (CupFalTicket * ticket, gint64 now)
{
  ticket->state = TICKET_OUTSIDE;
  ticket->share->active--;
  ticket->share->limiter->active--;
  admit (ticket->share->limiter, now);
}

CupFalTicket *
cup_fal_ticket_new (CupFalShare * share, CupFalTicketFunc func,
    gpointer user_data)
{
  CupFalTicket *ticket = g_new0 (CupFalTicket, 1);

  ticket->share = share;
  ticket->func = func;
  ticket->user_data = user_data;
  share->n_tickets++;
  return ticket;
}

void
cup_fal_ticket_free (CupFalTicket * ticket)
{
  CupFalShare *share = ticket->share;
  gboolean was_inside = ticket->state == TICKET_INSIDE;

  if (ticket->place)
    leave_queue (ticket);
  g_free (ticket);
  share->n_tickets--;
  if (was_inside) {
    share->active--;
    share->limiter->active--;
    admit (share->limiter, g_get_monotonic_time ());
  }
}

void
cup_fal_ticket_enter (CupFalTicket * ticket, gint64 now)
{
  CupFalLimiter *limiter = ticket->share->limiter;

  g_return_if_fail (ticket->state == TICKET_OUTSIDE);
  if (ticket->rank == 0)
    ticket->rank = ++limiter->ranks;
  ticket->asked = now;
  ticket->state = TICKET_WAITING;
  queue_up (ticket);
  if (limiter->active < limiter->limit && find_next (limiter) == ticket)
    let_in (ticket, now);
}

void
cup_fal_ticket_join (CupFalTicket * ticket)
{
  g_return_if_fail (ticket->state == TICKET_OUTSIDE);
  take_place (ticket);
}

gboolean
cup_fal_ticket_is_waiting (CupFalTicket * ticket)
{
  return ticket->state == TICKET_WAITING;
}

gboolean
cup_fal_ticket_is_inside (CupFalTicket * ticket)
{
  return ticket->state == TICKET_INSIDE;
}

void
cup_fal_ticket_refused (CupFalTicket * ticket, gint64 now)
{
  CupFalLimiter *limiter = ticket->share->limiter;

  g_return_if_fail (ticket->state == TICKET_INSIDE);
  /* A limit that has grown for long may be far above what was there: what was
   * there is too many. And those that have joined may be far above the limit. */
  if (ticket->entry > limiter->lowered) {
    limiter->limit = MAX (MIN (limiter->active, limiter->limit) / 2, 1);
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
  CupFalLimiter *limiter = ticket->share->limiter;

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
