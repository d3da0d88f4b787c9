/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is said to the service, and with which headers: see api.h.
 */
#include "api.h"

#include "answer.h"
#include "base/error.h"
#include "base/log.h"
#include "credentials.h"
#include "net/redact.h"
#include "net/url.h"
#include "protocol.h"

typedef struct
{
  CupFalApi *api;
  gchar *request_id;
} Cancellation;

CupFalApi *
cup_fal_api_ref (CupFalApi * api)
{
  g_atomic_int_inc (&api->ref_count);
  return api;
}

void
cup_fal_api_unref (CupFalApi * api)
{
  if (!g_atomic_int_dec_and_test (&api->ref_count))
    return;
  g_clear_pointer (&api->http, cup_http_unref);
  cup_fal_free_key (api->key);
  cup_fal_free_key (api->authorization);
  g_free (api->endpoint);
  g_free (api->application);
  g_free (api->location);
  g_free (api->storage_location);
  g_free (api->service);
  g_strfreev (api->upload_headers);
  g_strfreev (api->submit_headers);
  g_clear_error (&api->refusal);
  g_clear_pointer (&api->share, cup_fal_share_free);
  if (api->account)
    cup_fal_network_leave (api->network, api->account);
  g_clear_object (&api->network);
  cup_fal_uplink_clear (&api->uplink);
  g_free (api);
}

CupBackoff
cup_fal_api_make_backoff (CupFalApi * api, guint max_attempts)
{
  CupBackoff backoff = { 0, };

  backoff.max_attempts = max_attempts;
  backoff.base = api->retry_delay;
  backoff.maximum = api->retry_delay * 32;
  return backoff;
}

/* As long as the service has never answered. */
static guint
get_first_attempts (CupFalApi * api, const CupBackoff * backoff)
{
  guint attempts = api->n_resumed > 0 ? G_MAXUINT : api->retries + 1;

  /* There is another way, or it may not be repeated. */
  if (backoff->max_attempts < CUP_FAL_MAX_ATTEMPTS)
    attempts = MIN (attempts, backoff->max_attempts);
  return attempts;
}

gboolean
cup_fal_api_try_again (CupFalApi * api, CupBackoff * backoff,
    const GError * error, gint64 retry_after, gint64 * delay)
{
  CupBackoff tried = *backoff;
  gboolean again;

  /* Each attempt would meet the same certificate. */
  if (g_error_matches (error, CUP_ERROR, CUP_ERROR_CERTIFICATE))
    return FALSE;
  if (error && !api->reached)
    tried.max_attempts = get_first_attempts (api, backoff);
  else if (tried.failures >= tried.max_attempts)
    cup_backoff_reset (&tried); /* these were before the first answer */
  again = cup_backoff_next (&tried, delay);
  backoff->failures = tried.failures;
  if (!again)
    return FALSE;
  /* With the jitter, so that those who were told the same do not come back
   * together. */
  *delay += MAX (retry_after, 0);
  return TRUE;
}

static void
send_with_limits (CupFalApi * api, const CupHttpRequest * request,
    const gchar * const *headers, CupHttpDone done, gpointer user_data)
{
  CupHttpRequest limited = *request;

  limited.headers = headers;
  limited.connect_timeout = api->connect_timeout;
  if (limited.inactivity_timeout == 0 || (api->inactivity_timeout > 0
          && api->inactivity_timeout < limited.inactivity_timeout))
    limited.inactivity_timeout = api->inactivity_timeout;
  if (cup_log_is_enabled (CUP_LOG_TRACE)) {
    gchar *shown = cup_redact_url (request->url);
    gchar *clean = cup_redact (shown, api->key);

    cup_trace ("%s %s", request->method, clean);
    g_free (clean);
    g_free (shown);
  }
  cup_http_send (api->http, &limited, done, user_data);
}

/* Hosts that are written in the settings are trusted with the key; those that
 * come in answers are not to lead into the network that this machine is in. */
