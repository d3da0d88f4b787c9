/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What leaves the src pad: chosen from what downstream accepts for a result
 * that is there, and made from results on the workers.
 *
 * Never changed once it is in use; may be used from any thread.
 */
#pragma once

#include <gst/video/video.h>

#include "choice.h"
#include "engine/job.h"
#include "input.h"
#include "properties.h"

G_BEGIN_DECLS

/**
 * CupSizing:
 * @policy: the property
 * @width: with FIRST, the size that all leave with; 0 before there is one
 * @height: see @width
 *
 * Which size results leave with. Plain data.
 */
typedef struct
{
  GstCreativeUpscalerSizePolicy policy;
  guint width;
  guint height;
} CupSizing;

/* The size that a result of @info leaves with, of which the frame was to be
 * enlarged by @scale. Where the frame's size is not known (the service has
 * fetched it), EXACT is the result's own size. */
void cup_sizing_get_size (const CupSizing * sizing, const GstVideoInfo * frame,
    gdouble scale, const CupImageInfo * info, guint * width, guint * height);

/**
 * CupOutputEncoding: how pixels are encoded
 * @type: CUP_IMAGE_UNKNOWN for the best that downstream takes
 * @quality: of JPEG and WebP
 * @compression_level: of PNG
 */
typedef struct
{
  CupImageType type;
  guint quality;
  guint compression_level;
} CupOutputEncoding;

/**
 * CupOutput:
 * @caps: fixed
 * @image_type: CUP_IMAGE_UNKNOWN for raw video
 * @info: of raw video; of images the size only
 * @frame_width: of the frame that it was chosen for, 0 where it is not known
 * @frame_height: see @frame_width
 * @layout: type, channels and depth of the result that it was chosen for
 * @sizing: with which the size was found, that of @info
 */
typedef struct
{
  GstCaps *caps;
  CupImageType image_type;
  GstVideoInfo info;
  gint frame_width;
  gint frame_height;
  CupImageInfo layout;
  CupSizing sizing;

  /*< private > */
  gint ref_count;
  CupInput *input;              /* what it was chosen for */
  gint par_n;
  gint par_d;
  guint quality;
  guint compression_level;
  gboolean wraps;               /* the pixels' own memory leaves */
  GstBufferPool *pool;          /* downstream's, where it has one */
  GstAllocator *allocator;      /* without a pool: of frames that are written */
  GstAllocationParams params;   /* with it, as downstream asks for */
  gboolean is_own;              /* the pool's memory is that of the allocator */
  gboolean has_video_meta;      /* downstream knows it */
} CupOutput;

/* Chooses for @picture, whose size was found with @sizing. @peer: what
 * downstream accepts, in its order of preference (it is ANY where downstream
 * does not care: then images stay images and raw video stays raw video).
 * @current: what is used now, kept where it can hold the result as well as any
 * other. */
CupOutput *cup_output_choose (const CupPicture * picture,
    const CupSizing * sizing, GstCaps * peer, CupOutput * current,
    const CupOutputEncoding * encoding, GError ** error);
CupOutput *cup_output_ref (CupOutput * output);
void cup_output_unref (CupOutput * output);

/* Before it is in use: has frames written into memory of the kind that downstream's
 * answer to an ALLOCATION query asks for. Does nothing for images. */
gboolean cup_output_configure_pool (CupOutput * output, GstQuery * allocation,
    GError ** error);

/* Whether @picture can be rendered for it. */
gboolean cup_output_fits (const CupOutput * output,
    const CupPicture * picture);
/* Whether buffers made for @a can be pushed under the caps of @b. */
gboolean cup_output_is_equal (const CupOutput * a, const CupOutput * b);

/* Whether @result, which @output fits, leaves as the file that it is. */
gboolean cup_output_is_untouched (const CupOutput * output,
    const CupResult * result);

/* The size that a frame itself leaves with, which was to be enlarged by @scale:
 * that of the results of its size, which @output may have been chosen for (NULL
 * where there is none), or else what @sizing makes of the exact one. FALSE
 * where it is not known. */
gboolean cup_output_get_original_size (const CupOutput * output,
    const CupSizing * sizing, const GstVideoInfo * frame, gdouble scale,
    guint * width, guint * height);

/* A buffer with the memory of @buffer, which @output has rendered, and another
 * frame's @metadata; nobody writes to the memory any more. Any thread. */
GstBuffer *cup_output_repeat (CupOutput * output, GstBuffer * buffer,
    const GstVideoInfo * frame, GstBuffer * metadata);

/* On a worker: decodes, resamples, converts or encodes, whatever is needed, and
 * puts the frame's @metadata on it. @is_unsafe: whether the result is black in
 * place of what a safety checker has taken away; FALSE unless it is to be
 * checked. Ends early where @cancellable is triggered. Of @result only what was found
 * out by that is changed: the flaw, and the channels that leave. */
GstBuffer *cup_output_render (CupOutput * output, const GstVideoInfo * frame,
    CupResult * result, GstBuffer * metadata, GCancellable * cancellable,
    gboolean * is_unsafe, GError ** error);

G_END_DECLS
