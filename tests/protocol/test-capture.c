/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All requests of a job, word for word, beside what the official JavaScript
 * client (@fal-ai/client 1.10.1) sends for the same job: methods, paths,
 * queries, bodies and the headers that the protocol knows. docs/protocol.md has
 * the comparison and the reasons for what differs.
 *
 * What the service makes up is written as ID, URL and so on.
 */
#include "fixture.h"

#include <string.h>

#define SUBMITTED "POST /fal-ai/creative-upscaler " \
    "{\"image_url\":\"URL\",\"scale\":2,\"seed\":5} key " \
    "application/json x-fal-queue-priority=normal"
#define INITIATED "POST /storage/upload/initiate?storage_type=fal-cdn-v3 " \
    "{\"content_type\":\"image/png\",\"file_name\":\"frame.png\"} key " \
    "application/json"
#define REQUEST "/fal-ai/creative-upscaler/requests/ID"

/* Of the service's own making: ids, and names of files. */
static gchar *
replace_names (const gchar * text)
{
  static const struct
  {
    const gchar *pattern, *word;
  } names[] = {
    {"http://127\\.0\\.0\\.1:[0-9]+/[^\"]*", "URL"},
    {"data:image/png;base64,[^\"]*", "DATA"},
    {"[0-9a-f]{8}-[0-9a-f-]{27}", "ID"},
    {"/upload/[0-9a-f]+", "/upload/PLACE"},
    {"/files/[a-z]+/[^ ?/]+", "/files/FILE"},
    {"expires=[0-9]+&signature=[0-9a-f]+", "SIGNATURE"},
    {"\"etag\":\"[^,}]*", "\"etag\":\"TAG\""},
  };
  gchar *result = g_strdup (text);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    GRegex *regex = g_regex_new (names[i].pattern, 0, 0, NULL);
    gchar *next = g_regex_replace_literal (regex, result, -1, 0,
        names[i].word, 0, NULL);

    g_free (result);
    g_regex_unref (regex);
    result = next;
  }
  return result;
}

/* "METHOD path?query body key type header=value…" */
static gchar *
describe (JsonObject * request)
{
  static const gchar *const headers[] = { "x-fal-queue-priority",
    "x-fal-runner-hint", "x-fal-request-timeout", "x-fal-store-io",
    "x-fal-object-lifecycle", "x-fal-object-lifecycle-preference"
  };
  const gchar *query = json_object_get_string_member (request, "query");
  JsonNode *body = json_object_get_member (request, "body");
  const gchar *type = request_get_header (request, "content-type");
  GString *text = g_string_new (NULL);
  gchar *replaced;
  guint i;

  g_string_append_printf (text, "%s %s",
      json_object_get_string_member (request, "method"),
      json_object_get_string_member (request, "path"));
  if (query && *query)
    g_string_append_printf (text, "?%s", query);
  if (!JSON_NODE_HOLDS_NULL (body) && g_strcmp0 (type, "application/json") == 0) {
    gchar *json = json_to_string (body, FALSE);

    g_string_append_printf (text, " %s", json);
    g_free (json);
  }
  if (request_get_header (request, "authorization"))
    g_string_append (text, " key");
  if (type)
    g_string_append_printf (text, " %s", type);
  for (i = 0; i < G_N_ELEMENTS (headers); i++)
    if (request_get_header (request, headers[i]))
      g_string_append_printf (text, " %s=%s", headers[i],
          request_get_header (request, headers[i]));
  replaced = replace_names (text->str);
  g_string_free (text, TRUE);
  return replaced;
}

