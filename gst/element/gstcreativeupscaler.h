/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "dispatch/dispatcher.h"
#include "input.h"
#include "kept.h"
#include "output.h"
#include "parts.h"
#include "previous.h"
#include "progress.h"
#include "properties.h"
#include "selector.h"
#include "showing.h"
#include "stats.h"
#include "window.h"

G_BEGIN_DECLS

/**
 * CupSpendingTold:
 * @limits: of which limits the application was told that they are reached
 * @left_out: for which it was warned of frames that are left out
 * @passed_through: and of those that pass through
 * @has_sum: whether it was told of @sum
 *
 * Of one start; see spending.c.
 */
typedef struct
{
  guint limits;
  guint left_out;
  guint passed_through;
  gboolean has_sum;
  CupBudgetFigures sum;
} CupSpendingTold;

#define GST_TYPE_CREATIVE_UPSCALER (gst_creative_upscaler_get_type ())
G_DECLARE_FINAL_TYPE (GstCreativeUpscaler, gst_creative_upscaler, GST,
    CREATIVE_UPSCALER, GstElement)
GST_ELEMENT_REGISTER_DECLARE (creativeupscaler)

/* Private to element/. Which thread may touch what stands at each group; the
 * lock order stands in window.h. */
struct _GstCreativeUpscaler
{
  GstElement parent;

  /* Never changed after the instance was made. */
  GstPad *sinkpad;
  GstPad *srcpad;
  CupWindow *window;            /* has a lock of its own */

  /* Object lock. */
  CupSettings settings;
  CupEngine *given_engine;      /* used in place of the property's, if set */
  GstClockTime earliest_time;   /* QoS: running time before which all is late */
  struct
  {
    gboolean is_live;           /* says upstream, when it was asked last */
    gboolean is_playing;
    GstClockTime upstream;      /* the least latency there */
    GstClockTime frame_duration;        /* of the input, or NONE */
  } live;
  CupCache *cache;              /* (nullable): of this start; as the next one */
  CupStats *stats;              /* of this start; written by READY → PAUSED, read
                                 * by the pads' threads without the lock */
  CupBudget *budget;            /* the same */
  gboolean has_service;         /* the engine: then it is paid for */
  gboolean dry_run;             /* of this start, the same */

  /* Set by READY → PAUSED, before the pads are active; cleared by PAUSED →
   * READY, after they are not any more; read by the pads' threads between. */
  CupEngine *engine;
  CupDispatcher *dispatcher;
  CupProgressReporter *progress;

  /* Streaming thread. */
  CupInput *input;
  GstSegment segment;
  gboolean interpolate;         /* upstream has no times: make them */
  guint64 n_frames;             /* since the segment began */
  guint64 n_jobs;               /* since the element was started */
  gboolean discont;             /* a frame was left out */
  gint64 arrived;               /* when the frame in hand came */
  CupPrevious previous;
  CupParts parts;
  CupSelector selector;
  guint64 warned_fields;        /* CUP_FIELD_BIT of what the user was told of */
  gboolean warned_unmatched;    /* was told of color-match and URIs */
  gboolean warned_times;        /* was told of frames without times */
  gboolean warned_price;        /* was told of max-cost without a price */

  /* FLUSH_STOP and the deactivation of the src pad may come at once, from
   * upstream's thread and the application's. Held while the task is started, and
   * not while it is waited for. */
  GMutex task_lock;
  gboolean src_active;
  GstEvent *rate_change;        /* an instant one, waits for its SEGMENT */

  /* src task, which has the src pad's stream lock; others with that and the task
   * lock. */
  GList *held;                  /* events that wait for the first caps */
  CupOutput *output;            /* the caps that are out */
  gboolean left_out;            /* a frame was, since the last buffer */
  guint n_failures;             /* frames in a row */
  gboolean warned_alpha;        /* was told of alpha that did not come back */
  CupShowing showing;
  CupSpendingTold told;
  CupSizing sizing;
  CupKept kept;
  GstClockID timer;             /* the time of the head, while it is waited for */
  GstClockTime told_latency;    /* the most that was warned of */
  GstClockTime original_time;   /* that originals need until they can leave */
};

