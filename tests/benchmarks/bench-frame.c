/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a frame of 1080p costs on its way to a service, and its result of 4K on
 * the way back, without the network: each step and all of it, by this project's
 * code, by libpng, by GStreamer's elements and by Pillow, in one run, and against
 * the sum of the fastest steps that there are (bench-steps.h). Time of all threads,
 * time on the clock, sizes, and how well the luma of the video is in the file that
 * is sent. The best of some rounds counts.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/app/app.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "bench-cost.h"
#include "bench-steps.h"
#include "base/memory.h"
#include "element/colour.h"
#include "image/image.h"
#include "image/png-private.h"

#define WIDTH 1920
#define HEIGHT 1080
#define ROUNDS 5
/* What starting a pipeline costs is divided by so many. */
#define N_FRAMES 6

/* The frame, and the result: as pixels, and as files. */
typedef struct
{
  GstVideoInfo info;
  GstVideoInfo large_info;
  GstBuffer *buffer;
  GstBuffer *large_buffer;      /* as of a pool: written again and again */
  CupPixels *large;
  GBytes *png;
  GBytes *jpeg;
} Subject;

/* The subject */

/* Shades, edges, colours, and the noise of a camera. */
static CupPixels *
make_picture (guint width, guint height, gdouble scale)
{
  CupPixels *pixels = cup_pixels_new (width, height, 3, 8, NULL);
  GRand *rand = g_rand_new_with_seed (1);
  guint x, y, c;

  for (y = 0; y < height; y++) {
    guint8 *row = cup_pixels_row (pixels, y);

    for (x = 0; x < width; x++) {
      gdouble u = x / scale, v = y / scale;
      gdouble shade = 110 + 60 * sin (u / 97) * cos (v / 61)
          + 25 * sin ((u + v) / 7)
          + ((guint) (u / 64) + (guint) (v / 48)) % 2 * 20;
      gint noise = g_rand_int_range (rand, -4, 5);

      for (c = 0; c < 3; c++)
        row[3 * x + c] = (guint8) CLAMP (shade + 12 * c * sin (u / 311)
            + noise, 0, 255);
    }
  }
  g_rand_free (rand);
  return pixels;
}

static void
set_info (GstVideoInfo * info, guint width, guint height)
{
  gst_video_info_set_format (info, GST_VIDEO_FORMAT_I420, width, height);
  gst_video_colorimetry_from_string (&info->colorimetry, "bt709");
  info->chroma_site = GST_VIDEO_CHROMA_SITE_H_COSITED;
  info->fps_n = 25;
  info->fps_d = 1;
}

static GstBuffer *
to_video (const GstVideoInfo * info, const CupPixels * pixels)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL,
      GST_VIDEO_INFO_SIZE (info), NULL);
  GstVideoFrame frame;

  gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE);
  if (!cup_colour_write_frame (&frame, pixels, NULL))
    g_assert_not_reached ();
  gst_video_frame_unmap (&frame);
  return buffer;
}

static CupPixels *
to_pixels (const GstVideoInfo * info, GstBuffer * buffer)
{
  GstVideoFrame frame;
  CupPixels *pixels;

  gst_video_frame_map (&frame, info, buffer, GST_MAP_READ);
  pixels = cup_colour_read_frame (&frame, NULL);
  gst_video_frame_unmap (&frame);
  return pixels;
}

static void
subject_init (Subject * subject)
{
  CupPixels *pixels = make_picture (WIDTH, HEIGHT, 1);

  set_info (&subject->info, WIDTH, HEIGHT);
  set_info (&subject->large_info, 2 * WIDTH, 2 * HEIGHT);
  subject->buffer = to_video (&subject->info, pixels);
  cup_pixels_unref (pixels);
  subject->large = make_picture (2 * WIDTH, 2 * HEIGHT, 2);
  subject->large_buffer = to_video (&subject->large_info, subject->large);
  /* As services make it. */
  subject->png = cup_png_encode_by_libpng (subject->large, 6, NULL);
  subject->jpeg = cup_image_encode (subject->large, CUP_IMAGE_JPEG, 95, NULL);
}

