/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fal's protocol without a network: ids, URLs, bodies, answers and failures.
 */
#include <string.h>

#include "base/error.h"
#include "engine/fal/answer.h"
#include "engine/fal/failure.h"
#include "engine/fal/fal.h"
#include "engine/fal/protocol.h"

#define KEY "my-id:my-s3cret"

static GBytes *
text (const gchar * body)
{
  return g_bytes_new (body, strlen (body));
}

static void
test_application (void)
{
  const struct
  {
    const gchar *id, *endpoint, *application;
  } cases[] = {
    {"fal-ai/creative-upscaler", "fal-ai/creative-upscaler",
        "fal-ai/creative-upscaler"},
    {"fal-ai/topaz/upscale/image", "fal-ai/topaz/upscale/image",
        "fal-ai/topaz"},
    {"workflows/me/flow", "workflows/me/flow", "workflows/me/flow"},
    {"comfy/me/flow/a/b", "comfy/me/flow/a/b", "comfy/me/flow"},
    {"110602490-lora", "110602490/lora", "110602490/lora"},
    {"a_b/c.d", "a_b/c.d", "a_b/c.d"},
    {"fal-ai", NULL, NULL}, {"", NULL, NULL}, {NULL, NULL, NULL},
    {"/fal-ai/x", NULL, NULL}, {"fal-ai/x/", NULL, NULL},
    {"fal-ai//x", NULL, NULL}, {"fal-ai/..", NULL, NULL},
    {"fal-ai/x?y", NULL, NULL}, {"fal-ai/x y", NULL, NULL},
    {"workflows/me", NULL, NULL}, {"https://fal.run/a/b", NULL, NULL},
    {"12-", NULL, NULL}, {"-x", NULL, NULL},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *endpoint = NULL, *application = NULL;
    GError *error = NULL;
    gboolean valid = cup_fal_parse_application (cases[i].id, &endpoint,
        &application, &error);

    g_assert_cmpstr (endpoint, ==, cases[i].endpoint);
    g_assert_cmpstr (application, ==, cases[i].application);
    if (valid) {
      g_assert_no_error (error);
    } else {
      g_assert_error (error, CUP_ERROR, CUP_ERROR_SETTINGS);
      g_assert_true (g_str_has_prefix (error->message, "application"));
    }
    g_clear_error (&error);
    g_free (endpoint);
    g_free (application);
  }
}

