/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What duplicate-threshold costs for each frame: the difference of two frames of
 * 1080p that is nowhere too large, so that all of both is read.
 */
#include <string.h>

#include "element/difference.h"

#define ROUNDS 10

static GstBuffer *
make_frame (const GstVideoInfo * info, guint8 value)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL,
      GST_VIDEO_INFO_SIZE (info), NULL);

  gst_buffer_memset (buffer, 0, value, -1);
  return buffer;
}

static void
measure (GstVideoFormat format)
{
  gint64 best = G_MAXINT64;
  GstVideoFrame a, b;
  GstBuffer *buffers[2];
  GstVideoInfo info;
  guint i;

  gst_video_info_set_format (&info, format, 1920, 1080);
  buffers[0] = make_frame (&info, 0x21);
  buffers[1] = make_frame (&info, 0x22);
  gst_video_frame_map (&a, &info, buffers[0], GST_MAP_READ);
  gst_video_frame_map (&b, &info, buffers[1], GST_MAP_READ);
  for (i = 0; i < ROUNDS; i++) {
    gint64 start = g_get_monotonic_time ();

    if (!cup_difference_is_within (&a, &b, 255))
      g_error ("%s: too different", gst_video_format_to_string (format));
    best = MIN (best, g_get_monotonic_time () - start);
  }
  g_print ("%-12s %6.2f ms\n", gst_video_format_to_string (format),
      (gdouble) best / 1000);
  gst_video_frame_unmap (&a);
  gst_video_frame_unmap (&b);
  gst_buffer_unref (buffers[0]);
  gst_buffer_unref (buffers[1]);
}

int
main (int argc, char **argv)
{
  static const GstVideoFormat formats[] = {
    GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_YUY2,
    GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_I420_10LE,
    GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_I420_10BE,
    GST_VIDEO_FORMAT_v210, GST_VIDEO_FORMAT_NV12_64Z32,
  };
  guint i;

  gst_init (&argc, &argv);
  for (i = 0; i < G_N_ELEMENTS (formats); i++)
    measure (formats[i]);
  return 0;
}
