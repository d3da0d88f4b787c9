/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Long runs through a service that fails all the time, refuses what is too
 * much, or is gone for a while: everything comes out, in order, and everything
 * is paid for once.
 */
#include "fixture.h"

#include <string.h>

typedef struct
{
  GstHarness *harness;
  guint n;
  GstFlowReturn flow;
} Pusher;

static gpointer
push_frames (gpointer data)
{
  Pusher *pusher = data;
  guint i;

  for (i = 0; i < pusher->n && pusher->flow == GST_FLOW_OK; i++)
    pusher->flow = gst_harness_push (pusher->harness, make_frame (i));
  return NULL;
}

/* Pushes @n frames, pulls them and checks their order. */
static void
run_frames (Fixture * f, guint n)
{
  Pusher pusher = { f->harness, n, GST_FLOW_OK };
  GThread *thread = g_thread_new ("pusher", push_frames, &pusher);
  guint i;

  for (i = 0; i < n; i++) {
    GstBuffer *frame = gst_harness_pull (f->harness);

    if (!frame) {
      Failure failure;

      fixture_wait_failure (f, &failure);
      g_error ("frame %u: %s", i, failure.error->message);
    }
    assert_frame (frame, (guint8) i);
  }
  g_thread_join (thread);
  g_assert_cmpint (pusher.flow, ==, GST_FLOW_OK);
}

static Fixture *
new_run (const CupFalServiceOptions * options)
{
  Fixture *f = fixture_new (options, "max-in-flight", 8, "retry-delay", 0.005,
      "inactivity-timeout", 3.0, NULL);

  fixture_play (f, FRAME_CAPS, NULL);
  return f;
}

/* Three requests in ten fail, whatever they are for. Of the submissions those
 * fail that certainly were not accepted: of others nobody can know. */
static void
test_random (void)
{
  static const gchar *const faults[] = {
    "initiate:reset:CHANCE=5", "initiate:reset-after:CHANCE=5",
    "initiate:stall:CHANCE=2", "initiate:truncate:CHANCE=5",
    "initiate:500:CHANCE=5", "initiate:502:CHANCE=5",
    "initiate:429now:CHANCE=5",
    "initiate:html:CHANCE=2",
    "put:reset:CHANCE=5", "put:reset-after:CHANCE=5", "put:stall:CHANCE=2",
    "put:truncate:CHANCE=5", "put:403:CHANCE=5", "put:500:CHANCE=5",
    "put:503:CHANCE=5",
    "submit:429now:CHANCE=10", "submit:425:CHANCE=10", "submit:503:CHANCE=15",
    "status:reset:CHANCE=8", "status:truncate:CHANCE=8", "status:500:CHANCE=8",
    "status:504:CHANCE=8", "status:html:CHANCE=2",
    "stream:reset:CHANCE=8", "stream:cut:CHANCE=8", "stream:502:CHANCE=8",
    "stream:silent:CHANCE=2", "stream:truncate:CHANCE=8",
    "stream:html:CHANCE=2",
    "result:reset:CHANCE=6", "result:reset-after:CHANCE=6",
    "result:truncate:CHANCE=6", "result:stall:CHANCE=2", "result:502:CHANCE=6",
    "result:503:CHANCE=6", "result:html:CHANCE=2",
    "download:reset:CHANCE=6", "download:truncate:CHANCE=6",
    "download:stall:CHANCE=2", "download:500:CHANCE=6",
    "download:503:CHANCE=6", "download:429now:CHANCE=6",
    "download:html:CHANCE=2",
  };
  CupFalServiceOptions options;
  guint64 requests, struck;
  Fixture *f;
  guint i;

  fixture_options_init (&options);
  options.runners = 8;
  f = new_run (&options);
  for (i = 0; i < G_N_ELEMENTS (faults); i++)
    fixture_add_fault (f, faults[i]);
  run_frames (f, 200);

  requests = cup_fal_service_get_count (f->service, CUP_FAL_COUNT_REQUESTS);
  struck = cup_fal_service_get_count (f->service, CUP_FAL_COUNT_FAULTS);
  g_test_message ("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " requests "
      "failed", struck, requests);
  g_assert_cmpuint (struck * 100, >, requests * 20);
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 200);
  fixture_assert_count (f, CUP_FAL_COUNT_COMPLETED, 200);
  g_assert_false (fixture_has_failed (f));
  fixture_free (f);
}

/* The service takes three jobs at a time, and the window has eight: what is
 * refused waits, and soon nothing more is refused but a try now and then. */
static void
test_limited (void)
{
  CupFalServiceOptions options;
  Fixture *f;
  guint64 refused;

  fixture_options_init (&options);
  options.runners = 3;
  options.max_jobs = 3;
  options.delay = 5;
  f = new_run (&options);
  run_frames (f, 60);
  refused = cup_fal_service_get_count (f->service, CUP_FAL_COUNT_LIMITED);
  g_test_message ("%" G_GUINT64_FORMAT " submissions were refused", refused);
  g_assert_cmpuint (refused, >, 0);
  g_assert_cmpuint (refused, <, 60);
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 60);
  g_assert_false (fixture_has_failed (f));
  fixture_free (f);
}

