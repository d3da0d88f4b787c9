/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See examples.h.
 */
#include "examples.h"

#include "damage.h"
#include "model.h"
#include "picture.h"
#include "scaling.h"

/* Damaged versions of each picture, of different quality. */
#define VERSIONS 4

/* The kernel of bicubic interpolation by 2, times 128: for the first pixel of a
 * pair, from two samples before on; the other way around for the second. */
static const gint kernel[] = { -3, 29, 111, -9 };

typedef struct
{
  CupPixels *original;
  CupPixels *reduced;
  CupPixels *damaged[VERSIONS];
} Example;

struct _CupExamples
{
  CupExamplesRecipe recipe;
  Example *examples;
};

/* On a thread of a pool: one picture. @data is its number plus 1. */
static void
make_example (gpointer data, gpointer user_data)
{
  CupExamples *self = user_data;
  const CupExamplesRecipe *recipe = &self->recipe;
  const guint number = GPOINTER_TO_UINT (data) - 1;
  Example *example = &self->examples[number];
  CupRandom random;
  guint i;

  example->original = cup_picture_new (recipe->seed, number, recipe->width,
      recipe->height, 1);
  example->reduced = cup_scaling_reduce (example->original, 2);
  cup_random_init (&random, ~recipe->seed, number);
  for (i = 0; recipe->damaged && i < VERSIONS; i++) {
    const guint quality = CUP_EXAMPLES_WORST + cup_random_below (&random,
        CUP_EXAMPLES_BEST + 1 - CUP_EXAMPLES_WORST);

    example->damaged[i] = cup_damage_jpeg (example->reduced, quality);
  }
}

CupExamples *
cup_examples_new (const CupExamplesRecipe * recipe, guint n_threads)
{
  CupExamples *self = g_new0 (CupExamples, 1);
  GThreadPool *pool;
  guint i;

  self->recipe = *recipe;
  self->examples = g_new0 (Example, recipe->count);
  pool = g_thread_pool_new (make_example, self, n_threads, FALSE, NULL);
  for (i = 0; i < recipe->count; i++)
    g_thread_pool_push (pool, GUINT_TO_POINTER (i + 1), NULL);
  g_thread_pool_free (pool, FALSE, TRUE);
  return self;
}

void
cup_examples_free (CupExamples * self)
{
  guint i, k;

  for (i = 0; i < self->recipe.count; i++) {
    cup_pixels_unref (self->examples[i].original);
    cup_pixels_unref (self->examples[i].reduced);
    for (k = 0; k < VERSIONS; k++)
      g_clear_pointer (&self->examples[i].damaged[k], cup_pixels_unref);
  }
  g_free (self->examples);
  g_free (self);
}

/* Where (x, y) of a patch of @side is in the picture. */
static void
turn (guint orientation, guint side, guint * x, guint * y)
{
  if (orientation & 4) {
    const guint swap = *x;

    *x = *y;
    *y = swap;
  }
  if (orientation & 1)
    *x = side - 1 - *x;
  if (orientation & 2)
    *y = side - 1 - *y;
}

/* A square of @side from (@left, @top), turned. */
static void
read_square (const CupPixels * picture, guint left, guint top, guint side,
    guint orientation, gint * samples)
{
  guint x, y;

  for (y = 0; y < side; y++) {
    for (x = 0; x < side; x++) {
      guint from_x = x, from_y = y;

      turn (orientation, side, &from_x, &from_y);
      *samples++ = cup_pixels_row (picture, top + from_y)[left + from_x];
    }
  }
}

/* The interpolated sample in column @x and row @y of the result, times 2^14.
 * @samples are @side to a row. */
static gint
interpolate (const gint * samples, guint side, guint x, guint y)
{
  const gint *from = samples + (gint) (y / 2 - 2 + y % 2) * (gint) side
      + (gint) (x / 2 - 2 + x % 2);
  gint sum = 0, i, j;

  for (j = 0; j < 4; j++, from += side) {
    gint row = 0;

    for (i = 0; i < 4; i++)
      row += kernel[x % 2 ? 3 - i : i] * from[i];
    sum += kernel[y % 2 ? 3 - j : j] * row;
  }
  return sum;
}

void
cup_examples_get_patch (const CupExamples * self, CupRandom * random,
    guint patch, guint margin, gfloat * input, gfloat * target)
{
  const CupExamplesRecipe *recipe = &self->recipe;
  const guint side = patch + 2 * margin;
  const Example *example =
      &self->examples[cup_random_below (random, recipe->count)];
  const CupPixels *reduced = example->reduced;
  const guint left = cup_random_below (random, reduced->width - side + 1);
  const guint top = cup_random_below (random, reduced->height - side + 1);
  const guint choice = cup_random_below (random, 8 * 2 * VERSIONS);
  const guint orientation = choice & 7;
  gint *samples = g_new (gint, side * side);
  gint *original = g_new (gint, 4 * side * side);
  guint x, y, phase;

  g_assert (margin >= 2);
  if (recipe->damaged && (choice & 8))
    reduced = example->damaged[choice >> 4];
  read_square (reduced, left, top, side, orientation, samples);
  read_square (example->original, 2 * left, 2 * top, 2 * side, orientation,
      original);

  for (x = 0; x < side * side; x++)
    input[x] = (samples[x] - 128) * (1.0f / 128);
  for (y = margin; y < margin + patch; y++) {
    for (x = margin; x < margin + patch; x++) {
      for (phase = 0; phase < CUP_MODEL_PHASES; phase++) {
        const guint to_x = 2 * x + phase % 2, to_y = 2 * y + phase / 2;
        const gint lacks = original[(gsize) to_y * 2 * side + to_x] * 16384
            - interpolate (samples, side, to_x, to_y);

        *target++ = lacks * (1.0f / (16384 * CUP_MODEL_RANGE));
      }
    }
  }
  g_free (samples);
  g_free (original);
}
