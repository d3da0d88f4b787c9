/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How many jobs are at the service at a time.
 *
 * There is no limit until the service says that there are too many (429,
 * concurrent_requests_limit). Then what may be there is halved, once for all
 * that entered before, and grows by one for each full round of jobs that went
 * well: additive increase, multiplicative decrease, as TCP does it. What has to
 * wait does so in the order in which it came; what was refused keeps its place
 * before those that came later.
 *
 * Several engines may go by the same limit, each with a share of its own. A
 * place goes to the share that has the fewest, of several to the one that has
 * been served least recently: who has many jobs waiting does not keep those of
 * others from the service, and who has few leaves the rest to them.
 *
 * HTTP thread only, except for limiters and shares as such.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _CupFalLimiter CupFalLimiter;
typedef struct _CupFalShare CupFalShare;
typedef struct _CupFalTicket CupFalTicket;

/* It is @ticket's turn. Called from within the functions below, also from
 * within cup_fal_ticket_enter() itself; may call them in turn. */
typedef void (*CupFalTicketFunc) (CupFalTicket * ticket, gpointer user_data);

/* Any thread. */
CupFalLimiter *cup_fal_limiter_new (void);
CupFalLimiter *cup_fal_limiter_ref (CupFalLimiter * limiter);
void cup_fal_limiter_unref (CupFalLimiter * limiter);

/* Any thread. A share keeps its limiter; it is freed when no ticket is left. */
CupFalShare *cup_fal_share_new (CupFalLimiter * limiter);
void cup_fal_share_free (CupFalShare * share);

/* A ticket for a job, which is outside at first. */
CupFalTicket *cup_fal_ticket_new (CupFalShare * share,
    CupFalTicketFunc func, gpointer user_data);
/* Leaves, wherever it is, without a say on how it went. */
void cup_fal_ticket_free (CupFalTicket * ticket);

/* Asks for a place: @func is called when there is one. @now is
 * g_get_monotonic_time(). */
void cup_fal_ticket_enter (CupFalTicket * ticket, gint64 now);
/* It is at the service already, from before: takes a place at once, beyond the
 * limit too. @func is not called. For tickets that are outside. */
void cup_fal_ticket_join (CupFalTicket * ticket);
gboolean cup_fal_ticket_is_waiting (CupFalTicket * ticket);
gboolean cup_fal_ticket_is_inside (CupFalTicket * ticket);
/* The service refused it for their number: gives the place back, and lowers
 * the limit unless that was done after this ticket entered. The ticket is
 * outside, keeps its rank, and may enter again. */
void cup_fal_ticket_refused (CupFalTicket * ticket, gint64 now);
/* The service is done with it, well or not: gives the place back. The ticket
 * is outside, and may enter again, behind the others. Both are for tickets that
 * have a place. */
void cup_fal_ticket_done (CupFalTicket * ticket, gint64 now);

/* How many may be there, G_MAXUINT where there is no limit. */
guint cup_fal_limiter_get_limit (CupFalLimiter * limiter);
guint cup_fal_limiter_get_active (CupFalLimiter * limiter);

G_END_DECLS
