/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstPreset for the element.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* GInterfaceInitFunc. */
void cup_preset_interface_init (gpointer iface, gpointer data);

G_END_DECLS
