/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"

/* The service's default, 20 steps, is in the middle of what is balanced. */
#define BALANCED_STEPS 10
#define QUALITY_STEPS 30

CupLocalModel
cup_local_model_choose (CupLocalModel model, const CupValues * values)
{
  gint64 steps;

  if (model != CUP_LOCAL_MODEL_AUTO)
    return model;
  steps = cup_values_get_integer (values, CUP_FIELD_NUM_INFERENCE_STEPS);
  if (steps < BALANCED_STEPS)
    return CUP_LOCAL_MODEL_FAST;
  return steps < QUALITY_STEPS ? CUP_LOCAL_MODEL_BALANCED :
      CUP_LOCAL_MODEL_QUALITY;
}
