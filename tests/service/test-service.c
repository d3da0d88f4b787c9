/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The loopback service's protocol, seen by a plain HTTP client. The facts are
 * those of fal's queue and storage: what is asserted here is what the plugin
 * may rely on.
 */
#include <string.h>

#include "client.h"

static void
assert_answer (Answer * answer, guint status, const gchar * path,
    const gchar * value)
{
  g_assert_no_error (answer->error);
  g_assert_cmpuint (answer->status, ==, status);
  g_assert_cmpstr (answer_get_string (answer, path), ==, value);
  answer_free (answer);
}

static guint64
count (Client * client, CupFalCounter counter)
{
  return cup_fal_service_get_count (client->service, counter);
}

static void
wait_for (Client * client, CupFalCounter counter, guint64 n)
{
  g_assert_true (cup_fal_service_wait_count (client->service, counter, n,
          30000));
}

/* --- jobs --- */

static void
test_job (void)
{
  Client client;
  Answer *answer, *file;
  CupPixels *pixels;
  const guint8 *pixel;
  GError *error = NULL;
  gchar *id, *url;

  client_init (&client, NULL, 30);
  cup_fal_service_hold (client.service, TRUE);
  id = client_submit (&client, "\"scale\":3,\"seed\":123456789012345");

  answer = client_get (&client, request_path (id, "/status"));
  g_assert_cmpuint (answer->status, ==, 202);
  g_assert_cmpstr (answer_get_header (answer, "x-fal-request-id"), ==, id);
  g_assert_cmpstr (answer_get_string (answer, "status"), ==, "IN_PROGRESS");
  g_assert_cmpstr (answer_get_string (answer, "request_id"), ==, id);
  g_assert_true (JSON_NODE_HOLDS_NULL (answer_find (answer, "logs")));
  g_assert_nonnull (answer_find (answer, "metrics"));
  answer_free (answer);
  assert_answer (client_get (&client, request_path (id, "")), 400, "detail",
      "Request is still in progress");

  cup_fal_service_hold (client.service, FALSE);
  answer = client_wait_result (&client, id);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpstr (answer_get_header (answer, "x-fal-request-id"), ==, id);
  g_assert_cmpint (answer_get_int (answer, "seed"), ==, 123456789012345);
  g_assert_cmpint (answer_get_int (answer, "image.width"), ==, 72);
  g_assert_cmpint (answer_get_int (answer, "image.height"), ==, 48);
  g_assert_cmpstr (answer_get_string (answer, "image.content_type"), ==,
      "image/png");
  g_assert_true (g_str_has_suffix (answer_get_string (answer,
              "image.file_name"), ".png"));
  url = g_strdup (answer_get_string (answer, "image.url"));
  g_assert_true (g_str_has_prefix (url,
          cup_fal_service_get_files_location (client.service)));

  client.authorization = NULL;
  file = client_get (&client, url);
  g_assert_cmpuint (file->status, ==, 200);
  g_assert_cmpint (g_bytes_get_size (file->bytes), ==,
      answer_get_int (answer, "image.file_size"));
  pixels = cup_image_decode (file->bytes, 0, &error);
  g_assert_no_error (error);
  answer_free (file);
  /* It is the picture: the middle of the gradient is in the middle. */
  pixel = cup_pixels_row (pixels, 24) + 3 * 36;
  g_assert_cmpint (ABS (pixel[0] - 120), <, 8);
  g_assert_cmpint (ABS (pixel[1] - 120), <, 8);
  g_assert_cmpint (ABS (pixel[2] - 128), <, 4);
  cup_pixels_unref (pixels);

  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_LEAKS), ==, 0);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_COMPLETED), ==, 1);
  wait_for (&client, CUP_FAL_COUNT_SERVED, 1);
  answer_free (answer);
  g_free (url);
  g_free (id);
  client_clear (&client);
}

