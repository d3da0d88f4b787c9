/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How long a job may take: one limit for work, one for waiting in the service's
 * queue. Only one of the two clocks runs at a time.
 *
 * A process may be stopped for longer than that (SIGSTOP, a paused container).
 * The limit then is noticed too late, and the job gets some more time, once: what
 * it waits for may be there.
 *
 * HTTP thread only.
 */
#pragma once

#include "net/http.h"

G_BEGIN_DECLS

typedef enum
{
  CUP_FAL_CLOCK_STOPPED,
  CUP_FAL_CLOCK_WORK,
  CUP_FAL_CLOCK_QUEUE,
  CUP_FAL_N_CLOCKS
} CupFalClockKind;

/**
 * CupFalClock:
 * @limit: of each kind, in microseconds, 0 for none
 * @elapsed: of each kind, until it was switched last
 */
typedef struct
{
  gint64 limit[CUP_FAL_N_CLOCKS];
  gint64 elapsed[CUP_FAL_N_CLOCKS];

  /*< private > */
  CupHttp *http;
  void (*func) (gpointer data);
  void (*resumed) (gpointer data);
  gpointer data;
  CupFalClockKind kind;
  gint64 since;
  gboolean had_grace;
  GSource *timer;
} CupFalClock;

/* Stopped. @func is called, once, when the limit of the running clock is
 * reached; @resumed instead where that is noticed late, and there is more time. */
void cup_fal_clock_init (CupFalClock * clock, CupHttp * http,
    void (*func) (gpointer data), void (*resumed) (gpointer data),
    gpointer data);
/* Stops what runs, and lets the other one go on. */
void cup_fal_clock_switch (CupFalClock * clock, CupFalClockKind kind);
CupFalClockKind cup_fal_clock_get_kind (const CupFalClock * clock);
/* Microseconds. */
gint64 cup_fal_clock_get_elapsed (const CupFalClock * clock,
    CupFalClockKind kind);

G_END_DECLS
