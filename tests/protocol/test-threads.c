/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A system that gives no more threads. This program has a pthread_create() of its
 * own, which fails from the Nth call on. For every N, with each engine and with
 * the cache, a stream of a few frames comes to its end, or to an error that is
 * posted, and never stands still.
 *
 * The threads of the service, which is in this process, do not count.
 */
/* RTLD_NEXT */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

#include "fixture.h"
#include "place.h"
#include "plugins.h"

#define N_FRAMES 3
/* More than any of the streams starts; the last run is one without failures. */
#define MAX_THREADS 64

typedef void *(*ThreadFunc) (void *);
typedef int (*CreateFunc) (pthread_t * thread, const pthread_attr_t * attr,
    ThreadFunc func, void *data);

/* Threads may be created before they fail; negative where none fails. */
static gint allowed = -1;
static gint n_failed;
/* A thread that does not count, and whose threads do not count either. */
static __thread gboolean is_exempt;

typedef struct
{
  ThreadFunc func;
  void *data;
  gboolean is_exempt;
} Start;

static void *
run_thread (void *data)
{
  Start start = *(Start *) data;

  free (data);
  is_exempt = start.is_exempt;
  return start.func (start.data);
}

static gboolean
may_create (void)
{
  gint left = g_atomic_int_get (&allowed);

  if (left < 0 || is_exempt)
    return TRUE;
  while (left > 0) {
    if (g_atomic_int_compare_and_exchange (&allowed, left, left - 1))
      return TRUE;
    left = g_atomic_int_get (&allowed);
  }
  g_atomic_int_inc (&n_failed);
  return FALSE;
}

int
pthread_create (pthread_t * thread, const pthread_attr_t * attr,
    ThreadFunc func, void *data)
{
  CreateFunc create = (CreateFunc) dlsym (RTLD_NEXT, "pthread_create");
  Start *start;
  int fault;

  if (!may_create ())
    return EAGAIN;
  start = malloc (sizeof *start);
  start->func = func;
  start->data = data;
  start->is_exempt = is_exempt;
  fault = create (thread, attr, run_thread, start);
  if (fault)
    free (start);
  return fault;
}

/* A stream between two pads */

typedef struct
{
  GstElement *element;
  GstBus *bus;
  GstPad *src;                  /* in front of the element */
  GstPad *sink;                 /* behind it */
  guint n_out;                  /* of the src task, until EOS */
} Stream;

static GstFlowReturn
take_frame (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  Stream *stream = g_object_get_data (G_OBJECT (pad), "stream");

  stream->n_out++;
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

/* EOS goes to the bus, as a sink's would. */
static gboolean
take_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  Stream *stream = g_object_get_data (G_OBJECT (pad), "stream");

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    gst_bus_post (stream->bus, gst_message_new_eos (NULL));
  gst_event_unref (event);
  return TRUE;
}

static void
stream_init (Stream * stream, GstElement * element)
{
  GstPad *pad;

  stream->n_out = 0;
  stream->element = element;
  stream->bus = gst_bus_new ();
  gst_element_set_bus (element, stream->bus);
  stream->src = gst_pad_new ("src", GST_PAD_SRC);
  stream->sink = gst_pad_new ("sink", GST_PAD_SINK);
  g_object_set_data (G_OBJECT (stream->sink), "stream", stream);
  gst_pad_set_chain_function (stream->sink, take_frame);
  gst_pad_set_event_function (stream->sink, take_event);
  pad = gst_element_get_static_pad (element, "sink");
  g_assert_cmpint (gst_pad_link (stream->src, pad), ==, GST_PAD_LINK_OK);
  gst_object_unref (pad);
  pad = gst_element_get_static_pad (element, "src");
  g_assert_cmpint (gst_pad_link (pad, stream->sink), ==, GST_PAD_LINK_OK);
  gst_object_unref (pad);
  gst_pad_set_active (stream->sink, TRUE);
  gst_pad_set_active (stream->src, TRUE);
}

static void
stream_clear (Stream * stream)
{
  gst_element_set_state (stream->element, GST_STATE_NULL);
  gst_pad_set_active (stream->src, FALSE);
  gst_pad_set_active (stream->sink, FALSE);
  gst_element_set_bus (stream->element, NULL);
  gst_object_unref (stream->element);
  gst_object_unref (stream->src);
  gst_object_unref (stream->sink);
  gst_object_unref (stream->bus);
}

