/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The log of a job at the service: see logs.h.
 *
 * Lines are compared by a digest of what they say, when, and at which level.
 * The same line may well be written several times, so what is remembered is a
 * sequence and not a set.
 */
#include "logs.h"

#define MAX_LINES 10000

struct _CupFalLogs
{
  GArray *seen;                 /* guint64, in the order of the log */
};

typedef struct
{
  CupFalLogLine line;
  guint64 digest;
  gboolean is_new;
} Entry;

CupFalLogs *
cup_fal_logs_new (void)
{
  CupFalLogs *logs = g_new0 (CupFalLogs, 1);

  logs->seen = g_array_new (FALSE, FALSE, sizeof (guint64));
  return logs;
}

void
cup_fal_logs_free (CupFalLogs * logs)
{
  g_array_free (logs->seen, TRUE);
  g_free (logs);
}

static const gchar *
get_string (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_STRING ?
      json_node_get_string (node) : NULL;
}

/* FNV-1a over @text with the zero at its end, and something else where there
 * is no text. */
static guint64
digest_text (guint64 digest, const gchar * text)
{
  const guint64 prime = G_GUINT64_CONSTANT (0x100000001b3);

  if (text == NULL)
    return (digest ^ 0xff) * prime;
  do
    digest = (digest ^ (guint8) * text) * prime;
  while (*text++);
  return digest;
}

static guint64
digest_line (const CupFalLogLine * line)
{
  guint64 digest = G_GUINT64_CONSTANT (0xcbf29ce484222325);

  digest = digest_text (digest, line->timestamp);
  digest = digest_text (digest, line->level);
  return digest_text (digest, line->message);
}

static GArray *
read_entries (JsonArray * array)
{
  GArray *entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  guint length = MIN (json_array_get_length (array), MAX_LINES), i;

  for (i = 0; i < length; i++) {
    JsonNode *node = json_array_get_element (array, i);
    JsonObject *object;
    Entry entry = {.is_new = FALSE };

    if (!JSON_NODE_HOLDS_OBJECT (node))
      continue;
    object = json_node_get_object (node);
    entry.line.message = get_string (object, "message");
    entry.line.level = get_string (object, "level");
    entry.line.timestamp = get_string (object, "timestamp");
    entry.digest = digest_line (&entry.line);
    if (entry.line.message)
      g_array_append_val (entries, entry);
  }
  return entries;
}

/* Digest → how often it is in @seen. The keys are those in @seen. */
static GHashTable *
count_seen (GArray * seen)
{
  GHashTable *counts = g_hash_table_new (g_int64_hash, g_int64_equal);
  guint i;

  for (i = 0; i < seen->len; i++) {
    guint64 *digest = &g_array_index (seen, guint64, i);
    guint count = GPOINTER_TO_UINT (g_hash_table_lookup (counts, digest));

    g_hash_table_insert (counts, digest, GUINT_TO_POINTER (count + 1));
  }
  return counts;
}

/* FALSE where there is none left of it. */
static gboolean
take_one (GHashTable * counts, guint64 * digest)
{
  gpointer key, count;

  if (!g_hash_table_lookup_extended (counts, digest, &key, &count)
      || GPOINTER_TO_UINT (count) == 0)
    return FALSE;
  g_hash_table_insert (counts, key,
      GUINT_TO_POINTER (GPOINTER_TO_UINT (count) - 1));
  return TRUE;
}

/* The largest number of entries that begin the batch and end what was seen
 * (the search of Knuth, Morris and Pratt: a log may be one line, ten thousand
 * times). */
static guint
find_overlap (GArray * seen, GArray * entries)
{
  guint *borders, i, length = 0;

#define DIGEST(i) (g_array_index (entries, Entry, (i)).digest)
  if (entries->len == 0)
    return 0;
  /* Of each beginning of the batch, the longest that also ends it. */
  borders = g_new0 (guint, entries->len);
  for (i = 1; i < entries->len; i++) {
    while (length > 0 && DIGEST (i) != DIGEST (length))
      length = borders[length - 1];
    if (DIGEST (i) == DIGEST (length))
      length++;
    borders[i] = length;
  }
  length = 0;
  for (i = 0; i < seen->len; i++) {
    guint64 digest = g_array_index (seen, guint64, i);

    while (length > 0 && (length == entries->len || digest != DIGEST (length)))
      length = borders[length - 1];
    if (digest == DIGEST (length))
      length++;
  }
#undef DIGEST
  g_free (borders);
  return length;
}