static void
test_random_seed (void)
{
  Client client;
  Answer *answer;
  gchar *id;
  guint i;

  client_init (&client, NULL, 30);
  for (i = 0; i < 5; i++) {
    id = client_submit (&client, "\"seed\":null");
    answer = client_wait_result (&client, id);
    g_assert_cmpint (answer_get_int (answer, "seed"), >, 0);
    answer_free (answer);
    g_free (id);
  }
  client_clear (&client);
}

static void
test_forms (void)
{
  static const gchar *const endpoints[] = {
    "fal-ai/topaz/upscale/image", "workflows/me/flow/deep/er", "comfy/me/it"
  };
  static const gchar *const applications[] = {
    "fal-ai/topaz", "workflows/me/flow", "comfy/me/it"
  };
  static const gchar *const ends[] = {
    "/status", "/status/", "/status?logs=0", "", "/", "/response", "/response/"
  };
  GBytes *picture = make_picture (8, 8);
  Client client;
  gchar *url, *input, *path;
  guint i, j;

  client_init (&client, NULL, 30);
  url = client_upload (&client, picture, "image/png");
  input = g_strdup_printf ("{\"image_url\":\"%s\",\"upscale_factor\":4}", url);
  for (i = 0; i < G_N_ELEMENTS (endpoints); i++) {
    Answer *submitted;
    const gchar *id;

    path = g_strconcat ("/", endpoints[i], NULL);
    submitted = client_send_text (&client, "POST", path, input);
    g_free (path);
    g_assert_cmpuint (submitted->status, ==, 200);
    g_assert_cmpint (answer_get_int (submitted, "queue_position"), ==, 0);
    id = answer_get_string (submitted, "request_id");
    path = g_strdup_printf ("%s/%s/requests/%s/status",
        cup_fal_service_get_location (client.service), applications[i], id);
    g_assert_cmpstr (answer_get_string (submitted, "status_url"), ==, path);
    g_free (path);
    wait_for (&client, CUP_FAL_COUNT_COMPLETED, i + 1);

    for (j = 0; j < 2 * G_N_ELEMENTS (ends); j++) {
      Answer *answer;

      path = g_strdup_printf ("/%s/requests/%s%s",
          j % 2 ? endpoints[i] : applications[i], id, ends[j / 2]);
      answer = client_get (&client, path);
      g_assert_cmpuint (answer->status, ==, 200);
      if (j / 2 < 3)
        g_assert_cmpstr (answer_get_string (answer, "status"), ==, "COMPLETED");
      else
        g_assert_cmpint (answer_get_int (answer, "image.width"), ==, 32);
      answer_free (answer);
      g_free (path);
    }
    /* Not under another application's name. */
    path = g_strdup_printf ("/other/app/requests/%s/status", id);
    assert_answer (client_get (&client, path), 404, "status", "NOT_FOUND");
    g_free (path);
    answer_free (submitted);
  }
  g_free (input);
  g_free (url);
  g_bytes_unref (picture);
  client_clear (&client);
}

/* Applications call the factor differently; each takes its own name only where
 * it is known. */
static void
test_scale (void)
{
  static const struct
  {
    const gchar *endpoint;
    const gchar *member;
    gint64 width;
  } cases[] = {
    {"/fal-ai/esrgan", "\"scale\":3", 24},
    {"/fal-ai/clarity-upscaler", "\"upscale_factor\":4", 32},
    {"/clarityai/crystal-upscaler", "\"scale_factor\":1.5", 12},
    {"/fal-ai/seedvr/upscale/image", "\"other\":3", 16},
    {"/fal-ai/creative-upscaler", "\"scale\":3", 24},
    {"/fal-ai/creative-upscaler", "\"upscale_factor\":4", 16},
  };
  GBytes *picture = make_picture (8, 8);
  gchar *file, *input, *path;
  Client client;
  guint i;

  client_init (&client, NULL, 30);
  file = client_upload (&client, picture, "image/png");
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Answer *submitted, *answer;

    input = g_strdup_printf ("{\"image_url\":\"%s\",%s}", file,
        cases[i].member);
    submitted = client_send_text (&client, "POST", cases[i].endpoint, input);
    wait_for (&client, CUP_FAL_COUNT_COMPLETED, i + 1);
    path = g_strdup (answer_get_string (submitted, "response_url"));
    answer = client_get (&client, path);
    g_assert_cmpint (answer_get_int (answer, "image.width"), ==,
        cases[i].width);
    answer_free (answer);
    answer_free (submitted);
    g_free (path);
    g_free (input);
  }
  g_free (file);
  g_bytes_unref (picture);
  client_clear (&client);
}

