/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the application hears of a job at the service: states in their order,
 * the place in the queue, every line of the log once however it came, and that
 * a picture was taken away by the safety checker.
 */
#include "fixture.h"

#include <string.h>

/* A successful job's log, as the service writes it. */
#define LOG_LINES 7

typedef struct
{
  GString *states;              /* "|" between, a state once in a row */
  GPtrArray *lines;
  gint64 most_ahead;
  GstStructure *done;
} Story;

/* Everything about frame @frame, until it is done. */
static void
story_read (Story * story, Fixture * f, guint64 frame)
{
  gchar *last = NULL;

  memset (story, 0, sizeof (*story));
  story->states = g_string_new (NULL);
  story->lines = g_ptr_array_new_with_free_func (g_free);
  story->most_ahead = -1;
  while (!story->done) {
    GstMessage *message = gst_bus_timed_pop_filtered (f->bus, 60 * GST_SECOND,
        GST_MESSAGE_ELEMENT);
    const GstStructure *s;
    guint64 number;
    gint64 ahead = -1;

    g_assert_nonnull (message);
    s = gst_message_get_structure (message);
    g_assert_true (gst_structure_has_name (s, "creativeupscaler-job"));
    g_assert_true (gst_structure_get_uint64 (s, "frame", &number));
    if (number == frame) {
      const gchar *state = gst_structure_get_string (s, "state");
      const gchar *line = gst_structure_get_string (s, "log");

      if (g_strcmp0 (last, state) != 0)
        g_string_append_printf (story->states, "%s%s", last ? "|" : "", state);
      g_free (last);
      last = g_strdup (state);
      if (line)
        g_ptr_array_add (story->lines, g_strdup (line));
      if (gst_structure_get_int64 (s, "queue-position", &ahead))
        story->most_ahead = MAX (story->most_ahead, ahead);
      if (strcmp (state, "done") == 0)
        story->done = gst_structure_copy (s);
    }
    gst_message_unref (message);
  }
  g_free (last);
}

static void
story_clear (Story * story)
{
  g_string_free (story->states, TRUE);
  g_ptr_array_unref (story->lines);
  gst_structure_free (story->done);
}

static void
assert_log (const Story * story)
{
  guint i, j;

  for (i = 0; i < story->lines->len; i++)
    for (j = 0; j < i; j++)
      g_assert_cmpstr (story->lines->pdata[i], !=, story->lines->pdata[j]);
  g_assert_cmpuint (story->lines->len, ==, LOG_LINES);
  g_assert_cmpstr (story->lines->pdata[0], ==, "Started");
  g_assert_cmpstr (story->lines->pdata[1], ==, "Step 1 of 4");
  g_assert_true (g_str_has_prefix (story->lines->pdata[6], "Finished"));
}

static void
test_log (gconstpointer fault)
{
  CupFalServiceOptions options;
  Story story;
  Fixture *f;

  fixture_options_init (&options);
  options.delay = 80;
  f = fixture_new (&options, "retry-delay", 0.005, "inactivity-timeout", 1.5,
      NULL);
  if (strcmp (fault, "poll") == 0)
    fixture_poll (f);
  else if (strcmp (fault, "none") != 0)
    fixture_add_fault (f, fault);
  fixture_run_one (f);
  story_read (&story, f, 0);
  assert_log (&story);
  story_clear (&story);
  fixture_free (f);
}

static const gchar *const log_cases[] = {
  "none", "poll", "stream:cut:3", "stream:cut", "stream:whole-logs",
  "stream:duplicate", "stream:crlf", "stream:comments", "stream:split",
  "stream:multiline", "stream:named", "stream:no-completed",
  "stream:reset-after:2", "stream:truncate:2", "stream:silent:1",
  "stream:stall-after:1", "stream:502:1", "stream:404", "stream:html",
  "stream:slow:FOR=30", "stream:never-closes"
};

/* What all three results together have, and that it is what they cost. */
static void
assert_units (Fixture * f)
{
  gdouble units = -1, cost = -1;
  GstStructure *stats;

  g_object_get (f->element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get (stats, "billable-units", G_TYPE_DOUBLE,
          &units, "estimated-cost", G_TYPE_DOUBLE, &cost, NULL));
  g_assert_cmpfloat (units, >, 0);
  g_assert_cmpfloat_with_epsilon (cost, 1000 * units, 0.01);
  gst_structure_free (stats);
}

/* Takes @buffer. */
static void
assert_meta (GstBuffer * buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer,
      "GstCreativeUpscalerMeta");
  const GstStructure *s;

  g_assert_nonnull (meta);
  s = gst_custom_meta_get_structure (meta);
  g_assert_true (gst_structure_has_field_typed (s, "billable-units",
          G_TYPE_DOUBLE));
  g_assert_true (gst_structure_has_field_typed (s, "file-size", G_TYPE_UINT64));
  g_assert_cmpstr (gst_structure_get_string (s, "content-type"), ==,
      "image/png");
  g_assert_nonnull (gst_structure_get_string (s, "file-name"));
  gst_buffer_unref (buffer);
}

