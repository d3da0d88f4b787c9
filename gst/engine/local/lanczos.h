/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The weights of resampling along one axis: Lanczos with three lobes, stretched
 * where the axis shrinks. Taps outside of the picture are left out and the others
 * make up for them.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CUP_LANCZOS_LOBES 3
/* Of an axis that grows, and is not shorter than that. */
#define CUP_LANCZOS_ENLARGING_TAPS (2 * CUP_LANCZOS_LOBES)

/**
 * CupLanczos:
 * @taps: of every sample; those that it has no use for weigh 0
 * @first: sample i of the result is the sum of
 *   @weights[i * @taps + k] * input[@first[i] + k], all inside of the input
 * @weights: see there
 */
typedef struct
{
  guint taps;
  guint *first;
  gfloat *weights;
} CupLanczos;

/* @ratio: samples of the input for one of the result. @offset: by which the
 * input's sample 0 lies before where it would be if both had the same edges.
 * FALSE where there is no memory; to be cleared also then. Of the same number of
 * samples, with the same edges, the result is a copy. */
gboolean cup_lanczos_init (CupLanczos * axis, guint in, guint out,
    gdouble ratio, gdouble offset);
void cup_lanczos_clear (CupLanczos * axis);

G_END_DECLS
