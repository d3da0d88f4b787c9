/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "input.h"

#include "base/error.h"
#include "colour.h"
#include "frame.h"
#include "planar.h"
#include "uri-list.h"

/* A raw frame on its way to the worker that loads it. */
typedef struct
{
  CupInput *input;
  GstBuffer *buffer;
} CupRawFrame;

static gboolean
check_raw (const GstVideoInfo * info, GError ** error)
{
  if (GST_VIDEO_INFO_INTERLACE_MODE (info) !=
      GST_VIDEO_INTERLACE_MODE_PROGRESSIVE) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "interlaced video (interlace-mode=%s) cannot be upscaled frame by "
        "frame; put a deinterlace element in front",
        gst_video_interlace_mode_to_string (GST_VIDEO_INFO_INTERLACE_MODE
            (info)));
    return FALSE;
  }
  if (GST_VIDEO_INFO_VIEWS (info) > 1
      || (GST_VIDEO_INFO_MULTIVIEW_MODE (info) != GST_VIDEO_MULTIVIEW_MODE_NONE
          && GST_VIDEO_INFO_MULTIVIEW_MODE (info) !=
          GST_VIDEO_MULTIVIEW_MODE_MONO)) {
    const gchar *mode =
        gst_video_multiview_mode_to_caps_string (GST_VIDEO_INFO_MULTIVIEW_MODE
        (info));

    g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
        "multiview video (multiview-mode=%s, views=%d) is not supported; "
        "split the views in front, for example with glviewconvert",
        mode ? mode : "unset", GST_VIDEO_INFO_VIEWS (info));
    return FALSE;
  }
  return cup_pixels_check_size (GST_VIDEO_INFO_WIDTH (info),
      GST_VIDEO_INFO_HEIGHT (info), 0, "the video frame", error);
}

/* As gst_video_info_from_caps(), but for two fields that it does not take as
 * they are: it forgets the chroma site of caps without colorimetry, and takes a
 * framerate that varies for its highest. */
static gboolean
read_raw_info (GstVideoInfo * info, GstCaps * caps)
{
  const gchar *site = gst_structure_get_string (gst_caps_get_structure (caps,
          0), "chroma-site");

  if (!gst_video_info_from_caps (info, caps))
    return FALSE;
  if (site)
    info->chroma_site = gst_video_chroma_site_from_string (site);
  if (info->flags & GST_VIDEO_FLAG_VARIABLE_FPS) {
    info->fps_n = 0;
    info->fps_d = 1;
  }
  return TRUE;
}

static CupInputKind
get_kind (GstStructure * structure)
{
  if (gst_structure_has_name (structure, "video/x-raw"))
    return CUP_INPUT_RAW;
  if (gst_structure_has_name (structure, CUP_URI_LIST_MIME))
    return CUP_INPUT_URI_LIST;
  return CUP_INPUT_IMAGE;
}

CupInput *
cup_input_new (GstCaps * caps, GError ** error)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);
  CupInput *input = g_new0 (CupInput, 1);
  gboolean ok = TRUE;

  input->ref_count = 1;
  input->caps = gst_caps_ref (caps);
  input->kind = get_kind (structure);
  input->image_type = cup_image_type_from_mime (gst_structure_get_name
      (structure));
  gst_video_info_init (&input->info);
  if (cup_input_is_raw (input)) {
    ok = read_raw_info (&input->info, caps);
    if (!ok)
      g_set_error_literal (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
          "the caps do not describe raw video completely");
    else
      ok = check_raw (&input->info, error);
  } else {
    input->info.par_n = input->info.par_d = 1;
    input->info.fps_n = 0;
    input->info.fps_d = 1;
    gst_structure_get_fraction (structure, "framerate", &input->info.fps_n,
        &input->info.fps_d);
    gst_structure_get_fraction (structure, "pixel-aspect-ratio",
        &input->info.par_n, &input->info.par_d);
    if (input->kind == CUP_INPUT_IMAGE
        && !cup_image_type_is_supported (input->image_type)) {
      g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
          "%s is not in this build", gst_structure_get_name (structure));
      ok = FALSE;
    }
  }

  if (!ok)
    g_clear_pointer (&input, cup_input_unref);
  return input;
}

CupInput *
cup_input_ref (CupInput * input)
{
  g_atomic_int_inc (&input->ref_count);
  return input;
}

