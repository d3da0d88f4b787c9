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

/* As cup_output_choose(), of which this is the decision. Returns fixed caps. */
GstCaps *cup_choose_caps (CupInput * input, const GstVideoInfo * frame,
    const CupImageInfo * result, GstCaps * peer, GstCaps * current,
    CupImageType image_type, GError ** error);

G_END_DECLS
