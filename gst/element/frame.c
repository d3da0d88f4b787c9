/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame.h"

#include <gst/video/video-anc.h>
#include <string.h>

#include "base/error.h"

#if G_BYTE_ORDER == G_LITTLE_ENDIAN
#define FORMAT_GRAY16 GST_VIDEO_FORMAT_GRAY16_LE
#define FORMAT_RGBA64 GST_VIDEO_FORMAT_RGBA64_LE
#else
#define FORMAT_GRAY16 GST_VIDEO_FORMAT_GRAY16_BE
#define FORMAT_RGBA64 GST_VIDEO_FORMAT_RGBA64_BE
#endif

GstVideoFormat
cup_frame_native_format (guint channels, guint depth)
{
  switch (channels) {
    case 1:
      return depth == 8 ? GST_VIDEO_FORMAT_GRAY8 : FORMAT_GRAY16;
    case 3:
      return depth == 8 ? GST_VIDEO_FORMAT_RGB : FORMAT_RGBA64;
    default:
      return depth == 8 ? GST_VIDEO_FORMAT_RGBA : FORMAT_RGBA64;
  }
}

gboolean
cup_frame_is_native (guint channels, guint depth, GstVideoFormat format)
{
  return !(channels == 3 && depth == 16)
      && format == cup_frame_native_format (channels, depth);
}

typedef struct
{
  GstBuffer *buffer;
  GstMapInfo map;
} CupMapping;

static void
mapping_free (gpointer data)
{
  CupMapping *mapping = data;

  gst_buffer_unmap (mapping->buffer, &mapping->map);
  gst_buffer_unref (mapping->buffer);
  g_free (mapping);
}

GBytes *
cup_frame_map_bytes (GstBuffer * buffer, GError ** error)
{
  CupMapping *mapping = g_new (CupMapping, 1);

  if (!gst_buffer_map (buffer, &mapping->map, GST_MAP_READ)) {
    g_free (mapping);
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the frame's buffer cannot be mapped for reading");
    return NULL;
  }
  mapping->buffer = gst_buffer_ref (buffer);
  return g_bytes_new_with_free_func (mapping->map.data, mapping->map.size,
      mapping_free, mapping);
}

GstBuffer *
cup_frame_wrap_pixels (CupPixels * pixels)
{
  gsize size = cup_pixels_get_size (pixels);
  /* Other frames may leave with them, too: who writes gets a copy. */
  GstMemoryFlags flags = g_atomic_int_get (&pixels->ref_count) > 1 ?
      GST_MEMORY_FLAG_READONLY : 0;

  return gst_buffer_new_wrapped_full (flags, pixels->data, size, 0, size,
      cup_pixels_ref (pixels), (GDestroyNotify) cup_pixels_unref);
}

static void
clear_behind_rows (GstVideoFrame * frame, guint component)
{
  const guint plane = GST_VIDEO_FRAME_COMP_PLANE (frame, component);
  const gint stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
  const gint used = GST_VIDEO_FRAME_COMP_WIDTH (frame, component)
      * GST_VIDEO_FRAME_COMP_PSTRIDE (frame, component);
  guint8 *data = GST_VIDEO_FRAME_PLANE_DATA (frame, plane);
  gint y;

  for (y = 0; used > 0 && used < stride
      && y < GST_VIDEO_FRAME_COMP_HEIGHT (frame, component); y++)
    memset (data + (gssize) y * stride + used, 0, stride - used);
}

/* Luma of an odd number of rows has one more, where chroma has half. */
static void
clear_below_rows (GstVideoFrame * frame, guint component)
{
  const GstVideoInfo *info = &frame->info;
  const guint plane = GST_VIDEO_FRAME_COMP_PLANE (frame, component);
  const gint stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
  const gsize size = (gsize) MAX (stride, 0)
      * (gsize) GST_VIDEO_FRAME_COMP_HEIGHT (frame, component);
  const gsize begin = info->offset[plane] + size;
  gsize end = info->size;
  guint i;

  for (i = 0; i < GST_VIDEO_INFO_N_PLANES (info); i++) {
    if (info->offset[i] > info->offset[plane])
      end = MIN (end, info->offset[i]);
  }
  if (stride > 0 && begin < end)
    memset ((guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, plane) + size, 0,
        end - begin);
}

