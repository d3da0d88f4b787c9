/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An element with the dummy engine between two pads of the test's, and a
 * record of all that comes out, in its order.
 */
#pragma once

#include <gst/gst.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "dummy-engine.h"
#include "element/gstcreativeupscaler.h"

G_BEGIN_DECLS

/* Frames of the tests: RGBA, opaque, filled with a key each. */
#define FRAME_WIDTH 16
#define FRAME_HEIGHT 12
#define FRAME_CAPS "video/x-raw,format=RGBA,width=16,height=12,framerate=25/1"
#define FRAME_DURATION (GST_SECOND / 25)

typedef struct
{
  GstHarness *harness;
  GstElement *element;
  CupDummyEngine *engine;
  GstBus *bus;

  GMutex lock;
  GCond cond;
  GPtrArray *record;            /* of strings, see fixture_wait() */
} Fixture;

/* Registers the element in this process. After gst_init(). */
void fixture_register (void);

/* g_test_run() and gst_deinit(), for the leaks tracer. */
int fixture_run (void);

/* Playing, with FRAME_CAPS and a TIME segment pushed, not live, in its default
 * plan: a frame completes at once. @properties as for g_object_set(). */
Fixture *fixture_new (const gchar * first_property, ...)
    G_GNUC_NULL_TERMINATED;
/* The same in READY, without any event, and from there on. */
Fixture *fixture_new_idle (void);
void fixture_play (Fixture * fixture);
void fixture_free (Fixture * fixture);
/* Stops and frees the element; the engine and the bus stay. */
void fixture_drop_element (Fixture * fixture);

/* Adds what comes to @pad, a sink pad of the test's own, to the record. */
void fixture_record_pad (Fixture * fixture, GstPad * pad);

/* An opaque frame filled with @key; times of the @key-th frame. */
GstBuffer *fixture_make_frame (guint8 key);
GstFlowReturn fixture_push (Fixture * fixture, guint8 key);
void fixture_set_caps (Fixture * fixture, const gchar * caps);

/* Waits until the record has at least @n entries, and returns it as one string:
 * frames are their key in decimals, events their names, "|" between. */
gchar *fixture_wait (Fixture * fixture, guint n);
void fixture_assert_record (Fixture * fixture, const gchar * expected);

/* A field of `stats`. */
guint64 fixture_get_count (Fixture * fixture, const gchar * name);

/* Waits for the next creativeupscaler-job message; its state has to be @state.
 * The structure is the caller's. Other messages are thrown away. */
GstStructure *fixture_wait_job (Fixture * fixture, const gchar * state);
/* The next one that is there already, or NULL. */
GstStructure *fixture_pop_job (Fixture * fixture);
/* fixture_wait_job() for its state alone. */
void fixture_expect_job (Fixture * fixture, const gchar * state);

/* Waits for a message of @type from the element. */
GstMessage *fixture_wait_message (Fixture * fixture, GstMessageType type);

G_END_DECLS
