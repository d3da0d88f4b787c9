/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where requests go and with which key: the sources of a key, the choice of
 * the engine, application ids, and addresses that are refused.
 */
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define PASSWORD "pass-77aa"

/* Where the key comes from */

static void
clear_key (Fixture * f)
{
  g_object_set (f->element, "api-key", NULL, NULL);
}

static void
assert_key_sent (Fixture * f, const gchar * key)
{
  gchar *expected = g_strconcat ("Key ", key, NULL);
  JsonArray *requests = fixture_get_requests (f, "submit");

  g_assert_cmpstr (request_get_header (json_array_get_object_element (requests,
              0), "authorization"), ==, expected);
  json_array_unref (requests);
  g_free (expected);
}

static gchar *
write_key_file (const gchar * contents)
{
  GError *error = NULL;
  gchar *path;
  gint fd = g_file_open_tmp ("cup-key-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_close (fd, NULL);
  g_file_set_contents (path, contents, -1, &error);
  g_assert_no_error (error);
  return path;
}

typedef struct
{
  const gchar *name;
  const gchar *property;
  const gchar *file;
  const gchar *variable;
  const gchar *id;
  const gchar *secret;
  const gchar *expected;
} KeyCase;

static const KeyCase key_cases[] = {
  {"property",.property = "p:key",.expected = "p:key"},
  {"file",.file = "f:key\nmore\n",.expected = "f:key"},
  {"file-crlf",.file = "  f:key \r\n",.expected = "f:key"},
  {"variable",.variable = "v:key",.expected = "v:key"},
  {"variables",.id = "id",.secret = "secret",.expected = "id:secret"},
  {"property-first", "p:key", "f:key", "v:key", "id", "secret", "p:key"},
  {"file-second", NULL, "f:key", "v:key", "id", "secret", "f:key"},
  {"variable-third", NULL, NULL, "v:key", "id", "secret", "v:key"},
  {"empty", "", NULL, "", "id", "secret", "id:secret"},
};

static void
set_variable (const gchar * name, const gchar * value)
{
  if (value)
    g_setenv (name, value, TRUE);
  else
    g_unsetenv (name);
}

static void
test_key (gconstpointer data)
{
  const KeyCase *c = data;
  CupFalServiceOptions options;
  gchar *file = c->file ? write_key_file (c->file) : NULL;
  Fixture *f;

  fixture_options_init (&options);
  options.key = c->expected;
  f = fixture_new (&options, "api-key", c->property, "api-key-file", file,
      NULL);
  set_variable ("FAL_KEY", c->variable);
  set_variable ("FAL_KEY_ID", c->id);
  set_variable ("FAL_KEY_SECRET", c->secret);
  fixture_run_one (f);
  set_variable ("FAL_KEY", NULL);
  set_variable ("FAL_KEY_ID", NULL);
  set_variable ("FAL_KEY_SECRET", NULL);
  assert_key_sent (f, c->expected);
  fixture_assert_count (f, CUP_FAL_COUNT_REFUSED, 0);
  fixture_free (f);
  if (file)
    g_remove (file);
  g_free (file);
}

/* The engine */

static gchar *
wait_info (Fixture * f)
{
  GstMessage *message = gst_bus_timed_pop_filtered (f->bus,
      GST_CLOCK_TIME_NONE, GST_MESSAGE_INFO);
  GError *error;
  gchar *text;

  gst_message_parse_info (message, &error, NULL);
  text = g_strdup (error->message);
  g_error_free (error);
  gst_message_unref (message);
  return text;
}

/* With a key, auto is fal, and says so. */
static void
test_auto (void)
{
  Fixture *f = fixture_new (NULL, NULL, NULL);
  gchar *text;

  gst_util_set_object_arg (G_OBJECT (f->element), "engine", "auto");
  clear_key (f);
  g_setenv ("FAL_KEY", KEY, TRUE);
  gst_element_set_state (f->element, GST_STATE_PAUSED);
  text = wait_info (f);
  g_assert_nonnull (strstr (text, "fal engine"));
  g_assert_nonnull (strstr (text, "FAL_KEY"));
  g_assert_null (strstr (text, KEY_SECRET));
  g_free (text);
  gst_element_set_state (f->element, GST_STATE_NULL);

  fixture_run_one (f);
  g_unsetenv ("FAL_KEY");
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 1);
  fixture_free (f);
}

