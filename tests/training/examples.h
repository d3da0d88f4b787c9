/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What networks learn from: procedural pictures and what is left of them at half
 * the size, some damaged as JPEG would; and patches of both.
 */
#pragma once

#include "exact.h"
#include "image/pixels.h"

G_BEGIN_DECLS

/* The best and the worst quality of damaged examples. */
#define CUP_EXAMPLES_BEST 99
#define CUP_EXAMPLES_WORST 60

/**
 * CupExamplesRecipe:
 * @seed: of the pictures
 * @count: how many
 * @width, @height: of each; multiples of 2
 * @damaged: whether half of the patches are of damaged pictures
 */
typedef struct
{
  guint64 seed;
  guint count;
  guint width;
  guint height;
  gboolean damaged;
} CupExamplesRecipe;

typedef struct _CupExamples CupExamples;

/* Made by @n_threads threads, and always the same. */
CupExamples *cup_examples_new (const CupExamplesRecipe * recipe,
    guint n_threads);
void cup_examples_free (CupExamples * examples);

/* A patch that @random chooses, in one of eight orientations. @input gets
 * (@patch + 2 × @margin)² values as networks take them, @target what they should
 * give for the @patch² in the middle. Any thread may call this. */
void cup_examples_get_patch (const CupExamples * examples,
    CupRandom * random, guint patch, guint margin, gfloat * input,
    gfloat * target);

G_END_DECLS
