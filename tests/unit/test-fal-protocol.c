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
  url = cup_fal_build_request_url (location, "fal-ai/topaz", "../a?b c", "");
  g_assert_cmpstr (url, ==,
      "https://queue.fal.run/fal-ai/topaz/requests/..%2Fa%3Fb%20c");
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
  g_assert_false (cup_fal_request_id_is_valid ("."));
  g_assert_false (cup_fal_request_id_is_valid ("a\nb"));
  g_assert_false (cup_fal_request_id_is_valid ("a\xff"));
  g_assert_true (cup_fal_request_id_is_valid ("a/../b"));
  g_assert_true (cup_fal_request_id_is_valid ("a?b c:é"));
  g_assert_true (cup_fal_request_id_is_valid ("a%2e"));
  url = g_strnfill (257, 'a');
  g_assert_false (cup_fal_request_id_is_valid (url));
  url[256] = 0;
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

  g_value_init (&seed, G_TYPE_UINT64);
  g_value_set_uint64 (&seed, G_GUINT64_CONSTANT (9007199254740993));
  cup_values_set (values, CUP_FIELD_SEED, &seed);
  g_value_init (&url, G_TYPE_STRING);
  g_value_set_static_string (&url, "https://u:hunter2@host/m?token=hunter2");
  cup_values_set (values, CUP_FIELD_BASE_MODEL_URL, &url);
  g_value_set_static_string (&url, "a " KEY " in a prompt");
  cup_values_set (values, CUP_FIELD_PROMPT, &url);

  body = cup_fal_build_submit_body (cup_fal_application_find
      (CUP_FAL_DEFAULT_APPLICATION), values,
      "https://host/file?signed=hunter2");
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
set (CupValues * values, CupFieldId id, GType type, gconstpointer text,
    gdouble number)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, type);
  if (type == G_TYPE_STRING)
    g_value_set_string (&value, text);
  else if (type == G_TYPE_DOUBLE)
    g_value_set_double (&value, number);
  else if (type == G_TYPE_INT64)
    g_value_set_int64 (&value, (gint64) number);
  else if (type == G_TYPE_UINT64)
    g_value_set_uint64 (&value, (guint64) number);
  else
    g_value_set_boolean (&value, number != 0);
  cup_values_set (values, id, &value);
  g_value_unset (&value);
}

static void
set_extra (CupValues * values, const gchar * json)
{
  JsonNode *node = json ? json_from_string (json, NULL) : NULL;

  g_assert_true (!json || JSON_NODE_HOLDS_OBJECT (node));
  cup_values_set_extra (values, node ? json_node_get_object (node) : NULL);
  g_clear_pointer (&node, json_node_unref);
}

static void
assert_body (const gchar * endpoint, const CupValues * values,
    const gchar * expected)
{
  GBytes *body = cup_fal_build_submit_body (cup_fal_application_find
      (endpoint), values, "u");
  gchar *sent = g_strndup (g_bytes_get_data (body, NULL),
      g_bytes_get_size (body));

  g_assert_cmpstr (sent, ==, expected);
  g_free (sent);
  g_bytes_unref (body);
}

/* What is set goes by the application's names, and only what it has. */
static void
test_siblings (void)
{
  CupValues *values = cup_values_new ();

  assert_body ("fal-ai/aura-sr", NULL, "{\"image_url\":\"u\"}");
  assert_body ("fal-ai/aura-sr", values, "{\"image_url\":\"u\"}");
  set (values, CUP_FIELD_ENABLE_SAFETY_CHECKS, G_TYPE_BOOLEAN, NULL, FALSE);
  set (values, CUP_FIELD_NUM_INFERENCE_STEPS, G_TYPE_INT64, NULL, 30);
  set (values, CUP_FIELD_SHAPE_PRESERVATION, G_TYPE_DOUBLE, NULL, 0.5);
  set (values, CUP_FIELD_CREATIVITY, G_TYPE_DOUBLE, NULL, 0.25);
  set (values, CUP_FIELD_SCALE, G_TYPE_DOUBLE, NULL, 4);
  set (values, CUP_FIELD_PROMPT, G_TYPE_STRING, "owl", 0);
  assert_body ("fal-ai/creative-upscaler", values,
      "{\"image_url\":\"u\",\"prompt\":\"owl\",\"scale\":4,"
      "\"creativity\":0.25,\"shape_preservation\":0.5,"
      "\"num_inference_steps\":30,\"enable_safety_checks\":false}");
  assert_body ("me/mine", values,
      "{\"image_url\":\"u\",\"prompt\":\"owl\",\"scale\":4,"
      "\"creativity\":0.25,\"shape_preservation\":0.5,"
      "\"num_inference_steps\":30,\"enable_safety_checks\":false}");
  assert_body ("fal-ai/clarity-upscaler", values,
      "{\"image_url\":\"u\",\"prompt\":\"owl\",\"upscale_factor\":4,"
      "\"creativity\":0.25,\"resemblance\":0.5,"
      "\"num_inference_steps\":30,\"enable_safety_checker\":false}");
  assert_body ("fal-ai/ccsr", values,
      "{\"image_url\":\"u\",\"scale\":4,\"steps\":30}");
  assert_body ("clarityai/crystal-upscaler", values,
      "{\"image_url\":\"u\",\"scale_factor\":4}");
  assert_body ("fal-ai/ideogram/upscale", values,
      "{\"image_url\":\"u\",\"prompt\":\"owl\"}");
  cup_values_free (values);
}

