/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What leaves the src pad: chosen from what downstream accepts for a result
 * that is there, and made from results on the workers.
 *
 * Never changed once it is in use; may be used from any thread.
 */
#pragma once

#include <gst/video/video.h>

#include "engine/job.h"
#include "input.h"

G_BEGIN_DECLS

/**
 * CupOutput:
 * @caps: fixed
 * @image_type: CUP_IMAGE_UNKNOWN for raw video
 * @info: of raw video; of images the size, framerate and aspect ratio
 */
typedef struct
{
  GstCaps *caps;
  CupImageType image_type;
  GstVideoInfo info;

  /*< private > */
  gint ref_count;
  CupInput *input;              /* what it was chosen for: */
  CupImageInfo result;
  guint quality;
  gboolean wraps;               /* the pixels' own memory leaves */
  GstBufferPool *pool;          /* where frames are written, not wrapped */
} CupOutput;

/* Chooses for a result that came of @input; @frame has the size of the frame in
 * question. @peer: what downstream accepts, in its order of preference (it is
 * ANY where downstream does not care: then images stay images and raw video
 * stays raw video). @current: what is used
 * now, kept where it can hold the result as well as any other. @image_type and
 * @quality: how pixels are encoded, CUP_IMAGE_UNKNOWN for the best that
 * downstream takes. */
CupOutput *cup_output_choose (CupInput * input, const GstVideoInfo * frame,
    const CupResult * result, GstCaps * peer, CupOutput * current,
    CupImageType image_type, guint quality, GError ** error);
CupOutput *cup_output_ref (CupOutput * output);
void cup_output_unref (CupOutput * output);

/* Before it is in use: gives it the pool for its frames, made of downstream's
 * answer to an ALLOCATION query. Does nothing where no pool is needed. */
gboolean cup_output_configure_pool (CupOutput * output, GstQuery * allocation,
    GError ** error);

/* Whether @result of a frame that came as @input can be rendered for it. */
gboolean cup_output_fits (const CupOutput * output, const CupInput * input,
    const CupResult * result);
/* Whether buffers made for @a can be pushed under the caps of @b. */
gboolean cup_output_is_equal (const CupOutput * a, const CupOutput * b);

/* On a worker: decodes, converts or encodes, whatever is needed, and puts the
 * frame's @metadata on it. @is_unsafe: whether the result is black in place of
 * what a safety checker has taken away; FALSE unless it is to be checked. */
GstBuffer *cup_output_render (CupOutput * output, const GstVideoInfo * frame,
    const CupResult * result, GstBuffer * metadata, gboolean * is_unsafe,
    GError ** error);

G_END_DECLS
