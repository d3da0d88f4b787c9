/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A live source of 30 frames a second, jobs of 200 ms, eight under way, and a
 * sink that waits for the clock: how steady frames arrive there, and how soon
 * they do again after the engine has stood still for five seconds.
 */
#include "element/gstcreativeupscaler.h"
#include "dummy-engine.h"

#include <stdlib.h>

#define SECONDS 10
#define STALL 5

typedef struct
{
  GMutex lock;
  GArray *times;                /* when frames were shown, microseconds */
} Shown;

static void
on_frame (GstElement * sink, GstBuffer * buffer, GstPad * pad,
    gpointer user_data)
{
  Shown *shown = user_data;
  gint64 now = g_get_monotonic_time ();

  g_mutex_lock (&shown->lock);
  g_array_append_val (shown->times, now);
  g_mutex_unlock (&shown->lock);
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}

static gint64
get_percentile (GArray * values, guint percent)
{
  return g_array_index (values, gint64, (values->len - 1) * percent / 100);
}

/* Of the frames that were shown from @from to @to. */
static void
print_intervals (Shown * shown, gint64 from, gint64 to, const gchar * what)
{
  GArray *intervals = g_array_new (FALSE, FALSE, sizeof (gint64));
  gint64 last = 0;
  guint i, n = 0;

  g_mutex_lock (&shown->lock);
  for (i = 0; i < shown->times->len; i++) {
    gint64 time = g_array_index (shown->times, gint64, i);

    if (time < from || time > to)
      continue;
    if (last) {
      gint64 interval = time - last;

      g_array_append_val (intervals, interval);
    }
    last = time;
    n++;
  }
  g_mutex_unlock (&shown->lock);
  g_array_sort (intervals, compare);
  if (intervals->len > 0)
    g_print ("%-16s %u frames in %.1f s; ms between them: %.1f (median), "
        "%.1f (99 %%), %.1f (most)\n", what, n, (to - from) / 1e6,
        get_percentile (intervals, 50) / 1e3,
        get_percentile (intervals, 99) / 1e3,
        get_percentile (intervals, 100) / 1e3);
  g_array_unref (intervals);
}

static gint64
find_first_after (Shown * shown, gint64 from)
{
  gint64 time = -1;
  guint i;

  g_mutex_lock (&shown->lock);
  for (i = 0; i < shown->times->len && time < 0; i++) {
    if (g_array_index (shown->times, gint64, i) > from)
      time = g_array_index (shown->times, gint64, i);
  }
  g_mutex_unlock (&shown->lock);
  return time;
}

static void
print_stats (GstElement * pipeline, GstElement * upscaler)
{
  GstQuery *query = gst_query_new_latency ();
  GstStructure *stats;
  GstClockTime min = 0;
  gchar *text;

  if (gst_element_query (pipeline, query))
    gst_query_parse_latency (query, NULL, &min, NULL);
  gst_query_unref (query);
  g_print ("latency of the pipeline, as reported: %.1f ms\n", min / 1e6);
  g_object_get (upscaler, "stats", &stats, NULL);
  text = gst_structure_to_string (stats);
  g_print ("%s\n", text);
  g_free (text);
  gst_structure_free (stats);
}

int
main (int argc, char **argv)
{
  const CupDummyPlan plan = {.delay = 200 }, held = {.delay = CUP_DUMMY_HOLD };
  CupDummyEngine *engine;
  GstElement *pipeline, *upscaler, *sink;
  Shown shown = { 0 };
  gint64 start, stalled, resumed, end;

  gst_init (&argc, &argv);
  GST_ELEMENT_REGISTER (creativeupscaler, NULL);
  g_mutex_init (&shown.lock);
  shown.times = g_array_new (FALSE, FALSE, sizeof (gint64));
  pipeline = gst_parse_launch ("videotestsrc is-live=true pattern=ball "
      "! video/x-raw,format=I420,width=640,height=360,framerate=30/1 "
      "! creativeupscaler name=u max-in-flight=8 late=drop overflow=drop-old "
      "! queue max-size-buffers=8 "
      "! fakesink name=s sync=true signal-handoffs=true", NULL);
  upscaler = gst_bin_get_by_name (GST_BIN (pipeline), "u");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  engine = cup_dummy_engine_new ();
  cup_dummy_engine_set_plan (engine, &plan);
  gst_creative_upscaler_use_engine (GST_CREATIVE_UPSCALER (upscaler),
      CUP_ENGINE (engine));
  g_signal_connect (sink, "handoff", G_CALLBACK (on_frame), &shown);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_usleep (G_USEC_PER_SEC);
  start = g_get_monotonic_time ();
  g_usleep (SECONDS * G_USEC_PER_SEC);
  stalled = g_get_monotonic_time ();
  cup_dummy_engine_set_plan (engine, &held);
  g_usleep (STALL * G_USEC_PER_SEC);
  cup_dummy_engine_set_plan (engine, &plan);
  resumed = g_get_monotonic_time ();
  g_usleep (SECONDS * G_USEC_PER_SEC);
  end = g_get_monotonic_time ();

  print_intervals (&shown, start, stalled, "steady:");
  /* Those that were nearly done when it stood still come yet. */
  g_print ("stands still for %d s; the first frame is shown %.0f ms after\n",
      STALL, (find_first_after (&shown, resumed) - resumed) / 1e3);
  print_intervals (&shown, resumed + G_USEC_PER_SEC, end, "recovered:");
  print_stats (pipeline, upscaler);

  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (sink);
  gst_object_unref (upscaler);
  gst_object_unref (pipeline);
  g_object_unref (engine);
  g_array_unref (shown.times);
  g_mutex_clear (&shown.lock);
  return EXIT_SUCCESS;
}
