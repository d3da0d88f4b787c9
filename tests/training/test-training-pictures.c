/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What networks learn from: that it is the same on every machine, and what its
 * names say.
 */
#include <math.h>
#include <string.h>

#include "damage.h"
#include "exact.h"
#include "image/image.h"
#include "picture.h"
#include "scaling.h"

static gchar *
get_digest (const CupPixels * picture)
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gchar *digest;
  guint y;

  for (y = 0; y < picture->height; y++)
    g_checksum_update (checksum, cup_pixels_row (picture, y),
        picture->width * picture->channels);
  digest = g_strdup (g_checksum_get_string (checksum));
  g_checksum_free (checksum);
  return digest;
}

static void
test_arithmetic (void)
{
  gdouble x;

  for (x = -3; x < 3; x += 0.0173) {
    g_assert_cmpfloat_with_epsilon (cup_sine (x), sin (2 * G_PI * x), 1e-9);
    g_assert_cmpfloat_with_epsilon (cup_cosine (x), cos (2 * G_PI * x), 1e-9);
    g_assert_cmpfloat_with_epsilon (cup_exp2 (x), exp2 (x), 1e-8);
    g_assert_cmpfloat_with_epsilon (cup_log (exp2 (4 * x)),
        4 * x * G_LN2, 1e-8);
  }
}

static void
test_random (void)
{
  gdouble sum = 0, squares = 0;
  guint counts[7] = { 0 }, i;
  CupRandom random, other;

  cup_random_init (&random, 1, 0);
  cup_random_init (&other, 1, 1);
  g_assert_true (cup_random_next (&random) != cup_random_next (&other));
  for (i = 0; i < 70000; i++) {
    const gdouble x = cup_random_normal (&random);

    sum += x;
    squares += x * x;
    counts[cup_random_below (&random, G_N_ELEMENTS (counts))]++;
  }
  g_assert_cmpfloat_with_epsilon (sum / i, 0, 0.02);
  g_assert_cmpfloat_with_epsilon (squares / i, 1, 0.03);
  for (i = 0; i < G_N_ELEMENTS (counts); i++)
    g_assert_cmpfloat_with_epsilon (counts[i], 10000, 500);
}

static void
test_picture_digests (void)
{
  static const gchar *const digests[] = {
    "de1272c00e2c443d0b801abbc9e2412ffdcd669f10cdd6daa3edbb40302d0c09",
    "33c1236631dcc954439e8543fc7fb2fcaaae0a6fdede662a36b82ab5ab9b51bf",
    "eadc702717957e3d3cfff1498713bac127516bd78f1d07838124ffc2f2f35b9b",
  };
  static const guint numbers[] = { 0, 3, 1 };
  static const guint channels[] = { 1, 1, 3 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (digests); i++) {
    CupPixels *picture = cup_picture_new (7, numbers[i], 96, 64, channels[i]);
    gchar *digest = get_digest (picture);

    g_assert_cmpstr (digest, ==, digests[i]);
    g_free (digest);
    cup_pixels_unref (picture);
  }
}

/* A picture in colours is the gray one with colours. */
static void
test_picture_colours (void)
{
  CupPixels *gray = cup_picture_new (7, 2, 96, 64, 1);
  CupPixels *colours = cup_picture_new (7, 2, 96, 64, 3);
  CupPixels *other = cup_picture_new (8, 2, 96, 64, 1);
  CupPixels *luma = cup_scaling_luma (colours);
  guint x, y;

  /* From 16…235 to 0…255. */
  for (y = 0; y < 64; y++) {
    for (x = 0; x < 96; x++) {
      guint8 *sample = cup_pixels_row (luma, y) + x;

      *sample = CLAMP ((*sample - 16) * 255 / 219, 0, 255);
    }
  }
  g_assert_cmpfloat (cup_scaling_psnr (gray, luma, 0), >, 25);
  g_assert_cmpfloat (cup_scaling_psnr (gray, other, 0), <, 20);
  cup_pixels_unref (gray);
  cup_pixels_unref (colours);
  cup_pixels_unref (other);
  cup_pixels_unref (luma);
}

static gdouble
cubic (gdouble x)
{
  x = fabs (x);
  if (x < 1)
    return 1.5 * x * x * x - 2.5 * x * x + 1;
  if (x < 2)
    return -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2;
  return 0;
}

/* One sample by the definition: a sum over all of the picture, which goes on
 * mirrored. @scale is the size of the result over that of @picture. */
