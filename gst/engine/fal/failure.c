/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the service says when something failed: see failure.h.
 */
#include "failure.h"

#include <string.h>

#include "answer.h"
#include "application.h"
#include "base/error.h"
#include "net/redact.h"
#include "schema/fields.h"

/* Characters of the service's words, and of a page that is not JSON. */
#define MAX_WORDS 400
#define MAX_PAGE 200
/* Entries of a list of complaints. */
#define MAX_COMPLAINTS 5

/* Without control characters, in one line, and not cut inside a character. */
static gchar *
shorten (const gchar * text, glong max)
{
  gchar *valid = g_utf8_make_valid (text, -1);
  GString *line = g_string_new (NULL);
  const gchar *at;
  gboolean space = FALSE;
  glong count = 0;

  for (at = valid; *at && count < max; at = g_utf8_next_char (at)) {
    gunichar character = g_utf8_get_char (at);

    if (g_unichar_isspace (character) || !g_unichar_isprint (character)) {
      space = line->len > 0;
      continue;
    }
    if (space)
      g_string_append_c (line, ' ');
    space = FALSE;
    g_string_append_unichar (line, character);
    count++;
  }
  if (*at)
    g_string_append (line, "…");
  g_free (valid);
  return g_string_free (line, FALSE);
}

gchar *
cup_fal_clean (const gchar * text, const gchar * key)
{
  gchar *redacted = cup_redact (text, key);
  gchar *clean = shorten (redacted, MAX_WORDS);

  g_free (redacted);
  return clean;
}

static void
note_field (CupFalFailure * failure, const gchar * wire)
{
  gboolean known = strcmp (wire, "body") == 0;
  guint id;

  for (id = 0; id < CUP_N_FIELDS; id++) {
    const CupField *field = cup_field_get (id);

    if (strcmp (field->wire, wire) != 0)
      continue;
    known = TRUE;
    if (field->kind == CUP_FIELD_KIND_FRAME)
      failure->about_picture = TRUE;
    else if (!failure->property)
      failure->property = field->property;
  }
  if (!known && !failure->member)
    failure->member = g_strdup (wire);
}

/* The property to change, if there is one. */
static const gchar *
find_property (const CupFalFailure * failure, const gchar * endpoint)
{
  const CupField *field = NULL;

  if (!failure->property && failure->member)
    field = cup_fal_application_find_field (cup_fal_application_find
        (endpoint), failure->member);
  return field ? field->property : failure->property;
}

/* "body.scale: must be less than 5 (less_than_equal)" */
static void
read_complaint (CupFalFailure * failure, JsonObject * complaint,
    GString * words)
{
  const gchar *message = cup_fal_get_string (complaint, "msg");
  const gchar *type = cup_fal_get_string (complaint, "type");
  JsonNode *node = json_object_get_member (complaint, "loc");
  JsonArray *location;
  guint i, count;

  if (words->len > 0)
    g_string_append (words, "; ");
  location = node && JSON_NODE_HOLDS_ARRAY (node) ?
      json_node_get_array (node) : NULL;
  count = location ? MIN (json_array_get_length (location), 8) : 0;
  for (i = 0; i < count; i++) {
    node = json_array_get_element (location, i);
    if (!JSON_NODE_HOLDS_VALUE (node))
      continue;
    if (i > 0)
      g_string_append_c (words, '.');
    if (json_node_get_value_type (node) == G_TYPE_STRING) {
      g_string_append (words, json_node_get_string (node));
      note_field (failure, json_node_get_string (node));
    } else {
      g_string_append_printf (words, "%" G_GINT64_FORMAT,
          json_node_get_int (node));
    }
  }
  g_string_append_printf (words, "%s%s", count > 0 ? ": " : "",
      message ? message : "no reason given");
  if (type)
    g_string_append_printf (words, " (%s)", type);
  if (type && !failure->error_type)
    failure->error_type = g_strdup (type);
}

static void
read_list (CupFalFailure * failure, JsonArray * list, GString * words)
{
  guint count = json_array_get_length (list), i;

  for (i = 0; i < MIN (count, MAX_COMPLAINTS); i++) {
    JsonNode *node = json_array_get_element (list, i);

    if (JSON_NODE_HOLDS_OBJECT (node))
      read_complaint (failure, json_node_get_object (node), words);
  }
  if (count > MAX_COMPLAINTS)
    g_string_append_printf (words, "; and %u more", count - MAX_COMPLAINTS);
}

