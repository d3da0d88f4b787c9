/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "colour-layout.h"

#include <string.h>

#define MAX_PLANES_DEPTH 12

void
cup_colour_get_weights (const GstVideoInfo * info, gdouble * kr, gdouble * kb)
{
  gboolean hd = GST_VIDEO_INFO_HEIGHT (info) > 576;

  if (!gst_video_color_matrix_get_Kr_Kb (info->colorimetry.matrix, kr, kb))
    gst_video_color_matrix_get_Kr_Kb (hd ? GST_VIDEO_COLOR_MATRIX_BT709 :
        GST_VIDEO_COLOR_MATRIX_BT601, kr, kb);
}

void
cup_colour_get_coding (const GstVideoInfo * info, CupColourCoding * coding)
{
  gint offset[GST_VIDEO_MAX_COMPONENTS], scale[GST_VIDEO_MAX_COMPONENTS];

  cup_colour_get_weights (info, &coding->red_weight, &coding->blue_weight);
  gst_video_color_range_offsets (info->colorimetry.range, info->finfo, offset,
      scale);
  coding->black = offset[0];
  coding->luma_range = scale[0];
  /* Gray has none; it is not to be divided by zero. */
  coding->chroma_range =
      GST_VIDEO_FORMAT_INFO_IS_YUV (info->finfo) ? scale[1] : scale[0];
}

/* Whether samples lie one by one: in bytes, or in words in the machine's order. */
static gboolean
is_simple (const GstVideoFormatInfo * finfo)
{
  const GstVideoFormatFlags others = GST_VIDEO_FORMAT_FLAG_COMPLEX
      | GST_VIDEO_FORMAT_FLAG_PALETTE | GST_VIDEO_FORMAT_FLAG_TILED;
  guint c;

  if (finfo->flags & others)
    return FALSE;
  for (c = 1; c < finfo->n_components; c++) {
    if (finfo->depth[c] != finfo->depth[0]
        || finfo->shift[c] != finfo->shift[0])
      return FALSE;
  }
  return finfo->depth[0] == 8 || finfo->format == GST_VIDEO_FORMAT_ARGB64
      || GST_VIDEO_FORMAT_INFO_IS_LE (finfo) ==
      (G_BYTE_ORDER == G_LITTLE_ENDIAN);
}

/* Of formats of words that share a plane GStreamer gives the second's place not in
 * bytes but as 1. */
static guint8 *
get_data (const GstVideoFrame * frame, guint component)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  const guint8 *plane = GST_VIDEO_FRAME_PLANE_DATA (frame,
      finfo->plane[component]);
  guint offset = finfo->poffset[component];

  if (finfo->depth[component] > 8 && offset == 1)
    offset = 2;
  return (guint8 *) plane + offset;
}

/* Whether words may be read as such. */
static gboolean
is_aligned (const GstVideoFrame * frame, guint component)
{
  return GPOINTER_TO_SIZE (get_data (frame, component)) % 2 == 0
      && GST_VIDEO_FRAME_COMP_STRIDE (frame, component) % 2 == 0;
}

static gboolean
are_planes (const GstVideoInfo * info)
{
  const GstVideoFormatInfo *finfo = info->finfo;
  const gint size = finfo->depth[0] > 8 ? 2 : 1;

  if (!is_simple (finfo) || GST_VIDEO_INFO_IS_INTERLACED (info)
      || (info->chroma_site & GST_VIDEO_CHROMA_SITE_ALT_LINE)
      || finfo->depth[0] < 8 || finfo->depth[0] > MAX_PLANES_DEPTH
      || finfo->depth[0] + finfo->shift[0] > 8 * (guint) size
      || finfo->pixel_stride[0] != size)
    return FALSE;
  if (GST_VIDEO_FORMAT_INFO_IS_GRAY (finfo))
    return finfo->n_components == 1;
  return GST_VIDEO_FORMAT_INFO_IS_YUV (finfo) && finfo->n_components == 3
      && finfo->w_sub[1] <= 1 && finfo->w_sub[2] == finfo->w_sub[1]
      && finfo->h_sub[1] <= 1 && finfo->h_sub[2] == finfo->h_sub[1]
      && (finfo->pixel_stride[1] == size || finfo->pixel_stride[1] == 2 * size)
      && finfo->pixel_stride[2] == finfo->pixel_stride[1];
}

