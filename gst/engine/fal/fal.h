/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The engine that talks fal's queue protocol.
 */
#pragma once

#include "engine/engine.h"

G_BEGIN_DECLS

#define CUP_FAL_DEFAULT_APPLICATION "fal-ai/creative-upscaler"
#define CUP_FAL_DEFAULT_LOCATION "https://queue.fal.run"
#define CUP_FAL_DEFAULT_STORAGE_LOCATION "https://rest.fal.ai"

/**
 * CupFalSettings:
 * @key: "key_id:key_secret"; never logged
 * @application: endpoint id, `owner/alias[/path]`
 * @location: base of the queue's host: https, or http on loopback
 * @storage_location: base of the REST host, same rule
 * @connect_timeout: microseconds until a connection must stand (with TLS)
 * @inactivity_timeout: microseconds without a byte in either direction after
 *   which a request is given up
 */
typedef struct
{
  const gchar *key;
  const gchar *application;
  const gchar *location;
  const gchar *storage_location;
  gint64 connect_timeout;
  gint64 inactivity_timeout;
} CupFalSettings;

#define CUP_TYPE_FAL_ENGINE (cup_fal_engine_get_type ())
G_DECLARE_FINAL_TYPE (CupFalEngine, cup_fal_engine, CUP, FAL_ENGINE, CupEngine)

/* NULL and CUP_ERROR_SETTINGS where a setting makes no sense (the error names
 * the property), CUP_ERROR_UNSUPPORTED where libsoup cannot be used in this
 * process. @settings is copied. Does not touch the network. */
CupEngine *cup_fal_engine_new (const CupFalSettings * settings,
    GError ** error);

G_END_DECLS
