/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The properties: every field through its row of the table, controllers,
 * presets, and that the key cannot be read back from anywhere.
 */
#include "fixture.h"

#include <glib/gstdio.h>
#include <gst/controller/controller.h>
#include <string.h>

#define KEY "KEYID-7f3a:SECRET-9c41"

static const CupField *
field_at (guint id)
{
  return cup_field_get ((CupFieldId) id);
}

/* Type, range, default and flags of the property are those of the row. */
static void
test_specs (void)
{
  GstElement *element = gst_element_factory_make ("creativeupscaler", NULL);
  GObjectClass *klass = G_OBJECT_GET_CLASS (element);
  guint id, n_properties = 0;

  for (id = 0; id < CUP_N_FIELDS; id++) {
    const CupField *field = field_at (id);
    GParamSpec *spec;

    if (!field->property) {
      g_assert_cmpint (field->kind, ==, CUP_FIELD_KIND_FRAME);
      continue;
    }
    n_properties++;
    spec = g_object_class_find_property (klass, field->property);
    g_assert_nonnull (spec);
    g_assert_cmpstr (g_param_spec_get_blurb (spec), ==, field->blurb);
    g_assert_true ((spec->flags & G_PARAM_READWRITE) == G_PARAM_READWRITE);
    g_assert_true (!!(spec->flags & GST_PARAM_CONTROLLABLE) ==
        field->per_frame);
    g_assert_true (spec->flags & GST_PARAM_MUTABLE_PLAYING);
    switch (field->kind) {
      case CUP_FIELD_KIND_NUMBER:{
        GParamSpecDouble *s = G_PARAM_SPEC_DOUBLE (spec);

        g_assert_cmpfloat (s->minimum, ==, field->minimum);
        g_assert_cmpfloat (s->maximum, ==, field->maximum);
        g_assert_cmpfloat (s->default_value, ==, field->fallback);
        break;
      }
      case CUP_FIELD_KIND_STRING:
        g_assert_cmpstr (G_PARAM_SPEC_STRING (spec)->default_value, ==,
            field->fallback_text);
        break;
      case CUP_FIELD_KIND_BOOLEAN:
        g_assert_cmpint (G_PARAM_SPEC_BOOLEAN (spec)->default_value, ==,
            field->fallback != 0);
        break;
      default:
        break;
    }
  }
  g_assert_cmpuint (n_properties, ==, 18);
  gst_object_unref (element);
}

/* A value for a field that is not its default, as a user would type it. */
static const gchar *
value_for (const CupField * field)
{
  switch (field->kind) {
    case CUP_FIELD_KIND_STRING:
      return "https://example.com/a b";
    case CUP_FIELD_KIND_NUMBER:
      return field->id == CUP_FIELD_SCALE ? "1.5" : "0.75";
    case CUP_FIELD_KIND_INTEGER:
      return "33";
    case CUP_FIELD_KIND_UNSIGNED:
      return "15860307465884635512";
    case CUP_FIELD_KIND_BOOLEAN:
      return field->fallback != 0 ? "false" : "true";
    case CUP_FIELD_KIND_CHOICE:
      return field->choices[1].wire;
    case CUP_FIELD_KIND_FRAME:
      break;
  }
  return NULL;
}

/* What is set on the element arrives in the job; what is not, is not set. */
static void
test_reach_the_job (void)
{
  guint id, other;

  for (id = 0; id < CUP_N_FIELDS; id++) {
    const CupField *field = field_at (id);
    const CupValues *values;
    Fixture *f;

    if (!field->property)
      continue;
    f = fixture_new (NULL, NULL);
    gst_util_set_object_arg (G_OBJECT (f->element), field->property,
        value_for (field));
    fixture_push (f, 1);
    gst_buffer_unref (gst_harness_pull (f->harness));
    values = cup_dummy_engine_get_values (f->engine, 1);
    for (other = 0; other < CUP_N_FIELDS; other++)
      g_assert_cmpint (cup_values_is_set (values, other), ==, other == id);

    if (field->id == CUP_FIELD_SEED)
      g_assert_cmpuint (cup_values_get_unsigned (values, id), ==,
          G_GUINT64_CONSTANT (15860307465884635512));
    fixture_free (f);
  }
}

/* What holds from the next start on says so while the element runs, where it is
 * a change. */
