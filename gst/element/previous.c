/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "previous.h"

#include <string.h>

#include "difference.h"

void
cup_previous_clear (CupPrevious * previous)
{
  g_clear_pointer (&previous->slot, cup_slot_unref);
  g_clear_pointer (&previous->input, cup_input_unref);
  g_clear_pointer (&previous->values, cup_values_free);
  gst_clear_buffer (&previous->buffer);
}

void
cup_previous_set (CupPrevious * previous, CupSlot * slot, GstBuffer * buffer,
    const CupValues * values, guint encoding)
{
  cup_previous_clear (previous);
  if (slot->input->kind == CUP_INPUT_URI_LIST)
    return;
  previous->slot = cup_slot_ref (slot);
  previous->input = cup_input_ref (slot->input);
  previous->buffer = gst_buffer_ref (buffer);
  previous->values = cup_values_copy (values);
  previous->encoding = encoding;
}

/* Of raw video: whether pixels are at the same places of the memory. */
static gboolean
has_same_places (GstBuffer * a, GstBuffer * b)
{
  const GstVideoMeta *x = gst_buffer_get_video_meta (a);
  const GstVideoMeta *y = gst_buffer_get_video_meta (b);

  if (!x || !y)
    return x == y;
  return memcmp (x->offset, y->offset, sizeof x->offset) == 0
      && memcmp (x->stride, y->stride, sizeof x->stride) == 0;
}

/* The same memory, which nobody has written to while both hold it. */
static gboolean
has_same_memory (GstBuffer * a, GstBuffer * b)
{
  guint i, n = gst_buffer_n_memory (a);

  if (n != gst_buffer_n_memory (b) || !has_same_places (a, b))
    return FALSE;
  for (i = 0; i < n; i++) {
    if (gst_buffer_peek_memory (a, i) != gst_buffer_peek_memory (b, i))
      return FALSE;
  }
  return TRUE;
}

static gboolean
has_same_bytes (GstBuffer * a, GstBuffer * b)
{
  GstMapInfo map;
  gboolean same;

  if (gst_buffer_get_size (a) != gst_buffer_get_size (b)
      || !gst_buffer_map (b, &map, GST_MAP_READ))
    return FALSE;
  same = gst_buffer_memcmp (a, 0, map.data, map.size) == 0;
  gst_buffer_unmap (b, &map);
  return same;
}

static gboolean
has_same_samples (const GstVideoInfo * info, GstBuffer * a, GstBuffer * b,
    gdouble threshold)
{
  GstVideoFrame frame_a, frame_b;
  gboolean same;

  if (!gst_video_frame_map (&frame_a, (GstVideoInfo *) info, a, GST_MAP_READ))
    return FALSE;
  if (!gst_video_frame_map (&frame_b, (GstVideoInfo *) info, b, GST_MAP_READ)) {
    gst_video_frame_unmap (&frame_a);
    return FALSE;
  }
  same = cup_difference_is_within (&frame_a, &frame_b, threshold);
  gst_video_frame_unmap (&frame_b);
  gst_video_frame_unmap (&frame_a);
  return same;
}

static gboolean
has_same_pixels (CupInput * input, GstBuffer * a, GstBuffer * b,
    gdouble threshold)
{
  if (has_same_memory (a, b))
    return TRUE;
  return cup_input_is_raw (input) ? has_same_samples (&input->info, a, b,
      threshold) : has_same_bytes (a, b);
}

/* Whether the same samples are the same picture under both. The framerate, for
 * one, makes no difference. */
static gboolean
has_same_meaning (const CupInput * a, const CupInput * b)
{
  const GstVideoInfo *x = &a->info, *y = &b->info;

  if (a == b)
    return TRUE;
  if (a->kind != b->kind || a->image_type != b->image_type)
    return FALSE;
  return !cup_input_is_raw (a) || (GST_VIDEO_INFO_FORMAT (x) ==
      GST_VIDEO_INFO_FORMAT (y) && x->width == y->width
      && x->height == y->height && x->flags == y->flags
      && x->chroma_site == y->chroma_site
      && gst_video_colorimetry_is_equal (&x->colorimetry, &y->colorimetry));
}

gboolean
cup_previous_is_same (const CupPrevious * previous, CupInput * input,
    GstBuffer * buffer, const CupValues * values, guint encoding,
    gdouble threshold)
{
  return previous->slot && has_same_meaning (previous->input, input)
      && previous->encoding == encoding
      && cup_values_equal (previous->values, values)
      && has_same_pixels (input, previous->buffer, buffer, threshold);
}
