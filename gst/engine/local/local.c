/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The embedded engine: a row of stages that each take a picture and give the
 * next one, the last of which has the size that was asked for. It computes on
 * the thread that calls it, a worker, and completes the job before it returns:
 * there is nothing to wait for, and as many pictures are worked on at once as
 * there are workers.
 */
#include "local.h"

#include <math.h>

#include "base/log.h"
#include "interrupt.h"
#include "resample.h"

/* Pixels of a result, without override-size-limits: 8192×8192. A typing error
 * in the scale must not take all the memory of the machine. */
#define MAX_COUNT (G_GUINT64_CONSTANT (1) << 26)

struct _CupLocalEngine
{
  CupEngine parent;

  CupLocalModel model;
  gint64 seed;                  /* of jobs that have none */
};

G_DEFINE_FINAL_TYPE (CupLocalEngine, cup_local_engine, CUP_TYPE_ENGINE);

/**
 * Stage:
 * @name: for the log
 * @run: makes a new picture of @picture, which it must not change: the first
 *   is the job's. @width and @height are the size of the result of all stages;
 *   every stage knows it, so that one may do a part of the way. Looks at
 *   @interrupt every few rows.
 */
typedef struct
{
  const gchar *name;
  CupPixels *(*run) (const CupPixels * picture, const CupValues * values,
      guint width, guint height, const CupInterrupt * interrupt,
      GError ** error);
} Stage;

static CupPixels *
resample (const CupPixels * picture, const CupValues * values, guint width,
    guint height, const CupInterrupt * interrupt, GError ** error)
{
  return cup_resample_interruptible (picture, width, height, interrupt, error);
}

static const Stage stages[] = {
  {"resample", resample},
};

/* Size of the result of a picture of @width × @height. */
static gboolean
get_target_size (const CupValues * values, guint * width, guint * height,
    GError ** error)
{
  const gdouble scale = cup_values_get_number (values, CUP_FIELD_SCALE);
  /* Far below what 64 bits hold: sides are 16 bits and the scale has a range
   * of its own. */
  const guint64 to_width = MAX (round (*width * scale), 1);
  const guint64 to_height = MAX (round (*height * scale), 1);
  const gboolean override =
      cup_values_get_boolean (values, CUP_FIELD_OVERRIDE_SIZE_LIMITS);

  if (!override && to_width * to_height > MAX_COUNT) {
    g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
        "%u×%u would become %" G_GUINT64_FORMAT "×%" G_GUINT64_FORMAT
        " pixels, over the local engine's limit of %" G_GUINT64_FORMAT
        " in all: lower \"%s\", or set \"%s\" to true", *width, *height,
        to_width, to_height, MAX_COUNT,
        cup_field_get (CUP_FIELD_SCALE)->property,
        cup_field_get (CUP_FIELD_OVERRIDE_SIZE_LIMITS)->property);
    return FALSE;
  }
  if (!cup_pixels_check_size (to_width, to_height, 0, "upscaled picture",
          error)) {
    g_prefix_error (error, "%u×%u times %g: ", *width, *height, scale);
    return FALSE;
  }
  *width = to_width;
  *height = to_height;
  return TRUE;
}

static CupPixels *
run_stages (CupPixels * input, const CupValues * values, guint width,
    guint height, const CupInterrupt * interrupt, GError ** error)
{
  CupPixels *picture = cup_pixels_ref (input);
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (stages); i++) {
    const gint64 start = g_get_monotonic_time ();
    CupPixels *next;

    next = stages[i].run (picture, values, width, height, interrupt, error);
    cup_pixels_unref (picture);
    if (!next)
      return NULL;
    cup_debug ("%s: %u×%u in %.1f ms", stages[i].name, next->width,
        next->height, (g_get_monotonic_time () - start) / 1000.0);
    picture = next;
  }
  return picture;
}

