/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plane.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 32
#define ALIGNED_SAMPLES (ALIGNMENT / sizeof (gint16))

gboolean
cup_plane_init (CupPlane * plane, guint width, guint height, guint top,
    guint n_rows)
{
  gsize stride, size;
  guint y;

  g_assert (width > 0 && n_rows > 0 && (guint64) top + n_rows <= height);

  memset (plane, 0, sizeof *plane);
  stride = ((gsize) width + ALIGNED_SAMPLES - 1) & ~(ALIGNED_SAMPLES - 1);
  if (!g_size_checked_mul (&size, stride, n_rows)
      || !g_size_checked_mul (&size, size, sizeof (gint16)))
    return FALSE;
  plane->data = aligned_alloc (ALIGNMENT, size);
  if (!plane->data)
    return FALSE;
  plane->width = width;
  plane->height = height;
  plane->top = top;
  plane->n_rows = n_rows;
  plane->stride = stride;
  for (y = top; y < top + n_rows; y++)
    memset (cup_plane_row (plane, y) + width, 0,
        (stride - width) * sizeof (gint16));
  return TRUE;
}

void
cup_plane_clear (CupPlane * plane)
{
  free (plane->data);
  memset (plane, 0, sizeof *plane);
}
