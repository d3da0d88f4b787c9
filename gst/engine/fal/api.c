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
  g_free (api);
}

static void
send_with_limits (CupFalApi * api, const CupHttpRequest * request,
    const gchar * const *headers, CupHttpDone done, gpointer user_data)
{
  CupHttpRequest limited = *request;

  limited.headers = headers;
  limited.connect_timeout = api->connect_timeout;
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

void
cup_fal_api_call (CupFalApi * api, const CupHttpRequest * request,
    CupHttpDone done, gpointer user_data)
{
  /* As the official clients do it. X-Fal-Queue-Priority is left out: its
   * default is what they send. */
  const gchar *headers[] = { "Authorization", api->authorization,
    "Accept", "application/json", NULL
  };
  CupHttpRequest call = *request;

  g_return_if_fail (cup_fal_check_origin (request->url, api->location)
      || cup_fal_check_origin (request->url, api->storage_location));

  if (call.body)
    call.content_type = "application/json";
  call.max_size = CUP_FAL_MAX_JSON;
  send_with_limits (api, &call, headers, done, user_data);
}

void
cup_fal_api_transfer (CupFalApi * api,
    const CupHttpRequest * request, CupHttpDone done, gpointer user_data)
{
  send_with_limits (api, request, NULL, done, user_data);
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

gboolean
cup_fal_api_check_url (const gchar * url, const gchar * location,
    const gchar * what, GError ** error)
{
  GError *reason = NULL;
  GUri *uri = cup_url_parse (url, &reason);
  GUri *base = cup_url_parse (location, NULL);

  if (uri && cup_url_is_loopback (uri) && !cup_url_is_loopback (base))
    g_set_error_literal (&reason, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "a server elsewhere may not send us to this machine");
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
