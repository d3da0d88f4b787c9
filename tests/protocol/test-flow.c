/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Many frames under way: order, the bound of the window, what becomes of them
 * when the stream ends, is flushed, stopped or fails, and that nobody pays for
 * a frame twice.
 */
#include "fixture.h"

/* Frames that are pushed by a thread of their own, which may block. */
typedef struct
{
  GstHarness *harness;
  guint first, n;
  GstFlowReturn flow;           /* of the last one */
  GThread *thread;
} Pusher;

static gpointer
push_frames (gpointer data)
{
  Pusher *pusher = data;
  guint i;

  for (i = 0; i < pusher->n && pusher->flow == GST_FLOW_OK; i++)
    pusher->flow = gst_harness_push (pusher->harness,
        make_frame (pusher->first + i));
  return NULL;
}

static void
pusher_start (Pusher * pusher, Fixture * f, guint first, guint n)
{
  pusher->harness = f->harness;
  pusher->first = first;
  pusher->n = n;
  pusher->flow = GST_FLOW_OK;
  pusher->thread = g_thread_new ("pusher", push_frames, pusher);
}

static GstFlowReturn
pusher_join (Pusher * pusher)
{
  g_thread_join (pusher->thread);
  return pusher->flow;
}

static Fixture *
new_fixture (guint runners, guint max_in_flight)
{
  CupFalServiceOptions options;

  fixture_options_init (&options);
  options.runners = runners;
  return fixture_new (&options, "max-in-flight", max_in_flight, NULL);
}

static Fixture *
new_flow (guint runners, guint max_in_flight)
{
  Fixture *f = new_fixture (runners, max_in_flight);

  fixture_play (f, FRAME_CAPS, NULL);
  return f;
}

#define N_MANY 48

/* Many frames, eight at a time, each of which comes out, in order, and is paid
 * for once. */
static void
run_many (const gchar * const *faults)
{
  Fixture *f = new_fixture (8, 8);
  Pusher pusher;
  guint i;

  for (i = 0; faults[i]; i++)
    fixture_add_fault (f, faults[i]);
  fixture_play (f, FRAME_CAPS, NULL);
  pusher_start (&pusher, f, 0, N_MANY);
  for (i = 0; i < N_MANY; i++)
    assert_frame (gst_harness_pull (f->harness), i);
  g_assert_cmpint (pusher_join (&pusher), ==, GST_FLOW_OK);
  fixture_assert_count (f, CUP_FAL_COUNT_SUBMIT, N_MANY);
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, N_MANY);
  fixture_assert_count (f, CUP_FAL_COUNT_COMPLETED, N_MANY);
  g_assert_cmpuint (cup_fal_service_get_count (f->service,
          CUP_FAL_COUNT_RUNNING_MOST), <=, 8);
  g_assert_false (fixture_has_failed (f));
  fixture_free (f);
}

/* Every stage is late now and then, and some answers are lost: results come
 * in any order and leave in that of the frames. */
static void
test_order (void)
{
  static const gchar *const faults[] = {
    "initiate:late:EVERY=5:FOR=70", "put:late:EVERY=3:FOR=50",
    "put:503:1:AFTER=11", "submit:late:EVERY=4:FOR=90",
    "status:late:EVERY=7:FOR=60", "status:reset:2:AFTER=20:EVERY=9",
    "result:late:EVERY=6:FOR=80", "download:late:EVERY=2:FOR=40",
    "download:late:EVERY=5:FOR=160", "download:truncate:2:AFTER=5:EVERY=8",
    NULL
  };

  run_many (faults);
}

/* Connections that are used again and break before the answer, which libsoup
 * would like to handle by itself. */
static void
test_broken_connections (void)
{
  static const gchar *const faults[] = { "status:reset:EVERY=4", NULL };

  run_many (faults);
}

/* The first frame's picture is stuck in its download while those of the others
 * have come: nothing leaves before it. */
static void
test_head_blocks (void)
{
  Fixture *f = new_flow (8, 5);
  guint i;

  fixture_add_fault (f, "download:stall:1");
  gst_harness_push (f->harness, make_frame (0));
  fixture_wait_count (f, CUP_FAL_COUNT_FAULTS, 1);
  for (i = 1; i < 5; i++)
    gst_harness_push (f->harness, make_frame (i));
  fixture_wait_count (f, CUP_FAL_COUNT_SERVED, 4);
  g_assert_true (fixture_record_is_empty (f));
  fixture_free (f);
}

