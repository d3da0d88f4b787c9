/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How fast pictures get to the service's storage: of all uploads together, as
 * those under way at a time share the line.
 *
 * Transfers are told of by the HTTP thread; the speed may be asked for by any.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CupFalUplink:
 * @n: transfers under way
 * @since: when the time began that is being measured; nobody sent before
 * @bytes: that have arrived since
 * @speed: in bytes a second, of the last few seconds of sending; 0 where nothing
 *   was measured yet
 */
typedef struct
{
  GMutex lock;                  /* a leaf */
  guint n;
  gint64 since;
  guint64 bytes;
  gdouble speed;
} CupFalUplink;

void cup_fal_uplink_init (CupFalUplink * uplink);
void cup_fal_uplink_clear (CupFalUplink * uplink);

/* A transfer begins, and has ended: with @bytes that have arrived, 0 where it
 * failed. @now: monotonic time. */
void cup_fal_uplink_begin (CupFalUplink * uplink, gint64 now);
void cup_fal_uplink_end (CupFalUplink * uplink, guint64 bytes, gint64 now);

gdouble cup_fal_uplink_get_speed (CupFalUplink * uplink);

G_END_DECLS
