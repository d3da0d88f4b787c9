/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The faults of the loopback service that are of connections, of bodies that
 * are too large, and redirections: at every stage.
 */
#include <string.h>

#include "client.h"
#include "faults.h"

#define MB (1000 * 1000)

static void
order_only (Client * client, const gchar * spec)
{
  GError *error = NULL;

  cup_fal_service_clear_faults (client->service);
  cup_fal_service_add_fault (client->service, spec, &error);
  g_assert_no_error (error);
}

static void
order_at (Client * client, CupFalStage stage, const gchar * kind)
{
  gchar *spec = g_strdup_printf ("%s:%s", cup_service_stage_get_name (stage),
      kind);

  g_test_message ("%s", spec);
  order_only (client, spec);
  g_free (spec);
}

static guint64
count (Client * client, CupFalCounter counter)
{
  return cup_fal_service_get_count (client->service, counter);
}

/* A request of each stage, which names nothing that there is. */
typedef struct
{
  const gchar *method;
  const gchar *path;
  gboolean on_files;
} Target;

static const Target targets[CUP_FAL_N_STAGES] = {
  [CUP_FAL_STAGE_INITIATE] = {"POST", "/storage/upload/initiate", FALSE},
  [CUP_FAL_STAGE_PUT] = {"PUT", "/upload/none", TRUE},
  [CUP_FAL_STAGE_PART] = {"PUT", "/upload/none/1", TRUE},
  [CUP_FAL_STAGE_COMPLETE] = {"POST", "/upload/none/complete", TRUE},
  [CUP_FAL_STAGE_SUBMIT] = {"POST", "/fal-ai/creative-upscaler", FALSE},
  [CUP_FAL_STAGE_STATUS] = {"GET", "/a/b/requests/x/status", FALSE},
  [CUP_FAL_STAGE_STREAM] = {"GET", "/a/b/requests/x/status/stream", FALSE},
  [CUP_FAL_STAGE_RESULT] = {"GET", "/a/b/requests/x", FALSE},
  [CUP_FAL_STAGE_DOWNLOAD] = {"GET", "/files/none", TRUE},
  [CUP_FAL_STAGE_CANCEL] = {"PUT", "/a/b/requests/x/cancel", FALSE},
};

static gchar *
get_url (Client * client, CupFalStage stage, const gchar * query)
{
  const gchar *origin = targets[stage].on_files
      ? cup_fal_service_get_files_location (client->service)
      : cup_fal_service_get_location (client->service);

  return g_strconcat (origin, targets[stage].path, query, NULL);
}

/* --- no answer --- */

/* Whether there is none, and how the connection ends. */
static void
assert_silence (Client * client, CupFalStage stage, const gchar * kind,
    guint silence, gint expected)
{
  gchar *url = get_url (client, stage, NULL);
  guint64 faults = count (client, CUP_FAL_COUNT_FAULTS);
  GSocketConnection *connection;
  GByteArray *bytes;
  gint code;

  order_at (client, stage, kind);
  connection = client_open_raw (client, targets[stage].method, url,
      "{\"image_url\":\"data:,\"}");
  g_assert_true (cup_fal_service_wait_count (client->service,
          CUP_FAL_COUNT_FAULTS, faults + 1, 30000));
  bytes = read_raw (connection, silence, &code);
  g_assert_cmpuint (bytes->len, ==, 0);
  g_assert_cmpint (code, ==, expected);
  g_byte_array_unref (bytes);
  g_object_unref (connection);
  g_free (url);
}

static void
test_no_answer (void)
{
  Client client;
  guint stage;

  client_init (&client, NULL, 30);
  for (stage = 0; stage < CUP_FAL_N_STAGES; stage++) {
    assert_silence (&client, stage, "stall", 50, G_IO_ERROR_TIMED_OUT);
    assert_silence (&client, stage, "reset", 30000,
        G_IO_ERROR_CONNECTION_CLOSED);
    g_assert_cmpuint (count (&client, CUP_FAL_COUNT_ACCEPTED), <=, 2);
    if (stage == CUP_FAL_STAGE_SUBMIT)
      g_assert_cmpuint (count (&client, CUP_FAL_COUNT_ACCEPTED), ==, 0);
    /* Streams do send something: test-service-stream-faults.c. */
    if (stage == CUP_FAL_STAGE_STREAM)
      continue;
    assert_silence (&client, stage, "stall-after", 50, G_IO_ERROR_TIMED_OUT);
    assert_silence (&client, stage, "reset-after", 30000,
        G_IO_ERROR_CONNECTION_CLOSED);
  }
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_ACCEPTED), ==, 2);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_PART), ==, 4);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_COMPLETE), ==, 4);
  client_clear (&client);
}

