/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How an event is written.
 */
#include "stream-event.h"

#define LONG_COMMENT 5000

/* A line of data for each line of the JSON; the blank after the colon is
 * optional. */
static void
append_multiline (GString * text, JsonNode * node)
{
  gchar *json = json_to_string (node, TRUE);
  gchar **lines = g_strsplit (json, "\n", -1);
  guint i;

  for (i = 0; lines[i]; i++)
    g_string_append_printf (text, "data:%s%s\n", i % 2 ? "" : " ", lines[i]);
  g_string_append (text, "\n");
  g_strfreev (lines);
  g_free (json);
}

static void
append_commented (GString * text, const gchar * json)
{
  gchar *filler = g_strnfill (LONG_COMMENT, '-');

  g_string_append (text,
      ":\n: a comment\n\n:data: {\"status\":\"COMPLETED\"}\n");
  g_string_append_printf (text, "data: %s\n: another\n\n", json);
  g_string_append_printf (text, ": %s\n\n", filler);
  g_free (filler);
}

static void
append_named (GString * text, const gchar * json, guint number)
{
  g_string_append (text, "event: heartbeat\ndata: {\"alive\":true}\n\n");
  g_string_append_printf (text, "event: status\nid: %u\nretry: 3000\n"
      "data: %s\n\n", number, json);
  /* Has no data, and so it is no event. */
  g_string_append (text, "event: nothing\nunknown: field\nno colon\n\n");
}

gchar *
cup_service_event_format (JsonNode * node, CupServiceFaultId id, guint number)
{
  GString *text = g_string_new (NULL);
  gchar *json = json_to_string (node, FALSE);

  switch (id) {
    case CUP_SERVICE_FAULT_MULTILINE:
      append_multiline (text, node);
      break;
    case CUP_SERVICE_FAULT_COMMENTS:
      append_commented (text, json);
      break;
    case CUP_SERVICE_FAULT_NAMED:
      append_named (text, json, number);
      break;
    case CUP_SERVICE_FAULT_DUPLICATE:
      g_string_append_printf (text, "data: %s\n\ndata: %s\n\n", json, json);
      break;
    default:
      g_string_append_printf (text, "data: %s\n\n", json);
      break;
  }
  g_free (json);
  return g_string_free (text, FALSE);
}

gchar *
cup_service_event_end_lines (const gchar * text, CupServiceFaultId id)
{
  GString *ended = g_string_new (text);

  if (id == CUP_SERVICE_FAULT_CRLF)
    g_string_replace (ended, "\n", "\r\n", 0);
  return g_string_free (ended, FALSE);
}
