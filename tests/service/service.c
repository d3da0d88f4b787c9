/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The service: its thread, and what tests call.
 *
 * Listening happens before the thread starts, so that errors and the ports are
 * known when cup_fal_service_new() returns; everything after that happens on
 * the thread, in a context of its own.
 */
#include "service.h"

#include "base/error.h"
#include "queue.h"
#include "service-private.h"
#include "stream.h"

void
cup_fal_service_options_init (CupFalServiceOptions * options)
{
  static const CupFalServiceOptions defaults = {
    .runners = 2,
    .round = 1,
    .result_type = CUP_IMAGE_PNG,
    .quality = 90,
    .keep_jobs = 1000,
    .keep_bytes = G_GUINT64_CONSTANT (512) * 1024 * 1024,
    .ping_interval = 15000,
  };

  *options = defaults;
}

GSource *
cup_service_add_timeout (CupFalService * service, guint ms,
    GSourceFunc callback, gpointer data)
{
  GSource *source = g_timeout_source_new (ms);

  g_source_set_callback (source, callback, data, NULL);
  g_source_attach (source, service->context);
  return source;
}

static gpointer
run (gpointer data)
{
  CupFalService *service = data;

  g_main_context_push_thread_default (service->context);
  g_main_loop_run (service->loop);

  cup_service_disconnect (service);
  cup_service_queue_free (service->queue);
  g_main_context_pop_thread_default (service->context);
  return NULL;
}

/* Of the parts that are there so far, after the thread has ended. */
static void
service_free (CupFalService * service)
{
  cup_service_listen_clear (service);
  g_clear_pointer (&service->streams, g_ptr_array_unref);
  g_clear_pointer (&service->connections, g_ptr_array_unref);
  g_clear_pointer (&service->storage, cup_service_storage_free);
  g_clear_pointer (&service->faults, cup_service_faults_free);
  g_clear_pointer (&service->record, cup_service_record_free);
  g_clear_pointer (&service->loop, g_main_loop_unref);
  g_clear_pointer (&service->context, g_main_context_unref);
  g_cond_clear (&service->changed);
  g_mutex_clear (&service->mutex);
  g_free (service->files_origin);
  g_free (service->location);
  g_free (service->log_path);
  g_free (service->key);
  g_free (service);
}

static void
copy_options (CupFalService * service, const CupFalServiceOptions * options)
{
  CupFalServiceOptions *copy = &service->options;

  if (options)
    *copy = *options;
  else
    cup_fal_service_options_init (copy);
  service->key = g_strdup (copy->key);
  service->log_path = g_strdup (copy->log_path);
  copy->key = service->key;
  copy->log_path = service->log_path;
  copy->runners = MAX (copy->runners, 1);
  copy->round = MAX (copy->round, 1);
  copy->quality = CLAMP (copy->quality, 1, 100);
  /* The job that a request is about must not vanish under it. */
  copy->keep_jobs = MAX (copy->keep_jobs, 1);
  copy->ping_interval = MAX (copy->ping_interval, 1);
  g_atomic_int_set (&service->max_jobs, MIN (copy->max_jobs, G_MAXINT));
}

CupFalService *
cup_fal_service_new (const CupFalServiceOptions * options, GError ** error)
{
  CupFalService *service = g_new0 (CupFalService, 1);
  gboolean good;

  g_mutex_init (&service->mutex);
  g_cond_init (&service->changed);
  copy_options (service, options);
  service->record = cup_service_record_new (service->log_path, error);
  if (!service->record) {
    service_free (service);
    return NULL;
  }
  service->faults = cup_service_faults_new (service->options.seed);
  service->storage = cup_service_storage_new (service->options.keep_bytes);
  service->streams = g_ptr_array_new_with_free_func (cup_service_stream_free);
  service->connections = g_ptr_array_new ();
  service->context = g_main_context_new ();
  service->loop = g_main_loop_new (service->context, FALSE);

  g_main_context_push_thread_default (service->context);
  good = cup_service_listen (service, error);
  g_main_context_pop_thread_default (service->context);
  if (!good) {
    service_free (service);
    return NULL;
  }
  service->queue = cup_service_queue_new (service);
  service->thread = g_thread_new ("fal-service", run, service);
  return service;
}

