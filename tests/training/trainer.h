/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Training: Adam with a falling rate and a limit on the gradient's norm. The same
 * recipe gives the same network to the last bit, on any machine and with any
 * number of threads.
 */
#pragma once

#include "examples.h"
#include "model.h"

G_BEGIN_DECLS

/**
 * CupRecipe:
 * @name: of the table
 * @shape: of the network
 * @examples: what it learns from
 * @seed: of the start and the order of patches
 * @expansion: channels within the layers while they are trained
 * @iterations: steps
 */
typedef struct
{
  const gchar *name;
  CupModelShape shape;
  CupExamplesRecipe examples;
  guint64 seed;
  guint expansion;
  guint iterations;
} CupRecipe;

/* Called now and then with the mean error as PSNR of late, in dB. */
typedef void (*CupTrainerProgress) (guint iteration, gdouble psnr,
    gpointer user_data);

/* Trains by @recipe into @model, which is to be cleared. @progress may be NULL. */
void cup_trainer_run (const CupRecipe * recipe, const CupLayers * layers,
    guint n_threads, CupModel * model, CupTrainerProgress progress,
    gpointer user_data);

/* The recipes of the engine's tables, ended by one without name. */
const CupRecipe *cup_recipes_get (void);
/* NULL for an unknown name. */
const CupRecipe *cup_recipes_find (const gchar * name);

G_END_DECLS
