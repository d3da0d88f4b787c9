/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How far one frame is from another: the same scene, or a new one.
 *
 * Frames are compared as thumbnails of luma, which are small enough to be kept
 * by value. All functions may be called from any thread.
 */
#pragma once

#include "pixels.h"

G_BEGIN_DECLS

#define CUP_SCENE_WIDTH 32
#define CUP_SCENE_HEIGHT 18

/* What a threshold is best set to where nothing is known of the stream. */
#define CUP_SCENE_DEFAULT_THRESHOLD 0.3

/**
 * CupSceneThumbnail:
 * @luma: of the whole frame, whatever its aspect; transparency is black
 */
typedef struct
{
  guint8 luma[CUP_SCENE_HEIGHT][CUP_SCENE_WIDTH];
} CupSceneThumbnail;

/* Looks at every pixel once. Of YUV, the plane of luma can be looked at as it is,
 * through a CupPixels on the stack with one channel. */
void cup_scene_thumbnail_init (CupSceneThumbnail * thumbnail,
    const CupPixels * pixels);

/* 0 (the same) … 1 (nothing in common); the order does not matter.
 *
 * It is large only where both the histograms and the composition differ: a pan
 * keeps the one, flashes, exposure and the steps of a fade the other, and noise
 * both. Cuts are mostly above 0.4, all else below 0.25. A flash that leaves
 * nothing to be seen is a new scene, and so is the end of a fade when it is
 * compared with its beginning. Takes about 0.1 ms. */
gdouble cup_scene_get_distance (const CupSceneThumbnail * a,
    const CupSceneThumbnail * b);

G_END_DECLS
