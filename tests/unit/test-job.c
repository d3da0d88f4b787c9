/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A job's life, and the dispatcher that brings its input into form.
 */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "dispatch/dispatcher.h"

/* An engine that notes what it was given, and completes at once. */

#define TEST_TYPE_ENGINE (test_engine_get_type ())
G_DECLARE_FINAL_TYPE (TestEngine, test_engine, TEST, ENGINE, CupEngine)
     struct _TestEngine
     {
       CupEngine parent;
       gboolean got_pixels;
       gboolean got_bytes;
       gboolean got_uri;
       gboolean check_unsafe;
     };

G_DEFINE_FINAL_TYPE (TestEngine, test_engine, CUP_TYPE_ENGINE);

     static void test_engine_upscale_async (CupEngine * base, CupJob * job)
{
  TestEngine *engine = TEST_ENGINE (base);

  engine->got_pixels = cup_job_get_pixels (job) != NULL;
  engine->got_bytes = cup_job_get_bytes (job) != NULL;
  engine->got_uri = cup_job_get_remote_uri (job) != NULL;
  engine->check_unsafe = cup_job_get_check_unsafe (job);
  cup_job_return_result (job,
      cup_result_new_pixels (cup_pixels_new (2, 2, 3, 8, NULL)));
}

static void
test_engine_class_init (TestEngineClass * klass)
{
  CUP_ENGINE_CLASS (klass)->name = "test";
  CUP_ENGINE_CLASS (klass)->upscale_async = test_engine_upscale_async;
}

static void
test_engine_init (TestEngine * engine)
{
}

/* Waits for one completion. */
typedef struct
{
  GMutex lock;
  GCond cond;
  gboolean done;
  CupResult *result;
  GError *error;
} Waiter;

static void
on_done (CupJob * job, CupResult * result, GError * error, gpointer user_data)
{
  Waiter *waiter = user_data;

  g_mutex_lock (&waiter->lock);
  waiter->done = TRUE;
  waiter->result = result;
  waiter->error = error;
  g_cond_signal (&waiter->cond);
  g_mutex_unlock (&waiter->lock);
}

static void
wait_done (Waiter * waiter)
{
  g_mutex_lock (&waiter->lock);
  while (!waiter->done)
    g_cond_wait (&waiter->cond, &waiter->lock);
  g_mutex_unlock (&waiter->lock);
}

static void
waiter_clear (Waiter * waiter)
{
  g_clear_pointer (&waiter->result, cup_result_free);
  g_clear_error (&waiter->error);
  g_mutex_clear (&waiter->lock);
  g_cond_clear (&waiter->cond);
}

static gint n_destroyed;

static void
count_destroyed (gpointer data)
{
  g_atomic_int_inc (&n_destroyed);
}

static CupPixels *
load (gpointer data, GError ** error)
{
  CupPixels *pixels;

  if (data) {
    g_set_error_literal (error, CUP_ERROR, CUP_ERROR_BAD_DATA, "no frame");
    return NULL;
  }
  pixels = cup_pixels_new (4, 3, 3, 8, NULL);
  memset (pixels->data, 9, cup_pixels_get_size (pixels));
  return pixels;
}

static CupJob *
make_raw_job (gpointer load_data)
{
  CupJob *job = cup_job_new_raw (4, 3, load, load_data, count_destroyed);

  cup_job_set_values (job, cup_values_new ());
  n_destroyed = 0;
  return job;
}

static CupJob *
make_encoded_job (void)
{
  CupPixels *pixels = load (NULL, NULL);
  GBytes *bytes = cup_image_encode (pixels, CUP_IMAGE_PNG, 1, NULL);
  CupImageInfo info;
  CupJob *job;

  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  job = cup_job_new_encoded (bytes, &info);
  cup_job_set_values (job, cup_values_new ());
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
  return job;
}