static void
test_states (void)
{
  gdouble queue_time = -1, service_time = -1, total_time = -1, work = -1;
  guint width = 0, submissions = 0;
  guint64 up = 0, down = 0, size = 0;
  gdouble units = -1;
  gint64 seed = -1;
  CupFalServiceOptions options;
  Story story;
  Fixture *f;

  fixture_options_init (&options);
  options.runners = 1;
  options.delay = 20;
  f = fixture_new (&options, "max-in-flight", 3, "seed", (gint64) 77,
      "price-per-megapixel", 1000.0, NULL);
  fixture_play (f, FRAME_CAPS, NULL);
  cup_fal_service_hold (f->service, TRUE);
  gst_harness_push (f->harness, make_frame (0));
  fixture_wait_count (f, CUP_FAL_COUNT_RUNNING, 1);
  gst_harness_push (f->harness, make_frame (1));
  fixture_wait_count (f, CUP_FAL_COUNT_QUEUED, 1);
  gst_harness_push (f->harness, make_frame (2));
  fixture_wait_count (f, CUP_FAL_COUNT_STREAM, 3);
  cup_fal_service_hold (f->service, FALSE);
  gst_buffer_unref (gst_harness_pull (f->harness));
  gst_buffer_unref (gst_harness_pull (f->harness));
  assert_meta (gst_harness_pull (f->harness));

  story_read (&story, f, 2);
  g_test_message ("%s", story.states->str);
  g_assert_true (g_str_has_prefix (story.states->str,
          "uploading|submitting|queued"));
  g_assert_true (g_str_has_suffix (story.states->str, "fetching|done"));
  g_assert_cmpint (story.most_ahead, >=, 1);
  assert_log (&story);
  g_assert_true (gst_structure_get (story.done, "width", G_TYPE_UINT, &width,
          "seed", G_TYPE_UINT64, &seed, "queue-time", G_TYPE_DOUBLE,
          &queue_time, "service-time", G_TYPE_DOUBLE, &service_time,
          "total-time", G_TYPE_DOUBLE, &total_time, "inference-time",
          G_TYPE_DOUBLE, &work, "bytes-up", G_TYPE_UINT64, &up, "bytes-down",
          G_TYPE_UINT64, &down, "submissions", G_TYPE_UINT, &submissions,
          NULL));
  g_assert_cmpuint (width, ==, 32);
  g_assert_cmpint (seed, ==, 77);
  g_assert_cmpuint (up, >, 50);
  g_assert_cmpuint (down, >, 50);
  g_assert_cmpuint (submissions, ==, 1);
  g_assert_true (gst_structure_get (story.done, "billable-units",
          G_TYPE_DOUBLE, &units, "file-size", G_TYPE_UINT64, &size, NULL));
  g_assert_cmpfloat_with_epsilon (units, work, 0.001);
  g_assert_cmpuint (size, ==, down);
  g_assert_cmpstr (gst_structure_get_string (story.done, "content-type"), ==,
      "image/png");
  g_assert_true (g_str_has_suffix (gst_structure_get_string (story.done,
              "file-name"), ".png"));
  assert_units (f);
  g_assert_cmpfloat (work, >=, 0);
  g_assert_cmpfloat (queue_time, >, 0);
  g_assert_cmpfloat (queue_time, <=, service_time);
  g_assert_cmpfloat (service_time, <=, total_time);
  g_assert_nonnull (gst_structure_get_string (story.done, "request-id"));
  g_assert_nonnull (gst_structure_get_string (story.done, "url"));
  story_clear (&story);
  fixture_free (f);
}

/* What the service does with what its safety checker refuses. */
static void
test_unsafe (gconstpointer accepted)
{
  Fixture *f = fixture_new (NULL, NULL, NULL);
  GstCustomMeta *meta;
  GstStructure *structure;
  GstMessage *message;
  GstBuffer *buffer;
  gboolean unsafe = FALSE;

  fixture_play (f, FRAME_CAPS, accepted);
  buffer = fixture_upscale (f, make_frame (120));
  meta = gst_buffer_get_custom_meta (buffer, "GstCreativeUpscalerMeta");
  g_assert_nonnull (meta);
  structure = gst_custom_meta_get_structure (meta);
  gst_structure_get_boolean (structure, "unsafe", &unsafe);
  g_assert_false (unsafe);
  gst_buffer_unref (buffer);

  fixture_add_fault (f, "result:black:1");
  buffer = fixture_upscale (f, make_frame (121));
  meta = gst_buffer_get_custom_meta (buffer, "GstCreativeUpscalerMeta");
  structure = gst_custom_meta_get_structure (meta);
  g_assert_true (gst_structure_get_boolean (structure, "unsafe", &unsafe));
  g_assert_true (unsafe);
  gst_buffer_unref (buffer);
  message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_unref (message);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  guint i;

  fixture_init (&argc, &argv);
  for (i = 0; i < G_N_ELEMENTS (log_cases); i++) {
    gchar *path = g_strconcat ("/reports/log/", log_cases[i], NULL);

    g_strdelimit (path, ":", '/');
    g_test_add_data_func (path, log_cases[i], test_log);
    g_free (path);
  }
  g_test_add_func ("/reports/states", test_states);
  g_test_add_data_func ("/reports/unsafe/raw", "video/x-raw", test_unsafe);
  g_test_add_data_func ("/reports/unsafe/image", "image/png", test_unsafe);
  return g_test_run ();
}