/* It takes one only: waiting for one's turn is not a failure, and nobody asks
 * again and again meanwhile. */
static void
test_full (void)
{
  CupFalServiceOptions options;
  Fixture *f;
  guint i;

  fixture_options_init (&options);
  options.max_jobs = 1;
  f = new_run (&options);
  cup_fal_service_hold (f->service, TRUE);
  for (i = 0; i < 4; i++)
    gst_harness_push (f->harness, make_frame (i));
  fixture_wait_count (f, CUP_FAL_COUNT_LIMITED, 1);
  g_assert_false (fixture_has_failed (f));
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 1);
  cup_fal_service_hold (f->service, FALSE);
  for (i = 0; i < 4; i++)
    assert_frame (gst_harness_pull (f->harness), i);
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 4);
  g_assert_cmpuint (cup_fal_service_get_count (f->service,
          CUP_FAL_COUNT_LIMITED), <, 20);
  fixture_free (f);
}

/* Waiting for one's turn has a limit of its own. */
static void
test_queue_timeout (void)
{
  CupFalServiceOptions options;
  Failure failure;
  Fixture *f;

  fixture_options_init (&options);
  options.runners = 1;
  f = new_run (&options);
  g_object_set (f->element, "queue-timeout", 0.2, "timeout", 0.0, NULL);
  cup_fal_service_hold (f->service, TRUE);
  gst_harness_push (f->harness, make_frame (0));
  fixture_wait_count (f, CUP_FAL_COUNT_RUNNING, 1);
  gst_harness_push (f->harness, make_frame (1));
  fixture_wait_count (f, CUP_FAL_COUNT_CANCELLED, 1);
  cup_fal_service_hold (f->service, FALSE);
  /* The one that is worked on is not concerned. */
  assert_frame (gst_harness_pull (f->harness), 0);
  fixture_wait_failure (f, &failure);
  g_assert_error (failure.error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ);
  g_assert_nonnull (strstr (failure.error->message, "queue-timeout"));
  g_assert_nonnull (strstr (failure.error->message, "0 ahead"));
  failure_clear (&failure);
  fixture_free (f);
}

/* The limit for work does not run while a job waits in the queue, behind
 * somebody else's. */
static void
test_patience (void)
{
  CupFalServiceOptions options;
  Fixture *first, *f;
  const gchar *location;
  gint64 end;

  fixture_options_init (&options);
  options.runners = 1;
  first = new_run (&options);
  cup_fal_service_hold (first->service, TRUE);
  gst_harness_push (first->harness, make_frame (0));
  fixture_wait_count (first, CUP_FAL_COUNT_RUNNING, 1);

  location = cup_fal_service_get_location (first->service);
  f = fixture_new (NULL, "timeout", 3.0, "location", location,
      "storage-location", location, NULL);
  fixture_play (f, FRAME_CAPS, NULL);
  gst_harness_push (f->harness, make_frame (1));
  fixture_wait_count (first, CUP_FAL_COUNT_QUEUED, 1);
  end = g_get_monotonic_time () + 3500 * G_TIME_SPAN_MILLISECOND;
  while (g_get_monotonic_time () < end)
    g_usleep (10000);
  g_assert_false (fixture_has_failed (f));
  cup_fal_service_hold (first->service, FALSE);
  assert_frame (gst_harness_pull (f->harness), 1);
  assert_frame (gst_harness_pull (first->harness), 0);
  fixture_free (f);
  fixture_free (first);
}

static void
wait_for_trouble (Fixture * f)
{
  for (;;) {
    GstMessage *message = gst_bus_timed_pop_filtered (f->bus, 60 * GST_SECOND,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);
    const GstStructure *structure;
    gboolean found;

    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ELEMENT);
    structure = gst_message_get_structure (message);
    found = gst_structure_has_field (structure, "retry");
    gst_message_unref (message);
    if (found)
      return;
  }
}

/* The network is gone while jobs are at the service, and comes back. */
static void
test_outage (void)
{
  CupFalServiceOptions options;
  Fixture *f;
  guint i;

  fixture_options_init (&options);
  options.runners = 8;
  f = new_run (&options);
  cup_fal_service_hold (f->service, TRUE);
  for (i = 0; i < 8; i++)
    gst_harness_push (f->harness, make_frame (i));
  fixture_wait_count (f, CUP_FAL_COUNT_STREAM, 8);
  cup_fal_service_set_refusing (f->service, TRUE);
  wait_for_trouble (f);
  cup_fal_service_hold (f->service, FALSE);
  cup_fal_service_set_refusing (f->service, FALSE);
  for (i = 0; i < 8; i++)
    assert_frame (gst_harness_pull (f->harness), i);
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 8);
  g_assert_false (fixture_has_failed (f));
  fixture_free (f);
}

