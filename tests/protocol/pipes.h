/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Real pipelines with one or two elements each that talk to a service which
 * they have in common, and what the tests look at: the messages about contexts
 * and about frames that are held back, and the service's counts.
 */
#pragma once

#include "fixture.h"

G_BEGIN_DECLS

/* Of whatever is waited for; long enough for a machine that does much else. */
#define LIMIT (60 * GST_SECOND)

/* appsrc ! creativeupscaler ! appsink. */
typedef struct
{
  GstElement *src;
  GstElement *upscaler;
  GstElement *sink;
} Branch;

typedef struct
{
  GstElement *pipeline;
  Branch branch[2];
  GMutex lock;
  GCond cond;
  guint n_need, n_have;         /* messages about the context */
  guint n_held_back[2];         /* frames of each branch */
  GstContext *to_answer;        /* NEED_CONTEXT, where there is one */
} Pipe;

/* @options: (nullable): those of the fixture. */
CupFalService *service_new (const CupFalServiceOptions * options);
void service_end (CupFalService * service);
void service_wait_count (CupFalService * service, CupFalCounter counter,
    guint64 n);
void service_assert_count (CupFalService * service, CupFalCounter counter,
    guint64 n);

/* @n_branches: 1 or 2, each set up for @service. */
Pipe *pipe_new (CupFalService * service, guint n_branches);
void pipe_play (Pipe * pipe);
void pipe_stop (Pipe * pipe);
void pipe_free (Pipe * pipe);
/* Frames of @branch that were told to be held back. */
void pipe_wait_held_back (Pipe * pipe, guint branch, guint n);
guint pipe_count_held_back (Pipe * pipe, guint branch);

/* For @service, with one request of a frame after the other, so that one
 * connection is enough. */
void branch_set_up (GstElement * upscaler, CupFalService * service);
/* Frames with these keys, see make_frame(). */
void branch_push (Branch * branch, guint8 first, guint n);
void branch_pull (Branch * branch, guint8 first, guint n);
void branch_upscale_one (Branch * branch);

G_END_DECLS
