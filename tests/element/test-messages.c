/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the application is told of each frame: element messages, progress, and
 * the meta on the buffers.
 */
#include "fixture.h"

#include <string.h>

static const CupDummyPlan hold = {.delay = CUP_DUMMY_HOLD };

static const CupDummyPlan hosted = {.delay = CUP_DUMMY_HOLD,.hosted = TRUE };

static void
report (Fixture * f, guint8 key, CupProgressState state, gint64 position)
{
  CupProgress progress = { state, NULL, position, NULL, NULL, NULL, NULL };
  gchar *id = g_strdup_printf ("request-%d", key);

  if (state >= CUP_PROGRESS_QUEUED)
    progress.request_id = id;
  g_assert_true (cup_dummy_engine_report (f->engine, key, &progress));
  g_free (id);
}

static void
report_log (Fixture * f, guint8 key, const gchar * line)
{
  CupProgress progress = { CUP_PROGRESS_RUNNING, "request", -1, line, "INFO",
    "2024-05-06T07:08:09Z", NULL
  };

  g_assert_true (cup_dummy_engine_report (f->engine, key, &progress));
}

static void
assert_text (const GstStructure * job, const gchar * field,
    const gchar * expected)
{
  g_assert_cmpstr (gst_structure_get_string (job, field), ==, expected);
}

static void
assert_number (const GstStructure * job, const gchar * field, gdouble expected)
{
  const GValue *value = gst_structure_get_value (job, field);
  GValue number = G_VALUE_INIT;

  g_assert_nonnull (value);
  g_value_init (&number, G_TYPE_DOUBLE);
  g_assert_true (g_value_transform (value, &number));
  g_assert_cmpfloat (g_value_get_double (&number), ==, expected);
}

static void
assert_absent (const GstStructure * job, const gchar * fields)
{
  gchar **names = g_strsplit (fields, " ", -1);
  guint i;

  for (i = 0; names[i]; i++) {
    if (gst_structure_has_field (job, names[i]))
      g_error ("there is a %s in %s", names[i], gst_structure_get_name (job));
  }
  g_strfreev (names);
}

/* All that a frame goes through, in order, with what is known then and nothing
 * else. */
static void
test_states (void)
{
  static const struct
  {
    CupProgressState state;
    const gchar *name;
  } states[] = {
    {CUP_PROGRESS_UPLOADING, "uploading"},
    {CUP_PROGRESS_HELD_BACK, "held-back"},
    {CUP_PROGRESS_SUBMITTING, "submitting"},
    {CUP_PROGRESS_QUEUED, "queued"},
    {CUP_PROGRESS_RUNNING, "running"},
    {CUP_PROGRESS_FETCHING, "fetching"},
  };
  Fixture *f = fixture_new (NULL, NULL);
  GstStructure *job;
  guint i;

  cup_dummy_engine_set_plan (f->engine, &hosted);
  fixture_push (f, 3);
  cup_dummy_engine_wait_started (f->engine, 1);
  for (i = 0; i < G_N_ELEMENTS (states); i++)
    report (f, 3, states[i].state, states[i].state == CUP_PROGRESS_QUEUED ?
        7 : -1);
  cup_dummy_engine_release_all (f->engine);

  for (i = 0; i < G_N_ELEMENTS (states); i++) {
    job = fixture_wait_job (f, states[i].name);
    assert_text (job, "engine", "dummy");
    assert_number (job, "frame", 0);
    assert_number (job, "pts", 3 * FRAME_DURATION);
    if (states[i].state >= CUP_PROGRESS_QUEUED)
      assert_text (job, "request-id", "request-3");
    else
      assert_absent (job, "request-id");
    if (states[i].state == CUP_PROGRESS_QUEUED)
      assert_number (job, "queue-position", 7);
    else
      assert_absent (job, "queue-position");
    assert_absent (job, "log log-level log-time retry width unsafe message");
    gst_structure_free (job);
  }
  job = fixture_wait_job (f, "done");
  assert_number (job, "width", 32);
  assert_number (job, "height", 24);
  assert_number (job, "input-width", 16);
  assert_number (job, "input-height", 12);
  assert_number (job, "seed", 3);
  assert_text (job, "request-id", "request-3");
  assert_text (job, "url", "https://files.example/3.png");
  assert_number (job, "inference-time", 1.5);
  assert_number (job, "queue-time", 2);
  assert_number (job, "service-time", 3.5);
  assert_number (job, "total-time", 4);
  assert_number (job, "bytes-up", 1000);
  assert_number (job, "bytes-down", 2000);
  assert_number (job, "submissions", 1);
  g_assert_true (gst_structure_has_field_typed (job, "unsafe", G_TYPE_BOOLEAN));
  gst_structure_free (job);
  gst_buffer_unref (gst_harness_pull (f->harness));
  g_assert_null (fixture_pop_job (f));
  fixture_free (f);
}

