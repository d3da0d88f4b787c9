/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Samples of 8 bits, and of 16 of which some may be unused, are compared where
 * they are. Everything else, several samples in a word, tiles, palettes, and what
 * this code does not know, is compared as GStreamer unpacks it.
 */
#include "difference.h"

#include <math.h>
#include <string.h>

#include "colour-layout.h"
#include "colour.h"

#define GROUP 128               /* samples */

/**
 * Comparison:
 * @sum: of the differences up to now
 * @limit: what it may be
 *
 * Both in levels of the samples as they are read, with unused bits below.
 */
typedef struct
{
  const GstVideoFrame *a;
  const GstVideoFrame *b;
  guint64 sum;
  guint64 limit;
} Comparison;

static gboolean
has_flag (const GstVideoFormatInfo * format, GstVideoFormatFlags flag)
{
  return (GST_VIDEO_FORMAT_INFO_FLAGS (format) & flag) != 0;
}

static guint64
get_n_samples (const GstVideoFrame * frame)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  guint64 n = 0;
  guint c;

  if (has_flag (format, GST_VIDEO_FORMAT_FLAG_PALETTE))
    return (guint64) GST_VIDEO_FRAME_WIDTH (frame)
        * (guint64) GST_VIDEO_FRAME_HEIGHT (frame) * 4;
  for (c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format); c++)
    n += (guint64) GST_VIDEO_FRAME_COMP_WIDTH (frame, c)
        * (guint64) GST_VIDEO_FRAME_COMP_HEIGHT (frame, c);
  return n;
}

/* @bits: what has to be shifted away for levels of 8 bits. A little more than
 * the product, which may be short of a whole number: 0.29 × 100. */
static void
set_limit (Comparison * comparison, gdouble threshold, guint bits)
{
  gdouble limit = threshold * (gdouble) get_n_samples (comparison->a);

  comparison->limit = (guint64) (ldexp (limit, (gint) bits) * (1 + 1e-12));
}

static gboolean
is_over (const Comparison * comparison)
{
  return comparison->sum > comparison->limit;
}

/* Samples in place */

/* Samples of a row, GROUP at a time: a number that is known makes compilers use
 * vector instructions, and sums of bytes are one of those. */

static inline guint32
sum_group_8 (const guint8 * a, const guint8 * b, const guint8 * mask)
{
  guint8 x[GROUP], y[GROUP];
  guint32 sum = 0;
  guint i;

  for (i = 0; i < GROUP; i++)
    x[i] = a[i] & mask[i];
  for (i = 0; i < GROUP; i++)
    y[i] = b[i] & mask[i];
  for (i = 0; i < GROUP; i++)
    sum += (guint32) ABS (x[i] - y[i]);
  return sum;
}

static guint64
sum_row_8 (const guint8 * a, const guint8 * b, const guint8 * mask, gsize n)
{
  guint64 sum = 0;
  gsize i;

  for (i = 0; i + GROUP <= n; i += GROUP)
    sum += sum_group_8 (a + i, b + i, mask + i);
  for (; i < n; i++)
    sum += (guint64) ABS ((a[i] & mask[i]) - (b[i] & mask[i]));
  return sum;
}

/* Rows need not be aligned to 16 bits. */
static inline guint32
get_difference_16 (const guint8 * a, const guint8 * b, const guint8 * mask,
    gboolean swapped)
{
  guint16 x, y, m;

  memcpy (&x, a, 2);
  memcpy (&y, b, 2);
  memcpy (&m, mask, 2);
  if (swapped) {
    x = GUINT16_SWAP_LE_BE (x);
    y = GUINT16_SWAP_LE_BE (y);
  }
  return (guint32) ABS ((x & m) - (y & m));
}

static inline guint64
sum_row_16 (const guint8 * a, const guint8 * b, const guint8 * mask, gsize n,
    gboolean swapped)
{
  guint64 sum = 0;
  gsize at, i;

  for (at = 0; at + GROUP <= n; at += GROUP) {
    guint32 part = 0;

    for (i = at; i < at + GROUP; i++)
      part += get_difference_16 (a + 2 * i, b + 2 * i, mask + 2 * i, swapped);
    sum += part;
  }
  for (i = at; i < n; i++)
    sum += get_difference_16 (a + 2 * i, b + 2 * i, mask + 2 * i, swapped);
  return sum;
}

static guint64
sum_row (const guint8 * a, const guint8 * b, const guint8 * mask, gsize n,
    guint sample_size, gboolean swapped)
{
  /* What is the same is seen several times faster than it is added up. */
  if (memcmp (a, b, n * sample_size) == 0)
    return 0;
  if (sample_size == 1)
    return sum_row_8 (a, b, mask, n);
  if (swapped)
    return sum_row_16 (a, b, mask, n, TRUE);
  return sum_row_16 (a, b, mask, n, FALSE);
}

/* Of the row of a plane: all bits that belong to samples which can be seen, and
 * no others, in the machine's byte order. @n_samples: how long that is. */
