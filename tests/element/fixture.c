/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture.h"

#include <string.h>

void
fixture_register (void)
{
  g_assert_true (GST_ELEMENT_REGISTER (creativeupscaler, NULL));
}

int
fixture_run (void)
{
  int status = g_test_run ();

  gst_deinit ();
  return status;
}

static GstPadProbeReturn
record_item (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Fixture *fixture = user_data;
  gchar *text;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    guint8 first = 0;

    gst_buffer_extract (GST_PAD_PROBE_INFO_BUFFER (info), 0, &first, 1);
    text = g_strdup_printf ("%d", first);
  } else {
    text = g_strdup (GST_EVENT_TYPE_NAME (GST_PAD_PROBE_INFO_EVENT (info)));
  }
  g_mutex_lock (&fixture->lock);
  g_ptr_array_add (fixture->record, text);
  g_cond_broadcast (&fixture->cond);
  g_mutex_unlock (&fixture->lock);
  return GST_PAD_PROBE_OK;
}

void
fixture_record_pad (Fixture * fixture, GstPad * pad)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER
      | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH,
      record_item, fixture, NULL);
}

Fixture *
fixture_new_idle (void)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  g_mutex_init (&fixture->lock);
  g_cond_init (&fixture->cond);
  fixture->record = g_ptr_array_new_with_free_func (g_free);
  fixture->engine = cup_dummy_engine_new ();
  fixture->element = gst_element_factory_make ("creativeupscaler", NULL);
  g_assert_nonnull (fixture->element);
  gst_creative_upscaler_use_engine (GST_CREATIVE_UPSCALER (fixture->element),
      CUP_ENGINE (fixture->engine));
  fixture->bus = gst_bus_new ();
  gst_element_set_bus (fixture->element, fixture->bus);
  return fixture;
}

void
fixture_play (Fixture * fixture)
{
  fixture->harness = gst_harness_new_with_element (fixture->element, "sink",
      "src");
  /* It is live otherwise. */
  gst_harness_set_live (fixture->harness, FALSE);
  /* The harness takes the bus of its elements. */
  gst_element_set_bus (fixture->element, fixture->bus);
  fixture_record_pad (fixture, fixture->harness->sinkpad);
  fixture_set_caps (fixture, FRAME_CAPS);
}

Fixture *
fixture_new (const gchar * first_property, ...)
{
  Fixture *fixture = fixture_new_idle ();
  va_list args;

  va_start (args, first_property);
  if (first_property)
    g_object_set_valist (G_OBJECT (fixture->element), first_property, args);
  va_end (args);
  fixture_play (fixture);
  return fixture;
}

void
fixture_drop_element (Fixture * fixture)
{
  if (!fixture->element)
    return;
  gst_element_set_state (fixture->element, GST_STATE_NULL);
  g_clear_pointer (&fixture->harness, gst_harness_teardown);
  gst_clear_object (&fixture->element);
}

void
fixture_free (Fixture * fixture)
{
  fixture_drop_element (fixture);
  /* What the engine's thread is about to free is not a leak. */
  cup_dummy_engine_sync (fixture->engine);
  g_object_unref (fixture->engine);
  gst_bus_set_flushing (fixture->bus, TRUE);
  gst_object_unref (fixture->bus);
  g_ptr_array_unref (fixture->record);
  g_cond_clear (&fixture->cond);
  g_mutex_clear (&fixture->lock);
  g_free (fixture);
}

void
fixture_set_caps (Fixture * fixture, const gchar * caps)
{
  gst_harness_set_src_caps_str (fixture->harness, caps);
}

GstBuffer *
fixture_make_frame (guint8 key)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL,
      FRAME_WIDTH * FRAME_HEIGHT * 4, NULL);
  gsize alpha;

  gst_buffer_memset (buffer, 0, key, -1);
  for (alpha = 3; alpha < FRAME_WIDTH * FRAME_HEIGHT * 4; alpha += 4)
    gst_buffer_memset (buffer, alpha, 255, 1);
  GST_BUFFER_PTS (buffer) = key * FRAME_DURATION;
  GST_BUFFER_DURATION (buffer) = FRAME_DURATION;
  return buffer;
}

GstFlowReturn
fixture_push (Fixture * fixture, guint8 key)
{
  return gst_harness_push (fixture->harness, fixture_make_frame (key));
}

gchar *
fixture_wait (Fixture * fixture, guint n)
{
  gchar *text;

  g_mutex_lock (&fixture->lock);
  while (fixture->record->len < n)
    g_cond_wait (&fixture->cond, &fixture->lock);
  g_ptr_array_add (fixture->record, NULL);
  text = g_strjoinv ("|", (gchar **) fixture->record->pdata);
  g_ptr_array_set_size (fixture->record, (gint) fixture->record->len - 1);
  g_mutex_unlock (&fixture->lock);
  return text;
}

void
fixture_assert_record (Fixture * fixture, const gchar * expected)
{
  gchar **words = g_strsplit (expected, "|", -1);
  gchar *found = fixture_wait (fixture, g_strv_length (words));

  g_assert_cmpstr (found, ==, expected);
  g_free (found);
  g_strfreev (words);
}

static GstStructure *
take_job (GstMessage * message)
{
  GstStructure *structure = NULL;

  if (message && gst_message_has_name (message, "creativeupscaler-job"))
    structure = gst_structure_copy (gst_message_get_structure (message));
  gst_clear_message (&message);
  return structure;
}

GstStructure *
fixture_wait_job (Fixture * fixture, const gchar * state)
{
  GstStructure *structure;

  do {
    structure = take_job (gst_bus_timed_pop_filtered (fixture->bus,
            GST_CLOCK_TIME_NONE, GST_MESSAGE_ELEMENT));
  } while (!structure);
  g_assert_cmpstr (gst_structure_get_string (structure, "state"), ==, state);
  return structure;
}

GstStructure *
fixture_pop_job (Fixture * fixture)
{
  GstMessage *message;
  GstStructure *structure = NULL;

  while (!structure && (message = gst_bus_pop_filtered (fixture->bus,
              GST_MESSAGE_ELEMENT)))
    structure = take_job (message);
  return structure;
}

void
fixture_expect_job (Fixture * fixture, const gchar * state)
{
  gst_structure_free (fixture_wait_job (fixture, state));
}

GstMessage *
fixture_wait_message (Fixture * fixture, GstMessageType type)
{
  GstMessage *message = gst_bus_timed_pop_filtered (fixture->bus,
      GST_CLOCK_TIME_NONE, type);

  g_assert_nonnull (message);
  return message;
}

guint64
fixture_get_count (Fixture * fixture, const gchar * name)
{
  GstStructure *stats;
  guint64 count = G_MAXUINT64;

  g_object_get (fixture->element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, name, &count));
  gst_structure_free (stats);
  return count;
}