/* What the service sees at once is what max-in-flight says. */
static void
test_bound (gconstpointer data)
{
  guint max = GPOINTER_TO_UINT (data), n = 3 * max, i;
  Fixture *f = new_flow (64, max);
  Pusher pusher;

  cup_fal_service_hold (f->service, TRUE);
  pusher_start (&pusher, f, 0, n);
  fixture_wait_count (f, CUP_FAL_COUNT_RUNNING, max);
  cup_fal_service_hold (f->service, FALSE);
  for (i = 0; i < n; i++)
    assert_frame (gst_harness_pull (f->harness), i);
  g_assert_cmpint (pusher_join (&pusher), ==, GST_FLOW_OK);
  fixture_assert_count (f, CUP_FAL_COUNT_RUNNING_MOST, max);
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, n);
  fixture_free (f);
}

/* EOS waits for what is under way. */
static void
test_eos (void)
{
  Fixture *f = new_flow (4, 4);
  guint i;

  cup_fal_service_hold (f->service, TRUE);
  for (i = 0; i < 3; i++)
    gst_harness_push (f->harness, make_frame (i));
  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_eos ()));
  fixture_wait_count (f, CUP_FAL_COUNT_RUNNING, 3);
  g_assert_true (fixture_record_is_empty (f));
  cup_fal_service_hold (f->service, FALSE);
  fixture_assert_record (f, "caps 32x24|0|1|2|EOS");
  fixture_free (f);
}

/* Stopping. No job ever ends at the service by itself in these tests: what
 * waited for one would wait for ever. */

static void
test_stop (gconstpointer data)
{
  const gchar *fault = data;
  CupFalServiceOptions options;
  Pusher pusher;
  Fixture *f;

  fixture_options_init (&options);
  options.runners = 3;
  options.delay = 60000;
  f = fixture_new (&options, "max-in-flight", 5, NULL);
  fixture_play (f, FRAME_CAPS, NULL);
  if (fault)
    fixture_add_fault (f, fault);
  cup_fal_service_hold (f->service, TRUE);
  /* More than fit: chain is blocked, and has to get out too. */
  pusher_start (&pusher, f, 0, 7);
  fixture_wait_count (f, CUP_FAL_COUNT_ACCEPTED, 5);

  gst_element_set_state (f->element, GST_STATE_NULL);
  g_assert_cmpint (pusher_join (&pusher), ==, GST_FLOW_FLUSHING);
  if (!fault)
    fixture_wait_count (f, CUP_FAL_COUNT_CANCELLED, 5);
  else
    fixture_wait_count (f, CUP_FAL_COUNT_CANCEL, 1);
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 5);
  g_assert_true (fixture_record_is_empty (f));
  g_assert_false (fixture_has_failed (f));
  fixture_free (f);
}

/* The answer to the submission comes when nobody waits for the job any more:
 * it is cancelled all the same. */
static void
test_stop_while_submitting (void)
{
  Fixture *f = new_flow (1, 1);

  fixture_add_fault (f, "submit:late:FOR=300");
  cup_fal_service_hold (f->service, TRUE);
  gst_harness_push (f->harness, make_frame (1));
  fixture_wait_count (f, CUP_FAL_COUNT_ACCEPTED, 1);
  gst_element_set_state (f->element, GST_STATE_NULL);
  fixture_wait_count (f, CUP_FAL_COUNT_CANCELLED, 1);
  fixture_free (f);
}

/* Gone before anything was submitted: then nothing is. */
static void
test_stop_while_uploading (void)
{
  Fixture *f = new_flow (1, 1);

  fixture_add_fault (f, "put:stall");
  gst_harness_push (f->harness, make_frame (1));
  fixture_wait_count (f, CUP_FAL_COUNT_PUT, 1);
  gst_element_set_state (f->element, GST_STATE_NULL);
  fixture_assert_count (f, CUP_FAL_COUNT_SUBMIT, 0);
  fixture_free (f);
}

