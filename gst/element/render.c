/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the workers do for the window: they make the output buffers of the
 * frames near its head.
 */
#include "base/error.h"
#include "meta.h"
#include "window-private.h"

typedef struct
{
  CupSlot *slot;
  CupOutput *output;
  GCancellable *cancellable;
} CupRenderWork;

/* Lock held. Takes @error; returns what is to be freed without the lock. */
static GstBuffer *
fail_slot (CupSlot * slot, GError * error)
{
  gchar *message;

  slot->state = CUP_SLOT_FAILED;
  if (!slot->is_original) {
    g_clear_error (&slot->error);
    slot->error = error;
    return NULL;
  }
  slot->is_original = FALSE;
  if (!slot->error) {
    slot->error = error;
    return g_steal_pointer (&slot->original);
  }
  /* The first error is why the frame has failed, and has the details. */
  message = g_strdup_printf ("%s; nor can the frame itself take its place: %s",
      slot->error->message, error->message);
  g_free (slot->error->message);
  slot->error->message = message;
  g_error_free (error);
  return g_steal_pointer (&slot->original);
}

/* The frame itself as a result, with the request that has failed. */
static CupResult *
read_original (CupSlot * slot, GError ** error)
{
  const CupErrorDetails *details =
      slot->error ? cup_error_get_details (slot->error) : NULL;
  CupJob *job = cup_input_make_job (slot->input, slot->original, slot->uri,
      error);
  CupResult *result = NULL;

  if (!job)
    return NULL;
  if (cup_job_need_pixels (job, error)) {
    result = cup_result_new_pixels (cup_pixels_ref (cup_job_get_pixels (job)));
    cup_result_set_metadata (result, cup_job_get_metadata (job));
    result->input_flaw = g_strdup (cup_job_get_flaw (job));
    if (details)
      result->request_id = g_strdup (details->request_id);
  }
  cup_job_unref (job);
  return result;
}

/* On a worker, while the slot is RENDERING: nobody else writes to it. */
static GstBuffer *
render (CupRenderWork * work, gboolean * is_unsafe, GError ** error)
{
  CupSlot *slot = work->slot;

  /* Where it was abandoned while it waited nobody wants the picture any more.
   */
  if (g_cancellable_set_error_if_cancelled (work->cancellable, error))
    return NULL;
  if (!slot->result && !(slot->result = read_original (slot, error)))
    return NULL;
  cup_result_read_metadata (slot->result);
  return cup_output_render (work->output, &slot->frame, slot->result,
      slot->metadata, work->cancellable, is_unsafe, error);
}

static void
free_render_work (CupRenderWork * work)
{
  cup_output_unref (work->output);
  g_object_unref (work->cancellable);
  cup_slot_unref (work->slot);
  g_free (work);
}

/* On a worker: makes the output buffer of a slot. */
static void
render_slot (gpointer data)
{
  CupRenderWork *work = data;
  CupSlot *slot = work->slot;
  CupWindow *window = slot->window;
  GstBuffer *original = NULL;
  GError *error = NULL;
  gboolean is_unsafe = FALSE;
  GstBuffer *buffer = render (work, &is_unsafe, &error);

  if (buffer) {
    cup_meta_add (buffer, slot->result, slot->progress,
        GST_BUFFER_PTS (slot->metadata), is_unsafe, cup_slot_get_source (slot));
    /* Of most results this is known already, and does nothing. */
    cup_frame_progress_done (slot->progress, slot->result, is_unsafe);
  } else {
    cup_frame_progress_failed (slot->progress, error);
  }

  g_mutex_lock (&window->lock);
  if (slot->state == CUP_SLOT_RENDERING) {
    if (buffer) {
      slot->state = CUP_SLOT_READY;
      slot->is_unsafe = is_unsafe;
      slot->buffer = g_steal_pointer (&buffer);
      if (!slot->is_original)
        original = g_steal_pointer (&slot->original);
    } else {
      original = fail_slot (slot, g_steal_pointer (&error));
    }
  }
  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);

  gst_clear_buffer (&buffer);
  gst_clear_buffer (&original);
  g_clear_error (&error);
  free_render_work (work);
}

/* Lock held: whether the size is known that the frame itself leaves with. */
static gboolean
size_original (CupSlot * slot, const CupOutput * output,
    const CupSizing * sizing)
{
  guint width, height;

  if (!cup_output_get_original_size (output, sizing, &slot->frame, slot->scale,
          &width, &height))
    return FALSE;
  slot->width = width;
  slot->height = height;
  return TRUE;
}

void
cup_window_size_original (CupWindow * window, CupSlot * slot,
    const CupOutput * output, const CupSizing * sizing)
{
  g_mutex_lock (&window->lock);
  size_original (slot, output, sizing);
  g_mutex_unlock (&window->lock);
}

