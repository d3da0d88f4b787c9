/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What became of the frames of one start of the element, in figures: the
 * `stats` property. Jobs outlive the element and hold on to it, so that it is
 * reference counted.
 *
 * Everything may be called from any thread and takes constant time and memory.
 * The lock inside is a leaf: it may be taken with any other held.
 */
#pragma once

#include <gst/gst.h>

#include "dispatch/budget.h"
#include "engine/job.h"

G_BEGIN_DECLS

#define CUP_STATS_NAME "application/x-creativeupscaler-stats"

/* The id of the `stats` property: above those of cup_properties_install(). */
#define CUP_STATS_PROPERTY 1000

typedef struct _CupStats CupStats;

/* Why a frame that came does not leave, though the stream goes on. */
typedef enum
{
  CUP_DROP_OUTSIDE,             /* not to be shown: segment, DECODE_ONLY */
  CUP_DROP_LATE,                /* would be too late: not sent */
  CUP_DROP_OVERDUE,             /* late=drop: had no result in time */
  CUP_DROP_OVERFLOW,            /* overflow=drop-new, drop-old */
  CUP_DROP_UNSELECTED,          /* unselected=drop, or nothing to repeat */
  CUP_DROP_UNSAFE,              /* on-unsafe=drop */
  CUP_DROP_FAILED,              /* on-error=drop */
  CUP_DROP_BUDGET,              /* on-budget=drop, dry-run */
  CUP_DROP_CANCELLED,           /* cancel-all */
  CUP_N_DROPS
} CupDrop;

/* What a frame leaves with. */
typedef enum
{
  CUP_SOURCE_RESULT,            /* of its own job */
  CUP_SOURCE_REPEAT,            /* the result of a frame before it */
  CUP_SOURCE_ORIGINAL,          /* the frame itself, resized */
} CupSource;

/* How a frame's job ended. */
typedef enum
{
  CUP_END_DONE,
  CUP_END_FAILED,
  CUP_END_CANCELLED,
  CUP_END_SKIPPED,              /* was not allowed by the budget */
  CUP_N_ENDS
} CupEnd;

CupStats *cup_stats_new (void);
CupStats *cup_stats_ref (CupStats * stats);
void cup_stats_unref (CupStats * stats);

/* A frame has come: returns now, to be given to cup_stats_count_out(). */
gint64 cup_stats_count_in (CupStats * stats);
void cup_stats_count_drop (CupStats * stats, CupDrop drop);
/* @result of a job that is done, or NULL. */
void cup_stats_count_end (CupStats * stats, CupEnd end,
    const CupResult * result, gboolean is_unsafe);
/* A job that was counted as done has failed after all; its end is counted next. */
void cup_stats_take_back_done (CupStats * stats);
/* Submissions of a frame beyond its first. */
void cup_stats_count_retries (CupStats * stats, guint n);
/* A frame is about to be pushed. */
void cup_stats_count_out (CupStats * stats, gint64 arrived, CupSource source);
/* A frame of a live stream was not ready in time, whatever became of it. */
void cup_stats_count_late (CupStats * stats);
guint64 cup_stats_get_frames_in (CupStats * stats);

/* What there is to know now, with @in_flight frames between the pads. */
GstStructure *cup_stats_to_structure (CupStats * stats, guint in_flight,
    const CupBudgetFigures * budget);

/* For the reference page: the fields of the structure. */
typedef struct
{
  const gchar *name;
  GType type;
  const gchar *blurb;
} CupStatsField;

const CupStatsField *cup_stats_get_fields (guint * n);

void cup_stats_install_property (GObjectClass * klass);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupStats, cup_stats_unref);

G_END_DECLS
