/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One job on its way through fal's queue: upload, submission, polling, result,
 * download.
 */
#pragma once

#include "engine/job.h"
#include "api.h"

G_BEGIN_DECLS

typedef struct _CupFalRequest CupFalRequest;

/* Any thread. The clock of the job's timeout starts here. */
CupFalRequest *cup_fal_request_new (CupFalApi * api, CupJob * job);
/* HTTP thread. Takes @request, and completes its job sooner or later. */
void cup_fal_request_start (CupFalRequest * request);
/* HTTP thread. Completes the job with G_IO_ERROR_CANCELLED at once, and takes
 * what has been submitted back as far as that is possible. */
void cup_fal_request_abandon (CupFalRequest * request);
/* Any thread, instead of starting: completes the job with
 * G_IO_ERROR_CANCELLED. Takes @request. */
void cup_fal_request_discard (CupFalRequest * request);

G_END_DECLS
