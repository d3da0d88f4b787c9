/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The resampler against a straightforward one in double precision, and the
 * promises of its header one by one.
 */
#include "engine/local/resample.h"

#include <math.h>
#include <string.h>

typedef guint (*Pattern) (GRand * rand, guint x, guint y, guint channel,
    guint max);

static guint
get (const CupPixels * pixels, guint x, guint y, guint channel)
{
  const guint8 *row = cup_pixels_row (pixels, y);
  gsize i = (gsize) x * pixels->channels + channel;

  return pixels->depth == 8 ? row[i] : ((const guint16 *) row)[i];
}

static void
put (CupPixels * pixels, guint x, guint y, guint channel, guint value)
{
  guint8 *row = cup_pixels_row (pixels, y);
  gsize i = (gsize) x * pixels->channels + channel;

  if (pixels->depth == 8)
    row[i] = value;
  else
    ((guint16 *) row)[i] = value;
}

static guint
white (const CupPixels * pixels)
{
  return pixels->depth == 8 ? 255 : 65535;
}

static CupPixels *
new_pixels (guint width, guint height, guint channels, guint depth)
{
  GError *error = NULL;
  CupPixels *pixels;

  pixels = cup_pixels_new (width, height, channels, depth, &error);
  g_assert_no_error (error);
  memset (pixels->data, 0xa5, cup_pixels_get_size (pixels));
  return pixels;
}

static CupPixels *
make (guint width, guint height, guint channels, guint depth, Pattern pattern)
{
  CupPixels *pixels = new_pixels (width, height, channels, depth);
  GRand *rand = g_rand_new_with_seed (1);
  guint x, y, c;

  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++) {
      for (c = 0; c < channels; c++)
        put (pixels, x, y, c, pattern (rand, x, y, c, white (pixels)));
    }
  }
  g_rand_free (rand);
  return pixels;
}

