/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "choosing.h"

void
set_enum (Fixture * f, const gchar * property, const gchar * value)
{
  gst_util_set_object_arg (G_OBJECT (f->element), property, value);
}

void
set_time (GstBuffer * buffer, guint n)
{
  GST_BUFFER_PTS (buffer) = n * FRAME_DURATION;
  GST_BUFFER_DURATION (buffer) = FRAME_DURATION;
}

void
push_eos (Fixture * f)
{
  gst_harness_push_event (f->harness, gst_event_new_eos ());
}

const GstStructure *
get_meta (GstBuffer * buffer)
{
  GstCustomMeta *meta =
      gst_buffer_get_custom_meta (buffer, "GstCreativeUpscalerMeta");

  g_assert_nonnull (meta);
  return gst_custom_meta_get_structure (meta);
}

gboolean
get_boolean (GstBuffer * buffer, const gchar * name)
{
  gboolean value = FALSE;

  g_assert_true (gst_structure_get_boolean (get_meta (buffer), name, &value));
  return value;
}

GstBuffer *
pull_kind (Fixture * f, guint n, Kind kind)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);
  guint64 pts = 0;

  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, n * FRAME_DURATION);
  g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, FRAME_DURATION);
  g_assert_true (gst_structure_get_uint64 (get_meta (buffer), "pts", &pts));
  g_assert_cmpuint (pts, ==, n * FRAME_DURATION);
  /* What has a job of its own may share its result with an equal one. */
  if (kind != SENT || g_strcmp0 (gst_structure_get_string (get_meta (buffer),
              "origin"), "shared") != 0)
    g_assert_cmpint (get_boolean (buffer, "reused"), ==, kind == REUSED);
  g_assert_cmpint (get_boolean (buffer, "passthrough"), ==, kind == PASSED);
  return buffer;
}

void
assert_sent (Fixture * f, guint expected)
{
  g_assert_cmpuint (fixture_get_count (f, "frames-done")
      + fixture_get_count (f, "frames-failed")
      + fixture_get_count (f, "frames-cancelled"), ==, expected);
}

void
assert_stat (Fixture * f, const gchar * name, guint64 expected)
{
  GstStructure *stats;
  guint64 value = G_MAXUINT64;

  g_object_get (f->element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, name, &value));
  g_assert_cmpuint (value, ==, expected);
  gst_structure_free (stats);
}
