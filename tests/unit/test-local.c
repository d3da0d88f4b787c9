/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The local engine, as the dispatcher uses it: jobs in, results or errors out.
 */
#include "engine/local/local.h"

#include <string.h>

#include "base/error.h"

/* What a job came to. */
typedef struct
{
  guint completions;
  CupResult *result;
  GError *error;
} Outcome;

static void
job_done (CupJob * job, CupResult * result, GError * error, gpointer user_data)
{
  Outcome *outcome = user_data;

  outcome->completions++;
  outcome->result = result;
  outcome->error = error;
}

static CupPixels *
load_pixels (gpointer data, GError ** error)
{
  return cup_pixels_ref (data);
}

static void
unref_pixels (gpointer data)
{
  cup_pixels_unref (data);
}

static CupPixels *
new_pixels (guint width, guint height, guint channels, guint depth)
{
  GError *error = NULL;
  CupPixels *pixels;
  gsize i;

  pixels = cup_pixels_new (width, height, channels, depth, &error);
  g_assert_no_error (error);
  for (i = 0; i < cup_pixels_get_size (pixels); i++)
    pixels->data[i] = i * 37 + i / 251;
  return pixels;
}

/* A job that is ready for the engine. Takes @pixels. */
static CupJob *
new_job (CupPixels * pixels, gdouble scale, Outcome * outcome)
{
  CupValues *values = cup_values_new ();
  GValue value = G_VALUE_INIT;
  GError *error = NULL;
  CupJob *job;

  g_value_init (&value, G_TYPE_DOUBLE);
  g_value_set_double (&value, scale);
  cup_values_set (values, CUP_FIELD_SCALE, &value);
  g_value_unset (&value);

  memset (outcome, 0, sizeof (*outcome));
  job = cup_job_new_raw (pixels->width, pixels->height, load_pixels, pixels,
      unref_pixels);
  cup_job_set_values (job, values);
  cup_job_set_callback (job, job_done, outcome, NULL);
  g_assert_true (cup_job_need_pixels (job, &error));
  g_assert_no_error (error);
  return job;
}

static void
set_boolean (CupJob * job, CupFieldId id, gboolean to)
{
  CupValues *values = cup_values_copy (cup_job_get_values (job));
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_BOOLEAN);
  g_value_set_boolean (&value, to);
  cup_values_set (values, id, &value);
  g_value_unset (&value);
  cup_job_set_values (job, values);
}

static void
set_number (CupJob * job, CupFieldId id, gdouble to)
{
  CupValues *values = cup_values_copy (cup_job_get_values (job));
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_DOUBLE);
  g_value_set_double (&value, to);
  cup_values_set (values, id, &value);
  g_value_unset (&value);
  cup_job_set_values (job, values);
}

static void
set_seed (CupJob * job, guint64 seed)
{
  CupValues *values = cup_values_copy (cup_job_get_values (job));
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_UINT64);
  g_value_set_uint64 (&value, seed);
  cup_values_set (values, CUP_FIELD_SEED, &value);
  g_value_unset (&value);
  cup_job_set_values (job, values);
}

/* Has the engine resample and do nothing else. */
static CupJob *
only_resample (CupJob * job)
{
  set_boolean (job, CUP_FIELD_SKIP_CCSR, TRUE);
  set_number (job, CUP_FIELD_CREATIVITY, 0);
  set_number (job, CUP_FIELD_DETAIL, 0);
  return job;
}

static void
outcome_clear (Outcome * outcome)
{
  g_clear_pointer (&outcome->result, cup_result_free);
  g_clear_error (&outcome->error);
}

/* Runs @job, which it takes, and says how it was completed: once, before the
 * call returns. */
static void
run (CupJob * job, Outcome * outcome)
{
  CupEngine *engine = cup_local_engine_new (CUP_LOCAL_MODEL_AUTO);

  cup_engine_upscale_async (engine, job);
  g_assert_cmpuint (outcome->completions, ==, 1);
  g_assert_true ((outcome->result == NULL) != (outcome->error == NULL));
  cup_job_unref (job);
  g_object_unref (engine);
}