static void
read_object (CupFalFailure * failure, JsonObject * object, GString * words)
{
  const gchar *members[] = { "detail", "error", "message", "msg", "status" };
  const gchar *type = cup_fal_get_string (object, "error_type");
  JsonNode *detail = json_object_get_member (object, "detail");
  JsonObject *error = cup_fal_get_object (object, "error");
  guint i;

  if (type && !failure->error_type)
    failure->error_type = g_strdup (type);
  if (detail && JSON_NODE_HOLDS_ARRAY (detail))
    read_list (failure, json_node_get_array (detail), words);
  else if (detail && JSON_NODE_HOLDS_OBJECT (detail))
    read_complaint (failure, json_node_get_object (detail), words);
  else if (error && cup_fal_get_string (error, "message"))
    g_string_append (words, cup_fal_get_string (error, "message"));
  for (i = 0; words->len == 0 && i < G_N_ELEMENTS (members); i++) {
    const gchar *text = cup_fal_get_string (object, members[i]);

    if (text)
      g_string_append (words, text);
  }
}

/* A page of a gateway: its text without the markup. */
static void
read_page (GBytes * body, GString * words)
{
  gsize length, i;
  const gchar *text = g_bytes_get_data (body, &length);
  gboolean in_tag = FALSE;

  for (i = 0; i < length && words->len < 4096; i++) {
    if (text[i] == '<' || text[i] == '>') {
      in_tag = text[i] == '<';
      g_string_append_c (words, ' ');
    } else if (!in_tag && text[i]) {
      g_string_append_c (words, text[i]);
    }
  }
}

void
cup_fal_failure_read (CupFalFailure * failure, guint status, GBytes * body,
    const gchar * error_type, const gchar * timeout_type)
{
  JsonNode *root = cup_fal_parse_json (body, NULL);
  GString *words = g_string_new (NULL);

  memset (failure, 0, sizeof (*failure));
  failure->status = status;
  if (error_type && *error_type)
    failure->error_type = g_strdup (error_type);
  failure->user_timeout = g_strcmp0 (timeout_type, "user") == 0;
  if (root) {
    read_object (failure, json_node_get_object (root), words);
    failure->is_from_service = words->len > 0;
    json_node_unref (root);
  } else {
    read_page (body, words);
  }
  failure->is_from_service |= failure->error_type || failure->user_timeout;
  failure->is_in_progress = status == 400
      && strstr (words->str, "still in progress") != NULL;
  failure->words = g_string_free (words, FALSE);
}

static gboolean
read_flag (CupHttpResponse * response, const gchar * name, gboolean * value)
{
  const gchar *text = cup_http_response_get_header (response, name);

  if (!text)
    return FALSE;
  *value = strcmp (text, "1") == 0 || g_ascii_strcasecmp (text, "true") == 0
      || g_ascii_strcasecmp (text, "yes") == 0;
  return TRUE;
}

void
cup_fal_failure_read_response (CupFalFailure * failure,
    CupHttpResponse * response)
{
  cup_fal_failure_read (failure, cup_http_response_get_status (response),
      cup_http_response_get_body (response),
      cup_http_response_get_header (response, "X-Fal-Error-Type"),
      cup_http_response_get_header (response, "X-Fal-Request-Timeout-Type"));
  failure->has_request_id =
      cup_http_response_get_header (response, "x-fal-request-id") != NULL;
  /* The newer name and the older one. */
  failure->retry_is_known = read_flag (response, "X-Fal-Needs-Retry",
      &failure->retry_is_useful)
      || read_flag (response, "X-Fal-Retryable", &failure->retry_is_useful);
}

void
cup_fal_failure_clear (CupFalFailure * failure)
{
  g_clear_pointer (&failure->words, g_free);
  g_clear_pointer (&failure->error_type, g_free);
  g_clear_pointer (&failure->member, g_free);
}

gboolean
cup_fal_failure_is_transient (const CupFalFailure * failure)
{
  /* A deadline that we have set ourselves will not get longer. */
  return failure->is_in_progress || failure->status == 408
      || failure->status == 425 || failure->status == 429
      || (failure->status >= 500 && !failure->user_timeout);
}

gboolean
cup_fal_failure_is_about_jobs (const CupFalFailure * failure)
{
  return g_strcmp0 (failure->error_type, "concurrent_requests_limit") == 0;
}

gboolean
cup_fal_failure_is_about_number (const CupFalFailure * failure)
{
  return failure->status == 429 || cup_fal_failure_is_about_jobs (failure);
}