static void
test_location (void)
{
  GError *error = NULL;
  gchar *base;

  base = cup_fal_parse_location ("https://queue.fal.run//", "location", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (base, ==, "https://queue.fal.run");
  g_free (base);
  base = cup_fal_parse_location ("http://127.0.0.1:80/q/", "location", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (base, ==, "http://127.0.0.1:80/q");
  g_free (base);
  g_assert_null (cup_fal_parse_location ("http://queue.fal.run", "location",
          &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_SETTINGS);
  g_assert_true (g_str_has_prefix (error->message, "location: "));
  g_clear_error (&error);
  g_assert_null (cup_fal_parse_location ("https://a/?x", "location", NULL));
  g_assert_null (cup_fal_parse_location ("https://a/#x", "location", NULL));
  g_assert_null (cup_fal_parse_location ("", "location", NULL));
  g_assert_null (cup_fal_parse_location (NULL, "location", NULL));
}

static void
test_urls (void)
{
  const gchar *location = "https://queue.fal.run";
  gchar *url = cup_fal_build_request_url (location, "fal-ai/topaz", "id-1",
      "/status");

  g_assert_cmpstr (url, ==,
      "https://queue.fal.run/fal-ai/topaz/requests/id-1/status");
  g_assert_true (cup_fal_check_origin (url, location) == url);
  g_free (url);
  g_assert_nonnull (cup_fal_check_origin ("https://QUEUE.fal.run:443/x",
          location));
  g_assert_null (cup_fal_check_origin ("https://queue.fal.run.evil.org/x",
          location));
  g_assert_null (cup_fal_check_origin ("https://queue.fal.run@evil.org/x",
          location));
  g_assert_null (cup_fal_check_origin ("http://queue.fal.run/x", location));
  g_assert_null (cup_fal_check_origin ("https://queue.fal.run:8443/x",
          location));
  g_assert_null (cup_fal_check_origin ("/x", location));
  g_assert_null (cup_fal_check_origin (NULL, location));

  g_assert_true (cup_fal_request_id_is_valid ("019e1951-aB_c.d"));
  g_assert_false (cup_fal_request_id_is_valid (""));
  g_assert_false (cup_fal_request_id_is_valid (".."));
  g_assert_false (cup_fal_request_id_is_valid ("a/../b"));
  g_assert_false (cup_fal_request_id_is_valid ("a?b"));
  g_assert_false (cup_fal_request_id_is_valid ("a%2e"));
  url = g_strnfill (129, 'a');
  g_assert_false (cup_fal_request_id_is_valid (url));
  url[128] = 0;
  g_assert_true (cup_fal_request_id_is_valid (url));
  g_free (url);
}

static void
test_bodies (void)
{
  CupValues *values = cup_values_new ();
  GValue seed = G_VALUE_INIT, url = G_VALUE_INIT;
  JsonNode *root;
  JsonObject *object;
  gint64 number;
  GBytes *body;
  gchar *shown;

  g_value_init (&seed, G_TYPE_INT64);
  g_value_set_int64 (&seed, G_GINT64_CONSTANT (9007199254740993));
  cup_values_set (values, CUP_FIELD_SEED, &seed);
  g_value_init (&url, G_TYPE_STRING);
  g_value_set_static_string (&url, "https://u:hunter2@host/m?token=hunter2");
  cup_values_set (values, CUP_FIELD_BASE_MODEL_URL, &url);
  g_value_set_static_string (&url, "a " KEY " in a prompt");
  cup_values_set (values, CUP_FIELD_PROMPT, &url);

  body = cup_fal_build_submit_body (values, "https://host/file?signed=hunter2");
  root = cup_fal_parse_json (body, NULL);
  object = json_node_get_object (root);
  g_assert_cmpuint (json_object_get_size (object), ==, 4);
  g_assert_cmpstr (cup_fal_get_string (object, "image_url"), ==,
      "https://host/file?signed=hunter2");
  g_assert_true (cup_fal_get_integer (object, "seed", &number));
  g_assert_cmpint (number, ==, G_GINT64_CONSTANT (9007199254740993));
  json_node_unref (root);

  shown = cup_fal_describe_body (body, KEY);
  g_assert_nonnull (strstr (shown, "9007199254740993"));
  g_assert_nonnull (strstr (shown, "https://host/file?…"));
  g_assert_null (strstr (shown, "hunter2"));
  g_assert_null (strstr (shown, "s3cret"));
  g_free (shown);
  g_bytes_unref (body);
  g_value_unset (&seed);
  g_value_unset (&url);
  cup_values_free (values);

  body = cup_fal_build_upload_body (CUP_IMAGE_JPEG);
  root = cup_fal_parse_json (body, NULL);
  object = json_node_get_object (root);
  g_assert_cmpstr (cup_fal_get_string (object, "content_type"), ==,
      "image/jpeg");
  g_assert_cmpstr (cup_fal_get_string (object, "file_name"), ==, "frame.jpg");
  json_node_unref (root);
  g_bytes_unref (body);
}

static void
test_limits (void)
{
  g_assert_cmpuint (cup_fal_max_result_pixels (10, 10, 2), ==, 4 << 20);
  g_assert_cmpuint (cup_fal_max_result_pixels (1920, 1080, 2), ==,
      1920 * 1080 * 16);
  g_assert_cmpuint (cup_fal_max_result_pixels (65535, 65535, 5), ==,
      CUP_PIXELS_MAX_COUNT);
  g_assert_cmpuint (cup_fal_max_result_bytes (1000), ==, 8000 + (1 << 20));
}

/* What is no answer at all is an error, and never more than that. */
static void
test_bad_json (void)
{
  const gchar *bodies[] = { "", "null", "[]", "12", "\"x\"", "{", "{\"a\":}",
    "<html>", "{\"a\":\"\xff\"}", "\xef\xbb\xbf{"
  };
  gchar *deep = g_strnfill (1000000, '[');
  gchar *hidden = g_strconcat ("/*\"*/", deep, NULL);
  CupFalStatus status;
  GError *error = NULL;
  GBytes *body;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bodies); i++) {
    body = text (bodies[i]);
    g_assert_false (cup_fal_parse_status (body, &status, &error));
    g_assert_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA);
    g_clear_error (&error);
    g_bytes_unref (body);
  }
  body = text (deep);
  g_assert_false (cup_fal_parse_status (body, &status, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA);
  g_clear_error (&error);
  g_bytes_unref (body);
  body = text (hidden);
  g_assert_false (cup_fal_parse_status (body, &status, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA);
  g_clear_error (&error);
  g_bytes_unref (body);
  g_free (hidden);
  g_free (deep);
}

static void
test_status (void)
{
  CupFalStatus status;
  GBytes *body;

  body = text ("{\"status\":\"IN_QUEUE\",\"queue_position\":7,\"logs\":null}");
  g_assert_true (cup_fal_parse_status (body, &status, NULL));
  g_assert_cmpint (status.state, ==, CUP_FAL_IN_QUEUE);
  g_assert_cmpint (status.queue_position, ==, 7);
  g_assert_cmpfloat (status.inference_time, <, 0);
  cup_fal_status_clear (&status);
  g_bytes_unref (body);

  body =
      text ("{\"status\":\"COMPLETED\",\"metrics\":{\"inference_time\":17.79}"
      ",\"error\":\"no\",\"error_type\":\"t\"}");
  g_assert_true (cup_fal_parse_status (body, &status, NULL));
  g_assert_cmpint (status.state, ==, CUP_FAL_COMPLETED);
  g_assert_cmpint (status.queue_position, ==, -1);
  g_assert_cmpfloat (status.inference_time, ==, 17.79);
  g_assert_cmpstr (status.error_type, ==, "t");
  cup_fal_status_clear (&status);
  g_bytes_unref (body);

  body = text ("{\"status\":\"PONDERING\",\"metrics\":null,"
      "\"queue_position\":\"7\"}");
  g_assert_true (cup_fal_parse_status (body, &status, NULL));
  g_assert_cmpint (status.state, ==, CUP_FAL_UNKNOWN);
  g_assert_cmpstr (status.state_word, ==, "PONDERING");
  cup_fal_status_clear (&status);
  g_bytes_unref (body);

  body = text ("{\"status\":12,\"metrics\":[],\"queue_position\":-3,"
      "\"error\":{}}");
  g_assert_true (cup_fal_parse_status (body, &status, NULL));
  g_assert_cmpint (status.state, ==, CUP_FAL_UNKNOWN);
  g_assert_cmpint (status.queue_position, ==, -1);
  g_assert_null (status.error);
  cup_fal_status_clear (&status);
  g_bytes_unref (body);
}

static void
test_accepted (void)
{
  const gchar *bad[] = { "{}", "{\"request_id\":12}", "{\"request_id\":\"\"}",
    "{\"request_id\":\"../../x\"}", "{\"request_id\":null}"
  };
  CupFalAccepted accepted;
  GError *error = NULL;
  GBytes *body;
  guint i;

  body =
      text ("{\"request_id\":\"a-1\",\"status_url\":\"s\",\"cancel_url\":1}");
  g_assert_true (cup_fal_parse_accepted (body, &accepted, NULL));
  g_assert_cmpstr (accepted.request_id, ==, "a-1");
  g_assert_cmpstr (accepted.status_url, ==, "s");
  g_assert_null (accepted.cancel_url);
  g_assert_null (accepted.response_url);
  cup_fal_accepted_clear (&accepted);
  g_bytes_unref (body);
  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    body = text (bad[i]);
    g_assert_false (cup_fal_parse_accepted (body, &accepted, &error));
    g_assert_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA);
    g_clear_error (&error);
    g_bytes_unref (body);
  }
}

