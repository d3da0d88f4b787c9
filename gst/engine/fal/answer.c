/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What comes back: see answer.h.
 */
#include "answer.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/room.h"
#include "protocol.h"

/* json-glib calls itself for every level of nesting, and would run out of
 * stack. There are no more levels than brackets, whatever it takes for a
 * string or a comment; a real answer has a few dozen. */
#define MAX_BRACKETS 2000
/* json-glib copies the text, and a string in it more than once while it grows. */
#define PARSER_ROOM 5

static gboolean
has_too_many_brackets (const gchar * text, gsize length)
{
  guint count = 0;
  gsize i;

  for (i = 0; i < length; i++)
    if (text[i] == '[' || text[i] == '{')
      count++;
  return count > MAX_BRACKETS;
}

JsonNode *
cup_fal_parse_json (GBytes * body, GError ** error)
{
  JsonParser *parser = json_parser_new_immutable ();
  GError *reason = NULL;
  JsonNode *root = NULL;
  gsize length;
  const gchar *text = g_bytes_get_data (body, &length);

  if (length == 0)
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the answer is empty");
  else if (!g_utf8_validate_len (text, length, NULL))
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the answer is not text in UTF-8");
  else if (has_too_many_brackets (text, length))
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the answer has more lists and objects than any answer should");
  else if (!cup_room_has_block (PARSER_ROOM * length))
    g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "no memory to read an answer of %" G_GSIZE_FORMAT " bytes", length);
  else if (!json_parser_load_from_data (parser, text, length, &reason))
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the answer is not JSON (%s)", reason->message);
  else if (!json_parser_get_root (parser)
      || !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the answer is not a JSON object");
  else
    root = json_node_ref (json_parser_get_root (parser));

  g_clear_error (&reason);
  g_object_unref (parser);
  return root;
}

const gchar *
cup_fal_get_string (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (!node || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

static gboolean
get_number (JsonObject * object, const gchar * name, gdouble * value)
{
  JsonNode *node = json_object_get_member (object, name);
  GType type = node && JSON_NODE_HOLDS_VALUE (node) ?
      json_node_get_value_type (node) : G_TYPE_INVALID;

  if (type == G_TYPE_DOUBLE)
    *value = json_node_get_double (node);
  else if (type == G_TYPE_INT64)
    *value = (gdouble) json_node_get_int (node);
  else
    return FALSE;
  return isfinite (*value);
}

gboolean
cup_fal_get_integer (JsonObject * object, const gchar * name, gint64 * value)
{
  JsonNode *node = json_object_get_member (object, name);
  gdouble number;

  if (node && JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_INT64) {
    *value = json_node_get_int (node);
    return TRUE;
  }
  /* 42.0 is 42 too, as far as a double is exact. */
  if (!get_number (object, name, &number) || number != floor (number)
      || fabs (number) > 9007199254740992.0)
    return FALSE;
  *value = (gint64) number;
  return TRUE;
}

JsonObject *
cup_fal_get_object (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) :
      NULL;
}

gboolean
cup_fal_parse_upload (GBytes * body, CupFalUpload * upload, GError ** error)
{
  JsonNode *root = cup_fal_parse_json (body, error);
  JsonObject *object;

  memset (upload, 0, sizeof (*upload));
  if (!root)
    return FALSE;
  object = json_node_get_object (root);
  upload->upload_url = g_strdup (cup_fal_get_string (object, "upload_url"));
  upload->file_url = g_strdup (cup_fal_get_string (object, "file_url"));
  json_node_unref (root);
  if (upload->upload_url && upload->file_url)
    return TRUE;
  cup_fal_upload_clear (upload);
  g_set_error_literal (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
      "the answer has no \"upload_url\" or no \"file_url\"");
  return FALSE;
}

void
cup_fal_upload_clear (CupFalUpload * upload)
{
  g_clear_pointer (&upload->upload_url, g_free);
  g_clear_pointer (&upload->file_url, g_free);
}

gchar *
cup_fal_parse_part (GBytes * body, guint number, GError ** error)
{
  JsonNode *root = cup_fal_parse_json (body, error);
  gint64 told = number;
  JsonObject *object;
  const gchar *tag;
  gchar *copy = NULL;

  if (!root)
    return NULL;
  object = json_node_get_object (root);
  tag = cup_fal_get_string (object, "etag");
  cup_fal_get_integer (object, "partNumber", &told);
  if (!tag)
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the answer to part %u has no \"etag\"", number);
  else if (told != number)
    g_set_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the answer to part %u is about part %" G_GINT64_FORMAT, number, told);
  else
    copy = g_strdup (tag);
  json_node_unref (root);
  return copy;
}

