/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See run.h. One thread, one job at a time: the engine completes a job before
 * the call returns.
 */
#include "run.h"

#include "engine/local/local.h"

#define SEED 1
#define OTHER_SEED 2

const RunSettings run_defaults = { RUN_UNSET, RUN_UNSET, RUN_UNSET };
const RunSettings run_restoration = { 0, 0, 0 };

static CupEngine *engine = NULL;
static guint steps = 0;

void
run_set_steps (guint n_steps)
{
  steps = n_steps;
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

/* NaN leaves a field unset. */
static void
set_number (CupValues * values, CupFieldId id, gdouble number)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_DOUBLE);
  g_value_set_double (&value, number);
  cup_values_set (values, id, &value);
  g_value_unset (&value);
}

static void
set_integer (CupValues * values, CupFieldId id, gint64 integer)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_INT64);
  g_value_set_int64 (&value, integer);
  cup_values_set (values, id, &value);
  g_value_unset (&value);
}

static void
set_boolean (CupValues * values, CupFieldId id, gboolean boolean)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_BOOLEAN);
  g_value_set_boolean (&value, boolean);
  cup_values_set (values, id, &value);
  g_value_unset (&value);
}

static void
set_seed (CupValues * values, guint64 seed)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_UINT64);
  g_value_set_uint64 (&value, seed);
  cup_values_set (values, CUP_FIELD_SEED, &value);
  g_value_unset (&value);
}

static CupValues *
make_values (guint factor, const RunSettings * settings)
{
  CupValues *values = cup_values_new ();

  set_number (values, CUP_FIELD_SCALE, factor);
  set_number (values, CUP_FIELD_CREATIVITY, settings->creativity);
  set_number (values, CUP_FIELD_DETAIL, settings->detail);
  set_number (values, CUP_FIELD_SHAPE_PRESERVATION,
      settings->shape_preservation);
  set_seed (values, settings->other_seed ? OTHER_SEED : SEED);
  set_boolean (values, CUP_FIELD_SKIP_CCSR, settings->skip_restoration);
  set_boolean (values, CUP_FIELD_OVERRIDE_SIZE_LIMITS, TRUE);
  if (steps > 0)
    set_integer (values, CUP_FIELD_NUM_INFERENCE_STEPS, steps);
  return values;
}

static void
job_done (CupJob * job, CupResult * result, GError * error, gpointer user_data)
{
  CupPixels **pixels = user_data;

  if (error)
    g_error ("%s", error->message);
  *pixels = cup_pixels_ref (result->pixels);
  cup_result_free (result);
}

/* Takes @job. */
static CupPixels *
run_job (CupJob * job, guint factor, const RunSettings * settings)
{
  CupPixels *result = NULL;
  GError *error = NULL;

  /* The engine as it is where nothing is asked of it, however it is made. */
  if (!engine)
    engine = g_object_new (CUP_TYPE_LOCAL_ENGINE, NULL);
  cup_job_set_values (job, make_values (factor, settings));
  cup_job_set_callback (job, job_done, &result, NULL);
  if (!cup_job_need_pixels (job, &error))
    g_error ("%s", error->message);
  cup_engine_upscale_async (engine, job);
  g_assert (result != NULL);
  cup_job_unref (job);
  return result;
}

CupPixels *
run_upscale (const CupPixels * picture, guint factor,
    const RunSettings * settings)
{
  CupJob *job = cup_job_new_raw (picture->width, picture->height, load_pixels,
      cup_pixels_ref ((CupPixels *) picture), unref_pixels);

  cup_job_set_lossy_source (job, settings->is_lossy);
  return run_job (job, factor, settings);
}

CupPixels *
run_upscale_encoded (GBytes * bytes, guint factor, const RunSettings * settings)
{
  GError *error = NULL;
  CupImageInfo info;

  if (!cup_image_read_info (bytes, &info, &error))
    g_error ("%s", error->message);
  return run_job (cup_job_new_encoded (bytes, &info), factor, settings);
}

void
run_close (void)
{
  if (engine)
    cup_engine_close (engine);
  g_clear_object (&engine);
}