static void
test_forms (void)
{
  static const struct
  {
    CupEngineAccepts accepts;
    gboolean encoded;
    gboolean pixels, bytes;     /* that the engine gets */
  } cases[] = {
    {CUP_ENGINE_ACCEPTS_PIXELS, FALSE, TRUE, FALSE},
    {CUP_ENGINE_ACCEPTS_PIXELS, TRUE, TRUE, FALSE},
    {CUP_ENGINE_ACCEPTS_ENCODED, FALSE, FALSE, TRUE},
    {CUP_ENGINE_ACCEPTS_ENCODED, TRUE, FALSE, TRUE},
    {CUP_ENGINE_ACCEPTS_PIXELS | CUP_ENGINE_ACCEPTS_ENCODED, FALSE, TRUE,
        FALSE},
    {CUP_ENGINE_ACCEPTS_PIXELS | CUP_ENGINE_ACCEPTS_ENCODED, TRUE, FALSE,
        TRUE},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    TestEngine *engine = g_object_new (TEST_TYPE_ENGINE, NULL);
    CupWorkers *workers = cup_workers_new (1, NULL);
    CupDispatcher *dispatcher;
    Waiter waiter = { 0 };
    CupJob *job = cases[i].encoded ? make_encoded_job () : make_raw_job (NULL);

    CUP_ENGINE_GET_CLASS (engine)->accepts = cases[i].accepts;
    dispatcher = cup_dispatcher_new (CUP_ENGINE (engine), workers, NULL, NULL);
    cup_job_set_callback (job, on_done, &waiter, NULL);
    cup_dispatcher_submit (dispatcher, job);
    wait_done (&waiter);
    g_assert_no_error (waiter.error);
    g_assert_nonnull (waiter.result);
    g_assert_cmpint (engine->got_pixels, ==, cases[i].pixels);
    g_assert_cmpint (engine->got_bytes, ==, cases[i].bytes);
    if (!cases[i].encoded)
      g_assert_cmpint (g_atomic_int_get (&n_destroyed), ==, 1);
    waiter_clear (&waiter);
    cup_dispatcher_free (dispatcher);
    cup_workers_unref (workers);
    g_object_unref (engine);
  }
}

static void
test_load_fails (void)
{
  TestEngine *engine = g_object_new (TEST_TYPE_ENGINE, NULL);
  CupWorkers *workers = cup_workers_new (1, NULL);
  CupDispatcher *dispatcher;
  Waiter waiter = { 0 };
  CupJob *job = make_raw_job ((gpointer) "fail");

  CUP_ENGINE_GET_CLASS (engine)->accepts = CUP_ENGINE_ACCEPTS_PIXELS;
  dispatcher = cup_dispatcher_new (CUP_ENGINE (engine), workers, NULL, NULL);
  cup_job_set_callback (job, on_done, &waiter, NULL);
  cup_dispatcher_submit (dispatcher, job);
  wait_done (&waiter);
  g_assert_error (waiter.error, CUP_ERROR, CUP_ERROR_BAD_DATA);
  g_assert_false (engine->got_pixels);
  waiter_clear (&waiter);
  cup_dispatcher_free (dispatcher);
  cup_workers_unref (workers);
  g_object_unref (engine);
}

