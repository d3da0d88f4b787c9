/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is a new scene and what is not, with pictures that are made up: like
 * photographs, they have shapes of all sizes, the larger the stronger.
 */
#include "image/scene.h"

#include <math.h>
#include <string.h>

#define WIDTH 320
#define HEIGHT 180
#define SCENES 12

static const gdouble threshold = CUP_SCENE_DEFAULT_THRESHOLD;

/* A frame of a scene: where the camera is, what the light does. */
typedef struct
{
  guint scene;
  gdouble x;
  gdouble y;
  gdouble zoom;
  gdouble gain;
  gdouble offset;
  gdouble noise;
} Shot;

static gdouble
get_lattice (guint scene, gint x, gint y)
{
  guint32 h = scene * 3266489917u ^ (guint32) x * 2654435761u
      ^ (guint32) y * 2246822519u;

  h = (h ^ h >> 15) * 2246822519u;
  h = (h ^ h >> 13) * 3266489917u;
  h ^= h >> 16;
  return h / (gdouble) G_MAXUINT32;
}

/* Value noise: -1 … 1 at places of any distance, smooth between. */
static gdouble
get_octave (guint scene, gdouble x, gdouble y)
{
  gint x0 = floor (x), y0 = floor (y);
  gdouble u = x - x0, v = y - y0;

  u = u * u * (3 - 2 * u);
  v = v * v * (3 - 2 * v);
  return 2 * ((1 - v) * ((1 - u) * get_lattice (scene, x0, y0)
          + u * get_lattice (scene, x0 + 1, y0))
      + v * ((1 - u) * get_lattice (scene, x0, y0 + 1)
          + u * get_lattice (scene, x0 + 1, y0 + 1))) - 1;
}

/* Scenes differ in brightness and contrast, as they do. */
static gdouble
paint (guint scene, gdouble x, gdouble y)
{
  gdouble mean = 80 + 90 * get_lattice (scene, 1000, 0);
  gdouble contrast = 60 + 60 * get_lattice (scene, 1001, 0);
  gdouble sum = 0, size = 3, strength = 0.6;
  guint octave;

  for (octave = 0; octave < 5; octave++) {
    sum += strength * get_octave (scene * 16 + octave, x * size, y * size);
    size *= 2;
    strength *= 0.55;
  }
  return mean + contrast * sum;
}

static CupPixels *
shoot (const Shot * shot, guint width, guint height, guint channels,
    guint depth)
{
  CupPixels *pixels = cup_pixels_new (width, height, channels, depth, NULL);
  GRand *rand = g_rand_new_with_seed (shot->scene);
  gdouble zoom = shot->zoom > 0 ? shot->zoom : 1;
  gdouble gain = shot->gain > 0 ? shot->gain : 1;
  guint x, y, c;

  g_assert_nonnull (pixels);
  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++) {
      gdouble value = gain * paint (shot->scene,
          ((x + 0.5) / width - 0.5) * 16 / 9 / zoom + shot->x,
          ((y + 0.5) / height - 0.5) / zoom + shot->y) + shot->offset;

      if (shot->noise > 0)
        value += g_rand_double_range (rand, -shot->noise, shot->noise);
      value = CLAMP (value, 0, 255);
      for (c = 0; c < channels; c++) {
        gsize i = (gsize) x * channels + c;

        if (depth == 8)
          cup_pixels_row (pixels, y)[i] = c == 3 ? 255 : value + 0.5;
        else
          ((guint16 *) cup_pixels_row (pixels, y))[i] =
              c == 3 ? 65535 : value * 257 + 0.5;
      }
    }
  }
  g_rand_free (rand);
  return pixels;
}

static CupSceneThumbnail
take (const Shot * shot)
{
  CupPixels *pixels = shoot (shot, WIDTH, HEIGHT, 1, 8);
  CupSceneThumbnail thumbnail;

  cup_scene_thumbnail_init (&thumbnail, pixels);
  cup_pixels_unref (pixels);
  return thumbnail;
}

static gdouble
get_distance (const Shot * a, const Shot * b)
{
  CupSceneThumbnail of_a = take (a), of_b = take (b);
  gdouble distance = cup_scene_get_distance (&of_a, &of_b);

  g_assert_cmpfloat (distance, >=, 0);
  g_assert_cmpfloat (distance, <=, 1);
  g_assert_cmpfloat_with_epsilon (distance,
      cup_scene_get_distance (&of_b, &of_a), 1e-9);
  return distance;
}

