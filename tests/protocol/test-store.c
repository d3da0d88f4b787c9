/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is stored is not fetched again, what is the same is sent once, and what
 * differs is not taken for the same.
 */
#include <glib/gstdio.h>

#include "store-place.h"

/* Bytes of the files in @folder and below. */
static guint64
measure (const gchar * folder)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  const gchar *name;
  guint64 size = 0;
  GStatBuf info;

  while (dir && (name = g_dir_read_name (dir))) {
    gchar *path = g_build_filename (folder, name, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_DIR))
      size += measure (path);
    else if (g_stat (path, &info) == 0)
      size += (guint64) info.st_size;
    g_free (path);
  }
  if (dir)
    g_dir_close (dir);
  return size;
}

/* The second time there is nothing to ask the service for. */
static void
test_twice (StorePlace * place, gconstpointer data)
{
  Sequence *sequence = store_place_run (place, "first", NULL);

  g_assert_cmpuint (sequence_get_warnings (sequence)->len, ==, 0);
  g_assert_cmpuint (sequence_get_figure (sequence, "uncertain-requests"), ==,
      0);
  sequence_free (sequence);
  store_place_assert_accepted (place, N_FRAMES);
  store_place_run_for_free (place, "second", NULL);
  /* What does not change the result. */
  store_place_run_for_free (place, "third", "max-in-flight=3 timeout=77 "
      "status-updates=poll upload=data-uri size-policy=exact");
  /* Nor is it there. */
  cup_fal_service_set_refusing (place->service, TRUE);
  store_place_run_for_free (place, "fourth", NULL);
  cup_fal_service_set_refusing (place->service, FALSE);
}

/* What does is another result, whose key no other one has. */
static void
test_changed (StorePlace * place, gconstpointer data)
{
  static const gchar *const changes[] = {
    "prompt=moss", "prompt-suffix=moss", "negative-prompt=moss", "seed=7",
    "creativity=0.25", "detail=2.5", "model-type=sdxl", "skip-ccsr=true",
    "extra-input=extra,moss=1", "image-format=jpeg",
    "application=fal-ai/another-upscaler"
  };
  guint i;

  store_place_set_pictures (place, sequence_make_distinct (2));
  store_place_run_quietly (place, "out", NULL);
  for (i = 0; i < G_N_ELEMENTS (changes); i++) {
    Sequence *sequence = store_place_start (place, "other", changes[i]);

    g_test_message ("%s", changes[i]);
    sequence_finish (sequence);
    sequence_free (sequence);
    store_place_assert_accepted (place, 2 * (i + 2));
  }
  store_place_run_for_free (place, "out", NULL);
  for (i = 0; i < G_N_ELEMENTS (changes); i++) {
    Sequence *sequence = store_place_start (place, "other", changes[i]);

    sequence_finish (sequence);
    sequence_free (sequence);
    store_place_assert_accepted (place, 2 * (G_N_ELEMENTS (changes) + 1));
  }
}

/* What the service makes now takes the place of what it made before. */
static void
test_refresh (StorePlace * place, gconstpointer data)
{
  GError *error = NULL;
  Sequence *sequence;

  store_place_run_quietly (place, "out", NULL);
  cup_fal_service_add_fault (place->service, "result:tinted", &error);
  g_assert_no_error (error);
  sequence = store_place_start (place, "tinted", "cache=refresh");
  sequence_finish (sequence);
  sequence_free (sequence);
  store_place_assert_accepted (place, 2 * N_FRAMES);

  sequence = store_place_start (place, "again", NULL);
  sequence_finish (sequence);
  sequence_free (sequence);
  store_place_assert_accepted (place, 2 * N_FRAMES);
  sequence_assert_same ("again", "tinted", place->pictures);
  /* The test would not see it otherwise. */
  cup_fal_service_clear_faults (place->service);
  store_place_run_quietly (place, "out", "cache=refresh");
  store_place_run_for_free (place, "out", NULL);
}

static gchar *
get_modified (const gchar * path)
{
  GFile *file = g_file_new_for_path (path);
  GFileInfo *info = g_file_query_info (file, "time::modified,"
      "time::modified-usec,standard::size", G_FILE_QUERY_INFO_NONE, NULL, NULL);
  gchar *text = NULL;

  if (info)
    text = g_strdup_printf ("%" G_GUINT64_FORMAT ".%06u %" G_GOFFSET_FORMAT,
        g_file_info_get_attribute_uint64 (info, "time::modified"),
        g_file_info_get_attribute_uint32 (info, "time::modified-usec"),
        g_file_info_get_size (info));
  g_clear_object (&info);
  g_object_unref (file);
  return text;
}

