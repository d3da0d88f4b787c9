/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which frames are sent to the engine (select), and what becomes of the others
 * (unselected). Frames have their number as key and leave with that of the frame
 * whose picture they have.
 */
#include "choosing.h"

#include <string.h>

#define START "stream-start|caps|segment"

static const CupDummyPlan held = {.delay = CUP_DUMMY_HOLD,.hosted = TRUE };
static const CupDummyPlan hosted = {.hosted = TRUE };

static Fixture *
choosing (const gchar * select, const gchar * unselected)
{
  Fixture *f = fixture_new ("max-in-flight", 64, NULL);

  set_enum (f, "select", select);
  set_enum (f, "unselected", unselected);
  cup_dummy_engine_set_plan (f->engine, &hosted);
  return f;
}

static Fixture *
by_interval (guint interval, const gchar * unselected)
{
  Fixture *f = choosing ("interval", unselected);

  g_object_set (f->element, "interval", interval, NULL);
  return f;
}

static void
push (Fixture * f, guint from, guint to)
{
  for (; from <= to; from++)
    g_assert_cmpint (fixture_push (f, (guint8) from), ==, GST_FLOW_OK);
}

static void
flush (Fixture * f)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
}

/* Pulls the frame @n, which has the picture of the frame @key. */
static GstBuffer *
pull (Fixture * f, guint n, guint8 key, Kind kind)
{
  GstBuffer *buffer = pull_kind (f, n, kind);
  gchar *id = kind == PASSED ? NULL : g_strdup_printf ("request-%u", key);
  guint8 first = 255;

  gst_buffer_extract (buffer, 0, &first, 1);
  g_assert_cmpuint (first, ==, key);
  g_assert_cmpstr (gst_structure_get_string (get_meta (buffer), "request-id"),
      ==, id);
  g_free (id);
  return buffer;
}

static void
expect (Fixture * f, guint n, guint8 key, Kind kind)
{
  gst_buffer_unref (pull (f, n, key, kind));
}

static gboolean
is_discont (GstBuffer * buffer)
{
  return GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT);
}

static guint
get_in_flight (Fixture * f)
{
  GstStructure *stats;
  guint value = 0;

  g_object_get (f->element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint (stats, "frames-in-flight", &value));
  gst_structure_free (stats);
  return value;
}

/* The next GAP that left. */
static void
expect_gap (Fixture * f, guint from, guint n)
{
  GstClockTime start, duration;
  GstEvent *event;

  while ((event = gst_harness_pull_event (f->harness))
      && GST_EVENT_TYPE (event) != GST_EVENT_GAP)
    gst_event_unref (event);
  g_assert_nonnull (event);
  gst_event_parse_gap (event, &start, &duration);
  g_assert_cmpuint (start, ==, from * FRAME_DURATION);
  g_assert_cmpuint (duration, ==, n * FRAME_DURATION);
  gst_event_unref (event);
}

/* Intervals */

/* While the jobs are held all is in the window, and holes are one. */
static void
test_drop (void)
{
  Fixture *f = by_interval (4, "drop");
  GstBuffer *buffer;

  cup_dummy_engine_set_plan (f->engine, &held);
  push (f, 0, 9);
  push_eos (f);
  cup_dummy_engine_wait_started (f->engine, 3);
  cup_dummy_engine_release (f->engine, 8);
  cup_dummy_engine_release (f->engine, 4);
  cup_dummy_engine_release (f->engine, 0);
  fixture_assert_record (f, START "|0|gap|4|gap|8|gap|eos");
  expect (f, 0, 0, SENT);
  buffer = pull (f, 4, 4, SENT);
  g_assert_true (is_discont (buffer));
  gst_buffer_unref (buffer);
  buffer = pull (f, 8, 8, SENT);
  g_assert_true (is_discont (buffer));
  gst_buffer_unref (buffer);
  expect_gap (f, 1, 3);
  expect_gap (f, 5, 3);
  expect_gap (f, 9, 1);
  assert_sent (f, 3);
  assert_stat (f, "frames-in", 10);
  assert_stat (f, "frames-out", 3);
  assert_stat (f, "frames-dropped", 7);
  assert_stat (f, "dropped-unselected", 7);
  fixture_free (f);
}

