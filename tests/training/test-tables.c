/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The engine's tables: that they cannot overflow, and how good they are, with
 * pictures that no network has learned from. Other pictures: evaluate.
 */
#include "damage.h"
#include "engine/local/resample.h"
#include "engine/local/tables.h"
#include "picture.h"
#include "reference.h"
#include "scaling.h"
#include "trainer.h"

/**
 * Demand:
 * @bicubic: what the table has to gain over bicubic interpolation, in dB; 0 for
 *   not looked at, as below
 * @lanczos: the same over Lanczos interpolation
 * @bicubic_x4: with two passes
 * @bicubic_jpeg_75: of pictures that JPEG has been at
 * @bicubic_jpeg_50: the same
 * @digest: of planes that the table gives
 */
typedef struct
{
  const CupNetwork *network;
  gdouble bicubic;
  gdouble lanczos;
  gdouble bicubic_x4;
  gdouble bicubic_jpeg_75;
  gdouble bicubic_jpeg_50;
  const gchar *digest;
} Demand;

static const Demand demands[] = {
  {&cup_network_fast_clean, 2.2, 1.6, 1.0, 0, 0,
      "409d62427abcf6d3d0f1283dde72b64af6b8ba3a27e89a213c2ba288f04812d8"},
  {&cup_network_fast_mix, 1.9, 1.3, 0, 0.45, 0.1,
      "2d5302f812856abe4064ab4113e2aa15b2e88063a68fe9da7c8b04cb73e9eb7b"},
  {&cup_network_balanced_clean, 2.6, 2.0, 1.2, 0, 0,
      "43bd32777cf0ba8a26845085ed15a030bf62048a4c71188294c4fec0dffa0731"},
  {&cup_network_balanced_mix, 2.0, 1.4, 0, 0.6, 0.2,
      "7cd42c7c0d7d817c877ec74f87d179e30e2102bce35c09e5ed9b4d4df2bd9547"},
  {&cup_network_quality_clean, 2.9, 2.3, 1.3, 0, 0,
      "332eab0a4a7d90a56aa6e7a4d80bbc76a55c70dce2837f7738418c0f46e95a03"},
  {&cup_network_quality_mix, 2.2, 1.6, 0, 0.6, 0.2,
      "d6d6e5fe65e8ca13527cf7093beaaa2acd82f06e107af4d1c2a58d22e2f6131a"},
};

static CupPixels *originals[CUP_PICTURE_HELD_OUT_COUNT];

static void
make_originals (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (originals); i++)
    originals[i] = cup_picture_new (CUP_PICTURE_HELD_OUT_SEED, i,
        CUP_PICTURE_HELD_OUT_WIDTH, CUP_PICTURE_HELD_OUT_HEIGHT, 1);
}

/* Of each output of each layer, whatever the input and in whatever order it is
 * summed up. */
static void
test_overflow (void)
{
  guint d, i, o, k;

  for (d = 0; d < G_N_ELEMENTS (demands); d++) {
    const CupNetwork *network = demands[d].network;

    g_assert_cmpuint (network->n_layers, <=, CUP_NETWORK_MAX_LAYERS);
    for (i = 0; i < network->n_layers; i++) {
      const CupNetworkLayer *layer = &network->layers[i];

      g_assert_cmpuint (layer->outputs, <=, CUP_NETWORK_MAX_CHANNELS);
      for (o = 0; o < layer->outputs; o++) {
        gint64 sum = ABS ((gint64) layer->biases[o]);

        for (k = 0; k < CUP_NETWORK_TAPS * layer->inputs; k++)
          sum += (gint64) (i == 0 ? 2048 : 32768)
              * ABS ((gint64) layer->weights[k * layer->outputs + o]);
        g_assert_cmpint (sum, <=, G_MAXINT32);
      }
    }
  }
}

