/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which of the trained networks restores a picture: how much time it gets.
 */
#pragma once

#include "local.h"

G_BEGIN_DECLS

/* @model, or where that is AUTO, what the field num_inference_steps, set or not,
 * says: who asks the service for few steps is in a hurry, and so here. Never
 * AUTO. */
CupLocalModel cup_local_model_choose (CupLocalModel model,
    const CupValues * values);

G_END_DECLS
