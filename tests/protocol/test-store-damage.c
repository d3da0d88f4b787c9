/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A store that cannot be written, has no space, or is damaged: the pictures are
 * right all the same, and somebody is told.
 *
 * GLib prints the seed of the damages; --seed gives it again.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "store-place.h"
#include "store/store.h"

#define N_STORED (N_FRAMES / 2)

/* Stores the first N_STORED frames' pictures. */
static void
fill (StorePlace * place)
{
  store_place_set_pictures (place, sequence_make_distinct (N_STORED));
  store_place_run_quietly (place, "out", NULL);
  store_place_assert_accepted (place, N_STORED);
  store_place_set_pictures (place, sequence_make_distinct (N_FRAMES));
}

/* (nullable): what makes namespaces, so that something can be mounted for one
 * process; to be freed. NULL where this is not possible, and the test has been
 * skipped. */
static gchar *
find_unshare (void)
{
  static const gchar *const lines[] = { "unshare -rm", "unshare -m" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (lines); i++) {
    gchar *line = g_strconcat (lines[i],
        " sh -c 'mount -t tmpfs none /mnt && mount -o remount,ro /mnt'", NULL);
    gint status = -1;
    gboolean works = g_spawn_command_line_sync (line, NULL, NULL, &status,
        NULL) && status == 0;

    g_free (line);
    if (works)
      return g_strdup (lines[i] + strlen ("unshare "));
  }
  g_test_skip ("nothing can be mounted: unshare -rm does not work here");
  return NULL;
}

/* Starts all frames with @commands run before, in whose namespace the store's
 * folder, $0, may be something else. NULL where it was skipped. */
static Sequence *
start_mounted (StorePlace * place, const gchar * commands)
{
  gchar *store = g_build_filename (place->place.directory, "store", NULL);
  gchar *script = g_strconcat (commands, " && exec \"$@\"", NULL);
  gchar *option = find_unshare ();
  const gchar *wrapper[] = {
    "unshare", option, "sh", "-c", script, store, NULL
  };
  Sequence *sequence = NULL;

  if (option) {
    g_assert_cmpint (g_mkdir_with_parents (store, 0777), ==, 0);
    place->wrapper = wrapper;
    sequence = store_place_start (place, "out", NULL);
    place->wrapper = NULL;
  }
  g_free (option);
  g_free (script);
  g_free (store);
  return sequence;
}

/* The same to its end, which is a good one. */
static Sequence *
run_mounted (StorePlace * place, const gchar * commands)
{
  Sequence *sequence = start_mounted (place, commands);

  if (sequence) {
    sequence_finish (sequence);
    sequence_assert_same ("out", store_place_get_reference (), place->pictures);
  }
  return sequence;
}

/* Fails with the whole text where @part is not in it. */
static void
assert_says (const gchar * text, const gchar * part)
{
  if (!text || !strstr (text, part))
    g_error ("\"%s\" does not say \"%s\"", text, part);
}

/* It did not begin at all, and said why: there is no store, and going on without
 * would be paying for what is thrown away. */
static void
assert_refused (StorePlace * place, Sequence * sequence, const gchar * reason)
{
  gchar *store = g_build_filename (place->place.directory, "store", NULL);
  guint64 n_accepted = store_place_count (place, CUP_FAL_COUNT_ACCEPTED);

  sequence_wait (sequence);
  assert_says (sequence_get_error (sequence), store);
  assert_says (sequence_get_error (sequence), reason);
  g_assert_cmpuint (sequence_get_n_frames (sequence), ==, 0);
  store_place_assert_accepted (place, n_accepted);
  sequence_free (sequence);
  g_free (store);
}

/* There was one warning, which names the folder and @reason. */
static void
assert_warned (StorePlace * place, Sequence * sequence, const gchar * reason)
{
  gchar *store = g_build_filename (place->place.directory, "store", NULL);

  g_assert_cmpuint (sequence_get_warnings (sequence)->len, ==, 1);
  g_assert_cmpuint (sequence_count_warnings (sequence, store), ==, 1);
  g_assert_cmpuint (sequence_count_warnings (sequence, reason), ==, 1);
  sequence_free (sequence);
  g_free (store);
}

/* In the middle of the run. */
static void
test_filling_up (StorePlace * place, gconstpointer data)
{
  Sequence *sequence = run_mounted (place,
      "mount -t tmpfs -o size=640k none \"$0\"");

  if (!sequence)
    return;
  assert_warned (place, sequence, "make room");
  store_place_assert_accepted (place, N_FRAMES);
}

