/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "colouring.h"

#include <math.h>
#include <string.h>

#include "element/colour.h"

const GstVideoFormat colouring_formats[] = {
  GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_YV12, GST_VIDEO_FORMAT_NV12,
  GST_VIDEO_FORMAT_NV21, GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_NV16,
  GST_VIDEO_FORMAT_NV61, GST_VIDEO_FORMAT_Y444, GST_VIDEO_FORMAT_NV24,
  GST_VIDEO_FORMAT_GRAY8, GST_VIDEO_FORMAT_P010_10LE,
  GST_VIDEO_FORMAT_P012_LE, GST_VIDEO_FORMAT_I420_10LE,
  GST_VIDEO_FORMAT_I422_10LE, GST_VIDEO_FORMAT_Y444_10LE,
  GST_VIDEO_FORMAT_I420_12LE, GST_VIDEO_FORMAT_I422_12LE,
  GST_VIDEO_FORMAT_Y444_12LE
};

const guint colouring_n_formats = G_N_ELEMENTS (colouring_formats);

/* Range, matrix, transfer, primaries, as numbers of GStreamer's. */
const gchar *const colouring_codings[] = {
  "2:4:0:0", "1:4:0:0", "2:3:0:0", "1:3:0:0", "2:6:0:0", "1:6:0:0",
  "2:5:0:0", "1:5:0:0", "2:2:0:0", "1:2:0:0"
};

const guint colouring_n_codings = G_N_ELEMENTS (colouring_codings);

void
colouring_set_info (GstVideoInfo * info, GstVideoFormat format, guint width,
    guint height, const gchar * coding)
{
  g_assert_true (gst_video_info_set_format (info, format, width, height));
  if (!GST_VIDEO_FORMAT_INFO_IS_RGB (info->finfo))
    g_assert_true (gst_video_colorimetry_from_string (&info->colorimetry,
            coding));
}

/* --- frames --- */

static guint
get_plane_row_size (const GstVideoInfo * info, guint plane, guint * rows)
{
  guint size = 0, c;

  for (c = 0; c < GST_VIDEO_INFO_N_COMPONENTS (info); c++) {
    if (GST_VIDEO_INFO_COMP_PLANE (info, c) != plane)
      continue;
    size = MAX (size, (guint) GST_VIDEO_INFO_COMP_WIDTH (info, c)
        * (guint) GST_VIDEO_INFO_COMP_PSTRIDE (info, c));
    *rows = GST_VIDEO_INFO_COMP_HEIGHT (info, c);
  }
  /* Formats whose samples do not lie one by one. */
  return size > 0 ? size : (guint) GST_VIDEO_INFO_PLANE_STRIDE (info, plane);
}

void
colouring_frame_init (GstVideoFrame * frame, const GstVideoInfo * info,
    guint padding, gboolean upside_down)
{
  guint i;

  memset (frame, 0, sizeof *frame);
  frame->info = *info;
  for (i = 0; i < GST_VIDEO_INFO_N_PLANES (info); i++) {
    guint rows = GST_VIDEO_INFO_HEIGHT (info);
    const guint size = get_plane_row_size (info, i, &rows);
    const gsize stride = size + padding;
    guint8 *block = g_malloc ((rows - 1) * stride + size);

    memset (block, 0xa5, (rows - 1) * stride + size);
    frame->map[i].data = block;
    frame->map[i].size = (rows - 1) * stride + size;
    frame->data[i] = upside_down ? block + (rows - 1) * stride : block;
    frame->info.stride[i] = upside_down ? -(gint) stride : (gint) stride;
  }
}

void
colouring_frame_clear (GstVideoFrame * frame)
{
  guint i;

  for (i = 0; i < GST_VIDEO_INFO_N_PLANES (&frame->info); i++)
    g_free (frame->map[i].data);
}

/* GStreamer has the place of P010's second chroma sample as 1, not in bytes. */
static guint8 *
get_sample (const GstVideoFrame * frame, guint component, guint x, guint y)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  const guint plane = finfo->plane[component];
  const guint offset = finfo->poffset[component];

  return (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, plane)
  + (gssize) y *GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane)
  + (gsize) x *finfo->pixel_stride[component]
  + (finfo->depth[component] > 8 && offset == 1 ? 2 : offset);
}

