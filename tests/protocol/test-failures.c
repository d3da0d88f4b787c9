/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything that can go wrong for good, stage by stage, and what the user
 * gets to hear of it: domain and code, the service's words, the next step, and
 * in the details the stage, the HTTP status, the request id and the service's
 * type of the error. Whatever it is, nothing is submitted twice, nothing comes
 * out, and the stream ends.
 */
#include "fixture.h"

#include <gio/gio.h>
#include <string.h>

/* Domains and codes of GStreamer, in short. */
typedef enum
{
  NOT_AUTHORIZED,
  NOT_FOUND,
  BAD_INPUT,
  BAD_DATA,
  WRONG_TYPE,
  NETWORK,
  TIMEOUT,
  SERVICE,
} Outcome;

/**
 * Case:
 * @fault: that strikes every request of its stage
 * @outcome: domain and code
 * @stage: in the details
 * @status: HTTP status in the details, 0 for none; the message has it too
 * @type: (nullable): error type in the details
 * @words: "|" between: what the message has to have
 */
typedef struct
{
  const gchar *fault;
  Outcome outcome;
  const gchar *stage;
  guint status;
  const gchar *type;
  const gchar *words;
} Case;

#define UPLOAD "upload"
#define SUBMIT "submit"
#define STATUS "status"
#define RESULT "result"
#define DOWNLOAD "download"

#define MAYBE "may have accepted|not sent again"

