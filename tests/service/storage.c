/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files in memory, by the path that serves them and by the token of their
 * upload, in the order in which they were made.
 */
#include "storage.h"

#include <string.h>

#define MAX_FILES 20000
#define MAX_PARTS 10000
#define MAX_NAME 80

struct _CupServiceStorage
{
  guint64 keep_bytes;
  guint64 size;
  GQueue order;
  GHashTable *by_path;
  GHashTable *by_token;
};

/* Like the hosted CDN, which puts an animal into its paths. */
static const gchar *const animals[] = {
  "elephant", "lion", "monkey", "panda", "penguin", "rabbit", "tiger", "zebra"
};

static void
file_free (CupServiceFile * file)
{
  g_free (file->path);
  g_free (file->type);
  g_free (file->token);
  g_free (file->signature);
  g_clear_pointer (&file->bytes, g_bytes_unref);
  g_clear_pointer (&file->parts, g_ptr_array_unref);
  g_free (file);
}

CupServiceStorage *
cup_service_storage_new (guint64 keep_bytes)
{
  CupServiceStorage *storage = g_new0 (CupServiceStorage, 1);

  storage->keep_bytes = keep_bytes;
  g_queue_init (&storage->order);
  storage->by_path = g_hash_table_new (g_str_hash, g_str_equal);
  storage->by_token = g_hash_table_new (g_str_hash, g_str_equal);
  return storage;
}

void
cup_service_storage_free (CupServiceStorage * storage)
{
  g_hash_table_unref (storage->by_path);
  g_hash_table_unref (storage->by_token);
  g_queue_clear_full (&storage->order, (GDestroyNotify) file_free);
  g_free (storage);
}

gchar *
cup_service_random_hex (guint n_bytes)
{
  GString *text = g_string_new (NULL);

  while (n_bytes-- > 0)
    g_string_append_printf (text, "%02x", g_random_int_range (0, 256));
  return g_string_free (text, FALSE);
}