static void
test_log_and_retry (void)
{
  CupProgress retry = { CUP_PROGRESS_SUBMITTING, NULL, -1, NULL, NULL, NULL,
    "status 503"
  };
  Fixture *f = fixture_new (NULL, NULL);
  GstStructure *job;

  cup_dummy_engine_set_plan (f->engine, &hold);
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 1);
  cup_dummy_engine_report (f->engine, 1, &retry);
  report_log (f, 1, "loading the model");
  job = fixture_wait_job (f, "submitting");
  assert_text (job, "retry", "status 503");
  gst_structure_free (job);
  job = fixture_wait_job (f, "running");
  assert_text (job, "log", "loading the model");
  assert_text (job, "log-level", "INFO");
  assert_text (job, "log-time", "2024-05-06T07:08:09Z");
  gst_structure_free (job);
  fixture_free (f);
}

/* What an engine does not know is absent. */
static void
test_bare_done (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstBuffer *buffer = fixture_make_frame (1);
  GstStructure *job;

  GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
  gst_harness_push (f->harness, buffer);
  job = fixture_wait_job (f, "done");
  assert_absent (job, "pts request-id seed url inference-time queue-time "
      "service-time total-time bytes-up bytes-down submissions");
  assert_number (job, "width", 32);
  gst_structure_free (job);
  fixture_free (f);
}

static void
test_failed (void)
{
  const CupDummyPlan fails = {.delay = CUP_DUMMY_HOLD,.fails = TRUE };
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);
  GstStructure *job;

  cup_dummy_engine_set_plan (f->engine, &hold);
  cup_dummy_engine_set_plan_for (f->engine, 1, &fails);
  fixture_push (f, 0);
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 2);
  report (f, 1, CUP_PROGRESS_QUEUED, 0);
  fixture_expect_job (f, "queued");
  cup_dummy_engine_release (f->engine, 1);
  job = fixture_wait_job (f, "failed");
  assert_text (job, "message", "the dummy was told to fail frame 1");
  assert_text (job, "request-id", "request-1");
  assert_number (job, "frame", 1);
  gst_structure_free (job);
  fixture_free (f);
}

/* Frames that a flush abandons say so once, and nothing after it, whatever the
 * engine still reports. */
