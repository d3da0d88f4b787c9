/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

/* Written once by cup_log_set_writer(), before any other thread logs. */
static CupLogEnabled log_enabled;
static CupLogWriter log_writer;

void
cup_log_set_writer (CupLogEnabled enabled, CupLogWriter writer)
{
  log_enabled = enabled;
  log_writer = writer;
}

gboolean
cup_log_is_enabled (CupLogLevel level)
{
  if (log_enabled)
    return log_enabled (level);
  return level <= CUP_LOG_WARNING;
}

void
cup_log_write (CupLogLevel level, const gchar * file, const gchar * function,
    gint line, const gchar * format, ...)
{
  va_list args;
  gchar *text;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  if (log_writer)
    log_writer (level, file, function, line, text);
  else
    g_log ("creativeupscaler", level == CUP_LOG_ERROR ?
        G_LOG_LEVEL_CRITICAL : G_LOG_LEVEL_WARNING, "%s", text);
  g_free (text);
}