static CupPixels *
resample (const CupPixels * input, guint width, guint height)
{
  GError *error = NULL;
  CupPixels *output;

  output = cup_resample (input, width, height, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (output);
  g_assert_cmpuint (output->width, ==, width);
  g_assert_cmpuint (output->height, ==, height);
  g_assert_cmpuint (output->channels, ==, input->channels);
  g_assert_cmpuint (output->depth, ==, input->depth);
  return output;
}

/* Noise with hard clipping: every tap matters and nothing is band-limited. */
static guint
noise (GRand * rand, guint x, guint y, guint channel, guint max)
{
  gint64 value = (gint64) max * g_rand_int_range (rand, -500, 1500) / 1000;

  return CLAMP (value, 0, (gint64) max);
}

/* The reference: every input sample with its weight, in double. */
static gdouble
kernel (gdouble x)
{
  if (fabs (x) >= 3)
    return 0;
  if (x == 0)
    return 1;
  return (sin (G_PI * x) / (G_PI * x)) * (sin (G_PI * x / 3) / (G_PI * x / 3));
}

static gdouble *
reference_weights (guint in, guint out)
{
  gdouble *weights = g_new (gdouble, (gsize) in * out);
  gdouble stretch = in > out ? (gdouble) in / out : 1;
  guint i, k;

  for (i = 0; i < out; i++) {
    gdouble center = (i + 0.5) * in / out;
    gdouble *row = weights + (gsize) i * in;
    gdouble sum = 0;

    for (k = 0; k < in; k++) {
      row[k] = in == out ? i == k : kernel ((k + 0.5 - center) / stretch);
      sum += row[k];
    }
    for (k = 0; k < in; k++)
      row[k] /= sum;
  }
  return weights;
}

static gdouble
reference_sample (const CupPixels * input, const gdouble * columns,
    const gdouble * rows, guint channel, gboolean premultiply)
{
  gdouble sum = 0;
  guint x, y;

  for (y = 0; y < input->height; y++) {
    for (x = 0; rows[y] != 0 && x < input->width; x++) {
      gdouble value = get (input, x, y, channel);

      if (columns[x] == 0)
        continue;
      if (premultiply)
        value *= (gdouble) get (input, x, y, 3) / white (input);
      sum += value * columns[x] * rows[y];
    }
  }
  return sum;
}

/* Largest difference between @output and the reference before its rounding. */
static gdouble
compare_with_reference (const CupPixels * input, const CupPixels * output)
{
  gdouble *columns = reference_weights (input->width, output->width);
  gdouble *rows = reference_weights (input->height, output->height);
  gdouble worst = 0;
  guint x, y, c;

  for (y = 0; y < output->height; y++) {
    for (x = 0; x < output->width; x++) {
      const gdouble *column = columns + (gsize) x * input->width;
      const gdouble *row = rows + (gsize) y * input->height;

      for (c = 0; c < output->channels; c++) {
        gboolean colour = output->channels == 4 && c < 3;
        gdouble want = reference_sample (input, column, row, c, colour);

        if (colour) {
          gdouble alpha = reference_sample (input, column, row, 3, FALSE);

          /* At the limit either side is right; far from it one is. */
          if (fabs (alpha - 0.5) < 0.01)
            continue;
          want = alpha < 0.5 ? 0 : want * white (input) / alpha;
          /* The division makes small errors of faint pixels large ones. */
          if (alpha < white (input) / 1000.0 && alpha > 0.5)
            continue;
        }
        want = CLAMP (want, 0, white (input));
        worst = MAX (worst, fabs (want - get (output, x, y, c)));
      }
    }
  }
  g_free (columns);
  g_free (rows);
  return worst;
}

static void
test_reference (void)
{
  static const struct
  {
    guint width, height, to_width, to_height;
  } sizes[] = {
    {23, 17, 46, 34},
    {23, 17, 92, 68},
    {23, 17, 31, 51},
    {23, 17, 24, 18},
    {40, 33, 20, 11},
    {40, 33, 39, 32},
    {40, 33, 7, 90},
    {40, 33, 90, 33},
    {40, 33, 40, 5},
    {5, 4, 13, 11},
    {3, 9, 8, 2},
    {2, 2, 9, 9},
    {1, 7, 5, 3},
    {90, 1, 1, 4},
    {200, 150, 3, 2},
    {61, 67, 1, 1},
  };
  static const guint channels[] = { 1, 3, 4 };
  guint i, c, depth;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    for (c = 0; c < G_N_ELEMENTS (channels); c++) {
      for (depth = 8; depth <= 16; depth += 8) {
        CupPixels *input, *output;
        gdouble worst;

        input = make (sizes[i].width, sizes[i].height, channels[c], depth,
            noise);
        output = resample (input, sizes[i].to_width, sizes[i].to_height);
        worst = compare_with_reference (input, output);
        g_test_message ("%ux%u to %ux%u, %u channels of %u bits: %.4f",
            sizes[i].width, sizes[i].height, sizes[i].to_width,
            sizes[i].to_height, channels[c], depth, worst);
        if (channels[c] < 4)
          g_assert_cmpfloat (worst, <, depth == 8 ? 0.5001 : 0.53);
        else
          g_assert_cmpfloat (worst, <, depth == 8 ? 0.51 : 1.0);
        cup_pixels_unref (input);
        cup_pixels_unref (output);
      }
    }
  }
}

static void
test_identity (void)
{
  static const guint channels[] = { 1, 3, 4 };
  guint c, depth, y;

  for (c = 0; c < G_N_ELEMENTS (channels); c++) {
    for (depth = 8; depth <= 16; depth += 8) {
      CupPixels *input = make (19, 13, channels[c], depth, noise);
      CupPixels *output = resample (input, 19, 13);
      gsize used = 19 * channels[c] * depth / 8;

      g_assert_true (output != input && output->data != input->data);
      for (y = 0; y < 13; y++)
        g_assert_cmpmem (cup_pixels_row (output, y), used,
            cup_pixels_row (input, y), used);
      cup_pixels_unref (input);
      cup_pixels_unref (output);
    }
  }
}

static guint
flat (GRand * rand, guint x, guint y, guint channel, guint max)
{
  static const guint parts[] = { 1000, 337, 1, 777 };

  return (guint64) max *parts[channel] / 1000;
}

