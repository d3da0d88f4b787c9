/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The loopback service's storage: uploads in all of their forms, files, and
 * what becomes of the key that is sent to the wrong place.
 */
#include <string.h>

#include "client.h"

static Answer *
initiate (Client * client, const gchar * path)
{
  Answer *answer = client_send_text (client, "POST", path,
      "{\"content_type\":\"image/png\",\"file_name\":\"a b/../c.png\"}");

  g_assert_cmpuint (answer->status, ==, 200);
  return answer;
}

static void
assert_status (Answer * answer, guint status)
{
  g_assert_no_error (answer->error);
  g_assert_cmpuint (answer->status, ==, status);
  answer_free (answer);
}

static guint64
count (Client * client, CupFalCounter counter)
{
  return cup_fal_service_get_count (client->service, counter);
}

static void
test_upload (void)
{
  GBytes *bytes = g_bytes_new_static ("0123456789", 10);
  Client client;
  Answer *initiated, *answer;
  const gchar *upload_url, *file_url;
  gchar *unsigned_url;

  client_init (&client, NULL, 30);
  initiated = initiate (&client,
      "/storage/upload/initiate/?storage_type=fal-cdn-v3");
  upload_url = answer_get_string (initiated, "upload_url");
  file_url = answer_get_string (initiated, "file_url");
  /* Another origin than the API's, and a name that is safe. */
  g_assert_false (g_str_has_prefix (upload_url,
          cup_fal_service_get_location (client.service)));
  g_assert_true (g_str_has_suffix (file_url, "_a_b_.._c.png"));

  client.authorization = NULL;
  assert_status (client_get (&client, file_url), 404);
  unsigned_url = g_strndup (upload_url, strcspn (upload_url, "?"));
  assert_status (client_send (&client, "PUT", unsigned_url, "image/png",
          bytes), 403);
  assert_status (client_send (&client, "POST", upload_url, "image/png", bytes),
      405);
  assert_status (client_send (&client, "PUT", upload_url, "image/webp", bytes),
      200);
  answer = client_get (&client, file_url);
  g_assert_cmpstr (answer_get_header (answer, "Content-Type"), ==,
      "image/webp");
  g_assert_true (g_bytes_equal (answer->bytes, bytes));
  answer_free (answer);

  answer = client_send (&client, "HEAD", file_url, NULL, NULL);
  g_assert_cmpint (soup_message_headers_get_content_length (answer->headers),
      ==, 10);
  assert_status (answer, 200);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_UPLOADED), ==, 1);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_UPLOADED_BYTES), ==, 10);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_LEAKS), ==, 0);
  g_free (unsigned_url);
  answer_free (initiated);
  g_bytes_unref (bytes);
  client_clear (&client);
}

static void
test_bad_initiate (void)
{
  Client client;
  Answer *answer;

  client_init (&client, NULL, 30);
  answer = client_send_text (&client, "POST", "/storage/upload/initiate",
      "{\"content_type\":\"image/png\"}");
  g_assert_cmpstr (answer_get_string (answer, "detail.0.loc.1"), ==,
      "file_name");
  assert_status (answer, 422);
  assert_status (client_send_text (&client, "POST",
          "/storage/upload/initiate", "[]"), 422);
  assert_status (client_send_text (&client, "POST", "/storage/other", "{}"),
      404);
  client_clear (&client);
}

static void
test_leaks (void)
{
  GBytes *bytes = g_bytes_new_static ("x", 1);
  Client client;
  Answer *initiated;
  const gchar *file_url;
  JsonNode *log;
  JsonObject *entry;
  JsonArray *entries;
  gchar *url;

  client_init (&client, NULL, 30);
  initiated = initiate (&client, "/storage/upload/initiate");
  file_url = answer_get_string (initiated, "file_url");
  /* With the key, which such a server does not refuse. */
  assert_status (client_send (&client, "PUT", answer_get_string (initiated,
              "upload_url"), "image/png", bytes), 200);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_LEAKS), ==, 1);
  assert_status (client_get (&client, file_url), 200);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_LEAKS), ==, 2);
  url = g_strconcat (cup_fal_service_get_files_location (client.service),
      "/fal-ai/creative-upscaler/requests/x/status", NULL);
  assert_status (client_get (&client, url), 404);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_LEAKS), ==, 3);

  log = cup_fal_service_get_log (client.service);
  entries = json_node_get_array (log);
  g_assert_cmpuint (json_array_get_length (entries), ==, 4);
  g_assert_false (json_object_get_boolean_member
      (json_array_get_object_element (entries, 0), "leak"));
  entry = json_array_get_object_element (entries, 1);
  g_assert_true (json_object_get_boolean_member (entry, "leak"));
  g_assert_cmpstr (json_object_get_string_member (entry, "port"), ==, "files");
  json_node_unref (log);
  g_free (url);
  answer_free (initiated);
  g_bytes_unref (bytes);
  client_clear (&client);
}

