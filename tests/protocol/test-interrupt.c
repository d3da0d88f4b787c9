/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ctrl-C in gst-launch-1.0, with video through the element and sound beside it,
 * while jobs are under way: what comes of the jobs and of the file.
 */
#include <gmodule.h>
#include <gst/gst.h>
#include <signal.h>
#include <string.h>

#include "clip.h"
#include "fixture.h"
#include "plugins.h"

#define IN_FLIGHT 4
/* Far more than is read before the first result comes. */
#define N_FRAMES 400

typedef struct
{
  CupFalService *service;
  gchar *directory;
  GSubprocess *process;
  GDataInputStream *output;
} Run;

/* FALSE where the test is skipped. */
static gboolean
can_run (void)
{
  gchar *program = g_find_program_in_path ("gst-launch-1.0");
  gboolean found = program != NULL;

  g_free (program);
  if (!found || IS_SANITIZED)
    g_test_skip (found ? "gst-launch-1.0 has no sanitizer" :
        "there is no gst-launch-1.0");
  return found && !IS_SANITIZED && clip_is_possible ();
}

static void
wait_line (Run * run, const gchar * text)
{
  GError *error = NULL;
  gboolean found = FALSE;
  gchar *line;

  while (!found) {
    line = g_data_input_stream_read_line (run->output, NULL, NULL, &error);
    g_assert_no_error (error);
    g_assert_nonnull (line);
    g_test_message ("%s", line);
    found = strstr (line, text) != NULL;
    g_free (line);
  }
}

/* The plugins of GStreamer's that the line needs: looking at all that there are
 * takes seconds. */
static gchar *
list_plugins (void)
{
  static const gchar *const names[] = { "coreelements", "vpx", "matroska" };
  GString *list = g_string_new ("--gst-plugin-load=");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++)
    g_string_append_printf (list, "%s%s/libgst%s." G_MODULE_SUFFIX,
        i > 0 ? "," : "", GST_PLUGINS_DIR, names[i]);
  return g_string_free (list, FALSE);
}

/* @option: of gst-launch-1.0. The service finishes no job yet. */
static void
start (Run * run, const gchar * option)
{
  CupFalServiceOptions options;
  GSubprocessLauncher *launcher;
  GError *error = NULL;
  gchar **arguments, *line, *plugins = list_plugins ();

  fixture_options_init (&options);
  options.runners = IN_FLIGHT;
  run->service = cup_fal_service_new (&options, &error);
  g_assert_no_error (error);
  cup_fal_service_hold (run->service, TRUE);
  run->directory = clip_enter (N_FRAMES);
  line = g_strdup_printf ("gst-launch-1.0 %3$s %4$s "
      "filesrc location=clip.webm ! matroskademux name=d "
      "d.video_0 ! queue max-size-buffers=2 ! vp8dec ! creativeupscaler engine=fal "
      "location=%1$s storage-location=%1$s max-in-flight=%2$d "
      "! vp8enc deadline=1 ! webmmux name=m ! filesink location=big.webm "
      "d.audio_0 ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=2000000000 "
      "! m.audio_0", cup_fal_service_get_location (run->service), IN_FLIGHT,
      option, plugins);
  g_assert_true (g_shell_parse_argv (line, NULL, &arguments, &error));
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE |
      G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_subprocess_launcher_setenv (launcher, "GST_PLUGIN_PATH_1_0",
      BUILT_PLUGIN_DIR, TRUE);
  g_subprocess_launcher_setenv (launcher, "FAL_KEY", KEY, TRUE);
  g_subprocess_launcher_setenv (launcher, "GST_REGISTRY_1_0", "registry", TRUE);
  run->process = g_subprocess_launcher_spawnv (launcher,
      (const gchar * const *) arguments, &error);
  g_assert_no_error (error);
  run->output = g_data_input_stream_new (g_subprocess_get_stdout_pipe
      (run->process));
  g_assert_true (cup_fal_service_wait_count (run->service,
          CUP_FAL_COUNT_ACCEPTED, IN_FLIGHT, 60000));
  /* Its main loop runs: from here on it takes signals. */
  wait_line (run, "Progress: (upscale) frame");
  g_object_unref (launcher);
  g_strfreev (arguments);
  g_free (plugins);
  g_free (line);
}