/* The request is lost on the way back only. */
static void
send_in_vain (Client * client, const gchar * spec, const gchar * method,
    const gchar * url, const gchar * text)
{
  GSocketConnection *connection;
  GByteArray *bytes;
  gint code;

  order_only (client, spec);
  connection = client_open_raw (client, method, url, text);
  bytes = read_raw (connection, 30000, &code);
  g_assert_cmpuint (bytes->len, ==, 0);
  g_assert_cmpint (code, ==, G_IO_ERROR_CONNECTION_CLOSED);
  g_byte_array_unref (bytes);
  g_object_unref (connection);
}

static void
test_done_all_the_same (void)
{
  Client client;
  Answer *initiated;
  const gchar *upload;
  gchar *part, *complete, *parts, *etag, *id, *path;
  gint length;

  client_init (&client, NULL, 30);
  initiated = client_send_text (&client, "POST",
      "/storage/upload/initiate-multipart",
      "{\"content_type\":\"image/png\",\"file_name\":\"x\"}");
  upload = answer_get_string (initiated, "upload_url");
  send_in_vain (&client, "put:reset-after", "PUT", upload, "abc");
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_UPLOADED), ==, 1);

  length = strcspn (upload, "?");
  part = g_strdup_printf ("%.*s/1%s", length, upload, upload + length);
  complete = g_strdup_printf ("%.*s/complete%s", length, upload,
      upload + length);
  etag = g_compute_checksum_for_string (G_CHECKSUM_MD5, "abcd", 4);
  parts = g_strdup_printf ("{\"parts\":[{\"partNumber\":1,\"etag\":\"%s\"}]}",
      etag);
  send_in_vain (&client, "part:reset-after", "PUT", part, "abcd");
  send_in_vain (&client, "complete:reset-after", "POST", complete, parts);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_UPLOADED), ==, 2);
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_UPLOADED_BYTES), ==, 3 + 4);

  cup_fal_service_hold (client.service, TRUE);
  cup_fal_service_clear_faults (client.service);
  id = client_submit (&client, NULL);
  path = g_strdup (request_path (id, "/cancel"));
  send_in_vain (&client, "cancel:reset-after", "PUT", path, "");
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_CANCELLED), ==, 1);
  g_free (path);
  g_free (id);
  g_free (parts);
  g_free (etag);
  g_free (complete);
  g_free (part);
  answer_free (initiated);
  client_clear (&client);
}

/* --- half an answer, and one that takes its time --- */

static void
test_truncate (void)
{
  GBytes *bytes = g_bytes_new_take (g_malloc0 (1000), 1000);
  GSocketConnection *connection;
  GByteArray *answer;
  Client client;
  gchar *url, *body;
  gint code;

  client_init (&client, NULL, 30);
  url = client_upload (&client, bytes, "image/png");
  order_only (&client, "download:truncate");
  connection = client_open_raw (&client, "GET", url, "");
  answer = read_raw (connection, 30000, &code);
  g_assert_cmpint (code, ==, 0);
  g_assert_nonnull (g_strstr_len ((gchar *) answer->data, answer->len,
          "Content-Length: 1000\r\n"));
  body = g_strstr_len ((gchar *) answer->data, answer->len, "\r\n\r\n") + 4;
  g_assert_cmpint ((gchar *) answer->data + answer->len - body, ==, 500);
  g_byte_array_unref (answer);
  g_object_unref (connection);
  g_free (url);
  g_bytes_unref (bytes);
  client_clear (&client);
}

/* Of each stage that has a body, half of it. */
static void
test_truncate_everywhere (void)
{
  Client client;
  guint stage;

  client_init (&client, NULL, 30);
  for (stage = 0; stage < CUP_FAL_N_STAGES; stage++) {
    gchar *url = get_url (&client, stage, NULL);
    GSocketConnection *connection;
    const gchar *length, *end;
    GByteArray *bytes;
    gint code;

    if (stage != CUP_FAL_STAGE_STREAM) {
      order_at (&client, stage, "truncate");
      connection = client_open_raw (&client, targets[stage].method, url, "{}");
      bytes = read_raw (connection, 30000, &code);
      g_byte_array_append (bytes, (const guint8 *) "", 1);
      g_assert_cmpint (code, ==, 0);
      length = strstr ((gchar *) bytes->data, "Content-Length: ");
      end = strstr ((gchar *) bytes->data, "\r\n\r\n");
      g_assert_cmpuint (strlen (end + 4), ==,
          g_ascii_strtoull (length + strlen ("Content-Length: "), NULL, 10)
          / 2);
      g_byte_array_unref (bytes);
      g_object_unref (connection);
    }
    g_free (url);
  }
  client_clear (&client);
}