static void
assert_requests (Fixture * f, const gchar * const *expected)
{
  JsonArray *requests = fixture_get_requests (f, NULL);
  guint n = json_array_get_length (requests), i, at = 0;

  for (i = 0; i < n; i++) {
    gchar *text = describe (json_array_get_object_element (requests, i));

    /* Polls are as many as it takes, also beside a stream where the machine
     * stands still for so long that it looks silent. */
    if (at > 0 && strstr (expected[at - 1], "/status")
        && (strcmp (text, expected[at - 1]) == 0
            || strcmp (text, "GET " REQUEST "/status?logs=1 key") == 0)) {
      g_free (text);
      continue;
    }
    g_assert_cmpstr (text, ==, expected[at]);
    at++;
    g_free (text);
  }
  g_assert_null (expected[at]);
  json_array_unref (requests);
}

static Fixture *
new_capture (const gchar * upload)
{
  Fixture *f = fixture_new (NULL, "scale", 2.0, "seed", (gint64) 5, NULL);

  gst_util_set_object_arg (G_OBJECT (f->element), "upload", upload);
  return f;
}

static void
test_stream (void)
{
  static const gchar *const expected[] = {
    INITIATED, "PUT /upload/PLACE?SIGNATURE image/png", SUBMITTED,
    "GET " REQUEST "/status/stream?logs=1 key", "GET " REQUEST " key",
    "GET /files/FILE", NULL
  };
  Fixture *f = new_capture ("storage");

  fixture_run_one (f);
  assert_requests (f, expected);
  fixture_free (f);
}

static void
test_polling (void)
{
  static const gchar *const expected[] = {
    INITIATED, "PUT /upload/PLACE?SIGNATURE image/png", SUBMITTED,
    "GET " REQUEST "/status?logs=1 key", "GET " REQUEST " key",
    "GET /files/FILE", NULL
  };
  Fixture *f = new_capture ("storage");

  fixture_poll (f);
  fixture_run_one (f);
  assert_requests (f, expected);
  fixture_free (f);
}

static void
test_inline (gconstpointer upload)
{
  static const gchar *const expected[] = {
    "POST /fal-ai/creative-upscaler {\"image_url\":\"DATA\",\"scale\":2,"
        "\"seed\":5} key application/json x-fal-queue-priority=normal",
    "GET " REQUEST "/status/stream?logs=1 key", "GET " REQUEST " key",
    "GET /files/FILE", NULL
  };
  Fixture *f = new_capture (upload);

  fixture_run_one (f);
  assert_requests (f, expected);
  fixture_free (f);
}

static void
test_cancel (void)
{
  static const gchar *const expected[] = {
    INITIATED, "PUT /upload/PLACE?SIGNATURE image/png", SUBMITTED,
    "GET " REQUEST "/status/stream?logs=1 key",
    "PUT " REQUEST "/cancel key", NULL
  };
  Fixture *f = new_capture ("storage");

  cup_fal_service_hold (f->service, TRUE);
  fixture_play (f, FRAME_CAPS, NULL);
  gst_harness_push (f->harness, make_frame (1));
  fixture_wait_count (f, CUP_FAL_COUNT_STREAM, 1);
  gst_element_set_state (f->element, GST_STATE_NULL);
  fixture_wait_count (f, CUP_FAL_COUNT_CANCEL, 1);
  assert_requests (f, expected);
  fixture_free (f);
}

/* What only some ask for. */
static void
test_headers (void)
{
  static const gchar *const expected[] = {
    INITIATED " x-fal-object-lifecycle={\"expiration_duration_seconds\":3600} "
        "x-fal-object-lifecycle-preference="
        "{\"expiration_duration_seconds\":3600}",
    "PUT /upload/PLACE?SIGNATURE image/png",
    "POST /fal-ai/creative-upscaler {\"image_url\":\"URL\",\"scale\":2,"
        "\"seed\":5} key application/json x-fal-queue-priority=low "
        "x-fal-runner-hint=my-runner x-fal-request-timeout=30 "
        "x-fal-store-io=0 x-fal-object-lifecycle-preference="
        "{\"expiration_duration_seconds\":86400}",
    "GET " REQUEST "/status/stream?logs=1 key", "GET " REQUEST " key",
    "GET /files/FILE", NULL
  };
  Fixture *f = new_capture ("storage");

  g_object_set (f->element, "runner-hint", "my-runner", "start-timeout", 30.0,
      "store-payloads", FALSE, "upload-expiration", 3600,
      "result-expiration", 86400, NULL);
  gst_util_set_object_arg (G_OBJECT (f->element), "queue-priority", "low");
  fixture_run_one (f);
  assert_requests (f, expected);
  fixture_free (f);
}

