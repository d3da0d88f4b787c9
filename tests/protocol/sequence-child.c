/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The process that runs a sequence: what it does and how it tells of it. It
 * writes lines to its output, "frame NUMBER PTS DURATION", "warning TEXT",
 * "error TEXT", "figure NAME VALUE", and "end" as the last one.
 */
#include "sequence.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <signal.h>
#include <sys/prctl.h>
#endif

#include "plugins.h"
#include "sequence-private.h"

/* Milliseconds. */
#define WAIT_AFTER_ERROR 50

typedef struct
{
  const gchar *output;
  gchar **pictures;
  GMainLoop *loop;
  GstElement *pipeline;
  GstElement *source;
  guint n_frames;               /* that came out */
  guint room;                   /* frames that the disk has space for */
  gboolean failed;
} Run;

static void
G_GNUC_PRINTF (1, 2)
tell (const gchar * format, ...)
{
  va_list args;
  gchar *line;

  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  g_strdelimit (line, "\n", ' ');
  /* In one call: several threads tell. */
  printf ("%s\n", line);
  fflush (stdout);
  g_free (line);
}

GBytes *
sequence_make_picture (guint number)
{
  gsize size = SEQUENCE_WIDTH * SEQUENCE_HEIGHT * 3, i;
  GRand *noise = g_rand_new_with_seed (number + 1);
  guint8 *data = g_malloc (size);

  for (i = 0; i < size; i++)
    data[i] = (guint8) g_rand_int_range (noise, 0, 256);
  g_rand_free (noise);
  return g_bytes_new_take (data, size);
}

/* A thread of its own, as pushing waits for the frames before. */
static gpointer
feed (gpointer data)
{
  Run *run = data;
  GstFlowReturn flow = GST_FLOW_OK;
  guint i;

  for (i = 0; run->pictures[i] && flow == GST_FLOW_OK; i++) {
    GBytes *picture = sequence_make_picture (atoi (run->pictures[i]));
    GstBuffer *frame = gst_buffer_new_wrapped_bytes (picture);

    GST_BUFFER_PTS (frame) = i * SEQUENCE_FRAME_DURATION;
    GST_BUFFER_DURATION (frame) = SEQUENCE_FRAME_DURATION;
    g_signal_emit_by_name (run->source, "push-buffer", frame, &flow);
    gst_buffer_unref (frame);
    g_bytes_unref (picture);
  }
  g_signal_emit_by_name (run->source, "end-of-stream", &flow);
  return NULL;
}

static void
on_frame (GstElement * sink, GstBuffer * frame, GstPad * pad, gpointer data)
{
  Run *run = data;
  gchar *path = g_strdup_printf ("%s/%u", run->output, run->n_frames);
  GError *error = NULL;
  GstMapInfo map;

  if (!gst_buffer_map (frame, &map, GST_MAP_READ)
      || !g_file_set_contents_full (path, (const gchar *) map.data,
          (gssize) map.size, G_FILE_SET_CONTENTS_NONE, 0666, &error))
    g_error ("%s: %s", path, error ? error->message : "cannot be read");
  gst_buffer_unmap (frame, &map);
  tell ("frame %u %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, run->n_frames++,
      GST_BUFFER_PTS (frame), GST_BUFFER_DURATION (frame));
  g_free (path);
}

/* As a filesink does it whose disk is full. */
static GstPadProbeReturn
check_room (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Run *run = data;
  GstElement *sink;

  if (run->n_frames < run->room)
    return GST_PAD_PROBE_OK;
  sink = gst_pad_get_parent_element (pad);
  GST_ELEMENT_ERROR (sink, RESOURCE, NO_SPACE_LEFT, ("no space left"), (NULL));
  gst_object_unref (sink);
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_ERROR;
  return GST_PAD_PROBE_HANDLED;
}

static void
limit_room (Run * run, GstElement * sink)
{
  const gchar *room = g_getenv (SEQUENCE_ROOM);
  GstPad *pad = gst_element_get_static_pad (sink, "sink");

  run->room = room ? (guint) atoi (room) : G_MAXUINT;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, check_room, run, NULL);
  gst_object_unref (pad);
}

