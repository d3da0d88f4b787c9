/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Brings a result's colours back to those of the picture that it was made of.
 * Diffusion keeps what is seen and drifts in tint and brightness, over the
 * picture and from frame to frame. Only the low frequencies are brought back:
 * the detail is what the result is wanted for.
 *
 * In two steps, as picture and result are hardly ever in memory at once: a
 * small reference is made of the one, and applied to the other when it comes.
 *
 * Samples are compared as they are, gamma-encoded. Integer arithmetic: the same
 * result on every machine. All functions may be called from any thread.
 */
#pragma once

#include "pixels.h"

G_BEGIN_DECLS

/**
 * CupColourMatch:
 * @CUP_COLOUR_MATCH_NONE: leave the result as it came
 * @CUP_COLOUR_MATCH_MEAN: shift each channel by the difference of the means
 * @CUP_COLOUR_MATCH_WAVELET: replace the result's low frequencies with the
 *   picture's, in bands of about 1/64 of the longer side
 */
typedef enum
{
  CUP_COLOUR_MATCH_NONE,
  CUP_COLOUR_MATCH_MEAN,
  CUP_COLOUR_MATCH_WAVELET,
} CupColourMatch;

/* What is kept of a picture: at most 32 kB. Reference counted, immutable. */
typedef struct _CupColourReference CupColourReference;

/* Takes a few milliseconds for each million of pixels; keeps nothing of
 * @pixels. */
CupColourReference *cup_colour_reference_new (const CupPixels * pixels);
CupColourReference *cup_colour_reference_ref (CupColourReference * reference);
void cup_colour_reference_unref (CupColourReference * reference);

/* @pixels (transfer full): the result, of any size, channels and depth, with
 *   the same orientation as the picture that @reference was made of
 *
 * Returns (transfer full): @pixels itself, changed in place, where the caller
 * holds the only reference; else a changed copy, so that nobody else sees a
 * change; NULL with CUP_ERROR_TOO_LARGE (and @pixels gone) where there is no
 * memory for that.
 *
 * Alpha is not touched. Where both have alpha, pixels count by it; where one
 * has, only its opaque places tell anything of the colours. Of places that tell
 * nothing, those around them decide. Gray is compared with the luma of RGB
 * (BT.601, as JPEG has it), and RGB with gray in each channel. */
CupPixels *cup_colour_match_apply (CupColourMatch mode,
    const CupColourReference * reference, CupPixels * pixels, GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupColourReference, cup_colour_reference_unref);

G_END_DECLS
