/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enums.h"

#include "property-table.h"

static const GEnumValue engine_values[] = {
  {GST_CREATIVE_UPSCALER_ENGINE_AUTO,
      "fal where a key is configured, else local", "auto"},
  {GST_CREATIVE_UPSCALER_ENGINE_FAL,
      "fal's hosted model, over its queue API", "fal"},
  {GST_CREATIVE_UPSCALER_ENGINE_LOCAL,
        "Embedded: small neural networks that run here, without service or key",
      "local"},
  {0, NULL, NULL}
};

CUP_DEFINE_ENUM (cup_engine_enum_get_type, "GstCreativeUpscalerEngine",
    engine_values);

static const GEnumValue local_model_values[] = {
  {CUP_LOCAL_MODEL_AUTO,
        "By num-inference-steps: below 10 `fast`, below 30 `balanced` (that is "
        "the default of 20), from 30 on `quality`",
      "auto"},
  {CUP_LOCAL_MODEL_FAST, "The smallest network", "fast"},
  {CUP_LOCAL_MODEL_BALANCED, "The usual one", "balanced"},
  {CUP_LOCAL_MODEL_QUALITY, "The largest one", "quality"},
  {0, NULL, NULL}
};

CUP_DEFINE_ENUM (cup_local_model_enum_get_type,
    "GstCreativeUpscalerLocalModel", local_model_values);

static const GEnumValue image_format_values[] = {
  {GST_CREATIVE_UPSCALER_IMAGE_FORMAT_AUTO,
      "PNG; for results made of image files the type of those, WebP without "
        "loss; another type where downstream does not take that", "auto"},
  {GST_CREATIVE_UPSCALER_IMAGE_FORMAT_PNG, "PNG, lossless", "png"},
  {GST_CREATIVE_UPSCALER_IMAGE_FORMAT_JPEG, "JPEG, with `quality`; lossy",
      "jpeg"},
  {GST_CREATIVE_UPSCALER_IMAGE_FORMAT_WEBP,
      "WebP, with `quality`; lossless at 100", "webp"},
  {GST_CREATIVE_UPSCALER_IMAGE_FORMAT_ADAPTIVE,
      "Lossless, PNG or WebP: what gets a frame to the service sooner, by the "
        "time that encoding takes and the speed of the uploads so far; for "
        "results as auto", "adaptive"},
  {0, NULL, NULL}
};

CUP_DEFINE_ENUM (cup_image_format_enum_get_type,
    "GstCreativeUpscalerImageFormat", image_format_values);

static const GEnumValue on_unsafe_values[] = {
  {GST_CREATIVE_UPSCALER_ON_UNSAFE_PASS,
      "The black picture goes on, with a warning", "pass"},
  {GST_CREATIVE_UPSCALER_ON_UNSAFE_DROP,
      "The frame is left out, with a warning", "drop"},
  {GST_CREATIVE_UPSCALER_ON_UNSAFE_ERROR, "The stream ends with an error",
      "error"},
  {0, NULL, NULL}
};

CUP_DEFINE_ENUM (cup_on_unsafe_enum_get_type, "GstCreativeUpscalerOnUnsafe",
    on_unsafe_values);

static const GEnumValue on_error_values[] = {
  {GST_CREATIVE_UPSCALER_ON_ERROR_ERROR, "The stream ends with an error",
      "error"},
  {GST_CREATIVE_UPSCALER_ON_ERROR_DROP,
      "The frame is left out, with a warning", "drop"},
  {GST_CREATIVE_UPSCALER_ON_ERROR_PASSTHROUGH,
      "The frame itself, resized, goes on in place of its result, with a "
        "warning", "passthrough"},
  {GST_CREATIVE_UPSCALER_ON_ERROR_EOS,
      "The stream ends in front of the frame as at its own end, with a "
        "warning: files are completed", "eos"},
  {0, NULL, NULL}
};

CUP_DEFINE_ENUM (cup_on_error_enum_get_type, "GstCreativeUpscalerOnError",
    on_error_values);

static const GEnumValue on_budget_values[] = {
  {GST_CREATIVE_UPSCALER_ON_BUDGET_ERROR, "The stream ends with an error",
      "error"},
  {GST_CREATIVE_UPSCALER_ON_BUDGET_DROP, "The frame is left out", "drop"},
  {GST_CREATIVE_UPSCALER_ON_BUDGET_PASSTHROUGH,
        "The frame itself, resized, goes on in place of its result",
      "passthrough"},
  {0, NULL, NULL}
};