/* Cancelled before it began: the engine never sees it, nothing is loaded. */
static void
test_cancelled (void)
{
  TestEngine *engine = g_object_new (TEST_TYPE_ENGINE, NULL);
  CupWorkers *workers = cup_workers_new (1, NULL);
  CupDispatcher *dispatcher;
  Waiter waiter = { 0 };
  CupJob *job = make_raw_job (NULL);

  CUP_ENGINE_GET_CLASS (engine)->accepts = CUP_ENGINE_ACCEPTS_PIXELS;
  dispatcher = cup_dispatcher_new (CUP_ENGINE (engine), workers, NULL, NULL);
  cup_job_set_callback (job, on_done, &waiter, NULL);
  g_cancellable_cancel (cup_job_get_cancellable (job));
  cup_dispatcher_submit (dispatcher, job);
  wait_done (&waiter);
  g_assert_error (waiter.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  /* The worker comes to it later, and lets go of the input. */
  while (g_atomic_int_get (&n_destroyed) == 0)
    g_thread_yield ();
  g_assert_false (engine->got_pixels);
  waiter_clear (&waiter);
  cup_dispatcher_free (dispatcher);
  cup_workers_unref (workers);
  g_object_unref (engine);
}

static void
test_completed_twice (void)
{
  CupJob *job = make_raw_job (NULL);
  Waiter waiter = { 0 };

  cup_job_set_callback (job, on_done, &waiter, NULL);
  cup_job_return_error (job, g_error_new (CUP_ERROR, CUP_ERROR_FAILED, "one"));
  g_test_expect_message (NULL, G_LOG_LEVEL_CRITICAL, "*second time*two*");
  cup_job_return_error (job, g_error_new (CUP_ERROR, CUP_ERROR_FAILED, "two"));
  g_test_assert_expected_messages ();
  g_assert_cmpstr (waiter.error->message, ==, "one");
  waiter_clear (&waiter);
  cup_job_unref (job);
}

/* A job that nobody submits frees what it holds. */
static void
test_dropped (void)
{
  CupJob *job = make_raw_job (NULL);

  cup_job_set_callback (job, on_done, NULL, count_destroyed);
  cup_job_unref (job);
  g_assert_cmpint (g_atomic_int_get (&n_destroyed), ==, 2);
}

/* The details travel inside the error, also through a copy. */
static void
test_error_details (void)
{
  GError *error = g_error_new (CUP_ERROR, CUP_ERROR_SERVICE, "x"), *copy;
  GError *other = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "y");

  cup_error_edit_details (error)->request_id = g_strdup ("id");
  cup_error_edit_details (error)->http_status = 422;
  copy = g_error_copy (error);
  g_error_free (error);
  g_assert_cmpstr (cup_error_get_details (copy)->request_id, ==, "id");
  g_assert_cmpuint (cup_error_get_details (copy)->http_status, ==, 422);
  g_assert_null (cup_error_get_details (other));
  g_error_free (copy);
  g_error_free (other);
}

/* Submits @job, and waits for its end. */
static void
run_job (TestEngine * engine, CupEngineAccepts accepts, CupJob * job,
    Waiter * waiter)
{
  CupWorkers *workers = cup_workers_new (1, NULL);
  CupDispatcher *dispatcher = cup_dispatcher_new (CUP_ENGINE (engine),
      workers, NULL, NULL);

  CUP_ENGINE_GET_CLASS (engine)->accepts = accepts;
  cup_job_set_callback (job, on_done, waiter, NULL);
  cup_dispatcher_submit (dispatcher, job);
  wait_done (waiter);
  cup_dispatcher_free (dispatcher);
  cup_workers_unref (workers);
}

/* What the service fetches goes to it as it is, or fails with what to do. */
static void
test_uri (void)
{
  TestEngine *engine = g_object_new (TEST_TYPE_ENGINE, NULL);
  Waiter waiter = { 0 };
  CupJob *job = cup_job_new_uri ("https://pictures.example/1");

  cup_job_set_values (job, cup_values_new ());
  cup_job_set_check_unsafe (job, TRUE);
  run_job (engine, CUP_ENGINE_ACCEPTS_ENCODED | CUP_ENGINE_ACCEPTS_URI, job,
      &waiter);
  g_assert_no_error (waiter.error);
  g_assert_true (engine->got_uri);
  g_assert_false (engine->got_bytes);
  /* Nothing is known of the input. */
  g_assert_true (waiter.result->check_unsafe);
  waiter_clear (&waiter);

  memset (&waiter, 0, sizeof waiter);
  engine->got_uri = FALSE;
  job = cup_job_new_uri ("https://pictures.example/1");
  cup_job_set_values (job, cup_values_new ());
  run_job (engine, CUP_ENGINE_ACCEPTS_ENCODED, job, &waiter);
  g_assert_error (waiter.error, CUP_ERROR, CUP_ERROR_UNSUPPORTED);
  g_assert_false (engine->got_uri);
  waiter_clear (&waiter);
  g_object_unref (engine);
}

static CupPixels *
load_level (gpointer data, GError ** error)
{
  CupPixels *pixels = cup_pixels_new (4, 3, 3, 8, NULL);

  memset (pixels->data, GPOINTER_TO_INT (data), cup_pixels_get_size (pixels));
  return pixels;
}

static CupJob *
make_level_job (gboolean encoded, gint level)
{
  CupPixels *pixels;
  CupImageInfo info;
  GBytes *bytes;
  CupJob *job;

  if (!encoded)
    return cup_job_new_raw (4, 3, load_level, GINT_TO_POINTER (level), NULL);
  pixels = load_level (GINT_TO_POINTER (level), NULL);
  bytes = cup_image_encode (pixels, CUP_IMAGE_PNG, 1, NULL);
  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  job = cup_job_new_encoded (bytes, &info);
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
  return job;
}

