/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The element with the embedded engine: which properties it knows, and what is
 * told of its frames.
 */
#include "choosing.h"

#include <string.h>

#define N_FRAMES 3

/* Playing, without the dummy engine. Properties as for g_object_set(). */
static Fixture *
local_fixture (const gchar * first_property, ...)
{
  Fixture *f = fixture_new_idle ();
  va_list args;

  gst_creative_upscaler_use_engine (GST_CREATIVE_UPSCALER (f->element), NULL);
  set_enum (f, "engine", "local");
  va_start (args, first_property);
  g_object_set_valist (G_OBJECT (f->element), first_property, args);
  va_end (args);
  fixture_play (f);
  return f;
}

static void
push_frames (Fixture * f)
{
  guint i;

  for (i = 0; i < N_FRAMES; i++)
    g_assert_cmpint (fixture_push (f, (guint8) (10 * i)), ==, GST_FLOW_OK);
}

/* The names of the one warning that the frames have caused; NULL for none. */
static gchar *
take_warning (Fixture * f)
{
  GstMessage *message;
  GError *error = NULL;
  gchar *text;
  guint i;

  push_frames (f);
  for (i = 0; i < N_FRAMES; i++)
    gst_buffer_unref (gst_harness_pull (f->harness));
  message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING);
  if (!message)
    return NULL;
  gst_message_parse_warning (message, &error, NULL);
  text = g_strdup (error->message);
  g_error_free (error);
  gst_message_unref (message);
  g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING));
  return text;
}

/* Fields that mean nothing to it are named, once, and all together. */
static void
test_without_a_meaning (void)
{
  static const gchar *const names[] = {
    "model-type", "prompt", "prompt-suffix", "negative-prompt",
    "guidance-scale", "enable-safety-checks", "base-model-url",
    "additional-lora-url", "additional-lora-scale", "additional-embedding-url",
  };
  Fixture *f = local_fixture ("model-type", 1, "prompt", "a cat",
      "prompt-suffix", " sharp", "negative-prompt", "blurry", "guidance-scale",
      3.0, "enable-safety-checks", FALSE, "base-model-url",
      "https://models.example/base", "additional-lora-url",
      "https://models.example/lora", "additional-lora-scale", 0.5,
      "additional-embedding-url", "https://models.example/word", NULL);
  gchar *text = take_warning (f);
  gsize i;

  g_assert_nonnull (text);
  g_assert_nonnull (strstr (text, "local"));
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    if (!strstr (text, names[i]))
      g_error ("%s is not in: %s", names[i], text);
  }
  g_free (text);
  fixture_free (f);
}

static void
test_with_a_meaning (void)
{
  Fixture *f = local_fixture ("scale", 1.5, "creativity", 0.2, "detail", 0.5,
      "shape-preservation", 1.0, "seed", G_GINT64_CONSTANT (7), "skip-ccsr",
      FALSE, "override-size-limits", TRUE, "num-inference-steps", 5, NULL);
  gchar *text = take_warning (f);

  g_assert_cmpstr (text, ==, NULL);
  fixture_free (f);
}

/* The steps choose a model where nothing else does. */
static void
test_steps (void)
{
  static const gchar *const models[] = { "fast", "balanced", "quality" };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (models); i++) {
    Fixture *f = fixture_new_idle ();
    gchar *text;

    gst_creative_upscaler_use_engine (GST_CREATIVE_UPSCALER (f->element), NULL);
    set_enum (f, "engine", "local");
    set_enum (f, "local-model", models[i]);
    g_object_set (f->element, "num-inference-steps", 5, "detail", 0.5, NULL);
    fixture_play (f);
    text = take_warning (f);
    g_assert_nonnull (text);
    g_assert_nonnull (strstr (text, "num-inference-steps"));
    g_assert_null (strstr (text, "detail"));
    g_free (text);
    fixture_free (f);
  }
}

/* The seed of all the frames, which a message and the buffer's meta tell;
 * CUP_FIELD_UNSET where none is told. */