static void
push_frames (Stream * stream)
{
  GstCaps *caps = gst_caps_from_string (FRAME_CAPS);
  GstSegment segment;
  guint8 key;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (stream->src, gst_event_new_stream_start ("threads"));
  gst_pad_push_event (stream->src, gst_event_new_caps (caps));
  gst_pad_push_event (stream->src, gst_event_new_segment (&segment));
  gst_caps_unref (caps);
  for (key = 0; key < N_FRAMES; key++)
    gst_pad_push (stream->src, make_frame (key));
  gst_pad_push_event (stream->src, gst_event_new_eos ());
}

/* Returns TRUE where all frames have come out, FALSE after an error. */
static gboolean
run_stream (Stream * stream)
{
  const GstMessageType ends = GST_MESSAGE_EOS | GST_MESSAGE_ERROR;
  GstMessage *message;
  gboolean is_eos;

  if (gst_element_set_state (stream->element, GST_STATE_PLAYING)
      != GST_STATE_CHANGE_FAILURE)
    push_frames (stream);
  message = gst_bus_timed_pop_filtered (stream->bus, 60 * GST_SECOND, ends);
  if (!message)
    g_error ("neither an end nor an error");
  is_eos = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
  if (is_eos) {
    g_assert_cmpuint (stream->n_out, ==, N_FRAMES);
  } else {
    GError *error = NULL;

    gst_message_parse_error (message, &error, NULL);
    g_test_message ("%s", error->message);
    g_assert_cmpstr (error->message, !=, "");
    g_error_free (error);
  }
  gst_message_unref (message);
  return is_eos;
}

/* With threads that fail from the (@n + 1)-th on. Returns whether one failed. */
static gboolean
run_with (guint n, const gchar * engine, const gchar * location)
{
  GstElement *element = gst_element_factory_make ("creativeupscaler", NULL);
  gboolean is_complete, has_failed;
  Stream stream;

  gst_util_set_object_arg (G_OBJECT (element), "engine", engine);
  if (location)
    g_object_set (element, "api-key", KEY, "location", location,
        "storage-location", location, "retry-delay", 0.02, "cache-location",
        "store", NULL);
  stream_init (&stream, element);
  g_atomic_int_set (&n_failed, 0);
  g_atomic_int_set (&allowed, (gint) n);
  is_complete = run_stream (&stream);
  has_failed = g_atomic_int_get (&n_failed) > 0;
  g_test_message ("%u threads: %s", n, is_complete ? "complete" : "an error");
  g_assert_true (is_complete || has_failed);
  stream_clear (&stream);
  g_atomic_int_set (&allowed, -1);
  return has_failed;
}

static gboolean
skip_here (void)
{
  /* ThreadSanitizer needs its own pthread_create(). */
  if (IS_SANITIZED)
    g_test_skip ("the sanitizer has a pthread_create() of its own");
  return IS_SANITIZED;
}

static void
test_local (void)
{
  guint n;

  if (skip_here ())
    return;
  /* GStreamer's pool for the tasks of pads is made with the first of them. Where
   * that fails, no pad of the process ever gets a thread (1.26). */
  g_assert_false (run_with (MAX_THREADS, "local", NULL));
  for (n = 0; run_with (n, "local", NULL); n++)
    g_assert_cmpuint (n, <, MAX_THREADS);
}

/* The service's threads are exempt. */
static void
test_fal (Place * place, gconstpointer data)
{
  CupFalServiceOptions options;
  CupFalService *service;
  GError *error = NULL;
  guint n;

  if (skip_here ())
    return;
  fixture_options_init (&options);
  is_exempt = TRUE;
  service = cup_fal_service_new (&options, &error);
  is_exempt = FALSE;
  g_assert_no_error (error);
  /* GLib's own thread ("gmain"), without which GLib aborts, is there from the
   * first run on. */
  g_assert_false (run_with (MAX_THREADS, "fal",
          cup_fal_service_get_location (service)));
  place_remove ("store");
  for (n = 0; run_with (n, "fal", cup_fal_service_get_location (service)); n++) {
    g_assert_cmpuint (n, <, MAX_THREADS);
    /* Nothing is stored for the next run. */
    place_remove ("store");
  }
  cup_fal_service_free (service);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  /* GStreamer warns where a pad's task gets no thread. */
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  g_test_add_func ("/threads/local", test_local);
  g_test_add ("/threads/fal", Place, NULL, place_enter, test_fal, place_leave);
  return g_test_run ();
}
