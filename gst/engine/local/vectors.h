/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which build of the loops over planes runs: they are compiled for what every
 * machine has and, where it pays, once more for AVX2. Both give the same bytes.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whether the build for AVX2 is there and the processor has it. */
gboolean cup_vectors_have_avx2 (void);

/* For tests and benchmarks, which compare both: TRUE has everything that begins
 * from then on done without AVX2. */
void cup_vectors_set_portable (gboolean portable);

G_END_DECLS
