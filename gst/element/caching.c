/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caching.h"

#include "base/error.h"
#include "base/home.h"

/* A folder of this name can be had as ./default. */
#define DEFAULT_LOCATION "default"

static void
on_warning (const GError * error, gpointer progress)
{
  cup_progress_reporter_warn (progress, error);
}

/* Takes @reason. Nothing has been sent yet: who counts on the cache would rather
 * know now. */
static void
set_error (GError ** error, GError * reason)
{
  /* These say themselves what there is to do. */
  gboolean is_clear = g_error_matches (reason, CUP_ERROR, CUP_ERROR_BAD_DATA)
      || g_error_matches (reason, CUP_ERROR, CUP_ERROR_UNSUPPORTED)
      || g_error_matches (reason, CUP_ERROR, CUP_ERROR_NO_THREAD);

  g_propagate_prefixed_error (error, reason, "cache-location: ");
  if (error && !is_clear) {
    gchar *text = g_strconcat ((*error)->message, "; choose a folder that can "
        "be written, or set cache=off to do without", NULL);

    g_free ((*error)->message);
    (*error)->message = text;
  }
}

static gchar *
find_directory (const gchar * location)
{
  if (g_strcmp0 (location, DEFAULT_LOCATION) == 0)
    return g_build_filename (g_get_user_cache_dir (), "creative-upscaler",
        NULL);
  return cup_home_expand (location);
}

CupCache *
cup_caching_open (GstCreativeUpscaler * self, CupProgressReporter * progress,
    GError ** error)
{
  CupCacheSettings settings = { NULL };
  CupCache *cache = NULL;
  GError *reason = NULL;
  gchar *directory = NULL;

  GST_OBJECT_LOCK (self);
  if (self->settings.cache != GST_CREATIVE_UPSCALER_CACHE_OFF
      && self->settings.cache_location && *self->settings.cache_location)
    directory = find_directory (self->settings.cache_location);
  settings.refresh =
      self->settings.cache == GST_CREATIVE_UPSCALER_CACHE_REFRESH;
  settings.max_size = self->settings.cache_max_size;
  GST_OBJECT_UNLOCK (self);
  if (!directory)
    return NULL;

  settings.directory = directory;
  cache = cup_cache_open (&settings, on_warning,
      cup_progress_reporter_ref (progress),
      (GDestroyNotify) cup_progress_reporter_unref, &reason);
  if (!cache)
    set_error (error, reason);
  g_free (directory);
  return cache;
}
