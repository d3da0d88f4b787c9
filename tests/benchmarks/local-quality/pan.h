/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether upscaled video shimmers: a picture moves by fractions of a pixel, each
 * frame is upscaled for itself, moved back, and compared with the one before it.
 */
#pragma once

#include "image/pixels.h"

G_BEGIN_DECLS

/* What is done to the frames. */
typedef enum
{
  PAN_BICUBIC,
  PAN_LANCZOS,
  PAN_STILL,                    /* by the engine, as for stills: as they are */
  PAN_RESTORATION,              /* as for video, which is lossy, from here on */
  PAN_DETAIL,                   /* with the default detail */
  PAN_TEXTURE,                  /* with creativity at 0.5 */
  PAN_DEFAULTS,                 /* with both */
  PAN_N_METHODS
} PanMethod;

const gchar *pan_method_get_name (PanMethod method);

/* The mean difference of consecutive frames in levels, for each method.
 * FALSE where @picture is too small for so many frames. */
gboolean pan_measure (const CupPixels * picture, guint n_frames,
    gdouble * noise);

G_END_DECLS
