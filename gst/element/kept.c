/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kept.h"

static void
clear_buffer (CupKept * kept)
{
  gst_clear_buffer (&kept->buffer);
  g_clear_pointer (&kept->output, cup_output_unref);
}

void
cup_kept_clear (CupKept * kept)
{
  clear_buffer (kept);
  g_clear_pointer (&kept->result, cup_result_free);
  g_clear_error (&kept->error);
  kept->has_left = FALSE;
  kept->drop = CUP_DROP_UNSELECTED;
}

void
cup_kept_take_buffer (CupKept * kept, const CupSlot * slot)
{
  clear_buffer (kept);
  /* Shares the memory, which nobody can write to any more then. */
  kept->buffer = gst_buffer_copy (slot->buffer);
  kept->output = cup_output_ref (slot->output);
  kept->is_unsafe = slot->is_unsafe;
}

void
cup_kept_take (CupKept * kept, CupSlot * slot, gboolean keep,
    gboolean keep_buffer)
{
  cup_kept_clear (kept);
  kept->has_left = TRUE;
  if (!keep)
    return;
  kept->result = g_steal_pointer (&slot->result);
  if (keep_buffer)
    cup_kept_take_buffer (kept, slot);
}

void
cup_kept_fail (CupKept * kept, const GError * error)
{
  g_clear_error (&kept->error);
  kept->error = g_error_copy (error);
  kept->has_left = FALSE;
}

void
cup_kept_drop (CupKept * kept, CupDrop drop)
{
  g_clear_error (&kept->error);
  kept->drop = drop;
  kept->has_left = FALSE;
}
