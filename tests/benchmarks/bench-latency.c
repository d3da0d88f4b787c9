/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the element adds to the time that the service takes: from a small frame's
 * arrival to its result's departure, less the service's own time, with the
 * status followed by the service's stream and by polling, in turns. Upload,
 * submission, result and download are all in it. Prints figures and judges
 * nothing.
 *
 *   bench-latency [SERVICE-MILLISECONDS]
 */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_FRAMES 50
#define N_WARM_UP 3

typedef struct
{
  GstElement *pipeline;
  GstElement *source;
  GstElement *sink;
  gdouble added[N_FRAMES];
} Run;

static GSubprocess *
start_service (const gchar * delay, gchar ** url)
{
  GError *error = NULL;
  GSubprocess *process;
  gchar *ready_file;
  gint fd = g_file_open_tmp ("bench-XXXXXX", &ready_file, NULL);

  g_close (fd, NULL);
  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error,
      g_getenv ("CUP_FAL_SERVICE"), "--port", "0", "--delay", delay,
      "--ready-file", ready_file, NULL);
  if (!process)
    g_error ("%s", error->message);
  *url = NULL;
  do {
    g_usleep (5000);
    g_free (*url);
    g_file_get_contents (ready_file, url, NULL, NULL);
  } while (!*url || !**url);
  g_strstrip (*url);
  remove (ready_file);
  g_free (ready_file);
  return process;
}

static void
run_start (Run * run, const gchar * url, const gchar * updates)
{
  gchar *description = g_strdup_printf ("appsrc name=source format=time "
      "caps=video/x-raw,format=RGB,width=64,height=64,framerate=25/1 "
      "! creativeupscaler engine=fal api-key=bench:mark upload=storage "
      "location=%s storage-location=%s status-updates=%s "
      "! appsink name=sink sync=false", url, url, updates);
  GError *error = NULL;

  run->pipeline = gst_parse_launch (description, &error);
  if (error)
    g_error ("%s", error->message);
  run->source = gst_bin_get_by_name (GST_BIN (run->pipeline), "source");
  run->sink = gst_bin_get_by_name (GST_BIN (run->pipeline), "sink");
  gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
  g_free (description);
}

static void
run_stop (Run * run)
{
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  gst_object_unref (run->source);
  gst_object_unref (run->sink);
  gst_object_unref (run->pipeline);
}

/* Milliseconds from frame @n's arrival to its result's. */
static gdouble
upscale (Run * run, guint n)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 64 * 64 * 3, NULL);
  GstSample *sample;
  gint64 start;

  gst_buffer_memset (buffer, 0, (guint8) n, -1);
  GST_BUFFER_PTS (buffer) = n * GST_SECOND / 25;
  start = g_get_monotonic_time ();
  gst_app_src_push_buffer (GST_APP_SRC (run->source), buffer);
  sample = gst_app_sink_pull_sample (GST_APP_SINK (run->sink));
  if (!sample)
    g_error ("frame %u does not come", n);
  gst_sample_unref (sample);
  return (g_get_monotonic_time () - start) / 1e3;
}

static int
compare (const void *a, const void *b)
{
  gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;

  return (x > y) - (x < y);
}

static void
print (const gchar * name, Run * run)
{
  qsort (run->added, N_FRAMES, sizeof (gdouble), compare);
  printf ("%-10s median %6.2f ms, fastest %6.2f, 9 of 10 below %6.2f\n", name,
      run->added[N_FRAMES / 2], run->added[0], run->added[N_FRAMES * 9 / 10]);
}

int
main (int argc, char **argv)
{
  const gchar *delay = argc > 1 ? argv[1] : "200";
  Run stream, poll;
  GSubprocess *service;
  gchar *url;
  guint i;

  gst_init (NULL, NULL);
  service = start_service (delay, &url);
  run_start (&stream, url, "stream");
  run_start (&poll, url, "poll");
  for (i = 0; i < N_WARM_UP; i++) {
    upscale (&stream, i);
    upscale (&poll, i);
  }
  for (i = 0; i < N_FRAMES; i++) {
    stream.added[i] = upscale (&stream, i + N_WARM_UP) - atoi (delay);
    poll.added[i] = upscale (&poll, i + N_WARM_UP) - atoi (delay);
  }
  printf ("added to %s ms of the service, %d frames of 64x64 each:\n", delay,
      N_FRAMES);
  print ("streaming", &stream);
  print ("polling", &poll);

  run_stop (&stream);
  run_stop (&poll);
  g_subprocess_send_signal (service, SIGTERM);
  g_subprocess_wait (service, NULL, NULL);
  g_object_unref (service);
  g_free (url);
  return 0;
}
