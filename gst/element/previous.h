/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The last frame that was made a job of: a frame with the same pixels and the
 * same settings is not sent again, but leaves with its result. It stays the last
 * one until another is sent: frames that are nearly the same are compared with
 * what their result was made of, so that slow changes add up and are noticed.
 *
 * Of the streaming thread.
 */
#pragma once

#include <gst/gst.h>

#include "input.h"
#include "slot.h"

G_BEGIN_DECLS

/**
 * CupPrevious:
 * @slot: (nullable): its place; NULL where there is none
 *
 * All zero is none. Holds a reference of the frame's buffer.
 */
typedef struct
{
  CupSlot *slot;

  /*< private > */
  CupInput *input;
  GstBuffer *buffer;
  CupValues *values;
  guint encoding;
} CupPrevious;

void cup_previous_clear (CupPrevious * previous);

/* @values and @encoding, a number that stands for the other settings, are those
 * of the frame's job. Of lists of URIs there is none: what they name may change.
 */
void cup_previous_set (CupPrevious * previous, CupSlot * slot,
    GstBuffer * buffer, const CupValues * values, guint encoding);

/* Whether the frame in @buffer is the same: compares all pixels, but stops where
 * the first differs. @threshold: of raw video, the mean difference that is none,
 * in levels of 8 bits; 0 for exactly. Images are always compared exactly. */
gboolean cup_previous_is_same (const CupPrevious * previous, CupInput * input,
    GstBuffer * buffer, const CupValues * values, guint encoding,
    gdouble threshold);

G_END_DECLS
