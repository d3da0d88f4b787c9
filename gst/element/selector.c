/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "selector.h"

#include "colour-layout.h"

void
cup_selector_reset (CupSelector * selector)
{
  cup_select_reset (&selector->select);
  selector->has_scene = FALSE;
}

/* Whether luma can be looked at without a conversion, which takes ten times as
 * long. */
static gboolean
has_samples_of_luma (const GstVideoInfo * info)
{
  return (GST_VIDEO_INFO_IS_YUV (info) || GST_VIDEO_INFO_IS_GRAY (info))
      && cup_colour_get_sample_size (info->finfo) > 0;
}

/* Samples that are not a plane of 8 bits as one. */
static CupPixels *
collect_luma (const GstVideoFrame * frame)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  gsize stride = (gsize) GST_VIDEO_FRAME_COMP_STRIDE (frame, 0);
  gsize step = (gsize) GST_VIDEO_FRAME_COMP_PSTRIDE (frame, 0);
  guint depth = GST_VIDEO_FORMAT_INFO_DEPTH (format, 0);
  guint shift = GST_VIDEO_FORMAT_INFO_SHIFT (format, 0) + depth - 8;
  gboolean is_little = cup_colour_is_swapped (format) !=
      (G_BYTE_ORDER == G_LITTLE_ENDIAN);
  CupPixels *pixels = cup_pixels_new ((guint) GST_VIDEO_FRAME_WIDTH (frame),
      (guint) GST_VIDEO_FRAME_HEIGHT (frame), 1, 8, NULL);
  guint x, y;

  for (y = 0; pixels && y < pixels->height; y++) {
    const guint8 *from =
        (const guint8 *) GST_VIDEO_FRAME_COMP_DATA (frame, 0) + y * stride;
    guint8 *to = cup_pixels_row (pixels, y);

    for (x = 0; x < pixels->width; x++, from += step) {
      if (depth == 8)
        to[x] = *from;
      else
        to[x] = (guint8) ((is_little ? GST_READ_UINT16_LE (from) :
                GST_READ_UINT16_BE (from)) >> shift);
    }
  }
  return pixels;
}

static gboolean
look_at_luma (const GstVideoInfo * info, GstBuffer * buffer,
    CupSceneThumbnail * scene)
{
  CupPixels plane = { 0 }, *pixels = NULL;
  GstVideoFrame frame;
  gboolean ok = TRUE;

  if (!gst_video_frame_map (&frame, (GstVideoInfo *) info, buffer,
          GST_MAP_READ))
    return FALSE;
  if (GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, 0) == 1) {
    plane.width = (guint) GST_VIDEO_FRAME_WIDTH (&frame);
    plane.height = (guint) GST_VIDEO_FRAME_HEIGHT (&frame);
    plane.channels = 1;
    plane.depth = 8;
    plane.stride = (gsize) GST_VIDEO_FRAME_COMP_STRIDE (&frame, 0);
    plane.data = GST_VIDEO_FRAME_COMP_DATA (&frame, 0);
    cup_scene_thumbnail_init (scene, &plane);
  } else if ((pixels = collect_luma (&frame))) {
    cup_scene_thumbnail_init (scene, pixels);
    cup_pixels_unref (pixels);
  } else {
    ok = FALSE;
  }
  gst_video_frame_unmap (&frame);
  return ok;
}

static gboolean
look_at_pixels (CupInput * input, GstBuffer * buffer, CupSceneThumbnail * scene)
{
  CupJob *job = cup_input_make_job (input, buffer, NULL, NULL);
  gboolean ok;

  if (!job)
    return FALSE;
  ok = cup_job_need_pixels (job, NULL);
  if (ok)
    cup_scene_thumbnail_init (scene, cup_job_get_pixels (job));
  cup_job_unref (job);
  return ok;
}

/* FALSE where it cannot be told: then that is for the engine to say. */
static gboolean
look_at (CupInput * input, GstBuffer * buffer, CupSceneThumbnail * scene)
{
  if (input->kind == CUP_INPUT_URI_LIST)
    return FALSE;
  if (cup_input_is_raw (input) && has_samples_of_luma (&input->info))
    return look_at_luma (&input->info, buffer, scene);
  return look_at_pixels (input, buffer, scene);
}

gboolean
cup_selector_select (CupSelector * selector,
    const CupSelectSettings * settings, CupInput * input, GstBuffer * buffer,
    GstBuffer * metadata, const CupTimes * times)
{
  CupSelectFrame frame = {
    .time = times->running_time,
    .duration = times->duration,
    .keyframe = !GST_BUFFER_FLAG_IS_SET (metadata, GST_BUFFER_FLAG_DELTA_UNIT),
    .distance = -1,
  };
  CupSceneThumbnail scene;
  gboolean seen = FALSE, selected;

  if (settings->mode == CUP_SELECT_SCENE_CHANGE) {
    seen = look_at (input, buffer, &scene);
    if (seen && selector->has_scene
        && cup_select_needs_distance (&selector->select, settings))
      frame.distance = cup_scene_get_distance (&selector->scene, &scene);
  }
  selected = cup_select_frame (&selector->select, settings, &frame);
  if (selected) {
    selector->has_scene = seen;
    if (seen)
      selector->scene = scene;
  }
  return selected;
}
