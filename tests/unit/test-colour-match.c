/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Averages and colour matching against straightforward ones in double precision,
 * and the promises of their headers one by one.
 */
#include "image/area.h"
#include "image/colour-match.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* A sample of a scene at a place (0 … 1 in both directions), 0 … 1. */
typedef gdouble (*Scene) (gdouble x, gdouble y, guint channel);

typedef struct
{
  guint width;
  guint height;
} Size;

static guint
white (const CupPixels * pixels)
{
  return pixels->depth == 8 ? 255 : 65535;
}

static guint
get (const CupPixels * pixels, guint x, guint y, guint channel)
{
  const guint8 *row = cup_pixels_row (pixels, y);
  gsize i = (gsize) x * pixels->channels + channel;

  return pixels->depth == 8 ? row[i] : ((const guint16 *) row)[i];
}

static void
put (CupPixels * pixels, guint x, guint y, guint channel, gdouble value)
{
  guint8 *row = cup_pixels_row (pixels, y);
  gsize i = (gsize) x * pixels->channels + channel;

  value = CLAMP (floor (value + 0.5), 0, white (pixels));
  if (pixels->depth == 8)
    row[i] = value;
  else
    ((guint16 *) row)[i] = value;
}

/* Opaque where it has alpha. */
static CupPixels *
make (guint width, guint height, guint channels, guint depth, Scene scene)
{
  GError *error = NULL;
  CupPixels *pixels = cup_pixels_new (width, height, channels, depth, &error);
  guint x, y, c;

  g_assert_no_error (error);
  memset (pixels->data, 0xa5, cup_pixels_get_size (pixels));
  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++) {
      for (c = 0; c < channels; c++)
        put (pixels, x, y, c, c == 3 ? white (pixels) : white (pixels)
            * scene ((x + 0.5) / width, (y + 0.5) / height, c));
    }
  }
  return pixels;
}

static CupPixels *
copy (const CupPixels * pixels)
{
  CupPixels *other = cup_pixels_new (pixels->width, pixels->height,
      pixels->channels, pixels->depth, NULL);

  memcpy (other->data, pixels->data, cup_pixels_get_size (pixels));
  return other;
}

/* A new picture; @result stays as it is. */
static CupPixels *
match (CupColourMatch mode, const CupPixels * picture, const CupPixels * result)
{
  GError *error = NULL;
  CupColourReference *reference = cup_colour_reference_new (picture);
  CupPixels *matched;

  matched = cup_colour_match_apply (mode, reference, copy (result), &error);
  g_assert_no_error (error);
  cup_colour_reference_unref (reference);
  return matched;
}

/* In samples' levels. */
static gdouble
get_largest_change (const CupPixels * a, const CupPixels * b)
{
  gdouble largest = 0;
  guint x, y, c;

  g_assert_cmpuint (a->width, ==, b->width);
  g_assert_cmpuint (a->height, ==, b->height);
  g_assert_cmpuint (a->channels, ==, b->channels);
  for (y = 0; y < a->height; y++) {
    for (x = 0; x < a->width; x++) {
      for (c = 0; c < a->channels; c++)
        largest = MAX (largest, fabs ((gdouble) get (a, x, y, c)
                - get (b, x, y, c)));
    }
  }
  return largest;
}

static gdouble
get_mean_change (const CupPixels * a, const CupPixels * b)
{
  gdouble sum = 0;
  guint x, y, c;

  for (y = 0; y < a->height; y++) {
    for (x = 0; x < a->width; x++) {
      for (c = 0; c < a->channels; c++)
        sum += fabs ((gdouble) get (a, x, y, c) - get (b, x, y, c));
    }
  }
  return sum / ((gdouble) a->width * a->height * a->channels);
}

static gdouble
hash_noise (gdouble x, gdouble y, guint channel)
{
  guint32 h = (guint32) (x * 4001) * 2654435761u
      ^ (guint32) (y * 4001) * 2246822519u ^ (channel + 1) * 3266489917u;

  h = (h ^ h >> 15) * 2246822519u;
  h = (h ^ h >> 13) * 3266489917u;
  return (h >> 8) / (gdouble) (1 << 24);
}

