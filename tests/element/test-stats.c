/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The `stats` property: that each figure counts what its description says, and
 * that it can be read at any time.
 */
#include "fixture.h"

#include "element/stats.h"

static GstStructure *
get_stats (Fixture * f)
{
  GstStructure *stats = NULL;

  g_object_get (f->element, "stats", &stats, NULL);
  g_assert_nonnull (stats);
  return stats;
}

static GstStructure *
to_structure (CupStats * stats)
{
  const CupBudgetFigures nothing = { 0 };

  return cup_stats_to_structure (stats, 0, &nothing);
}

static gdouble
get_number (const GstStructure * stats, const gchar * name)
{
  const GValue *value = gst_structure_get_value (stats, name);
  GValue number = G_VALUE_INIT;

  if (!value)
    g_error ("there is no %s", name);
  g_value_init (&number, G_TYPE_DOUBLE);
  g_assert_true (g_value_transform (value, &number));
  return g_value_get_double (&number);
}

/* @expected: "name=number …"; all the other counts have to be 0. */
static void
assert_counts (Fixture * f, const gchar * expected)
{
  GstStructure *stats = get_stats (f);
  gchar **pairs = g_strsplit (expected, " ", -1);
  gint n, j, n_fields = gst_structure_n_fields (stats);
  guint i;

  for (n = 0; n < n_fields; n++) {
    const gchar *name = gst_structure_nth_field_name (stats, (guint) n);
    gdouble wanted = 0;

    if (g_str_has_prefix (name, "latency-") || g_strrstr (name, "-time-")
        || g_str_has_suffix (name, "-cost"))
      continue;
    for (i = 0; pairs[i]; i++) {
      j = (gint) strlen (name);
      if (g_str_has_prefix (pairs[i], name) && pairs[i][j] == '=')
        wanted = g_ascii_strtod (pairs[i] + j + 1, NULL);
    }
    if (get_number (stats, name) != wanted)
      g_error ("%s is %g and not %g", name, get_number (stats, name), wanted);
  }
  g_strfreev (pairs);
  gst_structure_free (stats);
}

/* Until nothing is between the pads. */
static void
drain (Fixture * f)
{
  gboolean will = FALSE, drained = FALSE;
  GstMessage *message;

  g_signal_emit_by_name (f->element, "drain", &will);
  g_assert_true (will);
  while (!drained) {
    message = fixture_wait_message (f, GST_MESSAGE_ELEMENT);
    drained = gst_message_has_name (message, "creativeupscaler-drained");
    gst_message_unref (message);
  }
}

static void
test_fresh (void)
{
  Fixture *f = fixture_new_idle ();
  GstStructure *stats = get_stats (f);
  GParamSpec *spec =
      g_object_class_find_property (G_OBJECT_GET_CLASS (f->element), "stats");

  g_assert_cmpstr (gst_structure_get_name (stats), ==,
      "application/x-creativeupscaler-stats");
  g_assert_false (gst_structure_has_field (stats, "latency-p50"));
  g_assert_false (gst_structure_has_field (stats, "queue-time-mean"));
  g_assert_false (spec->flags & G_PARAM_WRITABLE);
  gst_structure_free (stats);
  assert_counts (f, "");
  fixture_free (f);
}

/* All that is documented is there, of the type that it is said to have, and
 * nothing else. */
static void
assert_documented (const GstStructure * stats)
{
  const CupStatsField *fields;
  guint i, n;

  fields = cup_stats_get_fields (&n);
  g_assert_cmpint (gst_structure_n_fields (stats), ==, (gint) n);
  for (i = 0; i < n; i++) {
    if (!gst_structure_has_field_typed (stats, fields[i].name, fields[i].type))
      g_error ("there is no %s of the type %s", fields[i].name,
          g_type_name (fields[i].type));
  }
}

