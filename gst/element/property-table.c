/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "property-table.h"

#define MEMBER(settings, row, type) \
  (*(type *) ((guint8 *) (settings) + (row)->offset))
#define CONST_MEMBER(settings, row, type) \
  (*(type const *) ((const guint8 *) (settings) + (row)->offset))

static GParamSpec *
make_spec (const CupProperty * row, gconstpointer defaults)
{
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | row->flags;

  switch (row->kind) {
    case CUP_PROPERTY_STRING:
      return g_param_spec_string (row->name, row->nick, row->blurb,
          CONST_MEMBER (defaults, row, gchar *), flags);
    case CUP_PROPERTY_SECRET:
      return g_param_spec_string (row->name, row->nick, row->blurb, NULL,
          flags & ~G_PARAM_READABLE);
    case CUP_PROPERTY_NUMBER:
      return g_param_spec_double (row->name, row->nick, row->blurb,
          row->minimum, row->maximum, CONST_MEMBER (defaults, row, gdouble),
          flags);
    case CUP_PROPERTY_UINT:
      return g_param_spec_uint (row->name, row->nick, row->blurb,
          (guint) row->minimum, (guint) row->maximum, CONST_MEMBER (defaults,
              row, guint), flags);
    case CUP_PROPERTY_UINT64:
    case CUP_PROPERTY_TIME:
      return g_param_spec_uint64 (row->name, row->nick, row->blurb,
          (guint64) row->minimum, row->maximum > 0 ? (guint64) row->maximum :
          G_MAXINT64, CONST_MEMBER (defaults, row, guint64), flags);
    case CUP_PROPERTY_BOOLEAN:
      return g_param_spec_boolean (row->name, row->nick, row->blurb,
          CONST_MEMBER (defaults, row, gboolean), flags);
    case CUP_PROPERTY_ENUM:
      gst_type_mark_as_plugin_api (row->get_type (), 0);
      return g_param_spec_enum (row->name, row->nick, row->blurb,
          row->get_type (), CONST_MEMBER (defaults, row, gint), flags);
    case CUP_PROPERTY_OBJECT:
      return g_param_spec_object (row->name, row->nick, row->blurb,
          row->get_type (), flags);
  }
  g_assert_not_reached ();
}

void
cup_property_table_install (GObjectClass * klass, guint first,
    const CupProperty * rows, guint n, gconstpointer defaults)
{
  guint i;

  for (i = 0; i < n; i++)
    g_object_class_install_property (klass, first + i, make_spec (&rows[i],
            defaults));
}

static void
set_string (gchar ** string, const GValue * value, GParamSpec * pspec)
{
  const gchar *text = g_value_get_string (value);

  if (text == NULL)
    text = g_value_get_string (g_param_spec_get_default_value (pspec));
  g_free (*string);
  *string = g_strdup (text);
}

void
cup_property_set (const CupProperty * row, gpointer settings,
    const GValue * value, GParamSpec * pspec)
{
  switch (row->kind) {
    case CUP_PROPERTY_STRING:
      set_string (&MEMBER (settings, row, gchar *), value, pspec);
      break;
    case CUP_PROPERTY_SECRET:
      row->free_secret (MEMBER (settings, row, gchar *));
      MEMBER (settings, row, gchar *) = g_value_dup_string (value);
      break;
    case CUP_PROPERTY_NUMBER:
      MEMBER (settings, row, gdouble) = g_value_get_double (value);
      break;
    case CUP_PROPERTY_UINT:
      MEMBER (settings, row, guint) = g_value_get_uint (value);
      break;
    case CUP_PROPERTY_UINT64:
    case CUP_PROPERTY_TIME:
      MEMBER (settings, row, guint64) = g_value_get_uint64 (value);
      break;
    case CUP_PROPERTY_BOOLEAN:
      MEMBER (settings, row, gboolean) = g_value_get_boolean (value);
      break;
    case CUP_PROPERTY_ENUM:
      MEMBER (settings, row, gint) = g_value_get_enum (value);
      break;
    case CUP_PROPERTY_OBJECT:
      g_set_object (&MEMBER (settings, row, GObject *),
          g_value_get_object (value));
      break;
  }
}

gboolean
cup_property_get (const CupProperty * row, gconstpointer settings,
    GValue * value)
{
  switch (row->kind) {
    case CUP_PROPERTY_STRING:
      g_value_set_string (value, CONST_MEMBER (settings, row, gchar *));
      break;
    case CUP_PROPERTY_SECRET:
      return FALSE;
    case CUP_PROPERTY_NUMBER:
      g_value_set_double (value, CONST_MEMBER (settings, row, gdouble));
      break;
    case CUP_PROPERTY_UINT:
      g_value_set_uint (value, CONST_MEMBER (settings, row, guint));
      break;
    case CUP_PROPERTY_UINT64:
    case CUP_PROPERTY_TIME:
      g_value_set_uint64 (value, CONST_MEMBER (settings, row, guint64));
      break;
    case CUP_PROPERTY_BOOLEAN:
      g_value_set_boolean (value, CONST_MEMBER (settings, row, gboolean));
      break;
    case CUP_PROPERTY_ENUM:
      g_value_set_enum (value, CONST_MEMBER (settings, row, gint));
      break;
    case CUP_PROPERTY_OBJECT:
      g_value_set_object (value, CONST_MEMBER (settings, row, GObject *));
      break;
  }
  return TRUE;
}
