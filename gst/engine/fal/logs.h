/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The log of a job at the service, of which each line is reported once.
 *
 * A polled status has the whole log so far, every time. A stream has in each
 * event what is new since the one before; what its first event has, after
 * another stream or a poll, may be the whole log or only its end. So the lines
 * that were seen are remembered by their digests.
 *
 * HTTP thread only.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _CupFalLogs CupFalLogs;

/**
 * CupFalLogLine:
 * @message: what it says, not cleaned
 * @level: (nullable): "INFO", "STDERR", …
 * @timestamp: (nullable): as the service wrote it
 */
typedef struct
{
  const gchar *message;
  const gchar *level;
  const gchar *timestamp;
} CupFalLogLine;

/* The strings live as long as the call. It may free the log. */
typedef void (*CupFalLogFunc) (const CupFalLogLine * line, gpointer user_data);

typedef enum
{
  CUP_FAL_LOGS_WHOLE,           /* the whole log so far */
  CUP_FAL_LOGS_OVERLAP,         /* the whole log or an end of it */
  CUP_FAL_LOGS_NEW,             /* only what is new; lines with times that were
                                 * seen are left out all the same */
} CupFalLogsKind;

CupFalLogs *cup_fal_logs_new (void);
void cup_fal_logs_free (CupFalLogs * logs);

/* Calls @func for the lines of @array (nullable; what is no line is left out)
 * that were not seen before. No more than 10,000 lines of a job are looked
 * at. */
void cup_fal_logs_take (CupFalLogs * logs, JsonArray * array,
    CupFalLogsKind kind, CupFalLogFunc func, gpointer user_data);

G_END_DECLS
