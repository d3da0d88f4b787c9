/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "properties.h"

#include "enums.h"
#include "extra.h"
#include "image/scene.h"
#include "net/redact.h"
#include "property-table.h"

/* The schema's fields have the ids from 1 on, in the table's order; the rows of
 * properties[] follow, and those of the fal engine come last. */
enum
{
  PROP_FIELDS_END = CUP_N_FIELDS,
  PROP_EXTRA_INPUT,
  PROP_GENERAL,
  PROP_FAL = PROP_GENERAL + 100,
};

#define FIELD_OF_PROP(id) ((CupFieldId) ((id) - 1))

/* The enum of a field with choices. The value's name is the word of the wire,
 * so that both spellings work on a command line: SDXL and sdxl. */
static GType
choice_get_type (const CupField * field)
{
  static GEnumValue values[CUP_N_FIELDS][CUP_FIELD_MAX_CHOICES + 1];
  GString *name = g_string_new ("GstCreativeUpscaler");
  gchar **words = g_strsplit (field->wire, "_", -1);
  GType type;
  guint i;

  for (i = 0; words[i]; i++) {
    g_string_append_c (name, g_ascii_toupper (words[i][0]));
    g_string_append (name, words[i] + 1);
  }
  g_strfreev (words);
  type = g_type_from_name (name->str);
  if (type == 0) {
    for (i = 0; i < CUP_FIELD_MAX_CHOICES && field->choices[i].wire; i++) {
      values[field->id][i].value = (gint) i;
      values[field->id][i].value_name = field->choices[i].wire;
      values[field->id][i].value_nick = field->choices[i].nick;
    }
    type = g_enum_register_static (name->str, values[field->id]);
    gst_type_mark_as_plugin_api (type, 0);
  }
  g_string_free (name, TRUE);
  return type;
}

static gboolean
fits_int (const CupField * field)
{
  return field->minimum >= G_MININT && field->maximum <= G_MAXINT;
}

static GParamSpec *
make_field_spec (const CupField * field)
{
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;

  if (field->per_frame)
    flags |= GST_PARAM_CONTROLLABLE;

  switch (field->kind) {
    case CUP_FIELD_KIND_STRING:
      return g_param_spec_string (field->property, field->nick, field->blurb,
          field->fallback_text, flags);
    case CUP_FIELD_KIND_NUMBER:
      return g_param_spec_double (field->property, field->nick, field->blurb,
          field->minimum, field->maximum, field->fallback, flags);
    case CUP_FIELD_KIND_INTEGER:
      if (fits_int (field))
        return g_param_spec_int (field->property, field->nick, field->blurb,
            (gint) field->minimum, (gint) field->maximum,
            (gint) field->fallback, flags);
      return g_param_spec_int64 (field->property, field->nick, field->blurb,
          (gint64) field->minimum, (gint64) field->maximum,
          (gint64) field->fallback, flags);
    case CUP_FIELD_KIND_UNSIGNED:
      return g_param_spec_uint64 (field->property, field->nick, field->blurb,
          0, G_MAXUINT64, CUP_FIELD_UNSET, flags);
    case CUP_FIELD_KIND_BOOLEAN:
      return g_param_spec_boolean (field->property, field->nick, field->blurb,
          field->fallback != 0, flags);
    case CUP_FIELD_KIND_CHOICE:
      return g_param_spec_enum (field->property, field->nick, field->blurb,
          choice_get_type (field), (gint) field->fallback, flags);
    case CUP_FIELD_KIND_FRAME:
      break;
  }
  return NULL;
}

#define OFFSET(member) G_STRUCT_OFFSET (CupSettings, member)
#define FOREVER 1e6             /* seconds */

