/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "dispatch/dispatcher.h"
#include "input.h"
#include "output.h"
#include "progress.h"
#include "properties.h"
#include "stats.h"
#include "window.h"

G_BEGIN_DECLS

#define GST_TYPE_CREATIVE_UPSCALER (gst_creative_upscaler_get_type ())
G_DECLARE_FINAL_TYPE (GstCreativeUpscaler, gst_creative_upscaler, GST,
    CREATIVE_UPSCALER, GstElement)

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
  CupStats *stats;              /* of this start; written by READY → PAUSED, read
                                 * by the pads' threads without the lock */

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
  guint64 warned_fields;        /* CUP_FIELD_BIT of what the user was told of */

  /* src task. */
  GList *held;                  /* events that wait for the first caps */
  CupOutput *output;            /* the caps that are out */
  gboolean left_out;            /* a frame was, since the last buffer */
  guint n_failures;             /* frames in a row */
  CupSizing sizing;
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

/* src.c */
gboolean gst_creative_upscaler_src_event (GstPad * pad, GstObject * parent,
    GstEvent * event);
gboolean gst_creative_upscaler_src_query (GstPad * pad, GstObject * parent,
    GstQuery * query);
gboolean gst_creative_upscaler_src_activate (GstPad * pad, GstObject * parent,
    GstPadMode mode, gboolean active);
/* Starts the task that serves the head of the window, or lets it go on. */
gboolean gst_creative_upscaler_start_task (GstCreativeUpscaler * self);
/* After a flush, while the task does not run: forgets what was left out or has
 * failed, and the events that wait for caps; sticky ones are stored on the pad.
 */
void gst_creative_upscaler_forget (GstCreativeUpscaler * self);

#define GST_CAT_DEFAULT gst_creative_upscaler_debug
GST_DEBUG_CATEGORY_EXTERN (gst_creative_upscaler_debug);

G_END_DECLS
