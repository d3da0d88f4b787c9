/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The embedded engine. It computes on the thread that calls it, a worker, with
 * the help of threads of its own, and completes the job before it returns: there
 * is nothing to wait for, and as many pictures are worked on at once as there
 * are workers.
 */
#include "local.h"

#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/interrupt.h"
#include "base/room.h"
#include "model.h"
#include "restrained.h"
#include "tables.h"
#include "upscale.h"

/* What takes less memory than this is not asked about: the frames of video. */
#define MIN_ROOM (G_GUINT64_CONSTANT (256) << 20)
#define MIB (1024 * 1024.0)

struct _CupLocalEngine
{
  CupEngine parent;

  CupLocalModel model;
  CupTeam *team;
  guint64 seed;                 /* of jobs that have none */

  /* For moving pictures: by CupLocalModel, of which AUTO has none. */
  CupRestrained restrained[CUP_LOCAL_MODEL_QUALITY + 1];
};

G_DEFINE_FINAL_TYPE (CupLocalEngine, cup_local_engine, CUP_TYPE_ENGINE);

/* Which table: for how much time there is, and whether a lossy codec has been at
 * the picture, which the other tables would take for detail. */
static const CupNetwork *
choose_table (CupLocalModel model, gboolean is_lossy)
{
  switch (model) {
    case CUP_LOCAL_MODEL_FAST:
      return is_lossy ? &cup_network_fast_mix : &cup_network_fast_clean;
    case CUP_LOCAL_MODEL_QUALITY:
      return is_lossy ? &cup_network_quality_mix : &cup_network_quality_clean;
    case CUP_LOCAL_MODEL_AUTO:
    case CUP_LOCAL_MODEL_BALANCED:
      break;
  }
  return is_lossy ? &cup_network_balanced_mix : &cup_network_balanced_clean;
}

/* What a lossy codec has been at and does not come as a file is a frame of a
 * video, which must not flicker. */
static const CupNetwork *
choose_network (CupLocalEngine * self, CupJob * job)
{
  const CupLocalModel model = cup_local_model_choose (self->model,
      cup_job_get_values (job));
  const gboolean is_lossy = cup_job_get_lossy_source (job);

  return is_lossy && cup_job_is_raw (job) ? &self->restrained[model].network :
      choose_table (model, is_lossy);
}

static guint64
get_seed (CupLocalEngine * self, const CupValues * values)
{
  return cup_values_is_set (values, CUP_FIELD_SEED) ?
      cup_values_get_unsigned (values, CUP_FIELD_SEED) : self->seed;
}

static void
choose_upscaling (CupLocalEngine * self, CupJob * job, CupUpscaling * upscaling)
{
  const CupValues *values = cup_job_get_values (job);

  memset (upscaling, 0, sizeof *upscaling);
  if (!cup_values_get_boolean (values, CUP_FIELD_SKIP_CCSR))
    upscaling->network = choose_network (self, job);
  upscaling->instructions = cup_instructions_best ();
  upscaling->creativity = cup_values_get_number (values, CUP_FIELD_CREATIVITY);
  upscaling->detail = cup_values_get_number (values, CUP_FIELD_DETAIL);
  upscaling->shape_preservation =
      cup_values_get_number (values, CUP_FIELD_SHAPE_PRESERVATION);
  upscaling->seed = get_seed (self, values);
  upscaling->is_lossy = cup_job_get_lossy_source (job);
}

/* The largest scale that a picture of @width × @height can have, to two places. */
static gdouble
get_largest_scale (guint width, guint height)
{
  const gdouble by_count =
      sqrt ((gdouble) CUP_PIXELS_MAX_COUNT / ((guint64) width * height));
  const gdouble by_side = (gdouble) CUP_PIXELS_MAX_SIDE / MAX (width, height);

  return floor (MIN (by_count, by_side) * 100) / 100;
}

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

  if (!cup_pixels_check_size (to_width, to_height, 0, "upscaled picture",
          error)) {
    g_prefix_error (error,
        "%u×%u times %g, where \"%s\" can be %.2f at most: ", *width, *height,
        scale, cup_field_get (CUP_FIELD_SCALE)->property,
        get_largest_scale (*width, *height));
    return FALSE;
  }
  *width = to_width;
  *height = to_height;
  return TRUE;
}

/* Bytes of memory, about, that it takes to upscale the job's picture to @width ×
 * @height, beside that picture. As much as the result takes again is for what
 * it leaves as: a file is hardly ever larger. */
static guint64
get_need (CupJob * job, guint width, guint height)
{
  const CupPixels *pixels = cup_job_get_pixels (job);
  const CupYuv *yuv = cup_job_get_yuv (job);
  guint in_width, in_height, i;
  guint64 size = 0, working;

  cup_job_get_size (job, &in_width, &in_height);
  if (pixels)
    size = cup_pixels_get_size (pixels);
  for (i = 0; yuv && i < G_N_ELEMENTS (yuv->planes); i++)
    size += cup_pixels_get_size (yuv->planes[i]);
  /* At most 2^31 bytes, and 2^28 pixels. */
  size = size * ((guint64) width * height) / ((guint64) in_width * in_height);
  working = cup_upscale_get_room (in_width, in_height, width, height);
  return size + MAX (size, working);
}

static gchar *
describe_need (CupJob * job, guint width, guint height)
{
  guint in_width, in_height;

  cup_job_get_size (job, &in_width, &in_height);
  return g_strdup_printf ("upscaling %u×%u to %u×%u needs about %.0f MB of "
      "memory", in_width, in_height, width, height,
      ceil (get_need (job, width, height) / MIB));
}

