/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frames of the usual formats as gst/image/convert.h takes them: where their samples
 * are, and what they mean.
 *
 * Functions may be called from any thread; they keep no state.
 */
#pragma once

#include <gst/video/video.h>

#include "image/convert.h"

G_BEGIN_DECLS

/* Kr and Kb of the matrix; of one that is not labelled as GStreamer takes it, by
 * size. */
void cup_colour_get_weights (const GstVideoInfo * info, gdouble * kr,
    gdouble * kb);
/* Of YUV and gray. */
void cup_colour_get_coding (const GstVideoInfo * info,
    CupColourCoding * coding);

/* FALSE where the frame is nothing of that kind, or not in the machine's byte
 * order. The samples are valid as long as the frame is mapped, and are for writing
 * if that is. */
gboolean cup_colour_get_planes (const GstVideoFrame * frame,
    CupPlanes * planes);
gboolean cup_colour_get_packed (const GstVideoFrame * frame,
    CupPacked * packed);

/* Returns how many bytes each sample of the format has, 1 or 2, where all of them
 * have the same bits of a byte or a word and lie at regular distances, so that they
 * can be looked at where they are. Returns 0 for all other formats, those that this
 * code does not know among them: they are to be unpacked. */
guint cup_colour_get_sample_size (const GstVideoFormatInfo * finfo);
/* Returns where the component's first sample is, in bytes from the plane's begin, for
 * formats that have a sample size. GStreamer has that of P010 and its like in
 * samples. */
guint cup_colour_get_sample_offset (const GstVideoFormatInfo * finfo,
    guint component);
/* Returns whether samples of 2 bytes have the other byte order than the machine. */
gboolean cup_colour_is_swapped (const GstVideoFormatInfo * finfo);

G_END_DECLS
