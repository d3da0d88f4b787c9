/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a picture loses, and what interpolation makes of the rest: bicubic by
 * whole factors, as MATLAB's imresize does it (a = -1/2; where it reduces the
 * kernel is stretched, so that nothing aliases; pictures go on mirrored beyond
 * their borders). Weights are fractions of whole numbers and sums are exact,
 * rounded to nearest once, half of a level up.
 */
#pragma once

#include "image/pixels.h"

G_BEGIN_DECLS

/* Largest factor: sums fit into 64 bits with room to spare. */
#define CUP_SCALING_MAX_FACTOR 8

/* The top left part of @picture, whose sides are multiples of @multiple. NULL
 * where nothing is left. 8 bits only, as below. */
CupPixels *cup_scaling_crop (const CupPixels * picture, guint multiple);

/* @picture at 1/@factor of its size; sides are multiples of @factor. */
CupPixels *cup_scaling_reduce (const CupPixels * picture, guint factor);

/* @picture at @factor times its size, by bicubic interpolation. */
CupPixels *cup_scaling_expand (const CupPixels * picture, guint factor);

/* Luma of ITU-R BT.601 with 16…235 for black…white, as MATLAB's rgb2ycbcr has
 * it and papers report figures of it. Gray pictures are copied. */
CupPixels *cup_scaling_luma (const CupPixels * picture);

/* In dB, of two gray pictures of the same size, without @border pixels at each
 * side. */
gdouble cup_scaling_psnr (const CupPixels * a, const CupPixels * b,
    guint border);

/* Index of the sample that stands for sample @i of a row of @length that goes on
 * mirrored: … 1 0 | 0 1 … */
static inline gint
cup_scaling_mirror (gint i, gint length)
{
  const gint period = 2 * length;

  i %= period;
  if (i < 0)
    i += period;
  return i < length ? i : period - 1 - i;
}

G_END_DECLS
