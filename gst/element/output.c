/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output.h"

#include <string.h>

#include "allocator.h"
#include "base/error.h"
#include "base/room.h"
#include "colour.h"
#include "engine/local/resample.h"
#include "frame.h"
#include "planar.h"

#define UNDECODED "the result cannot be decoded: "

void
cup_sizing_get_size (const CupSizing * sizing, const GstVideoInfo * frame,
    gdouble scale, const CupImageInfo * info, guint * width, guint * height)
{
  *width = info->width;
  *height = info->height;
  switch (sizing->policy) {
    case GST_CREATIVE_UPSCALER_SIZE_POLICY_FOLLOW:
      break;
    case GST_CREATIVE_UPSCALER_SIZE_POLICY_FIRST:
      if (sizing->width > 0 && sizing->height > 0) {
        *width = sizing->width;
        *height = sizing->height;
      }
      break;
    case GST_CREATIVE_UPSCALER_SIZE_POLICY_EXACT:
      cup_choice_get_exact_size (frame, scale, width, height);
      break;
  }
}

static CupOutput *
output_new (const CupPicture * picture, const CupSizing * sizing,
    GstCaps * caps, const CupOutputEncoding * encoding)
{
  CupOutput *output = g_new0 (CupOutput, 1);

  output->ref_count = 1;
  output->input = cup_input_ref (picture->input);
  output->frame_width = picture->frame->width;
  output->frame_height = picture->frame->height;
  output->layout = picture->info;
  output->sizing = *sizing;
  output->sizing.width = picture->info.width;
  output->sizing.height = picture->info.height;
  cup_choice_get_aspect (picture, &output->par_n, &output->par_d);
  output->quality = encoding->quality;
  output->compression_level = encoding->compression_level;
  output->caps = gst_caps_ref (caps);
  output->image_type =
      cup_image_type_from_mime (gst_structure_get_name (gst_caps_get_structure
          (caps, 0)));
  /* A WebP of a WebP that need not have lost anything loses nothing. */
  if (encoding->type == CUP_IMAGE_UNKNOWN
      && picture->input->image_type == CUP_IMAGE_WEBP
      && output->image_type == CUP_IMAGE_WEBP)
    output->quality = CUP_IMAGE_QUALITY_LOSSLESS;
  gst_video_info_init (&output->info);
  output->allocator = cup_allocator_new ();
  gst_allocation_params_init (&output->params);
  return output;
}

CupOutput *
cup_output_choose (const CupPicture * picture, const CupSizing * sizing,
    GstCaps * peer, CupOutput * current, const CupOutputEncoding * encoding,
    GError ** error)
{
  const CupImageInfo *info = &picture->info;
  CupOutput *output;
  GstCaps *caps;

  if (!cup_pixels_check_size (info->width, info->height, 0,
          "the picture in the size that it is to leave with", error))
    return NULL;
  caps = cup_choose_caps (picture, peer, current ? current->caps : NULL,
      encoding->type, error);
  if (!caps)
    return NULL;

  output = output_new (picture, sizing, caps, encoding);
  gst_caps_unref (caps);
  if (output->image_type == CUP_IMAGE_UNKNOWN) {
    if (!gst_video_info_from_caps (&output->info, output->caps)) {
      g_set_error_literal (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
          "no raw video can be made with the caps that downstream asks for");
      g_clear_pointer (&output, cup_output_unref);
      return NULL;
    }
    output->wraps = cup_frame_is_native (info->channels, info->depth,
        GST_VIDEO_INFO_FORMAT (&output->info))
        && output->info.colorimetry.range != GST_VIDEO_COLOR_RANGE_16_235;
  } else {
    output->info.width = (gint) info->width;
    output->info.height = (gint) info->height;
  }
  return output;
}

CupOutput *
cup_output_ref (CupOutput * output)
{
  g_atomic_int_inc (&output->ref_count);
  return output;
}

