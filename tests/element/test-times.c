/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frames that come without times: what is made of a framerate, and what is said
 * where there is none.
 */
#include "fixture.h"

#include <string.h>

static const CupDummyPlan held = {.delay = CUP_DUMMY_HOLD };

/* @caps: of the frames, which come as from a file: not in time. */
static Fixture *
file_fixture (const gchar * caps, GstFormat format)
{
  Fixture *f = fixture_new ("max-in-flight", 8, NULL);
  GstSegment segment;

  fixture_set_caps (f, caps);
  gst_segment_init (&segment, format);
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  return f;
}

static void
push_untimed (Fixture * f, guint8 key)
{
  GstBuffer *buffer = fixture_make_frame (key);

  GST_BUFFER_PTS (buffer) = GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
}

static void
assert_times (Fixture * f, GstClockTime pts, GstClockTime duration)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);

  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, pts);
  g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, duration);
  gst_buffer_unref (buffer);
}

static gboolean
has_warning (Fixture * f)
{
  GstMessage *message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING);
  GError *error = NULL;

  if (!message)
    return FALSE;
  gst_message_parse_warning (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, "no framerate"));
  g_assert_nonnull (strstr (error->message, "framerate=25/1"));
  g_error_free (error);
  gst_message_unref (message);
  return TRUE;
}

#define UNTIMED "video/x-raw,format=RGBA,width=16,height=12,framerate=0/1"

/* One warning, with the second frame, which the engine has not got by then. Of
 * a source that knows no time the first frame is at the beginning. */
static void
test_warned (void)
{
  static const GstFormat formats[] = { GST_FORMAT_BYTES, GST_FORMAT_TIME };
  guint i;

  for (i = 0; i < 2; i++) {
    Fixture *f = file_fixture (UNTIMED, formats[i]);

    cup_dummy_engine_set_plan (f->engine, &held);
    push_untimed (f, 1);
    cup_dummy_engine_wait_started (f->engine, 1);
    g_assert_false (has_warning (f));
    push_untimed (f, 2);
    g_assert_true (has_warning (f));
    push_untimed (f, 3);
    g_assert_false (has_warning (f));
    cup_dummy_engine_wait_started (f->engine, 3);
    cup_dummy_engine_release_all (f->engine);
    assert_times (f, formats[i] == GST_FORMAT_TIME ? GST_CLOCK_TIME_NONE : 0,
        GST_CLOCK_TIME_NONE);
    assert_times (f, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE);
    assert_times (f, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE);
    fixture_free (f);
  }
}

typedef struct
{
  Fixture *fixture;
  guint n_started;              /* when the warning was posted */
} Watch;

static GstBusSyncReply
watch_warning (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Watch *watch = user_data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
    watch->n_started = cup_dummy_engine_get_n_started (watch->fixture->engine);
  return GST_BUS_PASS;
}

/* Before the second frame is paid for. */
static void
test_warned_before (void)
{
  Watch watch = { file_fixture (UNTIMED, GST_FORMAT_BYTES), 0 };

  gst_bus_set_sync_handler (watch.fixture->bus, watch_warning, &watch, NULL);
  push_untimed (watch.fixture, 1);
  gst_buffer_unref (gst_harness_pull (watch.fixture->harness));
  push_untimed (watch.fixture, 2);
  g_assert_cmpuint (watch.n_started, ==, 1);
  gst_bus_set_sync_handler (watch.fixture->bus, NULL, NULL, NULL);
  fixture_free (watch.fixture);
}

/* A framerate gives all of them times. */
static void
test_framerate (void)
{
  Fixture *f = file_fixture (FRAME_CAPS, GST_FORMAT_BYTES);
  guint i;

  for (i = 0; i < 3; i++) {
    push_untimed (f, (guint8) (i + 1));
    assert_times (f, i * FRAME_DURATION, FRAME_DURATION);
  }
  g_assert_false (has_warning (f));
  fixture_free (f);
}

/* Frames that have times need no framerate. */
static void
test_varying (void)
{
  Fixture *f = file_fixture (UNTIMED, GST_FORMAT_TIME);
  guint i;

  for (i = 0; i < 3; i++) {
    fixture_push (f, (guint8) (i + 1));
    assert_times (f, (i + 1) * FRAME_DURATION, FRAME_DURATION);
  }
  g_assert_false (has_warning (f));
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  fixture_register ();
  g_test_add_func ("/times/warned", test_warned);
  g_test_add_func ("/times/warned-before", test_warned_before);
  g_test_add_func ("/times/framerate", test_framerate);
  g_test_add_func ("/times/varying", test_varying);
  return fixture_run ();
}
