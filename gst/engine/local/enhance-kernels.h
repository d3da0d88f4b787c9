/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The loops of the enhancement, which are compiled for several kinds of
 * machines. Each makes @n samples of a row.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Samples that may be read before and after a row, where that is said. */
#define CUP_ENHANCE_PADDING 16

/* Rows of a vertical pass over five, from the top. */
#define CUP_ENHANCE_BLUR_ROWS 5
/* Of the texture's erosion. */
#define CUP_ENHANCE_EROSION_ROWS 5
/* Products of two shifted rows that a texture is the sum of. */
#define CUP_ENHANCE_PRODUCTS 4

/**
 * CupEnhanceGains:
 * @bands: of the detail's bands, Q12
 * @margin: what detail may add to the local range, Q16 of that
 * @coring: of the detail's bands: what is smaller is not amplified
 * @texture: Q8
 */
typedef struct
{
  gint32 bands[2];
  gint32 margin;
  gint32 coring;
  gint32 texture;
} CupEnhanceGains;

/**
 * CupEnhanceKernels:
 * @blur_rows: (1 4 6 4 1) / 16 of five rows
 * @blur_row: the same along a row, of samples @step apart; reads padding
 * @extremes_rows: least and greatest of five rows
 * @extremes_row: the same along rows; reads padding
 * @detail: what detail adds to @base, from it, its blurred versions and the
 *   extremes around
 * @band: the difference of two rows without what is as small as noise, and its
 *   magnitude
 * @normalise: @band in units of @energy
 * @multiply: the sum of products of pairs of rows, the latter half subtracted;
 *   reads what the pointers say
 * @erode_rows: least of five rows
 * @strength: least of five samples, @step apart, of a row of such, as far as it
 *   is large for the local range; reads padding
 * @tensor: products of a row's slopes, across and down, from rows @step above and
 *   below; reads padding
 * @weaken: takes from @amount what @across, @down and @both, such products,
 *   blurred, say to have one direction
 * @add_texture: adds to @delta what is between amounts @above and @below
 *   of the difference of @texture and what is left of it when it is @blurred
 * @apply: base and delta, limited to what luma may be
 * @apply_less: the same with @share (Q14) of @taken subtracted, at most as much as
 *   the extremes around differ
 * @sharpen_row: along a row, what the resampling of differences to and fro has
 *   to be preceded by; reads padding
 * @sharpen_rows: the same of five rows
 */
typedef struct
{
  void (*blur_rows) (const gint16 * const *rows, gint16 * out, gsize n);
  void (*blur_row) (const gint16 * row, gint step, gint16 * out, gsize n);
  void (*extremes_rows) (const gint16 * const *rows, gint16 * low,
      gint16 * high, gsize n);
  void (*extremes_row) (const gint16 * low_in, const gint16 * high_in,
      gint16 * low, gint16 * high, gsize n);
  void (*detail) (const gint16 * base, const gint16 * fine_blur,
      const gint16 * coarse_blur, const gint16 * low, const gint16 * high,
      const CupEnhanceGains * gains, gint16 * delta, gsize n);
  void (*band) (const gint16 * base, const gint16 * blurred, gint16 * band,
      gint16 * magnitude, gsize n);
  void (*normalise) (const gint16 * band, const gint16 * energy, gint16 * out,
      gsize n);
  void (*multiply) (const gint16 * const (*pairs)[2], gint16 * out, gsize n);
  void (*erode_rows) (const gint16 * const *rows, gint16 * out, gsize n);
  void (*strength) (const gint16 * eroded, gint step, const gint16 * low,
      const gint16 * high, gint16 * out, gsize n);
  void (*tensor) (const gint16 * above, const gint16 * row,
      const gint16 * below, gint step, gint16 * across, gint16 * down,
      gint16 * both, gsize n);
  void (*weaken) (const gint16 * across, const gint16 * down,
      const gint16 * both, gint16 * amount, gsize n);
  void (*add_texture) (const gint16 * texture, const gint16 * blurred,
      const gint16 * above, const gint16 * below,
      const CupEnhanceGains * gains, gint16 * delta, gsize n);
  void (*apply) (const gint16 * base, const gint16 * delta, gint16 * out,
      gsize n);
  void (*apply_less) (const gint16 * base, const gint16 * delta,
      const gint16 * taken, gint share, const gint16 * low,
      const gint16 * high, gint16 * out, gsize n);
  void (*sharpen_row) (const gint16 * row, gint16 * out, gsize n);
  void (*sharpen_rows) (const gint16 * const *rows, gint16 * out, gsize n);
} CupEnhanceKernels;

extern const CupEnhanceKernels cup_enhance_kernels_portable;
extern const CupEnhanceKernels cup_enhance_kernels_avx2;

G_END_DECLS