/* Until its end. */
static void
wait_end (Run * run)
{
  GError *error = NULL;
  gchar *line;

  while ((line = g_data_input_stream_read_line (run->output, NULL, NULL,
              &error))) {
    g_test_message ("%s", line);
    g_free (line);
  }
  g_assert_no_error (error);
  g_subprocess_wait (run->process, NULL, &error);
  g_assert_no_error (error);
}

static void
finish (Run * run)
{
  g_assert_cmpuint (cup_fal_service_get_count (run->service,
          CUP_FAL_COUNT_LEAKS), ==, 0);
  g_object_unref (run->output);
  g_object_unref (run->process);
  cup_fal_service_free (run->service);
  clip_leave (run->directory);
}

/* The end comes behind the frames that have been read. */
static void
test_once (void)
{
  Tracks *tracks;
  Run run;
  guint i;

  if (!can_run ())
    return;
  start (&run, "-e");
  g_subprocess_send_signal (run.process, SIGINT);
  wait_line (&run, "Waiting for EOS");
  cup_fal_service_hold (run.service, FALSE);
  wait_line (&run, "Got EOS");
  wait_end (&run);
  g_assert_true (g_subprocess_get_successful (run.process));

  tracks = tracks_read ("big.webm");
  g_assert_cmpuint (tracks->video->len, >=, IN_FLIGHT);
  g_assert_cmpuint (tracks->video->len, <, N_FRAMES / 2);
  g_assert_cmpuint (tracks->video->len, ==,
      cup_fal_service_get_count (run.service, CUP_FAL_COUNT_COMPLETED));
  g_assert_cmpuint (tracks->video->len, ==,
      cup_fal_service_get_count (run.service, CUP_FAL_COUNT_ACCEPTED));
  for (i = 0; i < tracks->video->len; i++)
    g_assert_cmpuint (g_array_index (tracks->video, GstClockTime, i), ==,
        i * CLIP_FRAME_DURATION);
  g_assert_cmpuint (tracks_get_sound_start (tracks), ==, CLIP_SOUND_OFFSET);
  tracks_free (tracks);
  finish (&run);
}

/* The second time nothing is waited for. */
static void
test_twice (void)
{
  Run run;

  if (!can_run ())
    return;
  start (&run, "-e");
  g_subprocess_send_signal (run.process, SIGINT);
  wait_line (&run, "Waiting for EOS");
  g_subprocess_send_signal (run.process, SIGINT);
  wait_end (&run);
  /* GStreamer 1.22 does not handle the signal again, and so tells nobody. */
  if (g_subprocess_get_if_signaled (run.process)) {
    g_assert_cmpint (g_subprocess_get_term_sig (run.process), ==, SIGINT);
    g_assert_cmpuint (cup_fal_service_get_count (run.service,
            CUP_FAL_COUNT_CANCEL), ==, 0);
  }
  g_assert_cmpuint (cup_fal_service_get_count (run.service,
          CUP_FAL_COUNT_COMPLETED), ==, 0);
  finish (&run);
}

/* Without -e it stops, and nothing more is paid for. */
static void
test_stop (void)
{
  Run run;

  if (!can_run ())
    return;
  start (&run, "");
  g_subprocess_send_signal (run.process, SIGINT);
  wait_end (&run);
  g_assert_true (g_subprocess_get_if_exited (run.process));
  g_assert_true (cup_fal_service_wait_count (run.service,
          CUP_FAL_COUNT_CANCELLED, IN_FLIGHT, 60000));
  g_assert_cmpuint (cup_fal_service_get_count (run.service,
          CUP_FAL_COUNT_COMPLETED), ==, 0);
  finish (&run);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  plugins_load (CLIP_PLUGINS);
  g_test_add_func ("/interrupt/once", test_once);
  g_test_add_func ("/interrupt/twice", test_twice);
  g_test_add_func ("/interrupt/stop", test_stop);
  return g_test_run ();
}