static void
test_declaration (void)
{
  CupEngine *engine = cup_local_engine_new (CUP_LOCAL_MODEL_AUTO);
  const guint64 honoured = CUP_FIELD_BIT (CUP_FIELD_IMAGE_URL)
      | CUP_FIELD_BIT (CUP_FIELD_SCALE)
      | CUP_FIELD_BIT (CUP_FIELD_CREATIVITY)
      | CUP_FIELD_BIT (CUP_FIELD_DETAIL)
      | CUP_FIELD_BIT (CUP_FIELD_SHAPE_PRESERVATION)
      | CUP_FIELD_BIT (CUP_FIELD_SEED)
      | CUP_FIELD_BIT (CUP_FIELD_SKIP_CCSR)
      | CUP_FIELD_BIT (CUP_FIELD_OVERRIDE_SIZE_LIMITS);

  g_assert_cmpstr (cup_engine_get_name (engine), ==, "local");
  g_assert_cmpuint (cup_engine_get_accepts (engine), ==,
      CUP_ENGINE_ACCEPTS_PIXELS | CUP_ENGINE_ACCEPTS_YUV);
  g_assert_cmphex (cup_engine_get_honoured_fields (engine), ==,
      honoured | CUP_FIELD_BIT (CUP_FIELD_NUM_INFERENCE_STEPS));
  cup_engine_close (engine);
  g_object_unref (engine);

  /* The steps are for choosing a model, which is chosen here. */
  engine = cup_local_engine_new (CUP_LOCAL_MODEL_FAST);
  g_assert_cmphex (cup_engine_get_honoured_fields (engine), ==, honoured);
  g_object_unref (engine);
}

static void
test_size (void)
{
  static const struct
  {
    guint width, height;
    gdouble scale;
    guint to_width, to_height;
  } sizes[] = {
    {16, 12, 2, 32, 24},
    {16, 12, 1, 16, 12},
    {1, 1, 1, 1, 1},
    {1, 1, 5, 5, 5},
    {17, 11, 1.5, 26, 17},      /* 25.5 and 16.5 */
    {10, 20, 1.04, 10, 21},     /* 10.4 and 20.8 */
    {33, 7, 3.7, 122, 26},      /* 122.1 and 25.9 */
    {101, 3, 4.999, 505, 15},
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    Outcome outcome;

    run (new_job (new_pixels (sizes[i].width, sizes[i].height, 3, 8),
            sizes[i].scale, &outcome), &outcome);
    g_assert_no_error (outcome.error);
    g_assert_cmpuint (outcome.result->pixels->width, ==, sizes[i].to_width);
    g_assert_cmpuint (outcome.result->pixels->height, ==, sizes[i].to_height);
    g_assert_cmpuint (outcome.result->info.width, ==, sizes[i].to_width);
    g_assert_cmpuint (outcome.result->info.height, ==, sizes[i].to_height);
    outcome_clear (&outcome);
  }
}

static void
test_default_scale (void)
{
  CupPixels *pixels = new_pixels (6, 4, 1, 8);
  Outcome outcome;
  CupJob *job = new_job (pixels, 3, &outcome);

  cup_job_set_values (job, cup_values_new ());
  run (job, &outcome);
  g_assert_no_error (outcome.error);
  g_assert_cmpuint (outcome.result->pixels->width, ==, 12);
  g_assert_cmpuint (outcome.result->pixels->height, ==, 8);
  outcome_clear (&outcome);
}

/* Channels and depth are kept, and what the result says about itself is so. */
static void
test_formats (void)
{
  static const guint channels[] = { 1, 3, 4 };
  guint c, depth;

  for (c = 0; c < G_N_ELEMENTS (channels); c++) {
    for (depth = 8; depth <= 16; depth += 8) {
      CupResult *result;
      Outcome outcome;

      run (new_job (new_pixels (9, 7, channels[c], depth), 2, &outcome),
          &outcome);
      g_assert_no_error (outcome.error);
      result = outcome.result;
      g_assert_cmpuint (result->pixels->channels, ==, channels[c]);
      g_assert_cmpuint (result->pixels->depth, ==, depth);
      g_assert_cmpuint (result->info.channels, ==, channels[c]);
      g_assert_cmpuint (result->info.depth, ==, depth);
      g_assert_cmpint (result->info.type, ==, CUP_IMAGE_UNKNOWN);
      g_assert_null (result->bytes);
      g_assert_cmpfloat (result->inference_time, >=, 0);
      outcome_clear (&outcome);
    }
  }
}