/* The rate stays, whether results come at once, late or in another order. */
static void
run_at_rate (const gchar * unselected, Kind kind, gboolean hold)
{
  Fixture *f = by_interval (4, unselected);
  GstBuffer *buffer;
  guint i;

  if (hold)
    cup_dummy_engine_set_plan (f->engine, &held);
  push (f, 0, 9);
  push_eos (f);
  if (hold) {
    cup_dummy_engine_wait_started (f->engine, 3);
    g_assert_cmpuint (get_in_flight (f), ==, 10);
    cup_dummy_engine_release (f->engine, 8);
    cup_dummy_engine_release (f->engine, 4);
    cup_dummy_engine_release (f->engine, 0);
  }
  for (i = 0; i < 10; i++) {
    buffer = pull (f, i, kind == REUSED ? i / 4 * 4 : i, i % 4 ? kind : SENT);
    g_assert_true (i == 0 || !is_discont (buffer));
    gst_buffer_unref (buffer);
  }
  fixture_assert_record (f, kind == REUSED ?
      START "|0|0|0|0|4|4|4|4|8|8|eos" : START "|0|1|2|3|4|5|6|7|8|9|eos");
  assert_sent (f, 3);
  assert_stat (f, "frames-out", 10);
  assert_stat (f, "frames-done", 3);
  assert_stat (f, "frames-cancelled", 0);
  assert_stat (f, "frames-dropped", 0);
  assert_stat (f, "frames-reused", kind == REUSED ? 7 : 0);
  assert_stat (f, "frames-passed-through", kind == PASSED ? 7 : 0);
  fixture_free (f);
}

static void
test_local (void)
{
  run_at_rate ("local", PASSED, FALSE);
  run_at_rate ("local", PASSED, TRUE);
}

static void
test_repeat (void)
{
  run_at_rate ("repeat", REUSED, FALSE);
  run_at_rate ("repeat", REUSED, TRUE);
}

static void
test_interval_time (void)
{
  Fixture *f = by_interval (7, "local");
  guint i;

  g_object_set (f->element, "interval-time", (guint64) (5 * FRAME_DURATION),
      NULL);
  push (f, 0, 49);
  for (i = 0; i < 50; i++)
    expect (f, i, i, i % 5 ? PASSED : SENT);
  assert_sent (f, 10);
  fixture_free (f);
}

/* Leaks of a queue in front are no reason to pay for more. */
static void
test_discont_in_front (void)
{
  Fixture *f = by_interval (10, "drop");
  guint8 i;

  for (i = 0; i < 30; i++) {
    GstBuffer *buffer = fixture_make_frame (i);

    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
  }
  for (i = 0; i < 30; i += 10)
    expect (f, i, i, SENT);
  assert_sent (f, 3);
  fixture_free (f);
}

/* What QoS drops was not sent: the next one is in its place. */
static void
test_late (void)
{
  Fixture *f = by_interval (4, "drop");

  push (f, 0, 2);
  expect (f, 0, 0, SENT);
  /* Nothing before the frame 5. */
  gst_harness_push_upstream_event (f->harness,
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, FRAME_DURATION / 2,
          4 * FRAME_DURATION));
  push (f, 3, 9);
  expect (f, 5, 5, SENT);
  expect (f, 9, 9, SENT);
  assert_sent (f, 3);
  assert_stat (f, "dropped-late", 1);
  assert_stat (f, "dropped-unselected", 6);
  fixture_free (f);
}

