/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "budgeting.h"

#include <math.h>
#include <string.h>

static const CupDummyPlan hosted = {.hosted = TRUE };

/* Whatever has been posted, in its order. */
static GPtrArray *messages;

Fixture *
budgeting_new (void)
{
  Fixture *f = fixture_new_idle ();

  messages = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_message_unref);
  cup_dummy_engine_set_service (f->engine, TRUE);
  cup_dummy_engine_set_plan (f->engine, &hosted);
  g_object_set (f->element, "max-in-flight", 16, NULL);
  return f;
}

void
budgeting_free (Fixture * f)
{
  fixture_free (f);
  g_clear_pointer (&messages, g_ptr_array_unref);
}

/* Messages */

static gboolean
has_name (GstMessage * message, const gchar * name)
{
  return GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT
      && gst_message_has_name (message, name);
}

const GstStructure *
wait_job (Fixture * f, const gchar * state)
{
  while (TRUE) {
    GstMessage *message = gst_bus_timed_pop (f->bus, GST_CLOCK_TIME_NONE);
    const GstStructure *structure = gst_message_get_structure (message);

    g_ptr_array_add (messages, message);
    if (has_name (message, "creativeupscaler-job")
        && g_str_equal (gst_structure_get_string (structure, "state"), state))
      return structure;
  }
}

void
push_and_wait (Fixture * f, guint8 key, const gchar * state)
{
  g_assert_cmpint (fixture_push (f, key), ==, GST_FLOW_OK);
  wait_job (f, state);
}

void
collect_one (Fixture * f)
{
  g_ptr_array_add (messages, gst_bus_timed_pop (f->bus, GST_CLOCK_TIME_NONE));
}

void
collect (Fixture * f)
{
  GstMessage *message;

  while ((message = gst_bus_pop (f->bus)))
    g_ptr_array_add (messages, message);
}

GstMessage *
find_message (GstMessageType type, const gchar * name, guint nth)
{
  guint i;

  for (i = 0; i < messages->len; i++) {
    GstMessage *message = g_ptr_array_index (messages, i);

    if (GST_MESSAGE_TYPE (message) == type
        && (!name || gst_message_has_name (message, name)) && nth-- == 0)
      return message;
  }
  return NULL;
}

const GstStructure *
find_budget (guint nth)
{
  GstMessage *message =
      find_message (GST_MESSAGE_ELEMENT, "creativeupscaler-budget", nth);

  return message ? gst_message_get_structure (message) : NULL;
}

static void
assert_contains (const gchar * text, const gchar * parts)
{
  gchar **list = g_strsplit (parts, "|", -1);
  guint i;

  for (i = 0; list[i]; i++) {
    if (!strstr (text, list[i]))
      g_error ("no \"%s\" in: %s", list[i], text);
  }
  g_strfreev (list);
}

void
assert_text (GstMessageType type, guint nth, const gchar * parts)
{
  GstMessage *message = find_message (type, NULL, nth);
  GError *error = NULL;
  gchar *debug = NULL;

  g_assert_nonnull (message);
  if (type == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, &debug);
  else if (type == GST_MESSAGE_WARNING)
    gst_message_parse_warning (message, &error, &debug);
  else
    gst_message_parse_info (message, &error, &debug);
  assert_contains (error->message, parts);
  /* What gst-launch-1.0 prints of an info. */
  if (type == GST_MESSAGE_INFO)
    assert_contains (debug, parts);
  g_error_free (error);
  g_free (debug);
}

void
assert_fields (const GstStructure * structure, const gchar * expected)
{
  gchar **pairs = g_strsplit (expected, " ", -1);
  guint i;

  g_assert_nonnull (structure);
  for (i = 0; pairs[i]; i++) {
    gchar **pair = g_strsplit (pairs[i], "=", 2);
    const GValue *value = gst_structure_get_value (structure, pair[0]);
    GValue number = G_VALUE_INIT;
    gdouble wanted = g_ascii_strtod (pair[1], NULL);

    if (!value)
      g_error ("there is no %s", pair[0]);
    g_value_init (&number, G_TYPE_DOUBLE);
    g_assert_true (g_value_transform (value, &number));
    if (fabs (g_value_get_double (&number) - wanted) > 1e-6)
      g_error ("%s is %g and not %g", pair[0], g_value_get_double (&number),
          wanted);
    g_strfreev (pair);
  }
  g_strfreev (pairs);
}

void
assert_stats (Fixture * f, const gchar * expected)
{
  GstStructure *stats;

  g_object_get (f->element, "stats", &stats, NULL);
  assert_fields (stats, expected);
  gst_structure_free (stats);
}

void
assert_string (const GstStructure * structure, const gchar * name,
    const gchar * expected)
{
  g_assert_cmpstr (gst_structure_get_string (structure, name), ==, expected);
}

gboolean
get_flag (const GstStructure * structure, const gchar * name)
{
  gboolean value = FALSE;

  g_assert_true (gst_structure_get_boolean (structure, name, &value));
  return value;
}

/* Frames */

GstBuffer *
make_frame_at (guint8 key, guint8 time)
{
  GstBuffer *buffer = fixture_make_frame (key);

  set_time (buffer, time);
  return buffer;
}