/* Values of 16 bits that 8 bits cannot hold come through. */
static void
test_16_bit (void)
{
  CupPixels *pixels = new_pixels (8, 8, 3, 16);
  guint16 *samples = (guint16 *) pixels->data;
  Outcome outcome;
  guint i;

  for (i = 0; i < 8 * 8 * 3; i++)
    samples[i] = 0x1234;
  run (new_job (pixels, 2.5, &outcome), &outcome);
  g_assert_no_error (outcome.error);
  samples = (guint16 *) outcome.result->pixels->data;
  for (i = 0; i < 20 * 20 * 3; i++)
    g_assert_cmpuint (samples[i], ==, 0x1234);
  outcome_clear (&outcome);
}

/* White on a transparent black: the edge becomes transparent, never gray. */
static void
test_alpha (void)
{
  CupPixels *pixels = new_pixels (16, 4, 4, 8);
  guint x, y, partly = 0;
  Outcome outcome;

  for (y = 0; y < 4; y++) {
    for (x = 0; x < 16; x++)
      memset (cup_pixels_row (pixels, y) + x * 4, x < 8 ? 255 : 0, 4);
  }
  run (new_job (pixels, 3, &outcome), &outcome);
  g_assert_no_error (outcome.error);
  for (x = 0; x < 48; x++) {
    const guint8 *pixel = cup_pixels_row (outcome.result->pixels, 5) + x * 4;

    partly += pixel[3] > 0 && pixel[3] < 255;
    g_assert_cmpuint (pixel[0], ==, pixel[3] > 0 ? 255 : 0);
  }
  g_assert_cmpuint (partly, >, 0);
  outcome_clear (&outcome);
}

/* The job's picture may be shared: it is read and no more, also where the
 * result has its size. */
static void
test_input_kept (void)
{
  CupPixels *pixels = new_pixels (12, 9, 3, 8);
  gpointer before = g_memdup2 (pixels->data, cup_pixels_get_size (pixels));
  gdouble scale;

  for (scale = 1; scale <= 2; scale++) {
    Outcome outcome;

    run (new_job (cup_pixels_ref (pixels), scale, &outcome), &outcome);
    g_assert_no_error (outcome.error);
    g_assert_true (outcome.result->pixels->data != pixels->data);
    g_assert_cmpmem (pixels->data, cup_pixels_get_size (pixels), before,
        cup_pixels_get_size (pixels));
    outcome_clear (&outcome);
  }
  g_free (before);
  cup_pixels_unref (pixels);
}

static void
set_override (CupJob * job)
{
  set_boolean (job, CUP_FIELD_OVERRIDE_SIZE_LIMITS, TRUE);
}

static void
test_limit (void)
{
  Outcome outcome;
  CupJob *job;

  /* Memory that is there is no limit, in spite of the shape. */
  job = new_job (new_pixels (13107, 201, 1, 8), 5, &outcome);
  run (only_resample (job), &outcome);
  g_assert_no_error (outcome.error);
  g_assert_cmpuint (outcome.result->pixels->width, ==, 65535);
  outcome_clear (&outcome);

  /* What no picture can have stays an error. */
  job = new_job (new_pixels (13108, 1, 1, 8), 5, &outcome);
  set_override (job);
  run (job, &outcome);
  g_assert_error (outcome.error, CUP_ERROR, CUP_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (outcome.error->message, "13108×1"));
  g_assert_nonnull (strstr (outcome.error->message, "65540×5"));
  g_assert_nonnull (strstr (outcome.error->message,
          "\"scale\" can be 4.99 at most"));
  outcome_clear (&outcome);

  job = new_job (new_pixels (4000, 4000, 1, 8), 5, &outcome);
  set_override (job);
  run (job, &outcome);
  g_assert_error (outcome.error, CUP_ERROR, CUP_ERROR_TOO_LARGE);
  outcome_clear (&outcome);
}

