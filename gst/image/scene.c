/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The geometric mean of two measures, each of which has what it is blind to:
 * the difference of the histograms, which does not see what moves, and one less
 * the correlation of the pictures, which does not see light that changes. The
 * pictures are moved against each other to find what corresponds best, so that
 * a pan correlates, too. The second counts twice: scenes of the same brightness
 * are more frequent than such of the same composition.
 *
 * Both measures come from integers; floating point is for the last few
 * operations only.
 */
#include "scene.h"

#include <math.h>

#include "area.h"

#define CELLS (CUP_SCENE_WIDTH * CUP_SCENE_HEIGHT)

/* How far a picture may have moved, in cells: an eighth of it and a sixth. */
#define MAX_SHIFT_X 4
#define MAX_SHIFT_Y 3

/* Contrast, as a variance in levels of luma, below which a picture counts as
 * flat: what noise and coding leave. */
#define FLAT_VARIANCE 8.0

/* A sample counts in the two nearest bins by its distance to each: nothing
 * jumps where the light changes a little. */
#define BIN_BITS 4
#define BIN_WIDTH (1 << BIN_BITS)
#define BINS (256 / BIN_WIDTH + 1)

void
cup_scene_thumbnail_init (CupSceneThumbnail * thumbnail,
    const CupPixels * pixels)
{
  guint16 colours[CELLS * 3], alphas[CELLS];
  guint8 *luma = &thumbnail->luma[0][0];
  guint i;

  cup_area_average (pixels, CUP_SCENE_WIDTH, CUP_SCENE_HEIGHT, colours, alphas);
  for (i = 0; i < CELLS; i++) {
    guint64 sample = pixels->channels == 1 ? colours[i]
        : cup_area_get_luma (colours + 3 * i);

    sample = (sample * alphas[i] + 32767) / 65535;
    luma[i] = (sample + 128) / 257;
  }
}

static void
count (const CupSceneThumbnail * thumbnail, gint * bins)
{
  const guint8 *luma = &thumbnail->luma[0][0];
  guint i;

  for (i = 0; i < CELLS; i++) {
    guint bin = luma[i] >> BIN_BITS;
    guint rest = luma[i] & (BIN_WIDTH - 1);

    bins[bin] += BIN_WIDTH - rest;
    bins[bin + 1] += rest;
  }
}

/* The part of the samples that is in other bins: 0 … 1. */
static gdouble
compare_histograms (const CupSceneThumbnail * a, const CupSceneThumbnail * b)
{
  gint of_a[BINS] = { 0, }, of_b[BINS] = { 0, };
  gint sum = 0;
  guint i;

  count (a, of_a);
  count (b, of_b);
  for (i = 0; i < BINS; i++)
    sum += ABS (of_a[i] - of_b[i]);
  return sum / (2.0 * CELLS * BIN_WIDTH);
}

/* How well @b, moved by some cells, covers @a where they overlap: 1 where they
 * are the same but for an offset, less where the contrast differs, about 0
 * where they have nothing to do with each other. */
static gdouble
correlate (const CupSceneThumbnail * a, const CupSceneThumbnail * b, gint dx,
    gint dy)
{
  gint x0 = MAX (dx, 0), x1 = CUP_SCENE_WIDTH + MIN (dx, 0);
  gint y0 = MAX (dy, 0), y1 = CUP_SCENE_HEIGHT + MIN (dy, 0);
  gint64 n = (gint64) (x1 - x0) * (y1 - y0);
  gint64 sum_a = 0, sum_b = 0, squares = 0, products = 0;
  gdouble variances, covariance, flat = 2 * FLAT_VARIANCE;
  gint x, y;

  for (y = y0; y < y1; y++) {
    for (x = x0; x < x1; x++) {
      gint of_a = a->luma[y][x];
      gint of_b = b->luma[y - dy][x - dx];

      sum_a += of_a;
      sum_b += of_b;
      squares += of_a * of_a + of_b * of_b;
      products += of_a * of_b;
    }
  }
  variances = (gdouble) (n * squares - sum_a * sum_a - sum_b * sum_b)
      / ((gdouble) n * n);
  covariance = (gdouble) (n * products - sum_a * sum_b) / ((gdouble) n * n);
  return (2 * covariance + flat) / (variances + flat);
}

static gdouble
compare_compositions (const CupSceneThumbnail * a, const CupSceneThumbnail * b)
{
  gdouble best = 0;
  gint dx, dy;

  for (dy = -MAX_SHIFT_Y; dy <= MAX_SHIFT_Y; dy++) {
    for (dx = -MAX_SHIFT_X; dx <= MAX_SHIFT_X; dx++)
      best = MAX (best, correlate (a, b, dx, dy));
  }
  return CLAMP (1 - best, 0, 1);
}

gdouble
cup_scene_get_distance (const CupSceneThumbnail * a,
    const CupSceneThumbnail * b)
{
  gdouble histograms = compare_histograms (a, b);
  gdouble compositions = compare_compositions (a, b);

  return cbrt (histograms * compositions * compositions);
}