static void
test_flush (void)
{
  const CupDummyPlan stubborn = {.delay = CUP_DUMMY_HOLD,.stubborn = TRUE };
  Fixture *f = fixture_new ("max-in-flight", 4, NULL);
  GstSegment segment;
  GstStructure *job;
  guint8 key;

  cup_dummy_engine_set_plan (f->engine, &stubborn);
  for (key = 0; key < 3; key++)
    fixture_push (f, key);
  cup_dummy_engine_wait_started (f->engine, 3);
  report (f, 0, CUP_PROGRESS_QUEUED, 1);
  fixture_expect_job (f, "queued");
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  for (key = 0; key < 3; key++) {
    job = fixture_wait_job (f, "cancelled");
    assert_number (job, "frame", key);
    if (key == 0)
      assert_text (job, "request-id", "request-0");
    else
      assert_absent (job, "request-id");
    gst_structure_free (job);
  }
  for (key = 0; key < 3; key++) {
    report (f, key, CUP_PROGRESS_RUNNING, -1);
    report_log (f, key, "still at it");
  }
  cup_dummy_engine_release_all (f->engine);
  cup_dummy_engine_sync (f->engine);
  g_assert_null (fixture_pop_job (f));
  g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_PROGRESS));

  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  fixture_push (f, 9);
  job = fixture_wait_job (f, "done");
  assert_number (job, "frame", 3);
  gst_structure_free (job);
  fixture_free (f);
}

/* A job that goes on after the element has gone finds nobody. */
static void
test_element_gone (void)
{
  const CupDummyPlan stubborn = {.delay = CUP_DUMMY_HOLD,.stubborn = TRUE };
  Fixture *f = fixture_new (NULL, NULL);
  GWeakRef weak;

  cup_dummy_engine_set_plan (f->engine, &stubborn);
  fixture_push (f, 0);
  cup_dummy_engine_wait_started (f->engine, 1);
  g_weak_ref_init (&weak, f->element);
  fixture_drop_element (f);
  /* What is on the bus names it. */
  gst_bus_set_flushing (f->bus, TRUE);
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);
  report (f, 0, CUP_PROGRESS_RUNNING, -1);
  report_log (f, 0, "is there anybody?");
  cup_dummy_engine_release_all (f->engine);
  cup_dummy_engine_sync (f->engine);
  fixture_free (f);
}

/* Reports from several threads at once, with a flush in between: per frame the
 * end is the last, and there is one. */
static void
test_order (void)
{
  const CupDummyPlan stubborn = {.delay = CUP_DUMMY_HOLD,.stubborn = TRUE };
  Fixture *f = fixture_new ("max-in-flight", 8, NULL);
  gboolean ended[8] = { FALSE };
  GstStructure *job;
  guint i, n_ended = 0;
  guint8 key;

  cup_dummy_engine_set_plan (f->engine, &stubborn);
  for (key = 0; key < 8; key++)
    fixture_push (f, key);
  cup_dummy_engine_wait_started (f->engine, 8);
  for (i = 0; i < 50; i++)
    report (f, i % 8, CUP_PROGRESS_QUEUED, i);
  cup_dummy_engine_release (f->engine, 0);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  cup_dummy_engine_release_all (f->engine);
  cup_dummy_engine_sync (f->engine);
  while ((job = fixture_pop_job (f))) {
    guint64 frame;

    g_assert_true (gst_structure_get_uint64 (job, "frame", &frame));
    g_assert_false (ended[frame]);
    if (g_strcmp0 (gst_structure_get_string (job, "state"), "queued") != 0) {
      ended[frame] = TRUE;
      n_ended++;
    }
    gst_structure_free (job);
  }
  g_assert_cmpuint (n_ended, ==, 8);
  fixture_free (f);
}

/* An application that posts into the element from its handler, in the thread
 * that posts: no lock may be held. */
static GstBusSyncReply
flush_from_handler (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Fixture *f = user_data;

  if (gst_message_has_name (message, "creativeupscaler-job")
      && g_strcmp0 (gst_structure_get_string (gst_message_get_structure
              (message), "state"), "running") == 0)
    gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  return GST_BUS_PASS;
}

