/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is known of a result beside its pixels, as a GstCustomMeta on its
 * buffer: docs/messages.md has its fields, which are an interface.
 */
#pragma once

#include <gst/gst.h>

#include "engine/job.h"
#include "progress.h"

G_BEGIN_DECLS

#define CUP_META_NAME "GstCreativeUpscalerMeta"

/* Once, before any buffer is made. */
void cup_meta_register (void);

/* Takes the place of one that another upscaler in front has left.
 * @source: what leaves. */
void cup_meta_add (GstBuffer * buffer, const CupResult * result,
    CupFrameProgress * frame, GstClockTime pts, gboolean is_unsafe,
    CupSource source);

G_END_DECLS