static void
test_output (void)
{
  const gchar *bad[] = { "{}", "{\"image\":null}", "{\"image\":{}}",
    "{\"images\":[]}", "{\"images\":[1]}", "{\"image\":{\"url\":5}}",
    "{\"image\":{\"url\":\"data:image/png,xx\"}}",
    "{\"images\":{\"url\":\"x\"}}"
  };
  CupFalOutput output;
  GError *error = NULL;
  GBytes *body;
  guint i;

  body =
      text ("{\"image\":{\"url\":\"https://h/i\",\"content_type\":\"image/png\""
      "},\"seed\":9223372036854775807}");
  g_assert_true (cup_fal_parse_output (body, 100, &output, NULL));
  g_assert_cmpstr (output.url, ==, "https://h/i");
  g_assert_cmpstr (output.content_type, ==, "image/png");
  g_assert_true (output.has_seed);
  g_assert_cmpint (output.seed, ==, G_MAXINT64);
  cup_fal_output_clear (&output);
  g_bytes_unref (body);

  body = text ("{\"images\":[{\"url\":\"data:image/png;base64,aGVsbG8=\"}],"
      "\"seed\":null}");
  g_assert_true (cup_fal_parse_output (body, 100, &output, NULL));
  g_assert_null (output.url);
  g_assert_cmpuint (g_bytes_get_size (output.data), ==, 5);
  g_assert_false (output.has_seed);
  cup_fal_output_clear (&output);
  g_assert_false (cup_fal_parse_output (body, 4, &output, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_bytes_unref (body);

  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    body = text (bad[i]);
    g_assert_false (cup_fal_parse_output (body, 100, &output, &error));
    g_assert_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA);
    g_clear_error (&error);
    g_bytes_unref (body);
  }
}

