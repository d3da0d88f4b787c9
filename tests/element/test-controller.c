/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Properties that change while frames pass, by a controller or by the
 * application: each frame is made with the values of its own time, and says so
 * in its meta and in its message.
 */
#include "fixture.h"

#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>

static const CupDummyPlan hold = {.delay = CUP_DUMMY_HOLD };

/* What is controlled here, from one value at the stream time 0 to another at 10
 * seconds. */
typedef struct
{
  const gchar *name;
  CupFieldId id;
  gdouble first;
  gdouble last;
  GstControlSource *source;
} Curve;

#define N_CURVES 3
#define CURVES { \
  { "creativity", CUP_FIELD_CREATIVITY, 0, 1, NULL }, \
  { "detail", CUP_FIELD_DETAIL, 4, 0.5, NULL }, \
  { "shape-preservation", CUP_FIELD_SHAPE_PRESERVATION, 0.25, 3, NULL }, \
}

static void
add_curves (Fixture * f, Curve * curves)
{
  guint i;

  for (i = 0; i < N_CURVES; i++) {
    GstControlSource *source = gst_interpolation_control_source_new ();
    GstTimedValueControlSource *timed = GST_TIMED_VALUE_CONTROL_SOURCE (source);

    g_object_set (source, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
    gst_timed_value_control_source_set (timed, 0, curves[i].first);
    gst_timed_value_control_source_set (timed, 10 * GST_SECOND, curves[i].last);
    g_assert_true (gst_object_add_control_binding (GST_OBJECT (f->element),
            gst_direct_control_binding_new_absolute (GST_OBJECT (f->element),
                curves[i].name, source)));
    curves[i].source = source;
  }
}

static void
free_curves (Curve * curves)
{
  guint i;

  for (i = 0; i < N_CURVES; i++)
    gst_object_unref (curves[i].source);
}

static GstStructure *
get_settings (const GstStructure * structure)
{
  GstStructure *settings = NULL;

  g_assert_true (gst_structure_get (structure, "settings", GST_TYPE_STRUCTURE,
          &settings, NULL));
  return settings;
}

/* Those in the meta of the next buffer, which is of the frame @key. */
static GstStructure *
pull_settings (Fixture * f, guint8 key)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);
  GstStructure *settings;
  GstCustomMeta *meta;
  guint8 found = 0;

  gst_buffer_extract (buffer, 0, &found, 1);
  g_assert_cmpuint (found, ==, key);
  meta = gst_buffer_get_custom_meta (buffer, "GstCreativeUpscalerMeta");
  g_assert_nonnull (meta);
  settings = get_settings (gst_custom_meta_get_structure (meta));
  gst_buffer_unref (buffer);
  return settings;
}

static gdouble
get_number (const GstStructure * settings, const gchar * name)
{
  gdouble value;

  if (!gst_structure_get_double (settings, name, &value))
    g_error ("no %s among the settings", name);
  return value;
}

/* That the frame was sent with the values of @stream_time, and says so. */
static void
check_frame (Fixture * f, const Curve * curves, guint8 key,
    GstClockTime stream_time)
{
  GstStructure *settings = pull_settings (f, key);
  const CupValues *sent = cup_dummy_engine_get_values (f->engine, key);
  guint i;

  for (i = 0; i < N_CURVES; i++) {
    gdouble expected = 0;

    g_assert_true (gst_control_source_get_value (curves[i].source, stream_time,
            &expected));
    g_assert_cmpfloat (cup_values_get_number (sent, curves[i].id), ==,
        expected);
    g_assert_cmpfloat (get_number (settings, curves[i].name), ==, expected);
  }
  gst_structure_free (settings);
}

/* Those that end out of order, too: the values are those of the frame, and not
 * those of the moment. */
