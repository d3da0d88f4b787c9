/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Small pictures of large ones: what is left of a picture when only its low
 * frequencies count.
 */
#pragma once

#include "pixels.h"

G_BEGIN_DECLS

/* The most cells to a side. */
#define CUP_AREA_MAX_SIDE 64

/* Divides @pixels into @columns × @rows cells of the same size, each at most
 * CUP_AREA_MAX_SIDE, and averages each over its exact area: pixels that lie in
 * two cells count in both by their share, and so do pixels that are larger than
 * a cell. Pictures of one scene in two sizes have the same cells, therefore.
 *
 * @colours: receives columns × rows × channels samples (1 for gray, else 3) of
 *   the full range of 16 bits, whatever the depth of @pixels. Pixels count by
 *   their alpha; a cell without any is 0.
 * @alphas: receives columns × rows averages of alpha; 65535 where there is none
 *
 * Integer arithmetic: the same on every machine. Asks nothing of the alignment
 * of 8-bit @pixels, so that memory of other origin can be looked at through a
 * CupPixels on the stack. Any thread. */
void cup_area_average (const CupPixels * pixels, guint columns, guint rows,
    guint16 * colours, guint16 * alphas);

/* Of gamma-encoded RGB, by BT.601, which is what JPEG has. */
static inline guint
cup_area_get_luma (const guint16 * rgb)
{
  return (299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000;
}

G_END_DECLS
