/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connections that misbehave. All of them are one small program: wait, write
 * some bytes in pieces with pauses, perhaps write a filler for ever, and then
 * close, reset, or hold the line.
 */
#include "misbehave.h"

#include <string.h>
#include <gio/gnetworking.h>

#include "filler.h"

#define SLOW_INTERVAL 50
#define FILLER_SIZE (64 * 1024)

typedef enum
{
  ENDING_CLOSE,
  ENDING_RESET,
  ENDING_HOLD,
  ENDING_FILL,
} Ending;

typedef struct
{
  CupFalService *service;
  SoupServerMessage *message;
  GIOStream *stream;
  GSocket *socket;
  GCancellable *cancellable;
  GSource *source;
  gboolean pending;

  guint delay;
  GBytes *data;
  gsize offset;
  gsize first;
  gsize piece;
  guint interval;
  guint8 *filler;
  guint8 byte;
  Ending ending;
} Connection;

static void go_on (Connection * connection);

static void
connection_free (Connection * connection)
{
  if (connection->source) {
    g_source_destroy (connection->source);
    g_source_unref (connection->source);
  }
  g_clear_object (&connection->message);
  g_clear_object (&connection->stream);
  g_clear_object (&connection->socket);
  g_clear_pointer (&connection->data, g_bytes_unref);
  g_object_unref (connection->cancellable);
  g_free (connection->filler);
  g_free (connection);
}

static void
drop (Connection * connection)
{
  struct linger linger = { 1, 0 };

  if (connection->socket) {
    /* Closing a socket that does not linger sends RST. */
    if (connection->ending == ENDING_RESET)
      setsockopt (g_socket_get_fd (connection->socket), SOL_SOCKET, SO_LINGER,
          (const void *) &linger, sizeof (linger));
    g_socket_close (connection->socket, NULL);
  }
  g_ptr_array_remove_fast (connection->service->connections, connection);
  connection_free (connection);
}

static gboolean
on_wait_over (gpointer data)
{
  Connection *connection = data;

  g_clear_pointer (&connection->source, g_source_unref);
  go_on (connection);
  return G_SOURCE_REMOVE;
}

static void
wait_for (Connection * connection, guint ms)
{
  connection->source =
      cup_service_add_timeout (connection->service, ms, on_wait_over,
      connection);
}

static void
on_read (GObject * source, GAsyncResult * result, gpointer data)
{
  Connection *connection = data;

  g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);
  connection->pending = FALSE;
  drop (connection);
}

static void
on_written (GObject * source, GAsyncResult * result, gpointer data)
{
  Connection *connection = data;
  gsize written;
  gboolean good;

  good = g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result,
      &written, NULL);
  connection->pending = FALSE;
  if (!good) {
    drop (connection);
    return;
  }
  if (connection->data && connection->offset
      < g_bytes_get_size (connection->data)) {
    connection->offset += written;
    if (connection->interval > 0) {
      wait_for (connection, connection->interval);
      return;
    }
  }
  go_on (connection);
}

static void
write_bytes (Connection * connection, const guint8 * data, gsize size)
{
  connection->pending = TRUE;
  g_output_stream_write_all_async (g_io_stream_get_output_stream
      (connection->stream), data, size, G_PRIORITY_DEFAULT,
      connection->cancellable, on_written, connection);
}

static void
go_on (Connection * connection)
{
  gsize size = 0, piece;
  const guint8 *data = NULL;

  if (connection->data)
    data = g_bytes_get_data (connection->data, &size);
  if (connection->offset < size) {
    piece = connection->offset == 0 ? connection->first : connection->piece;
    write_bytes (connection, data + connection->offset,
        MIN (piece, size - connection->offset));
    return;
  }
  switch (connection->ending) {
    case ENDING_CLOSE:
    case ENDING_RESET:
      drop (connection);
      break;
    case ENDING_FILL:
      write_bytes (connection, connection->filler, FILLER_SIZE);
      break;
    case ENDING_HOLD:
      /* Ends when the client closes. */
      connection->pending = TRUE;
      g_input_stream_read_async (g_io_stream_get_input_stream
          (connection->stream), &connection->byte, 1, G_PRIORITY_DEFAULT,
          connection->cancellable, on_read, connection);
      break;
  }
}

static gboolean
on_take (gpointer data)
{
  Connection *connection = data;
  GSocket *socket = soup_server_message_get_socket (connection->message);

  g_clear_pointer (&connection->source, g_source_unref);
  if (!socket) {
    drop (connection);
    return G_SOURCE_REMOVE;
  }
  connection->socket = g_object_ref (socket);
  connection->stream =
      soup_server_message_steal_connection (connection->message);
  g_clear_object (&connection->message);
  if (connection->delay > 0)
    wait_for (connection, connection->delay);
  else
    go_on (connection);
  return G_SOURCE_REMOVE;
}