static gdouble
resample_slowly (const CupPixels * picture, gdouble scale, guint x, guint y)
{
  const gdouble stretch = MIN (scale, 1);
  const gdouble u = (x + 0.5) / scale - 0.5, v = (y + 0.5) / scale - 0.5;
  const gint width = picture->width, height = picture->height;
  gdouble sum = 0, weights = 0;
  gint i, j;

  for (j = -height; j < 2 * height; j++) {
    const gint row = j < 0 ? -1 - j : j < height ? j : 2 * height - 1 - j;
    const gdouble weight = cubic ((j - v) * stretch);

    for (i = -width; weight != 0 && i < 2 * width; i++) {
      const gint column = i < 0 ? -1 - i : i < width ? i : 2 * width - 1 - i;
      const gdouble both = weight * cubic ((i - u) * stretch);

      sum += both * cup_pixels_row (picture, row)[column];
      weights += both;
    }
  }
  return sum / weights;
}

static void
check_scaled (const CupPixels * picture, CupPixels * result, gdouble scale)
{
  guint x, y;

  g_assert_cmpuint (result->width, ==, picture->width * scale);
  g_assert_cmpuint (result->height, ==, picture->height * scale);
  for (y = 0; y < result->height; y++) {
    for (x = 0; x < result->width; x++) {
      gdouble expected = resample_slowly (picture, scale, x, y);

      expected = CLAMP (expected, 0, 255);
      g_assert_cmpfloat_with_epsilon (cup_pixels_row (result, y)[x],
          expected, 0.500001);
    }
  }
  cup_pixels_unref (result);
}

static void
test_scaling (void)
{
  CupPixels *picture = cup_picture_new (7, 0, 24, 36, 1);
  guint factor;

  for (factor = 1; factor <= 4; factor++) {
    check_scaled (picture, cup_scaling_reduce (picture, factor), 1.0 / factor);
    check_scaled (picture, cup_scaling_expand (picture, factor), factor);
  }
  cup_pixels_unref (picture);
}

static CupPixels *
new_flat (guint8 level)
{
  CupPixels *picture = cup_pixels_new (32, 16, 1, 8, NULL);

  g_assert_nonnull (picture);
  memset (picture->data, level, cup_pixels_get_size (picture));
  return picture;
}

static void
check_flat (CupPixels * picture, guint8 level)
{
  guint x, y;

  for (y = 0; y < picture->height; y++) {
    for (x = 0; x < picture->width; x++)
      g_assert_cmpuint (cup_pixels_row (picture, y)[x], ==, level);
  }
  cup_pixels_unref (picture);
}

static void
test_flat (void)
{
  guint level;

  for (level = 0; level < 256; level++) {
    CupPixels *picture = new_flat (level);

    check_flat (cup_scaling_reduce (picture, 2), level);
    check_flat (cup_scaling_expand (picture, 3), level);
    check_flat (cup_damage_jpeg (picture, 100), level);
    cup_pixels_unref (picture);
  }
}

/* Near to what a real codec does, which differs a little in its arithmetic. */
static void
test_damage (void)
{
  static const guint qualities[] = { 30, 60, 75, 90, 99 };
  CupPixels *picture = cup_picture_new (7, 1, 125, 91, 1);
  gdouble last = 0;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (qualities); i++) {
    CupPixels *ours = cup_damage_jpeg (picture, qualities[i]), *theirs;
    GError *error = NULL;
    GBytes *bytes = cup_image_encode (picture, CUP_IMAGE_JPEG, qualities[i],
        &error);
    gdouble psnr;

    g_assert_no_error (error);
    theirs = cup_image_decode (bytes, 0, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (theirs->channels, ==, 1);
    g_assert_cmpfloat (cup_scaling_psnr (ours, theirs, 0), >, 45);
    psnr = cup_scaling_psnr (ours, picture, 0);
    g_assert_cmpfloat (psnr, >, last);
    last = psnr;
    g_bytes_unref (bytes);
    cup_pixels_unref (ours);
    cup_pixels_unref (theirs);
  }
  cup_pixels_unref (picture);
}

/* Of what papers call Y: black, white, and the primaries. */
static void
test_luma (void)
{
  static const guint8 samples[] = {
    0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255
  };
  static const guint8 expected[] = { 16, 235, 81, 145, 41 };
  CupPixels *picture = cup_pixels_new (5, 1, 3, 8, NULL), *luma;

  memcpy (picture->data, samples, sizeof samples);
  luma = cup_scaling_luma (picture);
  g_assert_cmpmem (luma->data, 5, expected, 5);
  cup_pixels_unref (picture);
  cup_pixels_unref (luma);
}

gint
main (gint argc, gchar ** argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/training/arithmetic", test_arithmetic);
  g_test_add_func ("/training/random", test_random);
  g_test_add_func ("/training/picture/digests", test_picture_digests);
  g_test_add_func ("/training/picture/colours", test_picture_colours);
  g_test_add_func ("/training/scaling", test_scaling);
  g_test_add_func ("/training/flat", test_flat);
  g_test_add_func ("/training/damage", test_damage);
  g_test_add_func ("/training/luma", test_luma);
  return g_test_run ();
}
