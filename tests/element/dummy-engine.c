/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dummy-engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/local/resample.h"

typedef struct
{
  CupDummyEngine *engine;
  CupJob *job;
  guint8 key;
  CupDummyPlan plan;
  GSource *timer;
  gulong cancelled;             /* handler; GLib 2.74's source for it leaks */
} DummyJob;

struct _CupDummyEngine
{
  CupEngine parent;

  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;

  GMutex lock;                  /* a leaf; guards all below */
  GCond cond;
  CupDummyPlan plan;
  GHashTable *plans;            /* key → CupDummyPlan */
  gboolean released[256];
  gboolean all_released;
  CupValues *values[256];
  gint64 queue_timeouts[256];
  gboolean last_is_lossy;
  guint n_started;
  guint n_cancelled;
  guint n_parallel;
  guint max_parallel;
  GList *jobs;                  /* of DummyJob; of the thread */
};

G_DEFINE_FINAL_TYPE (CupDummyEngine, cup_dummy_engine, CUP_TYPE_ENGINE);

static void
fill (CupPixels * pixels, guint8 key)
{
  memset (pixels->data, key, cup_pixels_get_size (pixels));
}

static guint
choose_side (const CupDummyPlan * plan, guint planned, guint side,
    gdouble scale)
{
  if (planned)
    return planned;
  if (side && plan->multiple)
    return (guint) MAX (lround (side * scale / plan->multiple), 1)
        * plan->multiple;
  return side ? (guint) lround (side * scale) : 24;
}

static gint
get_drift (const CupPixels * pixels, guint x, guint channel, gint drift)
{
  if (pixels->channels >= 3 && channel == 0)
    return drift;
  if (channel == 2)
    return -drift;
  return 2 * drift * (gint) x / (gint) pixels->width - drift / 2;
}

static void
drift_pixel (CupPixels * pixels, guint x, guint y, gint drift)
{
  guint8 *row = cup_pixels_row (pixels, y);
  guint16 *row16 = (guint16 *) row;
  guint c;

  for (c = 0; c < MIN (pixels->channels, 3); c++) {
    gsize i = (gsize) x * pixels->channels + c;
    gint d = get_drift (pixels, x, c, drift);

    if (pixels->depth == 8)
      row[i] = (guint8) CLAMP (row[i] + d, 0, 255);
    else
      row16[i] = (guint16) CLAMP (row16[i] + 257 * d, 0, 65535);
  }
}

static CupPixels *
make_drifted (const DummyJob * dummy, guint width, guint height)
{
  CupPixels *input = cup_job_get_pixels (dummy->job);
  CupPixels *pixels;
  guint x, y;

  input = input ? cup_pixels_ref (input) :
      cup_image_decode (cup_job_get_bytes (dummy->job), 0, NULL);
  g_assert_nonnull (input);
  pixels = cup_resample (input, width, height, NULL, NULL);
  g_assert_nonnull (pixels);
  g_assert_true (pixels != input);
  cup_pixels_unref (input);
  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++)
      drift_pixel (pixels, x, y, dummy->plan.drift);
  }
  return pixels;
}

static CupPixels *
make_pixels (const DummyJob * dummy)
{
  gdouble scale = cup_values_get_number (cup_job_get_values (dummy->job),
      CUP_FIELD_SCALE);
  const CupDummyPlan *plan = &dummy->plan;
  CupPixels *pixels;
  guint width, height;

  cup_job_get_size (dummy->job, &width, &height);
  width = choose_side (plan, plan->width, width, scale);
  height = choose_side (plan, plan->height, height, scale);
  if (plan->drift)
    return make_drifted (dummy, width, height);
  pixels = cup_pixels_new (width, height, plan->channels ? plan->channels : 3,
      plan->depth ? plan->depth : 8, NULL);
  g_assert_nonnull (pixels);
  fill (pixels, plan->black ? 0 : dummy->key);
  return pixels;
}

