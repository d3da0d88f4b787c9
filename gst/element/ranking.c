/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ranking.h"

#include "colour.h"
#include "frame.h"

/* What weighs more than all that is below it. A bit of depth outweighs the kind:
 * a gradient that bands is worse than a conversion. */
#define LOSS_UNUSABLE  1000000
#define LOSS_COLOUR     200000
#define LOSS_ALPHA      100000
#define LOSS_BIT          5000
#define LOSS_KIND         1000
#define LOSS_CHROMA        100  /* for each direction */
#define WASTE_ALPHA         40
#define WASTE_CHROMA         8  /* for each direction */
#define WASTE_DEPTH          3
#define WASTE_COMPLEX        2
#define WASTE_ORDER          1

gint
cup_ranking_get_depth (const GstVideoFormatInfo * finfo)
{
  guint depth = finfo->depth[0];
  guint c;

  for (c = 1; c < MIN (finfo->n_components, 3); c++)
    depth = MIN (depth, finfo->depth[c]);
  return (gint) depth;
}

static gint
get_alpha_depth (const GstVideoFormatInfo * finfo)
{
  if (!cup_colour_has_alpha (finfo) || finfo->n_components < 4)
    return 0;
  return (gint) finfo->depth[3];
}

/* What of the result's channels the format has no place for. */
static gint
get_channel_loss (const CupImageInfo * result, const GstVideoFormatInfo * finfo)
{
  gint loss = 0;

  if (GST_VIDEO_FORMAT_INFO_HAS_PALETTE (finfo)
      || !cup_colour_can_write (finfo))
    loss += LOSS_UNUSABLE;
  if (GST_VIDEO_FORMAT_INFO_IS_GRAY (finfo) && result->channels != 1)
    loss += LOSS_COLOUR;
  if (result->channels == 4 && !cup_colour_has_alpha (finfo))
    loss += LOSS_ALPHA;
  else if (result->channels == 4
      && get_alpha_depth (finfo) < MIN ((gint) result->depth, 8))
    loss += LOSS_ALPHA / 2;
  return loss;
}

static gint
get_alpha_waste (const CupImageInfo * result, const GstVideoFormatInfo * finfo)
{
  return cup_colour_has_alpha (finfo) && result->channels != 4 ?
      WASTE_ALPHA : 0;
}

/* What is more than the result needs, of a format that holds @depth bits. */
static gint
get_waste (const CupImageInfo * result, const GstVideoFormatInfo * finfo,
    gint depth)
{
  gint waste = get_alpha_waste (result, finfo);

  if (cup_ranking_get_depth (finfo) > depth)
    waste += WASTE_DEPTH;
  if (GST_VIDEO_FORMAT_INFO_IS_COMPLEX (finfo))
    waste += WASTE_COMPLEX;
  return waste;
}

/* Video that came raw */

/* How often chroma is halved in a direction. Gray video is put into the format
 * that nearly all video has, where a result has colours. */
static void
get_subsampling (const GstVideoFormatInfo * finfo, gint * x, gint * y)
{
  if (GST_VIDEO_FORMAT_INFO_IS_GRAY (finfo)) {
    *x = *y = 1;
  } else if (GST_VIDEO_FORMAT_INFO_IS_YUV (finfo)) {
    *x = (gint) GST_VIDEO_FORMAT_INFO_W_SUB (finfo, GST_VIDEO_COMP_U);
    *y = (gint) GST_VIDEO_FORMAT_INFO_H_SUB (finfo, GST_VIDEO_COMP_U);
  } else {
    *x = *y = 0;
  }
}

static gint
compare_chroma (gint video, gint other)
{
  return other > video ? (other - video) * LOSS_CHROMA :
      (video - other) * WASTE_CHROMA;
}

static gint
get_video_loss (const GstVideoFormatInfo * video, const CupImageInfo * result,
    const GstVideoFormatInfo * finfo)
{
  gint depth = cup_ranking_get_depth (video);
  gint bits = cup_ranking_get_depth (finfo);
  gint loss = get_waste (result, finfo, depth);
  gint x, y, video_x, video_y;

  if (finfo->format == video->format)
    return get_alpha_waste (result, finfo);
  if (bits < depth)
    loss += (depth - bits) * LOSS_BIT;
  if (GST_VIDEO_FORMAT_INFO_IS_RGB (finfo)
      != GST_VIDEO_FORMAT_INFO_IS_RGB (video))
    loss += LOSS_KIND;
  get_subsampling (video, &video_x, &video_y);
  get_subsampling (finfo, &x, &y);
  loss += compare_chroma (video_x, x) + compare_chroma (video_y, y);
  if (finfo->format == cup_frame_native_format (result->channels,
          result->depth))
    return loss + WASTE_ORDER;
  return loss + 2 * WASTE_ORDER;
}

/* Pictures that came as files */

static gint
get_file_loss (const CupImageInfo * result, const GstVideoFormatInfo * finfo)
{
  gint depth = (gint) result->depth;
  gint bits = cup_ranking_get_depth (finfo);
  gboolean gray = GST_VIDEO_FORMAT_INFO_IS_GRAY (finfo);
  gint x, y, loss = get_waste (result, finfo, depth);

  if (bits < depth)
    loss += (depth - bits) * LOSS_BIT;
  if (GST_VIDEO_FORMAT_INFO_IS_YUV (finfo)) {
    loss += LOSS_KIND;
    get_subsampling (finfo, &x, &y);
    if (result->channels != 1 && GST_VIDEO_FORMAT_INFO_N_COMPONENTS (finfo) > 1)
      loss += (x + y) * LOSS_CHROMA;
  }
  if (!gray && result->channels == 1)
    loss += WASTE_COMPLEX;
  if (finfo->format != cup_frame_native_format (result->channels,
          result->depth))
    loss += WASTE_ORDER;
  return loss;
}

gint
cup_ranking_get_loss (const CupInput * input, const CupImageInfo * result,
    const GstVideoFormatInfo * finfo)
{
  return get_channel_loss (result, finfo) + (cup_input_is_raw (input) ?
      get_video_loss (input->info.finfo, result, finfo) :
      get_file_loss (result, finfo));
}
