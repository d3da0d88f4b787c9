/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which engine the element uses, and how it is set up.
 */
#pragma once

#include "gstcreativeupscaler.h"

G_BEGIN_DECLS

/* The engine that the `engine` property asks for, by itself or by what is
 * configured; says on the bus what `auto` has chosen. Does not touch the
 * network. */
CupEngine *cup_make_engine (GstCreativeUpscaler * self, GError ** error);

G_END_DECLS