void
cup_output_unref (CupOutput * output)
{
  if (!g_atomic_int_dec_and_test (&output->ref_count))
    return;
  if (output->pool)
    gst_buffer_pool_set_active (output->pool, FALSE);
  gst_clear_object (&output->pool);
  gst_object_unref (output->allocator);
  cup_input_unref (output->input);
  gst_caps_unref (output->caps);
  g_free (output);
}

/* Takes @pool; returns it configured and active, or NULL. */
static GstBufferPool *
activate_pool (CupOutput * output, GstBufferPool * pool, guint size,
    GstAllocator * allocator)
{
  GstStructure *config = gst_buffer_pool_get_config (pool);

  gst_buffer_pool_config_set_params (config, output->caps, size, 0, 0);
  gst_buffer_pool_config_set_allocator (config, allocator, &output->params);
  if (output->has_video_meta)
    gst_buffer_pool_config_add_option (config,
        GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (!gst_buffer_pool_set_config (pool, config)
      || !gst_buffer_pool_set_active (pool, TRUE))
    gst_clear_object (&pool);
  return pool;
}

/* Whether @pool takes its memory from any allocator. A pool of another type has
 * memory of its own kind. */
static gboolean
is_plain (GstBufferPool * pool)
{
  return G_OBJECT_TYPE (pool) == GST_TYPE_BUFFER_POOL
      || G_OBJECT_TYPE (pool) == GST_TYPE_VIDEO_BUFFER_POOL;
}

/* Takes @pool, which is downstream's, or NULL; @allocator: (nullable): downstream's. */
static gboolean
choose_pool (CupOutput * output, GstBufferPool * pool, guint size,
    GstAllocator * allocator)
{
  output->is_own = !allocator && pool && is_plain (pool);
  if (pool)
    pool = activate_pool (output, pool, size,
        output->is_own ? output->allocator : allocator);
  /* Frames of downstream's own memory are made by a pool as well. */
  if (!pool && allocator && !output->wraps) {
    pool = activate_pool (output, gst_video_buffer_pool_new (), size,
        allocator);
    if (!pool)
      return FALSE;
  }
  output->pool = pool;
  return TRUE;
}

gboolean
cup_output_configure_pool (CupOutput * output, GstQuery * allocation,
    GError ** error)
{
  GstBufferPool *pool = NULL;
  GstAllocator *allocator = NULL;
  guint size = 0, min, max = 0;
  gboolean done;

  if (output->image_type != CUP_IMAGE_UNKNOWN)
    return TRUE;

  if (gst_query_get_n_allocation_params (allocation) > 0)
    gst_query_parse_nth_allocation_param (allocation, 0, &allocator,
        &output->params);
  if (gst_query_get_n_allocation_pools (allocation) > 0)
    gst_query_parse_nth_allocation_pool (allocation, 0, &pool, &size, &min,
        &max);
  size = MAX (size, GST_VIDEO_INFO_SIZE (&output->info));
  output->has_video_meta = gst_query_find_allocation_meta (allocation,
      GST_VIDEO_META_API_TYPE, NULL);

  /* Downstream's pool where it may grow as needed. One with a maximum would
   * let a worker wait for downstream, and all frames behind it. */
  if (pool && max != 0)
    gst_clear_object (&pool);
  done = choose_pool (output, pool, size, allocator);
  gst_clear_object (&allocator);
  if (!done)
    g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "no buffer pool for results of %u×%u can be had",
        output->layout.width, output->layout.height);
  return done;
}

static gboolean
has_same_layout (const CupImageInfo * a, const CupImageInfo * b)
{
  return a->type == b->type && a->channels == b->channels
      && a->depth == b->depth
      && memcmp (&a->light, &b->light, sizeof a->light) == 0;
}

