/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the element's properties hold, and the properties themselves: those of
 * the schema from its table, the others from here.
 */
#pragma once

#include <gst/gst.h>

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

/**
 * CupSettings:
 * @values: the schema's fields
 * @timeout: seconds, 0 for none
 * @connect_timeout: seconds
 * @inactivity_timeout: seconds
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
  gboolean qos;
  gchar *api_key;
  gchar *api_key_file;
  gchar *application;
  gchar *location;
  gchar *storage_location;
  gdouble connect_timeout;
  gdouble inactivity_timeout;
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
