/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A picture through all stages of the local engine: the same bytes whatever the
 * bands, threads and processor; alpha, depth, video, sizes.
 */
#include "engine/local/upscale.h"

#include <string.h>

#include "base/error.h"
#include "engine/local/resample.h"
#include "engine/local/tables.h"
#include "engine/local/vectors.h"

static const CupInterrupt no_interrupt = { NULL, 0 };

/* All stages, at their defaults. */
static const CupUpscaling defaults = {
  .network = &cup_network_balanced_clean,
  .instructions = CUP_INSTRUCTIONS_PORTABLE,
  .creativity = 0.5,
  .detail = 1,
  .shape_preservation = 0.25,
  .seed = 42,
};

/* Restoration alone. */
static const CupUpscaling restoration = {
  .network = &cup_network_balanced_clean,
  .instructions = CUP_INSTRUCTIONS_PORTABLE,
};

/* Something with edges, texture and flat areas, in all channels. @period: of its
 * checks. */
static guint
get_level (guint x, guint y, guint channel, guint period)
{
  guint level = ((x / period + y / period) % 2 == 0) ? 60 : 180;

  if (x / 24 % 2 == 0)
    level += (x * 7 + y * 13 + x * y % 11 * 5 + channel * 31) % 40;
  return level - 10 * channel;
}

static CupPixels *
new_picture (guint width, guint height, guint channels, guint depth)
{
  GError *error = NULL;
  CupPixels *pixels = cup_pixels_new (width, height, channels, depth, &error);
  guint x, y, c;

  g_assert_no_error (error);
  memset (pixels->data, 0, cup_pixels_get_size (pixels));
  for (y = 0; y < height; y++) {
    guint8 *row = cup_pixels_row (pixels, y);

    for (x = 0; x < width; x++) {
      for (c = 0; c < channels; c++) {
        guint level = c == 3 ? 255 : get_level (x, y, c, 9);

        if (depth == 8)
          row[x * channels + c] = level;
        else
          ((guint16 *) row)[x * channels + c] = level * 257;
      }
    }
  }
  return pixels;
}

/* A circle that can be seen, and what is around cannot. */
static void
cut_out (CupPixels * pixels)
{
  const gint middle_x = pixels->width / 2, middle_y = pixels->height / 2;
  const gint radius = MIN (middle_x, middle_y);
  gint x, y;

  for (y = 0; y < (gint) pixels->height; y++) {
    for (x = 0; x < (gint) pixels->width; x++) {
      const gint square = (x - middle_x) * (x - middle_x)
          + (y - middle_y) * (y - middle_y);
      const gint over = radius * radius - square;

      cup_pixels_row (pixels, y)[x * 4 + 3] = CLAMP (over, 0, 255);
    }
  }
}

