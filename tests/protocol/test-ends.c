/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a run ends, with a cache and without, and what becomes of the requests that
 * the service has accepted and of the results that are there: each cell of the
 * table in docs/guide.md, "How a run ends". The application waits before it stops
 * the element, and another run follows.
 *
 * Eight frames are at the service, which holds them; the second one's result has
 * come already, and waits behind the first.
 */
#include "store-place.h"

#define LIMIT_MS 60000
#define LEFT "SELECT count(*) FROM journal WHERE state = 'accepted' " \
    "AND owner = ''"

/**
 * End:
 * @prepare: (nullable): sets the element up, before frames come
 * @end: ends the run while requests are under way
 * @n_failed: how many of them fail at the service, and are submitted anew
 * @n_done: how many come to their end
 * @takes_back: whether what is accepted is cancelled although there is a cache
 */
typedef struct
{
  const gchar *name;
  void (*prepare) (Fixture * f);
  void (*end) (Fixture * f);
  guint n_failed;
  guint n_done;
  gboolean takes_back;
} End;

typedef struct
{
  const End *end;
  gboolean cached;
} Cell;

static void
wait_error (Fixture * f)
{
  GstMessage *message = gst_bus_timed_pop_filtered (f->bus, LIMIT_MS *
      GST_MSECOND, GST_MESSAGE_ERROR);

  g_assert_nonnull (message);
  gst_message_unref (message);
}

/* Until @n frames have the last message of the @state. */
static void
wait_state (Fixture * f, const gchar * state, guint n)
{
  while (n > 0) {
    GstMessage *message = gst_bus_timed_pop_filtered (f->bus, LIMIT_MS *
        GST_MSECOND, GST_MESSAGE_ELEMENT);

    g_assert_nonnull (message);
    if (g_strcmp0 (gst_structure_get_string (gst_message_get_structure
                (message), "state"), state) == 0)
      n--;
    gst_message_unref (message);
  }
}

/* The first frame fails at the service for good. */
static void
end_by_error (Fixture * f)
{
  cup_fal_service_end_job (f->service, 0, TRUE);
  wait_error (f);
}

static void
allow_no_failure (Fixture * f)
{
  gst_util_set_object_arg (G_OBJECT (f->element), "on-error", "drop");
  g_object_set (f->element, "max-failures", 1, NULL);
}

static void
set_timeout (Fixture * f)
{
  g_object_set (f->element, "timeout", 5.0, NULL);
}

/* Every buffer that leaves gets this answer. */
static GstPadProbeReturn
answer_flow (GstPad * pad, GstPadProbeInfo * info, gpointer flow)
{
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GPOINTER_TO_INT (flow);
  return GST_PAD_PROBE_HANDLED;
}

static void
end_downstream (Fixture * f, GstFlowReturn flow)
{
  gst_pad_add_probe (f->harness->sinkpad, GST_PAD_PROBE_TYPE_BUFFER,
      answer_flow, GINT_TO_POINTER (flow), NULL);
  cup_fal_service_end_job (f->service, 0, FALSE);
}

static void
end_by_downstream_error (Fixture * f)
{
  end_downstream (f, GST_FLOW_ERROR);
}

static void
end_by_negotiation (Fixture * f)
{
  end_downstream (f, GST_FLOW_NOT_NEGOTIATED);
}

static void
end_by_downstream_eos (Fixture * f)
{
  end_downstream (f, GST_FLOW_EOS);
}

static void
end_by_timeout (Fixture * f)
{
  wait_error (f);
}

static void
end_by_stop (Fixture * f)
{
  gst_element_set_state (f->element, GST_STATE_NULL);
}

static void
end_by_flush (Fixture * f)
{
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
}

static void
end_by_cancel_all (Fixture * f)
{
  guint n = 0;

  g_signal_emit_by_name (f->element, "cancel-all", &n);
  g_assert_cmpuint (n, ==, IN_FLIGHT - 1);
}

static void
make_live (Fixture * f)
{
  gst_util_set_object_arg (G_OBJECT (f->element), "late", "drop");
  g_object_set (f->element, "latency", GST_SECOND, NULL);
  gst_harness_set_live (f->harness, TRUE);
}

static void
end_by_lateness (Fixture * f)
{
  g_assert_true (gst_harness_set_time (f->harness, 3600 * GST_SECOND));
  g_assert_true (gst_harness_crank_single_clock_wait (f->harness));
}