typedef struct
{
  guint status;
  const gchar *body;
  const gchar *header;
  const gchar *timeout;
  const gchar *stage;
  CupErrorCode code;
  const gchar *type;
  gboolean from_service;
  gboolean transient;
  const gchar *words[4];
} FailureCase;

static const FailureCase failures[] = {
  {401, "{\"detail\":\"No user found for Key ID and Secret\"}", NULL, NULL,
        CUP_STAGE_SUBMIT, CUP_ERROR_NOT_AUTHORIZED, NULL, TRUE, FALSE,
        {"No user found for Key ID and Secret", "api-key-file", "FAL_KEY",
          "key_id:key_secret"}},
  {403, "{\"detail\":\"User is locked. Reason: Exhausted balance.\"}", NULL,
        NULL, CUP_STAGE_UPLOAD, CUP_ERROR_NOT_AUTHORIZED, NULL, TRUE, FALSE,
      {"Exhausted balance", "HTTP 403", "balance"}},
  {404, "{\"detail\":\"Application not found\"}", NULL, NULL,
        CUP_STAGE_SUBMIT, CUP_ERROR_NOT_FOUND, NULL, TRUE, FALSE,
      {"Application not found", "property application", "fal-ai/x"}},
  {404, "{\"status\":\"NOT_FOUND\"}", NULL, NULL, CUP_STAGE_STATUS,
      CUP_ERROR_NOT_FOUND, NULL, TRUE, FALSE, {"NOT_FOUND", "request r-1"}},
  {422, "{\"detail\":[{\"loc\":[\"body\",\"guidance_scale\"],\"msg\":\"too big\"" ",\"type\":\"less_than_equal\",\"ctx\":{\"le\":16}}]}", NULL, NULL,
        CUP_STAGE_RESULT, CUP_ERROR_BAD_INPUT, "less_than_equal", TRUE, FALSE,
        {"body.guidance_scale: too big (less_than_equal)",
          "property guidance-scale", "request r-1"}},
  {422, "{\"detail\":[{\"loc\":[\"body\",\"image_url\"],\"msg\":\"broken\","
        "\"type\":\"image_load_error\"},{\"loc\":[\"body\",\"a\",0],"
        "\"msg\":\"b\"}]}", NULL, NULL, CUP_STAGE_RESULT,
        CUP_ERROR_BAD_INPUT, "image_load_error", TRUE, FALSE,
        {"body.image_url: broken (image_load_error); body.a.0: b",
          "picture itself"}},
  {500, "{\"error\":{\"message\":\"out of memory\"}}", NULL, NULL,
        CUP_STAGE_RESULT, CUP_ERROR_SERVICE, NULL, TRUE, TRUE,
      {"out of memory", "HTTP 500"}},
  {503, "{\"detail\":\"gone\",\"error_type\":\"runner_disconnected\"}", NULL,
        NULL, CUP_STAGE_RESULT, CUP_ERROR_SERVICE, "runner_disconnected", TRUE,
      TRUE, {"gone", "runner_disconnected"}},
  {500, "", "runner_server_error", NULL, CUP_STAGE_RESULT, CUP_ERROR_SERVICE,
      "runner_server_error", TRUE, TRUE, {"runner_server_error"}},
  {502, "<html><head><title>502 Bad Gateway</title></head>\n<body>nginx</body>",
        NULL, NULL, CUP_STAGE_RESULT, CUP_ERROR_SERVICE, NULL, FALSE, TRUE,
      {"502 Bad Gateway nginx"}},
  {504, "", NULL, "user", CUP_STAGE_RESULT, CUP_ERROR_TIMEOUT, NULL, TRUE,
      TRUE, {"did not start in the time"}},
  {499, "{\"detail\":\"Request cancelled\",\"error_type\":\"client_cancelled\"}",
        NULL, NULL, CUP_STAGE_RESULT, CUP_ERROR_SERVICE, "client_cancelled",
      TRUE, FALSE, {"cancelled at the service"}},
  {429, "slow down", NULL, NULL, CUP_STAGE_SUBMIT, CUP_ERROR_SERVICE, NULL,
      FALSE, TRUE, {"slow down", "max-in-flight"}},
  {400, "{\"detail\":[{\"msg\":\"x\",\"type\":\"downstream_service_error\"}]}",
        NULL, NULL, CUP_STAGE_RESULT, CUP_ERROR_SERVICE,
      "downstream_service_error", TRUE, FALSE, {"x"}},
  {418, "", NULL, NULL, CUP_STAGE_RESULT, CUP_ERROR_SERVICE, NULL, FALSE,
      FALSE, {"no reason given"}},
  {401, "bad key " KEY " and c2NyZXQ", NULL, NULL, CUP_STAGE_SUBMIT,
      CUP_ERROR_NOT_AUTHORIZED, NULL, FALSE, FALSE, {"bad key ***"}},
  {422, "{\"detail\":[1,null,[],{}],\"error\":1}", NULL, NULL,
        CUP_STAGE_RESULT, CUP_ERROR_BAD_INPUT, NULL, TRUE, FALSE,
      {"no reason given"}},
};

