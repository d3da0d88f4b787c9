/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The queue and its runners.
 *
 * A job is finished when its time in the runner is over and its picture is
 * done, whichever comes last. The pictures are made on a pool of threads, and
 * come back by the job's id: the job may have been cancelled, and forgotten,
 * by then. What a job logs is the same each time, whichever of them was last:
 * "Started", steps, "Upscaled", "Finished". Jobs only ever finish from a source of the main loop, never from
 * within the start of another, so that a long queue is not a deep stack.
 */
#include "queue.h"

#include <string.h>

#include "input.h"
#include "stream.h"
#include "upscale.h"

/* Lines of a job's log while it runs, evenly over its time. */
#define STEPS 4

struct _CupServiceQueue
{
  CupFalService *service;
  GHashTable *jobs;
  GQueue waiting;
  GQueue finished;
  guint running;
  gboolean closing;
  GThreadPool *workers;
  /* With the option same_results: the first one. */
  GBytes *result;
  guint result_width;
  guint result_height;
};

typedef struct
{
  CupServiceQueue *queue;
  gchar *job_id;
  GCancellable *cancellable;
  CupServiceWork work;
} Task;

/* What a callback about one job needs. */
typedef struct
{
  CupServiceQueue *queue;
  CupServiceJob *job;
} Timer;

static void schedule (CupServiceQueue * queue);

static void
task_free (Task * task)
{
  cup_service_work_clear (&task->work);
  g_object_unref (task->cancellable);
  g_free (task->job_id);
  g_free (task);
}

static GSource *
add_timer (CupServiceQueue * queue, CupServiceJob * job, guint ms,
    GSourceFunc callback)
{
  GSource *source = g_timeout_source_new (ms);
  Timer *timer = g_new (Timer, 1);

  timer->queue = queue;
  timer->job = job;
  g_source_set_callback (source, callback, timer, g_free);
  g_source_attach (source, queue->service->context);
  return source;
}

static void
update_counts (CupServiceQueue * queue)
{
  CupServiceRecord *record = queue->service->record;

  cup_service_record_set (record, CUP_FAL_COUNT_QUEUED, queue->waiting.length);
  cup_service_record_set (record, CUP_FAL_COUNT_RUNNING, queue->running);
  if (queue->running >
      cup_service_record_get (record, CUP_FAL_COUNT_RUNNING_MOST))
    cup_service_record_set (record, CUP_FAL_COUNT_RUNNING_MOST, queue->running);
}

static void
forget_oldest (CupServiceQueue * queue)
{
  CupServiceJob *oldest = g_queue_pop_head (&queue->finished);

  g_hash_table_remove (queue->jobs, oldest->id);
}

/* The outcome is in @job already. */
static void
complete (CupServiceQueue * queue, CupServiceJob * job, CupFalCounter counter)
{
  job->state = CUP_SERVICE_JOB_COMPLETED;
  cup_service_job_clear_sources (job);
  g_clear_pointer (&job->input, json_object_unref);
  g_queue_push_tail (&queue->finished, job);
  cup_service_record_count (queue->service->record, counter, 1);
  schedule (queue);
  cup_service_streams_update (queue->service);

  while (queue->finished.length > queue->service->options.keep_jobs)
    forget_oldest (queue);
}