static const Case cases[] = {
  /* Asking where to put the picture. */
  {"initiate:401", NOT_AUTHORIZED, UPLOAD, 401, NULL,
      "No user found for Key ID and Secret|api-key|FAL_KEY"},
  {"initiate:403", NOT_AUTHORIZED, UPLOAD, 403, NULL,
      "User is locked. Reason: Exhausted balance.|fal.ai/dashboard"},
  {"initiate:404", NOT_FOUND, UPLOAD, 404, NULL,
      "Application not found|storage-location"},
  {"initiate:422", BAD_INPUT, UPLOAD, 422, "image_load_error",
      "body.image_url|Failed to load the image|image_load_error"},
  {"initiate:500", SERVICE, UPLOAD, 500, NULL, "Internal Server Error"},
  {"initiate:502", SERVICE, UPLOAD, 502, NULL, "502 Bad Gateway|later"},
  {"initiate:429", SERVICE, UPLOAD, 429, "concurrent_requests_limit",
      "Too many concurrent requests|max-in-flight"},
  {"initiate:garbage", BAD_DATA, UPLOAD, 0, NULL, ""},
  {"initiate:html", BAD_DATA, UPLOAD, 0, NULL, ""},
  {"initiate:blank", BAD_DATA, UPLOAD, 0, NULL, ""},
  {"initiate:shape", BAD_DATA, UPLOAD, 0, NULL, ""},
  {"initiate:types", BAD_DATA, UPLOAD, 0, NULL, "upload_url"},
  {"initiate:deep", BAD_DATA, UPLOAD, 0, NULL, ""},
  {"initiate:bad-url", BAD_DATA, UPLOAD, 0, NULL, "upload|file:///"},
  {"initiate:redirect", BAD_DATA, UPLOAD, 0, NULL, "redirects (HTTP 307)"},
  {"initiate:truncate", NETWORK, UPLOAD, 0, NULL, "127.0.0.1"},
  {"initiate:reset", NETWORK, UPLOAD, 0, NULL, "127.0.0.1"},
  {"initiate:oversize", WRONG_TYPE, UPLOAD, 0, NULL, "limit"},

  /* Putting it there. */
  {"put:403", SERVICE, UPLOAD, 403, NULL, "Access denied|not valid"},
  {"put:404", NOT_FOUND, UPLOAD, 404, NULL, "Not Found"},
  {"put:500", SERVICE, UPLOAD, 500, NULL, "Internal Server Error"},
  {"put:redirect", BAD_DATA, UPLOAD, 0, NULL, "redirects (HTTP 307)"},
  {"put:reset", NETWORK, UPLOAD, 0, NULL, "127.0.0.1"},
  {"put:oversize", WRONG_TYPE, UPLOAD, 0, NULL, "limit"},
  /* It looks well here: the service is the one that misses the file. */
  {"put:html", BAD_INPUT, RESULT, 422, "file_download_error",
      "body.image_url|Failed to download the file"},

  /* Submitting: never repeated, since it may be what costs money. */
  {"submit:401", NOT_AUTHORIZED, SUBMIT, 401, NULL,
      "No user found for Key ID and Secret|api-key|FAL_KEY"},
  {"submit:403", NOT_AUTHORIZED, SUBMIT, 403, NULL,
      "User is locked. Reason: Exhausted balance.|fal.ai/dashboard"},
  {"submit:404", NOT_FOUND, SUBMIT, 404, NULL,
      "Application not found|application|fal-ai/creative-upscaler"},
  {"submit:422", BAD_INPUT, SUBMIT, 422, "image_load_error",
      "body.image_url|Failed to load the image|image_load_error"},
  {"submit:500", SERVICE, SUBMIT, 500, NULL, "Internal Server Error"},
  {"submit:502", SERVICE, SUBMIT, 502, NULL, "502 Bad Gateway"},
  {"submit:503fal", SERVICE, SUBMIT, 503, "runner_scheduling_failure",
      "Runner could not be scheduled"},
  {"submit:504user", TIMEOUT, SUBMIT, 504, "request_timeout",
      "Request timed out"},
  {"submit:garbage", BAD_DATA, SUBMIT, 0, NULL, ""},
  {"submit:html", BAD_DATA, SUBMIT, 0, NULL, ""},
  {"submit:blank", BAD_DATA, SUBMIT, 0, NULL, ""},
  {"submit:shape", BAD_DATA, SUBMIT, 0, NULL, ""},
  /* The headers have an id, which is followed. */
  {"submit:types", NOT_FOUND, STATUS, 404, NULL, "does not know the request"},
  {"submit:deep", BAD_DATA, SUBMIT, 0, NULL, ""},
  {"submit:redirect", BAD_DATA, SUBMIT, 0, NULL, "redirects (HTTP 307)"},
  {"submit:truncate", NETWORK, SUBMIT, 0, NULL, MAYBE},
  {"submit:reset", NETWORK, SUBMIT, 0, NULL, MAYBE},
  {"submit:reset-after", NETWORK, SUBMIT, 0, NULL, MAYBE},
  {"submit:oversize", WRONG_TYPE, SUBMIT, 0, NULL, "limit"},

  /* Asking how it is. */
  {"status:401", NOT_AUTHORIZED, STATUS, 401, NULL,
      "No user found for Key ID and Secret|api-key"},
  {"status:403", NOT_AUTHORIZED, STATUS, 403, NULL, "User is locked"},
  {"status:404", NOT_FOUND, STATUS, 404, NULL, "does not know the request"},
  {"status:422", BAD_INPUT, STATUS, 422, "image_load_error",
      "body.image_url|Failed to load the image"},
  {"status:redirect", BAD_DATA, STATUS, 0, NULL, "redirects (HTTP 307)"},
  {"status:oversize", WRONG_TYPE, STATUS, 0, NULL, "limit"},

  /* Asking for the result, where fal reports what has failed. */
  {"result:401", NOT_AUTHORIZED, RESULT, 401, NULL, "No user found|api-key"},
  {"result:403", NOT_AUTHORIZED, RESULT, 403, NULL, "User is locked"},
  {"result:404", NOT_FOUND, RESULT, 404, NULL, "Request not found"},
  {"result:422", BAD_INPUT, RESULT, 422, "image_load_error",
      "body.image_url|Failed to load the image|override-size-limits"},
  {"result:model-422", BAD_INPUT, RESULT, 422, "image_too_large",
      "body.image_url|Image is too large|override-size-limits"},
  {"result:model-policy", BAD_INPUT, RESULT, 422, "content_policy_violation",
      "body.prompt|flagged by a content checker|property prompt"},
  {"result:model-500", SERVICE, RESULT, 500, "internal_server_error",
      "body: Internal server error|later"},
  {"result:model-text", SERVICE, RESULT, 500, NULL, "CUDA out of memory"},
  {"result:runner-503", SERVICE, RESULT, 503, "runner_disconnected",
      "Runner disconnected|later"},
  {"result:502", TIMEOUT, RESULT, 0, NULL, "went wrong last|HTTP 502"},
  {"result:garbage", BAD_DATA, RESULT, 0, NULL, ""},
  {"result:html", BAD_DATA, RESULT, 0, NULL, ""},
  {"result:blank", BAD_DATA, RESULT, 0, NULL, ""},
  {"result:shape", BAD_DATA, RESULT, 0, NULL, ""},
  {"result:types", BAD_DATA, RESULT, 0, NULL, "image"},
  {"result:deep", BAD_DATA, RESULT, 0, NULL, ""},
  {"result:no-image", BAD_DATA, RESULT, 0, NULL, "image"},
  {"result:redirect", BAD_DATA, RESULT, 0, NULL, "redirects (HTTP 307)"},
  {"result:truncate", TIMEOUT, RESULT, 0, NULL, "went wrong last|127.0.0.1"},
  {"result:oversize", WRONG_TYPE, RESULT, 0, NULL, "limit"},

  /* Fetching the picture. */
  {"result:bad-url", BAD_DATA, DOWNLOAD, 0, NULL, "file:///"},
  {"result:not-image", WRONG_TYPE, DOWNLOAD, 0, NULL, "HTML"},
  {"result:empty", WRONG_TYPE, DOWNLOAD, 0, NULL, "empty"},
  {"result:bomb", WRONG_TYPE, DOWNLOAD, 0, NULL, "60000"},
  {"download:403", SERVICE, DOWNLOAD, 403, NULL, "Access denied|not valid"},
  {"download:404", NOT_FOUND, DOWNLOAD, 404, NULL, "Not Found"},
  {"download:500", TIMEOUT, DOWNLOAD, 0, NULL, "went wrong last|HTTP 500"},
  {"download:garbage", WRONG_TYPE, DOWNLOAD, 0, NULL, ""},
  {"download:html", WRONG_TYPE, DOWNLOAD, 0, NULL, "HTML"},
  {"download:blank", WRONG_TYPE, DOWNLOAD, 0, NULL, "empty"},
  {"download:truncate", TIMEOUT, DOWNLOAD, 0, NULL,
      "went wrong last|127.0.0.1"},
  {"download:reset", TIMEOUT, DOWNLOAD, 0, NULL, "went wrong last|127.0.0.1"},
  {"download:oversize", WRONG_TYPE, DOWNLOAD, 0, NULL, "limit"},
};

