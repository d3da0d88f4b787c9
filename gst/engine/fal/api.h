/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The service that an engine talks to: its addresses, the key, the limits, and
 * the HTTP thread. Shared by the engine and all of its requests, which may
 * outlive it for the time of a last cancel request.
 */
#pragma once

#include <gio/gio.h>

#include "net/http.h"

G_BEGIN_DECLS

typedef struct
{
  gint ref_count;

  /* Never change. */
  CupHttp *http;
  gchar *key;
  gchar *authorization;         /* the header's value */
  gchar *endpoint;              /* what is submitted to: owner/alias/path */
  gchar *application;           /* where its requests are: owner/alias */
  gchar *location;
  gchar *storage_location;
  gint64 connect_timeout;
  gint64 inactivity_timeout;

  /* HTTP thread only. */
  GQueue requests;              /* CupFalRequest, those not completed yet */
  gboolean closed;
} CupFalApi;

CupFalApi *cup_fal_api_ref (CupFalApi * api);
void cup_fal_api_unref (CupFalApi * api);

/* HTTP thread. Sends to the service's own API, with the key: @url must have
 * the origin of one of the service's locations, which is checked once more
 * here. @request has what is special: method, body, limits. */
void cup_fal_api_call (CupFalApi * api,
    const CupHttpRequest * request, CupHttpDone done, gpointer user_data);
/* HTTP thread. Sends to where pictures are, without the key. */
void cup_fal_api_transfer (CupFalApi * api,
    const CupHttpRequest * request, CupHttpDone done, gpointer user_data);
/* HTTP thread. Asks the service to forget a request, as far as it gets in two
 * seconds. Nobody waits for the answer. */
void cup_fal_api_cancel_request (CupFalApi * api,
    const gchar * cancel_url, const gchar * request_id);

/* Whether @url, which the service gave, may be talked to: the rule of
 * net/url.h, and this machine only where @location is on it too. BAD_DATA. */
gboolean cup_fal_api_check_url (const gchar * url, const gchar * location,
    const gchar * what, GError ** error);

G_END_DECLS