static JsonArray *
get_array (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_dup_array (node) :
      NULL;
}

/* The service's word for a job that is over, and those of other queues, with and
 * without a result. */
static const gchar *const good_ends[] = {
  "COMPLETED", "COMPLETE", "DONE", "FINISHED", "SUCCESS", "SUCCEEDED", NULL
};

static const gchar *const bad_ends[] = {
  "FAILED", "FAILURE", "ERROR", "CANCELLED", "CANCELED", "ABORTED", "REJECTED",
  "EXPIRED", "TIMEOUT", "TIMED_OUT", NULL
};

static gboolean
is_one_of (const gchar * word, const gchar * const *words)
{
  for (; word && *words; words++)
    if (g_ascii_strcasecmp (word, *words) == 0)
      return TRUE;
  return FALSE;
}

static CupFalState
parse_state (const gchar * word)
{
  if (is_one_of (word, good_ends))
    return CUP_FAL_COMPLETED;
  if (is_one_of (word, bad_ends))
    return CUP_FAL_ENDED;
  if (word && g_ascii_strcasecmp (word, "IN_QUEUE") == 0)
    return CUP_FAL_IN_QUEUE;
  if (word && g_ascii_strcasecmp (word, "IN_PROGRESS") == 0)
    return CUP_FAL_IN_PROGRESS;
  return CUP_FAL_UNKNOWN;
}

gboolean
cup_fal_parse_status (GBytes * body, CupFalStatus * status, GError ** error)
{
  JsonNode *root = cup_fal_parse_json (body, error);
  JsonObject *object, *metrics;

  memset (status, 0, sizeof (*status));
  status->queue_position = -1;
  status->inference_time = -1;
  if (!root)
    return FALSE;
  object = json_node_get_object (root);
  status->state_word = g_strdup (cup_fal_get_string (object, "status"));
  status->state = parse_state (status->state_word);
  if (!cup_fal_get_integer (object, "queue_position", &status->queue_position)
      || status->queue_position < 0)
    status->queue_position = -1;
  metrics = cup_fal_get_object (object, "metrics");
  if (!metrics || !get_number (metrics, "inference_time",
          &status->inference_time) || status->inference_time < 0)
    status->inference_time = -1;
  status->logs = get_array (object, "logs");
  status->error = g_strdup (cup_fal_get_string (object, "error"));
  status->error_type = g_strdup (cup_fal_get_string (object, "error_type"));
  json_node_unref (root);
  return TRUE;
}

void
cup_fal_status_clear (CupFalStatus * status)
{
  g_clear_pointer (&status->state_word, g_free);
  g_clear_pointer (&status->logs, json_array_unref);
  g_clear_pointer (&status->error, g_free);
  g_clear_pointer (&status->error_type, g_free);
}

gboolean
cup_fal_parse_accepted (GBytes * body, const gchar * header_id,
    CupFalAccepted * accepted, GError ** error)
{
  JsonNode *root = cup_fal_parse_json (body, error);
  JsonObject *object;
  const gchar *id;

  memset (accepted, 0, sizeof (*accepted));
  if (!root)
    return FALSE;
  object = json_node_get_object (root);
  id = cup_fal_get_string (object, "request_id");
  if (header_id && !(id && cup_fal_request_id_is_valid (id)))
    id = header_id;
  if (id && cup_fal_request_id_is_valid (id)) {
    accepted->request_id = g_strdup (id);
    accepted->status_url = g_strdup (cup_fal_get_string (object, "status_url"));
    accepted->response_url =
        g_strdup (cup_fal_get_string (object, "response_url"));
    accepted->cancel_url = g_strdup (cup_fal_get_string (object, "cancel_url"));
    accepted->state = parse_state (cup_fal_get_string (object, "status"));
    if (!cup_fal_get_integer (object, "queue_position",
            &accepted->queue_position) || accepted->queue_position < 0)
      accepted->queue_position = -1;
  } else {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_BAD_DATA, id ?
        "the answer has a \"request_id\" that is none" :
        "the answer has no \"request_id\"");
  }
  json_node_unref (root);
  return accepted->request_id != NULL;
}

void
cup_fal_accepted_clear (CupFalAccepted * accepted)
{
  g_clear_pointer (&accepted->request_id, g_free);
  g_clear_pointer (&accepted->status_url, g_free);
  g_clear_pointer (&accepted->response_url, g_free);
  g_clear_pointer (&accepted->cancel_url, g_free);
}