static JsonObject *
describe_image (CupServiceQueue * queue, CupServiceJob * job,
    const CupServiceWork * work)
{
  CupFalService *service = queue->service;
  const gchar *mime = cup_image_type_get_mime (work->type);
  gboolean lie = cup_service_fault_is (&job->fault,
      CUP_SERVICE_FAULT_WRONG_SIZE);
  JsonObject *image = json_object_new ();
  gchar *random = cup_service_random_hex (8);
  gchar *name = g_strdup_printf ("%s.%s", random,
      cup_image_type_get_extension (work->type));
  gsize size = g_bytes_get_size (work->bytes);
  gchar *url;

  if (cup_service_fault_is (&job->fault, CUP_SERVICE_FAULT_DATA_URI)) {
    gchar *text = g_base64_encode (g_bytes_get_data (work->bytes, NULL), size);

    url = g_strdup_printf ("data:%s;base64,%s", mime, text);
    g_free (text);
  } else if (cup_service_fault_is (&job->fault, CUP_SERVICE_FAULT_BAD_URL)) {
    url = g_strdup ("file:///etc/passwd");
  } else {
    CupServiceFile *file = cup_service_storage_add (service->storage, name,
        mime, work->bytes, TRUE);

    url = g_strconcat (cup_fal_service_get_files_location (service),
        file->path, NULL);
  }
  json_object_set_string_member (image, "url", url);
  json_object_set_string_member (image, "content_type", mime);
  json_object_set_string_member (image, "file_name", name);
  json_object_set_int_member (image, "file_size", lie ? size + 1000 : size);
  json_object_set_int_member (image, "width", work->width + (lie ? 7 : 0));
  json_object_set_int_member (image, "height", work->height + (lie ? 7 : 0));
  g_free (url);
  g_free (name);
  g_free (random);
  return image;
}

/* Seeds of the hosted service have no documented width: these use all of the
 * 63 bits, so that a client that takes fewer shows it. */
static gint64
random_seed (void)
{
  guint64 high = g_random_int () & 0x7fffffff;

  return MAX (1, (gint64) (high << 32 | g_random_int ()));
}

static void
succeed (CupServiceQueue * queue, CupServiceJob * job,
    const CupServiceWork * work)
{
  JsonObject *result = json_object_new ();
  JsonObject *image = describe_image (queue, job, work);
  gint64 seed;

  if (!cup_service_input_get_seed (job->input, &seed))
    seed = random_seed ();
  if (cup_service_fault_is (&job->fault, CUP_SERVICE_FAULT_IMAGES)) {
    JsonArray *images = json_array_new ();

    json_array_add_object_element (images, image);
    json_object_set_array_member (result, "images", images);
  } else {
    if (cup_service_fault_is (&job->fault, CUP_SERVICE_FAULT_NO_IMAGE))
      json_object_unref (image);
    else
      json_object_set_object_member (result, "image", image);
    json_object_set_int_member (result, "seed", seed);
  }
  job->status = 200;
  job->body = json_node_alloc ();
  json_node_take_object (job->body, result);
}

static void
try_finish (CupServiceQueue * queue, CupServiceJob * job)
{
  if (job->state != CUP_SERVICE_JOB_IN_PROGRESS || !job->worked
      || !job->delayed)
    return;
  if (job->outcome) {
    cup_service_job_add_log (job, "INFO", "%s", job->outcome);
    g_clear_pointer (&job->outcome, g_free);
    cup_service_streams_update (queue->service);
  }
  if ((g_atomic_int_get (&queue->service->held) && !job->released)
      || cup_service_fault_is (&job->fault, CUP_SERVICE_FAULT_STUCK))
    return;

  job->inference_time =
      (g_get_monotonic_time () - job->started) / (gdouble) G_USEC_PER_SEC;
  cup_service_job_add_log (job, job->status == 200 ? "INFO" : "ERROR",
      "%s after %.3f s", job->status == 200 ? "Finished" : "Failed",
      job->inference_time);
  queue->running--;
  complete (queue, job, job->status == 200
      ? CUP_FAL_COUNT_COMPLETED : CUP_FAL_COUNT_FAILED);
}

static gboolean on_step (gpointer data);

static void
wait_for_step (CupServiceQueue * queue, CupServiceJob * job)
{
  gint64 delay = (gint64) queue->service->options.delay * 1000;
  gint64 due = job->started + delay * (job->step + 1) / (STEPS + 1);
  gint64 rest = MAX (due - g_get_monotonic_time (), 0);

  job->timer = add_timer (queue, job, (rest + 999) / 1000, on_step);
}

