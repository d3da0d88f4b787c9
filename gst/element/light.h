/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a PNG says of the meaning of its samples (image/light.h), in GStreamer's terms.
 *
 * Any thread, at any time.
 */
#pragma once

#include <gst/video/video.h>

#include "image/light.h"

G_BEGIN_DECLS

/* Sets the transfer function and the primaries of @colorimetry to what caps can say of
 * @light: those of sRGB where it makes no difference to that. Returns FALSE, with sRGB,
 * where it makes one and caps have no word for it. */
gboolean cup_light_get_colorimetry (const CupImageLight * light,
    GstVideoColorimetry * colorimetry);

/* Adds to @caps what @light says of HDR. */
void cup_light_add_hdr (const CupImageLight * light, GstCaps * caps);

G_END_DECLS
