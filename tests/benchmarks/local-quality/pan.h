/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether upscaled video shimmers: a picture moves by fractions of a pixel, each
 * frame is upscaled for itself, moved back, and compared with the one before it.
 */
#pragma once

#include "image/pixels.h"

G_BEGIN_DECLS

/**
 * PanFigures:
 * @still: gray levels by which consecutive frames differ, on average, that are
 *   interpolated bicubically
 * @lanczos: the same by Lanczos interpolation, as a multiple of @still, like the
 *   rest
 * @restoration: of the engine, without texture and detail
 * @detail: with the default detail
 * @texture: with creativity at 0.5, without detail
 * @defaults: with both
 */
typedef struct
{
  gdouble still;
  gdouble lanczos;
  gdouble restoration;
  gdouble detail;
  gdouble texture;
  gdouble defaults;
} PanFigures;

/* FALSE where @picture is too small for so many frames. */
gboolean pan_measure (const CupPixels * picture, guint n_frames,
    PanFigures * figures);

G_END_DECLS