gboolean
cup_fal_failure_is_worth_resubmitting (const CupFalFailure * failure)
{
  static const gchar *const types[] = { "internal_server_error",
    "internal_error", "request_timeout", "startup_timeout",
    "generation_timeout", "downstream_service_error",
    "downstream_service_unavailable", NULL
  };
  const gchar *type = failure->error_type ? failure->error_type : "";

  if (!failure->is_from_service || failure->user_timeout
      || cup_fal_failure_is_refusal (failure))
    return FALSE;
  /* These are about asking, and not about the job. */
  if (failure->status == 408 || failure->status == 425
      || failure->status == 429)
    return cup_fal_failure_is_about_jobs (failure);
  if (failure->retry_is_known)
    return failure->retry_is_useful;
  return g_str_has_prefix (type, "runner_") || g_strv_contains (types, type)
      || cup_fal_failure_is_about_jobs (failure);
}

gboolean
cup_fal_failure_was_not_accepted (const CupFalFailure * failure)
{
  /* 425: the server was not willing to look at it (RFC 8470). */
  return failure->status == 429 || failure->status == 425
      || (failure->status == 503 && !failure->has_request_id);
}

gboolean
cup_fal_failure_is_uncertain (const CupFalFailure * failure)
{
  if (cup_fal_failure_was_not_accepted (failure))
    return FALSE;
  /* A gateway that had no answer from behind it, or a failure after the
   * request had got its id. */
  return failure->status == 408 || ((failure->status == 502
          || failure->status == 504) && !failure->user_timeout)
      || (failure->status >= 500 && (!failure->is_from_service
          || (failure->has_request_id && !failure->user_timeout)));
}

gboolean
cup_fal_failure_is_refusal (const CupFalFailure * failure)
{
  return !failure->is_transfer && (failure->status == 401
      || failure->status == 402 || failure->status == 403);
}

gboolean
cup_fal_failure_is_unknown_request (const CupFalFailure * failure)
{
  return failure->status == 410
      || (failure->status == 404 && failure->is_from_service);
}

gboolean
cup_fal_failure_may_pass (const CupFalFailure * failure)
{
  return failure->status / 100 == 3
      || (failure->status >= 401 && failure->status <= 407)
      || failure->status == 410 || !failure->is_from_service;
}

gboolean
cup_fal_failure_has_cause (const CupFalFailure * failure)
{
  return failure->error_type || failure->retry_is_known
      || failure->user_timeout;
}

gboolean
cup_fal_failure_is_of_job (const CupFalFailure * failure)
{
  if (failure->status == 408 || failure->status == 425
      || failure->status == 429)
    return cup_fal_failure_is_about_jobs (failure);
  return failure->is_from_service && !failure->is_in_progress
      && !cup_fal_failure_is_refusal (failure);
}

gboolean
cup_fal_error_is_transient (const GError * error)
{
  return g_error_matches (error, CUP_ERROR, CUP_ERROR_NETWORK)
      || g_error_matches (error, CUP_ERROR, CUP_ERROR_TIMEOUT);
}

static CupErrorCode
choose_code (const CupFalFailure * failure)
{
  if (failure->is_transfer && (failure->status == 401
          || failure->status == 402 || failure->status == 403))
    return CUP_ERROR_SERVICE;
  switch (failure->status) {
    case 400:
      /* Some failures downstream of the model come as this. */
      return failure->error_type
          && g_str_has_prefix (failure->error_type, "downstream") ?
          CUP_ERROR_SERVICE : CUP_ERROR_BAD_INPUT;
    case 401:
    case 402:
    case 403:
      return CUP_ERROR_NOT_AUTHORIZED;
    case 404:
      return CUP_ERROR_NOT_FOUND;
    case 413:
    case 415:
    case 422:
      return CUP_ERROR_BAD_INPUT;
    case 408:
      return CUP_ERROR_TIMEOUT;
    case 504:
      return failure->user_timeout ? CUP_ERROR_TIMEOUT : CUP_ERROR_SERVICE;
    default:
      return CUP_ERROR_SERVICE;
  }
}

static const gchar *
describe_stage (const gchar * stage)
{
  if (strcmp (stage, CUP_STAGE_UPLOAD) == 0)
    return "uploading the picture";
  if (strcmp (stage, CUP_STAGE_SUBMIT) == 0)
    return "submitting the request";
  if (strcmp (stage, CUP_STAGE_STATUS) == 0)
    return "asking for the status";
  if (strcmp (stage, CUP_STAGE_RESULT) == 0)
    return "fetching the result";
  return "downloading the picture";
}