static void
assert_cancelled (Client * client, const gchar * id)
{
  Answer *answer;

  answer = client_get (client, request_path (id, "/status"));
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpstr (answer_get_string (answer, "status"), ==, "COMPLETED");
  g_assert_cmpstr (answer_get_string (answer, "error_type"), ==,
      "client_cancelled");
  answer_free (answer);
  assert_answer (client_get (client, request_path (id, "")), 499,
      "error_type", "client_cancelled");
  assert_answer (client_send_text (client, "PUT", request_path (id,
              "/cancel"), NULL), 400, "status", "ALREADY_COMPLETED");
}

static void
test_cancel (void)
{
  CupFalServiceOptions options;
  gchar *running, *queued, *done;
  Client client;

  cup_fal_service_options_init (&options);
  options.runners = 1;
  client_init (&client, &options, 30);
  cup_fal_service_hold (client.service, TRUE);
  running = client_submit (&client, NULL);
  queued = client_submit (&client, NULL);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_QUEUED), ==, 1);

  assert_answer (client_send_text (&client, "PUT", request_path (queued,
              "/cancel"), NULL), 202, "status", "CANCELLATION_REQUESTED");
  assert_cancelled (&client, queued);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_QUEUED), ==, 0);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_RUNNING), ==, 1);

  assert_answer (client_send_text (&client, "PUT", request_path (running,
              "/cancel"), NULL), 202, "status", "CANCELLATION_REQUESTED");
  assert_cancelled (&client, running);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_RUNNING), ==, 0);

  /* The runner is free again. */
  cup_fal_service_hold (client.service, FALSE);
  done = client_submit (&client, NULL);
  wait_for (&client, CUP_FAL_COUNT_COMPLETED, 1);
  assert_answer (client_send_text (&client, "PUT", request_path (done,
              "/cancel"), NULL), 400, "status", "ALREADY_COMPLETED");
  assert_answer (client_send_text (&client, "PUT", request_path ("none",
              "/cancel"), NULL), 404, "status", "NOT_FOUND");
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_CANCELLED), ==, 2);
  g_free (done);
  g_free (queued);
  g_free (running);
  client_clear (&client);
}

static void
assert_position (Client * client, const gchar * id, gint64 position)
{
  Answer *answer = client_get (client, request_path (id, "/status"));

  if (position < 0) {
    g_assert_cmpstr (answer_get_string (answer, "status"), ==, "IN_PROGRESS");
    g_assert_null (answer_find (answer, "queue_position"));
  } else {
    g_assert_cmpuint (answer->status, ==, 202);
    g_assert_cmpstr (answer_get_string (answer, "status"), ==, "IN_QUEUE");
    g_assert_cmpint (answer_get_int (answer, "queue_position"), ==, position);
    g_assert_true (JSON_NODE_HOLDS_NULL (answer_find (answer, "logs")));
  }
  answer_free (answer);
}