/* What could not be stored is needed again: it is not waited for. */
static void
test_filling_up_twice (StorePlace * place, gconstpointer data)
{
  GArray *twice = sequence_make_distinct (N_FRAMES);
  Sequence *sequence;
  guint i;

  for (i = 0; i < N_FRAMES; i++)
    g_array_append_val (twice, i);
  store_place_set_pictures (place, twice);
  sequence = run_mounted (place, "mount -t tmpfs -o size=640k none \"$0\"");
  if (!sequence)
    return;
  assert_warned (place, sequence, "make room");
  g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_ACCEPTED), >,
      N_FRAMES);
  g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_ACCEPTED), <,
      2 * N_FRAMES);
}

/* From the start, with nothing in it. */
static void
test_full (StorePlace * place, gconstpointer data)
{
  Sequence *sequence = start_mounted (place,
      "mount -t tmpfs -o size=64k none \"$0\" && "
      "! cat /dev/zero >\"$0/filler\" 2>/dev/null");

  if (!sequence)
    return;
  assert_refused (place, sequence, "make room");
}

/* With half of what is needed in it. */
static void
test_full_with_results (StorePlace * place, gconstpointer data)
{
  Sequence *sequence;

  fill (place);
  g_assert_cmpint (g_rename ("store", "filled"), ==, 0);
  sequence = run_mounted (place, "mount -t tmpfs -o size=16m none \"$0\" && "
      "cp -a \"$0/../filled/.\" \"$0\" && "
      "! cat /dev/zero >\"$0/filler\" 2>/dev/null");
  if (!sequence)
    return;
  assert_warned (place, sequence, "make room");
  store_place_assert_accepted (place, N_FRAMES);
}

static void
test_read_only (StorePlace * place, gconstpointer data)
{
  Sequence *sequence;

  fill (place);
  sequence = run_mounted (place, "mount --bind \"$0\" \"$0\" && "
      "mount -o remount,bind,ro \"$0\"");
  if (!sequence)
    return;
  assert_warned (place, sequence, "ead-only");
  store_place_assert_accepted (place, N_FRAMES);
  g_assert_cmpuint (store_place_count (place, CUP_FAL_COUNT_CANCEL), ==, 0);
}

/* A file where the folder should be. */
static void
test_no_folder (StorePlace * place, gconstpointer data)
{
  g_assert_true (g_file_set_contents ("store", "x", 1, NULL));
  assert_refused (place, store_place_start (place, "out", NULL),
      "cannot make the folder");
}

static void
list_files (const gchar * folder, GPtrArray * files)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    gchar *path = g_build_filename (folder, name, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
      list_files (path, files);
      g_free (path);
    } else {
      g_ptr_array_add (files, path);
    }
  }
  if (dir)
    g_dir_close (dir);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar * const *) a, *(const gchar * const *) b);
}

/* Flips some bytes of @path, or cuts it off, or empties or removes it. */
static void
damage_file (const gchar * path)
{
  gchar *data;
  gsize size, i;
  gint kind = g_test_rand_int_range (0, 8);

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  if (kind == 0) {
    g_test_message ("%s is gone", path);
    g_remove (path);
  } else {
    if (kind == 1) {
      size = 0;
    } else if (kind == 2) {
      size = (gsize) g_test_rand_int_range (0, (gint) size);
    } else {
      gsize at = (gsize) g_test_rand_int_range (0, (gint) size);
      gsize length = (gsize) g_test_rand_int_range (1, 64);

      g_test_message ("%s: %" G_GSIZE_FORMAT " bytes at %" G_GSIZE_FORMAT,
          path, length, at);
      for (i = at; i < MIN (at + length, size); i++)
        data[i] ^= (gchar) g_test_rand_int_range (1, 256);
    }
    if (kind < 3)
      g_test_message ("%s: cut off at %" G_GSIZE_FORMAT, path, size);
    g_assert_true (g_file_set_contents (path, data, (gssize) size, NULL));
  }
  g_free (data);
}

static void
restore (void)
{
  gint status;

  place_remove ("store");
  g_assert_true (g_spawn_command_line_sync ("cp -a pristine store", NULL,
          NULL, &status, NULL) && status == 0);
}

/* A picture: it is fetched again, with a warning, and good after that. */
static void
test_damaged_picture (StorePlace * place, gconstpointer data)
{
  guint64 n_accepted;
  guint i;

  fill (place);
  place_remove ("pristine");
  g_assert_cmpint (g_rename ("store", "pristine"), ==, 0);
  store_place_set_pictures (place, sequence_make_distinct (N_STORED));
  for (i = 0; i < 12; i++) {
    GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
    Sequence *sequence;

    restore ();
    list_files ("store/results", files);
    g_ptr_array_sort (files, compare_names);
    g_assert_cmpuint (files->len, ==, N_STORED);
    damage_file (files->pdata[g_test_rand_int_range (0, N_STORED)]);
    n_accepted = store_place_count (place, CUP_FAL_COUNT_ACCEPTED);
    sequence = store_place_run (place, "out", NULL);
    store_place_assert_accepted (place, n_accepted + 1);
    g_assert_cmpuint (sequence_get_warnings (sequence)->len, ==, 1);
    sequence_free (sequence);
    store_place_run_for_free (place, "out", NULL);
    g_ptr_array_unref (files);
  }
}

