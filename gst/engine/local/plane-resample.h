/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Planes of luma in another size, in whole numbers: bicubic (a = -1/2), its
 * kernel stretched where an axis shrinks, so that nothing aliases. Weights are
 * Q14 and sum up exactly; taps beyond the borders take the border's sample.
 *
 * Planes of at most four times CUP_PIXELS_MAX_SIDE, which doubled ones are.
 */
#pragma once

#include "plane.h"
#include "team-rows.h"

G_BEGIN_DECLS

/* The rows of the input, of @in_height rows, that rows @rows of a result of
 * @out_height need. */
CupRows cup_plane_resample_get_input_rows (CupRows rows, guint in_height,
    guint out_height);

/* Fills @output, of any size. Errors as those of cup_doubling_run(). */
gboolean cup_plane_resample (const CupPlane * input, CupPlane * output,
    CupTeam * team, const CupInterrupt * interrupt, GError ** error);

/* The same without a limit to the range: for differences of planes. Samples
 * that do not fit into 16 bits are limited. */
gboolean cup_plane_resample_difference (const CupPlane * input,
    CupPlane * output, CupTeam * team, const CupInterrupt * interrupt,
    GError ** error);

/* Differences row by row, for stages that use a row at once. */
typedef struct _CupPlaneResampler CupPlaneResampler;

/* NULL where there is no memory. */
CupPlaneResampler *cup_plane_resampler_new (guint in_width, guint in_height,
    guint out_width, guint out_height);
void cup_plane_resampler_free (CupPlaneResampler * resampler);
/* Samples of scratch memory that a thread needs. */
gsize cup_plane_resampler_get_scratch (const CupPlaneResampler * resampler);
/* Row @y of the result to @row. Any thread, each with @scratch of its own. */
gboolean cup_plane_resampler_run (const CupPlaneResampler * resampler,
    const CupPlane * input, guint y, gint16 * scratch, gint16 * row,
    const CupInterrupt * interrupt, GError ** error);

G_END_DECLS
