/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Following a request: see follow.h.
 *
 * A stream lives on by itself for a moment after the event that says COMPLETED,
 * until the service ends it: a connection that is broken off cannot be used
 * again, and the next one would have to be set up anew.
 */
#include "follow.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "call.h"
#include "net/sse.h"

/* On HTTP/1.1 each stream has a connection of its own, of the 64 that there are
 * for a host (net/thread.c): the others are for what has to be sent meanwhile.
 * So it is for all engines that may use the same ones together. */
#define MAX_STREAMS 40
/* Services send comments to keep a stream alive; one that says nothing for so
 * long may be dead, or kept back by a proxy that waits for more. */
#define MAX_SILENCE (15 * G_USEC_PER_SEC)
/* Streams in a row. */
#define MAX_SILENT 2
/* The service does not have streams: others need not try for a while. */
#define NO_STREAMS_PAUSE (300 * G_USEC_PER_SEC)
#define LINGER (G_USEC_PER_SEC / 2)

/* The interval of polling is a part of the time that has passed: a short job
 * is noticed soon, a long one does not cost many requests. */
#define POLL_PART 40
#define POLL_MIN (25 * 1000)
#define POLL_MAX (2 * G_USEC_PER_SEC)
/* All that poll together: twenty requests a second. */
#define POLL_SHARE (50 * 1000)
/* A stream that is kept open but has no event: in retry-delays, fifteen seconds,
 * and twice as long after each poll that had nothing new either. */
#define QUIET_DELAYS 30
#define MAX_QUIET_DELAYS 240
#define MIN_QUIET (G_USEC_PER_SEC / 10)
typedef struct
{
  GList link;                   /* in api->streams */
  CupFalApi *api;
  CupFalFollow *follow;         /* NULL once that needs it no more */
  CupSse *sse;
  GCancellable *cancellable;
  GSource *timer;               /* of lingering */
  gboolean spoke;
  gboolean broken;              /* nothing more is read of it */
} Stream;

struct _CupFalFollow
{
  CupFalFollow **slot;
  CupFalApi *api;
  gchar *status_url;
  const CupFalFollowFuncs *funcs;
  gpointer user_data;

  gint64 started;
  CupFalLogs *logs;             /* its owner's */
  gboolean without_logs;        /* they are too long */
  gboolean is_polling;          /* counted in api->n_polling */
  guint quiet;                  /* retry-delays until a poll beside the stream */
  gboolean completed;
  Stream *stream;
  CupFalCall *poll;
  CupFalStatus polled;
  GSource *timer;               /* of the next poll, or of the end */
  CupBackoff stream_backoff;
  gint64 next_stream;           /* when the stream is tried again */
};

static void poll_status (CupFalFollow * self);
static void go_on (CupFalFollow * self);
static void set_polling (CupFalFollow * self, gboolean is_polling);

static void
clear_timer (GSource ** timer)
{
  if (*timer)
    g_source_destroy (*timer);
  g_clear_pointer (timer, g_source_unref);
}

/* Streams */

static void
stream_cancel (Stream * stream)
{
  stream->follow = NULL;
  g_cancellable_cancel (stream->cancellable);
}

static void
stream_free (Stream * stream)
{
  g_queue_unlink (&stream->api->streams, &stream->link);
  stream->api->account->origin->n_streams--;
  clear_timer (&stream->timer);
  cup_sse_free (stream->sse);
  g_object_unref (stream->cancellable);
  cup_fal_api_unref (stream->api);
  g_free (stream);
}

static void
on_lingered (gpointer data)
{
  Stream *stream = data;

  clear_timer (&stream->timer);
  stream_cancel (stream);
}

/* Leaves it to itself: the service is about to end it. */
static void
stream_let_go (Stream * stream)
{
  stream->follow = NULL;
  stream->timer = cup_http_add_timer (stream->api->http, LINGER, on_lingered,
      stream);
}

void
cup_fal_follow_close_streams (CupFalApi * api)
{
  GList *item, *next;

  for (item = api->streams.head; item; item = next) {
    Stream *stream = item->data;

    next = item->next;
    if (!stream->follow)
      g_cancellable_cancel (stream->cancellable);
  }
}

/* The follower itself */

static void
follow_free (CupFalFollow * self)
{
  if (self->stream && self->completed)
    stream_let_go (self->stream);
  else if (self->stream)
    stream_cancel (self->stream);
  set_polling (self, FALSE);
  cup_fal_call_cancel (&self->poll);
  cup_fal_status_clear (&self->polled);
  clear_timer (&self->timer);
  g_free (self->status_url);
  cup_fal_api_unref (self->api);
  g_free (self);
}

static void
report_log (const CupFalLogLine * line, gpointer user_data)
{
  CupFalFollow *self = user_data;

  self->funcs->log (line, self->user_data);
}

