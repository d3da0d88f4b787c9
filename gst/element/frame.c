/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame.h"

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

  return gst_buffer_new_wrapped_full (0, pixels->data, size, 0, size,
      cup_pixels_ref (pixels), (GDestroyNotify) cup_pixels_unref);
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

typedef struct
{
  GstBuffer *to;
  const GstVideoInfo *in;       /* NULL: copy all that matters as it is */
  const GstVideoInfo *out;
} MetaTransfer;

static gboolean
transfer_meta (GstBuffer * from, GstMeta ** meta, gpointer user_data)
{
  MetaTransfer *transfer = user_data;
  const GstMetaInfo *info = (*meta)->info;
  MetaTreatment treatment = get_treatment (info);

  /* Nothing can be said where the size of the input is not known. */
  if (treatment == META_SCALE && transfer->in && transfer->in->width == 0)
    return TRUE;
  if (treatment == META_SCALE && transfer->in) {
    GstVideoMetaTransform scale;

    scale.in_info = (GstVideoInfo *) transfer->in;
    scale.out_info = (GstVideoInfo *) transfer->out;
    info->transform_func (transfer->to, *meta, from,
        gst_video_meta_transform_scale_get_quark (), &scale);
  } else if (treatment != META_DROP) {
    GstMetaTransformCopy copy = { FALSE, 0, (gsize) - 1 };

    info->transform_func (transfer->to, *meta, from, _gst_meta_transform_copy,
        &copy);
  }
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
