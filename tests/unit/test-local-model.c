/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which of the local engine's networks is taken.
 */
#include "engine/local/model.h"

/* With @steps, or without a number of them where it is 0. */
static CupLocalModel
choose (CupLocalModel model, gint64 steps)
{
  CupValues *values = cup_values_new ();
  CupLocalModel chosen;

  if (steps > 0) {
    GValue value = G_VALUE_INIT;

    g_value_init (&value, G_TYPE_INT64);
    g_value_set_int64 (&value, steps);
    cup_values_set (values, CUP_FIELD_NUM_INFERENCE_STEPS, &value);
    g_value_unset (&value);
  }
  chosen = cup_local_model_choose (model, values);
  cup_values_free (values);
  return chosen;
}

static void
test_auto (void)
{
  static const struct
  {
    gint64 steps;
    CupLocalModel model;
  } cases[] = {
    {0, CUP_LOCAL_MODEL_BALANCED},
    {1, CUP_LOCAL_MODEL_FAST},
    {9, CUP_LOCAL_MODEL_FAST},
    {10, CUP_LOCAL_MODEL_BALANCED},
    {20, CUP_LOCAL_MODEL_BALANCED},
    {29, CUP_LOCAL_MODEL_BALANCED},
    {30, CUP_LOCAL_MODEL_QUALITY},
    {200, CUP_LOCAL_MODEL_QUALITY},
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_test_message ("%" G_GINT64_FORMAT " steps", cases[i].steps);
    g_assert_cmpint (choose (CUP_LOCAL_MODEL_AUTO, cases[i].steps), ==,
        cases[i].model);
  }
}

/* The steps do not matter then. */
static void
test_chosen (void)
{
  static const CupLocalModel models[] = {
    CUP_LOCAL_MODEL_FAST, CUP_LOCAL_MODEL_BALANCED, CUP_LOCAL_MODEL_QUALITY
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (models); i++) {
    g_assert_cmpint (choose (models[i], 0), ==, models[i]);
    g_assert_cmpint (choose (models[i], 1), ==, models[i]);
    g_assert_cmpint (choose (models[i], 200), ==, models[i]);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/local-model/auto", test_auto);
  g_test_add_func ("/local-model/chosen", test_chosen);
  return g_test_run ();
}
