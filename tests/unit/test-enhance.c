/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Texture, detail and the preservation of shapes: each does what it says and
 * nothing where it must not, and the bytes are the same however they are made.
 */
#include "engine/local/enhance.h"

#include <string.h>

#include "engine/local/plane-resample.h"
#include "engine/local/vectors.h"

#define LEVEL (1 << CUP_PLANE_BITS)

static const CupInterrupt never = { NULL, 0 };

static void
init_plane (CupPlane * plane, guint width, guint height)
{
  g_assert_true (cup_plane_init (plane, width, height, 0, height));
}

static void
resample (const CupPlane * input, CupPlane * output)
{
  CupTeam *team = cup_team_new (1);
  GError *error = NULL;

  cup_plane_resample (input, output, team, &never, &error);
  g_assert_no_error (error);
  cup_team_free (team);
}

/* Noise at two scales, with a soft edge: something to find texture in. */
static void
fill_textured (CupPlane * plane)
{
  GRand *rand = g_rand_new_with_seed (plane->width * 31 + plane->height);
  CupPlane coarse;
  guint x, y;

  init_plane (&coarse, plane->width / 4 + 1, plane->height / 4 + 1);
  for (y = 0; y < coarse.height; y++) {
    for (x = 0; x < coarse.width; x++)
      cup_plane_row (&coarse, y)[x] = g_rand_int_range (rand, -4000, 4000);
  }
  resample (&coarse, plane);
  for (y = 0; y < plane->height; y++) {
    for (x = 0; x < plane->width; x++)
      cup_plane_row (plane, y)[x] += g_rand_int_range (rand, -2000, 2000)
          + (x + y > plane->width ? 1500 : -1500);
  }
  cup_plane_clear (&coarse);
  g_rand_free (rand);
}

/* What is left when @input is enlarged, as a base has it. */
static void
init_base (CupPlane * base, guint input_width, guint input_height,
    guint width, guint height)
{
  CupPlane input;

  init_plane (&input, input_width, input_height);
  fill_textured (&input);
  init_plane (base, width, height);
  resample (&input, base);
  cup_plane_clear (&input);
}

static void
enhance (const CupEnhancement * enhancement, const CupPlane * base,
    CupPlane * output, guint n_threads)
{
  CupTeam *team = cup_team_new (n_threads);
  GError *error = NULL;

  cup_enhance_run (enhancement, base, output, team, &never, &error);
  g_assert_no_error (error);
  cup_team_free (team);
}

static gboolean
rows_equal (const CupPlane * part, const CupPlane * whole)
{
  guint y;

  for (y = part->top; y < part->top + part->n_rows; y++) {
    if (memcmp (cup_plane_row (part, y), cup_plane_row (whole, y),
            part->width * sizeof (gint16)) != 0)
      return FALSE;
  }
  return TRUE;
}

static gdouble
distance (const CupPlane * a, const CupPlane * b)
{
  gdouble sum = 0;
  guint x, y;

  for (y = 0; y < a->height; y++) {
    for (x = 0; x < a->width; x++) {
      gdouble difference = cup_plane_row (a, y)[x] - cup_plane_row (b, y)[x];

      sum += difference * difference;
    }
  }
  return sum / a->width / a->height;
}

/* Mean magnitude of the differences of neighbours. */
static gdouble
gradient (const CupPlane * plane)
{
  gdouble sum = 0;
  guint x, y;

  for (y = 1; y < plane->height; y++) {
    for (x = 1; x < plane->width; x++) {
      gint value = cup_plane_row (plane, y)[x];

      sum += ABS (value - cup_plane_row (plane, y)[x - 1])
          + ABS (value - cup_plane_row (plane, y - 1)[x]);
    }
  }
  return sum / plane->width / plane->height;
}

static const CupEnhancement doubled = { 0.5, 1, 0.25, 42, 60, 45 };

static void
test_neutral (void)
{
  CupEnhancement enhancement = doubled;
  CupPlane base, output;
  guint preservation;

  init_base (&base, 60, 45, 120, 90);
  init_plane (&output, 120, 90);
  enhancement.creativity = 0;
  enhancement.detail = 0;
  for (preservation = 0; preservation <= 3; preservation++) {
    enhancement.shape_preservation = preservation;
    enhance (&enhancement, &base, &output, 2);
    g_assert_true (rows_equal (&output, &base));
  }
  cup_plane_clear (&base);
  cup_plane_clear (&output);
}