static void
add_advice_for_missing (GString * text, const gchar * stage,
    const gchar * application)
{
  if (strcmp (stage, CUP_STAGE_SUBMIT) == 0)
    g_string_append_printf (text, "; check the property application (\"%s\") "
        "and location", application);
  else if (strcmp (stage, CUP_STAGE_UPLOAD) == 0)
    g_string_append (text, "; check the property storage-location");
  else
    g_string_append (text, "; the service does not know the request, or has "
        "forgotten it");
}

/* No key was sent, and no setting is at fault. */
static void
add_advice_for_transfer (GString * text, const CupFalFailure * failure)
{
  if (failure->status == 408 || failure->status == 429
      || failure->status >= 500)
    g_string_append (text, "; try again later");
  else
    g_string_append (text, "; the address that the service gave for the "
        "picture is not valid, or not any more");
}

static void
add_advice (GString * text, const CupFalFailure * failure, const gchar * stage,
    const gchar * application)
{
  switch (failure->status) {
    case 401:
      g_string_append (text, "; check the key (api-key, api-key-file or the "
          "environment variable FAL_KEY), it has the form "
          "key_id:key_secret");
      break;
    case 402:
    case 403:
      g_string_append (text, "; the key was recognised, but the account may "
          "not do this: see its balance and its state at "
          "https://fal.ai/dashboard");
      break;
    case 404:
      add_advice_for_missing (text, stage, application);
      break;
    case 429:
      g_string_append (text, "; lower max-in-flight, or try again later");
      break;
    case 499:
      g_string_append (text, "; it was cancelled at the service");
      break;
    case 504:
      if (failure->user_timeout)
        g_string_append (text, "; it did not start in the time that was "
            "allowed for it");
      else
        g_string_append (text, "; try again later");
      break;
    default:
      if (find_property (failure, application))
        g_string_append_printf (text, "; change the property %s",
            find_property (failure, application));
      else if (failure->about_picture)
        g_string_append (text, "; it is about the picture itself: its size, "
            "format or content (see also override-size-limits)");
      else if (failure->status >= 500)
        g_string_append (text, "; try again later");
      break;
  }
}

static void
set_details (GError * error, const gchar * stage, const gchar * request_id)
{
  CupErrorDetails *details = cup_error_edit_details (error);

  if (!details)
    return;
  details->stage = stage;
  if (request_id && !details->request_id)
    details->request_id = g_strdup (request_id);
}

GError *
cup_fal_failure_to_error (const CupFalFailure * failure, const gchar * stage,
    const gchar * application, const gchar * request_id, const gchar * key)
{
  gchar *words = cup_fal_clean (failure->words, key);
  gchar *type = failure->error_type ? cup_fal_clean (failure->error_type, key) :
      NULL;
  GString *text = g_string_new (NULL);
  GError *error;

  if (!failure->is_from_service) {
    gchar *page = shorten (words, MAX_PAGE);

    g_free (words);
    words = page;
  }
  g_string_append_printf (text, "%s failed: HTTP %u", describe_stage (stage),
      failure->status);
  if (type && !strstr (words, type))
    g_string_append_printf (text, ", %s", type);
  g_string_append_printf (text, ": %s", *words ? words : "no reason given");
  if (failure->is_transfer)
    add_advice_for_transfer (text, failure);
  else
    add_advice (text, failure, stage, application);
  if (request_id)
    g_string_append_printf (text, " (request %s)", request_id);

  error = g_error_new_literal (CUP_ERROR, choose_code (failure), text->str);
  set_details (error, stage, request_id);
  cup_error_edit_details (error)->http_status = failure->status;
  cup_error_edit_details (error)->error_type = type;
  g_string_free (text, TRUE);
  g_free (words);
  return error;
}

GError *
cup_fal_error_at (GError * error, const gchar * stage, const gchar * request_id,
    const gchar * key)
{
  gchar *message, *clean;

  if (error->domain != CUP_ERROR)
    return error;
  message = g_strdup_printf ("%s failed: %s%s%s%s", describe_stage (stage),
      error->message, request_id ? " (request " : "",
      request_id ? request_id : "", request_id ? ")" : "");
  clean = cup_redact (message, key);
  g_free (message);
  g_free (error->message);
  error->message = clean;
  set_details (error, stage, request_id);
  return error;
}

GError *
cup_fal_error_maybe_accepted (GError * error, gboolean has_choice)
{
  gchar *message;

  message = g_strconcat (error->message, "; the service may have accepted the "
      "request all the same", has_choice ? ", so it is not sent again "
      "(allow-double-cost would do so)" : "", NULL);
  g_free (error->message);
  error->message = message;
  if (cup_error_edit_details (error))
    cup_error_edit_details (error)->maybe_accepted = TRUE;
  return error;
}
