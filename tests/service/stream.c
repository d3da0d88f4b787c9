/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Status streams. After any change each stream makes its job's status object
 * anew and sends it where it differs from the last; log lines are sent once
 * each. Events are written in two chunks, and comments come in between, since
 * a client that can only read whole events from a quiet line has a bug.
 */
#include "stream.h"

#include <string.h>

#include "queue.h"

typedef struct
{
  CupFalService *service;
  SoupServer *server;
  SoupServerMessage *message;
  gulong finished_id;
  GSource *ping;
  gchar *application;
  gchar *job_id;
  CupServiceFault fault;
  gboolean logs;
  guint n_logs;
  gchar *last;
  gboolean ended;
} Stream;

void
cup_service_stream_free (gpointer data)
{
  Stream *stream = data;

  g_signal_handler_disconnect (stream->message, stream->finished_id);
  g_source_destroy (stream->ping);
  g_source_unref (stream->ping);
  g_object_unref (stream->message);
  g_free (stream->application);
  g_free (stream->job_id);
  g_free (stream->last);
  g_free (stream);
}

static void
on_finished (SoupServerMessage * message, gpointer data)
{
  Stream *stream = data;

  g_ptr_array_remove_fast (stream->service->streams, stream);
}

static void
write_text (Stream * stream, const gchar * text, gsize length)
{
  SoupMessageBody *body =
      soup_server_message_get_response_body (stream->message);

  soup_message_body_append (body, SOUP_MEMORY_COPY, text, length);
  soup_server_unpause_message (stream->server, stream->message);
}

static void
write_event (Stream * stream, const gchar * json)
{
  gchar *event = g_strdup_printf ("data: %s\n\n", json);
  gsize length = strlen (event);

  write_text (stream, event, length / 2);
  write_text (stream, event + length / 2, length - length / 2);
  g_free (event);
}

static void
end (Stream * stream)
{
  stream->ended = TRUE;
  soup_message_body_complete (soup_server_message_get_response_body
      (stream->message));
  soup_server_unpause_message (stream->server, stream->message);
}

static gchar *
make_event (Stream * stream, CupServiceJob * job)
{
  CupFalService *service = stream->service;
  JsonNode *node = json_node_alloc ();
  JsonObject *object;
  gchar *text;

  object = cup_service_job_to_json (job, service->location,
      cup_service_queue_get_position (service->queue, job), stream->logs,
      stream->n_logs);
  if (cup_service_fault_is (&stream->fault, CUP_SERVICE_FAULT_UNKNOWN_STATE)
      && job->state != CUP_SERVICE_JOB_COMPLETED)
    json_object_set_string_member (object, "status", "WARMING_UP");
  if (cup_service_fault_is (&stream->fault, CUP_SERVICE_FAULT_MINIMAL))
    cup_service_job_reduce_json (object);
  json_node_take_object (node, object);
  text = json_to_string (node, FALSE);
  json_node_unref (node);
  return text;
}

/* What two events of a job that has not changed have in common. */
static gchar *
make_fingerprint (Stream * stream, CupServiceJob * job)
{
  return g_strdup_printf ("%d %u %u", job->state,
      cup_service_queue_get_position (stream->service->queue, job),
      stream->logs ? cup_service_job_get_n_logs (job) : 0);
}

static gboolean
is_silent (Stream * stream)
{
  return stream->ended
      || cup_service_fault_is (&stream->fault, CUP_SERVICE_FAULT_SILENT);
}

static void
update (Stream * stream)
{
  CupServiceJob *job;
  gchar *fingerprint, *event;

  if (is_silent (stream))
    return;
  job = cup_service_queue_find (stream->service->queue, stream->application,
      stream->job_id);
  if (!job) {
    end (stream);
    return;
  }
  fingerprint = make_fingerprint (stream, job);
  if (g_strcmp0 (fingerprint, stream->last) == 0) {
    g_free (fingerprint);
    return;
  }
  g_free (stream->last);
  stream->last = fingerprint;

  event = make_event (stream, job);
  write_event (stream, event);
  g_free (event);
  stream->n_logs = cup_service_job_get_n_logs (job);
  if (job->state == CUP_SERVICE_JOB_COMPLETED
      || cup_service_fault_is (&stream->fault, CUP_SERVICE_FAULT_CUT))
    end (stream);
}

void
cup_service_streams_update (CupFalService * service)
{
  guint i;

  for (i = 0; i < service->streams->len; i++)
    update (g_ptr_array_index (service->streams, i));
}

static gboolean
on_ping (gpointer data)
{
  Stream *stream = data;

  /* Also how a client that has gone is noticed. */
  if (!is_silent (stream))
    write_text (stream, ": ping\n\n", 8);
  return G_SOURCE_CONTINUE;
}

void
cup_service_stream_start (CupFalService * service, SoupServer * server,
    SoupServerMessage * message, CupServiceJob * job, gboolean logs,
    const CupServiceFault * fault)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);
  Stream *stream = g_new0 (Stream, 1);

  stream->service = service;
  stream->server = server;
  stream->message = g_object_ref (message);
  stream->application = g_strdup (job->application);
  stream->job_id = g_strdup (job->id);
  stream->logs = logs;
  stream->fault = *fault;
  stream->finished_id = g_signal_connect (message, "finished",
      G_CALLBACK (on_finished), stream);
  stream->ping = cup_service_add_timeout (service,
      service->options.ping_interval, on_ping, stream);
  g_ptr_array_add (service->streams, stream);

  soup_server_message_set_status (message, 200, NULL);
  soup_message_headers_set_content_type (headers, "text/event-stream", NULL);
  soup_message_headers_replace (headers, "Cache-Control", "no-cache");
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (soup_server_message_get_response_body
      (message), FALSE);
  on_ping (stream);
  update (stream);
}
