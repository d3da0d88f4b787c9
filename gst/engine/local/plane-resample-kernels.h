/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The loops of plane-resample.c, which are compiled for several kinds of
 * machines.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CUP_PLANE_WEIGHT_BITS 14

/* Samples that may be read, and hold something, before and after a row that is
 * resampled horizontally. */
#define CUP_PLANE_RESAMPLE_PADDING 16
/* Taps of horizontal passes are a multiple of it. */
#define CUP_PLANE_RESAMPLE_TAPS 8

/**
 * CupPlaneResampleKernels:
 *
 * Sums are of weights of Q14, rounded to nearest and limited to 16 bits.
 *
 * @vertical: @n samples, each a weighted sum of the samples at its place in
 *   @taps rows, @stride from one to the next
 * @horizontal: @n samples, sample i a weighted sum of the @taps from first[i] on
 * @double_row: the special case of 2 × @n samples of @n, which go on before and
 *   after the row
 * @halve_row: the special case of @n samples of 2 × @n, the same
 * @limit: limits samples to what luma may be
 */
typedef struct
{
  void (*vertical) (const gint16 * rows, gsize stride, const gint16 * weights,
      guint taps, gint16 * out, guint n);
  void (*horizontal) (const gint16 * row, const guint * first,
      const gint16 * weights, guint taps, gint16 * out, guint n);
  void (*double_row) (const gint16 * row, gint16 * out, guint n);
  void (*halve_row) (const gint16 * row, gint16 * out, guint n);
  void (*limit) (gint16 * row, guint n);
} CupPlaneResampleKernels;

extern const CupPlaneResampleKernels cup_plane_resample_kernels_portable;
extern const CupPlaneResampleKernels cup_plane_resample_kernels_avx2;

G_END_DECLS