static void
subject_clear (Subject * subject)
{
  gst_buffer_unref (subject->buffer);
  gst_buffer_unref (subject->large_buffer);
  cup_pixels_unref (subject->large);
  g_bytes_unref (subject->png);
  g_bytes_unref (subject->jpeg);
}

/* Of the luma of what the file shows as video, decoded and converted exactly,
 * against the frame's; 99 for none that differs. */
static gdouble
measure_luma (const Subject * subject, GBytes * file)
{
  CupPixels *pixels = cup_image_decode (file, 0, NULL);
  GstBuffer *back = to_video (&subject->info, pixels);
  GstMapInfo a, b;
  gdouble sum = 0;
  gsize i;

  gst_buffer_map (subject->buffer, &a, GST_MAP_READ);
  gst_buffer_map (back, &b, GST_MAP_READ);
  for (i = 0; i < (gsize) WIDTH * HEIGHT; i++)
    sum += (a.data[i] - b.data[i]) * (a.data[i] - b.data[i]);
  gst_buffer_unmap (subject->buffer, &a);
  gst_buffer_unmap (back, &b);
  gst_buffer_unref (back);
  cup_pixels_unref (pixels);
  return sum > 0 ? 10 * log10 (255 * 255 * (gdouble) WIDTH * HEIGHT / sum) : 99;
}

/* In memory */

static GBytes *
encode_png (const CupPixels * pixels)
{
  return cup_image_encode (pixels, CUP_IMAGE_PNG, 0, NULL);
}

static GBytes *
encode_png_by_libpng (const CupPixels * pixels)
{
  return cup_png_encode_by_libpng (pixels, 1, NULL);
}

static GBytes *
encode_jpeg (const CupPixels * pixels)
{
  return cup_image_encode (pixels, CUP_IMAGE_JPEG, 95, NULL);
}

/* As gst/element/output.c does it. */
static void
decode (GBytes * bytes, GstVideoFrame * frame)
{
  CupConvertRows *rows = cup_colour_new_rows (frame, 3, 8);
  CupImageInfo info;

  if (!cup_image_read_info (bytes, &info, NULL)
      || !cup_image_decode_rows (bytes, &info, rows, NULL, NULL))
    g_assert_not_reached ();
  cup_convert_rows_free (rows);
}

static void
decode_by_libpng (GBytes * bytes, GstVideoFrame * frame)
{
  CupPixels *pixels = cup_pixels_new (2 * WIDTH, 2 * HEIGHT, 3, 8, NULL);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (!cup_png_decode_by_libpng (data, size, pixels, NULL)
      || !cup_colour_write_frame (frame, pixels, NULL))
    g_assert_not_reached ();
  cup_pixels_unref (pixels);
}

static Cost
measure_in_memory (const gchar * name, const Subject * subject,
    GBytes * (*encode) (const CupPixels * pixels),
    void (*decode_result) (GBytes * bytes, GstVideoFrame * frame),
    GBytes * result)
{
  Cost steps[] = { COST_INIT, COST_INIT, COST_INIT };
  Cost cost, sum = { 0, 0 };
  GstVideoFrame frame;
  GBytes *file = NULL;
  guint i;

  for (i = 0; i < ROUNDS; i++) {
    CupPixels *pixels;

    g_clear_pointer (&file, g_bytes_unref);
    cost_begin (&cost);
    pixels = to_pixels (&subject->info, subject->buffer);
    cost_end (&cost, &steps[0], 1);
    cost_begin (&cost);
    file = encode (pixels);
    cost_end (&cost, &steps[1], 1);
    cup_pixels_unref (pixels);
    gst_video_frame_map (&frame, &subject->large_info, subject->large_buffer,
        GST_MAP_WRITE);
    cost_begin (&cost);
    decode_result (result, &frame);
    cost_end (&cost, &steps[2], 1);
    gst_video_frame_unmap (&frame);
  }
  g_print ("%s\n", name);
  cost_print ("I420 to RGB", &steps[0], 0, 0);
  cost_print ("encode", &steps[1], g_bytes_get_size (file),
      measure_luma (subject, file));
  cost_print ("decode the result, to I420", &steps[2],
      g_bytes_get_size (result), 0);
  for (i = 0; i < G_N_ELEMENTS (steps); i++)
    cost_add (&sum, &steps[i]);
  cost_print ("all of it", &sum, 0, 0);
  g_bytes_unref (file);
  return sum;
}