static void
check_flat (guint width, guint height, guint channels, guint depth,
    guint to_width, guint to_height)
{
  CupPixels *input = make (width, height, channels, depth, flat);
  CupPixels *output = resample (input, to_width, to_height);
  guint x, y, c;

  for (y = 0; y < to_height; y++) {
    for (x = 0; x < to_width; x++) {
      for (c = 0; c < channels; c++)
        g_assert_cmpuint (get (output, x, y, c), ==,
            flat (NULL, x, y, c, white (input)));
    }
  }
  cup_pixels_unref (input);
  cup_pixels_unref (output);
}

static void
test_flat (void)
{
  static const guint channels[] = { 1, 3, 4 };
  guint c, depth;

  for (c = 0; c < G_N_ELEMENTS (channels); c++) {
    for (depth = 8; depth <= 16; depth += 8) {
      check_flat (17, 11, channels[c], depth, 34, 22);
      check_flat (17, 11, channels[c], depth, 23, 57);
      check_flat (57, 43, channels[c], depth, 22, 13);
      check_flat (1, 1, channels[c], depth, 21, 33);
      check_flat (2, 5, channels[c], depth, 71, 3);
      /* So many taps that a sum of floats would drift by several levels. */
      check_flat (3, 30000, channels[c], depth, 2, 1);
      check_flat (65535, 2, channels[c], depth, 1, 3);
    }
  }
}

static guint
ramp (GRand * rand, guint x, guint y, guint channel, guint max)
{
  return 1000 + x * 640 + y * 320;
}

/* A plane keeps its place only if pixel centres are aligned. */
static void
test_alignment (void)
{
  static const struct
  {
    guint width, height;
  } sizes[] = { {80, 60}, {100, 45}, {120, 90}, {20, 15} };
  CupPixels *input = make (40, 30, 1, 16, ramp);
  guint i, x, y;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    CupPixels *output = resample (input, sizes[i].width, sizes[i].height);

    for (y = sizes[i].height / 4; y < sizes[i].height * 3 / 4; y++) {
      for (x = sizes[i].width / 4; x < sizes[i].width * 3 / 4; x++) {
        gdouble source_x = (x + 0.5) * 40 / sizes[i].width - 0.5;
        gdouble source_y = (y + 0.5) * 30 / sizes[i].height - 0.5;
        gdouble want = 1000 + source_x * 640 + source_y * 320;

        /* Lanczos ripples by some hundredths of the slope. */
        g_assert_cmpfloat (fabs (get (output, x, y, 0) - want), <, 32);
      }
    }
    cup_pixels_unref (output);
  }
  cup_pixels_unref (input);
}

static guint
stripes (GRand * rand, guint x, guint y, guint channel, guint max)
{
  return x % 2 ? max : 0;
}

/* The finest detail must vanish into gray where it cannot be shown, not turn
 * into coarse stripes. */
static void
test_no_aliasing (void)
{
  CupPixels *input = make (201, 9, 1, 8, stripes);
  CupPixels *output = resample (input, 67, 9);
  guint x;

  for (x = 8; x < 59; x++) {
    g_assert_cmpuint (get (output, x, 4, 0), >=, 124);
    g_assert_cmpuint (get (output, x, 4, 0), <=, 131);
  }
  cup_pixels_unref (input);
  cup_pixels_unref (output);
}

static guint
opaque_noise (GRand * rand, guint x, guint y, guint channel, guint max)
{
  if (channel == 3)
    return max;
  return (x * 7919 + y * 104729 + channel * 1299709 + x * y * 31) % (max + 1);
}

static void
test_opaque_alpha (void)
{
  static const guint sizes[][2] = { {38, 26}, {50, 31}, {9, 5}, {19, 40} };
  guint i, depth, x, y, c;

  for (depth = 8; depth <= 16; depth += 8) {
    CupPixels *rgb = make (19, 13, 3, depth, opaque_noise);
    CupPixels *rgba = make (19, 13, 4, depth, opaque_noise);

    for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
      CupPixels *want = resample (rgb, sizes[i][0], sizes[i][1]);
      CupPixels *got = resample (rgba, sizes[i][0], sizes[i][1]);

      for (y = 0; y < sizes[i][1]; y++) {
        for (x = 0; x < sizes[i][0]; x++) {
          for (c = 0; c < 3; c++)
            g_assert_cmpuint (get (got, x, y, c), ==, get (want, x, y, c));
          g_assert_cmpuint (get (got, x, y, 3), ==, white (got));
        }
      }
      cup_pixels_unref (want);
      cup_pixels_unref (got);
    }
    cup_pixels_unref (rgb);
    cup_pixels_unref (rgba);
  }
}

