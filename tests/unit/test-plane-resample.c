/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Planes in other sizes: against a straightforward resampler in double
 * precision, and what the header promises.
 */
#include "engine/local/plane-resample.h"

#include <math.h>
#include <string.h>

#include "engine/local/vectors.h"

static const CupInterrupt never = { NULL, 0 };

static void
init_plane (CupPlane * plane, guint width, guint height, guint top, guint n)
{
  g_assert_true (cup_plane_init (plane, width, height, top, n));
}

static void
fill (CupPlane * plane, guint32 seed, gint low, gint high)
{
  GRand *rand = g_rand_new_with_seed (seed);
  guint x, y;

  for (y = plane->top; y < plane->top + plane->n_rows; y++) {
    for (x = 0; x < plane->width; x++)
      cup_plane_row (plane, y)[x] = g_rand_int_range (rand, low, high + 1);
  }
  g_rand_free (rand);
}

static void
init_noise (CupPlane * plane, guint width, guint height)
{
  init_plane (plane, width, height, 0, height);
  fill (plane, width * 7919 + height, CUP_PLANE_BLACK, CUP_PLANE_WHITE);
}

static void
resample (const CupPlane * input, CupPlane * output, gboolean difference,
    guint n_threads)
{
  CupTeam *team = cup_team_new (n_threads);
  GError *error = NULL;

  if (difference)
    cup_plane_resample_difference (input, output, team, &never, &error);
  else
    cup_plane_resample (input, output, team, &never, &error);
  g_assert_no_error (error);
  cup_team_free (team);
}

static void
assert_same_rows (const CupPlane * part, const CupPlane * whole)
{
  guint y;

  for (y = part->top; y < part->top + part->n_rows; y++)
    g_assert_cmpmem (cup_plane_row (part, y), part->width * sizeof (gint16),
        cup_plane_row (whole, y), whole->width * sizeof (gint16));
}

static gdouble
kernel (gdouble x)
{
  x = fabs (x);
  if (x >= 2)
    return 0;
  if (x > 1)
    return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return (1.5 * x - 2.5) * x * x + 1;
}

/* Weights of all samples of the input for sample @i. */
static gdouble *
reference_weights (guint i, guint in, guint out)
{
  gdouble *weights = g_new0 (gdouble, in);
  gdouble stretch = in > out ? (gdouble) in / out : 1;
  gdouble center = (i + 0.5) * in / out - 0.5;
  gint first = floor (center - 2 * stretch);
  gint last = ceil (center + 2 * stretch);
  gdouble sum = 0;
  gint k;

  for (k = first; k <= last; k++)
    sum += kernel ((k - center) / stretch);
  for (k = first; k <= last; k++)
    weights[CLAMP (k, 0, (gint) in - 1)] +=
        kernel ((k - center) / stretch) / sum;
  return weights;
}

static void
check_reference (guint width, guint height, guint to_width, guint to_height)
{
  CupPlane input, output;
  gdouble worst = 0;
  guint x, y, i, k;

  init_noise (&input, width, height);
  init_plane (&output, to_width, to_height, 0, to_height);
  resample (&input, &output, FALSE, 1);
  for (y = 0; y < to_height; y++) {
    gdouble *rows = reference_weights (y, height, to_height);

    for (x = 0; x < to_width; x++) {
      gdouble *columns = reference_weights (x, width, to_width);
      gdouble sum = 0;

      for (i = 0; i < height; i++) {
        for (k = 0; rows[i] != 0 && k < width; k++)
          sum += rows[i] * columns[k] * cup_plane_row (&input, i)[k];
      }
      sum = CLAMP (sum, CUP_PLANE_BLACK, CUP_PLANE_WHITE);
      worst = MAX (worst, fabs (sum - cup_plane_row (&output, y)[x]));
      g_free (columns);
    }
    g_free (rows);
  }
  g_test_message ("%ux%u to %ux%u: %.2f", width, height, to_width, to_height,
      worst);
  /* Rounding of weights and samples, in 1/128 of a level. */
  g_assert_cmpfloat (worst, <, 12);
  cup_plane_clear (&input);
  cup_plane_clear (&output);
}

