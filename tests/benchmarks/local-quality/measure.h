/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What can be told of upscaled pictures in figures.
 */
#pragma once

#include "image/pixels.h"

G_BEGIN_DECLS

/* Full-range luma (ITU-R BT.601) in levels, not rounded. */
typedef struct
{
  guint width;
  guint height;
  gfloat *samples;
} Luma;

Luma luma_new (const CupPixels * picture);
void luma_clear (Luma * luma);
/* At 1/@factor of its size, bicubic and antialiased, without rounding. */
Luma luma_reduce (const Luma * luma, guint factor);
/* The part of @width × @height whose top left sample is at (@x, @y), which may
 * be between samples: by a long windowed sine, which keeps all that there is. */
Luma luma_cut (const Luma * luma, gdouble x, gdouble y, guint width,
    guint height);
/* Gray, rounded. */
CupPixels *luma_to_picture (const Luma * luma);

/* All without @border samples at each side. In dB; INFINITY for the same. */
gdouble luma_psnr (const Luma * a, const Luma * b, guint border);
gdouble luma_mean_difference (const Luma * a, const Luma * b, guint border);
/* Mean length of the gradient. */
gdouble luma_gradient (const Luma * luma, guint border);

/* In dB, of luma as papers have it (cup_scaling_luma()). */
gdouble measure_psnr (const CupPixels * a, const CupPixels * b, guint border);
/* The largest difference between the means of a channel, in levels. */
gdouble measure_shift (const CupPixels * a, const CupPixels * b);

G_END_DECLS