static gchar *
put_part (Client * client, const gchar * upload_url, const gchar * end,
    const gchar * text)
{
  GBytes *bytes = g_bytes_new (text, strlen (text));
  gsize path = strcspn (upload_url, "?");
  gchar *url = g_strdup_printf ("%.*s/%s%s", (int) path, upload_url, end,
      upload_url + path);
  Answer *answer = client_send (client, "PUT", url, NULL, bytes);
  gchar *etag = NULL;

  if (answer->status == 200) {
    g_assert_cmpint (answer_get_int (answer, "partNumber"), ==, atoi (end));
    etag = g_strdup (answer_get_string (answer, "etag"));
  }
  answer_free (answer);
  g_free (url);
  g_bytes_unref (bytes);
  return etag;
}

static guint
complete (Client * client, const gchar * upload_url, const gchar * first,
    const gchar * second)
{
  gsize path = strcspn (upload_url, "?");
  gchar *url = g_strdup_printf ("%.*s/complete%s", (int) path, upload_url,
      upload_url + path);
  gchar *parts = g_strdup_printf ("{\"parts\":[{\"partNumber\":1,\"etag\":"
      "\"%s\"},{\"partNumber\":2,\"etag\":\"%s\"}]}", first, second);
  Answer *answer = client_send_text (client, "POST", url, parts);
  guint status = answer->status;

  answer_free (answer);
  g_free (parts);
  g_free (url);
  return status;
}

static void
test_multipart (void)
{
  Client client;
  Answer *initiated, *answer;
  const gchar *url;
  gchar *first, *again, *second;

  client_init (&client, NULL, 30);
  initiated = initiate (&client, "/storage/upload/initiate-multipart"
      "?storage_type=fal-cdn-v3");
  url = answer_get_string (initiated, "upload_url");
  client.authorization = NULL;
  g_assert_null (put_part (&client, url, "0", "nothing"));
  second = put_part (&client, url, "2", "second");
  g_assert_cmpuint (complete (&client, url, "", second), ==, 400);
  first = put_part (&client, url, "1", "fir");
  again = put_part (&client, url, "1", "first and ");
  g_assert_cmpuint (complete (&client, url, first, second), ==, 400);
  g_assert_cmpuint (complete (&client, url, again, second), ==, 200);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_INITIATE), ==, 1);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_PART), ==, 4);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_COMPLETE), ==, 3);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_PUT), ==, 0);

  answer = client_get (&client, answer_get_string (initiated, "file_url"));
  g_assert_cmpmem (g_bytes_get_data (answer->bytes, NULL),
      g_bytes_get_size (answer->bytes), "first and second", 16);
  answer_free (answer);
  g_free (second);
  g_free (again);
  g_free (first);
  answer_free (initiated);
  client_clear (&client);
}

static void
test_token (void)
{
  GBytes *bytes = g_bytes_new_static ("abc", 3);
  Client client;
  Answer *token, *posted, *answer;
  gchar *authorization, *url;

  client_init (&client, NULL, 30);
  token = client_send_text (&client, "POST",
      "/storage/auth/token?storage_type=fal-cdn-v3", "{}");
  g_assert_cmpuint (token->status, ==, 200);
  authorization = g_strdup_printf ("%s %s", answer_get_string (token,
          "token_type"), answer_get_string (token, "token"));
  url = g_strconcat (answer_get_string (token, "base_url"), "/files/upload",
      NULL);
  client.authorization = NULL;
  assert_status (client_send (&client, "POST", url, "image/png", bytes), 401);
  client.authorization = authorization;
  posted = client_send (&client, "POST", url, "image/png", bytes);
  g_assert_cmpuint (posted->status, ==, 200);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_LEAKS), ==, 0);
  client.authorization = NULL;
  answer = client_get (&client, answer_get_string (posted, "access_url"));
  g_assert_true (g_bytes_equal (answer->bytes, bytes));
  answer_free (answer);
  answer_free (posted);
  answer_free (token);
  g_free (url);
  g_free (authorization);
  g_bytes_unref (bytes);
  client_clear (&client);
}