/* Shapes and fine detail, far enough from black and white to be shifted. */
static gdouble
paint (gdouble x, gdouble y, guint channel)
{
  return 0.5 + 0.12 * sin (6 * x + channel) * cos (5 * y)
      + 0.08 * (sin (70 * x * y + channel) > 0.3 ? 1 : -1);
}

static gdouble
paint_noise (gdouble x, gdouble y, guint channel)
{
  return paint (x, y, channel) + 0.1 * (hash_noise (x, y, channel) - 0.5);
}

static gdouble
paint_tinted (gdouble x, gdouble y, guint channel)
{
  return paint (x, y, channel) + 0.1 * (channel - 1.0) * (x - 0.4)
      + 0.08 * sin (3 * y + channel) + 0.03;
}

static gdouble
paint_smooth (gdouble x, gdouble y, guint channel)
{
  return 0.45 + 0.15 * sin (3 * x + 2 * channel) + 0.1 * y;
}

static gdouble
paint_white (gdouble x, gdouble y, guint channel)
{
  return 1;
}

static gdouble
paint_black (gdouble x, gdouble y, guint channel)
{
  return 0;
}

static const guint depths[] = { 8, 16 };

/* What of [a, a + 1) × cells lies in [cell, cell + 1) × n, in parts of n. */
static gdouble
get_share (guint i, guint n, guint cell, guint cells)
{
  gdouble start = MAX (i / (gdouble) n, cell / (gdouble) cells);
  gdouble end = MIN ((i + 1) / (gdouble) n, (cell + 1) / (gdouble) cells);

  return MAX (end - start, 0);
}

/* Colour and, in [3], alpha of a cell: 0 … 65535. */
static void
average (const CupPixels * pixels, guint column, guint columns, guint row,
    guint rows, gdouble cell[4])
{
  gdouble sum[4] = { 0, }, area = 0, weight = 0;
  guint x, y, c;

  for (y = 0; y < pixels->height; y++) {
    gdouble share_y = get_share (y, pixels->height, row, rows);

    for (x = 0; share_y > 0 && x < pixels->width; x++) {
      gdouble share = share_y * get_share (x, pixels->width, column, columns);
      gdouble alpha = pixels->channels < 4 ? 1
          : get (pixels, x, y, 3) / (gdouble) white (pixels);

      area += share;
      weight += share * alpha;
      for (c = 0; c < MIN (pixels->channels, 3); c++)
        sum[c] += share * alpha * get (pixels, x, y, c) / white (pixels);
    }
  }
  for (c = 0; c < 3; c++)
    cell[c] = weight > 0 ? 65535 * sum[c] / weight : 0;
  cell[3] = 65535 * weight / area;
}

static void
check_area (const CupPixels * pixels, guint columns, guint rows)
{
  guint channels = MIN (pixels->channels, 3);
  guint16 *colours = g_new (guint16, columns * rows * channels);
  guint16 *alphas = g_new (guint16, columns * rows);
  guint x, y, c;

  cup_area_average (pixels, columns, rows, colours, alphas);
  for (y = 0; y < rows; y++) {
    for (x = 0; x < columns; x++) {
      gdouble cell[4];

      average (pixels, x, columns, y, rows, cell);
      for (c = 0; c < channels; c++)
        g_assert_cmpfloat_with_epsilon (colours[(y * columns + x) * channels
                + c], cell[c], 0.501);
      g_assert_cmpfloat_with_epsilon (alphas[y * columns + x], cell[3], 0.501);
    }
  }
  g_free (colours);
  g_free (alphas);
}

