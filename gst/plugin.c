/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the Creative Upscaler authors
 *
 * Registers the element, nothing else.
 */
#include "config.h"

#include <gst/gst.h>

#include "element/gstcreativeupscaler.h"

static gboolean
plugin_init (GstPlugin * plugin)
{
  return GST_ELEMENT_REGISTER (creativeupscaler, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, creativeupscaler,
    "Upscales frames with a diffusion model that invents plausible detail",
    plugin_init, PACKAGE_VERSION, "LGPL", PACKAGE_NAME, PACKAGE_ORIGIN)