static void
fill_hosted (CupResult * result, const CupDummyPlan * plan, guint8 key)
{
  result->request_id = g_strdup_printf ("request-%d", key);
  result->url = g_strdup_printf ("https://files.example/%d.png", key);
  result->has_seed = TRUE;
  result->seed = key;
  result->inference_time = 1.5;
  result->queue_time = 2;
  if (plan->units > 0)
    result->billable_units = plan->units;
  result->service_time = 3.5;
  result->total_time = 4;
  result->bytes_up = 1000;
  result->bytes_down = 2000;
  result->submissions = 1;
}

static CupResult *
make_result (const DummyJob * dummy)
{
  const CupDummyPlan *plan = &dummy->plan;
  CupPixels *pixels;
  CupImageInfo info;
  CupResult *result;
  GBytes *bytes;

  if (plan->file) {
    g_assert_true (cup_image_read_info (plan->file, &info, NULL));
    return cup_result_new_bytes (g_bytes_ref (plan->file), &info);
  }
  pixels = make_pixels (dummy);
  if (plan->image_type == CUP_IMAGE_UNKNOWN) {
    result = cup_result_new_pixels (pixels);
    result->origin = plan->origin;
    if (plan->hosted)
      fill_hosted (result, plan, dummy->key);
    return result;
  }

  bytes = cup_image_encode (pixels, plan->image_type, 95, NULL);
  g_assert_nonnull (bytes);
  bytes = cup_image_metadata_insert (plan->metadata, bytes, plan->image_type,
      pixels->channels, NULL);
  g_assert_nonnull (bytes);
  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  if (plan->damaged) {
    GBytes *part = g_bytes_new_from_bytes (bytes, 0,
        g_bytes_get_size (bytes) - 20);

    g_bytes_unref (bytes);
    bytes = part;
  }
  result = cup_result_new_bytes (bytes, &info);
  result->origin = plan->origin;
  if (plan->hosted)
    fill_hosted (result, plan, dummy->key);
  cup_pixels_unref (pixels);
  return result;
}

static GError *
make_error (const DummyJob * dummy)
{
  GError *error;

  if (dummy->plan.gives_up)
    return g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "the dummy gave up");
  error = g_error_new (CUP_ERROR, dummy->plan.code ? dummy->plan.code :
      CUP_ERROR_SERVICE, "the dummy was told to fail frame %d", dummy->key);
  if (dummy->plan.hosted)
    cup_error_edit_details (error)->request_id =
        g_strdup_printf ("request-%d", dummy->key);
  return error;
}

/* In the engine's thread, like all that touches a DummyJob. */
static void
complete (DummyJob * dummy, gboolean cancelled)
{
  CupDummyEngine *engine = dummy->engine;

  engine->jobs = g_list_remove (engine->jobs, dummy);
  if (dummy->timer) {
    g_source_destroy (dummy->timer);
    g_source_unref (dummy->timer);
  }
  g_cancellable_disconnect (cup_job_get_cancellable (dummy->job),
      dummy->cancelled);

  g_mutex_lock (&engine->lock);
  engine->n_parallel--;
  if (cancelled)
    engine->n_cancelled++;
  g_cond_broadcast (&engine->cond);
  g_mutex_unlock (&engine->lock);

  if (cancelled)
    cup_job_return_if_cancelled (dummy->job);
  else if (dummy->plan.fails || dummy->plan.gives_up)
    cup_job_return_error (dummy->job, make_error (dummy));
  else
    cup_job_return_result (dummy->job, make_result (dummy));
  cup_job_unref (dummy->job);
  g_object_unref (engine);
  g_free (dummy);
}

static gboolean
on_timer (gpointer user_data)
{
  complete (user_data, FALSE);
  return G_SOURCE_REMOVE;
}

static gboolean
complete_cancelled (gpointer user_data)
{
  CupDummyEngine *engine = user_data;
  GList *walk, *next;

  for (walk = engine->jobs; walk; walk = next) {
    DummyJob *dummy = walk->data;

    next = walk->next;
    if (!dummy->plan.stubborn
        && g_cancellable_is_cancelled (cup_job_get_cancellable (dummy->job)))
      complete (dummy, TRUE);
  }
  return G_SOURCE_REMOVE;
}

