/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files whose rows the index has lost. A file in results/ is complete, and its name is
 * its key: where no row says so, the index is wrong, and not the file. So nothing is
 * submitted for a key that has a file. The exception is a file whose row was removed
 * on purpose: garbage has its name until the file is removed, too.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "files.h"
#include "store-private.h"

#define KEY_LENGTH (2 * CUP_STORE_KEY_SIZE)

/* Fills @entry from @name, the part of a file's name behind the key: ".png", or
 * "-2.png". */
static gboolean
parse_name (const gchar * name, CupStoreEntry * entry)
{
  gchar *end = (gchar *) name;

  entry->generation = 0;
  if (*name == '-')
    entry->generation = g_ascii_strtoll (name + 1, &end, 10);
  if (*end != '.' || entry->generation < 0)
    return FALSE;
  entry->type = g_strdup (end + 1);
  return TRUE;
}

/* Sets the type and the generation of the newest file of @key. */
static gboolean
find_file (CupStore * store, const CupStoreKey * key, CupStoreEntry * entry)
{
  gchar *name = cup_store_key_to_string (key);
  gchar *folder = g_strdup_printf ("%s/results/%.2s", store->directory, name);
  GDir *dir = g_dir_open (folder, 0, NULL);
  CupStoreEntry next = { NULL };
  const gchar *file;

  memset (entry, 0, sizeof *entry);
  while (dir && (file = g_dir_read_name (dir))) {
    if (!g_str_has_prefix (file, name)
        || !parse_name (file + KEY_LENGTH, &next))
      continue;
    if (!entry->type || next.generation >= entry->generation) {
      g_free (entry->type);
      *entry = next;
    } else {
      g_free (next.type);
    }
  }
  if (dir)
    g_dir_close (dir);
  g_free (folder);
  g_free (name);
  return entry->type != NULL;
}

gboolean
cup_store_has_file (CupStore * store, CupDatabase * database,
    const CupStoreKey * key, gboolean * found, GError ** error)
{
  CupStoreEntry entry;
  gboolean removed = FALSE, done = TRUE;

  *found = find_file (store, key, &entry);
  g_free (entry.type);
  if (*found)
    done = cup_store_has_row (database, "SELECT 1 FROM garbage WHERE key = ?1",
        key, &removed, error);
  *found = *found && done && !removed;
  return done;
}

/* Reads the file of @entry, and completes that from it. NULL where it is none that the
 * store could have made. */
static CupStoreRecord *
load (CupStore * store, const CupStoreKey * key, CupStoreEntry * entry,
    GError ** error)
{
  gchar *path = cup_file_get_result_path (store->directory, key, entry->type,
      entry->generation);
  CupStoreRecord *record = NULL;
  CupImageInfo info = { 0 };
  gboolean damaged;
  GBytes *bytes = NULL;
  GStatBuf status;

  if (path && g_stat (path, &status) == 0 && status.st_size > 0)
    bytes = cup_file_read (path, (guint64) status.st_size, &damaged, error);
  if (bytes) {
    record = cup_store_record_new (bytes, &info);
    record->is_found = TRUE;
    record->created = cup_store_get_time ();
    entry->size = (gint64) g_bytes_get_size (bytes);
    entry->has_digest = TRUE;
    cup_digest_bytes (bytes, entry->digest);
    cup_store_read_picture (record, path);
  }
  g_free (path);
  return record;
}

/* One transaction. The frame has its picture also where this fails. */
static void
enter (CupStore * store, const CupStoreKey * key,
    const CupStoreRecord * record, const CupStoreEntry * entry)
{
  GError *error = NULL;

  g_atomic_int_set (&store->has_lost, TRUE);
  if (cup_store_begin (store, &error)) {
    if (cup_store_write_row (store, key, record, entry, &error))
      cup_store_commit (store, &error);
    else
      cup_store_rollback (store);
  }
  if (error)
    cup_info ("%s: a file without a row stays without: %s", store->directory,
        error->message);
  g_clear_error (&error);
}

