/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What may be spent: frames that max-requests and max-cost do not allow, and what
 * is told of it.
 */
#include <string.h>

#include "budgeting.h"

#define START "stream-start|caps|segment"

static const CupDummyPlan held = {.hosted = TRUE,.delay = CUP_DUMMY_HOLD };

static void
expect_frame (Fixture * f, guint8 key, gboolean passthrough)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);
  guint8 first;

  gst_buffer_extract (buffer, 0, &first, 1);
  g_assert_cmpint (first, ==, key);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, key * FRAME_DURATION);
  g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, FRAME_DURATION);
  g_assert_cmpint (get_flag (get_meta (buffer), "passthrough"), ==,
      passthrough);
  g_assert_cmpint (gst_structure_has_field (get_meta (buffer), "origin"), ==,
      !passthrough);
  gst_buffer_unref (buffer);
}

/* The GAP events that came, in their order. */
static void
expect_gap (Fixture * f, guint8 key)
{
  GstClockTime start, duration;
  GstEvent *event;

  while ((event = gst_harness_pull_event (f->harness))) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_GAP)
      break;
    gst_event_unref (event);
  }
  g_assert_nonnull (event);
  gst_event_parse_gap (event, &start, &duration);
  g_assert_cmpuint (start, ==, key * FRAME_DURATION);
  g_assert_cmpuint (duration, ==, FRAME_DURATION);
  gst_event_unref (event);
}

/* Limits and what becomes of frames beyond them */

typedef struct
{
  const gchar *name;
  const gchar *limit;
  guint max_requests;
  gdouble max_cost;
  gdouble per_megapixel;
  gdouble per_second;
  const gchar *figures;
  gdouble refused_cost;         /* of two */
} Limit;

/* Each of them allows for two frames; of seconds, nothing is known of the first
 * one. */
/* *INDENT-OFF* */
static const Limit limits[] = {
  { "requests", "max-requests", 2, 0, 0, 0, "max-requests=2", 0 },
  { "megapixels", "max-cost", 0, 2, PRICE, 0, "cost=2 max-cost=2", 2 },
  { "seconds", "max-cost", 0, 4, 0, 1, "cost=3 max-cost=4", 3 },
  { "both", "max-cost", 9, 6, PRICE, 1, "cost=5 max-requests=9 max-cost=6", 5 },
};
/* *INDENT-ON* */

static Fixture *
limited_fixture (const Limit * limit, const gchar * on_budget)
{
  Fixture *f = budgeting_new ();

  /* Such a frame is no failure. */
  g_object_set (f->element, "max-requests", limit->max_requests,
      "max-cost", limit->max_cost, "price-per-megapixel", limit->per_megapixel,
      "price-per-second", limit->per_second, "max-failures", 1, NULL);
  set_enum (f, "on-budget", on_budget);
  fixture_play (f);
  return f;
}

/* Two that are allowed, and two that are not. */
static void
push_four (Fixture * f)
{
  const GstStructure *job;

  push_and_wait (f, 10, "done");
  push_and_wait (f, 20, "done");
  g_assert_cmpint (fixture_push (f, 30), ==, GST_FLOW_OK);
  job = wait_job (f, "skipped");
  assert_fields (job, "frame=2");
  g_assert_nonnull (gst_structure_get_string (job, "message"));
  /* With on-error the flow ends behind the third. */
  fixture_push (f, 40);
}

static void
assert_limit_told (const Limit * limit)
{
  const GstStructure *budget = find_budget (0);

  g_assert_nonnull (budget);
  assert_string (budget, "reason", "limit");
  assert_string (budget, "limit", limit->limit);
  assert_fields (budget, "requests=2");
  assert_fields (budget, limit->figures);
  g_assert_false (get_flag (budget, "dry-run"));
  g_assert_cmpint (gst_structure_has_field (budget, "cost"), ==,
      limit->max_cost > 0);
}

static void
test_error (gconstpointer data)
{
  const Limit *limit = data;
  Fixture *f = limited_fixture (limit, "error");
  GstMessage *message;
  const GstStructure *details;
  GError *error = NULL;

  push_four (f);
  fixture_assert_record (f, START "|10|20|eos");
  expect_frame (f, 10, FALSE);
  expect_frame (f, 20, FALSE);
  g_assert_cmpint (fixture_push (f, 50), ==, GST_FLOW_ERROR);
  collect (f);
  assert_limit_told (limit);
  message = find_message (GST_MESSAGE_ERROR, NULL, 0);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  assert_text (GST_MESSAGE_ERROR, 0, "raise");
  assert_text (GST_MESSAGE_ERROR, 0, limit->limit);
  g_error_free (error);
  gst_message_parse_error_details (message, &details);
  assert_string (details, "error-type", limit->limit);
  g_assert_null (find_message (GST_MESSAGE_WARNING, NULL, 0));
  assert_stats (f, "requests=2 frames-failed=0 frames-done=2 frames-out=2");
  budgeting_free (f);
}

