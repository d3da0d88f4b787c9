/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What PNG costs: processor time of all threads and time on the clock for one
 * frame, by the fast way and by libpng at level 1, in turns.
 *
 *   bench-png            a picture that is made up
 *   bench-png FOLDER     a mosaic of the PNG files there
 *
 * The frame of 4K is one of 1080p enlarged, with noise: what an upscaler returns
 * compresses better than what a camera takes.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/team.h"
#include "image/png-private.h"

#define RUNS 7

typedef struct
{
  gdouble cpu;
  gdouble wall;
} Cost;

static gdouble
get_time (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void
begin (Cost * cost)
{
  cost->cpu = get_time (CLOCK_PROCESS_CPUTIME_ID);
  cost->wall = get_time (CLOCK_MONOTONIC);
}

static void
end (Cost * cost, Cost * best)
{
  best->cpu = MIN (best->cpu, get_time (CLOCK_PROCESS_CPUTIME_ID) - cost->cpu);
  best->wall = MIN (best->wall, get_time (CLOCK_MONOTONIC) - cost->wall);
}

/* Shades, edges, and the noise of a camera. */
static CupPixels *
make_up (guint width, guint height)
{
  CupPixels *pixels = cup_pixels_new (width, height, 3, 8, NULL);
  GRand *rand = g_rand_new_with_seed (1);
  guint x, y, c;

  for (y = 0; y < height; y++) {
    guint8 *row = cup_pixels_row (pixels, y);

    for (x = 0; x < width; x++) {
      gdouble shade = 110 + 60 * sin (x / 97.0) * cos (y / 61.0)
          + 25 * sin ((x + y) / 7.0) + ((x / 64 + y / 48) % 2 ? 20 : 0);
      gint noise = g_rand_int_range (rand, -4, 5);

      for (c = 0; c < 3; c++)
        row[3 * x + c] = CLAMP (shade + c * 12 + noise
            + g_rand_int_range (rand, -1, 2), 0, 255);
    }
  }
  g_rand_free (rand);
  return pixels;
}

/* Copies as much of @tile as there is room for at @x, @y. */
static void
place (CupPixels * pixels, const CupPixels * tile, guint x, guint y)
{
  guint n_rows = MIN (tile->height, pixels->height - y);
  guint n = MIN (tile->width, pixels->width - x), i;

  for (i = 0; i < n_rows; i++)
    memcpy (cup_pixels_row (pixels, y + i) + 3 * x, cup_pixels_row (tile, i),
        3 * n);
}

static GPtrArray *
read_folder (const gchar * folder)
{
  GPtrArray *tiles = g_ptr_array_new_with_free_func
      ((GDestroyNotify) cup_pixels_unref);
  GDir *dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    gchar *path = g_build_filename (folder, name, NULL), *data;
    gsize size;

    if (g_file_get_contents (path, &data, &size, NULL)) {
      GBytes *bytes = g_bytes_new_take (data, size);
      CupPixels *tile = cup_image_decode (bytes, 0, NULL);

      if (tile && tile->channels == 3 && tile->depth == 8)
        g_ptr_array_add (tiles, tile);
      else
        g_clear_pointer (&tile, cup_pixels_unref);
      g_bytes_unref (bytes);
    }
    g_free (path);
  }
  if (dir)
    g_dir_close (dir);
  return tiles;
}

static CupPixels *
make_mosaic (const gchar * folder, guint width, guint height)
{
  GPtrArray *tiles = read_folder (folder);
  CupPixels *pixels;
  guint x, y, height_of_line, i = 0;

  if (tiles->len == 0) {
    g_printerr ("%s: no PNG files of RGB with 8 bits\n", folder);
    exit (EXIT_FAILURE);
  }
  pixels = cup_pixels_new (width, height, 3, 8, NULL);
  for (y = 0; y < height; y += height_of_line) {
    height_of_line = height;
    for (x = 0; x < width; i++) {
      const CupPixels *tile = tiles->pdata[i % tiles->len];

      place (pixels, tile, x, y);
      x += tile->width;
      height_of_line = MIN (height_of_line, tile->height);
    }
  }
  g_ptr_array_unref (tiles);
  return pixels;
}

