/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which caps a result leaves with: the choice among what downstream accepts.
 */
#pragma once

#include <gst/video/video.h>

#include "input.h"

G_BEGIN_DECLS

/* The template of both pads: any raw format that GStreamer can unpack, and the
 * images of this build. No interlace-mode: what is not progressive is refused
 * when the caps come, with an error that says so. */
GstCaps *cup_choice_get_template_caps (void);
/* The same with lists of URIs, which the sink pad takes, too. */
GstCaps *cup_choice_get_sink_template_caps (void);

/* All that the sink pad takes, in the order that a source without a wish of its
 * own had better follow: video/x-raw of 8 bits first, since frames are sent with
 * all the depth and alpha that their format has. */
GstCaps *cup_choice_get_sink_caps (void);

/**
 * CupPicture:
 * @input: what the frame came as
 * @frame: the same with the frame's own size, 0×0 where that is not known
 * @scale: by how much the frame was to be enlarged
 * @info: type, channels and depth of the result; the size that it leaves with,
 *   which may be another than its own
 * @is_original: the frame itself in place of its result: its pixels are made to
 *   fit whatever channels and depth leave
 *
 * What caps are chosen for.
 */
typedef struct
{
  CupInput *input;
  const GstVideoInfo *frame;
  gdouble scale;
  CupImageInfo info;
  gboolean is_original;
} CupPicture;

/* The frame's size times @scale, rounded; FALSE where the size is not known. */
gboolean cup_choice_get_exact_size (const GstVideoInfo * frame, gdouble scale,
    guint * width, guint * height);

/* The pixel aspect ratio that @picture leaves with. */
void cup_choice_get_aspect (const CupPicture * picture, gint * num,
    gint * den);

/* As cup_output_choose(), of which this is the decision. Returns fixed caps. */
GstCaps *cup_choose_caps (const CupPicture * picture, GstCaps * peer,
    GstCaps * current, CupImageType image_type, GError ** error);

G_END_DECLS