/* Each table is of a recipe's shape. */
static void
test_recipes (void)
{
  guint d, i;

  for (d = 0; d < G_N_ELEMENTS (demands); d++) {
    const CupNetwork *network = demands[d].network;
    const CupRecipe *recipe = cup_recipes_find (network->name);

    g_assert_nonnull (recipe);
    g_assert_cmpuint (network->n_layers, ==, recipe->shape.middle + 2);
    for (i = 0; i < network->n_layers; i++) {
      const CupNetworkLayer *layer = &network->layers[i];
      const gboolean last = i == network->n_layers - 1;

      g_assert_cmpuint (layer->inputs, ==, i == 0 ? 1 : recipe->shape.channels);
      g_assert_cmpuint (layer->outputs, ==, last ? CUP_NETWORK_PHASES
          : recipe->shape.channels);
      g_assert_true ((layer->slopes == NULL) == last);
    }
    g_assert_true (recipe->examples.seed != CUP_PICTURE_HELD_OUT_SEED);
  }
}

static gdouble
take_psnr (CupPixels * result, const CupPixels * original, guint border)
{
  const gdouble psnr = cup_scaling_psnr (result, original, border);

  cup_pixels_unref (result);
  return psnr;
}

/* Mean gains over both interpolations. @quality is JPEG's, 0 for none. */
static void
get_gains (const CupNetwork * network, guint factor, guint quality,
    gdouble * over_bicubic, gdouble * over_lanczos)
{
  guint i;

  *over_bicubic = *over_lanczos = 0;
  for (i = 0; i < G_N_ELEMENTS (originals); i++) {
    const CupPixels *original = originals[i];
    CupPixels *reduced = cup_scaling_reduce (original, factor);
    gdouble psnr;

    if (quality > 0) {
      CupPixels *damaged = cup_damage_jpeg (reduced, quality);

      cup_pixels_unref (reduced);
      reduced = damaged;
    }
    psnr = take_psnr (cup_reference_upscale (network, reduced, factor,
            TRUE), original, factor);
    *over_bicubic += psnr - take_psnr (cup_scaling_expand (reduced, factor),
        original, factor);
    *over_lanczos += psnr - take_psnr (cup_resample (reduced,
            original->width, original->height, NULL, NULL), original, factor);
    cup_pixels_unref (reduced);
  }
  *over_bicubic /= G_N_ELEMENTS (originals);
  *over_lanczos /= G_N_ELEMENTS (originals);
  g_test_message ("%s, x%u, quality %u: %+.3f dB over bicubic, %+.3f dB over "
      "Lanczos", network->name, factor, quality, *over_bicubic, *over_lanczos);
}

static void
test_gains (gconstpointer user_data)
{
  const Demand *demand = user_data;
  gdouble bicubic, lanczos;

  get_gains (demand->network, 2, 0, &bicubic, &lanczos);
  g_assert_cmpfloat (bicubic, >=, demand->bicubic);
  g_assert_cmpfloat (lanczos, >=, demand->lanczos);
  if (demand->bicubic_x4 > 0) {
    get_gains (demand->network, 4, 0, &bicubic, &lanczos);
    g_assert_cmpfloat (bicubic, >=, demand->bicubic_x4);
  }
  if (demand->bicubic_jpeg_75 > 0) {
    get_gains (demand->network, 2, 75, &bicubic, &lanczos);
    g_assert_cmpfloat (bicubic, >=, demand->bicubic_jpeg_75);
  }
  if (demand->bicubic_jpeg_50 > 0) {
    get_gains (demand->network, 2, 50, &bicubic, &lanczos);
    g_assert_cmpfloat (bicubic, >=, demand->bicubic_jpeg_50);
  }
}

static CupPlane
new_plane (guint width, guint height)
{
  CupPlane plane;

  g_assert_true (cup_plane_init (&plane, width, height, 0, height));
  return plane;
}

