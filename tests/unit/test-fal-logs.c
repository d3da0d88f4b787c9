/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The log of a job: each line once, however it arrives.
 *
 * Batches are written as words. The first character of each is the time, "-"
 * where there is none; the rest is the message.
 */
#include <string.h>

#include "engine/fal/logs.h"

static void
add_line (JsonArray * array, gchar time, const gchar * message)
{
  JsonObject *line = json_object_new ();
  const gchar text[] = { time, 0 };

  json_object_set_string_member (line, "message", message);
  json_object_set_string_member (line, "level", "INFO");
  json_object_set_string_member (line, "source", "USER");
  if (time != '-')
    json_object_set_string_member (line, "timestamp", text);
  json_object_set_object_member (line, "labels", json_object_new ());
  json_array_add_object_element (array, line);
}

static void
collect (const CupFalLogLine * line, gpointer data)
{
  GString *text = data;

  g_string_append_printf (text, "%s%s%s", text->len > 0 ? " " : "",
      line->timestamp ? line->timestamp : "-", line->message);
}

static void
assert_takes (CupFalLogs * logs, CupFalLogsKind kind, const gchar * batch,
    const gchar * expected)
{
  JsonArray *array = json_array_new ();
  GString *reported = g_string_new (NULL);
  gchar **words = g_strsplit (batch, " ", -1), **word;

  for (word = words; *batch && *word; word++)
    add_line (array, (*word)[0], *word + 1);
  cup_fal_logs_take (logs, array, kind, collect, reported);
  g_assert_cmpstr (reported->str, ==, expected);
  g_strfreev (words);
  g_string_free (reported, TRUE);
  json_array_unref (array);
}

#define WHOLE CUP_FAL_LOGS_WHOLE
#define OVERLAP CUP_FAL_LOGS_OVERLAP
#define NEW CUP_FAL_LOGS_NEW

typedef struct
{
  const gchar *name;
  struct
  {
    CupFalLogsKind kind;
    const gchar *batch;
    const gchar *reported;
  } steps[6];
} Case;