/* *INDENT-OFF* */
static const CupProperty properties[] = {
  { .name = "engine", .nick = "Engine",
    .blurb = "Which upscaler is used; with `auto` an info message on the bus "
        "says which was chosen, and why",
    .kind = CUP_PROPERTY_ENUM, .offset = OFFSET (engine),
    .get_type = cup_engine_enum_get_type,
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "local-model", .nick = "Local model",
    .blurb = "local: which of the embedded engine's networks restores the "
        "frames, the larger ones better and more slowly. Without a meaning "
        "where skip-ccsr is set",
    .kind = CUP_PROPERTY_ENUM, .offset = OFFSET (local_model),
    .get_type = cup_local_model_enum_get_type,
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "max-in-flight", .nick = "Maximum in flight",
    .blurb = "How many frames may be between the pads at once: being sent, "
        "upscaled, fetched, or waiting for their turn to leave. When there "
        "are as many, upstream waits; with a live source, overflow says what "
        "happens",
    .kind = CUP_PROPERTY_UINT, .offset = OFFSET (max_in_flight),
    .minimum = 1, .maximum = 1024,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "image-format", .nick = "Image format",
    .blurb = "File format for raw frames on their way to a service, and for "
        "results that are pixels where downstream takes images. What is an "
        "image already is sent as it is, and leaves as it is where downstream "
        "takes its type",
    .kind = CUP_PROPERTY_ENUM, .offset = OFFSET (image_format),
    .get_type = cup_image_format_enum_get_type,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "quality", .nick = "Quality",
    .blurb = "Quality of JPEG and WebP files that are made here: higher is "
        "better, and larger. At 100 WebP is lossless, JPEG is not",
    .kind = CUP_PROPERTY_UINT, .offset = OFFSET (quality),
    .minimum = 1, .maximum = 100,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "compression-level", .nick = "Compression level",
    .blurb = "How hard compression of PNG files that are made here tries: 0 "
        "stores the samples as they are, 1 is the fastest that compresses, "
        "and each level above takes longer for a little less to send. "
        "Nothing is lost with any of them",
    .kind = CUP_PROPERTY_UINT, .offset = OFFSET (compression_level),
    .maximum = CUP_IMAGE_PNG_MAX_LEVEL,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "timeout", .nick = "Timeout",
    .blurb = "Seconds of work that one frame may take: sending, upscaling, "
        "fetching, but not waiting for its turn at a service (queue-timeout). "
        "A frame that takes longer fails; 0 for no limit",
    .kind = CUP_PROPERTY_NUMBER, .offset = OFFSET (timeout),
    .maximum = FOREVER,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "queue-timeout", .nick = "Queue timeout",
    .blurb = "Seconds that one frame may wait for its turn at a service: in "
        "its queue, or because it takes no more frames for now. A frame that "
        "waits longer fails; 0 for no limit",
    .kind = CUP_PROPERTY_NUMBER, .offset = OFFSET (queue_timeout),
    .maximum = FOREVER,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "qos", .nick = "QoS",
    .blurb = "Leave out frames that would come too late, as downstream "
        "reports by QoS events, before they are sent and paid for",
    .kind = CUP_PROPERTY_BOOLEAN, .offset = OFFSET (qos),
    .flags = GST_PARAM_MUTABLE_PLAYING },

  { .name = "on-error", .nick = "On error",
    .blurb = "What becomes of a frame that fails, when its turn to leave "
        "comes. `passthrough` works for frames that come after it was set, "
        "since earlier ones were not kept. A refused key and settings that "
        "cannot work always end the stream: with an error, unless `eos` is set "
        "and frames have left",
    .kind = CUP_PROPERTY_ENUM, .offset = OFFSET (on_error),
    .get_type = cup_on_error_enum_get_type,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "max-failures", .nick = "Maximum failures",
    .blurb = "With on-error=drop or passthrough: the stream ends with an "
        "error when this many frames in a row have failed; 0 for no limit",
    .kind = CUP_PROPERTY_UINT, .offset = OFFSET (max_failures),
    .maximum = G_MAXUINT,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "on-unsafe", .nick = "On unsafe",
    .blurb = "What becomes of a frame whose result the service's safety "
        "checker took away, which shows as a result that is all black though "
        "the frame is not. With enable-safety-checks=false black results are "
        "not looked for",
    .kind = CUP_PROPERTY_ENUM, .offset = OFFSET (on_unsafe),
    .get_type = cup_on_unsafe_enum_get_type,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "size-policy", .nick = "Size policy",
    .blurb = "Which size frames leave with. Services round sizes, for example "
        "to multiples of 8; results that do not have the size wanted here are "
        "resampled",
    .kind = CUP_PROPERTY_ENUM, .offset = OFFSET (size_policy),
    .get_type = cup_size_policy_enum_get_type,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "color-match", .nick = "Color match",
    .blurb = "Gives each result the colours of its frame again, since "
        "diffusion shifts them, differently from frame to frame. Results that "
        "would leave as they came, as image files, are then decoded and "
        "encoded anew",
    .kind = CUP_PROPERTY_ENUM, .offset = OFFSET (colour_match),
    .get_type = cup_colour_match_enum_get_type,
    .flags = GST_PARAM_MUTABLE_PLAYING },

  { .name = "cache-location", .nick = "Cache location",
    .blurb = "Folder where the results of a service are kept, with the "
        "requests that it has accepted, so that nothing is paid for twice: "
        "the same frame with the same settings is not sent again, and a run "
        "that was cut off goes on where it was. `default` is "
        "creative-upscaler in the user's cache folder ($XDG_CACHE_HOME); "
        "a ~ in front of / is the user's home; empty, the default, for none",
    .kind = CUP_PROPERTY_STRING, .offset = OFFSET (cache_location),
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "cache", .nick = "Cache",
    .blurb = "What is done with what is in cache-location",
    .kind = CUP_PROPERTY_ENUM, .offset = OFFSET (cache),
    .get_type = cup_cache_enum_get_type,
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "cache-max-size", .nick = "Maximum cache size",
    .blurb = "Bytes of pictures that are kept in cache-location: when one is "
        "added beyond that, those are removed that were not used for longest; "
        "0 for no limit",
    .kind = CUP_PROPERTY_UINT64, .offset = OFFSET (cache_max_size),
    .flags = GST_PARAM_MUTABLE_READY },

  { .name = "latency", .nick = "Latency",
    .blurb = "With a live source: nanoseconds that a frame may take from pad "
        "to pad, reported to the pipeline as the element's latency. 0, the "
        "default, is the duration of max-in-flight - 1 frames, or a second "
        "where the framerate is not known. Other values need a max-in-flight "
        "of at least latency times framerate, plus one",
    .kind = CUP_PROPERTY_TIME, .offset = OFFSET (latency),
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "late", .nick = "Late",
    .blurb = "With a live source: what becomes of a frame that has no result "
        "when latency is over. `passthrough` works for frames that come after "
        "it was set",
    .kind = CUP_PROPERTY_ENUM, .offset = OFFSET (late),
    .get_type = cup_late_enum_get_type,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "overflow", .nick = "Overflow",
    .blurb = "With a live source: what happens when a frame comes while "
        "max-in-flight frames are between the pads. With other sources, "
        "upstream always waits",
    .kind = CUP_PROPERTY_ENUM, .offset = OFFSET (overflow),
    .get_type = cup_overflow_enum_get_type,
    .flags = GST_PARAM_MUTABLE_PLAYING },

  { .name = "select", .nick = "Select",
    .blurb = "Which frames the engine upscales; unselected says what becomes "
        "of the others. The first frame is always selected",
    .kind = CUP_PROPERTY_ENUM, .offset = OFFSET (select),
    .get_type = cup_select_enum_get_type,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "interval", .nick = "Interval",
    .blurb = "With select=interval: one of this many frames is selected; 1 "
        "selects all. Not used where interval-time is set",
    .kind = CUP_PROPERTY_UINT, .offset = OFFSET (interval),
    .minimum = 1, .maximum = G_MAXUINT,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "interval-time", .nick = "Interval time",
    .blurb = "With select=interval: one frame in this many nanoseconds is "
        "selected; 0, the default, counts frames instead (interval)",
    .kind = CUP_PROPERTY_TIME, .offset = OFFSET (interval_time),
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "scene-threshold", .nick = "Scene threshold",
    .blurb = "With select=scene-change: how different a frame has to be from "
        "the last one that was selected. 0 selects all, 1 next to none; cuts "
        "are mostly above 0.4, motion and light that changes below 0.25",
    .kind = CUP_PROPERTY_NUMBER, .offset = OFFSET (scene_threshold),
    .maximum = 1,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "unselected", .nick = "Unselected",
    .blurb = "What becomes of the frames that are not selected. With `local` "
        "and `repeat` the stream keeps its rate, and these frames have places "
        "of max-in-flight, too: for N jobs at once, set that to N times the "
        "number of frames from one selected frame to the next",
    .kind = CUP_PROPERTY_ENUM, .offset = OFFSET (unselected),
    .get_type = cup_unselected_enum_get_type,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "duplicate-threshold", .nick = "Duplicate threshold",
    .blurb = "How different a raw frame may be from the last one that was "
        "sent and still leave with its result: the mean absolute difference "
        "of all samples, in levels of 8 bits. 0, the default, takes equal "
        "frames only. The noise of a decoder is mostly below 1; small things "
        "that move are, too. Encoded images always have to be equal",
    .kind = CUP_PROPERTY_NUMBER, .offset = OFFSET (duplicate_threshold),
    .maximum = 255,
    .flags = GST_PARAM_MUTABLE_PLAYING },

  { .name = "price-per-megapixel", .nick = "Price per megapixel",
    .blurb = "Price of a million pixels of a service's result, in any "
        "currency, by which the cost is estimated (stats, max-cost, dry-run); "
        "0 for none. A change holds for results that are not there yet",
    .kind = CUP_PROPERTY_NUMBER, .offset = OFFSET (price_per_megapixel),
    .maximum = 1e9,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "price-per-second", .nick = "Price per second",
    .blurb = "Price of a second of a service's work, in any currency, by "
        "which the cost is estimated (stats, max-cost); 0 for none. A change "
        "holds for results that are not there yet",
    .kind = CUP_PROPERTY_NUMBER, .offset = OFFSET (price_per_second),
    .maximum = 1e9,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "max-requests", .nick = "Maximum requests",
    .blurb = "How many requests may be submitted to a service since the "
        "element was started; on-budget says what becomes of the frames "
        "beyond; 0 for no limit. Requests that the service refuses, or fails "
        "at, do not count",
    .kind = CUP_PROPERTY_UINT, .offset = OFFSET (max_requests),
    .maximum = G_MAXUINT,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "max-cost", .nick = "Maximum cost",
    .blurb = "What the requests may cost since the element was started, by "
        "price-per-megapixel and price-per-second, without which there is no "
        "limit; on-budget says what becomes of the frames beyond; 0 for no "
        "limit. By the second, nothing is known of the first max-in-flight "
        "requests, which may pass the limit",
    .kind = CUP_PROPERTY_NUMBER, .offset = OFFSET (max_cost),
    .maximum = 1e15,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "on-budget", .nick = "On budget",
    .blurb = "What becomes of a frame whose submission max-requests or max-cost "
        "does not allow, when its turn to leave comes. `passthrough` works for "
        "frames that come after it was set, since earlier ones were not kept",
    .kind = CUP_PROPERTY_ENUM, .offset = OFFSET (on_budget),
    .get_type = cup_on_budget_enum_get_type,
    .flags = GST_PARAM_MUTABLE_PLAYING },
  { .name = "dry-run", .nick = "Dry run",
    .blurb = "Submit nothing, and tell what would have been submitted and what "
        "it would have cost: by a message at the end, and in stats. Frames "
        "that would be submitted are left out, stored results leave. Needs no "
        "key",
    .kind = CUP_PROPERTY_BOOLEAN, .offset = OFFSET (dry_run),
    .flags = GST_PARAM_MUTABLE_READY },
};
/* *INDENT-ON* */

