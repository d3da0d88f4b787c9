/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See scaling.h. A kernel at a distance of k/m is a whole number over 2m³; both
 * ways the centres of samples are multiples of 1/(2 × factor) apart, m is that.
 */
#include "scaling.h"

#include <math.h>
#include <string.h>

/* Taps of the stretched kernel of the largest factor. */
#define MAX_TAPS (4 * CUP_SCALING_MAX_FACTOR)

/* Times 2m³, of the distance k/m. */
static gint64
cubic (gint64 k, gint64 m)
{
  k = ABS (k);
  if (k <= m)
    return 3 * k * k * k - 5 * k * k * m + 2 * m * m * m;
  if (k < 2 * m)
    return -k * k * k + 5 * k * k * m - 8 * k * m * m + 4 * m * m * m;
  return 0;
}

static CupPixels *
new_picture (guint width, guint height, guint channels)
{
  GError *error = NULL;
  CupPixels *picture = cup_pixels_new (width, height, channels, 8, &error);

  if (!picture)
    g_error ("%s", error->message);
  memset (picture->data, 0, cup_pixels_get_size (picture));
  return picture;
}

CupPixels *
cup_scaling_crop (const CupPixels * picture, guint multiple)
{
  const guint width = picture->width / multiple * multiple;
  const guint height = picture->height / multiple * multiple;
  CupPixels *part;
  guint y;

  if (width == 0 || height == 0)
    return NULL;
  part = new_picture (width, height, picture->channels);
  for (y = 0; y < height; y++)
    memcpy (cup_pixels_row (part, y), cup_pixels_row (picture, y),
        (gsize) width * picture->channels);
  return part;
}

/**
 * Axis:
 * @factor: of the size
 * @shrinks: whether samples become fewer
 * @taps: how many there are for each sample
 * @sum: what the weights of a sample add up to
 */
typedef struct
{
  gint factor;
  gboolean shrinks;
  gint taps;
  gint64 sum;
} Axis;

static void
axis_init (Axis * axis, gint factor, gboolean shrinks)
{
  const gint64 m = 2 * factor;

  axis->factor = factor;
  axis->shrinks = shrinks;
  axis->taps = shrinks ? 4 * factor : 5;
  axis->sum = 2 * m * m * m * (shrinks ? factor : 1);
}

/* Sample @i of the result: its weights, whose places are in halves of the finer
 * one of the two grids; returns the index of the first tap. */
static gint
axis_get (const Axis * axis, gint i, gint64 * weights)
{
  const gint factor = axis->factor;
  gint first, j;

  if (axis->shrinks) {
    first = i * factor - (axis->taps - factor) / 2;
    for (j = 0; j < axis->taps; j++)
      weights[j] = cubic (2 * (first + j) + 1 - (2 * i + 1) * factor,
          2 * factor);
  } else {
    first = i / factor - 2;
    for (j = 0; j < axis->taps; j++)
      weights[j] = cubic ((2 * (first + j) + 1) * factor - (2 * i + 1),
          2 * factor);
  }
  return first;
}

static CupPixels *
scale (const CupPixels * picture, guint factor, gboolean shrinks)
{
  const guint channels = picture->channels;
  const gint width = picture->width, height = picture->height;
  const gint to_width = shrinks ? width / factor : width * factor;
  const gint to_height = shrinks ? height / factor : height * factor;
  const gsize length = (gsize) width * channels;
  CupPixels *result = new_picture (to_width, to_height, channels);
  gint64 *sums = g_new (gint64, length);
  gint64 *columns = g_new (gint64, (gsize) to_width * MAX_TAPS);
  gint *firsts = g_new (gint, to_width);
  gint64 weights[MAX_TAPS], total;
  gint x, y, j;
  gsize i;
  guint c;
  Axis axis;

  g_assert (factor >= 1 && factor <= CUP_SCALING_MAX_FACTOR);
  g_assert (picture->depth == 8);
  axis_init (&axis, factor, shrinks);
  total = axis.sum * axis.sum;
  for (x = 0; x < to_width; x++)
    firsts[x] = axis_get (&axis, x, columns + (gsize) x * MAX_TAPS);

  for (y = 0; y < to_height; y++) {
    guint8 *out = cup_pixels_row (result, y);
    const gint top = axis_get (&axis, y, weights);

    memset (sums, 0, length * sizeof *sums);
    for (j = 0; j < axis.taps; j++) {
      const guint8 *row = cup_pixels_row (picture,
          cup_scaling_mirror (top + j, height));

      for (i = 0; i < length; i++)
        sums[i] += weights[j] * row[i];
    }
    for (x = 0; x < to_width; x++) {
      const gint64 *column = columns + (gsize) x * MAX_TAPS;

      for (c = 0; c < channels; c++) {
        gint64 sum = total / 2;

        for (j = 0; j < axis.taps; j++)
          sum += column[j] * sums[(gsize) cup_scaling_mirror (firsts[x] + j,
                  width) * channels + c];
        *out++ = sum < 0 ? 0 : MIN (sum / total, 255);
      }
    }
  }
  g_free (sums);
  g_free (columns);
  g_free (firsts);
  return result;
}

CupPixels *
cup_scaling_reduce (const CupPixels * picture, guint factor)
{
  g_assert (picture->width % factor == 0 && picture->height % factor == 0);
  return scale (picture, factor, TRUE);
}

CupPixels *
cup_scaling_expand (const CupPixels * picture, guint factor)
{
  return scale (picture, factor, FALSE);
}

CupPixels *
cup_scaling_luma (const CupPixels * picture)
{
  CupPixels *luma = new_picture (picture->width, picture->height, 1);
  guint x, y;

  g_assert (picture->depth == 8);
  for (y = 0; y < picture->height; y++) {
    const guint8 *from = cup_pixels_row (picture, y);
    guint8 *to = cup_pixels_row (luma, y);

    if (picture->channels == 1) {
      memcpy (to, from, picture->width);
      continue;
    }
    for (x = 0; x < picture->width; x++, from += picture->channels)
      to[x] = 16 + (65481 * from[0] + 128553 * from[1] + 24966 * from[2]
          + 127500) / 255000;
  }
  return luma;
}

gdouble
cup_scaling_psnr (const CupPixels * a, const CupPixels * b, guint border)
{
  guint64 sum = 0, count = 0;
  guint x, y;

  g_assert (a->width == b->width && a->height == b->height);
  g_assert (a->channels == 1 && b->channels == 1);
  for (y = border; y + border < a->height; y++) {
    const guint8 *p = cup_pixels_row (a, y), *q = cup_pixels_row (b, y);

    for (x = border; x + border < a->width; x++) {
      const gint difference = p[x] - q[x];

      sum += difference * difference;
      count++;
    }
  }
  if (sum == 0)
    return INFINITY;
  return 10 * log10 (255.0 * 255.0 * count / sum);
}
