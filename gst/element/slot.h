/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A place in the window: a frame on its way from one pad to the other, or what
 * came between the frames. window.h has the locks.
 */
#pragma once

#include <gst/gst.h>

#include "engine/job.h"
#include "input.h"
#include "output.h"
#include "progress.h"
#include "report.h"

G_BEGIN_DECLS

typedef struct _CupWindow CupWindow;
typedef struct _CupSlot CupSlot;

typedef enum
{
  CUP_SLOT_FRAME,
  CUP_SLOT_EVENT,
  CUP_SLOT_QUERY,
  CUP_SLOT_MARK,                /* somebody wants to be told: drained */
} CupSlotType;

typedef enum
{
  CUP_SLOT_PENDING,             /* its job is under way */
  CUP_SLOT_REPEAT,              /* leaves with what left before it */
  CUP_SLOT_ORIGINAL,            /* leaves itself, and has not been read yet */
  CUP_SLOT_DONE,                /* has a result */
  CUP_SLOT_RENDERING,           /* a worker makes the output buffer, or reads
                                 * the original */
  CUP_SLOT_READY,               /* has the output buffer */
  CUP_SLOT_FAILED,              /* has an error, perhaps an original */
  CUP_SLOT_CANCELLED,           /* given up, and leaves a gap: @drop */
} CupSlotState;

struct _CupSlot
{
  gint ref_count;
  CupSlotType type;

  /* Never changed after the slot was made. */
  CupWindow *window;
  CupInput *input;              /* frame: what it came as */
  GstVideoInfo frame;           /* frame: the same with its own size, which may
                                 * be unknown until the job's end */
  gdouble scale;                /* frame: by how much it is to be enlarged */
  gchar *uri;                   /* frame: of a list; where the original is */
  GstBuffer *metadata;          /* frame: times, flags and metas, no memory */
  CupFrameProgress *progress;   /* frame: tells the application */
  CupTimes times;               /* frame */
  gboolean has_job;             /* frame: even if it was given up */
  gboolean is_repeated;         /* frame: has no job, but the result of the last
                                 * that had one */
  gboolean is_duplicate;        /* the same, since its pixels are: hence it has
                                 * the same fate, too */

  /* Of the src task once the slot is at the head. */
  gboolean is_late;             /* has been told of */
  gint64 original_wanted;       /* monotonic time: when it was, in place of a
                                 * result that is late */
  GstEvent *event;              /* NULL for a hole without a time */
  gboolean is_hole;             /* event: a GAP that stands for frames that were
                                 * left out */
  GstQuery *query;

  /* Window lock. While RENDERING the worker reads @result without it, and
   * nobody writes it; from DONE on the src task reads it while it is the head.
   */
  CupSlotState state;
  gboolean in_window;
  gboolean is_taken;            /* the src task has it: workers do not start an
                                 * ORIGINAL any more */
  GCancellable *cancellable;    /* of what is done for the frame now */
  CupResult *result;
  GError *error;
  gboolean completed;           /* its job has, and it is being told */
  gboolean given_up;            /* nobody wants what its job still brings */
  CupDrop drop;                 /* CANCELLED: why */
  gboolean is_reused;           /* frames behind it wait for its result */
  GstBuffer *buffer;            /* READY */
  CupOutput *output;            /* RENDERING and READY: what for */
  gboolean is_unsafe;           /* READY: a safety checker took it away */
  GstBuffer *original;          /* what came, for on-error=passthrough; NULL
                                 * where it was not kept or has been used */
  gboolean is_original;         /* @result is it, perhaps because of @error: */
  guint width;                  /* the size that it leaves with */
  guint height;
  gboolean answered;            /* query */
  gboolean answer;
};

/* What a frame leaves with that is READY. */
CupSource cup_slot_get_source (const CupSlot * slot);

/* One GAP for two that follow each other, the first of which comes first;
 * NULL where they do not, or are not GAPs. */
GstEvent *cup_merge_gaps (GstEvent * first, GstEvent * second);

/* Without input, result or anything else that its type needs. */
CupSlot *cup_slot_new (CupWindow * window, CupSlotType type);
CupSlot *cup_slot_ref (CupSlot * slot);
void cup_slot_unref (CupSlot * slot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupSlot, cup_slot_unref);

/* What leaves of a frame that has a result, with the size that it gets by
 * @sizing. Valid as long as @slot. With the window lock, or by the src task of
 * the head. */
void cup_slot_get_picture (const CupSlot * slot, const CupSizing * sizing,
    CupPicture * picture);

G_END_DECLS