/* Frames that are left out need no place, and no job ends for them. */
static void
test_full (void)
{
  Fixture *f = by_interval (4, "drop");

  g_object_set (f->element, "max-in-flight", 1, NULL);
  cup_dummy_engine_set_plan (f->engine, &held);
  push (f, 0, 3);
  cup_dummy_engine_release_all (f->engine);
  push (f, 4, 7);
  expect (f, 0, 0, SENT);
  expect (f, 4, 4, SENT);
  fixture_free (f);
}

static void
run_full_live (const gchar * unselected)
{
  Fixture *f = by_interval (4, unselected);

  gst_harness_set_live (f->harness, TRUE);
  set_enum (f, "overflow", "drop-old");
  g_object_set (f->element, "max-in-flight", 1, NULL);
  cup_dummy_engine_set_plan (f->engine, &held);
  push (f, 0, 3);
  assert_stat (f, "frames-cancelled", 0);
  cup_dummy_engine_release_all (f->engine);
  expect (f, 0, 0, SENT);
  assert_stat (f, "frames-dropped", 3);
  fixture_free (f);
}

static void
test_full_live (void)
{
  run_full_live ("drop");
  run_full_live ("local");
  run_full_live ("repeat");
}

static gpointer
push_one (gpointer user_data)
{
  Fixture *f = user_data;

  push (f, 3, 3);
  return NULL;
}

/* Frames that are not sent have places in the window, too. */
static void
test_in_flight (void)
{
  static const gchar *const values[] = { "local", "repeat" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (values); i++) {
    Fixture *f = by_interval (100, values[i]);
    GThread *thread;

    g_object_set (f->element, "max-in-flight", 3, NULL);
    cup_dummy_engine_set_plan (f->engine, &held);
    push (f, 0, 2);
    thread = g_thread_new ("push", push_one, f);
    g_usleep (20000);
    g_assert_cmpuint (get_in_flight (f), ==, 3);
    cup_dummy_engine_release_all (f->engine);
    g_thread_join (thread);
    gst_buffer_unref (gst_harness_pull (f->harness));
    gst_buffer_unref (gst_harness_pull (f->harness));
    gst_buffer_unref (gst_harness_pull (f->harness));
    expect (f, 3, i == 0 ? 3 : 0, i == 0 ? PASSED : REUSED);
    fixture_free (f);
  }
}

/* Long enough for all workers to be busy with them. */
static void
test_many (void)
{
  const CupDummyPlan slow = {.delay = 3,.hosted = TRUE };
  guint repeated, i;

  for (repeated = 0; repeated < 2; repeated++) {
    Fixture *f = by_interval (20, repeated ? "repeat" : "local");

    cup_dummy_engine_set_plan (f->engine, &slow);
    push (f, 0, 199);
    for (i = 0; i < 200; i++)
      expect (f, i, repeated ? i / 20 * 20 : i, i % 20 == 0 ? SENT :
          repeated ? REUSED : PASSED);
    assert_sent (f, 10);
    fixture_free (f);
  }
}

/* Where nobody sends, upstream is told all the same that downstream is gone. */
static GstPadProbeReturn
refuse (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_ERROR;
  return GST_PAD_PROBE_HANDLED;
}

static void
test_refused (void)
{
  Fixture *f = by_interval (1000000, "drop");
  GstFlowReturn flow;
  GstPad *pad = gst_element_get_static_pad (f->element, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, refuse, NULL, NULL);
  do {
    flow = fixture_push (f, 0);
    g_thread_yield ();
  } while (flow == GST_FLOW_OK);
  g_assert_cmpint (flow, ==, GST_FLOW_ERROR);
  gst_object_unref (pad);
  fixture_free (f);
}

/* What else the stream does */

static void
test_flush (void)
{
  static const gchar *const values[] = { "drop", "local", "repeat" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (values); i++) {
    Fixture *f = by_interval (10, values[i]);

    push (f, 0, 2);
    expect (f, 0, 0, SENT);
    if (i > 0) {
      expect (f, 1, i == 1 ? 1 : 0, i == 1 ? PASSED : REUSED);
      expect (f, 2, i == 1 ? 2 : 0, i == 1 ? PASSED : REUSED);
    }
    flush (f);
    push (f, 5, 6);
    expect (f, 5, 5, SENT);
    if (i > 0)
      expect (f, 6, i == 1 ? 6 : 5, i == 1 ? PASSED : REUSED);
    assert_sent (f, 2);
    fixture_free (f);
  }
}

