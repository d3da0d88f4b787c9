/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Action signals: what an application can have the element do.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* For the reference page: what a signal of the element's class does. NULL for
 * one that there is not. */
const gchar *cup_action_get_blurb (const gchar * signal);

void cup_actions_install (GObjectClass * klass);

G_END_DECLS