G_STATIC_ASSERT (PROP_GENERAL + G_N_ELEMENTS (properties) <= PROP_FAL);

static void
install_fields (GObjectClass * klass)
{
  guint i;

  for (i = 0; i < CUP_N_FIELDS; i++) {
    const CupField *field = cup_field_get (i);

    if (field->property)
      g_object_class_install_property (klass, i + 1, make_field_spec (field));
  }
  g_object_class_install_property (klass, PROP_EXTRA_INPUT,
      g_param_spec_boxed ("extra-input", "Extra input",
          "fal: more fields of the request that is sent for each frame, by "
          "the service's own names; they override the fields that properties "
          "set. A structure of any name, for example "
          "extra,face=true,output_format=png; not set by default",
          GST_TYPE_STRUCTURE,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
          GST_PARAM_MUTABLE_PLAYING));
}

void
cup_properties_install (GObjectClass * klass)
{
  CupSettings defaults;

  install_fields (klass);
  cup_settings_init (&defaults);
  cup_property_table_install (klass, PROP_GENERAL, properties,
      G_N_ELEMENTS (properties), &defaults);
  cup_settings_clear (&defaults);
  cup_fal_properties_install (klass, PROP_FAL);
}

void
cup_settings_init (CupSettings * settings)
{
  CupSettings init = {
    .values = cup_values_new (),
    .engine = GST_CREATIVE_UPSCALER_ENGINE_AUTO,
    .local_model = CUP_LOCAL_MODEL_AUTO,
    .max_in_flight = 4,
    .image_format = GST_CREATIVE_UPSCALER_IMAGE_FORMAT_AUTO,
    .quality = 95,
    .compression_level = CUP_IMAGE_PNG_DEFAULT_LEVEL,
    .timeout = 600,
    .queue_timeout = 3600,
    .qos = TRUE,
    .on_unsafe = GST_CREATIVE_UPSCALER_ON_UNSAFE_PASS,
    .on_error = GST_CREATIVE_UPSCALER_ON_ERROR_ERROR,
    .on_budget = GST_CREATIVE_UPSCALER_ON_BUDGET_ERROR,
    .size_policy = GST_CREATIVE_UPSCALER_SIZE_POLICY_FOLLOW,
    .colour_match = CUP_COLOUR_MATCH_NONE,
    .cache = GST_CREATIVE_UPSCALER_CACHE_USE,
    .late = GST_CREATIVE_UPSCALER_LATE_WAIT,
    .overflow = GST_CREATIVE_UPSCALER_OVERFLOW_BLOCK,
    .select = CUP_SELECT_ALL,
    .interval = 1,
    .scene_threshold = CUP_SCENE_DEFAULT_THRESHOLD,
    .unselected = GST_CREATIVE_UPSCALER_UNSELECTED_DROP,
  };

  *settings = init;
  cup_fal_properties_init (&settings->fal);
}

