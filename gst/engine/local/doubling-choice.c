/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which builds of doubling-kernels.c there are, and which the processor can run.
 */
#include "doubling-choice.h"

#include <glib.h>

const CupDoublingKernels *
cup_doubling_choose (CupInstructions instructions)
{
  switch (instructions) {
    case CUP_INSTRUCTIONS_PORTABLE:
      return &cup_doubling_kernels_portable;
#ifdef CUP_HAVE_DOUBLING_AVX2
    case CUP_INSTRUCTIONS_AVX2:
      return __builtin_cpu_supports ("avx2")
          ? &cup_doubling_kernels_avx2 : NULL;
#endif
#ifdef CUP_HAVE_DOUBLING_AVX512_VNNI
    case CUP_INSTRUCTIONS_AVX512_VNNI:
      return __builtin_cpu_supports ("avx512f")
          && __builtin_cpu_supports ("avx512bw")
          && __builtin_cpu_supports ("avx512vnni")
          ? &cup_doubling_kernels_avx512_vnni : NULL;
#endif
#ifdef CUP_HAVE_DOUBLING_NEON
    case CUP_INSTRUCTIONS_NEON:
      return &cup_doubling_kernels_neon;
#endif
    default:
      return NULL;
  }
}

gboolean
cup_instructions_available (CupInstructions instructions)
{
  return cup_doubling_choose (instructions) != NULL;
}

CupInstructions
cup_instructions_best (void)
{
  CupInstructions best = CUP_INSTRUCTIONS_NEON;

  while (!cup_instructions_available (best))
    best--;
  return best;
}

const gchar *
cup_instructions_get_name (CupInstructions instructions)
{
  switch (instructions) {
    case CUP_INSTRUCTIONS_AVX2:
      return "AVX2";
    case CUP_INSTRUCTIONS_AVX512_VNNI:
      return "AVX-512 VNNI";
    case CUP_INSTRUCTIONS_NEON:
      return "NEON";
    default:
      return "portable";
  }
}