static void
test_done (void)
{
  const CupDummyPlan hosted = {.hosted = TRUE,.units = 5 };
  Fixture *f = fixture_new_idle ();
  GstStructure *stats;
  guint8 key;

  cup_dummy_engine_set_service (f->engine, TRUE);
  fixture_play (f);
  cup_dummy_engine_set_plan (f->engine, &hosted);
  stats = get_stats (f);
  g_assert_false (gst_structure_has_field (stats, "estimated-cost"));
  gst_structure_free (stats);
  g_object_set (f->element, "price-per-megapixel", 100.0, "price-per-second",
      0.5, NULL);
  for (key = 0; key < 3; key++)
    fixture_push (f, key);
  drain (f);
  assert_counts (f, "frames-in=3 frames-done=3 frames-out=3 bytes-up=3000 "
      "bytes-down=6000 requests=3 billable-units=15");
  stats = get_stats (f);
  /* 3 × (32×24 pixels and 1.5 s). */
  g_assert_cmpfloat_with_epsilon (get_number (stats, "estimated-cost"),
      3 * (0.0768 + 0.75), 1e-9);
  assert_documented (stats);
  g_assert_cmpfloat (get_number (stats, "queue-time-total"), ==, 6);
  g_assert_cmpfloat (get_number (stats, "queue-time-mean"), ==, 2);
  g_assert_cmpfloat (get_number (stats, "service-time-total"), ==, 10.5);
  g_assert_cmpfloat (get_number (stats, "service-time-mean"), ==, 3.5);
  g_assert_cmpfloat (get_number (stats, "latency-p50"), >, 0);
  g_assert_cmpfloat (get_number (stats, "latency-p50"), <=,
      get_number (stats, "latency-p99"));
  g_assert_cmpfloat (get_number (stats, "latency-p99"), <=,
      get_number (stats, "latency-max"));
  gst_structure_free (stats);
  fixture_free (f);
}

/* What is known of a frame is counted before its message is out. */
static void
test_in_flight (void)
{
  const CupDummyPlan hold = {.delay = CUP_DUMMY_HOLD };
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);
  guint8 key;

  cup_dummy_engine_set_plan (f->engine, &hold);
  for (key = 0; key < 3; key++)
    fixture_push (f, key);
  assert_counts (f, "frames-in=3 frames-in-flight=3");
  cup_dummy_engine_release (f->engine, 1);
  fixture_expect_job (f, "done");
  assert_counts (f, "frames-in=3 frames-in-flight=3 frames-done=1");
  cup_dummy_engine_release_all (f->engine);
  drain (f);
  assert_counts (f, "frames-in=3 frames-done=3 frames-out=3");
  fixture_free (f);
}

static void
test_not_sent (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstBuffer *buffer = fixture_make_frame (1);

  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DECODE_ONLY);
  gst_harness_push (f->harness, buffer);
  gst_harness_push_upstream_event (f->harness,
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, GST_SECOND, GST_SECOND));
  fixture_push (f, 2);
  fixture_push (f, 3);
  fixture_push (f, 100);
  drain (f);
  assert_counts (f, "frames-in=4 frames-out=1 frames-done=1 frames-dropped=3 "
      "dropped-outside-segment=1 dropped-late=2");
  fixture_free (f);
}

static void
test_unsafe (void)
{
  const CupDummyPlan black = {.black = TRUE };
  Fixture *f;

  f = fixture_new ("on-unsafe", GST_CREATIVE_UPSCALER_ON_UNSAFE_DROP, NULL);
  cup_dummy_engine_set_censors (f->engine, TRUE);
  cup_dummy_engine_set_plan_for (f->engine, 20, &black);
  cup_dummy_engine_set_plan_for (f->engine, 30, &black);
  fixture_push (f, 10);
  fixture_push (f, 20);
  drain (f);
  assert_counts (f, "frames-in=2 frames-done=2 frames-out=1 frames-unsafe=1 "
      "frames-dropped=1 dropped-unsafe=1");
  g_object_set (f->element, "on-unsafe", GST_CREATIVE_UPSCALER_ON_UNSAFE_PASS,
      NULL);
  fixture_push (f, 30);
  drain (f);
  assert_counts (f, "frames-in=3 frames-done=3 frames-out=2 frames-unsafe=2 "
      "frames-dropped=1 dropped-unsafe=1");
  fixture_free (f);
}