/* ISO 3309, as PNG has it. */
static guint32
get_crc (const guint8 * data, gsize size)
{
  guint32 table[256], crc = 0xffffffff;
  guint i, bit;

  for (i = 0; i < 256; i++) {
    table[i] = i;
    for (bit = 0; bit < 8; bit++)
      table[i] = (table[i] >> 1) ^ ((table[i] & 1) ? 0xedb88320 : 0);
  }
  while (size-- > 0)
    crc = (crc >> 8) ^ table[(crc ^ *data++) & 0xff];
  return ~crc;
}

/* A PNG of more than 90 MiB: with a chunk that no decoder looks at. */
static GBytes *
make_large_picture (gsize size)
{
  GBytes *small = make_picture (CUP_IMAGE_PNG, 16, 12);
  gsize small_size;
  const guint8 *data = g_bytes_get_data (small, &small_size);
  guint8 *large = g_malloc0 (small_size + size + 12), *chunk = large + 33;
  guint32 length = GUINT32_TO_BE ((guint32) size), crc;

  /* Signature and IHDR are 33 bytes. */
  memcpy (large, data, 33);
  memcpy (chunk, &length, 4);
  memcpy (chunk + 4, "teSt", 4);
  crc = GUINT32_TO_BE (get_crc (chunk + 4, size + 4));
  memcpy (chunk + 8 + size, &crc, 4);
  memcpy (chunk + 12 + size, data + 33, small_size - 33);
  g_bytes_unref (small);
  return g_bytes_new_take (large, small_size + size + 12);
}

static void
test_multipart (void)
{
  Fixture *f = new_capture ("auto");
  GBytes *picture = make_large_picture (91 << 20), *uploaded;
  JsonArray *requests;
  JsonObject *body;
  guint i, n;

  fixture_play (f, "image/png,framerate=25/1", "image/png");
  gst_buffer_unref (fixture_upscale (f, make_image_frame (picture)));
  fixture_assert_count (f, CUP_FAL_COUNT_INITIATE, 1);
  fixture_assert_count (f, CUP_FAL_COUNT_PART, 10);
  fixture_assert_count (f, CUP_FAL_COUNT_COMPLETE, 1);

  requests = fixture_get_requests (f, "initiate");
  g_assert_cmpstr (json_object_get_string_member
      (json_array_get_object_element (requests, 0), "path"), ==,
      "/storage/upload/initiate-multipart");
  json_array_unref (requests);
  requests = fixture_get_requests (f, "part");
  for (i = 0; i < 10; i++) {
    JsonObject *request = json_array_get_object_element (requests, i);

    g_assert_null (request_get_header (request, "content-type"));
    g_assert_null (request_get_header (request, "authorization"));
  }
  json_array_unref (requests);
  requests = fixture_get_requests (f, "complete");
  body = json_object_get_object_member (json_array_get_object_element
      (requests, 0), "body");
  n = json_array_get_length (json_object_get_array_member (body, "parts"));
  g_assert_cmpuint (n, ==, 10);
  json_array_unref (requests);

  uploaded = fixture_fetch_uploaded (f, 0);
  g_assert_true (g_bytes_equal (uploaded, picture));
  g_bytes_unref (uploaded);
  g_bytes_unref (picture);
  fixture_free (f);
}

/* Other upscalers: the fields under their names, what they lack left out, and
 * what the user adds. */
