/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A plane of luma, or some rows of one: what the stages of the local engine hand
 * to each other.
 *
 * Samples are Q7 of levels around the middle: (Y - 128) × 128 for 8 bits, and
 * the like for 16, so that -16384 is black and 16256 the white of 8 bits. Where
 * nothing else is said a stage takes and gives values of this range only.
 *
 * Stages compute rows of their result from rows of their input, and the value of
 * a sample depends on nothing but the picture: not on which rows are computed
 * together, not on the thread. A plane may therefore hold a band only, which is
 * what keeps the memory of large pictures bounded.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CUP_PLANE_BITS 7
#define CUP_PLANE_BLACK (-16384)
/* 255 and 65535 both are this. */
#define CUP_PLANE_WHITE 16256

/**
 * CupPlane:
 * @width: samples of a row
 * @height: rows of the whole picture
 * @top: the first row that is here
 * @n_rows: how many are here, at least 1; @top + @n_rows is at most @height
 * @stride: samples from one row to the next, a multiple of 16
 * @data: aligned to 32 bytes
 */
typedef struct
{
  guint width;
  guint height;
  guint top;
  guint n_rows;
  gsize stride;
  gint16 *data;
} CupPlane;

/* FALSE where there is no memory for it. Samples are uninitialised, those between
 * width and stride are 0. */
gboolean cup_plane_init (CupPlane * plane, guint width, guint height,
    guint top, guint n_rows);
/* Also of a plane that was set to 0, or whose init has failed. */
void cup_plane_clear (CupPlane * plane);

/* Row @y of the picture, which is here. */
static inline gint16 *
cup_plane_row (const CupPlane * plane, guint y)
{
  return plane->data + (gsize) (y - plane->top) * plane->stride;
}

/* A range of rows of a picture. */
typedef struct
{
  guint first;
  guint n;
} CupRows;

/* The same and @before and @after more, as far as a picture of @height has
 * them. */
static inline CupRows
cup_rows_widen (CupRows rows, guint before, guint after, guint height)
{
  guint end = MIN ((guint64) rows.first + rows.n + after, height);
  CupRows wide;

  wide.first = rows.first > before ? rows.first - before : 0;
  wide.n = end - wide.first;
  return wide;
}

G_END_DECLS