/* A result from before a flush does not leave behind it. */
static void
test_flush_held (void)
{
  const CupDummyPlan failing = {.fails = TRUE };
  Fixture *f = by_interval (10, "repeat");

  set_enum (f, "on-error", "drop");
  push (f, 0, 1);
  expect (f, 0, 0, SENT);
  expect (f, 1, 0, REUSED);
  cup_dummy_engine_set_plan_for (f->engine, 5, &failing);
  flush (f);
  push (f, 5, 6);
  push_eos (f);
  fixture_assert_record (f, START "|0|0|flush-start|flush-stop|segment|gap|gap|"
      "eos");
  assert_stat (f, "dropped-failed", 1);
  assert_stat (f, "dropped-unselected", 1);
  fixture_free (f);
}

/* Other sizes are another stream; another framerate is not. */
static void
test_caps_change (void)
{
  Fixture *f = by_interval (10, "repeat");
  GstBuffer *buffer;

  push (f, 0, 1);
  expect (f, 0, 0, SENT);
  expect (f, 1, 0, REUSED);
  fixture_set_caps (f,
      "video/x-raw,format=RGBA,width=16,height=12,framerate=30/1");
  push (f, 2, 2);
  expect (f, 2, 0, REUSED);
  fixture_set_caps (f,
      "video/x-raw,format=RGBA,width=12,height=16,framerate=30/1");
  push (f, 3, 4);
  expect (f, 3, 3, SENT);
  buffer = pull (f, 4, 3, REUSED);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, 24 * 32 * 3);
  gst_buffer_unref (buffer);
  fixture_assert_record (f, START "|0|0|segment|caps|0|segment|caps|3|3");
  fixture_free (f);
}

static void
test_property_changes (void)
{
  Fixture *f = choosing ("all", "drop");
  guint i;

  push (f, 0, 4);
  for (i = 0; i <= 4; i++)
    expect (f, i, i, SENT);
  g_object_set (f->element, "interval", 3, NULL);
  set_enum (f, "select", "interval");
  set_enum (f, "unselected", "local");
  push (f, 5, 7);
  expect (f, 5, 5, PASSED);
  expect (f, 6, 6, PASSED);
  expect (f, 7, 7, SENT);
  /* The last result is not there: it left before anybody wanted it again. */
  set_enum (f, "unselected", "repeat");
  push (f, 8, 11);
  expect (f, 10, 10, SENT);
  expect (f, 11, 10, REUSED);
  assert_stat (f, "dropped-unselected", 2);
  set_enum (f, "select", "scene-change");
  g_object_set (f->element, "scene-threshold", 1.0, NULL);
  push (f, 12, 13);
  expect (f, 12, 12, SENT);
  expect (f, 13, 12, REUSED);
  set_enum (f, "select", "keyframes");
  push (f, 14, 14);
  expect (f, 14, 14, SENT);
  fixture_free (f);
}

/* Frames that were selected and have no result */

static void
test_repeat_failed (void)
{
  const CupDummyPlan failing = {.fails = TRUE };
  Fixture *f = by_interval (2, "repeat");

  set_enum (f, "on-error", "drop");
  cup_dummy_engine_set_plan_for (f->engine, 0, &failing);
  cup_dummy_engine_set_plan_for (f->engine, 4, &failing);
  push (f, 0, 7);
  push_eos (f);
  /* Nothing before the first: its holes are one, since they wait for caps. */
  fixture_assert_record (f, "stream-start|caps|segment|gap|2|2|gap|2|6|6|eos");
  expect (f, 2, 2, SENT);
  expect (f, 3, 2, REUSED);
  expect (f, 5, 2, REUSED);
  expect (f, 6, 6, SENT);
  expect (f, 7, 6, REUSED);
  expect_gap (f, 0, 2);
  assert_stat (f, "dropped-failed", 2);
  assert_stat (f, "dropped-unselected", 1);
  fixture_free (f);
}

