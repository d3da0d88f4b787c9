/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The engine that talks fal's queue protocol: checks its settings, and hands
 * jobs over to the HTTP thread, where request.c takes them through.
 *
 * How many jobs are under way at a time is not its concern: the element's
 * window bounds that.
 */
#include "fal.h"

#include "base/error.h"
#include "protocol.h"
#include "request.h"
#include "api.h"

struct _CupFalEngine
{
  CupEngine parent;
  CupFalApi *api;
};

G_DEFINE_TYPE (CupFalEngine, cup_fal_engine, CUP_TYPE_ENGINE);

static void
start_request (gpointer data)
{
  cup_fal_request_start (data);
}

static void
cup_fal_engine_upscale_async (CupEngine * engine, CupJob * job)
{
  CupFalApi *api = CUP_FAL_ENGINE (engine)->api;
  CupFalRequest *request = cup_fal_request_new (api, job);

  if (!cup_http_invoke (api->http, start_request, request, NULL))
    cup_fal_request_discard (request);
}

/* HTTP thread. */
static void
close_api (gpointer data)
{
  CupFalApi *api = data;

  api->closed = TRUE;
  while (api->requests.length > 0)
    cup_fal_request_abandon (g_queue_peek_head (&api->requests));
}

static void
api_unref (gpointer data)
{
  cup_fal_api_unref (data);
}

static void
cup_fal_engine_close (CupEngine * engine)
{
  CupFalApi *api = CUP_FAL_ENGINE (engine)->api;

  /* In this order: what close_api() still sends to the service is under
   * way when the HTTP thread looks whether it may end. */
  cup_fal_api_ref (api);
  if (!cup_http_invoke (api->http, close_api, api, api_unref))
    cup_fal_api_unref (api);
  cup_http_close (api->http);
}

static void
cup_fal_engine_join (CupEngine * engine)
{
  cup_http_join (CUP_FAL_ENGINE (engine)->api->http);
}

static void
cup_fal_engine_finalize (GObject * object)
{
  CupFalEngine *self = CUP_FAL_ENGINE (object);

  if (self->api) {
    cup_fal_engine_close (CUP_ENGINE (self));
    cup_fal_api_unref (self->api);
  }
  G_OBJECT_CLASS (cup_fal_engine_parent_class)->finalize (object);
}

static void
cup_fal_engine_class_init (CupFalEngineClass * klass)
{
  CupEngineClass *engine_class = CUP_ENGINE_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = cup_fal_engine_finalize;
  engine_class->name = "fal";
  engine_class->accepts = CUP_ENGINE_ACCEPTS_ENCODED;
  engine_class->honours = CUP_FIELDS_ALL;
  engine_class->upscale_async = cup_fal_engine_upscale_async;
  engine_class->close = cup_fal_engine_close;
  engine_class->join = cup_fal_engine_join;
}

static void
cup_fal_engine_init (CupFalEngine * self)
{
}

/* It goes into a header. Its form is for the service to judge. */
static gboolean
check_key (const gchar * key, GError ** error)
{
  const gchar *byte = key ? key : "";

  while (g_ascii_isgraph (*byte))
    byte++;
  if (key && *key && !*byte)
    return TRUE;
  g_set_error_literal (error, CUP_ERROR, CUP_ERROR_SETTINGS, key && *key ?
      "api-key: the key has a character that cannot be in one" :
      "api-key: there is no key; set api-key, api-key-file or the environment "
      "variable FAL_KEY to one of the form key_id:key_secret");
  return FALSE;
}

CupEngine *
cup_fal_engine_new (const CupFalSettings * settings, GError ** error)
{
  CupFalApi *api = g_new0 (CupFalApi, 1);
  CupFalEngine *engine;

  api->ref_count = 1;
  g_queue_init (&api->requests);
  api->key = g_strdup (settings->key);
  api->authorization = g_strconcat ("Key ", settings->key, NULL);
  api->connect_timeout = settings->connect_timeout;
  api->inactivity_timeout = settings->inactivity_timeout;
  if (!check_key (settings->key, error)
      || !cup_fal_parse_application (settings->application,
          &api->endpoint, &api->application, error)
      || !(api->location = cup_fal_parse_location (settings->location,
              "location", error))
      || !(api->storage_location =
          cup_fal_parse_location (settings->storage_location,
              "storage-location", error))
      || !(api->http = cup_http_new (error))) {
    cup_fal_api_unref (api);
    return NULL;
  }
  engine = g_object_new (CUP_TYPE_FAL_ENGINE, NULL);
  engine->api = api;
  return CUP_ENGINE (engine);
}