static void
test_failures (void)
{
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (failures); i++) {
    const FailureCase *c = &failures[i];
    GBytes *body = text (c->body);
    CupFalFailure failure;
    GError *error;

    cup_fal_failure_read (&failure, c->status, body, c->header, c->timeout);
    g_assert_cmpint (failure.is_from_service, ==, c->from_service);
    g_assert_cmpint (cup_fal_failure_is_transient (&failure), ==, c->transient);
    error = cup_fal_failure_to_error (&failure, c->stage, "fal-ai/x", "r-1",
        KEY);
    g_assert_error (error, CUP_ERROR, (gint) c->code);
    for (j = 0; j < G_N_ELEMENTS (c->words) && c->words[j]; j++)
      if (!strstr (error->message, c->words[j]))
        g_error ("%u: \"%s\" does not say \"%s\"", i, error->message,
            c->words[j]);
    g_assert_null (strstr (error->message, "s3cret"));
    g_assert_cmpuint (cup_error_get_details (error)->http_status, ==,
        c->status);
    g_assert_cmpstr (cup_error_get_details (error)->request_id, ==, "r-1");
    g_assert_cmpstr (cup_error_get_details (error)->stage, ==, c->stage);
    g_assert_cmpstr (cup_error_get_details (error)->error_type, ==, c->type);
    g_error_free (error);
    cup_fal_failure_clear (&failure);
    g_bytes_unref (body);
  }
}