static void
test_repeat_unsafe (void)
{
  const CupDummyPlan black = {.black = TRUE,.hosted = TRUE };
  static const gchar *const values[] = { "drop", "pass" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (values); i++) {
    Fixture *f = by_interval (2, "repeat");

    cup_dummy_engine_set_censors (f->engine, TRUE);
    set_enum (f, "on-unsafe", values[i]);
    cup_dummy_engine_set_plan_for (f->engine, 3, &black);
    push (f, 1, 4);
    push_eos (f);
    fixture_assert_record (f, i == 0 ? START "|1|1|gap|1|eos" :
        START "|1|1|0|0|eos");
    assert_stat (f, "frames-reused", 2);
    assert_stat (f, "frames-unsafe", 1);
    fixture_free (f);
  }
}

/* Nothing but frames that nobody sends, and no caps for them. */
static void
test_only_unselected (void)
{
  const CupDummyPlan failing = {.fails = TRUE };
  static const gchar *const values[] = { "drop", "repeat" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (values); i++) {
    Fixture *f = by_interval (100, values[i]);

    set_enum (f, "on-error", "drop");
    cup_dummy_engine_set_plan (f->engine, &failing);
    push (f, 0, 9);
    push_eos (f);
    fixture_assert_record (f, "stream-start|segment|gap|eos");
    expect_gap (f, 0, 10);
    assert_stat (f, "dropped-unselected", 9);
    fixture_free (f);
  }
}

/* `local` does not need the result. */
static void
test_local_failed (void)
{
  const CupDummyPlan failing = {.fails = TRUE };
  Fixture *f = by_interval (100, "local");

  set_enum (f, "on-error", "drop");
  cup_dummy_engine_set_plan (f->engine, &failing);
  push (f, 0, 3);
  push_eos (f);
  fixture_assert_record (f, "stream-start|caps|segment|gap|1|2|3|eos");
  expect (f, 1, 1, PASSED);
  fixture_free (f);
}

/* Sizes */

#define ODD_CAPS "video/x-raw,format=RGBA,width=18,height=13,framerate=25/1"

static void
push_odd (Fixture * f, guint n)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 18 * 13 * 4, NULL);

  gst_buffer_memset (buffer, 0, (guint8) n, 18 * 13 * 4);
  set_time (buffer, n);
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
}

static void
test_sizes (void)
{
  static const struct
  {
    const gchar *policy;
    guint width, height;
  } sizes[] = { {"follow", 40, 24}, {"first", 40, 24}, {"exact", 36, 26} };
  const CupDummyPlan rounded = {.multiple = 8,.hosted = TRUE };
  guint i, repeated, n;

  for (i = 0; i < 2 * G_N_ELEMENTS (sizes); i++) {
    guint width = sizes[i / 2].width, height = sizes[i / 2].height;
    Fixture *f;

    repeated = i % 2;
    f = by_interval (3, repeated ? "repeat" : "local");
    set_enum (f, "size-policy", sizes[i / 2].policy);
    cup_dummy_engine_set_plan (f->engine, &rounded);
    fixture_set_caps (f, ODD_CAPS);
    for (n = 0; n < 6; n++)
      push_odd (f, n);
    for (n = 0; n < 6; n++) {
      GstBuffer *buffer = pull (f, n, repeated ? n / 3 * 3 : n,
          n % 3 == 0 ? SENT : repeated ? REUSED : PASSED);

      g_assert_cmpuint (gst_buffer_get_size (buffer), ==, width * height * 3);
      gst_buffer_unref (buffer);
    }
    fixture_assert_record (f, repeated ?
        "stream-start|caps|segment|segment|0|0|0|3|3|3" :
        "stream-start|caps|segment|segment|0|1|2|3|4|5");
    fixture_free (f);
  }
}