static guint64
take_seed (Fixture * f)
{
  guint64 seeds[2 * N_FRAMES];
  guint i;

  push_frames (f);
  for (i = 0; i < N_FRAMES; i++) {
    GstBuffer *buffer = gst_harness_pull (f->harness);

    if (!gst_structure_get_uint64 (get_meta (buffer), "seed", &seeds[2 * i]))
      seeds[2 * i] = CUP_FIELD_UNSET;
    gst_buffer_unref (buffer);
  }
  for (i = 0; i < N_FRAMES; i++) {
    GstStructure *job = fixture_wait_job (f, "done");

    if (!gst_structure_get_uint64 (job, "seed", &seeds[2 * i + 1]))
      seeds[2 * i + 1] = CUP_FIELD_UNSET;
    gst_structure_free (job);
  }
  for (i = 1; i < G_N_ELEMENTS (seeds); i++)
    g_assert_cmpuint (seeds[i], ==, seeds[0]);
  return seeds[0];
}

/* Frames of one stream have one, and each start draws anew. */
static void
test_seed_drawn (void)
{
  Fixture *f = local_fixture (NULL);
  guint64 first = take_seed (f), other = first;
  guint i;

  g_assert_cmpuint (first, <=, G_MAXINT32);
  fixture_free (f);
  for (i = 0; i < 3 && other == first; i++) {
    f = local_fixture (NULL);
    other = take_seed (f);
    fixture_free (f);
  }
  g_assert_cmpuint (other, !=, first);
}

/* Also where the element is the same. */
static void
test_seed_of_a_start (void)
{
  Fixture *f = local_fixture (NULL);
  guint64 first = take_seed (f), other = first;
  guint i;

  for (i = 0; i < 3 && other == first; i++) {
    gst_element_set_state (f->element, GST_STATE_READY);
    gst_bus_set_flushing (f->bus, TRUE);
    gst_bus_set_flushing (f->bus, FALSE);
    gst_harness_play (f->harness);
    gst_harness_push_event (f->harness, gst_event_new_stream_start ("another"));
    fixture_set_caps (f, FRAME_CAPS);
    other = take_seed (f);
  }
  g_assert_cmpuint (other, !=, first);
  fixture_free (f);
}

static void
test_seed_set (void)
{
  Fixture *f = local_fixture ("seed", G_MAXUINT64 - 1, NULL);

  g_assert_cmpuint (take_seed (f), ==, G_MAXUINT64 - 1);
  fixture_free (f);

  /* Where nothing depends on it. */
  f = local_fixture ("creativity", 0.0, NULL);
  g_assert_cmpuint (take_seed (f), ==, CUP_FIELD_UNSET);
  fixture_free (f);
  f = local_fixture ("creativity", 0.0, "seed", G_GINT64_CONSTANT (7), NULL);
  g_assert_cmpuint (take_seed (f), ==, CUP_FIELD_UNSET);
  fixture_free (f);
}

static void
test_model (void)
{
  Fixture *f = fixture_new_idle ();
  gint model = -1;

  g_object_get (f->element, "local-model", &model, NULL);
  g_assert_cmpint (model, ==, CUP_LOCAL_MODEL_AUTO);
  set_enum (f, "local-model", "quality");
  g_object_get (f->element, "local-model", &model, NULL);
  g_assert_cmpint (model, ==, CUP_LOCAL_MODEL_QUALITY);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  fixture_register ();
  g_test_add_func ("/local/without-a-meaning", test_without_a_meaning);
  g_test_add_func ("/local/with-a-meaning", test_with_a_meaning);
  g_test_add_func ("/local/steps", test_steps);
  g_test_add_func ("/local/seed/drawn", test_seed_drawn);
  g_test_add_func ("/local/seed/of-a-start", test_seed_of_a_start);
  g_test_add_func ("/local/seed/set", test_seed_set);
  g_test_add_func ("/local/model", test_model);
  return fixture_run ();
}