static gboolean
on_quit (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

void
cup_fal_service_free (CupFalService * service)
{
  /* Through the context: the loop may not be running yet. */
  g_main_context_invoke (service->context, on_quit, service->loop);
  g_thread_join (service->thread);
  service_free (service);
}

const gchar *
cup_fal_service_get_location (CupFalService * service)
{
  return service->location;
}

const gchar *
cup_fal_service_get_files_location (CupFalService * service)
{
  return service->options.single_port
      ? service->location : service->files_origin;
}

guint
cup_fal_service_get_port (CupFalService * service)
{
  return service->port;
}

gboolean
cup_fal_service_add_fault (CupFalService * service, const gchar * spec,
    GError ** error)
{
  return cup_service_faults_add (service->faults, spec, error);
}

void
cup_fal_service_clear_faults (CupFalService * service)
{
  cup_service_faults_clear (service->faults);
}

static gboolean
on_release (gpointer data)
{
  CupFalService *service = data;

  cup_service_queue_release (service->queue);
  return G_SOURCE_REMOVE;
}

void
cup_fal_service_hold (CupFalService * service, gboolean hold)
{
  g_atomic_int_set (&service->held, hold);
  if (!hold)
    g_main_context_invoke (service->context, on_release, service);
}

/* Something that the service's thread does, and that is waited for. */
typedef struct
{
  CupFalService *service;
  guint n;                      /* these two: of on_end_job() */
  gboolean fails;
  gboolean done;
} Task;

static void
end_task (Task * task)
{
  CupFalService *service = task->service;

  g_mutex_lock (&service->mutex);
  task->done = TRUE;
  g_cond_broadcast (&service->changed);
  g_mutex_unlock (&service->mutex);
}

static gboolean
on_forget_jobs (gpointer data)
{
  Task *task = data;

  cup_service_queue_forget (task->service->queue);
  end_task (task);
  return G_SOURCE_REMOVE;
}

static gboolean
on_forget_files (gpointer data)
{
  Task *task = data;

  cup_service_storage_forget (task->service->storage);
  end_task (task);
  return G_SOURCE_REMOVE;
}

static gboolean
on_end_job (gpointer data)
{
  Task *task = data;

  cup_service_queue_end_job (task->service->queue, task->n, task->fails);
  end_task (task);
  return G_SOURCE_REMOVE;
}

static void
run_task (CupFalService * service, GSourceFunc func, guint n, gboolean fails)
{
  Task task = { service, n, fails };

  g_return_if_fail (g_thread_self () != service->thread);

  g_main_context_invoke (service->context, func, &task);
  g_mutex_lock (&service->mutex);
  while (!task.done)
    g_cond_wait (&service->changed, &service->mutex);
  g_mutex_unlock (&service->mutex);
}

void
cup_fal_service_end_job (CupFalService * service, guint n, gboolean fails)
{
  run_task (service, on_end_job, n, fails);
}

void
cup_fal_service_forget_jobs (CupFalService * service)
{
  run_task (service, on_forget_jobs, 0, FALSE);
}

void
cup_fal_service_forget_files (CupFalService * service)
{
  run_task (service, on_forget_files, 0, FALSE);
}

void
cup_fal_service_set_max_jobs (CupFalService * service, guint max_jobs)
{
  g_atomic_int_set (&service->max_jobs, MIN (max_jobs, G_MAXINT));
}

JsonNode *
cup_fal_service_get_log (CupFalService * service)
{
  return cup_service_record_get_log (service->record);
}

guint64
cup_fal_service_get_count (CupFalService * service, CupFalCounter counter)
{
  return cup_service_record_get (service->record, counter);
}

gboolean
cup_fal_service_wait_count (CupFalService * service, CupFalCounter counter,
    guint64 count, guint timeout_ms)
{
  return cup_service_record_wait (service->record, counter, count,
      (gint64) timeout_ms * 1000);
}