static void
test_flush_from_handler (void)
{
  Fixture *f = fixture_new (NULL, NULL);

  cup_dummy_engine_set_plan (f->engine, &hold);
  gst_bus_set_sync_handler (f->bus, flush_from_handler, f, NULL);
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 1);
  report (f, 1, CUP_PROGRESS_RUNNING, -1);
  cup_dummy_engine_wait_cancelled (f->engine, 1);
  fixture_expect_job (f, "running");
  fixture_expect_job (f, "cancelled");
  cup_dummy_engine_sync (f->engine);
  g_assert_null (fixture_pop_job (f));
  gst_bus_set_sync_handler (f->bus, NULL, NULL, NULL);
  fixture_free (f);
}

/* A pipeline's bus handler holds no reference to the pipeline. So no other
 * thread may be in it any more when the element has stopped. */
typedef struct
{
  gboolean entered;
  gboolean left;
  gboolean stopped;
  GMutex lock;
  GCond cond;
} Handler;

static GstBusSyncReply
stay_in_handler (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Handler *handler = user_data;
  gint64 end = g_get_monotonic_time () + 300 * G_TIME_SPAN_MILLISECOND;

  g_mutex_lock (&handler->lock);
  if (gst_message_has_name (message, "creativeupscaler-job")
      && !handler->entered) {
    handler->entered = TRUE;
    g_cond_broadcast (&handler->cond);
    /* What is not to happen is given time to. */
    while (!handler->stopped
        && g_cond_wait_until (&handler->cond, &handler->lock, end));
    g_assert_false (handler->stopped);
    handler->left = TRUE;
  }
  g_mutex_unlock (&handler->lock);
  return GST_BUS_PASS;
}

static gpointer
report_running (gpointer user_data)
{
  report (user_data, 1, CUP_PROGRESS_RUNNING, -1);
  return NULL;
}

static void
test_stop_while_posting (void)
{
  const CupDummyPlan stubborn = {.delay = CUP_DUMMY_HOLD,.stubborn = TRUE };
  Handler handler = { FALSE };
  Fixture *f = fixture_new (NULL, NULL);
  GThread *thread;

  g_mutex_init (&handler.lock);
  g_cond_init (&handler.cond);
  cup_dummy_engine_set_plan (f->engine, &stubborn);
  gst_bus_set_sync_handler (f->bus, stay_in_handler, &handler, NULL);
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 1);
  thread = g_thread_new ("report", report_running, f);
  g_mutex_lock (&handler.lock);
  while (!handler.entered)
    g_cond_wait (&handler.cond, &handler.lock);
  g_mutex_unlock (&handler.lock);

  gst_element_set_state (f->element, GST_STATE_NULL);
  g_mutex_lock (&handler.lock);
  handler.stopped = TRUE;
  g_cond_broadcast (&handler.cond);
  g_assert_true (handler.left);
  g_mutex_unlock (&handler.lock);
  g_thread_join (thread);

  /* Its end came while its progress was being posted, by the same thread. */
  fixture_expect_job (f, "running");
  fixture_expect_job (f, "cancelled");
  report (f, 1, CUP_PROGRESS_QUEUED, 1);
  g_assert_null (fixture_pop_job (f));
  cup_dummy_engine_release_all (f->engine);
  gst_bus_set_sync_handler (f->bus, NULL, NULL, NULL);
  fixture_free (f);
  g_cond_clear (&handler.cond);
  g_mutex_clear (&handler.lock);
}

static GstBusSyncReply
stop_in_handler (GstBus * bus, GstMessage * message, gpointer user_data)
{
  if (gst_message_has_name (message, "creativeupscaler-job")
      && g_strcmp0 (gst_structure_get_string (gst_message_get_structure
              (message), "state"), "running") == 0)
    gst_element_set_state (GST_ELEMENT (GST_MESSAGE_SRC (message)),
        GST_STATE_NULL);
  return GST_BUS_PASS;
}