static const Case cases[] = {
  {"polled", {{WHOLE, "1a", "1a"}, {WHOLE, "1a", ""},
          {WHOLE, "1a 2b 3c", "2b 3c"}, {WHOLE, "", ""},
          {WHOLE, "1a 2b 3c 4d", "4d"}}},
  {"polled-untimed", {{WHOLE, "-a -a", "-a -a"}, {WHOLE, "-a -a -a", "-a"},
          {WHOLE, "-a -a -a -b -a", "-b -a"}}},
  {"streamed", {{OVERLAP, "1a", "1a"}, {NEW, "2b 2b", "2b 2b"},
          {NEW, "", ""}, {NEW, "2b", ""}}},
  {"streamed-untimed", {{OVERLAP, "-a", "-a"}, {NEW, "-a", "-a"},
          {NEW, "-a -a", "-a -a"}}},
  {"resumed-whole", {{NEW, "1a 2b", "1a 2b"}, {OVERLAP, "1a 2b 3c", "3c"},
          {NEW, "4d", "4d"}, {OVERLAP, "1a 2b 3c 4d", ""}}},
  {"resumed-end", {{NEW, "1a 2b 3c", "1a 2b 3c"}, {OVERLAP, "3c 4d", "4d"},
          {OVERLAP, "5e", "5e"}, {OVERLAP, "4d 5e", ""}}},
  {"resumed-untimed", {{NEW, "-a -b -a", "-a -b -a"},
          {OVERLAP, "-a -b -a -b", "-b"}, {OVERLAP, "-c", "-c"},
          {OVERLAP, "-b -c -d", "-d"}}},
  /* What begins the batch ends what was seen, at the second glance. */
  {"resumed-repeats", {{NEW, "-a -a -a -b", "-a -a -a -b"},
          {OVERLAP, "-a -a -b -c", "-c"}}},
  {"stale", {{NEW, "-a -b -c", "-a -b -c"}, {WHOLE, "-a", ""},
          {OVERLAP, "-b -c -d", "-d"}}},
  /* Without the time, old words may be a new line; with it they are not. */
  {"repeats-untimed", {{NEW, "-a -b -c", "-a -b -c"},
          {OVERLAP, "-a -b", "-a -b"}}},
  {"repeats", {{NEW, "1a 2b 3c", "1a 2b 3c"}, {OVERLAP, "1a 2b", ""},
          {OVERLAP, "2b", ""}, {OVERLAP, "4a", "4a"}, {NEW, "4a", ""},
          {OVERLAP, "4a 4a 4a", "4a 4a"}}},
  /* An end that has more than is known, and one beginning in the middle. */
  {"contained", {{NEW, "1a 1b 1a", "1a 1b 1a"}, {OVERLAP, "1a 1b", ""},
          {OVERLAP, "1b 1a 2c", "2c"}}},
  {"gap", {{NEW, "1a 2b", "1a 2b"}, {OVERLAP, "5e 6f", "5e 6f"},
          {OVERLAP, "1a 2b 3c 5e 6f 7g", "3c 7g"},
          {WHOLE, "1a 2b 3c 4d 5e 6f 7g", "4d"},
          {OVERLAP, "4d 5e 6f 7g 8h", "8h"}}},
  {"gap-untimed", {{NEW, "-a -b", "-a -b"}, {OVERLAP, "-e", "-e"},
          {WHOLE, "-a -b -c -e -e", "-c -e"},
          {OVERLAP, "-c -e -e -e", "-e"}}},
  {"poll-to-stream", {{WHOLE, "1a 2b", "1a 2b"}, {OVERLAP, "1a 2b 3c", "3c"},
          {NEW, "4d", "4d"}, {WHOLE, "1a 2b 3c 4d 5e", "5e"},
          {OVERLAP, "5e 6f", "6f"}}},
  /* A server that forgets the beginning, and one that forgets all for once. */
  {"rotated", {{WHOLE, "1a 2b 3c", "1a 2b 3c"}, {WHOLE, "2b 3c 4d", "4d"},
          {OVERLAP, "3c 4d 5e", "5e"}, {WHOLE, "", ""},
          {WHOLE, "4d 5e 6f", "6f"}, {OVERLAP, "1a 2b", ""}}},
};

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  CupFalLogs *logs = cup_fal_logs_new ();
  guint i;

  for (i = 0; i < G_N_ELEMENTS (test->steps) && test->steps[i].batch; i++) {
    g_test_message ("step %u", i);
    assert_takes (logs, test->steps[i].kind, test->steps[i].batch,
        test->steps[i].reported);
  }
  cup_fal_logs_free (logs);
}

static void
check_line (const CupFalLogLine * line, gpointer data)
{
  guint *count = data;

  switch ((*count)++) {
    case 0:
      g_assert_cmpstr (line->message, ==, " \tm\n");
      g_assert_cmpstr (line->level, ==, "STDERR");
      g_assert_cmpstr (line->timestamp, ==, "2024-12-20T15:37:17.120314");
      break;
    case 1:
      g_assert_cmpstr (line->message, ==, "");
      g_assert_null (line->level);
      g_assert_null (line->timestamp);
      break;
    default:
      g_assert_cmpstr (line->message, ==, "x");
  }
}

