/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading the body of an answer: whole, or piece by piece as it comes.
 */
#include "exchange.h"

#include "base/error.h"
#include "response.h"

/* First size of the buffer of an answer that does not tell its own, and the
 * size of a piece where it is handed on at once. */
#define FIRST_CHUNK 16384
#define MIN_ROOM 1024

goffset
cup_exchange_get_content_length (CupExchange * exchange)
{
  const CupSoup *soup = exchange->http->soup;
  SoupMessageHeaders *headers =
      soup->message_get_response_headers (exchange->message);
  const gchar *text = soup->message_headers_get_one (headers, "Content-Length");

  /* With any other framing libsoup ignores the header, and so do we. */
  if (!text || (soup->message_headers_get_encoding (headers) !=
          SOUP_ENCODING_CONTENT_LENGTH))
    return -1;
  return soup->message_headers_get_content_length (headers);
}

static gboolean
is_handed_on (CupExchange * exchange)
{
  return exchange->on_data && cup_exchange_get_status (exchange) / 100 == 2;
}

static void
on_closed (GObject * source, GAsyncResult * result, gpointer data)
{
  CupHttp *http = data;

  g_input_stream_close_finish (G_INPUT_STREAM (source), result, NULL);
  cup_http_end_operation (http);
}

void
cup_exchange_close_stream (CupHttp * http, GInputStream * stream)
{
  /* Just giving up the reference would close it, too, but on HTTP/2, where
   * that sends something, in a way that blocks. */
  if (!g_input_stream_is_closed (stream)) {
    cup_http_begin_operation (http);
    g_input_stream_close_async (stream, G_PRIORITY_DEFAULT, NULL, on_closed,
        http);
  }
  g_object_unref (stream);
}

static void
return_response (CupExchange * exchange)
{
  gsize size = is_handed_on (exchange) ? 0 : exchange->received;
  GBytes *body;

  if (size < exchange->allocated && exchange->expected < 0)
    exchange->data = g_realloc (exchange->data, MAX (size, 1));
  body = g_bytes_new_take (g_steal_pointer (&exchange->data), size);
  cup_exchange_finish (exchange, cup_http_response_new (exchange->http,
          exchange->message, body), NULL);
}

static void
handle_end (CupExchange * exchange)
{
  /* At its end this only gives the connection back; nothing can block. */
  g_input_stream_close (exchange->stream, NULL, NULL);
  if (exchange->expected < 0
      || (guint64) exchange->expected == exchange->received)
    return_response (exchange);
  else
    cup_exchange_finish (exchange, NULL, cup_exchange_new_truncated (exchange));
}

/* There is always room for MIN_ROOM more, also where all has come or the limit
 * is reached: what comes then shows that there is more, and libsoup fails on
 * an assertion where it has to read a trailer into less than a line. */
static gboolean
make_room (CupExchange * exchange, gsize used)
{
  gsize wanted;
  guint8 *data;

  if (exchange->allocated - used >= MIN_ROOM)
    return TRUE;
  if (is_handed_on (exchange))
    wanted = FIRST_CHUNK;
  else if (exchange->expected > (goffset) used)
    wanted = exchange->expected;
  else
    wanted = MIN (MAX (FIRST_CHUNK, used * 2), exchange->max_size);
  wanted = MAX (wanted, used) + MIN_ROOM;
  data = g_try_realloc (exchange->data, wanted);
  if (!data)
    return FALSE;
  exchange->data = data;
  exchange->allocated = wanted;
  return TRUE;
}

static void on_read (GObject * source, GAsyncResult * result, gpointer data);

void
cup_exchange_read_body (CupExchange * exchange)
{
  gsize used = is_handed_on (exchange) ? 0 : exchange->received;

  if (!make_room (exchange, used)) {
    cup_exchange_finish (exchange, NULL, g_error_new (CUP_ERROR,
            CUP_ERROR_TOO_LARGE, "no memory for an answer of %" G_GSIZE_FORMAT
            " bytes", MAX (used, (gsize) MAX (exchange->expected, 0))));
    return;
  }
  cup_exchange_begin_operation (exchange);
  g_input_stream_read_async (exchange->stream, exchange->data + used,
      exchange->allocated - used, G_PRIORITY_DEFAULT, exchange->cancellable,
      on_read, exchange);
}

static void
handle_piece (CupExchange * exchange, gsize size)
{
  cup_exchange_note_activity (exchange);
  exchange->received += size;
  if (exchange->received > exchange->max_size) {
    cup_exchange_finish (exchange, NULL, cup_exchange_new_too_large (exchange,
            -1));
    return;
  }
  if (is_handed_on (exchange))
    exchange->on_data (exchange->data, size, exchange->user_data);
  cup_exchange_read_body (exchange);
}

static void
on_read (GObject * source, GAsyncResult * result, gpointer data)
{
  CupExchange *exchange = data;
  GError *reason = NULL;
  gssize count;

  cup_exchange_end_operation (exchange);
  count = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &reason);
  if (!exchange->done) {
    /* It has been told already. */
  } else if (count < 0) {
    cup_exchange_finish (exchange, NULL, cup_exchange_translate (exchange,
            reason));
  } else if (count == 0) {
    handle_end (exchange);
  } else {
    handle_piece (exchange, count);
  }
  g_clear_error (&reason);
  cup_exchange_unref (exchange);
}
