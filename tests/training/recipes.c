/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the engine's tables are made with. A change here changes them: make them
 * again (README.md).
 */
#include "trainer.h"

#define PICTURES(is_damaged) { 1, 32, 768, 512, is_damaged }

static const CupRecipe recipes[] = {
  {"fast-clean", {8, 1}, PICTURES (FALSE), 1, 64, 20000},
  {"fast-mix", {8, 1}, PICTURES (TRUE), 1, 64, 20000},
  {"balanced-clean", {8, 3}, PICTURES (FALSE), 1, 64, 20000},
  {"balanced-mix", {8, 3}, PICTURES (TRUE), 1, 64, 20000},
  {"quality-clean", {16, 4}, PICTURES (FALSE), 1, 128, 7500},
  {"quality-mix", {16, 4}, PICTURES (TRUE), 1, 128, 7500},
  {NULL},
};

const CupRecipe *
cup_recipes_get (void)
{
  return recipes;
}

const CupRecipe *
cup_recipes_find (const gchar * name)
{
  const CupRecipe *recipe;

  for (recipe = recipes; recipe->name; recipe++) {
    if (g_str_equal (recipe->name, name))
      return recipe;
  }
  return NULL;
}