static void
test_too_late (void)
{
  Fixture *f = fixture_new (NULL, NULL);
  GstMessage *message;
  GError *error = NULL;

  gst_util_set_object_arg (G_OBJECT (f->element), "engine", "auto");
  g_object_set (f->element, "max-in-flight", 7, "creativity", 0.75, NULL);
  g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING));
  gst_util_set_object_arg (G_OBJECT (f->element), "engine", "local");
  message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_parse_warning (message, &error, NULL);
  g_assert_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS);
  g_assert_true (g_str_has_prefix (error->message, "engine was set"));
  g_clear_error (&error);
  gst_message_unref (message);
  gst_element_set_state (f->element, GST_STATE_READY);
  gst_bus_set_flushing (f->bus, TRUE);
  gst_bus_set_flushing (f->bus, FALSE);
  gst_util_set_object_arg (G_OBJECT (f->element), "engine", "auto");
  g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING));
  fixture_free (f);
}

/* Text that is not UTF-8 cannot be sent as JSON. The earlier value stays, and a
 * warning names the property, once. */
static void
test_not_utf8 (void)
{
  Fixture *f = fixture_new ("prompt", "an owl", NULL);
  GstMessage *message;
  GError *error = NULL;
  guint8 key;

  g_object_set (f->element, "prompt", "caf\xe9", NULL);
  for (key = 1; key < 3; key++) {
    fixture_push (f, key);
    gst_buffer_unref (gst_harness_pull (f->harness));
    g_assert_cmpstr (cup_values_get_string (cup_dummy_engine_get_values
            (f->engine, key), CUP_FIELD_PROMPT), ==, "an owl");
  }
  message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_parse_warning (message, &error, NULL);
  g_assert_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS);
  g_assert_true (g_str_has_prefix (error->message, "prompt: "));
  g_clear_error (&error);
  gst_message_unref (message);
  g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING));
  fixture_free (f);
}

static void
test_unset (void)
{
  Fixture *f = fixture_new ("seed", (gint64) 5, "prompt", "a", NULL);
  const CupValues *values;
  gchar *suffix;

  g_object_set (f->element, "seed", (gint64) - 1, "prompt", NULL,
      "prompt-suffix", NULL, NULL);
  g_object_get (f->element, "prompt-suffix", &suffix, NULL);
  g_assert_cmpstr (suffix, ==,
      cup_field_get (CUP_FIELD_PROMPT_SUFFIX)->fallback_text);
  g_free (suffix);
  fixture_push (f, 1);
  gst_buffer_unref (gst_harness_pull (f->harness));
  values = cup_dummy_engine_get_values (f->engine, 1);
  g_assert_cmpuint (cup_values_get_set_mask (values), ==, 0);
  fixture_free (f);
}

/* Each frame has the values of its own moment. */
static void
test_frozen (void)
{
  Fixture *f = fixture_new ("max-in-flight", 8, NULL);
  const CupDummyPlan hold = {.delay = CUP_DUMMY_HOLD };

  cup_dummy_engine_set_plan (f->engine, &hold);
  g_object_set (f->element, "creativity", 0.25, NULL);
  fixture_push (f, 1);
  g_object_set (f->element, "creativity", 0.5, NULL);
  fixture_push (f, 2);
  cup_dummy_engine_wait_started (f->engine, 2);
  g_assert_cmpfloat (cup_values_get_number (cup_dummy_engine_get_values
          (f->engine, 1), CUP_FIELD_CREATIVITY), ==, 0.25);
  g_assert_cmpfloat (cup_values_get_number (cup_dummy_engine_get_values
          (f->engine, 2), CUP_FIELD_CREATIVITY), ==, 0.5);
  fixture_free (f);
}

static void
test_controller (void)
{
  Fixture *f = fixture_new ("max-in-flight", 16, NULL);
  GstControlSource *source = gst_interpolation_control_source_new ();
  GstTimedValueControlSource *values = GST_TIMED_VALUE_CONTROL_SOURCE (source);
  guint8 key;

  g_object_set (source, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
  gst_timed_value_control_source_set (values, 0, 0.0);
  gst_timed_value_control_source_set (values, 10 * FRAME_DURATION, 1.0);
  gst_object_add_control_binding (GST_OBJECT (f->element),
      gst_direct_control_binding_new (GST_OBJECT (f->element), "creativity",
          source));
  for (key = 0; key <= 10; key++)
    fixture_push (f, key);
  for (key = 0; key <= 10; key++)
    gst_buffer_unref (gst_harness_pull (f->harness));
  for (key = 0; key <= 10; key++)
    g_assert_cmpfloat_with_epsilon (cup_values_get_number
        (cup_dummy_engine_get_values (f->engine, key), CUP_FIELD_CREATIVITY),
        key / 10.0, 1e-6);
  gst_object_unref (source);
  fixture_free (f);
}

/* One warning for what the engine cannot honour, not one a frame. */
static void
test_not_honoured (void)
{
  Fixture *f = fixture_new ("skip-ccsr", TRUE, "creativity", 0.3, NULL);
  GstMessage *message;
  GError *error = NULL;

  fixture_push (f, 1);
  fixture_push (f, 2);
  gst_buffer_unref (gst_harness_pull (f->harness));
  gst_buffer_unref (gst_harness_pull (f->harness));
  message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_parse_warning (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, "skip-ccsr"));
  g_assert_null (strstr (error->message, "creativity"));
  g_error_free (error);
  gst_message_unref (message);
  g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING));
  fixture_free (f);
}