/* A page of any length, with anything in it, is one short line. */
static void
test_long_page (void)
{
  GString *page = g_string_new ("<html>\n");
  CupFalFailure failure;
  GBytes *body;
  GError *error;

  while (page->len < 500000)
    g_string_append (page, "<p>w\xc3\xb6rd\xff\x01\n</p>");
  body = g_string_free_to_bytes (page);
  cup_fal_failure_read (&failure, 502, body, NULL, NULL);
  error = cup_fal_failure_to_error (&failure, CUP_STAGE_STATUS, "a/b", NULL,
      KEY);
  g_assert_cmpuint (g_utf8_strlen (error->message, -1), <, 350);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_null (strpbrk (error->message, "\n\x01<"));
  g_error_free (error);
  cup_fal_failure_clear (&failure);
  g_bytes_unref (body);
}

static void
test_early (void)
{
  GBytes *body = text ("{\"detail\":\"Request is still in progress\"}");
  CupFalFailure failure;

  cup_fal_failure_read (&failure, 400, body, NULL, NULL);
  g_assert_true (failure.is_in_progress);
  cup_fal_failure_clear (&failure);
  cup_fal_failure_read (&failure, 422, body, NULL, NULL);
  g_assert_false (failure.is_in_progress);
  cup_fal_failure_clear (&failure);
  g_bytes_unref (body);
}

static void
test_settings (void)
{
  const CupFalSettings good = {
    .key = KEY,
    .application = CUP_FAL_DEFAULT_APPLICATION,
    .location = CUP_FAL_DEFAULT_LOCATION,
    .storage_location = CUP_FAL_DEFAULT_STORAGE_LOCATION,
  };
  CupFalSettings settings;
  const gchar *names[] = { "api-key", "application", "location",
    "storage-location"
  };
  GError *error = NULL;
  CupEngine *engine;
  guint i;

  engine = cup_fal_engine_new (&good, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (cup_engine_get_name (engine), ==, "fal");
  g_assert_cmpint (cup_engine_get_accepts (engine), ==,
      CUP_ENGINE_ACCEPTS_ENCODED);
  g_assert_cmpuint (cup_engine_get_honoured_fields (engine), ==,
      CUP_FIELDS_ALL);
  cup_engine_close (engine);
  g_object_unref (engine);

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    const gchar *bad[] = { NULL, "", "http://evil s3cret/\n" };
    guint j;

    for (j = 0; j < G_N_ELEMENTS (bad); j++) {
      settings = good;
      if (i == 0)
        settings.key = bad[j];
      else if (i == 1)
        settings.application = bad[j];
      else if (i == 2)
        settings.location = bad[j];
      else
        settings.storage_location = bad[j];
      g_assert_null (cup_fal_engine_new (&settings, &error));
      g_assert_error (error, CUP_ERROR, CUP_ERROR_SETTINGS);
      g_assert_true (g_str_has_prefix (error->message, names[i]));
      if (i == 0)
        g_assert_null (strstr (error->message, "s3cret"));
      g_clear_error (&error);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fal/application", test_application);
  g_test_add_func ("/fal/location", test_location);
  g_test_add_func ("/fal/urls", test_urls);
  g_test_add_func ("/fal/bodies", test_bodies);
  g_test_add_func ("/fal/limits", test_limits);
  g_test_add_func ("/fal/bad-json", test_bad_json);
  g_test_add_func ("/fal/status", test_status);
  g_test_add_func ("/fal/accepted", test_accepted);
  g_test_add_func ("/fal/output", test_output);
  g_test_add_func ("/fal/failures", test_failures);
  g_test_add_func ("/fal/long-page", test_long_page);
  g_test_add_func ("/fal/early", test_early);
  g_test_add_func ("/fal/settings", test_settings);
  return g_test_run ();
}
