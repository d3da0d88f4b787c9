/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pictures out of nothing but a seed, for training and for tests: "dead leaves"
 * (shapes of all sizes on top of each other, whose sizes follow a power law:
 * edges and scales as photographs have them), with gradients, stripes and
 * fractal textures, soft and hard edges; line art and rows of strokes that
 * look like writing; the noise of a sensor.
 *
 * The same bytes on every machine (exact.h).
 */
#pragma once

#include "image/pixels.h"

G_BEGIN_DECLS

/* Picture @number of the series @seed, 8 bits. @channels is 1, or 3 for the same
 * picture in colours (whose luma is not that of the gray one to the last level).
 * Any thread may call this. */
CupPixels *cup_picture_new (guint64 seed, guint number, guint width,
    guint height, guint channels);

/* The pictures that figures are told of: no recipe has their seed. */
#define CUP_PICTURE_HELD_OUT_SEED 1000
#define CUP_PICTURE_HELD_OUT_COUNT 8
#define CUP_PICTURE_HELD_OUT_WIDTH 256
#define CUP_PICTURE_HELD_OUT_HEIGHT 192

G_END_DECLS
