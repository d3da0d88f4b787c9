/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See reference.h. Whole planes, one layer after the other.
 */
#include "reference.h"

#include <string.h>

#include "scaling.h"

#define MAX_CHANNELS CUP_NETWORK_MAX_CHANNELS

/* Shifting negative numbers is left to the implementation by C, and arithmetic
 * with all compilers that GLib supports. */
G_STATIC_ASSERT ((-3 >> 1) == -2);

/* Samples of @luma, with @margin more at each side, less 128. */
static gint16 *
read_plane (const CupPixels * luma, gint margin, guint * width, guint * height)
{
  const gint columns = luma->width, rows = luma->height;
  gint16 *plane, *to;
  gint x, y;

  *width = columns + 2 * margin;
  *height = rows + 2 * margin;
  plane = to = g_new (gint16, (gsize) * width * *height);
  for (y = -margin; y < rows + margin; y++) {
    const guint8 *row = cup_pixels_row (luma, cup_scaling_mirror (y, rows));

    for (x = -margin; x < columns + margin; x++)
      *to++ = row[cup_scaling_mirror (x, columns)] - 128;
  }
  return plane;
}

static gint16
saturate (gint32 value)
{
  return CLAMP (value, G_MININT16, G_MAXINT16);
}

/* The sums of one pixel, whose first tap is at @input. */
static void
convolve (const CupNetworkLayer * layer, const gint16 * input, gsize stride,
    gint32 * sums)
{
  const gint16 *weights = layer->weights;
  guint t, i, o;

  memcpy (sums, layer->biases, layer->outputs * sizeof *sums);
  for (t = 0; t < CUP_NETWORK_TAPS; t++) {
    const gint16 *x = input + t / 3 * stride + t % 3 * layer->inputs;

    for (i = 0; i < layer->inputs; i++, weights += layer->outputs) {
      for (o = 0; o < layer->outputs; o++)
        sums[o] += weights[o] * x[i];
    }
  }
}

/* Result of a layer whose input is of @width × @height, which become less. */
static gint16 *
run_layer (const CupNetworkLayer * layer, const gint16 * input,
    guint * width, guint * height)
{
  const gsize stride = (gsize) * width * layer->inputs;
  gint16 *output, *to;
  gint32 sums[MAX_CHANNELS];
  guint x, y, o;

  *width -= 2;
  *height -= 2;
  output = to = g_new (gint16, (gsize) * width * *height * layer->outputs);
  for (y = 0; y < *height; y++) {
    for (x = 0; x < *width; x++) {
      convolve (layer, input + y * stride + x * layer->inputs, stride, sums);
      for (o = 0; o < layer->outputs; o++) {
        gint32 value;

        if (layer->slopes) {
          value = saturate (sums[o] >> layer->fraction);
          if (value < 0)
            value = (value * layer->slopes[o] + (1 << 14)) >> 15;
        } else {
          value = saturate (sums[o] >> (layer->fraction - 1));
        }
        *to++ = value;
      }
    }
  }
  return output;
}

/* Q14. @from is the input's sample; @x and @y say which pixel of its block. */
static gint32
interpolate (const gint16 * from, gsize stride, guint x, guint y)
{
  static const gint32 kernel[2][4] = { {-3, 29, 111, -9}, {-9, 111, 29, -3} };
  gint32 sum = 0;
  gint i, j;

  for (j = 0; j < 4; j++) {
    const gint16 *row = from + (gssize) (j - 2 + (gint) y) * (gssize) stride;
    gint32 part = 0;

    for (i = 0; i < 4; i++)
      part += kernel[x][i] * row[i - 2 + (gint) x];
    sum += kernel[y][j] * part;
  }
  return sum;
}

static gint32
clamp_level (gint32 level, const gint16 * from, gsize stride)
{
  gint32 low = *from, high = *from, margin;
  gint i, j;

  for (j = -1; j <= 1; j++) {
    for (i = -1; i <= 1; i++) {
      const gint32 sample = from[j * (gssize) stride + i];

      low = MIN (low, sample);
      high = MAX (high, sample);
    }
  }
  margin = MIN (high - low, 1 + ((25 * (high - low)) >> 8));
  low += 128 - margin;
  high += 128 + margin;
  return CLAMP (level, low, high);
}

CupPixels *
cup_reference_upscale (const CupNetwork * network, const CupPixels * luma,
    gboolean clamp)
{
  const guint margin = network->n_layers;
  guint width, height, x, y, o, i;
  gint16 *plane = read_plane (luma, margin, &width, &height);
  const gsize stride = width, size = (gsize) width * height;
  gint16 *values = g_new (gint16, size), *residual;
  GError *error = NULL;
  CupPixels *result;
  gsize k;

  for (k = 0; k < size; k++)
    values[k] = plane[k] * 16;
  for (i = 0; i < network->n_layers; i++) {
    gint16 *next = run_layer (&network->layers[i], values, &width, &height);

    g_free (values);
    values = next;
  }

  result = cup_pixels_new (2 * width, 2 * height, 1, 8, &error);
  if (!result)
    g_error ("%s", error->message);
  residual = values;
  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++) {
      const gint16 *from = plane + (y + margin) * stride + x + margin;

      for (o = 0; o < CUP_NETWORK_PHASES; o++, residual++) {
        gint32 level = interpolate (from, stride, o % 2, o / 2);

        level = 128 + ((level + *residual * 128 + (1 << 13)) >> 14);
        level = CLAMP (level, 0, 255);
        if (clamp)
          level = clamp_level (level, from, stride);
        cup_pixels_row (result, 2 * y + o / 2)[2 * x + o % 2] =
            CLAMP (level, 0, 255);
      }
    }
  }
  g_free (values);
  g_free (plane);
  return result;
}
