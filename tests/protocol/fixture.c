/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An element, two pads and a service: see fixture.h.
 */
#include "fixture.h"

#include <libsoup/soup.h>
#include <string.h>

#include "plugins.h"

/* Long enough for a machine that does much else, and a sanitizer. */
#define LIMIT_MS 60000

void
fixture_init (int *argc, char ***argv)
{
  g_unsetenv ("FAL_KEY");
  g_unsetenv ("FAL_KEY_ID");
  g_unsetenv ("FAL_KEY_SECRET");
  plugins_restrict (NULL);
  gst_init (argc, argv);
  g_test_init (argc, argv, NULL);
  g_assert_true (GST_ELEMENT_REGISTER (creativeupscaler, NULL));
}

void
fixture_options_init (CupFalServiceOptions * options)
{
  cup_fal_service_options_init (options);
  options->key = KEY;
}

Fixture *
fixture_new (const CupFalServiceOptions * options,
    const gchar * first_property, ...)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  CupFalServiceOptions defaults;
  GError *error = NULL;
  const gchar *location;
  va_list args;

  g_mutex_init (&fixture->lock);
  g_cond_init (&fixture->cond);
  fixture->record = g_ptr_array_new_with_free_func (g_free);
  fixture_options_init (&defaults);
  fixture->service = cup_fal_service_new (options ? options : &defaults,
      &error);
  g_assert_no_error (error);
  location = cup_fal_service_get_location (fixture->service);

  fixture->element = gst_element_factory_make ("creativeupscaler", NULL);
  gst_util_set_object_arg (G_OBJECT (fixture->element), "engine", "fal");
  g_object_set (fixture->element, "api-key", KEY, "location", location,
      "storage-location", location, "retry-delay", 0.02, NULL);
  /* The frames of the tests are small enough to go without. */
  gst_util_set_object_arg (G_OBJECT (fixture->element), "upload", "storage");
  va_start (args, first_property);
  if (first_property)
    g_object_set_valist (G_OBJECT (fixture->element), first_property, args);
  va_end (args);
  fixture->bus = gst_bus_new ();
  gst_element_set_bus (fixture->element, fixture->bus);
  return fixture;
}

static gchar *
describe_item (GstPadProbeInfo * info)
{
  guint8 first = 0;
  gint width = 0, height = 0;
  GstStructure *structure;
  GstEvent *event;
  GstCaps *caps;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    gst_buffer_extract (GST_PAD_PROBE_INFO_BUFFER (info), 0, &first, 1);
    return g_strdup_printf ("%d", first);
  }
  event = GST_PAD_PROBE_INFO_EVENT (info);
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    return g_strdup ("EOS");
  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return NULL;
  gst_event_parse_caps (event, &caps);
  structure = gst_caps_get_structure (caps, 0);
  gst_structure_get (structure, "width", G_TYPE_INT, &width, "height",
      G_TYPE_INT, &height, NULL);
  return g_strdup_printf ("caps %dx%d", width, height);
}

static GstPadProbeReturn
record_item (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Fixture *fixture = user_data;
  gchar *text = describe_item (info);

  if (text) {
    g_mutex_lock (&fixture->lock);
    g_ptr_array_add (fixture->record, text);
    g_cond_broadcast (&fixture->cond);
    g_mutex_unlock (&fixture->lock);
  }
  return GST_PAD_PROBE_OK;
}

void
fixture_poll (Fixture * fixture)
{
  gst_util_set_object_arg (G_OBJECT (fixture->element), "status-updates",
      "poll");
}

void
fixture_play (Fixture * fixture, const gchar * caps, const gchar * accepted)
{
  fixture->harness = gst_harness_new_with_element (fixture->element, "sink",
      "src");
  /* The harness takes the bus of its elements. */
  gst_element_set_bus (fixture->element, fixture->bus);
  gst_pad_add_probe (fixture->harness->sinkpad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      record_item, fixture, NULL);
  if (accepted)
    gst_harness_set_sink_caps_str (fixture->harness, accepted);
  gst_harness_set_src_caps_str (fixture->harness, caps);
}

void
fixture_free (Fixture * fixture)
{
  gst_element_set_state (fixture->element, GST_STATE_NULL);
  if (fixture->harness)
    gst_harness_teardown (fixture->harness);
  gst_object_unref (fixture->element);
  gst_bus_set_flushing (fixture->bus, TRUE);
  gst_object_unref (fixture->bus);
  /* Whatever the test was about. */
  fixture_assert_count (fixture, CUP_FAL_COUNT_LEAKS, 0);
  cup_fal_service_free (fixture->service);
  g_ptr_array_unref (fixture->record);
  g_cond_clear (&fixture->cond);
  g_mutex_clear (&fixture->lock);
  g_free (fixture);
}

