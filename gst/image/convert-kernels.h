/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The loops of convert.c and convert-rows.c over the pixels of a row. They are
 * compiled for what every machine has and, where it pays, once more for AVX2. All
 * is in whole numbers: every build gives the same bytes.
 *
 * Rows never overlap. Those of pixels on their way are of 32 bits a pixel, the
 * bytes R, G, B and anything; or of twice 32 bits, four samples of 16 bits.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* In a map of bytes: none, all ones instead. */
#define CUP_CONVERT_ONES 0xff
/* The most bytes of a pixel. */
#define CUP_CONVERT_MAX_SIZE 8
/* What the weights of two or three lines add up to, and those of columns, of chroma
 * that is doubled and of pixels that it is made of. */
#define CUP_CONVERT_LINE_SUM 4
#define CUP_CONVERT_COLUMN_SUM 4
/* Chroma on its way to pixels has always the weights of both. */
#define CUP_CONVERT_CHROMA_SUM \
    (CUP_CONVERT_LINE_SUM * CUP_CONVERT_COLUMN_SUM)
/* Two sums in a word: those of 8 bits, with all weights, have 12. */
#define CUP_CONVERT_PAIR_SHIFT 16
/* What is kept apart of the coefficients of deep samples: products with all of
 * their bits would not fit into 32. */
#define CUP_CONVERT_REST_BITS 8

/**
 * CupConvertFactor:
 * @whole: the factor, in units of 2^-shift
 * @rest: what is missing, in units of 2^-(shift + CUP_CONVERT_REST_BITS); not
 *   negative, and 0 where no rest is kept
 */
typedef struct
{
  int32_t whole;
  int32_t rest;
} CupConvertFactor;

/**
 * CupConvertToRgb:
 * @luma: of the sample as it is, to all three
 * @v_to_red: of CUP_CONVERT_CHROMA_SUM times chroma, from neutral on
 * @offset: with what is needed to round
 */
typedef struct
{
  CupConvertFactor luma;
  CupConvertFactor v_to_red;
  CupConvertFactor u_to_green;
  CupConvertFactor v_to_green;
  CupConvertFactor u_to_blue;
  CupConvertFactor offset;
  unsigned shift;
} CupConvertToRgb;

/**
 * CupConvertFromRgb:
 * @max: the highest level of the sample
 */
typedef struct
{
  CupConvertFactor red;
  CupConvertFactor green;
  CupConvertFactor blue;
  CupConvertFactor offset;
  unsigned shift;
  int32_t max;
} CupConvertFromRgb;

/**
 * CupConvertKernels:
 *
 * From planes:
 * @blend_8: @n samples of chroma between two lines, @step from one sample to the
 *   next: the sum of both with their weights, less @neutral
 * @blend_16: the same, of words whose upper bits after @shift and under @mask are
 *   samples
 * @double_row: 2 × @n sums of @n between columns. The row goes on by one before
 *   and after
 * @to_rgb_8: @n pixels of luma and sums of chroma
 * @to_rgb_16: the same
 *
 * To planes:
 * @pair_8: rows of red and blue, with blue CUP_CONVERT_PAIR_SHIFT bits higher, and
 *   of green. Sums of them are sums of both
 * @split_8: rows of red, green and blue
 * @split_16: the same
 * @blend_rows: @n sums of the second and the third of three rows; cosited: of the
 *   second one and its neighbours
 * @halve_row: the same for columns: @n sums of pairs, or of each second one and its
 *   neighbours. The row goes on by one before and after
 * @multiply_8: @n samples, without rests, @step from one to the next
 * @multiply_exactly: @n samples of three rows, with rests
 * @store_8: @n samples, @step from one to the next
 * @store_16: the same, in the upper bits of words
 *
 * Pixels:
 * @narrow: @n samples of 16 bits, as the nearest of 8
 * @widen: the other way
 * @permute: @n pixels of @in_size bytes become such of @out_size; @map has the
 *   place in the pixel for each byte, or CUP_CONVERT_ONES
 */
typedef struct
{
  void (*blend_8) (const uint8_t * a, const uint8_t * b, size_t step,
      const int32_t weights[2], int32_t neutral, int16_t * out, size_t n);
  void (*blend_16) (const uint16_t * a, const uint16_t * b, size_t step,
      unsigned shift, uint16_t mask, const int32_t weights[2],
      int32_t neutral, int16_t * out, size_t n);
  void (*double_row) (const int16_t * row, int cosited, int16_t * out,
      size_t n);
  void (*to_rgb_8) (const CupConvertToRgb * factors, const uint8_t * luma,
      const int16_t * u, const int16_t * v, uint32_t * out, size_t n);
  void (*to_rgb_16) (const CupConvertToRgb * factors, const uint16_t * luma,
      unsigned shift, uint16_t mask, const int16_t * u, const int16_t * v,
      uint32_t * out, size_t n);

  void (*pair_8) (const uint32_t * pixels, int32_t * pairs, int32_t * green,
      size_t n);
  void (*split_8) (const uint32_t * pixels, int32_t * red, int32_t * green,
      int32_t * blue, size_t n);
  void (*split_16) (const uint32_t * pixels, int32_t * red, int32_t * green,
      int32_t * blue, size_t n);
  void (*blend_rows) (const int32_t * const rows[3], int cosited,
      int32_t * out, size_t n);
  void (*halve_row) (const int32_t * row, int cosited, int32_t * out,
      size_t n);
  void (*multiply_8) (const CupConvertFromRgb * factors,
      const int32_t * pairs, const int32_t * green, uint8_t * out, size_t step,
      size_t n);
  void (*multiply_exactly) (const CupConvertFromRgb * factors,
      const int32_t * red, const int32_t * green, const int32_t * blue,
      uint16_t * out, size_t n);
  void (*store_8) (const uint16_t * samples, uint8_t * out, size_t step,
      size_t n);
  void (*store_16) (const uint16_t * samples, unsigned shift, uint16_t * out,
      size_t step, size_t n);

  void (*narrow) (const uint16_t * in, uint8_t * out, size_t n);
  void (*widen) (const uint8_t * in, uint16_t * out, size_t n);
  void (*permute) (const uint8_t * in, size_t in_size, uint8_t * out,
      size_t out_size, const uint8_t * map, size_t n);
} CupConvertKernels;

extern const CupConvertKernels cup_convert_kernels_portable;
extern const CupConvertKernels cup_convert_kernels_avx2;
