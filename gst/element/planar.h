/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between frames of video and CupYuv: the samples as they are, for an engine that
 * enlarges luma and chroma apart. Nothing is converted on the way to it, nor
 * back where downstream takes the same kind of video.
 *
 * Functions may be called from any thread; they keep no state.
 */
#pragma once

#include <gst/video/video.h>

#include "image/yuv.h"

G_BEGIN_DECLS

/* Whether frames of @info can be: 8 bits, planes for luma and chroma or for
 * luma and both of chroma, of known sites. */
gboolean cup_planar_is_supported (const GstVideoInfo * info);

CupYuv *cup_planar_read (const GstVideoFrame * frame, GError ** error);

/* Whether @yuv, whose samples mean what those of @in do, is a frame of @out
 * without any conversion. */
gboolean cup_planar_fits (const CupYuv * yuv, const GstVideoInfo * in,
    const GstVideoInfo * out);
/* @frame is mapped for writing, has the size of @yuv, and it fits. */
void cup_planar_write (GstVideoFrame * frame, const CupYuv * yuv);

/* For all else. @in: whose samples it has. */
CupPixels *cup_planar_to_pixels (const CupYuv * yuv, const GstVideoInfo * in,
    GError ** error);

G_END_DECLS
