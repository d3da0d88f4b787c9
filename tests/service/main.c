/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fal-service: the loopback service as a program.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>
#include <glib/gprintf.h>
#ifdef G_OS_UNIX
#include <glib-unix.h>
#endif

#include "service.h"

#define USUAL_PORT 8765

typedef struct
{
  gint port;
  gint files_port;
  gboolean single_port;
  gchar *key;
  gint runners;
  gint delay;
  gint max_jobs;
  gint round;
  gchar *result_format;
  gint quality;
  gboolean same_results;
  gboolean check_at_submit;
  gint keep_jobs;
  gint keep_files;
  gboolean delete_downloaded;
  gint ping;
  gint seed;
  gchar **faults;
  gchar *log;
  gchar *ready_file;
  gboolean list_faults;
  gboolean version;
} Arguments;

static const gchar description[] =
    "A fault is STAGE:KIND, with any of these behind it:\n"
    "  :COUNT      strike that many times, then no more\n"
    "  :EVERY=N    strike every Nth request only\n"
    "  :AFTER=N    leave the first N requests alone\n"
    "  :CHANCE=N   strike N percent of these, by the dice of --seed\n"
    "  :FOR=MS     how long it takes (slow, late)\n"
    "Of several that would strike a request the one ordered first does. Stages\n"
    "are initiate, put, part, complete, submit, status, stream, result, download\n"
    "and cancel; --list-faults shows the kinds. Examples:\n"
    "  --fault submit:503:2          the first two submissions fail\n"
    "  --fault download:truncate:1   the first download breaks off\n"
    "  --fault result:model-422:EVERY=10   every tenth job fails\n"
    "\n"
    "While it runs, for scripts:\n"
    "  GET    /_service/log      all requests so far\n"
    "  GET    /_service/stats    counters\n"
    "  POST   /_service/faults   adds the fault that is the body\n"
    "  DELETE /_service/faults   forgets all faults\n"
    "  DELETE /_service/jobs     forgets finished jobs\n"
    "  DELETE /_service/files    forgets uploads and results\n"
    "\n"
    "The service listens on 127.0.0.1 only, and downloads nothing from "
    "anywhere.";

