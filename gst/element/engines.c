/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engines.h"

#include "base/error.h"
#include "base/home.h"
#include "context.h"
#include "engine/fal/credentials.h"
#include "engine/fal/fal.h"
#include "engine/local/local.h"
#include "report.h"

static gint64
to_microseconds (gdouble seconds)
{
  return (gint64) (seconds * G_TIME_SPAN_SECOND);
}

static CupFalUploadMode
get_upload_mode (const CupFalProperties * properties)
{
  switch ((GstCreativeUpscalerUpload) properties->upload) {
    case GST_CREATIVE_UPSCALER_UPLOAD_AUTO:
      break;
    case GST_CREATIVE_UPSCALER_UPLOAD_STORAGE:
      return CUP_FAL_UPLOAD_STORAGE;
    case GST_CREATIVE_UPSCALER_UPLOAD_DATA_URI:
      return CUP_FAL_UPLOAD_DATA_URI;
  }
  return CUP_FAL_UPLOAD_AUTO;
}

/* @settings points into @properties. */
static void
apply_properties (CupFalSettings * settings,
    const CupFalProperties * properties)
{
  settings->application = properties->application;
  settings->location = properties->location;
  settings->storage_location = properties->storage_location;
  settings->connect_timeout = to_microseconds (properties->connect_timeout);
  settings->inactivity_timeout =
      to_microseconds (properties->inactivity_timeout);
  settings->upload = get_upload_mode (properties);
  settings->follow_stream = properties->status_updates ==
      GST_CREATIVE_UPSCALER_STATUS_UPDATES_STREAM;
  settings->retries = properties->retries;
  settings->retry_delay = to_microseconds (properties->retry_delay);
  settings->allow_double_cost = properties->allow_double_cost;
  settings->start_timeout = properties->start_timeout;
  settings->low_priority = properties->queue_priority ==
      GST_CREATIVE_UPSCALER_QUEUE_PRIORITY_LOW;
  settings->runner_hint = properties->runner_hint;
  settings->upload_expiration = properties->upload_expiration;
  settings->result_expiration = properties->result_expiration;
  settings->store_payloads = properties->store_payloads;
  settings->tls_database = properties->tls_database;
  settings->tls_ca_file = properties->tls_ca_file;
  settings->proxy = properties->proxy;
}

static CupEngine *
make_fal_engine (GstCreativeUpscaler * self, const gchar * key, GError ** error)
{
  CupFalProperties properties;
  CupFalSettings settings;
  CupEngine *engine;

  GST_OBJECT_LOCK (self);
  cup_fal_properties_copy (&properties, &self->settings.fal);
  GST_OBJECT_UNLOCK (self);

  cup_fal_settings_init (&settings);
  apply_properties (&settings, &properties);
  settings.key = key;
  settings.network = cup_context_find_network (GST_ELEMENT (self));
  engine = cup_fal_engine_new (&settings, error);
  g_object_unref (settings.network);
  cup_fal_properties_clear (&properties);
  return engine;
}

/* Stands for a key in a dry run. Nothing is submitted; and if it were, it would
 * be refused. */
#define NO_KEY "dry-run:no-key"

static gchar *
find_key (GstCreativeUpscaler * self, const gchar ** source, GError ** error)
{
  gchar *api_key, *api_key_file, *key;

  GST_OBJECT_LOCK (self);
  api_key = g_strdup (self->settings.fal.api_key);
  api_key_file = cup_home_expand (self->settings.fal.api_key_file);
  GST_OBJECT_UNLOCK (self);
  key = cup_fal_find_key (api_key, api_key_file, source, error);
  cup_fal_free_key (api_key);
  g_free (api_key_file);
  return key;
}

CupEngine *
cup_make_engine (GstCreativeUpscaler * self, GError ** error)
{
  GstCreativeUpscalerEngine wanted;
  CupLocalModel model;
  const gchar *source = NULL;
  GError *key_error = NULL;
  gchar *key, *reason;
  CupEngine *engine;

  GST_OBJECT_LOCK (self);
  wanted = self->settings.engine;
  model = self->settings.local_model;
  GST_OBJECT_UNLOCK (self);

  if (wanted == GST_CREATIVE_UPSCALER_ENGINE_LOCAL)
    return cup_local_engine_new (model);
  if (wanted == GST_CREATIVE_UPSCALER_ENGINE_FAL && self->dry_run)
    return make_fal_engine (self, NO_KEY, error);

  key = find_key (self, &source, &key_error);
  if (key_error) {
    g_propagate_error (error, key_error);
    return NULL;
  }
  if (wanted == GST_CREATIVE_UPSCALER_ENGINE_AUTO) {
    if (!key) {
      cup_report_choice (GST_ELEMENT (self), "local",
          "no key for fal is configured (api-key-file, api-key, FAL_KEY)");
      return cup_local_engine_new (model);
    }
    reason = g_strdup_printf ("a key is configured by %s", source);
    cup_report_choice (GST_ELEMENT (self), "fal", reason);
    g_free (reason);
  }
  if (!key) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_NOT_AUTHORIZED,
        "engine=fal needs a key: set FAL_KEY, FAL_KEY_ID with FAL_KEY_SECRET, "
        "api-key-file or api-key, or use engine=local");
    return NULL;
  }
  engine = make_fal_engine (self, self->dry_run ? NO_KEY : key, error);
  cup_fal_free_key (key);
  return engine;
}
