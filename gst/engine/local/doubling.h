/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Doubles a plane of luma with a trained network: the arithmetic that network.h
 * defines, with what the processor has.
 */
#pragma once

#include "network.h"
#include "plane.h"
#include "team-rows.h"

G_BEGIN_DECLS

/**
 * CupInstructions:
 *
 * Ways to compute the same. Each gives the same bytes.
 */
typedef enum
{
  CUP_INSTRUCTIONS_PORTABLE,
  CUP_INSTRUCTIONS_AVX2,
  CUP_INSTRUCTIONS_AVX512_VNNI,
  CUP_INSTRUCTIONS_NEON,
} CupInstructions;

/* Whether this build has it, and this processor. */
gboolean cup_instructions_available (CupInstructions instructions);
/* The fastest that is available. */
CupInstructions cup_instructions_best (void);
const gchar *cup_instructions_get_name (CupInstructions instructions);

/* The rows of the input, of @height rows, that rows @rows of a result of
 * 2 × @height need. */
CupRows cup_doubling_get_input_rows (const CupNetwork * network, CupRows rows,
    guint height);

/* @is_doubled: whether @input is what a network has doubled already.
 * Fills @output, which is twice as wide and high as @input (the whole pictures
 * are), with @instructions, which have to be available. FALSE with the
 * interrupt's error, or CUP_ERROR_TOO_LARGE where there is no memory for what is
 * in between. */
gboolean cup_doubling_run (const CupNetwork * network,
    CupInstructions instructions, const CupPlane * input, gboolean is_doubled,
    CupPlane * output, CupTeam * team, const CupInterrupt * interrupt, GError ** error);

G_END_DECLS