/* Left half: opaque orange. Right half: transparent, and green underneath. */
static guint
cut_out (GRand * rand, guint x, guint y, guint channel, guint max)
{
  static const guint inside[] = { 255, 128, 0, 255 };
  static const guint outside[] = { 0, 255, 0, 0 };

  return (x < 16 ? inside : outside)[channel] * (max / 255);
}

static void
test_transparent_colour (void)
{
  static const guint sizes[][2] = { {64, 20}, {81, 30}, {17, 4} };
  guint i, depth, x, y;

  for (depth = 8; depth <= 16; depth += 8) {
    CupPixels *input = make (32, 10, 4, depth, cut_out);
    guint unit = white (input) / 255;

    for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
      CupPixels *output = resample (input, sizes[i][0], sizes[i][1]);
      guint partly = 0;

      for (y = 0; y < sizes[i][1]; y++) {
        for (x = 0; x < sizes[i][0]; x++) {
          guint alpha = get (output, x, y, 3);

          if (alpha == 0) {
            g_assert_cmpuint (get (output, x, y, 0), ==, 0);
            g_assert_cmpuint (get (output, x, y, 1), ==, 0);
            g_assert_cmpuint (get (output, x, y, 2), ==, 0);
            continue;
          }
          partly += alpha < white (output);
          /* Wherever it shows it is orange, however faint. */
          g_assert_cmpuint (get (output, x, y, 0), ==, 255 * unit);
          g_assert_cmpuint (get (output, x, y, 1), >=, 128 * unit - 1);
          g_assert_cmpuint (get (output, x, y, 1), <=, 128 * unit + 1);
          g_assert_cmpuint (get (output, x, y, 2), ==, 0);
        }
      }
      g_assert_cmpuint (partly, >, 0);
      g_assert_cmpuint (get (output, 0, 0, 3), ==, white (output));
      g_assert_cmpuint (get (output, sizes[i][0] - 1, 0, 3), ==, 0);
      cup_pixels_unref (output);
    }
    cup_pixels_unref (input);
  }
}

/* Sample for sample the same again, also in the padding of the rows, which
 * holds something else each time in what new_pixels() left behind. */
static void
test_deterministic (void)
{
  CupPixels *input = make (33, 21, 3, 8, noise);
  CupPixels *first = resample (input, 55, 47);
  guint i;

  for (i = 0; i < 3; i++) {
    CupPixels *other = new_pixels (55, 47, 3, 8);
    CupPixels *again;

    cup_pixels_unref (other);
    again = resample (input, 55, 47);
    g_assert_cmpmem (first->data, cup_pixels_get_size (first), again->data,
        cup_pixels_get_size (again));
    cup_pixels_unref (again);
  }
  cup_pixels_unref (first);
  cup_pixels_unref (input);
}

static void
test_input_unchanged (void)
{
  CupPixels *input = make (20, 20, 4, 8, noise);
  GBytes *before = g_bytes_new (input->data, cup_pixels_get_size (input));

  cup_pixels_unref (resample (input, 31, 9));
  cup_pixels_unref (resample (input, 20, 20));
  g_assert_cmpmem (input->data, cup_pixels_get_size (input),
      g_bytes_get_data (before, NULL), g_bytes_get_size (before));
  g_bytes_unref (before);
  cup_pixels_unref (input);
}

static void
test_bad_size (void)
{
  static const struct
  {
    guint width, height;
    CupErrorCode code;
  } sizes[] = {
    {0, 5, CUP_ERROR_BAD_DATA},
    {5, 0, CUP_ERROR_BAD_DATA},
    {65536, 1, CUP_ERROR_TOO_LARGE},
    {1, 65536, CUP_ERROR_TOO_LARGE},
    {65535, 65535, CUP_ERROR_TOO_LARGE},
    {G_MAXUINT, G_MAXUINT, CUP_ERROR_TOO_LARGE},
  };
  CupPixels *input = make (8, 8, 3, 8, noise);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    GError *error = NULL;

    g_assert_null (cup_resample (input, sizes[i].width, sizes[i].height, NULL,
            &error));
    g_assert_error (error, CUP_ERROR, (gint) sizes[i].code);
    g_error_free (error);
  }
  cup_pixels_unref (input);
}

