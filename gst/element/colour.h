/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between frames of any raw format and CupPixels, exactly: with the stream's
 * own matrix, range and chroma site, and correct rounding.
 *
 * The usual ones are converted by gst/image/convert.h. For all others
 * GStreamer's GstVideoFormatInfo knows how they lie in memory, and
 * GstVideoChromaResample where chroma sits; it rounds each time that it halves
 * or doubles. GstVideoConverter is not used: its 8-bit path makes grey 2.3 levels
 * too dark, and its 16-bit path tints it by 1.5 levels of red and blue.
 *
 * Functions may be called from any thread; those that convert keep no state.
 */
#pragma once

#include <gst/video/video.h>

#include "image/convert.h"
#include "image/pixels.h"

G_BEGIN_DECLS

/* For tests and benchmarks, which compare both: TRUE has every format that begins
 * from then on converted as those are that nothing is faster for. */
void cup_colour_set_general (gboolean general);

/* Whether frames of the format have alpha. GStreamer's own flag of AV12 says no,
 * though its fourth component is alpha. */
gboolean cup_colour_has_alpha (const GstVideoFormatInfo * finfo);

/* Returns whether cup_colour_write_frame() can make frames of the format. */
gboolean cup_colour_can_write (const GstVideoFormatInfo * finfo);

/* The pixels that frames of @info become: gray stays gray, alpha is kept, more
 * than 8 bits become 16. */
void cup_colour_get_layout (const GstVideoInfo * info, guint * channels,
    guint * depth);

/* Unpacks line @y of a frame that is mapped for reading: four components a pixel,
 * alpha first, of 8 or 16 bits as the format's unpacked form has; a component with
 * fewer bits has them at the top, and zeros below. @line has room for
 * cup_colour_get_line_size() bytes. */
void cup_colour_unpack_line (const GstVideoFrame * frame, gint y,
    gpointer line);
gsize cup_colour_get_line_size (const GstVideoInfo * info);

/* Of uninitialised samples, but for the padding: it is handed on with them, and
 * must not show what was in that memory before. */
CupPixels *cup_colour_new_pixels (guint width, guint height, guint channels,
    guint depth, GError ** error);
CupPixels *cup_colour_read_frame (const GstVideoFrame * frame,
    GError ** error);

/* @frame is mapped for writing and has the size of @pixels. What its format
 * cannot hold is dropped: alpha, colour, depth by rounding. */
gboolean cup_colour_write_frame (GstVideoFrame * frame,
    const CupPixels * pixels, GError ** error);

/* The same for a picture that comes row by row, of @channels samples of @depth bits;
 * NULL for formats that take all of it at once. @frame remains mapped meanwhile. */
CupConvertRows *cup_colour_new_rows (const GstVideoFrame * frame,
    guint channels, guint depth);

G_END_DECLS
