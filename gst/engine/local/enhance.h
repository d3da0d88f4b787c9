/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the local engine adds to luma that has its final size: texture that
 * could have been there (creativity), stronger detail, and less of both where
 * the shape of the picture is to be preserved.
 *
 * Everything is computed from the picture's own content around a pixel, never
 * from where the pixel is: what is added moves with the picture, and a video
 * does not shimmer, nor does it look as if through a dirty window.
 */
#pragma once

#include "plane.h"
#include "team-rows.h"

G_BEGIN_DECLS

/**
 * CupEnhancement:
 * @creativity: 0…1, 0 for no texture
 * @detail: 0…5, 0 for as it is
 * @shape_preservation: 0…3; how much of what creativity and detail change at
 *   the input's own scale is taken back: nothing with 0, nearly all with 1,
 *   all with 3. Changes nothing where both are 0
 * @seed: which texture; without a meaning where creativity is 0
 * @input_width: of the picture before it was enlarged
 * @input_height: the same
 * @is_lossy: whether a lossy codec has been at the picture. What is as small as
 *   what that leaves behind is not made stronger, nor does it flicker more
 */
typedef struct
{
  gdouble creativity;
  gdouble detail;
  gdouble shape_preservation;
  guint64 seed;
  guint input_width;
  guint input_height;
  gboolean is_lossy;
} CupEnhancement;

/* The rows of the base, of @height rows, that rows @rows of the result need. */
CupRows cup_enhance_get_base_rows (const CupEnhancement * enhancement,
    CupRows rows, guint height);

/* Fills @output from @base, both of the final size. Errors as those of
 * cup_doubling_run(). */
gboolean cup_enhance_run (const CupEnhancement * enhancement,
    const CupPlane * base, CupPlane * output, CupTeam * team,
    const CupInterrupt * interrupt, GError ** error);

G_END_DECLS
