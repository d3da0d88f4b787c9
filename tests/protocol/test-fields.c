/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The input fields of the service as they arrive there: every one with its
 * name and JSON type, and none that was not set. The names and forms stand
 * here once more, and not taken from the schema's table, which is under test.
 */
#include "fixture.h"

typedef struct
{
  const gchar *property;
  const gchar *text;            /* as on a command line */
  const gchar *wire;
  const gchar *json;            /* whose type counts, too */
} Field;

static const Field fields[] = {
  {"model-type", "SDXL", "model_type", "\"SDXL\""},
  {"prompt", "a caf\xc3\xa9, \"lit\" by 100 % neon\\light", "prompt",
      "\"a caf\xc3\xa9, \\\"lit\\\" by 100 % neon\\\\light\""},
  {"scale", "1.5", "scale", "1.5"},
  {"creativity", "0.125", "creativity", "0.125"},
  {"detail", "2.5", "detail", "2.5"},
  {"shape-preservation", "0.75", "shape_preservation", "0.75"},
  {"prompt-suffix", " sharp", "prompt_suffix", "\" sharp\""},
  {"negative-prompt", "blurry", "negative_prompt", "\"blurry\""},
  {"seed", "9007199254740993", "seed", "9007199254740993"},
  {"guidance-scale", "8.5", "guidance_scale", "8.5"},
  {"num-inference-steps", "33", "num_inference_steps", "33"},
  {"enable-safety-checks", "false", "enable_safety_checks", "false"},
  {"skip-ccsr", "true", "skip_ccsr", "true"},
  {"override-size-limits", "true", "override_size_limits", "true"},
  {"base-model-url", "https://example.com/m?a=1&b=2", "base_model_url",
      "\"https://example.com/m?a=1&b=2\""},
  {"additional-lora-url", "https://example.com/l", "additional_lora_url",
      "\"https://example.com/l\""},
  {"additional-lora-scale", "0.25", "additional_lora_scale", "0.25"},
  {"additional-embedding-url", "https://example.com/e",
      "additional_embedding_url", "\"https://example.com/e\""},
};

static void
set_field (Fixture * f, const Field * field)
{
  gst_util_set_object_arg (G_OBJECT (f->element), field->property, field->text);
}

static void
assert_field (JsonObject * body, const Field * field)
{
  JsonNode *expected = json_from_string (field->json, NULL);
  JsonNode *found = json_object_get_member (body, field->wire);

  g_assert_nonnull (found);
  g_assert_cmpint (json_node_get_value_type (found), ==,
      json_node_get_value_type (expected));
  g_assert_true (json_node_equal (found, expected));
  json_node_unref (expected);
}

/* The picture is the file that was uploaded, and no part of the body. */
static void
assert_image_url (Fixture * f, JsonObject * body)
{
  const gchar *url = json_object_get_string_member (body, "image_url");

  g_assert_nonnull (url);
  g_assert_true (g_str_has_prefix (url,
          cup_fal_service_get_files_location (f->service)));
}

static void
test_each (gconstpointer data)
{
  const Field *field = data;
  Fixture *f = fixture_new (NULL, NULL, NULL);
  JsonObject *body;

  set_field (f, field);
  fixture_run_one (f);
  body = fixture_get_submitted (f, 0);
  g_assert_cmpuint (json_object_get_size (body), ==, 2);
  assert_image_url (f, body);
  assert_field (body, field);
  json_object_unref (body);
  fixture_free (f);
}

static void
test_all (void)
{
  Fixture *f = fixture_new (NULL, NULL, NULL);
  JsonObject *body;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (fields); i++)
    set_field (f, &fields[i]);
  fixture_run_one (f);
  body = fixture_get_submitted (f, 0);
  g_assert_cmpuint (json_object_get_size (body), ==, 19);
  assert_image_url (f, body);
  for (i = 0; i < G_N_ELEMENTS (fields); i++)
    assert_field (body, &fields[i]);
  json_object_unref (body);
  fixture_free (f);
}

static void
test_none (void)
{
  Fixture *f = fixture_new (NULL, NULL, NULL);
  JsonObject *body;

  fixture_run_one (f);
  body = fixture_get_submitted (f, 0);
  g_assert_cmpuint (json_object_get_size (body), ==, 1);
  assert_image_url (f, body);
  json_object_unref (body);
  fixture_free (f);
}

/* What was set and then taken back is not sent, and every frame has what was
 * set when it came. */
