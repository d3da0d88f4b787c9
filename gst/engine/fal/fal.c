/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The engine that talks fal's queue protocol: checks its settings, and hands
 * jobs over to the HTTP thread, where request.c takes them through.
 *
 * How many jobs it is given at a time is bounded by the element's window, and
 * how many of them are at the service by limiter.c.
 */
#include "fal.h"

#include <string.h>

#include "base/error.h"
#include "follow.h"
#include "protocol.h"
#include "request.h"
#include "api.h"

/* fal's FAQ: files are kept "at least 7 days"; its page on headers says longer.
 * A day less, so that the service still has it when its runner asks for it. */
#define UPLOAD_LIFETIME (6 * G_TIME_SPAN_DAY)

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
  cup_fal_follow_close_streams (api);
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
   * way when it is looked at whether that was all. */
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

static guint64
cup_fal_engine_get_honours (CupEngine * engine)
{
  return cup_fal_application_get_fields (CUP_FAL_ENGINE (engine)->api->model);
}

static gboolean
cup_fal_engine_get_censors (CupEngine * engine)
{
  return cup_fal_application_censors (CUP_FAL_ENGINE (engine)->api->model);
}

static const gchar *
cup_fal_engine_get_service (CupEngine * engine)
{
  return CUP_FAL_ENGINE (engine)->api->service;
}

static gdouble
cup_fal_engine_get_upload_speed (CupEngine * engine)
{
  return cup_fal_uplink_get_speed (&CUP_FAL_ENGINE (engine)->api->uplink);
}

static void
cup_fal_engine_class_init (CupFalEngineClass * klass)
{
  CupEngineClass *engine_class = CUP_ENGINE_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = cup_fal_engine_finalize;
  engine_class->name = "fal";
  engine_class->accepts = CUP_ENGINE_ACCEPTS_ENCODED | CUP_ENGINE_ACCEPTS_URI;
  engine_class->get_honours = cup_fal_engine_get_honours;
  engine_class->get_censors = cup_fal_engine_get_censors;
  engine_class->get_service = cup_fal_engine_get_service;
  engine_class->get_upload_speed = cup_fal_engine_get_upload_speed;
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

/* Values of headers, which end at the end of a line. */
static gboolean
check_header (const gchar * value, const gchar * property, GError ** error)
{
  const gchar *byte = value ? value : "";

  while (g_ascii_isprint (*byte))
    byte++;
  if (!*byte)
    return TRUE;
  g_set_error (error, CUP_ERROR, CUP_ERROR_SETTINGS,
      "%s: it has a character that cannot be in a header (only printable "
      "ASCII)", property);
  return FALSE;
}

static void
add_header (GPtrArray * headers, const gchar * name, gchar * value)
{
  g_ptr_array_add (headers, g_strdup (name));
  g_ptr_array_add (headers, value);
}

static void
add_lifecycle (GPtrArray * headers, const gchar * name, guint seconds)
{
  add_header (headers, name,
      g_strdup_printf ("{\"expiration_duration_seconds\":%u}", seconds));
}

/* Protocol: "Submit", its table of headers. */
static gchar **
make_submit_headers (const CupFalSettings * settings)
{
  GPtrArray *headers = g_ptr_array_new ();
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];

  add_header (headers, "X-Fal-Queue-Priority",
      g_strdup (settings->low_priority ? "low" : "normal"));
  if (settings->runner_hint && *settings->runner_hint)
    add_header (headers, "X-Fal-Runner-Hint", g_strdup (settings->runner_hint));
  if (settings->start_timeout > 0)
    add_header (headers, "X-Fal-Request-Timeout",
        g_strdup (g_ascii_formatd (number, sizeof (number), "%.10g",
                settings->start_timeout)));
  if (settings->result_expiration > 0)
    add_lifecycle (headers, "X-Fal-Object-Lifecycle-Preference",
        settings->result_expiration);
  if (!settings->store_payloads)
    add_header (headers, "X-Fal-Store-IO", g_strdup ("0"));
  g_ptr_array_add (headers, NULL);
  return (gchar **) g_ptr_array_free (headers, FALSE);
}

/* The JavaScript client sends the first name, the documentation has the second
 * one, and the Python client sends both. */
