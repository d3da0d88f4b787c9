/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ordered window: everything that was taken from upstream and has not gone
 * downstream yet, in the order in which it came. A slot holds a frame, a
 * serialized event, or a serialized query. Only the head leaves.
 *
 * Locks. The window's mutex guards the queue, the flow state and the state of
 * the slots in it; the condition is broadcast on every change of them. Order:
 *
 *   pad stream lock → task lock → window lock → object lock
 *
 * and for everything else the window lock is a leaf: it is never held over a
 * push, a query, an event, a message, g_cancellable_cancel(), or a call into
 * an engine or the workers. Functions take it themselves; a slot's fields are
 * touched by others only where its comment says so.
 *
 * The window is reference counted apart from the element: a job that completes
 * late finds a window, and nobody waits for it.
 */
#pragma once

#include <gst/gst.h>

#include "dispatch/dispatcher.h"
#include "slot.h"

G_BEGIN_DECLS

CupWindow *cup_window_new (void);
CupWindow *cup_window_ref (CupWindow * window);
void cup_window_unref (CupWindow * window);

/* Waits until nobody has a slot any more, @timeout microseconds at most: a
 * worker or an engine may still be letting go of one that has left long ago.
 * FALSE where somebody has. Without any lock, and not by who has one. */
gboolean cup_window_join (CupWindow * window, gint64 timeout);

/* --- the element's state changes and pad activation --- */

/* How many frames may be between the pads: in the window, being made ready to
 * go in, and being pushed. Any thread, at any time. */
void cup_window_set_max (CupWindow * window, guint max);

/* Who renders; NULL while stopped. */
void cup_window_set_workers (CupWindow * window, CupWorkers * workers);

/* Sets the flow state and wakes everybody. OK also forgets EOS, from either
 * side. */
void cup_window_set_flow (CupWindow * window, GstFlowReturn flow);

/* Sets the flow state to @flow, empties the window and releases its waiting
 * queries. Returns the slots, to be passed to cup_slots_take_back() or
 * cup_slots_leave() without any lock. */
GList *cup_window_steal (CupWindow * window, GstFlowReturn flow);

/* Takes the frames in @slots back: cancels their jobs, says so, and frees the
 * slots; answers marks; sticky events are stored on @srcpad, except those that a
 * flush forgets (SEGMENT and EOS). */
void cup_slots_take_back (GList * slots, GstPad * srcpad);
/* The same where the stream or the element ends: requests that the service has
 * accepted are left there, where a cache keeps them (cup_job_leave()). */
void cup_slots_leave (GList * slots, GstPad * srcpad);

/* --- streaming thread --- */

/* Makes sure that a frame more may be taken; afterwards cup_window_push_frame()
 * or cup_window_give_back() must follow. Where there is no room it waits, or, by
 * @overflow, takes frames out that have no result yet: @dropped, whose jobs the
 * caller cancels. @full: there is none all the same, and nothing has to follow.
 */
GstFlowReturn cup_window_reserve (CupWindow * window,
    GstCreativeUpscalerOverflow overflow, GSList ** dropped, gboolean * full);
void cup_window_give_back (CupWindow * window);

/* A slot for a frame of @width × @height, 0×0 where that is not known. The
 * caller submits the job after the slot was pushed. */
CupSlot *cup_window_new_frame (CupWindow * window, CupInput * input,
    guint width, guint height, GstBuffer * metadata,
    GCancellable * cancellable, CupFrameProgress * progress);
/* Fills the reserved place. Keeps a reference of its own on success. */
GstFlowReturn cup_window_push_frame (CupWindow * window, CupSlot * slot);

/* Puts a hole behind all that is there, in place of a frame that is left out: a
 * GAP, and DISCONT on what comes after it. Holes that follow each other are
 * one. Needs no place. */
GstFlowReturn cup_window_push_hole (CupWindow * window, GstClockTime start,
    GstClockTime duration);

/* Whether a frame that comes now may leave with the result of @leader, the last
 * one that got a job: it is there, or was kept when it left; or, in a dry run, do
 * without one as that did. @will: it does, and from then on that is kept. */
gboolean cup_window_can_repeat (CupWindow * window, CupSlot * leader,
    gboolean will);

/* Takes @event, queued behind what is there; a sticky one also where nothing is
 * linked downstream. On failure it is freed. EOS is remembered: no frame is
 * taken after it. @revived: whether STREAM_START or SEGMENT ended downstream's
 * EOS, and the task must be started again. */
GstFlowReturn cup_window_push_event (CupWindow * window, GstEvent * event,
    gboolean * revived);

