/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Upscales pictures, each by a pipeline of its own:
 *
 *   multifilesrc ! creativeupscaler ! image/png ! filesink
 *
 * The result is written under another name, and gets its own when it is complete: a
 * run that fails leaves an earlier result as it was.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "pictures.h"

#define USAGE \
    "Usage: upscale-pictures [--scale NUMBER] [--engine local|fal|auto]\n" \
    "           [--results FOLDER] [--sample FILE] [--before-after PROGRAM]\n" \
    "           [NAME=VALUE...] FILE|FOLDER...\n" \
    "\n" \
    "NAME=VALUE sets a property of creativeupscaler. Behind -- all are names.\n" \
    "--results: where a picture's own folder cannot be written. --sample: what is\n" \
    "upscaled where no file is named. --before-after: run for a single picture with\n" \
    "its name, the result's, and that of a PNG to make.\n"

typedef struct
{
  gdouble scale;
  gboolean dry_run;             /* nothing is submitted: there are no results */
  const gchar *results;         /* where a picture's folder cannot be written */
  const gchar *before_after;    /* nullable: the program that shows a detail */
  gchar *sample;                /* nullable: what is upscaled for want of a path */
  GPtrArray *paths;
  GPtrArray *settings;          /* "name=value", for each picture */
} Options;

/* How often a signal is looked for. */
#define SIGNAL_INTERVAL (100 * GST_MSECOND)

/* The signal that has come, 0 before. */
static volatile sig_atomic_t interrupted;

/* A second signal ends the program at once. */
static void
on_signal (int number)
{
  interrupted = number;
  signal (number, SIG_DFL);
}

/* Arguments */

static gboolean
is_setting (const gchar * argument)
{
  const gchar *end = strchr (argument, '=');
  const gsize length = end ? (gsize) (end - argument) : 0;

  return length > 0
      && strspn (argument, "abcdefghijklmnopqrstuvwxyz-") == length
      && argument[0] != '-';
}

/* The value of the option @name, which is @arguments[*@i] or the one behind it;
 * NULL where it is another option. */
static const gchar *
get_option (gchar ** arguments, guint * i, const gchar * name)
{
  const gsize length = strlen (name);

  if (!g_str_has_prefix (arguments[*i], name))
    return NULL;
  if (arguments[*i][length] == '=')
    return arguments[*i] + length + 1;
  if (arguments[*i][length] != '\0' || !arguments[*i + 1])
    return NULL;
  return arguments[++*i];
}

static void
add_setting (Options * options, const gchar * name, const gchar * value)
{
  g_ptr_array_add (options->settings, g_strconcat (name, "=", value, NULL));
}

/* Returns FALSE for what is no option. */
static gboolean
parse_option (Options * options, gchar ** arguments, guint * i)
{
  const gchar *value;

  if ((value = get_option (arguments, i, "--scale")))
    add_setting (options, "scale", value);
  else if ((value = get_option (arguments, i, "--engine")))
    add_setting (options, "engine", value);
  else if ((value = get_option (arguments, i, "--results")))
    options->results = value;
  else if ((value = get_option (arguments, i, "--before-after")))
    options->before_after = value;
  else if ((value = get_option (arguments, i, "--sample")))
    options->sample = (gchar *) value;
  else if (is_setting (arguments[*i]))
    g_ptr_array_add (options->settings, g_strdup (arguments[*i]));
  else
    return FALSE;
  return TRUE;
}

/* A file that is there is one, whatever its name looks like. */
static gboolean
parse_arguments (Options * options, gchar ** arguments)
{
  gboolean only_names = FALSE;
  guint i;

  for (i = 1; arguments[i]; i++) {
    if (!only_names && strcmp (arguments[i], "--") == 0) {
      only_names = TRUE;
    } else if (only_names || g_file_test (arguments[i], G_FILE_TEST_EXISTS)) {
      g_ptr_array_add (options->paths, arguments[i]);
    } else if (!parse_option (options, arguments, &i)) {
      if (arguments[i][0] == '-') {
        g_printerr
            ("%s: there is neither such an option nor such a picture\n%s",
            arguments[i], USAGE);
        return FALSE;
      }
      g_ptr_array_add (options->paths, arguments[i]);
    }
  }
  if (options->paths->len == 0 && options->sample)
    g_ptr_array_add (options->paths, options->sample);
  if (options->paths->len == 0)
    g_printerr ("%s", USAGE);
  return options->paths->len > 0;
}

/* The element */