static void
assert_takes (Client * client, const gchar * url, const gchar * spec,
    guint milliseconds)
{
  gint64 start = g_get_monotonic_time ();
  Answer *answer;

  order_only (client, spec);
  answer = client_get (client, url);
  g_assert_no_error (answer->error);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpuint (g_bytes_get_size (answer->bytes), ==, 1000);
  answer_free (answer);
  g_assert_cmpint (g_get_monotonic_time () - start, >=,
      (gint64) milliseconds * 900);
}

static void
test_slow (void)
{
  GBytes *bytes = g_bytes_new_take (g_malloc0 (1000), 1000);
  Client client;
  gchar *url;

  client_init (&client, NULL, 30);
  url = client_upload (&client, bytes, "image/png");
  assert_takes (&client, url, "download:slow:FOR=300", 250);
  assert_takes (&client, url, "download:late:FOR=200", 200);
  g_free (url);
  g_bytes_unref (bytes);
  client_clear (&client);
}

static void
test_wrong_type (void)
{
  Client client;
  Answer *answer;
  guint stage;

  client_init (&client, NULL, 30);
  for (stage = 0; stage < CUP_FAL_N_STAGES; stage++) {
    gchar *url = get_url (&client, stage, NULL);

    order_at (&client, stage, "wrong-type");
    answer = client_send_text (&client, targets[stage].method, url, NULL);
    g_assert_cmpstr (answer_get_header (answer, "Content-Type"), ==,
        "text/html");
    answer_free (answer);
    g_free (url);
  }
  client_clear (&client);
}

/* --- bodies that are too large --- */

static void
assert_endless (Client * client, CupFalStage stage, const gchar * opening)
{
  gchar *url = get_url (client, stage, NULL);
  gsize length = strlen (opening), read;
  static gchar buffer[MB];
  GSocketConnection *connection;
  GInputStream *stream;
  gchar *body;
  guint i;

  order_at (client, stage, "oversize");
  connection = client_open_raw (client, targets[stage].method, url, "");
  stream = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  for (i = 0; i < 5; i++) {
    g_assert_true (g_input_stream_read_all (stream, buffer, sizeof (buffer),
            &read, NULL, NULL));
    g_assert_cmpuint (read, ==, sizeof (buffer));
    if (i == 0) {
      g_assert_true (g_str_has_prefix (buffer, "HTTP/1.1 200 "));
      g_assert_null (g_strstr_len (buffer, 1000, "Content-Length"));
      body = g_strstr_len (buffer, 1000, "\r\n\r\n") + 4;
      g_assert_cmpmem (body, length, opening, length);
    }
  }
  g_object_unref (connection);
  g_free (url);
}

static const gchar *
get_opening (CupFalStage stage)
{
  if (stage == CUP_FAL_STAGE_DOWNLOAD)
    return "\x89PNG\r\n\x1a\n";
  return stage == CUP_FAL_STAGE_STREAM ? "data: {  " : "{   ";
}

static void
test_oversize (void)
{
  Client client;
  guint stage;

  client_init (&client, NULL, 30);
  for (stage = 0; stage < CUP_FAL_N_STAGES; stage++)
    assert_endless (&client, stage, get_opening (stage));
  client_clear (&client);
}

/* The size that @data has when it is unpacked, all of it and without errors. */
static gsize
unpack (const guint8 * data, gsize size, const gchar * opening)
{
  GConverter *converter =
      G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
  GConverterResult result;
  GError *error = NULL;
  static guint8 buffer[MB];
  gsize read, written, total = 0;

  do {
    result = g_converter_convert (converter, data, size, buffer,
        sizeof (buffer), G_CONVERTER_INPUT_AT_END, &read, &written, &error);
    g_assert_no_error (error);
    if (total == 0)
      g_assert_cmpmem (buffer, strlen (opening), opening, strlen (opening));
    data += read;
    size -= read;
    total += written;
  } while (result != G_CONVERTER_FINISHED);
  g_assert_cmpuint (size, ==, 0);
  g_object_unref (converter);
  return total;
}

static void
assert_bomb (Client * client, CupFalStage stage, gboolean whole)
{
  gchar *url = get_url (client, stage, NULL);
  GSocketConnection *connection;
  GByteArray *bytes;
  gchar *body;
  gsize size;
  gint code;

  order_at (client, stage, "gzip-bomb");
  connection = client_open_raw (client, targets[stage].method, url, "");
  bytes = read_raw (connection, 30000, &code);
  g_assert_cmpint (code, ==, 0);
  g_assert_true (g_str_has_prefix ((gchar *) bytes->data, "HTTP/1.1 200 "));
  body = g_strstr_len ((gchar *) bytes->data, 1000, "\r\n\r\n") + 4;
  g_assert_nonnull (g_strstr_len ((gchar *) bytes->data,
          body - (gchar *) bytes->data, "Content-Encoding: gzip\r\n"));
  size = (gchar *) bytes->data + bytes->len - body;
  g_assert_cmpuint (size, >, 10000);
  g_assert_cmpuint (size, <, MB);
  if (whole)
    g_assert_cmpuint (unpack ((guint8 *) body, size, get_opening (stage)), >=,
        200 * MB);
  g_byte_array_unref (bytes);
  g_object_unref (connection);
  g_free (url);
}