gboolean
cup_output_fits (const CupOutput * output, const CupPicture * picture)
{
  const CupImageInfo *a = &output->layout, *b = &picture->info;
  gint par_n, par_d;

  if (output->input != picture->input || a->width != b->width
      || a->height != b->height)
    return FALSE;
  cup_choice_get_aspect (picture, &par_n, &par_d);
  return par_n == output->par_n && par_d == output->par_d
      && (picture->is_original || has_same_layout (a, b));
}

gboolean
cup_output_is_equal (const CupOutput * a, const CupOutput * b)
{
  return a == b || gst_caps_is_equal (a->caps, b->caps);
}

/* The service has done its work, and perhaps been paid for it: the error says
 * for which request. */
static void
name_request (const CupResult * result, GError * error)
{
  CupErrorDetails *details = cup_error_edit_details (error);
  gchar *message;

  if (details && !details->url)
    details->url = g_strdup (result->url);
  if (!details || !result->request_id)
    return;
  details->request_id = g_strdup (result->request_id);
  message = g_strdup_printf ("%s (request %s)", error->message,
      result->request_id);
  g_free (error->message);
  error->message = message;
}

/* The result's pixels, decoded where they are not yet. @frame: what the samples
 * of video mean. */
static CupPixels *
decode_result (CupResult * result, const GstVideoInfo * frame, GError ** error)
{
  CupPixels *pixels;

  if (result->pixels)
    return cup_pixels_ref (result->pixels);
  if (result->yuv)
    return cup_planar_to_pixels (result->yuv, frame, error);

  pixels = cup_image_decode_noting (result->bytes,
      (guint64) result->info.width * result->info.height, &result->flaw, error);
  if (!pixels) {
    g_prefix_error (error, UNDECODED);
  } else if (pixels->width != result->info.width
      || pixels->height != result->info.height
      || pixels->channels != result->info.channels
      || pixels->depth != result->info.depth) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the result decodes to %u×%u and not to the %u×%u of its header",
        pixels->width, pixels->height, result->info.width, result->info.height);
    g_clear_pointer (&pixels, cup_pixels_unref);
  }
  return pixels;
}

static gboolean
is_censored (const CupResult * result, const CupPixels * pixels)
{
  return result->check_unsafe && cup_pixels_is_black (pixels);
}

static gboolean
is_resized (const CupOutput * output, const CupResult * result)
{
  return result->info.width != output->layout.width
      || result->info.height != output->layout.height;
}

gboolean
cup_output_is_untouched (const CupOutput * output, const CupResult * result)
{
  return result->bytes && result->info.type == output->image_type
      && !result->colour_reference && !is_resized (output, result);
}

/* What a safety checker has taken away has no colours to be brought back, and
 * stays black. Takes @pixels. */
static CupPixels *
match_colours (const CupResult * result, CupPixels * pixels, GError ** error)
{
  if (!result->colour_reference)
    return pixels;
  return cup_colour_match_apply (result->colour_match,
      result->colour_reference, pixels, error);
}

/* Of pixels with so many @channels. A frame that takes the place of a result, and
 * has more than the results, takes their form. */
static gboolean
may_lose_alpha (const CupOutput * output, guint channels)
{
  gboolean has_alpha = output->image_type == CUP_IMAGE_UNKNOWN ?
      cup_colour_has_alpha (output->info.finfo) :
      output->image_type != CUP_IMAGE_JPEG;

  return !has_alpha && output->layout.channels == 4 && channels == 4;
}

/* Nothing is lost of what is opaque. Where something would be, it is for the user
 * to say so. */
