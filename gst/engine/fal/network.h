/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What fal engines of one process share: the HTTP thread and its connections,
 * and what is learned of the service's limits.
 *
 * It goes from element to element in a GstContext, where applications get hold
 * of it: so there is nothing in it to be read, and no key. Whose account a
 * limit is of is known by a digest that cannot be turned back. With the last
 * engine everything in it goes; an empty network may be used again.
 */
#pragma once

#include "limiter.h"
#include "net/http.h"

G_BEGIN_DECLS

#define CUP_TYPE_FAL_NETWORK (cup_fal_network_get_type ())
G_DECLARE_FINAL_TYPE (CupFalNetwork, cup_fal_network, CUP, FAL_NETWORK,
    GObject)

/**
 * CupFalOrigin:
 * @n_streams: that are open there, of all engines: HTTP thread only
 *
 * The queue's scheme, host and port, as far as engines use it.
 */
typedef struct
{
  gchar *name;
  guint n_users;
  guint n_streams;
} CupFalOrigin;

/**
 * CupFalAccount:
 * @limiter: of the jobs that are there
 *
 * A key at an origin, as far as engines use it. The service limits accounts: two
 * keys may be of the same one, but nothing tells, and to slow one customer down
 * for another's refusals would be wrong. Keys of one account that are used side
 * by side each find their limit by their own refusals.
 */
typedef struct
{
  gchar *digest;
  guint n_users;
  CupFalOrigin *origin;
  CupFalLimiter *limiter;
} CupFalAccount;

/* Any thread, all of them. */
CupFalNetwork *cup_fal_network_new (void);
/* As cup_http_new_shared(). */
CupHttp *cup_fal_network_open (CupFalNetwork * network,
    const CupHttpOptions * options, GError ** error);
/* @location: as cup_fal_parse_location() gives it. The account is there until
 * each of those who use it has left. */
CupFalAccount *cup_fal_network_enter (CupFalNetwork * network,
    const gchar * location, const gchar * key);
void cup_fal_network_leave (CupFalNetwork * network, CupFalAccount * account);

G_END_DECLS
