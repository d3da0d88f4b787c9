/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What may stop a long computation from outside: somebody cancels it, or its
 * time is over. Computations run on a worker thread with no main loop, so both
 * are looked at, every few rows, rather than delivered.
 */
#pragma once

#include "base/error.h"

G_BEGIN_DECLS

/**
 * CupInterrupt:
 * @cancellable: (nullable): stops with G_IO_ERROR_CANCELLED
 * @deadline: stops with CUP_ERROR_TIMEOUT once g_get_monotonic_time() is past
 *   it, 0 for never
 */
typedef struct
{
  GCancellable *cancellable;
  gint64 deadline;
} CupInterrupt;

/* FALSE and an error where the computation has to stop. Costs some tens of
 * nanoseconds: once a row is fine, once a pixel is not. */
static inline gboolean
cup_interrupt_check (const CupInterrupt * interrupt, GError ** error)
{
  if (g_cancellable_set_error_if_cancelled (interrupt->cancellable, error))
    return FALSE;
  if (interrupt->deadline != 0
      && g_get_monotonic_time () > interrupt->deadline) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_TIMEOUT,
        "the time for this picture is over");
    return FALSE;
  }
  return TRUE;
}

G_END_DECLS
