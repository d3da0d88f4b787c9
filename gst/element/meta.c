/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "meta.h"

void
cup_meta_register (void)
{
  /* Without tags, hence about the frame as such: whoever converts, scales or
   * encodes it copies the meta. */
  static const gchar *tags[] = { NULL };

  if (!gst_meta_get_info (CUP_META_NAME))
    gst_meta_register_custom (CUP_META_NAME, tags, NULL, NULL, NULL);
}

void
cup_meta_add (GstBuffer * buffer, const CupResult * result,
    CupFrameProgress * frame, GstClockTime pts, gboolean is_unsafe,
    CupSource source)
{
  GstCustomMeta *meta;
  GstStructure *structure;
  gboolean is_original = source == CUP_SOURCE_ORIGINAL;

  while ((meta = gst_buffer_get_custom_meta (buffer, CUP_META_NAME)))
    gst_buffer_remove_meta (buffer, (GstMeta *) meta);

  meta = gst_buffer_add_custom_meta (buffer, CUP_META_NAME);
  structure = gst_custom_meta_get_structure (meta);
  cup_frame_progress_fill (frame, structure);
  cup_frame_progress_fill_settings (frame, structure);
  cup_progress_fill_result (structure, result);
  gst_structure_set (structure, "unsafe", G_TYPE_BOOLEAN, is_unsafe,
      "passthrough", G_TYPE_BOOLEAN, is_original,
      "reused", G_TYPE_BOOLEAN, source == CUP_SOURCE_REPEAT
      || (!is_original && result->origin != CUP_RESULT_MADE), NULL);
  if (!is_original)
    cup_progress_fill_origin (structure, result);
  if (GST_CLOCK_TIME_IS_VALID (pts))
    gst_structure_set (structure, "pts", G_TYPE_UINT64, pts, NULL);
}
