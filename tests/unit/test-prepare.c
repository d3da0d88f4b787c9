/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a job is recognised by: all that its result depends on.
 */
#include <string.h>

#include "dispatch/prepare.h"

#define TEST_TYPE_ENGINE (test_engine_get_type ())
G_DECLARE_FINAL_TYPE (TestEngine, test_engine, TEST, ENGINE, CupEngine)
     struct _TestEngine
     {
       CupEngine parent;
       gdouble upload_speed;
     };

G_DEFINE_FINAL_TYPE (TestEngine, test_engine, CUP_TYPE_ENGINE);

     static gdouble get_upload_speed (CupEngine * engine)
{
  return TEST_ENGINE (engine)->upload_speed;
}

static void
test_engine_class_init (TestEngineClass * klass)
{
  CUP_ENGINE_CLASS (klass)->get_upload_speed = get_upload_speed;
  CUP_ENGINE_CLASS (klass)->name = "test";
  CUP_ENGINE_CLASS (klass)->accepts = CUP_ENGINE_ACCEPTS_ENCODED;
}

static void
test_engine_init (TestEngine * engine)
{
}

/* @data: the depth. */
static CupPixels *
make_pixels (gpointer data, GError ** error)
{
  CupPixels *pixels = cup_pixels_new (4, 4, 3, GPOINTER_TO_UINT (data), error);

  memset (pixels->data, 1, cup_pixels_get_size (pixels));
  return pixels;
}

static CupStoreKey
identify_at_level (guint depth, CupImageType type, guint quality, guint level)
{
  CupEngine *engine = g_object_new (TEST_TYPE_ENGINE, NULL);
  CupJob *job = cup_job_new_raw (4, 4, make_pixels, GUINT_TO_POINTER (depth),
      NULL);
  GError *error = NULL;
  CupStoreKey key;

  cup_job_set_encoding (job, type, quality);
  cup_job_set_compression_level (job, level);
  g_assert_true (cup_prepare_load (engine, job, &error));
  g_assert_no_error (error);
  g_assert_true (cup_prepare_identify (engine, job, TRUE, &key));
  cup_job_unref (job);
  g_object_unref (engine);
  return key;
}

static CupStoreKey
identify (guint depth, CupImageType type, guint quality)
{
  return identify_at_level (depth, type, quality, 1);
}

/* Of a picture that the engine gets as pixels, or encoded. */
static CupStoreKey
identify_source (CupEngineAccepts accepts, gboolean is_lossy)
{
  CupEngine *engine = g_object_new (TEST_TYPE_ENGINE, NULL);
  CupJob *job = cup_job_new_raw (4, 4, make_pixels, GUINT_TO_POINTER (8),
      NULL);
  GError *error = NULL;
  CupStoreKey key;

  CUP_ENGINE_GET_CLASS (engine)->accepts = accepts;
  cup_job_set_lossy_source (job, is_lossy);
  g_assert_true (cup_prepare_load (engine, job, &error));
  g_assert_no_error (error);
  g_assert_true (cup_prepare_identify (engine, job, FALSE, &key));
  CUP_ENGINE_GET_CLASS (engine)->accepts = CUP_ENGINE_ACCEPTS_ENCODED;
  cup_job_unref (job);
  g_object_unref (engine);
  return key;
}

static gboolean
same (CupStoreKey a, CupStoreKey b)
{
  return cup_store_key_equal (&a, &b);
}

static CupPixels *
take_pixels (gpointer pixels, GError ** error)
{
  return pixels;
}

/* The local engine treats frames in another way than files, of the same
 * pixels. */
static void
test_frame_and_file (void)
{
  CupEngine *engine = g_object_new (TEST_TYPE_ENGINE, NULL);
  CupPixels *pixels = make_pixels (GUINT_TO_POINTER (8), NULL);
  GBytes *bytes = cup_image_encode (pixels, CUP_IMAGE_JPEG, 75, NULL);
  CupJob *jobs[3];
  CupStoreKey keys[3];
  CupImageInfo info;
  guint i;

  g_assert_true (cup_image_read_info (bytes, &info, NULL));
  jobs[0] = cup_job_new_encoded (bytes, &info);
  for (i = 1; i < 3; i++) {
    jobs[i] = cup_job_new_raw (4, 4, take_pixels, cup_image_decode (bytes, 0,
            NULL), NULL);
    cup_job_set_lossy_source (jobs[i], i == 1);
  }
  CUP_ENGINE_GET_CLASS (engine)->accepts = CUP_ENGINE_ACCEPTS_PIXELS;
  for (i = 0; i < 3; i++) {
    g_assert_true (cup_prepare_load (engine, jobs[i], NULL));
    g_assert_true (cup_prepare_identify (engine, jobs[i], FALSE, &keys[i]));
    cup_job_unref (jobs[i]);
  }
  CUP_ENGINE_GET_CLASS (engine)->accepts = CUP_ENGINE_ACCEPTS_ENCODED;
  g_assert_false (same (keys[0], keys[1]));
  g_assert_false (same (keys[0], keys[2]));
  g_assert_false (same (keys[1], keys[2]));
  g_bytes_unref (bytes);
  cup_pixels_unref (pixels);
  g_object_unref (engine);
}

