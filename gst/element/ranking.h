/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which raw format suits a result best: an order of all formats, from which the
 * choice takes the first one that downstream accepts.
 *
 * Video that came raw keeps its own format; after that come formats with the same
 * subsampling and enough depth, then those of the same kind (YUV or RGB), and the
 * other kind last. A picture that came as a file has no format to keep: there the
 * order goes by what the format loses of the result.
 */
#pragma once

#include "input.h"

G_BEGIN_DECLS

/* A format below this loss holds the result as well as the best one does: caps
 * that are out already with such a format need not change. */
#define CUP_RANKING_KEEP 60

/* What is added for a format that downstream names only behind others. A converter
 * names first what it passes on as it is: of two formats that keep the same, the
 * one that the element behind the converter takes is better. (videoconvert makes
 * Y444 of 8 bits of P010 for an encoder that takes I420_10LE.) */
#define CUP_RANKING_LATER 3

/* Returns the number of bits of each colour, the least of them; alpha may have
 * another depth. Not GST_VIDEO_FORMAT_INFO_BITS(), which is 16 where 10 bits are
 * stored in 16. */
gint cup_ranking_get_depth (const GstVideoFormatInfo * finfo);

/* Returns how much is lost, and after that wasted, when @result, made of a frame
 * of @input, leaves in the format. The lowest number is the best. */
gint cup_ranking_get_loss (const CupInput * input,
    const CupImageInfo * result, const GstVideoFormatInfo * finfo);

G_END_DECLS