guint
colouring_frame_get (const GstVideoFrame * frame, guint component, guint x,
    guint y)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  const guint8 *sample = get_sample (frame, component, x, y);

  if (finfo->depth[component] == 8)
    return *sample;
  return (sample[0] | sample[1] << 8) >> finfo->shift[component];
}

void
colouring_frame_set (GstVideoFrame * frame, guint component, guint x, guint y,
    guint level)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  guint8 *sample = get_sample (frame, component, x, y);

  /* By bytes: some lie at odd places. */
  level <<= finfo->shift[component];
  sample[0] = (guint8) level;
  if (finfo->depth[component] > 8)
    sample[1] = (guint8) (level >> 8);
}

void
colouring_frame_fill (GstVideoFrame * frame, GRand * random)
{
  guint c;
  gint x, y;

  for (c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (frame); c++) {
    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (frame, c); y++) {
      for (x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (frame, c); x++)
        colouring_frame_set (frame, c, x, y, g_rand_int_range (random, 0,
                1 << frame->info.finfo->depth[c]));
    }
  }
}

/* --- pixels --- */

static void
set_pixel (CupPixels * pixels, guint x, guint y, guint channel, guint level)
{
  guint8 *row = cup_pixels_row (pixels, y);
  const gsize i = (gsize) x * pixels->channels + channel;

  if (pixels->depth == 8)
    row[i] = (guint8) level;
  else
    ((guint16 *) row)[i] = (guint16) level;
}

guint
colouring_pixels_get (const CupPixels * pixels, guint x, guint y, guint channel)
{
  const guint8 *row = cup_pixels_row (pixels, y);
  const gsize i = (gsize) x * pixels->channels + channel;

  return pixels->depth == 8 ? row[i] : ((const guint16 *) row)[i];
}

CupPixels *
colouring_make_noise (guint width, guint height, guint channels, guint depth,
    GRand * random)
{
  CupPixels *pixels = cup_pixels_new (width, height, channels, depth, NULL);
  guint x, y, c;

  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++) {
      for (c = 0; c < channels; c++)
        set_pixel (pixels, x, y, c, g_rand_int_range (random, 0, 1 << depth));
    }
  }
  return pixels;
}

CupPixels *
colouring_make_picture (guint width, guint height, guint channels, guint depth)
{
  CupPixels *pixels = cup_pixels_new (width, height, channels, depth, NULL);
  const gdouble full = (1 << depth) - 1;
  guint x, y, c;

  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++) {
      const gdouble levels[] = { 0.5 + 0.45 * sin (x * 0.07 + y * 0.01),
        0.5 + 0.45 * sin (y * 0.05), 0.5 + 0.45 * cos (x * 0.03 - y * 0.06), 1
      };

      for (c = 0; c < channels; c++)
        set_pixel (pixels, x, y, c, (guint) lround (levels[c] * full));
    }
  }
  return pixels;
}

/* --- in doubles --- */

void
colouring_error_add (ColouringError * error, gdouble got, gdouble exact)
{
  const gdouble difference = got - exact;

  error->largest = MAX (error->largest, fabs (difference));
  error->mean += (difference - error->mean) / ++error->n;
}

/* Luma in 0…1 and chroma in -0.5…0.5, at the limits of their range. */
static gdouble
get_value (const GstVideoFrame * frame, guint component, gint x, gint y)
{
  const guint depth = frame->info.finfo->depth[0];
  const gdouble unit = 1 << (depth - 8);
  const gboolean full =
      frame->info.colorimetry.range != GST_VIDEO_COLOR_RANGE_16_235;
  const gdouble level = colouring_frame_get (frame, component,
      CLAMP (x, 0, GST_VIDEO_FRAME_COMP_WIDTH (frame, component) - 1),
      CLAMP (y, 0, GST_VIDEO_FRAME_COMP_HEIGHT (frame, component) - 1));

  if (component > 0)
    return (level - 128 * unit) / (full ? (1 << depth) - 1 : 224 * unit);
  return full ? level / ((1 << depth) - 1) : (level - 16 * unit) / (219 * unit);
}

/* Where pixel @x lies among the samples of chroma. */
static gdouble
get_position (gint x, guint sub, gboolean cosited)
{
  if (sub == 0)
    return x;
  return cosited ? x / 2. : x / 2. - 0.25;
}