static CupPixels *
upscale (const CupUpscaling * upscaling, const CupPixels * input,
    guint width, guint height, gsize band_samples, CupTeam * team)
{
  GError *error = NULL;
  CupPixels *output = cup_upscale (upscaling, input, width, height,
      band_samples, team, &no_interrupt, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (output->width, ==, width);
  g_assert_cmpuint (output->height, ==, height);
  g_assert_cmpuint (output->channels, ==, input->channels);
  g_assert_cmpuint (output->depth, ==, input->depth);
  return output;
}

static void
assert_same (const CupPixels * a, const CupPixels * b)
{
  g_assert_cmpmem (a->data, cup_pixels_get_size (a), b->data,
      cup_pixels_get_size (b));
}

static const struct
{
  guint channels, depth;
} kinds[] = { {1, 8}, {3, 8}, {4, 8}, {1, 16}, {3, 16}, {4, 16} };

static void
test_bands_threads_instructions (void)
{
  static const gdouble factors[] = { 1, 1.5, 2, 2.7, 4, 5 };
  CupTeam *teams[] = { NULL, cup_team_new (2), cup_team_new (7) };
  gsize k, f, t;

  for (k = 0; k < G_N_ELEMENTS (kinds); k++) {
    CupPixels *input = new_picture (61, 47, kinds[k].channels, kinds[k].depth);

    if (kinds[k].channels == 4 && kinds[k].depth == 8)
      cut_out (input);
    for (f = 0; f < G_N_ELEMENTS (factors); f++) {
      const guint width = 61 * factors[f], height = 47 * factors[f];
      CupPixels *wanted = upscale (&defaults, input, width, height, 0, NULL);

      for (t = 0; t < G_N_ELEMENTS (teams); t++) {
        CupUpscaling fast = defaults;
        CupPixels *found;

        /* Bands of about 20 rows, and the processor's best. */
        fast.instructions = cup_instructions_best ();
        found = upscale (&fast, input, width, height, width * 20, teams[t]);
        assert_same (wanted, found);
        cup_pixels_unref (found);

        cup_vectors_set_portable (TRUE);
        found = upscale (&defaults, input, width, height, width * 33, teams[t]);
        cup_vectors_set_portable (FALSE);
        assert_same (wanted, found);
        cup_pixels_unref (found);
      }
      cup_pixels_unref (wanted);
    }
    cup_pixels_unref (input);
  }
  for (t = 0; t < G_N_ELEMENTS (teams); t++)
    g_clear_pointer (&teams[t], cup_team_free);
}

/* All stages, all kinds of pictures: the same with all compilers. */
static void
test_digest (void)
{
  static const gchar *const digests[] = {
    "c384c7d1fcea7546e729033395937b07", "edda5f9c8d6fd87290517009d1dbf210",
    "601db37fa3f2e78ce0a396fb4d04b766", "a86719a095de162b92c62935d34f39a4",
    "8a2286f9b378ac0d9aa120dc4b33fc25", "069def96d7bf8413202ab942dac17193",
  };
  gsize k;

  for (k = 0; k < G_N_ELEMENTS (kinds); k++) {
    CupPixels *input = new_picture (61, 47, kinds[k].channels, kinds[k].depth);
    CupPixels *output = upscale (&defaults, input, 142, 110, 0, NULL);
    gchar *digest = g_compute_checksum_for_data (G_CHECKSUM_MD5, output->data,
        cup_pixels_get_size (output));

    g_test_message ("%u channels, %u bits: %s", kinds[k].channels,
        kinds[k].depth, digest);
    if (G_BYTE_ORDER == G_LITTLE_ENDIAN)
      g_assert_cmpstr (digest, ==, digests[k]);
    g_free (digest);
    cup_pixels_unref (output);
    cup_pixels_unref (input);
  }
}

static void
test_flat (void)
{
  gsize k, i;

  for (k = 0; k < G_N_ELEMENTS (kinds); k++) {
    CupPixels *input = new_picture (20, 14, kinds[k].channels, kinds[k].depth);
    CupPixels *output;
    guint x, y, c;

    for (y = 0; y < 14; y++) {
      for (i = 0; i < 20 * kinds[k].channels; i++) {
        const guint level = i % kinds[k].channels == 3 ? 255 :
            17 + 90 * (i % kinds[k].channels);

        if (kinds[k].depth == 8)
          cup_pixels_row (input, y)[i] = level;
        else
          ((guint16 *) cup_pixels_row (input, y))[i] = level * 257;
      }
    }
    output = upscale (&defaults, input, 47, 33, 0, NULL);
    for (y = 0; y < 33; y++) {
      for (x = 0; x < 47; x++) {
        for (c = 0; c < kinds[k].channels; c++) {
          const guint8 *row = cup_pixels_row (output, y);
          const guint level = c == 3 ? 255 : 17 + 90 * c;
          const guint i_out = x * kinds[k].channels + c;

          if (kinds[k].depth == 8)
            g_assert_cmpuint (row[i_out], ==, level);
          else
            g_assert_cmpuint (((const guint16 *) row)[i_out], ==, level * 257);
        }
      }
    }
    cup_pixels_unref (output);
    cup_pixels_unref (input);
  }
}

/* What has nothing to do with luma is left to exact resampling. */
static void
test_nothing_to_do (void)
{
  CupUpscaling nothing = { 0 };
  gsize k;

  nothing.shape_preservation = 3;
  for (k = 0; k < G_N_ELEMENTS (kinds); k++) {
    CupPixels *input = new_picture (33, 21, kinds[k].channels, kinds[k].depth);
    CupPixels *wanted = cup_resample (input, 73, 47, NULL, NULL);
    CupPixels *output = upscale (&nothing, input, 73, 47, 0, NULL);

    assert_same (wanted, output);
    cup_pixels_unref (output);
    cup_pixels_unref (wanted);

    /* A factor of 1 restores nothing. */
    output = upscale (&restoration, input, 33, 21, 0, NULL);
    assert_same (input, output);
    cup_pixels_unref (output);
    cup_pixels_unref (input);
  }
}

static void
test_alpha (void)
{
  CupPixels *opaque = new_picture (50, 40, 4, 8);
  CupPixels *rgb = new_picture (50, 40, 3, 8);
  CupPixels *cut = new_picture (50, 40, 4, 8);
  CupPixels *a, *b, *c, *d, *plain;
  guint x, y, i;

  cut_out (cut);
  a = upscale (&defaults, opaque, 100, 80, 0, NULL);
  b = upscale (&defaults, rgb, 100, 80, 0, NULL);
  c = upscale (&defaults, cut, 100, 80, 0, NULL);
  /* What cannot be seen does not matter. */
  for (y = 0; y < 40; y++) {
    for (x = 0; x < 50; x++) {
      guint8 *pixel = cup_pixels_row (cut, y) + 4 * x;

      if (pixel[3] == 0)
        pixel[0] = pixel[1] = pixel[2] = 255 * (x % 2);
    }
  }
  d = upscale (&defaults, cut, 100, 80, 0, NULL);
  plain = cup_resample (cut, 100, 80, NULL, NULL);
  assert_same (c, d);
  for (y = 0; y < 80; y++) {
    for (x = 0; x < 100; x++) {
      const guint8 *pixel = cup_pixels_row (c, y) + 4 * x;

      for (i = 0; i < 3; i++)
        g_assert_cmpuint (cup_pixels_row (a, y)[4 * x + i], ==,
            cup_pixels_row (b, y)[3 * x + i]);
      g_assert_cmpuint (cup_pixels_row (a, y)[4 * x + 3], ==, 255);
      g_assert_cmpuint (pixel[3], ==, cup_pixels_row (plain, y)[4 * x + 3]);
      if (pixel[3] == 0)
        g_assert_cmpuint (pixel[0] | pixel[1] | pixel[2], ==, 0);
    }
  }
  cup_pixels_unref (opaque);
  cup_pixels_unref (rgb);
  cup_pixels_unref (cut);
  cup_pixels_unref (a);
  cup_pixels_unref (b);
  cup_pixels_unref (c);
  cup_pixels_unref (d);
  cup_pixels_unref (plain);
}

/* Half transparent throughout: the colours of the same that is opaque. */
static void
test_alpha_half (void)
{
  CupPixels *opaque = new_picture (50, 40, 4, 8);
  CupPixels *half = new_picture (50, 40, 4, 8);
  CupPixels *a, *b;
  guint x, y, c;

  for (y = 0; y < 40; y++) {
    for (x = 0; x < 50; x++)
      cup_pixels_row (half, y)[4 * x + 3] = 128;
  }
  a = upscale (&restoration, opaque, 100, 80, 0, NULL);
  b = upscale (&restoration, half, 100, 80, 0, NULL);
  for (y = 0; y < 80; y++) {
    for (x = 0; x < 100; x++) {
      for (c = 0; c < 3; c++)
        g_assert_cmpint (ABS (cup_pixels_row (a, y)[4 * x + c]
                - cup_pixels_row (b, y)[4 * x + c]), <=, 1);
      g_assert_cmpuint (cup_pixels_row (b, y)[4 * x + 3], ==, 128);
    }
  }
  cup_pixels_unref (a);
  cup_pixels_unref (b);
  cup_pixels_unref (opaque);
  cup_pixels_unref (half);
}

/* An object in front of nothing has no edge that would be made sharper: a flat
 * one stays flat up to where it ends. */
static void
test_alpha_edge (void)
{
  CupPixels *input = new_picture (40, 40, 4, 8), *output;
  guint x, y;

  for (y = 0; y < 40; y++) {
    for (x = 0; x < 40; x++) {
      guint8 *pixel = cup_pixels_row (input, y) + 4 * x;
      const gboolean seen = x >= 13 && x < 29 && y >= 11 && y < 30;

      pixel[0] = pixel[1] = pixel[2] = seen ? 150 : 0;
      pixel[3] = seen ? 255 : 0;
    }
  }
  output = upscale (&defaults, input, 80, 80, 0, NULL);
  for (y = 0; y < 80; y++) {
    for (x = 0; x < 80; x++) {
      const guint8 *pixel = cup_pixels_row (output, y) + 4 * x;

      if (pixel[3] > 8)
        g_assert_cmpint (ABS (pixel[0] - 150), <=, 1);
    }
  }
  cup_pixels_unref (output);
  cup_pixels_unref (input);
}

/* Colours come from exact resampling; only luma differs. */
static void
check_colour_shift (const CupPixels * input, guint factor)
{
  const guint width = factor * input->width, height = factor * input->height;
  CupPixels *plain = cup_resample (input, width, height, NULL, NULL);
  CupPixels *output = upscale (&defaults, input, width, height, 0, NULL);
  gdouble sums[3] = { 0, 0, 0 };
  guint x, y, c;

  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++) {
      for (c = 0; c < 3; c++)
        sums[c] += cup_pixels_row (output, y)[3 * x + c]
            - cup_pixels_row (plain, y)[3 * x + c];
    }
  }
  for (c = 0; c < 3; c++) {
    g_test_message ("x%u, channel %u: %.3f", factor, c,
        sums[c] / ((gdouble) width * height));
    g_assert_cmpfloat (ABS (sums[c]) / ((gdouble) width * height), <, 0.3);
  }
  cup_pixels_unref (plain);
  cup_pixels_unref (output);
}