static gboolean
on_step (gpointer data)
{
  Timer *timer = data;
  CupServiceQueue *queue = timer->queue;
  CupServiceJob *job = timer->job;

  g_clear_pointer (&job->timer, g_source_unref);
  job->step++;
  if (job->step <= STEPS) {
    /* Where progress bars of Python go. */
    cup_service_job_add_log (job, "STDERR", "Step %u of %d", job->step, STEPS);
    cup_service_streams_update (queue->service);
    wait_for_step (queue, job);
  } else {
    job->delayed = TRUE;
    try_finish (queue, job);
  }
  return G_SOURCE_REMOVE;
}

static void
keep_result (CupServiceQueue * queue, const CupServiceWork * work)
{
  if (!queue->service->options.same_results || queue->result)
    return;
  queue->result = g_bytes_ref (work->bytes);
  queue->result_width = work->width;
  queue->result_height = work->height;
}

static gboolean
on_worked (gpointer data)
{
  Task *task = data;
  CupServiceJob *job = g_hash_table_lookup (task->queue->jobs, task->job_id);

  if (task->queue->closing || !job || job->state != CUP_SERVICE_JOB_IN_PROGRESS)
    return G_SOURCE_REMOVE;
  if (task->work.bytes) {
    keep_result (task->queue, &task->work);
    job->outcome = g_strdup_printf ("Upscaled to %u×%u", task->work.width,
        task->work.height);
    succeed (task->queue, job, &task->work);
  } else {
    cup_service_job_fail (job, task->work.status,
        g_steal_pointer (&task->work.error), "X-Fal-Needs-Retry: 0", NULL,
        NULL);
  }
  job->worked = TRUE;
  try_finish (task->queue, job);
  return G_SOURCE_REMOVE;
}

/* On a thread of the pool. */
static void
work (gpointer data, gpointer user_data)
{
  Task *task = data;
  GMainContext *context = task->queue->service->context;

  if (g_cancellable_is_cancelled (task->cancellable)) {
    task_free (task);
    return;
  }
  if (!task->work.bytes)
    cup_service_work_run (&task->work, task->cancellable);
  g_main_context_invoke_full (context, G_PRIORITY_DEFAULT, on_worked, task,
      (GDestroyNotify) task_free);
}

/* Only what is stored here, or in the URL itself: the service downloads
 * nothing from anywhere. */
static GBytes *
load_image (CupServiceQueue * queue, JsonObject * input)
{
  CupFalService *service = queue->service;
  const gchar *url = json_object_get_string_member (input, "image_url");
  const gchar *bases[] = { service->files_origin, service->location };
  CupServiceFile *file;
  GBytes *bytes = cup_service_input_decode_data_uri (url);
  guint i;

  for (i = 0; !bytes && i < G_N_ELEMENTS (bases); i++) {
    if (g_str_has_prefix (url, bases[i])) {
      file = cup_service_storage_find (service->storage,
          url + strlen (bases[i]));
      if (file && file->bytes)
        bytes = g_bytes_ref (file->bytes);
    }
  }
  return bytes;
}

static void
start_work (CupServiceQueue * queue, CupServiceJob * job, GBytes * image)
{
  const CupFalServiceOptions *options = &queue->service->options;
  Task *task = g_new0 (Task, 1);

  task->queue = queue;
  task->job_id = g_strdup (job->id);
  task->cancellable = g_object_ref (job->cancellable);
  task->work.input = image;
  task->work.scale = cup_service_input_get_scale (job->alias, job->input);
  task->work.round = options->round;
  task->work.type = options->result_type;
  task->work.quality = options->quality;
  if (job->fault.kind)
    task->work.spoil = job->fault.kind->id;
  if (queue->result) {
    task->work.bytes = g_bytes_ref (queue->result);
    task->work.width = queue->result_width;
    task->work.height = queue->result_height;
  }
  g_thread_pool_push (queue->workers, task, NULL);
}

/* Only failures of the service itself, which have a type, show in the status
 * as well. */
static void
fail_by_fault (CupServiceJob * job, const CupServiceFaultKind * kind)
{
  JsonNode *body = json_from_string (kind->body, NULL);
  const gchar *error = NULL;

  if (kind->error_type)
    error = json_object_get_string_member (json_node_get_object (body),
        "detail");
  cup_service_job_fail (job, kind->status, body, kind->headers, error,
      kind->error_type);
}

