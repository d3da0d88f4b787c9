/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the element's properties hold, and the properties themselves: those of
 * the schema from its table, those of the fal engine from the one in
 * fal-properties.c, the others from properties.c.
 */
#pragma once

#include <gst/gst.h>

#include "fal-properties.h"
#include "image/image.h"
#include "schema/values.h"

G_BEGIN_DECLS

typedef enum
{
  GST_CREATIVE_UPSCALER_ENGINE_AUTO,
  GST_CREATIVE_UPSCALER_ENGINE_FAL,
  GST_CREATIVE_UPSCALER_ENGINE_LOCAL,
} GstCreativeUpscalerEngine;

typedef enum
{
  GST_CREATIVE_UPSCALER_IMAGE_FORMAT_AUTO,
  GST_CREATIVE_UPSCALER_IMAGE_FORMAT_PNG,
  GST_CREATIVE_UPSCALER_IMAGE_FORMAT_JPEG,
  GST_CREATIVE_UPSCALER_IMAGE_FORMAT_WEBP,
} GstCreativeUpscalerImageFormat;

typedef enum
{
  GST_CREATIVE_UPSCALER_ON_UNSAFE_PASS,
  GST_CREATIVE_UPSCALER_ON_UNSAFE_DROP,
  GST_CREATIVE_UPSCALER_ON_UNSAFE_ERROR,
} GstCreativeUpscalerOnUnsafe;

typedef enum
{
  GST_CREATIVE_UPSCALER_ON_ERROR_ERROR,
  GST_CREATIVE_UPSCALER_ON_ERROR_DROP,
  GST_CREATIVE_UPSCALER_ON_ERROR_PASSTHROUGH,
} GstCreativeUpscalerOnError;

typedef enum
{
  GST_CREATIVE_UPSCALER_SIZE_POLICY_FOLLOW,
  GST_CREATIVE_UPSCALER_SIZE_POLICY_FIRST,
  GST_CREATIVE_UPSCALER_SIZE_POLICY_EXACT,
} GstCreativeUpscalerSizePolicy;

/**
 * CupSettings:
 * @values: the schema's fields, and what extra-input adds to them
 * @timeout: seconds of work on a frame, 0 for no limit
 * @queue_timeout: seconds of waiting at the service, 0 for no limit
 * @extra_input: (nullable): as it was set
 * @extra_ignored: (nullable): what of it cannot be sent, of which the user has
 *   not been told yet
 * @fal: what only the fal engine uses
 *
 * Guarded by the object lock.
 */
typedef struct
{
  CupValues *values;
  GstCreativeUpscalerEngine engine;
  guint max_in_flight;
  GstCreativeUpscalerImageFormat image_format;
  guint quality;
  gdouble timeout;
  gdouble queue_timeout;
  gboolean qos;
  GstCreativeUpscalerOnUnsafe on_unsafe;
  GstCreativeUpscalerOnError on_error;
  guint max_failures;
  GstCreativeUpscalerSizePolicy size_policy;
  GstStructure *extra_input;
  gchar *extra_ignored;
  CupFalProperties fal;
} CupSettings;

void cup_settings_init (CupSettings * settings);
void cup_settings_clear (CupSettings * settings);

/* CUP_IMAGE_UNKNOWN for auto. */
CupImageType cup_settings_get_image_type (const CupSettings * settings);

void cup_properties_install (GObjectClass * klass);
/* To be called with the object lock held. FALSE for an unknown property. */
gboolean cup_properties_set (CupSettings * settings, guint id,
    const GValue * value, GParamSpec * pspec);
gboolean cup_properties_get (const CupSettings * settings, guint id,
    GValue * value, GParamSpec * pspec);

G_END_DECLS
