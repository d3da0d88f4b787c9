/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What texture and detail add to a picture, in one sweep over its rows: what one
 * row needs of those around it is kept, in memory that a processor has close.
 */
#pragma once

#include "enhance-kernels.h"
#include "base/interrupt.h"
#include "plane.h"

G_BEGIN_DECLS

/* Largest distance of samples that are multiplied, in steps. */
#define CUP_ENHANCE_REACH 3

typedef struct
{
  gint x;
  gint y;
} CupEnhanceOffset;

/**
 * CupEnhanceSweep:
 * @has_detail: whether there is detail to be added
 * @has_texture: the same of texture
 * @step: of the texture's filters: 1, or 2 for pictures that were made so much
 *   larger that nothing is left at the scale of pixels
 * @products: places of the two factors of each product, in samples
 */
typedef struct
{
  const CupEnhanceKernels *kernels;
  CupEnhanceGains gains;
  gboolean has_detail;
  gboolean has_texture;
  guint step;
  CupEnhanceOffset products[CUP_ENHANCE_PRODUCTS][2];
} CupEnhanceSweep;

/* Rows of the base above and below a row that it depends on. */
guint cup_enhance_sweep_get_reach (const CupEnhanceSweep * sweep);

/* The extremes of the 5×5 samples around those of row @y. Rows have
 * CUP_ENHANCE_PADDING samples more on both sides; the first two are for what is
 * in between. */
void cup_enhance_find_extremes (const CupEnhanceKernels * kernels,
    const CupPlane * base, guint y, gint16 * low, gint16 * high,
    gint16 * lowest, gint16 * highest);

/* Fills @rows of @delta, or of @output, of which one is NULL: with the difference
 * that is to be added to @base, or with both. Any thread. Errors as those of
 * cup_doubling_run(). */
gboolean cup_enhance_sweep_run (const CupEnhanceSweep * sweep,
    const CupPlane * base, CupRows rows, CupPlane * delta, CupPlane * output,
    const CupInterrupt * interrupt, GError ** error);

G_END_DECLS
