/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What more cores are worth: frames a second of a stream of 1080p that leaves as
 * 4K, with all cores, with one worker, and with one core, and the processor time
 * of each frame, also of the service, which takes its own from the same cores.
 *
 *   bench-cores               all streams, in all ways
 *   bench-cores STREAM WAY    one of them, as bare figures
 *
 * The service makes no pictures: all jobs end with the first one's result. Frames
 * are all different. What other processes have taken is told: where that is much,
 * the figures are worth little. Of some rounds the fastest counts.
 */
#define _GNU_SOURCE             /* affinity */
#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/app/app.h>
#include <gst/video/video.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench-cost.h"
#include "bench-service.h"
#include "dispatch/workers.h"
#include "fixture.h"

#define WIDTH 1920
#define HEIGHT 1080
#define IN_FLIGHT 8
/* Frames until the stream goes on evenly, and those that are measured then. */
#define N_FIRST 12
#define N_COUNTED 36
/* As many differ. */
#define N_FRAMES (N_FIRST + N_COUNTED)
#define ROUNDS 2

typedef struct
{
  const gchar *name;
  const gchar *what;
  gboolean is_fal;
  const gchar *format;
  const gchar *settings;
} Stream;

static const Stream streams[] = {
  {"fal-i420", "fal, I420, PNG there and back", TRUE, "I420",
      "image-format=png"},
  {"fal-rgb", "fal, RGB, PNG there and back", TRUE, "RGB",
      "image-format=png"},
  {"local-i420", "local, I420", FALSE, "I420", ""},
  {"local-rgb", "local, RGB", FALSE, "RGB", ""},
};

typedef struct
{
  const gchar *name;
  const gchar *what;
  gboolean one_worker;
  gboolean one_core;            /* for this process */
  gboolean one_core_for_service;
  gboolean for_local;
} Way;

/* The first is what the others are compared with. A worker that starts frames and
 * one that finishes them may still be on two cores. The local engine divides a frame
 * among all cores, however many workers there are. */
static const Way ways[] = {
  {"all", "all cores", FALSE, FALSE, FALSE, TRUE},
  {"worker", "one worker of each kind, all cores",
      TRUE, FALSE, FALSE, FALSE},
  {"core", "one core", FALSE, TRUE, FALSE, TRUE},
  {"both", "one core, the service on the same", FALSE, TRUE, TRUE, FALSE},
};

typedef struct
{
  gdouble rate;                 /* frames a second */
  gdouble cpu;                  /* ms a frame, of this process */
  gdouble network_cpu;          /* of it, the HTTP thread's */
  gdouble service_cpu;
  gdouble machine_cpu;          /* all that was not idle */
} Figures;

/* Processes */

static void
use_one_core (void)
{
  cpu_set_t cores;
  guint i = 0;

  if (sched_getaffinity (0, sizeof (cores), &cores) != 0)
    g_error ("%s", g_strerror (errno));
  while (!CPU_ISSET (i, &cores))
    i++;
  CPU_ZERO (&cores);
  CPU_SET (i, &cores);
  if (sched_setaffinity (0, sizeof (cores), &cores) != 0)
    g_error ("%s", g_strerror (errno));
}

/* Milliseconds of processor by a file as /proc has it of processes and of
 * threads, only if that has @name; the system counts in steps of some ms. */
static gdouble
read_cpu (const gchar * path, const gchar * name)
{
  gulong user = 0, kernel = 0;
  gchar *text = NULL, *end;

  /* The second field is the name, in parentheses; the 14th and 15th are times. */
  if (g_file_get_contents (path, &text, NULL, NULL)
      && (!name || strstr (text, name)) && (end = strrchr (text, ')')))
    sscanf (end, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
        &kernel);
  g_free (text);
  return (user + kernel) * 1e3 / sysconf (_SC_CLK_TCK);
}

