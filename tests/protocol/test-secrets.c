/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The key goes to the service's API and nowhere else: not into any log at its
 * highest level, any message on the bus, a dot dump, a preset, or a request to
 * another origin, whether all goes well or something fails, and also where a
 * server says it back.
 */
#include "fixture.h"

#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <string.h>

#include "plugins.h"

/* What has been seen. Written from any thread. */
static GMutex lock;
static GPtrArray *needles;
static gchar *found;
static guint64 n_lines;
static guint64 n_lines_of_ours;
static guint n_messages;
static GLogFunc forward_text;   /* what was the default handler */

/* The forms in which a secret may show. */
static void
add_needles (const gchar * secret)
{
  gsize length = strlen (secret), i;
  GString *hex = g_string_new (NULL);
  gchar *base64;

  for (i = 0; i < length; i++)
    g_string_append_printf (hex, "%02x", (guchar) secret[i]);
  /* Its last characters depend on what follows. */
  base64 = g_base64_encode ((const guchar *) secret, length / 3 * 3);
  g_ptr_array_add (needles, g_strdup (secret));
  g_ptr_array_add (needles, g_uri_escape_string (secret, NULL, FALSE));
  g_ptr_array_add (needles, base64);
  g_ptr_array_add (needles, g_string_free (hex, FALSE));
}

static void
make_needles (void)
{
  needles = g_ptr_array_new_with_free_func (g_free);
  add_needles (KEY_SECRET);
  add_needles (KEY);
  add_needles ("Key " KEY);
  g_ptr_array_add (needles, g_strdup ("SECRET-0f1c77\\/a+b"));
}

static const gchar *
find_needle (const gchar * text)
{
  guint i;

  for (i = 0; i < needles->len; i++)
    if (strstr (text, g_ptr_array_index (needles, i)))
      return g_ptr_array_index (needles, i);
  return NULL;
}

static void
look_at (const gchar * where, const gchar * text)
{
  if (!text || !find_needle (text))
    return;
  g_mutex_lock (&lock);
  if (!found)
    found = g_strdup_printf ("%s: %s", where, text);
  g_mutex_unlock (&lock);
}

/* Where it is looked for */

static void
on_gst_log (GstDebugCategory * category, GstDebugLevel level,
    const gchar * file, const gchar * function, gint line, GObject * object,
    GstDebugMessage * message, gpointer user_data)
{
  look_at (gst_debug_category_get_name (category),
      gst_debug_message_get (message));
  g_mutex_lock (&lock);
  n_lines++;
  if (category == gst_creative_upscaler_debug)
    n_lines_of_ours++;
  g_mutex_unlock (&lock);
}

