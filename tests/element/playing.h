/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A whole pipeline: the source of known frames, the element with the dummy
 * engine, a fakesink. All that reaches the sink is checked: each frame is the
 * one that its times and its meta say, it lies in the segment in force, and
 * follows the one before it.
 */
#pragma once

#include "key-source.h"

G_BEGIN_DECLS

typedef struct
{
  GstElement *pipeline;
  GstElement *element;
  GstElement *sink;
  CupDummyEngine *engine;

  GMutex lock;                  /* guards below */
  GCond cond;
  gboolean is_flushing;
  gboolean has_segment;
  guint32 seqnum;               /* of the segment in force at the sink */
  GstSegment segment;
  GArray *keys;                 /* guint8, in this segment */
  GstClockTime first_pts;
  GstClockTime first_duration;
  gboolean eos;
  guint n_flushes;
  guint n_segments_done;
  gdouble rate_multiplier;      /* of the last instant rate change */
} Playing;

/* In NULL; @sink: properties of the fakesink. An error message is fatal. After
 * fixture_register() and key_source_register(). */
Playing *playing_new (const gchar * sink);
void playing_free (Playing * playing);

void playing_set_state (Playing * playing, GstState state);
/* Returns the event's number. */
guint32 playing_seek (Playing * playing, gdouble rate, GstSeekFlags flags,
    GstClockTime start, GstClockTime stop);

/* Waits until the segment @seqnum is in force, and @n frames of it or EOS have
 * come. */
void playing_wait (Playing * playing, guint32 seqnum, guint n);
/* The same, without waiting for less: until the segment @seqnum is done, or the
 * stream at its end. */
void playing_wait_done (Playing * playing, guint32 seqnum);
/* Frames of the segment in force, as "1 2 3". */
gchar *playing_get_keys (Playing * playing);
guint8 playing_get_first (Playing * playing);
guint playing_get_n (Playing * playing);

/* Waits for a message of the pipeline; the caller's. */
GstMessage *playing_wait_message (Playing * playing, GstMessageType type);

G_END_DECLS