static void
test_queue (void)
{
  gchar *ids[6];
  Client client;
  guint i;

  client_init (&client, NULL, 30);
  cup_fal_service_hold (client.service, TRUE);
  for (i = 0; i < G_N_ELEMENTS (ids); i++) {
    ids[i] = client_submit (&client, NULL);
    assert_position (&client, ids[i], i < 2 ? -1 : (gint64) i - 2);
  }
  answer_free (client_send_text (&client, "PUT", request_path (ids[3],
              "/cancel"), NULL));
  assert_position (&client, ids[2], 0);
  assert_position (&client, ids[4], 1);
  /* A free runner takes the next one in line. */
  answer_free (client_send_text (&client, "PUT", request_path (ids[0],
              "/cancel"), NULL));
  assert_position (&client, ids[2], -1);
  assert_position (&client, ids[4], 0);
  assert_position (&client, ids[5], 1);

  cup_fal_service_hold (client.service, FALSE);
  wait_for (&client, CUP_FAL_COUNT_COMPLETED, 4);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_RUNNING_MOST), ==, 2);
  for (i = 0; i < G_N_ELEMENTS (ids); i++)
    g_free (ids[i]);
  client_clear (&client);
}

static void
test_delay (void)
{
  CupFalServiceOptions options;
  gint64 start, taken;
  Client client;
  Answer *answer;
  gchar *id;

  cup_fal_service_options_init (&options);
  options.delay = 300;
  client_init (&client, &options, 30);
  start = g_get_monotonic_time ();
  id = client_submit (&client, NULL);
  wait_for (&client, CUP_FAL_COUNT_COMPLETED, 1);
  taken = g_get_monotonic_time () - start;
  g_assert_cmpint (taken, >=, 299 * 1000);
  answer = client_get (&client, request_path (id, "/status?logs=1"));
  g_assert_cmpfloat (json_node_get_double (answer_find (answer,
              "metrics.inference_time")), >=, 0.299);
  g_assert_cmpstr (answer_get_string (answer, "logs.0.message"), ==, "Started");
  g_assert_cmpstr (answer_get_string (answer, "logs.0.source"), ==, "USER");
  g_assert_cmpstr (answer_get_string (answer, "logs.0.level"), ==, "INFO");
  g_assert_cmpstr (answer_get_string (answer, "logs.4.message"), ==,
      "Step 4 of 4");
  g_assert_cmpstr (answer_get_string (answer, "logs.5.message"), ==,
      "Upscaled to 48×32");
  g_assert_true (g_str_has_prefix (answer_get_string (answer,
              "logs.6.message"), "Finished after "));
  g_assert_null (answer_find (answer, "logs.7"));
  answer_free (answer);
  g_free (id);
  client_clear (&client);
}

/* --- refusals --- */

static void
test_authorization (void)
{
  static const struct
  {
    const gchar *authorization;
    const gchar *detail;
  } cases[] = {
    {NULL, "Authorization header is required"},
    {"Key nocolon", "Invalid Key Authorization header format. Expected "
          "'<key_id>:<key_secret>'."},
    {"Key :x", "Invalid Key Authorization header format. Expected "
          "'<key_id>:<key_secret>'."},
    {"Key other:key", "No user found for Key ID and Secret"},
  };
  static const gchar *const paths[][2] = {
    {"POST", "/storage/upload/initiate"},
    {"POST", "/fal-ai/creative-upscaler"},
    {"GET", "/fal-ai/creative-upscaler/requests/x/status"},
    {"GET", "/fal-ai/creative-upscaler/requests/x/status/stream"},
    {"GET", "/fal-ai/creative-upscaler/requests/x"},
    {"PUT", "/fal-ai/creative-upscaler/requests/x/cancel"},
  };
  CupFalServiceOptions options;
  Client client;
  guint i, j;

  cup_fal_service_options_init (&options);
  options.key = "test:key";
  client_init (&client, &options, 30);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    client.authorization = cases[i].authorization;
    for (j = 0; j < G_N_ELEMENTS (paths); j++)
      assert_answer (client_send_text (&client, paths[j][0], paths[j][1],
              NULL), 401, "detail", cases[i].detail);
  }
  client.authorization = "Bearer test:key";
  answer_free (client_get (&client, request_path ("x", "/status")));
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_REFUSED), ==,
      G_N_ELEMENTS (cases) * G_N_ELEMENTS (paths) + 1);

  client.authorization = "Key test:key";
  assert_answer (client_get (&client, request_path ("x", "/status")), 404,
      "status", "NOT_FOUND");
  client_clear (&client);
}