static void
set_channel (CupPixels * pixels, guint channel, guint8 level)
{
  guint x, y;

  for (y = 0; y < pixels->height; y++) {
    for (x = 0; x < pixels->width; x++)
      cup_pixels_row (pixels, y)[pixels->channels * x + channel] = level;
  }
}

/* Also not where a channel can go one way only. */
static void
test_colour_shift (void)
{
  CupPixels *input = new_picture (120, 90, 3, 8);
  guint c;

  check_colour_shift (input, 2);
  check_colour_shift (input, 4);
  cup_pixels_unref (input);
  for (c = 0; c < 3; c++) {
    input = new_picture (120, 90, 3, 8);
    set_channel (input, c, 0);
    check_colour_shift (input, 2);
    check_colour_shift (input, 4);
    set_channel (input, c, 255);
    check_colour_shift (input, 2);
    set_channel (input, (c + 1) % 3, 255);
    check_colour_shift (input, 2);
    cup_pixels_unref (input);
  }
}

/* What is gray stays gray, with the luma of a gray picture, up to black and
 * white. */
static void
test_gray_stays (void)
{
  CupPixels *gray = new_picture (60, 50, 1, 8);
  CupPixels *colour = cup_pixels_new (60, 50, 3, 8, NULL);
  CupPixels *expected, *output;
  guint x, y, c;

  for (y = 0; y < 50; y++) {
    for (x = 0; x < 60; x++) {
      guint8 *level = cup_pixels_row (gray, y) + x;

      *level = CLAMP (3 * (*level - 120), 0, 255);
      for (c = 0; c < 3; c++)
        cup_pixels_row (colour, y)[3 * x + c] = *level;
    }
  }
  expected = upscale (&defaults, gray, 120, 100, 0, NULL);
  output = upscale (&defaults, colour, 120, 100, 0, NULL);
  for (y = 0; y < 100; y++) {
    for (x = 0; x < 120; x++) {
      for (c = 0; c < 3; c++)
        g_assert_cmpint (ABS (cup_pixels_row (output, y)[3 * x + c]
                - cup_pixels_row (expected, y)[x]), <=, 1);
    }
  }
  cup_pixels_unref (gray);
  cup_pixels_unref (colour);
  cup_pixels_unref (expected);
  cup_pixels_unref (output);
}

