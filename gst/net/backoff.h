/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How long to wait before something is tried again.
 *
 * Exponential with "full jitter": the n-th wait is drawn evenly from nothing
 * to base × 2ⁿ, so that frames which failed together do not come back
 * together. What may be tried again at all is for the caller to know.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CupBackoff:
 * @max_attempts: how often it is tried in all, the first time included
 * @base: upper end of the first wait, in microseconds
 * @maximum: upper end of any wait, in microseconds
 * @failures: attempts that have failed so far
 */
typedef struct
{
  guint max_attempts;
  gint64 base;
  gint64 maximum;
  guint failures;
} CupBackoff;

/* Notes a failure. FALSE where there is no attempt left; otherwise TRUE and in
 * @delay the microseconds to wait. */
gboolean cup_backoff_next (CupBackoff * backoff, gint64 * delay);
/* Notes a success: failures are counted in a row. */
void cup_backoff_reset (CupBackoff * backoff);

G_END_DECLS