/* What is no line is left out, and what a line lacks is not made up. */
static void
test_lenient (void)
{
  CupFalLogs *logs = cup_fal_logs_new ();
  JsonNode *node = json_from_string ("[null,1,\"text\",[],{},{\"message\":1},"
      "{\"message\":null,\"level\":\"INFO\"},{\"Message\":\"x\"},"
      "{\"message\":\" \\tm\\n\",\"level\":\"STDERR\",\"source\":\"USER\","
      "\"timestamp\":\"2024-12-20T15:37:17.120314\",\"labels\":{\"a\":[]}},"
      "{\"message\":\"\",\"level\":[],\"timestamp\":5,\"labels\":null},"
      "{\"message\":\"x\"},{\"message\":\"x\",\"level\":\"\"},"
      "{\"message\":\"x\",\"level\":\"a\"},{\"message\":\"x\","
      "\"timestamp\":\"a\"}]", NULL);
  CupFalLogsKind kinds[] = { WHOLE, OVERLAP, WHOLE };
  guint count = 0, i;

  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    cup_fal_logs_take (logs, NULL, kinds[i], check_line, &count);
    cup_fal_logs_take (logs, json_node_get_array (node), kinds[i], check_line,
        &count);
    g_assert_cmpuint (count, ==, 6);
  }
  json_node_unref (node);
  cup_fal_logs_free (logs);
}

static void
count_line (const CupFalLogLine * line, gpointer data)
{
  g_assert_nonnull (line->message);
  ++*(guint *) data;
}

/* The same words at another level, or at none, are another line. */
static void
test_level (void)
{
  const gchar *lines[] = { "[{\"message\":\"x\",\"level\":\"INFO\"}]",
    "[{\"message\":\"x\",\"level\":\"ERROR\"}]",
    "[{\"message\":\"x\",\"level\":\"\"}]", "[{\"message\":\"x\"}]",
    "[{\"message\":\"x\",\"timestamp\":\"\"}]",
    "[{\"message\":\"\",\"level\":\"x\"}]",
    "[{\"message\":\"INFOx\",\"level\":\"\"}]"
  };
  CupFalLogs *logs = cup_fal_logs_new ();
  guint count = 0, i;

  for (i = 0; i < G_N_ELEMENTS (lines); i++) {
    JsonNode *node = json_from_string (lines[i], NULL);

    cup_fal_logs_take (logs, json_node_get_array (node), WHOLE, count_line,
        &count);
    g_assert_cmpuint (count, ==, i + 1);
    cup_fal_logs_take (logs, json_node_get_array (node), WHOLE, count_line,
        &count);
    g_assert_cmpuint (count, ==, i + 1);
    json_node_unref (node);
  }
  cup_fal_logs_free (logs);
}

/* A job that logs without end is listened to for 10,000 lines. */
static void
test_bounded (gconstpointer data)
{
  gboolean same = GPOINTER_TO_INT (data);
  CupFalLogsKind kinds[] = { NEW, WHOLE, OVERLAP };
  guint kind, i;

  for (kind = 0; kind < G_N_ELEMENTS (kinds); kind++) {
    CupFalLogs *logs = cup_fal_logs_new ();
    JsonArray *array = json_array_new (), *more = json_array_new ();
    guint count = 0;

    for (i = 0; i < 12000; i++) {
      gchar *message = g_strdup_printf ("%u", same ? 0 : i);

      add_line (i < 9999 ? array : more, same ? '-' : '1', message);
      g_free (message);
    }
    cup_fal_logs_take (logs, array, kinds[kind], count_line, &count);
    g_assert_cmpuint (count, ==, 9999);
    cup_fal_logs_take (logs, more, NEW, count_line, &count);
    g_assert_cmpuint (count, ==, 10000);
    /* Full, and still no line is taken for another one. */
    cup_fal_logs_take (logs, array, WHOLE, count_line, &count);
    cup_fal_logs_take (logs, array, OVERLAP, count_line, &count);
    cup_fal_logs_take (logs, more, WHOLE, count_line, &count);
    cup_fal_logs_take (logs, more, OVERLAP, count_line, &count);
    cup_fal_logs_take (logs, more, NEW, count_line, &count);
    g_assert_cmpuint (count, ==, 10000);
    json_array_unref (array);
    json_array_unref (more);
    cup_fal_logs_free (logs);
  }
}

typedef struct
{
  JsonArray *log;
  GHashTable *reported;         /* message → how often */
  guint n_reported;
} Service;