/* Lock held. */
static gboolean
can_be_rendered (CupWindow * window, CupSlot * slot)
{
  const CupOutput *output = window->output;
  CupPicture picture;

  /* Where a frame that leaves itself does not fit what leaves now, the src task
   * chooses for it once it is the head. */
  if (slot->state != CUP_SLOT_DONE && !(slot->state == CUP_SLOT_ORIGINAL
          && !slot->is_taken && size_original (slot, output, &output->sizing)))
    return FALSE;
  cup_slot_get_picture (slot, &window->output->sizing, &picture);
  return cup_output_fits (window->output, &picture);
}

/* Lock held. */
static CupRenderWork *
start_rendering (CupWindow * window, CupSlot * slot)
{
  CupRenderWork *work = g_new (CupRenderWork, 1);

  slot->state = CUP_SLOT_RENDERING;
  g_clear_pointer (&slot->output, cup_output_unref);
  slot->output = cup_output_ref (window->output);
  work->slot = cup_slot_ref (slot);
  work->output = cup_output_ref (window->output);
  work->cancellable = g_object_ref (slot->cancellable);
  return work;
}

/* Lock held. The frames near the head that can be rendered now: at most one a
 * worker, since what is rendered is large and what waits behind is not. */
static GSList *
collect_renders (CupWindow * window)
{
  GSList *works = NULL;
  guint room;
  GList *walk;

  if (!window->output || !window->workers || window->flow != GST_FLOW_OK)
    return NULL;

  room = cup_workers_get_n_threads (window->workers);
  for (walk = window->slots.head; walk && room > 0; walk = walk->next) {
    CupSlot *slot = walk->data;

    if (slot->type != CUP_SLOT_FRAME)
      continue;
    room--;
    if (can_be_rendered (window, slot))
      works = g_slist_prepend (works, start_rendering (window, slot));
  }
  return g_slist_reverse (works);
}

/* Lock held; returns without it. */
void
cup_window_unlock_and_render (CupWindow * window)
{
  GSList *works = collect_renders (window), *walk;
  CupWorkers *workers = works ? cup_workers_ref (window->workers) : NULL;

  g_cond_broadcast (&window->cond);
  g_mutex_unlock (&window->lock);

  for (walk = works; walk; walk = walk->next)
    cup_workers_push (workers, CUP_WORK_FINISH, render_slot, walk->data);
  g_slist_free (works);
  g_clear_pointer (&workers, cup_workers_unref);
}

/* Originals */

typedef struct
{
  CupSlot *slot;
  GCancellable *cancellable;
} CupReadWork;

/* On a worker. The slot is RENDERING: nobody else writes to it. */
static void
load_original (gpointer data)
{
  CupReadWork *work = data;
  CupSlot *slot = work->slot;
  CupWindow *window = slot->window;
  CupResult *result = NULL;
  GstBuffer *original = NULL;
  GError *error = NULL;

  if (!g_cancellable_set_error_if_cancelled (work->cancellable, &error))
    result = read_original (slot, &error);

  g_mutex_lock (&window->lock);
  if (result) {
    CupResult *old = slot->result;

    slot->result = result;
    result = old;
    slot->state = CUP_SLOT_DONE;
  } else {
    original = fail_slot (slot, error);
  }
  cup_window_unlock_and_render (window);

  g_clear_pointer (&result, cup_result_free);
  gst_clear_buffer (&original);
  g_object_unref (work->cancellable);
  cup_slot_unref (slot);
  g_free (work);
}

/* Lock held. Of what was given up the job's is used up; who abandons the window
 * from now on finds the other. Returns the old one. */
static GCancellable *
renew_cancellable (CupSlot * slot)
{
  GCancellable *old;

  if (!slot->given_up)
    return NULL;
  old = slot->cancellable;
  slot->cancellable = g_cancellable_new ();
  return old;
}

gboolean
cup_window_pass_original (CupWindow * window, CupSlot * slot, guint width,
    guint height)
{
  GCancellable *old = NULL;
  CupWorkers *workers = NULL;
  CupReadWork *work = NULL;

  g_mutex_lock (&window->lock);
  if (window->workers && slot->in_window) {
    workers = cup_workers_ref (window->workers);
    old = renew_cancellable (slot);
    slot->state = CUP_SLOT_RENDERING;
    slot->is_original = TRUE;
    slot->width = width;
    slot->height = height;
    work = g_new (CupReadWork, 1);
    work->slot = cup_slot_ref (slot);
    work->cancellable = g_object_ref (slot->cancellable);
  }
  g_mutex_unlock (&window->lock);
  g_clear_object (&old);
  if (!workers)
    return FALSE;
  cup_workers_push (workers, CUP_WORK_FINISH, load_original, work);
  cup_workers_unref (workers);
  return TRUE;
}
