/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The side of a sequence that starts, kills and judges it: see sequence.h.
 */
#include "sequence.h"

#include <glib/gstdio.h>
#include <string.h>

#include "sequence-private.h"

/* Enough for a machine that does much else, and a sanitizer. */
#define LIMIT_US (120 * G_USEC_PER_SEC)
/* Between two looks at whether the process is still there. */
#define LOOK_MS 50

struct _Sequence
{
  CupFalService *service;
  guint n_wanted;
  GSubprocess *process;
  GThread *reader;

  GMutex lock;
  GCond changed;
  /* The lock guards these until the reader has ended. */
  GArray *times;                /* of GstClockTime: PTS and duration */
  GPtrArray *warnings;
  gchar *error;
  GHashTable *figures;
  gboolean at_end;              /* it said so */
  gboolean ended;
};

static void
take_line (Sequence * sequence, const gchar * line)
{
  gchar **words = g_strsplit (line, " ", 2);
  const gchar *rest = words[0] && words[1] ? words[1] : "";
  gchar **more = g_strsplit (rest, " ", -1);

  if (g_str_equal (words[0], "frame")) {
    guint64 pts = g_ascii_strtoull (more[1], NULL, 10);
    guint64 duration = g_ascii_strtoull (more[2], NULL, 10);

    g_array_append_val (sequence->times, pts);
    g_array_append_val (sequence->times, duration);
  } else if (g_str_equal (words[0], "warning")) {
    g_test_message ("warning: %s", rest);
    g_ptr_array_add (sequence->warnings, g_strdup (rest));
  } else if (g_str_equal (words[0], "error")) {
    g_test_message ("error: %s", rest);
    g_free (sequence->error);
    sequence->error = g_strdup (rest);
  } else if (g_str_equal (words[0], "figure")) {
    guint64 *value = g_new (guint64, 1);

    *value = g_ascii_strtoull (more[1], NULL, 10);
    g_hash_table_insert (sequence->figures, g_strdup (more[0]), value);
  } else if (g_str_equal (words[0], "end")) {
    sequence->at_end = TRUE;
  }
  g_strfreev (more);
  g_strfreev (words);
}

static gpointer
read_lines (gpointer data)
{
  Sequence *sequence = data;
  GDataInputStream *stream = g_data_input_stream_new
      (g_subprocess_get_stdout_pipe (sequence->process));
  gchar *line;
  gsize length;

  while ((line = g_data_input_stream_read_line (stream, &length, NULL, NULL))) {
    g_mutex_lock (&sequence->lock);
    take_line (sequence, line);
    g_cond_broadcast (&sequence->changed);
    g_mutex_unlock (&sequence->lock);
    g_free (line);
  }
  g_object_unref (stream);
  g_mutex_lock (&sequence->lock);
  sequence->ended = TRUE;
  g_cond_broadcast (&sequence->changed);
  g_mutex_unlock (&sequence->lock);
  return NULL;
}

static gchar *
join_numbers (const GArray * numbers)
{
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < numbers->len; i++)
    g_string_append_printf (text, "%s%u", i > 0 ? "," : "",
        g_array_index (numbers, guint, i));
  return g_string_free (text, FALSE);
}

static GPtrArray *
make_arguments (const SequenceOptions * options)
{
  GPtrArray *arguments = g_ptr_array_new_with_free_func (g_free);
  const gchar *location = cup_fal_service_get_location (options->service);
  guint i;

  for (i = 0; options->wrapper && options->wrapper[i]; i++)
    g_ptr_array_add (arguments, g_strdup (options->wrapper[i]));
  g_ptr_array_add (arguments, g_file_read_link ("/proc/self/exe", NULL));
  g_ptr_array_add (arguments, g_strdup (SEQUENCE_ARGUMENT));
  g_ptr_array_add (arguments, g_strdup (options->output));
  g_ptr_array_add (arguments, join_numbers (options->pictures));
  g_ptr_array_add (arguments, g_strdup_printf ("engine=fal location=%1$s "
          "storage-location=%1$s retry-delay=0.02 upload=storage "
          "max-in-flight=8 %2$s", location,
          options->properties ? options->properties : ""));
  g_ptr_array_add (arguments, NULL);
  return arguments;
}

Sequence *
sequence_start (const SequenceOptions * options)
{
  Sequence *sequence = g_new0 (Sequence, 1);
  GPtrArray *arguments = make_arguments (options);
  GSubprocessLauncher *launcher;
  GError *error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (options->output, 0777), ==, 0);
  sequence->service = options->service;
  sequence->n_wanted = options->pictures->len;
  g_mutex_init (&sequence->lock);
  g_cond_init (&sequence->changed);
  sequence->times = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  sequence->warnings = g_ptr_array_new_with_free_func (g_free);
  sequence->figures = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      g_free);
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_subprocess_launcher_setenv (launcher, "FAL_KEY", KEY, TRUE);
  /* Those are this process's: what is killed has its objects still. */
  g_subprocess_launcher_unsetenv (launcher, "GST_TRACERS");
  g_subprocess_launcher_unsetenv (launcher, "GST_DEBUG_FILE");
  sequence->process = g_subprocess_launcher_spawnv (launcher,
      (const gchar * const *) arguments->pdata, &error);
  g_assert_no_error (error);
  sequence->reader = g_thread_new ("reader", read_lines, sequence);
  g_object_unref (launcher);
  g_ptr_array_unref (arguments);
  return sequence;
}