/* What the user adds has the last word, and each name is there once. */
static void
test_extra (void)
{
  CupValues *values = cup_values_new (), *copy;

  set (values, CUP_FIELD_SCALE, G_TYPE_DOUBLE, NULL, 2);
  set (values, CUP_FIELD_SEED, G_TYPE_UINT64, NULL, 7);
  set_extra (values, "{\"tile\":400,\"upscale_factor\":2.5,\"seed\":null,"
      "\"loras\":[{\"path\":\"x\",\"scale\":0.5},[true,\"\"]],"
      "\"big\":9223372036854775807}");
  assert_body ("fal-ai/codeformer", values,
      "{\"image_url\":\"u\",\"tile\":400,\"upscale_factor\":2.5,"
      "\"seed\":null,\"loras\":[{\"path\":\"x\",\"scale\":0.5},"
      "[true,\"\"]],\"big\":9223372036854775807}");
  copy = cup_values_copy (values);
  /* What the set has says nothing about its copies. */
  set_extra (values, "{\"image_url\":\"other\"}");
  assert_body ("fal-ai/esrgan", values,
      "{\"scale\":2,\"image_url\":\"other\"}");
  set_extra (values, NULL);
  assert_body ("fal-ai/esrgan", values, "{\"image_url\":\"u\",\"scale\":2}");
  cup_values_free (values);
  assert_body ("fal-ai/recraft/upscale/crisp", copy,
      "{\"image_url\":\"u\",\"tile\":400,\"upscale_factor\":2.5,"
      "\"seed\":null,\"loras\":[{\"path\":\"x\",\"scale\":0.5},"
      "[true,\"\"]],\"big\":9223372036854775807}");
  cup_values_free (copy);
}

static void
test_describe (void)
{
  const struct
  {
    const gchar *body, *shown;
  } cases[] = {
    {"{\"image_url\":\"data:image/png;base64,hunter2\"}",
        "{\"image_url\":\"data:…\"}"},
    {"{\"my_URL\":[\"https://a/b?hunter2\",{\"x\":\"hunter2\"},5]}",
        "{\"my_URL\":[\"https://a/b?…\",{\"x\":\"(no URL)\"},5]}"},
    {"{\"base_model_url\":null,\"lora_url\":7}",
        "{\"base_model_url\":null,\"lora_url\":7}"},
    {"{\"hf_Token\":\"hunter2\",\"apiKEY\":{\"a\":\"hunter2\"},"
          "\"Secrets\":[\"hunter2\"],\"the_password_is\":2}",
        "{\"hf_Token\":\"***\",\"apiKEY\":\"***\",\"Secrets\":\"***\","
          "\"the_password_is\":\"***\"}"},
    {"{\"a\":[{\"b\":{\"access_token\":\"hunter2\",\"c\":1.5}}]}",
        "{\"a\":[{\"b\":{\"access_token\":\"***\",\"c\":1.5}}]}"},
    {"{\"a\":[\"DATA:image/png;base64,hunter2\"]}", "{\"a\":[\"data:…\"]}"},
    {"{\"a\":\"an  owl (data:,hunter2\\nhunter2\"}",
        "{\"a\":\"an  owl (data:…\"}"},
    {"{\"a\":\" https://me:hunter2@a/x see https://b/?hunter2 and\\tso on\"}",
        "{\"a\":\" https://a/x see https://b/?… and\\tso on\"}"},
    {"{\"prompt\":\"metadata: an owl, 1:2 :// \"}",
        "{\"prompt\":\"metadata: an owl, 1:2 (no URL) \"}"},
    {"{\"prompt\":\"" KEY " of my-s3cret\"}", "{\"prompt\":\"*** of ***\"}"},
    {"[\"data:,hunter2\"]", "[\"data:…\"]"}, {"", ""}, {"{", ""},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GBytes *body = text (cases[i].body);
    gchar *shown = cup_fal_describe_body (body, KEY);

    g_assert_cmpstr (shown, ==, cases[i].shown);
    g_free (shown);
    g_bytes_unref (body);
  }
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
  g_assert_null (status.logs);
  g_assert_cmpfloat (status.inference_time, <, 0);
  cup_fal_status_clear (&status);
  g_bytes_unref (body);

  body =
      text ("{\"status\":\"COMPLETED\",\"metrics\":{\"inference_time\":17.79}"
      ",\"error\":\"no\",\"error_type\":\"t\",\"logs\":[{},1]}");
  g_assert_true (cup_fal_parse_status (body, &status, NULL));
  g_assert_cmpint (status.state, ==, CUP_FAL_COMPLETED);
  g_assert_cmpint (status.queue_position, ==, -1);
  g_assert_cmpfloat (status.inference_time, ==, 17.79);
  g_assert_cmpstr (status.error_type, ==, "t");
  g_assert_cmpuint (json_array_get_length (status.logs), ==, 2);
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
      "\"error\":{},\"logs\":{}}");
  g_assert_true (cup_fal_parse_status (body, &status, NULL));
  g_assert_cmpint (status.state, ==, CUP_FAL_UNKNOWN);
  g_assert_cmpint (status.queue_position, ==, -1);
  g_assert_null (status.error);
  g_assert_null (status.logs);
  cup_fal_status_clear (&status);
  g_bytes_unref (body);
}

