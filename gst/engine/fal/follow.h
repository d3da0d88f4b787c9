/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Following a request that the service has accepted until it is completed: by
 * the service's stream of events, and where that is refused, silent or cut, by
 * asking again and again, until the stream can be had once more. Protocol:
 * "Status" and "Status stream".
 *
 * HTTP thread only.
 */
#pragma once

#include "answer.h"
#include "api.h"
#include "failure.h"
#include "logs.h"

G_BEGIN_DECLS

typedef struct _CupFalFollow CupFalFollow;

/**
 * CupFalFollowFuncs:
 * @status: the service says how the request is; also when it is completed
 * @log: a line of the log that was not there before
 * @trouble: (nullable reason): why it cannot be heard at the moment; NULL when
 *   it can again
 * @completed: once, and the last: the result can be fetched
 * @failed: once, and the last: the status cannot be had
 */
typedef struct
{
  void (*status) (const CupFalStatus * status, gpointer user_data);
  void (*log) (const CupFalLogLine * line, gpointer user_data);
  void (*trouble) (const gchar * reason, gpointer user_data);
  void (*completed) (gpointer user_data);
  void (*failed) (const CupFalFailure * failure, const GError * error,
      gpointer user_data);
} CupFalFollowFuncs;

/* Stores the follower in @slot, and clears that just before the last call;
 * nothing is called from within. @funcs is static. @status_url has been
 * checked. @poll_first: the request is an old one: it may be done, or forgotten,
 * and a stream that is refused says nothing of streams then. @logs: the job's,
 * and its owner's */
void cup_fal_follow_start (CupFalFollow ** slot, CupFalApi * api,
    const gchar * status_url, gboolean poll_first, CupFalLogs * logs,
    const CupFalFollowFuncs * funcs, gpointer user_data);
/* Asks for the status now. @self: (nullable) */
void cup_fal_follow_look (CupFalFollow * self);
/* Takes it back, if there is one. */
void cup_fal_follow_cancel (CupFalFollow ** slot);

/* Ends the streams that are only waited for so that their connections can be
 * used again. */
void cup_fal_follow_close_streams (CupFalApi * api);

G_END_DECLS