static void
test_reference (void)
{
  check_reference (23, 17, 46, 34);
  check_reference (46, 34, 23, 17);
  check_reference (64, 48, 60, 45);
  check_reference (40, 33, 39, 50);
  check_reference (23, 17, 92, 12);
  check_reference (200, 90, 7, 3);
  check_reference (1, 1, 5, 4);
  check_reference (3, 2, 41, 1);
  check_reference (97, 61, 1, 1);
  check_reference (2, 9, 1, 18);
  check_reference (1, 7, 2, 7);
}

static void
test_same_size (void)
{
  CupPlane input, output;

  init_noise (&input, 37, 11);
  init_plane (&output, 37, 11, 0, 11);
  resample (&input, &output, FALSE, 2);
  assert_same_rows (&output, &input);
  cup_plane_clear (&input);
  cup_plane_clear (&output);
}

static void
check_flat (guint width, guint height, guint to_width, guint to_height,
    gint value)
{
  CupPlane input, output;
  guint x, y;

  init_plane (&input, width, height, 0, height);
  fill (&input, 1, value, value);
  init_plane (&output, to_width, to_height, 0, to_height);
  resample (&input, &output, value < CUP_PLANE_BLACK, 1);
  for (y = 0; y < to_height; y++) {
    for (x = 0; x < to_width; x++)
      g_assert_cmpint (cup_plane_row (&output, y)[x], ==, value);
  }
  cup_plane_clear (&input);
  cup_plane_clear (&output);
}

static void
test_flat (void)
{
  static const gint values[] = { CUP_PLANE_BLACK, CUP_PLANE_WHITE, -1, 4711,
    -32640
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (values); i++) {
    check_flat (1, 1, 70, 55, values[i]);
    check_flat (70, 55, 1, 1, values[i]);
    check_flat (40, 30, 80, 60, values[i]);
    check_flat (80, 60, 40, 30, values[i]);
    check_flat (64, 64, 60, 61, values[i]);
    check_flat (65535, 2, 1, 3, values[i]);
    check_flat (2, 65535, 2, 2, values[i]);
  }
}

/* What goes beyond the range is limited, and kept in differences. */
static void
test_limits (void)
{
  CupPlane input, output;
  gint low = 0, high = 0;
  guint x, y;

  init_noise (&input, 20, 20);
  for (y = 0; y < 20; y++) {
    for (x = 0; x < 20; x++)
      cup_plane_row (&input, y)[x] = x < 10 ? CUP_PLANE_BLACK : CUP_PLANE_WHITE;
  }
  init_plane (&output, 40, 40, 0, 40);
  resample (&input, &output, TRUE, 1);
  for (x = 0; x < 40; x++) {
    low = MIN (low, cup_plane_row (&output, 20)[x]);
    high = MAX (high, cup_plane_row (&output, 20)[x]);
  }
  g_assert_cmpint (low, <, CUP_PLANE_BLACK - 500);
  g_assert_cmpint (high, >, CUP_PLANE_WHITE + 500);

  resample (&input, &output, FALSE, 1);
  for (x = 0; x < 40; x++) {
    g_assert_cmpint (cup_plane_row (&output, 20)[x], >=, CUP_PLANE_BLACK);
    g_assert_cmpint (cup_plane_row (&output, 20)[x], <=, CUP_PLANE_WHITE);
  }

  /* Limited, not wrapped around. */
  for (y = 0; y < 20; y++) {
    for (x = 0; x < 20; x++)
      cup_plane_row (&input, y)[x] = x < 10 ? -32640 : 32640;
  }
  resample (&input, &output, TRUE, 1);
  for (x = 0; x < 20; x++) {
    g_assert_cmpint (cup_plane_row (&output, 20)[x], <, 0);
    g_assert_cmpint (cup_plane_row (&output, 20)[x + 20], >, 0);
  }
  cup_plane_clear (&input);
  cup_plane_clear (&output);
}