/* Before anything was accepted, too. */
static void
test_late_service (void)
{
  Fixture *f = new_run (NULL);
  guint i;

  run_frames (f, 1);
  cup_fal_service_set_refusing (f->service, TRUE);
  for (i = 1; i < 4; i++)
    gst_harness_push (f->harness, make_frame (i));
  wait_for_trouble (f);
  cup_fal_service_set_refusing (f->service, FALSE);
  for (i = 1; i < 4; i++)
    assert_frame (gst_harness_pull (f->harness), i);
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 4);
  fixture_free (f);
}

/* Jobs that the service's machines have lost are submitted again, as often as
 * the user allows it. */
static void
test_retries (gconstpointer data)
{
  guint retries = GPOINTER_TO_UINT (data);
  Fixture *f = new_run (NULL);
  Failure failure;

  /* Engine settings count from READY on. */
  gst_element_set_state (f->element, GST_STATE_NULL);
  g_object_set (f->element, "retries", retries, NULL);
  gst_element_set_state (f->element, GST_STATE_PLAYING);
  gst_harness_set_src_caps_str (f->harness, FRAME_CAPS);
  fixture_add_fault (f, "result:runner-503:2");
  gst_harness_push (f->harness, make_frame (0));
  if (retries >= 2) {
    assert_frame (gst_harness_pull (f->harness), 0);
    fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 3);
  } else {
    fixture_wait_failure (f, &failure);
    g_assert_cmpstr (failure.error_type, ==, "runner_disconnected");
    failure_clear (&failure);
    fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, retries + 1);
  }
  fixture_free (f);
}

/* Where nobody can know, the user may say that paying twice is better than
 * losing a frame. */
static void
test_double_cost (gconstpointer data)
{
  gboolean allowed = GPOINTER_TO_INT (data);
  Fixture *f = fixture_new (NULL, "allow-double-cost", allowed, "retry-delay",
      0.005, NULL);
  Failure failure;

  fixture_play (f, FRAME_CAPS, NULL);
  fixture_add_fault (f, "submit:reset-after:1");
  gst_harness_push (f->harness, make_frame (0));
  if (allowed) {
    assert_frame (gst_harness_pull (f->harness), 0);
    fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 2);
  } else {
    fixture_wait_failure (f, &failure);
    g_assert_nonnull (strstr (failure.error->message, "may have accepted"));
    g_assert_nonnull (strstr (failure.error->message, "allow-double-cost"));
    failure_clear (&failure);
    fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 1);
  }
  fixture_free (f);
}

/* The key is good for nothing more: those that are at the service come, and
 * nothing new is begun. */
static void
test_refused (void)
{
  CupFalServiceOptions options;
  Failure failure;
  Fixture *f;
  guint i;

  fixture_options_init (&options);
  options.runners = 8;
  f = new_run (&options);
  cup_fal_service_hold (f->service, TRUE);
  for (i = 0; i < 3; i++)
    gst_harness_push (f->harness, make_frame (i));
  fixture_wait_count (f, CUP_FAL_COUNT_ACCEPTED, 3);
  fixture_add_fault (f, "submit:403:1");
  for (; i < 8; i++)
    gst_harness_push (f->harness, make_frame (i));
  fixture_wait_count (f, CUP_FAL_COUNT_FAULTS, 1);
  cup_fal_service_hold (f->service, FALSE);
  for (i = 0; i < 3; i++)
    assert_frame (gst_harness_pull (f->harness), i);
  fixture_wait_failure (f, &failure);
  g_assert_error (failure.error, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  g_assert_nonnull (strstr (failure.error->message, "Exhausted balance"));
  failure_clear (&failure);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  g_test_add_func ("/persistence/random", test_random);
  g_test_add_func ("/persistence/limited", test_limited);
  g_test_add_func ("/persistence/full", test_full);
  g_test_add_func ("/persistence/queue-timeout", test_queue_timeout);
  g_test_add_func ("/persistence/patience", test_patience);
  g_test_add_func ("/persistence/outage", test_outage);
  g_test_add_func ("/persistence/late-service", test_late_service);
  g_test_add_data_func ("/persistence/retries/none", GUINT_TO_POINTER (0),
      test_retries);
  g_test_add_data_func ("/persistence/retries/one", GUINT_TO_POINTER (1),
      test_retries);
  g_test_add_data_func ("/persistence/retries/enough", GUINT_TO_POINTER (3),
      test_retries);
  g_test_add_data_func ("/persistence/double-cost/no", GINT_TO_POINTER (FALSE),
      test_double_cost);
  g_test_add_data_func ("/persistence/double-cost/yes", GINT_TO_POINTER (TRUE),
      test_double_cost);
  g_test_add_func ("/persistence/refused", test_refused);
  return g_test_run ();
}
