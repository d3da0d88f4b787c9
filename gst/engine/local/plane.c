/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plane.h"

#include <string.h>

#include "base/memory.h"

#define ALIGNED_SAMPLES 16

gboolean
cup_plane_init (CupPlane * plane, guint width, guint height, guint top,
    guint n_rows)
{
  gsize stride;
  guint y;

  g_assert (width > 0 && n_rows > 0 && (guint64) top + n_rows <= height);

  memset (plane, 0, sizeof *plane);
  stride = ((gsize) width + ALIGNED_SAMPLES - 1) & ~(ALIGNED_SAMPLES - 1);
  plane->data = cup_memory_alloc (n_rows, stride * sizeof (gint16));
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
  cup_memory_free (plane->data);
  memset (plane, 0, sizeof *plane);
}
