/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Status streams. After any change each stream makes its job's status object
 * anew and sends it where it differs from the last; log lines are sent once
 * each. Events are written in two chunks, and comments come in between, since
 * a client that can only read whole events from a quiet line has a bug.
 */
#include "stream.h"

#include <string.h>

#include "misbehave.h"
#include "queue.h"
#include "stream-event.h"

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
  guint n_events;
  gchar *last;

  /* Nothing more is added. */
  gboolean ended;

  /* What has still to trickle in: so many bytes each time. */
  GString *pending;
  GSource *trickle;
  guint piece;
} Stream;

static void
clear_source (GSource ** source)
{
  if (*source) {
    g_source_destroy (*source);
    g_clear_pointer (source, g_source_unref);
  }
}

void
cup_service_stream_free (gpointer data)
{
  Stream *stream = data;

  g_signal_handler_disconnect (stream->message, stream->finished_id);
  clear_source (&stream->ping);
  clear_source (&stream->trickle);
  g_string_free (stream->pending, TRUE);
  g_object_unref (stream->message);
  g_free (stream->application);
  g_free (stream->job_id);
  g_free (stream->last);
  g_free (stream);
}

static gboolean
has_fault (Stream * stream, CupServiceFaultId id)
{
  return cup_service_fault_is (&stream->fault, id);
}

static void
on_finished (SoupServerMessage * message, gpointer data)
{
  Stream *stream = data;

  g_ptr_array_remove_fast (stream->service->streams, stream);
}

static void
add_chunk (Stream * stream, const gchar * text, gsize length)
{
  SoupMessageBody *body =
      soup_server_message_get_response_body (stream->message);

  if (length == 0)
    return;
  soup_message_body_append (body, SOUP_MEMORY_COPY, text, length);
  soup_server_unpause_message (stream->server, stream->message);
}

static void
complete (Stream * stream)
{
  soup_message_body_complete (soup_server_message_get_response_body
      (stream->message));
  soup_server_unpause_message (stream->server, stream->message);
}

static gboolean
on_trickle (gpointer data)
{
  Stream *stream = data;
  gsize length = MIN (stream->piece, stream->pending->len);

  add_chunk (stream, stream->pending->str, length);
  g_string_erase (stream->pending, 0, length);
  if (stream->pending->len > 0)
    return G_SOURCE_CONTINUE;
  g_clear_pointer (&stream->trickle, g_source_unref);
  if (stream->ended)
    complete (stream);
  return G_SOURCE_REMOVE;
}

/* A byte at a time, or as many as it takes to be done with @text in time. What
 * is left of the text before it goes on at the same pace. */
static void
add_slowly (Stream * stream, const gchar * text, gsize length)
{
  guint duration = stream->fault.duration;

  clear_source (&stream->trickle);
  g_string_append_len (stream->pending, text, length);
  stream->piece = duration < length ? length / MAX (duration, 1) + 1 : 1;
  stream->trickle = cup_service_add_timeout (stream->service,
      MAX (duration / length, 1), on_trickle, stream);
}

static void
write_text (Stream * stream, const gchar * plain)
{
  CupServiceFaultId id =
      stream->fault.kind ? stream->fault.kind->id : CUP_SERVICE_FAULT_PLAIN;
  gchar *text = cup_service_event_end_lines (plain, id);
  gsize i, length = strlen (text), half = length / 2;

  switch (id) {
    case CUP_SERVICE_FAULT_SLOW:
      add_slowly (stream, text, length);
      break;
    case CUP_SERVICE_FAULT_SPLIT:
      for (i = 0; i < length; i++)
        add_chunk (stream, text + i, 1);
      break;
    default:
      add_chunk (stream, text, half);
      add_chunk (stream, text + half, length - half);
      break;
  }
  g_free (text);
}

static void
end (Stream * stream)
{
  stream->ended = TRUE;
  if (!stream->trickle)
    complete (stream);
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
      has_fault (stream, CUP_SERVICE_FAULT_WHOLE_LOGS) ? 0 : stream->n_logs);
  if (has_fault (stream, CUP_SERVICE_FAULT_UNKNOWN_STATE)
      && job->state != CUP_SERVICE_JOB_COMPLETED)
    json_object_set_string_member (object, "status", "WARMING_UP");
  if (has_fault (stream, CUP_SERVICE_FAULT_MINIMAL))
    cup_service_job_reduce_json (object);
  json_node_take_object (node, object);
  text = cup_service_event_format (node, stream->fault.kind
      ? stream->fault.kind->id : CUP_SERVICE_FAULT_PLAIN, stream->n_events++);
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