/* Again after NULL, with another service thread's worth of connections. */
static void
test_restart (void)
{
  Fixture *f = new_flow (4, 4);
  guint i;

  for (i = 0; i < 3; i++) {
    cup_fal_service_hold (f->service, TRUE);
    gst_harness_push (f->harness, make_frame (1));
    fixture_wait_count (f, CUP_FAL_COUNT_ACCEPTED, 2 * i + 1);
    gst_element_set_state (f->element, GST_STATE_NULL);
    fixture_wait_count (f, CUP_FAL_COUNT_CANCELLED, i + 1);
    cup_fal_service_hold (f->service, FALSE);

    gst_element_set_state (f->element, GST_STATE_PLAYING);
    gst_harness_set_src_caps_str (f->harness, FRAME_CAPS);
    assert_frame (fixture_upscale (f, make_frame (2)), 2);
    fixture_assert_count (f, CUP_FAL_COUNT_COMPLETED, i + 1);
  }
  fixture_free (f);
}

/* A seek: what is under way is taken back, and the stream goes on. */
static void
test_flush (void)
{
  Fixture *f = new_flow (2, 4);
  GstSegment segment;
  guint i;

  cup_fal_service_hold (f->service, TRUE);
  for (i = 0; i < 4; i++)
    gst_harness_push (f->harness, make_frame (i));
  fixture_wait_count (f, CUP_FAL_COUNT_ACCEPTED, 4);
  g_assert_true (gst_harness_push_event (f->harness,
          gst_event_new_flush_start ()));
  fixture_wait_count (f, CUP_FAL_COUNT_CANCELLED, 4);
  g_assert_true (gst_harness_push_event (f->harness,
          gst_event_new_flush_stop (TRUE)));
  cup_fal_service_hold (f->service, FALSE);

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  assert_frame (fixture_upscale (f, make_frame (9)), 9);
  fixture_assert_record (f, "caps 32x24|9");
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 5);
  fixture_assert_count (f, CUP_FAL_COUNT_COMPLETED, 1);
  g_assert_false (fixture_has_failed (f));
  fixture_free (f);
}

/* A frame that fails does so when its turn comes: those before it leave, those
 * behind it are taken back. */
static void
test_failure_in_order (void)
{
  Fixture *f = new_flow (8, 4);
  Failure failure;

  /* Refused at once, while the frame before is still worked on. */
  fixture_add_fault (f, "initiate:422:1:AFTER=1");
  cup_fal_service_hold (f->service, TRUE);
  gst_harness_push (f->harness, make_frame (0));
  fixture_wait_count (f, CUP_FAL_COUNT_ACCEPTED, 1);
  gst_harness_push (f->harness, make_frame (1));
  fixture_wait_count (f, CUP_FAL_COUNT_FAULTS, 1);
  gst_harness_push (f->harness, make_frame (2));
  gst_harness_push (f->harness, make_frame (3));
  fixture_wait_count (f, CUP_FAL_COUNT_ACCEPTED, 3);
  g_assert_true (fixture_record_is_empty (f));
  g_assert_false (fixture_has_failed (f));

  /* The other two might be done before they are taken back, but never leave. */
  cup_fal_service_hold (f->service, FALSE);
  fixture_wait_failure (f, &failure);
  g_assert_cmpuint (failure.pts, ==, FRAME_DURATION);
  g_assert_cmpuint (failure.http_status, ==, 422);
  fixture_assert_record (f, "caps 32x24|0|EOS");
  failure_clear (&failure);
  fixture_free (f);
}

/* The same where the model refuses: frames 0 and 1 leave, 2 is the error. */
static void
test_failure_of_model (void)
{
  Fixture *f = new_flow (8, 8);
  Failure failure;
  guint i;

  fixture_add_fault (f, "result:model-422:1:AFTER=2");
  cup_fal_service_hold (f->service, TRUE);
  for (i = 0; i < 6; i++) {
    gst_harness_push (f->harness, make_frame (i));
    fixture_wait_count (f, CUP_FAL_COUNT_ACCEPTED, i + 1);
  }
  cup_fal_service_hold (f->service, FALSE);
  fixture_wait_failure (f, &failure);
  g_assert_cmpuint (failure.pts, ==, 2 * FRAME_DURATION);
  g_assert_cmpuint (failure.http_status, ==, 422);
  fixture_assert_record (f, "caps 32x24|0|1|EOS");
  failure_clear (&failure);
  fixture_free (f);
}

/* Asks @probe about events that leave the element. What it waits for has come
 * when they are in the record. */
static void
probe_events (Fixture * f, GstPadProbeCallback probe, gpointer data)
{
  GstPad *pad = gst_element_get_static_pad (f->element, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, probe, data,
      NULL);
  gst_object_unref (pad);
}