static gboolean
parse_arguments (Arguments * a, int *argc, char ***argv, GError ** error)
{
  const GOptionEntry entries[] = {
    {"port", 'p', 0, G_OPTION_ARG_INT, &a->port,
        "Port of the API; 0 for any (8765 where it is free)", "N"},
    {"files-port", 0, 0, G_OPTION_ARG_INT, &a->files_port,
        "Port of uploads and results; 0 for any (0)", "N"},
    {"single-port", 0, 0, G_OPTION_ARG_NONE, &a->single_port,
        "Have URLs of files on the API's port, too", NULL},
    {"key", 'k', 0, G_OPTION_ARG_STRING, &a->key,
        "The only key that is accepted (any)", "ID:SECRET"},
    {"runners", 'r', 0, G_OPTION_ARG_INT, &a->runners,
        "Jobs that run at a time; the others queue (2)", "N"},
    {"delay", 'd', 0, G_OPTION_ARG_INT, &a->delay,
        "Time that a job takes, at least, in milliseconds (0)", "MS"},
    {"max-jobs", 'm', 0, G_OPTION_ARG_INT, &a->max_jobs,
          "Refuse submissions with 429 while N jobs are unfinished; 0 never (0)",
        "N"},
    {"round", 0, 0, G_OPTION_ARG_INT, &a->round,
        "Round the sizes of results to multiples of N (1)", "N"},
    {"result-format", 0, 0, G_OPTION_ARG_STRING, &a->result_format,
        "png, jpeg or webp (png)", "FORMAT"},
    {"quality", 0, 0, G_OPTION_ARG_INT, &a->quality,
        "Of results that are JPEG or WebP, 1 to 100 (90)", "N"},
    {"same-results", 0, 0, G_OPTION_ARG_NONE, &a->same_results,
        "Make the first result only, and have all jobs end with it", NULL},
    {"check-at-submit", 0, 0, G_OPTION_ARG_NONE, &a->check_at_submit,
        "Refuse invalid input at once, and not in the result", NULL},
    {"keep-jobs", 0, 0, G_OPTION_ARG_INT, &a->keep_jobs,
        "Finished jobs to remember (1000)", "N"},
    {"keep-files", 0, 0, G_OPTION_ARG_INT, &a->keep_files,
        "MiB of files to keep (512)", "MIB"},
    {"delete-downloaded", 0, 0, G_OPTION_ARG_NONE, &a->delete_downloaded,
        "Forget each result once it has been downloaded", NULL},
    {"ping", 0, 0, G_OPTION_ARG_INT, &a->ping,
          "Interval of comments in status streams, in milliseconds (15000)",
        "MS"},
    {"fault", 'f', 0, G_OPTION_ARG_STRING_ARRAY, &a->faults,
        "Let something go wrong; may be given several times", "FAULT"},
    {"seed", 's', 0, G_OPTION_ARG_INT, &a->seed,
          "Of the dice behind CHANCE=; 0 for those that are always the same (0)",
        "N"},
    {"list-faults", 0, 0, G_OPTION_ARG_NONE, &a->list_faults,
        "Show all kinds of faults, with their stages, and exit", NULL},
    {"log", 'l', 0, G_OPTION_ARG_FILENAME, &a->log,
        "Write each request as a line of JSON, with its headers and so with "
          "the key", "FILE"},
    {"ready-file", 0, 0, G_OPTION_ARG_FILENAME, &a->ready_file,
        "Write the API's URL to FILE once the service listens", "FILE"},
    {"version", 0, 0, G_OPTION_ARG_NONE, &a->version,
        "Show the version and exit", NULL},
    {NULL}
  };
  GOptionContext *context = g_option_context_new
      ("- a stand-in for fal's queue and storage, for tests and trials");
  gboolean good;

  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  good = g_option_context_parse (context, argc, argv, error);
  g_option_context_free (context);
  if (good && *argc > 1) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
        "\"%s\" is not an option; --help shows them", (*argv)[1]);
    good = FALSE;
  }
  return good;
}

static gboolean
check_range (const gchar * name, gint value, gint minimum, gint maximum,
    GError ** error)
{
  if (value >= minimum && value <= maximum)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--%s has to be %d to %d", name, minimum, maximum);
  return FALSE;
}

static gboolean
check_arguments (const Arguments * a, GError ** error)
{
  guint i;

  for (i = 0; a->faults && a->faults[i]; i++)
    if (!cup_fal_service_check_fault (a->faults[i], error))
      return FALSE;
  return check_range ("port", a->port, -1, 65535, error)
      && check_range ("files-port", a->files_port, 0, 65535, error)
      && check_range ("runners", a->runners, 1, 1000, error)
      && check_range ("delay", a->delay, 0, 86400000, error)
      && check_range ("max-jobs", a->max_jobs, 0, 1000000, error)
      && check_range ("round", a->round, 1, 1024, error)
      && check_range ("quality", a->quality, 1, 100, error)
      && check_range ("keep-jobs", a->keep_jobs, 1, 1000000, error)
      && check_range ("keep-files", a->keep_files, 1, 1000000, error)
      && check_range ("ping", a->ping, 1, 86400000, error)
      && check_range ("seed", a->seed, 0, G_MAXINT, error);
}

static gboolean
parse_format (const gchar * word, CupImageType * type, GError ** error)
{
  gchar *mime = g_strconcat ("image/", word, NULL);

  *type = cup_image_type_from_mime (mime);
  g_free (mime);
  if (*type == CUP_IMAGE_UNKNOWN || !cup_image_type_is_supported (*type)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "\"%s\" is not a format of this build: png, jpeg, webp", word);
    return FALSE;
  }
  return TRUE;
}