void
cup_settings_clear (CupSettings * settings)
{
  g_clear_pointer (&settings->values, cup_values_free);
  g_clear_pointer (&settings->extra_input, gst_structure_free);
  g_clear_pointer (&settings->extra_ignored, g_free);
  g_clear_pointer (&settings->refused, g_free);
  g_clear_pointer (&settings->cache_location, g_free);
  cup_fal_properties_clear (&settings->fal);
}

CupImageType
cup_settings_get_image_type (const CupSettings * settings)
{
  switch (settings->image_format) {
    case GST_CREATIVE_UPSCALER_IMAGE_FORMAT_PNG:
      return CUP_IMAGE_PNG;
    case GST_CREATIVE_UPSCALER_IMAGE_FORMAT_JPEG:
      return CUP_IMAGE_JPEG;
    case GST_CREATIVE_UPSCALER_IMAGE_FORMAT_WEBP:
      return CUP_IMAGE_WEBP;
    case GST_CREATIVE_UPSCALER_IMAGE_FORMAT_AUTO:
    case GST_CREATIVE_UPSCALER_IMAGE_FORMAT_ADAPTIVE:
      break;
  }
  return CUP_IMAGE_UNKNOWN;
}

CupImageType
cup_settings_get_upload_type (const CupSettings * settings)
{
  if (settings->image_format == GST_CREATIVE_UPSCALER_IMAGE_FORMAT_AUTO)
    return CUP_IMAGE_PNG;
  return cup_settings_get_image_type (settings);
}