static const guint sizes[][4] = {
  {64, 48, 128, 96},
  {128, 96, 64, 48},
  {256, 96, 240, 90},
  {50, 40, 171, 133},
  {171, 233, 20, 10},
};

static void
check_bands (const guint * size, guint band, guint n_threads)
{
  CupPlane input, whole, output, part;
  guint y, top;

  init_noise (&input, size[0], size[1]);
  init_plane (&whole, size[2], size[3], 0, size[3]);
  resample (&input, &whole, FALSE, 1);
  for (top = 0; top < size[3]; top += band) {
    const CupRows rows = { top, MIN (band, size[3] - top) };
    CupRows needed;

    needed = cup_plane_resample_get_input_rows (rows, size[1], size[3]);
    init_plane (&part, size[0], size[1], needed.first, needed.n);
    for (y = needed.first; y < needed.first + needed.n; y++)
      memcpy (cup_plane_row (&part, y), cup_plane_row (&input, y),
          size[0] * sizeof (gint16));
    init_plane (&output, size[2], size[3], rows.first, rows.n);
    resample (&part, &output, FALSE, n_threads);
    assert_same_rows (&output, &whole);
    cup_plane_clear (&part);
    cup_plane_clear (&output);
  }
  cup_plane_clear (&input);
  cup_plane_clear (&whole);
}

static void
test_bands (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    check_bands (sizes[i], 1000, 2);
    check_bands (sizes[i], 41, 7);
    check_bands (sizes[i], 1, 1);
  }
}

/* The same bytes on every machine, and with every build of the loops. */
static void
check_digest (void)
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
  CupPlane input, output;
  guint i, x, y;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    init_noise (&input, sizes[i][0], sizes[i][1]);
    init_plane (&output, sizes[i][2], sizes[i][3], 0, sizes[i][3]);
    resample (&input, &output, i % 2, 2);
    for (y = 0; y < output.height; y++) {
      for (x = 0; x < output.width; x++) {
        guint16 sample = GUINT16_TO_LE (cup_plane_row (&output, y)[x]);

        g_checksum_update (checksum, (guint8 *) & sample, sizeof sample);
      }
    }
    cup_plane_clear (&input);
    cup_plane_clear (&output);
  }
  g_assert_cmpstr (g_checksum_get_string (checksum), ==,
      "41342488bdf7d8368119b88147fdbb0b7b1cda4260d6d4c974b502dd0ce066f3");
  g_checksum_free (checksum);
}

static void
test_digest (void)
{
  check_digest ();
  cup_vectors_set_portable (TRUE);
  check_digest ();
  cup_vectors_set_portable (FALSE);
}

static void
check_interrupt (const CupInterrupt * interrupt, GQuark domain, gint code)
{
  CupTeam *team = cup_team_new (2);
  CupPlane input, output;
  GError *error = NULL;

  init_noise (&input, 20, 20);
  init_plane (&output, 30, 30, 0, 30);
  g_assert_false (cup_plane_resample (&input, &output, team, interrupt,
          &error));
  g_assert_error (error, domain, code);
  g_error_free (error);
  cup_plane_clear (&input);
  cup_plane_clear (&output);
  cup_team_free (team);
}

static void
test_interrupt (void)
{
  GCancellable *cancellable = g_cancellable_new ();
  const CupInterrupt cancelled = { cancellable, 0 };
  const CupInterrupt late = { NULL, 1 };

  g_cancellable_cancel (cancellable);
  check_interrupt (&cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  check_interrupt (&late, CUP_ERROR, CUP_ERROR_TIMEOUT);
  g_object_unref (cancellable);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plane-resample/reference", test_reference);
  g_test_add_func ("/plane-resample/same-size", test_same_size);
  g_test_add_func ("/plane-resample/flat", test_flat);
  g_test_add_func ("/plane-resample/limits", test_limits);
  g_test_add_func ("/plane-resample/bands", test_bands);
  g_test_add_func ("/plane-resample/digest", test_digest);
  g_test_add_func ("/plane-resample/interrupt", test_interrupt);
  return g_test_run ();
}