static void
invoke (CupDummyEngine * engine, GSourceFunc function, gpointer data,
    GDestroyNotify destroy)
{
  GSource *source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, function, data, destroy);
  g_source_attach (source, engine->context);
  g_source_unref (source);
}

/* In whatever thread cancels. */
static void
on_cancelled (GCancellable * cancellable, gpointer user_data)
{
  CupDummyEngine *engine = user_data;

  invoke (engine, complete_cancelled, g_object_ref (engine), g_object_unref);
}

static gboolean
release_held (gpointer user_data)
{
  CupDummyEngine *engine = user_data;
  GList *walk, *next;

  for (walk = engine->jobs; walk; walk = next) {
    DummyJob *dummy = walk->data;
    gboolean released;

    next = walk->next;
    g_mutex_lock (&engine->lock);
    released = engine->all_released || engine->released[dummy->key];
    g_mutex_unlock (&engine->lock);
    if (released && dummy->plan.delay == CUP_DUMMY_HOLD)
      complete (dummy, FALSE);
  }
  return G_SOURCE_REMOVE;
}

static gboolean
start_job (gpointer user_data)
{
  DummyJob *dummy = user_data;
  /* The job's reference may be the last one, and it may complete below. */
  CupDummyEngine *engine = g_object_ref (dummy->engine);

  engine->jobs = g_list_append (engine->jobs, dummy);
  dummy->cancelled = g_cancellable_connect (cup_job_get_cancellable
      (dummy->job), G_CALLBACK (on_cancelled), g_object_ref (engine),
      g_object_unref);
  if (dummy->plan.delay != CUP_DUMMY_HOLD) {
    dummy->timer = g_timeout_source_new (dummy->plan.delay);
    g_source_set_callback (dummy->timer, on_timer, dummy, NULL);
    g_source_attach (dummy->timer, engine->context);
  }
  release_held (engine);
  g_object_unref (engine);
  return G_SOURCE_REMOVE;
}

static guint8
get_key (CupJob * job)
{
  const gchar *uri = cup_job_get_remote_uri (job);
  CupPixels *pixels;
  guint8 key;

  if (uri)
    return (guint8) atoi (strrchr (uri, '/') + 1);
  if (cup_job_get_pixels (job))
    return cup_job_get_pixels (job)->data[0];
  pixels = cup_image_decode (cup_job_get_bytes (job), 0, NULL);
  if (!pixels)
    return 0;
  key = pixels->data[0];
  cup_pixels_unref (pixels);
  return key;
}

static void
cup_dummy_engine_upscale_async (CupEngine * base, CupJob * job)
{
  CupDummyEngine *engine = CUP_DUMMY_ENGINE (base);
  DummyJob *dummy = g_new0 (DummyJob, 1);
  const CupDummyPlan *plan;

  dummy->engine = g_object_ref (engine);
  dummy->job = cup_job_ref (job);
  dummy->key = get_key (job);

  g_mutex_lock (&engine->lock);
  plan = g_hash_table_lookup (engine->plans, GUINT_TO_POINTER (dummy->key));
  dummy->plan = plan ? *plan : engine->plan;
  g_clear_pointer (&engine->values[dummy->key], cup_values_free);
  engine->values[dummy->key] = cup_values_copy (cup_job_get_values (job));
  engine->queue_timeouts[dummy->key] = cup_job_get_queue_timeout (job);
  engine->last_is_lossy = cup_job_get_lossy_source (job);
  engine->n_started++;
  engine->n_parallel++;
  engine->max_parallel = MAX (engine->max_parallel, engine->n_parallel);
  /* Before anybody sees that it has come. */
  invoke (engine, start_job, dummy, NULL);
  g_cond_broadcast (&engine->cond);
  g_mutex_unlock (&engine->lock);
}

static gpointer
run (gpointer data)
{
  /* Not the engine: its last reference may go in this very thread. */
  GMainLoop *loop = data;
  GMainContext *context = g_main_loop_get_context (loop);

  g_main_context_push_thread_default (context);
  g_main_loop_run (loop);
  g_main_context_pop_thread_default (context);
  g_main_loop_unref (loop);
  return NULL;
}

