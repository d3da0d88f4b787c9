/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An answer: its status, headers and body, and what the headers mean.
 */
#include "response.h"

#include <string.h>

/* More patience than that is not asked for in earnest. */
#define MAX_RETRY_AFTER G_TIME_SPAN_DAY

struct _CupHttpResponse
{
  CupHttp *http;
  SoupMessage *message;
  GBytes *body;
};

CupHttpResponse *
cup_http_response_new (CupHttp * http, SoupMessage * message, GBytes * body)
{
  CupHttpResponse *response = g_new0 (CupHttpResponse, 1);

  response->http = http;
  response->message = g_object_ref (message);
  response->body = body;
  return response;
}

void
cup_http_response_free (CupHttpResponse * response)
{
  g_object_unref (response->message);
  g_bytes_unref (response->body);
  g_free (response);
}

guint
cup_http_response_get_status (CupHttpResponse * response)
{
  return response->http->soup->message_get_status (response->message);
}

GBytes *
cup_http_response_get_body (CupHttpResponse * response)
{
  return response->body;
}

const gchar *
cup_http_response_get_header (CupHttpResponse * response, const gchar * name)
{
  const CupSoup *soup = response->http->soup;

  return soup->message_headers_get_one
      (soup->message_get_response_headers (response->message), name);
}

static GDateTime *
get_date (CupHttpResponse * response, const gchar * name)
{
  const gchar *text = cup_http_response_get_header (response, name);

  if (!text)
    return NULL;
  return response->http->soup->date_time_new_from_http_string (text);
}

/* From the answer's own time to @date: the server's clock may be wrong, but it
 * is the same one for both. */
static gint64
get_distance (CupHttpResponse * response, GDateTime * date)
{
  GDateTime *now = get_date (response, "Date");
  gint64 distance;

  if (!now)
    now = g_date_time_new_now_utc ();
  distance = g_date_time_difference (date, now);
  g_date_time_unref (now);
  return distance;
}

gint64
cup_http_response_get_retry_after (CupHttpResponse * response)
{
  const gchar *text = cup_http_response_get_header (response, "Retry-After");
  gboolean negative;
  GDateTime *date;
  gsize digits;
  gint64 delay;

  if (!text)
    return -1;
  negative = *text == '-';
  text += negative;
  digits = strspn (text, "0123456789");
  if (digits > 0 && text[digits] == '\0') {
    /* It stays at the largest number where there are too many digits. */
    delay = MIN (g_ascii_strtoull (text, NULL, 10),
        MAX_RETRY_AFTER / G_TIME_SPAN_SECOND);
    return negative ? 0 : delay * G_TIME_SPAN_SECOND;
  }

  date = get_date (response, "Retry-After");
  if (!date)
    return -1;
  delay = get_distance (response, date);
  g_date_time_unref (date);
  return CLAMP (delay, 0, MAX_RETRY_AFTER);
}