/* The service */

void
fixture_add_fault (Fixture * fixture, const gchar * spec)
{
  GError *error = NULL;

  /* Otherwise nobody would ask. */
  if (g_str_has_prefix (spec, "status:"))
    fixture_poll (fixture);
  cup_fal_service_add_fault (fixture->service, spec, &error);
  g_assert_no_error (error);
}

void
fixture_wait_count (Fixture * fixture, CupFalCounter counter, guint64 count)
{
  g_assert_true (cup_fal_service_wait_count (fixture->service, counter, count,
          LIMIT_MS));
}

void
fixture_assert_count (Fixture * fixture, CupFalCounter counter, guint64 count)
{
  g_assert_cmpuint (cup_fal_service_get_count (fixture->service, counter), ==,
      count);
}

/* Frames */

GstBuffer *
make_frame (guint8 key)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 16 * 12 * 3, NULL);

  gst_buffer_memset (buffer, 0, key, -1);
  GST_BUFFER_PTS (buffer) = key * FRAME_DURATION;
  GST_BUFFER_DURATION (buffer) = FRAME_DURATION;
  return buffer;
}

GBytes *
make_picture (CupImageType type, guint width, guint height)
{
  CupPixels *pixels = cup_pixels_new (width, height, 3, 8, NULL);
  GRand *noise = g_rand_new_with_seed (width * height);
  GError *error = NULL;
  GBytes *bytes;
  guint x, y;

  for (y = 0; y < height; y++) {
    guint8 *row = cup_pixels_row (pixels, y);

    for (x = 0; x < width; x++) {
      row[3 * x] = x * 255 / width;
      row[3 * x + 1] = y * 255 / height;
      row[3 * x + 2] = g_rand_int_range (noise, 0, 256);
    }
  }
  bytes = cup_image_encode (pixels, type, 90, &error);
  g_assert_no_error (error);
  g_rand_free (noise);
  cup_pixels_unref (pixels);
  return bytes;
}

GstBuffer *
make_image_frame (GBytes * picture)
{
  GstBuffer *buffer = gst_buffer_new_wrapped_bytes (picture);

  GST_BUFFER_PTS (buffer) = 0;
  GST_BUFFER_DURATION (buffer) = FRAME_DURATION;
  return buffer;
}

GstBuffer *
fixture_upscale (Fixture * fixture, GstBuffer * frame)
{
  GstBuffer *result;

  g_assert_cmpint (gst_harness_push (fixture->harness, frame), ==, GST_FLOW_OK);
  result = gst_harness_pull (fixture->harness);
  if (!result) {
    Failure failure;

    fixture_wait_failure (fixture, &failure);
    g_error ("%s", failure.error->message);
  }
  return result;
}

void
fixture_run_one (Fixture * fixture)
{
  if (!fixture->harness)
    fixture_play (fixture, FRAME_CAPS, NULL);
  assert_frame (fixture_upscale (fixture, make_frame (1)), 1);
}

void
assert_frame (GstBuffer * frame, guint8 key)
{
  guint8 first;

  g_assert_nonnull (frame);
  g_assert_cmpuint (gst_buffer_extract (frame, 0, &first, 1), ==, 1);
  g_assert_cmpuint (first, ==, key);
  g_assert_cmpuint (GST_BUFFER_PTS (frame), ==, key * FRAME_DURATION);
  gst_buffer_unref (frame);
}

void
fixture_assert_record (Fixture * fixture, const gchar * expected)
{
  gint64 end = g_get_monotonic_time () + LIMIT_MS * G_TIME_SPAN_MILLISECOND;
  gchar **words = g_strsplit (expected, "|", -1);
  gchar *found;

  g_mutex_lock (&fixture->lock);
  while (fixture->record->len < g_strv_length (words))
    if (!g_cond_wait_until (&fixture->cond, &fixture->lock, end))
      break;
  g_ptr_array_add (fixture->record, NULL);
  found = g_strjoinv ("|", (gchar **) fixture->record->pdata);
  g_ptr_array_set_size (fixture->record, (gint) fixture->record->len - 1);
  g_mutex_unlock (&fixture->lock);
  g_assert_cmpstr (found, ==, expected);
  g_free (found);
  g_strfreev (words);
}

gboolean
fixture_record_is_empty (Fixture * fixture)
{
  gboolean empty;

  g_mutex_lock (&fixture->lock);
  empty = fixture->record->len == 0;
  g_mutex_unlock (&fixture->lock);
  return empty;
}

/* Errors */