static void
test_eviction (void)
{
  GBytes *bytes = g_bytes_new_take (g_malloc0 (600), 600);
  CupFalServiceOptions options;
  Client client;
  gchar *first, *second, *third, *ids[3];
  guint i;

  cup_fal_service_options_init (&options);
  options.keep_bytes = 1300;
  options.keep_jobs = 2;
  options.single_port = TRUE;
  client_init (&client, &options, 30);
  client.authorization = "Key test:key";
  first = client_upload (&client, bytes, "image/png");
  g_assert_true (g_str_has_prefix (first,
          cup_fal_service_get_location (client.service)));
  second = client_upload (&client, bytes, "image/png");
  third = client_upload (&client, bytes, "image/png");
  assert_status (client_get (&client, first), 404);
  assert_status (client_get (&client, second), 200);
  assert_status (client_get (&client, third), 200);

  for (i = 0; i < 3; i++) {
    ids[i] = client_submit (&client, NULL);
    g_assert_true (cup_fal_service_wait_count (client.service,
            CUP_FAL_COUNT_COMPLETED, i + 1, 30000));
  }
  assert_status (client_get (&client, request_path (ids[0], "/status")), 404);
  assert_status (client_get (&client, request_path (ids[1], "/status")), 200);
  assert_status (client_get (&client, request_path (ids[2], "")), 200);
  for (i = 0; i < 3; i++)
    g_free (ids[i]);
  g_free (third);
  g_free (second);
  g_free (first);
  g_bytes_unref (bytes);
  client_clear (&client);
}

static void
test_delete_downloaded (void)
{
  CupFalServiceOptions options;
  Client client;
  Answer *answer;
  gchar *id, *url;

  cup_fal_service_options_init (&options);
  options.delete_downloaded = TRUE;
  client_init (&client, &options, 30);
  id = client_submit (&client, NULL);
  answer = client_wait_result (&client, id);
  url = g_strdup (answer_get_string (answer, "image.url"));
  answer_free (answer);

  /* One that breaks off is none. */
  g_assert_true (cup_fal_service_add_fault (client.service,
          "download:truncate:1", NULL));
  answer = client_get (&client, url);
  g_assert_cmpint (g_bytes_get_size (answer->bytes), <,
      soup_message_headers_get_content_length (answer->headers));
  answer_free (answer);
  assert_status (client_get (&client, url), 200);
  g_assert_true (cup_fal_service_wait_count (client.service,
          CUP_FAL_COUNT_SERVED, 1, 30000));
  assert_status (client_get (&client, url), 404);
  g_free (url);
  g_free (id);
  client_clear (&client);
}

/* What was there is as if it had never been; what comes after is there. */
static void
test_forget (void)
{
  GBytes *picture = make_picture (24, 16);
  Client client;
  Answer *answer;
  gchar *id, *file, *upload;

  client_init (&client, NULL, 30);
  upload = client_upload (&client, picture, "image/png");
  id = client_submit (&client, NULL);
  answer = client_wait_result (&client, id);
  file = g_strdup (answer_get_string (answer, "image.url"));
  answer_free (answer);

  cup_fal_service_forget_jobs (client.service);
  answer = client_get (&client, request_path (id, "/status"));
  g_assert_cmpuint (answer->status, ==, 404);
  answer_free (answer);
  answer = client_get (&client, file);
  g_assert_cmpuint (answer->status, ==, 200);
  answer_free (answer);

  cup_fal_service_forget_files (client.service);
  answer = client_get (&client, file);
  g_assert_cmpuint (answer->status, ==, 404);
  answer_free (answer);
  answer = client_get (&client, upload);
  g_assert_cmpuint (answer->status, ==, 404);
  answer_free (answer);
  g_free (id);
  g_free (file);
  g_free (upload);

  id = client_submit (&client, NULL);
  answer = client_wait_result (&client, id);
  g_assert_cmpuint (answer->status, ==, 200);
  answer_free (answer);
  answer = client_send_text (&client, "DELETE", "/_service/jobs", NULL);
  g_assert_cmpstr (answer_get_string (answer, "jobs"), ==, "forgotten");
  answer_free (answer);
  answer = client_get (&client, request_path (id, ""));
  g_assert_cmpuint (answer->status, ==, 404);
  answer_free (answer);
  g_free (id);
  client_clear (&client);
  g_bytes_unref (picture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/storage/upload", test_upload);
  g_test_add_func ("/service/storage/bad-initiate", test_bad_initiate);
  g_test_add_func ("/service/storage/leaks", test_leaks);
  g_test_add_func ("/service/storage/multipart", test_multipart);
  g_test_add_func ("/service/storage/token", test_token);
  g_test_add_func ("/service/storage/eviction", test_eviction);
  g_test_add_func ("/service/storage/delete-downloaded",
      test_delete_downloaded);
  g_test_add_func ("/service/storage/forget", test_forget);
  return g_test_run ();
}