gboolean
cup_store_adopt (CupStore * store, const CupStoreKey * key,
    CupStoreRecord ** record, GError ** error)
{
  CupStoreEntry entry;
  gboolean found, done;
  GError *reason = NULL;

  *record = NULL;
  cup_database_lock (store->reader);
  done = cup_store_has_file (store, store->reader, key, &found, error);
  cup_database_unlock (store->reader);
  if (!done || !found || !find_file (store, key, &entry))
    return done;
  *record = load (store, key, &entry, &reason);
  if (*record && !store->refusal)
    enter (store, key, *record, &entry);
  g_free (entry.type);
  if (!reason)
    return TRUE;
  g_propagate_error (error, reason);
  return FALSE;
}

/* Every byte of a PNG is under a checksum. Decoders differ in which of them they
 * look at: that of IEND counts here, too. */
static gboolean
proves_itself (const CupStoreRecord * record)
{
  CupPixels *pixels;

  if (record->flaw || record->info.type != CUP_IMAGE_PNG
      || !cup_image_check_sums (record->bytes, CUP_IMAGE_PNG, NULL))
    return FALSE;
  pixels = cup_image_decode (record->bytes, 0, NULL);
  if (!pixels)
    return FALSE;
  cup_pixels_unref (pixels);
  return TRUE;
}

gboolean
cup_store_readopt (CupStore * store, const CupStoreKey * key,
    CupStoreRecord ** record)
{
  CupStoreRecord *found = NULL;
  CupStoreEntry entry;
  gboolean is_whole;

  if (find_file (store, key, &entry))
    found = load (store, key, &entry, NULL);
  is_whole = found && proves_itself (found);
  if (is_whole && !store->refusal)
    enter (store, key, found, &entry);
  g_free (entry.type);
  if (!is_whole) {
    g_clear_pointer (&found, cup_store_record_free);
    return FALSE;
  }
  g_clear_pointer (record, cup_store_record_free);
  *record = found;
  return TRUE;
}

static gboolean
parse_key (const gchar * text, CupStoreKey * key)
{
  guint i;

  if (strlen (text) < KEY_LENGTH)
    return FALSE;
  for (i = 0; i < CUP_STORE_KEY_SIZE; i++) {
    const gint high = g_ascii_xdigit_value (text[2 * i]);
    const gint low = g_ascii_xdigit_value (text[2 * i + 1]);

    if (high < 0 || low < 0)
      return FALSE;
    key->bytes[i] = (guint8) (high << 4 | low);
  }
  return TRUE;
}

/* Where @name is that of a file without a row. */
static gboolean
adopt_named (CupStore * store, const gchar * name, guint * n, GError ** error)
{
  CupStoreRecord *record;
  CupStoreEntry entry;
  CupStoreKey key;
  gboolean done = TRUE, known;

  if (!parse_key (name, &key))
    return TRUE;
  if (!cup_store_has_row (store->writer, "SELECT 1 FROM results WHERE key = ?1",
          &key, &known, error))
    return FALSE;
  if (known || !find_file (store, &key, &entry))
    return TRUE;
  record = load (store, &key, &entry, NULL);
  if (record) {
    done = cup_store_write_row (store, &key, record, &entry, error);
    (*n)++;
  }
  g_clear_pointer (&record, cup_store_record_free);
  g_free (entry.type);
  return done;
}

static gboolean
adopt_folder (CupStore * store, const gchar * folder, guint * n,
    GError ** error)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  gboolean done = TRUE;
  const gchar *name;

  while (done && dir && (name = g_dir_read_name (dir)))
    done = adopt_named (store, name, n, error);
  if (dir)
    g_dir_close (dir);
  return done;
}

gboolean
cup_store_adopt_all (CupStore * store, guint * n, GError ** error)
{
  gboolean done = TRUE;
  guint i;

  *n = 0;
  for (i = 0; done && i < 256; i++) {
    gchar *folder = g_strdup_printf ("%s/results/%02x", store->directory, i);

    done = adopt_folder (store, folder, n, error);
    g_free (folder);
  }
  return done;
}
