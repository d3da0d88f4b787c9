/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between CupPixels and the ways in which video lies in memory: planes of luma and
 * chroma, and pixels with their samples in another order. Every result is the
 * nearest level to what arithmetic without rounding gives, where that is not within a
 * hundredth of a level of being half way between two; grey has no tint.
 *
 * Chroma that has fewer samples is interpolated between the nearest two of a row
 * and of a column, and goes on as it ends beyond the edges. On the way back it is
 * the mean of the two pixels that it lies between, or, where it lies on one, has
 * half of that and a quarter of each neighbour. Nothing is rounded in between.
 *
 * Functions may be called from any thread; they keep no state.
 */
#pragma once

#include "pixels.h"

G_BEGIN_DECLS

/**
 * CupColourCoding:
 * @red_weight: Kr, the part of red in luma
 * @blue_weight: Kb
 * @black: the level of luma that is black
 * @luma_range: from black to white
 * @chroma_range: from the lowest to the highest level of chroma. Neutral is half
 *   of the levels that there are
 *
 * What samples of luma and chroma mean.
 */
typedef struct
{
  gdouble red_weight;
  gdouble blue_weight;
  gint black;
  gint luma_range;
  gint chroma_range;
} CupColourCoding;

/**
 * CupPlanes:
 * @width: in pixels
 * @height: in rows
 * @n_components: 3, or 1 for luma alone
 * @depth: bits of a sample, 8…12. Above 8 they lie in words in the machine's byte
 *   order, which are aligned
 * @shift: zeros below a sample in its word
 * @data: the first sample of Y, Cb, Cr
 * @stride: bytes from one row to the next, for each
 * @step: samples of its kind or of both from one of chroma to the next
 * @half_width: whether chroma has half the width, rounded up
 * @half_height: the same
 * @cosited_x: whether a halved chroma sample lies on the first of its two luma
 *   samples of a row, and not between them
 * @cosited_y: the same for columns
 *
 * Where a frame of video lies that belongs to somebody else. CupYuv has samples
 * of its own, of 8 bits.
 */
typedef struct
{
  guint width;
  guint height;
  guint n_components;
  guint depth;
  guint shift;
  guint8 *data[3];
  gssize stride[3];
  gsize step;
  gboolean half_width;
  gboolean half_height;
  gboolean cosited_x;
  gboolean cosited_y;
} CupPlanes;

/**
 * CupPacked:
 * @depth: bits of a sample, 8 or 16, those in the machine's byte order
 * @size: bytes of a pixel
 * @places: the first byte of R, G, B and A in a pixel; -1 for no A
 * @data: the first pixel
 * @stride: bytes from one row to the next
 *
 * Samples of full-range colours, in any order.
 */
typedef struct
{
  guint depth;
  guint size;
  gint places[4];
  guint8 *data;
  gssize stride;
} CupPacked;

/* @pixels has the size of @planes, no alpha, and 8 bits where @planes has, else
 * 16. Of planes without chroma it may be gray. */
void cup_convert_from_planes (const CupPlanes * planes,
    const CupColourCoding * coding, CupPixels * pixels);

/* As many rows as @pixels has, which has @packed's depth, and three channels, or
 * four where there is alpha. */
void cup_convert_from_packed (const CupPacked * packed, CupPixels * pixels);

/**
 * CupConvertRows:
 *
 * What takes the rows of a picture one by one, and makes video of each at once: a
 * picture that is decoded need not be in memory as pixels. One thread at a time.
 */
typedef struct _CupConvertRows CupConvertRows;

/* Rows of @channels samples of @depth bits for each pixel, whatever CupPixels may
 * have. The memory that @planes or @packed lead to remains the caller's.
 *
 * To planes: alpha is left out; of colours there is luma where there is no chroma.
 * To packed pixels: alpha that the rows do not have, and bytes that mean nothing,
 * have all bits set. */
CupConvertRows *cup_convert_rows_to_planes (guint channels, guint depth,
    const CupColourCoding * coding, const CupPlanes * planes);
CupConvertRows *cup_convert_rows_to_packed (guint width, guint height,
    guint channels, guint depth, const CupPacked * packed);
void cup_convert_rows_free (CupConvertRows * rows);

/* From row 0 on in their order; who has to may begin once more with row 0. Those
 * of 16 bits are aligned. */
void cup_convert_rows_take (CupConvertRows * rows, guint y, gconstpointer row);
/* All rows of a picture that is as it was said of its rows. */
void cup_convert_rows_take_all (CupConvertRows * rows,
    const CupPixels * pixels);

/* Where pixels go that only change their order; NULL where they become planes. */
const CupPacked *cup_convert_rows_get_packed (const CupConvertRows * rows);

/* For tests and benchmarks, which compare both: TRUE has everything that begins
 * from then on done without AVX2. */
void cup_convert_set_portable (gboolean portable);

G_END_DECLS