static gboolean
quit (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static void
cup_dummy_engine_finalize (GObject * object)
{
  CupDummyEngine *engine = CUP_DUMMY_ENGINE (object);
  guint i;

  /* Each job has a reference: there is none any more. */
  invoke (engine, quit, g_main_loop_ref (engine->loop),
      (GDestroyNotify) g_main_loop_unref);
  if (engine->thread != g_thread_self ())
    g_thread_join (engine->thread);
  else
    g_thread_unref (engine->thread);
  g_main_loop_unref (engine->loop);
  g_main_context_unref (engine->context);
  for (i = 0; i < G_N_ELEMENTS (engine->values); i++)
    g_clear_pointer (&engine->values[i], cup_values_free);
  g_hash_table_unref (engine->plans);
  g_cond_clear (&engine->cond);
  g_mutex_clear (&engine->lock);
  G_OBJECT_CLASS (cup_dummy_engine_parent_class)->finalize (object);
}

static void
cup_dummy_engine_class_init (CupDummyEngineClass * klass)
{
  CupEngineClass *engine_class = CUP_ENGINE_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = cup_dummy_engine_finalize;
  engine_class->name = "dummy";
  engine_class->accepts = CUP_ENGINE_ACCEPTS_PIXELS;
  engine_class->honours = CUP_FIELDS_ALL & ~CUP_FIELD_BIT (CUP_FIELD_SKIP_CCSR);
  engine_class->upscale_async = cup_dummy_engine_upscale_async;
}

static void
cup_dummy_engine_init (CupDummyEngine * engine)
{
  g_mutex_init (&engine->lock);
  g_cond_init (&engine->cond);
  engine->plans = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  engine->context = g_main_context_new ();
  engine->loop = g_main_loop_new (engine->context, FALSE);
  engine->thread = g_thread_new ("dummy-engine", run,
      g_main_loop_ref (engine->loop));
}

CupDummyEngine *
cup_dummy_engine_new (void)
{
  CupDummyEngine *engine = g_object_new (CUP_TYPE_DUMMY_ENGINE, NULL);

  cup_dummy_engine_set_accepts (engine, CUP_ENGINE_ACCEPTS_PIXELS);
  cup_dummy_engine_set_censors (engine, FALSE);
  cup_dummy_engine_set_service (engine, FALSE);
  return engine;
}

/* What is of the class is written only where it changes: a worker may still be
 * reading it for a job of the test before, which has been cancelled. */
void
cup_dummy_engine_set_accepts (CupDummyEngine * engine, CupEngineAccepts accepts)
{
  if (CUP_ENGINE_GET_CLASS (engine)->accepts != accepts)
    CUP_ENGINE_GET_CLASS (engine)->accepts = accepts;
}

void
cup_dummy_engine_set_censors (CupDummyEngine * engine, gboolean censors)
{
  if (CUP_ENGINE_GET_CLASS (engine)->censors != censors)
    CUP_ENGINE_GET_CLASS (engine)->censors = censors;
}

static const gchar *
get_service (CupEngine * engine)
{
  return "https://dummy.example/upscaler";
}

void
cup_dummy_engine_set_service (CupDummyEngine * engine, gboolean service)
{
  if ((CUP_ENGINE_GET_CLASS (engine)->get_service != NULL) != service)
    CUP_ENGINE_GET_CLASS (engine)->get_service = service ? get_service : NULL;
}

/* A call into the engine's thread that is waited for. */
typedef struct
{
  CupDummyEngine *engine;
  guint8 key;
  const CupProgress *progress;  /* NULL for nothing but the wait */
  gboolean found;
  gboolean done;
} DummyCall;

static gboolean
run_call (gpointer user_data)
{
  DummyCall *call = user_data;
  CupDummyEngine *engine = call->engine;
  gboolean found = FALSE;
  GList *walk;

  for (walk = engine->jobs; walk && call->progress; walk = walk->next) {
    DummyJob *dummy = walk->data;

    if (dummy->key != call->key)
      continue;
    found = TRUE;
    cup_job_report_progress (dummy->job, call->progress);
  }
  g_mutex_lock (&engine->lock);
  call->found = found;
  call->done = TRUE;
  g_cond_broadcast (&engine->cond);
  g_mutex_unlock (&engine->lock);
  return G_SOURCE_REMOVE;
}

gboolean
cup_dummy_engine_report (CupDummyEngine * engine, guint8 key,
    const CupProgress * progress)
{
  DummyCall call = { engine, key, progress, FALSE, FALSE };

  invoke (engine, run_call, &call, NULL);
  g_mutex_lock (&engine->lock);
  while (!call.done)
    g_cond_wait (&engine->cond, &engine->lock);
  g_mutex_unlock (&engine->lock);
  return call.found;
}

void
cup_dummy_engine_sync (CupDummyEngine * engine)
{
  cup_dummy_engine_report (engine, 0, NULL);
}

void
cup_dummy_engine_set_plan (CupDummyEngine * engine, const CupDummyPlan * plan)
{
  g_mutex_lock (&engine->lock);
  engine->plan = *plan;
  g_mutex_unlock (&engine->lock);
}

void
cup_dummy_engine_set_plan_for (CupDummyEngine * engine, guint8 key,
    const CupDummyPlan * plan)
{
  g_mutex_lock (&engine->lock);
  g_hash_table_replace (engine->plans, GUINT_TO_POINTER (key),
      g_memdup2 (plan, sizeof *plan));
  g_mutex_unlock (&engine->lock);
}

void
cup_dummy_engine_wait_started (CupDummyEngine * engine, guint n)
{
  g_mutex_lock (&engine->lock);
  while (engine->n_started < n)
    g_cond_wait (&engine->cond, &engine->lock);
  g_mutex_unlock (&engine->lock);
}

void
cup_dummy_engine_wait_cancelled (CupDummyEngine * engine, guint n)
{
  g_mutex_lock (&engine->lock);
  while (engine->n_cancelled < n)
    g_cond_wait (&engine->cond, &engine->lock);
  g_mutex_unlock (&engine->lock);
}

void
cup_dummy_engine_release (CupDummyEngine * engine, guint8 key)
{
  g_mutex_lock (&engine->lock);
  engine->released[key] = TRUE;
  g_mutex_unlock (&engine->lock);
  invoke (engine, release_held, g_object_ref (engine), g_object_unref);
}

void
cup_dummy_engine_release_all (CupDummyEngine * engine)
{
  g_mutex_lock (&engine->lock);
  engine->all_released = TRUE;
  g_mutex_unlock (&engine->lock);
  invoke (engine, release_held, g_object_ref (engine), g_object_unref);
}

guint
cup_dummy_engine_get_n_started (CupDummyEngine * engine)
{
  guint n;

  g_mutex_lock (&engine->lock);
  n = engine->n_started;
  g_mutex_unlock (&engine->lock);
  return n;
}

guint
cup_dummy_engine_get_max_parallel (CupDummyEngine * engine)
{
  guint n;

  g_mutex_lock (&engine->lock);
  n = engine->max_parallel;
  g_mutex_unlock (&engine->lock);
  return n;
}

const CupValues *
cup_dummy_engine_get_values (CupDummyEngine * engine, guint8 key)
{
  const CupValues *values;

  g_mutex_lock (&engine->lock);
  values = engine->values[key];
  g_mutex_unlock (&engine->lock);
  return values;
}

gint64
cup_dummy_engine_get_queue_timeout (CupDummyEngine * engine, guint8 key)
{
  gint64 timeout;

  g_mutex_lock (&engine->lock);
  timeout = engine->queue_timeouts[key];
  g_mutex_unlock (&engine->lock);
  return timeout;
}

gboolean
cup_dummy_engine_get_last_is_lossy (CupDummyEngine * engine)
{
  gboolean is_lossy;

  g_mutex_lock (&engine->lock);
  is_lossy = engine->last_is_lossy;
  g_mutex_unlock (&engine->lock);
  return is_lossy;
}
