/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Properties as rows of tables: each says where its value is in a structure of
 * settings, and the structure's initial values are the defaults.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum
{
  CUP_PROPERTY_STRING,          /* gchar *, may be NULL */
  CUP_PROPERTY_SECRET,          /* gchar *, write only */
  CUP_PROPERTY_NUMBER,          /* gdouble */
  CUP_PROPERTY_UINT,            /* guint */
  CUP_PROPERTY_UINT64,          /* guint64 */
  CUP_PROPERTY_TIME,            /* GstClockTime */
  CUP_PROPERTY_BOOLEAN,         /* gboolean */
  CUP_PROPERTY_ENUM,            /* gint */
  CUP_PROPERTY_OBJECT,          /* GObject *, may be NULL */
} CupPropertyKind;

/**
 * CupProperty:
 * @offset: of the value in the structure
 * @minimum: of numbers
 * @maximum: of numbers; 0 for times and guint64 that have no limit
 * @get_type: of enums and objects
 * @free_secret: of secrets
 * @flags: when it may change: GST_PARAM_MUTABLE_…
 */
typedef struct
{
  const gchar *name;
  const gchar *nick;
  const gchar *blurb;
  CupPropertyKind kind;
  gsize offset;
  gdouble minimum;
  gdouble maximum;
  GType (*get_type) (void);
  void (*free_secret) (gchar *);
  GParamFlags flags;
} CupProperty;

/* Installs the @n rows with the ids from @first on; @defaults is a structure
 * with the initial values. */
void cup_property_table_install (GObjectClass * klass, guint first,
    const CupProperty * rows, guint n, gconstpointer defaults);

/* Between @value and the member of @settings. A string that has a default goes
 * back to it with NULL. */
void cup_property_set (const CupProperty * row, gpointer settings,
    const GValue * value, GParamSpec * pspec);
/* FALSE for what cannot be read. */
gboolean cup_property_get (const CupProperty * row, gconstpointer settings,
    GValue * value);

/* A function that registers the enum @name of the GEnumValue array @values. */
#define CUP_DEFINE_ENUM(function, name, values)                         \
GType                                                                   \
function (void)                                                         \
{                                                                       \
  static GType type = 0;                                                \
                                                                        \
  if (g_once_init_enter (&type)) {                                      \
    GType new_type = g_enum_register_static (name, values);             \
                                                                        \
    g_once_init_leave (&type, new_type);                                \
  }                                                                     \
  return type;                                                          \
}

G_END_DECLS