/* Queues @query and waits for its answer, or for a flush. */
gboolean cup_window_run_query (CupWindow * window, GstQuery * query);

/* --- completion of a frame's job, in any thread --- */

/* Takes @result or @error, one of which is NULL, and tells the application:
 * of a result that has to be looked at, once that was done. @width × @height:
 * the frame's, which may not have been known before. */
void cup_window_complete (CupWindow * window, CupSlot * slot, guint width,
    guint height, CupResult * result, GError * error);

/* --- src task --- */

/* With a live source, a head that is PENDING is looked at, too: once, and again
 * whenever its time may have come. Any thread. */
void cup_window_set_live (CupWindow * window, gboolean live);
void cup_window_check_head (CupWindow * window);

/* Waits until the head can be served. All but frames are taken out of the
 * window; a frame stays the head, and is not RENDERING. NULL with the flow where
 * the task has to end. */
CupSlot *cup_window_wait_head (CupWindow * window, GstFlowReturn * flow);
CupSlotState cup_window_get_state (CupWindow * window, CupSlot * slot);

/* What frames are rendered for from now on (takes a reference, may be NULL),
 * and starts rendering of those near the head that fit it. READY frames that
 * were made for another output are rendered again. */
void cup_window_set_output (CupWindow * window, CupOutput * output);

/* Has the original of the head, which has FAILED, was given up, or never had a
 * job, read by a worker: it takes the place of the result, to leave with this
 * size, and the frame is DONE. Where that fails the frame is FAILED (again), with
 * an error that says so too, and without original. FALSE where nobody works
 * any more, or a flush was faster. */
gboolean cup_window_pass_original (CupWindow * window, CupSlot * slot,
    guint width, guint height);

/* The head, DONE or READY, leaves itself: with the size that @output (nullable)
 * and @sizing give it now. */
void cup_window_size_original (CupWindow * window, CupSlot * slot,
    const CupOutput * output, const CupSizing * sizing);

/* The head, a REPEAT whose @result the caller has set, becomes READY with
 * @buffer (taken), made for @output, or DONE where that is NULL. */
void cup_window_repeat (CupWindow * window, CupSlot * slot, CupOutput * output,
    GstBuffer * buffer, gboolean is_unsafe);

/* The PENDING head becomes CANCELLED; FALSE where it is not PENDING any more.
 * The caller cancels its job. */
gboolean cup_window_give_up (CupWindow * window, CupSlot * slot, CupDrop drop);

/* Whether @slot was taken to leave with a result that is to be kept. */
gboolean cup_window_is_kept (CupWindow * window, CupSlot * slot);
/* What was kept is there no more. */
void cup_window_keep_nothing (CupWindow * window);

/* Takes the frame out of the window, to be pushed or reported; FALSE where a
 * flush was faster. It counts as in flight until cup_window_frame_left().
 * @leaves: with its result, which then may be kept. */
gboolean cup_window_take_frame (CupWindow * window, CupSlot * slot,
    gboolean leaves);
void cup_window_frame_left (CupWindow * window);
void cup_window_answer_query (CupWindow * window, CupSlot * slot,
    gboolean answer);

/* Downstream is at EOS: drops the frames (returned, to be abandoned), refuses
 * new ones, keeps what must still go through. */
GList *cup_window_refuse_frames (CupWindow * window);

/* Records @flow where the state was OK still, and releases the queries that
 * wait in the window. Returns the flow in force, and whether EOS had been taken
 * from upstream. Frames stay: a pad that is linked again gets them. */
GstFlowReturn cup_window_fail (CupWindow * window, GstFlowReturn flow,
    gboolean * eos_taken);

/* EOS went downstream. TRUE where nothing is behind it and the task ends; FALSE
 * where a new stream has been queued already. */
gboolean cup_window_end_stream (CupWindow * window);

/* Sets the flow from @from to OK; TRUE where it was @from. */
gboolean cup_window_revive (CupWindow * window, GstFlowReturn from);
GstFlowReturn cup_window_get_flow (CupWindow * window);

/* Frames between the pads: in the window, reserved, or being pushed. */
guint cup_window_get_in_flight (CupWindow * window);

/* --- the application's thread, without any lock --- */

/* Cancels the jobs of the frames that have no result yet, and says so; the
 * frames become CANCELLED and stay in their places. Returns how many. */
guint cup_window_cancel_pending (CupWindow * window);

/* Puts a mark behind all that is in the window; who takes it out, or abandons
 * it, calls cup_report_drained(). FALSE where nothing is in the window that
 * will be served, and there is nothing to wait for. */
gboolean cup_window_push_mark (CupWindow * window);

G_END_DECLS