/* Frames that have been resized already, while they wait, are so anew. */
static void
test_size_policy_changes (void)
{
  const CupDummyPlan rounded = {.multiple = 8,.hosted = TRUE };
  const CupDummyPlan later = {.multiple = 8,.hosted = TRUE,
    .delay = CUP_DUMMY_HOLD
  };
  Fixture *f = by_interval (3, "local");
  guint n;

  cup_dummy_engine_set_plan (f->engine, &rounded);
  cup_dummy_engine_set_plan_for (f->engine, 3, &later);
  fixture_set_caps (f, ODD_CAPS);
  for (n = 0; n < 6; n++)
    push_odd (f, n);
  fixture_assert_record (f, "stream-start|caps|segment|segment|0|1|2");
  cup_dummy_engine_wait_started (f->engine, 2);
  /* Time for the workers to do what they can; nothing depends on it. */
  g_usleep (20000);
  set_enum (f, "size-policy", "exact");
  cup_dummy_engine_release_all (f->engine);
  fixture_assert_record (f,
      "stream-start|caps|segment|segment|0|1|2|caps|3|4|5");
  fixture_free (f);
}

/* Of what is only named by a URI nothing is known here. */
static void
test_uri_list (void)
{
  static const gchar *const values[] = { "local", "repeat" };
  static gchar list[] = "https://files.example/1\nhttps://files.example/2\n";
  guint i;

  for (i = 0; i < G_N_ELEMENTS (values); i++) {
    Fixture *f = by_interval (2, values[i]);

    cup_dummy_engine_set_accepts (f->engine,
        CUP_ENGINE_ACCEPTS_PIXELS | CUP_ENGINE_ACCEPTS_URI);
    gst_harness_set_sink_caps_str (f->harness, "video/x-raw");
    fixture_set_caps (f, "text/uri-list,framerate=25/1");
    gst_harness_push (f->harness, gst_buffer_new_memdup (list, strlen (list)));
    push_eos (f);
    fixture_assert_record (f, i == 0 ? "stream-start|caps|segment|segment|1|eos"
        : "stream-start|caps|segment|segment|1|1|eos");
    assert_sent (f, 1);
    assert_stat (f, "dropped-unselected", i == 0 ? 1 : 0);
    fixture_free (f);
  }
}

/* All at once */

typedef struct
{
  Fixture *f;
  gint stop;
} Stress;

/* An application that cannot make up its mind. */
static gpointer
change_everything (gpointer user_data)
{
  static const gchar *const selects[] = { "all", "interval", "scene-change",
    "keyframes"
  };
  static const gchar *const values[] = { "drop", "local", "repeat" };
  static const gchar *const policies[] = { "follow", "first", "exact" };
  Stress *stress = user_data;
  GRand *rand = g_rand_new_with_seed (11);

  while (!g_atomic_int_get (&stress->stop)) {
    Fixture *f = stress->f;

    set_enum (f, "select", selects[g_rand_int_range (rand, 0, 4)]);
    set_enum (f, "unselected", values[g_rand_int_range (rand, 0, 3)]);
    set_enum (f, "size-policy", policies[g_rand_int_range (rand, 0, 3)]);
    g_object_set (f->element, "interval", g_rand_int_range (rand, 1, 6),
        "interval-time", (guint64) (g_rand_int_range (rand, 0, 4)
            * FRAME_DURATION), NULL);
    g_usleep (g_rand_int_range (rand, 0, 2000));
  }
  g_rand_free (rand);
  return NULL;
}

/* Downstream takes another format from here on. When nothing is under way: what is
 * refused between the choice and the caps is an error, and rightly. */