/* The system may well promise memory that it does not have. */
static gboolean
check_room (CupJob * job, guint width, guint height, GError ** error)
{
  const guint64 need = get_need (job, width, height);
  guint64 room;
  gchar *what;

  if (need < MIN_ROOM || cup_values_get_boolean (cup_job_get_values (job),
          CUP_FIELD_OVERRIDE_SIZE_LIMITS))
    return TRUE;
  room = cup_room_get_bytes ();
  if (need <= room)
    return TRUE;
  what = describe_need (job, width, height);
  g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
      "%s, and about %.0f MB can be had: lower \"%s\", close other programs, "
      "or set \"%s\" to true to try it all the same", what, room / MIB,
      cup_field_get (CUP_FIELD_SCALE)->property,
      cup_field_get (CUP_FIELD_OVERRIDE_SIZE_LIMITS)->property);
  g_free (what);
  return FALSE;
}

/* Says what it would have taken: the stages know their own part only. */
static void
explain_memory (GError ** error, CupJob * job, guint width, guint height)
{
  gchar *what = describe_need (job, width, height);

  g_prefix_error (error, "%s, which cannot be had; lower \"%s\" or "
      "\"max-in-flight\": ", what, cup_field_get (CUP_FIELD_SCALE)->property);
  g_free (what);
}

/* In the form that the job's picture has; NULL with an error. */
static CupResult *
upscale (CupLocalEngine * self, CupJob * job, guint width, guint height,
    const CupInterrupt * interrupt, GError ** error)
{
  CupYuv *yuv = cup_job_get_yuv (job);
  CupUpscaling upscaling;
  CupPixels *pixels;

  choose_upscaling (self, job, &upscaling);
  cup_debug ("%s, %s", upscaling.network ? upscaling.network->name :
      "exact resampling", cup_instructions_get_name (upscaling.instructions));
  if (yuv) {
    yuv = cup_upscale_yuv (&upscaling, yuv, width, height, 0, self->team,
        interrupt, error);
    return yuv ? cup_result_new_yuv (yuv) : NULL;
  }
  pixels = cup_upscale (&upscaling, cup_job_get_pixels (job), width, height, 0,
      self->team, interrupt, error);
  return pixels ? cup_result_new_pixels (pixels) : NULL;
}

/* Says which limit it was, which the stages do not know. */
static void
explain_timeout (GError ** error, CupJob * job, guint width, guint height,
    gint64 timeout)
{
  guint in_width, in_height;

  cup_job_get_size (job, &in_width, &in_height);
  g_clear_error (error);
  g_set_error (error, CUP_ERROR, CUP_ERROR_TIMEOUT,
      "upscaling %u×%u to %u×%u was not done after %.3f s: raise \"timeout\" "
      "(0 is no limit), or lower \"%s\"", in_width, in_height, width, height,
      timeout / (gdouble) G_TIME_SPAN_SECOND,
      cup_field_get (CUP_FIELD_SCALE)->property);
}

static void
cup_local_engine_upscale_async (CupEngine * engine, CupJob * job)
{
  CupLocalEngine *self = CUP_LOCAL_ENGINE (engine);
  const gint64 start = g_get_monotonic_time ();
  const gint64 timeout = cup_job_get_timeout (job);
  const CupValues *values = cup_job_get_values (job);
  CupInterrupt interrupt = { cup_job_get_cancellable (job), 0 };
  CupResult *result = NULL;
  GError *error = NULL;
  guint width, height;

  if (timeout > 0 && timeout < G_MAXINT64 - start)
    interrupt.deadline = start + timeout;

  cup_job_get_size (job, &width, &height);
  if (get_target_size (values, &width, &height, &error)
      && check_room (job, width, height, &error)) {
    result = upscale (self, job, width, height, &interrupt, &error);
    if (g_error_matches (error, CUP_ERROR, CUP_ERROR_TOO_LARGE))
      explain_memory (&error, job, width, height);
  }
  if (!result) {
    if (g_error_matches (error, CUP_ERROR, CUP_ERROR_TIMEOUT))
      explain_timeout (&error, job, width, height, timeout);
    cup_job_return_error (job, error);
    return;
  }

  /* Nothing else is random. */
  result->has_seed = cup_values_get_number (values, CUP_FIELD_CREATIVITY) > 0;
  if (result->has_seed)
    result->seed = get_seed (self, values);
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
cup_local_engine_finalize (GObject * object)
{
  cup_team_free (CUP_LOCAL_ENGINE (object)->team);

  G_OBJECT_CLASS (cup_local_engine_parent_class)->finalize (object);
}

static void
cup_local_engine_class_init (CupLocalEngineClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  CupEngineClass *engine_class = CUP_ENGINE_CLASS (klass);

  object_class->finalize = cup_local_engine_finalize;
  engine_class->name = "local";
  engine_class->accepts = CUP_ENGINE_ACCEPTS_PIXELS | CUP_ENGINE_ACCEPTS_YUV;
  engine_class->get_honours = cup_local_engine_get_honours;
  engine_class->upscale_async = cup_local_engine_upscale_async;
}

static void
cup_local_engine_init (CupLocalEngine * self)
{
  CupLocalModel model;

  self->team = cup_team_new (0);
  for (model = CUP_LOCAL_MODEL_FAST; model <= CUP_LOCAL_MODEL_QUALITY; model++)
    cup_restrained_init (&self->restrained[model], choose_table (model, TRUE),
        CUP_RESTRAINED_PART);
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