void
cup_input_unref (CupInput * input)
{
  if (!g_atomic_int_dec_and_test (&input->ref_count))
    return;
  gst_caps_unref (input->caps);
  g_free (input);
}

static gboolean
raw_frame_map (CupRawFrame * raw, GstVideoFrame * frame, GError ** error)
{
  const GstVideoInfo *info = &raw->input->info;

  if (gst_video_frame_map (frame, info, raw->buffer, GST_MAP_READ))
    return TRUE;
  g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
      "the frame's buffer has %" G_GSIZE_FORMAT " bytes and does not hold "
      "the %d×%d %s picture that its caps announce",
      gst_buffer_get_size (raw->buffer), GST_VIDEO_INFO_WIDTH (info),
      GST_VIDEO_INFO_HEIGHT (info),
      gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (info)));
  return FALSE;
}

/* On a worker, as the next one. */
static CupPixels *
raw_frame_load (gpointer data, GError ** error)
{
  GstVideoFrame frame;
  CupPixels *pixels;

  if (!raw_frame_map (data, &frame, error))
    return NULL;
  pixels = cup_colour_read_frame (&frame, error);
  gst_video_frame_unmap (&frame);
  return pixels;
}

static CupYuv *
raw_frame_load_yuv (gpointer data, GError ** error)
{
  GstVideoFrame frame;
  CupYuv *yuv;

  if (!raw_frame_map (data, &frame, error))
    return NULL;
  yuv = cup_planar_read (&frame, error);
  gst_video_frame_unmap (&frame);
  return yuv;
}

static void
raw_frame_free (gpointer data)
{
  CupRawFrame *raw = data;

  cup_input_unref (raw->input);
  gst_buffer_unref (raw->buffer);
  g_free (raw);
}

/* Of raw video nobody says where it was before. But decoders of video and of JPEG
 * mostly give chroma that is smaller than luma, and next to nothing else does:
 * what was never compressed comes as RGB, as gray, or whole. */
static gboolean
is_subsampled (const GstVideoFormatInfo * format)
{
  guint i;

  if (!GST_VIDEO_FORMAT_INFO_IS_YUV (format))
    return FALSE;
  for (i = 0; i < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format); i++) {
    if (GST_VIDEO_FORMAT_INFO_W_SUB (format, i) > 0
        || GST_VIDEO_FORMAT_INFO_H_SUB (format, i) > 0)
      return TRUE;
  }
  return FALSE;
}

static CupJob *
make_encoded_job (CupInput * input, GstBuffer * buffer, GError ** error)
{
  GBytes *bytes = cup_frame_map_bytes (buffer, error);
  CupJob *job = NULL;
  CupImageInfo info;

  if (!bytes)
    return NULL;
  if (!cup_image_read_info (bytes, &info, error)) {
    g_prefix_error (error, "the frame is announced as %s: ",
        cup_image_type_get_mime (input->image_type));
  } else if (info.type != input->image_type) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the frame is announced as %s but its bytes are %s; correct the caps",
        cup_image_type_get_mime (input->image_type),
        cup_image_type_get_mime (info.type));
  } else if (cup_image_check_complete (bytes, info.type, error)) {
    job = cup_job_new_encoded (bytes, &info);
  } else {
    g_prefix_error (error, "the frame is not a whole picture, which each "
        "buffer has to be; put a parser in front (jpegparse, pngparse): ");
  }
  g_bytes_unref (bytes);
  return job;
}

CupJob *
cup_input_make_job (CupInput * input, GstBuffer * buffer, const gchar * uri,
    GError ** error)
{
  CupRawFrame *raw;
  CupJob *job;

  if (input->kind == CUP_INPUT_URI_LIST)
    return cup_uri_list_check (uri, error) ? cup_job_new_uri (uri) : NULL;
  if (input->kind == CUP_INPUT_IMAGE)
    return make_encoded_job (input, buffer, error);

  raw = g_new (CupRawFrame, 1);
  raw->input = cup_input_ref (input);
  raw->buffer = gst_buffer_ref (buffer);
  job = cup_job_new_raw (GST_VIDEO_INFO_WIDTH (&input->info),
      GST_VIDEO_INFO_HEIGHT (&input->info), raw_frame_load, raw,
      raw_frame_free);
  if (cup_planar_is_supported (&input->info))
    cup_job_set_load_yuv (job, raw_frame_load_yuv);
  cup_job_set_lossy_source (job, is_subsampled (input->info.finfo));
  return job;
}
