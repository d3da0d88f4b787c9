/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What upstream and downstream do to the element, for the tests of what it does
 * to them.
 */
#pragma once

#include "fixture.h"

G_BEGIN_DECLS

/* The record of a stream's beginning. */
#define START "stream-start|caps|segment"

/* Kinds of queries of the test's own. */
#define QUERY_SERIALIZED \
  ((GstQueryType) GST_QUERY_MAKE_TYPE (997, GST_QUERY_TYPE_DOWNSTREAM \
      | GST_QUERY_TYPE_SERIALIZED))
#define QUERY_AT_ONCE \
  ((GstQueryType) GST_QUERY_MAKE_TYPE (998, GST_QUERY_TYPE_DOWNSTREAM))

/* From @start on, which is the stream time too. */
GstEvent *new_segment (GstClockTime start);
void push_segment (Fixture * f, GstClockTime start);
void push_tag (Fixture * f, const gchar * title);
/* A flush, and the segment behind it. */
void flush (Fixture * f);
/* STREAM_START, CAPS and SEGMENT; what of it arrives depends on who stops the
 * element meanwhile. */
void start_stream (Fixture * f);

guint get_in_flight (Fixture * f);
/* Until the window has it. */
void wait_for_flow (Fixture * f, GstFlowReturn flow);

/* Upstream's thread: @n frames from the key @first on, until one is refused.
 * To be set up, and to live until join_pusher(). */
typedef struct
{
  Fixture *fixture;
  guint8 first;
  guint8 n;
  gint pushed;                  /* atomic */
} Pusher;

GThread *start_pusher (Pusher * pusher);
/* What the last frame got. */
GstFlowReturn join_pusher (GThread * thread);

/* A block of the src pad that tells when something has run into it. */
typedef struct
{
  GMutex lock;
  GCond cond;
  GstPad *pad;
  gulong id;
  gboolean reached;
} Block;

void block_init (Block * block, Fixture * f);
void block_wait (Block * block);
/* Takes it away. */
void block_clear (Block * block);

/* From now on downstream answers both kinds of queries. */
void answer_queries (Fixture * f);
gboolean run_query (Fixture * f, GstQueryType type);

G_END_DECLS