static GstMessage *
start_and_wait (Fixture * f, GstMessageType type)
{
  gst_creative_upscaler_use_engine (GST_CREATIVE_UPSCALER (f->element), NULL);
  gst_element_set_state (f->element, GST_STATE_PAUSED);
  return fixture_wait_message (f, type);
}

/* auto says what it chose and why; fal without a key says what to do. */
static void
test_choice_of_engine (void)
{
  Fixture *f = fixture_new_idle ();
  GstMessage *message = start_and_wait (f, GST_MESSAGE_INFO);
  GError *error = NULL;

  gst_message_parse_info (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, "local"));
  g_assert_nonnull (strstr (error->message, "no key"));
  g_clear_error (&error);
  gst_message_unref (message);
  fixture_free (f);

  f = fixture_new_idle ();
  g_object_set (f->element, "api-key", KEY, NULL);
  message = start_and_wait (f, GST_MESSAGE_INFO);
  gst_message_parse_info (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, "fal"));
  g_assert_nonnull (strstr (error->message, "api-key"));
  g_assert_null (strstr (error->message, "SECRET"));
  g_clear_error (&error);
  gst_message_unref (message);
  fixture_free (f);

  f = fixture_new_idle ();
  gst_util_set_object_arg (G_OBJECT (f->element), "engine", "fal");
  message = start_and_wait (f, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  g_assert_nonnull (strstr (error->message, "FAL_KEY"));
  g_clear_error (&error);
  gst_message_unref (message);
  fixture_free (f);
}

static void
test_bad_settings (void)
{
  static const struct
  {
    const gchar *property;
    const gchar *value;
  } cases[] = {
    {"location", "http://example.com"},
    {"location", "ftp://127.0.0.1"},
    {"location", "not a url"},
    {"storage-location", "http://10.0.0.1/"},
    {"application", "no-slash"},
    {"application", "a/b?c=d"},
    {"api-key", "line\nbreak"},
    {"api-key-file", "/nonexistent/key"},
    {"tls-ca-file", "/nonexistent/ca.pem"},
    {"proxy", "no proxy"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fixture *f = fixture_new_idle ();
    gboolean key_file = g_str_equal (cases[i].property, "api-key-file");
    GstMessage *message;
    GError *error = NULL;

    gst_util_set_object_arg (G_OBJECT (f->element), "engine", "fal");
    if (!key_file)
      g_object_set (f->element, "api-key", KEY, NULL);
    g_object_set (f->element, cases[i].property, cases[i].value, NULL);
    gst_creative_upscaler_use_engine (GST_CREATIVE_UPSCALER (f->element), NULL);
    g_assert_cmpint (gst_element_set_state (f->element, GST_STATE_PAUSED), ==,
        GST_STATE_CHANGE_FAILURE);
    message = fixture_wait_message (f, GST_MESSAGE_ERROR);
    gst_message_parse_error (message, &error, NULL);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, cases[i].property));
    g_assert_null (strstr (error->message, "SECRET"));
    g_error_free (error);
    gst_message_unref (message);
    fixture_free (f);
  }
}