static void
test_drop (gconstpointer data)
{
  const Limit *limit = data;
  Fixture *f = limited_fixture (limit, "drop");

  push_four (f);
  push_eos (f);
  fixture_assert_record (f, START "|10|20|gap|gap|eos");
  expect_frame (f, 10, FALSE);
  expect_frame (f, 20, FALSE);
  expect_gap (f, 30);
  expect_gap (f, 40);
  collect (f);
  assert_limit_told (limit);
  assert_text (GST_MESSAGE_WARNING, 0, "left out|raise|0:00:01.2");
  assert_text (GST_MESSAGE_WARNING, 0, limit->limit);
  g_assert_null (find_message (GST_MESSAGE_WARNING, NULL, 1));
  g_assert_null (find_message (GST_MESSAGE_ERROR, NULL, 0));
  assert_string (find_budget (1), "reason", "eos");
  assert_fields (find_budget (1), "requests=2 refused=2 saved-requests=0");
  g_assert_null (find_budget (2));
  if (limit->max_cost > 0) {
    gdouble cost;

    g_assert_true (gst_structure_get_double (find_budget (1), "refused-cost",
            &cost));
    g_assert_cmpfloat_with_epsilon (cost, limit->refused_cost, 1e-9);
  }
  assert_stats (f, "requests=2 refused-requests=2 dropped-budget=2 "
      "frames-dropped=2 frames-failed=0 frames-done=2 frames-out=2");
  budgeting_free (f);
}

static void
test_passthrough (gconstpointer data)
{
  const Limit *limit = data;
  Fixture *f = limited_fixture (limit, "passthrough");

  push_four (f);
  push_eos (f);
  fixture_assert_record (f, START "|10|20|30|40|eos");
  expect_frame (f, 10, FALSE);
  expect_frame (f, 20, FALSE);
  expect_frame (f, 30, TRUE);
  expect_frame (f, 40, TRUE);
  collect (f);
  assert_limit_told (limit);
  assert_text (GST_MESSAGE_WARNING, 0, "passed through|raise");
  g_assert_null (find_message (GST_MESSAGE_WARNING, NULL, 1));
  assert_stats (f, "requests=2 refused-requests=2 dropped-budget=0 "
      "frames-dropped=0 frames-failed=0 frames-out=4 frames-passed-through=2");
  budgeting_free (f);
}

/* A frame that is refused waits for those before it, and on-budget is that of
 * the moment at which its turn comes. */
static void
test_order (void)
{
  Fixture *f = budgeting_new ();

  cup_dummy_engine_set_plan (f->engine, &held);
  g_object_set (f->element, "max-requests", 2, NULL);
  fixture_play (f);
  fixture_push (f, 10);
  cup_dummy_engine_wait_started (f->engine, 1);
  fixture_push (f, 20);
  cup_dummy_engine_wait_started (f->engine, 2);
  push_and_wait (f, 30, "skipped");
  /* Has not kept it, as it came. */
  set_enum (f, "on-budget", "passthrough");
  push_and_wait (f, 40, "skipped");
  push_eos (f);
  collect (f);
  g_assert_null (find_message (GST_MESSAGE_WARNING, NULL, 0));
  g_assert_null (find_budget (0));
  cup_dummy_engine_release (f->engine, 20);
  cup_dummy_engine_release (f->engine, 10);
  fixture_assert_record (f, START "|10|20|gap|40|eos");
  collect (f);
  assert_text (GST_MESSAGE_WARNING, 0, "left out|max-requests=2");
  assert_text (GST_MESSAGE_WARNING, 1, "passed through|max-requests=2");
  g_assert_null (find_message (GST_MESSAGE_WARNING, NULL, 2));
  assert_stats (f, "dropped-budget=1 frames-passed-through=1");
  budgeting_free (f);
}

