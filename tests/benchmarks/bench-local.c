/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The whole element with the embedded engine: video of 1080p in, of 4K out, as
 * fast as it goes. Prints figures and judges nothing.
 */
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <stdio.h>
#include <sys/resource.h>

#define WIDTH 1920
#define HEIGHT 1080
#define N_FRAMES 48
/* Before the time is taken: threads and memory are there then. */
#define N_FIRST 8

static gdouble
get_cpu_time (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
      + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

/* Edges, textures and noise, all moving: no two are the same. */
static GstBuffer *
make_frame (const GstVideoInfo * info, guint number)
{
  const gsize size = GST_VIDEO_INFO_SIZE (info);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  guint32 random = number + 1;
  GstMapInfo map;
  gsize i;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (i = 0; i < size; i++) {
    const guint x = i % WIDTH + 3 * number, y = i / WIDTH;

    random = random * 1664525 + 1013904223;
    map.data[i] = 40 + ((x / 40 + y / 30) % 2) * 120 + (x * x / 64 + y) % 32
        + (random >> 28);
  }
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

static void
push (GstAppSrc * source, GPtrArray * frames, guint first, guint n)
{
  guint i;

  for (i = first; i < first + n; i++) {
    GstBuffer *buffer = gst_buffer_copy (frames->pdata[i]);

    GST_BUFFER_PTS (buffer) = i * GST_SECOND / 25;
    gst_app_src_push_buffer (source, buffer);
  }
}

typedef struct
{
  GMutex lock;
  GCond cond;
  guint n;
} Arrivals;

static void
count (GstElement * sink, GstBuffer * buffer, GstPad * pad, Arrivals * arrivals)
{
  g_mutex_lock (&arrivals->lock);
  arrivals->n++;
  g_cond_signal (&arrivals->cond);
  g_mutex_unlock (&arrivals->lock);
}

static void
wait_for (Arrivals * arrivals, guint n)
{
  g_mutex_lock (&arrivals->lock);
  while (arrivals->n < n)
    g_cond_wait (&arrivals->cond, &arrivals->lock);
  g_mutex_unlock (&arrivals->lock);
}

static void
measure (const gchar * settings, GPtrArray * frames, GstCaps * caps)
{
  gchar *line = g_strdup_printf ("appsrc name=source format=time max-bytes=0 "
      "! creativeupscaler engine=local scale=2 %s "
      "! video/x-raw,format=I420 ! fakesink name=sink signal-handoffs=true",
      settings);
  GstElement *pipeline = gst_parse_launch (line, NULL);
  GstElement *source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  Arrivals arrivals = { 0 };
  gdouble cpu, wall;
  gint64 start;

  g_mutex_init (&arrivals.lock);
  g_cond_init (&arrivals.cond);
  g_signal_connect (sink, "handoff", G_CALLBACK (count), &arrivals);
  gst_app_src_set_caps (GST_APP_SRC (source), caps);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  push (GST_APP_SRC (source), frames, 0, N_FIRST);
  wait_for (&arrivals, N_FIRST);

  start = g_get_monotonic_time ();
  cpu = get_cpu_time ();
  push (GST_APP_SRC (source), frames, N_FIRST, N_FRAMES);
  wait_for (&arrivals, N_FIRST + N_FRAMES);
  wall = (g_get_monotonic_time () - start) * 1e-6;
  cpu = get_cpu_time () - cpu;
  printf ("%-40s %5.1f frames a second, %6.1f ms of processor each\n", settings,
      N_FRAMES / wall, cpu * 1000 / N_FRAMES);
  fflush (stdout);

  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (source);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
  g_mutex_clear (&arrivals.lock);
  g_cond_clear (&arrivals.cond);
  g_free (line);
}

int
main (int argc, char **argv)
{
  static const gchar *const settings[] = {
    "local-model=balanced",
    "local-model=balanced detail=0",
    "local-model=balanced creativity=0",
    "local-model=balanced creativity=0 detail=0",
    "local-model=fast",
    "local-model=fast creativity=0 detail=0",
    "local-model=quality",
    "skip-ccsr=true creativity=0 detail=0",
  };
  GPtrArray *frames;
  GstVideoInfo info;
  GstCaps *caps;
  guint i;

  gst_init (&argc, &argv);
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
  GST_VIDEO_INFO_FPS_N (&info) = 25;
  caps = gst_video_info_to_caps (&info);
  frames = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  for (i = 0; i < N_FIRST + N_FRAMES; i++)
    g_ptr_array_add (frames, make_frame (&info, i));

  printf ("I420 of %ux%u to twice its size, %u threads of the machine\n", WIDTH,
      HEIGHT, g_get_num_processors ());
  for (i = 0; i < G_N_ELEMENTS (settings); i++)
    measure (settings[i], frames, caps);

  g_ptr_array_unref (frames);
  gst_caps_unref (caps);
  gst_deinit ();
  return 0;
}