/* A black input says that a black result says nothing, in every form. */
static void
test_black_input (void)
{
  static const CupEngineAccepts accepts[] = { CUP_ENGINE_ACCEPTS_PIXELS,
    CUP_ENGINE_ACCEPTS_ENCODED
  };
  TestEngine *engine = g_object_new (TEST_TYPE_ENGINE, NULL);
  guint i, level, encoded, check;

  for (i = 0; i < G_N_ELEMENTS (accepts); i++) {
    for (level = 0; level < 200; level += 100) {
      for (encoded = 0; encoded < 2; encoded++) {
        for (check = 0; check < 2; check++) {
          CupJob *job = make_level_job (encoded, (gint) level);
          Waiter waiter = { 0 };

          cup_job_set_values (job, cup_values_new ());
          cup_job_set_check_unsafe (job, check);
          run_job (engine, accepts[i], job, &waiter);
          g_assert_no_error (waiter.error);
          g_assert_cmpint (engine->check_unsafe, ==, check && level > 0);
          g_assert_cmpint (waiter.result->check_unsafe, ==,
              engine->check_unsafe);
          g_assert_cmpint (engine->got_pixels, ==,
              accepts[i] == CUP_ENGINE_ACCEPTS_PIXELS);
          waiter_clear (&waiter);
        }
      }
    }
  }
  g_object_unref (engine);
}

/* The result carries the colours of the input, in every form, where that is
 * asked for; whoever frees the job or the result frees them. */
static void
test_colour_reference (void)
{
  static const CupEngineAccepts accepts[] = { CUP_ENGINE_ACCEPTS_PIXELS,
    CUP_ENGINE_ACCEPTS_ENCODED
  };
  TestEngine *engine = g_object_new (TEST_TYPE_ENGINE, NULL);
  guint i, encoded, mode;

  for (i = 0; i < G_N_ELEMENTS (accepts); i++) {
    for (encoded = 0; encoded < 2; encoded++) {
      for (mode = 0; mode <= CUP_COLOUR_MATCH_WAVELET; mode++) {
        CupJob *job = make_level_job (encoded, 100);
        Waiter waiter = { 0 };

        cup_job_set_values (job, cup_values_new ());
        cup_job_set_colour_match (job, (CupColourMatch) mode);
        run_job (engine, accepts[i], job, &waiter);
        g_assert_no_error (waiter.error);
        g_assert_cmpint (waiter.result->colour_match, ==, mode);
        g_assert_cmpint (waiter.result->colour_reference != NULL, ==,
            mode != CUP_COLOUR_MATCH_NONE);
        g_assert_cmpint (engine->got_bytes, ==,
            accepts[i] == CUP_ENGINE_ACCEPTS_ENCODED);
        waiter_clear (&waiter);
      }
    }
  }
  g_object_unref (engine);
}

static CupPixels *
load_alpha (gpointer data, GError ** error)
{
  CupPixels *pixels = cup_pixels_new (4, 3, 4, 8, NULL);

  memset (pixels->data, 0xff, cup_pixels_get_size (pixels));
  cup_pixels_row (pixels, 2)[15] = (guint8) GPOINTER_TO_INT (data);
  return pixels;
}

/* The engine's result has three channels. */
static void
test_lost_alpha (void)
{
  TestEngine *engine = g_object_new (TEST_TYPE_ENGINE, NULL);
  gint alpha;

  for (alpha = 254; alpha <= 255; alpha++) {
    CupJob *job = cup_job_new_raw (4, 3, load_alpha, GINT_TO_POINTER (alpha),
        NULL);
    Waiter waiter = { 0 };

    cup_job_set_values (job, cup_values_new ());
    run_job (engine, CUP_ENGINE_ACCEPTS_PIXELS, job, &waiter);
    g_assert_no_error (waiter.error);
    g_assert_cmpint (waiter.result->lost_alpha, ==, alpha < 255);
    waiter_clear (&waiter);
  }
  g_object_unref (engine);
}

