/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the store's tests share: folders, pictures and keys that are made of a
 * number, and children that are this program again.
 */
#pragma once

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "store/results.h"

static inline gchar *
make_folder (void)
{
  GError *error = NULL;
  gchar *folder = g_dir_make_tmp ("store-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

static inline void
remove_all (const gchar * path)
{
  GDir *dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL :
      g_dir_open (path, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    gchar *inner = g_build_filename (path, name, NULL);

    remove_all (inner);
    g_free (inner);
  }
  if (dir)
    g_dir_close (dir);
  g_remove (path);
}

/* Regular files in @folder and below. */
static inline guint
count_files (const gchar * folder)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  const gchar *name;
  guint count = 0;

  if (!dir)
    return 0;
  while ((name = g_dir_read_name (dir))) {
    gchar *inner = g_build_filename (folder, name, NULL);

    count += g_file_test (inner, G_FILE_TEST_IS_DIR) ? count_files (inner) : 1;
    g_free (inner);
  }
  g_dir_close (dir);
  return count;
}

static inline guint
count_files_in (const gchar * folder, const gchar * name)
{
  gchar *inner = g_build_filename (folder, name, NULL);
  guint count = count_files (inner);

  g_free (inner);
  return count;
}

static inline CupStore *
open_store (const gchar * folder)
{
  GError *error = NULL;
  CupStore *store = cup_store_open (folder, &error);

  g_assert_no_error (error);
  g_assert_nonnull (store);
  return store;
}

static inline CupStoreKey
make_key (guint number)
{
  CupStoreKeyBuilder *builder = cup_store_key_builder_new ();
  CupStoreKey key;

  cup_store_key_builder_add_number (builder, "test", number);
  cup_store_key_builder_get_key (builder, &key);
  cup_store_key_builder_free (builder);
  return key;
}

/* A real picture, which nothing else has. */
static inline GBytes *
make_picture (guint number, guint variant)
{
  CupPixels *pixels = cup_pixels_new (8, 8, 3, 8, NULL);
  GBytes *bytes;

  memset (pixels->data, 0, cup_pixels_get_size (pixels));
  memcpy (pixels->data, &number, sizeof (number));
  memcpy (pixels->data + 4, &variant, sizeof (variant));
  bytes = cup_image_encode (pixels, CUP_IMAGE_PNG, 90, NULL);
  g_assert_nonnull (bytes);
  cup_pixels_unref (pixels);
  return bytes;
}

static inline CupStoreRecord *
make_record (guint number, guint variant)
{
  GBytes *bytes = make_picture (number, variant);
  CupStoreRecord *record;
  CupImageInfo info;

  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  record = cup_store_record_new (bytes, &info);
  record->engine = g_strdup ("fal");
  record->application = g_strdup ("fal-ai/creative-upscaler");
  record->request_id = g_strdup_printf ("request-%u", number);
  return record;
}

static inline gboolean
try_add (CupStore * store, guint number, guint variant, GError ** error)
{
  CupStoreRecord *record = make_record (number, variant);
  CupStoreKey key = make_key (number);
  gboolean done = cup_store_add (store, &key, record, error);

  cup_store_record_free (record);
  return done;
}

static inline void
add (CupStore * store, guint number, guint variant)
{
  GError *error = NULL;

  try_add (store, number, variant, &error);
  g_assert_no_error (error);
}

/* Whether there is one; it has to be good, and one of two variants. */
static inline gboolean
check_stored (CupStore * store, guint number)
{
  CupStoreKey key = make_key (number);
  CupStoreRecord *record = NULL;
  GError *error = NULL;
  gboolean good = FALSE;
  guint variant;

  g_assert_true (cup_store_lookup (store, &key, &record, &error));
  g_assert_no_error (error);
  if (!record)
    return FALSE;
  for (variant = 0; !good && variant < 2; variant++) {
    GBytes *wanted = make_picture (number, variant);

    good = g_bytes_equal (wanted, record->bytes);
    g_bytes_unref (wanted);
  }
  g_assert_true (good);
  cup_store_record_free (record);
  return TRUE;
}

static inline gchar *
get_file (const gchar * folder, guint number)
{
  CupStoreKey key = make_key (number);
  gchar *name = cup_store_key_to_string (&key);
  gchar *path = g_strdup_printf ("%s/results/%.2s/%s.png", folder, name, name);

  g_free (name);
  return path;
}

/* This program again, with @name (and @argument) for an argument. */
static inline GPid
start_child (const gchar * name, const gchar * folder, const gchar * argument,
    gint * output)
{
  const gchar *argv[] = { "/proc/self/exe", name, folder, argument, NULL };
  gchar *self = g_file_read_link ("/proc/self/exe", NULL);
  GError *error = NULL;
  GPid pid;

  argv[0] = self;
  g_spawn_async_with_pipes (NULL, (gchar **) argv, NULL,
      G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, output, NULL, &error);
  g_assert_no_error (error);
  g_free (self);
  return pid;
}

static inline gint
wait_for_child (GPid pid)
{
  gint status;

  while (waitpid (pid, &status, 0) < 0)
    g_assert_cmpint (errno, ==, EINTR);
  return status;
}