/* The largest distance of all scenes from a variation of themselves. */
static gdouble
get_largest (const gchar * what, const Shot * variation)
{
  gdouble largest = 0;
  guint scene;

  for (scene = 0; scene < SCENES; scene++) {
    Shot before = { scene, }, after = *variation;

    after.scene = scene;
    largest = MAX (largest, get_distance (&before, &after));
  }
  g_test_message ("%s: %.3f at most", what, largest);
  return largest;
}

static void
test_same (void)
{
  Shot same = { 0, };

  g_assert_cmpfloat (get_largest ("same", &same), ==, 0);
}

static void
test_cut (void)
{
  CupSceneThumbnail thumbnails[SCENES];
  gdouble least = 1, sum = 0;
  guint a, b, pairs = 0;

  for (a = 0; a < SCENES; a++) {
    Shot shot = { a, };

    thumbnails[a] = take (&shot);
    for (b = 0; b < a; b++, pairs++) {
      gdouble distance = cup_scene_get_distance (&thumbnails[a],
          &thumbnails[b]);

      least = MIN (least, distance);
      sum += distance;
    }
  }
  g_test_message ("cut: %.3f at least, mean %.3f", least, sum / pairs);
  g_assert_cmpfloat (least, >=, threshold);
}

static void
test_noise (void)
{
  Shot noise = { 0,.noise = 60 };

  g_assert_cmpfloat (get_largest ("noise", &noise), <, threshold / 3);
}

static void
test_flash (void)
{
  Shot flash = { 0,.offset = 60 }, darker = { 0,.gain = 0.6 };
  Shot brighter = { 0,.gain = 1.3,.offset = 20 };

  g_assert_cmpfloat (get_largest ("flash", &flash), <, threshold);
  g_assert_cmpfloat (get_largest ("darker", &darker), <, threshold);
  g_assert_cmpfloat (get_largest ("brighter", &brighter), <, threshold);
}

static void
test_pan (void)
{
  /* By a tenth of the width and height, and what a hand does. */
  Shot pan = { 0,.x = 0.17 }, tilt = { 0,.y = -0.1 };
  Shot shake = { 0,.x = 0.013,.y = 0.02 };

  g_assert_cmpfloat (get_largest ("pan", &pan), <, threshold / 1.5);
  g_assert_cmpfloat (get_largest ("tilt", &tilt), <, threshold / 1.5);
  g_assert_cmpfloat (get_largest ("shake", &shake), <, threshold / 3);
}

static void
test_zoom (void)
{
  Shot zoom = { 0,.zoom = 1.1 };

  g_assert_cmpfloat (get_largest ("zoom", &zoom), <, threshold / 1.5);
}

static CupSceneThumbnail
mix (const CupSceneThumbnail * a, const CupSceneThumbnail * b, gdouble part)
{
  CupSceneThumbnail mixed;
  guint x, y;

  for (y = 0; y < CUP_SCENE_HEIGHT; y++) {
    for (x = 0; x < CUP_SCENE_WIDTH; x++)
      mixed.luma[y][x] = (1 - part) * a->luma[y][x] + part * b->luma[y][x]
          + 0.5;
  }
  return mixed;
}

/* No step of a fade is a new scene, while its end is one. */
static void
test_fade (void)
{
  CupSceneThumbnail black;
  guint scene, step;

  memset (&black, 16, sizeof black);
  for (scene = 0; scene + 1 < SCENES; scene++) {
    Shot a = { scene, }, b = { scene + 1, };
    CupSceneThumbnail from = take (&a), into = take (&b);
    CupSceneThumbnail last = from, faded = from;

    for (step = 1; step <= 25; step++) {
      CupSceneThumbnail next = mix (&from, &into, step / 25.0);
      CupSceneThumbnail darker = mix (&from, &black, step / 25.0);

      g_assert_cmpfloat (cup_scene_get_distance (&last, &next), <, threshold);
      /* The last few of what fades are gray on black. */
      if (step <= 22)
        g_assert_cmpfloat (cup_scene_get_distance (&faded, &darker), <,
            threshold);
      last = next;
      faded = darker;
    }
    g_assert_cmpfloat (cup_scene_get_distance (&from, &into), >=, threshold);
    g_assert_cmpfloat (cup_scene_get_distance (&from, &black), >=, threshold);
  }
}