/* Any samples that a plane may have. */
static CupPlane
new_random_plane (guint width, guint height)
{
  CupPlane plane = new_plane (width, height);
  CupRandom random;
  guint x, y;

  cup_random_init (&random, 11, 0);
  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++)
      cup_plane_row (&plane, y)[x] = cup_random_below (&random, 32768) - 16384;
  }
  return plane;
}

static CupPlane
new_picture_plane (void)
{
  CupPixels *reduced = cup_scaling_reduce (originals[0], 2);
  CupPlane plane;

  cup_reference_read (reduced, &plane);
  cup_pixels_unref (reduced);
  return plane;
}

/* Twice, as samples between levels go in then. */
static void
add_to_digest (const CupNetwork * network, const CupPlane * plane,
    GChecksum * checksum)
{
  CupPlane twice, result;
  guint x, y;

  cup_reference_double (network, plane, CUP_REFERENCE_CLAMPED, &twice);
  cup_reference_double (network, &twice, CUP_REFERENCE_TIGHT, &result);
  for (y = 0; y < result.height; y++) {
    for (x = 0; x < result.width; x++) {
      const guint16 sample = GUINT16_TO_LE (cup_plane_row (&result, y)[x]);

      g_checksum_update (checksum, (const guchar *) &sample, sizeof sample);
    }
  }
  cup_plane_clear (&twice);
  cup_plane_clear (&result);
}

/* What tables give is the same everywhere, and stays what it is. */
static void
test_digest (void)
{
  CupPlane picture = new_picture_plane ();
  CupPlane random = new_random_plane (13, 5);
  guint d;

  for (d = 0; d < G_N_ELEMENTS (demands); d++) {
    GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);

    add_to_digest (demands[d].network, &picture, checksum);
    add_to_digest (demands[d].network, &random, checksum);
    g_test_message ("%s: %s", demands[d].network->name,
        g_checksum_get_string (checksum));
    g_assert_cmpstr (g_checksum_get_string (checksum), ==, demands[d].digest);
    g_checksum_free (checksum);
  }
  cup_plane_clear (&picture);
  cup_plane_clear (&random);
}

/* A plane that is smaller than what networks look at is the middle of one on
 * which its mirror images are painted. */
static void
test_small (void)
{
  static const guint sizes[][2] = { {1, 1}, {3, 1}, {1, 2}, {2, 3}, {5, 4} };
  const CupNetwork *network = &cup_network_quality_clean;
  guint i, x, y;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    const guint width = sizes[i][0], height = sizes[i][1];
    /* An even number of images before it is not mirrored. */
    const guint images = 8, left = images * width, top = images * height;
    CupPlane small = new_random_plane (width, height), result, expected;
    CupPlane large = new_plane ((2 * images + 1) * width,
        (2 * images + 1) * height);

    for (y = 0; y < large.height; y++) {
      const guint from_y = y / height % 2 ? height - 1 - y % height
          : y % height;

      for (x = 0; x < large.width; x++)
        cup_plane_row (&large, y)[x] = cup_plane_row (&small, from_y)
            [x / width % 2 ? width - 1 - x % width : x % width];
    }
    cup_reference_double (network, &small, CUP_REFERENCE_CLAMPED, &result);
    cup_reference_double (network, &large, CUP_REFERENCE_CLAMPED, &expected);
    for (y = 0; y < result.height; y++)
      g_assert_cmpmem (cup_plane_row (&result, y),
          result.width * sizeof (gint16), cup_plane_row (&expected,
              2 * top + y) + 2 * left, result.width * sizeof (gint16));
    cup_plane_clear (&small);
    cup_plane_clear (&large);
    cup_plane_clear (&result);
    cup_plane_clear (&expected);
  }
}

static void
get_extremes (const CupPlane * plane, gint * low, gint * high)
{
  guint x, y;

  *low = G_MAXINT16;
  *high = G_MININT16;
  for (y = 0; y < plane->height; y++) {
    for (x = 0; x < plane->width; x++) {
      *low = MIN (*low, cup_plane_row (plane, y)[x]);
      *high = MAX (*high, cup_plane_row (plane, y)[x]);
    }
  }
}

