/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Luma of pictures, as planes.
 *
 * Of RGB it is that of BT.601, of the samples as they are stored: what the
 * networks have learned from. Which weights these are hardly matters, as colours
 * get the difference to their own luma, by the same weights.
 */
#pragma once

#include "image/pixels.h"
#include "plane.h"
#include "team-rows.h"

G_BEGIN_DECLS

#define CUP_LUMA_RED 0.299f
#define CUP_LUMA_GREEN 0.587f
#define CUP_LUMA_BLUE 0.114f

/* Whether any alpha is below white. */
gboolean cup_luma_is_translucent (const CupPixels * pixels);

/* A new plane of the whole of @pixels, to be cleared also where this fails.
 * Where pixels are transparent it goes on with what is around, so that the
 * border of what can be seen is no edge of luma. Errors: the interrupt's, and
 * CUP_ERROR_TOO_LARGE where there is no memory. */
gboolean cup_luma_read (const CupPixels * pixels, CupPlane * plane,
    CupTeam * team, const CupInterrupt * interrupt, GError ** error);

/* Rows @rows of a gray picture of the plane's size. Errors: the interrupt's. */
gboolean cup_luma_write (const CupPlane * plane, CupPixels * gray,
    CupRows rows, CupTeam * team, const CupInterrupt * interrupt,
    GError ** error);

G_END_DECLS
