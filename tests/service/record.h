/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What happened: the log of requests, and the counters.
 *
 * Locked inside: the service's thread writes, tests read and wait.
 */
#pragma once

#include "service.h"

G_BEGIN_DECLS

typedef struct _CupServiceRecord CupServiceRecord;

/* @path: (nullable): file that is written, readable for its owner only, since
 * the headers have the key in them. */
CupServiceRecord *cup_service_record_new (const gchar * path, GError ** error);
void cup_service_record_free (CupServiceRecord * record);

/* Takes @entry. */
void cup_service_record_log (CupServiceRecord * record, JsonObject * entry);
JsonNode *cup_service_record_get_log (CupServiceRecord * record);

void cup_service_record_count (CupServiceRecord * record,
    CupFalCounter counter, gint64 change);
void cup_service_record_set (CupServiceRecord * record, CupFalCounter counter,
    guint64 value);
guint64 cup_service_record_get (CupServiceRecord * record,
    CupFalCounter counter);
gboolean cup_service_record_wait (CupServiceRecord * record,
    CupFalCounter counter, guint64 count, gint64 timeout);
/* All counters by their names. */
JsonNode *cup_service_record_get_stats (CupServiceRecord * record);

G_END_DECLS
