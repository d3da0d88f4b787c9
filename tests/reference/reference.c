/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes docs/reference.md from the element itself, so that the page cannot
 * say anything else than the element does:
 *
 *   reference            writes the page to the standard output
 *   reference --check F  fails where the file F is another page
 */
#include <gst/gst.h>
#include <stdio.h>

#include "element/actions.h"
#include "element/gstcreativeupscaler.h"
#include "element/stats.h"

/* In a table a bar would end the cell. */
static void
append_cell (GString * page, const gchar * text)
{
  for (; *text; text++) {
    if (*text == '|')
      g_string_append_c (page, '\\');
    g_string_append_c (page, *text);
  }
}

static void
append_pad (GString * page, GstPadTemplate * template)
{
  GstCaps *caps = gst_pad_template_get_caps (template);
  guint i;

  g_string_append_printf (page, "- `%s` (%s, always): ",
      GST_PAD_TEMPLATE_NAME_TEMPLATE (template),
      template->direction == GST_PAD_SINK ? "sink" : "source");
  for (i = 0; i < gst_caps_get_size (caps); i++)
    g_string_append_printf (page, "%s`%s`", i > 0 ? ", " : "",
        gst_structure_get_name (gst_caps_get_structure (caps, i)));
  g_string_append (page, "\n");
  gst_caps_unref (caps);
}

static void
append_pads (GString * page, GstElementClass * klass)
{
  g_string_append (page, "\n## Pads\n\n");
  append_pad (page, gst_element_class_get_pad_template (klass, "sink"));
  append_pad (page, gst_element_class_get_pad_template (klass, "src"));
  g_string_append (page, "\nRaw video is in system memory, in any format that "
      "GStreamer can unpack to pixels.\nAn image is a whole file in one "
      "buffer.\n");
}

static const gchar *
get_choice_text (const CupField * field, const GEnumValue * value)
{
  return field ? field->choices[value->value].description : value->value_name;
}

static void
append_enum (GString * page, GParamSpecEnum * spec, const CupField * field)
{
  guint i;

  g_string_append (page, "\n| value | |\n|---|---|\n");
  for (i = 0; i < spec->enum_class->n_values; i++) {
    const GEnumValue *value = &spec->enum_class->values[i];

    g_string_append_printf (page, "| `%s`%s | ", value->value_nick,
        value->value == spec->default_value ? " (default)" : "");
    append_cell (page, get_choice_text (field, value));
    g_string_append (page, " |\n");
  }
}

static void
append_range (GString * page, GParamSpec * spec)
{
  if (G_IS_PARAM_SPEC_DOUBLE (spec)) {
    GParamSpecDouble *s = G_PARAM_SPEC_DOUBLE (spec);

    g_string_append_printf (page, "double, %.12g to %.12g, default %.12g",
        s->minimum, s->maximum, s->default_value);
  } else if (G_IS_PARAM_SPEC_UINT (spec)) {
    GParamSpecUInt *s = G_PARAM_SPEC_UINT (spec);

    g_string_append_printf (page, "unsigned integer, %u to %u, default %u",
        s->minimum, s->maximum, s->default_value);
  } else if (G_IS_PARAM_SPEC_INT (spec)) {
    GParamSpecInt *s = G_PARAM_SPEC_INT (spec);

    g_string_append_printf (page, "integer, %d to %d, default %d", s->minimum,
        s->maximum, s->default_value);
  } else if (G_IS_PARAM_SPEC_INT64 (spec)) {
    GParamSpecInt64 *s = G_PARAM_SPEC_INT64 (spec);

    g_string_append_printf (page, "64-bit integer, %" G_GINT64_FORMAT " to %"
        G_GINT64_FORMAT ", default %" G_GINT64_FORMAT, s->minimum, s->maximum,
        s->default_value);
  } else if (G_IS_PARAM_SPEC_UINT64 (spec)) {
    GParamSpecUInt64 *s = G_PARAM_SPEC_UINT64 (spec);

    g_string_append_printf (page, "unsigned 64-bit integer, %" G_GUINT64_FORMAT
        " to %" G_GUINT64_FORMAT ", default %" G_GUINT64_FORMAT, s->minimum,
        s->maximum, s->default_value);
  } else if (G_IS_PARAM_SPEC_BOOLEAN (spec)) {
    g_string_append_printf (page, "boolean, default %s",
        G_PARAM_SPEC_BOOLEAN (spec)->default_value ? "true" : "false");
  } else if (G_IS_PARAM_SPEC_STRING (spec)) {
    const gchar *text = G_PARAM_SPEC_STRING (spec)->default_value;

    if (text)
      g_string_append_printf (page, "string, default `%s`", text);
    else
      g_string_append (page, "string, not set by default");
  } else if (G_IS_PARAM_SPEC_ENUM (spec)) {
    g_string_append (page, "one of these values");
  } else {
    g_string_append_printf (page, "%s, not set by default",
        g_type_name (spec->value_type));
  }
}