static gchar **
make_upload_headers (const CupFalSettings * settings)
{
  GPtrArray *headers = g_ptr_array_new ();

  if (settings->upload_expiration > 0) {
    add_lifecycle (headers, "X-Fal-Object-Lifecycle",
        settings->upload_expiration);
    add_lifecycle (headers, "X-Fal-Object-Lifecycle-Preference",
        settings->upload_expiration);
  }
  g_ptr_array_add (headers, NULL);
  return (gchar **) g_ptr_array_free (headers, FALSE);
}

void
cup_fal_settings_init (CupFalSettings * settings)
{
  memset (settings, 0, sizeof (*settings));
  settings->application = CUP_FAL_DEFAULT_APPLICATION;
  settings->location = CUP_FAL_DEFAULT_LOCATION;
  settings->storage_location = CUP_FAL_DEFAULT_STORAGE_LOCATION;
  settings->connect_timeout = 10 * G_USEC_PER_SEC;
  settings->inactivity_timeout = 60 * G_USEC_PER_SEC;
  settings->submission_idle = G_USEC_PER_SEC;
  settings->upload = CUP_FAL_UPLOAD_AUTO;
  /* As the official client does it. */
  settings->multipart_above = 90 << 20;
  settings->part_size = 10 << 20;
  settings->follow_stream = TRUE;
  settings->retries = 3;
  settings->retry_delay = G_USEC_PER_SEC / 2;
  settings->store_payloads = TRUE;
}

static gint64
get_upload_lifetime (const CupFalSettings * settings)
{
  return settings->upload_expiration > 0 ?
      (gint64) settings->upload_expiration * G_USEC_PER_SEC : UPLOAD_LIFETIME;
}

static const gchar *
get_text (const gchar * setting)
{
  return setting && *setting ? setting : NULL;
}

/* Where requests go out, beside those of others or alone. */
static gboolean
enter_network (CupFalApi * api, const CupFalSettings * settings,
    GError ** error)
{
  CupHttpOptions options = { settings->tls_database };

  options.proxy = get_text (settings->proxy);
  options.tls_ca_file = get_text (settings->tls_ca_file);
  options.connect_timeout = settings->connect_timeout;
  options.inactivity_timeout = settings->inactivity_timeout;
  api->network = settings->network ? g_object_ref (settings->network) :
      cup_fal_network_new ();
  api->http = cup_fal_network_open (api->network, &options, error);
  if (!api->http)
    return FALSE;
  api->account = cup_fal_network_enter (api->network, api->location, api->key);
  api->share = cup_fal_share_new (api->account->limiter);
  return TRUE;
}

CupEngine *
cup_fal_engine_new (const CupFalSettings * settings, GError ** error)
{
  CupFalApi *api = g_new0 (CupFalApi, 1);
  CupFalEngine *engine;

  api->ref_count = 1;
  cup_fal_uplink_init (&api->uplink);
  g_queue_init (&api->streams);
  g_queue_init (&api->requests);
  api->key = g_strdup (settings->key);
  api->authorization = g_strconcat ("Key ", settings->key, NULL);
  api->connect_timeout = settings->connect_timeout;
  api->inactivity_timeout = settings->inactivity_timeout;
  api->submission_idle = settings->submission_idle;
  api->upload = settings->upload;
  api->multipart_above = settings->multipart_above;
  api->part_size = settings->part_size;
  api->follow_stream = settings->follow_stream;
  api->retries = settings->retries;
  api->retry_delay = settings->retry_delay;
  api->allow_double_cost = settings->allow_double_cost;
  api->submit_headers = make_submit_headers (settings);
  api->upload_headers = make_upload_headers (settings);
  api->upload_lifetime = get_upload_lifetime (settings);
  if (!check_key (settings->key, error)
      || !cup_fal_parse_application (settings->application,
          &api->endpoint, &api->application, error)
      || !(api->location = cup_fal_parse_location (settings->location,
              "location", error))
      || !(api->storage_location =
          cup_fal_parse_location (settings->storage_location,
              "storage-location", error))
      || !check_header (settings->runner_hint, "runner-hint", error)
      || !enter_network (api, settings, error)) {
    cup_fal_api_unref (api);
    return NULL;
  }
  api->service = g_strconcat (api->location, "/", api->endpoint, NULL);
  api->model = cup_fal_application_find (api->endpoint);
  engine = g_object_new (CUP_TYPE_FAL_ENGINE, NULL);
  engine->api = api;
  return CUP_ENGINE (engine);
}