static void
start (CupServiceQueue * queue, CupServiceJob * job)
{
  const CupServiceFaultKind *kind = job->fault.kind;
  JsonNode *error;
  GBytes *image;

  queue->running++;
  job->state = CUP_SERVICE_JOB_IN_PROGRESS;
  job->started = g_get_monotonic_time ();
  cup_service_job_add_log (job, "INFO", "Started");
  wait_for_step (queue, job);

  if (kind && kind->status != 0) {
    fail_by_fault (job, kind);
    job->worked = TRUE;
  } else if ((error = cup_service_input_check (job->alias, job->input))) {
    cup_service_job_fail (job, 422, error,
        "X-Fal-Needs-Retry: 0\nX-Fal-Billable-Units: 0", NULL, NULL);
    job->worked = TRUE;
  } else if (!(image = load_image (queue, job->input))) {
    cup_service_job_fail (job, 422, cup_service_detail ("body", "image_url",
            "file_download_error", "Failed to download the file. Please check "
            "if the URL is accessible and try again.", NULL),
        "X-Fal-Needs-Retry: 0", NULL, NULL);
    job->worked = TRUE;
  } else {
    start_work (queue, job, image);
  }
}

static void
schedule (CupServiceQueue * queue)
{
  while (queue->waiting.length > 0
      && queue->running < queue->service->options.runners)
    start (queue, g_queue_pop_head (&queue->waiting));
  update_counts (queue);
}

static gboolean
on_start_deadline (gpointer data)
{
  Timer *timer = data;
  CupServiceJob *job = timer->job;
  CupServiceQueue *queue = timer->queue;

  if (job->state == CUP_SERVICE_JOB_IN_QUEUE) {
    g_queue_remove (&queue->waiting, job);
    cup_service_job_fail_flat (job, 504, "Request timed out",
        "request_timeout", "X-Fal-Request-Timeout-Type: user");
    complete (queue, job, CUP_FAL_COUNT_FAILED);
  }
  return G_SOURCE_REMOVE;
}

CupServiceQueue *
cup_service_queue_new (CupFalService * service)
{
  CupServiceQueue *queue = g_new0 (CupServiceQueue, 1);

  queue->service = service;
  queue->jobs = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      (GDestroyNotify) cup_service_job_free);
  g_queue_init (&queue->waiting);
  g_queue_init (&queue->finished);
  queue->workers = g_thread_pool_new (work, NULL, g_get_num_processors (),
      FALSE, NULL);
  return queue;
}

void
cup_service_queue_free (CupServiceQueue * queue)
{
  GHashTableIter iter;
  gpointer job;

  queue->closing = TRUE;
  g_hash_table_iter_init (&iter, queue->jobs);
  while (g_hash_table_iter_next (&iter, NULL, &job)) {
    cup_service_job_clear_sources (job);
    g_cancellable_cancel (((CupServiceJob *) job)->cancellable);
  }
  /* Not immediately: what was not begun would be leaked. Everything is
   * cancelled, and so this is short. */
  g_thread_pool_free (queue->workers, FALSE, TRUE);
  while (g_main_context_iteration (queue->service->context, FALSE));
  g_queue_clear (&queue->waiting);
  g_queue_clear (&queue->finished);
  g_hash_table_unref (queue->jobs);
  g_clear_pointer (&queue->result, g_bytes_unref);
  g_free (queue);
}

static void
enqueue (CupServiceQueue * queue, CupServiceJob * job)
{
  GList *item = queue->waiting.head;

  while (item && (job->low || !((CupServiceJob *) item->data)->low))
    item = item->next;
  g_queue_insert_before (&queue->waiting, item, job);
}

