/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What became of the last frame that had a job, for those that leave with its
 * result again.
 *
 * Of the src task.
 */
#pragma once

#include <gst/gst.h>

#include "slot.h"

G_BEGIN_DECLS

/**
 * CupKept:
 * @result: (nullable): of the last frame that left with its own
 * @buffer: (nullable): the same, rendered for @output
 * @output: (nullable): see @buffer
 * @is_unsafe: of that buffer
 * @has_left: whether the last frame that had a job left with its result. If not:
 * @error: (nullable): it failed
 * @drop: or else why it was left out
 *
 * All zero is nothing.
 */
typedef struct
{
  CupResult *result;
  GstBuffer *buffer;
  CupOutput *output;
  gboolean is_unsafe;
  gboolean has_left;
  GError *error;
  CupDrop drop;
} CupKept;

void cup_kept_clear (CupKept * kept);

/* @slot, READY, is about to leave with its result, which is kept, and taken from
 * it, if @keep; its buffer, too, if @keep_buffer. */
void cup_kept_take (CupKept * kept, CupSlot * slot, gboolean keep,
    gboolean keep_buffer);
/* @slot, READY, leaves with the result that is kept: its buffer is kept from now
 * on. */
void cup_kept_take_buffer (CupKept * kept, const CupSlot * slot);

/* A frame that had a job has failed, or was left out. What is kept stays. */
void cup_kept_fail (CupKept * kept, const GError * error);
void cup_kept_drop (CupKept * kept, CupDrop drop);

G_END_DECLS