static void
test_area (void)
{
  static const Size sizes[] = {
    {1, 1}, {2, 3}, {7, 5}, {33, 17}, {64, 64}, {131, 70}, {400, 2}, {1, 333}
  };
  static const Size cells[] = { {1, 1}, {5, 3}, {32, 18}, {64, 64} };
  static const guint channels[] = { 1, 3, 4 };
  guint i, j, c, d, x, y;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    for (c = 0; c < 3; c++) {
      for (d = 0; d < 2; d++) {
        CupPixels *pixels = make (sizes[i].width, sizes[i].height,
            channels[c], depths[d], hash_noise);

        for (y = 0; channels[c] == 4 && y < pixels->height; y++) {
          for (x = 0; x < pixels->width; x++)
            put (pixels, x, y, 3, (x / 3 + y / 2) % 3 * white (pixels) / 2.0);
        }
        for (j = 0; j < G_N_ELEMENTS (cells); j++)
          check_area (pixels, cells[j].width, cells[j].height);
        cup_pixels_unref (pixels);
      }
    }
  }
}

/* The largest sums that there are: nothing overflows. */
static void
test_area_extremes (void)
{
  static const Size sizes[] = { {65535, 1}, {1, 65535}, {4096, 1024} };
  guint i, c, d;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    for (c = 3; c <= 4; c++) {
      for (d = 0; d < 2; d++) {
        CupPixels *pixels = make (sizes[i].width, sizes[i].height, c,
            depths[d], paint_white);
        guint16 colours[6], alphas[2];
        guint j;

        cup_area_average (pixels, 1, 1, colours, alphas);
        cup_area_average (pixels, 2, 1, colours, alphas);
        for (j = 0; j < 6; j++)
          g_assert_cmpuint (colours[j], ==, 65535);
        g_assert_cmpuint (alphas[0], ==, 65535);
        g_assert_cmpuint (alphas[1], ==, 65535);
        cup_pixels_unref (pixels);
      }
    }
  }
}

/* The drift that is to be added at a pixel, as the header has it:
 * quadratic B-splines over the differences of the cells' averages. */
typedef struct
{
  gint columns;
  gint rows;
  gdouble *cells;
} Drift;

static gdouble
get_drift (const Drift * drift, gint x, gint y, guint channel)
{
  if (drift->columns > 1 && x < 0)
    return 2 * get_drift (drift, 0, y, channel)
        - get_drift (drift, 1, y, channel);
  if (drift->columns > 1 && x >= drift->columns)
    return 2 * get_drift (drift, drift->columns - 1, y, channel)
        - get_drift (drift, drift->columns - 2, y, channel);
  x = CLAMP (x, 0, drift->columns - 1);
  if (drift->rows > 1 && y < 0)
    return 2 * get_drift (drift, x, 0, channel)
        - get_drift (drift, x, 1, channel);
  if (drift->rows > 1 && y >= drift->rows)
    return 2 * get_drift (drift, x, drift->rows - 1, channel)
        - get_drift (drift, x, drift->rows - 2, channel);
  y = CLAMP (y, 0, drift->rows - 1);
  return drift->cells[(y * drift->columns + x) * 4 + channel];
}

static gdouble
spline (gdouble t)
{
  t = fabs (t);
  if (t < 0.5)
    return 0.75 - t * t;
  return t < 1.5 ? (1.5 - t) * (1.5 - t) / 2 : 0;
}

static gdouble
interpolate (const Drift * drift, gdouble u, gdouble v, guint channel)
{
  gint x0 = floor (u), y0 = floor (v), x, y;
  gdouble sum = 0;

  for (y = y0 - 1; y <= y0 + 1; y++) {
    for (x = x0 - 1; x <= x0 + 1; x++)
      sum += spline (u - x - 0.5) * spline (v - y - 0.5)
          * get_drift (drift, x, y, channel);
  }
  return sum;
}