static gboolean
check_alpha (const CupOutput * output, const CupPixels * pixels,
    GError ** error)
{
  if (!may_lose_alpha (output, pixels->channels)
      || cup_pixels_is_opaque (pixels))
    return TRUE;
  /* For all frames alike: those that follow would be paid for in vain. */
  g_set_error (error, CUP_ERROR, CUP_ERROR_SETTINGS,
      "the result has transparent pixels, which %s cannot hold: have "
      "downstream take a format with alpha (RGBA, AYUV, A420, image/png, "
      "image/webp), put \"videoconvert\" between to drop the transparency, or "
      "a compositor in front to fill it",
      output->image_type == CUP_IMAGE_UNKNOWN ?
      GST_VIDEO_INFO_NAME (&output->info) :
      cup_image_type_get_mime (output->image_type));
  return FALSE;
}

/* In the size that they leave with. */
static CupPixels *
get_pixels (const CupOutput * output, const GstVideoInfo * frame,
    CupResult * result, GCancellable * cancellable, gboolean * is_unsafe,
    GError ** error)
{
  GError *reason = NULL;
  CupPixels *pixels = decode_result (result, frame, &reason);

  if (pixels)
    *is_unsafe = is_censored (result, pixels);
  if (pixels && !*is_unsafe)
    pixels = match_colours (result, pixels, &reason);
  if (pixels && !check_alpha (output, pixels, &reason))
    g_clear_pointer (&pixels, cup_pixels_unref);
  if (pixels && is_resized (output, result)) {
    CupPixels *resized = cup_resample (pixels, output->layout.width,
        output->layout.height, cancellable, &reason);

    cup_pixels_unref (pixels);
    pixels = resized;
  }
  if (reason) {
    name_request (result, reason);
    g_propagate_error (error, reason);
  }
  return pixels;
}

/* Leaves as the bytes that came; decoded only where it has to be looked at. */
static GstBuffer *
pass_image (const CupOutput * output, const GstVideoInfo * frame,
    CupResult * result, gboolean * is_unsafe, GError ** error)
{
  CupPixels *pixels;

  if (result->check_unsafe && cup_image_may_be_black (result->bytes,
          &result->info)) {
    pixels = get_pixels (output, frame, result, NULL, is_unsafe, error);
    if (!pixels)
      return NULL;
    cup_pixels_unref (pixels);
  }
  return gst_buffer_new_wrapped_bytes (result->bytes);
}

/* Gray with alpha of a file has become RGBA, and becomes gray again. */
static GBytes *
encode (const CupOutput * output, const CupPixels * pixels,
    const CupImageMetadata * metadata, guint * channels, GError ** error)
{
  *channels = pixels->channels;
  if (output->image_type != CUP_IMAGE_PNG)
    return cup_image_encode (pixels, output->image_type, output->quality,
        error);
  if (!metadata || !metadata->is_gray_alpha || pixels->channels != 4
      || !cup_pixels_is_gray (pixels))
    return cup_image_encode_png (pixels, output->compression_level, error);
  *channels = 2;
  return cup_image_encode_png_gray (pixels, output->compression_level, error);
}

static GstBuffer *
render_image (CupOutput * output, const GstVideoInfo * frame,
    CupResult * result, GCancellable * cancellable, gboolean * is_unsafe,
    GError ** error)
{
  CupPixels *pixels;
  GstBuffer *buffer;
  GBytes *bytes;
  guint channels;

  if (cup_output_is_untouched (output, result))
    return pass_image (output, frame, result, is_unsafe, error);

  pixels = get_pixels (output, frame, result, cancellable, is_unsafe, error);
  if (!pixels)
    return NULL;
  bytes = encode (output, pixels, result->metadata, &channels, error);
  result->left_channels = channels;
  if (bytes)
    bytes = cup_image_metadata_insert (result->metadata, bytes,
        output->image_type, channels, error);
  cup_pixels_unref (pixels);
  if (!bytes)
    return NULL;
  buffer = gst_buffer_new_wrapped_bytes (bytes);
  g_bytes_unref (bytes);
  return buffer;
}

