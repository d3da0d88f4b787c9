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

/* How many bytes of a row of @plane are pixels and not padding. */
static gsize
get_row_size (const GstVideoFrame * frame, guint plane)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  gsize size = 0;
  guint i;

  for (i = 0; i < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format); i++) {
    gsize end;

    if (GST_VIDEO_FORMAT_INFO_PLANE (format, i) != plane)
      continue;
    end = GST_VIDEO_FORMAT_INFO_POFFSET (format, i)
        + (GST_VIDEO_FRAME_COMP_WIDTH (frame, i) - 1)
        * GST_VIDEO_FORMAT_INFO_PSTRIDE (format, i)
        + (GST_VIDEO_FORMAT_INFO_DEPTH (format, i)
        + GST_VIDEO_FORMAT_INFO_SHIFT (format, i) + 7) / 8;
    size = MAX (size, end);
  }
  return size;
}

static guint
get_n_rows (const GstVideoFrame * frame, guint plane)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  guint i;

  for (i = 0; i < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format); i++) {
    if (GST_VIDEO_FORMAT_INFO_PLANE (format, i) == plane)
      return GST_VIDEO_FRAME_COMP_HEIGHT (frame, i);
  }
  return 0;
}

static gboolean
has_same_plane (const GstVideoFrame * a, const GstVideoFrame * b, guint plane)
{
  gsize size = get_row_size (a, plane);
  guint i, n = get_n_rows (a, plane);
  const guint8 *row_a = GST_VIDEO_FRAME_PLANE_DATA (a, plane);
  const guint8 *row_b = GST_VIDEO_FRAME_PLANE_DATA (b, plane);

  for (i = 0; i < n; i++) {
    if (memcmp (row_a, row_b, size) != 0)
      return FALSE;
    row_a += GST_VIDEO_FRAME_PLANE_STRIDE (a, plane);
    row_b += GST_VIDEO_FRAME_PLANE_STRIDE (b, plane);
  }
  return TRUE;
}

static gboolean
has_same_planes (const GstVideoFrame * a, const GstVideoFrame * b)
{
  gboolean same = TRUE;
  guint i;

  for (i = 0; i < GST_VIDEO_FRAME_N_PLANES (a) && same; i++)
    same = has_same_plane (a, b, i);
  return same;
}

/* Pixels that are not at regular distances, or indices of a palette. */
static gboolean
has_same_lines (const GstVideoFrame * a, const GstVideoFrame * b)
{
  const GstVideoFormatInfo *format = a->info.finfo;
  gint width = GST_VIDEO_FRAME_WIDTH (a), height = GST_VIDEO_FRAME_HEIGHT (a);
  /* Four components of 16 bits at most, and where pixels come in groups, a group
   * more. */
  gsize size = ((gsize) width + 8) * 8;
  guint8 *line_a = g_malloc0 (size), *line_b = g_malloc0 (size);
  gboolean same = TRUE;
  gint y;

  for (y = 0; y < height && same; y++) {
    format->unpack_func (format, GST_VIDEO_PACK_FLAG_NONE, line_a, a->data,
        a->info.stride, 0, y, width);
    format->unpack_func (format, GST_VIDEO_PACK_FLAG_NONE, line_b, b->data,
        b->info.stride, 0, y, width);
    same = memcmp (line_a, line_b, size) == 0;
  }
  g_free (line_a);
  g_free (line_b);
  return same;
}

/* Whether rows are made of samples at regular distances. */
static gboolean
has_plain_rows (const GstVideoInfo * info)
{
  const GstVideoFormatFlags odd = GST_VIDEO_FORMAT_FLAG_COMPLEX
      | GST_VIDEO_FORMAT_FLAG_TILED | GST_VIDEO_FORMAT_FLAG_PALETTE;

  return (GST_VIDEO_FORMAT_INFO_FLAGS (info->finfo) & odd) == 0;
}

/* @threshold: 0 for exactly. */
static gboolean
is_same_frame (const GstVideoFrame * a, const GstVideoFrame * b,
    gdouble threshold)
{
  if (threshold > 0)
    return cup_difference_is_within (a, b, threshold);
  return has_plain_rows (&a->info) ? has_same_planes (a, b) :
      has_same_lines (a, b);
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
  same = is_same_frame (&frame_a, &frame_b, threshold);
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