static void
test_frame_by_frame (void)
{
  Curve curves[N_CURVES] = CURVES;
  Fixture *f = fixture_new ("max-in-flight", 16, NULL);
  guint8 key;

  add_curves (f, curves);
  cup_dummy_engine_set_plan (f->engine, &hold);
  for (key = 0; key < 16; key++)
    fixture_push (f, key);
  cup_dummy_engine_wait_started (f->engine, 16);
  for (key = 16; key > 0; key--)
    cup_dummy_engine_release (f->engine, key - 1);
  for (key = 0; key < 16; key++)
    check_frame (f, curves, key, key * FRAME_DURATION);
  cup_dummy_engine_release_all (f->engine);
  for (key = 16; key < 250; key++) {
    fixture_push (f, key);
    check_frame (f, curves, key, key * FRAME_DURATION);
  }
  free_curves (curves);
  fixture_free (f);
}

static void
push_segment (Fixture * f, const GstSegment * segment)
{
  g_assert_true (gst_harness_push_event (f->harness,
          gst_event_new_segment (segment)));
}

/* The keyframes are in stream time, whatever the segment makes of the times of
 * buffers and of the running time. */
static void
test_segment (void)
{
  Curve curves[N_CURVES] = CURVES;
  Fixture *f = fixture_new (NULL, NULL);
  GstSegment segment;
  guint8 key;

  add_curves (f, curves);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 20 * FRAME_DURATION + FRAME_DURATION / 2;
  segment.time = 3 * GST_SECOND;
  segment.base = 7 * GST_SECOND;
  push_segment (f, &segment);
  for (key = 20; key < 40; key++) {
    /* The first one is cut: what is left of it begins with the segment. */
    GstClockTime pts = MAX (key * FRAME_DURATION, segment.start);

    fixture_push (f, key);
    check_frame (f, curves, key, pts - segment.start + segment.time);
  }

  segment.applied_rate = 2;
  segment.offset = 5;
  push_segment (f, &segment);
  for (key = 40; key < 60; key++) {
    fixture_push (f, key);
    check_frame (f, curves, key, (key * FRAME_DURATION - segment.start) * 2
        + segment.time);
  }
  free_curves (curves);
  fixture_free (f);
}

static void
test_reverse (void)
{
  Curve curves[N_CURVES] = CURVES;
  Fixture *f = fixture_new (NULL, NULL);
  GstSegment segment;
  guint8 key;

  add_curves (f, curves);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = -1;
  segment.start = segment.time = GST_SECOND;
  segment.stop = segment.position = 3 * GST_SECOND;
  push_segment (f, &segment);
  for (key = 74; key > 24; key--) {
    fixture_push (f, key);
    check_frame (f, curves, key, key * FRAME_DURATION);
  }
  free_curves (curves);
  fixture_free (f);
}

/* A seek back takes the values back, too. */
static void
test_flush (void)
{
  Curve curves[N_CURVES] = CURVES;
  Fixture *f = fixture_new (NULL, NULL);
  GstSegment segment;

  add_curves (f, curves);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  fixture_push (f, 200);
  check_frame (f, curves, 200, 200 * FRAME_DURATION);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE));
  push_segment (f, &segment);
  fixture_push (f, 10);
  check_frame (f, curves, 10, 10 * FRAME_DURATION);
  free_curves (curves);
  fixture_free (f);
}

/* Of a frame without a time nothing is known: the values stay. */
static void
test_no_time (void)
{
  Curve curves[N_CURVES] = CURVES;
  Fixture *f = fixture_new (NULL, NULL);
  GstBuffer *buffer;

  add_curves (f, curves);
  fixture_push (f, 100);
  check_frame (f, curves, 100, 100 * FRAME_DURATION);
  buffer = fixture_make_frame (101);
  GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
  gst_harness_push (f->harness, buffer);
  check_frame (f, curves, 101, 100 * FRAME_DURATION);
  free_curves (curves);
  fixture_free (f);
}

/* The application */

