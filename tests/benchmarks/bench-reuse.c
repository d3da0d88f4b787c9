/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A second run over a sequence whose results are stored: what a frame costs,
 * beside decoding the same files alone with as many threads. The service has
 * ended by then, so that there is nobody to ask. Prints figures and judges
 * nothing.
 *
 *   bench-reuse [FRAMES [TYPE]]    100 frames of 960×540, results of 1920×1080
 *                                  of type png, jpeg or webp
 */
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "image/image.h"
#include "store/digest.h"

#define WIDTH 960
#define HEIGHT 540
/* As often as that, and less with many frames. */
#define N_ROUNDS 5
#define MANY 500
#define PERIOD (WIDTH * 3)

typedef struct
{
  guint n_frames;
  guint8 *texture;              /* PERIOD × HEIGHT pixels */
  gchar *directory;
  gchar *store;
  GPtrArray *files;
} Bench;

/* Seconds. */
typedef struct
{
  gdouble wall;
  gdouble cpu;
} Times;

static Times
get_times (void)
{
  struct rusage usage;
  Times times;

  getrusage (RUSAGE_SELF, &usage);
  times.wall = g_get_monotonic_time () / 1e6;
  times.cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
      + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  return times;
}

static Times
get_times_since (Times start)
{
  Times now = get_times ();

  now.wall -= start.wall;
  now.cpu -= start.cpu;
  return now;
}

static GSubprocess *
start_service (const gchar * type, gchar ** url)
{
  GError *error = NULL;
  GSubprocess *process;
  gchar *ready_file;
  gint fd = g_file_open_tmp ("bench-XXXXXX", &ready_file, NULL);

  g_close (fd, NULL);
  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error,
      g_getenv ("CUP_FAL_SERVICE"), "--port", "0", "--delete-downloaded",
      "--result-format", type, "--ready-file", ready_file, NULL);
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

/* Soft shapes, and the grain of a camera. */
static guint8 *
make_texture (void)
{
  guint8 *texture = g_malloc ((gsize) PERIOD * HEIGHT * 3), *out = texture;
  GRand *grain = g_rand_new_with_seed (1);
  guint x, y, c;

  for (y = 0; y < HEIGHT; y++)
    for (x = 0; x < PERIOD; x++)
      for (c = 0; c < 3; c++)
        *out++ = (guint8) (x * 255 / PERIOD / 2 + y * 255 / HEIGHT / 4
            + ((x / 90 + y / 70 + c) % 5) * 12
            + g_rand_int_range (grain, 0, 4));
  g_rand_free (grain);
  return texture;
}

/* Frame @number: another part of the texture, and its number. */
static GstBuffer *
make_frame (const Bench * bench, guint number)
{
  GstBuffer *frame = gst_buffer_new_allocate (NULL, WIDTH * HEIGHT * 3, NULL);
  guint offset = number * 7 % (PERIOD - WIDTH), y;
  GstMapInfo map;

  gst_buffer_map (frame, &map, GST_MAP_WRITE);
  for (y = 0; y < HEIGHT; y++)
    memcpy (map.data + y * WIDTH * 3,
        bench->texture + (y * PERIOD + offset) * 3, WIDTH * 3);
  memcpy (map.data, &number, sizeof (number));
  gst_buffer_unmap (frame, &map);
  GST_BUFFER_PTS (frame) = number * 40 * GST_MSECOND;
  GST_BUFFER_DURATION (frame) = 40 * GST_MSECOND;
  return frame;
}

static void
on_frame (GstElement * sink, GstBuffer * frame, GstPad * pad, gpointer data)
{
  (*(guint *) data)++;
}

static void
feed (const Bench * bench, GstElement * pipeline)
{
  GstElement *source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  GstFlowReturn flow = GST_FLOW_OK;
  guint i;

  for (i = 0; i < bench->n_frames && flow == GST_FLOW_OK; i++) {
    GstBuffer *frame = make_frame (bench, i);

    g_signal_emit_by_name (source, "push-buffer", frame, &flow);
    gst_buffer_unref (frame);
  }
  g_signal_emit_by_name (source, "end-of-stream", &flow);
  gst_object_unref (source);
}

static void
wait_for_end (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_EOS) {
    GError *error = NULL;

    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
      gst_message_parse_warning (message, &error, NULL);
    else
      gst_message_parse_error (message, &error, NULL);
    g_error ("%s", error->message);
  }
  gst_message_unref (message);
  gst_object_unref (bus);
}

/* The whole of it: the pipeline is made and gone in between, and what it had to
 * write is written. */
static Times
run_pipeline (const Bench * bench, const gchar * url)
{
  Times start = get_times ();
  gchar *line = g_strdup_printf ("appsrc name=source format=time block=true "
      "max-bytes=4000000 caps=video/x-raw,format=RGB,width=%d,height=%d,"
      "framerate=25/1 ! creativeupscaler engine=fal api-key=bench:mark "
      "location=%s storage-location=%s cache-location=%s scale=2 "
      "! video/x-raw,format=RGB ! fakesink name=sink signal-handoffs=true",
      WIDTH, HEIGHT, url, url, bench->store);
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error), *sink;
  guint n = 0;

  if (error)
    g_error ("%s: %s", line, error->message);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (on_frame), &n);
  gst_object_unref (sink);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  feed (bench, pipeline);
  wait_for_end (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  if (n != bench->n_frames)
    g_error ("%u of %u frames came out", n, bench->n_frames);
  g_free (line);
  return get_times_since (start);
}

