/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "restore.h"

#include <string.h>

#include "base/error.h"
#include "plane-resample.h"
#include "resample.h"

#define MAX_DOUBLINGS 2
/* One doubling serves for up to an eighth more than two: what it lacks in
 * sharpness there is not seen, and the second one costs four times the first.
 * Sides that are rounded to whole pixels are the usual reason. */
#define MAX_STRETCH_NUMERATOR 9
#define MAX_STRETCH_DENOMINATOR 4

guint
cup_restore_get_doublings (guint in_width, guint in_height, guint out_width,
    guint out_height)
{
  if (out_width <= in_width && out_height <= in_height)
    return 0;
  if ((guint64) out_width * MAX_STRETCH_DENOMINATOR
      <= (guint64) in_width * MAX_STRETCH_NUMERATOR
      && (guint64) out_height * MAX_STRETCH_DENOMINATOR
      <= (guint64) in_height * MAX_STRETCH_NUMERATOR)
    return 1;
  return MAX_DOUBLINGS;
}

static gboolean
init_plane (CupPlane * plane, guint width, guint height, CupRows rows,
    GError ** error)
{
  if (cup_plane_init (plane, width, height, rows.first, rows.n))
    return TRUE;
  g_set_error (error, CUP_ERROR, CUP_ERROR_TOO_LARGE,
      "no memory for %u rows of luma of %u samples", rows.n, width);
  return FALSE;
}

gboolean
cup_restore_run (const CupNetwork * network, CupInstructions instructions,
    const CupPlane * luma, CupPlane * output, CupTeam * team,
    const CupInterrupt * interrupt, GError ** error)
{
  /* What each doubling gives, but for the last one where that is the output. */
  CupPlane planes[MAX_DOUBLINGS] = { {0} };
  CupRows rows[MAX_DOUBLINGS];
  const CupPlane *from = luma;
  gboolean exact, done = TRUE;
  guint n, i;

  g_assert (luma->n_rows == luma->height);

  n = cup_restore_get_doublings (luma->width, luma->height, output->width,
      output->height);
  if (!network || n == 0)
    return cup_resample_plane (luma, output, team, interrupt, error);

  /* From the last to the first: the rows that it needs. */
  exact = output->width == luma->width << n
      && output->height == luma->height << n;
  rows[n - 1].first = output->top;
  rows[n - 1].n = output->n_rows;
  if (!exact)
    rows[n - 1] = cup_plane_resample_get_input_rows (rows[n - 1],
        luma->height << n, output->height);
  for (i = n - 1; i > 0; i--)
    rows[i - 1] = cup_doubling_get_input_rows (network, rows[i],
        luma->height << i);

  for (i = 0; done && i < n; i++) {
    CupPlane *to = exact && i == n - 1 ? output : &planes[i];

    done = (to == output || init_plane (to, luma->width << (i + 1),
            luma->height << (i + 1), rows[i], error))
        && cup_doubling_run (network, instructions, from, i > 0, to, team,
        interrupt, error);
    if (i > 0)
      cup_plane_clear (&planes[i - 1]);
    from = to;
  }
  if (done && !exact)
    done = cup_plane_resample (from, output, team, interrupt, error);
  for (i = 0; i < n; i++)
    cup_plane_clear (&planes[i]);
  return done;
}
