/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What colour conversion costs at 1080p, and how exact it is: this element's ways,
 * those that all formats can go, and GstVideoConverter, in one run.
 */
#include <math.h>
#include <time.h>

#include "colouring.h"
#include "element/colour.h"
#include "image/convert.h"

#define WIDTH 1920
#define HEIGHT 1080
#define ROUNDS 5

static gdouble
cpu_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* Either of both. @as: of the pixels, for the converter. */
typedef struct
{
  GstVideoFrame *frame;
  GstVideoFrame *as;
  CupPixels *pixels;
  GstVideoConverter *reading;
  GstVideoConverter *writing;
} Work;

static void
read_frame (Work * work)
{
  cup_pixels_unref (cup_colour_read_frame (work->frame, NULL));
}

static void
write_frame (Work * work)
{
  g_assert_true (cup_colour_write_frame (work->frame, work->pixels, NULL));
}

static void
converter_read (Work * work)
{
  gst_video_converter_frame (work->reading, work->frame, work->as);
}

static void
converter_write (Work * work)
{
  gst_video_converter_frame (work->writing, work->as, work->frame);
}

static gdouble
measure (void (*run) (Work * work), Work * work)
{
  gdouble best = G_MAXDOUBLE;
  guint i;

  for (i = 0; i < ROUNDS; i++) {
    gdouble start = cpu_ms ();

    run (work);
    best = MIN (best, cpu_ms () - start);
  }
  return best;
}

static void
measure_ways (void (*run) (Work * work), void (*converter) (Work * work),
    Work * work)
{
  gdouble best, portable, general;

  best = measure (run, work);
  cup_convert_set_portable (TRUE);
  portable = measure (run, work);
  cup_convert_set_portable (FALSE);
  cup_colour_set_general (TRUE);
  general = measure (run, work);
  cup_colour_set_general (FALSE);
  g_print (" %7.2f %8.2f %7.1f %9.1f", best, portable, general,
      measure (converter, work));
}

static void
measure_format (GstVideoFormat format, guint depth)
{
  GstVideoInfo info, as_info;
  GstVideoFrame frame, as;
  Work work = { &frame, &as };

  colouring_set_info (&info, format, WIDTH, HEIGHT, "bt709");
  gst_video_info_set_format (&as_info, depth == 8 ? GST_VIDEO_FORMAT_RGB :
      GST_VIDEO_FORMAT_RGBA64_LE, WIDTH, HEIGHT);
  colouring_frame_init (&frame, &info, 0, FALSE);
  colouring_frame_init (&as, &as_info, 0, FALSE);
  work.pixels = colouring_make_picture (WIDTH, HEIGHT, 3, depth);
  work.reading = gst_video_converter_new (&info, &as_info, NULL);
  work.writing = gst_video_converter_new (&as_info, &info, NULL);
  g_assert_true (cup_colour_write_frame (&frame, work.pixels, NULL));
  g_assert_true (cup_colour_write_frame (&as, work.pixels, NULL));

  g_print ("%-12s", gst_video_format_to_string (format));
  measure_ways (read_frame, converter_read, &work);
  g_print ("   |");
  measure_ways (write_frame, converter_write, &work);
  g_print ("\n");

  gst_video_converter_free (work.reading);
  gst_video_converter_free (work.writing);
  cup_pixels_unref (work.pixels);
  colouring_frame_clear (&frame);
  colouring_frame_clear (&as);
}

static void
measure_formats (void)
{
  static const struct
  {
    GstVideoFormat format;
    guint depth;
  } cases[] = {
    {GST_VIDEO_FORMAT_I420, 8}, {GST_VIDEO_FORMAT_YV12, 8},
    {GST_VIDEO_FORMAT_NV12, 8}, {GST_VIDEO_FORMAT_NV21, 8},
    {GST_VIDEO_FORMAT_Y42B, 8}, {GST_VIDEO_FORMAT_NV16, 8},
    {GST_VIDEO_FORMAT_Y444, 8}, {GST_VIDEO_FORMAT_GRAY8, 8},
    {GST_VIDEO_FORMAT_P010_10LE, 16}, {GST_VIDEO_FORMAT_I420_10LE, 16},
    {GST_VIDEO_FORMAT_I422_10LE, 16}, {GST_VIDEO_FORMAT_Y444_10LE, 16},
    {GST_VIDEO_FORMAT_P012_LE, 16}, {GST_VIDEO_FORMAT_I420_12LE, 16},
    {GST_VIDEO_FORMAT_RGB, 8}, {GST_VIDEO_FORMAT_BGRx, 8},
    {GST_VIDEO_FORMAT_BGRA, 8}, {GST_VIDEO_FORMAT_BGR, 8},
    {GST_VIDEO_FORMAT_ARGB, 8}, {GST_VIDEO_FORMAT_ARGB64, 16},
    {GST_VIDEO_FORMAT_YUY2, 8}, {GST_VIDEO_FORMAT_v210, 16},
  };
  guint i;

  g_print ("%-12s %36s   | %s\n%-12s %7s %8s %7s %9s   | %7s %8s %7s %9s\n",
      "ms of CPU,", "frame to RGB", "RGB to frame",
      "1080p", "here", "portable", "general", "converter", "here", "portable",
      "general", "converter");
  for (i = 0; i < G_N_ELEMENTS (cases); i++)
    measure_format (cases[i].format, cases[i].depth);
}

/* The largest and the mean error of everything that there is, in levels of the
 * result. */
static void
print_errors (const gchar * title, gboolean general)
{
  static const gchar *const sites[] = { "jpeg", "mpeg2", "cosited" };
  guint f, c, s;

  cup_colour_set_general (general);
  g_print ("\n%s: largest and mean error in levels of the result\n%-12s %-10s",
      title, "", "");
  for (s = 0; s < G_N_ELEMENTS (sites); s++)
    g_print (" | %-15s %-15s", sites[s], "and back");
  g_print ("\n");
  for (f = 0; f < colouring_n_formats; f++) {
    for (c = 0; c < colouring_n_codings; c++) {
      g_print ("%-12s %-10s", gst_video_format_to_string (colouring_formats[f]),
          colouring_codings[c]);
      for (s = 0; s < G_N_ELEMENTS (sites); s++) {
        ColouringError to, back;

        colouring_measure (colouring_formats[f], colouring_codings[c],
            sites[s], &to, &back);
        g_print (" | %6.3f %+8.4f %6.3f %+8.4f", to.largest, to.mean,
            back.largest, back.mean);
      }
      g_print ("\n");
    }
  }
  cup_colour_set_general (FALSE);
}

static void
print_round_trips (void)
{
  static const CupImageType types[] = { CUP_IMAGE_UNKNOWN, CUP_IMAGE_PNG,
    CUP_IMAGE_JPEG
  };
  guint f, t;

  g_print ("\nBT.709 video to RGB and back, dB of luma and chroma\n"
      "%-12s %13s %13s %13s\n", "", "in memory", "PNG", "JPEG q95");
  for (f = 0; f < colouring_n_formats; f++) {
    g_print ("%-12s", gst_video_format_to_string (colouring_formats[f]));
    for (t = 0; t < G_N_ELEMENTS (types); t++) {
      gdouble psnr[2];

      colouring_round_trip (colouring_formats[f], types[t], psnr);
      g_print ("   %5.1f %5.1f", psnr[0], psnr[1]);
    }
    g_print ("\n");
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  measure_formats ();
  print_errors ("here", FALSE);
  print_errors ("general", TRUE);
  print_round_trips ();
  return 0;
}