/* Without one it is not, and nothing is sent anywhere. */
static void
test_auto_without_key (void)
{
  Fixture *f = fixture_new (NULL, NULL, NULL);
  gchar *text;

  gst_util_set_object_arg (G_OBJECT (f->element), "engine", "auto");
  clear_key (f);
  gst_element_set_state (f->element, GST_STATE_PAUSED);
  text = wait_info (f);
  g_assert_nonnull (strstr (text, "local engine"));
  g_free (text);
  gst_element_set_state (f->element, GST_STATE_NULL);

  fixture_run_one (f);
  fixture_assert_count (f, CUP_FAL_COUNT_REQUESTS, 0);
  fixture_free (f);
}

/* Starting fails, with an error that has all of @words, and without any
 * request. */
static void
assert_refused (Fixture * f, GQuark domain, gint code, const gchar * words)
{
  gchar **needles = g_strsplit (words, "|", -1);
  Failure failure;
  guint i;

  g_assert_cmpint (gst_element_set_state (f->element, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_FAILURE);
  fixture_wait_failure (f, &failure);
  g_assert_error (failure.error, domain, code);
  for (i = 0; needles[i]; i++)
    if (!strstr (failure.error->message, needles[i]))
      g_error ("\"%s\" is not in: %s", needles[i], failure.error->message);
  g_assert_null (strstr (failure.error->message, KEY_SECRET));
  g_assert_null (strstr (failure.error->message, PASSWORD));
  g_assert_null (strstr (failure.debug, KEY_SECRET));
  failure_clear (&failure);
  fixture_assert_count (f, CUP_FAL_COUNT_REQUESTS, 0);
  g_strfreev (needles);
  fixture_free (f);
}

static void
test_no_key (void)
{
  Fixture *f = fixture_new (NULL, "api-key", NULL, NULL);

  assert_refused (f, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED,
      "engine=fal|FAL_KEY|api-key-file");
}

static void
test_half_a_key (void)
{
  Fixture *f = fixture_new (NULL, "api-key", NULL, NULL);

  g_setenv ("FAL_KEY_ID", "id", TRUE);
  assert_refused (f, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED,
      "FAL_KEY_ID|FAL_KEY_SECRET is not");
  g_unsetenv ("FAL_KEY_ID");
}

static void
test_no_key_file (void)
{
  Fixture *f = fixture_new (NULL, "api-key", NULL, "api-key-file",
      "/nonexistent/key", NULL);

  assert_refused (f, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED,
      "/nonexistent/key|api-key-file");
}

/* A key that is configured and cannot be used is not passed over. */
static void
test_auto_with_bad_key (void)
{
  Fixture *f = fixture_new (NULL, "api-key", "one " KEY_SECRET, NULL);

  gst_util_set_object_arg (G_OBJECT (f->element), "engine", "auto");
  assert_refused (f, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED,
      "api-key|key_id:key_secret");
}

/* Addresses */

typedef struct
{
  const gchar *name;
  const gchar *property;
  const gchar *value;
  const gchar *words;
} RefusedCase;

static const RefusedCase refused_cases[] = {
  {"plain-http", "location", "http://queue.fal.run",
      "location:|http://queue.fal.run|https"},
  {"plain-http-address", "location", "http://192.0.2.7:8080",
      "location:|192.0.2.7|https"},
  {"plain-http-any", "location", "http://0.0.0.0:8080", "location:|https"},
  {"like-loopback", "location", "http://127.0.0.1.example.com",
      "location:|https"},
  {"like-localhost", "location", "http://localhost.example.com",
      "location:|https"},
  {"storage", "storage-location", "http://rest.fal.ai",
      "storage-location:|http://rest.fal.ai|https"},
  {"scheme", "location", "ftp://127.0.0.1", "location:|https"},
  {"password", "location", "https://user:" PASSWORD "@queue.fal.run",
      "location:|password"},
  {"password-with-slash", "location", "https://user:" KEY_SECRET "@fal.run",
      "location:|port"},
  {"key-as-host", "location", "https://" KEY, "location:|port"},
  {"query", "location", "https://queue.fal.run/?a=1", "location:|?"},
  {"no-url", "location", "queue.fal.run", "location:"},
  {"application", "application", "creative-upscaler",
      "application:|creative-upscaler|owner/alias"},
  {"application-escape", "application", "fal-ai/../../storage",
      "application:|owner/alias"},
  {"application-url", "application", "https://example.com/fal-ai/x",
      "application:|owner/alias"},
};

static void
test_refused (gconstpointer data)
{
  const RefusedCase *c = data;
  Fixture *f = fixture_new (NULL, c->property, c->value, NULL);

  assert_refused (f, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, c->words);
}

/* Applications */

typedef struct
{
  const gchar *name;
  const gchar *application;
  const gchar *fault;
  const gchar *submit_path;
  const gchar *requests_path;
} ApplicationCase;

static const ApplicationCase application_cases[] = {
  {"plain", "fal-ai/clarity-upscaler", NULL, "/fal-ai/clarity-upscaler",
      "/fal-ai/clarity-upscaler/requests/"},
  {"sub-path", "fal-ai/topaz/upscale/image", NULL,
      "/fal-ai/topaz/upscale/image", "/fal-ai/topaz/requests/"},
  /* The addresses are built here, not taken from the answer. */
  {"sub-path-built", "fal-ai/topaz/upscale/image", "submit:no-urls",
      "/fal-ai/topaz/upscale/image", "/fal-ai/topaz/requests/"},
  {"namespace", "workflows/me/mine/step", NULL, "/workflows/me/mine/step",
      "/workflows/me/mine/requests/"},
  {"namespace-built", "workflows/me/mine/step", "submit:no-urls",
      "/workflows/me/mine/step", "/workflows/me/mine/requests/"},
  {"old-form", "123-upscaler", NULL, "/123/upscaler",
      "/123/upscaler/requests/"},
};

static void
assert_paths (Fixture * f, const gchar * stage, const gchar * prefix,
    const gchar * suffix)
{
  JsonArray *requests = fixture_get_requests (f, stage);
  guint i, n = json_array_get_length (requests);

  g_assert_cmpuint (n, >, 0);
  for (i = 0; i < n; i++) {
    const gchar *path = json_object_get_string_member
        (json_array_get_object_element (requests, i), "path");

    g_assert_true (g_str_has_prefix (path, prefix));
    g_assert_true (g_str_has_suffix (path, suffix));
    g_assert_cmpuint (json_object_get_int_member
        (json_array_get_object_element (requests, i), "status"), <, 300);
  }
  json_array_unref (requests);
}

static void
test_application (gconstpointer data)
{
  const ApplicationCase *c = data;
  Fixture *f = fixture_new (NULL, "application", c->application, NULL);

  if (c->fault)
    fixture_add_fault (f, c->fault);
  fixture_run_one (f);
  assert_paths (f, "submit", c->submit_path, c->submit_path);
  assert_paths (f, "stream", c->requests_path, "/status/stream");
  assert_paths (f, "result", c->requests_path, "");

  cup_fal_service_hold (f->service, TRUE);
  gst_harness_push (f->harness, make_frame (2));
  fixture_wait_count (f, CUP_FAL_COUNT_ACCEPTED, 2);
  gst_element_set_state (f->element, GST_STATE_NULL);
  fixture_wait_count (f, CUP_FAL_COUNT_CANCELLED, 1);
  fixture_wait_count (f, CUP_FAL_COUNT_CANCEL, 1);
  assert_paths (f, "cancel", c->requests_path, "/cancel");
  fixture_free (f);
}

static void
add_case (const gchar * group, const gchar * name, gconstpointer c,
    GTestDataFunc func)
{
  gchar *path = g_strdup_printf ("/access/%s/%s", group, name);

  g_test_add_data_func (path, c, func);
  g_free (path);
}

/* Nothing is as good as not set. */
static void
test_empty (void)
{
  Fixture *f = fixture_new (NULL, "proxy", "", "tls-ca-file", "",
      "runner-hint", "", NULL);

  fixture_run_one (f);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  guint i;

  fixture_init (&argc, &argv);
  for (i = 0; i < G_N_ELEMENTS (key_cases); i++)
    add_case ("key", key_cases[i].name, &key_cases[i], test_key);
  for (i = 0; i < G_N_ELEMENTS (refused_cases); i++)
    add_case ("refused", refused_cases[i].name, &refused_cases[i],
        test_refused);
  for (i = 0; i < G_N_ELEMENTS (application_cases); i++)
    add_case ("application", application_cases[i].name,
        &application_cases[i], test_application);
  g_test_add_func ("/access/auto", test_auto);
  g_test_add_func ("/access/auto-without-key", test_auto_without_key);
  g_test_add_func ("/access/auto-with-bad-key", test_auto_with_bad_key);
  g_test_add_func ("/access/no-key", test_no_key);
  g_test_add_func ("/access/half-a-key", test_half_a_key);
  g_test_add_func ("/access/no-key-file", test_no_key_file);
  g_test_add_func ("/access/empty", test_empty);
  return g_test_run ();
}