static void
check_with_doubles (const CupPixels * picture, const CupPixels * result,
    gint columns, gint rows)
{
  CupPixels *matched = match (CUP_COLOUR_MATCH_WAVELET, picture, result);
  Drift drift = { columns, rows, g_new (gdouble, columns * rows * 4) };
  gdouble scale = white (result) / 65535.0;
  gint i;
  guint x, y, c;

  for (i = 0; i < columns * rows; i++) {
    gdouble target[4], present[4];

    average (picture, i % columns, columns, i / columns, rows, target);
    average (result, i % columns, columns, i / columns, rows, present);
    for (c = 0; c < 4; c++)
      drift.cells[4 * i + c] = target[c] - present[c];
  }
  for (y = 0; y < result->height; y++) {
    for (x = 0; x < result->width; x++) {
      for (c = 0; c < result->channels; c++) {
        gdouble want = get (result, x, y, c) + scale * interpolate (&drift,
            (x + 0.5) * columns / result->width,
            (y + 0.5) * rows / result->height, c);

        /* Half a level is rounding; the rest is weights of 12 bits. */
        g_assert_cmpfloat_with_epsilon (get (matched, x, y, c),
            CLAMP (want, 0, white (result)), result->depth == 8 ? 0.57 : 12);
      }
    }
  }
  g_free (drift.cells);
  cup_pixels_unref (matched);
}

static void
test_doubles (void)
{
  guint d;

  for (d = 0; d < 2; d++) {
    CupPixels *picture = make (96, 56, 3, depths[d], paint_noise);
    CupPixels *result = make (193, 111, 3, depths[d], paint_tinted);
    CupPixels *other = make (61, 47, 3, depths[d], hash_noise);

    check_with_doubles (picture, result, 8, 5);
    check_with_doubles (picture, other, 8, 5);
    cup_pixels_unref (picture);
    picture = make (1040, 33, 3, depths[d], paint_noise);
    check_with_doubles (picture, result, 64, 2);
    cup_pixels_unref (picture);
    cup_pixels_unref (result);
    cup_pixels_unref (other);
  }
}

static void
shift (CupPixels * pixels, const gint by[3])
{
  guint x, y, c;

  for (y = 0; y < pixels->height; y++) {
    for (x = 0; x < pixels->width; x++) {
      for (c = 0; c < MIN (pixels->channels, 3); c++)
        put (pixels, x, y, c, (gint) get (pixels, x, y, c) + by[c]);
    }
  }
}

static void
test_constant (void)
{
  static const Size sizes[] = {
    {1, 1}, {3, 2}, {64, 64}, {127, 63}, {1000, 1}, {1, 777}, {600, 2}
  };
  static const gint by[3] = { 17, -23, 5 };
  static const guint channels[] = { 1, 3, 4 };
  guint i, c, d, mode;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    for (c = 0; c < 3; c++) {
      for (d = 0; d < 2; d++) {
        for (mode = CUP_COLOUR_MATCH_MEAN; mode <= CUP_COLOUR_MATCH_WAVELET;
            mode++) {
          CupPixels *picture = make (sizes[i].width, sizes[i].height,
              channels[c], depths[d], paint_noise);
          CupPixels *result = copy (picture);
          CupPixels *matched;

          shift (result, by);
          matched = match (mode, picture, result);
          g_assert_cmpfloat (get_largest_change (matched, picture), ==, 0);
          cup_pixels_unref (picture);
          cup_pixels_unref (result);
          cup_pixels_unref (matched);
        }
      }
    }
  }
}

/* A drift of up to 25 levels, which changes over the picture. */
static void
test_gradient (void)
{
  static const Size sizes[] =
      { {512, 288}, {203, 401}, {640, 160}, {130, 130} };
  guint i, d, scale;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    for (d = 0; d < 2; d++) {
      for (scale = 1; scale <= 2; scale++) {
        guint width = sizes[i].width, height = sizes[i].height;
        CupPixels *picture = make (width, height, 3, depths[d], paint);
        CupPixels *want = make (scale * width, scale * height, 3, depths[d],
            paint);
        CupPixels *result = make (scale * width, scale * height, 3,
            depths[d], paint_tinted);
        CupPixels *matched = match (CUP_COLOUR_MATCH_WAVELET, picture, result);
        gdouble level = white (want) / 255.0;

        g_assert_cmpfloat (get_largest_change (result, want), >, 15 * level);
        g_test_message ("%u×%u, %u bits: mean %.3f, largest %.3f levels",
            result->width, result->height, depths[d],
            get_mean_change (matched, want) / level,
            get_largest_change (matched, want) / level);
        /* Of 8 bits, what is compared was rounded three times. Edges of shapes
         * are sampled in another way in another size. */
        if (scale == 1)
          g_assert_cmpfloat (get_largest_change (matched, want), <=,
              depths[d] == 8 ? 2 : level);
        g_assert_cmpfloat (get_mean_change (matched, want), <=, 0.7 * level);
        cup_pixels_unref (picture);
        cup_pixels_unref (want);
        cup_pixels_unref (result);
        cup_pixels_unref (matched);
      }
    }
  }
}