static void
test_sibling (void)
{
  static const gchar *const expected[] = {
    "POST /fal-ai/clarity-upscaler {\"image_url\":\"DATA\","
        "\"upscale_factor\":2,\"resemblance\":0.75,\"seed\":5,"
        "\"enable_safety_checker\":false,\"tiles\":\"many\"} key "
        "application/json x-fal-queue-priority=normal",
    "GET /fal-ai/clarity-upscaler/requests/ID/status/stream?logs=1 key",
    "GET /fal-ai/clarity-upscaler/requests/ID key",
    "GET /files/FILE", NULL
  };
  GstStructure *extra = gst_structure_new ("extra", "tiles", G_TYPE_STRING,
      "many", NULL);
  GstMessage *message;
  gchar *text;
  Fixture *f = new_capture ("auto");

  g_object_set (f->element, "application", "fal-ai/clarity-upscaler",
      "shape-preservation", 0.75, "enable-safety-checks", FALSE, "skip-ccsr",
      TRUE, "extra-input", extra, NULL);
  gst_structure_free (extra);
  fixture_run_one (f);
  assert_requests (f, expected);
  message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_parse_warning (message, NULL, &text);
  gst_message_unref (message);
  g_free (text);
  g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING));
  fixture_free (f);
}

/* A picture that is elsewhere is not fetched: the service gets its address. */
static void
test_hosted (void)
{
  Fixture *f = new_capture ("storage");
  JsonObject *first, *second;
  const gchar *url;
  GstBuffer *buffer;

  fixture_run_one (f);
  first = fixture_get_submitted (f, 0);
  url = json_object_get_string_member (first, "image_url");
  gst_harness_set_src_caps_str (f->harness, "text/uri-list,framerate=25/1");
  buffer = gst_buffer_new_wrapped (g_strdup_printf ("# one\r\n%s\r\n", url),
      strlen (url) + 9);
  gst_harness_push (f->harness, buffer);
  gst_buffer_unref (gst_harness_pull (f->harness));
  second = fixture_get_submitted (f, 1);
  g_assert_cmpstr (json_object_get_string_member (second, "image_url"), ==,
      url);
  fixture_assert_count (f, CUP_FAL_COUNT_INITIATE, 1);
  /* Of the two results; the picture itself was not fetched by us. */
  fixture_assert_count (f, CUP_FAL_COUNT_DOWNLOAD, 2);
  json_object_unref (first);
  json_object_unref (second);
  fixture_free (f);
}

/* The storage cannot be reached: small pictures go inline. */
static void
test_fallback (void)
{
  Fixture *f = new_capture ("auto");
  GBytes *picture = make_picture (CUP_IMAGE_PNG, 120, 90);

  g_assert_cmpuint (g_bytes_get_size (picture), >, 8192);
  g_object_set (f->element, "storage-location", "http://127.0.0.1:1",
      "retry-delay", 0.001, NULL);
  fixture_play (f, "image/png,framerate=25/1", "image/png");
  gst_buffer_unref (fixture_upscale (f, make_image_frame (picture)));
  /* With other settings, or it would not be sent again. */
  g_object_set (f->element, "seed", (gint64) 2, NULL);
  gst_buffer_unref (fixture_upscale (f, make_image_frame (picture)));
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 2);
  fixture_assert_count (f, CUP_FAL_COUNT_UPLOADED, 0);
  g_bytes_unref (picture);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  g_test_add_func ("/capture/stream", test_stream);
  g_test_add_func ("/capture/polling", test_polling);
  g_test_add_data_func ("/capture/inline/data-uri", "data-uri", test_inline);
  g_test_add_data_func ("/capture/inline/auto", "auto", test_inline);
  g_test_add_func ("/capture/cancel", test_cancel);
  g_test_add_func ("/capture/headers", test_headers);
  g_test_add_func ("/capture/multipart", test_multipart);
  g_test_add_func ("/capture/sibling", test_sibling);
  g_test_add_func ("/capture/hosted", test_hosted);
  g_test_add_func ("/capture/fallback", test_fallback);
  return g_test_run ();
}