static gboolean
is_own_host (CupFalApi * api, const gchar * url)
{
  return cup_fal_check_origin (url, api->location)
      || cup_fal_check_origin (url, api->storage_location);
}

void
cup_fal_api_call (CupFalApi * api, const CupHttpRequest * request,
    CupHttpDone done, gpointer user_data)
{
  CupHttpRequest call = *request;
  GPtrArray *headers;
  guint i;

  g_return_if_fail (is_own_host (api, request->url));

  headers = g_ptr_array_new ();
  g_ptr_array_add (headers, (gpointer) "Authorization");
  g_ptr_array_add (headers, api->authorization);
  g_ptr_array_add (headers, (gpointer) "Accept");
  g_ptr_array_add (headers, (gpointer) (call.on_data ?
          "application/json, text/event-stream" : "application/json"));
  for (i = 0; request->headers && request->headers[i]; i++)
    g_ptr_array_add (headers, (gpointer) request->headers[i]);
  g_ptr_array_add (headers, NULL);

  if (call.body)
    call.content_type = "application/json";
  if (call.max_size == 0)
    call.max_size = CUP_FAL_MAX_JSON;
  send_with_limits (api, &call, (const gchar * const *) headers->pdata, done,
      user_data);
  g_ptr_array_unref (headers);
}

static gboolean
is_on_loopback (CupFalApi * api)
{
  GUri *uri = cup_url_parse (api->location, NULL);
  gboolean loopback = cup_url_is_loopback (uri);

  g_uri_unref (uri);
  return loopback;
}

void
cup_fal_api_transfer (CupFalApi * api,
    const CupHttpRequest * request, CupHttpDone done, gpointer user_data)
{
  CupHttpRequest transfer = *request;

  transfer.public_redirects = !is_on_loopback (api);
  transfer.public_only = transfer.public_redirects
      && !is_own_host (api, request->url);
  send_with_limits (api, &transfer, NULL, done, user_data);
}

static void
on_cancelled (CupHttpResponse * response, const GError * error, gpointer data)
{
  Cancellation *cancellation = data;

  if (error)
    cup_info ("request %s could not be cancelled: %s",
        cancellation->request_id, error->message);
  else
    cup_debug ("request %s: cancelling was answered with HTTP %u",
        cancellation->request_id, cup_http_response_get_status (response));
  cup_fal_api_unref (cancellation->api);
  g_free (cancellation->request_id);
  g_free (cancellation);
}

void
cup_fal_api_cancel_request (CupFalApi * api,
    const gchar * cancel_url, const gchar * request_id)
{
  CupHttpRequest request = {.method = "PUT",.url = cancel_url };
  Cancellation *cancellation = g_new0 (Cancellation, 1);

  cancellation->api = cup_fal_api_ref (api);
  cancellation->request_id = g_strdup (request_id);
  request.deadline = g_get_monotonic_time () + CUP_HTTP_CLOSE_TIMEOUT;
  cup_debug ("cancels request %s", request_id);
  cup_fal_api_call (api, &request, on_cancelled, cancellation);
}

void
cup_fal_api_refuse (CupFalApi * api, const GError * error)
{
  if (!api->refusal)
    api->refusal = g_error_copy (error);
}

gboolean
cup_fal_api_check_url (const gchar * url, const gchar * location,
    const gchar * what, GError ** error)
{
  GError *reason = NULL;
  GUri *uri = cup_url_parse (url, &reason);
  GUri *base = cup_url_parse (location, NULL);

  if (uri && !cup_url_may_be_public (uri) && !cup_url_is_loopback (base)
      && !cup_url_same_origin (uri, base))
    g_set_error_literal (&reason, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "a server elsewhere may not send us to this machine or to its "
        "network");
  if (reason)
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the service gave an address for %s that is not used: %s", what,
        reason->message);
  g_clear_pointer (&base, g_uri_unref);
  g_clear_pointer (&uri, g_uri_unref);
  if (!reason)
    return TRUE;
  g_error_free (reason);
  return FALSE;
}
