/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A seekable source for whole pipelines: KEY_SOURCE_FRAMES frames of the
 * fixture's caps, each filled with its number, so that what comes out tells
 * where in the stream it is from. Forwards and backwards, from any position.
 */
#pragma once

#include "fixture.h"

G_BEGIN_DECLS

#define KEY_SOURCE_FRAMES 250
#define KEY_SOURCE_DURATION (KEY_SOURCE_FRAMES * FRAME_DURATION)

/* Registers "keysource" in this process. */
void key_source_register (void);

G_END_DECLS
