/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One picture through all stages of the local engine:
 *
 *   luma ─→ restoration ─→ texture, detail, shape ─┐
 *   picture ──→ exact resampling ──────────────────┴→ its luma exchanged
 *
 * Of video luma is a plane, and the planes of chroma are resampled.
 *
 * Large pictures go through in bands of rows, so that beside input and output
 * there is never more than some megabytes in memory. The bytes of the result do
 * not depend on bands, threads or the processor.
 */
#pragma once

#include "enhance.h"
#include "image/yuv.h"
#include "restore.h"

G_BEGIN_DECLS

/**
 * CupUpscaling:
 * @network: (nullable): that restores luma; NULL leaves it to exact resampling
 * @instructions: that are available
 * @creativity: see CupEnhancement, as for the next four
 * @detail:
 * @shape_preservation:
 * @seed:
 * @is_lossy:
 */
typedef struct
{
  const CupNetwork *network;
  CupInstructions instructions;
  gdouble creativity;
  gdouble detail;
  gdouble shape_preservation;
  guint64 seed;
  gboolean is_lossy;
} CupUpscaling;

/* Returns about how many bytes it takes to upscale a picture of @in_width ×
 * @in_height to @out_width × @out_height, beside the two: luma of the first, and
 * the planes of a band. Sizes are those that a CupPixels can have. */
guint64 cup_upscale_get_room (guint in_width, guint in_height,
    guint out_width, guint out_height);

/* New picture of @width × @height, at least as large as @input on both sides.
 * @band_samples: about how many samples of luma are worked on at once, 0 for the
 * default. Errors: CUP_ERROR_TOO_LARGE for what does not fit into memory or a
 * CupPixels, and the interrupt's. */
CupPixels *cup_upscale (const CupUpscaling * upscaling,
    const CupPixels * input, guint width, guint height, gsize band_samples,
    CupTeam * team, const CupInterrupt * interrupt, GError ** error);

/* The same for video. */
CupYuv *cup_upscale_yuv (const CupUpscaling * upscaling, const CupYuv * input,
    guint width, guint height, gsize band_samples, CupTeam * team,
    const CupInterrupt * interrupt, GError ** error);

G_END_DECLS
