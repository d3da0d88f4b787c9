/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GStreamer's own implementation, mended in what would matter to somebody who
 * pays for what a preset says:
 *
 * - It writes strings in a form that it does not read back: "a b" comes back as
 *   "a\ b". The exact strings are stored beside, as metadata of the preset.
 * - It cannot write a structure that is not set: those are metadata only.
 * - A field that is not set is left to the service, and so it is after a preset
 *   was loaded: which ones were not set is stored, too.
 * - Only properties of this element are stored, not its name and parent, and
 *   no objects (tls-database).
 *
 * A preset written by hand, in the usual form, loads as usual.
 */
#include "preset.h"

#include "gstcreativeupscaler.h"

/* Tags of the metadata: the fields that were not set, and the exact value of a
 * property (percent-encoded, since the file's lines are not escaped). */
#define TAG_UNSET "unset"
#define TAG_EXACT "exact-"

static gboolean (*default_save) (GstPreset * preset, const gchar * name);
static gboolean (*default_load) (GstPreset * preset, const gchar * name);

typedef gboolean (*IsWanted) (const GParamSpec * spec);

static gchar **
list_properties (GstPreset * preset, IsWanted is_wanted)
{
  GPtrArray *names = g_ptr_array_new ();
  GParamSpec **specs;
  guint n, i;

  specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (preset), &n);
  for (i = 0; i < n; i++) {
    if (specs[i]->owner_type == GST_TYPE_CREATIVE_UPSCALER
        && (specs[i]->flags & G_PARAM_READWRITE) == G_PARAM_READWRITE
        && is_wanted (specs[i]))
      g_ptr_array_add (names, g_strdup (specs[i]->name));
  }
  g_free (specs);
  g_ptr_array_add (names, NULL);
  return (gchar **) g_ptr_array_free (names, FALSE);
}

/* What GStreamer's own implementation can store. */
static gboolean
is_plain (const GParamSpec * spec)
{
  return !g_type_is_a (spec->value_type, G_TYPE_OBJECT)
      && !g_type_is_a (spec->value_type, G_TYPE_BOXED);
}

/* What is stored to the letter beside. */
static gboolean
is_exact (const GParamSpec * spec)
{
  return spec->value_type == G_TYPE_STRING
      || spec->value_type == GST_TYPE_STRUCTURE;
}

static gchar **
get_property_names (GstPreset * preset)
{
  return list_properties (preset, is_plain);
}

static gchar *
list_unset_fields (GstCreativeUpscaler * self)
{
  /* Not empty where all are set: the tag also says who has saved. */
  GString *list = g_string_new ("=");
  guint id;

  GST_OBJECT_LOCK (self);
  for (id = 0; id < CUP_N_FIELDS; id++) {
    const CupField *field = cup_field_get (id);

    if (field->property && !cup_values_is_set (self->settings.values, id))
      g_string_append_printf (list, ",%s", field->property);
  }
  GST_OBJECT_UNLOCK (self);
  return g_string_free (list, FALSE);
}

static void
unset_fields (GstCreativeUpscaler * self, const gchar * list)
{
  gchar **names = g_strsplit (list, ",", -1);
  guint i;

  GST_OBJECT_LOCK (self);
  for (i = 0; names[i]; i++) {
    const CupField *field = cup_field_find_property (names[i]);

    if (field)
      cup_values_unset (self->settings.values, field->id);
  }
  GST_OBJECT_UNLOCK (self);
  g_strfreev (names);
}

static gchar *
get_text (GstPreset * preset, const gchar * property)
{
  GValue value = G_VALUE_INIT;
  gchar *text = NULL;

  g_object_get_property (G_OBJECT (preset), property, &value);
  if (G_VALUE_HOLDS_STRING (&value))
    text = g_value_dup_string (&value);
  else if (gst_value_get_structure (&value))
    text = gst_structure_to_string (gst_value_get_structure (&value));
  g_value_unset (&value);
  return text;
}

/* NULL for the property's default. */
static void
set_text (GstPreset * preset, const gchar * property, const gchar * text)
{
  GParamSpec *spec =
      g_object_class_find_property (G_OBJECT_GET_CLASS (preset), property);
  GstStructure *structure;

  if (spec->value_type == G_TYPE_STRING) {
    g_object_set (preset, property, text, NULL);
    return;
  }
  structure = text ? gst_structure_from_string (text, NULL) : NULL;
  if (structure || !text)
    g_object_set (preset, property, structure, NULL);
  g_clear_pointer (&structure, gst_structure_free);
}

static gboolean
save_preset (GstPreset * preset, const gchar * name)
{
  gchar **names, *unset;
  gboolean ok;
  guint i;

  if (!default_save (preset, name))
    return FALSE;

  unset = list_unset_fields (GST_CREATIVE_UPSCALER (preset));
  ok = gst_preset_set_meta (preset, name, TAG_UNSET, unset);
  g_free (unset);

  names = list_properties (preset, is_exact);
  for (i = 0; names[i] && ok; i++) {
    gchar *tag, *value, *encoded;

    value = get_text (preset, names[i]);
    tag = g_strconcat (TAG_EXACT, names[i], NULL);
    /* An "=" in front: a value that is empty would remove the tag. */
    encoded = value ? g_uri_escape_string (value, NULL, FALSE) : NULL;
    g_free (value);
    value = encoded ? g_strconcat ("=", encoded, NULL) : NULL;
    ok = gst_preset_set_meta (preset, name, tag, value);
    g_free (value);
    g_free (encoded);
    g_free (tag);
  }
  g_strfreev (names);
  return ok;
}

static void
restore_exact (GstPreset * preset, const gchar * name, const gchar * property)
{
  gchar *tag = g_strconcat (TAG_EXACT, property, NULL);
  gchar *value = NULL;

  if (!gst_preset_get_meta (preset, name, tag, &value) || !value) {
    set_text (preset, property, NULL);
  } else if (*value == '=') {
    gchar *decoded = g_uri_unescape_string (value + 1, NULL);

    if (decoded)
      set_text (preset, property, decoded);
    g_free (decoded);
  }
  g_free (value);
  g_free (tag);
}

static gboolean
load_preset (GstPreset * preset, const gchar * name)
{
  gchar **names, *unset = NULL;
  guint i;

  if (!default_load (preset, name))
    return FALSE;
  /* Written by hand: it is as it stands. */
  if (!gst_preset_get_meta (preset, name, TAG_UNSET, &unset) || !unset)
    return TRUE;

  names = list_properties (preset, is_exact);
  for (i = 0; names[i]; i++)
    restore_exact (preset, name, names[i]);
  g_strfreev (names);
  unset_fields (GST_CREATIVE_UPSCALER (preset), unset);
  g_free (unset);
  return TRUE;
}

void
cup_preset_interface_init (gpointer iface, gpointer data)
{
  GstPresetInterface *preset = iface;

  default_save = preset->save_preset;
  default_load = preset->load_preset;
  preset->get_property_names = get_property_names;
  preset->save_preset = save_preset;
  preset->load_preset = load_preset;
}
