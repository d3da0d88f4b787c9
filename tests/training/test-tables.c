/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The engine's tables: that they cannot overflow, and how good they are, with
 * pictures that no network has learned from. Other pictures: evaluate.
 */
#include <string.h>

#include "damage.h"
#include "engine/local/resample.h"
#include "engine/local/tables.h"
#include "picture.h"
#include "reference.h"
#include "scaling.h"
#include "trainer.h"

/* What a table has to gain over interpolation, in dB; 0 for not looked at. */
typedef struct
{
  const CupNetwork *network;
  gdouble bicubic;
  gdouble lanczos;
  gdouble bicubic_x4;
  gdouble bicubic_jpeg_75;
} Demand;

static const Demand demands[] = {
  {&cup_network_fast_clean, 2.2, 1.6, 1.0, 0},
  {&cup_network_balanced_clean, 2.6, 2.0, 1.2, 0},
  {&cup_network_balanced_mix, 2.0, 1.4, 0, 0.6},
  {&cup_network_quality_clean, 2.9, 2.3, 1.3, 0},
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

static CupPixels *
upscale (const CupNetwork * network, const CupPixels * reduced, guint factor)
{
  CupPixels *result = cup_reference_upscale (network, reduced, TRUE), *larger;

  if (factor == 2)
    return result;
  larger = cup_reference_upscale (network, result, TRUE);
  cup_pixels_unref (result);
  return larger;
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
    psnr = take_psnr (upscale (network, reduced, factor), original, factor);
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
}

/* What a table gives is the same everywhere, and stays what it is. */
static void
test_digest (void)
{
  CupPixels *reduced = cup_scaling_reduce (originals[0], 2);
  CupPixels *result = cup_reference_upscale (&cup_network_balanced_clean,
      reduced, TRUE);
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint y;

  for (y = 0; y < result->height; y++)
    g_checksum_update (checksum, cup_pixels_row (result, y), result->width);
  g_assert_cmpstr (g_checksum_get_string (checksum), ==,
      "1f4c577e0928873fcf2188225c000e5d98630e56c56a16ac806d0886e9f5fb99");
  g_checksum_free (checksum);
  cup_pixels_unref (reduced);
  cup_pixels_unref (result);
}

static CupPixels *
new_picture (guint width, guint height)
{
  CupPixels *picture = cup_pixels_new (width, height, 1, 8, NULL);

  g_assert_nonnull (picture);
  memset (picture->data, 0, cup_pixels_get_size (picture));
  return picture;
}

/* Flat stays flat, to the level. */
static void
test_flat (void)
{
  CupPixels *flat = new_picture (8, 4);
  guint d, level, x, y;

  for (d = 0; d < G_N_ELEMENTS (demands); d++) {
    for (level = 0; level < 256; level += 5) {
      CupPixels *result;

      memset (flat->data, level, cup_pixels_get_size (flat));
      result = cup_reference_upscale (demands[d].network, flat, TRUE);
      for (y = 0; y < result->height; y++) {
        for (x = 0; x < result->width; x++)
          g_assert_cmpuint (cup_pixels_row (result, y)[x], ==, level);
      }
      cup_pixels_unref (result);
    }
  }
  cup_pixels_unref (flat);
}

/* A hard step, as graphics have it: a tenth of it and 2 levels at most. */
static void
test_overshoot (void)
{
  CupPixels *step = new_picture (24, 12);
  guint d, x, y;

  for (y = 0; y < step->height; y++) {
    for (x = 0; x < step->width; x++)
      cup_pixels_row (step, y)[x] = x < 12 ? 60 : 180;
  }
  for (d = 0; d < G_N_ELEMENTS (demands); d++) {
    CupPixels *result = cup_reference_upscale (demands[d].network, step, TRUE);
    guint low = 255, high = 0;

    for (y = 0; y < result->height; y++) {
      for (x = 0; x < result->width; x++) {
        low = MIN (low, cup_pixels_row (result, y)[x]);
        high = MAX (high, cup_pixels_row (result, y)[x]);
      }
    }
    g_test_message ("%s: %u to %u", demands[d].network->name, low, high);
    g_assert_cmpuint (low, >=, 60 - 14);
    g_assert_cmpuint (high, <=, 180 + 14);
    cup_pixels_unref (result);
  }
  cup_pixels_unref (step);
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
