/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The properties cache-location, cache and cache-max-size, and what they ask for.
 */
#pragma once

#include "gstcreativeupscaler.h"

G_BEGIN_DECLS

/* The cache that is wanted, NULL for none or with an error. Its trouble is posted
 * by @progress. From the state change READY → PAUSED; waits for the disk, for
 * milliseconds. */
CupCache *cup_caching_open (GstCreativeUpscaler * self,
    CupProgressReporter * progress, GError ** error);

G_END_DECLS
