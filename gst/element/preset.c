/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GStreamer's own implementation, mended in what would matter to somebody who
 * pays for what a preset says:
 *
 * - It writes strings in a form that it does not read back: "a b" comes back as
 *   "a\ b". The exact strings are stored beside, as metadata of the preset.
 * - A field that is not set is left to the service, and so it is after a preset
 *   was loaded: which ones were not set is stored, too.
 * - Only properties of this element are stored, not its name and parent.
 *
 * A preset written by hand, in the usual form, loads as usual.
 */
#include "preset.h"

#include "gstcreativeupscaler.h"

/* Tags of the metadata: the fields that were not set, and the exact value of a
 * string property (percent-encoded, since the file's lines are not escaped). */
#define TAG_UNSET "unset"
#define TAG_EXACT "exact-"

static gboolean (*default_save) (GstPreset * preset, const gchar * name);
static gboolean (*default_load) (GstPreset * preset, const gchar * name);

static gchar **
get_property_names (GstPreset * preset)
{
  GPtrArray *names = g_ptr_array_new ();
  GParamSpec **specs;
  guint n, i;

  specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (preset), &n);
  for (i = 0; i < n; i++) {
    if (specs[i]->owner_type == GST_TYPE_CREATIVE_UPSCALER
        && (specs[i]->flags & G_PARAM_READWRITE) == G_PARAM_READWRITE)
      g_ptr_array_add (names, g_strdup (specs[i]->name));
  }
  g_free (specs);
  g_ptr_array_add (names, NULL);
  return (gchar **) g_ptr_array_free (names, FALSE);
}

static gchar *
list_unset_fields (GstCreativeUpscaler * self)
{
  GString *list = g_string_new (NULL);
  guint id;

  GST_OBJECT_LOCK (self);
  for (id = 0; id < CUP_N_FIELDS; id++) {
    const CupField *field = cup_field_get (id);

    if (field->property && !cup_values_is_set (self->settings.values, id))
      g_string_append_printf (list, "%s%s", list->len ? "," : "",
          field->property);
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

static gboolean
is_string (GstPreset * preset, const gchar * property)
{
  GParamSpec *spec =
      g_object_class_find_property (G_OBJECT_GET_CLASS (preset), property);

  return spec && spec->value_type == G_TYPE_STRING;
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

  names = get_property_names (preset);
  for (i = 0; names[i] && ok; i++) {
    gchar *tag, *value, *encoded;

    if (!is_string (preset, names[i]))
      continue;
    g_object_get (preset, names[i], &value, NULL);
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
restore_string (GstPreset * preset, const gchar * name, const gchar * property)
{
  gchar *tag = g_strconcat (TAG_EXACT, property, NULL);
  gchar *value = NULL;

  if (gst_preset_get_meta (preset, name, tag, &value) && value && *value == '=') {
    gchar *decoded = g_uri_unescape_string (value + 1, NULL);

    if (decoded)
      g_object_set (preset, property, decoded, NULL);
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

  names = get_property_names (preset);
  for (i = 0; names[i]; i++) {
    if (is_string (preset, names[i]))
      restore_string (preset, name, names[i]);
  }
  g_strfreev (names);
  if (gst_preset_get_meta (preset, name, TAG_UNSET, &unset) && unset)
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
