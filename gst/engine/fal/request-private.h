/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of a request share: request.c, input.c, submission.c,
 * account.c, result.c and ending.c. HTTP thread only, except where it says
 * otherwise.
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
  gint ref_count;               /* atomic: see account.c */
  CupFalApi *api;
  GList link;                   /* in api->requests, until completed */
  CupJob *job;                  /* NULL once it is completed */
  CupJournal *journal;          /* (nullable): the job's, until the very end */
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

  GBytes *body;                 /* of the submission; NULL before the upload */
  gchar *input_url;             /* (nullable): in it, where it is no "data:" */
  guint64 inline_bytes;         /* of the picture, where it is in the body */
  gboolean upload_is_reused;    /* from before, and maybe not there any more */
  guint submissions;
  guint resubmissions;          /* after the service reported a failure */
  CupBackoff submit_backoff;
  CupBackoff job_backoff;
  CupBackoff number_backoff;    /* there were too many */
  gboolean is_asking;           /* the journal, from within ask() */
  GError *verdict;              /* its answer, on the way to the HTTP thread */
  CupFalAccepted accepted;
  gboolean in_journal;          /* as accepted, and not given up */
  gboolean resumed;             /* it was accepted before this run */
  gboolean is_counted;          /* in api->n_resumed */
  gboolean out_of_reach;        /* its status cannot be had */
  gboolean kept;                /* left to the service at the end */
  gint64 submitted;             /* when the answer came, 0 before */
  gint64 service_time;          /* from then until it was completed */
  gint64 queued_before;         /* on the queue's clock at that moment */
  gint64 queued;                /* of it, in the service's queue */
  gboolean completed;           /* the service is done with it */
  gboolean failure_is_told;     /* and it has failed */
  gboolean is_over;             /* in a word for an end that is not documented */
  gchar *told_error;            /* (nullable): what the status says of it */
  CupProgressState state;
  gchar *state_word;
  gint64 queue_position;
  gdouble inference_time;
  gchar *trouble;               /* (nullable): why it is tried again */
  CupFalOutput output;
  gdouble billable_units;       /* of the result, -1 where it does not tell */
  GBytes *picture;
  CupImageInfo picture_info;
  GBytes *unusable;             /* the last picture that could not be used */
  gboolean came_again;          /* the one before was the very same */
  guint64 bytes_up;
};

/* request.c */

/* Any thread. */
CupFalRequest *cup_fal_request_ref (CupFalRequest * request);
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

/* input.c */

/* Any thread, before it is started: finds out what need not be uploaded. */
void cup_fal_request_prepare_input (CupFalRequest * request);
/* Uploads what has to be, and goes on to the submission. */
void cup_fal_request_begin (CupFalRequest * request);
/* @failure says that the service could not fetch what was uploaded before this
 * run: TRUE where the next thing is to upload it anew. */
gboolean cup_fal_request_forget_upload (CupFalRequest * request,
    const CupFalFailure * failure);

/* submission.c */

/* Waits until one more may be at the service, and submits it. */
void cup_fal_request_enter_limiter (CupFalRequest * request);
void cup_fal_request_on_turn (CupFalTicket * ticket, gpointer user_data);
/* It is the turn, and the journal allows it. */
void cup_fal_request_submit (CupFalRequest * request);
/* Nothing comes of what has been submitted, by @failure: goes the way from its
 * start. */
void cup_fal_request_start_over (CupFalRequest * request,
    const CupFalFailure * failure);
/* The job has failed at the service, for a cause that may pass: nothing came of
 * it, and nothing is charged for it. FALSE where it is not tried again. */
gboolean cup_fal_request_resubmit (CupFalRequest * request,
    CupHttpResponse * response, const CupFalFailure * failure);

/* account.c: what the journal is asked and told */

/* Asks it, and submits where it may be. */
void cup_fal_request_ask (CupFalRequest * request);
void cup_fal_request_tell_refused (CupFalRequest * request);
void cup_fal_request_tell_accepted (CupFalRequest * request);
/* Nothing comes of what was accepted, if anything was. */
void cup_fal_request_tell_lost (CupFalRequest * request);
/* The URLs of request->accepted where they are at the service's own address, so
 * that the key may be sent there; otherwise as the protocol builds them. Any
 * thread. */
void cup_fal_request_settle_urls (CupFalRequest * request);
/* Any thread, before it is started: takes up what an earlier run has left. */
void cup_fal_request_take_up (CupFalRequest * request);

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
/* The process was stopped, and the time has passed meanwhile: asks once more. */
void cup_fal_request_on_resumed (gpointer data);

G_END_DECLS
