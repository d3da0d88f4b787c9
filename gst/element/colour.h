/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between frames of any raw format and CupPixels, exactly: with the stream's
 * own matrix, range and chroma site, and correct rounding.
 *
 * GStreamer's GstVideoFormatInfo knows how every format lies in memory, and
 * GstVideoChromaResample where chroma sits; both are used. GstVideoConverter
 * is not: its 8-bit path makes grey 2.3 levels too dark, and its 16-bit path
 * tints it by 1.5 levels of red and blue.
 *
 * Functions may be called from any thread; they keep no state.
 */
#pragma once

#include <gst/video/video.h>

#include "image/pixels.h"

G_BEGIN_DECLS

/* Whether frames of the format have alpha. GStreamer's own flag of AV12 says no,
 * though its fourth component is alpha. */
gboolean cup_colour_has_alpha (const GstVideoFormatInfo * finfo);

/* The pixels that frames of @info become: gray stays gray, alpha is kept, more
 * than 8 bits become 16. */
void cup_colour_get_layout (const GstVideoInfo * info, guint * channels,
    guint * depth);

CupPixels *cup_colour_read_frame (const GstVideoFrame * frame,
    GError ** error);

/* @frame is mapped for writing and has the size of @pixels. What its format
 * cannot hold is dropped: alpha, colour, depth by rounding. */
gboolean cup_colour_write_frame (GstVideoFrame * frame,
    const CupPixels * pixels, GError ** error);

G_END_DECLS