static void
test_unknown (void)
{
  Client client;
  Answer *answer;
  gchar *deep;

  client_init (&client, NULL, 30);
  assert_answer (client_get (&client, request_path ("x", "/status")), 404,
      "status", "NOT_FOUND");
  assert_answer (client_get (&client, request_path ("x", "/status/stream")),
      404, "status", "NOT_FOUND");
  assert_answer (client_get (&client, request_path ("x", "")), 404, "detail",
      "Request not found");
  assert_answer (client_get (&client, request_path ("x", "/other")), 404,
      "detail", "Not Found");
  assert_answer (client_get (&client, "/short"), 404, "detail", "Not Found");
  answer = client_get (&client, "/fal-ai/creative-upscaler");
  g_assert_cmpstr (answer_get_header (answer, "Allow"), ==, "POST");
  assert_answer (answer, 405, "detail", "Method Not Allowed");
  assert_answer (client_send_text (&client, "POST", request_path ("x",
              "/status"), "{}"), 405, "detail", "Method Not Allowed");
  assert_answer (client_send_text (&client, "POST", request_path ("x",
              "/cancel"), "{}"), 405, "detail", "Method Not Allowed");
  assert_answer (client_send_text (&client, "POST",
          "/fal-ai/creative-upscaler", "nonsense"), 422, "detail.0.type",
      "json_invalid");
  deep = g_strnfill (100000, '[');
  assert_answer (client_send_text (&client, "POST",
          "/fal-ai/creative-upscaler", deep), 422, "detail.0.type",
      "json_invalid");
  g_free (deep);
  answer = client_get (&client, "/files/lion/none.png");
  g_assert_cmpuint (answer->status, ==, 404);
  answer_free (answer);
  client_clear (&client);
}

typedef struct
{
  const gchar *member;
  const gchar *field;
  const gchar *type;
} BadInput;

static const BadInput bad_inputs[] = {
  {"\"model_type\":\"SD3\"", "model_type", "enum"},
  {"\"model_type\":1", "model_type", "string_type"},
  {"\"prompt\":7", "prompt", "string_type"},
  {"\"scale\":0.99", "scale", "greater_than_equal"},
  {"\"scale\":5.01", "scale", "less_than_equal"},
  {"\"scale\":\"2\"", "scale", "float_type"},
  {"\"scale\":null", "scale", "float_type"},
  {"\"creativity\":-0.1", "creativity", "greater_than_equal"},
  {"\"creativity\":1.1", "creativity", "less_than_equal"},
  {"\"detail\":5.5", "detail", "less_than_equal"},
  {"\"shape_preservation\":3.5", "shape_preservation", "less_than_equal"},
  {"\"prompt_suffix\":null", "prompt_suffix", "string_type"},
  {"\"negative_prompt\":false", "negative_prompt", "string_type"},
  {"\"seed\":1.5", "seed", "int_type"},
  {"\"seed\":\"1\"", "seed", "int_type"},
  {"\"guidance_scale\":16.5", "guidance_scale", "less_than_equal"},
  {"\"num_inference_steps\":0", "num_inference_steps", "greater_than_equal"},
  {"\"num_inference_steps\":201", "num_inference_steps", "less_than_equal"},
  {"\"num_inference_steps\":20.0", "num_inference_steps", "int_type"},
  {"\"enable_safety_checks\":1", "enable_safety_checks", "bool_type"},
  {"\"skip_ccsr\":\"yes\"", "skip_ccsr", "bool_type"},
  {"\"override_size_limits\":null", "override_size_limits", "bool_type"},
  {"\"base_model_url\":[]", "base_model_url", "string_type"},
  {"\"additional_lora_url\":{}", "additional_lora_url", "string_type"},
  {"\"additional_lora_scale\":true", "additional_lora_scale", "float_type"},
  {"\"additional_embedding_url\":3", "additional_embedding_url",
      "string_type"},
};