/* What the name of a URI stands for may be anything. */
static void
test_odd_files (void)
{
  gchar *directory = g_dir_make_tmp ("cup-job-XXXXXX", NULL);
  gchar *pipe = g_build_filename (directory, "pipe", NULL);
  const gchar *paths[] = { pipe, "/dev/zero", directory };
  guint i;

  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  for (i = 0; i < G_N_ELEMENTS (paths); i++) {
    gchar *uri = g_filename_to_uri (paths[i], NULL, NULL);
    CupJob *job = cup_job_new_uri (uri);
    GError *error = NULL;

    g_assert_false (cup_job_need_bytes (job, &error));
    g_assert_error (error, CUP_ERROR, CUP_ERROR_BAD_DATA);
    g_assert_nonnull (strstr (error->message, "no regular file"));
    g_clear_error (&error);
    cup_job_unref (job);
    g_free (uri);
  }
  g_unlink (pipe);
  g_rmdir (directory);
  g_free (pipe);
  g_free (directory);
}

static void
assert_lossy (GBytes * bytes, gboolean expected)
{
  gchar *path, *uri;
  CupJob *job, *copy;
  CupImageInfo info;
  GError *error = NULL;
  gint file = g_file_open_tmp ("cup-job-XXXXXX", &path, NULL);

  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  job = cup_job_new_encoded (bytes, &info);
  g_assert_cmpint (cup_job_get_lossy_source (job), ==, expected);
  /* And when there are only pixels any more. */
  g_assert_true (cup_job_need_pixels (job, &error));
  g_assert_no_error (error);
  g_assert_cmpint (cup_job_get_lossy_source (job), ==, expected);
  copy = cup_job_new_from (job);
  g_assert_cmpint (cup_job_get_lossy_source (copy), ==, expected);
  cup_job_unref (copy);
  cup_job_unref (job);

  g_assert_true (g_file_set_contents (path, g_bytes_get_data (bytes, NULL),
          (gssize) g_bytes_get_size (bytes), NULL));
  uri = g_filename_to_uri (path, NULL, NULL);
  job = cup_job_new_uri (uri);
  g_assert_true (cup_job_need_pixels (job, &error));
  g_assert_no_error (error);
  g_assert_cmpint (cup_job_get_lossy_source (job), ==, expected);
  cup_job_unref (job);
  g_close (file, NULL);
  g_unlink (path);
  g_free (uri);
  g_free (path);
}

static void
test_lossy_source (void)
{
  CupPixels *pixels = load (NULL, NULL);
  CupJob *job = make_raw_job (NULL);
  GBytes *bytes;

  g_assert_false (cup_job_get_lossy_source (job));
  cup_job_set_lossy_source (job, TRUE);
  g_assert_true (cup_job_get_lossy_source (job));
  /* What is made of it to be sent has nothing to do with it. */
  cup_job_set_lossy_source (job, FALSE);
  cup_job_set_encoding (job, CUP_IMAGE_JPEG, 50);
  g_assert_true (cup_job_need_bytes (job, NULL));
  g_assert_false (cup_job_get_lossy_source (job));
  cup_job_unref (job);

  bytes = cup_image_encode (pixels, CUP_IMAGE_PNG, 1, NULL);
  assert_lossy (bytes, FALSE);
  g_bytes_unref (bytes);
  bytes = cup_image_encode (pixels, CUP_IMAGE_JPEG, 100, NULL);
  assert_lossy (bytes, TRUE);
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/job/forms", test_forms);
  g_test_add_func ("/job/load-fails", test_load_fails);
  g_test_add_func ("/job/cancelled", test_cancelled);
  g_test_add_func ("/job/completed-twice", test_completed_twice);
  g_test_add_func ("/job/uri", test_uri);
  g_test_add_func ("/job/black-input", test_black_input);
  g_test_add_func ("/job/colour-reference", test_colour_reference);
  g_test_add_func ("/job/lost-alpha", test_lost_alpha);
  g_test_add_func ("/job/lossy-source", test_lossy_source);
  g_test_add_func ("/job/dropped", test_dropped);
  g_test_add_func ("/job/error-details", test_error_details);
  g_test_add_func ("/job/uri/odd-files", test_odd_files);
  return g_test_run ();
}