static void
test_gzip_bomb (void)
{
  Client client;
  guint stage;

  client_init (&client, NULL, 30);
  for (stage = 0; stage < CUP_FAL_N_STAGES; stage++)
    assert_bomb (&client, stage, stage == CUP_FAL_STAGE_STATUS
        || stage == CUP_FAL_STAGE_STREAM || stage == CUP_FAL_STAGE_DOWNLOAD);
  client_clear (&client);
}

/* --- redirections --- */

static gchar *
get_location (Client * client, CupFalStage stage, const gchar * url)
{
  Answer *answer = client_send_text (client, targets[stage].method, url, NULL);
  gchar *location;

  g_assert_cmpuint (answer->status, ==, 307);
  location = g_strdup (answer_get_header (answer, "Location"));
  answer_free (answer);
  return location;
}

static void
assert_location (Client * client, CupFalStage stage, const gchar * kind,
    const gchar * origin)
{
  gchar *url = get_url (client, stage, "?logs=1");
  gchar *expected = origin ? g_strconcat (origin, targets[stage].path,
      "?logs=1", NULL) : g_strdup (url);
  gchar *location;

  order_at (client, stage, kind);
  location = get_location (client, stage, url);
  g_assert_cmpstr (location, ==, expected);
  g_free (location);
  g_free (expected);
  g_free (url);
}

static void
assert_grows (Client * client, CupFalStage stage)
{
  gchar *url = get_url (client, stage, NULL);
  gchar *first, *second, *expected;

  order_at (client, stage, "redirect-growing");
  first = get_location (client, stage, url);
  expected = g_strconcat (url, "?again=1", NULL);
  g_assert_cmpstr (first, ==, expected);
  second = get_location (client, stage, first);
  g_free (expected);
  expected = g_strconcat (url, "?again=1&again=1", NULL);
  g_assert_cmpstr (second, ==, expected);
  g_free (expected);
  g_free (second);
  g_free (first);
  g_free (url);
}

static void
test_redirections (void)
{
  Client client;
  guint stage;

  client_init (&client, NULL, 30);
  for (stage = 0; stage < CUP_FAL_N_STAGES; stage++) {
    assert_location (&client, stage, "redirect", targets[stage].on_files
        ? cup_fal_service_get_location (client.service)
        : cup_fal_service_get_files_location (client.service));
    assert_location (&client, stage, "redirect-circle", NULL);
    assert_location (&client, stage, "redirect-private", "http://10.0.0.1");
    assert_grows (&client, stage);
  }
  g_assert_cmpuint (count (&client, CUP_FAL_COUNT_FAULTS), ==,
      5 * CUP_FAL_N_STAGES);
  client_clear (&client);
}

static void
test_redirected_download (void)
{
  GBytes *bytes = g_bytes_new_static ("abc", 3);
  Client client;
  Answer *answer, *file;
  gchar *url;

  client_init (&client, NULL, 30);
  url = client_upload (&client, bytes, "image/png");
  client.authorization = NULL;
  order_only (&client, "download:redirect:1");
  answer = client_get (&client, url);
  g_assert_cmpuint (answer->status, ==, 307);
  file = client_get (&client, answer_get_header (answer, "Location"));
  g_assert_cmpuint (file->status, ==, 200);
  g_assert_true (g_bytes_equal (file->bytes, bytes));
  answer_free (file);
  answer_free (answer);

  order_only (&client, "download:wrong-type:1");
  answer = client_get (&client, url);
  g_assert_cmpstr (answer_get_header (answer, "Content-Type"), ==,
      "image/jpeg");
  answer_free (answer);
  g_free (url);
  g_bytes_unref (bytes);
  client_clear (&client);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/service/connections/no-answer", test_no_answer);
  g_test_add_func ("/service/connections/done-all-the-same",
      test_done_all_the_same);
  g_test_add_func ("/service/connections/truncate", test_truncate);
  g_test_add_func ("/service/connections/truncate-everywhere",
      test_truncate_everywhere);
  g_test_add_func ("/service/connections/slow", test_slow);
  g_test_add_func ("/service/connections/wrong-type", test_wrong_type);
  g_test_add_func ("/service/connections/oversize", test_oversize);
  g_test_add_func ("/service/connections/gzip-bomb", test_gzip_bomb);
  g_test_add_func ("/service/connections/redirections", test_redirections);
  g_test_add_func ("/service/connections/redirected-download",
      test_redirected_download);
  return g_test_run ();
}