/* Whatever loses nothing on the way is the same. */
static void
test_encoding (void)
{
  CupStoreKey key = identify (8, CUP_IMAGE_PNG, 95);
  CupStoreKey deep = identify (16, CUP_IMAGE_PNG, 95);

  g_assert_true (same (key, identify (8, CUP_IMAGE_PNG, 50)));
  g_assert_true (same (key, identify_at_level (8, CUP_IMAGE_PNG, 95, 9)));
  g_assert_true (same (key, identify (8, CUP_IMAGE_WEBP, 100)));
  g_assert_false (same (key, identify (8, CUP_IMAGE_WEBP, 99)));
  g_assert_false (same (key, identify (8, CUP_IMAGE_JPEG, 100)));
  g_assert_false (same (identify (8, CUP_IMAGE_JPEG, 99),
          identify (8, CUP_IMAGE_JPEG, 100)));
  g_assert_true (same (deep, identify (16, CUP_IMAGE_PNG, 50)));
  g_assert_false (same (deep, identify (16, CUP_IMAGE_JPEG, 100)));
  /* Lossless, but of 8 bits. */
  g_assert_false (same (deep, identify (16, CUP_IMAGE_WEBP, 100)));
}

/* The type is chosen after that, and is not part of it. */
static void
test_adaptive (void)
{
  g_assert_true (same (identify (8, CUP_IMAGE_UNKNOWN, 50), identify (8,
              CUP_IMAGE_PNG, 95)));
  g_assert_true (same (identify (16, CUP_IMAGE_UNKNOWN, 50), identify (16,
              CUP_IMAGE_PNG, 95)));
}

/* A picture of some size, and of @depth. */
static CupPixels *
make_shades (gpointer data, GError ** error)
{
  CupPixels *pixels = cup_pixels_new (160, 120, 3, GPOINTER_TO_UINT (data),
      error);
  gsize i;

  for (i = 0; i < cup_pixels_get_size (pixels); i++)
    pixels->data[i] = (guint8) (i / 40 + i * 2654435761u % 8);
  return pixels;
}

/* What a frame is sent as; asserts that nothing was lost. */
static CupImageType
encode_adaptive (CupEngine * engine, CupUploadFormat * format, guint depth)
{
  CupJob *job = cup_job_new_raw (160, 120, make_shades,
      GUINT_TO_POINTER (depth), NULL);
  CupPixels *before = make_shades (GUINT_TO_POINTER (depth), NULL), *after;
  GError *error = NULL;
  CupImageType type;

  cup_job_set_encoding (job, CUP_IMAGE_UNKNOWN, 50);
  g_assert_true (cup_prepare_load (engine, job, &error));
  g_assert_true (cup_prepare_encode (engine, job, format, &error));
  g_assert_no_error (error);
  type = cup_job_get_bytes_info (job)->type;
  after = cup_image_decode (cup_job_get_bytes (job), 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (after->depth, ==, depth);
  g_assert_cmpmem (before->data, cup_pixels_get_size (before), after->data,
      cup_pixels_get_size (after));
  cup_pixels_unref (before);
  cup_pixels_unref (after);
  cup_job_unref (job);
  return type;
}

static void
test_adaptive_encoding (void)
{
  TestEngine *test = g_object_new (TEST_TYPE_ENGINE, NULL);
  CupEngine *engine = CUP_ENGINE (test);
  CupUploadFormat format = { 0 };

  if (!cup_image_type_is_supported (CUP_IMAGE_WEBP)) {
    g_test_skip ("built without libwebp");
    return;
  }
  cup_upload_format_init (&format);
  /* Nothing is known, of the line and then of PNG. */
  g_assert_cmpint (encode_adaptive (engine, &format, 8), ==, CUP_IMAGE_PNG);
  test->upload_speed = 1;
  g_assert_cmpint (encode_adaptive (engine, &format, 8), ==, CUP_IMAGE_WEBP);
  g_assert_cmpint (encode_adaptive (engine, &format, 16), ==, CUP_IMAGE_PNG);
  /* As if it had taken very long. */
  cup_upload_format_note (&format, CUP_IMAGE_WEBP, 1, 1, 1e6);
  test->upload_speed = 1e15;
  g_assert_cmpint (encode_adaptive (engine, &format, 8), ==, CUP_IMAGE_PNG);
  cup_upload_format_clear (&format);
  g_object_unref (test);
}

/* How the picture came is nothing that a service would be told. */
static void
test_source (void)
{
  const CupEngineAccepts pixels = CUP_ENGINE_ACCEPTS_PIXELS;
  const CupEngineAccepts encoded = CUP_ENGINE_ACCEPTS_ENCODED;

  g_assert_true (same (identify_source (pixels, TRUE),
          identify_source (pixels, TRUE)));
  g_assert_false (same (identify_source (pixels, TRUE),
          identify_source (pixels, FALSE)));
  g_assert_true (same (identify_source (encoded, TRUE),
          identify_source (encoded, FALSE)));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/prepare/encoding", test_encoding);
  g_test_add_func ("/prepare/source", test_source);
  g_test_add_func ("/prepare/frame-and-file", test_frame_and_file);
  g_test_add_func ("/prepare/adaptive", test_adaptive);
  g_test_add_func ("/prepare/adaptive-encoding", test_adaptive_encoding);
  return g_test_run ();
}