static void
note_refused (CupSettings * settings, const CupField * field)
{
  gchar *names = settings->refused ?
      g_strconcat (settings->refused, ", ", field->property, NULL) :
      g_strdup (field->property);

  g_free (settings->refused);
  settings->refused = names;
}

/* Between the types of properties and those of the values. */
static void
set_field (CupSettings * settings, const CupField * field, const GValue * value)
{
  GValue plain = G_VALUE_INIT;

  if (field->kind == CUP_FIELD_KIND_CHOICE) {
    g_value_init (&plain, G_TYPE_INT);
    g_value_set_int (&plain, g_value_get_enum (value));
  } else if (field->kind == CUP_FIELD_KIND_INTEGER && fits_int (field)) {
    g_value_init (&plain, G_TYPE_INT64);
    g_value_set_int64 (&plain, g_value_get_int (value));
  } else {
    if (!cup_values_set (settings->values, field->id, value)
        && field->kind == CUP_FIELD_KIND_STRING)
      note_refused (settings, field);
    return;
  }
  cup_values_set (settings->values, field->id, &plain);
  g_value_unset (&plain);
}

static void
get_field (const CupSettings * settings, const CupField * field, GValue * value)
{
  if (field->kind == CUP_FIELD_KIND_CHOICE)
    g_value_set_enum (value, (gint) cup_values_get_integer (settings->values,
            field->id));
  else if (field->kind == CUP_FIELD_KIND_INTEGER && fits_int (field))
    g_value_set_int (value, (gint) cup_values_get_integer (settings->values,
            field->id));
  else
    cup_values_get (settings->values, field->id, value);
}