/* The buffer behind a hole says so. */
static void
test_raised (void)
{
  Fixture *f = budgeting_new ();
  GstBuffer *buffer;

  g_object_set (f->element, "max-requests", 1, NULL);
  set_enum (f, "on-budget", "drop");
  fixture_play (f);
  push_and_wait (f, 10, "done");
  push_and_wait (f, 20, "skipped");
  g_object_set (f->element, "max-requests", 2, NULL);
  push_and_wait (f, 30, "done");
  push_and_wait (f, 40, "skipped");
  g_object_set (f->element, "max-requests", 0, "max-cost", 0.0001,
      "price-per-megapixel", 1.0, NULL);
  push_and_wait (f, 50, "skipped");
  g_object_set (f->element, "max-cost", 0.0, NULL);
  push_and_wait (f, 60, "done");
  push_eos (f);
  fixture_assert_record (f, START "|10|gap|30|gap|gap|60|eos");
  expect_frame (f, 10, FALSE);
  buffer = gst_harness_pull (f->harness);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT));
  gst_buffer_unref (buffer);
  collect (f);
  /* Of each limit once. */
  assert_text (GST_MESSAGE_WARNING, 0, "max-requests=1");
  assert_text (GST_MESSAGE_WARNING, 1, "max-cost=0.0001");
  g_assert_null (find_message (GST_MESSAGE_WARNING, NULL, 2));
  assert_string (find_budget (0), "limit", "max-requests");
  assert_string (find_budget (1), "limit", "max-cost");
  assert_string (find_budget (2), "reason", "eos");
  assert_fields (find_budget (2), "requests=3 refused=3 frames=6");
  g_assert_null (find_budget (3));
  budgeting_free (f);
}

/* What a flush has cancelled was not spent. */
static void
test_flush (void)
{
  Fixture *f = budgeting_new ();
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  cup_dummy_engine_set_plan (f->engine, &held);
  g_object_set (f->element, "max-requests", 2, NULL);
  set_enum (f, "on-budget", "drop");
  fixture_play (f);
  fixture_push (f, 10);
  fixture_push (f, 20);
  cup_dummy_engine_wait_started (f->engine, 2);
  push_and_wait (f, 30, "skipped");
  fixture_assert_record (f, "stream-start");
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  cup_dummy_engine_wait_cancelled (f->engine, 2);
  cup_dummy_engine_sync (f->engine);
  assert_stats (f, "requests=0 refused-requests=1 dropped-budget=0");

  cup_dummy_engine_release_all (f->engine);
  push_and_wait (f, 40, "done");
  push_and_wait (f, 50, "done");
  push_and_wait (f, 60, "skipped");
  push_eos (f);
  fixture_assert_record (f, "stream-start|flush-start|flush-stop|caps|segment|"
      "40|50|gap|eos");
  assert_stats (f, "requests=2 refused-requests=2 dropped-budget=1");
  budgeting_free (f);
}

/* Frames that fail at the service are not charged; on-error and on-budget do
 * not meddle with each other. */
static void
test_failed (void)
{
  const CupDummyPlan fails = {.hosted = TRUE,.fails = TRUE };
  Fixture *f = budgeting_new ();

  cup_dummy_engine_set_plan_for (f->engine, 10, &fails);
  gst_util_set_object_arg (G_OBJECT (f->element), "on-error", "passthrough");
  set_enum (f, "on-budget", "drop");
  g_object_set (f->element, "max-requests", 1, NULL);
  fixture_play (f);
  push_and_wait (f, 10, "failed");
  push_and_wait (f, 20, "done");
  push_and_wait (f, 30, "skipped");
  push_eos (f);
  fixture_assert_record (f, START "|10|20|gap|eos");
  assert_stats (f, "requests=1 frames-failed=1 dropped-failed=0 "
      "dropped-budget=1 refused-requests=1");
  budgeting_free (f);
}

/* Each start counts anew. */
static void
test_restart (void)
{
  Fixture *f = budgeting_new ();
  guint i;

  g_object_set (f->element, "max-requests", 1, NULL);
  set_enum (f, "on-budget", "drop");
  fixture_play (f);
  for (i = 0; i < 2; i++) {
    push_and_wait (f, 10, "done");
    push_and_wait (f, 20, "skipped");
    fixture_assert_record (f, i == 0 ? START "|10|gap" :
        START "|10|gap|" START "|10|gap");
    assert_stats (f, "requests=1 refused-requests=1 dropped-budget=1");
    gst_element_set_state (f->element, GST_STATE_READY);
    collect (f);
    assert_string (find_budget (2 * i), "reason", "limit");
    assert_string (find_budget (2 * i + 1), "reason", "stop");
    g_assert_nonnull (find_message (GST_MESSAGE_WARNING, NULL, i));
    gst_element_set_state (f->element, GST_STATE_PLAYING);
    fixture_set_caps (f, FRAME_CAPS);
  }
  g_assert_null (find_budget (4));
  budgeting_free (f);
}

