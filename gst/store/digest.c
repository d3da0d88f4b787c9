/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "digest.h"

void
cup_digest_finish (GChecksum * checksum, guint8 digest[CUP_DIGEST_SIZE])
{
  gsize length = CUP_DIGEST_SIZE;

  g_checksum_get_digest (checksum, digest, &length);
  g_checksum_free (checksum);
}

void
cup_digest_bytes (GBytes * bytes, guint8 digest[CUP_DIGEST_SIZE])
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
  const guint8 *data;
  gsize size;

  /* GChecksum's lengths are gssize: what is larger goes in two. */
  data = g_bytes_get_data (bytes, &size);
  while (size > 0) {
    gsize part = MIN (size, (gsize) G_MAXINT);

    g_checksum_update (checksum, data, (gssize) part);
    data += part;
    size -= part;
  }
  cup_digest_finish (checksum, digest);
}
