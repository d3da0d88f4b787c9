/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The service that an engine talks to: its addresses, the key, the limits, and
 * the way to the HTTP thread. Shared by the engine and all of its requests,
 * which may outlive it for the time of a last cancel request.
 */
#pragma once

#include <gio/gio.h>

#include "application.h"
#include "fal.h"
#include "network.h"
#include "uplink.h"
#include "net/backoff.h"
#include "net/http.h"

G_BEGIN_DECLS

/* How often, in a row, anything is tried that may be: what has been paid for is
 * not given up lightly, nor is a long run for a network that is gone for a
 * minute. */
#define CUP_FAL_MAX_ATTEMPTS 14

typedef struct
{
  gint ref_count;

  /* Never change. */
  CupFalNetwork *network;
  CupFalAccount *account;       /* in @network */
  CupFalShare *share;           /* of the account's limiter */
  CupHttp *http;
  gchar *key;
  gchar *authorization;         /* the header's value */
  const CupFalApplication *model;
  gchar *endpoint;              /* what is submitted to: owner/alias/path */
  gchar *application;           /* where its requests are: owner/alias */
  gchar *location;
  gchar *storage_location;
  gchar *service;               /* location and endpoint */
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
  gint64 upload_lifetime;       /* of uploads at the service, at least */
  gchar **upload_headers;
  gchar **submit_headers;

  /* HTTP thread only. */
  GQueue requests;              /* CupFalRequest, those not completed yet */
  GError *refusal;              /* the key is good for nothing more */
  CupFalUplink uplink;          /* has a lock of its own */
  GQueue streams;               /* of follow.c, those that are open */
  guint n_polling;              /* of follow.c, those without a stream */
  guint n_silent;               /* streams in a row that never said a word */
  gint64 no_streams_until;      /* the service does not have them */
  gint64 no_storage_until;      /* it could not be reached */
  gboolean reached;             /* something has been answered */
  guint n_resumed;              /* requests of an earlier run, not completed */
  gboolean closed;
} CupFalApi;

CupFalApi *cup_fal_api_ref (CupFalApi * api);
void cup_fal_api_unref (CupFalApi * api);

/* How something is tried again, @max_attempts times in all. */
CupBackoff cup_fal_api_make_backoff (CupFalApi * api, guint max_attempts);

/* HTTP thread. Sends to the service's own API, with the key: @url must have
 * the origin of one of the service's locations, which is checked once more
 * here. @request has what is special: method, body, limits, further headers.
 */
void cup_fal_api_call (CupFalApi * api,
    const CupHttpRequest * request, CupHttpDone done, gpointer user_data);
/* HTTP thread. Sends to where pictures are, without the key. */
void cup_fal_api_transfer (CupFalApi * api,
    const CupHttpRequest * request, CupHttpDone done, gpointer user_data);
/* HTTP thread. Asks the service to forget a request, as far as it gets in two
 * seconds. Nobody waits for the answer. */
void cup_fal_api_cancel_request (CupFalApi * api,
    const gchar * cancel_url, const gchar * request_id);

/* HTTP thread. Notes a failure. Returns TRUE and the microseconds to wait, or
 * FALSE where there is no attempt left. @error: (nullable): what failed was a
 * connection. @retry_after: what the service asks for, -1 where it does not.
 *
 * As long as the service has never answered, the user's "retries" is the limit
 * for connections. Something may be set up wrongly then, and the user waits for
 * the error. Where the service already works for an earlier run, that is not
 * likely, and only the time of a frame is the limit. */
gboolean cup_fal_api_try_again (CupFalApi * api, CupBackoff * backoff,
    const GError * error, gint64 retry_after, gint64 * delay);

/* HTTP thread. From now on nothing is begun: @error (copied) is why. */
void cup_fal_api_refuse (CupFalApi * api, const GError * error);

/* Whether @url, which the service gave, may be talked to: the rule of
 * net/url.h, and hosts that are not public only where @location is on this
 * machine, or is the very same host. BAD_DATA. */
gboolean cup_fal_api_check_url (const gchar * url, const gchar * location,
    const gchar * what, GError ** error);

G_END_DECLS