static void
test_cancelled (void)
{
  Outcome outcome;
  CupJob *job = new_job (new_pixels (16, 16, 3, 8), 2, &outcome);

  g_cancellable_cancel (cup_job_get_cancellable (job));
  run (job, &outcome);
  g_assert_error (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  outcome_clear (&outcome);
}

static gpointer
cancel_thread (gpointer data)
{
  g_cancellable_cancel (data);
  return NULL;
}

/* A quarter of a second of work at the least, cancelled as it starts. */
static void
test_cancelled_during (void)
{
  Outcome outcome;
  CupJob *job = new_job (new_pixels (1600, 1600, 3, 8), 5, &outcome);
  GCancellable *cancellable = g_object_ref (cup_job_get_cancellable (job));
  GThread *thread = g_thread_new ("cancel", cancel_thread, cancellable);

  run (job, &outcome);
  g_thread_join (thread);
  g_assert_error (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_object_unref (cancellable);
  outcome_clear (&outcome);
}

static void
test_timeout (void)
{
  Outcome outcome;
  CupJob *job;

  job = new_job (new_pixels (1600, 1600, 3, 8), 5, &outcome);
  cup_job_set_timeout (job, 10 * G_TIME_SPAN_MILLISECOND);
  run (job, &outcome);
  g_assert_error (outcome.error, CUP_ERROR, CUP_ERROR_TIMEOUT);
  g_assert_nonnull (strstr (outcome.error->message, "\"timeout\""));
  g_assert_nonnull (strstr (outcome.error->message, "0.010 s"));
  g_assert_nonnull (strstr (outcome.error->message, "8000×8000"));
  outcome_clear (&outcome);

  /* None, enough, and so much that adding to it would overflow. */
  job = new_job (new_pixels (16, 16, 3, 8), 2, &outcome);
  cup_job_set_timeout (job, 0);
  run (job, &outcome);
  g_assert_no_error (outcome.error);
  outcome_clear (&outcome);

  job = new_job (new_pixels (16, 16, 3, 8), 2, &outcome);
  cup_job_set_timeout (job, G_TIME_SPAN_HOUR);
  run (job, &outcome);
  g_assert_no_error (outcome.error);
  outcome_clear (&outcome);

  job = new_job (new_pixels (16, 16, 3, 8), 2, &outcome);
  cup_job_set_timeout (job, G_MAXINT64);
  run (job, &outcome);
  g_assert_no_error (outcome.error);
  outcome_clear (&outcome);
}

static guint64
take_seed (CupEngine * engine, CupJob * job, Outcome * outcome)
{
  guint64 seed;

  cup_engine_upscale_async (engine, job);
  cup_job_unref (job);
  g_assert_no_error (outcome->error);
  g_assert_true (outcome->result->has_seed);
  seed = outcome->result->seed;
  outcome_clear (outcome);
  return seed;
}

static CupJob *
new_small_job (Outcome * outcome)
{
  return new_job (new_pixels (6, 4, 1, 8), 2, outcome);
}

/* One for all jobs that have none, another one for another engine. */
static void
test_seed_drawn (void)
{
  guint64 seeds[4];
  Outcome outcome;
  guint i, equal = 0;

  for (i = 0; i < G_N_ELEMENTS (seeds); i++) {
    CupEngine *engine = cup_local_engine_new (CUP_LOCAL_MODEL_AUTO);

    seeds[i] = take_seed (engine, new_small_job (&outcome), &outcome);
    g_assert_cmpuint (seeds[i], <=, G_MAXINT32);
    g_assert_cmpuint (take_seed (engine, new_small_job (&outcome), &outcome),
        ==, seeds[i]);
    equal += i > 0 && seeds[i] == seeds[0];
    g_object_unref (engine);
  }
  /* All four would be by chance once in 10²⁸ runs. */
  g_assert_cmpuint (equal, <, 3);
}

static void
test_seed_set (void)
{
  static const guint64 seeds[] = { 0, 7, G_MAXINT64, G_MAXUINT64 - 1 };
  CupEngine *engine = cup_local_engine_new (CUP_LOCAL_MODEL_AUTO);
  Outcome outcome;
  guint64 drawn;
  CupJob *job;
  gsize i;

  drawn = take_seed (engine, new_small_job (&outcome), &outcome);
  for (i = 0; i < G_N_ELEMENTS (seeds); i++) {
    job = new_small_job (&outcome);
    set_seed (job, seeds[i]);
    g_assert_cmpuint (take_seed (engine, job, &outcome), ==, seeds[i]);
  }
  /* Left to the engine again. */
  job = new_small_job (&outcome);
  set_seed (job, 7);
  set_seed (job, CUP_FIELD_UNSET);
  g_assert_cmpuint (take_seed (engine, job, &outcome), ==, drawn);
  g_object_unref (engine);

  /* Which nothing depends on. */
  job = new_small_job (&outcome);
  set_seed (job, 7);
  set_number (job, CUP_FIELD_CREATIVITY, 0);
  run (job, &outcome);
  g_assert_no_error (outcome.error);
  g_assert_false (outcome.result->has_seed);
  outcome_clear (&outcome);
}

/* One engine serves all workers at once. */
static gpointer
worker_thread (gpointer data)
{
  CupEngine *engine = data;
  GBytes *first = NULL;
  guint i;

  for (i = 0; i < 20; i++) {
    CupPixels *pixels;
    Outcome outcome;
    CupJob *job = new_job (new_pixels (40, 30, 3, 8), 2.3, &outcome);
    GBytes *bytes;

    cup_engine_upscale_async (engine, job);
    cup_job_unref (job);
    g_assert_no_error (outcome.error);
    pixels = outcome.result->pixels;
    bytes = g_bytes_new (pixels->data, cup_pixels_get_size (pixels));
    if (first == NULL)
      first = g_bytes_ref (bytes);
    g_assert_true (g_bytes_equal (first, bytes));
    g_bytes_unref (bytes);
    outcome_clear (&outcome);
  }
  return first;
}

static void
test_threads (void)
{
  CupEngine *engine = cup_local_engine_new (CUP_LOCAL_MODEL_AUTO);
  GThread *threads[4];
  GBytes *results[4];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("worker", worker_thread, engine);
  for (i = 0; i < G_N_ELEMENTS (threads); i++) {
    results[i] = g_thread_join (threads[i]);
    g_assert_true (g_bytes_equal (results[0], results[i]));
  }
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    g_bytes_unref (results[i]);
  g_object_unref (engine);
}

/* How far the result of @job, which it takes, is from @base. */
static gdouble
restored_distance (CupJob * job, Outcome * outcome, const CupPixels * base)
{
  const CupPixels *pixels;
  gdouble sum = 0;
  gsize i;

  set_number (job, CUP_FIELD_CREATIVITY, 0);
  set_number (job, CUP_FIELD_DETAIL, 0);
  run (job, outcome);
  g_assert_no_error (outcome->error);
  pixels = outcome->result->pixels;
  for (i = 0; i < cup_pixels_get_size (base); i++)
    sum += ABS (pixels->data[i] - base->data[i]);
  outcome_clear (outcome);
  return sum;
}

/* Frames of a video are sharpened less than a JPEG file of the same pixels. */
static void
test_restraint (void)
{
  CupPixels *pixels = new_pixels (64, 48, 1, 8), *decoded;
  CupValues *values;
  Outcome base, outcome;
  GError *error = NULL;
  CupImageInfo info;
  gdouble file, frame;
  GBytes *bytes;
  CupJob *job;

  bytes = cup_image_encode (pixels, CUP_IMAGE_JPEG, 75, &error);
  g_assert_no_error (error);
  g_assert_true (cup_image_read_info (bytes, &info, &error));
  decoded = cup_image_decode (bytes, 0, &error);
  g_assert_no_error (error);

  run (only_resample (new_job (cup_pixels_ref (decoded), 2, &base)), &base);
  g_assert_no_error (base.error);

  job = new_job (decoded, 2, &outcome);
  values = cup_values_copy (cup_job_get_values (job));
  cup_job_set_lossy_source (job, TRUE);
  frame = restored_distance (job, &outcome, base.result->pixels);

  job = cup_job_new_encoded (bytes, &info);
  cup_job_set_values (job, values);
  memset (&outcome, 0, sizeof outcome);
  cup_job_set_callback (job, job_done, &outcome, NULL);
  g_assert_true (cup_job_need_pixels (job, &error));
  file = restored_distance (job, &outcome, base.result->pixels);

  g_assert_cmpfloat (frame, >, 0);
  g_assert_cmpfloat (frame, <, 0.9 * file);
  outcome_clear (&base);
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/local/declaration", test_declaration);
  g_test_add_func ("/local/size", test_size);
  g_test_add_func ("/local/default-scale", test_default_scale);
  g_test_add_func ("/local/formats", test_formats);
  g_test_add_func ("/local/16-bit", test_16_bit);
  g_test_add_func ("/local/alpha", test_alpha);
  g_test_add_func ("/local/input-kept", test_input_kept);
  g_test_add_func ("/local/limit", test_limit);
  g_test_add_func ("/local/cancelled", test_cancelled);
  g_test_add_func ("/local/cancelled-during", test_cancelled_during);
  g_test_add_func ("/local/timeout", test_timeout);
  g_test_add_func ("/local/seed/drawn", test_seed_drawn);
  g_test_add_func ("/local/seed/set", test_seed_set);
  g_test_add_func ("/local/restraint", test_restraint);
  g_test_add_func ("/local/threads", test_threads);
  return g_test_run ();
}
