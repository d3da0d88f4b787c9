/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a frame takes from the heap when the stream has been going on for a while:
 * calls and bytes, also of GStreamer and all other libraries, since the
 * allocator's functions are this program's own. Prints figures and judges
 * nothing.
 *
 *   bench-memory                  all streams, in a process of their own each
 *   bench-memory NAME             one of them
 *   bench-memory NAME sizes       and which sizes of large blocks it asks for
 *
 * The service runs as another process, whose memory is not counted.
 */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench-service.h"
#include "malloc-count.h"

#define N_FIRST 24
#define N_COUNTED 48

/* Streams */

typedef struct
{
  const gchar *name;
  const gchar *what;
  gboolean is_fal;
  const gchar *format;
  const gchar *settings;
  const gchar *output;
} Stream;

static const Stream streams[] = {
  {"local-i420", "local, I420 of 1080p to I420 of 4K", FALSE, "I420",
      "engine=local", "I420"},
  {"local-plain", "the same without texture and detail", FALSE, "I420",
      "engine=local creativity=0 detail=0", "I420"},
  {"local-rgb", "local, RGB of 1080p to RGB of 4K", FALSE, "RGB",
      "engine=local", "RGB"},
  {"fal-i420", "fal, I420 of 1080p, PNG there and back, I420 of 4K", TRUE,
      "I420", "image-format=png", "I420"},
  {"fal-rgb", "fal, RGB of 1080p, PNG there and back, RGB of 4K", TRUE,
      "RGB", "image-format=png", "RGB"},
};

typedef struct
{
  gdouble cpu;
  glong faults;
  MallocCounts counts;
} Figures;

typedef struct
{
  GMutex lock;
  GCond cond;
  guint n;
  Figures first, last;          /* when counting began, and when it was over */
} Arrivals;

static Figures
read_figures (void)
{
  struct rusage usage;
  Figures figures;

  getrusage (RUSAGE_SELF, &usage);
  figures.cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
      + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  figures.faults = usage.ru_minflt;
  malloc_count_read (&figures.counts);
  return figures;
}

/* On the thread that pushes: with frames still in flight before and after, of
 * which as much is done at the one time as at the other. */
static void
on_frame (GstElement * sink, GstBuffer * buffer, GstPad * pad,
    Arrivals * arrivals)
{
  g_mutex_lock (&arrivals->lock);
  arrivals->n++;
  if (arrivals->n == N_FIRST) {
    arrivals->first = read_figures ();
    malloc_count_note_sizes (TRUE);
  } else if (arrivals->n == N_FIRST + N_COUNTED) {
    arrivals->last = read_figures ();
    malloc_count_note_sizes (FALSE);
    g_cond_signal (&arrivals->cond);
  }
  g_mutex_unlock (&arrivals->lock);
}

static glong
get_peak_memory (void)
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
print_figures (const Stream * stream, const Arrivals * arrivals)
{
  const Figures *first = &arrivals->first, *last = &arrivals->last;
  const gdouble n = N_COUNTED;

  printf ("%s, a frame:\n"
      "  from 64 kB: %8.1f calls, %12.0f bytes\n"
      "  in all:     %8.1f calls, %12.0f bytes\n"
      "  %8.0f pages touched for the first time, %.1f ms of processor\n"
      "  peak of the process %.0f MB\n", stream->what,
      (last->counts.large_calls - first->counts.large_calls) / n,
      (last->counts.large_bytes - first->counts.large_bytes) / n,
      (last->counts.calls - first->counts.calls) / n,
      (last->counts.bytes - first->counts.bytes) / n,
      (last->faults - first->faults) / n, (last->cpu - first->cpu) * 1000 / n,
      get_peak_memory () / 1024.0);
}

static void
print_size (gsize size, guint64 calls)
{
  printf ("  %12" G_GSIZE_FORMAT " bytes: %8.2f times\n", size,
      calls / (gdouble) N_COUNTED);
}

static GstElement *
make_pipeline (const Stream * stream, const BenchService * service)
{
  gchar *place = stream->is_fal ? g_strdup_printf ("engine=fal "
      "api-key=bench:mark location=%s storage-location=%s", service->url,
      service->url) : g_strdup ("");
  gchar *line = g_strdup_printf ("videotestsrc pattern=ball "
      "! video/x-raw,format=%s,width=1920,height=1080 "
      "! creativeupscaler scale=2 max-in-flight=8 %s %s "
      "! video/x-raw,format=%s ! fakesink name=sink signal-handoffs=true",
      stream->format, stream->settings, place, stream->output);
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);

  if (error)
    g_error ("%s: %s", line, error->message);
  g_free (place);
  g_free (line);
  return pipeline;
}

static void
measure (const Stream * stream, gboolean with_sizes)
{
  BenchService service = { 0 };
  Arrivals arrivals = { 0 };
  GstElement *pipeline, *sink;
  GstBus *bus;

  if (stream->is_fal)
    bench_service_start (&service, "--delay=0");
  pipeline = make_pipeline (stream, &service);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_mutex_init (&arrivals.lock);
  g_cond_init (&arrivals.cond);
  g_signal_connect (sink, "handoff", G_CALLBACK (on_frame), &arrivals);
  bus = gst_element_get_bus (pipeline);
  gst_bus_set_sync_handler (bus, bench_on_message, NULL, NULL);
  gst_object_unref (bus);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_mutex_lock (&arrivals.lock);
  while (arrivals.n < N_FIRST + N_COUNTED)
    g_cond_wait (&arrivals.cond, &arrivals.lock);
  g_mutex_unlock (&arrivals.lock);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  print_figures (stream, &arrivals);
  if (with_sizes)
    malloc_count_foreach_size (print_size);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
  g_mutex_clear (&arrivals.lock);
  g_cond_clear (&arrivals.cond);
  if (stream->is_fal)
    bench_service_stop (&service);
}

/* A process each, since a peak never goes down, and no stream is to find what
 * another has left. */
static void
measure_all (const gchar * self)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (streams); i++) {
    GSubprocess *process;

    fflush (stdout);
    process = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, NULL, self,
        streams[i].name, NULL);
    g_subprocess_wait (process, NULL, NULL);
    g_object_unref (process);
  }
}

int
main (int argc, char **argv)
{
  guint i;

  gst_init (&argc, &argv);
  if (!g_getenv ("CUP_FAL_SERVICE")) {
    fprintf (stderr, "CUP_FAL_SERVICE has to name the program fal-service; "
        "use meson test --benchmark\n");
    return 1;
  }
  if (argc == 1) {
    measure_all (argv[0]);
    return 0;
  }
  for (i = 0; i < G_N_ELEMENTS (streams); i++) {
    if (g_str_equal (argv[1], streams[i].name)) {
      measure (&streams[i], argc == 3 && g_str_equal (argv[2], "sizes"));
      return 0;
    }
  }
  fprintf (stderr, "%s is none of the streams\n", argv[1]);
  return 1;
}