static void
count_message (const CupFalLogLine * line, gpointer data)
{
  Service *service = data;
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (service->reported,
          line->message));

  g_hash_table_insert (service->reported, g_strdup (line->message),
      GUINT_TO_POINTER (count + 1));
  service->n_reported++;
}

static JsonArray *
copy_from (JsonArray * log, guint first)
{
  JsonArray *copy = json_array_new ();

  for (; first < json_array_get_length (log); first++)
    json_array_add_element (copy, json_node_ref (json_array_get_element (log,
                first)));
  return copy;
}

/* Every line is reported as often as it was written: also those that got lost
 * between two streams where a poll has them later (timed, and each of its own
 * kind), and repeated ones without a time where nothing gets lost. */
static void
test_random (gconstpointer data)
{
  gboolean timed = GPOINTER_TO_INT (data);
  guint run, step;

  for (run = 0; run < 300; run++) {
    CupFalLogs *logs = cup_fal_logs_new ();
    Service service = { json_array_new (), g_hash_table_new_full (g_str_hash,
          g_str_equal, g_free, NULL), 0
    };
    guint sent = 0, length = 0, i;

    for (step = 0; step < 40; step++) {
      gboolean connected = step > 0 && g_test_rand_bit ();
      gboolean last = step == 39;
      CupFalLogsKind kind = NEW;
      guint first = sent;
      JsonArray *batch;

      for (i = g_test_rand_int_range (0, 5); i > 0; i--) {
        gchar *message = g_strdup_printf ("%u", timed ? length :
            (guint) g_test_rand_int_range (0, 2));

        add_line (service.log, timed ? '1' : '-', message);
        g_free (message);
        length++;
      }
      if (last || (!connected && g_test_rand_bit ())) {
        kind = WHOLE;
        first = 0;
      } else if (!connected) {
        kind = OVERLAP;
        first = timed ? (guint) g_test_rand_int_range (0, length + 1) : 0;
      }
      batch = copy_from (service.log, first);
      cup_fal_logs_take (logs, batch, kind, count_message, &service);
      json_array_unref (batch);
      sent = length;
      if (!timed)
        g_assert_cmpuint (service.n_reported, ==, length);
    }
    g_assert_cmpuint (service.n_reported, ==, length);
    if (timed)
      g_assert_cmpuint (g_hash_table_size (service.reported), ==, length);
    g_hash_table_unref (service.reported);
    json_array_unref (service.log);
    cup_fal_logs_free (logs);
  }
}

static void
free_logs (const CupFalLogLine * line, gpointer data)
{
  CupFalLogs **logs = data;

  g_clear_pointer (logs, cup_fal_logs_free);
}

/* Who is told may be done with it. */
static void
test_freed_within (void)
{
  CupFalLogs *logs = cup_fal_logs_new ();
  JsonArray *array = json_array_new ();

  add_line (array, '1', "a");
  add_line (array, '2', "b");
  cup_fal_logs_take (logs, array, WHOLE, free_logs, &logs);
  g_assert_null (logs);
  json_array_unref (array);
}

int
main (int argc, char **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *path = g_strconcat ("/fal-logs/", cases[i].name, NULL);

    g_test_add_data_func (path, &cases[i], test_case);
    g_free (path);
  }
  g_test_add_func ("/fal-logs/lenient", test_lenient);
  g_test_add_func ("/fal-logs/level", test_level);
  g_test_add_data_func ("/fal-logs/bounded", GINT_TO_POINTER (FALSE),
      test_bounded);
  g_test_add_data_func ("/fal-logs/bounded-same", GINT_TO_POINTER (TRUE),
      test_bounded);
  g_test_add_data_func ("/fal-logs/random", GINT_TO_POINTER (TRUE),
      test_random);
  g_test_add_data_func ("/fal-logs/random-untimed", GINT_TO_POINTER (FALSE),
      test_random);
  g_test_add_func ("/fal-logs/freed-within", test_freed_within);
  return g_test_run ();
}
