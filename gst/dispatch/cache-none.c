/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * In a build without SQLite there is no cache: opening one says so, and as
 * nobody has one, nothing else is ever called.
 */
#include "cache.h"

#include "base/error.h"

CupCache *
cup_cache_open (const CupCacheSettings * settings, CupCacheWarn warn,
    gpointer user_data, GDestroyNotify destroy, GError ** error)
{
  if (destroy)
    destroy (user_data);
  g_set_error (error, CUP_ERROR, CUP_ERROR_UNSUPPORTED,
      "nothing can be kept in %s: this plugin was built without SQLite; unset "
      "cache-location, or build it with -Dstore=enabled", settings->directory);
  return NULL;
}

CupCache *
cup_cache_ref (CupCache * cache)
{
  g_return_val_if_reached (cache);
}

void
cup_cache_unref (CupCache * cache)
{
  g_return_if_reached ();
}

void
cup_cache_join (CupCache * cache, gint64 timeout)
{
  g_return_if_reached ();
}

guint64
cup_cache_get_uncertain (CupCache * cache)
{
  g_return_val_if_reached (0);
}

void
cup_cache_finding_clear (CupCacheFinding * finding)
{
}

void
cup_cache_find (CupCache * cache, const CupStoreKey * key, gboolean claim,
    CupCacheFinding * finding)
{
  g_return_if_reached ();
}

void
cup_cache_wait (CupCache * cache, const CupStoreKey * key,
    void (*func) (gpointer user_data), gpointer user_data)
{
  g_return_if_reached ();
}

void
cup_cache_wake (CupCache * cache)
{
  g_return_if_reached ();
}

GError *
cup_cache_get_damage (CupCache * cache)
{
  g_return_val_if_reached (NULL);
}

void
cup_cache_note_submitting (CupCache * cache, const CupStoreKey * key,
    void (*done) (gpointer user_data), gpointer user_data)
{
  g_return_if_reached ();
}

void
cup_cache_note_refused (CupCache * cache, const CupStoreKey * key)
{
  g_return_if_reached ();
}

void
cup_cache_note_accepted (CupCache * cache, const CupStoreKey * key,
    const CupJournalRequest * request)
{
  g_return_if_reached ();
}

void
cup_cache_note_lost (CupCache * cache, const CupStoreKey * key)
{
  g_return_if_reached ();
}

void
cup_cache_forget (CupCache * cache, const CupStoreKey * key)
{
  g_return_if_reached ();
}

void
cup_cache_release (CupCache * cache, const CupStoreKey * key)
{
  g_return_if_reached ();
}

void
cup_cache_add (CupCache * cache, const CupStoreKey * key,
    const CupResult * result, const gchar * engine, const gchar * service)
{
  g_return_if_reached ();
}

gchar *
cup_cache_lookup_upload (CupCache * cache, GBytes * bytes, const gchar * place)
{
  g_return_val_if_reached (NULL);
}

void
cup_cache_add_upload (CupCache * cache, GBytes * bytes, const gchar * place,
    const gchar * url, gint64 lifetime)
{
  g_return_if_reached ();
}

void
cup_cache_remove_upload (CupCache * cache, GBytes * bytes, const gchar * place)
{
  g_return_if_reached ();
}