static const End ends[] = {
  {"error", NULL, end_by_error, 1, 0, FALSE},
  {"max-failures", allow_no_failure, end_by_error, 1, 0, FALSE},
  {"downstream-error", NULL, end_by_downstream_error, 0, 1, FALSE},
  {"not-negotiated", NULL, end_by_negotiation, 0, 1, FALSE},
  {"downstream-eos", NULL, end_by_downstream_eos, 0, 1, FALSE},
  {"timeout", set_timeout, end_by_timeout, 0, 0, FALSE},
  {"stop", NULL, end_by_stop, 0, 0, FALSE},
  {"flush", NULL, end_by_flush, 0, 0, TRUE},
  {"cancel-all", NULL, end_by_cancel_all, 0, 0, TRUE},
  {"late", make_live, end_by_lateness, 0, 0, TRUE},
};

static void
push (Fixture * f, guint first, guint n)
{
  guint64 accepted = cup_fal_service_get_count (f->service,
      CUP_FAL_COUNT_ACCEPTED);
  guint i;

  for (i = 0; i < n; i++) {
    g_assert_cmpint (gst_harness_push (f->harness, make_frame (first + i)), ==,
        GST_FLOW_OK);
    /* In this order at the service. */
    fixture_wait_count (f, CUP_FAL_COUNT_ACCEPTED, accepted + i + 1);
  }
}

static Fixture *
new_run (const CupFalServiceOptions * options, gboolean cached)
{
  Fixture *f = fixture_new (options, "max-in-flight", IN_FLIGHT, NULL);
  gchar *folder = g_get_current_dir ();
  gchar *location = g_build_filename (folder, "store", NULL);

  if (cached)
    g_object_set (f->element, "cache-location", location, NULL);
  g_free (location);
  g_free (folder);
  return f;
}

/* Until the service has heard of the frames' requests, and the result of the
 * second one has come. */
static Fixture *
start (const End * end, gboolean cached)
{
  CupFalServiceOptions options;
  Fixture *f;

  fixture_options_init (&options);
  options.runners = IN_FLIGHT;
  f = new_run (&options, cached);
  fixture_play (f, FRAME_CAPS, NULL);
  cup_fal_service_hold (f->service, TRUE);
  if (end && end->prepare)
    end->prepare (f);
  push (f, 0, IN_FLIGHT);
  cup_fal_service_end_job (f->service, 1, FALSE);
  wait_state (f, "done", 1);
  if (cached) {
    store_place_wait_query ("SELECT count(*) FROM results", 1);
    store_place_wait_query ("SELECT count(*) FROM journal "
        "WHERE state = 'accepted'", IN_FLIGHT - 1);
  }
  return f;
}

/* The frames once more; returns how many submissions that took. */
static guint64
run_again (Fixture * first, gboolean cached)
{
  guint64 before = cup_fal_service_get_count (first->service,
      CUP_FAL_COUNT_ACCEPTED);
  const gchar *location = cup_fal_service_get_location (first->service);
  Fixture *f = new_run (NULL, cached);
  guint i;

  cup_fal_service_hold (first->service, FALSE);
  g_object_set (f->element, "location", location, "storage-location", location,
      NULL);
  fixture_play (f, FRAME_CAPS, NULL);
  for (i = 0; i < IN_FLIGHT; i++)
    gst_harness_push (f->harness, make_frame (i));
  for (i = 0; i < IN_FLIGHT; i++)
    assert_frame (gst_harness_pull (f->harness), i);
  g_assert_false (fixture_has_failed (f));
  fixture_free (f);
  return cup_fal_service_get_count (first->service, CUP_FAL_COUNT_ACCEPTED)
      - before;
}

static void
test_end (gconstpointer data)
{
  const Cell *cell = data;
  const End *end = cell->end;
  guint n_left = IN_FLIGHT - 1 - end->n_failed - end->n_done;
  Place place;
  Fixture *f;

  place_enter (&place, NULL);
  f = start (end, cell->cached);
  end->end (f);
  if (cell->cached && !end->takes_back) {
    /* The journal has them, with nobody who works on them. */
    store_place_wait_query (LEFT, n_left);
    gst_element_set_state (f->element, GST_STATE_NULL);
    g_assert_cmpuint (run_again (f, TRUE), ==, end->n_failed);
    fixture_assert_count (f, CUP_FAL_COUNT_CANCEL, 0);
  } else {
    fixture_wait_count (f, CUP_FAL_COUNT_CANCELLED, n_left);
    gst_element_set_state (f->element, GST_STATE_NULL);
    g_assert_cmpuint (run_again (f, cell->cached), ==, cell->cached ?
        n_left : IN_FLIGHT);
    fixture_assert_count (f, CUP_FAL_COUNT_CANCELLED, n_left);
  }
  fixture_free (f);
  place_leave (&place, NULL);
}