/* Neither read nor written. */
static void
test_off (StorePlace * place, gconstpointer data)
{
  gchar *before, *after;

  store_place_run_quietly (place, "out", "cache=off");
  store_place_assert_accepted (place, N_FRAMES);
  g_assert_false (g_file_test ("store", G_FILE_TEST_EXISTS));
  store_place_run_quietly (place, "out", NULL);
  store_place_assert_accepted (place, 2 * N_FRAMES);
  before = get_modified ("store/index.db");
  g_assert_nonnull (before);
  store_place_run_quietly (place, "out", "cache=off");
  store_place_assert_accepted (place, 3 * N_FRAMES);
  after = get_modified ("store/index.db");
  g_assert_cmpstr (after, ==, before);
  store_place_run_for_free (place, "out", NULL);
  g_free (after);
  g_free (before);
}

/* `default` is a folder of the user's caches. */
static void
test_default (StorePlace * place, gconstpointer data)
{
  gchar *caches = g_build_filename (place->place.directory, "caches", NULL);
  gchar *index = g_build_filename (caches, "creative-upscaler", "index.db",
      NULL);
  gchar *variable = g_strconcat ("XDG_CACHE_HOME=", caches, NULL);
  const gchar *wrapper[] = { "env", variable, NULL };

  place->wrapper = wrapper;
  store_place_run_quietly (place, "out", "cache-location=default");
  store_place_run_for_free (place, "out", "cache-location=default");
  g_assert_true (g_file_test (index, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test ("store", G_FILE_TEST_EXISTS));
  g_free (variable);
  g_free (index);
  g_free (caches);
}

/* What was not used for longest goes, and nothing fails for that. */
static void
test_max_size (StorePlace * place, gconstpointer data)
{
  guint64 all, half, n;
  gchar *limit;

  store_place_run_quietly (place, "out", NULL);
  all = measure ("store/results");
  half = all / 2;
  limit = g_strdup_printf ("cache-max-size=%" G_GUINT64_FORMAT, half);
  store_place_renew (place);

  store_place_run_quietly (place, "out", limit);
  store_place_assert_accepted (place, N_FRAMES);
  g_assert_cmpuint (measure ("store/results"), <=, half);
  g_assert_cmpuint (measure ("store/results"), >, half / 2);
  store_place_run_quietly (place, "out", limit);
  n = store_place_count (place, CUP_FAL_COUNT_ACCEPTED);
  g_test_message ("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes: %"
      G_GUINT64_FORMAT " accepted", measure ("store/results"), all, n);
  g_assert_cmpuint (n, <=, 2 * N_FRAMES);
  g_assert_cmpuint (measure ("store/results"), <=, half);

  /* Less than one. */
  store_place_run_quietly (place, "out", "cache-max-size=1000");
  g_assert_cmpuint (measure ("store/results"), <=, 1000);
  /* And as many as there are. */
  store_place_run_quietly (place, "out", "cache-max-size=0");
  g_assert_cmpuint (measure ("store/results"), ==, all);
  g_free (limit);
}

/* Animation: 12 drawings, each for two frames, round and round; shots that are
 * held; and steps back to the one before. */
static GArray *
make_animation (void)
{
  GArray *pictures = g_array_new (FALSE, FALSE, sizeof (guint));
  guint drawing;

  while (pictures->len < 300) {
    guint n, hold = 2;

    drawing = pictures->len / 2 % 12;
    if (pictures->len >= 60 && pictures->len < 100)
      hold = 40;
    if (pictures->len >= 150 && pictures->len < 200)
      drawing = pictures->len / 2 % 2 ? 3 : 9;
    for (n = 0; n < hold; n++)
      g_array_append_val (pictures, drawing);
  }
  g_array_set_size (pictures, 300);
  return pictures;
}

static void
test_animation (StorePlace * place, gconstpointer data)
{
  store_place_set_pictures (place, make_animation ());
  store_place_run_quietly (place, "out", NULL);
  store_place_assert_accepted (place, 12);
  store_place_run_for_free (place, "out", NULL);
  /* What has just been refreshed is fresh. */
  store_place_run_quietly (place, "out", "cache=refresh");
  store_place_assert_accepted (place, 24);
}

static GstBuffer *
make_frame_at (guint8 key, guint position)
{
  GstBuffer *frame = make_frame (key);

  GST_BUFFER_PTS (frame) = position * FRAME_DURATION;
  return frame;
}

static guint64
get_figure (Fixture * f, const gchar * name)
{
  GstStructure *stats;
  guint64 figure = G_MAXUINT64;

  g_object_get (f->element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, name, &figure));
  gst_structure_free (stats);
  return figure;
}

