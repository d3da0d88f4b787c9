/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See damage.h.
 */
#include "damage.h"

#define BLOCK 8
/* Fraction bits of the transform's coefficients. */
#define BITS 13

/* The orthonormal DCT-II: rows are frequencies. */
static const gint32 basis[BLOCK][BLOCK] = {
  {2896, 2896, 2896, 2896, 2896, 2896, 2896, 2896},
  {4017, 3406, 2276, 799, -799, -2276, -3406, -4017},
  {3784, 1567, -1567, -3784, -3784, -1567, 1567, 3784},
  {3406, -799, -4017, -2276, 2276, 4017, 799, -3406},
  {2896, -2896, -2896, 2896, 2896, -2896, -2896, 2896},
  {2276, -4017, 799, 3406, -3406, -799, 4017, -2276},
  {1567, -3784, 3784, -1567, -1567, 3784, -3784, 1567},
  {799, -2276, 3406, -4017, 4017, -3406, 2276, -799},
};

/* Luma's table of ITU-T T.81, annex K, which encoders scale by quality. */
static const guint8 steps[BLOCK][BLOCK] = {
  {16, 11, 10, 16, 24, 40, 51, 61},
  {12, 12, 14, 19, 26, 58, 60, 55},
  {14, 13, 16, 24, 40, 57, 69, 56},
  {14, 17, 22, 29, 51, 87, 80, 62},
  {18, 22, 37, 56, 68, 109, 103, 77},
  {24, 35, 55, 64, 81, 104, 113, 92},
  {49, 64, 78, 87, 103, 121, 120, 101},
  {72, 92, 95, 98, 112, 100, 103, 99},
};

/* To nearest, halves away from zero. */
static gint64
divide (gint64 value, gint64 by)
{
  return value < 0 ? -((-value + by / 2) / by) : (value + by / 2) / by;
}

static gint64
get_step (guint y, guint x, guint quality)
{
  const guint scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;

  return CLAMP ((steps[y][x] * scale + 50) / 100, 1, 255);
}

/* There and back of samples around 0. */
static void
quantise_block (gint64 block[BLOCK][BLOCK], guint quality)
{
  gint64 half[BLOCK][BLOCK];
  guint x, y, k;

  for (y = 0; y < BLOCK; y++) {
    for (k = 0; k < BLOCK; k++) {
      half[y][k] = 0;
      for (x = 0; x < BLOCK; x++)
        half[y][k] += basis[k][x] * block[y][x];
    }
  }
  for (k = 0; k < BLOCK; k++) {
    for (x = 0; x < BLOCK; x++) {
      const gint64 step = get_step (k, x, quality);
      gint64 sum = 0;

      for (y = 0; y < BLOCK; y++)
        sum += basis[k][y] * half[y][x];
      block[k][x] = divide (sum, step << (2 * BITS)) * step;
    }
  }
  for (k = 0; k < BLOCK; k++) {
    for (x = 0; x < BLOCK; x++) {
      half[k][x] = 0;
      for (y = 0; y < BLOCK; y++)
        half[k][x] += basis[y][x] * block[k][y];
    }
  }
  for (y = 0; y < BLOCK; y++) {
    for (x = 0; x < BLOCK; x++) {
      gint64 sum = 0;

      for (k = 0; k < BLOCK; k++)
        sum += basis[k][y] * half[k][x];
      block[y][x] = divide (sum, G_GINT64_CONSTANT (1) << (2 * BITS));
    }
  }
}

CupPixels *
cup_damage_jpeg (const CupPixels * picture, guint quality)
{
  const guint width = picture->width, height = picture->height;
  gint64 block[BLOCK][BLOCK];
  GError *error = NULL;
  CupPixels *result = cup_pixels_new (width, height, 1, 8, &error);
  guint left, top, x, y;

  if (!result)
    g_error ("%s", error->message);
  g_assert (picture->channels == 1 && picture->depth == 8);
  g_assert (quality >= 1 && quality <= 100);

  for (top = 0; top < height; top += BLOCK) {
    for (left = 0; left < width; left += BLOCK) {
      /* What is beyond the border repeats it, as encoders have it. */
      for (y = 0; y < BLOCK; y++) {
        const guint8 *row = cup_pixels_row (picture, MIN (top + y, height - 1));

        for (x = 0; x < BLOCK; x++)
          block[y][x] = row[MIN (left + x, width - 1)] - 128;
      }
      quantise_block (block, quality);
      for (y = 0; y < BLOCK && top + y < height; y++) {
        guint8 *row = cup_pixels_row (result, top + y);

        for (x = 0; x < BLOCK && left + x < width; x++)
          row[left + x] = CLAMP (block[y][x] + 128, 0, 255);
      }
    }
  }
  return result;
}
