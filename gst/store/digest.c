/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SHA-256: see digest.h.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "digest.h"

#ifdef HAVE_NETTLE

#include <nettle/sha2.h>

G_STATIC_ASSERT (CUP_DIGEST_SIZE == SHA256_DIGEST_SIZE);

struct _CupDigest
{
  struct sha256_ctx context;
};

CupDigest *
cup_digest_new (void)
{
  CupDigest *digest = g_new (CupDigest, 1);

  sha256_init (&digest->context);
  return digest;
}

void
cup_digest_update (CupDigest * digest, gconstpointer data, gsize size)
{
  sha256_update (&digest->context, size, data);
}

void
cup_digest_finish (CupDigest * digest, guint8 bytes[CUP_DIGEST_SIZE])
{
  sha256_digest (&digest->context, CUP_DIGEST_SIZE, bytes);
  g_free (digest);
}

#else

struct _CupDigest
{
  GChecksum *checksum;
};

CupDigest *
cup_digest_new (void)
{
  CupDigest *digest = g_new (CupDigest, 1);

  digest->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  return digest;
}

/* In parts: GChecksum's lengths are signed, and its count of what it was given
 * has 32 bits for each time. */
void
cup_digest_update (CupDigest * digest, gconstpointer data, gsize size)
{
  const guint8 *position = data;

  while (size > 0) {
    gsize part = MIN (size, (gsize) G_MAXINT);

    g_checksum_update (digest->checksum, position, (gssize) part);
    position += part;
    size -= part;
  }
}

void
cup_digest_finish (CupDigest * digest, guint8 bytes[CUP_DIGEST_SIZE])
{
  gsize length = CUP_DIGEST_SIZE;

  g_checksum_get_digest (digest->checksum, bytes, &length);
  g_checksum_free (digest->checksum);
  g_free (digest);
}

#endif

void
cup_digest_bytes (GBytes * bytes, guint8 digest[CUP_DIGEST_SIZE])
{
  CupDigest *state = cup_digest_new ();
  gconstpointer data;
  gsize size;

  data = g_bytes_get_data (bytes, &size);
  cup_digest_update (state, data, size);
  cup_digest_finish (state, digest);
}