/* Flat frames: another brightness is other light, not another scene. */
static void
test_flat (void)
{
  CupSceneThumbnail black, gray;

  memset (&black, 0, sizeof black);
  memset (&gray, 128, sizeof gray);
  g_assert_cmpfloat (cup_scene_get_distance (&black, &black), ==, 0);
  g_assert_cmpfloat (cup_scene_get_distance (&black, &gray), ==, 0);
  gray.luma[3][4] = 133;
  g_assert_cmpfloat (cup_scene_get_distance (&black, &gray), <, threshold);
}

/* Size and format do not matter. */
static void
test_formats (void)
{
  static const guint channels[] = { 1, 3, 4 };
  Shot shot = { 3, };
  CupSceneThumbnail want = take (&shot);
  guint c, depth, scale;

  for (c = 0; c < G_N_ELEMENTS (channels); c++) {
    for (depth = 8; depth <= 16; depth += 8) {
      for (scale = 1; scale <= 2; scale++) {
        CupPixels *pixels = shoot (&shot, scale * WIDTH - 1,
            scale * HEIGHT + 1, channels[c], depth);
        CupSceneThumbnail have;

        cup_scene_thumbnail_init (&have, pixels);
        g_assert_cmpfloat (cup_scene_get_distance (&want, &have), <, 0.02);
        g_assert_cmpint (ABS (have.luma[9][9] - want.luma[9][9]), <=, 2);
        cup_pixels_unref (pixels);
      }
    }
  }
}

/* Luma is that of the primaries; what cannot be seen is black. */
static void
test_luma (void)
{
  static const struct
  {
    guint8 rgba[4];
    guint luma;
  } colours[] = {
    {{255, 255, 255, 255}, 255}, {{255, 0, 0, 255}, 76},
    {{0, 255, 0, 255}, 150}, {{0, 0, 255, 255}, 29},
    {{255, 255, 255, 0}, 0}, {{255, 255, 255, 51}, 51}
  };
  CupPixels *pixels = cup_pixels_new (40, 3, 4, 8, NULL);
  guint i, x, y;

  for (i = 0; i < G_N_ELEMENTS (colours); i++) {
    CupSceneThumbnail thumbnail;

    for (y = 0; y < 3; y++) {
      for (x = 0; x < 40; x++)
        memcpy (cup_pixels_row (pixels, y) + 4 * x, colours[i].rgba, 4);
    }
    cup_scene_thumbnail_init (&thumbnail, pixels);
    g_assert_cmpuint (thumbnail.luma[0][0], ==, colours[i].luma);
    g_assert_cmpuint (thumbnail.luma[17][31], ==, colours[i].luma);
  }
  cup_pixels_unref (pixels);
}

/* A plane of luma in memory of other origin, of odd alignment and stride. */
static void
test_plane (void)
{
  static guint8 memory[1 + 101 * 50];
  CupPixels plane = { 96, 50, 1, 8, 101, memory + 1 };
  CupSceneThumbnail thumbnail;
  guint y;

  memset (memory, 255, sizeof memory);
  for (y = 0; y < 50; y++)
    memset (memory + 1 + 101 * y, 100, 96);
  cup_scene_thumbnail_init (&thumbnail, &plane);
  for (y = 0; y < CUP_SCENE_HEIGHT; y++) {
    g_assert_cmpuint (thumbnail.luma[y][0], ==, 100);
    g_assert_cmpuint (thumbnail.luma[y][CUP_SCENE_WIDTH - 1], ==, 100);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/scene/same", test_same);
  g_test_add_func ("/scene/cut", test_cut);
  g_test_add_func ("/scene/noise", test_noise);
  g_test_add_func ("/scene/flash", test_flash);
  g_test_add_func ("/scene/pan", test_pan);
  g_test_add_func ("/scene/zoom", test_zoom);
  g_test_add_func ("/scene/fade", test_fade);
  g_test_add_func ("/scene/flat", test_flat);
  g_test_add_func ("/scene/formats", test_formats);
  g_test_add_func ("/scene/luma", test_luma);
  g_test_add_func ("/scene/plane", test_plane);

  return g_test_run ();
}