CUP_DEFINE_ENUM (cup_on_budget_enum_get_type, "GstCreativeUpscalerOnBudget",
    on_budget_values);

static const GEnumValue size_policy_values[] = {
  {GST_CREATIVE_UPSCALER_SIZE_POLICY_FOLLOW,
      "Each result keeps its size; the caps change where it does", "follow"},
  {GST_CREATIVE_UPSCALER_SIZE_POLICY_FIRST,
      "All are resized to the size of the first that leaves", "first"},
  {GST_CREATIVE_UPSCALER_SIZE_POLICY_EXACT,
      "All are resized to the frame's size times scale, rounded", "exact"},
  {0, NULL, NULL}
};

CUP_DEFINE_ENUM (cup_size_policy_enum_get_type,
    "GstCreativeUpscalerSizePolicy", size_policy_values);

static const GEnumValue cache_values[] = {
  {GST_CREATIVE_UPSCALER_CACHE_USE,
        "What is stored is used, what is not is made and stored",
      "use"},
  {GST_CREATIVE_UPSCALER_CACHE_REFRESH,
        "All is made anew, and stored in place of what is there",
      "refresh"},
  {GST_CREATIVE_UPSCALER_CACHE_OFF, "Nothing is read or written", "off"},
  {0, NULL, NULL}
};

CUP_DEFINE_ENUM (cup_cache_enum_get_type, "GstCreativeUpscalerCache",
    cache_values);

static const GEnumValue late_values[] = {
  {GST_CREATIVE_UPSCALER_LATE_WAIT,
      "The result is waited for, and leaves late", "wait"},
  {GST_CREATIVE_UPSCALER_LATE_DROP,
        "The frame is left out when its time has come, and its job is cancelled",
      "drop"},
  {GST_CREATIVE_UPSCALER_LATE_PASSTHROUGH,
        "The frame itself, resized, leaves in time, and its job is cancelled",
      "passthrough"},
  {0, NULL, NULL}
};

CUP_DEFINE_ENUM (cup_late_enum_get_type, "GstCreativeUpscalerLate",
    late_values);

static const GEnumValue overflow_values[] = {
  {GST_CREATIVE_UPSCALER_OVERFLOW_BLOCK, "Upstream waits", "block"},
  {GST_CREATIVE_UPSCALER_OVERFLOW_DROP_NEW,
      "The frame that comes is left out", "drop-new"},
  {GST_CREATIVE_UPSCALER_OVERFLOW_DROP_OLD,
      "The oldest frame that has no result yet is left out, and its job is "
        "cancelled", "drop-old"},
  {0, NULL, NULL}
};

CUP_DEFINE_ENUM (cup_overflow_enum_get_type, "GstCreativeUpscalerOverflow",
    overflow_values);

static const GEnumValue unselected_values[] = {
  {GST_CREATIVE_UPSCALER_UNSELECTED_DROP, "They are left out", "drop"},
  {GST_CREATIVE_UPSCALER_UNSELECTED_LOCAL,
        "They leave resized by the embedded engine's resampler, which costs "
        "nothing",
      "local"},
  {GST_CREATIVE_UPSCALER_UNSELECTED_REPEAT,
      "The last result leaves again in their place", "repeat"},
  {0, NULL, NULL}
};

CUP_DEFINE_ENUM (cup_unselected_enum_get_type,
    "GstCreativeUpscalerUnselected", unselected_values);

static const GEnumValue colour_match_values[] = {
  {CUP_COLOUR_MATCH_NONE, "The result's colours stay", "none"},
  {CUP_COLOUR_MATCH_MEAN,
      "Each channel is shifted to the mean that it has in the frame", "mean"},
  {CUP_COLOUR_MATCH_WAVELET,
        "Colours of large areas come from the frame, detail from the result",
      "wavelet"},
  {0, NULL, NULL}
};

CUP_DEFINE_ENUM (cup_colour_match_enum_get_type,
    "GstCreativeUpscalerColorMatch", colour_match_values);

static const GEnumValue select_values[] = {
  {CUP_SELECT_ALL, "Every frame", "all"},
  {CUP_SELECT_INTERVAL, "One frame of each interval or interval-time",
      "interval"},
  {CUP_SELECT_SCENE_CHANGE, "The first frame of each scene", "scene-change"},
  {CUP_SELECT_KEYFRAMES,
      "Frames that are not flagged as depending on others; decoded video has "
        "no such flags", "keyframes"},
  {0, NULL, NULL}
};

CUP_DEFINE_ENUM (cup_select_enum_get_type, "GstCreativeUpscalerSelect",
    select_values);
