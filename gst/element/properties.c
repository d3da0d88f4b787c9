/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "properties.h"

#include "extra.h"

#define DEFAULT_ENGINE GST_CREATIVE_UPSCALER_ENGINE_AUTO
#define DEFAULT_MAX_IN_FLIGHT 4
#define DEFAULT_IMAGE_FORMAT GST_CREATIVE_UPSCALER_IMAGE_FORMAT_AUTO
#define DEFAULT_QUALITY 95
#define DEFAULT_TIMEOUT 600.0
#define DEFAULT_QUEUE_TIMEOUT 3600.0
#define DEFAULT_QOS TRUE
#define DEFAULT_ON_UNSAFE GST_CREATIVE_UPSCALER_ON_UNSAFE_PASS
#define DEFAULT_ON_ERROR GST_CREATIVE_UPSCALER_ON_ERROR_ERROR
#define DEFAULT_MAX_FAILURES 0
#define DEFAULT_SIZE_POLICY GST_CREATIVE_UPSCALER_SIZE_POLICY_FOLLOW

/* The schema's fields have the ids from 1 on, in the table's order; those of
 * the fal engine come last. */
enum
{
  PROP_FIELDS_END = CUP_N_FIELDS,
  PROP_ENGINE,
  PROP_MAX_IN_FLIGHT,
  PROP_IMAGE_FORMAT,
  PROP_QUALITY,
  PROP_TIMEOUT,
  PROP_QUEUE_TIMEOUT,
  PROP_QOS,
  PROP_ON_UNSAFE,
  PROP_ON_ERROR,
  PROP_MAX_FAILURES,
  PROP_SIZE_POLICY,
  PROP_EXTRA_INPUT,
  PROP_FAL,
};

#define FIELD_OF_PROP(id) ((CupFieldId) ((id) - 1))

#define ENGINE_TYPE (engine_get_type ())
static GType
engine_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {GST_CREATIVE_UPSCALER_ENGINE_AUTO,
        "fal where a key is configured, else local", "auto"},
    {GST_CREATIVE_UPSCALER_ENGINE_FAL,
        "fal's hosted model, over its queue API", "fal"},
    {GST_CREATIVE_UPSCALER_ENGINE_LOCAL,
        "Embedded: in process, no network, no key", "local"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type)) {
    GType new_type =
        g_enum_register_static ("GstCreativeUpscalerEngine", values);

    g_once_init_leave (&type, new_type);
  }
  return type;
}

#define IMAGE_FORMAT_TYPE (image_format_get_type ())
static GType
image_format_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {GST_CREATIVE_UPSCALER_IMAGE_FORMAT_AUTO,
        "PNG, unless downstream takes another type only", "auto"},
    {GST_CREATIVE_UPSCALER_IMAGE_FORMAT_PNG, "PNG, lossless", "png"},
    {GST_CREATIVE_UPSCALER_IMAGE_FORMAT_JPEG, "JPEG, of `quality`", "jpeg"},
    {GST_CREATIVE_UPSCALER_IMAGE_FORMAT_WEBP,
        "WebP, of `quality` (100 is lossless)", "webp"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type)) {
    GType new_type =
        g_enum_register_static ("GstCreativeUpscalerImageFormat", values);

    g_once_init_leave (&type, new_type);
  }
  return type;
}

#define ON_UNSAFE_TYPE (on_unsafe_get_type ())
static GType
on_unsafe_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {GST_CREATIVE_UPSCALER_ON_UNSAFE_PASS,
        "The black picture goes on, with a warning", "pass"},
    {GST_CREATIVE_UPSCALER_ON_UNSAFE_DROP,
        "The frame is left out, with a warning", "drop"},
    {GST_CREATIVE_UPSCALER_ON_UNSAFE_ERROR, "The stream ends with an error",
        "error"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type)) {
    GType new_type =
        g_enum_register_static ("GstCreativeUpscalerOnUnsafe", values);

    g_once_init_leave (&type, new_type);
  }
  return type;
}

#define ON_ERROR_TYPE (on_error_get_type ())
static GType
on_error_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {GST_CREATIVE_UPSCALER_ON_ERROR_ERROR, "The stream ends with an error",
        "error"},
    {GST_CREATIVE_UPSCALER_ON_ERROR_DROP,
        "The frame is left out, with a warning", "drop"},
    {GST_CREATIVE_UPSCALER_ON_ERROR_PASSTHROUGH,
        "The frame itself, resized, goes on in place of its result, with a "
          "warning", "passthrough"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type)) {
    GType new_type =
        g_enum_register_static ("GstCreativeUpscalerOnError", values);

    g_once_init_leave (&type, new_type);
  }
  return type;
}