CupServiceJob *
cup_service_queue_submit (CupServiceQueue * queue, const gchar * application,
    JsonObject * input, guint start_timeout, gboolean low)
{
  CupFalService *service = queue->service;
  CupServiceJob *job = cup_service_job_new (application, input);

  job->fault = cup_service_faults_take (service->faults, CUP_FAL_STAGE_RESULT,
      TRUE);
  if (job->fault.kind)
    cup_service_record_count (service->record, CUP_FAL_COUNT_FAULTS, 1);
  g_hash_table_insert (queue->jobs, job->id, job);
  if (start_timeout > 0)
    job->start_deadline =
        add_timer (queue, job, start_timeout, on_start_deadline);
  job->low = low;
  enqueue (queue, job);
  cup_service_record_count (service->record, CUP_FAL_COUNT_ACCEPTED, 1);
  schedule (queue);
  return job;
}

CupServiceJob *
cup_service_queue_find (CupServiceQueue * queue, const gchar * application,
    const gchar * id)
{
  CupServiceJob *job = g_hash_table_lookup (queue->jobs, id);

  return job && strcmp (job->application, application) == 0 ? job : NULL;
}

guint
cup_service_queue_get_n_unfinished (CupServiceQueue * queue)
{
  return queue->waiting.length + queue->running;
}

guint
cup_service_queue_get_position (CupServiceQueue * queue, CupServiceJob * job)
{
  gint index = g_queue_index (&queue->waiting, job);

  return MAX (index, 0);
}

gboolean
cup_service_queue_cancel (CupServiceQueue * queue, CupServiceJob * job)
{
  if (job->state == CUP_SERVICE_JOB_COMPLETED)
    return FALSE;
  if (job->state == CUP_SERVICE_JOB_IN_QUEUE)
    g_queue_remove (&queue->waiting, job);
  else
    queue->running--;
  g_cancellable_cancel (job->cancellable);

  /* The picture may have been there already. */
  g_clear_pointer (&job->body, json_node_unref);
  g_clear_pointer (&job->headers, g_free);
  g_clear_pointer (&job->error, g_free);
  g_clear_pointer (&job->error_type, g_free);
  cup_service_job_fail_flat (job, 499, "Request was cancelled by the client",
      "client_cancelled", NULL);
  complete (queue, job, CUP_FAL_COUNT_CANCELLED);
  return TRUE;
}

void
cup_service_queue_forget (CupServiceQueue * queue)
{
  while (queue->finished.length > 0)
    forget_oldest (queue);
}

static gint
compare_starts (gconstpointer a, gconstpointer b)
{
  const CupServiceJob *one = a, *other = b;

  return (one->started > other->started) - (one->started < other->started);
}

static CupServiceJob *
find_running (CupServiceQueue * queue, guint n)
{
  GList *jobs = g_list_sort (g_hash_table_get_values (queue->jobs),
      compare_starts);
  CupServiceJob *found = NULL;
  GList *item;

  for (item = jobs; item && !found; item = item->next) {
    CupServiceJob *job = item->data;

    if (job->state == CUP_SERVICE_JOB_IN_PROGRESS && n-- == 0)
      found = job;
  }
  g_list_free (jobs);
  return found;
}

void
cup_service_queue_end_job (CupServiceQueue * queue, guint n, gboolean fails)
{
  CupServiceJob *job = find_running (queue, n);

  g_return_if_fail (job != NULL);
  job->released = TRUE;
  if (!fails) {
    try_finish (queue, job);
    return;
  }
  /* The picture may have been there already. */
  g_clear_pointer (&job->body, json_node_unref);
  fail_by_fault (job, cup_service_fault_find (CUP_FAL_STAGE_RESULT,
          "model-422"));
  queue->running--;
  complete (queue, job, CUP_FAL_COUNT_FAILED);
}

void
cup_service_queue_release (CupServiceQueue * queue)
{
  GList *jobs = g_hash_table_get_keys (queue->jobs);
  GList *item;

  /* By id: finishing one may forget another. */
  for (item = jobs; item; item = item->next)
    item->data = g_strdup (item->data);
  for (item = jobs; item; item = item->next) {
    CupServiceJob *job = g_hash_table_lookup (queue->jobs, item->data);

    if (job)
      try_finish (queue, job);
  }
  g_list_free_full (jobs, g_free);
}
