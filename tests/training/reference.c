/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See reference.h. Whole planes, one layer after the other.
 */
#include "reference.h"

#include <string.h>

#include "scaling.h"

#define MAX_CHANNELS CUP_NETWORK_MAX_CHANNELS
#define ONE_LEVEL (1 << CUP_PLANE_BITS)

/* Shifting negative numbers is left to the implementation by C, and arithmetic
 * with all compilers that GLib supports. */
G_STATIC_ASSERT ((-3 >> 1) == -2);

/* Samples of @input, with @margin more at each side. */
static gint16 *
read_plane (const CupPlane * input, gint margin, guint * width, guint * height)
{
  const gint columns = input->width, rows = input->height;
  gint16 *plane, *to;
  gint x, y;

  *width = columns + 2 * margin;
  *height = rows + 2 * margin;
  plane = to = g_new (gint16, (gsize) * width * *height);
  for (y = -margin; y < rows + margin; y++) {
    const gint16 *row = cup_plane_row (input, cup_scaling_mirror (y, rows));

    for (x = -margin; x < columns + margin; x++)
      *to++ = row[cup_scaling_mirror (x, columns)];
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

/* Q14 of samples. @from is the input's sample; @x and @y say which pixel of its block. */
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
clamp_sample (gint32 sample, const gint16 * from, gsize stride,
    CupReferenceClamp clamp)
{
  gint32 low = *from, high = *from, range, margin;
  gint i, j;

  for (j = -1; j <= 1; j++) {
    for (i = -1; i <= 1; i++) {
      const gint32 near = from[j * (gssize) stride + i];

      low = MIN (low, near);
      high = MAX (high, near);
    }
  }
  range = high - low;
  margin = clamp == CUP_REFERENCE_TIGHT ? 0 :
      MIN (range, ONE_LEVEL + ((25 * range) >> 8));
  return CLAMP (sample, low - margin, high + margin);
}

/* What the network adds, Q7, in blocks of four. */
static gint16 *
run_layers (const CupNetwork * network, const gint16 * plane, guint width,
    guint height)
{
  const gsize size = (gsize) width * height;
  gint16 *values = g_new (gint16, size);
  gsize k;
  guint i;

  for (k = 0; k < size; k++)
    values[k] = MIN ((plane[k] + 4) >> 3, 2047);
  for (i = 0; i < network->n_layers; i++) {
    gint16 *next = run_layer (&network->layers[i], values, &width, &height);

    g_free (values);
    values = next;
  }
  return values;
}

static void
init_plane (CupPlane * plane, guint width, guint height)
{
  if (!cup_plane_init (plane, width, height, 0, height))
    g_error ("no memory for a plane of %ux%u", width, height);
}

void
cup_reference_double (const CupNetwork * network, const CupPlane * input,
    CupReferenceClamp clamp, CupPlane * output)
{
  const guint margin = network->n_layers;
  guint width, height, x, y, o;
  gint16 *plane, *residuals, *residual;

  g_assert (input->top == 0 && input->n_rows == input->height);
  plane = read_plane (input, margin, &width, &height);
  residuals = residual = run_layers (network, plane, width, height);
  init_plane (output, 2 * input->width, 2 * input->height);
  for (y = 0; y < input->height; y++) {
    for (x = 0; x < input->width; x++) {
      const gint16 *from = plane + (gsize) (y + margin) * width + x + margin;

      for (o = 0; o < CUP_NETWORK_PHASES; o++, residual++) {
        gint32 sample = interpolate (from, width, o % 2, o / 2);

        sample = ((sample + (1 << 13)) >> 14) + *residual;
        if (clamp != CUP_REFERENCE_FREE)
          sample = clamp_sample (sample, from, width, clamp);
        cup_plane_row (output, 2 * y + o / 2)[2 * x + o % 2] =
            CLAMP (sample, CUP_PLANE_BLACK, CUP_PLANE_WHITE);
      }
    }
  }
  g_free (residuals);
  g_free (plane);
}

void
cup_reference_read (const CupPixels * luma, CupPlane * plane)
{
  guint x, y;

  g_assert (luma->channels == 1 && luma->depth == 8);
  init_plane (plane, luma->width, luma->height);
  for (y = 0; y < luma->height; y++) {
    const guint8 *from = cup_pixels_row (luma, y);
    gint16 *to = cup_plane_row (plane, y);

    for (x = 0; x < luma->width; x++)
      to[x] = (from[x] - 128) * ONE_LEVEL;
  }
}

CupPixels *
cup_reference_write (const CupPlane * plane)
{
  GError *error = NULL;
  CupPixels *luma = cup_pixels_new (plane->width, plane->height, 1, 8, &error);
  guint x, y;

  if (!luma)
    g_error ("%s", error->message);
  for (y = 0; y < luma->height; y++) {
    const gint16 *from = cup_plane_row (plane, y);
    guint8 *to = cup_pixels_row (luma, y);

    for (x = 0; x < luma->width; x++) {
      const gint level = 128 + ((from[x] + ONE_LEVEL / 2) >> CUP_PLANE_BITS);

      to[x] = CLAMP (level, 0, 255);
    }
  }
  return luma;
}

CupPixels *
cup_reference_upscale (const CupNetwork * network, const CupPixels * luma,
    guint factor, gboolean clamp)
{
  CupReferenceClamp how = clamp ? CUP_REFERENCE_CLAMPED : CUP_REFERENCE_FREE;
  CupPixels *result;
  CupPlane plane;

  g_assert (factor >= 2 && (factor & (factor - 1)) == 0);
  cup_reference_read (luma, &plane);
  for (; factor > 1; factor /= 2) {
    CupPlane larger;

    cup_reference_double (network, &plane, how, &larger);
    if (clamp)
      how = CUP_REFERENCE_TIGHT;
    cup_plane_clear (&plane);
    plane = larger;
  }
  result = cup_reference_write (&plane);
  cup_plane_clear (&plane);
  return result;
}