static void
test_failed (void)
{
  const CupDummyPlan fails = {.fails = TRUE };
  Fixture *f = fixture_new (NULL, NULL);

  cup_dummy_engine_set_plan_for (f->engine, 1, &fails);
  fixture_push (f, 0);
  fixture_push (f, 1);
  /* EOS is the last of it. */
  fixture_assert_record (f, "stream-start|caps|segment|0|eos");
  assert_counts (f, "frames-in=2 frames-out=1 frames-done=1 frames-failed=1");
  fixture_free (f);
}

static void
test_flushed (void)
{
  const CupDummyPlan hold = {.delay = CUP_DUMMY_HOLD };
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);

  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 0);
  fixture_push (f, 1);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  assert_counts (f, "frames-in=2 frames-cancelled=2");
  fixture_free (f);
}

/* A second request of the same frame is a retry, whatever becomes of it; the
 * result's own count is not added to it, but decides where it is higher. */
static void
test_retries (void)
{
  const CupDummyPlan hosted = {.delay = CUP_DUMMY_HOLD,.hosted = TRUE };
  CupProgress queued = { CUP_PROGRESS_QUEUED, "first", -1, NULL, NULL, NULL,
    NULL
  };
  Fixture *f = fixture_new (NULL, NULL);

  cup_dummy_engine_set_plan (f->engine, &hosted);
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 1);
  cup_dummy_engine_report (f->engine, 1, &queued);
  cup_dummy_engine_report (f->engine, 1, &queued);
  assert_counts (f, "frames-in=1 frames-in-flight=1");
  queued.request_id = "second";
  cup_dummy_engine_report (f->engine, 1, &queued);
  assert_counts (f, "frames-in=1 frames-in-flight=1 retries=1");
  cup_dummy_engine_release_all (f->engine);
  drain (f);
  assert_counts (f, "frames-in=1 frames-out=1 frames-done=1 retries=1 "
      "bytes-up=1000 bytes-down=2000");
  fixture_free (f);
}

static void
test_restart (void)
{
  Fixture *f = fixture_new (NULL, NULL);

  fixture_push (f, 1);
  drain (f);
  gst_element_set_state (f->element, GST_STATE_READY);
  assert_counts (f, "frames-in=1 frames-out=1 frames-done=1");
  gst_element_set_state (f->element, GST_STATE_PAUSED);
  assert_counts (f, "");
  fixture_free (f);
}

static void
assert_latency (const GstStructure * s, const gchar * name, gdouble expected)
{
  /* A class is 1/32 wide; some time passes in the test itself. */
  g_assert_cmpfloat (get_number (s, name), >=, expected);
  g_assert_cmpfloat (get_number (s, name), <, expected * 1.07 + GST_SECOND);
}

/* From microseconds to days, by the figures alone. */
static void
test_percentiles (void)
{
  static const gint64 units[] = { 1, G_TIME_SPAN_MILLISECOND,
    G_TIME_SPAN_SECOND, G_TIME_SPAN_MINUTE
  };
  guint i;
  gint64 n;

  for (i = 0; i < G_N_ELEMENTS (units); i++) {
    CupStats *stats = cup_stats_new ();
    GstStructure *s;

    for (n = 1; n <= 1000; n++)
      cup_stats_count_out (stats, g_get_monotonic_time () - n * units[i],
          FALSE);
    s = to_structure (stats);
    assert_latency (s, "latency-p50", 500.0 * units[i] * GST_USECOND);
    assert_latency (s, "latency-p90", 900.0 * units[i] * GST_USECOND);
    assert_latency (s, "latency-p99", 990.0 * units[i] * GST_USECOND);
    assert_latency (s, "latency-max", 1000.0 * units[i] * GST_USECOND);
    gst_structure_free (s);
    cup_stats_unref (stats);
  }
}

/* One frame that is longer under way than can be told, and a clock that steps
 * back. */
