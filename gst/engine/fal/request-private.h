/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of a request share: request.c, submission.c, result.c and
 * ending.c. HTTP thread only, except where request.h says otherwise.
 */
#pragma once

#include "answer.h"
#include "call.h"
#include "clock.h"
#include "follow.h"
#include "request.h"
#include "upload.h"

G_BEGIN_DECLS

struct _CupFalRequest
{
  gint ref_count;               /* HTTP thread only, once it is started */
  CupFalApi *api;
  GList link;                   /* in api->requests, until completed */
  CupJob *job;                  /* NULL once it is completed */
  const gchar *stage;
  gint64 started;
  CupFalClock clock;
  CupHttpWatch *cancel_watch;
  guint64 max_pixels;

  /* What is under way; one of them at a time. */
  CupFalUploader *uploader;
  CupFalTicket *ticket;
  CupFalFollow *follow;
  CupFalLogs *logs;
  CupFalCall *call;
  GSource *timer;               /* before another submission */

  gchar *image_url;
  GBytes *body;                 /* of the submission */
  guint submissions;
  guint resubmissions;          /* after the service reported a failure */
  CupBackoff submit_backoff;
  CupBackoff job_backoff;
  CupBackoff number_backoff;    /* there were too many */
  CupFalAccepted accepted;
  gint64 submitted;             /* when the answer came, 0 before */
  gint64 service_time;          /* from then until it was completed */
  gint64 queued_before;         /* on the queue's clock at that moment */
  gint64 queued;                /* of it, in the service's queue */
  gboolean completed;           /* the service is done with it */
  gboolean failure_is_told;     /* and it has failed */
  CupProgressState state;
  gchar *state_word;
  gint64 queue_position;
  gdouble inference_time;
  gchar *trouble;               /* (nullable): why it is tried again */
  CupFalOutput output;
  GBytes *picture;
  CupImageInfo picture_info;
  guint64 bytes_up;
};

/* request.c */

void cup_fal_request_unref (CupFalRequest * request);
/* Calls @func after @delay microseconds, instead of what was waited for. It has
 * to call cup_fal_request_clear_timer(). */
void cup_fal_request_wait (CupFalRequest * request, gint64 delay,
    void (*func) (gpointer data));
void cup_fal_request_clear_timer (CupFalRequest * request);
/* @line, @retry: (nullable) */
void cup_fal_request_report (CupFalRequest * request,
    const CupFalLogLine * line, const gchar * retry);
void cup_fal_request_enter_state (CupFalRequest * request,
    CupProgressState state);
/* @reason: (nullable): that it goes well again. */
void cup_fal_request_note_trouble (CupFalRequest * request,
    const gchar * reason);
/* The same as a callback. */
void cup_fal_request_on_retry (const gchar * reason, gpointer user_data);

/* submission.c */

/* Waits until one more may be at the service, and submits it. */
void cup_fal_request_enter_limiter (CupFalRequest * request);
void cup_fal_request_on_turn (CupFalTicket * ticket, gpointer user_data);
/* The job has failed at the service, for a cause that may pass: nothing came of
 * it, and nothing is charged for it. FALSE where it is not tried again. */
gboolean cup_fal_request_resubmit (CupFalRequest * request,
    CupHttpResponse * response, const CupFalFailure * failure);

/* result.c */

/* Follows what was accepted to its end. */
void cup_fal_request_follow (CupFalRequest * request);
void cup_fal_request_take_state (CupFalRequest * request, CupFalState state,
    gint64 position);

/* ending.c */

void cup_fal_request_cancel_at_service (CupFalRequest * request);
/* Takes @result or @error. Gives up the reference that is for the job. */
void cup_fal_request_complete (CupFalRequest * request, CupResult * result,
    GError * error);
/* Takes @error, which has all its words. */
void cup_fal_request_fail (CupFalRequest * request, GError * error);
/* @failure or @error: (nullable): what became of a call. */
void cup_fal_request_fail_with (CupFalRequest * request,
    const CupFalFailure * failure, const GError * error);
void cup_fal_request_on_deadline (gpointer data);

G_END_DECLS
