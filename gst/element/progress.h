/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells the application how each frame gets on: element messages
 * `creativeupscaler-job` for programs, GST_MESSAGE_PROGRESS for people who
 * watch gst-launch-1.0. docs/messages.md describes both; they are an interface.
 *
 * Jobs outlive the element. So what posts knows the element weakly, and a frame
 * that has ended, or was abandoned, posts nothing any more. And they outlive the
 * element's stop, after which a pipeline may end whose bus handler knows of no
 * references: once the reporter is closed nothing is posted. A frame's messages
 * are posted in their order whichever threads they come from, and without any
 * lock: what is to be posted queues, and the thread that posts takes along what
 * others add meanwhile.
 *
 * All functions may be called from any thread, without any lock (a mutex that a
 * handler of messages takes is one).
 */
#pragma once

#include <gst/gst.h>

#include "engine/job.h"
#include "stats.h"

G_BEGIN_DECLS

typedef struct _CupProgressReporter CupProgressReporter;
typedef struct _CupFrameProgress CupFrameProgress;

/* What the frames of one start of the element have in common. What becomes of
 * them is counted in @stats. */
CupProgressReporter *cup_progress_reporter_new (GstElement * element,
    const gchar * engine, CupStats * stats);
CupProgressReporter *cup_progress_reporter_ref (CupProgressReporter * reporter);
void cup_progress_reporter_unref (CupProgressReporter * reporter);

/* Nothing is posted any more when this returns. Waits for other threads that
 * post right now, as the end of a streaming thread does; not for a post that
 * this thread is in (a handler of messages may stop the element). */
void cup_progress_reporter_close (CupProgressReporter * reporter);

/* Posts a warning that is of no frame in particular, unless it is closed. */
void cup_progress_reporter_warn (CupProgressReporter * reporter,
    const GError * error);

/* @number counts the frames that the element has taken; @arrived is what
 * cup_stats_count_in() has returned for it. */
CupFrameProgress *cup_frame_progress_new (CupProgressReporter * reporter,
    guint64 number, GstClockTime pts, GstClockTime stream_time, gint64 arrived);
CupFrameProgress *cup_frame_progress_ref (CupFrameProgress * frame);
void cup_frame_progress_unref (CupFrameProgress * frame);

/* Before the job is submitted: what it is made with (taken), which
 * cup_frame_progress_fill_settings() tells. */
void cup_frame_progress_set_settings (CupFrameProgress * frame,
    GstStructure * settings);
/* Before @job is submitted: posts what its engine reports. */
void cup_frame_progress_watch (CupFrameProgress * frame, CupJob * job);
/* Before the frame's end is reported; 0×0 is not known. */
void cup_frame_progress_set_input_size (CupFrameProgress * frame, guint width,
    guint height);

/* The end, of which there is one: what comes after the first does nothing, but
 * a failure after it was done (the result cannot be used) takes its place.
 * Cancellation is an error here, too, and so is what the budget does not
 * allow. */
void cup_frame_progress_done (CupFrameProgress * frame,
    const CupResult * result, gboolean is_unsafe);
void cup_frame_progress_failed (CupFrameProgress * frame,
    const GError * error);
void cup_frame_progress_cancelled (CupFrameProgress * frame);
/* Of a frame without a job: nothing is posted. */
void cup_frame_progress_skip (CupFrameProgress * frame);

/* For the statistics, from the src task, whatever the end was: the frame is
 * about to be pushed, or it is left out. */
void cup_frame_progress_count_out (CupFrameProgress * frame, CupSource source);
void cup_frame_progress_count_drop (CupFrameProgress * frame, CupDrop drop);

/* Sets the fields `frame`, `engine`, and `pts` and `stream-time` where they are
 * known. */
void cup_frame_progress_fill (CupFrameProgress * frame,
    GstStructure * structure);
/* Sets `settings`, unless there never was a job. */
void cup_frame_progress_fill_settings (CupFrameProgress * frame,
    GstStructure * structure);
/* Sets `request-id`, `seed`, `url`, `content-type`, `file-name`, `file-size`,
 * `inference-time` and `billable-units`, as far as known. */
void cup_progress_fill_result (GstStructure * structure,
    const CupResult * result);
/* Sets `origin`. */
void cup_progress_fill_origin (GstStructure * structure,
    const CupResult * result);

G_END_DECLS