/* What the engine has by default is what the properties have. */
static void
test_defaults (void)
{
  GstElement *element = gst_element_factory_make ("creativeupscaler", NULL);
  gint upload, status_updates, queue_priority, on_unsafe;
  guint retries, upload_expiration, result_expiration;
  gdouble retry_delay, queue_timeout, start_timeout, connect_timeout;
  gboolean allow_double_cost, store_payloads;
  gchar *runner_hint, *tls_ca_file, *proxy, *application;
  GTlsDatabase *tls_database;
  GstStructure *extra_input;

  g_object_get (element, "upload", &upload, "status-updates", &status_updates,
      "retries", &retries, "retry-delay", &retry_delay, "allow-double-cost",
      &allow_double_cost, "queue-timeout", &queue_timeout, "start-timeout",
      &start_timeout, "queue-priority", &queue_priority, "runner-hint",
      &runner_hint, "upload-expiration", &upload_expiration,
      "result-expiration", &result_expiration, "store-payloads",
      &store_payloads, "tls-database", &tls_database, "tls-ca-file",
      &tls_ca_file, "proxy", &proxy, "on-unsafe", &on_unsafe, "extra-input",
      &extra_input, "connect-timeout", &connect_timeout, "application",
      &application, NULL);
  g_assert_cmpint (upload, ==, 0);
  g_assert_cmpint (status_updates, ==, 0);
  g_assert_cmpuint (retries, ==, 3);
  g_assert_cmpfloat (retry_delay, ==, 0.5);
  g_assert_false (allow_double_cost);
  g_assert_cmpfloat (queue_timeout, ==, 3600);
  g_assert_cmpfloat (start_timeout, ==, 0);
  g_assert_cmpint (queue_priority, ==, 0);
  g_assert_null (runner_hint);
  g_assert_cmpuint (upload_expiration, ==, 0);
  g_assert_cmpuint (result_expiration, ==, 0);
  g_assert_true (store_payloads);
  g_assert_null (tls_database);
  g_assert_null (tls_ca_file);
  g_assert_null (proxy);
  g_assert_cmpint (on_unsafe, ==, 0);
  g_assert_null (extra_input);
  g_assert_cmpfloat (connect_timeout, ==, 10);
  g_assert_cmpstr (application, ==, "fal-ai/creative-upscaler");
  g_free (application);
  gst_object_unref (element);
}

/* What is set is what is read, and where it may be set late, it says so. */
static void
test_set_and_get (void)
{
  static const struct
  {
    const gchar *property;
    const gchar *value;
    gboolean while_playing;
  } cases[] = {
    {"upload", "storage", FALSE},
    {"upload", "data-uri", FALSE},
    {"status-updates", "poll", FALSE},
    {"retries", "7", FALSE},
    {"retry-delay", "2.5", FALSE},
    {"allow-double-cost", "true", FALSE},
    {"queue-timeout", "12.5", TRUE},
    {"start-timeout", "30", FALSE},
    {"queue-priority", "low", FALSE},
    {"runner-hint", "session-1", FALSE},
    {"upload-expiration", "3600", FALSE},
    {"result-expiration", "86400", FALSE},
    {"store-payloads", "false", FALSE},
    {"tls-ca-file", "/etc/ca.pem", FALSE},
    {"proxy", "socks5://127.0.0.1:1080", FALSE},
    {"on-unsafe", "drop", TRUE},
    {"extra-input", "extra, face=(boolean)true;", TRUE},
  };
  GstElement *element = gst_element_factory_make ("creativeupscaler", NULL);
  GObjectClass *klass = G_OBJECT_GET_CLASS (element);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GParamSpec *spec = g_object_class_find_property (klass, cases[i].property);
    GValue value = G_VALUE_INIT;
    gchar *text;

    g_assert_nonnull (spec);
    g_assert_cmpint (!!(spec->flags & GST_PARAM_MUTABLE_PLAYING), ==,
        cases[i].while_playing);
    gst_util_set_object_arg (G_OBJECT (element), cases[i].property,
        cases[i].value);
    g_value_init (&value, spec->value_type);
    g_object_get_property (G_OBJECT (element), cases[i].property, &value);
    if (G_VALUE_HOLDS_ENUM (&value)) {
      GEnumClass *names = g_type_class_ref (spec->value_type);

      text = g_strdup (g_enum_get_value (names,
              g_value_get_enum (&value))->value_nick);
      g_type_class_unref (names);
    } else if (G_VALUE_HOLDS_STRING (&value)) {
      text = g_value_dup_string (&value);
    } else if (GST_VALUE_HOLDS_STRUCTURE (&value)) {
      text = gst_structure_to_string (gst_value_get_structure (&value));
    } else {
      text = gst_value_serialize (&value);
    }
    g_assert_cmpstr (text, ==, cases[i].value);
    g_free (text);
    g_value_unset (&value);
  }
  gst_object_unref (element);
}

