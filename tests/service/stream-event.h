/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How an event is written: in the plain way, or in any of those that the
 * format allows.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "faults.h"

G_BEGIN_DECLS

/* @id: of the fault, which says how; most have no influence. @number: of the
 * event in its stream. The text ends with an empty line. */
gchar *cup_service_event_format (JsonNode * node, CupServiceFaultId id,
    guint number);
/* @text with the ends of lines that the fault @id wants. */
gchar *cup_service_event_end_lines (const gchar * text, CupServiceFaultId id);

G_END_DECLS