static void
take_status (CupFalFollow * self, const CupFalStatus * status,
    CupFalLogsKind kind)
{
  self->funcs->trouble (NULL, self->user_data);
  cup_fal_logs_take (self->logs, status->logs, kind, report_log, self);
  self->funcs->status (status, self->user_data);
  if (status->state == CUP_FAL_COMPLETED || status->state == CUP_FAL_ENDED)
    self->completed = TRUE;
}

static void
on_completed (gpointer data)
{
  CupFalFollow *self = data;

  clear_timer (&self->timer);
  *self->slot = NULL;
  self->funcs->completed (self->user_data);
  follow_free (self);
}

static void
on_poll_timer (gpointer data)
{
  CupFalFollow *self = data;

  clear_timer (&self->timer);
  poll_status (self);
}

static void
set_polling (CupFalFollow * self, gboolean is_polling)
{
  if (is_polling && !self->is_polling)
    self->api->n_polling++;
  else if (!is_polling && self->is_polling)
    self->api->n_polling--;
  self->is_polling = is_polling;
}

static void
schedule_poll (CupFalFollow * self)
{
  gint64 elapsed = g_get_monotonic_time () - self->started;
  gint64 interval = CLAMP (elapsed / POLL_PART, POLL_MIN, POLL_MAX);

  set_polling (self, TRUE);
  /* One alone may ask more often. */
  if (self->api->n_polling > 1)
    interval = MAX (interval, self->api->n_polling * (gint64) POLL_SHARE);
  clear_timer (&self->timer);
  self->timer = cup_http_add_timer (self->api->http, interval, on_poll_timer,
      self);
}

static void
wait_for_event (CupFalFollow * self)
{
  clear_timer (&self->timer);
  self->timer = cup_http_add_timer (self->api->http,
      MAX (self->quiet * self->api->retry_delay, MIN_QUIET), on_poll_timer,
      self);
}

/* The stream */

static void
on_event (const gchar * type, GBytes * data, gpointer user_data)
{
  Stream *stream = user_data;
  CupFalFollow *self = stream->follow;
  CupFalLogsKind kind = stream->spoke ? CUP_FAL_LOGS_NEW : CUP_FAL_LOGS_OVERLAP;
  CupFalStatus status;
  GError *error = NULL;

  if (!self || self->completed)
    return;
  if (!cup_fal_parse_status (data, &status, &error)) {
    cup_debug ("an event of the stream is not used: %s", error->message);
    g_error_free (error);
    return;
  }
  /* An event of some other kind. */
  if (status.state_word) {
    stream->spoke = TRUE;
    self->api->n_silent = 0;
    self->quiet = QUIET_DELAYS;
    take_status (self, &status, kind);
  }
  cup_fal_status_clear (&status);
  if (self->completed) {
    /* Not from within the exchange's own callback. */
    clear_timer (&self->timer);
    self->timer = cup_http_add_timer (self->api->http, 0, on_completed, self);
  } else {
    wait_for_event (self);
  }
}

static void
on_stream_data (const guint8 * data, gsize size, gpointer user_data)
{
  Stream *stream = user_data;
  GError *error = NULL;

  if (stream->broken || !stream->follow)
    return;
  if (!cup_sse_feed (stream->sse, data, size, &error)) {
    cup_info ("the status stream is given up: %s", error->message);
    stream->broken = TRUE;
    stream->follow->without_logs = TRUE;
    g_cancellable_cancel (stream->cancellable);
    g_error_free (error);
  }
}

/* Nothing came on a connection that stood. */
static gboolean
is_silence (const GError * error)
{
  const CupErrorDetails *details = cup_error_get_details (error);

  return g_error_matches (error, CUP_ERROR, CUP_ERROR_TIMEOUT)
      && g_strcmp0 (details->stage, CUP_HTTP_STAGE_CONNECT) != 0;
}

/* What the end of the stream, other than by COMPLETED, says about others. */
static void
judge_stream (CupFalFollow * self, Stream * stream, guint status,
    const GError * error)
{
  gint64 now = g_get_monotonic_time ();
  gint64 delay;

  cup_debug ("the status stream ended (HTTP %u%s%s): polls for a while",
      status, error ? ", " : "", error ? error->message : "");
  /* Some proxies keep back what they do not know the length of. */
  if (!stream->spoke && is_silence (error))
    self->api->n_silent++;
  if (status == 404 || status == 405 || status == 406 || status == 501
      || self->api->n_silent >= MAX_SILENT) {
    self->api->no_streams_until = now + NO_STREAMS_PAUSE;
    self->api->n_silent = 0;
  }
  if (stream->spoke)
    cup_backoff_reset (&self->stream_backoff);
  cup_backoff_next (&self->stream_backoff, &delay);
  self->next_stream = now + delay;
}

static void
on_stream_end (CupHttpResponse * response, const GError * error,
    gpointer user_data)
{
  Stream *stream = user_data;
  CupFalFollow *self = stream->follow;
  guint status = response ? cup_http_response_get_status (response) : 0;

  if (self && self->stream == stream)
    self->stream = NULL;
  if (self && !self->completed) {
    judge_stream (self, stream, status, error);
    clear_timer (&self->timer);
    poll_status (self);
  }
  stream_free (stream);
}