void
cup_frame_clear_padding (GstVideoFrame * frame)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  guint i;

  /* Strides of tiles are something else. */
  if (GST_VIDEO_FORMAT_INFO_IS_TILED (finfo)
      || GST_VIDEO_FORMAT_INFO_IS_COMPLEX (finfo))
    return;
  for (i = 0; i < GST_VIDEO_FRAME_N_COMPONENTS (frame); i++) {
    clear_behind_rows (frame, i);
    if (gst_buffer_n_memory (frame->buffer) == 1)
      clear_below_rows (frame, i);
  }
}

/* Metas */

typedef enum
{
  META_DROP,
  META_COPY,
  META_SCALE,
} MetaTreatment;

static MetaTreatment
get_treatment (const GstMetaInfo * info)
{
  static const gchar *const known[] = {
    GST_META_TAG_VIDEO_STR,
    GST_META_TAG_VIDEO_ORIENTATION_STR,
    GST_META_TAG_VIDEO_SIZE_STR,
    NULL
  };
  const gchar *const *tags = gst_meta_api_type_get_tags (info->api);
  MetaTreatment treatment = META_COPY;

  if (!info->transform_func)
    return META_DROP;
  for (; tags && *tags; tags++) {
    if (!g_strv_contains (known, *tags))
      return META_DROP;         /* about memory, colour, or what we don't know */
    if (g_str_equal (*tags, GST_META_TAG_VIDEO_SIZE_STR))
      treatment = META_SCALE;
  }
  return treatment;
}

/* Overlays lie on the picture and have no tag that would say so. */
static MetaTreatment
get_own_treatment (const GstMetaInfo * info)
{
  if (info->api == GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE)
    return META_SCALE;
  return get_treatment (info);
}

typedef struct
{
  GstBuffer *to;
  const GstVideoInfo *in;       /* NULL: copy all that matters as it is */
  const GstVideoInfo *out;
} MetaTransfer;

static guint
scale_value (guint value, gint from, gint to)
{
  return (guint) gst_util_uint64_scale_round (value, (guint64) to,
      (guint64) from);
}

static gint
scale_position (gint value, gint from, gint to)
{
  return (gint) (value < 0 ? -1 : 1) * (gint) scale_value ((guint) ABS (value),
      from, to);
}

/* GStreamer's own scaling of it loses the parameters. */
static void
scale_region (const MetaTransfer * transfer,
    const GstVideoRegionOfInterestMeta * region)
{
  gint in_width = transfer->in->width, in_height = transfer->in->height;
  gint out_width = transfer->out->width, out_height = transfer->out->height;
  GstVideoRegionOfInterestMeta *scaled;
  const GList *walk;

  scaled = gst_buffer_add_video_region_of_interest_meta_id (transfer->to,
      region->roi_type, scale_value (region->x, in_width, out_width),
      scale_value (region->y, in_height, out_height),
      scale_value (region->w, in_width, out_width),
      scale_value (region->h, in_height, out_height));
  scaled->id = region->id;
  scaled->parent_id = region->parent_id;
  for (walk = region->params; walk; walk = walk->next)
    gst_video_region_of_interest_meta_add_param (scaled,
        gst_structure_copy (walk->data));
}

/* Bars are counted in lines or columns. */
static void
scale_bars (const MetaTransfer * transfer, const GstVideoBarMeta * bars)
{
  gint from = bars->is_letterbox ? transfer->in->height : transfer->in->width;
  gint to = bars->is_letterbox ? transfer->out->height : transfer->out->width;

  gst_buffer_add_video_bar_meta (transfer->to, bars->field,
      bars->is_letterbox, scale_value (bars->bar_data1, from, to),
      scale_value (bars->bar_data2, from, to));
}

