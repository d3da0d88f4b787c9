/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Logging of everything below the element, which must not know GStreamer.
 *
 * The element installs a writer once, before any thread is started, and so
 * these lines come out of GST_DEBUG=creativeupscaler:N like its own. Without a
 * writer (unit tests) errors and warnings go to g_log() and the rest nowhere.
 *
 * A key must never reach a log line: what may hold one is redacted by the
 * caller (net/redact.h).
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  CUP_LOG_ERROR = 1,
  CUP_LOG_WARNING,
  CUP_LOG_INFO,
  CUP_LOG_DEBUG,
  CUP_LOG_TRACE,
} CupLogLevel;

typedef gboolean (*CupLogEnabled) (CupLogLevel level);
typedef void (*CupLogWriter) (CupLogLevel level, const gchar * file,
    const gchar * function, gint line, const gchar * text);

void cup_log_set_writer (CupLogEnabled enabled, CupLogWriter writer);
gboolean cup_log_is_enabled (CupLogLevel level);
void cup_log_write (CupLogLevel level, const gchar * file,
    const gchar * function, gint line, const gchar * format, ...)
    G_GNUC_PRINTF (5, 6);

/* The arguments are not evaluated where the level is off. */
#define CUP_LOG(level, ...) G_STMT_START {                              \
    if (cup_log_is_enabled (level))                                     \
      cup_log_write (level, __FILE__, G_STRFUNC, __LINE__, __VA_ARGS__); \
  } G_STMT_END

#define cup_warning(...) CUP_LOG (CUP_LOG_WARNING, __VA_ARGS__)
#define cup_info(...) CUP_LOG (CUP_LOG_INFO, __VA_ARGS__)
#define cup_debug(...) CUP_LOG (CUP_LOG_DEBUG, __VA_ARGS__)
#define cup_trace(...) CUP_LOG (CUP_LOG_TRACE, __VA_ARGS__)

G_END_DECLS