static void
test_seed (void)
{
  CupEnhancement enhancement = doubled;
  CupPlane base, outputs[4];
  guint i;

  init_base (&base, 60, 45, 120, 90);
  for (i = 0; i < 4; i++)
    init_plane (&outputs[i], 120, 90);

  enhancement.creativity = 0;
  enhance (&enhancement, &base, &outputs[0], 1);
  enhancement.seed = -7;
  enhance (&enhancement, &base, &outputs[1], 1);
  g_assert_true (rows_equal (&outputs[0], &outputs[1]));

  enhancement.creativity = 0.5;
  enhance (&enhancement, &base, &outputs[1], 1);
  enhance (&enhancement, &base, &outputs[2], 1);
  g_assert_true (rows_equal (&outputs[1], &outputs[2]));
  for (enhancement.seed = 0; enhancement.seed < 20; enhancement.seed++) {
    enhance (&enhancement, &base, &outputs[3], 1);
    /* About as far from each other as from nothing. */
    g_assert_cmpfloat (distance (&outputs[1], &outputs[3]), >,
        distance (&outputs[1], &outputs[0]) / 4);
    g_assert_cmpfloat (distance (&outputs[0], &outputs[3]), >,
        distance (&outputs[1], &outputs[0]) / 2);
  }
  cup_plane_clear (&base);
  for (i = 0; i < 4; i++)
    cup_plane_clear (&outputs[i]);
}

static void
test_monotone (void)
{
  CupEnhancement enhancement = doubled;
  CupPlane base, without, output, low_base, low;
  gdouble before, now;
  guint i;

  init_base (&base, 60, 45, 120, 90);
  init_plane (&without, 120, 90);
  init_plane (&output, 120, 90);
  init_plane (&low_base, 60, 45);
  init_plane (&low, 60, 45);
  resample (&base, &low_base);

  enhancement.creativity = 0;
  enhance (&enhancement, &base, &without, 1);
  for (i = 1, before = 0; i <= 10; i++, before = now) {
    enhancement.creativity = i / 10.0;
    enhance (&enhancement, &base, &output, 1);
    now = distance (&output, &without);
    g_assert_cmpfloat (now, >, before);
  }

  enhancement.creativity = 0.5;
  for (i = 0, before = 0; i <= 10; i++, before = now) {
    enhancement.detail = i / 2.0;
    enhance (&enhancement, &base, &output, 1);
    now = gradient (&output);
    g_assert_cmpfloat (now, >, before);
  }

  enhancement.detail = 1;
  for (i = 0, before = G_MAXDOUBLE; i <= 12; i++, before = now) {
    enhancement.shape_preservation = i / 4.0;
    enhance (&enhancement, &base, &output, 1);
    resample (&output, &low);
    now = distance (&low, &low_base);
    g_assert_cmpfloat (now, <, before);
  }
  cup_plane_clear (&base);
  cup_plane_clear (&without);
  cup_plane_clear (&output);
  cup_plane_clear (&low_base);
  cup_plane_clear (&low);
}

static void
test_flat (void)
{
  static const gint values[] = { CUP_PLANE_BLACK, CUP_PLANE_WHITE, -1, 4711 };
  CupEnhancement enhancement = { 1, 5, 0.5, 42, 33, 20 };
  CupPlane base, output;
  guint i, x, y;

  init_plane (&base, 66, 40);
  init_plane (&output, 66, 40);
  for (i = 0; i < G_N_ELEMENTS (values); i++) {
    for (y = 0; y < 40; y++) {
      for (x = 0; x < 66; x++)
        cup_plane_row (&base, y)[x] = values[i];
    }
    enhance (&enhancement, &base, &output, 1);
    g_assert_true (rows_equal (&output, &base));
  }
  cup_plane_clear (&base);
  cup_plane_clear (&output);
}

/* @black in rows, or columns, up to @until, textured from there on. */
static void
check_letterbox (const CupEnhancement * enhancement, guint width,
    guint height, gboolean columns, gint black)
{
  const guint until = 24;
  CupPlane base, output;
  guint x, y, changed = 0;

  init_base (&base, enhancement->input_width, enhancement->input_height, width,
      height);
  init_plane (&output, width, height);
  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++) {
      if ((columns ? x : y) < until)
        cup_plane_row (&base, y)[x] = black;
    }
  }
  enhance (enhancement, &base, &output, 1);
  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++) {
      const guint i = columns ? x : y;
      const gint before = cup_plane_row (&base, y)[x];
      const gint after = cup_plane_row (&output, y)[x];

      /* Next to what is not flat, detail may darken a bar that is not black. */
      if (i + 2 < until)
        g_assert_cmpint (after, ==, before);
      else if (i < until && enhancement->detail == 0
          && enhancement->shape_preservation == 0)
        g_assert_cmpint (after, ==, before);
      else
        changed += after != before;
    }
  }
  g_assert_cmpuint (changed, >, 0);
  cup_plane_clear (&base);
  cup_plane_clear (&output);
}

