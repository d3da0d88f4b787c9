/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "planar.h"

#include <string.h>

#include "colour-layout.h"
#include "colour.h"

static gboolean
is_planar (GstVideoFormat format)
{
  switch (format) {
    case GST_VIDEO_FORMAT_I420:
    case GST_VIDEO_FORMAT_YV12:
    case GST_VIDEO_FORMAT_NV12:
    case GST_VIDEO_FORMAT_NV21:
    case GST_VIDEO_FORMAT_Y42B:
    case GST_VIDEO_FORMAT_NV16:
    case GST_VIDEO_FORMAT_NV61:
    case GST_VIDEO_FORMAT_Y444:
    case GST_VIDEO_FORMAT_NV24:
      return TRUE;
    default:
      return FALSE;
  }
}

gboolean
cup_planar_is_supported (const GstVideoInfo * info)
{
  return is_planar (GST_VIDEO_INFO_FORMAT (info))
      && !(info->chroma_site & GST_VIDEO_CHROMA_SITE_ALT_LINE);
}

static gboolean
is_half_width (const GstVideoFormatInfo * finfo)
{
  return GST_VIDEO_FORMAT_INFO_W_SUB (finfo, GST_VIDEO_COMP_U) > 0;
}

static gboolean
is_half_height (const GstVideoFormatInfo * finfo)
{
  return GST_VIDEO_FORMAT_INFO_H_SUB (finfo, GST_VIDEO_COMP_U) > 0;
}

static gboolean
is_cosited (const GstVideoInfo * info, GstVideoChromaSite direction)
{
  return (info->chroma_site & direction) != 0;
}

static const guint8 *
get_row (const GstVideoFrame * frame, guint component, guint y)
{
  return (const guint8 *) GST_VIDEO_FRAME_COMP_DATA (frame, component)
  + (gssize) y *GST_VIDEO_FRAME_COMP_STRIDE (frame, component);
}

static void
read_plane (const GstVideoFrame * frame, guint component, CupPixels * plane)
{
  const gsize step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, component);
  guint x, y;

  for (y = 0; y < plane->height; y++) {
    const guint8 *from = get_row (frame, component, y);
    guint8 *row = cup_pixels_row (plane, y);

    if (step == 1) {
      memcpy (row, from, plane->width);
    } else {
      for (x = 0; x < plane->width; x++)
        row[x] = from[x * step];
    }
  }
}

CupYuv *
cup_planar_read (const GstVideoFrame * frame, GError ** error)
{
  const GstVideoInfo *info = &frame->info;
  CupYuv *yuv = cup_yuv_new (GST_VIDEO_INFO_WIDTH (info),
      GST_VIDEO_INFO_HEIGHT (info), is_half_width (info->finfo),
      is_half_height (info->finfo), error);
  guint i;

  if (!yuv)
    return NULL;
  yuv->cosited_x = is_cosited (info, GST_VIDEO_CHROMA_SITE_H_COSITED);
  yuv->cosited_y = is_cosited (info, GST_VIDEO_CHROMA_SITE_V_COSITED);
  for (i = 0; i < 3; i++)
    read_plane (frame, i, yuv->planes[i]);
  return yuv;
}

gboolean
cup_planar_fits (const CupYuv * yuv, const GstVideoInfo * in,
    const GstVideoInfo * out)
{
  return cup_planar_is_supported (out)
      && is_half_width (out->finfo) == yuv->half_width
      && is_half_height (out->finfo) == yuv->half_height
      && (!yuv->half_width || yuv->cosited_x
      == is_cosited (out, GST_VIDEO_CHROMA_SITE_H_COSITED))
      && (!yuv->half_height || yuv->cosited_y
      == is_cosited (out, GST_VIDEO_CHROMA_SITE_V_COSITED))
      && in->colorimetry.matrix == out->colorimetry.matrix
      && in->colorimetry.range == out->colorimetry.range;
}

void
cup_planar_write (GstVideoFrame * frame, const CupYuv * yuv)
{
  guint i, x, y;

  for (i = 0; i < 3; i++) {
    const gsize step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, i);
    const CupPixels *plane = yuv->planes[i];

    for (y = 0; y < plane->height; y++) {
      const guint8 *row = cup_pixels_row (plane, y);
      guint8 *to = (guint8 *) get_row (frame, i, y);

      if (step == 1) {
        memcpy (to, row, plane->width);
      } else {
        for (x = 0; x < plane->width; x++)
          to[x * step] = row[x];
      }
    }
  }
}

CupPixels *
cup_planar_to_pixels (const CupYuv * yuv, const GstVideoInfo * in,
    GError ** error)
{
  CupPlanes planes = {
    .width = cup_yuv_get_width (yuv),
    .height = cup_yuv_get_height (yuv),
    .n_components = 3,
    .depth = 8,
    .step = 1,
    .half_width = yuv->half_width,
    .half_height = yuv->half_height,
    .cosited_x = yuv->cosited_x,
    .cosited_y = yuv->cosited_y
  };
  CupPixels *pixels = cup_colour_new_pixels (planes.width, planes.height, 3, 8,
      error);
  CupColourCoding coding;
  guint i;

  if (!pixels)
    return NULL;
  for (i = 0; i < 3; i++) {
    planes.data[i] = yuv->planes[i]->data;
    planes.stride[i] = yuv->planes[i]->stride;
  }
  /* What is not labelled goes by the size, and that is the input's. */
  cup_colour_get_coding (in, &coding);
  cup_convert_from_planes (&planes, &coding, pixels);
  return pixels;
}
