/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "selector.h"

void
cup_selector_reset (CupSelector * selector)
{
  cup_select_reset (&selector->select);
  selector->has_scene = FALSE;
}

static gboolean
has_plane_of_luma (const GstVideoInfo * info)
{
  const GstVideoFormatInfo *format = info->finfo;

  return (GST_VIDEO_INFO_IS_YUV (info) || GST_VIDEO_INFO_IS_GRAY (info))
      && !(GST_VIDEO_FORMAT_INFO_FLAGS (format)
      & (GST_VIDEO_FORMAT_FLAG_COMPLEX | GST_VIDEO_FORMAT_FLAG_TILED))
      && GST_VIDEO_FORMAT_INFO_DEPTH (format, 0) == 8
      && GST_VIDEO_FORMAT_INFO_PSTRIDE (format, 0) == 1;
}

static gboolean
look_at_luma (const GstVideoInfo * info, GstBuffer * buffer,
    CupSceneThumbnail * scene)
{
  CupPixels pixels = { 0 };
  GstVideoFrame frame;

  if (!gst_video_frame_map (&frame, (GstVideoInfo *) info, buffer,
          GST_MAP_READ))
    return FALSE;
  pixels.width = (guint) GST_VIDEO_FRAME_WIDTH (&frame);
  pixels.height = (guint) GST_VIDEO_FRAME_HEIGHT (&frame);
  pixels.channels = 1;
  pixels.depth = 8;
  pixels.stride = (gsize) GST_VIDEO_FRAME_COMP_STRIDE (&frame, 0);
  pixels.data = GST_VIDEO_FRAME_COMP_DATA (&frame, 0);
  cup_scene_thumbnail_init (scene, &pixels);
  gst_video_frame_unmap (&frame);
  return TRUE;
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
  if (cup_input_is_raw (input) && has_plane_of_luma (&input->info))
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
