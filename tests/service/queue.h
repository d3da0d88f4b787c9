/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The queue: jobs wait in order until one of the runners is free.
 */
#pragma once

#include "job.h"
#include "service-private.h"

G_BEGIN_DECLS

CupServiceQueue *cup_service_queue_new (CupFalService * service);
/* Cancels everything and waits for the workers. */
void cup_service_queue_free (CupServiceQueue * queue);

/* @start_timeout: milliseconds in which the job has to start, 0 for any.
 * @low: it waits behind all jobs that are not. The job belongs to the queue,
 * and is valid until control returns to the main loop. */
CupServiceJob *cup_service_queue_submit (CupServiceQueue * queue,
    const gchar * application, JsonObject * input, guint start_timeout,
    gboolean low);
/* Jobs that wait or run. */
guint cup_service_queue_get_n_unfinished (CupServiceQueue * queue);
/* NULL where there is none, or it is another application's. */
CupServiceJob *cup_service_queue_find (CupServiceQueue * queue,
    const gchar * application, const gchar * id);
/* Jobs that are ahead of @job. */
guint cup_service_queue_get_position (CupServiceQueue * queue,
    CupServiceJob * job);
/* FALSE where the job has been completed already. */
gboolean cup_service_queue_cancel (CupServiceQueue * queue,
    CupServiceJob * job);
/* Jobs that are finished are not known any more. */
void cup_service_queue_forget (CupServiceQueue * queue);
/* Job number @n of those that run, in the order of their starts, ends although
 * jobs are held. @fails: the model refuses its picture. */
void cup_service_queue_end_job (CupServiceQueue * queue, guint n,
    gboolean fails);
/* Jobs that were held may finish. */
void cup_service_queue_release (CupServiceQueue * queue);

G_END_DECLS