/* Video */

static CupYuv *
new_video (guint width, guint height, gboolean half_width, gboolean half_height)
{
  GError *error = NULL;
  CupYuv *yuv = cup_yuv_new (width, height, half_width, half_height, &error);
  guint i, x, y;

  g_assert_no_error (error);
  for (i = 0; i < 3; i++) {
    memset (yuv->planes[i]->data, 0, cup_pixels_get_size (yuv->planes[i]));
    for (y = 0; y < yuv->planes[i]->height; y++) {
      for (x = 0; x < yuv->planes[i]->width; x++)
        cup_pixels_row (yuv->planes[i], y)[x] = get_level (x, y, i, 7);
    }
  }
  return yuv;
}

static CupYuv *
upscale_video (const CupUpscaling * upscaling, const CupYuv * input,
    guint width, guint height, gsize band_samples, CupTeam * team)
{
  GError *error = NULL;
  CupYuv *output = cup_upscale_yuv (upscaling, input, width, height,
      band_samples, team, &no_interrupt, &error);

  g_assert_no_error (error);
  return output;
}

static void
test_video (void)
{
  static const struct
  {
    gboolean half_width, half_height;
  } layouts[] = { {TRUE, TRUE}, {TRUE, FALSE}, {FALSE, FALSE} };
  CupTeam *team = cup_team_new (3);
  gsize l, i;

  for (l = 0; l < G_N_ELEMENTS (layouts); l++) {
    CupYuv *input = new_video (61, 47, layouts[l].half_width,
        layouts[l].half_height);
    CupYuv *a = upscale_video (&defaults, input, 143, 111, 0, NULL);
    CupYuv *b = upscale_video (&defaults, input, 143, 111, 143 * 20, team);
    /* Luma is a gray picture's. */
    CupPixels *luma = upscale (&defaults, input->planes[0], 143, 111, 0, NULL);

    assert_same (luma, a->planes[0]);
    for (i = 0; i < 3; i++)
      assert_same (a->planes[i], b->planes[i]);
    g_assert_cmpuint (a->planes[1]->width, ==,
        layouts[l].half_width ? 72 : 143);
    g_assert_cmpuint (a->planes[2]->height, ==,
        layouts[l].half_height ? 56 : 111);
    cup_pixels_unref (luma);
    cup_yuv_unref (a);
    cup_yuv_unref (b);
    cup_yuv_unref (input);
  }
  cup_team_free (team);
}