/* Each frame has the limit of its moment, in microseconds. */
static void
test_queue_timeout (void)
{
  Fixture *f = fixture_new (NULL, NULL);

  fixture_push (f, 1);
  g_object_set (f->element, "queue-timeout", 0.5, NULL);
  fixture_push (f, 2);
  gst_buffer_unref (gst_harness_pull (f->harness));
  gst_buffer_unref (gst_harness_pull (f->harness));
  g_assert_cmpint (cup_dummy_engine_get_queue_timeout (f->engine, 1), ==,
      G_GINT64_CONSTANT (3600000000));
  g_assert_cmpint (cup_dummy_engine_get_queue_timeout (f->engine, 2), ==,
      500000);
  fixture_free (f);
}

static void
assert_no_key (const gchar * text)
{
  g_assert_null (strstr (text, "7f3a"));
  g_assert_null (strstr (text, "9c41"));
}

static void
assert_same_properties (GstElement * a, GstElement * b)
{
  static const gchar *names[] = { "runner-hint", "retries", "store-payloads",
    "on-unsafe", "extra-input", "proxy", "queue-timeout", "tls-ca-file"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (a),
        names[i]);
    GValue va = G_VALUE_INIT, vb = G_VALUE_INIT;

    g_value_init (&va, spec->value_type);
    g_value_init (&vb, spec->value_type);
    g_object_get_property (G_OBJECT (a), names[i], &va);
    g_object_get_property (G_OBJECT (b), names[i], &vb);
    if (spec->value_type == GST_TYPE_STRUCTURE)
      g_assert_true (gst_structure_is_equal (g_value_get_boxed (&va),
              g_value_get_boxed (&vb)));
    else if (g_param_values_cmp (spec, &va, &vb) != 0)
      g_error ("%s differs", names[i]);
    g_value_unset (&va);
    g_value_unset (&vb);
  }
}

/* What was saved is what is loaded: strings to the letter, and what was left
 * to the service is left to it again. */
static void
test_preset (void)
{
  static const gchar prompt[] =
      "a \"lighthouse\" at dusk;\n\tcaf\xc3\xa9, 100 %, \\o/";
  Fixture *f = fixture_new ("detail", 3.0, "skip-ccsr", FALSE, NULL);
  GstElement *one = gst_element_factory_make ("creativeupscaler", NULL);
  gchar *path, *text, *loaded, *suffix, *name;
  const CupValues *values;
  gdouble creativity;
  guint64 seed;

  g_object_set (one, "prompt", prompt, "prompt-suffix", "", "creativity", 0.4,
      "seed", G_GUINT64_CONSTANT (15860307465884635512), "skip-ccsr", TRUE,
      "max-in-flight", 7, "api-key", KEY, "runner-hint", "a b;c", "retries", 9,
      "store-payloads", FALSE, NULL);
  gst_util_set_object_arg (G_OBJECT (one), "on-unsafe", "error");
  gst_util_set_object_arg (G_OBJECT (one), "extra-input",
      "extra,words=\"a b; 100 %\",loras=<(structure)\"l,scale=0.5;\">");
  g_object_set (f->element, "proxy", "http://127.0.0.1:1", NULL);
  g_assert_true (gst_preset_save_preset (GST_PRESET (one), "dusk"));
  name = gst_element_get_name (f->element);
  g_assert_true (gst_preset_load_preset (GST_PRESET (f->element), "dusk"));
  g_object_get (f->element, "prompt", &loaded, "prompt-suffix", &suffix,
      "creativity", &creativity, "seed", &seed, NULL);
  g_assert_cmpstr (loaded, ==, prompt);
  g_assert_cmpstr (suffix, ==, "");
  g_assert_cmpfloat (creativity, ==, 0.4);
  g_assert_cmpuint (seed, ==, G_GUINT64_CONSTANT (15860307465884635512));
  g_assert_cmpstr (GST_OBJECT_NAME (f->element), ==, name);
  g_free (name);
  assert_same_properties (one, f->element);
  g_free (loaded);
  g_free (suffix);

  fixture_push (f, 1);
  gst_buffer_unref (gst_harness_pull (f->harness));
  values = cup_dummy_engine_get_values (f->engine, 1);
  g_assert_cmpuint (cup_values_get_set_mask (values), ==,
      CUP_FIELD_BIT (CUP_FIELD_PROMPT) | CUP_FIELD_BIT (CUP_FIELD_CREATIVITY)
      | CUP_FIELD_BIT (CUP_FIELD_PROMPT_SUFFIX) | CUP_FIELD_BIT (CUP_FIELD_SEED)
      | CUP_FIELD_BIT (CUP_FIELD_SKIP_CCSR));

  path = g_build_filename (g_get_user_data_dir (), "gstreamer-1.0", "presets",
      "GstCreativeUpscaler.prs", NULL);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "lighthouse"));
  assert_no_key (text);
  g_free (text);
  g_remove (path);
  g_free (path);
  gst_object_unref (one);
  fixture_free (f);
}

