/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prepare.h"

#include "base/log.h"

/* A frame that is black itself may well come back black: then that says nothing
 * of a safety checker. */
static void
note_black_input (CupJob * job, const CupPixels * pixels)
{
  if (cup_job_get_check_unsafe (job) && cup_pixels_is_black (pixels))
    cup_job_set_check_unsafe (job, FALSE);
}

static void
note_colours (CupJob * job, const CupPixels * pixels)
{
  if (cup_job_get_colour_match (job) != CUP_COLOUR_MATCH_NONE)
    cup_job_set_colour_reference (job, cup_colour_reference_new (pixels));
}

/* The pixels of a picture that the engine gets as it came, where they have to be
 * looked at; NULL where they need not be, or cannot be decoded: that is for the
 * engine to judge. */
static CupPixels *
decode_to_look (CupJob * job)
{
  GBytes *bytes = cup_job_get_bytes (job);
  gboolean match = cup_job_get_colour_match (job) != CUP_COLOUR_MATCH_NONE;
  GError *error = NULL;
  CupPixels *pixels;

  if (!match && !(cup_job_get_check_unsafe (job)
          && cup_image_may_be_black (bytes, cup_job_get_bytes_info (job))))
    return NULL;
  pixels = cup_image_decode (bytes, 0, &error);
  if (!pixels && match)
    cup_warning ("color-match: the result keeps its colours, since the frame "
        "cannot be decoded here: %s", error->message);
  g_clear_error (&error);
  return pixels;
}

/* What has to be known of the input when the result is there, and the input is
 * not any more. Of a picture that the service fetches nothing is known. */
static void
look_at_input (CupJob * job)
{
  CupPixels *pixels = cup_job_get_pixels (job);

  cup_job_read_metadata (job);
  pixels = pixels ? cup_pixels_ref (pixels) : decode_to_look (job);
  if (!pixels)
    return;
  note_black_input (job, pixels);
  note_colours (job, pixels);
  cup_job_set_transparent (job, !cup_pixels_is_opaque (pixels));
  cup_pixels_unref (pixels);
}

/* Video that stays as it is: nothing has to be known of its colours for what is
 * done with the result. */
static gboolean
stays_yuv (CupEngineAccepts accepts, CupJob * job)
{
  return (accepts & CUP_ENGINE_ACCEPTS_YUV) && cup_job_can_be_yuv (job)
      && !cup_job_get_check_unsafe (job)
      && cup_job_get_colour_match (job) == CUP_COLOUR_MATCH_NONE;
}

gboolean
cup_prepare_load (CupEngine * engine, CupJob * job, GError ** error)
{
  CupEngineAccepts accepts = cup_engine_get_accepts (engine);
  guint width, height;

  if (cup_job_get_remote_uri (job) && (accepts & CUP_ENGINE_ACCEPTS_URI))
    return TRUE;
  if (stays_yuv (accepts, job))
    return cup_job_need_yuv (job, error);
  /* The size of a file is not known before it is read, and it is sent as it
   * is. */
  cup_job_get_size (job, &width, &height);
  if (!(accepts & CUP_ENGINE_ACCEPTS_PIXELS) && width == 0) {
    if (!cup_job_need_bytes (job, error))
      return FALSE;
  } else if (!cup_job_get_bytes (job)
      || !(accepts & CUP_ENGINE_ACCEPTS_ENCODED)) {
    if (!cup_job_need_pixels (job, error))
      return FALSE;
  }
  look_at_input (job);
  return TRUE;
}

/* What is lost on the way to a service is part of what the result depends on. */
static void
add_encoding (CupStoreKeyBuilder * builder, CupJob * job)
{
  CupImageType type = cup_job_get_upload_type (job);
  guint quality = cup_job_get_quality (job);

  /* One that is chosen later loses nothing. WebP has 8 bits, at any quality. */
  if (type == CUP_IMAGE_PNG || type == CUP_IMAGE_UNKNOWN
      || (type == CUP_IMAGE_WEBP && quality == CUP_IMAGE_QUALITY_LOSSLESS
          && cup_job_get_pixels (job)->depth == 8))
    return;
  cup_store_key_builder_add_text (builder, "upload",
      cup_image_type_get_mime (type));
  cup_store_key_builder_add_number (builder, "upload-quality", quality);
}

static void
add_picture (CupStoreKeyBuilder * builder, CupJob * job, gboolean durable)
{
  CupPixels *pixels = cup_job_get_pixels (job);
  GBytes *bytes = cup_job_get_bytes (job);
  CupFingerprint fingerprint;

  if (!durable) {
    if (cup_job_get_yuv (job))
      cup_fingerprint_yuv (cup_job_get_yuv (job), &fingerprint);
    else if (pixels)
      cup_fingerprint_pixels (pixels, &fingerprint);
    else
      cup_fingerprint_bytes (bytes, &fingerprint);
    cup_store_key_builder_add_fingerprint (builder, &fingerprint);
  } else if (pixels) {
    cup_store_key_builder_add_pixels (builder, pixels);
  } else {
    cup_store_key_builder_add_encoded (builder, bytes);
  }
}