static void
test_letterbox (void)
{
  static const CupEnhancement enhancements[] = {
    {0.5, 1, 0.25, 1, 60, 45},
    {1, 0, 0, 1, 60, 45},
    {1, 5, 1, 2, 60, 45},
    {1, 5, 3, 3, 30, 23},
    {1, 0, 0, 3, 30, 23},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (enhancements); i++) {
    check_letterbox (&enhancements[i], 120, 90, FALSE, CUP_PLANE_BLACK);
    check_letterbox (&enhancements[i], 120, 90, TRUE, CUP_PLANE_BLACK);
    check_letterbox (&enhancements[i], 120, 90, FALSE, (16 - 128) * LEVEL);
    check_letterbox (&enhancements[i], 120, 90, TRUE, 100);
  }
}

/* What goes beyond @low and @high, in samples. */
static gint
get_overshoot (const CupEnhancement * enhancement, const CupPlane * base,
    gint low, gint high)
{
  CupPlane output;
  gint most = 0;
  guint x, y;

  init_plane (&output, base->width, base->height);
  enhance (enhancement, base, &output, 1);
  for (y = 0; y < base->height; y++) {
    for (x = 0; x < base->width; x++) {
      gint value = cup_plane_row (&output, y)[x];

      most = MAX (most, MAX (low - value, value - high));
    }
  }
  cup_plane_clear (&output);
  return most;
}

static void
check_overshoot (gint low, gint high, gdouble creativity, gdouble detail,
    gdouble part)
{
  CupEnhancement enhancement = { creativity, detail, 0.25, 1, 40, 20 };
  const gint limit = (high - low) * part + 2 * LEVEL;
  /* What the clamp of a network leaves. */
  const gint rings = LEVEL + (high - low) / 10;
  CupPlane base;
  guint x, y;

  init_plane (&base, 80, 40);
  for (y = 0; y < 40; y++) {
    for (x = 0; x < 80; x++)
      cup_plane_row (&base, y)[x] = x < 40 ? low : high;
  }
  g_assert_cmpint (get_overshoot (&enhancement, &base, low, high), <=, limit);
  for (y = 0; y < 40; y++) {
    for (x = 36; x < 44; x += 3)
      cup_plane_row (&base, y)[x] += x < 40 ? -rings : rings;
  }
  g_assert_cmpint (get_overshoot (&enhancement, &base, low, high), <=, limit);
  cup_plane_clear (&base);
}

static void
test_overshoot (void)
{
  check_overshoot (-68 * LEVEL, 52 * LEVEL, 0.5, 1, 0.16);
  check_overshoot (-10 * LEVEL, 10 * LEVEL, 0.5, 1, 0.16);
  check_overshoot (-88 * LEVEL, 88 * LEVEL, 1, 1, 0.16);
  check_overshoot (-68 * LEVEL, 52 * LEVEL, 1, 5, 0.25);
}

static void
check_size (guint width, guint height, guint input_width, guint input_height)
{
  const CupEnhancement enhancement = { 1, 5, 1, 3, input_width, input_height };
  CupPlane base, output;
  guint x, y;

  init_base (&base, input_width, input_height, width, height);
  init_plane (&output, width, height);
  enhance (&enhancement, &base, &output, 2);
  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++) {
      g_assert_cmpint (cup_plane_row (&output, y)[x], >=, CUP_PLANE_BLACK);
      g_assert_cmpint (cup_plane_row (&output, y)[x], <=, CUP_PLANE_WHITE);
    }
  }
  cup_plane_clear (&base);
  cup_plane_clear (&output);
}

static void
test_sizes (void)
{
  check_size (1, 1, 1, 1);
  check_size (3, 2, 2, 1);
  check_size (17, 9, 9, 5);
  check_size (17, 9, 4, 9);
  check_size (5, 70, 1, 14);
  check_size (400, 1, 100, 1);
  /* Not enlarged, and reduced. */
  check_size (40, 30, 40, 30);
  check_size (40, 30, 80, 60);
  check_size (40, 30, 20, 60);
}