/* For those who link the element into their own program, such as the tests:
 * uses @engine (a reference is taken; NULL for none) from the next READY →
 * PAUSED on, whatever the `engine` property says. */
void gst_creative_upscaler_use_engine (GstCreativeUpscaler * self,
    CupEngine * engine);

/* sink.c */
GstFlowReturn gst_creative_upscaler_chain (GstPad * pad, GstObject * parent,
    GstBuffer * buffer);
GstFlowReturn gst_creative_upscaler_sink_event (GstPad * pad,
    GstObject * parent, GstEvent * event);
gboolean gst_creative_upscaler_sink_query (GstPad * pad, GstObject * parent,
    GstQuery * query);
gboolean gst_creative_upscaler_sink_activate (GstPad * pad, GstObject * parent,
    GstPadMode mode, gboolean active);

/* intake.c, streaming thread */

/* @buffer has the frame's pixels or bytes, @uri, of a list, says where they are;
 * @metadata is the caller's own. */
GstFlowReturn gst_creative_upscaler_take_frame (GstCreativeUpscaler * self,
    GstBuffer * buffer, const gchar * uri, GstBuffer * metadata);
/* A frame that cannot even become a job, with a reserved place in the window,
 * fails when its turn comes, like any other: those before it are delivered.
 * Takes @error. */
GstFlowReturn gst_creative_upscaler_fail_frame (GstCreativeUpscaler * self,
    GstBuffer * metadata, GError * error);

/* serve.c, src task */

/* @slot: the head, not PENDING or RENDERING. */
GstFlowReturn gst_creative_upscaler_serve_frame (GstCreativeUpscaler * self,
    CupSlot * slot);
/* Ends the window with @flow, or with that in force already, and leaves the
 * frames behind: cup_slots_leave(). Frames stay where the pad may be linked again:
 * they have been paid for. */
GstFlowReturn gst_creative_upscaler_fail_window (GstCreativeUpscaler * self,
    GstFlowReturn flow, gboolean * eos_taken);

/* src.c */

/* SEGMENT, TAG and the like come after CAPS, which are not known before the
 * first result; STREAM_START comes before. Takes @event. src task. */
void gst_creative_upscaler_push_or_hold (GstCreativeUpscaler * self,
    GstEvent * event);
void gst_creative_upscaler_push_held (GstCreativeUpscaler * self);
/* Pushes what is held, and @eos, which is taken, behind the sum of what was spent. */
void gst_creative_upscaler_end_stream (GstCreativeUpscaler * self,
    GstEvent * eos);
gboolean gst_creative_upscaler_src_event (GstPad * pad, GstObject * parent,
    GstEvent * event);
gboolean gst_creative_upscaler_src_query (GstPad * pad, GstObject * parent,
    GstQuery * query);
gboolean gst_creative_upscaler_src_activate (GstPad * pad, GstObject * parent,
    GstPadMode mode, gboolean active);
/* Starts the task that serves the head of the window, or lets it go on. FALSE
 * where the pad is not active any more. */
gboolean gst_creative_upscaler_start_task (GstCreativeUpscaler * self);
/* The same after a flush: takes frames again. */
void gst_creative_upscaler_resume (GstCreativeUpscaler * self);
/* After a flush or a stop, with the task paused, and without the task lock; takes
 * the src pad's stream lock. Forgets what was left out or has
 * failed, what was kept, and the events that wait for caps; sticky ones are
 * stored on the pad. */
void gst_creative_upscaler_forget (GstCreativeUpscaler * self);

#define GST_CAT_DEFAULT gst_creative_upscaler_debug
GST_DEBUG_CATEGORY_EXTERN (gst_creative_upscaler_debug);

G_END_DECLS
