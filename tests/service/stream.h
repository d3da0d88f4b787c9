/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Status streams: server-sent events, one for each change of a job.
 */
#pragma once

#include "job.h"
#include "service-private.h"

G_BEGIN_DECLS

/* Answers @message with a stream that follows @job. */
void cup_service_stream_start (CupFalService * service, SoupServer * server,
    SoupServerMessage * message, CupServiceJob * job, gboolean logs,
    const CupServiceFault * fault);
/* Something has changed: streams that it concerns send an event. */
void cup_service_streams_update (CupFalService * service);
void cup_service_stream_free (gpointer stream);

G_END_DECLS