/* Flat stays flat, exactly. */
static void
test_flat (void)
{
  CupPlane flat = new_plane (8, 4);
  guint d, x, y;

  for (d = 0; d < G_N_ELEMENTS (demands); d++) {
    gint sample;

    for (sample = CUP_PLANE_BLACK; sample <= CUP_PLANE_WHITE; sample += 255) {
      CupPlane result;
      gint low, high;

      for (y = 0; y < flat.height; y++) {
        for (x = 0; x < flat.width; x++)
          cup_plane_row (&flat, y)[x] = sample;
      }
      cup_reference_double (demands[d].network, &flat, CUP_REFERENCE_CLAMPED,
          &result);
      get_extremes (&result, &low, &high);
      g_assert_cmpint (low, ==, sample);
      g_assert_cmpint (high, ==, sample);
      cup_plane_clear (&result);
    }
  }
  cup_plane_clear (&flat);
}

/* By how much a hard step from @dark to @bright, as graphics have it, is
 * overdone, in levels; at twice its size, or at four times. */
static gdouble
get_overshoot (const CupNetwork * network, gint dark, gint bright,
    gboolean upright, gboolean again)
{
  CupPlane step = new_plane (24, 24), result, twice;
  gint low, high;
  guint x, y;

  for (y = 0; y < step.height; y++) {
    for (x = 0; x < step.width; x++)
      cup_plane_row (&step, y)[x] =
          (((upright ? x : y) < 12 ? dark : bright) - 128) * 128;
  }
  cup_reference_double (network, &step, CUP_REFERENCE_CLAMPED, &result);
  if (again) {
    twice = result;
    cup_reference_double (network, &twice, CUP_REFERENCE_TIGHT, &result);
    cup_plane_clear (&twice);
  }
  get_extremes (&result, &low, &high);
  cup_plane_clear (&step);
  cup_plane_clear (&result);
  return MAX ((dark - 128) - low / 128.0, high / 128.0 - (bright - 128));
}

/* A tenth of it and 2 levels at most. */
static void
test_overshoot (void)
{
  static const gint steps[][2] = { {60, 180}, {100, 110}, {30, 225}, {5, 60} };
  guint d, i;

  for (d = 0; d < G_N_ELEMENTS (demands); d++) {
    const CupNetwork *network = demands[d].network;

    for (i = 0; i < G_N_ELEMENTS (steps); i++) {
      const gint dark = steps[i][0], bright = steps[i][1];
      gdouble overshoot = 0;
      guint k;

      for (k = 0; k < 4; k++)
        overshoot = MAX (overshoot, get_overshoot (network, dark, bright,
                k % 2, k / 2));
      g_test_message ("%s: %d to %d by %.2f levels", network->name, dark,
          bright, overshoot);
      g_assert_cmpfloat (overshoot, <=, 0.1 * (bright - dark) + 2);
    }
  }
}

gint
main (gint argc, gchar ** argv)
{
  gint status;
  guint i;

  g_test_init (&argc, &argv, NULL);
  make_originals ();
  g_test_add_func ("/tables/recipes", test_recipes);
  g_test_add_func ("/tables/overflow", test_overflow);
  g_test_add_func ("/tables/digest", test_digest);
  g_test_add_func ("/tables/small", test_small);
  g_test_add_func ("/tables/flat", test_flat);
  g_test_add_func ("/tables/overshoot", test_overshoot);
  for (i = 0; i < G_N_ELEMENTS (demands); i++) {
    gchar *path = g_strdup_printf ("/tables/gains/%s",
        demands[i].network->name);

    g_test_add_data_func (path, &demands[i], test_gains);
    g_free (path);
  }
  status = g_test_run ();
  for (i = 0; i < G_N_ELEMENTS (originals); i++)
    cup_pixels_unref (originals[i]);
  return status;
}