/* The means are the same afterwards, and nothing but the means has changed. */
static void
test_mean (void)
{
  CupPixels *picture = make (160, 90, 3, 8, paint_smooth);
  CupPixels *result = make (333, 201, 3, 8, paint_tinted);
  CupPixels *matched = match (CUP_COLOUR_MATCH_MEAN, picture, result);
  guint x, y, c;

  for (c = 0; c < 3; c++) {
    gint by = (gint) get (matched, 0, 0, c) - (gint) get (result, 0, 0, c);
    gdouble want[4], have[4];

    for (y = 0; y < result->height; y++) {
      for (x = 0; x < result->width; x++)
        g_assert_cmpint ((gint) get (matched, x, y, c)
            - (gint) get (result, x, y, c), ==, by);
    }
    average (picture, 0, 1, 0, 1, want);
    average (matched, 0, 1, 0, 1, have);
    g_assert_cmpfloat_with_epsilon (want[c] / 257, have[c] / 257, 0.52);
  }
  cup_pixels_unref (picture);
  cup_pixels_unref (result);
  cup_pixels_unref (matched);
}

/* What is added changes slowly: in no place by more from pixel to pixel than
 * the bands allow, while the result has 25 levels of noise. */
static void
test_detail (void)
{
  CupPixels *picture = make (320, 180, 3, 16, paint_smooth);
  CupPixels *result = make (1280, 720, 3, 16, paint_noise);
  CupPixels *matched = match (CUP_COLOUR_MATCH_WAVELET, picture, result);
  gdouble level = 257, slope = 0, bend = 0, change = 0;
  guint x, y, c;

  for (y = 0; y + 2 < 720; y++) {
    for (x = 0; x + 2 < 1280; x++) {
      for (c = 0; c < 3; c++) {
#define ADDED(dx, dy) ((gdouble) get (matched, x + dx, y + dy, c) \
    - get (result, x + dx, y + dy, c))
        gdouble here = ADDED (0, 0), right = ADDED (1, 0);
        gdouble below = ADDED (0, 1);

        change = MAX (change, fabs (here));
        slope = MAX (slope, MAX (fabs (right - here), fabs (below - here)));
        bend = MAX (bend, MAX (fabs (here - 2 * right + ADDED (2, 0)),
                fabs (here - 2 * below + ADDED (0, 2))));
#undef ADDED
      }
    }
  }
  g_test_message ("change %.1f, slope %.3f, bend %.3f levels",
      change / level, slope / level, bend / level);
  g_assert_cmpfloat (change, >, 20 * level);
  /* A cell is 20 pixels: from one to the next there are 50 levels at most. */
  g_assert_cmpfloat (slope, <, 3 * level);
  g_assert_cmpfloat (bend, <, 0.25 * level);
  cup_pixels_unref (picture);
  cup_pixels_unref (result);
  cup_pixels_unref (matched);
}