static GString *
make_head (SoupServerMessage * message)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);
  guint status = soup_server_message_get_status (message);
  GString *head = g_string_new (NULL);
  SoupMessageHeadersIter iter;
  const char *name, *value;

  g_string_append_printf (head, "HTTP/1.1 %u %s\r\nConnection: close\r\n",
      status, soup_status_get_phrase (status));
  soup_message_headers_iter_init (&iter, headers);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    if (g_ascii_strcasecmp (name, "Content-Length") != 0)
      g_string_append_printf (head, "%s: %s\r\n", name, value);
  return head;
}

/* The response as bytes, of which all are promised and @part are there. */
static void
set_response (Connection * connection, gdouble part)
{
  SoupMessageBody *body =
      soup_server_message_get_response_body (connection->message);
  GBytes *bytes = soup_message_body_flatten (body);
  GString *head = make_head (connection->message);
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  g_string_append_printf (head, "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
      size);
  connection->first = head->len;
  g_string_append_len (head, data, (gssize) (size * part));
  connection->piece = MAX (head->len - connection->first, 1);
  connection->data = g_string_free_to_bytes (head);
  g_bytes_unref (bytes);
}

static void
set_slow (Connection * connection, guint duration)
{
  gsize body;

  set_response (connection, 1);
  body = g_bytes_get_size (connection->data) - connection->first;
  connection->interval = SLOW_INTERVAL;
  connection->piece = body / MAX (duration / SLOW_INTERVAL, 1) + 1;
}

static void
set_endless (Connection * connection, const CupServiceFiller * filler)
{
  GString *head = g_string_new ("HTTP/1.1 200 OK\r\nConnection: close\r\n");

  g_string_append_printf (head, "Content-Type: %s\r\n\r\n%s", filler->type,
      filler->opening);
  connection->first = connection->piece = head->len;
  connection->data = g_string_free_to_bytes (head);
  connection->filler = g_malloc (FILLER_SIZE);
  memset (connection->filler, filler->byte, FILLER_SIZE);
  soup_server_message_set_status (connection->message, 200, NULL);
}

static Connection *
connection_new (CupFalService * service, SoupServerMessage * message)
{
  Connection *connection = g_new0 (Connection, 1);

  connection->service = service;
  connection->message = g_object_ref (message);
  connection->cancellable = g_cancellable_new ();
  return connection;
}

/* libsoup is still in the handler: the connection can be taken later. */
static void
take (Connection * connection, SoupServer * server)
{
  CupFalService *service = connection->service;

  g_ptr_array_add (service->connections, connection);
  soup_server_pause_message (server, connection->message);
  connection->source =
      cup_service_add_timeout (service, 0, on_take, connection);
}

void
cup_service_break_off (CupFalService * service, SoupServer * server,
    SoupServerMessage * message, const gchar * text, gsize length,
    gboolean reset)
{
  Connection *connection = connection_new (service, message);
  GString *response = make_head (message);

  g_string_append_printf (response, "\r\n%" G_GSIZE_MODIFIER "x\r\n",
      strlen (text));
  g_string_append_len (response, text, length);
  connection->first = response->len;
  connection->data = g_string_free_to_bytes (response);
  connection->ending = reset ? ENDING_RESET : ENDING_CLOSE;
  take (connection, server);
}

void
cup_service_misbehave (CupFalService * service, SoupServer * server,
    SoupServerMessage * message, const CupServiceFault * fault,
    CupFalStage stage)
{
  Connection *connection = connection_new (service, message);

  switch (fault->kind->id) {
    case CUP_SERVICE_FAULT_RESET:
      connection->ending = ENDING_RESET;
      break;
    case CUP_SERVICE_FAULT_TRUNCATE:
      set_response (connection, 0.5);
      connection->ending = ENDING_CLOSE;
      break;
    case CUP_SERVICE_FAULT_LATE:
      set_response (connection, 1);
      connection->delay = fault->duration;
      connection->ending = ENDING_CLOSE;
      break;
    case CUP_SERVICE_FAULT_SLOW:
      set_slow (connection, fault->duration);
      connection->ending = ENDING_CLOSE;
      break;
    case CUP_SERVICE_FAULT_OVERSIZE:
      set_endless (connection, cup_service_filler_for_stage (stage));
      connection->ending = ENDING_FILL;
      break;
    default:
      connection->ending = ENDING_HOLD;
      break;
  }
  take (connection, server);
}

void
cup_service_misbehave_end (CupFalService * service)
{
  guint i;

  for (i = service->connections->len; i > 0; i--) {
    Connection *connection = g_ptr_array_index (service->connections, i - 1);

    if (connection->pending)
      g_cancellable_cancel (connection->cancellable);
    else
      drop (connection);
  }
  while (service->connections->len > 0)
    g_main_context_iteration (service->context, TRUE);
}
