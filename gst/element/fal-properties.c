/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fal-properties.h"

#include "engine/fal/credentials.h"
#include "engine/fal/fal.h"
#include "property-table.h"

static const GEnumValue upload_values[] = {
  {GST_CREATIVE_UPSCALER_UPLOAD_AUTO,
      "Inline up to 8 KiB, larger ones by fal's storage; where that cannot be "
        "reached, inline up to 4 MiB", "auto"},
  {GST_CREATIVE_UPSCALER_UPLOAD_STORAGE, "All are uploaded to fal's storage",
      "storage"},
  {GST_CREATIVE_UPSCALER_UPLOAD_DATA_URI,
      "All are inline in the request, as data: URIs", "data-uri"},
  {0, NULL, NULL}
};

static CUP_DEFINE_ENUM (upload_get_type, "GstCreativeUpscalerUpload",
    upload_values);

static const GEnumValue status_updates_values[] = {
  {GST_CREATIVE_UPSCALER_STATUS_UPDATES_STREAM,
        "The service tells as it happens; where it does not, it is asked",
      "stream"},
  {GST_CREATIVE_UPSCALER_STATUS_UPDATES_POLL, "The service is asked again and "
        "again",
      "poll"},
  {0, NULL, NULL}
};

static CUP_DEFINE_ENUM (status_updates_get_type,
    "GstCreativeUpscalerStatusUpdates", status_updates_values);

static const GEnumValue queue_priority_values[] = {
  {GST_CREATIVE_UPSCALER_QUEUE_PRIORITY_NORMAL, "In turn", "normal"},
  {GST_CREATIVE_UPSCALER_QUEUE_PRIORITY_LOW,
      "Behind everything of normal priority", "low"},
  {0, NULL, NULL}
};

static CUP_DEFINE_ENUM (queue_priority_get_type,
    "GstCreativeUpscalerQueuePriority", queue_priority_values);

#define OFFSET(member) G_STRUCT_OFFSET (CupFalProperties, member)
#define FOREVER 1e6