/* It would wait for itself. */
static void
test_stop_from_handler (void)
{
  Fixture *f = fixture_new (NULL, NULL);

  cup_dummy_engine_set_plan (f->engine, &hold);
  gst_bus_set_sync_handler (f->bus, stop_in_handler, NULL, NULL);
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 1);
  report (f, 1, CUP_PROGRESS_RUNNING, -1);
  fixture_expect_job (f, "running");
  fixture_expect_job (f, "cancelled");
  g_assert_null (fixture_pop_job (f));
  gst_bus_set_sync_handler (f->bus, NULL, NULL, NULL);
  fixture_free (f);
}

/* Progress */

static gchar *
pop_progress (Fixture * f, GstProgressType * type)
{
  GstMessage *message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_PROGRESS);
  gchar *text;

  if (!message)
    return NULL;
  gst_message_parse_progress (message, type, NULL, &text);
  gst_message_unref (message);
  return text;
}

static void
assert_progress (Fixture * f, const gchar * expected)
{
  GstProgressType type;
  gchar *text = pop_progress (f, &type);

  g_assert_cmpstr (text, ==, expected);
  /* Anything else would keep applications from PLAYING. */
  if (expected)
    g_assert_cmpint (type, ==, GST_PROGRESS_TYPE_COMPLETE);
  g_free (text);
}

static void
test_progress (void)
{
  const CupProgress retry = { CUP_PROGRESS_SUBMITTING, NULL, -1, NULL, NULL,
    NULL, "status 503"
  };
  Fixture *f = fixture_new (NULL, NULL);
  guint i;

  cup_dummy_engine_set_plan (f->engine, &hosted);
  fixture_push (f, 1);
  cup_dummy_engine_wait_started (f->engine, 1);
  report (f, 1, CUP_PROGRESS_UPLOADING, -1);
  cup_dummy_engine_report (f->engine, 1, &retry);
  assert_progress (f, "frame 0: tries again: status 503");
  /* A queue that moves fast does not flood. */
  for (i = 500; i > 0; i--)
    report (f, 1, CUP_PROGRESS_QUEUED, i);
  report (f, 1, CUP_PROGRESS_RUNNING, -1);
  report (f, 1, CUP_PROGRESS_RUNNING, -1);
  report_log (f, 1, "step 1");
  report_log (f, 1, "step 2");
  assert_progress (f, "frame 0: 500 ahead in the service's queue");
  for (i = 0;; i++) {
    GstProgressType type;
    gchar *text = pop_progress (f, &type);

    g_assert_nonnull (text);
    g_assert_cmpuint (i, <, 60);
    if (g_str_equal (text, "frame 0: the service works on it")) {
      g_free (text);
      break;
    }
    g_assert_nonnull (strstr (text, "ahead"));
    g_free (text);
  }
  assert_progress (f, "frame 0: step 1");
  assert_progress (f, "frame 0: step 2");
  cup_dummy_engine_release_all (f->engine);
  gst_buffer_unref (gst_harness_pull (f->harness));
  assert_progress (f, "frame 0: done after 4.0 s");
  assert_progress (f, NULL);
  fixture_free (f);
}

/* An engine that reports nothing takes no line for its frames. */
static void
test_no_progress (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  guint8 key;

  for (key = 0; key < 5; key++) {
    fixture_push (f, key);
    gst_buffer_unref (gst_harness_pull (f->harness));
  }
  assert_progress (f, NULL);
  fixture_free (f);
}

/* Applications that wait for progress, as gst-launch-1.0 does, and as one may
 * read the documentation: by a flag, by a set of codes, by a count. */
typedef struct
{
  gboolean in_progress;
  GHashTable *codes;
  gint count;
  gboolean prerolled;
  gboolean playing;
} Waiting;

static void
watch_progress (Waiting * w, GstMessage * message)
{
  GstProgressType type;
  gchar *code;

  gst_message_parse_progress (message, &type, &code, NULL);
  switch (type) {
    case GST_PROGRESS_TYPE_START:
    case GST_PROGRESS_TYPE_CONTINUE:
      w->in_progress = TRUE;
      if (g_hash_table_add (w->codes, code))
        code = NULL;
      w->count += type == GST_PROGRESS_TYPE_START;
      break;
    default:
      w->in_progress = FALSE;
      g_hash_table_remove (w->codes, code);
      w->count--;
      break;
  }
  g_free (code);
}