/* With a live source the hole does not wait for a deadline, and nothing is
 * late. */
static void
test_live (void)
{
  static const gchar *policies[] = { "drop", "passthrough" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (policies); i++) {
    Fixture *f = budgeting_new ();

    g_object_set (f->element, "max-requests", 1, "latency", GST_SECOND, NULL);
    set_enum (f, "on-budget", policies[i]);
    fixture_play (f);
    gst_harness_set_live (f->harness, TRUE);
    push_and_wait (f, 0, "done");
    push_and_wait (f, 1, "skipped");
    push_eos (f);
    fixture_assert_record (f, i == 0 ? START "|0|gap|eos" : START "|0|1|eos");
    assert_stats (f, "frames-late=0 requests=1 refused-requests=1");
    collect (f);
    g_assert_null (find_message (GST_MESSAGE_QOS, NULL, 0));
    budgeting_free (f);
  }
}

static void
start_again (Fixture * f)
{
  gst_element_set_state (f->element, GST_STATE_READY);
  gst_element_set_state (f->element, GST_STATE_PLAYING);
  fixture_set_caps (f, FRAME_CAPS);
}

/* Warns once with each start. */
static void
test_no_price (void)
{
  Fixture *f = budgeting_new ();

  g_object_set (f->element, "max-cost", 1.0, NULL);
  fixture_play (f);
  push_and_wait (f, 10, "done");
  push_and_wait (f, 20, "done");
  collect (f);
  assert_text (GST_MESSAGE_WARNING, 0, "max-cost|price-per-megapixel");
  g_assert_null (find_message (GST_MESSAGE_WARNING, NULL, 1));
  start_again (f);
  collect (f);
  assert_string (find_budget (0), "reason", "stop");
  g_assert_false (gst_structure_has_field (find_budget (0), "cost"));
  push_and_wait (f, 10, "done");
  collect (f);
  g_assert_nonnull (find_message (GST_MESSAGE_WARNING, NULL, 1));
  g_object_set (f->element, "price-per-second", 0.1, NULL);
  start_again (f);
  push_and_wait (f, 10, "done");
  collect (f);
  g_assert_null (find_message (GST_MESSAGE_WARNING, NULL, 2));
  budgeting_free (f);
}

/* An engine without a service costs nothing. */
static void
test_no_service (void)
{
  Fixture *f = budgeting_new ();
  GstStructure *stats;

  cup_dummy_engine_set_service (f->engine, FALSE);
  g_object_set (f->element, "max-requests", 1, "max-cost", 0.5,
      "price-per-megapixel", PRICE, NULL);
  fixture_play (f);
  push_and_wait (f, 10, "done");
  push_and_wait (f, 20, "done");
  push_eos (f);
  fixture_assert_record (f, START "|10|20|eos");
  collect (f);
  g_assert_null (find_message (GST_MESSAGE_WARNING, NULL, 0));
  g_assert_null (find_budget (0));
  g_object_get (f->element, "stats", &stats, NULL);
  assert_fields (stats, "requests=0");
  g_assert_false (gst_structure_has_field (stats, "estimated-cost"));
  gst_structure_free (stats);
  budgeting_free (f);
}

/* Without anything to tell nothing is told. */
static void
test_quiet (void)
{
  Fixture *f = budgeting_new ();

  fixture_play (f);
  push_and_wait (f, 10, "done");
  push_eos (f);
  fixture_assert_record (f, START "|10|eos");
  gst_element_set_state (f->element, GST_STATE_READY);
  collect (f);
  g_assert_null (find_budget (0));
  g_assert_null (find_message (GST_MESSAGE_INFO, NULL, 0));
  budgeting_free (f);
}

/* Results that were there */

static void
expect_origin (Fixture * f, const gchar * origin)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);
  const GstStructure *meta = get_meta (buffer);

  assert_string (meta, "origin", origin);
  g_assert_cmpint (get_flag (meta, "reused"), ==, !g_str_equal (origin,
          "made"));
  gst_buffer_unref (buffer);
}