static void
add_fingerprint (CupStoreKeyBuilder * builder, const gchar * name,
    GBytes * bytes)
{
  CupFingerprint fingerprint;
  gchar *text;

  cup_fingerprint_bytes (bytes, &fingerprint);
  text = g_base64_encode (fingerprint.bytes, CUP_FINGERPRINT_SIZE);
  cup_store_key_builder_add_text (builder, name, text);
  g_free (text);
}

/* Light and density, which most files do not have. */
static void
add_rare_metadata (CupStoreKeyBuilder * builder,
    const CupImageMetadata * metadata)
{
  const CupImageDensity *density = &metadata->density;
  GBytes *light;

  if (metadata->light.kinds) {
    light = g_bytes_new (&metadata->light, sizeof metadata->light);
    add_fingerprint (builder, "light", light);
    g_bytes_unref (light);
  }
  if (density->x > 0) {
    cup_store_key_builder_add_number (builder, "density-x", density->x);
    cup_store_key_builder_add_number (builder, "density-y", density->y);
    cup_store_key_builder_add_number (builder, "density-unit",
        density->is_metric);
  }
  if (metadata->is_gray_alpha)
    cup_store_key_builder_add_number (builder, "gray-alpha", 1);
}

/* Results are shared: of pixels with those of files that have the same pixels,
 * and say something else of them. */
static void
add_metadata (CupStoreKeyBuilder * builder, CupJob * job)
{
  CupImageMetadata *metadata = cup_job_get_metadata (job);

  if (!metadata)
    return;
  cup_store_key_builder_add_number (builder, "orientation",
      metadata->orientation);
  if (metadata->profile)
    add_fingerprint (builder, "profile", metadata->profile);
  add_rare_metadata (builder, metadata);
}

gboolean
cup_prepare_identify (CupEngine * engine, CupJob * job, gboolean durable,
    CupStoreKey * key)
{
  CupPixels *pixels = cup_job_get_pixels (job);
  CupStoreKeyBuilder *builder;

  if (!pixels && !cup_job_get_bytes (job) && !cup_job_get_yuv (job))
    return FALSE;
  /* No engine that has it leaves results that are kept. */
  if (durable && cup_job_get_yuv (job))
    return FALSE;
  builder = cup_store_key_builder_new ();
  add_picture (builder, job, durable);
  if (pixels && !(cup_engine_get_accepts (engine) & CUP_ENGINE_ACCEPTS_PIXELS))
    add_encoding (builder, job);
  else if ((cup_engine_get_accepts (engine) & CUP_ENGINE_ACCEPTS_PIXELS)
      && cup_job_get_lossy_source (job))
    /* Of which the pixels say nothing. */
    cup_store_key_builder_add_text (builder, "source",
        cup_job_is_raw (job) ? "lossy frame" : "lossy");
  if (cup_engine_get_accepts (engine) & CUP_ENGINE_ACCEPTS_PIXELS)
    add_metadata (builder, job);
  cup_store_key_builder_add_text (builder, "engine",
      cup_engine_get_name (engine));
  cup_store_key_builder_add_text (builder, "service",
      cup_engine_get_service (engine));
  if (cup_job_get_values (job))
    cup_store_key_builder_add_values (builder, cup_job_get_values (job),
        cup_engine_get_honoured_fields (engine));
  cup_store_key_builder_get_key (builder, key);
  cup_store_key_builder_free (builder);
  return TRUE;
}

/* Which lossless format is the job's; what encoding takes is noted for the next
 * ones. Nothing of that is part of the key. */
static gboolean
encode_soonest (CupEngine * engine, CupJob * job, CupUploadFormat * format,
    GError ** error)
{
  const CupPixels *pixels = cup_job_get_pixels (job);
  const guint64 n_pixels = (guint64) pixels->width * pixels->height;
  const gdouble speed = cup_engine_get_upload_speed (engine);
  const CupImageType type = cup_upload_format_choose (format, pixels, speed);
  const gint64 start = g_get_monotonic_time ();

  cup_debug ("%s for an uplink of %.0f bytes a second",
      cup_image_type_get_mime (type), speed);
  cup_job_set_encoding (job, type, CUP_IMAGE_QUALITY_LOSSLESS);
  if (!cup_job_need_bytes (job, error))
    return FALSE;
  cup_upload_format_note (format, type, n_pixels,
      g_bytes_get_size (cup_job_get_bytes (job)),
      (g_get_monotonic_time () - start) / (gdouble) G_TIME_SPAN_SECOND);
  return TRUE;
}

gboolean
cup_prepare_encode (CupEngine * engine, CupJob * job,
    CupUploadFormat * format, GError ** error)
{
  CupEngineAccepts accepts = cup_engine_get_accepts (engine);

  if (!cup_job_get_pixels (job) || (accepts & CUP_ENGINE_ACCEPTS_PIXELS))
    return TRUE;
  if (cup_job_get_upload_type (job) == CUP_IMAGE_UNKNOWN)
    return encode_soonest (engine, job, format, error);
  return cup_job_need_bytes (job, error);
}
