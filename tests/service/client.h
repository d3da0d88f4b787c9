/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A plain HTTP client for tests of the service: one request, one answer. It
 * knows nothing of what the plugin's client knows.
 */
#pragma once

#include <libsoup/soup.h>

#include "service.h"

G_BEGIN_DECLS

typedef struct
{
  CupFalService *service;
  SoupSession *session;
  /* Sent as Authorization; NULL for none. */
  const gchar *authorization;
  /* (nullable): one more header of every request. */
  const gchar *header_name;
  const gchar *header_value;
} Client;

/* @status: 0 where there was no answer, and @error is set. @json: NULL where
 * the body is none. */
typedef struct
{
  guint status;
  SoupMessageHeaders *headers;
  GBytes *bytes;
  JsonNode *json;
  GError *error;
} Answer;

/* @options: (nullable). @timeout: seconds of silence that are an error. */
void client_init (Client * client, const CupFalServiceOptions * options,
    guint timeout);
void client_clear (Client * client);

/* @url: a path of the API, or a whole URL. @body: (nullable). */
Answer *client_send (Client * client, const gchar * method,
    const gchar * url, const gchar * type, GBytes * body);
Answer *client_send_text (Client * client, const gchar * method,
    const gchar * url, const gchar * json);
Answer *client_get (Client * client, const gchar * url);
void answer_free (Answer * answer);

/* The same without any HTTP client in between, to see what really comes: sends
 * a request that wants the connection closed after it. */
GSocketConnection *client_open_raw (Client * client, const gchar * method,
    const gchar * url, const gchar * json);
/* All bytes until the end. @code: 0 where it was closed, else that of the
 * GIOError; G_IO_ERROR_TIMED_OUT after @silence milliseconds of it. */
GByteArray *read_raw (GSocketConnection * connection, guint silence,
    gint * code);

/* By a path like "image.url" or "detail.0.type"; fails the test where there is
 * none. */
const gchar *answer_get_string (Answer * answer, const gchar * path);
gint64 answer_get_int (Answer * answer, const gchar * path);
/* (nullable) */
JsonNode *answer_find (Answer * answer, const gchar * path);
const gchar *answer_get_header (Answer * answer, const gchar * name);

/* A picture of @width × @height with a gradient, as PNG. */
GBytes *make_picture (guint width, guint height);
/* Uploads, and returns the file's URL. */
gchar *client_upload (Client * client, GBytes * bytes, const gchar * type);
/* Submits @input with the URL of an uploaded picture of 24×16 in it, to
 * creative-upscaler; returns the request id. @more: more members, as in
 * "\"scale\":3"; NULL for none. */
gchar *client_submit (Client * client, const gchar * more);
/* The path of a request: "/fal-ai/creative-upscaler/requests/@id@end", valid
 * until the next call. */
const gchar *request_path (const gchar * id, const gchar * end);
/* Polls until the job is completed, and gets its result. */
Answer *client_wait_result (Client * client, const gchar * id);

G_END_DECLS
