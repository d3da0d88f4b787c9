/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the service says when something failed, made into an error that helps:
 * its own words, the HTTP status, the request id, and what to do next.
 *
 * fal reports failures in three ways (a list in `detail`, a text in `detail`
 * with `error_type`, an `error` object) and gateways in a fourth (a page of
 * HTML). All of them may echo what was sent, so all of it is redacted.
 */
#pragma once

#include <gio/gio.h>

#include "net/http.h"

G_BEGIN_DECLS

/* Of CupErrorDetails.stage. */
#define CUP_STAGE_UPLOAD "upload"
#define CUP_STAGE_SUBMIT "submit"
#define CUP_STAGE_STATUS "status"
#define CUP_STAGE_RESULT "result"
#define CUP_STAGE_DOWNLOAD "download"

/**
 * CupFalFailure:
 * @status: of the HTTP answer
 * @words: what the service says, for people; not redacted
 * @error_type: (nullable): the service's own type
 * @property: (nullable): the element's property for the field that the
 *   service complains about
 * @member: (nullable): the name that it has for a field of another name
 * @about_picture: whether it complains about the picture itself
 * @is_from_service: whether it is an answer of fal's own, about this request,
 *   rather than of a gateway before it
 * @is_in_progress: the early answer to asking for a result
 * @is_transfer: whether it was about a picture at an address that the service
 *   gave, without the key
 * @user_timeout: a timeout that was set by the one who asked
 * @has_request_id: whether the answer names a request: it was taken on
 * @retry_is_known: whether the service says if a retry makes sense,
 * @retry_is_useful: and what it says
 */
typedef struct
{
  guint status;
  gchar *words;
  gchar *error_type;
  const gchar *property;
  gchar *member;
  gboolean about_picture;
  gboolean is_from_service;
  gboolean is_in_progress;
  gboolean is_transfer;
  gboolean user_timeout;
  gboolean has_request_id;
  gboolean retry_is_known;
  gboolean retry_is_useful;
} CupFalFailure;

/* Reads an answer of a status other than 2xx. The last two are headers and may
 * be NULL. is_transfer is for the caller to set. */
void cup_fal_failure_read (CupFalFailure * failure, guint status,
    GBytes * body, const gchar * error_type, const gchar * timeout_type);
/* The same with all headers. */
void cup_fal_failure_read_response (CupFalFailure * failure,
    CupHttpResponse * response);
void cup_fal_failure_clear (CupFalFailure * failure);

/* Whether the same request may do better a little later. For requests that
 * may be repeated at all. */
gboolean cup_fal_failure_is_transient (const CupFalFailure * failure);
gboolean cup_fal_error_is_transient (const GError * error);

/* Whether a job that failed like that may go well when it is submitted once
 * more: the service says so, or the cause is one of its machines. */
gboolean cup_fal_failure_is_worth_resubmitting (const CupFalFailure * failure);
/* Whether it says that there were too many jobs for this one to be run; asking
 * too often is something else. */
gboolean cup_fal_failure_is_about_jobs (const CupFalFailure * failure);
/* Whether the service refuses for the number of jobs or requests. */
gboolean cup_fal_failure_is_about_number (const CupFalFailure * failure);
/* Whether a submission that was answered like that certainly was not accepted,
 * and may be repeated. */
gboolean cup_fal_failure_was_not_accepted (const CupFalFailure * failure);
/* Whether it may have been, as far as the answer tells. */
gboolean cup_fal_failure_is_uncertain (const CupFalFailure * failure);
/* Whether nothing more will be accepted with this key: 401, 402, 403. */
gboolean cup_fal_failure_is_refusal (const CupFalFailure * failure);

/* Whether the service says that there is no such request, or not any more: a
 * page that is not found says nothing of a request. */
gboolean cup_fal_failure_is_unknown_request (const CupFalFailure * failure);
/* Whether it may be of the way to the service, or pass, and says nothing final of
 * a request that was accepted: a redirection, a refusal, something that is not
 * found, or a page of a gateway. */
gboolean cup_fal_failure_may_pass (const CupFalFailure * failure);
/* Whether the service names a type of error, or says if a retry makes sense. */
gboolean cup_fal_failure_has_cause (const CupFalFailure * failure);
/* Whether it is the job that failed, rather than asking for its result. */
gboolean cup_fal_failure_is_of_job (const CupFalFailure * failure);

/* The error for it. @application and @request_id (nullable) name what it was
 * about, @key is what must not show. */
GError *cup_fal_failure_to_error (const CupFalFailure * failure,
    const gchar * stage, const gchar * application, const gchar * request_id,
    const gchar * key);
/* Adds stage and request id to an error that came from elsewhere, to its text
 * and to its details. Takes @error. */
GError *cup_fal_error_at (GError * error, const gchar * stage,
    const gchar * request_id, const gchar * key);

/* Adds to the text of an error about a submission that the service may have
 * accepted it nevertheless, and where the user @has_choice, that it could be
 * sent again. Takes @error. */
GError *cup_fal_error_maybe_accepted (GError * error, gboolean has_choice);

/* One line of at most 400 characters, without @key. */
gchar *cup_fal_clean (const gchar * text, const gchar * key);

G_END_DECLS
