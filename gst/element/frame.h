/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between GStreamer's buffers and the pictures of the layers below: memory,
 * times and metas.
 */
#pragma once

#include <gst/video/video.h>

#include "image/image.h"

G_BEGIN_DECLS

/* The raw format that holds CupPixels with these channels and depth best; for
 * RGB of 16 bits, which GStreamer does not have, RGBA64. */
GstVideoFormat cup_frame_native_format (guint channels, guint depth);
/* Whether CupPixels of these channels and depth are a frame of @format, byte
 * for byte. */
gboolean cup_frame_is_native (guint channels, guint depth,
    GstVideoFormat format);

/* Shares the buffer's memory for as long as the bytes live. */
GBytes *cup_frame_map_bytes (GstBuffer * buffer, GError ** error);

/* A buffer that has the memory of @pixels (a reference is taken), which is read
 * only where somebody else has them, too. Only for native formats. */
GstBuffer *cup_frame_wrap_pixels (CupPixels * pixels);

/* Clears what is between the rows of @frame, which is mapped for writing: what no
 * sample is in must not show what was in that memory before. */
void cup_frame_clear_padding (GstVideoFrame * frame);

/* Times, offsets, flags and the metas that do not describe memory: all of a
 * frame that outlives its pixels. */
GstBuffer *cup_frame_copy_metadata (GstBuffer * buffer);

/* Puts them on the result. Metas follow the rule of GstVideoFilter: those
 * without a tag, or about orientation only, are copied; those about size are
 * transformed from @in to @out's; others are left out. */
void cup_frame_apply_metadata (GstBuffer * buffer, GstBuffer * metadata,
    const GstVideoInfo * in, const GstVideoInfo * out);

G_END_DECLS
