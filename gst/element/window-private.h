/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shared by window.c, slot.c and render.c, and nobody else.
 */
#pragma once

#include "window.h"

G_BEGIN_DECLS

struct _CupWindow
{
  gint ref_count;
  GMutex lock;
  GCond cond;

  /* All below: lock. */
  GQueue slots;                 /* of CupSlot, a reference each */
  guint max;                    /* frames between the pads */
  guint n_frames;               /* frames in @slots */
  guint reserved;               /* taken by chain, not in the window yet */
  guint leaving;                /* taken out, not pushed yet */
  GstFlowReturn flow;
  gboolean eos_taken;           /* from upstream */
  gboolean eos_downstream;      /* refuse frames, forward events still */
  gboolean live;                /* a PENDING head is looked at, too: */
  CupSlot *checked;             /* the one that was, no reference */
  CupSlot *kept;                /* what left, and is kept; no reference */
  CupOutput *output;
  CupWorkers *workers;

  /* A leaf under any lock: slots are freed by whoever has them last. */
  GMutex slots_lock;
  GCond no_slots;
  guint n_slots;                /* that exist, in the window or not */
};

/* Lock held; returns without it. Wakes everybody, and starts rendering of what
 * is near the head. */
void cup_window_unlock_and_render (CupWindow * window);

G_END_DECLS
