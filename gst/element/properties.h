/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the element's properties hold, and the properties themselves: those of
 * the schema from its table, those of the fal engine from the one in
 * fal-properties.c, the others from properties.c.
 */
#pragma once

#include <gst/gst.h>

#include "enums.h"
#include "fal-properties.h"
#include "image/image.h"
#include "schema/values.h"

G_BEGIN_DECLS

/**
 * CupSettings:
 * @values: the schema's fields, and what extra-input adds to them
 * @engine: and the other enums: their values in enums.h
 * @timeout: seconds of work on a frame, 0 for no limit
 * @queue_timeout: seconds of waiting at the service, 0 for no limit
 * @latency: with a live source, nanoseconds within which a frame has to leave;
 *   0: as max_in_flight frames last, less one
 * @cache_location: (nullable): a folder, or "default"; empty for none
 * @cache_max_size: bytes, 0 for no limit
 * @interval_time: nanoseconds between selected frames; 0: @interval holds
 * @duplicate_threshold: in levels of 8 bits; 0: frames have to be equal
 * @price_per_megapixel: of results, in any currency; 0 where unknown
 * @price_per_second: of inference, likewise
 * @max_requests: since the element was started; 0 for no limit
 * @max_cost: of these, 0 for no limit
 * @extra_input: (nullable): as it was set
 * @extra_ignored: (nullable): what of it cannot be sent, of which the user has
 *   not been told yet
 * @refused: (nullable): names of properties that were set to text that is not
 *   UTF-8 and kept their values, of which the user has not been told yet
 * @fal: what only the fal engine uses
 *
 * Guarded by the object lock.
 */
typedef struct
{
  CupValues *values;
  gint engine;
  gint local_model;
  guint max_in_flight;
  gint image_format;
  guint quality;
  guint compression_level;
  gdouble timeout;
  gdouble queue_timeout;
  gboolean qos;
  gint on_unsafe;
  gint on_error;
  guint max_failures;
  gint size_policy;
  gint colour_match;
  gchar *cache_location;
  gint cache;
  guint64 cache_max_size;
  GstClockTime latency;
  gint late;
  gint overflow;
  gint select;
  guint interval;
  GstClockTime interval_time;
  gdouble scene_threshold;
  gint unselected;
  gdouble duplicate_threshold;
  gdouble price_per_megapixel;
  gdouble price_per_second;
  guint max_requests;
  gdouble max_cost;
  gint on_budget;
  gboolean dry_run;
  GstStructure *extra_input;
  gchar *extra_ignored;
  gchar *refused;
  CupFalProperties fal;
} CupSettings;

void cup_settings_init (CupSettings * settings);
void cup_settings_clear (CupSettings * settings);

/* Of results: CUP_IMAGE_UNKNOWN for auto, and for adaptive. */
CupImageType cup_settings_get_image_type (const CupSettings * settings);
/* Of frames on their way to a service: CUP_IMAGE_UNKNOWN for adaptive. */
CupImageType cup_settings_get_upload_type (const CupSettings * settings);

/* The fields of @values that are set, by the names of their properties, choices
 * by their nicks. URLs are without what may hold a secret. */
GstStructure *cup_settings_describe (const CupValues * values);

void cup_properties_install (GObjectClass * klass);
/* To be called with the object lock held. FALSE for an unknown property. */
gboolean cup_properties_set (CupSettings * settings, guint id,
    const GValue * value, GParamSpec * pspec);
gboolean cup_properties_get (const CupSettings * settings, guint id,
    GValue * value, GParamSpec * pspec);

G_END_DECLS
