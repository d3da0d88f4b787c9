/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What JPEG does to luma: its transform, quantised and undone. Without libjpeg,
 * whose output is not promised to be the same from one version to the next
 * (and is not, with other transforms and vector instructions): in whole
 * numbers, and so the same anywhere.
 */
#pragma once

#include "image/pixels.h"

G_BEGIN_DECLS

/* A gray picture as it would be after JPEG of @quality, 1…100. */
CupPixels *cup_damage_jpeg (const CupPixels * picture, guint quality);

G_END_DECLS