/* A ramp of chroma over luma's places is the same ramp in every size, wherever
 * chroma lies. */
static void
test_chroma_site (void)
{
  static const guint widths[] = { 160, 200, 161, 320, 640 };
  gint cosited;
  gsize i;
  guint x;

  for (cosited = 0; cosited < 2; cosited++) {
    for (i = 0; i < G_N_ELEMENTS (widths); i++) {
      CupYuv *input = new_video (160, 8, TRUE, TRUE), *output;
      const gdouble ratio = 160.0 / widths[i];
      gdouble sum = 0;

      input->cosited_x = cosited;
      for (x = 0; x < 8 * 80; x++)
        cup_pixels_row (input->planes[1], x / 80 % 4)[x % 80] =
            3 * (x % 80) + 8;
      output = upscale_video (&restoration, input, widths[i], 8 * widths[i]
          / 160, 0, NULL);
      /* Away from the borders, where it goes on flat. */
      for (x = 20; x + 20 < output->planes[1]->width; x++) {
        const gdouble luma = 2 * x + (cosited ? 0 : 0.5);
        const gdouble from = (luma + 0.5) * ratio - 0.5;
        const gdouble chroma = (from - (cosited ? 0 : 0.5)) / 2;

        const gdouble error = cup_pixels_row (output->planes[1], 1)[x]
            - (3 * chroma + 8);

        g_assert_cmpfloat (ABS (error), <=, 0.75);
        sum += error;
      }
      /* An eighth of a sample would be 0.37. Halves are rounded up. */
      g_assert_cmpfloat (ABS (sum / (output->planes[1]->width - 40)), <, 0.2);
      g_assert_true (output->cosited_x == cosited);
      cup_yuv_unref (output);
      cup_yuv_unref (input);
    }
  }
}