static void
test_extreme_latencies (void)
{
  CupStats *stats = cup_stats_new ();
  gint64 now = g_get_monotonic_time ();
  GstStructure *s;

  cup_stats_count_out (stats, now + G_TIME_SPAN_HOUR, CUP_SOURCE_RESULT);
  s = to_structure (stats);
  g_assert_cmpfloat (get_number (s, "latency-max"), ==, 0);
  gst_structure_free (s);
  cup_stats_count_out (stats, now - 30 * G_TIME_SPAN_DAY, CUP_SOURCE_ORIGINAL);
  s = to_structure (stats);
  g_assert_cmpfloat (get_number (s, "latency-p50"), ==, 0);
  g_assert_cmpfloat (get_number (s, "latency-p99"), >, 24 * 3600e9);
  g_assert_cmpfloat (get_number (s, "frames-passed-through"), ==, 1);
  gst_structure_free (s);
  cup_stats_unref (stats);
}

#define N_THREADS 4
#define N_ROUNDS 5000

static gpointer
count_much (gpointer data)
{
  CupStats *stats = data;
  guint i;

  for (i = 0; i < N_ROUNDS; i++) {
    gint64 arrived = cup_stats_count_in (stats);

    cup_stats_count_end (stats, CUP_END_DONE, NULL, FALSE);
    cup_stats_count_out (stats, arrived, FALSE);
    cup_stats_count_drop (stats, CUP_DROP_LATE);
  }
  return NULL;
}

/* Read while others count: never more out than in, and in the end all. */
static void
test_threads (void)
{
  CupStats *stats = cup_stats_new ();
  GThread *threads[N_THREADS];
  gdouble out = 0;
  guint i;

  for (i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("count", count_much, stats);
  while (out < N_THREADS * N_ROUNDS) {
    GstStructure *s = to_structure (stats);

    g_assert_cmpfloat (get_number (s, "frames-out"), >=, out);
    out = get_number (s, "frames-out");
    g_assert_cmpfloat (out, <=, get_number (s, "frames-done"));
    g_assert_cmpfloat (get_number (s, "frames-done"), <=,
        get_number (s, "frames-in"));
    gst_structure_free (s);
    g_thread_yield ();
  }
  for (i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  cup_stats_unref (stats);
}

/* The property, while the element works and is stopped. */
static gpointer
read_for_ever (gpointer data)
{
  Fixture *f = data;
  gdouble in = 0;

  while (in < 50) {
    GstStructure *stats = get_stats (f);

    in = get_number (stats, "frames-in");
    gst_structure_free (stats);
    g_thread_yield ();
  }
  return NULL;
}

static void
test_read_meanwhile (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GThread *reader = g_thread_new ("reader", read_for_ever, f);
  guint round;
  guint8 key;

  for (round = 0; round < 2; round++) {
    for (key = 0; key < 25; key++)
      fixture_push (f, key);
    gst_element_set_state (f->element, GST_STATE_READY);
    gst_element_set_state (f->element, GST_STATE_PLAYING);
    gst_harness_set_src_caps_str (f->harness, FRAME_CAPS);
  }
  for (key = 0; key < 50; key++)
    fixture_push (f, key);
  g_thread_join (reader);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/stats/fresh", test_fresh);
  g_test_add_func ("/stats/done", test_done);
  g_test_add_func ("/stats/in-flight", test_in_flight);
  g_test_add_func ("/stats/not-sent", test_not_sent);
  g_test_add_func ("/stats/unsafe", test_unsafe);
  g_test_add_func ("/stats/failed", test_failed);
  g_test_add_func ("/stats/flushed", test_flushed);
  g_test_add_func ("/stats/retries", test_retries);
  g_test_add_func ("/stats/restart", test_restart);
  g_test_add_func ("/stats/percentiles", test_percentiles);
  g_test_add_func ("/stats/extreme-latencies", test_extreme_latencies);
  g_test_add_func ("/stats/threads", test_threads);
  g_test_add_func ("/stats/read-meanwhile", test_read_meanwhile);
  return fixture_run ();
}