static void
test_changes (void)
{
  Fixture *f = fixture_new (NULL, "seed", (gint64) 5, "prompt", "one", NULL);
  JsonObject *body;

  fixture_run_one (f);
  g_object_set (f->element, "seed", (gint64) - 1, "prompt", "", "detail", 1.0,
      NULL);
  fixture_run_one (f);
  g_object_set (f->element, "prompt", NULL, NULL);
  fixture_run_one (f);

  body = fixture_get_submitted (f, 0);
  g_assert_cmpint (json_object_get_int_member (body, "seed"), ==, 5);
  g_assert_cmpstr (json_object_get_string_member (body, "prompt"), ==, "one");
  g_assert_cmpuint (json_object_get_size (body), ==, 3);
  json_object_unref (body);
  /* An empty prompt is a prompt, and a default that was asked for is sent. */
  body = fixture_get_submitted (f, 1);
  g_assert_cmpstr (json_object_get_string_member (body, "prompt"), ==, "");
  g_assert_cmpfloat (json_object_get_double_member (body, "detail"), ==, 1.0);
  g_assert_cmpuint (json_object_get_size (body), ==, 3);
  json_object_unref (body);
  body = fixture_get_submitted (f, 2);
  g_assert_true (json_object_has_member (body, "detail"));
  g_assert_cmpuint (json_object_get_size (body), ==, 2);
  json_object_unref (body);
  fixture_free (f);
}

static void
test_seeds (void)
{
  static const guint64 seeds[] = { 0, 1, G_GUINT64_CONSTANT (9007199254740993),
    G_MAXINT64, G_GUINT64_CONSTANT (15860307465884635512), G_MAXUINT64 - 1
  };
  Fixture *f = fixture_new (NULL, NULL, NULL);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (seeds); i++) {
    JsonObject *body;

    g_object_set (f->element, "seed", seeds[i], NULL);
    fixture_run_one (f);
    body = fixture_get_submitted (f, i);
    /* json-glib has no such number from 2^63 on; its bits are there, or (from 1.8
     * on) the largest that it has. */
    if (json_object_get_int_member (body, "seed") != G_MAXINT64
        || seeds[i] < G_MAXINT64)
      g_assert_cmpuint ((guint64) json_object_get_int_member (body, "seed"),
          ==, seeds[i]);
    json_object_unref (body);
  }
  fixture_free (f);
}

/* Method, path and headers of each request of a job. */
static void
test_requests (void)
{
  static const struct
  {
    const gchar *stage, *method, *query, *type;
    gboolean key;
  } cases[] = {
    {"initiate", "POST", "storage_type=fal-cdn-v3", "application/json", TRUE},
    {"put", "PUT", NULL, "image/png", FALSE},
    {"submit", "POST", "", "application/json", TRUE},
    {"stream", "GET", "logs=1", NULL, TRUE},
    {"result", "GET", "", NULL, TRUE},
    {"download", "GET", "", NULL, FALSE},
  };
  Fixture *f = fixture_new (NULL, NULL, NULL);
  guint i;

  fixture_run_one (f);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    JsonArray *requests = fixture_get_requests (f, cases[i].stage);
    JsonObject *request = json_array_get_object_element (requests, 0);

    g_assert_cmpstr (json_object_get_string_member (request, "method"), ==,
        cases[i].method);
    if (cases[i].query)
      g_assert_cmpstr (json_object_get_string_member (request, "query"), ==,
          cases[i].query);
    g_assert_cmpstr (request_get_header (request, "content-type"), ==,
        cases[i].type);
    g_assert_cmpstr (request_get_header (request, "authorization"), ==,
        cases[i].key ? "Key " KEY : NULL);
    g_assert_nonnull (request_get_header (request, "user-agent"));
    g_assert_null (request_get_header (request, "cookie"));
    json_array_unref (requests);
  }
  fixture_assert_count (f, CUP_FAL_COUNT_REQUESTS, G_N_ELEMENTS (cases));
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  guint i;

  fixture_init (&argc, &argv);
  for (i = 0; i < G_N_ELEMENTS (fields); i++) {
    gchar *path = g_strconcat ("/fields/each/", fields[i].wire, NULL);

    g_test_add_data_func (path, &fields[i], test_each);
    g_free (path);
  }
  g_test_add_func ("/fields/all", test_all);
  g_test_add_func ("/fields/none", test_none);
  g_test_add_func ("/fields/changes", test_changes);
  g_test_add_func ("/fields/seeds", test_seeds);
  g_test_add_func ("/fields/requests", test_requests);
  return g_test_run ();
}