static gboolean
can_stream (CupFalFollow * self)
{
  CupFalApi *api = self->api;
  gint64 now = g_get_monotonic_time ();

  return api->follow_stream && now >= api->no_streams_until
      && now >= self->next_stream
      && api->account->origin->n_streams < MAX_STREAMS
      && !strchr (self->status_url, '?');
}

static void
start_stream (CupFalFollow * self)
{
  CupHttpRequest exchange = {.method = "GET" };
  Stream *stream = g_new0 (Stream, 1);
  gchar *url = g_strconcat (self->status_url, self->without_logs ?
      "/stream?logs=0" : "/stream?logs=1", NULL);

  stream->link.data = stream;
  stream->api = cup_fal_api_ref (self->api);
  stream->follow = self;
  stream->sse = cup_sse_new (CUP_FAL_MAX_JSON, on_event, stream);
  stream->cancellable = g_cancellable_new ();
  g_queue_push_tail_link (&self->api->streams, &stream->link);
  self->api->account->origin->n_streams++;
  self->stream = stream;
  self->quiet = QUIET_DELAYS;
  set_polling (self, FALSE);
  wait_for_event (self);

  exchange.url = url;
  exchange.on_data = on_stream_data;
  exchange.max_size = G_MAXSSIZE;
  exchange.cancellable = stream->cancellable;
  exchange.inactivity_timeout = MAX_SILENCE;
  cup_fal_api_call (self->api, &exchange, on_stream_end, stream);
  g_free (url);
}

/* Polling */

static gboolean
accept_poll (CupHttpResponse * response, gpointer user_data, GError ** error)
{
  CupFalFollow *self = user_data;

  cup_fal_status_clear (&self->polled);
  return cup_fal_parse_status (cup_http_response_get_body (response),
      &self->polled, error);
}

static void
on_poll_retry (const gchar * reason, gpointer user_data)
{
  CupFalFollow *self = user_data;

  self->funcs->trouble (reason, self->user_data);
}

static void
on_poll_done (CupHttpResponse * response, const CupFalFailure * failure,
    const GError * error, gpointer user_data)
{
  CupFalFollow *self = user_data;

  if (g_error_matches (error, CUP_ERROR, CUP_ERROR_TOO_LARGE)
      && !self->without_logs) {
    cup_info ("the status is too long: the log is done without");
    self->without_logs = TRUE;
    poll_status (self);
    return;
  }
  if (failure || error) {
    *self->slot = NULL;
    self->funcs->failed (failure, error, self->user_data);
    follow_free (self);
    return;
  }
  take_status (self, &self->polled, CUP_FAL_LOGS_WHOLE);
  go_on (self);
}

static const CupFalCallFuncs poll_funcs = {
  accept_poll, on_poll_retry, on_poll_done
};

static void
poll_status (CupFalFollow * self)
{
  CupFalCallSpec spec = {.method = "GET" };
  gchar *url;

  if (self->poll)
    return;
  url = strchr (self->status_url, '?') ? g_strdup (self->status_url) :
      g_strconcat (self->status_url, self->without_logs ? "?logs=0" :
      "?logs=1", NULL);

  spec.url = url;
  spec.is_paid = TRUE;
  cup_fal_call_start (&self->poll, self->api, &spec, &poll_funcs, self);
  g_free (url);
}

static void
go_on (CupFalFollow * self)
{
  if (self->completed) {
    on_completed (self);
  } else if (self->stream) {
    self->quiet = MIN (self->quiet * 2, MAX_QUIET_DELAYS);
    wait_for_event (self);
  } else if (can_stream (self)) {
    start_stream (self);
  } else {
    schedule_poll (self);
  }
}

void
cup_fal_follow_start (CupFalFollow ** slot, CupFalApi * api,
    const gchar * status_url, gboolean poll_first, CupFalLogs * logs,
    const CupFalFollowFuncs * funcs, gpointer user_data)
{
  CupFalFollow *self = g_new0 (CupFalFollow, 1);

  self->slot = slot;
  self->api = cup_fal_api_ref (api);
  self->status_url = g_strdup (status_url);
  self->funcs = funcs;
  self->user_data = user_data;
  self->started = g_get_monotonic_time ();
  self->logs = logs;
  self->polled.queue_position = -1;
  self->stream_backoff = cup_fal_api_make_backoff (api, G_MAXUINT);
  *slot = self;
  if (poll_first)
    poll_status (self);
  else
    go_on (self);
}

void
cup_fal_follow_look (CupFalFollow * self)
{
  if (!self || self->completed)
    return;
  clear_timer (&self->timer);
  /* It may be waiting to be repeated. */
  cup_fal_call_cancel (&self->poll);
  poll_status (self);
}

void
cup_fal_follow_cancel (CupFalFollow ** slot)
{
  CupFalFollow *self = g_steal_pointer (slot);

  if (self)
    follow_free (self);
}
