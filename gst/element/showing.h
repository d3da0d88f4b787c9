/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How frames are to be shown: what their files say of it (image/metadata.h) and
 * raw video cannot carry. Which way up becomes a tag; a colour profile cannot
 * become anything, and the application is told.
 *
 * Of the src task.
 */
#pragma once

#include <gst/gst.h>

#include "slot.h"

G_BEGIN_DECLS

/**
 * CupShowing:
 * @tags: (nullable): the tags that were pushed here last
 * @orientation: what they say, as EXIF counts it; 0 where there are none
 * @warned: what the application was told of, bits of showing.c
 *
 * All zero is nothing.
 */
typedef struct
{
  GstEvent *tags;
  guint orientation;
  guint warned;
} CupShowing;

/* When the src pad loses its events. */
void cup_showing_clear (CupShowing * showing);

/* @slot is about to leave @pad, of @element, which uses @engine, with its result
 * rendered: pushes the tag where it is another one than before, and warns of what
 * is lost, once of each kind. */
void cup_showing_tell (CupShowing * showing, GstElement * element,
    GstPad * pad, const gchar * engine, const CupSlot * slot);

G_END_DECLS