/* "image", or the first of "images". */
static JsonObject *
find_image (JsonObject * object)
{
  JsonObject *image = cup_fal_get_object (object, "image");
  JsonNode *node = json_object_get_member (object, "images");
  JsonArray *images;

  if (image || !node || !JSON_NODE_HOLDS_ARRAY (node))
    return image;
  images = json_node_get_array (node);
  if (json_array_get_length (images) == 0)
    return NULL;
  node = json_array_get_element (images, 0);
  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static GBytes *
decode_data_uri (const gchar * uri, gsize max_bytes, GError ** error)
{
  const gchar *comma = strchr (uri, ',');
  guchar *data;
  gsize size;

  if (!comma || comma - uri < 7 || strncmp (comma - 7, ";base64", 7) != 0) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the picture is in a \"data:\" URI that is not base64");
    return NULL;
  }
  if (strlen (comma + 1) / 4 * 3 > max_bytes) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "the picture in a \"data:\" URI has more than %" G_GSIZE_FORMAT
        " bytes", max_bytes);
    return NULL;
  }
  data = g_base64_decode (comma + 1, &size);
  return g_bytes_new_take (data, size);
}

/* Reads the digits of a member's value; @text is what follows the member's name.
 * Returns FALSE where the value is not a number of 64 bits without a sign. */
static gboolean
read_digits (const gchar * text, const gchar * end, guint64 * number)
{
  gsize length = 0;
  gchar *digits;
  gboolean done;

  while (text < end && (g_ascii_isspace (*text) || *text == ':'))
    text++;
  while (text + length < end && g_ascii_isdigit (text[length]))
    length++;
  if (text + length == end || (!g_ascii_isspace (text[length])
          && text[length] != ',' && text[length] != '}'))
    return FALSE;
  digits = g_strndup (text, length);
  done = g_ascii_string_to_unsigned (digits, 10, 0, G_MAXUINT64, number, NULL);
  g_free (digits);
  return done;
}

/* Returns whether json-glib may have read @number as @bits: it keeps 64 bits and
 * takes the first for a sign, or from 1.8 on stops at the largest number with a
 * sign. */
static gboolean
is_read_as (guint64 number, gint64 bits)
{
  return number == (guint64) bits
      || (number > G_MAXINT64 && bits == G_MAXINT64);
}

/* The service draws 64 bits without a sign, for which json-glib has no type: the
 * text of the answer tells which number was meant. */
static gboolean
read_seed (JsonObject * object, GBytes * body, guint64 * seed)
{
  gsize length;
  const gchar *text = g_bytes_get_data (body, &length), *end = text + length;
  gint64 bits;

  if (!cup_fal_get_integer (object, "seed", &bits))
    return FALSE;
  *seed = (guint64) bits;
  if (bits >= 0 && bits < G_MAXINT64)
    return TRUE;
  while ((text = g_strstr_len (text, end - text, "\"seed\""))) {
    text += strlen ("\"seed\"");
    if (read_digits (text, end, seed) && is_read_as (*seed, bits))
      return TRUE;
  }
  return FALSE;
}

gboolean
cup_fal_parse_output (GBytes * body, gsize max_bytes, CupFalOutput * output,
    GError ** error)
{
  JsonNode *root = cup_fal_parse_json (body, error);
  JsonObject *object, *image;
  const gchar *url;

  memset (output, 0, sizeof (*output));
  if (!root)
    return FALSE;
  object = json_node_get_object (root);
  image = find_image (object);
  url = image ? cup_fal_get_string (image, "url") : NULL;
  output->file_size = -1;
  if (url) {
    output->content_type =
        g_strdup (cup_fal_get_string (image, "content_type"));
    output->file_name = g_strdup (cup_fal_get_string (image, "file_name"));
    if (!cup_fal_get_integer (image, "file_size", &output->file_size)
        || output->file_size < 0)
      output->file_size = -1;
  }
  output->has_seed = read_seed (object, body, &output->seed);

  if (!url)
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_BAD_DATA,
        "the result has neither \"image\" nor \"images\" with a \"url\"");
  else if (g_ascii_strncasecmp (url, "data:", 5) == 0)
    output->data = decode_data_uri (url, max_bytes, error);
  else
    output->url = g_strdup (url);
  json_node_unref (root);
  if (output->url || output->data)
    return TRUE;
  cup_fal_output_clear (output);
  return FALSE;
}

void
cup_fal_output_clear (CupFalOutput * output)
{
  g_clear_pointer (&output->url, g_free);
  g_clear_pointer (&output->data, g_bytes_unref);
  g_clear_pointer (&output->content_type, g_free);
  g_clear_pointer (&output->file_name, g_free);
}