/* *INDENT-OFF* */
static const CupProperty rows[] = {
  /* Write only: what can be read shows up in dot dumps, presets and -v. */
  { .name = "api-key", .nick = "API key",
    .blurb = "fal: the key, `key_id:key_secret`; overrides api-key-file and "
        "the environment (FAL_KEY, or FAL_KEY_ID and FAL_KEY_SECRET). Prefer "
        "these: a command line can be read by others",
    .kind = CUP_PROPERTY_SECRET, .offset = OFFSET (api_key),
    .free_secret = cup_fal_free_key,
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "api-key-file", .nick = "API key file",
    .blurb = "fal: file whose first line is the key, `key_id:key_secret`",
    .kind = CUP_PROPERTY_STRING, .offset = OFFSET (api_key_file),
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "application", .nick = "Application",
    .blurb = "fal: which hosted model is used, by fal's name for it: "
        "`owner/alias` or `owner/alias/path`",
    .kind = CUP_PROPERTY_STRING, .offset = OFFSET (application),
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "location", .nick = "Location",
    .blurb = "fal: base URL of the service's queue API; https, or http on "
        "loopback",
    .kind = CUP_PROPERTY_STRING, .offset = OFFSET (location),
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "storage-location", .nick = "Storage location",
    .blurb = "fal: base URL of the service's API for uploads; https, or http "
        "on loopback",
    .kind = CUP_PROPERTY_STRING, .offset = OFFSET (storage_location),
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "connect-timeout", .nick = "Connect timeout",
    .blurb = "fal: seconds within which a connection to the service must be "
        "made. Then the request fails, and is tried again a few times",
    .kind = CUP_PROPERTY_NUMBER, .offset = OFFSET (connect_timeout),
    .minimum = 0.001, .maximum = FOREVER,
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "inactivity-timeout", .nick = "Inactivity timeout",
    .blurb = "fal: seconds without a byte in either direction after which a "
        "request fails. It is tried again, unless that could be paid twice "
        "(allow-double-cost)",
    .kind = CUP_PROPERTY_NUMBER, .offset = OFFSET (inactivity_timeout),
    .minimum = 0.001, .maximum = FOREVER,
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "upload", .nick = "Upload",
    .blurb = "fal: how pictures get to the service",
    .kind = CUP_PROPERTY_ENUM, .offset = OFFSET (upload),
    .get_type = upload_get_type,
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "status-updates", .nick = "Status updates",
    .blurb = "fal: how the element learns where a frame is at the service",
    .kind = CUP_PROPERTY_ENUM, .offset = OFFSET (status_updates),
    .get_type = status_updates_get_type,
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "retries", .nick = "Retries",
    .blurb = "fal: how often a frame is submitted again after the service "
        "reported that it failed for a cause that may pass (its machine went "
        "away, an internal error, a timeout); then the frame fails. Also how "
        "often a connection is tried again as long as the service has never "
        "answered, unless it works on requests of an earlier run: then timeout "
        "is the limit",
    .kind = CUP_PROPERTY_UINT, .offset = OFFSET (retries), .maximum = 1000,
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "retry-delay", .nick = "Retry delay",
    .blurb = "fal: the longest wait, in seconds, before something that failed "
        "is tried again. Waits are random; the longest one doubles with each "
        "further failure, up to 32 times this. An answer that would end a "
        "frame which the service has accepted has to stay for twenty times "
        "this",
    .kind = CUP_PROPERTY_NUMBER, .offset = OFFSET (retry_delay),
    .minimum = 0.001, .maximum = 3600,
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "allow-double-cost", .nick = "Allow double cost",
    .blurb = "fal: submit a frame again also where the service may have "
        "accepted the first submission, and may charge for both; otherwise "
        "such a frame fails",
    .kind = CUP_PROPERTY_BOOLEAN, .offset = OFFSET (allow_double_cost),
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "start-timeout", .nick = "Start timeout",
    .blurb = "fal: seconds within which the service must begin to work on a "
        "frame that it has accepted; it gives up those that still wait by "
        "then, and they fail. 0 for no limit",
    .kind = CUP_PROPERTY_NUMBER, .offset = OFFSET (start_timeout),
    .maximum = FOREVER,
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "queue-priority", .nick = "Queue priority",
    .blurb = "fal: where frames stand in the service's queue",
    .kind = CUP_PROPERTY_ENUM, .offset = OFFSET (queue_priority),
    .get_type = queue_priority_get_type,
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "runner-hint", .nick = "Runner hint",
    .blurb = "fal: any word; frames with the same word go to the same machine "
        "of the service where that is possible",
    .kind = CUP_PROPERTY_STRING, .offset = OFFSET (runner_hint),
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "upload-expiration", .nick = "Upload expiration",
    .blurb = "fal: seconds for which the service keeps the pictures that are "
        "sent to it; 0 for its default",
    .kind = CUP_PROPERTY_UINT, .offset = OFFSET (upload_expiration),
    .maximum = G_MAXUINT,
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "result-expiration", .nick = "Result expiration",
    .blurb = "fal: seconds for which the service keeps the pictures that it "
        "makes; 0 for its default",
    .kind = CUP_PROPERTY_UINT, .offset = OFFSET (result_expiration),
    .maximum = G_MAXUINT,
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "store-payloads", .nick = "Store payloads",
    .blurb = "fal: let the service keep the texts of requests and results "
        "(prompt, settings, URLs), for its dashboard",
    .kind = CUP_PROPERTY_BOOLEAN, .offset = OFFSET (store_payloads),
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "tls-database", .nick = "TLS database",
    .blurb = "fal: the certificate authorities to trust instead of this "
        "machine's; tls-ca-file is not used then",
    .kind = CUP_PROPERTY_OBJECT, .offset = OFFSET (tls_database),
    .get_type = g_tls_database_get_type,
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "tls-ca-file", .nick = "TLS CA file",
    .blurb = "fal: PEM file of the certificate authorities to trust instead of "
        "this machine's",
    .kind = CUP_PROPERTY_STRING, .offset = OFFSET (tls_ca_file),
    .flags = GST_PARAM_MUTABLE_READY },
  { .name = "proxy", .nick = "Proxy",
    .blurb = "fal: proxy for all requests that are not to this machine, "
        "`http://host:port` or `socks5://host:port`, without user name and "
        "password. Not set: the proxy of this machine's settings",
    .kind = CUP_PROPERTY_STRING, .offset = OFFSET (proxy),
    .flags = GST_PARAM_MUTABLE_READY },
};
/* *INDENT-ON* */