/* Neither the dot dump nor any property gives the key back. */
static void
test_key_is_write_only (void)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *element = gst_element_factory_make ("creativeupscaler", NULL);
  GParamSpec **specs;
  guint n, i;
  gchar *dot;

  g_object_set (element, "api-key", KEY, NULL);
  gst_bin_add (GST_BIN (pipeline), element);
  dot = gst_debug_bin_to_dot_data (GST_BIN (pipeline),
      GST_DEBUG_GRAPH_SHOW_ALL);
  assert_no_key (dot);
  g_free (dot);

  specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);
  for (i = 0; i < n; i++) {
    GValue value = G_VALUE_INIT;
    gchar *text;

    if (!(specs[i]->flags & G_PARAM_READABLE))
      continue;
    g_value_init (&value, specs[i]->value_type);
    g_object_get_property (G_OBJECT (element), specs[i]->name, &value);
    /* GStreamer cannot print a structure that is not set. */
    if (specs[i]->value_type != GST_TYPE_STRUCTURE
        || g_value_get_boxed (&value)) {
      text = g_strdup_value_contents (&value);
      assert_no_key (text);
      g_free (text);
    }
    g_value_unset (&value);
  }
  g_free (specs);
  gst_object_unref (pipeline);
}

/* Every property that can be set on a command line has a text to go by. */
static void
test_texts (void)
{
  GstElement *element = gst_element_factory_make ("creativeupscaler", NULL);
  GParamSpec **specs;
  guint n, i;

  specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);
  for (i = 0; i < n; i++) {
    if (specs[i]->owner_type != GST_TYPE_CREATIVE_UPSCALER)
      continue;
    g_assert_cmpuint (strlen (g_param_spec_get_blurb (specs[i])), >, 12);
    g_assert_cmpuint (strlen (g_param_spec_get_nick (specs[i])), >, 1);
  }
  g_free (specs);
  gst_object_unref (element);
}

/* Removes @home, and what GStreamer keeps there: presets, and the version before
 * of a file of them. */
static void
remove_home (const gchar * home)
{
  gchar *folder = g_build_filename (home, "gstreamer-1.0", NULL);
  gchar *presets = g_build_filename (folder, "presets", NULL);
  gchar *before = g_build_filename (presets, "GstCreativeUpscaler.prs.bak",
      NULL);

  g_remove (before);
  g_rmdir (presets);
  g_rmdir (folder);
  g_assert_cmpint (g_rmdir (home), ==, 0);
  g_free (before);
  g_free (presets);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  gchar *home = g_dir_make_tmp ("cup-properties-XXXXXX", NULL);
  int status;

  /* Presets are written to a home of this test's own; no key of the user's may
   * come in. */
  g_setenv ("XDG_DATA_HOME", home, TRUE);
  g_unsetenv ("FAL_KEY");
  g_unsetenv ("FAL_KEY_ID");
  g_unsetenv ("FAL_KEY_SECRET");
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/properties/specs", test_specs);
  g_test_add_func ("/properties/reach-the-job", test_reach_the_job);
  g_test_add_func ("/properties/unset", test_unset);
  g_test_add_func ("/properties/not-utf8", test_not_utf8);
  g_test_add_func ("/properties/too-late", test_too_late);
  g_test_add_func ("/properties/frozen", test_frozen);
  g_test_add_func ("/properties/controller", test_controller);
  g_test_add_func ("/properties/not-honoured", test_not_honoured);
  g_test_add_func ("/properties/choice-of-engine", test_choice_of_engine);
  g_test_add_func ("/properties/bad-settings", test_bad_settings);
  g_test_add_func ("/properties/defaults", test_defaults);
  g_test_add_func ("/properties/set-and-get", test_set_and_get);
  g_test_add_func ("/properties/queue-timeout", test_queue_timeout);
  g_test_add_func ("/properties/preset", test_preset);
  g_test_add_func ("/properties/key-is-write-only", test_key_is_write_only);
  g_test_add_func ("/properties/texts", test_texts);
  status = fixture_run ();
  remove_home (home);
  g_free (home);
  return status;
}