/* Not one of them twice: every step comes upon the same damage of the index. */
static void
assert_different (GPtrArray * texts)
{
  GHashTable *set = g_hash_table_new (g_str_hash, g_str_equal);
  guint i;

  for (i = 0; i < texts->len; i++)
    if (!g_hash_table_add (set, texts->pdata[i]))
      g_error ("told twice: %s", (const gchar *) texts->pdata[i]);
  g_hash_table_unref (set);
}

/* Either it said what is wrong, or all pictures are right; nothing that is stored is
 * paid for again. */
static gboolean
run_or_refuse (StorePlace * place)
{
  guint64 n_accepted = store_place_count (place, CUP_FAL_COUNT_ACCEPTED);
  Sequence *sequence = store_place_start (place, "out", NULL);
  gboolean refused;

  sequence_wait (sequence);
  refused = sequence_get_error (sequence) != NULL;
  if (refused) {
    assert_says (sequence_get_error (sequence), place->place.directory);
  } else {
    sequence_finish (sequence);
    sequence_assert_same ("out", store_place_get_reference (), place->pictures);
    assert_different (sequence_get_warnings (sequence));
    g_assert_cmpuint (sequence_get_warnings (sequence)->len, <=, 2 * N_STORED);
  }
  store_place_assert_accepted (place, n_accepted);
  sequence_free (sequence);
  return !refused;
}

/* Has all that the index has in its one file: who closes it last puts it there, and
 * a process that ends need not have come to that. */
static void
close_index (void)
{
  GError *error = NULL;
  CupStore *store = cup_store_open ("store", &error);

  g_assert_no_error (error);
  cup_store_unref (store);
  g_assert_false (g_file_test ("store/index.db-wal", G_FILE_TEST_EXISTS));
}

/* The index: nothing is paid for again, and no picture is wrong. */
static void
test_damaged_index (StorePlace * place, gconstpointer data)
{
  guint i, n_refused = 0, n_rounds = g_test_slow ()? 500 : 18;

  fill (place);
  close_index ();
  g_assert_cmpint (g_rename ("store", "pristine"), ==, 0);
  store_place_set_pictures (place, sequence_make_distinct (N_STORED));
  for (i = 0; i < n_rounds; i++) {
    restore ();
    damage_file ("store/index.db");
    if (!run_or_refuse (place) || !run_or_refuse (place))
      n_refused++;
  }
  g_test_message ("%u of %u damaged indices were refused", n_refused, n_rounds);
}

/* What only the head of the index's file says: whose it is, and of which version. */
static void
test_other_index (StorePlace * place, gconstpointer data)
{
  static const struct
  {
    gsize at;
    const gchar *reason;
  } cases[] = {
    {63, "has version"}, {71, "is another program's"},
  };
  gchar *contents;
  gsize size, i;

  fill (place);
  close_index ();
  g_assert_true (g_file_get_contents ("store/index.db", &contents, &size,
          NULL));
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    contents[cases[i].at] ^= 0x40;
    g_assert_true (g_file_set_contents ("store/index.db", contents,
            (gssize) size, NULL));
    assert_refused (place, store_place_start (place, "out", NULL),
        cases[i].reason);
    contents[cases[i].at] ^= 0x40;
  }
  g_free (contents);
}

int
main (int argc, char **argv)
{
  int code;

  if (sequence_run_child (argc, argv, &code))
    return code;
  fixture_init (&argc, &argv);

#define ADD(path, func) \
  g_test_add (path, StorePlace, NULL, store_place_enter, func, \
      store_place_leave)
  ADD ("/store-damage/filling-up/once", test_filling_up);
  ADD ("/store-damage/filling-up/twice", test_filling_up_twice);
  ADD ("/store-damage/full/empty", test_full);
  ADD ("/store-damage/full/filled", test_full_with_results);
  ADD ("/store-damage/read-only", test_read_only);
  ADD ("/store-damage/no-folder", test_no_folder);
  ADD ("/store-damage/picture", test_damaged_picture);
  ADD ("/store-damage/index", test_damaged_index);
  ADD ("/store-damage/other-index", test_other_index);
#undef ADD
  code = g_test_run ();
  store_place_clean_up ();
  return code;
}
