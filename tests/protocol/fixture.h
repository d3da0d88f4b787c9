/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The element between two pads of the test's, and a loopback service of its
 * own that it talks to over real HTTP, with the fal engine.
 *
 * Nothing here waits for a time to pass: waits are for events, and end the
 * test where the event does not come within a generous limit.
 */
#pragma once

#include <gst/gst.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "element/gstcreativeupscaler.h"
#include "service.h"

G_BEGIN_DECLS

/* The only key that the service takes. Its secret looks different in JSON, in
 * URLs and in base64. */
#define KEY_ID "KEYID-5be2"
#define KEY_SECRET "SECRET-0f1c77/a+b"
#define KEY KEY_ID ":" KEY_SECRET

/* Frames of the tests: RGB, filled with a key each. */
#define FRAME_CAPS "video/x-raw,format=RGB,width=16,height=12,framerate=25/1"
#define FRAME_DURATION (GST_SECOND / 25)

#define SUBMIT_PATH "/fal-ai/creative-upscaler"

typedef struct
{
  CupFalService *service;
  GstElement *element;
  GstHarness *harness;          /* NULL before fixture_play() */
  GstBus *bus;

  GMutex lock;
  GCond cond;
  GPtrArray *record;            /* of strings, see fixture_assert_record() */
} Fixture;

/* What an error message of the element says. */
typedef struct
{
  GError *error;
  gchar *debug;
  gchar *engine;                /* from here on the details, NULL or 0 where */
  gchar *stage;                 /* they do not have it */
  guint http_status;
  gchar *request_id;
  gchar *error_type;
  guint64 pts;
} Failure;

/* At the start of main(): no key of the user's may come in, and the element is
 * registered in this process. */
void fixture_init (int *argc, char ***argv);

/* The service's defaults, with KEY. */
void fixture_options_init (CupFalServiceOptions * options);

/* @options: (nullable). The element is in NULL, and set up for the service;
 * properties as for g_object_set(). */
Fixture *fixture_new (const CupFalServiceOptions * options,
    const gchar * first_property, ...) G_GNUC_NULL_TERMINATED;
/* Before fixture_play(): the status is asked for, rather than followed by a
 * stream. Faults of "status" that are added before it imply this. */
void fixture_poll (Fixture * fixture);
/* To PLAYING, with caps and a TIME segment pushed. @accepted: (nullable): caps
 * that downstream takes. */
void fixture_play (Fixture * fixture, const gchar * caps,
    const gchar * accepted);
void fixture_free (Fixture * fixture);

void fixture_add_fault (Fixture * fixture, const gchar * spec);
/* Waits until the service has counted that far. */
void fixture_wait_count (Fixture * fixture, CupFalCounter counter,
    guint64 count);
void fixture_assert_count (Fixture * fixture, CupFalCounter counter,
    guint64 count);

/* A frame of FRAME_CAPS filled with @key; times of the @key-th frame. */
GstBuffer *make_frame (guint8 key);
/* An encoded picture with a gradient and some noise, and a buffer of it. */
GBytes *make_picture (CupImageType type, guint width, guint height);
GstBuffer *make_image_frame (GBytes * picture);

/* Pushes and pulls one frame. */
GstBuffer *fixture_upscale (Fixture * fixture, GstBuffer * frame);
/* The same for frame 1, of which nothing but the traces are of interest. */
void fixture_run_one (Fixture * fixture);
/* Asserts that @frame is the result of make_frame (@key), and frees it. */
void assert_frame (GstBuffer * frame, guint8 key);

/* What has come out: raw frames are their first byte in decimals, caps are
 * "caps WIDTHxHEIGHT", the end is "EOS", with "|" between. Waits until there
 * is as much as in @expected. */
void fixture_assert_record (Fixture * fixture, const gchar * expected);
gboolean fixture_record_is_empty (Fixture * fixture);

/* Waits for an error of the element. */
void fixture_wait_failure (Fixture * fixture, Failure * failure);
void failure_clear (Failure * failure);
gboolean fixture_has_failed (Fixture * fixture);

/* The requests that the service has logged, oldest first, of a stage or
 * (NULL) all: README.md of the service has their members. */
JsonArray *fixture_get_requests (Fixture * fixture, const gchar * stage);
/* The body of the @n-th submission. */
JsonObject *fixture_get_submitted (Fixture * fixture, guint n);
/* (nullable): valid as long as @request. */
const gchar *request_get_header (JsonObject * request, const gchar * name);
/* The id in the path of the first request about a job. */
gchar *fixture_get_request_id (Fixture * fixture);

/* GETs @url, and what was uploaded for the @n-th submission. */
GBytes *fetch (const gchar * url);
GBytes *fixture_fetch_uploaded (Fixture * fixture, guint n);
/* The file of the last download, as the service has it. */
GBytes *fixture_fetch_result (Fixture * fixture);

G_END_DECLS
