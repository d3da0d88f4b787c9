/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pictures that the service's storage has already: another submission of the
 * same bytes sends the address only, as long as the service keeps them.
 */
#pragma once

#include "digest.h"
#include "store.h"

G_BEGIN_DECLS

/* @digest is that of the bytes that were sent; @place tells one storage from
 * another (its location). @expires: microseconds since 1970 UTC. Those that
 * have expired are removed with it. */
gboolean cup_store_add_upload (CupStore * store,
    const guint8 digest[CUP_DIGEST_SIZE], const gchar * place,
    const gchar * url, gint64 expires, GError ** error);
/* TRUE with the address, to be freed, or with NULL where there is none that is
 * kept for at least @margin microseconds more. */
gboolean cup_store_lookup_upload (CupStore * store,
    const guint8 digest[CUP_DIGEST_SIZE], const gchar * place, gint64 margin,
    gchar ** url, GError ** error);
/* The service says that it is not there. */
gboolean cup_store_remove_upload (CupStore * store,
    const guint8 digest[CUP_DIGEST_SIZE], const gchar * place,
    GError ** error);

G_END_DECLS