static gpointer
report_for_ever (gpointer data)
{
  Fixture *f = data;
  const CupProgress running = { CUP_PROGRESS_RUNNING, "request", -1, "log",
    NULL, NULL, NULL
  };
  guint8 key;

  /* The first frame's result is out, the others are at work for ever. */
  while (cup_dummy_engine_report (f->engine, 101, &running)) {
    for (key = 102; key < 106; key++)
      cup_dummy_engine_report (f->engine, key, &running);
    g_usleep (500);
  }
  return NULL;
}

static GstPadProbeReturn
number_frames (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  guint8 *key = user_data;
  GstBuffer *buffer =
      gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));

  gst_buffer_memset (buffer, 0, (*key)++, -1);
  info->data = buffer;
  return GST_PAD_PROBE_OK;
}

static void
test_preroll (void)
{
  Fixture *f = fixture_new_idle ();
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *source = gst_element_factory_make ("videotestsrc", NULL);
  GstElement *filter = gst_element_factory_make ("capsfilter", NULL);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  GstCaps *caps = gst_caps_from_string (FRAME_CAPS);
  Waiting w = { FALSE };
  GstPad *pad;
  GstBus *bus = gst_element_get_bus (pipeline);
  GThread *reporter;
  guint8 key = 100;

  if (!source || !sink || !filter) {
    g_test_skip ("there is no videotestsrc");
    return;
  }
  w.codes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  cup_dummy_engine_set_plan (f->engine, &hold);
  g_object_set (f->element, "max-in-flight", 6, NULL);
  g_object_set (filter, "caps", caps, NULL);
  g_object_set (sink, "sync", FALSE, NULL);
  gst_bin_add_many (GST_BIN (pipeline), source, filter,
      gst_object_ref (f->element), sink, NULL);
  g_assert_true (gst_element_link_many (source, filter, f->element, sink,
          NULL));
  pad = gst_element_get_static_pad (source, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, number_frames, &key, NULL);
  gst_object_unref (pad);

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  cup_dummy_engine_wait_started (f->engine, 6);
  reporter = g_thread_new ("reporter", report_for_ever, f);
  cup_dummy_engine_release (f->engine, 100);
  while (!w.playing) {
    GstMessage *message = gst_bus_timed_pop (bus, 20 * GST_SECOND);

    g_assert_nonnull (message);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_PROGRESS)
      watch_progress (&w, message);
    else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ASYNC_DONE)
      w.prerolled = TRUE;
    gst_message_unref (message);
    /* At any time: nobody waits for us. */
    g_assert_false (w.in_progress);
    g_assert_cmpuint (g_hash_table_size (w.codes), ==, 0);
    g_assert_cmpint (w.count, <=, 0);
    w.playing = w.prerolled && !w.in_progress;
  }
  g_assert_cmpint (gst_element_set_state (pipeline, GST_STATE_PLAYING), !=,
      GST_STATE_CHANGE_FAILURE);
  cup_dummy_engine_release_all (f->engine);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_thread_join (reporter);
  g_hash_table_unref (w.codes);
  gst_caps_unref (caps);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  fixture_free (f);
}

/* The meta */

static const GstStructure *
get_meta (GstBuffer * buffer)
{
  GstCustomMeta *meta =
      gst_buffer_get_custom_meta (buffer, "GstCreativeUpscalerMeta");

  g_assert_nonnull (meta);
  return gst_custom_meta_get_structure (meta);
}