static const gchar *
get_changes (GParamSpec * spec)
{
  if (!(spec->flags & G_PARAM_WRITABLE))
    return "can only be read, at any time";
  if (spec->flags & GST_PARAM_CONTROLLABLE)
    return "can be changed at any time, also by a controller (GstController)";
  if (spec->flags & GST_PARAM_MUTABLE_PLAYING)
    return "can be changed at any time";
  return "can be changed in NULL and READY";
}

static void
append_property (GString * page, GParamSpec * spec)
{
  const CupField *field = cup_field_find_property (spec->name);

  g_string_append_printf (page, "\n### `%s`\n\n%s.\n\n", spec->name,
      g_param_spec_get_blurb (spec));
  append_range (page, spec);
  g_string_append_printf (page, "; %s", get_changes (spec));
  if (!(spec->flags & G_PARAM_READABLE))
    g_string_append (page, "; cannot be read back");
  if (field)
    g_string_append_printf (page, "; since %s", field->since);
  g_string_append (page, "\n");
  if (G_IS_PARAM_SPEC_ENUM (spec))
    append_enum (page, G_PARAM_SPEC_ENUM (spec), field);
}

static void
append_properties (GString * page, GObjectClass * klass)
{
  GParamSpec **specs;
  guint n, i;

  g_string_append (page, "\n## Properties\n\nWhere a description begins with "
      "`fal:` the property matters with `engine=fal` only,\nand with "
      "`local:` with `engine=local` only. Those before `extra-input` are fields "
      "of the service;\nof these `engine=local` knows `scale`, `creativity`, "
      "`detail`, `shape-preservation`, `seed`, `skip-ccsr`,\n"
      "`override-size-limits`, and with `local-model=auto` "
      "`num-inference-steps`. A field that is not set\nis not sent, and the "
      "service's default holds; the defaults given here are those of\n"
      "`fal-ai/creative-upscaler`.\n\n"
      "A change holds for the frames that come after it. `on-error`, "
      "`max-failures`, `on-unsafe`, `on-budget`,\n`late` and `size-policy` are "
      "looked at when a frame's turn to leave comes; `max-in-flight`, "
      "`latency`,\n`max-requests`, `max-cost` and the prices hold at once. "
      "What can be changed in NULL and READY\nholds from the next step from "
      "READY to PAUSED on.\n");
  specs = g_object_class_list_properties (klass, &n);
  for (i = 0; i < n; i++) {
    if (specs[i]->owner_type == GST_TYPE_CREATIVE_UPSCALER)
      append_property (page, specs[i]);
  }
  g_free (specs);
}

static void
append_stats (GString * page)
{
  const CupStatsField *fields;
  guint n, i;

  g_string_append (page, "\n## Fields of `stats`\n\nThe structure is named `"
      CUP_STATS_NAME "`.\n\n| field | type | |\n|---|---|---|\n");
  fields = cup_stats_get_fields (&n);
  for (i = 0; i < n; i++) {
    g_string_append_printf (page, "| `%s` | %s | ", fields[i].name,
        g_type_name (fields[i].type));
    append_cell (page, fields[i].blurb);
    g_string_append (page, " |\n");
  }
}

static void
append_signals (GString * page)
{
  guint *ids, n, i;

  g_string_append (page, "\n## Action signals\n");
  ids = g_signal_list_ids (GST_TYPE_CREATIVE_UPSCALER, &n);
  for (i = 0; i < n; i++) {
    GSignalQuery query;

    g_signal_query (ids[i], &query);
    g_string_append_printf (page, "\n### `%s` → %s\n\n%s.\n",
        query.signal_name, g_type_name (query.return_type),
        cup_action_get_blurb (query.signal_name));
  }
  g_free (ids);
}

static gchar *
make_page (void)
{
  GObjectClass *klass = g_type_class_ref (GST_TYPE_CREATIVE_UPSCALER);
  GString *page = g_string_new ("# Reference of `creativeupscaler`\n\n"
      "Made by `build/tests/reference`; not to be edited.\n\n");

  g_string_append_printf (page, "%s.\n",
      gst_element_class_get_metadata (GST_ELEMENT_CLASS (klass),
          GST_ELEMENT_METADATA_DESCRIPTION));
  append_pads (page, GST_ELEMENT_CLASS (klass));
  append_properties (page, klass);
  append_stats (page);
  append_signals (page);
  g_type_class_unref (klass);
  return g_string_free (page, FALSE);
}

int
main (int argc, char **argv)
{
  gchar *page, *committed = NULL;
  GError *error = NULL;
  int status = 0;

  gst_init (&argc, &argv);
  page = make_page ();
  if (argc == 3 && g_str_equal (argv[1], "--check")) {
    if (!g_file_get_contents (argv[2], &committed, NULL, &error)) {
      g_printerr ("%s\n", error->message);
      g_clear_error (&error);
      status = 1;
    } else if (!g_str_equal (page, committed)) {
      g_printerr ("%s is stale: build/tests/reference >docs/reference.md\n",
          argv[2]);
      status = 1;
    }
  } else {
    fputs (page, stdout);
  }
  g_free (committed);
  g_free (page);
  return status;
}