static void
assert_invalid (Answer * answer, const gchar * field, const gchar * type)
{
  g_assert_cmpuint (answer->status, ==, 422);
  g_assert_cmpstr (answer_get_string (answer, "detail.0.loc.0"), ==, "body");
  g_assert_cmpstr (answer_get_string (answer, "detail.0.loc.1"), ==, field);
  g_assert_cmpstr (answer_get_string (answer, "detail.0.type"), ==, type);
  g_assert_true (g_str_has_suffix (answer_get_string (answer,
              "detail.0.url"), type));
  g_assert_null (answer_find (answer, "detail.1"));
  answer_free (answer);
}

static void
test_invalid_input (void)
{
  Client client;
  Answer *answer;
  gchar *id;
  guint i;

  client_init (&client, NULL, 30);
  for (i = 0; i < G_N_ELEMENTS (bad_inputs); i++) {
    id = client_submit (&client, bad_inputs[i].member);
    assert_invalid (client_wait_result (&client, id), bad_inputs[i].field,
        bad_inputs[i].type);
    g_free (id);
  }
  answer = client_send_text (&client, "POST", "/fal-ai/creative-upscaler",
      "{\"scale\":2,\"prompt\":\"x\"}");
  id = g_strdup (answer_get_string (answer, "request_id"));
  answer_free (answer);
  assert_invalid (client_wait_result (&client, id), "image_url", "missing");
  g_free (id);

  /* All that is allowed, and something that nobody knows. */
  id = client_submit (&client, "\"model_type\":\"SDXL\",\"prompt\":null,"
      "\"scale\":1,\"creativity\":0,\"detail\":5,\"shape_preservation\":3,"
      "\"prompt_suffix\":\"\",\"negative_prompt\":\"\",\"seed\":-1,"
      "\"guidance_scale\":16,\"num_inference_steps\":200,"
      "\"enable_safety_checks\":false,\"skip_ccsr\":true,"
      "\"override_size_limits\":true,\"base_model_url\":null,"
      "\"additional_lora_url\":\"x\",\"additional_lora_scale\":-3.5,"
      "\"additional_embedding_url\":null,\"unknown\":{}");
  answer = client_wait_result (&client, id);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpint (answer_get_int (answer, "seed"), ==, -1);
  answer_free (answer);
  g_free (id);
  client_clear (&client);
}

static void
test_check_at_submit (void)
{
  CupFalServiceOptions options;
  Client client;

  cup_fal_service_options_init (&options);
  options.check_at_submit = TRUE;
  client_init (&client, &options, 30);
  assert_invalid (client_send_text (&client, "POST",
          "/fal-ai/creative-upscaler", "{\"image_url\":\"x\",\"scale\":9}"),
      "scale", "less_than_equal");
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_ACCEPTED), ==, 0);
  client_clear (&client);
}

static void
assert_image_error (Client * client, const gchar * url, const gchar * type)
{
  gchar *input = g_strdup_printf ("{\"image_url\":\"%s\"}", url);
  Answer *answer = client_send_text (client, "POST",
      "/fal-ai/creative-upscaler", input);

  assert_invalid (client_wait_result (client, answer_get_string (answer,
              "request_id")), "image_url", type);
  answer_free (answer);
  g_free (input);
}

