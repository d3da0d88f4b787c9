/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which of the builds of layers.c the machine can run.
 */
#include "layers.h"

const CupLayers *
cup_layers_get (void)
{
#ifdef CUP_HAVE_LAYERS_AVX2
  if (__builtin_cpu_supports ("avx2"))
    return &cup_layers_avx2;
#endif
  return &cup_layers_portable;
}
