/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vectors.h"

static gint portable;           /* atomic */

gboolean
cup_vectors_have_avx2 (void)
{
#ifdef CUP_HAVE_PLANE_AVX2
  return !g_atomic_int_get (&portable) && __builtin_cpu_supports ("avx2");
#else
  return FALSE;
#endif
}

void
cup_vectors_set_portable (gboolean value)
{
  g_atomic_int_set (&portable, value);
}