static void
scale_overlays (const MetaTransfer * transfer,
    const GstVideoOverlayCompositionMeta * meta)
{
  GstVideoOverlayComposition *scaled = NULL;
  guint i;

  for (i = 0; i < gst_video_overlay_composition_n_rectangles (meta->overlay);
      i++) {
    GstVideoOverlayRectangle *rectangle = gst_video_overlay_rectangle_copy
        (gst_video_overlay_composition_get_rectangle (meta->overlay, i));
    gint x, y;
    guint width, height;

    gst_video_overlay_rectangle_get_render_rectangle (rectangle, &x, &y,
        &width, &height);
    gst_video_overlay_rectangle_set_render_rectangle (rectangle,
        scale_position (x, transfer->in->width, transfer->out->width),
        scale_position (y, transfer->in->height, transfer->out->height),
        scale_value (width, transfer->in->width, transfer->out->width),
        scale_value (height, transfer->in->height, transfer->out->height));
    if (scaled)
      gst_video_overlay_composition_add_rectangle (scaled, rectangle);
    else
      scaled = gst_video_overlay_composition_new (rectangle);
    gst_video_overlay_rectangle_unref (rectangle);
  }
  if (scaled) {
    gst_buffer_add_video_overlay_composition_meta (transfer->to, scaled);
    gst_video_overlay_composition_unref (scaled);
  }
}

static void
copy_meta (const MetaTransfer * transfer, GstBuffer * from, GstMeta * meta)
{
  GstMetaTransformCopy copy = { FALSE, 0, (gsize) - 1 };

  meta->info->transform_func (transfer->to, meta, from,
      _gst_meta_transform_copy, &copy);
}

/* What GStreamer does not scale is done here. */
static void
scale_meta (const MetaTransfer * transfer, GstBuffer * from, GstMeta * meta)
{
  GType api = meta->info->api;
  GstVideoMetaTransform scale = { (GstVideoInfo *) transfer->in,
    (GstVideoInfo *) transfer->out
  };

  if (api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)
    scale_region (transfer, (GstVideoRegionOfInterestMeta *) meta);
  else if (api == GST_VIDEO_BAR_META_API_TYPE)
    scale_bars (transfer, (GstVideoBarMeta *) meta);
  else if (api == GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE)
    scale_overlays (transfer, (GstVideoOverlayCompositionMeta *) meta);
  else if (api == GST_VIDEO_AFD_META_API_TYPE)
    copy_meta (transfer, from, meta);   /* is about shape, not size */
  else
    meta->info->transform_func (transfer->to, meta, from,
        gst_video_meta_transform_scale_get_quark (), &scale);
}

static gboolean
transfer_meta (GstBuffer * from, GstMeta ** meta, gpointer user_data)
{
  MetaTransfer *transfer = user_data;
  MetaTreatment treatment = get_own_treatment ((*meta)->info);

  /* Nothing can be said where the size of the input is not known. */
  if (treatment == META_SCALE && transfer->in && transfer->in->width == 0)
    return TRUE;
  if (treatment == META_SCALE && transfer->in)
    scale_meta (transfer, from, *meta);
  else if (treatment != META_DROP)
    copy_meta (transfer, from, *meta);
  return TRUE;
}

GstBuffer *
cup_frame_copy_metadata (GstBuffer * buffer)
{
  GstBuffer *metadata = gst_buffer_new ();
  MetaTransfer transfer = { metadata, NULL, NULL };

  gst_buffer_copy_into (metadata, buffer,
      GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  gst_buffer_foreach_meta (buffer, transfer_meta, &transfer);
  return metadata;
}

void
cup_frame_apply_metadata (GstBuffer * buffer, GstBuffer * metadata,
    const GstVideoInfo * in, const GstVideoInfo * out)
{
  MetaTransfer transfer = { buffer, in, out };

  gst_buffer_copy_into (buffer, metadata,
      GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  /* Pictures leave in the order in which they are shown, and depend on none. */
  GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  gst_buffer_foreach_meta (metadata, transfer_meta, &transfer);
}