static void
list_files (Bench * bench)
{
  gchar *results = g_build_filename (bench->store, "results", NULL);
  GDir *dir = g_dir_open (results, 0, NULL);
  const gchar *name, *file;

  while ((name = g_dir_read_name (dir))) {
    gchar *folder = g_build_filename (results, name, NULL);
    GDir *inner = g_dir_open (folder, 0, NULL);

    while (inner && (file = g_dir_read_name (inner)))
      g_ptr_array_add (bench->files, g_build_filename (folder, file, NULL));
    if (inner)
      g_dir_close (inner);
    g_free (folder);
  }
  g_dir_close (dir);
  g_free (results);
}

static GBytes *
read_file (const gchar * path)
{
  GError *error = NULL;
  gchar *data;
  gsize size;

  if (!g_file_get_contents (path, &data, &size, &error))
    g_error ("%s", error->message);
  return g_bytes_new_take (data, size);
}

static void
decode_one (gpointer path, gpointer data)
{
  GBytes *bytes = read_file (path);
  GError *error = NULL;
  CupPixels *pixels = cup_image_decode (bytes, 0, &error);

  if (!pixels)
    g_error ("%s", error->message);
  cup_pixels_unref (pixels);
  g_bytes_unref (bytes);
}

static void
check_one (gpointer path, gpointer data)
{
  GBytes *bytes = read_file (path);
  guint8 digest[CUP_DIGEST_SIZE];

  cup_digest_bytes (bytes, digest);
  g_bytes_unref (bytes);
}

static void
hash_one (gpointer number, gpointer data)
{
  GstBuffer *frame = make_frame (data, GPOINTER_TO_UINT (number));
  CupDigest *state = cup_digest_new ();
  guint8 digest[CUP_DIGEST_SIZE];
  GstMapInfo map;

  gst_buffer_map (frame, &map, GST_MAP_READ);
  cup_digest_update (state, map.data, map.size);
  cup_digest_finish (state, digest);
  gst_buffer_unmap (frame, &map);
  gst_buffer_unref (frame);
}

/* @func for each file, or for each frame's number, on as many threads as the
 * element has for its results. */
static Times
run_threads (Bench * bench, GFunc func, gboolean files)
{
  Times start = get_times ();
  GThreadPool *pool = g_thread_pool_new (func, bench, g_get_num_processors (),
      TRUE, NULL);
  guint i;

  for (i = 0; i < bench->n_frames; i++)
    g_thread_pool_push (pool, files ? bench->files->pdata[i] :
        GUINT_TO_POINTER (i + 1), NULL);
  g_thread_pool_free (pool, FALSE, TRUE);
  return get_times_since (start);
}

static void
keep_least (Times * least, Times times, guint round)
{
  least->wall = round == 0 ? times.wall : MIN (least->wall, times.wall);
  least->cpu = round == 0 ? times.cpu : MIN (least->cpu, times.cpu);
}

static void
print_times (const Bench * bench, const gchar * what, Times times,
    Times decoding)
{
  printf ("%-38s %7.2f ms wall (%.2f), %7.2f ms CPU (%.2f)\n", what,
      times.wall * 1e3 / bench->n_frames, times.wall / decoding.wall,
      times.cpu * 1e3 / bench->n_frames, times.cpu / decoding.cpu);
}

static void
remove_all (const gchar * path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    gchar *inner = g_build_filename (path, name, NULL);

    remove_all (inner);
    g_free (inner);
  }
  if (dir)
    g_dir_close (dir);
  g_remove (path);
}

/* In turns, and the best of each: other load comes and goes. */
static void
measure (Bench * bench, const gchar * url)
{
  Times decoding, running, checking, hashing;
  guint i, n_rounds = bench->n_frames < MANY ? N_ROUNDS : 2;

  for (i = 0; i < n_rounds; i++) {
    keep_least (&decoding, run_threads (bench, decode_one, TRUE), i);
    keep_least (&running, run_pipeline (bench, url), i);
    keep_least (&checking, run_threads (bench, check_one, TRUE), i);
    keep_least (&hashing, run_threads (bench, hash_one, FALSE), i);
  }
  printf ("%u frames, a frame's share (as part of decoding), on %u "
      "processors:\n", bench->n_frames, g_get_num_processors ());
  print_times (bench, "decoding the results alone", decoding, decoding);
  print_times (bench, "second run", running, decoding);
  print_times (bench, "SHA-256 of the results alone", checking, decoding);
  print_times (bench, "SHA-256 of the frames alone", hashing, decoding);
}

int
main (int argc, char **argv)
{
  Bench bench = { 0 };
  GSubprocess *service;
  Times first;
  gchar *url;

  gst_init (&argc, &argv);
  if (!g_getenv ("CUP_FAL_SERVICE")) {
    fprintf (stderr, "CUP_FAL_SERVICE has to name the program fal-service; "
        "use meson test --benchmark\n");
    return 1;
  }
  bench.n_frames = argc > 1 ? (guint) MAX (atoi (argv[1]), 1) : 100;
  bench.texture = make_texture ();
  bench.directory = g_dir_make_tmp ("bench-reuse-XXXXXX", NULL);
  bench.store = g_build_filename (bench.directory, "store", NULL);
  bench.files = g_ptr_array_new_with_free_func (g_free);

  service = start_service (argc > 2 ? argv[2] : "png", &url);
  first = run_pipeline (&bench, url);
  printf ("first run: %.2f ms a frame, with the service\n",
      first.wall * 1e3 / bench.n_frames);
  g_subprocess_send_signal (service, SIGTERM);
  g_subprocess_wait (service, NULL, NULL);
  g_object_unref (service);
  list_files (&bench);
  if (bench.files->len != bench.n_frames)
    g_error ("%u of %u results are stored", bench.files->len, bench.n_frames);
  measure (&bench, url);

  remove_all (bench.directory);
  g_ptr_array_unref (bench.files);
  g_free (bench.store);
  g_free (bench.directory);
  g_free (bench.texture);
  g_free (url);
  return 0;
}