static CupFalService *
start (const Arguments * a, GError ** error)
{
  CupFalServiceOptions options;
  CupFalService *service;
  guint i;

  cup_fal_service_options_init (&options);
  options.port = a->port < 0 ? USUAL_PORT : a->port;
  options.files_port = a->files_port;
  options.single_port = a->single_port;
  options.key = a->key;
  options.runners = a->runners;
  options.delay = a->delay;
  options.max_jobs = a->max_jobs;
  options.round = a->round;
  options.quality = a->quality;
  options.same_results = a->same_results;
  options.check_at_submit = a->check_at_submit;
  options.keep_jobs = a->keep_jobs;
  options.keep_bytes = (guint64) a->keep_files * 1024 * 1024;
  options.delete_downloaded = a->delete_downloaded;
  options.ping_interval = a->ping;
  options.seed = a->seed;
  options.log_path = a->log;
  if (!parse_format (a->result_format, &options.result_type, error))
    return NULL;

  service = cup_fal_service_new (&options, a->port < 0 ? NULL : error);
  if (!service && a->port < 0) {
    options.port = 0;
    service = cup_fal_service_new (&options, error);
  }
  for (i = 0; service && a->faults && a->faults[i]; i++)
    cup_fal_service_add_fault (service, a->faults[i], NULL);
  return service;
}

static void
greet (CupFalService * service, const Arguments * a)
{
  const gchar *location = cup_fal_service_get_location (service);

  g_print ("fal's queue and storage, for trying out: %s (files: %s)\n"
      "%d runner%s, %d ms a job at least. Ctrl-C ends it. Try:\n\n"
      "  FAL_KEY=%s gst-launch-1.0 multifilesrc location=photo.jpg stop-index=0 \\\n"
      "    caps=image/jpeg ! creativeupscaler engine=fal location=%s \\\n"
      "    storage-location=%s scale=2 ! \\\n"
      "    filesink location=photo-2x.%s\n\n",
      location, cup_fal_service_get_files_location (service), a->runners,
      a->runners == 1 ? "" : "s", a->delay, a->key ? "ID:SECRET" : "test:key",
      location, location, a->result_format);
}

#ifdef G_OS_UNIX
static gboolean
on_signal (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_CONTINUE;
}
#endif

static gboolean
run (const Arguments * a, GError ** error)
{
  CupFalService *service = start (a, error);
  GMainLoop *loop;
  gboolean good = TRUE;

  if (!service)
    return FALSE;
  loop = g_main_loop_new (NULL, FALSE);
#ifdef G_OS_UNIX
  g_unix_signal_add (SIGINT, on_signal, loop);
  g_unix_signal_add (SIGTERM, on_signal, loop);
#endif
  if (a->ready_file) {
    gchar *line =
        g_strconcat (cup_fal_service_get_location (service), "\n", NULL);

    good = g_file_set_contents (a->ready_file, line, -1, error);
    g_free (line);
  }
  if (good) {
    greet (service, a);
    g_main_loop_run (loop);
  }
  g_main_loop_unref (loop);
  cup_fal_service_free (service);
  return good;
}

static void
clear_arguments (Arguments * a)
{
  g_free (a->key);
  g_free (a->result_format);
  g_strfreev (a->faults);
  g_free (a->log);
  g_free (a->ready_file);
}

int
main (int argc, char **argv)
{
  Arguments arguments = {
    .port = -1,
    .runners = 2,
    .round = 1,
    .quality = 90,
    .keep_jobs = 1000,
    .keep_files = 512,
    .ping = 15000,
  };
  GError *error = NULL;
  gboolean good = TRUE;

  arguments.result_format = g_strdup ("png");
  if (!parse_arguments (&arguments, &argc, &argv, &error)
      || !check_arguments (&arguments, &error)) {
    good = FALSE;
  } else if (arguments.version) {
    g_print ("fal-service %s\n", PACKAGE_VERSION);
  } else if (arguments.list_faults) {
    gchar *text = cup_fal_service_describe_faults ();

    g_print ("%s", text);
    g_free (text);
  } else {
    good = run (&arguments, &error);
  }
  if (error) {
    g_printerr ("fal-service: %s\n", error->message);
    g_error_free (error);
  }
  clear_arguments (&arguments);
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