static GstBuffer *
allocate_buffer (CupOutput * output)
{
  GstVideoInfo *info = &output->info;
  GstBuffer *buffer = gst_buffer_new_allocate (output->allocator,
      GST_VIDEO_INFO_SIZE (info), &output->params);

  if (buffer && output->has_video_meta)
    gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
        GST_VIDEO_INFO_FORMAT (info), (guint) info->width,
        (guint) info->height, GST_VIDEO_INFO_N_PLANES (info), info->offset,
        info->stride);
  return buffer;
}

/* From downstream's pool, or of memory of our own. Returns NULL where there is no
 * memory. A pool's own allocator may end the process at that, and is asked only
 * where a block of that size can be had. */
static GstBuffer *
acquire_buffer (CupOutput * output)
{
  GstBuffer *buffer = NULL;

  if (!output->pool)
    return allocate_buffer (output);
  if (!output->is_own
      && !cup_room_has_block (GST_VIDEO_INFO_SIZE (&output->info)))
    return NULL;
  if (gst_buffer_pool_acquire_buffer (output->pool, &buffer, NULL)
      != GST_FLOW_OK)
    return NULL;
  return buffer;
}

/* The samples of the result are those of the format, byte for byte. */
static gboolean
is_native (const CupOutput * output, guint channels, guint depth)
{
  return output->wraps && channels == output->layout.channels
      && depth == output->layout.depth;
}

/* Whether nobody has to see the pixels before they are where they are to be. */
static gboolean
can_decode_in_place (const CupOutput * output, const CupResult * result)
{
  return result->bytes && !result->colour_reference
      && !is_resized (output, result)
      && !may_lose_alpha (output, result->info.channels)
      && !(result->check_unsafe
      && cup_image_may_be_black (result->bytes, &result->info));
}

/* The memory of @frame as a picture of @info. */
static void
get_native_pixels (const GstVideoFrame * frame, const CupImageInfo * info,
    CupPixels * pixels)
{
  pixels->width = info->width;
  pixels->height = info->height;
  pixels->channels = info->channels;
  pixels->depth = info->depth;
  pixels->data = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);
  pixels->stride = (gsize) GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);
}

static gboolean
decode_in_place (const CupOutput * output, CupResult * result,
    GstVideoFrame * frame, GError ** error)
{
  const CupImageInfo *info = &result->info;
  CupPixels pixels = { 0 };
  CupConvertRows *rows;
  gboolean done;

  if (is_native (output, info->channels, info->depth)
      && GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0) > 0) {
    get_native_pixels (frame, info, &pixels);
    return cup_image_decode_into (result->bytes, info, &pixels, &result->flaw,
        error);
  }
  rows = cup_colour_new_rows (frame, info->channels, info->depth);
  if (rows) {
    done = cup_image_decode_rows (result->bytes, info, rows, &result->flaw,
        error);
    cup_convert_rows_free (rows);
  } else {
    CupPixels *decoded = cup_image_decode_noting (result->bytes, 0,
        &result->flaw, error);

    done = decoded && cup_colour_write_frame (frame, decoded, error);
    g_clear_pointer (&decoded, cup_pixels_unref);
  }
  return done;
}

/**
 * Source: what a frame is made of, one of these
 * @file: is decoded on the way
 */
typedef struct
{
  const CupPixels *pixels;
  const CupYuv *yuv;
  CupResult *file;
} Source;

static gboolean
fill_frame (const CupOutput * output, const Source * source,
    GstVideoFrame * frame, GError ** error)
{
  GError *reason = NULL;

  cup_frame_clear_padding (frame);
  if (source->pixels)
    return cup_colour_write_frame (frame, source->pixels, error);
  if (source->yuv) {
    cup_planar_write (frame, source->yuv);
    return TRUE;
  }
  if (decode_in_place (output, source->file, frame, &reason))
    return TRUE;
  g_prefix_error (&reason, UNDECODED);
  name_request (source->file, reason);
  g_propagate_error (error, reason);
  return FALSE;
}