/* What all processes have had, and what a host has taken away. */
static gdouble
read_machine_cpu (void)
{
  guint64 user = 0, nice = 0, kernel = 0, interrupts = 0, soft = 0, steal = 0;
  gchar *text = NULL;

  if (g_file_get_contents ("/proc/stat", &text, NULL, NULL))
    sscanf (text, "cpu %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %"
        G_GUINT64_FORMAT " %*u %*u %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
        " %" G_GUINT64_FORMAT, &user, &nice, &kernel, &interrupts, &soft,
        &steal);
  g_free (text);
  return (user + nice + kernel + interrupts + soft + steal) * 1e3
      / sysconf (_SC_CLK_TCK);
}

static gdouble
read_network_cpu (void)
{
  GDir *threads = g_dir_open ("/proc/self/task", 0, NULL);
  const gchar *thread;
  gdouble sum = 0;

  while (threads && (thread = g_dir_read_name (threads))) {
    gchar *path = g_strdup_printf ("/proc/self/task/%s/stat", thread);

    sum += read_cpu (path, "(cup-http)");
    g_free (path);
  }
  if (threads)
    g_dir_close (threads);
  return sum;
}

typedef struct
{
  BenchService base;
  gchar *stat_path;
} Service;

static void
start_service (Service * service)
{
  bench_service_start (&service->base, "--same-results");
  service->stat_path = g_strdup_printf ("/proc/%s/stat",
      g_subprocess_get_identifier (service->base.process));
}

static void
stop_service (Service * service)
{
  bench_service_stop (&service->base);
  g_free (service->stat_path);
}

/* Frames */

/* Shades, edges, and the noise of a camera; each frame is another part of it. */
static guint8
make_sample (guint x, guint y)
{
  guint32 noise = (x * 2654435761u) ^ (y * 2246822519u);
  gdouble shade = 110 + 60 * sin (x / 97.0) * cos (y / 61.0)
      + 25 * sin ((x + y) / 7.0) + (x / 64 + y / 48) % 2 * 20;

  noise = (noise ^ noise >> 15) * 2246822519u;
  return (guint8) (shade + (gint) (noise >> 13 & 7) - 4);
}

/* What all frames are parts of: so wide and high that each can begin elsewhere. */
static guint8 *
make_scene (guint width, guint height)
{
  guint8 *scene = g_malloc ((gsize) width * height);
  guint x, y;

  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++)
      scene[(gsize) y * width + x] = make_sample (x, y);
  }
  return scene;
}

static GstBuffer *
make_frame (const GstVideoInfo * info, const guint8 * scene, guint number)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL,
      GST_VIDEO_INFO_SIZE (info), NULL);
  const guint scene_stride = 3 * WIDTH + N_FRAMES;
  GstVideoFrame frame;
  guint i, y;

  gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE);
  for (i = 0; i < GST_VIDEO_FRAME_N_PLANES (&frame); i++) {
    guint8 *plane = GST_VIDEO_FRAME_PLANE_DATA (&frame, i);
    const guint n = GST_VIDEO_FRAME_COMP_WIDTH (&frame, i)
        * GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, i);

    for (y = 0; y < (guint) GST_VIDEO_FRAME_COMP_HEIGHT (&frame, i); y++)
      memcpy (plane + y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, i),
          scene + (gsize) y * scene_stride + number, n);
  }
  gst_video_frame_unmap (&frame);
  return buffer;
}

static GPtrArray *
make_frames (const GstVideoInfo * info)
{
  GPtrArray *frames = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_buffer_unref);
  guint8 *scene = make_scene (3 * WIDTH + N_FRAMES, HEIGHT);
  guint i;

  for (i = 0; i < N_FRAMES; i++)
    g_ptr_array_add (frames, make_frame (info, scene, i));
  g_free (scene);
  return frames;
}

/* The pipeline */

typedef struct
{
  GPtrArray *frames;
  guint n_pushed;
  const Service *service;

  GMutex lock;
  GCond cond;
  guint n;
  /* When counting began, and how much there was since then at its end. */
  Figures figures;
  gdouble started;
} Run;

