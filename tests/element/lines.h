/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lines of frames as GStreamer packs and unpacks them.
 */
#pragma once

#include <gst/video/video.h>

/* Whole tiles: GStreamer leaves what is in the last one out where it is cut off. */
static inline gint
get_line_width (const GstVideoInfo * info)
{
  const gint width = GST_VIDEO_INFO_WIDTH (info);
  gint tile;

  if (!(GST_VIDEO_FORMAT_INFO_FLAGS (info->finfo)
          & GST_VIDEO_FORMAT_FLAG_TILED))
    return width;
  tile = (gint) GST_VIDEO_FORMAT_INFO_TILE_WIDTH (info->finfo, 0);
  return tile > 1 ? (width + tile - 1) / tile * tile : width;
}

/* Bytes for a line, with room for a group of pixels more. */
static inline gsize
get_line_size (const GstVideoInfo * info)
{
  return ((gsize) get_line_width (info) + 8) * 8;
}

static inline void
unpack_line (const GstVideoFrame * frame, gint y, gpointer line)
{
  frame->info.finfo->unpack_func (frame->info.finfo,
      GST_VIDEO_PACK_FLAG_TRUNCATE_RANGE, line, frame->data,
      frame->info.stride, 0, y, get_line_width (&frame->info));
}

static inline void
pack_line (GstVideoFrame * frame, gint y, gpointer line)
{
  frame->info.finfo->pack_func (frame->info.finfo, GST_VIDEO_PACK_FLAG_NONE,
      line, 0, frame->data, frame->info.stride, frame->info.chroma_site, y,
      get_line_width (&frame->info));
}