void
sequence_free (Sequence * sequence)
{
  if (sequence->reader)
    g_subprocess_force_exit (sequence->process);
  sequence_wait (sequence);
  g_object_unref (sequence->process);
  g_array_unref (sequence->times);
  g_ptr_array_unref (sequence->warnings);
  g_hash_table_unref (sequence->figures);
  g_free (sequence->error);
  g_cond_clear (&sequence->changed);
  g_mutex_clear (&sequence->lock);
  g_free (sequence);
}

gboolean
sequence_wait_frames (Sequence * sequence, guint n)
{
  gint64 end = g_get_monotonic_time () + LIMIT_US;
  gboolean reached;

  g_mutex_lock (&sequence->lock);
  while (!sequence->ended && sequence->times->len < 2 * n)
    g_assert_true (g_cond_wait_until (&sequence->changed, &sequence->lock,
            end));
  reached = sequence->times->len >= 2 * n;
  g_mutex_unlock (&sequence->lock);
  return reached;
}

static gboolean
has_ended (Sequence * sequence)
{
  gboolean ended;

  g_mutex_lock (&sequence->lock);
  ended = sequence->ended;
  g_mutex_unlock (&sequence->lock);
  return ended;
}

gboolean
sequence_wait_count (Sequence * sequence, CupFalCounter counter, guint64 count)
{
  gint64 end = g_get_monotonic_time () + LIMIT_US;

  while (!cup_fal_service_wait_count (sequence->service, counter, count,
          LOOK_MS)) {
    if (has_ended (sequence))
      return FALSE;
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  }
  return TRUE;
}

void
sequence_signal (Sequence * sequence, gint signal)
{
  g_subprocess_send_signal (sequence->process, signal);
}

void
sequence_wait (Sequence * sequence)
{
  gint64 end = g_get_monotonic_time () + LIMIT_US;
  GError *error = NULL;

  if (!sequence->reader)
    return;
  g_mutex_lock (&sequence->lock);
  while (!sequence->ended)
    if (!g_cond_wait_until (&sequence->changed, &sequence->lock, end))
      g_error ("the process hangs after %u frames", sequence->times->len / 2);
  g_mutex_unlock (&sequence->lock);
  g_thread_join (g_steal_pointer (&sequence->reader));
  g_subprocess_wait (sequence->process, NULL, &error);
  g_assert_no_error (error);
}

void
sequence_finish (Sequence * sequence)
{
  guint i;

  sequence_wait (sequence);
  g_assert_cmpstr (sequence->error, ==, NULL);
  g_assert_true (sequence->at_end);
  g_assert_true (g_subprocess_get_successful (sequence->process));
  g_assert_cmpuint (sequence_get_n_frames (sequence), ==, sequence->n_wanted);
  for (i = 0; i < sequence->n_wanted; i++) {
    g_assert_cmpuint (g_array_index (sequence->times, GstClockTime, 2 * i), ==,
        i * SEQUENCE_FRAME_DURATION);
    g_assert_cmpuint (g_array_index (sequence->times, GstClockTime, 2 * i + 1),
        ==, SEQUENCE_FRAME_DURATION);
  }
}

guint64
sequence_get_figure (Sequence * sequence, const gchar * name)
{
  guint64 *value = g_hash_table_lookup (sequence->figures, name);

  return value ? *value : 0;
}

const gchar *
sequence_get_error (Sequence * sequence)
{
  return sequence->error;
}

guint
sequence_get_n_frames (Sequence * sequence)
{
  return sequence->times->len / 2;
}

GPtrArray *
sequence_get_warnings (Sequence * sequence)
{
  return sequence->warnings;
}

guint
sequence_count_warnings (Sequence * sequence, const gchar * text)
{
  guint i, n = 0;

  for (i = 0; i < sequence->warnings->len; i++)
    if (strstr (g_ptr_array_index (sequence->warnings, i), text))
      n++;
  return n;
}

GArray *
sequence_make_distinct (guint n)
{
  GArray *pictures = g_array_new (FALSE, FALSE, sizeof (guint));
  guint i;

  for (i = 0; i < n; i++)
    g_array_append_val (pictures, i);
  return pictures;
}

static GBytes *
read_frame (const gchar * folder, guint number)
{
  gchar *path = g_strdup_printf ("%s/%u", folder, number);
  GError *error = NULL;
  gchar *data;
  gsize size;

  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);
  g_free (path);
  return g_bytes_new_take (data, size);
}

void
sequence_assert_same (const gchar * output, const gchar * reference,
    const GArray * pictures)
{
  guint i;

  for (i = 0; i < pictures->len; i++) {
    GBytes *frame = read_frame (output, i);
    GBytes *wanted = read_frame (reference, g_array_index (pictures, guint, i));

    if (!g_bytes_equal (frame, wanted))
      g_error ("frame %u of %s is not as it has to be", i, output);
    g_bytes_unref (wanted);
    g_bytes_unref (frame);
  }
}