static gdouble
interpolate (const GstVideoFrame * frame, guint component, gint x, gint y)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  const GstVideoChromaSite site = frame->info.chroma_site;
  const gdouble px = get_position (x, finfo->w_sub[component],
      (site & GST_VIDEO_CHROMA_SITE_H_COSITED) != 0);
  const gdouble py = get_position (y, finfo->h_sub[component],
      (site & GST_VIDEO_CHROMA_SITE_V_COSITED) != 0);
  const gint left = (gint) floor (px), top = (gint) floor (py);
  const gdouble fx = px - left, fy = py - top;

  return (1 - fy) * ((1 - fx) * get_value (frame, component, left, top)
      + fx * get_value (frame, component, left + 1, top))
      + fy * ((1 - fx) * get_value (frame, component, left, top + 1)
      + fx * get_value (frame, component, left + 1, top + 1));
}

static void
get_weights (const GstVideoInfo * info, gdouble * kr, gdouble * kg,
    gdouble * kb)
{
  if (!gst_video_color_matrix_get_Kr_Kb (info->colorimetry.matrix, kr, kb))
    g_assert_not_reached ();
  *kg = 1 - *kr - *kb;
}

void
colouring_compare_read (const GstVideoFrame * frame, const CupPixels * pixels,
    ColouringError * error)
{
  const gdouble full = (1 << pixels->depth) - 1;
  gdouble kr, kg, kb;
  guint x, y, c;

  get_weights (&frame->info, &kr, &kg, &kb);
  for (y = 0; y < pixels->height; y++) {
    for (x = 0; x < pixels->width; x++) {
      const gboolean gray = pixels->channels == 1;
      const gdouble luma = get_value (frame, 0, x, y);
      const gdouble u = gray ? 0 : interpolate (frame, 1, x, y);
      const gdouble v = gray ? 0 : interpolate (frame, 2, x, y);
      gdouble rgb[3];

      rgb[0] = luma + 2 * (1 - kr) * v;
      rgb[2] = luma + 2 * (1 - kb) * u;
      rgb[1] = (luma - kr * rgb[0] - kb * rgb[2]) / kg;
      for (c = 0; c < pixels->channels; c++)
        colouring_error_add (error, colouring_pixels_get (pixels, x, y, c),
            full * CLAMP (rgb[c], 0, 1));
    }
  }
}

static gdouble
get_channel (const CupPixels * pixels, gint x, gint y, guint channel)
{
  return colouring_pixels_get (pixels, CLAMP (x, 0, (gint) pixels->width - 1),
      CLAMP (y, 0, (gint) pixels->height - 1),
      pixels->channels == 1 ? 0 : channel) / (gdouble) ((1 << pixels->depth)
      - 1);
}

/* How much of the pixels before, at and after twice its place a sample has. */
static void
get_taps (guint sub, gboolean cosited, gdouble taps[3])
{
  taps[0] = sub && cosited ? 0.25 : 0;
  taps[1] = sub ? 0.5 : 1;
  taps[2] = sub ? cosited ? 0.25 : 0.5 : 0;
}

static gdouble
get_mean (const CupPixels * pixels, const GstVideoInfo * info, guint component,
    gint x, gint y, guint channel)
{
  const guint w_sub = info->finfo->w_sub[component];
  const guint h_sub = info->finfo->h_sub[component];
  gdouble across[3], down[3], sum = 0;
  gint i, j;

  get_taps (w_sub, (info->chroma_site & GST_VIDEO_CHROMA_SITE_H_COSITED) != 0,
      across);
  get_taps (h_sub, (info->chroma_site & GST_VIDEO_CHROMA_SITE_V_COSITED) != 0,
      down);
  for (j = 0; j < 3; j++) {
    for (i = 0; i < 3; i++)
      sum += across[i] * down[j] * get_channel (pixels, (x << w_sub) + i - 1,
          (y << h_sub) + j - 1, channel);
  }
  return sum;
}

