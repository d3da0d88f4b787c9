/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What it costs to bring colours back, and to look for a new scene: time on one
 * core for a frame. The best of several runs is shown.
 */
#include "image/colour-match.h"
#include "image/scene.h"

#include <stdlib.h>

#define RUNS 9

static CupPixels *
make (guint width, guint height, guint channels, guint depth)
{
  CupPixels *pixels = cup_pixels_new (width, height, channels, depth, NULL);
  GRand *rand = g_rand_new_with_seed (1);
  gsize i;

  g_assert_nonnull (pixels);
  for (i = 0; i + 4 <= cup_pixels_get_size (pixels); i += 4)
    *(guint32 *) (pixels->data + i) = g_rand_int (rand);
  g_rand_free (rand);
  return pixels;
}

static void
show (const gchar * what, const CupPixels * pixels, gint64 time)
{
  g_print ("%-12s %u×%u, %u channels of %u bits: %.1f ms\n", what,
      pixels->width, pixels->height, pixels->channels, pixels->depth,
      time / 1000.0);
}

static void
measure (guint width, guint height, guint channels, guint depth)
{
  CupPixels *pixels = make (width, height, channels, depth);
  CupPixels *other = make (width / 4, height / 4, channels, depth);
  CupColourReference *reference = cup_colour_reference_new (other);
  gint64 averaging = G_MAXINT64, matching = G_MAXINT64, looking = G_MAXINT64;
  guint run;

  for (run = 0; run < RUNS; run++) {
    CupSceneThumbnail thumbnail;
    gint64 start = g_get_monotonic_time ();
    gint64 middle, end;

    cup_colour_reference_unref (cup_colour_reference_new (pixels));
    middle = g_get_monotonic_time ();
    averaging = MIN (averaging, middle - start);
    pixels = cup_colour_match_apply (CUP_COLOUR_MATCH_WAVELET, reference,
        pixels, NULL);
    end = g_get_monotonic_time ();
    matching = MIN (matching, end - middle);
    cup_scene_thumbnail_init (&thumbnail, pixels);
    looking = MIN (looking, g_get_monotonic_time () - end);
  }
  show ("reference", pixels, averaging);
  show ("match", pixels, matching);
  show ("thumbnail", pixels, looking);
  cup_colour_reference_unref (reference);
  cup_pixels_unref (other);
  cup_pixels_unref (pixels);
}

int
main (int argc, char **argv)
{
  measure (3840, 2160, 3, 8);
  measure (3840, 2160, 3, 16);
  measure (3840, 2160, 4, 8);
  measure (3840, 2160, 4, 16);
  measure (1920, 1080, 1, 8);
  return EXIT_SUCCESS;
}