static void
change_format (Fixture * f, guint n, guint n_pushed)
{
  static const gchar *const formats[] = { "RGBA", "I420", "RGB" };
  gchar *caps = g_strdup_printf ("video/x-raw,format=%s",
      formats[n % G_N_ELEMENTS (formats)]);

  while (fixture_get_count (f, "frames-out")
      + fixture_get_count (f, "frames-dropped") < n_pushed)
    g_usleep (1000);
  gst_harness_set_sink_caps_str (f->harness, caps);
  g_free (caps);
}

/* Each frame leaves once, or is counted as left out, in its order. */
static void
test_stress (void)
{
  Fixture *f = choosing ("all", "drop");
  Stress stress = { f, FALSE };
  GRand *rand = g_rand_new_with_seed (12);
  GstClockTime last = 0;
  GstStructure *stats;
  GstBuffer *buffer;
  guint64 out, dropped;
  GThread *thread;
  guint i;

  set_enum (f, "on-error", "drop");
  for (i = 0; i < 256; i++) {
    CupDummyPlan plan = hosted;

    plan.delay = g_rand_int_range (rand, 0, 4);
    plan.fails = g_rand_int_range (rand, 0, 10) == 0;
    plan.multiple = 8;
    if (i % 2)
      plan.image_type = CUP_IMAGE_PNG;
    cup_dummy_engine_set_plan_for (f->engine, (guint8) i, &plan);
  }
  thread = g_thread_new ("change", change_everything, &stress);
  for (i = 0; i < 400; i++) {
    buffer = fixture_make_frame ((guint8) (i / 3));
    GST_BUFFER_PTS (buffer) = (i + 1) * FRAME_DURATION;
    if (i % 5)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
    if (i % 40 == 39)
      change_format (f, i / 40, i + 1);
  }
  push_eos (f);
  while (!GST_PAD_IS_EOS (f->harness->sinkpad))
    g_usleep (1000);
  g_atomic_int_set (&stress.stop, TRUE);
  g_thread_join (thread);
  while ((buffer = gst_harness_try_pull (f->harness))) {
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), >, last);
    last = GST_BUFFER_PTS (buffer);
    gst_buffer_unref (buffer);
  }
  g_object_get (f->element, "stats", &stats, NULL);
  gst_structure_get (stats, "frames-out", G_TYPE_UINT64, &out,
      "frames-dropped", G_TYPE_UINT64, &dropped, NULL);
  g_assert_cmpuint (out + dropped, ==, 400);
  gst_structure_free (stats);
  g_rand_free (rand);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/choosing/drop", test_drop);
  g_test_add_func ("/choosing/local", test_local);
  g_test_add_func ("/choosing/repeat", test_repeat);
  g_test_add_func ("/choosing/interval-time", test_interval_time);
  g_test_add_func ("/choosing/discont-in-front", test_discont_in_front);
  g_test_add_func ("/choosing/late", test_late);
  g_test_add_func ("/choosing/full", test_full);
  g_test_add_func ("/choosing/full-live", test_full_live);
  g_test_add_func ("/choosing/in-flight", test_in_flight);
  g_test_add_func ("/choosing/many", test_many);
  g_test_add_func ("/choosing/refused", test_refused);
  g_test_add_func ("/choosing/flush", test_flush);
  g_test_add_func ("/choosing/flush-held", test_flush_held);
  g_test_add_func ("/choosing/caps-change", test_caps_change);
  g_test_add_func ("/choosing/property-changes", test_property_changes);
  g_test_add_func ("/choosing/repeat-failed", test_repeat_failed);
  g_test_add_func ("/choosing/repeat-unsafe", test_repeat_unsafe);
  g_test_add_func ("/choosing/only-unselected", test_only_unselected);
  g_test_add_func ("/choosing/local-failed", test_local_failed);
  g_test_add_func ("/choosing/sizes", test_sizes);
  g_test_add_func ("/choosing/size-policy-changes", test_size_policy_changes);
  g_test_add_func ("/choosing/uri-list", test_uri_list);
  g_test_add_func ("/choosing/stress", test_stress);

  return fixture_run ();
}