#define SIZE_POLICY_TYPE (size_policy_get_type ())
static GType
size_policy_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {GST_CREATIVE_UPSCALER_SIZE_POLICY_FOLLOW,
        "As the results come; the caps change with them", "follow"},
    {GST_CREATIVE_UPSCALER_SIZE_POLICY_FIRST,
        "All are resized to the size of the first", "first"},
    {GST_CREATIVE_UPSCALER_SIZE_POLICY_EXACT,
        "All are resized to the frame's size times scale, rounded", "exact"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type)) {
    GType new_type =
        g_enum_register_static ("GstCreativeUpscalerSizePolicy", values);

    g_once_init_leave (&type, new_type);
  }
  return type;
}

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
          (gint64) field->minimum, G_MAXINT64, (gint64) field->fallback, flags);
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

static void
install_general (GObjectClass * klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  g_object_class_install_property (klass, PROP_ENGINE,
      g_param_spec_enum ("engine", "Engine",
          "Which upscaler is used; with `auto` an info message on the bus says "
          "which was chosen, and why",
          ENGINE_TYPE, DEFAULT_ENGINE, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_MAX_IN_FLIGHT,
      g_param_spec_uint ("max-in-flight", "Maximum in flight",
          "How many frames may be between the pads at once: being sent, "
          "upscaled, fetched, or waiting for their turn. Upstream is blocked "
          "beyond", 1, 1024, DEFAULT_MAX_IN_FLIGHT,
          flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_IMAGE_FORMAT,
      g_param_spec_enum ("image-format", "Image format",
          "How raw frames are encoded to be sent, and results that are not "
          "encoded yet where downstream takes images", IMAGE_FORMAT_TYPE,
          DEFAULT_IMAGE_FORMAT, flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_QUALITY,
      g_param_spec_uint ("quality", "Quality",
          "Quality of JPEG and WebP that are made here; WebP is lossless at "
          "100", 1, 100, DEFAULT_QUALITY, flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_TIMEOUT,
      g_param_spec_double ("timeout", "Timeout",
          "Seconds of work that one frame may take in the engine: sending, "
          "upscaling, fetching, but not waiting in a service's queue "
          "(queue-timeout); 0 for no limit", 0, 1e6, DEFAULT_TIMEOUT,
          flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_QUEUE_TIMEOUT,
      g_param_spec_double ("queue-timeout", "Queue timeout",
          "Seconds that one frame may wait in a service's queue; 0 for no "
          "limit", 0, 1e6, DEFAULT_QUEUE_TIMEOUT,
          flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_QOS,
      g_param_spec_boolean ("qos", "QoS",
          "Leave out frames of which downstream says that they would come too "
          "late, before they are sent and paid for", DEFAULT_QOS,
          flags | GST_PARAM_MUTABLE_PLAYING));
}

static void
install_results (GObjectClass * klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;

  g_object_class_install_property (klass, PROP_ON_ERROR,
      g_param_spec_enum ("on-error", "On error",
          "What becomes of a frame that fails, when its turn comes to leave. "
          "`passthrough` keeps each frame until its result is there, and has "
          "to be set when the frame comes. A refused key and settings that "
          "cannot work are always errors", ON_ERROR_TYPE, DEFAULT_ON_ERROR,
          flags));
  g_object_class_install_property (klass, PROP_MAX_FAILURES,
      g_param_spec_uint ("max-failures", "Maximum failures",
          "With on-error=drop or passthrough: the stream ends with an error "
          "all the same where this many frames fail in a row; 0 for no limit",
          0, G_MAXUINT, DEFAULT_MAX_FAILURES, flags));
  g_object_class_install_property (klass, PROP_SIZE_POLICY,
      g_param_spec_enum ("size-policy", "Size policy",
          "Which size frames leave with. Services round sizes, for example to "
          "multiples of 8; results of another size than the policy's are "
          "resampled here", SIZE_POLICY_TYPE, DEFAULT_SIZE_POLICY, flags));
}

static void
install_input (GObjectClass * klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;

  g_object_class_install_property (klass, PROP_ON_UNSAFE,
      g_param_spec_enum ("on-unsafe", "On unsafe",
          "What becomes of a frame whose result the service's safety checker "
          "took away: it comes back all black where the frame was not "
          "(enable-safety-checks turns the checker off)", ON_UNSAFE_TYPE,
          DEFAULT_ON_UNSAFE, flags));
  g_object_class_install_property (klass, PROP_EXTRA_INPUT,
      g_param_spec_boxed ("extra-input", "Extra input",
          "fal: more members of the input that is sent for each frame, or "
          "others in place of those that the properties make, by the service's "
          "own names; for example extra,face=true,output_format=png. The "
          "structure's name does not matter", GST_TYPE_STRUCTURE, flags));
}

void
cup_properties_install (GObjectClass * klass)
{
  guint i;

  for (i = 0; i < CUP_N_FIELDS; i++) {
    const CupField *field = cup_field_get (i);

    if (field->property)
      g_object_class_install_property (klass, i + 1, make_field_spec (field));
  }
  install_general (klass);
  install_results (klass);
  install_input (klass);
  cup_fal_properties_install (klass, PROP_FAL);
  gst_type_mark_as_plugin_api (ENGINE_TYPE, 0);
  gst_type_mark_as_plugin_api (IMAGE_FORMAT_TYPE, 0);
  gst_type_mark_as_plugin_api (ON_UNSAFE_TYPE, 0);
  gst_type_mark_as_plugin_api (ON_ERROR_TYPE, 0);
  gst_type_mark_as_plugin_api (SIZE_POLICY_TYPE, 0);
}

void
cup_settings_init (CupSettings * settings)
{
  settings->values = cup_values_new ();
  settings->engine = DEFAULT_ENGINE;
  settings->max_in_flight = DEFAULT_MAX_IN_FLIGHT;
  settings->image_format = DEFAULT_IMAGE_FORMAT;
  settings->quality = DEFAULT_QUALITY;
  settings->timeout = DEFAULT_TIMEOUT;
  settings->queue_timeout = DEFAULT_QUEUE_TIMEOUT;
  settings->qos = DEFAULT_QOS;
  settings->on_unsafe = DEFAULT_ON_UNSAFE;
  settings->on_error = DEFAULT_ON_ERROR;
  settings->max_failures = DEFAULT_MAX_FAILURES;
  settings->size_policy = DEFAULT_SIZE_POLICY;
  settings->extra_input = NULL;
  settings->extra_ignored = NULL;
  cup_fal_properties_init (&settings->fal);
}

void
cup_settings_clear (CupSettings * settings)
{
  g_clear_pointer (&settings->values, cup_values_free);
  g_clear_pointer (&settings->extra_input, gst_structure_free);
  g_clear_pointer (&settings->extra_ignored, g_free);
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
      break;
  }
  return CUP_IMAGE_UNKNOWN;
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
    cup_values_set (settings->values, field->id, value);
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
  switch (id) {
    case PROP_ENGINE:
      settings->engine = g_value_get_enum (value);
      return TRUE;
    case PROP_MAX_IN_FLIGHT:
      settings->max_in_flight = g_value_get_uint (value);
      return TRUE;
    case PROP_IMAGE_FORMAT:
      settings->image_format = g_value_get_enum (value);
      return TRUE;
    case PROP_QUALITY:
      settings->quality = g_value_get_uint (value);
      return TRUE;
    case PROP_TIMEOUT:
      settings->timeout = g_value_get_double (value);
      return TRUE;
    case PROP_QUEUE_TIMEOUT:
      settings->queue_timeout = g_value_get_double (value);
      return TRUE;
    case PROP_QOS:
      settings->qos = g_value_get_boolean (value);
      return TRUE;
    case PROP_ON_UNSAFE:
      settings->on_unsafe = g_value_get_enum (value);
      return TRUE;
    case PROP_ON_ERROR:
      settings->on_error = g_value_get_enum (value);
      return TRUE;
    case PROP_MAX_FAILURES:
      settings->max_failures = g_value_get_uint (value);
      return TRUE;
    case PROP_SIZE_POLICY:
      settings->size_policy = g_value_get_enum (value);
      return TRUE;
    case PROP_EXTRA_INPUT:
      set_extra_input (settings, value);
      return TRUE;
    default:
      return cup_fal_properties_set (&settings->fal, id - PROP_FAL, value,
          pspec);
  }
}

gboolean
cup_properties_get (const CupSettings * settings, guint id, GValue * value,
    GParamSpec * pspec)
{
  if (id <= PROP_FIELDS_END) {
    get_field (settings, cup_field_get (FIELD_OF_PROP (id)), value);
    return TRUE;
  }
  switch (id) {
    case PROP_ENGINE:
      g_value_set_enum (value, settings->engine);
      return TRUE;
    case PROP_MAX_IN_FLIGHT:
      g_value_set_uint (value, settings->max_in_flight);
      return TRUE;
    case PROP_IMAGE_FORMAT:
      g_value_set_enum (value, settings->image_format);
      return TRUE;
    case PROP_QUALITY:
      g_value_set_uint (value, settings->quality);
      return TRUE;
    case PROP_TIMEOUT:
      g_value_set_double (value, settings->timeout);
      return TRUE;
    case PROP_QUEUE_TIMEOUT:
      g_value_set_double (value, settings->queue_timeout);
      return TRUE;
    case PROP_QOS:
      g_value_set_boolean (value, settings->qos);
      return TRUE;
    case PROP_ON_UNSAFE:
      g_value_set_enum (value, settings->on_unsafe);
      return TRUE;
    case PROP_ON_ERROR:
      g_value_set_enum (value, settings->on_error);
      return TRUE;
    case PROP_MAX_FAILURES:
      g_value_set_uint (value, settings->max_failures);
      return TRUE;
    case PROP_SIZE_POLICY:
      g_value_set_enum (value, settings->size_policy);
      return TRUE;
    case PROP_EXTRA_INPUT:
      g_value_set_boxed (value, settings->extra_input);
      return TRUE;
    default:
      return cup_fal_properties_get (&settings->fal, id - PROP_FAL, value);
  }
}
