/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What engines share: see network.h.
 *
 * All engines of a network are on the same HTTP thread, whatever their options,
 * so that what they share needs no lock where it is used. An engine has left
 * that thread before another one can be started (net/thread.c), and by then has
 * no ticket and no stream.
 */
#include "network.h"

#include <string.h>

#include "net/url.h"

struct _CupFalNetwork
{
  GObject parent;
  CupHttpShared *http;

  /* Under the lock, which is a leaf. Keys are in the values. */
  GMutex lock;
  GHashTable *origins;
  GHashTable *accounts;
};

G_DEFINE_TYPE (CupFalNetwork, cup_fal_network, G_TYPE_OBJECT);

static void
cup_fal_network_finalize (GObject * object)
{
  CupFalNetwork *self = CUP_FAL_NETWORK (object);

  g_hash_table_unref (self->accounts);
  g_hash_table_unref (self->origins);
  g_mutex_clear (&self->lock);
  cup_http_shared_unref (self->http);
  G_OBJECT_CLASS (cup_fal_network_parent_class)->finalize (object);
}

static void
cup_fal_network_class_init (CupFalNetworkClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = cup_fal_network_finalize;
}

static void
cup_fal_network_init (CupFalNetwork * self)
{
  self->http = cup_http_shared_new ();
  g_mutex_init (&self->lock);
  self->origins = g_hash_table_new (g_str_hash, g_str_equal);
  self->accounts = g_hash_table_new (g_str_hash, g_str_equal);
}

CupFalNetwork *
cup_fal_network_new (void)
{
  return g_object_new (CUP_TYPE_FAL_NETWORK, NULL);
}

CupHttp *
cup_fal_network_open (CupFalNetwork * self, const CupHttpOptions * options,
    GError ** error)
{
  return cup_http_new_shared (self->http, options, error);
}

static gchar *
get_origin (const gchar * location)
{
  GUri *uri = cup_url_parse (location, NULL);
  gchar *authority = cup_url_get_authority (uri);
  gchar *origin = g_strdup_printf ("%s://%s", g_uri_get_scheme (uri),
      authority);

  g_free (authority);
  g_uri_unref (uri);
  return origin;
}

static gchar *
make_digest (const gchar * origin, const gchar * key)
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gchar *digest;

  /* With the end of the string, so that the parts are not mixed up. */
  g_checksum_update (checksum, (const guchar *) origin, strlen (origin) + 1);
  g_checksum_update (checksum, (const guchar *) key, strlen (key));
  digest = g_strdup (g_checksum_get_string (checksum));
  g_checksum_free (checksum);
  return digest;
}

/* With the lock. Takes @name. */
static CupFalOrigin *
enter_origin (CupFalNetwork * self, gchar * name)
{
  CupFalOrigin *origin = g_hash_table_lookup (self->origins, name);

  if (origin) {
    g_free (name);
  } else {
    origin = g_new0 (CupFalOrigin, 1);
    origin->name = name;
    g_hash_table_insert (self->origins, origin->name, origin);
  }
  origin->n_users++;
  return origin;
}

static void
leave_origin (CupFalNetwork * self, CupFalOrigin * origin)
{
  if (--origin->n_users > 0)
    return;
  g_hash_table_remove (self->origins, origin->name);
  g_free (origin->name);
  g_free (origin);
}

CupFalAccount *
cup_fal_network_enter (CupFalNetwork * self, const gchar * location,
    const gchar * key)
{
  gchar *name = get_origin (location);
  gchar *digest = make_digest (name, key);
  CupFalAccount *account;

  g_mutex_lock (&self->lock);
  account = g_hash_table_lookup (self->accounts, digest);
  if (account) {
    g_free (digest);
    g_free (name);
  } else {
    account = g_new0 (CupFalAccount, 1);
    account->digest = digest;
    account->origin = enter_origin (self, name);
    account->limiter = cup_fal_limiter_new ();
    g_hash_table_insert (self->accounts, account->digest, account);
  }
  account->n_users++;
  g_mutex_unlock (&self->lock);
  return account;
}

void
cup_fal_network_leave (CupFalNetwork * self, CupFalAccount * account)
{
  g_mutex_lock (&self->lock);
  if (--account->n_users == 0) {
    g_hash_table_remove (self->accounts, account->digest);
    leave_origin (self, account->origin);
    cup_fal_limiter_unref (account->limiter);
    g_free (account->digest);
    g_free (account);
  }
  g_mutex_unlock (&self->lock);
}
