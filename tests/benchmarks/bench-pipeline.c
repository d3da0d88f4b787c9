/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What whole pipelines cost, in time and memory. Prints figures and judges
 * nothing: they depend on the machine.
 *
 *   bench-pipeline                      all of it
 *   bench-pipeline memory ENGINE N      peak memory of N frames of 1080p
 *
 * The service runs as a process of its own, so that its memory is not counted.
 */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  GSubprocess *process;
  gchar *ready_file;
  gchar *url;
} Service;

static Service
start_service (const gchar * runners, const gchar * delay)
{
  Service service = { 0 };
  GError *error = NULL;
  gint fd = g_file_open_tmp ("bench-XXXXXX", &service.ready_file, NULL);

  g_close (fd, NULL);
  service.process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE,
      &error, g_getenv ("CUP_FAL_SERVICE"), "--port", "0", "--runners",
      runners, "--delay", delay, "--delete-downloaded", "--ready-file",
      service.ready_file, NULL);
  if (!service.process)
    g_error ("%s", error->message);
  do {
    g_usleep (5000);
    g_free (service.url);
    g_file_get_contents (service.ready_file, &service.url, NULL, NULL);
  } while (!service.url || !*service.url);
  g_strstrip (service.url);
  return service;
}

static void
stop_service (Service * service)
{
  g_subprocess_send_signal (service->process, SIGTERM);
  g_subprocess_wait (service->process, NULL, NULL);
  g_object_unref (service->process);
  remove (service->ready_file);
  g_free (service->ready_file);
  g_free (service->url);
}

static gchar *
fal_properties (const Service * service)
{
  return g_strdup_printf ("engine=fal api-key=bench:mark location=%s "
      "storage-location=%s", service->url, service->url);
}

static GstElement *
parse (const gchar * description)
{
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (description, &error);

  if (error)
    g_error ("%s: %s", description, error->message);
  return pipeline;
}

/* Seconds until EOS. */
static gdouble
run_to_eos (const gchar * description)
{
  GstElement *pipeline = parse (description);
  GstBus *bus = gst_element_get_bus (pipeline);
  gint64 start = g_get_monotonic_time ();
  GstMessage *message;
  gdouble seconds;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  seconds = (g_get_monotonic_time () - start) / 1e6;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    GError *error = NULL;

    gst_message_parse_error (message, &error, NULL);
    g_error ("%s", error->message);
  }
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  return seconds;
}

static void
bench_throughput (void)
{
  Service service = start_service ("8", "1000");
  gchar *properties = fal_properties (&service);
  gchar *description = g_strdup_printf ("videotestsrc num-buffers=48 "
      "! video/x-raw,format=I420,width=640,height=360 "
      "! creativeupscaler max-in-flight=8 %s ! fakesink", properties);
  gdouble seconds = run_to_eos (description);

  printf ("48 frames, 8 in flight, 8 runners of 1 s: %.3f s, %.3f of the "
      "ideal 6 s\n", seconds, seconds / 6);
  g_free (description);
  g_free (properties);
  stop_service (&service);
}

static int
compare_doubles (const void *a, const void *b)
{
  gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;

  return (x > y) - (x < y);
}

/* set_state(NULL) while chain is blocked behind jobs that take a minute. */
static void
bench_stop (void)
{
  Service service = start_service ("8", "60000");
  gchar *properties = fal_properties (&service);
  gdouble times[20];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (times); i++) {
    gchar *description = g_strdup_printf ("videotestsrc "
        "! video/x-raw,format=I420,width=640,height=360 "
        "! creativeupscaler max-in-flight=8 %s ! fakesink async=false",
        properties);
    GstElement *pipeline = parse (description);
    gint64 start;

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    gst_element_get_state (pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
    g_usleep (300000);          /* until eight jobs are with the service */
    start = g_get_monotonic_time ();
    gst_element_set_state (pipeline, GST_STATE_NULL);
    times[i] = (g_get_monotonic_time () - start) / 1e3;
    gst_object_unref (pipeline);
    g_free (description);
  }
  qsort (times, G_N_ELEMENTS (times), sizeof *times, compare_doubles);
  printf ("set_state(NULL) with 8 jobs of 60 s pending: median %.2f ms, "
      "largest of %u %.2f ms\n", times[G_N_ELEMENTS (times) / 2],
      (guint) G_N_ELEMENTS (times), times[G_N_ELEMENTS (times) - 1]);
  g_free (properties);
  stop_service (&service);
}

static glong
peak_memory (void)
{
  gchar *status = NULL, *line;
  glong kilobytes = -1;

  if (g_file_get_contents ("/proc/self/status", &status, NULL, NULL)
      && (line = strstr (status, "VmHWM:")))
    kilobytes = strtol (line + strlen ("VmHWM:"), NULL, 10);
  g_free (status);
  return kilobytes;
}

static void
memory_of_one (const gchar * engine, const gchar * n_frames)
{
  gboolean fal = g_str_equal (engine, "fal");
  Service service = { 0 };
  gchar *properties, *description;
  gdouble seconds;

  if (fal)
    service = start_service ("8", "0");
  properties = fal ? fal_properties (&service) : g_strdup ("engine=local");
  description = g_strdup_printf ("videotestsrc num-buffers=%s pattern=ball "
      "! video/x-raw,format=I420,width=1920,height=1080 "
      "! creativeupscaler max-in-flight=8 scale=2 %s "
      "! video/x-raw,format=I420 ! fakesink", n_frames, properties);
  seconds = run_to_eos (description);
  printf ("%s: %s frames of 1080p, scale 2, 8 in flight: peak %.0f MB, "
      "%.1f s\n", engine, n_frames, peak_memory () / 1024., seconds);
  g_free (description);
  g_free (properties);
  if (fal)
    stop_service (&service);
}

/* In a process of its own each, since a peak never goes down. */
static void
bench_memory (const gchar * self)
{
  static const gchar *engines[] = { "local", "fal" };
  static const gchar *counts[] = { "100", "500" };
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (engines); i++) {
    for (j = 0; j < G_N_ELEMENTS (counts); j++) {
      GSubprocess *process;

      fflush (stdout);
      process = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, NULL, self,
          "memory", engines[i], counts[j], NULL);
      g_subprocess_wait (process, NULL, NULL);
      g_object_unref (process);
    }
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  if (!g_getenv ("CUP_FAL_SERVICE")) {
    fprintf (stderr, "CUP_FAL_SERVICE has to name the program fal-service; "
        "use meson test --benchmark\n");
    return 1;
  }
  if (argc == 4 && g_str_equal (argv[1], "memory")) {
    memory_of_one (argv[2], argv[3]);
  } else {
    bench_throughput ();
    bench_stop ();
    bench_memory (argv[0]);
  }
  return 0;
}