static void
test_accepted (void)
{
  const gchar *bad[] = { "{}", "{\"request_id\":12}", "{\"request_id\":\"\"}",
    "{\"request_id\":\"..\"}", "{\"request_id\":null}"
  };
  CupFalAccepted accepted;
  GError *error = NULL;
  GBytes *body;
  guint i;

  body =
      text ("{\"request_id\":\"a-1\",\"status_url\":\"s\",\"cancel_url\":1,"
      "\"status\":\"IN_PROGRESS\"}");
  g_assert_true (cup_fal_parse_accepted (body, NULL, &accepted, NULL));
  g_assert_cmpstr (accepted.request_id, ==, "a-1");
  g_assert_cmpstr (accepted.status_url, ==, "s");
  g_assert_null (accepted.cancel_url);
  g_assert_null (accepted.response_url);
  g_assert_cmpint (accepted.state, ==, CUP_FAL_IN_PROGRESS);
  g_assert_cmpint (accepted.queue_position, ==, -1);
  cup_fal_accepted_clear (&accepted);
  g_bytes_unref (body);
  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    body = text (bad[i]);
    g_assert_true (cup_fal_parse_accepted (body, "job 7", &accepted, NULL));
    g_assert_cmpstr (accepted.request_id, ==, "job 7");
    cup_fal_accepted_clear (&accepted);
    g_assert_false (cup_fal_parse_accepted (body, NULL, &accepted, &error));
    g_assert_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA);
    g_clear_error (&error);
    g_bytes_unref (body);
  }
}

/* Parses @number as the seed of a result. */
static gboolean
parse_seed (const gchar * number, guint64 * seed)
{
  gchar *json = g_strdup_printf ("{\"image\":{\"url\":\"https://h/i\"},"
      "\"seed\" :\n%s }", number);
  GBytes *body = text (json);
  CupFalOutput output;

  g_assert_true (cup_fal_parse_output (body, 100, &output, NULL));
  *seed = output.seed;
  cup_fal_output_clear (&output);
  g_bytes_unref (body);
  g_free (json);
  return output.has_seed;
}

/* A seed is told exactly, or not at all. */
static void
test_seeds (void)
{
  static const gchar *const exact[] = { "0", "9223372036854775807",
    "9223372036854775808", "15860307465884635512", "18446744073709551615"
  };
  static const gchar *const unknown[] = { "-1", "-9223372036854775808",
    "18446744073709551616", "1.5860307465884636e19", "0.5", "\"7\"", "null"
  };
  guint64 seed;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (exact); i++) {
    g_assert_true (parse_seed (exact[i], &seed));
    g_assert_cmpuint (seed, ==, g_ascii_strtoull (exact[i], NULL, 10));
  }
  for (i = 0; i < G_N_ELEMENTS (unknown); i++)
    g_assert_false (parse_seed (unknown[i], &seed));
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
      FALSE, {"did not start in the time"}},
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

