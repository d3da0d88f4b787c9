/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SHA-256: by Nettle where that is there (HAVE_NETTLE), which uses what the
 * processor has for it, else by GLib, which is portable and several times slower.
 * What comes out is the same.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CUP_DIGEST_SIZE 32

/* One thread at a time. */
typedef struct _CupDigest CupDigest;

CupDigest *cup_digest_new (void);
void cup_digest_update (CupDigest * digest, gconstpointer data, gsize size);
/* Frees @digest. */
void cup_digest_finish (CupDigest * digest, guint8 bytes[CUP_DIGEST_SIZE]);

/* Any thread. */
void cup_digest_bytes (GBytes * bytes, guint8 digest[CUP_DIGEST_SIZE]);

G_END_DECLS
