/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SHA-256, by GLib; the one place to change for a faster one.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CUP_DIGEST_SIZE 32

/* Any thread. */
void cup_digest_bytes (GBytes * bytes, guint8 digest[CUP_DIGEST_SIZE]);
/* Frees @checksum. */
void cup_digest_finish (GChecksum * checksum,
    guint8 digest[CUP_DIGEST_SIZE]);

G_END_DECLS