static CupPixels *
enlarge (const CupPixels * pixels, guint factor)
{
  CupPixels *large = cup_pixels_new (pixels->width * factor,
      pixels->height * factor, pixels->channels, pixels->depth, NULL);
  guint x, y, c;

  for (y = 0; y < large->height; y++) {
    gdouble v = CLAMP ((y + 0.5) / factor - 0.5, 0, pixels->height - 1.0);
    guint y0 = v, y1 = MIN (y0 + 1, pixels->height - 1);

    for (x = 0; x < large->width; x++) {
      gdouble u = CLAMP ((x + 0.5) / factor - 0.5, 0, pixels->width - 1.0);
      guint x0 = u, x1 = MIN (x0 + 1, pixels->width - 1);

      for (c = 0; c < pixels->channels; c++)
        put (large, x, y, c,
            (1 - v + y0) * ((1 - u + x0) * get (pixels, x0, y0, c)
                + (u - x0) * get (pixels, x1, y0, c))
            + (v - y0) * ((1 - u + x0) * get (pixels, x0, y1, c)
                + (u - x0) * get (pixels, x1, y1, c)));
    }
  }
  return large;
}

/* The picture's own enlargement, with shapes and gradients, stays as it is. */
static void
test_identity (void)
{
  static const Scene scenes[] = { paint_smooth, paint };
  guint i, d, mode;

  for (i = 0; i < G_N_ELEMENTS (scenes); i++) {
    for (d = 0; d < 2; d++) {
      for (mode = CUP_COLOUR_MATCH_MEAN; mode <= CUP_COLOUR_MATCH_WAVELET;
          mode++) {
        CupPixels *picture = make (480, 270, 3, depths[d], scenes[i]);
        CupPixels *result = enlarge (picture, 3);
        CupPixels *matched = match (mode, picture, result);
        gdouble level = white (result) / 255.0;

        g_test_message ("scene %u, %u bits, mode %u: mean %.4f, largest %.3f",
            i, depths[d], mode, get_mean_change (matched, result) / level,
            get_largest_change (matched, result) / level);
        g_assert_cmpfloat (get_mean_change (matched, result), <, 0.1 * level);
        g_assert_cmpfloat (get_largest_change (matched, result), <=, level);
        cup_pixels_unref (picture);
        cup_pixels_unref (result);
        cup_pixels_unref (matched);
      }
    }
  }
}

static void
make_hole (CupPixels * pixels, guint value)
{
  guint x, y, c;

  for (y = 0; y < pixels->height; y++) {
    for (x = pixels->width / 4; x < pixels->width / 2; x++) {
      for (c = 0; c < 3; c++)
        put (pixels, x, y, c, value);
      if (pixels->channels == 4)
        put (pixels, x, y, 3, x % 2);
    }
  }
}

/* What cannot be seen is of any colour, and does not spread. */
static void
test_alpha (void)
{
  static const gint by[3] = { 17, -23, 5 };
  guint channels, mode, x, y, c;

  for (channels = 3; channels <= 4; channels++) {
    for (mode = CUP_COLOUR_MATCH_MEAN; mode <= CUP_COLOUR_MATCH_WAVELET; mode++) {
      CupPixels *picture = make (256, 128, 4, 8, paint_noise);
      CupPixels *plain = make (256, 128, channels, 8, paint_noise);
      CupPixels *result = copy (plain);
      CupPixels *matched;

      make_hole (picture, 0);
      shift (result, by);
      make_hole (result, 255);
      matched = match (mode, picture, result);
      for (y = 0; y < 128; y++) {
        for (x = 0; x < 256; x++) {
          for (c = 0; (x < 64 || x >= 128) && c < 3; c++)
            g_assert_cmpfloat_with_epsilon (get (matched, x, y, c),
                get (plain, x, y, c), 1.01);
          if (channels == 4)
            g_assert_cmpuint (get (matched, x, y, 3), ==,
                get (result, x, y, 3));
        }
      }
      cup_pixels_unref (picture);
      cup_pixels_unref (plain);
      cup_pixels_unref (result);
      cup_pixels_unref (matched);
    }
  }
}

/* Nothing to see, nothing to match. */
static void
test_transparent (void)
{
  CupPixels *picture = make (64, 40, 4, 8, paint_white);
  CupPixels *result = make (90, 80, 4, 8, paint_noise);
  guint mode, x, y;

  for (y = 0; y < 40; y++) {
    for (x = 0; x < 64; x++)
      put (picture, x, y, 3, 0);
  }
  for (mode = CUP_COLOUR_MATCH_MEAN; mode <= CUP_COLOUR_MATCH_WAVELET; mode++) {
    CupPixels *matched = match (mode, picture, result);

    g_assert_cmpfloat (get_largest_change (matched, result), ==, 0);
    cup_pixels_unref (matched);
  }
  cup_pixels_unref (picture);
  cup_pixels_unref (result);
}