static GLogWriterOutput
on_glib_log (GLogLevelFlags level, const GLogField * fields, gsize n_fields,
    gpointer user_data)
{
  gsize i;

  for (i = 0; i < n_fields; i++)
    if (fields[i].length < 0)
      look_at (fields[i].key, fields[i].value);
  if (level & (G_LOG_FLAG_FATAL | G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
    return g_log_writer_default (level, fields, n_fields, NULL);
  return G_LOG_WRITER_HANDLED;
}

/* What is logged by g_log() and its like. GLib's test framework has a default handler
 * for that, which newer versions of GLib do not pass on to the writer. */
static void
on_glib_text (const gchar * domain, GLogLevelFlags level, const gchar * text,
    gpointer user_data)
{
  look_at (domain ? domain : "log", text);
  if (level & (G_LOG_FLAG_FATAL | G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
    forward_text (domain, level, text, NULL);
}

static void
look_at_error (GstMessage * message)
{
  GError *error;
  gchar *debug;

  gst_message_parse_error (message, &error, &debug);
  look_at ("error", error->message);
  look_at ("debug", debug);
  g_error_free (error);
  g_free (debug);
}

static GstBusSyncReply
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  const GstStructure *structure = gst_message_get_structure (message);
  gchar *text = structure ? gst_structure_to_string (structure) : NULL;

  look_at (GST_MESSAGE_TYPE_NAME (message), text);
  g_free (text);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    look_at_error (message);
  g_mutex_lock (&lock);
  n_messages++;
  g_mutex_unlock (&lock);
  return GST_BUS_PASS;
}

static void
look_at_dot (GstElement * pipeline)
{
  gchar *dot = gst_debug_bin_to_dot_data (GST_BIN (pipeline),
      GST_DEBUG_GRAPH_SHOW_ALL | GST_DEBUG_GRAPH_SHOW_FULL_PARAMS);

  g_assert_nonnull (strstr (dot, "GstCreativeUpscaler"));
  look_at ("dot", dot);
  g_free (dot);
}

/* The key stands in one header of the requests to the API, which is not looked
 * at otherwise. */
static void
look_at_requests (Fixture * f)
{
  JsonArray *requests = fixture_get_requests (f, NULL);
  guint i;

  for (i = 0; i < json_array_get_length (requests); i++) {
    JsonObject *request = json_array_get_object_element (requests, i);
    const gchar *stage = json_object_get_string_member (request, "stage");
    JsonNode *node = json_node_alloc ();
    gchar *text;

    if (strcmp (json_object_get_string_member (request, "port"), "api") == 0
        && strcmp (stage, "put") != 0 && strcmp (stage, "download") != 0)
      json_object_remove_member (json_object_get_object_member (request,
              "headers"), "authorization");
    json_node_init_object (node, request);
    text = json_to_string (node, FALSE);
    look_at ("request", text);
    g_free (text);
    json_node_unref (node);
  }
  json_array_unref (requests);
}

static void
assert_nothing_found (void)
{
  g_mutex_lock (&lock);
  if (found)
    g_error ("the key shows in %s", found);
  g_mutex_unlock (&lock);
}

/* A pipeline around the fixture's element */

typedef struct
{
  GstElement *pipeline;
  GstElement *source;
  GstBus *bus;
} Line;

static void
line_init (Line * line, Fixture * f)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  GstCaps *caps = gst_caps_from_string (FRAME_CAPS);

  g_assert_nonnull (sink);
  line->source = gst_element_factory_make ("appsrc", NULL);
  g_assert_nonnull (line->source);
  g_object_set (line->source, "format", GST_FORMAT_TIME, "caps", caps, NULL);
  g_object_set (sink, "sync", FALSE, NULL);
  line->pipeline = gst_pipeline_new (NULL);
  gst_bin_add_many (GST_BIN (line->pipeline), line->source,
      gst_object_ref (f->element), sink, NULL);
  g_assert_true (gst_element_link_many (line->source, f->element, sink, NULL));
  line->bus = gst_element_get_bus (line->pipeline);
  gst_bus_set_sync_handler (line->bus, on_message, NULL, NULL);
  /* What gst-launch-1.0 -v does. */
  gst_element_add_property_deep_notify_watch (line->pipeline, NULL, TRUE);
  gst_caps_unref (caps);
}

static void
line_push (Line * line, guint first, guint n)
{
  GstFlowReturn flow;
  guint i;

  for (i = 0; i < n; i++) {
    GstBuffer *frame = make_frame (first + i);

    g_signal_emit_by_name (line->source, "push-buffer", frame, &flow);
    g_assert_cmpint (flow, ==, GST_FLOW_OK);
    gst_buffer_unref (frame);
  }
}

static void
line_clear (Line * line)
{
  gst_element_set_state (line->pipeline, GST_STATE_NULL);
  gst_bus_set_sync_handler (line->bus, NULL, NULL, NULL);
  gst_object_unref (line->bus);
  gst_object_unref (line->pipeline);
}

/* Runs frames through to the end, whichever that is, looks, and frees @f. */
static void
run_and_look (Fixture * f, GstMessageType expected)
{
  GstMessage *message;
  GstFlowReturn flow;
  Line line;

  line_init (&line, f);
  look_at_dot (line.pipeline);
  gst_element_set_state (line.pipeline, GST_STATE_PLAYING);
  line_push (&line, 0, 3);
  look_at_dot (line.pipeline);
  g_signal_emit_by_name (line.source, "end-of-stream", &flow);
  message = gst_bus_timed_pop_filtered (line.bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (message), ==,
      gst_message_type_get_name (expected));
  gst_message_unref (message);
  look_at_dot (line.pipeline);
  look_at_requests (f);
  line_clear (&line);
  assert_nothing_found ();
  fixture_free (f);
}

/* Forgets what was found; there has to be something. */
static void
take_found (const gchar * where)
{
  g_mutex_lock (&lock);
  if (!found)
    g_error ("what is written to %s is not seen", where);
  g_clear_pointer (&found, g_free);
  g_mutex_unlock (&lock);
}

static gpointer
log_elsewhere (gpointer data)
{
  g_debug ("with %s in it", KEY_SECRET);
  return NULL;
}

/* That all of this can find something at all. */
static void
test_looking (void)
{
  static const GLogLevelFlags levels[] = { G_LOG_LEVEL_DEBUG, G_LOG_LEVEL_INFO,
    G_LOG_LEVEL_MESSAGE
  };
  GstElement *element = gst_element_factory_make ("creativeupscaler", NULL);
  guint64 before = n_lines;
  guint i;

  GST_CAT_LOG_OBJECT (gst_creative_upscaler_debug, element, "%s and %"
      GST_PTR_FORMAT, "x" KEY "x", element);
  g_assert_nonnull (found);
  g_assert_nonnull (strstr (found, "creativeupscaler"));
  g_assert_cmpuint (n_lines, >, before);
  take_found ("GStreamer's log");
  for (i = 0; i < G_N_ELEMENTS (levels); i++) {
    g_log (NULL, levels[i], "with %s in it", KEY_SECRET);
    take_found ("GLib's log");
    g_log ("libsoup-net", levels[i], "with %s in it", KEY_SECRET);
    take_found ("a domain of GLib's log");
    g_log_structured ("libsoup-net", levels[i], "MESSAGE", "with %s in it",
        KEY_SECRET);
    take_found ("GLib's structured log");
  }
  g_thread_join (g_thread_new ("log", log_elsewhere, NULL));
  take_found ("GLib's log by another thread");
  look_at ("base64", "Authorization: Basic S0VZSUQtNWJlMjpTRUNSRVQtMGYxYzc3L2Er"
      "Yg==");
  take_found ("base64");
  gst_object_unref (element);
}

static void
test_property (void)
{
  guint64 before = n_lines_of_ours;
  guint messages = n_messages;

  run_and_look (fixture_new (NULL, "seed", (gint64) 5, NULL), GST_MESSAGE_EOS);
  g_assert_cmpuint (n_lines_of_ours, >, before);
  g_assert_cmpuint (n_messages, >, messages);
}

static void
test_environment (void)
{
  g_setenv ("FAL_KEY", KEY, TRUE);
  run_and_look (fixture_new (NULL, "api-key", NULL, NULL), GST_MESSAGE_EOS);
  g_unsetenv ("FAL_KEY");

  g_setenv ("FAL_KEY_ID", KEY_ID, TRUE);
  g_setenv ("FAL_KEY_SECRET", KEY_SECRET, TRUE);
  run_and_look (fixture_new (NULL, "api-key", NULL, NULL), GST_MESSAGE_EOS);
  g_unsetenv ("FAL_KEY_ID");
  g_unsetenv ("FAL_KEY_SECRET");
}

static void
test_file (void)
{
  GError *error = NULL;
  gchar *path;
  gint fd = g_file_open_tmp ("cup-secrets-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, KEY "\n", -1, &error));
  run_and_look (fixture_new (NULL, "api-key", NULL, "api-key-file", path,
          NULL), GST_MESSAGE_EOS);
  g_remove (path);
  g_free (path);
}

/* A key with a character that is not allowed is not shown either. */
static void
test_bad_key (void)
{
  Fixture *f = fixture_new (NULL, "api-key", "Key " KEY " \x01", NULL);

  gst_bus_set_sync_handler (f->bus, on_message, NULL, NULL);
  g_assert_cmpint (gst_element_set_state (f->element, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_FAILURE);
  gst_bus_set_sync_handler (f->bus, NULL, NULL, NULL);
  assert_nothing_found ();
  fixture_free (f);
}

static const gchar *const faults[] = {
  "initiate:401", "initiate:redirect", "initiate:garbage", "put:redirect",
  "put:404", "submit:redirect", "submit:reset", "submit:422", "submit:types",
  "status:redirect", "status:404", "result:redirect", "result:html",
  "result:model-422", "result:bad-url", "download:404", "download:html",
};

static void
test_failure (gconstpointer data)
{
  Fixture *f = fixture_new (NULL, NULL, NULL);

  fixture_add_fault (f, data);
  run_and_look (f, GST_MESSAGE_ERROR);
}

static const gchar *const detours[] = {
  "download:redirect:1", "submit:foreign-urls",
};

static void
test_detour (gconstpointer data)
{
  Fixture *f = fixture_new (NULL, NULL, NULL);

  fixture_add_fault (f, data);
  run_and_look (f, GST_MESSAGE_EOS);
}

/* Stopped with jobs under way, which are cancelled. */
static void
test_stop (void)
{
  Fixture *f = fixture_new (NULL, NULL, NULL);
  Line line;

  line_init (&line, f);
  cup_fal_service_hold (f->service, TRUE);
  gst_element_set_state (line.pipeline, GST_STATE_PLAYING);
  line_push (&line, 0, 3);
  fixture_wait_count (f, CUP_FAL_COUNT_ACCEPTED, 3);
  line_clear (&line);
  fixture_wait_count (f, CUP_FAL_COUNT_CANCELLED, 3);
  look_at_requests (f);
  assert_nothing_found ();
  fixture_free (f);
}

static void
look_at_files (const gchar * path, guint * n)
{
  GDir *directory = g_dir_open (path, 0, NULL);
  const gchar *name;
  gchar *text;

  while (directory && (name = g_dir_read_name (directory))) {
    gchar *inner = g_build_filename (path, name, NULL);

    if (g_file_test (inner, G_FILE_TEST_IS_DIR)) {
      look_at_files (inner, n);
    } else {
      g_assert_true (g_file_get_contents (inner, &text, NULL, NULL));
      look_at (inner, text);
      g_free (text);
      *n += 1;
    }
    g_remove (inner);
    g_free (inner);
  }
  g_clear_pointer (&directory, g_dir_close);
}

static void
test_preset (void)
{
  Fixture *f = fixture_new (NULL, "prompt", "a harbour", NULL);
  guint n = 0;

  g_assert_true (gst_preset_save_preset (GST_PRESET (f->element), "harbour"));
  look_at_files (g_get_user_data_dir (), &n);
  g_assert_cmpuint (n, >, 0);
  assert_nothing_found ();
  fixture_free (f);
}

/* A server that says everything back that it got, and more. */

typedef struct
{
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
  SoupServer *server;
  gchar *location;
  gint n_requests;              /* atomic */
} Echo;

static void
on_request (SoupServer * server, SoupServerMessage * message,
    const char *path, GHashTable * query, gpointer data)
{
  Echo *echo = data;
  SoupMessageHeaders *answer =
      soup_server_message_get_response_headers (message);
  const gchar *key =
      soup_message_headers_get_one (soup_server_message_get_request_headers
      (message), "Authorization");
  gchar *base64 = g_base64_encode ((const guchar *) KEY, strlen (KEY));
  gchar *escaped = g_uri_escape_string (KEY, NULL, FALSE);
  gchar *text;

  g_assert_cmpstr (key, ==, "Key " KEY);
  g_atomic_int_inc (&echo->n_requests);
  text = g_strdup_printf ("{\"detail\":[{\"loc\":[\"header\",\"%s\"],\"msg\":"
      "\"%s: %s is not good, %s, %s\",\"type\":\"bad_%s\"}]}", key, key,
      KEY_SECRET, base64, escaped, KEY_SECRET);
  soup_message_headers_append (answer, "X-Fal-Error-Type", key);
  soup_message_headers_append (answer, "x-fal-request-id", KEY_SECRET);
  soup_server_message_set_status (message, 401, key);
  soup_server_message_set_response (message, "application/json",
      SOUP_MEMORY_TAKE, text, strlen (text));
  g_free (escaped);
  g_free (base64);
}

static gpointer
run_echo (gpointer data)
{
  Echo *echo = data;

  g_main_context_push_thread_default (echo->context);
  g_main_loop_run (echo->loop);
  soup_server_disconnect (echo->server);
  g_main_context_pop_thread_default (echo->context);
  return NULL;
}

static void
echo_init (Echo * echo)
{
  GError *error = NULL;
  GSList *uris;

  echo->n_requests = 0;
  echo->context = g_main_context_new ();
  echo->loop = g_main_loop_new (echo->context, FALSE);
  g_main_context_push_thread_default (echo->context);
  echo->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (echo->server, NULL, on_request, echo, NULL);
  g_assert_true (soup_server_listen_local (echo->server, 0,
          SOUP_SERVER_LISTEN_IPV4_ONLY, &error));
  g_main_context_pop_thread_default (echo->context);
  uris = soup_server_get_uris (echo->server);
  echo->location = g_strdup_printf ("http://127.0.0.1:%d",
      g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  echo->thread = g_thread_new ("echo", run_echo, echo);
}

static gboolean
on_quit (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

static void
echo_clear (Echo * echo)
{
  g_main_context_invoke (echo->context, on_quit, echo->loop);
  g_thread_join (echo->thread);
  g_object_unref (echo->server);
  g_main_loop_unref (echo->loop);
  g_main_context_unref (echo->context);
  g_free (echo->location);
}

/* At the first stage, and at the submission. */
static void
test_echo (void)
{
  Echo echo;

  echo_init (&echo);
  run_and_look (fixture_new (NULL, "location", echo.location,
          "storage-location", echo.location, NULL), GST_MESSAGE_ERROR);
  g_assert_cmpint (g_atomic_int_get (&echo.n_requests), >, 0);
  g_atomic_int_set (&echo.n_requests, 0);
  run_and_look (fixture_new (NULL, "location", echo.location, NULL),
      GST_MESSAGE_ERROR);
  g_assert_cmpint (g_atomic_int_get (&echo.n_requests), >, 0);
  echo_clear (&echo);
}

static void
add_case (const gchar * group, const gchar * name, GTestDataFunc func)
{
  gchar *path = g_strdup_printf ("/secrets/%s/%s", group, name);

  g_strdelimit (path, ":", '/');
  g_test_add_data_func (path, name, func);
  g_free (path);
}

int
main (int argc, char **argv)
{
  gchar *home = g_dir_make_tmp ("cup-secrets-XXXXXX", NULL);
  int status;
  guint i;

  g_setenv ("XDG_DATA_HOME", home, TRUE);
  g_setenv ("G_MESSAGES_DEBUG", "all", TRUE);
  make_needles ();
  g_log_set_writer_func (on_glib_log, NULL, NULL);
  fixture_init (&argc, &argv);
  /* After the test framework has set its own. */
  forward_text = g_log_set_default_handler (on_glib_text, NULL);
  plugins_load ("coreelements app");
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (on_gst_log, NULL, NULL);
  gst_debug_set_active (TRUE);
  gst_debug_set_threshold_from_string ("*:9", TRUE);

  g_test_add_func ("/secrets/looking", test_looking);
  g_test_add_func ("/secrets/property", test_property);
  g_test_add_func ("/secrets/environment", test_environment);
  g_test_add_func ("/secrets/file", test_file);
  g_test_add_func ("/secrets/bad-key", test_bad_key);
  g_test_add_func ("/secrets/preset", test_preset);
  g_test_add_func ("/secrets/stop", test_stop);
  g_test_add_func ("/secrets/echo", test_echo);
  for (i = 0; i < G_N_ELEMENTS (faults); i++)
    add_case ("failure", faults[i], test_failure);
  for (i = 0; i < G_N_ELEMENTS (detours); i++)
    add_case ("detour", detours[i], test_detour);
  status = g_test_run ();
  g_rmdir (home);
  g_free (home);
  g_ptr_array_unref (needles);
  return status;
}