static void
write_event (Stream * stream, CupServiceJob * job)
{
  gchar *event = make_event (stream, job);

  write_text (stream, event);
  g_free (event);
  stream->n_logs = cup_service_job_get_n_logs (job);
}

/* FALSE where the job has not changed since. */
static gboolean
has_changed (Stream * stream, CupServiceJob * job)
{
  gchar *fingerprint = make_fingerprint (stream, job);

  if (g_strcmp0 (fingerprint, stream->last) == 0) {
    g_free (fingerprint);
    return FALSE;
  }
  g_free (stream->last);
  stream->last = fingerprint;
  return TRUE;
}

/* What comes after the event that has just been written. */
static void
go_on (Stream * stream, CupServiceJob * job)
{
  gboolean over = job->state == CUP_SERVICE_JOB_COMPLETED;

  if (!stream->fault.kind) {
    if (over)
      end (stream);
    return;
  }
  switch (stream->fault.kind->id) {
    case CUP_SERVICE_FAULT_STALL:
      stream->ended = TRUE;
      break;
    case CUP_SERVICE_FAULT_CUT:
      end (stream);
      break;
    case CUP_SERVICE_FAULT_NEVER_CLOSES:
      break;
    default:
      if (over)
        end (stream);
      break;
  }
}

static void
update (Stream * stream)
{
  CupServiceJob *job;

  if (stream->ended || has_fault (stream, CUP_SERVICE_FAULT_SILENT)
      || has_fault (stream, CUP_SERVICE_FAULT_PINGS))
    return;
  job = cup_service_queue_find (stream->service->queue, stream->application,
      stream->job_id);
  if (!job || (job->state == CUP_SERVICE_JOB_COMPLETED
          && has_fault (stream, CUP_SERVICE_FAULT_NO_COMPLETED))) {
    end (stream);
    return;
  }
  if (!has_changed (stream, job))
    return;
  write_event (stream, job);
  go_on (stream, job);
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
  if (!stream->ended && stream->pending->len == 0
      && !has_fault (stream, CUP_SERVICE_FAULT_SILENT))
    write_text (stream, ": ping\n\n");
  return G_SOURCE_CONTINUE;
}

static Stream *
stream_new (CupFalService * service, SoupServer * server,
    SoupServerMessage * message, CupServiceJob * job)
{
  Stream *stream = g_new0 (Stream, 1);

  stream->service = service;
  stream->server = server;
  stream->message = g_object_ref (message);
  stream->application = g_strdup (job->application);
  stream->job_id = g_strdup (job->id);
  stream->pending = g_string_new (NULL);
  stream->finished_id = g_signal_connect (message, "finished",
      G_CALLBACK (on_finished), stream);
  stream->ping = cup_service_add_timeout (service,
      service->options.ping_interval, on_ping, stream);
  return stream;
}

/* The first event, or half of it, and the end of the connection: this is no
 * stream that anything would have to be added to. */
static void
break_off (Stream * stream, CupServiceJob * job)
{
  gboolean reset = has_fault (stream, CUP_SERVICE_FAULT_RESET);
  gchar *event = make_event (stream, job);
  gsize length = strlen (event);

  cup_service_break_off (stream->service, stream->server, stream->message,
      event, reset ? length : length / 2, reset);
  g_free (event);
  cup_service_stream_free (stream);
}

void
cup_service_stream_start (CupFalService * service, SoupServer * server,
    SoupServerMessage * message, CupServiceJob * job, gboolean logs,
    const CupServiceFault * fault)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);
  Stream *stream = stream_new (service, server, message, job);

  stream->logs = logs;
  stream->fault = *fault;
  soup_server_message_set_status (message, 200, NULL);
  soup_message_headers_set_content_type (headers, "text/event-stream", NULL);
  soup_message_headers_replace (headers, "Cache-Control", "no-cache");
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (soup_server_message_get_response_body
      (message), FALSE);
  if (cup_service_fault_is (fault, CUP_SERVICE_FAULT_RESET)
      || cup_service_fault_is (fault, CUP_SERVICE_FAULT_TRUNCATE)) {
    break_off (stream, job);
    return;
  }
  g_ptr_array_add (service->streams, stream);
  on_ping (stream);
  update (stream);
}