void
fixture_wait_failure (Fixture * fixture, Failure * failure)
{
  const GstStructure *details;
  GstMessage *message;

  memset (failure, 0, sizeof (*failure));
  failure->pts = GST_CLOCK_TIME_NONE;
  message = gst_bus_timed_pop_filtered (fixture->bus, LIMIT_MS * GST_MSECOND,
      GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &failure->error, &failure->debug);
  gst_message_parse_error_details (message, &details);
  g_test_message ("%s\n%s", failure->error->message, failure->debug);
  if (details) {
    g_assert_true (gst_structure_has_name (details, "creativeupscaler-error"));
    failure->engine = g_strdup (gst_structure_get_string (details, "engine"));
    failure->stage = g_strdup (gst_structure_get_string (details, "stage"));
    failure->request_id =
        g_strdup (gst_structure_get_string (details, "request-id"));
    failure->error_type =
        g_strdup (gst_structure_get_string (details, "error-type"));
    gst_structure_get_uint (details, "http-status", &failure->http_status);
    gst_structure_get_uint64 (details, "pts", &failure->pts);
  }
  gst_message_unref (message);
}

void
failure_clear (Failure * failure)
{
  g_clear_error (&failure->error);
  g_clear_pointer (&failure->debug, g_free);
  g_clear_pointer (&failure->engine, g_free);
  g_clear_pointer (&failure->stage, g_free);
  g_clear_pointer (&failure->request_id, g_free);
  g_clear_pointer (&failure->error_type, g_free);
}

gboolean
fixture_has_failed (Fixture * fixture)
{
  GstMessage *message = gst_bus_pop_filtered (fixture->bus, GST_MESSAGE_ERROR);
  gboolean failed = message != NULL;

  gst_clear_message (&message);
  return failed;
}

/* The log */

JsonArray *
fixture_get_requests (Fixture * fixture, const gchar * stage)
{
  JsonNode *log = cup_fal_service_get_log (fixture->service);
  JsonArray *all = json_node_get_array (log);
  JsonArray *requests = json_array_new ();
  guint i;

  for (i = 0; i < json_array_get_length (all); i++) {
    JsonObject *request = json_array_get_object_element (all, i);

    if (!stage || strcmp (json_object_get_string_member (request, "stage"),
            stage) == 0)
      json_array_add_object_element (requests, json_object_ref (request));
  }
  json_node_unref (log);
  return requests;
}

JsonObject *
fixture_get_submitted (Fixture * fixture, guint n)
{
  JsonArray *requests = fixture_get_requests (fixture, "submit");
  JsonObject *body;

  g_assert_cmpuint (json_array_get_length (requests), >, n);
  body = json_object_get_object_member (json_array_get_object_element
      (requests, n), "body");
  json_object_ref (body);
  json_array_unref (requests);
  return body;
}

const gchar *
request_get_header (JsonObject * request, const gchar * name)
{
  JsonObject *headers = json_object_get_object_member (request, "headers");

  return json_object_get_string_member_with_default (headers, name, NULL);
}

gchar *
fixture_get_request_id (Fixture * fixture)
{
  JsonArray *requests = fixture_get_requests (fixture, NULL);
  const gchar *path = NULL;
  gchar **parts, *id;
  guint i;

  for (i = 0; i < json_array_get_length (requests) && !path; i++)
    path = strstr (json_object_get_string_member
        (json_array_get_object_element (requests, i), "path"), "/requests/");
  g_assert_nonnull (path);
  parts = g_strsplit (path, "/", -1);
  id = g_strdup (parts[2]);
  g_strfreev (parts);
  json_array_unref (requests);
  return id;
}

GBytes *
fetch (const gchar * url)
{
  SoupSession *session = soup_session_new_with_options ("proxy-resolver",
      NULL, NULL);
  SoupMessage *message = soup_message_new ("GET", url);
  GError *error = NULL;
  GBytes *bytes;

  bytes = soup_session_send_and_read (session, message, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (soup_message_get_status (message), ==, 200);
  g_object_unref (message);
  g_object_unref (session);
  return bytes;
}

GBytes *
fixture_fetch_uploaded (Fixture * fixture, guint n)
{
  JsonObject *body = fixture_get_submitted (fixture, n);
  GBytes *bytes = fetch (json_object_get_string_member (body, "image_url"));

  json_object_unref (body);
  return bytes;
}

GBytes *
fixture_fetch_result (Fixture * fixture)
{
  JsonArray *requests = fixture_get_requests (fixture, "download");
  guint n = json_array_get_length (requests);
  GBytes *bytes;
  gchar *url;

  g_assert_cmpuint (n, >, 0);
  url = g_strconcat (cup_fal_service_get_files_location (fixture->service),
      json_object_get_string_member (json_array_get_object_element (requests,
              n - 1), "path"), NULL);
  bytes = fetch (url);
  g_free (url);
  json_array_unref (requests);
  return bytes;
}