#define MEMBER(properties, row, type) \
    (*(type *) G_STRUCT_MEMBER_P (properties, (row)->offset))

static gdouble
to_seconds (gint64 microseconds)
{
  return (gdouble) microseconds / G_TIME_SPAN_SECOND;
}

void
cup_fal_properties_init (CupFalProperties * properties)
{
  CupFalProperties init = { NULL };
  CupFalSettings settings;

  cup_fal_settings_init (&settings);
  init.application = g_strdup (settings.application);
  init.location = g_strdup (settings.location);
  init.storage_location = g_strdup (settings.storage_location);
  init.connect_timeout = to_seconds (settings.connect_timeout);
  init.inactivity_timeout = to_seconds (settings.inactivity_timeout);
  init.upload = (gint) settings.upload;
  init.status_updates = settings.follow_stream ?
      GST_CREATIVE_UPSCALER_STATUS_UPDATES_STREAM :
      GST_CREATIVE_UPSCALER_STATUS_UPDATES_POLL;
  init.retries = settings.retries;
  init.retry_delay = to_seconds (settings.retry_delay);
  init.allow_double_cost = settings.allow_double_cost;
  init.start_timeout = settings.start_timeout;
  init.queue_priority = settings.low_priority ?
      GST_CREATIVE_UPSCALER_QUEUE_PRIORITY_LOW :
      GST_CREATIVE_UPSCALER_QUEUE_PRIORITY_NORMAL;
  init.runner_hint = g_strdup (settings.runner_hint);
  init.upload_expiration = settings.upload_expiration;
  init.result_expiration = settings.result_expiration;
  init.store_payloads = settings.store_payloads;
  init.proxy = g_strdup (settings.proxy);
  *properties = init;
}

void
cup_fal_properties_copy (CupFalProperties * to, const CupFalProperties * from)
{
  guint i;

  *to = *from;
  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    if (rows[i].kind == CUP_PROPERTY_STRING)
      MEMBER (to, &rows[i], gchar *) =
          g_strdup (MEMBER (from, &rows[i], gchar *));
  }
  to->api_key = NULL;
  if (to->tls_database)
    g_object_ref (to->tls_database);
}

void
cup_fal_properties_clear (CupFalProperties * properties)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    if (rows[i].kind == CUP_PROPERTY_STRING)
      g_clear_pointer (&MEMBER (properties, &rows[i], gchar *), g_free);
  }
  g_clear_pointer (&properties->api_key, cup_fal_free_key);
  g_clear_object (&properties->tls_database);
}

void
cup_fal_properties_install (GObjectClass * klass, guint first)
{
  CupFalProperties defaults;

  cup_fal_properties_init (&defaults);
  cup_property_table_install (klass, first, rows, G_N_ELEMENTS (rows),
      &defaults);
  cup_fal_properties_clear (&defaults);
}

gboolean
cup_fal_properties_set (CupFalProperties * properties, guint index,
    const GValue * value, GParamSpec * pspec)
{
  if (index >= G_N_ELEMENTS (rows))
    return FALSE;
  cup_property_set (&rows[index], properties, value, pspec);
  return TRUE;
}

gboolean
cup_fal_properties_get (const CupFalProperties * properties, guint index,
    GValue * value)
{
  return index < G_N_ELEMENTS (rows)
      && cup_property_get (&rows[index], properties, value);
}