static void
assert_outcome (const GError * error, Outcome outcome)
{
  switch (outcome) {
    case NOT_AUTHORIZED:
      g_assert_error (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NOT_AUTHORIZED);
      break;
    case NOT_FOUND:
      g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
      break;
    case BAD_INPUT:
      g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
      break;
    case BAD_DATA:
      g_assert_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE);
      break;
    case WRONG_TYPE:
      g_assert_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE);
      break;
    case NETWORK:
      g_assert_error (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_OPEN_READ_WRITE);
      break;
    case TIMEOUT:
      g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ);
      break;
    case SERVICE:
      g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED);
      break;
  }
}

static void
assert_words (const gchar * text, const gchar * words)
{
  gchar **needles = g_strsplit (words, "|", -1);
  guint i;

  for (i = 0; needles[i]; i++)
    if (!strstr (text, needles[i]))
      g_error ("\"%s\" is not in: %s", needles[i], text);
  g_strfreev (needles);
}

/* Message and details have the id that the service gave to the request. */
static void
assert_request_id (Fixture * f, const Failure * failure)
{
  gboolean known = strcmp (failure->stage, UPLOAD) != 0
      && strcmp (failure->stage, SUBMIT) != 0;
  gchar *id;

  if (known) {
    id = fixture_get_request_id (f);
    g_assert_cmpstr (failure->request_id, ==, id);
    assert_words (failure->error->message, id);
    g_free (id);
  } else {
    g_assert_null (failure->request_id);
  }
}