static void
describe_field (const CupField * field, const CupValues * values,
    GValue * value)
{
  switch (field->kind) {
    case CUP_FIELD_KIND_STRING:
      g_value_init (value, G_TYPE_STRING);
      if (g_str_has_suffix (field->property, "-url")) {
        g_value_take_string (value,
            cup_redact_url (cup_values_get_string (values, field->id)));
        return;
      }
      break;
    case CUP_FIELD_KIND_NUMBER:
      g_value_init (value, G_TYPE_DOUBLE);
      break;
    case CUP_FIELD_KIND_INTEGER:
      g_value_init (value, G_TYPE_INT64);
      break;
    case CUP_FIELD_KIND_UNSIGNED:
      g_value_init (value, G_TYPE_UINT64);
      break;
    case CUP_FIELD_KIND_BOOLEAN:
      g_value_init (value, G_TYPE_BOOLEAN);
      break;
    case CUP_FIELD_KIND_CHOICE:
      g_value_init (value, G_TYPE_STRING);
      g_value_set_static_string (value, field->choices
          [cup_values_get_integer (values, field->id)].nick);
      return;
    case CUP_FIELD_KIND_FRAME:
      g_return_if_reached ();
  }
  cup_values_get (values, field->id, value);
}

GstStructure *
cup_settings_describe (const CupValues * values)
{
  GstStructure *settings = gst_structure_new_empty ("settings");
  guint i;

  for (i = 0; i < CUP_N_FIELDS; i++) {
    const CupField *field = cup_field_get (i);
    GValue value = G_VALUE_INIT;

    if (!field->property || !cup_values_is_set (values, i))
      continue;
    describe_field (field, values, &value);
    gst_structure_take_value (settings, field->property, &value);
  }
  return settings;
}

/* Converted here, once, and not for each frame. */
static void
set_extra_input (CupSettings * settings, const GValue * value)
{
  JsonObject *extra = NULL;

  g_clear_pointer (&settings->extra_input, gst_structure_free);
  g_clear_pointer (&settings->extra_ignored, g_free);
  settings->extra_input = g_value_dup_boxed (value);
  if (settings->extra_input)
    extra = cup_extra_to_json (settings->extra_input, &settings->extra_ignored);
  cup_values_set_extra (settings->values, extra);
  g_clear_pointer (&extra, json_object_unref);
}

gboolean
cup_properties_set (CupSettings * settings, guint id, const GValue * value,
    GParamSpec * pspec)
{
  if (id <= PROP_FIELDS_END) {
    set_field (settings, cup_field_get (FIELD_OF_PROP (id)), value);
    return TRUE;
  }
  if (id == PROP_EXTRA_INPUT)
    set_extra_input (settings, value);
  else if (id < PROP_GENERAL + G_N_ELEMENTS (properties))
    cup_property_set (&properties[id - PROP_GENERAL], settings, value, pspec);
  else
    return id >= PROP_FAL && cup_fal_properties_set (&settings->fal,
        id - PROP_FAL, value, pspec);
  return TRUE;
}

gboolean
cup_properties_get (const CupSettings * settings, guint id, GValue * value,
    GParamSpec * pspec)
{
  if (id <= PROP_FIELDS_END) {
    get_field (settings, cup_field_get (FIELD_OF_PROP (id)), value);
    return TRUE;
  }
  if (id == PROP_EXTRA_INPUT) {
    g_value_set_boxed (value, settings->extra_input);
    return TRUE;
  }
  if (id < PROP_GENERAL + G_N_ELEMENTS (properties))
    return cup_property_get (&properties[id - PROP_GENERAL], settings, value);
  return id >= PROP_FAL && cup_fal_properties_get (&settings->fal,
      id - PROP_FAL, value);
}