/* Also where nothing is stored: what is the same as a frame that is under way
 * waits for its result. */
static void
test_in_flight (void)
{
  /* When the last one is at the service, those before it have been looked at. */
  static const guint8 keys[] = { 0, 1, 0, 1, 0, 1, 0, 2 };
  CupFalServiceOptions options;
  Fixture *f;
  guint i;

  fixture_options_init (&options);
  options.runners = 8;
  f = fixture_new (&options, "max-in-flight", 8, NULL);
  fixture_play (f, FRAME_CAPS, NULL);
  cup_fal_service_hold (f->service, TRUE);
  for (i = 0; i < 8; i++)
    gst_harness_push (f->harness, make_frame_at (keys[i], i));
  fixture_wait_count (f, CUP_FAL_COUNT_RUNNING, 3);
  cup_fal_service_hold (f->service, FALSE);
  for (i = 0; i < 8; i++) {
    GstBuffer *frame = gst_harness_pull (f->harness);

    g_assert_cmpuint (GST_BUFFER_PTS (frame), ==, i * FRAME_DURATION);
    g_assert_cmpuint (GST_BUFFER_DURATION (frame), ==, FRAME_DURATION);
    GST_BUFFER_PTS (frame) = keys[i] * FRAME_DURATION;
    assert_frame (frame, keys[i]);
  }
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 3);
  g_assert_cmpuint (get_figure (f, "requests"), ==, 3);
  g_assert_cmpuint (get_figure (f, "results-shared"), ==, 5);
  g_assert_cmpuint (get_figure (f, "saved-requests"), ==, 5);

  /* It is not kept. */
  gst_harness_push (f->harness, make_frame_at (1, 8));
  gst_buffer_unref (gst_harness_pull (f->harness));
  fixture_assert_count (f, CUP_FAL_COUNT_ACCEPTED, 4);
  g_assert_false (fixture_has_failed (f));
  fixture_free (f);
}

/* Those that wait for another's result share its failure, but not its end. */
static void
test_in_flight_failing (void)
{
  CupFalServiceOptions options;
  Fixture *f;
  guint i;

  fixture_options_init (&options);
  options.runners = 8;
  f = fixture_new (&options, "max-in-flight", 8, "retries", 0, NULL);
  gst_util_set_object_arg (G_OBJECT (f->element), "on-error", "drop");
  fixture_play (f, FRAME_CAPS, NULL);
  fixture_add_fault (f, "result:model-422:1");
  cup_fal_service_hold (f->service, TRUE);
  gst_harness_push (f->harness, make_frame_at (1, 0));
  fixture_wait_count (f, CUP_FAL_COUNT_RUNNING, 1);
  gst_harness_push (f->harness, make_frame_at (2, 1));
  gst_harness_push (f->harness, make_frame_at (1, 2));
  fixture_wait_count (f, CUP_FAL_COUNT_RUNNING, 2);
  cup_fal_service_hold (f->service, FALSE);
  gst_harness_push (f->harness, make_frame_at (3, 3));
  for (i = 0; i < 2; i++) {
    GstBuffer *frame = gst_harness_pull (f->harness);

    GST_BUFFER_PTS (frame) = (i + 2) * FRAME_DURATION;
    assert_frame (frame, (guint8) (i + 2));
  }
  g_assert_false (fixture_has_failed (f));
  fixture_free (f);
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
  ADD ("/store/twice", test_twice);
  ADD ("/store/changed", test_changed);
  ADD ("/store/refresh", test_refresh);
  ADD ("/store/off", test_off);
  ADD ("/store/default", test_default);
  ADD ("/store/max-size", test_max_size);
  ADD ("/store/animation", test_animation);
#undef ADD
  g_test_add_func ("/store/in-flight/shared", test_in_flight);
  g_test_add_func ("/store/in-flight/failing", test_in_flight_failing);
  code = g_test_run ();
  store_place_clean_up ();
  return code;
}