/* Runs frame 1 into an error, and asserts all that holds for any of them:
 * nothing but EOS comes out, and no frame is taken any more. */
static void
run_into_failure (Fixture * f, Failure * failure)
{

  if (!f->harness)
    fixture_play (f, FRAME_CAPS, NULL);
  gst_harness_push (f->harness, make_frame (1));
  fixture_wait_failure (f, failure);
  fixture_assert_record (f, "EOS");
  g_assert_cmpstr (failure->engine, ==, "fal");
  g_assert_cmpuint (failure->pts, ==, FRAME_DURATION);
  g_assert_null (strstr (failure->error->message, KEY_SECRET));
  g_assert_null (strstr (failure->debug, KEY_SECRET));
  g_assert_cmpint (gst_harness_push (f->harness, make_frame (2)), ==,
      GST_FLOW_ERROR);
  g_assert_cmpuint (cup_fal_service_get_count (f->service,
          CUP_FAL_COUNT_SUBMIT), <=, 1);
}

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  Fixture *f = fixture_new (NULL, "retries", 0, "retry-delay", 0.004,
      NULL);
  Failure failure;

  /* Of what is paid for only the time is limited. */
  if (c->outcome == TIMEOUT && !c->status)
    g_object_set (f->element, "timeout", 2.0, NULL);
  fixture_add_fault (f, c->fault);
  run_into_failure (f, &failure);
  assert_outcome (failure.error, c->outcome);
  g_assert_cmpstr (failure.stage, ==, c->stage);
  g_assert_cmpuint (failure.http_status, ==, c->status);
  g_assert_cmpstr (failure.error_type, ==, c->type);
  assert_words (failure.error->message, c->words);
  if (c->type)
    assert_words (failure.error->message, c->type);
  if (c->status) {
    gchar *status = g_strdup_printf ("HTTP %u", c->status);

    assert_words (failure.error->message, status);
    g_free (status);
  }
  assert_request_id (f, &failure);
  failure_clear (&failure);
  fixture_free (f);
}

/* Keys that the service refuses, each in the words that it has for it. */

typedef struct
{
  const gchar *name;
  const gchar *key;
  const gchar *words;
} KeyCase;

static const KeyCase key_cases[] = {
  {"unknown", "other:key-9981", "No user found for Key ID and Secret"},
  {"no-colon", "justoneword", "Invalid Key Authorization header format. "
        "Expected '<key_id>:<key_secret>'."},
  {"no-secret", "key-id-only:", "Invalid Key Authorization header format"},
};

static void
test_key (gconstpointer data)
{
  const KeyCase *c = data;
  Fixture *f = fixture_new (NULL, "api-key", c->key, NULL);
  Failure failure;

  run_into_failure (f, &failure);
  assert_outcome (failure.error, NOT_AUTHORIZED);
  g_assert_cmpuint (failure.http_status, ==, 401);
  assert_words (failure.error->message, c->words);
  assert_words (failure.error->message, "HTTP 401|api-key-file|FAL_KEY");
  g_assert_null (strstr (failure.error->message, c->key));
  /* Asking once is enough. */
  fixture_assert_count (f, CUP_FAL_COUNT_REFUSED, 1);
  failure_clear (&failure);
  fixture_free (f);
}

/* Takes a port of this machine, so that nobody else can. */
static GSocket *
take_port (const gchar * scheme, gchar ** location)
{
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, NULL);
  GSocketAddress *address = g_inet_socket_address_new_from_string ("127.0.0.1",
      0);
  GError *error = NULL;

  g_assert_true (g_socket_bind (socket, address, FALSE, &error));
  g_assert_no_error (error);
  g_object_unref (address);
  address = g_socket_get_local_address (socket, &error);
  g_assert_no_error (error);
  *location = g_strdup_printf ("%s://127.0.0.1:%u", scheme,
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
  g_object_unref (address);
  return socket;
}