static GstBuffer *
write_frame (CupOutput * output, const Source * source, GError ** error)
{
  GstBuffer *buffer = acquire_buffer (output);
  GstVideoFrame frame;
  gboolean done;

  if (!buffer
      || !gst_video_frame_map (&frame, &output->info, buffer, GST_MAP_WRITE)) {
    gst_clear_buffer (&buffer);
    g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "no buffer for a result of %u×%u can be had: it takes %.0f MB",
        output->layout.width, output->layout.height,
        GST_VIDEO_INFO_SIZE (&output->info) / (1024 * 1024.0));
    return NULL;
  }
  done = fill_frame (output, source, &frame, error);
  gst_video_frame_unmap (&frame);
  if (!done)
    gst_clear_buffer (&buffer);
  return buffer;
}

static GstBuffer *
render_raw (CupOutput * output, const GstVideoInfo * frame,
    CupResult * result, GCancellable * cancellable, gboolean * is_unsafe,
    GError ** error)
{
  Source source = { NULL };
  CupPixels *pixels;
  GstBuffer *buffer;

  if (result->yuv && !is_resized (output, result)
      && cup_planar_fits (result->yuv, frame, &output->info)) {
    source.yuv = result->yuv;
    return write_frame (output, &source, error);
  }
  /* Where there is no pool, the memory of the pixels leaves if it can. */
  if ((output->pool || !output->wraps)
      && can_decode_in_place (output, result)) {
    source.file = result;
    return write_frame (output, &source, error);
  }

  pixels = get_pixels (output, frame, result, cancellable, is_unsafe, error);
  if (!pixels)
    return NULL;
  source.pixels = pixels;
  if (is_native (output, pixels->channels, pixels->depth))
    buffer = cup_frame_wrap_pixels (pixels);
  else
    buffer = write_frame (output, &source, error);
  cup_pixels_unref (pixels);
  return buffer;
}

GstBuffer *
cup_output_render (CupOutput * output, const GstVideoInfo * frame,
    CupResult * result, GstBuffer * metadata, GCancellable * cancellable,
    gboolean * is_unsafe, GError ** error)
{
  GstBuffer *buffer;

  *is_unsafe = FALSE;
  if (output->image_type != CUP_IMAGE_UNKNOWN)
    buffer = render_image (output, frame, result, cancellable, is_unsafe,
        error);
  else
    buffer = render_raw (output, frame, result, cancellable, is_unsafe, error);
  if (!buffer)
    return NULL;

  cup_frame_apply_metadata (buffer, metadata, frame, &output->info);
  return buffer;
}

gboolean
cup_output_get_original_size (const CupOutput * output,
    const CupSizing * sizing, const GstVideoInfo * frame, gdouble scale,
    guint * width, guint * height)
{
  CupImageInfo info = { CUP_IMAGE_UNKNOWN };

  if (!cup_choice_get_exact_size (frame, scale, &info.width, &info.height))
    return FALSE;
  if (output && output->frame_width == frame->width
      && output->frame_height == frame->height) {
    info.width = output->layout.width;
    info.height = output->layout.height;
  }
  cup_sizing_get_size (sizing, frame, scale, &info, width, height);
  return cup_pixels_check_size (*width, *height, 0, "the frame", NULL);
}

GstBuffer *
cup_output_repeat (CupOutput * output, GstBuffer * buffer,
    const GstVideoInfo * frame, GstBuffer * metadata)
{
  GstBuffer *repeated = gst_buffer_new ();
  GstVideoMeta *video = gst_buffer_get_video_meta (buffer);

  gst_buffer_copy_into (repeated, buffer, GST_BUFFER_COPY_MEMORY, 0, -1);
  if (video)
    gst_buffer_add_video_meta_full (repeated, video->flags, video->format,
        video->width, video->height, video->n_planes, video->offset,
        video->stride);
  cup_frame_apply_metadata (repeated, metadata, frame, &output->info);
  return repeated;
}