static gboolean
is_contained (GArray * seen, GArray * entries)
{
  GHashTable *counts = count_seen (seen);
  gboolean contained = TRUE;
  guint i;

  for (i = 0; contained && i < entries->len; i++)
    contained = take_one (counts, &g_array_index (entries, Entry, i).digest);
  g_hash_table_unref (counts);
  return contained;
}

/* Whether all lines of the batch say when they were written: if not, the same
 * words may well be another line. */
static gboolean
has_times (GArray * entries)
{
  guint i;

  for (i = 0; i < entries->len; i++) {
    if (g_array_index (entries, Entry, i).line.timestamp == NULL)
      return FALSE;
  }
  return TRUE;
}

/* No more than is kept: what is over that is taken out. */
static void
limit_new (GArray * seen, GArray * entries)
{
  guint left = MAX_LINES - seen->len, kept = 0, i;

  for (i = 0; i < entries->len; i++) {
    Entry entry = g_array_index (entries, Entry, i);

    if (entry.is_new && left == 0)
      continue;
    left -= entry.is_new ? 1 : 0;
    g_array_index (entries, Entry, kept++) = entry;
  }
  g_array_set_size (entries, kept);
}

/* The whole log says what is new, also where lines are missing in what was
 * seen, and in which order all of it is. What it does not have any more goes
 * before that. One that has nothing new may be an old one, and tells nothing. */
static void
take_whole (CupFalLogs * logs, GArray * entries)
{
  GHashTable *counts = count_seen (logs->seen);
  gboolean has_new = FALSE;
  GArray *seen;
  guint i;

  for (i = 0; i < entries->len; i++) {
    Entry *entry = &g_array_index (entries, Entry, i);

    entry->is_new = !take_one (counts, &entry->digest);
    has_new = has_new || entry->is_new;
  }
  if (!has_new) {
    g_hash_table_unref (counts);
    return;
  }
  limit_new (logs->seen, entries);
  seen = g_array_new (FALSE, FALSE, sizeof (guint64));
  for (i = 0; i < logs->seen->len; i++) {
    if (take_one (counts, &g_array_index (logs->seen, guint64, i)))
      g_array_append_val (seen, g_array_index (logs->seen, guint64, i));
  }
  for (i = 0; i < entries->len; i++)
    g_array_append_val (seen, g_array_index (entries, Entry, i).digest);
  g_hash_table_unref (counts);
  g_array_free (logs->seen, TRUE);
  logs->seen = seen;
}

/* All but the first @n_seen is new. */
static void
take_end (CupFalLogs * logs, GArray * entries, guint n_seen)
{
  guint i;

  for (i = n_seen; i < entries->len; i++)
    g_array_index (entries, Entry, i).is_new = TRUE;
  limit_new (logs->seen, entries);
  for (i = n_seen; i < entries->len; i++)
    g_array_append_val (logs->seen, g_array_index (entries, Entry, i).digest);
}

static void
take_overlapping (CupFalLogs * logs, GArray * entries)
{
  guint overlap = find_overlap (logs->seen, entries);
  gboolean timed = has_times (entries);

  if (timed && is_contained (logs->seen, entries))
    return;
  /* It may begin before a gap in what was seen. */
  if (timed && overlap == 0)
    take_whole (logs, entries);
  else
    take_end (logs, entries, overlap);
}

void
cup_fal_logs_take (CupFalLogs * logs, JsonArray * array, CupFalLogsKind kind,
    CupFalLogFunc func, gpointer user_data)
{
  GArray *entries;
  guint i;

  if (array == NULL)
    return;
  json_array_ref (array);
  entries = read_entries (array);
  switch (kind) {
    case CUP_FAL_LOGS_WHOLE:
      take_whole (logs, entries);
      break;
    case CUP_FAL_LOGS_OVERLAP:
      take_overlapping (logs, entries);
      break;
    case CUP_FAL_LOGS_NEW:
      /* Not all services keep to it; where it can be told, it is. */
      if (has_times (entries))
        take_overlapping (logs, entries);
      else
        take_end (logs, entries, 0);
      break;
  }
  /* Nothing of @logs from here on: @func may free it. */
  for (i = 0; i < entries->len; i++) {
    Entry *entry = &g_array_index (entries, Entry, i);

    if (entry->is_new)
      func (&entry->line, user_data);
  }
  g_array_free (entries, TRUE);
  json_array_unref (array);
}