static guint8 *
make_mask (const GstVideoFrame * frame, guint plane, guint sample_size,
    gsize * n_samples)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  const guint16 bits = (guint16) (((1u << format->depth[0]) - 1)
      << format->shift[0]);
  guint8 *mask = NULL;
  gsize size = 0;
  guint c;
  gint x;

  for (c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format); c++) {
    const gint width = GST_VIDEO_FRAME_COMP_WIDTH (frame, c);
    const gint step = GST_VIDEO_FORMAT_INFO_PSTRIDE (format, c);
    const gsize first = cup_colour_get_sample_offset (format, c);
    const gsize end = first + (gsize) (width - 1) * (gsize) step + sample_size;

    if (GST_VIDEO_FORMAT_INFO_PLANE (format, c) != plane)
      continue;
    if (end > size) {
      mask = g_realloc (mask, end);
      memset (mask + size, 0, end - size);
      size = end;
    }
    for (x = 0; x < width; x++) {
      guint8 *place = mask + first + (gsize) x * (gsize) step;

      if (sample_size == 1)
        *place = (guint8) bits;
      else
        memcpy (place, &bits, 2);
    }
  }
  *n_samples = size / sample_size;
  return mask;
}

static gint
get_n_rows (const GstVideoFrame * frame, guint plane)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  guint c;

  for (c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format); c++) {
    if (GST_VIDEO_FORMAT_INFO_PLANE (format, c) == plane)
      return GST_VIDEO_FRAME_COMP_HEIGHT (frame, c);
  }
  return 0;
}

static void
add_plane (Comparison * comparison, guint plane, guint sample_size)
{
  const GstVideoFrame *a = comparison->a, *b = comparison->b;
  const gboolean swapped = cup_colour_is_swapped (a->info.finfo);
  const guint8 *row_a = GST_VIDEO_FRAME_PLANE_DATA (a, plane);
  const guint8 *row_b = GST_VIDEO_FRAME_PLANE_DATA (b, plane);
  gint y, n_rows = get_n_rows (a, plane);
  guint8 *mask;
  gsize n;

  mask = make_mask (a, plane, sample_size, &n);
  for (y = 0; y < n_rows && !is_over (comparison); y++) {
    comparison->sum += sum_row (row_a, row_b, mask, n, sample_size, swapped);
    row_a += GST_VIDEO_FRAME_PLANE_STRIDE (a, plane);
    row_b += GST_VIDEO_FRAME_PLANE_STRIDE (b, plane);
  }
  g_free (mask);
}

/* Unpacked samples */

/* Which of the components of an unpacked row are samples of their own: @step is
 * how many pixels share one, 0 where the row has none of them. */
static gint
get_step (const GstVideoFormatInfo * format, guint component, gint y)
{
  guint c = component > 0 ? component - 1 : 3;

  if (has_flag (format, GST_VIDEO_FORMAT_FLAG_PALETTE))
    return 1;
  if (component == 0 ? !cup_colour_has_alpha (format) :
      c >= GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format))
    return 0;
  if (y % (1 << GST_VIDEO_FORMAT_INFO_H_SUB (format, c)) != 0)
    return 0;
  return 1 << GST_VIDEO_FORMAT_INFO_W_SUB (format, c);
}

static void
add_line (Comparison * comparison, const guint8 * a, const guint8 * b, gint y,
    guint bits)
{
  const GstVideoFormatInfo *format = comparison->a->info.finfo;
  const gint width = GST_VIDEO_FRAME_WIDTH (comparison->a);
  guint component;
  gint x;

  for (component = 0; component < 4; component++) {
    const gint step = get_step (format, component, y);

    if (step == 0)
      continue;
    for (x = 0; x < width; x += step) {
      const gsize i = (gsize) x * 4 + component;

      comparison->sum += (guint64) (bits == 8 ? ABS (a[i] - b[i]) :
          ABS (((const guint16 *) a)[i] - ((const guint16 *) b)[i]));
    }
  }
}

static void
add_lines (Comparison * comparison, guint bits)
{
  const gint height = GST_VIDEO_FRAME_HEIGHT (comparison->a);
  const gsize size = cup_colour_get_line_size (&comparison->a->info);
  guint8 *a = g_malloc0 (size), *b = g_malloc0 (size);
  gint y;

  for (y = 0; y < height && !is_over (comparison); y++) {
    cup_colour_unpack_line (comparison->a, y, a);
    cup_colour_unpack_line (comparison->b, y, b);
    add_line (comparison, a, b, y, bits);
  }
  g_free (a);
  g_free (b);
}

gboolean
cup_difference_is_within (const GstVideoFrame * a, const GstVideoFrame * b,
    gdouble threshold)
{
  const GstVideoFormatInfo *format = a->info.finfo;
  const guint sample_size = cup_colour_get_sample_size (format);
  Comparison comparison = { a, b, 0, 0 };
  guint bits, plane;

  if (sample_size == 0) {
    bits = GST_VIDEO_FORMAT_INFO_BITS (gst_video_format_get_info
        (format->unpack_format));
    set_limit (&comparison, threshold, bits - 8);
    add_lines (&comparison, bits);
  } else {
    bits = GST_VIDEO_FORMAT_INFO_DEPTH (format, 0)
        + GST_VIDEO_FORMAT_INFO_SHIFT (format, 0);
    set_limit (&comparison, threshold, bits - 8);
    for (plane = 0; plane < GST_VIDEO_FRAME_N_PLANES (a); plane++)
      add_plane (&comparison, plane, sample_size);
  }
  return !is_over (&comparison);
}
