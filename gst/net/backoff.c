/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Waiting before another attempt: see backoff.h.
 */
#include "backoff.h"

gboolean
cup_backoff_next (CupBackoff * backoff, gint64 * delay)
{
  gint64 limit = backoff->base;
  guint i;

  backoff->failures++;
  if (backoff->failures >= backoff->max_attempts)
    return FALSE;

  for (i = 1; i < backoff->failures && limit < backoff->maximum; i++)
    limit *= 2;
  limit = MIN (limit, backoff->maximum);
  *delay = (gint64) (g_random_double () * limit);
  return TRUE;
}

void
cup_backoff_reset (CupBackoff * backoff)
{
  backoff->failures = 0;
}
