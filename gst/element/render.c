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
  /* The first error is why the frame has failed, and has the details. */
  message = g_strdup_printf ("%s; nor can the frame itself take its place: %s",
      slot->error->message, error->message);
  g_free (slot->error->message);
  slot->error->message = message;
  g_error_free (error);
  slot->is_original = FALSE;
  return g_steal_pointer (&slot->original);
}

/* On a worker: makes the output buffer of a slot. */
static void
render_slot (gpointer data)
{
  CupRenderWork *work = data;
  CupSlot *slot = work->slot;
  CupWindow *window = slot->window;
  GstBuffer *buffer = NULL, *original = NULL;
  GError *error = NULL;
  gboolean is_unsafe = FALSE;

  /* Where it was abandoned while it waited nobody wants the picture any more.
   */
  if (!g_cancellable_set_error_if_cancelled (slot->cancellable, &error))
    buffer = cup_output_render (work->output, &slot->frame, slot->result,
        slot->metadata, slot->cancellable, &is_unsafe, &error);
  if (buffer) {
    cup_meta_add (buffer, slot->result, slot->progress,
        GST_BUFFER_PTS (slot->metadata), is_unsafe, slot->is_original);
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
  cup_output_unref (work->output);
  cup_slot_unref (slot);
  g_free (work);
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
    CupRenderWork *work;
    CupPicture picture;

    if (slot->type != CUP_SLOT_FRAME)
      continue;
    room--;
    if (slot->state != CUP_SLOT_DONE)
      continue;
    cup_slot_get_picture (slot, &window->output->sizing, &picture);
    if (!cup_output_fits (window->output, &picture))
      continue;
    slot->state = CUP_SLOT_RENDERING;
    g_clear_pointer (&slot->output, cup_output_unref);
    slot->output = cup_output_ref (window->output);
    work = g_new (CupRenderWork, 1);
    work->slot = cup_slot_ref (slot);
    work->output = cup_output_ref (window->output);
    works = g_slist_prepend (works, work);
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

/* The frame itself as a result, with the request that has failed. */
static CupResult *
read_original (CupSlot * slot, GError ** error)
{
  const CupErrorDetails *details = cup_error_get_details (slot->error);
  CupJob *job = cup_input_make_job (slot->input, slot->original, slot->uri,
      error);
  CupResult *result = NULL;

  if (!job)
    return NULL;
  if (cup_job_need_pixels (job, error)) {
    result = cup_result_new_pixels (cup_pixels_ref (cup_job_get_pixels (job)));
    if (details)
      result->request_id = g_strdup (details->request_id);
  }
  cup_job_unref (job);
  return result;
}

/* On a worker. The slot is RENDERING: nobody else writes to it. */
static void
load_original (gpointer data)
{
  CupSlot *slot = data;
  CupWindow *window = slot->window;
  CupResult *result = NULL;
  GstBuffer *original = NULL;
  GError *error = NULL;

  if (!g_cancellable_set_error_if_cancelled (slot->cancellable, &error))
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
  cup_slot_unref (slot);
}

gboolean
cup_window_pass_original (CupWindow * window, CupSlot * slot, guint width,
    guint height)
{
  CupWorkers *workers;

  g_mutex_lock (&window->lock);
  workers = window->workers ? cup_workers_ref (window->workers) : NULL;
  if (workers) {
    slot->state = CUP_SLOT_RENDERING;
    slot->is_original = TRUE;
    slot->width = width;
    slot->height = height;
  }
  g_mutex_unlock (&window->lock);
  if (!workers)
    return FALSE;
  cup_workers_push (workers, CUP_WORK_FINISH, load_original,
      cup_slot_ref (slot));
  cup_workers_unref (workers);
  return TRUE;
}