/* Says which limit it was, which the stages do not know. */
static void
explain_timeout (GError ** error, const CupPixels * input, guint width,
    guint height, gint64 timeout)
{
  g_clear_error (error);
  g_set_error (error, CUP_ERROR, CUP_ERROR_TIMEOUT,
      "upscaling %u×%u to %u×%u was not done after %.3f s: raise \"timeout\" "
      "(0 is no limit), or lower \"%s\"", input->width, input->height, width,
      height, timeout / (gdouble) G_TIME_SPAN_SECOND,
      cup_field_get (CUP_FIELD_SCALE)->property);
}

static gint64
get_seed (CupLocalEngine * self, const CupValues * values)
{
  return cup_values_is_set (values, CUP_FIELD_SEED) ?
      cup_values_get_integer (values, CUP_FIELD_SEED) : self->seed;
}

static void
cup_local_engine_upscale_async (CupEngine * engine, CupJob * job)
{
  const gint64 start = g_get_monotonic_time ();
  const gint64 timeout = cup_job_get_timeout (job);
  const CupValues *values = cup_job_get_values (job);
  CupPixels *input = cup_job_get_pixels (job);
  CupInterrupt interrupt = { cup_job_get_cancellable (job), 0 };
  guint width = input->width, height = input->height;
  CupPixels *output = NULL;
  CupResult *result;
  GError *error = NULL;

  if (timeout > 0 && timeout < G_MAXINT64 - start)
    interrupt.deadline = start + timeout;

  if (get_target_size (values, &width, &height, &error))
    output = run_stages (input, values, width, height, &interrupt, &error);
  if (!output) {
    if (g_error_matches (error, CUP_ERROR, CUP_ERROR_TIMEOUT))
      explain_timeout (&error, input, width, height, timeout);
    cup_job_return_error (job, error);
    return;
  }

  result = cup_result_new_pixels (output);
  /* Nothing else is random. */
  result->has_seed = cup_values_get_number (values, CUP_FIELD_CREATIVITY) > 0;
  if (result->has_seed)
    result->seed = get_seed (CUP_LOCAL_ENGINE (engine), values);
  result->inference_time =
      (g_get_monotonic_time () - start) / (gdouble) G_TIME_SPAN_SECOND;
  cup_job_return_result (job, result);
}

static guint64
cup_local_engine_get_honours (CupEngine * engine)
{
  guint64 fields = CUP_FIELD_BIT (CUP_FIELD_IMAGE_URL)
      | CUP_FIELD_BIT (CUP_FIELD_SCALE)
      | CUP_FIELD_BIT (CUP_FIELD_CREATIVITY)
      | CUP_FIELD_BIT (CUP_FIELD_DETAIL)
      | CUP_FIELD_BIT (CUP_FIELD_SHAPE_PRESERVATION)
      | CUP_FIELD_BIT (CUP_FIELD_SEED)
      | CUP_FIELD_BIT (CUP_FIELD_SKIP_CCSR)
      | CUP_FIELD_BIT (CUP_FIELD_OVERRIDE_SIZE_LIMITS);

  if (CUP_LOCAL_ENGINE (engine)->model == CUP_LOCAL_MODEL_AUTO)
    fields |= CUP_FIELD_BIT (CUP_FIELD_NUM_INFERENCE_STEPS);
  return fields;
}

static void
cup_local_engine_class_init (CupLocalEngineClass * klass)
{
  CupEngineClass *engine_class = CUP_ENGINE_CLASS (klass);

  engine_class->name = "local";
  engine_class->accepts = CUP_ENGINE_ACCEPTS_PIXELS;
  engine_class->get_honours = cup_local_engine_get_honours;
  engine_class->upscale_async = cup_local_engine_upscale_async;
}

static void
cup_local_engine_init (CupLocalEngine * self)
{
}

CupEngine *
cup_local_engine_new (CupLocalModel model)
{
  CupLocalEngine *self = g_object_new (CUP_TYPE_LOCAL_ENGINE, NULL);

  self->model = model;
  /* 31 bits: any service takes it, too. */
  self->seed = g_random_int () >> 1;
  return CUP_ENGINE (self);
}
