/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between rows of samples and rows of floats, in which a pixel of a gray picture
 * or a plane is one, and of others four, the last of which only RGBA has.
 */
#pragma once

#include "image/pixels.h"
#include "plane.h"

G_BEGIN_DECLS

/* Row @y of @pixels. Colours are weighted by alpha where @premultiply. */
void cup_row_read (const CupPixels * pixels, guint y, gboolean premultiply,
    gfloat * row);
void cup_row_read_plane (const CupPlane * plane, guint y, gfloat * row);

/* @row: as many floats a pixel as there are channels; it is changed. @luma:
 * (nullable): takes the place of its own luma, which is @own_luma, or that of its
 * colours where that is NULL. What does not fit is limited. */
void cup_row_store (CupPixels * pixels, guint y, gboolean premultiplied,
    const gint16 * luma, const gint16 * own_luma, gfloat * row);
void cup_row_store_plane (CupPlane * plane, guint y, const gfloat * row);

G_END_DECLS
