/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Answers in the forms that the service has.
 */
#include "answer.h"

#include <string.h>

void
cup_service_answer_text (SoupServerMessage * message, guint status,
    const gchar * type, const gchar * text)
{
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, type, SOUP_MEMORY_COPY, text,
      strlen (text));
}

void
cup_service_answer_json (SoupServerMessage * message, guint status,
    JsonNode * body)
{
  gchar *text = json_to_string (body, FALSE);

  cup_service_answer_text (message, status, "application/json", text);
  g_free (text);
  json_node_unref (body);
}

void
cup_service_answer_object (SoupServerMessage * message, guint status,
    JsonObject * object)
{
  JsonNode *node = json_node_alloc ();

  json_node_take_object (node, object);
  cup_service_answer_json (message, status, node);
}

void
cup_service_answer_word (SoupServerMessage * message, guint status,
    const gchar * name, const gchar * value)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, name, value);
  cup_service_answer_object (message, status, object);
}

void
cup_service_answer_set_header (SoupServerMessage * message,
    const gchar * name, const gchar * value)
{
  soup_message_headers_replace (soup_server_message_get_response_headers
      (message), name, value);
}

void
cup_service_answer_add_headers (SoupServerMessage * message,
    const gchar * headers)
{
  gchar **lines = g_strsplit (headers ? headers : "", "\n", -1);
  guint i;

  for (i = 0; lines[i]; i++) {
    gchar *colon = strstr (lines[i], ": ");

    if (colon) {
      *colon = '\0';
      cup_service_answer_set_header (message, lines[i], colon + 2);
    }
  }
  g_strfreev (lines);
}