static void
on_need_data (GstAppSrc * source, guint length, Run * run)
{
  GstBuffer *buffer = gst_buffer_copy
      (run->frames->pdata[run->n_pushed % run->frames->len]);

  GST_BUFFER_PTS (buffer) = run->n_pushed * GST_SECOND / 25;
  run->n_pushed++;
  gst_app_src_push_buffer (source, buffer);
}

/* @sign: -1 at the beginning, 1 at the end. */
static void
add_figures (Run * run, gint sign)
{
  run->figures.cpu += sign * cost_get_cpu ();
  run->figures.machine_cpu += sign * read_machine_cpu ();
  run->figures.network_cpu += sign * read_network_cpu ();
  if (run->service->stat_path)
    run->figures.service_cpu += sign * read_cpu (run->service->stat_path, NULL);
}

/* On the thread that pushes: with frames still in flight before and after, of
 * which as much is done at the one time as at the other. */
static void
on_frame (GstElement * sink, GstBuffer * buffer, GstPad * pad, Run * run)
{
  g_mutex_lock (&run->lock);
  run->n++;
  if (run->n == N_FIRST) {
    add_figures (run, -1);
    run->started = g_get_monotonic_time () / 1e6;
  } else if (run->n == N_FIRST + N_COUNTED) {
    run->figures.rate = N_COUNTED / (g_get_monotonic_time () / 1e6
        - run->started);
    add_figures (run, 1);
    g_cond_signal (&run->cond);
  }
  g_mutex_unlock (&run->lock);
}

static void
connect_source (GstElement * pipeline, Run * run, const GstVideoInfo * info)
{
  GstElement *source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  GstCaps *caps = gst_video_info_to_caps (info);

  gst_app_src_set_caps (GST_APP_SRC (source), caps);
  g_signal_connect (source, "need-data", G_CALLBACK (on_need_data), run);
  gst_caps_unref (caps);
  gst_object_unref (source);
}

static void
connect_sink (GstElement * pipeline, Run * run)
{
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstBus *bus = gst_element_get_bus (pipeline);

  g_signal_connect (sink, "handoff", G_CALLBACK (on_frame), run);
  gst_bus_set_sync_handler (bus, bench_on_message, NULL, NULL);
  gst_object_unref (bus);
  gst_object_unref (sink);
}

static GstElement *
make_pipeline (const Stream * stream, Run * run)
{
  gchar *place = stream->is_fal ? g_strdup_printf ("engine=fal "
      "api-key=bench:mark location=%s storage-location=%s",
      run->service->base.url,
      run->service->base.url) : g_strdup ("engine=local");
  gchar *line = g_strdup_printf ("appsrc name=source format=time "
      "max-buffers=1 max-bytes=0 ! creativeupscaler scale=2 "
      "max-in-flight=%d %s %s ! video/x-raw,format=%s "
      "! fakesink name=sink signal-handoffs=true", IN_FLIGHT, place,
      stream->settings, stream->format);
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);
  GstVideoInfo info;

  if (error)
    g_error ("%s: %s", line, error->message);
  gst_video_info_set_format (&info, gst_video_format_from_string
      (stream->format), WIDTH, HEIGHT);
  info.fps_n = 25;
  info.fps_d = 1;
  run->frames = make_frames (&info);
  connect_source (pipeline, run, &info);
  connect_sink (pipeline, run);
  g_free (place);
  g_free (line);
  return pipeline;
}

static void
measure (const Stream * stream, const Way * way)
{
  Service service = { 0 };
  Run run = {.service = &service };
  const Figures *figures = &run.figures;
  GstElement *pipeline;

  if (way->one_core_for_service)
    use_one_core ();
  if (stream->is_fal)
    start_service (&service);
  /* Before there is any other thread, and before anybody counts the cores. */
  if (way->one_core)
    use_one_core ();
  if (way->one_worker)
    cup_workers_set_default_n_threads (1);
  gst_init (NULL, NULL);
  fixture_register ();

  g_mutex_init (&run.lock);
  g_cond_init (&run.cond);
  pipeline = make_pipeline (stream, &run);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_mutex_lock (&run.lock);
  while (run.n < N_FIRST + N_COUNTED)
    g_cond_wait (&run.cond, &run.lock);
  g_mutex_unlock (&run.lock);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  g_ptr_array_unref (run.frames);
  g_mutex_clear (&run.lock);
  g_cond_clear (&run.cond);
  if (stream->is_fal)
    stop_service (&service);
  printf ("%f %f %f %f %f\n", figures->rate, figures->cpu / N_COUNTED,
      figures->network_cpu / N_COUNTED, figures->service_cpu / N_COUNTED,
      figures->machine_cpu / N_COUNTED);
}