static gdouble
paint_gray (gdouble x, gdouble y, guint channel)
{
  return paint (x, y, 0);
}

static gdouble
paint_reddish (gdouble x, gdouble y, guint channel)
{
  return paint (x, y, 0) + (channel == 0 ? 0.1 : -0.05);
}

/* A tint on what was gray goes away; a gray result gets the luma of RGB. */
static void
test_gray (void)
{
  CupPixels *gray = make (128, 128, 1, 16, paint_gray);
  CupPixels *want = make (128, 128, 3, 8, paint_gray);
  CupPixels *result = make (128, 128, 3, 8, paint_reddish);
  CupPixels *matched = match (CUP_COLOUR_MATCH_WAVELET, gray, result);
  gdouble have[4];

  g_assert_cmpfloat (get_largest_change (matched, want), <=, 1);
  cup_pixels_unref (matched);
  cup_pixels_unref (want);
  cup_pixels_unref (gray);

  gray = make (200, 200, 1, 8, paint_black);
  matched = match (CUP_COLOUR_MATCH_MEAN, result, gray);
  average (result, 0, 1, 0, 1, have);
  g_assert_cmpfloat_with_epsilon (get (matched, 100, 100, 0),
      (0.299 * have[0] + 0.587 * have[1] + 0.114 * have[2]) / 257, 0.51);
  cup_pixels_unref (matched);
  cup_pixels_unref (gray);
  cup_pixels_unref (result);
}

/* From one end of the range to the other, without turning around. */
static void
test_clamped (void)
{
  guint d, mode;

  for (d = 0; d < 2; d++) {
    CupPixels *black = make (300, 200, 3, depths[d], paint_black);
    CupPixels *all_white = make (300, 200, 3, depths[d], paint_white);
    CupPixels *noise = make (300, 200, 3, depths[d], hash_noise);

    for (mode = CUP_COLOUR_MATCH_MEAN; mode <= CUP_COLOUR_MATCH_WAVELET; mode++) {
      CupPixels *up = match (mode, all_white, black);
      CupPixels *down = match (mode, black, all_white);
      CupPixels *over = match (mode, all_white, noise);
      gdouble mean[4];

      g_assert_cmpfloat (get_largest_change (up, all_white), ==, 0);
      g_assert_cmpfloat (get_largest_change (down, black), ==, 0);
      average (over, 0, 1, 0, 1, mean);
      g_assert_cmpfloat (mean[0], >, 0.85 * 65535);
      cup_pixels_unref (up);
      cup_pixels_unref (down);
      cup_pixels_unref (over);
    }
    cup_pixels_unref (black);
    cup_pixels_unref (all_white);
    cup_pixels_unref (noise);
  }
}

/* Any size with any other; the bytes beside the samples stay. */
static void
test_sizes (void)
{
  static const Size sizes[] = {
    {1, 1}, {2, 1}, {1, 9}, {17, 9}, {5, 300}, {4000, 3}, {250, 251}
  };
  guint i, j, c, d;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    for (j = 0; j < G_N_ELEMENTS (sizes); j++) {
      for (c = 1; c <= 4; c += c == 1 ? 2 : 1) {
        for (d = 0; d < 2; d++) {
          CupPixels *picture = make (sizes[i].width, sizes[i].height, 3, 8,
              paint_smooth);
          CupPixels *result = make (sizes[j].width, sizes[j].height, c,
              depths[d], paint_tinted);
          CupPixels *matched = match (CUP_COLOUR_MATCH_WAVELET, picture,
              result);
          gsize used = (gsize) result->width * c * depths[d] / 8;
          gsize k;

          for (k = used; k < result->stride; k++)
            g_assert_cmpuint (matched->data[k], ==, 0xa5);
          cup_pixels_unref (picture);
          cup_pixels_unref (result);
          cup_pixels_unref (matched);
        }
      }
    }
  }
}