/* Nothing is linked downstream, which may pass: the frames wait for it. */
static void
test_not_linked (gconstpointer data)
{
  gboolean cached = GPOINTER_TO_INT (data);
  GstPad *srcpad;
  Place place;
  Fixture *f;
  guint i;

  place_enter (&place, NULL);
  f = start (NULL, cached);
  srcpad = gst_element_get_static_pad (f->element, "src");
  g_assert_true (gst_pad_unlink (srcpad, f->harness->sinkpad));
  cup_fal_service_hold (f->service, FALSE);
  fixture_wait_count (f, CUP_FAL_COUNT_SERVED, IN_FLIGHT);
  g_assert_cmpint (gst_pad_link (srcpad, f->harness->sinkpad), ==,
      GST_PAD_LINK_OK);
  for (i = 0; i < IN_FLIGHT; i++)
    assert_frame (gst_harness_pull (f->harness), i);
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, IN_FLIGHT);
  fixture_assert_count (f, CUP_FAL_COUNT_CANCEL, 0);
  gst_object_unref (srcpad);
  fixture_free (f);
  place_leave (&place, NULL);
}

/* Upstream's EOS waits for the frames before it. */
static void
test_eos (gconstpointer data)
{
  gboolean cached = GPOINTER_TO_INT (data);
  Place place;
  Fixture *f;

  place_enter (&place, NULL);
  f = start (NULL, cached);
  gst_harness_push_event (f->harness, gst_event_new_eos ());
  cup_fal_service_hold (f->service, FALSE);
  fixture_assert_record (f, "caps 32x24|0|1|2|3|4|5|6|7|EOS");
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, IN_FLIGHT);
  fixture_assert_count (f, CUP_FAL_COUNT_CANCEL, 0);
  fixture_free (f);
  place_leave (&place, NULL);
}

/* The limit on what may be spent is reached by the frame that is next, and raised
 * for those behind it, before it leaves. */
static void
test_budget (gconstpointer data)
{
  gboolean cached = GPOINTER_TO_INT (data);
  CupFalServiceOptions options;
  Place place;
  Fixture *f;

  place_enter (&place, NULL);
  fixture_options_init (&options);
  options.runners = IN_FLIGHT;
  f = new_run (&options, cached);
  g_object_set (f->element, "max-requests", G_GUINT64_CONSTANT (1), NULL);
  fixture_play (f, FRAME_CAPS, NULL);
  cup_fal_service_hold (f->service, TRUE);
  push (f, 0, 1);
  gst_harness_push (f->harness, make_frame (1));
  wait_state (f, "skipped", 1);
  g_object_set (f->element, "max-requests", G_GUINT64_CONSTANT (0), NULL);
  push (f, 2, IN_FLIGHT - 2);
  cup_fal_service_end_job (f->service, 0, FALSE);
  wait_error (f);
  if (cached) {
    store_place_wait_query (LEFT, IN_FLIGHT - 2);
    gst_element_set_state (f->element, GST_STATE_NULL);
    g_assert_cmpuint (run_again (f, TRUE), ==, 1);
    fixture_assert_count (f, CUP_FAL_COUNT_CANCEL, 0);
  } else {
    fixture_wait_count (f, CUP_FAL_COUNT_CANCELLED, IN_FLIGHT - 2);
  }
  fixture_free (f);
  place_leave (&place, NULL);
}

static void
add (const gchar * name, gboolean cached, gconstpointer data,
    GTestDataFunc func)
{
  gchar *path = g_strdup_printf ("/ends/%s/%s", name, cached ? "cached" :
      "without");

  g_test_add_data_func (path, data, func);
  g_free (path);
}

int
main (int argc, char **argv)
{
  static Cell cells[2 * G_N_ELEMENTS (ends)];
  gint cached;
  guint i, n = 0;

  fixture_init (&argc, &argv);
  for (cached = 0; cached < 2; cached++) {
    for (i = 0; i < G_N_ELEMENTS (ends); i++, n++) {
      cells[n].end = &ends[i];
      cells[n].cached = cached;
      add (ends[i].name, cached, &cells[n], test_end);
    }
    add ("not-linked", cached, GINT_TO_POINTER (cached), test_not_linked);
    add ("eos", cached, GINT_TO_POINTER (cached), test_eos);
    add ("budget", cached, GINT_TO_POINTER (cached), test_budget);
  }
  return g_test_run ();
}