#ifdef HAVE_FAST_PNG
static void
measure_steps (const Subject * subject, gdouble cpu)
{
  const StepsSubject steps = { &subject->info, subject->buffer,
    &subject->large_info, subject->large, subject->png
  };

  bench_steps_measure (&steps, cpu);
}
#endif

/* Pipelines */

/* Pushes @buffer so many times; returns the last one that comes out. */
static GstBuffer *
run_pipeline (const gchar * middle, GstCaps * caps, GstBuffer * buffer,
    Cost * best)
{
  gchar *line = g_strdup_printf ("appsrc name=source format=time ! %s ! "
      "appsink name=sink sync=false", middle);
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);
  GstElement *source, *sink;
  GstBuffer *last = NULL;
  GstSample *sample;
  Cost cost;
  guint i;

  if (!pipeline)
    g_error ("%s: %s", line, error->message);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  gst_app_src_set_caps (GST_APP_SRC (source), caps);
  cost_begin (&cost);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (i = 0; i < N_FRAMES; i++) {
    GstBuffer *copy = gst_buffer_copy (buffer);

    GST_BUFFER_PTS (copy) = i * GST_SECOND / 25;
    gst_app_src_push_buffer (GST_APP_SRC (source), copy);
  }
  gst_app_src_end_of_stream (GST_APP_SRC (source));
  while ((sample = gst_app_sink_pull_sample (GST_APP_SINK (sink)))) {
    gst_buffer_replace (&last, gst_sample_get_buffer (sample));
    gst_sample_unref (sample);
  }
  cost_end (&cost, best, N_FRAMES);
  if (!last)
    g_error ("nothing came out of %s", line);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (source);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
  g_free (line);
  return last;
}

static GBytes *
take_bytes (GstBuffer * buffer)
{
  gpointer data;
  gsize size;

  gst_buffer_extract_dup (buffer, 0, -1, &data, &size);
  gst_buffer_unref (buffer);
  return g_bytes_new_take (data, size);
}

static gboolean
measure_pipelines (const gchar * name, const Subject * subject,
    const gchar * encoder, const gchar * decoder, const gchar * mime,
    GBytes * result, Cost * sum)
{
  GstElementFactory *factory = gst_element_factory_find (encoder);
  GstCaps *caps = gst_video_info_to_caps (&subject->info);
  GstCaps *file_caps = gst_caps_new_simple (mime, "framerate",
      GST_TYPE_FRACTION, 25, 1, NULL);
  GstBuffer *file = gst_buffer_new_wrapped_bytes (result);
  gchar *up = g_strdup_printf ("videoconvert ! %s", encoder);
  gchar *back = g_strdup_printf ("%s ! videoconvert ! "
      "video/x-raw,format=I420", decoder);
  Cost costs[] = { COST_INIT, COST_INIT };
  GBytes *bytes = NULL;
  guint i;

  for (i = 0; factory && i < ROUNDS; i++) {
    g_clear_pointer (&bytes, g_bytes_unref);
    bytes = take_bytes (run_pipeline (up, caps, subject->buffer, &costs[0]));
    gst_buffer_unref (run_pipeline (back, file_caps, file, &costs[1]));
  }
  if (factory) {
    g_print ("%s\n", name);
    cost_print (up, &costs[0], g_bytes_get_size (bytes),
        measure_luma (subject, bytes));
    cost_print (back, &costs[1], g_bytes_get_size (result), 0);
    *sum = costs[0];
    cost_add (sum, &costs[1]);
    cost_print ("all of it", sum, 0, 0);
    g_bytes_unref (bytes);
    gst_object_unref (factory);
  }
  gst_buffer_unref (file);
  gst_caps_unref (caps);
  gst_caps_unref (file_caps);
  g_free (up);
  g_free (back);
  return factory != NULL;
}

/* Pillow: has RGB already, and leaves it as it is. */