/* Between two frames: the next one has it; those under way keep theirs. */
static void
test_property (void)
{
  Fixture *f = fixture_new ("max-in-flight", 8, "creativity", 0.25, NULL);
  GstStructure *settings;
  guint8 key;

  cup_dummy_engine_set_plan (f->engine, &hold);
  for (key = 1; key < 5; key++) {
    fixture_push (f, key);
    g_object_set (f->element, "creativity", key / 8., "seed",
        (gint64) (key * 1000), "prompt", key == 2 ? "a cat" : NULL, NULL);
  }
  cup_dummy_engine_wait_started (f->engine, 4);
  g_object_set (f->element, "creativity", 1., NULL);
  cup_dummy_engine_release_all (f->engine);
  for (key = 1; key < 5; key++) {
    guint64 seed = CUP_FIELD_UNSET;

    settings = pull_settings (f, key);
    g_assert_cmpfloat (get_number (settings, "creativity"), ==,
        key == 1 ? 0.25 : (key - 1) / 8.);
    g_assert_cmpfloat (get_number (settings, "creativity"), ==,
        cup_values_get_number (cup_dummy_engine_get_values (f->engine, key),
            CUP_FIELD_CREATIVITY));
    g_assert_cmpint (gst_structure_get_uint64 (settings, "seed", &seed), ==,
        key != 1);
    g_assert_cmpuint (seed, ==, key == 1 ? CUP_FIELD_UNSET : (key - 1) * 1000u);
    g_assert_cmpstr (gst_structure_get_string (settings, "prompt"), ==,
        key == 3 ? "a cat" : NULL);
    gst_structure_free (settings);
  }
  fixture_free (f);
}

static gint stop;

static gpointer
set_all_the_time (gpointer data)
{
  Fixture *f = data;
  guint i;

  for (i = 0; !g_atomic_int_get (&stop); i++)
    g_object_set (f->element, "creativity", (i % 101) / 100., "detail",
        (i % 101) / 100., "guidance-scale", (i % 17) + 0., NULL);
  return NULL;
}

/* From the application's thread at any time: whatever a frame gets, it reports
 * just that. */
static void
test_property_race (void)
{
  static const struct
  {
    const gchar *name;
    CupFieldId id;
  } fields[] = {
    {"creativity", CUP_FIELD_CREATIVITY},
    {"detail", CUP_FIELD_DETAIL},
    {"guidance-scale", CUP_FIELD_GUIDANCE_SCALE},
  };
  Fixture *f = fixture_new ("creativity", 0., "detail", 0., "guidance-scale",
      0., NULL);
  GThread *thread;
  guint8 key;
  guint i;

  g_atomic_int_set (&stop, 0);
  thread = g_thread_new ("setter", set_all_the_time, f);
  for (key = 0; key < 200; key++) {
    const CupValues *sent;
    GstStructure *settings;

    fixture_push (f, key);
    settings = pull_settings (f, key);
    sent = cup_dummy_engine_get_values (f->engine, key);
    for (i = 0; i < G_N_ELEMENTS (fields); i++)
      g_assert_cmpfloat (get_number (settings, fields[i].name), ==,
          cup_values_get_number (sent, fields[i].id));
    gst_structure_free (settings);
  }
  g_atomic_int_set (&stop, 1);
  g_thread_join (thread);
  fixture_free (f);
}

/* What is controlled is the controller's, until it is switched off. */
static void
test_property_and_controller (void)
{
  Curve curves[N_CURVES] = CURVES;
  Fixture *f = fixture_new (NULL, NULL);
  GstStructure *settings;

  add_curves (f, curves);
  g_object_set (f->element, "creativity", 0.75, "seed", (gint64) 7, NULL);
  fixture_push (f, 50);
  check_frame (f, curves, 50, 50 * FRAME_DURATION);
  gst_object_set_control_binding_disabled (GST_OBJECT (f->element),
      "creativity", TRUE);
  g_object_set (f->element, "creativity", 0.75, NULL);
  fixture_push (f, 51);
  settings = pull_settings (f, 51);
  g_assert_cmpfloat (get_number (settings, "creativity"), ==, 0.75);
  gst_structure_free (settings);
  free_curves (curves);
  fixture_free (f);
}

/* The size that a frame was asked for is its own, too. */
static void
test_scale (void)
{
  Fixture *f = fixture_new ("max-in-flight", 4, "scale", 1., NULL);
  guint8 key;

  cup_dummy_engine_set_plan (f->engine, &hold);
  for (key = 1; key < 4; key++) {
    fixture_push (f, key);
    g_object_set (f->element, "scale", key + 1., NULL);
  }
  cup_dummy_engine_wait_started (f->engine, 3);
  cup_dummy_engine_release_all (f->engine);
  for (key = 1; key < 4; key++) {
    GstBuffer *buffer = gst_harness_pull (f->harness);

    g_assert_cmpuint (gst_buffer_get_size (buffer), ==,
        FRAME_WIDTH * key * FRAME_HEIGHT * key * 3);
    gst_buffer_unref (buffer);
  }
  fixture_free (f);
}

