/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the process keeps of a long stream: the resident size at frame 300 and at
 * frame 4,000, each as the mean over the hundred frames before it. Fails where the
 * later size is more than a tenth larger. The peak, too, is judged, by the bound
 * that docs/guide.md gives.
 *
 *   bench-resident                              all streams, a process each
 *   bench-resident NAME [FRAMES [WIDTH HEIGHT]]   one of them
 *
 * The service runs as another process, whose memory does not count.
 */
#include <gio/gio.h>
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench-service.h"

#define N_EARLY 300
#define N_LATE 4000
#define N_MEAN 100
#define IN_FLIGHT 8
#define SCALE 2
#define MIB (1024 * 1024.0)

typedef struct
{
  const gchar *name;
  gboolean is_fal;
  guint frames;
  guint width, height;
  const gchar *settings;
} Stream;

/* Small pictures, so that the benchmark ends within minutes; the sizes of their
 * blocks are still those that malloc() would take from heaps. */
static const Stream streams[] = {
  {"fal", TRUE, N_LATE, 640, 360, "image-format=png"},
  {"local", FALSE, N_LATE, 640, 360, "engine=local creativity=0 detail=0"},
  {"fal-large", TRUE, 2 * IN_FLIGHT, 3840, 2160, "image-format=png"},
};

typedef struct
{
  GMutex lock;
  GCond cond;
  guint frames;
  guint n;
  gdouble early, late;          /* sums, in MiB */
} Arrivals;

static gdouble
get_resident (void)
{
  gchar *statm = NULL, *number;
  gdouble size = 0;

  if (g_file_get_contents ("/proc/self/statm", &statm, NULL, NULL)
      && (number = strchr (statm, ' ')))
    size = g_ascii_strtod (number, NULL) * sysconf (_SC_PAGESIZE) / MIB;
  g_free (statm);
  return size;
}

static gdouble
get_peak (void)
{
  gchar *status = NULL, *line;
  gdouble size = 0;

  if (g_file_get_contents ("/proc/self/status", &status, NULL, NULL)
      && (line = strstr (status, "VmHWM:")))
    size = g_ascii_strtod (line + strlen ("VmHWM:"), NULL) / 1024;
  g_free (status);
  return size;
}

static gboolean
is_among (guint n, guint end)
{
  return n > end - N_MEAN && n <= end;
}

static void
on_frame (GstElement * sink, GstBuffer * buffer, GstPad * pad,
    Arrivals * arrivals)
{
  g_mutex_lock (&arrivals->lock);
  arrivals->n++;
  if (arrivals->frames > N_EARLY && is_among (arrivals->n, N_EARLY))
    arrivals->early += get_resident () / N_MEAN;
  if (arrivals->frames > N_EARLY && is_among (arrivals->n, arrivals->frames))
    arrivals->late += get_resident () / N_MEAN;
  if (arrivals->n == arrivals->frames)
    g_cond_signal (&arrivals->cond);
  g_mutex_unlock (&arrivals->lock);
}

static GstElement *
make_pipeline (const Stream * stream, const BenchService * service)
{
  gchar *place = stream->is_fal ? g_strdup_printf ("engine=fal "
      "api-key=bench:mark location=%s storage-location=%s", service->url,
      service->url) : g_strdup ("");
  gchar *line = g_strdup_printf ("videotestsrc pattern=ball "
      "! video/x-raw,format=I420,width=%u,height=%u "
      "! creativeupscaler scale=%u max-in-flight=%u %s %s "
      "! video/x-raw,format=I420 ! fakesink name=sink signal-handoffs=true",
      stream->width, stream->height, SCALE, IN_FLIGHT, stream->settings,
      place);
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);

  if (error)
    g_error ("%s: %s", line, error->message);
  g_free (place);
  g_free (line);
  return pipeline;
}

/* The bound of docs/guide.md, in MiB. The files of these results are small. */
static gdouble
get_bound (const Stream * stream)
{
  const gdouble frame = stream->width * stream->height * 1.5 / MIB;
  const gdouble result = SCALE * SCALE * frame;

  return IN_FLIGHT * (frame + result) + 100;
}

static gboolean
judge (const Stream * stream, const Arrivals * arrivals)
{
  const gdouble peak = get_peak (), bound = get_bound (stream);
  gboolean good = peak <= bound;

  printf ("%s, %ux%u, %u in flight: peak %.0f MiB, bound %.0f MiB: %s\n",
      stream->name, stream->width, stream->height, IN_FLIGHT, peak, bound,
      good ? "good" : "TOO MUCH");
  if (stream->frames > N_EARLY) {
    const gboolean same = arrivals->late <= 1.1 * arrivals->early;

    printf ("%s: resident %.1f MiB at frame %u, %.1f MiB at frame %u: %s\n",
        stream->name, arrivals->early, N_EARLY, arrivals->late, stream->frames,
        same ? "good" : "IT GROWS");
    good = good && same;
  }
  return good;
}

static gboolean
measure (const Stream * stream)
{
  BenchService service = { 0 };
  Arrivals arrivals = {.frames = stream->frames };
  GstElement *pipeline, *sink;
  gboolean good;
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
  while (arrivals.n < arrivals.frames)
    g_cond_wait (&arrivals.cond, &arrivals.lock);
  g_mutex_unlock (&arrivals.lock);
  good = judge (stream, &arrivals);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
  g_mutex_clear (&arrivals.lock);
  g_cond_clear (&arrivals.cond);
  if (stream->is_fal)
    bench_service_stop (&service);
  return good;
}

/* A process each: a peak never goes down, and no stream is to find what another has
 * left. */
static gboolean
measure_all (const gchar * self)
{
  gboolean good = TRUE;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (streams); i++) {
    GSubprocess *process;

    fflush (stdout);
    process = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, NULL, self,
        streams[i].name, NULL);
    g_subprocess_wait_check (process, NULL, NULL);
    good = g_subprocess_get_successful (process) && good;
    g_object_unref (process);
  }
  return good;
}

static guint
parse_number (int argc, char **argv, int at, guint otherwise)
{
  return at < argc ? (guint) strtoul (argv[at], NULL, 10) : otherwise;
}

int
main (int argc, char **argv)
{
  guint i;

  gst_init (&argc, &argv);
  if (!g_getenv ("CUP_FAL_SERVICE")) {
    fprintf (stderr, "CUP_FAL_SERVICE has to name the program fal-service; "
        "use meson test --benchmark\n");
    return 2;
  }
  if (argc == 1)
    return measure_all (argv[0]) ? 0 : 1;
  for (i = 0; i < G_N_ELEMENTS (streams); i++) {
    Stream stream = streams[i];

    if (!g_str_equal (argv[1], stream.name))
      continue;
    stream.frames = MAX (parse_number (argc, argv, 2, stream.frames), 1);
    stream.width = parse_number (argc, argv, 3, stream.width);
    stream.height = parse_number (argc, argv, 4, stream.height);
    return measure (&stream) ? 0 : 1;
  }
  fprintf (stderr, "%s is none of the streams\n", argv[1]);
  return 2;
}
