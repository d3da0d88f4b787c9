/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One request of the protocol that may be repeated: it is sent, and sent again
 * after a while where that makes sense, until the outcome is clear.
 *
 * HTTP thread only.
 */
#pragma once

#include "api.h"
#include "failure.h"

G_BEGIN_DECLS

typedef struct _CupFalCall CupFalCall;

/**
 * CupFalCallSpec:
 * @method: "GET", "PUT" or "POST"
 * @url: where to
 * @body: (nullable): what is sent
 * @content_type: (nullable): of @body where @is_transfer; JSON otherwise
 * @headers: (nullable): further names and values
 * @is_transfer: of a picture, without the key, rather than of the API
 * @follow_redirects: as in CupHttpRequest
 * @max_idle: as in CupHttpRequest
 * @max_size: of the answer, 0 for CUP_FAL_MAX_JSON
 * @max_unreadable: how many answers in a row may not be accepted; 0 where that
 *   is trouble like any other. What a proxy or a captive portal says passes,
 *   what the service means by it does not
 * @is_paid: it belongs to a request that the service has accepted. Then the
 *   number of attempts has no limit (the job's time has), and an answer that
 *   would end the job, other than a failure of the job itself, has to stay for
 *   some time before it is believed: a file that is not found, a key that is
 *   refused, a redirection, an answer that is not accepted
 * @is_last: what the service itself answers is believed at once, whatever it is
 * @confirmations: how often a failure of the job itself has to come before it is
 *   believed, and for some time, too; 1 where it is known already, 0 where
 *   failures are tried like any other
 * @max_attempts: 1 where it may not be repeated, 0 for CUP_FAL_MAX_ATTEMPTS
 *
 * All of it is copied or referenced.
 */
typedef struct
{
  const gchar *method;
  const gchar *url;
  GBytes *body;
  const gchar *content_type;
  const gchar *const *headers;
  gboolean is_transfer;
  gboolean follow_redirects;
  gint64 max_idle;
  gsize max_size;
  guint max_unreadable;
  gboolean is_paid;
  gboolean is_last;
  guint confirmations;
  guint max_attempts;
} CupFalCallSpec;

/**
 * CupFalCallFuncs:
 * @accept: (nullable): reads an answer of 2xx. FALSE and @error where it makes
 *   no sense, which is trouble like any other: proxies and captive portals
 *   answer with pages of theirs
 * @retry: (nullable): it will be tried again, because of @reason
 * @done: once: @failure (an answer other than 2xx), @error (none, or none that
 *   is accepted), or neither. @response is there where there was an answer
 */
typedef struct
{
  gboolean (*accept) (CupHttpResponse * response, gpointer user_data,
      GError ** error);
  void (*retry) (const gchar * reason, gpointer user_data);
  void (*done) (CupHttpResponse * response, const CupFalFailure * failure,
      const GError * error, gpointer user_data);
} CupFalCallFuncs;

/* Stores the call in @slot, and clears that just before @done is called.
 * @funcs stays the caller's and is static. Nothing is called from within. */
void cup_fal_call_start (CupFalCall ** slot, CupFalApi * api,
    const CupFalCallSpec * spec, const CupFalCallFuncs * funcs,
    gpointer user_data);
/* Whether bytes of it may have gone out since it was sent last. */
gboolean cup_fal_call_may_be_sent (const CupFalCall * call);
/* Ends what is under way, for a call that is not waiting to be repeated: @done
 * is called soon, with G_IO_ERROR_CANCELLED, with an error of the stage
 * CUP_HTTP_STAGE_CONNECT where nothing has gone out, or with an answer that was
 * there already. */
void cup_fal_call_abort (CupFalCall * call);
/* Takes the call back, if there is one: nothing of @funcs is called any more.
 */
void cup_fal_call_cancel (CupFalCall ** slot);

/* The error for an outcome: @failure or @error (copied) in the words of
 * @stage. */
GError *cup_fal_call_make_error (CupFalApi * api,
    const CupFalFailure * failure, const GError * error, const gchar * stage,
    const gchar * request_id);

G_END_DECLS
