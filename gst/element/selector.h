/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells select.h of frames: what it wants to know of them is read here.
 *
 * Of the streaming thread.
 */
#pragma once

#include <gst/gst.h>

#include "image/scene.h"
#include "input.h"
#include "report.h"
#include "select.h"

G_BEGIN_DECLS

/**
 * CupSelector:
 *
 * Plain data: a copy can be gone back to. All zero is the state before the first
 * frame.
 */
typedef struct
{
  /*< private > */
  CupSelect select;
  gboolean has_scene;
  CupSceneThumbnail scene;      /* of the last that was selected */
} CupSelector;

/* The next frame is the first again. */
void cup_selector_reset (CupSelector * selector);

/* Whether the frame is selected. @buffer has its pixels or bytes, @metadata its
 * flags. A new scene is looked for in the pixels, here and now, which takes a
 * few milliseconds (RGB is converted, and images are decoded for it, which takes
 * longer); of what is only named by a URI, each is one. */
gboolean cup_selector_select (CupSelector * selector,
    const CupSelectSettings * settings, CupInput * input, GstBuffer * buffer,
    GstBuffer * metadata, const CupTimes * times);

G_END_DECLS