/* What an answer to a submission says about whether it was accepted, and may
 * be sent again. */
static void
test_certainty (void)
{
  const gchar *told = "{\"detail\":\"x\"}", *gateway = "<html>nginx</html>";
  const struct
  {
    guint status;
    gboolean has_id;
    const gchar *body, *timeout;
    gboolean not_accepted, uncertain, refusal;
  } cases[] = {
    {429, FALSE, told, NULL, TRUE, FALSE, FALSE},
    {429, TRUE, told, NULL, TRUE, FALSE, FALSE},
    {425, FALSE, told, NULL, TRUE, FALSE, FALSE},
    {503, FALSE, gateway, NULL, TRUE, FALSE, FALSE},
    {503, TRUE, told, NULL, FALSE, TRUE, FALSE},
    {502, FALSE, gateway, NULL, FALSE, TRUE, FALSE},
    {504, FALSE, gateway, NULL, FALSE, TRUE, FALSE},
    {504, TRUE, told, "user", FALSE, FALSE, FALSE},
    {500, TRUE, told, NULL, FALSE, TRUE, FALSE},
    {408, FALSE, told, NULL, FALSE, TRUE, FALSE},
    {401, FALSE, told, NULL, FALSE, FALSE, TRUE},
    {402, FALSE, told, NULL, FALSE, FALSE, TRUE},
    {403, TRUE, told, NULL, FALSE, FALSE, TRUE},
    {404, FALSE, told, NULL, FALSE, FALSE, FALSE},
    {422, TRUE, told, NULL, FALSE, FALSE, FALSE},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GBytes *body = text (cases[i].body);
    CupFalFailure failure;

    g_test_message ("%u", cases[i].status);
    cup_fal_failure_read (&failure, cases[i].status, body, NULL,
        cases[i].timeout);
    failure.has_request_id = cases[i].has_id;
    g_assert_cmpint (cup_fal_failure_was_not_accepted (&failure), ==,
        cases[i].not_accepted);
    g_assert_cmpint (cup_fal_failure_is_uncertain (&failure), ==,
        cases[i].uncertain);
    g_assert_cmpint (cup_fal_failure_is_refusal (&failure), ==,
        cases[i].refusal);
    /* Of a host that stores pictures it says nothing about the key. */
    failure.is_transfer = TRUE;
    g_assert_false (cup_fal_failure_is_refusal (&failure));
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
  CupFalSettings good;
  CupFalSettings settings;
  const gchar *names[] = { "api-key", "application", "location",
    "storage-location"
  };
  GError *error = NULL;
  CupEngine *engine;
  guint i;

  cup_fal_settings_init (&good);
  good.key = KEY;
  engine = cup_fal_engine_new (&good, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (cup_engine_get_name (engine), ==, "fal");
  g_assert_cmpint (cup_engine_get_accepts (engine), ==,
      CUP_ENGINE_ACCEPTS_ENCODED | CUP_ENGINE_ACCEPTS_URI);
  g_assert_cmpuint (cup_engine_get_honoured_fields (engine), ==,
      CUP_FIELDS_ALL);
  cup_engine_close (engine);
  g_object_unref (engine);

  settings = good;
  settings.application = "fal-ai/esrgan";
  engine = cup_fal_engine_new (&settings, &error);
  g_assert_no_error (error);
  g_assert_cmphex (cup_engine_get_honoured_fields (engine), ==,
      CUP_FIELD_BIT (CUP_FIELD_IMAGE_URL) | CUP_FIELD_BIT (CUP_FIELD_SCALE));
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
  g_test_add_func ("/fal/siblings", test_siblings);
  g_test_add_func ("/fal/extra", test_extra);
  g_test_add_func ("/fal/describe", test_describe);
  g_test_add_func ("/fal/limits", test_limits);
  g_test_add_func ("/fal/bad-json", test_bad_json);
  g_test_add_func ("/fal/status", test_status);
  g_test_add_func ("/fal/accepted", test_accepted);
  g_test_add_func ("/fal/output", test_output);
  g_test_add_func ("/fal/seeds", test_seeds);
  g_test_add_func ("/fal/failures", test_failures);
  g_test_add_func ("/fal/certainty", test_certainty);
  g_test_add_func ("/fal/long-page", test_long_page);
  g_test_add_func ("/fal/early", test_early);
  g_test_add_func ("/fal/settings", test_settings);
  return g_test_run ();
}
