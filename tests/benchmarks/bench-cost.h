/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a piece of work costs: time of all threads, and time on the clock. Of some
 * rounds the best counts, as all else is somebody else's work.
 */
#pragma once

#include <glib.h>
#include <sys/resource.h>

typedef struct
{
  gdouble cpu;                  /* milliseconds */
  gdouble wall;
} Cost;

/* Worse than any. */
#define COST_INIT { G_MAXDOUBLE, G_MAXDOUBLE }

static inline gdouble
cost_get_cpu (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3
      + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static inline void
cost_begin (Cost * cost)
{
  cost->cpu = cost_get_cpu ();
  cost->wall = g_get_monotonic_time () / 1e3;
}

/* Of @n pieces. */
static inline void
cost_end (const Cost * cost, Cost * best, guint n)
{
  best->cpu = MIN (best->cpu, (cost_get_cpu () - cost->cpu) / n);
  best->wall = MIN (best->wall,
      (g_get_monotonic_time () / 1e3 - cost->wall) / n);
}

static inline void
cost_add (Cost * sum, const Cost * cost)
{
  sum->cpu += cost->cpu;
  sum->wall += cost->wall;
}

/* With what came of it where that is not 0: a file's size, dB of its luma. */
static inline void
cost_print (const gchar * what, const Cost * cost, gsize bytes, gdouble psnr)
{
  g_print ("  %-44s %7.1f ms of CPU %7.1f on the clock", what, cost->cpu,
      cost->wall);
  if (bytes > 0)
    g_print (" %7.2f MB", bytes / 1e6);
  if (psnr > 0)
    g_print ("  luma %.1f dB", psnr);
  g_print ("\n");
}
