/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the steps of a frame's way cost at the least: each for itself, into memory
 * that is there, by all libraries that this build has.
 */
#pragma once

#include <gst/video/video.h>

#include "bench-cost.h"
#include "image/pixels.h"

typedef struct
{
  const GstVideoInfo *info;     /* of the frame that goes up */
  GstBuffer *buffer;
  const GstVideoInfo *large_info;       /* and of the result */
  const CupPixels *large;
  GBytes *png;
} StepsSubject;

/* Prints all, the sum of the fastest one of each kind, and what part of it @cpu (the
 * element's milliseconds) is. */
void bench_steps_measure (const StepsSubject * subject, gdouble cpu);