/* Timestamps that begin at an hour, as those of broadcasts may. */
static void
test_stream_time (void)
{
  const GstClockTime hour = 3600 * GST_SECOND;
  Fixture *f = fixture_new (NULL, NULL);
  GstSegment segment;
  GstBuffer *buffer = fixture_make_frame (5);
  GstStructure *job;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = hour;
  segment.time = GST_SECOND;
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  GST_BUFFER_PTS (buffer) = hour + FRAME_DURATION;
  gst_harness_push (f->harness, buffer);
  job = fixture_wait_job (f, "done");
  assert_number (job, "pts", hour + FRAME_DURATION);
  assert_number (job, "stream-time", GST_SECOND + FRAME_DURATION);
  gst_structure_free (job);
  buffer = gst_harness_pull (f->harness);
  assert_number (get_meta (buffer), "stream-time", GST_SECOND + FRAME_DURATION);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

static void
test_meta (void)
{
  const CupDummyPlan quick = {.hosted = TRUE };
  const CupDummyPlan image = {.hosted = TRUE,.image_type = CUP_IMAGE_PNG };
  Fixture *f = fixture_new (NULL, NULL);
  const GstStructure *meta;
  GstBuffer *buffer, *copy;
  gboolean is_unsafe = TRUE;

  cup_dummy_engine_set_plan (f->engine, &quick);
  cup_dummy_engine_set_plan_for (f->engine, 6, &image);
  fixture_push (f, 5);
  buffer = gst_harness_pull (f->harness);
  meta = get_meta (buffer);
  assert_text (meta, "request-id", "request-5");
  assert_text (meta, "url", "https://files.example/5.png");
  assert_text (meta, "engine", "dummy");
  assert_number (meta, "seed", 5);
  assert_number (meta, "frame", 0);
  assert_number (meta, "pts", 5 * FRAME_DURATION);
  assert_number (meta, "inference-time", 1.5);
  g_assert_true (gst_structure_get_boolean (meta, "unsafe", &is_unsafe));
  g_assert_false (is_unsafe);
  /* It goes along where the frame is copied. */
  copy = gst_buffer_copy_deep (buffer);
  assert_text (get_meta (copy), "request-id", "request-5");
  gst_buffer_unref (copy);

  /* A second upscaler says its own: one meta, not two. */
  gst_buffer_unref (buffer);
  buffer = fixture_make_frame (6);
  gst_structure_set (gst_custom_meta_get_structure (gst_buffer_add_custom_meta
          (buffer, "GstCreativeUpscalerMeta")), "request-id", G_TYPE_STRING,
      "of another", "mine", G_TYPE_BOOLEAN, TRUE, NULL);
  gst_harness_push (f->harness, buffer);
  buffer = gst_harness_pull (f->harness);
  meta = get_meta (buffer);
  assert_text (meta, "request-id", "request-6");
  assert_absent (meta, "mine");
  g_assert_cmpuint (gst_buffer_get_n_meta (buffer,
          gst_meta_get_info ("GstCreativeUpscalerMeta")->api), ==, 1);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/messages/states", test_states);
  g_test_add_func ("/messages/log-and-retry", test_log_and_retry);
  g_test_add_func ("/messages/bare-done", test_bare_done);
  g_test_add_func ("/messages/failed", test_failed);
  g_test_add_func ("/messages/flush", test_flush);
  g_test_add_func ("/messages/element-gone", test_element_gone);
  g_test_add_func ("/messages/order", test_order);
  g_test_add_func ("/messages/flush-from-handler", test_flush_from_handler);
  g_test_add_func ("/messages/stop-while-posting", test_stop_while_posting);
  g_test_add_func ("/messages/stop-from-handler", test_stop_from_handler);
  g_test_add_func ("/messages/progress", test_progress);
  g_test_add_func ("/messages/no-progress", test_no_progress);
  g_test_add_func ("/messages/preroll", test_preroll);
  g_test_add_func ("/messages/meta", test_meta);
  g_test_add_func ("/messages/stream-time", test_stream_time);
  return fixture_run ();
}