gboolean
cup_colour_get_planes (const GstVideoFrame * frame, CupPlanes * planes)
{
  const GstVideoInfo *info = &frame->info;
  const GstVideoFormatInfo *finfo = info->finfo;
  guint c;

  if (!are_planes (info))
    return FALSE;
  memset (planes, 0, sizeof *planes);
  planes->width = GST_VIDEO_FRAME_WIDTH (frame);
  planes->height = GST_VIDEO_FRAME_HEIGHT (frame);
  planes->n_components = finfo->n_components;
  planes->depth = finfo->depth[0];
  planes->shift = finfo->shift[0];
  for (c = 0; c < planes->n_components; c++) {
    if (planes->depth > 8 && !is_aligned (frame, c))
      return FALSE;
    planes->data[c] = get_data (frame, c);
    planes->stride[c] = GST_VIDEO_FRAME_COMP_STRIDE (frame, c);
  }
  if (planes->n_components == 1)
    return TRUE;
  planes->step = finfo->pixel_stride[1] / finfo->pixel_stride[0];
  planes->half_width = finfo->w_sub[1] == 1;
  planes->half_height = finfo->h_sub[1] == 1;
  planes->cosited_x = (info->chroma_site & GST_VIDEO_CHROMA_SITE_H_COSITED)
      != 0;
  planes->cosited_y = (info->chroma_site & GST_VIDEO_CHROMA_SITE_V_COSITED)
      != 0;
  return TRUE;
}

gboolean
cup_colour_get_packed (const GstVideoFrame * frame, CupPacked * packed)
{
  const GstVideoInfo *info = &frame->info;
  const GstVideoFormatInfo *finfo = info->finfo;
  guint c;

  if (!GST_VIDEO_FORMAT_INFO_IS_RGB (finfo) || !is_simple (finfo)
      || info->colorimetry.range == GST_VIDEO_COLOR_RANGE_16_235
      || finfo->n_planes != 1 || finfo->n_components < 3
      || finfo->shift[0] != 0
      || (finfo->depth[0] != 8 && finfo->depth[0] != 16))
    return FALSE;
  packed->depth = finfo->depth[0];
  packed->size = finfo->pixel_stride[0];
  /* One byte or word for each sample, and maybe one that means nothing. */
  if (packed->size * 8 != 3 * packed->depth
      && packed->size * 8 != 4 * packed->depth)
    return FALSE;
  if (packed->depth > 8 && !is_aligned (frame, 0))
    return FALSE;
  for (c = 0; c < 4; c++)
    packed->places[c] = c < finfo->n_components ? (gint) finfo->poffset[c] : -1;
  packed->data = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);
  packed->stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);
  return TRUE;
}

/* Whether a sample before it has the same place: where samples are not at regular
 * distances GStreamer has zeros for them, whether the format is flagged as complex
 * or not. */
static gboolean
shares_place (const GstVideoFormatInfo * finfo, guint component)
{
  guint i;

  for (i = 0; i < component; i++) {
    if (finfo->plane[i] == finfo->plane[component]
        && finfo->poffset[i] == finfo->poffset[component])
      return TRUE;
  }
  return FALSE;
}

guint
cup_colour_get_sample_size (const GstVideoFormatInfo * finfo)
{
  const GstVideoFormatFlags others = GST_VIDEO_FORMAT_FLAG_COMPLEX
      | GST_VIDEO_FORMAT_FLAG_PALETTE | GST_VIDEO_FORMAT_FLAG_TILED;
  const guint size = finfo->depth[0] + finfo->shift[0] > 8 ? 2 : 1;
  guint c;

  if ((finfo->flags & others) || finfo->depth[0] < 8
      || finfo->depth[0] + finfo->shift[0] > 16)
    return 0;
  for (c = 0; c < finfo->n_components; c++) {
    if (finfo->depth[c] != finfo->depth[0]
        || finfo->shift[c] != finfo->shift[0]
        || finfo->pixel_stride[c] < (gint) size
        || finfo->pixel_stride[c] % (gint) size != 0 || shares_place (finfo, c))
      return 0;
  }
  return size;
}

guint
cup_colour_get_sample_offset (const GstVideoFormatInfo * finfo, guint component)
{
  const guint size = cup_colour_get_sample_size (finfo);
  const guint offset = finfo->poffset[component];

  return size > 0 && offset % size ? offset * size : offset;
}

gboolean
cup_colour_is_swapped (const GstVideoFormatInfo * finfo)
{
  switch (finfo->format) {
    case GST_VIDEO_FORMAT_ARGB64:
    case GST_VIDEO_FORMAT_AYUV64:
      return FALSE;
    case GST_VIDEO_FORMAT_v216:
      /* Without the flag. */
      return G_BYTE_ORDER == G_BIG_ENDIAN;
    default:
      return GST_VIDEO_FORMAT_INFO_IS_LE (finfo) !=
          (G_BYTE_ORDER == G_LITTLE_ENDIAN);
  }
}