static gboolean
set_property (GstElement * element, const gchar * setting)
{
  const gchar *text = strchr (setting, '=') + 1;
  gchar *name = g_strndup (setting, text - 1 - setting);
  GParamSpec *pspec =
      g_object_class_find_property (G_OBJECT_GET_CLASS (element), name);
  GValue value = G_VALUE_INIT;
  gboolean done = FALSE;

  if (pspec) {
    g_value_init (&value, pspec->value_type);
    done = gst_value_deserialize_with_pspec (&value, text, pspec)
        && !g_param_value_validate (pspec, &value);
    if (done)
      g_object_set_property (G_OBJECT (element), name, &value);
    else
      g_printerr ("%s: creativeupscaler's property cannot be this\n", setting);
    g_value_unset (&value);
  } else {
    g_printerr
        ("%s: creativeupscaler has no such property, and there is no such "
        "picture\n", setting);
  }
  g_free (name);
  return done;
}

/* NULL where one of the settings cannot be. */
static GstElement *
make_element (const Options * options)
{
  GstElement *element = gst_element_factory_make ("creativeupscaler", NULL);
  guint i;

  if (!element) {
    g_printerr ("GStreamer does not find the element creativeupscaler: is "
        "GST_PLUGIN_PATH set?\n");
    return NULL;
  }
  gst_util_set_object_arg (G_OBJECT (element), "engine", "local");
  g_object_set (element, "scale", 2.0, NULL);
  for (i = 0; i < options->settings->len; i++) {
    if (!set_property (element, options->settings->pdata[i])) {
      gst_object_unref (gst_object_ref_sink (element));
      return NULL;
    }
  }
  return element;
}

/* With the type of the picture, which has no times; in @path a "%" counts. */
static GstElement *
make_source (const gchar * path, const gchar * type)
{
  GstElement *source = gst_element_factory_make ("multifilesrc", NULL);
  GstCaps *caps = gst_caps_new_empty_simple (type);
  gchar **parts = g_strsplit (path, "%", -1);
  gchar *location = g_strjoinv ("%%", parts);

  if (source)
    g_object_set (source, "location", location, "stop-index", 0, "caps", caps,
        NULL);
  g_free (location);
  g_strfreev (parts);
  gst_caps_unref (caps);
  return source;
}

static GstElement *
make_pipeline (const Options * options, const gchar * path, const gchar * type,
    const gchar * result)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *source = make_source (path, type);
  GstElement *element = make_element (options);
  GstElement *sink = gst_element_factory_make ("filesink", NULL);
  GstCaps *png = gst_caps_new_empty_simple ("image/png");

  if (!source || !sink)
    g_printerr ("GStreamer's multifilesrc or filesink is missing: install "
        "gst-plugins-good\n");
  if (!source || !element || !sink) {
    g_clear_pointer (&source, gst_object_unref);
    g_clear_pointer (&element, gst_object_unref);
    g_clear_pointer (&sink, gst_object_unref);
    gst_clear_object (&pipeline);
  } else {
    g_object_set (sink, "location", result, NULL);
    gst_bin_add_many (GST_BIN (pipeline), source, element, sink, NULL);
    gst_element_link (source, element);
    gst_element_link_filtered (element, sink, png);
  }
  gst_caps_unref (png);
  return pipeline;
}

/* Running */

/* Prints what the element says. Returns whether the pipeline is to go on. */
static gboolean
handle_message (GstMessage * message, const gchar * path, gboolean * failed)
{
  GError *error = NULL;
  gchar *text = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_EOS:
      return FALSE;
    case GST_MESSAGE_ERROR:
      *failed = TRUE;
      gst_message_parse_error (message, &error, NULL);
      g_printerr ("%s: %s\n", path, error->message);
      break;
    case GST_MESSAGE_WARNING:
      gst_message_parse_warning (message, &error, NULL);
      g_printerr ("%s: warning: %s\n", path, error->message);
      break;
    case GST_MESSAGE_INFO:
      gst_message_parse_info (message, &error, NULL);
      g_print ("%s: %s\n", path, error->message);
      break;
    case GST_MESSAGE_PROGRESS:
      gst_message_parse_progress (message, NULL, NULL, &text);
      g_print ("%s: %s\n", path, text);
      break;
    default:
      break;
  }
  g_clear_error (&error);
  g_free (text);
  return !*failed;
}

static gboolean
run (GstElement * pipeline, const gchar * path)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  gboolean failed = FALSE, going = TRUE;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (going && !interrupted) {
    GstMessage *message = gst_bus_timed_pop (bus, SIGNAL_INTERVAL);

    if (!message)
      continue;
    going = handle_message (message, path, &failed);
    gst_message_unref (message);
  }
  /* Takes back what is at a service. */
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  return !failed && !going;
}

/* By its first bytes; NULL, and says why, where there is no such picture. */
static const gchar *
read_type (const gchar * path)
{
  guint8 head[12] = { 0 };
  FILE *file = g_fopen (path, "rb");
  const gchar *type = NULL;

  if (!file) {
    g_printerr ("%s: %s\n", path, g_strerror (errno));
    return NULL;
  }
  if (fread (head, 1, sizeof head, file) == 0)
    g_printerr ("%s: nothing can be read from this file\n", path);
  else if (memcmp (head, "\x89PNG", 4) == 0)
    type = "image/png";
  else if (memcmp (head, "\xff\xd8\xff", 3) == 0)
    type = "image/jpeg";
  else if (memcmp (head, "RIFF", 4) == 0 && memcmp (head + 8, "WEBP", 4) == 0)
    type = "image/webp";
  else
    g_printerr ("%s: this is no PNG, JPEG or WebP; convert it first\n", path);
  fclose (file);
  return type;
}

