/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The engine that talks fal's queue protocol.
 */
#pragma once

#include "engine/engine.h"
#include "network.h"

G_BEGIN_DECLS

#define CUP_FAL_DEFAULT_APPLICATION "fal-ai/creative-upscaler"
#define CUP_FAL_DEFAULT_LOCATION "https://queue.fal.run"
#define CUP_FAL_DEFAULT_STORAGE_LOCATION "https://rest.fal.ai"

/* How pictures get to the service. */
typedef enum
{
  CUP_FAL_UPLOAD_AUTO,          /* small ones inline, and all that fit where
                                 * the storage cannot be reached */
  CUP_FAL_UPLOAD_STORAGE,
  CUP_FAL_UPLOAD_DATA_URI,
} CupFalUploadMode;

/**
 * CupFalSettings:
 * @key: "key_id:key_secret"; never logged
 * @application: endpoint id, `owner/alias[/path]`
 * @location: base of the queue's host: https, or http on loopback
 * @storage_location: base of the REST host, same rule
 * @connect_timeout: microseconds until a connection must stand (with TLS)
 * @inactivity_timeout: microseconds without a byte in either direction after
 *   which a request is given up
 * @submission_idle: microseconds. A job is submitted on a connection that was
 *   active within that time or is in use, or on a new one: servers close idle
 *   ones, and a submission that meets that may not be repeated
 * @upload: how pictures get to the service
 * @multipart_above: bytes beyond which a picture is uploaded in parts
 * @part_size: bytes of such a part
 * @follow_stream: whether the status is followed by the service's stream of
 *   events, rather than by polling only
 * @retries: how often a job that the service reports as failed for a transient
 *   cause is submitted again
 * @retry_delay: microseconds, the upper end of the first wait before anything
 *   is tried again; it doubles with each further failure
 * @allow_double_cost: whether a submission is repeated where it is not certain
 *   that the service did not accept it
 * @start_timeout: seconds within which the service must have started to work
 *   on a job, or fail it; 0 for none. X-Fal-Request-Timeout
 * @low_priority: X-Fal-Queue-Priority: low
 * @runner_hint: (nullable): X-Fal-Runner-Hint
 * @upload_expiration: seconds for which the service keeps uploads, 0 for its
 *   default. X-Fal-Object-Lifecycle-Preference
 * @result_expiration: the same for the pictures that it makes
 * @store_payloads: whether the service keeps the JSON of requests and results;
 *   X-Fal-Store-IO
 * @tls_database: (nullable): authorities that are trusted instead of this
 *   machine's
 * @tls_ca_file: (nullable): as in CupHttpOptions
 * @proxy: (nullable): as in CupHttpOptions
 * @network: (nullable): what is shared with other engines; NULL for nothing
 */
typedef struct
{
  const gchar *key;
  const gchar *application;
  const gchar *location;
  const gchar *storage_location;
  gint64 connect_timeout;
  gint64 inactivity_timeout;
  gint64 submission_idle;
  CupFalUploadMode upload;
  gsize multipart_above;
  gsize part_size;
  gboolean follow_stream;
  guint retries;
  gint64 retry_delay;
  gboolean allow_double_cost;
  gdouble start_timeout;
  gboolean low_priority;
  const gchar *runner_hint;
  guint upload_expiration;
  guint result_expiration;
  gboolean store_payloads;
  GTlsDatabase *tls_database;
  const gchar *tls_ca_file;
  const gchar *proxy;
  CupFalNetwork *network;
} CupFalSettings;

/* What the element's properties have by default, without a key. */
void cup_fal_settings_init (CupFalSettings * settings);

#define CUP_TYPE_FAL_ENGINE (cup_fal_engine_get_type ())
G_DECLARE_FINAL_TYPE (CupFalEngine, cup_fal_engine, CUP, FAL_ENGINE, CupEngine)

/* NULL and CUP_ERROR_SETTINGS where a setting makes no sense (the error names
 * the property), CUP_ERROR_UNSUPPORTED where libsoup cannot be used in this
 * process. @settings is copied. Does not touch the network. */
CupEngine *cup_fal_engine_new (const CupFalSettings * settings,
    GError ** error);

G_END_DECLS
