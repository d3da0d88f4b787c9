/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A picture as video is kept: a plane of luma, and two of chroma that may have
 * half the size. What matrix and range the samples have is known to who made it;
 * nothing here, and no engine that works on it, needs to know.
 */
#pragma once

#include "pixels.h"

G_BEGIN_DECLS

/**
 * CupYuv:
 * @planes: Y, Cb, Cr, each gray and of 8 bits. Those of chroma both have the size
 *   of luma, or half of it, rounded up, in width or in width and height
 * @half_width: whether planes of chroma have half the width
 * @half_height: the same
 * @cosited_x: whether a halved chroma sample lies on the first of its two luma
 *   samples of a row, and not between them
 * @cosited_y: the same for columns
 *
 * Reference counted; may be read from any thread once it is filled.
 */
typedef struct
{
  CupPixels *planes[3];
  gboolean half_width;
  gboolean half_height;
  gboolean cosited_x;
  gboolean cosited_y;

  /*< private > */
  gint ref_count;
} CupYuv;

/* Uninitialised samples. Errors as those of cup_pixels_new(). */
CupYuv *cup_yuv_new (guint width, guint height, gboolean half_width,
    gboolean half_height, GError ** error);
CupYuv *cup_yuv_ref (CupYuv * yuv);
void cup_yuv_unref (CupYuv * yuv);

static inline guint
cup_yuv_get_width (const CupYuv * yuv)
{
  return yuv->planes[0]->width;
}

static inline guint
cup_yuv_get_height (const CupYuv * yuv)
{
  return yuv->planes[0]->height;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CupYuv, cup_yuv_unref);

G_END_DECLS
