/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The two clocks of a job: see clock.h.
 */
#include "clock.h"

/* A limit that is noticed so late: the process was stopped. */
#define LATE (G_USEC_PER_SEC / 4)
/* The time that a job gets then, at most its limit. */
#define GRACE (10 * G_USEC_PER_SEC)

void
cup_fal_clock_init (CupFalClock * clock, CupHttp * http,
    void (*func) (gpointer data), void (*resumed) (gpointer data),
    gpointer data)
{
  clock->http = http;
  clock->func = func;
  clock->resumed = resumed;
  clock->data = data;
  clock->kind = CUP_FAL_CLOCK_STOPPED;
}

gint64
cup_fal_clock_get_elapsed (const CupFalClock * clock, CupFalClockKind kind)
{
  gint64 elapsed = clock->elapsed[kind];

  if (clock->kind == kind && kind != CUP_FAL_CLOCK_STOPPED)
    elapsed += g_get_monotonic_time () - clock->since;
  return elapsed;
}

CupFalClockKind
cup_fal_clock_get_kind (const CupFalClock * clock)
{
  return clock->kind;
}

static void
on_limit (gpointer data)
{
  CupFalClock *clock = data;
  CupFalClockKind kind = clock->kind;
  gint64 limit = clock->limit[kind];
  gint64 late = cup_fal_clock_get_elapsed (clock, kind)
      - MAX (limit, clock->elapsed[kind]);

  cup_fal_clock_switch (clock, CUP_FAL_CLOCK_STOPPED);
  if (late < LATE || clock->had_grace) {
    clock->func (clock->data);
    return;
  }
  clock->elapsed[kind] = limit - MIN (limit, GRACE);
  cup_fal_clock_switch (clock, kind);
  clock->had_grace = TRUE;
  clock->resumed (clock->data);
}

void
cup_fal_clock_switch (CupFalClock * clock, CupFalClockKind kind)
{
  gint64 now = g_get_monotonic_time ();

  if (kind == clock->kind)
    return;
  if (clock->timer)
    g_source_destroy (clock->timer);
  g_clear_pointer (&clock->timer, g_source_unref);
  if (clock->kind != CUP_FAL_CLOCK_STOPPED)
    clock->elapsed[clock->kind] += now - clock->since;
  clock->kind = kind;
  clock->since = now;
  if (kind != CUP_FAL_CLOCK_STOPPED && clock->limit[kind] > 0)
    clock->timer = cup_http_add_timer (clock->http,
        MAX (clock->limit[kind] - clock->elapsed[kind], 0), on_limit, clock);
}