/* EOS may take long downstream, or for ever where the pipeline is paused. */
static GstPadProbeReturn
wait_at_eos (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    fixture_wait_count (user_data, CUP_FAL_COUNT_CANCELLED, 2);
  return GST_PAD_PROBE_OK;
}

/* Those behind a failed frame are cancelled at the service, at once. */
static void
test_failure_cancels (void)
{
  Fixture *f = new_flow (1, 3);
  Failure failure;

  fixture_add_fault (f, "result:model-422:1");
  cup_fal_service_hold (f->service, TRUE);
  probe_events (f, wait_at_eos, f);
  gst_harness_push (f->harness, make_frame (0));
  fixture_wait_count (f, CUP_FAL_COUNT_ACCEPTED, 1);
  fixture_add_fault (f, "result:stuck");
  gst_harness_push (f->harness, make_frame (1));
  gst_harness_push (f->harness, make_frame (2));
  fixture_wait_count (f, CUP_FAL_COUNT_ACCEPTED, 3);
  cup_fal_service_hold (f->service, FALSE);
  fixture_wait_failure (f, &failure);
  failure_clear (&failure);
  fixture_assert_record (f, "EOS");
  fixture_assert_count (f, CUP_FAL_COUNT_CANCELLED, 2);
  fixture_free (f);
}

static GstPadProbeReturn
join_at_eos (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    pusher_join (user_data);
  return GST_PAD_PROBE_OK;
}

/* Upstream waits for a place in the window while the frame in it fails: its
 * frame is refused, and not sent and paid for only to be thrown away. */
static void
test_failure_takes_no_more (void)
{
  Fixture *f = new_flow (1, 1);
  Failure failure;
  Pusher pusher;

  fixture_add_fault (f, "result:model-422:1");
  cup_fal_service_hold (f->service, TRUE);
  probe_events (f, join_at_eos, &pusher);
  pusher_start (&pusher, f, 0, 2);
  fixture_wait_count (f, CUP_FAL_COUNT_ACCEPTED, 1);
  cup_fal_service_hold (f->service, FALSE);
  fixture_wait_failure (f, &failure);
  failure_clear (&failure);
  fixture_assert_record (f, "EOS");
  g_assert_cmpint (pusher.flow, ==, GST_FLOW_ERROR);
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 1);
  fixture_free (f);
}

/* Downstream has gone: what is under way is taken back. */
static void
test_unlinked (void)
{
  Fixture *f = new_flow (2, 2);
  GstPad *pad = gst_element_get_static_pad (f->element, "src");

  cup_fal_service_hold (f->service, TRUE);
  gst_harness_push (f->harness, make_frame (1));
  gst_harness_push (f->harness, make_frame (2));
  fixture_wait_count (f, CUP_FAL_COUNT_ACCEPTED, 2);
  gst_pad_unlink (pad, f->harness->sinkpad);
  gst_element_set_state (f->element, GST_STATE_NULL);
  fixture_wait_count (f, CUP_FAL_COUNT_CANCELLED, 2);
  gst_object_unref (pad);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  g_test_add_func ("/flow/order", test_order);
  g_test_add_func ("/flow/broken-connections", test_broken_connections);
  g_test_add_func ("/flow/head-blocks", test_head_blocks);
  g_test_add_data_func ("/flow/bound/1", GUINT_TO_POINTER (1), test_bound);
  g_test_add_data_func ("/flow/bound/3", GUINT_TO_POINTER (3), test_bound);
  g_test_add_data_func ("/flow/bound/8", GUINT_TO_POINTER (8), test_bound);
  g_test_add_func ("/flow/eos", test_eos);
  g_test_add_data_func ("/flow/stop/plain", NULL, test_stop);
  g_test_add_data_func ("/flow/stop/deaf", "cancel:stall", test_stop);
  g_test_add_func ("/flow/stop/submitting", test_stop_while_submitting);
  g_test_add_func ("/flow/stop/uploading", test_stop_while_uploading);
  g_test_add_func ("/flow/restart", test_restart);
  g_test_add_func ("/flow/flush", test_flush);
  g_test_add_func ("/flow/unlinked", test_unlinked);
  g_test_add_func ("/flow/failure/in-order", test_failure_in_order);
  g_test_add_func ("/flow/failure/of-model", test_failure_of_model);
  g_test_add_func ("/flow/failure/cancels", test_failure_cancels);
  g_test_add_func ("/flow/failure/takes-no-more", test_failure_takes_no_more);
  return g_test_run ();
}