/* All of them */

/* In a process of its own: what it may use is settled when that begins. */
static void
measure_apart (const gchar * self, const Stream * stream, const Way * way,
    Figures * best)
{
  gchar *arguments[] = { (gchar *) self, (gchar *) stream->name,
    (gchar *) way->name, NULL
  };
  gchar *output = NULL;
  Figures figures;

  if (!g_spawn_sync (NULL, arguments, NULL, 0, NULL, NULL, &output, NULL, NULL,
          NULL) || sscanf (output, "%lf %lf %lf %lf %lf", &figures.rate,
          &figures.cpu, &figures.network_cpu, &figures.service_cpu,
          &figures.machine_cpu) != 5)
    g_error ("%s %s fails", stream->name, way->name);
  if (figures.rate > best->rate)
    *best = figures;
  g_free (output);
}

static void
print_way (const Way * way, const Figures * figures, const Figures * all)
{
  const gdouble others = MAX (figures->machine_cpu - figures->cpu
      - figures->service_cpu, 0);

  g_print
      ("  %-37s %5.2f frames/s, all cores have %.2f times as many; ms of CPU a frame: "
      "%5.1f (%4.1f the network's), the service %4.1f, others %5.1f\n",
      way->what, figures->rate, all->rate / figures->rate, figures->cpu,
      figures->network_cpu, figures->service_cpu, others);
}

/* All cores have their time for the frames, and for the service: no pipeline can
 * be faster than that. */
static void
print_possible (const Figures * all)
{
  const gdouble possible = g_get_num_processors () * 1e3
      / (all->cpu + all->service_cpu);

  g_print ("  %u cores, all of their time: %.2f frames a second; of that %.2f "
      "are reached\n", g_get_num_processors (), possible, all->rate / possible);
}

static void
measure_ways (const gchar * self, const Stream * stream)
{
  Figures figures[G_N_ELEMENTS (ways)] = { 0 };
  guint i, round;

  /* In turns, so that all have the same share of what else goes on. */
  for (round = 0; round < ROUNDS; round++) {
    for (i = 0; i < G_N_ELEMENTS (ways); i++) {
      if (stream->is_fal || ways[i].for_local)
        measure_apart (self, stream, &ways[i], &figures[i]);
    }
  }
  g_print ("%s, %d in flight\n", stream->what, IN_FLIGHT);
  for (i = 0; i < G_N_ELEMENTS (ways); i++) {
    if (figures[i].rate > 0)
      print_way (&ways[i], &figures[i], &figures[0]);
  }
  print_possible (&figures[0]);
}

int
main (int argc, char **argv)
{
  guint i, j;

  if (!g_getenv ("CUP_FAL_SERVICE")) {
    fprintf (stderr, "CUP_FAL_SERVICE has to name the program fal-service; "
        "use meson test --benchmark\n");
    return 1;
  }
  if (argc == 1) {
    for (i = 0; i < G_N_ELEMENTS (streams); i++)
      measure_ways (argv[0], &streams[i]);
    return 0;
  }
  for (i = 0; argc == 3 && i < G_N_ELEMENTS (streams); i++) {
    for (j = 0; j < G_N_ELEMENTS (ways); j++) {
      if (g_str_equal (argv[1], streams[i].name)
          && g_str_equal (argv[2], ways[j].name)) {
        measure (&streams[i], &ways[j]);
        return 0;
      }
    }
  }
  fprintf (stderr, "usage: %s [STREAM WAY]\n", argv[0]);
  return 1;
}