/* Frames that are the same are sent once. */
static void
test_same (void)
{
  Fixture *f = budgeting_new ();
  guint i;

  g_object_set (f->element, "price-per-megapixel", PRICE, NULL);
  cup_dummy_engine_set_plan (f->engine, &held);
  fixture_play (f);
  for (i = 0; i < 3; i++)
    gst_harness_push (f->harness, make_frame_at (10, (guint8) i));
  cup_dummy_engine_release_all (f->engine);
  push_eos (f);
  fixture_assert_record (f, START "|10|10|10|eos");
  expect_origin (f, "made");
  expect_origin (f, "shared");
  expect_origin (f, "shared");
  assert_stats (f, "requests=1 saved-requests=2 estimated-cost=1 saved-cost=2 "
      "frames-reused=2 results-shared=0 results-stored=0");
  collect (f);
  assert_fields (find_budget (0), "requests=1 saved-requests=2 cost=1 "
      "saved-cost=2 refused=0 frames=3");
  assert_text (GST_MESSAGE_INFO, 0,
      "1 request was submitted, about 1.00; 2 were saved|about 2.00");
  /* It has been told. */
  gst_element_set_state (f->element, GST_STATE_READY);
  collect (f);
  g_assert_null (find_budget (1));
  g_assert_null (find_message (GST_MESSAGE_INFO, NULL, 1));
  budgeting_free (f);
}

/* Nothing was waited for or transferred for them now. */
static void
test_origins (void)
{
  const CupDummyPlan stored = {.hosted = TRUE,.origin = CUP_RESULT_STORED };
  const CupDummyPlan shared = {.hosted = TRUE,.origin = CUP_RESULT_SHARED };
  Fixture *f = budgeting_new ();
  const GstStructure *job;
  GstStructure *stats;

  g_object_set (f->element, "max-requests", 1, NULL);
  cup_dummy_engine_set_plan_for (f->engine, 10, &stored);
  cup_dummy_engine_set_plan_for (f->engine, 20, &shared);
  fixture_play (f);
  fixture_push (f, 10);
  job = wait_job (f, "done");
  assert_string (job, "origin", "stored");
  g_assert_true (gst_structure_has_field (job, "request-id"));
  g_assert_false (gst_structure_has_field (job, "queue-time"));
  g_assert_false (gst_structure_has_field (job, "bytes-up"));
  g_assert_false (gst_structure_has_field (job, "submissions"));
  push_and_wait (f, 20, "done");
  g_object_get (f->element, "stats", &stats, NULL);
  assert_fields (stats, "results-stored=1 results-shared=1 bytes-up=0 "
      "bytes-down=0 saved-requests=2 requests=0 frames-done=2");
  g_assert_false (gst_structure_has_field (stats, "queue-time-mean"));
  g_assert_false (gst_structure_has_field (stats, "service-time-mean"));
  gst_structure_free (stats);
  fixture_push (f, 30);
  job = wait_job (f, "done");
  assert_string (job, "origin", "made");
  assert_fields (job, "submissions=1 bytes-up=1000");
  push_eos (f);
  fixture_assert_record (f, START "|10|20|30|eos");
  expect_origin (f, "stored");
  expect_origin (f, "shared");
  expect_origin (f, "made");
  assert_stats (f, "requests=1 saved-requests=2 bytes-up=1000");
  collect (f);
  assert_text (GST_MESSAGE_INFO, 0, "1 request was submitted; 2 were saved");
  budgeting_free (f);
}

static void
add_limits (const gchar * policy, GTestDataFunc func)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (limits); i++) {
    gchar *path = g_strdup_printf ("/budget/%s/%s", policy, limits[i].name);

    g_test_add_data_func (path, &limits[i], func);
    g_free (path);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  add_limits ("error", test_error);
  add_limits ("drop", test_drop);
  add_limits ("passthrough", test_passthrough);
  g_test_add_func ("/budget/order", test_order);
  g_test_add_func ("/budget/raised", test_raised);
  g_test_add_func ("/budget/flush", test_flush);
  g_test_add_func ("/budget/failed", test_failed);
  g_test_add_func ("/budget/restart", test_restart);
  g_test_add_func ("/budget/live", test_live);
  g_test_add_func ("/budget/no-price", test_no_price);
  g_test_add_func ("/budget/no-service", test_no_service);
  g_test_add_func ("/budget/quiet", test_quiet);
  g_test_add_func ("/budget/same", test_same);
  g_test_add_func ("/budget/origins", test_origins);
  return fixture_run ();
}