/* Nobody listens at the address. */
static void
test_connection_refused (void)
{
  gchar *location;
  GSocket *socket = take_port ("http", &location);
  Failure failure;
  Fixture *f;

  f = fixture_new (NULL, "location", location, "storage-location", location,
      NULL);
  run_into_failure (f, &failure);
  assert_outcome (failure.error, NETWORK);
  g_assert_cmpstr (failure.stage, ==, UPLOAD);
  assert_words (failure.error->message, location + strlen ("http://"));
  assert_words (failure.error->message, "cannot be reached|refused");
  failure_clear (&failure);
  fixture_free (f);

  /* The queue alone: no word of a request that may have been accepted. */
  f = fixture_new (NULL, "location", location, NULL);
  run_into_failure (f, &failure);
  assert_outcome (failure.error, NETWORK);
  g_assert_cmpstr (failure.stage, ==, SUBMIT);
  g_assert_null (strstr (failure.error->message, "accepted"));
  failure_clear (&failure);
  fixture_free (f);
  g_free (location);
  g_object_unref (socket);
}

/* A connection that never stands: the limit ends the frame before a word of it
 * has gone out, so nobody can have accepted it. */
static void
test_never_sent (void)
{
  GError *error = NULL;
  Failure failure;
  GSocket *socket;
  gchar *location;
  Fixture *f;

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ())) {
    g_test_skip ("there is no TLS");
    return;
  }
  /* The kernel takes the connection; nobody answers the handshake. */
  socket = take_port ("https", &location);
  g_assert_true (g_socket_listen (socket, &error));
  g_assert_no_error (error);
  f = fixture_new (NULL, "location", location, "timeout", 0.3, NULL);
  gst_util_set_object_arg (G_OBJECT (f->element), "upload", "data-uri");
  run_into_failure (f, &failure);
  assert_outcome (failure.error, TIMEOUT);
  g_assert_cmpstr (failure.stage, ==, SUBMIT);
  g_assert_null (strstr (failure.error->message, "accepted"));
  failure_clear (&failure);
  fixture_free (f);
  g_free (location);
  g_object_unref (socket);
}

/* Time */

/* Waits for an error that names the property and the request, and for the
 * service to hear that nobody wants the result any more. */
static void
assert_timed_out (Fixture * f, const gchar * words)
{
  Failure failure;

  run_into_failure (f, &failure);
  assert_outcome (failure.error, TIMEOUT);
  g_assert_cmpstr (failure.stage, ==, STATUS);
  assert_words (failure.error->message, "timeout to wait longer");
  assert_words (failure.error->message, words);
  assert_request_id (f, &failure);
  failure_clear (&failure);
  fixture_wait_count (f, CUP_FAL_COUNT_CANCELLED, 1);
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 1);
  fixture_free (f);
}

static void
test_timeout (void)
{
  CupFalServiceOptions options;

  fixture_options_init (&options);
  options.delay = 60000;
  assert_timed_out (fixture_new (&options, "timeout", 2.0, NULL),
      "IN_PROGRESS|property timeout");
}

/* Somebody else's jobs are before it. */
static void
test_timeout_in_queue (void)
{
  Fixture *first, *f;
  CupFalServiceOptions options;

  fixture_options_init (&options);
  options.runners = 1;
  first = fixture_new (&options, NULL, NULL);
  cup_fal_service_hold (first->service, TRUE);
  fixture_play (first, FRAME_CAPS, NULL);
  gst_harness_push (first->harness, make_frame (1));
  fixture_wait_count (first, CUP_FAL_COUNT_RUNNING, 1);

  f = fixture_new (NULL, "queue-timeout", 1.0, "location",
      cup_fal_service_get_location (first->service), "storage-location",
      cup_fal_service_get_location (first->service), NULL);
  fixture_play (f, FRAME_CAPS, NULL);
  gst_harness_push (f->harness, make_frame (1));
  {
    Failure failure;

    fixture_wait_failure (f, &failure);
    assert_outcome (failure.error, TIMEOUT);
    assert_words (failure.error->message,
        "IN_QUEUE|0 ahead in the queue|property queue-timeout");
    failure_clear (&failure);
  }
  fixture_wait_count (first, CUP_FAL_COUNT_CANCELLED, 1);
  fixture_free (f);
  fixture_free (first);
}

