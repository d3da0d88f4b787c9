/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Resampling to an exact size: Lanczos with three lobes, separable.
 *
 * Pixel centres are aligned (the picture's edges stay where they are), each
 * axis has its own factor, and where an axis shrinks its kernel is stretched
 * by the factor, so that nothing aliases. Taps outside of the picture are left
 * out and the others make up for them: a flat picture stays exactly flat up to
 * its borders. Samples are filtered as they are stored, without any change of
 * transfer function, and rounded to nearest once, at the end.
 *
 * Alpha: colour is weighted by alpha while it is filtered, so that what is
 * transparent never bleeds into what is not. Pixels that come out fully
 * transparent are black. A picture whose alpha is opaque throughout gets
 * exactly the colours that it would get without alpha, and stays opaque.
 *
 * The same input gives the same bytes, always, however many threads share the
 * work. Any thread may call this; the memory in use beside the result is that of
 * some rows.
 */
#pragma once

#include "image/yuv.h"
#include "team-rows.h"

G_BEGIN_DECLS

/* New picture of @width × @height with the channels and depth of @input, which
 * is not changed; the same size gives an exact copy. CUP_ERROR_BAD_DATA or
 * CUP_ERROR_TOO_LARGE for a size that no CupPixels can have or that does not
 * fit into memory, and G_IO_ERROR_CANCELLED soon after @cancellable (nullable)
 * is triggered. */
CupPixels *cup_resample (const CupPixels * input, guint width, guint height,
    GCancellable * cancellable, GError ** error);

/* The same for who has a deadline as well. */
CupPixels *cup_resample_interruptible (const CupPixels * input, guint width,
    guint height, const CupInterrupt * interrupt, GError ** error);

/* Fills rows @rows of @output, which has the channels and depth of @input and any
 * size. @luma: (nullable): has these rows, in the size of @output, and takes the
 * place of the luma that interpolation gives. @own_luma: (nullable): that luma,
 * for pictures of which it is to be as exact as theirs; where it is NULL it is
 * that of the colours, and of a gray picture nothing but @luma is left. @team:
 * (nullable): for this thread alone. */
gboolean cup_resample_rows (const CupPixels * input, CupPixels * output,
    CupRows rows, const CupPlane * luma, const CupPlane * own_luma,
    CupTeam * team, const CupInterrupt * interrupt, GError ** error);

/* Fills the planes of chroma of @output, which has the layout of @input and any
 * size of luma. Where chroma lies stays as it is. */
gboolean cup_resample_chroma (const CupYuv * input, CupYuv * output,
    CupTeam * team, const CupInterrupt * interrupt, GError ** error);

/* The same as for pictures for planes of luma. @input is a whole picture. */
gboolean cup_resample_plane (const CupPlane * input, CupPlane * output,
    CupTeam * team, const CupInterrupt * interrupt, GError ** error);

G_END_DECLS