/* Twice the size, bilinear, and ±2 of noise. */
static CupPixels *
enlarge (const CupPixels * pixels)
{
  CupPixels *large = cup_pixels_new (2 * pixels->width, 2 * pixels->height, 3,
      8, NULL);
  GRand *rand = g_rand_new_with_seed (2);
  guint x, y, c;

  for (y = 0; y < large->height; y++) {
    const guint8 *above = cup_pixels_row (pixels, y / 2);
    const guint8 *below = cup_pixels_row (pixels,
        MIN (y / 2 + y % 2, pixels->height - 1));

    for (x = 0; x < large->width; x++) {
      guint left = 3 * (x / 2);
      guint right = 3 * MIN (x / 2 + x % 2, pixels->width - 1);

      for (c = 0; c < 3; c++) {
        gint value = (above[left + c] + above[right + c] + below[left + c]
            + below[right + c] + 2) / 4 + g_rand_int_range (rand, -2, 3);

        cup_pixels_row (large, y)[3 * x + c] = CLAMP (value, 0, 255);
      }
    }
  }
  g_rand_free (rand);
  return large;
}

typedef GBytes *(*EncodeFunc) (const CupPixels * pixels, guint level,
    GError ** error);

static GBytes *
measure_encoder (const gchar * what, EncodeFunc encode, guint level,
    const CupPixels * pixels)
{
  Cost best = { G_MAXDOUBLE, G_MAXDOUBLE };
  GBytes *bytes = NULL;
  guint run;

  for (run = 0; run < RUNS; run++) {
    Cost cost;

    g_clear_pointer (&bytes, g_bytes_unref);
    begin (&cost);
    bytes = encode (pixels, level, NULL);
    end (&cost, &best);
    g_assert_nonnull (bytes);
  }
  g_print ("  encode %-28s %7.1f ms of CPU, %7.1f on the clock, %6.2f MB\n",
      what, best.cpu, best.wall, g_bytes_get_size (bytes) / 1e6);
  return bytes;
}

static void
measure_decoders (const gchar * what, GBytes * bytes, CupPixels * pixels)
{
  Cost fast = { G_MAXDOUBLE, G_MAXDOUBLE }, slow = fast;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  guint run;

  for (run = 0; run < RUNS; run++) {
    Cost cost;

    begin (&cost);
    if (!cup_png_decode (data, size, pixels, NULL, NULL))
      g_assert_not_reached ();
    end (&cost, &fast);
    begin (&cost);
    if (!cup_png_decode_by_libpng (data, size, pixels, NULL))
      g_assert_not_reached ();
    end (&cost, &slow);
  }
  g_print ("  decode %-28s %7.1f ms of CPU, by libpng %7.1f\n", what, fast.cpu,
      slow.cpu);
}

static void
measure (const CupPixels * pixels)
{
  CupPixels *scratch = cup_pixels_new (pixels->width, pixels->height, 3, 8,
      NULL);
  GBytes *bytes;

  g_print ("%u×%u\n", pixels->width, pixels->height);
  bytes = measure_encoder ("level 0", cup_image_encode_png, 0, pixels);
  g_bytes_unref (bytes);
  cup_team_limit_shared (1);
  bytes = measure_encoder ("level 1, one thread", cup_image_encode_png, 1,
      pixels);
  g_bytes_unref (bytes);
  cup_team_limit_shared (0);
  bytes = measure_encoder ("level 1", cup_image_encode_png, 1, pixels);
  measure_decoders ("that", bytes, scratch);
  g_bytes_unref (bytes);
  bytes = measure_encoder ("level 3", cup_image_encode_png, 3, pixels);
  g_bytes_unref (bytes);
  bytes = measure_encoder ("libpng's level 1, Sub", cup_png_encode_by_libpng, 1,
      pixels);
  measure_decoders ("that", bytes, scratch);
  g_bytes_unref (bytes);
  cup_pixels_unref (scratch);
}

int
main (int argc, char **argv)
{
  CupPixels *small, *large;

  if (argc > 1)
    small = make_mosaic (argv[1], 1920, 1080);
  else
    small = make_up (1920, 1080);
  large = enlarge (small);
  measure (small);
  measure (large);
  cup_pixels_unref (large);
  cup_pixels_unref (small);
  return EXIT_SUCCESS;
}