static void
test_cancelled_before (void)
{
  GCancellable *cancellable = g_cancellable_new ();
  CupPixels *input = make (8, 8, 3, 8, noise);
  GError *error = NULL;
  guint size;

  g_cancellable_cancel (cancellable);
  for (size = 8; size <= 16; size += 8) {
    g_assert_null (cup_resample (input, size, size, cancellable, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_clear_error (&error);
  }
  cup_pixels_unref (input);
  g_object_unref (cancellable);
}

static gpointer
cancel_thread (gpointer data)
{
  g_cancellable_cancel (data);
  return NULL;
}

/* This much takes a second; another thread cancels it as it starts. */
static void
test_cancelled_during (void)
{
  CupPixels *input = make (10, 10, 1, 8, noise);
  GCancellable *cancellable = g_cancellable_new ();
  GError *error = NULL;
  GThread *thread;

  thread = g_thread_new ("cancel", cancel_thread, cancellable);
  g_assert_null (cup_resample (input, 16384, 16384, cancellable, &error));
  g_thread_join (thread);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_error_free (error);
  g_object_unref (cancellable);
  cup_pixels_unref (input);
}

static void
check_deadline (const CupPixels * input, guint width, guint height,
    gint64 from_now, gboolean passes)
{
  const CupInterrupt interrupt = {
    NULL, g_get_monotonic_time () + from_now
  };
  CupPixels *output;
  GError *error = NULL;

  output = cup_resample_interruptible (input, width, height, &interrupt,
      &error);
  if (passes) {
    g_assert_null (output);
    g_assert_error (error, CUP_ERROR, CUP_ERROR_TIMEOUT);
    g_error_free (error);
  } else {
    g_assert_no_error (error);
    cup_pixels_unref (output);
  }
}

static void
test_deadline (void)
{
  const CupInterrupt none = { NULL, 0 };
  CupPixels *small = make (10, 10, 3, 8, noise);
  CupPixels *tall = new_pixels (1024, 65535, 1, 8);
  CupPixels *output;
  GError *error = NULL;

  output = cup_resample_interruptible (small, 20, 20, &none, &error);
  g_assert_no_error (error);
  cup_pixels_unref (output);
  check_deadline (small, 20, 20, G_TIME_SPAN_HOUR, FALSE);
  check_deadline (small, 20, 20, -1, TRUE);
  check_deadline (small, 10, 10, -1, TRUE);

  /* It passes on the way: while there are many rows of the result, and while
   * one row of the result needs many rows of the input. */
  check_deadline (small, 8192, 8192, 20 * G_TIME_SPAN_MILLISECOND, TRUE);
  check_deadline (tall, 1023, 1, 5 * G_TIME_SPAN_MILLISECOND, TRUE);

  cup_pixels_unref (small);
  cup_pixels_unref (tall);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/resample/reference", test_reference);
  g_test_add_func ("/resample/identity", test_identity);
  g_test_add_func ("/resample/flat", test_flat);
  g_test_add_func ("/resample/alignment", test_alignment);
  g_test_add_func ("/resample/no-aliasing", test_no_aliasing);
  g_test_add_func ("/resample/opaque-alpha", test_opaque_alpha);
  g_test_add_func ("/resample/transparent-colour", test_transparent_colour);
  g_test_add_func ("/resample/deterministic", test_deterministic);
  g_test_add_func ("/resample/input-unchanged", test_input_unchanged);
  g_test_add_func ("/resample/bad-size", test_bad_size);
  g_test_add_func ("/resample/cancelled-before", test_cancelled_before);
  g_test_add_func ("/resample/cancelled-during", test_cancelled_during);
  g_test_add_func ("/resample/deadline", test_deadline);
  return g_test_run ();
}