void
colouring_compare_write (const CupPixels * pixels, const GstVideoFrame * frame,
    ColouringError * error)
{
  const GstVideoInfo *info = &frame->info;
  const guint depth = info->finfo->depth[0];
  const gboolean is_full =
      info->colorimetry.range != GST_VIDEO_COLOR_RANGE_16_235;
  const gdouble unit = 1 << (depth - 8), max = (1 << depth) - 1;
  gdouble kr, kg, kb;
  gint x, y;
  guint c;

  get_weights (info, &kr, &kg, &kb);
  for (c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (frame); c++) {
    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (frame, c); y++) {
      for (x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (frame, c); x++) {
        const gdouble red = get_mean (pixels, info, c, x, y, 0);
        const gdouble green = get_mean (pixels, info, c, x, y, 1);
        const gdouble blue = get_mean (pixels, info, c, x, y, 2);
        const gdouble luma = kr * red + kg * green + kb * blue;
        gdouble level;

        if (c == 0)
          level = is_full ? luma * max : (16 + 219 * luma) * unit;
        else
          level = 128 * unit + (is_full ? max : 224 * unit)
              * (c == 1 ? (blue - luma) / (1 - kb) : (red - luma) / (1 - kr))
              / 2;
        colouring_error_add (error, colouring_frame_get (frame, c, x, y),
            CLAMP (level, 0, max));
      }
    }
  }
}

#define MEASURED_WIDTH 95
#define MEASURED_HEIGHT 51

void
colouring_measure (GstVideoFormat format, const gchar * coding,
    const gchar * site, ColouringError * to, ColouringError * back)
{
  GRand *random = g_rand_new_with_seed (11);
  GstVideoFrame frame;
  GstVideoInfo info;
  CupPixels *pixels;

  memset (to, 0, sizeof *to);
  memset (back, 0, sizeof *back);
  colouring_set_info (&info, format, MEASURED_WIDTH, MEASURED_HEIGHT, coding);
  info.chroma_site = gst_video_chroma_site_from_string (site);
  g_assert_cmpint (info.chroma_site, !=, GST_VIDEO_CHROMA_SITE_UNKNOWN);
  colouring_frame_init (&frame, &info, 0, FALSE);

  colouring_frame_fill (&frame, random);
  pixels = cup_colour_read_frame (&frame, NULL);
  colouring_compare_read (&frame, pixels, to);
  cup_pixels_unref (pixels);

  pixels =
      colouring_make_noise (MEASURED_WIDTH, MEASURED_HEIGHT, 3,
      info.finfo->depth[0] > 8 ? 16 : 8, random);
  g_assert_true (cup_colour_write_frame (&frame, pixels, NULL));
  colouring_compare_write (pixels, &frame, back);
  cup_pixels_unref (pixels);

  colouring_frame_clear (&frame);
  g_rand_free (random);
}

/* --- round trips --- */

static CupPixels *
through_file (CupPixels * pixels, CupImageType type)
{
  GError *error = NULL;
  CupPixels *decoded;
  GBytes *bytes = cup_image_encode (pixels, type, 95, &error);

  g_assert_no_error (error);
  decoded = cup_image_decode (bytes, 0, &error);
  g_assert_no_error (error);
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
  return decoded;
}

static gdouble
get_psnr (const GstVideoFrame * a, const GstVideoFrame * b, guint first,
    guint end)
{
  const gdouble max = (1 << a->info.finfo->depth[0]) - 1;
  gdouble sum = 0;
  guint n = 0, c;
  gint x, y;

  for (c = first; c < end; c++) {
    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (a, c); y++) {
      for (x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (a, c); x++, n++) {
        const gdouble difference = ((gdouble) colouring_frame_get (a, c, x, y)
            - colouring_frame_get (b, c, x, y)) / max;

        sum += difference * difference;
      }
    }
  }
  return sum > 0 ? MIN (10 * log10 (n / sum), 99) : 99;
}

void
colouring_round_trip (GstVideoFormat format, CupImageType type, gdouble psnr[2])
{
  GstVideoFrame before, after;
  GstVideoInfo info;
  CupPixels *pixels;

  colouring_set_info (&info, format, 320, 240, "bt709");
  colouring_frame_init (&before, &info, 0, FALSE);
  colouring_frame_init (&after, &info, 0, FALSE);
  pixels = colouring_make_picture (320, 240, 3, 16);
  g_assert_true (cup_colour_write_frame (&before, pixels, NULL));
  cup_pixels_unref (pixels);

  pixels = cup_colour_read_frame (&before, NULL);
  if (type != CUP_IMAGE_UNKNOWN)
    pixels = through_file (pixels, type);
  g_assert_true (cup_colour_write_frame (&after, pixels, NULL));
  cup_pixels_unref (pixels);
  psnr[0] = get_psnr (&before, &after, 0, 1);
  psnr[1] = get_psnr (&before, &after, 1,
      GST_VIDEO_FRAME_N_COMPONENTS (&before));
  colouring_frame_clear (&before);
  colouring_frame_clear (&after);
}