static const gchar pillow[] =
    "import io, sys, time\n"
    "from PIL import Image\n"
    "small = Image.open(sys.argv[1]); small.load()\n"
    "large = open(sys.argv[2], 'rb').read()\n"
    "best = [1e9, 1e9]\n"
    "for i in range(3):\n"
    "    t = time.process_time(); out = io.BytesIO(); small.save(out, 'PNG')\n"
    "    best[0] = min(best[0], time.process_time() - t)\n"
    "    t = time.process_time(); Image.open(io.BytesIO(large)).load()\n"
    "    best[1] = min(best[1], time.process_time() - t)\n"
    "print(best[0] * 1e3, best[1] * 1e3, len(out.getvalue()))\n";

/* By the first interpreter that has it, which is the system's where it is not the
 * one in the path. */
static gchar *
run_pillow (const gchar * small, const gchar * large)
{
  static const gchar *const interpreters[] = { "python3", "/usr/bin/python3" };
  gchar *output = NULL;
  gint status;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (interpreters); i++) {
    const gchar *arguments[] = { interpreters[i], "-c", pillow, small, large,
      NULL
    };

    g_clear_pointer (&output, g_free);
    if (g_spawn_sync (NULL, (gchar **) arguments, NULL, G_SPAWN_SEARCH_PATH
            | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &output, NULL, &status,
            NULL) && g_spawn_check_wait_status (status, NULL))
      return output;
  }
  g_free (output);
  return NULL;
}

static gboolean
measure_pillow (const Subject * subject, Cost * sum)
{
  gchar *folder = g_dir_make_tmp ("bench-frame-XXXXXX", NULL);
  gchar *small = g_build_filename (folder, "small.png", NULL);
  gchar *large = g_build_filename (folder, "large.png", NULL);
  CupPixels *pixels = to_pixels (&subject->info, subject->buffer);
  GBytes *bytes = encode_png (pixels);
  gchar *output;
  gdouble up, back, size;
  gboolean done;

  cup_pixels_unref (pixels);
  g_file_set_contents (small, g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes), NULL);
  g_file_set_contents (large, g_bytes_get_data (subject->png, NULL),
      g_bytes_get_size (subject->png), NULL);
  g_bytes_unref (bytes);
  output = run_pillow (small, large);
  done = output && sscanf (output, "%lf %lf %lf", &up, &back, &size) == 3;
  if (done) {
    sum->cpu = sum->wall = up + back;
    g_print ("Pillow, of RGB\n  save %.1f ms (%.2f MB), load %.1f ms\n", up,
        size / 1e6, back);
    cost_print ("all of it", sum, 0, 0);
  }
  g_free (output);
  g_remove (small);
  g_remove (large);
  g_rmdir (folder);
  g_free (small);
  g_free (large);
  g_free (folder);
  return done;
}

int
main (int argc, char **argv)
{
  Cost here, other;
  Subject subject;

  gst_init (&argc, &argv);
  /* As the element does, for pictures of the frames to come. */
  cup_memory_keep ();
  subject_init (&subject);
  here = measure_in_memory ("PNG, as the element does it", &subject,
      encode_png, decode, subject.png);
#ifdef HAVE_FAST_PNG
  measure_steps (&subject, here.cpu);
#endif
  other = measure_in_memory ("PNG, by libpng at level 1", &subject,
      encode_png_by_libpng, decode_by_libpng, subject.png);
  g_print ("  the element: %.2f of that\n", here.cpu / other.cpu);
  measure_in_memory ("JPEG at 95 up, PNG back", &subject, encode_jpeg, decode,
      subject.png);
  measure_in_memory ("JPEG at 95 both ways", &subject, encode_jpeg, decode,
      subject.jpeg);
  if (measure_pipelines ("PNG, GStreamer's elements", &subject, "pngenc",
          "pngdec", "image/png", subject.png, &other))
    g_print ("  the element, with PNG: %.2f of that\n", here.cpu / other.cpu);
  if (measure_pipelines ("JPEG, GStreamer's elements", &subject, "jpegenc",
          "jpegdec", "image/jpeg", subject.jpeg, &other))
    g_print ("  the element, with PNG: %.2f of that\n", here.cpu / other.cpu);
  if (measure_pillow (&subject, &other))
    g_print ("  the element, with PNG: %.2f of that\n", here.cpu / other.cpu);
  subject_clear (&subject);
  cup_memory_let_go ();
  return 0;
}
