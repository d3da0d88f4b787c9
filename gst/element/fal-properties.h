/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The properties that only the fal engine uses, made from one table. All of
 * them hold from the next READY → PAUSED on.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Values of the enums; the fal engine has its own for the first. */
typedef enum
{
  GST_CREATIVE_UPSCALER_UPLOAD_AUTO,
  GST_CREATIVE_UPSCALER_UPLOAD_STORAGE,
  GST_CREATIVE_UPSCALER_UPLOAD_DATA_URI,
} GstCreativeUpscalerUpload;

typedef enum
{
  GST_CREATIVE_UPSCALER_STATUS_UPDATES_STREAM,
  GST_CREATIVE_UPSCALER_STATUS_UPDATES_POLL,
} GstCreativeUpscalerStatusUpdates;

typedef enum
{
  GST_CREATIVE_UPSCALER_QUEUE_PRIORITY_NORMAL,
  GST_CREATIVE_UPSCALER_QUEUE_PRIORITY_LOW,
} GstCreativeUpscalerQueuePriority;

/**
 * CupFalProperties:
 *
 * The properties' values, in their units. Strings may be NULL.
 */
typedef struct
{
  gchar *api_key;
  gchar *api_key_file;
  gchar *application;
  gchar *location;
  gchar *storage_location;
  gdouble connect_timeout;
  gdouble inactivity_timeout;
  gint upload;
  gint status_updates;
  guint retries;
  gdouble retry_delay;
  gboolean allow_double_cost;
  gdouble start_timeout;
  gint queue_priority;
  gchar *runner_hint;
  guint upload_expiration;
  guint result_expiration;
  gboolean store_payloads;
  GTlsDatabase *tls_database;
  gchar *tls_ca_file;
  gchar *proxy;
} CupFalProperties;

/* What the engine has by default, cup_fal_settings_init(). */
void cup_fal_properties_init (CupFalProperties * properties);
/* All of it but the key; @to is not initialised yet. */
void cup_fal_properties_copy (CupFalProperties * to,
    const CupFalProperties * from);
void cup_fal_properties_clear (CupFalProperties * properties);

/* Their ids follow @first. */
void cup_fal_properties_install (GObjectClass * klass, guint first);
/* FALSE for an unknown one; @index counts from the first of them. */
gboolean cup_fal_properties_set (CupFalProperties * properties, guint index,
    const GValue * value, GParamSpec * pspec);
gboolean cup_fal_properties_get (const CupFalProperties * properties,
    guint index, GValue * value);

G_END_DECLS
