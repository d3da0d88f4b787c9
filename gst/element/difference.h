/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How far apart two frames of raw video are: the mean absolute difference of their
 * samples, as a decoder's noise is measured.
 */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/* Whether the mean over all samples of all components that can be seen, chroma
 * and alpha among them, each as often as it is stored, is at most @threshold,
 * in levels of 8 bits: a level of 10 bits is a quarter. Two frames of one format
 * and size, mapped for reading; any thread. Ends as soon as it is more. */
gboolean cup_difference_is_within (const GstVideoFrame * a,
    const GstVideoFrame * b, gdouble threshold);

G_END_DECLS