static void
test_ownership (void)
{
  CupPixels *picture = make (64, 64, 3, 8, paint_smooth);
  CupPixels *result = make (64, 64, 3, 8, paint_white);
  CupPixels *before = copy (result);
  CupColourReference *reference = cup_colour_reference_new (picture);
  CupPixels *matched;

  cup_colour_reference_unref (cup_colour_reference_ref (reference));
  matched = cup_colour_match_apply (CUP_COLOUR_MATCH_NONE, reference,
      cup_pixels_ref (result), NULL);
  g_assert_true (matched == result);
  g_assert_cmpfloat (get_largest_change (result, before), ==, 0);
  cup_pixels_unref (matched);

  /* Somebody else has it, too: it is not for us to change. */
  matched = cup_colour_match_apply (CUP_COLOUR_MATCH_WAVELET, reference,
      cup_pixels_ref (result), NULL);
  g_assert_true (matched != result);
  g_assert_cmpfloat (get_largest_change (result, before), ==, 0);
  g_assert_cmpfloat (get_largest_change (matched, before), >, 50);
  cup_pixels_unref (matched);

  matched = cup_colour_match_apply (CUP_COLOUR_MATCH_WAVELET, reference,
      result, NULL);
  g_assert_true (matched == result);
  g_assert_cmpfloat (get_largest_change (matched, before), >, 50);
  cup_pixels_unref (matched);
  cup_colour_reference_unref (reference);
  cup_pixels_unref (picture);
  cup_pixels_unref (before);
}

static guint32
get_sum (const CupPixels * pixels)
{
  guint32 sum = 2166136261u;
  guint x, y, c;

  for (y = 0; y < pixels->height; y++) {
    for (x = 0; x < pixels->width; x++) {
      for (c = 0; c < pixels->channels; c++)
        sum = (sum ^ get (pixels, x, y, c)) * 16777619u;
    }
  }
  return sum;
}

/* Every machine and compiler has these results. */
static void
test_same_everywhere (void)
{
  static const guint32 sums[] = { 0xeac23628, 0x5c6afc70 };
  guint d;

  for (d = 0; d < 2; d++) {
    CupPixels *picture = make (150, 100, 4, depths[d], hash_noise);
    CupPixels *result = cup_pixels_new (301, 207, 4, depths[d], NULL);
    CupPixels *matched;
    guint x, y, c;

    for (y = 0; y < 207; y++) {
      for (x = 0; x < 301; x++) {
        for (c = 0; c < 4; c++)
          put (result, x, y, c, (x * 7919 + y * 104729 + c * 31 + x * y)
              % (white (result) + 1));
      }
    }
    matched = match (CUP_COLOUR_MATCH_WAVELET, picture, result);
    g_assert_cmphex (get_sum (matched), ==, sums[d]);
    cup_pixels_unref (picture);
    cup_pixels_unref (result);
    cup_pixels_unref (matched);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/area/doubles", test_area);
  g_test_add_func ("/area/extremes", test_area_extremes);
  g_test_add_func ("/colour-match/doubles", test_doubles);
  g_test_add_func ("/colour-match/constant", test_constant);
  g_test_add_func ("/colour-match/gradient", test_gradient);
  g_test_add_func ("/colour-match/mean", test_mean);
  g_test_add_func ("/colour-match/detail", test_detail);
  g_test_add_func ("/colour-match/identity", test_identity);
  g_test_add_func ("/colour-match/alpha", test_alpha);
  g_test_add_func ("/colour-match/transparent", test_transparent);
  g_test_add_func ("/colour-match/gray", test_gray);
  g_test_add_func ("/colour-match/clamped", test_clamped);
  g_test_add_func ("/colour-match/sizes", test_sizes);
  g_test_add_func ("/colour-match/ownership", test_ownership);
  g_test_add_func ("/colour-match/same-everywhere", test_same_everywhere);

  return g_test_run ();
}