/* The status is never an answer that can be used: it is asked for again until
 * the time is over. */
static void
test_timeout_without_status (gconstpointer data)
{
  const gchar *fault = data;
  CupFalServiceOptions options;
  Fixture *f;

  fixture_options_init (&options);
  options.delay = 60000;
  f = fixture_new (&options, "timeout", 1.0, "queue-timeout", 1.0,
      "retry-delay", 0.2, NULL);
  fixture_add_fault (f, fault);
  assert_timed_out (f, "");
}

static const gchar *const status_faults[] = {
  "status:garbage", "status:html", "status:truncate", "status:502",
  "status:unknown-state",
};

/* No byte comes: the submission is given up, and not repeated. */
static void
test_silence (void)
{
  Fixture *f = fixture_new (NULL, "inactivity-timeout", 2.0, NULL);
  Failure failure;

  fixture_add_fault (f, "submit:stall-after");
  run_into_failure (f, &failure);
  assert_outcome (failure.error, TIMEOUT);
  g_assert_cmpstr (failure.stage, ==, SUBMIT);
  assert_words (failure.error->message, "not a byte|" MAYBE);
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 1);
  failure_clear (&failure);
  fixture_free (f);
}

/* Wrong bytes inside of the picture show when it is decoded; where downstream
 * takes images nobody looks, and they pass. */
static void
test_damaged (void)
{
  Fixture *f = fixture_new (NULL, NULL, NULL);
  Failure failure;
  gchar *id;

  fixture_add_fault (f, "result:damaged");
  fixture_play (f, FRAME_CAPS, NULL);
  gst_harness_push (f->harness, make_frame (1));
  fixture_wait_failure (f, &failure);
  fixture_assert_record (f, "caps 32x24|EOS");
  assert_outcome (failure.error, BAD_DATA);
  id = fixture_get_request_id (f);
  g_assert_cmpstr (failure.request_id, ==, id);
  assert_words (failure.error->message, "decode");
  assert_words (failure.error->message, id);
  g_free (id);
  failure_clear (&failure);
  fixture_free (f);
}

static void
add_case (const gchar * group, const gchar * name, gconstpointer c,
    GTestDataFunc func)
{
  gchar *path = g_strdup_printf ("/failures/%s/%s", group, name);

  g_strdelimit (path, ":", '/');
  g_test_add_data_func (path, c, func);
  g_free (path);
}

int
main (int argc, char **argv)
{
  guint i;

  fixture_init (&argc, &argv);
  for (i = 0; i < G_N_ELEMENTS (cases); i++)
    add_case ("case", cases[i].fault, &cases[i], test_case);
  for (i = 0; i < G_N_ELEMENTS (key_cases); i++)
    add_case ("key", key_cases[i].name, &key_cases[i], test_key);
  for (i = 0; i < G_N_ELEMENTS (status_faults); i++)
    add_case ("timeout", status_faults[i], status_faults[i],
        test_timeout_without_status);
  g_test_add_func ("/failures/timeout/running", test_timeout);
  g_test_add_func ("/failures/timeout/in-queue", test_timeout_in_queue);
  g_test_add_func ("/failures/silence", test_silence);
  g_test_add_func ("/failures/never-sent", test_never_sent);
  g_test_add_func ("/failures/connection-refused", test_connection_refused);
  g_test_add_func ("/failures/damaged", test_damaged);
  return g_test_run ();
}