static gboolean
on_waited (gpointer data)
{
  g_main_loop_quit (((Run *) data)->loop);
  return G_SOURCE_REMOVE;
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer data)
{
  Run *run = data;
  GError *error = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_WARNING:
      gst_message_parse_warning (message, &error, NULL);
      tell ("warning %s", error->message);
      break;
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, NULL);
      tell ("error %s", error->message);
      /* Applications take their time: what becomes of the frames is decided
       * before the pipeline is stopped. */
      if (!run->failed)
        g_timeout_add (WAIT_AFTER_ERROR, on_waited, run);
      run->failed = TRUE;
      break;
    case GST_MESSAGE_EOS:
      g_main_loop_quit (run->loop);
      break;
    default:
      break;
  }
  g_clear_error (&error);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_terminate (gpointer data)
{
  g_main_loop_quit (((Run *) data)->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_interrupt (gpointer data)
{
  gst_element_send_event (((Run *) data)->pipeline, gst_event_new_eos ());
  return G_SOURCE_CONTINUE;
}

static gboolean
tell_figure (GQuark name, const GValue * value, gpointer data)
{
  GValue number = G_VALUE_INIT;

  g_value_init (&number, G_TYPE_UINT64);
  if (g_value_transform (value, &number))
    tell ("figure %s %" G_GUINT64_FORMAT, g_quark_to_string (name),
        g_value_get_uint64 (&number));
  g_value_unset (&number);
  return TRUE;
}

static void
tell_figures (GstElement * upscaler)
{
  GstStructure *figures = NULL;

  g_object_get (upscaler, "stats", &figures, NULL);
  gst_structure_foreach (figures, tell_figure, NULL);
  gst_structure_free (figures);
}

static void
set_up (Run * run, const gchar * properties)
{
  gchar *line = g_strdup_printf ("appsrc name=source format=time block=true "
      "max-bytes=4096 ! creativeupscaler name=upscaler %s "
      "! video/x-raw,format=RGB ! fakesink name=sink signal-handoffs=true",
      properties);
  GstCaps *caps = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING,
      "RGB", "width", G_TYPE_INT, SEQUENCE_WIDTH, "height", G_TYPE_INT,
      SEQUENCE_HEIGHT, "framerate", GST_TYPE_FRACTION, 25, 1, NULL);
  GError *error = NULL;
  GstElement *sink;

  run->pipeline = gst_parse_launch (line, &error);
  if (error)
    g_error ("%s: %s", line, error->message);
  run->source = gst_bin_get_by_name (GST_BIN (run->pipeline), "source");
  g_object_set (run->source, "caps", caps, NULL);
  sink = gst_bin_get_by_name (GST_BIN (run->pipeline), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (on_frame), run);
  limit_room (run, sink);
  gst_object_unref (sink);
  gst_caps_unref (caps);
  g_free (line);
}

static void
play (Run * run)
{
  GstBus *bus = gst_element_get_bus (run->pipeline);
  GThread *feeder = NULL;
  guint sources[3];
  guint i;

  run->loop = g_main_loop_new (NULL, FALSE);
  sources[0] = gst_bus_add_watch (bus, on_message, run);
  sources[1] = g_unix_signal_add (SIGTERM, on_terminate, run);
  sources[2] = g_unix_signal_add (SIGINT, on_interrupt, run);
  /* Where that has failed, the loop gets to know why. */
  if (gst_element_set_state (run->pipeline, GST_STATE_PLAYING)
      != GST_STATE_CHANGE_FAILURE)
    feeder = g_thread_new ("feeder", feed, run);
  g_main_loop_run (run->loop);
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  if (feeder)
    g_thread_join (feeder);
  for (i = 0; i < G_N_ELEMENTS (sources); i++)
    g_source_remove (sources[i]);
  g_main_loop_unref (run->loop);
  gst_object_unref (bus);
}

gboolean
sequence_run_child (int argc, char **argv, int *code)
{
  GstElement *upscaler;
  Run run = { 0 };

  if (argc != 5 || strcmp (argv[1], SEQUENCE_ARGUMENT) != 0)
    return FALSE;
#ifdef __linux__
  /* Not to be left over from a test that has failed. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
#endif
  plugins_restrict (NULL);
  gst_init (NULL, NULL);
  plugins_load ("coreelements app");
  GST_ELEMENT_REGISTER (creativeupscaler, NULL);
  run.output = argv[2];
  run.pictures = g_strsplit (argv[3], ",", -1);
  set_up (&run, argv[4]);
  play (&run);
  upscaler = gst_bin_get_by_name (GST_BIN (run.pipeline), "upscaler");
  tell_figures (upscaler);
  gst_object_unref (upscaler);
  gst_object_unref (run.source);
  gst_object_unref (run.pipeline);
  g_strfreev (run.pictures);
  tell ("end");
  *code = run.failed ? 1 : 0;
  return TRUE;
}