/* What is told */

static void
test_message (void)
{
  const CupDummyPlan fails = {.fails = TRUE };
  Fixture *f = fixture_new ("creativity", 0.5, NULL);
  GstStructure *job, *settings;

  gst_util_set_object_arg (G_OBJECT (f->element), "on-error", "drop");
  cup_dummy_engine_set_plan_for (f->engine, 2, &fails);
  fixture_push (f, 1);
  job = fixture_wait_job (f, "done");
  settings = get_settings (job);
  g_assert_cmpfloat (get_number (settings, "creativity"), ==, 0.5);
  /* What was not set was left to the service. */
  g_assert_cmpint (gst_structure_n_fields (settings), ==, 1);
  gst_structure_free (settings);
  gst_structure_free (job);

  g_object_set (f->element, "creativity", 0.125, NULL);
  fixture_push (f, 2);
  job = fixture_wait_job (f, "failed");
  settings = get_settings (job);
  g_assert_cmpfloat (get_number (settings, "creativity"), ==, 0.125);
  gst_structure_free (settings);
  gst_structure_free (job);
  fixture_free (f);
}

static void
assert_string (const GstStructure * settings, const gchar * name,
    const gchar * expected)
{
  g_assert_cmpstr (gst_structure_get_string (settings, name), ==, expected);
}

/* Of every kind; and nothing that may be secret. */
static void
test_all_kinds (void)
{
  Fixture *f = fixture_new ("prompt", "a \"cat\", sleeping", "scale", 2.5,
      "num-inference-steps", 30, "seed",
      G_GUINT64_CONSTANT (15860307465884635512),
      "override-size-limits", TRUE, "additional-lora-url",
      "https://me:password@models.example/style.safetensors?token=xyzzy", NULL);
  gboolean override = FALSE;
  guint64 seed = 0;
  gint64 number = 0;
  GstStructure *settings;
  gchar *text;

  gst_util_set_object_arg (G_OBJECT (f->element), "model-type", "sdxl");
  gst_util_set_object_arg (G_OBJECT (f->element), "extra-input",
      "extra,webhook=https://me.example/plugh");
  fixture_push (f, 1);
  settings = pull_settings (f, 1);
  assert_string (settings, "prompt", "a \"cat\", sleeping");
  assert_string (settings, "model-type", "sdxl");
  g_assert_cmpfloat (get_number (settings, "scale"), ==, 2.5);
  g_assert_true (gst_structure_get_int64 (settings, "num-inference-steps",
          &number));
  g_assert_cmpint (number, ==, 30);
  g_assert_true (gst_structure_get_uint64 (settings, "seed", &seed));
  g_assert_cmpuint (seed, ==, G_GUINT64_CONSTANT (15860307465884635512));
  g_assert_true (gst_structure_get_boolean (settings, "override-size-limits",
          &override));
  g_assert_true (override);
  text = gst_structure_to_string (settings);
  g_assert_nonnull (strstr (text, "models.example/style.safetensors"));
  g_assert_null (strstr (text, "password"));
  g_assert_null (strstr (text, "xyzzy"));
  g_assert_null (strstr (text, "plugh"));
  g_free (text);
  gst_structure_free (settings);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  fixture_register ();

  g_test_add_func ("/controller/frame-by-frame", test_frame_by_frame);
  g_test_add_func ("/controller/segment", test_segment);
  g_test_add_func ("/controller/reverse", test_reverse);
  g_test_add_func ("/controller/flush", test_flush);
  g_test_add_func ("/controller/no-time", test_no_time);
  g_test_add_func ("/controller/property", test_property);
  g_test_add_func ("/controller/property-race", test_property_race);
  g_test_add_func ("/controller/property-and-controller",
      test_property_and_controller);
  g_test_add_func ("/controller/scale", test_scale);
  g_test_add_func ("/controller/message", test_message);
  g_test_add_func ("/controller/all-kinds", test_all_kinds);
  return fixture_run ();
}
