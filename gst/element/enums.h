/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The enums of the element's properties.
 */
#pragma once

#include <glib-object.h>

#include "engine/local/local.h"
#include "image/colour-match.h"
#include "select.h"

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
  GST_CREATIVE_UPSCALER_IMAGE_FORMAT_ADAPTIVE,
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
  GST_CREATIVE_UPSCALER_ON_ERROR_EOS,
} GstCreativeUpscalerOnError;

typedef enum
{
  GST_CREATIVE_UPSCALER_ON_BUDGET_ERROR,
  GST_CREATIVE_UPSCALER_ON_BUDGET_DROP,
  GST_CREATIVE_UPSCALER_ON_BUDGET_PASSTHROUGH,
} GstCreativeUpscalerOnBudget;

typedef enum
{
  GST_CREATIVE_UPSCALER_SIZE_POLICY_FOLLOW,
  GST_CREATIVE_UPSCALER_SIZE_POLICY_FIRST,
  GST_CREATIVE_UPSCALER_SIZE_POLICY_EXACT,
} GstCreativeUpscalerSizePolicy;

typedef enum
{
  GST_CREATIVE_UPSCALER_CACHE_USE,
  GST_CREATIVE_UPSCALER_CACHE_REFRESH,
  GST_CREATIVE_UPSCALER_CACHE_OFF,
} GstCreativeUpscalerCache;

typedef enum
{
  GST_CREATIVE_UPSCALER_LATE_WAIT,
  GST_CREATIVE_UPSCALER_LATE_DROP,
  GST_CREATIVE_UPSCALER_LATE_PASSTHROUGH,
} GstCreativeUpscalerLate;

typedef enum
{
  GST_CREATIVE_UPSCALER_OVERFLOW_BLOCK,
  GST_CREATIVE_UPSCALER_OVERFLOW_DROP_NEW,
  GST_CREATIVE_UPSCALER_OVERFLOW_DROP_OLD,
} GstCreativeUpscalerOverflow;

typedef enum
{
  GST_CREATIVE_UPSCALER_UNSELECTED_DROP,
  GST_CREATIVE_UPSCALER_UNSELECTED_LOCAL,
  GST_CREATIVE_UPSCALER_UNSELECTED_REPEAT,
} GstCreativeUpscalerUnselected;

GType cup_engine_enum_get_type (void);
GType cup_image_format_enum_get_type (void);
GType cup_on_unsafe_enum_get_type (void);
GType cup_on_error_enum_get_type (void);
GType cup_on_budget_enum_get_type (void);
GType cup_size_policy_enum_get_type (void);
GType cup_cache_enum_get_type (void);
GType cup_late_enum_get_type (void);
GType cup_overflow_enum_get_type (void);
GType cup_unselected_enum_get_type (void);
/* Of CupColourMatch, CupLocalModel and CupSelectMode. */
GType cup_colour_match_enum_get_type (void);
GType cup_local_model_enum_get_type (void);
GType cup_select_enum_get_type (void);

G_END_DECLS