static void
test_images (void)
{
  GBytes *picture = make_picture (8, 6);
  GBytes *text = g_bytes_new_static ("not a picture", 13);
  gchar *encoded, *input, *url;
  Client client;
  Answer *answer;

  client_init (&client, NULL, 30);
  assert_image_error (&client, "http://127.0.0.1:9/elsewhere.png",
      "file_download_error");
  assert_image_error (&client, "x", "file_download_error");
  url = g_strconcat (cup_fal_service_get_files_location (client.service),
      "/files/lion/none.png", NULL);
  assert_image_error (&client, url, "file_download_error");
  g_free (url);
  url = client_upload (&client, text, "image/png");
  assert_image_error (&client, url, "image_load_error");
  g_free (url);
  assert_image_error (&client, "data:image/png;base64,AAAA",
      "image_load_error");

  encoded = g_base64_encode (g_bytes_get_data (picture, NULL),
      g_bytes_get_size (picture));
  input = g_strdup_printf ("{\"image_url\":\"data:image/png;base64,%s\","
      "\"scale\":1.5}", encoded);
  answer = client_send_text (&client, "POST", "/fal-ai/creative-upscaler",
      input);
  url = g_strdup (answer_get_string (answer, "request_id"));
  answer_free (answer);
  answer = client_wait_result (&client, url);
  g_assert_cmpint (answer_get_int (answer, "image.width"), ==, 12);
  g_assert_cmpint (answer_get_int (answer, "image.height"), ==, 9);
  answer_free (answer);
  g_free (url);
  g_free (input);
  g_free (encoded);
  g_bytes_unref (text);
  g_bytes_unref (picture);
  client_clear (&client);
}

static void
test_result_forms (void)
{
  static const struct
  {
    CupImageType type;
    const gchar *mime;
  } types[] = {
    {CUP_IMAGE_PNG, "image/png"},
    {CUP_IMAGE_JPEG, "image/jpeg"},
    {CUP_IMAGE_WEBP, "image/webp"},
  };
  CupFalServiceOptions options;
  CupImageInfo info;
  Client client;
  Answer *answer, *file;
  gchar *id;
  guint i;

  cup_fal_service_options_init (&options);
  options.round = 64;
  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    if (!cup_image_type_is_supported (types[i].type))
      continue;
    options.result_type = types[i].type;
    client_init (&client, &options, 30);
    /* 24×16 by 5 is 120×80: to 128×64. */
    id = client_submit (&client, "\"scale\":5");
    answer = client_wait_result (&client, id);
    g_assert_cmpint (answer_get_int (answer, "image.width"), ==, 128);
    g_assert_cmpint (answer_get_int (answer, "image.height"), ==, 64);
    g_assert_cmpstr (answer_get_string (answer, "image.content_type"), ==,
        types[i].mime);
    file = client_get (&client, answer_get_string (answer, "image.url"));
    g_assert_cmpstr (answer_get_header (file, "Content-Type"), ==,
        types[i].mime);
    g_assert_true (cup_image_read_info (file->bytes, &info, NULL));
    g_assert_cmpint (info.type, ==, types[i].type);
    g_assert_cmpuint (info.width, ==, 128);
    g_assert_cmpuint (info.height, ==, 64);
    answer_free (file);
    answer_free (answer);
    g_free (id);
    client_clear (&client);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/job", test_job);
  g_test_add_func ("/service/random-seed", test_random_seed);
  g_test_add_func ("/service/forms", test_forms);
  g_test_add_func ("/service/cancel", test_cancel);
  g_test_add_func ("/service/queue", test_queue);
  g_test_add_func ("/service/delay", test_delay);
  g_test_add_func ("/service/scale", test_scale);
  g_test_add_func ("/service/authorization", test_authorization);
  g_test_add_func ("/service/unknown", test_unknown);
  g_test_add_func ("/service/invalid-input", test_invalid_input);
  g_test_add_func ("/service/check-at-submit", test_check_at_submit);
  g_test_add_func ("/service/images", test_images);
  g_test_add_func ("/service/result-forms", test_result_forms);
  return g_test_run ();
}
