/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which lossless format frames are sent in, by speeds and costs of the test's.
 */
#include "dispatch/upload-format.h"

#define N_PIXELS 2000000
#define MB 1000000.

/* 4 MB in 50 ms, and 3 MB in 150 ms: WebP pays below 10 MB a second. */
static void
note_costs (CupUploadFormat * format)
{
  cup_upload_format_note (format, CUP_IMAGE_PNG, N_PIXELS, 4 * MB, 0.05);
  cup_upload_format_note (format, CUP_IMAGE_WEBP, N_PIXELS, 3 * MB, 0.15);
}

static CupImageType
choose (CupUploadFormat * format, guint channels, guint depth, gdouble speed)
{
  CupPixels *pixels = cup_pixels_new (64, 4, channels, depth, NULL);
  CupImageType type = cup_upload_format_choose (format, pixels, speed);

  cup_pixels_unref (pixels);
  return type;
}

#define ASSERT_CHOICE(format, channels, depth, speed, type) \
    g_assert_cmpint (choose (format, channels, depth, speed), ==, type)

static gboolean
skip_without_webp (void)
{
  if (cup_image_type_is_supported (CUP_IMAGE_WEBP))
    return FALSE;
  g_test_skip ("built without libwebp");
  return TRUE;
}

static void
test_speed (void)
{
  CupUploadFormat format = { 0 };

  if (skip_without_webp ())
    return;
  cup_upload_format_init (&format);
  ASSERT_CHOICE (&format, 3, 8, 1, CUP_IMAGE_PNG);
  note_costs (&format);
  ASSERT_CHOICE (&format, 3, 8, 0, CUP_IMAGE_PNG);
  ASSERT_CHOICE (&format, 3, 8, 9 * MB, CUP_IMAGE_WEBP);
  ASSERT_CHOICE (&format, 4, 8, 1 * MB, CUP_IMAGE_WEBP);
  ASSERT_CHOICE (&format, 3, 8, 11 * MB, CUP_IMAGE_PNG);
  ASSERT_CHOICE (&format, 3, 8, 100 * MB, CUP_IMAGE_PNG);
  cup_upload_format_clear (&format);
}

/* What WebP does not hold as it is. */
static void
test_held (void)
{
  CupUploadFormat format = { 0 };
  CupPixels *wide = cup_pixels_new (16384, 1, 3, 8, NULL);

  cup_upload_format_init (&format);
  note_costs (&format);
  ASSERT_CHOICE (&format, 3, 16, 1, CUP_IMAGE_PNG);
  ASSERT_CHOICE (&format, 4, 16, 1, CUP_IMAGE_PNG);
  ASSERT_CHOICE (&format, 1, 8, 1, CUP_IMAGE_PNG);
  g_assert_cmpint (cup_upload_format_choose (&format, wide, 1), ==,
      CUP_IMAGE_PNG);
  cup_pixels_unref (wide);
  cup_upload_format_clear (&format);
}

/* Before WebP was tried, and once it has turned out to be no smaller. */
static void
test_learning (void)
{
  CupUploadFormat format = { 0 };
  guint i;

  if (skip_without_webp ())
    return;
  cup_upload_format_init (&format);
  cup_upload_format_note (&format, CUP_IMAGE_PNG, N_PIXELS, 4 * MB, 0.05);
  ASSERT_CHOICE (&format, 3, 8, 1 * MB, CUP_IMAGE_WEBP);
  ASSERT_CHOICE (&format, 3, 8, 1000 * MB, CUP_IMAGE_PNG);
  for (i = 0; i < 20; i++)
    cup_upload_format_note (&format, CUP_IMAGE_WEBP, N_PIXELS, 5 * MB, 0.04);
  ASSERT_CHOICE (&format, 3, 8, 1, CUP_IMAGE_PNG);
  cup_upload_format_clear (&format);
}

/* The other one is tried now and then, and can come back. */
static void
test_probing (void)
{
  CupUploadFormat format = { 0 };
  guint i, n = 0;

  if (skip_without_webp ())
    return;
  cup_upload_format_init (&format);
  note_costs (&format);
  for (i = 0; i < 200; i++)
    n += choose (&format, 3, 8, 100 * MB) == CUP_IMAGE_WEBP;
  g_assert_cmpuint (n, ==, 4);
  cup_upload_format_clear (&format);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-format/speed", test_speed);
  g_test_add_func ("/upload-format/held", test_held);
  g_test_add_func ("/upload-format/learning", test_learning);
  g_test_add_func ("/upload-format/probing", test_probing);
  return g_test_run ();
}