static gchar *
safe_name (const gchar * name)
{
  gchar *safe = g_strndup (name ? name : "", MAX_NAME);

  g_strcanon (safe, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-", '_');
  if (*safe == '\0' || *safe == '.') {
    g_free (safe);
    safe = g_strdup ("file");
  }
  return safe;
}

void
cup_service_storage_remove (CupServiceStorage * storage, CupServiceFile * file)
{
  g_hash_table_remove (storage->by_path, file->path);
  if (file->token)
    g_hash_table_remove (storage->by_token, file->token);
  g_queue_delete_link (&storage->order, file->link);
  storage->size -= file->size;
  file_free (file);
}

void
cup_service_storage_forget (CupServiceStorage * storage)
{
  GList *item, *next;

  for (item = storage->order.head; item; item = next) {
    CupServiceFile *file = item->data;

    next = item->next;
    if (file->bytes)
      cup_service_storage_remove (storage, file);
  }
}

/* Never forgets @file, which has just been changed. */
static void
account (CupServiceStorage * storage, CupServiceFile * file, guint64 size)
{
  storage->size = storage->size - file->size + size;
  file->size = size;
  while (storage->size > storage->keep_bytes
      || storage->order.length > MAX_FILES) {
    CupServiceFile *oldest = storage->order.head->data;

    if (oldest == file)
      break;
    cup_service_storage_remove (storage, oldest);
  }
}

static CupServiceFile *
add_file (CupServiceStorage * storage, const gchar * name, const gchar * type)
{
  CupServiceFile *file = g_new0 (CupServiceFile, 1);
  gchar *random = cup_service_random_hex (10);
  gchar *safe = safe_name (name);

  file->path = g_strdup_printf ("/files/%s/%s_%s",
      animals[g_random_int_range (0, G_N_ELEMENTS (animals))], random, safe);
  file->type = g_strdup (type ? type : "application/octet-stream");
  g_free (safe);
  g_free (random);

  g_queue_push_tail (&storage->order, file);
  file->link = storage->order.tail;
  g_hash_table_insert (storage->by_path, file->path, file);
  return file;
}

CupServiceFile *
cup_service_storage_initiate (CupServiceStorage * storage, const gchar * name,
    const gchar * type)
{
  CupServiceFile *file = add_file (storage, name, type);

  file->token = cup_service_random_hex (16);
  file->signature = cup_service_random_hex (16);
  g_hash_table_insert (storage->by_token, file->token, file);
  account (storage, file, 0);
  return file;
}

CupServiceFile *
cup_service_storage_add (CupServiceStorage * storage, const gchar * name,
    const gchar * type, GBytes * bytes, gboolean is_result)
{
  CupServiceFile *file = add_file (storage, name, type);

  file->is_result = is_result;
  file->bytes = g_bytes_ref (bytes);
  account (storage, file, g_bytes_get_size (bytes));
  return file;
}

CupServiceFile *
cup_service_storage_find (CupServiceStorage * storage, const gchar * path)
{
  return g_hash_table_lookup (storage->by_path, path);
}

CupServiceFile *
cup_service_storage_find_upload (CupServiceStorage * storage,
    const gchar * token)
{
  return g_hash_table_lookup (storage->by_token, token);
}

void
cup_service_storage_put (CupServiceStorage * storage, CupServiceFile * file,
    const gchar * type, GBytes * bytes)
{
  g_clear_pointer (&file->bytes, g_bytes_unref);
  g_clear_pointer (&file->parts, g_ptr_array_unref);
  if (type) {
    g_free (file->type);
    file->type = g_strdup (type);
  }
  file->bytes = g_bytes_ref (bytes);
  account (storage, file, g_bytes_get_size (bytes));
}

static void
part_free (gpointer bytes)
{
  if (bytes)
    g_bytes_unref (bytes);
}

static gchar *
get_etag (GBytes * bytes)
{
  return g_compute_checksum_for_bytes (G_CHECKSUM_MD5, bytes);
}

gchar *
cup_service_storage_put_part (CupServiceStorage * storage,
    CupServiceFile * file, guint64 number, GBytes * bytes)
{
  guint64 size = file->size;
  GBytes **place;

  if (number < 1 || number > MAX_PARTS)
    return NULL;
  if (!file->parts)
    file->parts = g_ptr_array_new_with_free_func (part_free);
  if (number > file->parts->len)
    g_ptr_array_set_size (file->parts, number);

  /* A part that is sent again replaces the first. */
  place = (GBytes **) & g_ptr_array_index (file->parts, number - 1);
  if (*place) {
    size -= g_bytes_get_size (*place);
    g_bytes_unref (*place);
  }
  *place = g_bytes_ref (bytes);
  account (storage, file, size + g_bytes_get_size (bytes));
  return get_etag (bytes);
}

gboolean
cup_service_storage_complete (CupServiceStorage * storage,
    CupServiceFile * file, const gchar * const *etags, guint n)
{
  GByteArray *whole;
  GBytes *bytes;
  guint i;

  if (!file->parts || n != file->parts->len)
    return FALSE;
  for (i = 0; i < n; i++) {
    GBytes *part = g_ptr_array_index (file->parts, i);
    gchar *etag = part ? get_etag (part) : NULL;
    gboolean same = etag && g_strcmp0 (etag, etags[i]) == 0;

    g_free (etag);
    if (!same)
      return FALSE;
  }

  whole = g_byte_array_new ();
  for (i = 0; i < n; i++) {
    gsize size;
    gconstpointer data =
        g_bytes_get_data (g_ptr_array_index (file->parts, i), &size);

    g_byte_array_append (whole, data, size);
  }
  bytes = g_byte_array_free_to_bytes (whole);
  cup_service_storage_put (storage, file, NULL, bytes);
  g_bytes_unref (bytes);
  return TRUE;
}