/* Ends */

static void
test_cancelled (void)
{
  CupPixels *input = new_picture (400, 300, 3, 8);
  GCancellable *cancellable = g_cancellable_new ();
  CupInterrupt interrupt = { cancellable, 0 };
  GError *error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (cup_upscale (&defaults, input, 800, 600, 0, NULL, &interrupt,
          &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  interrupt.cancellable = NULL;
  interrupt.deadline = 1;
  g_assert_null (cup_upscale (&defaults, input, 800, 600, 0, NULL, &interrupt,
          &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_TIMEOUT);
  g_clear_error (&error);
  g_object_unref (cancellable);
  cup_pixels_unref (input);
}

static void
test_too_large (void)
{
  CupPixels *input = new_picture (16, 16, 3, 8);
  GError *error = NULL;

  g_assert_null (cup_upscale (&defaults, input, 70000, 16, 0, NULL,
          &no_interrupt, &error));
  g_assert_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE);
  g_clear_error (&error);
  cup_pixels_unref (input);
}

static void
test_tiny (void)
{
  static const guint sizes[][2] = { {1, 1}, {1, 9}, {9, 1}, {2, 3}, {5, 4} };
  gsize i, k;
  guint factor;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    for (k = 0; k < G_N_ELEMENTS (kinds); k++) {
      for (factor = 1; factor <= 5; factor++) {
        CupPixels *input = new_picture (sizes[i][0], sizes[i][1],
            kinds[k].channels, kinds[k].depth);

        cup_pixels_unref (upscale (&defaults, input, sizes[i][0] * factor,
                sizes[i][1] * factor, 0, NULL));
        cup_pixels_unref (input);
      }
    }
    for (factor = 1; factor <= 5; factor++) {
      CupYuv *video = new_video (sizes[i][0], sizes[i][1], TRUE, TRUE);

      cup_yuv_unref (upscale_video (&defaults, video, sizes[i][0] * factor,
              sizes[i][1] * factor, 0, NULL));
      cup_yuv_unref (video);
    }
  }
}

/* With `-m slow`: as large as results can be, from two directions. */
static void
test_huge (void)
{
  CupTeam *team = cup_team_new (0);
  CupPixels *input, *output;
  CupUpscaling fast = defaults;

  if (!g_test_slow ()) {
    g_test_skip ("runs with -m slow");
    cup_team_free (team);
    return;
  }
  fast.network = &cup_network_fast_clean;
  fast.instructions = cup_instructions_best ();
  input = new_picture (8192, 8192, 3, 8);
  output = upscale (&fast, input, 16384, 16384, 0, team);
  cup_pixels_unref (output);
  cup_pixels_unref (input);
  input = new_picture (7000, 2048, 3, 8);
  output = upscale (&fast, input, 28000, 8192, 0, team);
  cup_pixels_unref (output);
  cup_pixels_unref (input);
  cup_team_free (team);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/upscale/bands-threads-instructions",
      test_bands_threads_instructions);
  g_test_add_func ("/upscale/digest", test_digest);
  g_test_add_func ("/upscale/flat", test_flat);
  g_test_add_func ("/upscale/nothing-to-do", test_nothing_to_do);
  g_test_add_func ("/upscale/alpha", test_alpha);
  g_test_add_func ("/upscale/alpha-half", test_alpha_half);
  g_test_add_func ("/upscale/alpha-edge", test_alpha_edge);
  g_test_add_func ("/upscale/colour-shift", test_colour_shift);
  g_test_add_func ("/upscale/gray-stays", test_gray_stays);
  g_test_add_func ("/upscale/video", test_video);
  g_test_add_func ("/upscale/chroma-site", test_chroma_site);
  g_test_add_func ("/upscale/cancelled", test_cancelled);
  g_test_add_func ("/upscale/too-large", test_too_large);
  g_test_add_func ("/upscale/tiny", test_tiny);
  g_test_add_func ("/upscale/huge", test_huge);

  return g_test_run ();
}