typedef struct
{
  guint width;
  guint height;
  CupEnhancement enhancement;
} Case;

static const Case cases[] = {
  {120, 90, {0.5, 1, 0.25, 42, 60, 45}},
  {120, 90, {1, 0, 0, 43, 60, 45}},
  {120, 90, {0, 5, 0, 44, 60, 45}},
  {161, 135, {0.3, 2, 1, -1, 107, 90}},
  {200, 160, {1, 1, 3, G_MAXINT64, 50, 40}},
  {200, 160, {1, 0, 0.5, G_MININT64, 50, 40}},
};

static void
check_bands (const Case * test, guint band, guint n_threads)
{
  CupPlane base, whole, part, output;
  guint y, top;

  init_base (&base, test->enhancement.input_width,
      test->enhancement.input_height, test->width, test->height);
  init_plane (&whole, test->width, test->height);
  enhance (&test->enhancement, &base, &whole, 1);
  for (top = 0; top < test->height; top += band) {
    const CupRows rows = { top, MIN (band, test->height - top) };
    CupRows needed = cup_enhance_get_base_rows (&test->enhancement, rows,
        test->height);

    g_assert_true (cup_plane_init (&part, test->width, test->height,
            needed.first, needed.n));
    for (y = needed.first; y < needed.first + needed.n; y++)
      memcpy (cup_plane_row (&part, y), cup_plane_row (&base, y),
          test->width * sizeof (gint16));
    g_assert_true (cup_plane_init (&output, test->width, test->height,
            rows.first, rows.n));
    enhance (&test->enhancement, &part, &output, n_threads);
    g_assert_true (rows_equal (&output, &whole));
    cup_plane_clear (&part);
    cup_plane_clear (&output);
  }
  cup_plane_clear (&base);
  cup_plane_clear (&whole);
}

static void
test_bands (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    check_bands (&cases[i], 1000, 2);
    check_bands (&cases[i], 1000, 7);
    check_bands (&cases[i], 41, 2);
  }
  check_bands (&cases[0], 1, 1);
}

/* The same bytes on every machine, and with every build of the loops. */
static void
check_digest (void)
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
  CupPlane base, output;
  guint i, x, y;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    init_base (&base, cases[i].enhancement.input_width,
        cases[i].enhancement.input_height, cases[i].width, cases[i].height);
    init_plane (&output, cases[i].width, cases[i].height);
    enhance (&cases[i].enhancement, &base, &output, 2);
    for (y = 0; y < output.height; y++) {
      for (x = 0; x < output.width; x++) {
        guint16 sample = GUINT16_TO_LE (cup_plane_row (&output, y)[x]);

        g_checksum_update (checksum, (guint8 *) & sample, sizeof sample);
      }
    }
    cup_plane_clear (&base);
    cup_plane_clear (&output);
  }
  g_assert_cmpstr (g_checksum_get_string (checksum), ==,
      "b7d0e6d68c1e6dfa02635a4def7b57d8451374bd30df2c3a637e2967b9a40cdc");
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
check_interrupt (const CupInterrupt * interrupt, gdouble creativity,
    GQuark domain, gint code)
{
  CupEnhancement enhancement = doubled;
  CupTeam *team = cup_team_new (2);
  CupPlane base, output;
  GError *error = NULL;

  enhancement.creativity = creativity;
  enhancement.detail = creativity;
  init_base (&base, 60, 45, 120, 90);
  init_plane (&output, 120, 90);
  g_assert_false (cup_enhance_run (&enhancement, &base, &output, team,
          interrupt, &error));
  g_assert_error (error, domain, code);
  g_error_free (error);
  cup_plane_clear (&base);
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
  check_interrupt (&cancelled, 0, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  check_interrupt (&cancelled, 1, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  check_interrupt (&late, 1, CUP_ERROR, CUP_ERROR_TIMEOUT);
  g_object_unref (cancellable);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/enhance/neutral", test_neutral);
  g_test_add_func ("/enhance/seed", test_seed);
  g_test_add_func ("/enhance/monotone", test_monotone);
  g_test_add_func ("/enhance/flat", test_flat);
  g_test_add_func ("/enhance/letterbox", test_letterbox);
  g_test_add_func ("/enhance/overshoot", test_overshoot);
  g_test_add_func ("/enhance/sizes", test_sizes);
  g_test_add_func ("/enhance/bands", test_bands);
  g_test_add_func ("/enhance/digest", test_digest);
  g_test_add_func ("/enhance/interrupt", test_interrupt);
  return g_test_run ();
}