/* Gives a complete result, or none, its name: a frame that was left out leaves an
 * empty file. */
static gboolean
finish (const gchar * part, const Picture * picture)
{
  GStatBuf status;

  if (g_stat (part, &status) != 0 || status.st_size == 0)
    g_printerr ("%s: no result came\n", picture->path);
  else if (g_rename (part, picture->result) != 0)
    g_printerr ("%s: %s\n", picture->result, g_strerror (errno));
  else
    return TRUE;
  return FALSE;
}

static gboolean
upscale (const Options * options, const Picture * picture)
{
  gchar *folder = g_path_get_dirname (picture->result);
  gchar *part = g_strdup_printf ("%s/.upscaling-%d.part", folder,
      (gint) getpid ());
  GstElement *pipeline = NULL;
  gboolean done = FALSE;
  const gchar *type = read_type (picture->path);

  if (type)
    pipeline = make_pipeline (options, picture->path, type, part);
  if (pipeline) {
    g_print ("Upscaling %s ...\n", picture->path);
    done = run (pipeline, picture->path) && (options->dry_run
        || finish (part, picture));
    gst_object_unref (pipeline);
    if (!done || options->dry_run)
      g_unlink (part);
  }
  if (done && !options->dry_run)
    g_print ("Result:           %s\n", picture->result);
  g_free (part);
  g_free (folder);
  return done;
}

/* The picture is upscaled by then: what goes wrong here is told, and no more. */
static void
show_before_after (const Options * options, const Picture * picture)
{
  gchar *stem = g_strndup (picture->result,
      strlen (picture->result) - strlen (".png"));
  gchar *path = g_strconcat (stem, "-before-after.png", NULL);
  gchar *arguments[] = { (gchar *) options->before_after, picture->path,
    picture->result, path, NULL
  };
  GError *error = NULL;
  gint status = 0;

  if (!g_spawn_sync (NULL, arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL,
          NULL, &status, &error))
    g_printerr ("%s: %s\n", path, error->message);
  else if (status == 0)
    g_print ("Before and after: %s\n", path);
  g_clear_error (&error);
  g_free (path);
  g_free (stem);
}

static gboolean
upscale_all (const Options * options, GPtrArray * pictures)
{
  GHashTable *results = g_hash_table_new (g_str_hash, g_str_equal);
  gboolean done = TRUE;
  guint i;

  for (i = 0; i < pictures->len && !interrupted; i++) {
    const Picture *picture = pictures->pdata[i];

    if (!g_hash_table_add (results, picture->result)) {
      g_printerr ("%s: its result would replace the one before it, %s\n",
          picture->path, picture->result);
      done = FALSE;
    } else if (!upscale (options, picture)) {
      done = FALSE;
    } else if (pictures->len == 1 && options->before_after && !options->dry_run) {
      show_before_after (options, picture);
    }
  }
  g_hash_table_unref (results);
  return done;
}

/* Settings are the same for all pictures: tried before there is any work. */
static gboolean
try_settings (Options * options)
{
  GstElement *element = make_element (options);

  if (!element)
    return FALSE;
  g_object_get (element, "scale", &options->scale, "dry-run",
      &options->dry_run, NULL);
  gst_object_unref (gst_object_ref_sink (element));
  return TRUE;
}

static gboolean
work (Options * options)
{
  GPtrArray *pictures =
      g_ptr_array_new_with_free_func ((GDestroyNotify) picture_free);
  gboolean done = TRUE;
  guint i;

  for (i = 0; i < options->paths->len; i++)
    done &= pictures_add (pictures, options->paths->pdata[i], options->scale,
        options->results);
  done &= upscale_all (options, pictures);
  g_ptr_array_unref (pictures);
  return done;
}

int
main (int argc, char **argv)
{
  Options options = {.results = "." };
  gboolean done;

  setlocale (LC_ALL, "");
  gst_init (NULL, NULL);
  signal (SIGINT, on_signal);
  signal (SIGTERM, on_signal);
  signal (SIGHUP, on_signal);
  options.paths = g_ptr_array_new ();
  options.settings = g_ptr_array_new_with_free_func (g_free);
  done = parse_arguments (&options, argv) && try_settings (&options)
      && work (&options);
  g_ptr_array_unref (options.paths);
  g_ptr_array_unref (options.settings);
  if (interrupted)
    raise (interrupted);
  return done ? 0 : 1;
}
